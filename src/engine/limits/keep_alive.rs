//! When an idle browsing session says NOOP: a pure decision.

use std::time::{Duration, Instant};

/// How idle browsing sessions are kept alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// The shortest pause before a NOOP.
    pub shortest: Duration,
    /// The longest one. They vary in between: some servers throw out what asks by the clock.
    pub longest: Duration,
    /// So long after the user's last wish it ends: a session that nobody needs takes a place on the server.
    pub at_most: Duration,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self {
            shortest: Duration::from_secs(25),
            longest: Duration::from_secs(45),
            at_most: Duration::from_secs(30 * 60),
        }
    }
}

impl KeepAlive {
    /// When the next NOOP is due of a session that is idle since then, has said `noops` of them, and whose user last
    /// wanted something at `last_wish`; `None` = never.
    pub(crate) fn next(&self, idle_since: Instant, last_wish: Instant, noops: u32) -> Option<Instant> {
        let room = self.longest.saturating_sub(self.shortest);
        // The golden section strews any number of them evenly, and no two neighbours alike.
        let part = (f64::from(noops) * 0.618_033_988_749_895).fract();
        let due = idle_since + self.shortest + room.mul_f64(part);
        (due <= last_wish + self.at_most).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_vary_within_their_bounds() {
        let keep = KeepAlive::default();
        let now = Instant::now();
        let pauses: Vec<Duration> = (0..40).filter_map(|n| keep.next(now, now, n)).map(|at| at - now).collect();
        assert_eq!(pauses.len(), 40);
        assert!(pauses.iter().all(|pause| (keep.shortest..=keep.longest).contains(pause)), "{pauses:?}");
        assert!(pauses.windows(2).all(|two| two[0].abs_diff(two[1]) > Duration::from_secs(2)), "{pauses:?}");
    }

    #[test]
    fn a_session_that_nobody_needs_is_let_go() {
        let keep = KeepAlive::default();
        let wish = Instant::now();
        assert!(keep.next(wish + Duration::from_secs(29 * 60), wish, 0).is_some());
        assert_eq!(keep.next(wish + Duration::from_secs(30 * 60), wish, 0), None);
    }
}
