//! EPSV and PASV: the server names a port, and we connect.

use std::io;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::domain::{Lesson, Mode};
use crate::ftp::address;
use crate::ftp::error::{FtpError, ProxyTrouble, Stage};
use crate::ftp::reply::Reply;
use crate::ftp::verb::Verb;
use crate::net::control::Control;
use crate::net::data::{Arranger, Door, Extended, Way, ask, refused};
use crate::net::dial;
use crate::net::happening::Happening;
use crate::net::proxy::Ask;
use crate::net::route::Route;
use crate::net::stream::Stream;
use crate::net::wait::{Role, Stop, Wait};

/// A connection that is being made.
pub(in crate::net) struct Dialled {
    socket: TcpStream,
    target: SocketAddr,
    arranged_by: &'static str,
    begun: Instant,
}

impl Arranger {
    pub(super) fn passive(
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
        let reply = ask(Verb::Epsv, ahead, control, wait).inspect_err(|error| {
            // Old firewalls swallow what they do not know: the next session asks for PASV.
            if matches!(error, FtpError::Timeout { .. }) && !is_v6(control.path().peer) && !self.is_tunnelled() {
                control.note("EPSV is not answered, using PASV from now on");
                control.tell(Happening::Learned(Lesson::Epsv(false)));
            }
        })?;
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

    /// The command that opens the server's next port, where it is known which one does, by this session or (`said`) by
    /// another, and nothing more is to be said.
    pub(in crate::net) fn opens_ahead(&self, said: bool, control: &Control) -> Option<Verb> {
        if self.proven || said { self.opens_first(control) } else { None }
    }

    /// EPSV or PASV where passive mode comes first, whether or not it works.
    pub(in crate::net) fn opens_first(&self, control: &Control) -> Option<Verb> {
        let known = self.modes().first() == Some(&Mode::Passive) && !self.pret && !self.is_tunnelled();
        let extended = self.epsv == Extended::Works || is_v6(control.path().peer);
        known.then_some(if extended { Verb::Epsv } else { Verb::Pasv })
    }

    /// Begins to connect to the port that the reply names, beside the data connection in use.
    pub(in crate::net) fn dial_ahead(
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
    pub(in crate::net) fn arrive(
        &self,
        dialled: Dialled,
        control: &mut Control,
        wait: &mut Wait,
    ) -> Result<Door, FtpError> {
        wait.adopt_ahead();
        let arranged_by = dialled.arranged_by;
        Ok(Door { arranged_by, way: Way::Open(self.stand(dialled, control, wait)?) })
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
        let own =
            Some(path.local.ip()).filter(|own| target.ip() == path.peer.ip() && self.may_go_elsewhere(target, *own));
        let socket = dial::begin(target, own, wait, role).map_err(|error| unreached(target, &error))?;
        Ok(Dialled { socket, target, arranged_by, begun: Instant::now() })
    }

    /// Whether a connection must be bound to our address to come from there. The system is asked anew every
    /// [`SOURCE_LASTS`].
    fn may_go_elsewhere(&self, target: SocketAddr, own: IpAddr) -> bool {
        if self
            .same_source
            .get()
            .is_some_and(|(ends, asked)| ends == (target.ip(), own) && asked.elapsed() < SOURCE_LASTS)
        {
            return false;
        }
        let elsewhere = dial::goes_elsewhere(target, own);
        self.same_source.set((!elsewhere).then(|| ((target.ip(), own), Instant::now())));
        elsewhere
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
}

impl Dialled {
    /// How long ago that was: servers give up on who never uses a connection, and routers forget it.
    pub(in crate::net) fn age(&self) -> Duration {
        self.begun.elapsed()
    }
}

fn named_by_epsv(reply: Reply) -> Result<u16, FtpError> {
    match (reply.code, address::parse_229(&reply.text())) {
        (229, Some(port)) => Ok(port),
        _ => Err(refused("EPSV", reply)),
    }
}

fn unreached(target: SocketAddr, error: &io::Error) -> FtpError {
    if crate::net::system_error::lacks_descriptors(error) {
        return FtpError::NoDescriptors;
    }
    FtpError::DataRefused { target, kind: error.kind(), detail: crate::net::system_error::plain(error) }
}

/// "500 You need to use a client supporting PRET (PRE Transfer) to use PASV".
fn asks_for_pret(reply: &Reply) -> bool {
    reply.is_negative() && reply.text().to_ascii_uppercase().contains("PRET")
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

fn is_v6(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_ipv6()
}

// Loopback has more than one address on Linux only.
/// Time for which the system's choice of our address is believed: five system calls less per small file. When a VPN comes
/// up, transfers of that time may be refused, and are tried again.
const SOURCE_LASTS: Duration = Duration::from_secs(1);

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::domain::{Charset, Learned, TransferMode};
    use crate::net::terms::ActiveMode;
    use crate::net::wait::Cancel;

    #[test]
    fn data_goes_out_from_the_control_connections_own_address() {
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
}
