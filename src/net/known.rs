//! What all sessions with one server know of it, as long as the program runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::reach::Reach;
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::stamp::Stamp;

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
}

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
