//! The bytes of one job: bumped by its sessions, sampled by the engine.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::RemotePath;

/// Bytes of one job, bumped by its session and sampled by the engine.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    begun_at: AtomicU64,
    moved: AtomicU64,
    /// The whole size plus one; 0 = not known.
    size: AtomicU64,
    /// See [`crate::engine::job::Job::wrote`].
    wrote: OnceLock<RemotePath>,
}

impl Counter {
    /// The session found out how large the whole is.
    pub(crate) fn learn_size(&self, size: Option<u64>) {
        self.size.store(size.map_or(0, |size| size.saturating_add(1)), Ordering::Relaxed);
    }

    /// The whole size, where the session found out.
    pub(crate) fn size(&self) -> Option<u64> {
        self.size.load(Ordering::Relaxed).checked_sub(1)
    }

    /// The transfer begins at that offset: what was there already is no speed.
    pub(crate) fn begin_at(&self, offset: u64) {
        self.begun_at.store(offset, Ordering::Relaxed);
        self.moved.store(0, Ordering::Relaxed);
    }

    /// The file of that name on the server is this job's from now on, whole or not.
    pub(crate) fn write_to(&self, path: &RemotePath) {
        self.wrote.get_or_init(|| path.clone());
    }

    /// What this job has written to under its final name.
    pub(crate) fn wrote(&self) -> Option<&RemotePath> {
        self.wrote.get()
    }

    /// So many more.
    pub(crate) fn add(&self, bytes: usize) {
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Moved over the network.
    pub(crate) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// So far, what was resumed included.
    pub(crate) fn bytes(&self) -> u64 {
        self.begun_at.load(Ordering::Relaxed) + self.moved()
    }
}
