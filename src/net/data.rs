//! Arranging data connections: EPSV, PASV, EPRT, PORT, who connects to whom, and what is remembered of what failed.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use socket2::{Domain, Socket, Type};

use super::control::Control;
use super::dial;
use super::happening::Happening;
use super::proxy::Ask;
use super::route::Route;
use super::stream::Stream;
use super::terms::ActiveMode;
use super::wait::{Role, Stop, Wait};
use crate::domain::{Learned, Lesson, Mode, TransferMode};
use crate::ftp::address;
use crate::ftp::error::{FtpError, ProxyTrouble, Stage};
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::verb::Verb;

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

/// A connection that is being made.
pub(super) struct Dialled {
    socket: TcpStream,
    target: SocketAddr,
    arranged_by: &'static str,
    begun: Instant,
}

/// A port of ours, where the server is to connect.
pub(super) struct Listening {
    listener: TcpListener,
    pub(super) address: SocketAddr,
    expected: IpAddr,
    stranger: Option<IpAddr>,
    until: Instant,
    waited: Duration,
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

    /// Whether active mode is worth a try though passive mode works: the user leaves the choice to us, and the address that
    /// we would name is on the server's side of any NAT.
    pub(super) fn may_turn(&self, control: &Control) -> bool {
        let path = control.path();
        let (own, peer) = (self.named_address(path.local, path.peer), path.peer.ip());
        self.mode == TransferMode::Auto
            && self.preferred == Mode::Passive
            && !self.is_tunnelled()
            && address::is_near(own) == address::is_near(peer)
    }

    /// Whether the next active connection is a trial.
    pub(super) fn set_trial(&mut self, on: bool) {
        self.on_trial = on;
    }

    pub(super) fn is_on_trial(&self) -> bool {
        self.on_trial
    }

    /// How long the server has to come.
    pub(super) fn accepts_within(&self) -> Duration {
        if self.on_trial { self.patience.min(TRIAL) } else { self.patience }
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
    pub(super) fn announce_all(&mut self) {
        self.pret = true;
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

    fn passive(
        &mut self,
        verb: &Verb,
        ahead: &mut Vec<Verb>,
        control: &mut Control,
        wait: &mut Wait,
    ) -> Result<Door, FtpError> {
        if self.pret {
            self.announce(verb, ahead, control, wait)?;
        }
        match self.enter_passive(ahead, control, wait) {
            Err(FtpError::Refused { reply, .. }) if !self.pret && asks_for_pret(&reply) => {
                control.note("The server wants to know what comes before it opens a port: PRET from now on");
                control.tell(Happening::Learned(Lesson::Pret(true)));
                self.pret = true;
                self.announce(verb, ahead, control, wait)?;
                self.enter_passive(ahead, control, wait)
            }
            other => other,
        }
    }

    /// PRET. Its refusal is that of the command itself, unless the server does not know PRET at all.
    fn announce(
        &mut self,
        verb: &Verb,
        ahead: &mut Vec<Verb>,
        control: &mut Control,
        wait: &mut Wait,
    ) -> Result<(), FtpError> {
        let reply = ask(Verb::Pret(Box::new(verb.clone())), ahead, control, wait)?;
        if reply.is_not_implemented() {
            control.tell(Happening::Learned(Lesson::Pret(false)));
            self.pret = false;
        } else if reply.is_negative() {
            return Err(FtpError::Refused { verb: verb.name(), stage: Stage::Command, reply });
        }
        Ok(())
    }

    fn enter_passive(
        &mut self,
        ahead: &mut Vec<Verb>,
        control: &mut Control,
        wait: &mut Wait,
    ) -> Result<Door, FtpError> {
        // PASV knows IPv4 only (RFC 2428). Behind a proxy nobody knows which one the server has.
        let only_extended = is_v6(control.path().peer) && !self.is_tunnelled();
        let mut dead_port = false;
        if self.epsv == Extended::Works || only_extended {
            let failure = match self.epsv(ahead, control, wait) {
                Err(error) if matches!(error, FtpError::Refused { .. }) || is_dead_port(&error) => error,
                other => return other,
            };
            match &failure {
                FtpError::Refused { reply, .. } if !self.pret && asks_for_pret(reply) => return Err(failure),
                FtpError::Refused { verb, .. } if *verb != "EPSV" => return Err(failure),
                _ if only_extended => return Err(failure),
                failure if is_dead_port(failure) => {
                    dead_port = true;
                    control.note("The port that EPSV named does not answer, using PASV from now on");
                }
                _ => {
                    control.note("EPSV refused, using PASV from now on");
                    // 4yz is about now, not about EPSV.
                    if !matches!(&failure, FtpError::Refused { reply, .. } if (400..500).contains(&reply.code)) {
                        control.tell(Happening::Learned(Lesson::Epsv(false)));
                    }
                }
            }
            self.epsv = Extended::Fails;
        }
        match self.pasv(ahead, control, wait) {
            Ok(door) => {
                // Where neither port answers, it is a firewall, and EPSV is not to blame.
                if dead_port && !self.is_tunnelled() {
                    control.tell(Happening::Learned(Lesson::Epsv(false)));
                }
                Ok(door)
            }
            // Servers change; what an earlier session found may be wrong by now.
            Err(failure @ FtpError::Refused { verb: "PASV", .. }) if self.epsv == Extended::SaidToFail => {
                self.epsv = Extended::Fails;
                let Ok(door) = self.epsv(ahead, control, wait) else { return Err(failure) };
                control.note("PASV refused, using EPSV from now on");
                control.tell(Happening::Learned(Lesson::Epsv(true)));
                self.epsv = Extended::Works;
                Ok(door)
            }
            Err(error) => Err(error),
        }
    }

    fn epsv(&self, ahead: &mut Vec<Verb>, control: &mut Control, wait: &mut Wait) -> Result<Door, FtpError> {
        let reply = ask(Verb::Epsv, ahead, control, wait)?;
        let port = named_by_epsv(reply)?;
        let stream = self.connect(control.path().peer, port, control, wait)?;
        Ok(Door { arranged_by: "EPSV", way: Way::Open(stream) })
    }

    fn pasv(&self, ahead: &mut Vec<Verb>, control: &mut Control, wait: &mut Wait) -> Result<Door, FtpError> {
        let reply = ask(Verb::Pasv, ahead, control, wait)?;
        let port = self.named_by_pasv(reply, control)?;
        let stream = self.connect(control.path().peer, port, control, wait)?;
        Ok(Door { arranged_by: "PASV", way: Way::Open(stream) })
    }

    fn named_by_pasv(&self, reply: Reply, control: &Control) -> Result<u16, FtpError> {
        let peer = control.path().peer;
        let text = reply.text();
        let port = match reply.code {
            227 => address::parse_227(&text).map(|named| {
                let ours = match &self.route {
                    Route::Direct => Some(peer.ip().to_canonical()),
                    // A name's address is known to the proxy only.
                    Route::Tunnel(tunnel) => tunnel.host().parse().ok(),
                };
                if let Some(ours) = ours.filter(|ours| *ours != IpAddr::V4(*named.ip())) {
                    control.note(format!("PASV named {}, connecting to {ours} instead", named.ip()));
                }
                named.port()
            }),
            // Some servers answer PASV as if it were EPSV.
            229 => address::parse_229(&text),
            _ => None,
        };
        port.ok_or_else(|| refused("PASV", reply))
    }

    /// The command that opens the server's next port, where it is known which one does, and nothing more is to be said.
    pub(super) fn opens_ahead(&self, control: &Control) -> Option<Verb> {
        let known = self.proven && self.modes() == [Mode::Passive] && !self.pret && !self.is_tunnelled();
        let extended = self.epsv == Extended::Works || is_v6(control.path().peer);
        known.then_some(if extended { Verb::Epsv } else { Verb::Pasv })
    }

    /// Begins to connect to the port that the reply names, beside the data connection in use.
    pub(super) fn dial_ahead(
        &self,
        asked: &Verb,
        reply: Reply,
        control: &Control,
        wait: &mut Wait,
    ) -> Result<Dialled, FtpError> {
        let port = match asked {
            Verb::Epsv => named_by_epsv(reply)?,
            _ => self.named_by_pasv(reply, control)?,
        };
        let target = address::data_target(control.path().peer, port);
        self.dial(target, asked.name(), Role::Ahead, control, wait)
    }

    /// That connection, as the data connection.
    pub(super) fn arrive(&self, dialled: Dialled, control: &mut Control, wait: &mut Wait) -> Result<Door, FtpError> {
        wait.adopt_ahead();
        let arranged_by = dialled.arranged_by;
        Ok(Door { arranged_by, way: Way::Open(self.stand(dialled, control, wait)?) })
    }

    /// Whether data connections are active ones, and have worked.
    pub(super) fn listens(&self) -> bool {
        self.proven && self.modes() == [Mode::Active] && !self.is_tunnelled()
    }

    /// A port of ours for the connection after this one, and the command that says so.
    pub(super) fn listen_ahead(&self, control: &Control, wait: &mut Wait) -> Option<(Listening, Verb)> {
        let (listening, named) = self.open_port(Role::Ahead, control, wait).ok()?;
        let verb = match named {
            SocketAddr::V4(v4) if self.eprt != Extended::Works => Verb::Port(v4),
            _ => Verb::Eprt(named),
        };
        Some((listening, verb))
    }

    /// To that port of the server, along the session's route.
    fn connect(&self, peer: SocketAddr, port: u16, control: &mut Control, wait: &mut Wait) -> Result<Stream, FtpError> {
        let Route::Tunnel(tunnel) = &self.route else {
            return self.connect_to(address::data_target(peer, port), control, wait);
        };
        let at_proxy = |error| match error {
            FtpError::DataRefused { kind, detail, .. } => {
                tunnel.failed(port, Stage::DataConnection, ProxyTrouble::NoConnection { kind, detail })
            }
            other => other,
        };
        let mut stream = self.connect_to(peer, control, wait).map_err(at_proxy)?;
        let ask = Ask { port, stage: Stage::DataConnection, patience: self.patience };
        tunnel.dig(&ask, &mut stream, wait, &mut |stream, ready| {
            stream.mark(ready.data);
            if ready.control.read {
                control.mark(ready.control);
                control.poll_reply(Stage::DataConnection)?;
            }
            Ok(())
        })?;
        Ok(stream)
    }

    fn connect_to(&self, target: SocketAddr, control: &mut Control, wait: &mut Wait) -> Result<Stream, FtpError> {
        let dialled = self.dial(target, "", Role::Data, control, wait)?;
        self.stand(dialled, control, wait)
    }

    fn dial(
        &self,
        target: SocketAddr,
        arranged_by: &'static str,
        role: Role,
        control: &Control,
        wait: &mut Wait,
    ) -> Result<Dialled, FtpError> {
        // Servers take the data connection only from where the control connection comes from.
        let path = control.path();
        let own = (target.ip() == path.peer.ip()).then(|| path.local.ip());
        let socket = dial::begin(target, own, wait, role).map_err(|error| unreached(target, &error))?;
        Ok(Dialled { socket, target, arranged_by, begun: Instant::now() })
    }

    /// Waits till it stands.
    fn stand(&self, dialled: Dialled, control: &mut Control, wait: &mut Wait) -> Result<Stream, FtpError> {
        let Dialled { socket, target, begun, .. } = dialled;
        let until = begun + self.patience;
        loop {
            match dial::outcome(&socket) {
                Some(Ok(())) => return Ok(Stream::registered(socket)),
                Some(Err(error)) => return Err(unreached(target, &error)),
                None => {}
            }
            match wait.wait(until) {
                Ok(ready) => {
                    if ready.control.read {
                        control.mark(ready.control);
                        // Nothing is due: only the end of the connection shows here.
                        control.poll_reply(Stage::DataConnection)?;
                    }
                }
                Err(Stop::Deadline) => {
                    let detail = format!("no answer within {:?}", self.patience);
                    return Err(FtpError::DataRefused { target, kind: ErrorKind::TimedOut, detail });
                }
                Err(stop) => return Err(stop.error(Stage::DataConnection, self.patience)),
            }
        }
    }

    fn active(&mut self, ahead: &mut Vec<Verb>, control: &mut Control, wait: &mut Wait) -> Result<Door, FtpError> {
        let (listening, named) = self.open_port(Role::Data, control, wait)?;
        let v4 = match named {
            SocketAddr::V4(v4) => Some(v4),
            SocketAddr::V6(_) => None,
        };
        let extended = self.eprt == Extended::Works || v4.is_none();
        if extended {
            let reply = ask(Verb::Eprt(named), ahead, control, wait)?;
            if reply.is_positive() {
                return Ok(listening.door("EPRT", self.accepts_within()));
            }
            if v4.is_none() {
                return Err(refused("EPRT", reply));
            }
        }
        let Some(v4) = v4 else { return Err(no_port(&ErrorKind::AddrNotAvailable.into())) };
        let reply = ask(Verb::Port(v4), ahead, control, wait)?;
        if reply.is_positive() {
            // Where both are refused it is the address, or active mode as such.
            if extended {
                control.note("EPRT refused, using PORT from now on");
                self.eprt = Extended::Fails;
                control.tell(Happening::Learned(Lesson::Eprt(false)));
            }
            return Ok(listening.door("PORT", self.accepts_within()));
        }
        // Servers change; what an earlier session found may be wrong by now.
        if self.eprt == Extended::SaidToFail {
            self.eprt = Extended::Fails;
            if ask(Verb::Eprt(named), ahead, control, wait)?.is_positive() {
                control.note("PORT refused, using EPRT from now on");
                control.tell(Happening::Learned(Lesson::Eprt(true)));
                self.eprt = Extended::Works;
                return Ok(listening.door("EPRT", self.accepts_within()));
            }
        }
        Err(refused("PORT", reply))
    }

    /// A port where the server is to connect, and how it is told of it.
    fn open_port(&self, role: Role, control: &Control, wait: &mut Wait) -> Result<(Listening, SocketAddr), FtpError> {
        let path = control.path();
        let listener = self.listen(path.local)?;
        let port = listener.local_addr().map_err(|error| no_port(&error))?.port();
        let mut listener = TcpListener::from_std(listener);
        wait.watch_listener(&mut listener, role).map_err(|error| no_port(&error))?;
        let listening = Listening {
            listener,
            address: SocketAddr::new(path.local.ip(), port),
            expected: path.peer.ip().to_canonical(),
            stranger: None,
            until: Instant::now() + self.accepts_within(),
            waited: self.accepts_within(),
        };
        Ok((listening, SocketAddr::new(self.named_address(path.local, path.peer), port)))
    }

    /// On the control socket's own address, and a port of the range: the next one where one is busy.
    fn listen(&self, own: SocketAddr) -> Result<std::net::TcpListener, FtpError> {
        let Some(range) = &self.active.ports else {
            return listen_on(SocketAddr::new(own.ip(), 0)).map_err(|error| no_port(&error));
        };
        let (first, last) = (*range.start(), *range.end());
        let count = usize::from(last.saturating_sub(first)) + 1;
        // Another port each time: the server may still keep the last connection in mind (TIME_WAIT).
        let turn = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        let mut failure = io::Error::from(ErrorKind::AddrInUse);
        for step in 0..count {
            let offset = u16::try_from((turn + step) % count).unwrap_or_default();
            match listen_on(SocketAddr::new(own.ip(), first + offset)) {
                Ok(listener) => return Ok(listener),
                Err(error) => failure = error,
            }
        }
        let detail = format!("all ports from {first} to {last} are taken ({})", dial::plain(&failure));
        Err(FtpError::NoPort { detail })
    }

    /// What the server is told: the address from the settings where a NAT is between us, else the control socket's own.
    fn named_address(&self, own: SocketAddr, peer: SocketAddr) -> IpAddr {
        let own = own.ip().to_canonical();
        match self.active.external_address {
            Some(external) if external.is_ipv4() == own.is_ipv4() && !address::is_near(peer.ip()) => external,
            _ => own,
        }
    }
}

impl Extended {
    fn learned(works: Option<bool>) -> Self {
        if works == Some(false) { Self::SaidToFail } else { Self::Works }
    }
}

impl Listening {
    /// The server was told of it: from now on it may come.
    fn door(self, arranged_by: &'static str, patience: Duration) -> Door {
        Door { arranged_by, way: Way::Ajar(self.starting_now(patience)) }
    }

    /// The server has its time from now on.
    pub(super) fn starting_now(self, patience: Duration) -> Self {
        Self { until: Instant::now() + patience, ..self }
    }

    /// The server's connection, if it is there. Anybody else's is closed.
    pub(super) fn accept(&mut self, wait: &mut Wait) -> Result<Option<Stream>, FtpError> {
        loop {
            match self.listener.accept() {
                Ok((socket, from)) if from.ip().to_canonical() == self.expected => {
                    let lost = |error: io::Error| super::control::lost(Stage::DataConnection, &error);
                    return Stream::new(socket, wait, Role::Data).map(Some).map_err(lost);
                }
                Ok((_, from)) => self.stranger = Some(from.ip()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(error) => return Err(no_port(&error)),
            }
        }
    }

    /// When it is too late.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Why nobody came.
    pub(super) fn nobody(&self) -> FtpError {
        match self.stranger {
            Some(found) => FtpError::WrongPeer { expected: self.expected, found },
            None => FtpError::NobodyCame { listening: self.address, waited: self.waited },
        }
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

/// Whether nobody answers at a port that the server has named: another one may do better.
fn is_dead_port(error: &FtpError) -> bool {
    match error {
        FtpError::DataRefused { .. } => true,
        FtpError::Proxy(failure) => matches!(
            failure.trouble,
            ProxyTrouble::TargetRefused | ProxyTrouble::TargetUnreachable { .. } | ProxyTrouble::Failed { .. }
        ),
        _ => false,
    }
}

impl Dialled {
    /// How long ago that was: servers give up on who never uses a connection, and routers forget it.
    pub(super) fn age(&self) -> Duration {
        self.begun.elapsed()
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

fn named_by_epsv(reply: Reply) -> Result<u16, FtpError> {
    match (reply.code, address::parse_229(&reply.text())) {
        (229, Some(port)) => Ok(port),
        _ => Err(refused("EPSV", reply)),
    }
}

fn unreached(target: SocketAddr, error: &io::Error) -> FtpError {
    FtpError::DataRefused { target, kind: error.kind(), detail: dial::plain(error) }
}

/// "500 You need to use a client supporting PRET (PRE Transfer) to use PASV".
fn asks_for_pret(reply: &Reply) -> bool {
    reply.is_negative() && reply.text().to_ascii_uppercase().contains("PRET")
}

/// A no; or a yes without an address, or with one that cannot be.
fn refused(verb: &'static str, reply: Reply) -> FtpError {
    FtpError::Refused { verb, stage: Stage::DataConnection, reply }
}

fn listen_on(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows this option means that others may take the port over.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(4)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn no_port(error: &io::Error) -> FtpError {
    FtpError::NoPort { detail: dial::plain(error) }
}

fn is_v6(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_ipv6()
}

/// Where it is not known whether the server reaches us, it has this long: what it sends to get here may be lost once.
const TRIAL: Duration = Duration::from_secs(3);

static NEXT_PORT: AtomicUsize = AtomicUsize::new(0);

#[cfg(test)]
mod tests {
    use super::*;

    fn arranger(active: ActiveMode) -> Arranger {
        Arranger::new(TransferMode::Auto, &Learned::default(), active, Duration::from_secs(1))
    }

    #[test]
    fn automatic_tries_the_learned_mode_first_and_sticks_to_what_works() {
        let mut arranger = arranger(ActiveMode::default());
        assert_eq!(arranger.modes(), [Mode::Passive, Mode::Active]);
        assert!(arranger.worked(Mode::Active), "that passive failed is news");
        assert_eq!(arranger.modes(), [Mode::Active]);
        assert!(!arranger.worked(Mode::Active));
        let known = Learned { mode: Some(Mode::Active), ..Learned::default() };
        let learned = Arranger::new(TransferMode::Auto, &known, ActiveMode::default(), Duration::ZERO);
        assert_eq!(learned.modes(), [Mode::Active, Mode::Passive]);
    }

    #[test]
    fn the_external_address_is_for_servers_beyond_the_nat_only() {
        let external: IpAddr = "203.0.113.9".parse().expect("an address");
        let arranger = arranger(ActiveMode { ports: None, external_address: Some(external) });
        let named = |own: &str, peer: &str| {
            arranger.named_address(own.parse().expect("an address"), peer.parse().expect("an address")).to_string()
        };
        assert_eq!(named("192.168.1.5:40000", "198.51.100.7:21"), "203.0.113.9");
        assert_eq!(named("192.168.1.5:40000", "192.168.1.1:21"), "192.168.1.5");
        assert_eq!(named("127.0.0.1:40000", "127.0.0.1:21"), "127.0.0.1");
        assert_eq!(named("[2001:db8::5]:40000", "[2001:db8::7]:21"), "2001:db8::5");
    }

    // Loopback has more than one address on Linux only.
    #[cfg(target_os = "linux")]
    #[test]
    fn data_goes_out_from_the_control_connections_own_address() {
        use crate::domain::Charset;
        use crate::net::wait::Cancel;

        let listen = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let (commands, data) = (listen(), listen());
        let target = |listener: &std::net::TcpListener| listener.local_addr().expect("its address");
        let mut wait = Wait::new(&Cancel::new()).expect("a poller");
        let own = Some("127.0.0.2".parse().expect("an address"));
        let socket = dial::begin(target(&commands), own, &mut wait, Role::Control).expect("a start");
        let _server = commands.accept().expect("a connection");
        let stream = Stream::registered(socket);
        let mut control = Control::new(stream, Charset::Auto, std::sync::Arc::new(|_| {}), Duration::from_secs(5))
            .expect("connected");
        let arranger =
            Arranger::new(TransferMode::Auto, &Learned::default(), ActiveMode::default(), Duration::from_secs(20));
        let _stream = arranger.connect_to(target(&data), &mut control, &mut wait).expect("connected");
        assert_eq!(data.accept().expect("a connection").1.ip().to_string(), "127.0.0.2");
    }

    #[test]
    fn a_busy_port_gives_way_to_the_next() {
        let busy = listen_on("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let port = busy.local_addr().expect("its address").port();
        if port == u16::MAX {
            return;
        }
        let arranger = arranger(ActiveMode { ports: Some(port..=port + 1), external_address: None });
        if let Ok(listener) = arranger.listen("127.0.0.1:1".parse().expect("an address")) {
            assert_eq!(listener.local_addr().expect("its address").port(), port + 1);
            let full = arranger.listen("127.0.0.1:1".parse().expect("an address"));
            assert!(matches!(full, Err(FtpError::NoPort { .. })));
        }
    }
}
