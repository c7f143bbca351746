//! What of the queue is still to be written to the journal, and what that means for new jobs.

use std::collections::{HashSet, VecDeque};

use crate::domain::JobId;

use crate::engine::message::{JobError, JobState, Kept, Outcome, Standing};
use crate::engine::queue::Queue;

/// What the journal does not know yet.
#[derive(Default)]
pub(crate) struct Dirty {
    /// New or changed.
    changed: VecDeque<JobId>,
    /// Folders whose files are written before them.
    postponed: HashSet<JobId>,
    removed: Vec<JobId>,
}

/// What is to be written to the journal at one time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unwritten {
    /// New or changed.
    pub(crate) changed: Vec<JobId>,
    /// To be taken out.
    pub(crate) removed: Vec<JobId>,
    /// Some of them are new.
    pub(crate) new: bool,
}

impl Dirty {
    pub(crate) fn removed(&mut self, id: JobId) {
        self.postponed.remove(&id);
        self.removed.push(id);
    }
}

/// Whether its children are jobs by now: it is done, or failed since it was not seen whole.
fn was_read(job: &Kept) -> bool {
    match job.standing() {
        Standing::Done(outcome) => outcome == Outcome::Folder,
        Standing::Other(state) => matches!(&*state, JobState::Failed(JobError::NotWhole { .. })),
        _ => false,
    }
}

impl Queue {
    /// From now on new jobs are held back until [`Self::saved`] tells that the journal has them; or no more.
    pub(crate) fn keep_journal(&mut self, journalled: bool) {
        self.journalled = journalled;
        if !journalled && self.unsaved > 0 {
            let unsaved: Vec<JobId> = self.jobs.iter().filter(|(_, job)| job.unsaved).map(|(id, _)| id).collect();
            self.saved(&unsaved);
        }
    }

    /// How far these are, for the journal.
    pub(crate) fn record_progress(&mut self, ids: &[JobId]) {
        for id in ids {
            if self.jobs.find(*id).is_some_and(|job| job.moved) {
                self.soil(*id);
            }
        }
    }

    /// Whether the journal is behind.
    pub(crate) fn has_unwritten(&self) -> bool {
        !self.dirty.changed.is_empty() || !self.dirty.removed.is_empty()
    }

    /// What the journal is to hear next, at most so much.
    pub(crate) fn take_unwritten(&mut self, most: usize) -> Unwritten {
        let mut unwritten = Unwritten::default();
        while unwritten.changed.len() < most
            && let Some(id) = self.dirty.changed.pop_front()
        {
            let Some(job) = self.jobs.find_mut(id) else { continue };
            // A folder that was read has its files in the journal: those first, in case the program ends in between.
            if was_read(&job.kept) && self.dirty.postponed.insert(id) {
                self.dirty.changed.push_back(id);
                continue;
            }
            self.dirty.postponed.remove(&id);
            (job.dirty, job.moved) = (false, false);
            unwritten.new |= job.unsaved;
            unwritten.changed.push(id);
        }
        let count = self.dirty.removed.len().min(most);
        unwritten.removed = self.dirty.removed.drain(..count).collect();
        unwritten
    }

    /// The journal has these.
    pub(crate) fn saved(&mut self, ids: &[JobId]) {
        for id in ids {
            let Some(job) = self.jobs.find_mut(*id).filter(|job| job.unsaved) else { continue };
            job.unsaved = false;
            self.unsaved -= 1;
            self.ready.enlist(*id, job);
        }
    }

    /// The journal could not take these: they will be written some other time.
    pub(crate) fn not_saved(&mut self, unwritten: Unwritten) {
        for id in unwritten.changed {
            self.soil(id);
        }
        // They stand last now: a folder that had its turn waits for its files once more.
        self.dirty.postponed.clear();
        self.dirty.removed.extend(unwritten.removed);
    }

    /// To be written to the journal.
    pub(crate) fn soil(&mut self, id: JobId) {
        if let Some(job) = self.jobs.find_mut(id)
            && !std::mem::replace(&mut job.dirty, true)
        {
            self.dirty.changed.push_back(id);
        }
    }
}
