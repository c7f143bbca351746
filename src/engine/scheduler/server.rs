//! What the scheduler knows of one server.

use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::{Learned, QuestionId, Site};
use crate::engine::scheduler::session_count::Pace;
use crate::net::known::Known;

/// What is known of a server that transfers go to.
pub(crate) struct Server {
    pub(crate) site: Arc<Site>,
    pub(crate) learned: Learned,
    pub(crate) hold: Hold,
    /// Times in a row that no session could be opened.
    pub(crate) failures: u8,
    /// It has no room: no upload begins before then.
    pub(crate) full_until: Option<SystemTime>,
    /// The user knows that it computes no checksums.
    pub(crate) told_unhashed: bool,
    /// A login went well. Before that one session tries alone: servers count wrong passwords and lock out.
    pub(crate) proven: bool,
    pub(crate) pace: Pace,
    /// Whether it can connect to us.
    pub(crate) shared: Arc<Known>,
    /// It refused a connection, and others have no answer yet.
    pub(crate) too_many: bool,
    /// Jobs done and bytes moved since the program started.
    pub(crate) done: u64,
    pub(crate) moved: u64,
}

/// Why nothing starts on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    No,
    Until(SystemTime),
    Asking(QuestionId),
}

impl Server {
    /// Whether nothing may start on it now.
    pub(crate) fn is_held(&self, now: SystemTime) -> bool {
        match self.hold {
            Hold::No => false,
            Hold::Until(until) => until > now,
            Hold::Asking(_) => true,
        }
    }

    /// Whether it has no room for uploads, as far as we know.
    pub(crate) fn is_full(&self, now: SystemTime) -> bool {
        self.full_until.is_some_and(|until| until > now)
    }

    /// A job is done, which moved so many bytes.
    pub(crate) fn count(&mut self, moved: u64) {
        self.done += 1;
        self.moved += moved;
    }

    pub(crate) fn had_too_many(&mut self) -> bool {
        std::mem::take(&mut self.too_many)
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven
    }

    /// It may be tried again at once, unless the user must say something first.
    pub(crate) fn lift_hold(&mut self) {
        self.failures = 0;
        self.full_until = None;
        if matches!(self.hold, Hold::Until(_)) {
            self.hold = Hold::No;
        }
    }
}
