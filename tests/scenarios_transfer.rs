//! Transfers that go wrong, or are unusual, one scenario a test: what a server does, and what the user has afterwards.
//! Downloads are D01 to D27, uploads E01 to E19, interruptions I01 to I13; those that are not here are in
//! `session_transfer.rs`, `session_data.rs` and `engine_queue.rs`, marked by the same numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use common::bench::{Bench, only, parts};
use common::exchange::{fetch, fetch_what_comes, list, names, noise, store};
use common::face::{Face, on_exists, settings};
use common::ftp_server::{AbortStyle, Fault, FtpServer, Node, RestStorStyle, SOME_TIME};
use common::recorder::Recorder;
use twinport::domain::{Lesson, RemotePath, Site, TransferMode};
use twinport::engine::message::{
    Command, ConflictPolicy, FtpError, JobError, JobState, LocalTarget, LogKind, Outcome, QueueCommand, Settings, What,
};
use twinport::ftp::error::Class;
use twinport::net::happening::Happening;
use twinport::net::session::{Session, StoreAt, copy_between};
use twinport::net::terms::Dial;
use twinport::net::wait::Cancel;

/// No second try, so that the first one's end is seen.
fn once() -> Settings {
    Settings { retries: 0, ..settings() }
}

/// Tries again at once, waits a second for a reply.
fn impatient() -> Settings {
    Settings { retry_delay_seconds: 0, reply_timeout_seconds: 1, connections: 1, ..settings() }
}

fn state(bench: &mut Bench, order: twinport::engine::message::Order) -> JobState {
    only(&bench.face.transfer(vec![order])).state.clone()
}

fn failed_with(state: &JobState, code: u16) -> bool {
    matches!(state, JobState::Failed(JobError::Remote(FtpError::Refused { reply, .. })) if reply.code == code)
}

/// The texts of the log's notes.
fn notes(face: &Face) -> Vec<&str> {
    face.log.iter().filter(|line| line.kind == LogKind::Note).map(|line| line.text.as_str()).collect()
}

fn file(data: &[u8]) -> Node {
    Node::File { data: data.to_vec(), modified: SOME_TIME, mode: 0o644 }
}

/// A download that was cut after so many bytes; its part lies in the bench's folder.
fn cut_download(server: &FtpServer, bench: &mut Bench, remote: &str, after: usize) {
    server.add_fault(Fault::CloseData { verb: "RETR", after }, Some(1));
    let order = bench.fetch(remote);
    assert!(matches!(state(bench, order), JobState::Failed(_)));
}

/// An upload that was cut after so many bytes; how much of it the server has.
fn cut_upload(server: &FtpServer, bench: &mut Bench, name: &str, after: usize) -> usize {
    server.add_fault(Fault::ResetData { verb: "STOR", after }, Some(1));
    let order = bench.send(name, "/");
    assert!(matches!(state(bench, order), JobState::Failed(_)));
    let part = parts(server);
    assert_eq!(part.len(), 1);
    server.content(&part[0]).unwrap().len()
}

// --- downloads ---

/// D02.
#[test]
fn a_server_that_never_tells_a_size_delivers_whole_files() {
    let data = noise(200_000);
    let server =
        FtpServer::start().file("/a", data.clone()).without(&["SIZE", "MDTM", "MLSD"]).fault(Fault::Unannounced);
    let server = server.on("MLST", "500 What?");
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
}

/// D03. Landscape 33, 35: where there is no SIZE, what the 150 says is the size.
#[test]
fn fewer_bytes_than_the_150_announced_are_no_success() {
    let server = FtpServer::start()
        .without(&["SIZE", "MDTM", "MLSD", "MLST"])
        .file("/a", "hello")
        .listing("/", "no listing\r\n")
        .fault(Fault::EndEarly { verb: "RETR", after: 3 });
    let mut bench = Bench::with(&server, once());
    let order = bench.fetch("/a");
    let JobState::Failed(JobError::Remote(FtpError::Incomplete { expected: 5, got: 3 })) = state(&mut bench, order)
    else {
        panic!("3 bytes are not 5")
    };
    assert!(!bench.path("a").exists());
}

/// D04.
#[test]
fn a_file_that_grew_since_it_was_listed_is_kept_with_all_its_bytes() {
    let data = noise(50_000);
    let server = FtpServer::start().file("/a", data.clone()).on("SIZE", "213 40000").without(&["MLSD", "MLST"]);
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
}

/// D05.
#[test]
fn a_size_that_cannot_be_is_no_size() {
    for size in ["99999999999999999999999999999999", "-1", "", "big"] {
        let server =
            FtpServer::start().file("/a", "hello").on("SIZE", &format!("213 {size}")).without(&["MLSD", "MLST"]);
        let mut bench = Bench::new(&server);
        bench.face.transfer_well(vec![bench.fetch("/a")]);
        assert_eq!(fs::read(bench.path("a")).unwrap(), b"hello", "{size}");
    }
}

/// D06.
#[test]
fn sizes_beyond_4_gib_are_not_cut_to_32_bits() {
    const SIZE: u64 = 5 * 1024 * 1024 * 1024 + 5;
    let server = FtpServer::start().file("/a", "hello").on("SIZE", &format!("213 {SIZE}")).without(&["MLSD", "MLST"]);
    let mut bench = Bench::with(&server, once());
    let order = bench.fetch("/a");
    let JobState::Failed(JobError::Remote(FtpError::Incomplete { expected, got: 5 })) = state(&mut bench, order) else {
        panic!("5 bytes are not 5 GiB and 5")
    };
    assert_eq!(expected, SIZE);
}

/// D07.
#[test]
fn an_empty_file_becomes_an_empty_file() {
    let server = FtpServer::start().file("/a", "");
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(fs::read(bench.path("a")).unwrap(), b"");
    assert_eq!(bench.names(), ["a"]);
}

/// D09. Landscape 31.
#[test]
fn a_download_that_the_server_calls_failed_does_not_get_its_name_though_all_bytes_came() {
    let server =
        FtpServer::start().file("/a", "hello").fault(Fault::FinalReply { verb: "RETR", reply: "451 Disk error" });
    let mut bench = Bench::with(&server, once());
    let order = bench.fetch("/a");
    assert!(failed_with(&state(&mut bench, order), 451));
    assert!(!bench.path("a").exists());
}

/// D12. Without any size nobody can tell whether it is whole: an error, in the end.
#[test]
fn a_file_of_unknown_size_without_a_last_reply_is_given_up_and_not_fetched_for_ever() {
    let server = FtpServer::start()
        .file("/a", "hello")
        .without(&["SIZE", "MDTM", "MLSD", "MLST"])
        .fault(Fault::Unannounced)
        .fault(Fault::NoCompletion("RETR"));
    let server = server.listing("/", "no listing\r\n");
    let mut bench = Bench::with(&server, Settings { retries: 1, ..impatient() });
    let order = bench.fetch("/a");
    let state = state(&mut bench, order);
    assert!(matches!(state, JobState::Failed(JobError::Remote(FtpError::Timeout { .. }))), "{state:?}");
    assert!(!bench.path("a").exists());
    assert!(server.count("RETR") <= 4, "{} times", server.count("RETR"));
}

/// D12. Landscape 32.
#[test]
fn a_download_whose_last_reply_never_comes_is_whole_where_a_new_session_says_so() {
    for fault in [Fault::NoCompletion("RETR"), Fault::FinalReply { verb: "RETR", reply: "421 Idle for too long" }] {
        let data = noise(150_000);
        let server = FtpServer::start().file("/a", data.clone()).fault_times(fault.clone(), 1);
        let mut bench = Bench::with(&server, Settings { retries: 0, ..impatient() });
        bench.face.transfer_well(vec![bench.fetch("/a")]);
        assert_eq!(fs::read(bench.path("a")).unwrap(), data, "{fault:?}");
        assert_eq!(server.count("RETR"), 1, "not fetched twice: {fault:?}");
        assert_eq!(server.accepted_connections(), 2, "asked on a new session: {fault:?}");
        assert!(notes(&bench.face).iter().any(|note| note.contains("size")), "{:?}", notes(&bench.face));
    }
}

/// D12.
#[test]
fn a_download_whose_last_reply_never_comes_goes_on_where_a_new_session_says_that_it_is_longer() {
    let data = noise(250_000);
    let server = FtpServer::start().file("/a", &data[..150_000]).fault_times(Fault::NoCompletion("RETR"), 1);
    let mut bench = Bench::with(&server, Settings { reply_timeout_seconds: 2, ..impatient() });
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    server.wait_heard("RETR", 1);
    server.put("/a", Node::File { data: data.clone(), modified: SOME_TIME + 60, mode: 0o644 });
    bench.face.until_still(Duration::from_secs(30));
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
}

/// D16, D20.
#[test]
fn a_download_goes_on_behind_what_is_here_and_an_empty_beginning_is_none() {
    let data = noise(200_000);
    for (here, expected) in [(150_000, vec!["REST 84464", "RETR /a"]), (0, vec!["RETR /a"])] {
        let server = FtpServer::start().file("/a", data.clone());
        let mut bench = Bench::new(&server);
        fs::write(bench.path("a"), &data[..here]).unwrap();
        let order = on_exists(bench.fetch("/a"), ConflictPolicy::Resume);
        bench.face.transfer_well(vec![order]);
        assert_eq!(fs::read(bench.path("a")).unwrap(), data);
        let heard = server.transcript();
        let heard: Vec<&String> = heard.iter().filter(|line| line.starts_with("RE")).collect();
        assert_eq!(heard, expected);
    }
}

/// D18.
#[test]
fn nothing_is_fetched_where_all_of_it_is_here() {
    let data = noise(100_000);
    let server = FtpServer::start().file("/a", data.clone());
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), &data).unwrap();
    let order = on_exists(bench.fetch("/a"), ConflictPolicy::Resume);
    assert_eq!(state(&mut bench, order), JobState::Done(Outcome::Skipped));
    server.assert_never_heard("RETR");
}

/// Landscape 42.
#[test]
fn a_server_that_counts_offsets_wrong_never_spoils_a_download() {
    let data = noise(400_000);
    let server = FtpServer::start().file("/a", data.clone()).fault(Fault::WrapOffsets(100_000));
    let mut bench = Bench::with(&server, once());
    cut_download(&server, &mut bench, "/a", 250_000);
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
    server.assert_heard_in_order(&["RETR /a", "REST 184464", "RETR /a", "RETR /a"]);
    assert_eq!(bench.names(), ["a"], "the old part goes when the new one is whole");
}

/// Landscape 42.
#[test]
fn what_does_not_fit_is_kept_till_the_new_one_is_whole() {
    let data = noise(400_000);
    let server = FtpServer::start().file("/a", data.clone()).fault(Fault::WrapOffsets(100_000));
    let mut bench = Bench::with(&server, once());
    cut_download(&server, &mut bench, "/a", 250_000);
    // The second RETR compares, the third begins anew.
    server.rule("RETR", None, Some(3), "550 Not now");
    let order = bench.fetch("/a");
    assert!(failed_with(&state(&mut bench, order), 550));
    let sizes: Vec<u64> = bench.names().iter().map(|name| fs::metadata(bench.path(name)).unwrap().len()).collect();
    assert_eq!(sizes, [250_000], "{:?}", bench.names());
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(bench.names(), ["a"]);
}

#[test]
fn a_file_that_is_not_the_beginning_of_the_other_is_never_continued() {
    let data = noise(200_000);
    let server = FtpServer::start().file("/down", data.clone()).file("/up", vec![b'x'; 70_000]);
    let mut bench = Bench::new(&server);
    fs::write(bench.path("down"), vec![b'x'; 70_000]).unwrap();
    fs::write(bench.path("up"), &data).unwrap();
    for order in [bench.fetch("/down"), bench.send("up", "/")] {
        let state = state(&mut bench, on_exists(order, ConflictPolicy::Resume));
        let JobState::Failed(error @ JobError::Differs(_)) = state else { panic!("{state:?}") };
        assert!(error.explain().line().contains("not the beginning"));
    }
    assert_eq!(fs::read(bench.path("down")).unwrap(), vec![b'x'; 70_000], "left as it was");
    assert_eq!(server.content("/up").unwrap(), vec![b'x'; 70_000], "left as it was");
    assert_eq!(bench.names(), ["down", "up"]);
}

/// D22. Landscape 43.
#[test]
fn text_is_fetched_as_text_with_this_systems_line_ends() {
    let text = "one\ntwo\r\r\nlast";
    let server = FtpServer::start().file("/a.TXT", text).file("/b.bin", "x\r\ny\n").file("/c.txt", "\n");
    let chosen = Settings { ascii_extensions: vec!["txt".into()], connections: 1, ..settings() };
    let mut bench = Bench::with(&server, chosen);
    for name in ["/a.TXT", "/c.txt", "/b.bin"] {
        bench.face.transfer_well(vec![bench.fetch(name)]);
    }
    let here = |text: &str| if cfg!(windows) { text.replace('\n', "\r\n") } else { text.to_owned() };
    assert_eq!(fs::read_to_string(bench.path("a.TXT")).unwrap(), here(text));
    assert_eq!(fs::read_to_string(bench.path("c.txt")).unwrap(), here("\n"));
    assert_eq!(fs::read(bench.path("b.bin")).unwrap(), b"x\r\ny\n");
    let types: Vec<String> = server.transcript().into_iter().filter(|line| line.starts_with("TYPE")).collect();
    assert_eq!(types, ["TYPE I", "TYPE A", "TYPE I"], "only where it changes");
}

/// D22. Landscape 43.
#[test]
fn text_is_never_continued_in_the_middle() {
    let text = "line\n".repeat(40_000);
    let server = FtpServer::start().file("/a.txt", text.clone());
    let chosen = Settings { ascii_extensions: vec!["txt".into()], ..once() };
    let mut bench = Bench::with(&server, chosen);
    cut_download(&server, &mut bench, "/a.txt", 100_001);
    assert_eq!(bench.names(), Vec::<String>::new(), "a part would be of no use");
    bench.face.transfer_well(vec![bench.fetch("/a.txt")]);
    assert_eq!(fs::read_to_string(bench.path("a.txt")).unwrap().lines().count(), 40_000);
    server.assert_never_heard("REST");
}

/// D23.
#[test]
fn a_time_that_the_server_cannot_tell_does_not_matter() {
    for reply in ["550 No", "500 What?", "213 yesterday", "213 20241399999999"] {
        let server = FtpServer::start().file("/a", "hello").on("MDTM", reply).without(&["MLSD", "MLST"]);
        let mut bench = Bench::new(&server);
        bench.face.transfer_well(vec![bench.fetch("/a")]);
        assert_eq!(fs::read(bench.path("a")).unwrap(), b"hello", "{reply}");
    }
}

/// D24.
#[test]
fn a_download_keeps_the_servers_time() {
    for reply in ["213 20240305060708", "213 20240305060708.123"] {
        let server = FtpServer::start().file("/a", "hello").on("MDTM", reply).without(&["MLSD", "MLST"]);
        let mut bench = Bench::new(&server);
        bench.face.transfer_well(vec![bench.fetch("/a")]);
        let modified = fs::metadata(bench.path("a")).unwrap().modified().unwrap();
        let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(i64::try_from(seconds).unwrap(), SOME_TIME, "{reply}");
    }
}

/// D25.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_here_stops_the_download_says_so_and_the_next_one_works() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: only root can mount a small disk");
        return;
    };
    // No size: what is free on the disk cannot be compared with it before.
    let server = FtpServer::start()
        .file("/a", noise(3_000_000))
        .file("/b", "b")
        .without(&["MLSD", "MLST", "SIZE"])
        .on("SIZE", "502 No.");
    let mut bench = Bench::with(&server, Settings { connections: 1, ..once() });
    let fetch = |bench: &Bench, path: &str| {
        let mut order = bench.fetch(path);
        if let What::Download { to, .. } = &mut order.what {
            *to = LocalTarget::Into(disk.path().to_owned());
        }
        order
    };
    let (first, second) = (fetch(&bench, "/a"), bench.fetch("/b"));
    let jobs = bench.face.transfer(vec![first, second]);
    let JobState::Failed(JobError::Local(error)) = &jobs[0].state else { panic!("{jobs:?}") };
    assert!(error.explain().line().contains("disk is full"), "{}", error.explain().line());
    assert_eq!(jobs[1].state, JobState::Done(Outcome::Transferred));
    assert!(!disk.path().join("a").exists());
}

/// A disk of 1 MiB, until it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount one.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path()).output();
        done.is_ok_and(|done| done.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg(self.0.path()).status().ok();
    }
}

/// D01. No round trip more than the protocol needs.
#[test]
fn each_file_of_a_folder_costs_two_commands_down_and_six_up() {
    let server = (0..20).fold(FtpServer::start(), |server, number| server.file(format!("/d/{number:02}"), noise(2000)));
    let mut bench = Bench::with(&server, Settings { connections: 1, ..settings() });
    bench.face.transfer_well(vec![bench.fetch("/d")]);
    let (begun, ended) = (server.transcript(), server.count(""));
    let first = begun.iter().position(|line| line.starts_with("RETR")).unwrap() - 1;
    assert_eq!(ended - first, 40, "{:#?}", &begun[first..]);

    fs::rename(bench.path("d"), bench.path("up")).unwrap();
    bench.face.transfer_well(vec![bench.send("up", "/")]);
    let heard = server.transcript();
    let first = heard.iter().position(|line| line.starts_with("STOR")).unwrap() - 1;
    let verbs: Vec<&str> = heard[first..].iter().map(|line| line.split(' ').next().unwrap()).collect();
    for of_one in verbs.chunks(6) {
        assert_eq!(of_one, ["EPSV", "STOR", "SIZE", "RNFR", "RNTO", "MFMT"]);
    }
    assert_eq!(verbs.len(), 120);
}

// --- uploads ---

/// E06. Landscape 34.
#[test]
fn no_room_on_the_server_is_told_whenever_it_says_so() {
    for fault in [
        Fault::SayMidway { verb: "STOR", after: 50_000, reply: "452 No space" },
        Fault::FinalReply { verb: "STOR", reply: "452 No space" },
    ] {
        let server = FtpServer::start().fault(fault);
        let mut bench = Bench::with(&server, once());
        fs::write(bench.path("a"), noise(4_000_000)).unwrap();
        let order = bench.send("a", "/");
        assert!(failed_with(&state(&mut bench, order), 452));
        assert!(!server.exists("/a"), "a half file must not carry the final name");
    }
}

/// E08. Landscape 32, 41.
#[test]
fn an_upload_goes_on_behind_what_is_there_and_what_the_server_does_is_looked_at_once() {
    let data = noise(3_000_000);
    let server = FtpServer::start();
    let mut bench = Bench::with(&server, Settings { connections: 1, ..once() });
    fs::write(bench.path("big"), &data).unwrap();
    let arrived = cut_upload(&server, &mut bench, "big", 500_000);
    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert_eq!(server.content("/big").unwrap(), data);
    let rest = format!("REST {arrived}");
    let stor = server.transcript().into_iter().rfind(|line| line.starts_with("STOR")).unwrap();
    server.assert_heard_in_order(&[&rest, &stor]);
    // The end of what is there before anything is appended; then its beginning: whether REST and STOR kept it.
    assert_eq!(server.count("RETR"), 2);
    server.remove("/big");
    cut_upload(&server, &mut bench, "big", 500_000);
    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert!(server.content("/big").unwrap() == data);
    assert_eq!(server.count("RETR"), 3, "REST and STOR are known by now");
}

/// Answers to ABOR after which nobody knows which reply belongs to what.
const UNCLEAR: [AbortStyle; 2] = [AbortStyle::One, AbortStyle::Deaf];

/// As libunftp (226 to ABOR, and 426 perhaps much later): the look at what the server has costs the session.
#[test]
fn a_look_that_costs_the_session_does_not_cost_the_upload() {
    let data = noise(3_000_000);
    for style in UNCLEAR {
        // Whole, only its name was missing when the program was killed; or half.
        for whole in [true, false] {
            let server = FtpServer::start();
            let mut bench = Bench::with(&server, Settings { connections: 1, ..once() });
            fs::write(bench.path("big"), &data).unwrap();
            if whole {
                server.rule("RNTO", None, Some(1), "450 Not now.");
                let order = bench.send("big", "/");
                assert!(failed_with(&state(&mut bench, order), 450));
            } else {
                cut_upload(&server, &mut bench, "big", 500_000);
            }
            assert_eq!(parts(&server).len(), 1);
            server.add_fault(Fault::StallData { verb: "RETR", after: 200_000 }, None);
            server.add_fault(Fault::Abort(style), None);
            let (looked, sent) = (server.count("RETR"), server.count("STOR"));
            bench.face.transfer_well(vec![bench.send("big", "/")]);
            assert!(server.content("/big").unwrap() == data, "{style:?}, whole: {whole}");
            assert_eq!(server.paths(), ["/", "/big"], "{style:?}, whole: {whole}");
            // Half of it: its end before anything is appended, and its beginning behind the first REST and STOR.
            assert_eq!(server.count("RETR") - looked, if whole { 1 } else { 2 });
            assert_eq!(server.count("STOR") - sent, usize::from(!whole), "no byte twice");
        }
    }
}

/// E08. Landscape 41.
#[test]
fn a_server_that_cannot_continue_gets_the_whole_file_anew_and_is_not_asked_again() {
    for style in [RestStorStyle::ZeroFills, RestStorStyle::FromStart] {
        let data = noise(3_000_000);
        let server = FtpServer::start().fault(Fault::RestStor(style));
        let mut bench = Bench::with(&server, Settings { connections: 1, ..once() });
        fs::write(bench.path("big"), &data).unwrap();
        cut_upload(&server, &mut bench, "big", 500_000);
        bench.face.transfer_well(vec![bench.send("big", "/")]);
        assert!(server.content("/big").unwrap() == data, "{style:?}");
        assert_eq!(parts(&server), Vec::<String>::new(), "{style:?}");
        let said = notes(&bench.face).iter().any(|note| note.contains("does not continue"));
        assert!(said, "{style:?} {:?}", notes(&bench.face));
    }
}

/// Landscape 41.
#[test]
fn a_server_that_does_not_offer_rest_gets_appe() {
    let server = FtpServer::start().file("/a", "hello").without(&["REST"]);
    let mut session = server.open();
    assert_eq!(store(&mut session, "/a", StoreAt::Offset(5), b" world").unwrap(), 5);
    assert_eq!(server.content("/a").unwrap(), b"hello world");
    server.assert_heard_in_order(&["APPE /a"]);
    server.assert_never_heard("REST");
}

/// Landscape 41.
#[test]
fn what_a_server_cannot_do_with_rest_and_stor_is_remembered_and_it_gets_appe() {
    let server = FtpServer::start().file("/a", "hello");
    let mut site = server.site();
    site.learned.rest_stor = Some(false);
    let mut session = server.try_open(&Dial { site: Arc::new(site), ..server.dial() }).unwrap();
    store(&mut session, "/a", StoreAt::Offset(5), b" world").unwrap();
    assert_eq!(server.content("/a").unwrap(), b"hello world");
    server.assert_never_heard("REST");

    let recorder = Recorder::new();
    let mut session = Session::open(&server.dial(), &Cancel::new(), recorder.observer()).unwrap();
    session.learn_continues_stores(false);
    assert!(recorder.all().contains(&Happening::Learned(Lesson::RestStor(false))));
}

#[test]
fn the_users_own_file_is_appended_to_and_never_opened_in_the_middle() {
    let data = noise(100_000);
    for (without, expected) in [(&[][..], "APPE /a"), (&["APPE"][..], "STOR /a")] {
        let server = FtpServer::start().file("/a", &data[..70_000]).without(without);
        let mut bench = Bench::new(&server);
        fs::write(bench.path("a"), &data).unwrap();
        let order = on_exists(bench.send("a", "/"), ConflictPolicy::Resume);
        bench.face.transfer_well(vec![order]);
        assert_eq!(server.content("/a").unwrap(), data);
        server.assert_heard_in_order(&[expected]);
    }
}

/// E09.
#[test]
fn an_upload_begins_anew_where_nobody_knows_how_much_arrived() {
    let data = noise(3_000_000);
    let server = FtpServer::start().without(&["SIZE", "MDTM", "MLSD"]).on("MLST", "500 What?").listing("/", "?\r\n");
    let mut bench = Bench::with(&server, once());
    fs::write(bench.path("big"), &data).unwrap();
    cut_upload(&server, &mut bench, "big", 500_000);
    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert_eq!(server.content("/big").unwrap(), data);
    server.assert_never_heard("REST");
    server.assert_never_heard("APPE");
}

/// E10.
#[test]
fn an_upload_to_be_continued_of_which_nothing_is_there_begins_at_zero() {
    let server = FtpServer::start();
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), "hello").unwrap();
    let order = on_exists(bench.send("a", "/"), ConflictPolicy::Resume);
    bench.face.transfer_well(vec![order]);
    assert_eq!(server.content("/a").unwrap(), b"hello");
    server.assert_never_heard("REST");
}

/// E11.
#[test]
fn nothing_is_sent_where_all_of_it_is_there() {
    let data = noise(100_000);
    let server = FtpServer::start().file("/a", data.clone());
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), &data).unwrap();
    let order = on_exists(bench.send("a", "/"), ConflictPolicy::Resume);
    assert_eq!(state(&mut bench, order), JobState::Done(Outcome::Skipped));
    server.assert_never_heard("STOR");
    server.assert_never_heard("APPE");
}

/// E13.
#[test]
fn missing_folders_are_made_once_and_a_refusal_is_told() {
    let server = FtpServer::start();
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), "hello").unwrap();
    bench.face.transfer_well(vec![bench.send("a", "/new/place")]);
    assert_eq!(server.content("/new/place/a").unwrap(), b"hello");

    let server = FtpServer::start().on("MKD", "550 Not allowed");
    let mut bench = Bench::with(&server, once());
    fs::write(bench.path("a"), "hello").unwrap();
    let order = bench.send("a", "/new/place");
    assert!(matches!(state(&mut bench, order), JobState::Failed(JobError::Remote(FtpError::Refused { .. }))));
    assert!(server.count("MKD") <= 3, "{:?}", server.transcript());
}

/// E15.
#[test]
fn a_file_whose_new_name_is_refused_gets_it_directly_and_leaves_nothing_behind() {
    for verb in ["RNFR", "RNTO"] {
        let server = FtpServer::start().on(verb, "553 Not allowed");
        let mut bench = Bench::new(&server);
        fs::write(bench.path("a"), "hello").unwrap();
        bench.face.transfer_well(vec![bench.send("a", "/")]);
        assert_eq!(server.paths(), ["/", "/a"], "{verb}");
        assert_eq!(server.content("/a").unwrap(), b"hello");
    }
}

/// E16.
#[test]
fn an_upload_is_whole_though_its_time_cannot_be_set() {
    for reply in ["500 What?", "550 Not allowed", "451 Oops"] {
        let server = FtpServer::start().on("MFMT", reply);
        let mut bench = Bench::new(&server);
        fs::write(bench.path("a"), "hello").unwrap();
        bench.face.transfer_well(vec![bench.send("a", "/")]);
        assert_eq!(server.content("/a").unwrap(), b"hello", "{reply}");
    }
}

/// E17. Landscape 43.
#[test]
fn text_is_sent_as_text_and_no_cr_is_doubled() {
    let server = FtpServer::start();
    let chosen = Settings { ascii_extensions: vec!["txt".into()], ..settings() };
    let mut bench = Bench::with(&server, chosen);
    fs::write(bench.path("dos.txt"), "one\r\ntwo\r\n").unwrap();
    fs::write(bench.path("unix.txt"), "one\ntwo\n").unwrap();
    fs::write(bench.path("raw"), "one\r\ntwo\n").unwrap();
    for name in ["dos.txt", "unix.txt", "raw"] {
        bench.face.transfer_well(vec![bench.send(name, "/")]);
    }
    // The scripted server keeps text with bare line feeds: a doubled CR would remain.
    assert_eq!(server.content("/dos.txt").unwrap(), b"one\ntwo\n");
    assert_eq!(server.content("/unix.txt").unwrap(), b"one\ntwo\n");
    assert_eq!(server.content("/raw").unwrap(), b"one\r\ntwo\n");
}

/// E19 (what TLS needs holds in the clear too: its tickets come on the data connection of an upload).
#[test]
fn what_the_server_says_on_the_data_connection_of_an_upload_cuts_nothing() {
    // A little, that makes a careless close a reset; and more than the system keeps unread.
    for said in [100, 30_000_000] {
        let data = if said > 1000 { noise(1000) } else { noise(700_000) };
        let server =
            FtpServer::start().fault(Fault::TalkBack(said)).fault_times(Fault::PauseData { verb: "STOR", after: 0 }, 1);
        let mut session = server.open();
        let mut channel = session.store(&RemotePath::from("/a"), StoreAt::Start).unwrap();
        channel.write_all(&data).unwrap();
        // All of it is on its way, and the server has read nothing yet.
        std::thread::scope(|scope| {
            scope.spawn(|| server.release());
            channel.finish().unwrap();
        });
        assert!(server.content("/a").unwrap() == data, "{said}");
        assert!(!session.is_broken());
    }
}

/// Landscape 32.
#[test]
fn an_upload_whose_last_reply_never_comes_is_whole_where_a_new_session_says_so() {
    for safe_uploads in [true, false] {
        let data = noise(100_000);
        let server = FtpServer::start().fault_times(Fault::NoCompletion("STOR"), 1);
        let mut bench = Bench::with(&server, Settings { retries: 0, safe_uploads, ..impatient() });
        fs::write(bench.path("a"), &data).unwrap();
        bench.face.transfer_well(vec![bench.send("a", "/")]);
        assert_eq!(server.content("/a").unwrap(), data);
        assert_eq!(server.paths(), ["/", "/a"]);
        assert_eq!(server.count("STOR"), 1, "not sent twice (safe: {safe_uploads})");
        assert!(notes(&bench.face).iter().any(|note| note.contains("size")), "{:?}", notes(&bench.face));
    }
}

/// Landscape 32.
#[test]
fn an_upload_whose_last_reply_never_comes_goes_on_where_some_of_it_is_missing() {
    for safe_uploads in [true, false] {
        let data = noise(100_000);
        let server = FtpServer::start().fault_times(Fault::NoCompletion("STOR"), 1);
        let mut bench = Bench::with(&server, Settings { safe_uploads, ..impatient() });
        fs::write(bench.path("a"), &data).unwrap();
        bench.face.send(Command::Enqueue(vec![bench.send("a", "/")]));
        // The server loses the end of it while the last reply is waited for.
        let path = common::eventually("the file", || {
            server.paths().into_iter().find(|path| server.content(path).is_some_and(|there| there.len() == data.len()))
        });
        server.put(&path, file(&data[..60_000]));
        bench.face.until_still(Duration::from_secs(30));
        assert_eq!(server.content("/a").unwrap(), data, "safe: {safe_uploads}");
        assert_eq!(server.paths(), ["/", "/a"]);
    }
}

#[test]
fn what_a_failed_try_left_under_the_final_name_is_never_taken_for_the_users_file() {
    for policy in [ConflictPolicy::Ask, ConflictPolicy::Skip, ConflictPolicy::Newer, ConflictPolicy::Rename] {
        let data = noise(3_000_000);
        let server = FtpServer::start().fault_times(Fault::ResetData { verb: "STOR", after: 500_000 }, 1);
        let mut bench = Bench::with(&server, Settings { safe_uploads: false, ..impatient() });
        fs::write(bench.path("big"), &data).unwrap();
        let order = on_exists(bench.send("big", "/"), policy);
        bench.face.transfer_well(vec![order]);
        assert!(server.content("/big").unwrap() == data, "{policy:?}");
        assert_eq!(server.paths(), ["/", "/big"], "{policy:?}");
    }
    // Beside the user's own file the half one is under the other name.
    let data = noise(3_000_000);
    let server =
        FtpServer::start().file("/big", "mine").fault_times(Fault::ResetData { verb: "STOR", after: 500_000 }, 1);
    let mut bench = Bench::with(&server, Settings { safe_uploads: false, ..impatient() });
    fs::write(bench.path("big"), &data).unwrap();
    let order = on_exists(bench.send("big", "/"), ConflictPolicy::Rename);
    bench.face.transfer_well(vec![order]);
    assert_eq!(server.content("/big").unwrap(), b"mine");
    assert!(server.content("/big (2)").unwrap() == data);
    assert_eq!(server.paths(), ["/", "/big", "/big (2)"]);
}

// --- interruptions ---

/// I01. Landscape 38.
#[test]
fn whatever_abor_is_answered_with_the_next_reply_is_the_right_one_or_the_session_is_over() {
    let data = noise(300_000);
    for style in [
        AbortStyle::Two,
        AbortStyle::TwoPositive,
        AbortStyle::One,
        AbortStyle::OnePositive,
        AbortStyle::OneNegative,
        AbortStyle::TooLate,
        AbortStyle::Unknown,
        AbortStyle::Deaf,
    ] {
        for greeting in ["220 Scripted", "220 (vsFTPd 3.0.3)"] {
            let server = FtpServer::start()
                .greeting(greeting)
                .file("/a", data.clone())
                .file("/other", "other")
                .fault_times(Fault::StallData { verb: "RETR", after: 100_000 }, 1)
                .fault(Fault::Abort(style));
            let mut session = server.open();
            let mut channel = session.retrieve(&RemotePath::from("/a"), 0).unwrap();
            channel.read(&mut [0; 4096]).unwrap();
            channel.abort();
            let clear = !matches!(style, AbortStyle::Deaf);
            if session.is_broken() {
                assert!(session.noop().is_err(), "{style:?}");
                assert!(!clear || greeting.contains("Scripted"), "{style:?} need not cost a session that keeps order");
                continue;
            }
            // Three different answers in a row: none of them is the neighbour's.
            assert_eq!(fetch(&mut session, "/other").unwrap(), b"other", "{style:?}");
            assert_eq!(session.facts(&RemotePath::from("/a")).unwrap().unwrap().size, Some(300_000), "{style:?}");
            assert_eq!(names(&list(&mut session, "/").unwrap()), ["a", "other"], "{style:?}");
        }
    }
}

/// I02. Landscape 39.
#[test]
fn an_upload_that_is_paused_leaves_its_part_and_goes_on() {
    let data = noise(16_000_000);
    let server = FtpServer::start().fault_times(Fault::PauseData { verb: "STOR", after: 500_000 }, 1);
    let mut bench = Bench::with(&server, once());
    fs::write(bench.path("big"), &data).unwrap();
    bench.face.send(Command::Enqueue(vec![bench.send("big", "/")]));
    bench.face.until_state("bytes", |face| face.moving >= 500_000);
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Pause(vec![id])));
    common::eventually("the part", || parts(&server).first().cloned());
    assert!(!server.exists("/big"));
    bench.face.send(Command::Queue(QueueCommand::Resume(vec![id])));
    bench.face.until_still(Duration::from_secs(30));
    assert_eq!(server.content("/big").unwrap(), data);
    assert!(server.count("REST") >= 1, "it went on: {:?}", server.transcript());
}

/// I05. Landscape 37.
#[test]
fn nothing_is_said_while_bytes_flow() {
    let data = noise(300_000);
    let server =
        FtpServer::start().file("/a", data.clone()).fault_times(Fault::PauseData { verb: "RETR", after: 100_000 }, 1);
    let mut bench = Bench::with(&server, Settings { keep_alive: true, ..settings() });
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    bench.face.until_state("bytes", |face| face.moving >= 100_000);
    let during = server.transcript().len();
    server.release();
    bench.face.until_still(Duration::from_secs(30));
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
    assert_eq!(server.transcript().len(), during, "{:?}", server.transcript());
}

/// I11.
#[test]
fn what_may_pass_is_tried_again_so_often_and_what_will_not_is_not() {
    for (reply, tries) in [("450 Busy", 3), ("425 No data connection", 3), ("550 No", 1), ("553 No", 1)] {
        let server = FtpServer::start().file("/a", "hello").on("RETR", reply);
        let passive = Site { transfer_mode: Some(TransferMode::Passive), ..server.site() };
        let mut bench = Bench::new(&server);
        bench.site = Arc::new(Site { id: bench.site.id, ..passive });
        let order = bench.fetch("/a");
        assert!(matches!(state(&mut bench, order), JobState::Failed(_)), "{reply}");
        let expected = if reply.starts_with("425") { 1..=3 } else { tries..=tries };
        assert!(expected.contains(&server.count("RETR")), "{reply}: {} tries", server.count("RETR"));
    }
}

/// I12.
#[test]
fn a_reply_to_what_was_cancelled_is_never_taken_for_the_next_ones() {
    let server = FtpServer::start().file("/a", "12345").file("/b", "1").fault_times(Fault::Hold("MLST"), 1);
    let mut session = server.open();
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("MLST", 1);
            cancel.cancel();
        });
        assert_eq!(session.facts(&RemotePath::from("/a")), Err(FtpError::Cancelled));
    });
    server.release();
    session.set_cancel(&Cancel::new());
    match session.facts(&RemotePath::from("/b")) {
        Ok(facts) => assert_eq!(facts.unwrap().size, Some(1)),
        Err(error) => assert_eq!(error.class(), Class::Reconnect),
    }
}

/// I13.
#[test]
fn closing_in_the_middle_of_a_transfer_leaves_no_connection_behind() {
    let server = FtpServer::start()
        .file("/a", noise(300_000))
        .fault(Fault::StallData { verb: "RETR", after: 100_000 })
        .fault(Fault::Abort(AbortStyle::Deaf));
    let mut bench = Bench::new(&server);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    bench.face.until_state("bytes", |face| face.moving >= 100_000);
    drop(bench);
    server.wait_open(0);
}

// --- compressed ---

fn compressing(server: &FtpServer) -> Dial {
    Dial { site: Arc::new(Site { compression: true, ..server.site() }), ..server.dial() }
}

#[test]
fn text_and_listings_are_compressed_where_the_user_wants_it_and_the_rest_is_not() {
    let text = b"the same line again and again\n".repeat(20_000);
    let server = FtpServer::start().compressing().file("/a.txt", text.clone()).file("/b.jpg", text.clone());
    let mut session = server.try_open(&compressing(&server)).unwrap();
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a.txt", "b.jpg"]);
    assert_eq!(fetch(&mut session, "/a.txt").unwrap(), text);
    assert_eq!(fetch(&mut session, "/a.txt").unwrap(), text);
    assert_eq!(fetch(&mut session, "/b.jpg").unwrap(), text);
    store(&mut session, "/c.txt", StoreAt::Start, &text).unwrap();
    store(&mut session, "/empty.txt", StoreAt::Start, b"").unwrap();
    store(&mut session, "/d.jpg", StoreAt::Start, &text).unwrap();
    for path in ["/c.txt", "/d.jpg"] {
        assert!(server.content(path).unwrap() == text, "{path}");
    }
    assert_eq!(server.content("/empty.txt").unwrap(), b"");
    let modes: Vec<String> = server.transcript().into_iter().filter(|line| line.starts_with("MODE")).collect();
    assert_eq!(modes, ["MODE Z", "MODE S", "MODE Z", "MODE S"], "only where it changes");
}

#[test]
fn nothing_is_compressed_unasked() {
    let text = b"the same line again and again\n".repeat(2000);
    let server = FtpServer::start().compressing().file("/a.txt", text.clone());
    assert_eq!(fetch(&mut server.open(), "/a.txt").unwrap(), text);
    let server = server.file("/b.txt", text.clone());
    server.assert_never_heard("MODE");
    let unable = FtpServer::start().file("/a.txt", text.clone());
    assert_eq!(fetch(&mut unable.try_open(&compressing(&unable)).unwrap(), "/a.txt").unwrap(), text);
    unable.assert_never_heard("MODE");
}

#[test]
fn a_server_that_only_says_that_it_compresses_gets_and_gives_plain_files() {
    let text = b"text\n".repeat(2000);
    let server = FtpServer::start().compressing().file("/a.txt", text.clone()).on("MODE", "504 Not now");
    let mut session = server.try_open(&compressing(&server)).unwrap();
    assert_eq!(fetch(&mut session, "/a.txt").unwrap(), text);
    assert_eq!(fetch(&mut session, "/a.txt").unwrap(), text);
    assert_eq!(server.count("MODE"), 1);
}

#[test]
fn a_compressed_file_that_is_cut_goes_on_uncompressed_behind_what_came() {
    let text: Vec<u8> = noise(300_000).into_iter().map(|byte| b'a' + byte % 20).collect();
    let server = FtpServer::start().compressing().file("/a.txt", text.clone());
    let mut bench = Bench::with(&server, once());
    bench.site = Arc::new(Site { compression: true, ..(*bench.site).clone() });
    cut_download(&server, &mut bench, "/a.txt", 100_000);
    bench.face.transfer_well(vec![bench.fetch("/a.txt")]);
    assert!(fs::read(bench.path("a.txt")).unwrap() == text);
    let lines: Vec<String> =
        server.transcript().into_iter().filter(|line| line.starts_with("MODE") || line.starts_with("REST")).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[..2] == ["MODE Z", "MODE S"] && lines[2].starts_with("REST"), "{lines:?}");
}

#[test]
fn a_compressed_file_that_ends_early_is_an_error_even_where_the_server_calls_it_whole() {
    let text = b"text ".repeat(100_000);
    let server = FtpServer::start().compressing().file("/a.txt", text);
    server.add_fault(Fault::EndEarly { verb: "RETR", after: 500 }, Some(1));
    let mut session = server.try_open(&compressing(&server)).unwrap();
    let (_, error) = fetch_what_comes(&mut session, "/a.txt", 0);
    assert!(matches!(error, Some(FtpError::Lost { .. })), "{error:?}");
    assert_eq!(fetch(&mut session, "/a.txt").unwrap().len(), 500_000);
}

// --- from server to server ---

#[test]
fn a_file_goes_from_one_server_to_the_other_without_passing_here() {
    let data = noise(3_000_000);
    let one = FtpServer::start().file("/dir/a", data.clone());
    let other = FtpServer::start();
    let (mut source, mut target) = (one.open(), other.open());
    for to in ["/b", "/c"] {
        copy_between(&mut source, &mut target, &"/dir/a".into(), &to.into(), &mut || {}).unwrap();
        assert!(other.content(to).unwrap() == data);
    }
    // Both are as they were: the next transfer is one of ours.
    assert!(fetch(&mut source, "/dir/a").unwrap() == data);
    assert!(fetch(&mut target, "/b").unwrap() == data);
}

#[test]
fn the_other_server_listens_where_one_does_not() {
    let data = noise(100_000);
    let one = FtpServer::start().file("/a", data.clone());
    let other = FtpServer::start().without(&["PASV"]);
    let (mut source, mut target) = (one.open(), other.open());
    copy_between(&mut source, &mut target, &"/a".into(), &"/b".into(), &mut || {}).unwrap();
    assert_eq!(other.content("/b").unwrap(), data);
    one.assert_heard_in_order(&["PASV", "RETR /a"]);
    assert_eq!(other.count("PORT"), 1);
}

#[test]
fn servers_that_do_not_talk_to_each_other_say_so_and_stay_usable() {
    for reply in ["500 Illegal PORT command", "501 PORT to an address other than the peer's", "504 No", "550 No"] {
        let one = FtpServer::start().file("/a", "hello").on("PORT", reply);
        let other = FtpServer::start().on("PORT", reply);
        let (mut source, mut target) = (one.open(), other.open());
        let error = copy_between(&mut source, &mut target, &"/a".into(), &"/b".into(), &mut || {}).unwrap_err();
        let FtpError::Unsupported { what } = &error else { panic!("{error:?}") };
        assert!(what.contains("PORT") && what.contains(&reply[..3]), "{what}");
        assert!(!other.exists("/b"), "no empty file is left");
        assert_eq!(fetch(&mut source, "/a").unwrap(), b"hello");
        store(&mut target, "/b", StoreAt::Start, b"mine").unwrap();
    }
}

#[test]
fn a_copy_that_one_server_refuses_ends_on_both() {
    let one = FtpServer::start().file("/a", "hello");
    let other = FtpServer::start();
    let (mut source, mut target) = (one.open(), other.open());
    let error = copy_between(&mut source, &mut target, &"/none".into(), &"/b".into(), &mut || {}).unwrap_err();
    assert!(matches!(&error, FtpError::Refused { reply, .. } if reply.code == 550), "{error:?}");
    assert!(!other.exists("/b"));
    let error = copy_between(&mut source, &mut target, &"/a".into(), &"/none/b".into(), &mut || {}).unwrap_err();
    assert!(matches!(&error, FtpError::Refused { verb: "STOR", reply, .. } if reply.code == 553), "{error:?}");
    for session in [&mut source, &mut target] {
        if !session.is_broken() {
            session.noop().unwrap();
            list(session, "/").unwrap();
        }
    }
}

#[test]
fn cancelling_ends_a_copy_between_servers() {
    let one = FtpServer::start().file("/a", noise(300_000)).fault(Fault::StallData { verb: "RETR", after: 1000 });
    let other = FtpServer::start();
    let (mut source, mut target) = (one.open(), other.open());
    let cancel = Cancel::new();
    source.set_cancel(&cancel);
    target.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            one.wait_heard("RETR", 1);
            cancel.cancel();
        });
        let result = copy_between(&mut source, &mut target, &"/a".into(), &"/b".into(), &mut || {});
        assert_eq!(result, Err(FtpError::Cancelled));
    });
}
