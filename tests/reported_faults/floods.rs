use std::fs;
use std::time::Duration;

use crate::cli::{Twinport, url};
use crate::common::exchange;
use crate::common::ftp_server::{Fault, FtpServer};
use crate::plainly;
use twinport::ftp::error::FtpError;
use twinport::net::terms::{Dial, Timeouts};

/// Deadlines that a test can wait for.
fn hurried(server: &FtpServer) -> Dial {
    let second = Duration::from_secs(1);
    Dial { timeouts: Timeouts { connect: second, reply: second, data: second }, ..server.dial() }
}

/// Preliminary replies without end, and a reply of lines without end: each is given up by a count or a deadline.
#[test]
fn a_server_that_never_comes_to_its_answer_is_left() {
    for (verb, line) in [
        ("USER", "230-x"),
        ("PASS", "230-x"),
        ("PASS", "120 in a moment"),
        ("EPSV", "110 in a moment"),
        ("MLSD", "150 Here it comes."),
        ("PWD", "257-still thinking"),
    ] {
        let server = FtpServer::start().file("/a", "a").fault(Fault::Repeat(verb, line));
        let result = server.try_open(&hurried(&server)).and_then(|mut session| exchange::list(&mut session, "/"));
        // Given up, and not taken for a refusal or for an empty folder.
        let given_up = matches!(result, Err(FtpError::Protocol { .. } | FtpError::Timeout { .. }));
        assert!(given_up, "{verb} {line}: {result:?}");
    }
}

/// A second 230 comes when the next command is out already: its answer is not taken for that one's.
#[test]
fn an_extra_reply_is_not_taken_for_the_next_ones() {
    let server = FtpServer::start().file("/a", "abc");
    let mut session = server.open();
    for extra in ["230 Logged in again.", "226 Transfer complete."] {
        server.say(extra);
        assert_eq!(exchange::fetch(&mut session, "/a").unwrap(), b"abc", "after {extra}");
        assert_eq!(exchange::list(&mut session, "/").unwrap().entries.len(), 1, "after {extra}");
    }
}

/// So few files and connections as the system allows: fewer connections, all files.
#[cfg(target_os = "linux")]
#[test]
fn few_descriptors_mean_few_connections_and_all_files() {
    let mut server = FtpServer::start();
    for number in 0..40 {
        server = server.file(format!("/d/{number}"), "x");
    }
    let twinport = Twinport::new();
    let command = twinport.command();
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 24; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    limited.args(["get", "-q", "--tls", "off", "--connections", "8"]).arg(url(&server, "/d/")).arg("here");
    let ended = limited.current_dir(twinport.path(".")).output().unwrap();
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{words}");
    assert_eq!(twinport.names().iter().filter(|name| !name.ends_with('/')).count(), 40, "{words}");
}

/// Folders within each other without end are walked to a depth, and then told.
#[test]
fn an_endless_tree_ends() {
    let deep = "/d".repeat(230);
    let server = FtpServer::start().file(format!("{deep}/f"), "x").file("/d/a", "a");
    let twinport = Twinport::new();
    let ran = plainly(&twinport, &["get", &url(&server, "/d/"), "t"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("200"), "{ran:#?}");
    assert!(twinport.path("t/a").exists() || twinport.path("t/d/a").exists(), "{:?}", twinport.names().first());
}

/// Zeros of an image of a disk take no room: through the buffer, past it (splice), and behind both.
#[cfg(target_os = "linux")]
#[test]
fn zeros_become_a_hole_and_every_byte_is_right() {
    use std::os::unix::fs::MetadataExt as _;
    const MIB: usize = 1 << 20;
    let mut image = vec![0; 64 * MIB];
    image[..100].fill(1);
    image[30 * MIB + 5..][..100_000].fill(2);
    let server = FtpServer::start().file("/disk.img", image.clone());
    let twinport = Twinport::new();
    for segments in ["4", "1"] {
        let to = ["--segments", segments, "--on-exists", "overwrite"];
        let ran = plainly(&twinport, &[&["get", &url(&server, "/disk.img")], &to[..]].concat());
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(fs::read(twinport.path("disk.img")).unwrap() == image);
    }
    let blocks = fs::metadata(twinport.path("disk.img")).unwrap().blocks() * 512;
    assert!(blocks < 45 << 20, "{blocks} bytes of blocks");
}
