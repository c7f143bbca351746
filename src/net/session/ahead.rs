//! What is sent before it is needed, so that no round trip is spent on waiting.

use super::Session;
use crate::domain::RemotePath;

/// What the session will be asked for after the transfer that runs, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing, or not known.
    #[default]
    Nothing,
    /// A transfer: its data connection can be arranged ahead.
    Transfer,
    /// This file, whole and as it is (TYPE I, from its beginning).
    Retrieve(RemotePath),
}

impl Session {
    /// Says what follows the next transfer. Counts for that one only, and is a hint: whatever is asked for then, works.
    pub fn expect_next(&mut self, next: Next) {
        self.next = next;
    }
}
