//! The queue: which jobs there are, in which order, and which may run next. Pure: no threads, no disk, no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::{EntryKind, JobId, RemotePath, Site, Timestamp};
use crate::store::settings::ConflictPolicy;

use super::job::{Child, Existing, Job, Rank, may_become};
use super::message::{Direction, JobChange, JobState, Place};

/// All jobs.
#[derive(Default)]
pub(super) struct Queue {
    jobs: HashMap<JobId, Job>,
    order: BTreeMap<Rank, JobId>,
    ready: HashMap<Arc<str>, Ready>,
    waiting: BTreeSet<(SystemTime, JobId)>,
    /// Targets being written: two jobs never write one file at a time.
    targets: HashSet<Target>,
    last_id: u64,
    outstanding: u64,
    changes: Vec<JobChange>,
    dirty: HashSet<JobId>,
    removed: Vec<JobId>,
}

/// What waits for a session of one server, in order.
#[derive(Default)]
struct Ready {
    files: BTreeMap<Rank, JobId>,
    folders: BTreeMap<Rank, JobId>,
    /// The large ones of the files, by size.
    large: BTreeSet<(u64, JobId)>,
}

/// From this size on, a file may be called out of turn.
const LARGE: u64 = 1 << 20;

/// What the engine tells the faces and the journal after a round of work.
pub(super) struct Changes {
    pub(super) changes: Vec<JobChange>,
    /// To be written to the journal: new or changed.
    pub(super) dirty: HashSet<JobId>,
    /// To be taken out of the journal.
    pub(super) removed: Vec<JobId>,
}

/// A new order.
pub(super) struct NewJob {
    pub(super) site: Arc<Site>,
    pub(super) direction: Direction,
    pub(super) kind: EntryKind,
    pub(super) local: PathBuf,
    pub(super) remote: RemotePath,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Timestamp>,
    pub(super) policy: ConflictPolicy,
    pub(super) loose: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Target {
    Local(PathBuf),
    Remote(Arc<str>, RemotePath),
}

impl Queue {
    /// Adds an order at the end.
    pub(super) fn add(&mut self, new: NewJob) -> JobId {
        let order = self.order.last_key_value().map_or(0, |(rank, _)| rank.order.saturating_add(1));
        let id = self.next_id();
        let NewJob { site, direction, kind, local, remote, size, modified, policy, loose } = new;
        self.insert(Job {
            id,
            parent: None,
            rank: Rank { order, step: id.0 },
            server: site.server_key().into(),
            site,
            direction,
            kind,
            local,
            remote,
            size,
            modified,
            policy,
            loose,
            existing: Existing::Unknown,
            state: JobState::Queued,
            bytes: 0,
            begun: false,
            wrote: None,
            left: None,
            attempt: 0,
            handed: false,
        });
        id
    }

    /// What a folder holds follows the folder.
    pub(super) fn add_children(&mut self, parent: JobId, children: Vec<Child>) {
        let Some(folder) = self.jobs.get(&parent) else { return };
        let template = folder.clone();
        for child in children {
            let id = self.next_id();
            let Child { kind, local, remote, size, modified, existing } = child;
            self.insert(Job {
                id,
                parent: Some(parent),
                rank: Rank { order: template.rank.order, step: id.0 },
                kind,
                local,
                remote,
                size,
                modified,
                existing,
                loose: false,
                state: JobState::Queued,
                bytes: 0,
                begun: false,
                wrote: None,
                left: None,
                attempt: 0,
                handed: false,
                ..template.clone()
            });
        }
    }

    /// A job as the journal knew it.
    pub(super) fn restore(&mut self, job: Job) {
        self.last_id = self.last_id.max(job.id.0);
        let id = job.id;
        self.insert(job);
        self.dirty.remove(&id);
    }

    pub(super) fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// For what is no state: sizes found out, answers. The state moves by [`Self::transition`] alone.
    pub(super) fn update(&mut self, id: JobId, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let before = job.outstanding();
        let (state, rank) = (job.state.clone(), job.rank);
        change(job);
        debug_assert!(job.state == state && job.rank == rank, "update() changes neither state nor place");
        self.outstanding = self.outstanding - before + job.outstanding();
        self.dirty.insert(id);
    }

    /// A running job stands at so many bytes, and perhaps its size was found out; gives its size. For what is left: the
    /// journal hears it when the job stops.
    pub(super) fn progress(&mut self, id: JobId, bytes: u64, size: Option<u64>) -> Option<u64> {
        let job = self.jobs.get_mut(&id)?;
        let before = job.outstanding();
        job.bytes = bytes;
        job.size = size.or(job.size);
        self.outstanding = self.outstanding - before + job.outstanding();
        job.size
    }

    /// The one place where a job's state changes. `false` = not allowed from where it is; nothing happened.
    pub(super) fn transition(&mut self, id: JobId, to: JobState) -> bool {
        let Some(job) = self.jobs.get_mut(&id) else { return false };
        if job.state == to || !may_become(&job.state, &to) {
            return false;
        }
        let before = job.outstanding();
        let from = std::mem::replace(&mut job.state, to);
        job.handed = false;
        self.outstanding = self.outstanding - before + job.outstanding();
        let (rank, server, size, state) = (job.rank, Arc::clone(&job.server), job.size, job.state.clone());
        self.changes.push(JobChange::Changed { id, state: state.clone(), bytes: job.bytes, size: job.size });
        self.dirty.insert(id);
        match from {
            JobState::Queued => self.unready(&server, (rank, id), size),
            JobState::Waiting { retry_at, .. } => {
                self.waiting.remove(&(retry_at, id));
            }
            _ => {}
        }
        match state {
            JobState::Queued => self.enlist(id),
            JobState::Waiting { retry_at, .. } => {
                self.waiting.insert((retry_at, id));
            }
            _ => {}
        }
        true
    }

    /// The next job of that server that may run; its target is free.
    pub(super) fn next_ready(&self, server: &str) -> Option<JobId> {
        let next = [self.next_file(server), self.next_folder(server)];
        next.into_iter().flatten().min_by_key(|id| self.jobs.get(id).map(|job| job.rank))
    }

    /// The same of what is no folder, as far as it is known.
    pub(super) fn next_file(&self, server: &str) -> Option<JobId> {
        self.ready.get(server)?.files.values().copied().find(|id| self.has_free_target(*id))
    }

    /// The same of folders.
    pub(super) fn next_folder(&self, server: &str) -> Option<JobId> {
        self.ready.get(server)?.folders.values().copied().find(|id| self.has_free_target(*id))
    }

    /// The largest file of that server that may run, and its size; `None` where there is no large one.
    pub(super) fn largest(&self, server: &str) -> Option<(u64, JobId)> {
        let ready = self.ready.get(server)?;
        // A size that was found out meanwhile leaves an old entry behind.
        let waits = |id: &JobId| self.jobs.get(id).is_some_and(|job| ready.files.contains_key(&job.rank));
        ready.large.iter().rev().copied().find(|(_, id)| waits(id) && self.has_free_target(*id))
    }

    /// How many of what is no folder, as far as it is known, wait for a session of that server.
    pub(super) fn ready_files(&self, server: &str) -> usize {
        self.ready.get(server).map_or(0, |ready| ready.files.len())
    }

    fn has_free_target(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|job| !self.targets.contains(&target(job)))
    }

    /// Servers with something to do.
    pub(super) fn ready_servers(&self) -> Vec<Arc<str>> {
        self.ready.keys().cloned().collect()
    }

    /// How many jobs of that server wait for a session.
    pub(super) fn ready_count(&self, server: &str) -> usize {
        self.ready.get(server).map_or(0, |ready| ready.files.len() + ready.folders.len())
    }

    /// A session has it from now on, to begin it when it comes to it; nobody else writes its target.
    pub(super) fn hand(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        self.targets.insert(target(job));
        job.handed = true;
        let (server, rank, size) = (Arc::clone(&job.server), job.rank, job.size);
        self.dirty.insert(id);
        self.unready(&server, (rank, id), size);
    }

    /// The session gave it back without having begun.
    pub(super) fn take_back(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        self.targets.remove(&target(job));
        self.dirty.insert(id);
        job.handed = false;
        match job.state {
            JobState::Queued => self.enlist(id),
            // It was about to begin.
            JobState::Running => drop(self.transition(id, JobState::Queued)),
            _ => {}
        }
    }

    /// No session writes it any more. Called with the paths the job had when it was held.
    pub(super) fn release_target(
        &mut self,
        direction: Direction,
        server: &Arc<str>,
        local: &Path,
        remote: &RemotePath,
    ) {
        self.targets.remove(&match direction {
            Direction::Download => Target::Local(local.to_owned()),
            Direction::Upload => Target::Remote(Arc::clone(server), remote.clone()),
        });
    }

    /// Waiting jobs whose time has come go back into the queue.
    pub(super) fn wake(&mut self, now: SystemTime) {
        while let Some(&(at, id)) = self.waiting.first() {
            if at > now {
                break;
            }
            if !self.transition(id, JobState::Queued) {
                self.waiting.remove(&(at, id));
            }
        }
    }

    /// When the next waiting job's time comes.
    pub(super) fn next_wake(&self) -> Option<SystemTime> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Out of the queue.
    pub(super) fn remove(&mut self, id: JobId) {
        let Some(job) = self.jobs.remove(&id) else { return };
        self.outstanding -= job.outstanding();
        self.order.remove(&job.rank);
        self.unready(&job.server, (job.rank, id), job.size);
        if let JobState::Waiting { retry_at, .. } = job.state {
            self.waiting.remove(&(retry_at, id));
        }
        self.dirty.remove(&id);
        self.removed.push(id);
        self.changes.push(JobChange::Removed(id));
    }

    /// Moves jobs, their order among themselves kept.
    pub(super) fn move_to(&mut self, ids: &[JobId], place: Place) {
        let mut chosen: Vec<(Rank, JobId)> =
            ids.iter().filter_map(|id| self.jobs.get(id).map(|job| (job.rank, *id))).collect();
        chosen.sort_unstable();
        match place {
            Place::First => {
                for (_, id) in chosen.iter().rev() {
                    let order = self.order.first_key_value().map_or(0, |(rank, _)| rank.order.saturating_sub(1));
                    self.set_rank(*id, Rank { order, step: id.0 });
                }
            }
            Place::Last => {
                for (_, id) in &chosen {
                    let order = self.order.last_key_value().map_or(0, |(rank, _)| rank.order.saturating_add(1));
                    self.set_rank(*id, Rank { order, step: id.0 });
                }
            }
            Place::Up => {
                let ids: HashSet<JobId> = chosen.iter().map(|(_, id)| *id).collect();
                for (_, id) in chosen {
                    self.swap_with(id, |queue, rank| {
                        let other = queue.order.range(..rank).rev().find(|(_, id)| queue.is_movable(**id))?;
                        (!ids.contains(other.1)).then_some(*other.1)
                    });
                }
            }
            Place::Down => {
                let ids: HashSet<JobId> = chosen.iter().map(|(_, id)| *id).collect();
                for (_, id) in chosen.into_iter().rev() {
                    self.swap_with(id, |queue, rank| {
                        use std::ops::Bound::{Excluded, Unbounded};
                        let mut after = queue.order.range((Excluded(rank), Unbounded));
                        let other = after.find(|(_, id)| queue.is_movable(**id))?;
                        (!ids.contains(other.1)).then_some(*other.1)
                    });
                }
            }
        }
        // A move of many would be as many messages; the order anew is one.
        self.changes.push(JobChange::Order(self.order.values().copied().collect()));
    }

    /// Every job, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Job> {
        self.order.values().filter_map(|id| self.jobs.get(id))
    }

    /// Bytes that the queue will still move by itself, where sizes are known.
    pub(super) fn outstanding(&self) -> u64 {
        self.outstanding
    }

    /// Whether nothing will happen any more by itself.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.waiting.is_empty()
    }

    /// Whether something changed since the last [`Self::take_changes`].
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty() || !self.dirty.is_empty()
    }

    /// What changed since the last call.
    pub(super) fn take_changes(&mut self) -> Changes {
        Changes {
            changes: std::mem::take(&mut self.changes),
            dirty: std::mem::take(&mut self.dirty),
            removed: std::mem::take(&mut self.removed),
        }
    }

    fn insert(&mut self, job: Job) {
        let (id, rank) = (job.id, job.rank);
        self.outstanding += job.outstanding();
        let queued = job.state == JobState::Queued;
        if let JobState::Waiting { retry_at, .. } = job.state {
            self.waiting.insert((retry_at, id));
        }
        self.order.insert(rank, id);
        use std::ops::Bound::{Excluded, Unbounded};
        let before = self.order.range((Excluded(rank), Unbounded)).next().map(|(_, id)| *id);
        self.changes.push(JobChange::Added { job: Box::new(job.view()), before });
        self.dirty.insert(id);
        self.jobs.insert(id, job);
        if queued {
            self.enlist(id);
        }
    }

    fn set_rank(&mut self, id: JobId, rank: Rank) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let old = std::mem::replace(&mut job.rank, rank);
        let server = Arc::clone(&job.server);
        self.order.remove(&old);
        self.order.insert(rank, id);
        if let Some(ready) = self.ready.get_mut(&server) {
            if ready.files.remove(&old).is_some() {
                ready.files.insert(rank, id);
            }
            if ready.folders.remove(&old).is_some() {
                ready.folders.insert(rank, id);
            }
        }
        self.dirty.insert(id);
    }

    fn swap_with(&mut self, id: JobId, other: impl FnOnce(&Self, Rank) -> Option<JobId>) {
        let Some(rank) = self.jobs.get(&id).map(|job| job.rank) else { return };
        let Some(other) = other(self, rank) else { return };
        let Some(other_rank) = self.jobs.get(&other).map(|job| job.rank) else { return };
        // A place that nobody has, so that neither overwrites the other on the way.
        self.set_rank(id, Rank { order: i64::MAX, step: id.0 });
        self.set_rank(other, rank);
        self.set_rank(id, other_rank);
    }

    fn is_movable(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|job| !job.state.is_ended() && job.state != JobState::Running && !job.handed)
    }

    /// Among those that wait for a session.
    fn enlist(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id).filter(|job| !job.handed) else { return };
        let ready = self.ready.entry(Arc::clone(&job.server)).or_default();
        if job.kind == EntryKind::Directory {
            ready.folders.insert(job.rank, id);
            return;
        }
        ready.files.insert(job.rank, id);
        if let Some(size) = job.size.filter(|size| *size >= LARGE) {
            ready.large.insert((size, id));
        }
    }

    fn unready(&mut self, server: &Arc<str>, (rank, id): (Rank, JobId), size: Option<u64>) {
        let Some(ready) = self.ready.get_mut(server) else { return };
        ready.files.remove(&rank);
        ready.folders.remove(&rank);
        if let Some(size) = size {
            ready.large.remove(&(size, id));
        }
        if ready.files.is_empty() && ready.folders.is_empty() {
            self.ready.remove(server);
        }
    }

    fn next_id(&mut self) -> JobId {
        self.last_id += 1;
        JobId(self.last_id)
    }
}

fn target(job: &Job) -> Target {
    match job.direction {
        Direction::Download => Target::Local(job.local.clone()),
        Direction::Upload => Target::Remote(Arc::clone(&job.server), job.remote.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::message::Outcome;
    use std::time::Duration;

    const SERVER: &str = "u@h:21";

    fn new(name: &str) -> NewJob {
        NewJob {
            site: Arc::new(Site { host: "h".into(), user: "u".into(), ..Site::default() }),
            direction: Direction::Download,
            kind: EntryKind::File,
            local: PathBuf::from("/l").join(name),
            remote: RemotePath::root().join(name.as_bytes()),
            size: Some(10),
            modified: None,
            policy: ConflictPolicy::Ask,
            loose: false,
        }
    }

    fn child(name: &str) -> Child {
        Child {
            kind: EntryKind::File,
            local: PathBuf::from("/l").join(name),
            remote: RemotePath::root().join(name.as_bytes()),
            size: Some(1),
            modified: None,
            existing: Existing::Absent,
        }
    }

    fn names(queue: &Queue) -> Vec<String> {
        queue.iter().map(|job| job.local.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    fn run_next(queue: &mut Queue) -> Option<JobId> {
        let id = queue.next_ready(SERVER)?;
        queue.hand(id);
        assert!(queue.transition(id, JobState::Running));
        Some(id)
    }

    #[test]
    fn what_a_folder_holds_comes_before_the_next_order() {
        let mut queue = Queue::default();
        let folder = queue.add(new("folder"));
        queue.add(new("later"));
        queue.add_children(folder, vec![child("a"), child("b")]);
        assert_eq!(names(&queue), ["folder", "a", "b", "later"]);
        let changes = queue.take_changes().changes;
        let later = queue.iter().last().unwrap().id;
        assert!(matches!(&changes[2], JobChange::Added { before, .. } if *before == Some(later)), "{changes:?}");
    }

    #[test]
    fn jobs_run_in_order_and_leave_the_ready_list() {
        let mut queue = Queue::default();
        let (a, b) = (queue.add(new("a")), queue.add(new("b")));
        assert_eq!(run_next(&mut queue), Some(a));
        assert_eq!(run_next(&mut queue), Some(b));
        assert_eq!(run_next(&mut queue), None);
        assert!(queue.is_idle());
        assert_eq!(queue.outstanding(), 20);
        assert!(queue.transition(a, JobState::Done(Outcome::Transferred)));
        assert_eq!(queue.outstanding(), 10);
    }

    #[test]
    fn two_jobs_never_write_one_target_at_a_time() {
        let mut queue = Queue::default();
        let first = queue.add(new("same"));
        let second = queue.add(new("same"));
        assert_eq!(run_next(&mut queue), Some(first));
        assert_eq!(run_next(&mut queue), None);
        let job = queue.job(first).unwrap().clone();
        queue.release_target(job.direction, &job.server, &job.local, &job.remote);
        assert_eq!(run_next(&mut queue), Some(second));
    }

    #[test]
    fn what_is_done_stays_done() {
        let mut queue = Queue::default();
        let id = queue.add(new("a"));
        assert!(queue.transition(id, JobState::Running));
        assert!(queue.transition(id, JobState::Done(Outcome::Transferred)));
        for state in [JobState::Queued, JobState::Running, JobState::Paused, JobState::Cancelled] {
            assert!(!queue.transition(id, state));
        }
    }

    #[test]
    fn waiting_jobs_come_back_when_their_time_has_come() {
        let mut queue = Queue::default();
        let id = queue.add(new("a"));
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let error = super::super::message::JobError::Internal("test".into());
        queue.transition(id, JobState::Running);
        queue.transition(id, JobState::Waiting { retry_at: at, attempt: 1, error });
        assert_eq!(queue.next_wake(), Some(at));
        queue.wake(at - Duration::from_secs(1));
        assert_eq!(queue.next_ready(SERVER), None);
        queue.wake(at);
        assert_eq!(queue.next_ready(SERVER), Some(id));
        assert_eq!(queue.next_wake(), None);
    }

    #[test]
    fn moving_keeps_the_chosen_in_their_order() {
        let mut queue = Queue::default();
        let ids: Vec<JobId> = ["a", "b", "c", "d"].iter().map(|name| queue.add(new(name))).collect();
        queue.move_to(&[ids[3], ids[2]], Place::First);
        assert_eq!(names(&queue), ["c", "d", "a", "b"]);
        queue.move_to(&[ids[2], ids[3]], Place::Down);
        assert_eq!(names(&queue), ["a", "c", "d", "b"]);
        queue.move_to(&[ids[0]], Place::Last);
        assert_eq!(names(&queue), ["c", "d", "b", "a"]);
        queue.move_to(&[ids[1]], Place::Up);
        assert_eq!(names(&queue), ["c", "b", "d", "a"]);
        queue.move_to(&[ids[2]], Place::Up);
        assert_eq!(names(&queue), ["c", "b", "d", "a"]);
        assert_eq!(queue.next_ready(SERVER), Some(ids[2]));
    }

    #[test]
    fn a_removed_job_leaves_nothing_behind() {
        let mut queue = Queue::default();
        let id = queue.add(new("a"));
        queue.take_changes();
        queue.remove(id);
        assert!(queue.is_idle());
        assert_eq!(queue.outstanding(), 0);
        assert_eq!(queue.iter().count(), 0);
        let changes = queue.take_changes();
        assert_eq!(changes.changes, [JobChange::Removed(id)]);
        assert_eq!(changes.removed, [id]);
        assert!(changes.dirty.is_empty());
    }
}
