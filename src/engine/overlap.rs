//! What an upload's file has in common with what lies on the server: looked at before anything is appended, and where
//! nobody knows whose file it is.

use std::io::{Read as _, Seek as _, SeekFrom};

use crate::domain::{EntryKind, RemotePath};
use crate::ftp::error::FtpError;
use crate::store::settings::ConflictPolicy;

use super::error::JobError;
use super::pump::{self, Overlap, Stopped};
use super::upload::Upload;

impl Upload<'_> {
    /// Whether what the server had before REST and STOR is there still: some servers make the file anew and leave zeros
    /// up to the offset, and then its size is right. Looked at once for each server. `None` = it does not let us look.
    pub(super) fn joins(&mut self, path: &RemotePath, offset: u64) -> Option<bool> {
        // Where the file itself has zeros nothing would be seen.
        let from = self.first_content(offset)?;
        match self.look(path, from, offset) {
            Ok(Overlap::Same) => Some(true),
            Ok(Overlap::Differs) => Some(false),
            Ok(Overlap::Short(_)) | Err(_) => None,
        }
    }

    /// Whether what lies there, so long, is the beginning of the source, as far as its last bytes tell. `None` = the
    /// server does not let us look.
    pub(super) fn begins(&mut self, path: &RemotePath, there: u64) -> Result<Option<bool>, JobError> {
        if there == 0 {
            return Ok(Some(true));
        }
        let looked = self.look(path, there.saturating_sub(LOOK), there);
        Ok(self.unless_refused(looked)?.map(|overlap| matches!(overlap, Overlap::Same)))
    }

    /// How long the file is that an earlier run wrote under its final name; `None` = there is another one by now, or
    /// nobody can tell, and then it is the user's. Text is never compared.
    pub(super) fn left_of(&mut self, left: &RemotePath) -> Result<Option<u64>, JobError> {
        let facts = self.session.facts(left)?.filter(|facts| facts.kind != EntryKind::Directory);
        let size = facts.and_then(|facts| facts.size);
        let Some(there) = size.filter(|there| *there <= self.size && !self.job.text) else { return Ok(None) };
        Ok((self.begins(left, there)? == Some(true)).then_some(there))
    }

    /// Whether the target is the source, byte for byte; not looked at where that would take long, or is of no use.
    pub(super) fn is_source(&mut self, target: &RemotePath) -> Result<bool, JobError> {
        if self.size > SURE_UP_TO || self.job.text || self.job.policy == ConflictPolicy::Overwrite {
            return Ok(false);
        }
        let compared = self.compare(target, 0, self.size);
        Ok(matches!(self.unless_refused(compared)?, Some(Overlap::Same)))
    }

    /// `None` where the server does not let us look, and all is well otherwise.
    fn unless_refused(&self, looked: Result<Overlap, JobError>) -> Result<Option<Overlap>, JobError> {
        match looked {
            Ok(overlap) => Ok(Some(overlap)),
            Err(JobError::Remote(FtpError::Refused { .. } | FtpError::Unsupported { .. }))
                if !self.session.is_broken() =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Compares what both sides have between two offsets, the first [`LOOK`] bytes of it.
    fn look(&mut self, path: &RemotePath, from: u64, to: u64) -> Result<Overlap, JobError> {
        self.compare(path, from, (to - from).min(LOOK))
    }

    /// Compares so many bytes behind an offset.
    fn compare(&mut self, path: &RemotePath, from: u64, length: u64) -> Result<Overlap, JobError> {
        self.file.seek(SeekFrom::Start(from)).map_err(|error| self.unread(&error))?;
        let mut channel = self.session.retrieve(path, from)?;
        let mut left = length;
        let overlap = loop {
            let piece = left.min(LOOK);
            left -= piece;
            match pump::compare(&mut channel, &mut self.file, &self.job.local, piece, self.buffer, self.job) {
                Ok(Overlap::Same) if left > 0 => {}
                overlap => break overlap,
            }
        };
        // To its end where that is near; an ABOR is not what all servers take well.
        let mut after = 0;
        while overlap.is_ok() && after < LOOK {
            match channel.read(self.buffer) {
                Ok(0) => {
                    channel.finish().ok();
                    return stopped(overlap);
                }
                Ok(read) => after += read as u64,
                Err(_) => break,
            }
        }
        channel.abort();
        let overlap = stopped(overlap)?;
        // What was seen must not be lost with the session: each try would look, lose it, and never come further.
        self.session.mend()?;
        Ok(overlap)
    }

    /// The first byte before `end` that is not zero; `None` = all are, or it cannot be read.
    fn first_content(&mut self, end: u64) -> Option<u64> {
        self.file.seek(SeekFrom::Start(0)).ok()?;
        let mut at = 0;
        while at < end {
            let read = self.file.read(self.buffer).ok().filter(|read| *read > 0)?;
            if let Some(found) = self.buffer[..read].iter().position(|byte| *byte != 0) {
                return Some(at + found as u64).filter(|found| *found < end);
            }
            at += read as u64;
        }
        None
    }
}

fn stopped(overlap: Result<Overlap, Stopped>) -> Result<Overlap, JobError> {
    overlap.map_err(|stopped| match stopped {
        Stopped::Local(error) | Stopped::Remote(error) => error,
    })
}

/// Up to this size a file is compared as a whole, where a kill left open whose it is.
const SURE_UP_TO: u64 = 64 << 20;

/// So much is compared.
const LOOK: u64 = 64 * 1024;
