//! What of the queue is still to be told to the faces.

use std::collections::VecDeque;
use std::ops::Range;

use crate::domain::{JobId, Timestamp};

use crate::engine::message::{JobChange, Standing};
use crate::engine::queue::Queue;

/// What is to be told, in order.
#[derive(Default)]
pub(crate) struct News {
    list: VecDeque<Item>,
    /// Jobs and changes in it.
    len: usize,
}

enum Item {
    Added(Row),
    Changed(Box<Change>),
    Removed(JobId),
    Order,
}

/// New jobs that are numbered one after the other and come to one place, as what they came: what they became meanwhile is
/// told behind them.
struct Row {
    first: JobId,
    count: u64,
    before: Option<JobId>,
    standing: Standing,
}

/// What a job became.
pub(crate) struct Change {
    pub(crate) id: JobId,
    pub(crate) standing: Standing,
    pub(crate) bytes: u64,
    pub(crate) size: Option<u64>,
    pub(crate) ended: Option<Timestamp>,
}

impl News {
    pub(crate) fn added(&mut self, id: JobId, before: Option<JobId>, standing: Standing) {
        self.len += 1;
        if let Some(Item::Added(row)) = self.list.back_mut()
            && row.first.0 + row.count == id.0
            && row.before == before
            && row.standing == standing
        {
            row.count += 1;
        } else {
            self.push(Item::Added(Row { first: id, count: 1, before, standing }));
        }
    }

    pub(crate) fn changed(&mut self, change: Change) {
        self.len += 1;
        self.push(Item::Changed(Box::new(change)));
    }

    pub(crate) fn removed(&mut self, id: JobId) {
        self.len += 1;
        self.push(Item::Removed(id));
    }

    /// Jobs have other places now.
    pub(crate) fn order(&mut self) {
        if !matches!(self.list.back(), Some(Item::Order)) {
            self.len += 1;
            self.push(Item::Order);
        }
    }

    fn push(&mut self, item: Item) {
        self.list.push_back(item);
    }

    /// A row loses its first.
    fn pop(&mut self) -> Option<Item> {
        self.len = self.len.saturating_sub(1);
        if let Some(Item::Added(row)) = self.list.front_mut()
            && row.count > 1
        {
            let first = Row { first: row.first, count: 1, before: row.before, standing: row.standing.clone() };
            row.count -= 1;
            row.first.0 += 1;
            return Some(Item::Added(first));
        }
        self.list.pop_front()
    }

    /// Jobs that were not told of yet, by number; some of them may be gone.
    fn untold(&self) -> Vec<Range<JobId>> {
        let row = |item: &Item| match item {
            Item::Added(row) => Some(row.first..JobId(row.first.0 + row.count)),
            _ => None,
        };
        self.list.iter().filter_map(row).collect()
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
