//! A face without a window: sends commands to a real engine and keeps what its events say, so that a test reads like
//! what a person does. Every wait has a deadline; one that passes fails the test with the end of the message log.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use twinport::domain::{
    ConnectionId, DataPath, Encryption, JobId, Learned, Listing, Mode, PROXY_SECRET, QuestionId, RemotePath, Secret,
    Security, Site, SiteId, TransferMode,
};
use twinport::engine::message::{
    Answer, Command, ConflictPolicy, ConnectionState, Event, FtpError, JobChange, JobState, JobView, LocalTarget,
    LogKind, LogLine, Order, Outcome, Question, QueueCommand, RemoteOperation, RemoteTarget, Settings, TrustBook, What,
};
use twinport::engine::{Engine, EngineConfig, KeepAlive, Trust};
use twinport::store::secrets::{Keyring, MemoryKeyring};

/// The one browsing connection.
pub const CONNECTION: ConnectionId = ConnectionId(1);

/// What the keyring holds for the proxy.
pub const PROXY_PASSWORD: &str = "proxy-password-1";

/// How long anything may take on a machine that builds something else beside the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings that wait for nobody: short delays, few retries.
pub fn settings() -> Settings {
    Settings { retries: 2, retry_delay_seconds: 1, ..Settings::default() }
}

/// A site for that server and user.
pub fn site(addr: SocketAddr, user: &str, mode: TransferMode) -> Site {
    Site {
        id: SiteId(7),
        name: "Test".into(),
        host: addr.ip().to_string(),
        port: Some(addr.port()),
        security: Security::Off,
        user: user.to_owned(),
        transfer_mode: Some(mode),
        ..Site::default()
    }
}

/// An order to fetch `remote` to `to`, of which nothing is known.
pub fn fetch(site: &Arc<Site>, remote: RemotePath, to: LocalTarget) -> Order {
    let what = What::Download { remote, kind: None, size: None, modified: None, to };
    Order { site: site.clone(), what, on_exists: None }
}

/// An order to send `local` to `to`.
pub fn send(site: &Arc<Site>, local: &Path, to: RemoteTarget) -> Order {
    Order { site: site.clone(), what: What::Upload { local: local.to_owned(), to }, on_exists: None }
}

/// The same order with that policy.
pub fn on_exists(order: Order, policy: ConflictPolicy) -> Order {
    Order { on_exists: Some(policy), ..order }
}

/// An engine and what it told.
pub struct Face {
    engine: Engine,
    jobs: BTreeMap<JobId, JobView>,
    /// Orders sent, and top jobs that came of them or of the journal.
    ordered: usize,
    added: usize,
    /// The dialogue so far.
    pub log: Vec<LogLine>,
    /// Data connections so far.
    pub paths: Vec<DataPath>,
    /// What automatic mode found out.
    pub learned: Vec<Mode>,
    /// All that is known of the server, as last told.
    pub known: Option<Learned>,
    /// The certificates that the user trusts, as last told.
    pub trusted: Option<Arc<TrustBook>>,
    /// How the browsing connection is encrypted.
    pub encryption: Option<Arc<Encryption>>,
    /// Questions that came, answered or not.
    pub asked: usize,
    /// Questions not yet answered or withdrawn.
    pub questions: Vec<(QuestionId, Question)>,
    /// Whether the queue is paused.
    pub paused: bool,
    /// Bytes of the running jobs, as last told.
    pub moving: u64,
    /// Jobs that had failed and began again.
    pub restarted: BTreeSet<JobId>,
}

impl Face {
    /// Starts an engine; the keyring knows the password of [`site`]'s account.
    pub fn start(settings: Settings, journal: Option<PathBuf>, password: &str) -> Self {
        Self::start_keeping_alive(settings, journal, password, KeepAlive::default())
    }

    /// The same, where the user has trusted something before.
    pub fn start_trusting(settings: Settings, password: &str, trust: Trust) -> Self {
        Self::start_with(settings, None, password, KeepAlive::default(), trust)
    }

    /// The same, with another pace of NOOPs.
    pub fn start_keeping_alive(
        settings: Settings,
        journal: Option<PathBuf>,
        password: &str,
        keep_alive: KeepAlive,
    ) -> Self {
        Self::start_with(settings, journal, password, keep_alive, Trust::default())
    }

    /// The same, with all of it.
    pub fn start_with(
        settings: Settings,
        journal: Option<PathBuf>,
        password: &str,
        keep_alive: KeepAlive,
        trust: Trust,
    ) -> Self {
        let keyring = MemoryKeyring::default();
        keyring.write(SiteId(7), &Secret::from(password)).unwrap();
        keyring.write(PROXY_SECRET, &Secret::from(PROXY_PASSWORD)).unwrap();
        let config = EngineConfig {
            settings,
            journal,
            log: None,
            dialogue: true,
            trust,
            keyring: Arc::new(keyring),
            keep_alive,
            waker: Arc::new(|| {}),
        };
        Self {
            engine: Engine::start(config).unwrap(),
            jobs: BTreeMap::new(),
            ordered: 0,
            added: 0,
            log: Vec::new(),
            paths: Vec::new(),
            learned: Vec::new(),
            known: None,
            trusted: None,
            encryption: None,
            asked: 0,
            questions: Vec::new(),
            paused: false,
            moving: 0,
            restarted: BTreeSet::new(),
        }
    }

    /// Sends a command and returns at once.
    pub fn send(&mut self, command: Command) {
        if let Command::Enqueue(orders) = &command {
            self.ordered += orders.len();
        }
        self.engine.send(command);
    }

    /// Connects; the login directory, or why not. A refused password is not tried again.
    pub fn connect(&mut self, site: &Arc<Site>, secret: Option<Secret>) -> Result<RemotePath, FtpError> {
        self.send(Command::Connect { connection: CONNECTION, site: site.clone(), secret });
        loop {
            let state = self.until("a connection, or a question", |event| match event {
                Event::Connection { state: ConnectionState::Ready { home }, .. } => Some(Some(Ok(home.clone()))),
                Event::Connection { state: ConnectionState::Failed(error), .. } => Some(Some(Err(error.clone()))),
                Event::Question { .. } => Some(None),
                _ => None,
            });
            match state {
                Some(result) => return result,
                None => self.answer(Answer::Never),
            }
        }
    }

    /// Connects where a question has to be answered first: that question.
    pub fn connect_until_asked(&mut self, site: &Arc<Site>) -> Question {
        self.send(Command::Connect { connection: CONNECTION, site: site.clone(), secret: None });
        self.until("a question", |event| match event {
            Event::Question { question, .. } => Some(question.clone()),
            Event::Connection {
                state: state @ (ConnectionState::Ready { .. } | ConnectionState::Failed(_)), ..
            } => {
                panic!("no question, but {state:?}")
            }
            _ => None,
        })
    }

    /// The connection's end of an answer: connected, or why not.
    pub fn connected(&mut self) -> Result<RemotePath, FtpError> {
        self.until("a connection", |event| match event {
            Event::Connection { state: ConnectionState::Ready { home }, .. } => Some(Ok(home.clone())),
            Event::Connection { state: ConnectionState::Failed(error), .. } => Some(Err(error.clone())),
            Event::Question { question, .. } => panic!("asked {question:?}"),
            _ => None,
        })
    }

    /// Answers the oldest question.
    pub fn answer(&mut self, answer: Answer) {
        let (question, _) = self.questions.remove(0);
        self.send(Command::Answer { question, answer });
    }

    /// Lists a remote directory.
    pub fn list(&mut self, dir: &RemotePath) -> Result<Arc<Listing>, FtpError> {
        self.send(Command::List { connection: CONNECTION, dir: dir.clone() });
        self.until("a listing", |event| match event {
            // An earlier one may come again, with the server's clock known.
            Event::Listed { listing, complete: true, .. } if !dir.is_absolute() || listing.dir == *dir => {
                Some(Ok(listing.clone()))
            }
            Event::ListFailed { error, .. } => Some(Err(error.clone())),
            _ => None,
        })
    }

    /// Changes something on the server.
    pub fn manage(&mut self, operation: RemoteOperation) -> Result<(), FtpError> {
        self.send(Command::Manage { connection: CONNECTION, operation: operation.clone() });
        self.until("an operation's end", |event| match event {
            Event::Managed { operation: done, result, .. } if *done == operation => Some(result.clone()),
            _ => None,
        })
    }

    /// Adds transfers, waits until the queue is still, and forgets them: what became of each file and folder.
    pub fn transfer(&mut self, orders: Vec<Order>) -> Vec<JobView> {
        self.send(Command::Enqueue(orders));
        self.until_still(PATIENCE);
        self.take_ended()
    }

    /// Like [`Self::transfer`], where all has to go well.
    pub fn transfer_well(&mut self, orders: Vec<Order>) -> Vec<JobView> {
        let jobs = self.transfer(orders);
        for job in &jobs {
            let well = matches!(job.state, JobState::Done(Outcome::Transferred | Outcome::Folder));
            assert!(well, "{} -> {}: {:?}\n{}", job.remote, job.local.display(), job.state, self.log_end());
        }
        jobs
    }

    /// Waits until no job waits or runs.
    pub fn until_still(&mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while !self.is_still() {
            assert!(
                self.questions.is_empty(),
                "a question stands in the way: {:?}\n{}",
                self.questions,
                self.log_end()
            );
            self.next("a still queue", deadline);
        }
    }

    /// Whether all orders became jobs and all jobs ended.
    pub fn is_still(&self) -> bool {
        self.added >= self.ordered && self.jobs.values().all(|job| ended(&job.state))
    }

    /// Whether every order became a job.
    pub fn has_all_orders(&self) -> bool {
        self.added >= self.ordered
    }

    /// Takes the jobs that ended out of the engine's queue and ours.
    pub fn take_ended(&mut self) -> Vec<JobView> {
        let taken: Vec<_> = self.jobs.values().filter(|job| ended(&job.state)).cloned().collect();
        self.send(Command::Queue(QueueCommand::Remove(taken.iter().map(|job| job.id).collect())));
        self.until_gone(&taken);
        taken
    }

    /// The jobs as last told, by number.
    pub fn jobs(&self) -> impl Iterator<Item = &JobView> {
        self.jobs.values()
    }

    /// Waits for an event that `pick` takes something from.
    pub fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = pick(&self.next(what, deadline)) {
                return found;
            }
        }
    }

    /// Waits until what we know satisfies `is`.
    pub fn until_state(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is(self) {
            self.next(what, deadline);
        }
    }

    /// Lines sent to the server so far that begin with `verb`.
    pub fn sent(&self, verb: &str) -> usize {
        self.log.iter().filter(|line| line.kind == LogKind::Sent && line.text.starts_with(verb)).count()
    }

    /// The end of the dialogue, for messages.
    pub fn log_end(&self) -> String {
        let from = self.log.len().saturating_sub(40);
        let lines = self.log[from..].iter().map(|line| format!("  {} {:?} {}", line.session, line.kind, line.text));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The next event, after it has been noted.
    pub fn next(&mut self, what: &str, deadline: Instant) -> Event {
        match self.engine.events().recv_deadline(deadline) {
            Ok(event) => {
                self.note(&event);
                event
            }
            Err(error) => {
                let jobs: Vec<_> = self.jobs.values().map(|job| (&job.remote, &job.state)).collect();
                panic!("waiting for {what}: {error}\njobs {jobs:?}\n{}", self.log_end())
            }
        }
    }

    fn until_gone(&mut self, jobs: &[JobView]) {
        let deadline = Instant::now() + PATIENCE;
        while jobs.iter().any(|job| self.jobs.contains_key(&job.id)) {
            self.next("jobs to leave the queue", deadline);
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Jobs(changes) => changes.iter().for_each(|change| self.note_job(change)),
            Event::Log(lines) => self.log.extend(lines.iter().cloned()),
            Event::Data { path, .. } => self.paths.push(*path),
            Event::Learned { learned, .. } => {
                self.learned.extend(learned.mode);
                self.known = Some(**learned);
            }
            Event::Trusted(book) => self.trusted = Some(book.clone()),
            Event::Secured { encryption, .. } => self.encryption.clone_from(encryption),
            Event::Question { id, question } => {
                self.asked += 1;
                self.questions.push((*id, question.clone()));
            }
            Event::Withdrawn(id) => self.questions.retain(|(other, _)| other != id),
            Event::QueuePaused(paused) => self.paused = *paused,
            Event::Progress(progress) => self.moving = progress.jobs.iter().map(|job| job.bytes).sum(),
            _ => {}
        }
    }

    fn note_job(&mut self, change: &JobChange) {
        match change {
            JobChange::Added { id, job, .. } => {
                self.added += usize::from(job.parent().is_none());
                self.jobs.insert(*id, job.view(*id));
            }
            JobChange::Changed { id, state, bytes, size, ended } => {
                let job = self.jobs.get_mut(id).expect("a change of a job that was added");
                if matches!(job.state, JobState::Failed(_)) && !super::face::ended(state) {
                    self.restarted.insert(*id);
                }
                (job.state, job.bytes, job.size, job.ended) = (state.clone(), *bytes, *size, *ended);
            }
            JobChange::Removed(id) => {
                self.jobs.remove(id);
            }
            JobChange::Order { .. } => {}
        }
    }
}

/// Whether nothing will happen to a job by itself any more.
pub fn ended(state: &JobState) -> bool {
    matches!(state, JobState::Done(_) | JobState::LeftOut(_) | JobState::Failed(_) | JobState::Cancelled)
}
