//! What of the queue is still to be told to the faces.

use std::collections::VecDeque;
use std::ops::Range;

use crate::domain::{JobId, Timestamp};
use crate::engine::message::Standing;

/// What is to be told, in order.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) list: VecDeque<Item>,
    /// Jobs and changes in it.
    pub(crate) len: usize,
}

pub(crate) enum Item {
    Added(Row),
    Changed(Box<Change>),
    Removed(JobId),
    Order,
}

/// New jobs that are numbered one after the other and come to one place, as what they came: what they became meanwhile is
/// told behind them.
pub(crate) struct Row {
    pub(crate) first: JobId,
    count: u64,
    pub(crate) before: Option<JobId>,
    pub(crate) standing: Standing,
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
    pub(crate) fn pop(&mut self) -> Option<Item> {
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
    pub(crate) fn untold(&self) -> Vec<Range<JobId>> {
        let row = |item: &Item| match item {
            Item::Added(row) => Some(row.first..JobId(row.first.0 + row.count)),
            _ => None,
        };
        self.list.iter().filter_map(row).collect()
    }
}
