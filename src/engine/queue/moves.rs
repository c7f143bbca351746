//! Jobs that the user moves up and down.

use std::collections::HashSet;

use crate::domain::JobId;
use crate::engine::job::Rank;
use crate::engine::job::packed_job::Packed;
use crate::engine::message::{Place, Standing};
use crate::engine::queue::Queue;

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
