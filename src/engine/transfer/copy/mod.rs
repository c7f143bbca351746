//! Moves bytes between a data connection and a file, and counts them.

/// The file that is written.
pub(crate) mod sink;

/// Zeros that take no room.
pub(crate) mod hole;

use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::progress::counter::Counter;
use crate::engine::transfer::assignment::Assignment;
use crate::ftp::ascii::ToWire;
use crate::net::session::DataChannel;
use crate::net::shortcut::Pipe;
use sink::Sink;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// So much is moved at a time.
pub(crate) const BUFFER: usize = 256 * 1024;

/// What of a file may come over one connection. Whole files have no bounds but the server's; see
/// [`crate::engine::transfer::segments`] for others.
pub(crate) trait Bounds: Sync {
    /// How much may be read next, `most` at most; nobody else reads that. 0 = all that was to come is here.
    fn room(&self, most: usize) -> usize;

    /// So much of it was read from there.
    fn took(&self, bytes: usize, channel: &DataChannel<'_>);

    /// So much was written to the file: only that counts.
    fn wrote(&self, bytes: usize);

    /// Whether nobody else writes to the file, and it ends where the next bytes go.
    fn appends(&self) -> bool {
        false
    }
}

/// A whole file, or what is missing at its end.
impl Bounds for Counter {
    fn room(&self, most: usize) -> usize {
        most
    }

    fn took(&self, _: usize, _: &DataChannel<'_>) {}

    fn wrote(&self, bytes: usize) {
        self.add(bytes);
    }

    fn appends(&self) -> bool {
        true
    }
}

/// The same of a file whose size is known: so many bytes at most.
pub(crate) struct AtMost<'a> {
    pub(crate) counter: &'a Counter,
    /// Bytes of the whole file.
    pub(crate) bytes: u64,
}

impl Bounds for AtMost<'_> {
    fn room(&self, most: usize) -> usize {
        let left = self.bytes.saturating_sub(self.counter.bytes());
        usize::try_from(left).unwrap_or(usize::MAX).min(most)
    }

    fn took(&self, _: usize, _: &DataChannel<'_>) {}

    fn wrote(&self, bytes: usize) {
        self.counter.add(bytes);
    }

    fn appends(&self) -> bool {
        true
    }
}

/// Why the pump stopped: the caller must end the data connection differently.
pub(crate) enum Stopped {
    /// The channel failed.
    Remote(JobError),
    /// The disk failed; the channel is fine.
    Local(JobError),
}

/// How a stream of bytes ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The server has no more.
    AtEnd,
    /// The bounds are reached; the server may have more.
    AtBounds,
}

/// From the channel to the file, where it stands, till the end. Text: its lines end here as this system's do.
pub(crate) fn receive(
    channel: &mut DataChannel<'_>,
    file: &mut File,
    path: &Path,
    buffer: &mut [u8],
    job: &Assignment,
    bounds: &dyn Bounds,
) -> Result<Ended, Stopped> {
    let mut sink = Sink::new(file, path, job.text, bounds);
    // What a thread or a pipe costs is too much for a small file.
    let mut ended = copy(channel, &mut sink, (&mut *buffer, LARGE), job, bounds)?;
    if ended.is_none() && channel.is_direct() && !job.text {
        ended = pour(channel, &mut sink, &mut *buffer, job, bounds)?;
    }
    let ended = match ended {
        Some(ended) => ended,
        None => copy(channel, &mut sink, (buffer, usize::MAX), job, bounds)?.unwrap_or(Ended::AtEnd),
    };
    sink.finish().map(|()| ended)
}

/// Through the buffer, `most` bytes or a few more. `None` = there is more.
fn copy(
    channel: &mut DataChannel<'_>,
    sink: &mut Sink<'_>,
    (buffer, most): (&mut [u8], usize),
    job: &Assignment,
    bounds: &dyn Bounds,
) -> Result<Option<Ended>, Stopped> {
    let mut moved = 0;
    while moved < most {
        let portion = bounds.room(job.limiter.portion(buffer.len()));
        if portion == 0 {
            return Ok(Some(Ended::AtBounds));
        }
        let read = take(channel, &mut buffer[..portion], bounds)?;
        if read == 0 {
            return Ok(Some(Ended::AtEnd));
        }
        sink.write(&buffer[..read])?;
        moved = moved.saturating_add(read);
        job.limiter.spend(read, &job.cancel);
    }
    Ok(None)
}

/// The next bytes.
fn take(channel: &mut DataChannel<'_>, buffer: &mut [u8], bounds: &dyn Bounds) -> Result<usize, Stopped> {
    let read = channel.read(buffer).map_err(|error| Stopped::Remote(error.into()))?;
    bounds.took(read, channel);
    Ok(read)
}

/// Past this program: one copy instead of two, and half of the processor's time. `None` = that is not possible here, or not
/// any more. Zeros, of which a hole can be made, are looked for in every [`SAMPLED`] bytes.
fn pour(
    channel: &mut DataChannel<'_>,
    sink: &mut Sink<'_>,
    buffer: &mut [u8],
    job: &Assignment,
    bounds: &dyn Bounds,
) -> Result<Option<Ended>, Stopped> {
    let Some(mut pipe) = Pipe::open() else { return Ok(None) };
    let mut unseen = 0;
    loop {
        if unseen >= SAMPLED {
            if let Some(ended) = copy(channel, sink, (&mut *buffer, 1), job, bounds)? {
                return Ok(Some(ended));
            }
            if !sink.ends_in_hole() {
                unseen = 0;
            }
            continue;
        }
        let portion = bounds.room(job.limiter.portion(PIECE));
        if portion == 0 {
            return Ok(Some(Ended::AtBounds));
        }
        let came = channel.pour(&pipe, portion).map_err(|error| Stopped::Remote(error.into()))?;
        if came == 0 {
            return Ok(Some(Ended::AtEnd));
        }
        unseen += came;
        bounds.took(came, channel);
        if !sink.swallow(&mut pipe, came)? {
            return Ok(None);
        }
        job.limiter.spend(came, &job.cancel);
    }
}

/// How what came compares with what is here already.
pub(crate) enum Overlap {
    Same,
    Differs,
    /// It ended after so many bytes.
    Short(u64),
}

/// Reads `length` bytes from the channel and from the file, where it stands, and compares them. They are not counted.
pub(crate) fn compare(
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
pub(crate) fn send(
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
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
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

/// From so many bytes on, a file is large.
const LARGE: usize = 4 << 20;

/// So much is moved at a time past this program.
const PIECE: usize = 1 << 20;

/// Bytes that go past this program before one buffer is looked at: of a sparse file (an image of a disk) what follows is
/// zeros, most likely. One copy more for 1.5 % of the bytes.
const SAMPLED: usize = 16 << 20;
