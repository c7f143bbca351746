//! What stands between us and the server by the user's will: a generic proxy (SOCKS, HTTP) or an FTP proxy.

use serde::{Deserialize, Serialize};

use crate::domain::SiteId;

/// A proxy, without its password (that lies in the keyring).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// How it is spoken to.
    pub kind: ProxyKind,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Empty = it knows no users.
    #[serde(default)]
    pub user: String,
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProxyKind {
    /// RFC 1928, RFC 1929.
    Socks5,
    /// SOCKS 4A: names are resolved by the proxy.
    Socks4a,
    /// RFC 9110 section 9.3.6.
    HttpConnect,
    /// A gateway that speaks FTP itself.
    Ftp(FtpProxy),
}

/// How a gateway that speaks FTP is told which server is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FtpProxy {
    /// `USER user@host:port`.
    UserAtHost,
    /// `SITE host:port`, then USER.
    Site,
    /// `OPEN host:port`, then USER.
    Open,
}

/// Where the proxy's password lies in the keyring: no site has this number.
pub const PROXY_SECRET: SiteId = SiteId(u64::MAX);

impl ProxyKind {
    /// "SOCKS5 proxy", for a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Socks5 => "SOCKS5 proxy",
            Self::Socks4a => "SOCKS4a proxy",
            Self::HttpConnect => "HTTP proxy",
            Self::Ftp(_) => "FTP proxy",
        }
    }

    /// The port where such proxies usually listen.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Socks5 | Self::Socks4a => 1080,
            Self::HttpConnect => 8080,
            Self::Ftp(_) => 21,
        }
    }

    /// Whether it asks for a password: SOCKS4 knows user names only.
    pub fn takes_password(self) -> bool {
        self != Self::Socks4a
    }
}
