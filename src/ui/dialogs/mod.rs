//! The dialogs (place holders): [`crate::app::Model::dialog`] and the oldest of [`crate::app::Model::questions`].

use egui::Ui;

use crate::app::{Action, Actions, Model};

/// What is typed into the dialogs.
#[derive(Default)]
pub(super) struct Dialogs {}

impl Dialogs {
    /// Draws the dialog that is open, if any, over everything.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let _ = (ui, model, actions);
    }

    /// Sees an action before it is performed: the answer of a file dialog ([`Action::Picked`]) is meant for a form.
    pub(super) fn notice(&mut self, action: &Action, model: &Model, actions: &mut Actions) {
        let _ = (action, model, actions);
    }
}
