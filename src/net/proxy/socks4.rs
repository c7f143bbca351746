//! SOCKS4A: a user name and no password; the proxy resolves names where the address is 0.0.0.1
//! (<https://www.openssh.com/txt/socks4a.protocol>).

use std::net::Ipv4Addr;

use zeroize::Zeroizing;

use crate::ftp::error::ProxyTrouble;
use crate::net::proxy::target::{Outgoing, Target};

/// One handshake: a request, a reply of eight bytes.
pub(super) struct Socks4a {
    inbox: Vec<u8>,
}

impl Socks4a {
    /// The handshake, and what goes out first.
    pub(super) fn begin(user: &str, target: &Target) -> Result<(Self, Outgoing), ProxyTrouble> {
        if user.contains('\0') {
            return Err(ProxyTrouble::Unsayable { detail: "the user name holds a NUL".into() });
        }
        let literal = target.host.parse::<Ipv4Addr>().ok();
        let mut out = vec![VERSION, CONNECT];
        out.extend_from_slice(&target.port.to_be_bytes());
        out.extend_from_slice(&literal.unwrap_or(SEE_NAME).octets());
        out.extend_from_slice(user.as_bytes());
        out.push(0);
        if literal.is_none() {
            out.extend_from_slice(target.host.as_bytes());
            out.push(0);
        }
        Ok((Self { inbox: Vec::new() }, Zeroizing::new(out)))
    }

    /// See [`crate::net::proxy::Handshake::wants`].
    pub(super) fn wants(&self) -> usize {
        REPLY.saturating_sub(self.inbox.len())
    }

    /// See [`crate::net::proxy::Handshake::hear`].
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Result<(), ProxyTrouble> {
        self.inbox.extend_from_slice(bytes);
        match self.inbox[..] {
            [] | [0] => Ok(()),
            // 0 is right; some proxies give their version.
            [VERSION] => Ok(()),
            [0 | VERSION, GRANTED, ..] => Ok(()),
            [0 | VERSION, 91, ..] => {
                Err(ProxyTrouble::Failed { said: "rejected or failed; SOCKS4 tells no more".into() })
            }
            [0 | VERSION, 92, ..] => {
                Err(ProxyTrouble::LoginRefused { said: "no identd answers on this computer".into() })
            }
            [0 | VERSION, 93, ..] => Err(ProxyTrouble::LoginRefused { said: "identd knows another user".into() }),
            _ => Err(ProxyTrouble::NotAProxy { heard: crate::net::proxy::target::shown(&self.inbox) }),
        }
    }
}

const VERSION: u8 = 4;
const CONNECT: u8 = 1;
const GRANTED: u8 = 90;
const REPLY: usize = 8;
const SEE_NAME: Ipv4Addr = Ipv4Addr::new(0, 0, 0, 1);

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(user: &str, host: &str) -> (Socks4a, Outgoing) {
        Socks4a::begin(user, &Target::new(host, 21).expect("a target")).expect("it can be said")
    }

    #[test]
    fn names_are_handed_over_addresses_go_as_addresses() {
        assert_eq!(begin("me", "ftp.example.org").1[..], *b"\x04\x01\x00\x15\x00\x00\x00\x01me\x00ftp.example.org\x00");
        assert_eq!(begin("", "192.0.2.7").1[..], *b"\x04\x01\x00\x15\xc0\x00\x02\x07\x00");
    }

    #[test]
    fn eight_bytes_are_the_proxys() {
        let (mut talk, _) = begin("", "h");
        for byte in [0, 90, 1, 2, 3, 4, 5, 6] {
            assert!(talk.wants() > 0);
            assert_eq!(talk.hear(&[byte]), Ok(()));
        }
        assert_eq!(talk.wants(), 0);
    }

    #[test]
    fn refusals_are_told() {
        assert!(matches!(begin("", "h").0.hear(&[0, 91]), Err(ProxyTrouble::Failed { .. })));
        assert!(matches!(begin("", "h").0.hear(&[0, 93, 0]), Err(ProxyTrouble::LoginRefused { .. })));
        assert!(matches!(begin("", "h").0.hear(b"HTTP/1.0"), Err(ProxyTrouble::NotAProxy { .. })));
    }
}
