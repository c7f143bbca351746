//! What a folder holds and a transfer leaves out: each becomes a row of the queue that has ended, with its reason.

use std::path::PathBuf;

use crate::domain::{EntryKind, RemotePath};
use crate::ftp::explain::explanation::Explanation;

/// Something in a folder that is not transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) kind: EntryKind,
    pub(crate) local: PathBuf,
    pub(crate) remote: RemotePath,
    pub(crate) why: Explanation,
}

/// Why something is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A pipe, socket or device.
    NoFile,
    /// A link to a folder.
    LinkToFolder,
    /// A link to nothing.
    LinkToNothing,
    /// A folder that is one of those above it.
    Circle,
    /// A partial file of Twinport's own.
    PartialFile,
    /// A name that the site's charset does not have.
    Charset(&'static str),
    /// It cannot be read; the system's words.
    Unreadable(Explanation),
}

impl Reason {
    /// In plain words; `what` begins with what it is, without its name.
    pub(crate) fn explain(self) -> Explanation {
        let (what, why, advice): (String, &str, &str) = match self {
            Self::NoFile => ("It is no file and no folder.".into(), "A pipe, a socket or a device has no end.", ""),
            Self::LinkToFolder => (
                "It is a link to a folder.".into(),
                "It may lead in a circle, or to what is transferred anyway.",
                "Transfer the folder that it leads to by itself.",
            ),
            Self::LinkToNothing => ("It is a link to nothing.".into(), "", "Delete it, or mend where it leads."),
            Self::Circle => (
                "It leads back to a folder above it.".into(),
                "Following it would never end.",
                "It is a link, though the server shows it as a folder.",
            ),
            Self::PartialFile => (
                "It is a partial file of Twinport's.".into(),
                "A download that is not whole lies there.",
                "Rename it where it is a file of yours.",
            ),
            Self::Charset(label) => (
                format!("Its name cannot be written in the site's charset {label}."),
                "",
                "Rename it, or set another charset for the site.",
            ),
            Self::Unreadable(words) => return words,
        };
        Explanation { what, why: why.to_owned(), advice: advice.to_owned() }
    }
}
