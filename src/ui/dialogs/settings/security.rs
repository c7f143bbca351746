//! Encryption, and the way to the server.

use egui::{TextEdit, Ui};

use crate::app::forms::settings_form::{SettingsForm, SettingsProblems};
use crate::domain::{FtpProxy, MinimumTls, ProxyKind, Secret};
use crate::store::settings::Settings;
use crate::ui::dialogs::parts::{LABEL_WIDTH, field, hint, label_cell, section, text_edit};
use crate::ui::dialogs::settings::{NUMBER, combo};
use crate::ui::theme;

pub(super) fn show(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems, settings: &Settings) {
    encryption(ui, form);
    proxy(ui, form, problems, settings);
}

fn encryption(ui: &mut Ui, form: &mut SettingsForm) {
    section(ui, "Encryption");
    combo(ui, "Minimum TLS", &form.minimum_tls.to_string(), |ui| {
        for least in [MinimumTls::V1_2, MinimumTls::V1_3] {
            ui.selectable_value(&mut form.minimum_tls, least, least.to_string());
        }
    });
    hint(ui, "Older versions are not safe any more and never spoken. A site can say otherwise.", None);
}

fn proxy(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems, settings: &Settings) {
    section(ui, "Proxy");
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
            let edit = TextEdit::singleline(&mut typed).password(true).hint_text(if kept { "unchanged" } else { "" });
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
        let text = if form.forget_proxy_password { forgets } else { "Kept in the system's keyring, never in a file." };
        ui.label(theme::weak(ui, text));
        if kept && form.proxy_password.is_empty() {
            form.forget_proxy_password = ui.link(egui::RichText::new("Forget it").size(theme::SMALL)).clicked();
        }
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
