//! A lock on the temporary name of an upload: two programs of this user that send one file to one place would write into
//! the same temporary file, and the one that ends first would publish half of the other's.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::engine::transfer::private_file;

/// Numbers of the locks that this program holds: the system tells programs apart, not the sessions of one.
static HELD: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

/// Lock that is held while the file is sent; the system lets go when the program ends, however it ends.
#[derive(Debug)]
pub(crate) struct UploadLock {
    number: u64,
    /// `None` where the system has no locks or no place for them.
    _system: Option<system::Lock>,
}

/// Refusal of a lock that somebody else holds.
#[derive(Debug)]
pub(crate) struct IsLocked;

impl UploadLock {
    /// Takes the lock of that number (a fingerprint of server and temporary name).
    ///
    /// # Errors
    /// [`IsLocked`].
    pub(crate) fn take(number: u64) -> Result<Self, IsLocked> {
        if !held(|numbers| numbers.insert(number)) {
            return Err(IsLocked);
        }
        match system::take(number) {
            Ok(system) => Ok(Self { number, _system: system }),
            Err(IsLocked) => {
                held(|numbers| numbers.remove(&number));
                Err(IsLocked)
            }
        }
    }
}

impl Drop for UploadLock {
    fn drop(&mut self) {
        // The system's lock goes first: whoever finds the number free finds that free, too.
        self._system = None;
        held(|numbers| numbers.remove(&self.number));
    }
}

fn held<T>(act: impl FnOnce(&mut HashSet<u64>) -> T) -> T {
    act(HELD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// A folder of this user's that does not outlast the session, where there is one (XDG_RUNTIME_DIR).
fn folder() -> PathBuf {
    let base = directories::BaseDirs::new();
    let runtime = base.as_ref().and_then(|base| base.runtime_dir()).filter(|folder| folder.is_dir());
    runtime.map_or_else(std::env::temp_dir, Path::to_owned)
}

/// One file for all uploads, of which each locks one byte: two system calls per upload. A file of its own for each, made
/// and taken away, made 2,000 uploads of 4 KiB a tenth slower.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
mod system {
    use std::fs::File;
    use std::path::Path;
    use std::sync::OnceLock;

    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};

    use super::{IsLocked, folder, private_file};

    /// Kept open till the program ends: closing any descriptor of the file lets go of all locks where they belong to the
    /// process (POSIX, fcntl).
    static FILE: OnceLock<Option<File>> = OnceLock::new();

    /// Lock on one byte of the file.
    #[derive(Debug)]
    pub(super) struct Lock {
        file: &'static File,
        offset: libc::off_t,
    }

    pub(super) fn take(number: u64) -> Result<Option<Lock>, IsLocked> {
        let Some(file) = FILE.get_or_init(|| open(&folder())) else { return Ok(None) };
        let offset = offset(number);
        match set(file, offset, libc::F_WRLCK) {
            Ok(_) => Ok(Some(Lock { file, offset })),
            Err(Errno::EAGAIN | Errno::EACCES) => Err(IsLocked),
            Err(_) => Ok(None),
        }
    }

    impl Drop for Lock {
        fn drop(&mut self) {
            set(self.file, self.offset, libc::F_UNLCK).ok();
        }
    }

    /// The file, where it is ours or can be made.
    pub(super) fn open(folder: &Path) -> Option<File> {
        // Users share a folder for temporary files.
        let path = folder.join(format!("twinport-{}-uploads.lock", rustix::process::geteuid().as_raw()));
        // Another program may make it in between.
        for _ in 0..2 {
            match private_file::create(&path) {
                Ok(file) => return Some(file),
                Err(_) => match private_file::open(&path) {
                    Ok(Some(file)) => return Some(file),
                    Ok(None) => return None,
                    Err(_) => {}
                },
            }
        }
        None
    }

    /// Bytes from the beginning of the file, which stays empty: a lock may lie behind its end.
    pub(super) fn offset(number: u64) -> libc::off_t {
        libc::off_t::try_from(number >> 2).unwrap_or_default()
    }

    pub(super) fn set(file: &File, offset: libc::off_t, kind: libc::c_int) -> nix::Result<libc::c_int> {
        let short = |value: libc::c_int| libc::c_short::try_from(value).map_err(|_| Errno::EINVAL);
        let range =
            libc::flock { l_type: short(kind)?, l_whence: short(libc::SEEK_SET)?, l_start: offset, l_len: 1, l_pid: 0 };
        // Linux can bind a lock to the open file instead of the process.
        #[cfg(not(target_os = "macos"))]
        let order = FcntlArg::F_OFD_SETLK(&range);
        #[cfg(target_os = "macos")]
        let order = FcntlArg::F_SETLK(&range);
        fcntl(file, order)
    }
}

/// One file for each upload, which goes with the lock.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
mod system {
    use std::fs::{self, File, TryLockError};
    use std::path::PathBuf;

    use super::{IsLocked, folder, private_file};

    /// Lock on a whole file.
    #[derive(Debug)]
    pub(super) struct Lock {
        path: PathBuf,
        _file: File,
    }

    pub(super) fn take(number: u64) -> Result<Option<Lock>, IsLocked> {
        let path = folder().join(format!("upload-{number:016x}.lock"));
        // Between opening and locking another program may have taken the file away.
        for _ in 0..TRIES {
            let file = match private_file::create(&path) {
                Ok(file) => Some(file),
                Err(_) => private_file::open(&path).ok().flatten(),
            };
            let Some(file) = file else { continue };
            match file.try_lock() {
                Ok(()) if private_file::is_at(&file, &path) => return Ok(Some(Lock { path, _file: file })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(IsLocked),
                Err(TryLockError::Error(_)) => break,
            }
        }
        Ok(None)
    }

    impl Drop for Lock {
        fn drop(&mut self) {
            fs::remove_file(&self.path).ok();
        }
    }

    /// Rounds of opening and locking; each other program that lets go in between costs one.
    const TRIES: usize = 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let first = UploadLock::take(7).expect("free");
        assert!(UploadLock::take(7).is_err());
        assert!(UploadLock::take(8).is_ok(), "another file");
        drop(first);
        drop(UploadLock::take(7).expect("free again"));
    }

    /// A second open file is what another program has.
    #[cfg(target_os = "linux")]
    #[test]
    fn another_program_is_kept_out_of_that_byte_only() {
        let number = 0xfedc_ba98_7654_3210;
        let other = system::open(&folder()).expect("a file");
        let try_it = |number| system::set(&other, system::offset(number), libc::F_WRLCK);
        let ours = UploadLock::take(number).expect("free");
        assert!(try_it(number).is_err(), "held by us");
        try_it(number + 4).expect("another file's");
        assert!(UploadLock::take(number + 4).is_err(), "held by the other one");
        drop(ours);
        try_it(number).expect("free again");
        assert!(UploadLock::take(number).is_err());
        drop(other);
        drop(UploadLock::take(number).expect("the other one ended"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_there_is_no_place_for_locks_it_goes_without() {
        assert!(system::open(Path::new("/nonexistent/folder")).is_none());
    }
}
