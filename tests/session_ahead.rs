//! What is sent before it is needed: in which order, on whose word, and that no reply and no byte goes to another file,
//! whatever the server makes of it. How real servers bear it is tested in `server_matrix`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, fetch_what_comes, list, store};
use common::ftp_server::{Fault, FtpServer};
use common::recorder::Recorder;
use twinport::domain::{Lesson, RemotePath, Timestamp, TransferMode};
use twinport::ftp::error::{FtpError, Stage};
use twinport::net::session::{Next, Publication, Session, StoreAt};
use twinport::net::terms::{Dial, Timeouts};
use twinport::net::wait::Cancel;

const VSFTPD: &str = "220 (vsFTPd 3.0.3)";
const PURE: &str = "220---------- Welcome to Pure-FTPd ----------\r\n220 Go";

/// Four files, each with its own content.
fn server() -> FtpServer {
    ["a", "b", "c", "d"].iter().fold(FtpServer::start(), |server, name| server.file(format!("/{name}"), content(name)))
}

fn content(name: &str) -> Vec<u8> {
    name.as_bytes().repeat(3000)
}

fn open(server: &FtpServer) -> (Session, Recorder) {
    open_as(&server.dial())
}

fn open_as(dial: &Dial) -> (Session, Recorder) {
    let recorder = Recorder::new();
    (Session::open(dial, &Cancel::new(), recorder.observer()).unwrap(), recorder)
}

fn active(server: &FtpServer) -> Dial {
    Dial { mode: TransferMode::Active, ..server.dial() }
}

fn hasty(server: &FtpServer) -> Dial {
    let moment = Duration::from_millis(700);
    Dial { timeouts: Timeouts { connect: moment, reply: moment, data: moment }, ..server.dial() }
}

fn next_is(session: &mut Session, path: &str) {
    session.expect_next(Next::Retrieve(RemotePath::from(path)));
}

/// Fetches it while the next transfer is expected, and looks at every byte.
#[track_caller]
fn get(session: &mut Session, name: &str) {
    session.expect_next(Next::Transfer);
    assert!(fetch(session, &format!("/{name}")).unwrap() == content(name), "/{name}");
}

/// From the first transfer on.
fn talk(server: &FtpServer) -> Vec<String> {
    let lines = server.transcript().into_iter();
    lines.skip_while(|line| !["EPSV", "PASV", "EPRT", "PORT"].iter().any(|verb| line.starts_with(verb))).collect()
}

fn lost_step(recorder: &Recorder) -> bool {
    recorder.lessons().contains(&Lesson::Pipelining(false))
}

// ------------------------------------------------------------------------------------------- what goes out, and when

#[test]
fn a_file_that_is_looked_up_before_it_is_fetched_has_its_port_asked_for_along_with_that() {
    for (greeting, without, lines) in [
        (VSFTPD, "MLST", ["SIZE /a", "MDTM /a", "EPSV", "RETR /a"].as_slice()),
        ("220 ProFTPD Server", "", ["MLST /a", "EPSV", "RETR /a"].as_slice()),
        ("220 Ready", "MLST", ["SIZE /a", "MDTM /a", "EPSV", "RETR /a"].as_slice()),
    ] {
        let server = server().greeting(greeting).without(&[without]);
        let (mut session, recorder) = open(&server);
        let facts = session.facts_before_retrieve(&RemotePath::from("/a")).unwrap().unwrap();
        assert_eq!(facts.size, Some(3000));
        let asked = server.count("EPSV");
        assert_eq!(asked, usize::from(greeting != "220 Ready"), "{greeting}: in one go only where that is known to do");
        assert!(fetch(&mut session, "/a").unwrap() == content("a"));
        assert!(
            server.transcript().ends_with(&lines.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "{greeting}"
        );
        assert!(!lost_step(&recorder));
    }
    let server = server().greeting(VSFTPD).without(&["MLST"]);
    let (mut session, _) = open_as(&active(&server));
    session.facts_before_retrieve(&RemotePath::from("/a")).unwrap();
    server.assert_never_heard("EPSV");
}

#[test]
fn the_next_port_is_asked_for_at_the_end_of_the_data_whoever_the_server_is() {
    let server = server().fault(Fault::Hold("EPSV"));
    server.release();
    let (mut session, recorder) = open(&server);
    get(&mut session, "a");
    server.wait_heard("EPSV", 2);
    session.noop().unwrap();
    server.hold_again();
    get(&mut session, "b");
    // Not answered, and asked for all the same: nobody waits for it before the transfer is over.
    server.wait_heard("EPSV", 3);
    assert_eq!(talk(&server), ["EPSV", "RETR /a", "EPSV", "NOOP", "RETR /b", "EPSV"]);
    server.release();
    get(&mut session, "c");
    assert!(!lost_step(&recorder));
    session.quit();
    server.wait_heard("QUIT", 1);
    let after = ["EPSV", "RETR /c", "EPSV", "QUIT"];
    assert_eq!(talk(&server)[5..], after);
}

#[test]
fn without_a_word_of_what_follows_nothing_goes_ahead() {
    let server = server().greeting(PURE).fault(Fault::Unheeding);
    let (mut session, _) = open(&server);
    get(&mut session, "a");
    assert!(fetch(&mut session, "/b").unwrap() == content("b"));
    assert!(fetch(&mut session, "/c").unwrap() == content("c"));
    assert_eq!(talk(&server), ["EPSV", "RETR /a", "EPSV", "RETR /b", "EPSV", "RETR /c"]);
}

#[test]
fn uploads_on_an_unknown_server_wait_for_their_226() {
    // Even where it took several commands in one write before.
    for pipelining in [None, Some(true)] {
        let server = server();
        let mut site = server.site();
        site.learned.pipelining = pipelining;
        let (mut session, _) = open_as(&Dial { site: Arc::new(site), ..server.dial() });
        for name in ["/x", "/y"] {
            session.expect_next(Next::Transfer);
            store(&mut session, name, StoreAt::Start, name.as_bytes()).unwrap();
            session.noop().unwrap();
        }
        assert_eq!(talk(&server), ["EPSV", "STOR /x", "NOOP", "EPSV", "STOR /y", "NOOP"]);
        assert_eq!(server.content("/y").unwrap(), b"/y");
    }
}

#[test]
fn a_known_server_is_told_the_next_port_in_the_same_write() {
    for (greeting, with_retr) in [(VSFTPD, false), ("220 ProFTPD Server", false), (PURE, true)] {
        let server = server().greeting(greeting).fault(Fault::Unheeding);
        let (mut session, recorder) = open(&server);
        for name in ["/x", "/y"] {
            session.expect_next(Next::Transfer);
            let mut channel = session.store(&RemotePath::from(name), StoreAt::Start).unwrap();
            channel.write_all(name.as_bytes()).unwrap();
            // Sent before the data ends.
            let asked = recorder.sent().iter().filter(|line| *line == "EPSV").count();
            assert_eq!(asked, if name == "/x" { 2 } else { 3 }, "{greeting}");
            channel.finish().unwrap();
        }
        session.expect_next(Next::Transfer);
        let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
        let asked = recorder.sent().iter().filter(|line| *line == "EPSV").count();
        assert_eq!(asked, if with_retr { 4 } else { 3 }, "{greeting}");
        let mut got = vec![0; 10_000];
        let mut length = 0;
        loop {
            match channel.read(&mut got[length..]).unwrap() {
                0 => break,
                count => length += count,
            }
        }
        channel.finish().unwrap();
        assert!(got[..length] == content("a"));
        get(&mut session, "b");
        assert!(server.content("/x").unwrap() == b"/x" && server.content("/y").unwrap() == b"/y");
        assert!(!lost_step(&recorder), "{greeting}");
        assert!(!server.heard_torn_lines());
        session.noop().unwrap();
        assert!(talk(&server).ends_with(&["RETR /b", "EPSV", "NOOP"].map(String::from)), "{greeting}");
    }
}

#[test]
fn a_server_that_was_once_out_of_step_gets_nothing_ahead() {
    let server = server().greeting(PURE);
    let mut site = server.site();
    site.learned.pipelining = Some(false);
    let (mut session, _) = open_as(&Dial { site: Arc::new(site), ..server.dial() });
    get(&mut session, "a");
    get(&mut session, "b");
    assert_eq!(talk(&server), ["EPSV", "RETR /a", "EPSV", "RETR /b"]);
}

#[test]
fn pasv_goes_ahead_where_epsv_has_failed_and_pret_never_lets_it() {
    let server = server().without(&["EPSV"]);
    let (mut session, _) = open(&server);
    get(&mut session, "a");
    get(&mut session, "b");
    session.noop().unwrap();
    assert_eq!(talk(&server), ["EPSV", "PASV", "RETR /a", "PASV", "RETR /b", "PASV", "NOOP"]);

    let server = self::server().fault(Fault::NeedsPret);
    let (mut session, _) = open(&server);
    get(&mut session, "a");
    get(&mut session, "b");
    session.noop().unwrap();
    assert!(talk(&server).ends_with(&["PRET RETR /b", "EPSV", "RETR /b", "NOOP"].map(String::from)));
}

// ---------------------------------------------------------------------------------- something else is asked for instead

#[test]
fn whatever_is_asked_for_instead_works() {
    let server = server().file("/dir/inside", "x");
    let (mut session, recorder) = open(&server);
    let all = |session: &mut Session| {
        session.noop().unwrap();
        get(session, "a");
        // A listing takes the port that was meant for a file.
        assert_eq!(list(session, "/dir").unwrap().entries.len(), 1);
        get(session, "b");
        session.expect_next(Next::Transfer);
        list(session, "/dir").unwrap();
        get(session, "c");
        // As text, from the middle, the other way round.
        let mut channel = session.retrieve_text(&RemotePath::from("/a")).unwrap();
        while channel.read(&mut [0; 4096]).unwrap() > 0 {}
        channel.finish().unwrap();
        get(session, "b");
        assert_eq!(common::exchange::fetch_from(session, "/c", 2999).unwrap(), b"c");
        get(session, "d");
        store(session, "/x", StoreAt::Start, b"up").unwrap();
        get(session, "a");
        session.rename(&RemotePath::from("/x"), &RemotePath::from("/y")).unwrap();
        session.make_dir(&RemotePath::from("/new")).unwrap();
        session.remove_tree(&RemotePath::from("/new"), &mut |_| {}).unwrap();
        assert!(session.facts(&RemotePath::from("/nothing")).unwrap().is_none());
        get(session, "b");
        // Active, and back.
        session.set_mode(TransferMode::Active);
        get(session, "c");
        session.set_mode(TransferMode::Passive);
        get(session, "d");
        get(session, "a");
    };
    all(&mut session);
    all(&mut session);
    assert_eq!(server.content("/y").unwrap(), b"up");
    assert!(!lost_step(&recorder) && !session.is_broken());
}

#[test]
fn a_whole_folder_is_removed_in_step_though_a_transfer_was_expected() {
    let server = server().file("/dir/1", "x").file("/dir/sub/2", "x").file("/dir/3", "x");
    let (mut session, _) = open(&server);
    get(&mut session, "a");
    session.expect_next(Next::Transfer);
    session.remove_tree(&RemotePath::from("/dir"), &mut |_| {}).unwrap();
    assert!(!server.exists("/dir"));
    get(&mut session, "b");
}

#[test]
fn a_missing_file_stays_in_step() {
    for greeting in ["220 Hello", PURE] {
        let server = server().greeting(greeting).fault(Fault::Unheeding);
        let (mut session, recorder) = open(&server);
        for round in 0..3 {
            get(&mut session, "a");
            session.expect_next(Next::Transfer);
            let error = fetch(&mut session, "/missing").unwrap_err();
            assert!(matches!(&error, FtpError::Refused { verb: "RETR", reply, .. } if reply.code == 550), "{error:?}");
            assert!(!session.is_broken(), "{greeting}, round {round}");
            get(&mut session, "b");
            session.expect_next(Next::Transfer);
            assert!(store(&mut session, "/no/where", StoreAt::Start, b"x").is_err());
        }
        get(&mut session, "c");
        assert!(!lost_step(&recorder), "{greeting}");
        assert_eq!(server.accepted_connections(), 1);
    }
}

#[test]
fn a_transfer_that_is_given_up_leaves_a_session_in_step() {
    for greeting in ["220 Hello", PURE] {
        let server = server().greeting(greeting).file("/big", content("big").repeat(800)).fault(Fault::Unheeding);
        let (mut session, recorder) = open(&server);
        get(&mut session, "a");
        session.expect_next(Next::Transfer);
        let mut channel = session.retrieve(&RemotePath::from("/big"), 0).unwrap();
        channel.read(&mut [0; 100]).unwrap();
        channel.abort();
        session.mend().unwrap();
        get(&mut session, "b");
        // At its very end, where the next port has just been asked for.
        session.expect_next(Next::Transfer);
        let mut channel = session.retrieve(&RemotePath::from("/c"), 0).unwrap();
        while channel.read(&mut [0; 4096]).unwrap() > 0 {}
        channel.abort();
        session.mend().unwrap();
        get(&mut session, "d");
        assert!(!lost_step(&recorder), "{greeting}");
    }
}

#[test]
fn cancelled_while_the_port_is_waited_for() {
    let server = server().fault(Fault::Hold("EPSV"));
    server.release();
    let (mut session, recorder) = open(&server);
    session.expect_next(Next::Transfer);
    let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
    server.hold_again();
    while channel.read(&mut [0; 4096]).unwrap() > 0 {}
    channel.finish().unwrap();
    server.wait_heard("EPSV", 2);
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    cancel.cancel();
    assert_eq!(session.noop(), Err(FtpError::Cancelled));
    session.set_cancel(&Cancel::new());
    server.release();
    get(&mut session, "b");
    get(&mut session, "c");
    assert!(!lost_step(&recorder));
}

#[test]
fn quitting_with_a_port_open_is_still_polite() {
    let server = server();
    let (mut session, recorder) = open(&server);
    get(&mut session, "a");
    session.quit();
    server.wait_heard("QUIT", 1);
    assert_eq!(talk(&server), ["EPSV", "RETR /a", "EPSV", "QUIT"]);
    assert!(recorder.received().last().unwrap().starts_with("229"), "it was not left unread");
}

// ------------------------------------------------------------------------------------------------- out of step, refused

#[test]
fn a_port_that_is_answered_before_its_226_ends_it_and_the_file_is_whole() {
    let server = server().fault_times(Fault::AnswersBefore("RETR"), 1);
    let (mut session, recorder) = open(&server);
    get(&mut session, "a");
    assert!(lost_step(&recorder), "{:?}", recorder.lessons());
    for name in ["b", "c", "d"] {
        get(&mut session, name);
    }
    assert_eq!(talk(&server), ["EPSV", "RETR /a", "EPSV", "EPSV", "RETR /b", "EPSV", "RETR /c", "EPSV", "RETR /d"]);
    assert!(!session.is_broken());
}

#[test]
fn a_port_that_is_refused_beside_the_transfer_ends_it_and_the_file_is_whole() {
    // The scripted server answers 500 to what comes while data flows, as Pure-FTPd does.
    let server = server().greeting(PURE).fault_times(Fault::PauseData { verb: "STOR", after: 10 }, 1);
    let (mut session, recorder) = open(&server);
    get(&mut session, "a");
    session.expect_next(Next::Transfer);
    let mut channel = session.store(&RemotePath::from("/x"), StoreAt::Start).unwrap();
    let bytes = content("x").repeat(3);
    channel.write_all(&bytes[..5000]).unwrap();
    server.wait_heard("EPSV", 3);
    server.release();
    channel.write_all(&bytes[5000..]).unwrap();
    channel.finish().unwrap();
    assert!(server.content("/x").unwrap() == bytes);
    assert!(lost_step(&recorder));
    get(&mut session, "b");
    get(&mut session, "c");
    assert!(!session.is_broken());
    assert_eq!(server.accepted_connections(), 1);
}

#[test]
fn a_port_that_is_refused_after_the_226_is_asked_for_in_turn() {
    for refusal in ["500 What?", "425 No more ports", "229 no address", "314 Odd"] {
        let server = server().on_nth("EPSV", 2, refusal);
        let (mut session, recorder) = open(&server);
        for name in ["a", "b", "c"] {
            get(&mut session, name);
        }
        assert_eq!(talk(&server), ["EPSV", "RETR /a", "EPSV", "EPSV", "RETR /b", "EPSV", "RETR /c"], "{refusal}");
        assert!(!lost_step(&recorder) && !session.is_broken());
    }
}

#[test]
fn a_port_where_nobody_listens_is_replaced() {
    let server = server();
    let (mut session, _) = open(&server);
    session.expect_next(Next::Transfer);
    let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
    server.add_fault(Fault::DeadPort("EPSV"), Some(1));
    while channel.read(&mut [0; 4096]).unwrap() > 0 {}
    channel.finish().unwrap();
    get(&mut session, "b");
    get(&mut session, "c");
    assert_eq!(talk(&server)[..5], ["EPSV", "RETR /a", "EPSV", "EPSV", "RETR /b"]);
}

#[test]
fn a_226_that_comes_twice_costs_the_session_and_no_file() {
    let server = server()
        .greeting(PURE)
        .fault(Fault::Unheeding)
        .fault_times(Fault::FinalReply { verb: "RETR", reply: "226 Done\r\n226 Done" }, 2);
    let (mut session, recorder) = open(&server);
    session.noop().unwrap();
    assert!(fetch(&mut session, "/d").unwrap() == content("d"), "nothing was ahead: one too many is no harm");
    get(&mut session, "a");
    session.mend().unwrap();
    // It may have been noticed only now.
    if session.noop().is_err() {
        session.mend().unwrap();
    }
    assert!(lost_step(&recorder));
    for name in ["b", "c", "d"] {
        assert!(fetch(&mut session, &format!("/{name}")).unwrap() == content(name));
    }
}

#[test]
fn a_226_that_never_comes_is_missed_however_fast_the_port_is_answered() {
    let server = server().fault_times(Fault::NoCompletion("RETR"), 1);
    let (mut session, _) = open_as(&hasty(&server));
    session.expect_next(Next::Transfer);
    let (got, error) = fetch_what_comes(&mut session, "/a", 0);
    assert!(got == content("a"));
    assert!(matches!(error, Some(FtpError::Timeout { .. })), "{error:?}");
    assert!(session.noop().is_err());
}

#[test]
fn a_226_that_is_early_or_late_changes_nothing() {
    for fault in
        [Fault::EarlyCompletion("RETR"), Fault::LatePreliminary("RETR"), Fault::NoPreliminary("RETR"), Fault::Drip]
    {
        let server = server().greeting(PURE).fault(fault.clone()).fault(Fault::Unheeding);
        server.release();
        for name in ["a", "b", "c"] {
            server.put(format!("/{name}"), common::ftp_server::Node::File { data: name.into(), modified: 0, mode: 0 });
        }
        let (mut session, recorder) = open(&server);
        for name in ["a", "b", "c"] {
            session.expect_next(Next::Transfer);
            assert_eq!(fetch(&mut session, &format!("/{name}")).unwrap(), name.as_bytes(), "{fault:?}");
        }
        assert!(!lost_step(&recorder), "{fault:?}");
    }
}

#[test]
fn a_421_in_the_middle_ends_the_session_not_the_file() {
    let server = server().on_nth("EPSV", 2, "421 Going down");
    let (mut session, _) = open(&server);
    get(&mut session, "a");
    let error = fetch(&mut session, "/b").unwrap_err();
    assert!(matches!(&error, FtpError::Closed { last: Some(reply), .. } if reply.code == 421), "{error:?}");
    assert!(session.is_broken());
    session.mend().unwrap();
    assert!(fetch(&mut session, "/b").unwrap() == content("b"));

    // Instead of the 226 it is the file's.
    let server = self::server().fault(Fault::FinalReply { verb: "RETR", reply: "421 Going down" });
    let (mut session, _) = open(&server);
    session.expect_next(Next::Transfer);
    let (_, error) = fetch_what_comes(&mut session, "/a", 0);
    assert!(matches!(error, Some(FtpError::Closed { .. })), "{error:?}");
}

#[test]
fn a_server_that_says_226_and_hangs_up_has_sent_the_file() {
    let server = server().fault(Fault::FinalReply { verb: "RETR", reply: "226 Done\r\n421 Bye" });
    let (mut session, _) = open(&server);
    get(&mut session, "a");
    assert!(fetch(&mut session, "/b").is_err());
    session.mend().unwrap();
    get(&mut session, "b");
}

#[test]
fn a_file_that_broke_off_says_so_and_the_next_one_is_right() {
    for fault in [
        Fault::CloseData { verb: "RETR", after: 100 },
        Fault::ResetData { verb: "RETR", after: 100 },
        Fault::SayMidway { verb: "RETR", after: 100, reply: "451 Disk" },
    ] {
        for greeting in ["220 Hello", PURE] {
            let server = server().greeting(greeting).fault_times(fault.clone(), 1).fault(Fault::Unheeding);
            let (mut session, recorder) = open_as(&hasty(&server));
            session.expect_next(Next::Transfer);
            let (got, error) = fetch_what_comes(&mut session, "/a", 0);
            assert!(error.is_some() && got.len() <= 100, "{fault:?} {greeting}: {error:?}");
            session.mend().unwrap();
            get(&mut session, "b");
            get(&mut session, "c");
            assert!(!lost_step(&recorder), "{fault:?} {greeting}");
        }
    }
}

// ---------------------------------------------------------------------------------------------- active: the file itself

#[test]
fn in_active_mode_the_next_file_is_on_its_way_before_it_is_asked_for() {
    let server = server().greeting(VSFTPD).fault(Fault::Unheeding);
    let (mut session, recorder) = open_as(&active(&server));
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "d")] {
        next_is(&mut session, &format!("/{next}"));
        let mut channel = session.retrieve(&RemotePath::from(format!("/{name}").as_str()), 0).unwrap();
        let mut got = Vec::new();
        let mut buffer = vec![0; 4096];
        loop {
            match channel.read(&mut buffer).unwrap() {
                0 => break,
                count => got.extend_from_slice(&buffer[..count]),
            }
        }
        assert!(recorder.sent().contains(&format!("RETR /{next}")), "asked for before {name}'s 226 is read");
        channel.finish().unwrap();
        assert!(got == content(name), "{name}");
    }
    assert!(fetch(&mut session, "/d").unwrap() == content("d"));
    let verbs: Vec<String> =
        talk(&server).iter().map(|line| line.split('|').next().unwrap().trim().to_owned()).collect();
    assert_eq!(verbs, ["EPRT", "RETR /a", "EPRT", "RETR /b", "EPRT", "RETR /c", "EPRT", "RETR /d"]);
    assert!(recorder.data().iter().all(|path| path.arranged_by == "EPRT") && recorder.data().len() == 4);
    assert!(!lost_step(&recorder) && !session.is_broken());
}

#[test]
fn in_active_mode_nothing_goes_ahead_to_a_server_that_is_not_known_to_take_it() {
    for greeting in ["220 Hello", PURE] {
        let server = server().greeting(greeting);
        let (mut session, recorder) = open_as(&active(&server));
        for (name, next) in [("a", "b"), ("b", "c")] {
            next_is(&mut session, &format!("/{next}"));
            assert!(fetch(&mut session, &format!("/{name}")).unwrap() == content(name));
            assert!(!recorder.sent().contains(&format!("RETR /{next}")), "{greeting}");
        }
    }
}

#[test]
fn a_file_on_its_way_that_is_missing_stays_in_step() {
    let server = server().greeting(VSFTPD).fault(Fault::Unheeding);
    let (mut session, recorder) = open_as(&active(&server));
    next_is(&mut session, "/missing");
    assert!(fetch(&mut session, "/a").unwrap() == content("a"));
    next_is(&mut session, "/b");
    let error = fetch(&mut session, "/missing").unwrap_err();
    assert!(matches!(&error, FtpError::Refused { reply, .. } if reply.code == 550), "{error:?}");
    next_is(&mut session, "/c");
    assert!(fetch(&mut session, "/b").unwrap() == content("b"));
    assert!(fetch(&mut session, "/c").unwrap() == content("c"));
    assert!(!lost_step(&recorder));
    assert_eq!(server.accepted_connections(), 1);
}

#[test]
fn a_file_on_its_way_that_nobody_wants_is_taken_back() {
    let big = content("big").repeat(800);
    let server = server().greeting(VSFTPD).file("/big", big.clone()).fault(Fault::Unheeding);
    let (mut session, recorder) = open_as(&active(&server));
    let instead: [fn(&mut Session); 6] = [
        |session| session.noop().unwrap(),
        |session| assert!(fetch(session, "/c").unwrap() == content("c")),
        |session| assert!(list(session, "/").unwrap().entries.len() >= 4),
        |session| store(session, "/x", StoreAt::Start, b"x").map(drop).unwrap(),
        |session| assert_eq!(common::exchange::fetch_from(session, "/big", 7_199_998).unwrap(), b"ig"),
        |session| {
            session.set_mode(TransferMode::Passive);
            assert!(fetch(session, "/big").unwrap() == content("big").repeat(800));
            session.set_mode(TransferMode::Active);
        },
    ];
    for wanted in instead {
        next_is(&mut session, "/big");
        assert!(fetch(&mut session, "/a").unwrap() == content("a"));
        wanted(&mut session);
        session.mend().unwrap();
        assert!(fetch(&mut session, "/b").unwrap() == content("b"));
    }
    assert!(!lost_step(&recorder));
    assert_eq!(server.accepted_connections(), 1, "ABOR brought it back in step");
    next_is(&mut session, "/big");
    assert!(fetch(&mut session, "/a").unwrap() == content("a"));
    session.quit();
}

#[test]
fn a_port_of_ours_that_is_refused_ahead_is_told_again_in_turn() {
    let server = server().greeting(VSFTPD).fault(Fault::Unheeding).on_nth("EPRT", 2, "500 Illegal EPRT command.");
    let (mut session, _) = open_as(&active(&server));
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "d")] {
        next_is(&mut session, &format!("/{next}"));
        assert!(fetch(&mut session, &format!("/{name}")).unwrap() == content(name), "{name}");
    }
}

#[test]
fn a_stranger_on_the_port_of_the_file_ahead_is_turned_away() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let server = server().greeting(VSFTPD).fault(Fault::Unheeding).fault(Fault::StrangerConnects);
    let (mut session, recorder) = open_as(&active(&server));
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "d")] {
        next_is(&mut session, &format!("/{next}"));
        assert!(fetch(&mut session, &format!("/{name}")).unwrap() == content(name), "{name}");
    }
    assert!(recorder.data().iter().all(|path| path.peer.ip() == server.address().ip()));
}

// ------------------------------------------------------------------------- passive mode works, and active mode is faster

/// A known server, some way off.
fn distant() -> FtpServer {
    server().greeting(VSFTPD).fault(Fault::Unheeding).fault(Fault::Distant)
}

/// Many files wait.
fn busy(server: &FtpServer) -> Dial {
    let dial = server.dial();
    dial.known.reach.want();
    dial
}

/// One file after another, each told of ahead; how each data connection came about.
fn run_of_files(session: &mut Session, recorder: &Recorder) -> Vec<&'static str> {
    let names = ["a", "b", "c", "d", "a", "b"];
    for (at, name) in names.iter().enumerate() {
        if let Some(next) = names.get(at + 1) {
            next_is(session, &format!("/{next}"));
        }
        assert!(fetch(session, &format!("/{name}")).unwrap() == content(name), "/{name}");
    }
    recorder.data().iter().map(|path| path.arranged_by).collect()
}

#[test]
fn many_files_from_afar_come_in_active_mode_where_the_server_reaches_us() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let server = distant();
    let dial = busy(&server);
    let (mut session, recorder) = open_as(&dial);
    list(&mut session, "/").unwrap();
    let ways = run_of_files(&mut session, &recorder);
    assert_eq!(ways, ["EPSV", "EPRT", "EPRT", "EPRT", "EPRT", "EPRT", "EPRT"]);
    // Another session need not try: after what its login has a port for, all comes that way, with a next one or without.
    let (mut other, recorder) = open_as(&dial);
    assert!(fetch(&mut other, "/a").unwrap() == content("a"));
    assert!(fetch(&mut other, "/b").unwrap() == content("b"));
    // Lists and uploads gain nothing.
    list(&mut other, "/").unwrap();
    store(&mut other, "/x", StoreAt::Start, b"x").unwrap();
    let ways: Vec<&str> = recorder.data().iter().map(|path| path.arranged_by).collect();
    assert_eq!(ways, ["EPSV", "EPRT", "EPSV", "EPSV"]);
    assert!(recorder.learned().is_empty(), "passive mode is the server's mode still");
}

#[test]
fn a_session_in_full_stride_stops_for_a_try_once() {
    if !cfg!(target_os = "linux") {
        return;
    }
    // Each 226 comes a while after its file's last byte: time enough to ask for the next port ahead.
    let server = server().greeting(VSFTPD).fault(Fault::Unheeding).fault(Fault::Distant).fault(Fault::Drip);
    for name in ["a", "b", "c", "d"] {
        server.put(format!("/{name}"), common::ftp_server::Node::File { data: name.into(), modified: 0, mode: 0 });
    }
    let dial = server.dial();
    let (mut session, recorder) = open_as(&dial);
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "b")] {
        next_is(&mut session, &format!("/{next}"));
        assert_eq!(fetch(&mut session, &format!("/{name}")).unwrap(), name.as_bytes());
        // Only now many files wait, and the next one's port is asked for already.
        dial.known.reach.want();
    }
    let ways: Vec<&str> = recorder.data().iter().map(|path| path.arranged_by).collect();
    assert_eq!(ways[2..], ["EPRT", "EPRT", "EPRT"], "{ways:?}");
}

#[test]
fn near_servers_unknown_ones_and_a_users_choice_stay_in_passive_mode() {
    let near = server().greeting(VSFTPD).fault(Fault::Unheeding);
    let unknown = server().fault(Fault::Unheeding).fault(Fault::Distant);
    let chosen = distant();
    let few = distant();
    for (server, dial) in [
        (&near, busy(&near)),
        (&unknown, busy(&unknown)),
        (&chosen, Dial { mode: TransferMode::Passive, ..busy(&chosen) }),
        (&few, few.dial()),
    ] {
        let (mut session, recorder) = open_as(&dial);
        list(&mut session, "/").unwrap();
        assert!(run_of_files(&mut session, &recorder).iter().all(|way| *way == "EPSV"));
        server.assert_never_heard("EPRT");
        server.assert_never_heard("PORT");
    }
}

#[test]
fn a_server_that_refuses_to_reach_us_is_asked_once() {
    if !cfg!(target_os = "linux") {
        return;
    }
    for refuses in [["EPRT", "PORT"], ["RETR", ""]] {
        let server = distant();
        let server = match refuses {
            ["EPRT", _] => server.on("EPRT", "500 Illegal EPRT command.").on("PORT", "500 Illegal PORT command."),
            _ => server.on_nth("RETR", 1, "425 Failed to establish connection."),
        };
        let dial = busy(&server);
        let (mut session, recorder) = open_as(&dial);
        list(&mut session, "/").unwrap();
        assert!(run_of_files(&mut session, &recorder).iter().all(|way| *way == "EPSV"));
        let (mut other, recorder) = open_as(&dial);
        list(&mut other, "/").unwrap();
        assert!(run_of_files(&mut other, &recorder).iter().all(|way| *way == "EPSV"));
        assert_eq!(server.count("EPRT"), 1);
        assert!(recorder.learned().is_empty(), "that an address is refused says nothing of EPRT");
    }
}

#[test]
fn a_server_that_does_not_come_costs_the_session_and_no_file() {
    if !cfg!(target_os = "linux") {
        return;
    }
    // At the first try, and later.
    for times in [0, 2] {
        let server = distant();
        let dial = Dial { timeouts: hasty(&server).timeouts, ..busy(&server) };
        let (mut session, recorder) = open_as(&dial);
        list(&mut session, "/").unwrap();
        for name in ["a", "b"].iter().take(times) {
            next_is(&mut session, "/b");
            assert!(fetch(&mut session, &format!("/{name}")).unwrap() == content(name));
        }
        if times > 0 {
            assert!(recorder.data().iter().any(|path| path.arranged_by == "EPRT"));
            // The one on its way already comes.
            assert!(fetch(&mut session, "/b").unwrap() == content("b"));
        }
        server.add_fault(Fault::NeverConnect, None);
        next_is(&mut session, "/b");
        match fetch(&mut session, "/a") {
            Err(error) => {
                assert!(matches!(error, FtpError::NobodyCame { .. }), "{error:?}");
                assert!(session.died_of_a_trial());
                session.mend().unwrap();
            }
            Ok(got) => assert!(got == content("a"), "in passive mode"),
        }
        assert!(run_of_files(&mut session, &recorder).iter().rev().take(6).all(|way| *way == "EPSV"));
    }
}

// -------------------------------------------------------------------------------------------- names and times, together

const NEW_TIME: i64 = 1_000_000_000;

fn publish(session: &mut Session, from: &str, to: &str) -> Result<(), FtpError> {
    let file = Publication { time: Some(Timestamp::utc(NEW_TIME)), ..Publication::default() };
    session.publish(&RemotePath::from(from), &RemotePath::from(to), file)
}

fn time_of(server: &FtpServer, path: &str) -> i64 {
    match server.node(path) {
        Some(common::ftp_server::Node::File { modified, .. }) => modified,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn a_stored_file_gets_its_time_and_its_name_in_one_write() {
    let server = server().greeting(VSFTPD);
    let (mut session, _) = open(&server);
    for (from, to) in [("/a", "/1"), ("/b", "/2")] {
        publish(&mut session, from, to).unwrap();
        assert_eq!(time_of(&server, to), NEW_TIME);
    }
    let time = "MFMT 20010909014640";
    let all = server.transcript();
    let from = all.iter().position(|line| line.starts_with("MFMT")).unwrap();
    let batch = |from: &str, to: &str| [format!("{time} {from}"), format!("RNFR {from}"), format!("RNTO {to}")];
    assert_eq!(all[from..], [batch("/a", "/1"), batch("/b", "/2")].concat());
}

#[test]
fn a_refused_name_leaves_the_old_file_with_its_old_time() {
    let server = server().greeting(VSFTPD).file_at("/old", "old", 77);
    let (mut session, _) = open(&server);
    publish(&mut session, "/a", "/1").unwrap();
    server.rule("RNTO", None, None, "553 Not there");
    server.rule("DELE", None, None, "550 Not yours");
    let error = publish(&mut session, "/b", "/old").unwrap_err();
    assert!(matches!(error, FtpError::Refused { verb: "RNTO", .. }), "{error:?}");
    assert!(time_of(&server, "/old") == 77 && server.content("/old").unwrap() == b"old");
    // What is not there any more. The scripted server still waits for the RNTO of the name before.
    server.clear_rules();
    let error = publish(&mut session, "/gone", "/old").unwrap_err();
    assert!(matches!(error, FtpError::Refused { verb: "RNFR", .. }), "{error:?}");
    assert!(time_of(&server, "/old") == 77 && server.content("/old").unwrap() == b"old");
    publish(&mut session, "/b", "/old").unwrap();
    assert!(time_of(&server, "/old") == NEW_TIME && server.content("/old").unwrap() == content("b"));
}

#[test]
fn a_server_that_hangs_up_at_a_time_still_gives_the_name() {
    let server = server().fault(Fault::CloseAt("MFMT"));
    for (from, to) in [("/a", "/1"), ("/b", "/2")] {
        let (mut session, _) = open(&server);
        publish(&mut session, from, to).unwrap();
        assert!(server.exists(to) && !server.exists(from));
    }
}

// ------------------------------------------------------------------------------------------- bytes along with the command

#[test]
fn bytes_of_a_temporary_name_do_not_wait_for_150_on_a_known_server() {
    for (greeting, waits) in [(VSFTPD, false), (PURE, false), ("220 Hello", true)] {
        let server = server().greeting(greeting).fault(Fault::Unheeding).fault(Fault::Hold("STOR"));
        let (mut session, recorder) = open(&server);
        if waits {
            server.release();
        }
        session.expect_next(Next::Transfer);
        let mut channel = session.store_at_once(&RemotePath::from("/x.part")).unwrap();
        channel.write_all(b"content").unwrap();
        // On the known servers the command is not even read yet.
        assert_eq!(recorder.received().iter().any(|line| line.starts_with("150")), waits, "{greeting}");
        server.release();
        channel.finish().unwrap();
        assert_eq!(server.content("/x.part").unwrap(), b"content");
        get(&mut session, "a");
        assert!(!lost_step(&recorder));
    }
}

#[test]
fn a_refusal_of_what_went_along_with_its_bytes_is_that_of_the_command() {
    let server = server().greeting(PURE).fault(Fault::Unheeding);
    let (mut session, recorder) = open(&server);
    get(&mut session, "a");
    for _ in 0..20 {
        session.expect_next(Next::Transfer);
        let stored = session.store_at_once(&RemotePath::from("/no/where.part")).and_then(|mut channel| {
            match channel.write_all(&[7; 100_000]) {
                Ok(()) => channel.finish(),
                Err(error) => {
                    channel.abort();
                    Err(error)
                }
            }
        });
        let error = stored.unwrap_err();
        let FtpError::Refused { verb: "STOR", stage: Stage::DataConnection, reply } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(reply.code, 553);
        // Its bytes went nowhere, least of all into the next file.
        session.expect_next(Next::Transfer);
        store(&mut session, "/y", StoreAt::Start, b"next").unwrap();
        assert_eq!(server.content("/y").unwrap(), b"next");
        get(&mut session, "b");
    }
    assert!(!lost_step(&recorder) && !session.is_broken());
    assert_eq!(server.accepted_connections(), 1);
}
