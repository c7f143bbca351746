//! The status bar (a place holder).

use egui::Ui;

use crate::app::{Actions, Model};

/// Draws it into its panel.
pub(super) fn show(ui: &mut Ui, model: &Model, actions: &mut Actions) {
    let _ = (ui, model, actions);
}
