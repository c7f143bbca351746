//! Who comes before whom, and how the user changes it.

use std::collections::HashMap;

use crate::domain::JobId;
use crate::engine::job::Rank;
use crate::engine::queue::sorted_set::Sorted;

/// The places of all jobs.
#[derive(Default)]
pub(crate) struct Order {
    pub(crate) ranks: Sorted<Rank>,
    /// Places that jobs have exchanged; at any other place is the job of the place's number.
    exchanged: HashMap<Rank, JobId>,
}

impl Order {
    /// Which job stands there.
    pub(crate) fn at(&self, rank: Rank) -> JobId {
        self.exchanged.get(&rank).copied().unwrap_or(JobId(rank.step))
    }

    /// All jobs, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = JobId> + '_ {
        self.ranks.iter().map(|rank| self.at(rank))
    }

    /// The job behind that place.
    pub(crate) fn after(&self, rank: Rank) -> Option<JobId> {
        self.ranks.after(rank).next().map(|rank| self.at(rank))
    }

    /// An order that is before all that there are.
    pub(crate) fn first(&self) -> i64 {
        self.ranks.first().map_or(0, |rank| rank.order.saturating_sub(1))
    }

    /// An order that is behind all that there are.
    pub(crate) fn last(&self) -> i64 {
        self.ranks.last().map_or(0, |rank| rank.order.saturating_add(1))
    }

    pub(crate) fn is_taken(&self, rank: Rank) -> bool {
        self.ranks.contains(rank)
    }

    pub(crate) fn insert(&mut self, rank: Rank, id: JobId) {
        self.ranks.insert(rank);
        if rank.step != id.0 {
            self.exchanged.insert(rank, id);
        }
    }

    pub(crate) fn remove(&mut self, rank: Rank) {
        self.ranks.remove(rank);
        self.exchanged.remove(&rank);
    }
}
