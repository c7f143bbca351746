//! A file of the profile that several programs write: two windows, a window and the command line, an editor. It is read again
//! under a lock before it is written, and only this program's own changes go into it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::file;
use crate::store::file::{Loaded, save_failed, write_whole};
use crate::store::merge::merge;

/// One such file.
#[derive(Debug)]
pub struct SharedFile<T> {
    path: PathBuf,
    /// What this program last read of it, or wrote into it.
    known: T,
}

impl<T: Serialize + DeserializeOwned + Clone + Default + PartialEq> SharedFile<T> {
    /// Of which this program has read `known`.
    pub fn new(path: PathBuf, known: T) -> Self {
        Self { path, known }
    }

    /// Writes this program's changes into it. What others wrote since is kept; gives sentences for the user, where a file that
    /// could not be read was put aside.
    ///
    /// # Errors
    /// A sentence: which file could not be saved, and why. The file is as it was.
    pub fn save(&mut self, ours: T) -> Result<Vec<String>, String> {
        let failed = |error: &io::Error| save_failed(&self.path, error);
        let _lock = lock(&self.path);
        let Loaded { value: theirs, warnings } = match self.path.exists() {
            true => file::load_ron(&self.path),
            // Nothing is taken out because a file is missing.
            false => Loaded { value: self.known.clone(), warnings: Vec::new() },
        };
        // A file that was put aside is no word on what it held.
        let merged = match theirs == self.known || !warnings.is_empty() {
            true => ours.clone(),
            false => merge(&self.known, &ours, &theirs).unwrap_or_else(|| ours.clone()),
        };
        let text = file::to_ron(&merged).map_err(|error| failed(&error))?;
        write_whole(&self.path, text.as_bytes()).map_err(|error| failed(&error))?;
        self.known = ours;
        Ok(warnings)
    }
}

/// Waits until no other program writes files of that folder; the system lets go of a lock whose program has ended. `None`
/// where there are no locks (some network drives).
fn lock(path: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path.with_file_name(LOCK)).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Beside the files; empty.
const LOCK: &str = "twinport.lock";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Map = BTreeMap<String, u32>;

    fn map(pairs: &[(&str, u32)]) -> Map {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()
    }

    #[test]
    fn two_programs_keep_each_others_changes_however_often_they_save() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.ron");
        let open = || SharedFile::new(path.clone(), map(&[("both", 0)]));
        let (mut one, mut two) = (open(), open());
        one.save(map(&[("both", 0), ("one", 1)])).expect("saved");
        two.save(map(&[("both", 0), ("two", 1)])).expect("saved");
        one.save(map(&[("both", 0), ("one", 2)])).expect("saved");
        two.save(map(&[("two", 1)])).expect("saved");
        let read: Map = file::load_ron(&path).value;
        assert_eq!(read, map(&[("one", 2), ("two", 1)]), "the last one took “both” out");
    }

    #[test]
    fn a_file_that_is_gone_or_broken_takes_nothing_out() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.ron");
        let mut file = SharedFile::new(path.clone(), map(&[("a", 1)]));
        file.save(map(&[("a", 1), ("b", 1)])).expect("saved");
        assert_eq!(file::load_ron::<Map>(&path).value, map(&[("a", 1), ("b", 1)]));
        std::fs::write(&path, "(((").expect("written");
        let told = file.save(map(&[("a", 1), ("b", 2)])).expect("saved");
        assert_eq!(told.len(), 1, "it was put aside, and that is told");
        assert_eq!(file::load_ron::<Map>(&path).value, map(&[("a", 1), ("b", 2)]));
    }
}
