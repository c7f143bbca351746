//! Makes the rows of huge folders on a short thread, for one pane: what is asked for while it works waits, the latest wins.

use egui::Context;

use crate::app::{Action, Arranged, Arranging};
use crate::ui::errand::Errand;

/// One pane's.
#[derive(Debug, Default)]
pub(super) struct Arranger {
    errand: Errand<Box<Arranged>>,
    next: Option<Box<Arranging>>,
    done: Option<Box<Arranged>>,
}

impl Arranger {
    /// Begins, or waits for what is under way; `ctx` is woken when it is done.
    pub(super) fn give(&mut self, work: Box<Arranging>, ctx: &Context) {
        self.next = Some(work);
        self.begin(ctx);
    }

    /// What is done, once.
    pub(super) fn poll(&mut self, ctx: &Context) -> Option<Action> {
        let done = self.errand.poll().or_else(|| self.done.take());
        self.begin(ctx);
        done.map(Action::Arranged)
    }

    fn begin(&mut self, ctx: &Context) {
        if self.errand.is_busy() {
            return;
        }
        let Some(work) = self.next.take() else { return };
        let own = work.clone();
        if !self.errand.run(ctx, "arrange", move || Box::new(own.run())) {
            // The system has no thread for it: rather a window that stands still for a second than one without rows.
            self.done = Some(Box::new(work.run()));
            ctx.request_repaint();
        }
    }
}
