//! Speed limits and the schedule against a scripted server: they take hold of what runs already, and hold nothing up that
//! they should not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;

use common::bench::Bench;
use common::face::{ended, settings};
use common::files::noise;
use common::ftp_server::{FtpServer, SOME_TIME};
use twinport::domain::Site;
use twinport::engine::message::{Amount, Command, Event, Limited, Outcome, Progress, Settings};
use twinport::engine::message::{JobState, QueueCommand};
use twinport::store::schedule::{Day, Hour, Pace, Rule};

/// So slow that a test which waits for it to end never does.
const SLOW: Option<u64> = Some(64);

/// Begins to fetch, and waits until some of it is there.
fn begin(bench: &mut Bench, name: &str) {
    let order = bench.fetch(name);
    bench.face.send(Command::Enqueue(vec![order]));
    bench.face.until("the first bytes", |event| match event {
        Event::Progress(Progress { jobs, .. }) => jobs.iter().any(|job| job.bytes > 0).then_some(()),
        _ => None,
    });
}

fn until_done(bench: &mut Bench) {
    bench.face.until_state("the transfer's end", |face| face.jobs().all(|job| ended(&job.state)));
    assert!(bench.face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
}

fn always(then: Pace) -> Vec<Rule> {
    let hour = |text| Hour::parse(text).unwrap();
    vec![Rule { days: Day::ALL.to_vec(), from: hour("0"), to: hour("24"), then }]
}

#[test]
fn a_limit_that_is_lifted_lets_go_of_what_runs() {
    let data = noise(1, 200_000);
    let server = FtpServer::start().file_at("/a", data.clone(), SOME_TIME);
    let mut bench = Bench::with(&server, Settings { limit_down: SLOW, ..settings() });
    begin(&mut bench, "/a");
    bench.face.send(Command::Configure(Box::new(settings())));
    until_done(&mut bench);
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
}

#[test]
fn limits_are_turned_off_without_being_forgotten_and_those_of_sites_too() {
    let server = FtpServer::start().file_at("/a", noise(1, 200_000), SOME_TIME);
    let mut bench = Bench::new(&server);
    bench.site = Arc::new(Site { limit_down: SLOW, ..Site::clone(&bench.site) });
    begin(&mut bench, "/a");
    bench.face.send(Command::Configure(Box::new(Settings { limits_on: false, ..settings() })));
    until_done(&mut bench);
}

#[test]
fn a_sites_new_limit_holds_for_what_runs() {
    let server = FtpServer::start().file_at("/a", noise(1, 200_000), SOME_TIME);
    let mut bench = Bench::new(&server);
    bench.site = Arc::new(Site { limit_down: SLOW, ..Site::clone(&bench.site) });
    begin(&mut bench, "/a");
    let server_key = bench.site.server_key();
    bench.face.send(Command::LimitSite { server_key, down: None, up: None });
    until_done(&mut bench);
}

#[test]
fn uploads_do_not_wait_for_the_limit_of_downloads() {
    let server = FtpServer::start();
    let mut bench = Bench::with(&server, Settings { limit_down: SLOW, ..settings() });
    fs::write(bench.path("a"), noise(2, 200_000)).unwrap();
    let order = bench.send("a", "/");
    bench.face.transfer_well(vec![order]);
    assert_eq!(server.content("/a").unwrap().len(), 200_000);
}

#[test]
fn an_hour_of_pause_stops_what_runs_and_its_end_goes_on_with_it() {
    let data = noise(3, 200_000);
    let server = FtpServer::start().file_at("/a", data.clone(), SOME_TIME);
    let mut bench = Bench::with(&server, Settings { limit_down: SLOW, ..settings() });
    begin(&mut bench, "/a");
    bench.face.send(Command::Configure(Box::new(Settings { schedule: always(Pace::Pause), ..settings() })));
    let told = bench.face.until("the pause", |event| match event {
        Event::Limited(limited) => Some(*limited),
        _ => None,
    });
    assert_eq!(told, Limited { paused: true, ..Limited::default() }, "for ever: nothing else follows");
    bench.face.until_state("the transfer to stop", |face| face.jobs().all(|job| job.state == JobState::Queued));
    let other = always(Pace::Limit { down: None, up: Some(1) });
    bench.face.send(Command::Configure(Box::new(Settings { schedule: other, limit_down: SLOW, ..settings() })));
    until_done(&mut bench);
    assert_eq!(fs::read(bench.path("a")).unwrap(), data, "the rule's limits hold instead of the others");
}

#[test]
fn the_figures_are_those_of_the_files_on_the_disk() {
    let mut server =
        FtpServer::start().file_at("/there", noise(4, 5_000), SOME_TIME).on_argument("RETR", "/no", "550 No.");
    server = server.file_at("/no", noise(5, 7_000), SOME_TIME);
    for name in 0..20 {
        server = server.file_at(format!("/d/{name}"), noise(name, 3_000), SOME_TIME);
    }
    let mut bench =
        Bench::with(&server, Settings { on_exists: twinport::engine::message::ConflictPolicy::Skip, ..settings() });
    fs::write(bench.path("there"), "mine").unwrap();
    bench.face.send(Command::Queue(QueueCommand::PauseAll));
    let orders = ["/d", "/there", "/no"].map(|path| bench.fetch(path)).to_vec();
    bench.face.send(Command::Enqueue(orders));
    bench.face.send(Command::Queue(QueueCommand::ResumeAll));
    let last = bench.face.until("all to be done", |event| match event {
        Event::Progress(progress) if progress.done.files == 21 && progress.done == progress.all => {
            Some(progress.clone())
        }
        _ => None,
    });
    // Twenty came, one was skipped, one failed.
    assert_eq!(last.done, Amount { files: 21, bytes: 60_000 });
    assert_eq!((last.folders, last.bytes_left, last.time_left), (0, 0, None));
    let on_disk: u64 = fs::read_dir(bench.path("d")).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(on_disk, last.done.bytes);
}
