//! One file over several connections, against a scripted server: whatever becomes of one of them, the file is byte for byte
//! the server's, and what is left after a kill is continued.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::time::Duration;

use common::bench::{Bench, only};
use common::face::settings;
use common::files::noise;
use common::ftp_server::{Fault, FtpServer, Node, SOME_TIME};
use twinport::engine::message::{Command, Event, JobState, Settings};

const SIZE: usize = 12 << 20;

/// As many connections as the test says.
fn over(segments: u8) -> Settings {
    Settings { segments, connections: 8, ..settings() }
}

/// The file as it is here, without telling all of it where it is wrong.
fn assert_whole(bench: &Bench, data: &[u8]) {
    let here = fs::read(bench.path("big")).unwrap();
    assert_eq!(here.len(), data.len());
    let wrong = here.iter().zip(data).position(|(a, b)| a != b);
    assert_eq!(wrong, None, "the first byte that differs");
    assert_eq!(bench.names(), ["big"], "nothing is left over");
}

/// The file over so many connections; the first one is let go when so many others have begun.
fn fetch_beside(server: &FtpServer, segments: u8, others: usize) -> Bench {
    let mut bench = Bench::with(server, over(segments));
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    bench.face.until_state("others fetch", |_| in_the_middle(server) >= others);
    server.release();
    bench.face.until_still(Duration::from_secs(30));
    bench
}

/// How many downloads began in the middle of the file.
fn in_the_middle(server: &FtpServer) -> usize {
    server.transcript().iter().filter(|line| line.starts_with("REST ") && line.as_str() != "REST 0").count()
}

/// The first connection stops after so many bytes till it is released: the others have time to come.
fn slow_start(data: &[u8]) -> FtpServer {
    FtpServer::start()
        .file_at("/big", data, SOME_TIME)
        .fault_times(Fault::PauseData { verb: "RETR", after: 1 << 20 }, 1)
}

#[test]
fn a_file_over_several_connections_is_the_servers_byte_for_byte() {
    let data = noise(1, SIZE);
    let server = slow_start(&data);
    assert_whole(&fetch_beside(&server, 3, 2), &data);
}

#[test]
fn one_connection_stays_one_where_nothing_is_gained() {
    let data = noise(2, 40 << 20);
    let server = FtpServer::start().file_at("/big", data.clone(), SOME_TIME);
    let mut bench = Bench::with(&server, over(0));
    bench.face.transfer_well(vec![bench.fetch("/big")]);
    assert_whole(&bench, &data);
    server.assert_never_heard("REST");
}

#[test]
fn a_server_that_allows_no_second_connection_is_taken_at_its_word() {
    let data = noise(3, SIZE);
    let server = slow_start(&data).fault(Fault::MaxConnections(1));
    let mut bench = Bench::with(&server, over(4));
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    bench.face.until("the cap is learned", |event| match event {
        Event::Learned { learned, .. } => learned.connection_cap,
        _ => None,
    });
    server.release();
    bench.face.until_still(Duration::from_secs(30));
    assert_whole(&bench, &data);
}

#[test]
fn a_server_without_rest_gives_the_file_over_the_first_connection() {
    let data = noise(4, SIZE);
    let server = slow_start(&data).on("REST", "502 No.");
    assert_whole(&fetch_beside(&server, 3, 1), &data);
}

/// A server that counts offsets in a few bits begins anywhere: what stands before a range tells.
#[test]
fn bytes_from_another_place_of_the_file_are_never_joined() {
    let data = noise(5, SIZE);
    let server = slow_start(&data).fault(Fault::WrapOffsets(1 << 20));
    assert_whole(&fetch_beside(&server, 2, 1), &data);
}

#[test]
fn a_connection_that_breaks_gives_its_range_to_the_others() {
    let data = noise(6, SIZE);
    // The first connection waits, the second one breaks.
    let server = slow_start(&data).fault_times(Fault::ResetData { verb: "RETR", after: 300_000 }, 1);
    assert_whole(&fetch_beside(&server, 2, 1), &data);
}

/// The program ends while the file has holes; the next one fetches what is missing, and only that.
#[test]
fn what_has_holes_is_continued_by_the_next_run() {
    let data = noise(7, SIZE);
    let server = slow_start(&data);
    server.add_fault(Fault::PauseData { verb: "RETR", after: 2 << 20 }, Some(1));
    let mut bench = Bench::with(&server, over(2));
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    let holes = |names: &[String]| names.iter().any(|name| name.starts_with("pieces "));
    let folder = bench.local.path().to_owned();
    bench.face.until_state("both have stopped", |_| in_the_middle(&server) >= 1 && has_map(&folder));
    assert!(holes(&bench.names()), "{:?}", bench.names());
    assert!(!bench.path("big").exists());

    let mut bench = bench.again(over(2));
    let before = (server.count("RETR"), in_the_middle(&server));
    server.release();
    server.clear_faults();
    bench.face.transfer_well(vec![bench.fetch("/big")]);
    assert_whole(&bench, &data);
    let began = server.count("RETR") - before.0;
    assert!(
        began > 0 && in_the_middle(&server) - before.1 == began,
        "only what was missing, which is not the beginning"
    );
}

#[test]
fn pieces_of_a_file_that_changed_are_not_joined_to_the_new_one() {
    let data = noise(8, SIZE);
    let server = slow_start(&data);
    server.add_fault(Fault::PauseData { verb: "RETR", after: 2 << 20 }, Some(1));
    let mut bench = Bench::with(&server, over(2));
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    let folder = bench.local.path().to_owned();
    bench.face.until_state("both have stopped", |_| in_the_middle(&server) >= 1 && has_map(&folder));

    let mut bench = bench.again(over(2));
    let anew = noise(9, SIZE);
    server.put("/big", Node::File { data: anew.clone(), modified: SOME_TIME + 60, mode: 0o644 });
    server.release();
    server.clear_faults();
    let jobs = bench.face.transfer(vec![bench.fetch("/big")]);
    assert!(matches!(only(&jobs).state, JobState::Done(_)), "{jobs:?}");
    let here = fs::read(bench.path("big")).unwrap();
    assert!(here == anew, "the new file, and nothing of the old one");
}

fn has_map(folder: &std::path::Path) -> bool {
    fs::read_dir(folder).unwrap().flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("map "))
}
