//! What all sessions with one server know of it, as long as the program runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::RemotePath;
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::stamp::Stamp;
use crate::net::reach::Reach;

/// Of one user's account on one server.
#[derive(Debug, Default)]
pub struct Known {
    /// Whether the server can open connections to this computer.
    pub reach: Reach,
    /// AUTH was refused: asking again would be a round trip in vain.
    pub(super) refuses_tls: Recent<()>,
    /// A login went as most do: USER and PASS can go in one write, with all that follows from what was said then.
    pub(super) welcome: Recent<Arc<Welcome>>,
    /// A data connection stood in passive mode.
    pub(super) passive: Recent<()>,
    /// A file's time was set so.
    pub(super) stamps: Recent<Stamp>,
    /// What tells the directories that were listed from all others.
    pub(super) directories: Directories,
}

/// What is unique about directories, so that a walk notices when one is a link to one above it.
#[derive(Debug, Default)]
pub(super) struct Directories(Mutex<HashMap<RemotePath, Identity>>);

/// What tells one directory from all others on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// MLSD's fact `unique` (RFC 3659 section 7.5.2).
    Unique(Box<[u8]>),
    /// Where the server says that it is, once it is there (PWD).
    Path(RemotePath),
}

impl Directories {
    /// What is known of that directory.
    pub(super) fn identity(&self, path: &RemotePath) -> Option<Identity> {
        self.lock().get(path).cloned()
    }

    /// It was told.
    pub(super) fn learn(&self, path: RemotePath, identity: Identity) {
        let mut known = self.lock();
        if known.len() >= MOST_DIRECTORIES {
            known.clear();
        }
        known.insert(path, identity);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RemotePath, Identity>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Directories that are kept in mind; with names of usual length they take 20 MiB. Those that are forgotten cost a walk in a
/// circle one more lap.
const MOST_DIRECTORIES: usize = 100_000;

/// What a server says to whoever logs in: 331 to the name, 230 to the password, and this.
#[derive(Debug)]
pub(super) struct Welcome {
    /// Whether it came by TLS: some things are told only then.
    pub(super) encrypted: bool,
    /// SYST's answer.
    pub(super) syst: Reply,
    /// FEAT's.
    pub(super) feat: Reply,
    /// PWD's.
    pub(super) pwd: Heard,
}

/// Something that was seen, and is taken for true for a moment: later the server may have been set up anew.
#[derive(Debug)]
pub(super) struct Recent<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Recent<T> {
    /// What another session has just seen.
    pub(super) fn latest(&self) -> Option<T> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().filter(|(at, _)| at.elapsed() < MOMENT).map(|(_, what)| what.clone())
    }

    /// It was seen now; `None` = the opposite.
    pub(super) fn see(&self, what: Option<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what.map(|what| (Instant::now(), what));
    }
}

const MOMENT: Duration = Duration::from_secs(60);
