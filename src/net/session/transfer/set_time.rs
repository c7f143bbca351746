//! Setting a file's time by what works here.

use crate::domain::{RemotePath, Timestamp};
use crate::ftp::error::FtpError;
use crate::ftp::reply::Reply;
use crate::ftp::stamp::Stamp;
use crate::ftp::verb::{Argument, Verb};
use crate::net::session::Session;

impl Session {
    /// MFMT, else MDTM with a time or SITE UTIME. `Ok(false)` = the server cannot.
    ///
    /// # Errors
    /// Only what breaks the conversation: a file whose time cannot be set is a whole file all the same.
    pub fn set_modified(&mut self, path: &RemotePath, time: Timestamp) -> Result<bool, FtpError> {
        self.ready()?;
        let argument = self.file_argument(path)?;
        while let Some(stamp) = self.stamps.first().copied() {
            let Some(verb) = stamp.verb(time, argument.clone()) else { break };
            let reply = self.ask(&verb)?;
            if let Some(done) = self.has_stamped(stamp, &reply) {
                return Ok(done);
            }
        }
        Ok(false)
    }

    /// The first way that is worth a try.
    pub(in crate::net) fn stamp(&self, time: Timestamp, path: Argument) -> Option<(Stamp, Verb)> {
        self.stamps.first().and_then(|stamp| Some((*stamp, stamp.verb(time, path)?)))
    }

    /// Whether the first way is known to work, here or by another session.
    pub(in crate::net) fn stamps_surely(&self) -> bool {
        self.stamps_work || self.stamps.first().is_some_and(|way| self.dial.known.stamps.latest() == Some(*way))
    }

    /// Whether that way has set the time; `None` = it will never do, another one may.
    pub(in crate::net) fn has_stamped(&mut self, stamp: Stamp, reply: &Reply) -> Option<bool> {
        if reply.is_positive() {
            self.stamps_work = true;
            self.dial.known.stamps.see(Some(stamp));
            return Some(true);
        }
        // Of this file.
        if stamp == Stamp::Mfmt && !reply.is_not_implemented() {
            return Some(false);
        }
        // A guess that was wrong once is not tried again: that nothing was found may mean the time, taken for a name.
        let is_unknown = matches!(reply.code, 500 | 502);
        self.stamps.retain(|other| *other != stamp && !(is_unknown && other.name() == stamp.name()));
        None
    }
}
