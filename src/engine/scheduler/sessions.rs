//! Sessions as the engine knows them: whom each serves, what it works on, and what comes next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::{ConnectionId, EntryKind, JobId, Site};
use crate::engine::message::LogKind;
use crate::engine::scheduler::Actor;
use crate::engine::scheduler::progress::Running;
use crate::engine::worker::SessionThread;
use crate::engine::worker::task::{Task, Work};
use crate::net::terms::{ActiveMode, Dial, Timeouts};
use crate::net::wait::Cancel;

/// A session's thread, and what it does.
pub(crate) struct Slot {
    pub(crate) thread: SessionThread,
    pub(crate) role: Role,
    /// The task in hand, and what comes next.
    pub(crate) tasks: VecDeque<Busy>,
    pub(crate) idle_since: Instant,
}

impl Slot {
    pub(crate) fn is_busy(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// What the session works on.
    pub(crate) fn in_hand(&self) -> Option<&Busy> {
        self.tasks.front()
    }

    /// Whether there is more to do than its task in hand: other sessions may be of use.
    pub(crate) fn has_more(&self) -> bool {
        self.tasks.len() > 1 || self.in_hand().is_some_and(|busy| busy.foreseen.0 > 0)
    }

    /// The jobs that it works on, or that come next.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = JobId> + '_ {
        self.tasks.iter().filter_map(|busy| busy.job.as_ref().map(|job| job.id))
    }

    /// The jobs that it has not begun, as far as that is known here.
    pub(crate) fn ahead(&self) -> impl DoubleEndedIterator<Item = JobId> + '_ {
        self.tasks.iter().skip(1).filter_map(|busy| busy.job.as_ref().map(|job| job.id))
    }
}

/// Whom a session serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Browse(ConnectionId),
    Transfer(Arc<str>),
}

/// A task that a session has.
pub(crate) struct Busy {
    pub(crate) cancel: Cancel,
    pub(crate) since: Instant,
    /// It reads a folder.
    pub(crate) walks: bool,
    /// How many jobs are going to come of it, and their bytes.
    pub(crate) foreseen: (usize, u64),
    /// `None` = not a transfer.
    pub(crate) job: Option<Running>,
}

impl Actor {
    /// A new session's thread; `None` (told) where the system has none left.
    pub(crate) fn spawn_session(&mut self, role: Role) -> Option<u64> {
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
    pub(crate) fn give(&mut self, session: u64, task: Task, job: Option<Running>) -> bool {
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
    pub(crate) fn drop_session(&mut self, session: u64) {
        self.take_back_all(session);
        if let Some(slot) = self.sessions.remove(&session) {
            for busy in slot.tasks {
                busy.cancel.cancel();
            }
            drop(slot.thread);
        }
    }

    /// How to dial that site, with what was learned and what the settings say.
    pub(crate) fn dial(&self, site: &Arc<Site>) -> Dial {
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
