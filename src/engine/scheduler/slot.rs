//! A session as the scheduler sees it: its thread and its tasks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::{ConnectionId, JobId};
use crate::engine::progress::running::Running;
use crate::engine::worker::SessionThread;
use crate::net::wait::Cancel;

/// A session's thread, and what it does.
pub(crate) struct Slot {
    pub(crate) thread: SessionThread,
    pub(crate) role: Role,
    /// The task in hand, and what comes next.
    pub(crate) tasks: VecDeque<Busy>,
    pub(crate) idle_since: Instant,
}

impl Slot {
    pub(crate) fn is_busy(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// What the session works on.
    pub(crate) fn in_hand(&self) -> Option<&Busy> {
        self.tasks.front()
    }

    /// Whether there is more to do than its task in hand: other sessions may be of use.
    pub(crate) fn has_more(&self) -> bool {
        self.tasks.len() > 1 || self.in_hand().is_some_and(|busy| busy.foreseen.0 > 0)
    }

    /// The jobs that it works on, or that come next.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = JobId> + '_ {
        self.tasks.iter().filter_map(|busy| busy.job.as_ref().map(|job| job.id))
    }

    /// The jobs that it has not begun, as far as that is known here.
    pub(crate) fn ahead(&self) -> impl DoubleEndedIterator<Item = JobId> + '_ {
        self.tasks.iter().skip(1).filter_map(|busy| busy.job.as_ref().map(|job| job.id))
    }
}

/// Whom a session serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Browse(ConnectionId),
    Transfer(Arc<str>),
}

/// A task that a session has.
pub(crate) struct Busy {
    pub(crate) cancel: Cancel,
    pub(crate) since: Instant,
    /// It reads a folder.
    pub(crate) walks: bool,
    /// How many jobs are going to come of it, and their bytes.
    pub(crate) foreseen: (usize, u64),
    /// `None` = not a transfer.
    pub(crate) job: Option<Running>,
}
