//! How fast all transfers together may be, always and at certain hours.

use egui::{Button, ComboBox, RichText, TextEdit, Ui, vec2};

use crate::app::forms::schedule_form::{RuleForm, RuleProblems};
use crate::app::forms::settings_form::{SettingsForm, SettingsProblems};
use crate::app::words;
use crate::store::schedule::Day;
use crate::ui::dialogs::parts::{hint, label_cell, note, plain, section, text_edit};
use crate::ui::dialogs::settings::{NUMBER, indented};
use crate::ui::icons;
use crate::ui::theme;
use crate::ui::theme::CONTROL;

pub(super) fn show(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems) {
    section(ui, "All sites together");
    indented(ui, |ui| {
        ui.checkbox(&mut form.limits_on, words::LIMIT_SPEEDS);
    });
    let text = "KiB a second, or 5M, 1.5G; empty = as fast as it goes.";
    ui.add_enabled_ui(form.limits_on, |ui| {
        limit(ui, "Download limit", &mut form.limit_down, text, problems.limit_down);
        limit(ui, "Upload limit", &mut form.limit_up, "The same for what goes to servers.", problems.limit_up);
        hint(ui, "A site can have limits of its own beside these: in the Site Manager, under Advanced.", None);
        schedule(ui, form, &problems.schedule);
    });
}

fn limit(ui: &mut Ui, label: &str, text: &mut String, help: &str, problem: Option<&str>) {
    ui.horizontal(|ui| {
        let name = label_cell(ui, label);
        let edit = TextEdit::singleline(text).hint_text("none");
        text_edit(ui, edit, NUMBER, problem.is_some()).labelled_by(name.id);
        note(ui, help, problem);
    });
}

fn schedule(ui: &mut Ui, form: &mut SettingsForm, problems: &[RuleProblems]) {
    section(ui, "At certain hours");
    let text = match form.schedule.len() {
        0 => "Other limits, or a pause, at hours of your choice.",
        1 => "KiB a second, by this computer's clock. An end that is not later than the beginning is on the next day.",
        _ => {
            "KiB a second, by this computer's clock. An end that is not later than the beginning is on the next day. \
             Where several hold, the lowest one in the list counts."
        }
    };
    ui.add(egui::Label::new(theme::weak(ui, text)).wrap());
    let mut gone = None;
    for (at, rule) in form.schedule.iter_mut().enumerate() {
        let problems = problems.get(at).copied().unwrap_or_default();
        ui.add_space(4.0);
        if line(ui, at + 1, rule, &problems) {
            gone = Some(at);
        }
    }
    if let Some(at) = gone {
        form.schedule.remove(at);
    }
    ui.add_space(4.0);
    if plain(ui, "Add a rule").clicked() {
        form.schedule.push(RuleForm::default());
    }
}

/// A rule; whether it is to go. Its number makes the names of its fields different from those of the other rules.
fn line(ui: &mut Ui, number: usize, rule: &mut RuleForm, problems: &RuleProblems) -> bool {
    let name = |what: &str| format!("{what} of rule {number}");
    let mut gone = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (day, on) in Day::ALL.into_iter().zip(&mut rule.days) {
            day_button(ui, day, on, &name(day.name()), problems.days.is_some());
        }
        ui.add_space(6.0);
        ui.spacing_mut().item_spacing.x = 6.0;
        let edit = TextEdit::singleline(&mut rule.from);
        text_edit(ui, edit, HOUR, problems.from.is_some()).accessible_name(name("Beginning"));
        ui.label("to");
        let edit = TextEdit::singleline(&mut rule.to);
        text_edit(ui, edit, HOUR, problems.to.is_some()).accessible_name(name("End"));
        let shown = if rule.pauses { PAUSE } else { LIMIT };
        let combo = ComboBox::from_id_salt(("rule", number)).width(84.0).selected_text(shown).show_ui(ui, |ui| {
            ui.selectable_value(&mut rule.pauses, false, LIMIT);
            ui.selectable_value(&mut rule.pauses, true, PAUSE);
        });
        combo.response.accessible_name(name("Effect"));
        if !rule.pauses {
            for (icon, what, text, problem) in [
                (icons::ARROW_DOWN, "Download limit", &mut rule.down, problems.down),
                (icons::ARROW_UP, "Upload limit", &mut rule.up, problems.up),
            ] {
                ui.spacing_mut().item_spacing.x = 2.0;
                ui.label(icons::text(icon)).on_hover_text(what);
                let edit = TextEdit::singleline(text).hint_text("none");
                text_edit(ui, edit, RATE, problem.is_some()).accessible_name(name(what));
                ui.spacing_mut().item_spacing.x = 6.0;
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let remove =
                Button::new(icons::text(icons::CLOSE)).frame_when_inactive(false).min_size(vec2(28.0, CONTROL));
            gone = ui
                .add(remove)
                .on_hover_text("Remove this rule")
                .accessible_name(format!("Remove rule {number}"))
                .clicked();
        });
    });
    if let Some(problem) = problems.first() {
        note(ui, "", Some(problem));
    }
    gone
}

/// One letter or two that stay pressed.
fn day_button(ui: &mut Ui, day: Day, on: &mut bool, name: &str, wrong: bool) {
    let look = theme::palette(ui);
    let colour = if *on { look.on_accent } else { look.weak };
    let text = RichText::new(day.name().get(..2).unwrap_or_default()).size(theme::SMALL).color(colour);
    let mut button = Button::new(text).min_size(vec2(36.0, CONTROL));
    if *on {
        button = button.fill(look.accent);
    } else if wrong {
        button = button.stroke(egui::Stroke::new(1.0, look.error));
    }
    let response = ui.add(button);
    let selected = *on;
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::CheckBox, true, selected, name));
    if response.clicked() {
        *on = !*on;
    }
}

const HOUR: f32 = 52.0;
const RATE: f32 = 60.0;
const LIMIT: &str = "Limit";
const PAUSE: &str = "Pause";
