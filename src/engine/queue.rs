//! The queue: which jobs there are, in which order, and which may run next; what of it is still to be told to the faces
//! and to the journal. Pure: no threads, no disk, no clock.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::{ById, EntryKind, JobId, RemotePath, Route, Site, Timestamp};
use crate::store::settings::ConflictPolicy;

use super::job::{Child, Existing, Job, Rank, may_become};
use super::message::{Direction, JobChange, JobState, Outcome, Place, Standing};
use super::packed::Packed;
use super::totals::Open;

/// All jobs. With a journal a new job is held back until that has it ([`Self::saved`]): what is shown or started is durable.
pub(super) struct Queue {
    jobs: ById<Packed>,
    order: BTreeSet<Rank>,
    /// Places that jobs have exchanged; at any other place is the job of the place's number.
    exchanged: HashMap<Rank, JobId>,
    ready: HashMap<Arc<str>, Ready>,
    /// Servers that take no upload now.
    full: HashSet<Arc<str>>,
    waiting: BTreeSet<(SystemTime, JobId)>,
    /// Targets being written: two jobs never write one file at a time.
    targets: HashSet<Target>,
    last_id: u64,
    outstanding: Open,
    /// Of the last job that came: the next goes the same way, as a rule.
    route: Option<Arc<Route>>,
    /// What is found in folders that were not read to their end when the program was killed is here in part already.
    half_read: HashMap<JobId, HashSet<RemotePath>>,
    /// As of the last [`Self::wake`].
    now: SystemTime,
    journalled: bool,
    unsaved: usize,
    news: VecDeque<News>,
    dirty: VecDeque<JobId>,
    /// Folders whose files are written before them.
    postponed: HashSet<JobId>,
    removed: Vec<JobId>,
}

/// What waits for a session of one server, in order.
#[derive(Default)]
struct Ready {
    files: BTreeSet<Rank>,
    folders: BTreeSet<Rank>,
    /// The large ones of the files, by size.
    large: BTreeSet<(u64, JobId)>,
}

/// So many are looked at for one that may run; where they all may not, those behind them wait, too.
const FAR: usize = 1000;

/// From this size on, a file may be called out of turn.
const LARGE: u64 = 1 << 20;

/// What is to be told to the faces.
enum News {
    /// As what it came: what it became meanwhile is told behind it.
    Added {
        id: JobId,
        before: Option<JobId>,
        standing: Standing,
    },
    Changed(Box<Change>),
    Removed(JobId),
    Order,
}

struct Change {
    id: JobId,
    standing: Standing,
    bytes: u64,
    size: Option<u64>,
    ended: Option<Timestamp>,
}

/// What is to be written to the journal at one time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unwritten {
    /// New or changed.
    pub(super) changed: Vec<JobId>,
    /// To be taken out.
    pub(super) removed: Vec<JobId>,
    /// Some of them are new.
    pub(super) new: bool,
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

impl Default for Queue {
    fn default() -> Self {
        Self {
            jobs: ById::default(),
            order: BTreeSet::new(),
            exchanged: HashMap::new(),
            ready: HashMap::new(),
            full: HashSet::new(),
            waiting: BTreeSet::new(),
            targets: HashSet::new(),
            last_id: 0,
            outstanding: Open::default(),
            route: None,
            half_read: HashMap::new(),
            now: SystemTime::UNIX_EPOCH,
            journalled: false,
            unsaved: 0,
            news: VecDeque::new(),
            dirty: VecDeque::new(),
            postponed: HashSet::new(),
            removed: Vec::new(),
        }
    }
}

impl Queue {
    /// Adds an order at the end.
    pub(super) fn add(&mut self, new: NewJob) -> JobId {
        let order = self.order.last().map_or(0, |rank| rank.order.saturating_add(1));
        let id = self.next_id();
        let NewJob { site, direction, kind, local, remote, size, modified, policy, loose } = new;
        let server = match &self.route {
            Some(route) if Arc::ptr_eq(&route.site, &site) => Arc::clone(&route.server),
            _ => site.server_key().into(),
        };
        self.insert(Job {
            id,
            parent: None,
            rank: Rank { order, step: id.0 },
            server,
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
            ended: None,
            handed: false,
        });
        id
    }

    /// What a folder holds follows the folder. What is there already, of a reading that was cut short by the program's end,
    /// is not added again.
    pub(super) fn add_children(&mut self, parent: JobId, children: Vec<Child>) {
        let Some(template) = self.job(parent) else { return };
        let known = self.half_read.remove(&parent);
        for child in children {
            if known.as_ref().is_some_and(|known| known.contains(&child.remote)) {
                continue;
            }
            let id = self.next_id();
            let Child { kind, local, remote, size, modified, existing } = child;
            self.insert(Job {
                id,
                parent: Some(parent),
                rank: Rank { order: template.rank.order, step: id.0 },
                site: Arc::clone(&template.site),
                server: Arc::clone(&template.server),
                direction: template.direction,
                policy: template.policy,
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
                ended: None,
                handed: false,
            });
        }
        if let Some(known) = known {
            // Its folder may be told in several parts.
            self.half_read.insert(parent, known);
        }
    }

    /// A job as the journal knew it.
    pub(super) fn restore(&mut self, mut job: Job) {
        self.last_id = self.last_id.max(job.id.0);
        // Of two that exchanged their places the journal may have heard of one only.
        if self.order.contains(&job.rank) {
            job.rank.step = job.id.0;
            while self.order.contains(&job.rank) {
                job.rank.order = job.rank.order.saturating_add(1);
            }
        }
        let journalled = std::mem::replace(&mut self.journalled, false);
        let id = job.id;
        self.insert(job);
        self.journalled = journalled;
        if self.dirty.pop_back().is_some()
            && let Some(job) = self.jobs.find_mut(id)
        {
            job.dirty = false;
        }
    }

    /// Numbers up to this one are taken.
    pub(super) fn number_from(&mut self, last_id: u64) {
        self.last_id = self.last_id.max(last_id);
    }

    /// All that the journal knew is here. What was running, or may have been, is looked at again.
    pub(super) fn restored(&mut self) {
        let mut half_read: HashMap<JobId, HashSet<RemotePath>> = HashMap::new();
        for (_, job) in self.jobs.iter() {
            let Some(parent) = job.parent() else { continue };
            let unread = |parent: &Packed| parent.standing != Standing::Done(Outcome::Folder);
            if self.jobs.find(parent).is_some_and(unread) {
                half_read.entry(parent).or_default().insert(job.route.remote_path(job.names()));
            }
        }
        self.half_read = half_read;
    }

    /// From now on new jobs are held back until [`Self::saved`] tells that the journal has them; or no more.
    pub(super) fn keep_journal(&mut self, journalled: bool) {
        self.journalled = journalled;
        if !journalled && self.unsaved > 0 {
            let unsaved: Vec<JobId> = self.jobs.iter().filter(|(_, job)| job.unsaved).map(|(id, _)| id).collect();
            self.saved(&unsaved);
        }
    }

    pub(super) fn job(&self, id: JobId) -> Option<Job> {
        self.jobs.find(id).map(|job| job.job(id))
    }

    /// The same, as it is kept.
    pub(super) fn packed(&self, id: JobId) -> Option<&Packed> {
        self.jobs.find(id)
    }

    /// For what is no state: sizes found out, answers. The state moves by [`Self::transition`] alone.
    pub(super) fn update(&mut self, id: JobId, change: impl FnOnce(&mut Job)) {
        let Some(mut job) = self.job(id) else { return };
        let before = job.outstanding();
        let (state, rank) = (job.state.clone(), job.rank);
        change(&mut job);
        debug_assert!(job.state == state && job.rank == rank, "update() changes neither state nor place");
        self.outstanding = self.outstanding - before + job.outstanding();
        if let Some(packed) = self.jobs.find_mut(id) {
            packed.become_job(job);
        }
        self.soil(id);
    }

    /// A running job stands at so many bytes, and perhaps its size was found out; gives its size. For what is left: the
    /// journal hears it now and then ([`Self::record_progress`]), and when the job stops.
    pub(super) fn progress(&mut self, id: JobId, bytes: u64, size: Option<u64>) -> Option<u64> {
        let mut job = self.job(id)?;
        let before = job.outstanding();
        let moved = job.bytes != bytes;
        job.bytes = bytes;
        job.size = size.or(job.size);
        self.outstanding = self.outstanding - before + job.outstanding();
        let packed = self.jobs.find_mut(id)?;
        packed.moved |= moved;
        packed.stand_at(job.bytes, job.size);
        job.size
    }

    /// How far these are, for the journal.
    pub(super) fn record_progress(&mut self, ids: &[JobId]) {
        for id in ids {
            if self.jobs.find(*id).is_some_and(|job| job.moved) {
                self.soil(*id);
            }
        }
    }

    /// The one place where a job's state changes. `false` = not allowed from where it is; nothing happened.
    pub(super) fn transition(&mut self, id: JobId, to: JobState) -> bool {
        let Some(mut job) = self.job(id) else { return false };
        if job.state == to || !may_become(&job.state, &to) {
            return false;
        }
        let before = job.outstanding();
        let standing = Standing::from(to.clone());
        let from = std::mem::replace(&mut job.state, to);
        job.ended = if job.state.is_ended() { Some(Timestamp::from_system(self.now)) } else { None };
        self.outstanding = self.outstanding - before + job.outstanding();
        let Some(packed) = self.jobs.find_mut(id) else { return false };
        packed.handed = false;
        packed.stand(standing.clone(), job.ended);
        let unsaved = packed.unsaved;
        let (bytes, size, ended) = (job.bytes, job.size, job.ended);
        self.news.push_back(News::Changed(Box::new(Change { id, standing, bytes, size, ended })));
        self.soil(id);
        match from {
            JobState::Queued => self.unready(&job.server, (job.rank, id), job.size),
            JobState::Waiting { retry_at, .. } => {
                self.waiting.remove(&(retry_at, id));
            }
            _ => {}
        }
        match job.state {
            JobState::Queued if !unsaved => self.enlist(id),
            JobState::Waiting { retry_at, .. } => {
                self.waiting.insert((retry_at, id));
            }
            JobState::Done(Outcome::Folder) => {
                self.half_read.remove(&id);
            }
            _ => {}
        }
        true
    }

    /// The next job of that server that may run; its target is free.
    pub(super) fn next_ready(&self, server: &str) -> Option<JobId> {
        let next = [self.next_file(server), self.next_folder(server)];
        next.into_iter().flatten().min_by_key(|id| self.packed(*id).map(|job| job.rank))
    }

    /// The same of what is no folder, as far as it is known.
    pub(super) fn next_file(&self, server: &str) -> Option<JobId> {
        self.first_that_may(&self.ready.get(server)?.files)
    }

    /// The same of folders.
    pub(super) fn next_folder(&self, server: &str) -> Option<JobId> {
        self.first_that_may(&self.ready.get(server)?.folders)
    }

    /// The largest file of that server that may run, and its size; `None` where there is no large one.
    pub(super) fn largest(&self, server: &str) -> Option<(u64, JobId)> {
        let ready = self.ready.get(server)?;
        // A size that was found out meanwhile leaves an old entry behind.
        let waits = |id: &JobId| self.packed(*id).is_some_and(|job| ready.files.contains(&job.rank));
        ready.large.iter().rev().take(FAR).copied().find(|(_, id)| waits(id) && self.may_run(*id))
    }

    /// How many of what is no folder, as far as it is known, wait for a session of that server.
    pub(super) fn ready_files(&self, server: &str) -> usize {
        self.ready.get(server).map_or(0, |ready| ready.files.len())
    }

    /// From now on no upload to that server is given out, or they are again.
    pub(super) fn hold_uploads(&mut self, server: &Arc<str>, holds: bool) {
        if !holds {
            self.full.remove(server);
        } else if !self.full.contains(server) {
            self.full.insert(Arc::clone(server));
        }
    }

    fn first_that_may(&self, waiting: &BTreeSet<Rank>) -> Option<JobId> {
        waiting.iter().take(FAR).map(|rank| self.at(*rank)).find(|id| self.may_run(*id))
    }

    /// Whether nobody else writes its target, and the server takes it.
    fn may_run(&self, id: JobId) -> bool {
        let Some(job) = self.packed(id) else { return false };
        if job.route.direction == Direction::Upload && self.full.contains(&job.route.server) {
            return false;
        }
        self.targets.is_empty() || !self.targets.contains(&target(&job.job(id)))
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
        let Some(job) = self.job(id) else { return };
        self.targets.insert(target(&job));
        self.unready(&job.server, (job.rank, id), job.size);
        if let Some(packed) = self.jobs.find_mut(id) {
            packed.handed = true;
        }
    }

    /// The session gave it back without having begun.
    pub(super) fn take_back(&mut self, id: JobId) {
        let Some(job) = self.job(id) else { return };
        self.targets.remove(&target(&job));
        if let Some(packed) = self.jobs.find_mut(id) {
            packed.handed = false;
        }
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

    /// Waiting jobs whose time has come go back into the queue. What ends from now on ended `now`.
    pub(super) fn wake(&mut self, now: SystemTime) {
        self.now = now;
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
        let Some(packed) = self.jobs.remove(id) else { return };
        let job = packed.job(id);
        self.unsaved -= usize::from(packed.unsaved);
        self.outstanding -= job.outstanding();
        self.order.remove(&job.rank);
        self.exchanged.remove(&job.rank);
        self.unready(&job.server, (job.rank, id), job.size);
        if let JobState::Waiting { retry_at, .. } = job.state {
            self.waiting.remove(&(retry_at, id));
        }
        self.postponed.remove(&id);
        self.half_read.remove(&id);
        self.removed.push(id);
        if packed.told {
            self.news.push_back(News::Removed(id));
        } else if !matches!(self.news.back(), Some(News::Order)) {
            // Others may have been put before it, and nobody knows where that is.
            self.news.push_back(News::Order);
        }
    }

    /// Forgets what ended before that time.
    pub(super) fn trim(&mut self, before: Timestamp) {
        let old = |job: &Packed| job.ended().is_some_and(|ended| ended.seconds < before.seconds);
        let old: Vec<JobId> = self.jobs.iter().filter(|(_, job)| old(job)).map(|(id, _)| id).collect();
        old.into_iter().for_each(|id| self.remove(id));
    }

    /// Moves jobs, their order among themselves kept.
    pub(super) fn move_to(&mut self, ids: &[JobId], place: Place) {
        let mut chosen: Vec<(Rank, JobId)> =
            ids.iter().filter_map(|id| self.jobs.find(*id).map(|job| (job.rank, *id))).collect();
        chosen.sort_unstable();
        match place {
            Place::First => {
                for (_, id) in chosen.iter().rev() {
                    let order = self.order.first().map_or(0, |rank| rank.order.saturating_sub(1));
                    self.set_rank(*id, Rank { order, step: id.0 });
                }
            }
            Place::Last => {
                for (_, id) in &chosen {
                    let order = self.order.last().map_or(0, |rank| rank.order.saturating_add(1));
                    self.set_rank(*id, Rank { order, step: id.0 });
                }
            }
            Place::Up => {
                let ids: HashSet<JobId> = chosen.iter().map(|(_, id)| *id).collect();
                for (_, id) in chosen {
                    self.swap_with(id, |queue, rank| {
                        let mut before = queue.order.range(..rank).rev().map(|rank| queue.at(*rank));
                        before.find(|id| queue.is_movable(*id)).filter(|other| !ids.contains(other))
                    });
                }
            }
            Place::Down => {
                let ids: HashSet<JobId> = chosen.iter().map(|(_, id)| *id).collect();
                for (_, id) in chosen.into_iter().rev() {
                    self.swap_with(id, |queue, rank| {
                        let mut after = queue.order.range((Excluded(rank), Unbounded)).map(|rank| queue.at(*rank));
                        after.find(|id| queue.is_movable(*id)).filter(|other| !ids.contains(other))
                    });
                }
            }
        }
        // A move of many would be as many messages; the order anew is one.
        self.news.push_back(News::Order);
    }

    /// Every job, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Job> {
        self.order.iter().filter_map(|rank| self.job(self.at(*rank)))
    }

    /// What is open, and how far it is.
    pub(super) fn outstanding(&self) -> Open {
        self.outstanding
    }

    /// Whether nothing will happen any more by itself.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.waiting.is_empty() && self.unsaved == 0
    }

    /// Whether something can be told: [`Self::take_changes`].
    pub(super) fn has_changes(&self) -> bool {
        match self.news.front() {
            Some(News::Added { id, .. }) => self.jobs.find(*id).is_none_or(|job| !job.unsaved),
            Some(_) => true,
            None => false,
        }
    }

    /// How much is to be told, what must wait for the journal included.
    pub(super) fn untold(&self) -> usize {
        self.news.len()
    }

    /// What is to be told next, in order, up to a job that the journal does not have yet.
    pub(super) fn take_changes(&mut self, most: usize) -> Vec<JobChange> {
        let mut changes = Vec::new();
        while changes.len() < most && self.has_changes() {
            match self.news.pop_front() {
                Some(News::Added { id, before, standing }) => {
                    let Some(packed) = self.jobs.find_mut(id) else { continue };
                    packed.told = true;
                    let mut job = packed.job(id).view();
                    job.state = standing.state();
                    job.ended = job.ended.filter(|_| job.state.is_ended());
                    changes.push(JobChange::Added { job: Box::new(job), before });
                }
                Some(News::Changed(change)) => {
                    let Change { id, standing, bytes, size, ended } = *change;
                    if self.jobs.find(id).is_some() {
                        changes.push(JobChange::Changed { id, state: standing.state(), bytes, size, ended });
                    }
                }
                Some(News::Removed(id)) => changes.push(JobChange::Removed(id)),
                Some(News::Order) => {
                    changes.push(JobChange::Order(self.order.iter().map(|rank| self.at(*rank)).collect()));
                }
                None => break,
            }
        }
        changes
    }

    /// Whether the journal is behind.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.dirty.is_empty() || !self.removed.is_empty()
    }

    /// What the journal is to hear next, at most so much.
    pub(super) fn take_unwritten(&mut self, most: usize) -> Unwritten {
        let mut unwritten = Unwritten::default();
        while unwritten.changed.len() < most
            && let Some(id) = self.dirty.pop_front()
        {
            let Some(job) = self.jobs.find_mut(id) else { continue };
            // A folder that is done has its files in the journal: those first, in case the program ends in between.
            if job.standing == Standing::Done(Outcome::Folder) && self.postponed.insert(id) {
                self.dirty.push_back(id);
                continue;
            }
            self.postponed.remove(&id);
            (job.dirty, job.moved) = (false, false);
            unwritten.new |= job.unsaved;
            unwritten.changed.push(id);
        }
        let count = self.removed.len().min(most);
        unwritten.removed = self.removed.drain(..count).collect();
        unwritten
    }

    /// The journal has these.
    pub(super) fn saved(&mut self, ids: &[JobId]) {
        for id in ids {
            let Some(job) = self.jobs.find_mut(*id).filter(|job| job.unsaved) else { continue };
            job.unsaved = false;
            self.unsaved -= 1;
            if job.standing == Standing::Queued {
                self.enlist(*id);
            }
        }
    }

    /// The journal could not take these: they will be written some other time.
    pub(super) fn not_saved(&mut self, unwritten: Unwritten) {
        for id in unwritten.changed {
            self.soil(id);
        }
        // They stand last now: a folder that had its turn waits for its files once more.
        self.postponed.clear();
        self.removed.extend(unwritten.removed);
    }

    fn insert(&mut self, job: Job) {
        let (id, rank) = (job.id, job.rank);
        self.outstanding += job.outstanding();
        let enlists = job.state == JobState::Queued && !self.journalled;
        if let JobState::Waiting { retry_at, .. } = job.state {
            self.waiting.insert((retry_at, id));
        }
        let before = self.order.range((Excluded(rank), Unbounded)).next().map(|rank| self.at(*rank));
        self.order.insert(rank);
        if rank.step != id.0 {
            self.exchanged.insert(rank, id);
        }
        let standing = Standing::from(job.state.clone());
        let mut packed = Packed::new(job, self.route.as_ref());
        packed.unsaved = self.journalled;
        self.unsaved += usize::from(self.journalled);
        self.route = Some(Arc::clone(&packed.route));
        self.jobs.insert(id, packed);
        self.news.push_back(News::Added { id, before, standing });
        self.soil(id);
        if enlists {
            self.enlist(id);
        }
    }

    /// Which job stands there.
    fn at(&self, rank: Rank) -> JobId {
        self.exchanged.get(&rank).copied().unwrap_or(JobId(rank.step))
    }

    /// To be written to the journal.
    fn soil(&mut self, id: JobId) {
        if let Some(job) = self.jobs.find_mut(id)
            && !std::mem::replace(&mut job.dirty, true)
        {
            self.dirty.push_back(id);
        }
    }

    fn set_rank(&mut self, id: JobId, rank: Rank) {
        let Some(job) = self.jobs.find_mut(id) else { return };
        let old = std::mem::replace(&mut job.rank, rank);
        if let Some(ready) = self.ready.get_mut(&job.route.server) {
            for waiting in [&mut ready.files, &mut ready.folders] {
                if waiting.remove(&old) {
                    waiting.insert(rank);
                }
            }
        }
        self.order.remove(&old);
        self.exchanged.remove(&old);
        self.order.insert(rank);
        if rank.step != id.0 {
            self.exchanged.insert(rank, id);
        }
        self.soil(id);
    }

    fn swap_with(&mut self, id: JobId, other: impl FnOnce(&Self, Rank) -> Option<JobId>) {
        let Some(rank) = self.jobs.find(id).map(|job| job.rank) else { return };
        let Some(other) = other(self, rank) else { return };
        let Some(other_rank) = self.jobs.find(other).map(|job| job.rank) else { return };
        // A place that nobody has, so that neither overwrites the other on the way.
        self.set_rank(id, Rank { order: i64::MAX, step: id.0 });
        self.set_rank(other, rank);
        self.set_rank(id, other_rank);
    }

    fn is_movable(&self, id: JobId) -> bool {
        self.job(id).is_some_and(|job| !job.state.is_ended() && job.state != JobState::Running && !job.handed)
    }

    /// Among those that wait for a session.
    fn enlist(&mut self, id: JobId) {
        let Some(job) = self.jobs.find(id).filter(|job| !job.handed && !job.unsaved) else { return };
        let ready = self.ready.entry(Arc::clone(&job.route.server)).or_default();
        if job.kind == EntryKind::Directory {
            ready.folders.insert(job.rank);
            return;
        }
        ready.files.insert(job.rank);
        if let Some(size) = job.size().filter(|size| *size >= LARGE) {
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
mod tests;
