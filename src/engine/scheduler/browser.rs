//! A connection that a pane uses.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::{RemotePath, Site};
use crate::engine::message::RemoteOperation;

/// One browsing connection.
pub(crate) struct Browser {
    pub(crate) site: Arc<Site>,
    pub(crate) session: u64,
    pub(crate) state: State,
    /// The latest wish wins.
    pub(crate) next_list: Option<RemotePath>,
    pub(crate) operations: VecDeque<RemoteOperation>,
    /// When the user last wanted something.
    pub(crate) last_wish: Instant,
    /// NOOPs since then; `None` = the server has closed the session meanwhile: it is opened again when it is needed.
    pub(crate) noops: Option<u32>,
    /// The session is being opened again by itself, in the middle of a task.
    pub(crate) redialling: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Being opened, or waiting for a password.
    Opening,
    Ready,
    /// Could not be opened.
    Down,
}

impl Browser {
    pub(crate) fn wants_something(&self) -> bool {
        self.next_list.is_some() || !self.operations.is_empty()
    }
}
