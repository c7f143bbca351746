//! Reading directories, and what is known of one path.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use common::exchange::{fetch, list, names};
use common::ftp_server::{Fault, FtpServer, Style};
use twinport::domain::{EntryKind, RemotePath};
use twinport::ftp::error::FtpError;
use twinport::net::session::Facts;
use twinport::net::wait::Cancel;

fn lines_after_login(server: &FtpServer) -> Vec<String> {
    server.transcript().split_off(7)
}

fn old(server: FtpServer) -> FtpServer {
    server.without(&["MLSD"])
}

/// F01, G07.
#[test]
fn mlsd_is_used_where_offered_and_the_directory_is_entered_once() {
    let server = FtpServer::start().dir("/sub dir").file("/sub dir/.hidden", "x").file("/sub dir/b", "12345");
    let mut session = server.open();
    let listing = list(&mut session, "/sub dir").unwrap();
    assert_eq!(names(&listing), [".hidden", "b"]);
    assert_eq!(listing.entries[1].size, Some(5));
    assert_eq!(listing.entries[1].modified.unwrap().iso(), "2024-03-05T06:07:08Z");
    list(&mut session, "/sub dir").unwrap();
    assert_eq!(lines_after_login(&server), ["CWD /sub dir", "EPSV", "MLSD", "EPSV", "MLSD"]);
}

/// F01.
#[test]
fn falls_back_to_list_when_mlsd_is_refused_and_remembers_it() {
    for reply in ["500 What?", "502 No"] {
        let server = FtpServer::start().file("/a", "x").on("MLSD", reply);
        let mut session = server.open();
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
        assert_eq!(server.count("MLSD"), 1);
    }
}

#[test]
fn hidden_files_are_listed_where_the_server_understands_that() {
    let server = old(FtpServer::start()).file("/.htaccess", "x").file("/a", "x").dir("/d");
    let mut session = server.open();
    let listing = list(&mut session, "/").unwrap();
    assert_eq!(names(&listing), [".htaccess", "a", "d"]);
    assert_eq!(listing.entries[2].kind, EntryKind::Directory);
    assert_eq!(listing.entries[1].owner.as_deref(), Some("owner"));
}

/// F13.
#[test]
fn a_server_that_takes_the_flag_for_a_name_is_asked_without() {
    for refusal in ["550 -a: No such file", "501 Bad argument", "150 Here\r\n226 Done"] {
        let server = old(FtpServer::start()).file("/a", "x").on_argument("LIST", "-a", refusal);
        let mut dial = server.dial();
        dial.timeouts.reply = Duration::from_millis(400);
        if refusal.starts_with("150") {
            // Opens nothing: the empty answer is told by 226 alone.
            server.clear_rules();
            server.rule("LIST", Some(b"-a".to_vec()), None, "226 Done");
        }
        let mut session = server.try_open(&dial).unwrap();
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"], "{refusal}");
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"], "{refusal}");
        assert_eq!(server.count("LIST -a"), 1, "{refusal}");
    }
}

#[test]
fn dos_listings_are_read() {
    let server = old(FtpServer::start()).style(Style::Dos).file("/a b.txt", "12345").dir("/My Folder");
    let mut session = server.open();
    let listing = list(&mut session, "/").unwrap();
    assert_eq!(names(&listing), ["My Folder", "a b.txt"]);
    assert_eq!((listing.entries[0].kind, listing.entries[1].size), (EntryKind::Directory, Some(5)));
}

/// F03, F04, F05.
#[test]
fn an_empty_directory_is_empty_however_it_is_put() {
    for server in [
        FtpServer::start(),
        old(FtpServer::start()),
        old(FtpServer::start()).on("LIST", "450 No files found"),
        old(FtpServer::start()).on("LIST", "550 No files found."),
        old(FtpServer::start()).on("LIST", "550 No such file or directory"),
        old(FtpServer::start()).on("LIST", "226 Nothing here"),
        FtpServer::start().fault(Fault::CompleteWithoutData("MLSD")),
        FtpServer::start().fault(Fault::NoPreliminary("MLSD")),
        FtpServer::start().on("MLSD", "450 No files found"),
    ] {
        let server = server.dir("/empty").file("/a", "x");
        let mut session = server.open();
        assert!(list(&mut session, "/empty").unwrap().entries.is_empty());
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x", "usable after {:#?}", server.transcript());
    }
}

/// F06.
#[test]
fn refusals_are_no_empty_directories() {
    for (server, verb) in [
        (FtpServer::start(), "CWD"),
        (FtpServer::start().on("MLSD", "550 Permission denied"), "MLSD"),
        (old(FtpServer::start()).on("LIST", "553 Not allowed"), "LIST"),
    ] {
        let dir = if verb == "CWD" { "/none" } else { "/d" };
        let server = server.dir("/d").file("/a", "x");
        let mut session = server.open();
        let error = list(&mut session, dir).unwrap_err();
        assert!(matches!(&error, FtpError::Refused { verb: said, .. } if *said == verb), "{error:?}");
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    }
}

/// F02, F07.
#[test]
fn the_last_line_may_lack_its_end_and_odd_lines_are_kept_as_text() {
    let raw = "total 3\r\nwhat is this\r\n\r\n-rw-r--r-- 1 u g 5 Jan  5 12:00 a\n-rw-r--r-- 1 u g 5 Jan  5 12:00 b";
    let server = old(FtpServer::start()).listing("/", raw);
    let mut session = server.open();
    let listing = list(&mut session, "/").unwrap();
    assert_eq!(names(&listing), ["a", "b"]);
    assert_eq!(listing.unread, ["what is this"]);
}

/// F16.
#[test]
fn nothing_but_odd_lines_is_told_as_such() {
    let server = old(FtpServer::start()).listing("/", "gibberish one\r\ngibberish two\r\n");
    let mut session = server.open();
    let listing = list(&mut session, "/").unwrap();
    assert!(listing.entries.is_empty());
    assert_eq!(listing.unread, ["gibberish one", "gibberish two"]);
}

#[test]
fn hostile_names_never_lead_out_of_their_directory() {
    let raw = "type=file; ../../etc/passwd\r\ntype=dir; ..\r\ntype=file; /abs\r\ntype=file; ok\r\n";
    let server = FtpServer::start().listing("/", raw);
    let mut session = server.open();
    for entry in list(&mut session, "/").unwrap().entries {
        assert!(!entry.name.contains(&b'/') && &*entry.name != b"..", "{entry:?}");
    }
}

/// F10.
#[test]
fn a_hundred_thousand_entries_can_be_shown_while_they_come() {
    let mut raw = String::new();
    for number in 0..100_000 {
        write!(raw, "-rw-r--r--   1 owner    group        1234 Jan  5 12:00 file{number:06}.dat\r\n").unwrap();
    }
    let server = old(FtpServer::start()).listing("/", raw);
    let mut session = server.open();
    let mut shown = Vec::new();
    let listing = session.list(&RemotePath::root(), &mut |so_far| shown.push(so_far.len())).unwrap();
    assert_eq!(listing.entries.len(), 100_000);
    assert!(shown.is_sorted() && shown.last() == Some(&100_000), "{shown:?}");
    assert_eq!(&*listing.entries[99_999].name, b"file099999.dat");
}

#[test]
fn cancelling_ends_a_listing_and_the_session_goes_on() {
    let raw = "type=file; a\r\n".repeat(1000);
    let server = FtpServer::start().listing("/", raw).fault_times(Fault::StallData { verb: "MLSD", after: 500 }, 1);
    let mut dial = server.dial();
    dial.timeouts.reply = Duration::from_secs(600);
    let mut session = server.try_open(&dial).unwrap();
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("MLSD", 1);
            cancel.cancel();
        });
        assert_eq!(list(&mut session, "/").err(), Some(FtpError::Cancelled));
    });
    session.set_cancel(&Cancel::new());
    assert_eq!(list(&mut session, "/").unwrap().entries.len(), 1000);
}

/// F12, G03.
#[test]
fn without_a_login_directory_paths_go_out_as_arguments() {
    let server = FtpServer::start().on("PWD", "550 No").file("/sub dir/a", "x").file("/b", "y");
    let mut session = server.open();
    assert_eq!(names(&list(&mut session, "sub dir").unwrap()), ["a"]);
    assert_eq!(names(&list(&mut session, "").unwrap()), ["b", "sub dir"]);
    assert_eq!(fetch(&mut session, "sub dir/a").unwrap(), b"x");
    server.assert_heard_in_order(&["MLSD sub dir", "MLSD", "RETR sub dir/a"]);
    server.assert_never_heard("CWD");
}

#[test]
fn what_is_shown_of_a_listing_is_what_it_has() {
    let server = FtpServer::start().file("/a", "x").file("/b", "y");
    let mut session = server.open();
    let mut seen = Vec::new();
    let listing = session.list(&RemotePath::root(), &mut |so_far| seen = so_far.to_vec()).unwrap();
    assert_eq!((listing.entries.len(), seen), (2, listing.entries));
}

#[test]
fn a_listing_without_end_is_given_up_and_the_session_goes_on() {
    let server = old(FtpServer::start()).dir("/d").listing("/d", vec![b'x'; 20 * 1024 * 1024]).file("/a", "x");
    let mut session = server.open();
    assert!(matches!(list(&mut session, "/d"), Err(FtpError::EndlessListing { .. })));
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a", "d"]);
}

#[test]
fn a_listing_that_the_server_cut_says_so() {
    let server = FtpServer::start()
        .file("/a", "x")
        .fault(Fault::FinalReply { verb: "MLSD", reply: "226-Options: -a -l\r\n226 Output truncated to 1 matches" });
    let listing = list(&mut server.open(), "/").unwrap();
    assert_eq!(names(&listing), ["a"]);
    assert!(listing.cut.as_ref().unwrap().contains("Output truncated to 1 matches") && !listing.is_whole());
    assert!(list(&mut FtpServer::start().open(), "/").unwrap().is_whole());
}

/// An upload would replace it.
#[test]
fn a_no_for_the_moment_is_not_taken_for_nothing_there() {
    let busy = "450 Try again.";
    let server = FtpServer::start().file("/a", "123").on("MLST", busy).on("SIZE", busy).on("MDTM", busy);
    let mut session = server.open();
    assert_eq!(session.facts(&RemotePath::from("/a")).unwrap().unwrap().size, Some(3));
    assert_eq!(session.facts(&RemotePath::from("/none")).unwrap(), None);
}

#[test]
fn facts_are_found_with_mlst_or_without() {
    let server = FtpServer::start().file("/dir/a b", "12345");
    for server in [server, old(FtpServer::start()).file("/dir/a b", "12345")] {
        let mut session = server.open();
        let file = session.facts(&RemotePath::from("/dir/a b")).unwrap().unwrap();
        assert_eq!((file.kind, file.size), (EntryKind::File, Some(5)));
        assert_eq!(file.modified.unwrap().iso(), "2024-03-05T06:07:08Z");
        let dir = session.facts(&RemotePath::from("/dir")).unwrap().unwrap();
        assert_eq!(dir.kind, EntryKind::Directory);
        assert_eq!(session.facts(&RemotePath::from("/none")).unwrap(), None);
        assert_eq!(session.facts(&RemotePath::root()).unwrap().unwrap().kind, EntryKind::Directory);
    }
}

#[test]
fn facts_are_found_even_where_the_server_only_lists() {
    let server = FtpServer::start().without(&["MLSD", "MLST", "SIZE", "MDTM"]).file("/dir/a", "12345");
    let mut session = server.open();
    let file: Facts = session.facts(&RemotePath::from("/dir/a")).unwrap().unwrap();
    assert_eq!((file.kind, file.size), (EntryKind::File, Some(5)));
    assert_eq!(session.facts(&RemotePath::from("/dir")).unwrap().unwrap().kind, EntryKind::Directory);
    assert_eq!(session.facts(&RemotePath::from("/dir/none")).unwrap(), None);
}

#[test]
fn sizes_that_cannot_be_are_unknown() {
    let server = old(FtpServer::start()).file("/a", "x").on("SIZE", "213 99999999999999999999999999999999");
    let mut session = server.open();
    assert_eq!(session.facts(&RemotePath::from("/a")).unwrap().unwrap().size, None);
    let server = old(FtpServer::start()).file("/a", "x").on("SIZE", "213 8589934592").on("MDTM", "213 rubbish");
    let mut session = server.open();
    let facts = session.facts(&RemotePath::from("/a")).unwrap().unwrap();
    assert_eq!((facts.size, facts.modified), (Some(8_589_934_592), None));
}
