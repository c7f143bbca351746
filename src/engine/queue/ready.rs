//! What waits for a session, and which of it may have one: no two jobs write one file at a time.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Direction, EntryKind, JobId, RemotePath};
use crate::engine::job::packed_job::Packed;
use crate::engine::job::{Job, Rank};
use crate::engine::message::Standing;
use crate::engine::queue::sorted_set::Sorted;

/// What waits for a session, by its server.
#[derive(Default)]
pub(crate) struct Ready {
    pub(crate) servers: HashMap<Arc<str>, Lists>,
    /// Servers that take no upload now.
    pub(crate) full: HashSet<Arc<str>>,
    /// Targets being written.
    pub(crate) targets: HashSet<Target>,
}

/// What waits for a session of one server, in order.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) files: Sorted<Rank>,
    pub(crate) folders: Sorted<Rank>,
    /// The large ones of the files, by size.
    pub(crate) large: Sorted<(u64, JobId)>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    Local(PathBuf),
    Remote(Arc<str>, RemotePath),
}

/// So many are looked at for one that may run; where they all may not, those behind them wait, too.
pub(crate) const FAR: usize = 1000;

/// From this size on, a file may be called out of turn.
const LARGE: u64 = 1 << 20;

impl Ready {
    pub(crate) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// Among those that wait, where it is one of them.
    pub(crate) fn enlist(&mut self, id: JobId, job: &Packed) {
        if job.handed || job.unsaved || job.kept.standing() != Standing::Queued {
            return;
        }
        let server = &job.kept.route.server;
        let lists = match self.servers.get_mut(server) {
            Some(lists) => lists,
            None => self.servers.entry(Arc::clone(server)).or_default(),
        };
        if job.kept.kind == EntryKind::Directory {
            lists.folders.insert(job.rank(id));
            return;
        }
        lists.files.insert(job.rank(id));
        if let Some(size) = job.kept.size().filter(|size| *size >= LARGE) {
            lists.large.insert((size, id));
        }
    }

    /// No more.
    pub(crate) fn strike(&mut self, id: JobId, job: &Packed) {
        let server = &job.kept.route.server;
        let Some(lists) = self.servers.get_mut(server) else { return };
        if !lists.files.remove(job.rank(id)) {
            lists.folders.remove(job.rank(id));
        }
        if let Some(size) = job.kept.size().filter(|size| *size >= LARGE) {
            lists.large.remove((size, id));
        }
        if lists.files.is_empty() && lists.folders.is_empty() {
            self.servers.remove(server);
        }
    }

    /// It has another place.
    pub(crate) fn moved(&mut self, server: &Arc<str>, from: Rank, to: Rank) {
        let Some(lists) = self.servers.get_mut(server) else { return };
        for waiting in [&mut lists.files, &mut lists.folders] {
            if waiting.remove(from) {
                waiting.insert(to);
            }
        }
    }

    pub(crate) fn of(&self, server: &str) -> Option<&Lists> {
        self.servers.get(server)
    }
}

pub(crate) fn target(job: &Job) -> Target {
    match job.direction {
        Direction::Download => Target::Local(job.local.clone()),
        Direction::Upload => Target::Remote(Arc::clone(&job.server), job.remote.clone()),
    }
}
