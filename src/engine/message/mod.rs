//! THE CONTRACT between the engine and its faces: [`Command`] goes down, [`Event`] comes up. A feature begins as a
//! variant here. Everything is owned and `Send`; nothing is formatted for people except the server's own lines.

/// Why a job failed.
pub(crate) mod error;

/// States of a job in one byte.
pub(crate) mod job_status;

/// Jobs as a face keeps them.
pub(crate) mod job_record;

/// What is told of a job beside its outcome.
pub(crate) mod remark;

/// Jobs as the faces see them.
pub(crate) mod job;

pub use crate::domain::Direction;
use crate::domain::{
    ConnectionId, ControlPath, DataPath, Encryption, EntryKind, JobId, Learned, Listing, ModeChange, Offered,
    QuestionId, RemotePath, Secret, Site, SiteId, Timestamp,
};
pub use crate::engine::message::error::{JobError, LocalAction, LocalError};
pub use crate::engine::message::job::{FileFacts, JobState, JobView, Outcome};
pub use crate::engine::message::job_record::Kept;
pub use crate::engine::message::job_status::Standing;
pub use crate::engine::message::remark::Remark;
pub use crate::engine::naming::leftovers::is_leftover;
pub use crate::ftp::error::{Class, FtpError, Stage};
pub use crate::ftp::explain::explanation::Explanation;
pub use crate::ftp::explain::{explain, explain_listing};
pub use crate::ftp::reply::Reply;
pub use crate::net::happening::Step;
pub use crate::store::settings::{ConflictPolicy, Settings};
pub use crate::store::trust::TrustBook;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Down: what a face wants.
#[derive(Debug)]
pub enum Command {
    /// Opens a browsing session. Without a secret the keyring is asked, then the user ([`Question::Password`]).
    Connect { connection: ConnectionId, site: Arc<Site>, secret: Option<Secret> },
    /// Closes it politely.
    Disconnect { connection: ConnectionId },
    /// Cancels whatever the browsing session is doing; it stays connected where the server allows it.
    Interrupt { connection: ConnectionId },
    /// Reads a remote directory; the latest of several wins. An empty path = the login directory.
    List { connection: ConnectionId, dir: RemotePath },
    /// Changes something on the server, in the browsing session.
    Manage { connection: ConnectionId, operation: RemoteOperation },
    /// Reads a local directory; the latest of several wins.
    ListLocal { dir: PathBuf },
    /// Changes something on this computer.
    ManageLocal(LocalOperation),
    /// Adds transfers at the queue's end, in this order.
    Enqueue(Vec<Order>),
    /// Changes the queue.
    Queue(QueueCommand),
    /// Answers a question.
    Answer { question: QuestionId, answer: Answer },
    /// What is known of a server is from now on this: the user corrected it.
    Teach { server_key: String, learned: Box<Learned> },
    /// Puts a saved site's password into the keyring, or (`None`) takes it out.
    KeepSecret { site: SiteId, secret: Option<Secret> },
    /// A site was deleted: its account goes from the keyring.
    ForgetAccount { account: SiteId },
    /// How fast that server may be used from now on, bytes a second, whatever the settings say for all: the user changed
    /// a site. Transfers that run obey at once.
    LimitSite { server_key: String, down: Option<u64>, up: Option<u64> },
    /// The settings changed.
    Configure(Box<Settings>),
}

/// Up: what happened.
#[derive(Debug)]
pub enum Event {
    /// A browsing connection changed.
    Connection { connection: ConnectionId, state: ConnectionState },
    /// Rows of a directory being read; `listing` holds all so far. `complete` comes last.
    Listed { connection: ConnectionId, listing: Arc<Listing>, complete: bool },
    /// A directory that was read, once more, its times put right: what the server's clock shows is known by now. A face that
    /// shows another directory leaves it aside.
    ListingCorrected { connection: ConnectionId, listing: Arc<Listing> },
    /// A directory could not be read.
    ListFailed { connection: ConnectionId, dir: RemotePath, error: FtpError },
    /// A long operation goes on: so many things done, the last one this.
    ManageProgress { connection: ConnectionId, done: u64, at: RemotePath },
    /// A remote operation ended; the pane should be read again where it shows the operation's directory.
    Managed { connection: ConnectionId, operation: RemoteOperation, result: Result<(), FtpError> },
    /// A local directory was read. The names in the listing are [`std::ffi::OsStr::as_encoded_bytes`].
    LocalListed { dir: PathBuf, result: Result<Arc<Listing>, LocalError> },
    /// A local operation ended.
    ManagedLocal { operation: LocalOperation, result: Result<(), LocalError> },
    /// The queue changed; in order. A job is told of when it is on the disk, in pages of some thousand.
    Jobs(Vec<JobChange>),
    /// What a job did beside what was ordered, or otherwise.
    Remarks { job: JobId, remarks: Vec<Remark> },
    /// All active jobs, at most ten times a second, and only when something moved.
    Progress(Progress),
    /// What limits all transfers from now on: the user's word, or the schedule's hour.
    Limited(Limited),
    /// The queue was paused or resumed.
    QueuePaused(bool),
    /// A question to the user; asked again by nobody.
    Question { id: QuestionId, question: Question },
    /// The question is moot (its job was cancelled).
    Withdrawn(QuestionId),
    /// The dialogue with the server, and notes about it; secrets masked.
    Log(Vec<LogLine>),
    /// A data connection was opened: by the browsing session of that connection, or (`None`) by a transfer.
    Data { connection: Option<ConnectionId>, path: DataPath },
    /// All that is known of a server by now; to be kept with the site, or by its key where it is not saved.
    Learned { site: SiteId, server_key: String, learned: Box<Learned> },
    /// How a browsing connection is encrypted; `None` = not at all.
    Secured { connection: ConnectionId, encryption: Option<Arc<Encryption>> },
    /// A server offers no encryption: the password and all files go in clear text. Told at each login with a password.
    InClear(Arc<Site>),
    /// The certificates that the user trusts changed; to be kept.
    Trusted(Arc<TrustBook>),
    /// Something the user should know that belongs to no job: the journal or the keyring cannot be used.
    Notice(Explanation),
}

/// A browsing connection's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// On the way.
    Connecting(Step),
    /// The control connection stands: both its ends.
    Reached(ControlPath),
    /// Logged in. `home` is the login directory.
    Ready { home: RemotePath },
    /// Logged in again: the server had closed the session while it was idle. What was shown still holds.
    Restored,
    /// Could not be opened, or was lost. The engine does not try again by itself.
    Failed(FtpError),
    /// Closed because the user wanted it.
    Closed,
}

/// What can be changed on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteOperation {
    /// MKD.
    MakeDirectory(RemotePath),
    /// STOR of nothing; refused where the file exists.
    MakeFile(RemotePath),
    /// RNFR, RNTO; never replaces an existing file.
    Rename { from: RemotePath, to: RemotePath },
    /// Moves each into the directory, names kept (RNFR, RNTO); never replaces.
    Move { items: Vec<RemotePath>, into: RemotePath },
    /// DELE, RMD; directories with everything in them.
    Remove(Vec<(RemotePath, EntryKind)>),
    /// SITE CHMOD; `recursive` includes everything below directories.
    SetPermissions { items: Vec<PermissionTarget>, change: ModeChange, recursive: bool },
}

/// Something on the server whose permissions are to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionTarget {
    /// Where.
    pub path: RemotePath,
    /// File or directory.
    pub kind: EntryKind,
    /// Its mode now, where the listing tells.
    pub mode: Option<u16>,
}

/// What can be changed on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalOperation {
    /// Makes a folder.
    MakeDirectory(PathBuf),
    /// Makes an empty file; refused where it exists.
    MakeFile(PathBuf),
    /// Renames; never replaces.
    Rename { from: PathBuf, to: PathBuf },
    /// Moves each into the folder; never replaces.
    Move { items: Vec<PathBuf>, into: PathBuf },
    /// To the system's trash where it has one, else for good (`for_good` says which the user confirmed).
    Remove { items: Vec<PathBuf>, for_good: bool },
    /// Unix mode.
    SetPermissions { items: Vec<PathBuf>, change: ModeChange },
    /// With the system's program for it.
    Open(PathBuf),
}

/// One transfer to add: a file, or a folder with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Which server.
    pub site: Arc<Site>,
    /// What, where to.
    pub what: What,
    /// `None` = the settings' policy.
    pub on_exists: Option<ConflictPolicy>,
}

/// What to transfer, where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// From the server.
    Download {
        /// Relative = to the login directory.
        remote: RemotePath,
        /// `None` = the engine finds out (file or directory).
        kind: Option<EntryKind>,
        /// Where known, from the listing.
        size: Option<u64>,
        /// Where known, from the listing.
        modified: Option<Timestamp>,
        /// Where to.
        to: LocalTarget,
    },
    /// To the server.
    Upload {
        /// A file or folder.
        local: PathBuf,
        /// Where to.
        to: RemoteTarget,
    },
}

/// Where a download goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalTarget {
    /// Into this folder, under its own name (made safe for this system).
    Into(PathBuf),
    /// Exactly this path (made with what is missing above it); of a directory, its contents go there.
    As(PathBuf),
    /// A file becomes exactly this path; a directory goes into it, under its own name: for who does not know which it is.
    At(PathBuf),
}

/// Where an upload goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteTarget {
    /// Into this directory, under its own name.
    Into(RemotePath),
    /// Exactly this path (directories made where missing); of a folder, its contents go there.
    As(RemotePath),
    /// A file becomes exactly this path, or goes into it where that is a directory: for who does not know which it is.
    At(RemotePath),
}

/// Changes to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueCommand {
    /// Nothing new starts; what runs is stopped and stays resumable.
    PauseAll,
    /// On with it.
    ResumeAll,
    /// These stop and wait.
    Pause(Vec<JobId>),
    /// These may go on.
    Resume(Vec<JobId>),
    /// These end as cancelled; a partial file stays.
    Cancel(Vec<JobId>),
    /// Failed and cancelled ones start again.
    Retry(Vec<JobId>),
    /// All failed ones start again.
    RetryFailed,
    /// Out of the queue; running ones are cancelled first.
    Remove(Vec<JobId>),
    /// Forgets what is done.
    ClearDone,
    /// Forgets what failed.
    ClearFailed,
    /// Moves waiting jobs.
    Move(Vec<JobId>, Place),
}

/// Where to in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Next.
    First,
    /// One up.
    Up,
    /// One down.
    Down,
    /// At the end.
    Last,
}

/// What moves, sampled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// The active jobs.
    pub jobs: Vec<JobProgress>,
    /// All downloads together, bytes a second.
    pub rate_down: u64,
    /// All uploads together, bytes a second.
    pub rate_up: u64,
    /// Since the queue had nothing to do last: files that are finished, and bytes that are there, those of unfinished
    /// files included.
    pub done: Amount,
    /// The same and what is still to come. What failed, was skipped or removed is in neither; what is paused is.
    pub all: Amount,
    /// Folders that are still to be read: there will be more.
    pub folders: u64,
    /// Bytes not yet transferred of jobs that will run (known sizes).
    pub bytes_left: u64,
    /// Till the queue is done, where it can be told.
    pub time_left: Option<Duration>,
}

/// Files, and what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// How many.
    pub files: u64,
    /// Bytes, where sizes are known.
    pub bytes: u64,
}

/// What limits all transfers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limited {
    /// Downloads, bytes a second; `None` = as fast as they go.
    pub down: Option<u64>,
    /// Uploads.
    pub up: Option<u64>,
    /// The schedule lets nothing be transferred.
    pub paused: bool,
    /// Until the schedule says otherwise.
    pub until: Option<SystemTime>,
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The target exists.
    FileExists { job: JobId, direction: Direction, source: FileFacts, target: FileFacts },
    /// A password, for the first time or because the last one was refused (`refused` = the server's words).
    Password { site: Arc<Site>, refused: Option<String> },
    /// The server's certificate is not trusted by itself.
    Certificate { site: Arc<Site>, offered: Arc<Offered> },
    /// The server takes no TLS: `words` is its refusal. `downgrade` = it has spoken TLS before, which is alarming.
    ClearText { site: Arc<Site>, words: String, downgrade: bool },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`Question::FileExists`]; anything but `Ask`. `for_all` = for all waiting jobs of the same direction too.
    OnExists { policy: ConflictPolicy, for_all: bool },
    /// To [`Question::Password`]. `keep` = in the keyring, for a saved site.
    Password { secret: Secret, keep: bool },
    /// To [`Question::Certificate`]. `always` = from now on, else for this run of the program.
    Trust { always: bool },
    /// To [`Question::ClearText`]: go on without encryption, with this server from now on.
    ClearText,
    /// The user does not want to: the job is cancelled, or the connection fails.
    Never,
}

/// One line of the message log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: SystemTime,
    /// Which session; 0 = the engine itself.
    pub session: u64,
    /// What.
    pub kind: LogKind,
    /// One line, no secrets, no control characters.
    pub text: String,
}

/// What a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// A command to the server.
    Sent,
    /// A reply.
    Received,
    /// A note of ours.
    Note,
    /// What went wrong.
    Error,
}

/// A change of the queue's contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobChange {
    /// New, before the job `before` (`None` = at the end).
    Added { id: JobId, job: Kept, before: Option<JobId> },
    /// Its state, and what is known of it by now.
    Changed { id: JobId, state: JobState, bytes: u64, size: Option<u64>, ended: Option<Timestamp> },
    /// Gone.
    Removed(JobId),
    /// The whole order anew (after a move). `untold` = those in it that will be told of later ([`Self::Added`]), when their
    /// place is this one.
    Order { order: Vec<JobId>, untold: Vec<Range<JobId>> },
}

/// One active job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobProgress {
    /// Which.
    pub id: JobId,
    /// So far, what was resumed included.
    pub bytes: u64,
    /// Where known.
    pub size: Option<u64>,
    /// Bytes a second.
    pub rate: u64,
    /// Where it can be told.
    pub time_left: Option<Duration>,
}
