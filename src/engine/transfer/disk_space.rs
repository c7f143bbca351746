//! Room on this computer's disks: whether a download fits beside what the others still bring.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::JobId;
use crate::engine::message::error::JobError;
use crate::engine::progress::counter::Counter;

/// Room on this computer's disks, as all sessions share it.
pub(crate) struct Room {
    probe: Probe,
    /// Downloads that run.
    wanted: Mutex<HashMap<JobId, Wanted>>,
}

/// Asks the system about the disk of a folder; `None` = it does not say.
type Probe = Box<dyn Fn(&Path) -> Option<Free> + Send + Sync>;

/// A disk, and what is free on it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Free {
    /// Where it begins: `/data`, `D:\`.
    disk: PathBuf,
    bytes: u64,
}

/// What a running download will still write.
struct Wanted {
    disk: PathBuf,
    size: u64,
    counter: Arc<Counter>,
}

/// Room that a download has been promised; given back when dropped.
pub(crate) struct Promise<'r> {
    room: &'r Room,
    job: JobId,
}

impl Default for Room {
    fn default() -> Self {
        Self::with(Box::new(ask_the_system))
    }
}

impl Room {
    fn with(probe: Probe) -> Self {
        Self { probe, wanted: Mutex::default() }
    }

    /// Whether a file of that size fits into the folder, of which `counter` has counted what is there. `None` = nobody
    /// can tell, so it is tried.
    ///
    /// # Errors
    /// [`JobError::NoRoom`].
    pub(crate) fn promise(
        &self,
        job: JobId,
        folder: &Path,
        (size, there): (u64, u64),
        counter: &Arc<Counter>,
    ) -> Result<Option<Promise<'_>>, JobError> {
        // Outside the lock: a network drive may think about it for long.
        let Some(free) = (self.probe)(folder) else { return Ok(None) };
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let others = wanted.iter().filter(|(other, wanted)| **other != job && wanted.disk == free.disk);
        let promised: u64 = others.map(|(_, wanted)| wanted.size.saturating_sub(wanted.counter.bytes())).sum();
        let needs = size.saturating_sub(there);
        if needs > free.bytes.saturating_sub(promised) {
            return Err(JobError::NoRoom { needs, free: free.bytes, promised, disk: free.disk });
        }
        wanted.insert(job, Wanted { disk: free.disk, size, counter: Arc::clone(counter) });
        Ok(Some(Promise { room: self, job }))
    }
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        self.room.wanted.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.job);
    }
}

fn ask_the_system(folder: &Path) -> Option<Free> {
    // It may be about to be made.
    let there = folder.ancestors().find(|folder| folder.is_dir())?;
    let bytes = fs4::available_space(there).ok()?;
    Some(Free { disk: disk_of(there), bytes })
}

/// The highest folder on the same disk.
#[cfg(unix)]
fn disk_of(folder: &Path) -> PathBuf {
    use std::os::unix::fs::MetadataExt as _;
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let device = |path: &Path| std::fs::metadata(path).map(|data| data.dev()).ok();
    let own = device(&folder);
    folder.ancestors().take_while(|above| device(above) == own).last().unwrap_or(&folder).to_owned()
}

#[cfg(not(unix))]
fn disk_of(folder: &Path) -> PathBuf {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.ancestors().last().unwrap_or(&folder).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::engine::message::error::words;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn counted(bytes: u64) -> Arc<Counter> {
        let counter = Arc::new(Counter::default());
        counter.begin_at(bytes);
        counter
    }

    /// `/data` and `/home` are two disks.
    fn room(data: u64, home: u64) -> (Room, Arc<AtomicU64>) {
        let free = Arc::new(AtomicU64::new(data));
        let of_data = Arc::clone(&free);
        let probe = move |folder: &Path| {
            let data = folder.starts_with("/data");
            let bytes = if data { of_data.load(Ordering::Relaxed) } else { home };
            Some(Free { disk: if data { "/data".into() } else { "/".into() }, bytes })
        };
        (Room::with(Box::new(probe)), free)
    }

    #[test]
    fn what_others_still_bring_is_taken_off_on_their_disk_only() {
        let (room, free) = room(1000, 500);
        let data = Path::new("/data/x");
        let running = counted(0);
        let first = room.promise(JobId(1), data, (700, 0), &running).expect("fits");
        let error = room.promise(JobId(2), data, (400, 0), &counted(0)).map(|_| ()).expect_err("700 are promised");
        assert_eq!(error, JobError::NoRoom { needs: 400, free: 1000, promised: 700, disk: "/data".into() });
        assert!(room.promise(JobId(3), Path::new("/home/y"), (400, 0), &counted(0)).is_ok(), "another disk");
        assert!(room.promise(JobId(4), data, (400, 150), &counted(150)).is_ok(), "most of it is there already");
        // 600 of 700 came: they are neither free nor promised any more.
        running.begin_at(600);
        free.store(400, Ordering::Relaxed);
        assert!(room.promise(JobId(2), data, (301, 0), &counted(0)).is_err());
        assert!(room.promise(JobId(2), data, (300, 0), &counted(0)).is_ok());
        drop(first);
        assert!(room.promise(JobId(2), data, (400, 0), &counted(0)).is_ok());
    }

    #[test]
    fn a_disk_that_says_nothing_is_tried() {
        let room = Room::with(Box::new(|_| None));
        assert!(
            room.promise(JobId(1), Path::new("/x"), (u64::MAX, 0), &counted(0)).is_ok_and(|promise| promise.is_none())
        );
    }

    #[test]
    fn this_computers_disk_tells_its_room_before_the_folder_is_made() {
        let home = tempfile::tempdir().expect("a folder");
        let free = ask_the_system(&home.path().join("not/yet")).expect("an answer");
        assert!(free.bytes > 0 && home.path().canonicalize().expect("a path").starts_with(&free.disk));
    }

    #[test]
    fn the_sentence_has_all_figures() {
        assert_eq!(words(3 << 30, 1 << 30, 0, Path::new("/data")), "It needs 3.0 GiB, there is 1.0 GiB free on /data.");
        assert!(words(1, 2, 1024, Path::new("/")).ends_with("of which other downloads still need 1.0 KiB."));
    }
}
