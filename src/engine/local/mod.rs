//! This computer's side, on a thread of its own: reading folders, changing files, writing the log, and the keyring
//! (which may ask the user, in its own window).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::{fs, io, thread};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::domain::{Entry, EntryKind, Listing, ModeChange, PASSWORD_VARIABLE, Permissions, Secret, SiteId, Timestamp};
use crate::engine::message::error::{LocalAction, LocalError};
use crate::engine::message::{LocalOperation, LogKind, LogLine};
use crate::store::log::LogFile;
use crate::store::secrets::Keyring;

/// What to do.
pub(crate) enum LocalTask {
    List(PathBuf),
    Manage(LocalOperation),
    KeepSecret(SiteId, Option<Secret>),
    /// Lines for the log; and how many before them were dropped, since the disk could not keep up.
    Log(Vec<LogLine>, usize),
}

/// How it went.
pub(crate) enum LocalReport {
    Listed {
        dir: PathBuf,
        result: Result<Arc<Listing>, LocalError>,
    },
    Managed {
        operation: LocalOperation,
        result: Result<(), LocalError>,
    },
    KeyringFailed(String),
    /// There is none on this system.
    NoKeyring(String),
}

/// The engine's end of it. Dropping it ends the thread after its task.
pub(crate) struct LocalThread {
    tasks: Sender<LocalTask>,
    thread: JoinHandle<()>,
    /// Lines that wait for the log's disk.
    unwritten: Arc<AtomicUsize>,
    /// Lines that were dropped since the last ones that were not.
    dropped: usize,
}

impl LocalThread {
    /// Starts it.
    pub(crate) fn start(
        keyring: Arc<dyn Keyring>,
        log: Option<PathBuf>,
        reports: Sender<LocalReport>,
    ) -> io::Result<Self> {
        // Unbounded: filled at a person's pace.
        let (tasks, inbox) = unbounded();
        let unwritten = Arc::new(AtomicUsize::new(0));
        let waiting = Arc::clone(&unwritten);
        let thread = thread::Builder::new().name("local".into()).spawn(move || {
            // Without a log the program is as good; what is in it is in the window too.
            let mut log = log.and_then(|path| LogFile::open(&path).ok());
            serve(&inbox, &reports, &*keyring, (log.as_mut(), &waiting));
        })?;
        Ok(Self { tasks, thread, unwritten, dropped: 0 })
    }

    /// Gives it lines for the log. What the disk cannot keep up with is dropped, and the log says so.
    pub(crate) fn log(&mut self, lines: Vec<LogLine>) {
        if self.unwritten.load(Ordering::Relaxed) > UNWRITTEN_LIMIT {
            self.dropped += lines.len();
            return;
        }
        self.unwritten.fetch_add(lines.len(), Ordering::Relaxed);
        let dropped = std::mem::take(&mut self.dropped);
        self.give(LocalTask::Log(lines, dropped));
    }

    /// Gives it a task.
    pub(crate) fn give(&self, task: LocalTask) {
        self.tasks.send(task).ok();
    }

    /// Ends it; the handle is for joining.
    pub(crate) fn end(self) -> JoinHandle<()> {
        self.thread
    }
}

fn serve(
    inbox: &Receiver<LocalTask>,
    reports: &Sender<LocalReport>,
    keyring: &dyn Keyring,
    (mut log, waiting): (Option<&mut LogFile>, &AtomicUsize),
) {
    let mut next = None;
    while let Some(task) = next.take().or_else(|| inbox.recv().ok()) {
        let report = match task {
            LocalTask::List(mut dir) => {
                // The latest wins: whoever clicks through folders wants the last one.
                while let Ok(task) = inbox.try_recv() {
                    match task {
                        LocalTask::List(later) => dir = later,
                        other => {
                            next = Some(other);
                            break;
                        }
                    }
                }
                let result = list(&dir).map(Arc::new);
                LocalReport::Listed { dir, result }
            }
            LocalTask::Manage(operation) => {
                let result = manage(&operation);
                LocalReport::Managed { operation, result }
            }
            LocalTask::Log(lines, dropped) => {
                waiting.fetch_sub(lines.len(), Ordering::Relaxed);
                if let (Some(log), Some(first), true) = (&mut log, lines.first(), dropped > 0) {
                    log.line(first.at, 0, "*", &format!("{dropped} lines were dropped: more came than the disk takes"))
                        .ok();
                }
                for line in lines {
                    let kind = match line.kind {
                        LogKind::Sent => ">",
                        LogKind::Received => "<",
                        LogKind::Note => "*",
                        LogKind::Error => "!",
                    };
                    if let Some(log) = &mut log {
                        log.line(line.at, line.session, kind, &line.text).ok();
                    }
                }
                continue;
            }
            LocalTask::KeepSecret(site, secret) => {
                let kept = match &secret {
                    Some(secret) => keyring.write(site, secret),
                    None => keyring.remove(site),
                };
                match kept {
                    Ok(()) => continue,
                    Err(words) if keyring.usable().is_err() => LocalReport::NoKeyring(words),
                    Err(words) => LocalReport::KeyringFailed(words),
                }
            }
        };
        if reports.send(report).is_err() {
            return;
        }
    }
}

/// The rows of a folder. An entry that vanishes or hides its facts while it is read keeps its name.
fn list(dir: &Path) -> Result<Listing, LocalError> {
    let failed = |error: &io::Error| LocalError::new(LocalAction::List, dir, error);
    let names = owners::Names::read();
    let mut listing = Listing::default();
    for entry in fs::read_dir(dir).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        let name = entry.file_name();
        let mut row = Entry::new(name.as_encoded_bytes(), EntryKind::Other);
        if let Ok(data) = entry.metadata() {
            let kind = data.file_type();
            row.kind = if kind.is_symlink() {
                EntryKind::Link
            } else if kind.is_dir() {
                EntryKind::Directory
            } else if kind.is_file() {
                EntryKind::File
            } else {
                EntryKind::Other
            };
            row.modified = data.modified().ok().map(Timestamp::from_system);
            row.size = (row.kind == EntryKind::File).then_some(data.len());
            owners::fill(&mut row, &data, &names);
        }
        if row.kind == EntryKind::Link {
            let path = entry.path();
            row.target = fs::read_link(&path).ok().map(|target| target.as_os_str().as_encoded_bytes().into());
            // A link is shown as what it leads to; its target says that it is one.
            if let Ok(data) = fs::metadata(&path) {
                row.kind = if data.is_dir() { EntryKind::Directory } else { EntryKind::File };
                row.size = data.is_file().then_some(data.len());
            }
        }
        listing.entries.push(row);
    }
    Ok(listing)
}

fn manage(operation: &LocalOperation) -> Result<(), LocalError> {
    match operation {
        LocalOperation::MakeDirectory(path) => {
            fs::create_dir(path).map_err(|error| LocalError::new(LocalAction::Create, path, &error))
        }
        LocalOperation::MakeFile(path) => fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map(drop)
            .map_err(|error| LocalError::new(LocalAction::Create, path, &error)),
        LocalOperation::Rename { from, to } => rename(from, to),
        LocalOperation::Move { items, into } => {
            items
                .iter()
                .filter_map(|from| Some((from, into.join(from.file_name()?))))
                .filter(|(from, to)| *from != to)
                .map(|(from, to)| rename(from, &to))
                .collect::<Results>()
                .0
        }
        LocalOperation::Remove { items, for_good } => {
            items.iter().map(|path| remove(path, *for_good)).collect::<Results>().0
        }
        LocalOperation::SetPermissions { items, change } => {
            items.iter().map(|path| owners::set_permissions(path, change)).collect::<Results>().0
        }
        LocalOperation::Open(path) => {
            open_detached(path).map_err(|error| LocalError::new(LocalAction::Open, path, &error))
        }
    }
}

/// Lines that may wait for the log's disk; with lines of usual length they take 10 MiB.
const UNWRITTEN_LIMIT: usize = 100_000;

/// Opens it with the system's program, which lives on without us and hears nothing of our password.
fn open_detached(path: &Path) -> io::Result<()> {
    let mut failure = io::Error::from(ErrorKind::NotFound);
    for mut command in open::commands(path) {
        command.env_remove(PASSWORD_VARIABLE);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        match command.spawn() {
            Ok(mut child) => {
                // Whoever ends must be waited for, or stays in the list of processes.
                thread::Builder::new().name("opened".into()).spawn(move || child.wait()).ok();
                return Ok(());
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// What became of several things: all are tried, and the first error names the others.
struct Results(Result<(), LocalError>);

impl FromIterator<Result<(), LocalError>> for Results {
    fn from_iter<I: IntoIterator<Item = Result<(), LocalError>>>(results: I) -> Self {
        let mut done = 0;
        let mut failure: Option<LocalError> = None;
        for result in results {
            match (result, &mut failure) {
                (Ok(()), _) => done += 1,
                (Err(error), None) => failure = Some(error),
                (Err(error), Some(first)) => first.others.push(error.path),
            }
        }
        Self(failure.map_or(Ok(()), |first| Err(LocalError { done, ..first })))
    }
}

/// Renames; never replaces. Across file systems it copies a file, then removes the old one.
fn rename(from: &Path, to: &Path) -> Result<(), LocalError> {
    let failed = |error: &io::Error| LocalError::new(LocalAction::Rename, from, error);
    // Another spelling of the same name (`A` to `a` where case does not count) is no other file.
    let same = fs::canonicalize(from).ok().is_some_and(|from| fs::canonicalize(to).is_ok_and(|to| to == from));
    if !same && fs::symlink_metadata(to).is_ok() {
        return Err(LocalError::new(LocalAction::Rename, to, &io::Error::from(ErrorKind::AlreadyExists)));
    }
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices && from.is_file() => {
            fs::copy(from, to).and_then(|_| fs::remove_file(from)).map_err(|error| failed(&error))
        }
        other => other.map_err(|error| failed(&error)),
    }
}

fn remove(path: &Path, for_good: bool) -> Result<(), LocalError> {
    if !for_good {
        return trash::delete(path)
            .map_err(|error| LocalError::new(LocalAction::Remove, path, &io::Error::other(error.to_string())));
    }
    let failed = |error: &io::Error| LocalError::new(LocalAction::Remove, path, error);
    let data = fs::symlink_metadata(path).map_err(|error| failed(&error))?;
    if data.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.map_err(|error| failed(&error))
}

#[cfg(unix)]
mod owners {
    //! Unix: modes, and names of users and groups.

    use std::collections::HashMap;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::{Arc, Entry, EntryKind, LocalAction, LocalError, ModeChange, Path, Permissions, fs};

    /// `/etc/passwd` and `/etc/group`: ids to names, one text for all rows.
    pub(super) struct Names {
        users: HashMap<u32, Arc<str>>,
        groups: HashMap<u32, Arc<str>>,
    }

    impl Names {
        pub(super) fn read() -> Self {
            Self { users: table("/etc/passwd"), groups: table("/etc/group") }
        }
    }

    pub(super) fn fill(row: &mut Entry, data: &fs::Metadata, names: &Names) {
        row.permissions = Some(Permissions((data.mode() & 0o7777) as u16));
        row.owner = names.users.get(&data.uid()).cloned();
        row.group = names.groups.get(&data.gid()).cloned();
    }

    /// A link's permissions are its target's, which may lie anywhere: they are left.
    pub(super) fn set_permissions(path: &Path, change: &ModeChange) -> Result<(), LocalError> {
        let failed = |error| LocalError::new(LocalAction::SetPermissions, path, &error);
        let data = fs::symlink_metadata(path).map_err(failed)?;
        let kind = if data.is_dir() { EntryKind::Directory } else { EntryKind::File };
        if data.is_symlink() || !change.concerns(kind) {
            return Ok(());
        }
        let before = (data.mode() & 0o7777) as u16;
        match change.apply(kind, Some(before)).filter(|mode| *mode != before) {
            Some(mode) => fs::set_permissions(path, fs::Permissions::from_mode(u32::from(mode))).map_err(failed),
            None => Ok(()),
        }
    }

    fn table(file: &str) -> HashMap<u32, Arc<str>> {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines()
            .filter_map(|line| {
                let mut parts = line.split(':');
                let (name, id) = (parts.next()?, parts.nth(1)?);
                Some((id.parse().ok()?, Arc::from(name)))
            })
            .collect()
    }
}

#[cfg(not(unix))]
mod owners {
    //! Elsewhere: a file is read-only or not.

    use super::{Entry, EntryKind, LocalAction, LocalError, ModeChange, Path, Permissions, fs};

    pub(super) struct Names;

    impl Names {
        pub(super) fn read() -> Self {
            Self
        }
    }

    pub(super) fn fill(row: &mut Entry, data: &fs::Metadata, _: &Names) {
        let write = if data.permissions().readonly() { 0 } else { 0o222 };
        row.permissions = Some(Permissions(0o444 | write));
    }

    pub(super) fn set_permissions(path: &Path, change: &ModeChange) -> Result<(), LocalError> {
        let failed = |error| LocalError::new(LocalAction::SetPermissions, path, &error);
        let mut permissions = fs::metadata(path).map_err(failed)?.permissions();
        let before = if permissions.readonly() { 0o444 } else { 0o666 };
        let mode = change.apply(EntryKind::File, Some(before)).unwrap_or(before);
        permissions.set_readonly(mode & 0o222 == 0);
        fs::set_permissions(path, permissions).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_with_what_its_rows_show() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), b"hello").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        let mut listing = list(folder.path()).unwrap();
        listing.entries.sort_by(|a, b| a.name.cmp(&b.name));
        let [file, sub] = &listing.entries[..] else { panic!("{listing:?}") };
        assert_eq!((&*file.name, file.kind, file.size), (&b"a.txt"[..], EntryKind::File, Some(5)));
        assert_eq!(sub.kind, EntryKind::Directory);
        assert!(file.permissions.is_some() && file.modified.is_some());
    }

    #[test]
    fn renaming_and_moving_never_replace() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&a, b"a").unwrap();
        fs::write(&b, b"b").unwrap();
        let error = manage(&LocalOperation::Rename { from: a.clone(), to: b.clone() }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&b).unwrap(), b"b");
        let sub = folder.path().join("sub");
        fs::create_dir(&sub).unwrap();
        manage(&LocalOperation::Move { items: vec![a.clone()], into: sub.clone() }).unwrap();
        assert_eq!(fs::read(sub.join("a")).unwrap(), b"a");
        assert!(!a.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_read_says_why() {
        let error = list(Path::new("/no/such/folder")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.explain().line().contains("does not exist"));
    }
}
