//! A lock on the temporary name of an upload: two programs of this user that send one file to one place would write into
//! the same temporary file, and the one that ends first would publish half of the other's.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::private_file;

/// Held while the file is sent; the system lets go when the program ends, however it ends.
#[derive(Debug)]
pub(super) struct UploadLock {
    path: PathBuf,
    /// `None` where the system has no locks or no place for them.
    file: Option<File>,
}

/// Somebody else holds it.
#[derive(Debug)]
pub(super) struct IsLocked;

impl UploadLock {
    /// Takes the lock of that number (a fingerprint of server and temporary name).
    ///
    /// # Errors
    /// [`IsLocked`].
    pub(super) fn take(number: u64) -> Result<Self, IsLocked> {
        Self::take_in(&folder(), number)
    }

    fn take_in(folder: &Path, number: u64) -> Result<Self, IsLocked> {
        let path = folder.join(format!("upload-{number:016x}.lock"));
        // The file goes with the lock: between opening and locking it another program may have taken it away.
        for _ in 0..TRIES {
            let file = match private_file::create(&path) {
                Ok(file) => Some(file),
                Err(_) => private_file::open(&path).ok().flatten(),
            };
            let Some(file) = file else { continue };
            match file.try_lock() {
                Ok(()) if private_file::is_at(&file, &path) => return Ok(Self { path, file: Some(file) }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(IsLocked),
                Err(TryLockError::Error(_)) => break,
            }
        }
        Ok(Self { path, file: None })
    }
}

impl Drop for UploadLock {
    fn drop(&mut self) {
        if self.file.is_some() {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// A folder of this user's that does not outlast the session, where there is one (XDG_RUNTIME_DIR).
fn folder() -> PathBuf {
    let base = directories::BaseDirs::new();
    let runtime = base.as_ref().and_then(|base| base.runtime_dir()).filter(|folder| folder.is_dir());
    runtime.map_or_else(std::env::temp_dir, Path::to_owned)
}

/// Rounds of opening and locking; each other program that lets go in between costs one.
const TRIES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_nothing_is_left() {
        let home = tempfile::tempdir().expect("a folder");
        let first = UploadLock::take_in(home.path(), 7).expect("free");
        assert!(UploadLock::take_in(home.path(), 7).is_err());
        assert!(UploadLock::take_in(home.path(), 8).is_ok(), "another file");
        drop(first);
        drop(UploadLock::take_in(home.path(), 7).expect("free again"));
        assert_eq!(fs::read_dir(home.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn where_there_is_no_place_for_locks_it_goes_without() {
        assert!(UploadLock::take_in(Path::new("/nonexistent/folder"), 1).is_ok());
    }
}
