//! `queue.db`: the queue as it survives `kill -9`. SQLite in WAL mode: a transaction is there wholly or not at all.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::domain::{EntryKind, JobId, Precision, RemotePath, Site, Timestamp, Zone};

/// An open journal.
pub struct Journal {
    db: Connection,
}

/// One job, as it is written down. Enumerations are the caller's numbers; they are stable.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Its key.
    pub id: JobId,
    /// The folder it belongs to.
    pub parent: Option<JobId>,
    /// Place in the queue.
    pub rank: (i64, u64),
    /// Which server; written once for all its jobs.
    pub site: Site,
    /// Whether it goes to the server.
    pub upload: bool,
    /// File, directory, or not known.
    pub kind: EntryKind,
    /// [`std::ffi::OsStr::as_encoded_bytes`] of the local path.
    pub local: Vec<u8>,
    /// The server's bytes.
    pub remote: RemotePath,
    /// Bytes.
    pub size: Option<u64>,
    /// The source's time.
    pub modified: Option<Timestamp>,
    /// What to do when the target exists, RON.
    pub policy: String,
    /// Where it stands, a word.
    pub state: String,
    /// What went wrong: what, why, advice.
    pub error: Option<[String; 3]>,
    /// Bytes moved so far.
    pub bytes: u64,
    /// What it has written to under its final name, the server's bytes.
    pub wrote: Option<RemotePath>,
}

/// What can go wrong with it.
pub type Error = rusqlite::Error;

impl Journal {
    /// Opens or makes it.
    ///
    /// # Errors
    /// Where the disk or the file does not allow it. The file is left as it is.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_millis(200))?;
        // One program at a time: a second window must not run the same jobs.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.execute_batch(SCHEMA)?;
        // Journals of versions that did not know it; those in turn leave it empty.
        if !db.column_exists(None, "job", "wrote")? {
            db.execute_batch("ALTER TABLE job ADD COLUMN wrote BLOB;")?;
        }
        // Takes the lock now, not with the first job.
        db.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
        Ok(Self { db })
    }

    /// All jobs, in the queue's order. A row that cannot be read (a newer version's) is left in the file and counted.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn load(&self) -> Result<(Vec<JobRow>, usize), Error> {
        let mut query = self.db.prepare(
            "SELECT j.id, j.parent, j.major, j.minor, s.site, j.upload, j.kind, j.local, j.remote, j.size, j.seconds,
                    j.clock, j.policy, j.state, j.what, j.why, j.advice, j.bytes, j.wrote
             FROM job j JOIN site s ON s.id = j.site ORDER BY j.major, j.minor",
        )?;
        let mut rows = query.query([])?;
        let mut jobs = Vec::new();
        let mut unread = 0;
        let mut last: Option<(String, Site)> = None;
        while let Some(row) = rows.next()? {
            let text: String = row.get(4)?;
            let site = match &last {
                Some((known, site)) if *known == text => site.clone(),
                _ => match ron::from_str::<Site>(&text) {
                    Ok(site) => {
                        last = Some((text, site.clone()));
                        site
                    }
                    Err(_) => {
                        unread += 1;
                        continue;
                    }
                },
            };
            let what: Option<String> = row.get(14)?;
            jobs.push(JobRow {
                id: JobId(number(row.get(0)?)),
                parent: row.get::<_, Option<i64>>(1)?.map(|id| JobId(number(id))),
                rank: (row.get(2)?, number(row.get(3)?)),
                site,
                upload: row.get(5)?,
                kind: kind_from(row.get(6)?),
                local: row.get(7)?,
                remote: RemotePath::new(row.get::<_, Vec<u8>>(8)?),
                size: row.get::<_, Option<i64>>(9)?.map(number),
                modified: match (row.get(10)?, row.get(11)?) {
                    (Some(seconds), Some(clock)) => Some(time_from(seconds, clock)),
                    _ => None,
                },
                policy: row.get(12)?,
                state: row.get(13)?,
                error: match what {
                    Some(what) => Some([what, row.get(15)?, row.get(16)?]),
                    None => None,
                },
                bytes: number(row.get(17)?),
                wrote: row.get::<_, Option<Vec<u8>>>(18)?.map(RemotePath::new),
            });
        }
        Ok((jobs, unread))
    }

    /// Writes and removes, all or nothing.
    ///
    /// # Errors
    /// Where the disk does not allow it; nothing was changed then.
    pub fn write(&mut self, put: &[JobRow], removed: &[JobId]) -> Result<(), Error> {
        let transaction = self.db.transaction()?;
        {
            let mut find = transaction.prepare_cached("SELECT id FROM site WHERE site = ?1")?;
            let mut add = transaction.prepare_cached("INSERT INTO site (site) VALUES (?1)")?;
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO job (id, parent, major, minor, site, upload, kind, local, remote, size, seconds,
                 clock, policy, state, what, why, advice, bytes, wrote)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )?;
            let mut last: Option<(&Site, i64)> = None;
            for job in put {
                let site = match last {
                    Some((known, id)) if *known == job.site => id,
                    _ => {
                        let text = ron::to_string(&job.site).unwrap_or_default();
                        let id = match find.query_row([&text], |row| row.get(0)).optional()? {
                            Some(id) => id,
                            None => add.insert([&text])?,
                        };
                        last = Some((&job.site, id));
                        id
                    }
                };
                let [what, why, advice] = match &job.error {
                    Some(words) => words.each_ref().map(|part| Some(part.as_str())),
                    None => [None; 3],
                };
                insert.execute(params![
                    integer(job.id.0),
                    job.parent.map(|id| integer(id.0)),
                    job.rank.0,
                    integer(job.rank.1),
                    site,
                    job.upload,
                    kind_number(job.kind),
                    job.local,
                    job.remote.as_bytes(),
                    job.size.map(integer),
                    job.modified.map(|time| time.seconds),
                    job.modified.map(clock_number),
                    job.policy,
                    job.state,
                    what,
                    why,
                    advice,
                    integer(job.bytes),
                    job.wrote.as_ref().map(RemotePath::as_bytes),
                ])?;
            }
            let mut delete = transaction.prepare_cached("DELETE FROM job WHERE id = ?1")?;
            for id in removed {
                delete.execute([integer(id.0)])?;
            }
        }
        transaction.commit()
    }
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
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

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS site (id INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY, parent INTEGER, major INTEGER NOT NULL, minor INTEGER NOT NULL,
    site INTEGER NOT NULL REFERENCES site (id), upload INTEGER NOT NULL, kind INTEGER NOT NULL,
    local BLOB NOT NULL, remote BLOB NOT NULL, size INTEGER, seconds INTEGER, clock INTEGER,
    policy TEXT NOT NULL, state TEXT NOT NULL, what TEXT, why TEXT, advice TEXT, bytes INTEGER NOT NULL, wrote BLOB);
";

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64) -> JobRow {
        JobRow {
            id: JobId(id),
            parent: (id > 1).then_some(JobId(1)),
            rank: (0, id),
            site: Site { host: "example.org".into(), user: "u".into(), ..Site::default() },
            upload: id.is_multiple_of(2),
            kind: EntryKind::File,
            local: b"/tmp/caf\xe9".to_vec(),
            remote: RemotePath::root().join(b"caf\xe9"),
            size: Some(5_000_000_000),
            modified: Some(Timestamp { seconds: -5, precision: Precision::Minute, zone: Zone::Server }),
            policy: "Ask".into(),
            state: "queued".into(),
            error: (id == 3).then(|| ["what".into(), "why".into(), "do".into()]),
            bytes: 7,
            wrote: (id == 2).then(|| RemotePath::root().join(b"caf\xe9 (2)")),
        }
    }

    #[test]
    fn what_was_written_is_read_again_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let rows = [row(1), row(2), row(3)];
        {
            let mut journal = Journal::open(&path).unwrap();
            journal.write(&[rows[2].clone(), rows[0].clone(), rows[1].clone(), row(4)], &[]).unwrap();
            journal.write(&[], &[JobId(4)]).unwrap();
        }
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.load().unwrap(), (rows.to_vec(), 0));
    }

    #[test]
    fn a_journal_of_a_version_that_did_not_know_all_of_it_is_read_and_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let plain = JobRow { wrote: None, ..row(2) };
        {
            let mut journal = Journal::open(&path).unwrap();
            journal.write(std::slice::from_ref(&plain), &[]).unwrap();
            journal.db.execute_batch("ALTER TABLE job DROP COLUMN wrote;").unwrap();
        }
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.load().unwrap(), (vec![plain], 0));
        journal.write(&[row(2)], &[]).unwrap();
        assert_eq!(journal.load().unwrap(), (vec![row(2)], 0));
    }

    #[test]
    fn a_second_program_cannot_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let _first = Journal::open(&path).unwrap();
        assert!(Journal::open(&path).is_err());
    }

    #[test]
    fn a_file_that_is_no_journal_is_refused_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        std::fs::write(&path, b"this is no database, but somebody's text, and it is long enough to be read").unwrap();
        assert!(Journal::open(&path).is_err());
        assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
    }
}
