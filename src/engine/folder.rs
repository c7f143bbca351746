//! One folder: read on the source's side, made on the target's; what it holds becomes jobs.

use std::fs;
use std::path::Path;

use crate::domain::{EntryKind, RemotePath, Timestamp};
use crate::net::session::Session;

use super::conflict::Side;
use super::error::{JobError, LocalAction, LocalError};
use super::job::{Child, Existing};
use super::local_name::{Names, System, is_part, map, remote_name};
use super::there::There;
use super::work::{Assignment, Worked};

/// Reads the remote directory and makes the local one. `note` = what is to be told of its own name.
pub(super) fn download(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    folder: &Path,
    note: Option<String>,
) -> Result<Worked, JobError> {
    let listing = session.list(remote, &mut |_| {})?;
    fs::create_dir_all(folder).map_err(|error| LocalError::new(LocalAction::Create, folder, &error))?;
    let mut notes = Vec::from_iter(note);
    let mut names = Names::new(System::HERE, folds_case(folder));
    let mut children = Vec::with_capacity(listing.entries.len());
    for entry in &listing.entries {
        if entry.kind == EntryKind::Other {
            notes.push(format!("“{}” is no file and no folder: left out", remote.join(&entry.name)));
            continue;
        }
        let local = names.take(map(&entry.name, &job.charset, System::HERE));
        notes.extend(local.note(&entry.name, &job.charset));
        // A link's size and time are its own, not its target's.
        let own = entry.kind != EntryKind::Link;
        children.push(Child {
            kind: entry.kind,
            local: folder.join(local.name),
            remote: remote.join(&entry.name),
            size: entry.size.filter(|_| own && entry.kind == EntryKind::File),
            modified: entry.modified.filter(|_| own),
            existing: Existing::Unknown,
        });
    }
    notes.extend(listing.cut.iter().map(|words| {
        format!("The server did not list all of “{remote}” (“{words}”): what it left out was not downloaded")
    }));
    notes.extend(listing.unread.iter().map(|line| format!("Not understood in the listing of “{remote}”: {line}")));
    Ok(Worked::Folder { children, notes })
}

/// Reads the local folder and makes the remote directory. `foresee` is told how many jobs are going to come of it, and their
/// bytes, while the server is still asked.
pub(super) fn upload(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    foresee: &mut dyn FnMut(usize, u64),
) -> Result<Worked, JobError> {
    let (mut children, notes) = read(job, remote)?;
    let new = job.existing == Existing::Made || {
        foresee(children.len(), children.iter().filter_map(|child| child.size).sum());
        make(session, remote)?
    };
    let there = if new { There::empty() } else { There::new(session.list(remote, &mut |_| {})?) };
    for child in &mut children {
        let side = Side { size: child.size, modified: child.modified };
        child.existing = there.existing(&child.local, &child.remote, side);
    }
    let is_new = |child: &&mut Child| child.kind == EntryKind::Directory && child.existing == Existing::Absent;
    let mut folders: Vec<&mut Child> = children.iter_mut().filter(is_new).collect();
    let paths: Vec<RemotePath> = folders.iter().map(|child| child.remote.clone()).collect();
    // Those that are not made now are made when it is their turn, and what is wrong is told then.
    for (folder, made) in folders.iter_mut().zip(session.make_dirs_at_once(&paths)?) {
        if made {
            folder.existing = Existing::Made;
        }
    }
    Ok(Worked::Folder { children, notes })
}

/// What of the local folder is to be uploaded, in the order of names; and what is left out.
fn read(job: &Assignment, remote: &RemotePath) -> Result<(Vec<Child>, Vec<String>), LocalError> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(&job.local)
        .and_then(Iterator::collect)
        .map_err(|error| LocalError::new(LocalAction::List, &job.local, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut notes = Vec::new();
    let mut children = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = entry.path();
        let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let data = match fs::metadata(&path) {
            Ok(data) => data,
            Err(error) => {
                notes.push(LocalError::new(LocalAction::Read, &path, &error).explain().line());
                continue;
            }
        };
        let kind = if data.is_dir() { EntryKind::Directory } else { EntryKind::File };
        if link && data.is_dir() {
            notes.push(format!("“{}” is a link to a folder: left out, since it may lead in a circle", path.display()));
            continue;
        }
        // A download on its way is no file yet.
        if is_part(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        // Reading a pipe or device would never end.
        if !data.is_dir() && !data.is_file() {
            notes.push(format!("“{}” is no file and no folder: left out", path.display()));
            continue;
        }
        let Some(name) = remote_name(&entry.file_name(), &job.charset) else {
            let charset = job.charset.label();
            notes.push(format!("“{}” cannot be written in the site's charset {charset}: left out", path.display()));
            continue;
        };
        children.push(Child {
            kind,
            remote: remote.join(&name),
            local: path,
            size: (kind == EntryKind::File).then_some(data.len()),
            modified: data.modified().ok().map(Timestamp::from_system),
            existing: Existing::Unknown,
        });
    }
    Ok((children, notes))
}

/// Makes the directory; `true` = it is new, so there is nothing in it.
fn make(session: &mut Session, remote: &RemotePath) -> Result<bool, JobError> {
    if remote.is_root() || remote.is_home() {
        return Ok(false);
    }
    Ok(session.make_dirs(remote)?)
}

/// Whether the file system there takes `A` and `a` for one name: whether the folder answers to its own name in the other
/// case. Windows and Macs do as a rule; on Linux a stick (FAT, exFAT) or a share does.
pub(super) fn folds_case(folder: &Path) -> bool {
    let usual = cfg!(any(windows, target_os = "macos"));
    let Ok(folder) = fs::canonicalize(folder) else { return usual };
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { return usual };
    let swapped = swap_case(name);
    if name == swapped { usual } else { is_same(&folder, &folder.with_file_name(swapped)) }
}

/// Whether both are one folder, not two of alike names.
fn is_same(folder: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let id = |path: &Path| fs::symlink_metadata(path).map(|data| (data.dev(), data.ino())).ok();
        id(folder).is_some() && id(folder) == id(other)
    }
    // Windows gives the name as it is written on the disk.
    #[cfg(not(unix))]
    {
        fs::canonicalize(other).is_ok_and(|other| other == folder)
    }
}

fn swap_case(name: &str) -> String {
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    name.chars().map(swap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_namesake_in_the_other_case_is_no_sign_of_a_case_blind_disk() {
        let home = tempfile::tempdir().expect("a folder");
        let (lower, upper) = (home.path().join("photos"), home.path().join("PHOTOS"));
        fs::create_dir(&lower).expect("a folder");
        // Where the second cannot be made, the disk is case-blind indeed.
        let told_apart = fs::create_dir(&upper).is_ok();
        assert_eq!(folds_case(&lower), !told_apart);
    }
}
