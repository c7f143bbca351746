//! One folder: read on the source's side, made on the target's; what it holds becomes jobs.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::domain::{EntryKind, Listing, RemotePath, Timestamp};
use crate::engine::job::child::{Child, Existing};
use crate::engine::job::side::Side;
use crate::engine::message::Remark;
use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::naming::case_folding::folds_case;
use crate::engine::naming::local_name::{Names, System, is_part, map, remote_name};
use crate::engine::transfer::assignment::{Assignment, Worked};
use crate::engine::transfer::left_out::{LeftOut, Reason};
use crate::engine::transfer::remote_folder::There;
use crate::ftp::error::FtpError;
use crate::net::session::Session;

/// Reads the remote directory and makes the local one.
pub(crate) fn download(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    folder: &Path,
) -> Result<Worked, JobError> {
    // The user names the topmost folder, and may mean where it leads.
    if !job.top
        && let Ok(target) = fs::read_link(folder)
    {
        return Err(JobError::LinkToFolder { link: folder.to_owned(), target });
    }
    let listing = session.list(remote, &mut |_| {})?;
    fs::create_dir_all(folder).map_err(|error| LocalError::new(LocalAction::Create, folder, &error))?;
    let mut names = Names::new(System::HERE, folds_case(folder));
    let mut children = Vec::with_capacity(listing.entries.len());
    let mut left_out = Vec::new();
    for entry in &listing.entries {
        let (kind, remote) = (entry.kind, remote.join(&entry.name));
        if kind == EntryKind::Other {
            let local = folder.join(map(&entry.name, &job.charset, System::HERE).name);
            left_out.push(LeftOut { kind, local, remote, why: Reason::NoFile.explain() });
            continue;
        }
        let local = names.take(map(&entry.name, &job.charset, System::HERE));
        if let Some(note) = local.note(&entry.name, &job.charset) {
            job.remark(Remark::told(remote.text(&job.charset), note));
        }
        // A link's size and time are its own, not its target's.
        let own = kind != EntryKind::Link;
        children.push(Child {
            kind,
            local: folder.join(local.name),
            remote,
            size: entry.size.filter(|_| own && kind == EntryKind::File),
            modified: entry.modified.filter(|_| own),
            existing: Existing::Unknown,
        });
    }
    let not_whole = not_whole(&listing, &remote.text(&job.charset));
    Ok(Worked::Folder { children, left_out, not_whole })
}

/// Why there may be more in a directory than its listing shows.
fn not_whole(listing: &Listing, path: &str) -> Option<JobError> {
    let why = match (&listing.cut, &listing.unread[..]) {
        (Some(words), _) => format!("The server did not list all of it: “{words}”."),
        (None, [line]) => format!("One line of its listing was not understood: “{line}”."),
        (None, [line, ..]) => format!("Lines of its listing were not understood, the first: “{line}”."),
        (None, []) => return None,
    };
    Some(JobError::NotWhole { path: path.to_owned(), why })
}

/// Reads the local folder and makes the remote directory. `foresee` is told how many jobs are going to come of it, and their
/// bytes, while the server is still asked.
pub(crate) fn upload(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    foresee: &mut dyn FnMut(usize, u64),
) -> Result<Worked, JobError> {
    let (mut children, left_out) = read(job, remote)?;
    let new = job.existing == Existing::Made || {
        foresee(children.len(), children.iter().filter_map(|child| child.size).sum());
        make(session, remote)?
    };
    let there = if new { There::empty() } else { there(session, remote)? };
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
    Ok(Worked::Folder { children, left_out, not_whole: None })
}

/// What is in the directory. Of one that cannot be listed nothing is known: a store without folders (no MKD, no CWD) may
/// take a path all the same.
fn there(session: &mut Session, remote: &RemotePath) -> Result<There, JobError> {
    match session.list(remote, &mut |_| {}) {
        Ok(listing) => Ok(There::new(listing)),
        Err(FtpError::Refused { .. }) if !session.is_broken() && session.lacks_directories() => Ok(There::unknown()),
        Err(error) => Err(error.into()),
    }
}

/// What of the local folder is to be uploaded, in the order of names; and what is left out.
fn read(job: &Assignment, remote: &RemotePath) -> Result<(Vec<Child>, Vec<LeftOut>), LocalError> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(&job.local)
        .and_then(Iterator::collect)
        .map_err(|error| LocalError::new(LocalAction::List, &job.local, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut left_out = Vec::new();
    let mut children = Vec::with_capacity(entries.len());
    for entry in entries {
        let local = entry.path();
        let name = remote_name(&entry.file_name(), &job.charset);
        let reason = match (look_at(&entry, &local), &name) {
            (Err(reason), _) => reason,
            (Ok(_), None) => Reason::Charset(job.charset.label()),
            (Ok(data), Some(name)) => {
                let kind = if data.is_dir() { EntryKind::Directory } else { EntryKind::File };
                children.push(Child {
                    kind,
                    remote: remote.join(name),
                    local,
                    size: (kind == EntryKind::File).then_some(data.len()),
                    modified: data.modified().ok().map(Timestamp::from_system),
                    existing: Existing::Unknown,
                });
                continue;
            }
        };
        // Where it would have gone; a name that cannot be written there is shown as it is here.
        let name = name.unwrap_or_else(|| entry.file_name().to_string_lossy().into_owned().into_bytes());
        left_out.push(LeftOut { kind: EntryKind::Other, local, remote: remote.join(&name), why: reason.explain() });
    }
    Ok((children, left_out))
}

/// What of a local folder's entry is to be sent, links followed; or why it is not.
fn look_at(entry: &fs::DirEntry, path: &Path) -> Result<fs::Metadata, Reason> {
    let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    let data = match fs::metadata(path) {
        Ok(data) => data,
        Err(error) if link && error.kind() == ErrorKind::NotFound => return Err(Reason::LinkToNothing),
        Err(error) => {
            return Err(Reason::Unreadable(LocalError::new(LocalAction::Read, path, &error).explain()));
        }
    };
    if link && data.is_dir() {
        return Err(Reason::LinkToFolder);
    }
    // Reading a pipe or device would never end.
    if !data.is_dir() && !data.is_file() {
        return Err(Reason::NoFile);
    }
    // A download on its way is no file yet.
    if data.is_file() && is_part(entry.file_name().as_encoded_bytes()) {
        return Err(Reason::PartialFile);
    }
    Ok(data)
}

/// Makes the directory; `true` = it is new, so there is nothing in it.
fn make(session: &mut Session, remote: &RemotePath) -> Result<bool, JobError> {
    if remote.is_root() || remote.is_home() {
        return Ok(false);
    }
    match session.make_dirs(remote) {
        Err(FtpError::Refused { .. }) if session.lacks_directories() => Ok(false),
        made => Ok(made?),
    }
}
