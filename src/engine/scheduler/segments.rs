//! Sessions that a download may open beside its own: how many, and how. The engine says how many each time it decides
//! anything, since other jobs come first; a download opens and ends them by itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_channel::Sender;

use crate::domain::{Lesson, Site};
use crate::engine::scheduler::servers::is_too_many;
use crate::engine::scheduler::{Actor, Role};
use crate::engine::secrets::Secrets;
use crate::engine::transfer::segments::shared_state::LEAST;
use crate::engine::worker::task::Report;
use crate::ftp::error::FtpError;
use crate::net::happening::{Happening, Observer};
use crate::net::session::Session;
use crate::net::terms::Dial;
use crate::net::wait::Cancel;

/// One download's permission.
pub(crate) struct Hire {
    server: Arc<str>,
    dial: Dial,
    secrets: Arc<Secrets>,
    /// The session that the download runs on: what the others have to say is told in its name.
    session: u64,
    reports: Sender<Report>,
    /// So many connections are the user's wish; 0 = as many as help.
    wish: usize,
    /// So many more sessions it may have now.
    may: AtomicUsize,
    /// So many more it has.
    has: AtomicUsize,
    /// Of all sessions of this server.
    standing: AtomicUsize,
}

/// A session more, as long as it is kept.
pub(crate) struct Place<'a>(&'a Hire);

impl Hire {
    /// So many connections are the user's wish; 0 = as many as help.
    pub(crate) fn wish(&self) -> usize {
        self.wish
    }

    /// The right to one session more, if there is one.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        let may = self.may.load(Ordering::Relaxed);
        let take = |has: usize| (has < may).then_some(has + 1);
        self.has.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| Place(self))
    }

    /// Whether there are more than there may be: other jobs want them.
    pub(crate) fn is_over(&self) -> bool {
        self.has.load(Ordering::Relaxed) > self.may.load(Ordering::Relaxed)
    }

    /// Dials and logs in. Where the server wants no more sessions, that is remembered.
    pub(crate) fn open(&self, cancel: &Cancel) -> Result<Session, FtpError> {
        let mut dial = self.dial.clone();
        if dial.secret.is_none() {
            dial.secret = self.secrets.find(&dial.site);
        }
        if let Some((proxy, secret @ None)) = &mut dial.proxy {
            *secret = self.secrets.of_proxy(proxy);
        }
        let opened = Session::open(&dial, cancel, self.observer());
        if let Err(error) = &opened
            && is_too_many(error)
        {
            let standing = self.standing.load(Ordering::Relaxed).saturating_sub(1).max(1);
            let cap = Lesson::ConnectionCap(u16::try_from(standing).unwrap_or(u16::MAX));
            self.tell(Happening::Learned(cap));
        }
        opened
    }

    /// To the message log.
    pub(crate) fn note(&self, text: String) {
        self.tell(Happening::Note(text));
    }

    fn tell(&self, happening: Happening) {
        self.reports.send(Report::Happened(self.session, happening)).ok();
    }

    fn observer(&self) -> Observer {
        let (session, reports) = (self.session, self.reports.clone());
        Arc::new(move |happening| {
            // That the server is reached and greets is told of the session itself.
            if !matches!(happening, Happening::Step(_) | Happening::Control(_)) {
                reports.send(Report::Happened(session, happening)).ok();
            }
        })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.has.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Actor {
    /// What a download on that session may open beside it; `None` = nothing.
    pub(crate) fn hire(&mut self, session: u64, site: &Arc<Site>, size: Option<u64>) -> Option<Arc<Hire>> {
        if self.settings.segments == 1 || size.is_some_and(|size| size < LEAST) {
            return None;
        }
        let hire = Arc::new(Hire {
            server: site.server_key().into(),
            dial: self.dial(site),
            secrets: Arc::clone(&self.secrets),
            session,
            reports: self.reports.clone(),
            wish: usize::from(self.settings.segments),
            may: AtomicUsize::new(0),
            has: AtomicUsize::new(0),
            standing: AtomicUsize::new(1),
        });
        self.hires.push(Arc::downgrade(&hire));
        Some(hire)
    }

    /// How many sessions of that server downloads have opened beside their own.
    pub(crate) fn hired(&self, server: &str) -> usize {
        let of_server = |hire: &Arc<Hire>| &*hire.server == server;
        let hires = self.hires.iter().filter_map(Weak::upgrade).filter(of_server);
        hires.map(|hire| hire.has.load(Ordering::Relaxed)).sum()
    }

    /// Tells downloads how many sessions they may have: what the server allows, less what other jobs use or wait for.
    pub(crate) fn share_out(&mut self) {
        self.hires.retain(|hire| hire.strong_count() > 0);
        let hires: Vec<Arc<Hire>> = self.hires.iter().filter_map(Weak::upgrade).collect();
        for hire in &hires {
            let role = Role::Transfer(Arc::clone(&hire.server));
            let own = self.sessions.values().filter(|slot| slot.role == role).count();
            let waiting = if self.paused { 0 } else { self.queue.ready_count(&hire.server) };
            let spare = self.session_limit(&hire.server).saturating_sub(own + waiting);
            let sharing = hires.iter().filter(|other| other.server == hire.server).count().max(1);
            let share = spare.div_ceil(sharing);
            hire.may.store(if hire.wish > 0 { share.min(hire.wish - 1) } else { share }, Ordering::Relaxed);
            hire.standing.store(own + self.hired(&hire.server) + self.browsers_of(&hire.server), Ordering::Relaxed);
        }
    }
}
