//! Folders that were not read to their end when the program was killed: what is found in them is in the queue in part
//! already.

use std::collections::{HashMap, HashSet};

use crate::domain::{JobId, RemotePath};

use super::super::job::Child;
use super::super::message::{Outcome, Standing};
use super::Queue;

/// Of each such folder, what is in the queue.
#[derive(Default)]
pub(super) struct HalfRead(HashMap<JobId, HashSet<RemotePath>>);

impl HalfRead {
    /// Those of the children that are not there yet. A folder may be told in several parts.
    pub(super) fn new_of(&self, folder: JobId, mut children: Vec<Child>) -> Vec<Child> {
        if let Some(known) = self.0.get(&folder) {
            children.retain(|child| !known.contains(&child.remote));
        }
        children
    }

    /// It is read, or gone.
    pub(super) fn forget(&mut self, folder: JobId) {
        self.0.remove(&folder);
    }
}

impl Queue {
    /// Which they are: all that the journal knew is here.
    pub(super) fn find_half_read(&mut self) {
        let mut folders: HashMap<JobId, HashSet<RemotePath>> = HashMap::new();
        for (_, job) in self.jobs.iter() {
            let Some(parent) = job.kept.parent() else { continue };
            if self.jobs.find(parent).is_some_and(|parent| parent.kept.standing() != Standing::Done(Outcome::Folder)) {
                folders.entry(parent).or_default().insert(job.kept.route.remote_path(&job.kept.names));
            }
        }
        self.half_read = HalfRead(folders);
    }
}
