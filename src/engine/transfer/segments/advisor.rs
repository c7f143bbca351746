//! Whether a download would be faster over more connections: pure. One that fills the line keeps bytes waiting somewhere on
//! the way: data take longer than the way itself. Where they do not, at a rate that no longer rises, the line has room, and
//! what binds is a window (the server's send buffer, ours) or what is lost on the way. Then several more begin, and those
//! must be worth it: there are further ones only where these brought something, and none where they did harm, unless they are missed then.
//!
//! Nearby no window binds; but a server encrypts each connection on one processor, and where that is what we wait for,
//! another connection has another processor.

use std::time::Duration;

/// Of one download.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// The last look at which a window ended.
    last: Option<Look>,
    /// The shortest time that data took since then.
    data_trip: Option<Duration>,
    /// The least that was unread since then.
    unread: Option<u64>,
    before: Option<f64>,
    /// So many windows in a row the line had room.
    idle: u8,
    /// The line was full once: a window with room may be the pause after a loss.
    was_full: bool,
    bar: Option<Bar>,
    /// It will be when there are more.
    next: Bar,
    /// So many bytes may be on the way.
    window: Option<u64>,
    /// The server is near.
    near: bool,
    settled: bool,
    /// Some were sent away, and it shows now whether that was right.
    missed: Option<Missed>,
    /// It was not, once.
    was_wrong: bool,
}

/// How it was with those that were sent away.
#[derive(Debug, Clone, Copy)]
struct Missed {
    /// Bytes a second.
    rate: f64,
    /// So many windows were below.
    poor: u8,
}

/// What is seen of a download at some time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// Since its beginning.
    pub(crate) at: Duration,
    /// That came so far.
    pub(crate) bytes: u64,
    pub(crate) missing: u64,
    /// Connections, those that are being made included.
    pub(crate) workers: usize,
    /// Connections that bytes come over.
    pub(crate) flowing: usize,
    /// The way there and back; `None` = the system does not tell.
    pub(crate) trip: Option<Duration>,
    /// The shortest time that data took since the last look.
    pub(crate) data_trip: Option<Duration>,
    /// The least that was here and unread since the last look.
    pub(crate) unread: Option<u64>,
    /// What comes is encrypted.
    pub(crate) encrypted: bool,
}

/// How it was before there were more connections, which must be worth it.
#[derive(Debug, Clone, Copy, Default)]
struct Bar {
    /// Bytes a second.
    rate: f64,
    /// Bytes.
    on_its_way: u64,
    workers: usize,
    /// So many windows were below.
    poor: u8,
}

/// What to do about the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    Stay,
    /// So many more are worth a try.
    Open(usize),
    /// So many bytes may be on the way, of all together.
    Allow(u64),
    /// Those that came last are in the others' way.
    Dismiss,
}

impl Pulse {
    /// To be asked again and again.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn feel(&mut self, look: Look) -> Advice {
        let Some(trip) = look.trip.filter(|trip| *trip >= NEAR || look.encrypted) else { return Advice::Stay };
        self.near = trip < NEAR;
        self.data_trip = self.data_trip.into_iter().chain(look.data_trip).min();
        self.unread = self.unread.into_iter().chain(look.unread).min();
        if look.flowing < look.workers {
            // What new ones bring shows when they run.
            (self.last, self.before, self.idle) = (None, None, 0);
            return Advice::Stay;
        }
        let Some(last) = self.last else {
            self.begin(look);
            if self.window.is_none() && !self.near && look.missing >= BIG {
                self.window = Some(FIRST);
                return Advice::Allow(FIRST);
            }
            return Advice::Stay;
        };
        let span = look.at.saturating_sub(last.at);
        let window = if self.near && self.bar.is_none() { NEAR_WINDOW } else { WINDOW };
        if span < (trip * 3).max(window) {
            return Advice::Stay;
        }
        let data_trip = self.data_trip.unwrap_or(Duration::MAX);
        self.was_full |= data_trip > trip + trip / 10 + GRAIN;
        let keeps_up = self.unread.is_some_and(|unread| unread < BEHIND);
        let has_room = keeps_up && (self.near || data_trip <= trip + trip / 50 + GRAIN);
        self.idle = if has_room { self.idle.saturating_add(1) } else { 0 };
        let rate = look.bytes.saturating_sub(last.bytes) as f64 / span.as_secs_f64();
        self.begin(look);
        let before = self.before.replace(rate);
        if let Some(window) = &mut self.window
            && let Some(wider) = wider(*window, look, (rate, trip, data_trip), self.idle > 0)
        {
            *window = wider;
            return Advice::Allow(wider);
        }
        let rising = if look.workers == 1 { RISING } else { GROWING };
        let Some(before) = before.filter(|before| rate <= before * rising) else { return Advice::Stay };
        let mean = f64::midpoint(rate, before);
        if let Some(missed) = &mut self.missed {
            missed.poor += 1;
            if mean >= missed.rate * LOSS {
                self.missed = None;
            } else if missed.poor == PATIENCE {
                // What they were measured by was from before a loss; now it is known what one really brings.
                (self.missed, self.was_wrong, self.settled) = (None, true, false);
                return self.open_more(look, rate, mean, trip);
            }
            return Advice::Stay;
        }
        if self.settled {
            return Advice::Stay;
        }
        if let Some(bar) = &mut self.bar {
            // Each of the new ones is to bring half of what one brought before.
            let least = bar.rate * (1.0 + 0.5 * (look.workers as f64 / bar.workers as f64 - 1.0));
            if mean < least {
                bar.poor += 1;
                self.settled = bar.poor == PATIENCE;
                if !self.settled || mean >= bar.rate * LOSS {
                    return Advice::Stay;
                }
                self.missed = (!self.was_wrong).then_some(Missed { rate: mean, poor: 0 });
                return Advice::Dismiss;
            }
            self.bar = None;
        }
        let enough = if self.was_full && !self.near { LONG } else { SHORT };
        let least = if self.near { NEAR_WORTH } else { WORTH.max(trip * 25) };
        let worth = look.missing as f64 / mean >= least.as_secs_f64();
        if self.idle < enough || !worth { Advice::Stay } else { self.open_more(look, rate, mean, trip) }
    }

    /// Others are worth a try.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn open_more(&mut self, look: Look, rate: f64, mean: f64, trip: Duration) -> Advice {
        let on_its_way = (mean * trip.as_secs_f64()) as u64;
        // What it had before a loss is not what it would have again.
        self.next = Bar { rate, on_its_way, workers: look.workers, poor: 0 };
        Advice::Open(if self.near { look.workers } else { look.workers.max(SEVERAL) })
    }

    /// There are so many now. So many bytes may be on the way, of all together: of each, what was there of one before. `None`
    /// = as many as there is room for.
    pub(crate) fn connections_opened(&mut self, workers: usize) -> Option<u64> {
        let Bar { on_its_way, workers: before, .. } = self.next;
        self.bar = Some(self.next);
        if self.near {
            return None;
        }
        let window = (on_its_way / before.max(1) as u64).max(NARROW).saturating_mul(workers as u64);
        self.window = Some(window);
        self.window
    }

    fn begin(&mut self, look: Look) {
        (self.last, self.data_trip, self.unread) = (Some(look), None, None);
    }
}

/// The window that there should be instead of one that binds, or that has done its duty. `rate` is in bytes a second.
#[allow(clippy::cast_precision_loss)]
fn wider(window: u64, look: Look, (rate, trip, data_trip): (f64, Duration, Duration), has_room: bool) -> Option<u64> {
    let binds = |trip: Duration, share: f64| rate * trip.as_secs_f64() > window as f64 * share;
    if look.workers > 1 {
        return (has_room && binds(trip, BINDS)).then(|| window.saturating_mul(2));
    }
    if look.at > FIRST_LASTS {
        return (window < u64::MAX).then_some(u64::MAX);
    }
    // Whatever its queues, the line is to be filled.
    let on_the_way = if data_trip == Duration::MAX { trip } else { data_trip.max(trip) };
    binds(on_the_way, BINDS_ONE).then(|| window.saturating_mul(WIDER))
}

/// How much comes over one connection while another one begins. `rate` is one connection's, in bytes a second.
pub(crate) fn cost(rate: u64, trip: Duration) -> u64 {
    let begins = (trip * BEGINS).max(BEGINS_NEARBY);
    (rate.saturating_mul(u64::try_from(begins.as_millis()).unwrap_or(u64::MAX)) / 1000).max(1 << 20)
}

/// Round trips from the last bytes of one range till the next one flows as fast.
const BEGINS: u32 = 10;
/// Where that is the processors' work.
const BEGINS_NEARBY: Duration = Duration::from_millis(20);
/// On a network as near as that, windows bind nothing.
const NEAR: Duration = Duration::from_millis(5);
const WINDOW: Duration = Duration::from_millis(200);
/// Till the first decision.
const NEAR_WINDOW: Duration = Duration::from_millis(60);
/// Another session is there within a moment.
const NEAR_WORTH: Duration = Duration::from_millis(500);
/// Timestamps are as coarse as that.
const GRAIN: Duration = Duration::from_millis(1);
/// So much is never unread where we are faster than what comes.
const BEHIND: u64 = 64 * 1024;
/// A download that is over by then stays as it is.
const WORTH: Duration = Duration::from_secs(2);
/// A connection that begins is faster by more within a window.
const RISING: f64 = 2.0;
/// Several are past that, and grow slowly.
const GROWING: f64 = 1.05;
const LOSS: f64 = 0.9;
/// A window of which so much is used is what binds.
const BINDS: f64 = 0.7;
/// So many windows with room are enough; and where the line was full before.
const SHORT: u8 = 2;
const LONG: u8 = 8;
/// Rates vary: one poor window says little.
const PATIENCE: u8 = 3;
/// Narrow windows make each of them slower than the first was, and every try takes a second.
const SEVERAL: usize = 4;
/// As much as comes till it can be told whether the line has room. The system would let a server be ahead by several times
/// as much, which some send in bursts that the line drops; and what was allowed cannot be taken back.
const FIRST: u64 = 2 << 20;
/// By then it is told; what is as it is on a line of which nothing can be told, is not held back.
const FIRST_LASTS: Duration = Duration::from_secs(4);
/// Less comes without a limit: it would be there before anything is known.
const BIG: u64 = 64 << 20;
/// A window that binds the only connection becomes so much wider.
const WIDER: u64 = 4;
const BINDS_ONE: f64 = 0.6;
/// Less in flight is no burst that a line would not bear.
const NARROW: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// A download as it is looked at.
    struct Line {
        pulse: Pulse,
        look: Look,
    }

    impl Line {
        /// With so many milliseconds there and back.
        fn of(trip: u64) -> Self {
            let trip = Some(Duration::from_millis(trip));
            let look = Look { workers: 1, flowing: 1, missing: 1 << 30, unread: Some(0), trip, ..Look::default() };
            Self { pulse: Pulse::default(), look }
        }

        /// For so many milliseconds at so many bytes a second, data taking so many milliseconds; till there is advice about
        /// more than the only connection's window.
        fn goes(&mut self, millis: u64, rate: u64, data_trip: u64) -> Advice {
            let of_one = |look: Look, advice| matches!(advice, Advice::Allow(_)) && look.workers == 1;
            for _ in 0..millis / 20 {
                let advice = self.goes_on(rate, data_trip);
                if advice != Advice::Stay && !of_one(self.look, advice) {
                    return advice;
                }
            }
            Advice::Stay
        }

        /// The windows that are advised meanwhile.
        fn windows(&mut self, millis: u64, rate: u64, data_trip: u64) -> Vec<u64> {
            let window = |advice| if let Advice::Allow(window) = advice { Some(window) } else { None };
            (0..millis / 20).filter_map(|_| window(self.goes_on(rate, data_trip))).collect()
        }

        fn goes_on(&mut self, rate: u64, data_trip: u64) -> Advice {
            self.look.at += Duration::from_millis(20);
            self.look.bytes += rate / 50;
            self.look.data_trip = Some(Duration::from_millis(data_trip));
            self.pulse.feel(self.look)
        }

        /// Others were sent away.
        fn gone(&mut self, workers: usize) {
            (self.look.workers, self.look.flowing) = (workers, workers);
        }

        /// As it is advised.
        fn has(&mut self, workers: usize) -> Option<u64> {
            (self.look.workers, self.look.flowing) = (workers, workers);
            self.pulse.connections_opened(workers)
        }
    }

    #[test]
    fn a_connection_that_leaves_room_on_the_line_gets_company_and_one_that_fills_it_does_not() {
        let mut bound = Line::of(80);
        assert_eq!(bound.goes(2000, 12_500_000, 80), Advice::Open(4));
        assert_eq!(Line::of(80).goes(20_000, 25_000_000, 110), Advice::Stay);
        assert_eq!(Line::of(1).goes(20_000, 12_500_000, 1), Advice::Stay, "a slow disk nearby, not a window");
    }

    #[test]
    fn nearby_a_server_that_encrypts_slowly_gets_a_second_connection_and_a_fast_one_does_not() {
        let line = |encrypted, unread| {
            let mut line = Line::of(1);
            (line.look.encrypted, line.look.unread) = (encrypted, Some(unread));
            line
        };
        let mut slow = line(true, 0);
        assert_eq!(slow.goes(300, 600_000_000, 1), Advice::Open(1), "at once");
        assert_eq!(slow.has(2), None, "windows bind nothing there");
        assert_eq!(slow.goes(2000, 800_000_000, 1), Advice::Stay, "a little faster is not worth a third");
        let mut slow = line(true, 0);
        slow.goes(300, 30_000_000, 1);
        slow.has(2);
        assert_eq!(slow.goes(2000, 60_000_000, 1), Advice::Open(2), "it has more processors");
        slow.has(4);
        assert_eq!(slow.goes(5000, 20_000_000, 1), Advice::Dismiss, "its disk has only one arm");
        assert_eq!(line(false, 0).goes(5000, 600_000_000, 1), Advice::Stay, "in the clear");
        assert_eq!(line(true, 1 << 20).goes(5000, 600_000_000, 1), Advice::Stay, "we are the slow end");
        let mut short = line(true, 0);
        short.look.missing = 100_000_000;
        assert_eq!(short.goes(5000, 600_000_000, 1), Advice::Stay, "it is over by then");
    }

    #[test]
    fn where_nothing_is_known_or_we_are_the_slow_end_nothing_is_done() {
        let mut unknown = Line::of(80);
        unknown.look.trip = None;
        assert_eq!(unknown.goes(20_000, 12_500_000, 80), Advice::Stay);
        let mut slow = Line::of(80);
        slow.look.unread = Some(1 << 20);
        assert_eq!(slow.goes(20_000, 12_500_000, 80), Advice::Stay);
    }

    #[test]
    fn a_line_that_was_full_is_given_time_to_fill_again() {
        let mut line = Line::of(80);
        line.look.missing = BIG - 1;
        assert_eq!(line.goes(3000, 25_000_000, 110), Advice::Stay);
        assert_eq!(line.goes(1500, 15_000_000, 80), Advice::Stay, "a loss");
        assert_eq!(line.goes(500, 25_000_000, 110), Advice::Stay);
        assert!(matches!(line.goes(4000, 15_000_000, 80), Advice::Open(_)), "it does not recover");
    }

    #[test]
    fn there_are_further_ones_only_where_the_first_brought_something() {
        let mut line = Line::of(80);
        line.goes(2000, 1_000_000, 80);
        line.has(5);
        assert!(matches!(line.goes(2000, 5_000_000, 80), Advice::Open(5)));

        let mut line = Line::of(80);
        line.goes(2000, 12_500_000, 80);
        line.has(5);
        assert_eq!(line.goes(20_000, 25_000_000, 80), Advice::Stay, "all that there is");

        let mut line = Line::of(80);
        line.goes(2000, 12_500_000, 80);
        line.has(5);
        assert_eq!(line.goes(5000, 10_000_000, 80), Advice::Dismiss, "they did harm");
        line.gone(1);
        assert_eq!(line.goes(1000, 12_500_000, 80), Advice::Stay, "without them it is better");
        assert_eq!(line.goes(5000, 8_000_000, 80), Advice::Stay, "it has settled");
    }

    #[test]
    fn those_that_were_sent_away_and_are_missed_come_back_once() {
        let mut line = Line::of(40);
        assert_eq!(line.goes(2000, 4_000_000, 40), Advice::Open(4), "before its first loss");
        line.has(5);
        assert_eq!(line.goes(5000, 2_200_000, 40), Advice::Dismiss, "less than one had brought");
        line.gone(1);
        assert_eq!(line.goes(5000, 450_000, 40), Advice::Open(4), "which it brings no more");
        line.has(5);
        assert_eq!(line.goes(5000, 2_200_000, 40), Advice::Open(5), "now they are worth it");
        line.has(10);
        assert_eq!(line.goes(5000, 1_000_000, 40), Advice::Dismiss, "those are not");
        line.gone(5);
        assert_eq!(line.goes(5000, 100_000, 40), Advice::Stay, "once is enough");
    }

    #[test]
    fn a_large_file_from_afar_begins_with_a_window_that_opens_when_it_binds_or_has_done_its_duty() {
        let mut line = Line::of(80);
        assert_eq!(line.windows(500, 10_000_000, 80), [FIRST], "before it comes in bursts");
        assert_eq!(line.windows(500, 25_000_000, 80), [4 * FIRST], "it binds");
        assert_eq!(line.windows(2500, 30_000_000, 110), [0; 0]);
        assert_eq!(line.windows(20_000, 30_000_000, 110), [u64::MAX]);
        let mut rough = Line::of(80);
        assert_eq!(rough.windows(1000, 20_000_000, 95), [FIRST, 4 * FIRST], "whatever its queues");
        let mut small = Line::of(80);
        small.look.missing = BIG - 1;
        assert_eq!(small.windows(1000, 20_000_000, 80), [0; 0]);
    }

    #[test]
    fn a_window_of_ours_that_binds_is_widened() {
        let mut line = Line::of(80);
        line.goes(2000, 1_000_000, 80);
        let window = line.has(5).unwrap();
        assert_eq!(window, 5 * NARROW, "not the little that a slow beginning brings");
        assert_eq!(line.goes(2000, window * 10, 80), Advice::Allow(2 * window));
        assert_eq!(line.goes(2000, window * 10, 110), Advice::Stay, "the line is full");

        let mut line = Line::of(80);
        line.goes(2000, 12_500_000, 80);
        assert_eq!(line.has(5), Some(5_000_000), "bursts as large as they were");
    }

    #[test]
    fn what_a_beginning_brought_before_its_first_loss_is_no_measure_for_the_others() {
        let mut line = Line::of(80);
        assert_eq!(line.goes(260, 6_000_000, 80), Advice::Stay);
        assert_eq!(line.goes(2000, 500_000, 80), Advice::Open(4));
        line.has(5);
        assert!(
            matches!(line.goes(3000, 3_500_000, 80), Advice::Open(_)),
            "several times as much, each with its losses"
        );
    }

    #[test]
    fn what_new_ones_bring_is_judged_when_all_of_them_run() {
        let mut line = Line::of(80);
        line.goes(2000, 1_000_000, 80);
        line.has(5);
        line.look.flowing = 4;
        assert_eq!(line.goes(10_000, 1_000_000, 80), Advice::Stay);
        line.look.flowing = 5;
        assert!(matches!(line.goes(2000, 5_000_000, 80), Advice::Open(_)), "though it took long");
    }

    #[test]
    fn a_rate_that_still_rises_is_waited_for_and_a_short_rest_is_left_alone() {
        let mut line = Line::of(80);
        // A window of three round trips, in each of which it doubles.
        for step in 0..4u32 {
            assert_eq!(line.goes(240, 10_000 << (3 * step), 80), Advice::Stay, "{step}");
        }
        let mut line = Line::of(80);
        line.look.missing = 20_000_000;
        assert_eq!(line.goes(20_000, 12_500_000, 80), Advice::Stay);
    }
}
