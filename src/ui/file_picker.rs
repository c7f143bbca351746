//! The system's file dialogs (a place holder).

use egui::Context;

use crate::app::{Action, Pick};

/// One dialog at a time, on a thread of its own.
#[derive(Default)]
pub(super) struct FilePicker {}

impl FilePicker {
    /// Opens the system's dialog; `ctx` is woken when it is answered.
    pub(super) fn open(&mut self, pick: Pick, ctx: &Context) {
        let _ = (pick, ctx);
    }

    /// The answer, once.
    pub(super) fn poll(&mut self) -> Option<Action> {
        None
    }
}
