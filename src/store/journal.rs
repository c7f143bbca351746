//! `queue.db`: the queue as it survives `kill -9`. SQLite in WAL mode: a transaction is there wholly or not at all. Paths are
//! written as two names and a row of the `folder` table, so that a million files of one folder stay small.

mod old;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use crate::domain::{
    Direction, EntryKind, JobId, NamePage, Names, Precision, RemotePath, Route, Site, Timestamp, Zone,
};
use crate::store::settings::ConflictPolicy;

/// An open journal.
pub struct Journal {
    db: Connection,
    /// The folder written last: the next job is in it, as a rule.
    last: Option<(Arc<Route>, i64)>,
    /// Rows were taken out: folders may be left that nobody needs.
    swept: bool,
}

/// One job, as it is written down.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Its key.
    pub id: JobId,
    /// The folder it belongs to.
    pub parent: Option<JobId>,
    /// Place in the queue.
    pub rank: (i64, u64),
    /// Which server, which way, between which folders; written once for all their jobs.
    pub route: Arc<Route>,
    /// What it is called in them.
    pub names: Names,
    /// File, directory, or not known.
    pub kind: EntryKind,
    /// Bytes.
    pub size: Option<u64>,
    /// The source's time.
    pub modified: Option<Timestamp>,
    /// What to do when the target exists.
    pub policy: ConflictPolicy,
    /// Where it stands.
    pub state: RowState,
    /// What went wrong: what, why, advice.
    pub error: Option<Box<[String; 3]>>,
    /// Bytes moved so far.
    pub bytes: u64,
    /// What it has written to under its final name, the server's bytes.
    pub wrote: Option<RemotePath>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Of a row that was read: it may have run when a program was killed. Written down as [`RowState::Running`]; that of
    /// others the journal knows by itself.
    pub begun: bool,
}

/// Where a job stands. The numbers are in the file: they stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the engine's words")]
pub enum RowState {
    Queued = 0,
    Running = 1,
    Paused = 2,
    Done = 3,
    Skipped = 4,
    Folder = 5,
    Failed = 6,
    Cancelled = 7,
    LeftOut = 8,
}

impl RowState {
    fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Folder | Self::LeftOut)
    }
}

/// What can go wrong with it.
pub type Error = rusqlite::Error;

impl Journal {
    /// Opens or makes it. From now on, until [`Self::close`], it is known to be in use: where that is missing, the next one
    /// takes what waited for what may have run.
    ///
    /// # Errors
    /// Where the disk or the file does not allow it. The file is left as it is.
    pub fn open(path: &Path) -> Result<Self, Error> {
        keep_private(path);
        let mut db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_millis(200))?;
        // One program at a time: a second window must not run the same jobs.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(SCHEMA)?;
        old::take_over(&transaction)?;
        let open: Option<bool> = transaction.query_row("SELECT open FROM run", [], |row| row.get(0)).optional()?;
        if open == Some(true) {
            // The program was killed. A small file is whole sooner than it says here that it runs, a stop is written down
            // sooner than what it stopped has ended, and after a power cut less is known still: any job may have run.
            transaction.execute_batch(
                "DELETE FROM killed; INSERT INTO killed (last) SELECT coalesce(max(id), 0) FROM transfer;",
            )?;
        }
        transaction.execute_batch("DELETE FROM run; INSERT INTO run (open) VALUES (1);")?;
        transaction.commit()?;
        Ok(Self { db, last: None, swept: false })
    }

    /// The greatest number of a job in it, readable or not; 0 = there is none.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn last_id(&self) -> Result<u64, Error> {
        self.db.query_row("SELECT coalesce(max(id), 0) FROM transfer", [], |row| row.get(0)).map(number)
    }

    /// All jobs, by number. A row that cannot be read (a newer version's) is left in the file and counted.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn load(&self, each: &mut dyn FnMut(JobRow)) -> Result<usize, Error> {
        let mut known = Known {
            last: None,
            routes: self.routes()?,
            killed: self.db.query_row("SELECT coalesce(max(last), 0) FROM killed", [], |row| row.get(0)).map(number)?,
        };
        let mut query = self.db.prepare(
            "SELECT id, parent, major, minor, folder, kind, name, local, size, seconds, clock, policy, state, bytes, ended,
                    wrote, what, why, advice FROM transfer ORDER BY id",
        )?;
        let mut rows = query.query([])?;
        let mut unread = 0;
        let (mut page, mut unnamed) = (NamePage::default(), Vec::new());
        while let Some(row) = rows.next()? {
            match read(row, &mut known, &mut page)? {
                Some(row) => unnamed.push(row),
                None => unread += 1,
            }
            if page.len() == A_PAGE {
                unnamed.drain(..).zip(page.finish()).for_each(|(row, names)| each(JobRow { names, ..row }));
            }
        }
        unnamed.into_iter().zip(page.finish()).for_each(|(row, names)| each(JobRow { names, ..row }));
        Ok(unread)
    }

    /// Writes and removes, all or nothing. `durable` = it is on the disk when this returns, whatever happens to the power;
    /// else it is as soon as the system gets round to it.
    ///
    /// # Errors
    /// Where the disk does not allow it; nothing was changed then.
    pub fn write(&mut self, put: &[JobRow], removed: &[JobId], durable: bool) -> Result<(), Error> {
        self.db.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        let mut last = self.last.take();
        let transaction = self.db.transaction()?;
        put_rows(&transaction, put, &mut last)?;
        {
            let mut delete = transaction.prepare_cached("DELETE FROM transfer WHERE id = ?1")?;
            for id in removed {
                delete.execute([integer(id.0)])?;
            }
        }
        transaction.commit()?;
        self.swept |= !removed.is_empty();
        self.last = last;
        Ok(())
    }

    /// All is said. Without it the next [`Self::open`] knows that the program was killed.
    ///
    /// # Errors
    /// Where the disk does not allow it.
    pub fn close(self) -> Result<(), Error> {
        self.db.pragma_update(None, "synchronous", "FULL")?;
        if self.swept {
            self.db.execute_batch("DELETE FROM folder WHERE id NOT IN (SELECT folder FROM transfer);")?;
        }
        self.db.execute_batch("UPDATE run SET open = 0;")
    }

    /// The folders, by their keys; those of a site that cannot be read are left out.
    fn routes(&self) -> Result<HashMap<i64, Arc<Route>>, Error> {
        let mut sites: HashMap<i64, Option<Keyed>> = HashMap::new();
        let mut query = self.db.prepare(
            "SELECT f.id, f.upload, f.local, f.remote, s.id, s.site FROM folder f JOIN site s ON s.id = f.site",
        )?;
        let mut rows = query.query([])?;
        let mut routes = HashMap::new();
        while let Some(row) = rows.next()? {
            let site = match sites.get(&row.get(4)?) {
                Some(site) => site.clone(),
                None => {
                    let site = ron::from_str::<Site>(&row.get::<_, String>(5)?).ok();
                    let site =
                        site.map(|site| (site.server_key().into(), Arc::new(site))).map(|(key, site)| (site, key));
                    sites.insert(row.get(4)?, site.clone());
                    site
                }
            };
            let Some((site, server)) = site else { continue };
            let direction = if row.get(1)? { Direction::Upload } else { Direction::Download };
            let (local, remote) = (row.get::<_, Vec<u8>>(2)?.into(), row.get::<_, Vec<u8>>(3)?.into());
            routes.insert(row.get(0)?, Arc::new(Route { site, server, direction, local, remote, whole: None }));
        }
        Ok(routes)
    }
}

/// Makes the file readable by its owner alone, and those that SQLite makes beside it, which get its permissions. Elsewhere than
/// on Unix the folder's permissions do that.
fn keep_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::fs::{OpenOptions, Permissions, set_permissions};
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        OpenOptions::new().create(true).append(true).mode(0o600).open(path).ok();
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(ending);
            set_permissions(file, Permissions::from_mode(0o600)).ok();
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// A site and its server's key.
type Keyed = (Arc<Site>, Arc<str>);

/// So many names lie together: few, so that one that is left of them does not keep much.
const A_PAGE: usize = 32;

/// What is said once for many rows.
struct Known {
    /// The route that was asked for last, as a rule the next one's.
    last: Option<(i64, Arc<Route>)>,
    routes: HashMap<i64, Arc<Route>>,
    /// Jobs up to this one were there when a program was killed.
    killed: u64,
}

impl Known {
    fn route(&mut self, folder: i64) -> Option<Arc<Route>> {
        if let Some((last, route)) = &self.last
            && *last == folder
        {
            return Some(Arc::clone(route));
        }
        let route = self.routes.get(&folder)?;
        self.last = Some((folder, Arc::clone(route)));
        Some(Arc::clone(route))
    }
}

/// All but the names, which go to the page. `None` = not understood.
fn read(row: &Row<'_>, known: &mut Known, page: &mut NamePage) -> Result<Option<JobRow>, Error> {
    let Some(route) = known.route(row.get(4)?) else { return Ok(None) };
    let Some(state) = state_from(row.get(12)?) else { return Ok(None) };
    let name = row.get_ref(6)?.as_blob()?;
    let local = match row.get_ref(7)?.as_blob_or_null()? {
        Some(local) => local,
        None => name,
    };
    let id: i64 = row.get(0)?;
    let policy = policy_from(row.get(11)?);
    let what: Option<String> = row.get(16)?;
    let row = JobRow {
        id: JobId(number(id)),
        parent: row.get::<_, Option<i64>>(1)?.map(|id| JobId(number(id))),
        rank: (row.get(2)?, row.get::<_, Option<i64>>(3)?.map_or(number(id), number)),
        route,
        names: Names::default(),
        kind: kind_from(row.get(5)?),
        size: row.get::<_, Option<i64>>(8)?.map(number),
        modified: match (row.get(9)?, row.get(10)?) {
            (Some(seconds), Some(clock)) => Some(time_from(seconds, clock)),
            _ => None,
        },
        policy,
        state,
        error: match what {
            Some(what) => Some(Box::new([what, row.get(17)?, row.get(18)?])),
            None => None,
        },
        bytes: number(row.get(13)?),
        wrote: row.get::<_, Option<Vec<u8>>>(15)?.map(RemotePath::new),
        ended: row.get::<_, Option<i64>>(14)?.map(Timestamp::utc),
        // Whoever overwrites does so again, and need not know.
        begun: state == RowState::Running
            || (!state.is_done() && number(id) <= known.killed && policy != ConflictPolicy::Overwrite),
    };
    Ok(page.add(name, local).then_some(row))
}

fn put_rows(transaction: &Transaction<'_>, rows: &[JobRow], last: &mut Option<(Arc<Route>, i64)>) -> Result<(), Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO transfer (id, parent, major, minor, folder, kind, name, local, size, seconds, clock, policy,
         state, bytes, ended, wrote, what, why, advice)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?;
    for job in rows {
        let folder = match last {
            Some((known, id)) if Arc::ptr_eq(known, &job.route) => *id,
            _ => {
                let id = folder(transaction, &job.route)?;
                *last = Some((Arc::clone(&job.route), id));
                id
            }
        };
        let [what, why, advice] = match &job.error {
            Some(words) => words.each_ref().map(|part| Some(part.as_str())),
            None => [None; 3],
        };
        let (name, local) = (job.names.remote(), job.names.local());
        insert.execute(params![
            integer(job.id.0),
            job.parent.map(|id| integer(id.0)),
            job.rank.0,
            (job.rank.1 != job.id.0).then(|| integer(job.rank.1)),
            folder,
            kind_number(job.kind),
            name,
            (local != name).then_some(local),
            job.size.map(integer),
            job.modified.map(|time| time.seconds),
            job.modified.map(clock_number),
            policy_number(job.policy),
            job.state as u8,
            integer(job.bytes),
            job.ended.map(|time| time.seconds),
            job.wrote.as_ref().map(RemotePath::as_bytes),
            what,
            why,
            advice,
        ])?;
    }
    Ok(())
}

/// The key of that folder.
fn folder(transaction: &Transaction<'_>, route: &Route) -> Result<i64, Error> {
    let text = ron::to_string(&*route.site).unwrap_or_default();
    let found = transaction
        .prepare_cached("SELECT id FROM site WHERE site = ?1")?
        .query_row([&text], |row| row.get(0))
        .optional()?;
    let site: i64 = match found {
        Some(id) => id,
        None => transaction.prepare_cached("INSERT INTO site (site) VALUES (?1)")?.insert([&text])?,
    };
    let key = params![site, route.direction == Direction::Upload, route.local, route.remote];
    let found = transaction
        .prepare_cached("SELECT id FROM folder WHERE site = ?1 AND upload = ?2 AND local = ?3 AND remote = ?4")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(id),
        None => transaction
            .prepare_cached("INSERT INTO folder (site, upload, local, remote) VALUES (?1, ?2, ?3, ?4)")?
            .insert(params![site, route.direction == Direction::Upload, route.local, route.remote]),
    }
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

fn state_from(number: i64) -> Option<RowState> {
    use RowState::{Cancelled, Done, Failed, Folder, LeftOut, Paused, Queued, Running, Skipped};
    [Queued, Running, Paused, Done, Skipped, Folder, Failed, Cancelled, LeftOut]
        .into_iter()
        .find(|state| *state as i64 == number)
}

fn kind_number(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Other => 0,
        EntryKind::File => 1,
        EntryKind::Directory => 2,
        EntryKind::Link => 3,
    }
}

fn kind_from(number: i64) -> EntryKind {
    match number {
        1 => EntryKind::File,
        2 => EntryKind::Directory,
        3 => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

/// Precision and zone of a time as one number.
fn clock_number(time: Timestamp) -> i64 {
    let precision = match time.precision {
        Precision::Day => 0,
        Precision::Minute => 1,
        Precision::Second => 2,
    };
    precision + if time.zone == Zone::Utc { 10 } else { 0 }
}

fn time_from(seconds: i64, clock: i64) -> Timestamp {
    Timestamp {
        seconds,
        precision: match clock % 10 {
            0 => Precision::Day,
            1 => Precision::Minute,
            _ => Precision::Second,
        },
        zone: if clock >= 10 { Zone::Utc } else { Zone::Server },
    }
}

fn policy_number(policy: ConflictPolicy) -> i64 {
    POLICIES.iter().position(|other| *other == policy).and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
}

/// A newer version's is asked about.
fn policy_from(number: i64) -> ConflictPolicy {
    usize::try_from(number).ok().and_then(|at| POLICIES.get(at).copied()).unwrap_or_default()
}

/// By their numbers in the file.
const POLICIES: [ConflictPolicy; 7] = [
    ConflictPolicy::Ask,
    ConflictPolicy::Overwrite,
    ConflictPolicy::Newer,
    ConflictPolicy::Size,
    ConflictPolicy::Resume,
    ConflictPolicy::Rename,
    ConflictPolicy::Skip,
];

/// `minor` and `local` are NULL where they say the same as `id` and `name`. `killed` says which was the last job when a program
/// was killed last: those up to it may have run then.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS site (id INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS folder (
    id INTEGER PRIMARY KEY, site INTEGER NOT NULL REFERENCES site (id), upload INTEGER NOT NULL,
    local BLOB NOT NULL, remote BLOB NOT NULL, UNIQUE (site, upload, local, remote));
CREATE TABLE IF NOT EXISTS transfer (
    id INTEGER PRIMARY KEY, parent INTEGER, major INTEGER NOT NULL, minor INTEGER,
    folder INTEGER NOT NULL REFERENCES folder (id), kind INTEGER NOT NULL, name BLOB NOT NULL, local BLOB, size INTEGER,
    seconds INTEGER, clock INTEGER, policy INTEGER NOT NULL, state INTEGER NOT NULL, bytes INTEGER NOT NULL,
    ended INTEGER, wrote BLOB, what TEXT, why TEXT, advice TEXT);
CREATE TABLE IF NOT EXISTS run (open INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS killed (last INTEGER NOT NULL);
";

#[cfg(test)]
mod tests;
