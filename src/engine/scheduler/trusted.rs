//! What the user has accepted: certificates, clear text.

use std::collections::HashMap;

use crate::domain::{Fingerprint, MinimumTls, Site};
use crate::engine::config::Trust;
use crate::ftp::error::FtpError;
use crate::net::terms::TlsTerms;

/// What the user has said so far.
pub(crate) struct Trusted {
    pub(crate) trust: Trust,
    /// Accepted for this run of the program, by host and port.
    pub(crate) once: HashMap<(String, u16), Vec<Fingerprint>>,
}

impl Trusted {
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, once: HashMap::new() }
    }

    /// What will do for that site. `agreed` = the user took clear text with it.
    pub(crate) fn terms(&self, site: &Site, default: MinimumTls) -> TlsTerms {
        let key = (site.host.trim().to_ascii_lowercase(), site.port());
        let known = self.trust.book.of(&site.host, site.port());
        let once = self.once.get(&key).into_iter().flatten().copied();
        let learned = &site.learned;
        let pinned = known.is_some()
            || !self.trust.accepted.is_empty()
            || learned.spoke_tls
            || self.once.contains_key(&key)
            || self.trust.spoke_tls.contains(&key);
        TlsTerms {
            pinned,
            minimum: site.minimum_tls.unwrap_or(default),
            accepted: known.into_iter().chain(once).chain(self.trust.accepted.iter().copied()).collect(),
            known,
            any: self.trust.any,
            clear_text: learned.clear_text || (self.trust.clear_text && !pinned),
        }
    }
}

/// Whether two refusals to go on are about the same: one certificate of one server (whoever logs in), or one login in clear
/// text.
pub(crate) fn is_same(one: &FtpError, other: &FtpError, same_login: bool) -> bool {
    match (one, other) {
        (FtpError::Untrusted(one), FtpError::Untrusted(other)) => {
            one.host.eq_ignore_ascii_case(&other.host)
                && one.port == other.port
                && one.fingerprint() == other.fingerprint()
        }
        (FtpError::Untrusted(_), _) | (_, FtpError::Untrusted(_)) => false,
        _ => same_login,
    }
}
