//! How bytes travel: TYPE and MODE, wanted and in force (RFC 959, 3.1 and 3.4).

use crate::domain::Site;
use crate::ftp::deflate;
use crate::ftp::features::Features;
use crate::ftp::verb::Verb;

/// How the session carries files at present, and what it has learned about that.
pub(in crate::net) struct Carriage {
    /// The TYPE in force; `None` = not known.
    pub(crate) representation: Option<Representation>,
    /// The MODE in force; `None` = not known.
    pub(in crate::net) coding: Option<Coding>,
    /// The user wants text compressed, and the server can.
    pub(in crate::net) compresses: bool,
    /// It can unpack, too: ProFTPD 1.3.8 ends with an input/output error after 640 KiB.
    unpacks: bool,
    /// Whether the server knows REST at all.
    pub(crate) offsets: bool,
    /// Whether REST before STOR continues a file; `None` = not known.
    pub(crate) rest_stor: Option<bool>,
    /// An offset was set and perhaps not used up.
    pub(in crate::net) rest_left: bool,
}

/// RFC 959 section 3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Representation {
    Image,
    Ascii,
}

/// How bytes travel (RFC 959 section 3.4, draft-preston-ftpext-deflate).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::net) enum Coding {
    Stream,
    Deflate,
}

impl Carriage {
    /// After the login. `image` = TYPE I was accepted; `proftpd` = that is who the server says it is.
    pub(in crate::net) fn new(site: &Site, features: &Features, image: bool, proftpd: bool) -> Self {
        Self {
            representation: image.then_some(Representation::Image),
            coding: Some(Coding::Stream),
            compresses: site.compression && features.mode_z,
            unpacks: !proftpd,
            offsets: true,
            rest_stor: site.learned.rest_stor,
            rest_left: false,
        }
    }

    /// The same server on another connection: what it does with REST and STOR it does still.
    pub(in crate::net) fn inherit(&mut self, earlier: &Self) {
        self.rest_stor = earlier.rest_stor.or(self.rest_stor);
    }

    /// TYPE I, MODE S, and nothing that would cut the next file.
    pub(in crate::net) fn is_plain(&self) -> bool {
        self.representation == Some(Representation::Image) && self.coding == Some(Coding::Stream) && !self.rest_left
    }

    pub(in crate::net) fn coding_in_force(&self) -> Coding {
        self.coding.unwrap_or(Coding::Stream)
    }

    /// Offsets count bytes as they are in the file: nothing that begins in the middle is compressed.
    pub(crate) fn coding_for(&self, verb: &Verb, rest: u64) -> Coding {
        let shrinks = match verb {
            Verb::Mlsd(_) | Verb::List { .. } => true,
            Verb::Retr(path) => deflate::pays(path.as_bytes()),
            Verb::Stor(path) => self.unpacks && deflate::pays(path.as_bytes()),
            _ => false,
        };
        if self.compresses && rest == 0 && shrinks { Coding::Deflate } else { Coding::Stream }
    }
}
