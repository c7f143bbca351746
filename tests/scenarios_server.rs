//! What servers do that the other suites of sessions do not cover: each test is one scenario, by its number, or one quirk
//! that is learned, used at once by the next session, and unlearned where it turns out wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, list, names, store};
use common::ftp_server::{Fault, FtpServer, Node, SOME_TIME, Style};
use common::recorder::Recorder;
use twinport::domain::{Charset, EntryKind, Learned, Lesson, Mode, RemotePath, Secret, Site, Timestamp, TransferMode};
use twinport::ftp::error::{Class, FtpError};
use twinport::net::session::{Session, StoreAt};
use twinport::net::terms::Dial;
use twinport::net::wait::Cancel;

const HOUR: i64 = 3600;

fn path(text: &str) -> RemotePath {
    RemotePath::from(text)
}

fn with_site(server: &FtpServer, change: impl FnOnce(&mut Site)) -> Dial {
    let mut site = server.site();
    change(&mut site);
    Dial { site: Arc::new(site), ..server.dial() }
}

/// A session that tells what it learns.
fn open(server: &FtpServer) -> (Session, Recorder) {
    dialled(&server.dial())
}

/// The same, of a program that knows this already.
fn open_knowing(server: &FtpServer, learned: Learned) -> (Session, Recorder) {
    dialled(&with_site(server, |site| site.learned = learned))
}

fn dialled(dial: &Dial) -> (Session, Recorder) {
    let recorder = Recorder::new();
    (Session::open(dial, &Cancel::new(), recorder.observer()).unwrap(), recorder)
}

/// What is known after that.
fn taught(recorder: &Recorder) -> Learned {
    let mut learned = Learned::default();
    for lesson in recorder.lessons() {
        learned.learn(lesson);
    }
    learned
}

fn old(server: FtpServer) -> FtpServer {
    server.without(&["MLSD"])
}

fn verbs(server: &FtpServer, wanted: &[&str]) -> Vec<String> {
    let words = server.transcript().into_iter().map(|line| line.split(' ').next().unwrap().to_owned());
    words.filter(|verb| wanted.contains(&verb.as_str())).collect()
}

fn seconds_ago(seconds: i64) -> i64 {
    Timestamp::from_system(std::time::SystemTime::now()).seconds / 60 * 60 - seconds
}

fn time_of(session: &mut Session, name: &str) -> String {
    let listing = list(session, "/").unwrap();
    let entry = listing.entries.iter().find(|entry| &*entry.name == name.as_bytes()).unwrap();
    entry.modified.unwrap().iso()
}

// --- login ---

/// A18.
#[test]
fn lines_may_end_in_lf_alone() {
    let server = FtpServer::start().bare_ends().greeting("220-Hello\n220 there").file("/a", "x");
    assert_eq!(fetch(&mut server.open(), "/a").unwrap(), b"x");
}

/// A04, with another code.
#[test]
fn a_server_that_says_200_to_the_user_wants_no_password() {
    let server = FtpServer::start().on("USER", "200 proceed without password").on("PWD", "257 \"/\"");
    server.try_open(&server.dial()).unwrap();
    server.assert_never_heard("PASS");
}

/// A07: trying the same name in another charset would count as a second wrong password.
#[test]
fn a_refused_login_with_an_umlaut_is_not_tried_in_another_charset() {
    let server = FtpServer::start().user("jürgen", "other");
    let dial =
        Dial { secret: Some(Secret::from("geheim ß")), ..with_site(&server, |site| site.user = "jürgen".into()) };
    assert_eq!(server.try_open(&dial).err().unwrap().class(), Class::NeedsUser);
    server.assert_heard(&["USER jürgen", "PASS ***"]);
}

#[test]
fn a_server_that_wants_to_know_who_asks_is_told_before_utf8() {
    let server = FtpServer::start().feature("CLNT");
    server.open();
    server.assert_heard_in_order(&["FEAT", "CLNT Twinport", "OPTS UTF8 ON"]);
    let server = FtpServer::start();
    server.open();
    server.assert_never_heard("CLNT");
}

/// B20.
#[test]
fn odd_answers_to_feat_are_no_features_or_all_of_them() {
    for feat in ["500 What?", "502 No", "530 Log in first", "211 End", "211-\r\n211 End", "550 denied"] {
        let server = FtpServer::start().on("FEAT", feat).file("/a", "x");
        let mut session = server.open();
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"], "{feat}");
        server.assert_never_heard("MLSD");
    }
    for feat in ["211-Features\r\n211-MLST type*;size*;\r\n211-UTF8\r\n211 End", "211-x\r\n mlst Type*;\r\n211 end"] {
        let server = FtpServer::start().on("FEAT", feat).file("/a", "x");
        let mut session = server.open();
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"], "{feat}");
        server.assert_never_heard("LIST");
    }
}

/// B17, B19.
#[test]
fn any_yes_to_type_will_do_and_a_no_is_told_when_it_matters() {
    let server = FtpServer::start().on("TYPE", "226 Fine").file("/a", "x");
    assert_eq!(fetch(&mut server.open(), "/a").unwrap(), b"x");
    for reply in ["500 What?", "314 Odd"] {
        let server = FtpServer::start().on("TYPE", reply).file("/a", "x");
        let mut session = server.open();
        let error = fetch(&mut session, "/a").unwrap_err();
        assert!(matches!(&error, FtpError::Refused { verb: "TYPE", .. }), "{reply}: {error:?}");
        server.assert_never_heard("RETR");
        session.noop().unwrap();
    }
}

// --- replies ---

/// B02.
#[test]
fn two_replies_in_one_packet_are_read_in_their_order() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = FtpServer::start()
        .file("/b", "y")
        .on_nth("EPSV", 1, &format!("229 Entering (|||{port}|)"))
        .on_argument("RETR", "/a", "150 Here\r\n226 Done");
    let mut session = server.open();
    let mut channel = session.retrieve(&path("/a"), 0).unwrap();
    drop(listener);
    assert!(matches!(channel.read(&mut [0; 9]), Ok(0) | Err(FtpError::Lost { .. })));
    channel.finish().unwrap();
    assert_eq!(fetch(&mut session, "/b").unwrap(), b"y", "in step");
}

/// B03, B05.
#[test]
fn only_the_opening_code_at_the_lines_beginning_ends_a_reply() {
    let reply = "250-Yes\r\n 250 indented\r\n300-nested\r\n331 users online\r\n250-more\r\n250";
    let server = FtpServer::start().on("DELE", reply);
    let mut session = server.open();
    session.remove_file(&path("/a")).unwrap();
    assert!(matches!(session.remove_dir(&path("/b")), Err(FtpError::Refused { verb: "RMD", .. })), "in step");
}

/// B06, B07.
#[test]
fn long_replies_are_read() {
    for reply in [
        format!("250 {}", "w".repeat(17_000)),
        format!("{}250 Done", format!("250-{}\r\n", "x".repeat(70)).repeat(2000)),
    ] {
        let server = FtpServer::start().on("DELE", &reply);
        let mut session = server.open();
        session.remove_file(&path("/a")).unwrap();
        session.noop().unwrap();
    }
}

/// B08.
#[test]
fn a_reply_without_end_is_given_up() {
    let server = FtpServer::start().on("DELE", &format!("250-{}\r\n", "x".repeat(70)).repeat(20_000));
    let mut session = server.open();
    let error = session.remove_file(&path("/a")).unwrap_err();
    assert!(matches!(error, FtpError::Protocol { .. }), "{error:?}");
    assert!(session.is_broken());
}

/// B11.
#[test]
fn two_answers_to_one_command_never_shift_the_dialogue() {
    let server = FtpServer::start().on("DELE", "599 No\r\n599 No").dir("/d");
    let mut session = server.open();
    assert!(matches!(session.remove_file(&path("/a")), Err(FtpError::Refused { reply, .. }) if reply.code == 599));
    assert_eq!(session.remove_dir(&path("/d")), Ok(()));
}

/// B14, I07.
#[test]
fn a_connection_that_ends_within_a_reply_is_lost_at_once() {
    let server = FtpServer::start().on("DELE", "250-Half of");
    let mut session = server.open();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("DELE", 1);
            server.hang_up();
        });
        let error = session.remove_file(&path("/a")).unwrap_err();
        assert_eq!(error.class(), Class::Reconnect, "{error:?}");
    });
    assert!(session.is_broken());
}

/// B16.
#[test]
fn slow_but_steady_replies_are_waited_for() {
    let server = FtpServer::start().file("/a", "x");
    let mut dial = server.dial();
    dial.timeouts.reply = Duration::from_millis(300);
    let mut session = server.try_open(&dial).unwrap();
    // Some 600 ms in all.
    server.rule("NOOP", None, None, &format!("200-{}\r\n200 Ok", "slow ".repeat(60)));
    server.add_fault(Fault::Drip, None);
    session.noop().unwrap();
}

/// A 5yz about the network is no 5yz about the file.
#[test]
fn refusals_about_the_moment_are_told_from_those_for_good() {
    for (reply, class) in [
        ("550 Broken pipe", Class::Transient),
        ("550 Connection timed out", Class::Transient),
        ("550 Too many transfers", Class::Transient),
        ("550 No such file", Class::Permanent),
        ("553 Permission denied", Class::Permanent),
    ] {
        let server = FtpServer::start().on("DELE", reply);
        assert_eq!(server.open().remove_file(&path("/a")).unwrap_err().class(), class, "{reply}");
    }
}

// --- data connections ---

/// C05.
#[test]
fn the_port_of_epsv_may_stand_between_any_delimiters() {
    for delimiter in ["!", "$"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let d = delimiter;
        let server = FtpServer::start()
            .on("EPSV", &format!("229 Entering ({d}{d}{d}{port}{d})"))
            .on("RETR", "150 Here\r\n226 Done");
        let (mut session, recorder) = open(&server);
        let channel = session.retrieve(&path("/a"), 0).unwrap();
        assert_eq!(listener.accept().unwrap().1, recorder.data()[0].local);
        drop(listener);
        channel.finish().unwrap();
    }
}

/// C06.
#[test]
fn the_address_of_pasv_is_found_among_any_words() {
    for put in ["Entering Passive Mode {}", "=({})", "Passive: {}.", "Server 2 goes passive ({})."] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let numbers = format!("127,0,0,1,{},{}", port >> 8, port & 255);
        let server = FtpServer::start()
            .without(&["EPSV"])
            .on("PASV", &format!("227 {}", put.replace("{}", &numbers)))
            .on("RETR", "150 Here\r\n226 Done");
        let (mut session, recorder) = open(&server);
        let channel = session.retrieve(&path("/a"), 0).unwrap();
        assert_eq!(recorder.data()[0].peer.port(), port, "{put}");
        drop(listener);
        channel.finish().unwrap();
    }
}

/// It would keep the server from ever taking PASV again (RFC 2428 section 4), and some do not take EPSV.
#[test]
fn epsv_is_never_made_binding() {
    let server = FtpServer::start().file("/a", "x");
    fetch(&mut server.open(), "/a").unwrap();
    server.assert_never_heard("EPSV ALL");
}

/// C23.
#[test]
fn a_distributed_server_is_told_what_comes_before_each_passive_mode() {
    let server = FtpServer::start().feature("PRET").fault(Fault::NeedsPret).file("/a", "x");
    let mut session = server.open();
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    store(&mut session, "/b", StoreAt::Start, b"y").unwrap();
    server.assert_heard_in_order(&[
        "PRET MLSD",
        "EPSV",
        "MLSD",
        "PRET RETR /a",
        "EPSV",
        "RETR /a",
        "PRET STOR /b",
        "EPSV",
        "STOR /b",
    ]);
}

/// C23.
#[test]
fn what_is_refused_ahead_is_refused_and_the_session_goes_on() {
    let server = FtpServer::start().feature("PRET").fault(Fault::NeedsPret).file("/a", "x").on_argument(
        "PRET",
        "RETR /none",
        "550 No such file",
    );
    let mut session = server.open();
    let error = fetch(&mut session, "/none").unwrap_err();
    assert!(matches!(&error, FtpError::Refused { verb: "RETR", reply, .. } if reply.code == 550), "{error:?}");
    server.assert_never_heard("EPSV");
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
}

#[test]
fn a_server_that_asks_for_pret_is_heard_and_remembered() {
    let server = FtpServer::start().fault(Fault::NeedsPret).file("/a", "x");
    let (mut session, recorder) = open(&server);
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(recorder.lessons(), [Lesson::Pret(true)], "that says nothing about EPSV");
    let (mut session, recorder) = open_knowing(&server, taught(&recorder));
    let refused = server.count("EPSV");
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(server.count("EPSV"), refused + 1);
    assert!(recorder.lessons().is_empty());

    // It does no harm where it is not needed any more, and is forgotten.
    let server = FtpServer::start().without(&["PRET"]).file("/a", "x");
    let (mut session, recorder) = open_knowing(&server, Learned { pret: Some(true), ..Learned::default() });
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(recorder.lessons(), [Lesson::Pret(false)]);
}

// --- what is learned ---

/// C02, across sessions.
#[test]
fn what_failed_once_is_not_tried_by_the_next_session() {
    let server = FtpServer::start().without(&["EPSV", "EPRT"]).file("/a", "x");
    for (mode, lesson, never) in
        [(TransferMode::Passive, Lesson::Epsv(false), "EPSV"), (TransferMode::Active, Lesson::Eprt(false), "EPRT")]
    {
        let (mut session, recorder) = dialled(&Dial { mode, ..server.dial() });
        fetch(&mut session, "/a").unwrap();
        assert_eq!(recorder.lessons(), [lesson]);
        let tried = server.count(never);
        let known = Dial { mode, ..with_site(&server, |site| site.learned = taught(&recorder)) };
        let (mut session, recorder) = dialled(&known);
        fetch(&mut session, "/a").unwrap();
        assert_eq!(server.count(never), tried);
        assert!(recorder.lessons().is_empty());
    }
}

#[test]
fn a_server_that_mended_its_ways_is_believed() {
    let server = FtpServer::start().without(&["PASV", "PORT"]).file("/a", "x");
    let learned = Learned { epsv: Some(false), eprt: Some(false), ..Learned::default() };
    for (mode, lesson) in [(TransferMode::Passive, Lesson::Epsv(true)), (TransferMode::Active, Lesson::Eprt(true))] {
        let (mut session, recorder) = dialled(&Dial { mode, ..with_site(&server, |site| site.learned = learned) });
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
        assert_eq!(recorder.lessons(), [lesson]);
    }
    assert_eq!(verbs(&server, &["EPSV", "PASV"]), ["PASV", "EPSV", "EPSV"]);
}

/// A firewall that closes every port says nothing about EPSV.
#[test]
fn epsv_is_not_to_blame_where_pasv_fails_alike() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::DeadPort("EPSV")).fault(Fault::DeadPort("PASV"));
    let (mut session, recorder) = open(&server);
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x", "in active mode");
    assert_eq!(recorder.lessons(), [Lesson::Mode(Mode::Active)]);
    let server = FtpServer::start().file("/a", "x").on("EPSV", "425 Not at the moment");
    let (mut session, recorder) = open(&server);
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert!(recorder.lessons().is_empty(), "4yz is about now");
}

/// F01, across sessions; and MLSD that answers with what LIST would.
#[test]
fn broken_mlsd_is_learned_and_not_tried_again() {
    let ls = "-rw-r--r-- 1 u g 5 Jan  5 12:00 a\r\n";
    for server in [FtpServer::start().on("MLSD", "502 No"), FtpServer::start().listing("/", ls)] {
        let server = server.file("/a", "x");
        let (mut session, recorder) = open(&server);
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
        assert_eq!(server.count("MLSD"), 1);
        assert!(recorder.lessons().contains(&Lesson::Mlsd(false)), "{:?}", recorder.lessons());
        let (mut session, _) = open_knowing(&server, taught(&recorder));
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
        assert_eq!(server.count("MLSD"), 1);
    }
    let server = FtpServer::start().without(&["LIST"]).file("/a", "x");
    let (mut session, recorder) = open_knowing(&server, Learned { mlsd: Some(false), ..Learned::default() });
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
    assert_eq!(recorder.lessons(), [Lesson::Mlsd(true)]);
}

/// F13, across sessions.
#[test]
fn whether_hidden_files_can_be_listed_is_found_out_once_per_server() {
    for (server, does) in
        [(old(FtpServer::start()), true), (old(FtpServer::start()).on_argument("LIST", "-a", "550 No -a"), false)]
    {
        let server = server.file("/.hidden", "x").file("/a", "x");
        let (mut session, recorder) = open(&server);
        list(&mut session, "/").unwrap();
        assert_eq!(recorder.lessons(), [Lesson::ListAll(does)]);
        let tried = server.count("LIST");
        let (mut session, recorder) = open_knowing(&server, taught(&recorder));
        let listing = list(&mut session, "/").unwrap();
        assert_eq!(names(&listing).contains(&".hidden".to_owned()), does);
        assert_eq!(server.count("LIST"), tried + 1, "no second probe");
        assert!(recorder.lessons().is_empty());
    }
    // Learned, and wrong by now.
    let server = old(FtpServer::start()).file("/a", "x").on_argument("LIST", "-a", "550 No -a");
    let (mut session, recorder) = open_knowing(&server, Learned { list_all: Some(true), ..Learned::default() });
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
    assert_eq!(recorder.lessons(), [Lesson::ListAll(false)]);
}

#[test]
fn a_server_that_mixes_up_several_commands_is_asked_one_by_one_for_good() {
    let server =
        FtpServer::start().greeting("220 ProFTPD").fault_times(Fault::OutOfOrder, 1).home("/home").file("/home/a", "x");
    let (mut session, recorder) = open(&server);
    assert_eq!(session.home(), &path("/home"));
    assert_eq!(recorder.lessons(), [Lesson::Pipelining(false)]);
    assert_eq!(names(&list(&mut session, "").unwrap()), ["a"]);
    // Whatever its greeting says.
    let server = FtpServer::start().greeting("220 ProFTPD").fault(Fault::OneLinePerPacket);
    let (_, recorder) = open_knowing(&server, taught(&recorder));
    assert!(recorder.lessons().is_empty() && recorder.notes().is_empty(), "{:?}", recorder.notes());
}

// --- clocks ---

/// I14.
#[test]
fn the_clock_of_a_server_is_found_out_after_the_listing_and_used_from_then_on() {
    for hours in [2, -5, 0] {
        let time = seconds_ago(30 * HOUR);
        let server =
            old(FtpServer::start()).zone(hours * HOUR).file_at("/a", "x", time).file_at("/b", "x", time - 60).dir("/d");
        let (mut session, recorder) = open(&server);
        let mut listing = list(&mut session, "/").unwrap();
        assert!(!listing.entries[0].modified.unwrap().iso().ends_with('Z'), "nobody knows yet");
        server.assert_never_heard("MDTM");
        session.calibrate().unwrap().expect("news").apply(&mut listing);
        let wanted = Timestamp { precision: twinport::domain::Precision::Minute, ..Timestamp::utc(time) }.iso();
        assert_eq!(listing.entries[0].modified.unwrap().iso(), wanted);
        assert_eq!(time_of(&mut session, "a"), wanted);
        assert_eq!(server.count("MDTM"), 2);
        assert!(!session.can_calibrate(), "asked once");
        assert!(recorder.lessons().contains(&Lesson::ClockOffset(i32::try_from(hours * HOUR).unwrap())));
        // At once, by a session that knows; one question shows that it still holds.
        let (mut session, recorder) = open_knowing(&server, taught(&recorder));
        assert_eq!(time_of(&mut session, "a"), wanted);
        assert_eq!(session.calibrate(), Ok(None));
        assert_eq!(server.count("MDTM"), 3);
        assert!(recorder.lessons().is_empty());
    }
}

#[test]
fn a_clock_that_was_set_meanwhile_is_noticed() {
    let time = seconds_ago(30 * HOUR);
    let server = old(FtpServer::start()).zone(2 * HOUR).file_at("/a", "x", time);
    let (mut session, recorder) = open_knowing(&server, Learned { clock_offset: Some(3600), ..Learned::default() });
    let mut listing = list(&mut session, "/").unwrap();
    session.calibrate().unwrap().expect("news").apply(&mut listing);
    assert_eq!(listing.entries[0].modified.unwrap().seconds, time);
    assert!(recorder.lessons().contains(&Lesson::ClockOffset(7200)));
}

#[test]
fn the_users_word_about_the_clock_is_not_questioned() {
    let time = seconds_ago(30 * HOUR);
    let server = old(FtpServer::start()).zone(2 * HOUR).file_at("/a", "x", time);
    let (mut session, _) = dialled(&with_site(&server, |site| site.clock_offset_minutes = Some(120)));
    let listing = list(&mut session, "/").unwrap();
    assert_eq!(listing.entries[0].modified.unwrap().seconds, time);
    assert!(!session.can_calibrate());
}

#[test]
fn a_server_without_mdtm_and_one_with_mlsd_are_not_asked_for_times() {
    let server = old(FtpServer::start()).without(&["MDTM"]).file_at("/a", "x", seconds_ago(HOUR));
    let mut session = server.open();
    list(&mut session, "/").unwrap();
    assert_eq!(session.calibrate(), Ok(None));
    server.assert_never_heard("MDTM");
    let server = FtpServer::start().file_at("/a", "x", seconds_ago(HOUR));
    let mut session = server.open();
    list(&mut session, "/").unwrap();
    assert!(!session.can_calibrate());
}

// --- listings ---

/// F08, F09.
#[test]
fn names_in_any_bytes_and_lines_with_any_ends_are_kept() {
    let raw = b"-rw-r--r-- 1 u g 5 Jan  5 12:00 \xcf\xf0\xe8\x85.txt\r\n\
        -rw-r--r-- 1 u g 5 Jan  5 12:00 \x83e\x83X\x83g\n\
        -rw-r--r-- 1 u g 5 Jan  5 12:00 \xc6\xe1\xaa\r\r\n\
        -rw-r--r-- 1 u g 5 Jan  5 12:00 odd\rname\r\n";
    let server = old(FtpServer::start()).listing("/", &raw[..]).file(b"/\xcf\xf0\xe8\x85.txt", "x");
    let mut session = server.open();
    let listing = list(&mut session, "/").unwrap();
    assert_eq!(listing.entries.len(), 4, "{listing:?}");
    assert_eq!(&*listing.entries[0].name, b"\xcf\xf0\xe8\x85.txt");
    let whole = RemotePath::root().join(&listing.entries[0].name);
    session.remove_file(&whole).unwrap();
    assert!(!server.exists(b"/\xcf\xf0\xe8\x85.txt"));
}

/// F11.
#[test]
fn a_listing_byte_by_byte_is_read() {
    let server = old(FtpServer::start()).file("/a", "x").file("/b", "x");
    let mut session = server.open();
    server.add_fault(Fault::Drip, None);
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a", "b"]);
}

/// F14.
#[test]
fn a_file_is_a_file_however_the_server_lists_it() {
    let server = FtpServer::start()
        .without(&["MLSD", "MLST", "SIZE", "MDTM"])
        .file("/d/f", "12345")
        .listing("/d/f", "-rw-r--r-- 1 u g 5 Jan  5 12:00 f\r\n");
    let mut session = server.open();
    assert!(matches!(list(&mut session, "/d/f"), Err(FtpError::Refused { verb: "CWD", .. })));
    let facts = session.facts(&path("/d/f")).unwrap().unwrap();
    assert_eq!((facts.kind, facts.size), (EntryKind::File, Some(5)));
}

/// F17.
#[test]
fn an_mlst_that_tells_nothing_is_asked_another_way() {
    for reply in ["250 ", "250-Listing\r\n250 End", "250-Listing\r\n\r\n250 End", "250-Begin\r\n  /a\r\n250 End"] {
        let server = FtpServer::start().on("MLST", reply).file("/a", "12345").dir("/d");
        let mut session = server.open();
        let facts = session.facts(&path("/a")).unwrap().unwrap();
        assert_eq!((facts.kind, facts.size), (EntryKind::File, Some(5)), "{reply:?}");
        assert_eq!(session.facts(&path("/d")).unwrap().unwrap().kind, EntryKind::Directory);
    }
}

#[test]
fn links_are_followed_to_what_they_lead_to() {
    for server in [FtpServer::start(), old(FtpServer::start())] {
        let server =
            server.file("/d/f", "12345").link("/to-dir", "/d").link("/to-file", "/d/f").link("/to-nothing", "/none");
        let mut session = server.open();
        assert_eq!(session.facts(&path("/to-dir")).unwrap().unwrap().kind, EntryKind::Directory);
        let file = session.facts(&path("/to-file")).unwrap().unwrap();
        assert_eq!((file.kind, file.size), (EntryKind::File, Some(5)));
        assert_eq!(session.facts(&path("/to-nothing")).unwrap(), None);
        assert_eq!(names(&list(&mut session, "/d").unwrap()), ["f"], "and it knows where it is");
    }
}

// --- directories and names ---

/// G05.
#[test]
fn a_directory_that_cannot_be_entered_changes_nothing() {
    let server = FtpServer::start().file("/d/a", "x");
    let mut session = server.open();
    list(&mut session, "/d").unwrap();
    assert!(matches!(list(&mut session, "/none"), Err(FtpError::Refused { verb: "CWD", .. })));
    assert_eq!(names(&list(&mut session, "/d").unwrap()), ["a"]);
}

/// G06.
#[test]
fn paths_may_be_150_levels_deep() {
    let deep = "/d".repeat(150);
    let server = FtpServer::start().file(format!("{deep}/a"), "x");
    let mut session = server.open();
    assert_eq!(names(&list(&mut session, &deep).unwrap()), ["a"]);
    assert_eq!(fetch(&mut session, &format!("{deep}/a")).unwrap(), b"x");
    session.remove_tree(&path("/d"), &mut |_| {}).unwrap();
    assert_eq!(server.paths(), ["/"]);
}

/// G11.
#[test]
fn names_go_out_in_the_sites_charset_where_the_server_has_no_utf8() {
    let server = FtpServer::start().without(&["UTF8"]).dir(b"/\xcf\xf0\xe8");
    let charset = Charset::from_label("windows-1251");
    let (mut session, recorder) = dialled(&with_site(&server, |site| site.charset = charset.clone()));
    server.assert_never_heard("OPTS");
    let listing = list(&mut session, "/").unwrap();
    assert_eq!(listing.entries[0].text(&charset), "При");
    let made = RemotePath::root().join(&charset.encode("Да").unwrap());
    session.make_dir(&made).unwrap();
    assert!(server.exists(b"/\xc4\xe0"));
    assert!(recorder.sent().contains(&"MKD /Да".to_owned()), "the log shows it as it is meant");
}

#[test]
fn a_link_that_is_listed_as_a_directory_is_removed_and_never_followed() {
    let server = FtpServer::start()
        .file("/keep/precious", "x")
        .file("/tree/a", "x")
        .link("/tree/away", "/keep")
        .link("/tree/loop", "/tree")
        .listing("/tree", "type=file; a\r\ntype=dir; away\r\ntype=dir; loop\r\n");
    let mut session = server.open();
    session.remove_tree(&path("/tree"), &mut |_| {}).unwrap();
    assert_eq!(server.paths(), ["/", "/keep", "/keep/precious"]);
}

#[test]
fn a_walk_that_comes_back_to_itself_is_noticed() {
    let server = FtpServer::start().link("/tree/loop", "/tree").file("/tree/a/b/a/file", "x").dir("/tree/loop2/x");
    let mut session = server.open();
    assert_eq!(session.leads_back(&path("/tree/loop")), Ok(false), "nobody can know yet");
    assert_eq!(server.count("PWD"), 1, "and nobody asks");
    assert_eq!(session.leads_back(&path("/tree/loop/loop")), Ok(true));
    assert_eq!(session.leads_back(&path("/tree/a/b/a")), Ok(false), "a name may come twice");
}

/// Where the server does not say where it is, depth is what is left to notice it by.
#[test]
fn a_tree_without_end_is_given_up() {
    let server = FtpServer::start().on("CWD", "250 Ok").listing("/", "type=dir; again\r\n").on("RMD", "550 Not empty");
    let mut session = server.open();
    let error = session.remove_tree(&path("/tree"), &mut |_| {}).unwrap_err();
    assert!(server.count("MLSD") <= 201);
    assert!(matches!(error, FtpError::Unsupported { .. } | FtpError::Refused { .. }), "{error:?}");
    session.noop().unwrap();
}

// --- other systems ---

#[test]
fn servers_older_than_the_rfc_are_spoken_to_in_their_own_words() {
    for code in ["500 What?", "502 Not implemented"] {
        let server =
            FtpServer::start().on("PWD", code).on("MKD", code).on("RMD", code).home("/home").file("/home/a", "x");
        let mut session = server.open();
        assert_eq!(session.home(), &path("/home"));
        assert_eq!(session.make_dir(&path("/home/d")), Ok(true));
        assert_eq!(session.make_dir(&path("/home/e")), Ok(true));
        session.remove_dir(&path("/home/d")).unwrap();
        assert!(server.exists("/home/e") && !server.exists("/home/d"));
        assert_eq!((server.count("MKD"), server.count("XMKD"), server.count("XRMD")), (1, 2, 1));
    }
}

/// G13.
#[test]
fn ibm_i_is_asked_for_paths_with_slashes() {
    let server = FtpServer::start()
        .system(" OS/400 is the remote operating system. The TCP/IP version is \"V5R4M0\".")
        .on_nth("PWD", 1, "257 \"QGPL\" is current library.")
        .on("SITE", "250 Now using naming format \"1\".")
        .home("/QSYS.LIB/QGPL.LIB");
    let session = server.open();
    assert_eq!(session.home(), &path("/QSYS.LIB/QGPL.LIB"));
    server.assert_heard_in_order(&["PWD", "SITE NAMEFMT 1", "PWD"]);
}

/// F15.
#[test]
fn vms_is_browsed_in_its_own_paths() {
    let server = old(FtpServer::start())
        .system("VMS MultiNet Unix Emulation")
        .on("PWD", "257 \"DKA0:[ANON]\" is current directory.")
        .on_argument("CWD", "DKA0:[ANON.PUB]", "250 Connected to DKA0:[ANON.PUB].")
        .file("/DKA0:[ANON.PUB]READ.ME;1", "hello");
    let (mut session, _) = open(&server);
    assert_eq!(session.home(), &path("/DKA0:/ANON"));
    list(&mut session, "/DKA0:/ANON/PUB").unwrap();
    assert_eq!(fetch(&mut session, "PUB/READ.ME;1").unwrap(), b"hello");
    session.rename(&path("PUB/READ.ME;1"), &path("PUB/NEW.ME;1")).unwrap();
    server.assert_heard_in_order(&[
        "CWD DKA0:[ANON.PUB]",
        "RETR DKA0:[ANON.PUB]READ.ME;1",
        "RNFR DKA0:[ANON.PUB]READ.ME;1",
        "RNTO DKA0:[ANON.PUB]NEW.ME;1",
    ]);
}

/// F15.
#[test]
fn mvs_names_data_sets_and_members_from_within() {
    let server = old(FtpServer::start())
        .system("MVS is the operating system of this server. FTP Server is running on z/OS.")
        .on("PWD", "257 \"'USER.'\" is the working directory name prefix.")
        .on_argument("CWD", "'USER.PDS'", "250 The working directory \"USER.PDS\" is a partitioned data set")
        .file("/MEMBER", "hello");
    let (mut session, _) = open(&server);
    assert_eq!(session.home(), &path("/USER"));
    assert_eq!(fetch(&mut session, "PDS/MEMBER").unwrap(), b"hello");
    store(&mut session, "/USER/PDS/NEW", StoreAt::Start, b"x").unwrap();
    server.assert_heard_in_order(&["CWD 'USER.PDS'", "RETR MEMBER", "STOR NEW"]);
    assert_eq!(server.count("CWD"), 1);
}

/// F15.
#[test]
fn drives_are_browsed_in_their_own_paths() {
    let server = old(FtpServer::start())
        .style(Style::Dos)
        .system("Windows_NT")
        .on("PWD", "257 \"C:\\Inetpub\" is current directory.")
        .on_argument("CWD", "C:\\Inetpub\\ftp", "250 Ok")
        .file("/C:\\Inetpub\\ftp\\a", "hello");
    let (mut session, _) = open(&server);
    assert_eq!(session.home(), &path("/C:/Inetpub"));
    list(&mut session, "ftp").unwrap();
    assert_eq!(fetch(&mut session, "ftp/a").unwrap(), b"hello");
}

// --- afterwards ---

/// I03.
#[test]
fn giving_up_what_is_over_already_does_no_harm() {
    let server = FtpServer::start().file("/a", "x");
    let mut session = server.open();
    let mut channel = session.retrieve(&path("/a"), 0).unwrap();
    let mut buffer = [0; 64];
    while channel.read(&mut buffer).unwrap() > 0 {}
    channel.abort();
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
}

/// I10.
#[test]
fn a_refused_file_leaves_the_next_one_to_be_fetched() {
    let server = FtpServer::start().file("/a", "x");
    let mut session = server.open();
    assert!(matches!(fetch(&mut session, "/none"), Err(FtpError::Refused { verb: "RETR", .. })));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert!(matches!(server.node("/a"), Some(Node::File { modified: SOME_TIME, .. })));
}
