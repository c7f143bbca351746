//! Lines of listings as real servers send them, each with what must be read from it. Facts from the public test suites
//! of other FTP clients (`source` in the files), and whole listings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::Value;
use twinport::domain::{Charset, Entry, EntryKind, Precision, Timestamp};
use twinport::ftp::listing::{ListingReader, Source, System};

/// 2026-11-22T00:00:00Z, where a line does not say itself.
const NOW: i64 = 1_795_305_600;

#[test]
fn every_sample_line_is_read_as_expected() {
    let cases = cases(include_str!("listings/sample.json"));
    assert_eq!(cases.len(), 44);
    check_all(&cases);
}

#[test]
fn every_line_of_our_own_table_is_read_as_expected() {
    let cases = cases(include_str!("listings/cases.json"));
    assert!(cases.len() >= 150, "{}", cases.len());
    check_all(&cases);
}

#[test]
fn lines_of_one_format_after_another_are_told_apart() {
    // All lines of both tables in one listing: what a line is does not depend on what came before it, dates of OS/400
    // and lines that need their heading aside.
    for table in [include_str!("listings/sample.json"), include_str!("listings/cases.json")] {
        let cases = cases(table);
        let alone =
            |case: &&Value| case["format"] != "mlsd" && case["format"] != "as400" && case["server_type"].is_null();
        let cases: Vec<&Value> = cases.iter().filter(alone).filter(|case| case["level"] != "context").collect();
        let mut text = Vec::new();
        let mut wanted = Vec::new();
        for case in &cases {
            let lines = lines(case);
            let (entries, _) = read(&lines, Source::List, now(case), None);
            wanted.extend(entries.into_iter().map(|entry| (entry.name, entry.kind, entry.size)));
            text.extend_from_slice(&lines);
        }
        let (got, _) = read(&text, Source::List, NOW, None);
        for (at, entry) in got.into_iter().enumerate() {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            assert_eq!(wanted.get(at), Some(&(entry.name, entry.kind, entry.size)), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_size_of_the_pieces_does_not_matter(size in 1usize..200, seed in any::<u64>()) {
        let text = shuffled(seed);
        let whole = pieces(&text, text.len());
        let split = pieces(&text, size);
        prop_assert_eq!(whole, split);
    }

    #[test]
    fn broken_lines_of_real_servers_never_panic_nor_escape(
        seed in any::<u64>(),
        breaks in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12),
        system in proptest::option::of(proptest::sample::select(vec![System::Mvs, System::Vms, System::Unix, System::Vm])),
    ) {
        let mut text = shuffled(seed);
        text.truncate(4000);
        for (at, byte, how) in &breaks {
            let at = at.index(text.len());
            match how {
                0 => text[at] = *byte,
                1 => text.insert(at, *byte),
                2 => { text.remove(at); }
                _ => text.insert(at, b" \t\n\r/;,-"[usize::from(byte % 8)]),
            }
        }
        for source in [Source::List, Source::Mlsd] {
            let (entries, unread) = read(&text, source, NOW, system);
            prop_assert!(entries.len() <= text.len());
            prop_assert!(unread.len() <= 20);
            for entry in entries {
                prop_assert!(entry.name.split(|b| *b == b'/').all(|part| !matches!(part, b"" | b"." | b"..")));
            }
        }
    }

    #[test]
    fn anything_at_all_is_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), size in 1usize..99) {
        for source in [Source::List, Source::Mlsd] {
            let mut reader = ListingReader::new(source, Timestamp::utc(NOW), Charset::Auto);
            let mut entries = Vec::new();
            bytes.chunks(size).for_each(|piece| reader.push(piece, &mut entries));
            reader.finish(&mut entries);
            prop_assert!(reader.lines() <= bytes.len() as u64);
        }
    }
}

#[test]
fn a_listing_of_bare_names_gives_files() {
    let (entries, unread) = read(b"horse.txt\nfish\ndolphin.jpg\negg\n", Source::List, NOW, None);
    assert_eq!(names(&entries), ["horse.txt", "fish", "dolphin.jpg", "egg"]);
    assert!(unread.is_empty());
    // HP-RTE sets a blank before each.
    let (entries, _) = read(b" .\n ..\n .welcome\n Multi Word File Name.txt\n", Source::List, NOW, None);
    assert_eq!(names(&entries), [".welcome", "Multi Word File Name.txt"]);
    let many: String = (0..1000).map(|n| format!("file{n}\n")).collect();
    let (entries, unread) = read(many.as_bytes(), Source::List, NOW, None);
    assert_eq!((entries.len(), unread.len()), (1000, 0));
}

#[test]
fn words_among_real_lines_are_no_names() {
    let text = b"welcome\n-rw-r--r-- 1 u g 5 Jan  5  2003 a\nmumble\n";
    let (entries, unread) = read(text, Source::List, NOW, None);
    assert_eq!(names(&entries), ["a"]);
    assert_eq!(unread, ["welcome", "mumble"]);
    let (entries, unread) = read(b"what is this\nnonsense\n", Source::List, NOW, None);
    assert!(entries.is_empty());
    assert_eq!(unread, ["what is this", "nonsense"]);
}

#[test]
fn members_without_statistics_are_names_once_the_heading_or_the_system_says_so() {
    let text = b" Name     VV.MM   Created       Changed      Size  Init   Mod   Id\r\n\
        TBSHELF1  01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001\r\nBARE      \r\n";
    assert_eq!(names(&read(text, Source::List, NOW, None).0), ["TBSHELF1", "BARE"]);
    let (entries, unread) = read(b"ADATAB\r\n", Source::List, NOW, Some(System::Mvs));
    assert_eq!((names(&entries), unread.len()), (vec!["ADATAB".to_owned()], 0));
}

#[test]
fn vms_lists_the_newest_version_first_and_older_ones_by_number() {
    let text = b"Directory USER1:[TEMP]\r\n\r\n\
        A.LIS;3              9/9           2-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RWED,RE)\r\n\
        A.LIS;2              9/9           1-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RWED,RE)\r\n\
        B_WITH_A_LONG_NAME_INDEED.LIS;1\r\n\
                             9/9           1-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RWED,RE)\r\n\
        SECRET.TXT;1\tNo privilege for attempted operation\r\n\
        SUB.DIR;1            1/9           1-JUN-1998 07:32:04  [GROUP,OWNER]    (RWE,RWE,RWE,RE)\r\n\
        \r\nTotal of 4 files, 28/36 blocks\r\n";
    let (entries, unread) = read(text, Source::List, NOW, None);
    assert_eq!(names(&entries), ["A.LIS", "A.LIS;2", "B_WITH_A_LONG_NAME_INDEED.LIS", "SUB"]);
    assert_eq!(entries[3].kind, EntryKind::Directory);
    assert_eq!(unread.len(), 1, "{unread:?}");
    assert!(unread[0].contains("No privilege"));
    let (entries, unread) =
        read(b"ANONYMOUS:[INCOMING]\r\n\r\n*.*;0   <%RMS-E-FNF, file not found>\r\n", Source::List, NOW, None);
    assert!(entries.is_empty() && unread.is_empty());
}

#[test]
fn one_line_tells_the_order_of_the_dates_of_the_others() {
    let date = |line: &str| {
        let text = format!("{line}\r\nQSYS 5 04/03/05 12:00:00 *STMF b\r\n");
        let (entries, _) = read(text.as_bytes(), Source::List, NOW, None);
        entries[1].modified.unwrap().iso()
    };
    assert_eq!(date("QSYS 5 02/23/05 12:00:00 *STMF a"), "2005-04-03T12:00:00");
    assert_eq!(date("QSYS 5 23/02/05 12:00:00 *STMF a"), "2005-03-04T12:00:00");
    assert_eq!(date("QSYS 5 99/02/23 12:00:00 *STMF a"), "2004-03-05T12:00:00");
}

#[test]
fn directories_listed_by_dls_go_on_in_the_next_line() {
    let text = b"README              763  Information about this server\n\
        bin/                  -\n\
        ls-lR.Z               3  05 Sep 1994\n\
        morgan               14  -> ../real/morgan\n\
        TIMIT.mostlikely.Z\n                    79215  Jul 11 21:04\n";
    let (entries, unread) = read(text, Source::List, NOW, None);
    assert_eq!(names(&entries), ["README", "bin", "ls-lR.Z", "morgan", "TIMIT.mostlikely.Z"]);
    let kinds: Vec<_> = entries.iter().map(kind).collect();
    assert_eq!(kinds, ["file", "dir", "file", "link", "file"]);
    assert_eq!(entries[4].size, Some(79_215));
    assert!(unread.is_empty(), "{unread:?}");
}

#[test]
fn links_of_mlsd_find_their_targets_in_later_lines() {
    let text = b"type=OS.unix=symlink;unique=1234; one\r\ntype=OS.unix=symlink;unique=1234; two\r\n\
        type=file;unique=1; other\r\ntype=file;unique=1234; /actual/target\r\n\
        type=OS.unix=symlink;unique=77; three\r\ntype=file;unique=77; neighbour\r\n\
        type=OS.unix=symlink; four\r\ntype=file; five\r\n";
    let (entries, unread) = read(text, Source::Mlsd, NOW, None);
    assert_eq!(names(&entries), ["one", "two", "other", "three", "neighbour", "four", "five"]);
    let targets: Vec<_> =
        entries.iter().map(|entry| entry.target.as_deref().map(String::from_utf8_lossy).unwrap_or_default()).collect();
    assert_eq!(targets, ["/actual/target", "/actual/target", "", "neighbour", "", "", ""]);
    assert!(unread.is_empty());
}

#[test]
fn windows_consoles_have_headings_and_sums() {
    let text = b" Volume in drive C has no label\r\n Volume Serial Number is 1234-5678\r\n Directory of C:\\\r\n\r\n \
         11/4/2018   9:09 PM  <DIR>         .\r\n\
         10/16/2018  10:25 PM  <DIR>         Desktop\r\n\
         10/3/2018   2:58 PM    34,359,738,368  win10.img\r\n\
        \x20              6 files           75,978,506,648 bytes\r\n\
        \x20              3 directories     22,198,362,112 bytes free\r\n";
    let (entries, unread) = read(text, Source::List, NOW, None);
    assert_eq!(names(&entries), ["Desktop", "win10.img"]);
    assert_eq!(entries[1].size, Some(34_359_738_368));
    assert!(unread.is_empty(), "{unread:?}");
}

#[test]
fn a_refusal_in_the_place_of_a_listing_is_shown_as_it_is() {
    let (entries, unread) = read(b"total 0\r\nftpd: .: Permission denied\r\n", Source::List, NOW, None);
    assert!(entries.is_empty());
    assert_eq!(unread, ["ftpd: .: Permission denied"]);
}

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

/// The line or lines, each with its end.
fn lines(case: &Value) -> Vec<u8> {
    let texts: Vec<&str> = match case["lines"].as_array() {
        Some(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect(),
        None => vec![case["line"].as_str().unwrap()],
    };
    // `\u0080` to `\u00ff` in a case marked `latin1` are bytes of an old charset.
    let bytes = |text: &str| match case["latin1"].as_bool() {
        Some(true) => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
        _ => text.as_bytes().to_vec(),
    };
    texts.into_iter().flat_map(|text| [bytes(text), b"\r\n".to_vec()].concat()).collect()
}

fn now(case: &Value) -> i64 {
    case["now"].as_str().map_or(NOW, |now| now.parse::<jiff::Timestamp>().unwrap().as_second())
}

fn read(text: &[u8], source: Source, now: i64, system: Option<System>) -> (Vec<Entry>, Vec<String>) {
    let mut reader = ListingReader::new(source, Timestamp::utc(now), Charset::Auto).with_system(system);
    let mut entries = Vec::new();
    reader.push(text, &mut entries);
    reader.finish(&mut entries);
    (entries, reader.unread().to_vec())
}

fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.text(&Charset::Auto)).collect()
}

/// The lines of both tables, in some order.
fn shuffled(seed: u64) -> Vec<u8> {
    let tables = [include_str!("listings/sample.json"), include_str!("listings/cases.json")];
    let mut lines: Vec<Vec<u8>> = tables.into_iter().flat_map(cases).map(|case| lines(&case)).collect();
    let mut state = seed;
    lines.sort_by_cached_key(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    });
    lines.concat()
}

fn pieces(text: &[u8], size: usize) -> (Vec<Entry>, Vec<String>, u64) {
    let mut reader = ListingReader::new(Source::List, Timestamp::utc(NOW), Charset::Auto);
    let mut entries = Vec::new();
    text.chunks(size.max(1)).for_each(|piece| reader.push(piece, &mut entries));
    reader.finish(&mut entries);
    (entries, reader.unread().to_vec(), reader.lines())
}

/// Tells all that fail, not just the first.
fn check_all(cases: &[Value]) {
    let failed = cases.iter().filter(|case| std::panic::catch_unwind(|| check(case)).is_err()).count();
    assert_eq!(failed, 0, "of {} lines", cases.len());
}

fn check(case: &Value) {
    let id = case["id"].as_str().unwrap();
    let text = lines(case);
    let line = String::from_utf8_lossy(&text).trim_end().to_owned();
    let source = if case["format"] == "mlsd" { Source::Mlsd } else { Source::List };
    let system = case["server_type"].as_str().map(|name| System::from_syst(name).unwrap());
    let (entries, unread) = read(&text, source, now(case), system);
    let expect = &case["expect"];
    if expect.is_null() {
        assert!(entries.is_empty(), "{id}: {line} is no entry");
        assert!(case["level"] != "ignore" || unread.is_empty(), "{id}: {line} is known to be no entry");
        return;
    }
    let [entry] = &entries[..] else { panic!("{id}: {line} gives {entries:?}, unread {unread:?}") };
    let by_vms = case["compare"] == "vms-name";
    let text = |field: &str| expect.get(field).map(|value| value.as_str().map(str::to_owned));
    let bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    };
    let same = |field: &str, got: Option<String>| {
        if let Some(wanted) = text(field) {
            let plain = |name: String| if by_vms && field == "name" { vms_name(&name, entry.kind) } else { name };
            assert_eq!(got.map(plain), wanted.map(plain), "{id}: {field} of {line}");
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
        // Mozilla's expected times of EPLF were written down an hour east of Greenwich; EPLF counts in UTC.
        let east = if case["source"] == "mozilla/E-EPLF" { 3600 } else { 0 };
        let modified = entry.modified.map(|time| Timestamp { seconds: time.seconds + east, ..time });
        let year_inferred = expect["year_inferred"].as_bool().unwrap_or(false);
        check_time(&format!("{id}: {line}"), modified, time, case["date_ambiguous"] == true);
        if year_inferred {
            let seconds = entry.modified.unwrap().seconds;
            let age = now(case) - seconds;
            assert!((-86_400..=366 * 86_400).contains(&age), "{id}: the last such day: {line}");
        }
    }
}

/// Without version, and a directory's without `.DIR`; case aside.
fn vms_name(name: &str, kind: EntryKind) -> String {
    let name = name.rsplit_once(';').map_or(name, |(name, _)| name).to_ascii_uppercase();
    match name.strip_suffix(".DIR") {
        Some(stem) if kind == EntryKind::Directory => stem.to_owned(),
        _ => name,
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

fn check_time(id: &str, got: Option<Timestamp>, wanted: &Value, is_ambiguous: bool) {
    if wanted.is_null() {
        assert_eq!(got, None, "{id}");
        return;
    }
    let got = got.unwrap_or_else(|| panic!("{id}: no time"));
    let civil = jiff::Timestamp::from_second(got.seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let has_time = got.precision != Precision::Day;
    let parts = [
        ("y", i64::from(civil.year())),
        ("mo", i64::from(civil.month())),
        ("d", i64::from(civil.day())),
        ("h", i64::from(civil.hour())),
        ("mi", i64::from(civil.minute())),
        ("s", i64::from(civil.second())),
    ];
    // Day, month and year of two digits: in some order.
    let parts = if is_ambiguous { &parts[3..] } else { &parts[..] };
    for (part, value) in parts {
        if let Some(wanted) = wanted[*part].as_i64() {
            assert_eq!(*value, wanted, "{id}: {part}");
        }
    }
    assert_eq!(has_time, wanted["h"].is_i64(), "{id}: no more is claimed than the server gave");
}
