//! One folder: read on the source's side, made on the target's; what it holds becomes jobs.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::domain::{Entry, EntryKind, RemotePath, Timestamp};
use crate::ftp::error::FtpError;
use crate::net::session::Session;

use super::conflict::Side;
use super::error::{JobError, LocalAction, LocalError};
use super::job::{Child, Existing};
use super::local_name::{is_part, local_name, numbered, remote_name};
use super::upload::temporary_of;
use super::work::{Assignment, Worked};

/// Reads the remote directory and makes the local one.
pub(super) fn download(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    folder: &Path,
) -> Result<Worked, JobError> {
    let listing = session.list(remote, &mut |_| {})?;
    fs::create_dir_all(folder).map_err(|error| LocalError::new(LocalAction::Create, folder, &error))?;
    let mut notes = Vec::new();
    let mut taken = HashSet::new();
    let mut children = Vec::with_capacity(listing.entries.len());
    for entry in &listing.entries {
        if entry.kind == EntryKind::Other {
            notes.push(format!("“{}” is no file and no folder: left out", remote.join(&entry.name)));
            continue;
        }
        let local = free_of(&mut taken, local_name(&entry.name, &job.charset));
        if local.as_encoded_bytes() != &*entry.name {
            notes.push(format!("“{}” is saved as “{}”", entry.text(&job.charset), local.display()));
        }
        // A link's size and time are its own, not its target's.
        let own = entry.kind != EntryKind::Link;
        children.push(Child {
            kind: entry.kind,
            local: folder.join(local),
            remote: remote.join(&entry.name),
            size: entry.size.filter(|_| own && entry.kind == EntryKind::File),
            modified: entry.modified.filter(|_| own),
            existing: Existing::Unknown,
        });
    }
    notes.extend(listing.unread.iter().map(|line| format!("Not understood in the listing of “{remote}”: {line}")));
    Ok(Worked::Folder { children, notes })
}

/// Reads the local folder and makes the remote directory.
pub(super) fn upload(session: &mut Session, job: &Assignment, remote: &RemotePath) -> Result<Worked, JobError> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(&job.local)
        .and_then(Iterator::collect)
        .map_err(|error| LocalError::new(LocalAction::List, &job.local, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let there = if make(session, remote)? { HashMap::new() } else { look(session, remote)? };
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
        let target = remote.join(&name);
        let side = Side { size: Some(data.len()), modified: data.modified().ok().map(Timestamp::from_system) };
        children.push(Child {
            kind,
            existing: existing(&there, &path, &target, side),
            local: path,
            remote: target,
            size: side.size.filter(|_| kind == EntryKind::File),
            modified: side.modified,
        });
    }
    Ok(Worked::Folder { children, notes })
}

/// Makes the directory; `true` = it is new, so there is nothing in it.
fn make(session: &mut Session, remote: &RemotePath) -> Result<bool, JobError> {
    if remote.is_root() || remote.is_home() {
        return Ok(false);
    }
    match session.make_dir(remote) {
        Ok(new) => Ok(new),
        // A part of the way may be missing.
        Err(refused @ FtpError::Refused { .. }) if !session.is_broken() => {
            session.make_dirs(remote).map_err(|_| refused)?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

fn look(session: &mut Session, remote: &RemotePath) -> Result<HashMap<Box<[u8]>, Entry>, JobError> {
    let listing = session.list(remote, &mut |_| {})?;
    Ok(listing.entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect())
}

/// What the directory's listing says of an upload's target.
fn existing(there: &HashMap<Box<[u8]>, Entry>, local: &std::path::Path, target: &RemotePath, source: Side) -> Existing {
    let entry = |path: &RemotePath| path.file_name().and_then(|name| there.get(name));
    match entry(target) {
        Some(found) if found.kind == EntryKind::File => {
            Existing::File(Side { size: found.size, modified: found.modified })
        }
        Some(_) => Existing::Unknown,
        None => match temporary_of(local, target, source).as_ref().and_then(entry).and_then(|part| part.size) {
            Some(length) => Existing::Part(length),
            None => Existing::Absent,
        },
    }
}

/// A name that no other entry of the folder has: two remote names may become one local one.
fn free_of(taken: &mut HashSet<OsString>, name: OsString) -> OsString {
    if taken.insert(name.clone()) {
        return name;
    }
    let text = name.to_string_lossy();
    (2..).map(|number| OsString::from(numbered(&text, number))).find(|free| taken.insert(free.clone())).unwrap_or(name)
}
