//! What the engine needs to start.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Fingerprint;
use crate::engine::limits;
use crate::store::secrets::Keyring;
use crate::store::settings::Settings;
use crate::store::trust::TrustBook;

pub(super) use limits::keep_alive::KeepAlive;

/// What the engine needs to start.
pub struct EngineConfig {
    /// As loaded; changed later by [`Command::Configure`].
    pub settings: Settings,
    /// `queue.db`; `None` keeps the queue in memory (the command line, tests).
    pub journal: Option<PathBuf>,
    /// `twinport.log`; `None` = the message log is not written down.
    pub log: Option<PathBuf>,
    /// Whether anybody reads the dialogue with the servers: thousands of lines that need not be made where nobody does.
    pub dialogue: bool,
    /// Certificates that the user trusts, and what else will do.
    pub trust: Trust,
    /// Where passwords live.
    pub keyring: Arc<dyn Keyring>,
    /// How idle browsing sessions are kept alive, where the settings want it.
    pub keep_alive: KeepAlive,
    /// Called after events were sent, from the engine's thread; wakes the window.
    pub waker: Arc<dyn Fn() + Send + Sync>,
}

/// Which certificates will do, beside those that the system trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// As loaded; changes come as [`Event::Trusted`].
    pub book: TrustBook,
    /// These, on any server (`--trust`).
    pub accepted: Vec<Fingerprint>,
    /// Any (`--insecure`).
    pub any: bool,
    /// Clear text will do without asking (the command line tells it, and cannot ask); not where something says that a server
    /// speaks TLS: an accepted certificate, or TLS spoken before with that host and port, by whatever user.
    pub clear_text: bool,
    /// Hosts, in lower case, and ports that have spoken TLS.
    pub spoke_tls: HashSet<(String, u16)>,
    /// Told before a password goes in clear text, on the session's own thread.
    pub before_clear_text: ClearTextWarning,
}

/// What is called with a server's host before a password goes to it in clear text.
#[derive(Clone, Default)]
pub struct ClearTextWarning(pub Option<Arc<Warn>>);

/// Says a sentence.
pub(super) type Warn = dyn Fn(&str) + Send + Sync;

impl std::fmt::Debug for ClearTextWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClearTextWarning")
    }
}
