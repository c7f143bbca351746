use std::fs;

use crate::cli::{Twinport, url};
use crate::common::bench::Bench;
use crate::common::ftp_server::{Fault, FtpServer};
use crate::plainly;
use twinport::domain::Fingerprint;
use twinport::store::trust::TrustBook;

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

/// A certificate that was asked for, or is trusted already, means TLS or nothing: no name and no password in clear text.
#[test]
fn tls_is_not_stripped_where_a_certificate_was_expected() {
    let print = Fingerprint([7; 32]);
    for pinned in ["--trust", "trust.ron"] {
        let server = FtpServer::start().on("AUTH", "534 Not today.").file("/a", "a");
        let twinport = Twinport::new();
        let words = print.to_string();
        let mut arguments = vec!["ls".to_owned(), url(&server, "/")];
        if pinned == "--trust" {
            arguments.extend(["--trust".to_owned(), words]);
        } else {
            let mut book = TrustBook::default();
            book.trust(&server.address().ip().to_string(), server.address().port(), print);
            fs::write(twinport.profile().join("trust.ron"), book.to_ron().unwrap()).unwrap();
        }
        let ran = twinport.run(&arguments);
        assert_ne!(ran.code, Some(0), "{pinned}: {ran:#?}");
        server.assert_never_heard("USER");
        server.assert_never_heard("PASS");
    }
}

/// Whatever a server does with the password that it was told, it is in no message and in no log.
#[test]
fn a_password_that_the_server_repeats_is_not_shown() {
    for (verb, reply) in [
        ("PASS", "530 The password secret is wrong."),
        ("PASS", "230-Your password is secret\r\n230 Welcome."),
        ("PWD", "257 \"/secret\" is current."),
        ("MLSD", "550 You said secret."),
    ] {
        let server = FtpServer::start().file("/a", "a").on(verb, reply);
        let twinport = Twinport::new().password("secret");
        let ran = twinport.run(["ls", "-vv", "--tls", "off", &format!("ftp://user@{}/", server.address())]);
        assert!(!ran.err.contains("secret"), "{verb} {reply}: {ran:#?}");
    }
}

/// A URL where a path of this computer belongs is a slip: nothing is made under that name, and no password shown.
#[test]
fn a_url_in_place_of_a_local_path_is_wrong_usage() {
    let server = FtpServer::start().file("/a", "a");
    let there = url(&server, "/a");
    for verb in ["get", "put"] {
        let twinport = Twinport::new();
        let ran = twinport.run([verb, "--tls", "off", &there, &there]);
        assert_eq!(ran.code, Some(2), "{verb}: {ran:#?}");
        assert!(!ran.err.contains("secret"), "{verb}: {ran:#?}");
        assert!(twinport.names().is_empty(), "{verb}: {:?}", twinport.names());
        server.assert_never_heard("USER");
    }
}

/// The warning about clear text comes while the password is not answered yet, with `-q` as well.
#[test]
fn the_warning_of_clear_text_does_not_wait_for_the_login() {
    let server = FtpServer::start().on("AUTH", "502 No TLS here.").file("/a", "a").fault(Fault::Hold("PASS"));
    let twinport = Twinport::new();
    let mut child = twinport.command().args(["ls", "-q", &url(&server, "/")]).spawn().unwrap();
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut told, &mut line).unwrap();
    server.release();
    assert!(line.contains("clear text"), "{line}");
    assert!(child.wait().unwrap().success());
}

/// ACCT is a secret: it is in no file of the profile.
#[test]
fn an_account_is_in_no_log() {
    let server = FtpServer::start().account("ledger-7").file("/a", "a");
    let mut bench = Bench::new(&server);
    let mut site = (*bench.site).clone();
    site.account = "ledger-7".into();
    site.logon = twinport::domain::Logon::Account;
    bench.face.connect(&std::sync::Arc::new(site), None).unwrap();
    assert!(!bench.face.log_end().contains("ledger-7"), "{}", bench.face.log_end());
}

/// A folder below the one that was named, which is a link here, leads nowhere; what else there is comes.
#[cfg(unix)]
#[test]
fn a_download_is_not_led_elsewhere_by_a_link_in_its_target() {
    let server = FtpServer::start().file("/t/d/a", "a").file("/t/b", "b");
    let twinport = Twinport::new();
    let (inside, outside) = (twinport.path("to"), twinport.path("outside"));
    fs::create_dir(&inside).unwrap();
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, inside.join("d")).unwrap();
    let ran = plainly(&twinport, &["get", &url(&server, "/t/"), "to"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("is a link to the folder"), "{ran:#?}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(fs::read(inside.join("b")).unwrap(), b"b");
    let ran = plainly(&twinport, &["get", &url(&server, "/t/d/"), "to/d"]);
    assert_eq!(ran.code, Some(0), "the user named the link: {ran:#?}");
    assert_eq!(fs::read(outside.join("a")).unwrap(), b"a");
}
