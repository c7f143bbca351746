//! A running transfer: bytes on the data connection, with an eye on the control connection.

use std::io;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::domain::DataPath;
use crate::ftp::deflate::{Damage, Deflater, Inflater};
use crate::ftp::error::{FtpError, Stage, TlsTrouble};
use crate::ftp::reply::Reply;
use crate::net::control::lost;
use crate::net::flow::Flow;
use crate::net::session::Session;
use crate::net::session::transfer::pipelined::Next;
use crate::net::session::transfer::representation::Coding;
use crate::net::session::transfer::start::Started;
use crate::net::shortcut::Pipe;
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
    /// Where it begins. A store on a server without REST STREAM appends, or starts from zero.
    pub offset: u64,
    /// The whole file's size, where that is known.
    expected: Option<u64>,
    verb: &'static str,
    /// `None` = closed, or there never was one (226 at once).
    stream: Option<Stream>,
    /// How it ends, where the server said so already.
    verdict: Option<Result<Reply, FtpError>>,
    /// Whether 150 or 125 came.
    preliminary: bool,
    /// As the file has them: unpacked.
    moved: u64,
    codec: Option<Box<Codec>>,
    /// What comes after it.
    next: Next,
    /// A no that may be its own, or that to what was sent ahead.
    held: Option<Reply>,
    /// Bytes went before the server said yes.
    eager: bool,
    /// An encrypted listing ended without TLS' goodbye, though the server says that it is whole.
    unclean: bool,
}

/// MODE Z at work.
enum Codec {
    Inflate { inflater: Inflater, packed: Vec<u8> },
    Deflate { deflater: Deflater, packed: Vec<u8> },
}

impl<'s> DataChannel<'s> {
    pub(in crate::net) fn new(session: &'s mut Session, verb: &'static str, started: Started) -> Self {
        let Started { stream, path, coding, announced, last, preliminary, held, eager } = started;
        let codec = match coding {
            Coding::Stream => None,
            Coding::Deflate if is_upload(verb) => {
                Some(Codec::Deflate { deflater: Deflater::default(), packed: Vec::new() })
            }
            Coding::Deflate => Some(Codec::Inflate { inflater: Inflater::default(), packed: vec![0; PACKED] }),
        };
        // What is announced of a compressed file may be either of its sizes.
        let announced = announced.filter(|_| codec.is_none());
        let verdict = last.map(|reply| match reply.is_positive() {
            true => Ok(reply),
            false => Err(FtpError::Refused { verb, stage: Stage::Transfer, reply }),
        });
        // Until the last reply is read; so that a channel that is simply dropped leaves its mark without a destructor,
        // which would keep its session borrowed.
        session.unsettled = verdict.is_none();
        let codec = codec.map(Box::new);
        let next = std::mem::take(&mut session.next);
        Self {
            session,
            path,
            announced,
            offset: 0,
            expected: None,
            verb,
            stream,
            verdict,
            preliminary,
            moved: 0,
            codec,
            next,
            held,
            eager,
            unclean: false,
        }
    }

    /// Whether an encrypted listing ended without TLS' goodbye: anybody on the way could have cut it.
    pub(in crate::net) fn ended_without_goodbye(&self) -> bool {
        self.unclean
    }

    /// How large the whole file is, where that is known: with so many bytes it is whole, however the connection ends.
    pub fn expect_size(&mut self, size: Option<u64>) {
        self.expected = size;
    }

    /// Whether a store goes on inside a file by REST, which some servers say and do not do.
    pub fn continues_by_rest(&self) -> bool {
        self.verb == "STOR" && self.offset > 0
    }

    /// The next bytes; 0 = the end. A refusal on the control connection ends it at once, after what is there already.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FtpError> {
        self.read_within(buffer, None)
    }

    /// The same. A server that says 226 without ever saying 150 may never have touched the data connection: then
    /// `quiet` is how long nothing must come to count as the end.
    pub(in crate::net) fn read_within(
        &mut self,
        buffer: &mut [u8],
        quiet: Option<Duration>,
    ) -> Result<usize, FtpError> {
        let mut codec = self.codec.take();
        let result = match codec.as_deref_mut() {
            Some(Codec::Inflate { inflater, packed }) => self.read_packed(inflater, packed, buffer, quiet),
            _ => self.read_wire(buffer, quiet),
        };
        self.codec = codec;
        let count = result?;
        self.moved += count as u64;
        Ok(count)
    }

    /// Whether the bytes are the file's own: neither encrypted nor compressed.
    pub fn is_direct(&self) -> bool {
        self.codec.is_none() && self.stream.as_ref().is_some_and(Stream::is_clear)
    }

    /// Whether TLS is between the file's bytes and the network.
    pub fn is_encrypted(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| !stream.is_clear())
    }

    /// How its connection stands, where the system tells.
    pub fn flow(&self) -> Option<Flow> {
        self.stream.as_ref().and_then(Stream::flow)
    }

    /// The server may be ahead of us by so many bytes, where the system can do that.
    pub fn narrow(&self, window: u64) {
        if let Some(stream) = &self.stream {
            stream.narrow(window);
        }
    }

    /// The next bytes into a pipe, of a direct channel; 0 = the end.
    pub fn pour(&mut self, pipe: &Pipe, most: usize) -> Result<usize, FtpError> {
        let count = self.take(None, &mut |stream| stream.pour(pipe, most))?;
        self.moved += count as u64;
        Ok(count)
    }

    fn read_packed(
        &mut self,
        inflater: &mut Inflater,
        packed: &mut [u8],
        buffer: &mut [u8],
        quiet: Option<Duration>,
    ) -> Result<usize, FtpError> {
        loop {
            match inflater.pull(buffer).map_err(damaged)? {
                0 => {}
                count => return Ok(count),
            }
            match self.read_wire(packed, quiet)? {
                0 => return inflater.finish().map(|()| 0).map_err(damaged),
                count => inflater.push(&packed[..count]),
            }
        }
    }

    /// The bytes as they come.
    fn read_wire(&mut self, buffer: &mut [u8], quiet: Option<Duration>) -> Result<usize, FtpError> {
        self.take(quiet, &mut |stream| stream.read(buffer))
    }

    /// Takes from the stream when it has something.
    fn take(
        &mut self,
        quiet: Option<Duration>,
        read: &mut dyn FnMut(&mut Stream) -> io::Result<usize>,
    ) -> Result<usize, FtpError> {
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
            match read(stream) {
                Ok(0) => {
                    // Closed now: some servers say 226 only when both ends are.
                    self.stream = None;
                    self.look_ahead();
                    return Ok(0);
                }
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return self.ended_uncleanly().map(|()| 0),
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
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), FtpError> {
        let mut codec = self.codec.take();
        let result = match codec.as_deref_mut() {
            Some(Codec::Deflate { deflater, packed }) => {
                packed.clear();
                deflater.push(bytes, packed);
                self.write_wire(packed)
            }
            _ => self.write_wire(bytes),
        };
        self.codec = codec;
        result?;
        self.moved += bytes.len() as u64;
        Ok(())
    }

    fn write_wire(&mut self, mut bytes: &[u8]) -> Result<(), FtpError> {
        self.attend();
        while !bytes.is_empty() {
            let count = self.give(&mut |stream| stream.write(bytes))?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// A server that has had enough (disk full) may go on swallowing: ask each time.
    fn attend(&mut self) {
        self.session.control.suspect();
        self.hear();
    }

    /// Gives the stream something when it takes it.
    fn give(&mut self, write: &mut dyn FnMut(&mut Stream) -> io::Result<usize>) -> Result<usize, FtpError> {
        let patience = self.session.timeouts.reply;
        let until = Instant::now() + patience;
        loop {
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
            match write(stream) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return self.broken(&error).map(|()| 0),
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
    }

    /// Closes the data connection and reads the server's last reply.
    pub fn finish(mut self) -> Result<Reply, FtpError> {
        let compressed = self.codec.is_some();
        if let Some(Codec::Deflate { mut deflater, mut packed }) = self.codec.take().map(|codec| *codec) {
            packed.clear();
            deflater.finish(&mut packed);
            if let Err(error) = self.write_wire(&packed) {
                self.abort();
                return Err(error);
            }
        }
        let mut patience = self.session.timeouts.reply;
        let begun = Instant::now();
        if is_upload(self.verb) {
            // The last bytes are still on their way, and the server's disk may be slow.
            patience *= 3;
            self.wind_up(begun + patience);
        }
        self.stream = None;
        let result = loop {
            if let Some(verdict) = self.verdict.take() {
                break verdict;
            }
            let Session { control, wait, .. } = &mut *self.session;
            match control.reply(wait, Stage::Completion, patience.saturating_sub(begun.elapsed())) {
                Ok(heard) => self.settle(heard.reply),
                Err(error) => {
                    self.session.resync_due = true;
                    let download = !is_upload(self.verb);
                    break Err(match (error, self.held.take()) {
                        (FtpError::Timeout { .. } | FtpError::Closed { last: None, .. }, Some(no)) => self.refusal(no),
                        (
                            FtpError::Timeout { .. } | FtpError::Closed { last: None, .. } | FtpError::Lost { .. },
                            None,
                        ) if download && !self.preliminary && self.moved > 0 => {
                            FtpError::Unanswered { verb: self.verb, got: self.moved }
                        }
                        (FtpError::Timeout { stage, .. }, _) => FtpError::Timeout { stage, waited: patience },
                        (error, _) => error,
                    });
                }
            }
        };
        self.session.transfer_ended(result.is_ok());
        self.session.hear_opened();
        if compressed && result.is_err() {
            // Whatever it was: the next try goes as it is.
            self.session.carriage.compresses = false;
            self.session.control.note("A compressed transfer failed: none is compressed any more in this session");
        }
        result
    }

    /// No more bytes from us, and what the server still has to say on the data connection is read until its end: bytes
    /// that lie unread when a socket is closed (TLS session tickets) make the system reset the connection, and what is
    /// still on its way to the server would be lost.
    fn wind_up(&mut self, until: Instant) {
        let mut said = false;
        let mut grace = None;
        while Instant::now() < until && self.session.wait.check().is_ok() {
            let Some(stream) = &mut self.stream else { return };
            if !said {
                said = !matches!(stream.shutdown_write(), Err(error) if error.kind() == ErrorKind::WouldBlock);
            }
            match stream.read(&mut [0; 4096]) {
                Ok(0) => return,
                Ok(_) => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
            self.hear();
            let limit = match &self.verdict {
                None => until,
                Some(Err(_)) => return,
                // It has read our end, or it could not say so: nothing is on its way any more.
                Some(Ok(_)) => *grace.get_or_insert_with(|| Instant::now() + GRACE),
            };
            let Ok(ready) = self.session.wait.wait(limit) else { return };
            self.session.control.mark(ready.control);
            stream_of(&mut self.stream, |stream| stream.mark(ready.data));
        }
    }

    /// Gives up: closes, ABOR where needed, and gets the session back in step; where that fails the session is broken.
    pub fn abort(mut self) {
        if self.verdict.is_none() && !self.session.control.is_over() {
            let stream = &mut self.stream;
            self.session.resynchronise(&mut || *stream = None);
        }
        self.session.transfer_ended(false);
    }

    /// Gives up without waiting for the server: the session finds the beat again when it is used next.
    pub fn leave(self) {
        self.session.resync_due |= self.verdict.is_none();
        self.session.transfer_ended(false);
    }

    /// What the control connection says meanwhile.
    fn hear(&mut self) {
        loop {
            match &self.verdict {
                None => {}
                // Whether more goes wrong matters as long as data moves.
                Some(Ok(_)) if self.stream.is_some() => {}
                Some(_) => return,
            }
            match self.session.control.poll_reply(Stage::Transfer) {
                Ok(None) => return,
                Ok(Some(heard)) if heard.reply.is_preliminary() => {
                    self.session.has_begun(&mut self.held);
                    self.preliminary = true;
                    self.announced = self.announced.or_else(|| crate::ftp::answer::announced(&heard.reply));
                }
                Ok(Some(heard)) => self.settle(heard.reply),
                // 421, or the end of the connection.
                Err(error) => self.decide(Err(error)),
            }
        }
    }

    /// A final reply: this transfer's, or that to what was sent ahead.
    fn settle(&mut self, reply: Reply) {
        if self.verdict.is_some() {
            self.session.opened(reply);
        } else if let Some(own) = self.session.sort(&mut self.held, reply) {
            self.decide(self.judge(own));
        }
    }

    /// All has come: what comes next may go out.
    fn look_ahead(&mut self) {
        let next = std::mem::take(&mut self.next);
        if next == Next::Nothing {
            return;
        }
        self.hear();
        let cut = self.expected.is_some_and(|size| self.offset + self.moved != size)
            || (self.offset == 0 && self.announced.is_some_and(|size| self.moved != size));
        if !cut && !matches!(self.verdict, Some(Err(_))) {
            self.session.look_ahead(next);
        }
    }

    fn judge(&self, reply: Reply) -> Result<Reply, FtpError> {
        if reply.is_positive() { Ok(reply) } else { Err(self.refusal(reply)) }
    }

    fn refusal(&self, reply: Reply) -> FtpError {
        let stage = match self.moved {
            // It never began, whatever has left here.
            _ if self.eager && !self.preliminary => Stage::DataConnection,
            0 => Stage::Transfer,
            _ => Stage::Completion,
        };
        FtpError::Refused { verb: self.verb, stage, reply }
    }

    fn decide(&mut self, verdict: Result<Reply, FtpError>) {
        self.verdict = Some(verdict);
        self.session.unsettled = false;
    }

    /// The data connection broke. The server's own words say why, where it has any.
    fn broken(&mut self, error: &std::io::Error) -> Result<(), FtpError> {
        self.hear_last_words();
        // Some servers reset the connection when all is said; what was announced tells whether it was.
        match &self.verdict {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(_)) if self.is_whole() => Ok(()),
            _ => Err(lost(Stage::Transfer, error)),
        }
    }

    /// An encrypted data connection ended without a goodbye: anybody on the way could have cut it. Many servers never say
    /// it, so that a file is whole where its size says so.
    fn ended_uncleanly(&mut self) -> Result<(), FtpError> {
        if self.is_whole() && self.verb == "RETR" {
            self.stream = None;
            self.look_ahead();
            return Ok(());
        }
        self.hear_last_words();
        match &self.verdict {
            Some(Err(error)) => Err(error.clone()),
            // Many servers never say it. What came of a listing is shown, and counts as cut.
            Some(Ok(_)) if matches!(self.verb, "LIST" | "MLSD") => {
                self.unclean = true;
                Ok(())
            }
            _ => Err(FtpError::Tls { stage: Stage::Transfer, trouble: TlsTrouble::Truncated }),
        }
    }

    fn hear_last_words(&mut self) {
        self.stream = None;
        let patience = self.session.timeouts.reply.min(LAST_WORDS);
        while self.verdict.is_none() {
            let Session { control, wait, .. } = &mut *self.session;
            match control.last_words(wait, Stage::Transfer, patience) {
                Ok(Some(heard)) => self.settle(heard.reply),
                Ok(None) => match self.held.take() {
                    Some(no) => self.decide(self.judge(no)),
                    None => return,
                },
                Err(error) => self.decide(Err(error)),
            }
        }
    }

    fn is_whole(&self) -> bool {
        is_whole(self.verb, (self.offset, self.moved), self.expected, self.announced)
    }
}

/// Whether what came must be all there is. `came` = from which offset, and how much.
fn is_whole(verb: &str, came: (u64, u64), expected: Option<u64>, announced: Option<u64>) -> bool {
    let (offset, moved) = came;
    match (verb, expected) {
        ("RETR", Some(size)) => offset + moved == size,
        // Behind an offset, servers announce the whole or the rest: nobody can tell which.
        ("RETR", None) => offset == 0 && announced == Some(moved),
        ("LIST" | "MLSD", _) => moved == 0,
        _ => false,
    }
}

fn is_upload(verb: &str) -> bool {
    matches!(verb, "STOR" | "APPE")
}

fn damaged(damage: Damage) -> FtpError {
    let detail = match damage {
        Damage::Garbage => "the data connection's bytes are not compressed, though the server agreed to that",
        Damage::Cut => "the compressed bytes ended in the middle",
    };
    FtpError::Lost { stage: Stage::Transfer, kind: ErrorKind::InvalidData, detail: detail.into() }
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

/// For the server's end of the data connection, when it has said already that all arrived.
const GRACE: Duration = Duration::from_millis(100);

/// So much of a compressed stream is read at a time.
const PACKED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    // D01, H11.
    #[test]
    fn a_file_that_ended_without_a_goodbye_is_whole_only_where_its_size_says_so() {
        assert!(is_whole("RETR", (0, 10), Some(10), None));
        assert!(is_whole("RETR", (4, 6), Some(10), None));
        assert!(!is_whole("RETR", (0, 9), Some(10), Some(9)), "what was asked for counts more than what was announced");
        assert!(is_whole("RETR", (0, 9), None, Some(9)));
        assert!(!is_whole("RETR", (4, 9), None, Some(9)), "the rest, or the whole?");
        assert!(!is_whole("RETR", (0, 9), None, None));
        assert!(is_whole("MLSD", (0, 0), None, None) && !is_whole("MLSD", (0, 9), None, None));
        assert!(!is_whole("STOR", (0, 10), Some(10), None));
    }
}
