//! What the user says about jobs in the queue: about a million of them a piece at a time, so that nobody waits for that.
//! What runs is stopped at once; nothing new begins before all is done as it was said.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::JobId;
use crate::engine::job::packed_job::Packed;
use crate::engine::message::job::JobState;
use crate::engine::message::{Event, Place, QueueCommand, Standing};
use crate::engine::scheduler::asked::Asked;
use crate::engine::scheduler::pending_commands::Change;
use crate::engine::scheduler::{Actor, Slot};

/// So long it works on them before it looks around.
const A_PIECE: Duration = Duration::from_millis(2);

impl Actor {
    pub(crate) fn change_queue(&mut self, command: QueueCommand) {
        match command {
            QueueCommand::PauseAll if !self.paused => {
                self.paused = true;
                for id in self.stop_all() {
                    self.queue.transition(id, JobState::Queued);
                }
                self.tell(Event::QueuePaused(true));
            }
            QueueCommand::ResumeAll if self.paused => {
                self.paused = false;
                self.tell(Event::QueuePaused(false));
            }
            QueueCommand::PauseAll | QueueCommand::ResumeAll => {}
            command => self.changes.said.push_back(command),
        }
    }

    /// Does some of it.
    pub(crate) fn make_changes(&mut self) {
        let began = Instant::now();
        while !self.changes.is_empty() && began.elapsed() < A_PIECE {
            self.make_some_changes();
        }
    }

    /// Does all of it.
    pub(crate) fn make_all_changes(&mut self) {
        while !self.changes.is_empty() {
            self.make_some_changes();
        }
    }

    fn make_some_changes(&mut self) {
        let Some((mut ids, change)) = self.changes.rest.take() else {
            if let Some(command) = self.changes.said.pop_front() {
                self.changes.rest = self.begin_change(command).map(|(ids, change)| (ids.into_iter(), change));
            }
            return;
        };
        for _ in 0..64 {
            let Some(id) = ids.next() else { return };
            self.change(id, change);
        }
        self.changes.rest = Some((ids, change));
    }

    /// What is to become of which jobs; those of them that run have stopped.
    fn begin_change(&mut self, command: QueueCommand) -> Option<(Vec<JobId>, Change)> {
        let (ids, change) = match command {
            QueueCommand::PauseAll | QueueCommand::ResumeAll => return None,
            QueueCommand::Pause(ids) => (ids, Change::Pause),
            QueueCommand::Resume(ids) => (ids, Change::Resume),
            QueueCommand::Cancel(ids) => (ids, Change::Cancel),
            QueueCommand::Retry(ids) => (ids, Change::Retry),
            QueueCommand::RetryFailed => (self.queue.ids_where(|job| job.kept.has_failed()), Change::Retry),
            QueueCommand::Remove(ids) => (ids, Change::Remove),
            QueueCommand::ClearDone => {
                let fits = |job: &Packed| matches!(job.kept.standing(), Standing::Done(_));
                (self.queue.ids_where(fits), Change::Remove)
            }
            QueueCommand::ClearFailed => {
                let fits = |job: &Packed| job.kept.has_failed() || job.kept.standing() == Standing::Cancelled;
                (self.queue.ids_where(fits), Change::Remove)
            }
            QueueCommand::Move(ids, place) => {
                self.move_to(&ids, place);
                return None;
            }
        };
        if matches!(change, Change::Pause | Change::Cancel | Change::Remove) {
            self.stop(&ids, change);
        }
        Some((ids, change))
    }

    fn change(&mut self, id: JobId, change: Change) {
        match change {
            Change::Pause | Change::Cancel => self.halt(id, change),
            Change::Resume => self.resume(id),
            Change::Retry => self.retry(id),
            Change::Remove => {
                self.halt(id, change);
                self.queue.remove(id);
            }
        }
    }

    /// Ends those that run or are next, and puts them into their new state at once; their sessions wind down by themselves.
    fn stop(&mut self, ids: &[JobId], change: Change) {
        let busy: HashSet<JobId> = self.sessions.values().flat_map(Slot::jobs).collect();
        let chosen: HashSet<JobId> = ids.iter().copied().filter(|id| busy.contains(id)).collect();
        let sessions: Vec<u64> = self.sessions.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.take_back(session, |id| chosen.contains(&id)));
        chosen.iter().for_each(|id| self.halt(*id, change));
        for slot in self.sessions.values() {
            if let Some(busy) = slot.in_hand()
                && busy.job.as_ref().is_some_and(|job| chosen.contains(&job.id))
            {
                busy.cancel.cancel();
            }
        }
    }

    fn halt(&mut self, id: JobId, change: Change) {
        if let Some(Standing::Asking(question)) = self.queue.packed(id).map(|job| job.kept.standing())
            && matches!(self.questions.get(&question), Some(Asked::FileExists(_)))
        {
            self.withdraw(question);
        }
        let state = if matches!(change, Change::Pause) { JobState::Paused } else { JobState::Cancelled };
        if self.queue.transition(id, state) {
            self.queue.look_again(id);
        }
    }

    fn resume(&mut self, id: JobId) {
        let Some(job) = self.queue.packed(id).filter(|job| job.kept.standing() == Standing::Paused) else { return };
        // The user may have made room on the server.
        if let Some(server) = self.servers.get_mut(&job.kept.route.server) {
            server.full_until = None;
        }
        self.queue.transition(id, JobState::Queued);
    }

    fn retry(&mut self, id: JobId) {
        let Some(job) = self.queue.packed(id) else { return };
        if !job.kept.has_failed() && job.kept.standing() != Standing::Cancelled {
            return;
        }
        let site = Arc::clone(&job.kept.route.site);
        self.queue.look_again(id);
        self.queue.forget_tries(id);
        self.server(&site).lift_hold();
        self.queue.transition(id, JobState::Queued);
    }

    /// What comes next is decided anew.
    fn move_to(&mut self, ids: &[JobId], place: Place) {
        let sessions: Vec<u64> = self.sessions.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.take_back_all(session));
        self.queue.move_to(ids, place);
    }
}
