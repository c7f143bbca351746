//! The command line and encryption: what is trusted, what is said where it is not, and that nothing is sent before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/cli.rs"]
#[allow(dead_code, unreachable_pub)]
mod cli;
mod common;

use std::fs;

use cli::{Ran, Twinport, url};
use common::files::noise;
use common::ftp_server::FtpServer;
use common::tls_front::{Front, TlsFront};
use serde_json::json;
use twinport::domain::{Fingerprint, Learned, Security, Site, SiteId};
use twinport::store::sitebook::{Node, SiteBook};
use twinport::store::trust::TrustBook;

fn encrypted(front: Front) -> (FtpServer, TlsFront) {
    let server = FtpServer::start().user("user", "secret").file("/file.txt", b"file".to_vec());
    let front = TlsFront::start(&server, front);
    (server, front)
}

/// A server that takes no TLS.
fn plain() -> FtpServer {
    FtpServer::start().user("user", "secret").on("AUTH", "502 Not here.").file("/file.txt", b"file".to_vec())
}

fn implicit() -> Front {
    Front { implicit: true, ..Front::default() }
}

fn through(scheme: &str, front: &TlsFront, path: &str) -> String {
    format!("{scheme}://user:secret@{}{path}", front.address())
}

/// `ls`, `get` and `put` with that URL and these options.
fn each_verb(twinport: &Twinport, url: &str, options: &[&str]) -> Vec<Ran> {
    let local = twinport.file("local.txt", b"up").display().to_string();
    let commands = [vec!["ls", url], vec!["get", "--on-exists", "overwrite", url], vec!["put", &local, url]];
    commands.into_iter().map(|command| twinport.run([&command, options].concat())).collect()
}

fn warning(server: &FtpServer) -> String {
    let host = server.address().ip();
    format!("twinport: {host} offers no encryption: the password and all files go in clear text.")
}

fn warnings(ran: &Ran) -> usize {
    ran.err.lines().filter(|line| line.contains("clear text")).count()
}

#[test]
fn the_scheme_or_the_option_says_how_it_is_encrypted() {
    for (scheme, options, front) in [
        ("ftpes", &[][..], Front::default()),
        ("ftps", &[], implicit()),
        ("ftp", &[], Front::default()),
        ("ftp", &["--tls", "auto"], Front::default()),
        ("ftp", &["--tls", "explicit"], Front::default()),
        ("ftp", &["--tls", "implicit"], implicit()),
        ("ftps", &["--tls", "explicit"], Front::default()),
        ("ftpes", &["--tls", "implicit"], implicit()),
    ] {
        let (server, front) = encrypted(front);
        let print = front.fingerprint().to_string();
        let twinport = Twinport::new();
        let data = noise(1, 200_000);
        twinport.file("up.bin", &data);
        let with = |arguments: &[&str]| {
            let ran = twinport.succeed([arguments, options, &["-q", "--trust", &print]].concat());
            assert_eq!(ran.err, "", "{scheme} {options:?}");
            ran
        };
        assert_eq!(with(&["ls", &through(scheme, &front, "/")]).out, "file.txt\n");
        with(&["get", &through(scheme, &front, "/file.txt")]);
        with(&["put", "up.bin", &through(scheme, &front, "/")]);
        assert_eq!(twinport.read("file.txt"), b"file");
        assert!(server.content("/up.bin").unwrap() == data, "{scheme} {options:?}");
        let seen = front.seen();
        assert_eq!((seen.data, seen.resumed, seen.cut), (3, 3, 0), "{scheme} {options:?}");
    }
}

#[test]
fn without_encryption_where_the_user_says_so() {
    let server = plain();
    for scheme in ["ftp:", "ftpes:", "ftps:"] {
        let url = url(&server, "/file.txt").replace("ftp:", scheme);
        for ran in each_verb(&Twinport::new(), &url, &["--tls", "off"]) {
            assert_eq!((ran.code, warnings(&ran)), (Some(0), 0), "{ran:#?}");
        }
    }
    server.assert_never_heard("AUTH");
}

#[test]
fn an_unknown_certificate_is_status_4_and_one_line_with_what_to_compare_and_to_do() {
    for (scheme, front) in [("ftpes", Front::default()), ("ftps", implicit()), ("ftp", Front::default())] {
        let (server, front) = encrypted(front);
        let twinport = Twinport::new();
        for ran in each_verb(&twinport, &through(scheme, &front, "/file.txt"), &[]) {
            assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{ran:#?}");
            assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
            assert!(ran.err.contains(&front.fingerprint().to_string()) && ran.err.contains("--trust"), "{}", ran.err);
        }
        server.assert_never_heard("USER");
        assert_eq!(twinport.names(), ["local.txt"]);
    }
}

#[test]
fn json_stays_json_where_the_certificate_is_unknown() {
    let (_server, front) = encrypted(Front::default());
    let twinport = Twinport::new();
    let ran = twinport.run(["ls", "--json", &through("ftpes", &front, "/")]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.lines().count()), (Some(4), "", 1), "{ran:#?}");
    let url = through("ftpes", &front, "/file.txt");
    let local = twinport.file("local.txt", b"up").display().to_string();
    for command in [["get", "--json", &url, "there"], ["put", "--json", &local, &url]] {
        let ran = twinport.run(command);
        assert_eq!((ran.code, ran.err.lines().count()), (Some(4), 1), "{ran:#?}");
        let lines = ran.json();
        let [file, summary] = &lines[..] else { panic!("{lines:#?}") };
        assert_eq!((&file["event"], &file["status"]), (&json!("file"), &json!("failed")));
        assert!(file["error"].as_str().unwrap().contains(&front.fingerprint().to_string()), "{file}");
        assert_eq!(
            (&summary["event"], &summary["files"], &summary["failed"]),
            (&json!("summary"), &json!(0), &json!(1))
        );
    }
}

#[test]
fn trust_takes_the_fingerprint_as_people_copy_it() {
    let (server, front) = encrypted(Front::default());
    let print = front.fingerprint().to_string();
    let bare = print.replace(':', "");
    let other = Fingerprint([7; 32]).to_string();
    let twinport = Twinport::new();
    let url = through("ftpes", &front, "/");
    for trust in [
        &[&*print][..],
        &[&print.to_lowercase()],
        &[&bare],
        &[&bare.to_lowercase()],
        &[&other, &print],
        &[&print, &other],
    ] {
        let options = trust.iter().flat_map(|print| ["--trust", print]);
        let ran = twinport.succeed(["ls", &url].into_iter().chain(options));
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("file.txt\n", ""), "{trust:?}");
    }
    let before = server.count("USER");
    let ran = twinport.run(["ls", "--trust", &other, &url]);
    assert_eq!((ran.code, server.count("USER")), (Some(4), before), "{ran:#?}");
    assert!(!twinport.profile().join("trust.ron").exists(), "what one command trusts is not kept");
}

#[test]
fn a_fingerprint_that_is_none_is_wrong_usage() {
    let (server, front) = encrypted(Front::default());
    for wrong in ["", "AB:CD", "not hexadecimal", &"G".repeat(64), &"A".repeat(63), &"A".repeat(66)] {
        let ran = Twinport::new().run(["ls", "--trust", wrong, &through("ftpes", &front, "/")]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:#?}");
        assert!(ran.err.contains("--trust"), "{}", ran.err);
    }
    assert_eq!(server.accepted_connections(), 0);
}

#[test]
fn insecure_takes_any_certificate() {
    for front in [
        Front::default(),
        Front { expired: true, ..Front::default() },
        Front { names: vec!["x.example".into()], ..implicit() },
    ] {
        let scheme = if front.implicit { "ftps" } else { "ftpes" };
        let (_server, front) = encrypted(front);
        for ran in each_verb(&Twinport::new(), &through(scheme, &front, "/file.txt"), &["--insecure"]) {
            assert_eq!(ran.code, Some(0), "{ran:#?}");
        }
    }
}

#[test]
fn what_the_window_trusts_the_command_line_trusts_and_a_changed_certificate_is_status_4() {
    let (server, front) = encrypted(Front::default());
    let twinport = Twinport::new();
    let trust = |fingerprint: Fingerprint| {
        let mut book = TrustBook::default();
        book.trust("127.0.0.1", front.address().port(), fingerprint);
        fs::write(twinport.profile().join("trust.ron"), book.to_ron().unwrap()).unwrap();
    };
    trust(front.fingerprint());
    for ran in each_verb(&twinport, &through("ftpes", &front, "/file.txt"), &["-q"]) {
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:#?}");
    }
    let before = server.count("USER");
    let old = Fingerprint([7; 32]);
    trust(old);
    for ran in each_verb(&twinport, &through("ftpes", &front, "/file.txt"), &[]) {
        assert_eq!((ran.code, ran.err.lines().count()), (Some(4), 1), "{ran:#?}");
        for said in ["has changed", &old.to_string(), &front.fingerprint().to_string()] {
            assert!(ran.err.contains(said), "{said}: {}", ran.err);
        }
    }
    assert_eq!(server.count("USER"), before);
}

#[test]
fn tls_that_must_be_and_is_not_offered_is_status_3_and_a_sentence() {
    for options in [&[][..], &["--tls", "explicit"]] {
        let server = plain();
        let scheme = if options.is_empty() { "ftpes" } else { "ftp" };
        let url = url(&server, "/file.txt").replace("ftp:", &format!("{scheme}:"));
        for ran in each_verb(&Twinport::new(), &url, options) {
            assert_eq!((ran.code, ran.err.lines().count()), (Some(3), 1), "{ran:#?}");
            assert!(ran.err.contains("offers no encryption") && ran.err.contains("Not here."), "{}", ran.err);
            assert!(!ran.err.contains("go in clear text"), "{}", ran.err);
        }
        server.assert_never_heard("USER");
    }
}

#[test]
fn implicit_tls_where_the_port_is_plain_is_status_3_and_a_sentence() {
    let server = plain();
    let url = url(&server, "/file.txt").replace("ftp:", "ftps:");
    for ran in each_verb(&Twinport::new(), &url, &[]) {
        assert_eq!((ran.code, ran.err.lines().count()), (Some(3), 1), "{ran:#?}");
        assert!(ran.err.contains("does not speak TLS"), "{}", ran.err);
    }
    server.assert_never_heard("USER");
}

#[test]
fn a_server_that_has_spoken_tls_before_is_sent_nothing_in_clear_text() {
    let spoke_tls = Learned { spoke_tls: true, ..Learned::default() };
    for saved in [false, true] {
        let server = plain();
        let twinport = Twinport::new();
        let site = Site { id: SiteId(3), security: Security::Auto, learned: spoke_tls, ..server.site() };
        let book = if saved {
            SiteBook { items: vec![Node::Site(site)], ..SiteBook::default() }
        } else {
            SiteBook { visited: [(site.server_key(), spoke_tls)].into(), ..SiteBook::default() }
        };
        fs::write(twinport.profile().join("sites.ron"), book.to_ron().unwrap()).unwrap();
        for ran in each_verb(&twinport, &url(&server, "/file.txt"), &[]) {
            assert_eq!((ran.code, ran.err.lines().count()), (Some(3), 1), "{ran:#?}");
            for said in ["did not before", "Nothing was sent", "--tls off"] {
                assert!(ran.err.contains(said), "{said}: {}", ran.err);
            }
        }
        server.assert_never_heard("USER");
        // The way that the sentence names.
        for ran in each_verb(&twinport, &url(&server, "/file.txt"), &["--tls", "off"]) {
            assert_eq!(ran.code, Some(0), "{ran:#?}");
        }
    }
}

#[test]
fn clear_text_that_nobody_asked_for_is_said_once() {
    let server = plain().file("/many/a", "a").file("/many/b", "b").file("/many/c", "c");
    let twinport = Twinport::new();
    for ran in each_verb(&twinport, &url(&server, "/file.txt"), &[]) {
        assert_eq!((ran.code, warnings(&ran)), (Some(0), 1), "{ran:#?}");
        assert_eq!(ran.err.lines().next(), Some(&*warning(&server)), "before anything else");
    }
    let ran = twinport.succeed(["get", "--connections", "3", &url(&server, "/many/"), "many"]);
    assert_eq!(warnings(&ran), 1, "once a run, not once a session: {ran:#?}");
    let ran = twinport.succeed(["ls", "--json", &url(&server, "/")]);
    assert_eq!((ran.json().len(), warnings(&ran)), (2, 1), "{ran:#?}");
    // A password in clear text is no chatter: -q leaves the sentence.
    for ran in each_verb(&twinport, &url(&server, "/file.txt"), &["-q"]) {
        assert_eq!((ran.code, warnings(&ran), ran.err.lines().count()), (Some(0), 1, 1), "{ran:#?}");
    }
}

#[test]
fn where_no_password_goes_nothing_is_said_of_clear_text() {
    let server = FtpServer::start().on("AUTH", "502 Not here.").file("/file.txt", b"file".to_vec());
    let anonymous = format!("ftp://{}/file.txt", server.address());
    for ran in each_verb(&Twinport::new(), &anonymous, &[]) {
        assert_eq!((ran.code, warnings(&ran)), (Some(0), 0), "{ran:#?}");
    }
    let (_server, front) = encrypted(Front::default());
    for ran in each_verb(&Twinport::new(), &through("ftp", &front, "/file.txt"), &["--insecure"]) {
        assert_eq!((ran.code, warnings(&ran)), (Some(0), 0), "it is encrypted: {ran:#?}");
    }
}
