//! How the command line gets in, or says why it does not: passwords, statuses, what never appears on the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/cli.rs"]
#[allow(dead_code, unreachable_pub)]
mod cli;
mod common;

use std::net::TcpListener;

use cli::{Twinport, url};
use common::ftp_server::FtpServer;

fn server() -> FtpServer {
    FtpServer::start().user("user", "secret").file("/file.txt", b"file".to_vec())
}

fn without_password(server: &FtpServer, path: &str) -> String {
    format!("ftp://user@{}{path}", server.address())
}

#[test]
fn a_wrong_password_is_status_3_and_never_tried_twice() {
    for verb in ["ls", "get", "put"] {
        let server = server();
        let twinport = Twinport::new();
        let local = twinport.file("x", b"x").display().to_string();
        let url = url(&server, "/file.txt").replace("secret", "hunter2");
        let arguments = match verb {
            "put" => vec![verb, &local, &url],
            _ => vec![verb, &url],
        };
        let ran = twinport.run(arguments);
        assert_eq!(ran.code, Some(3), "{verb}: {ran:#?}");
        let [clear, refused] = ran.err.lines().collect::<Vec<_>>()[..] else { panic!("two sentences: {}", ran.err) };
        assert!(clear.contains("in clear text"), "it went that way: {clear}");
        assert!(refused.contains("user") && refused.contains("password"), "{refused}");
        assert!(!ran.err.contains("hunter2"));
        assert_eq!(server.count("PASS"), 1, "{verb}");
    }
}

#[test]
fn the_password_comes_from_the_environment() {
    let server = server();
    let twinport = Twinport::new().password("secret");
    twinport.succeed(["get", &without_password(&server, "/file.txt")]);
    assert_eq!(twinport.read("file.txt"), b"file");
    twinport.succeed(["ls", &without_password(&server, "/")]);
    // The URL's own comes first.
    let wrong = url(&server, "/").replace("secret", "wrong");
    assert_eq!(twinport.run(["ls", &wrong]).code, Some(3));
}

#[test]
fn without_any_password_it_says_where_one_could_come_from() {
    let server = server();
    for verb in ["ls", "get"] {
        let ran = Twinport::new().run([verb, &without_password(&server, "/file.txt")]);
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        assert!(ran.err.contains("TWINPORT_PASSWORD"), "{}", ran.err);
    }
}

#[test]
fn the_dialogue_is_shown_on_stderr_without_the_password() {
    let server = server();
    let twinport = Twinport::new();
    for verbosity in ["-v", "-vv"] {
        let ran = twinport.succeed(["ls", verbosity, &url(&server, "/")]);
        assert!(ran.err.contains("> USER user") && ran.err.contains("< 220"), "{}", ran.err);
        assert!(ran.err.contains("PASS ") && !ran.err.contains("secret"), "{}", ran.err);
        assert_eq!(ran.out, "file.txt\n");
        let ran = twinport.succeed(["get", "--on-exists", "overwrite", verbosity, &url(&server, "/file.txt")]);
        assert!(ran.err.contains("RETR") && !ran.err.contains("secret"), "{}", ran.err);
    }
}

#[test]
fn an_unknown_host_and_a_refused_port_are_status_3() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for host in ["no-such-host.invalid".to_owned(), closed.to_string()] {
        let twinport = Twinport::new();
        let file = twinport.file("x", b"x").display().to_string();
        let url = format!("ftp://{host}/x");
        for arguments in [vec!["ls", &url], vec!["get", &url], vec!["put", &file, &url]] {
            let ran = twinport.run(&arguments);
            assert_eq!(ran.code, Some(3), "{arguments:?}: {ran:#?}");
            assert_eq!(ran.err.lines().count(), 1, "one line: {}", ran.err);
        }
        let ran = twinport.run(["get", "--json", &url]);
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        let lines = ran.json();
        assert_eq!((&lines[0]["status"], &lines[1]["failed"]), (&"failed".into(), &1.into()), "{lines:#?}");
    }
}

#[test]
fn another_kind_of_server_is_named() {
    let server = FtpServer::start().greeting("SSH-2.0-OpenSSH_9.2");
    for verb in ["ls", "get"] {
        let ran = Twinport::new().run([verb, &url(&server, "/x")]);
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        assert!(ran.err.contains("SSH") || ran.err.contains("SFTP"), "{}", ran.err);
    }
}

#[test]
fn a_server_that_never_answers_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ftp://{}/x", silent.local_addr().unwrap());
    for verb in ["ls", "get"] {
        let ran = Twinport::new().run([verb, "--timeout", "1", &url]);
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
}

#[test]
fn wrong_usage_is_status_2_and_a_sentence() {
    let twinport = Twinport::new();
    let cases: &[&[&str]] = &[
        &["get"],
        &["put", "x"],
        &["ls", "not a url"],
        &["ls", "ftp://host/%zz"],
        &["ls", "ftp://host/a%0D%0ADELE%20b"],
        &["ls", "ftp://:99/"],
        &["ls", "--tls", "sometimes", "ftp://host/"],
        &["ls", "--trust", "AB:CD", "ftps://host/"],
        &["ls", "sftp://host/"],
        &["ls", "--mode", "both", "ftp://host/"],
        &["ls", "--connections", "0", "ftp://host/"],
        &["get", "--on-exists", "explode", "ftp://host/x"],
        &["--nonsense"],
        &["No such site"],
    ];
    for arguments in cases {
        let ran = twinport.run(*arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:#?}");
        assert!(!ran.err.is_empty() && ran.out.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_on_stdout() {
    let twinport = Twinport::new();
    let help = twinport.succeed(["--help"]).out;
    for promised in ["get", "put", "ls", "sites", "--mode", "--on-exists", "--json", "--profile", "--practice"] {
        assert!(help.contains(promised), "{promised}");
    }
    for later in ["sync", "doctor"] {
        assert!(!help.lines().any(|line| line.trim_start().starts_with(later)), "{help}");
    }
    assert!(twinport.succeed(["--version"]).out.starts_with("twinport "));
}

#[test]
fn saved_sites_are_listed_imported_and_exported_without_passwords() {
    let twinport = Twinport::new();
    let xml = twinport.file(
        "sitemanager.xml",
        br#"<FileZilla3><Servers><Folder>Work<Server><Host>files.example</Host><Port>2121</Port><Protocol>0</Protocol>
            <Type>0</Type><User>ann</User><Pass encoding="base64">aHVudGVyMg==</Pass><Logontype>1</Logontype>
            <Name>Files</Name></Server></Folder></Servers></FileZilla3>"#,
    );
    assert_eq!(twinport.succeed(["sites"]).out, "");
    twinport.succeed(["sites", "import", xml.to_str().unwrap()]);
    assert_eq!(twinport.succeed(["sites"]).out, "Work/Files  ftp://ann@files.example:2121/\n");
    let rows = twinport.succeed(["sites", "--json"]).json();
    assert_eq!(rows, [serde_json::json!({"name": "Work/Files", "url": "ftp://ann@files.example:2121/"})]);
    twinport.succeed(["sites", "export", "out.ron"]);
    for file in [twinport.path("out.ron"), twinport.profile().join("sites.ron")] {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("files.example") && !text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    }
    assert_eq!(twinport.run(["sites", "export", "out.ron"]).code, Some(1), "never over a file of the user's");
    twinport.file("junk.xml", b"<html/>");
    let ran = twinport.run(["sites", "import", "junk.xml"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(twinport.succeed(["sites"]).out.lines().count(), 1);
}

#[cfg(not(feature = "practice"))]
#[test]
fn practice_without_its_server_says_how_to_build_it() {
    let ran = Twinport::new().run(["--practice"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.err.contains("--features practice"), "{}", ran.err);
}
