//! Where passwords live: the system's keyring. `sites.ron` holds none.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::domain::{Secret, SiteId};

/// A place for passwords. May block (D-Bus, a prompt of the system's): never called on the window's thread.
pub trait Keyring: Send + Sync {
    /// The password of that site, if any.
    ///
    /// # Errors
    /// Where the keyring cannot be used at all, with its own words.
    fn read(&self, site: SiteId) -> Result<Option<Secret>, String>;

    /// Keeps it.
    ///
    /// # Errors
    /// Where the keyring cannot be used at all, with its own words.
    fn write(&self, site: SiteId, secret: &Secret) -> Result<(), String>;

    /// Forgets it; fine where there is none.
    ///
    /// # Errors
    /// Where the keyring cannot be used at all, with its own words.
    fn remove(&self, site: SiteId) -> Result<(), String>;
}

/// Keeps passwords until the program ends: where the system has no keyring, and in tests.
#[derive(Default)]
pub struct MemoryKeyring(Mutex<HashMap<SiteId, Secret>>);

impl Keyring for MemoryKeyring {
    fn read(&self, site: SiteId) -> Result<Option<Secret>, String> {
        Ok(self.0.lock().map_err(|error| error.to_string())?.get(&site).cloned())
    }

    fn write(&self, site: SiteId, secret: &Secret) -> Result<(), String> {
        self.0.lock().map_err(|error| error.to_string())?.insert(site, secret.clone());
        Ok(())
    }

    fn remove(&self, site: SiteId) -> Result<(), String> {
        self.0.lock().map_err(|error| error.to_string())?.remove(&site);
        Ok(())
    }
}
