//! A job as the queue keeps it: what all keep of it, and what only the queue needs; what few jobs have is put away. Taken out
//! whole ([`Job`]) where it is worked on.

use std::sync::Arc;

use crate::domain::{EntryKind, JobId, Precision, RemotePath, Route, Timestamp, Zone};
use crate::store::settings::ConflictPolicy;

use super::job::{Existing, Job, Rank};
use super::kept::Kept;
use super::message::Standing;
use super::totals::Open;

/// A [`Job`], kept small.
pub(super) struct Packed {
    pub(super) kept: Kept,
    pub(super) rank: Rank,
    /// Of the source's time: the seconds, and what they mean.
    seconds: i64,
    clock: Option<(Precision, Zone)>,
    rare: Option<Box<Rare>>,
    attempt: u8,
    pub(super) policy: ConflictPolicy,
    absent: bool,
    loose: bool,
    pub(super) begun: bool,
    /// The journal does not know it yet: it is neither shown nor started.
    pub(super) unsaved: bool,
    /// The faces know of it.
    pub(super) told: bool,
    /// It waits to be written to the journal.
    pub(super) dirty: bool,
    /// It stands at other bytes than were written last.
    pub(super) moved: bool,
    /// See [`Job::handed`].
    pub(super) handed: bool,
}

/// What few jobs have.
#[derive(Default, PartialEq)]
struct Rare {
    existing: Existing,
    wrote: Option<RemotePath>,
    left: Option<RemotePath>,
}

impl Packed {
    /// `known` is the route of a job before this one: most go the same way.
    pub(super) fn new(job: Job, known: Option<&Arc<Route>>) -> Self {
        let server = || Arc::clone(&job.server);
        let way = Route::of(known, (&job.site, server), job.direction, job.local, job.remote);
        let absent = job.existing == Existing::Absent;
        let existing = if absent { Existing::Unknown } else { job.existing };
        Self {
            absent,
            loose: job.loose,
            attempt: job.attempt,
            handed: job.handed,
            ..Self::of(
                Kept::of(way, job.parent, job.kind, job.state.into()).at(job.bytes, job.size).ended_at(job.ended),
                job.rank,
                job.policy,
            )
            .from(job.modified)
            .having(Rare { existing, wrote: job.wrote, left: job.left })
            .perhaps_begun(job.begun)
        }
    }

    /// That nobody has looked at.
    pub(super) fn of(kept: Kept, rank: Rank, policy: ConflictPolicy) -> Self {
        Self {
            kept,
            rank,
            seconds: 0,
            clock: None,
            rare: None,
            attempt: 0,
            policy,
            absent: false,
            loose: false,
            begun: false,
            unsaved: false,
            told: false,
            dirty: false,
            moved: false,
            handed: false,
        }
    }

    /// The same, of a source of that time.
    pub(super) fn from(self, modified: Option<Timestamp>) -> Self {
        let seconds = modified.map_or(0, |time| time.seconds);
        Self { seconds, clock: modified.map(|time| (time.precision, time.zone)), ..self }
    }

    /// The same, of which a run before this one left that under its final name: [`Job::left`].
    pub(super) fn that_left(self, left: Option<RemotePath>) -> Self {
        self.having(Rare { left, ..Rare::default() })
    }

    /// The same, which was running when the program was killed, or may have been: [`Job::begun`].
    pub(super) fn perhaps_begun(self, begun: bool) -> Self {
        Self { begun, ..self }
    }

    fn having(self, rare: Rare) -> Self {
        Self { rare: (rare != Rare::default()).then(|| Box::new(rare)), ..self }
    }

    /// The whole job.
    pub(super) fn job(&self, id: JobId) -> Job {
        let Kept { route, names, standing, bytes, kind, .. } = &self.kept;
        let rare = self.rare.as_deref();
        Job {
            id,
            parent: self.kept.parent(),
            rank: self.rank,
            site: Arc::clone(&route.site),
            server: Arc::clone(&route.server),
            direction: route.direction,
            kind: *kind,
            local: route.local_path(names),
            remote: route.remote_path(names),
            size: self.kept.size(),
            modified: self.modified(),
            policy: self.policy,
            loose: self.loose,
            existing: match rare {
                _ if self.absent => Existing::Absent,
                Some(rare) => rare.existing,
                None => Existing::Unknown,
            },
            state: standing.state(),
            bytes: *bytes,
            begun: self.begun,
            wrote: rare.and_then(|rare| rare.wrote.clone()),
            left: rare.and_then(|rare| rare.left.clone()),
            attempt: self.attempt,
            ended: self.kept.ended(),
            handed: self.handed,
        }
    }

    /// Becomes that job; what the queue notes of it stays.
    pub(super) fn become_job(&mut self, job: Job) {
        let mut next = Self::new(job, Some(&self.kept.route));
        if next.kept.names == self.kept.names {
            // With those of its neighbours.
            next.kept.names = self.kept.names.clone();
        }
        let Self { unsaved, told, dirty, moved, .. } = *self;
        *self = Self { unsaved, told, dirty, moved, ..next };
    }

    /// The source's time.
    pub(super) fn modified(&self) -> Option<Timestamp> {
        self.clock.map(|(precision, zone)| Timestamp { seconds: self.seconds, precision, zone })
    }

    /// See [`Job::wrote`].
    pub(super) fn has_not_written(&self) -> bool {
        self.rare.as_deref().is_none_or(|rare| rare.wrote.is_none())
    }

    /// What it has written to under its final name, in this run or before.
    pub(super) fn left_behind(&self) -> Option<RemotePath> {
        let rare = self.rare.as_deref()?;
        rare.wrote.clone().or_else(|| rare.left.clone())
    }

    /// What it adds to the sums of what is open.
    pub(super) fn outstanding(&self) -> Open {
        let kept = &self.kept;
        if kept.standing.is_ended() {
            return Open::default();
        }
        if kept.kind == EntryKind::Directory {
            return Open { folders: 1, ..Open::default() };
        }
        let size = kept.size().unwrap_or(0).max(kept.bytes);
        let parks = kept.standing == Standing::Paused;
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
