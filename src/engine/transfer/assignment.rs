//! One job as its session needs it, and how it went.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::{Charset, EntryKind, JobId, RemotePath, Timestamp};
use crate::engine::job::child::{Child, Existing};
use crate::engine::limits::limiter::Limiter;
use crate::engine::message::Direction;
use crate::engine::message::error::JobError;
use crate::engine::message::job::FileFacts;
use crate::engine::message::remark::Remark;
use crate::engine::progress::counter::Counter;
use crate::engine::transfer::abandoned_parts::{Target, Trail};
use crate::engine::transfer::connection_permit::ConnectionPermit;
use crate::engine::transfer::disk_space::Room;
use crate::engine::transfer::left_out::LeftOut;
use crate::ftp::explain::explanation::Explanation;
use crate::net::wait::Cancel;
use crate::store::settings::{ConflictPolicy, Flush, Verify};

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
    pub(crate) permit: Option<Arc<ConnectionPermit>>,
    /// The task's.
    pub(crate) cancel: Cancel,
}

impl Assignment {
    /// This job with these paths, by which what earlier tries left is found.
    pub(crate) fn target(&self, local: &Path, remote: &RemotePath) -> Target {
        Target::new(self.direction, Arc::clone(&self.server), local, remote)
    }

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
