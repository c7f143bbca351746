//! FTP's two connections, and who opened the second one.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// How a data connection was opened (RFC 959 section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// We connected to a port that the server named (PASV, EPSV).
    Passive,
    /// The server connected to a port that we named (PORT, EPRT).
    Active,
}

/// Which mode may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum TransferMode {
    /// Passive, then active where passive fails; what worked is remembered.
    #[default]
    Auto,
    /// Passive only.
    Passive,
    /// Active only.
    Active,
}

/// Both ends of the control connection. The client always opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPath {
    /// Our end.
    pub local: SocketAddr,
    /// The server's end.
    pub peer: SocketAddr,
}

/// Both ends of a data connection and the control connection it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataPath {
    /// Who opened it: `Passive` = we did, `Active` = the server did.
    pub mode: Mode,
    /// The command that arranged it: `EPSV`, `PASV`, `EPRT` or `PORT`.
    pub arranged_by: &'static str,
    /// The control connection it belongs to.
    pub control: ControlPath,
    /// Our end.
    pub local: SocketAddr,
    /// The server's end.
    pub peer: SocketAddr,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passive => "passive",
            Self::Active => "active",
        })
    }
}
