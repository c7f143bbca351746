//! The status bar: connection, security, data channel, speed. The way the data flows is one glance away.

use egui::{Align, Color32, FontId, Label, Layout, Popup, PopupCloseBehavior, Response, RichText, Sense, Ui, vec2};

use crate::app::queue_view::tab::Tab;
use crate::app::{Actions, Link, Model, certificate};
use crate::domain::{DataPath, Encryption};
use crate::ui::data_path::Picture;
use crate::ui::speed::SpeedMenu;
use crate::ui::{icons, theme};

/// Draws it into its panel.
pub(super) fn show(ui: &mut Ui, model: &Model, speed: &mut SpeedMenu, actions: &mut Actions) {
    let look = theme::palette(ui);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), theme::LINE), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(theme::LINE);
        ui.spacing_mut().item_spacing.x = 6.0;
        let mark = match &model.connection.link {
            Link::Ready => look.ok,
            Link::Connecting(_) => look.warn,
            Link::Failed(_) => look.error,
            Link::Closed => look.faint,
        };
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 3.5, mark);
        text(ui, &connection(model));
        gap(ui);
        security(ui, model);
        gap(ui);
        data_channel(ui, model);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            speed.show(ui, model, actions);
        });
    });
}

/// The lock, what it stands for, and the details on hover or click.
fn security(ui: &mut Ui, model: &Model) {
    let look = theme::palette(ui);
    let encryption = encryption(model);
    let (picture, colour) = match &encryption {
        Some(encryption) if encryption.data => (icons::LOCK, look.ok),
        Some(_) => (icons::LOCK, look.warn),
        None if model.is_connected() => (icons::LOCK_OPEN, look.warn),
        None => (icons::LOCK_OPEN, look.faint),
    };
    icon(ui, picture, colour);
    let text = RichText::new(format!("Security: {}", security_text(model))).size(theme::SMALL).color(look.weak);
    let response = ui.add(Label::new(text).sense(Sense::click()).truncate());
    if !model.is_connected() {
        return;
    }
    details(&response, "security", |ui| match encryption {
        Some(encryption) => encrypted(ui, encryption),
        None => {
            ui.set_max_width(320.0);
            let text = "Names, passwords and files can be read by whoever is on the way to the server.";
            ui.add(Label::new(theme::weak(ui, text)).wrap());
        }
    });
}

/// Version, cipher and certificate, line by line.
fn encrypted(ui: &mut Ui, encryption: &Encryption) {
    let look = theme::palette(ui);
    ui.set_max_width(WIDTH);
    let small = |text: &str| RichText::new(text).size(theme::SMALL);
    egui::Grid::new("encryption").num_columns(2).spacing([16.0, 6.0]).min_row_height(16.0).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        for fact in certificate::encryption(encryption) {
            ui.label(small(fact.label).color(look.weak));
            ui.horizontal(|ui| {
                if fact.wrong {
                    let (rect, _) = ui.allocate_exact_size(vec2(7.0, 7.0), Sense::hover());
                    ui.painter().circle_filled(rect.center(), 3.5, look.warn);
                }
                ui.add(Label::new(small(&fact.value).color(look.text)).truncate());
            });
            ui.end_row();
        }
        if let Some(own) = encryption.chain.first() {
            ui.label(small("SHA-256").color(look.weak));
            let print = RichText::new(certificate::fingerprint(own.fingerprint, 16)).font(FontId::monospace(11.0));
            ui.label(print.color(look.text));
            ui.end_row();
        }
    });
}

/// What a text tells more of: while the pointer is on it, and pinned by a click.
fn details(response: &Response, id: &str, add: impl FnOnce(&mut Ui)) {
    let add = |ui: &mut Ui| {
        egui::Frame::new().inner_margin(6.0).show(ui, add);
    };
    let id = response.id.with(id);
    if Popup::is_id_open(&response.ctx, id) {
        let popup = Popup::from_toggle_button_response(response).id(id);
        popup.close_behavior(PopupCloseBehavior::CloseOnClick).show(add);
    } else {
        if response.clicked() {
            Popup::open_id(&response.ctx, id);
        }
        response.clone().on_hover_ui(add);
    }
}

fn encryption(model: &Model) -> Option<&Encryption> {
    model.connection.encryption.as_deref().filter(|_| model.is_connected())
}

fn data_channel(ui: &mut Ui, model: &Model) {
    let path = data_path(model);
    let mode = path.map_or_else(|| "none yet".to_owned(), |path| path.mode.to_string());
    let text = RichText::new(format!("Data channel: {mode}")).size(theme::SMALL).color(theme::palette(ui).weak);
    let response = ui.add(Label::new(text).sense(Sense::click()));
    let Some(picture) = Picture::of(model.connection.control, path, encryption(model)) else { return };
    details(&response, "picture", |ui| explained(ui, &picture));
}

fn explained(ui: &mut Ui, picture: &Picture) {
    ui.set_max_width(WIDTH);
    picture.show(ui, WIDTH);
    ui.add_space(6.0);
    ui.add(Label::new(theme::weak(ui, picture.words())).wrap());
}

const WIDTH: f32 = 440.0;

/// The data connection that was opened last: of the transfers while some run, else of the browsing session.
fn data_path(model: &Model) -> Option<&DataPath> {
    let (own, transfer) = (model.connection.data.as_ref(), model.transfer_path.as_ref());
    if model.queue.count(Tab::Active) > 0 { transfer.or(own) } else { own }
}

fn connection(model: &Model) -> String {
    let site = model.connection.site.as_ref().map(|site| site.server_key()).unwrap_or_default();
    match &model.connection.link {
        Link::Ready => format!("Connection: {site}"),
        Link::Connecting(_) => format!("Connection: connecting to {site}"),
        Link::Failed(_) => "Connection: failed".into(),
        Link::Closed => "Connection: none".into(),
    }
}

fn security_text(model: &Model) -> String {
    match encryption(model) {
        Some(encryption) if encryption.data => encryption.version.clone(),
        Some(encryption) => format!("{}, files in clear text", encryption.version),
        None if model.is_connected() => "none, clear text".into(),
        None => "none".into(),
    }
}

fn text(ui: &mut Ui, text: &str) -> egui::Response {
    let text = theme::weak(ui, text);
    ui.add(Label::new(text).truncate())
}

fn icon(ui: &mut Ui, icon: char, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    let font = egui::FontId::new(14.0, theme::icons());
    // Locks stand higher in their box than letters do.
    ui.painter().text(rect.center() + vec2(0.0, 1.0), egui::Align2::CENTER_CENTER, icon, font, colour);
}

fn gap(ui: &mut Ui) {
    let look = theme::palette(ui);
    ui.add_space(6.0);
    let (rect, _) = ui.allocate_exact_size(vec2(1.0, 12.0), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, look.line);
    ui.add_space(6.0);
}
