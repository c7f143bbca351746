//! A question that the user has not answered yet.

use std::sync::Arc;

use crate::domain::{ConnectionId, JobId};
use crate::ftp::error::FtpError;

/// A question that waits for its answer.
pub(crate) enum Asked {
    FileExists(JobId),
    /// With what is wrong if nobody answers.
    BrowserPassword(ConnectionId, FtpError),
    ServerPassword(Arc<str>, FtpError),
    BrowserEncryption(ConnectionId, FtpError),
    ServerEncryption(Arc<str>, FtpError),
}
