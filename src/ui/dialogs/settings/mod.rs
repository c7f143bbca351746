//! The settings, in pages: what a page holds is drawn by its own file, what is typed is one form, and Save takes all of it.

mod general;
mod patience;
mod security;
mod speed;
mod transfers;

use egui::{ComboBox, Response, TextEdit, Ui};

use crate::app::forms::settings_form::{SettingsForm, SettingsProblems};
use crate::app::{Action, Actions, Model, words};
use crate::domain::PROXY_SECRET;
use crate::store::settings::Settings;
use crate::ui::dialogs::parts::{
    LABEL_WIDTH, field, footer, label_cell, modal, note, page, plain, primary, tab_line, text_edit,
};
use crate::ui::theme;

/// The open window.
pub(super) struct SettingsDialog {
    form: SettingsForm,
    page: Page,
}

/// A page of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Page {
    General,
    Transfers,
    Speed,
    Security,
    Patience,
}

const NUMBER: f32 = 80.0;
/// As high as the highest page that has no list, so that the window does not jump from page to page.
const HEIGHT: f32 = 560.0;

impl SettingsDialog {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { form: SettingsForm::new(settings), page: Page::General }
    }

    pub(super) fn show(&mut self, ui: &Ui, model: &Model, actions: &mut Actions) {
        let result = self.form.settings(&model.settings);
        let problems = result.as_ref().err().map(|problems| (**problems).clone()).unwrap_or_default();
        let shown = modal(ui, words::SETTINGS, 720.0, |ui| {
            let tabs = Page::ALL.map(|page| (page, page.name(), page.is_wrong(&problems)));
            tab_line(ui, &tabs, &mut self.page);
            page(ui, self.page, 212.0, HEIGHT, |ui| {
                ui.spacing_mut().item_spacing = egui::vec2(8.0, 6.0);
                let form = &mut self.form;
                match self.page {
                    Page::General => general::show(ui, form, &problems),
                    Page::Transfers => transfers::show(ui, form, &problems),
                    Page::Speed => speed::show(ui, form, &problems),
                    Page::Security => security::show(ui, form, &problems, &model.settings),
                    Page::Patience => patience::show(ui, form, &problems),
                }
            });
            let mut answer = None;
            footer(ui, |ui| {
                let save = primary(ui, "Save", result.is_ok());
                if save.clicked() {
                    answer = Some(true);
                }
                if plain(ui, words::CANCEL).clicked() {
                    answer = Some(false);
                }
                // The field may be out of sight.
                if let Some(page) = Page::ALL.into_iter().find(|page| page.is_wrong(&problems)) {
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        note(ui, "", Some(&format!("Something under {} cannot be saved like this.", page.name())));
                    });
                }
            });
            answer
        });
        match (shown.inner, result) {
            (Some(true), Ok(settings)) => {
                if let Some(secret) = self.form.keeps(&model.settings) {
                    actions.push(Action::KeepSecret { site: PROXY_SECRET, secret });
                }
                actions.push(Action::ApplySettings(Box::new(settings)));
                actions.push(Action::CloseDialog);
            }
            (Some(false), _) => actions.push(Action::CloseDialog),
            _ if shown.escaped => actions.push(Action::CloseDialog),
            _ => {}
        }
    }
}

impl Page {
    const ALL: [Self; 5] = [Self::General, Self::Transfers, Self::Speed, Self::Security, Self::Patience];

    fn name(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Transfers => "Transfers",
            Self::Speed => "Speed limits",
            Self::Security => "Encryption and proxy",
            Self::Patience => "Timeouts and retries",
        }
    }

    /// Whether something on it cannot be saved.
    fn is_wrong(self, problems: &SettingsProblems) -> bool {
        let p = problems;
        match self {
            Self::General => p.ports.or(p.external_address).or(p.connections).is_some(),
            Self::Transfers => p.ascii_extensions.or(p.segments).or(p.history_days).is_some(),
            Self::Speed => p.limit_down.or(p.limit_up).is_some() || !p.schedule.is_empty(),
            Self::Security => p.proxy_host.or(p.proxy_port).is_some(),
            Self::Patience => p.connect_timeout.or(p.reply_timeout).or(p.retries).or(p.retry_delay).is_some(),
        }
    }
}

fn number(ui: &mut Ui, label: &str, text: &mut String, help: &str, problem: Option<&str>) {
    ui.horizontal(|ui| {
        let name = label_cell(ui, label);
        text_edit(ui, TextEdit::singleline(text), NUMBER, problem.is_some()).labelled_by(name.id);
        note(ui, help, problem);
    });
}

fn combo(ui: &mut Ui, label: &str, shown: &str, add: impl FnOnce(&mut Ui)) -> Response {
    field(ui, label, |ui| ComboBox::from_id_salt(label).width(280.0).selected_text(shown).show_ui(ui, add).response)
}

fn indented(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.set_min_height(theme::ROW);
        ui.add_space(LABEL_WIDTH + 8.0);
        add(ui);
    });
}
