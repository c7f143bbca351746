//! How far jobs are, how fast, and when they will be done.

/// Bytes of one job, counted where they move.
pub(crate) mod counter;

/// Speed of one job or of all.
pub(crate) mod meter;

/// Time that is left.
pub(crate) mod estimate;

/// A mean over time.
pub(crate) mod mean;

/// A job on a session.
pub(crate) mod running;

/// All jobs together.
pub(crate) mod totals;
