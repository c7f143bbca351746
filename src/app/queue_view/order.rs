//! A long list of jobs, in pieces: what comes in between moves no million.

use crate::domain::JobId;

/// The jobs in the queue's order.
#[derive(Debug, Default)]
pub(crate) struct Order {
    pieces: Vec<Vec<JobId>>,
    len: usize,
    /// Where a job was sought last: the next one is near it.
    near: usize,
}

/// Jobs of a piece, about.
const PIECE: usize = 4096;

impl Order {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many pieces.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Puts the row there, at the end where that job is not here. Gives the piece behind which there is a new one, unless
    /// that is at the end.
    pub(crate) fn insert(&mut self, row: &[JobId], before: Option<JobId>) -> Option<usize> {
        if row.is_empty() {
            return None;
        }
        self.len += row.len();
        let Some((at, place)) = before.and_then(|before| self.find(before)) else {
            self.append(row);
            return None;
        };
        let piece = self.pieces.get_mut(at)?;
        piece.splice(place..place, row.iter().copied());
        if piece.len() <= 2 * PIECE {
            return None;
        }
        let rest = piece.split_off(piece.len() / 2);
        self.pieces.insert(at + 1, rest);
        Some(at)
    }

    /// Leaves those of a piece that are wanted; how many were looked at.
    pub(crate) fn retain(&mut self, piece: usize, mut wanted: impl FnMut(JobId) -> bool) -> usize {
        let Some(piece) = self.pieces.get_mut(piece) else { return 0 };
        let before = piece.len();
        piece.retain(|id| wanted(*id));
        self.len -= before - piece.len();
        before
    }

    /// Forgets empty pieces.
    pub(crate) fn sweep(&mut self) {
        self.pieces.retain(|piece| !piece.is_empty());
    }

    fn append(&mut self, mut row: &[JobId]) {
        while !row.is_empty() {
            let room = self.pieces.last().map_or(0, |piece| PIECE.saturating_sub(piece.len()));
            if room == 0 {
                self.pieces.push(Vec::new());
                continue;
            }
            let (now, later) = row.split_at(room.min(row.len()));
            if let Some(piece) = self.pieces.last_mut() {
                piece.extend_from_slice(now);
            }
            row = later;
        }
    }

    fn find(&mut self, id: JobId) -> Option<(usize, usize)> {
        let near = self.near.min(self.pieces.len());
        let (before, behind) = self.pieces.split_at(near);
        let mut pieces = (near..).zip(behind).chain((0..).zip(before));
        let found = pieces.find_map(|(at, piece)| Some((at, piece.iter().position(|other| *other == id)?)))?;
        self.near = found.0;
        Some(found)
    }
}

impl From<Vec<JobId>> for Order {
    fn from(jobs: Vec<JobId>) -> Self {
        let mut order = Self { len: jobs.len(), ..Self::default() };
        order.append(&jobs);
        order
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn it_is_as_one_list(steps in proptest::collection::vec((0_u64..30_000, 1_u64..3000, any::<bool>()), 1..30)) {
            let (mut order, mut list, mut next) = (Order::default(), Vec::new(), 0);
            for (at, count, inserts) in steps {
                if inserts {
                    let row: Vec<JobId> = (next..next + count).map(JobId).collect();
                    next += count;
                    let place = list.iter().position(|id| *id == JobId(at));
                    order.insert(&row, Some(JobId(at)));
                    let place = place.unwrap_or(list.len());
                    list.splice(place..place, row);
                } else {
                    let wanted = |id: JobId| !id.0.is_multiple_of(count) && id.0 % 5 != at % 5;
                    list.retain(|id| wanted(*id));
                    let pieces = order.pieces();
                    for piece in 0..pieces {
                        order.retain(piece, wanted);
                    }
                    order.sweep();
                }
                prop_assert_eq!(order.len(), list.len());
                prop_assert!(order.pieces.iter().flatten().eq(&list));
            }
        }
    }
}
