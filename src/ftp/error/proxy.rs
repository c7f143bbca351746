//! What can go wrong at a proxy, before the server is reached.

use std::io::ErrorKind;
use std::time::Duration;

use crate::domain::ProxyKind;
use crate::ftp::error::{Class, Stage};

/// A proxy that did not bring us to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyFailure {
    /// How it is spoken to.
    pub kind: ProxyKind,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `host:port` that it was asked for.
    pub target: String,
    /// [`Stage::Connect`], [`Stage::Login`] or [`Stage::DataConnection`].
    pub stage: Stage,
    /// What went wrong.
    pub trouble: ProxyTrouble,
}

/// What went wrong with a proxy. `said` = its own words, or what its number means; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyTrouble {
    /// The proxy's name has no address.
    UnknownHost { detail: String },
    /// No TCP connection to the proxy.
    NoConnection { kind: ErrorKind, detail: String },
    /// The proxy did not answer in time.
    Silent { waited: Duration },
    /// The proxy closed the connection instead of answering.
    Closed,
    /// What answered is no proxy of this kind. `heard` = its first words, may be empty.
    NotAProxy { heard: String },
    /// The proxy wants a user, and none is set.
    LoginNeeded,
    /// The proxy refused the user or the password.
    LoginRefused { said: String },
    /// The proxy has only ways to log in that we lack.
    NoMethod { offered: String },
    /// The proxy's rules do not allow this server or port.
    Forbidden { said: String },
    /// The proxy does not make connections for others, or not in this way.
    NoTunnels { said: String },
    /// The proxy cannot reach the server.
    TargetUnreachable { said: String },
    /// The server refused the proxy's connection.
    TargetRefused,
    /// Something else went wrong inside the proxy.
    Failed { said: String },
    /// A name that cannot be told to this kind of proxy.
    Unsayable { detail: String },
    /// Active mode was asked for, where nobody can connect to us.
    NoActive,
    /// An FTP proxy cannot pass encryption on.
    NoEncryption,
}

impl ProxyFailure {
    /// What the caller can do.
    pub(super) fn class(&self) -> Class {
        match self.trouble {
            ProxyTrouble::NoConnection { .. }
            | ProxyTrouble::Silent { .. }
            | ProxyTrouble::Closed
            | ProxyTrouble::TargetUnreachable { .. }
            | ProxyTrouble::TargetRefused
            | ProxyTrouble::Failed { .. } => match self.stage {
                // The control connection stands.
                Stage::DataConnection => Class::Transient,
                _ => Class::Reconnect,
            },
            ProxyTrouble::UnknownHost { .. }
            | ProxyTrouble::NotAProxy { .. }
            | ProxyTrouble::LoginNeeded
            | ProxyTrouble::LoginRefused { .. }
            | ProxyTrouble::NoMethod { .. }
            | ProxyTrouble::Forbidden { .. }
            | ProxyTrouble::NoTunnels { .. }
            | ProxyTrouble::Unsayable { .. }
            | ProxyTrouble::NoActive
            | ProxyTrouble::NoEncryption => Class::NeedsUser,
        }
    }
}
