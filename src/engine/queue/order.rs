//! Who comes before whom, and how the user changes it.

use std::collections::{HashMap, HashSet};

use crate::domain::JobId;

use crate::engine::job::Rank;
use crate::engine::job::packed_job::Packed;
use crate::engine::message::{Place, Standing};
use crate::engine::queue::Queue;
use crate::engine::queue::sorted_set::Sorted;

/// The places of all jobs.
#[derive(Default)]
pub(crate) struct Order {
    ranks: Sorted<Rank>,
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

impl Queue {
    /// Moves jobs, their order among themselves kept.
    pub(crate) fn move_to(&mut self, ids: &[JobId], place: Place) {
        let mut chosen: Vec<(Rank, JobId)> =
            ids.iter().filter_map(|id| self.jobs.find(*id).map(|job| (job.rank(*id), *id))).collect();
        chosen.sort_unstable();
        let moved: HashSet<JobId> = ids.iter().copied().collect();
        match place {
            Place::First => {
                for (_, id) in chosen.iter().rev() {
                    self.set_rank(*id, Rank { order: self.order.first(), step: id.0 });
                }
            }
            Place::Last => {
                for (_, id) in &chosen {
                    self.set_rank(*id, Rank { order: self.order.last(), step: id.0 });
                }
            }
            Place::Up => {
                for (_, id) in chosen {
                    self.swap_with(id, |queue, rank| {
                        let mut before = queue.order.ranks.before(rank).map(|rank| queue.order.at(rank));
                        before.find(|id| queue.is_movable(*id)).filter(|other| !moved.contains(other))
                    });
                }
            }
            Place::Down => {
                for (_, id) in chosen.into_iter().rev() {
                    self.swap_with(id, |queue, rank| {
                        let mut after = queue.order.ranks.after(rank).map(|rank| queue.order.at(rank));
                        after.find(|id| queue.is_movable(*id)).filter(|other| !moved.contains(other))
                    });
                }
            }
        }
        // A move of many would be as many messages; the order anew is one.
        self.news.order();
    }

    fn set_rank(&mut self, id: JobId, rank: Rank) {
        let Some(job) = self.jobs.find_mut(id) else { return };
        let old = job.rank(id);
        job.set_rank(id, rank);
        self.ready.moved(&job.kept.route.server, old, rank);
        self.order.remove(old);
        self.order.insert(rank, id);
        self.soil(id);
    }

    fn swap_with(&mut self, id: JobId, other: impl FnOnce(&Self, Rank) -> Option<JobId>) {
        let Some(rank) = self.jobs.find(id).map(|job| job.rank(id)) else { return };
        let Some(other) = other(self, rank) else { return };
        let Some(other_rank) = self.jobs.find(other).map(|job| job.rank(other)) else { return };
        // A place that nobody has, so that neither overwrites the other on the way.
        self.set_rank(id, Rank { order: i64::MAX, step: id.0 });
        self.set_rank(other, rank);
        self.set_rank(id, other_rank);
    }

    fn is_movable(&self, id: JobId) -> bool {
        let standing = |job: &Packed| !job.kept.standing().is_ended() && job.kept.standing() != Standing::Running;
        self.jobs.find(id).is_some_and(|job| standing(job) && !job.handed)
    }
}
