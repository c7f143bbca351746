//! Moves bytes between a data connection and a file, and counts them.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::RemotePath;
use crate::ftp::ascii::{FromWire, LineEnd, ToWire};
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
    /// See [`super::job::Job::wrote`].
    wrote: OnceLock<RemotePath>,
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

    /// The file of that name on the server is this job's from now on, whole or not.
    pub(super) fn write_to(&self, path: &RemotePath) {
        self.wrote.get_or_init(|| path.clone());
    }

    /// What this job has written to under its final name.
    pub(super) fn wrote(&self) -> Option<&RemotePath> {
        self.wrote.get()
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

/// From the channel to the file, till the end. Text: its lines end here as this system's do.
pub(super) fn receive(
    channel: &mut DataChannel<'_>,
    file: &mut File,
    path: &Path,
    buffer: &mut [u8],
    job: &Assignment,
) -> Result<(), Stopped> {
    let wrong = |error: &std::io::Error| Stopped::Local(LocalError::new(LocalAction::Write, path, error).into());
    let mut converter = job.text.then(|| (FromWire::new(LineEnd::HERE), Vec::new()));
    loop {
        let portion = job.limiter.portion(buffer.len());
        let read = channel.read(&mut buffer[..portion]).map_err(|error| Stopped::Remote(error.into()))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        let bytes = match &mut converter {
            Some((converter, text)) => {
                text.clear();
                converter.push(bytes, text);
                text.as_slice()
            }
            None => bytes,
        };
        file.write_all(bytes).map_err(|error| wrong(&error))?;
        job.counter.add(read);
        job.limiter.spend(read, &job.cancel);
    }
    if let Some((converter, mut text)) = converter {
        text.clear();
        converter.finish(&mut text);
        file.write_all(&text).map_err(|error| wrong(&error))?;
    }
    Ok(())
}

/// How what came compares with what is here already.
pub(super) enum Overlap {
    Same,
    Differs,
    /// It ended after so many bytes.
    Short(u64),
}

/// Reads `length` bytes from the channel and from the file, where it stands, and compares them. They are not counted.
pub(super) fn compare(
    channel: &mut DataChannel<'_>,
    file: &mut File,
    path: &Path,
    length: u64,
    buffer: &mut [u8],
    job: &Assignment,
) -> Result<Overlap, Stopped> {
    let wrong = |error: &std::io::Error| Stopped::Local(LocalError::new(LocalAction::Read, path, error).into());
    let mut left = usize::try_from(length).unwrap_or(usize::MAX);
    let mut here = vec![0; left];
    file.read_exact(&mut here).map_err(|error| wrong(&error))?;
    let mut rest = here.as_slice();
    while left > 0 {
        let portion = job.limiter.portion(buffer.len()).min(left);
        let read = channel.read(&mut buffer[..portion]).map_err(|error| Stopped::Remote(error.into()))?;
        if read == 0 {
            return Ok(Overlap::Short(length - left as u64));
        }
        let (same, further) = rest.split_at(read);
        if buffer[..read] != *same {
            return Ok(Overlap::Differs);
        }
        rest = further;
        left -= read;
        job.limiter.spend(read, &job.cancel);
    }
    Ok(Overlap::Same)
}

/// From the file, where it stands, to the channel, till the file's end. Text: its lines end in CR LF on the way.
pub(super) fn send(
    channel: &mut DataChannel<'_>,
    file: &mut File,
    path: &Path,
    buffer: &mut [u8],
    job: &Assignment,
) -> Result<(), Stopped> {
    let mut converter = job.text.then(|| (ToWire::default(), Vec::new()));
    loop {
        let portion = job.limiter.portion(buffer.len());
        let read = match file.read(&mut buffer[..portion]) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stopped::Local(LocalError::new(LocalAction::Read, path, &error).into())),
        };
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        let bytes = match &mut converter {
            Some((converter, text)) => {
                text.clear();
                converter.push(bytes, text);
                text.as_slice()
            }
            None => bytes,
        };
        channel.write_all(bytes).map_err(|error| Stopped::Remote(error.into()))?;
        job.counter.add(read);
        job.limiter.spend(read, &job.cancel);
    }
}
