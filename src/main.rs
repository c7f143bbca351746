//! The program: wires arguments, store, engine and a face.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use twinport::app::Saved;
#[cfg(not(feature = "practice"))]
use twinport::cli::UsageError;
use twinport::cli::{self, Arguments, Context, Exit};
use twinport::domain::{Secret, Site};
use twinport::engine::message::Explanation;
use twinport::engine::{Engine, EngineConfig, KeepAlive, Trust};
use twinport::store::profile::Profile;
use twinport::store::saver::Saver;
use twinport::store::secrets::SystemKeyring;
use twinport::store::settings::Settings;
use twinport::store::shared_file::SharedFile;
use twinport::store::sitebook::SiteBook;
use twinport::store::trust::TrustBook;
use twinport::ui;

/// The site to connect to at once, and its password where it is known.
type Start = Option<(Arc<Site>, Option<Secret>)>;

fn main() -> ExitCode {
    cli::process_list::hide_password();
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
    let trust = TrustBook::load(&profile.trust());
    let warnings: Vec<String> = settings.warnings.into_iter().chain(book.warnings).chain(trust.warnings).collect();
    for warning in &warnings {
        cli::complain(warning);
    }
    let keyring = Arc::new(SystemKeyring::default());
    let context = Context { profile, settings: settings.value, book: book.value, trust: trust.value, keyring };
    match &arguments.verb {
        Some(verb) => cli::run(verb, &arguments.options, &context).into(),
        None => window(&arguments, context, warnings).into(),
    }
}

/// Opens the window; returns when it is closed.
fn window(arguments: &Arguments, context: Context, warnings: Vec<String>) -> Exit {
    let start = match arguments.site(&context.book) {
        Ok(start) => start.map(|(site, secret)| (Arc::new(site), secret)),
        Err(error) => return cli::args::refuse(&error),
    };
    if !arguments.practice {
        let journal = context.profile.queue();
        let trust = arguments.options.trust(&context.trust, &context.book, true);
        return open(context, trust, start, Some(journal), warnings);
    }
    #[cfg(feature = "practice")]
    {
        practice(context, warnings)
    }
    #[cfg(not(feature = "practice"))]
    cli::args::refuse(&UsageError::NoPractice)
}

/// The window, connected to a server that lives in this program and ends with it.
#[cfg(feature = "practice")]
fn practice(context: Context, warnings: Vec<String>) -> Exit {
    let server = match twinport::practice::Practice::start() {
        Ok(server) => server,
        Err(error) => {
            cli::complain(&format!("the practice server could not be started: {error}"));
            return Exit::Failed;
        }
    };
    // Ctrl+C in the terminal must not leave the folder behind either.
    let folder = server.folder().to_owned();
    ctrlc::set_handler(move || {
        std::fs::remove_dir_all(&folder).ok();
        std::process::exit(130);
    })
    .ok();
    let start = Some((Arc::new(server.site()), Some(server.secret())));
    // Without a journal: the next start must not find transfers to a server that is gone.
    open(context, Trust::default(), start, None, warnings)
}

fn open(context: Context, trust: Trust, start: Start, journal: Option<PathBuf>, warnings: Vec<String>) -> Exit {
    let Context { profile, settings, book, trust: trusted, keyring } = context;
    // The engine starts while the window is still being made; until then there is nobody to wake.
    let waker: Arc<OnceLock<ui::Waker>> = Arc::default();
    let wake = Arc::clone(&waker);
    let config = EngineConfig {
        settings: settings.clone(),
        journal,
        log: Some(profile.log()),
        dialogue: true,
        trust,
        keyring,
        keep_alive: KeepAlive::default(),
        waker: Arc::new(move || {
            if let Some(wake) = wake.get() {
                wake();
            }
        }),
    };
    let started =
        Engine::start(config).and_then(|engine| Ok((engine, Saver::start(|sentence| cli::complain(&sentence))?)));
    let (engine, saver) = match started {
        Ok(started) => started,
        Err(error) => {
            cli::complain(&format!("the system has no room for more threads: {error}"));
            return Exit::Failed;
        }
    };
    let events = engine.events().clone();
    let window = settings.window.clone();
    let notice = |what| Explanation { what, ..Explanation::default() };
    let files = Files::new(&profile, (&settings, &book, &trusted));
    let parts = move |wake: ui::Waker| {
        waker.set(wake).ok();
        ui::Parts {
            commands: Box::new(move |command| engine.send(command)),
            events,
            save: Box::new(move |saved| files.save(&saver, saved)),
            settings,
            sites: book,
            home: home(),
            notices: warnings.into_iter().map(notice).collect(),
            start,
        }
    };
    match ui::run(&window, parts) {
        Ok(()) => Exit::Done,
        Err(words) => {
            cli::complain(&format!(
                "the window could not be opened: {words}. The command line works without one: twinport --help."
            ));
            Exit::Failed
        }
    }
}

/// The files that the window saves, as this program knows them: other programs may write them, too.
struct Files {
    settings: Shared<Settings>,
    sites: Shared<SiteBook>,
    trust: Shared<TrustBook>,
}

/// One of them: where, and what is known of it.
type Shared<T> = (PathBuf, Arc<Mutex<SharedFile<T>>>);

impl Files {
    fn new(profile: &Profile, (settings, sites, trust): (&Settings, &SiteBook, &TrustBook)) -> Self {
        Self {
            settings: shared(profile.settings(), settings),
            sites: shared(profile.sites(), sites),
            trust: shared(profile.trust(), trust),
        }
    }

    fn save(&self, saver: &Saver, saved: Saved) {
        match saved {
            Saved::Settings(settings) => save(saver, &self.settings, move || *settings),
            Saved::Sites(book) => save(saver, &self.sites, move || Arc::unwrap_or_clone(book)),
            Saved::Trust(book) => save(saver, &self.trust, move || Arc::unwrap_or_clone(book)),
        }
    }
}

fn shared<T>(path: PathBuf, known: &T) -> Shared<T>
where
    T: Serialize + DeserializeOwned + Clone + Default + PartialEq,
{
    (path.clone(), Arc::new(Mutex::new(SharedFile::new(path, known.clone()))))
}

fn save<T>(saver: &Saver, (path, file): &Shared<T>, value: impl FnOnce() -> T + Send + 'static)
where
    T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + 'static,
{
    let file = Arc::clone(file);
    saver.save(path.clone(), move || file.lock().unwrap_or_else(PoisonError::into_inner).save(value()));
}

/// Where the local pane begins the first time.
fn home() -> PathBuf {
    directories::BaseDirs::new().map_or_else(|| PathBuf::from("."), |dirs| dirs.home_dir().to_owned())
}
