//! How a server tells checksums.

use crate::ftp::checksum::{Algorithm, Checksum, Method, methods};
use crate::ftp::features::Features;

/// How this server tells checksums.
#[derive(Debug)]
pub(in crate::net) struct Hashing {
    /// The strongest first; those that turned out not to work are gone.
    pub(crate) methods: Vec<Method>,
    /// What HASH computes at present; `None` = not known.
    pub(crate) selected: Option<Algorithm>,
    /// Names with blanks go between quotes (Serv-U, ProFTPD), or must not; `None` = not known yet.
    pub(crate) quotes: Option<bool>,
}

/// What the server says to a request for a checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hashed {
    /// This.
    Sum(Checksum),
    /// It cannot, or does not want to; its words, or ours.
    No(String),
}

impl Hashing {
    pub(in crate::net) fn new(features: &Features) -> Self {
        let selected = features.hash.iter().find(|(_, selected)| *selected).map(|(name, _)| name.clone());
        let methods = methods(features);
        let selected = methods.iter().find(|method| method.option.is_some() && method.option == selected);
        Self { selected: selected.map(|method| method.algorithm), methods, quotes: None }
    }

    /// The same server on another connection; which algorithm HASH computes there, FEAT says.
    pub(in crate::net) fn inherit(&mut self, earlier: &Self) {
        self.methods.retain(|method| earlier.methods.contains(method));
        self.quotes = earlier.quotes;
    }
}
