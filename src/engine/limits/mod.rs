//! Limits of speed: the buckets that all connections draw from, when which limit holds, and keeping idle sessions alive.

/// Bytes per second for all connections, for a site, for one direction.
pub(crate) mod limiter;

/// Commands that keep an idle session from being closed.
pub(crate) mod keep_alive;

/// Which limit holds at a time of the week.
pub(crate) mod schedule;
