//! Bytes of all jobs together; what is done and what is left of the queue.

use std::ops::Add;
use std::time::Instant;

use crate::engine::job::outstanding::{Open, Volume};
use crate::engine::message::job::{JobState, Outcome};
use crate::engine::message::{Amount, Direction, JobChange, JobProgress, Progress};
use crate::engine::progress::estimate::Estimate;
use crate::engine::progress::meter::Meter;
use crate::engine::progress::running::Running;

/// What was finished since the queue had nothing to do last.
#[derive(Debug, Default)]
struct Run {
    done: Amount,
    /// The next job begins a new one.
    is_over: bool,
}

/// Bytes moved since the program started, and how fast.
#[derive(Default)]
pub(crate) struct Totals {
    down: (u64, Meter),
    up: (u64, Meter),
    /// Files finished since the program started.
    finished: u64,
    run: Run,
    estimate: Estimate,
    pub(crate) last: Progress,
}

impl Totals {
    /// Adds what a job moved since the last look.
    pub(crate) fn count(&mut self, running: &mut Running) {
        let moved = running.counter.moved();
        // A transfer that began anew counts from zero again.
        let more = if moved >= running.counted { moved - running.counted } else { moved };
        running.counted = moved;
        match running.direction {
            Direction::Download => self.down.0 += more,
            Direction::Upload => self.up.0 += more,
        }
    }

    /// What happened to the queue.
    pub(crate) fn hear(&mut self, change: &JobChange) {
        let before = self.run.done.files;
        self.run.hear(change);
        self.finished += self.run.done.files.saturating_sub(before);
    }

    /// Whether the faces show something moving.
    pub(crate) fn are_shown(&self) -> bool {
        !self.last.jobs.is_empty() || self.last.rate_down > 0 || self.last.rate_up > 0
    }

    pub(crate) fn sample(&mut self, now: Instant) {
        self.down.1.sample(now, self.down.0);
        self.up.1.sample(now, self.up.0);
        self.estimate.sample(now, Volume { files: self.finished, bytes: self.down.0 + self.up.0 });
    }

    pub(crate) fn progress(&mut self, now: Instant, jobs: Vec<JobProgress>, open: Open) -> Progress {
        if open == Open::default() {
            self.run.is_over = true;
        }
        let done = self.run.done + Amount { files: 0, bytes: open.bytes };
        let all = self.run.done + Amount { files: open.files, bytes: open.size };
        if jobs.is_empty() {
            // The next rate begins afresh.
            self.down.1.reset();
            self.up.1.reset();
            self.estimate.reset();
        }
        Progress {
            time_left: open.work(all).and_then(|work| self.estimate.left(now, work)),
            jobs,
            rate_down: self.down.1.shown(now),
            rate_up: self.up.1.shown(now),
            done,
            all,
            folders: open.folders,
            bytes_left: open.bytes_left(),
        }
    }
}

impl Run {
    fn hear(&mut self, change: &JobChange) {
        let is_open = match change {
            JobChange::Added { job, .. } => !job.standing().is_ended(),
            JobChange::Changed { state, .. } => !state.is_ended(),
            JobChange::Removed(_) | JobChange::Order { .. } => return,
        };
        if self.is_over && is_open {
            *self = Self::default();
        }
        // What the journal knows as done was done in another run.
        let JobChange::Changed { state: JobState::Done(outcome), bytes, .. } = change else { return };
        match outcome {
            Outcome::Transferred => self.done = self.done + Amount { files: 1, bytes: *bytes },
            // What is there already was not transferred.
            Outcome::Skipped => self.done.files += 1,
            Outcome::Folder => {}
        }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { files: self.files + other.files, bytes: self.bytes + other.bytes }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::JobId;
    use crate::domain::RemotePath;
    use std::collections::HashMap;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{EntryKind, Site};
    use crate::engine::message::JobError;
    use crate::engine::queue::{NewJob, Queue};
    use crate::store::settings::ConflictPolicy;

    fn new(at: usize, size: Option<u64>, kind: EntryKind) -> NewJob {
        NewJob {
            site: Arc::new(Site::default()),
            direction: Direction::Download,
            kind,
            local: format!("/l/{at}").into(),
            remote: RemotePath::new(format!("/r/{at}")),
            size,
            modified: None,
            policy: ConflictPolicy::Ask,
            loose: false,
        }
    }

    /// The faces' numbers after what just happened.
    fn shown(queue: &mut Queue, totals: &mut Totals) -> Progress {
        queue.take_changes(usize::MAX).iter().for_each(|change| totals.hear(change));
        totals.progress(Instant::now(), Vec::new(), queue.outstanding())
    }

    fn finish(queue: &mut Queue, id: JobId, bytes: u64) {
        queue.transition(id, JobState::Running);
        queue.update(id, |job| (job.bytes, job.size) = (bytes, Some(bytes)));
        queue.transition(id, JobState::Done(Outcome::Transferred));
    }

    #[test]
    fn what_restarts_gives_its_bytes_back_and_what_is_skipped_leaves_the_sums() {
        let (mut queue, mut totals) = (Queue::default(), Totals::default());
        let [a, b, c] = [1, 2, 3].map(|at| queue.add(new(at, Some(100), EntryKind::File)));
        let amount = |files, bytes| Amount { files, bytes };
        assert_eq!(shown(&mut queue, &mut totals).all, amount(3, 300));
        queue.transition(a, JobState::Running);
        queue.progress(a, 60, None);
        let progress = shown(&mut queue, &mut totals);
        assert_eq!((progress.done, progress.bytes_left), (amount(0, 60), 240));
        queue.progress(a, 0, None);
        assert_eq!(shown(&mut queue, &mut totals).done, amount(0, 0), "from the beginning");
        finish(&mut queue, a, 100);
        queue.transition(b, JobState::Running);
        queue.transition(b, JobState::Done(Outcome::Skipped));
        let progress = shown(&mut queue, &mut totals);
        assert_eq!((progress.done, progress.all), (amount(2, 100), amount(3, 200)));
        queue.transition(c, JobState::Paused);
        let progress = shown(&mut queue, &mut totals);
        assert_eq!((progress.all, progress.bytes_left), (amount(3, 200), 0), "paused: there, but not on its way");
        queue.transition(c, JobState::Failed(JobError::Internal("no".into())));
        assert_eq!(shown(&mut queue, &mut totals).all, amount(2, 100));
        queue.add(new(4, Some(7), EntryKind::File));
        let progress = shown(&mut queue, &mut totals);
        assert_eq!((progress.done, progress.all), (amount(0, 0), amount(1, 7)), "all was over: a new beginning");
    }

    #[test]
    fn files_of_unknown_size_are_taken_for_average_ones() {
        let open = Open { files: 3, unsized_files: 1, size: 200, bytes: 50, ..Open::default() };
        let all = Amount { files: 5, bytes: 400 };
        assert_eq!(open.work(all), Some(Volume { files: 3, bytes: 250 }));
        assert_eq!(Open { files: 1, unsized_files: 1, ..Open::default() }.work(Amount { files: 1, bytes: 0 }), None);
    }

    /// One thing that happens to one of the jobs.
    #[derive(Debug, Clone)]
    enum Happens {
        Added(Option<u64>, bool),
        Moved(u64),
        Learned(u64),
        Became(u8),
        Removed,
    }

    fn any_happening() -> impl Strategy<Value = (usize, Happens)> {
        let size = 0..1_000_000u64;
        let what = prop_oneof![
            2 => (prop::option::of(size.clone()), prop::bool::weighted(0.2)).prop_map(|(s, dir)| Happens::Added(s, dir)),
            4 => size.clone().prop_map(Happens::Moved),
            1 => size.prop_map(Happens::Learned),
            6 => (0..7u8).prop_map(Happens::Became),
            1 => Just(Happens::Removed),
        ];
        (any::<usize>(), what)
    }

    proptest! {
        #[test]
        fn the_sums_are_those_of_their_parts_and_at_the_end_the_bytes_on_the_disk(
            happenings in prop::collection::vec(any_happening(), 1..200)
        ) {
            let (mut queue, mut totals) = (Queue::default(), Totals::default());
            let mut disk: HashMap<JobId, u64> = HashMap::new();
            let mut finished = 0;
            // Open the whole time, so that the run does not end in between.
            let last = queue.add(new(0, Some(5), EntryKind::File));
            for (at, what) in happenings {
                let ids: Vec<JobId> = queue.iter().map(|job| job.id).filter(|id| *id != last).collect();
                let id = ids.get(at % ids.len().max(1)).copied();
                match (what, id) {
                    (Happens::Added(size, folder), _) => {
                        let kind = if folder { EntryKind::Directory } else { EntryKind::File };
                        queue.add(new(at, size.filter(|_| !folder), kind));
                    }
                    (Happens::Moved(bytes), Some(id)) if queue.job(id).expect("it").state == JobState::Running => {
                        queue.progress(id, bytes, None);
                    }
                    (Happens::Learned(size), Some(id)) => {
                        queue.progress(id, queue.job(id).expect("it").bytes, Some(size));
                    }
                    (Happens::Became(which), Some(id)) => {
                        let state = match which {
                            0 => JobState::Queued,
                            1 | 2 => JobState::Running,
                            3 => JobState::Paused,
                            4 => JobState::Failed(JobError::Internal("no".into())),
                            5 => JobState::Done(Outcome::Skipped),
                            _ => JobState::Done(Outcome::Transferred),
                        };
                        let job = queue.job(id).expect("it").clone();
                        let file = job.kind == EntryKind::File;
                        let state = if let (JobState::Done(_), false) = (&state, file) {
                            JobState::Done(Outcome::Folder)
                        } else {
                            state
                        };
                        let done = matches!(state, JobState::Done(_));
                        if queue.transition(id, state.clone()) && done && file {
                            finished += 1;
                            if state == JobState::Done(Outcome::Transferred) {
                                disk.insert(id, job.bytes);
                            }
                        }
                    }
                    (Happens::Removed, Some(id)) => queue.remove(id),
                    _ => {}
                }
                let progress = shown(&mut queue, &mut totals);
                let open: Vec<_> = queue.iter().filter(|job| !job.state.is_ended()).collect();
                let files: Vec<_> = open.iter().filter(|job| job.kind != EntryKind::Directory).collect();
                let whole = |job: &crate::engine::job::Job| job.size.unwrap_or(0).max(job.bytes);
                prop_assert_eq!(progress.done.files, finished);
                prop_assert_eq!(progress.all.files - progress.done.files, files.len() as u64);
                prop_assert_eq!(progress.folders, (open.len() - files.len()) as u64);
                let arrived: u64 = disk.values().sum::<u64>() + files.iter().map(|job| job.bytes).sum::<u64>();
                prop_assert_eq!(progress.done.bytes, arrived);
                let rest: u64 = files.iter().map(|job| whole(job) - job.bytes).sum();
                prop_assert_eq!(progress.all.bytes - progress.done.bytes, rest);
                prop_assert!(progress.bytes_left <= rest);
            }
            // All that is left is done.
            let ids: Vec<JobId> = queue.iter().filter(|job| job.kind == EntryKind::File).map(|job| job.id).collect();
            for id in ids {
                if !queue.job(id).expect("it").state.is_ended() {
                    if queue.job(id).expect("it").state != JobState::Queued {
                        queue.transition(id, JobState::Queued);
                    }
                    finish(&mut queue, id, 5);
                    disk.insert(id, 5);
                    finished += 1;
                }
            }
            let progress = shown(&mut queue, &mut totals);
            prop_assert_eq!(progress.done, Amount { files: finished, bytes: disk.values().sum() });
            prop_assert_eq!((progress.all, progress.bytes_left), (progress.done, 0));
        }
    }
}
