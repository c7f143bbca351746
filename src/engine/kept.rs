//! A job as the engine tells it and as all keep it: paths are shared with the others of its folder. Taken out whole
//! ([`JobView`]) where it is shown.

use std::sync::Arc;

use crate::domain::{EntryKind, JobId, Names, Route, Timestamp};

use super::message::{JobView, Standing};

/// A [`JobView`], kept small: a million of them fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which server, which way, between which folders.
    pub route: Arc<Route>,
    /// What it is called in them.
    pub names: Names,
    /// [`JobView::state`].
    pub standing: Standing,
    /// Bytes transferred so far.
    pub bytes: u64,
    /// [`UNKNOWN`] = nobody knows.
    size: u64,
    /// 0 = none: numbers begin at 1.
    parent: u64,
    /// Seconds since 1970; 0 = not yet.
    ended: u32,
    /// `File`, `Directory`, or `Other` while unknown.
    pub kind: EntryKind,
}

impl Kept {
    /// `known` is the route of a job before this one: most go the same way.
    pub fn new(view: JobView, known: Option<&Arc<Route>>) -> Self {
        let JobView { id: _, parent, site, direction, kind, local, remote, size, bytes, state, ended } = view;
        let (route, names) = Route::of(known, (&site, || site.server_key().into()), direction, local, remote);
        Self::of((route, names), parent, kind, state.into()).at(bytes, size).ended_at(ended)
    }

    /// That has moved nothing, and whose size nobody knows.
    pub fn of((route, names): (Arc<Route>, Names), parent: Option<JobId>, kind: EntryKind, standing: Standing) -> Self {
        Self { route, names, standing, bytes: 0, size: UNKNOWN, parent: parent.map_or(0, |id| id.0), ended: 0, kind }
    }

    /// The same, so far.
    pub fn at(self, bytes: u64, size: Option<u64>) -> Self {
        Self { bytes, size: size.unwrap_or(UNKNOWN), ..self }
    }

    /// The same, ended then.
    pub fn ended_at(mut self, ended: Option<Timestamp>) -> Self {
        self.set_ended(ended);
        self
    }

    /// The whole job.
    pub fn view(&self, id: JobId) -> JobView {
        JobView {
            id,
            parent: self.parent(),
            site: Arc::clone(&self.route.site),
            direction: self.route.direction,
            kind: self.kind,
            local: self.route.local_path(&self.names),
            remote: self.route.remote_path(&self.names),
            size: self.size(),
            bytes: self.bytes,
            state: self.standing.state(),
            ended: self.ended(),
        }
    }

    /// The folder it belongs to.
    pub fn parent(&self) -> Option<JobId> {
        (self.parent != 0).then_some(JobId(self.parent))
    }

    /// Bytes, where known.
    pub fn size(&self) -> Option<u64> {
        (self.size != UNKNOWN).then_some(self.size)
    }

    /// It has so many bytes, or nobody knows.
    pub fn set_size(&mut self, size: Option<u64>) {
        self.size = size.unwrap_or(UNKNOWN);
    }

    /// When it was done, failed or cancelled.
    pub fn ended(&self) -> Option<Timestamp> {
        (self.ended != 0).then(|| Timestamp::utc(i64::from(self.ended)))
    }

    /// It ended then, or has not.
    pub fn set_ended(&mut self, ended: Option<Timestamp>) {
        self.ended = ended.and_then(|time| u32::try_from(time.seconds).ok()).unwrap_or(0);
    }
}

impl From<JobView> for Kept {
    fn from(view: JobView) -> Self {
        Self::new(view, None)
    }
}

/// In place of a size.
const UNKNOWN: u64 = u64::MAX;
