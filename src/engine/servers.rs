//! What is known of the servers that transfers go to: how many sessions each may have, why nothing starts on it, and what the
//! user must say first.

use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::{JobId, Learned, Lesson, QuestionId, Site};
use crate::ftp::error::{Class, FtpError, Stage, too_many};

use super::actor::{Actor, Asked, Role};
use super::error::JobError;
use super::message::{Answer, JobState, LogKind, Question};

/// What is known of a server that transfers go to.
pub(super) struct Server {
    pub(super) site: Arc<Site>,
    pub(super) learned: Learned,
    hold: Hold,
    /// Times in a row that no session could be opened.
    failures: u8,
    /// A login went well. Before that one session tries alone: servers count wrong passwords and lock out.
    proven: bool,
}

/// Why nothing starts on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    No,
    Until(SystemTime),
    Asking(QuestionId),
}

impl Server {
    /// Whether nothing may start on it now.
    pub(super) fn is_held(&self, now: SystemTime) -> bool {
        match self.hold {
            Hold::No => false,
            Hold::Until(until) => until > now,
            Hold::Asking(_) => true,
        }
    }

    /// It may be tried again at once, unless the user must say something first.
    pub(super) fn lift_hold(&mut self) {
        self.failures = 0;
        if matches!(self.hold, Hold::Until(_)) {
            self.hold = Hold::No;
        }
    }
}

impl Actor {
    /// An idle transfer session of that server, or a new one where it may have more.
    pub(super) fn free_session(&mut self, server: &Arc<str>) -> Option<u64> {
        let role = Role::Transfer(Arc::clone(server));
        let mut of_server = self.sessions.iter().filter(|(_, slot)| slot.role == role);
        if let Some((number, _)) = of_server.clone().find(|(_, slot)| slot.busy.is_none()) {
            return Some(*number);
        }
        let limit = self.session_limit(server);
        let count = of_server.by_ref().count() + self.hired(server);
        if limit == 0 {
            return self.idle_browser_of(server);
        }
        let limit = if self.servers.get(server).is_some_and(|server| server.proven) { limit } else { 1 };
        (count < limit).then(|| self.spawn_session(role)).flatten()
    }

    /// How many transfer sessions that server may have: the settings, the site's limit less what browsing takes, and
    /// what the server itself said.
    pub(super) fn session_limit(&self, server: &str) -> usize {
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
    pub(super) fn cannot_open(&mut self, session: u64, id: JobId, site: &Arc<Site>, error: JobError) {
        let key: Arc<str> = site.server_key().into();
        let role = Role::Transfer(Arc::clone(&key));
        let others = self.sessions.iter().filter(|(number, slot)| **number != session && slot.role == role).count();
        let ours = self.sessions.get(&session).is_some_and(|slot| slot.role == role);
        if ours {
            self.drop_session(session);
        }
        let JobError::Remote(remote) = &error else { return self.failed(id, error, false) };
        let standing = others + self.browsers_of(&key);
        if is_too_many(remote) && standing > 0 {
            // The server allows no more than there are; the job goes on when one of those is free.
            self.note(LogKind::Note, format!("{}: the server allows {standing} connections at a time", site.title()));
            self.learn(site, Lesson::ConnectionCap(u16::try_from(standing).unwrap_or(u16::MAX)));
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

    /// A session is logged in: others may follow.
    pub(super) fn logged_in(&mut self, session: u64) {
        if let Some(site) = self.site_of(session) {
            let server = self.server(&site);
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

    pub(super) fn server_password(&mut self, key: &Arc<str>, answer: Answer, otherwise: FtpError) {
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

    pub(super) fn server_encryption(&mut self, key: &Arc<str>, answer: &Answer, otherwise: FtpError) {
        let Some(site) = self.servers.get(key).map(|server| Arc::clone(&server.site)) else { return };
        let accepted = self.accept_encryption(&site, &otherwise, answer);
        self.answered_about_server(key, accepted, otherwise);
    }

    /// The jobs that waited for the answer go on, or end with what is wrong without it.
    pub(super) fn answered_about_server(&mut self, key: &Arc<str>, go_on: bool, otherwise: FtpError) {
        if let Some(server) = self.servers.get_mut(key) {
            server.hold = Hold::No;
        }
        let asking = self.jobs_where(|job| job.server == *key && matches!(job.state, JobState::Asking(_)));
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

    /// The user changed or confirmed something about that server: it may be tried again at once.
    pub(super) fn lift_hold(&mut self, site: &Site) {
        if let Some(server) = self.servers.get_mut(site.server_key().as_str()) {
            server.lift_hold();
        }
    }

    /// When the next held server may be tried again.
    pub(super) fn next_hold(&self) -> Option<SystemTime> {
        self.servers
            .iter()
            .filter(|(key, _)| self.queue.ready_count(key) > 0)
            .filter_map(|(_, server)| match server.hold {
                Hold::Until(until) => Some(until),
                _ => None,
            })
            .min()
    }

    /// What is known of that site's server.
    pub(super) fn server(&mut self, site: &Arc<Site>) -> &mut Server {
        let server = self.servers.entry(site.server_key().into()).or_insert_with(|| Server {
            site: Arc::clone(site),
            learned: site.learned,
            hold: Hold::No,
            failures: 0,
            proven: false,
        });
        server.site = Arc::clone(site);
        server
    }

    /// Nothing on this server will work until the user changes something: every waiting job of it fails now, rather
    /// than each after its own time-out.
    pub(super) fn give_up(&mut self, server: &Arc<str>, error: &JobError) {
        let waiting = |state: &JobState| matches!(state, JobState::Queued | JobState::Waiting { .. });
        let ids = self.jobs_where(|job| job.server == *server && waiting(&job.state));
        for id in ids {
            self.queue.transition(id, JobState::Failed(error.clone()));
        }
    }
}

/// Whether the server has enough of us.
pub(super) fn is_too_many(error: &FtpError) -> bool {
    match error {
        FtpError::LoginRefused(reply) => reply.code == 421 || too_many(reply),
        FtpError::Refused { stage: Stage::Connect | Stage::Greeting | Stage::Login, reply, .. } => {
            reply.code == 421 || too_many(reply)
        }
        FtpError::Closed { stage: Stage::Greeting, last } => last.as_ref().is_none_or(|reply| reply.code == 421),
        _ => false,
    }
}
