//! Folders that were not read to their end when the program was killed: what is found in them is in the queue in part
//! already.

use std::collections::{HashMap, HashSet};

use crate::domain::{JobId, RemotePath};

use crate::engine::job::Child;
use crate::engine::message::{Outcome, Standing};
use crate::engine::queue::Queue;
use crate::engine::transfer::left_out::LeftOut;

/// Of each such folder, what is in the queue.
#[derive(Default)]
pub(crate) struct HalfRead(HashMap<JobId, HashSet<RemotePath>>);

impl HalfRead {
    /// Those of the children that are not there yet. A folder may be told in several parts.
    pub(crate) fn new_of(&self, folder: JobId, mut children: Vec<Child>) -> Vec<Child> {
        if let Some(known) = self.0.get(&folder) {
            children.retain(|child| !known.contains(&child.remote));
        }
        children
    }

    /// The same of what is left out.
    pub(crate) fn not_in(&self, folder: JobId, mut left_out: Vec<LeftOut>) -> Vec<LeftOut> {
        if let Some(known) = self.0.get(&folder) {
            left_out.retain(|left| !known.contains(&left.remote));
        }
        left_out
    }

    /// It is read, or gone.
    pub(crate) fn forget(&mut self, folder: JobId) {
        self.0.remove(&folder);
    }
}

impl Queue {
    /// What came of a folder that was not seen whole is not added again when it is read again.
    pub(crate) fn remember_children(&mut self, folder: JobId) {
        let of_folder = self.jobs.iter().filter(|(_, job)| job.kept.parent() == Some(folder));
        let known = of_folder.map(|(_, job)| job.kept.route.remote_path(&job.kept.names)).collect();
        self.half_read.0.insert(folder, known);
    }

    /// Which they are: all that the journal knew is here.
    pub(crate) fn find_half_read(&mut self) {
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
