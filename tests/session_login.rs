//! From the greeting to a usable session, as the server hears it; and that the dialogue stays in step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, list, names};
use common::ftp_server::{Fault, FtpServer};
use common::recorder::Recorder;
use twinport::domain::{Logon, RemotePath, Secret, Security, Site};
use twinport::ftp::error::{Class, FtpError, Stage, Stranger};
use twinport::net::happening::{Happening, Step};
use twinport::net::session::Session;
use twinport::net::terms::Dial;
use twinport::net::wait::Cancel;

const LOGIN: [&str; 7] = ["USER user", "PASS ***", "SYST", "FEAT", "PWD", "TYPE I", "OPTS UTF8 ON"];
/// Where another session has just done so.
const LOGIN_AGAIN: [&str; 5] = ["USER user", "PASS ***", "TYPE I", "OPTS UTF8 ON", "EPSV"];

fn with_site(server: &FtpServer, change: impl FnOnce(&mut Site)) -> Dial {
    let mut site = server.site();
    change(&mut site);
    Dial { site: Arc::new(site), ..server.dial() }
}

/// Gives up soon where the server is silent.
fn impatient(server: &FtpServer) -> Dial {
    let mut dial = server.dial();
    dial.timeouts.connect = Duration::from_millis(150);
    dial.timeouts.reply = Duration::from_millis(150);
    dial
}

fn fails(server: &FtpServer, dial: &Dial) -> FtpError {
    server.try_open(dial).err().expect("must not be logged in")
}

/// A01.
#[test]
fn logs_in_and_asks_what_it_needs() {
    let server = FtpServer::start().user("user", "secret").home("/home/user");
    let recorder = Recorder::new();
    let session = Session::open(&server.dial(), &Cancel::new(), recorder.observer()).unwrap();
    assert_eq!(session.home(), &RemotePath::from("/home/user"));
    assert!(!session.is_broken());
    server.assert_heard(&LOGIN);
    assert!(!server.heard_torn_lines());
    let steps: Vec<Happening> =
        recorder.all().into_iter().filter(|h| matches!(h, Happening::Step(_) | Happening::Control(_))).collect();
    let Happening::Control(path) = steps[2] else { panic!("{steps:?}") };
    assert_eq!(path.peer, server.address());
    let step = Happening::Step;
    assert_eq!(
        steps,
        [
            step(Step::Resolving),
            step(Step::Connecting),
            Happening::Control(path),
            step(Step::Greeting),
            step(Step::LoggingIn)
        ]
    );
}

/// A23.
#[test]
fn a_secret_is_masked_in_all_that_is_told() {
    let server = FtpServer::start().user("user", "hunter2").account("acct9");
    let recorder = Recorder::new();
    let dial =
        Dial { secret: Some(Secret::from("hunter2")), ..with_site(&server, |site| site.account = "acct9".into()) };
    Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
    let told = format!("{:?}", recorder.all());
    assert!(!told.contains("hunter2") && !told.contains("acct9"), "{told}");
    assert_eq!(recorder.sent()[..3], ["USER user", "PASS ***", "ACCT ***"]);
}

/// A02.
#[test]
fn a_greeting_may_have_many_lines() {
    let greeting = "220-Welcome\r\n 220 indented\r\n200 users online\r\n220-more\r\n220 Ready";
    let server = FtpServer::start().greeting(greeting);
    server.open();
    server.assert_heard(&LOGIN);
}

/// A03.
#[test]
fn a_server_that_knows_its_visitor_is_asked_for_no_login() {
    let server = FtpServer::start().greeting("230 Welcome, no password needed");
    server.open();
    server.assert_heard(&LOGIN[2..]);
}

/// A04.
#[test]
fn a_server_that_wants_no_password_gets_none() {
    let server = FtpServer::start().on("USER", "230 Come in");
    server.open();
    server.assert_never_heard("PASS");
}

#[test]
fn a_delayed_greeting_is_waited_for() {
    let server = FtpServer::start().greeting("120 Ready in a minute\r\n220 Ready");
    server.open();
}

/// A05.
#[test]
fn passwords_may_be_superfluous_and_replies_long() {
    let server = FtpServer::start().on("PASS", "202 Superfluous");
    server.open();
    let server = FtpServer::start().on("PASS", "230-Welcome\r\n230-Rules:\r\n 1 be nice\r\n230 Logged in");
    server.open();
}

/// A06.
#[test]
fn a_refused_user_is_not_followed_by_a_password() {
    for reply in ["530 Not you", "502 What?", "314 Odd"] {
        let server = FtpServer::start().on("USER", reply);
        let error = fails(&server, &server.dial());
        assert!(matches!(&error, FtpError::LoginRefused(said) if reply.ends_with(&said.text())), "{error:?}");
        server.assert_heard(&["USER user"]);
    }
}

/// A07.
#[test]
fn a_wrong_password_is_tried_once() {
    let server = FtpServer::start().user("user", "other");
    let error = fails(&server, &server.dial());
    assert!(matches!(&error, FtpError::LoginRefused(reply) if reply.code == 530), "{error:?}");
    assert_eq!(error.class(), Class::NeedsUser);
    assert_eq!(server.count("PASS"), 1);
}

/// A08, A09, A12: 430, 503, and codes of another world.
#[test]
fn refusals_that_pass_by_themselves_are_told_apart() {
    for reply in ["430 Later", "530 Sorry, too many users", "421 Too many connections"] {
        let server = FtpServer::start().on("PASS", reply);
        assert_eq!(fails(&server, &server.dial()).class(), Class::Transient, "{reply}");
    }
    for reply in ["503 Bad sequence", "332 Account?", "314 Odd"] {
        let server = FtpServer::start().on("PASS", reply);
        assert_eq!(fails(&server, &server.dial()).class(), Class::NeedsUser, "{reply}");
    }
    let server = FtpServer::start().on("PASS", "633 Not of this world");
    assert!(matches!(fails(&server, &server.dial()), FtpError::Protocol { .. }));
}

/// A10, A11.
#[test]
fn an_account_is_sent_where_it_is_asked_for() {
    let server = FtpServer::start().account("acct");
    server.try_open(&with_site(&server, |site| site.account = "acct".into())).unwrap();
    server.assert_heard_in_order(&["PASS ***", "ACCT ***", "SYST"]);

    let server = FtpServer::start().account("acct");
    let error = fails(&server, &with_site(&server, |site| site.account = "wrong".into()));
    assert!(matches!(error, FtpError::LoginRefused(reply) if reply.code == 532));
    let error = fails(&server, &server.dial());
    assert!(matches!(error, FtpError::LoginRefused(reply) if reply.code == 332));
}

#[test]
fn a_missing_password_is_asked_for_only_where_one_is_needed() {
    let server = FtpServer::start();
    let error = fails(&server, &Dial { secret: None, ..server.dial() });
    assert_eq!(error, FtpError::PasswordNeeded);
    server.assert_heard(&["USER user"]);

    let server = FtpServer::start();
    let anonymous = Dial { secret: None, ..with_site(&server, |site| site.logon = Logon::Anonymous) };
    server.try_open(&anonymous).unwrap();
    server.assert_heard_in_order(&["USER anonymous", "PASS ***"]);
}

/// A21.
#[test]
fn an_empty_password_is_sent_as_such() {
    let server = FtpServer::start();
    server.try_open(&Dial { secret: Some(Secret::default()), ..server.dial() }).unwrap();
    server.assert_heard_in_order(&["USER user", "PASS "]);
}

/// A20.
#[test]
fn odd_characters_in_a_login_are_sent_as_given() {
    let server = FtpServer::start().user("a b%41?@é", "p w%2F@ü");
    let dial = with_site(&server, |site| site.user = "a b%41?@é".into());
    server.try_open(&Dial { secret: Some(Secret::from("p w%2F@ü")), ..dial }).unwrap();
    server.assert_heard_in_order(&["USER a b%41?@é"]);
}

/// A19.
#[test]
fn a_line_break_in_a_login_is_refused_before_anything_is_sent() {
    for (user, password, account) in
        [("a\r\nDELE x", "p", ""), ("a", "p\r\nDELE x", ""), ("a", "p", "c\nDELE x"), ("a\0b", "p", "")]
    {
        let server = FtpServer::start();
        let dial = with_site(&server, |site| {
            site.user = user.into();
            site.account = account.into();
        });
        let error = fails(&server, &Dial { secret: Some(Secret::from(password)), ..dial });
        assert!(matches!(error, FtpError::BadArgument { .. }), "{error:?}");
        server.wait_open(0);
        server.assert_heard(&[]);
    }
}

/// A13, A14, A16.
#[test]
fn servers_that_hang_up_say_when() {
    let server = FtpServer::start().fault(Fault::CloseAt("GREETING"));
    assert_eq!(fails(&server, &server.dial()), FtpError::Closed { stage: Stage::Greeting, last: None });
    let server = FtpServer::start().fault(Fault::CloseAt("USER"));
    let error = fails(&server, &server.dial());
    assert!(matches!(error, FtpError::Closed { stage: Stage::Login, .. } | FtpError::Lost { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Reconnect);
    let server = FtpServer::start().greeting("421 Too many users");
    let error = fails(&server, &server.dial());
    assert!(matches!(&error, FtpError::LoginRefused(reply) if reply.text() == "Too many users"), "{error:?}");
    assert_eq!(error.class(), Class::Transient);
    server.assert_heard(&[]);
}

/// A15.
#[test]
fn a_silent_server_is_given_up_at_the_deadline() {
    let server = FtpServer::start().greeting("");
    let error = fails(&server, &impatient(&server));
    assert!(matches!(error, FtpError::Timeout { stage: Stage::Greeting, .. }), "{error:?}");
    let server = FtpServer::start().fault(Fault::Silent("PASS"));
    let error = fails(&server, &impatient(&server));
    assert!(matches!(error, FtpError::Timeout { stage: Stage::Login, .. }), "{error:?}");
}

/// A17.
#[test]
fn strangers_on_the_port_are_recognised() {
    for (greeting, wanted) in [
        ("SSH-2.0-OpenSSH_9.2p1", Stranger::Ssh),
        ("HTTP/1.1 400 Bad Request", Stranger::Http),
        ("<!DOCTYPE html>", Stranger::Http),
        ("+OK Dovecot ready.", Stranger::Mail),
        ("220 mail.example.org ESMTP Postfix", Stranger::Mail),
        ("\u{16}\u{3}\u{1}\u{0}binary", Stranger::Binary),
        ("2 hello", Stranger::Unknown),
        ("777 hello", Stranger::Unknown),
    ] {
        let server = FtpServer::start().greeting(greeting);
        let error = fails(&server, &server.dial());
        assert!(matches!(error, FtpError::NotFtp { stranger, .. } if stranger == wanted), "{greeting:?}: {error:?}");
        server.wait_open(0);
        server.assert_heard(&[]);
    }
}

/// A24.
#[test]
fn a_refused_port_and_an_unknown_host_are_told_apart() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = FtpServer::start();
    let error = fails(&server, &with_site(&server, |site| site.port = Some(dead)));
    assert!(matches!(error, FtpError::CannotConnect { port, .. } if port == dead), "{error:?}");
    let error = fails(&server, &with_site(&server, |site| site.host = String::new()));
    assert!(matches!(error, FtpError::UnknownHost { .. }), "{error:?}");
}

#[test]
fn a_server_without_encryption_hears_no_name_where_nobody_agreed_to_clear_text() {
    for security in [Security::Explicit, Security::Auto] {
        let server = FtpServer::start();
        let error = fails(&server, &with_site(&server, |site| site.security = security));
        assert!(matches!(error, FtpError::NoTls { .. } | FtpError::ClearTextUnasked(_)), "{error:?}");
        server.assert_never_heard("USER");
    }
}

fn plain_vsftpd() -> (FtpServer, Dial) {
    let server = FtpServer::start().greeting("220 (vsFTPd 3.0.3)").on("AUTH", "530 Please login with USER and PASS.");
    let mut dial = with_site(&server, |site| site.security = Security::Auto);
    dial.tls.clear_text = true;
    (server, dial)
}

#[test]
fn what_one_session_has_seen_spares_the_next_one_its_round_trips() {
    let (server, dial) = plain_vsftpd();
    server.try_open(&dial).unwrap();
    let recorder = Recorder::new();
    Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
    assert_eq!(server.count("AUTH"), 1, "it was refused a moment ago");
    let told = recorder.all();
    let at = told.iter().rposition(|happening| matches!(happening, Happening::Sent(_))).unwrap();
    let heard = told[..at].iter().filter(|happening| matches!(happening, Happening::Received(_))).count();
    assert_eq!(heard, 1, "nothing but the greeting before all was said: {told:?}");
    assert_eq!(recorder.sent(), LOGIN_AGAIN);
}

/// What was told of it a moment ago, another session need not ask; and its first port comes with its login.
#[test]
fn a_further_session_is_as_able_as_the_first() {
    for (greeting, port) in [("220 ProFTPD Server (Debian)", true), ("220 FTP server ready", false)] {
        let server = FtpServer::start().greeting(greeting).file("/home/me/a", "x").home("/home/me");
        let dial = server.dial();
        let mut first = server.try_open(&dial).unwrap();
        assert_eq!(fetch(&mut first, "a").unwrap(), b"x");
        let recorder = Recorder::new();
        let mut further = Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
        assert_eq!(further.home(), first.home());
        assert_eq!(recorder.sent().iter().filter(|line| *line == "EPSV").count(), usize::from(port), "{greeting}");
        assert_eq!(fetch(&mut further, "a").unwrap(), b"x");
        assert_eq!(names(&list(&mut further, "/home/me").unwrap()), ["a"]);
        assert_eq!(server.count("EPSV"), 3, "{greeting}: each port once");
        assert_eq!(server.count("MLSD"), 1, "it knows what FEAT had said");
        assert_eq!(server.count("FEAT"), if port { 1 } else { 2 }, "{greeting}: only known servers are trusted so far");
    }
}

#[test]
fn a_port_that_is_refused_with_the_login_is_asked_for_again() {
    let server = FtpServer::start().greeting("220 ProFTPD Server (Debian)").file("/a", "x");
    let dial = server.dial();
    let mut first = server.try_open(&dial).unwrap();
    assert_eq!(fetch(&mut first, "/a").unwrap(), b"x");
    server.rule("EPSV", None, Some(2), "425 Can't open passive connection: Too many open files");
    let mut further = server.try_open(&dial).unwrap();
    assert_eq!(server.count("EPSV"), 2);
    assert_eq!(fetch(&mut further, "/a").unwrap(), b"x");
    assert_eq!(server.count("EPSV"), 3);
}

#[test]
fn a_password_that_is_refused_meanwhile_is_sent_once() {
    let (server, dial) = plain_vsftpd();
    server.try_open(&dial).unwrap();
    server.rule("PASS", None, None, "530 Login incorrect.");
    let error = fails(&server, &dial);
    assert!(matches!(&error, FtpError::LoginRefused(reply) if reply.code == 530), "{error:?}");
    assert_eq!(server.count("PASS"), 2);
    let recorder = Recorder::new();
    Session::open(&dial, &Cancel::new(), recorder.observer()).err().unwrap();
    assert_eq!(recorder.sent(), ["USER user", "PASS ***"], "one by one again");
}

/// A directory server may be asked: that it takes its time says nothing of whether the server heard the rest.
#[test]
fn a_password_that_is_thought_about_is_not_sent_again() {
    let (server, mut dial) = plain_vsftpd();
    server.try_open(&dial).unwrap();
    dial.timeouts.reply = Duration::from_millis(250);
    server.add_fault(Fault::Hold("PASS"), Some(1));
    let recorder = Recorder::new();
    let error = Session::open(&dial, &Cancel::new(), recorder.observer()).err().unwrap();
    assert!(matches!(error, FtpError::Timeout { stage: Stage::Login, .. }), "{error:?}");
    assert_eq!(recorder.sent(), LOGIN_AGAIN);
    assert_eq!(recorder.lessons(), [], "nothing was learned of several commands at a time");
    server.clear_faults();
    server.rule("PASS", None, None, "215 UNIX Type: L8");
    let recorder = Recorder::new();
    let error = Session::open(&dial, &Cancel::new(), recorder.observer()).err().unwrap();
    assert!(matches!(error, FtpError::Protocol { .. }), "out of step: {error:?}");
    assert_eq!(recorder.sent(), LOGIN_AGAIN, "and not sent again either");
}

#[test]
fn ipv6_works_the_same() {
    let server = FtpServer::start_v6().file("/a", "x");
    let mut session = server.open();
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
}

/// B18, B21.
#[test]
fn servers_without_extras_will_do() {
    let server =
        FtpServer::start().without(&["FEAT", "SYST", "OPTS", "MLSD", "MLST", "EPSV", "SIZE", "MDTM"]).file("/a", "x");
    let mut session = server.open();
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
    server.assert_never_heard("OPTS");
    let server = FtpServer::start().on("OPTS", "502 No").on("FEAT", "211-Extensions\r\n utf8\r\n211 END");
    server.open();
    server.assert_heard(&LOGIN);
}

#[test]
fn several_commands_go_out_at_once_to_servers_known_for_it_only() {
    // A device that hears one line of each packet tells how many went out together.
    for (greeting, several) in [("220 Scripted server", false), ("220 ProFTPD Server", true)] {
        let server = FtpServer::start().greeting(greeting).fault(Fault::OneLinePerPacket).file("/a", "x");
        let mut dial = server.dial();
        dial.timeouts.reply = Duration::from_millis(400);
        let recorder = Recorder::new();
        let mut session = Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
        // And what only claims to be such a server is asked one by one from then on.
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"]);
        assert_eq!(session.home(), &RemotePath::root());
        assert_eq!(recorder.notes().iter().any(|note| note.contains("one command at a time")), several, "{greeting}");
    }
}

#[test]
fn a_server_that_offers_pret_and_does_nothing_with_it_is_spared_a_round_trip_for_each_file() {
    let server = FtpServer::start()
        .greeting("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220 You will be disconnected after 15 minutes")
        .feature("PRET")
        .file("/a", "x");
    assert_eq!(fetch(&mut server.open(), "/a").unwrap(), b"x");
    server.assert_never_heard("PRET");
}

/// B01.
#[test]
fn replies_in_pieces_of_any_size_are_the_same() {
    for size in [1, 2, 5] {
        let server = FtpServer::start().fault(Fault::Segments(size)).file("/a", "x");
        let mut session = server.open();
        assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"], "pieces of {size}");
    }
}

/// G01, G02, G03, G04.
#[test]
fn the_login_directory_is_read_however_it_is_put() {
    for (reply, wanted) in [
        ("257 \"/a \"\"b\"\" c\" is current", "/a \"b\" c"),
        ("257 rubbish \"/pub\"", "/pub"),
        ("257 /pub", "/pub"),
        ("257 \"\"", "/"),
        ("250 \"/pub\"", "/pub"),
        ("257 \"/unclosed", ""),
        ("257 \"/con\u{1}trol\"", ""),
        ("550 No", ""),
        ("314 Odd", ""),
    ] {
        let server = FtpServer::start().on("PWD", reply);
        let session = server.open();
        assert_eq!(session.home(), &RemotePath::from(wanted), "{reply}");
        assert!(!session.is_broken());
    }
}

/// B12.
#[test]
fn a_late_reply_never_answers_the_next_command() {
    let server = FtpServer::start().on("DELE", "250 Deleted\r\n226 Surplus\r\n226 More");
    let mut session = server.open();
    session.remove_file(&RemotePath::from("/a")).unwrap();
    server.say("226 Even later");
    let error = session.remove_dir(&RemotePath::from("/b")).unwrap_err();
    assert!(matches!(error, FtpError::Refused { verb: "RMD", reply, .. } if reply.code == 550));
    session.noop().unwrap();
}

/// I12.
#[test]
fn the_reply_to_a_cancelled_command_never_answers_the_next() {
    let server = FtpServer::start().fault_times(Fault::Hold("MKD"), 1);
    let mut session = server.open();
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("MKD", 1);
            cancel.cancel();
        });
        assert_eq!(session.make_dir(&RemotePath::from("/a")), Err(FtpError::Cancelled));
    });
    assert_eq!(session.noop(), Err(FtpError::Cancelled), "its task is over");
    session.set_cancel(&Cancel::new());
    server.release();
    let error = session.remove_file(&RemotePath::from("/none")).unwrap_err();
    assert!(matches!(error, FtpError::Refused { verb: "DELE", .. }), "{error:?}");
    assert!(server.exists("/a"));
}

#[test]
fn cancelling_ends_connecting_at_every_step() {
    for (server, heard) in [
        (FtpServer::start().greeting(""), None),
        (FtpServer::start().fault(Fault::Silent("USER")), Some("USER")),
        (FtpServer::start().fault(Fault::Silent("FEAT")), Some("FEAT")),
    ] {
        let cancel = Cancel::new();
        let dial = Dial {
            timeouts: twinport::net::terms::Timeouts {
                connect: Duration::from_secs(600),
                reply: Duration::from_secs(600),
                data: Duration::from_secs(600),
            },
            ..server.dial()
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                match heard {
                    Some(verb) => server.wait_heard(verb, 1),
                    None => server.wait_open(1),
                }
                cancel.cancel();
            });
            let result = Session::open(&dial, &cancel, Recorder::new().observer());
            assert_eq!(result.err(), Some(FtpError::Cancelled), "{heard:?}");
        });
    }
}

/// B13.
#[test]
fn a_421_at_any_command_ends_the_session() {
    let server = FtpServer::start().on("MKD", "421 Idle too long");
    let mut session = server.open();
    let error = session.make_dir(&RemotePath::from("/a")).unwrap_err();
    assert!(
        matches!(&error, FtpError::Closed { last: Some(reply), .. } if reply.text() == "Idle too long"),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Reconnect);
    assert!(session.is_broken());
}

/// I04: what the engine makes of it is tested with the queue.
#[test]
fn an_idle_session_that_was_closed_says_so_at_the_next_command() {
    let server = FtpServer::start();
    let mut session = server.open();
    server.say("421 Goodbye");
    let error = session.noop().unwrap_err();
    assert!(matches!(&error, FtpError::Closed { last: Some(_), .. }), "{error:?}");
    let mut session = server.open();
    server.hang_up();
    assert_eq!(session.noop().unwrap_err().class(), Class::Reconnect);
    assert!(session.is_broken());
}

/// B15.
#[test]
fn an_overdue_reply_ends_the_session() {
    let server = FtpServer::start().fault(Fault::Silent("MKD"));
    let mut session = server.try_open(&impatient(&server)).unwrap();
    let error = session.make_dir(&RemotePath::from("/a")).unwrap_err();
    assert!(matches!(error, FtpError::Timeout { stage: Stage::Command, .. }), "{error:?}");
    assert!(session.is_broken());
}

/// B09, B10.
#[test]
fn what_is_no_reply_ends_the_session() {
    for reply in ["777 Lucky", "no code at all", "200 a\u{0}b"] {
        let server = FtpServer::start().on("NOOP", reply);
        let mut session = server.open();
        assert!(matches!(session.noop(), Err(FtpError::Protocol { .. })), "{reply:?}");
        assert!(session.is_broken());
    }
}

/// B04.
#[test]
fn a_reply_that_ends_with_another_code_is_no_endless_wait() {
    let server = FtpServer::start().on("NOOP", "226-[Ul: 1 MB]\r\n200 End");
    let mut session = server.open();
    session.noop().unwrap();
    session.noop().unwrap();
}

/// B22.
#[test]
fn quitting_never_hangs_and_never_fails() {
    for server in [
        FtpServer::start(),
        FtpServer::start().on("QUIT", "550 No"),
        FtpServer::start().fault(Fault::Silent("QUIT")),
        FtpServer::start().fault(Fault::CloseAt("QUIT")),
    ] {
        server.open().quit();
        server.wait_heard("QUIT", 1);
        server.wait_open(0);
    }
}
