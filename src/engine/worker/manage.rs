//! What the user changes on the server, in the browsing session. An operation on several things goes on after a refusal, and
//! tells which failed and why.

use crate::domain::{EntryKind, ModeChange, RemotePath};
use crate::engine::message::{PermissionTarget, RemoteOperation};
use crate::ftp::error::{Class, FtpError};
use crate::net::session::{DEEPEST, Session, StoreAt};

/// Carries it out. `progress` hears how many things are done, and the last one.
///
/// # Errors
/// [`FtpError::Partly`] where things were refused; what else stands in the way.
pub(crate) fn manage(
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
        RemoteOperation::Rename { from, to } => rename(session, from, to),
        RemoteOperation::Move { items, into } => {
            let mut tally = Tally::new(progress);
            for from in items {
                let Some(to) = from.file_name().map(|name| into.join(name)).filter(|to| to != from) else { continue };
                let moved = rename(session, from, &to);
                tally.hear(session, from, moved)?;
            }
            tally.result()
        }
        RemoteOperation::Remove(items) => {
            let mut tally = Tally::new(progress);
            for (path, kind) in items {
                if *kind == EntryKind::Directory {
                    let mut failed = Vec::new();
                    session.remove_all(path, &mut |path| tally.did(path), &mut failed)?;
                    tally.failed.append(&mut failed);
                } else {
                    let removed = session.remove_file(path);
                    tally.hear(session, path, removed)?;
                }
            }
            tally.result()
        }
        RemoteOperation::SetPermissions { items, change, recursive } => {
            let mut tally = Tally::new(progress);
            for target in items {
                set_permissions(session, target, change, *recursive, 0, &mut tally)?;
            }
            tally.result()
        }
    }
}

/// What was done of several things, and what was not.
struct Tally<'a> {
    progress: &'a mut dyn FnMut(u64, &RemotePath),
    done: u64,
    failed: Vec<(RemotePath, FtpError)>,
}

impl<'a> Tally<'a> {
    fn new(progress: &'a mut dyn FnMut(u64, &RemotePath)) -> Self {
        Self { progress, done: 0, failed: Vec::new() }
    }

    fn did(&mut self, path: &RemotePath) {
        self.done += 1;
        (self.progress)(self.done, path);
    }

    /// One is through. What concerns the whole session ends the operation.
    fn hear(&mut self, session: &Session, path: &RemotePath, result: Result<(), FtpError>) -> Result<(), FtpError> {
        match result {
            Ok(()) => self.did(path),
            Err(error) if session.is_broken() || matches!(error.class(), Class::Cancelled | Class::NeedsUser) => {
                return Err(error);
            }
            Err(error) => self.failed.push((path.clone(), error)),
        }
        Ok(())
    }

    fn result(self) -> Result<(), FtpError> {
        let Self { done, failed, .. } = self;
        if failed.is_empty() { Ok(()) } else { Err(FtpError::Partly { done, failed }) }
    }
}

/// RNFR and RNTO; never onto something else that is there.
fn rename(session: &mut Session, from: &RemotePath, to: &RemotePath) -> Result<(), FtpError> {
    if !is_respelled(from, to) {
        must_be_free(session, to)?;
    } else if is_another(session, from, to)? {
        // A server that minds case has both names.
        return Err(exists(to));
    }
    session.rename(from, to)
}

/// Whether the two names differ in their case only.
fn is_respelled(from: &RemotePath, to: &RemotePath) -> bool {
    let fold = |path: &RemotePath| path.to_string().to_lowercase();
    from != to && from.parent() == to.parent() && fold(from) == fold(to)
}

/// Whether there is an entry of that very name beside the first one: on a server that minds no case both questions would find
/// the same thing.
fn is_another(session: &mut Session, from: &RemotePath, to: &RemotePath) -> Result<bool, FtpError> {
    let (Some(parent), Some(name)) = (from.parent(), to.file_name()) else { return Ok(false) };
    let listing = session.list(&parent, &mut |_| {})?;
    Ok(listing.entries.iter().any(|entry| &*entry.name == name))
}

/// The mode for the path itself, and (`recursive`) for all below it: what a directory holds comes first, in case nobody may enter
/// it afterwards.
fn set_permissions(
    session: &mut Session,
    target: &PermissionTarget,
    change: &ModeChange,
    recursive: bool,
    depth: usize,
    tally: &mut Tally<'_>,
) -> Result<(), FtpError> {
    let PermissionTarget { path, kind, mode } = target;
    if recursive && *kind == EntryKind::Directory {
        if depth > DEEPEST {
            tally.failed.push((path.clone(), FtpError::TooDeep { path: path.to_string(), levels: DEEPEST }));
            return Ok(());
        }
        match session.list_without_links(path) {
            Ok((entries, doubtful)) => {
                for entry in doubtful {
                    let below = path.join(&entry.name);
                    let error = FtpError::PerhapsLink { path: below.to_string() };
                    tally.failed.push((below, error));
                }
                for entry in entries {
                    let below = path.join(&entry.name);
                    if entry.kind == EntryKind::Directory && session.leads_back(&below)? {
                        continue;
                    }
                    let mode = entry.permissions.map(|mode| mode.0);
                    let target = PermissionTarget { path: below, kind: entry.kind, mode };
                    set_permissions(session, &target, change, recursive, depth + 1, tally)?;
                }
            }
            Err(error @ FtpError::Refused { .. }) => tally.failed.push((path.clone(), error)),
            Err(error) => return Err(error),
        }
    }
    if !change.concerns(*kind) {
        return Ok(());
    }
    let done = match change.apply(*kind, *mode) {
        Some(mode) => session.set_permissions(path, mode),
        None => Err(FtpError::Unsupported {
            what: "the server does not tell what permissions it has now: give all of them, as three digits".into(),
        }),
    };
    tally.hear(session, path, done)
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
