//! Why a job failed: the server, the network, or this computer.

use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::bytes;
use crate::ftp::error::{Class, FtpError};
use crate::ftp::explain::explain;
use crate::ftp::explain::explanation::Explanation;

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The server or the network.
    #[error(transparent)]
    Remote(#[from] FtpError),
    /// This computer's disk.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The source is not there any more.
    #[error("{0} does not exist")]
    NoSource(String),
    /// The source is a pipe, socket or device.
    #[error("{0} is no regular file")]
    NoFile(String),
    /// Another program cut or replaced a partial file of ours while it was written.
    #[error("{0} was changed by another program")]
    PartChanged(String),
    /// The server did not list all of a folder, or not in words that we understand: what is known of it was transferred.
    #[error("{path} was not listed whole: {why}")]
    NotWhole { path: String, why: String },
    /// The source changed while it was read.
    #[error("{0} changed while it was transferred")]
    SourceChanged(String),
    /// The target is longer than the source: it cannot be its beginning.
    #[error("{target} has {target_size} bytes, its source {source_size}")]
    CannotResume { target: String, target_size: u64, source_size: u64 },
    /// The target is no beginning of the source: what both should have in common differs.
    #[error("{0} is not the beginning of its source")]
    Differs(String),
    /// What arrived is not what was sent: two checksums.
    #[error("{what} arrived damaged: {here} here, {there} on the server")]
    Corrupted { what: String, here: String, there: String },
    /// It does not fit on this computer's disk; `promised` = what other downloads still need of what is free.
    #[error("no room for {needs} bytes, {free} are free on {disk}", disk = disk.display())]
    NoRoom { needs: u64, free: u64, promised: u64, disk: PathBuf },
    /// The file is whole on the server, its old version is gone, and it could not get its name.
    #[error("{temporary} could not become {target}: {words}")]
    Unnamed { target: String, temporary: String, words: String },
    /// Another Twinport writes the same file.
    #[error("{0} is being written by another Twinport")]
    Busy(String),
    /// There is a folder where the file should go, or the other way round.
    #[error("{0} is of another kind")]
    OtherKind(String),
    /// A folder of the local target is a link to a folder elsewhere.
    #[error("{link} is a link to {target}", link = link.display(), target = target.display())]
    LinkToFolder { link: PathBuf, target: PathBuf },
    /// What an earlier run of the program said of it.
    #[error("{what} {why} {advice}", what = .0.what, why = .0.why, advice = .0.advice)]
    Earlier(Explanation),
    /// A bug of ours; the program lives.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What was tried on this computer's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LocalAction {
    /// Reading a file.
    Read,
    /// Writing a file.
    Write,
    /// Reading a folder.
    List,
    /// Making a folder or file.
    Create,
    /// Renaming or moving.
    Rename,
    /// Deleting.
    Remove,
    /// Changing permissions.
    SetPermissions,
    /// Opening with the system's program.
    Open,
}

/// What went wrong on this computer's disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action:?} {path}: {detail}", path = path.display())]
pub struct LocalError {
    /// What was tried.
    pub action: LocalAction,
    /// On what.
    pub path: PathBuf,
    /// The system's kind of error.
    pub kind: ErrorKind,
    /// The system's words.
    pub detail: String,
    /// Of several things: how many went well.
    pub done: usize,
    /// Of several things: what else failed.
    pub others: Vec<PathBuf>,
}

impl JobError {
    /// What can be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Remote(error) => error.class(),
            // Of the last one, the next try has only the name to give.
            Self::SourceChanged(_) | Self::Unnamed { .. } => Class::Transient,
            Self::Local(error) if error.lacks_descriptors() => Class::Transient,
            // Another program is at work on it, or the drive was pulled out: nobody knows where a next try would write.
            Self::Local(_)
            | Self::PartChanged(_)
            | Self::Corrupted { .. }
            | Self::NoRoom { .. }
            | Self::NoSource(_)
            | Self::NoFile(_)
            | Self::NotWhole { .. }
            | Self::CannotResume { .. }
            | Self::Differs(_)
            | Self::Busy(_)
            | Self::OtherKind(_)
            | Self::LinkToFolder { .. }
            | Self::Earlier(_)
            | Self::Internal(_) => Class::Permanent,
        }
    }

    /// Whether there is no room for it, here or on the server: that may change without us.
    pub fn lacks_room(&self) -> bool {
        match self {
            Self::NoRoom { .. } => true,
            Self::Local(error) => {
                error.action == LocalAction::Write
                    && matches!(error.kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            }
            Self::Remote(error) => error.is_full(),
            _ => false,
        }
    }

    /// In plain words.
    pub fn explain(&self) -> Explanation {
        match self {
            Self::Remote(error) => explain(error),
            Self::Local(error) => error.explain(),
            Self::NoSource(what) => {
                sentence(format!("“{what}” does not exist any more."), String::new(), "Refresh the list and try again.")
            }
            Self::NoFile(what) => sentence(
                format!("“{what}” is no file: it is a pipe, a socket or a device."),
                "Reading or replacing it would never end, or do harm.".into(),
                "Choose a regular file.",
            ),
            Self::PartChanged(what) => sentence(
                format!("The partial file “{what}” was cut or replaced by another program while it was written."),
                "What it holds by now is not known, so that it does not get its final name.".into(),
                "Retry; if it happens again, find out which program changes files in that folder.",
            ),
            Self::NotWhole { path, why } => sentence(
                format!("Not all of the folder “{path}” was seen."),
                why.clone(),
                "What was seen was transferred. Retry reads the folder again; transfer what is missing by its name.",
            ),
            Self::SourceChanged(what) => sentence(
                format!("“{what}” changed while it was transferred."),
                "What arrived would be half old and half new.".into(),
                "Retry when nothing writes to it any more.",
            ),
            Self::CannotResume { target, target_size, source_size } => sentence(
                format!("“{target}” cannot be continued: it is longer than its source."),
                format!("It has {target_size} bytes, its source has {source_size}. It was left as it is."),
                "Choose to overwrite or to rename instead.",
            ),
            Self::Differs(what) => sentence(
                format!("“{what}” cannot be continued: it is not the beginning of its source."),
                "The last bytes that both should have in common differ. It was left as it is.".into(),
                "Choose to overwrite or to rename instead.",
            ),
            Self::Corrupted { what, here, there } => sentence(
                format!("“{what}” was damaged on its way: what arrived is not what was sent."),
                format!(
                    "Twice the checksums differed, at last {here} here and {there} on the server. What arrived was deleted."
                ),
                "Retry. If it happens again, something between here and the server changes files (an ASCII mode, a proxy, bad \
                 memory), or the file changes all the time.",
            ),
            Self::NoRoom { needs, free, promised, disk } => sentence(
                format!(
                    "No room on the disk. {}",
                    crate::engine::message::error::words(*needs, *free, *promised, disk)
                ),
                String::new(),
                "Make room, then retry: it goes on where it stopped.",
            ),
            Self::Unnamed { target, temporary, words } => sentence(
                format!("The new “{target}” is whole on the server, but under the name “{temporary}”."),
                format!(
                    "The server replaced no existing file, so the old one was deleted; then it refused the new one its name: \
                     “{words}”."
                ),
                "The next try only renames it. Or rename it yourself.",
            ),
            Self::Busy(what) => sentence(
                format!("“{what}” is being written by another Twinport."),
                String::new(),
                "Wait until it is done there, then retry.",
            ),
            Self::OtherKind(what) => sentence(
                format!("“{what}” is in the way: one side has a folder of that name, the other a file."),
                String::new(),
                "Rename one of the two.",
            ),
            Self::LinkToFolder { link, target } => sentence(
                format!("“{}” is a link to the folder “{}”.", link.display(), target.display()),
                "Whoever made the link decides where files would be written, so that nothing was.".into(),
                "If that is where they should go, download this folder by itself into the other one; or take the link away.",
            ),
            Self::Earlier(explanation) => explanation.clone(),
            Self::Internal(detail) => sentence(
                "Twinport made a mistake.".into(),
                detail.clone(),
                "Please report it with the message log. Nothing was lost: the job can be retried.",
            ),
        }
    }
}

fn sentence(what: String, why: String, advice: &str) -> Explanation {
    Explanation { what, why, advice: advice.to_owned() }
}

impl LocalError {
    /// Wraps an error of the system's.
    pub fn new(action: LocalAction, path: &Path, error: &io::Error) -> Self {
        let (path, kind, detail) = (path.to_owned(), error.kind(), error.to_string());
        Self { action, path, kind, detail, done: 0, others: Vec::new() }
    }

    /// Whether the system lets this program open no more files and connections.
    pub fn lacks_descriptors(&self) -> bool {
        self.detail.to_ascii_lowercase().contains("too many open files")
    }

    /// In plain words.
    pub fn explain(&self) -> Explanation {
        let path = self.path.display();
        let what = match self.action {
            LocalAction::Read => format!("“{path}” could not be read."),
            LocalAction::Write => format!("“{path}” could not be written."),
            LocalAction::List => format!("The folder “{path}” could not be read."),
            LocalAction::Create => format!("“{path}” could not be made."),
            LocalAction::Rename => format!("“{path}” could not be renamed."),
            LocalAction::Remove => format!("“{path}” could not be deleted."),
            LocalAction::SetPermissions => format!("The permissions of “{path}” could not be changed."),
            LocalAction::Open => format!("“{path}” could not be opened."),
        };
        let (why, advice) = match self.kind {
            ErrorKind::NotFound => ("It does not exist (any more).", "Refresh the local pane and try again."),
            ErrorKind::PermissionDenied => {
                ("You have no permission there.", "Choose another folder, or change the permissions.")
            }
            ErrorKind::AlreadyExists => ("There is something of that name already.", "Choose another name."),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                ("This computer's disk is full.", "Make room, then retry: it goes on where it stopped.")
            }
            ErrorKind::FileTooLarge => {
                ("No file may be that large there.", "Choose a folder on another disk (FAT32 ends at 4 GiB).")
            }
            ErrorKind::ReadOnlyFilesystem => ("The disk is read-only.", "Choose a folder on another disk."),
            ErrorKind::NotADirectory => ("A part of its path is a file, not a folder.", "Choose another folder."),
            ErrorKind::IsADirectory => ("There is a folder of that name.", "Choose another name."),
            ErrorKind::InvalidFilename => ("This system does not allow that name.", "Choose another name."),
            _ => ("", ""),
        };
        let why = if why.is_empty() { format!("The system says: {}.", self.detail) } else { why.to_owned() };
        let all = self.done + self.others.len() + 1;
        if all == 1 {
            return Explanation { what, why, advice: advice.to_owned() };
        }
        let named: Vec<String> = self.others.iter().take(3).map(|path| format!("“{}”", path.display())).collect();
        let also = match self.others.len() {
            0 => String::new(),
            count if count <= 3 => format!(" Nor {}.", named.join(", ")),
            count => format!(" Nor {} and {} more.", named.join(", "), count - 3),
        };
        let what = format!("{} of {all} done. {what}", self.done);
        Explanation { what, why: format!("{why}{also}"), advice: advice.to_owned() }
    }
}

/// In plain words.
pub(crate) fn words(needs: u64, free: u64, promised: u64, disk: &Path) -> String {
    let (needs, free, disk) = (bytes(needs), bytes(free), disk.display());
    let others = match promised {
        0 => String::new(),
        promised => format!(", of which other downloads still need {}", bytes(promised)),
    };
    format!("It needs {needs}, there is {free} free on {disk}{others}.")
}
