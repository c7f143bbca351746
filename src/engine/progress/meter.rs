//! Speed, from samples of a counter: a mean that forgets. Steady, exact while nothing changes, never beyond what was
//! sampled, and none after a pause.

use std::time::{Duration, Instant};

use crate::engine::progress::estimate::Countdown;
use crate::engine::progress::mean::Mean;

/// What lies so far back counts a third.
const MEMORY: Duration = Duration::from_secs(2);
/// Where nothing came for so long, nothing moves.
const STALL: Duration = Duration::from_secs(5);
/// Before so much was seen there is no speed: the first bytes come out of somebody's buffer.
const FIRST: Duration = Duration::from_millis(250);
/// Before so much was seen nobody reckons with it.
const STEADY: Duration = Duration::from_secs(1);
/// A speed that is shown stands so long.
const STANDS: Duration = Duration::from_millis(400);

/// The speed of a counter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    last: Option<(Instant, u64)>,
    mean: Mean,
    moved_at: Option<Instant>,
    told: Option<(Instant, u64)>,
    countdown: Countdown,
}

impl Meter {
    /// The counter stands at `total` now.
    pub(crate) fn sample(&mut self, now: Instant, total: u64) {
        let Some((then, before)) = self.last.replace((now, total)) else { return };
        let time = now.saturating_duration_since(then);
        // A counter that went back was started anew.
        let Some(moved) = total.checked_sub(before) else { return };
        if moved > 0 {
            self.moved_at = Some(now);
        }
        // What a login takes is no speed either.
        let Some(moved_at) = self.moved_at else { return };
        if now.saturating_duration_since(moved_at) >= STALL {
            self.mean = Mean::default();
            return;
        }
        if !time.is_zero() {
            #[expect(clippy::cast_precision_loss, reason = "a speed")]
            self.mean.take(moved as f64 / time.as_secs_f64(), time, MEMORY);
        }
    }

    /// Bytes a second; 0 until enough was seen.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a speed, never negative")]
    pub(crate) fn rate(&self) -> u64 {
        if self.mean.seen < FIRST { 0 } else { self.mean.value().round() as u64 }
    }

    /// The same for people: it stands for a while, so that it can be read.
    pub(crate) fn shown(&mut self, now: Instant) -> u64 {
        let rate = self.rate();
        match self.told {
            Some((at, told)) if now.saturating_duration_since(at) < STANDS && (told == 0) == (rate == 0) => told,
            _ => {
                self.told = Some((now, rate));
                rate
            }
        }
    }

    /// How long so many bytes take, for people; `None` where nothing moves.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn time_left(&mut self, now: Instant, left: u64) -> Option<Duration> {
        let rate = self.mean.value();
        let known = self.mean.seen >= STEADY && rate > 0.0;
        self.countdown.show(now, known.then(|| left as f64 / rate))
    }

    /// Forgets what was: after a pause.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    /// Samples each tick at these rates (bytes a tick); the speed after each.
    fn speeds(meter: &mut Meter, start: Instant, ticks: &[u64]) -> Vec<u64> {
        let mut total = 0;
        meter.sample(start, 0);
        let sampled = (1..).zip(ticks).map(|(tick, more)| {
            total += more;
            meter.sample(start + TICK * tick, total);
            meter.rate()
        });
        sampled.collect()
    }

    #[test]
    fn a_pause_and_a_stall_leave_no_speed() {
        let start = Instant::now();
        let mut meter = Meter::default();
        assert_eq!(speeds(&mut meter, start, &[100; 20]).last(), Some(&1000));
        meter.reset();
        assert_eq!(meter.rate(), 0);
        let stalled = [[100; 20].as_slice(), &[0; 60]].concat();
        assert_eq!(speeds(&mut meter, start, &stalled).last(), Some(&0));
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

    #[test]
    fn the_first_moment_is_no_speed() {
        let mut meter = Meter::default();
        assert_eq!(speeds(&mut meter, Instant::now(), &[1_000_000, 10, 10])[..2], [0, 0]);
    }

    proptest! {
        #[test]
        fn an_even_rate_is_told_exactly(rate in 0..1_000_000_000u64, steps in prop::collection::vec(1..2_000u64, 3..60)) {
            let start = Instant::now();
            let mut meter = Meter::default();
            meter.sample(start, 0);
            let mut millis = 250;
            meter.sample(start + Duration::from_millis(millis), rate * millis);
            for step in steps {
                millis += step;
                meter.sample(start + Duration::from_millis(millis), rate * millis);
                // Bytes a millisecond.
                prop_assert!(meter.rate().abs_diff(rate * 1000) <= 1 + rate / 1_000_000, "{} not {rate}000", meter.rate());
            }
        }

        #[test]
        fn a_step_is_followed_within_seconds_and_never_overshot(from in 0..1_000_000u64, to in 1..1_000_000u64) {
            let mut meter = Meter::default();
            let ticks = [vec![from; 100], vec![to; 100]].concat();
            let speeds = speeds(&mut meter, Instant::now(), &ticks);
            let (low, high) = (from.min(to) * 10, from.max(to) * 10);
            prop_assert!(speeds[5..].iter().all(|speed| (low.saturating_sub(1)..=high + 1).contains(speed)));
            // Six seconds on a twentieth of the step is left.
            let left = speeds[160].abs_diff(to * 10);
            prop_assert!(left <= from.abs_diff(to) * 10 / 20 + 1, "{left} of {}", from.abs_diff(to) * 10);
        }
    }
}
