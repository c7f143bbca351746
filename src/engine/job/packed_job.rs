//! A job as the queue keeps it: what all keep of it, and what only the queue needs; what few jobs have is put away. Taken out
//! whole ([`Job`]) where it is worked on.

use std::sync::Arc;

use crate::domain::{EntryKind, JobId, Precision, RemotePath, Route, Timestamp, Zone};
use crate::engine::job::child::Existing;
use crate::engine::job::outstanding::Open;
use crate::engine::job::{Job, Rank};
use crate::engine::message::Standing;
use crate::engine::message::job_record::Kept;
use crate::store::settings::ConflictPolicy;

/// A [`Job`], kept small.
pub(crate) struct Packed {
    pub(crate) kept: Kept,
    /// See [`Rank`]; the step is the job's number, except where it is put away.
    order: i64,
    /// Of the source's time: the seconds, and what they mean.
    seconds: i64,
    clock: Option<(Precision, Zone)>,
    rare: Option<Box<Rare>>,
    pub(crate) policy: ConflictPolicy,
    absent: bool,
    pub(crate) begun: bool,
    /// The journal does not know it yet: it is neither shown nor started.
    pub(crate) unsaved: bool,
    /// The faces know of it.
    pub(crate) told: bool,
    /// It waits to be written to the journal.
    pub(crate) dirty: bool,
    /// It stands at other bytes than were written last.
    pub(crate) moved: bool,
    /// See [`Job::handed`].
    pub(crate) handed: bool,
}

/// What few jobs have.
#[derive(Default, PartialEq)]
struct Rare {
    step: Option<u64>,
    attempt: u8,
    loose: bool,
    existing: Existing,
    wrote: Option<RemotePath>,
    left: Option<RemotePath>,
}

impl Packed {
    /// `known` is the route of a job before this one: most go the same way.
    pub(crate) fn new(job: Job, known: Option<&Arc<Route>>) -> Self {
        let server = || Arc::clone(&job.server);
        let way = Route::of(known, (&job.site, server), job.direction, job.local, job.remote);
        let absent = job.existing == Existing::Absent;
        let kept = Kept::of(way, job.parent, job.kind, job.state.into()).at(job.bytes, job.size).ended_at(job.ended);
        let mut packed = Self::of(job.id, kept, job.rank, job.policy).from(job.modified).perhaps_begun(job.begun);
        (packed.absent, packed.handed) = (absent, job.handed);
        packed.put_away(|rare| {
            rare.existing = if absent { Existing::Unknown } else { job.existing };
            (rare.attempt, rare.loose) = (job.attempt, job.loose);
            (rare.wrote, rare.left) = (job.wrote, job.left);
        });
        packed
    }

    /// That nobody has looked at.
    pub(crate) fn of(id: JobId, kept: Kept, rank: Rank, policy: ConflictPolicy) -> Self {
        let mut packed = Self {
            kept,
            order: 0,
            seconds: 0,
            clock: None,
            rare: None,
            policy,
            absent: false,
            begun: false,
            unsaved: false,
            told: false,
            dirty: false,
            moved: false,
            handed: false,
        };
        packed.set_rank(id, rank);
        packed
    }

    /// The same, of a source of that time.
    pub(crate) fn from(self, modified: Option<Timestamp>) -> Self {
        let seconds = modified.map_or(0, |time| time.seconds);
        Self { seconds, clock: modified.map(|time| (time.precision, time.zone)), ..self }
    }

    /// The same, of which a run before this one left that under its final name: [`Job::left`].
    pub(crate) fn that_left(mut self, left: Option<RemotePath>) -> Self {
        self.put_away(|rare| rare.left = left);
        self
    }

    /// The same, which was running when the program was killed, or may have been: [`Job::begun`].
    pub(crate) fn perhaps_begun(self, begun: bool) -> Self {
        Self { begun, ..self }
    }

    fn put_away(&mut self, change: impl FnOnce(&mut Rare)) {
        let mut rare = self.rare.take().map(|rare| *rare).unwrap_or_default();
        change(&mut rare);
        self.rare = (rare != Rare::default()).then(|| Box::new(rare));
    }

    /// Nobody knows what is at its target any more.
    pub(crate) fn look_again(&mut self) {
        self.absent = false;
        if self.rare.is_some() {
            self.put_away(|rare| rare.existing = Existing::Unknown);
        }
    }

    /// None of its tries went wrong.
    pub(crate) fn forget_tries(&mut self) {
        if self.rare.is_some() {
            self.put_away(|rare| rare.attempt = 0);
        }
    }

    /// Its place.
    pub(crate) fn rank(&self, id: JobId) -> Rank {
        Rank { order: self.order, step: self.rare.as_deref().and_then(|rare| rare.step).unwrap_or(id.0) }
    }

    pub(crate) fn set_rank(&mut self, id: JobId, rank: Rank) {
        self.order = rank.order;
        let step = (rank.step != id.0).then_some(rank.step);
        if self.rare.is_some() || step.is_some() {
            self.put_away(|rare| rare.step = step);
        }
    }

    /// The whole job.
    pub(crate) fn job(&self, id: JobId) -> Job {
        let Kept { route, names, bytes, kind, .. } = &self.kept;
        let rare = self.rare.as_deref();
        Job {
            id,
            parent: self.kept.parent(),
            rank: self.rank(id),
            site: Arc::clone(&route.site),
            server: Arc::clone(&route.server),
            direction: route.direction,
            kind: *kind,
            local: route.local_path(names),
            remote: route.remote_path(names),
            size: self.kept.size(),
            modified: self.modified(),
            policy: self.policy,
            loose: rare.is_some_and(|rare| rare.loose),
            existing: match rare {
                _ if self.absent => Existing::Absent,
                Some(rare) => rare.existing,
                None => Existing::Unknown,
            },
            state: self.kept.standing().state(),
            bytes: *bytes,
            begun: self.begun,
            wrote: rare.and_then(|rare| rare.wrote.clone()),
            left: rare.and_then(|rare| rare.left.clone()),
            attempt: rare.map_or(0, |rare| rare.attempt),
            ended: self.kept.ended(),
            handed: self.handed,
        }
    }

    /// Becomes that job; what the queue notes of it stays.
    pub(crate) fn become_job(&mut self, job: Job) {
        let mut next = Self::new(job, Some(&self.kept.route));
        if next.kept.names == self.kept.names {
            // With those of its neighbours.
            next.kept.names = self.kept.names.clone();
        }
        let Self { unsaved, told, dirty, moved, .. } = *self;
        *self = Self { unsaved, told, dirty, moved, ..next };
    }

    /// The source's time.
    pub(crate) fn modified(&self) -> Option<Timestamp> {
        self.clock.map(|(precision, zone)| Timestamp { seconds: self.seconds, precision, zone })
    }

    /// See [`Job::wrote`].
    pub(crate) fn has_not_written(&self) -> bool {
        self.rare.as_deref().is_none_or(|rare| rare.wrote.is_none())
    }

    /// What it has written to under its final name, in this run or before.
    pub(crate) fn left_behind(&self) -> Option<RemotePath> {
        let rare = self.rare.as_deref()?;
        rare.wrote.clone().or_else(|| rare.left.clone())
    }

    /// What it adds to the sums of what is open.
    pub(crate) fn outstanding(&self) -> Open {
        let kept = &self.kept;
        if kept.standing().is_ended() {
            return Open::default();
        }
        if kept.kind == EntryKind::Directory {
            return Open { folders: 1, ..Open::default() };
        }
        let size = kept.size().unwrap_or(0).max(kept.bytes);
        let parks = kept.standing() == Standing::Paused;
        Open {
            files: 1,
            unsized_files: u64::from(kept.size().is_none() && !parks),
            folders: 0,
            size,
            bytes: kept.bytes,
            parked_files: u64::from(parks),
            parked_bytes: if parks { size - kept.bytes } else { 0 },
        }
    }
}
