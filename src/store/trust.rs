//! `trust.ron`: certificates that the user trusts although the system does not, each for one server.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::Fingerprint;
use crate::store::file;
use crate::store::file::Loaded;

/// One certificate a server, by `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustBook {
    /// The server, and what is trusted of it.
    pub servers: BTreeMap<String, Fingerprint>,
}

impl TrustBook {
    /// Reads `trust.ron`.
    pub fn load(path: &Path) -> Loaded<Self> {
        file::load_ron(path)
    }

    /// As `trust.ron` holds it.
    ///
    /// # Errors
    /// Never in practice; RON could refuse a value.
    pub fn to_ron(&self) -> std::io::Result<String> {
        file::to_ron(self)
    }

    /// What is trusted of that server.
    pub fn of(&self, host: &str, port: u16) -> Option<Fingerprint> {
        self.servers.get(&key(host, port)).copied()
    }

    /// Trusts it from now on, instead of what was trusted before.
    pub fn trust(&mut self, host: &str, port: u16, fingerprint: Fingerprint) {
        self.servers.insert(key(host, port), fingerprint);
    }
}

fn key(host: &str, port: u16) -> String {
    format!("{}:{port}", host.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_trusted_for_one_server_and_survives_a_restart() {
        let mut book = TrustBook::default();
        book.trust("Host.example", 21, Fingerprint([7; 32]));
        let read: TrustBook = file::from_ron(&book.to_ron().expect("RON")).expect("the same");
        assert_eq!(read.of("host.EXAMPLE", 21), Some(Fingerprint([7; 32])));
        assert_eq!(read.of("host.example", 990), None);
    }
}
