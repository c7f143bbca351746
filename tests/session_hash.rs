//! Checksums that servers compute: which verb is chosen, what is said on the wire, what becomes of servers that promise
//! more than they do. How each answer looks is tested beside the reader of answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::ftp_server::{Fault, FtpServer};
use twinport::domain::RemotePath;
use twinport::ftp::checksum::Algorithm;
use twinport::ftp::error::FtpError;
use twinport::net::session::{Hashed, Session};
use twinport::net::wait::Cancel;

const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
const SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// What it says of that file, and what was computed meanwhile.
fn hash(session: &mut Session, path: &str) -> (String, Vec<Algorithm>) {
    let mut meanwhile = Vec::new();
    let hashed = session.hash(&RemotePath::from(path), 5, &mut |algorithm| meanwhile.push(algorithm)).unwrap();
    let words = match hashed {
        Hashed::Sum(sum) => sum.to_string(),
        Hashed::No(words) => format!("no: {words}"),
    };
    (words, meanwhile)
}

fn after_login(server: &FtpServer) -> Vec<String> {
    server.transcript().split_off(7)
}

#[test]
fn the_strongest_algorithm_is_selected_once() {
    let server = FtpServer::start()
        .feature("HASH SHA-1;MD5*;SHA-256")
        .feature("XMD5 filename")
        .on("HASH", &format!("213 SHA-256 0-5 {SHA256} a"));
    let mut session = server.open();
    assert!(session.can_hash());
    for _ in 0..2 {
        assert_eq!(hash(&mut session, "/a"), (format!("SHA-256 {SHA256}"), vec![Algorithm::Sha256]));
    }
    assert_eq!(after_login(&server), ["OPTS HASH SHA-256", "HASH /a", "HASH /a"]);
}

#[test]
fn what_is_selected_already_is_not_selected_again() {
    let server = FtpServer::start().feature("HASH SHA-256*;MD5").on("HASH", &format!("213 SHA-256 0-5 {SHA256} a"));
    assert_eq!(hash(&mut server.open(), "/a").0, format!("SHA-256 {SHA256}"));
    assert_eq!(after_login(&server), ["HASH /a"]);
}

#[test]
fn a_server_that_only_says_so_is_asked_the_next_way_and_never_the_first_again() {
    for refusal in ["500 What?", "502 Not implemented.", "504 No.", "213 I will not tell"] {
        let server = FtpServer::start()
            .feature("HASH SHA-256*")
            .feature("XMD5")
            .on("HASH", refusal)
            .on("XMD5", &format!("250 {}", MD5.to_uppercase()));
        let mut session = server.open();
        for _ in 0..2 {
            assert_eq!(hash(&mut session, "/a").0, format!("MD5 {MD5}"), "{refusal}");
        }
        assert_eq!(after_login(&server), ["HASH /a", "XMD5 /a", "XMD5 /a"], "{refusal}");
    }
    let server = FtpServer::start().feature("XMD5").on("XMD5", "502 Not implemented.");
    let mut session = server.open();
    assert_eq!(hash(&mut session, "/a").0, "no: Not implemented.");
    assert!(!session.can_hash());
    assert!(hash(&mut session, "/a").0.starts_with("no: it offers no"), "and is not asked again");
    assert_eq!(server.count("XMD5"), 1);
}

#[test]
fn a_refusal_about_one_file_is_none_about_the_others() {
    let server = FtpServer::start().feature("XSHA256").on("XSHA256", &format!("250 {SHA256}")).on_argument(
        "XSHA256",
        "/large",
        "556 File too large.",
    );
    let mut session = server.open();
    assert_eq!(hash(&mut session, "/large").0, "no: File too large.");
    assert_eq!(hash(&mut session, "/a").0, format!("SHA-256 {SHA256}"));
}

/// Serv-U and ProFTPD want quotes around blanks: what stands behind them is a range of bytes. Others take them for a
/// part of the name.
#[test]
fn names_with_blanks_are_quoted_where_the_server_takes_it() {
    let md5 = format!("250 {MD5}");
    for (accepted, heard) in [
        ("\"/a b\"", &["XMD5 \"/a b\"", "XMD5 \"/a b\"", "XMD5 /a"][..]),
        ("/a b", &["XMD5 \"/a b\"", "XMD5 /a b", "XMD5 /a b", "XMD5 /a"]),
    ] {
        let server = FtpServer::start().feature("XMD5").on("XMD5", "550 No such file.");
        let server = server.on_argument("XMD5", accepted, &md5).on_argument("XMD5", "/a", &md5);
        let mut session = server.open();
        for path in ["/a b", "/a b", "/a"] {
            assert_eq!(hash(&mut session, path).0, format!("MD5 {MD5}"));
        }
        assert_eq!(after_login(&server), heard);
    }
}

/// By the drafts a name is the rest of the line.
#[test]
fn hash_takes_names_as_they_are() {
    let server = FtpServer::start().feature("HASH MD5*").on("HASH", &format!("213 MD5 0-5 {MD5} a b"));
    assert_eq!(hash(&mut server.open(), "/a b").0, format!("MD5 {MD5}"));
    server.assert_heard_in_order(&["HASH /a b"]);
}

#[test]
fn a_server_without_checksums_is_asked_for_none() {
    let server = FtpServer::start();
    let mut session = server.open();
    assert!(!session.can_hash());
    assert!(hash(&mut session, "/a").0.starts_with("no:"));
    assert!(after_login(&server).is_empty());
}

#[test]
fn cancelling_while_the_server_computes_leaves_the_session_in_step() {
    let server = FtpServer::start()
        .feature("XMD5")
        .on("XMD5", &format!("250 {MD5}"))
        .file("/a", "hello")
        .fault_times(Fault::Hold("XMD5"), 1);
    let mut dial = server.dial();
    dial.timeouts.reply = Duration::from_secs(600);
    let cancel = Cancel::new();
    let mut session = Session::open(&dial, &cancel, std::sync::Arc::new(|_| {})).unwrap();
    let error = session.hash(&RemotePath::from("/a"), 5, &mut |_| cancel.cancel()).unwrap_err();
    assert_eq!(error, FtpError::Cancelled);
    server.release();
    session.set_cancel(&Cancel::new());
    let facts = session.facts(&RemotePath::from("/a")).unwrap().unwrap();
    assert_eq!(facts.size, Some(5), "the checksum's reply is not taken for this one");
}
