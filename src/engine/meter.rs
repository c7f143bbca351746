//! Speed and time left, from samples: steady, and right after a pause.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A speed is the mean over so long.
const WINDOW: Duration = Duration::from_secs(3);

/// Samples of a counter that only grows.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    samples: VecDeque<(Instant, u64)>,
}

impl Meter {
    /// The counter stands at `total` now.
    pub(super) fn sample(&mut self, now: Instant, total: u64) {
        // A counter that went back was started anew.
        if self.samples.back().is_some_and(|(_, last)| *last > total) {
            self.samples.clear();
        }
        self.samples.push_back((now, total));
        while self.samples.len() > 2 && self.samples.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Bytes a second over the window; 0 until two samples are there.
    pub(super) fn rate(&self) -> u64 {
        let (Some((from, first)), Some((to, last))) = (self.samples.front(), self.samples.back()) else { return 0 };
        let millis = to.duration_since(*from).as_millis();
        if millis == 0 {
            return 0;
        }
        u64::try_from(u128::from(last - first) * 1000 / millis).unwrap_or(u64::MAX)
    }

    /// Forgets what was: after a pause.
    pub(super) fn reset(&mut self) {
        self.samples.clear();
    }
}

/// How long `left` bytes take at `rate`; `None` where nothing moves.
pub(super) fn time_left(left: u64, rate: u64) -> Option<Duration> {
    (rate > 0).then(|| Duration::from_secs(left.div_ceil(rate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_mean_of_the_last_seconds() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for second in 0..10 {
            meter.sample(start + Duration::from_secs(second), second * 1000);
        }
        assert_eq!(meter.rate(), 1000);
        for second in 10..20 {
            meter.sample(start + Duration::from_secs(second), 9000);
        }
        assert_eq!(meter.rate(), 0);
        assert_eq!(time_left(10, 3), Some(Duration::from_secs(4)));
        assert_eq!(time_left(10, 0), None);
    }

    #[test]
    fn a_counter_started_anew_makes_no_giant_rate() {
        let start = Instant::now();
        let mut meter = Meter::default();
        meter.sample(start, 1_000_000);
        meter.sample(start + Duration::from_secs(1), 0);
        meter.sample(start + Duration::from_secs(2), 100);
        assert_eq!(meter.rate(), 100);
    }
}
