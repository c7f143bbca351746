//! RNFR and RNTO: renaming, and the moment in which an upload gets its final name.

use std::time::{Duration, Instant};

use crate::domain::{EntryKind, Lesson, RemotePath, Timestamp};
use crate::ftp::answer;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::Reply;
use crate::ftp::stamp::Stamp;
use crate::ftp::verb::{Argument, Verb};
use crate::net::happening::Happening;
use crate::net::session::manage::refused;
use crate::net::session::{Facts, Presence, Publication, Session};
use crate::net::wait::Stop;

/// The answer to SIZE after a store.
enum Arrival {
    /// So long as what was sent.
    Whole,
    /// So many bytes instead.
    Other(u64),
    /// No size; why, where the server was asked.
    Untold(Option<Reply>),
}

/// RNFR and RNTO, with the commands that go in the same write.
struct Renaming {
    from: RemotePath,
    to: RemotePath,
    rnfr: Verb,
    rnto: Verb,
    /// SIZE of the source, and the bytes that it must have.
    size: Option<(Verb, u64)>,
    stamp: Option<(Stamp, Verb)>,
}

impl Session {
    /// RNFR, RNTO in one write. Whether an existing file is replaced is the server's choice.
    ///
    /// # Errors
    /// What the server says.
    pub fn rename(&mut self, from: &RemotePath, to: &RemotePath) -> Result<(), FtpError> {
        self.publish(from, to, Publication::default())
    }

    /// The same of a file that was stored under a temporary name: it is compared with the bytes that were sent, gets its time
    /// and then its final name. SIZE goes in the same write as RNFR, and RNTO with them where no file can be replaced. The
    /// time is set first where that is known to work, or the server to answer whatever it is asked; elsewhere not:
    /// pyftpdlib hangs up where it may not set a time, and the file would never get its name.
    ///
    /// # Errors
    /// [`FtpError::Incomplete`]: the server has another number of bytes; what was there under the final name is untouched.
    /// [`FtpError::Vanished`]: the server has no such file any more. Else as [`Session::rename`]. A server that keeps its own
    /// time does not make the file less whole.
    pub fn publish(&mut self, from: &RemotePath, to: &RemotePath, file: Publication) -> Result<(), FtpError> {
        self.ready()?;
        let renaming = self.renaming(from, to, file)?;
        let at_once = self.control.pipelines() && !self.renaming_left;
        let stamped = match at_once {
            true => self.rename_at_once(&renaming, file.replaces)?,
            false => self.rename_step_by_step(&renaming)?,
        };
        if let (None, Some(time)) = (stamped, file.time) {
            self.set_modified(&renaming.to, time).ok();
        }
        Ok(())
    }

    /// An upload could not get its final name, but was taken under it; or it could.
    pub fn learn_renames(&mut self, works: bool) {
        self.control.tell(Happening::Learned(Lesson::Rename(works)));
    }

    /// What is there of a file that the server has just taken under its final name: SIZE, in the same write as the command that
    /// sets its time, where that is known to work. Gives what is there, and whether the time is set.
    ///
    /// # Errors
    /// Only what breaks the conversation.
    pub fn look_at_stored(&mut self, path: &RemotePath, time: Option<Timestamp>) -> Result<(Presence, bool), FtpError> {
        self.ready()?;
        if self.tells_sizes == Some(false) {
            // Without SIZE only MLST tells in one question.
            let facts = if self.mlst { self.facts(path)? } else { None };
            return Ok((facts.map_or(Presence::Unknown, Presence::Present), false));
        }
        let argument = self.file_argument(path)?;
        let at_once = self.control.pipelines() && (self.server.is_known() || self.stamps_surely());
        let stamp = time.filter(|_| at_once).and_then(|time| self.stamp(time, argument.clone()));
        let mut verbs = vec![Verb::Size(argument)];
        verbs.extend(stamp.iter().map(|(_, verb)| verb.clone()));
        let mut replies = self.ask_all(&verbs)?.into_iter().map(|heard| heard.reply);
        let size = replies.next().ok_or_else(missing)?;
        let stamped = match (stamp, replies.next()) {
            (Some((way, _)), Some(reply)) => self.has_stamped(way, &reply) == Some(true),
            _ => false,
        };
        let presence = match self.arrival(size, u64::MAX) {
            Arrival::Other(size) => {
                Presence::Present(Facts { kind: EntryKind::File, size: Some(size), modified: None })
            }
            Arrival::Untold(Some(reply)) if !reply.is_not_implemented() && !answer::says_forbidden(&reply) => {
                match self.presence(path)? {
                    Presence::Unknown if answer::says_absent(&reply) => Presence::Absent,
                    presence => presence,
                }
            }
            Arrival::Whole | Arrival::Untold(_) => Presence::Unknown,
        };
        Ok((presence, stamped))
    }

    fn renaming(&mut self, from: &RemotePath, to: &RemotePath, file: Publication) -> Result<Renaming, FtpError> {
        let (from, to) = (self.whole(from), self.whole(to));
        let target = match self.dialect.file(&to).filter(|_| !self.bare_names) {
            Some(text) => Argument::new(&text)?,
            None if from.parent() == to.parent() => self.file_argument(&to)?,
            None => self.dir_argument(&to)?,
        };
        let source = self.file_argument(&from)?;
        let stamp = file
            .time
            .filter(|_| self.server.is_known() || self.stamps_surely())
            .and_then(|time| self.stamp(time, source.clone()));
        let size = file.size.filter(|_| self.tells_sizes != Some(false)).map(|size| (Verb::Size(source.clone()), size));
        Ok(Renaming { from, to, rnfr: Verb::Rnfr(source), rnto: Verb::Rnto(target), size, stamp })
    }

    /// In as few writes as is safe. Gives whether the time was set; `None` = it was not tried, or another way may do.
    fn rename_at_once(&mut self, renaming: &Renaming, replaces: bool) -> Result<Option<bool>, FtpError> {
        let waits = replaces && renaming.size.is_some();
        let size = renaming.size.iter().map(|(verb, _)| verb);
        let stamp = renaming.stamp.iter().map(|(_, verb)| verb);
        let rnto = (!waits).then_some(&renaming.rnto);
        let verbs: Vec<Verb> = size.chain(stamp).chain([&renaming.rnfr]).chain(rnto).cloned().collect();
        // Until RNTO is answered a name may be waiting.
        self.renaming_left = waits;
        let mut replies = self.ask_all(&verbs)?.into_iter().map(|heard| heard.reply);
        let mut next = || replies.next().ok_or_else(missing);
        let arrival = match &renaming.size {
            Some((_, expected)) => self.arrival(next()?, *expected),
            None => Arrival::Untold(None),
        };
        let stamped = match &renaming.stamp {
            Some((way, _)) => self.has_stamped(*way, &next()?),
            None => None,
        };
        let found = next()?;
        let renamed = if waits { None } else { Some(next()?) };
        if let Arrival::Other(got) = arrival {
            if renamed.is_some_and(|reply| reply.is_positive()) {
                // Nothing was there before: what has the name now is the incomplete file.
                self.remove_file(&renaming.to).ok();
            }
            let expected = renaming.size.as_ref().map_or(0, |(_, expected)| *expected);
            return Err(FtpError::Incomplete { expected, got });
        }
        if found.is_negative() {
            self.renaming_left = false;
            self.source_refused(renaming, &arrival, found)?;
            return Ok(stamped);
        }
        let renamed = match renamed {
            Some(reply) => reply,
            None => self.ask(&renaming.rnto)?,
        };
        self.target_answered(renaming, renamed)?;
        Ok(stamped)
    }

    /// One command at a time; the time is left to the end.
    fn rename_step_by_step(&mut self, renaming: &Renaming) -> Result<Option<bool>, FtpError> {
        let arrival = match &renaming.size {
            Some((verb, expected)) => {
                let reply = self.ask(verb)?;
                self.arrival(reply, *expected)
            }
            None => Arrival::Untold(None),
        };
        if let (Arrival::Other(got), Some((_, expected))) = (&arrival, &renaming.size) {
            return Err(FtpError::Incomplete { expected: *expected, got: *got });
        }
        let found = self.ask(&renaming.rnfr)?;
        if found.is_negative() {
            self.source_refused(renaming, &arrival, found)?;
            return Ok(None);
        }
        let renamed = self.ask(&renaming.rnto)?;
        self.target_answered(renaming, renamed)?;
        Ok(None)
    }

    /// What SIZE says of a stored file.
    fn arrival(&mut self, reply: Reply, expected: u64) -> Arrival {
        match answer::size(&reply) {
            Some(size) => {
                self.tells_sizes = Some(true);
                if size == expected { Arrival::Whole } else { Arrival::Other(size) }
            }
            None => {
                if reply.is_not_implemented() {
                    self.tells_sizes = Some(false);
                }
                Arrival::Untold(Some(reply))
            }
        }
    }

    /// RNFR was refused. `Ok` = the file has its final name all the same (the answer to an earlier RNTO was lost).
    fn source_refused(&mut self, renaming: &Renaming, arrival: &Arrival, reply: Reply) -> Result<(), FtpError> {
        let (Some((_, expected)), Arrival::Untold(size)) = (&renaming.size, arrival) else {
            return Err(refused("RNFR", reply));
        };
        if !self.is_gone(&renaming.from, size.as_ref(), &reply)? {
            return Err(refused("RNFR", reply));
        }
        match self.presence(&renaming.to)? {
            Presence::Present(facts) if facts.size == Some(*expected) => Ok(()),
            _ => Err(FtpError::Vanished { path: renaming.to.to_string() }),
        }
    }

    /// Whether a stored file is not there any more, after a refusal of its RNFR (and of SIZE, where that was asked).
    fn is_gone(&mut self, path: &RemotePath, size: Option<&Reply>, rnfr: &Reply) -> Result<bool, FtpError> {
        let refusals = || size.into_iter().chain([rnfr]);
        if refusals().any(answer::says_forbidden) {
            return Ok(false);
        }
        match self.presence(path)? {
            Presence::Present(_) => Ok(false),
            Presence::Absent => Ok(true),
            Presence::Unknown => Ok(refusals().any(answer::says_absent)),
        }
    }

    /// RNTO was answered. A refusal is looked into: some servers rename and say no (prim-ftpd,
    /// <https://github.com/wolpi/prim-ftpd/issues/207>).
    fn target_answered(&mut self, renaming: &Renaming, reply: Reply) -> Result<(), FtpError> {
        self.renaming_left = !reply.is_positive();
        if reply.is_positive() {
            return Ok(());
        }
        if let Some((_, expected)) = &renaming.size
            && reply.code >= 550
            && self.was_renamed(renaming, *expected)?
        {
            self.renaming_left = false;
            self.control.note("The server refused RNTO and renamed the file all the same");
            return Ok(());
        }
        Err(refused("RNTO", reply))
    }

    fn was_renamed(&mut self, renaming: &Renaming, expected: u64) -> Result<bool, FtpError> {
        for look in 0..RENAME_LOOKS {
            if look > 0 && !self.pause(RENAME_PAUSE)? {
                return Ok(false);
            }
            if self.presence(&renaming.from)? != Presence::Absent {
                return Ok(false);
            }
            if matches!(self.presence(&renaming.to)?, Presence::Present(facts) if facts.size == Some(expected)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits on the session; `false` = the server said something meanwhile, or hung up.
    fn pause(&mut self, time: Duration) -> Result<bool, FtpError> {
        match self.wait.wait(Instant::now() + time) {
            Ok(ready) => {
                self.control.mark(ready.control);
                Ok(false)
            }
            Err(Stop::Deadline) => Ok(true),
            Err(stop) => Err(stop.error(Stage::Command, time)),
        }
    }
}

fn missing() -> FtpError {
    FtpError::Protocol { detail: "a reply is missing".into() }
}

/// Looks at both names after a refused RNTO, while neither is there.
const RENAME_LOOKS: usize = 3;

/// Time between two of these looks: a server that renames in the background needs about a second.
const RENAME_PAUSE: Duration = Duration::from_millis(700);
