//! Things by the number of their job: a million of them without a million pointers. Numbers are dense as a rule, since
//! jobs are numbered one after the other; where most of them are gone, no more than a handful of empty places stays.

use std::collections::BTreeMap;

use crate::domain::JobId;

/// A map from jobs to things.
#[derive(Debug)]
pub struct ById<T> {
    chunks: BTreeMap<u64, Chunk<T>>,
    len: usize,
}

#[derive(Debug)]
struct Chunk<T> {
    used: u8,
    places: Box<[Option<T>]>,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self { chunks: BTreeMap::new(), len: 0 }
    }
}

impl<T> ById<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// That job's.
    pub fn find(&self, id: JobId) -> Option<&T> {
        self.chunks.get(&chunk(id))?.places.get(place(id))?.as_ref()
    }

    /// That job's, to be changed.
    pub fn find_mut(&mut self, id: JobId) -> Option<&mut T> {
        self.chunks.get_mut(&chunk(id))?.places.get_mut(place(id))?.as_mut()
    }

    /// Puts it in; what was there comes back.
    pub fn insert(&mut self, id: JobId, thing: T) -> Option<T> {
        let chunk = self
            .chunks
            .entry(chunk(id))
            .or_insert_with(|| Chunk { used: 0, places: (0..PLACES).map(|_| None).collect() });
        let before = chunk.places.get_mut(place(id))?.replace(thing);
        if before.is_none() {
            chunk.used += 1;
            self.len += 1;
        }
        before
    }

    /// Where its number is the last of some neighbours that lie together: all of them.
    pub fn completed_mut(&mut self, id: JobId) -> impl Iterator<Item = &mut T> {
        let completes = (id.0 + 1).is_multiple_of(PLACES);
        let chunk = self.chunks.get_mut(&chunk(id)).filter(|_| completes);
        chunk.into_iter().flat_map(|chunk| chunk.places.iter_mut().flatten())
    }

    /// Takes it out.
    pub fn remove(&mut self, id: JobId) -> Option<T> {
        let number = chunk(id);
        let chunk = self.chunks.get_mut(&number)?;
        let thing = chunk.places.get_mut(place(id))?.take()?;
        chunk.used -= 1;
        self.len -= 1;
        if chunk.used == 0 {
            self.chunks.remove(&number);
        }
        Some(thing)
    }

    /// For looking at many, most of them one after the other.
    pub fn cursor(&self) -> Cursor<'_, T> {
        Cursor { things: self, last: None }
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = (JobId, &T)> {
        self.chunks.iter().flat_map(|(number, chunk)| {
            let first = number * PLACES;
            (0..PLACES)
                .zip(chunk.places.iter())
                .filter_map(move |(at, thing)| thing.as_ref().map(|thing| (JobId(first + at), thing)))
        })
    }
}

/// Looks things up; neighbours fast.
pub struct Cursor<'a, T> {
    things: &'a ById<T>,
    last: Option<(u64, Option<&'a Chunk<T>>)>,
}

impl<'a, T> Cursor<'a, T> {
    /// That job's.
    pub fn find(&mut self, id: JobId) -> Option<&'a T> {
        let number = chunk(id);
        let chunk = match self.last {
            Some((last, chunk)) if last == number => chunk,
            _ => {
                let chunk = self.things.chunks.get(&number);
                self.last = Some((number, chunk));
                chunk
            }
        };
        chunk?.places.get(place(id))?.as_ref()
    }
}

fn chunk(id: JobId) -> u64 {
    id.0 / PLACES
}

fn place(id: JobId) -> usize {
    (id.0 % PLACES) as usize
}

/// Few, so that a lone job that is left of thousands does not keep much.
const PLACES: u64 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_there_until_it_is_taken_out() {
        let mut things = ById::default();
        for id in [1, 31, 32, 1000, u64::MAX] {
            assert_eq!(things.insert(JobId(id), id), None);
        }
        assert_eq!(things.insert(JobId(32), 7), Some(32));
        assert_eq!(things.remove(JobId(1000)), Some(1000));
        assert_eq!(things.remove(JobId(1000)), None);
        assert_eq!(things.find(JobId(33)), None);
        let all: Vec<_> = things.iter().map(|(id, thing)| (id.0, *thing)).collect();
        assert_eq!(all, [(1, 1), (31, 31), (32, 7), (u64::MAX, u64::MAX)]);
        assert_eq!(things.len(), 4);
        assert_eq!(things.chunks.len(), 3, "an empty chunk goes");
        assert_eq!(things.completed_mut(JobId(1)).count(), 0);
        assert_eq!(things.completed_mut(JobId(31)).map(|thing| *thing).collect::<Vec<_>>(), [1, 31]);
    }
}
