//! How long the rest takes. Bytes cost time, and so does every file: ten thousand small files have hardly a byte. Which
//! of the two it is at present is learned from what was done lately; what is shown counts down and does not jump.
//! Pure: the time is an argument.

use std::time::{Duration, Instant};

use crate::engine::job::outstanding::Volume;
use crate::engine::progress::mean::Mean;

/// The speeds that the rest is reckoned with remember so long.
const MEMORY: Duration = Duration::from_secs(10);
/// What a file costs and what a byte costs are told apart by what was done in pieces of so long.
const PIECE: Duration = Duration::from_secs(1);
/// Of those, what lies so far back counts a third.
const PIECES: Duration = Duration::from_secs(20);
/// Before so much was seen nothing is said.
const FIRST: Duration = Duration::from_millis(1500);
/// Where nothing was done for so long, nobody knows.
const STALL: Duration = Duration::from_secs(5);
/// What is shown follows a better estimate within so long.
const FOLLOW: Duration = Duration::from_secs(3);

/// The time that a queue will take.
#[derive(Debug, Clone, Default)]
pub(crate) struct Estimate {
    last: Option<(Instant, Volume)>,
    files: Mean,
    bytes: Mean,
    worked_at: Option<Instant>,
    shares: Shares,
    countdown: Countdown,
}

/// Least squares of time against files and bytes, each against its mean.
#[derive(Debug, Clone, Default)]
struct Shares {
    piece: (f64, f64, Duration),
    weight: f64,
    files: f64,
    bytes: f64,
    files_files: f64,
    files_bytes: f64,
    bytes_bytes: f64,
}

/// A time that is shown while it runs out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Countdown {
    /// Seconds, as of then.
    left: Option<(Instant, f64)>,
    shown: Option<u64>,
}

impl Estimate {
    /// So much was done since the beginning.
    #[expect(clippy::cast_precision_loss, reason = "speeds")]
    pub(crate) fn sample(&mut self, now: Instant, done: Volume) {
        let Some((then, before)) = self.last.replace((now, done)) else { return };
        let time = now.saturating_duration_since(then);
        let files = done.files.checked_sub(before.files);
        let bytes = done.bytes.checked_sub(before.bytes);
        let (Some(files), Some(bytes)) = (files, bytes) else { return };
        if time.is_zero() {
            return;
        }
        if files > 0 || bytes > 0 {
            self.worked_at = Some(now);
        }
        if self.worked_at.is_none() {
            return;
        }
        self.files.take(files as f64 / time.as_secs_f64(), time, MEMORY);
        self.bytes.take(bytes as f64 / time.as_secs_f64(), time, MEMORY);
        self.shares.take(files as f64, bytes as f64, time);
    }

    /// How long that takes, to be shown; `None` where it cannot be told.
    pub(crate) fn left(&mut self, now: Instant, left: Volume) -> Option<Duration> {
        let stalls = self.worked_at.is_none_or(|at| now.saturating_duration_since(at) >= STALL);
        let seconds = self.seconds(left).filter(|_| !stalls);
        self.countdown.show(now, seconds)
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn seconds(&self, left: Volume) -> Option<f64> {
        if left == Volume::default() || self.bytes.seen() < FIRST {
            return None;
        }
        let (files, bytes) = (self.files.value(), self.bytes.value());
        let of_files = match (files > 0.0, bytes > 0.0) {
            (false, false) => return None,
            (true, false) => 1.0,
            (false, true) => 0.0,
            (true, true) => self.shares.of_files(),
        };
        let part = |share: f64, left: u64, rate: f64| if share > 0.0 { share * left as f64 / rate } else { 0.0 };
        Some(part(of_files, left.files, files) + part(1.0 - of_files, left.bytes, bytes))
    }

    /// Forgets what was: after a pause.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Shares {
    fn take(&mut self, files: f64, bytes: f64, time: Duration) {
        self.piece = (self.piece.0 + files, self.piece.1 + bytes, self.piece.2 + time);
        if self.piece.2 < PIECE {
            return;
        }
        let (files, bytes, time) = std::mem::take(&mut self.piece);
        let seconds = time.as_secs_f64();
        let (files, bytes) = (files / seconds, bytes / seconds);
        let keep = (-seconds / PIECES.as_secs_f64()).exp();
        for (sum, more) in [
            (&mut self.weight, 1.0),
            (&mut self.files, files),
            (&mut self.bytes, bytes),
            (&mut self.files_files, files * files),
            (&mut self.files_bytes, files * bytes),
            (&mut self.bytes_bytes, bytes * bytes),
        ] {
            *sum = *sum * keep + more * seconds;
        }
    }

    /// How much of the time files take by being files; the rest is their bytes'. 0 to 1.
    fn of_files(&self) -> f64 {
        if self.files <= 0.0 || self.bytes <= 0.0 {
            // The first file ends just now, and nobody knows yet what it cost beside its bytes.
            return 0.0;
        }
        let (files, bytes) = (self.files / self.weight, self.bytes / self.weight);
        // Where files and bytes go together, both explain the time: half each, by a little weight on the diagonal. No more
        // than a little: one file in ten seconds, times the thousands that are left, makes hours of it.
        const RIDGE: f64 = 0.0005;
        let ff = self.files_files / self.weight / (files * files) + RIDGE;
        let fb = self.files_bytes / self.weight / (files * bytes);
        let bb = self.bytes_bytes / self.weight / (bytes * bytes) + RIDGE;
        let (of_files, of_bytes) = ((bb - fb).max(0.0), (ff - fb).max(0.0));
        let sum = of_files + of_bytes;
        if sum > 0.0 { of_files / sum } else { 0.5 }
    }
}

impl Countdown {
    /// What to show where so many seconds are estimated.
    pub(crate) fn show(&mut self, now: Instant, estimated: Option<f64>) -> Option<Duration> {
        let Some(estimated) = estimated.filter(|seconds| seconds.is_finite()) else {
            *self = Self::default();
            return None;
        };
        let left = match self.left {
            None => estimated,
            Some((then, left)) => {
                let time = now.saturating_duration_since(then).as_secs_f64();
                let expected = (left - time).max(0.0);
                // The nearer the end, the sooner.
                let follow = FOLLOW.as_secs_f64().min(estimated / 4.0 + 0.5);
                expected + (estimated - expected) * (1.0 - (-time / follow).exp())
            }
        };
        self.left = Some((now, left));
        let step = step(left);
        let keeps = self.shown.is_some_and(|shown| {
            let shown = seconds(shown);
            left > shown - step && left <= shown + step / 2.0
        });
        if !keeps {
            // A hair above a round number is that number.
            self.shown = Some(whole((left / step - 0.02).ceil() * step).max(1));
        }
        self.shown.map(Duration::from_secs)
    }
}

/// The more, the rounder.
fn step(left: f64) -> f64 {
    match left {
        ..=10.0 => 1.0,
        ..=60.0 => 5.0,
        ..=600.0 => 10.0,
        ..=3600.0 => 60.0,
        ..=36_000.0 => 300.0,
        _ => 3600.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn seconds(whole: u64) -> f64 {
    whole as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    /// A machine that works a queue off, tick by tick; what is shown after each.
    fn work_off(files: &[u64], each: Duration, rate: u64) -> (Vec<Option<u64>>, u64) {
        let start = Instant::now();
        let mut estimate = Estimate::default();
        // When each file begins and ends.
        let mut ends = Vec::new();
        let mut at = 0.0;
        for size in files {
            let begin = at + each.as_secs_f64();
            at = begin + *size as f64 / rate as f64;
            ends.push((begin, at, *size));
        }
        let all = Volume { files: files.len() as u64, bytes: files.iter().sum() };
        let mut shown = Vec::new();
        for tick in 0..=u32::try_from(whole(at * 10.0)).unwrap_or(0) {
            let time = f64::from(tick) / 10.0;
            let mut done = Volume::default();
            for (begin, end, size) in &ends {
                let share = ((time - begin) / (end - begin)).clamp(0.0, 1.0);
                done.bytes += if *size == 0 { 0 } else { whole(share * *size as f64) };
                done.files += u64::from(time >= *end);
            }
            let now = start + TICK * tick;
            estimate.sample(now, done);
            let left = Volume { files: all.files - done.files, bytes: all.bytes - done.bytes };
            shown.push(estimate.left(now, left).map(|left| left.as_secs()));
        }
        (shown, whole(at))
    }

    /// The largest step up, in parts of what was shown.
    fn worst_jump(shown: &[Option<u64>]) -> f64 {
        let pairs = shown.windows(2).filter_map(|pair| Some((pair[0]?, pair[1]?)));
        pairs.map(|(before, after)| after as f64 / before as f64 - 1.0).fold(0.0, f64::max)
    }

    #[test]
    fn one_large_file_counts_down_evenly() {
        let (shown, takes) = work_off(&[100_000_000], Duration::ZERO, 1_000_000);
        assert_eq!(takes, 100);
        assert_eq!(shown[30], Some(100), "after three seconds 97 are left, rounded up to tens");
        assert_eq!(shown[505], Some(50));
        assert_eq!(shown[955], Some(5));
        assert_eq!(worst_jump(&shown), 0.0);
    }

    #[test]
    fn small_files_take_the_time_that_files_take() {
        let (shown, takes) = work_off(&[1024; 2000], Duration::from_millis(50), 100_000_000);
        assert_eq!(takes, 100);
        assert_eq!((shown[205], shown[605]), (Some(80), Some(40)));
        assert_eq!(worst_jump(&shown), 0.0);
    }

    #[test]
    fn small_files_behind_large_ones_and_between_them_are_reckoned_with() {
        // Files with a cost of their own first and alone, then the bulk: half the time each.
        let mixed: Vec<u64> = (0..1000).map(|at| if at % 20 == 0 { 2_000_000 } else { 1000 }).collect();
        let (shown, takes) = work_off(&mixed, Duration::from_millis(100), 1_000_000);
        for (at, shown) in shown.iter().enumerate().skip(300).step_by(50) {
            let (truth, shown) = (takes as f64 - at as f64 / 10.0, shown.map_or(f64::NAN, seconds));
            assert!((shown - truth).abs() <= truth * 0.15 + 10.0, "{shown} of {truth} seconds");
        }
    }

    #[test]
    fn the_first_file_that_ends_does_not_make_a_crowd_of_small_ones_look_long() {
        let files: Vec<u64> = std::iter::repeat_n(4_000_000, 3).chain(std::iter::repeat_n(4000, 2000)).collect();
        let (shown, takes) = work_off(&files, Duration::ZERO, 400_000);
        for (at, shown) in shown.iter().enumerate().skip(20) {
            let (truth, shown) = (takes as f64 - at as f64 / 10.0, shown.map_or(f64::NAN, seconds));
            assert!((shown - truth).abs() <= truth * 0.2 + 10.0, "{shown} of {truth} seconds");
        }
    }

    #[test]
    fn a_pause_and_a_stall_say_nothing() {
        let start = Instant::now();
        let mut estimate = Estimate::default();
        let left = Volume { files: 1, bytes: 1_000_000 };
        for tick in 0..40 {
            estimate.sample(start + TICK * tick, Volume { files: 0, bytes: u64::from(tick) * 1000 });
        }
        assert!(estimate.left(start + TICK * 40, left).is_some());
        for tick in 40..100 {
            estimate.sample(start + TICK * tick, Volume { files: 0, bytes: 39_000 });
        }
        assert_eq!(estimate.left(start + TICK * 100, left), None);
        estimate.reset();
        assert_eq!(estimate.left(start + TICK * 101, left), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn an_even_rate_never_makes_the_time_left_jump(
            size in 0..3_000_000u64, count in 5..150usize, each in 1..500u64, rate in 100_000..100_000_000u64,
        ) {
            let (shown, takes) = work_off(&vec![size; count], Duration::from_millis(each), rate);
            prop_assume!(takes < 2000);
            prop_assert!(worst_jump(&shown[shown.len().min(50)..]) <= 0.25, "{shown:?}");
            for (at, shown) in shown.iter().enumerate().skip(100) {
                let truth = takes as f64 - at as f64 / 10.0;
                let shown = shown.map_or(f64::NAN, seconds);
                prop_assert!((shown - truth).abs() <= truth * 0.2 + 10.0, "{shown} of {truth} seconds");
            }
        }

        #[test]
        fn what_is_shown_follows_a_better_estimate_without_overshooting(from in 1.0..5000.0f64, to in 1.0..5000.0f64) {
            let start = Instant::now();
            let mut countdown = Countdown::default();
            countdown.show(start, Some(from));
            for tick in 1..300 {
                // The estimate stands still: something holds the queue up.
                let shown = countdown.show(start + TICK * tick, Some(to)).map_or(f64::NAN, |left| left.as_secs_f64());
                prop_assert!(shown >= from.min(to) * 0.85 - 3.0 && shown <= from.max(to) * 1.1 + 10.0, "{shown}");
                if tick > 200 {
                    let rest = (from - to).abs() / 200.0;
                    prop_assert!((shown - to).abs() <= step(to) * 1.5 + 3.0 + rest, "{shown} for {to}");
                }
            }
        }
    }
}
