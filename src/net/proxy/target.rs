//! The host that a proxy is asked for, and what is sent to the proxy.

use zeroize::Zeroizing;

use crate::domain::visible;
use crate::ftp::error::ProxyTrouble;

/// May hold a password.
pub(crate) type Outgoing = Zeroizing<Vec<u8>>;

/// What a proxy is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// An IPv6 address has no brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    pub(crate) fn new(host: &str, port: u16) -> Result<Self, ProxyTrouble> {
        let host = bare(host);
        if host.is_empty() || host.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(ProxyTrouble::Unsayable { detail: "the server's name is no host name".into() });
        }
        Ok(Self { host: host.to_owned(), port })
    }

    /// `host:port`, `[address]:port`.
    pub(crate) fn place(&self) -> String {
        let Self { host, port } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Without the brackets of an IPv6 address.
pub(crate) fn bare(host: &str) -> &str {
    let host = host.trim();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// What came, fit for a sentence: the first line, nothing that disguises, not too long.
pub(in crate::net) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line: String = text.lines().next().unwrap_or_default().trim().chars().take(LONGEST_SHOWN).collect();
    visible(&line).into_owned()
}

pub(crate) const LONGEST_SHOWN: usize = 160;
