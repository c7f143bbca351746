//! A job as the faces see it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::{Direction, EntryKind, JobId, QuestionId, RemotePath, Site, Timestamp};
use crate::engine::message::error::JobError;
use crate::ftp::explain::explanation::Explanation;

/// A job as a face sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Its key.
    pub id: JobId,
    /// The folder it belongs to.
    pub parent: Option<JobId>,
    /// Which server.
    pub site: Arc<Site>,
    /// Which way.
    pub direction: Direction,
    /// `File`, `Directory`, or `Other` while unknown.
    pub kind: EntryKind,
    /// The whole local path.
    pub local: PathBuf,
    /// The whole remote path.
    pub remote: RemotePath,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// Bytes transferred so far.
    pub bytes: u64,
    /// Its state.
    pub state: JobState,
    /// When it was done, failed or cancelled.
    pub ended: Option<Timestamp>,
}

/// A job's state. Only the engine changes it, in one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Waits for a session.
    Queued,
    /// Waits for its next try after what went wrong.
    Waiting { retry_at: SystemTime, attempt: u8, error: JobError },
    /// Waits for the user.
    Asking(QuestionId),
    /// A session works on it (a folder: it is being read).
    Running,
    /// Stopped by the user, or found in the journal at start.
    Paused,
    /// All well.
    Done(Outcome),
    /// Found in a folder and not transferred: why.
    LeftOut(Explanation),
    /// Given up.
    Failed(JobError),
    /// The user ended it.
    Cancelled,
}

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Transferred whole.
    Transferred,
    /// There was a file already, and it was left.
    Skipped,
    /// A folder: read and made; its files are jobs of their own.
    Folder,
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The whole path, as text.
    pub path: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Timestamp>,
}
