//! Who fetches which bytes of a file: pure. Every byte is written, on its way with one worker, or free; what is free is
//! taken first, then half of the longest rest of another's range. What a worker gives back is free again.

use std::collections::BTreeMap;
use std::ops::Range;

/// Of one file.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    size: u64,
    /// Sorted, apart from each other, of workers that are done with them.
    written: Vec<Range<u64>>,
    runs: BTreeMap<usize, Run>,
}

/// What one worker is about.
#[derive(Debug, Clone)]
struct Run {
    from: u64,
    /// Up to here it is in the file.
    written: u64,
    /// Up to here it came.
    read: u64,
    /// Up to here it is being asked for: nobody else's any more.
    held: u64,
    end: u64,
}

impl Plan {
    /// For so many bytes, of which some are in the file already.
    pub(crate) fn new(size: u64, written: Vec<Range<u64>>) -> Self {
        let mut plan = Self { size, written: Vec::new(), runs: BTreeMap::new() };
        written.into_iter().for_each(|range| plan.add(range.start..range.end.min(size)));
        plan
    }

    /// Work for one of so many workers that has none. While it begins, so many bytes (`cost`) come to another one: `None` =
    /// it would not be there sooner.
    pub(crate) fn take(&mut self, worker: usize, cost: u64, workers: usize) -> Option<Range<u64>> {
        let free = self.free().next();
        let range = free.or_else(|| self.steal(cost.max(1), workers.max(2) as u64))?;
        let Range { start, end } = range;
        self.runs.insert(worker, Run { from: start, written: start, read: start, held: start, end });
        Some(start..end)
    }

    /// So much of the longest rest that both are done at the same time; or more of it, for others that come, too: what stays
    /// is a worker's share of all.
    fn steal(&mut self, cost: u64, workers: u64) -> Option<Range<u64>> {
        let all: u64 = self.runs.values().map(Run::rest).sum();
        let victim = self.runs.values_mut().max_by_key(|run| run.rest())?;
        let rest = victim.rest();
        let half = rest.saturating_sub(cost) / 2;
        if half < cost.div_ceil(2) {
            return None;
        }
        let stays = ((all + cost * (workers - 1)) / workers).min(rest - half);
        let stolen = victim.end - (rest - stays)..victim.end;
        victim.end = stolen.start;
        Some(stolen)
    }

    /// How much a worker may read next; nobody takes that from it. 0 = its range is read.
    pub(crate) fn room(&mut self, worker: usize, most: u64) -> u64 {
        let Some(end) = self.runs.get(&worker).filter(|run| run.read >= run.end).map(|run| run.end) else {
            return self.hold(worker, most);
        };
        // What comes next and was given back needs no connection of its own.
        let next = self.free().find(|gap| gap.start == end);
        if let (Some(gap), Some(run)) = (next, self.runs.get_mut(&worker)) {
            run.end = gap.end;
        }
        self.hold(worker, most)
    }

    fn hold(&mut self, worker: usize, most: u64) -> u64 {
        let Some(run) = self.runs.get_mut(&worker) else { return 0 };
        // The end of the file is where the server says so; one byte more would tell of another file.
        let end = if run.end == self.size { u64::MAX } else { run.end };
        run.held = run.read.saturating_add(most).min(end);
        run.held - run.read
    }

    /// So much came.
    pub(crate) fn took(&mut self, worker: usize, bytes: u64) {
        if let Some(run) = self.runs.get_mut(&worker) {
            run.read += bytes;
            run.held = run.read;
        }
    }

    /// So much is in the file.
    pub(crate) fn wrote(&mut self, worker: usize, bytes: u64) {
        if let Some(run) = self.runs.get_mut(&worker) {
            run.written += bytes;
        }
    }

    /// A worker is done, or gives up: what it wrote stays. `true` = it wrote all of its range.
    pub(crate) fn release(&mut self, worker: usize) -> bool {
        let Some(run) = self.runs.remove(&worker) else { return true };
        self.add(run.from..run.written.min(self.size));
        run.written >= run.end
    }

    /// Whether all of a worker's range is in the file.
    pub(crate) fn is_done(&self, worker: usize) -> bool {
        self.runs.get(&worker).is_none_or(|run| run.written >= run.end)
    }

    /// More came than there should be.
    pub(crate) fn is_too_long(&self) -> bool {
        self.runs.values().any(|run| run.written > self.size)
    }

    /// Everything is in the file.
    pub(crate) fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    /// What is in the file: sorted, apart from each other.
    pub(crate) fn in_file(&self) -> Vec<Range<u64>> {
        let mut whole = Self { size: self.size, written: self.written.clone(), runs: BTreeMap::new() };
        self.runs.values().for_each(|run| whole.add(run.from..run.written.min(self.size)));
        whole.written
    }

    /// Whether all of that is in the file.
    pub(crate) fn has(&self, range: &Range<u64>) -> bool {
        self.in_file().iter().any(|known| known.start <= range.start && range.end <= known.end)
    }

    /// How many bytes are missing.
    pub(crate) fn missing(&self) -> u64 {
        self.size - self.in_file().iter().map(|range| range.end - range.start).sum::<u64>()
    }

    /// What nobody has and nobody fetches, in order.
    fn free(&self) -> impl Iterator<Item = Range<u64>> {
        let mut taken = self.written.clone();
        taken.extend(self.runs.values().map(|run| run.from..run.end.max(run.held).min(self.size)));
        taken.sort_by_key(|range| range.start);
        taken.push(self.size..self.size);
        let mut at = 0;
        taken.into_iter().filter_map(move |range| {
            let gap = at..range.start;
            at = at.max(range.end);
            (gap.start < gap.end).then_some(gap)
        })
    }

    fn add(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        self.written.push(range);
        self.written.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<u64>> = Vec::with_capacity(self.written.len());
        for range in self.written.drain(..) {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        self.written = apart;
    }
}

impl Run {
    /// What it has not asked for yet.
    fn rest(&self) -> u64 {
        self.end.saturating_sub(self.held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_second_worker_takes_as_much_as_both_are_done_with_at_once() {
        let mut plan = Plan::new(1000, vec![]);
        assert_eq!(plan.take(0, 10, 2), Some(0..1000));
        assert_eq!(plan.room(0, 200), 200);
        assert_eq!(
            plan.take(1, 100, 2),
            Some(650..1000),
            "not what is on its way, nor what comes till it is there itself"
        );
        plan.took(0, 200);
        assert_eq!(plan.room(0, 5000), 450, "its range ends where the other's begins");
        assert_eq!(plan.take(2, 300, 2), None, "all is there before a third one is");
    }

    #[test]
    fn several_that_come_at_once_have_equal_shares() {
        let mut plan = Plan::new(1000, vec![]);
        plan.take(0, 1, 1);
        assert_eq!(plan.take(1, 1, 4), Some(250..1000));
        assert_eq!(plan.take(2, 1, 4), Some(500..1000));
        assert_eq!(plan.take(3, 1, 4), Some(750..1000));
        assert_eq!(plan.room(0, 1000), 250);
    }

    #[test]
    fn what_is_given_back_is_taken_first_and_what_was_written_is_not_fetched_again() {
        let mut plan = Plan::new(1000, std::iter::once(100..300).collect());
        assert_eq!(plan.take(0, 1, 2), Some(0..100));
        assert_eq!(plan.take(1, 1, 2), Some(300..1000));
        assert_eq!(plan.room(1, 50), 50);
        plan.took(1, 50);
        plan.wrote(1, 40);
        assert!(!plan.release(1));
        assert_eq!(plan.missing(), 760);
        assert!(plan.has(&(100..340)));
        assert_eq!(plan.take(2, 1000, 2), Some(340..1000));
    }

    #[test]
    fn a_worker_goes_on_into_what_was_given_back_behind_its_range() {
        let mut plan = Plan::new(1000, vec![]);
        plan.take(0, 1, 2);
        assert_eq!(plan.take(1, 1, 2), Some(500..1000));
        plan.release(1);
        assert_eq!(plan.room(0, 400), 400);
        plan.took(0, 400);
        assert_eq!(plan.room(0, 400), 100);
        plan.took(0, 100);
        assert_eq!(plan.room(0, 400), 400, "without a new connection");
    }

    #[test]
    fn more_than_the_size_is_noticed() {
        let mut plan = Plan::new(10, vec![]);
        plan.take(0, 1, 2);
        assert!(plan.room(0, 100) > 10, "so that the end is the server's word");
        plan.took(0, 11);
        plan.wrote(0, 11);
        assert!(plan.is_too_long());
    }

    /// One thing that may happen to one of the workers.
    #[derive(Debug, Clone)]
    enum Event {
        Take(usize),
        Read(usize, u64),
        Write(usize),
        Release(usize),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let one = prop_oneof![
            (0..5usize).prop_map(Event::Take),
            (0..5usize, 1..400u64).prop_map(|(worker, most)| Event::Read(worker, most)),
            (0..5usize).prop_map(Event::Write),
            (0..5usize).prop_map(Event::Release),
        ];
        proptest::collection::vec(one, 0..200)
    }

    proptest! {
        /// Against a file that counts how often each byte was written.
        #[test]
        fn every_byte_is_written_once_whatever_the_workers_do(size in 1..3000u64, cost in 1..200u64, events in events()) {
            let mut plan = Plan::new(size, vec![]);
            let mut file = vec![0u8; usize::try_from(size).unwrap()];
            // Of each worker: where it stands in the file, and what it has read but not written.
            let mut at: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
            let mut write = |plan: &mut Plan, worker: usize, at: &mut BTreeMap<usize, (u64, u64)>| {
                let Some((position, pending)) = at.get_mut(&worker) else { return };
                for byte in *position..*position + *pending {
                    file[usize::try_from(byte).unwrap()] += 1;
                }
                plan.wrote(worker, *pending);
                *position += *pending;
                *pending = 0;
            };
            let read = |plan: &mut Plan, worker: usize, most: u64, at: &mut BTreeMap<usize, (u64, u64)>| {
                let Some((position, pending)) = at.get_mut(&worker) else { return };
                let room = plan.room(worker, most);
                // The server has no more than that.
                let came = room.min(size - (*position + *pending));
                plan.took(worker, came);
                *pending += came;
            };
            for event in events {
                match event {
                    Event::Take(worker) if !at.contains_key(&worker) => {
                        let stolen = plan.free().next().is_none();
                        if let Some(range) = plan.take(worker, cost, 2) {
                            prop_assert!(!range.is_empty() && range.end <= size);
                            prop_assert!(!stolen || range.end - range.start >= cost / 2, "not worth a connection");
                            at.insert(worker, (range.start, 0));
                        }
                    }
                    Event::Take(_) => {}
                    Event::Read(worker, most) => read(&mut plan, worker, most, &mut at),
                    Event::Write(worker) => write(&mut plan, worker, &mut at),
                    Event::Release(worker) => {
                        // What was read and not written is lost.
                        plan.release(worker);
                        at.remove(&worker);
                    }
                }
            }
            // Whoever is left, one is enough to end it.
            let mut rounds = 0;
            while !plan.is_complete() {
                rounds += 1;
                prop_assert!(rounds < 10_000, "it never ends");
                for worker in at.keys().copied().collect::<Vec<_>>() {
                    read(&mut plan, worker, 100, &mut at);
                    write(&mut plan, worker, &mut at);
                    if plan.room(worker, 1) == 0 || at[&worker].0 >= size {
                        prop_assert!(plan.release(worker));
                        at.remove(&worker);
                    }
                }
                if at.is_empty() && let Some(range) = plan.take(9, cost, 2) {
                    at.insert(9, (range.start, 0));
                }
            }
            prop_assert!(file.iter().all(|times| *times == 1), "{:?}", file.iter().position(|times| *times != 1));
        }
    }
}
