//! The queue at work: orders in, jobs to sessions, results back, what to do when something fails.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::domain::{EntryKind, JobId, Learned, Lesson, QuestionId, RemotePath, Site, Timestamp};
use crate::ftp::ascii::has_extension;
use crate::ftp::error::{Class, FtpError, Stage, too_many};
use crate::net::wait::Cancel;
use crate::store::settings::ConflictPolicy;

use super::actor::{Actor, Asked, Role};
use super::error::JobError;
use super::folder::folds_case;
use super::job::Existing;
use super::local_name::{Names, System, map, remote_name};
use super::message::{
    Answer, Direction, Event, JobProgress, JobState, LocalTarget, LogKind, Order, Outcome, Progress, Question,
    QueueCommand, RemoteTarget, What,
};
use super::meter::{Meter, time_left};
use super::pump::Counter;
use super::queue::NewJob;
use super::retry::pause_before_retry;
use super::work::{Assignment, Task, Work, Worked};

/// An idle transfer session is closed after so long: servers close them themselves, less politely.
const IDLE: Duration = Duration::from_secs(20);

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

/// A job on a session.
pub(super) struct Running {
    pub(super) id: JobId,
    direction: Direction,
    server: Arc<str>,
    local: PathBuf,
    remote: RemotePath,
    counter: Arc<Counter>,
    meter: Meter,
    /// How far the try before this one came.
    before: u64,
    /// What of it is in the totals already.
    counted: u64,
}

/// Bytes moved since the program started, and how fast.
#[derive(Default)]
pub(super) struct Totals {
    down: (u64, Meter),
    up: (u64, Meter),
    last: Option<Progress>,
}

impl Actor {
    pub(super) fn enqueue(&mut self, orders: Vec<Order>) {
        let mut names: HashMap<PathBuf, Names> = HashMap::new();
        for Order { site, what, on_exists } in orders {
            let policy = on_exists.unwrap_or(self.settings.on_exists);
            let mut refusal = None;
            let new = match what {
                What::Download { remote, kind, size, modified, to } => {
                    let loose = matches!(to, LocalTarget::At(_));
                    let local = match to {
                        LocalTarget::As(path) | LocalTarget::At(path) => path,
                        LocalTarget::Into(folder) => match remote.file_name() {
                            Some(name) => {
                                let names = names
                                    .entry(folder.clone())
                                    .or_insert_with(|| Names::new(System::HERE, folds_case(&folder)));
                                let local = names.share(map(name, &site.charset, System::HERE));
                                if let Some(note) = local.note(name, &site.charset) {
                                    self.note(LogKind::Note, note);
                                }
                                folder.join(local.name)
                            }
                            None => folder,
                        },
                    };
                    let kind = kind.unwrap_or(if remote.file_name().is_none() {
                        EntryKind::Directory
                    } else {
                        EntryKind::Other
                    });
                    let file = kind == EntryKind::File;
                    let (size, modified) = if file { (size, modified) } else { (None, None) };
                    NewJob { direction: Direction::Download, kind, local, remote, size, modified, policy, loose, site }
                }
                What::Upload { local, to } => {
                    let loose = matches!(to, RemoteTarget::At(_));
                    let remote = match to {
                        RemoteTarget::As(path) | RemoteTarget::At(path) => path,
                        // The root of a disk has no name: what is in it goes into the directory itself.
                        RemoteTarget::Into(dir) => match local.file_name() {
                            None => dir,
                            Some(name) => dir.join(&remote_name(name, &site.charset).unwrap_or_else(|| {
                                let (name, charset) = (name.to_string_lossy(), site.charset.label());
                                let what = format!("“{name}” cannot be written in the site's charset {charset}");
                                refusal = Some(FtpError::Unsupported { what });
                                name.into_owned().into_bytes()
                            })),
                        },
                    };
                    // One look at the disk per order, not per file: what lies in a folder is looked at by its session.
                    let data = std::fs::metadata(&local).ok();
                    let folder = data.as_ref().is_some_and(std::fs::Metadata::is_dir);
                    NewJob {
                        direction: Direction::Upload,
                        kind: if folder { EntryKind::Directory } else { EntryKind::File },
                        size: data.as_ref().filter(|_| !folder).map(std::fs::Metadata::len),
                        modified: data.and_then(|data| data.modified().ok()).map(Timestamp::from_system),
                        local,
                        remote,
                        policy,
                        loose,
                        site,
                    }
                }
            };
            self.server(&Arc::clone(&new.site));
            let id = self.queue.add(new);
            if let Some(error) = refusal {
                self.failed(id, error.into(), false);
            }
        }
    }

    pub(super) fn change_queue(&mut self, command: QueueCommand) {
        match command {
            QueueCommand::PauseAll => {
                if !self.paused {
                    self.paused = true;
                    for id in self.stop_all() {
                        self.queue.transition(id, JobState::Queued);
                    }
                    self.tell(Event::QueuePaused(true));
                }
            }
            QueueCommand::ResumeAll => {
                if self.paused {
                    self.paused = false;
                    self.tell(Event::QueuePaused(false));
                }
            }
            QueueCommand::Pause(ids) => self.stop(&ids, &JobState::Paused),
            QueueCommand::Resume(ids) => {
                for id in ids {
                    if self.queue.job(id).is_some_and(|job| job.state == JobState::Paused) {
                        self.queue.transition(id, JobState::Queued);
                    }
                }
            }
            QueueCommand::Cancel(ids) => self.stop(&ids, &JobState::Cancelled),
            QueueCommand::Retry(ids) => self.retry(&ids),
            QueueCommand::RetryFailed => {
                let failed = |state: &JobState| matches!(state, JobState::Failed(_));
                let ids = self.jobs_where(|job| failed(&job.state));
                self.retry(&ids);
            }
            QueueCommand::Remove(ids) => {
                self.stop(&ids, &JobState::Cancelled);
                ids.into_iter().for_each(|id| self.queue.remove(id));
            }
            QueueCommand::ClearDone => {
                self.jobs_where(|job| matches!(job.state, JobState::Done(_)))
                    .into_iter()
                    .for_each(|id| self.queue.remove(id));
            }
            QueueCommand::ClearFailed => {
                self.jobs_where(|job| matches!(job.state, JobState::Failed(_) | JobState::Cancelled))
                    .into_iter()
                    .for_each(|id| self.queue.remove(id));
            }
            QueueCommand::Move(ids, place) => self.queue.move_to(&ids, place),
        }
    }

    /// Gives what may run to sessions that are free, opens sessions, closes idle ones.
    pub(super) fn dispatch(&mut self) {
        let now = SystemTime::now();
        self.queue.wake(now);
        if !self.paused {
            for server in self.queue.ready_servers() {
                self.dispatch_to(&server, now);
            }
        }
        let idle = |slot: &super::actor::Slot| {
            slot.busy.is_none()
                && matches!(slot.role, Role::Transfer(_))
                && self.now.duration_since(slot.idle_since) >= IDLE
        };
        let idle: Vec<u64> = self.sessions.iter().filter(|(_, slot)| idle(slot)).map(|(number, _)| *number).collect();
        idle.into_iter().for_each(|number| self.drop_session(number));
    }

    fn dispatch_to(&mut self, server: &Arc<str>, now: SystemTime) {
        match self.servers.get(server).map(|server| server.hold) {
            Some(Hold::Until(until)) if until > now => return,
            Some(Hold::Asking(_)) => return,
            _ => {}
        }
        self.forget_old_cap(server);
        while let Some(job) = self.queue.next_ready(server) {
            let Some(session) = self.free_session(server) else { return };
            if !self.assign(session, job) {
                self.drop_session(session);
                return;
            }
        }
    }

    /// An idle transfer session of that server, or a new one where it may have more.
    fn free_session(&mut self, server: &Arc<str>) -> Option<u64> {
        let role = Role::Transfer(Arc::clone(server));
        let mut of_server = self.sessions.iter().filter(|(_, slot)| slot.role == role);
        if let Some((number, _)) = of_server.clone().find(|(_, slot)| slot.busy.is_none()) {
            return Some(*number);
        }
        let limit = self.session_limit(server);
        let count = of_server.by_ref().count();
        if limit == 0 {
            return self.idle_browser_of(server);
        }
        let limit = if self.servers.get(server).is_some_and(|server| server.proven) { limit } else { 1 };
        (count < limit).then(|| self.spawn_session(role)).flatten()
    }

    /// How many transfer sessions that server may have: the settings, the site's limit less what browsing takes, and
    /// what the server itself said.
    fn session_limit(&self, server: &str) -> usize {
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

    fn assign(&mut self, session: u64, id: JobId) -> bool {
        let Some(job) = self.queue.job(id) else { return true };
        let counter = Arc::new(Counter::default());
        counter.begin_at(job.bytes);
        if let Some(wrote) = &job.wrote {
            counter.write_to(wrote);
        }
        let running = Running {
            id,
            direction: job.direction,
            server: Arc::clone(&job.server),
            local: job.local.clone(),
            remote: job.remote.clone(),
            counter: Arc::clone(&counter),
            meter: Meter::default(),
            before: job.bytes,
            counted: 0,
        };
        let cancel = Cancel::new();
        let assignment = Assignment {
            job: id,
            direction: job.direction,
            kind: job.kind,
            top: job.parent.is_none(),
            server: Arc::clone(&job.server),
            charset: job.site.charset.clone(),
            local: job.local.clone(),
            remote: job.remote.clone(),
            size: job.size,
            modified: job.modified,
            policy: job.policy,
            loose: job.loose,
            existing: job.existing,
            begun: job.begun,
            left: job.left.clone(),
            text: job.kind != EntryKind::Directory
                && has_extension(job.remote.as_bytes(), &self.settings.ascii_extensions),
            safe_uploads: self.settings.safe_uploads,
            preserve_times: self.settings.preserve_times,
            counter,
            limiter: Arc::clone(&self.limiter),
            cancel: cancel.clone(),
        };
        let dial = self.dial(&Arc::clone(&job.site));
        let task = Task { dial, cancel, work: Work::Transfer(Box::new(assignment)) };
        if !self.give(session, task, Some(running)) {
            return false;
        }
        self.queue.hold_target(id);
        self.queue.transition(id, JobState::Running)
    }

    /// A session is done with a job.
    pub(super) fn transferred(
        &mut self,
        session: u64,
        id: JobId,
        running: Option<Running>,
        result: Result<Worked, JobError>,
        opening: bool,
    ) {
        let mut progress = false;
        if let Some(mut running) = running {
            self.totals.count(&mut running);
            self.queue.release_target(running.direction, &running.server, &running.local, &running.remote);
            let bytes = running.counter.bytes();
            // One that moves the same bytes again and again is none: it would never end.
            progress = running.counter.moved() > 0 && bytes > running.before;
            let wrote = running.counter.wrote().cloned();
            self.queue.update(id, |job| {
                job.bytes = bytes;
                job.wrote = wrote;
            });
        }
        // Removed meanwhile.
        let Some(job) = self.queue.job(id) else { return };
        let running = job.state == JobState::Running;
        let site = Arc::clone(&job.site);
        match result {
            Ok(worked) => self.finished(id, worked),
            Err(error) if error.class() == Class::Cancelled => {
                // Cancelled, but not by the user: the program ends.
                if running {
                    self.queue.transition(id, JobState::Queued);
                }
                self.queue.update(id, |job| job.existing = Existing::Unknown);
            }
            Err(error) if !running => self.note(LogKind::Note, format!("{error}")),
            Err(error) if opening => self.cannot_open(session, id, &site, error),
            Err(error) => self.failed(id, error, progress),
        }
    }

    /// A job ended well, or turned out to be a question or a folder.
    pub(super) fn finished(&mut self, id: JobId, worked: Worked) {
        match worked {
            Worked::Transferred => {
                self.queue.update(id, |job| job.size = Some(job.bytes));
                self.queue.transition(id, JobState::Done(Outcome::Transferred));
            }
            Worked::Skipped(why) => {
                self.note(LogKind::Note, format!("Skipped: {why}."));
                self.queue.transition(id, JobState::Done(Outcome::Skipped));
            }
            Worked::Folder { children, notes } => {
                // Stopped by the user at the last moment: what it holds must not start.
                if !self.queue.job(id).is_some_and(|job| matches!(job.state, JobState::Running | JobState::Queued)) {
                    return;
                }
                notes.into_iter().for_each(|note| self.note(LogKind::Note, note));
                // Both or neither in the journal: a folder that is done has its files in the queue.
                self.queue.update(id, |job| job.kind = EntryKind::Directory);
                self.queue.add_children(id, children);
                self.queue.transition(id, JobState::Done(Outcome::Folder));
            }
            Worked::Conflict { source, target, policy } => {
                let Some(job) = self.queue.job(id) else { return };
                if job.state != JobState::Running {
                    return;
                }
                if job.policy != policy {
                    // Answered for all while this one was on its way.
                    self.queue.transition(id, JobState::Queued);
                    return;
                }
                let direction = job.direction;
                let question = Question::FileExists { job: id, direction, source, target };
                let question = self.ask(Asked::FileExists(id), question);
                self.queue.transition(id, JobState::Asking(question));
            }
        }
    }

    /// A job failed on an open session.
    fn failed(&mut self, id: JobId, error: JobError, progress: bool) {
        let Some(job) = self.queue.job(id) else { return };
        // A try that brought bytes was no vain one.
        let attempt = if progress { 1 } else { job.attempt.saturating_add(1) };
        let (server, line) = (Arc::clone(&job.server), format!("{}: {}", job.remote, error.explain().line()));
        self.note(LogKind::Error, line);
        if error.class() == Class::NeedsUser {
            self.give_up(&server, &error);
            self.queue.transition(id, JobState::Failed(error));
            return;
        }
        self.queue.update(id, |job| {
            job.attempt = attempt;
            job.existing = Existing::Unknown;
        });
        match self.retry_pause(error.class(), attempt) {
            Some(pause) => {
                let retry_at = SystemTime::now() + pause;
                self.queue.transition(id, JobState::Waiting { retry_at, attempt, error });
            }
            None => {
                self.queue.transition(id, JobState::Failed(error));
            }
        }
    }

    /// No session could be opened for a job.
    fn cannot_open(&mut self, session: u64, id: JobId, site: &Arc<Site>, error: JobError) {
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

    pub(super) fn resolve_conflict(&mut self, id: JobId, policy: ConflictPolicy, for_all: bool) {
        let Some(direction) = self.queue.job(id).map(|job| job.direction) else { return };
        let mut ids = vec![id];
        if for_all {
            ids.extend(self.jobs_where(|job| {
                job.direction == direction && job.policy == ConflictPolicy::Ask && !job.state.is_ended() && job.id != id
            }));
        }
        for id in ids {
            self.queue.update(id, |job| job.policy = policy);
            if let Some(JobState::Asking(question)) = self.queue.job(id).map(|job| job.state.clone()) {
                // A password that is missing is another question.
                if matches!(
                    self.questions.get(&question),
                    Some(Asked::ServerPassword(..) | Asked::ServerEncryption(..))
                ) {
                    continue;
                }
                self.withdraw(question);
                // What the kill left was shown to the user, and this is the word on it.
                self.queue.update(id, |job| job.begun = false);
                self.queue.transition(id, JobState::Queued);
            }
        }
    }

    pub(super) fn refuse_conflict(&mut self, id: JobId) {
        self.queue.transition(id, JobState::Cancelled);
    }

    /// The user changed or confirmed something about that server: it may be tried again at once.
    pub(super) fn lift_hold(&mut self, site: &Site) {
        if let Some(server) = self.servers.get_mut(site.server_key().as_str())
            && matches!(server.hold, Hold::Until(_))
        {
            server.hold = Hold::No;
            server.failures = 0;
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

    /// What moves; `None` where nothing did since the last time.
    pub(super) fn progress(&mut self) -> Option<Progress> {
        let now = self.now;
        let mut jobs = Vec::new();
        for slot in self.sessions.values_mut() {
            let Some(running) = slot.busy.as_mut().and_then(|busy| busy.job.as_mut()) else { continue };
            self.totals.count(running);
            running.meter.sample(now, running.counter.moved());
            let (bytes, rate) = (running.counter.bytes(), running.meter.rate());
            // Now, and not when it stops: after a kill nobody else knows whose half file that is.
            if let Some(wrote) = running.counter.wrote()
                && self.queue.job(running.id).is_some_and(|job| job.wrote.is_none())
            {
                self.queue.update(running.id, |job| job.wrote = Some(wrote.clone()));
            }
            // What is left counts what is on its way.
            let size = self.queue.progress(running.id, bytes, running.counter.size());
            let left = size.map(|size| size.saturating_sub(bytes));
            let time_left = left.and_then(|left| time_left(left, rate));
            jobs.push(JobProgress { id: running.id, bytes, size, rate, time_left });
        }
        if jobs.is_empty() {
            // Nothing runs: the next rate begins afresh, and the faces hear once that this one is over.
            self.totals.pause();
            return self
                .totals
                .last
                .take()
                .map(|_| Progress { bytes_left: self.queue.outstanding(), ..Progress::default() });
        }
        jobs.sort_unstable_by_key(|job| job.id);
        let (rate_down, rate_up) = self.totals.rates(now);
        let bytes_left = self.queue.outstanding();
        let progress = Progress {
            jobs,
            rate_down,
            rate_up,
            bytes_left,
            time_left: time_left(bytes_left, rate_down + rate_up).filter(|_| bytes_left > 0),
        };
        if self.totals.last.as_ref() == Some(&progress) {
            return None;
        }
        self.totals.last = Some(progress.clone());
        Some(progress)
    }

    /// Nothing on this server will work until the user changes something: every waiting job of it fails now, rather
    /// than each after its own time-out.
    fn give_up(&mut self, server: &Arc<str>, error: &JobError) {
        let waiting = |state: &JobState| matches!(state, JobState::Queued | JobState::Waiting { .. });
        let ids = self.jobs_where(|job| job.server == *server && waiting(&job.state));
        for id in ids {
            self.queue.transition(id, JobState::Failed(error.clone()));
        }
    }

    fn retry_pause(&self, class: Class, attempt: u8) -> Option<Duration> {
        let first = Duration::from_secs(u64::from(self.settings.retry_delay_seconds));
        pause_before_retry(class, attempt, self.settings.retries, first)
    }

    fn retry(&mut self, ids: &[JobId]) {
        for id in ids {
            if !self.queue.job(*id).is_some_and(|job| matches!(job.state, JobState::Failed(_) | JobState::Cancelled)) {
                continue;
            }
            self.queue.update(*id, |job| {
                job.attempt = 0;
                job.existing = Existing::Unknown;
            });
            if let Some(site) = self.queue.job(*id).map(|job| Arc::clone(&job.site)) {
                let server = self.server(&site);
                server.failures = 0;
                if matches!(server.hold, Hold::Until(_)) {
                    server.hold = Hold::No;
                }
            }
            self.queue.transition(*id, JobState::Queued);
        }
    }

    /// Ends what runs and puts them into that state at once; their sessions wind down by themselves.
    fn stop(&mut self, ids: &[JobId], state: &JobState) {
        for id in ids {
            if let Some(JobState::Asking(question)) = self.queue.job(*id).map(|job| job.state.clone())
                && matches!(self.questions.get(&question), Some(Asked::FileExists(_)))
            {
                self.withdraw(question);
            }
            if self.queue.transition(*id, state.clone()) {
                self.queue.update(*id, |job| job.existing = Existing::Unknown);
            }
        }
        for slot in self.sessions.values() {
            if let Some(busy) = &slot.busy
                && busy.job.as_ref().is_some_and(|job| ids.contains(&job.id))
            {
                busy.cancel.cancel();
            }
        }
    }

    fn stop_all(&mut self) -> Vec<JobId> {
        let mut stopped = Vec::new();
        for slot in self.sessions.values() {
            if let Some(busy) = &slot.busy
                && let Some(job) = &busy.job
            {
                busy.cancel.cancel();
                stopped.push(job.id);
            }
        }
        stopped
    }

    fn is_conflict(&self, id: JobId) -> bool {
        self.questions.values().any(|asked| matches!(asked, Asked::FileExists(job) if *job == id))
    }

    fn jobs_where(&self, fits: impl Fn(&super::job::Job) -> bool) -> Vec<JobId> {
        self.queue.iter().filter(|job| fits(job)).map(|job| job.id).collect()
    }
}

impl Totals {
    /// Adds what a job moved since the last look.
    fn count(&mut self, running: &mut Running) {
        let moved = running.counter.moved();
        // A transfer that began anew counts from zero again.
        let more = if moved >= running.counted { moved - running.counted } else { moved };
        running.counted = moved;
        match running.direction {
            Direction::Download => self.down.0 += more,
            Direction::Upload => self.up.0 += more,
        }
    }

    fn rates(&mut self, now: Instant) -> (u64, u64) {
        self.down.1.sample(now, self.down.0);
        self.up.1.sample(now, self.up.0);
        (self.down.1.rate(), self.up.1.rate())
    }

    /// Whether the faces show something moving.
    pub(super) fn are_shown(&self) -> bool {
        self.last.is_some()
    }

    fn pause(&mut self) {
        self.down.1.reset();
        self.up.1.reset();
    }
}

/// Whether the server has enough of us.
fn is_too_many(error: &FtpError) -> bool {
    match error {
        FtpError::LoginRefused(reply) => reply.code == 421 || too_many(reply),
        FtpError::Refused { stage: Stage::Connect | Stage::Greeting | Stage::Login, reply, .. } => {
            reply.code == 421 || too_many(reply)
        }
        FtpError::Closed { stage: Stage::Greeting, last } => last.as_ref().is_none_or(|reply| reply.code == 421),
        _ => false,
    }
}
