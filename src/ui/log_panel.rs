//! The message log: one line while all is well, the whole dialogue with the servers when opened.

use std::time::SystemTime;

use egui::accesskit::Role;
use egui::{Align, Button, Color32, Label, Layout, RichText, ScrollArea, Sense, TextWrapMode, Ui, UiBuilder, vec2};

use crate::app::{Action, Actions, Model, words};
use crate::engine::message::{LogKind, LogLine};
use crate::ui::{icons, theme};

/// The message log's own state.
#[derive(Default)]
pub(super) struct LogPanel {}

impl LogPanel {
    /// Draws it into its panel.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let container = UiBuilder::new().id_salt("message log").max_rect(ui.available_rect_before_wrap());
        let open = model.settings.window.log_open;
        let scope = ui.scope_builder(container, |ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 0.0);
            header(ui, model, open, actions);
            if open {
                body(ui, model);
            }
        });
        ui.ctx().accesskit_node_builder(scope.response.id, |node| {
            node.set_role(Role::Region);
            node.set_label(words::MESSAGE_LOG);
        });
    }
}

fn header(ui: &mut Ui, model: &Model, open: bool, actions: &mut Actions) {
    let look = theme::palette(ui);
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), theme::CONTROL),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_height(theme::CONTROL);
            let caret = if open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
            let name = if open { "Hide the message log" } else { "Show the message log" };
            if ui.add(Button::new(icons::text(caret)).frame(false)).on_hover_text(name).accessible_name(name).clicked()
            {
                actions.push(Action::ToggleLog);
            }
            let title = theme::title(ui, "MESSAGE LOG");
            ui.label(title);
            ui.add_space(8.0);
            if open {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let any = !model.log.lines().is_empty();
                    let small =
                        |text: &str| Button::new(RichText::new(text).size(theme::SMALL)).min_size(vec2(0.0, 22.0));
                    if ui.add_enabled(any, small("Clear log")).clicked() {
                        actions.push(Action::ClearLog);
                    }
                    if ui.add_enabled(any, small("Copy log")).clicked() {
                        let lines: Vec<String> = model.log.lines().iter().map(as_text).collect();
                        actions.push(Action::CopyText(lines.join("\n")));
                    }
                });
            } else if let Some(line) = model.log.error.as_ref().or(model.log.last()) {
                if line.kind == LogKind::Error {
                    let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                    ui.painter().circle_filled(rect.center(), 3.0, look.error);
                }
                let text = RichText::new(&line.text).font(theme_mono()).color(look.weak);
                let response = ui.add(Label::new(text).truncate().sense(Sense::click()));
                if response.on_hover_text("Shows the whole dialogue").clicked() {
                    actions.push(Action::ToggleLog);
                }
            }
        },
    );
}

fn body(ui: &mut Ui, model: &Model) {
    let lines = model.log.lines();
    let look = theme::palette(ui);
    let height = 18.0;
    ScrollArea::both().id_salt("log lines").auto_shrink([false, false]).stick_to_bottom(true).show_rows(
        ui,
        height,
        lines.len(),
        |ui, range| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
            ui.spacing_mut().interact_size.y = height;
            for line in lines.range(range) {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 8.0;
                    ui.add_space(4.0);
                    let mono = |text: String, colour: Color32| {
                        Label::new(RichText::new(text).font(theme_mono()).color(colour)).selectable(true)
                    };
                    ui.add(mono(clock(line.at), look.faint));
                    let session = if line.session == 0 { String::new() } else { line.session.to_string() };
                    ui.add(mono(format!("{session:>3}"), look.faint));
                    ui.add(mono(sign(line.kind).to_owned(), look.faint));
                    ui.add(mono(line.text.clone(), colour(ui, line.kind)));
                });
            }
        },
    );
}

fn colour(ui: &Ui, kind: LogKind) -> Color32 {
    let look = theme::palette(ui);
    match kind {
        LogKind::Sent => look.accent,
        LogKind::Received => look.text,
        LogKind::Note => look.weak,
        LogKind::Error => look.error,
    }
}

fn sign(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Sent => ">",
        LogKind::Received => "<",
        LogKind::Note => " ",
        LogKind::Error => "!",
    }
}

fn theme_mono() -> egui::FontId {
    egui::FontId::monospace(theme::SMALL)
}

/// The time of day here.
fn clock(at: SystemTime) -> String {
    match jiff::Timestamp::try_from(at) {
        Ok(at) => at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => String::new(),
    }
}

fn as_text(line: &LogLine) -> String {
    format!("{} {:>3} {} {}", clock(line.at), line.session, sign(line.kind), line.text)
}
