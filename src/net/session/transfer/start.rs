//! A transfer that has begun: how its data connection was made, and what the server said.

use crate::domain::{DataPath, Mode};
use crate::ftp::reply::Reply;
use crate::net::session::transfer::representation::Coding;
use crate::net::stream::Stream;

/// How a transfer came about.
#[derive(Default)]
pub(in crate::net) struct Begun {
    /// Whether 150 came.
    pub(in crate::net) preliminary: bool,
    /// The size it told.
    pub(in crate::net) announced: Option<u64>,
    /// The last reply, if it came already.
    pub(in crate::net) last: Option<Reply>,
    /// See [`Started::held`].
    pub(in crate::net) held: Option<Reply>,
}

/// A transfer that was asked for.
pub(in crate::net) struct Run {
    pub(in crate::net) mode: Mode,
    pub(in crate::net) arranged_by: &'static str,
    pub(in crate::net) coding: Coding,
}

/// A transfer that has begun.
pub(crate) struct Started {
    pub(crate) stream: Option<Stream>,
    pub(crate) path: DataPath,
    pub(crate) coding: crate::net::session::transfer::representation::Coding,
    pub(crate) announced: Option<u64>,
    pub(crate) last: Option<Reply>,
    pub(crate) preliminary: bool,
    /// A no that may be this transfer's, or that to what was sent ahead.
    pub(crate) held: Option<Reply>,
    /// It may still be refused.
    pub(crate) eager: bool,
}
