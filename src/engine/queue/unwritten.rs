//! What of the queue is still to be written to the journal, and what that means for new jobs.

use std::collections::{HashSet, VecDeque};

use crate::domain::JobId;
use crate::engine::message::job::{JobState, Outcome};
use crate::engine::message::{JobError, Kept, Standing};

/// What the journal does not know yet.
#[derive(Default)]
pub(crate) struct Dirty {
    /// New or changed.
    pub(crate) changed: VecDeque<JobId>,
    /// Folders whose files are written before them.
    pub(crate) postponed: HashSet<JobId>,
    pub(crate) removed: Vec<JobId>,
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
pub(crate) fn was_read(job: &Kept) -> bool {
    match job.standing() {
        Standing::Done(outcome) => outcome == Outcome::Folder,
        Standing::Other(state) => matches!(&*state, JobState::Failed(JobError::NotWhole { .. })),
        _ => false,
    }
}
