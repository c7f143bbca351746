//! One transfer, and the rule for its states.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{EntryKind, JobId, RemotePath, Site, Timestamp};
use crate::store::settings::ConflictPolicy;

use super::conflict::Side;
use super::message::{Direction, JobState};

/// A file, or a folder that is read and becomes jobs of its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) parent: Option<JobId>,
    pub(super) rank: Rank,
    pub(super) site: Arc<Site>,
    /// [`Site::server_key`]: jobs of one server share its sessions.
    pub(super) server: Arc<str>,
    pub(super) direction: Direction,
    /// `Other` = not known yet.
    pub(super) kind: EntryKind,
    pub(super) local: PathBuf,
    pub(super) remote: RemotePath,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Timestamp>,
    pub(super) policy: ConflictPolicy,
    /// The target was given as [`super::message::LocalTarget::At`]: a folder goes into it, under its own name.
    pub(super) loose: bool,
    pub(super) existing: Existing,
    pub(super) state: JobState,
    pub(super) bytes: u64,
    /// It was running when the program was killed: its target may be whole already.
    pub(super) begun: bool,
    /// What an earlier try has written to under its final name: it is no file of the user's.
    pub(super) wrote: Option<RemotePath>,
    /// The same of a run before this one: somebody may have put another file there since, so that it must be looked at.
    pub(super) left: Option<RemotePath>,
    /// Tries that failed in a row without a byte of progress.
    pub(super) attempt: u8,
    /// When it was done, failed or cancelled.
    pub(super) ended: Option<Timestamp>,
    /// A session has it among what comes next: it waits still, and may begin at any moment.
    pub(super) handed: bool,
}

/// Place in the queue: an order and what it became stay together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rank {
    /// Of the order; moved jobs get a new one.
    pub(super) order: i64,
    /// Within the order.
    pub(super) step: u64,
}

/// What is known of an upload's target from reading its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Existing {
    /// Nothing: it must be asked for.
    #[default]
    Unknown,
    /// Nothing there, nor a partial file of ours.
    Absent,
    /// Only a partial file of ours, so long.
    Part(u64),
    /// A file.
    File(Side),
    /// A directory that was made a moment ago: nothing is in it.
    Made,
}

/// What a folder holds: becomes a job.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Child {
    pub(super) kind: EntryKind,
    pub(super) local: PathBuf,
    pub(super) remote: RemotePath,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Timestamp>,
    pub(super) existing: Existing,
}

impl JobState {
    /// Nothing more happens to it unless the user retries.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::LeftOut(_) | Self::Failed(_) | Self::Cancelled)
    }
}

/// Whether a job may go from one state to the other.
pub(super) fn may_become(from: &JobState, to: &JobState) -> bool {
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
