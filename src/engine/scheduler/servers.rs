//! What is known of the servers that transfers go to: how many sessions each may have, why nothing starts on it, and what the
//! user must say first.

use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::{JobId, Lesson, RemotePath, Site};
use crate::engine::job::packed_job::Packed;
use crate::engine::message::error::JobError;
use crate::engine::message::job::JobState;
use crate::engine::message::{Answer, Event, Explanation, LogKind, Question, Standing};
use crate::engine::scheduler::asked::Asked;
use crate::engine::scheduler::server::{Hold, Server};
use crate::engine::scheduler::session_count::{Pace, Scene};
use crate::engine::scheduler::{Actor, Role, Slot};
use crate::engine::worker::task::{Task, Work};
use crate::ftp::error::{Class, FtpError, too_many};
use crate::net::wait::Cancel;

impl Actor {
    /// The transfer sessions of that server, the oldest first.
    pub(crate) fn crew(&self, server: &Arc<str>) -> Vec<u64> {
        let ours = |slot: &Slot| matches!(&slot.role, Role::Transfer(of) if of == server);
        let mut crew: Vec<u64> =
            self.sessions.iter().filter(|(_, slot)| ours(slot)).map(|(number, _)| *number).collect();
        crew.sort_unstable();
        crew
    }

    /// Opens what sessions are worth it; `crew` = those that are there. Gives those that may work.
    pub(crate) fn call_crew(&mut self, server: &Arc<str>, crew: &[u64]) -> Vec<u64> {
        let limit = self.session_limit(server);
        let role = Role::Transfer(Arc::clone(server));
        if crew.is_empty() {
            if limit == 0 {
                return self.lent_browser_of(server).into_iter().collect();
            }
            // It logs in with its first job: what goes wrong concerns that.
            let waits = self.queue.ready_count(server) > 0;
            return waits.then(|| self.spawn_session(role)).flatten().into_iter().collect();
        }
        let mut workers: Vec<u64> = crew.iter().copied().filter(|number| !self.is_opening(*number)).collect();
        let scene = self.scene(server, crew, &workers, limit.saturating_sub(self.extra_connections(server)).max(1));
        let (now, files) = (self.now, self.queue.ready_files(server));
        let Some(known) = self.servers.get_mut(server).filter(|server| server.proven) else { return workers };
        if files >= MANY {
            known.shared.reach.want();
        }
        let wanted = known.pace.wanted(&scene);
        let site = Arc::clone(&known.site);
        for _ in crew.len()..wanted {
            let Some(session) = self.spawn_session(role.clone()) else { break };
            let dial = self.dial(&site);
            if !self.give(session, Task { dial, cancel: Cancel::new(), work: Work::Open }, None) {
                self.drop_session(session);
                if let Some(known) = self.servers.get_mut(server) {
                    known.pace.setback(workers.len(), now);
                }
                break;
            }
        }
        // Where fewer do better, the others lie idle till they are closed.
        workers.truncate(wanted.max(1));
        workers
    }

    /// Whether it logs in, to work later.
    fn is_opening(&self, session: u64) -> bool {
        self.sessions.get(&session).and_then(Slot::in_hand).is_some_and(|busy| busy.job.is_none())
    }

    fn scene(&self, server: &Arc<str>, crew: &[u64], workers: &[u64], ceiling: usize) -> Scene {
        let slots = || workers.iter().filter_map(|number| self.sessions.get(number));
        let in_hand = || slots().filter_map(Slot::in_hand);
        let known = self.servers.get(server);
        let moving: u64 = in_hand().filter_map(|busy| busy.job.as_ref()).map(|job| job.counter.moved()).sum();
        let handed: usize = slots().map(|slot| slot.ahead().count()).sum();
        let (coming, coming_bytes) = in_hand().fold((0, 0), |sum, b| (sum.0 + b.foreseen.0, sum.1 + b.foreseen.1));
        Scene {
            now: self.now,
            open: workers.len(),
            opening: crew.len() - workers.len(),
            waiting: self.queue.ready_count(server) + handed + coming,
            waiting_bytes: self.queue.outstanding().bytes_left() + coming_bytes,
            working: in_hand().count(),
            oldest: in_hand().map(|busy| self.now.duration_since(busy.since)).max().unwrap_or_default(),
            done: known.map_or(0, |server| server.done),
            moved: known.map_or(0, |server| server.moved) + moving,
            ceiling,
        }
    }

    /// How many transfer sessions that server may have: the settings, the site's limit less what browsing takes, and
    /// what the server itself said.
    pub(crate) fn session_limit(&self, server: &str) -> usize {
        let limit = usize::from(self.settings.connections.max(1));
        let Some(known) = self.servers.get(server) else { return limit };
        let of_site = known
            .site
            .connection_limit
            .map_or(limit, |limit| usize::from(limit.max(1)).saturating_sub(self.browsers_of(server)));
        // With no browsing session to borrow, one transfer session is always worth a try.
        let cap =
            known.learned.connection_cap.map_or(limit, |cap| usize::from(cap).saturating_sub(self.browsers_of(server)));
        limit.min(of_site).min(cap).max(usize::from(self.browsers_of(server) == 0))
    }

    /// No session could be opened for a job.
    pub(crate) fn cannot_open(&mut self, session: u64, id: JobId, site: &Arc<Site>, error: JobError) {
        let key: Arc<str> = site.server_key().into();
        self.take_back_all(session);
        let role = Role::Transfer(Arc::clone(&key));
        let others = self.sessions.iter().filter(|(number, slot)| **number != session && slot.role == role).count();
        let ours = self.sessions.get(&session).is_some_and(|slot| slot.role == role);
        if ours {
            self.drop_session(session);
        }
        let JobError::Remote(remote) = &error else { return self.failed(id, error, false) };
        let standing = others + self.browsers_of(&key);
        if remote.is_too_many() && standing > 0 {
            // The server allows no more than there are; the job goes on when one of those is free.
            self.allows(site, standing);
            self.queue.transition(id, JobState::Queued);
            return;
        }
        if let Some(question) = Self::encryption_question(site, remote) {
            self.ask_about_server(id, site, question, Asked::ServerEncryption(key, remote.clone()));
            return;
        }
        match remote {
            FtpError::PasswordNeeded => self.ask_password(id, site, None, remote.clone()),
            FtpError::LoginRefused(reply) if site.needs_password() && remote.class() == Class::NeedsUser => {
                self.secrets.forget(site);
                self.server(site).proven = false;
                let words = reply.text();
                self.ask_password(id, site, Some(words), remote.clone());
            }
            _ => {
                self.note(LogKind::Error, format!("{}: {}", site.title(), error.explain().line()));
                let server = self.server(site);
                server.failures = server.failures.saturating_add(1);
                let failures = server.failures;
                match self.retry_pause(error.class(), failures) {
                    Some(pause) => {
                        let retry_at = SystemTime::now() + pause;
                        self.server(site).hold = Hold::Until(retry_at);
                        self.queue.transition(id, JobState::Waiting { retry_at, attempt: failures, error });
                    }
                    None => {
                        self.server(site).failures = 0;
                        self.give_up(&key, &error);
                        self.queue.transition(id, JobState::Failed(error));
                    }
                }
            }
        }
    }

    /// A session that was to join the others is there, or is not: that concerns no job.
    pub(crate) fn joined(&mut self, session: u64, key: &Arc<str>, result: Result<RemotePath, FtpError>) {
        let refusal = result.err();
        if refusal.is_some() {
            self.drop_session(session);
        }
        let crew = self.crew(key);
        let open = crew.iter().filter(|number| !self.is_opening(**number)).count();
        let (now, standing) = (self.now, open + self.browsers_of(key));
        let Some(server) = self.servers.get_mut(key) else { return };
        let site = Arc::clone(&server.site);
        if let Some(error) = refusal {
            server.pace.setback(open, now);
            server.too_many |= error.is_too_many();
            if !server.too_many && error.class() != Class::Cancelled {
                let why = JobError::Remote(error).explain().line();
                self.note(LogKind::Note, format!("{}: no further connection: {why}", site.title()));
            }
        }
        // How many it allows is known when the last of those that knocked has its answer.
        if crew.len() == open && standing > 0 && self.servers.get_mut(key).is_some_and(Server::had_too_many) {
            self.allows(&site, standing);
        }
    }

    fn allows(&mut self, site: &Arc<Site>, standing: usize) {
        self.note(LogKind::Note, format!("{}: the server allows {standing} connections at a time", site.title()));
        self.learn(site, Lesson::ConnectionCap(u16::try_from(standing).unwrap_or(u16::MAX)));
    }

    /// The server found that we are too many while we worked.
    pub(crate) fn crowded(&mut self, key: &Arc<str>, error: &JobError) {
        let fewer = match error {
            JobError::Remote(FtpError::Refused { reply, .. } | FtpError::Closed { last: Some(reply), .. }) => {
                matches!(reply.code, 421 | 425) || too_many(reply)
            }
            // Here, not there; and so is a file that cannot be opened for that reason.
            JobError::Remote(FtpError::NoDescriptors) => true,
            JobError::Local(error) => error.lacks_descriptors(),
            _ => false,
        };
        if fewer {
            let (open, now) = (self.crew(key).len(), self.now);
            if let Some(server) = self.servers.get_mut(key) {
                server.pace.setback(open.saturating_sub(1), now);
            }
        }
    }

    /// A session is logged in: others may follow.
    pub(crate) fn logged_in(&mut self, session: u64) {
        let took = self.sessions.get(&session).and_then(Slot::in_hand).map(|busy| self.now.duration_since(busy.since));
        if let Some(site) = self.site_of(session) {
            let server = self.server(&site);
            if let Some(took) = took {
                server.pace.logged_in(took);
            }
            server.proven = true;
            server.failures = 0;
        }
    }

    /// Asks once for a server, however many of its jobs wait.
    fn ask_password(&mut self, id: JobId, site: &Arc<Site>, refused: Option<String>, error: FtpError) {
        let asked = Asked::ServerPassword(site.server_key().into(), error);
        self.ask_about_server(id, site, Question::Password { site: Arc::clone(site), refused }, asked);
    }

    fn ask_about_server(&mut self, id: JobId, site: &Arc<Site>, question: Question, asked: Asked) {
        let hold = self.server(site).hold;
        let question = match hold {
            Hold::Asking(question) if self.questions.contains_key(&question) => question,
            _ => {
                let question = self.ask(asked, question);
                self.server(site).hold = Hold::Asking(question);
                question
            }
        };
        self.queue.transition(id, JobState::Asking(question));
    }

    pub(crate) fn server_password(&mut self, key: &Arc<str>, answer: Answer, otherwise: FtpError) {
        let Some(site) = self.servers.get(key).map(|server| Arc::clone(&server.site)) else { return };
        let answered = match answer {
            Answer::Password { secret, keep } => {
                self.use_secret(&site, secret, keep);
                true
            }
            _ => false,
        };
        self.answered_about_server(key, answered, otherwise);
    }

    pub(crate) fn server_encryption(&mut self, key: &Arc<str>, answer: &Answer, otherwise: FtpError) {
        let Some(site) = self.servers.get(key).map(|server| Arc::clone(&server.site)) else { return };
        let accepted = self.accept_encryption(&site, &otherwise, answer);
        self.answered_about_server(key, accepted, otherwise);
    }

    /// The jobs that waited for the answer go on, or end with what is wrong without it.
    pub(crate) fn answered_about_server(&mut self, key: &Arc<str>, go_on: bool, otherwise: FtpError) {
        if let Some(server) = self.servers.get_mut(key) {
            server.hold = Hold::No;
        }
        let of_server = |job: &Packed| job.kept.route.server == *key;
        let asking = |job: &Packed| of_server(job) && matches!(job.kept.standing(), Standing::Asking(_));
        let asking = self.queue.ids_where(asking);
        let asking: Vec<JobId> = asking.into_iter().filter(|id| !self.is_conflict(*id)).collect();
        let error = JobError::Remote(otherwise);
        if !go_on {
            self.give_up(key, &error);
        }
        for id in asking {
            let state = if go_on { JobState::Queued } else { JobState::Failed(error.clone()) };
            self.queue.transition(id, state);
        }
    }

    /// A checksum was wanted, and there was none: told once for each server.
    pub(crate) fn unhashed(&mut self, session: u64, words: String) {
        let Some(site) = self.site_of(session) else { return };
        let title = site.title().to_owned();
        if !std::mem::replace(&mut self.server(&site).told_unhashed, true) {
            self.tell(Event::Notice(Explanation {
                what: format!(
                    "{title}: the server computes no checksum of all files, so their sizes are compared instead."
                ),
                why: format!("It says: “{words}”."),
                advice: String::new(),
            }));
        }
    }

    /// The user changed or confirmed something about that server: it may be tried again at once.
    pub(crate) fn lift_hold(&mut self, site: &Site) {
        if let Some(server) = self.servers.get_mut(site.server_key().as_str()) {
            server.lift_hold();
        }
    }

    /// When the next held server may be tried again.
    pub(crate) fn next_hold(&self) -> Option<SystemTime> {
        let now = SystemTime::now();
        self.servers
            .iter()
            .filter(|(key, _)| self.queue.ready_count(key) > 0)
            .flat_map(|(_, server)| {
                let held = match server.hold {
                    Hold::Until(until) => Some(until),
                    _ => None,
                };
                held.into_iter().chain(server.full_until.filter(|until| *until > now))
            })
            .min()
    }

    /// What is known of that site's server.
    pub(crate) fn server(&mut self, site: &Arc<Site>) -> &mut Server {
        let server = self.servers.entry(site.server_key().into()).or_insert_with(|| Server {
            site: Arc::clone(site),
            learned: site.learned,
            hold: Hold::No,
            failures: 0,
            full_until: None,
            told_unhashed: false,
            proven: false,
            pace: Pace::default(),
            shared: Arc::default(),
            too_many: false,
            done: 0,
            moved: 0,
        });
        server.site = Arc::clone(site);
        server
    }

    /// Nothing on this server will work until the user changes something: every waiting job of it fails now, rather
    /// than each after its own time-out.
    pub(crate) fn give_up(&mut self, server: &Arc<str>, error: &JobError) {
        // What is ordered already fails with them, and is not tried again piece by piece.
        self.take_all_orders();
        self.crew(server).into_iter().for_each(|session| self.take_back_all(session));
        let waits = |job: &Packed| job.kept.standing() == Standing::Queued || job.kept.waits();
        let ids = self.queue.ids_where(|job| job.kept.route.server == *server && waits(job) && !job.handed);
        for id in ids {
            self.queue.transition(id, JobState::Failed(error.clone()));
        }
    }
}

/// With so many files to come it pays to find out whether they come faster in active mode.
const MANY: usize = 30;
