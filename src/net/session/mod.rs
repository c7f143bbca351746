//! One logged-in conversation with a server.

/// From a connected socket to a logged-in session.
pub(in crate::net) mod login;

/// Directories: LIST, MLSD, CWD, and what is known of one path.
pub(in crate::net) mod listing;

/// Files: RETR, STOR, and the data connections that they need.
pub(in crate::net) mod transfer;

/// Deleting, making directories, permissions.
pub(in crate::net) mod manage;

/// RNFR and RNTO, and publishing a stored file under its name.
pub(in crate::net) mod rename;

/// Files between two servers (FXP).
pub(in crate::net) mod fxp;

use crate::domain::{EntryKind, Lesson, RemotePath, Timestamp, TransferMode};
use crate::ftp::dialect::Dialect;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::features::Features;
use crate::ftp::listing::System;
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::stamp::Stamp;
use crate::ftp::verb::Verb;
use crate::net::control::Control;
use crate::net::data::Arranger;
use crate::net::happening::Observer;
use crate::net::lessons::Lessons;
pub use crate::net::session::fxp::copy_between;
use crate::net::session::listing::clock::Clock;
pub use crate::net::session::listing::clock::Correction;
use crate::net::session::listing::mlsd::Mlsd;
pub use crate::net::session::transfer::channel::DataChannel;
pub use crate::net::session::transfer::hashing::Hashed;
use crate::net::session::transfer::pipelined::Ahead;
pub use crate::net::session::transfer::pipelined::Next;
use crate::net::session::transfer::server::Server;
use crate::net::terms::{Dial, Timeouts};
use crate::net::wait::{Cancel, Wait};
use std::sync::Arc;
use std::time::Duration;

/// Directories within each other that are walked through; no real tree is deeper, a link that leads in a circle is, without
/// end.
pub const DEEPEST: usize = 200;

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
    /// The same of a file that must not be touched before its end: APPE, unless REST + STOR is known to do right.
    End(u64),
}

/// What a file that was stored under a temporary name is to become ([`Session::publish`]).
#[derive(Debug, Clone, Copy, Default)]
pub struct Publication {
    /// Last modification to set, where the server can.
    pub time: Option<Timestamp>,
    /// Bytes that it must have before it gets its name; `None` = not compared.
    pub size: Option<u64>,
    /// Whether a file of the final name may be there: RNTO then waits for the answer to SIZE.
    pub replaces: bool,
}

/// What the server knows of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Present(Facts),
    /// The server says so, or a whole listing of the directory lacks it.
    Absent,
    /// The server does not let us look.
    Unknown,
}

/// A logged-in control connection. Binary type, paths absolute or relative to [`Session::home`].
pub struct Session {
    /// How it was opened, to do so once more.
    dial: Dial,
    control: Control,
    wait: Wait,
    arranger: Arranger,
    timeouts: Timeouts,
    features: Features,
    /// Whether there was an answer to FEAT: what it lacks, the server lacks.
    answers_feat: bool,
    home: RemotePath,
    dialect: Dialect,
    /// What SYST says it is, for the reader of LIST.
    system: Option<System>,
    /// Where the server has us; empty = not known, or the login directory that has no known path.
    cwd: RemotePath,
    /// Whether data connections are encrypted (PROT P).
    protected: bool,
    /// Whether the last of them could continue the control connection's session.
    continued: bool,
    carriage: crate::net::session::transfer::representation::Carriage,
    mlsd: Mlsd,
    mlst: bool,
    /// Whether LIST understands `-a`; `None` = not known yet.
    list_all: Option<bool>,
    clock: Clock,
    /// MKD is not known at all.
    no_mkd: bool,
    /// CWD is not known at all.
    no_cwd: bool,
    /// Whether CWD refuses what is not there; `None` = not asked yet.
    cwd_proves: Option<bool>,
    /// Whether SIZE is answered for directories, too; `None` = not asked yet.
    sizes_directories: Option<bool>,
    /// Whether the login directory that PWD told was tried, and what it is where it cannot be entered.
    home_checked: bool,
    untrue_home: Option<RemotePath>,
    /// Files go by their bare names, from within their directories.
    bare_names: bool,
    /// How often bare names were tried in vain.
    bare_tries: u8,
    /// MKD and RMD go by the names that they had before RFC 959.
    old_names: bool,
    /// How a file's time may be set here.
    stamps: Vec<Stamp>,
    /// How it tells checksums.
    hashing: transfer::hashing::Hashing,
    /// One has been set.
    stamps_work: bool,
    /// Whether SIZE works; `None` = it was not answered yet.
    tells_sizes: Option<bool>,
    /// RNTO was refused: the name of its RNFR may be waiting still.
    renaming_left: bool,
    /// A transfer was left in the middle: the beat must be found again before the next command.
    resync_due: bool,
    /// A transfer runs, or its channel was dropped in the middle.
    unsettled: bool,
    /// What comes after the next transfer.
    next: Next,
    /// What was sent ahead of it.
    ahead: Ahead,
    /// Whether anything may be sent ahead; `false` = it was of no use.
    foresight: bool,
    server: Server,
    /// A transfer in active mode, which nobody asked for, failed.
    active_failed: bool,
    /// Bytes may go before the server's yes.
    eager: bool,
}

impl Session {
    /// Dials, waits for the greeting, logs in, asks for features and the login directory.
    ///
    /// # Errors
    /// Everything that can go wrong on the way; nothing is retried here.
    pub fn open(dial: &Dial, cancel: &Cancel, observer: Observer) -> Result<Self, FtpError> {
        let lessons = Lessons::default();
        match login::open(dial, cancel, lessons.listen(&observer)) {
            // What a server need not know has cost the session: the next one goes without.
            Err(error)
                if !matches!(error, FtpError::Cancelled)
                    && lessons.has(|lesson| matches!(lesson, Lesson::Feat(false))) =>
            {
                let mut dial = dial.clone();
                Arc::make_mut(&mut dial.site).learned.learn(Lesson::Feat(false));
                login::open(&dial, cancel, observer)
            }
            result => result,
        }
    }

    /// From now on this token ends its waits (one token per task).
    pub fn set_cancel(&mut self, cancel: &Cancel) {
        self.wait.attach(cancel);
    }

    /// From now on this one hears what happens (a session serves one task after another).
    pub fn set_observer(&mut self, observer: Observer) {
        self.control.set_observer(observer);
    }

    /// The mode for the next data connections (the settings changed).
    pub fn set_mode(&mut self, mode: TransferMode) {
        self.arranger.set_mode(mode);
        self.dial.mode = mode;
    }

    /// The login directory (absolute where the server told).
    pub fn home(&self) -> &RemotePath {
        &self.home
    }

    /// Tells its observer something that is no dialogue.
    pub fn note(&self, text: impl Into<String>) {
        self.control.note(text);
    }

    /// Whether it must not be used again: closed, out of step, or a transfer was dropped in the middle.
    pub fn is_broken(&self) -> bool {
        self.unsettled || self.control.is_over()
    }

    /// Opens it anew where giving up a transfer was its end: ABOR is answered in so many ways that with some servers
    /// (libunftp) nobody can tell which reply belongs to what. What it learned of REST and STOR stays.
    ///
    /// # Errors
    /// As [`Session::open`]; it is broken still.
    pub fn mend(&mut self) -> Result<(), FtpError> {
        if !self.is_broken() {
            return Ok(());
        }
        // Before the new one is there: servers count connections.
        self.control.hang_up();
        let mut fresh = login::open(&self.dial, self.wait.cancel(), self.control.observer())?;
        fresh.carriage.inherit(&self.carriage);
        fresh.hashing.inherit(&self.hashing);
        *self = fresh;
        Ok(())
    }

    /// QUIT and TLS' own goodbye. Nobody waits for the answer: all that was asked for is answered, and a round trip is much
    /// of what a small file takes.
    pub fn quit(mut self) {
        if self.is_broken() || self.resync_due {
            return;
        }
        self.wait.obey(false);
        match &self.ahead {
            Ahead::Nothing | Ahead::Dialled(_) => {}
            // What lies unread when a socket is closed makes the system reset the connection.
            Ahead::Asked(_) if self.control.reply(&mut self.wait, Stage::Command, QUIT_PATIENCE).is_ok() => {}
            // With a transfer that nobody wants on its way there is no time for goodbyes.
            Ahead::Asked(_) | Ahead::Underway(_) => return,
        }
        self.control.send(&[Verb::Quit], &mut self.wait).ok();
        self.control.say_goodbye();
    }

    /// Before each command: whether one can be sent at all.
    fn ready(&mut self) -> Result<(), FtpError> {
        self.wait.check()?;
        if std::mem::take(&mut self.resync_due) && !self.control.is_over() {
            self.resynchronise(&mut || {});
        }
        if self.unsettled {
            return Err(FtpError::Closed { stage: Stage::Command, last: None });
        }
        self.catch_up()
    }

    fn ask(&mut self, verb: &Verb) -> Result<Reply, FtpError> {
        self.catch_up()?;
        self.control.ask(verb, &mut self.wait, Stage::Command).map(|heard| heard.reply)
    }

    fn ask_all(&mut self, verbs: &[Verb]) -> Result<Vec<Heard>, FtpError> {
        self.catch_up()?;
        self.control.ask_all(verbs, &mut self.wait, Stage::Command)
    }
}

const QUIT_PATIENCE: Duration = Duration::from_secs(2);
