//! The queue against a scripted server: what is retried, resumed, asked, held and given up, and that no byte is lost
//! and no half file carries a final name, whatever the server does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use common::bench::{Bench, only, parts};
use common::face::{Face, fetch, on_exists, send, settings};
use common::files::noise;
use common::ftp_server::{Fault, FtpServer, Node, SOME_TIME};
use tempfile::TempDir;
use twinport::domain::{
    Charset, Direction, EntryKind, JobId, Names, Precision, RemotePath, Route, Site, SiteId, Timestamp, Zone,
};
use twinport::engine::message::{
    Answer, Command, ConflictPolicy, Event, FtpError, JobError, JobState, JobView, LocalTarget, Order, Outcome, Place,
    Question, QueueCommand, RemoteTarget, Settings, What,
};
use twinport::store::journal::{JobRow, Journal, RowState};

/// D10, D16. The last 64 KiB come again, and are compared.
#[test]
fn a_download_cut_in_the_middle_goes_on_where_it_stopped() {
    let data = noise(1, 300_000);
    let server = FtpServer::start()
        .file_at("/big", data.clone(), SOME_TIME)
        .fault_times(Fault::CloseData { verb: "RETR", after: 100_000 }, 1);
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/big")]);
    assert_eq!(fs::read(bench.path("big")).unwrap(), data);
    assert_eq!(bench.names(), ["big"], "nothing is left over");
    server.assert_heard_in_order(&["RETR /big", "REST 34464", "RETR /big"]);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew_and_never_joined() {
    let server = FtpServer::start()
        .file_at("/big", noise(1, 300_000), SOME_TIME)
        .fault_times(Fault::CloseData { verb: "RETR", after: 100_000 }, 1);
    let mut bench = Bench::with(&server, Settings { retries: 0, ..settings() });
    let jobs = bench.face.transfer(vec![bench.fetch("/big")]);
    assert!(matches!(only(&jobs).state, JobState::Failed(_)), "{jobs:?}");
    assert!(!bench.path("big").exists());

    let anew = noise(2, 300_000);
    server.put("/big", common::ftp_server::Node::File { data: anew.clone(), modified: SOME_TIME + 60, mode: 0o644 });
    bench.face.transfer_well(vec![bench.fetch("/big")]);
    assert_eq!(fs::read(bench.path("big")).unwrap(), anew);
    server.assert_never_heard("REST");
}

/// D17. Short parts need no REST at all.
#[test]
fn a_server_without_rest_starts_again_from_the_beginning() {
    let data = noise(3, 200_000);
    let server = FtpServer::start()
        .file_at("/big", data.clone(), SOME_TIME)
        .on("REST", "502 No.")
        .fault_times(Fault::CloseData { verb: "RETR", after: 50_000 }, 1);
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/big")]);
    assert_eq!(fs::read(bench.path("big")).unwrap(), data);
}

/// D03.
#[test]
fn fewer_bytes_than_announced_are_no_success() {
    let server = FtpServer::start().file_at("/a", noise(4, 1000), SOME_TIME).on("SIZE", "213 5000");
    let mut bench = Bench::with(&server, Settings { retries: 0, ..settings() });
    let site = Arc::clone(&bench.site);
    let what = What::Download {
        remote: RemotePath::from("/a"),
        kind: Some(EntryKind::File),
        size: Some(5000),
        modified: Some(Timestamp::utc(SOME_TIME)),
        to: LocalTarget::Into(bench.local.path().to_owned()),
    };
    let jobs = bench.face.transfer(vec![Order { site, what, on_exists: None }]);
    let JobState::Failed(JobError::Remote(FtpError::Incomplete { expected: 5000, got: 1000 })) = only(&jobs).state
    else {
        panic!("{jobs:?}")
    };
    assert!(!bench.path("a").exists(), "a half file must not carry the final name");
}

/// D08, I10.
#[test]
fn a_refused_download_leaves_nothing_and_the_next_one_works() {
    let server = FtpServer::start().file("/good", "yes").on_argument("RETR", "/secret", "550 Permission denied.");
    let server = server.file("/secret", "no");
    let mut bench = Bench::new(&server);
    let jobs = bench.face.transfer(vec![bench.fetch("/secret"), bench.fetch("/good")]);
    assert!(matches!(jobs[0].state, JobState::Failed(JobError::Remote(FtpError::Refused { .. }))), "{jobs:?}");
    assert_eq!(jobs[1].state, JobState::Done(Outcome::Transferred));
    assert_eq!(bench.names(), ["good"]);
}

/// E07, E08.
#[test]
fn an_upload_cut_in_the_middle_never_shows_its_final_name_and_goes_on() {
    let data = noise(5, 3_000_000);
    let server = FtpServer::start().fault_times(Fault::ResetData { verb: "STOR", after: 500_000 }, 1);
    let mut bench = Bench::with(&server, Settings { retries: 0, ..settings() });
    fs::write(bench.path("big"), &data).unwrap();
    let jobs = bench.face.transfer(vec![bench.send("big", "/")]);
    assert!(matches!(only(&jobs).state, JobState::Failed(_)), "{jobs:?}");
    assert!(!server.exists("/big"), "{:?}", server.paths());
    let part = parts(&server);
    assert_eq!(part.len(), 1);
    let arrived = server.content(&part[0]).unwrap().len();
    assert!(arrived > 0, "the part is kept");

    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert_eq!(server.content("/big").unwrap(), data);
    assert_eq!(parts(&server), Vec::<String>::new());
    server.assert_heard_in_order(&[&format!("REST {arrived}")]);
}

/// Pure-FTPd's listings have no hidden files, and no more than 10,000 others.
#[test]
fn a_folder_that_goes_up_replaces_nothing_unasked_that_the_listing_did_not_show() {
    let server = FtpServer::start().file("/d/.htaccess", "theirs").file("/d/a", "theirs").listing("/d", "");
    let settings = Settings { on_exists: ConflictPolicy::Skip, ..settings() };
    let mut bench = Bench::with(&server, settings);
    fs::create_dir(bench.path("d")).unwrap();
    fs::write(bench.path("d").join(".htaccess"), "ours").unwrap();
    bench.face.transfer(vec![bench.send("d", "/")]);
    assert_eq!(server.content("/d/.htaccess").unwrap(), b"theirs");

    let cut = Fault::FinalReply { verb: "MLSD", reply: "226 Output truncated to 0 matches" };
    let server = FtpServer::start().file("/d/a", "theirs").listing("/d", "").fault(cut);
    let mut bench = Bench::with(&server, Settings { on_exists: ConflictPolicy::Skip, ..common::face::settings() });
    fs::create_dir(bench.path("d")).unwrap();
    fs::write(bench.path("d").join("a"), "ours").unwrap();
    bench.face.transfer(vec![bench.send("d", "/")]);
    assert_eq!(server.content("/d/a").unwrap(), b"theirs");
}

/// E15.
#[test]
fn a_server_that_refuses_to_rename_gets_the_file_directly() {
    let server = FtpServer::start().on("RNFR", "550 Not allowed.");
    let mut bench = Bench::new(&server);
    for name in ["a", "b"] {
        fs::write(bench.path(name), name).unwrap();
    }
    bench.face.transfer_well(vec![bench.send("a", "/")]);
    bench.face.transfer_well(vec![bench.send("b", "/")]);
    assert_eq!(server.content("/a").unwrap(), b"a");
    assert_eq!(server.content("/b").unwrap(), b"b");
    assert_eq!(parts(&server), Vec::<String>::new());
}

#[test]
fn a_folder_without_permission_does_not_make_later_uploads_unsafe() {
    let server = FtpServer::start().dir("/closed").fault(Fault::StallData { verb: "STOR", after: 100_000 });
    let server = server.on_nth("STOR", 1, "553 Permission denied.").on_nth("STOR", 2, "553 Permission denied.");
    let server = server.on_nth("STOR", 3, "553 Permission denied.");
    let mut bench = Bench::with(&server, Settings { connections: 1, retries: 0, ..settings() });
    fs::write(bench.path("a"), "a").unwrap();
    fs::write(bench.path("big"), noise(17, 400_000)).unwrap();
    let jobs = bench.face.transfer(vec![bench.send("a", "/closed")]);
    assert!(matches!(only(&jobs).state, JobState::Failed(_)), "{jobs:?}");
    bench.face.send(Command::Enqueue(vec![bench.send("big", "/")]));
    server.wait_heard("STOR /big", 1);
    assert!(server.transcript().iter().all(|line| line != "STOR /big"), "{:?}", server.transcript());
}

/// E05. Landscape 34.
#[test]
fn a_full_server_is_told_in_words_and_keeps_no_leftover() {
    let server = FtpServer::start().fault(Fault::FinalReply { verb: "STOR", reply: "552 Quota exceeded." });
    // With retries it would wait for room.
    let mut bench = Bench::with(&server, Settings { retries: 0, ..settings() });
    fs::write(bench.path("a"), "hello").unwrap();
    let jobs = bench.face.transfer(vec![bench.send("a", "/")]);
    let JobState::Failed(error) = &only(&jobs).state else { panic!("{jobs:?}") };
    assert!(error.explain().line().contains("Quota exceeded"), "{}", error.explain().line());
    assert!(!server.exists("/a"));
    assert_eq!(parts(&server), Vec::<String>::new());
}

#[test]
fn a_file_in_the_way_is_asked_about_while_the_rest_goes_on() {
    let server = FtpServer::start().file_at("/a", "new", SOME_TIME).file("/b", "b");
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), "old one").unwrap();
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a"), bench.fetch("/b")]));
    bench.face.until_state("a question, and the other file done", |face| {
        !face.questions.is_empty() && face.jobs().any(|job| job.state == JobState::Done(Outcome::Transferred))
    });
    assert_eq!(fs::read(bench.path("a")).unwrap(), b"old one");
    let (_, Question::FileExists { source, target, .. }) = &bench.face.questions[0] else { panic!() };
    assert_eq!((source.size, target.size), (Some(3), Some(7)));
    bench.face.answer(Answer::OnExists { policy: ConflictPolicy::Overwrite, for_all: false });
    bench.face.until_still(std::time::Duration::from_secs(30));
    assert_eq!(fs::read(bench.path("a")).unwrap(), b"new");
}

#[test]
fn one_answer_may_serve_for_all() {
    let names = ["a", "b", "c", "d", "e"];
    let server = names.iter().fold(FtpServer::start().dir("/d"), |server, name| {
        server.file_at(format!("/d/{name}"), format!("remote {name}"), SOME_TIME)
    });
    let mut bench = Bench::new(&server);
    fs::create_dir(bench.path("d")).unwrap();
    for name in names {
        fs::write(bench.path("d").join(name), "local").unwrap();
    }
    bench.face.send(Command::Enqueue(vec![bench.fetch("/d")]));
    bench.face.until_state("a question", |face| !face.questions.is_empty());
    bench.face.answer(Answer::OnExists { policy: ConflictPolicy::Skip, for_all: true });
    bench.face.until_state("the end", Face::is_still);
    assert!(bench.face.questions.is_empty(), "{:?}", bench.face.questions);
    for name in names {
        assert_eq!(fs::read(bench.path("d").join(name)).unwrap(), b"local");
    }
}

/// D16, D18, E08, E11.
#[test]
fn every_conflict_policy_does_what_it_says_both_ways() {
    let cases: &[(ConflictPolicy, &str, &str, &str)] = &[
        // policy, source, target, the target afterwards
        (ConflictPolicy::Overwrite, "source", "target!", "source"),
        (ConflictPolicy::Skip, "source", "target!", "target!"),
        (ConflictPolicy::Size, "source", "target", "target"),
        (ConflictPolicy::Size, "source", "other size", "source"),
        (ConflictPolicy::Resume, "beginning and end", "beginning", "beginning and end"),
        (ConflictPolicy::Resume, "same", "same", "same"),
        (ConflictPolicy::Rename, "source", "target", "target"),
    ];
    for (policy, source, target, after) in cases {
        let server = FtpServer::start().file_at("/down", *source, SOME_TIME).file_at("/up", *target, SOME_TIME);
        let mut bench = Bench::new(&server);
        fs::write(bench.path("down"), target).unwrap();
        fs::write(bench.path("up"), source).unwrap();
        bench.face.transfer(vec![on_exists(bench.fetch("/down"), *policy), on_exists(bench.send("up", "/"), *policy)]);
        assert_eq!(fs::read_to_string(bench.path("down")).unwrap(), *after, "{policy:?} down");
        assert_eq!(server.content("/up").unwrap(), after.as_bytes(), "{policy:?} up");
        if *policy == ConflictPolicy::Rename {
            assert_eq!(fs::read_to_string(bench.path("down (2)")).unwrap(), *source);
            assert_eq!(server.content("/up (2)").unwrap(), source.as_bytes());
        }
    }
}

/// D19.
#[test]
fn a_target_longer_than_its_source_is_never_resumed() {
    let server = FtpServer::start().file_at("/a", "short", SOME_TIME);
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), "much longer").unwrap();
    let jobs = bench.face.transfer(vec![on_exists(bench.fetch("/a"), ConflictPolicy::Resume)]);
    assert!(matches!(only(&jobs).state, JobState::Failed(JobError::CannotResume { .. })), "{jobs:?}");
    assert_eq!(fs::read_to_string(bench.path("a")).unwrap(), "much longer");
}

#[test]
fn a_refused_password_is_asked_for_once_and_never_tried_again_by_itself() {
    let server = FtpServer::start().user("user", "right").file("/a", "a").file("/b", "b").file("/c", "c");
    let mut bench = Bench::new(&server);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a"), bench.fetch("/b"), bench.fetch("/c")]));
    bench.face.until_state("a question", |face| !face.questions.is_empty());
    let before = server.count("PASS");
    assert!(matches!(&bench.face.questions[0].1, Question::Password { refused: Some(_), .. }));
    bench.face.answer(Answer::Password { secret: "right".into(), keep: false });
    bench.face.until_still(std::time::Duration::from_secs(30));
    assert!(bench.face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
    assert_eq!(before, 1, "one session tries a password before others follow");
}

/// I08.
#[test]
fn a_server_that_allows_few_connections_gets_few() {
    let names: Vec<String> = (0..12).map(|number| format!("/f{number}")).collect();
    let server = names
        .iter()
        .fold(FtpServer::start().fault(Fault::MaxConnections(2)), |server, name| server.file(name, noise(9, 20_000)));
    let mut bench = Bench::new(&server);
    let orders = names.iter().map(|name| bench.fetch(name)).collect();
    bench.face.transfer_well(orders);
    assert_eq!(bench.names().len(), 12);
}

#[test]
fn a_server_that_is_gone_fails_all_its_jobs_instead_of_each_after_its_own_time() {
    let server = FtpServer::start();
    let mut bench = Bench::with(&server, Settings { retries: 1, retry_delay_seconds: 0, ..settings() });
    drop(server);
    let orders = (0..50).map(|number| bench.fetch(&format!("/f{number}"))).collect();
    let jobs = bench.face.transfer(orders);
    assert_eq!(jobs.len(), 50);
    for job in jobs {
        let JobState::Failed(JobError::Remote(FtpError::CannotConnect { .. })) = job.state else { panic!("{job:?}") };
    }
}

#[test]
fn browsing_never_waits_behind_transfers() {
    let server = FtpServer::start()
        .file_at("/slow", noise(10, 100_000), SOME_TIME)
        .fault(Fault::StallData { verb: "RETR", after: 1000 });
    let mut bench = Bench::new(&server);
    let site = Arc::clone(&bench.site);
    bench.face.connect(&site, None).unwrap();
    bench.face.send(Command::Enqueue(vec![bench.fetch("/slow")]));
    server.wait_heard("RETR /slow", 1);
    let listing = bench.face.list(&RemotePath::root()).unwrap();
    assert_eq!(listing.entries.len(), 1);
}

#[test]
fn paused_jobs_wait_and_go_on_where_they_stopped() {
    let data = noise(11, 400_000);
    let server = FtpServer::start()
        .file_at("/big", data.clone(), SOME_TIME)
        .fault_times(Fault::StallData { verb: "RETR", after: 100_000 }, 1);
    let mut bench = Bench::new(&server);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    bench.face.until_state("bytes", |face| face.moving >= 100_000);
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Pause(vec![id])));
    bench.face.until_state("a pause", |face| face.jobs().all(|job| job.state == JobState::Paused));
    assert!(!bench.path("big").exists());
    bench.face.send(Command::Queue(QueueCommand::Resume(vec![id])));
    bench.face.until_still(std::time::Duration::from_secs(30));
    assert_eq!(fs::read(bench.path("big")).unwrap(), data);
    server.assert_heard_in_order(&["REST 34464"]);
}

#[test]
fn the_whole_queue_pauses_and_resumes() {
    let server = FtpServer::start().file("/a", "a");
    let mut bench = Bench::new(&server);
    bench.face.send(Command::Queue(QueueCommand::PauseAll));
    bench.face.until_state("a paused queue", |face| face.paused);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    bench.face.until_state("a job", |face| face.jobs().count() == 1);
    assert_eq!(server.accepted_connections(), 0);
    bench.face.send(Command::Queue(QueueCommand::ResumeAll));
    bench.face.until_still(std::time::Duration::from_secs(30));
    assert_eq!(fs::read(bench.path("a")).unwrap(), b"a");
}

#[test]
fn cancelled_jobs_keep_their_part_and_can_be_retried() {
    let data = noise(12, 400_000);
    let server = FtpServer::start()
        .file_at("/big", data.clone(), SOME_TIME)
        .file("/after", "x")
        .fault_times(Fault::StallData { verb: "RETR", after: 100_000 }, 1);
    let mut bench = Bench::new(&server);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    bench.face.until_state("bytes", |face| face.moving >= 100_000);
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Cancel(vec![id])));
    bench.face.until_state("its end", |face| face.jobs().all(|job| job.state == JobState::Cancelled));
    bench.face.send(Command::Queue(QueueCommand::Retry(vec![id])));
    bench.face.until_state("the file", |face| face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
    assert_eq!(fs::read(bench.path("big")).unwrap(), data);
    server.assert_heard_in_order(&["REST 34464"]);
}

#[test]
fn a_removed_job_stops_and_leaves_the_queue() {
    let server = FtpServer::start()
        .file_at("/big", noise(13, 400_000), SOME_TIME)
        .fault(Fault::StallData { verb: "RETR", after: 100_000 });
    let mut bench = Bench::new(&server);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    bench.face.until_state("bytes", |face| face.moving >= 100_000);
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Remove(vec![id])));
    bench.face.until_state("an empty queue", |face| face.jobs().count() == 0);
    assert!(!bench.path("big").exists());
}

#[test]
fn moved_jobs_run_in_their_new_order() {
    let server = ["/a", "/b", "/c"].iter().fold(FtpServer::start(), |server, name| server.file(name, "x"));
    let mut bench = Bench::with(&server, Settings { connections: 1, ..settings() });
    bench.face.send(Command::Queue(QueueCommand::PauseAll));
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a"), bench.fetch("/b"), bench.fetch("/c")]));
    bench.face.until_state("three jobs", |face| face.jobs().count() == 3);
    let last = bench.face.jobs().last().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Move(vec![last], Place::First)));
    bench.face.send(Command::Queue(QueueCommand::ResumeAll));
    bench.face.until_still(std::time::Duration::from_secs(30));
    server.assert_heard_in_order(&["RETR /c", "RETR /a", "RETR /b"]);
}

/// D27.
#[test]
fn hostile_names_stay_in_their_folder() {
    let listing = "type=file;size=1;modify=20260101000000; ..\r\n\
                   type=file;size=1;modify=20260101000000; ../../escape\r\n\
                   type=file;size=1;modify=20260101000000; fine\r\n";
    let server = FtpServer::start().dir("/d").file("/d/fine", "x").listing("/d", listing);
    let mut bench = Bench::new(&server);
    bench.face.transfer(vec![bench.fetch("/d")]);
    assert_eq!(bench.names(), ["d"], "nothing beside the folder");
    let inside: Vec<String> = fs::read_dir(bench.path("d"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(inside, ["fine"]);
    let above: &Path = bench.local.path().parent().unwrap();
    assert!(!above.join("escape").exists() && !above.parent().unwrap().join("escape").exists());
}

#[test]
fn a_name_that_this_computer_cannot_hold_is_changed_and_told() {
    let server =
        FtpServer::start().dir("/d").file("/d/bell\u{7}", "one").file("/d/bell_", "two").file("/b\u{1b}", "three");
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/d"), bench.fetch("/b\u{1b}")]);
    let mut inside: Vec<Vec<u8>> =
        fs::read_dir(bench.path("d")).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    inside.sort();
    assert_eq!(inside, [b"one", b"two"], "neither became the other");
    assert_eq!(fs::read(bench.path("b_")).unwrap(), b"three");
    for told in ["“bell\u{FFFD}” is saved as “bell_”", "“b\u{FFFD}” is saved as “b_”"] {
        assert!(bench.face.log.iter().any(|line| line.text.contains(told)), "{told}: {:?}", bench.face.log);
    }
}

#[test]
fn a_local_name_that_the_server_cannot_hold_is_left_out_and_told() {
    let server = FtpServer::start().dir("/in");
    let mut bench = Bench::new(&server);
    let mut site = (*bench.site).clone();
    site.charset = Charset::from_label("windows-1252");
    bench.site = Arc::new(site);
    fs::create_dir(bench.path("d")).unwrap();
    for name in ["日本", "größe", "d/日本", "d/größe"] {
        fs::write(bench.path(name), name).unwrap();
    }
    let jobs = bench.face.transfer(vec![bench.send("日本", "/in"), bench.send("größe", "/in"), bench.send("d", "/in")]);
    let failed: Vec<&JobView> = jobs.iter().filter(|job| matches!(job.state, JobState::Failed(_))).collect();
    assert_eq!(failed.len(), 1, "{jobs:?}");
    let JobState::Failed(error) = &failed[0].state else { panic!("{jobs:?}") };
    assert!(
        error.explain().line().contains("“日本” cannot be written in the site's charset windows-1252"),
        "{error:?}"
    );
    assert_eq!(server.content(b"/in/gr\xf6\xdfe").unwrap(), "größe".as_bytes());
    assert_eq!(server.content(b"/in/d/gr\xf6\xdfe").unwrap(), "d/größe".as_bytes());
    let told = bench.face.log.iter().any(|line| line.text.contains("d/日本") && line.text.contains("left out"));
    assert!(told, "{:?}", bench.face.log);
    assert_eq!(server.count("STOR"), 2);
}

/// E13.
#[test]
fn folders_go_up_and_down_with_their_empty_ones() {
    let server =
        FtpServer::start().dir("/d").dir("/d/empty").dir("/d/deep").file("/d/deep/file", "deep").file("/d/a", "a");
    let mut bench = Bench::new(&server);
    bench.face.transfer_well(vec![bench.fetch("/d")]);
    assert!(bench.path("d/empty").is_dir());
    assert_eq!(fs::read(bench.path("d/deep/file")).unwrap(), b"deep");
    fs::rename(bench.path("d"), bench.path("up")).unwrap();
    bench.face.transfer_well(vec![bench.send("up", "/new/place")]);
    assert_eq!(server.content("/new/place/up/deep/file").unwrap(), b"deep");
    assert!(server.exists("/new/place/up/empty"));
}

#[test]
fn an_unreadable_local_file_fails_alone() {
    let server = FtpServer::start();
    let mut bench = Bench::new(&server);
    fs::write(bench.path("good"), "good").unwrap();
    let jobs = bench.face.transfer(vec![bench.send("missing", "/"), bench.send("good", "/")]);
    assert!(matches!(jobs[0].state, JobState::Failed(JobError::NoSource(_))), "{jobs:?}");
    assert_eq!(jobs[1].state, JobState::Done(Outcome::Transferred));
    assert_eq!(server.content("/good").unwrap(), b"good");
    assert!(!server.exists("/missing"));
}

#[test]
fn two_orders_for_one_target_do_not_write_it_at_once() {
    let server = FtpServer::start().file_at("/a", noise(14, 50_000), SOME_TIME).dir("/other");
    let server = server.file_at("/other/a", noise(15, 50_000), SOME_TIME);
    let mut bench = Bench::new(&server);
    let orders = vec![
        on_exists(bench.fetch("/a"), ConflictPolicy::Overwrite),
        on_exists(bench.fetch("/other/a"), ConflictPolicy::Overwrite),
    ];
    bench.face.transfer_well(orders);
    let there = fs::read(bench.path("a")).unwrap();
    assert!(there == noise(14, 50_000) || there == noise(15, 50_000));
    assert_eq!(bench.names(), ["a"]);
}

/// D12. Landscape 32.
#[test]
fn all_bytes_and_no_last_reply_are_a_whole_file() {
    let data = noise(16, 50_000);
    let server = FtpServer::start().file_at("/a", data.clone(), SOME_TIME).fault_times(Fault::NoCompletion("RETR"), 1);
    let mut bench = Bench::with(&server, Settings { reply_timeout_seconds: 1, ..settings() });
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(fs::read(bench.path("a")).unwrap(), data);
}

/// I04.
#[test]
fn an_idle_session_that_the_server_closed_is_no_failure() {
    let server = FtpServer::start().file("/a", "a").file("/b", "b");
    let mut bench = Bench::with(&server, Settings { connections: 1, retries: 0, ..settings() });
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    server.hang_up();
    bench.face.transfer_well(vec![bench.fetch("/b")]);
    assert_eq!(fs::read(bench.path("b")).unwrap(), b"b");
}

#[test]
fn a_refused_data_connection_is_not_tried_for_each_file_in_turn() {
    let names: Vec<String> = (0..20).map(|number| format!("/f{number}")).collect();
    let server = names
        .iter()
        .fold(FtpServer::start().on("EPSV", "500 No.").on("PASV", "502 No."), |server, name| server.file(name, "x"));
    let mut bench = Bench::new(&server);
    bench.site =
        Arc::new(Site { transfer_mode: Some(twinport::domain::TransferMode::Passive), ..(*bench.site).clone() });
    let orders = names
        .iter()
        .map(|name| {
            let what = What::Download {
                remote: RemotePath::from(name.as_str()),
                kind: Some(EntryKind::File),
                size: Some(1),
                modified: None,
                to: LocalTarget::Into(bench.local.path().to_owned()),
            };
            Order { site: Arc::clone(&bench.site), what, on_exists: None }
        })
        .collect();
    let jobs = bench.face.transfer(orders);
    assert!(jobs.iter().all(|job| matches!(job.state, JobState::Failed(_))), "{jobs:?}");
    assert!(server.count("PASV") <= 4, "{} tries", server.count("PASV"));
    assert_eq!(bench.names(), Vec::<String>::new());
}

/// I04.
#[test]
fn a_lost_browsing_connection_comes_back_by_itself() {
    let server = FtpServer::start().file("/a", "a");
    let mut bench = Bench::new(&server);
    let site = Arc::clone(&bench.site);
    bench.face.connect(&site, None).unwrap();
    server.hang_up();
    assert_eq!(bench.face.list(&RemotePath::root()).unwrap().entries.len(), 1);
}

#[test]
fn a_long_listing_can_be_interrupted() {
    let server = FtpServer::start().file("/a", "a").fault(Fault::StallData { verb: "MLSD", after: 0 });
    let mut bench = Bench::new(&server);
    let site = Arc::clone(&bench.site);
    bench.face.connect(&site, None).unwrap();
    bench.face.send(Command::List { connection: common::face::CONNECTION, dir: RemotePath::root() });
    server.wait_heard("MLSD", 1);
    bench.face.send(Command::Interrupt { connection: common::face::CONNECTION });
    let error = bench.face.until("the listing's end", |event| match event {
        Event::ListFailed { error, .. } => Some(error.clone()),
        _ => None,
    });
    assert_eq!(error, FtpError::Cancelled);
}

#[test]
fn a_file_that_became_whole_just_before_the_program_was_killed_is_not_asked_about() {
    let server = FtpServer::start().file_at("/a", "whole", SOME_TIME);
    let folder = tempfile::tempdir().unwrap();
    file_of(&folder, "whole", SOME_TIME);
    killed_while_it_ran(&server, &folder, false);
    let mut face = resume(&folder);
    face.until_state("the end", |face| face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
    assert!(face.questions.is_empty());
}

/// Killed between RNTO and the setting of its time, or by a server that keeps its own time (libunftp).
#[test]
fn an_upload_that_got_its_name_just_before_the_program_was_killed_is_not_asked_about() {
    let data = noise(1, 300_000);
    let mut older = data.clone();
    older[5] ^= 1;
    for (there, asked) in [(data.clone(), false), (older, true)] {
        let server = FtpServer::start().file_at("/a", there.clone(), SOME_TIME);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), &data).unwrap();
        killed_while_it_ran(&server, &folder, true);
        let mut face = resume(&folder);
        face.until_state("the end or a question", |face| face.is_still() || !face.questions.is_empty());
        assert_eq!(!face.questions.is_empty(), asked);
        let whole = face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred));
        assert_eq!(whole, !asked);
        server.assert_never_heard("STOR");
        // Its time is the last thing that an upload is given.
        assert_eq!(server.count("MFMT"), usize::from(whole));
        assert!(server.content("/a").unwrap() == there);
    }
}

/// A small file is whole sooner than the journal hears that it runs.
#[test]
fn a_file_that_became_whole_before_the_journal_knew_of_its_start_is_neither_asked_about_nor_doubled() {
    for policy in [ConflictPolicy::Ask, ConflictPolicy::Rename] {
        let server = FtpServer::start().file_at("/a", "whole", SOME_TIME);
        let folder = tempfile::tempdir().unwrap();
        file_of(&folder, "whole", SOME_TIME);
        killed(&server, &folder, false, (RowState::Queued, policy));
        let mut face = resume(&folder);
        face.until_state("the end", |face| face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
        assert!(face.questions.is_empty());
        assert!(!folder.path().join("a (2)").exists(), "{policy:?}");
    }
}

/// The word that it stops is written down sooner than what it still did.
#[test]
fn a_file_that_became_whole_while_the_user_stopped_it_is_not_asked_about_after_a_kill() {
    for (state, goes_on) in [
        (RowState::Paused, (|id| QueueCommand::Resume(vec![id])) as fn(_) -> _),
        (RowState::Cancelled, |id| QueueCommand::Retry(vec![id])),
    ] {
        let server = FtpServer::start().file_at("/a", "whole", SOME_TIME);
        let folder = tempfile::tempdir().unwrap();
        file_of(&folder, "whole", SOME_TIME);
        killed(&server, &folder, false, (state, ConflictPolicy::Rename));
        let mut face = direct(&folder);
        face.until_state("the job", |face| face.jobs().count() == 1);
        face.send(Command::Queue(goes_on(JobId(1))));
        face.until_state("the end", |face| face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
        assert!(!folder.path().join("a (2)").exists(), "{state:?}");
        server.assert_never_heard("RETR");
    }
}

#[test]
fn what_is_ordered_just_before_the_program_ends_is_in_the_queue() {
    let server = FtpServer::start().file("/a", "x");
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    let folder = tempfile::tempdir().unwrap();
    let order = || fetch(&site, RemotePath::from("/a"), LocalTarget::Into(folder.path().to_owned()));
    let mut face = Face::start(settings(), Some(folder.path().join("queue.db")), "password");
    face.send(Command::Queue(QueueCommand::PauseAll));
    face.send(Command::Enqueue(vec![order()]));
    face.until_state("the first", Face::has_all_orders);
    for _ in 1..50 {
        face.send(Command::Enqueue(vec![order()]));
    }
    drop(face);
    let mut face = Face::start(settings(), Some(folder.path().join("queue.db")), "password");
    face.until_state("a paused queue", |face| face.paused);
    assert_eq!(face.jobs().count(), 50);
}

/// A file has the minute that LIST told where the server's clock was known when it came; after the kill it is not yet.
#[test]
fn a_file_that_has_its_listings_time_is_known_where_the_exact_one_is_told_now() {
    for (seconds, asked) in [(SOME_TIME - SOME_TIME % 60, false), (SOME_TIME - SOME_TIME % 60 - 60, true)] {
        let server = FtpServer::start().file_at("/a", "whole", SOME_TIME).without(&["MLST", "MLSD"]);
        let folder = tempfile::tempdir().unwrap();
        file_of(&folder, "whole", seconds);
        killed(&server, &folder, false, (RowState::Queued, ConflictPolicy::Ask));
        let mut journal = Journal::open(&folder.path().join("queue.db")).unwrap();
        let mut rows = Vec::new();
        journal.load(&mut |row| rows.push(row)).unwrap();
        let minute = SOME_TIME - SOME_TIME % 60;
        rows[0].modified =
            Some(Timestamp { precision: Precision::Minute, zone: Zone::Server, ..Timestamp::utc(minute) });
        journal.write(&rows, &[], true).unwrap();
        drop(journal);
        let mut face = resume(&folder);
        face.until_state("the end or a question", |face| face.is_still() || !face.questions.is_empty());
        assert_eq!(!face.questions.is_empty(), asked);
    }
}

/// What ran when the program was killed may have been about to end, or at its beginning.
#[test]
fn what_was_to_replace_a_file_does_so_after_a_kill_too() {
    for upload in [false, true] {
        let server = FtpServer::start();
        let folder = tempfile::tempdir().unwrap();
        let target = file_of(&folder, "here!", SOME_TIME);
        server.put("/a", Node::File { data: b"there".to_vec(), modified: SOME_TIME, mode: 0o644 });
        killed(&server, &folder, upload, (RowState::Running, ConflictPolicy::Overwrite));
        let mut face = resume(&folder);
        face.until_state("the end", |face| face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
        let expected: &[u8] = if upload { b"here!" } else { b"there" };
        assert!(fs::read(&target).unwrap() == expected && server.content("/a").unwrap() == expected, "{upload}");
    }
}

/// From a server that tells no times a file has none that could be compared: its bytes are.
#[test]
fn without_times_only_the_same_bytes_are_taken_for_what_the_kill_left() {
    for (here, policy) in [("whole", ConflictPolicy::Ask), ("whole", ConflictPolicy::Rename)]
        .into_iter()
        .chain([("other", ConflictPolicy::Ask), ("other", ConflictPolicy::Rename)])
    {
        let server = FtpServer::start().file("/a", "whole").without(&["MLST", "MLSD", "MDTM", "FEAT", "LIST"]);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), here).unwrap();
        killed(&server, &folder, false, (RowState::Queued, policy));
        let mut face = resume(&folder);
        face.until_state("the end or a question", |face| face.is_still() || !face.questions.is_empty());
        let same = here == "whole";
        assert_eq!(!face.questions.is_empty(), !same && policy == ConflictPolicy::Ask, "{here} {policy:?}");
        let copy = folder.path().join("a (2)").exists();
        assert_eq!(copy, !same && policy == ConflictPolicy::Rename, "{here} {policy:?}");
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), here);
    }
}

/// `a` with that in it, as old as that.
fn file_of(folder: &TempDir, text: &str, seconds: i64) -> PathBuf {
    let target = folder.path().join("a");
    fs::write(&target, text).unwrap();
    let time = Timestamp::utc(seconds).to_system().unwrap();
    fs::File::options().write(true).open(&target).unwrap().set_modified(time).unwrap();
    target
}

/// A profile whose one job, `/a`, ran when the program was killed.
fn killed_while_it_ran(server: &FtpServer, folder: &TempDir, upload: bool) {
    killed(server, folder, upload, (RowState::Running, ConflictPolicy::Ask));
}

/// A profile whose one job, `/a`, stood so when the program was killed.
fn killed(server: &FtpServer, folder: &TempDir, upload: bool, (state, policy): (RowState, ConflictPolicy)) {
    let local = folder.path().join("a");
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    let direction = if upload { Direction::Upload } else { Direction::Download };
    let remote = RemotePath::from("/a");
    let job = JobRow {
        id: JobId(1),
        parent: None,
        rank: (0, 1),
        route: Arc::new(Route::between(&site, &site.server_key().into(), direction, &local, &remote)),
        names: Names::of(&local, &remote).unwrap(),
        kind: EntryKind::File,
        size: Some(fs::metadata(&local).unwrap().len()),
        modified: None,
        policy,
        state,
        error: None,
        bytes: 0,
        wrote: None,
        ended: None,
        begun: false,
    };
    Journal::open(&folder.path().join("queue.db")).unwrap().write(&[job], &[], true).unwrap();
}

/// Old history goes when the program starts; what is younger stays, and says when it ended.
#[test]
fn history_is_kept_for_as_many_days_as_the_settings_say() {
    let server = FtpServer::start().file("/a", "x").file("/b", "x");
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("queue.db");
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    let mut face = Face::start(settings(), Some(journal.clone()), "password");
    let order = |name: &str| fetch(&site, RemotePath::from(name), LocalTarget::Into(folder.path().join("to")));
    fs::create_dir(folder.path().join("to")).unwrap();
    face.send(Command::Enqueue(vec![order("/a"), order("/b")]));
    face.until_state("the end", Face::is_still);
    assert!(face.jobs().all(|job| job.ended.is_some()));
    drop(face);
    let days_ago = |days: i64| Timestamp::utc(Timestamp::from_system(SystemTime::now()).seconds - days * 86_400);
    {
        let mut journal = Journal::open(&journal).unwrap();
        let mut rows = Vec::new();
        journal.load(&mut |row| rows.push(row)).unwrap();
        assert_eq!(rows.len(), 2);
        for (row, days) in rows.iter_mut().zip([29, 31]) {
            row.ended = Some(days_ago(days));
        }
        journal.write(&rows, &[], true).unwrap();
    }
    let mut face = Face::start(Settings { history_days: 30, ..settings() }, Some(journal.clone()), "password");
    let told = |face: &Face| face.jobs().filter_map(|job| job.ended).collect::<Vec<_>>();
    face.until_state("one of them", |face| face.jobs().count() == 1);
    assert!(told(&face)[0].seconds > days_ago(30).seconds);
    face.send(Command::Configure(Box::new(Settings { history_days: 7, ..settings() })));
    face.until_state("nothing", |face| face.jobs().count() == 0);
}

/// A policy that cannot tell must not go round for ever.
#[test]
fn what_a_policy_cannot_tell_is_asked() {
    let server = FtpServer::start().file("/a", "theirs").without(&["MLST", "MLSD", "MDTM", "FEAT", "LIST"]);
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), "mine").unwrap();
    for order in [bench.send("a", "/"), bench.fetch("/a")] {
        bench.face.send(Command::Enqueue(vec![on_exists(order, ConflictPolicy::Newer)]));
        bench.face.until_state("a question", |face| !face.questions.is_empty());
        bench.face.answer(Answer::OnExists { policy: ConflictPolicy::Skip, for_all: false });
        bench.face.until_state("the end", Face::is_still);
        assert_eq!(only(&bench.face.take_ended()).state, JobState::Done(Outcome::Skipped));
    }
}

/// How a profile looks after a kill in the middle of an upload that goes by its final name at once.
fn killed_in_a_direct_upload(server: &FtpServer, policy: ConflictPolicy, data: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("big");
    fs::write(&source, data).unwrap();
    server.add_fault(Fault::PauseData { verb: "STOR", after: 500_000 }, Some(1));
    let mut face = direct(&folder);
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    face.send(Command::Enqueue(vec![on_exists(send(&site, &source, RemoteTarget::Into(RemotePath::root())), policy)]));
    face.until_state("bytes on their way", |face| face.moving > 0);
    drop(face);
    server.wait_open(0);
    server.release();
    folder
}

fn direct(folder: &TempDir) -> Face {
    let settings = Settings { safe_uploads: false, connections: 1, ..settings() };
    Face::start(settings, Some(folder.path().join("queue.db")), "password")
}

fn resume(folder: &TempDir) -> Face {
    let mut face = direct(folder);
    face.until_state("a paused queue", |face| face.paused);
    face.send(Command::Queue(QueueCommand::ResumeAll));
    face
}

#[test]
fn a_half_file_that_a_kill_left_under_its_final_name_is_known_and_made_whole() {
    for policy in [ConflictPolicy::Ask, ConflictPolicy::Skip, ConflictPolicy::Newer, ConflictPolicy::Rename] {
        let data = noise(1, 3_000_000);
        let server = FtpServer::start().file("/other", "x");
        if policy == ConflictPolicy::Rename {
            server.put("/big", Node::File { data: b"mine".to_vec(), modified: SOME_TIME, mode: 0o644 });
        }
        let folder = killed_in_a_direct_upload(&server, policy, &data);
        let name = if policy == ConflictPolicy::Rename { "/big (2)" } else { "/big" };
        assert!((1..data.len()).contains(&server.content(name).unwrap().len()), "killed in the middle");
        let mut face = resume(&folder);
        face.until_state("the end", Face::is_still);
        assert!(face.questions.is_empty(), "{policy:?}");
        assert!(face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)), "{policy:?}");
        assert!(server.content(name).unwrap() == data, "{policy:?}");
        let files = if policy == ConflictPolicy::Rename { 3 } else { 2 };
        assert_eq!(server.paths().len(), 1 + files, "{policy:?}: {:?}", server.paths());
    }
}

#[test]
fn another_file_that_took_the_place_of_what_a_kill_left_is_the_users() {
    for theirs in [noise(2, 500_000), noise(1, 4_000_000)] {
        let server = FtpServer::start();
        let folder = killed_in_a_direct_upload(&server, ConflictPolicy::Ask, &noise(1, 3_000_000));
        server.put("/big", Node::File { data: theirs.clone(), modified: SOME_TIME, mode: 0o644 });
        let mut face = resume(&folder);
        face.until_state("a question", |face| !face.questions.is_empty());
        face.answer(Answer::OnExists { policy: ConflictPolicy::Skip, for_all: false });
        face.until_state("the end", Face::is_still);
        assert!(face.jobs().all(|job| job.state == JobState::Done(Outcome::Skipped)));
        assert!(server.content("/big").unwrap() == theirs);
    }
}
