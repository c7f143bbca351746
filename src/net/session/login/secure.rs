//! RFC 4217: AUTH, PBSZ, PROT, and when clear text will do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::{Lesson, Security};
use crate::ftp::answer;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::verb::Verb;
use crate::net::control::{Control, lost};
use crate::net::data::Way;
use crate::net::happening::Happening;
use crate::net::session::Session;
use crate::net::session::transfer::start::Begun;
use crate::net::terms::Dial;
use crate::net::tls::Guard;
use crate::net::wait::{Stop, Wait};

/// TLS from here on. Of a server with implicit TLS: before the greeting.
pub(in crate::net) fn encrypt(dial: &Dial, control: &mut Control, wait: &mut Wait) -> Result<(), FtpError> {
    let guard = Arc::new(Guard::new(&dial.site, &dial.tls)?);
    control.encrypt(guard, dial.site.protect_data, wait, dial.timeouts.connect)
}

/// Explicit TLS: AUTH TLS, else AUTH SSL, unless the server is `known` to take both or neither. Before anything else is
/// said, the user's name in particular.
///
/// # Errors
/// [`FtpError::NoTls`] where the site must have it, or had it; [`FtpError::ClearTextUnasked`] where the user must say.
pub(in crate::net) fn by_asking(
    dial: &Dial,
    known: bool,
    control: &mut Control,
    wait: &mut Wait,
) -> Result<(), FtpError> {
    let site = &dial.site;
    if site.security == Security::Auto && dial.tls.clear_text && dial.known.refuses_tls.latest().is_some() {
        return Ok(());
    }
    let mut reply = control.ask(&Verb::Auth("TLS"), wait, Stage::Login)?.reply;
    if !says_yes(&reply) && !known {
        let second = control.ask(&Verb::Auth("SSL"), wait, Stage::Login)?.reply;
        if says_yes(&second) {
            reply = second;
        }
    }
    if says_yes(&reply) {
        // Not before: the system's roots are read for it, which a server without TLS need not cost.
        return encrypt(dial, control, wait);
    }
    let downgrade = dial.tls.pinned || site.learned.spoke_tls;
    if site.security == Security::Explicit {
        return Err(FtpError::NoTls { reply, downgrade });
    }
    if dial.tls.clear_text {
        dial.known.refuses_tls.see(Some(()));
        control.note("The server offers no encryption: user name, password and files go in clear text");
        return Ok(());
    }
    Err(if downgrade { FtpError::NoTls { reply, downgrade } } else { FtpError::ClearTextUnasked(reply) })
}

/// PBSZ 0 and PROT P (also with implicit TLS, RFC 4217 section 9), where the control connection is encrypted.
pub(in crate::net) fn protection(dial: &Dial, control: &Control) -> Vec<Verb> {
    let level = if dial.site.protect_data { 'P' } else { 'C' };
    control.guard().map(|_| vec![Verb::Pbsz, Verb::Prot(level)]).unwrap_or_default()
}

/// What the replies to [`protection`] mean: `true` = data connections are encrypted.
///
/// # Errors
/// The server's refusal to encrypt data: they are never sent in the clear instead.
pub(in crate::net) fn is_protected(dial: &Dial, replies: &[Heard]) -> Result<bool, FtpError> {
    let wanted = dial.site.protect_data;
    match replies {
        [] => Ok(false),
        // PBSZ's answer does not matter: only PROT's does.
        [_, prot] if prot.reply.is_positive() => Ok(wanted),
        // In the clear is what a server does by itself.
        [_, _] if !wanted => Ok(false),
        [_, prot] => Err(FtpError::Refused { verb: "PROT", stage: Stage::Login, reply: prot.reply.clone() }),
        _ => Err(FtpError::Protocol { detail: "a reply is missing".into() }),
    }
}

impl Session {
    /// The TLS handshake on a data connection that stands, in which we are the client in active mode, too; it continues the
    /// control connection's session. An empty file has its handshake as well.
    pub(in crate::net) fn protect(&mut self, verb: &Verb, way: &mut Way, begun: Begun) -> Result<Begun, FtpError> {
        let (Way::Open(stream), true) = (&mut *way, self.protected) else { return Ok(begun) };
        let Some(guard) = self.control.guard().cloned() else { return Ok(begun) };
        let refused = |reply| FtpError::Refused { verb: verb.name(), stage: Stage::DataConnection, reply };
        let mut begun = begun;
        self.continued = guard.can_resume();
        if !self.continued {
            self.control.note("There is no TLS session to continue on this data connection");
        }
        stream.encrypt(guard.data()?);
        // A server that has said its last word already, without a 150, may never have touched the data connection.
        let untouched = begun.last.is_some() && !begun.preliminary;
        let patience = if untouched { self.timeouts.data.min(UNTOUCHED) } else { self.timeouts.data };
        let until = Instant::now() + patience;
        let failure = loop {
            match stream.shake_hands() {
                Ok(true) => return Ok(begun),
                Ok(false) => {}
                Err(_) if untouched => {
                    *way = Way::Shut;
                    return Ok(begun);
                }
                Err(error) => match guard.distrust(Stage::DataConnection) {
                    // Whatever the server says next: somebody may have taken the data connection over.
                    Some(distrust) => return Err(distrust),
                    None => break lost(Stage::DataConnection, &error),
                },
            }
            match self.control.poll_reply(Stage::DataConnection)? {
                Some(heard) if heard.reply.is_preliminary() => {
                    self.has_begun(&mut begun.held);
                    begun.preliminary = true;
                    begun.announced = begun.announced.or_else(|| answer::announced(&heard.reply));
                }
                Some(heard) => match self.sort(&mut begun.held, heard.reply) {
                    Some(reply) if reply.is_negative() => return Err(refused(reply)),
                    Some(reply) => begun.last = Some(reply),
                    None => {}
                },
                None => {}
            }
            match self.wait.wait(until) {
                Ok(ready) => {
                    self.control.mark(ready.control);
                    stream.mark(ready.data);
                }
                Err(Stop::Deadline) if untouched => {
                    *way = Way::Shut;
                    return Ok(begun);
                }
                Err(stop) => return Err(stop.error(Stage::DataConnection, patience)),
            }
        };
        // The server's own words say more than its TLS: 522, “session reuse required”.
        let mut words = begun.held.take();
        if words.is_none() {
            let heard = self.control.last_words(&mut self.wait, Stage::DataConnection, LAST_WORDS)?;
            words = heard.map(|heard| heard.reply);
        }
        match words {
            Some(reply) if reply.is_negative() => Err(refused(reply)),
            _ => Err(failure),
        }
    }

    /// Whether that refusal says that the server missed the continued TLS session: then only a new control connection helps.
    /// `Some(true)` = it should have seen it, so that the new one had better speak TLS 1.2.
    pub fn misses_continued_session(&self, error: &FtpError) -> Option<bool> {
        let guard = self.control.guard().filter(|_| self.protected)?;
        let FtpError::Refused { reply, .. } = error else { return None };
        let text = reply.text().to_ascii_lowercase();
        // vsftpd's 522, ProFTPD's and FileZilla Server's 425 and 450.
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        // Files are resumed, too, or not: that is about no session.
        let misses = reply.code == 522 || (says(&["reuse", "resum"]) && says(&["tls", "ssl", "session"]));
        match (misses, self.continued) {
            (false, _) => None,
            // A server of TLS 1.3 that sends no tickets: TLS 1.2 continues sessions without any.
            (true, false) if guard.is_tls13() => {
                self.control.tell(Happening::Learned(Lesson::Tls12Only));
                Some(true)
            }
            (true, false) => Some(false),
            (true, true) if guard.is_tls13() => {
                self.control.tell(Happening::Learned(Lesson::Tls12Only));
                Some(true)
            }
            // TLS 1.2 cannot do it better a second time.
            (true, true) => None,
        }
    }
}

/// For a handshake after the last word.
const UNTOUCHED: Duration = Duration::from_secs(1);

/// For the server to say why it broke the handshake off.
const LAST_WORDS: Duration = Duration::from_secs(2);

fn says_yes(reply: &Reply) -> bool {
    // 334 = "security data follows" (RFC 2228): some servers say that and mean 234.
    matches!(reply.code, 234 | 334)
}
