//! One thread, one session: takes a task, converses, reports. What went wrong is a report, a panic included.

/// What a session is given to do, and what it reports.
pub(crate) mod task;

/// Tasks that wait for a session.
pub(crate) mod task_queue;

/// Operations on the server's files.
pub(crate) mod manage;

use crate::domain::{EntryKind, Lesson, Listing, Proxy, RemotePath};
use crate::engine::heap;
use crate::engine::message::error::JobError;
use crate::engine::message::{Direction, Remark};
use crate::engine::naming::local_name::{System, map};
use crate::engine::secrets::Secrets;
use crate::engine::transfer::assignment::{Assignment, Worked};
use crate::engine::transfer::download::Clock;
use crate::engine::transfer::left_out::Reason;
use crate::engine::transfer::upload::Habits;
use crate::engine::transfer::{copy, download, folder, upload};
use crate::engine::worker::task::{Finished, Report, Task, Work};
use crate::engine::worker::task_queue::Inbox;
use crate::ftp::error::{Class, FtpError, Stage};
use crate::net::happening::{Happening, Observer};
use crate::net::lessons::Lessons;
use crate::net::session::{DEEPEST, Next, Session};
use crossbeam_channel::Sender;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The engine's end of it. Dropping it ends the thread after its task.
pub(crate) struct SessionThread {
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
}

impl SessionThread {
    /// Starts it; it dials when its first task comes. `heard` = somebody reads the dialogue.
    pub(crate) fn start(
        number: u64,
        reports: Sender<Report>,
        secrets: Arc<Secrets>,
        heard: bool,
    ) -> std::io::Result<Self> {
        let inbox = Arc::new(Inbox::default());
        let of_thread = Arc::clone(&inbox);
        let thread = thread::Builder::new().name(format!("session-{number}")).spawn(move || {
            let mut worker = Worker {
                number,
                reports: reports.clone(),
                secrets,
                heard,
                session: None,
                server: String::new(),
                tls12_only: false,
                lessons: Lessons::default(),
                learned: 0,
                proxy: None,
                habits: Habits::default(),
                clock: Clock::default(),
                buffer: Vec::new(),
            };
            worker.serve(&of_thread);
            of_thread.leave();
            reports.send(Report::Ended(number)).ok();
        })?;
        Ok(Self { inbox, thread: Some(thread) })
    }

    /// Gives it a task; `false` = it is gone.
    pub(crate) fn give(&self, task: Task) -> bool {
        self.inbox.give(task)
    }

    /// Its tasks.
    pub(crate) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// Ends it; the handle is for joining.
    pub(crate) fn end(mut self) -> Option<JoinHandle<()>> {
        self.thread.take()
    }
}

impl Drop for SessionThread {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

/// Rows are shown while a listing downloads, but not more often than this.
const PARTIAL_EVERY: Duration = Duration::from_millis(250);

/// Rows of a listing that are shown before it is whole: of more the copies would take as much memory as the listing.
const SHOWN_SO_FAR: usize = 1_000_000;

/// Whether rows of a listing that still downloads are shown. Each time all rows so far are copied, and sorted by the face:
/// only when there are half as many again, so that all copies together are at most three times the listing, however large
/// it is.
fn is_worth_showing(rows: usize, shown: usize) -> bool {
    rows >= shown + shown / 2 && rows <= SHOWN_SO_FAR
}

struct Worker {
    number: u64,
    reports: Sender<Report>,
    secrets: Arc<Secrets>,
    heard: bool,
    session: Option<Session>,
    server: String,
    /// This server continues no TLS 1.3 session.
    tls12_only: bool,
    /// What this server taught the sessions of this thread.
    lessons: Lessons,
    /// How many of them the session in use began with.
    learned: usize,
    /// Through which the session was opened.
    proxy: Option<Proxy>,
    habits: Habits,
    clock: Clock,
    buffer: Vec<u8>,
}

impl Worker {
    fn serve(&mut self, inbox: &Inbox) {
        let mut ahead = None;
        while let Some(task) = ahead.take().or_else(|| inbox.next()) {
            let finished = catch_unwind(AssertUnwindSafe(|| self.run(&task, inbox))).unwrap_or_else(|panic| {
                // The session may be anywhere in its conversation.
                self.session = None;
                self.crashed(&task, &panic)
            });
            let listing = match &finished {
                Finished::Listed { result: Ok(listing), .. } => Some(Arc::clone(listing)),
                _ => None,
            };
            let hopeless = |error: &JobError| error.lacks_room() || error.class() == Class::NeedsUser;
            if matches!(&finished, Finished::Transferred { result: Err(error), opening, .. } if *opening || hopeless(error))
            {
                // Without a session, or room, or the user, nothing that comes next would fare better, as far as is known here.
                inbox.stop();
            }
            if listing.is_none() {
                // Before the report: whoever hears it can see what the session does now.
                ahead = inbox.next_at_once();
            }
            if self.reports.send(Report::Finished(self.number, finished)).is_err() {
                return;
            }
            if let Some(listing) = listing {
                self.set_clock(&listing);
            }
        }
        if let Some(session) = self.session.take().filter(|session| !session.is_broken()) {
            session.quit();
        }
    }

    fn run(&mut self, task: &Task, inbox: &Inbox) -> Finished {
        match &task.work {
            Work::Open => {
                self.session = None;
                Finished::Opened(self.ensure(task).map(|_| ()).and_then(|()| {
                    let session = self.session.as_ref().ok_or(FtpError::Cancelled)?;
                    Ok(session.home().clone())
                }))
            }
            Work::List(dir) => {
                let result = self.list(task, dir);
                // The memory of a listing without end, or of a large one, is of no use to this thread.
                let is_large = match &result {
                    Ok(listing) => listing.entries.len() > heap::LARGE,
                    Err(error) => matches!(error, FtpError::EndlessListing { .. }),
                };
                if is_large {
                    heap::give_back();
                }
                let dir = result.as_ref().map_or_else(|_| dir.clone(), |listing| listing.dir.clone());
                Finished::Listed { dir, result }
            }
            Work::KeepAlive => {
                // A session that is gone is opened again when it is needed, not before.
                let session = self.session.as_mut().filter(|session| !session.is_broken());
                let alive = session.is_some_and(|session| {
                    session.set_cancel(&task.cancel);
                    session.noop().is_ok() && !session.is_broken()
                });
                Finished::KeptAlive { alive }
            }
            Work::Manage(operation) => {
                let (number, reports) = (self.number, self.reports.clone());
                let mut last = Instant::now();
                let result = self.with_session(task, |session| {
                    manage::manage(session, operation, &mut |done, at| {
                        if last.elapsed() >= PARTIAL_EVERY {
                            last = Instant::now();
                            reports.send(Report::Managing(number, done, at.clone())).ok();
                        }
                    })
                });
                Finished::Managed { operation: operation.clone(), result }
            }
            // Taken back at the last moment.
            Work::Transfer(job) if task.cancel.is_cancelled() => {
                Finished::Transferred { job: job.job, result: Err(FtpError::Cancelled.into()), opening: false }
            }
            Work::Transfer(job) => {
                let fresh = match self.ensure(task) {
                    Ok(fresh) => fresh,
                    Err(error) => {
                        return Finished::Transferred { job: job.job, result: Err(error.into()), opening: true };
                    }
                };
                self.announce_next(inbox);
                let before = job.counter.moved();
                let mut result = self.transfer(job, None);
                // The session had gone while it lay idle, or could not encrypt: that is no failure of the job.
                if let Err(JobError::Remote(error)) = &result
                    && !task.cancel.is_cancelled()
                    && self.deserves_another(error, &task.work, fresh, job.counter.moved() == before)
                {
                    self.session = None;
                    if let Err(error) = self.ensure(task) {
                        return Finished::Transferred { job: job.job, result: Err(error.into()), opening: true };
                    }
                    result = self.transfer(job, None);
                }
                // All went, and the server never said so: a router on the way forgot the control connection meanwhile. What
                // arrived, a new session tells.
                if let Err(JobError::Remote(doubt)) = &result
                    && is_unconfirmed(doubt)
                    && may_be_whole(job)
                    && !task.cancel.is_cancelled()
                {
                    let doubt = doubt.clone();
                    self.session = None;
                    if self.ensure(task).is_ok() {
                        result = self.transfer(job, Some(&doubt));
                    }
                }
                let remarks = job.take_remarks();
                if !remarks.is_empty() {
                    self.reports.send(Report::Remarks(job.job, remarks)).ok();
                }
                if let Some(words) = job.unhashed.get() {
                    self.reports.send(Report::Unhashed(self.number, words.clone())).ok();
                }
                Finished::Transferred { job: job.job, result, opening: false }
            }
        }
    }

    /// Tells the session what comes next, as far as that is sure.
    fn announce_next(&mut self, inbox: &Inbox) {
        let Some(session) = &mut self.session else { return };
        let next = inbox.look(|task| match &task.work {
            Work::Transfer(job) if job.kind == EntryKind::File && !task.cancel.is_cancelled() => {
                let remote = absolute(session.home(), &job.remote);
                let plain = (job.direction == Direction::Download)
                    .then(|| download::plain_target(job, &remote, &self.clock))
                    .flatten();
                (Next::Transfer, plain.map(|target| (job.job, remote, target)))
            }
            _ => (Next::Nothing, None),
        });
        session.expect_next(match next {
            // The disk is asked while the engine may change its mind.
            Some((_, Some((id, remote, target)))) if target.is_free() && inbox.promise(id) => Next::Retrieve(remote),
            Some((next, _)) => next,
            None if inbox.expects_more() => Next::Transfer,
            None => Next::Nothing,
        });
    }

    fn list(&mut self, task: &Task, dir: &RemotePath) -> Result<Arc<Listing>, FtpError> {
        let (number, reports) = (self.number, self.reports.clone());
        self.with_session(task, |session| {
            let dir = absolute(session.home(), dir);
            let (mut last, mut shown) = (Instant::now(), 0);
            let listing = session.list(&dir, &mut |entries| {
                if last.elapsed() >= PARTIAL_EVERY && is_worth_showing(entries.len(), shown) {
                    shown = entries.len();
                    let so_far = Listing { dir: dir.clone(), entries: entries.to_vec(), ..Listing::default() };
                    reports.send(Report::Partial(number, Arc::new(so_far))).ok();
                    last = Instant::now();
                }
            })?;
            Ok(Arc::new(Listing { dir, ..listing }))
        })
    }

    /// The user sees the listing already; what is asked now puts its times right.
    fn set_clock(&mut self, listing: &Arc<Listing>) {
        let Some(session) = self.session.as_mut().filter(|session| session.can_calibrate()) else { return };
        // Whatever goes wrong here shows at the next command.
        if let Ok(Some(correction)) = session.calibrate() {
            let mut better = Listing::clone(listing);
            correction.apply(&mut better);
            self.reports.send(Report::Corrected(self.number, Arc::new(better))).ok();
        }
    }

    /// `doubt` = why nobody knows whether the last try brought everything.
    fn transfer(&mut self, job: &Assignment, doubt: Option<&FtpError>) -> Result<Worked, JobError> {
        let Some(session) = self.session.as_mut() else { return Err(FtpError::Cancelled.into()) };
        let remote = absolute(session.home(), &job.remote);
        let mut asked = None;
        let kind = match job.direction {
            Direction::Upload => job.kind,
            Direction::Download => match job.kind {
                EntryKind::File | EntryKind::Directory => job.kind,
                unknown => match session.facts(&remote)? {
                    Some(facts) if facts.kind == EntryKind::Directory && unknown == EntryKind::Link && !job.top => {
                        return Ok(Worked::LeftOut(Reason::LinkToFolder.explain()));
                    }
                    Some(facts) if facts.kind == EntryKind::Directory => EntryKind::Directory,
                    Some(facts) => {
                        asked = Some(facts);
                        EntryKind::File
                    }
                    None if unknown == EntryKind::Link && !job.top => {
                        return Ok(Worked::LeftOut(Reason::LinkToNothing.explain()));
                    }
                    None => EntryKind::File,
                },
            },
        };
        self.buffer.resize(copy::BUFFER, 0);
        match (job.direction, kind) {
            (Direction::Download, EntryKind::Directory) if remote.depth() > DEEPEST => {
                Err(FtpError::TooDeep { path: remote.text(&job.charset), levels: DEEPEST }.into())
            }
            (Direction::Download, EntryKind::Directory) if !job.top && session.leads_back(&remote)? => {
                Ok(Worked::LeftOut(Reason::Circle.explain()))
            }
            (Direction::Download, EntryKind::Directory) => {
                let name = remote.file_name().filter(|_| job.loose);
                let named = name.map(|name| (name, map(name, &job.charset, System::HERE)));
                if let Some(note) = named.as_ref().and_then(|(name, local)| local.note(name, &job.charset)) {
                    job.remark(Remark::told(remote.text(&job.charset), note));
                }
                let local = named.map_or_else(|| job.local.clone(), |(_, local)| job.local.join(local.name));
                folder::download(session, job, &remote, &local)
            }
            (Direction::Upload, EntryKind::Directory) => folder::upload(session, job, &remote, &mut |jobs, bytes| {
                self.reports.send(Report::Foreseen(self.number, jobs, bytes)).ok();
            }),
            (Direction::Download, _) => {
                download::download(session, job, &remote, (asked, doubt), &mut self.clock, &mut self.buffer)
            }
            (Direction::Upload, _) => upload::upload(session, job, &remote, doubt, &mut self.habits, &mut self.buffer),
        }
    }

    /// Runs it on the session; once more on a new one where the server had closed the old one meanwhile.
    fn with_session<T>(
        &mut self,
        task: &Task,
        mut work: impl FnMut(&mut Session) -> Result<T, FtpError>,
    ) -> Result<T, FtpError> {
        let fresh = self.ensure(task)?;
        let result = self.session.as_mut().map_or(Err(FtpError::Cancelled), &mut work);
        match result {
            Err(error) if !task.cancel.is_cancelled() && self.deserves_another(&error, &task.work, fresh, true) => {
                self.session = None;
                self.ensure(task)?;
                self.session.as_mut().map_or(Err(FtpError::Cancelled), work)
            }
            other => other,
        }
    }

    /// Makes sure that there is a session for this task's server; `true` = it is new.
    fn ensure(&mut self, task: &Task) -> Result<bool, FtpError> {
        let server = task.dial.site.server_key();
        let proxy = task.dial.proxy.as_ref().map(|(proxy, _)| proxy);
        // The settings may have changed: what goes through a proxy must not go past it.
        let elsewhere = self.server != server || self.proxy.as_ref() != proxy;
        if elsewhere {
            self.tls12_only = false;
            self.lessons.clear();
        }
        if elsewhere || self.session.as_ref().is_some_and(Session::is_broken) {
            self.session = None;
            self.habits = Habits::default();
            self.clock = Clock::default();
        }
        if let Some(session) = &mut self.session {
            session.set_cancel(&task.cancel);
            session.set_mode(task.dial.mode);
            return Ok(false);
        }
        let mut dial = task.dial.clone();
        if self.tls12_only {
            Arc::make_mut(&mut dial.site).learned.learn(Lesson::Tls12Only);
        }
        self.lessons.teach(&mut Arc::make_mut(&mut dial.site).learned);
        self.learned = self.lessons.count();
        if dial.secret.is_none() {
            dial.secret = self.secrets.find(&dial.site);
        }
        if let Some(account) = self.secrets.account(&dial.site) {
            account.reveal().clone_into(&mut Arc::make_mut(&mut dial.site).account);
        }
        if dial.secret.is_none() && dial.site.needs_password() {
            return Err(FtpError::PasswordNeeded);
        }
        if let Some((proxy, secret @ None)) = &mut dial.proxy {
            *secret = self.secrets.of_proxy(proxy);
        }
        let (number, reports) = (self.number, self.reports.clone());
        let (heard, reached) = (self.heard, AtomicBool::new(false));
        let (secrets, host) = (Arc::clone(&self.secrets), dial.site.host.clone());
        let observer: Observer = Arc::new(move |happening| {
            if let Happening::InClear = happening {
                secrets.warn_of_clear_text(&host);
            }
            let matters = match happening {
                Happening::Sent(_) | Happening::Received(_) => heard,
                // That one stands is worth a word; each one is not.
                Happening::Data(_) => heard || !reached.swap(true, Ordering::Relaxed),
                _ => true,
            };
            if matters {
                reports.send(Report::Happened(number, happening)).ok();
            }
        });
        self.session = Some(Session::open(&dial, &task.cancel, self.lessons.listen(&observer))?);
        self.server = server;
        self.proxy = dial.proxy.take().map(|(proxy, _)| proxy);
        self.reports.send(Report::LoggedIn(self.number)).ok();
        if let Some(secret) = dial.secret {
            self.secrets.remember(&dial.site, secret);
        }
        Ok(true)
    }

    /// Whether a new session would do what this one could not, so that nobody needs to hear of it. `untouched` = no byte of
    /// a file has moved.
    fn deserves_another(&mut self, error: &FtpError, work: &Work, fresh: bool, untouched: bool) -> bool {
        if self.session.as_ref().is_some_and(Session::died_of_a_trial) {
            return untouched;
        }
        // In TLS 1.3 an upload's first bytes are on their way before the server looks at the session: it takes none of them.
        if let Some(worse) = self.session.as_ref().and_then(|session| session.misses_continued_session(error)) {
            let news = worse && !std::mem::replace(&mut self.tls12_only, worse);
            return !fresh || news;
        }
        // A verb that was swallowed, or a mode that does not work any more, is its own session's end: the next one knows.
        let wiser = self.lessons.count() > self.learned && self.session.as_ref().is_some_and(Session::is_broken);
        untouched && ((has_gone(error, work) && !fresh) || (wiser && error.class() != Class::Cancelled))
    }

    fn crashed(&self, task: &Task, panic: &(dyn std::any::Any + Send)) -> Finished {
        let words = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "unknown".into());
        let error = || FtpError::Protocol { detail: format!("internal error: {words}") };
        match &task.work {
            Work::Open => Finished::Opened(Err(error())),
            Work::KeepAlive => Finished::KeptAlive { alive: false },
            Work::List(dir) => Finished::Listed { dir: dir.clone(), result: Err(error()) },
            Work::Manage(operation) => Finished::Managed { operation: operation.clone(), result: Err(error()) },
            Work::Transfer(job) => {
                Finished::Transferred { job: job.job, result: Err(JobError::Internal(words)), opening: false }
            }
        }
    }
}

/// Whether the session had gone while it lay idle, so that the same on a new one is worth a try.
fn has_gone(error: &FtpError, work: &Work) -> bool {
    match error {
        FtpError::Closed { .. } | FtpError::Lost { .. } => true,
        // Silence: a router forgot the connection. What changes something may have been done, and only its reply be lost.
        FtpError::Timeout { stage: Stage::Command | Stage::DataConnection, .. } => matches!(work, Work::List(_)),
        FtpError::Refused { .. } => error.class() == Class::Reconnect,
        _ => false,
    }
}

/// Whether as much came as was to come. Of text no size tells.
fn may_be_whole(job: &Assignment) -> bool {
    !job.text && job.counter.size().is_none_or(|size| job.counter.bytes() >= size)
}

/// All bytes went; only the last reply is missing.
fn is_unconfirmed(error: &FtpError) -> bool {
    matches!(
        error,
        FtpError::Timeout { stage: Stage::Completion, .. }
            | FtpError::Closed { stage: Stage::Completion, .. }
            | FtpError::Lost { stage: Stage::Completion, .. }
    )
}

/// Relative paths begin at the login directory.
fn absolute(home: &RemotePath, path: &RemotePath) -> RemotePath {
    if path.is_absolute() {
        path.clone()
    } else if path.is_home() {
        home.clone()
    } else {
        home.join(path.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copies_of_a_growing_listing_stay_in_proportion_to_it() {
        let (mut shown, mut copied) = (0, 0);
        for rows in (0..=1_000_000).step_by(1000) {
            if is_worth_showing(rows, shown) {
                (shown, copied) = (rows, copied + rows);
            }
        }
        assert!(copied <= 3_000_000 && shown >= 600_000, "{copied} {shown}");
    }
}
