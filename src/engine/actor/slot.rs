//! Sessions as the engine knows them: whom each serves, what it works on, and what comes next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::message::LogKind;
use super::super::session_thread::SessionThread;
use super::super::totals::Running;
use super::super::work::{Task, Work};
use super::Actor;
use crate::domain::{ConnectionId, EntryKind, JobId, Site};
use crate::net::terms::{ActiveMode, Dial, Timeouts};
use crate::net::wait::Cancel;

/// A session's thread, and what it does.
pub(in crate::engine) struct Slot {
    pub(in crate::engine) thread: SessionThread,
    pub(in crate::engine) role: Role,
    /// The task in hand, and what comes next.
    pub(in crate::engine) tasks: VecDeque<Busy>,
    pub(in crate::engine) idle_since: Instant,
}

impl Slot {
    pub(in crate::engine) fn is_busy(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// What the session works on.
    pub(in crate::engine) fn in_hand(&self) -> Option<&Busy> {
        self.tasks.front()
    }

    /// Whether there is more to do than its task in hand: other sessions may be of use.
    pub(in crate::engine) fn has_more(&self) -> bool {
        self.tasks.len() > 1 || self.in_hand().is_some_and(|busy| busy.foreseen.0 > 0)
    }

    /// The jobs that it works on, or that come next.
    pub(in crate::engine) fn jobs(&self) -> impl Iterator<Item = JobId> + '_ {
        self.tasks.iter().filter_map(|busy| busy.job.as_ref().map(|job| job.id))
    }

    /// The jobs that it has not begun, as far as that is known here.
    pub(in crate::engine) fn ahead(&self) -> impl DoubleEndedIterator<Item = JobId> + '_ {
        self.tasks.iter().skip(1).filter_map(|busy| busy.job.as_ref().map(|job| job.id))
    }
}

/// Whom a session serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Role {
    Browse(ConnectionId),
    Transfer(Arc<str>),
}

/// A task that a session has.
pub(in crate::engine) struct Busy {
    pub(in crate::engine) cancel: Cancel,
    pub(in crate::engine) since: Instant,
    /// It reads a folder.
    pub(in crate::engine) walks: bool,
    /// How many jobs are going to come of it, and their bytes.
    pub(in crate::engine) foreseen: (usize, u64),
    /// `None` = not a transfer.
    pub(in crate::engine) job: Option<Running>,
}

impl Actor {
    /// A new session's thread; `None` (told) where the system has none left.
    pub(in crate::engine) fn spawn_session(&mut self, role: Role) -> Option<u64> {
        self.last_session += 1;
        let number = self.last_session;
        match SessionThread::start(number, self.reports.clone(), Arc::clone(&self.secrets), self.heard) {
            Ok(thread) => {
                let slot = Slot { thread, role, tasks: VecDeque::new(), idle_since: self.now };
                self.sessions.insert(number, slot);
                Some(number)
            }
            Err(error) => {
                self.note(LogKind::Error, format!("No thread for another session: {error}"));
                None
            }
        }
    }

    /// Gives a session a task. Which jobs may have begun, the journal need not know: after a kill it takes any for begun.
    pub(in crate::engine) fn give(&mut self, session: u64, task: Task, job: Option<Running>) -> bool {
        let Some(slot) = self.sessions.get_mut(&session) else { return false };
        let cancel = task.cancel.clone();
        let walks = matches!(&task.work, Work::Transfer(job) if job.kind == EntryKind::Directory);
        if !slot.thread.give(task) {
            return false;
        }
        slot.tasks.push_back(Busy { cancel, since: self.now, walks, foreseen: (0, 0), job });
        true
    }

    /// Ends a session: its thread says QUIT and goes.
    pub(in crate::engine) fn drop_session(&mut self, session: u64) {
        self.take_back_all(session);
        if let Some(slot) = self.sessions.remove(&session) {
            for busy in slot.tasks {
                busy.cancel.cancel();
            }
            drop(slot.thread);
        }
    }

    /// How to dial that site, with what was learned and what the settings say.
    pub(in crate::engine) fn dial(&self, site: &Arc<Site>) -> Dial {
        let learned = self.servers.get(site.server_key().as_str()).map(|server| server.learned);
        let mut site = Arc::clone(site);
        if let Some(learned) = learned.filter(|learned| *learned != site.learned) {
            Arc::make_mut(&mut site).learned = learned;
        }
        let settings = &self.settings;
        let seconds = |seconds: u16| Duration::from_secs(u64::from(seconds.max(1)));
        let reply = seconds(settings.reply_timeout_seconds);
        Dial {
            mode: site.transfer_mode.unwrap_or(settings.transfer_mode),
            tls: self.trusted.terms(&site, settings.minimum_tls),
            proxy: settings.proxy.clone().filter(|_| !site.bypass_proxy).map(|proxy| (proxy, None)),
            known: self
                .servers
                .get(site.server_key().as_str())
                .map(|server| Arc::clone(&server.shared))
                .unwrap_or_default(),
            site,
            secret: None,
            timeouts: Timeouts { connect: seconds(settings.connect_timeout_seconds), reply, data: reply },
            active: ActiveMode {
                ports: settings.port_range.map(|(from, to)| from..=to),
                external_address: settings.external_address,
            },
        }
    }
}
