//! Things in order, a million of them: in pieces that are full as a rule, since most come at the end; where most of a piece
//! is gone, it joins its neighbour.

/// A sorted set.
#[derive(Debug)]
pub(crate) struct Sorted<T> {
    /// None of them is empty.
    pieces: Vec<Vec<T>>,
    len: usize,
}

/// Things of a piece, at most.
const MOST: usize = 256;

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }
}

impl<T: Copy + Ord> Sorted<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn first(&self) -> Option<T> {
        self.pieces.first()?.first().copied()
    }

    pub(crate) fn last(&self) -> Option<T> {
        self.pieces.last()?.last().copied()
    }

    pub(crate) fn contains(&self, thing: T) -> bool {
        self.pieces.get(self.piece(thing)).is_some_and(|piece| piece.binary_search(&thing).is_ok())
    }

    /// `false` = it was there already.
    pub(crate) fn insert(&mut self, thing: T) -> bool {
        if self.last().is_none_or(|last| last < thing) {
            match self.pieces.last_mut().filter(|piece| piece.len() < MOST) {
                Some(piece) => piece.push(thing),
                None => self.pieces.push(vec![thing]),
            }
            self.len += 1;
            return true;
        }
        let at = self.piece(thing);
        let Some(piece) = self.pieces.get_mut(at) else { return false };
        let Err(place) = piece.binary_search(&thing) else { return false };
        piece.insert(place, thing);
        if piece.len() > MOST {
            let rest = piece.split_off(MOST / 2);
            self.pieces.insert(at + 1, rest);
        }
        self.len += 1;
        true
    }

    /// `false` = it was not there.
    pub(crate) fn remove(&mut self, thing: T) -> bool {
        let at = self.piece(thing);
        let Some(piece) = self.pieces.get_mut(at) else { return false };
        let Ok(place) = piece.binary_search(&thing) else { return false };
        piece.remove(place);
        self.len -= 1;
        if piece.len() < MOST / 4 {
            self.join(at);
        }
        true
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        self.pieces.iter().flatten().copied()
    }

    /// Those behind it, itself not included.
    pub(crate) fn after(&self, thing: T) -> impl Iterator<Item = T> + '_ {
        let at = self.piece(thing);
        let pieces = self.pieces.get(at..).unwrap_or_default();
        let skipped = pieces.first().map_or(0, |piece| piece.partition_point(|other| *other <= thing));
        pieces.iter().flatten().copied().skip(skipped)
    }

    /// Those before it, the nearest first.
    pub(crate) fn before(&self, thing: T) -> impl Iterator<Item = T> + '_ {
        let at = self.piece(thing);
        let near = self.pieces.get(at).map(|piece| piece.split_at(piece.partition_point(|other| *other < thing)).0);
        let far = self.pieces.get(..at).unwrap_or_default();
        near.into_iter().flatten().rev().chain(far.iter().flatten().rev()).copied()
    }

    /// Where it is, or would be.
    fn piece(&self, thing: T) -> usize {
        self.pieces.partition_point(|piece| piece.last().is_some_and(|last| *last < thing))
    }

    /// A piece that has become small goes to a neighbour, if that has room for many more still.
    fn join(&mut self, at: usize) {
        let length = |at: usize| self.pieces.get(at).map(Vec::len);
        let Some(own) = length(at) else { return };
        let fits = |other: Option<usize>| other.is_some_and(|other| own + other <= MOST / 2);
        let first = if fits(length(at + 1)) {
            at
        } else if at > 0 && fits(length(at - 1)) {
            at - 1
        } else {
            if own == 0 {
                self.pieces.remove(at);
            }
            return;
        };
        let mut second = self.pieces.remove(first + 1);
        if let Some(first) = self.pieces.get_mut(first) {
            first.append(&mut second);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn it_is_as_the_library_s(
            appended in 0_u32..1500,
            steps in proptest::collection::vec((any::<bool>(), 0_u32..2000), 0..3000),
            probes in proptest::collection::vec(0_u32..2000, 8),
        ) {
            let (mut sorted, mut model) = (Sorted::default(), BTreeSet::new());
            for thing in 0..appended {
                prop_assert!(sorted.insert(thing) && model.insert(thing));
            }
            for (insert, thing) in steps {
                if insert {
                    prop_assert_eq!(sorted.insert(thing), model.insert(thing));
                } else {
                    prop_assert_eq!(sorted.remove(thing), model.remove(&thing));
                }
                prop_assert!(sorted.pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= MOST));
            }
            prop_assert!(sorted.iter().eq(model.iter().copied()));
            prop_assert!(sorted.iter().rev().eq(model.iter().rev().copied()));
            prop_assert_eq!((sorted.first(), sorted.last()), (model.first().copied(), model.last().copied()));
            prop_assert_eq!((sorted.len(), sorted.is_empty()), (model.len(), model.is_empty()));
            for probe in probes {
                prop_assert_eq!(sorted.contains(probe), model.contains(&probe));
                prop_assert!(sorted.after(probe).eq(model.range(probe + 1..).copied()));
                prop_assert!(sorted.before(probe).eq(model.range(..probe).rev().copied()));
            }
        }
    }

    #[test]
    fn what_comes_at_the_end_fills_the_pieces_and_what_goes_leaves_few() {
        let mut sorted = Sorted::default();
        assert!((0..10_000).all(|thing| sorted.insert(thing)));
        assert_eq!(sorted.pieces.len(), 10_000_usize.div_ceil(MOST));
        assert!((0..10_000).filter(|thing| thing % 1000 != 0).all(|thing| sorted.remove(thing)));
        assert_eq!(sorted.pieces.len(), 1, "ten of ten thousand");
    }
}
