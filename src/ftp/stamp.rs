//! Setting a file's time, which no RFC knows: what servers have instead, the clearest first.

use crate::domain::Timestamp;
use crate::ftp::features::Features;
use crate::ftp::verb::{Argument, Verb};

/// A command that sets a file's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// MFMT (draft-somers-ftp-mfxx).
    Mfmt,
    /// MDTM with a time.
    Mdtm,
    /// SITE UTIME with name, three times and zone.
    Utime,
    /// SITE UTIME with time and name.
    ShortUtime,
}

impl Stamp {
    /// The commands worth a try. MDTM with a time is a guess: a server may take all of it for a name. SITE UTIME is one, too,
    /// where FEAT does not name it; few name what SITE can.
    pub fn ways(features: &Features) -> Vec<Self> {
        let mut ways = Vec::new();
        if features.mfmt {
            ways.push(Self::Mfmt);
        }
        let utime = [Self::Utime, Self::ShortUtime];
        if features.site.iter().any(|command| command == "UTIME") {
            ways.extend(utime);
        }
        if features.mdtm {
            ways.push(Self::Mdtm);
        }
        if !ways.contains(&Self::Utime) {
            ways.extend(utime);
        }
        ways
    }

    /// As the server knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mfmt => "MFMT",
            Self::Mdtm => "MDTM",
            Self::Utime | Self::ShortUtime => "SITE UTIME",
        }
    }

    /// The command; `None` where its date has no place for that year ([`Timestamp::rfc3659`]).
    pub fn verb(self, time: Timestamp, path: Argument) -> Option<Verb> {
        time.rfc3659()?;
        Some(match self {
            Self::Mfmt => Verb::Mfmt(time, path),
            Self::Mdtm => Verb::MdtmSet(time, path),
            Self::Utime => Verb::SiteUtime(time, path),
            Self::ShortUtime => Verb::SiteShortUtime(time, path),
        })
    }
}
