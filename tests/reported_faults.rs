//! Faults that other clients' users have reported, and attacks: what went wrong here once, with the right value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/cli.rs"]
#[allow(dead_code, unreachable_pub)]
mod cli;
mod common;

use std::fs;

use cli::{Twinport, url};
use common::bench::Bench;
use common::face::CONNECTION;
use common::ftp_server::{Fault, FtpServer};
use twinport::domain::{RemotePath, TransferMode};
use twinport::engine::message::{Command, ConnectionState, Event, JobState, Outcome};
use twinport::net::terms::Dial;

/// A link that MLSD shows as a folder goes by DELE; what it leads to stays.
#[test]
fn a_link_that_is_shown_as_a_folder_is_deleted_and_its_target_is_not() {
    let server = FtpServer::start()
        .file("/data/precious", "x")
        .link("/tree/link", "/data")
        .file("/tree/a", "a")
        .listing("/tree", "type=file;size=1; a\r\ntype=dir; link\r\n");
    let mut session = server.open();
    session.remove_tree(&RemotePath::from("/tree/link"), &mut |_| {}).unwrap();
    assert!(server.exists("/data/precious") && !server.exists("/tree/link"), "{:?}", server.paths());
    server.assert_never_heard("MLSD");
}

/// SIZE goes with RNFR: a file that is shorter than what was sent does not get its name.
#[test]
fn an_upload_that_is_shorter_on_the_server_does_not_get_its_name() {
    let server = FtpServer::start().on("SIZE", "213 3").file("/a.bin", "the old one");
    let twinport = Twinport::new();
    twinport.file("a.bin", b"hello");
    let ran = twinport.run([
        "put",
        "-q",
        "--tls",
        "off",
        "--retries",
        "0",
        "--on-exists",
        "overwrite",
        "a.bin",
        &url(&server, "/"),
    ]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(server.content("/a.bin").unwrap(), b"the old one");
    server.assert_never_heard("RNTO");
}

/// What is left out of a folder is a line on stderr, an object in JSON.
#[cfg(unix)]
#[test]
fn what_is_left_out_is_told_by_name_with_its_reason() {
    let server = FtpServer::start();
    let twinport = Twinport::new();
    twinport.file("site/a.txt", b"a");
    std::os::unix::fs::symlink("nowhere", twinport.path("site/dangling")).unwrap();
    let ran = twinport.run(["put", "--tls", "off", "site/", &url(&server, "/site/")]);
    assert_eq!(server.content("/site/a.txt").unwrap(), b"a");
    assert!(ran.err.lines().any(|line| line.contains("dangling")), "{ran:#?}");
    let ran = twinport.run(["put", "--json", "--tls", "off", "site/", &url(&server, "/other/")]);
    assert!(ran.json().iter().any(|object| object.to_string().contains("dangling")), "{ran:#?}");
}

/// What lies there under a part file's name is followed nowhere.
#[test]
fn a_part_file_that_somebody_planted_as_a_link_is_not_written_through() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]);
    let bench = Bench::new(&server);
    fs::write(bench.path("victim"), b"precious").unwrap();
    let mut bench = bench;
    // The name of the part is learned from a transfer that breaks.
    server.add_fault(Fault::CloseData { verb: "RETR", after: 500 }, None);
    let order = bench.fetch("/a.bin");
    let jobs = bench.face.transfer(vec![order]);
    assert!(matches!(jobs[0].state, JobState::Failed(_)), "{jobs:?}");
    let part = bench.names().into_iter().find(|name| name.ends_with(".twinpart"));
    if let Some(part) = part {
        fs::remove_file(bench.path(&part)).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(bench.path("victim"), bench.path(&part)).unwrap();
        server.clear_faults();
        let order = bench.fetch("/a.bin");
        bench.face.transfer(vec![order]);
        assert_eq!(fs::read(bench.path("victim")).unwrap(), b"precious");
        assert_eq!(fs::read(bench.path("a.bin")).unwrap(), vec![b'x'; 1000]);
    } else {
        panic!("no part was left: {:?}", bench.names());
    }
}

/// Active mode: a stranger's connection is none of the server's: nothing of it passes for the file.
#[test]
fn a_stranger_on_our_port_gives_no_file_and_no_empty_folder() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]).fault(Fault::StrangerConnects);
    let mut session = server.try_open(&Dial { mode: TransferMode::Active, ..server.dial() }).unwrap();
    assert_eq!(common::exchange::list(&mut session, "/").unwrap().entries.len(), 1);
    assert_eq!(common::exchange::fetch(&mut session, "/a.bin").unwrap(), vec![b'x'; 1000]);
}

/// The server hung up while it was idle: the session dials again by itself, and the faces hear the end of that.
#[test]
fn a_session_that_dialled_again_says_that_it_is_back() {
    let server = FtpServer::start().file("/sub/in", "x");
    let mut bench = Bench::new(&server);
    let site = bench.site.clone();
    bench.face.connect(&site, None).unwrap();
    server.hang_up();
    bench.face.send(Command::List { connection: CONNECTION, dir: RemotePath::from("/sub") });
    let restored = |event: &Event| match event {
        Event::Connection { state: ConnectionState::Restored, .. } => Some(true),
        Event::Connection { state: ConnectionState::Failed(_), .. } => Some(false),
        _ => None,
    };
    assert!(bench.face.until("the end of dialling", restored));
}

/// A password in the URL is not in the list of processes while the program works.
#[cfg(target_os = "linux")]
#[test]
fn a_password_in_the_url_leaves_the_list_of_processes() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::Hold("RETR"));
    let twinport = Twinport::new();
    let mut child = twinport.command().args(["get", "-q", "--tls", "off", &url(&server, "/a")]).spawn().unwrap();
    server.wait_heard("RETR", 1);
    let shown = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    server.release();
    assert!(child.wait().unwrap().success());
    assert!(!shown.windows(6).any(|six| six == b"secret"), "{}", String::from_utf8_lossy(&shown));
}

/// Two commands of one profile at once upload one file: one of them waits or is refused, the result is one whole file.
#[test]
fn two_uploads_of_one_file_leave_one_whole_file() {
    let server = FtpServer::start();
    let twinport = Twinport::new();
    twinport.file("one/a.bin", &vec![b'1'; 300_000]);
    twinport.file("two/a.bin", &vec![b'2'; 300_000]);
    let start = |from: &str| {
        let arguments = ["put", "-q", "--tls", "off", "--on-exists", "overwrite", from, &url(&server, "/")];
        twinport.command().args(arguments).spawn().unwrap()
    };
    let mut both = [start("one/a.bin"), start("two/a.bin")];
    let well = both.iter_mut().map(|child| child.wait().unwrap().success()).filter(|well| *well).count();
    assert!(well >= 1);
    let stored = server.content("/a.bin").unwrap();
    assert!(stored == vec![b'1'; 300_000] || stored == vec![b'2'; 300_000], "mixed: {} bytes", stored.len());
}

/// `REST` refused for uploads (ProFTPD as installed: `AllowStoreRestart off`): the file begins anew.
#[test]
fn a_continued_upload_that_is_refused_begins_anew() {
    let server = FtpServer::start().fault_times(Fault::CloseData { verb: "STOR", after: 100_000 }, 1);
    server.rule("APPE", None, None, "550 APPE: Operation not permitted");
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a.bin"), vec![b'x'; 300_000]).unwrap();
    server.rule("REST", None, None, "550 REST: Operation not permitted");
    let order = bench.send("a.bin", "/");
    let jobs = bench.face.transfer(vec![order]);
    assert_eq!(jobs[0].state, JobState::Done(Outcome::Transferred));
    assert_eq!(server.content("/a.bin").unwrap(), vec![b'x'; 300_000]);
}
