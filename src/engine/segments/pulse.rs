//! Whether a download would be faster over more connections: pure. A connection that is bound by a window (the server's send
//! buffer, ours) gets a window's worth each round trip and is quiet for the rest of it; one that fills the line, or is
//! held up by a server or a disk nearby, is not. So it is looked for quiet times, at a rate that is steady, and after each
//! connection more for what it brought. Where the last one brought little there will be no further one.

use std::time::Duration;

/// Of one download.
#[derive(Debug)]
pub(super) struct Pulse {
    round_trip: Duration,
    /// The last look: when, how many bytes there were, how long it had been quiet.
    last: Option<Look>,
    before: Option<Window>,
    /// Windows in a row that looked like one that binds.
    bound: u8,
    /// Bytes a second, before there was one more.
    bar: Option<f64>,
    workers: usize,
    settled: bool,
}

/// What is seen of a download at some time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// Since its beginning.
    pub(super) at: Duration,
    /// That came so far.
    pub(super) bytes: u64,
    /// So long nothing came, in gaps that are long beside a round trip; of all connections together.
    pub(super) quiet: Duration,
    /// Connections that bytes come over.
    pub(super) workers: usize,
    pub(super) missing: u64,
}

/// Between two looks.
#[derive(Debug, Clone, Copy)]
struct Window {
    rate: f64,
    quiet: f64,
}

impl Pulse {
    pub(super) fn new(round_trip: Duration) -> Self {
        Self { round_trip, last: None, before: None, bound: 0, bar: None, workers: 1, settled: false }
    }

    /// A pause in which nothing comes counts as quiet from this length on.
    pub(super) fn gap(&self) -> Duration {
        (self.round_trip / 5).max(Duration::from_millis(2))
    }

    /// Whether one connection more is worth a try now.
    pub(super) fn wants_more(&mut self, look: Look) -> bool {
        if self.settled || self.round_trip < NEAR {
            return false;
        }
        let Some(last) = self.last else {
            self.last = Some(look);
            return false;
        };
        if look.workers != self.workers {
            // What the new one brings shows when it runs.
            self.workers = look.workers;
            self.last = Some(look);
            (self.before, self.bound) = (None, 0);
            return false;
        }
        let span = look.at.saturating_sub(last.at);
        if span < (self.round_trip * 4).max(WINDOW) {
            return false;
        }
        self.last = Some(look);
        let seconds = span.as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let (came, missing) = (look.bytes.saturating_sub(last.bytes) as f64, look.missing as f64);
        #[allow(clippy::cast_precision_loss)]
        let quiet = look.quiet.saturating_sub(last.quiet).as_secs_f64() / (seconds * look.workers.max(1) as f64);
        let now = Window { rate: came / seconds, quiet };
        let Some(before) = self.before.replace(now) else { return false };
        let steady = (now.rate - before.rate).abs() <= STEADY * now.rate.max(before.rate);
        if !steady {
            self.bound = 0;
            return false;
        }
        if self.bar.is_some_and(|bar| now.rate < bar * GAIN) {
            self.settled = true;
            return false;
        }
        // A busy computer is quiet now and then, too.
        let binds = before.quiet >= QUIET && now.quiet >= QUIET;
        self.bound = if binds { self.bound + 1 } else { 0 };
        if self.bound < IN_A_ROW {
            return false;
        }
        self.bound = 0;
        if missing / now.rate < (self.round_trip * 25).max(WORTH).as_secs_f64() {
            return false;
        }
        true
    }

    /// Whether it has as many as help.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// There is one more: it must be worth it.
    pub(super) fn hired(&mut self) {
        self.bar = self.before.map(|window| window.rate);
    }

    /// How much must be left of a range to be halved: less than that is there sooner than another connection stands.
    pub(super) fn least(&self, rate: u64) -> u64 {
        let trips = u64::try_from(self.round_trip.as_millis()).unwrap_or(u64::MAX).saturating_mul(10);
        (rate.saturating_mul(trips) / 1000).max(1 << 20)
    }
}

/// On a network as near as that, windows bind nothing.
const NEAR: Duration = Duration::from_millis(5);
const WINDOW: Duration = Duration::from_millis(250);
/// A download that is over by then stays as it is.
const WORTH: Duration = Duration::from_secs(2);
const STEADY: f64 = 0.15;
const QUIET: f64 = 0.25;
const GAIN: f64 = 1.1;
const IN_A_ROW: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at a download of that rate and share of quiet; when it wanted more, if it did.
    fn watch(pulse: &mut Pulse, from: u64, workers: usize, rate: u64, quiet: f64) -> Option<u64> {
        (from..from + 5000).step_by(50).find(|millis| {
            let at = Duration::from_millis(*millis);
            let bytes = rate * millis / 1000;
            let quiet = at.mul_f64(quiet * workers as f64);
            pulse.wants_more(Look { at, bytes, quiet, workers, missing: 1 << 30 })
        })
    }

    #[test]
    fn a_connection_that_is_quiet_half_of_the_time_gets_company_and_one_that_fills_the_line_does_not() {
        let mut pulse = Pulse::new(Duration::from_millis(80));
        assert!(watch(&mut pulse, 0, 1, 12_500_000, 0.5).is_some_and(|after| after < 2000));
        let mut pulse = Pulse::new(Duration::from_millis(80));
        assert_eq!(watch(&mut pulse, 0, 1, 25_000_000, 0.02), None);
        let mut near = Pulse::new(Duration::from_micros(200));
        assert_eq!(watch(&mut near, 0, 1, 12_500_000, 0.5), None, "a slow disk, not a window");
    }

    #[test]
    fn there_is_no_third_where_the_second_brought_little() {
        let mut pulse = Pulse::new(Duration::from_millis(80));
        assert!(watch(&mut pulse, 0, 1, 12_500_000, 0.5).is_some());
        pulse.hired();
        assert_eq!(watch(&mut pulse, 10_000, 2, 12_800_000, 0.5), None);
        assert_eq!(watch(&mut pulse, 20_000, 2, 25_000_000, 0.5), None, "it has settled");

        let mut pulse = Pulse::new(Duration::from_millis(80));
        assert!(watch(&mut pulse, 0, 1, 12_500_000, 0.5).is_some());
        pulse.hired();
        assert!(watch(&mut pulse, 10_000, 2, 25_000_000, 0.5).is_some());
    }

    #[test]
    fn a_rate_that_still_rises_is_waited_for_and_a_short_rest_is_left_alone() {
        let mut pulse = Pulse::new(Duration::from_millis(80));
        let mut bytes = 0;
        for step in 0..20u32 {
            bytes += 10_000u64 << step.min(16);
            let at = Duration::from_millis(u64::from(step) * 330);
            let look = Look { at, bytes, quiet: at / 2, workers: 1, missing: 1 << 40 };
            assert!(!pulse.wants_more(look) || step > 16, "{step}");
        }
        let mut pulse = Pulse::new(Duration::from_millis(80));
        for step in 0..20u64 {
            let at = Duration::from_millis(step * 330);
            let look = Look { at, bytes: 4_000_000 * step, quiet: at / 2, workers: 1, missing: 8_000_000 };
            assert!(!pulse.wants_more(look));
        }
    }
}
