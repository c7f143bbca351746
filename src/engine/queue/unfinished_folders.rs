//! Folders that were not read to their end when the program was killed: what is found in them is in the queue in part
//! already.

use std::collections::{HashMap, HashSet};

use crate::domain::{JobId, RemotePath};
use crate::engine::job::child::Child;
use crate::engine::transfer::left_out::LeftOut;

/// Of each such folder, what is in the queue.
#[derive(Default)]
pub(crate) struct HalfRead(pub(crate) HashMap<JobId, HashSet<RemotePath>>);

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
