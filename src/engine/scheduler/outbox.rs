//! What the faces and the journal are told, and what the journal tells at the start.

use std::time::SystemTime;

use crossbeam_channel::select;

use crate::domain::Timestamp;
use crate::engine::message::Event;
use crate::engine::queue::journal_writer::Loaded;
use crate::engine::scheduler::{Actor, CHANGES, Slot, TELL_EVERY, UNREAD};

impl Actor {
    /// Takes over what the journal knew; `false` = nobody listens any more.
    pub(crate) fn load(&mut self) -> bool {
        let Some(scribe) = &self.scribe else { return true };
        let loaded = scribe.loaded();
        loop {
            let next = select! {
                recv(loaded) -> next => next,
                recv(self.death) -> _ => return false,
            };
            let Ok(next) = next else { break };
            match next {
                Loaded::LastId(id) => self.queue.number_from(id),
                Loaded::Jobs(jobs) => jobs.into_iter().for_each(|(id, job)| self.queue.restore(id, job)),
                Loaded::Failed(explanation) => {
                    self.scribe = None;
                    self.tell(Event::Notice(explanation));
                }
            }
            // After a restart nothing moves before the user says so.
            if !self.paused && !self.queue.is_idle() {
                self.paused = true;
                self.tell(Event::QueuePaused(true));
            }
            if !self.tell_all() {
                return false;
            }
        }
        self.queue.restored();
        self.queue.keep_journal(self.scribe.is_some());
        self.trim();
        true
    }

    /// The queue lives in memory from now on.
    pub(crate) fn forgo_journal(&mut self) {
        self.scribe = None;
        self.queue.keep_journal(false);
    }

    /// Forgets what ended long ago.
    pub(crate) fn trim(&mut self) {
        self.trimmed_at = self.now;
        let days = i64::from(self.settings.history_days);
        if days > 0 {
            let now = Timestamp::from_system(SystemTime::now()).seconds;
            self.queue.trim(Timestamp::utc(now - days * 24 * 60 * 60));
        }
    }

    /// Tells the faces and the journal what happened; `false` = nobody listens any more.
    pub(crate) fn flush(&mut self) -> bool {
        let quiet = self.queue.is_idle() && !self.sessions.values().any(Slot::is_busy);
        if !self.urgent && !quiet && !self.is_behind() && self.now.duration_since(self.told_at) < TELL_EVERY {
            return true;
        }
        if let Some(scribe) = &mut self.scribe {
            scribe.write(&mut self.queue, self.now);
        }
        self.tell_all()
    }

    /// There is more to tell than one event holds, and the faces have room for it.
    fn is_behind(&self) -> bool {
        self.queue.untold() > CHANGES && self.queue.has_changes() && self.events.len() < UNREAD
    }

    /// Tells the faces what happened; `false` = nobody listens any more.
    fn tell_all(&mut self) -> bool {
        let mut events = Vec::new();
        if !self.log.is_empty() {
            let lines = std::mem::take(&mut self.log);
            if self.logs {
                self.local.log(lines.clone());
            }
            events.push(Event::Log(lines));
        }
        events.extend(self.data.drain().map(|(connection, path)| Event::Data { connection, path }));
        // A warning comes before the jobs: with the last of them a face may be gone.
        let pending = std::mem::take(&mut self.pending).into_iter();
        let (warnings, pending): (Vec<_>, Vec<_>) =
            pending.partition(|event| matches!(event, Event::InClear(_) | Event::Remarks { .. }));
        events.extend(warnings);
        // Jobs before what refers to them: questions, progress.
        for _ in self.events.len()..UNREAD {
            let changes = self.queue.take_changes(CHANGES);
            if changes.is_empty() {
                break;
            }
            changes.iter().for_each(|change| self.totals.hear(change));
            events.push(Event::Jobs(changes));
        }
        // At once behind them, and only where all are told: the sums are those of the jobs that the face knows.
        if !self.queue.has_changes() && self.orders.is_empty() {
            events.extend(self.progress().map(Event::Progress));
        }
        events.extend(pending);
        self.urgent = false;
        self.told_at = self.now;
        if events.is_empty() {
            return true;
        }
        for event in events {
            select! {
                send(self.events, event) -> sent => if sent.is_err() { return false },
                recv(self.death) -> _ => return false,
            }
        }
        (self.waker)();
        true
    }
}
