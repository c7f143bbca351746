//! The message log (a place holder).

use egui::Ui;

use crate::app::{Actions, Model};

/// The message log's own state.
#[derive(Default)]
pub(super) struct LogPanel {}

impl LogPanel {
    /// Draws it into its panel.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let _ = (ui, model, actions);
    }
}
