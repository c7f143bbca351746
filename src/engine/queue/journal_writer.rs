//! Writes the queue down, on a thread of its own: the engine never waits for the disk. It tells when a page is written, so
//! that a job is shown or started only when it is durable; where the disk is full, it tries again.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::domain::JobId;
use crate::engine::job::Rank;
use crate::engine::job::packed_job::Packed;
use crate::engine::message::Standing;
use crate::engine::message::error::JobError;
use crate::engine::message::job::{JobState, Outcome};
use crate::engine::message::job_record::Kept;
use crate::engine::queue::{Queue, Unwritten};
use crate::ftp::explain::explanation::Explanation;
use crate::store::journal::{JobRow, Journal, RowState};

/// Jobs of a page, at most.
const PAGE: usize = 4096;
/// So many pages may be on their way; what is more waits in the queue, where it is small.
const PAGES: usize = 16;
/// After a failure the disk is tried again so often.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The engine's end of it. Dropping it ends the thread when all is written.
pub(crate) struct Scribe {
    pages: Sender<Page>,
    written: Receiver<Written>,
    loaded: Receiver<Loaded>,
    thread: JoinHandle<()>,
    /// On their way, oldest first.
    flying: VecDeque<Unwritten>,
    /// How often the disk failed: pages of before the last failure are not written, or a later one might be there without
    /// them.
    failures: u64,
    /// The last page could not be written.
    failing: bool,
    again_at: Option<Instant>,
}

/// One transaction.
struct Page {
    put: Vec<JobRow>,
    removed: Vec<JobId>,
    /// Some are new: they must outlast a power cut.
    durable: bool,
    failures: u64,
}

/// What became of the oldest page.
pub(crate) struct Written(Result<(), String>);

/// What the journal held.
pub(crate) enum Loaded {
    /// Before any job: the greatest number of any.
    LastId(u64),
    Jobs(Vec<(JobId, Packed)>),
    /// It cannot be used; in plain words.
    Failed(Explanation),
}

impl Scribe {
    /// Starts the thread, which opens the journal and reads it ([`Self::loaded`]). `notices` hears what goes wrong.
    ///
    /// # Errors
    /// In plain words: why the queue cannot be saved.
    pub(crate) fn start(path: &Path, notices: Sender<Explanation>) -> Result<Self, Explanation> {
        let (pages, inbox) = bounded(PAGES);
        // As many as pages at most.
        let (outbox, written) = unbounded();
        let (reading, loaded) = bounded(4);
        let path = path.to_owned();
        let at = path.clone();
        let thread = thread::Builder::new()
            .name("journal".into())
            .spawn(move || match read(&path, &reading, &notices) {
                Ok(mut journal) => {
                    drop(reading);
                    let mut save = |page: &Page| {
                        journal.write(&page.put, &page.removed, page.durable).map_err(|error| error.to_string())
                    };
                    // Where the last page is missing, the next program must not believe that all is said.
                    if write(&mut save, &inbox, &outbox, &notices) {
                        journal.close().ok();
                    }
                }
                Err(why) => {
                    reading.send(Loaded::Failed(cannot(&path, &why))).ok();
                }
            })
            .map_err(|error: io::Error| cannot(&at, &error.to_string()))?;
        Ok(Self {
            pages,
            written,
            loaded,
            thread,
            flying: VecDeque::new(),
            failures: 0,
            failing: false,
            again_at: None,
        })
    }

    /// What was in it, till its end.
    pub(crate) fn loaded(&self) -> Receiver<Loaded> {
        self.loaded.clone()
    }

    /// Where to hear of pages that are written: [`Self::heard`].
    pub(crate) fn written(&self) -> Receiver<Written> {
        self.written.clone()
    }

    /// Whether it can take a page.
    pub(crate) fn has_room(&self, now: Instant) -> bool {
        let tries = if self.failing { 1 } else { PAGES };
        self.flying.len() < tries && self.again_at.is_none_or(|at| at <= now)
    }

    /// When it should be given another page after a failure.
    pub(crate) fn again_at(&self) -> Option<Instant> {
        self.again_at
    }

    /// Writes down what the queue has changed, as far as there is room.
    pub(crate) fn write(&mut self, queue: &mut Queue, now: Instant) {
        while queue.has_unwritten() && self.has_room(now) {
            let unwritten = queue.take_unwritten(PAGE);
            if unwritten == Unwritten::default() {
                continue;
            }
            let jobs = unwritten.changed.iter().filter_map(|id| queue.packed(*id).map(|job| (*id, job)));
            let page = Page {
                put: jobs.map(|(id, job)| to_row(id, job)).collect(),
                removed: unwritten.removed.clone(),
                durable: unwritten.new,
                failures: self.failures,
            };
            self.flying.push_back(unwritten);
            self.again_at = None;
            if self.pages.send(page).is_err() {
                self.heard(Written(Err("the journal's thread is gone".into())), queue, now);
            }
        }
    }

    /// A page is written, or could not be. `true` = it can be again.
    pub(crate) fn heard(&mut self, written: Written, queue: &mut Queue, now: Instant) -> bool {
        let Some(unwritten) = self.flying.pop_front() else { return false };
        match written.0 {
            Ok(()) => {
                queue.saved(&unwritten.changed);
                let mended = std::mem::replace(&mut self.failing, false);
                if mended {
                    queue.keep_journal(true);
                }
                mended
            }
            Err(_) => {
                queue.not_saved(unwritten);
                // Once for all pages that were on their way with it.
                if self.flying.is_empty() {
                    self.failures += 1;
                    self.again_at = Some(now + AGAIN_AFTER);
                }
                self.failing = true;
                // They are shown and run all the same; the user was told.
                queue.keep_journal(false);
                false
            }
        }
    }

    /// Writes all that is left, and ends.
    pub(crate) fn end(mut self, queue: &mut Queue) {
        let now = Instant::now();
        while let Some(written) = self.hear_next() {
            self.heard(written, queue, now);
        }
        // The last try, where the disk was full.
        self.again_at = None;
        while queue.has_unwritten() && self.again_at.is_none() {
            self.write(queue, now);
            if let Some(written) = self.hear_next() {
                self.heard(written, queue, now);
            }
        }
        drop(self.pages);
        // It may still be reading.
        drop(self.loaded);
        self.thread.join().ok();
    }

    fn hear_next(&self) -> Option<Written> {
        if self.flying.is_empty() { None } else { self.written.recv().ok() }
    }
}

fn cannot(path: &Path, why: &str) -> Explanation {
    Explanation {
        what: "The queue cannot be saved in this session.".into(),
        why: format!("“{}”: {why}.", path.display()),
        advice: "Is another Twinport running? Otherwise check the disk, or move the file away; it was left untouched."
            .into(),
    }
}

/// Opens it and tells what is in it.
fn read(path: &Path, loaded: &Sender<Loaded>, notices: &Sender<Explanation>) -> Result<Journal, String> {
    let words = |error: crate::store::journal::Error| error.to_string();
    let journal = Journal::open(path).map_err(words)?;
    loaded.send(Loaded::LastId(journal.last_id().map_err(words)?)).ok();
    let mut jobs = Vec::new();
    let unread = journal
        .load(&mut |row| {
            jobs.push(from_row(row));
            if jobs.len() == PAGE {
                loaded.send(Loaded::Jobs(std::mem::take(&mut jobs))).ok();
            }
        })
        .map_err(words)?;
    loaded.send(Loaded::Jobs(jobs)).ok();
    if unread > 0 {
        notices
            .send(Explanation {
                what: format!("{unread} saved transfers could not be read."),
                why: "A newer version of Twinport may have written them.".into(),
                advice: "They stay in the file; the others are here.".into(),
            })
            .ok();
    }
    Ok(journal)
}

/// Till the engine ends; `false` = the last page could not be written.
fn write(
    save: &mut dyn FnMut(&Page) -> Result<(), String>,
    inbox: &Receiver<Page>,
    written: &Sender<Written>,
    notices: &Sender<Explanation>,
) -> bool {
    let mut failures = 0;
    let mut told = false;
    while let Ok(mut page) = inbox.recv() {
        let mut pages = 1;
        // What waits already goes into the same transaction, the later word last: one wait for the disk for all of them.
        // What is removed stays so: numbers are not used again.
        while let Ok(more) = inbox.try_recv() {
            page.put.extend(more.put);
            page.removed.extend(more.removed);
            page.durable |= more.durable;
            page.failures = page.failures.min(more.failures);
            pages += 1;
        }
        let result = if page.failures < failures {
            Err("a page before it could not be written".to_owned())
        } else {
            save(&page)
        };
        match &result {
            Ok(()) => told = false,
            Err(error) => {
                failures = page.failures + 1;
                if !std::mem::replace(&mut told, true) {
                    notices.send(not_saved(error)).ok();
                }
            }
        }
        for _ in 0..pages {
            written.send(Written(result.clone())).ok();
        }
    }
    !told
}

fn not_saved(error: &str) -> Explanation {
    Explanation {
        what: "The queue could not be saved.".into(),
        why: format!("The disk says: {error}."),
        advice: "Transfers go on, but would be forgotten if the program ended now. Make room on the disk: then the queue is \
                 saved again by itself."
            .into(),
    }
}

fn to_row(id: JobId, job: &Packed) -> JobRow {
    let (state, error) = match &job.kept.standing() {
        // Not tried again since the program was killed: still to be looked at.
        Standing::Queued | Standing::Asking(_) if job.begun => (RowState::Running, None),
        Standing::Queued | Standing::Asking(_) => (RowState::Queued, None),
        Standing::Running => (RowState::Running, None),
        Standing::Paused => (RowState::Paused, None),
        Standing::Done(Outcome::Transferred) => (RowState::Done, None),
        Standing::Done(Outcome::Skipped) => (RowState::Skipped, None),
        Standing::Done(Outcome::Folder) => (RowState::Folder, None),
        Standing::Cancelled => (RowState::Cancelled, None),
        Standing::Other(state) => match &**state {
            JobState::Failed(error) => (RowState::Failed, Some(error.explain())),
            JobState::LeftOut(why) => (RowState::LeftOut, Some(why.clone())),
            _ => (RowState::Queued, None),
        },
    };
    let (kept, rank) = (&job.kept, job.rank(id));
    JobRow {
        id,
        parent: kept.parent(),
        rank: (rank.order, rank.step),
        route: Arc::clone(&kept.route),
        names: kept.names.clone(),
        kind: kept.kind,
        size: kept.size(),
        modified: job.modified(),
        policy: job.policy,
        state,
        error: error.map(|words| Box::new([words.what, words.why, words.advice])),
        bytes: kept.bytes,
        wrote: job.left_behind(),
        ended: kept.ended(),
        begun: job.begun,
    }
}

fn from_row(row: JobRow) -> (JobId, Packed) {
    let standing = match row.state {
        RowState::Queued | RowState::Running => Standing::Queued,
        RowState::Paused => Standing::Paused,
        RowState::Done => Standing::Done(Outcome::Transferred),
        RowState::Skipped => Standing::Done(Outcome::Skipped),
        RowState::Folder => Standing::Done(Outcome::Folder),
        RowState::Failed => {
            let [what, why, advice] = row.error.map(|words| *words).unwrap_or_default();
            JobState::Failed(JobError::Earlier(Explanation { what, why, advice })).into()
        }
        RowState::LeftOut => {
            let [what, why, advice] = row.error.map(|words| *words).unwrap_or_default();
            JobState::LeftOut(Explanation { what, why, advice }).into()
        }
        RowState::Cancelled => Standing::Cancelled,
    };
    let kept = Kept::of((row.route, row.names), row.parent, row.kind, standing);
    let kept = kept.at(row.bytes, row.size).ended_at(row.ended);
    let rank = Rank { order: row.rank.0, step: row.rank.1 };
    let job = Packed::of(row.id, kept, rank, row.policy).from(row.modified).that_left(row.wrote);
    (row.id, job.perhaps_begun(row.begun))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::*;
    use crate::domain::{EntryKind, RemotePath};
    use crate::engine::message::Direction;
    use crate::engine::queue::NewJob;
    use crate::store::settings::ConflictPolicy;

    /// A disk that can be full, and what is on it.
    #[derive(Default)]
    struct Disk {
        full: bool,
        jobs: BTreeSet<u64>,
    }

    fn scribe(disk: &Arc<Mutex<Disk>>) -> (Scribe, Receiver<Explanation>) {
        let (pages, inbox) = bounded(PAGES);
        let (outbox, written) = unbounded();
        let (notices, told) = unbounded();
        let (_, loaded) = bounded(0);
        let disk = Arc::clone(disk);
        let thread = thread::spawn(move || {
            let mut save = |page: &Page| {
                let mut disk = disk.lock().unwrap();
                if disk.full {
                    return Err("no room".into());
                }
                disk.jobs.extend(page.put.iter().map(|row| row.id.0));
                disk.jobs.retain(|id| !page.removed.contains(&JobId(*id)));
                Ok(())
            };
            write(&mut save, &inbox, &outbox, &notices);
        });
        let flying = VecDeque::new();
        (Scribe { pages, written, loaded, thread, flying, failures: 0, failing: false, again_at: None }, told)
    }

    fn add(queue: &mut Queue, name: &str) -> JobId {
        queue.add(NewJob {
            site: Arc::default(),
            direction: Direction::Download,
            kind: EntryKind::File,
            local: Path::new("/l").join(name),
            remote: RemotePath::root().join(name.as_bytes()),
            size: None,
            modified: None,
            policy: ConflictPolicy::Ask,
            loose: false,
        })
    }

    fn round(scribe: &mut Scribe, queue: &mut Queue, now: Instant) -> bool {
        scribe.write(queue, now);
        let written = scribe.hear_next().expect("a page is on its way");
        scribe.heard(written, queue, now)
    }

    #[test]
    fn a_full_disk_is_told_once_holds_nothing_up_and_is_made_good_when_there_is_room() {
        let disk = Arc::new(Mutex::new(Disk::default()));
        let (mut scribe, told) = scribe(&disk);
        let mut queue = Queue::default();
        queue.keep_journal(true);
        let mut now = Instant::now();
        add(&mut queue, "a");
        assert!(queue.take_changes(9).is_empty(), "not before it is on the disk");
        round(&mut scribe, &mut queue, now);
        assert_eq!(queue.take_changes(9).len(), 1);

        disk.lock().unwrap().full = true;
        add(&mut queue, "b");
        round(&mut scribe, &mut queue, now);
        assert_eq!(queue.take_changes(9).len(), 1, "shown all the same");
        let gone = add(&mut queue, "c");
        assert_eq!(queue.take_changes(9).len(), 1, "at once");
        assert!(!scribe.has_room(now), "not again and again");
        now += AGAIN_AFTER;
        round(&mut scribe, &mut queue, now);
        queue.remove(gone);
        assert_eq!(told.try_iter().count(), 1);

        disk.lock().unwrap().full = false;
        now += AGAIN_AFTER;
        assert!(round(&mut scribe, &mut queue, now), "mended");
        assert!(!queue.has_unwritten());
        assert_eq!(disk.lock().unwrap().jobs, BTreeSet::from([1, 2]));
        add(&mut queue, "d");
        assert!(
            queue
                .take_changes(9)
                .iter()
                .all(|change| !matches!(change, crate::engine::message::JobChange::Added { .. }))
        );

        // The program ends while the disk is full again, and gets room at the last moment or not: it ends.
        disk.lock().unwrap().full = true;
        scribe.end(&mut queue);
        assert_eq!(told.try_iter().count(), 1, "another time, another word");
        assert!(queue.has_unwritten());
    }
}
