//! What stands between us and the server by the user's will: a generic proxy (SOCKS, HTTP) or an FTP proxy.

use serde::{Deserialize, Serialize};

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
