//! A job as the engine tells it and as all keep it: paths are shared with the others of its folder. Taken out whole
//! ([`JobView`]) where it is shown.

use std::sync::Arc;

use crate::domain::{EntryKind, JobId, Names, Route, Timestamp};
use crate::engine::message::job::{JobState, JobView, Outcome};
use crate::engine::message::job_status::Standing;

/// A [`JobView`], kept small: a million of them fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which server, which way, between which folders.
    pub route: Arc<Route>,
    /// What it is called in them.
    pub names: Names,
    /// [`Standing`], but for what is in `more`: the two take less room than one.
    code: Code,
    more: Option<Arc<JobState>>,
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
        let parent = parent.map_or(0, |id| id.0);
        let (code, more) = taken_apart(standing);
        Self { route, names, code, more, bytes: 0, size: UNKNOWN, parent, ended: 0, kind }
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
            state: self.standing().state(),
            ended: self.ended(),
        }
    }

    /// [`JobView::state`].
    pub fn standing(&self) -> Standing {
        match (self.code, &self.more) {
            (Code::Queued, _) => Standing::Queued,
            (Code::Running, _) => Standing::Running,
            (Code::Paused, _) => Standing::Paused,
            (Code::Done(outcome), _) => Standing::Done(outcome),
            (Code::More, Some(state)) => match **state {
                JobState::Asking(question) => Standing::Asking(question),
                _ => Standing::Other(Arc::clone(state)),
            },
            (Code::Cancelled | Code::More, _) => Standing::Cancelled,
        }
    }

    /// Whether it ended with an error.
    pub fn has_failed(&self) -> bool {
        self.more.as_deref().is_some_and(|state| matches!(state, JobState::Failed(_)))
    }

    /// Whether it comes again by itself.
    pub fn waits(&self) -> bool {
        self.more.as_deref().is_some_and(|state| matches!(state, JobState::Waiting { .. }))
    }

    /// It stands so from now on.
    pub fn set_standing(&mut self, standing: Standing) {
        (self.code, self.more) = taken_apart(standing);
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Queued,
    Running,
    Paused,
    Cancelled,
    Done(Outcome),
    /// There is more to tell.
    More,
}

fn taken_apart(standing: Standing) -> (Code, Option<Arc<JobState>>) {
    match standing {
        Standing::Queued => (Code::Queued, None),
        Standing::Running => (Code::Running, None),
        Standing::Paused => (Code::Paused, None),
        Standing::Cancelled => (Code::Cancelled, None),
        Standing::Done(outcome) => (Code::Done(outcome), None),
        Standing::Asking(question) => (Code::More, Some(Arc::new(JobState::Asking(question)))),
        Standing::Other(state) => (Code::More, Some(state)),
    }
}

/// In place of a size.
const UNKNOWN: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::domain::{Direction, QuestionId, Site};
    use crate::engine::message::JobError;

    #[test]
    fn a_job_stands_as_it_was_told_and_is_small() {
        let error = JobError::Internal("no".into());
        let site = Arc::new(Site::default());
        let server = || site.server_key().into();
        let way = Route::of(None, (&site, server), Direction::Upload, "/l/a".into(), "/r/a".into());
        let mut kept = Kept::of(way, Some(JobId(7)), EntryKind::File, Standing::Queued).at(5, None);
        for state in [
            JobState::Queued,
            JobState::Running,
            JobState::Paused,
            JobState::Cancelled,
            JobState::Done(Outcome::Transferred),
            JobState::Done(Outcome::Skipped),
            JobState::Done(Outcome::Folder),
            JobState::Asking(QuestionId(3)),
            JobState::Failed(error.clone()),
            JobState::Waiting { retry_at: SystemTime::UNIX_EPOCH, attempt: 1, error },
        ] {
            kept.set_standing(state.clone().into());
            let view = kept.view(JobId(9));
            assert_eq!(view.state, state);
            assert_eq!((view.parent, view.bytes, view.size), (Some(JobId(7)), 5, None));
            assert_eq!(Kept::from(view), kept);
        }
        #[cfg(target_pointer_width = "64")]
        assert_eq!(size_of::<Kept>(), 64, "a million of them are kept twice");
    }
}
