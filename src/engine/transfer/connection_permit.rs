//! Permission to open connections beside a download's own: how many, and how. The scheduler says how many each time it
//! decides anything, since other jobs come first; a download opens and ends them by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::domain::Lesson;
use crate::engine::secrets::Secrets;
use crate::ftp::error::FtpError;
use crate::net::happening::{Happening, Observer};
use crate::net::session::Session;
use crate::net::terms::Dial;
use crate::net::wait::Cancel;

/// Permission of one download, shared by it and the scheduler.
pub(crate) struct ConnectionPermit {
    server: Arc<str>,
    dial: Dial,
    secrets: Arc<Secrets>,
    /// Receiver of what the additional sessions have to say, in the name of the download's own session.
    observer: Observer,
    /// Number of connections that the user wants, the download's own included; 0 = as many as help.
    wish: usize,
    /// Number of additional sessions that may be open now.
    allowed: AtomicUsize,
    /// Number of additional sessions that are open.
    open: AtomicUsize,
    /// Number of all sessions with this server, of whatever kind.
    sessions_of_server: AtomicUsize,
}

/// One additional session, counted as open until this is dropped.
pub(crate) struct ConnectionSlot<'a>(&'a ConnectionPermit);

impl ConnectionPermit {
    /// Permission that allows nothing yet; see [`Self::allow`]. `wish` = connections that the user wants; 0 = as many as
    /// help.
    pub(crate) fn new(server: Arc<str>, dial: Dial, secrets: Arc<Secrets>, observer: Observer, wish: usize) -> Self {
        Self {
            server,
            dial,
            secrets,
            observer,
            wish,
            allowed: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            sessions_of_server: AtomicUsize::new(1),
        }
    }

    pub(crate) fn server(&self) -> &Arc<str> {
        &self.server
    }

    /// Number of connections that the user wants; 0 = as many as help.
    pub(crate) fn wish(&self) -> usize {
        self.wish
    }

    /// Number of additional sessions that are open.
    pub(crate) fn open_sessions(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Allows `share` additional sessions, or fewer where the user wants fewer. `sessions_of_server` = all that are open.
    pub(crate) fn allow(&self, share: usize, sessions_of_server: usize) {
        let share = if self.wish > 0 { share.min(self.wish - 1) } else { share };
        self.allowed.store(share, Ordering::Relaxed);
        self.sessions_of_server.store(sessions_of_server, Ordering::Relaxed);
    }

    /// The right to one additional session, if there is one.
    pub(crate) fn take_slot(&self) -> Option<ConnectionSlot<'_>> {
        let allowed = self.allowed.load(Ordering::Relaxed);
        let take = |open: usize| (open < allowed).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| ConnectionSlot(self))
    }

    /// Whether more sessions are open than are allowed: other jobs want them.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.open.load(Ordering::Relaxed) > self.allowed.load(Ordering::Relaxed)
    }

    /// Connects and logs in. Where the server wants no more sessions, that is remembered.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(crate) fn connect(&self, cancel: &Cancel) -> Result<Session, FtpError> {
        let mut dial = self.dial.clone();
        if dial.secret.is_none() {
            dial.secret = self.secrets.find(&dial.site);
        }
        if let Some((proxy, secret @ None)) = &mut dial.proxy {
            *secret = self.secrets.of_proxy(proxy);
        }
        let observer = Arc::clone(&self.observer);
        let opened = Session::open(
            &dial,
            cancel,
            Arc::new(move |happening| {
                // Steps of a login and the address are told of the download's own session.
                if !matches!(happening, Happening::Step(_) | Happening::Control(_)) {
                    observer(happening);
                }
            }),
        );
        if let Err(error) = &opened
            && error.is_too_many()
        {
            let sessions = self.sessions_of_server.load(Ordering::Relaxed).saturating_sub(1).max(1);
            let cap = Lesson::ConnectionCap(u16::try_from(sessions).unwrap_or(u16::MAX));
            (self.observer)(Happening::Learned(cap));
        }
        opened
    }

    /// Writes a line to the message log.
    pub(crate) fn note(&self, text: String) {
        (self.observer)(Happening::Note(text));
    }
}

impl Drop for ConnectionSlot<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
