//! One logged-in conversation with a server.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{
    ControlPath, DataPath, Entry, EntryKind, Listing, Mode, RemotePath, Secret, Site, Timestamp, TransferMode,
};
use crate::ftp::error::FtpError;
use crate::ftp::reply::Reply;
use crate::net::wait::Cancel;

/// What a session needs to know before it dials.
#[derive(Debug, Clone)]
pub struct Dial {
    /// The server and user.
    pub site: Arc<Site>,
    /// `None` is fine for anonymous; otherwise [`FtpError::PasswordNeeded`] where the server asks for one.
    pub secret: Option<Secret>,
    /// The site's transfer mode, else the settings'.
    pub mode: TransferMode,
    /// How long each kind of wait may last.
    pub timeouts: Timeouts,
    /// For active mode.
    pub active: ActiveMode,
}

/// How long each kind of wait may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP connect of the control connection, and the greeting.
    pub connect: Duration,
    /// A reply, or the next byte of a transfer.
    pub reply: Duration,
    /// TCP connect of a passive data connection; accept of an active one.
    pub data: Duration,
}

/// Where we listen in active mode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActiveMode {
    /// `None` = the system's choice.
    pub ports: Option<RangeInclusive<u16>>,
    /// What PORT and EPRT name instead of the control socket's own address (behind NAT).
    pub external_address: Option<IpAddr>,
}

/// What a session tells while it works. Texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A step of the way to a usable session.
    Step(Step),
    /// A command line sent, secrets masked.
    Sent(String),
    /// A reply line received, control characters replaced.
    Received(String),
    /// Something worth knowing that is no dialogue: "EPSV refused, using PASV".
    Note(String),
    /// Both ends of the control connection.
    Control(ControlPath),
    /// A data connection stands.
    Data(DataPath),
    /// This mode works with this server, the other does not.
    Learned(Mode),
}

/// The way to a usable session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Looking up the host's addresses.
    Resolving,
    /// TCP connect.
    Connecting,
    /// Waiting for the greeting.
    Greeting,
    /// USER, PASS, ACCT, FEAT, PWD.
    LoggingIn,
}

/// Hears what a session tells; called on the session's thread.
pub type Observer = Arc<dyn Fn(Happening) + Send + Sync>;

/// What is known of one remote name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// File or directory; `Other` where the server does not say.
    pub kind: EntryKind,
    /// Bytes.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Timestamp>,
}

/// Where a stored file begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreAt {
    /// The whole file, replacing what is there.
    Start,
    /// From this offset: REST + STOR where the server can, else APPE.
    Offset(u64),
}

/// A logged-in control connection. Binary type, paths absolute or relative to [`Session::home`].
pub struct Session {
    home: RemotePath,
}

impl Session {
    /// Dials, waits for the greeting, logs in, asks for features and the login directory.
    ///
    /// # Errors
    /// Everything that can go wrong on the way; nothing is retried here.
    pub fn open(dial: &Dial, cancel: &Cancel, observer: Observer) -> Result<Self, FtpError> {
        let _ = (dial, cancel, observer);
        Err(FtpError::Unsupported { what: "connecting".into() })
    }

    /// From now on this token ends its waits (one token per task).
    pub fn set_cancel(&mut self, cancel: &Cancel) {
        let _ = cancel;
    }

    /// From now on this one hears what happens (a session serves one task after another).
    pub fn set_observer(&mut self, observer: Observer) {
        let _ = observer;
    }

    /// The mode for the next data connections (the settings changed).
    pub fn set_mode(&mut self, mode: TransferMode) {
        let _ = mode;
    }

    /// The login directory (absolute where the server told).
    pub fn home(&self) -> &RemotePath {
        &self.home
    }

    /// Whether it must not be used again: closed, out of step, or a transfer was dropped in the middle.
    pub fn is_broken(&self) -> bool {
        true
    }

    /// Reads a directory: MLSD where offered, else LIST. `batch` gets the entries as they come; the result has all.
    pub fn list(&mut self, dir: &RemotePath, batch: &mut dyn FnMut(&[Entry])) -> Result<Listing, FtpError> {
        let _ = (dir, batch);
        Err(FtpError::Cancelled)
    }

    /// What the server knows of one path: MLST, else SIZE, MDTM and CWD. `None` = there is nothing.
    pub fn facts(&mut self, path: &RemotePath) -> Result<Option<Facts>, FtpError> {
        let _ = path;
        Err(FtpError::Cancelled)
    }

    /// RETR, from an offset (REST).
    pub fn retrieve(&mut self, path: &RemotePath, from: u64) -> Result<DataChannel<'_>, FtpError> {
        let _ = (path, from);
        Err(FtpError::Cancelled)
    }

    /// STOR (or APPE).
    pub fn store(&mut self, path: &RemotePath, at: StoreAt) -> Result<DataChannel<'_>, FtpError> {
        let _ = (path, at);
        Err(FtpError::Cancelled)
    }

    /// MKD. `Ok(false)` = it was there already.
    pub fn make_dir(&mut self, path: &RemotePath) -> Result<bool, FtpError> {
        let _ = path;
        Err(FtpError::Cancelled)
    }

    /// MKD of the path and of whatever is missing above it.
    pub fn make_dirs(&mut self, path: &RemotePath) -> Result<(), FtpError> {
        let _ = path;
        Err(FtpError::Cancelled)
    }

    /// DELE.
    pub fn remove_file(&mut self, path: &RemotePath) -> Result<(), FtpError> {
        let _ = path;
        Err(FtpError::Cancelled)
    }

    /// RMD: an empty directory.
    pub fn remove_dir(&mut self, path: &RemotePath) -> Result<(), FtpError> {
        let _ = path;
        Err(FtpError::Cancelled)
    }

    /// Everything below a directory, then the directory. Links are removed, never followed. `removed` is told each path.
    pub fn remove_tree(&mut self, path: &RemotePath, removed: &mut dyn FnMut(&RemotePath)) -> Result<(), FtpError> {
        let _ = (path, removed);
        Err(FtpError::Cancelled)
    }

    /// RNFR, RNTO in one write. Where the server refuses to replace an existing file and `replace` is set: DELE first.
    pub fn rename(&mut self, from: &RemotePath, to: &RemotePath, replace: bool) -> Result<(), FtpError> {
        let _ = (from, to, replace);
        Err(FtpError::Cancelled)
    }

    /// SITE CHMOD.
    pub fn set_permissions(&mut self, path: &RemotePath, mode: u16) -> Result<(), FtpError> {
        let _ = (path, mode);
        Err(FtpError::Cancelled)
    }

    /// MFMT. `Ok(false)` = the server cannot.
    pub fn set_modified(&mut self, path: &RemotePath, time: Timestamp) -> Result<bool, FtpError> {
        let _ = (path, time);
        Err(FtpError::Cancelled)
    }

    /// NOOP: keeps it alive, and tells whether it is.
    pub fn noop(&mut self) -> Result<(), FtpError> {
        Err(FtpError::Cancelled)
    }

    /// QUIT, and at most two seconds for the answer.
    pub fn quit(self) {}
}

/// An open data connection: one at a time, since it borrows its session. Dropped unfinished, the session is broken.
#[must_use = "call finish(): the server's last reply is still unread"]
pub struct DataChannel<'s> {
    session: &'s mut Session,
    /// Both ends.
    pub path: DataPath,
    /// The size the server told with its 150, if any.
    pub announced: Option<u64>,
    /// Where a store really begins: a server without REST STREAM appends, or starts from zero.
    pub offset: u64,
}

impl DataChannel<'_> {
    /// The next bytes; 0 = the end. A refusal on the control connection ends it at once.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FtpError> {
        let _ = (buffer, &self.session);
        Err(FtpError::Cancelled)
    }

    /// All of them.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), FtpError> {
        let _ = bytes;
        Err(FtpError::Cancelled)
    }

    /// Closes the data connection and reads the server's last reply.
    pub fn finish(self) -> Result<Reply, FtpError> {
        Err(FtpError::Cancelled)
    }

    /// Gives up: closes, ABOR where needed, and gets the session back in step; where that fails the session is broken.
    pub fn abort(self) {}
}
