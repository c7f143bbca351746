//! `twinport ls`, run as a script runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/cli.rs"]
#[allow(dead_code, unreachable_pub)]
mod cli;
mod common;

use std::io::{BufRead, BufReader};

use cli::{Twinport, url};
use common::ftp_server::{FtpServer, Style};
use serde_json::json;

#[test]
fn json_is_one_object_an_entry_in_the_servers_order() {
    let listing = "type=dir;modify=20240229123456;perm=el;UNIX.mode=0755;UNIX.ownername=ann;UNIX.groupname=staff; b\r\n\
                   type=file;size=3;modify=20240229123456.789; a\r\n\
                   type=file;size=5000000000; no time\r\n";
    let server = FtpServer::start().listing("/", listing);
    let ran = Twinport::new().succeed(["ls", "--json", "--tls", "off", &url(&server, "/")]);
    assert_eq!(
        ran.json(),
        [
            json!({"name": "b", "kind": "dir", "size": null, "modified": "2024-02-29T12:34:56Z",
                   "permissions": "rwxr-xr-x", "owner": "ann", "group": "staff", "target": null}),
            json!({"name": "a", "kind": "file", "size": 3, "modified": "2024-02-29T12:34:56Z", "permissions": null,
                   "owner": null, "group": null, "target": null}),
            json!({"name": "no time", "kind": "file", "size": 5_000_000_000_u64, "modified": null, "permissions": null,
                   "owner": null, "group": null, "target": null}),
        ]
    );
    assert_eq!(ran.err, "");
}

#[test]
fn times_of_list_are_cut_to_what_the_server_gave() {
    let listing = "total 3\r\n\
                   -rw-r--r--   1 ann  staff       12 Jan  5  2021 old.txt\r\n\
                   lrwxrwxrwx   1 ann  staff        7 Jan  5  2021 link -> old.txt\r\n\
                   drwxr-xr-x   2 ann  staff     4096 Jan  5  2021 a b\r\n";
    let server = FtpServer::start().without(&["MLSD"]).listing("/", listing);
    let rows = Twinport::new().succeed(["ls", "--json", &url(&server, "/")]).json();
    assert_eq!(
        rows[0],
        json!({"name": "old.txt", "kind": "file", "size": 12, "modified": "2021-01-05", "permissions": "rw-r--r--",
               "owner": "ann", "group": "staff", "target": null})
    );
    assert_eq!((&rows[1]["kind"], &rows[1]["target"]), (&json!("link"), &json!("old.txt")));
    assert_eq!((&rows[2]["name"], &rows[2]["kind"]), (&json!("a b"), &json!("dir")));

    let dos = FtpServer::start().without(&["MLSD"]).style(Style::Dos).file("/x.txt", b"12345".to_vec());
    let rows = Twinport::new().succeed(["ls", "--json", &url(&dos, "/")]).json();
    assert_eq!((&rows[0]["name"], &rows[0]["size"]), (&json!("x.txt"), &json!(5)));
    let modified = rows[0]["modified"].as_str().unwrap();
    assert!(modified.len() == "2024-03-05T06:07".len(), "a minute, and no zone: {modified}");
}

#[test]
fn names_are_shown_as_text_and_cannot_command_the_terminal() {
    let server = FtpServer::start()
        .file(b"/caf\xe9", b"1".to_vec())
        .file("/größe 日本", b"2".to_vec())
        .file(b"/\x1b[2Jboo", b"3".to_vec())
        .dir("/dir");
    let twinport = Twinport::new();
    let plain = twinport.succeed(["ls", &url(&server, "/")]);
    assert_eq!(plain.out, "\\x1b[2Jboo\ncafé\ndir/\ngröße 日本\n");
    let long = twinport.succeed(["ls", "--long", &url(&server, "/")]);
    assert!(long.out.lines().any(|line| line.starts_with('d') && line.ends_with("  dir")), "{}", long.out);
    let names: Vec<_> =
        twinport.succeed(["ls", "--json", &url(&server, "/")]).json().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, [json!("\u{1b}[2Jboo"), json!("café"), json!("dir"), json!("größe 日本")]);
}

#[test]
fn paths_begin_at_the_login_directory_and_a_second_slash_is_the_root() {
    let server = FtpServer::start()
        .home("/home/user")
        .file("/home/user/mine/a b%c", b"x".to_vec())
        .file("/etc/motd", b"x".to_vec());
    let twinport = Twinport::new();
    let ls = |path: &str| twinport.succeed(["ls", &url(&server, path)]).out;
    assert_eq!(ls(""), "mine/\n");
    assert_eq!(ls("/mine"), "a b%c\n");
    assert_eq!(ls("//etc/"), "motd\n");
    assert_eq!(ls("/%2Fetc"), "motd\n");
    assert_eq!(ls("/mine/a%20b%25c"), "a b%c\n", "a file is listed as itself");
}

#[test]
fn a_directory_that_is_not_there_is_status_1_and_named() {
    let server = FtpServer::start();
    let ran = Twinport::new().run(["ls", &url(&server, "/nowhere/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("nowhere"), "{}", ran.err);
    assert_eq!(ran.out, "");
}

#[test]
fn without_a_user_the_login_is_anonymous() {
    let server = FtpServer::start();
    Twinport::new().succeed(["ls", &format!("ftp://{}/", server.address())]);
    server.assert_heard_in_order(&["USER anonymous"]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut server = FtpServer::start();
    for number in 0..5000 {
        server = server.file(format!("/a name that is long enough to fill pipes {number:05}"), b"".to_vec());
    }
    let twinport = Twinport::new();
    let mut child = twinport.command().args(["ls", "--tls", "off", &url(&server, "/")]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    drop(out);
    let end = child.wait_with_output().unwrap();
    assert_eq!((end.status.code(), String::from_utf8(end.stderr).unwrap()), (Some(0), String::new()));
}
