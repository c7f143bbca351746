//! A job on a session: its counter and its speed.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{JobId, RemotePath};
use crate::engine::message::Direction;
use crate::engine::progress::counter::Counter;
use crate::engine::progress::meter::Meter;

/// A job on a session.
pub(crate) struct Running {
    pub(crate) id: JobId,
    pub(crate) direction: Direction,
    pub(crate) server: Arc<str>,
    pub(crate) local: PathBuf,
    pub(crate) remote: RemotePath,
    pub(crate) counter: Arc<Counter>,
    pub(crate) meter: Meter,
    /// How far the try before this one came.
    pub(crate) before: u64,
    /// What of it is in the totals already.
    pub(crate) counted: u64,
}
