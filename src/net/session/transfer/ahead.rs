//! What is sent before it is needed, so that no round trip is spent on waiting: EPSV or PASV for the next transfer, so
//! that its connection is made while the last one's 226 is read; in active mode the next RETR itself. What servers take
//! was seen at vsftpd, ProFTPD, Pure-FTPd, pyftpdlib and libunftp; every other one is trusted with as much as any server
//! that answers in order must bear, and with nothing more once a reply was out of step.
//!
//! Whatever is asked for instead, works: a port that nobody uses is closed, a transfer that nobody wants is aborted. A
//! data connection belongs to one command: the port that a reply names is connected to for the next transfer only.

use std::time::Duration;

use crate::domain::{Mode, RemotePath};
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::verb::{Argument, Verb};
use crate::net::data::{Dialled, Way, is_data_trouble};
use crate::net::session::Session;
use crate::net::session::transfer::pipelined::{Ahead, Next, Underway};
use crate::net::session::transfer::representation::Coding;
use crate::net::session::transfer::start::{Run, Started};

impl Session {
    /// Asks, and where the server takes that and a transfer comes next, for its data connection in the same write.
    pub(in crate::net) fn ask_and_open(&mut self, verbs: &[Verb], transfers: bool) -> Result<Vec<Heard>, FtpError> {
        self.catch_up()?;
        let opens = transfers
            && self.server.is_known()
            && matches!(self.ahead, Ahead::Nothing)
            && self.looks_ahead()
            && self.control.pipelines();
        let Some(port) = opens.then(|| self.arranger.opens_first(&self.control)).flatten() else {
            return self.ask_all(verbs);
        };
        let mut verbs = verbs.to_vec();
        verbs.push(port.clone());
        let mut replies = self.ask_all(&verbs)?;
        if let Some(heard) = replies.pop() {
            self.ahead = Ahead::Asked(port);
            self.opened(heard.reply);
        }
        Ok(replies)
    }

    /// Says what follows the next transfer. Counts for that one only, and is a hint: whatever is asked for then, works.
    pub fn expect_next(&mut self, next: Next) {
        self.next = next;
    }

    /// EPSV or PASV for what comes after this transfer, to be sent in the same write.
    pub(in crate::net) fn along_with(&self, verb: &Verb) -> Option<Verb> {
        if self.next == Next::Nothing || !self.looks_ahead() || !self.control.pipelines() {
            return None;
        }
        let fits = matches!(verb, Verb::Stor(name) | Verb::Retr(name) if name.as_bytes().len() <= LONGEST_NAME);
        let opens = fits && self.server.opens_along_with(verb);
        opens.then(|| self.opens_next()).flatten()
    }

    fn opens_next(&self) -> Option<Verb> {
        self.arranger.opens_ahead(self.dial.known.passive.latest().is_some(), &self.control)
    }

    /// All data has come; only the transfer's own last reply is missing.
    pub(in crate::net) fn look_ahead(&mut self, next: Next) {
        if next == Next::Nothing || !self.looks_ahead() || !matches!(self.ahead, Ahead::Nothing) {
            return;
        }
        let actively = self.arranger.listens() || self.comes_to_us();
        if !actively && self.is_to_try_active(&next) {
            // The try is to find the line free: it saves each file that comes after it a round trip.
            return;
        }
        if let Next::Retrieve(path) = &next
            && actively
        {
            self.retrieve_ahead(path);
        } else if let Some(verb) = self.opens_next() {
            // Where it cannot be sent, the transfer's own reply says why.
            if self.control.send(std::slice::from_ref(&verb), &mut self.wait).is_ok() {
                self.ahead = Ahead::Asked(verb);
            }
        }
    }

    /// Whether this download is to come in active mode although passive mode works, since the server is far away and can be
    /// told of the next one ahead. One session with a server tries whether it reaches us; the others do as that one found.
    pub(in crate::net) fn tries_active(&mut self, verb: &Verb, rest: u64, coding: Coding) -> bool {
        let plain = matches!(verb, Verb::Retr(_)) && rest == 0 && coding == Coding::Stream;
        if !plain || !matches!(self.ahead, Ahead::Nothing) || !self.could_come_to_us() {
            return false;
        }
        let reach = &self.dial.known.reach;
        let tries = self.is_to_try_active(&self.next) && reach.may_try();
        self.arranger.set_trial(tries);
        tries || reach.works()
    }

    /// Whether that is worth finding out now: nobody has, and there is another file to gain from it.
    fn is_to_try_active(&self, next: &Next) -> bool {
        self.dial.known.reach.is_wanted()
            && matches!(next, Next::Retrieve(_))
            && self.arranger.is_proven()
            && self.could_come_to_us()
    }

    /// Whether downloads come in active mode, though the user did not ask for that.
    fn comes_to_us(&self) -> bool {
        self.dial.known.reach.works() && self.could_come_to_us()
    }

    fn could_come_to_us(&self) -> bool {
        self.server.retrieves_ahead()
            && self.control.guard().is_none()
            && self.control.pipelines()
            && self.looks_ahead()
            && self.control.round_trip().is_some_and(|trip| trip >= FAR)
            && self.arranger.may_try_active(&self.control)
    }

    /// What became of a download that was to come in active mode.
    pub(in crate::net) fn active_ended(&mut self, error: Option<&FtpError>) {
        self.arranger.set_trial(false);
        let reach = &self.dial.known.reach;
        match error {
            None => {
                if reach.learn(true) {
                    self.control.note(
                        "The server reaches this computer: small files come in active mode now, a round trip each faster",
                    );
                }
            }
            Some(error) if is_data_trouble(error) => {
                self.active_failed = true;
                if reach.learn(false) {
                    self.control.note("The server does not reach this computer: back to passive mode");
                }
            }
            Some(_) => reach.told_nothing(),
        }
    }

    /// Whether active mode was tried of our own accord and was this session's end: the same on another one is no second try.
    pub fn died_of_a_trial(&self) -> bool {
        self.active_failed && self.is_broken()
    }

    fn retrieve_ahead(&mut self, path: &RemotePath) {
        let plainly = self.control.guard().is_none() && self.carriage.is_plain();
        if !plainly || !self.server.retrieves_ahead() || !self.control.pipelines() {
            return;
        }
        let whole = self.whole(path);
        let Some(Ok(name)) = self.dialect.file(&whole).map(|text| Argument::new(&text)) else { return };
        let Some((listening, port)) = self.arranger.listen_ahead(&self.control, &mut self.wait) else { return };
        let arranged_by = port.name();
        let verb = Verb::Retr(name);
        if self.control.send(&[port, verb.clone()], &mut self.wait).is_ok() {
            self.ahead = Ahead::Underway(Box::new(Underway { listening, arranged_by, verb }));
        }
    }

    fn looks_ahead(&self) -> bool {
        self.foresight && self.control.keeps_step() && !self.control.is_over() && !self.resync_due
    }

    /// A final reply came while a transfer's own is awaited: `Some` = it is that one. Where the answer to EPSV or PASV is due,
    /// too, a no can be either's: it is `held` until the other one has come, which tells.
    pub(in crate::net) fn sort(&mut self, held: &mut Option<Reply>, came: Reply) -> Option<Reply> {
        let Ahead::Asked(_) = self.ahead else { return Some(came) };
        match (held.take(), is_port(&came)) {
            (None, false) if came.is_positive() => Some(came),
            (None, false) => {
                *held = Some(came);
                None
            }
            (Some(own), true) => {
                self.opened(came);
                Some(own)
            }
            (Some(own), false) if !came.is_positive() => {
                self.opened(came);
                Some(own)
            }
            // The first was not the transfer's.
            (None, true) => {
                self.lose_step();
                None
            }
            (Some(_), _) => {
                self.lose_step();
                Some(came)
            }
        }
    }

    /// 1yz came while a no is `held`: then that was not the transfer's.
    pub(in crate::net) fn has_begun(&mut self, held: &mut Option<Reply>) {
        if held.take().is_some() {
            self.lose_step();
        }
    }

    /// The answer to EPSV or PASV that was sent ahead.
    pub(in crate::net) fn opened(&mut self, reply: Reply) {
        let Ahead::Asked(verb) = std::mem::take(&mut self.ahead) else { return };
        if reply.is_positive() && !is_port(&reply) {
            // A second reply to the transfer: the port's own is still to come, and so would be every other one.
            self.lose_step();
            self.control.hang_up();
            return;
        }
        match self.arranger.dial_ahead(&verb, reply, &self.control, &mut self.wait) {
            Ok(dialled) => self.ahead = Ahead::Dialled(dialled),
            // What it says when it is asked in turn, counts.
            Err(_) => self.foresight = false,
        }
    }

    /// The same where it is there already.
    pub(in crate::net) fn hear_opened(&mut self) {
        if let Ahead::Asked(_) = self.ahead
            && let Ok(Some(heard)) = self.control.poll_reply(Stage::Command)
            && !heard.reply.is_preliminary()
        {
            self.opened(heard.reply);
        }
    }

    fn lose_step(&mut self) {
        self.control.one_at_a_time();
        self.ahead = Ahead::Nothing;
    }

    /// Before anything else is asked for: what was sent ahead is answered, or taken back.
    pub(in crate::net) fn catch_up(&mut self) -> Result<(), FtpError> {
        match &self.ahead {
            Ahead::Nothing => {}
            Ahead::Asked(_) => {
                let patience = self.timeouts.reply;
                match self.control.reply(&mut self.wait, Stage::Command, patience) {
                    Ok(heard) => self.opened(heard.reply),
                    Err(error) => {
                        self.ahead = Ahead::Nothing;
                        return Err(error);
                    }
                }
            }
            Ahead::Dialled(dialled) => {
                if dialled.age() > LASTS {
                    self.ahead = Ahead::Nothing;
                }
            }
            Ahead::Underway(_) => self.take_back(),
        }
        Ok(())
    }

    /// Gives up the transfer that nobody wants any more.
    fn take_back(&mut self) {
        let Ahead::Underway(underway) = std::mem::take(&mut self.ahead) else { return };
        // Its port's own yes: ABOR comes after it, and is to find its beat there.
        self.wait.obey(false);
        let told = self.control.reply(&mut self.wait, Stage::Command, self.timeouts.reply.min(QUICK));
        self.wait.obey(true);
        let mut underway = Some(underway);
        if told.is_ok() {
            self.control.resynchronise(&mut self.wait, &mut || underway = None);
        }
    }

    /// Ends the running transfer and finds the beat again, with all that was sent ahead.
    pub(in crate::net) fn resynchronise(&mut self, close_data: &mut dyn FnMut()) {
        match std::mem::take(&mut self.ahead) {
            // Two transfers in one go: nobody could tell their replies apart.
            Ahead::Underway(_) => {
                close_data();
                self.control.hang_up();
            }
            _ => {
                self.control.resynchronise(&mut self.wait, close_data);
            }
        }
    }

    /// Nothing of it is of use any more; so after CWD: what is sent over a connection may be of the directory that the
    /// server was in when it came about (libunftp).
    pub(in crate::net) fn forget_ahead(&mut self) {
        self.ahead = Ahead::Nothing;
    }

    /// The connection that was made ahead, if there is one.
    pub(in crate::net) fn made_ahead(&mut self, mode: Mode) -> Option<Dialled> {
        match std::mem::take(&mut self.ahead) {
            Ahead::Dialled(dialled) if mode == Mode::Passive && dialled.age() <= LASTS => Some(dialled),
            _ => None,
        }
    }

    /// The transfer that was sent ahead, where it is the one that is asked for; `None` = it is not, and nothing runs.
    pub(in crate::net) fn join(&mut self, verb: &Verb) -> Result<Option<Started>, FtpError> {
        if !matches!(&self.ahead, Ahead::Underway(underway) if underway.verb == *verb) || self.unsettled {
            return Ok(None);
        }
        self.wait.check()?;
        let Ahead::Underway(underway) = std::mem::take(&mut self.ahead) else { return Ok(None) };
        let Underway { listening, arranged_by, verb } = *underway;
        let told = match self.control.reply(&mut self.wait, Stage::DataConnection, self.timeouts.reply) {
            Ok(heard) => heard.reply,
            Err(error) => {
                self.resync_due = matches!(error, FtpError::Cancelled);
                return Err(error);
            }
        };
        match told.code {
            200 => {}
            // Then the transfer is refused, too, or runs nowhere.
            400.. => {
                self.foresight = false;
                drop(listening);
                self.control.resynchronise(&mut self.wait, &mut || {});
                return Ok(None);
            }
            _ => {
                self.lose_step();
                self.control.hang_up();
                return Err(FtpError::Closed { stage: Stage::DataConnection, last: None });
            }
        }
        self.wait.adopt_ahead();
        let run = Run { mode: Mode::Active, arranged_by, coding: self.carriage.coding_in_force() };
        let way = Way::Ajar(listening.starting_now(self.timeouts.data));
        match self.run(&verb, way, run) {
            Err(error) if !self.arranger.listens() && is_data_trouble(&error) => {
                self.active_ended(Some(&error));
                if self.is_broken() { Err(error) } else { Ok(None) }
            }
            result => result.map(Some),
        }
    }
}

/// Whether that is an answer to EPSV or PASV and to nothing else.
fn is_port(reply: &Reply) -> bool {
    matches!(reply.code, 227..=229)
}

/// A name of that length still leaves room for a second command in the packet that its own goes in, encrypted or not.
const LONGEST_NAME: usize = 1000;

/// A connection that nobody used for so long may be gone for the server, or for a router on the way.
const LASTS: Duration = Duration::from_secs(20);

/// Nearer servers are as fast in passive mode.
const FAR: Duration = Duration::from_millis(10);

/// For an answer that is on its way already.
const QUICK: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::session::transfer::server::Server;

    fn greeting(text: &str) -> Server {
        Server::read(&Reply { code: 220, lines: vec![text.to_owned()] })
    }

    #[test]
    fn only_servers_that_were_seen_to_take_it_get_two_commands_in_one_write() {
        let retr = Verb::Retr(Argument::new(b"a").expect("an argument"));
        let stor = Verb::Stor(Argument::new(b"a").expect("an argument"));
        for (text, server, with_retr, with_stor) in [
            ("(vsFTPd 3.0.3)", Server::Vsftpd, false, true),
            ("ProFTPD Server (Debian) [::ffff:127.0.0.1]", Server::ProFtpd, false, true),
            ("---------- Welcome to Pure-FTPd [privsep] [TLS] ----------", Server::PureFtpd, true, true),
            ("pyftpdlib 2.2.0 ready.", Server::Other, false, false),
            ("Welcome to the new libunftp server", Server::Other, false, false),
            ("FTP server ready", Server::Other, false, false),
        ] {
            assert_eq!(greeting(text), server, "{text}");
            assert_eq!(
                (server.opens_along_with(&retr), server.opens_along_with(&stor)),
                (with_retr, with_stor),
                "{text}"
            );
            assert!(!server.opens_along_with(&Verb::Mlsd(None)));
        }
    }
}
