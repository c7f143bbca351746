//! The journal by examples, and what the power leaves of it wherever it goes.

use proptest::prelude::*;

use crate::store::journal::*;

fn route(folder: u64) -> Arc<Route> {
    let site = Site { host: "example.org".into(), user: "u".into(), ..Site::default() };
    Arc::new(Route {
        server: site.server_key().into(),
        site: Arc::new(site),
        direction: if folder.is_multiple_of(2) { Direction::Upload } else { Direction::Download },
        local: format!("/tmp/{folder}/").into_bytes().into(),
        remote: Box::from(&b"/caf\xe9/"[..]),
        whole: None,
    })
}

fn row(id: u64) -> JobRow {
    JobRow {
        id: JobId(id),
        parent: (id > 1).then_some(JobId(1)),
        rank: (0, if id == 5 { 77 } else { id }),
        route: route(id % 3),
        names: Names::new(b"caf\xe9", if id.is_multiple_of(2) { b"caf\xe9" } else { b"cafe" }).unwrap(),
        kind: EntryKind::File,
        size: Some(5_000_000_000),
        modified: Some(Timestamp { seconds: -5, precision: Precision::Minute, zone: Zone::Server }),
        policy: ConflictPolicy::Rename,
        state: RowState::Queued,
        error: (id == 3).then(|| Box::new(["what".into(), "why".into(), "do".into()])),
        bytes: 7,
        wrote: (id == 2).then(|| RemotePath::root().join(b"caf\xe9 (2)")),
        ended: (id == 3).then(|| Timestamp::utc(1_800_000_000)),
        begun: false,
    }
}

fn all(journal: &Journal) -> Vec<JobRow> {
    let mut rows = Vec::new();
    assert_eq!(journal.load(&mut |row| rows.push(row)).unwrap(), 0);
    rows
}

#[test]
fn what_was_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let rows = [row(1), row(2), row(3), row(5)];
    {
        let mut journal = Journal::open(&path).unwrap();
        journal.write(&[rows[2].clone(), rows[0].clone(), rows[1].clone(), row(4)], &[], true).unwrap();
        journal.write(&rows[3..], &[JobId(4)], false).unwrap();
        journal.close().unwrap();
    }
    assert_eq!(all(&Journal::open(&path).unwrap()), rows);
}

#[test]
fn it_knows_whether_its_last_program_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let overwrites = JobRow { policy: ConflictPolicy::Overwrite, ..row(2) };
    let stopped = JobRow { state: RowState::Paused, ..row(3) };
    Journal::open(&path).unwrap().write(&[row(1), overwrites.clone(), stopped.clone()], &[], true).unwrap();
    for _ in 0..2 {
        let journal = Journal::open(&path).unwrap();
        let ran = JobRow { begun: true, ..row(1) };
        let stopped = JobRow { begun: true, ..stopped.clone() };
        let all = all(&journal);
        assert_eq!(all, [ran, overwrites.clone(), stopped], "not forgotten, though that program ended well");
        journal.close().unwrap();
    }
    let mut journal = Journal::open(&path).unwrap();
    journal.write(&[row(4)], &[JobId(1), JobId(2), JobId(3)], true).unwrap();
    journal.close().unwrap();
    let mut journal = Journal::open(&path).unwrap();
    assert_eq!(all(&journal), [row(4)], "nobody was killed");
    journal.write(&[], &[JobId(4)], true).unwrap();
    journal.close().unwrap();
    let journal = Journal::open(&path).unwrap();
    assert!(journal.routes().unwrap().is_empty(), "folders that nobody needs go");
}

#[test]
fn every_policy_and_state_has_a_number_of_its_own() {
    for policy in POLICIES {
        assert_eq!(policy_from(policy_number(policy)), policy);
    }
    assert_eq!(state_from(RowState::LeftOut as i64), Some(RowState::LeftOut));
    assert_eq!(state_from(9), None);
}

#[test]
fn a_row_of_a_newer_version_is_left_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&folder.path().join("queue.db")).unwrap();
    journal.write(&[row(1), row(2)], &[], true).unwrap();
    journal.db.execute_batch("UPDATE transfer SET state = 99 WHERE id = 1;").unwrap();
    let mut rows = Vec::new();
    assert_eq!(journal.load(&mut |row| rows.push(row)).unwrap(), 1);
    assert_eq!(rows, [row(2)]);
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

/// A page: which jobs it writes (with how many bytes), which it removes, and whether it must be durable.
type Page = (Vec<(u64, u64)>, Vec<u64>, bool);

fn page() -> impl Strategy<Value = Page> {
    let put = proptest::collection::vec((1_u64..12, 0_u64..1000), 0..6);
    (put, proptest::collection::vec(1_u64..12, 0..3), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The power goes between any two bytes that the disk has not been told to keep: what is found afterwards is the
    /// queue after some page, whole, and no page that was durable is missing.
    #[test]
    fn after_a_crash_it_is_as_after_some_page_and_no_durable_one_is_lost(
        pages in proptest::collection::vec(page(), 1..12),
        cuts in proptest::collection::vec(0.0_f64..1.0, 6),
        checkpoint in proptest::option::of(1_u32..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut journal = Journal::open(&at("queue.db")).unwrap();
        // Without one, the log only grows, and what lies behind its durable part is what a power cut may take.
        journal.db.pragma_update(None, "wal_autocheckpoint", checkpoint.unwrap_or(0)).unwrap();
        let mut model: std::collections::BTreeMap<u64, JobRow> = std::collections::BTreeMap::new();
        let mut states = vec![Vec::new()];
        let mut durable = (0, std::fs::metadata(at("queue.db-wal")).unwrap().len());
        for (put, removed, is_durable) in &pages {
            let done = |(id, bytes): &(u64, u64)| JobRow { bytes: *bytes, state: RowState::Done, ..row(*id) };
            let rows: Vec<JobRow> = put.iter().map(done).collect();
            let removed: Vec<JobId> = removed.iter().copied().map(JobId).collect();
            journal.write(&rows, &removed, *is_durable).unwrap();
            model.extend(rows.into_iter().map(|row| (row.id.0, row)));
            removed.iter().for_each(|id| { model.remove(&id.0); });
            states.push(model.values().cloned().collect::<Vec<_>>());
            let length = std::fs::metadata(at("queue.db-wal")).unwrap().len();
            if *is_durable {
                durable = (states.len() - 1, length);
            }
            // `kill -9` now: all that was written is there.
            prop_assert_eq!(&after(&at("queue.db"), None), &states[states.len() - 1]);
            if checkpoint.is_some() {
                continue;
            }
            for cut in &cuts {
                #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let cut = durable.1 + ((length - durable.1) as f64 * cut) as u64;
                let found = after(&at("queue.db"), Some(cut));
                let place = states.iter().rposition(|state| *state == found);
                prop_assert!(place.is_some_and(|place| place >= durable.0), "cut at {cut}: {place:?}, {durable:?}");
            }
        }
    }
}

/// What the next program finds, where only so much of the log is on the disk.
fn after(path: &Path, log: Option<u64>) -> Vec<JobRow> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("queue.db");
    std::fs::copy(path, &copy).unwrap();
    let mut bytes = std::fs::read(path.with_extension("db-wal")).unwrap();
    if let Some(log) = log {
        bytes.truncate(usize::try_from(log).unwrap());
    }
    std::fs::write(copy.with_extension("db-wal"), bytes).unwrap();
    all(&Journal::open(&copy).unwrap())
}
