//! One file from the server: into a part file beside its target, renamed when whole.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::{EntryKind, Precision, RemotePath, Timestamp, Zone};
use crate::engine::job::conflict::{Decision, decide};
use crate::engine::job::side::{Side, differ, facts, told_by_size};
use crate::engine::message::Remark;
use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::naming::local_name::{fingerprint, numbered, part_path};
use crate::engine::transfer::abandoned_parts::{Left, remove_here};
use crate::engine::transfer::assignment::{Assignment, Worked};
use crate::engine::transfer::copy::{AtMost, Ended, Overlap, Stopped};
use crate::engine::transfer::part_file::Part;
use crate::engine::transfer::{copy, overlap, segments, verify};
use crate::ftp::error::{FtpError, Stage};
use crate::net::session::{DataChannel, Facts, Session};
use crate::store::settings::{Flush, Verify};

/// Fetches the file. The final name appears only when every byte is there. `asked` = what the server just said of it;
/// `doubt` = all of it came before, and the server did not say so.
pub(crate) fn download(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    (asked, doubt): (Option<Facts>, Option<&FtpError>),
    clock: &mut Clock,
    buffer: &mut [u8],
) -> Result<Worked, JobError> {
    let mut source = match asked {
        Some(facts) => Side { size: believed(facts.size), modified: facts.modified },
        None => source_side(session, job, remote, clock)?,
    };
    let mut target = job.local.clone();
    let mut adopt = None;
    if let Some(existing) = local_side(&target)? {
        if overlap::is_done(session, job, remote, (source, existing), buffer)? {
            job.counter.begin_at(existing.size.unwrap_or(0));
            return Ok(Worked::Transferred);
        }
        match decide(job.policy, source, existing) {
            Decision::Overwrite => {}
            // Sizes of text are not comparable: anew.
            Decision::Resume(_) | Decision::TooLong { .. } if job.text => {}
            Decision::Resume(at) => adopt = Some(at),
            Decision::Rename => target = free_name(&target),
            Decision::Skip => return Ok(Worked::Skipped(format!("“{}” is there already", target.display()))),
            Decision::TooLong { target: target_size, source: source_size } => {
                let target = target.display().to_string();
                return Err(JobError::CannotResume { target, target_size, source_size });
            }
            Decision::Ask => {
                return Ok(Worked::Conflict {
                    source: facts(remote.text(&job.charset), source),
                    target: facts(target.display().to_string(), existing),
                    policy: job.policy,
                });
            }
        }
    }

    // Text that came in parts cannot be continued: nobody knows where its offset would be.
    let known = source.size.filter(|_| !job.text);
    let trail = job.target(&target, remote);
    let mut part = Part::open(part_of(job, remote, &target, source), known)?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let room = |source: &Side, part: &Part| match source.size.filter(|_| !job.text) {
        Some(size) => job.room.promise(job.job, folder, (size, part.length), &job.counter),
        None => Ok(None),
    };
    let mut promised = room(&source, &part);
    if (part.length > 0 || promised.is_err()) && asked.is_none() {
        // What a listing said may be old, or wrong; a part is only continued from the very version that it began with.
        let now = ask(session, job, remote)?;
        if now.size != source.size || differ(now.modified, source.modified) {
            source = now;
            drop(promised);
            // Kept until the new one is whole.
            if part.length > 0 {
                job.trail.leave(trail.clone(), Left::Here(part.path.clone()));
            } else {
                part.drop_if_empty();
            }
            part = Part::open(part_of(job, remote, &target, source), source.size)?;
            promised = room(&source, &part);
        }
    }
    job.counter.learn_size(source.size);
    let _room = match promised {
        Ok(promise) => promise,
        Err(error) => {
            part.drop_if_empty();
            return Err(error);
        }
    };
    let mut adopted = false;
    if let Some(at) = adopt
        && part.length < at
    {
        // A copy: the old file stays until the new one is whole.
        part.take_from(&target)?;
        adopted = true;
    }
    if let Some(doubt) = doubt
        && source.size != Some(part.length)
    {
        // It is another one by now, or nobody knows: for the next try.
        part.drop_if_empty();
        return Err(doubt.clone().into());
    }
    if doubt.is_some() {
        // This program wrote all of it in the try before this one.
        job.counter.begin_at(part.length);
    }
    let mut outcome = match doubt {
        Some(_) => compared(session, job, remote, &mut part, buffer),
        None => receive(session, job, remote, source.size, &mut part, (adopted, &mut *buffer)),
    };
    if let Err(error @ JobError::Corrupted { .. }) = &outcome {
        session.note(format!("{} It is fetched once more, as a whole", error.explain().what));
        session.mend()?;
        part.restart()?;
        outcome = receive(session, job, remote, source.size, &mut part, (false, buffer));
    }
    match outcome {
        Ok(()) => {}
        Err(JobError::Differs(_)) => {
            part.discard();
            return Err(JobError::Differs(target.display().to_string()));
        }
        Err(error) if job.text || matches!(error, JobError::Corrupted { .. }) => {
            part.discard();
            return Err(error);
        }
        Err(error) => {
            if part.length > 0 {
                job.trail.leave(trail, Left::Here(part.path.clone()));
            }
            part.drop_if_empty();
            return Err(error);
        }
    }
    if doubt.is_some() {
        session.note(told_by_size(&remote.text(&job.charset)));
    }
    finish(job, remote, (part, source), &target)?;
    Ok(Worked::Transferred)
}

/// Whole in the part file, and compared as far as is wanted.
fn receive(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    size: Option<u64>,
    part: &mut Part,
    (adopted, buffer): (bool, &mut [u8]),
) -> Result<(), JobError> {
    if job.text {
        fetch_text(session, job, remote, part, buffer)?;
        part.length = part.file.metadata().map_or(0, |data| data.len());
        return Ok(());
    }
    match fill(session, job, remote, size, part, (adopted, &mut *buffer)) {
        // The server said that this was all, and its word is to be enough.
        Err(JobError::Remote(FtpError::Incomplete { expected, got }))
            if job.verify == Verify::None && got == part.length && got < expected => {}
        other => other?,
    }
    compared(session, job, remote, part, buffer)
}

/// Whether its checksum is the server's, where that is wanted.
fn compared(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    part: &mut Part,
    buffer: &mut [u8],
) -> Result<(), JobError> {
    if job.verify == Verify::Hash {
        // A session that was lost behind the last byte says nothing any more.
        session.mend()?;
    }
    let local = (&mut part.file, part.path.as_path(), part.length);
    verify::compare(session, job, remote, local, buffer)?.into_result(|| remote.text(&job.charset))
}

/// Time, mode, name: from here on it is there. What was left of earlier versions goes.
fn finish(job: &Assignment, remote: &RemotePath, (part, source): (Part, Side), target: &Path) -> Result<(), JobError> {
    if job.preserve_times
        && let Some(time) = source.modified.filter(|time| time.zone == Zone::Utc).and_then(Timestamp::to_system)
    {
        // A time that cannot be set (some network drives) does not make the file less whole.
        part.file.set_modified(time).ok();
    }
    let sync = match job.flush {
        Flush::Never => false,
        Flush::Large => part.file.metadata().is_ok_and(|data| data.len() >= FLUSH_FROM),
        Flush::Always => true,
    };
    let path = part.path.clone();
    part.become_whole(target, sync)?;
    let mut left = job.trail.take(&job.target(target, remote));
    // An earlier run of the program knew the source as the job does.
    let known = Side { size: job.size, modified: job.modified };
    if job.begun && known != source {
        left.push(Left::Here(part_of(job, remote, target, known)));
    }
    for left in left {
        if let Left::Here(old) = left
            && old != path
        {
            remove_here(&old);
        }
    }
    Ok(())
}

/// From this size on a file is forced to the disk ([`Flush::Large`]).
const FLUSH_FROM: u64 = 1 << 20;

/// From this size on, the server is asked for the exact time where the listing gave none: a part can then be continued.
const EXACT_FROM: u64 = 1 << 20;

/// How far a server's LIST times are from UTC, once one file's two times were compared.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    pub(crate) offset: Option<i64>,
}

impl Clock {
    /// A server's wall-clock time in UTC.
    fn to_utc(&self, time: Timestamp) -> Option<Timestamp> {
        Some(Timestamp { seconds: time.seconds + self.offset?, zone: Zone::Utc, ..time })
    }

    /// Compares what LIST and MDTM say of one file. Offsets are whole quarters of an hour.
    fn compare(&mut self, listed: Timestamp, exact: Timestamp) {
        if listed.precision >= Precision::Minute && listed.zone == Zone::Server && exact.zone == Zone::Utc {
            let quarters = (exact.seconds - listed.seconds + 450).div_euclid(900);
            self.offset = (quarters.abs() <= 14 * 4).then_some(quarters * 900);
        }
    }
}

/// What the job knows of its source, else what the server says.
fn source_side(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    clock: &mut Clock,
) -> Result<Side, JobError> {
    if let Some(known) = known_side(job, clock) {
        return Ok(known);
    }
    let exact = ask(session, job, remote)?;
    if let (Some(listed), Some(exact)) = (job.modified, exact.modified) {
        clock.compare(listed, exact);
    }
    Ok(Side { size: exact.size.or(believed(job.size)), modified: exact.modified })
}

/// A size that a file can have; servers that count in 32 or 64 bits with a sign tell others.
fn believed(size: Option<u64>) -> Option<u64> {
    size.filter(|size| *size <= LARGEST)
}

/// No file system's files are larger than 8 EiB, and no disk holds an eighth of that.
const LARGEST: u64 = 1 << 60;

/// The same where the server need not be asked.
fn known_side(job: &Assignment, clock: &Clock) -> Option<Side> {
    let small = believed(job.size)? < EXACT_FROM;
    let modified = match job.modified {
        Some(time) if time.zone == Zone::Utc => Some(time),
        Some(time) if small => Some(clock.to_utc(time)?),
        None if small && !job.top => None,
        _ => return None,
    };
    Some(Side { size: job.size, modified })
}

/// Where a file goes, and its part, if fetching it needs no question to the server first.
pub(crate) struct PlainTarget {
    target: PathBuf,
    part: PathBuf,
}

/// `None` = the server must be asked about the file, or its lines change on the way.
pub(crate) fn plain_target(job: &Assignment, remote: &RemotePath, clock: &Clock) -> Option<PlainTarget> {
    let source = known_side(job, clock).filter(|_| !job.text)?;
    let part = part_of(job, remote, &job.local, source);
    Some(PlainTarget { target: job.local.clone(), part })
}

impl PlainTarget {
    /// Whether nothing is there: fetching the file surely begins with RETR, from its first byte.
    pub(crate) fn is_free(&self) -> bool {
        let lacks =
            |path: &Path| matches!(fs::symlink_metadata(path), Err(error) if error.kind() == ErrorKind::NotFound);
        lacks(&self.target) && lacks(&self.part)
    }
}

/// What the server says of the source.
fn ask(session: &mut Session, job: &Assignment, remote: &RemotePath) -> Result<Side, JobError> {
    match session.facts(remote)? {
        Some(facts) if facts.kind == EntryKind::Directory => Err(JobError::OtherKind(remote.text(&job.charset))),
        Some(facts) => Ok(Side { size: believed(facts.size), modified: facts.modified }),
        // Some servers know neither SIZE nor MLST: RETR itself says whether it is there.
        None => Ok(Side { size: believed(job.size), modified: None }),
    }
}

/// Where the bytes go until they are whole.
fn part_of(job: &Assignment, remote: &RemotePath, target: &Path, source: Side) -> PathBuf {
    part_path(target, fingerprint(&job.server, remote.as_bytes(), source.size, version(source, job.modified)))
}

/// The time that names a version of the source. Of a small file whose minute was `listed` this may be all that is known, or
/// not, as the server's clock is known by then: the minute either way, or a part would not be found again.
fn version(source: Side, listed: Option<Timestamp>) -> Option<Timestamp> {
    let time = source.modified.filter(|time| time.zone == Zone::Utc)?;
    let small = source.size.is_some_and(|size| size < EXACT_FROM);
    if small
        && listed.is_some_and(|listed| listed.precision == Precision::Minute)
        && time.precision >= Precision::Minute
    {
        return Some(Timestamp::utc(time.seconds - time.seconds.rem_euclid(60)));
    }
    Some(time).filter(|time| time.precision == Precision::Second)
}

/// Makes the part file whole, or leaves it resumable. `adopted` = it is a copy of the user's own file.
fn fill(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    size: Option<u64>,
    part: &mut Part,
    (adopted, buffer): (bool, &mut [u8]),
) -> Result<(), JobError> {
    // Of a part that is as long as the file, the end is compared like that of any other.
    let missing = size.filter(|size| *size > part.length);
    let begun = match missing.filter(|size| segments::are_worth(job, part, *size)) {
        Some(size) => segments::fetch(session, job, remote, size, part, buffer),
        None => fetch(session, job, remote, size, part, buffer),
    };
    match begun {
        // No REST here: from the beginning, never appended at a wrong offset.
        Err(JobError::Remote(FtpError::Refused { verb: "REST", .. } | FtpError::Unsupported { .. })) => {
            part.restart()?;
            fetch(session, job, remote, size, part, buffer)
        }
        // A part of ours: from the beginning. The old one stays until that is whole.
        Err(JobError::Differs(_)) if !adopted => {
            session.note(format!(
                "What the server sends of “{}” does not fit what is here already: from the beginning",
                remote.text(&job.charset)
            ));
            session.mend()?;
            part.set_aside()?;
            fetch(session, job, remote, size, part, buffer)
        }
        other => other,
    }
}

/// What is missing, from where the part ends.
///
/// # Errors
/// [`JobError::Differs`] where the part and the server's file do not fit together; the part is as it was.
fn fetch(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    size: Option<u64>,
    part: &mut Part,
    buffer: &mut [u8],
) -> Result<(), JobError> {
    // The part's last bytes come once more, to be compared: a file of the same size and time may be another one, and some
    // servers count offsets in 32 bits, so that a REST beyond 2 or 4 GiB begins anywhere.
    let length = part.length;
    let overlap = OVERLAP.min(length);
    let from = length - overlap;
    let mut channel = session.retrieve(remote, from)?;
    let expected = size.or(if from == 0 { channel.announced } else { None });
    channel.expect_size(expected);
    let announced = size.is_none() && expected.is_some();
    job.counter.learn_size(expected);
    job.counter.begin_at(from);
    if overlap > 0 {
        part.seek(from)?;
        match copy::compare(&mut channel, &mut part.file, &part.path, overlap, buffer, job) {
            Ok(Overlap::Same) => job.counter.begin_at(length),
            Ok(Overlap::Differs) => {
                channel.abort();
                return Err(JobError::Differs(job.local.display().to_string()));
            }
            // Or it is shorter than it says.
            Ok(Overlap::Short(came)) => {
                let got = from + came;
                end(channel, Ok(()), false)?;
                return Err(FtpError::Incomplete { expected: expected.unwrap_or(length), got }.into());
            }
            Err(stopped) => return end::<()>(channel, Err(stopped), false),
        }
    }
    part.seek(length)?;
    let most = AtMost { counter: &job.counter, bytes: expected.map_or(u64::MAX, at_most) };
    let received = copy::receive(&mut channel, &mut part.file, &part.path, buffer, job, &most);
    part.length = job.counter.bytes();
    if let (Ok(Ended::AtBounds), Some(expected)) = (&received, expected) {
        channel.abort();
        let got = part.length;
        part.restart()?;
        return Err(FtpError::Overlong { expected, got }.into());
    }
    // Where nobody can be asked for the size later, what was announced must do.
    let ended = end(channel, received, announced && expected == Some(part.length));
    if let Err(JobError::Remote(FtpError::Unanswered { .. })) = &ended {
        // They need not be the server's.
        part.cut_to(length)?;
    }
    ended?;
    match expected {
        Some(expected) if part.length < expected => Err(FtpError::Incomplete { expected, got: part.length }.into()),
        // More than was announced, behind what we continued: the joint may be wrong.
        Some(expected) if part.length > expected && length > 0 => {
            let got = part.length;
            part.restart()?;
            Err(FtpError::Incomplete { expected, got }.into())
        }
        Some(expected) if part.length > expected => grown(session, job, remote, (expected, part.length)),
        _ => Ok(()),
    }
}

/// More came than the file had when it was begun: a file that somebody writes to has grown by now, at least so far.
fn grown(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    (expected, got): (u64, u64),
) -> Result<(), JobError> {
    if job.verify == Verify::None {
        return Ok(());
    }
    let now = session.facts(remote)?.and_then(|facts| facts.size);
    let text = match now {
        Some(now) if now < got => format!(
            "More came than the file has: {got} bytes, though the server tells a size of {now}, before and after. All of them \
             are kept; look whether they are right."
        ),
        Some(now) => {
            format!("It grew while it was fetched: {got} bytes came, {expected} were there before, {now} are now.")
        }
        None => format!("More came than its listing says: {got} bytes, not {expected}. The server tells no size."),
    };
    job.remark(Remark::told(remote.text(&job.charset), text));
    Ok(())
}

/// Bytes that are taken of a file of that size: it may grow meanwhile, but what has no end is not that file.
fn at_most(size: u64) -> u64 {
    size.saturating_mul(2).saturating_add(1 << 20)
}

/// The whole of it as text. Its size on the server is not what it will have here.
fn fetch_text(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    part: &mut Part,
    buffer: &mut [u8],
) -> Result<(), JobError> {
    let mut channel = session.retrieve_text(remote)?;
    job.counter.begin_at(0);
    let received = copy::receive(&mut channel, &mut part.file, &part.path, buffer, job, &*job.counter);
    end(channel, received, false)
}

/// Ends the data connection as the pump left it. `whole` = it is, even if the server never says so.
fn end<T>(channel: DataChannel<'_>, received: Result<T, Stopped>, whole: bool) -> Result<(), JobError> {
    match received {
        Ok(_) => match channel.finish() {
            Ok(_) => Ok(()),
            // NAT routers forget idle control connections in long transfers.
            Err(
                FtpError::Timeout { stage: Stage::Completion, .. }
                | FtpError::Closed { stage: Stage::Completion, .. }
                | FtpError::Lost { stage: Stage::Completion, .. },
            ) if whole => Ok(()),
            Err(error) => Err(error.into()),
        },
        Err(Stopped::Local(error) | Stopped::Remote(error)) => {
            channel.abort();
            Err(error)
        }
    }
}

/// So much of a part comes again when it is continued.
const OVERLAP: u64 = 64 * 1024;

/// Size and time of a local file; `None` where nothing is there.
fn local_side(path: &Path) -> Result<Option<Side>, JobError> {
    match fs::metadata(path) {
        Ok(data) if data.is_dir() => Err(JobError::OtherKind(path.display().to_string())),
        Ok(data) if !data.is_file() => Err(JobError::NoFile(path.display().to_string())),
        Ok(data) => {
            Ok(Some(Side { size: Some(data.len()), modified: data.modified().ok().map(Timestamp::from_system) }))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LocalError::new(LocalAction::Read, path, &error).into()),
    }
}

/// The first numbered name that is free.
fn free_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (2..)
        .map(|number| path.with_file_name(numbered(&name, number)))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_again_whether_the_servers_clock_is_known_or_not() {
        let listed = Timestamp::civil((2026, 3, 1), (14, 30, 0), Precision::Minute, Zone::Server).unwrap();
        let exact = Timestamp::parse_rfc3659("20260301123042").unwrap();
        let minute = Timestamp { precision: Precision::Minute, ..Timestamp::utc(exact.seconds - 42) };
        let of = |size, modified| Side { size: Some(size), modified: Some(modified) };
        let small = version(of(1000, exact), Some(listed));
        assert!(small.is_some() && small == version(of(1000, minute), Some(listed)));
        let later = Timestamp { seconds: exact.seconds + 60, ..exact };
        assert_ne!(small, version(of(1000, later), Some(listed)));
        assert_eq!(version(of(EXACT_FROM, exact), Some(listed)), Some(exact), "large ones are always asked for");
        assert_eq!(version(of(1000, exact), Some(exact)), Some(exact));
        assert_eq!(version(of(1000, listed), Some(listed)), None);
    }

    #[test]
    fn one_file_with_both_times_tells_the_servers_offset() {
        let listed = Timestamp::civil((2026, 3, 1), (14, 30, 0), Precision::Minute, Zone::Server).unwrap();
        let exact = Timestamp::parse_rfc3659("20260301123042").unwrap();
        let mut clock = Clock::default();
        assert_eq!(clock.to_utc(listed), None);
        clock.compare(listed, exact);
        assert_eq!(clock.to_utc(listed).map(Timestamp::iso).as_deref(), Some("2026-03-01T12:30Z"));
        let day = Timestamp { precision: Precision::Day, ..listed };
        let mut clock = Clock::default();
        clock.compare(day, exact);
        assert_eq!(clock.to_utc(day), None, "a date alone tells nothing");
    }
}
