//! Names of things that live in several threads at once: newtypes, so that a job is never taken for a question.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One browsing connection of the window (a tab, later).
    ConnectionId
);
id!(
    /// One transfer in the queue; also its key in `queue.db`.
    JobId
);
id!(
    /// One question to the user, waiting for an answer.
    QuestionId
);
id!(
    /// One saved site; also the key of its password in the system's keyring.
    SiteId
);
