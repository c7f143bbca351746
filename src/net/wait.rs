//! The one place that blocks: every wait has a deadline, ends at once when cancelled, and watches the control
//! connection while data flows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends whatever a session is waiting for. One per task; clones are the same token.
#[derive(Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
}

impl Cancel {
    /// Not cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes effect within 200 ms wherever the session is.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Release);
    }

    /// Whether somebody cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }
}
