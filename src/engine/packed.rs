//! A job as the queue keeps it: paths are shared with the others of its folder, and what few jobs have is put away. Taken
//! out whole ([`Job`]) where it is worked on.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{EntryKind, JobId, Names, RemotePath, Route, Timestamp};
use crate::store::settings::ConflictPolicy;

use super::job::{Existing, Job, Rank};
use super::message::Standing;

/// A [`Job`], kept small.
pub(super) struct Packed {
    pub(super) route: Arc<Route>,
    names: Names,
    pub(super) rank: Rank,
    pub(super) standing: Standing,
    pub(super) modified: Option<Timestamp>,
    size: u64,
    pub(super) bytes: u64,
    /// 0 = none: numbers begin at 1.
    parent: u64,
    rare: Option<Box<Rare>>,
    /// Seconds since 1970; 0 = not yet.
    ended: u32,
    attempt: u8,
    pub(super) kind: EntryKind,
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
    /// Paths that cannot be taken apart.
    whole: Option<(PathBuf, RemotePath)>,
}

impl Packed {
    /// `known` is the route of a job before this one: most go the same way.
    pub(super) fn new(job: Job, known: Option<&Arc<Route>>) -> Self {
        let route = match known {
            Some(known) if known.fits(&job.site, job.direction, &job.local, &job.remote) => Arc::clone(known),
            _ => Arc::new(Route::between(&job.site, &job.server, job.direction, &job.local, &job.remote)),
        };
        let names = Names::of(&job.local, &job.remote);
        let absent = job.existing == Existing::Absent;
        let rare = Rare {
            existing: if absent { Existing::Unknown } else { job.existing },
            wrote: job.wrote,
            left: job.left,
            whole: if names.is_none() { Some((job.local, job.remote)) } else { None },
        };
        Self {
            route,
            names: names.unwrap_or_default(),
            rank: job.rank,
            standing: job.state.into(),
            modified: job.modified,
            size: job.size.unwrap_or(UNKNOWN),
            bytes: job.bytes,
            parent: job.parent.map_or(0, |id| id.0),
            rare: (rare != Rare::default()).then(|| Box::new(rare)),
            ended: seconds(job.ended),
            attempt: job.attempt,
            kind: job.kind,
            policy: job.policy,
            absent,
            loose: job.loose,
            begun: job.begun,
            unsaved: false,
            told: false,
            dirty: false,
            moved: false,
            handed: job.handed,
        }
    }

    /// The whole job.
    pub(super) fn job(&self, id: JobId) -> Job {
        let rare = self.rare.as_deref();
        let (local, remote) = match rare.and_then(|rare| rare.whole.clone()) {
            Some(whole) => whole,
            None => (self.route.local_path(&self.names), self.route.remote_path(&self.names)),
        };
        Job {
            id,
            parent: self.parent(),
            rank: self.rank,
            site: Arc::clone(&self.route.site),
            server: Arc::clone(&self.route.server),
            direction: self.route.direction,
            kind: self.kind,
            local,
            remote,
            size: self.size(),
            modified: self.modified,
            policy: self.policy,
            loose: self.loose,
            existing: match rare {
                _ if self.absent => Existing::Absent,
                Some(rare) => rare.existing,
                None => Existing::Unknown,
            },
            state: self.standing.state(),
            bytes: self.bytes,
            begun: self.begun,
            wrote: rare.and_then(|rare| rare.wrote.clone()),
            left: rare.and_then(|rare| rare.left.clone()),
            attempt: self.attempt,
            ended: self.ended(),
            handed: self.handed,
        }
    }

    /// Becomes that job; what the queue notes of it stays.
    pub(super) fn become_job(&mut self, job: Job) {
        let next = Self::new(job, Some(&self.route));
        let Self { unsaved, told, dirty, moved, .. } = *self;
        *self = Self { unsaved, told, dirty, moved, ..next };
    }

    pub(super) fn stand(&mut self, standing: Standing, ended: Option<Timestamp>) {
        self.standing = standing;
        self.ended = seconds(ended);
    }

    pub(super) fn stand_at(&mut self, bytes: u64, size: Option<u64>) {
        self.bytes = bytes;
        self.size = size.unwrap_or(UNKNOWN);
    }

    pub(super) fn parent(&self) -> Option<JobId> {
        (self.parent != 0).then_some(JobId(self.parent))
    }

    pub(super) fn size(&self) -> Option<u64> {
        (self.size != UNKNOWN).then_some(self.size)
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

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    pub(super) fn ended(&self) -> Option<Timestamp> {
        (self.ended != 0).then(|| Timestamp::utc(i64::from(self.ended)))
    }
}

/// In place of a size.
const UNKNOWN: u64 = u64::MAX;

fn seconds(time: Option<Timestamp>) -> u32 {
    time.and_then(|time| u32::try_from(time.seconds).ok()).unwrap_or(0)
}
