//! Who opens data connections, how many there are, and how the window looks: the first page.

use egui::accesskit::Role;
use egui::{TextEdit, Ui, UiBuilder, vec2};

use crate::app::forms::settings_form::{SettingsForm, SettingsProblems};
use crate::domain::{Mode, TransferMode};
use crate::store::settings::Theme;
use crate::ui::data_path::Picture;
use crate::ui::dialogs::parts::{LABEL_WIDTH, field, hint, label_cell, note, section, text_edit};
use crate::ui::dialogs::settings::{NUMBER, combo, indented, number};

pub(super) fn show(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems) {
    mode(ui, form);
    active(ui, form, problems);
    section(ui, "Connections");
    let text = "Files at the same time, at most: fewer where that is faster, or all that a server allows.";
    number(ui, "Connections", &mut form.connections, text, problems.connections);
    indented(ui, |ui| {
        ui.checkbox(&mut form.keep_alive, "Keep idle connections alive");
    });
    looks(ui, form);
}

fn mode(ui: &mut Ui, form: &mut SettingsForm) {
    section(ui, "Transfer mode");
    let group = UiBuilder::new().id_salt("transfer mode");
    let scope = ui.scope_builder(group, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (mode, name, text) in [
            (
                TransferMode::Auto,
                "Automatic",
                "Passive, then active where that fails or small files come faster; what works is remembered.",
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
                        ui.radio_value(&mut form.transfer_mode, mode, name);
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
    let shown = match form.transfer_mode {
        TransferMode::Active => Mode::Active,
        TransferMode::Auto | TransferMode::Passive => Mode::Passive,
    };
    ui.add_space(4.0);
    let width = ui.available_width().min(520.0);
    Picture::explaining(shown).show(ui, width);
}

fn active(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems) {
    section(ui, "Active mode");
    ui.horizontal(|ui| {
        let label = label_cell(ui, "Port range");
        let edit = TextEdit::singleline(&mut form.port_from).hint_text("any");
        text_edit(ui, edit, NUMBER, problems.ports.is_some()).accessible_name("Port range from");
        ui.label("to");
        let edit = TextEdit::singleline(&mut form.port_to).hint_text("any");
        text_edit(ui, edit, NUMBER, problems.ports.is_some()).accessible_name("Port range to");
        label.on_hover_text("The ports that your router sends on to this computer");
    });
    hint(ui, "The ports that your router sends on to this computer; empty = any free one.", problems.ports);
    field(ui, "External address", |ui| {
        let edit = TextEdit::singleline(&mut form.external_address).hint_text("this computer's own");
        text_edit(ui, edit, 200.0, problems.external_address.is_some())
    });
    let text = "What the server is told to connect to: your router's public address, if there is one between.";
    hint(ui, text, problems.external_address);
}

fn looks(ui: &mut Ui, form: &mut SettingsForm) {
    section(ui, "Looks");
    combo(ui, "Theme", theme_text(form.theme), |ui| {
        for theme in [Theme::System, Theme::Light, Theme::Dark] {
            ui.selectable_value(&mut form.theme, theme, theme_text(theme));
        }
    });
}
fn theme_text(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "As the system",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}
