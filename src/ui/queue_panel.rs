//! The queue panel (a place holder).

use egui::Ui;

use crate::app::{Actions, Model};

/// The queue panel's own state.
#[derive(Default)]
pub(super) struct QueuePanel {}

impl QueuePanel {
    /// Draws it into its panel.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let _ = (ui, model, actions);
    }
}
