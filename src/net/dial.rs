//! From a host's name to a connected socket: every address is tried, IPv6 and IPv4 in turn, the next one when the last
//! has not answered for a moment (RFC 8305); the first that stands wins.

use std::io;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use socket2::{Domain, Socket, Type};

use crate::ftp::error::{FtpError, Stage};
use crate::net::stream::Stream;
use crate::net::system_error::plain;
use crate::net::wait::{Role, Stop, Wait};

/// The addresses of a host. The system's resolver cannot be interrupted: it works on a thread of its own, which is left
/// behind when the time is over.
pub(super) fn resolve(host: &str, port: u16, wait: &mut Wait, patience: Duration) -> Result<Vec<SocketAddr>, FtpError> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let unknown = |detail: String| FtpError::UnknownHost { host: host.to_owned(), detail };
    if bare.is_empty() {
        return Err(unknown("no host name was given".into()));
    }
    let (answer, answers) = channel();
    let waker = wait.waker();
    let name = bare.to_owned();
    std::thread::Builder::new()
        .name("resolver".into())
        .spawn(move || {
            let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // Nobody listens any more where the time was over.
            answer.send(found).ok();
            waker.wake().ok();
        })
        .map_err(|error| unknown(error.to_string()))?;
    let until = Instant::now() + patience;
    loop {
        match answers.try_recv() {
            Ok(Ok(addresses)) if addresses.is_empty() => return Err(unknown("it has no address".into())),
            Ok(Ok(addresses)) => return Ok(in_turn(addresses)),
            Ok(Err(error)) => return Err(unknown(error.to_string())),
            Err(_) => {}
        }
        match wait.wait(until) {
            Ok(_) => {}
            Err(Stop::Deadline) => return Err(unknown(format!("no name server answered within {patience:?}"))),
            Err(stop) => return Err(stop.error(Stage::Connect, patience)),
        }
    }
}

/// A control connection to the first address that answers.
pub(super) fn connect(
    host: &str,
    addresses: &[SocketAddr],
    wait: &mut Wait,
    patience: Duration,
) -> Result<Stream, FtpError> {
    let until = Instant::now() + patience;
    let mut untried = addresses.iter().take(MOST_ADDRESSES).enumerate();
    let mut attempts: Vec<(usize, TcpStream)> = Vec::new();
    let mut failure: Option<io::Error> = None;
    let mut start_next = true;
    loop {
        if start_next || attempts.is_empty() {
            start_next = false;
            match untried.next() {
                Some((number, address)) => match begin(*address, None, wait, Role::Attempt(number)) {
                    Ok(socket) => attempts.push((number, socket)),
                    Err(error) => {
                        failure = Some(error);
                        continue;
                    }
                },
                None if attempts.is_empty() => {
                    let error = failure.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into());
                    let port = addresses.first().map_or(0, SocketAddr::port);
                    return Err(FtpError::CannotConnect {
                        host: host.to_owned(),
                        port,
                        kind: error.kind(),
                        detail: plain(&error),
                    });
                }
                None => {}
            }
        }
        let more = untried.len() > 0;
        let next = if more { until.min(Instant::now() + HEAD_START) } else { until };
        let ready = match wait.wait(next) {
            Ok(ready) => ready,
            Err(Stop::Deadline) if more && Instant::now() < until => {
                start_next = true;
                continue;
            }
            Err(stop) => return Err(stop.error(Stage::Connect, patience)),
        };
        let mut at = 0;
        while at < attempts.len() {
            if ready.attempts & (1 << attempts[at].0) == 0 {
                at += 1;
                continue;
            }
            match outcome(&attempts[at].1) {
                Some(Ok(())) => {
                    let (_, mut socket) = attempts.swap_remove(at);
                    let lost = |error: io::Error| FtpError::Lost {
                        stage: Stage::Connect,
                        kind: error.kind(),
                        detail: error.to_string(),
                    };
                    wait.watch_as(&mut socket, Role::Control).map_err(lost)?;
                    return Ok(Stream::registered(socket));
                }
                Some(Err(error)) => {
                    attempts.swap_remove(at);
                    failure = Some(error);
                    start_next = true;
                }
                None => at += 1,
            }
        }
    }
}

/// Starts to connect, `own` = from this address of ours (see [`goes_elsewhere`]).
pub(super) fn begin(address: SocketAddr, own: Option<IpAddr>, wait: &mut Wait, role: Role) -> io::Result<TcpStream> {
    let mut socket = connect_from(own, address)?;
    wait.watch(&mut socket, role)?;
    Ok(socket)
}

/// Whether the system would take another address of ours for the way there: there are several, or a VPN came up
/// meanwhile. A datagram socket knows without sending anything. A port that was bound cannot be used for two servers at
/// once, so that binding is for where it must be.
pub(super) fn goes_elsewhere(address: SocketAddr, own: IpAddr) -> bool {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let taken = UdpSocket::bind((any, 0)).and_then(|probe| {
        probe.connect(address)?;
        probe.local_addr()
    });
    own.is_ipv4() == address.is_ipv4() && taken.is_ok_and(|taken| taken.ip() != own)
}

/// Begins to connect; `own` = from this address.
fn connect_from(own: Option<IpAddr>, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = nonblocking_socket(Domain::for_address(address))?;
    // A port that we have used is kept by the system for a minute (TIME_WAIT). Without this option nobody on this computer
    // may listen there meanwhile: vsftpd dies with "500 OOPS: vsf_sysutil_bind" when ten ports of its passive range are so,
    // after some thousand files from a server on the same computer. On Windows it means that others may take the port over.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if let Some(own) = own {
        // An address that has gone meanwhile is no reason to fail: the server may not mind the other one.
        socket.bind(&SocketAddr::new(own, 0).into()).ok();
    }
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

/// Without the two system calls more where the system can do it in one.
fn nonblocking_socket(domain: Domain) -> io::Result<Socket> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return Socket::new(domain, Type::STREAM.nonblocking(), None);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let socket = Socket::new(domain, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::EINPROGRESS) {
        return true;
    }
    error.kind() == ErrorKind::WouldBlock
}

/// How a started connection went; `None` = not known yet.
pub(super) fn outcome(socket: &TcpStream) -> Option<io::Result<()>> {
    match socket.take_error() {
        Ok(Some(error)) | Err(error) => return Some(Err(error)),
        Ok(None) => {}
    }
    match socket.peer_addr() {
        Ok(_) => Some(Ok(())),
        Err(error) if matches!(error.kind(), ErrorKind::NotConnected) => None,
        // macOS says this while the connection is being made.
        Err(error) if error.kind() == ErrorKind::InvalidInput => None,
        Err(error) => Some(Err(error)),
    }
}

/// Families in turn, the resolver's first one first.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    first.reverse();
    second.reverse();
    let mut all = Vec::new();
    while let Some(address) = first.pop().or_else(|| second.pop()) {
        if !all.contains(&address) {
            all.push(address);
        }
        all.extend(second.pop());
    }
    all
}

/// Before the next address is tried beside the last.
const HEAD_START: Duration = Duration::from_millis(250);

/// More are not tried.
const MOST_ADDRESSES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Our end closes first and stays in TIME_WAIT: a server on this computer can listen there all the same.
    #[cfg(unix)]
    #[test]
    fn a_port_that_was_ours_can_be_listened_on() {
        use std::io::Read as _;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let ours = connect_from(None, listener.local_addr().expect("its address")).expect("a connection");
        let (mut theirs, address) = listener.accept().expect("the other end");
        drop(ours);
        assert_eq!(theirs.read(&mut [0]).expect("its end"), 0);
        drop(theirs);
        std::net::TcpListener::bind(address).expect("the port that was ours");
    }
    use crate::net::wait::Cancel;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns() {
        let order = in_turn(addresses(&["[::1]:1", "[::2]:1", "1.0.0.1:1", "1.0.0.2:1", "1.0.0.3:1"]));
        assert_eq!(order, addresses(&["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "1.0.0.3:1"]));
    }

    #[test]
    fn the_next_address_is_tried_when_one_refuses() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let good = listener.local_addr().expect("its address");
        // Nobody listens on the other one: its listener is gone.
        let bad = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
        let mut wait = Wait::new(&Cancel::new()).expect("a poller");
        let stream = connect("host", &[bad, good], &mut wait, Duration::from_secs(20)).expect("connected");
        assert_eq!(stream.ends().expect("both ends").1, good);
        let error = connect("host", &[bad], &mut wait, Duration::from_secs(20)).err().expect("refused");
        assert!(matches!(error, FtpError::CannotConnect { kind: ErrorKind::ConnectionRefused, .. }), "{error:?}");
    }

    // Loopback has more than one address on Linux only.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_connection_comes_from_the_address_that_it_is_to_come_from() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let target = listener.local_addr().expect("its address");
        let mut wait = Wait::new(&Cancel::new()).expect("a poller");
        for (own, seen) in [
            (None, "127.0.0.1"),
            (Some("127.0.0.1"), "127.0.0.1"),
            (Some("127.0.0.3"), "127.0.0.3"),
            // Of the other family, or no address of ours (any more): any will do.
            (Some("::1"), "127.0.0.1"),
            (Some("192.0.2.1"), "127.0.0.1"),
        ] {
            let own = own.map(|own: &str| own.parse().expect("an address"));
            let own = own.filter(|own| goes_elsewhere(target, *own));
            let socket = begin(target, own, &mut wait, Role::Attempt(0)).expect("a start");
            let (_, from) = listener.accept().expect("a connection");
            assert_eq!(from.ip().to_string(), seen, "{own:?}");
            assert!(matches!(outcome(&socket), Some(Ok(()))));
        }
    }

    #[test]
    fn addresses_need_no_resolver() {
        let mut wait = Wait::new(&Cancel::new()).expect("a poller");
        for (host, wanted) in [("127.0.0.1", "127.0.0.1:21"), ("::1", "[::1]:21"), ("[::1]", "[::1]:21")] {
            let found = resolve(host, 21, &mut wait, Duration::from_secs(20)).expect("an address");
            assert_eq!(found, addresses(&[wanted]));
        }
        let error = resolve("", 21, &mut wait, Duration::from_secs(20)).expect_err("no host");
        assert!(matches!(error, FtpError::UnknownHost { .. }));
    }
}
