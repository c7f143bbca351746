//! How many sessions a server is worth: a pure decision. More where work waits longer than a login takes, where files
//! spend their time waiting for the network, or where more have brought more so far; fewer where the server minds.

use std::time::{Duration, Instant};

/// What one server's sessions have shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    /// The quickest login so far.
    login: Option<Duration>,
    /// So many are worth it, as far as is known.
    level: usize,
    /// The level before this one, and the speed it brought.
    before: Option<(usize, f64)>,
    window: Option<Window>,
    /// Work a second, as last measured, and with how many sessions.
    speed: Option<f64>,
    /// No more are tried before.
    quiet_until: Option<Instant>,
    /// How often in a row more brought nothing.
    vain: u32,
}

/// What there is to do, and who does it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) now: Instant,
    /// Sessions that are logged in, and those that are about to be.
    pub(crate) open: usize,
    pub(crate) opening: usize,
    /// Jobs that wait or are about to, and their bytes as far as known.
    pub(crate) waiting: usize,
    pub(crate) waiting_bytes: u64,
    /// Jobs that sessions work on, and for how long the oldest of them has been.
    pub(crate) working: usize,
    pub(crate) oldest: Duration,
    /// Jobs done and bytes moved so far.
    pub(crate) done: u64,
    pub(crate) moved: u64,
    /// Never more than so many.
    pub(crate) ceiling: usize,
}

/// A measurement that runs.
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    done: u64,
    moved: u64,
    open: usize,
}

impl Pace {
    /// A login took so long.
    pub(crate) fn logged_in(&mut self, took: Duration) {
        self.login = Some(self.login.map_or(took, |login| login.min(took)));
    }

    /// The server had enough, or a session more came to nothing: `open` are left.
    pub(crate) fn setback(&mut self, open: usize, now: Instant) {
        self.level = open.max(1);
        self.before = None;
        self.window = None;
        self.vain += 1;
        self.quiet_until = Some(now + pause(self.vain));
    }

    /// How many sessions there should be now.
    pub(crate) fn wanted(&mut self, scene: &Scene) -> usize {
        let limit = scene.ceiling.min(scene.waiting + scene.working);
        let present = scene.open + scene.opening;
        // The first one alone shows whether the server takes us at all.
        let Some(login) = self.login.filter(|_| scene.open > 0) else { return limit.min(1) };
        if self.level == 0 {
            self.level = START;
        }
        self.measure(scene);
        let far = login >= FAR && self.waits_for_the_network(scene) && self.quiet_until.is_none();
        if far {
            self.level = self.level.max(scene.ceiling);
        }
        let level = self.level.min(limit);
        if level <= present {
            return level;
        }
        // So many more as are logged in before the rest is done.
        let (mut wanted, left) = (present, self.left(scene, login));
        while wanted < level && left.div_f64(wanted.max(1) as f64) > login {
            wanted += 1;
        }
        wanted
    }

    /// How long what waits would take on one session.
    fn left(&self, scene: &Scene, login: Duration) -> Duration {
        // While one file takes its time, the next ones are not to wait for it.
        if scene.oldest > login * 2 && scene.waiting > 0 {
            return Duration::from_secs(3600);
        }
        let work = work(scene.waiting as u64, scene.waiting_bytes);
        match self.speed {
            Some(speed) if speed > 0.0 => {
                Duration::from_secs_f64((work / speed).min(3600.0)).mul_f64(scene.open as f64)
            }
            // A file is a few round trips, and a login a few more.
            _ => (login / 2).mul_f64(scene.waiting as f64) + Duration::from_secs(scene.waiting_bytes / SLOW),
        }
    }

    /// Whether it is not the bytes that take the time.
    fn waits_for_the_network(&self, scene: &Scene) -> bool {
        scene.waiting_bytes / (scene.waiting as u64).max(1) < SMALL
    }

    fn measure(&mut self, scene: &Scene) {
        let busy = scene.waiting >= scene.open && scene.opening == 0;
        let fits = |window: &Window| busy && window.open == scene.open;
        let Some(window) = self.window.filter(fits) else {
            let Scene { now, open, done, moved, .. } = *scene;
            self.window = busy.then_some(Window { began: now, done, moved, open });
            return;
        };
        let took = scene.now.duration_since(window.began);
        let done = scene.done - window.done;
        if took < SHORTEST || (done < 4 * scene.open as u64 && took < LONGEST) {
            return;
        }
        let speed = work(done, scene.moved.saturating_sub(window.moved)) / took.as_secs_f64();
        self.window = Some(Window { began: scene.now, done: scene.done, moved: scene.moved, ..window });
        self.speed = Some(speed);
        if scene.open >= self.level {
            self.judge(speed, scene);
        }
    }

    /// The level was reached: was it worth it?
    fn judge(&mut self, speed: f64, scene: &Scene) {
        if self.quiet_until.is_some_and(|until| scene.now < until) {
            return;
        }
        match self.before {
            Some((before, was)) if self.level > before && speed < was * CLEARLY => {
                self.level = before;
                self.before = None;
                self.vain += 1;
                self.quiet_until = Some(scene.now + pause(self.vain));
            }
            _ if self.level < scene.ceiling => {
                if self.before.is_some() {
                    self.vain = 0;
                }
                self.before = Some((self.level, speed));
                self.level = (self.level + self.level.div_ceil(2)).min(scene.ceiling);
                self.quiet_until = None;
            }
            _ => self.vain = 0,
        }
    }
}

/// Jobs and bytes in one measure: a small file costs about as much as so many bytes.
fn work(jobs: u64, bytes: u64) -> f64 {
    jobs as f64 * 32_768.0 + bytes as f64
}

/// Before more are tried again.
fn pause(vain: u32) -> Duration {
    Duration::from_secs(2 << vain.min(5))
}

/// A login that takes so long is one over a network where waiting is most of the time.
const FAR: Duration = Duration::from_millis(60);
/// Sessions to begin with, where there is work for them.
const START: usize = 4;
/// Files below this mean size take round trips rather than bandwidth.
const SMALL: u64 = 256 * 1024;
/// Bytes a second that are expected of a line of which nothing is known.
const SLOW: u64 = 20 << 20;
/// A measurement's length.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// So much faster is clearly faster.
const CLEARLY: f64 = 1.1;

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
mod tests {
    use super::*;

    /// A server, a line and a queue: each file takes `latency`, and all together no more than `most` a second come through.
    struct Place {
        login: f64,
        latency: f64,
        most: f64,
        files: f64,
        size: u64,
        ceiling: usize,
    }

    /// What it came to.
    #[derive(Debug, Default)]
    struct Run {
        took: f64,
        peak: usize,
        /// So many were wanted while there was enough to do.
        last: usize,
        /// When so many sessions were open.
        reached: Vec<f64>,
    }

    impl Place {
        fn run(&self) -> Run {
            let start = Instant::now();
            let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
            let mut pace = Pace::default();
            pace.logged_in(Duration::from_secs_f64(self.login));
            let (mut run, mut now, mut left) = (Run { reached: vec![0.0], ..Run::default() }, 0.0, self.files);
            let (mut open, mut opening): (usize, Vec<f64>) = (1, Vec::new());
            while left > 0.0 && now < 100.0 {
                let done = self.files - left;
                let working = open.min(left.ceil() as usize);
                let waiting = (left.ceil() as usize).saturating_sub(working);
                let scene = Scene {
                    now: at(now),
                    open,
                    opening: opening.len(),
                    waiting,
                    waiting_bytes: waiting as u64 * self.size,
                    working,
                    oldest: Duration::from_secs_f64(self.latency),
                    done: done as u64,
                    moved: (done * self.size as f64) as u64,
                    ceiling: self.ceiling,
                };
                let wanted = pace.wanted(&scene);
                assert!(wanted <= self.ceiling, "{wanted} sessions");
                while open + opening.len() < wanted {
                    opening.push(now + self.login);
                }
                if waiting > 1000 {
                    run.last = wanted;
                }
                run.peak = run.peak.max(open + opening.len());
                now += 0.001;
                let before = opening.len();
                opening.retain(|ready| *ready > now);
                for _ in opening.len()..before {
                    pace.logged_in(Duration::from_secs_f64(self.login));
                    open += 1;
                    run.reached.push(now);
                }
                let working = open.min(wanted.max(1)) as f64;
                left -= (working / self.latency).min(self.most) * 0.001;
            }
            run.took = now;
            run
        }
    }

    const NEAR: Place = Place { login: 0.008, latency: 0.0007, most: 3000.0, files: 2000.0, size: 4096, ceiling: 10 };
    const ABROAD: Place = Place { login: 0.28, latency: 0.125, most: 1e9, files: 400.0, size: 4096, ceiling: 10 };

    #[test]
    fn few_files_open_few_sessions() {
        for (files, most) in [(1.0, 1), (2.0, 2), (3.0, 3)] {
            assert!(Place { files, ..NEAR }.run().peak <= most);
            assert!(Place { files, ..ABROAD }.run().peak <= most);
        }
    }

    #[test]
    fn far_away_the_ceiling_is_reached_within_a_second() {
        for ceiling in [2, 10, 32] {
            let run = Place { ceiling, ..ABROAD }.run();
            assert_eq!(run.reached.len(), ceiling, "{run:?}");
            assert!(run.reached.iter().all(|at| *at < 1.0), "{run:?}");
        }
    }

    #[test]
    fn no_session_opens_for_work_that_is_done_before() {
        let start = Instant::now();
        let scene = |millis, waiting, done| Scene {
            now: start + Duration::from_millis(millis),
            open: 1,
            opening: 0,
            waiting,
            waiting_bytes: 4096 * waiting as u64,
            working: 1,
            oldest: Duration::ZERO,
            done,
            moved: 4096 * done,
            ceiling: 10,
        };
        let mut pace = Pace::default();
        pace.logged_in(Duration::from_millis(500));
        assert_eq!(pace.wanted(&scene(0, 1, 0)), 1);
        // A thousand a second: what waits takes a fifth of a login.
        assert_eq!(pace.wanted(&scene(0, 2, 0)), 1);
        pace.wanted(&scene(1, 2, 0));
        pace.wanted(&scene(1001, 2, 1000));
        assert_eq!(pace.wanted(&scene(1002, 100, 1001)), 1);
        assert!(pace.wanted(&scene(1003, 5000, 1002)) > 1);
    }

    #[test]
    fn what_brings_nothing_is_not_kept() {
        // The disk or the processor is full with four.
        let run = Place { files: 10_000.0, most: 4000.0, latency: 0.001, ceiling: 32, ..NEAR }.run();
        assert!(run.peak <= 6 && run.last == 4, "{run:?}");
        // And where sixteen are as fast again as eight, they are used.
        let run = Place { files: 20_000.0, most: 16_000.0, latency: 0.001, ceiling: 32, ..NEAR }.run();
        assert!((14..=24).contains(&run.last), "{run:?}");
    }

    #[test]
    fn a_server_that_minds_gets_fewer_and_is_tried_again_later() {
        let start = Instant::now();
        let scene = Scene {
            now: start,
            open: 4,
            opening: 0,
            waiting: 1000,
            waiting_bytes: 0,
            working: 4,
            oldest: Duration::ZERO,
            done: 0,
            moved: 0,
            ceiling: 10,
        };
        let mut pace = Pace::default();
        pace.logged_in(Duration::from_millis(200));
        assert_eq!(pace.wanted(&scene), 10);
        pace.setback(3, start);
        assert_eq!(pace.wanted(&scene), 3);
        let later = |seconds: u64, done| Scene { now: start + Duration::from_secs(seconds), done, open: 3, ..scene };
        pace.wanted(&later(1, 0));
        assert_eq!(pace.wanted(&later(3, 200)), 3, "not yet");
        assert!(pace.wanted(&later(60, 9000)) > 3);
    }
}
