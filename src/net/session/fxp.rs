//! FXP: a file from one server straight to the other, while we talk to both and carry none of it (RFC 959 section 2.3).
//! One listens (PASV), the other is told where (PORT). Many servers refuse that, as well they may: a data connection to
//! somebody else's address is how one server is made to attack another (RFC 2577 section 3). For programs that use this
//! library: neither the window nor the command line asks for it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::domain::RemotePath;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::Reply;
use crate::ftp::verb::Verb;
use crate::ftp::{address, answer};
use crate::net::session::Session;
use crate::net::session::transfer::representation::Coding;
use crate::net::wait::Stop;

/// Copies a file from one server to the other, replacing what is there. `tick` is called several times a second.
///
/// # Errors
/// [`FtpError::Unsupported`] where the two cannot, or will not, talk to each other: copy through this computer then. Both
/// sessions are in step or broken, whatever happened.
pub fn copy_between(
    source: &mut Session,
    target: &mut Session,
    from: &RemotePath,
    to: &RemotePath,
    tick: &mut dyn FnMut(),
) -> Result<(), FtpError> {
    source.ready()?;
    target.ready()?;
    source.forget_ahead();
    target.forget_ahead();
    if source.arranger.is_tunnelled() || target.arranger.is_tunnelled() {
        // The address that we see is the proxy's: it must not be named to a server as the other one's.
        return Err(FtpError::Unsupported { what: "direct transfers between servers that are behind a proxy".into() });
    }
    let (from, to) = (source.whole(from), target.whole(to));
    let (retrieve, store) = (Verb::Retr(source.file_argument(&from)?), Verb::Stor(target.file_argument(&to)?));
    let plan = plan(Side::of(source), Side::of(target))?;
    source.carry_plainly()?;
    target.carry_plainly()?;
    // Before the target makes an empty file of that name.
    let size = Verb::Size(source.file_argument(&from)?);
    let reply = source.ask(&size)?;
    if reply.code == 550 {
        return Err(FtpError::Refused { verb: "RETR", stage: Stage::Command, reply });
    }
    let size = answer::size(&reply);
    if let Some(who) = plan.secured {
        let reply = who.of(source, target).ask(&Verb::Sscn(true))?;
        if !reply.is_positive() {
            return Err(unwilling("SSCN", &reply));
        }
    }
    let result =
        introduce(source, target, &plan).and_then(|()| carry(&mut [source, target], [&retrieve, &store], tick));
    if let Some(who) = plan.secured {
        let session = who.of(source, target);
        if !session.is_broken() {
            session.ask(&Verb::Sscn(false)).ok();
        }
    }
    result?;
    match (size, target.size(&to)?) {
        (Some(expected), Some(got)) if expected != got => Err(FtpError::Incomplete { expected, got }),
        _ => Ok(()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Source,
    Target,
}

impl Who {
    fn of<'s>(self, source: &'s mut Session, target: &'s mut Session) -> &'s mut Session {
        match self {
            Self::Source => source,
            Self::Target => target,
        }
    }
}

/// What matters of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Side {
    encrypted: bool,
    sscn: bool,
    cpsv: bool,
}

impl Side {
    fn of(session: &Session) -> Self {
        Self { encrypted: session.protected, sscn: session.features.sscn, cpsv: session.features.cpsv }
    }
}

/// How the two are brought together.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    /// Who may be the one that listens; the first that works.
    listeners: Vec<Who>,
    /// Who must be told to be the client of TLS (SSCN): between two servers nobody is, by itself.
    secured: Option<Who>,
    /// The one that listens is told so by CPSV instead of PASV.
    cpsv: bool,
}

fn plan(source: Side, target: Side) -> Result<Plan, FtpError> {
    // The one that receives: servers would rather connect somewhere than let somebody else connect.
    let either = vec![Who::Target, Who::Source];
    let only = |who: Who, can: bool| can.then_some(who);
    match (source.encrypted, target.encrypted) {
        (false, false) => Ok(Plan { listeners: either, secured: None, cpsv: false }),
        (true, true) => {
            let secured = only(Who::Target, target.sscn).or(only(Who::Source, source.sscn));
            if secured.is_some() {
                return Ok(Plan { listeners: either, secured, cpsv: false });
            }
            let listeners: Vec<Who> =
                [only(Who::Target, target.cpsv), only(Who::Source, source.cpsv)].into_iter().flatten().collect();
            if listeners.is_empty() {
                let what = "direct transfers between these two servers: both encrypt data connections, and neither can be \
                            the client of the other's (SSCN, CPSV)";
                return Err(FtpError::Unsupported { what: what.into() });
            }
            Ok(Plan { listeners, secured: None, cpsv: true })
        }
        _ => {
            let what = "direct transfers between these two servers: one encrypts data connections, the other does not";
            Err(FtpError::Unsupported { what: what.into() })
        }
    }
}

/// PASV on one side, PORT with its address on the other.
fn introduce(source: &mut Session, target: &mut Session, plan: &Plan) -> Result<(), FtpError> {
    let mut refusal = None;
    for who in &plan.listeners {
        let (listener, caller) = match who {
            Who::Source => (&mut *source, &mut *target),
            Who::Target => (&mut *target, &mut *source),
        };
        let (verb, reply, address) = listener.listen(plan.cpsv)?;
        let Some(address) = address else {
            refusal = Some(unwilling(verb, &reply));
            continue;
        };
        let (verb, reply) = caller.call(address)?;
        if reply.is_positive() {
            return Ok(());
        }
        refusal = Some(unwilling(verb, &reply));
    }
    Err(refusal.unwrap_or_else(|| FtpError::Unsupported { what: "direct transfers between these two servers".into() }))
}

/// RETR here, STOR there, and both of their last replies. A failure of one ends the other.
fn carry(sessions: &mut [&mut Session; 2], verbs: [&Verb; 2], tick: &mut dyn FnMut()) -> Result<(), FtpError> {
    let result = converse(sessions, verbs, tick);
    let Err((error, running)) = result else { return Ok(()) };
    for (session, running) in sessions.iter_mut().zip(running) {
        if running && !session.control.is_over() {
            let Session { control, wait, .. } = &mut **session;
            control.resynchronise(wait, &mut || {});
        }
    }
    Err(match &error {
        // The usual ways to say that it goes nowhere but to us.
        FtpError::Refused { verb, reply, .. } if matches!(reply.code, 425 | 500 | 501 | 502 | 504) => {
            unwilling(verb, reply)
        }
        _ => error,
    })
}

/// With an error: which of the two still runs.
fn converse(
    sessions: &mut [&mut Session; 2],
    verbs: [&Verb; 2],
    tick: &mut dyn FnMut(),
) -> Result<(), (FtpError, [bool; 2])> {
    let begun = Instant::now();
    let mut running = [false; 2];
    // The one that receives first: it is ready when the other begins.
    for side in [1, 0] {
        let Session { control, wait, .. } = &mut *sessions[side];
        control.send(std::slice::from_ref(verbs[side]), wait).map_err(|error| (error, running))?;
        running[side] = true;
    }
    let mut spoken = [false; 2];
    let mut half = None;
    while running != [false; 2] {
        for side in [0, 1] {
            let session = &mut *sessions[side];
            while running[side] {
                match session.control.poll_reply(Stage::Transfer) {
                    Ok(None) => break,
                    Ok(Some(heard)) if heard.reply.is_preliminary() => spoken[side] = true,
                    Ok(Some(heard)) => {
                        running[side] = false;
                        half = Some(Instant::now());
                        let reply = heard.reply;
                        if !reply.is_positive() {
                            let verb = verbs[side].name();
                            return Err((FtpError::Refused { verb, stage: Stage::Transfer, reply }, running));
                        }
                    }
                    Err(error) => return Err((error, running)),
                }
            }
        }
        for side in [0, 1] {
            if !running[side] {
                continue;
            }
            let session = &mut *sessions[side];
            let patience = session.timeouts.reply;
            // How far they are, nobody tells us; only that they began, and that one of them is done.
            let overdue = match half {
                Some(at) => (at.elapsed() > patience * 3).then_some(Stage::Completion),
                None => (!spoken[side] && begun.elapsed() > patience).then_some(Stage::Command),
            };
            if let Some(stage) = overdue {
                return Err((FtpError::Timeout { stage, waited: patience }, running));
            }
            match session.wait.wait(Instant::now() + TURN) {
                Ok(ready) => session.control.mark(ready.control),
                Err(Stop::Deadline) => {}
                Err(stop) => return Err((stop.error(Stage::Transfer, patience), running)),
            }
        }
        tick();
    }
    Ok(())
}

impl Session {
    /// TYPE I, MODE S, no offset: what both servers must agree on.
    fn carry_plainly(&mut self) -> Result<(), FtpError> {
        self.be_binary()?;
        if self.carriage.rest_left {
            self.ask(&Verb::Rest(0))?;
            self.carriage.rest_left = false;
        }
        if self.carriage.coding != Some(Coding::Stream) {
            let reply = self.ask(&Verb::ModeStream)?;
            self.expect("MODE", reply)?;
            self.carriage.coding = Some(Coding::Stream);
        }
        Ok(())
    }

    /// Lets the server listen; where, as the other one should see it.
    fn listen(&mut self, cpsv: bool) -> Result<(&'static str, Reply, Option<SocketAddr>), FtpError> {
        let mut peer = self.control.path().peer;
        peer.set_ip(peer.ip().to_canonical());
        let verb = match (cpsv, peer.is_ipv6()) {
            (true, _) => Verb::Cpsv,
            (false, true) => Verb::Epsv,
            (false, false) => Verb::Pasv,
        };
        let reply = self.ask(&verb)?;
        let text = reply.text();
        let address = match reply.code {
            227 => address::parse_227(&text).map(|named| {
                // Its word is not taken for where it is, unless we reach it on a way that only we have.
                let ours = address::is_near(peer.ip()) && !address::is_near((*named.ip()).into());
                if ours { named.into() } else { address::data_target(peer, named.port()) }
            }),
            229 => address::parse_229(&text).map(|port| address::data_target(peer, port)),
            _ => None,
        };
        Ok((verb.name(), reply, address))
    }

    /// Tells the server where the other one listens.
    fn call(&mut self, address: SocketAddr) -> Result<(&'static str, Reply), FtpError> {
        let verb = match address {
            SocketAddr::V4(v4) => Verb::Port(v4),
            SocketAddr::V6(_) => Verb::Eprt(address),
        };
        Ok((verb.name(), self.ask(&verb)?))
    }
}

fn unwilling(verb: &str, reply: &Reply) -> FtpError {
    let said = format!("{} {}", reply.code, reply.text());
    let what = format!(
        "direct transfers between these two servers: {verb} was answered with “{}”, as most servers answer where a data \
         connection should go to somebody else",
        said.trim()
    );
    FtpError::Unsupported { what }
}

/// How long one of the two is listened to before the other's turn comes.
const TURN: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Side = Side { encrypted: false, sscn: false, cpsv: false };
    const TLS: Side = Side { encrypted: true, sscn: false, cpsv: false };

    #[test]
    fn two_servers_meet_in_the_clear_or_both_encrypted_never_half() {
        assert_eq!(plan(PLAIN, PLAIN).map(|plan| (plan.secured, plan.cpsv)), Ok((None, false)));
        for (source, target) in [(PLAIN, TLS), (TLS, PLAIN), (TLS, TLS)] {
            assert!(matches!(plan(source, target), Err(FtpError::Unsupported { .. })), "{source:?} {target:?}");
        }
    }

    #[test]
    fn between_encrypted_servers_one_is_made_the_client() {
        let sscn = Side { sscn: true, ..TLS };
        let cpsv = Side { cpsv: true, ..TLS };
        assert_eq!(plan(sscn, TLS).map(|plan| plan.secured), Ok(Some(Who::Source)));
        assert_eq!(plan(TLS, sscn).map(|plan| plan.secured), Ok(Some(Who::Target)));
        let by_cpsv = plan(cpsv, TLS).expect("a plan");
        assert_eq!((by_cpsv.listeners, by_cpsv.cpsv), (vec![Who::Source], true), "only who knows CPSV can listen");
    }
}
