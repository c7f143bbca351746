//! Arranging data connections: EPSV, PASV, EPRT, PORT, who connects to whom, and what is remembered of what failed.

mod active;
mod passive;

use std::cell::Cell;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::domain::{Learned, Mode, TransferMode};
use crate::ftp::error::{FtpError, ProxyTrouble, Stage};
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::verb::Verb;
use crate::net::control::Control;
use crate::net::route::Route;
use crate::net::stream::Stream;
use crate::net::terms::ActiveMode;
use crate::net::wait::Wait;
pub(super) use active::Listening;
pub(super) use passive::Dialled;

/// How this session makes its data connections, and what it has learned about that.
pub(super) struct Arranger {
    mode: TransferMode,
    /// In [`TransferMode::Auto`]: what is tried first.
    preferred: Mode,
    /// Whether a data connection has stood in the preferred mode.
    proven: bool,
    epsv: Extended,
    eprt: Extended,
    /// Whether PRET must say what is to come (drftpd).
    pret: bool,
    active: ActiveMode,
    patience: Duration,
    /// Nobody knows whether the server reaches us: it is not waited for that long.
    on_trial: bool,
    route: Route,
    /// The server's address and ours, and when the system was last asked and took ours for the way there.
    same_source: Cell<Option<((IpAddr, IpAddr), Instant)>>,
}

/// Whether EPSV or EPRT works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extended {
    /// Or nobody knows yet.
    Works,
    /// An earlier session found that it does not.
    SaidToFail,
    /// This session found that it does not.
    Fails,
}

/// A data connection that stands, or a port where one is awaited.
pub(super) struct Door {
    pub(super) arranged_by: &'static str,
    pub(super) way: Way,
}

/// What there is of the data connection.
pub(super) enum Way {
    Open(Stream),
    Ajar(Listening),
    /// The server said its last word without using it.
    Shut,
}

impl Arranger {
    pub(super) fn new(mode: TransferMode, learned: &Learned, active: ActiveMode, patience: Duration) -> Self {
        Self {
            mode,
            preferred: learned.mode.unwrap_or(Mode::Passive),
            proven: false,
            epsv: Extended::learned(learned.epsv),
            eprt: Extended::learned(learned.eprt),
            pret: learned.pret == Some(true),
            active,
            patience,
            on_trial: false,
            route: Route::Direct,
            same_source: Cell::new(None),
        }
    }

    /// The way that data takes. Through a proxy only we can connect; and what works there says nothing about the server.
    pub(super) fn along(mut self, route: Route) -> Self {
        if let Route::Tunnel(_) = route {
            self.preferred = Mode::Passive;
            self.epsv = Extended::Works;
        }
        self.route = route;
        self
    }

    /// Whether a proxy is between the server and us.
    pub(super) fn is_tunnelled(&self) -> bool {
        matches!(self.route, Route::Tunnel(_))
    }

    pub(super) fn set_mode(&mut self, mode: TransferMode) {
        if mode != self.mode {
            self.mode = mode;
            self.proven = false;
        }
    }

    /// What to try, in this order. Where a mode has worked, its failure is no reason to try the other.
    pub(super) fn modes(&self) -> Vec<Mode> {
        match (self.mode, self.preferred) {
            (TransferMode::Auto, _) if self.is_tunnelled() => vec![Mode::Passive],
            (TransferMode::Passive, _) => vec![Mode::Passive],
            (TransferMode::Active, _) => vec![Mode::Active],
            (TransferMode::Auto, preferred) if self.proven => vec![preferred],
            (TransferMode::Auto, Mode::Passive) => vec![Mode::Passive, Mode::Active],
            (TransferMode::Auto, Mode::Active) => vec![Mode::Active, Mode::Passive],
        }
    }

    /// Whether data connections have worked before: then a failure is an accident, not a matter of settings.
    pub(super) fn is_proven(&self) -> bool {
        self.proven
    }

    /// A data connection stood. Whether that is news: the preferred mode had failed.
    pub(super) fn worked(&mut self, mode: Mode) -> bool {
        let news = self.mode == TransferMode::Auto && mode != self.preferred;
        self.preferred = mode;
        self.proven = true;
        news
    }

    /// This server wants to know what comes (FEAT says PRET).
    pub(super) fn announcing_all(self) -> Self {
        Self { pret: true, ..self }
    }

    /// Whether the server is told what comes, and so may refuse it before there is a data connection.
    pub(super) fn announces(&self) -> bool {
        self.pret
    }

    /// Arranges a data connection for this command. `ahead` is sent before, in the same write where the server takes
    /// that, and taken out; all of it but REST must be accepted.
    pub(super) fn arrange(
        &mut self,
        mode: Mode,
        verb: &Verb,
        ahead: &mut Vec<Verb>,
        control: &mut Control,
        wait: &mut Wait,
    ) -> Result<Door, FtpError> {
        match (mode, &self.route) {
            (Mode::Passive, _) => self.passive(verb, ahead, control, wait),
            (Mode::Active, Route::Direct) => self.active(ahead, control, wait),
            (Mode::Active, Route::Tunnel(tunnel)) => {
                Err(tunnel.failed(0, Stage::DataConnection, ProxyTrouble::NoActive))
            }
        }
    }
}

impl Extended {
    fn learned(works: Option<bool>) -> Self {
        if works == Some(false) { Self::SaidToFail } else { Self::Works }
    }
}

/// Whether the error is about the data connection, so that the other mode may do better.
pub(super) fn is_data_trouble(error: &FtpError) -> bool {
    match error {
        FtpError::DataRefused { .. }
        | FtpError::NobodyCame { .. }
        | FtpError::WrongPeer { .. }
        | FtpError::NoPort { .. } => true,
        // What went ahead (CWD) is another matter: in the other mode it would not be asked again.
        FtpError::Refused { verb, reply, stage: Stage::DataConnection } => {
            reply.code == 425 || matches!(*verb, "EPSV" | "PASV" | "EPRT" | "PORT")
        }
        _ => false,
    }
}

/// What must be said before a transfer whose data connection is arranged already. All of it but REST must be accepted.
pub(super) fn say_ahead(ahead: &mut Vec<Verb>, control: &mut Control, wait: &mut Wait) -> Result<(), FtpError> {
    let verbs = std::mem::take(ahead);
    if verbs.is_empty() {
        return Ok(());
    }
    let replies = control.ask_all(&verbs, wait, Stage::DataConnection)?;
    accepted(&verbs, replies)
}

fn ask(verb: Verb, ahead: &mut Vec<Verb>, control: &mut Control, wait: &mut Wait) -> Result<Reply, FtpError> {
    let mut verbs = std::mem::take(ahead);
    verbs.push(verb);
    let mut replies = control.ask_all(&verbs, wait, Stage::DataConnection)?;
    let last = replies.pop().map(|heard| heard.reply);
    accepted(&verbs, replies)?;
    last.ok_or_else(|| FtpError::Protocol { detail: "a reply is missing".into() })
}

fn accepted(verbs: &[Verb], replies: Vec<Heard>) -> Result<(), FtpError> {
    for (verb, heard) in verbs.iter().zip(replies) {
        if heard.reply.is_negative() && verb.name() != "REST" {
            return Err(FtpError::Refused { verb: verb.name(), stage: Stage::Command, reply: heard.reply });
        }
    }
    Ok(())
}

/// A no; or a yes without an address, or with one that cannot be.
fn refused(verb: &'static str, reply: Reply) -> FtpError {
    FtpError::Refused { verb, stage: Stage::DataConnection, reply }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_tries_the_learned_mode_first_and_sticks_to_what_works() {
        let none = Learned::default();
        let mut arranger = Arranger::new(TransferMode::Auto, &none, ActiveMode::default(), Duration::from_secs(1));
        assert_eq!(arranger.modes(), [Mode::Passive, Mode::Active]);
        assert!(arranger.worked(Mode::Active), "that passive failed is news");
        assert_eq!(arranger.modes(), [Mode::Active]);
        assert!(!arranger.worked(Mode::Active));
        let known = Learned { mode: Some(Mode::Active), ..Learned::default() };
        let learned = Arranger::new(TransferMode::Auto, &known, ActiveMode::default(), Duration::ZERO);
        assert_eq!(learned.modes(), [Mode::Active, Mode::Passive]);
    }
}
