//! The settings: transfer mode with a picture of who connects to whom, active mode's ports and address, transfers,
//! encryption, proxy, timeouts, looks.

use egui::{ComboBox, Response, TextEdit, Ui, UiBuilder, accesskit::Role, vec2};

use super::super::data_path::Picture;
use super::super::theme;
use super::parts::{
    LABEL_WIDTH, field, footer, hint, label_cell, modal, note, plain, primary, scrolled, section, text_edit,
};
use crate::app::settings_form::{SettingsForm, SettingsProblems};
use crate::app::{Action, Actions, Model, words};
use crate::domain::{FtpProxy, MinimumTls, Mode, PROXY_SECRET, ProxyKind, Secret, TransferMode};
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
        let problems = result.as_ref().err().map(|problems| (**problems).clone()).unwrap_or_default();
        let shown = modal(ui, words::SETTINGS, 720.0, |ui| {
            scrolled(ui, 172.0, |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
                self.mode(ui);
                self.active(ui, &problems);
                self.transfers(ui, &problems);
                self.encryption(ui);
                self.proxy(ui, &problems, &model.settings);
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
                // The field may be out of sight.
                if let Some(section) = wrong_section(&problems) {
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        note(ui, "", Some(&format!("Something under {section} cannot be saved like this.")));
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
        let text = "KiB a second for all transfers together; empty = as fast as it goes.";
        limit(ui, "Speed limit", &mut self.form.speed_limit, text, problems.speed_limit);
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
        indented(ui, |ui| {
            ui.checkbox(&mut self.form.keep_alive, "Keep idle connections alive");
        });
        field(ui, "Text files", |ui| {
            let edit = TextEdit::singleline(&mut self.form.ascii_extensions).hint_text("none");
            text_edit(ui, edit, 240.0, problems.ascii_extensions.is_some())
        });
        let text = "Extensions such as txt, html. Line ends of such files are converted (ASCII), so their size changes on \
                    the way and they are never resumed. Empty = every file arrives byte for byte.";
        hint(ui, text, problems.ascii_extensions);
    }

    fn encryption(&mut self, ui: &mut Ui) {
        section(ui, "Encryption");
        combo(ui, "Minimum TLS", &self.form.minimum_tls.to_string(), |ui| {
            for least in [MinimumTls::V1_2, MinimumTls::V1_3] {
                ui.selectable_value(&mut self.form.minimum_tls, least, least.to_string());
            }
        });
        hint(ui, "Older versions are not safe any more and never spoken. A site can say otherwise.", None);
    }

    fn proxy(&mut self, ui: &mut Ui, problems: &SettingsProblems, settings: &Settings) {
        section(ui, "Proxy");
        let form = &mut self.form;
        combo(ui, "Proxy", proxy_text(form.proxy_kind), |ui| {
            for kind in PROXIES {
                ui.selectable_value(&mut form.proxy_kind, kind, proxy_text(kind));
            }
        });
        let Some(kind) = form.proxy_kind else {
            return hint(ui, "Connections go directly to the server.", None);
        };
        ui.horizontal(|ui| {
            let label = label_cell(ui, "Proxy host");
            let wrong = problems.proxy_host.is_some() && !form.proxy_host.is_empty();
            text_edit(ui, TextEdit::singleline(&mut form.proxy_host), 240.0, wrong).labelled_by(label.id);
            ui.label("Port");
            let edit = TextEdit::singleline(&mut form.proxy_port).hint_text(kind.default_port().to_string());
            text_edit(ui, edit, NUMBER, problems.proxy_port.is_some()).accessible_name("Proxy port");
        });
        hint(ui, proxy_hint(kind), problems.proxy_host.or(problems.proxy_port));
        field(ui, "Proxy user", |ui| {
            let edit = TextEdit::singleline(&mut form.proxy_user).hint_text("not needed");
            text_edit(ui, edit, 240.0, false)
        });
        if !kind.takes_password() {
            return;
        }
        let saved = settings.proxy.as_ref().is_some_and(|proxy| !proxy.user.is_empty());
        let kept = saved && !form.forget_proxy_password;
        // A copy that egui edits; it is wiped when the secret takes it over.
        let mut typed = form.proxy_password.reveal().to_owned();
        ui.add_enabled_ui(!form.proxy_user.trim().is_empty(), |ui| {
            let changed = field(ui, "Proxy password", |ui| {
                let edit =
                    TextEdit::singleline(&mut typed).password(true).hint_text(if kept { "unchanged" } else { "" });
                text_edit(ui, edit, 240.0, false)
            })
            .changed();
            form.forget_proxy_password &= !changed;
        });
        form.proxy_password = Secret::new(typed);
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = 16.0;
            ui.add_space(LABEL_WIDTH + 8.0);
            let forgets = "The saved password is forgotten when you save.";
            let text =
                if form.forget_proxy_password { forgets } else { "Kept in the system's keyring, never in a file." };
            ui.label(theme::weak(ui, text));
            if kept && form.proxy_password.is_empty() {
                form.forget_proxy_password = ui.link(egui::RichText::new("Forget it").size(theme::SMALL)).clicked();
            }
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

/// Where the first problem is.
fn wrong_section(problems: &SettingsProblems) -> Option<&'static str> {
    let p = problems;
    let sections = [
        ("Active mode", p.ports.or(p.external_address)),
        ("Transfers", p.connections.or(p.speed_limit).or(p.ascii_extensions)),
        ("Proxy", p.proxy_host.or(p.proxy_port)),
        ("Patience", p.connect_timeout.or(p.reply_timeout).or(p.retries).or(p.retry_delay)),
    ];
    sections.into_iter().find_map(|(section, problem)| problem.map(|_| section))
}

fn number(ui: &mut Ui, label: &str, text: &mut String, help: &str, problem: Option<&str>) {
    ui.horizontal(|ui| {
        let name = label_cell(ui, label);
        text_edit(ui, TextEdit::singleline(text), NUMBER, problem.is_some()).labelled_by(name.id);
        note(ui, help, problem);
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

const PROXIES: [Option<ProxyKind>; 7] = [
    None,
    Some(ProxyKind::Socks5),
    Some(ProxyKind::Socks4a),
    Some(ProxyKind::HttpConnect),
    Some(ProxyKind::Ftp(FtpProxy::UserAtHost)),
    Some(ProxyKind::Ftp(FtpProxy::Site)),
    Some(ProxyKind::Ftp(FtpProxy::Open)),
];

fn proxy_text(kind: Option<ProxyKind>) -> &'static str {
    match kind {
        None => "None",
        Some(ProxyKind::Socks5) => "SOCKS5",
        Some(ProxyKind::Socks4a) => "SOCKS4a",
        Some(ProxyKind::HttpConnect) => "HTTP CONNECT",
        Some(ProxyKind::Ftp(FtpProxy::UserAtHost)) => "FTP gateway, USER user@host",
        Some(ProxyKind::Ftp(FtpProxy::Site)) => "FTP gateway, SITE host",
        Some(ProxyKind::Ftp(FtpProxy::Open)) => "FTP gateway, OPEN host",
    }
}

fn proxy_hint(kind: ProxyKind) -> &'static str {
    match kind {
        ProxyKind::Socks5 => "Commands and data go through it; it looks up the server's name. Passive mode.",
        ProxyKind::Socks4a => "Commands and data go through it; it knows no passwords. Passive mode.",
        ProxyKind::HttpConnect => {
            "Commands and data go through it, where it lets other ports than 443 pass. Passive mode."
        }
        ProxyKind::Ftp(_) => {
            "It speaks FTP itself and reads everything: a connection through it is encrypted up to it at best."
        }
    }
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
