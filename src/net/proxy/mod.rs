//! Tunnels through generic proxies: the handshakes as bytes in and bytes out, and the one that runs them on a connection.
//! Names are handed to the proxy and resolved there. Out of scope: gateways that speak FTP (`session/gateway.rs`).

mod http;
mod socks4;
mod socks5;
pub(crate) mod target;

use crate::domain::{Proxy, ProxyKind, Secret};
use crate::ftp::error::{FtpError, ProxyFailure, ProxyTrouble, Stage};
use crate::net::proxy::http::Connect;
use crate::net::proxy::socks4::Socks4a;
use crate::net::proxy::socks5::Socks5;
use crate::net::proxy::target::{Outgoing, Target, bare};
use crate::net::stream::Stream;
use crate::net::wait::{Ready, Stop, Wait};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// A proxy, and the server behind it.
pub(super) struct Tunnel {
    proxy: Proxy,
    secret: Option<Secret>,
    host: String,
}

/// What is wanted of a proxy.
pub(super) struct Ask {
    pub(super) port: u16,
    /// For what.
    pub(super) stage: Stage,
    /// How long the whole talk may last.
    pub(super) patience: Duration,
}

/// A talk with a proxy. It never takes a byte that is the server's.
enum Handshake {
    Socks5(Socks5),
    Socks4a(Socks4a),
    Http(Connect),
}

impl Tunnel {
    /// Towards this host.
    pub(super) fn new(proxy: &Proxy, secret: Option<&Secret>, host: &str) -> Self {
        Self { proxy: proxy.clone(), secret: secret.cloned(), host: bare(host).to_owned() }
    }

    /// The name or address that the proxy is told.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// On a fresh connection to the proxy: asks for a port of the host. `meanwhile` gets what the wait brought, and
    /// marks the stream with its part of it.
    pub(super) fn dig(
        &self,
        ask: &Ask,
        stream: &mut Stream,
        wait: &mut Wait,
        meanwhile: &mut dyn FnMut(&mut Stream, Ready) -> Result<(), FtpError>,
    ) -> Result<(), FtpError> {
        let Ask { port, stage, patience } = *ask;
        let until = Instant::now() + patience;
        let failed = |trouble| self.failed(port, stage, trouble);
        let target = Target::new(&self.host, port).map_err(failed)?;
        let (mut handshake, mut out) = Handshake::begin(&self.proxy, self.secret.as_ref(), &target).map_err(failed)?;
        let mut sent = 0;
        let mut buffer = [0; 512];
        while sent < out.len() || handshake.wants() > 0 {
            wait.check()?;
            let moved = match out.get(sent..).filter(|rest| !rest.is_empty()) {
                Some(rest) => match stream.write(rest) {
                    Ok(count) => {
                        sent += count;
                        true
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => false,
                    Err(_) => {
                        // It may have said why before it hung up.
                        sent = out.len();
                        stream.suspect_readable();
                        true
                    }
                },
                None => {
                    let most = handshake.wants().min(buffer.len());
                    match stream.read(&mut buffer[..most]) {
                        Ok(0) => return Err(failed(ProxyTrouble::Closed)),
                        Ok(count) => {
                            if let Some(next) = handshake.hear(&buffer[..count]).map_err(failed)? {
                                (out, sent) = (next, 0);
                            }
                            true
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
                        Err(_) => return Err(failed(ProxyTrouble::Closed)),
                    }
                }
            };
            if !moved {
                match wait.wait(until) {
                    Ok(ready) => meanwhile(stream, ready)?,
                    Err(Stop::Deadline) => return Err(failed(ProxyTrouble::Silent { waited: patience })),
                    Err(stop) => return Err(stop.error(stage, patience)),
                }
            }
        }
        Ok(())
    }

    /// What went wrong, with whom, and for what.
    pub(super) fn failed(&self, port: u16, stage: Stage, trouble: ProxyTrouble) -> FtpError {
        failure(&self.proxy, &self.host, port, stage, trouble)
    }
}

/// What went wrong on the way to `host:port`, with which proxy.
pub(super) fn failure(proxy: &Proxy, host: &str, port: u16, stage: Stage, trouble: ProxyTrouble) -> FtpError {
    let target = Target { host: bare(host).to_owned(), port };
    FtpError::Proxy(Box::new(ProxyFailure {
        kind: proxy.kind,
        host: proxy.host.clone(),
        port: proxy.port,
        target: target.place(),
        stage,
        trouble,
    }))
}

impl Handshake {
    /// The talk, and what goes out first.
    fn begin(proxy: &Proxy, secret: Option<&Secret>, target: &Target) -> Result<(Self, Outgoing), ProxyTrouble> {
        match proxy.kind {
            ProxyKind::Socks5 => {
                Socks5::begin(&proxy.user, secret, target).map(|(talk, out)| (Self::Socks5(talk), out))
            }
            ProxyKind::Socks4a => Socks4a::begin(&proxy.user, target).map(|(talk, out)| (Self::Socks4a(talk), out)),
            ProxyKind::HttpConnect => {
                Connect::begin(&proxy.user, secret, target).map(|(talk, out)| (Self::Http(talk), out))
            }
            ProxyKind::Ftp(_) => Err(ProxyTrouble::NoTunnels { said: "an FTP proxy makes no tunnels".into() }),
        }
    }

    /// At most so many bytes are the proxy's now; 0 = the tunnel stands.
    fn wants(&self) -> usize {
        match self {
            Self::Socks5(talk) => talk.wants(),
            Self::Socks4a(talk) => talk.wants(),
            Self::Http(talk) => talk.wants(),
        }
    }

    /// Takes no more than it wants; what goes out next.
    fn hear(&mut self, bytes: &[u8]) -> Result<Option<Outgoing>, ProxyTrouble> {
        match self {
            Self::Socks5(talk) => talk.hear(bytes),
            Self::Socks4a(talk) => talk.hear(bytes).map(|()| None),
            Self::Http(talk) => talk.hear(bytes).map(|()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::net::proxy::target::LONGEST_SHOWN;
    use crate::net::proxy::target::shown;
    use proptest::prelude::*;

    use super::*;

    const KINDS: [ProxyKind; 3] = [ProxyKind::Socks5, ProxyKind::Socks4a, ProxyKind::HttpConnect];

    fn begin(kind: ProxyKind, user: &str) -> Handshake {
        let proxy = Proxy { kind, host: "p".into(), port: 1, user: user.into() };
        let target = Target::new("ftp.example.org", 21).expect("a target");
        Handshake::begin(&proxy, Some(&Secret::from("x")), &target).expect("it can be said").0
    }

    /// Feeds it in pieces; how many bytes it took, and how it ended. Fails where it takes more than it wants for ever.
    fn feed(mut talk: Handshake, bytes: &[u8], piece: usize) -> (usize, Result<bool, ProxyTrouble>) {
        let mut at = 0;
        while talk.wants() > 0 && at < bytes.len() {
            let end = (at + talk.wants().min(piece)).min(bytes.len());
            if let Err(trouble) = talk.hear(&bytes[at..end]) {
                return (end, Err(trouble));
            }
            at = end;
            assert!(talk.wants() <= 512 && at <= 20_000, "it wants more and more");
        }
        (at, Ok(talk.wants() == 0))
    }

    fn text(trouble: &ProxyTrouble) -> String {
        format!("{trouble:?}")
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_end_the_same(
            kind in 0usize..3,
            login in any::<bool>(),
            start in prop::sample::select(vec![&b""[..], b"\x05\x00\x05\x00\x00", b"\x05\x02\x01\x00\x05\x00\x00\x03", b"\x00\x5a", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n"]),
            rest in prop::collection::vec(any::<u8>(), 0..600),
            piece in 1usize..9,
        ) {
            let user = if login { "me" } else { "" };
            let bytes = [start, &rest[..]].concat();
            let (taken, whole) = feed(begin(KINDS[kind], user), &bytes, usize::MAX);
            let (cut_taken, cut) = feed(begin(KINDS[kind], user), &bytes, piece);
            match (&whole, &cut) {
                (Ok(one), Ok(other)) => {
                    prop_assert_eq!(one, other);
                    prop_assert_eq!(taken, cut_taken);
                }
                (Err(one), Err(other)) => {
                    prop_assert_eq!(std::mem::discriminant(one), std::mem::discriminant(other));
                    prop_assert!(text(one).len() < 2000);
                }
                _ => prop_assert!(false, "{:?} or {:?}", whole, cut),
            }
        }

        #[test]
        fn a_name_in_socks5s_reply_may_have_any_length(length in 0u8..=255, server in prop::collection::vec(any::<u8>(), 0..9)) {
            let mut bytes = vec![5, 0, 5, 0, 0, 3, length];
            bytes.extend(std::iter::repeat_n(b'n', usize::from(length) + 2));
            let own = bytes.len();
            bytes.extend(server);
            prop_assert_eq!(feed(begin(ProxyKind::Socks5, ""), &bytes, usize::MAX), (own, Ok(true)));
        }

        #[test]
        fn no_host_breaks_out_of_the_request(host in "\\PC{0,40}", port: u16) {
            if let Ok(target) = Target::new(&host, port) {
                for kind in KINDS {
                    let proxy = Proxy { kind, host: "p".into(), port: 1, user: String::new() };
                    if let Ok((_, out)) = Handshake::begin(&proxy, None, &target) && kind == ProxyKind::HttpConnect {
                        prop_assert_eq!(out.split(|byte| *byte == b'\n').count(), 4);
                        prop_assert_eq!(out.split(|byte| *byte == b' ').count(), 4);
                    }
                }
            }
        }
    }

    #[test]
    fn hosts_that_are_none_are_refused() {
        for host in ["", " ", "a b", "a\r\nDELE x", "a\0b", "[]"] {
            assert!(matches!(Target::new(host, 21), Err(ProxyTrouble::Unsayable { .. })), "{host:?}");
        }
    }

    #[test]
    fn what_came_is_shown_safely() {
        assert_eq!(shown(b"HTTP/1.0 400 Bad\x1b[2J\r\nX"), "HTTP/1.0 400 Bad\u{fffd}[2J");
        assert_eq!(shown(&[b'x'; 5000]).len(), LONGEST_SHOWN);
        assert_eq!(shown(b""), "");
    }
}
