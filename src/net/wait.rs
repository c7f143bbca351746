//! The one place that blocks: every wait has a deadline, ends at once when cancelled, and watches the control
//! connection while data flows.
//!
//! Sockets are non-blocking and tried first; only when they have nothing is the system asked to wait. Readiness comes as
//! edges, so that a socket is registered once in its life.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::ftp::error::{FtpError, Stage};

/// Ends whatever a session is waiting for. One per task; clones are the same token.
#[derive(Clone, Default)]
pub struct Cancel {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    flag: AtomicBool,
    /// Of the sessions that obey this token.
    wakers: Mutex<Vec<Weak<Waker>>>,
}

impl Cancel {
    /// Not cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes effect within 200 ms wherever the session is.
    pub fn cancel(&self) {
        self.inner.flag.store(true, Ordering::Release);
        for waker in self.inner.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Some(waker) = waker.upgrade() {
                // Fails only where the poller is gone, and then nobody waits.
                waker.wake().ok();
            }
        }
    }

    /// Whether somebody cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.inner.flag.load(Ordering::Acquire)
    }

    fn wakes(&self, waker: &Arc<Waker>) {
        let mut wakers = self.inner.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.retain(|known| known.upgrade().is_some_and(|known| !Arc::ptr_eq(&known, waker)));
        wakers.push(Arc::downgrade(waker));
    }
}

/// A session's poller.
pub(super) struct Wait {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    cancel: Cancel,
    obeys: bool,
    data: usize,
    ahead: usize,
    /// The last number given to a data connection.
    numbers: usize,
}

/// What moved.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ready {
    pub(super) control: Edges,
    pub(super) data: Edges,
    /// One bit for each attempt to connect.
    pub(super) attempts: u64,
}

/// Of one socket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Edges {
    pub(super) read: bool,
    pub(super) write: bool,
}

/// Why a wait ended without anything ready.
#[derive(Debug)]
pub(super) enum Stop {
    Cancelled,
    Deadline,
    Failed(io::Error),
}

impl Stop {
    /// As the session's error.
    pub(super) fn error(self, stage: Stage, waited: Duration) -> FtpError {
        match self {
            Self::Cancelled => FtpError::Cancelled,
            Self::Deadline => FtpError::Timeout { stage, waited },
            Self::Failed(error) if crate::net::system_error::lacks_descriptors(&error) => FtpError::NoDescriptors,
            Self::Failed(error) => FtpError::Lost { stage, kind: error.kind(), detail: error.to_string() },
        }
    }
}

/// Which socket an edge belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Control,
    /// The data connection, or the listener that waits for it. Each registration replaces the one before: late edges of
    /// an old socket are not taken for the new one's.
    Data,
    /// The next data connection, or its listener, beside the one in use. Its edges go to nobody until
    /// [`Wait::adopt_ahead`]: until then, and then first, it is tried without being asked for.
    Ahead,
    /// An attempt to connect, 0 to 63.
    Attempt(usize),
}

impl Wait {
    pub(super) fn new(cancel: &Cancel) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        cancel.wakes(&waker);
        let cancel = cancel.clone();
        Ok(Self {
            poll,
            events: Events::with_capacity(16),
            waker,
            cancel,
            obeys: true,
            data: DATA,
            ahead: DATA,
            numbers: DATA,
        })
    }

    /// From now on this token ends the waits.
    pub(super) fn attach(&mut self, cancel: &Cancel) {
        cancel.wakes(&self.waker);
        self.cancel = cancel.clone();
    }

    /// The token that ends them.
    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Whether cancelling ends the waits. It must not while a session is put back in step *because* of cancelling.
    pub(super) fn obey(&mut self, obeys: bool) {
        self.obeys = obeys;
    }

    /// Ends one wait from another thread, with nothing ready.
    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Watches a socket from now on, for reading and writing.
    pub(super) fn watch(&mut self, source: &mut impl Source, role: Role) -> io::Result<()> {
        let token = self.token(role);
        self.poll.registry().register(source, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Watches a socket in another role from now on.
    pub(super) fn watch_as(&mut self, source: &mut impl Source, role: Role) -> io::Result<()> {
        let token = self.token(role);
        self.poll.registry().reregister(source, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Watches a listener.
    pub(super) fn watch_listener(&mut self, source: &mut impl Source, role: Role) -> io::Result<()> {
        let token = self.token(role);
        self.poll.registry().register(source, token, Interest::READABLE)
    }

    /// What was watched as the next data connection is the data connection from now on.
    pub(super) fn adopt_ahead(&mut self) {
        self.data = self.ahead;
    }

    /// Whether the task was cancelled (and that matters now).
    pub(super) fn check(&self) -> Result<(), FtpError> {
        if self.obeys && self.cancel.is_cancelled() { Err(FtpError::Cancelled) } else { Ok(()) }
    }

    /// Blocks till something moves. May return with nothing ready.
    pub(super) fn wait(&mut self, until: Instant) -> Result<Ready, Stop> {
        if self.obeys && self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Stop::Deadline);
        }
        match self.poll.poll(&mut self.events, Some(left)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Ready::default()),
            Err(error) => return Err(Stop::Failed(error)),
        }
        if self.obeys && self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        // Callers may count each wait anew: the end of this one must not look like a wake without a reason.
        if self.events.is_empty() && Instant::now() >= until {
            return Err(Stop::Deadline);
        }
        let mut ready = Ready::default();
        for event in &self.events {
            let Token(token) = event.token();
            // Errors and hang-ups count as both: the next read or write tells which.
            let failed = event.is_error();
            let edges = Edges {
                read: event.is_readable() || event.is_read_closed() || failed,
                write: event.is_writable() || event.is_write_closed() || failed,
            };
            if token == CONTROL {
                ready.control = edges;
            } else if token == self.data {
                ready.data = edges;
            } else if (ATTEMPTS..ATTEMPTS + 64).contains(&token) {
                ready.attempts |= 1 << (token - ATTEMPTS);
            }
        }
        Ok(ready)
    }

    fn token(&mut self, role: Role) -> Token {
        Token(match role {
            Role::Control => CONTROL,
            Role::Attempt(number) => ATTEMPTS + number.min(63),
            Role::Data => {
                self.data = self.number();
                self.data
            }
            Role::Ahead => {
                self.ahead = self.number();
                self.ahead
            }
        })
    }

    fn number(&mut self) -> usize {
        self.numbers = if self.numbers >= usize::MAX / 2 { DATA + 1 } else { self.numbers + 1 };
        self.numbers
    }
}

const WAKER: Token = Token(usize::MAX);
const CONTROL: usize = 0;
const ATTEMPTS: usize = 1;
const DATA: usize = 100;

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn cancelling_ends_a_wait_that_has_begun() {
        let cancel = Cancel::new();
        let mut wait = Wait::new(&cancel).expect("a poller");
        let (begun, begins) = channel();
        let waiting = std::thread::spawn(move || {
            begun.send(()).expect("somebody listens");
            loop {
                match wait.wait(Instant::now() + Duration::from_secs(60)) {
                    Ok(_) => {}
                    Err(stop) => return stop,
                }
            }
        });
        begins.recv().expect("it begins");
        cancel.clone().cancel();
        assert!(matches!(waiting.join().expect("no panic"), Stop::Cancelled));
    }

    #[test]
    fn a_session_obeys_its_latest_token_only() {
        let (first, second) = (Cancel::new(), Cancel::new());
        let mut wait = Wait::new(&first).expect("a poller");
        wait.attach(&second);
        first.cancel();
        assert!(wait.check().is_ok());
        second.cancel();
        assert!(matches!(wait.wait(Instant::now() + Duration::from_secs(60)), Err(Stop::Cancelled)));
        wait.obey(false);
        assert!(wait.check().is_ok());
    }

    #[test]
    fn a_deadline_ends_a_wait() {
        let mut wait = Wait::new(&Cancel::new()).expect("a poller");
        assert!(matches!(wait.wait(Instant::now()), Err(Stop::Deadline)));
        let soon = Instant::now() + Duration::from_millis(5);
        let end = loop {
            if let Err(stop) = wait.wait(soon) {
                break stop;
            }
        };
        assert!(matches!(end, Stop::Deadline));
    }
}
