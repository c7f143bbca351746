//! A running transfer: bytes on the data connection, with an eye on the control connection.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Session, Started};
use crate::domain::DataPath;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::Reply;
use crate::net::control::lost;
use crate::net::stream::Stream;
use crate::net::wait::Stop;

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
    /// How it ends, where the server said so already.
    verdict: Option<Result<Reply, FtpError>>,
    /// Whether 150 or 125 came.
    preliminary: bool,
    moved: u64,
}

impl<'s> DataChannel<'s> {
    pub(super) fn new(session: &'s mut Session, verb: &'static str, started: Started) -> Self {
        let Started { stream, path, announced, last, preliminary } = started;
        let verdict = last.map(|reply| judge(verb, reply, 0));
        // Until the last reply is read; so that a channel that is simply dropped leaves its mark without a destructor,
        // which would keep its session borrowed.
        session.unsettled = verdict.is_none();
        Self { session, path, announced, offset: 0, verb, stream, verdict, preliminary, moved: 0 }
    }

    /// The next bytes; 0 = the end. A refusal on the control connection ends it at once, after what is there already.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FtpError> {
        self.read_within(buffer, None)
    }

    /// The same. A server that says 226 without ever saying 150 may never have touched the data connection: then
    /// `quiet` is how long nothing must come to count as the end.
    pub(super) fn read_within(&mut self, buffer: &mut [u8], quiet: Option<Duration>) -> Result<usize, FtpError> {
        let patience = self.session.timeouts.reply;
        let mut until = None;
        loop {
            self.session.wait.check()?;
            let judged = matches!(self.verdict, Some(Err(_)));
            let Some(stream) = &mut self.stream else {
                return match &self.verdict {
                    Some(Err(error)) => Err(error.clone()),
                    _ => Ok(0),
                };
            };
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
            if judged {
                self.stream = None;
                continue;
            }
            self.hear();
            if matches!(self.verdict, Some(Err(_))) {
                // What came before the refusal is the user's.
                stream_of(&mut self.stream, Stream::suspect_readable);
                continue;
            }
            let now = Instant::now();
            let silence = quiet.filter(|_| self.verdict.is_some() && !self.preliminary);
            let until = *until.get_or_insert(now + silence.unwrap_or(patience));
            match self.session.wait.wait(until) {
                Ok(ready) => {
                    self.session.control.mark(ready.control);
                    stream_of(&mut self.stream, |stream| stream.mark(ready.data));
                }
                Err(Stop::Deadline) if silence.is_some() => {
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
        // A server that has had enough (disk full) may go on swallowing: ask each time.
        self.session.control.suspect();
        self.hear();
        let mut until = Instant::now() + patience;
        while !bytes.is_empty() {
            self.session.wait.check()?;
            match &self.verdict {
                None => {}
                Some(Err(error)) => return Err(error.clone()),
                Some(Ok(reply)) => {
                    let detail = format!("“{} {}” before all bytes were sent", reply.code, reply.text());
                    return Err(FtpError::Protocol { detail });
                }
            }
            let Some(stream) = &mut self.stream else { return Err(not_connected()) };
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
            self.hear();
            if self.verdict.is_some() {
                continue;
            }
            match self.session.wait.wait(until) {
                Ok(ready) => {
                    self.session.control.mark(ready.control);
                    stream_of(&mut self.stream, |stream| stream.mark(ready.data));
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
            stream_of(&mut self.stream, |stream| stream.shutdown_write().unwrap_or_default());
            // The last bytes are still on their way, and the server's disk may be slow.
            patience *= 3;
        } else {
            self.stream = None;
        }
        let result = match self.verdict.take() {
            Some(verdict) => verdict,
            None => {
                let Session { control, wait, .. } = &mut *self.session;
                match control.reply(wait, Stage::Completion, patience) {
                    Ok(heard) => judge(self.verb, heard.reply, self.moved),
                    Err(error) => {
                        self.session.resync_due = true;
                        Err(error)
                    }
                }
            }
        };
        self.session.transfer_ended(result.is_ok());
        result
    }

    /// Gives up: closes, ABOR where needed, and gets the session back in step; where that fails the session is broken.
    pub fn abort(mut self) {
        if self.verdict.is_none() && !self.session.control.is_over() {
            let Session { control, wait, .. } = &mut *self.session;
            let stream = &mut self.stream;
            control.resynchronise(wait, &mut || *stream = None);
        }
        self.session.transfer_ended(false);
    }

    /// Gives up without waiting for the server: the session finds the beat again when it is used next.
    pub(super) fn leave(self) {
        self.session.resync_due |= self.verdict.is_none();
        self.session.transfer_ended(false);
    }

    /// What the control connection says meanwhile.
    fn hear(&mut self) {
        while !matches!(self.verdict, Some(Err(_))) {
            match self.session.control.poll_reply(Stage::Transfer) {
                Ok(None) => return,
                Ok(Some(heard)) if heard.reply.is_preliminary() => {
                    self.preliminary = true;
                    self.announced = self.announced.or_else(|| crate::ftp::answer::announced(&heard.reply));
                }
                Ok(Some(heard)) => self.decide(judge(self.verb, heard.reply, self.moved)),
                // 421, or the end of the connection.
                Err(error) => self.decide(Err(error)),
            }
        }
    }

    fn decide(&mut self, verdict: Result<Reply, FtpError>) {
        self.verdict = Some(verdict);
        self.session.unsettled = false;
    }

    /// The data connection broke. The server's own words say why, where it has any.
    fn broken(&mut self, error: &std::io::Error) -> Result<(), FtpError> {
        self.stream = None;
        let patience = self.session.timeouts.reply.min(LAST_WORDS);
        if self.verdict.is_none() {
            let Session { control, wait, .. } = &mut *self.session;
            match control.last_words(wait, Stage::Transfer, patience) {
                Ok(Some(heard)) => self.decide(judge(self.verb, heard.reply, self.moved)),
                Ok(None) => {}
                Err(error) => self.decide(Err(error)),
            }
        }
        // Some servers reset the connection when all is said; what was announced tells whether it was.
        let whole = match self.verb {
            "RETR" => self.announced.is_some_and(|size| size == self.moved),
            "LIST" | "MLSD" => self.moved == 0,
            _ => false,
        };
        match &self.verdict {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(_)) if whole => Ok(()),
            _ => Err(lost(Stage::Transfer, error)),
        }
    }
}

fn judge(verb: &'static str, reply: Reply, moved: u64) -> Result<Reply, FtpError> {
    if reply.is_positive() {
        return Ok(reply);
    }
    let stage = if moved == 0 { Stage::Transfer } else { Stage::Completion };
    Err(FtpError::Refused { verb, stage, reply })
}

fn stream_of(stream: &mut Option<Stream>, act: impl FnOnce(&mut Stream)) {
    if let Some(stream) = stream {
        act(stream);
    }
}

fn not_connected() -> FtpError {
    FtpError::Lost {
        stage: Stage::Transfer,
        kind: ErrorKind::NotConnected,
        detail: "the server never opened the data connection".into(),
    }
}

/// For the server to say why it broke the data connection.
const LAST_WORDS: Duration = Duration::from_secs(5);
