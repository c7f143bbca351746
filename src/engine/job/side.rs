//! Size and time of a file, by which versions of it are told apart.

use crate::domain::Timestamp;
use crate::engine::message::job::FileFacts;

/// Size and time of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Side {
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
}

/// Why a file counts as whole whose last reply never came.
pub(crate) fn told_by_size(what: &str) -> String {
    format!("The server never said that “{what}” arrived; that its size is right says so")
}

/// Whether two exact times are of two versions. A server that cannot tell does not make them so.
pub(crate) fn differ(a: Option<Timestamp>, b: Option<Timestamp>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.zone == b.zone && a.precision == b.precision && a.seconds != b.seconds,
        _ => false,
    }
}

pub(crate) fn facts(path: String, side: Side) -> FileFacts {
    FileFacts { path, size: side.size, modified: side.modified }
}
