//! Bytes that move: of each job, and of all together, as the faces show them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::{JobId, RemotePath};

use super::actor::Actor;
use super::message::{Direction, JobProgress, Progress};
use super::meter::{Meter, time_left};
use super::pump::Counter;

/// A job on a session.
pub(super) struct Running {
    pub(super) id: JobId,
    pub(super) direction: Direction,
    pub(super) server: Arc<str>,
    pub(super) local: PathBuf,
    pub(super) remote: RemotePath,
    pub(super) counter: Arc<Counter>,
    pub(super) meter: Meter,
    /// How far the try before this one came.
    pub(super) before: u64,
    /// What of it is in the totals already.
    pub(super) counted: u64,
}

/// Bytes moved since the program started, and how fast.
#[derive(Default)]
pub(super) struct Totals {
    down: (u64, Meter),
    up: (u64, Meter),
    last: Option<Progress>,
}

impl Actor {
    /// What moves; `None` where nothing did since the last time.
    pub(super) fn progress(&mut self) -> Option<Progress> {
        let now = self.now;
        let mut jobs = Vec::new();
        for slot in self.sessions.values_mut() {
            let Some(running) = slot.tasks.front_mut().and_then(|busy| busy.job.as_mut()) else { continue };
            self.totals.count(running);
            running.meter.sample(now, running.counter.moved());
            let (bytes, rate) = (running.counter.bytes(), running.meter.rate());
            // Now, and not when it stops: after a kill nobody else knows whose half file that is.
            if let Some(wrote) = running.counter.wrote()
                && self.queue.job(running.id).is_some_and(|job| job.wrote.is_none())
            {
                self.queue.update(running.id, |job| job.wrote = Some(wrote.clone()));
            }
            // What is left counts what is on its way.
            let size = self.queue.progress(running.id, bytes, running.counter.size());
            let left = size.map(|size| size.saturating_sub(bytes));
            let time_left = left.and_then(|left| time_left(left, rate));
            jobs.push(JobProgress { id: running.id, bytes, size, rate, time_left });
        }
        if jobs.is_empty() {
            // Nothing runs: the next rate begins afresh, and the faces hear once that this one is over.
            self.totals.pause();
            return self
                .totals
                .last
                .take()
                .map(|_| Progress { bytes_left: self.queue.outstanding(), ..Progress::default() });
        }
        jobs.sort_unstable_by_key(|job| job.id);
        let (rate_down, rate_up) = self.totals.rates(now);
        let bytes_left = self.queue.outstanding();
        let progress = Progress {
            jobs,
            rate_down,
            rate_up,
            bytes_left,
            time_left: time_left(bytes_left, rate_down + rate_up).filter(|_| bytes_left > 0),
        };
        if self.totals.last.as_ref() == Some(&progress) {
            return None;
        }
        self.totals.last = Some(progress.clone());
        Some(progress)
    }
}

impl Totals {
    /// Adds what a job moved since the last look.
    pub(super) fn count(&mut self, running: &mut Running) {
        let moved = running.counter.moved();
        // A transfer that began anew counts from zero again.
        let more = if moved >= running.counted { moved - running.counted } else { moved };
        running.counted = moved;
        match running.direction {
            Direction::Download => self.down.0 += more,
            Direction::Upload => self.up.0 += more,
        }
    }

    fn rates(&mut self, now: Instant) -> (u64, u64) {
        self.down.1.sample(now, self.down.0);
        self.up.1.sample(now, self.up.0);
        (self.down.1.rate(), self.up.1.rate())
    }

    /// Whether the faces show something moving.
    pub(super) fn are_shown(&self) -> bool {
        self.last.is_some()
    }

    fn pause(&mut self) {
        self.down.1.reset();
        self.up.1.reset();
    }
}
