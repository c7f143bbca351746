//! Floor 5: the command line. The same engine as the window's, headless; its rules for slashes, output and exit codes are
//! promises to scripts.

pub mod args;
mod client;
mod list;
mod orders;
mod output;
pub mod process_list;
mod question;
mod screen;
mod sites;
mod tally;
mod transfer;
pub mod url;

use std::process::ExitCode;
use std::sync::Arc;

pub use args::{Arguments, Options, UsageError, Verb};
pub use output::complain;

use crate::store::profile::Profile;
use crate::store::secrets::Keyring;
use crate::store::settings::Settings;
use crate::store::sitebook::SiteBook;
use crate::store::trust::TrustBook;

/// What the profile gave.
pub struct Context {
    /// Where things live.
    pub profile: Profile,
    /// As saved.
    pub settings: Settings,
    /// The saved sites.
    pub book: SiteBook,
    /// Certificates that the user trusts.
    pub trust: TrustBook,
    /// Where passwords live.
    pub keyring: Arc<dyn Keyring>,
}

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// Some transfer failed; each was named.
    Failed,
    /// Wrong usage.
    Usage,
    /// Could not connect or log in.
    NoConnection,
    /// The server's certificate is not trusted.
    Untrusted,
    /// Interrupted.
    Interrupted,
}

/// Does what the verb says.
pub fn run(verb: &Verb, options: &Options, context: &Context) -> Exit {
    match verb {
        Verb::Get { url, local } => transfer::get(url, local, options, context),
        Verb::Put { local, url } => transfer::put(local, url, options, context),
        Verb::Ls { url, long } => list::run(url, *long, options, context),
        Verb::Sites { action } => sites::run(action.as_ref(), options, context),
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NoConnection => 3,
            Exit::Untrusted => 4,
            Exit::Interrupted => 130,
        })
    }
}
