//! RETR, STOR, APPE, REST, TYPE, MODE: files whole and in parts, as they are, as text, compressed.

/// TYPE and MODE.
pub(in crate::net) mod representation;

/// A transfer that has begun.
pub(in crate::net) mod start;

/// Servers that take several commands in one write.
pub(in crate::net) mod server;

/// What was asked for before it was needed.
pub(in crate::net) mod pipelined;

/// How a server tells checksums.
pub(in crate::net) mod hashing;

/// One data connection, while bytes move.
pub(in crate::net) mod channel;

/// What is sent before it is needed.
pub(in crate::net) mod ahead;

/// Checksums that the server computes.
pub(in crate::net) mod checksum;

/// Setting a file's time.
pub(in crate::net) mod set_time;

use crate::domain::{DataPath, EntryKind, Lesson, Mode, RemotePath};
use crate::ftp::answer;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::Reply;
use crate::ftp::verb::{Argument, Verb};
use crate::net::data::{Door, Way, is_data_trouble, say_ahead};
use crate::net::happening::Happening;
use crate::net::session::transfer::pipelined::{Ahead, Next};
use crate::net::session::transfer::representation::{Coding, Representation};
use crate::net::session::transfer::start::{Begun, Run, Started};
use crate::net::session::{DataChannel, Session, StoreAt};
use crate::net::wait::Stop;
use std::time::{Duration, Instant};

impl Session {
    /// RETR, from an offset (REST).
    ///
    /// # Errors
    /// [`FtpError::Refused`] with the verb `REST`, or [`FtpError::Unsupported`], where the server cannot begin in the
    /// middle: begin at zero then.
    pub fn retrieve(&mut self, path: &RemotePath, from: u64) -> Result<DataChannel<'_>, FtpError> {
        self.retrieve_as(path, from, Representation::Image)
    }

    /// RETR as text: lines end in CR LF on the way ([`crate::ftp::ascii`]).
    ///
    /// # Errors
    /// What the server says.
    pub fn retrieve_text(&mut self, path: &RemotePath) -> Result<DataChannel<'_>, FtpError> {
        self.retrieve_as(path, 0, Representation::Ascii)
    }

    fn retrieve_as(
        &mut self,
        path: &RemotePath,
        from: u64,
        representation: Representation,
    ) -> Result<DataChannel<'_>, FtpError> {
        if from == 0 && representation == Representation::Image && !self.bare_names {
            let name = self.dialect.file(&self.whole(path)).map(|text| Argument::new(&text));
            if let Some(Ok(name)) = name
                && let Some(started) = self.join(&Verb::Retr(name))?
            {
                return Ok(DataChannel::new(self, "RETR", started));
            }
        }
        self.ready()?;
        if from > 0 && !self.carriage.offsets {
            return Err(FtpError::Unsupported { what: "beginning in the middle of a file (REST)".into() });
        }
        self.represent(representation)?;
        let started = self.start_file(path, Verb::Retr, from)?;
        let mut channel = DataChannel::new(self, "RETR", started);
        channel.offset = from;
        Ok(channel)
    }

    /// STOR (or APPE).
    ///
    /// # Errors
    /// What the server says; nothing was sent then.
    pub fn store(&mut self, path: &RemotePath, at: StoreAt) -> Result<DataChannel<'_>, FtpError> {
        self.ready()?;
        let argument = self.file_argument(path)?;
        self.be_binary()?;
        let (offset, by_rest) = match at {
            StoreAt::Start => (0, false),
            // RFC 3659 has a server say REST STREAM in FEAT where it means STOR, too.
            StoreAt::Offset(offset) => (offset, self.carriage.rest_stor.unwrap_or(self.features.rest_stream)),
            StoreAt::End(offset) => (offset, self.carriage.rest_stor == Some(true)),
        };
        if offset > 0 && by_rest && self.carriage.offsets {
            match self.start(&Verb::Stor(argument.clone()), offset, Vec::new()) {
                Ok(started) => {
                    let mut channel = DataChannel::new(self, "STOR", started);
                    channel.offset = offset;
                    return Ok(channel);
                }
                // Then by appending.
                Err(FtpError::Refused { verb: "REST", .. }) => self.carriage.rest_stor = Some(false),
                Err(error) => return Err(error),
            }
        }
        // APPE goes on where the file ends, wherever that is: only SIZE tells.
        let end = if offset > 0 { self.size(path)? } else { None };
        let (name, verb) = match end {
            Some(_) => ("APPE", Verb::Appe(argument)),
            None => ("STOR", Verb::Stor(argument)),
        };
        let started = match end {
            Some(_) => self.start(&verb, 0, Vec::new()),
            None => self.start_file(path, Verb::Stor, 0),
        };
        let (name, started, begin) = match (started, end) {
            // No APPE: then REST after all.
            (Err(FtpError::Refused { verb: "APPE", reply, .. }), Some(end))
                if reply.is_not_implemented() && !by_rest && self.carriage.rest_stor.is_none() =>
            {
                let verb = Verb::Stor(self.file_argument(path)?);
                ("STOR", self.start(&verb, end, Vec::new())?, end)
            }
            (started, end) => (name, started?, end.unwrap_or(0)),
        };
        let mut channel = DataChannel::new(self, name, started);
        channel.offset = begin;
        Ok(channel)
    }

    /// STOR of a name that is nobody's file yet (a temporary one), from its start: on a server that is known to bear it, bytes
    /// go along with the command instead of waiting for its 150. Its refusal comes with the bytes or at the end then, as
    /// [`FtpError::Refused`] at [`Stage::DataConnection`]: nothing was stored.
    ///
    /// # Errors
    /// What the server says.
    pub fn store_at_once(&mut self, path: &RemotePath) -> Result<DataChannel<'_>, FtpError> {
        self.ready()?;
        self.be_binary()?;
        self.eager = self.server.is_known() && self.control.keeps_step();
        let started = self.start_file(path, Verb::Stor, 0);
        self.eager = false;
        Ok(DataChannel::new(self, "STOR", started?))
    }

    /// STOR as text: lines must end in CR LF ([`crate::ftp::ascii`]).
    ///
    /// # Errors
    /// What the server says; nothing was sent then.
    pub fn store_text(&mut self, path: &RemotePath) -> Result<DataChannel<'_>, FtpError> {
        self.ready()?;
        self.represent(Representation::Ascii)?;
        let started = self.start_file(path, Verb::Stor, 0)?;
        Ok(DataChannel::new(self, "STOR", started))
    }

    /// Whether REST before STOR continues a file here; `None` = nobody has looked yet.
    pub fn continues_stores(&self) -> Option<bool> {
        self.carriage.rest_stor
    }

    /// Somebody has looked.
    pub fn learn_continues_stores(&mut self, works: bool) {
        if self.carriage.rest_stor != Some(works) {
            self.carriage.rest_stor = Some(works);
            self.control.tell(Happening::Learned(Lesson::RestStor(works)));
            if !works {
                self.control.note("This server does not continue a file that was begun (REST and STOR)");
            }
        }
    }

    pub(in crate::net) fn be_binary(&mut self) -> Result<(), FtpError> {
        self.represent(Representation::Image)
    }

    /// TYPE I or A, where it is not in force already.
    fn represent(&mut self, as_what: Representation) -> Result<(), FtpError> {
        if self.carriage.representation != Some(as_what) {
            let verb = match as_what {
                Representation::Image => Verb::TypeImage,
                Representation::Ascii => Verb::TypeAscii,
            };
            let reply = self.ask(&verb)?;
            self.expect("TYPE", reply)?;
            self.carriage.representation = Some(as_what);
        }
        Ok(())
    }

    /// Begins a file's transfer. Some servers take names in the current folder only
    /// (<https://github.com/MichaIng/DietPi/issues/3729>): what is refused by its path is tried by its name, from within its
    /// folder.
    fn start_file(&mut self, path: &RemotePath, verb: fn(Argument) -> Verb, rest: u64) -> Result<Started, FtpError> {
        let argument = self.file_argument(path)?;
        match self.start(&verb(argument), rest, Vec::new()) {
            Err(error) if self.may_take_bare_names(&error, path) => {
                self.bare_tries += 1;
                if !self.takes_bare_names_only(path)? {
                    return Err(error);
                }
                self.control.note("The server takes names in the current folder only");
                self.control.tell(Happening::Learned(Lesson::Paths(false)));
                self.bare_names = true;
                let name = self.file_argument(path)?;
                self.start(&verb(name), rest, Vec::new())
            }
            result => result,
        }
    }

    /// Whether the size of a file beside that one is told by its name and not by its path.
    fn takes_bare_names_only(&mut self, path: &RemotePath) -> Result<bool, FtpError> {
        let Some(parent) = self.whole(path).parent() else { return Ok(false) };
        // On its own: a port that was named in the same write would be left open where there is no such folder, and pyftpdlib,
        // which connects at once, answers the next one with 425 now and then.
        if !self.enter(&parent)? {
            return Ok(false);
        }
        let listing = match self.list(&parent, &mut |_| {}) {
            Ok(listing) => listing,
            Err(FtpError::Refused { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let Some(file) = listing.entries.into_iter().find(|entry| entry.kind == EntryKind::File) else {
            return Ok(false);
        };
        let by_path = self.file_argument(&parent.join(&file.name))?;
        if self.ask(&Verb::Size(by_path))?.is_positive() {
            return Ok(false);
        }
        Ok(self.ask(&Verb::Size(Argument::new(&file.name)?))?.is_positive())
    }

    fn may_take_bare_names(&self, error: &FtpError, path: &RemotePath) -> bool {
        let FtpError::Refused { verb: "RETR" | "STOR", reply, .. } = error else { return false };
        let refused = matches!(reply.code, 501 | 504 | 550 | 553) && !error.is_full();
        let untried = !self.bare_names && self.bare_tries < BARE_TRIES && self.dial.site.learned.paths.is_none();
        refused
            && untried
            && !self.server.is_known()
            && !self.no_cwd
            && !self.arranger.announces()
            && self.whole(path).is_absolute()
            && !self.is_broken()
    }

    /// Begins a transfer in the first mode that works. `rest` > 0 = where to begin; `ahead` goes before.
    pub(in crate::net) fn start(&mut self, verb: &Verb, rest: u64, mut ahead: Vec<Verb>) -> Result<Started, FtpError> {
        self.catch_up()?;
        if self.carriage.rest_left && rest == 0 {
            // Some servers keep an offset that was not used up, and would cut the next file.
            ahead.insert(0, Verb::Rest(0));
            self.carriage.rest_left = false;
        }
        let coding = self.carriage.coding_for(verb, rest);
        let before = self.carriage.coding;
        if before != Some(coding) {
            ahead.push(match coding {
                Coding::Stream => Verb::ModeStream,
                Coding::Deflate => Verb::ModeDeflate,
            });
            self.carriage.coding = None;
        }
        match self.start_coded(verb, rest, ahead, coding) {
            Err(FtpError::Refused { verb: "MODE", .. }) if coding == Coding::Deflate => {
                self.control.note("The server does not compress, though it said that it can");
                self.carriage.compresses = false;
                self.carriage.coding = before;
                // What went ahead was accepted.
                self.start(verb, rest, Vec::new())
            }
            Ok(started) => {
                self.carriage.coding = Some(coding);
                Ok(started)
            }
            Err(error) => {
                self.next = Next::Nothing;
                Err(error)
            }
        }
    }

    fn start_coded(
        &mut self,
        verb: &Verb,
        rest: u64,
        mut ahead: Vec<Verb>,
        coding: Coding,
    ) -> Result<Started, FtpError> {
        let actively = self.tries_active(verb, rest, coding);
        let modes = if actively { vec![Mode::Active, Mode::Passive] } else { self.arranger.modes() };
        let (mut passive, mut active) = (None, None);
        for (at, mode) in modes.iter().enumerate() {
            let made_ahead = matches!(self.ahead, Ahead::Dialled(_));
            let mut result = self.start_in(*mode, verb, rest, &mut ahead, coding);
            // The server may have closed meanwhile what was made ahead.
            if matches!(&result, Err(error) if made_ahead && is_data_trouble(error)) && !self.is_broken() {
                result = self.start_in(*mode, verb, rest, &mut ahead, coding);
            }
            if actively && *mode == Mode::Active {
                self.active_ended(result.as_ref().err());
                match result {
                    Err(error) if is_data_trouble(&error) && !self.is_broken() => {
                        active = Some(Box::new(error));
                        continue;
                    }
                    result => return result,
                }
            }
            match result {
                Ok(started) => {
                    if self.arranger.worked(*mode) {
                        self.control.tell(Happening::Learned(Lesson::Mode(*mode)));
                    }
                    return Ok(started);
                }
                Err(error) if is_data_trouble(&error) && !self.arranger.is_proven() => {
                    match modes.get(at + 1) {
                        // The network may have changed since the mode was learned. This session is of no use any more:
                        // the next one begins with the other mode.
                        Some(next) if self.is_broken() => {
                            self.control
                                .note(format!("No data connection in {mode} mode, {next} mode comes first now"));
                            self.control.tell(Happening::Learned(Lesson::Mode(*next)));
                            return Err(error);
                        }
                        Some(next) => {
                            self.control.note(format!("No data connection in {mode} mode, trying {next} mode"));
                        }
                        None => {}
                    }
                    let failure = match mode {
                        Mode::Passive => &mut passive,
                        Mode::Active => &mut active,
                    };
                    *failure = Some(Box::new(error));
                }
                Err(error) => return Err(error),
            }
        }
        Err(FtpError::NoDataConnection { passive, active })
    }

    fn start_in(
        &mut self,
        mode: Mode,
        verb: &Verb,
        rest: u64,
        ahead: &mut Vec<Verb>,
        coding: Coding,
    ) -> Result<Started, FtpError> {
        let door = self.door(mode, verb, ahead);
        match &door {
            Ok(_) if mode == Mode::Passive => self.dial.known.passive.see(Some(())),
            Err(error) if mode == Mode::Passive && is_data_trouble(error) => self.dial.known.passive.see(None),
            _ => {}
        }
        let door = door?;
        // Without its REST a RETR brings too much, and a STOR would cut the file off.
        let at_once = matches!(verb, Verb::Retr(_)) && self.server.is_known() && self.control.pipelines();
        let offset = (rest > 0).then_some(Verb::Rest(rest));
        if let Some(offset) = offset.as_ref().filter(|_| !at_once) {
            let reply = self.control.ask(offset, &mut self.wait, Stage::Command)?.reply;
            self.has_offset(reply)?;
        }
        let along = self.along_with(verb);
        let before = offset.filter(|_| at_once);
        let verbs: Vec<Verb> = before.iter().chain([verb]).chain(&along).cloned().collect();
        self.control.send(&verbs, &mut self.wait)?;
        if before.is_some() {
            let told = self.control.reply(&mut self.wait, Stage::Command, self.timeouts.reply);
            if let Err(error) = told.and_then(|heard| self.has_offset(heard.reply)) {
                // What comes now is another part of the file.
                drop(door.way);
                self.give_up(&error);
                return Err(error);
            }
        }
        if let Some(verb) = along {
            self.ahead = Ahead::Asked(verb);
        }
        self.run(verb, door.way, Run { mode, arranged_by: door.arranged_by, coding })
    }

    /// What the server says to REST.
    fn has_offset(&mut self, reply: Reply) -> Result<(), FtpError> {
        if !(300..400).contains(&reply.code) && !reply.is_positive() {
            // Not known at all; 501 and the like are about this offset.
            self.carriage.offsets &= !matches!(reply.code, 500 | 502);
            return Err(FtpError::Refused { verb: "REST", stage: Stage::Command, reply });
        }
        self.carriage.rest_left = true;
        Ok(())
    }

    /// The data connection: the one that was made ahead, else a new one.
    fn door(&mut self, mode: Mode, verb: &Verb, ahead: &mut Vec<Verb>) -> Result<Door, FtpError> {
        if let Some(dialled) = self.made_ahead(mode) {
            say_ahead(ahead, &mut self.control, &mut self.wait)?;
            match self.arranger.arrive(dialled, &mut self.control, &mut self.wait) {
                Err(error) if is_data_trouble(&error) => self.foresight = false,
                other => return other,
            }
        }
        self.arranger.arrange(mode, verb, ahead, &mut self.control, &mut self.wait)
    }

    /// The command is out: till its transfer runs.
    pub(in crate::net) fn run(&mut self, verb: &Verb, mut way: Way, run: Run) -> Result<Started, FtpError> {
        let Run { mode, arranged_by, coding } = run;
        let begun = self.begin(verb, &mut way).and_then(|begun| self.protect(verb, &mut way, begun));
        match begun {
            Ok(Begun { preliminary, announced, last, held }) => {
                let control = self.control.path();
                let ends = match &way {
                    Way::Open(stream) => stream.ends().ok(),
                    Way::Ajar(listening) => Some((listening.address, control.peer)),
                    Way::Shut => None,
                };
                let (local, peer) = ends.unwrap_or((control.local, control.peer));
                let path = DataPath { mode, arranged_by, control, local, peer };
                let stream = match way {
                    Way::Open(stream) => {
                        if is_upload(verb) {
                            stream.tune_for_upload();
                        }
                        self.control.tell(Happening::Data(path));
                        Some(stream)
                    }
                    Way::Ajar(_) | Way::Shut => None,
                };
                let eager = self.eager && !preliminary;
                Ok(Started { stream, path, coding, announced, last, preliminary, held, eager })
            }
            Err(error) => {
                drop(way);
                match &error {
                    // It was answered: in step.
                    FtpError::Refused { .. } => {}
                    // While it tries to reach us it hears nothing, some for a minute.
                    FtpError::NobodyCame { .. } if self.arranger.is_on_trial() && !self.control.is_over() => {
                        self.control.hang_up();
                    }
                    error => self.give_up(error),
                }
                Err(error)
            }
        }
    }

    /// A transfer was asked for, and is not wanted any more; its connection is closed.
    fn give_up(&mut self, error: &FtpError) {
        match error {
            FtpError::Cancelled => self.resync_due = true,
            _ if self.control.is_over() => {}
            _ => self.resynchronise(&mut || {}),
        }
    }

    /// From the command to the first sign that it runs: 150 and a connection, or bytes, or the last reply.
    fn begin(&mut self, verb: &Verb, way: &mut Way) -> Result<Begun, FtpError> {
        let upload = is_upload(verb);
        let patience = self.timeouts.reply;
        let sent = Instant::now();
        let mut begun = Begun::default();
        let mut flowing: Option<Instant> = None;
        loop {
            if let Way::Ajar(listening) = way
                && let Some(stream) = listening.accept(&mut self.wait)?
            {
                *way = Way::Open(stream);
            }
            // The handshake waits for the server's turn by itself; and what somebody said nothing of, is in nobody's way.
            let at_once = (self.protected && self.server.is_known() && self.control.keeps_step()) || self.eager;
            if at_once && matches!(way, Way::Open(_)) {
                return Ok(begun);
            }
            // What comes after the 150 belongs to the transfer.
            if begun.preliminary && matches!(way, Way::Open(_)) {
                return Ok(begun);
            }
            if let Some(heard) = self.control.poll_reply(Stage::DataConnection)? {
                let reply = heard.reply;
                if reply.is_preliminary() {
                    self.has_begun(&mut begun.held);
                    begun.preliminary = true;
                    begun.announced = answer::announced(&reply);
                    continue;
                }
                let Some(reply) = self.sort(&mut begun.held, reply) else { continue };
                // The server may have connected and closed again, with everything in it.
                if let Way::Ajar(listening) = way
                    && let Some(stream) = listening.accept(&mut self.wait)?
                {
                    *way = Way::Open(stream);
                    begun.last = Some(reply);
                    return Ok(begun);
                }
                // A yes without the server's own connection: with 150 before it, or somebody else's instead, bytes are lost.
                if let Way::Ajar(listening) = way
                    && reply.is_positive()
                    && (begun.preliminary || listening.met_stranger())
                    && !is_upload(verb)
                {
                    return Err(listening.nobody());
                }
                if reply.is_positive() {
                    begun.last = Some(reply);
                    return Ok(begun);
                }
                return Err(FtpError::Refused { verb: verb.name(), stage: Stage::DataConnection, reply });
            }
            let until = match way {
                // Readable may mean that it was closed again: then the refusal is on its way.
                Way::Open(_) if flowing.is_some_and(|since| since.elapsed() >= REFUSAL_GRACE) => return Ok(begun),
                Way::Open(_) if let Some(since) = flowing => since + REFUSAL_GRACE,
                // A few servers forget the 150 and just wait for the bytes, or for the TLS handshake.
                Way::Open(_) if upload || self.protected => sent + patience.min(NO_PRELIMINARY),
                Way::Open(_) => sent + patience,
                Way::Ajar(listening) => listening.until(),
                Way::Shut => sent + patience,
            };
            match self.wait.wait(until) {
                Ok(ready) => {
                    self.control.mark(ready.control);
                    if let Way::Open(stream) = way {
                        stream.mark(ready.data);
                        if ready.data.read && !upload && !ready.control.read {
                            flowing.get_or_insert_with(Instant::now);
                        }
                    }
                }
                Err(Stop::Deadline) => match way {
                    Way::Ajar(listening) => return Err(listening.nobody()),
                    Way::Open(_) | Way::Shut if let Some(reply) = begun.held => {
                        return Err(FtpError::Refused { verb: verb.name(), stage: Stage::DataConnection, reply });
                    }
                    Way::Open(_) if upload || self.protected || flowing.is_some() => return Ok(begun),
                    Way::Open(_) | Way::Shut => return Err(Stop::Deadline.error(Stage::Command, patience)),
                },
                Err(stop) => return Err(stop.error(Stage::DataConnection, patience)),
            }
        }
    }

    /// A transfer is over; `whole` = it used up its offset.
    pub(in crate::net) fn transfer_ended(&mut self, whole: bool) {
        self.unsettled = false;
        if whole {
            self.carriage.rest_left = false;
        }
    }
}

fn is_upload(verb: &Verb) -> bool {
    matches!(verb, Verb::Stor(_) | Verb::Appe(_))
}

/// For a reply to a download whose data connection became readable before it: servers that send no 150 at all wait so long.
const REFUSAL_GRACE: Duration = Duration::from_millis(30);

/// Refused files that are tried by their bare names, in one session: where that never helps, paths are not to blame.
const BARE_TRIES: u8 = 3;

/// After so long without 150 an upload begins anyway.
const NO_PRELIMINARY: Duration = Duration::from_secs(3);
