//! What the journal and the faces have not been told yet.

use crate::engine::queue::changes::Change;
use crate::engine::queue::changes::Item;
use crate::engine::queue::changes::Row;
use crate::engine::queue::unfinished_folders::HalfRead;
use crate::engine::queue::unwritten::Unwritten;
use crate::engine::queue::unwritten::was_read;
use std::collections::{HashMap, HashSet};

use crate::domain::{JobId, RemotePath};
use crate::engine::message::job::Outcome;
use crate::engine::message::{JobChange, Standing};
use crate::engine::queue::Queue;

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

impl Queue {
    /// Whether something can be told: [`Self::take_changes`].
    pub(crate) fn has_changes(&self) -> bool {
        match self.news.list.front() {
            Some(Item::Added(row)) => self.jobs.find(row.first).is_none_or(|job| !job.unsaved),
            Some(_) => true,
            None => false,
        }
    }

    /// How much is to be told, what must wait for the journal included.
    pub(crate) fn untold(&self) -> usize {
        self.news.len
    }

    /// What is to be told next, in order, up to a job that the journal does not have yet.
    pub(crate) fn take_changes(&mut self, most: usize) -> Vec<JobChange> {
        let mut changes = Vec::new();
        while changes.len() < most && self.has_changes() {
            match self.news.pop() {
                Some(Item::Added(Row { first: id, before, standing, .. })) => {
                    let Some(packed) = self.jobs.find_mut(id) else { continue };
                    packed.told = true;
                    let mut job = packed.kept.clone();
                    if !standing.is_ended() {
                        job.set_ended(None);
                    }
                    job.set_standing(standing);
                    changes.push(JobChange::Added { id, job, before });
                }
                Some(Item::Changed(change)) => {
                    let Change { id, standing, bytes, size, ended } = *change;
                    if self.jobs.find(id).is_some() {
                        changes.push(JobChange::Changed { id, state: standing.state(), bytes, size, ended });
                    }
                }
                Some(Item::Removed(id)) => changes.push(JobChange::Removed(id)),
                Some(Item::Order) => {
                    let (order, untold) = (self.order.ids().collect(), self.news.untold());
                    changes.push(JobChange::Order { order, untold });
                }
                None => break,
            }
        }
        changes
    }
}
