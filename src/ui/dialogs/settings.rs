//! The settings: transfer mode with a picture of who connects to whom, active mode's ports and address, transfers,
//! timeouts, looks.

use egui::{ComboBox, Response, TextEdit, Ui, UiBuilder, accesskit::Role, vec2};

use super::super::data_path::Picture;
use super::super::theme;
use super::parts::{
    LABEL_WIDTH, field, footer, hint, label_cell, modal, note, plain, primary, scrolled, section, text_edit,
};
use crate::app::settings_form::{SettingsForm, SettingsProblems};
use crate::app::{Action, Actions, Model, words};
use crate::domain::{Mode, TransferMode};
use crate::store::settings::{ConflictPolicy, Settings, Theme};

/// The open window.
pub(super) struct SettingsDialog {
    form: SettingsForm,
}

const NUMBER: f32 = 80.0;

impl SettingsDialog {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { form: SettingsForm::new(settings) }
    }

    pub(super) fn show(&mut self, ui: &Ui, model: &Model, actions: &mut Actions) {
        let result = self.form.settings(&model.settings);
        let problems = result.as_ref().err().cloned().unwrap_or_default();
        let shown = modal(ui, words::SETTINGS, 720.0, |ui| {
            scrolled(ui, 172.0, |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
                self.mode(ui);
                self.active(ui, &problems);
                self.transfers(ui, &problems);
                self.patience(ui, &problems);
                self.looks(ui);
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
            });
            answer
        });
        match (shown.inner, result) {
            (Some(true), Ok(settings)) => {
                actions.push(Action::ApplySettings(Box::new(settings)));
                actions.push(Action::CloseDialog);
            }
            (Some(false), _) => actions.push(Action::CloseDialog),
            _ if shown.escaped => actions.push(Action::CloseDialog),
            _ => {}
        }
    }

    fn mode(&mut self, ui: &mut Ui) {
        section(ui, "Transfer mode");
        let group = UiBuilder::new().id_salt("transfer mode");
        let scope = ui.scope_builder(group, |ui| {
            for (mode, name, text) in [
                (
                    TransferMode::Auto,
                    "Automatic",
                    "Passive first, then active; what works is remembered for each site.",
                ),
                (
                    TransferMode::Passive,
                    "Passive",
                    "This computer opens both connections. Works behind routers and firewalls on your side.",
                ),
                (
                    TransferMode::Active,
                    "Active",
                    "The server opens the data connection to this computer, so your firewall must let it in.",
                ),
            ] {
                ui.horizontal(|ui| {
                    ui.allocate_ui_with_layout(
                        vec2(LABEL_WIDTH, 24.0),
                        egui::Layout::left_to_right(egui::Align::Center),
                        |ui| {
                            ui.set_min_width(LABEL_WIDTH);
                            ui.radio_value(&mut self.form.transfer_mode, mode, name);
                        },
                    );
                    note(ui, text, None);
                });
            }
        });
        ui.ctx().accesskit_node_builder(scope.response.id, |node| {
            node.set_role(Role::RadioGroup);
            node.set_label("Transfer mode");
        });
        let shown = match self.form.transfer_mode {
            TransferMode::Active => Mode::Active,
            TransferMode::Auto | TransferMode::Passive => Mode::Passive,
        };
        ui.add_space(4.0);
        let width = ui.available_width().min(520.0);
        Picture::explaining(shown).show(ui, width);
    }

    fn active(&mut self, ui: &mut Ui, problems: &SettingsProblems) {
        section(ui, "Active mode");
        ui.horizontal(|ui| {
            let label = label_cell(ui, "Port range");
            let edit = TextEdit::singleline(&mut self.form.port_from).hint_text("any");
            text_edit(ui, edit, NUMBER, problems.ports.is_some()).accessible_name("Port range from");
            ui.label("to");
            let edit = TextEdit::singleline(&mut self.form.port_to).hint_text("any");
            text_edit(ui, edit, NUMBER, problems.ports.is_some()).accessible_name("Port range to");
            label.on_hover_text("The ports that your router sends on to this computer");
        });
        hint(ui, "The ports that your router sends on to this computer; empty = any free one.", problems.ports);
        field(ui, "External address", |ui| {
            let edit = TextEdit::singleline(&mut self.form.external_address).hint_text("this computer's own");
            text_edit(ui, edit, 200.0, problems.external_address.is_some())
        });
        let text = "What the server is told to connect to: your router's public address, if there is one between.";
        hint(ui, text, problems.external_address);
    }

    fn transfers(&mut self, ui: &mut Ui, problems: &SettingsProblems) {
        section(ui, "Transfers");
        let text = "Files at the same time, each on a connection of its own.";
        number(ui, "Connections", &mut self.form.connections, text, problems.connections);
        combo(ui, "When a file exists", policy_text(self.form.on_exists), |ui| {
            for policy in [
                ConflictPolicy::Ask,
                ConflictPolicy::Overwrite,
                ConflictPolicy::Newer,
                ConflictPolicy::Size,
                ConflictPolicy::Resume,
                ConflictPolicy::Rename,
                ConflictPolicy::Skip,
            ] {
                ui.selectable_value(&mut self.form.on_exists, policy, policy_text(policy));
            }
        });
        indented(ui, |ui| {
            ui.checkbox(&mut self.form.safe_uploads, "Upload under a temporary name and rename when whole");
        });
        indented(ui, |ui| {
            ui.checkbox(&mut self.form.preserve_times, "Keep modification times");
        });
    }

    fn patience(&mut self, ui: &mut Ui, problems: &SettingsProblems) {
        section(ui, "Patience");
        let form = &mut self.form;
        let text = "seconds to wait for a connection";
        number(ui, "Connect timeout", &mut form.connect_timeout, text, problems.connect_timeout);
        let text = "seconds to wait for a reply, or the next byte";
        number(ui, "Reply timeout", &mut form.reply_timeout, text, problems.reply_timeout);
        number(ui, "Retries", &mut form.retries, "times, of what may pass by itself", problems.retries);
        let text = "seconds before the first retry; each further one waits twice as long";
        number(ui, "Retry delay", &mut form.retry_delay, text, problems.retry_delay);
    }

    fn looks(&mut self, ui: &mut Ui) {
        section(ui, "Looks");
        combo(ui, "Theme", theme_text(self.form.theme), |ui| {
            for theme in [Theme::System, Theme::Light, Theme::Dark] {
                ui.selectable_value(&mut self.form.theme, theme, theme_text(theme));
            }
        });
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
    field(ui, label, |ui| ComboBox::from_id_salt(label).width(240.0).selected_text(shown).show_ui(ui, add).response)
}

fn indented(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.set_min_height(theme::ROW);
        ui.add_space(LABEL_WIDTH + 8.0);
        add(ui);
    });
}

fn policy_text(policy: ConflictPolicy) -> &'static str {
    match policy {
        ConflictPolicy::Ask => "Ask",
        ConflictPolicy::Overwrite => "Overwrite it",
        ConflictPolicy::Newer => "Overwrite if the new one is newer",
        ConflictPolicy::Size => "Overwrite if the sizes differ",
        ConflictPolicy::Resume => "Resume: append what is missing",
        ConflictPolicy::Rename => "Keep both, with a number",
        ConflictPolicy::Skip => "Skip",
    }
}

fn theme_text(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "As the system",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}
