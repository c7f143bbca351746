//! Where received bytes go: the file, as they are or as this system's text.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::ftp::ascii::{FromWire, LineEnd};
use crate::net::shortcut::Pipe;

use super::{Bounds, Stopped};
use crate::engine::error::{LocalAction, LocalError};

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

fn wrong(path: &Path, error: &std::io::Error) -> Stopped {
    Stopped::Local(LocalError::new(LocalAction::Write, path, error).into())
}
