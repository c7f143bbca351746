//! Where received bytes go: the file, as they are or as this system's text.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;

use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::transfer::copy::{Bounds, Stopped, hole};
use crate::ftp::ascii::{FromWire, LineEnd};
use crate::net::shortcut::Pipe;

/// The file, and who wants to know what is in it.
pub(crate) struct Sink<'a> {
    file: &'a mut File,
    path: &'a Path,
    text: Option<(FromWire, Vec<u8>)>,
    bounds: &'a dyn Bounds,
    /// How long the file must be, where this is the only one that writes to it, at its end.
    length: Option<u64>,
    /// Whether the last bytes became a hole.
    ends_in_hole: bool,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(file: &'a mut File, path: &'a Path, text: bool, bounds: &'a dyn Bounds) -> Self {
        let length = if bounds.appends() { file.stream_position().ok() } else { None };
        Self {
            file,
            path,
            text: text.then(|| (FromWire::new(LineEnd::HERE), Vec::new())),
            bounds,
            length,
            ends_in_hole: false,
        }
    }

    /// An error where the file is not as long as what was written: another program cut it, and the next bytes would come
    /// behind a hole.
    fn check_length(&self) -> Result<(), Stopped> {
        let Some(length) = self.length else { return Ok(()) };
        let data = self.file.metadata().map_err(|error| wrong(self.path, &error))?;
        match data.len() == length || !data.is_file() {
            true => Ok(()),
            false => Err(Stopped::Local(JobError::PartChanged(self.path.display().to_string()))),
        }
    }

    pub(crate) fn ends_in_hole(&self) -> bool {
        self.ends_in_hole
    }

    fn grew(&mut self, bytes: usize) {
        if let Some(length) = &mut self.length {
            *length += bytes as u64;
        }
    }

    /// What came, all of it.
    pub(crate) fn write(&mut self, came: &[u8]) -> Result<(), Stopped> {
        self.check_length()?;
        let bytes = match &mut self.text {
            Some((converter, text)) => {
                text.clear();
                converter.push(came, text);
                text.as_slice()
            }
            None => came,
        };
        let written = bytes.len();
        let is_hole = hole::fits(bytes)
            && match self.length {
                Some(length) => hole::append(self.file, length, written).is_ok(),
                None => hole::punch(self.file, written).map_err(|error| wrong(self.path, &error))?,
            };
        if !is_hole {
            self.file.write_all(bytes).map_err(|error| wrong(self.path, &error))?;
        }
        self.ends_in_hole = is_hole;
        self.grew(written);
        self.bounds.wrote(came.len());
        Ok(())
    }

    /// What is in the pipe, all of it; `false` = this file wants its bytes in another way.
    pub(crate) fn swallow(&mut self, pipe: &mut Pipe, bytes: usize) -> Result<bool, Stopped> {
        self.check_length()?;
        let can = pipe.empty(bytes, self.file).map_err(|error| wrong(self.path, &error))?;
        self.grew(bytes);
        self.bounds.wrote(bytes);
        Ok(can)
    }

    /// No more comes.
    pub(crate) fn finish(&mut self) -> Result<(), Stopped> {
        let Some((converter, mut text)) = self.text.take() else { return Ok(()) };
        text.clear();
        converter.finish(&mut text);
        self.file.write_all(&text).map_err(|error| wrong(self.path, &error))
    }
}

fn wrong(path: &Path, error: &std::io::Error) -> Stopped {
    Stopped::Local(LocalError::new(LocalAction::Write, path, error).into())
}
