//! What the session was asked for before it was needed.

use crate::domain::RemotePath;
use crate::ftp::verb::Verb;
use crate::net::data::{Dialled, Listening};

/// What the session will be asked for after the transfer that starts next, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Next {
    /// Nothing, or not known.
    #[default]
    Nothing,
    /// A transfer: its data connection can be arranged ahead.
    Transfer,
    /// This file, whole and as it is (TYPE I, from its beginning), and nothing before it: it may be on its way before it is
    /// asked for.
    Retrieve(RemotePath),
}

/// What was sent ahead, and how far it is.
#[derive(Default)]
pub(in crate::net) enum Ahead {
    #[default]
    Nothing,
    /// EPSV or PASV: its answer is due after the transfer's own.
    Asked(Verb),
    /// It was answered: the connection for the next transfer is being made, or stands.
    Dialled(Dialled),
    /// EPRT or PORT, and that transfer.
    Underway(Box<Underway>),
}

/// A transfer that nobody has asked for yet.
pub(in crate::net) struct Underway {
    pub(crate) listening: Listening,
    pub(crate) arranged_by: &'static str,
    pub(crate) verb: Verb,
}
