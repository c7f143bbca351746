//! What the engine gives a session to do, and what the session tells back.

use std::sync::Arc;

use crate::domain::{JobId, Listing, RemotePath};
use crate::engine::message::RemoteOperation;
use crate::engine::message::error::JobError;
use crate::engine::message::remark::Remark;
use crate::engine::transfer::assignment::{Assignment, Worked};
use crate::ftp::error::FtpError;
use crate::net::happening::Happening;
use crate::net::terms::Dial;
use crate::net::wait::Cancel;

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
