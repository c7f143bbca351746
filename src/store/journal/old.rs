//! Journals of the first schema: one table, whole paths in each row. Read once, written anew, all or nothing.

use std::sync::Arc;
use std::time::SystemTime;

use rusqlite::Transaction;

use crate::domain::{Direction, JobId, Names, RemotePath, Route, Site, Timestamp, local_path};
use crate::store::journal::{Error, JobRow, RowState, kind_from, number, put_rows, time_from};

/// Takes over what such a journal holds. Rows that cannot be read are left where they are, for who can.
pub(super) fn take_over(transaction: &Transaction<'_>) -> Result<(), Error> {
    if !transaction.table_exists(None, "job")? {
        return Ok(());
    }
    let wrote = if transaction.column_exists(None, "job", "wrote")? { "j.wrote" } else { "NULL" };
    let now = Timestamp::from_system(SystemTime::now());
    {
        let mut query = transaction.prepare(&format!(
            "SELECT j.id, j.parent, j.major, j.minor, s.site, j.upload, j.kind, j.local, j.remote, j.size, j.seconds,
                    j.clock, j.policy, j.state, j.what, j.why, j.advice, j.bytes, {wrote}
             FROM job j JOIN site s ON s.id = j.site ORDER BY j.id"
        ))?;
        let mut delete = transaction.prepare("DELETE FROM job WHERE id = ?1")?;
        let mut rows = query.query([])?;
        let mut site: Option<(String, Arc<Site>)> = None;
        let mut route: Option<Arc<Route>> = None;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let text: String = row.get(4)?;
            if site.as_ref().is_none_or(|(known, _)| *known != text) {
                site = ron::from_str::<Site>(&text).ok().map(|site| (text, Arc::new(site)));
            }
            let Some((_, site)) = &site else { continue };
            let Some(state) = state_of(&row.get::<_, String>(13)?) else { continue };
            let Some(local) = local_path(row.get(7)?) else { continue };
            let remote = RemotePath::new(row.get::<_, Vec<u8>>(8)?);
            let direction = if row.get(5)? { Direction::Upload } else { Direction::Download };
            let Some(names) = Names::of(&local, &remote) else { continue };
            let way = match route.take() {
                Some(known) if known.fits(site, direction, &local, &remote) => known,
                _ => Arc::new(Route::between(site, &site.server_key().into(), direction, &local, &remote)),
            };
            route = Some(Arc::clone(&way));
            let what: Option<String> = row.get(14)?;
            let id: i64 = row.get(0)?;
            let ended = !matches!(state, RowState::Queued | RowState::Running | RowState::Paused);
            let job = JobRow {
                id: JobId(number(id)),
                parent: row.get::<_, Option<i64>>(1)?.map(|id| JobId(number(id))),
                rank: (row.get(2)?, number(row.get(3)?)),
                route: way,
                names,
                kind: kind_from(row.get(6)?),
                size: row.get::<_, Option<i64>>(9)?.map(number),
                modified: match (row.get(10)?, row.get(11)?) {
                    (Some(seconds), Some(clock)) => Some(time_from(seconds, clock)),
                    _ => None,
                },
                policy: ron::from_str(&row.get::<_, String>(12)?).unwrap_or_default(),
                state,
                error: match what {
                    Some(what) => Some(Box::new([what, row.get(15)?, row.get(16)?])),
                    None => None,
                },
                bytes: number(row.get(17)?),
                wrote: row.get::<_, Option<Vec<u8>>>(18)?.map(RemotePath::new),
                // It did not say: its history is as old as this.
                ended: ended.then_some(now),
                begun: false,
            };
            put_rows(transaction, std::slice::from_ref(&job), &mut last)?;
            delete.execute([id])?;
        }
    }
    let left: i64 = transaction.query_row("SELECT count(*) FROM job", [], |row| row.get(0))?;
    if left == 0 {
        transaction.execute_batch("DROP TABLE job;")?;
    }
    Ok(())
}

fn state_of(word: &str) -> Option<RowState> {
    Some(match word {
        "queued" => RowState::Queued,
        "running" => RowState::Running,
        "paused" => RowState::Paused,
        "done" => RowState::Done,
        "skipped" => RowState::Skipped,
        "folder" => RowState::Folder,
        "failed" => RowState::Failed,
        "cancelled" => RowState::Cancelled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::{Connection, params};

    use super::*;
    use crate::domain::{EntryKind, Precision, Zone};
    use crate::store::journal::Journal;
    use crate::store::settings::ConflictPolicy;

    /// As version 0.1 made it.
    const FIRST: &str = "
CREATE TABLE IF NOT EXISTS site (id INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY, parent INTEGER, major INTEGER NOT NULL, minor INTEGER NOT NULL,
    site INTEGER NOT NULL REFERENCES site (id), upload INTEGER NOT NULL, kind INTEGER NOT NULL,
    local BLOB NOT NULL, remote BLOB NOT NULL, size INTEGER, seconds INTEGER, clock INTEGER,
    policy TEXT NOT NULL, state TEXT NOT NULL, what TEXT, why TEXT, advice TEXT, bytes INTEGER NOT NULL);
";

    fn made_by_the_first(path: &Path, site: &Site, wrote: bool) {
        let db = Connection::open(path).unwrap();
        db.execute_batch(FIRST).unwrap();
        if wrote {
            db.execute_batch("ALTER TABLE job ADD COLUMN wrote BLOB;").unwrap();
        }
        db.execute("INSERT INTO site (site) VALUES (?1)", [ron::to_string(site).unwrap()]).unwrap();
        let insert = "INSERT INTO job (id, parent, major, minor, site, upload, kind, local, remote, size, seconds, clock,
            policy, state, what, why, advice, bytes) VALUES (?1, ?2, -3, ?3, 1, ?4, 1, ?5, ?6, 5, -9, 11, 'Resume', ?7, ?8, ?8, ?8, 3)";
        let states =
            ["queued", "running", "paused", "done", "skipped", "folder", "failed", "cancelled", "of the future"];
        for (id, state) in (1_i64..).zip(states) {
            let failed = (state == "failed").then_some("words");
            let parent = (id > 1).then_some(1);
            let (local, remote) = (&b"/l/caf\xc3\xa9"[..], &b"/r/caf\xe9"[..]);
            db.execute(insert, params![id, parent, 100 - id, id % 2 == 0, local, remote, state, failed]).unwrap();
        }
        if wrote {
            db.execute("UPDATE job SET wrote = ?1 WHERE id = 2", [&b"/r/other"[..]]).unwrap();
        }
    }

    #[test]
    fn a_journal_of_the_first_version_is_taken_over_whole() {
        let site = Site { host: "example.org".into(), user: "u".into(), ..Site::default() };
        for wrote in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("queue.db");
            made_by_the_first(&path, &site, wrote);
            // The second time there is nothing to take over.
            for _ in 0..2 {
                let journal = Journal::open(&path).unwrap();
                let mut rows = Vec::new();
                journal.load(&mut |row| rows.push(row)).unwrap();
                use RowState::{Cancelled, Done, Failed, Folder, Paused, Queued, Running, Skipped};
                let states = [Queued, Running, Paused, Done, Skipped, Folder, Failed, Cancelled];
                assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), states);
                for (row, id) in rows.iter().zip(1..) {
                    let way = &row.route;
                    assert_eq!((row.id, row.rank), (JobId(id), (-3, 100 - id)));
                    assert_eq!(row.parent, (id > 1).then_some(JobId(1)));
                    assert_eq!(*way.site, site);
                    assert_eq!(way.direction == Direction::Upload, id % 2 == 0);
                    assert_eq!(way.local_path(&row.names).as_os_str().as_encoded_bytes(), b"/l/caf\xc3\xa9");
                    assert_eq!(way.remote_path(&row.names), RemotePath::new(*b"/r/caf\xe9"));
                    let time = Timestamp { seconds: -9, precision: Precision::Minute, zone: Zone::Utc };
                    assert_eq!((row.kind, row.size, row.modified), (EntryKind::File, Some(5), Some(time)));
                    assert_eq!((row.policy, row.bytes), (ConflictPolicy::Resume, 3));
                    assert_eq!(row.error.is_some(), row.state == Failed);
                    assert_eq!(row.ended.is_some(), id > 3);
                    assert_eq!(row.wrote.is_some(), wrote && id == 2);
                }
                journal.close().unwrap();
            }
            let left: i64 = {
                let db = Connection::open(&path).unwrap();
                db.query_row("SELECT count(*) FROM job", [], |row| row.get(0)).unwrap()
            };
            assert_eq!(left, 1, "what is not understood is kept");
        }
    }
}
