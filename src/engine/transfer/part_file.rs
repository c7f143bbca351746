//! A download's part file: where its bytes lie beside the target until they are whole.

use std::fs::{File, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{ErrorKind, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::naming::local_name::part_path;
use crate::engine::transfer::private_file;

/// A file that is not whole yet; locked, so that two programs never write it.
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) length: u64,
    /// What was here before, and did not fit.
    aside: Option<PathBuf>,
}

impl Part {
    /// Opens or makes it. What is there is continued where it is ours ([`private_file::open`]), unless it cannot be the
    /// beginning of `size` bytes; where something else has that name, the part gets one that nobody can foresee.
    pub(crate) fn open(path: PathBuf, size: Option<u64>) -> Result<Self, JobError> {
        let file = match make(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).map_err(|error| LocalError::new(LocalAction::Create, folder, &error))?;
                make(&path)
            }
            other => other,
        };
        let wrong = |error: &io::Error| JobError::from(LocalError::new(LocalAction::Write, &path, error));
        let (path, file) = match file.map_err(|error| wrong(&error))? {
            Some(file) => (path, file),
            None => {
                let other = unforeseeable(&path);
                let file = private_file::create(&other).map_err(|error| wrong(&error))?;
                (other, file)
            }
        };
        let wrong = |error: &io::Error| JobError::from(LocalError::new(LocalAction::Write, &path, error));
        match file.try_lock() {
            // File systems without locks (some network drives) go without.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(JobError::Busy(path.display().to_string())),
        }
        let length = file.metadata().map_err(|error| wrong(&error))?.len();
        let mut part = Self { path, file, length, aside: None };
        match size {
            Some(size) if length <= size => part.seek(length)?,
            // Without a size nothing tells whether it is the same file still.
            _ => part.restart()?,
        }
        Ok(part)
    }

    /// What came since it was so long goes.
    pub(crate) fn cut_to(&mut self, length: u64) -> Result<(), JobError> {
        self.file.set_len(length).map_err(|error| self.wrong(&error))?;
        self.length = length;
        self.seek(length)
    }

    /// From the beginning.
    pub(crate) fn restart(&mut self) -> Result<(), JobError> {
        self.length = 0;
        self.file.set_len(0).map_err(|error| self.wrong(&error))?;
        self.seek(0)
    }

    /// From the beginning, in a new file; the old one is kept till that is whole.
    pub(crate) fn set_aside(&mut self) -> Result<(), JobError> {
        let aside = aside(&self.path);
        let Self { path, aside: kept, .. } = self;
        // Windows renames no open file that was not opened for it: then a copy does.
        if fs::rename(&*path, &aside).is_err() {
            fs::copy(&*path, &aside).map_err(|error| LocalError::new(LocalAction::Write, &aside, &error))?;
            *kept = Some(aside);
            return self.restart();
        }
        let fresh = Self::open(path.clone(), Some(0))?;
        *self = Self { aside: Some(aside), ..fresh };
        Ok(())
    }

    /// Begins with a copy of the file that is to be continued.
    pub(crate) fn take_from(&mut self, target: &Path) -> Result<(), JobError> {
        self.restart()?;
        let mut source = File::open(target).map_err(|error| LocalError::new(LocalAction::Read, target, &error))?;
        self.length = io::copy(&mut source, &mut self.file).map_err(|error| self.wrong(&error))?;
        Ok(())
    }

    pub(crate) fn seek(&mut self, to: u64) -> Result<(), JobError> {
        self.file.seek(SeekFrom::Start(to)).map(drop).map_err(|error| self.wrong(&error))
    }

    /// Another file takes its place, with what is in it; `false` = that is none of ours.
    pub(crate) fn turn_into(&mut self, other: &Path) -> Result<bool, JobError> {
        let wrong = |error: &io::Error| JobError::from(LocalError::new(LocalAction::Write, other, error));
        let Some(file) = private_file::open(other).map_err(|error| wrong(&error))? else { return Ok(false) };
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(JobError::Busy(other.display().to_string()));
        }
        let length = file.metadata().map_err(|error| wrong(&error))?.len();
        fs::remove_file(&self.path).ok();
        *self = Self { path: other.to_owned(), file, length, aside: self.aside.take() };
        Ok(true)
    }

    /// It is called that from now on.
    pub(crate) fn rename(&mut self, path: &Path) -> Result<(), JobError> {
        fs::rename(&self.path, path).map_err(|error| LocalError::new(LocalAction::Rename, path, &error))?;
        path.clone_into(&mut self.path);
        Ok(())
    }

    /// A part without a byte is of no use.
    pub(crate) fn drop_if_empty(self) {
        if self.length == 0 {
            fs::remove_file(&self.path).ok();
        }
    }

    /// It will not be continued.
    pub(crate) fn discard(self) {
        let Self { path, file, .. } = self;
        drop(file);
        fs::remove_file(&path).ok();
    }

    /// Gives it its final name; what was there is replaced in one step, and its mode is kept. `sync` = it must survive a power
    /// cut from here on.
    ///
    /// # Errors
    /// The disk's; [`JobError::PartChanged`] where another program cut or replaced the part meanwhile, and
    /// [`JobError::NoFile`] where the target is no regular file. The target is as it was.
    pub(crate) fn become_whole(self, target: &Path, sync: bool) -> Result<(), JobError> {
        if fs::symlink_metadata(target).is_ok_and(|data| !data.is_file() && !data.is_symlink()) {
            return Err(JobError::NoFile(target.display().to_string()));
        }
        let now = self.file.metadata().map_err(|error| self.wrong(&error))?.len();
        if now != self.length || !private_file::is_at(&self.file, &self.path) {
            return Err(JobError::PartChanged(self.path.display().to_string()));
        }
        private_file::set_final_mode(&self.file, target);
        if sync {
            // Before the rename: else a power cut may leave the final name with nothing in it (ext4, XFS).
            self.file.sync_all().map_err(|error| self.wrong(&error))?;
        }
        let Self { path, file, aside: kept, .. } = self;
        // Windows renames no open file.
        drop(file);
        fs::rename(&path, target).map_err(|error| LocalError::new(LocalAction::Rename, target, &error))?;
        if sync {
            sync_folder(target);
        }
        // Of this try, or of one that was interrupted.
        let kept = kept.unwrap_or_else(|| aside(&path));
        fs::remove_file(kept).ok();
        Ok(())
    }

    fn wrong(&self, error: &io::Error) -> JobError {
        LocalError::new(LocalAction::Write, &self.path, error).into()
    }
}

/// Where a part is kept that did not fit: beside it, and still a part to everybody who looks.
fn aside(part: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from("old ");
    name.push(part.file_name().unwrap_or_default());
    part.with_file_name(name)
}

/// Makes it, or opens it where it is ours; `None` = something else is there.
fn make(path: &Path) -> io::Result<Option<File>> {
    match private_file::create(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => private_file::open(path),
        Err(error) => Err(error),
    }
}

/// Another name for a part, in place of one that somebody else took.
fn unforeseeable(part: &Path) -> PathBuf {
    // Still a part to everybody who looks.
    let random = RandomState::new().hash_one(part);
    part_path(part, random)
}

/// The name itself must be on the disk, too. Windows opens no folder, and keeps names in its journal.
fn sync_folder(target: &Path) {
    if cfg!(unix)
        && let Some(folder) = target.parent()
        && let Ok(folder) = File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    {
        folder.sync_all().ok();
    }
}
