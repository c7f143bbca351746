//! Whether a server can open connections to this computer: found out once, known to all sessions with it.

use std::sync::atomic::{AtomicU8, Ordering};

/// Of one server. Passive mode works nearly everywhere; where the server reaches us as well, small files come faster in
/// active mode, since PORT and RETR can be told before their turn.
#[derive(Debug, Default)]
pub struct Reach(AtomicU8);

const UNKNOWN: u8 = 0;
const WANTED: u8 = 1;
const TRIED: u8 = 2;
const WORKS: u8 = 3;
const FAILS: u8 = 4;

/// Elsewhere the system asks the user when a program listens: only whoever chose active mode is to be asked.
const MAY_LISTEN_UNASKED: bool = cfg!(target_os = "linux");

impl Reach {
    /// There are so many files that it is worth a try.
    pub fn want(&self) {
        if MAY_LISTEN_UNASKED {
            self.turn(UNKNOWN, WANTED);
        }
    }

    /// Whether somebody is to find it out.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == WANTED
    }

    /// Whether the caller is the one to try it.
    pub(super) fn may_try(&self) -> bool {
        self.turn(WANTED, TRIED)
    }

    /// The try told nothing.
    pub(super) fn told_nothing(&self) {
        self.turn(TRIED, WANTED);
    }

    /// Whether it does is known now; `false` = it was known.
    pub(super) fn learn(&self, works: bool) -> bool {
        let now = if works { WORKS } else { FAILS };
        self.0.swap(now, Ordering::Relaxed) != now
    }

    /// Whether the server has reached us, and not failed since.
    pub fn works(&self) -> bool {
        self.0.load(Ordering::Relaxed) == WORKS
    }

    fn turn(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
