//! What a session is told before it dials: with whom, how long to wait, which way data may flow.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Fingerprint, FtpProxy, MinimumTls, Proxy, ProxyKind, Secret, Site, TransferMode};
use crate::net::known::Known;

/// What a session needs to know before it dials.
#[derive(Debug, Clone)]
pub struct Dial {
    /// The server and user.
    pub site: Arc<Site>,
    /// `None` is fine for anonymous; otherwise [`crate::ftp::error::FtpError::PasswordNeeded`] where the server asks for one.
    pub secret: Option<Secret>,
    /// The site's transfer mode, else the settings'.
    pub mode: TransferMode,
    /// How long each kind of wait may last.
    pub timeouts: Timeouts,
    /// For active mode.
    pub active: ActiveMode,
    /// For encrypted connections.
    pub tls: TlsTerms,
    /// What all sessions with this server know of it.
    pub known: Arc<Known>,
    /// The settings' proxy and its password, unless the site goes without.
    pub proxy: Option<(Proxy, Option<Secret>)>,
}

/// A proxy that speaks FTP itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gateway<'a> {
    pub(super) proxy: &'a Proxy,
    pub(super) way: FtpProxy,
    pub(super) secret: Option<&'a Secret>,
}

impl Dial {
    /// The proxy, where it is one that speaks FTP itself: encryption ends there, so that none is tried.
    pub(super) fn gateway(&self) -> Option<Gateway<'_>> {
        let (proxy, secret) = self.proxy.as_ref()?;
        match proxy.kind {
            ProxyKind::Ftp(way) => Some(Gateway { proxy, way, secret: secret.as_ref() }),
            _ => None,
        }
    }
}

/// What will do as encryption.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsTerms {
    /// The oldest version that will do.
    pub minimum: MinimumTls,
    /// Certificates that the user accepts for this server, whoever signed them.
    pub accepted: Vec<Fingerprint>,
    /// The one that was trusted for good, to notice where it changed.
    pub known: Option<Fingerprint>,
    /// Any certificate will do (`--insecure`).
    pub any: bool,
    /// Whether something says that the server speaks TLS: a certificate of its that was accepted, or TLS spoken before.
    pub pinned: bool,
    /// Clear text will do where the server has no TLS, even where it had.
    pub clear_text: bool,
}

/// How long each kind of wait may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP connect of the control connection, and the greeting.
    pub connect: Duration,
    /// A reply, or the next byte of a transfer.
    pub reply: Duration,
    /// TCP connect of a passive data connection; accept of an active one.
    pub data: Duration,
}

/// Where we listen in active mode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActiveMode {
    /// `None` = the system's choice.
    pub ports: Option<RangeInclusive<u16>>,
    /// What PORT and EPRT name instead of the control socket's own address (behind NAT).
    pub external_address: Option<IpAddr>,
}
