//! Whether MLSD works here.

/// Whether MLSD works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::net) enum Mlsd {
    /// FEAT says so, and nothing speaks against it.
    Works,
    /// FEAT says so, and an earlier session found that it does not.
    SaidToFail,
    /// Or is not offered.
    Fails,
}

impl Mlsd {
    pub(in crate::net) fn new(offered: bool, learned: Option<bool>) -> Self {
        match (offered, learned) {
            (false, _) => Self::Fails,
            (true, Some(false)) => Self::SaidToFail,
            (true, _) => Self::Works,
        }
    }
}
