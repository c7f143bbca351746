//! What tries have left under temporary names and did not continue, since their source changed meanwhile: it is kept
//! until the new one is whole, and goes then. In memory only; what an earlier run left is found by
//! [`super::leftovers`].

use std::collections::HashMap;
use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::RemotePath;
use crate::engine::message::Direction;

/// Temporary files by what they were to become.
#[derive(Debug, Default)]
pub(crate) struct Trail(Mutex<HashMap<Target, Vec<Left>>>);

/// From where to where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    direction: Direction,
    server: Arc<str>,
    local: PathBuf,
    remote: RemotePath,
}

/// A temporary file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Left {
    Here(PathBuf),
    There(RemotePath),
    /// The target itself, a temporary file: it was continued, and nobody has looked yet whether its beginning is still there.
    Unlooked,
}

impl Target {
    pub(crate) fn new(direction: Direction, server: Arc<str>, local: &Path, remote: &RemotePath) -> Self {
        Self { direction, server, local: local.to_owned(), remote: remote.clone() }
    }
}

impl Trail {
    /// A try left that.
    pub(crate) fn leave(&self, target: Target, left: Left) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_target = all.entry(target).or_default();
        if !of_target.contains(&left) {
            of_target.push(left);
        }
    }

    /// Whether a try left that.
    pub(crate) fn has(&self, target: &Target, left: &Left) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(target).is_some_and(|of_target| of_target.contains(left))
    }

    /// It is known by now.
    pub(crate) fn forget(&self, target: &Target, left: &Left) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_target) = all.get_mut(target) {
            of_target.retain(|other| other != left);
        }
    }

    /// The target is whole: what else was left of it.
    pub(crate) fn take(&self, target: &Target) -> Vec<Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(target).unwrap_or_default()
    }
}

/// Deletes a part of this computer's that nobody writes.
pub(crate) fn remove_here(part: &Path) {
    // Another Twinport's is locked.
    if File::open(part).is_ok_and(|file| file.try_lock().is_ok()) {
        fs::remove_file(part).ok();
    }
}
