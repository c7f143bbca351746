//! A speed limit for all transfers together: a clock that runs ahead with every byte. Whoever moved bytes waits until
//! the clock's time has come, so that the sessions share the rate, and none saves up for a burst.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::net::wait::Cancel;

/// One for the engine and all its sessions.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes a second; `None` = no limit.
    rate: Option<u64>,
    /// When all that was moved so far may have been moved.
    paid_until: Option<Instant>,
}

/// Cancelling takes effect within so long.
const SLICE: Duration = Duration::from_millis(50);

impl Limiter {
    /// From now on so many bytes a second.
    pub(super) fn set_rate(&self, rate: Option<u64>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.rate != rate {
            *state = State { rate, paid_until: None };
        }
    }

    /// How much to move at a time: a tenth of a second's worth, so that the rate is even.
    pub(super) fn portion(&self, most: usize) -> usize {
        match self.state.lock().unwrap_or_else(PoisonError::into_inner).rate {
            Some(rate) => usize::try_from(rate / 10).unwrap_or(most).clamp(1, most),
            None => most,
        }
    }

    /// So many bytes were moved: waits till that was allowed, or till it is cancelled.
    pub(super) fn spend(&self, bytes: usize, cancel: &Cancel) {
        let Some(until) = self.due(bytes, Instant::now()) else { return };
        while !cancel.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(SLICE));
        }
    }

    /// When so many bytes more may have been moved.
    fn due(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let nanos = (bytes as u128 * 1_000_000_000) / u128::from(state.rate?.max(1));
        let cost = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        // Time in which nothing moved is gone.
        let from = state.paid_until.map_or(now, |paid| paid.max(now));
        let until = from.checked_add(cost)?;
        state.paid_until = Some(until);
        Some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_share_one_rate_and_idle_time_is_not_saved_up() {
        let limiter = Limiter::default();
        let start = Instant::now();
        assert_eq!(limiter.due(1000, start), None, "no limit");
        limiter.set_rate(Some(1000));
        assert_eq!(limiter.due(500, start), Some(start + Duration::from_millis(500)));
        assert_eq!(limiter.due(500, start), Some(start + Duration::from_secs(1)), "the other session's bytes count");
        let later = start + Duration::from_secs(10);
        assert_eq!(limiter.due(500, later), Some(later + Duration::from_millis(500)));
        assert_eq!(limiter.portion(4096), 100);
    }

    #[test]
    fn cancelling_ends_the_wait() {
        let limiter = Limiter::default();
        limiter.set_rate(Some(1));
        let cancel = Cancel::new();
        cancel.cancel();
        limiter.spend(1_000_000, &cancel);
    }
}
