//! A server, and how this user talks to it. Holds no secret.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::{Charset, Learned, MinimumTls, SiteId, TransferMode};

/// One site: a saved one, or the one quick connect and a URL make for the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Stable while the site exists; names its password in the keyring.
    pub id: SiteId,
    /// What the user calls it.
    pub name: String,
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// `None` = the security's default port.
    pub port: Option<u16>,
    /// TLS or not.
    pub security: Security,
    /// How to log in.
    pub logon: Logon,
    /// Not used for anonymous.
    pub user: String,
    /// The account (ACCT) that some servers want beside the password: a secret, kept in the keyring ([`Site::account_secret`]).
    /// Old files hold it; none is written with it.
    #[serde(skip_serializing)]
    pub account: String,
    /// `None` = the settings'.
    pub transfer_mode: Option<TransferMode>,
    /// How the server's names are read.
    pub charset: Charset,
    /// At most so many connections at once; `None` = the settings'.
    pub connection_limit: Option<u8>,
    /// All downloads from it together, bytes a second, beside the limit for all sites; `None` = only that one.
    pub limit_down: Option<u64>,
    /// The same of uploads.
    pub limit_up: Option<u64>,
    /// Where the local pane goes on connecting.
    pub local_dir: Option<PathBuf>,
    /// Where the remote pane goes on connecting; as typed, in the site's charset.
    pub remote_dir: Option<String>,
    /// Free text.
    pub notes: String,
    /// A mark in lists and on the window, to tell production from the rest.
    pub colour: SiteColour,
    /// The oldest TLS that will do; `None` = the settings'.
    pub minimum_tls: Option<MinimumTls>,
    /// Whether data connections are encrypted too, where the control connection is (PROT P, RFC 4217).
    pub protect_data: bool,
    /// What we show the server about ourselves in TLS.
    pub client_certificate: Option<ClientCertificate>,
    /// How far the clock of its listings is ahead of UTC, in minutes; `None` = found out.
    pub clock_offset_minutes: Option<i16>,
    /// Dialled directly even where the settings name a proxy.
    pub bypass_proxy: bool,
    /// Text is compressed on its way where the server can (MODE Z). Never unasked: servers pay for it in processor time.
    pub compression: bool,
    /// Whether uploads go to a temporary name first; `None` = the settings'.
    pub safe_uploads: Option<bool>,
    /// What was found out about it.
    pub learned: Learned,
}

/// Two PEM files: a certificate (with what signed it, if the server needs that), and its private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file, which may be the same.
    pub key: PathBuf,
}

/// TLS, per site (RFC 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Security {
    /// Explicit TLS where the server offers it.
    #[default]
    Auto,
    /// AUTH TLS, or nothing.
    Explicit,
    /// TLS from the first byte, port 990.
    Implicit,
    /// Clear text.
    Off,
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Logon {
    /// USER anonymous.
    Anonymous,
    /// User and saved password.
    #[default]
    Normal,
    /// User; the password is asked for each time.
    Ask,
    /// User, saved password and account (ACCT).
    Account,
}

/// A site's colour mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum SiteColour {
    /// No mark.
    #[default]
    None,
    /// Red: often production.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Violet.
    Violet,
}

impl Site {
    /// The port to dial.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.security.default_port())
    }

    /// The name to log in with.
    pub fn login_name(&self) -> &str {
        match self.logon {
            Logon::Anonymous => "anonymous",
            _ => &self.user,
        }
    }

    /// `user@host:port`: the same server and user, however the site is called.
    pub fn server_key(&self) -> String {
        format!("{}@{}:{}", self.login_name(), self.host.to_ascii_lowercase(), self.port())
    }

    /// Where the account lies in the keyring.
    pub fn account_secret(&self) -> SiteId {
        // No site has that number: ids are drawn at random, and this one with all bits turned is as rare as any other.
        SiteId(!self.id.0)
    }

    /// What to call it: its name, else its host.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { &self.host } else { &self.name }
    }

    /// Whether a password is needed to log in.
    pub fn needs_password(&self) -> bool {
        self.logon != Logon::Anonymous
    }
}

impl Default for Site {
    fn default() -> Self {
        Self {
            id: SiteId(0),
            name: String::new(),
            host: String::new(),
            port: None,
            security: Security::default(),
            logon: Logon::default(),
            user: String::new(),
            account: String::new(),
            transfer_mode: None,
            charset: Charset::default(),
            connection_limit: None,
            limit_down: None,
            limit_up: None,
            local_dir: None,
            remote_dir: None,
            notes: String::new(),
            colour: SiteColour::default(),
            minimum_tls: None,
            protect_data: true,
            client_certificate: None,
            clock_offset_minutes: None,
            bypass_proxy: false,
            compression: false,
            safe_uploads: None,
            learned: Learned::default(),
        }
    }
}

impl Security {
    /// 21, or 990 for implicit TLS.
    pub fn default_port(self) -> u16 {
        if self == Self::Implicit { 990 } else { 21 }
    }
}
