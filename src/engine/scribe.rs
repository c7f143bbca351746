//! Writes the queue down, on a thread of its own: the engine never waits for the disk.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::domain::JobId;
use crate::ftp::explain::Explanation;
use crate::store::journal::{JobRow, Journal};

use super::error::JobError;
use super::inbox::Seal;
use super::job::{Existing, Job, Rank};
use super::message::{Direction, JobState, Outcome};

/// The engine's end of it. Dropping it ends the thread when all is written.
pub(super) struct Scribe {
    pages: Sender<Page>,
    thread: JoinHandle<()>,
}

/// One transaction.
struct Page {
    put: Vec<JobRow>,
    removed: Vec<JobId>,
    /// Broken when all of it is written.
    seal: Option<Seal>,
}

impl Scribe {
    /// Opens the journal, reads it, and starts the thread. `failed` hears the first write that goes wrong.
    ///
    /// # Errors
    /// In plain words: why the queue cannot be saved.
    pub(super) fn start(path: &Path, failed: Sender<Explanation>) -> Result<(Self, Vec<Job>), Explanation> {
        let cannot = |why: String| Explanation {
            what: "The queue cannot be saved in this session.".into(),
            why: format!("“{}”: {why}.", path.display()),
            advice:
                "Is another Twinport running? Otherwise check the disk, or move the file away; it was left untouched."
                    .into(),
        };
        let journal = Journal::open(path).map_err(|error| cannot(error.to_string()))?;
        let (rows, unread) = journal.load().map_err(|error| cannot(error.to_string()))?;
        if unread > 0 {
            failed
                .send(Explanation {
                    what: format!("{unread} saved transfers could not be read."),
                    why: "A newer version of Twinport may have written them.".into(),
                    advice: "They stay in the file; the others are here.".into(),
                })
                .ok();
        }
        // 64: so many rounds of the engine (100 ms each) may be unwritten before it waits for the disk.
        let (pages, inbox) = bounded(64);
        let thread = thread::Builder::new()
            .name("journal".into())
            .spawn(move || write(journal, &inbox, &failed))
            .map_err(|error: io::Error| cannot(error.to_string()))?;
        Ok((Self { pages, thread }, rows.into_iter().filter_map(from_row).collect()))
    }

    /// Writes these down.
    pub(super) fn write<'a>(&self, put: impl Iterator<Item = &'a Job>, removed: Vec<JobId>, seal: Option<Seal>) {
        let put: Vec<JobRow> = put.map(to_row).collect();
        if !put.is_empty() || !removed.is_empty() || seal.is_some() {
            self.pages.send(Page { put, removed, seal }).ok();
        }
    }

    /// Ends it; the handle is for joining.
    pub(super) fn end(self) -> JoinHandle<()> {
        self.thread
    }
}

fn write(mut journal: Journal, inbox: &Receiver<Page>, failed: &Sender<Explanation>) {
    let mut told = false;
    while let Ok(mut page) = inbox.recv() {
        let mut seals = Vec::from_iter(page.seal.take());
        // What waits already goes into the same transaction, the later word last.
        while let Ok(more) = inbox.try_recv() {
            page.put.retain(|row| !more.removed.contains(&row.id));
            page.put.extend(more.put);
            page.removed.extend(more.removed);
            seals.extend(more.seal);
        }
        if let Err(error) = journal.write(&page.put, &page.removed)
            && !told
        {
            told = true;
            failed
                .send(Explanation {
                    what: "The queue could not be saved.".into(),
                    why: format!("The disk says: {error}."),
                    advice: "Transfers go on, but would be forgotten if the program ended now. Make room on the disk."
                        .into(),
                })
                .ok();
        }
        drop(seals);
    }
}

fn to_row(job: &Job) -> JobRow {
    let (state, error) = match &job.state {
        // What a session has ahead may begin at any moment, and what was found begun is so until it runs again.
        JobState::Queued if job.handed || job.begun => ("running", None),
        JobState::Queued | JobState::Asking(_) | JobState::Waiting { .. } => ("queued", None),
        JobState::Running => ("running", None),
        JobState::Paused => ("paused", None),
        JobState::Done(Outcome::Transferred) => ("done", None),
        JobState::Done(Outcome::Skipped) => ("skipped", None),
        JobState::Done(Outcome::Folder) => ("folder", None),
        JobState::Failed(error) => ("failed", Some(error.explain())),
        JobState::Cancelled => ("cancelled", None),
    };
    JobRow {
        id: job.id,
        parent: job.parent,
        rank: (job.rank.order, job.rank.step),
        site: (*job.site).clone(),
        upload: job.direction == Direction::Upload,
        kind: job.kind,
        local: job.local.as_os_str().as_encoded_bytes().to_vec(),
        remote: job.remote.clone(),
        size: job.size,
        modified: job.modified,
        policy: ron::to_string(&job.policy).unwrap_or_default(),
        state: state.into(),
        error: error.map(|words| [words.what, words.why, words.advice]),
        bytes: job.bytes,
        wrote: job.wrote.clone().or_else(|| job.left.clone()),
    }
}

fn from_row(row: JobRow) -> Option<Job> {
    let begun = row.state == "running";
    let state = match row.state.as_str() {
        "queued" | "running" => JobState::Queued,
        "paused" => JobState::Paused,
        "done" => JobState::Done(Outcome::Transferred),
        "skipped" => JobState::Done(Outcome::Skipped),
        "folder" => JobState::Done(Outcome::Folder),
        "failed" => {
            let [what, why, advice] = row.error.unwrap_or_default();
            JobState::Failed(JobError::Earlier(Explanation { what, why, advice }))
        }
        "cancelled" => JobState::Cancelled,
        _ => return None,
    };
    Some(Job {
        id: row.id,
        parent: row.parent,
        rank: Rank { order: row.rank.0, step: row.rank.1 },
        server: row.site.server_key().into(),
        site: Arc::new(row.site),
        direction: if row.upload { Direction::Upload } else { Direction::Download },
        kind: row.kind,
        local: path_from(row.local)?,
        remote: row.remote,
        size: row.size,
        modified: row.modified,
        policy: ron::from_str(&row.policy).unwrap_or_default(),
        // Only the command line says `At`, and it keeps no journal.
        loose: false,
        existing: Existing::Unknown,
        state,
        bytes: row.bytes,
        begun,
        wrote: None,
        left: row.wrote,
        attempt: 0,
        handed: false,
    })
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(OsString::from).map(PathBuf::from)
}
