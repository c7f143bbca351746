//! What the engine gives a session to do, and what the session tells back.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::{Charset, EntryKind, JobId, Listing, RemotePath, Timestamp};
use crate::ftp::error::FtpError;
use crate::ftp::explain::Explanation;
use crate::net::happening::Happening;
use crate::net::terms::Dial;
use crate::net::wait::Cancel;
use crate::store::settings::{ConflictPolicy, Flush, Verify};

use crate::engine::job::{Child, Existing};
use crate::engine::limits::limiter::Limiter;
use crate::engine::message::error::JobError;
use crate::engine::message::remark::Remark;
use crate::engine::message::{Direction, FileFacts, RemoteOperation};
use crate::engine::progress::counter::Counter;
use crate::engine::scheduler::disk_space::Room;
use crate::engine::scheduler::segments::Hire;
use crate::engine::transfer::abandoned_parts::Trail;
use crate::engine::transfer::left_out::LeftOut;

/// One thing to do; a session does one at a time.
pub(crate) struct Task {
    pub(crate) dial: Dial,
    pub(crate) cancel: Cancel,
    pub(crate) work: Work,
}

/// What to do.
pub(crate) enum Work {
    /// Dial and log in.
    Open,
    List(RemotePath),
    Manage(RemoteOperation),
    /// NOOP, so that the server does not take us for gone.
    KeepAlive,
    Transfer(Box<Assignment>),
}

/// One job, as its session needs it.
pub(crate) struct Assignment {
    pub(crate) job: JobId,
    pub(crate) direction: Direction,
    pub(crate) kind: EntryKind,
    /// The user's own order, not something found in a folder.
    pub(crate) top: bool,
    pub(crate) server: Arc<str>,
    pub(crate) charset: Charset,
    pub(crate) local: PathBuf,
    pub(crate) remote: RemotePath,
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) policy: ConflictPolicy,
    /// See [`crate::engine::job::Job::loose`].
    pub(crate) loose: bool,
    pub(crate) existing: Existing,
    /// Was running when the program was killed.
    pub(crate) begun: bool,
    /// See [`crate::engine::job::Job::left`].
    pub(crate) left: Option<RemotePath>,
    /// Its line ends are changed on the way (TYPE A): never continued, and sizes tell nothing.
    pub(crate) text: bool,
    pub(crate) safe_uploads: bool,
    pub(crate) preserve_times: bool,
    pub(crate) verify: Verify,
    pub(crate) flush: Flush,
    /// A full server is waited for: what is there of an upload will be continued.
    pub(crate) waits_for_room: bool,
    pub(crate) room: Arc<Room>,
    pub(crate) trail: Arc<Trail>,
    /// Why no checksum could be compared, though one was wanted.
    pub(crate) unhashed: OnceLock<String>,
    /// What is told beside its outcome.
    pub(crate) remarks: Mutex<Vec<Remark>>,
    pub(crate) counter: Arc<Counter>,
    pub(crate) limiter: Arc<Limiter>,
    /// What a download may open beside its session.
    pub(crate) hire: Option<Arc<Hire>>,
    /// The task's.
    pub(crate) cancel: Cancel,
}

impl Assignment {
    /// Tells something beside the outcome.
    pub(crate) fn remark(&self, remark: Remark) {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(remark);
    }

    /// What was told so far.
    pub(crate) fn take_remarks(&self) -> Vec<Remark> {
        std::mem::take(&mut *self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How a job went.
pub(crate) enum Worked {
    /// Whole, under this name on the target's side.
    Transferred,
    /// There is a file already, and it was left as it was; for the log.
    Skipped(String),
    /// Not transferred at all: why.
    LeftOut(Explanation),
    /// The user must say; nothing was touched. With the policy that could not tell.
    Conflict { source: FileFacts, target: FileFacts, policy: ConflictPolicy },
    /// Read and made; this is what it holds, and what of it is left out. `not_whole` = why there may be more.
    Folder { children: Vec<Child>, left_out: Vec<LeftOut>, not_whole: Option<JobError> },
}

/// What a session tells the engine.
pub(crate) enum Report {
    Happened(u64, Happening),
    /// It is logged in.
    LoggedIn(u64),
    /// So many jobs, of so many bytes, are going to come of the folder in hand.
    Foreseen(u64, usize, u64),
    /// A listing so far.
    Partial(u64, Arc<Listing>),
    /// The last listing once more, its times put right.
    Corrected(u64, Arc<Listing>),
    /// A long operation so far.
    Managing(u64, u64, RemotePath),
    /// What is to be told of a job beside its outcome.
    Remarks(JobId, Vec<Remark>),
    /// It could compare no checksum, and why.
    Unhashed(u64, String),
    Finished(u64, Finished),
    /// The thread is gone.
    Ended(u64),
}

/// The end of a task.
pub(crate) enum Finished {
    Opened(Result<RemotePath, FtpError>),
    KeptAlive {
        alive: bool,
    },
    Listed {
        dir: RemotePath,
        result: Result<Arc<Listing>, FtpError>,
    },
    Managed {
        operation: RemoteOperation,
        result: Result<(), FtpError>,
    },
    /// `opening` = it failed before there was a session.
    Transferred {
        job: JobId,
        result: Result<Worked, JobError>,
        opening: bool,
    },
}

impl Finished {
    /// What of the server, or of the way to it, ended the task.
    pub(crate) fn remote_error(&self) -> Option<&FtpError> {
        match self {
            Self::Opened(result) => result.as_ref().err(),
            Self::KeptAlive { .. } => None,
            Self::Listed { result, .. } => result.as_ref().err(),
            Self::Managed { result, .. } => result.as_ref().err(),
            Self::Transferred { result: Err(JobError::Remote(error)), .. } => Some(error),
            Self::Transferred { .. } => None,
        }
    }
}
