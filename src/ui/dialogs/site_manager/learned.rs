//! What was learned about the server: each thing in plain words, with a way to forget it.

use egui::{Align, Button, Label, Layout, RichText, TextEdit, Ui, vec2};

use crate::app::forms::learned_form::{Known, LearnedForm, LearnedProblems};
use crate::ui::dialogs::parts::{note, text_edit};
use crate::ui::theme;

pub(super) fn show(ui: &mut Ui, form: &mut LearnedForm, problems: LearnedProblems) {
    let known = form.known();
    if known.is_empty() && form.is_changed() {
        ui.add_space(24.0);
        ui.vertical_centered(|ui| {
            let look = theme::palette(ui);
            ui.label(RichText::new("All forgotten, once you save").size(15.0).color(look.text));
        });
        return;
    }
    if known.is_empty() {
        ui.add_space(24.0);
        ui.vertical_centered(|ui| {
            let look = theme::palette(ui);
            ui.label(RichText::new("Nothing yet").size(15.0).color(look.text));
            let text = "Twinport finds out while it talks to the server what works there and what does not,\nand keeps it here, so that it is not tried again each time.";
            ui.label(RichText::new(text).color(look.weak));
        });
        return;
    }
    note(ui, "Found out by talking to the server. What is forgotten is tried again when you connect next.", None);
    ui.add_space(4.0);
    let look = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (known, words) in known {
        let row = ui.allocate_ui_with_layout(
            vec2(ui.available_width() - 12.0, HEIGHT),
            Layout::right_to_left(Align::Center),
            |ui| {
                ui.set_min_height(HEIGHT);
                let forget = Button::new(RichText::new("Forget").size(theme::SMALL)).min_size(vec2(64.0, 24.0));
                let name = format!("Forget: {words}");
                let forget = ui.add(forget).accessible_name(&name).on_hover_text("Once you save");
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    match known {
                        Known::Cap => number(ui, words, &mut form.cap, problems.cap),
                        Known::Clock => number(ui, words, &mut form.clock, problems.clock),
                        _ => {
                            ui.add(Label::new(RichText::new(words).color(look.text)).wrap());
                        }
                    };
                });
                forget.clicked()
            },
        );
        ui.painter().hline(row.response.rect.x_range(), row.response.rect.bottom(), egui::Stroke::new(1.0, look.line));
        if row.inner {
            form.forget(known);
        }
    }
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        if ui.add(Button::new("Forget all").min_size(vec2(88.0, theme::CONTROL))).clicked() {
            form.forget_all();
        }
        if form.is_changed() {
            note(ui, "Twinport works with this once you save.", None);
        }
    });
}

const HEIGHT: f32 = 36.0;

/// What can be corrected, or what is wrong with what stands there.
fn number(ui: &mut Ui, words: &str, text: &mut String, problem: Option<&str>) {
    let label = ui.label(words);
    text_edit(ui, TextEdit::singleline(text), 72.0, problem.is_some()).labelled_by(label.id);
    if problem.is_some() {
        note(ui, "", problem);
    }
}
