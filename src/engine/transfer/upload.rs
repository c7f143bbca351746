//! One file to the server: under a temporary name, renamed when whole, where the server and the settings allow it.
//!
//! What counts as whole, by the settings: the server's word; its word and the size that it has then (asked for along with
//! the renaming, so that no round trip is spent on it); or its checksum.

use std::fs;
use std::fs::File;
use std::io::{ErrorKind, Seek as _, SeekFrom};
use std::time::SystemTime;

use crate::domain::{EntryKind, RemotePath, Timestamp};
use crate::engine::job::child::Existing;
use crate::engine::job::conflict::{Decision, decide};
use crate::engine::job::side::{Side, facts, told_by_size};
use crate::engine::message::Remark;
use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::naming::local_name::{fingerprint, is_part, numbered, remote_name};
use crate::engine::naming::temporary_name::temporary_of;
use crate::engine::transfer::abandoned_parts::{Left, Target};
use crate::engine::transfer::assignment::{Assignment, Worked};
use crate::engine::transfer::copy::Stopped;
use crate::engine::transfer::upload_lock::{IsLocked, UploadLock};
use crate::engine::transfer::verify::Verdict;
use crate::engine::transfer::{copy, verify};
use crate::ftp::error::{Class, FtpError, Stage};
use crate::net::session::{Presence, Publication, Session, StoreAt};
use crate::store::settings::{ConflictPolicy, Verify};

/// Sessions that are opened to rename a file whose own session the server closed behind the last byte.
const RENAME_SESSIONS: usize = 2;

/// What one server has shown that it cannot.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    /// It refused a temporary name or its renaming.
    pub(crate) no_rename: bool,
}

/// A file on its way to the server.
pub(crate) struct Upload<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) job: &'a Assignment,
    pub(crate) file: File,
    /// As it was opened.
    pub(crate) source: Side,
    modified: Option<SystemTime>,
    /// Whether the target has the source's time already.
    stamped: bool,
    /// Whether checksums said that all arrived.
    hashed: bool,
    pub(crate) size: u64,
    pub(crate) buffer: &'a mut [u8],
}

/// Sends the file. `doubt` = all of it went before, and the server did not say that it arrived.
pub(crate) fn upload(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    doubt: Option<&FtpError>,
    habits: &mut Habits,
    buffer: &mut [u8],
) -> Result<Worked, JobError> {
    let mut target = remote.clone();
    let mut upload = Upload::open(session, job, buffer)?;
    if job.loose
        && let Some(facts) = upload.session.facts(&target)?
        && facts.kind == EntryKind::Directory
        && let Some(name) = job.local.file_name().and_then(|name| remote_name(name, &job.charset))
    {
        target = target.join(&name);
    }
    upload.send_to(target, doubt, habits)
}

/// What is done about the target.
enum Plan {
    /// Sends it; whether a file is to be replaced, and where the user's own file is to be continued.
    Send { target: RemotePath, replace: bool, append_at: Option<u64> },
    /// Nothing is to be sent.
    Over(Worked),
}

impl<'a> Upload<'a> {
    fn open(session: &'a mut Session, job: &'a Assignment, buffer: &'a mut [u8]) -> Result<Self, JobError> {
        let unread = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => JobError::NoSource(job.local.display().to_string()),
            _ => LocalError::new(LocalAction::Read, &job.local, &error).into(),
        };
        // Opening a pipe waits for whoever writes to it.
        if !fs::metadata(&job.local).map_err(unread)?.is_file() {
            return Err(JobError::NoFile(job.local.display().to_string()));
        }
        let file = File::open(&job.local).map_err(unread)?;
        let data = file.metadata().map_err(|error| LocalError::new(LocalAction::Read, &job.local, &error))?;
        let (size, modified) = (data.len(), data.modified().ok());
        let source = Side { size: Some(size), modified: modified.map(Timestamp::from_system) };
        Ok(Self { session, job, file, source, modified, stamped: false, hashed: false, size, buffer })
    }

    fn send_to(
        &mut self,
        mut target: RemotePath,
        doubt: Option<&FtpError>,
        habits: &mut Habits,
    ) -> Result<Worked, JobError> {
        let job = self.job;
        if let Some(left) = &job.left
            && job.counter.wrote().is_none()
            && let Some(there) = self.left_of(left)?
        {
            if there == self.size {
                return self.all_there(left);
            }
            job.counter.write_to(left);
        }
        if let Some(wrote) = job.counter.wrote() {
            target = wrote.clone();
        }
        let temporary = temporary_of(&job.local, &target, self.source.size, self.source.modified);
        let _lock = match temporary.as_ref().filter(|_| job.safe_uploads && !habits.no_rename) {
            Some(temporary) => Some(self.lock(temporary)?),
            None => None,
        };
        let known = if doubt.is_some() { Existing::Unknown } else { job.existing };
        let (existing, part) = self.survey(known, &target, temporary.as_ref())?;
        let temporary = temporary.filter(|_| job.safe_uploads && !habits.no_rename);
        let plan = self.plan(target, existing, (part, temporary.is_some()), doubt)?;
        let (target, replace, append_at) = match plan {
            Plan::Over(worked) => return Ok(worked),
            Plan::Send { target, replace, append_at } => (target, replace, append_at),
        };
        let temporary = temporary.filter(|_| append_at.is_none());
        let at = part.filter(|at| *at > 0 && *at <= self.size && !job.text);
        if let Some(doubt) = doubt
            && temporary.is_some()
        {
            if at != Some(self.size) {
                // Something is missing: for the next try, which goes on there.
                return Err(doubt.clone().into());
            }
            self.session.note(told_by_size(&target.text(&job.charset)));
        }
        self.deliver(&target, (temporary, at), (replace, append_at), habits)?;
        self.clear_trail(&target);
        Ok(Worked::Transferred)
    }

    /// Keeps every other program of this user from writing to that temporary file.
    fn lock(&self, temporary: &RemotePath) -> Result<UploadLock, JobError> {
        let number = fingerprint(&self.job.server, temporary.as_bytes(), None, None);
        UploadLock::take(number).map_err(|IsLocked| JobError::Busy(self.job.local.display().to_string()))
    }

    /// Decides about what is at the target. `part` = how long our partial file is; `aside` = it goes under a temporary
    /// name.
    fn plan(
        &mut self,
        target: RemotePath,
        existing: Option<Side>,
        (part, aside): (Option<u64>, bool),
        doubt: Option<&FtpError>,
    ) -> Result<Plan, JobError> {
        let job = self.job;
        let send = |target, replace, append_at| Ok(Plan::Send { target, replace, append_at });
        if let Some(doubt) = doubt
            && !aside
        {
            // The target is what the last try left.
            return match existing.map(|existing| existing.size) {
                Some(Some(there)) if there == self.size && !job.text => {
                    self.session.note(told_by_size(&target.text(&job.charset)));
                    Ok(Plan::Over(self.all_there(&target)?))
                }
                Some(Some(there)) if there < self.size && !job.text => {
                    // What does not fit is made anew.
                    let append_at = (self.begins(&target, there)? != Some(false)).then_some(there);
                    send(target, false, append_at)
                }
                Some(None) => Err(doubt.clone().into()),
                _ => send(target, false, None),
            };
        }
        if job.counter.wrote().is_some() {
            // Half of it, most likely, and no file that the user must be asked about.
            let there = existing.and_then(|existing| existing.size).filter(|there| *there < self.size && !job.text);
            let there = there.filter(|there| *there > 0 && !aside);
            let append_at = there.filter(|there| self.begins(&target, *there).is_ok_and(|fits| fits == Some(true)));
            return send(target, true, append_at);
        }
        let Some(existing) = existing else { return send(target, false, None) };
        if part.is_none() && self.is_done(&target, existing)? {
            return Ok(Plan::Over(self.all_there(&target)?));
        }
        match decide(job.policy, self.source, existing) {
            Decision::Overwrite => send(target, true, None),
            // Sizes of text are not comparable: anew.
            Decision::Resume(_) | Decision::TooLong { .. } if job.text => send(target, true, None),
            // Where the server does not let us look, the user's word must do.
            Decision::Resume(at) if self.begins(&target, at)? != Some(false) => send(target, false, Some(at)),
            Decision::Resume(_) => Err(JobError::Differs(target.text(&job.charset))),
            // It may be what was left when the program was killed.
            Decision::Skip | Decision::Rename
                if job.begun && !aside && existing.size.is_some_and(|there| there < self.size) =>
            {
                Ok(Plan::Over(self.conflict(&target, existing)))
            }
            Decision::Rename => send(self.free_name(&target)?, false, None),
            Decision::Skip if doubt.is_some() && job.policy == ConflictPolicy::Resume => {
                self.session.note(told_by_size(&target.text(&job.charset)));
                Ok(Plan::Over(self.all_there(&target)?))
            }
            Decision::Skip => {
                Ok(Plan::Over(Worked::Skipped(format!("“{}” is there already", target.text(&job.charset)))))
            }
            Decision::TooLong { target: target_size, source: source_size } => {
                let target = target.text(&job.charset);
                Err(JobError::CannotResume { target, target_size, source_size })
            }
            Decision::Ask => Ok(Plan::Over(self.conflict(&target, existing))),
        }
    }

    /// Nothing of it is missing but perhaps its time, which is set last.
    fn all_there(&mut self, target: &RemotePath) -> Result<Worked, JobError> {
        self.job.counter.begin_at(self.size);
        self.stamp(target)?;
        Ok(Worked::Transferred)
    }

    fn conflict(&self, target: &RemotePath, existing: Side) -> Worked {
        Worked::Conflict {
            source: facts(self.job.local.display().to_string(), self.source),
            target: facts(target.text(&self.job.charset), existing),
            policy: self.job.policy,
        }
    }

    /// Sends it the way that the server takes, and gives it its name and time.
    fn deliver(
        &mut self,
        target: &RemotePath,
        (mut temporary, at): (Option<RemotePath>, Option<u64>),
        (replace, append_at): (bool, Option<u64>),
        habits: &mut Habits,
    ) -> Result<(), JobError> {
        // What lies in a folder comes after its folder; the user's own order may name directories that are still
        // missing.
        let mut may_make = self.job.top;
        let mut direct = false;
        loop {
            let sent = match &temporary {
                Some(temporary) => self.via(temporary, target, at, replace),
                None => self.store(target, append_at).and_then(|()| self.stamp(target)),
            };
            match sent {
                Ok(()) => {
                    // Only a server that then takes the final name is one that minds the temporary one.
                    if direct && !std::mem::replace(&mut habits.no_rename, true) {
                        self.session.learn_renames(false);
                    }
                    return Ok(());
                }
                Err(error) if !is_refused(&error) || self.session.is_broken() => return Err(error),
                // In the middle it is the content that it does not like: a half file must not get the final name.
                Err(error) if self.job.counter.moved() > 0 && !is_rename(&error) && !is_refused_at_once(&error) => {
                    return Err(error);
                }
                // A file that was stored lies in a folder that is there.
                Err(error) if may_make && !is_rename(&error) => {
                    may_make = false;
                    if let Some(above) = target.parent().filter(|above| !above.is_root() && !above.is_home()) {
                        // Where this does not help, the next try says why.
                        self.session.make_dirs(&above).ok();
                    }
                }
                Err(error) => {
                    // Somebody has put a file there meanwhile: the next try asks about it.
                    if temporary.is_some() && !replace && self.session.facts(target)?.is_some() {
                        return Err(error);
                    }
                    // The server lets us write, but not under another name or not rename: then under the final one.
                    let Some(refused) = temporary.take() else { return Err(error) };
                    direct = true;
                    self.remove_temporary(&refused)?;
                }
            }
        }
    }

    /// Under the temporary name, then renamed.
    fn via(
        &mut self,
        temporary: &RemotePath,
        target: &RemotePath,
        at: Option<u64>,
        replace: bool,
    ) -> Result<(), JobError> {
        if let Err(error) = self.store(temporary, at) {
            // What was refused for good will not be continued, nor will half of two versions; what broke will be.
            let goes_on = error.class() != Class::Permanent || (error.lacks_room() && self.job.waits_for_room);
            if matches!(error, JobError::SourceChanged(_)) || !goes_on {
                if !self.session.is_broken() {
                    self.session.remove_file(temporary).ok();
                }
            } else {
                self.job.trail.leave(self.trail(target), Left::There(temporary.clone()));
            }
            return Err(error);
        }
        // Some servers hang up after each transfer: the file is whole there, and gets its name in another session.
        let mut result = self.publish(temporary, target, replace);
        for _ in 0..RENAME_SESSIONS {
            match &result {
                Err(JobError::Remote(error)) if error.class() == Class::Reconnect && self.session.is_broken() => {
                    self.session.mend()?;
                    result = self.publish(temporary, target, replace);
                }
                _ => break,
            }
        }
        if matches!(result, Err(JobError::Remote(FtpError::Incomplete { .. }))) && !self.session.is_broken() {
            // No beginning that could be continued.
            self.session.remove_file(temporary).ok();
        }
        result
    }

    /// Takes a temporary file away that could not get its final name; one that stays is told by its name.
    fn remove_temporary(&mut self, temporary: &RemotePath) -> Result<(), JobError> {
        match self.session.remove_file(temporary) {
            Ok(()) => Ok(()),
            Err(FtpError::Refused { .. }) => {
                if self.session.presence(temporary)? != Presence::Absent {
                    let name = temporary.text(&self.job.charset);
                    self.job.remark(Remark::left_behind(name));
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// From the temporary name to the final one, and the time: the one place where a file on the server gets its name.
    /// It is whole and checked by now, and what it replaces is there until here.
    fn publish(&mut self, temporary: &RemotePath, target: &RemotePath, replace: bool) -> Result<(), JobError> {
        let time = self.source.modified.filter(|_| self.job.preserve_times);
        // Lines of text end otherwise on the server: its size is another one.
        let wanted = !self.job.text && !self.hashed && self.job.verify != Verify::None;
        let size = Some(self.size).filter(|_| wanted);
        let file = Publication { time, size, replaces: replace };
        match self.session.publish(temporary, target, file) {
            Ok(()) => Ok(()),
            // IIS and others replace nothing.
            Err(refusal) if replace && is_about_target(&refusal) => {
                match self.session.remove_file(target) {
                    Ok(()) => {}
                    Err(FtpError::Refused { .. }) => return Err(refusal.into()),
                    Err(error) => return Err(error.into()),
                }
                self.session.publish(temporary, target, file).map_err(|error| match error {
                    FtpError::Refused { reply, .. } => JobError::Unnamed {
                        target: target.text(&self.job.charset),
                        temporary: temporary.text(&self.job.charset),
                        words: reply.text(),
                    },
                    error => error.into(),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The source's time, where that is wanted. The file is whole; a server that keeps its own time does not make it
    /// less so.
    fn stamp(&mut self, target: &RemotePath) -> Result<(), JobError> {
        let wanted = self.job.preserve_times && !self.stamped && !self.session.is_broken();
        let time = self.source.modified.filter(|_| wanted);
        if let Some(time) = time {
            self.session.set_modified(target, time).ok();
        }
        Ok(())
    }

    /// STOR or its continuation, and a look at what arrived. What turns out to be wrong is sent anew, as a whole.
    fn store(&mut self, path: &RemotePath, at: Option<u64>) -> Result<(), JobError> {
        let mut at = match at {
            Some(at) if at > 0 => self.continued(path, at)?,
            _ => at,
        };
        let mut anew = false;
        loop {
            let wrong = match at.filter(|at| *at == self.size && self.size > 0) {
                Some(all) => {
                    self.job.counter.begin_at(all);
                    None
                }
                None => self.send(path, at)?,
            };
            let wrong = match wrong {
                Some(got) => JobError::from(FtpError::Incomplete { expected: self.size, got }),
                None => match self.verify(path) {
                    Ok(()) => return Ok(()),
                    Err(error @ JobError::Corrupted { .. }) => error,
                    Err(error) => return Err(error),
                },
            };
            // Not a beginning that could be continued.
            self.session.mend()?;
            self.session.remove_file(path).ok();
            let first = at.take().is_some() || (matches!(wrong, JobError::Corrupted { .. }) && !anew);
            if !first {
                return Err(wrong);
            }
            anew = true;
            self.session.note(format!("{} It is sent once more, as a whole", wrong.explain().what));
        }
    }

    /// Where to go on with what is there, so long; `None` = it does not fit, and goes.
    fn continued(&mut self, path: &RemotePath, at: u64) -> Result<Option<u64>, JobError> {
        // Of the user's own file this has been asked before.
        let ours = path.file_name().is_some_and(is_part);
        let fits = if at == self.size {
            if self.session.continues_stores() == Some(true) && !is_unsure(self.job, path) {
                self.begins(path, at)? != Some(false)
            } else {
                let fits = self.joins(path, at) != Some(false);
                if !fits {
                    self.session.learn_continues_stores(false);
                }
                fits
            }
        } else {
            // A server that lost power may have the length and not the bytes.
            !ours || self.begins(path, at)? != Some(false)
        };
        if !fits {
            self.session.mend()?;
            self.session.remove_file(path).ok();
        }
        Ok(Some(at).filter(|_| fits))
    }

    /// Whether the checksums agree, where that is wanted.
    fn verify(&mut self, path: &RemotePath) -> Result<(), JobError> {
        let job = self.job;
        let local = (&mut self.file, job.local.as_path(), self.size);
        let verdict = verify::compare(self.session, job, path, local, self.buffer)?;
        self.hashed = verdict == Verdict::Same;
        verdict.into_result(|| job.local.display().to_string())
    }

    /// Sends what is missing behind `at`. `Some` = the server has something else now, so long.
    fn send(&mut self, path: &RemotePath, at: Option<u64>) -> Result<Option<u64>, JobError> {
        let job = self.job;
        let begin = match at {
            None => StoreAt::Start,
            // The user's own file must not suffer from what a server does not know.
            Some(at) if path.file_name().is_some_and(is_part) => StoreAt::Offset(at),
            Some(at) => StoreAt::End(at),
        };
        let mut channel = match begin {
            _ if job.text => self.session.store_text(path)?,
            StoreAt::Start if path.file_name().is_some_and(is_part) => self.session.store_at_once(path)?,
            begin => match (self.session.store(path, begin), at) {
                (Ok(channel), _) => channel,
                // ProFTPD as installed (AllowStoreRestart off) says 350 to REST and 451 to STOR.
                (Err(error), Some(at)) if at > 0 && is_no_continuation(&error) => {
                    self.session.learn_continues_stores(false);
                    return Ok(Some(at));
                }
                (Err(error), _) => return Err(error.into()),
            },
        };
        let (offset, by_rest) = (channel.offset, channel.continues_by_rest());
        let unsure = by_rest && is_unsure(job, path);
        if by_rest {
            job.trail.leave(job.target(&job.local, path), Left::Unlooked);
        }
        if !path.file_name().is_some_and(is_part) {
            job.counter.write_to(path);
        }
        if offset > self.size {
            channel.abort();
            return Ok(Some(offset));
        }
        if let Err(error) = self.file.seek(SeekFrom::Start(offset)) {
            channel.abort();
            return Err(self.unread(&error));
        }
        job.counter.begin_at(offset);
        match copy::send(&mut channel, &mut self.file, &job.local, self.buffer, job) {
            Ok(()) => channel.finish().map(drop)?,
            Err(Stopped::Local(error) | Stopped::Remote(error)) => {
                channel.abort();
                return Err(error);
            }
        }
        if job.counter.bytes() != self.size || self.has_changed() {
            return Err(JobError::SourceChanged(job.local.display().to_string()));
        }
        // What was continued is always looked at: too many servers only say that they can. A temporary file that was not is
        // looked at when it gets its name.
        let named_later = path.file_name().is_some_and(is_part);
        if job.text || (offset == 0 && (named_later || job.verify == Verify::None)) {
            return Ok(None);
        }
        let arrived = self.arrived(path, named_later)?;
        if let Some(got) = arrived.filter(|got| *got != self.size) {
            if by_rest {
                self.session.learn_continues_stores(false);
            }
            return Ok(Some(got));
        }
        // Nothing broke: it is looked at now, or need not be.
        job.trail.forget(&job.target(&job.local, path), &Left::Unlooked);
        let looks = self.session.continues_stores().is_none() || unsure;
        if by_rest && looks && !self.session.is_broken() {
            match self.joins(path, offset) {
                Some(true) => self.session.learn_continues_stores(true),
                Some(false) => {
                    self.session.learn_continues_stores(false);
                    return Ok(Some(self.size));
                }
                None => {}
            }
        }
        Ok(None)
    }

    /// How long the file is that the server just took; `None` = it does not let us look. It has said 226, and TCP says that
    /// all bytes went.
    fn arrived(&mut self, path: &RemotePath, temporary: bool) -> Result<Option<u64>, JobError> {
        if self.session.is_broken() {
            // Some servers hang up after each transfer.
            self.session.mend()?;
        }
        let time = self.source.modified.filter(|_| self.job.preserve_times && !temporary);
        let (presence, stamped) = self.session.look_at_stored(path, time)?;
        self.stamped |= stamped;
        match presence {
            Presence::Present(facts) => Ok(facts.size),
            Presence::Absent if temporary => Ok(None),
            Presence::Absent => Err(FtpError::Vanished { path: path.text(&self.job.charset) }.into()),
            Presence::Unknown => Ok(None),
        }
    }

    /// Whether somebody has written to the source since it was opened, or put another file in its place.
    fn has_changed(&self) -> bool {
        let differs = |data: fs::Metadata| data.len() != self.size || data.modified().ok() != self.modified;
        self.file.metadata().is_ok_and(differs) || fs::metadata(&self.job.local).is_ok_and(differs)
    }

    pub(crate) fn unread(&self, error: &std::io::Error) -> JobError {
        LocalError::new(LocalAction::Read, &self.job.local, error).into()
    }

    /// What is at the target, and how long our partial file is.
    fn survey(
        &mut self,
        known: Existing,
        target: &RemotePath,
        temporary: Option<&RemotePath>,
    ) -> Result<(Option<Side>, Option<u64>), JobError> {
        match known {
            Existing::Absent => Ok((None, None)),
            Existing::Part(length) => Ok((None, Some(length))),
            Existing::File(side) => Ok((Some(side), None)),
            Existing::Unknown | Existing::Made => {
                let existing = match self.session.facts(target)? {
                    Some(facts) if facts.kind == EntryKind::Directory => {
                        return Err(JobError::OtherKind(target.text(&self.job.charset)));
                    }
                    Some(facts) => Some(Side { size: facts.size, modified: facts.modified }),
                    None => None,
                };
                let part = match temporary {
                    Some(temporary) if self.job.safe_uploads => {
                        self.session.facts(temporary)?.and_then(|facts| facts.size)
                    }
                    _ => None,
                };
                Ok((existing, part))
            }
        }
    }

    /// The first numbered name that the server does not have.
    fn free_name(&mut self, target: &RemotePath) -> Result<RemotePath, JobError> {
        let charset = &self.job.charset;
        let name = target.file_name().map(|name| charset.decode(name).into_owned()).unwrap_or_default();
        let folder = target.parent().unwrap_or_default();
        for number in 2..10_000 {
            let Some(bytes) = charset.encode(&numbered(&name, number)) else { break };
            let candidate = folder.join(&bytes);
            if self.session.facts(&candidate)?.is_none() {
                return Ok(candidate);
            }
        }
        Err(FtpError::Exists { path: target.text(charset) }.into())
    }

    fn trail(&self, target: &RemotePath) -> Target {
        self.job.target(&self.job.local, target)
    }

    /// The new file is whole: what is left of earlier versions of it may go.
    fn clear_trail(&mut self, target: &RemotePath) {
        let mut left = self.job.trail.take(&self.trail(target));
        // An earlier run of the program knew the source as the job does.
        let known = Side { size: self.job.size, modified: self.job.modified };
        if self.job.begun && known != self.source {
            left.extend(temporary_of(&self.job.local, target, known.size, known.modified).map(Left::There));
        }
        let now = temporary_of(&self.job.local, target, self.source.size, self.source.modified);
        for left in left {
            if let Left::There(old) = left
                && Some(&old) != now.as_ref()
                && !self.session.is_broken()
            {
                self.session.remove_file(&old).ok();
            }
        }
    }
}

/// Whether that may have been continued before by a server that does it wrong, and does well now (after an update, or behind
/// the same name): a try that broke was never looked at.
fn is_unsure(job: &Assignment, path: &RemotePath) -> bool {
    job.begun || job.trail.has(&job.target(&job.local, path), &Left::Unlooked)
}

/// Nothing was stored, though bytes went along with the command ([`Session::store_at_once`]).
fn is_refused_at_once(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { stage: Stage::DataConnection, .. }))
}

/// A continuation that the server does not take, whatever is to be continued. Not lack of room, nor what concerns the
/// connection.
fn is_no_continuation(error: &FtpError) -> bool {
    let FtpError::Refused { verb: "STOR" | "APPE", reply, stage } = error else { return false };
    let about_connection = matches!(reply.code, 421 | 425 | 426 | 522 | 530);
    *stage != Stage::Completion && !about_connection && !error.is_full()
}

/// The bytes are there, only their name is not.
fn is_rename(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { verb: "RNFR" | "RNTO", .. }))
}

/// Refused for good, but not for lack of room.
fn is_refused(error: &JobError) -> bool {
    matches!(error, JobError::Remote(FtpError::Refused { reply, .. }) if reply.code >= 500) && !error.lacks_room()
}

/// RNTO refused for good, as where the name is taken; not where the verb is unknown, there is no room, or it may pass.
fn is_about_target(error: &FtpError) -> bool {
    matches!(error, FtpError::Refused { verb: "RNTO", reply, .. } if reply.code >= 550 && reply.code != 552)
}
