//! Making, renaming, removing, permissions and times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::exchange::{list, names};
use common::ftp_server::{Fault, FtpServer, Node};
use twinport::domain::{RemotePath, Timestamp};
use twinport::ftp::error::FtpError;

fn path(text: &str) -> RemotePath {
    RemotePath::from(text)
}

fn refused(result: Result<(), FtpError>) -> (&'static str, u16) {
    match result {
        Err(FtpError::Refused { verb, reply, .. }) => (verb, reply.code),
        other => panic!("{other:?}"),
    }
}

/// G08.
#[test]
fn a_directory_that_exists_is_no_error() {
    let server = FtpServer::start().file("/file", "x");
    let mut session = server.open();
    assert_eq!(session.make_dir(&path("/a b")), Ok(true));
    assert_eq!(session.make_dir(&path("/a b")), Ok(false));
    assert_eq!(refused(session.make_dir(&path("/file")).map(|_| ())), ("MKD", 550), "a file is no directory");
    assert_eq!(refused(session.make_dir(&path("/none/a")).map(|_| ())), ("MKD", 550));
}

/// B17.
#[test]
fn any_yes_to_mkd_will_do() {
    for reply in ["257 \"/a\" created", "250 Done", "200 Ok"] {
        let server = FtpServer::start().on("MKD", reply);
        assert_eq!(server.open().make_dir(&path("/a")), Ok(true));
    }
}

#[test]
fn missing_directories_above_are_made_too() {
    for (greeting, between) in [("220 Hello", "CWD /a"), ("220 (vsFTPd 3.0.3)", "MKD /a/b")] {
        let server = FtpServer::start().greeting(greeting).dir("/a");
        let mut session = server.open();
        assert_eq!(session.make_dirs(&path("/a/b/c/d")), Ok(true));
        assert!(server.exists("/a/b/c/d"));
        // The lowest first, since it is all that is missing as a rule; then from the top, in one go where that is possible.
        let all = server.transcript();
        let made: Vec<&String> = all.iter().filter(|line| line.starts_with("MKD")).collect();
        assert_eq!(made, ["MKD /a/b/c/d", "MKD /a", "MKD /a/b", "MKD /a/b/c", "MKD /a/b/c/d"]);
        server.assert_heard_in_order(&["MKD /a", between]);
        assert_eq!(all.iter().any(|line| line == "CWD /a"), between == "CWD /a", "{all:?}");
        assert_eq!(session.make_dirs(&path("/a/b/c/d")), Ok(false));
    }
}

#[test]
fn directories_that_cannot_be_made_end_in_one_error() {
    let server = FtpServer::start().on("MKD", "550 Permission denied");
    let mut session = server.open();
    assert_eq!(refused(session.make_dirs(&path("/a/b/c")).map(drop)), ("MKD", 550));
    assert!(server.count("MKD") <= 5, "{:#?}", server.transcript());
}

/// G08.
#[test]
fn refusals_are_told_per_item_and_the_session_goes_on() {
    let server = FtpServer::start().file("/d/a", "x");
    let mut session = server.open();
    assert_eq!(refused(session.remove_file(&path("/none"))), ("DELE", 550));
    assert_eq!(refused(session.remove_dir(&path("/d"))), ("RMD", 550));
    assert_eq!(refused(session.set_permissions(&path("/none"), 0o644)), ("SITE CHMOD", 550));
    session.remove_file(&path("/d/a")).unwrap();
    session.remove_dir(&path("/d")).unwrap();
    assert_eq!(server.paths(), ["/"]);
}

/// B17.
#[test]
fn any_yes_to_dele_and_rmd_will_do() {
    let server = FtpServer::start().on("DELE", "200 Ok").on("RMD", "226 Ok");
    let mut session = server.open();
    session.remove_file(&path("/a")).unwrap();
    session.remove_dir(&path("/b")).unwrap();
}

#[test]
fn the_directory_we_are_in_is_left_before_it_is_removed() {
    let server = FtpServer::start().dir("/d/e");
    let mut session = server.open();
    list(&mut session, "/d/e").unwrap();
    session.remove_dir(&path("/d/e")).unwrap();
    assert!(!server.exists("/d/e"));
}

#[test]
fn a_tree_goes_with_its_hidden_files_and_links_are_never_followed() {
    for without in [&[][..], &["MLSD"]] {
        let server = FtpServer::start()
            .without(without)
            .file("/keep/precious", "x")
            .file("/tree/.hidden", "x")
            .file("/tree/sub/.deep/file", "x")
            .link("/tree/link", "/keep")
            .link("/tree/loop", "/tree");
        let server = (0..30).fold(server, |server, number| server.file(format!("/tree/sub/f{number}"), "x"));
        let mut session = server.open();
        let mut removed = Vec::new();
        session.remove_tree(&path("/tree"), &mut |path| removed.push(path.to_string())).unwrap();
        assert_eq!(server.paths(), ["/", "/keep", "/keep/precious"]);
        assert_eq!(removed.last().unwrap(), "/tree");
        assert_eq!(removed.len(), 37);
    }
}

/// G09.
#[test]
fn one_thing_that_cannot_be_removed_keeps_the_rest_from_nothing() {
    let server = FtpServer::start().file("/tree/a", "x").file("/tree/b", "x").file("/tree/c/d", "x").on_argument(
        "DELE",
        "/tree/a",
        "550 Permission denied",
    );
    let mut session = server.open();
    let mut removed = Vec::new();
    let result = session.remove_tree(&path("/tree"), &mut |path| removed.push(path.to_string()));
    assert_eq!(refused(result), ("DELE", 550));
    assert_eq!(removed, ["/tree/c/d", "/tree/c", "/tree/b"]);
    assert_eq!(names(&list(&mut session, "/tree").unwrap()), ["a"]);
}

/// Pure-FTPd lists 10,000 at most.
#[test]
fn a_tree_whose_listing_was_cut_is_looked_at_again() {
    let cut = Fault::FinalReply { verb: "MLSD", reply: "226 Output truncated to 2 matches" };
    let server = FtpServer::start().file("/tree/a", "x").file("/tree/b", "x").fault_times(cut, 1);
    server.open().remove_tree(&path("/tree"), &mut |_| {}).unwrap();
    assert_eq!((server.count("MLSD"), server.paths()), (2, vec!["/".to_owned()]));
}

#[test]
fn hostile_names_remove_nothing_outside() {
    let server = FtpServer::start()
        .file("/precious", "x")
        // RMD is refused, as of every folder that is not empty.
        .file("/tree/in", "x")
        .listing("/tree", "type=file; ../precious\r\ntype=dir; ..\r\n");
    let mut session = server.open();
    session.remove_tree(&path("/tree"), &mut |_| {}).unwrap_err();
    assert!(server.exists("/precious"));
}

#[test]
fn renaming_takes_one_write_and_any_yes() {
    let server = FtpServer::start().file("/a b", "x");
    let mut session = server.open();
    session.rename(&path("/a b"), &path("/c d")).unwrap();
    assert_eq!(server.content("/c d").unwrap(), b"x");
    server.assert_heard_in_order(&["RNFR /a b", "RNTO /c d"]);
    let server = FtpServer::start().on("RNFR", "350 Go on").on("RNTO", "200 Ok");
    server.open().rename(&path("/a"), &path("/b")).unwrap();
}

/// G10.
#[test]
fn a_refused_rename_says_which_side_is_to_blame_and_stays_in_step() {
    let server = FtpServer::start().file("/a", "x").on("RNTO", "553 Not there");
    let mut session = server.open();
    assert_eq!(refused(session.rename(&path("/none"), &path("/b"))), ("RNFR", 550));
    assert_eq!(refused(session.rename(&path("/a"), &path("/b"))), ("RNTO", 553));
    session.noop().unwrap();
}

/// What is in the way goes only where the new file is known to be whole: that is the engine's matter.
#[test]
fn renaming_deletes_nothing() {
    let server = FtpServer::start().file("/a", "new").file("/b", "old").on("RNTO", "550 Cannot create: exists");
    assert_eq!(refused(server.open().rename(&path("/a"), &path("/b"))), ("RNTO", 550));
    server.assert_never_heard("DELE");
    assert_eq!(server.content("/b").unwrap(), b"old");
}

#[test]
fn permissions_are_set() {
    let server = FtpServer::start().file("/a b", "x");
    server.open().set_permissions(&path("/a b"), 0o600).unwrap();
    assert!(matches!(server.node("/a b"), Some(Node::File { mode: 0o600, .. })));
    let server = FtpServer::start().without(&["SITE"]);
    assert_eq!(refused(server.open().set_permissions(&path("/a"), 0o600)), ("SITE CHMOD", 500));
}

#[test]
fn times_are_set_one_way_or_another() {
    let time = Timestamp::utc(1_000_000_000);
    let utime = "SITE UTIME /a 20010909014640 20010909014640 20010909014640 UTC";
    for (without, features, heard) in [
        (&[][..], &[][..], "MFMT 20010909014640 /a"),
        (&["MFMT"], &[], "MDTM 20010909014640 /a"),
        (&["MFMT"], &["SITE UTIME"], utime),
        (&["MFMT", "MDTM"], &[], utime),
        (&["FEAT", "MFMT", "MDTM"], &[], utime),
    ] {
        let server = FtpServer::start().without(without).file("/a", "x");
        let server = features.iter().fold(server, |server, feature| server.feature(feature));
        assert_eq!(server.open().set_modified(&path("/a"), time), Ok(true));
        assert!(matches!(server.node("/a"), Some(Node::File { modified: 1_000_000_000, .. })));
        server.assert_heard_in_order(&[heard]);
    }
}

#[test]
fn a_server_that_cannot_set_times_is_asked_once_in_each_way() {
    for server in [
        FtpServer::start().without(&["MDTM", "SITE"]).on("MFMT", "502 No"),
        FtpServer::start().without(&["MFMT", "SITE"]).on("MDTM", "550 20010909014640 /a: no such file"),
        FtpServer::start().without(&["MFMT", "MDTM"]).on("SITE", "502 No"),
        FtpServer::start().without(&["MFMT", "MDTM", "SITE"]),
    ] {
        let mut session = server.open();
        assert_eq!(session.set_modified(&path("/a"), Timestamp::utc(0)), Ok(false));
        assert_eq!(session.set_modified(&path("/a"), Timestamp::utc(0)), Ok(false));
        assert!(server.count("MFMT") <= 1 && server.count("MDTM") <= 1 && server.count("SITE") <= 1);
        session.noop().unwrap();
    }
}

#[test]
fn a_line_break_in_a_path_is_never_sent() {
    let server = FtpServer::start();
    let mut session = server.open();
    let bad = path("/a\r\nQUIT");
    let is_bad =
        |result: Result<(), FtpError>| assert!(matches!(result, Err(FtpError::BadArgument { .. })), "{result:?}");
    is_bad(session.make_dir(&bad).map(|_| ()));
    is_bad(session.make_dirs(&bad).map(drop));
    is_bad(session.remove_file(&bad));
    is_bad(session.remove_dir(&bad));
    is_bad(session.remove_tree(&bad, &mut |_| {}));
    is_bad(session.rename(&bad, &path("/b")));
    is_bad(session.rename(&path("/b"), &bad));
    is_bad(session.set_permissions(&bad, 0o644));
    is_bad(session.set_modified(&bad, Timestamp::utc(0)).map(|_| ()));
    is_bad(session.list(&bad, &mut |_| {}).map(|_| ()));
    is_bad(session.facts(&bad).map(|_| ()));
    assert_eq!(server.transcript().len(), 7, "nothing was sent");
}
