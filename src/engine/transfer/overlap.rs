//! What a file here has in common with what lies on the server: looked at before anything is appended, and where nobody
//! knows whose file it is.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use crate::domain::{EntryKind, Precision, RemotePath, Timestamp, Zone};
use crate::engine::job::side::Side;
use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::transfer::assignment::Assignment;
use crate::engine::transfer::copy;
use crate::engine::transfer::copy::{Overlap, Stopped};
use crate::engine::transfer::upload::Upload;
use crate::ftp::error::FtpError;
use crate::net::session::Session;
use crate::store::settings::ConflictPolicy;

impl Upload<'_> {
    /// Whether what the server had before REST and STOR is there still: some servers make the file anew and leave zeros
    /// up to the offset, and then its size is right. `None` = it does not let us look.
    pub(crate) fn joins(&mut self, path: &RemotePath, offset: u64) -> Option<bool> {
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
    pub(crate) fn begins(&mut self, path: &RemotePath, there: u64) -> Result<Option<bool>, JobError> {
        if there == 0 {
            return Ok(Some(true));
        }
        let looked = self.look(path, there.saturating_sub(LOOK), there);
        Ok(self.unless_refused(looked)?.map(|overlap| matches!(overlap, Overlap::Same)))
    }

    /// How long the file is that an earlier run wrote under its final name; `None` = there is another one by now, or
    /// nobody can tell, and then it is the user's. Text is never compared.
    pub(crate) fn left_of(&mut self, left: &RemotePath) -> Result<Option<u64>, JobError> {
        let facts = self.session.facts(left)?.filter(|facts| facts.kind != EntryKind::Directory);
        let size = facts.and_then(|facts| facts.size);
        let Some(there) = size.filter(|there| *there <= self.size && !self.job.text) else { return Ok(None) };
        Ok((self.begins(left, there)? == Some(true)).then_some(there))
    }

    /// Whether the target, of the source's size, is what an earlier run made of it just before it was killed: by its time,
    /// or byte for byte, since the time is set last. Not looked at where that would take long, or the target is to be
    /// replaced whatever it is.
    pub(crate) fn is_done(&mut self, target: &RemotePath, existing: Side) -> Result<bool, JobError> {
        let job = self.job;
        if !job.begun || job.policy == ConflictPolicy::Overwrite || existing.size != self.source.size {
            return Ok(false);
        }
        if agree(existing.modified, self.source.modified) {
            return Ok(true);
        }
        if self.size > SURE_UP_TO || job.text {
            return Ok(false);
        }
        let compared = self.compare(target, 0, self.size);
        Ok(matches!(self.unless_refused(compared)?, Some(Overlap::Same)))
    }

    /// `None` where the server does not let us look, and all is well otherwise.
    fn unless_refused(&self, looked: Result<Overlap, JobError>) -> Result<Option<Overlap>, JobError> {
        unless_refused(self.session, looked)
    }

    /// Compares what both sides have between two offsets, the first [`LOOK`] bytes of it.
    fn look(&mut self, path: &RemotePath, from: u64, to: u64) -> Result<Overlap, JobError> {
        self.compare(path, from, (to - from).min(LOOK))
    }

    /// Compares so many bytes behind an offset.
    fn compare(&mut self, path: &RemotePath, from: u64, length: u64) -> Result<Overlap, JobError> {
        compare(self.session, self.job, path, &mut self.file, from..from + length, self.buffer)
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

/// Compares what both sides have there.
fn compare(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    file: &mut File,
    range: Range<u64>,
    buffer: &mut [u8],
) -> Result<Overlap, JobError> {
    let unread = |error| LocalError::new(LocalAction::Read, &job.local, &error);
    file.seek(SeekFrom::Start(range.start)).map_err(unread)?;
    let mut channel = session.retrieve(path, range.start)?;
    let mut left = range.end - range.start;
    let overlap = loop {
        let piece = left.min(LOOK);
        left -= piece;
        match copy::compare(&mut channel, file, &job.local, piece, buffer, job) {
            Ok(Overlap::Same) if left > 0 => {}
            overlap => break overlap,
        }
    };
    // To its end where that is near; an ABOR is not what all servers take well.
    let mut after = 0;
    while overlap.is_ok() && after < LOOK {
        match channel.read(buffer) {
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
    session.mend()?;
    Ok(overlap)
}

fn unless_refused(session: &Session, looked: Result<Overlap, JobError>) -> Result<Option<Overlap>, JobError> {
    match looked {
        Ok(overlap) => Ok(Some(overlap)),
        Err(JobError::Remote(FtpError::Refused { .. } | FtpError::Unsupported { .. })) if !session.is_broken() => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether a download's target, of the source's size, is what an earlier run made of it just before it was killed. Its
/// time tells, which it has before its name, or else its bytes. Not looked at where nothing depends on it.
pub(crate) fn is_done(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    (source, existing): (Side, Side),
    buffer: &mut [u8],
) -> Result<bool, JobError> {
    let Some(size) = source.size.filter(|_| job.begun && existing.size == source.size) else { return Ok(false) };
    if job.policy == ConflictPolicy::Overwrite {
        return Ok(false);
    }
    // The time may have been the listing's, or the exact one, as it was known then.
    let listed = job.modified.map_or(Precision::Second, |time| time.precision);
    let modified = source.modified.map(|time| Timestamp { precision: time.precision.min(listed), ..time });
    if agree(existing.modified, modified) {
        return Ok(true);
    }
    let is_timed = source.modified.is_some_and(|time| job.preserve_times && time.zone == Zone::Utc);
    let matters = matches!(job.policy, ConflictPolicy::Ask | ConflictPolicy::Rename);
    if is_timed || !matters || size > SURE_UP_TO || job.text {
        return Ok(false);
    }
    let Ok(mut file) = File::open(&job.local) else { return Ok(false) };
    let compared = compare(session, job, remote, &mut file, 0..size, buffer);
    Ok(matches!(unless_refused(session, compared)?, Some(Overlap::Same)))
}

/// Whether a target has the time that its source has, as precisely as both are known and the disk keeps it (FAT: two
/// seconds).
fn agree(a: Option<Timestamp>, b: Option<Timestamp>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    let grain = match a.precision.min(b.precision) {
        Precision::Day => 24 * 3600,
        Precision::Minute => 60,
        Precision::Second => 1,
    };
    let apart = a.seconds.div_euclid(grain).abs_diff(b.seconds.div_euclid(grain));
    a.zone == b.zone && (apart == 0 || (grain == 1 && apart < 2))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_agree_as_far_as_both_are_known() {
        let at = |seconds: i64, precision: Precision| Some(Timestamp { precision, ..Timestamp::utc(seconds) });
        let (exact, minute) = (at(6059, Precision::Second), at(6000, Precision::Minute));
        assert!(agree(exact, exact) && agree(exact, minute) && agree(minute, minute));
        assert!(agree(exact, at(6058, Precision::Second)), "FAT keeps even seconds");
        assert!(!agree(exact, at(6057, Precision::Second)) && !agree(at(6060, Precision::Second), minute));
        assert!(!agree(exact, None) && !agree(None, None));
        assert!(!agree(exact, exact.map(|time| Timestamp { zone: Zone::Server, ..time })));
    }
}
