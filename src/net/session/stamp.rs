//! Setting a file's time, which no RFC knows: what servers have instead, the clearest first.

use super::Session;
use crate::domain::{RemotePath, Timestamp};
use crate::ftp::error::FtpError;
use crate::ftp::features::Features;
use crate::ftp::reply::Reply;
use crate::ftp::verb::{Argument, Verb};

/// A command that sets a file's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    Mfmt,
    /// MDTM with a time.
    Mdtm,
    /// SITE UTIME with name, three times and zone.
    Utime,
    /// SITE UTIME with time and name.
    ShortUtime,
}

/// The commands worth a try. MDTM with a time is a guess: a server may take all of it for a name. SITE UTIME is one, too,
/// where FEAT does not name it; few name what SITE can.
pub(super) fn ways(features: &Features) -> Vec<Stamp> {
    let mut ways = Vec::new();
    if features.mfmt {
        ways.push(Stamp::Mfmt);
    }
    let utime = [Stamp::Utime, Stamp::ShortUtime];
    if features.site.iter().any(|command| command == "UTIME") {
        ways.extend(utime);
    }
    if features.mdtm {
        ways.push(Stamp::Mdtm);
    }
    if !ways.contains(&Stamp::Utime) {
        ways.extend(utime);
    }
    ways
}

impl Session {
    /// MFMT, else MDTM with a time or SITE UTIME. `Ok(false)` = the server cannot.
    ///
    /// # Errors
    /// Only what breaks the conversation: a file whose time cannot be set is a whole file all the same.
    pub fn set_modified(&mut self, path: &RemotePath, time: Timestamp) -> Result<bool, FtpError> {
        self.ready()?;
        let argument = self.file_argument(path)?;
        while let Some(stamp) = self.stamps.first().copied() {
            let reply = self.ask(&stamp.verb(time, argument.clone()))?;
            if let Some(done) = self.has_stamped(stamp, &reply) {
                return Ok(done);
            }
        }
        Ok(false)
    }

    /// The first way that is worth a try.
    pub(super) fn stamp(&self, time: Timestamp, path: Argument) -> Option<(Stamp, Verb)> {
        self.stamps.first().map(|stamp| (*stamp, stamp.verb(time, path)))
    }

    /// Whether that way has set the time; `None` = it will never do, another one may.
    pub(super) fn has_stamped(&mut self, stamp: Stamp, reply: &Reply) -> Option<bool> {
        if reply.is_positive() {
            self.stamps_work = true;
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

impl Stamp {
    fn name(self) -> &'static str {
        match self {
            Self::Mfmt => "MFMT",
            Self::Mdtm => "MDTM",
            Self::Utime | Self::ShortUtime => "SITE UTIME",
        }
    }

    fn verb(self, time: Timestamp, path: Argument) -> Verb {
        match self {
            Self::Mfmt => Verb::Mfmt(time, path),
            Self::Mdtm => Verb::MdtmSet(time, path),
            Self::Utime => Verb::SiteUtime(time, path),
            Self::ShortUtime => Verb::SiteShortUtime(time, path),
        }
    }
}
