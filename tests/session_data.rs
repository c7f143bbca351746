//! Data connections: who connects to whom, and what is tried when that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, list, names, store};
use common::ftp_server::{Fault, FtpServer};
use common::recorder::Recorder;
use twinport::domain::{Mode, RemotePath, TransferMode};
use twinport::ftp::error::{Class, FtpError};
use twinport::net::session::{Session, StoreAt};
use twinport::net::terms::{ActiveMode, Dial};
use twinport::net::wait::Cancel;

fn dial(server: &FtpServer, mode: TransferMode) -> Dial {
    Dial { mode, ..server.dial() }
}

fn open(dial: &Dial) -> (Session, Recorder) {
    let recorder = Recorder::new();
    (Session::open(dial, &Cancel::new(), recorder.observer()).unwrap(), recorder)
}

fn verbs(server: &FtpServer) -> Vec<String> {
    let data = ["EPSV", "PASV", "EPRT", "PORT", "RETR", "MLSD"];
    let words = server.transcript().into_iter().map(|line| line.split(' ').next().unwrap().to_owned());
    words.filter(|verb| data.contains(&verb.as_str())).collect()
}

/// C01.
#[test]
fn passive_means_epsv_and_both_ends_are_told() {
    let server = FtpServer::start().file("/a", "x");
    let (mut session, recorder) = open(&dial(&server, TransferMode::Auto));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(verbs(&server), ["EPSV", "RETR"]);
    let path = recorder.data()[0];
    assert_eq!((path.mode, path.arranged_by), (Mode::Passive, "EPSV"));
    assert_eq!(path.peer.ip(), server.address().ip());
    assert_eq!(path.control.peer, server.address());
    assert!(path.local.port() != path.control.local.port());
    assert!(recorder.learned().is_empty(), "nothing failed: no news");
}

/// C02, C04.
#[test]
fn falls_back_to_pasv_when_epsv_is_refused_and_remembers_it() {
    for reply in ["500 What?", "502 No", "314 Odd", "229 (|||99999|)", "229 (|||0|)", "229 no address", "425 Not here"]
    {
        let server = FtpServer::start().file("/a", "x").on("EPSV", reply);
        let (mut session, _) = open(&dial(&server, TransferMode::Passive));
        fetch(&mut session, "/a").unwrap();
        fetch(&mut session, "/a").unwrap();
        assert_eq!(verbs(&server), ["EPSV", "PASV", "RETR", "PASV", "RETR"], "{reply}");
    }
}

/// C03.
#[test]
fn falls_back_to_pasv_when_the_port_of_epsv_is_dead() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::DeadPort("EPSV"));
    let (mut session, recorder) = open(&dial(&server, TransferMode::Passive));
    fetch(&mut session, "/a").unwrap();
    fetch(&mut session, "/a").unwrap();
    assert_eq!(verbs(&server), ["EPSV", "PASV", "RETR", "PASV", "RETR"]);
    assert!(recorder.notes().iter().any(|note| note.contains("PASV")), "{:?}", recorder.notes());
}

/// C08, C09.
#[test]
fn a_foreign_address_in_227_is_never_connected_to() {
    for address in [[10, 0, 0, 7], [93, 184, 216, 34], [0, 0, 0, 0], [127, 0, 0, 3]] {
        let server = FtpServer::start().file("/a", "x").without(&["EPSV"]).fault(Fault::PasvAddress(address));
        let (mut session, recorder) = open(&dial(&server, TransferMode::Passive));
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
        assert_eq!(recorder.data()[0].peer.ip(), server.address().ip());
        assert!(!recorder.notes().is_empty(), "it is said");
    }
}

/// C07, C10, C11.
#[test]
fn addresses_that_cannot_be_are_refused_and_harm_nothing() {
    for reply in
        ["227 (127,0,0,1,0,22)", "227 (127,0,0,1,300,1)", "227 (127,0,0,1)", "227 ok", "500 No", "229 (|||22|)"]
    {
        let server = FtpServer::start().file("/a", "x").without(&["EPSV"]).on("PASV", reply);
        let (mut session, _) = open(&dial(&server, TransferMode::Passive));
        let error = fetch(&mut session, "/a").unwrap_err();
        assert!(matches!(error, FtpError::NoDataConnection { passive: Some(_), active: None }), "{reply}: {error:?}");
        session.noop().unwrap();
        server.clear_rules();
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x", "{reply}");
    }
}

#[test]
fn pasv_answered_as_epsv_is_understood() {
    let server = FtpServer::start().file("/a", "x");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = server
        .on("EPSV", "500 No")
        .on("PASV", &format!("229 Entering (|||{port}|)"))
        .on("RETR", "150 Here\r\n226 Done");
    let (mut session, recorder) = open(&dial(&server, TransferMode::Passive));
    let channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
    drop(listener);
    channel.finish().unwrap();
    assert_eq!(recorder.data()[0].peer.port(), port);
}

#[test]
fn automatic_turns_to_active_says_so_and_stays_there() {
    let server = FtpServer::start().file("/a", "x").without(&["EPSV", "PASV"]);
    let (mut session, recorder) = open(&dial(&server, TransferMode::Auto));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(verbs(&server), ["EPSV", "PASV", "EPRT", "RETR", "EPRT", "RETR"]);
    assert_eq!(recorder.learned(), [Mode::Active]);
    assert_eq!(recorder.data()[1].mode, Mode::Active);
    assert!(recorder.notes().iter().any(|note| note.contains("active")), "{:?}", recorder.notes());
}

#[test]
fn automatic_begins_with_what_was_learned() {
    let server = FtpServer::start().file("/a", "x");
    let mut site = server.site();
    site.learned.mode = Some(Mode::Active);
    let learned = Dial { site: Arc::new(site), ..dial(&server, TransferMode::Auto) };
    let (mut session, recorder) = open(&learned);
    fetch(&mut session, "/a").unwrap();
    assert_eq!(verbs(&server), ["EPRT", "RETR"]);
    assert!(recorder.learned().is_empty());

    let server = FtpServer::start().file("/a", "x").without(&["EPRT", "PORT"]);
    let mut site = server.site();
    site.learned.mode = Some(Mode::Active);
    let learned = Dial { site: Arc::new(site), ..dial(&server, TransferMode::Auto) };
    let (mut session, recorder) = open(&learned);
    fetch(&mut session, "/a").unwrap();
    assert_eq!(verbs(&server), ["EPRT", "PORT", "EPSV", "RETR"]);
    assert_eq!(recorder.learned(), [Mode::Passive]);
}

/// C11, C16.
#[test]
fn automatic_says_why_each_mode_failed() {
    let server = FtpServer::start().file("/a", "x").without(&["EPSV", "PASV", "EPRT", "PORT"]);
    let (mut session, _) = open(&dial(&server, TransferMode::Auto));
    let error = fetch(&mut session, "/a").unwrap_err();
    let FtpError::NoDataConnection { passive: Some(passive), active: Some(active) } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(*passive, FtpError::Refused { verb: "PASV", .. }), "{passive:?}");
    assert!(matches!(*active, FtpError::Refused { verb: "PORT", .. }), "{active:?}");
    session.noop().unwrap();
}

#[test]
fn a_mode_that_works_is_not_left_for_one_accident() {
    let server = FtpServer::start().file("/a", "x");
    let (mut session, recorder) = open(&dial(&server, TransferMode::Auto));
    fetch(&mut session, "/a").unwrap();
    server.rule("RETR", None, None, "425 Cannot open data connection");
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(error, FtpError::Refused { verb: "RETR", .. }), "{error:?}");
    server.clear_rules();
    fetch(&mut session, "/a").unwrap();
    assert!(recorder.learned().is_empty());
    server.assert_never_heard("EPRT");
}

/// C14. E02.
#[test]
fn active_mode_works_both_ways_on_both_families() {
    for server in [FtpServer::start(), FtpServer::start_v6()] {
        let server = server.file("/a", "x");
        let (mut session, recorder) = open(&dial(&server, TransferMode::Active));
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
        store(&mut session, "/b", StoreAt::Start, b"up").unwrap();
        assert_eq!(server.content("/b").unwrap(), b"up");
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a", "b"]);
        let path = recorder.data()[0];
        assert_eq!((path.mode, path.arranged_by), (Mode::Active, "EPRT"));
        assert_eq!(path.local.ip(), path.control.local.ip());
        server.assert_never_heard("PORT");
    }
}

/// C15.
#[test]
fn falls_back_to_port_when_eprt_is_refused_and_remembers_it() {
    let server = FtpServer::start().file("/a", "x").on("EPRT", "500 What?");
    let (mut session, _) = open(&dial(&server, TransferMode::Active));
    fetch(&mut session, "/a").unwrap();
    fetch(&mut session, "/a").unwrap();
    assert_eq!(verbs(&server), ["EPRT", "PORT", "RETR", "PORT", "RETR"]);
}

/// C22.
#[test]
fn ipv6_never_uses_the_old_commands() {
    let server = FtpServer::start_v6().file("/a", "x").without(&["EPSV", "EPRT"]);
    let (mut session, _) = open(&dial(&server, TransferMode::Auto));
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(error, FtpError::NoDataConnection { passive: Some(_), active: Some(_) }), "{error:?}");
    server.assert_never_heard("PASV");
    server.assert_never_heard("PORT");
}

#[test]
fn active_mode_listens_in_the_range_of_the_settings() {
    let server = FtpServer::start().file("/a", "x");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let range = free..=free.saturating_add(20);
    let active = ActiveMode { ports: Some(range.clone()), external_address: None };
    let (mut session, recorder) = open(&Dial { active, ..dial(&server, TransferMode::Active) });
    for _ in 0..3 {
        fetch(&mut session, "/a").unwrap();
    }
    for path in recorder.data() {
        assert!(range.contains(&path.local.port()), "{path:?}");
    }
}

/// C17, C18.
#[test]
fn refusals_after_150_are_told_at_once_and_leave_the_session_usable() {
    let server = FtpServer::start().file("/a", "x").on_nth("RETR", 1, "150 Here\r\n425 Cannot connect to you");
    let (mut session, _) = open(&dial(&server, TransferMode::Active));
    let error = fetch(&mut session, "/a").unwrap_err();
    let FtpError::NoDataConnection { active: Some(reason), .. } = error else { panic!("{error:?}") };
    assert!(matches!(*reason, FtpError::Refused { verb: "RETR", reply, .. } if reply.code == 425));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");

    let server = FtpServer::start().file("/a", "x").on("RETR", "150 Here\r\n421 Shutting down");
    let (mut session, _) = open(&dial(&server, TransferMode::Active));
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(error, FtpError::Closed { last: Some(_), .. }), "{error:?}");
    assert!(session.is_broken());
}

/// C19.
#[test]
fn a_server_that_never_connects_is_given_up_and_the_session_goes_on() {
    let server = FtpServer::start().file("/a", "x").fault_times(Fault::NeverConnect, 1);
    let mut impatient = dial(&server, TransferMode::Active);
    impatient.timeouts.data = Duration::from_millis(200);
    let (mut session, _) = open(&impatient);
    let error = fetch(&mut session, "/a").unwrap_err();
    let FtpError::NoDataConnection { active: Some(reason), .. } = error else { panic!("{error:?}") };
    assert!(matches!(*reason, FtpError::NobodyCame { .. }), "{reason:?}");
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
}

/// C20.
#[test]
fn a_server_that_neither_connects_nor_answers_costs_the_session_and_says_why() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::Silent("RETR")).fault(Fault::Silent("ABOR"));
    let mut impatient = dial(&server, TransferMode::Active);
    impatient.timeouts.data = Duration::from_millis(200);
    let (mut session, _) = open(&impatient);
    let error = fetch(&mut session, "/a").unwrap_err();
    let FtpError::NoDataConnection { passive: None, active: Some(reason) } = error else { panic!("{error:?}") };
    assert!(matches!(*reason, FtpError::NobodyCame { .. }), "{reason:?}");
    assert!(session.is_broken());
}

#[test]
fn a_learned_mode_that_fails_with_its_session_is_unlearned() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::Silent("RETR")).fault(Fault::Silent("ABOR"));
    let mut site = server.site();
    site.learned.mode = Some(Mode::Active);
    let mut learned = Dial { site: Arc::new(site), ..dial(&server, TransferMode::Auto) };
    learned.timeouts.data = Duration::from_millis(200);
    let (mut session, recorder) = open(&learned);
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(error, FtpError::NobodyCame { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Transient, "the next session may do better");
    assert_eq!(recorder.learned(), [Mode::Passive]);
}

/// C21.
#[cfg(target_os = "linux")]
#[test]
fn strangers_that_connect_to_our_port_get_nothing() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::StrangerConnects);
    let (mut session, recorder) = open(&dial(&server, TransferMode::Active));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(recorder.data()[0].peer.ip(), server.address().ip());

    let server = server.fault(Fault::NeverConnect);
    let mut impatient = dial(&server, TransferMode::Active);
    impatient.timeouts.data = Duration::from_millis(200);
    let (mut session, _) = open(&impatient);
    let error = fetch(&mut session, "/a").unwrap_err();
    let FtpError::NoDataConnection { active: Some(reason), .. } = error else { panic!("{error:?}") };
    assert!(matches!(*reason, FtpError::WrongPeer { found, .. } if found.to_string() == "127.0.0.2"), "{reason:?}");
}

#[test]
fn cancelling_ends_the_wait_for_the_server_to_connect() {
    let server = FtpServer::start().file("/a", "x").fault_times(Fault::NeverConnect, 1);
    let mut patient = dial(&server, TransferMode::Active);
    patient.timeouts.data = Duration::from_secs(600);
    let (mut session, _) = open(&patient);
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("RETR", 1);
            cancel.cancel();
        });
        assert_eq!(fetch(&mut session, "/a"), Err(FtpError::Cancelled));
    });
    session.set_cancel(&Cancel::new());
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x", "back in step");
}

#[test]
fn a_new_mode_is_used_from_the_next_transfer_on() {
    let server = FtpServer::start().file("/a", "x");
    let (mut session, _) = open(&dial(&server, TransferMode::Passive));
    fetch(&mut session, "/a").unwrap();
    session.set_mode(TransferMode::Active);
    fetch(&mut session, "/a").unwrap();
    assert_eq!(verbs(&server), ["EPSV", "RETR", "EPRT", "RETR"]);
}
