//! HTTP CONNECT (RFC 9110 section 9.3.6), with Basic as the login (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::domain::Secret;
use crate::ftp::error::ProxyTrouble;
use crate::net::proxy::target::{Outgoing, Target};

/// One handshake: a request, the head of a response.
pub(super) struct Connect {
    head: Vec<u8>,
    /// Bytes of interim responses, which are gone.
    interim: usize,
    open: bool,
    /// Whether a login went along.
    login: bool,
}

impl Connect {
    /// The handshake, and what goes out first. The login goes along at once: servers that close after their 407 are many.
    pub(super) fn begin(
        user: &str,
        secret: Option<&Secret>,
        target: &Target,
    ) -> Result<(Self, Outgoing), ProxyTrouble> {
        let place = target.place();
        let mut out = Zeroizing::new(Vec::with_capacity(4096));
        out.extend_from_slice(format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").as_bytes());
        if !user.is_empty() {
            if user.contains(':') {
                return Err(ProxyTrouble::Unsayable { detail: "the user name holds a colon".into() });
            }
            let password = secret.map(Secret::reveal).unwrap_or_default();
            let login = Zeroizing::new(format!("{user}:{password}"));
            let login = Zeroizing::new(STANDARD.encode(login.as_bytes()));
            out.extend_from_slice(b"Proxy-Authorization: Basic ");
            out.extend_from_slice(login.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        Ok((Self { head: Vec::new(), interim: 0, open: false, login: !user.is_empty() }, out))
    }

    /// See [`crate::net::proxy::Handshake::wants`]. Never more than may be left of the head: the empty line ends it, and some proxies
    /// end lines with LF alone.
    pub(super) fn wants(&self) -> usize {
        match &self.head[..] {
            _ if self.open => 0,
            [.., b'\n'] | [.., b'\n', b'\r'] => 1,
            _ => 2,
        }
    }

    /// See [`crate::net::proxy::Handshake::hear`].
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Result<(), ProxyTrouble> {
        for byte in bytes {
            self.head.push(*byte);
            let strange = !b"HTTP/".starts_with(&self.head[..self.head.len().min(5)]);
            if strange && (*byte == b'\n' || self.head.len() > LONGEST_WORD) {
                return Err(ProxyTrouble::NotAProxy { heard: crate::net::proxy::target::shown(&self.head) });
            }
            if self.interim + self.head.len() > LONGEST_HEAD {
                return Err(ProxyTrouble::Failed { said: "a response without end".into() });
            }
            if self.head.ends_with(b"\n\r\n") || self.head.ends_with(b"\n\n") {
                self.judge()?;
            }
        }
        Ok(())
    }

    fn judge(&mut self) -> Result<(), ProxyTrouble> {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        let mut words = first.splitn(3, ' ');
        let status = words.nth(1).filter(|word| word.len() == 3).and_then(|word| word.parse::<u16>().ok());
        let Some(status) = status else {
            return Err(ProxyTrouble::NotAProxy { heard: crate::net::proxy::target::shown(first.as_bytes()) });
        };
        let said = match words.next().map(str::trim) {
            None | Some("") => status.to_string(),
            Some(reason) => crate::net::proxy::target::shown(format!("{status} {reason}").as_bytes()),
        };
        match status {
            100..=199 => {
                self.interim += self.head.len();
                self.head.clear();
                Ok(())
            }
            200..=299 => {
                self.open = true;
                Ok(())
            }
            407 => Err(self.login_wanted(lines, said)),
            403 | 451 => Err(ProxyTrouble::Forbidden { said }),
            404 | 502 | 503 | 504 => Err(ProxyTrouble::TargetUnreachable { said }),
            400 | 405 | 501 => Err(ProxyTrouble::NoTunnels { said }),
            _ => Err(ProxyTrouble::Failed { said }),
        }
    }

    /// 407: which ways there are to log in (`Proxy-Authenticate: NTLM`), and whether ours is one of them.
    fn login_wanted<'a>(&self, headers: impl Iterator<Item = &'a str>, said: String) -> ProxyTrouble {
        let schemes: Vec<&str> = headers
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("proxy-authenticate"))
            .filter_map(|(_, value)| value.split_whitespace().next())
            .collect();
        if !schemes.is_empty() && !schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic")) {
            return ProxyTrouble::NoMethod { offered: crate::net::proxy::target::shown(schemes.join(", ").as_bytes()) };
        }
        if self.login { ProxyTrouble::LoginRefused { said } } else { ProxyTrouble::LoginNeeded }
    }
}

/// Head and interim responses together.
const LONGEST_HEAD: usize = 16 * 1024;

/// What is no HTTP need not end its line.
const LONGEST_WORD: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(user: &str, host: &str) -> (Connect, String) {
        let secret = Secret::from("open sesame");
        let target = Target::new(host, 21).expect("a target");
        let (talk, out) = Connect::begin(user, Some(&secret), &target).expect("it can be said");
        (talk, String::from_utf8(out.to_vec()).expect("text"))
    }

    /// How much of it is the proxy's.
    fn hear(text: &str) -> Result<usize, ProxyTrouble> {
        hear_as("", text)
    }

    fn hear_as(user: &str, text: &str) -> Result<usize, ProxyTrouble> {
        let (mut talk, _) = begin(user, "h");
        let mut at = 0;
        while talk.wants() > 0 && at < text.len() {
            let end = (at + talk.wants()).min(text.len());
            talk.hear(&text.as_bytes()[at..end])?;
            at = end;
        }
        Ok(at)
    }

    #[test]
    fn the_request_names_the_host_and_carries_the_login() {
        assert_eq!(
            begin("", "ftp.example.org").1,
            "CONNECT ftp.example.org:21 HTTP/1.1\r\nHost: ftp.example.org:21\r\n\r\n"
        );
        assert!(begin("", "2001:db8::1").1.starts_with("CONNECT [2001:db8::1]:21 HTTP/1.1\r\n"));
        // RFC 7617's own example.
        let (_, request) = begin("Aladdin", "h");
        assert!(request.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), "{request}");
        let target = Target::new("h", 21).expect("a target");
        assert!(matches!(Connect::begin("a:b", None, &target), Err(ProxyTrouble::Unsayable { .. })));
    }

    #[test]
    fn what_follows_the_empty_line_is_the_servers() {
        for head in [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\nX: y\r\n\r\n",
            "HTTP/1.1 299\r\n\r\n",
            "HTTP/1.1 200 OK\nX: y\n\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert_eq!(hear(&format!("{head}220 Hello\r\n")), Ok(head.len()), "{head:?}");
        }
    }

    #[test]
    fn refusals_are_told_by_their_cause() {
        let trouble = |status: &str| hear(&format!("HTTP/1.1 {status}\r\nX: y\r\n\r\n")).expect_err("refused");
        assert_eq!(trouble("403 Not here"), ProxyTrouble::Forbidden { said: "403 Not here".into() });
        assert_eq!(trouble("502"), ProxyTrouble::TargetUnreachable { said: "502".into() });
        assert_eq!(trouble("405 No"), ProxyTrouble::NoTunnels { said: "405 No".into() });
        assert_eq!(trouble("500 Oh"), ProxyTrouble::Failed { said: "500 Oh".into() });
        assert_eq!(trouble("407 Who?"), ProxyTrouble::LoginNeeded);
        let login = |headers: &str| hear_as("me", &format!("HTTP/1.1 407 Who?\r\n{headers}\r\n")).expect_err("refused");
        assert_eq!(login(""), ProxyTrouble::LoginRefused { said: "407 Who?".into() });
        assert_eq!(login("Proxy-Authenticate: Basic realm=\"x\"\r\n"), login(""));
        let others = login("Proxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n");
        assert_eq!(others, ProxyTrouble::NoMethod { offered: "Negotiate, NTLM".into() });
    }

    #[test]
    fn what_is_no_http_is_named_without_waiting_for_more() {
        assert_eq!(hear("220 FTP server\r\n"), Err(ProxyTrouble::NotAProxy { heard: "220 FTP server".into() }));
        assert!(matches!(hear(&"x".repeat(300)), Err(ProxyTrouble::NotAProxy { .. })));
        let endless = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(5000));
        assert!(matches!(hear(&endless), Err(ProxyTrouble::Failed { .. })));
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(5000);
        assert!(matches!(hear(&interim), Err(ProxyTrouble::Failed { .. })));
    }
}
