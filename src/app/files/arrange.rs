//! A listing becomes rows: on the spot for a folder of usual size, on a thread of the face's for a huge one, so that the
//! window never stands still. [`Arranging`] is the work, [`Arranged`] what comes of it.

use std::fmt;
use std::sync::Arc;

use crate::app::files::location::{Location, Side};
use crate::app::files::rows::{Rows, View};
use crate::domain::{Charset, Listing};

/// A folder with more entries is arranged on a thread of its own.
pub const HUGE: usize = 100_000;

/// The work: pure, may take seconds.
#[derive(Clone)]
pub struct Arranging {
    /// Of which pane.
    pub side: Side,
    pub(crate) serial: u64,
    pub(crate) purpose: Purpose,
    pub(crate) listing: Arc<Listing>,
    pub(crate) known: Rows,
    pub(crate) charset: Charset,
    pub(crate) view: View,
}

/// What comes of it.
#[derive(Clone)]
pub struct Arranged {
    /// Of which pane.
    pub side: Side,
    pub(crate) serial: u64,
    pub(crate) purpose: Purpose,
    pub(crate) listing: Arc<Listing>,
    pub(crate) rows: Rows,
    pub(crate) view: View,
}

/// What for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The entries are those that are shown; filter or order changed.
    Sorted,
    /// The directory was read, or the first part of it.
    Came {
        /// Where.
        at: Location,
        /// All of it is here.
        complete: bool,
    },
}

impl Arranging {
    /// Does it.
    pub fn run(self) -> Arranged {
        let Self { side, serial, purpose, listing, known, charset, view } = self;
        let rows = known.arranged(&listing, &charset, &view);
        Arranged { side, serial, purpose, listing, rows, view }
    }
}

// A million rows are not for a log.
impl fmt::Debug for Arranging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arranging {:?} {} {:?}", self.side, self.serial, self.purpose)
    }
}

impl fmt::Debug for Arranged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arranged {:?} {} {:?}", self.side, self.serial, self.purpose)
    }
}
