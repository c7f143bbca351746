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

    /// Whether passwords can be kept beyond the program's end; the error says why not.
    ///
    /// # Errors
    /// In a plain sentence.
    fn usable(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The system's: Secret Service (GNOME Keyring, KWallet) on Linux, Credential Manager on Windows, Keychain on macOS.
///
/// Where there is none, or it is locked, a write says so and keeps the password in memory until the program ends.
#[derive(Default)]
pub struct SystemKeyring {
    memory: MemoryKeyring,
}

/// The name under which the system's keyring shows our entries; the site's id is the user name there.
const SERVICE: &str = "twinport";

impl SystemKeyring {
    fn entry(site: SiteId) -> Result<keyring::Entry, String> {
        Self::status()?;
        keyring::Entry::new(SERVICE, &site.to_string()).map_err(|error| told(&error))
    }

    /// The crate opens the store once, at the first use, and keeps its reason for a failure here.
    fn status() -> Result<(), String> {
        keyring::Entry::store_status().as_ref().copied().map_err(told)
    }
}

impl Keyring for SystemKeyring {
    fn read(&self, site: SiteId) -> Result<Option<Secret>, String> {
        if let Some(secret) = self.memory.read(site)? {
            return Ok(Some(secret));
        }
        match Self::entry(site)?.get_password() {
            Ok(password) => Ok(Some(Secret::new(password))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(told(&error)),
        }
    }

    fn write(&self, site: SiteId, secret: &Secret) -> Result<(), String> {
        let kept =
            Self::entry(site).and_then(|entry| entry.set_password(secret.reveal()).map_err(|error| told(&error)));
        match kept {
            Ok(()) => self.memory.remove(site),
            Err(why) => {
                self.memory.write(site, secret)?;
                Err(why)
            }
        }
    }

    fn remove(&self, site: SiteId) -> Result<(), String> {
        self.memory.remove(site)?;
        match Self::entry(site)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(told(&error)),
        }
    }

    fn usable(&self) -> Result<(), String> {
        Self::status()
    }
}

/// The keyring's trouble in a sentence; the crate's own words never contain the secret, its `Debug` may.
fn told(error: &keyring::Error) -> String {
    let why = match error {
        keyring::Error::NoStorageAccess(_) => "The system's keyring is locked",
        keyring::Error::Ambiguous(_) => "The system's keyring holds several passwords for this site",
        _ => "The system's keyring cannot be used",
    };
    format!("{why} ({error}). Passwords are kept in memory until Twinport is closed.")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_keyring_keeps_reads_and_forgets() {
        let keyring = MemoryKeyring::default();
        keyring.write(SiteId(1), &Secret::from("a")).expect("kept");
        assert_eq!(keyring.read(SiteId(1)), Ok(Some(Secret::from("a"))));
        assert_eq!(keyring.read(SiteId(2)), Ok(None));
        keyring.remove(SiteId(1)).expect("removed");
        assert_eq!(keyring.read(SiteId(1)), Ok(None));
    }

    #[test]
    fn trouble_is_told_without_the_secret() {
        let told = told(&keyring::Error::BadEncoding(b"hunter2".to_vec()));
        assert!(told.contains("in memory") && !told.contains("hunter2"), "{told}");
    }
}
