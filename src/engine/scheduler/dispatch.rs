//! The queue at work: jobs to sessions, results back, what to do when something fails.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use crate::domain::{EntryKind, JobId};
use crate::engine::job::child::Existing;
use crate::engine::job::packed_job::Packed;
use crate::engine::job::retry::pause_before_retry;
use crate::engine::message::error::JobError;
use crate::engine::message::job::{JobState, Outcome};
use crate::engine::message::{Direction, LogKind, Question};
use crate::engine::progress::counter::Counter;
use crate::engine::progress::meter::Meter;
use crate::engine::progress::running::Running;
use crate::engine::scheduler::asked::Asked;
use crate::engine::scheduler::server::Server;
use crate::engine::scheduler::{Actor, Busy, Role, Slot};
use crate::engine::transfer::assignment::{Assignment, Worked};
use crate::engine::worker::task::{Task, Work};
use crate::ftp::ascii::has_extension;
use crate::ftp::error::Class;
use crate::net::wait::Cancel;
use crate::store::settings::ConflictPolicy;

/// An idle transfer session is closed after so long: servers close them themselves, less politely.
const IDLE: Duration = Duration::from_secs(20);

/// So many jobs a session may have ahead of the one in hand.
const AHEAD: usize = 16;
/// And so many bytes together, with what is left of the one in hand.
const MOMENT: u64 = 1 << 20;
/// What a file counts whose size nobody knows.
const UNKNOWN: u64 = 256 * 1024;
/// After so long, the file that comes next is better begun by another session.
const PATIENCE: Duration = Duration::from_millis(500);
/// With so many files waiting, no further folder is read.
const STOCK: usize = 1000;

impl Actor {
    /// Gives what may run to sessions that are free, and a few more jobs to those that are not; opens sessions, closes
    /// idle ones.
    pub(crate) fn dispatch(&mut self) {
        let now = SystemTime::now();
        self.queue.wake(now);
        self.distribute_permits();
        self.see_what_began();
        if !self.paused && !self.limited.paused && self.changes.is_empty() {
            let mut servers = self.queue.ready_servers();
            for slot in self.sessions.values() {
                if let Role::Transfer(server) = &slot.role
                    && slot.has_more()
                    && !servers.contains(server)
                {
                    servers.push(Arc::clone(server));
                }
            }
            for server in servers {
                self.dispatch_to(&server, now);
            }
        }
        let idle = |slot: &Slot| {
            !slot.is_busy()
                && matches!(slot.role, Role::Transfer(_))
                && self.now.duration_since(slot.idle_since) >= IDLE
        };
        let idle: Vec<u64> = self.sessions.iter().filter(|(_, slot)| idle(slot)).map(|(number, _)| *number).collect();
        idle.into_iter().for_each(|number| self.drop_session(number));
    }

    fn dispatch_to(&mut self, server: &Arc<str>, now: SystemTime) {
        if self.servers.get(server).is_some_and(|server| server.is_held(now)) {
            return;
        }
        self.forget_old_cap(server);
        let full = self.servers.get(server).is_some_and(|server| server.is_full(now));
        self.queue.hold_uploads(server, full);
        if full && self.queue.next_ready(server).is_none() {
            // No session is opened for what may not begin.
            return;
        }
        let crew = self.crew(server);
        let workers = self.call_crew(server, &crew);
        for session in &workers {
            if self.sessions.get(session).is_none_or(Slot::is_busy) {
                continue;
            }
            let Some(job) = self.pick(server, &workers, true).or_else(|| self.take_from_another(&crew)) else {
                break;
            };
            if !self.assign(*session, job) {
                self.drop_session(*session);
                return;
            }
        }
        if self.servers.get(server).is_some_and(Server::is_proven) {
            self.hand_ahead(server, &workers);
        }
        self.tell_of_more(server, &crew);
    }

    /// Whoever is done with what it has may be given one of another's, and has its data connection ready by then.
    fn tell_of_more(&self, server: &Arc<str>, crew: &[u64]) {
        let waits = self.queue.ready_count(server) > 0;
        let slots = || crew.iter().filter_map(|number| self.sessions.get(number));
        let has_some = |slot: &Slot| slot.ahead().next().is_some();
        let with_some = slots().filter(|slot| has_some(slot)).count();
        for slot in slots() {
            slot.thread.inbox().expect_more(waits || with_some > usize::from(has_some(slot)));
        }
    }

    /// What comes next on a session. Folders are read ahead of the files, but only so far that those do not run out; a
    /// file that is more than one session's share goes first, so that none ends last with a giant.
    fn pick(&self, server: &str, workers: &[u64], idle: bool) -> Option<JobId> {
        let files = self.queue.ready_files(server);
        let folder = self.queue.next_folder(server);
        if folder.is_some() && files < STOCK {
            let walks = |number: &u64| self.sessions.get(number).is_some_and(|slot| slot.tasks.iter().any(|t| t.walks));
            let turn = match workers.len() {
                1 => self.queue.next_ready(server) == folder,
                _ => !workers.iter().any(walks) || (idle && files == 0),
            };
            if turn {
                return folder;
            }
        }
        if workers.len() > 1
            && let Some((size, giant)) = self.queue.largest(server)
            && size > self.queue.outstanding().bytes_left() / workers.len() as u64
        {
            return Some(giant);
        }
        self.queue.next_file(server).or(folder.filter(|_| idle))
    }

    /// A job that another session has not begun; one that is to lie idle may have some, too.
    fn take_from_another(&mut self, crew: &[u64]) -> Option<JobId> {
        let ahead = |number: &u64| self.sessions.get(number).map_or(0, |slot| slot.ahead().count());
        let richest = crew.iter().copied().filter(|number| ahead(number) > 0).max_by_key(ahead)?;
        let slot = self.sessions.get_mut(&richest)?;
        // What was promised would wait behind a file that takes its time.
        let slow = slot.in_hand().is_some_and(|busy| self.now.duration_since(busy.since) > PATIENCE);
        let id = slot.thread.inbox().take_back_last(slow)?;
        slot.tasks.retain(|task| task.job.as_ref().is_none_or(|job| job.id != id));
        self.queue.take_back(id);
        Some(id)
    }

    /// A few more jobs for sessions that work, in runs of neighbours.
    fn hand_ahead(&mut self, server: &Arc<str>, workers: &[u64]) {
        let waits = self.queue.ready_count(server);
        if waits == 0 {
            return;
        }
        let mut hungry: Vec<(usize, u64)> = workers
            .iter()
            .filter_map(|number| Some((self.sessions.get(number)?.tasks.len(), *number)))
            .filter(|(tasks, _)| (1..=AHEAD / 2).contains(tasks))
            .collect();
        hungry.sort_unstable();
        let run = (waits / (2 * workers.len().max(1))).clamp(1, AHEAD);
        for (_, session) in hungry {
            for _ in 0..run {
                if !self.has_room(session) {
                    break;
                }
                let Some(job) = self.pick(server, workers, false) else { return };
                if !self.assign(session, job) {
                    return;
                }
            }
        }
    }

    /// Whether a session may have one more job: what it has takes but a moment.
    fn has_room(&self, session: u64) -> bool {
        let Some(slot) = self.sessions.get(&session) else { return false };
        let weight = |busy: &Busy| match &busy.job {
            Some(job) => self.queue.job(job.id).map_or(0, |job| job.size.unwrap_or(UNKNOWN).saturating_sub(job.bytes)),
            None => u64::MAX / 64,
        };
        slot.tasks.len() <= AHEAD
            && !slot.tasks.iter().any(|busy| busy.walks)
            && slot.tasks.iter().map(weight).sum::<u64>() <= MOMENT
    }

    /// What sessions took from what they had ahead runs now.
    fn see_what_began(&mut self) {
        for slot in self.sessions.values() {
            if let Some(job) = slot.in_hand().and_then(|busy| busy.job.as_ref())
                && self.queue.job(job.id).is_some_and(|job| job.handed)
                && slot.thread.inbox().in_hand() == Some(job.id)
            {
                self.queue.transition(job.id, JobState::Running);
            }
        }
    }

    /// Takes back what a session has not begun.
    pub(crate) fn take_back_all(&mut self, session: u64) {
        self.take_back(session, |_| true);
    }

    pub(crate) fn take_back(&mut self, session: u64, which: impl Fn(JobId) -> bool) {
        let Some(slot) = self.sessions.get_mut(&session) else { return };
        let inbox = Arc::clone(slot.thread.inbox());
        let mut back = Vec::new();
        slot.tasks.retain(|task| match &task.job {
            Some(job) if which(job.id) && inbox.take_back(job.id) => {
                back.push(job.id);
                false
            }
            _ => true,
        });
        back.into_iter().for_each(|id| self.queue.take_back(id));
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
        let renames = self.servers.get(&job.server).is_none_or(|server| server.learned.rename != Some(false));
        let mut assignment = Assignment {
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
            safe_uploads: job.site.safe_uploads.unwrap_or(self.settings.safe_uploads) && renames,
            preserve_times: self.settings.preserve_times,
            verify: self.settings.verify,
            flush: self.settings.flush,
            waits_for_room: self.settings.retries > 0,
            room: Arc::clone(&self.room),
            trail: Arc::clone(&self.trail),
            unhashed: OnceLock::new(),
            remarks: Mutex::default(),
            counter,
            limiter: self.limits.of(&job.site, &job.server, job.direction),
            permit: None,
            cancel: cancel.clone(),
        };
        let (download, size, site) = (job.direction == Direction::Download, job.size, Arc::clone(&job.site));
        let dial = self.dial(&site);
        if download && assignment.kind != EntryKind::Directory {
            assignment.permit = self.permit(session, &site, size);
        }
        let task = Task { dial, cancel, work: Work::Transfer(Box::new(assignment)) };
        let idle = self.sessions.get(&session).is_some_and(|slot| !slot.is_busy());
        if !self.give(session, task, Some(running)) {
            return false;
        }
        self.queue.hand(id);
        if idle {
            self.queue.transition(id, JobState::Running);
        }
        true
    }

    /// A session is done with a job.
    pub(crate) fn transferred(
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
            if let Some(server) = self.servers.get_mut(&running.server) {
                server.count(running.counter.moved());
            }
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
        let (handed, site) = (job.handed, Arc::clone(&job.site));
        if handed && !matches!(result, Ok(Worked::Transferred)) {
            // So quick that nobody saw it begin.
            self.queue.transition(id, JobState::Running);
        }
        let running = self.queue.job(id).is_some_and(|job| job.state == JobState::Running);
        match result {
            Ok(worked) => {
                self.found_room(id);
                self.finished(id, worked);
            }
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
    pub(crate) fn finished(&mut self, id: JobId, worked: Worked) {
        match worked {
            Worked::Transferred => {
                self.queue.update(id, |job| job.size = Some(job.bytes));
                self.queue.transition(id, JobState::Done(Outcome::Transferred));
            }
            Worked::Skipped(why) => {
                self.note(LogKind::Note, format!("Skipped: {why}."));
                self.queue.transition(id, JobState::Done(Outcome::Skipped));
            }
            Worked::LeftOut(why) => {
                if let Some(job) = self.queue.job(id) {
                    self.note(LogKind::Note, format!("“{}” was left out: {}", job.remote, why.line()));
                }
                self.queue.transition(id, JobState::LeftOut(why));
            }
            Worked::Folder { children, left_out, not_whole } => {
                // Stopped by the user at the last moment: what it holds must not start.
                if !self.queue.job(id).is_some_and(|job| matches!(job.state, JobState::Running | JobState::Queued)) {
                    return;
                }
                for left in &left_out {
                    self.note(LogKind::Note, format!("“{}” was left out: {}", left.remote, left.why.line()));
                }
                // Both or neither in the journal: a folder that is done has its files in the queue.
                self.queue.update(id, |job| job.kind = EntryKind::Directory);
                self.queue.add_children(id, children);
                self.queue.add_left_out(id, left_out);
                match not_whole {
                    None => self.queue.transition(id, JobState::Done(Outcome::Folder)),
                    Some(error) => {
                        self.note(LogKind::Error, error.explain().line());
                        self.queue.remember_children(id);
                        self.queue.transition(id, JobState::Failed(error))
                    }
                };
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
    pub(crate) fn failed(&mut self, id: JobId, error: JobError, progress: bool) {
        if self.wait_for_room(id, &error, progress) {
            return;
        }
        let Some(job) = self.queue.job(id) else { return };
        // A try that brought bytes was no vain one.
        let attempt = if progress { 1 } else { job.attempt.saturating_add(1) };
        let (server, line) = (Arc::clone(&job.server), format!("{}: {}", job.remote, error.explain().line()));
        self.note(LogKind::Error, line);
        self.crowded(&server, &error);
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

    pub(crate) fn resolve_conflict(&mut self, id: JobId, policy: ConflictPolicy, for_all: bool) {
        let Some(direction) = self.queue.job(id).map(|job| job.direction) else { return };
        let mut ids = vec![id];
        if for_all {
            let fits = |job: &Packed| {
                let goes_on = !job.kept.standing().is_ended();
                job.kept.route.direction == direction && job.policy == ConflictPolicy::Ask && goes_on
            };
            ids.extend(self.queue.ids_where(fits).into_iter().filter(|other| *other != id));
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

    pub(crate) fn refuse_conflict(&mut self, id: JobId) {
        self.queue.transition(id, JobState::Cancelled);
    }

    pub(crate) fn retry_pause(&self, class: Class, attempt: u8) -> Option<Duration> {
        let first = Duration::from_secs(u64::from(self.settings.retry_delay_seconds));
        pause_before_retry(class, attempt, self.settings.retries, first)
    }

    pub(crate) fn stop_all(&mut self) -> Vec<JobId> {
        let sessions: Vec<u64> = self.sessions.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.take_back_all(session));
        let mut stopped = Vec::new();
        for slot in self.sessions.values() {
            for busy in &slot.tasks {
                if let Some(job) = &busy.job {
                    busy.cancel.cancel();
                    stopped.push(job.id);
                }
            }
        }
        stopped
    }

    pub(crate) fn is_conflict(&self, id: JobId) -> bool {
        self.questions.values().any(|asked| matches!(asked, Asked::FileExists(job) if *job == id))
    }
}
