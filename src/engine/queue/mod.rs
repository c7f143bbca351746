//! The queue: which jobs there are, in which order, and which may run next; what of it is still to be told to the faces
//! and to the journal. Pure: no threads, no disk, no clock.

/// Jobs in the user's order.
pub(crate) mod order;

/// Moving jobs up and down.
pub(crate) mod moves;

/// Entering and leaving the lists of ready jobs.
pub(crate) mod readiness;

/// Jobs that can start, by server.
pub(crate) mod ready;

/// What the journal and the faces have not been told yet.
pub(crate) mod records;

/// What faces are told of jobs.
pub(crate) mod changes;

/// What the journal does not have yet.
pub(crate) mod unwritten;

/// Folders of which the journal has not all.
pub(crate) mod unfinished_folders;

/// The thread that writes the journal.
pub(crate) mod journal_writer;

/// A sorted set for millions of entries.
pub(crate) mod sorted_set;

use crate::domain::{ById, EntryKind, JobId, Names, RemotePath, Route, Site, Timestamp};
use crate::engine::job::child::{Child, Existing};
use crate::engine::job::outstanding::Open;
use crate::engine::job::packed_job::Packed;
use crate::engine::job::{Job, Rank, may_become};
use crate::engine::message::job::{JobState, Outcome};
use crate::engine::message::{Direction, Standing};
use crate::engine::queue::changes::{Change, News};
use crate::engine::queue::order::Order;
use crate::engine::queue::ready::Ready;
use crate::engine::queue::unfinished_folders::HalfRead;
use crate::engine::queue::unwritten::{Dirty, Unwritten};
use crate::engine::transfer::left_out::LeftOut;
use crate::store::settings::ConflictPolicy;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// All jobs. With a journal a new job is held back until that has it ([`Self::saved`]): what is shown or started is durable.
pub(crate) struct Queue {
    jobs: ById<Packed>,
    order: Order,
    ready: Ready,
    waiting: BTreeSet<(SystemTime, JobId)>,
    last_id: u64,
    outstanding: Open,
    /// Of the last job that came: the next goes the same way, as a rule.
    route: Option<Arc<Route>>,
    half_read: HalfRead,
    /// As of the last [`Self::wake`].
    now: SystemTime,
    journalled: bool,
    unsaved: usize,
    news: News,
    dirty: Dirty,
}

/// A new order.
pub(crate) struct NewJob {
    pub(crate) site: Arc<Site>,
    pub(crate) direction: Direction,
    pub(crate) kind: EntryKind,
    pub(crate) local: PathBuf,
    pub(crate) remote: RemotePath,
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) policy: ConflictPolicy,
    pub(crate) loose: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            jobs: ById::default(),
            order: Order::default(),
            ready: Ready::default(),
            waiting: BTreeSet::new(),
            last_id: 0,
            outstanding: Open::default(),
            route: None,
            half_read: HalfRead::default(),
            now: SystemTime::UNIX_EPOCH,
            journalled: false,
            unsaved: 0,
            news: News::default(),
            dirty: Dirty::default(),
        }
    }
}

impl Queue {
    /// Adds an order at the end.
    pub(crate) fn add(&mut self, new: NewJob) -> JobId {
        let order = self.order.last();
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
    pub(crate) fn add_children(&mut self, parent: JobId, children: Vec<Child>) {
        let Some(template) = self.job(parent) else { return };
        for child in self.half_read.new_of(parent, children) {
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
    }

    /// What a folder holds and is not transferred follows the folder, too, as rows that have ended.
    pub(crate) fn add_left_out(&mut self, parent: JobId, left_out: Vec<LeftOut>) {
        let Some(template) = self.job(parent) else { return };
        let ended = Some(Timestamp::from_system(self.now));
        for LeftOut { kind, local, remote, why } in self.half_read.not_in(parent, left_out) {
            let id = self.next_id();
            self.insert(Job {
                id,
                parent: Some(parent),
                rank: Rank { order: template.rank.order, step: id.0 },
                kind,
                local,
                remote,
                size: None,
                modified: None,
                existing: Existing::Unknown,
                loose: false,
                state: JobState::LeftOut(why),
                bytes: 0,
                begun: false,
                wrote: None,
                left: None,
                attempt: 0,
                ended,
                handed: false,
                ..template.clone()
            });
        }
    }

    /// A job as the journal knew it. It is told at the end; where not all belong there, [`Self::restored`] tells the order.
    pub(crate) fn restore(&mut self, id: JobId, mut job: Packed) {
        self.last_id = self.last_id.max(id.0);
        // Of two that exchanged their places the journal may have heard of one only.
        let mut rank = job.rank(id);
        if self.order.is_taken(rank) {
            rank.step = id.0;
            while self.order.is_taken(rank) {
                rank.order = rank.order.saturating_add(1);
            }
            job.set_rank(id, rank);
        }
        self.put(id, job, None);
    }

    /// Numbers up to this one are taken.
    pub(crate) fn number_from(&mut self, last_id: u64) {
        self.last_id = self.last_id.max(last_id);
    }

    /// All that the journal knew is here. What was running, or may have been, is looked at again.
    pub(crate) fn restored(&mut self) {
        if !self.order.ids().is_sorted() {
            self.news.order();
        }
        self.find_half_read();
    }

    pub(crate) fn job(&self, id: JobId) -> Option<Job> {
        self.jobs.find(id).map(|job| job.job(id))
    }

    /// The same, as it is kept.
    pub(crate) fn packed(&self, id: JobId) -> Option<&Packed> {
        self.jobs.find(id)
    }

    /// For what is no state: sizes found out, answers. The state moves by [`Self::transition`] alone.
    pub(crate) fn update(&mut self, id: JobId, change: impl FnOnce(&mut Job)) {
        let Some(packed) = self.jobs.find_mut(id) else { return };
        let mut job = packed.job(id);
        let (state, rank) = (job.state.clone(), job.rank);
        change(&mut job);
        debug_assert!(job.state == state && job.rank == rank, "update() changes neither state nor place");
        self.outstanding -= packed.outstanding();
        packed.become_job(job);
        self.outstanding += packed.outstanding();
        self.soil(id);
    }

    /// What is at its target must be asked for again.
    pub(crate) fn look_again(&mut self, id: JobId) {
        if let Some(packed) = self.jobs.find_mut(id) {
            packed.look_again();
            self.soil(id);
        }
    }

    /// None of its tries went wrong.
    pub(crate) fn forget_tries(&mut self, id: JobId) {
        if let Some(packed) = self.jobs.find_mut(id) {
            packed.forget_tries();
            self.soil(id);
        }
    }

    /// A running job stands at so many bytes, and perhaps its size was found out; gives its size. For what is left: the
    /// journal hears it now and then ([`Self::record_progress`]), and when the job stops.
    pub(crate) fn progress(&mut self, id: JobId, bytes: u64, size: Option<u64>) -> Option<u64> {
        let packed = self.jobs.find_mut(id)?;
        self.outstanding -= packed.outstanding();
        packed.moved |= packed.kept.bytes != bytes;
        packed.kept.bytes = bytes;
        if size.is_some() {
            packed.kept.set_size(size);
        }
        self.outstanding += packed.outstanding();
        packed.kept.size()
    }

    /// The one place where a job's state changes. `false` = not allowed from where it is; nothing happened.
    pub(crate) fn transition(&mut self, id: JobId, to: JobState) -> bool {
        let Some(packed) = self.jobs.find_mut(id) else { return false };
        let from = packed.kept.standing().state();
        if from == to || !may_become(&from, &to) {
            return false;
        }
        self.outstanding -= packed.outstanding();
        let standing = Standing::from(to.clone());
        let ended = if to.is_ended() { Some(Timestamp::from_system(self.now)) } else { None };
        packed.handed = false;
        packed.kept.set_standing(standing.clone());
        packed.kept.set_ended(ended);
        self.outstanding += packed.outstanding();
        match from {
            JobState::Queued => self.ready.strike(id, packed),
            JobState::Waiting { retry_at, .. } => {
                self.waiting.remove(&(retry_at, id));
            }
            _ => {}
        }
        match to {
            JobState::Queued => self.ready.enlist(id, packed),
            JobState::Waiting { retry_at, .. } => {
                self.waiting.insert((retry_at, id));
            }
            JobState::Done(Outcome::Folder) => self.half_read.forget(id),
            _ => {}
        }
        let (bytes, size) = (packed.kept.bytes, packed.kept.size());
        self.news.changed(Change { id, standing, bytes, size, ended });
        self.soil(id);
        true
    }

    /// Waiting jobs whose time has come go back into the queue. What ends from now on ended `now`.
    pub(crate) fn wake(&mut self, now: SystemTime) {
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
    pub(crate) fn next_wake(&self) -> Option<SystemTime> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Out of the queue.
    pub(crate) fn remove(&mut self, id: JobId) {
        let Some(packed) = self.jobs.remove(id) else { return };
        self.unsaved -= usize::from(packed.unsaved);
        self.outstanding -= packed.outstanding();
        self.order.remove(packed.rank(id));
        self.ready.strike(id, &packed);
        if let JobState::Waiting { retry_at, .. } = packed.kept.standing().state() {
            self.waiting.remove(&(retry_at, id));
        }
        self.half_read.forget(id);
        self.dirty.removed(id);
        if packed.told {
            self.news.removed(id);
        } else {
            // Others may have been put before it, and nobody knows where that is.
            self.news.order();
        }
    }

    /// Forgets what ended before that time.
    pub(crate) fn trim(&mut self, before: Timestamp) {
        let old = |job: &Packed| job.kept.ended().is_some_and(|ended| ended.seconds < before.seconds);
        let old: Vec<JobId> = self.jobs.iter().filter(|(_, job)| old(job)).map(|(id, _)| id).collect();
        old.into_iter().for_each(|id| self.remove(id));
    }

    /// Those that fit, in order.
    pub(crate) fn ids_where(&self, fits: impl Fn(&Packed) -> bool) -> Vec<JobId> {
        self.order.ids().filter(|id| self.packed(*id).is_some_and(&fits)).collect()
    }

    /// Every job, in order.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Job> {
        self.order.ids().filter_map(|id| self.job(id))
    }

    /// What is open, and how far it is.
    pub(crate) fn outstanding(&self) -> Open {
        self.outstanding
    }

    /// Whether nothing will happen any more by itself.
    pub(crate) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.waiting.is_empty() && self.unsaved == 0
    }

    fn insert(&mut self, job: Job) {
        let id = job.id;
        let mut packed = Packed::new(job, self.route.as_ref());
        packed.unsaved = self.journalled;
        self.unsaved += usize::from(self.journalled);
        let before = self.order.after(packed.rank(id));
        self.put(id, packed, before);
        Names::gather(self.jobs.completed_mut(id).map(|job| &mut job.kept.names));
        self.soil(id);
    }

    /// Takes it in; `before` = where the faces put it.
    fn put(&mut self, id: JobId, job: Packed, before: Option<JobId>) {
        self.outstanding += job.outstanding();
        if let Standing::Other(state) = job.kept.standing()
            && let JobState::Waiting { retry_at, .. } = *state
        {
            self.waiting.insert((retry_at, id));
        }
        self.order.insert(job.rank(id), id);
        self.ready.enlist(id, &job);
        self.news.added(id, before, job.kept.standing());
        self.route = Some(Arc::clone(&job.kept.route));
        self.jobs.insert(id, job);
    }

    fn next_id(&mut self) -> JobId {
        self.last_id += 1;
        JobId(self.last_id)
    }
}

#[cfg(test)]
mod tests;
