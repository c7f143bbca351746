//! The speed at the status bar's end; behind it, a click away, the limits: off and on, and their values.

use std::time::SystemTime;

use egui::accesskit::Role;
use egui::{Button, CursorIcon, Label, Popup, PopupCloseBehavior, Response, RichText, Sense, TextEdit, Ui, vec2};

use crate::app::forms::rate_field;
use crate::app::{Action, Actions, Model};
use crate::domain::rate;
use crate::engine::message::Limited;
use crate::ui::{format, icons, theme, words};

/// What is typed into the menu.
#[derive(Default)]
pub(super) struct SpeedMenu {
    open: bool,
    down: String,
    up: String,
}

impl SpeedMenu {
    /// Draws the speed; the menu where it is open.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let text = RichText::new(format!("Speed: {}", words_of(model))).size(theme::SMALL);
        let response = ui.add(Label::new(text.color(theme::palette(ui).weak)).sense(Sense::click()).truncate());
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        if holds_back(model) {
            mark(ui);
        }
        let popup = Popup::from_toggle_button_response(&response).id(response.id.with("speed limits"));
        let shown = popup.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            if !std::mem::replace(&mut self.open, true) {
                self.down = rate_field::text(model.settings.limit_down);
                self.up = rate_field::text(model.settings.limit_up);
            }
            self.menu(ui, model, actions);
        });
        self.open = shown.is_some();
    }

    fn menu(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let look = theme::palette(ui);
        let small = |text: String, colour| Label::new(RichText::new(text).size(theme::SMALL).color(colour)).wrap();
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        egui::Frame::new().inner_margin(6.0).show(ui, |ui| {
            let mut on = model.settings.limits_on;
            if ui.checkbox(&mut on, words::LIMIT_SPEEDS).clicked() {
                actions.push(Action::ToggleLimits);
            }
            let (down, up) = (rate_field::parse(&self.down), rate_field::parse(&self.up));
            let entered = field(ui, "Download limit", &mut self.down, down.is_err())
                | field(ui, "Upload limit", &mut self.up, up.is_err());
            if let Some(wrong) = down.err().or(up.err()) {
                ui.add(small(wrong.to_owned(), look.error));
            } else {
                ui.add(small("KiB a second, or 5M; empty = as fast as it goes.".into(), look.weak));
            }
            for line in beside(model) {
                ui.add(small(line, look.text));
            }
            ui.horizontal(|ui| {
                let set = Button::new("Set limits").min_size(vec2(0.0, 26.0));
                let set = ui.add_enabled(down.is_ok() && up.is_ok(), set);
                if let (true, Ok(down), Ok(up)) = (set.clicked() || entered, down, up) {
                    actions.push(Action::SetLimits { down, up });
                    ui.close();
                }
                let schedule = ui.add(Button::new("Schedule…").min_size(vec2(0.0, 26.0)));
                if schedule.on_hover_text("Other limits at certain hours, in the settings").clicked() {
                    actions.push(Action::OpenSettings);
                    ui.close();
                }
            });
        });
    }
}

const WIDTH: f32 = 264.0;
const LABEL: f32 = 104.0;

/// Label and input; whether Enter was pressed in it.
fn field(ui: &mut Ui, name: &str, text: &mut String, wrong: bool) -> bool {
    ui.horizontal(|ui| {
        let label = ui
            .allocate_ui_with_layout(vec2(LABEL, 24.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.set_min_width(LABEL);
                ui.label(name)
            })
            .inner;
        let edit = TextEdit::singleline(text).hint_text("none").desired_width(80.0).align(egui::Align2::LEFT_CENTER);
        let response: Response = ui.add(edit.margin(egui::Margin::symmetric(8, 4))).labelled_by(label.id);
        if wrong {
            let stroke = egui::Stroke::new(1.0, theme::palette(ui).error);
            ui.painter().rect_stroke(response.rect, 4.0, stroke, egui::StrokeKind::Inside);
        }
        ui.label(theme::weak(ui, "KiB/s"));
        response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
    })
    .inner
}

/// What holds beside or instead of the values in the fields.
fn beside(model: &Model) -> Vec<String> {
    let mut lines = Vec::new();
    let (limited, settings) = (&model.limited, &model.settings);
    let own = (settings.limit_down, settings.limit_up);
    if settings.limits_on && (limited.paused || (limited.down, limited.up) != own) {
        lines.push(format!("The schedule at this hour: {}.", limit(limited).unwrap_or_else(|| "no limit".into())));
    }
    if let Some(site) = &model.connection.site
        && let Some(site_limit) = rates(site.limit_down, site.limit_up)
    {
        lines.push(format!("{} alone: {site_limit}.", site.title()));
    }
    lines
}

/// A small gauge, while something is held back.
fn mark(ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    let font = egui::FontId::new(14.0, theme::icons());
    let icon = icons::of(crate::app::Icon::Limits);
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icon, font, theme::palette(ui).warn);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, "Speed limits hold"));
}

fn holds_back(model: &Model) -> bool {
    let limited = &model.limited;
    limited.paused || limited.down.is_some() || limited.up.is_some()
}

/// `1.2 MiB/s down, limited to 2.0 MiB/s until 18:00`.
fn words_of(model: &Model) -> String {
    let progress = &model.queue.progress;
    let mut text = match (progress.rate_down, progress.rate_up) {
        (0, 0) => "idle".into(),
        (down, 0) => format!("{} down", rate(down)),
        (0, up) => format!("{} up", rate(up)),
        (down, up) => format!("{} down, {} up", rate(down), rate(up)),
    };
    if let Some(limit) = limit(&model.limited) {
        text = format!("{text}, {limit}");
    } else if !model.settings.limits_on {
        text.push_str(", limits off");
    }
    text
}

fn limit(limited: &Limited) -> Option<String> {
    let words = if limited.paused {
        "paused by the schedule".to_owned()
    } else {
        format!("limited to {}", rates(limited.down, limited.up)?)
    };
    Some(match limited.until {
        Some(until) => format!("{words} until {}", format::until(until, SystemTime::now())),
        None => words,
    })
}

/// `500 KiB/s`, `500 KiB/s down, 1.0 MiB/s up`; `None` where neither is limited.
fn rates(down: Option<u64>, up: Option<u64>) -> Option<String> {
    match (down, up) {
        (None, None) => None,
        (Some(down), Some(up)) if down == up => Some(whole(down)),
        (Some(down), Some(up)) => Some(format!("{} down, {} up", whole(down), whole(up))),
        (Some(down), None) => Some(format!("{} down", whole(down))),
        (None, Some(up)) => Some(format!("{} up", whole(up))),
    }
}

/// A limit is a round number: `500 KiB/s`, not `500.0 KiB/s`.
fn whole(limit: u64) -> String {
    rate(limit).replacen(".0 ", " ", 1)
}
