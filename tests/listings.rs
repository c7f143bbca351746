//! Lines of listings as real servers send them, each with what must be read from it. Facts from the public test suites
//! of other FTP clients (`source` in the file).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use twinport::domain::{Charset, Entry, EntryKind, Precision, Timestamp};
use twinport::ftp::listing::{ListingReader, Source};

/// 2026-11-22T00:00:00Z, where a line does not say itself.
const NOW: i64 = 1_795_305_600;

#[test]
fn every_line_is_read_as_expected() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("listings/sample.json")).unwrap();
    assert!(cases.len() >= 20);
    for case in &cases {
        check(case);
    }
}

fn check(case: &Value) {
    let id = case["id"].as_str().unwrap();
    let line = case["line"].as_str().unwrap();
    let now = case["now"].as_str().map_or(NOW, |now| now.parse::<jiff::Timestamp>().unwrap().as_second());
    let source = if case["format"] == "mlsd" { Source::Mlsd } else { Source::List };
    let mut reader = ListingReader::new(source, Timestamp::utc(now), Charset::Auto);
    let mut entries = Vec::new();
    reader.push(line.as_bytes(), &mut entries);
    reader.finish(&mut entries);
    let expect = &case["expect"];
    if expect.is_null() {
        assert!(entries.is_empty(), "{id}: {line} is no entry");
        return;
    }
    let [entry] = &entries[..] else { panic!("{id}: {line} is unread") };
    let text = |field: &str| expect.get(field).map(|value| value.as_str().map(str::to_owned));
    let bytes = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let same = |field: &str, got: Option<String>| {
        if let Some(wanted) = text(field) {
            assert_eq!(got, wanted, "{id}: {field} of {line}");
        }
    };
    same("name", Some(bytes(&entry.name)));
    same("target", entry.target.as_deref().map(bytes));
    same("owner", entry.owner.as_deref().map(str::to_owned));
    same("group", entry.group.as_deref().map(str::to_owned));
    same("perm", entry.permissions.map(|permissions| permissions.to_string()));
    same("kind", Some(kind(entry).to_owned()));
    if let Some(size) = expect.get("size") {
        assert_eq!(entry.size, size.as_u64(), "{id}: size of {line}");
    }
    if let Some(time) = expect.get("mtime") {
        check_time(id, entry.modified, time);
    }
}

fn kind(entry: &Entry) -> &'static str {
    match entry.kind {
        EntryKind::File => "file",
        EntryKind::Directory => "dir",
        EntryKind::Link => "link",
        EntryKind::Other => "other",
    }
}

fn check_time(id: &str, got: Option<Timestamp>, wanted: &Value) {
    if wanted.is_null() {
        assert_eq!(got, None, "{id}");
        return;
    }
    let got = got.unwrap_or_else(|| panic!("{id}: no time"));
    let civil = jiff::Timestamp::from_second(got.seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let has_time = got.precision != Precision::Day;
    for (part, value) in [
        ("y", i64::from(civil.year())),
        ("mo", i64::from(civil.month())),
        ("d", i64::from(civil.day())),
        ("h", i64::from(civil.hour())),
        ("mi", i64::from(civil.minute())),
        ("s", i64::from(civil.second())),
    ] {
        if let Some(wanted) = wanted[part].as_i64() {
            assert_eq!(value, wanted, "{id}: {part}");
        }
    }
    assert_eq!(has_time, wanted["h"].is_i64(), "{id}: no more is claimed than the server gave");
}
