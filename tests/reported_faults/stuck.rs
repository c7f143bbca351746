use std::fs;

use crate::cli::{Twinport, url};
use crate::common::bench::Bench;
use crate::common::face::CONNECTION;
use crate::common::ftp_server::{Fault, FtpServer};
use crate::plainly;
use twinport::domain::RemotePath;
use twinport::engine::message::{Command, ConnectionState, Event, JobState, Outcome};

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

/// EPSV that an old firewall swallows (git-ftp#61) is asked once: the next session uses PASV, and so does the next run.
#[test]
fn a_command_that_is_swallowed_is_not_asked_again() {
    let server = FtpServer::start().file("/a", "a").fault(Fault::Silent("EPSV"));
    let twinport = Twinport::new();
    let get = |name: &str| {
        let to = ["get", "--tls", "off", "--timeout", "2", &url(&server, "/a"), name].map(str::to_owned);
        twinport.run(to)
    };
    let ran = get("one");
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(server.count("EPSV"), 1, "{:#?}", server.transcript());
    assert_eq!(get("two").code, Some(0));
    assert_eq!(server.count("EPSV"), 1, "asked again by the next run");
}

/// What is optional after the login does not end it.
#[test]
fn a_login_goes_on_without_an_answer_to_feat() {
    for fault in [Fault::Silent("FEAT"), Fault::CloseAt("FEAT")] {
        let server = FtpServer::start().file("/a", "a").fault(fault.clone());
        let twinport = Twinport::new();
        let ran = twinport.run(["ls", "--tls", "off", "--timeout", "2", &url(&server, "/")]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), "a\n"), "{fault:?}: {ran:#?}");
    }
}

/// The session ends between 226 and the renaming: the file is renamed on the next one, and not sent again.
#[test]
fn a_whole_upload_is_renamed_after_the_server_hung_up() {
    let server = FtpServer::start().fault_times(Fault::CloseAt("SIZE"), 1);
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a.bin"), vec![b'x'; 3000]).unwrap();
    let order = bench.send("a.bin", "/");
    bench.face.transfer_well(vec![order]);
    assert_eq!(server.content("/a.bin").unwrap(), vec![b'x'; 3000]);
    assert_eq!(server.count("STOR"), 1, "{:#?}", server.transcript());
}

/// Some servers take names of the current folder only.
#[test]
fn files_come_and_go_by_bare_names_where_paths_are_refused() {
    let server = FtpServer::start().file("/d/a.txt", "a").without(&["MLST", "MLSD"]);
    for verb in ["RETR", "SIZE", "MDTM", "STOR", "RNFR", "RNTO"] {
        for name in ["a.txt", "up.txt"] {
            server.rule(verb, Some(format!("/d/{name}").into_bytes()), None, "553 Names of this folder only.");
        }
    }
    let twinport = Twinport::new();
    twinport.file("up.txt", b"up");
    let ran = plainly(&twinport, &["get", &url(&server, "/d/a.txt")]);
    assert_eq!((ran.code, twinport.read("a.txt")), (Some(0), b"a".to_vec()), "{ran:#?}");
    let ran = plainly(&twinport, &["put", "--direct", "up.txt", &url(&server, "/d/")]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(server.content("/d/up.txt").unwrap(), b"up");
}

/// No CWD: a listing goes by LIST with its path.
#[test]
fn a_folder_is_listed_by_its_path_where_cwd_is_unknown() {
    let server = FtpServer::start().file("/d/a.txt", "a").without(&["CWD", "CDUP", "MLST", "MLSD"]);
    let twinport = Twinport::new();
    let ran = plainly(&twinport, &["ls", &url(&server, "/d/")]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "a.txt\n"), "{ran:#?}");
}

/// A listing tells 32 TiB, SIZE tells the truth: nobody waits for room.
#[test]
fn an_absurd_size_in_a_listing_is_asked_for_again() {
    let listing = "type=file;size=35184372088832; a\r\n";
    let server = FtpServer::start().file("/d/a", "abc").listing("/d", listing);
    let twinport = Twinport::new();
    let ran = plainly(&twinport, &["get", &url(&server, "/d/"), "here"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(twinport.names().iter().any(|name| name.ends_with("/a")), "{:?}", twinport.names());
}

/// A disk that is full stays full: the command line ends, within the time that it was given.
#[test]
fn a_full_disk_on_the_server_ends_a_script() {
    let server = FtpServer::start().on("STOR", "552 Quota exceeded.");
    let twinport = Twinport::new();
    twinport.file("a", b"a");
    let ran = twinport.run(["put", "--tls", "off", "--wait-for-room", "1", "a", &url(&server, "/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("full") || ran.err.contains("room") || ran.err.contains("space"), "{ran:#?}");
}

/// PWD tells a folder that cannot be entered: names are not put behind it.
#[test]
fn a_login_folder_that_cannot_be_entered_is_not_put_before_names() {
    let server = FtpServer::start().file("/in/a.txt", "a").without(&["MLST", "MLSD"]);
    let server = server.on_nth("PWD", 1, "257 \"/var/ftp/u\" is current directory");
    let twinport = Twinport::new();
    twinport.file("up.txt", b"up");
    let ran = plainly(&twinport, &["get", &url(&server, "/in/a.txt")]);
    assert_eq!((ran.code, fs::read(twinport.path("a.txt")).ok()), (Some(0), Some(b"a".to_vec())), "{ran:#?}");
}
