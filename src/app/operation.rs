//! An operation on files that takes long enough to be shown.

/// A wait longer than this, in seconds, is shown.
pub const SLOW: f64 = 0.5;

/// A long change on the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// "Deleting 3 files".
    pub title: String,
    /// Things done so far.
    pub done: u64,
    /// The last one.
    pub at: String,
    /// When it began ([`Model::now`]).
    pub since: f64,
}

impl Operation {
    /// Whether it goes on long enough that it should be seen. Renaming has no title: it is done in a moment.
    pub fn is_slow(&self, now: f64) -> bool {
        !self.title.is_empty() && now - self.since >= SLOW
    }
}
