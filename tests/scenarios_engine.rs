//! What the engine makes of servers over time: idle sessions, silent ones, few connections, and what one run of the
//! program tells the next. Each test is one scenario, by its number, or one rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use common::face::{CONNECTION, Face, fetch, settings};
use common::files::noise;
use common::ftp_server::{Fault, FtpServer};
use tempfile::TempDir;
use twinport::domain::{EntryKind, Learned, ModeChange, RemotePath, Site, SiteId, Timestamp, Zone};
use twinport::engine::KeepAlive;
use twinport::engine::message::{
    Command, Event, JobState, LocalTarget, Order, PermissionTarget, RemoteOperation, Settings,
};

const HOUR: i64 = 3600;

fn site(server: &FtpServer, learned: Learned) -> Arc<Site> {
    Arc::new(Site { id: SiteId(7), learned, ..server.site() })
}

fn face() -> Face {
    Face::start(Settings { retry_delay_seconds: 0, ..settings() }, None, "password")
}

/// Twelve files, and orders for them.
fn many(server: FtpServer) -> (FtpServer, Vec<String>) {
    let names: Vec<String> = (0..12).map(|number| format!("f{number:02}")).collect();
    let server = names.iter().fold(server, |server, name| server.file(format!("/{name}"), noise(9, 20_000)));
    (server, names)
}

fn orders(site: &Arc<Site>, names: &[String], to: &TempDir) -> Vec<Order> {
    let into = || LocalTarget::Into(to.path().to_owned());
    names.iter().map(|name| fetch(site, RemotePath::root().join(name.as_bytes()), into())).collect()
}

fn now() -> i64 {
    Timestamp::from_system(std::time::SystemTime::now()).seconds
}

/// I05.
#[test]
fn an_idle_browsing_session_is_kept_alive_and_stays_in_step() {
    let server = FtpServer::start().file("/a", "x");
    let pace =
        KeepAlive { shortest: Duration::from_millis(5), longest: Duration::from_millis(20), ..KeepAlive::default() };
    let mut face = Face::start_keeping_alive(settings(), None, "password", pace);
    face.connect(&site(&server, Learned::default()), None).unwrap();
    server.wait_heard("NOOP", 3);
    assert_eq!(face.list(&RemotePath::root()).unwrap().entries.len(), 1);
    server.wait_heard("NOOP", 6);
    assert_eq!(server.accepted_connections(), 1);
}

/// I04, I05: nobody hears of it before there is something to do.
#[test]
fn a_session_that_is_lost_while_idle_comes_back_at_the_next_wish() {
    for end in ["421 Idle too long", ""] {
        let server = FtpServer::start().file("/a", "x");
        if end.is_empty() {
            server.add_fault(Fault::CloseAt("NOOP"), Some(1));
        } else {
            server.rule("NOOP", None, Some(1), end);
        }
        let pace =
            KeepAlive { shortest: Duration::from_millis(5), longest: Duration::from_millis(9), ..KeepAlive::default() };
        let mut face = Face::start_keeping_alive(settings(), None, "password", pace);
        face.connect(&site(&server, Learned::default()), None).unwrap();
        server.wait_heard("NOOP", 1);
        server.wait_open(0);
        assert_eq!(face.list(&RemotePath::root()).unwrap().entries.len(), 1);
        assert_eq!(server.accepted_connections(), 2);
    }
}

/// I06.
#[test]
fn a_connection_that_fell_silent_is_replaced_and_the_directory_shown() {
    for verb in ["CWD", "EPSV", "MLSD"] {
        let server = FtpServer::start().file("/d/a", "x");
        let mut face = Face::start(Settings { reply_timeout_seconds: 1, ..settings() }, None, "password");
        face.connect(&site(&server, Learned::default()), None).unwrap();
        server.add_fault(Fault::Silent(verb), Some(1));
        assert_eq!(face.list(&RemotePath::from("/d")).unwrap().entries.len(), 1, "{verb}");
        assert_eq!(server.accepted_connections(), 2);
    }
}

/// I06: what changes something may have been done although its answer never came.
#[test]
fn what_changes_something_is_not_done_twice_for_a_silence() {
    let server = FtpServer::start().fault_times(Fault::Silent("MKD"), 1);
    let mut face = Face::start(Settings { reply_timeout_seconds: 1, ..settings() }, None, "password");
    face.connect(&site(&server, Learned::default()), None).unwrap();
    face.manage(RemoteOperation::MakeDirectory(RemotePath::from("/d"))).unwrap_err();
    assert_eq!(server.count("MKD"), 1);
    face.manage(RemoteOperation::MakeDirectory(RemotePath::from("/d"))).unwrap();
}

/// I08.
#[test]
fn how_many_connections_a_server_allows_is_learned_and_told_to_the_next_run() {
    let (server, names) = many(FtpServer::start().fault(Fault::MaxConnections(2)));
    let local = tempfile::tempdir().unwrap();
    let mut first = face();
    first.transfer_well(orders(&site(&server, Learned::default()), &names, &local));
    let known = first.known.unwrap();
    assert_eq!(known.connection_cap, Some(2));
    assert!(known.cap_since.is_some());
    drop(first);
    server.wait_open(0);

    // No connection is refused any more: none is tried that would be.
    let refused = |server: &FtpServer| server.accepted_connections() - server.count("USER");
    let before = refused(&server);
    let local = tempfile::tempdir().unwrap();
    face().transfer_well(orders(&site(&server, known), &names, &local));
    assert_eq!(refused(&server), before);
    assert_eq!(fs::read_dir(local.path()).unwrap().count(), 12);
}

/// I08, with a browsing session, which takes a place of its own.
#[test]
fn a_server_that_allows_one_connection_transfers_over_the_browsing_one() {
    let (server, names) = many(FtpServer::start().fault(Fault::MaxConnections(1)));
    let local = tempfile::tempdir().unwrap();
    let mut face = face();
    let site = site(&server, Learned::default());
    face.connect(&site, None).unwrap();
    face.transfer_well(orders(&site, &names, &local));
    assert_eq!(face.known.unwrap().connection_cap, Some(1));
    assert_eq!(server.count("USER"), 1);
    assert_eq!(face.list(&RemotePath::root()).unwrap().entries.len(), 12);
}

#[test]
fn a_servers_word_on_connections_grows_old_and_the_users_does_not() {
    let (server, names) = many(FtpServer::start());
    let old = Learned { connection_cap: Some(1), cap_since: Some(now() - 2 * 86_400), ..Learned::default() };
    let local = tempfile::tempdir().unwrap();
    let mut first = face();
    first.transfer_well(orders(&site(&server, old), &names, &local));
    assert_eq!(first.known.unwrap().connection_cap, None);
    drop(first);
    server.wait_open(0);

    let users = Learned { connection_cap: Some(1), cap_since: None, ..Learned::default() };
    let (server, names) = many(FtpServer::start());
    let local = tempfile::tempdir().unwrap();
    face().transfer_well(orders(&site(&server, users), &names, &local));
    assert_eq!(server.peak_connections(), 1);
}

#[test]
fn a_cap_that_the_user_sets_is_obeyed_at_once() {
    let (server, names) = many(FtpServer::start());
    let mut face = face();
    let site = site(&server, Learned::default());
    face.connect(&site, None).unwrap();
    let learned = Box::new(Learned { connection_cap: Some(2), cap_since: Some(0), ..Learned::default() });
    face.send(Command::Teach { server_key: site.server_key(), learned });
    let local = tempfile::tempdir().unwrap();
    face.transfer_well(orders(&site, &names, &local));
    assert_eq!(server.peak_connections(), 2, "one browses, one transfers");
    assert_eq!(face.known.unwrap().cap_since, None);
}

/// Some servers list a link to a directory as a directory.
#[test]
fn a_folder_that_leads_in_a_circle_ends() {
    let server = FtpServer::start()
        .file("/tree/a", "x")
        .link("/tree/loop", "/tree")
        .listing("/tree", "type=file;size=1; a\r\ntype=dir; loop\r\n");
    let local = tempfile::tempdir().unwrap();
    let mut face = face();
    let jobs = face.transfer(orders(&site(&server, Learned::default()), &["tree".to_owned()], &local));
    assert!(jobs.iter().all(|job| matches!(job.state, JobState::Done(_) | JobState::LeftOut(_))), "{jobs:?}");
    assert_eq!(fs::read(local.path().join("tree/a")).unwrap(), b"x");
    assert!(!local.path().join("tree/loop/loop").exists());
    assert!(face.log.iter().any(|line| line.text.contains("leads back")), "{}", face.log_end());
}

#[test]
fn permissions_that_lead_in_a_circle_end() {
    let server = FtpServer::start()
        .file("/tree/a", "x")
        .link("/tree/loop", "/tree")
        .listing("/tree", "type=file;size=1; a\r\ntype=dir; loop\r\n")
        .on("SITE", "200 Mode changed");
    let mut face = face();
    face.connect(&site(&server, Learned::default()), None).unwrap();
    let target = PermissionTarget { path: RemotePath::from("/tree"), kind: EntryKind::Directory, mode: Some(0o755) };
    let change = ModeChange::to(0o644);
    face.manage(RemoteOperation::SetPermissions { items: vec![target], change, recursive: true }).unwrap();
    // Neither MLSD nor LIST shows the link as one: only its second round, where PWD tells the first one's path, betrays it.
    assert_eq!(server.count("SITE CHMOD"), 4, "{:#?}", server.transcript());
}

/// I09.
#[test]
fn ten_downloads_at_once_are_all_right() {
    let server = (0..10).fold(FtpServer::start(), |server, n| server.file(format!("/f{n}"), noise(n, 200_000)));
    let names: Vec<String> = (0..10).map(|n| format!("f{n}")).collect();
    let local = tempfile::tempdir().unwrap();
    let mut face = Face::start(Settings { connections: 10, ..settings() }, None, "password");
    face.transfer_well(orders(&site(&server, Learned::default()), &names, &local));
    for n in 0..10 {
        assert_eq!(fs::read(local.path().join(format!("f{n}"))).unwrap(), noise(n, 200_000));
    }
}

#[test]
fn what_one_run_learned_the_next_uses_from_its_first_connection() {
    let server = FtpServer::start().without(&["EPSV", "MLSD"]).on_argument("LIST", "-a", "550 No -a").file("/a", "x");
    let mut first = face();
    first.connect(&site(&server, Learned::default()), None).unwrap();
    first.list(&RemotePath::root()).unwrap();
    let known = first.known.unwrap();
    assert_eq!((known.epsv, known.list_all), (Some(false), Some(false)));
    drop(first);
    let heard = server.transcript().len();
    let mut second = face();
    let site = site(&server, known);
    second.connect(&site, None).unwrap();
    second.list(&RemotePath::root()).unwrap();
    let local = tempfile::tempdir().unwrap();
    second.transfer_well(orders(&site, &["a".to_owned()], &local));
    let later = server.transcript().split_off(heard);
    assert!(!later.iter().any(|line| line == "EPSV" || line == "LIST -a"), "{later:#?}");
}

/// I14.
#[test]
fn the_times_of_the_first_listing_are_put_right_after_it_was_shown() {
    let time = now() / 60 * 60 - 30 * HOUR;
    let server = FtpServer::start().without(&["MLSD"]).zone(2 * HOUR).file_at("/a", "x", time);
    let mut face = face();
    face.connect(&site(&server, Learned::default()), None).unwrap();
    let first = face.list(&RemotePath::root()).unwrap();
    assert_eq!(first.entries[0].modified.unwrap().zone, Zone::Server);
    let second = face.until("the same listing with better times", |event| match event {
        Event::ListingCorrected { connection: CONNECTION, listing } => Some(Arc::clone(listing)),
        _ => None,
    });
    let modified = second.entries[0].modified.unwrap();
    assert_eq!((modified.zone, modified.seconds), (Zone::Utc, time));
    assert_eq!(second.entries[0].kind, EntryKind::File);
    face.until_state("the lesson", |face| face.known.is_some_and(|known| known.clock_offset == Some(7200)));
    let third = face.list(&RemotePath::root()).unwrap();
    assert_eq!(third.entries[0].modified, second.entries[0].modified);
    assert!(face.log.iter().any(|line| line.text.contains("2:00 hours ahead of UTC")), "{}", face.log_end());
}
