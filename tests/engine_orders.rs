//! Many orders at once: they become jobs a piece at a time, and nobody can tell by what becomes of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::bench::Bench;
use common::face::{Face, fetch, settings};
use common::ftp_server::{FtpServer, SOME_TIME};
use twinport::domain::RemotePath;
use twinport::engine::message::{Answer, Command, ConflictPolicy, JobState, LocalTarget, Outcome, QueueCommand};

#[test]
fn what_was_ordered_is_in_the_queue_when_the_program_ends_at_once() {
    const MANY: usize = 20_000;
    let server = FtpServer::start();
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("queue.db");
    let site = std::sync::Arc::new(server.site());
    let mut face = Face::start(settings(), Some(journal.clone()), "password");
    face.send(Command::Queue(QueueCommand::PauseAll));
    let into = || LocalTarget::Into(PathBuf::from("/nowhere"));
    let orders = (0..MANY).map(|number| fetch(&site, RemotePath::new(format!("/{number}")), into()));
    face.send(Command::Enqueue(orders.collect()));
    face.until_state("the first of them", |face| face.jobs().next().is_some());
    drop(face);
    let mut face = Face::start(settings(), Some(journal), "password");
    face.until_state("all of them", |face| face.jobs().count() >= MANY);
    let names: Vec<String> = face.jobs().map(|job| job.remote.to_string()).collect();
    assert!(names.iter().enumerate().all(|(number, name)| *name == format!("/{number}")), "in their order");
}

/// What is said about many takes a while: all of it is done, in the order in which it was said.
#[test]
fn what_is_said_about_many_is_done_in_its_order_and_outlasts_the_program() {
    const MANY: usize = 20_000;
    let server = FtpServer::start();
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("queue.db");
    let site = std::sync::Arc::new(server.site());
    let mut face = Face::start(settings(), Some(journal.clone()), "password");
    face.send(Command::Queue(QueueCommand::PauseAll));
    let into = || LocalTarget::Into(folder.path().to_owned());
    let orders = (0..MANY).map(|number| fetch(&site, RemotePath::new(format!("/{number}")), into()));
    face.send(Command::Enqueue(orders.collect()));
    face.until_state("all of them", |face| face.jobs().count() >= MANY);
    let ids: Vec<_> = face.jobs().map(|job| job.id).collect();
    face.send(Command::Queue(QueueCommand::Cancel(ids.clone())));
    face.send(Command::Queue(QueueCommand::ResumeAll));
    face.send(Command::Queue(QueueCommand::Retry(ids[..10].to_vec())));
    face.send(Command::Queue(QueueCommand::Pause(ids[..5].to_vec())));
    face.send(Command::Queue(QueueCommand::Remove(ids[MANY - 5..].to_vec())));
    let state = |face: &Face, at: usize| face.jobs().find(|job| job.id == ids[at]).map(|job| job.state.clone());
    face.until_state("the last word", |face| state(face, MANY - 1).is_none());
    assert!((0..5).all(|at| state(&face, at) == Some(JobState::Paused)));
    assert!((10..MANY - 5).step_by(97).all(|at| state(&face, at) == Some(JobState::Cancelled)));
    let open = |at: usize| state(&face, at).is_some_and(|state| !state.is_ended() && state != JobState::Paused);
    assert!((5..10).all(open), "cancelled, and begun again");
    face.send(Command::Queue(QueueCommand::Remove(ids[10..].to_vec())));
    // At once, and the end of the program does not cut it short.
    drop(face);
    let mut face = Face::start(settings(), Some(journal), "password");
    face.until_state("the ten, and no others", |face| face.jobs().count() == 10);
}

#[test]
fn an_answer_for_all_is_for_what_is_ordered_and_not_in_the_queue_yet() {
    let server = FtpServer::start().file_at("/a", "theirs", SOME_TIME);
    let mut bench = Bench::new(&server);
    fs::write(bench.path("a"), "mine").unwrap();
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    bench.face.until_state("a question", |face| !face.questions.is_empty());
    // So many that they are not all in the queue when the answer comes.
    bench.face.send(Command::Queue(QueueCommand::PauseAll));
    bench.face.send(Command::Enqueue((0..5000).map(|_| bench.fetch("/a")).collect()));
    bench.face.answer(Answer::OnExists { policy: ConflictPolicy::Skip, for_all: true });
    bench.face.until_state("all orders", Face::has_all_orders);
    let ids: Vec<_> = bench.face.jobs().map(|job| job.id).collect();
    let (all_but_some, some) = ids.split_at(ids.len() - 5);
    bench.face.send(Command::Queue(QueueCommand::Remove(all_but_some.to_vec())));
    bench.face.send(Command::Queue(QueueCommand::ResumeAll));
    bench.face.until_state("the end", |face| face.is_still() || !face.questions.is_empty());
    assert!(bench.face.questions.is_empty(), "the last ones have the answer, too");
    let left: Vec<_> = bench.face.jobs().collect();
    assert_eq!(left.len(), some.len());
    assert!(left.iter().all(|job| job.state == JobState::Done(Outcome::Skipped)));
    assert_eq!(fs::read(bench.path("a")).unwrap(), b"mine");
}
