//! Passwords in memory while the program runs, and the keyring behind them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Logon, PROXY_SECRET, Proxy, Secret, Site};
use crate::engine::config::ClearTextWarning;
use crate::store::secrets::Keyring;

/// One for the engine and all its sessions.
pub(crate) struct Secrets {
    keyring: Arc<dyn Keyring>,
    known: Mutex<HashMap<String, Secret>>,
    warning: ClearTextWarning,
    /// Hosts that were warned of.
    warned: Mutex<HashSet<String>>,
}

impl Secrets {
    pub(crate) fn new(keyring: Arc<dyn Keyring>, warning: ClearTextWarning) -> Self {
        Self { keyring, known: Mutex::default(), warning, warned: Mutex::default() }
    }

    /// A password is about to go to that host in clear text: told once.
    pub(crate) fn warn_of_clear_text(&self, host: &str) {
        let news = self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned());
        if let ClearTextWarning(Some(warn)) = &self.warning
            && news
        {
            warn(host);
        }
    }

    /// The password for that site: the one used before, else the keyring's. May block: never on the engine's thread.
    pub(crate) fn find(&self, site: &Site) -> Option<Secret> {
        if !site.needs_password() {
            return None;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&site.server_key()).cloned();
        if known.is_some() || site.logon == Logon::Ask || site.id.0 == 0 {
            return known;
        }
        // A keyring that cannot be used is told when the user saves a password; here the user is asked for one.
        self.keyring.read(site.id).ok().flatten()
    }

    /// The account for that site, where it logs in with one that is not typed yet. May block.
    pub(crate) fn account(&self, site: &Site) -> Option<Secret> {
        let wanted = site.logon == Logon::Account && site.account.is_empty() && site.id.0 != 0;
        wanted.then(|| self.keyring.read(site.account_secret()).ok().flatten()).flatten()
    }

    /// The password for the settings' proxy. May block.
    pub(crate) fn of_proxy(&self, proxy: &Proxy) -> Option<Secret> {
        let asked = !proxy.user.is_empty() && proxy.kind.takes_password();
        asked.then(|| self.keyring.read(PROXY_SECRET).ok().flatten()).flatten()
    }

    /// Keeps it until the program ends.
    pub(crate) fn remember(&self, site: &Site, secret: Secret) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(site.server_key(), secret);
    }

    /// It was refused: it must not be tried again.
    pub(crate) fn forget(&self, site: &Site) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&site.server_key());
    }

    /// For the `local` thread.
    pub(crate) fn keyring(&self) -> &Arc<dyn Keyring> {
        &self.keyring
    }
}
