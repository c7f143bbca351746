//! Which job can start: entering the lists of ready jobs, and leaving them.

use crate::engine::queue::ready::FAR;
use crate::engine::queue::ready::Target;
use crate::engine::queue::ready::target;
use std::path::Path;
use std::sync::Arc;

use crate::domain::{Direction, JobId, RemotePath};
use crate::engine::job::Rank;
use crate::engine::message::Standing;
use crate::engine::message::job::JobState;
use crate::engine::queue::Queue;
use crate::engine::queue::sorted_set::Sorted;

impl Queue {
    /// The next job of that server that may run; its target is free.
    pub(crate) fn next_ready(&self, server: &str) -> Option<JobId> {
        let next = [self.next_file(server), self.next_folder(server)];
        next.into_iter().flatten().min_by_key(|id| self.packed(*id).map(|job| job.rank(*id)))
    }

    /// The same of what is no folder, as far as it is known.
    pub(crate) fn next_file(&self, server: &str) -> Option<JobId> {
        self.first_that_may(&self.ready.of(server)?.files)
    }

    /// The same of folders.
    pub(crate) fn next_folder(&self, server: &str) -> Option<JobId> {
        self.first_that_may(&self.ready.of(server)?.folders)
    }

    /// The largest file of that server that may run, and its size; `None` where there is no large one.
    pub(crate) fn largest(&self, server: &str) -> Option<(u64, JobId)> {
        let lists = self.ready.of(server)?;
        // A size that was found out meanwhile leaves an old entry behind.
        let waits = |id: &JobId| self.packed(*id).is_some_and(|job| lists.files.contains(job.rank(*id)));
        lists.large.iter().rev().take(FAR).find(|(_, id)| waits(id) && self.may_run(*id))
    }

    /// How many of what is no folder, as far as it is known, wait for a session of that server.
    pub(crate) fn ready_files(&self, server: &str) -> usize {
        self.ready.of(server).map_or(0, |lists| lists.files.len())
    }

    /// From now on no upload to that server is given out, or they are again.
    pub(crate) fn hold_uploads(&mut self, server: &Arc<str>, holds: bool) {
        if !holds {
            self.ready.full.remove(server);
        } else if !self.ready.full.contains(server) {
            self.ready.full.insert(Arc::clone(server));
        }
    }

    /// Servers with something to do.
    pub(crate) fn ready_servers(&self) -> Vec<Arc<str>> {
        self.ready.servers.keys().cloned().collect()
    }

    /// How many jobs of that server wait for a session.
    pub(crate) fn ready_count(&self, server: &str) -> usize {
        self.ready.of(server).map_or(0, |lists| lists.files.len() + lists.folders.len())
    }

    /// A session has it from now on, to begin it when it comes to it; nobody else writes its target.
    pub(crate) fn hand(&mut self, id: JobId) {
        let Some(packed) = self.jobs.find_mut(id) else { return };
        self.ready.targets.insert(target(&packed.job(id)));
        self.ready.strike(id, packed);
        packed.handed = true;
    }

    /// The session gave it back without having begun.
    pub(crate) fn take_back(&mut self, id: JobId) {
        let Some(packed) = self.jobs.find_mut(id) else { return };
        self.ready.targets.remove(&target(&packed.job(id)));
        packed.handed = false;
        match packed.kept.standing() {
            Standing::Queued => self.ready.enlist(id, packed),
            // It was about to begin.
            Standing::Running => drop(self.transition(id, JobState::Queued)),
            _ => {}
        }
    }

    /// No session writes it any more. Called with the paths the job had when it was held.
    pub(crate) fn release_target(
        &mut self,
        direction: Direction,
        server: &Arc<str>,
        local: &Path,
        remote: &RemotePath,
    ) {
        self.ready.targets.remove(&match direction {
            Direction::Download => Target::Local(local.to_owned()),
            Direction::Upload => Target::Remote(Arc::clone(server), remote.clone()),
        });
    }

    fn first_that_may(&self, waiting: &Sorted<Rank>) -> Option<JobId> {
        waiting.iter().take(FAR).map(|rank| self.order.at(rank)).find(|id| self.may_run(*id))
    }

    /// Whether nobody else writes its target, and the server takes it.
    fn may_run(&self, id: JobId) -> bool {
        let Some(job) = self.packed(id) else { return false };
        let route = &job.kept.route;
        if route.direction == Direction::Upload && self.ready.full.contains(&route.server) {
            return false;
        }
        self.ready.targets.is_empty() || !self.ready.targets.contains(&target(&job.job(id)))
    }
}
