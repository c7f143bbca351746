//! Fetching and storing files: whole, resumed, refused, cut off, cancelled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, fetch_from, fetch_what_comes, noise, store};
use common::ftp_server::{AbortStyle, Fault, FtpServer, Node, SOME_TIME};
use common::recorder::Recorder;
use twinport::domain::{RemotePath, Site, TransferMode};
use twinport::ftp::error::{Class, FtpError, Stage};
use twinport::net::happening::Happening;
use twinport::net::session::{Session, StoreAt};
use twinport::net::terms::Dial;
use twinport::net::wait::Cancel;

fn impatient(server: &FtpServer) -> Session {
    let mut dial = server.dial();
    dial.timeouts.reply = Duration::from_millis(250);
    server.try_open(&dial).unwrap()
}

/// Waits for nothing: only a cancel, or the server's word, can end a wait.
fn patient(server: &FtpServer) -> Session {
    let mut dial = server.dial();
    dial.timeouts.reply = Duration::from_secs(600);
    dial.timeouts.data = Duration::from_secs(600);
    server.try_open(&dial).unwrap()
}

fn lines_after_login(server: &FtpServer) -> Vec<String> {
    server.transcript().split_off(7)
}

/// D01, E01, E14.
#[test]
fn a_file_costs_two_commands() {
    let data = noise(300_000);
    let server = FtpServer::start().file("/a", data.clone());
    let mut session = server.open();
    assert_eq!(fetch(&mut session, "/a").unwrap(), data);
    assert_eq!(fetch(&mut session, "/a").unwrap(), data);
    store(&mut session, "/b", StoreAt::Start, &data).unwrap();
    store(&mut session, "/c", StoreAt::Start, &data).unwrap();
    assert_eq!(server.content("/b").unwrap(), data);
    assert_eq!(
        lines_after_login(&server),
        ["EPSV", "RETR /a", "EPSV", "RETR /a", "EPSV", "STOR /b", "EPSV", "STOR /c"]
    );
    assert!(!server.heard_torn_lines());
}

/// Landscape 35.
#[test]
fn the_size_is_told_before_the_first_byte_where_the_server_says_it() {
    let server = FtpServer::start().file("/a", "12345");
    let mut session = server.open();
    let channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
    assert_eq!(channel.announced, Some(5));
    channel.abort();
}

/// D07, E12. Landscape 36.
#[test]
fn empty_files_go_both_ways() {
    let server = FtpServer::start().file("/a", "");
    let mut session = server.open();
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"");
    store(&mut session, "/b", StoreAt::Start, b"").unwrap();
    assert_eq!(server.content("/b").unwrap(), b"");
}

#[test]
fn paths_without_a_slash_are_below_the_login_directory() {
    let server = FtpServer::start().home("/home/u").file("/home/u/dir/a", "x");
    let mut session = server.open();
    assert_eq!(fetch(&mut session, "dir/a").unwrap(), b"x");
    server.assert_heard_in_order(&["RETR /home/u/dir/a"]);
}

/// D26.
#[test]
fn names_go_out_byte_by_byte() {
    let names: [&[u8]; 8] = [b" a", b"a ", b"\"q\"", b"100%", b"a|b;c", b"-rf", b"caf\xe9", b"\xff\xfe"];
    for name in names {
        let path = RemotePath::root().join(name);
        let server = FtpServer::start();
        let mut session = server.open();
        store(&mut session, path.clone(), StoreAt::Start, name).unwrap();
        assert_eq!(server.content(path.as_bytes()).unwrap(), name);
        assert_eq!(fetch_from(&mut session, path, 0).unwrap(), name);
    }
}

#[test]
fn a_line_break_in_a_name_is_refused_and_nothing_is_sent() {
    let server = FtpServer::start().file("/b", "x");
    let mut session = server.open();
    let path = RemotePath::from("/a\r\nDELE /b");
    assert!(matches!(session.retrieve(&path, 0).err(), Some(FtpError::BadArgument { .. })));
    assert!(matches!(session.store(&path, StoreAt::Start).err(), Some(FtpError::BadArgument { .. })));
    assert_eq!(lines_after_login(&server), Vec::<String>::new());
    assert!(server.exists("/b"));
}

/// D08, E04, I10.
#[test]
fn a_refused_file_leaves_the_session_usable() {
    let server = FtpServer::start().file("/a", "x").dir("/d");
    let mut session = server.open();
    for path in ["/none", "/d"] {
        let error = fetch(&mut session, path).unwrap_err();
        assert!(matches!(error, FtpError::Refused { verb: "RETR", reply, .. } if reply.code == 550));
    }
    let error = store(&mut session, "/none/a", StoreAt::Start, b"x").unwrap_err();
    assert!(matches!(error, FtpError::Refused { verb: "STOR", reply, .. } if reply.code == 553));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
}

/// D09.
#[test]
fn a_refusal_at_the_end_is_an_error_though_all_bytes_came() {
    for reply in ["426 Lost", "451 Local error", "500 Oops"] {
        let server = FtpServer::start().file("/a", "hello").fault_times(Fault::FinalReply { verb: "RETR", reply }, 1);
        let mut session = server.open();
        let (content, error) = fetch_what_comes(&mut session, "/a", 0);
        assert_eq!(content, b"hello");
        assert!(matches!(error, Some(FtpError::Refused { verb: "RETR", .. })), "{error:?}");
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello", "usable after {reply}");
    }
}

/// E05.
#[test]
fn a_full_disk_is_told_whenever_the_server_says_so() {
    let data = noise(200_000);
    let full = "552 Disk full";
    for server in [
        FtpServer::start().fault_times(Fault::FinalReply { verb: "STOR", reply: full }, 1),
        FtpServer::start().on_nth("STOR", 1, full),
        FtpServer::start().fault_times(Fault::SayMidway { verb: "STOR", after: 50_000, reply: full }, 1),
    ] {
        let mut session = server.open();
        let error = store(&mut session, "/a", StoreAt::Start, &data).unwrap_err();
        assert!(matches!(&error, FtpError::Refused { verb: "STOR", reply, .. } if reply.code == 552), "{error:?}");
        assert_eq!(error.class(), Class::Permanent);
        store(&mut session, "/a", StoreAt::Start, &data).unwrap();
        assert_eq!(server.content("/a").unwrap(), data);
    }
}

#[test]
fn a_refusal_in_mid_download_ends_it_at_once_and_keeps_what_came() {
    let data = noise(200_000);
    let server = FtpServer::start()
        .file("/a", data.clone())
        .fault_times(Fault::SayMidway { verb: "RETR", after: 70_000, reply: "451 Disk error" }, 1);
    // The data connection stays open: only the control connection tells.
    let mut session = patient(&server);
    let (content, error) = fetch_what_comes(&mut session, "/a", 0);
    assert!(matches!(error, Some(FtpError::Refused { verb: "RETR", reply, .. }) if reply.code == 451));
    assert_eq!(content, data[..70_000]);
    assert_eq!(fetch(&mut session, "/a").unwrap(), data);
}

/// D10, D11.
#[test]
fn a_download_cut_off_is_an_error_and_keeps_what_came() {
    let data = noise(200_000);
    for fault in [Fault::CloseData { verb: "RETR", after: 70_000 }, Fault::ResetData { verb: "RETR", after: 70_000 }] {
        let server = FtpServer::start().file("/a", data.clone()).fault_times(fault.clone(), 1);
        let mut session = server.open();
        let (content, error) = fetch_what_comes(&mut session, "/a", 0);
        assert!(matches!(error, Some(FtpError::Refused { verb: "RETR", reply, .. }) if reply.code == 426), "{fault:?}");
        assert!(data.starts_with(&content), "{fault:?}");
        let rest = fetch_from(&mut session, "/a", content.len() as u64).unwrap();
        assert_eq!([content, rest].concat(), data);
    }
}

/// E07.
#[test]
fn an_upload_cut_off_is_told_in_the_servers_words() {
    let data = noise(4_000_000);
    for fault in [Fault::CloseData { verb: "STOR", after: 70_000 }, Fault::ResetData { verb: "STOR", after: 70_000 }] {
        let server = FtpServer::start().fault_times(fault.clone(), 1);
        let mut session = server.open();
        let error = store(&mut session, "/a", StoreAt::Start, &data).unwrap_err();
        assert!(
            matches!(&error, FtpError::Refused { verb: "STOR", reply, .. } if reply.code == 426),
            "{fault:?} {error:?}"
        );
        store(&mut session, "/a", StoreAt::Start, &data).unwrap();
        assert_eq!(server.content("/a").unwrap(), data);
    }
}

/// D15.
#[test]
fn a_session_lost_in_mid_transfer_says_so() {
    let data = noise(4_000_000);
    let server = FtpServer::start()
        .file("/a", data.clone())
        .fault(Fault::LoseControl { verb: "RETR", after: 70_000 })
        .fault(Fault::LoseControl { verb: "STOR", after: 70_000 });
    let mut session = server.open();
    let (content, error) = fetch_what_comes(&mut session, "/a", 0);
    assert_eq!(error.unwrap().class(), Class::Reconnect);
    assert!(data.starts_with(&content) && !content.is_empty());
    assert!(session.is_broken());
    let mut session = server.open();
    assert_eq!(store(&mut session, "/b", StoreAt::Start, &data).unwrap_err().class(), Class::Reconnect);
    assert!(session.is_broken());
}

/// D13.
#[test]
fn a_transfer_that_stalls_is_given_up_and_the_session_goes_on() {
    let data = noise(4_000_000);
    let server =
        FtpServer::start().file("/a", data.clone()).fault_times(Fault::StallData { verb: "RETR", after: 70_000 }, 1);
    let mut session = impatient(&server);
    let (content, error) = fetch_what_comes(&mut session, "/a", 0);
    assert!(matches!(error, Some(FtpError::Timeout { stage: Stage::Transfer, .. })), "{error:?}");
    assert_eq!(content, data[..70_000]);
    assert_eq!(fetch(&mut session, "/a").unwrap(), data);
}

/// D12.
#[test]
fn a_missing_last_reply_is_a_timeout_of_its_own_kind() {
    for verb in ["RETR", "STOR"] {
        let server = FtpServer::start().file("/a", "hello").fault(Fault::NoCompletion(verb));
        let mut session = impatient(&server);
        let error = match verb {
            "RETR" => fetch(&mut session, "/a").unwrap_err(),
            _ => store(&mut session, "/b", StoreAt::Start, b"x").unwrap_err(),
        };
        assert!(matches!(error, FtpError::Timeout { stage: Stage::Completion, .. }), "{error:?}");
        assert!(session.is_broken(), "nobody can tell what the next reply answers");
    }
}

/// C12, C13. D14. Landscape 31.
#[test]
fn order_of_replies_and_data_does_not_matter() {
    let data = noise(100_000);
    for fault in [Fault::NoPreliminary("RETR"), Fault::LatePreliminary("RETR")] {
        let server = FtpServer::start().file("/a", data.clone()).fault(fault.clone());
        for mode in [TransferMode::Passive, TransferMode::Active] {
            let mut session = server.try_open(&Dial { mode, ..server.dial() }).unwrap();
            assert_eq!(fetch(&mut session, "/a").unwrap(), data, "{fault:?} {mode:?}");
            assert_eq!(fetch(&mut session, "/a").unwrap(), data, "{fault:?} {mode:?}");
        }
    }
    let server = FtpServer::start().file("/a", data.clone()).fault(Fault::EarlyCompletion("RETR"));
    let mut session = server.open();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("RETR", 1);
            server.release();
        });
        assert_eq!(fetch(&mut session, "/a").unwrap(), data);
    });
}

#[test]
fn an_upload_begins_even_where_the_server_forgets_its_150() {
    let server = FtpServer::start().fault(Fault::NoPreliminary("STOR"));
    let mut session = impatient(&server);
    store(&mut session, "/a", StoreAt::Start, b"hello").unwrap();
    assert_eq!(server.content("/a").unwrap(), b"hello");
}

/// E18.
#[test]
fn an_upload_called_complete_before_it_is_sent_is_an_error() {
    let data = noise(2_000_000);
    for fault in [Fault::EarlyCompletion("STOR"), Fault::CompleteWithoutData("STOR")] {
        let server = FtpServer::start().fault(fault.clone());
        let mut session = server.open();
        let error = store(&mut session, "/a", StoreAt::Start, &data).unwrap_err();
        assert!(matches!(error, FtpError::Protocol { .. }), "{fault:?} {error:?}");
    }
}

/// D16, D20.
#[test]
fn a_download_goes_on_from_an_offset() {
    let data = noise(100_000);
    let server = FtpServer::start().file("/a", data.clone());
    let mut session = server.open();
    assert_eq!(fetch_from(&mut session, "/a", 99_990).unwrap(), data[99_990..]);
    assert_eq!(lines_after_login(&server), ["EPSV", "REST 99990", "RETR /a"]);
    assert_eq!(fetch(&mut session, "/a").unwrap(), data);
    server.assert_never_heard("REST 0");
}

/// D17.
#[test]
fn an_offset_that_is_refused_never_delivers_from_the_start() {
    for reply in ["500 What?", "501 No", "502 No", "554 No"] {
        for (greeting, at_once) in [("220 Ready", false), ("220 (vsFTPd 3.0.3)", true)] {
            let server = FtpServer::start().greeting(greeting).file("/a", "hello").on("REST", reply);
            let mut session = server.open();
            let (content, error) = fetch_what_comes(&mut session, "/a", 2);
            assert!(matches!(error, Some(FtpError::Refused { verb: "REST", .. })), "{error:?}");
            assert_eq!(content, b"");
            assert_eq!(server.count("RETR"), usize::from(at_once), "in the same write, where the server is known");
            assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello");
        }
    }
}

#[test]
fn the_offset_and_its_file_are_asked_for_in_one_write_where_the_server_is_known() {
    let data = noise(100_000);
    let server = FtpServer::start().greeting("220 (vsFTPd 3.0.3)").file("/a", data.clone());
    let recorder = Recorder::new();
    let mut session = Session::open(&server.dial(), &Cancel::new(), recorder.observer()).unwrap();
    assert_eq!(fetch_from(&mut session, "/a", 99_990).unwrap(), data[99_990..]);
    let told = recorder.all();
    let at = |line: &str| told.iter().position(|told| matches!(told, Happening::Sent(sent) if sent == line)).unwrap();
    assert_eq!(at("REST 99990") + 1, at("RETR /a"), "{told:?}");
}

/// Landscape 40.
#[test]
fn an_offset_that_was_not_used_up_is_taken_back() {
    let server = FtpServer::start().file("/a", "hello");
    let mut session = server.open();
    server.rule("RETR", None, Some(1), "550 Not now");
    fetch_from(&mut session, "/a", 2).unwrap_err();
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello");
    server.assert_heard_in_order(&["REST 2", "RETR /a", "REST 0", "RETR /a"]);
}

/// E08.
#[test]
fn an_upload_goes_on_from_an_offset() {
    let server = FtpServer::start().file("/a", "hello");
    let mut session = server.open();
    assert_eq!(store(&mut session, "/a", StoreAt::Offset(5), b" world").unwrap(), 5);
    assert_eq!(server.content("/a").unwrap(), b"hello world");
    server.assert_heard_in_order(&["REST 5", "STOR /a"]);
}

/// E03, E08. Landscape 41.
#[test]
fn an_upload_is_appended_where_there_is_no_rest_and_begins_where_the_file_ends() {
    let server = FtpServer::start().file("/a", "hello").on("REST", "502 No");
    let mut session = server.open();
    assert_eq!(store(&mut session, "/a", StoreAt::Offset(5), b" world").unwrap(), 5);
    assert_eq!(server.content("/a").unwrap(), b"hello world");
    server.assert_heard_in_order(&["REST 5", "SIZE /a", "APPE /a"]);
    server.put("/a", Node::File { data: b"hel".to_vec(), modified: SOME_TIME, mode: 0o644 });
    let channel = session.store(&RemotePath::from("/a"), StoreAt::Offset(5)).unwrap();
    assert_eq!(channel.offset, 3, "not where we thought");
    channel.abort();
}

/// E09.
#[test]
fn an_upload_begins_anew_where_the_server_can_do_neither() {
    let server = FtpServer::start().file("/a", "hello").without(&["REST", "SIZE"]);
    let mut session = server.open();
    assert_eq!(store(&mut session, "/a", StoreAt::Offset(5), b"anew").unwrap(), 0);
    assert_eq!(server.content("/a").unwrap(), b"anew");
    server.assert_never_heard("APPE");
}

/// I01. Landscape 38.
#[test]
fn cancelling_ends_a_download_and_the_session_is_back_in_step_whatever_abor_gets() {
    let data = noise(300_000);
    for style in [AbortStyle::Two, AbortStyle::TwoPositive] {
        let server = FtpServer::start()
            .file("/a", data.clone())
            .fault_times(Fault::StallData { verb: "RETR", after: 100_000 }, 1)
            .fault(Fault::Abort(style));
        let mut session = patient(&server);
        let cancel = Cancel::new();
        session.set_cancel(&cancel);
        let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
        let mut got = 0;
        let mut buffer = [0; 4096];
        while got < 100_000 {
            got += channel.read(&mut buffer).unwrap();
        }
        std::thread::scope(|scope| {
            scope.spawn(|| cancel.cancel());
            assert_eq!(channel.read(&mut buffer), Err(FtpError::Cancelled));
        });
        channel.abort();
        assert!(!session.is_broken(), "{style:?}");
        session.set_cancel(&Cancel::new());
        assert_eq!(fetch(&mut session, "/a").unwrap(), data, "{style:?}");
        server.assert_heard_in_order(&["RETR /a", "ABOR", "NOOP", "RETR /a"]);
    }
}

/// A server that answers ABOR with one 226 and, some time after NOOP's answer, tells that the transfer broke.
fn tells_late(greeting: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut control = BufReader::new(listener.accept().unwrap().0);
        let data = TcpListener::bind("127.0.0.1:0").unwrap();
        let passive = format!("229 Here (|||{}|)", data.local_addr().unwrap().port());
        let mut flowing = None;
        let mut line = greeting.to_owned();
        loop {
            let reply = match line.split_whitespace().next() {
                Some("220") => greeting,
                Some("USER") => "331 And?",
                Some("PWD") => "257 \"/\"",
                Some("EPSV") => &passive,
                Some("RETR") => {
                    let mut stream = data.accept().unwrap().0;
                    stream.write_all(b"some").unwrap();
                    flowing = Some(stream);
                    "150 Here it comes"
                }
                Some("ABOR") => "226 Closed",
                Some("NOOP") => "200 Done\r\n426 Connection closed",
                Some("PASS" | "TYPE") => "230 Yes",
                Some("QUIT") | None => return drop(flowing),
                Some(_) => "500 What?",
            };
            control.get_mut().write_all(format!("{reply}\r\n").as_bytes()).unwrap();
            line.clear();
            control.read_line(&mut line).unwrap();
        }
    });
    address
}

/// I01: the transfer's own reply comes late.
#[test]
fn a_single_answer_to_abor_costs_the_session_where_another_may_follow() {
    let scripted = FtpServer::start();
    for (greeting, in_step) in [("220 Some server", false), ("220 (vsFTPd 3.0.3)", true)] {
        let mut dial = scripted.dial();
        dial.site = Arc::new(Site { port: Some(tells_late(greeting).port()), ..scripted.site() });
        let mut session = scripted.try_open(&dial).unwrap();
        let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
        assert_eq!(channel.read(&mut [0; 16]).unwrap(), 4);
        channel.abort();
        assert_eq!(session.is_broken(), !in_step, "{greeting}");
    }
}

/// I02.
#[test]
fn cancelling_ends_an_upload_that_is_blocked() {
    let data = noise(1 << 20);
    let server = FtpServer::start()
        .fault_times(Fault::Hold("STOR"), 1)
        .fault_times(Fault::StallData { verb: "STOR", after: 1000 }, 1);
    let mut session = patient(&server);
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("STOR", 1);
            cancel.cancel();
        });
        let error = match session.store(&RemotePath::from("/a"), StoreAt::Start) {
            Err(error) => error,
            Ok(mut channel) => loop {
                if let Err(error) = channel.write_all(&data) {
                    channel.abort();
                    break error;
                }
            },
        };
        assert_eq!(error, FtpError::Cancelled);
    });
    server.release();
    session.set_cancel(&Cancel::new());
    store(&mut session, "/b", StoreAt::Start, b"next").unwrap();
    assert_eq!(server.content("/b").unwrap(), b"next");
}

/// I01.
#[test]
fn a_server_that_is_deaf_to_abor_costs_the_session_and_no_more() {
    let server = FtpServer::start()
        .file("/a", noise(300_000))
        .fault(Fault::StallData { verb: "RETR", after: 1000 })
        .fault(Fault::Abort(AbortStyle::Deaf));
    let mut session = patient(&server);
    let channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
    channel.abort();
    assert!(session.is_broken());
}

/// D21.
#[test]
fn a_download_may_be_left_in_the_middle() {
    let data = noise(8_000_000);
    let server = FtpServer::start().file("/a", data);
    let mut session = server.open();
    let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
    channel.read(&mut [0; 100]).unwrap();
    channel.abort();
    assert!(!session.is_broken());
    session.noop().unwrap();
}

#[test]
fn a_dropped_transfer_breaks_its_session() {
    let server = FtpServer::start().file("/a", noise(300_000));
    let mut session = server.open();
    drop(session.retrieve(&RemotePath::from("/a"), 0).unwrap());
    assert!(session.is_broken());
    assert!(session.noop().is_err());
}
