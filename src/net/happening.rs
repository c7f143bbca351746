//! What a session tells while it works.

use std::sync::Arc;

use crate::domain::{ControlPath, DataPath, Encryption, Lesson};

/// What a session tells while it works. Texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A step of the way to a usable session.
    Step(Step),
    /// A command line sent, secrets masked.
    Sent(String),
    /// A reply line received, control characters replaced.
    Received(String),
    /// Something worth knowing that is no dialogue: "EPSV refused, using PASV".
    Note(String),
    /// Both ends of the control connection.
    Control(ControlPath),
    /// A data connection stands.
    Data(DataPath),
    /// Something was found out about this server.
    Learned(Lesson),
    /// The control connection is encrypted.
    Secured(Arc<Encryption>),
    /// The server offers no encryption, and the password is about to go in clear text.
    InClear,
}

/// The way to a usable session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Looking up the host's addresses.
    Resolving,
    /// TCP connect.
    Connecting,
    /// Waiting for the greeting.
    Greeting,
    /// The TLS handshake.
    Securing,
    /// USER, PASS, ACCT, FEAT, PWD.
    LoggingIn,
}

/// Hears what a session tells; called on the session's thread.
pub type Observer = Arc<dyn Fn(Happening) + Send + Sync>;
