//! Why a job failed: the server, the network, or this computer.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::ftp::error::{Class, FtpError};
use crate::ftp::explain::{Explanation, explain};

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
}

impl JobError {
    /// What can be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Remote(error) => error.class(),
            Self::Local(_) | Self::NoSource(_) | Self::Internal(_) => Class::Permanent,
        }
    }

    /// In plain words.
    pub fn explain(&self) -> Explanation {
        match self {
            Self::Remote(error) => explain(error),
            Self::Local(error) => error.explain(),
            Self::NoSource(what) => Explanation {
                what: format!("“{what}” does not exist any more."),
                why: String::new(),
                advice: "Refresh the list and try again.".into(),
            },
            Self::Internal(detail) => Explanation {
                what: "Twinport made a mistake.".into(),
                why: detail.clone(),
                advice: "Please report it with the message log. Nothing was lost: the job can be retried.".into(),
            },
        }
    }
}

impl LocalError {
    /// Wraps an error of the system's.
    pub fn new(action: LocalAction, path: &Path, error: &io::Error) -> Self {
        Self { action, path: path.to_owned(), kind: error.kind(), detail: error.to_string() }
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
            ErrorKind::ReadOnlyFilesystem => ("The disk is read-only.", "Choose a folder on another disk."),
            ErrorKind::NotADirectory => ("A part of its path is a file, not a folder.", "Choose another folder."),
            ErrorKind::IsADirectory => ("There is a folder of that name.", "Choose another name."),
            ErrorKind::InvalidFilename => ("This system does not allow that name.", "Choose another name."),
            _ => ("", ""),
        };
        let why = if why.is_empty() { format!("The system says: {}.", self.detail) } else { why.to_owned() };
        Explanation { what, why, advice: advice.to_owned() }
    }
}
