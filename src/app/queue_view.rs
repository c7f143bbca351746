//! The queue as the window shows it: the engine's jobs by id, in order, sorted into four tabs.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::domain::JobId;
use crate::engine::message::{JobChange, JobState, JobView, Outcome, Progress};

/// The transfers.
#[derive(Debug, Default)]
pub struct Queue {
    jobs: HashMap<JobId, Job>,
    order: Vec<JobId>,
    tabs: [Vec<JobId>; 4],
    /// Whether nothing new starts.
    pub paused: bool,
    /// What moves, and the totals.
    pub progress: Progress,
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

/// The queue panel's tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Waits: its turn, the next try, or paused.
    Queued,
    /// Runs, or waits for an answer.
    Active,
    /// Failed or cancelled.
    Failed,
    /// All well.
    Done,
}

impl Tab {
    /// In the order of the panel.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Active, Self::Failed, Self::Done];

    /// Where a job of that state is shown; `None` for a folder that became jobs of its own.
    pub fn of(state: &JobState) -> Option<Self> {
        match state {
            JobState::Queued | JobState::Waiting { .. } | JobState::Paused => Some(Self::Queued),
            JobState::Running | JobState::Asking(_) => Some(Self::Active),
            JobState::Failed(_) | JobState::Cancelled => Some(Self::Failed),
            JobState::Done(Outcome::Folder) => None,
            JobState::Done(_) => Some(Self::Done),
        }
    }
}

impl Queue {
    /// The jobs of a tab, in the queue's order.
    pub fn tab(&self, tab: Tab) -> &[JobId] {
        &self.tabs[tab as usize]
    }

    /// How many jobs a tab has.
    pub fn count(&self, tab: Tab) -> usize {
        self.tab(tab).len()
    }

    /// A job; `None` once it is gone.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// All of them, in order.
    pub fn order(&self) -> &[JobId] {
        &self.order
    }

    /// Whether something runs or will run without the user.
    pub fn is_busy(&self) -> bool {
        self.count(Tab::Active) > 0 || (!self.paused && self.count(Tab::Queued) > 0)
    }

    /// Takes the changes in; the ids of jobs that just ended well come back.
    pub(super) fn apply(&mut self, changes: Vec<JobChange>) -> Vec<JobId> {
        let mut finished = Vec::new();
        let mut gone = HashSet::new();
        let mut tabs_changed = false;
        for change in changes {
            match change {
                JobChange::Added { job, before } => {
                    let id = job.id;
                    gone.remove(&id);
                    let at = before.and_then(|before| self.order.iter().position(|other| *other == before));
                    if self.jobs.insert(id, Job { view: *job, rate: 0, time_left: None }).is_none() {
                        self.order.insert(at.unwrap_or(self.order.len()), id);
                    }
                    tabs_changed = true;
                }
                JobChange::Changed { id, state, bytes, size } => {
                    let Some(job) = self.jobs.get_mut(&id) else { continue };
                    tabs_changed |= Tab::of(&job.view.state) != Tab::of(&state);
                    if matches!(state, JobState::Done(_)) && !matches!(job.view.state, JobState::Done(_)) {
                        finished.push(id);
                    }
                    if !matches!(state, JobState::Running) {
                        (job.rate, job.time_left) = (0, None);
                    }
                    (job.view.state, job.view.bytes, job.view.size) = (state, bytes, size.or(job.view.size));
                }
                JobChange::Removed(id) => {
                    gone.insert(id);
                    tabs_changed = true;
                }
                JobChange::Order(order) => {
                    self.order = order;
                    tabs_changed = true;
                }
            }
        }
        if !gone.is_empty() {
            self.order.retain(|id| !gone.contains(id));
            self.jobs.retain(|id, _| !gone.contains(id));
        }
        // Once a batch, not once a job: a folder of 2,000 files comes as a few batches.
        if tabs_changed {
            self.sort_into_tabs();
        }
        finished
    }

    pub(super) fn progressed(&mut self, progress: Progress) {
        for moved in &progress.jobs {
            if let Some(job) = self.jobs.get_mut(&moved.id) {
                (job.view.bytes, job.rate, job.time_left) = (moved.bytes, moved.rate, moved.time_left);
                job.view.size = moved.size.or(job.view.size);
            }
        }
        self.progress = progress;
    }

    fn sort_into_tabs(&mut self) {
        for tab in &mut self.tabs {
            tab.clear();
        }
        for id in &self.order {
            let tab = self.jobs.get(id).and_then(|job| Tab::of(&job.view.state));
            if let Some(tab) = tab {
                self.tabs[tab as usize].push(*id);
            }
        }
        if self.tabs[Tab::Active as usize].is_empty() {
            self.progress.jobs.clear();
            (self.progress.rate_down, self.progress.rate_up) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{EntryKind, RemotePath, Site};
    use crate::engine::message::{Direction, JobProgress};

    fn added(id: u64, before: Option<u64>) -> JobChange {
        let job = JobView {
            id: JobId(id),
            parent: None,
            site: Arc::new(Site::default()),
            direction: Direction::Download,
            kind: EntryKind::File,
            local: format!("/l/{id}").into(),
            remote: RemotePath::new(format!("/r/{id}")),
            size: Some(10),
            bytes: 0,
            state: JobState::Queued,
        };
        JobChange::Added { job: Box::new(job), before: before.map(JobId) }
    }

    fn changed(id: u64, state: JobState) -> JobChange {
        JobChange::Changed { id: JobId(id), state, bytes: 5, size: None }
    }

    #[test]
    fn jobs_are_counted_in_the_tab_of_their_state() {
        let mut queue = Queue::default();
        queue.apply((1..=5).map(|id| added(id, None)).collect());
        let finished = queue.apply(vec![
            changed(1, JobState::Running),
            changed(2, JobState::Done(Outcome::Transferred)),
            changed(3, JobState::Cancelled),
            changed(4, JobState::Done(Outcome::Folder)),
        ]);
        assert_eq!(Tab::ALL.map(|tab| queue.count(tab)), [1, 1, 1, 1]);
        assert_eq!(finished, [JobId(2), JobId(4)]);
        assert_eq!(queue.job(JobId(1)).and_then(|job| job.view.size), Some(10), "a known size stays known");
        queue.apply(vec![JobChange::Removed(JobId(2)), JobChange::Removed(JobId(5))]);
        assert_eq!(Tab::ALL.map(|tab| queue.count(tab)), [0, 1, 1, 0]);
    }

    #[test]
    fn new_jobs_go_before_the_one_named_and_order_is_kept() {
        let mut queue = Queue::default();
        queue.apply(vec![added(1, None), added(2, None), added(3, Some(2))]);
        assert_eq!(queue.tab(Tab::Queued), [JobId(1), JobId(3), JobId(2)]);
        queue.apply(vec![JobChange::Order(vec![JobId(2), JobId(1), JobId(3)])]);
        assert_eq!(queue.tab(Tab::Queued), [JobId(2), JobId(1), JobId(3)]);
    }

    #[test]
    fn progress_moves_the_job_and_ends_with_it() {
        let mut queue = Queue::default();
        queue.apply(vec![added(1, None), changed(1, JobState::Running)]);
        let moved = JobProgress { id: JobId(1), bytes: 7, size: Some(10), rate: 3, time_left: None };
        queue.progressed(Progress { jobs: vec![moved], rate_down: 3, ..Progress::default() });
        assert_eq!(queue.job(JobId(1)).map(|job| (job.view.bytes, job.rate)), Some((7, 3)));
        queue.apply(vec![changed(1, JobState::Done(Outcome::Transferred))]);
        assert_eq!(queue.job(JobId(1)).map(|job| job.rate), Some(0));
        assert_eq!(queue.progress.rate_down, 0);
    }
}
