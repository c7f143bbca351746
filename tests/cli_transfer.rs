//! `twinport get` and `twinport put`, run as a script runs them: where things go, what is said, how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/cli.rs"]
#[allow(dead_code, unreachable_pub)]
mod cli;
mod common;

use std::ffi::OsString;
use std::fs;

use cli::{Twinport, url};
use common::files::noise;
use common::ftp_server::{Fault, FtpServer, Node, SOME_TIME};
use serde_json::json;

/// `dir` with a file, a folder with a file, and an empty folder; and a file beside it.
fn server() -> FtpServer {
    FtpServer::start()
        .file("/dir/a.txt", b"a".to_vec())
        .file("/dir/sub/b.txt", b"bb".to_vec())
        .dir("/dir/empty")
        .file("/file.txt", b"file".to_vec())
}

const IN_DIR: [&str; 4] = ["a.txt", "empty/", "sub/", "sub/b.txt"];

fn below(folder: &str, names: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = names.iter().map(|name| format!("{folder}/{name}")).collect();
    let mut above = String::new();
    for part in folder.split('/') {
        above = format!("{above}{part}/");
        all.push(above.clone());
    }
    all.sort();
    all
}

#[test]
fn get_of_a_directory_with_a_slash_puts_its_contents_there() {
    let server = server();
    for local in ["here", "here/", "made/too"] {
        let twinport = Twinport::new();
        twinport.succeed(["get", &url(&server, "/dir/"), local]);
        assert_eq!(twinport.names(), below(local.trim_end_matches('/'), &IN_DIR), "{local}");
    }
    let twinport = Twinport::new();
    twinport.succeed(["get", &url(&server, "/dir/")]);
    assert_eq!(twinport.names(), IN_DIR);
}

#[test]
fn get_of_a_directory_without_a_slash_makes_it_there() {
    let server = server();
    for (there, local) in [(false, "here"), (false, "here/"), (true, "here"), (true, "here/")] {
        let twinport = Twinport::new();
        if there {
            fs::create_dir(twinport.path("here")).unwrap();
        }
        twinport.succeed(["get", &url(&server, "/dir"), local]);
        assert_eq!(twinport.names(), below("here/dir", &IN_DIR), "{there} {local}");
    }
    let twinport = Twinport::new();
    twinport.succeed(["get", &url(&server, "/dir")]);
    assert_eq!(twinport.names(), below("dir", &IN_DIR));
}

#[test]
fn get_of_a_file_writes_that_very_file_unless_it_is_a_folder() {
    let server = server();
    let twinport = Twinport::new();
    fs::create_dir(twinport.path("folder")).unwrap();
    for local in ["new.txt", "folder", "made/", "deep/er/new.txt", "."] {
        twinport.succeed(["get", &url(&server, "/file.txt"), local]);
    }
    for found in ["new.txt", "folder/file.txt", "made/file.txt", "deep/er/new.txt", "file.txt"] {
        assert_eq!(twinport.read(found), b"file", "{found}");
    }
}

#[test]
fn put_follows_the_same_slashes() {
    let cases: &[(&[&str], &str, &[&str])] = &[
        (&["dir/"], "/to/", &["/to/a.txt", "/to/sub/b.txt"]),
        (&["dir/"], "/to", &["/to/a.txt", "/to/sub/b.txt"]),
        (&["dir/."], "/to/", &["/to/a.txt", "/to/sub/b.txt"]),
        (&["dir"], "/to/", &["/to/dir/a.txt", "/to/dir/sub/b.txt"]),
        (&["dir"], "/to", &["/to/dir/a.txt", "/to/dir/sub/b.txt"]),
        (&["dir"], "", &["/home/dir/a.txt", "/home/dir/sub/b.txt"]),
        (&["file"], "/to/", &["/to/file"]),
        (&["file"], "/new", &["/new"]),
        (&["file"], "/there", &["/there/file"]),
        (&["file"], "", &["/home/file"]),
        (&["file"], "//root/", &["/root/file"]),
        (&["file", "dir"], "/to", &["/to/file", "/to/dir/a.txt", "/to/dir/sub/b.txt"]),
    ];
    for (locals, to, expected) in cases {
        let twinport = Twinport::new();
        twinport.file("dir/a.txt", b"a");
        twinport.file("dir/sub/b.txt", b"b");
        twinport.file("file", b"f");
        let server = FtpServer::start().home("/home").dir("/home/there");
        let url = url(&server, to);
        let arguments: Vec<&str> = [&["put"][..], locals, &[&url]].concat();
        twinport.succeed(arguments);
        for path in *expected {
            // Relative to the login directory, but for what the case wrote with its root.
            let path = if path.starts_with("/home") || path.starts_with("/root") {
                (*path).to_owned()
            } else {
                format!("/home{path}")
            };
            let content =
                path.rsplit('/').next().filter(|name| name.ends_with(".txt")).map_or(b'f', |name| name.as_bytes()[0]);
            let found = server.content(&path);
            assert_eq!(found.as_deref(), Some(&[content][..]), "{locals:?} {to}: {path} among {:?}", server.paths());
        }
    }
}

#[test]
fn an_empty_folder_and_an_empty_file_are_transferred_too() {
    let server = FtpServer::start().dir("/in/empty").file("/in/nothing", b"".to_vec());
    let twinport = Twinport::new();
    twinport.succeed(["get", &url(&server, "/in")]);
    assert_eq!(twinport.names(), ["in/", "in/empty/", "in/nothing"]);
    twinport.succeed(["put", "in", &url(&server, "/out/")]);
    assert_eq!(server.content("/out/in/nothing").as_deref(), Some(&b""[..]));
    assert!(server.exists("/out/in/empty"));
}

#[test]
fn names_may_hold_anything() {
    let names: &[(&[u8], &str)] = &[
        (b"a b", "a%20b"),
        (b"100%", "100%25"),
        (b"say \"hi\" & 'bye'", "say%20%22hi%22%20&%20'bye'"),
        (b"-rf", "-rf"),
        (b"end. ", "end.%20"),
        ("größe 日本".as_bytes(), "gr%C3%B6%C3%9Fe%20日本"),
        (b"caf\xe9", "caf%E9"),
        (b"#1?", "%231%3F"),
    ];
    for (name, encoded) in names {
        let path = [b"/", *name].concat();
        let server = FtpServer::start().file(&path, b"content".to_vec());
        let twinport = Twinport::new();
        twinport.succeed(["get", &url(&server, &format!("/{encoded}"))]);
        #[cfg(unix)]
        let local = {
            use std::os::unix::ffi::OsStringExt;
            OsString::from_vec(name.to_vec())
        };
        #[cfg(not(unix))]
        let local = OsString::from(String::from_utf8_lossy(name).into_owned());
        assert_eq!(twinport.read(&local), b"content");
        let to = url(&server, "/back/");
        twinport.succeed(["put".into(), "--".into(), local, OsString::from(to)]);
        let back = [b"/back/", *name].concat();
        assert_eq!(server.content(&back).as_deref(), Some(&b"content"[..]), "{encoded}: {:?}", server.paths());
    }
}

#[test]
fn json_tells_each_file_and_then_the_sum() {
    let server = server().on_argument("RETR", "/dir/a.txt", "550 No.");
    let twinport = Twinport::new();
    twinport.file("here/sub/b.txt", b"other");
    let ran = twinport.run(["get", "--json", &url(&server, "/dir/"), "here"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let mut lines = ran.json();
    let summary = lines.pop().unwrap();
    lines.sort_by_key(|line| line["remote"].to_string());
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let error = lines[0]["error"].as_str().expect("why").to_owned();
    assert_eq!(
        lines[0],
        json!({"event": "file", "remote": "/dir/a.txt", "local": "here/a.txt", "bytes": 0, "status": "failed",
               "error": error})
    );
    assert_eq!(
        lines[1],
        json!({"event": "file", "remote": "/dir/sub/b.txt", "local": "here/sub/b.txt", "bytes": 0,
               "status": "skipped", "error": null})
    );
    assert!(summary["seconds"].is_number());
    assert_eq!(
        (&summary["event"], &summary["files"], &summary["bytes"], &summary["failed"]),
        (&json!("summary"), &json!(0), &json!(0), &json!(1))
    );
    assert!(ran.err.contains("/dir/a.txt") && ran.err.contains("No."), "{}", ran.err);

    let ran = twinport.succeed(["put", "--json", "here/", &url(&server, "/up/")]);
    let lines = ran.json();
    assert_eq!(
        lines[0],
        json!({"event": "file", "remote": "/up/sub/b.txt", "local": "here/sub/b.txt", "bytes": 5, "status": "done",
               "error": null})
    );
    assert_eq!((&lines[1]["files"], &lines[1]["bytes"], &lines[1]["failed"]), (&json!(1), &json!(5), &json!(0)));
}

#[test]
fn what_exists_is_left_without_a_terminal_and_replaced_when_told_so() {
    let server = server();
    let twinport = Twinport::new();
    twinport.file("file.txt", b"mine, and longer");
    let ran = twinport.succeed(["get", &url(&server, "/file.txt")]);
    assert_eq!(twinport.read("file.txt"), b"mine, and longer");
    assert!(ran.err.contains("was there already"), "{}", ran.err);
    let ran = twinport.succeed(["get", "--on-exists", "rename", &url(&server, "/file.txt")]);
    assert_eq!(twinport.read("file (2).txt"), b"file", "{ran:?}");
    twinport.succeed(["get", "--on-exists", "overwrite", &url(&server, "/file.txt")]);
    assert_eq!(twinport.read("file.txt"), b"file");
}

#[test]
fn quiet_says_nothing_and_the_summary_goes_to_stderr() {
    let server = server();
    let twinport = Twinport::new();
    let ran = twinport.succeed(["get", "--tls", "off", &url(&server, "/dir/"), "one"]);
    assert_eq!(ran.out, "");
    assert!(ran.err.starts_with("2 files, 3 B in "), "{}", ran.err);
    let ran = twinport.succeed(["get", "-q", "--tls", "off", &url(&server, "/dir/"), "two"]);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

#[test]
fn a_cut_download_never_carries_the_final_name() {
    let data = noise(7, 300_000);
    let server = FtpServer::start()
        .file("/big.bin", data.clone())
        .fault_times(Fault::LoseControl { verb: "RETR", after: 100_000 }, 1);
    let twinport = Twinport::new();
    let ran = twinport.run(["get", "--retries", "0", &url(&server, "/big.bin")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("big.bin: "), "{}", ran.err);
    assert!(!twinport.path("big.bin").exists(), "{:?}", twinport.names());
    twinport.succeed(["get", &url(&server, "/big.bin")]);
    assert_eq!(twinport.names(), ["big.bin"]);
    assert!(twinport.read("big.bin") == data);
}

#[test]
fn a_cut_upload_never_carries_the_final_name() {
    let data = noise(8, 300_000);
    let server = FtpServer::start().fault_times(Fault::LoseControl { verb: "STOR", after: 100_000 }, 1);
    let twinport = Twinport::new();
    twinport.file("big.bin", &data);
    let ran = twinport.run(["put", "--retries", "0", "big.bin", &url(&server, "/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(!server.exists("/big.bin"), "{:?}", server.paths());
    twinport.succeed(["put", "big.bin", &url(&server, "/")]);
    assert!(server.content("/big.bin").as_deref() == Some(&data[..]), "{:?}", server.paths());
    assert_eq!(server.paths(), ["/", "/big.bin"]);
}

#[test]
fn a_failure_that_passes_is_retried_by_itself() {
    let server = server().on_nth("RETR", 1, "450 Busy.");
    let twinport = Twinport::new();
    fs::write(twinport.profile().join("settings.ron"), "(retry_delay_seconds: 1)").unwrap();
    let ran = twinport.succeed(["get", &url(&server, "/file.txt")]);
    assert_eq!(twinport.read("file.txt"), b"file");
    assert!(ran.err.contains("tried again"), "{}", ran.err);
    assert_eq!(server.count("RETR"), 2);
}

#[test]
fn missing_files_are_named_and_the_rest_is_done() {
    let server = server();
    let twinport = Twinport::new();
    let ran = twinport.run(["get", &url(&server, "/nothing.txt")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("nothing.txt"), "{}", ran.err);
    assert_eq!(twinport.names(), Vec::<String>::new());

    twinport.file("here", b"here");
    let ran = twinport.run(["put", "missing", "here", &url(&server, "/up/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("missing"), "{}", ran.err);
    assert_eq!(server.content("/up/here").as_deref(), Some(&b"here"[..]));
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_what_was_begun_and_says_so() {
    let data = noise(9, 300_000);
    let server = FtpServer::start()
        .file("/big.bin", data.clone())
        .fault_times(Fault::StallData { verb: "RETR", after: 100_000 }, 1);
    let twinport = Twinport::new();
    let child = twinport.command().args(["get", &url(&server, "/big.bin")]).spawn().unwrap();
    let started = |twinport: &Twinport| {
        let names = twinport.names();
        names.first().and_then(|name| fs::metadata(twinport.path(name)).ok()).filter(|data| data.len() > 0)
    };
    common::eventually("bytes on the disk", || started(&twinport));
    let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let end = child.wait_with_output().unwrap();
    let err = String::from_utf8(end.stderr).unwrap();
    assert_eq!(end.status.code(), Some(130), "{err}");
    assert!(err.contains("interrupted") && err.contains("goes on where it stopped"), "{err}");
    assert!(!twinport.path("big.bin").exists());
    twinport.succeed(["get", &url(&server, "/big.bin")]);
    assert!(twinport.read("big.bin") == data);
    assert_eq!(server.count("REST "), 1, "{:#?}", server.transcript());
}

#[test]
fn active_mode_opens_no_passive_connection_and_the_other_way_round() {
    let server = server();
    let twinport = Twinport::new();
    twinport.succeed(["get", "--mode", "active", &url(&server, "/file.txt")]);
    server.assert_never_heard("PASV");
    server.assert_never_heard("EPSV");
    let server = self::server();
    twinport.succeed(["get", "--mode", "passive", &url(&server, "/file.txt"), "again"]);
    server.assert_never_heard("PORT");
    server.assert_never_heard("EPRT");
}

#[test]
fn no_more_connections_than_allowed() {
    let mut server = FtpServer::start();
    for number in 0..20 {
        server = server.file(format!("/many/{number}"), noise(number, 5000));
    }
    let twinport = Twinport::new();
    twinport.succeed(["get", "--connections", "2", &url(&server, "/many/"), "here"]);
    assert_eq!(twinport.names().len(), 21);
    assert!(server.peak_connections() <= 2, "{}", server.peak_connections());
}

/// `--verify hash`: the right checksum, a wrong one, none at all.
#[test]
fn checksums_are_compared_where_the_server_has_some_and_else_it_is_said_once() {
    let sum = "9e107d9d372bb6826bd81d3542a419d6";
    let text = "The quick brown fox jumps over the lazy dog";
    let server = FtpServer::start().file("/fox", text).feature("XMD5").on("XMD5", &format!("250 {sum}"));
    let twinport = Twinport::new();
    let ran = twinport.succeed(["get", "--verify", "hash", &url(&server, "/fox")]);
    assert_eq!(server.count("XMD5 /fox"), 1);
    assert!(!ran.err.contains("checksum"), "{ran:#?}");

    server.put("/fox", Node::File { data: b"something else".to_vec(), modified: SOME_TIME, mode: 0o644 });
    let ran = twinport.run(["get", "--verify", "hash", "--on-exists", "overwrite", &url(&server, "/fox")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("what arrived is not what was sent"), "{ran:#?}");
    assert_eq!(twinport.read("fox"), text.as_bytes());
    assert_eq!(twinport.names(), ["fox"]);

    let server = self::server();
    let twinport = Twinport::new();
    let ran = twinport.succeed(["get", "--verify", "hash", &url(&server, "/dir")]);
    assert_eq!(ran.err.matches("sizes are compared").count(), 1, "{ran:#?}");
    let ran = twinport.succeed(["get", "--verify", "none", "--on-exists", "overwrite", &url(&server, "/dir")]);
    assert!(!ran.err.contains("sizes are compared"), "{ran:#?}");
}
