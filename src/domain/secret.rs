//! A password in memory: prints as dots, is wiped on drop, and cannot be written to a file by accident.

use zeroize::Zeroizing;

/// The environment variable that may hold the password for the command line's server. Programs that we start do not get it.
pub const PASSWORD_VARIABLE: &str = "TWINPORT_PASSWORD";

/// A password, or an account name that is as good as one.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself. The call is visible on purpose: look at who calls it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "•••");
        assert_eq!(format!("{:?}", Some(Secret::from("hunter2"))), "Some(•••)");
    }
}
