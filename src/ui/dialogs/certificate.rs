//! Unknown certificate: what is wrong with it, whose it says it is, its fingerprint. A changed one is an alarm. Nothing
//! here is trusted by a stray Enter: the default is to reject.

use std::time::SystemTime;

use egui::accesskit::Role;
use egui::{Align, Color32, Label, Layout, Margin, RichText, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::certificate;
use crate::app::certificate::Fact;
use crate::domain::{Certificate, Fingerprint, Offered, Timestamp};
use crate::engine::message::Answer;
use crate::ui::dialogs::parts::{alarm, footer, modal_under, note, plain, primary, scrolled};
use crate::ui::{icons, theme};

/// What is looked at.
#[derive(Default)]
pub(super) struct UnknownCertificate {
    /// Which of the chain.
    chosen: usize,
}

/// The accessible name; it is fixed.
const NAME: &str = "Unknown certificate";
const WIDTH: f32 = 640.0;
const LABEL: f32 = 108.0;

impl UnknownCertificate {
    pub(super) fn show(&mut self, ui: &Ui, offered: &Offered) -> Option<Answer> {
        let changed = offered.before.is_some();
        let title = if changed { "The server's certificate has changed" } else { NAME };
        let shown = modal_under(ui, NAME, WIDTH, |ui| alarm(ui, title, changed), |ui| self.contents(ui, offered));
        shown.inner.or(shown.escaped.then_some(Answer::Never))
    }

    fn contents(&mut self, ui: &mut Ui, offered: &Offered) -> Option<Answer> {
        let server = format!("“{}”, port {},", offered.host, offered.port);
        scrolled(ui, 168.0, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            match offered.before {
                Some(before) => changed(ui, &server, before, offered),
                None => unknown(ui, &server, offered),
            }
            ui.add_space(4.0);
            self.chain(ui, &offered.chain);
            if let Some(certificate) = offered.chain.get(self.chosen) {
                let own = (self.chosen == 0).then_some((offered.host.as_str(), offered.distrust));
                let now = Timestamp::from_system(SystemTime::now());
                for fact in certificate::facts(certificate, own, now) {
                    line(ui, &fact);
                }
                // Of a changed one it stands above, beside the old one.
                if offered.before.is_none() || self.chosen > 0 {
                    fingerprint(ui, certificate.fingerprint);
                }
            }
        });
        let mut answer = None;
        footer(ui, |ui| {
            let reject = if offered.before.is_some() { primary(ui, "Reject", true) } else { plain(ui, "Reject") };
            crate::ui::dialogs::focus_once(ui, &reject);
            if reject.clicked() {
                answer = Some(Answer::Never);
            }
            if plain(ui, "Always trust").on_hover_text("For this server, until it shows another one").clicked() {
                answer = Some(Answer::Trust { always: true });
            }
            if plain(ui, "Trust once").on_hover_text("Until Twinport is closed").clicked() {
                answer = Some(Answer::Trust { always: false });
            }
        });
        answer
    }

    /// The server's own first, each below by whom it was signed; only where there is more than one.
    fn chain(&mut self, ui: &mut Ui, chain: &[Certificate]) {
        if chain.len() < 2 {
            return;
        }
        let look = theme::palette(ui);
        egui::Frame::new().fill(look.panel).corner_radius(6.0).inner_margin(Margin::same(4)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, certificate) in chain.iter().enumerate() {
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::click());
                let title = certificate::title(certificate);
                let selected = self.chosen == at;
                response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, &title));
                let (fill, text, weak) = match (selected, response.hovered()) {
                    (true, _) => (look.selection, look.on_selection, look.on_selection),
                    (false, true) => (look.hover, look.text, look.weak),
                    _ => (Color32::TRANSPARENT, look.text, look.weak),
                };
                ui.painter().rect_filled(rect, 4.0, fill);
                if response.has_focus() {
                    let stroke = egui::Stroke::new(1.0, look.accent);
                    ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
                }
                #[expect(clippy::cast_precision_loss, reason = "a handful")]
                let x = rect.left() + 8.0 + 16.0 * at as f32;
                let icon = if at == 0 { icons::SERVER } else { icons::CERTIFICATE };
                let middle = rect.center().y;
                ui.painter().text(pos2(x, middle), egui::Align2::LEFT_CENTER, icon, icons::font(), weak);
                let role = if at == 0 { "the server's own" } else { "signed the one above" };
                let role = ui.painter().layout_no_wrap(role.into(), egui::FontId::proportional(theme::SMALL), weak);
                let right = rect.right() - 8.0 - role.size().x;
                let place = pos2(right, middle - role.size().y / 2.0);
                ui.painter().galley(place, role, weak);
                let name = egui::Rect::from_min_max(pos2(x + 24.0, rect.top()), pos2(right - 8.0, rect.bottom()));
                let mut cell = ui.new_child(egui::UiBuilder::new().max_rect(name));
                crate::ui::dialogs::painted(&mut cell, &title, theme::TEXT, text, name.width(), Align::Min);
                if response.clicked() {
                    self.chosen = at;
                }
            }
        });
    }
}

fn unknown(ui: &mut Ui, server: &str, offered: &Offered) {
    ui.add(Label::new(format!("{server} shows a certificate that is not trusted by itself.")).wrap());
    marked(ui, &certificate::distrust(offered), theme::palette(ui).warn);
    note(
        ui,
        "Whoever is on the way can show such a certificate and read everything, your password too. Trust it only if the \
         fingerprint (SHA-256) is the one that the server's administrator tells you.",
        None,
    );
}

fn changed(ui: &mut Ui, server: &str, before: Fingerprint, offered: &Offered) {
    let look = theme::palette(ui);
    ui.add(Label::new(format!("{server} shows another certificate than the one that you trusted until now.")).wrap());
    marked(
        ui,
        "Somebody on the way may pretend to be this server, to read your password and your files. Or its administrator \
         has renewed the certificate.",
        look.error,
    );
    note(
        ui,
        "Do not go on before the server's administrator has confirmed the new fingerprint. Nothing was sent yet, no password either.",
        None,
    );
    ui.add_space(2.0);
    ui.columns(2, |columns| {
        print(&mut columns[0], "Trusted until now", before, look.line);
        if let Some(now) = offered.fingerprint() {
            print(&mut columns[1], "Shown now", now, look.error);
        }
    });
    marked(ui, &certificate::distrust(offered), look.warn);
}

/// One of two fingerprints that are to be compared.
fn print(ui: &mut Ui, title: &str, fingerprint: Fingerprint, edge: Color32) {
    let look = theme::palette(ui);
    let frame = egui::Frame::new().fill(look.panel).corner_radius(6.0).inner_margin(Margin::same(12));
    frame.stroke(egui::Stroke::new(1.0, edge)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.label(theme::weak(ui, title));
        let text = RichText::new(certificate::fingerprint(fingerprint, 8)).monospace().color(look.text);
        ui.add(Label::new(text).selectable(true));
    });
}

/// A sentence that matters, with a small mark before it.
pub(super) fn marked(ui: &mut Ui, text: &str, colour: Color32) {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 18.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 3.5, colour);
        ui.add(Label::new(text).wrap());
    });
}

fn line(ui: &mut Ui, fact: &Fact) {
    let look = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    row(ui, fact.label, |ui| {
        let value = ui.add(Label::new(RichText::new(&fact.value).color(look.text)).wrap().selectable(true));
        if fact.wrong {
            // In the gap before the column: all values begin on one axis.
            ui.painter().circle_filled(value.rect.left_top() + vec2(-9.0, 9.0), 3.5, look.error);
        }
    });
}

fn fingerprint(ui: &mut Ui, fingerprint: Fingerprint) {
    row(ui, "SHA-256", |ui| {
        let text = RichText::new(certificate::fingerprint(fingerprint, 16)).monospace();
        ui.add(Label::new(text).selectable(true));
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let copy = ui.add(egui::Button::new(RichText::new("Copy").size(theme::SMALL)).min_size(vec2(56.0, 24.0)));
            if copy.on_hover_text("Copies the fingerprint").clicked() {
                ui.ctx().copy_text(fingerprint.to_string());
            }
        });
    });
}

/// A label of the second rank, and beside it what it names.
fn row(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(LABEL, 18.0), Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_width(LABEL);
            ui.label(RichText::new(label).color(theme::palette(ui).weak));
        });
        add(ui);
    });
}
