//! The engine's thread: hears commands and reports, decides, tells. It touches no socket, and of the disk only the
//! entry of what the user orders to be sent (is it a folder?).

/// Jobs to sessions.
pub(crate) mod dispatch;

/// Sessions: opened, given tasks, ended.
pub(crate) mod sessions;

/// Servers: how many sessions, what was learned, when one is held.
pub(crate) mod servers;

/// How many sessions one server's transfers get.
pub(crate) mod session_count;

/// Connections that a pane uses.
pub(crate) mod browse;

/// Orders that become jobs.
pub(crate) mod enqueue;

/// Commands about jobs that are in the queue.
pub(crate) mod queue_commands;

/// Progress of the running jobs, and of all.
pub(crate) mod progress;

/// Which limit of speed holds now.
pub(crate) mod limits;

/// Jobs that wait for room on a disk.
pub(crate) mod disk_space;

/// Connections that large downloads open beside their own.
pub(crate) mod segments;

/// Certificates and clear text: what the user has accepted.
pub(crate) mod trust;

/// Events to the faces.
pub(crate) mod outbox;

/// What is known of one server.
pub(crate) mod server;

/// A connection that a pane uses.
pub(crate) mod browser;

/// Commands about many jobs, done piece by piece.
pub(crate) mod pending_commands;

/// Orders that are not in the queue yet.
pub(crate) mod pending_orders;

/// What the user has accepted.
pub(crate) mod trusted;

/// A session as the scheduler sees it.
pub(crate) mod slot;

/// A question that the user has not answered yet.
pub(crate) mod asked;

use crate::domain::{ConnectionId, DataPath, JobId, Learned, Lesson, QuestionId, Secret, Site, SiteId, Timestamp};
use crate::engine::config::EngineConfig;
use crate::engine::limits::keep_alive::KeepAlive;
use crate::engine::limits::limiter::Limits;
use crate::engine::local::{LocalReport, LocalTask, LocalThread};
use crate::engine::message::remark::Remark;
use crate::engine::message::{Answer, Command, Event, Limited, LogKind, LogLine, Question};
use crate::engine::progress::totals::Totals;
use crate::engine::queue::Queue;
use crate::engine::queue::journal_writer::Scribe;
use crate::engine::scheduler::asked::Asked;
use crate::engine::scheduler::browser::Browser;
use crate::engine::scheduler::pending_commands::Changes;
use crate::engine::scheduler::pending_orders::Orders;
use crate::engine::scheduler::server::Server;
use crate::engine::scheduler::slot::{Busy, Role, Slot};
use crate::engine::scheduler::trusted::Trusted;
use crate::engine::secrets::Secrets;
use crate::engine::transfer::abandoned_parts::Trail;
use crate::engine::transfer::connection_permit::ConnectionPermit;
use crate::engine::transfer::disk_space::Room;
use crate::engine::worker::task::{Finished, Report};
use crate::ftp::explain::explanation::Explanation;
use crate::net::happening::Happening;
use crate::store::settings::Settings;
use crossbeam_channel::{Receiver, Sender, bounded, never, select, unbounded};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

/// Progress is sampled so often.
const TICK: Duration = Duration::from_millis(100);

/// What is not urgent is told so often.
const TELL_EVERY: Duration = Duration::from_millis(33);

/// How far running jobs are is written down so often.
const RECORD_EVERY: Duration = Duration::from_secs(3);

/// What is old is looked for so often.
const TRIM_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Changes of the queue in one event: a face takes them in between two frames.
const CHANGES: usize = 1000;

/// So many of those may wait for a face; what is more waits in the queue, where it is small.
const UNREAD: usize = 8;

/// While every session has more than so many tasks, the engine rests between two rounds.
const ENOUGH: usize = 3;

const REST: Duration = Duration::from_millis(2);

/// So long the threads have to end when the program does.
const END_WITHIN: Duration = Duration::from_millis(1500);

/// Everything the engine knows.
pub(crate) struct Actor {
    pub(crate) settings: Settings,
    pub(crate) queue: Queue,
    pub(crate) orders: Orders,
    pub(crate) changes: Changes,
    pub(crate) paused: bool,
    pub(crate) browsers: HashMap<ConnectionId, Browser>,
    pub(crate) servers: HashMap<Arc<str>, Server>,
    pub(crate) sessions: HashMap<u64, Slot>,
    pub(crate) questions: HashMap<QuestionId, Asked>,
    pub(crate) totals: Totals,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) trusted: Trusted,
    pub(crate) limits: Limits,
    /// What limits all transfers now.
    pub(crate) limited: Limited,
    /// When that was found out.
    pub(crate) limited_at: Instant,
    pub(crate) room: Arc<Room>,
    pub(crate) trail: Arc<Trail>,
    /// Jobs that wait for room: since when, and how often they came back for it in vain.
    pub(crate) short_of_room: HashMap<JobId, (Instant, u8)>,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) now: Instant,
    local: LocalThread,
    scribe: Option<Scribe>,
    pub(crate) reports: Sender<Report>,
    /// What downloads may open beside their own sessions.
    pub(crate) permits: Vec<Weak<ConnectionPermit>>,
    events: Sender<Event>,
    death: Receiver<Infallible>,
    waker: Arc<dyn Fn() + Send + Sync>,
    pending: Vec<Event>,
    log: Vec<LogLine>,
    /// Whether the log is written down.
    logs: bool,
    /// Whether anybody reads the dialogue.
    heard: bool,
    data: HashMap<Option<ConnectionId>, DataPath>,
    urgent: bool,
    told_at: Instant,
    sampled_at: Instant,
    recorded_at: Instant,
    trimmed_at: Instant,
    last_session: u64,
    last_question: u64,
}

/// The channels' other ends.
pub(crate) struct Inbox {
    commands: Receiver<Command>,
    reports: Receiver<Report>,
    local: Receiver<LocalReport>,
    notices: Receiver<Explanation>,
}

impl Actor {
    /// Starts the threads below it.
    pub(crate) fn new(
        config: EngineConfig,
        commands: Receiver<Command>,
        events: Sender<Event>,
        death: Receiver<Infallible>,
    ) -> std::io::Result<(Self, Inbox)> {
        let EngineConfig { settings, journal, log, dialogue, trust, keyring, keep_alive, waker } = config;
        // Sessions wait when the engine is behind: back-pressure down to the socket.
        let (reports, reports_inbox) = bounded(1024);
        let (local_reports, local_inbox) = bounded(64);
        // A handful of messages in a program's life.
        let (notices, notices_inbox) = unbounded();
        let secrets = Arc::new(Secrets::new(keyring, trust.before_clear_text.clone()));
        let local = LocalThread::start(Arc::clone(secrets.keyring()), log.clone(), local_reports)?;
        let now = Instant::now();
        let mut actor = Self {
            settings,
            queue: Queue::default(),
            orders: Orders::default(),
            changes: Changes::default(),
            paused: false,
            browsers: HashMap::new(),
            servers: HashMap::new(),
            sessions: HashMap::new(),
            questions: HashMap::new(),
            totals: Totals::default(),
            secrets,
            trusted: Trusted::new(trust),
            limits: Limits::default(),
            limited: Limited::default(),
            limited_at: now,
            room: Arc::default(),
            trail: Arc::default(),
            short_of_room: HashMap::new(),
            keep_alive,
            now,
            local,
            scribe: None,
            reports,
            permits: Vec::new(),
            events,
            death,
            waker,
            pending: Vec::new(),
            log: Vec::new(),
            logs: log.is_some(),
            heard: dialogue || log.is_some(),
            data: HashMap::new(),
            urgent: true,
            told_at: now,
            sampled_at: now,
            recorded_at: now,
            trimmed_at: now,
            last_session: 0,
            last_question: 0,
        };
        actor.limit();
        if let Some(path) = journal {
            match Scribe::start(&path, notices) {
                Ok(scribe) => actor.scribe = Some(scribe),
                Err(explanation) => actor.tell(Event::Notice(explanation)),
            }
        }
        let inbox = Inbox { commands, reports: reports_inbox, local: local_inbox, notices: notices_inbox };
        Ok((actor, inbox))
    }

    /// Till the handle is dropped.
    pub(crate) fn run(mut self, inbox: &Inbox) {
        let Inbox { commands, reports, local, notices } = inbox;
        let mut notices_open = true;
        if !self.load() {
            return self.end(reports);
        }
        loop {
            self.now = Instant::now();
            self.take_orders();
            self.make_changes();
            self.dispatch();
            self.keep_browsers_alive();
            self.keep_to_schedule();
            self.sample();
            if !self.flush() {
                break;
            }
            let pause = self.pause();
            let timer = pause.map_or_else(never, crossbeam_channel::after);
            let no_notices = never();
            let written = self.scribe.as_ref().map_or_else(never, Scribe::written);
            select! {
                recv(self.death) -> _ => break,
                recv(commands) -> command => if let Ok(command) = command { self.obey(command) },
                recv(reports) -> report => if let Ok(report) = report { self.hear(report) },
                recv(local) -> report => if let Ok(report) = report { self.hear_local(report) },
                recv(if notices_open { notices } else { &no_notices }) -> notice => match notice {
                    Ok(notice) => self.tell(Event::Notice(notice)),
                    Err(_) => notices_open = false,
                },
                recv(written) -> written => match (written, &mut self.scribe) {
                    (Ok(written), Some(scribe)) => {
                        self.urgent = true;
                        if scribe.heard(written, &mut self.queue, self.now) {
                            self.note(LogKind::Note, "The queue is saved again.".into());
                        }
                    }
                    // Its thread is gone: the notice told why.
                    _ => self.forgo_journal(),
                },
                recv(timer) -> _ => {}
            }
            if self.may_rest() {
                std::thread::sleep(REST);
            }
            // What came meanwhile is heard before the next decision: one round for many reports.
            self.now = Instant::now();
            for _ in 0..1024 {
                let Ok(report) = reports.try_recv() else { break };
                self.hear(report);
            }
        }
        // What the user said last may still be on its way: it must outlast the program.
        for command in commands.try_iter() {
            if matches!(
                command,
                Command::Enqueue(_) | Command::Queue(_) | Command::KeepSecret { .. } | Command::ForgetAccount { .. }
            ) {
                self.obey(command);
            }
        }
        self.end(reports);
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Connect { connection, site, secret } => self.connect(connection, site, secret),
            Command::Disconnect { connection } => self.disconnect(connection),
            Command::Interrupt { connection } => self.interrupt(connection),
            Command::List { connection, dir } => self.list(connection, dir),
            Command::Manage { connection, operation } => self.manage(connection, operation),
            Command::ListLocal { dir } => self.local.give(LocalTask::List(dir)),
            Command::ManageLocal(operation) => self.local.give(LocalTask::Manage(operation)),
            Command::Enqueue(orders) => self.orders.push(orders, self.settings.on_exists),
            Command::Queue(command) => self.change_queue(command),
            Command::Answer { question, answer } => self.answer(question, answer),
            Command::Teach { server_key, learned } => self.teach(&server_key, *learned),
            Command::KeepSecret { site, secret } => self.keep_secret(site, secret),
            Command::ForgetAccount { account } => self.keep_secret(account, None),
            Command::LimitSite { server_key, down, up } => self.limits.set_site(&server_key, down, up),
            Command::Configure(settings) => {
                self.settings = *settings;
                self.limit();
                self.trim();
            }
        }
    }

    fn hear(&mut self, report: Report) {
        match report {
            Report::Happened(session, happening) => self.happened(session, happening),
            Report::LoggedIn(session) => {
                self.logged_in(session);
                self.restored(session);
            }
            Report::Foreseen(session, jobs, bytes) => {
                let busy = self.sessions.get_mut(&session).and_then(|slot| slot.tasks.front_mut());
                busy.into_iter().for_each(|busy| busy.foreseen = (jobs, bytes));
            }
            Report::Partial(session, listing) => self.listed_partly(session, listing),
            Report::Corrected(session, listing) => self.listed_better(session, listing),
            Report::Managing(session, done, at) => self.managing(session, done, at),
            Report::Remarks(job, remarks) => {
                for Remark { path, text } in &remarks {
                    self.note(LogKind::Note, format!("“{path}”: {text}"));
                }
                self.tell(Event::Remarks { job, remarks });
            }
            Report::Unhashed(session, words) => self.unhashed(session, words),
            Report::Finished(session, finished) => {
                let Some(slot) = self.sessions.get_mut(&session) else { return };
                slot.idle_since = self.now;
                let busy = slot.tasks.pop_front();
                if let Some(next) = slot.tasks.front_mut() {
                    next.since = self.now;
                }
                let role = slot.role.clone();
                let failed = finished.remote_error().cloned();
                match finished {
                    Finished::Transferred { job, result, opening } => {
                        let failed = result.is_err();
                        self.transferred(session, job, busy.and_then(|busy| busy.job), result, opening);
                        if let Some(slot) = self.sessions.get(&session).filter(|_| failed) {
                            slot.thread.inbox().go_on();
                        }
                    }
                    Finished::Opened(result) => match &role {
                        Role::Browse(_) => self.opened(session, result),
                        Role::Transfer(server) => self.joined(session, server, result),
                    },
                    Finished::KeptAlive { alive } => self.kept_alive(session, alive),
                    Finished::Listed { dir, result } => self.listed(session, dir, result),
                    Finished::Managed { operation, result } => self.managed(session, operation, result),
                }
                if let Role::Browse(connection) = role {
                    self.not_restored(session, failed);
                    self.continue_browsing(connection);
                }
            }
            Report::Ended(session) => {
                self.sessions.remove(&session);
            }
        }
    }

    fn hear_local(&mut self, report: LocalReport) {
        match report {
            LocalReport::Listed { dir, result } => self.tell(Event::LocalListed { dir, result }),
            LocalReport::Managed { operation, result } => self.tell(Event::ManagedLocal { operation, result }),
            LocalReport::KeyringFailed(words) => self.tell(Event::Notice(Explanation {
                what: "The password was not saved.".into(),
                why: words,
                advice: "You will be asked for it again when Twinport was closed.".into(),
            })),
            // Said where the password is typed; here it would be said each time.
            LocalReport::NoKeyring(words) => self.note(LogKind::Note, words),
        }
    }

    fn happened(&mut self, session: u64, happening: Happening) {
        let (kind, text) = match happening {
            Happening::Sent(text) => (LogKind::Sent, text),
            Happening::Received(text) => (LogKind::Received, text),
            Happening::Note(text) => (LogKind::Note, text),
            Happening::Step(step) => return self.stepped(session, step),
            Happening::Control(path) => return self.reached(session, path),
            Happening::Data(path) => {
                let connection = match self.sessions.get(&session).map(|slot| &slot.role) {
                    Some(Role::Browse(connection)) => Some(*connection),
                    _ => None,
                };
                self.data.insert(connection, path);
                return;
            }
            Happening::Learned(lesson) => return self.learned(session, lesson),
            Happening::Secured(encryption) => return self.secured(session, encryption),
            Happening::InClear => return self.in_clear(session),
        };
        self.log.push(LogLine { at: SystemTime::now(), session, kind, text });
    }

    /// Whose server a session talks to.
    pub(crate) fn site_of(&self, session: u64) -> Option<Arc<Site>> {
        match &self.sessions.get(&session)?.role {
            Role::Browse(connection) => self.browsers.get(connection).map(|browser| Arc::clone(&browser.site)),
            Role::Transfer(server) => self.servers.get(server).map(|server| Arc::clone(&server.site)),
        }
    }

    pub(crate) fn learned(&mut self, session: u64, lesson: Lesson) {
        if let Some(site) = self.site_of(session) {
            self.learn(&site, lesson);
        }
    }

    /// Remembers what was found out about a server, and tells where it is news.
    pub(crate) fn learn(&mut self, site: &Arc<Site>, lesson: Lesson) {
        let now = Timestamp::from_system(SystemTime::now()).seconds;
        let server = self.server(site);
        let before = server.learned;
        server.learned.learn(lesson);
        if matches!(lesson, Lesson::ConnectionCap(_)) {
            server.learned.cap_since = Some(now);
        }
        if server.learned != before {
            self.tell_learned(&site.server_key());
        }
    }

    /// A cap that the server told long ago is tried anew.
    pub(crate) fn forget_old_cap(&mut self, key: &str) {
        let now = Timestamp::from_system(SystemTime::now()).seconds;
        if self.servers.get_mut(key).is_some_and(|server| server.learned.forget_old_cap(now)) {
            self.tell_learned(key);
        }
    }

    fn tell_learned(&mut self, key: &str) {
        let Some(server) = self.servers.get(key) else { return };
        let (site, learned) = (server.site.id, Box::new(server.learned));
        self.tell(Event::Learned { site, server_key: key.to_owned(), learned });
    }

    fn answer(&mut self, question: QuestionId, answer: Answer) {
        match (self.questions.remove(&question), answer) {
            (Some(Asked::FileExists(job)), Answer::OnExists { policy, for_all }) => {
                if for_all {
                    // What is ordered already is one of them.
                    self.take_all_orders();
                }
                self.resolve_conflict(job, policy, for_all);
            }
            (Some(Asked::FileExists(job)), _) => self.refuse_conflict(job),
            (Some(Asked::BrowserPassword(connection, error)), answer) => {
                self.browser_password(connection, answer, error);
            }
            (Some(Asked::ServerPassword(server, error)), answer) => self.server_password(&server, answer, error),
            (Some(Asked::BrowserEncryption(connection, error)), answer) => {
                self.browser_encryption(connection, &answer, error);
            }
            (Some(Asked::ServerEncryption(server, error)), answer) => self.server_encryption(&server, &answer, error),
            (None, _) => {}
        }
    }

    fn teach(&mut self, server_key: &str, mut learned: Learned) {
        let Some(server) = self.servers.get_mut(server_key) else { return };
        if learned.connection_cap != server.learned.connection_cap {
            // The user's own word does not grow old.
            learned.cap_since = None;
        }
        server.learned = learned;
        self.tell_learned(server_key);
    }

    fn keep_secret(&mut self, site: SiteId, secret: Option<Secret>) {
        self.local.give(LocalTask::KeepSecret(site, secret));
    }

    /// Puts a password the user gave to use: for this run, and (`keep`) for later ones.
    pub(crate) fn use_secret(&mut self, site: &Site, secret: Secret, keep: bool) {
        if keep && site.id.0 != 0 {
            self.keep_secret(site.id, Some(secret.clone()));
        }
        self.secrets.remember(site, secret);
    }

    /// Asks the user.
    pub(crate) fn ask(&mut self, asked: Asked, question: Question) -> QuestionId {
        self.last_question += 1;
        let id = QuestionId(self.last_question);
        self.questions.insert(id, asked);
        self.tell(Event::Question { id, question });
        id
    }

    /// A question is moot.
    pub(crate) fn withdraw(&mut self, id: QuestionId) {
        if self.questions.remove(&id).is_some() {
            self.tell(Event::Withdrawn(id));
        }
    }

    /// To the faces, soon.
    pub(crate) fn tell(&mut self, event: Event) {
        self.pending.push(event);
        self.urgent = true;
    }

    /// To the message log.
    pub(crate) fn note(&mut self, kind: LogKind, text: String) {
        self.log.push(LogLine { at: SystemTime::now(), session: 0, kind, text });
    }

    fn sample(&mut self) {
        if self.now.duration_since(self.sampled_at) >= TICK {
            self.sampled_at = self.now;
            self.measure();
            self.urgent |= self.totals.are_shown();
        }
        if self.now.duration_since(self.recorded_at) >= RECORD_EVERY {
            self.recorded_at = self.now;
            let running = self.sessions.values().filter_map(|slot| slot.in_hand()?.job.as_ref());
            let running: Vec<JobId> = running.map(|running| running.id).collect();
            self.queue.record_progress(&running);
        }
        if self.now.duration_since(self.trimmed_at) >= TRIM_EVERY {
            self.trim();
        }
    }

    /// How long the engine may sleep; `None` = till somebody calls.
    fn pause(&self) -> Option<Duration> {
        if !self.orders.is_empty() || !self.changes.is_empty() {
            return Some(Duration::ZERO);
        }
        if self.queue.untold() > CHANGES && self.queue.has_changes() {
            // As soon as a face has read what it was given.
            return Some(Duration::from_millis(2));
        }
        if self.sessions.values().any(|slot| slot.in_hand().is_some_and(|busy| busy.job.is_some())) {
            return Some(if self.log.is_empty() { TICK } else { TELL_EVERY });
        }
        let unwritten = self.queue.has_unwritten() && self.scribe.as_ref().is_some_and(|s| s.has_room(self.now));
        if !self.log.is_empty() || !self.data.is_empty() || self.queue.has_changes() || unwritten {
            return Some(TELL_EVERY);
        }
        if self.totals.are_shown() {
            return Some(TICK);
        }
        let wake = self.queue.next_wake().or_else(|| self.next_hold());
        let until = wake.map(|at| at.duration_since(SystemTime::now()).unwrap_or_default() + Duration::from_millis(1));
        let idle = self.sessions.values().any(|slot| matches!(slot.role, Role::Transfer(_)));
        let idle = idle.then_some(Duration::from_secs(1));
        let alive = self.next_keep_alive().map(|at| at.saturating_duration_since(self.now));
        let again = self.scribe.as_ref().and_then(Scribe::again_at).filter(|_| self.queue.has_unwritten());
        let again = again.map(|at| at.saturating_duration_since(self.now));
        let trim = (self.settings.history_days > 0).then(|| TRIM_EVERY.saturating_sub(self.trimmed_at.elapsed()));
        let schedule = self.next_limit().map(|at| at.saturating_duration_since(self.now));
        [until, idle, alive, again, trim, schedule].into_iter().flatten().min()
    }

    /// Whether all who work have more to do: then one round may serve many reports.
    fn may_rest(&self) -> bool {
        let mut transfers = self.sessions.values().filter(|slot| matches!(slot.role, Role::Transfer(_))).peekable();
        transfers.peek().is_some() && transfers.all(|slot| slot.tasks.len() > ENOUGH)
    }

    /// Ends all threads; partial files stay, the queue is saved.
    fn end(mut self, reports: &Receiver<Report>) {
        if self.scribe.is_some() {
            self.take_all_orders();
        }
        self.make_all_changes();
        let deadline = Instant::now() + END_WITHIN;
        let mut threads = Vec::new();
        let numbers: Vec<u64> = self.sessions.keys().copied().collect();
        numbers.iter().for_each(|number| self.take_back_all(*number));
        for (number, slot) in self.sessions.drain() {
            for busy in slot.tasks {
                busy.cancel.cancel();
            }
            threads.push((number, slot.thread.end()));
        }
        // A session that is at its end may still win: what it finished is written down as finished.
        while !threads.is_empty() {
            match reports.recv_deadline(deadline) {
                Ok(Report::Ended(number)) => threads.retain(|(other, _)| *other != number),
                Ok(Report::Finished(_, Finished::Transferred { job, result: Ok(worked), .. })) => {
                    self.finished(job, worked);
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        if let Some(scribe) = self.scribe.take() {
            scribe.end(&mut self.queue);
        }
        drop(self.local.end());
    }
}
