//! The control connection: verbs out, replies in, in step. It knows how many replies are due, so that a late one never
//! answers the next command.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroize as _;

use crate::domain::{Charset, ControlPath, Lesson, Secret};
use crate::ftp::error::{FtpError, Stage, Stranger, TlsTrouble};
use crate::ftp::reply::{Heard, Reply, ReplyReader, Unreadable};
use crate::ftp::verb::Verb;
use crate::net::happening::{Happening, Observer, Step};
use crate::net::masking::Secrets;
use crate::net::stream::Stream;
use crate::net::tls;
use crate::net::tls::Guard;
use crate::net::wait::{Edges, Stop, Wait};

/// One control connection.
pub(super) struct Control {
    stream: Stream,
    reader: ReplyReader,
    charset: Charset,
    observer: Observer,
    path: ControlPath,
    patience: Duration,
    inbox: Box<[u8]>,
    outbox: Vec<u8>,
    /// Final replies that are still to come.
    due: usize,
    /// The first so many of them nobody waits for any more: their commands were cancelled.
    stale: usize,
    /// When the only command on its way went out.
    asked: Option<Instant>,
    /// The quickest answer so far.
    round_trip: Option<Duration>,
    /// Whether this server takes several commands in one write.
    pipelining: Pipelining,
    /// Whether this server reads the control connection as telnet.
    telnet: bool,
    guard: Option<Arc<Guard>>,
    /// What must not be shown, though the server may repeat it.
    secrets: Secrets,
    /// Preliminary replies since the last final one.
    preliminaries: usize,
    /// Replies that nobody had asked for.
    unasked: usize,
    end: Option<FtpError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipelining {
    Untried,
    Works,
    /// Or not known to work.
    Fails,
    /// It was seen to fail.
    Failed,
}

impl Control {
    /// On a fresh connection, whose greeting is due. `patience` = for each reply.
    pub(super) fn new(
        stream: Stream,
        charset: Charset,
        observer: Observer,
        patience: Duration,
    ) -> Result<Self, FtpError> {
        let (local, peer) = stream.ends().map_err(|error| lost(Stage::Connect, &error))?;
        stream.tune_for_control();
        let path = ControlPath { local, peer };
        observer(Happening::Control(path));
        Ok(Self {
            stream,
            reader: ReplyReader::new(charset.clone()),
            charset,
            observer,
            path,
            patience,
            inbox: vec![0; 16 * 1024].into_boxed_slice(),
            outbox: Vec::new(),
            due: 1,
            stale: 0,
            asked: None,
            round_trip: None,
            pipelining: Pipelining::Fails,
            telnet: true,
            guard: None,
            secrets: Secrets::default(),
            preliminaries: 0,
            unasked: 0,
            end: None,
        })
    }

    pub(super) fn path(&self) -> ControlPath {
        self.path
    }

    pub(super) fn charset(&self) -> &Charset {
        &self.charset
    }

    pub(super) fn set_observer(&mut self, observer: Observer) {
        self.observer = observer;
    }

    pub(super) fn observer(&self) -> Observer {
        Arc::clone(&self.observer)
    }

    /// Leaves without a word; nothing more can be said on it.
    pub(super) fn hang_up(&mut self) {
        self.end.get_or_insert(FtpError::Closed { stage: Stage::Command, last: None });
        self.stream.hang_up();
    }

    pub(super) fn tell(&self, happening: Happening) {
        (self.observer)(happening);
    }

    pub(super) fn note(&self, text: impl Into<String>) {
        self.tell(Happening::Note(text.into()));
    }

    /// Encrypts the connection from here on (RFC 4217), and tells how. `data` = data connections will be, too.
    ///
    /// # Errors
    /// [`FtpError::Untrusted`] where the user must look at the certificate; what else keeps TLS from coming about. The
    /// connection is of no use then.
    pub(super) fn encrypt(
        &mut self,
        guard: Arc<Guard>,
        data: bool,
        wait: &mut Wait,
        patience: Duration,
    ) -> Result<(), FtpError> {
        self.tell(Happening::Step(Step::Securing));
        // Whoever is on the way could put replies behind the server's yes, to be taken for encrypted ones.
        if self.reader.take().is_some() || !self.reader.unfinished().is_empty() {
            let error = FtpError::Tls { stage: Stage::Connect, trouble: TlsTrouble::Injected };
            self.end = Some(error.clone());
            return Err(error);
        }
        self.stream.encrypt(guard.control()?);
        let until = Instant::now() + patience;
        let result = loop {
            match self.stream.shake_hands() {
                Ok(true) => break Ok(()),
                Ok(false) => match wait.wait(until) {
                    Ok(ready) => self.mark(ready.control),
                    Err(stop) => break Err(stop.error(Stage::Connect, patience)),
                },
                Err(error) => {
                    break Err(guard.distrust(Stage::Connect).unwrap_or_else(|| lost(Stage::Connect, &error)));
                }
            }
        };
        if let Err(error) = result {
            self.end = Some(error.clone());
            return Err(error);
        }
        if let Some(tls) = self.stream.tls() {
            self.tell(Happening::Secured(Arc::new(guard.describe(tls, data))));
        }
        self.guard = Some(guard);
        Ok(())
    }

    /// What encrypts this session's connections; `None` = nothing does.
    pub(super) fn guard(&self) -> Option<&Arc<Guard>> {
        self.guard.as_ref()
    }

    /// The last word, where TLS has one of its own: a server need not take the end for a cut then.
    pub(super) fn say_goodbye(&mut self) {
        // Whoever has hung up already hears nothing.
        self.stream.shutdown_write().ok();
    }

    /// Whether nothing more can be said on it.
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// From now on several commands may go out in one write: this server answers them in their order.
    pub(super) fn allow_pipelining(&mut self) {
        self.pipelining = Pipelining::Untried;
    }

    /// An earlier session found that this server answers one command at a time only.
    pub(super) fn forbid_pipelining(&mut self) {
        self.pipelining = Pipelining::Failed;
    }

    /// Whether several commands may go out in one write.
    pub(super) fn pipelines(&self) -> bool {
        !matches!(self.pipelining, Pipelining::Fails | Pipelining::Failed)
    }

    /// Whether anything at all may be sent before the last command is answered: no reply was seen out of step.
    pub(super) fn keeps_step(&self) -> bool {
        self.pipelining != Pipelining::Failed
    }

    /// The quickest answer so far: the network's round trip, and what the server's fastest command takes.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// From now on that is masked in whatever the server says.
    pub(super) fn keep_secret(&mut self, secret: &Secret) {
        self.secrets.add(secret);
    }

    /// From now on bytes go out as they are: this server knows no telnet.
    pub(super) fn forget_telnet(&mut self) {
        self.telnet = false;
    }

    /// Sends a command and waits for its final reply.
    pub(super) fn ask(&mut self, verb: &Verb, wait: &mut Wait, stage: Stage) -> Result<Heard, FtpError> {
        self.ask_within(verb, wait, stage, self.patience)
    }

    /// The same, with a patience of its own. An answer that is more likely a late one to an earlier command (230 to SYST) is
    /// dropped where another one follows.
    pub(super) fn ask_within(
        &mut self,
        verb: &Verb,
        wait: &mut Wait,
        stage: Stage,
        patience: Duration,
    ) -> Result<Heard, FtpError> {
        self.send(std::slice::from_ref(verb), wait)?;
        let mut heard = self.reply(wait, stage, patience)?;
        for _ in 0..STRAY_LIMIT {
            if !verb.is_unlikely(heard.reply.code) {
                break;
            }
            self.due += 1;
            match self.last_words(wait, stage, patience.min(STRAY_PATIENCE))? {
                Some(next) => {
                    self.note(format!("Reply {} came late or twice: dropped", heard.reply.code));
                    heard = next;
                }
                None => {
                    self.due = self.due.saturating_sub(1);
                    break;
                }
            }
        }
        Ok(heard)
    }

    /// Sends commands, in one write where this server takes that, and waits for the final reply to each. They must be
    /// harmless to send again: a device that drops all but the first line of a packet is asked one by one.
    pub(super) fn ask_all(&mut self, verbs: &[Verb], wait: &mut Wait, stage: Stage) -> Result<Vec<Heard>, FtpError> {
        let mut replies = Vec::with_capacity(verbs.len());
        if verbs.len() > 1 && self.pipelines() {
            self.send(verbs, wait)?;
            for (at, verb) in verbs.iter().enumerate() {
                // A password may be thought about, whatever was heard of the rest.
                let thinks = matches!(verb, Verb::Pass(_));
                let untried = self.pipelining == Pipelining::Untried && at > 0 && !thinks;
                let patience = if untried { self.patience.min(DEAF_AFTER) } else { self.patience };
                match self.reply(wait, stage, patience) {
                    Ok(heard) => replies.push(heard),
                    Err(FtpError::Timeout { .. }) if untried => {
                        self.one_at_a_time();
                        self.end = None;
                        self.due = 0;
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            if verbs.iter().zip(&replies).any(|(verb, heard)| !verb.may_bring(heard.reply.code)) {
                // Answered, but not in their order: what belongs to which cannot be told.
                self.one_at_a_time();
                if verbs.iter().any(|verb| matches!(verb, Verb::Pass(_))) {
                    // Some servers lock out whoever sends it too often.
                    self.hang_up();
                    return Err(FtpError::Protocol { detail: "the answers to the login came out of order".into() });
                }
                replies.clear();
            } else if self.pipelining == Pipelining::Untried {
                self.pipelining = Pipelining::Works;
            }
        }
        for verb in &verbs[replies.len()..] {
            replies.push(self.ask(verb, wait, stage)?);
        }
        Ok(replies)
    }

    /// A reply was out of step: from now on one command at a time, in later sessions, too.
    pub(super) fn one_at_a_time(&mut self) {
        if self.pipelining == Pipelining::Failed {
            return;
        }
        self.note("The server answers one command at a time only");
        self.pipelining = Pipelining::Failed;
        self.tell(Happening::Learned(Lesson::Pipelining(false)));
    }

    /// Sends commands in one write of whole lines; their replies are due from now on.
    pub(super) fn send(&mut self, verbs: &[Verb], wait: &mut Wait) -> Result<(), FtpError> {
        self.drop_stale(Stage::Command)?;
        if !self.pipelines() {
            self.outwait_stale(wait)?;
        }
        let mut secret = false;
        for verb in verbs {
            secret |= matches!(verb, Verb::Pass(_) | Verb::Acct(_));
            self.tell(Happening::Sent(verb.log_form(&self.charset)));
            verb.write_to(&mut self.outbox, self.telnet);
        }
        let outbox = std::mem::take(&mut self.outbox);
        let result = self.write(&outbox, wait);
        self.outbox = outbox;
        if secret {
            self.outbox.zeroize();
        }
        self.outbox.clear();
        result?;
        self.asked = (self.due == 0).then(Instant::now);
        self.due += verbs.len();
        Ok(())
    }

    /// The next final reply.
    pub(super) fn reply(&mut self, wait: &mut Wait, stage: Stage, patience: Duration) -> Result<Heard, FtpError> {
        // One deadline for all of it: a server that says 1yz again and again is no slow one.
        let end = Instant::now() + patience.saturating_mul(LONGEST_REPLY);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let heard = self.any_reply(wait, stage, patience.min(left))?;
            if !heard.reply.is_preliminary() {
                return Ok(heard);
            }
        }
    }

    /// The next reply, a preliminary one (1yz) included. A 421 is the end of the connection.
    pub(super) fn any_reply(&mut self, wait: &mut Wait, stage: Stage, patience: Duration) -> Result<Heard, FtpError> {
        let mut until = Instant::now() + patience;
        // Slow, but steady; yet not for ever.
        let end = Instant::now() + patience.saturating_mul(LONGEST_REPLY);
        loop {
            if let Some(heard) = self.take(stage)? {
                return Ok(heard);
            }
            if self.fill(stage) {
                if wait.check().is_err() {
                    return Err(self.stopped(Stop::Cancelled, stage, patience));
                }
                let now = Instant::now();
                if now >= end && self.end.is_none() {
                    return Err(self.endless());
                }
                until = (now + patience).min(end);
                continue;
            }
            if let Some(error) = &self.end {
                return Err(error.clone());
            }
            if stage == Stage::Greeting && self.reader.preamble().is_some() {
                until = until.min(Instant::now() + PREAMBLE_PATIENCE);
            }
            let doubtful = self.reader.is_doubtful();
            let grace = if self.reader.closes_oddly() { KNOWN_ODD_END } else { ODD_END };
            let limit = if doubtful { until.min(Instant::now() + grace) } else { until };
            match wait.wait(limit) {
                Ok(ready) => self.mark(ready.control),
                Err(Stop::Deadline) if doubtful => self.reader.recover(),
                Err(stop) => return Err(self.stopped(stop, stage, patience)),
            }
        }
    }

    /// The final reply, if it comes soon; no harm if not.
    pub(super) fn last_words(
        &mut self,
        wait: &mut Wait,
        stage: Stage,
        patience: Duration,
    ) -> Result<Option<Heard>, FtpError> {
        let until = Instant::now() + patience;
        loop {
            match self.poll_reply(stage)? {
                Some(heard) if !heard.reply.is_preliminary() => return Ok(Some(heard)),
                Some(_) => continue,
                None => {}
            }
            match wait.wait(until) {
                Ok(ready) => self.mark(ready.control),
                Err(Stop::Deadline) => return Ok(None),
                Err(stop) => return Err(stop.error(stage, patience)),
            }
        }
    }

    /// A reply that is there already; never waits.
    pub(super) fn poll_reply(&mut self, stage: Stage) -> Result<Option<Heard>, FtpError> {
        loop {
            if let Some(heard) = self.take(stage)? {
                return Ok(Some(heard));
            }
            if self.fill(stage) {
                continue;
            }
            return match &self.end {
                Some(error) => Err(error.clone()),
                None => Ok(None),
            };
        }
    }

    /// The poller's word on the control socket.
    pub(super) fn mark(&mut self, edges: Edges) {
        self.stream.mark(edges);
    }

    /// Asks the system anew at the next [`Control::poll_reply`].
    pub(super) fn suspect(&mut self) {
        self.stream.suspect_readable();
    }

    /// The command whose reply was waited for is given up; its reply will be dropped when it comes.
    pub(super) fn abandon(&mut self) {
        self.stale = self.due;
    }

    /// Ends a running transfer (its data connection is closed already or closes now) and finds the beat again, whatever
    /// the server answers: 426 and 226, 225 and 226, one of them, 500. A NOOP marks the end of it. `false` = the server
    /// does not answer in time, or not clearly: the connection is of no use any more.
    pub(super) fn resynchronise(&mut self, wait: &mut Wait, close_data: &mut dyn FnMut()) -> bool {
        wait.obey(false);
        let in_step = self.abort(wait, close_data);
        wait.obey(true);
        if in_step {
            self.due = 0;
            self.stale = 0;
        } else {
            self.end.get_or_insert(FtpError::Timeout { stage: Stage::Command, waited: ABORT_PATIENCE });
        }
        in_step
    }

    fn abort(&mut self, wait: &mut Wait, close_data: &mut dyn FnMut()) -> bool {
        let until = Instant::now() + ABORT_PATIENCE;
        // The transfer's own reply is what ABOR brings about: not to be waited for before it.
        self.stale = 0;
        let sent = self.send(&[Verb::Abor], wait).is_ok();
        close_data();
        if !sent || self.next_final(wait, until).is_none() {
            return false;
        }
        if self.send(&[Verb::Noop], wait).is_err() {
            return false;
        }
        let mut until = until;
        let mut refused = false;
        let mut answers = 1;
        loop {
            match self.next_final(wait, until).map(|reply| reply.code) {
                // 227 and 229: a port that was asked for ahead.
                Some(225 | 226 | 250 | 227 | 229) => answers += 1,
                // One answer may be all, or the transfer's own is still on its way: libunftp says 226 to ABOR, answers
                // NOOP, and then tells that the transfer broke. Every later reply would be taken for its neighbour's.
                Some(200..=299) if answers < 2 && !self.pipelines() => {
                    self.note(
                        "The server leaves open whether it has said all; the next command needs a new connection",
                    );
                    return false;
                }
                Some(200..=299) => return true,
                // Perhaps ABOR's answer, perhaps NOOP's: a moment more tells.
                Some(500..) => {
                    refused = true;
                    until = until.min(Instant::now() + KNOWN_ODD_END);
                }
                Some(_) => answers += 1,
                None => return refused && self.end.is_none(),
            }
        }
    }

    /// The next final reply, whoever asked for it.
    fn next_final(&mut self, wait: &mut Wait, until: Instant) -> Option<Reply> {
        loop {
            while let Some(heard) = self.reader.take() {
                if heard.reply.code == 421 {
                    self.close(Stage::Command, heard.reply);
                    return None;
                }
                if !heard.reply.is_preliminary() {
                    return Some(heard.reply);
                }
            }
            if self.fill(Stage::Command) && Instant::now() < until {
                continue;
            }
            if self.end.is_some() {
                return None;
            }
            match wait.wait(until) {
                Ok(ready) => self.mark(ready.control),
                Err(_) => return None,
            }
        }
    }

    /// Replies that nobody asked for, and those of cancelled commands, go away before the next command.
    fn drop_stale(&mut self, stage: Stage) -> Result<(), FtpError> {
        self.suspect();
        while self.due <= self.stale {
            match self.poll_reply(stage)? {
                Some(_) => {}
                None => break,
            }
        }
        match &self.end {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Waits for the replies to cancelled commands: one at a time means that the last one is answered. libunftp hangs
    /// for good on a second CWD while the first one runs. Where none comes, the connection is of no use any more.
    fn outwait_stale(&mut self, wait: &mut Wait) -> Result<(), FtpError> {
        let until = Instant::now() + self.patience;
        while self.stale > 0 {
            self.poll_reply(Stage::Command)?;
            if self.stale > 0 {
                match wait.wait(until) {
                    Ok(ready) => self.mark(ready.control),
                    Err(stop) => return Err(self.stopped(stop, Stage::Command, self.patience)),
                }
            }
        }
        Ok(())
    }

    /// The next reply that somebody waits for, of those that were read.
    fn take(&mut self, stage: Stage) -> Result<Option<Heard>, FtpError> {
        while let Some(mut heard) = self.reader.take() {
            // Replies that may be quoted; sizes, ports and paths are taken as they are.
            if !matches!(heard.reply.code, 150 | 125 | 200..=229 | 250..=259) {
                heard.reply.lines.iter_mut().for_each(|line| *line = self.secrets.mask(line));
            }
            if heard.reply.code == 421 {
                return Err(self.close(stage, heard.reply));
            }
            if heard.reply.is_preliminary() {
                self.preliminaries += 1;
                if self.preliminaries > PRELIMINARY_LIMIT {
                    return Err(self.endless());
                }
                if self.due > self.stale && self.stale == 0 {
                    return Ok(Some(heard));
                }
                continue;
            }
            self.preliminaries = 0;
            if self.due == 0 {
                self.unasked += 1;
                if self.unasked > UNASKED_LIMIT {
                    return Err(self.endless());
                }
                self.note(format!("Unexpected reply {} ignored", heard.reply.code));
                continue;
            }
            self.due -= 1;
            if let Some(took) = self.asked.take().map(|at| at.elapsed()) {
                self.round_trip = Some(self.round_trip.map_or(took, |quickest| quickest.min(took)));
            }
            if self.stale > 0 {
                self.stale -= 1;
                continue;
            }
            return Ok(Some(heard));
        }
        Ok(None)
    }

    /// Reads once without waiting; whether anything came.
    fn fill(&mut self, stage: Stage) -> bool {
        if self.end.is_some() {
            return false;
        }
        let Self { stream, inbox, reader, observer, secrets, .. } = self;
        // Under TLS it may end without a goodbye: for commands that makes no difference.
        let result = match stream.read(inbox) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            result => result,
        };
        match result {
            Ok(0) => {
                if reader.is_doubtful() {
                    reader.recover();
                }
                self.end = Some(match stranger(reader.unfinished()) {
                    Some(stranger) if stage == Stage::Greeting => stranger,
                    _ => FtpError::Closed { stage, last: None },
                });
                true
            }
            Ok(count) => {
                let mut hear = |line: &str| observer(Happening::Received(secrets.mask(line)));
                if let Err(problem) = reader.push(&inbox[..count], &mut hear) {
                    let problem = match problem {
                        Unreadable::NotAReply(line) => Unreadable::NotAReply(secrets.mask(&line)),
                        Unreadable::BadCode(line) => Unreadable::BadCode(secrets.mask(&line)),
                        other => other,
                    };
                    self.end = Some(unreadable(problem, stage));
                }
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => {
                self.end = Some(lost(stage, &error));
                true
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8], wait: &mut Wait) -> Result<(), FtpError> {
        let until = Instant::now() + self.patience;
        while !bytes.is_empty() {
            wait.check()?;
            match self.stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => match wait.wait(until) {
                    Ok(ready) => self.mark(ready.control),
                    // Half a line is out: nothing can follow it.
                    Err(stop) => {
                        let error = stop.error(Stage::Command, self.patience);
                        self.end = Some(FtpError::Lost {
                            stage: Stage::Command,
                            kind: ErrorKind::TimedOut,
                            detail: "a command could not be sent".into(),
                        });
                        return Err(error);
                    }
                },
                Err(error) => {
                    // The server may have said why before it hung up (421).
                    self.suspect();
                    let error = match self.due {
                        0 => self.poll_reply(Stage::Command).err(),
                        // What it said of what was asked before must still be heard.
                        _ => {
                            while self.fill(Stage::Command) {}
                            None
                        }
                    }
                    .unwrap_or_else(|| lost(Stage::Command, &error));
                    self.end.get_or_insert(error.clone());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn stopped(&mut self, stop: Stop, stage: Stage, patience: Duration) -> FtpError {
        let first = match self.reader.preamble() {
            Some(line) => Some(unreadable(Unreadable::NotAReply(line.to_owned()), Stage::Greeting)),
            None => stranger(self.reader.unfinished()),
        };
        let error = match (stop, first) {
            (Stop::Cancelled, _) => {
                // The reply will come: it must not answer the next command.
                self.abandon();
                return FtpError::Cancelled;
            }
            (Stop::Deadline, Some(stranger)) if stage == Stage::Greeting => stranger,
            (stop, _) => stop.error(stage, patience),
        };
        // A reply that is overdue may come later: nobody could tell which command it answers.
        self.end.get_or_insert(error.clone());
        error
    }

    /// Replies come without end: the connection is of no use any more.
    fn endless(&mut self) -> FtpError {
        let error = FtpError::Protocol { detail: "its replies do not end".into() };
        self.end.get_or_insert(error).clone()
    }

    fn close(&mut self, stage: Stage, reply: Reply) -> FtpError {
        let error = FtpError::Closed { stage, last: Some(reply) };
        self.end = Some(error.clone());
        error
    }
}

/// The network's error, typed.
pub(super) fn lost(stage: Stage, error: &std::io::Error) -> FtpError {
    if crate::net::system_error::lacks_descriptors(error) {
        return FtpError::NoDescriptors;
    }
    tls::typed(error, stage).unwrap_or_else(|| FtpError::Lost {
        stage,
        kind: error.kind(),
        detail: crate::net::system_error::plain(error),
    })
}

/// What speaks there instead of a server, from its first bytes without a line end.
fn stranger(first: &[u8]) -> Option<FtpError> {
    if first.is_empty() {
        return None;
    }
    Some(unreadable(Unreadable::NotAReply(String::from_utf8_lossy(first).into_owned()), Stage::Greeting))
}

fn unreadable(problem: Unreadable, stage: Stage) -> FtpError {
    if stage == Stage::Greeting {
        let (stranger, first_line) = match problem {
            Unreadable::NotAReply(line) | Unreadable::BadCode(line) => (Stranger::of(&line), line),
            Unreadable::Nul => (Stranger::Binary, String::new()),
            Unreadable::LongLine | Unreadable::LongReply => (Stranger::Unknown, String::new()),
        };
        return FtpError::NotFtp { stranger, first_line };
    }
    let detail = match problem {
        Unreadable::NotAReply(line) => format!("no reply: “{line}”"),
        Unreadable::BadCode(line) => format!("a reply code that does not exist: “{line}”"),
        Unreadable::Nul => "a NUL byte in a reply".into(),
        Unreadable::LongLine => "a reply line without end".into(),
        Unreadable::LongReply => "a reply without end".into(),
    };
    FtpError::Protocol { detail }
}

/// A whole reply may take so many times the patience for its next bytes: a long banner over a slow line comes, and a byte a
/// second does not hold the session for ever.
const LONGEST_REPLY: u32 = 10;

/// Preliminary replies (1yz) to one command; a transfer has one or two, some servers tell progress by them.
const PRELIMINARY_LIMIT: usize = 1000;

/// Replies that nobody asked for in a connection's life; real servers send a handful.
const UNASKED_LIMIT: usize = 200;

/// Late or second replies that are dropped before one command's own.
const STRAY_LIMIT: usize = 3;

/// For the real answer, when one has come that is more likely an earlier command's.
const STRAY_PATIENCE: Duration = Duration::from_secs(2);

/// For the greeting, when a line without a code has come: a banner has the greeting right behind it.
const PREAMBLE_PATIENCE: Duration = Duration::from_secs(4);

/// How long an end of another code may stand last before it counts.
const ODD_END: Duration = Duration::from_secs(2);

/// The same where this server is known for it.
const KNOWN_ODD_END: Duration = Duration::from_millis(300);

/// When the second of several commands is not answered so long after the first, it was not heard.
const DEAF_AFTER: Duration = Duration::from_secs(4);

/// For a server to answer ABOR.
const ABORT_PATIENCE: Duration = Duration::from_secs(2);
