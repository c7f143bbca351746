//! Asks for a password: for the first time, or because the server refused the last one.

use egui::{Label, TextEdit, Ui};

use crate::app::words;
use crate::domain::{Logon, Secret, Site, SiteId};
use crate::engine::message::Answer;
use crate::ui::dialogs::parts::{entered, field, footer, hint, modal, plain, primary, text_edit};

/// What is typed.
#[derive(Default)]
pub(super) struct PasswordDialog {
    typed: Secret,
    keep: bool,
    shown: bool,
}

impl PasswordDialog {
    pub(super) fn show(&mut self, ui: &Ui, site: &Site, refused: Option<&str>) -> Option<Answer> {
        let shown = modal(ui, words::PASSWORD, 440.0, |ui| {
            let whose = format!("{} on {}", site.login_name(), site.host);
            ui.add(Label::new(format!("The password of {whose} is needed.")).wrap());
            let mut typed = self.typed.reveal().to_owned();
            let password = field(ui, words::PASSWORD, |ui| {
                let width = ui.available_width();
                text_edit(ui, TextEdit::singleline(&mut typed).password(true), width, refused.is_some())
            });
            self.typed = Secret::new(typed);
            if !std::mem::replace(&mut self.shown, true) {
                password.request_focus();
            }
            let refused = refused.map(|words| format!("The server refused the last one: {words}"));
            hint(ui, "It is never written to a log or a settings file.", refused.as_deref());
            // Only a saved site has a place in the keyring, and "ask" means ask.
            if site.id != SiteId(0) && site.logon != Logon::Ask {
                ui.horizontal(|ui| {
                    ui.add_space(crate::ui::dialogs::parts::LABEL_WIDTH + 8.0);
                    ui.checkbox(&mut self.keep, "Keep in the system's keyring");
                });
            }
            let mut answer = entered(&password).then_some(true);
            footer(ui, |ui| {
                if primary(ui, "OK", true).clicked() {
                    answer = Some(true);
                }
                if plain(ui, words::CANCEL).clicked() {
                    answer = Some(false);
                }
            });
            answer
        });
        match shown.inner {
            Some(true) => Some(Answer::Password { secret: std::mem::take(&mut self.typed), keep: self.keep }),
            Some(false) => Some(Answer::Never),
            None => shown.escaped.then_some(Answer::Never),
        }
    }
}
