//! What a folder holds, and what the target has of it.

use std::path::PathBuf;

use crate::domain::{EntryKind, RemotePath, Timestamp};
use crate::engine::job::side::Side;

/// What is known of an upload's target from reading its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Existing {
    /// Nothing: it must be asked for.
    #[default]
    Unknown,
    /// Nothing there, nor a partial file of ours.
    Absent,
    /// Only a partial file of ours, so long.
    Part(u64),
    /// A file.
    File(Side),
    /// A directory that was made a moment ago: nothing is in it.
    Made,
}

/// What a folder holds: becomes a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Child {
    pub(crate) kind: EntryKind,
    pub(crate) local: PathBuf,
    pub(crate) remote: RemotePath,
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) existing: Existing,
}
