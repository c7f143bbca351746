//! Everything that can go wrong on a file's way, in both directions and once or for good: afterwards every byte on both
//! sides is right, or the job says precisely why not. What stood at a target before is there until the new one is whole.
//! `TWINPORT_FAULTS=all` tries every refusal of every command; without it every seventh of them, others each day.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fmt::Debug;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use common::arena::{Arena, file};
use common::face::{Face, settings};
use common::files::noise;
use common::ftp_server::{AbortStyle, Fault, FtpServer, RestStorStyle};
use twinport::domain::Secret;
use twinport::engine::message::{Answer, Command, JobState, JobView, Outcome, Question, QueueCommand, Settings};

/// An empty file, one of a few bytes, some that take several reads.
const SIZES: [usize; 5] = [70_000, 0, 11, 300_001, 65_536];

/// For all of one run.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tries three times, at once.
fn persistent() -> Settings {
    Settings { retries: 4, retry_delay_seconds: 0, reply_timeout_seconds: 2, connections: 2, ..settings() }
}

/// Lets a server do its worst. `heals` = it stops: then all must arrive.
fn suffer(what: &str, server: &FtpServer, heals: bool) -> Vec<String> {
    let arena = Arena::new(&SIZES, persistent());
    arena.fill(server);
    let site = Arena::site(server);
    let mut face = arena.face(None);
    face.send(arena.orders(&site));
    until_still(&mut face);
    if heals {
        // What a server refuses for good is not tried again unasked.
        server.clear_rules();
        server.clear_faults();
        face.send(Command::Queue(QueueCommand::RetryFailed));
        let failed: Vec<_> =
            face.jobs().filter(|job| matches!(job.state, JobState::Failed(_))).map(|job| job.id).collect();
        face.until_state("failed ones to start again", |face| {
            face.restarted.is_superset(&failed.iter().copied().collect())
        });
        until_still(&mut face);
    }
    let jobs: Vec<JobView> = face.jobs().cloned().collect();
    let mut wrongs = arena.wrongs(&jobs, server, heals);
    if heals {
        wrongs.extend(arena.parts_here().into_iter().map(|name| format!("left here: {name}")));
        let parts = server.paths().into_iter().filter(|path| path.ends_with(".twinpart"));
        wrongs.extend(parts.map(|name| format!("left there: {name}")));
    }
    if !wrongs.is_empty() {
        wrongs.push(face.log_end());
    }
    wrongs.into_iter().map(|wrong| format!("{what}: {wrong}")).collect()
}

/// A user who gives the password again where it is refused, three times.
fn until_still(face: &mut Face) {
    let deadline = Instant::now() + PATIENCE;
    while !face.is_still() {
        if let Some((_, question)) = face.questions.first() {
            assert!(matches!(question, Question::Password { .. }), "asked {question:?}");
            let again = Answer::Password { secret: Secret::from("password"), keep: false };
            let answer = if face.asked.is_multiple_of(4) { Answer::Never } else { again };
            face.answer(answer);
        }
        face.next("a still queue", deadline);
    }
}

/// Each case on a thread and a server of its own, a few at a time.
fn all<T: Send + Sync + Debug>(cases: &[T], run: impl Fn(&T) -> Vec<String> + Sync) {
    let next = Mutex::new(cases.iter());
    let wrongs = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(case) = next.lock().unwrap().next() else { return };
                    let found = catch_unwind(AssertUnwindSafe(|| run(case)));
                    wrongs
                        .lock()
                        .unwrap()
                        .extend(found.unwrap_or_else(|_| vec![format!("{case:?}: panicked, see above")]));
                }
            });
        }
    });
    let wrongs = wrongs.into_inner().unwrap();
    assert!(wrongs.is_empty(), "{} wrongs:\n{}", wrongs.len(), wrongs.join("\n"));
}

/// What breaks a connection, at its first byte, in the middle, and behind its last.
fn breaks() -> Vec<Fault> {
    let mut faults = Vec::new();
    for verb in ["RETR", "STOR"] {
        for after in [0, 1, 40_000, 65_536, 300_001] {
            faults.extend([
                Fault::CloseData { verb, after },
                Fault::ResetData { verb, after },
                Fault::LoseControl { verb, after },
                Fault::SayMidway { verb, after, reply: "426 Connection closed; transfer aborted." },
                Fault::SayMidway { verb, after, reply: "451 Local error." },
                Fault::SayMidway { verb, after, reply: "421 Shutting down." },
            ]);
        }
        faults.extend([
            Fault::CloseAt(verb),
            Fault::FinalReply { verb, reply: "426 Aborted." },
            Fault::FinalReply { verb, reply: "451 Error on the disk." },
            Fault::FinalReply { verb, reply: "552 Over quota." },
            Fault::FinalReply { verb, reply: "550 No." },
            Fault::NoPreliminary(verb),
            Fault::LatePreliminary(verb),
        ]);
    }
    for after in [0, 1, 40_000, 65_535] {
        faults.push(Fault::EndEarly { verb: "RETR", after });
    }
    faults.extend(["EPSV", "PASV"].map(Fault::DeadPort));
    faults.extend(["USER", "PASS", "EPSV", "MLSD", "RNFR", "RNTO", "MFMT", "MKD"].map(Fault::CloseAt));
    faults
}

#[test]
fn what_breaks_once_or_twice_is_whole_in_the_end() {
    let cases: Vec<(Fault, usize)> = breaks().into_iter().flat_map(|fault| [(fault.clone(), 1), (fault, 2)]).collect();
    all(&cases, |(fault, times)| {
        let server = FtpServer::start().fault_times(fault.clone(), *times);
        suffer(&format!("{fault:?} x {times}"), &server, true)
    });
}

#[test]
fn what_breaks_for_good_leaves_nothing_wrong_and_says_why() {
    // For a full server the queue waits, for as long as it takes.
    let waits = |fault: &Fault| *fault == Fault::FinalReply { verb: "STOR", reply: "552 Over quota." };
    let faults: Vec<Fault> = breaks().into_iter().filter(|fault| !waits(fault)).collect();
    all(&faults, |fault| suffer(&format!("{fault:?} always"), &FtpServer::start().fault(fault.clone()), false));
}

/// Silence is waited for: a few of them.
#[test]
fn what_falls_silent_is_whole_in_the_end() {
    let mut cases = vec![Fault::Silent("EPSV"), Fault::Silent("MLSD"), Fault::Silent("RNTO")];
    for verb in ["RETR", "STOR"] {
        cases.extend([
            Fault::Silent(verb),
            Fault::NoCompletion(verb),
            Fault::StallData { verb, after: 0 },
            Fault::StallData { verb, after: 40_000 },
        ]);
    }
    all(&cases, |fault| suffer(&format!("{fault:?} once"), &FtpServer::start().fault_times(fault.clone(), 1), true));
}

/// The user pauses while the server keeps silent, and goes on: that the old command is never answered costs one
/// connection and one wait, no more.
#[test]
fn a_command_that_was_given_up_and_is_never_answered_stands_in_nobodys_way() {
    let server = FtpServer::start().fault_times(Fault::Silent("MKD"), 1);
    let arena = Arena::new(&SIZES, Settings { connections: 1, retries: 1, ..persistent() });
    arena.fill(&server);
    let mut face = arena.face(None);
    face.send(arena.orders(&Arena::site(&server)));
    face.until_state("a question without an answer", |face| face.sent("MKD") > 0);
    face.send(Command::Queue(QueueCommand::PauseAll));
    face.until_state("a pause", |face| face.paused && face.jobs().all(|job| job.state != JobState::Running));
    face.send(Command::Queue(QueueCommand::ResumeAll));
    until_still(&mut face);
    let jobs: Vec<JobView> = face.jobs().cloned().collect();
    let wrongs = arena.wrongs(&jobs, &server, true);
    assert!(wrongs.is_empty(), "{}\n{}", wrongs.join("\n"), face.log_end());
}

/// A break in the middle is continued, by a server that does not do what REST asks of it.
#[test]
fn a_server_that_continues_wrongly_is_found_out() {
    let cut = |verb, after| Fault::ResetData { verb, after };
    let mut cases = Vec::new();
    for after in [1, 40_000, 65_537, 200_000] {
        cases.extend([
            (Fault::WrapOffsets(1), cut("RETR", after)),
            (Fault::WrapOffsets(4096), cut("RETR", after)),
            (Fault::RestStor(RestStorStyle::ZeroFills), cut("STOR", after)),
            (Fault::RestStor(RestStorStyle::FromStart), cut("STOR", after)),
            (Fault::Abort(AbortStyle::OneNegative), cut("RETR", after)),
            (Fault::Abort(AbortStyle::Deaf), cut("RETR", after)),
            (Fault::Segments(1), cut("RETR", after)),
        ]);
    }
    all(&cases, |(fault, cut)| {
        let server = FtpServer::start().fault(fault.clone()).fault_times(cut.clone(), 2);
        suffer(&format!("{fault:?} and {cut:?} x 2"), &server, true)
    });
}

/// It has done well before, and does so again behind a try that it began with zeros and that broke before it was looked at.
#[test]
fn a_server_that_continues_wrongly_only_once_is_found_out() {
    let server = FtpServer::start()
        .fault_times(Fault::ResetData { verb: "STOR", after: 200_000 }, 2)
        .fault_times(Fault::RestStor(RestStorStyle::ZeroFills), 1);
    let arena = Arena::new(&[1_000_000], persistent());
    arena.fill(&server);
    let mut site = Arena::site(&server);
    Arc::make_mut(&mut site).learned.rest_stor = Some(true);
    let mut face = arena.face(None);
    face.send(arena.orders(&site));
    until_still(&mut face);
    let jobs: Vec<JobView> = face.jobs().cloned().collect();
    let wrongs = arena.wrongs(&jobs, &server, true);
    assert!(wrongs.is_empty(), "{}\n{}", wrongs.join("\n"), face.log_end());
}

const VERBS: [&str; 18] = [
    "USER", "PASS", "FEAT", "PWD", "TYPE", "CWD", "EPSV", "PASV", "MLSD", "LIST", "RETR", "STOR", "SIZE", "MDTM",
    "MKD", "RNFR", "RNTO", "MFMT",
];

const REPLIES: [&str; 14] = [
    "421 Too busy.",
    "425 No data connection.",
    "426 Aborted.",
    "450 In use.",
    "451 Local error.",
    "452 No room.",
    "500 What?",
    "501 What is that?",
    "502 Not here.",
    "503 Not now.",
    "530 Not for you.",
    "550 No such thing.",
    "552 Quota exceeded.",
    "553 Name not allowed.",
];

#[test]
fn every_refusal_of_every_command_leaves_nothing_wrong_and_says_why() {
    let mut cases = Vec::new();
    let waits = |verb: &str, reply: &str| {
        matches!(verb, "STOR" | "RNFR" | "RNTO" | "MKD") && (reply.starts_with("452") || reply.starts_with("552"))
    };
    for verb in VERBS {
        for reply in REPLIES.into_iter().filter(|reply| !waits(verb, reply)) {
            // The first one, a later one, all of them.
            cases.extend([Some(1), Some(3), None].map(|nth| (verb, reply, nth)));
        }
    }
    if std::env::var("TWINPORT_FAULTS").as_deref() != Ok("all") {
        let day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400;
        let day = usize::try_from(day).unwrap();
        cases = cases.into_iter().enumerate().filter(|(at, _)| (at + day) % 7 == 0).map(|(_, case)| case).collect();
    }
    all(&cases, |(verb, reply, nth)| {
        let server = FtpServer::start();
        server.rule(verb, None, *nth, reply);
        suffer(&format!("{verb}: {reply}, nth {nth:?}"), &server, nth.is_some())
    });
}

/// Cut in the middle, and what is continued then is another file: by its size, by its time, by its bytes alone.
#[test]
fn a_source_that_changed_meanwhile_arrives_as_it_is_now() {
    let old = noise(1, 300_001);
    let time = common::ftp_server::SOME_TIME;
    let changes = [
        ("longer", 400_000, time + 60),
        ("shorter", 200_000, time + 60),
        ("later", 300_001, time + 60),
        ("in its bytes", 300_001, time),
    ];
    all(&changes, |(what, size, modified)| {
        let new = noise(99, *size);
        let server = FtpServer::start()
            .fault_times(Fault::ResetData { verb: "RETR", after: 250_000 }, 1)
            .fault_times(Fault::ResetData { verb: "STOR", after: 250_000 }, 1);
        let arena = Arena::new(&[], Settings { retries: 0, ..persistent() });
        fs::create_dir(arena.path("up")).unwrap();
        server.put("/down/big", file(&old));
        fs::write(arena.path("up/big"), &old).unwrap();
        let mut face = arena.face(None);
        face.send(arena.orders(&Arena::site(&server)));
        face.until_still(PATIENCE);
        let failed = face.jobs().filter(|job| matches!(job.state, JobState::Failed(_)));
        let mut failed: Vec<String> = failed.map(|job| job.remote.to_string()).collect();
        failed.sort();
        assert_eq!(failed, ["/down/big", "/up/big"], "both were cut\n{}", face.log_end());
        server.put("/down/big", common::ftp_server::Node::File { data: new.clone(), modified: *modified, mode: 0o644 });
        fs::write(arena.path("up/big"), &new).unwrap();
        face.send(Command::Queue(QueueCommand::RetryFailed));
        face.until_state("both to end well", |face| {
            face.jobs().all(|job| matches!(job.state, JobState::Done(Outcome::Transferred | Outcome::Folder)))
        });
        let mut wrongs = Vec::new();
        if fs::read(arena.path("local/down/big")).unwrap() != new {
            wrongs.push(format!("changed {what}: the download is not the new file"));
        }
        if server.content("/up/big").unwrap() != new {
            wrongs.push(format!("changed {what}: the upload is not the new file"));
        }
        wrongs
    });
}
