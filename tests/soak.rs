//! Random trees, random faults, a user who pauses and resumes, an engine that ends and starts again from its journal: for
//! as long as `TWINPORT_SOAK_SECONDS` says (an hour = 3600), else a few rounds. Afterwards every byte is right on both
//! sides. `TWINPORT_SEED` repeats a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::env;
use std::time::{Duration, Instant};

use common::arena::Arena;
use common::face::{Face, settings};
use common::files::Random;
use common::ftp_server::{Fault, FtpServer, RestStorStyle};
use twinport::domain::Secret;
use twinport::engine::message::{Answer, Command, JobState, JobView, Outcome, Question, QueueCommand, Settings};

/// For all of one round.
const PATIENCE: Duration = Duration::from_secs(120);

/// Rounds where no time is given.
const ROUNDS: u64 = 12;

#[test]
fn whatever_happens_every_byte_is_right_in_the_end() {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("TWINPORT_SEED").unwrap_or(1);
    let until = number("TWINPORT_SOAK_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut round = number("TWINPORT_ROUND").unwrap_or(0);
    while until.map_or(round < ROUNDS, |until| Instant::now() < until) {
        println!("TWINPORT_SEED={seed}, round {round}");
        survive(&mut Random::new(seed.wrapping_mul(10_000) + round));
        round += 1;
    }
    println!("{round} rounds");
}

fn survive(random: &mut Random) {
    let sizes: Vec<usize> = (0..3 + random.below(20)).map(|_| size(random)).collect();
    let connections = u8::try_from(1 + random.below(6)).unwrap();
    let arena = Arena::new(
        &sizes,
        Settings {
            retries: 9,
            retry_delay_seconds: 0,
            reply_timeout_seconds: 2,
            connections,
            safe_uploads: random.below(4) > 0,
            ..settings()
        },
    );
    let server = FtpServer::start();
    arena.fill(&server);
    let faults: Vec<(Fault, usize)> =
        (0..1 + random.below(5)).map(|_| (fault(random), usize::try_from(1 + random.below(4)).unwrap())).collect();
    for (fault, times) in &faults {
        server.add_fault(fault.clone(), Some(*times));
    }
    let journal = arena.path("queue.db");
    let mut face = arena.face(Some(journal.clone()));
    face.send(arena.orders(&Arena::site(&server)));
    for _ in 0..random.below(6) {
        // So many events later the user does something.
        let mut steps = random.below(60);
        while steps > 0 && !face.is_still() {
            step(&mut face);
            steps -= 1;
        }
        match random.below(4) {
            0 => {
                face.send(Command::Queue(QueueCommand::PauseAll));
                face.until_state("a pause", |face| face.paused);
                face.send(Command::Queue(QueueCommand::ResumeAll));
                face.until_state("its end", |face| !face.paused);
            }
            1 => face.send(Command::Queue(QueueCommand::RetryFailed)),
            2 => {
                let some: Vec<_> = face.jobs().filter(|_| random.below(3) == 0).map(|job| job.id).collect();
                face.send(Command::Queue(QueueCommand::Pause(some.clone())));
                face.send(Command::Queue(QueueCommand::Resume(some)));
            }
            _ if !face.is_still() => {
                // All orders are jobs by now, or would be lost with the program: as a window shows them.
                face.until_state("the orders to be seen", Face::has_all_orders);
                let known = face.jobs().count();
                drop(face);
                face = arena.face(Some(journal.clone()));
                face.until_state("the jobs of before", |face| face.jobs().count() >= known);
                face.send(Command::Queue(QueueCommand::ResumeAll));
            }
            _ => {}
        }
    }
    // The server mends its ways, the user retries what failed.
    let deadline = Instant::now() + PATIENCE;
    server.clear_faults();
    loop {
        while !(face.has_all_orders() && face.is_still()) {
            assert!(Instant::now() < deadline, "{faults:?}: no end\n{}", face.log_end());
            step(&mut face);
        }
        let failed: BTreeSet<_> =
            face.jobs().filter(|job| matches!(job.state, JobState::Failed(_))).map(|job| job.id).collect();
        if failed.is_empty() {
            break;
        }
        face.restarted.clear();
        face.send(Command::Queue(QueueCommand::RetryFailed));
        while !face.restarted.is_superset(&failed) {
            assert!(Instant::now() < deadline, "{faults:?}: no end\n{}", face.log_end());
            step(&mut face);
        }
    }
    let jobs: Vec<JobView> = face.jobs().cloned().collect();
    let mut wrongs = arena.wrongs(&jobs, &server, true);
    wrongs.extend(arena.parts_here().into_iter().map(|name| format!("left here: {name}")));
    for job in &jobs {
        if matches!(job.state, JobState::Done(Outcome::Skipped)) {
            wrongs.push(format!("{} was skipped", job.remote));
        }
    }
    let found: Vec<_> = jobs.iter().map(|job| format!("{} {} {:?}", job.id.0, job.remote, job.state)).collect();
    assert!(
        wrongs.is_empty(),
        "{faults:?}, {connections} connections:\n{}\n{}\n{}",
        wrongs.join("\n"),
        found.join("\n"),
        face.log_end()
    );
}

/// One event; a question for the password is answered.
fn step(face: &mut Face) {
    if let Some((_, question)) = face.questions.first() {
        let Question::Password { .. } = question else { panic!("asked {question:?}") };
        face.answer(Answer::Password { secret: Secret::from("password"), keep: false });
    }
    face.next("something to happen", Instant::now() + PATIENCE);
}

/// Most files are small, a few are not.
fn size(random: &mut Random) -> usize {
    let most = [1, 100, 5_000, 70_000, 300_000, 2_000_000][usize::try_from(random.below(6)).unwrap()];
    usize::try_from(random.below(most)).unwrap()
}

fn fault(random: &mut Random) -> Fault {
    let verb = ["RETR", "STOR"][usize::try_from(random.below(2)).unwrap()];
    let any = ["RETR", "STOR", "EPSV", "PASS", "RNFR", "RNTO", "MKD", "MLSD", "MFMT", "TYPE"];
    let any = any[usize::try_from(random.below(10)).unwrap()];
    let after = usize::try_from(random.below(200_000)).unwrap();
    match random.below(15) {
        0 => Fault::CloseData { verb, after },
        1 | 2 => Fault::ResetData { verb, after },
        3 => Fault::LoseControl { verb, after },
        4 => Fault::SayMidway { verb, after, reply: "426 Aborted." },
        5 => Fault::SayMidway { verb, after, reply: "421 Shutting down." },
        6 => Fault::FinalReply { verb, reply: "451 Local error." },
        7 | 8 => Fault::CloseAt(any),
        9 => Fault::DeadPort("EPSV"),
        10 => Fault::EndEarly { verb: "RETR", after },
        11 => Fault::RestStor(RestStorStyle::ZeroFills),
        12 => Fault::WrapOffsets(4096),
        13 => Fault::NoPreliminary(verb),
        _ => Fault::Silent(any),
    }
}
