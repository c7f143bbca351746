//! The program: wires arguments, store, engine and a face.

use std::process::ExitCode;
use std::sync::Arc;

use twinport::cli::{self, Context, Exit};
use twinport::store::profile::Profile;
use twinport::store::secrets::SystemKeyring;
use twinport::store::settings::Settings;
use twinport::store::sitebook::SiteBook;

fn main() -> ExitCode {
    let arguments = cli::args::parse();
    if let Err(error) = arguments.check() {
        return cli::args::refuse(&error).into();
    }
    let profile = match Profile::open(arguments.options.profile.as_deref()) {
        Ok(profile) => profile,
        Err(sentence) => {
            cli::complain(&sentence);
            return Exit::Failed.into();
        }
    };
    let settings = Settings::load(&profile.settings());
    let book = SiteBook::load(&profile.sites());
    for warning in settings.warnings.iter().chain(&book.warnings) {
        cli::complain(warning);
    }
    let keyring = Arc::new(SystemKeyring::default());
    let context = Context { profile, settings: settings.value, book: book.value, keyring };
    match &arguments.verb {
        Some(verb) => cli::run(verb, &arguments.options, &context).into(),
        None => Exit::Failed.into(),
    }
}
