//! Commands about many jobs, done piece by piece.

use std::collections::VecDeque;

use crate::domain::JobId;
use crate::engine::message::QueueCommand;

/// What was said and is not done yet, in order.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) said: VecDeque<QueueCommand>,
    /// Of the first.
    pub(crate) rest: Option<(std::vec::IntoIter<JobId>, Change)>,
}

/// What becomes of a job.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Pause,
    Resume,
    Cancel,
    Retry,
    Remove,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty() && self.rest.is_none()
    }
}
