//! Bytes that move, of each job and of all together; what is done and what is left of the queue: the one truth that all
//! faces show.

use crate::engine::message::job::JobState;
use crate::engine::message::{JobProgress, Progress};
use crate::engine::scheduler::Actor;

impl Actor {
    /// Reads the counters of what moves.
    pub(crate) fn measure(&mut self) {
        let now = self.now;
        for slot in self.sessions.values_mut() {
            let Some(running) = slot.tasks.front_mut().and_then(|busy| busy.job.as_mut()) else { continue };
            self.totals.count(running);
            running.meter.sample(now, running.counter.moved());
            // Now, and not when it stops: after a kill nobody else knows whose half file that is.
            if let Some(wrote) = running.counter.wrote()
                && self.queue.packed(running.id).is_some_and(|job| job.has_not_written())
            {
                self.queue.update(running.id, |job| job.wrote = Some(wrote.clone()));
            }
            // What is left counts what is on its way.
            self.queue.progress(running.id, running.counter.bytes(), running.counter.size());
        }
        self.totals.sample(now);
    }

    /// What moves and what is left; `None` where nothing changed since the last time. Called when the queue's changes
    /// were heard ([`Totals::hear`]), so that all its numbers are of one moment.
    pub(crate) fn progress(&mut self) -> Option<Progress> {
        let now = self.now;
        let mut jobs = Vec::new();
        for slot in self.sessions.values_mut() {
            let Some(running) = slot.tasks.front_mut().and_then(|busy| busy.job.as_mut()) else { continue };
            let Some(job) = self.queue.job(running.id).filter(|job| job.state == JobState::Running) else { continue };
            let (id, bytes, size) = (job.id, job.bytes, job.size);
            let left = size.map(|size| size.saturating_sub(bytes));
            let time_left = left.and_then(|left| running.meter.time_left(now, left));
            jobs.push(JobProgress { id, bytes, size, rate: running.meter.shown(now), time_left });
        }
        jobs.sort_unstable_by_key(|job| job.id);
        let progress = self.totals.progress(now, jobs, self.queue.outstanding());
        if self.totals.last == progress {
            return None;
        }
        self.totals.last = progress.clone();
        Some(progress)
    }
}
