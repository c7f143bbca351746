use crate::cli::{Twinport, url};
use crate::common::bench::Bench;
use crate::common::ftp_server::FtpServer;
use crate::plainly;
use twinport::engine::message::JobState;

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

/// Lines that nobody understands may be files: the folder was not seen whole.
#[test]
fn a_listing_with_lines_that_mean_nothing_fails_the_folder() {
    let listing = "type=file;size=1; a\r\n\u{1}\u{2} ~~ what is this\r\n";
    let server = FtpServer::start().file("/dir/a", "a").listing("/dir", listing);
    let twinport = Twinport::new();
    let ran = plainly(&twinport, &["get", &url(&server, "/dir/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("/dir"), "{ran:#?}");
}

/// A link that leads back to a folder above it is known by MLSD's `unique`: it ends there and is told.
#[test]
fn a_circle_of_folders_ends_and_is_told() {
    let server = FtpServer::start()
        .file("/loop/a", "a")
        .dir("/loop/self")
        .listing("/", "type=dir;unique=1g1; loop\r\n")
        .listing("/loop", "type=cdir;unique=1g1; .\r\ntype=dir;unique=1g1; self\r\ntype=file;size=1;unique=1g2; a\r\n")
        .listing(
            "/loop/self",
            "type=cdir;unique=1g1; .\r\ntype=dir;unique=1g1; self\r\ntype=file;size=1;unique=1g2; a\r\n",
        );
    let mut bench = Bench::new(&server);
    let order = bench.fetch("/loop");
    let jobs = bench.face.transfer(vec![order]);
    let left: Vec<String> =
        jobs.iter().filter(|job| matches!(job.state, JobState::LeftOut(_))).map(|job| job.remote.to_string()).collect();
    assert_eq!(left, ["/loop/self"], "{jobs:?}");
    assert!(bench.path("loop/a").exists() && !bench.path("loop/self").exists());
}

/// Each name twice in a listing (troglobit/uftpd#38) is one file.
#[test]
fn a_name_that_is_listed_twice_comes_once() {
    let line = "-rw-r--r-- 1 u g 1 Jan  1 00:00 a\r\n";
    let server =
        FtpServer::start().without(&["MLSD", "MLST"]).file("/dir/a", "a").listing("/dir", [line, line].concat());
    let twinport = Twinport::new();
    assert_eq!(plainly(&twinport, &["get", &url(&server, "/dir/"), "here"]).code, Some(0));
    let files: Vec<String> = twinport.names().into_iter().filter(|name| !name.ends_with('/')).collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

/// One word for what was there already, another for what is not transferred at all.
#[cfg(unix)]
#[test]
fn what_is_left_out_was_not_there_already() {
    let server = FtpServer::start();
    let twinport = Twinport::new();
    twinport.file("site/a.txt", b"a");
    std::fs::create_dir(twinport.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", twinport.path("site/linked")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(twinport.path("site/pipe")).status().unwrap().success());
    let ran = plainly(&twinport, &["put", "--on-exists", "overwrite", "site/", &url(&server, "/site/")]);
    assert!(!ran.err.contains("already"), "{ran:#?}");
    for name in ["linked", "pipe"] {
        assert!(ran.err.lines().any(|line| line.contains(name)), "{name}: {ran:#?}");
    }
}
