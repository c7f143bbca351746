//! What the user changes on the server, in the browsing session.

use crate::domain::{EntryKind, RemotePath};
use crate::ftp::error::FtpError;
use crate::net::session::{Session, StoreAt};

use super::message::RemoteOperation;

/// Carries it out. `progress` hears how many things are done, and the last one.
pub(super) fn manage(
    session: &mut Session,
    operation: &RemoteOperation,
    progress: &mut dyn FnMut(u64, &RemotePath),
) -> Result<(), FtpError> {
    match operation {
        RemoteOperation::MakeDirectory(path) => match session.make_dir(path)? {
            true => Ok(()),
            false => Err(exists(path)),
        },
        RemoteOperation::MakeFile(path) => {
            must_be_free(session, path)?;
            session.store(path, StoreAt::Start)?.finish().map(drop)
        }
        RemoteOperation::Rename { from, to } => {
            must_be_free(session, to)?;
            session.rename(from, to)
        }
        RemoteOperation::Move { items, into } => {
            for (done, from) in (1..).zip(items) {
                let Some(name) = from.file_name() else { continue };
                let to = into.join(name);
                if to == *from {
                    continue;
                }
                must_be_free(session, &to)?;
                session.rename(from, &to)?;
                progress(done, from);
            }
            Ok(())
        }
        RemoteOperation::Remove(items) => {
            let mut done = 0;
            for (path, kind) in items {
                if *kind == EntryKind::Directory {
                    session.remove_tree(path, &mut |path| {
                        done += 1;
                        progress(done, path);
                    })?;
                } else {
                    session.remove_file(path)?;
                    done += 1;
                    progress(done, path);
                }
            }
            Ok(())
        }
        RemoteOperation::SetPermissions { items, mode, recursive } => {
            let mut done = 0;
            for (path, kind) in items {
                set_permissions(session, path, *kind, *mode, *recursive, &mut |path| {
                    done += 1;
                    progress(done, path);
                })?;
            }
            Ok(())
        }
    }
}

/// The mode for the path itself, and (recursive) for all below it; directories below stay enterable for whoever may
/// read them, as with chmod's `X`.
fn set_permissions(
    session: &mut Session,
    path: &RemotePath,
    kind: EntryKind,
    mode: u16,
    recursive: bool,
    done: &mut dyn FnMut(&RemotePath),
) -> Result<(), FtpError> {
    let mut folders = vec![(path.clone(), kind, mode)];
    while let Some((path, kind, own)) = folders.pop() {
        session.set_permissions(&path, own)?;
        done(&path);
        if kind != EntryKind::Directory || !recursive || session.leads_back(&path)? {
            continue;
        }
        for entry in session.list(&path, &mut |_| {})?.entries {
            let below = path.join(&entry.name);
            match entry.kind {
                EntryKind::Directory => folders.push((below, entry.kind, mode | (mode & 0o444) >> 2)),
                EntryKind::File => folders.push((below, entry.kind, mode)),
                // A link's mode is its target's, which may lie anywhere.
                EntryKind::Link | EntryKind::Other => {}
            }
        }
    }
    Ok(())
}

fn must_be_free(session: &mut Session, path: &RemotePath) -> Result<(), FtpError> {
    match session.facts(path)? {
        Some(_) => Err(exists(path)),
        None => Ok(()),
    }
}

fn exists(path: &RemotePath) -> FtpError {
    FtpError::Exists { path: path.to_string() }
}
