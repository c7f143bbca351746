//! EPRT and PORT: we name a port, and the server connects.

use std::io;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use socket2::{Domain, Socket, Type};

use crate::domain::{Lesson, Mode, TransferMode};
use crate::ftp::address;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::verb::Verb;
use crate::net::control;
use crate::net::control::Control;
use crate::net::data::{Arranger, Door, Extended, Way, ask, refused};
use crate::net::happening::Happening;
use crate::net::stream::Stream;
use crate::net::wait::{Role, Wait};

/// A port of ours, where the server is to connect.
pub(in crate::net) struct Listening {
    listener: TcpListener,
    pub(in crate::net) address: SocketAddr,
    expected: IpAddr,
    stranger: Option<IpAddr>,
    until: Instant,
    waited: Duration,
}

impl Arranger {
    /// Whether active mode is worth a try though passive mode works: the user leaves the choice to us, and the address that
    /// we would name is on the server's side of any NAT.
    pub(in crate::net) fn may_try_active(&self, control: &Control) -> bool {
        let path = control.path();
        let (own, peer) = (self.named_address(path.local, path.peer), path.peer.ip());
        self.mode == TransferMode::Auto
            && self.preferred == Mode::Passive
            && !self.is_tunnelled()
            && address::is_near(own) == address::is_near(peer)
    }

    /// Whether the next active connection is a trial.
    pub(in crate::net) fn set_trial(&mut self, on: bool) {
        self.on_trial = on;
    }

    pub(in crate::net) fn is_on_trial(&self) -> bool {
        self.on_trial
    }

    /// How long the server has to come.
    pub(in crate::net) fn accepts_within(&self) -> Duration {
        if self.on_trial { self.patience.min(TRIAL) } else { self.patience }
    }

    /// Whether data connections are active ones, and have worked.
    pub(in crate::net) fn listens(&self) -> bool {
        self.proven && self.modes() == [Mode::Active] && !self.is_tunnelled()
    }

    /// A port of ours for the connection after this one, and the command that says so.
    pub(in crate::net) fn listen_ahead(&self, control: &Control, wait: &mut Wait) -> Option<(Listening, Verb)> {
        let (listening, named) = self.open_port(Role::Ahead, control, wait).ok()?;
        let verb = match named {
            SocketAddr::V4(v4) if self.eprt != Extended::Works => Verb::Port(v4),
            _ => Verb::Eprt(named),
        };
        Some((listening, verb))
    }

    pub(super) fn active(
        &mut self,
        ahead: &mut Vec<Verb>,
        control: &mut Control,
        wait: &mut Wait,
    ) -> Result<Door, FtpError> {
        let (listening, named) = self.open_port(Role::Data, control, wait)?;
        let v4 = match named {
            SocketAddr::V4(v4) => Some(v4),
            SocketAddr::V6(_) => None,
        };
        let extended = self.eprt == Extended::Works || v4.is_none();
        if extended {
            let reply = ask(Verb::Eprt(named), ahead, control, wait).inspect_err(|error| {
                if matches!(error, FtpError::Timeout { .. }) && v4.is_some() {
                    control.note("EPRT is not answered, using PORT from now on");
                    control.tell(Happening::Learned(Lesson::Eprt(false)));
                }
            })?;
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
        let detail =
            format!("all ports from {first} to {last} are taken ({})", crate::net::system_error::plain(&failure));
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

impl Listening {
    /// The server was told of it: from now on it may come.
    fn door(self, arranged_by: &'static str, patience: Duration) -> Door {
        Door { arranged_by, way: Way::Ajar(self.starting_now(patience)) }
    }

    /// The server has its time from now on.
    pub(in crate::net) fn starting_now(self, patience: Duration) -> Self {
        Self { until: Instant::now() + patience, ..self }
    }

    /// The server's connection, if it is there. Anybody else's is closed.
    pub(in crate::net) fn accept(&mut self, wait: &mut Wait) -> Result<Option<Stream>, FtpError> {
        loop {
            match self.listener.accept() {
                Ok((socket, from)) if from.ip().to_canonical() == self.expected => {
                    let lost = |error: io::Error| control::lost(Stage::DataConnection, &error);
                    return Stream::new(socket, wait, Role::Data).map(Some).map_err(lost);
                }
                Ok((_, from)) => self.stranger = Some(from.ip()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(error) => return Err(no_port(&error)),
            }
        }
    }

    /// Whether somebody else than the server connected.
    pub(in crate::net) fn met_stranger(&self) -> bool {
        self.stranger.is_some()
    }

    /// When it is too late.
    pub(in crate::net) fn until(&self) -> Instant {
        self.until
    }

    /// Why nobody came.
    pub(in crate::net) fn nobody(&self) -> FtpError {
        match self.stranger {
            Some(found) => FtpError::WrongPeer { expected: self.expected, found },
            None => FtpError::NobodyCame { listening: self.address, waited: self.waited },
        }
    }
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
    if crate::net::system_error::lacks_descriptors(error) {
        return FtpError::NoDescriptors;
    }
    FtpError::NoPort { detail: crate::net::system_error::plain(error) }
}

/// Where it is not known whether the server reaches us, it has this long: what it sends to get here may be lost once.
const TRIAL: Duration = Duration::from_secs(3);

static NEXT_PORT: AtomicUsize = AtomicUsize::new(0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Learned;
    use crate::net::terms::ActiveMode;

    fn arranger(active: ActiveMode) -> Arranger {
        Arranger::new(TransferMode::Auto, &Learned::default(), active, Duration::from_secs(1))
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
