//! One file to the server: under a temporary name, renamed when whole, where the server and the settings allow it.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};

use crate::domain::{EntryKind, RemotePath, Timestamp};
use crate::ftp::error::{Class, FtpError, Stage};
use crate::net::session::{Session, StoreAt};
use crate::store::settings::ConflictPolicy;

use super::conflict::{Decision, Side, decide};
use super::download::{differ, facts, told_by_size};
use super::error::{JobError, LocalAction, LocalError};
use super::job::Existing;
use super::local_name::{fingerprint, is_part, numbered, remote_name, remote_part_name};
use super::pump::{self, Overlap, Stopped};
use super::work::{Assignment, Worked};

/// From this size on, the server is asked what arrived, though it said that all is well.
const VERIFY_FROM: u64 = 1 << 20;

/// What one server has shown that it cannot.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// It refused a temporary name or its renaming.
    pub(super) no_rename: bool,
}

/// Sends the file. `doubt` = all of it went before, and the server did not say that it arrived.
pub(super) fn upload(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    doubt: Option<&FtpError>,
    habits: &mut Habits,
    buffer: &mut [u8],
) -> Result<Worked, JobError> {
    let mut file = open(job)?;
    let source = local_side(job, &file)?;
    let size = source.size.unwrap_or(0);
    let mut target = remote.clone();
    if job.loose
        && let Some(facts) = session.facts(&target)?
        && facts.kind == EntryKind::Directory
        && let Some(name) = job.local.file_name().and_then(|name| remote_name(name, &job.charset))
    {
        target = target.join(&name);
    }
    if let Some(left) = &job.left
        && job.counter.wrote().is_none()
        && let Some(there) = left_of(session, job, left, size, (&mut file, buffer))?
    {
        if there == size {
            job.counter.begin_at(size);
            return Ok(Worked::Transferred);
        }
        job.counter.write_to(left);
    }
    if let Some(wrote) = job.counter.wrote() {
        target = wrote.clone();
    }
    let temporary = temporary_name(job, &target, source);
    let known = if doubt.is_some() { Existing::Unknown } else { job.existing };
    let (existing, part) = survey(session, job, known, &target, temporary.as_ref())?;
    let mut temporary = temporary.filter(|_| job.safe_uploads && !habits.no_rename);
    let mut replace = false;
    let mut append_at = None;
    if let Some(doubt) = doubt
        && temporary.is_none()
    {
        // The target is what the last try left.
        match existing.map(|existing| existing.size) {
            Some(Some(there)) if there == size && !job.text => {
                session.note(told_by_size(&target.text(&job.charset)));
                job.counter.begin_at(size);
                return Ok(Worked::Transferred);
            }
            Some(Some(there)) if there < size && !job.text => append_at = Some(there),
            Some(None) => return Err(doubt.clone().into()),
            _ => {}
        }
    } else if job.counter.wrote().is_some() {
        // Half of it, most likely, and no file that the user must be asked about.
        replace = true;
        let there = existing.and_then(|existing| existing.size).filter(|there| *there < size && !job.text);
        if let Some(there) = there.filter(|there| *there > 0 && temporary.is_none())
            && let Ok(Overlap::Same) =
                look(session, job, &target, (there.saturating_sub(LOOK), there), (&mut file, buffer))
        {
            append_at = Some(there);
        }
    } else if let Some(existing) = existing {
        if job.begun
            && part.is_none()
            && existing.size == source.size
            && (!differ(existing.modified, source.modified)
                || is_source(session, job, &target, size, (&mut file, buffer))?)
        {
            // Renamed just before the program was killed, perhaps before its time was set.
            job.counter.begin_at(size);
            return Ok(Worked::Transferred);
        }
        match decide(job.policy, source, existing) {
            Decision::Overwrite => replace = true,
            // Sizes of text are not comparable: anew.
            Decision::Resume(_) | Decision::TooLong { .. } if job.text => replace = true,
            Decision::Resume(at) => {
                if !begins(session, job, &target, at, (&mut file, buffer))? {
                    return Err(JobError::Differs(target.text(&job.charset)));
                }
                append_at = Some(at);
            }
            // It may be what was left when the program was killed.
            Decision::Skip | Decision::Rename
                if job.begun && temporary.is_none() && existing.size.is_some_and(|there| there < size) =>
            {
                return Ok(Worked::Conflict {
                    source: facts(job.local.display().to_string(), source),
                    target: facts(target.text(&job.charset), existing),
                    policy: job.policy,
                });
            }
            Decision::Rename => target = free_name(session, job, &target)?,
            Decision::Skip if doubt.is_some() && job.policy == ConflictPolicy::Resume => {
                session.note(told_by_size(&target.text(&job.charset)));
                job.counter.begin_at(size);
                return Ok(Worked::Transferred);
            }
            Decision::Skip => {
                return Ok(Worked::Skipped(format!("“{}” is there already", target.text(&job.charset))));
            }
            Decision::TooLong { target: target_size, source: source_size } => {
                let target = target.text(&job.charset);
                return Err(JobError::CannotResume { target, target_size, source_size });
            }
            Decision::Ask => {
                return Ok(Worked::Conflict {
                    source: facts(job.local.display().to_string(), source),
                    target: facts(target.text(&job.charset), existing),
                    policy: job.policy,
                });
            }
        }
    }

    temporary = temporary.filter(|_| append_at.is_none());
    let at = part.filter(|at| *at > 0 && *at <= size && !job.text);
    if let Some(doubt) = doubt
        && temporary.is_some()
    {
        if at != Some(size) {
            // Something is missing: for the next try, which goes on there.
            return Err(doubt.clone().into());
        }
        session.note(told_by_size(&target.text(&job.charset)));
    }
    // What lies in a folder comes after its folder; the user's own order may name directories that are still missing.
    let mut may_make = job.top;
    let mut direct = false;
    loop {
        let sent = match &temporary {
            Some(temporary) => {
                let time = source.modified.filter(|_| job.preserve_times);
                via(session, job, temporary, &target, (at, size, replace, time), (&mut file, buffer))
            }
            None => store(session, job, &target, append_at, size, (&mut file, buffer)),
        };
        match sent {
            Ok(()) => {
                // Only a server that then takes the final name is one that minds the temporary one.
                habits.no_rename |= direct;
                break;
            }
            Err(error) if !is_refused(&error) || session.is_broken() => return Err(error),
            // In the middle it is the content that it does not like: a half file must not get the final name.
            Err(error) if job.counter.moved() > 0 && !is_rename(&error) && !is_refused_at_once(&error) => {
                return Err(error);
            }
            Err(_) if may_make => {
                may_make = false;
                if let Some(above) = target.parent().filter(|above| !above.is_root() && !above.is_home()) {
                    // Where this does not help, the next try says why.
                    session.make_dirs(&above).ok();
                }
            }
            Err(error) => {
                // The server lets us write, but not under another name or not rename: then under the final one.
                let Some(refused) = temporary.take() else { return Err(error) };
                direct = true;
                session.remove_file(&refused).ok();
            }
        }
    }
    if job.preserve_times
        && temporary.is_none()
        && let Some(time) = source.modified
        && !session.is_broken()
    {
        // The file is whole; a server that keeps its own time does not make it less so.
        session.set_modified(&target, time).ok();
    }
    Ok(Worked::Transferred)
}

/// Under the temporary name, then renamed, with its time.
fn via(
    session: &mut Session,
    job: &Assignment,
    temporary: &RemotePath,
    target: &RemotePath,
    (at, size, replace, time): (Option<u64>, u64, bool, Option<Timestamp>),
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<(), JobError> {
    if let Err(error) = store(session, job, temporary, at, size, (file, buffer)) {
        // What was refused for good (quota, disk full) will not be continued; what broke will be.
        if error.class() == Class::Permanent && !session.is_broken() {
            session.remove_file(temporary).ok();
        }
        return Err(error);
    }
    Ok(session.publish(temporary, target, replace, time)?)
}

/// STOR or its continuation, and a look at what arrived. What turns out to be wrong is sent anew, as a whole.
fn store(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    at: Option<u64>,
    size: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<(), JobError> {
    let mut at = at;
    if at == Some(size) && size > 0 {
        let trusted = session.continues_stores() == Some(true);
        if trusted || joins(session, job, path, size, (file, buffer)) != Some(false) {
            job.counter.begin_at(size);
            return Ok(());
        }
        session.learn_continues_stores(false);
        at = None;
    }
    loop {
        let Some(got) = send(session, job, path, at, size, (file, buffer))? else { return Ok(()) };
        // Not a beginning that could be continued.
        session.mend()?;
        session.remove_file(path).ok();
        if at.take().is_none() {
            return Err(FtpError::Incomplete { expected: size, got }.into());
        }
    }
}

/// Sends what is missing behind `at`. `Some` = the server has something else now, so long.
fn send(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    at: Option<u64>,
    size: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<Option<u64>, JobError> {
    let begin = match at {
        None => StoreAt::Start,
        // The user's own file must not suffer from what a server does not know.
        Some(at) if path.file_name().is_some_and(is_part) => StoreAt::Offset(at),
        Some(at) => StoreAt::End(at),
    };
    let mut channel = match (job.text, begin) {
        (true, _) => session.store_text(path)?,
        (_, StoreAt::Start) if path.file_name().is_some_and(is_part) => session.store_at_once(path)?,
        _ => session.store(path, begin)?,
    };
    let (offset, by_rest) = (channel.offset, channel.continues_by_rest());
    if !path.file_name().is_some_and(is_part) {
        job.counter.write_to(path);
    }
    if offset > size {
        channel.abort();
        return Ok(Some(offset));
    }
    file.seek(SeekFrom::Start(offset)).map_err(|error| unread(job, &error))?;
    job.counter.begin_at(offset);
    match pump::send(&mut channel, file, &job.local, buffer, job) {
        Ok(()) => channel.finish().map(drop)?,
        Err(Stopped::Local(error) | Stopped::Remote(error)) => {
            channel.abort();
            return Err(error);
        }
    }
    let sent = job.counter.bytes();
    if sent != size {
        return Err(JobError::SourceChanged(job.local.display().to_string()));
    }
    if job.text || (offset == 0 && size < VERIFY_FROM) {
        return Ok(None);
    }
    // A server that cannot tell has said 226, and TCP says that all bytes went.
    let arrived = session.facts(path).ok().flatten().and_then(|facts| facts.size);
    if let Some(got) = arrived.filter(|got| *got != size) {
        if by_rest {
            session.learn_continues_stores(false);
        }
        return Ok(Some(got));
    }
    if by_rest && session.continues_stores().is_none() && !session.is_broken() {
        match joins(session, job, path, offset, (file, buffer)) {
            Some(true) => session.learn_continues_stores(true),
            Some(false) => {
                session.learn_continues_stores(false);
                return Ok(Some(size));
            }
            None => {}
        }
    }
    Ok(None)
}

/// Whether what the server had before REST and STOR is there still: some servers make the file anew and leave zeros up to
/// the offset, and then its size is right. Looked at once for each server. `None` = it does not let us look.
fn joins(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    offset: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Option<bool> {
    // Where the file itself has zeros nothing would be seen.
    let from = first_content(file, offset, buffer)?;
    match look(session, job, path, (from, offset), (file, buffer)) {
        Ok(Overlap::Same) => Some(true),
        Ok(Overlap::Differs) => Some(false),
        Ok(Overlap::Short(_)) | Err(_) => None,
    }
}

/// Whether the target is the beginning of the source, as far as its last bytes tell. Where the server does not let us
/// look, the user's word must do.
fn begins(
    session: &mut Session,
    job: &Assignment,
    target: &RemotePath,
    at: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<bool, JobError> {
    if at == 0 {
        return Ok(true);
    }
    match look(session, job, target, (at.saturating_sub(LOOK), at), (file, buffer)) {
        Ok(overlap) => Ok(!matches!(overlap, Overlap::Differs)),
        Err(JobError::Remote(FtpError::Refused { .. } | FtpError::Unsupported { .. })) if !session.is_broken() => {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// How long the file is that an earlier run wrote under its final name; `None` = there is another one by now, or nobody
/// can tell, and then it is the user's. Text is never compared.
fn left_of(
    session: &mut Session,
    job: &Assignment,
    left: &RemotePath,
    size: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<Option<u64>, JobError> {
    let facts = session.facts(left)?.filter(|facts| facts.kind != EntryKind::Directory);
    let Some(there) = facts.and_then(|facts| facts.size).filter(|there| *there <= size && !job.text) else {
        return Ok(None);
    };
    if there == 0 {
        return Ok(Some(there));
    }
    match look(session, job, left, (there.saturating_sub(LOOK), there), (file, buffer)) {
        Ok(overlap) => Ok(matches!(overlap, Overlap::Same).then_some(there)),
        Err(JobError::Remote(FtpError::Refused { .. } | FtpError::Unsupported { .. })) if !session.is_broken() => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the target is the source, byte for byte; not looked at where that would take long, or is of no use.
fn is_source(
    session: &mut Session,
    job: &Assignment,
    target: &RemotePath,
    size: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<bool, JobError> {
    if size > SURE_UP_TO || job.text || job.policy == ConflictPolicy::Overwrite {
        return Ok(false);
    }
    match compare(session, job, target, (0, size), (file, buffer)) {
        Ok(overlap) => Ok(matches!(overlap, Overlap::Same)),
        Err(JobError::Remote(FtpError::Refused { .. })) if !session.is_broken() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Compares what both sides have between two offsets, the first [`LOOK`] bytes of it.
fn look(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    (from, to): (u64, u64),
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<Overlap, JobError> {
    compare(session, job, path, (from, (to - from).min(LOOK)), (file, buffer))
}

/// Compares so many bytes behind an offset.
fn compare(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    (from, length): (u64, u64),
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<Overlap, JobError> {
    let mut channel = session.retrieve(path, from)?;
    file.seek(SeekFrom::Start(from)).map_err(|error| unread(job, &error))?;
    let mut left = length;
    let overlap = loop {
        let piece = left.min(LOOK);
        left -= piece;
        match pump::compare(&mut channel, file, &job.local, piece, buffer, job) {
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

fn stopped(overlap: Result<Overlap, Stopped>) -> Result<Overlap, JobError> {
    overlap.map_err(|stopped| match stopped {
        Stopped::Local(error) | Stopped::Remote(error) => error,
    })
}

/// The first byte before `end` that is not zero; `None` = all are, or it cannot be read.
fn first_content(file: &mut File, end: u64, buffer: &mut [u8]) -> Option<u64> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut at = 0;
    while at < end {
        let read = file.read(buffer).ok().filter(|read| *read > 0)?;
        if let Some(found) = buffer[..read].iter().position(|byte| *byte != 0) {
            return Some(at + found as u64).filter(|found| *found < end);
        }
        at += read as u64;
    }
    None
}

/// Up to this size a file is compared as a whole, where a kill left open whose it is.
const SURE_UP_TO: u64 = 64 << 20;

/// So much is compared.
const LOOK: u64 = 64 * 1024;

fn unread(job: &Assignment, error: &std::io::Error) -> JobError {
    LocalError::new(LocalAction::Read, &job.local, error).into()
}

fn open(job: &Assignment) -> Result<File, JobError> {
    File::open(&job.local).map_err(|error| match error.kind() {
        ErrorKind::NotFound => JobError::NoSource(job.local.display().to_string()),
        _ => LocalError::new(LocalAction::Read, &job.local, &error).into(),
    })
}

fn local_side(job: &Assignment, file: &File) -> Result<Side, JobError> {
    let data = file.metadata().map_err(|error| LocalError::new(LocalAction::Read, &job.local, &error))?;
    Ok(Side { size: Some(data.len()), modified: data.modified().ok().map(Timestamp::from_system) })
}

/// What is at the target, and how long our partial file is.
fn survey(
    session: &mut Session,
    job: &Assignment,
    known: Existing,
    target: &RemotePath,
    temporary: Option<&RemotePath>,
) -> Result<(Option<Side>, Option<u64>), JobError> {
    match known {
        Existing::Absent => Ok((None, None)),
        Existing::Part(length) => Ok((None, Some(length))),
        Existing::File(side) => Ok((Some(side), None)),
        Existing::Unknown => {
            let existing = match session.facts(target)? {
                Some(facts) if facts.kind == EntryKind::Directory => {
                    return Err(JobError::OtherKind(target.text(&job.charset)));
                }
                Some(facts) => Some(Side { size: facts.size, modified: facts.modified }),
                None => None,
            };
            let part = match temporary {
                Some(temporary) if job.safe_uploads => session.facts(temporary)?.and_then(|facts| facts.size),
                _ => None,
            };
            Ok((existing, part))
        }
    }
}

/// The temporary name beside the target; it names the version of the source.
pub(super) fn temporary_of(local: &std::path::Path, remote: &RemotePath, source: Side) -> Option<RemotePath> {
    let name = remote.file_name()?;
    let mark = fingerprint("", local.as_os_str().as_encoded_bytes(), source.size, source.modified);
    Some(remote.parent()?.join(&remote_part_name(name, mark)))
}

fn temporary_name(job: &Assignment, target: &RemotePath, source: Side) -> Option<RemotePath> {
    temporary_of(&job.local, target, source)
}

/// The first numbered name that the server does not have.
fn free_name(session: &mut Session, job: &Assignment, target: &RemotePath) -> Result<RemotePath, JobError> {
    let name = target.file_name().map(|name| job.charset.decode(name).into_owned()).unwrap_or_default();
    let folder = target.parent().unwrap_or_default();
    for number in 2..10_000 {
        let Some(bytes) = job.charset.encode(&numbered(&name, number)) else { break };
        let candidate = folder.join(&bytes);
        if session.facts(&candidate)?.is_none() {
            return Ok(candidate);
        }
    }
    Err(FtpError::Exists { path: target.text(&job.charset) }.into())
}

/// Whether the server took nothing of the file, though bytes may have left.
fn is_refused_at_once(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { stage: Stage::DataConnection, .. }))
}

/// The bytes are there, only their name is not.
fn is_rename(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { verb: "RNFR" | "RNTO", .. }))
}

/// Refused for good, but not for lack of room.
fn is_refused(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { reply, .. }) if reply.code >= 500 && reply.code != 552)
}
