//! The engine as the command line uses it: started with what the options say, its dialogue on stderr, its question for a
//! password answered from where the password comes from, and Ctrl+C as one more thing that may happen.

use std::cell::RefCell;
use std::io;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded, never, select};

use crate::cli::output::{complain, printable};
use crate::cli::process_list::ADVICE;
use crate::cli::screen::Screen;
use crate::cli::url::Address;
use crate::cli::{Context, Exit, Options};
use crate::domain::{Learned, Logon, PASSWORD_VARIABLE, PROXY_SECRET, Secret, Site, SiteId};
use crate::engine::message::{Answer, Command, Event, FtpError, LogKind, LogLine, Question, Settings, Stage, explain};
use crate::engine::{ClearTextWarning, Engine, EngineConfig, KeepAlive, Trust};
use crate::store::secrets::{Keyring, MemoryKeyring};
use crate::store::shared_file::SharedFile;
use crate::store::sitebook::SiteBook;

/// The status of a program that a signal ended.
const INTERRUPTED: i32 = 130;

/// Seconds that a person's transfer waits for room on a full disk: long enough to make some.
const ROOM_PATIENCE: u32 = 60 * 60;
/// The same without a terminal, where nobody sees that it waits.
const ROOM_PATIENCE_OF_A_SCRIPT: u32 = 15;

/// A running engine, for one site.
pub(super) struct Client {
    /// Commands go here.
    pub(super) engine: Engine,
    /// The server and user.
    pub(super) site: Arc<Site>,
    secret: Option<Secret>,
    interrupts: Receiver<()>,
    verbosity: u8,
    /// What was found out about the server in this run.
    learned: RefCell<Option<(SiteId, String, Learned)>>,
    /// The saved sites, and what is known of other servers, as they were read.
    book: SiteBook,
    sites_file: PathBuf,
}

/// What came.
pub(super) enum Wake {
    /// From the engine.
    Event(Box<Event>),
    /// The user typed a line (`None` = the end of the input).
    Line(Option<String>),
}

/// Why there is no going on with this server.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Ctrl+C.
    Interrupted,
    /// The server refused the password, in these words.
    WrongPassword(String),
    /// A password is needed, and there is none.
    NoPassword,
    /// It could not be reached, or is no FTP server.
    NoConnection(FtpError),
    /// The engine is gone: a bug.
    Ended,
}

impl Client {
    /// Finds the password and starts the engine; says on stderr what stands in the way.
    pub(super) fn start(address: &Address, options: &Options, context: &Context) -> Result<Self, Exit> {
        if address.password.is_some() && address.user.as_deref().is_some_and(|user| user != "anonymous") {
            complain(ADVICE);
        }
        let mut site = address.site(&context.book);
        options.apply_to_site(&mut site);
        let secret = secret(address, &site, context.keyring.as_ref(), options.verbose > 0)?;
        // The engine asks the keyring by itself. It gets one that holds just what was found, so that a password in the URL
        // wins over the saved one, and nothing is written to the system's keyring.
        let keyring = MemoryKeyring::default();
        if let Some(secret) = &secret {
            keyring.write(site.id, secret).ok();
        }
        let mut settings = context.settings.clone();
        options.apply_to_settings(&mut settings);
        // A script must end.
        let patience = if io::stdin().is_terminal() { ROOM_PATIENCE } else { ROOM_PATIENCE_OF_A_SCRIPT };
        settings.wait_for_room_seconds = Some(options.wait_for_room.unwrap_or(patience));
        let asks = settings.proxy.as_ref().is_some_and(|proxy| !proxy.user.is_empty() && proxy.kind.takes_password());
        if asks && !site.bypass_proxy {
            match context.keyring.read(PROXY_SECRET) {
                Ok(Some(secret)) => keyring.write(PROXY_SECRET, &secret).unwrap_or_default(),
                Ok(None) => {}
                Err(words) => complain(&format!("the proxy's password is in the system's keyring: {words}")),
            }
        }
        let interrupts = interrupts();
        if site.logon == Logon::Account
            && let Ok(Some(account)) = context.keyring.read(site.account_secret())
        {
            account.reveal().clone_into(&mut site.account);
        }
        let mut trust = options.trust(&context.trust, &context.book, false);
        trust.before_clear_text = ClearTextWarning(Some(Arc::new(|host: &str| {
            complain(&format!("{host} offers no encryption: the password and all files go in clear text."));
        })));
        let engine = match start_engine(settings, options.verbose > 0, trust, keyring) {
            Ok(engine) => engine,
            Err(error) => {
                complain(&format!("the system has no room for more threads: {error}"));
                return Err(Exit::Failed);
            }
        };
        Ok(Self {
            engine,
            site: Arc::new(site),
            secret,
            interrupts,
            verbosity: options.verbose,
            learned: RefCell::default(),
            book: context.book.clone(),
            sites_file: context.profile.sites(),
        })
    }

    /// Waits for the next thing that concerns a verb; passwords, log lines and notices are seen to here.
    pub(super) fn next(&self, screen: &Screen, lines: &Receiver<Option<String>>) -> Result<Wake, Refusal> {
        loop {
            let event = select! {
                recv(self.engine.events()) -> event => event.map_err(|_| Refusal::Ended)?,
                recv(self.interrupts) -> _ => return Err(Refusal::Interrupted),
                recv(lines) -> line => return Ok(Wake::Line(line.unwrap_or_default())),
            };
            match event {
                Event::Log(lines) => self.show(&lines, screen),
                Event::Data { path, .. } if self.verbosity > 1 => {
                    let arrow = if path.mode == crate::domain::Mode::Passive { "->" } else { "<-" };
                    screen.tell(&format!(
                        "* data connection ({}, {}): {} {arrow} {}",
                        path.mode, path.arranged_by, path.local, path.peer
                    ));
                    return Ok(Wake::Event(Box::new(event)));
                }
                Event::Notice(explanation) => screen.tell(&format!("twinport: {}", printable(&explanation.line()))),
                // Told before it happened (`Trust::before_clear_text`).
                Event::InClear(_) => {}
                Event::Learned { site, server_key, learned } => {
                    self.learned.replace(Some((site, server_key, *learned)));
                }
                Event::Question { id, question: Question::Password { refused, .. } } => match (refused, &self.secret) {
                    (Some(words), _) => return Err(Refusal::WrongPassword(words)),
                    (None, Some(secret)) => {
                        let answer = Answer::Password { secret: secret.clone(), keep: false };
                        self.engine.send(Command::Answer { question: id, answer });
                    }
                    (None, None) => return Err(Refusal::NoPassword),
                },
                // Nobody is asked here: what is not trusted ends it, with the fingerprint to trust next time.
                Event::Question { id, question: Question::Certificate { .. } | Question::ClearText { .. } } => {
                    self.engine.send(Command::Answer { question: id, answer: Answer::Never });
                }
                event => return Ok(Wake::Event(Box::new(event))),
            }
        }
    }

    /// The next event, for a verb that asks nothing.
    pub(super) fn next_event(&self, screen: &Screen) -> Result<Event, Refusal> {
        loop {
            if let Wake::Event(event) = self.next(screen, &never())? {
                return Ok(*event);
            }
        }
    }

    /// Keeps what was found out about the server for the next run, as the window does. A profile that cannot be written costs
    /// no more than finding it out again.
    fn keep_lessons(&self) {
        let Some((site, server_key, learned)) = self.learned.take() else { return };
        let mut book = self.book.clone();
        if book.learn(site, &server_key, learned)
            && let Err(sentence) = SharedFile::new(self.sites_file.clone(), self.book.clone()).save(book)
            && self.verbosity > 0
        {
            complain(&sentence);
        }
    }

    /// The password to connect with.
    pub(super) fn secret(&self) -> Option<Secret> {
        self.secret.clone()
    }

    fn show(&self, lines: &[LogLine], screen: &Screen) {
        if self.verbosity == 0 {
            return;
        }
        for line in lines {
            let mark = match line.kind {
                LogKind::Sent => '>',
                LogKind::Received => '<',
                LogKind::Note if self.verbosity > 1 => '*',
                LogKind::Note => continue,
                LogKind::Error => '!',
            };
            let text = printable(&line.text);
            if self.verbosity > 1 {
                let at = jiff::Timestamp::try_from(line.at).unwrap_or_default().strftime("%H:%M:%S%.3f");
                screen.tell(&format!("{at}Z [{}] {mark} {text}", line.session));
            } else {
                screen.tell(&format!("{mark} {text}"));
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        for event in self.engine.events().try_iter() {
            if let Event::Learned { site, server_key, learned } = event {
                self.learned.replace(Some((site, server_key, *learned)));
            }
        }
        self.keep_lessons();
    }
}

impl Refusal {
    /// What happened, in a sentence with what to do.
    pub(super) fn sentence(&self, site: &Site) -> String {
        let (host, user) = (&site.host, site.login_name());
        match self {
            Self::Interrupted => "interrupted.".to_owned(),
            Self::WrongPassword(words) => {
                format!("{host} refused the login of “{user}” ({words}): check the user name and the password.")
            }
            Self::NoPassword => format!(
                "{host} wants a password for “{user}”, and there is none: put it into {PASSWORD_VARIABLE}, or run this on \
                 a terminal to be asked."
            ),
            Self::NoConnection(error) => explain(error).line(),
            Self::Ended => {
                "the program made a mistake: its engine stopped. Please report it with the output of -vv.".to_owned()
            }
        }
    }

    /// The status to end with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            Self::NoConnection(FtpError::Untrusted(_)) => Exit::Untrusted,
            Self::WrongPassword(_) | Self::NoPassword | Self::NoConnection(_) => Exit::NoConnection,
            Self::Ended => Exit::Failed,
        }
    }
}

/// Whether this stopped us on the way to a logged-in session, as opposed to a job of such a session.
pub(super) fn is_connection_failure(error: &FtpError) -> bool {
    match error {
        FtpError::UnknownHost { .. }
        | FtpError::CannotConnect { .. }
        | FtpError::NotFtp { .. }
        | FtpError::LoginRefused(_)
        | FtpError::PasswordNeeded
        | FtpError::Untrusted(_)
        | FtpError::NoTls { .. }
        | FtpError::ClearTextUnasked(_) => true,
        FtpError::Proxy(failure) => failure.stage != Stage::DataConnection,
        FtpError::Timeout { stage, .. }
        | FtpError::Closed { stage, .. }
        | FtpError::Lost { stage, .. }
        | FtpError::Tls { stage, .. }
        | FtpError::Refused { stage, .. } => matches!(stage, Stage::Connect | Stage::Greeting | Stage::Login),
        _ => false,
    }
}

fn start_engine(settings: Settings, dialogue: bool, trust: Trust, keyring: MemoryKeyring) -> io::Result<Engine> {
    Engine::start(EngineConfig {
        settings,
        journal: None,
        log: None,
        dialogue,
        trust,
        keyring: Arc::new(keyring),
        keep_alive: KeepAlive::default(),
        waker: Arc::new(|| {}),
    })
}

/// URL, environment, saved site, prompt: the first that has one. `None` also where none is needed.
fn secret(address: &Address, site: &Site, keyring: &dyn Keyring, verbose: bool) -> Result<Option<Secret>, Exit> {
    if address.password.is_some() {
        return Ok(address.password.clone());
    }
    if !site.needs_password() {
        return Ok(None);
    }
    if let Some(value) = std::env::var_os(PASSWORD_VARIABLE) {
        return match value.into_string() {
            Ok(password) => Ok(Some(Secret::new(password))),
            Err(_) => {
                complain(&format!("what {PASSWORD_VARIABLE} holds is no UTF-8."));
                Err(Exit::Usage)
            }
        };
    }
    if site.id != SiteId(0) && site.logon != Logon::Ask {
        match keyring.read(site.id) {
            Ok(Some(secret)) => return Ok(Some(secret)),
            Ok(None) => {}
            Err(words) if verbose => complain(&format!("the system's keyring cannot be used: {words}")),
            Err(_) => {}
        }
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let prompt = format!("Password for {}@{}: ", printable(site.login_name()), printable(&site.host));
    match rpassword::prompt_password(prompt) {
        Ok(password) => Ok(Some(Secret::new(password))),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Exit::Interrupted),
        Err(_) => Ok(None),
    }
}

/// Hears Ctrl+C (and being asked to end). The first is told to whoever waits; one that nobody took ends the program.
fn interrupts() -> Receiver<()> {
    let (sender, receiver) = bounded(1);
    let heard = ctrlc::set_handler(move || {
        if sender.try_send(()).is_err() {
            std::process::exit(INTERRUPTED);
        }
    });
    match heard {
        Ok(()) => receiver,
        // No handler: the system's own way of ending the program stays.
        Err(_) => never(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sitebook::{Node, SiteBook};

    #[test]
    fn the_urls_password_wins_over_the_saved_one() {
        let site = Site { id: SiteId(7), host: "host".into(), user: "ann".into(), ..Site::default() };
        let book = SiteBook { items: vec![Node::Site(site)], ..SiteBook::default() };
        let keyring = MemoryKeyring::default();
        keyring.write(SiteId(7), &Secret::from("saved")).expect("kept");
        let find = |url: &str| {
            let address = Address::parse(url).expect(url);
            let site = address.site(&book);
            secret(&address, &site, &keyring, false).expect("found")
        };
        assert_eq!(find("ftp://ann:typed@host/"), Some(Secret::from("typed")));
        assert_eq!(find("ftp://ann@host/"), Some(Secret::from("saved")));
        assert_eq!(find("ftp://host/"), None);
    }

    #[test]
    fn a_refused_login_is_a_connection_failure_and_a_missing_file_is_none() {
        use crate::engine::message::Reply;
        let reply = |code| Reply { code, lines: Vec::new() };
        assert!(is_connection_failure(&FtpError::LoginRefused(reply(530))));
        assert!(is_connection_failure(&FtpError::Closed { stage: Stage::Greeting, last: None }));
        assert!(!is_connection_failure(&FtpError::Closed { stage: Stage::Transfer, last: None }));
        let missing = FtpError::Refused { verb: "RETR", stage: Stage::Command, reply: reply(550) };
        assert!(!is_connection_failure(&missing));
    }
}
