//! Sessions as the engine knows them: whom each serves, what it works on, and what comes next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{EntryKind, Site};
use crate::engine::message::LogKind;
use crate::engine::progress::running::Running;
use crate::engine::scheduler::Actor;
use crate::engine::scheduler::slot::{Busy, Role, Slot};
use crate::engine::worker::SessionThread;
use crate::engine::worker::task::{Task, Work};
use crate::net::terms::{ActiveMode, Dial, Timeouts};

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
