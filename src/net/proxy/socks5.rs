//! SOCKS5 (RFC 1928), without a login or with user and password (RFC 1929).

use std::net::IpAddr;

use zeroize::Zeroizing;

use crate::domain::Secret;
use crate::ftp::error::ProxyTrouble;
use crate::net::proxy::target::{Outgoing, Target};

/// One handshake: reads exactly what is the proxy's.
pub(super) struct Socks5 {
    expects: Expects,
    inbox: Vec<u8>,
    /// The inbox is looked at when it has so many bytes.
    needed: usize,
    login: Option<Outgoing>,
    request: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Method,
    Verdict,
    Reply,
    Nothing,
}

impl Socks5 {
    /// The handshake, and what goes out first.
    pub(super) fn begin(
        user: &str,
        secret: Option<&Secret>,
        target: &Target,
    ) -> Result<(Self, Outgoing), ProxyTrouble> {
        let login = match user {
            "" => None,
            user => Some(login(user, secret)?),
        };
        let request = request(target)?;
        let methods: &[u8] = if login.is_some() { &[VERSION, 2, OPEN, PASSWORD] } else { &[VERSION, 1, OPEN] };
        let this = Self { expects: Expects::Method, inbox: Vec::new(), needed: 2, login, request };
        Ok((this, Zeroizing::new(methods.to_vec())))
    }

    /// See [`crate::net::proxy::Handshake::wants`].
    pub(super) fn wants(&self) -> usize {
        self.needed.saturating_sub(self.inbox.len())
    }

    /// See [`crate::net::proxy::Handshake::hear`].
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Result<Option<Outgoing>, ProxyTrouble> {
        self.inbox.extend_from_slice(bytes);
        if self.wants() > 0 {
            return Ok(None);
        }
        match self.expects {
            Expects::Method => self.method(),
            Expects::Verdict => match self.inbox[..] {
                // The first byte is 1; some proxies say 5.
                [_, 0] => Ok(Some(self.ask())),
                _ => Err(ProxyTrouble::LoginRefused { said: String::new() }),
            },
            Expects::Reply => self.reply(),
            Expects::Nothing => Ok(None),
        }
    }

    fn method(&mut self) -> Result<Option<Outgoing>, ProxyTrouble> {
        let [version, method] = self.inbox[..] else { return Ok(None) };
        if version != VERSION {
            return Err(ProxyTrouble::NotAProxy { heard: crate::net::proxy::target::shown(&self.inbox) });
        }
        match (method, self.login.take()) {
            (OPEN, _) => Ok(Some(self.ask())),
            (PASSWORD, Some(login)) => {
                self.expect(Expects::Verdict, 2);
                Ok(Some(login))
            }
            (PASSWORD | NONE, None) => Err(ProxyTrouble::LoginNeeded),
            _ => Err(ProxyTrouble::NoMethod { offered: String::new() }),
        }
    }

    fn ask(&mut self) -> Outgoing {
        self.expect(Expects::Reply, 2);
        Zeroizing::new(std::mem::take(&mut self.request))
    }

    /// `5 code 0 type address port`. A refusal may end after its code.
    fn reply(&mut self) -> Result<Option<Outgoing>, ProxyTrouble> {
        match self.inbox[..] {
            [VERSION, 0] => self.needed = 5,
            [VERSION, 0, _, kind, first] => {
                self.needed = match kind {
                    IPV4 => 10,
                    IPV6 => 22,
                    NAME => 7 + usize::from(first),
                    _ => return Err(ProxyTrouble::NotAProxy { heard: String::new() }),
                }
            }
            [VERSION, 0, ..] => self.expect(Expects::Nothing, 0),
            [VERSION, code, ..] => return Err(refusal(code)),
            _ => return Err(ProxyTrouble::NotAProxy { heard: crate::net::proxy::target::shown(&self.inbox) }),
        }
        Ok(None)
    }

    fn expect(&mut self, expects: Expects, needed: usize) {
        self.expects = expects;
        self.needed = needed;
        self.inbox.clear();
    }
}

/// RFC 1928 section 6.
fn refusal(code: u8) -> ProxyTrouble {
    let unreachable = |said: &str| ProxyTrouble::TargetUnreachable { said: said.into() };
    match code {
        1 => ProxyTrouble::Failed { said: "general failure".into() },
        2 => ProxyTrouble::Forbidden { said: "not allowed by the ruleset".into() },
        3 => unreachable("network unreachable"),
        4 => unreachable("host unreachable"),
        5 => ProxyTrouble::TargetRefused,
        6 => unreachable("it is too far away (TTL expired)"),
        7 => ProxyTrouble::NoTunnels { said: "command not supported".into() },
        8 => ProxyTrouble::Unsayable { detail: "the proxy does not know this type of address".into() },
        other => ProxyTrouble::Failed { said: format!("code {other}, which no standard knows") },
    }
}

/// RFC 1929.
fn login(user: &str, secret: Option<&Secret>) -> Result<Outgoing, ProxyTrouble> {
    let password = secret.map(Secret::reveal).unwrap_or_default();
    let mut out = Zeroizing::new(Vec::with_capacity(3 + 2 * 255));
    out.push(1);
    for (what, text) in [("user name", user), ("password", password)] {
        out.push(length(text, what)?);
        out.extend_from_slice(text.as_bytes());
    }
    Ok(out)
}

fn request(target: &Target) -> Result<Vec<u8>, ProxyTrouble> {
    let mut out = vec![VERSION, CONNECT, 0];
    match target.host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            out.push(IPV4);
            out.extend_from_slice(&ip.octets());
        }
        Ok(IpAddr::V6(ip)) => {
            out.push(IPV6);
            out.extend_from_slice(&ip.octets());
        }
        Err(_) => {
            out.extend_from_slice(&[NAME, length(&target.host, "host name")?]);
            out.extend_from_slice(target.host.as_bytes());
        }
    }
    out.extend_from_slice(&target.port.to_be_bytes());
    Ok(out)
}

fn length(text: &str, what: &str) -> Result<u8, ProxyTrouble> {
    u8::try_from(text.len())
        .map_err(|_| ProxyTrouble::Unsayable { detail: format!("the {what} is longer than 255 bytes") })
}

const VERSION: u8 = 5;
const CONNECT: u8 = 1;
const OPEN: u8 = 0;
const PASSWORD: u8 = 2;
const NONE: u8 = 0xFF;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(user: &str, host: &str) -> (Socks5, Outgoing) {
        let secret = Secret::from("hunter2");
        Socks5::begin(user, Some(&secret), &Target::new(host, 21).expect("a target")).expect("it can be said")
    }

    fn said(out: Result<Option<Outgoing>, ProxyTrouble>) -> Vec<u8> {
        out.expect("no trouble").expect("an answer").to_vec()
    }

    #[test]
    fn names_are_handed_over_and_the_servers_bytes_are_left_alone() {
        let (mut talk, first) = begin("", "ftp.example.org");
        assert_eq!(first[..], [5, 1, 0]);
        assert_eq!(said(talk.hear(&[5, 0])), b"\x05\x01\x00\x03\x0fftp.example.org\x00\x15");
        for reply in [&b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90"[..], b"\x05\x00\x00\x03\x00\x00\x00"] {
            let (mut talk, _) = begin("", "ftp.example.org");
            said(talk.hear(&[5, 0]));
            let mut heard = 0;
            while talk.wants() > 0 {
                let count = talk.wants();
                assert!(talk.hear(&reply[heard..heard + count]).expect("no trouble").is_none());
                heard += count;
            }
            assert_eq!(heard, reply.len(), "no byte more, none less");
        }
    }

    #[test]
    fn addresses_go_as_addresses() {
        for (host, wanted) in [
            ("192.0.2.7", &b"\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x15"[..]),
            ("[2001:db8::1]", b"\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x15"),
        ] {
            let (mut talk, _) = begin("", host);
            assert_eq!(said(talk.hear(&[5, 0])), wanted);
        }
    }

    #[test]
    fn a_login_is_offered_where_a_user_is_set_and_given_where_it_is_asked_for() {
        let (mut talk, first) = begin("me", "h");
        assert_eq!(first[..], [5, 2, 0, 2]);
        assert_eq!(said(talk.hear(&[5, 2])), b"\x01\x02me\x07hunter2");
        assert_eq!(said(talk.hear(&[1, 0])), b"\x05\x01\x00\x03\x01h\x00\x15");
        let (mut talk, _) = begin("me", "h");
        said(talk.hear(&[5, 2]));
        assert!(matches!(talk.hear(&[1, 1]), Err(ProxyTrouble::LoginRefused { .. })));
        for method in [2, 0xFF] {
            assert_eq!(begin("", "h").0.hear(&[5, method]), Err(ProxyTrouble::LoginNeeded));
        }
        assert!(matches!(begin("me", "h").0.hear(&[5, 1]), Err(ProxyTrouble::NoMethod { .. })));
    }

    #[test]
    fn a_refusal_counts_before_its_address_has_come() {
        for (code, wanted) in [
            (2, ProxyTrouble::Forbidden { said: "not allowed by the ruleset".into() }),
            (5, ProxyTrouble::TargetRefused),
        ] {
            let (mut talk, _) = begin("", "h");
            said(talk.hear(&[5, 0]));
            assert_eq!(talk.hear(&[5, code]), Err(wanted));
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let target = Target::new(&"h".repeat(256), 21).expect("a target");
        assert!(matches!(Socks5::begin("", None, &target), Err(ProxyTrouble::Unsayable { .. })));
        let target = Target::new("h", 21).expect("a target");
        let long = Secret::new("x".repeat(256));
        assert!(matches!(Socks5::begin("me", Some(&long), &target), Err(ProxyTrouble::Unsayable { .. })));
    }
}
