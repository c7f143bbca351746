//! Moves bytes between a data connection and a file, and counts them.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::net::session::DataChannel;

use super::error::{JobError, LocalAction, LocalError};
use super::work::Assignment;

/// So much is moved at a time.
pub(super) const BUFFER: usize = 256 * 1024;

/// Bytes of one job, bumped by its session and sampled by the engine.
#[derive(Debug, Default)]
pub(super) struct Counter {
    begun_at: AtomicU64,
    moved: AtomicU64,
    /// The whole size plus one; 0 = not known.
    size: AtomicU64,
}

impl Counter {
    /// The session found out how large the whole is.
    pub(super) fn learn_size(&self, size: Option<u64>) {
        self.size.store(size.map_or(0, |size| size.saturating_add(1)), Ordering::Relaxed);
    }

    /// The whole size, where the session found out.
    pub(super) fn size(&self) -> Option<u64> {
        self.size.load(Ordering::Relaxed).checked_sub(1)
    }

    /// The transfer begins at that offset: what was there already is no speed.
    pub(super) fn begin_at(&self, offset: u64) {
        self.begun_at.store(offset, Ordering::Relaxed);
        self.moved.store(0, Ordering::Relaxed);
    }

    /// So many more.
    pub(super) fn add(&self, bytes: usize) {
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Moved over the network.
    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// So far, what was resumed included.
    pub(super) fn bytes(&self) -> u64 {
        self.begun_at.load(Ordering::Relaxed) + self.moved()
    }
}

/// Why the pump stopped: the caller must end the data connection differently.
pub(super) enum Stopped {
    /// The channel failed.
    Remote(JobError),
    /// The disk failed; the channel is fine.
    Local(JobError),
}

/// From the channel to the file, till the end.
pub(super) fn receive(
    channel: &mut DataChannel<'_>,
    file: &mut File,
    path: &Path,
    buffer: &mut [u8],
    job: &Assignment,
) -> Result<(), Stopped> {
    loop {
        let portion = job.limiter.portion(buffer.len());
        let read = channel.read(&mut buffer[..portion]).map_err(|error| Stopped::Remote(error.into()))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        file.write_all(bytes)
            .map_err(|error| Stopped::Local(LocalError::new(LocalAction::Write, path, &error).into()))?;
        job.counter.add(read);
        job.limiter.spend(read, &job.cancel);
    }
}

/// From the file, where it stands, to the channel, till the file's end.
pub(super) fn send(
    channel: &mut DataChannel<'_>,
    file: &mut File,
    path: &Path,
    buffer: &mut [u8],
    job: &Assignment,
) -> Result<(), Stopped> {
    loop {
        let portion = job.limiter.portion(buffer.len());
        let read = match file.read(&mut buffer[..portion]) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stopped::Local(LocalError::new(LocalAction::Read, path, &error).into())),
        };
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        channel.write_all(bytes).map_err(|error| Stopped::Remote(error.into()))?;
        job.counter.add(read);
        job.limiter.spend(read, &job.cancel);
    }
}
