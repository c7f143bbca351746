//! What became of the jobs: who is still open, what was done, what failed. Pure: events in, a record of each finished file
//! out.

use std::collections::HashMap;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;

use crate::cli::client::is_connection_failure;
use crate::domain::{Charset, JobId};
use crate::engine::message::{Class, FtpError, JobChange, JobError, JobState, Outcome, Progress};

/// The jobs of one command.
pub(super) struct Tally {
    charset: Charset,
    open: HashMap<JobId, Open>,
    /// Jobs that were ordered and have not been seen yet.
    expected: usize,
    /// Bytes of the finished ones.
    finished_bytes: u64,
    skipped: u64,
    left_out: u64,
    failed: u64,
    done: u64,
    /// The server once did something for us: it can be reached, and we may log in.
    reached: bool,
}

/// A job that has not ended.
struct Open {
    local: PathBuf,
    /// The whole remote path, as text.
    remote: String,
    /// Its bytes, percent-encoded, where the text does not tell them.
    remote_raw: Option<String>,
    bytes: u64,
    /// It waits for room, which was told.
    waits_for_room: bool,
}

/// A job that has ended: a line of `--json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finished {
    event: &'static str,
    /// As text.
    pub(super) remote: String,
    /// Its bytes, percent-encoded, where the text does not tell them: two names may look alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_raw: Option<String>,
    /// As text.
    pub(super) local: String,
    bytes: u64,
    pub(super) status: Status,
    /// In plain words.
    pub(super) error: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// Whole.
    Done,
    /// Not.
    Failed,
    /// Left: there was one already, or it is no file that can be transferred (`error` says why then).
    Skipped,
}

/// The last line of `--json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Summary {
    event: &'static str,
    /// Transferred whole.
    pub(super) files: u64,
    /// Of those.
    pub(super) bytes: u64,
    /// Files, and folders that could not be read or made.
    pub(super) failed: u64,
    pub(super) seconds: f64,
    /// Files that were there already.
    #[serde(skip)]
    pub(super) skipped: u64,
    /// What folders hold and was not transferred.
    #[serde(skip)]
    pub(super) left_out: u64,
}

/// What a change means to the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Consequence {
    /// A file has ended, or a folder that failed.
    Finished(Finished),
    /// A try went wrong; there will be another.
    Retry { remote: String, error: JobError },
    /// The server cannot be reached, or does not let us in: nothing will come of the rest.
    NoConnection(FtpError),
}

impl Tally {
    /// For so many orders.
    pub(super) fn new(orders: usize, charset: Charset) -> Self {
        Self {
            charset,
            open: HashMap::new(),
            expected: orders,
            finished_bytes: 0,
            skipped: 0,
            left_out: 0,
            failed: 0,
            done: 0,
            reached: false,
        }
    }

    /// Whether every job has ended.
    pub(super) fn is_complete(&self) -> bool {
        self.expected == 0 && self.open.is_empty()
    }

    /// A data connection stood: whatever fails from now on, the server can be reached.
    pub(super) fn reached(&mut self) {
        self.reached = true;
    }

    /// What a change of the queue means.
    pub(super) fn apply(&mut self, change: JobChange) -> Option<Consequence> {
        match change {
            JobChange::Added { id, job, .. } => {
                let job = job.view(id);
                if job.parent.is_none() {
                    self.expected = self.expected.saturating_sub(1);
                }
                let remote = job.remote.text(&self.charset);
                let remote_raw = raw(job.remote.as_bytes(), &remote);
                self.open
                    .insert(job.id, Open { local: job.local, remote, remote_raw, bytes: 0, waits_for_room: false });
                self.change(job.id, job.state, job.bytes)
            }
            JobChange::Changed { id, state, bytes, .. } => self.change(id, state, bytes),
            // Nobody here removes jobs; one that is gone must not be waited for.
            JobChange::Removed(id) => {
                self.open.remove(&id);
                None
            }
            JobChange::Order { .. } => None,
        }
    }

    /// Takes the engine's samples over. The sums are the engine's, too: nobody adds up twice.
    pub(super) fn moved(&mut self, progress: &Progress) {
        for sample in &progress.jobs {
            self.reached |= sample.bytes > 0;
            self.know(sample.id, sample.bytes);
        }
    }

    /// What an open job is called.
    pub(super) fn name(&self, id: JobId) -> Option<&str> {
        self.open.get(&id).map(|job| job.remote.as_str())
    }

    /// What it comes to.
    pub(super) fn summary(&self, seconds: f64) -> Summary {
        Summary {
            event: "summary",
            files: self.done,
            bytes: self.finished_bytes,
            failed: self.failed,
            seconds: (seconds * 1000.0).round() / 1000.0,
            skipped: self.skipped,
            left_out: self.left_out,
        }
    }

    fn know(&mut self, id: JobId, bytes: u64) {
        if let Some(job) = self.open.get_mut(&id) {
            job.bytes = bytes;
        }
    }

    /// The jobs that have not ended, as failed ones.
    pub(super) fn fail_the_rest(&mut self, why: &str) -> Vec<Finished> {
        let mut ids: Vec<JobId> = self.open.keys().copied().collect();
        ids.sort_unstable();
        let rest: Vec<Finished> = ids
            .into_iter()
            .filter_map(|id| self.open.remove(&id))
            .map(|job| {
                let bytes = job.bytes;
                job.finished(Status::Failed, bytes, Some(why.to_owned()))
            })
            .collect();
        self.failed += rest.len() as u64;
        rest
    }

    fn change(&mut self, id: JobId, state: JobState, bytes: u64) -> Option<Consequence> {
        self.know(id, bytes);
        match state {
            JobState::Queued | JobState::Asking(_) | JobState::Running | JobState::Paused => None,
            JobState::Waiting { error, .. } => {
                if let Some(hopeless) = self.hopeless(&error) {
                    return Some(Consequence::NoConnection(hopeless));
                }
                let job = self.open.get_mut(&id)?;
                let told = std::mem::replace(&mut job.waits_for_room, error.lacks_room());
                // It is looked again and again; once is enough.
                let news = !(told && job.waits_for_room);
                news.then(|| Consequence::Retry { remote: job.remote.clone(), error })
            }
            JobState::Done(outcome) => {
                self.reached = true;
                let job = self.open.remove(&id)?;
                match outcome {
                    Outcome::Folder => None,
                    Outcome::Transferred => {
                        self.done += 1;
                        self.finished_bytes += bytes;
                        Some(Consequence::Finished(job.finished(Status::Done, bytes, None)))
                    }
                    Outcome::Skipped => {
                        self.skipped += 1;
                        Some(Consequence::Finished(job.finished(Status::Skipped, 0, None)))
                    }
                }
            }
            JobState::LeftOut(why) => {
                self.left_out += 1;
                let job = self.open.remove(&id)?;
                Some(Consequence::Finished(job.finished(Status::Skipped, 0, Some(why.line()))))
            }
            JobState::Failed(error) => {
                if let Some(hopeless) = self.hopeless(&error) {
                    return Some(Consequence::NoConnection(hopeless));
                }
                self.end_badly(id, bytes, error.explain().line())
            }
            JobState::Cancelled => self.end_badly(id, bytes, "Cancelled.".to_owned()),
        }
    }

    fn end_badly(&mut self, id: JobId, bytes: u64, error: String) -> Option<Consequence> {
        let job = self.open.remove(&id)?;
        self.failed += 1;
        Some(Consequence::Finished(job.finished(Status::Failed, bytes, Some(error))))
    }

    /// The error, where it means that this server will not have us at all. Once it had, an error is one job's error; and
    /// what passes by itself (421, "too many users") is worth the engine's retries.
    fn hopeless(&mut self, error: &JobError) -> Option<FtpError> {
        let JobError::Remote(error) = error else { return None };
        if !is_connection_failure(error) {
            self.reached = true;
        }
        let passes = match error {
            FtpError::Closed { last: Some(reply), .. } | FtpError::Refused { reply, .. } => reply.code == 421,
            error => error.class() == Class::Transient,
        };
        (!self.reached && !passes).then(|| error.clone())
    }
}

/// The bytes of a remote name or path, percent-encoded; `None` where its text has just these bytes.
pub(super) fn raw(bytes: &[u8], text: &str) -> Option<String> {
    /// What stays readable in a path.
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
    (bytes != text.as_bytes()).then(|| percent_encode(bytes, PLAIN).to_string())
}

impl Open {
    fn finished(self, status: Status, bytes: u64, error: Option<String>) -> Finished {
        Finished {
            event: "file",
            remote: self.remote,
            remote_raw: self.remote_raw,
            local: self.local.to_string_lossy().into_owned(),
            bytes,
            status,
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;
    use crate::domain::{EntryKind, RemotePath, Site};
    use crate::engine::message::{Direction, JobView, Reply, Stage};

    fn added(id: u64, parent: Option<u64>, kind: EntryKind) -> JobChange {
        called("/x", id, parent, kind)
    }

    fn called(remote: impl Into<RemotePath>, id: u64, parent: Option<u64>, kind: EntryKind) -> JobChange {
        let job = JobView {
            id: JobId(id),
            parent: parent.map(JobId),
            site: Arc::new(Site::default()),
            direction: Direction::Download,
            kind,
            local: PathBuf::from("x"),
            remote: remote.into(),
            size: None,
            bytes: 0,
            state: JobState::Queued,
            ended: None,
        };
        JobChange::Added { id: JobId(id), job: job.into(), before: None }
    }

    fn becomes(id: u64, state: JobState, bytes: u64) -> JobChange {
        JobChange::Changed { id: JobId(id), state, bytes, size: None, ended: None }
    }

    fn refused(code: u16) -> JobError {
        let reply = Reply { code, lines: vec!["no".into()] };
        JobError::Remote(FtpError::Refused { verb: "RETR", stage: Stage::Command, reply })
    }

    fn unreachable() -> JobError {
        JobError::Remote(FtpError::UnknownHost { host: "nowhere".into(), detail: String::new() })
    }

    #[test]
    fn a_command_is_over_when_every_order_and_every_file_of_it_has_ended() {
        let mut tally = Tally::new(1, Charset::Auto);
        assert!(!tally.is_complete());
        tally.apply(added(1, None, EntryKind::Other));
        assert!(!tally.is_complete());
        tally.apply(added(2, Some(1), EntryKind::File));
        tally.apply(added(3, Some(1), EntryKind::File));
        assert_eq!(tally.apply(becomes(1, JobState::Done(Outcome::Folder), 0)), None);
        let done = tally.apply(becomes(2, JobState::Done(Outcome::Transferred), 7));
        assert!(matches!(done, Some(Consequence::Finished(Finished { status: Status::Done, bytes: 7, .. }))));
        assert!(!tally.is_complete());
        tally.apply(becomes(3, JobState::Failed(refused(550)), 0));
        assert!(tally.is_complete());
        let summary = tally.summary(0.5);
        assert_eq!((summary.files, summary.bytes, summary.failed), (1, 7, 1));
    }

    #[test]
    fn what_keeps_us_out_ends_the_command_unless_the_server_had_let_us_in() {
        let mut tally = Tally::new(2, Charset::Auto);
        tally.apply(added(1, None, EntryKind::File));
        tally.apply(added(2, None, EntryKind::File));
        let waiting = JobState::Waiting { retry_at: SystemTime::now(), attempt: 1, error: unreachable() };
        assert!(matches!(tally.apply(becomes(1, waiting.clone(), 0)), Some(Consequence::NoConnection(_))));
        tally.apply(becomes(2, JobState::Failed(refused(550)), 0));
        assert!(matches!(tally.apply(becomes(1, waiting, 0)), Some(Consequence::Retry { .. })));
    }

    #[test]
    fn a_full_server_is_waited_for() {
        let mut tally = Tally::new(1, Charset::Auto);
        tally.apply(added(1, None, EntryKind::File));
        let full = Reply { code: 421, lines: vec!["Too many users".into()] };
        let error = JobError::Remote(FtpError::Closed { stage: Stage::Greeting, last: Some(full) });
        let waiting = JobState::Waiting { retry_at: SystemTime::now(), attempt: 1, error };
        assert!(matches!(tally.apply(becomes(1, waiting, 0)), Some(Consequence::Retry { .. })));
    }

    /// It is looked every few seconds.
    #[test]
    fn a_full_disk_is_told_once_and_again_only_after_something_else() {
        let mut tally = Tally::new(1, Charset::Auto);
        tally.apply(added(1, None, EntryKind::File));
        let mut tells = |error: JobError| {
            tally.apply(becomes(1, JobState::Queued, 0));
            let waiting = JobState::Waiting { retry_at: SystemTime::now(), attempt: 0, error };
            matches!(tally.apply(becomes(1, waiting, 0)), Some(Consequence::Retry { .. }))
        };
        let no_room = || JobError::NoRoom { needs: 2, free: 1, promised: 0, disk: "/data".into() };
        assert!(tells(no_room()));
        assert!(!tells(no_room()));
        assert!(tells(JobError::SourceChanged("x".into())));
        assert!(tells(no_room()));
    }

    #[test]
    fn what_is_left_out_is_an_object_with_its_reason_and_no_file_that_was_there() {
        use crate::engine::message::Explanation;
        let mut tally = Tally::new(1, Charset::Auto);
        let why = Explanation { what: "It is a link to a folder.".into(), ..Explanation::default() };
        tally.apply(added(1, None, EntryKind::Link));
        let Some(Consequence::Finished(file)) = tally.apply(becomes(1, JobState::LeftOut(why), 0)) else {
            panic!("finished");
        };
        assert_eq!(
            serde_json::to_string(&file).expect("json"),
            r#"{"event":"file","remote":"/x","local":"x","bytes":0,"status":"skipped","error":"It is a link to a folder."}"#
        );
        let summary = tally.summary(0.0);
        assert_eq!((summary.files, summary.skipped, summary.left_out, summary.failed), (0, 0, 1, 0));
    }

    #[test]
    fn two_names_that_look_alike_are_told_apart_by_their_bytes() {
        let raw = |remote: &[u8]| {
            let mut tally = Tally::new(1, Charset::Auto);
            tally.apply(called(RemotePath::new(remote.to_vec()), 1, None, EntryKind::File));
            match tally.apply(becomes(1, JobState::Done(Outcome::Transferred), 5)) {
                Some(Consequence::Finished(file)) => (file.remote, file.remote_raw),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(raw(b"/caf\xe9"), ("/café".into(), Some("/caf%E9".into())));
        assert_eq!(raw("/café".as_bytes()), ("/café".into(), None));
    }

    #[test]
    fn the_objects_of_json_have_the_promised_keys() {
        let mut tally = Tally::new(1, Charset::Auto);
        tally.apply(added(1, None, EntryKind::File));
        let Some(Consequence::Finished(file)) = tally.apply(becomes(1, JobState::Done(Outcome::Transferred), 5)) else {
            panic!("finished");
        };
        assert_eq!(
            serde_json::to_string(&file).expect("json"),
            r#"{"event":"file","remote":"/x","local":"x","bytes":5,"status":"done","error":null}"#
        );
        assert_eq!(
            serde_json::to_string(&tally.summary(1.23456)).expect("json"),
            r#"{"event":"summary","files":1,"bytes":5,"failed":0,"seconds":1.235}"#
        );
    }
}
