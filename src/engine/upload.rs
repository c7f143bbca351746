//! One file to the server: under a temporary name, renamed when whole, where the server and the settings allow it.

use std::fs::File;
use std::io::{ErrorKind, Seek as _, SeekFrom};

use crate::domain::{EntryKind, RemotePath, Timestamp};
use crate::ftp::error::{Class, FtpError};
use crate::net::session::{Session, StoreAt};

use super::conflict::{Decision, Side, decide};
use super::download::facts;
use super::error::{JobError, LocalAction, LocalError};
use super::job::Existing;
use super::local_name::{fingerprint, numbered, remote_name, remote_part_name};
use super::pump::{self, Stopped};
use super::work::{Assignment, Worked};

/// From this size on, the server is asked what arrived, though it said that all is well.
const VERIFY_FROM: u64 = 1 << 20;

/// What one server has shown that it cannot.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// It refused a temporary name or its renaming.
    pub(super) no_rename: bool,
}

/// Sends the file.
pub(super) fn upload(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
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
    let temporary = temporary_name(job, &target, source);
    let (existing, part) = look(session, job, &target, temporary.as_ref())?;
    let mut replace = false;
    let mut append_at = None;
    if let Some(existing) = existing {
        if job.begun && existing.size == source.size {
            // Renamed just before the program was killed.
            job.counter.begin_at(size);
            return Ok(Worked::Transferred);
        }
        match decide(job.policy, source, existing) {
            Decision::Overwrite => replace = true,
            Decision::Resume(at) => append_at = Some(at),
            Decision::Rename => target = free_name(session, job, &target)?,
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
                });
            }
        }
    }

    let mut temporary = temporary.filter(|_| job.safe_uploads && !habits.no_rename && append_at.is_none());
    let at = part.filter(|at| *at > 0 && *at <= size);
    // What lies in a folder comes after its folder; the user's own order may name directories that are still missing.
    let mut may_make = job.top;
    let mut direct = false;
    loop {
        let sent = match &temporary {
            Some(temporary) => via(session, job, temporary, &target, (at, size, replace), (&mut file, buffer)),
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
            Err(error) if job.counter.moved() > 0 && !is_rename(&error) => return Err(error),
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
        && let Some(time) = source.modified
        && !session.is_broken()
    {
        // The file is whole; a server that keeps its own time does not make it less so.
        session.set_modified(&target, time).ok();
    }
    Ok(Worked::Transferred)
}

/// Under the temporary name, then renamed.
fn via(
    session: &mut Session,
    job: &Assignment,
    temporary: &RemotePath,
    target: &RemotePath,
    (at, size, replace): (Option<u64>, u64, bool),
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<(), JobError> {
    if let Err(error) = store(session, job, temporary, at, size, (file, buffer)) {
        // What was refused for good (quota, disk full) will not be continued; what broke will be.
        if error.class() == Class::Permanent && !session.is_broken() {
            session.remove_file(temporary).ok();
        }
        return Err(error);
    }
    Ok(session.rename(temporary, target, replace)?)
}

/// STOR or its continuation, and a look at what arrived.
fn store(
    session: &mut Session,
    job: &Assignment,
    path: &RemotePath,
    at: Option<u64>,
    size: u64,
    (file, buffer): (&mut File, &mut [u8]),
) -> Result<(), JobError> {
    if at == Some(size) && size > 0 {
        job.counter.begin_at(size);
        return Ok(());
    }
    let begin = at.map_or(StoreAt::Start, StoreAt::Offset);
    let mut channel = session.store(path, begin)?;
    let offset = channel.offset;
    file.seek(SeekFrom::Start(offset)).map_err(|error| LocalError::new(LocalAction::Read, &job.local, &error))?;
    job.counter.begin_at(offset);
    match pump::send(&mut channel, file, &job.local, buffer, job) {
        Ok(()) => match channel.finish() {
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        },
        Err(Stopped::Local(error) | Stopped::Remote(error)) => {
            channel.abort();
            return Err(error);
        }
    }
    let sent = job.counter.bytes();
    if sent != size {
        return Err(JobError::SourceChanged(job.local.display().to_string()));
    }
    if offset > 0 || size >= VERIFY_FROM {
        match session.facts(path) {
            Ok(Some(facts)) if facts.size.is_some_and(|arrived| arrived != size) => {
                let got = facts.size.unwrap_or(0);
                // Not a beginning that could be continued.
                session.remove_file(path).ok();
                return Err(FtpError::Incomplete { expected: size, got }.into());
            }
            // A server that cannot tell has said 226, and TCP says that all bytes went.
            _ => {}
        }
    }
    Ok(())
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
fn look(
    session: &mut Session,
    job: &Assignment,
    target: &RemotePath,
    temporary: Option<&RemotePath>,
) -> Result<(Option<Side>, Option<u64>), JobError> {
    match job.existing {
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

/// The bytes are there, only their name is not.
fn is_rename(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { verb: "RNFR" | "RNTO", .. }))
}

/// Refused for good, but not for lack of room.
fn is_refused(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { reply, .. }) if reply.code >= 500 && reply.code != 552)
}
