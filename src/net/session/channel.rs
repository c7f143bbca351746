//! A running transfer: bytes on the data connection, with an eye on the control connection.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Session, Started};
use crate::domain::DataPath;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::Reply;
use crate::net::control::lost;
use crate::net::stream::Stream;

/// An open data connection: one at a time, since it borrows its session. Dropped unfinished, the session is broken.
#[must_use = "call finish(): the server's last reply is still unread"]
pub struct DataChannel<'s> {
    session: &'s mut Session,
    /// Both ends.
    pub path: DataPath,
    /// The size the server told with its 150, if any.
    pub announced: Option<u64>,
    /// Where a store really begins: a server without REST STREAM appends, or starts from zero.
    pub offset: u64,
    verb: &'static str,
    /// `None` = closed, or there never was one (226 at once).
    stream: Option<Stream>,
    /// The server's last reply, where it came already.
    last: Option<Reply>,
    /// Whether 150 or 125 came.
    preliminary: bool,
    moved: u64,
    settled: bool,
}

impl<'s> DataChannel<'s> {
    pub(super) fn new(session: &'s mut Session, verb: &'static str, started: Started) -> Self {
        let Started { stream, path, announced, last, preliminary } = started;
        Self { session, path, announced, offset: 0, verb, stream, last, preliminary, moved: 0, settled: false }
    }

    /// The next bytes; 0 = the end. A refusal on the control connection ends it at once.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FtpError> {
        self.read_within(buffer, None)
    }

    /// The same. A server that says 226 without ever saying 150 may never have touched the data connection: then
    /// `quiet` is how long nothing must come to count as the end.
    pub(super) fn read_within(&mut self, buffer: &mut [u8], quiet: Option<Duration>) -> Result<usize, FtpError> {
        let patience = self.session.timeouts.reply;
        let mut until = None;
        loop {
            let Some(stream) = &mut self.stream else { return Ok(0) };
            self.session.wait.check()?;
            match stream.read(buffer) {
                Ok(0) => {
                    // Closed now: some servers say 226 only when both ends are.
                    self.stream = None;
                    return Ok(0);
                }
                Ok(count) => {
                    self.moved += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return self.broken(&error).map(|()| 0),
            }
            self.hear()?;
            let now = Instant::now();
            let silence = quiet.filter(|_| self.last.is_some() && !self.preliminary);
            let until = *until.get_or_insert(now + silence.unwrap_or(patience));
            match self.session.wait.wait(until) {
                Ok(ready) => {
                    self.session.control.mark(ready.control);
                    if let Some(stream) = &mut self.stream {
                        stream.mark(ready.data);
                    }
                }
                Err(crate::net::wait::Stop::Deadline) if silence.is_some() => {
                    self.stream = None;
                    return Ok(0);
                }
                Err(stop) => return Err(stop.error(Stage::Transfer, patience)),
            }
        }
    }

    /// All of them.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), FtpError> {
        let patience = self.session.timeouts.reply;
        // A server that has had enough (disk full) goes on swallowing: ask each time.
        self.session.control.suspect();
        self.hear()?;
        let mut until = Instant::now() + patience;
        while !bytes.is_empty() {
            self.session.wait.check()?;
            let Some(stream) = &mut self.stream else {
                return Err(FtpError::Lost {
                    stage: Stage::Transfer,
                    kind: ErrorKind::NotConnected,
                    detail: "the server never opened the data connection".into(),
                });
            };
            match stream.write(bytes) {
                Ok(count) => {
                    self.moved += count as u64;
                    bytes = &bytes[count..];
                    until = Instant::now() + patience;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return self.broken(&error),
            }
            self.hear()?;
            match self.session.wait.wait(until) {
                Ok(ready) => {
                    self.session.control.mark(ready.control);
                    if let Some(stream) = &mut self.stream {
                        stream.mark(ready.data);
                    }
                }
                Err(stop) => return Err(stop.error(Stage::Transfer, patience)),
            }
        }
        Ok(())
    }

    /// Closes the data connection and reads the server's last reply.
    pub fn finish(mut self) -> Result<Reply, FtpError> {
        let upload = matches!(self.verb, "STOR" | "APPE");
        let mut patience = self.session.timeouts.reply;
        if upload {
            if let Some(stream) = &self.stream {
                stream.shutdown_write().ok();
            }
            // The last bytes are still on their way, and the server's disk may be slow.
            patience *= 3;
        } else {
            self.stream = None;
        }
        let result = match self.last.take() {
            Some(reply) => Ok(reply),
            None => {
                let Session { control, wait, .. } = &mut *self.session;
                control.reply(wait, Stage::Completion, patience).map(|heard| heard.reply)
            }
        };
        self.stream = None;
        self.settled = true;
        let result = match result {
            Ok(reply) if reply.is_positive() => Ok(reply),
            Ok(reply) => Err(self.refusal(reply)),
            Err(error) => {
                self.session.resync_due = true;
                Err(error)
            }
        };
        self.session.transfer_ended(result.is_ok());
        result
    }

    /// Gives up: closes, ABOR where needed, and gets the session back in step; where that fails the session is broken.
    pub fn abort(mut self) {
        self.settled = true;
        if self.last.is_none() && !self.session.control.is_over() {
            let Session { control, wait, .. } = &mut *self.session;
            let stream = &mut self.stream;
            control.resynchronise(wait, &mut || *stream = None);
        }
        self.stream = None;
        self.session.transfer_ended(false);
    }

    /// Gives up without waiting for the server: the session finds the beat again when it is used next.
    pub(super) fn leave(mut self) {
        self.settled = true;
        self.stream = None;
        self.session.resync_due |= self.last.is_none();
        self.session.transfer_ended(false);
    }

    /// Whether the server's last reply came already.
    pub(super) fn is_answered(&self) -> bool {
        self.last.is_some()
    }

    /// What the control connection says meanwhile; a refusal ends the transfer.
    fn hear(&mut self) -> Result<(), FtpError> {
        while self.last.is_none() {
            let Some(heard) = self.session.control.poll_reply(Stage::Transfer)? else { return Ok(()) };
            if heard.reply.is_preliminary() {
                self.preliminary = true;
                self.announced = self.announced.or_else(|| super::transfer::announced(&heard.reply));
                continue;
            }
            if !heard.reply.is_positive() {
                self.stream = None;
                return Err(self.refusal(heard.reply));
            }
            self.last = Some(heard.reply);
        }
        // 421, or the end of the connection.
        self.session.control.poll_reply(Stage::Transfer).map(|_| ())
    }

    /// The data connection broke. The server's own words say why, where it has any.
    fn broken(&mut self, error: &std::io::Error) -> Result<(), FtpError> {
        self.stream = None;
        let patience = self.session.timeouts.reply.min(LAST_WORDS);
        if self.last.is_none() {
            let Session { control, wait, .. } = &mut *self.session;
            match control.reply(wait, Stage::Transfer, patience) {
                Ok(heard) if !heard.reply.is_positive() => return Err(self.refusal(heard.reply)),
                Ok(heard) => self.last = Some(heard.reply),
                Err(FtpError::Timeout { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // Some servers reset the connection when all is said; what was announced tells whether it was.
        let whole = match self.verb {
            "RETR" => self.announced.is_some_and(|size| size == self.moved),
            "LIST" | "MLSD" => self.moved == 0,
            _ => false,
        };
        if whole && self.last.is_some() { Ok(()) } else { Err(lost(Stage::Transfer, error)) }
    }

    fn refusal(&mut self, reply: Reply) -> FtpError {
        self.last = Some(reply.clone());
        let stage = if self.moved == 0 { Stage::Transfer } else { Stage::Completion };
        FtpError::Refused { verb: self.verb, stage, reply }
    }
}

impl Drop for DataChannel<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.session.out_of_step |= self.last.is_none();
            self.session.transfer_ended(false);
        }
    }
}

/// For the server to say why it broke the data connection.
const LAST_WORDS: Duration = Duration::from_secs(5);
