//! Speed limits: one for all sites and one for each site, down and up apart. Each is a clock that runs ahead with every
//! byte; whoever moved bytes waits until the clocks of its limits have come, so that the sessions share the rate.
//!
//! Exact to a twentieth over any second: what was missed while nobody was there is made up for [`CREDIT`] long and no
//! longer, and all sessions together are never more than [`AHEAD`] ahead. Where nothing is limited a session reads two
//! numbers and takes no lock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::Site;
use crate::engine::message::Direction;
use crate::net::wait::Cancel;

/// So much of what could have been moved is made up for: waiting ends late, and between two small files nothing flows.
const CREDIT: Duration = Duration::from_millis(30);
/// What the sessions of one limit move before they wait, all together.
const AHEAD: Duration = Duration::from_millis(10);
/// No wait is shorter: it would end late by as much, and be made up for anyway.
const SHORTEST: Duration = Duration::from_millis(1);
/// Cancelling takes effect within so long.
const SLICE: Duration = Duration::from_millis(50);

/// All limits of the engine.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    all: Pair,
    sites: HashMap<Arc<str>, OfSite>,
    /// The user wants none of them at the moment.
    off: bool,
    bell: Arc<Bell>,
}

/// A site's limits.
#[derive(Debug, Default)]
struct OfSite {
    limits: Pair,
    /// Down and up, also while they do not hold.
    wanted: (Option<u64>, Option<u64>),
}

/// Of both directions.
#[derive(Debug, Default)]
struct Pair {
    down: Arc<Limit>,
    up: Arc<Limit>,
}

/// What one transfer obeys.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// The site's, and that of all sites.
    limits: [Arc<Limit>; 2],
    bell: Arc<Bell>,
    /// How often the limits had changed when it was last told how much to move.
    seen: AtomicU64,
}

/// One limit.
#[derive(Debug, Default)]
struct Limit {
    /// Bytes a second; 0 = none.
    rate: AtomicU64,
    /// Transfers that obey it.
    users: AtomicU32,
    clock: Mutex<Clock>,
}

/// Wakes who waits when a limit changes.
#[derive(Debug, Default)]
struct Bell {
    rung: AtomicU64,
    lock: Mutex<()>,
    waiting: Condvar,
}

/// When all that was moved so far may have been moved. Pure: the time is an argument.
#[derive(Debug, Default)]
struct Clock {
    paid_until: Option<Instant>,
    /// What division left over, so that a thousand small pieces cost what one large one does.
    rest: u64,
}

impl Limits {
    /// From now on all sites together are that fast.
    pub(crate) fn set(&mut self, down: Option<u64>, up: Option<u64>) {
        if self.all.set(down, up) {
            self.bell.ring();
        }
    }

    /// From now on that server alone is no faster, whatever all may be.
    pub(crate) fn set_site(&mut self, server: &str, down: Option<u64>, up: Option<u64>) {
        let site = self.sites.entry(server.into()).or_default();
        site.wanted = (down, up);
        if site.hold(self.off) {
            self.bell.ring();
        }
    }

    /// Whether those of sites hold.
    pub(crate) fn switch(&mut self, on: bool) {
        self.off = !on;
        // Each of them, whatever the first ones say.
        if self.sites.values().filter(|site| site.hold(self.off)).count() > 0 {
            self.bell.ring();
        }
    }

    /// What a transfer with that site must obey. What the user said of it meanwhile counts more than what the transfer
    /// was ordered with.
    pub(crate) fn of(&mut self, site: &Site, server: &Arc<str>, direction: Direction) -> Arc<Limiter> {
        let off = self.off;
        let site = self.sites.entry(Arc::clone(server)).or_insert_with(|| {
            let site = OfSite { wanted: (site.limit_down, site.limit_up), ..OfSite::default() };
            site.hold(off);
            site
        });
        let limits = [site.limits.to(direction), self.all.to(direction)].map(Arc::clone);
        for limit in &limits {
            limit.users.fetch_add(1, Ordering::Relaxed);
        }
        Arc::new(Limiter { limits, bell: Arc::clone(&self.bell), seen: AtomicU64::new(0) })
    }
}

impl OfSite {
    fn hold(&self, off: bool) -> bool {
        let (down, up) = if off { (None, None) } else { self.wanted };
        self.limits.set(down, up)
    }
}

impl Pair {
    fn set(&self, down: Option<u64>, up: Option<u64>) -> bool {
        // Both are set, whatever the first one says.
        self.down.set(down) | self.up.set(up)
    }

    fn to(&self, direction: Direction) -> &Arc<Limit> {
        match direction {
            Direction::Download => &self.down,
            Direction::Upload => &self.up,
        }
    }
}

impl Limit {
    fn set(&self, rate: Option<u64>) -> bool {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = self.rate.swap(rate.unwrap_or(0), Ordering::Relaxed) != rate.unwrap_or(0);
        if changed {
            *clock = Clock::default();
        }
        changed
    }

    fn rate(&self) -> u64 {
        self.rate.load(Ordering::Relaxed)
    }

    /// A transfer's share of what all may move before they wait.
    fn portion(&self, most: usize) -> usize {
        match self.rate() {
            0 => most,
            rate => portion(rate, self.users.load(Ordering::Relaxed), most),
        }
    }

    /// When so many bytes more may have been moved; `None` = no limit.
    fn charge(&self, bytes: usize, now: Instant) -> Option<Instant> {
        if self.rate() == 0 {
            return None;
        }
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        // Read again: it may have been changed before the lock was had.
        clock.charge(bytes, self.rate(), now)
    }
}

impl Limiter {
    /// How much to move at a time, so that the rate is even.
    pub(crate) fn portion(&self, most: usize) -> usize {
        self.seen.store(self.bell.rung.load(Ordering::Relaxed), Ordering::Relaxed);
        self.limits.iter().fold(most, |most, limit| limit.portion(most))
    }

    /// So many bytes were moved: waits till that was allowed, till the limits change, or till it is cancelled.
    pub(crate) fn spend(&self, bytes: usize, cancel: &Cancel) {
        if self.limits.iter().all(|limit| limit.rate() == 0) {
            return;
        }
        let seen = self.seen.load(Ordering::Relaxed);
        if seen != self.bell.rung.load(Ordering::Relaxed) {
            // They were moved under the limits of before, a quarter of a megabyte perhaps: at the rate of now they could
            // cost minutes.
            return;
        }
        let now = Instant::now();
        let until = self.limits.iter().filter_map(|limit| limit.charge(bytes, now)).max();
        if let Some(until) = until.filter(|until| *until > now + SHORTEST) {
            self.bell.wait(until, seen, cancel);
        }
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        for limit in &self.limits {
            limit.users.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Bell {
    fn ring(&self) {
        let _guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.rung.fetch_add(1, Ordering::Relaxed);
        self.waiting.notify_all();
    }

    fn wait(&self, until: Instant, seen: u64, cancel: &Cancel) {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while self.rung.load(Ordering::Relaxed) == seen && !cancel.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            guard = self.waiting.wait_timeout(guard, left.min(SLICE)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Clock {
    fn charge(&mut self, bytes: usize, rate: u64, now: Instant) -> Option<Instant> {
        const SECOND: u128 = 1_000_000_000;
        if rate == 0 {
            return None;
        }
        let cost = bytes as u128 * SECOND + u128::from(self.rest);
        let nanos = u64::try_from(cost / u128::from(rate)).unwrap_or(u64::MAX);
        self.rest = u64::try_from(cost % u128::from(rate)).unwrap_or(0);
        let earliest = now.checked_sub(CREDIT).unwrap_or(now);
        let from = self.paid_until.map_or(now, |paid| paid.max(earliest));
        let until = from.checked_add(Duration::from_nanos(nanos))?;
        self.paid_until = Some(until);
        Some(until)
    }
}

fn portion(rate: u64, users: u32, most: usize) -> usize {
    let share = u128::from(rate) * AHEAD.as_millis() / 1000 / u128::from(users.max(1));
    usize::try_from(share).unwrap_or(most).clamp(1, most.max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limited(down: u64) -> Limits {
        let mut limits = Limits::default();
        limits.set(Some(down), None);
        limits
    }

    fn download(limits: &mut Limits, server: &str) -> Arc<Limiter> {
        limits.of(&Site::default(), &server.into(), Direction::Download)
    }

    #[test]
    fn all_share_one_rate_and_idle_time_is_hardly_saved_up() {
        let mut clock = Clock::default();
        let start = Instant::now();
        assert_eq!(clock.charge(1000, 0, start), None, "no limit");
        assert_eq!(clock.charge(500, 1000, start), Some(start + Duration::from_millis(500)));
        assert_eq!(clock.charge(500, 1000, start), Some(start + Duration::from_secs(1)), "the other session's count");
        let later = start + Duration::from_secs(10);
        assert_eq!(clock.charge(500, 1000, later), Some(later + Duration::from_millis(500) - CREDIT));
    }

    #[test]
    fn small_pieces_cost_what_a_large_one_does() {
        let (mut pieces, mut whole) = (Clock::default(), Clock::default());
        let start = Instant::now();
        let rate = 9_999_999_999;
        let last = (0..4096).filter_map(|_| pieces.charge(1, rate, start)).last();
        assert_eq!(last, whole.charge(4096, rate, start));
    }

    #[test]
    fn a_transfer_obeys_the_site_and_all_sites_each_way_apart() {
        let mut limits = limited(1_000_000);
        let slow = Site { limit_down: Some(100_000), limit_up: Some(50_000), ..Site::default() };
        let down = limits.of(&slow, &"slow".into(), Direction::Download);
        assert_eq!(down.portion(1 << 20), 1000);
        assert_eq!(limits.of(&slow, &"slow".into(), Direction::Upload).portion(1 << 20), 500);
        assert_eq!(download(&mut limits, "other").portion(1 << 20), 5000, "two share the limit of all");
        limits.set(Some(10_000), None);
        assert_eq!(down.portion(1 << 20), 100, "live");
        limits.set(None, None);
        limits.set_site("slow", Some(20_000), None);
        assert_eq!(down.portion(1 << 20), 200, "live for a site, too");
        limits.switch(false);
        assert_eq!(down.portion(1 << 20), 1 << 20);
        limits.switch(true);
        assert_eq!(
            limits.of(&slow, &"slow".into(), Direction::Download).portion(1 << 20),
            100,
            "nothing was forgotten"
        );
    }

    #[test]
    fn cancelling_ends_the_wait_and_so_does_another_limit() {
        let mut limits = limited(1);
        let limiter = download(&mut limits, "any");
        let cancel = Cancel::new();
        cancel.cancel();
        limiter.portion(1);
        limiter.spend(1_000_000, &cancel);
        let waits = Arc::clone(&limiter);
        let thread = std::thread::spawn(move || {
            waits.portion(1);
            waits.spend(1_000_000, &Cancel::new());
        });
        limits.set(None, None);
        // Else it would be eleven days.
        thread.join().expect("it came back");
    }

    #[test]
    fn what_was_moved_under_the_old_limit_is_not_paid_at_the_new_rate() {
        let mut limits = limited(1 << 30);
        let limiter = download(&mut limits, "any");
        let moved = limiter.portion(256 * 1024);
        limits.set(Some(1024), None);
        limiter.spend(moved, &Cancel::new());
    }

    /// A session as the simulation has it.
    struct Simulated {
        /// When it moves next.
        at: Instant,
        /// Of its file.
        left: usize,
    }

    /// Rate, sessions, sizes of their files, what each file costs beside its bytes and how late waits end (microseconds),
    /// and how long nothing at all is moved after the first half second (milliseconds).
    fn any_load() -> impl Strategy<Value = (u64, usize, Vec<usize>, u64, u64, u64)> {
        let rate = prop_oneof![1024..10_000u64, 10_000..10_000_000u64, 10_000_000..10_000_000_000u64];
        let size = prop_oneof![Just(4096usize), 1..100_000usize, Just(usize::MAX)];
        let sessions = prop_oneof![Just(1usize), 2..33usize];
        let quiet = prop_oneof![Just(0u64), 1..900u64];
        (rate, sessions, prop::collection::vec(size, 1..20), 200..3_000u64, 0..4_000u64, quiet)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_load_keeps_within_a_twentieth_over_any_second((rate, sessions, sizes, gap, late, quiet) in any_load()) {
            let begin = Instant::now();
            let end = begin + Duration::from_secs(2);
            let mut clock = Clock::default();
            let mut files = sizes.iter().copied().cycle();
            let mut all: Vec<Simulated> =
                (0..sessions).map(|_| Simulated { at: begin, left: files.next().unwrap_or(1) }).collect();
            // By the millisecond.
            let mut moved = vec![0u64; 2000];
            while let Some(next) = all.iter_mut().min_by_key(|session| session.at).filter(|next| next.at < end) {
                let silence = begin + Duration::from_millis(500);
                if next.at >= silence && next.at < silence + Duration::from_millis(quiet) {
                    next.at = silence + Duration::from_millis(quiet);
                    continue;
                }
                let most = portion(rate, u32::try_from(sessions).unwrap_or(1), 256 * 1024).min(next.left);
                moved[usize::try_from((next.at - begin).as_millis()).unwrap_or(0)] += most as u64;
                // A machine that moves 20 GB/s.
                next.at += Duration::from_nanos(500 + most as u64 / 20);
                let until = clock.charge(most, rate, next.at).expect("a limit");
                if until > next.at + SHORTEST {
                    next.at = until + Duration::from_micros(late);
                }
                next.left -= most;
                if next.left == 0 {
                    next.left = files.next().unwrap_or(1);
                    next.at += Duration::from_micros(gap);
                }
            }
            let most = moved.windows(1000).map(|second| second.iter().sum::<u64>()).max().unwrap_or(0);
            // A byte cannot be divided further.
            prop_assert!(most <= rate + rate / 20 + sessions as u64 + 1, "{most} in a second at {rate}");
            // Small files one after another are not always able to be as fast as the limit.
            let bytes: u128 = sizes.iter().map(|size| *size as u128).sum();
            let able = bytes * sessions as u128 * 1_000_000 / (sizes.len() as u128 * u128::from(gap));
            if quiet == 0 && able > u128::from(rate) * 2 {
                let whole: u64 = moved.iter().sum();
                prop_assert!(whole + 100 >= rate * 2 * 95 / 100, "{whole} in two seconds at {rate}");
            }
        }
    }
}
