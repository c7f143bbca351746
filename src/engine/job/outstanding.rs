//! What is left to do, in sums.

use std::ops::{Add, AddAssign, Sub, SubAssign};

use crate::engine::message::Amount;

/// What has not ended, in sums: each job adds its share ([`crate::engine::job::packed_job::Packed::outstanding`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Open {
    pub(crate) files: u64,
    /// Of those that will run, the ones whose size nobody knows.
    pub(crate) unsized_files: u64,
    /// To be read.
    pub(crate) folders: u64,
    /// Of the files, where it is known.
    pub(crate) size: u64,
    /// That are there already.
    pub(crate) bytes: u64,
    /// Of the files, those that the user paused: they do not run by themselves.
    pub(crate) parked_files: u64,
    /// What is left of those.
    pub(crate) parked_bytes: u64,
}

impl Open {
    /// Bytes that the queue will still move by itself, where sizes are known.
    pub(crate) fn bytes_left(&self) -> u64 {
        (self.size - self.bytes) - self.parked_bytes
    }

    /// What the queue will still do by itself; files of unknown size are taken for average ones. `None` = nobody knows.
    pub(crate) fn work(&self, all: Amount) -> Option<Volume> {
        let files = self.files - self.parked_files;
        let sized = all.files.saturating_sub(self.unsized_files);
        let average = match (self.unsized_files, sized) {
            (0, _) => 0,
            (_, 0) => return None,
            (_, sized) => all.bytes / sized,
        };
        Some(Volume { files, bytes: self.bytes_left() + average * self.unsized_files })
    }
}

impl Add for Open {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            unsized_files: self.unsized_files + other.unsized_files,
            folders: self.folders + other.folders,
            size: self.size + other.size,
            bytes: self.bytes + other.bytes,
            parked_files: self.parked_files + other.parked_files,
            parked_bytes: self.parked_bytes + other.parked_bytes,
        }
    }
}

impl Sub for Open {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            files: self.files - other.files,
            unsized_files: self.unsized_files - other.unsized_files,
            folders: self.folders - other.folders,
            size: self.size - other.size,
            bytes: self.bytes - other.bytes,
            parked_files: self.parked_files - other.parked_files,
            parked_bytes: self.parked_bytes - other.parked_bytes,
        }
    }
}

impl AddAssign for Open {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Open {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

/// What was done so far, or is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}
