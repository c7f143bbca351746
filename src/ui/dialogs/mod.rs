//! The dialogs: the one that the user opened ([`Model::dialog`]) and the oldest question of the engine's
//! ([`Model::questions`]), one at a time. They own what is typed, collect [`Action`]s, and change nothing themselves.
//!
//! Esc cancels, Enter is the default, the cursor begins in the first field. A question comes up only while no mouse
//! button is down, so that it never takes a click that was meant for something else.

mod about;
mod certificate;
mod clear_text;
mod conflict;
mod delete;
mod parts;
mod password;
mod prompt;
mod properties;
mod settings;
mod site_manager;
mod veil;

use egui::{Response, Ui};

use crate::app::{Action, Actions, Dialog, Model};
use crate::domain::QuestionId;
use crate::engine::message::Question;

pub(crate) use parts::painted;
pub(super) use veil::Veil;

/// What is typed into the dialogs.
#[derive(Default)]
pub(super) struct Dialogs {
    open: Option<Open>,
    question: Option<(QuestionId, Asking)>,
}

/// The open dialog, with what is typed into it.
enum Open {
    SiteManager(Box<site_manager::SiteManager>),
    Settings(Box<settings::SettingsDialog>),
    Prompt(Box<prompt::PromptDialog>),
    Properties(Box<properties::PropertiesDialog>),
    Delete,
    About,
}

/// The question that is shown.
enum Asking {
    FileExists(conflict::FileExists),
    Password(password::PasswordDialog),
    Certificate(certificate::UnknownCertificate),
    ClearText,
}

impl Dialogs {
    /// Draws the dialog that is open, if any, over everything.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        self.follow(model);
        if let (Some(open), Some(dialog)) = (&mut self.open, &model.dialog) {
            match (open, dialog) {
                (Open::SiteManager(manager), _) => manager.show(ui, model, actions),
                (Open::Settings(dialog), _) => dialog.show(ui, model, actions),
                (Open::Prompt(dialog), Dialog::Prompt(prompt)) => dialog.show(ui, prompt, actions),
                (Open::Properties(dialog), Dialog::Properties(properties)) => {
                    dialog.show(ui, properties, model, actions)
                }
                (Open::Delete, Dialog::Delete(deletion)) => delete::show(ui, deletion, actions),
                (Open::About, _) => about::show(ui, actions),
                _ => {}
            }
        }
        self.ask(ui, model, actions);
    }

    /// Sees an action before it is performed: the answer of a file dialog ([`Action::Picked`]) is meant for a form.
    pub(super) fn notice(&mut self, action: &Action, _model: &Model, _actions: &mut Actions) {
        if let (Action::Picked(pick, path), Some(Open::SiteManager(manager))) = (action, &mut self.open) {
            manager.picked(*pick, path);
        }
    }

    /// The window is to be closed: whether a dialog asks first what is to become of what was typed into it.
    pub(super) fn asks_before_closing(&mut self) -> bool {
        match &mut self.open {
            Some(Open::SiteManager(manager)) => manager.asks_before_closing(),
            _ => false,
        }
    }

    /// Opens and closes what the model says.
    fn follow(&mut self, model: &Model) {
        let Some(dialog) = &model.dialog else {
            self.open = None;
            return;
        };
        let same = match (&self.open, dialog) {
            (Some(Open::SiteManager(_)), Dialog::SiteManager)
            | (Some(Open::Settings(_)), Dialog::Settings)
            | (Some(Open::Delete), Dialog::Delete(_))
            | (Some(Open::About), Dialog::About) => true,
            (Some(Open::Prompt(open)), Dialog::Prompt(prompt)) => open.is_for(prompt),
            (Some(Open::Properties(open)), Dialog::Properties(properties)) => open.is_for(properties),
            _ => false,
        };
        if !same {
            self.open = Some(match dialog {
                Dialog::SiteManager => Open::SiteManager(Box::new(site_manager::SiteManager::new(model))),
                Dialog::Settings => Open::Settings(Box::new(settings::SettingsDialog::new(&model.settings))),
                Dialog::Prompt(prompt) => Open::Prompt(Box::new(prompt::PromptDialog::new(prompt))),
                Dialog::Properties(properties) => {
                    Open::Properties(Box::new(properties::PropertiesDialog::new(properties)))
                }
                Dialog::Delete(_) => Open::Delete,
                Dialog::About => Open::About,
            });
        }
    }

    /// Shows the oldest question, unless the user is in the middle of something.
    fn ask(&mut self, ui: &Ui, model: &Model, actions: &mut Actions) {
        if let Some((id, _)) = &self.question
            && !model.questions.iter().any(|(other, _)| other == id)
        {
            self.question = None;
        }
        if self.question.is_none() {
            let Some((id, question)) = model.questions.first() else { return };
            // A dialog of the user's comes first; the job waits, the rest of the queue goes on.
            let busy = self.open.is_some() || ui.input(|input| input.pointer.any_down());
            if busy {
                return;
            }
            let asking = match question {
                Question::FileExists { .. } => Asking::FileExists(conflict::FileExists::default()),
                Question::Password { .. } => Asking::Password(password::PasswordDialog::default()),
                Question::Certificate { .. } => Asking::Certificate(certificate::UnknownCertificate::default()),
                Question::ClearText { .. } => Asking::ClearText,
            };
            self.question = Some((*id, asking));
        }
        let Some((id, asking)) = &mut self.question else { return };
        let Some((_, question)) = model.questions.iter().find(|(other, _)| other == id) else { return };
        let more = model.questions.len() - 1;
        let answer = match (asking, question) {
            (Asking::FileExists(dialog), Question::FileExists { direction, source, target, .. }) => {
                dialog.show(ui, *direction, source, target, more)
            }
            (Asking::Password(dialog), Question::Password { site, refused }) => {
                dialog.show(ui, site, refused.as_deref())
            }
            (Asking::Certificate(dialog), Question::Certificate { offered, .. }) => dialog.show(ui, offered),
            (Asking::ClearText, Question::ClearText { site, words, downgrade }) => {
                clear_text::show(ui, site, words, *downgrade)
            }
            _ => None,
        };
        if let Some(answer) = answer {
            actions.push(Action::Answer { question: *id, answer });
            self.question = None;
        }
    }
}

/// Gives the widget the keys when its dialog comes up, not again.
fn focus_once(ui: &Ui, response: &Response) {
    let id = response.id.with("focused once");
    let now = ui.ctx().cumulative_pass_nr();
    let last: Option<u64> = ui.data(|data| data.get_temp(id));
    ui.data_mut(|data| data.insert_temp(id, now));
    if last.is_none_or(|last| last + 2 < now) {
        response.request_focus();
    }
}
