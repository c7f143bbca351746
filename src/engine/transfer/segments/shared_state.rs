//! What the connections of one download share: who fetches what, how it goes, and where their bytes meet.

use std::fs::File;
use std::io;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::job::side::Side;
use crate::engine::message::error::JobError;
use crate::engine::progress::counter::Counter;
use crate::engine::transfer::copy::Bounds;
use crate::engine::transfer::segments::advisor::Look;
use crate::engine::transfer::segments::part_map::{Joint, Map};
use crate::engine::transfer::segments::plan::Plan;
use crate::net::flow::Flow;
use crate::net::session::DataChannel;

/// Of one download.
pub(crate) struct Board {
    state: Mutex<State>,
    changed: Condvar,
    begun: Instant,
    /// The other sessions from this number on are to go.
    retired: AtomicUsize,
}

struct State {
    plan: Plan,
    joints: Vec<Joint>,
    /// The file has holes, so that it bears the name for that.
    in_pieces: bool,
    /// What the connections have seen of the source.
    source: Option<Side>,
    /// Why all of it ends.
    trouble: Option<JobError>,
    /// Its own connection waits, or is done.
    over: bool,
    bytes: u64,
    /// See [`Board::costs`].
    cost: u64,
    /// Of all connections together so many bytes may be on the way.
    window: Option<u64>,
    /// Connections that bytes come over.
    flowing: usize,
    /// See [`Look`].
    trip: Option<Duration>,
    data_trip: Option<Duration>,
    unread: Option<u64>,
    encrypted: bool,
    /// Other sessions that failed.
    failures: usize,
    /// Other sessions.
    others: usize,
}

/// A range that a connection fetches. Given back when it is dropped.
pub(crate) struct Lease<'a> {
    board: &'a Board,
    counter: &'a Counter,
    worker: usize,
    /// Leaves when this says so, though its range is not read.
    leaves: &'a (dyn Fn() -> bool + Sync),
    pub(crate) range: Range<u64>,
    /// Whether bytes came.
    flows: AtomicBool,
    /// When its connection was looked at.
    looked: Mutex<Instant>,
}

impl Board {
    pub(crate) fn new(size: u64, map: Map, in_pieces: bool) -> Self {
        let state = State {
            plan: Plan::new(size, map.written),
            joints: map.joints,
            in_pieces,
            source: None,
            trouble: None,
            over: false,
            bytes: 0,
            cost: LEAST,
            window: None,
            flowing: 0,
            trip: None,
            data_trip: None,
            unread: None,
            encrypted: false,
            failures: 0,
            others: 0,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            begun: Instant::now(),
            retired: AtomicUsize::new(usize::MAX),
        }
    }

    /// Something to fetch for a connection that has nothing; `None` = there is nothing, or nothing worth it.
    pub(crate) fn lease<'a>(
        &'a self,
        worker: usize,
        counter: &'a Counter,
        leaves: &'a (dyn Fn() -> bool + Sync),
    ) -> Option<Lease<'a>> {
        let mut state = self.state();
        if state.trouble.is_some() {
            return None;
        }
        let cost = state.cost;
        // The first range is halved only in a file that may have holes.
        if !state.in_pieces && worker > 0 {
            return None;
        }
        let workers = state.others + 1;
        let range = state.plan.take(worker, cost, workers)?;
        let looked = Mutex::new(Instant::now());
        Some(Lease { board: self, counter, worker, leaves, range, flows: AtomicBool::new(false), looked })
    }

    /// From now on the file may have holes.
    pub(crate) fn go_to_pieces(&self) {
        self.state().in_pieces = true;
    }

    /// Whether the file may have holes.
    pub(crate) fn is_in_pieces(&self) -> bool {
        self.state().in_pieces
    }

    /// What the record is to say now.
    pub(crate) fn map(&self, size: u64) -> Map {
        let state = self.state();
        Map { size, written: state.plan.in_file(), joints: state.joints.clone() }
    }

    /// Whether all of that is in the file.
    pub(crate) fn has(&self, range: &Range<u64>) -> bool {
        self.state().plan.has(range)
    }

    /// Everything is in the file.
    pub(crate) fn is_complete(&self) -> bool {
        self.state().plan.is_complete()
    }

    /// More came than there should be.
    pub(crate) fn is_too_long(&self) -> bool {
        self.state().plan.is_too_long()
    }

    /// What is in the file, in bytes.
    pub(crate) fn present(&self) -> u64 {
        self.state().plan.in_file().iter().map(|range| range.end - range.start).sum()
    }

    /// Where bytes of two connections meet.
    pub(crate) fn meet(&self, joint: Joint) {
        self.state().joints.push(joint);
    }

    /// Compares what can be compared. `false` = two connections' bytes do not fit together.
    pub(crate) fn check(&self, file: &mut File) -> io::Result<bool> {
        let ready: Vec<Joint> = {
            let mut state = self.state();
            let State { plan, joints, .. } = &mut *state;
            joints.extract_if(.., |joint| plan.has(&joint.range)).collect()
        };
        for joint in ready {
            let length = usize::try_from(joint.range.end - joint.range.start).unwrap_or(usize::MAX);
            let mut bytes = vec![0; length];
            file.seek(SeekFrom::Start(joint.range.start))?;
            file.read_exact(&mut bytes)?;
            if Joint::new(joint.range.start, &bytes) != joint {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a connection saw of the source. `false` = another one saw another.
    pub(crate) fn agrees(&self, seen: Side, differ: impl Fn(Side, Side) -> bool) -> bool {
        let mut state = self.state();
        let first = *state.source.get_or_insert(seen);
        !differ(first, seen)
    }

    /// All of it ends.
    pub(crate) fn fail(&self, error: JobError) {
        self.state().trouble.get_or_insert(error);
        self.changed.notify_all();
    }

    /// Why all of it ends.
    pub(crate) fn trouble(&self) -> Option<JobError> {
        self.state().trouble.clone()
    }

    /// Its own connection has nothing to do any more: whoever watches and waits goes.
    pub(crate) fn end(&self) {
        self.state().over = true;
        self.changed.notify_all();
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.state().over
    }

    /// Waits till something changed, or so long.
    pub(crate) fn wait(&self, most: Duration) {
        let state = self.state();
        if !state.over && state.trouble.is_none() {
            drop(self.changed.wait_timeout(state, most));
        }
    }

    /// The other sessions from this number on are of no use; `usize::MAX` = each is of use.
    pub(crate) fn retire(&self, from: usize) {
        self.retired.store(from, Ordering::Relaxed);
    }

    /// Whether that session is to go.
    pub(crate) fn is_retired(&self, number: usize) -> bool {
        number >= self.retired.load(Ordering::Relaxed)
    }

    /// Another session is on its way.
    pub(crate) fn add_worker(&self) {
        self.state().others += 1;
    }

    /// Another session is gone.
    pub(crate) fn gone(&self) {
        self.state().others -= 1;
        self.changed.notify_all();
    }

    /// Whether nobody else is left who could fetch anything.
    pub(crate) fn is_alone(&self) -> bool {
        self.state().others == 0
    }

    /// How it goes, and went since the last look.
    pub(crate) fn look(&self) -> Look {
        let mut state = self.state();
        Look {
            at: self.begun.elapsed(),
            bytes: state.bytes,
            missing: state.plan.missing(),
            workers: state.others + 1,
            flowing: state.flowing,
            trip: state.trip,
            data_trip: state.data_trip.take(),
            unread: state.unread.take(),
            encrypted: state.encrypted,
        }
    }

    /// How much comes over one connection while another one begins.
    pub(crate) fn costs(&self, bytes: u64) {
        self.state().cost = bytes;
    }

    /// So many bytes may be on the way, of all connections together: a burst of one must not cost the others their
    /// packets, since what loses some while it begins stays slow.
    pub(crate) fn narrow(&self, window: u64) {
        self.state().window = Some(window);
    }

    /// Another session failed, as others would, too (`for_good`) or not.
    pub(crate) fn failed(&self, for_good: bool) {
        let mut state = self.state();
        state.failures = if for_good { usize::MAX } else { state.failures.saturating_add(1) };
    }

    pub(crate) fn failures(&self) -> usize {
        self.state().failures
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// Whether it is time to look at its connection.
    fn is_due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.elapsed() >= OFTEN;
        if due {
            *looked = Instant::now();
        }
        due
    }

    /// All of its range is in the file; `false` = the rest is for others. For others, too, where it is dropped before.
    pub(crate) fn is_done(&self) -> bool {
        let state = self.board.state();
        state.plan.is_done(self.worker)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.board.state();
        state.plan.release(self.worker);
        if *self.flows.get_mut() {
            state.flowing -= 1;
        }
        drop(state);
        self.board.changed.notify_all();
    }
}

impl Bounds for Lease<'_> {
    fn room(&self, most: usize) -> usize {
        let mut state = self.board.state();
        if state.trouble.is_some() || (self.leaves)() {
            return 0;
        }
        usize::try_from(state.plan.room(self.worker, most as u64)).unwrap_or(most)
    }

    fn took(&self, bytes: usize, channel: &DataChannel<'_>) {
        let flow = self.is_due().then(|| channel.flow()).flatten();
        let mut state = self.board.state();
        state.plan.took(self.worker, bytes as u64);
        state.bytes += bytes as u64;
        if !self.flows.swap(true, Ordering::Relaxed) {
            state.flowing += 1;
        }
        let Some(Flow { trip, data_trip, unread }) = flow else { return };
        // The handshake may have waited for something.
        state.trip = state.trip.into_iter().chain([trip]).chain(data_trip).min();
        state.data_trip = state.data_trip.into_iter().chain(data_trip).min();
        state.unread = state.unread.into_iter().chain([unread]).min();
        state.encrypted = channel.is_encrypted();
        let share = state.window.map(|window| window / (state.others + 1) as u64);
        drop(state);
        if let Some(share) = share {
            channel.narrow(share);
        }
    }

    fn wrote(&self, bytes: usize) {
        self.board.state().plan.wrote(self.worker, bytes as u64);
        self.counter.add(bytes);
    }
}

/// What another connection's beginning costs, where nothing is known of the network.
pub(crate) const LEAST: u64 = 1 << 20;
/// What the system knows of a connection changes once a round trip.
const OFTEN: Duration = Duration::from_millis(10);
