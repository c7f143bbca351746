//! Where received bytes go: the file, and a thread of its own for a large one.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::thread;

use crossbeam_channel::bounded;

use crate::ftp::ascii::{FromWire, LineEnd};
use crate::net::session::DataChannel;
use crate::net::shortcut::Pipe;

use super::{BUFFER, Bounds, Ended, Stopped, take};
use crate::engine::error::{LocalAction, LocalError};
use crate::engine::work::Assignment;

/// The file, and who wants to know what is in it.
pub(super) struct Sink<'a> {
    file: &'a mut File,
    path: &'a Path,
    text: Option<(FromWire, Vec<u8>)>,
    bounds: &'a dyn Bounds,
}

impl<'a> Sink<'a> {
    pub(super) fn new(file: &'a mut File, path: &'a Path, text: bool, bounds: &'a dyn Bounds) -> Self {
        Self { file, path, text: text.then(|| (FromWire::new(LineEnd::HERE), Vec::new())), bounds }
    }

    /// What came, all of it.
    pub(super) fn write(&mut self, came: &[u8]) -> Result<(), Stopped> {
        let bytes = match &mut self.text {
            Some((converter, text)) => {
                text.clear();
                converter.push(came, text);
                text.as_slice()
            }
            None => came,
        };
        self.file.write_all(bytes).map_err(|error| wrong(self.path, &error))?;
        self.bounds.wrote(came.len());
        Ok(())
    }

    /// What is in the pipe, all of it; `false` = this file wants its bytes in another way.
    pub(super) fn swallow(&mut self, pipe: &mut Pipe, bytes: usize) -> Result<bool, Stopped> {
        let can = pipe.empty(bytes, self.file).map_err(|error| wrong(self.path, &error))?;
        self.bounds.wrote(bytes);
        Ok(can)
    }

    /// No more comes.
    pub(super) fn finish(&mut self) -> Result<(), Stopped> {
        let Some((converter, mut text)) = self.text.take() else { return Ok(()) };
        text.clear();
        converter.finish(&mut text);
        self.file.write_all(&text).map_err(|error| wrong(self.path, &error))
    }
}

/// Receives here and writes on a thread beside: what is encrypted costs as much time as the disk. Whatever either side has
/// taken is written before this ends; an error of either ends the other with its next piece. `None` = the system has no
/// thread left.
pub(super) fn beside(
    channel: &mut DataChannel<'_>,
    sink: &mut Sink<'_>,
    job: &Assignment,
    bounds: &dyn Bounds,
) -> Result<Option<Ended>, Stopped> {
    // Both are bounded by the number of buffers: a slow disk makes the receiver wait, and so the server.
    let (full, arrivals) = bounded::<(Vec<u8>, usize)>(BUFFERS);
    let (empty, returns) = bounded::<Vec<u8>>(BUFFERS);
    for _ in 0..BUFFERS {
        empty.send(vec![0; BUFFER]).ok();
    }
    thread::scope(|scope| {
        let writer = thread::Builder::new().name("writer".into()).spawn_scoped(scope, move || {
            for (buffer, length) in arrivals {
                sink.write(&buffer[..length])?;
                // Nobody wants it back when the last bytes are here.
                empty.send(buffer).ok();
            }
            Ok(())
        });
        let Ok(writer) = writer else { return Ok(None) };
        let received = (|| {
            // The writer is gone only with an error of its own.
            while let Ok(mut buffer) = returns.recv() {
                let portion = bounds.room(job.limiter.portion(buffer.len()));
                if portion == 0 {
                    return Ok(Some(Ended::AtBounds));
                }
                let read = take(channel, &mut buffer[..portion], bounds)?;
                if read == 0 {
                    return Ok(Some(Ended::AtEnd));
                }
                if full.send((buffer, read)).is_err() {
                    break;
                }
                job.limiter.spend(read, &job.cancel);
            }
            Ok(None)
        })();
        drop((full, returns));
        match writer.join() {
            Ok(Ok(())) => received,
            // The disk's trouble is the one that stays.
            Ok(Err(stopped)) => Err(stopped),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn wrong(path: &Path, error: &std::io::Error) -> Stopped {
    Stopped::Local(LocalError::new(LocalAction::Write, path, error).into())
}

/// So many buffers are on their way between the two threads.
const BUFFERS: usize = 8;
