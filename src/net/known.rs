//! What all sessions with one server know of it, as long as the program runs.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::reach::Reach;

/// Of one user's account on one server.
#[derive(Debug, Default)]
pub struct Known {
    /// Whether the server can open connections to this computer.
    pub reach: Reach,
    /// AUTH was refused: asking again would be a round trip in vain.
    pub(super) refuses_tls: Recent,
    /// The user's name was answered with 331 and the password with 230: both can go in one write.
    pub(super) takes_password: Recent,
}

/// Something that was seen, and is taken for true for a moment: later the server may have been set up anew.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Option<Instant>>);

impl Recent {
    /// Another session has just seen it.
    pub(super) fn is_true(&self) -> bool {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.is_some_and(|at| at.elapsed() < MOMENT)
    }

    /// It was seen now; `false` = the opposite.
    pub(super) fn see(&self, is_so: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = is_so.then(Instant::now);
    }
}

const MOMENT: Duration = Duration::from_secs(60);
