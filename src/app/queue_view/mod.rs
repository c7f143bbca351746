//! The queue as the window shows it: the engine's jobs by id, in order, sorted into four tabs. A million of them fit, and no
//! frame has more to do than it can.

mod found;
mod order;
mod selection;
pub(crate) mod tab;

pub use crate::app::queue_view::found::Found;
use crate::app::queue_view::order::Order;
pub use crate::app::queue_view::selection::QueueSelection;
pub use crate::app::queue_view::tab::Tab;
use crate::domain::{ById, JobId};
use crate::engine::message::{JobChange, JobState, JobView, Kept, Outcome, Progress, Standing};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::time::Duration;

/// A queue longer than this is sorted into its tabs only now and then, and a piece at a time.
const LONG: usize = 20_000;

/// So often, in seconds.
const SORT_EVERY: f64 = 0.25;

/// So many jobs of it are sorted in one frame: some milliseconds.
const A_FRAME: usize = 48 * 1024;

/// The transfers.
#[derive(Debug, Default)]
pub struct Queue {
    jobs: ById<Kept>,
    /// Some of them may be gone.
    order: Order,
    /// Named by an order before they are told of.
    foretold: VecDeque<Range<JobId>>,
    speeds: HashMap<JobId, (u64, Option<Duration>)>,
    tabs: [Vec<JobId>; 4],
    counts: [usize; 4],
    /// The tabs are as they were before the last changes.
    stale: bool,
    /// The tabs as they will be.
    sorting: Option<Sorting>,
    sorted_at: f64,
    version: u64,
    /// Whether nothing new starts.
    pub paused: bool,
    /// What moves, and the totals.
    pub progress: Progress,
}

/// Tabs on their way.
#[derive(Debug, Default)]
struct Sorting {
    /// Which piece of the order comes next.
    at: usize,
    tabs: [Vec<JobId>; 4],
}

/// A job and what is known of its speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// As the engine tells it; `bytes` and `size` follow the progress.
    pub view: JobView,
    /// Bytes a second, while it runs.
    pub rate: u64,
    /// Where it can be told.
    pub time_left: Option<Duration>,
}

impl Queue {
    /// The jobs of a tab, in the queue's order.
    pub fn tab(&self, tab: Tab) -> &[JobId] {
        &self.tabs[tab as usize]
    }

    /// Another one each time that the tabs were sorted.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many jobs a tab has.
    pub fn count(&self, tab: Tab) -> usize {
        self.counts[tab as usize]
    }

    /// A job; `None` once it is gone.
    pub fn job(&self, id: JobId) -> Option<Job> {
        let view = self.jobs.find(id)?.view(id);
        let (rate, time_left) = self.speeds.get(&id).copied().unwrap_or_default();
        Some(Job { view, rate, time_left })
    }

    /// Whether something runs or will run without the user.
    pub fn is_busy(&self) -> bool {
        self.count(Tab::Active) > 0 || (!self.paused && self.count(Tab::Queued) > 0)
    }

    /// Takes the changes in; the ids of jobs that just ended well come back.
    pub(crate) fn apply(&mut self, changes: Vec<JobChange>) -> Vec<JobId> {
        let mut finished = Vec::new();
        let mut tabs_changed = false;
        // New jobs come in rows that go to one place.
        let mut row: Vec<JobId> = Vec::new();
        let mut row_before = None;
        for change in changes {
            let joins = matches!(&change, JobChange::Added { before, .. } if *before == row_before);
            if !joins && matches!(change, JobChange::Added { .. } | JobChange::Order { .. }) {
                self.put_in_order(&mut row, row_before);
            }
            match change {
                JobChange::Added { id, job, before } => {
                    row_before = before;
                    self.count_in(&job.standing());
                    match self.jobs.insert(id, job) {
                        Some(before) => self.count_out(&before.standing()),
                        None if self.was_foretold(id) => {}
                        None => row.push(id),
                    }
                    tabs_changed = true;
                }
                JobChange::Changed { id, state, bytes, size, ended } => {
                    let Some(job) = self.jobs.find_mut(id) else { continue };
                    if matches!(state, JobState::Done(_)) && !matches!(job.standing(), Standing::Done(_)) {
                        finished.push(id);
                    }
                    if state != JobState::Running {
                        self.speeds.remove(&id);
                    }
                    let (before, now) = (job.standing(), Standing::from(state));
                    job.set_standing(now.clone());
                    job.bytes = bytes;
                    job.set_size(size.or(job.size()));
                    job.set_ended(ended);
                    if tab_of(&before) != tab_of(&now) {
                        self.count_out(&before);
                        self.count_in(&now);
                        tabs_changed = true;
                    }
                }
                JobChange::Removed(id) => {
                    if let Some(job) = self.jobs.remove(id) {
                        self.count_out(&job.standing());
                        self.speeds.remove(&id);
                        tabs_changed = true;
                    }
                    row.retain(|other| *other != id);
                }
                JobChange::Order { order, untold } => {
                    self.foretold = untold.into();
                    self.order = order.into();
                    // Anew, in the next frame.
                    self.sorting = None;
                    tabs_changed = true;
                }
            }
        }
        self.put_in_order(&mut row, row_before);
        // Once a batch, not once a job; and of a long queue not even that.
        if tabs_changed {
            self.stale = true;
            if self.order.len() <= LONG {
                self.sorting = None;
                self.sort(LONG);
            }
        }
        if self.count(Tab::Active) == 0 {
            self.progress.jobs.clear();
            (self.progress.rate_down, self.progress.rate_up) = (0, 0);
        }
        finished
    }

    pub(crate) fn progressed(&mut self, progress: Progress) {
        for moved in &progress.jobs {
            if let Some(job) = self.jobs.find_mut(moved.id) {
                job.bytes = moved.bytes;
                job.set_size(moved.size.or(job.size()));
                self.speeds.insert(moved.id, (moved.rate, moved.time_left));
            }
        }
        self.progress = progress;
    }

    /// What time brings: a long queue is sorted into its tabs again, a piece in each frame. How long until there is more to
    /// do, in seconds.
    pub(crate) fn settle(&mut self, now: f64) -> Option<f64> {
        if self.sorting.is_none() {
            if !self.stale {
                return None;
            }
            let left = self.sorted_at + SORT_EVERY - now;
            if left > 0.0 && self.order.len() > LONG {
                return Some(left);
            }
        }
        if !self.sort(A_FRAME) {
            return Some(0.0);
        }
        self.sorted_at = now;
        self.stale.then_some(SORT_EVERY)
    }

    /// Whether an order told of it before it came.
    fn was_foretold(&mut self, id: JobId) -> bool {
        while self.foretold.front().is_some_and(|range| range.end <= id) {
            self.foretold.pop_front();
        }
        match self.foretold.front_mut() {
            Some(range) if range.contains(&id) => {
                // They come one after the other.
                range.start = JobId(id.0 + 1);
                true
            }
            _ => false,
        }
    }

    fn put_in_order(&mut self, row: &mut Vec<JobId>, before: Option<JobId>) {
        let split = self.order.insert(row, before);
        if let (Some(sorting), Some(at)) = (&mut self.sorting, split)
            && at < sorting.at
        {
            sorting.at += 1;
        }
        row.clear();
    }

    fn count_in(&mut self, standing: &Standing) {
        if let Some(tab) = tab_of(standing) {
            self.counts[tab as usize] += 1;
        }
    }

    fn count_out(&mut self, standing: &Standing) {
        if let Some(tab) = tab_of(standing) {
            self.counts[tab as usize] -= 1;
        }
    }

    /// Sorts so many more jobs into the tabs that will be; `true` = all are, and these are the tabs now. What changes in
    /// between is sorted the next time.
    fn sort(&mut self, most: usize) -> bool {
        let mut sorting = self.sorting.take().unwrap_or_else(|| {
            self.stale = false;
            Sorting::default()
        });
        let (tabs, foretold) = (&mut sorting.tabs, &self.foretold);
        let mut jobs = self.jobs.cursor();
        let mut left = most;
        while left > 0 && sorting.at < self.order.pieces() {
            let sorted = self.order.retain(sorting.at, |id| {
                let Some(job) = jobs.find(id) else { return foretold.iter().any(|range| range.contains(&id)) };
                if let Some(tab) = tab_of(&job.standing()) {
                    tabs[tab as usize].push(id);
                }
                true
            });
            left = left.saturating_sub(sorted);
            sorting.at += 1;
        }
        if sorting.at < self.order.pieces() {
            self.sorting = Some(sorting);
            return false;
        }
        self.tabs = sorting.tabs;
        self.order.sweep();
        self.version += 1;
        true
    }
}

/// [`Tab::of`].
fn tab_of(standing: &Standing) -> Option<Tab> {
    match standing {
        Standing::Queued | Standing::Paused => Some(Tab::Queued),
        Standing::Running | Standing::Asking(_) => Some(Tab::Active),
        Standing::Cancelled => Some(Tab::Failed),
        Standing::Done(Outcome::Folder) => None,
        Standing::Done(_) => Some(Tab::Done),
        Standing::Other(state) => Tab::of(state),
    }
}

#[cfg(test)]
mod tests;
