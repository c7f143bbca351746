//! One transfer, and the rule for its states.

/// What becomes of a job whose target exists.
pub(crate) mod conflict;

/// Jobs as they are stored, in few bytes.
pub(crate) mod packed_job;

/// Pauses between tries.
pub(crate) mod retry;

/// What a folder holds, and what the target has of it.
pub(crate) mod child;

/// Size and time of a file.
pub(crate) mod side;

/// What is left to do, in sums.
pub(crate) mod outstanding;

use crate::domain::{EntryKind, JobId, RemotePath, Site, Timestamp};
use crate::engine::job::child::Existing;
use crate::engine::message::Direction;
use crate::engine::message::job::JobState;
use crate::store::settings::ConflictPolicy;
use std::path::PathBuf;
use std::sync::Arc;

/// A file, or a folder that is read and becomes jobs of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) parent: Option<JobId>,
    pub(crate) rank: Rank,
    pub(crate) site: Arc<Site>,
    /// [`Site::server_key`]: jobs of one server share its sessions.
    pub(crate) server: Arc<str>,
    pub(crate) direction: Direction,
    /// `Other` = not known yet.
    pub(crate) kind: EntryKind,
    pub(crate) local: PathBuf,
    pub(crate) remote: RemotePath,
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) policy: ConflictPolicy,
    /// The target was given as [`crate::engine::message::LocalTarget::At`]: a folder goes into it, under its own name.
    pub(crate) loose: bool,
    pub(crate) existing: Existing,
    pub(crate) state: JobState,
    pub(crate) bytes: u64,
    /// It was running when the program was killed: its target may be whole already.
    pub(crate) begun: bool,
    /// What an earlier try has written to under its final name: it is no file of the user's.
    pub(crate) wrote: Option<RemotePath>,
    /// The same of a run before this one: somebody may have put another file there since, so that it must be looked at.
    pub(crate) left: Option<RemotePath>,
    /// Tries that failed in a row without a byte of progress.
    pub(crate) attempt: u8,
    /// When it was done, failed or cancelled.
    pub(crate) ended: Option<Timestamp>,
    /// A session has it among what comes next: it waits still, and may begin at any moment.
    pub(crate) handed: bool,
}

/// Place in the queue: an order and what it became stay together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rank {
    /// Of the order; moved jobs get a new one.
    pub(crate) order: i64,
    /// Within the order.
    pub(crate) step: u64,
}

impl JobState {
    /// Nothing more happens to it unless the user retries.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::LeftOut(_) | Self::Failed(_) | Self::Cancelled)
    }
}

/// Whether a job may go from one state to the other.
pub(crate) fn may_become(from: &JobState, to: &JobState) -> bool {
    use JobState::{Asking, Cancelled, Done, Failed, LeftOut, Paused, Queued, Running, Waiting};
    match (from, to) {
        // What is done stays done; a retry of what failed begins in the queue.
        (Done(_) | LeftOut(_), _) => false,
        (Failed(_) | Cancelled, to) => matches!(to, Queued | Done(_)),
        // Only a session can finish a job, and it may win the race against the user's pause.
        (Queued | Waiting { .. } | Asking(_) | Paused | Running, Done(_) | LeftOut(_) | Failed(_) | Cancelled) => true,
        (Queued, Running | Paused | Waiting { .. } | Asking(_)) => true,
        (Waiting { .. } | Asking(_) | Paused, Queued) => true,
        (Waiting { .. } | Asking(_), Paused) => true,
        (Running, Queued | Paused | Waiting { .. } | Asking(_)) => true,
        _ => false,
    }
}
