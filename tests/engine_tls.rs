//! TLS as the user of the engine meets it: certificates and clear text are asked about once and remembered, the queue goes
//! on meanwhile, and transfers lose no byte on encrypted connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;

use common::bench::{Bench, only, parts};
use common::face::{CONNECTION, Face, settings, site};
use common::files::noise;
use common::ftp_server::{Fault, FtpServer, SOME_TIME};
use common::tls_front::{Front, TlsFront};
use twinport::domain::{Distrust, Fingerprint, Learned, RemotePath, Security, Site, SiteId, TransferMode};
use twinport::engine::Trust;
use twinport::engine::message::{
    Answer, Command, FtpError, JobError, JobState, Outcome, Question, QueueCommand, Settings, TrustBook,
};

const PASSWORD: &str = "pass-word-1";

/// A server that wants that password, and TLS in front of it.
fn encrypted(front: Front) -> (FtpServer, TlsFront) {
    let server = FtpServer::start().user("user", PASSWORD);
    let front = TlsFront::start(&server, front);
    (server, front)
}

/// A server that takes no TLS.
fn plain() -> FtpServer {
    FtpServer::start().user("user", PASSWORD).on("AUTH", "502 Not here.")
}

fn behind(server: &FtpServer, front: &TlsFront) -> Arc<Site> {
    Arc::new(Site { id: SiteId(7), ..front.site(server) })
}

fn automatic(server: &FtpServer, learned: Learned) -> Arc<Site> {
    Arc::new(Site { security: Security::Auto, learned, ..site(server.address(), "user", TransferMode::Passive) })
}

fn face(trust: Trust) -> Face {
    Face::start_trusting(quick(), PASSWORD, trust)
}

fn quick() -> Settings {
    Settings { retry_delay_seconds: 0, ..settings() }
}

fn trusting(front: &TlsFront) -> Trust {
    Trust { accepted: vec![front.fingerprint()], ..Trust::default() }
}

/// An engine that trusts the front, with a local folder.
fn bench(server: &FtpServer, front: &TlsFront, settings: Settings) -> Bench {
    Bench {
        face: Face::start_trusting(settings, PASSWORD, trusting(front)),
        site: behind(server, front),
        local: tempfile::tempdir().unwrap(),
    }
}

fn states(face: &Face, site: &Arc<Site>) -> Vec<JobState> {
    face.jobs().filter(|job| job.site.port == site.port).map(|job| job.state.clone()).collect()
}

/// H06.
#[test]
fn a_certificate_trusted_once_is_asked_about_once_a_run() {
    let (server, front) = encrypted(Front::default());
    let site = behind(&server, &front);
    let mut face = face(Trust::default());
    let Question::Certificate { offered, .. } = face.connect_until_asked(&site) else { panic!("a certificate") };
    assert_eq!((offered.fingerprint(), offered.before), (Some(front.fingerprint()), None));
    assert_eq!(offered.distrust, Distrust::SelfSigned);
    server.assert_never_heard("USER");
    face.answer(Answer::Trust { always: false });
    face.connected().unwrap();
    let encryption = face.encryption.clone().expect("it is told how");
    assert!(encryption.by_user && encryption.data, "{encryption:?}");

    face.send(Command::Disconnect { connection: CONNECTION });
    face.connect(&site, None).unwrap();
    assert_eq!(face.asked, 1, "the second connection asks nothing");
    assert_eq!(face.trusted, None, "once is not for ever");

    drop(face);
    let mut next = self::face(Trust::default());
    assert!(matches!(next.connect_until_asked(&site), Question::Certificate { .. }));
}

/// H06.
#[test]
fn a_certificate_trusted_for_good_is_told_to_be_kept_and_asked_about_never_again() {
    let (server, front) = encrypted(Front::default());
    let site = behind(&server, &front);
    let mut face = face(Trust::default());
    face.connect_until_asked(&site);
    face.answer(Answer::Trust { always: true });
    face.connected().unwrap();
    let book = face.trusted.clone().expect("it is told");
    assert_eq!(book.of("127.0.0.1", front.address().port()), Some(front.fingerprint()));

    drop(face);
    let mut next = self::face(Trust { book: TrustBook::clone(&book), ..Trust::default() });
    next.connect(&site, None).unwrap();
    assert_eq!(next.asked, 0);
}

/// H06.
#[test]
fn a_certificate_that_is_not_trusted_ends_the_connection_before_a_name_is_sent() {
    let (server, front) = encrypted(Front::default());
    let mut face = face(Trust::default());
    let site = behind(&server, &front);
    face.connect_until_asked(&site);
    face.answer(Answer::Never);
    let error = face.connected().unwrap_err();
    assert!(matches!(&error, FtpError::Untrusted(offered) if offered.fingerprint() == Some(front.fingerprint())));
    server.assert_never_heard("USER");
    assert!(matches!(face.connect_until_asked(&site), Question::Certificate { .. }), "no is no for ever, either");
}

/// H06.
#[test]
fn a_changed_certificate_says_what_was_trusted_before() {
    let (server, front) = encrypted(Front::default());
    let before = Fingerprint([7; 32]);
    let mut book = TrustBook::default();
    book.trust("127.0.0.1", front.address().port(), before);
    let mut face = face(Trust { book, ..Trust::default() });
    let site = behind(&server, &front);
    let Question::Certificate { offered, .. } = face.connect_until_asked(&site) else { panic!("a certificate") };
    assert_eq!(offered.before, Some(before));
    server.assert_never_heard("USER");
    face.answer(Answer::Trust { always: true });
    face.connected().unwrap();
    let book = face.trusted.clone().expect("it is told");
    assert_eq!(book.of("127.0.0.1", front.address().port()), Some(front.fingerprint()), "instead of the old one");
}

/// Four jobs of a server with an unknown certificate, one of another server; `answer` comes when that one is done.
fn queue_that_is_asked(answer: Answer) -> (Vec<JobState>, FtpServer, Bench) {
    let (server, front) = encrypted(Front::default());
    let names = ["/a", "/b", "/c", "/d"];
    names.iter().for_each(|name| {
        let data = noise(1, 1000);
        server.put(name, common::ftp_server::Node::File { data, modified: SOME_TIME, mode: 0o644 });
    });
    let other = FtpServer::start().file("/other", "x");
    let mut bench = Bench { face: face(Trust::default()), ..bench(&server, &front, quick()) };
    let elsewhere = Bench { site: Arc::new(Site { id: SiteId(7), ..other.site() }), ..Bench::new(&other) };
    let mut orders: Vec<_> = names.iter().map(|name| bench.fetch(name)).collect();
    orders.push(elsewhere.fetch("/other"));
    bench.face.send(Command::Enqueue(orders));
    bench.face.until_state("the other server's file, and a question", |face| {
        states(face, &elsewhere.site) == [JobState::Done(Outcome::Transferred)] && !face.questions.is_empty()
    });
    assert_eq!(fs::read(elsewhere.path("other")).unwrap(), b"x");
    let waiting = states(&bench.face, &bench.site);
    assert!(waiting.iter().all(|state| matches!(state, JobState::Asking(_) | JobState::Queued)), "{waiting:?}");
    server.assert_never_heard("USER");
    bench.face.answer(answer);
    bench.face.until_still(common::PATIENCE);
    assert_eq!(bench.face.asked, 1, "once for a server, however many of its jobs wait");
    (states(&bench.face, &bench.site), server, bench)
}

/// H06.
#[test]
fn the_queue_asks_once_for_a_server_and_another_servers_jobs_go_on_meanwhile() {
    let (states, _, bench) = queue_that_is_asked(Answer::Trust { always: false });
    assert_eq!(states, vec![JobState::Done(Outcome::Transferred); 4]);
    assert_eq!(bench.names(), ["a", "b", "c", "d"]);
}

/// H06.
#[test]
fn jobs_of_a_server_that_is_not_trusted_fail_with_that_reason() {
    let (states, server, bench) = queue_that_is_asked(Answer::Never);
    for state in &states {
        assert!(matches!(state, JobState::Failed(JobError::Remote(FtpError::Untrusted(_)))), "{state:?}");
    }
    assert_eq!((states.len(), bench.names()), (4, Vec::new()));
    server.assert_never_heard("USER");
}

/// H02.
#[test]
fn clear_text_is_asked_about_once_and_the_yes_is_told_to_be_kept() {
    let server = plain();
    let site = automatic(&server, Learned::default());
    let mut face = face(Trust::default());
    let Question::ClearText { words, downgrade, .. } = face.connect_until_asked(&site) else { panic!("clear text") };
    assert_eq!((words.as_str(), downgrade), ("Not here.", false));
    server.assert_never_heard("USER");
    face.answer(Answer::ClearText);
    face.connected().unwrap();
    assert_eq!(face.encryption, None);
    face.send(Command::Disconnect { connection: CONNECTION });
    face.connect(&site, None).unwrap();
    assert_eq!(face.asked, 1);
    let known = face.known.expect("it is told");
    assert!(known.clear_text && !known.spoke_tls, "{known:?}");

    drop(face);
    let mut next = self::face(Trust::default());
    next.connect(&automatic(&server, known), None).unwrap();
    assert_eq!(next.asked, 0);
}

/// H02.
#[test]
fn the_queue_asks_before_it_goes_on_in_clear_text() {
    for answer in [Answer::ClearText, Answer::Never] {
        let server = plain().file("/a", "a").file("/b", "b");
        let site = automatic(&server, Learned::default());
        let mut bench = Bench { face: face(Trust::default()), site, local: tempfile::tempdir().unwrap() };
        bench.face.send(Command::Enqueue(vec![bench.fetch("/a"), bench.fetch("/b")]));
        bench.face.until_state("a question", |face| !face.questions.is_empty());
        server.assert_never_heard("USER");
        bench.face.answer(answer.clone());
        bench.face.until_still(common::PATIENCE);
        assert_eq!(bench.face.asked, 1);
        for job in bench.face.jobs() {
            match answer {
                Answer::ClearText => assert_eq!(job.state, JobState::Done(Outcome::Transferred)),
                _ => assert!(
                    matches!(&job.state, JobState::Failed(JobError::Remote(FtpError::ClearTextUnasked(_)))),
                    "{job:?}"
                ),
            }
        }
    }
}

/// H02.
#[test]
fn a_server_that_has_spoken_tls_alarms_when_it_does_so_no_more() {
    let (server, front) = encrypted(Front::default());
    let mut face = face(trusting(&front));
    let site = Arc::new(Site { security: Security::Auto, ..Site::clone(&behind(&server, &front)) });
    face.connect(&site, None).unwrap();
    face.until_state("the lesson", |face| face.known.is_some_and(|known| known.spoke_tls));
    let known = face.known.unwrap();
    drop(face);

    let server = plain();
    let mut next = self::face(Trust::default());
    let site = automatic(&server, known);
    let question = next.connect_until_asked(&site);
    assert!(matches!(question, Question::ClearText { downgrade: true, .. }), "{question:?}");
    next.answer(Answer::Never);
    let error = next.connected().unwrap_err();
    assert!(matches!(&error, FtpError::NoTls { downgrade: true, .. }), "{error:?}");
    server.assert_never_heard("USER");

    assert!(matches!(next.connect_until_asked(&site), Question::ClearText { downgrade: true, .. }));
    next.answer(Answer::ClearText);
    next.connected().unwrap();
    server.assert_heard_in_order(&["USER user"]);
}

/// H06: the pane and the queue may both stand before the same certificate.
#[test]
fn an_answer_for_the_pane_counts_for_the_queue_too() {
    let (server, front) = encrypted(Front::default());
    let server = server.file("/a", "a");
    let mut bench = Bench { face: face(Trust::default()), ..bench(&server, &front, quick()) };
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    bench.face.until_state("the queue's question", |face| face.questions.len() == 1);
    let site = Arc::clone(&bench.site);
    bench.face.connect_until_asked(&site);
    bench.face.questions.swap(0, 1);
    bench.face.answer(Answer::Trust { always: false });
    bench.face.until_state("the file", |face| {
        face.questions.is_empty() && states(face, &site) == [JobState::Done(Outcome::Transferred)]
    });
}

/// H06: and the other way round.
#[test]
fn an_answer_for_the_queue_counts_for_the_pane_too() {
    let (server, front) = encrypted(Front::default());
    let server = server.file("/a", "a");
    let mut bench = Bench { face: face(Trust::default()), ..bench(&server, &front, quick()) };
    let site = Arc::clone(&bench.site);
    bench.face.connect_until_asked(&site);
    bench.face.send(Command::Enqueue(vec![bench.fetch("/a")]));
    bench.face.until_state("the queue's question", |face| face.questions.len() == 2);
    bench.face.questions.swap(0, 1);
    bench.face.answer(Answer::Trust { always: false });
    bench.face.connected().unwrap();
    bench.face.until_state("the file", |face| {
        face.questions.is_empty() && states(face, &site) == [JobState::Done(Outcome::Transferred)]
    });
}

/// H09.
#[test]
fn a_server_that_continues_no_tls_1_3_session_works_and_nobody_hears_of_it() {
    let (server, front) = encrypted(Front { requires_reuse: true, forgets_tls13: true, ..Front::default() });
    let data = noise(2, 100_000);
    let server = server.file_at("/down", data.clone(), SOME_TIME);
    let mut bench = bench(&server, &front, quick());
    let site = Arc::clone(&bench.site);
    bench.face.connect(&site, None).unwrap();
    assert_eq!(bench.face.list(&RemotePath::from("/")).unwrap().entries.len(), 1);
    fs::write(bench.path("up"), &data).unwrap();
    bench.face.transfer_well(vec![bench.fetch("/down"), bench.send("up", "/")]);
    assert_eq!(fs::read(bench.path("down")).unwrap(), data);
    assert_eq!(server.content("/up").unwrap(), data);
    assert_eq!(bench.face.asked, 0);
    assert!(bench.face.known.expect("told").tls12_only);

    // Known from now on: not one more handshake in vain.
    let vain = |front: &TlsFront| front.seen().data - front.seen().resumed;
    let before = vain(&front);
    let known = bench.face.known.unwrap();
    let learned = Arc::new(Site { learned: known, ..Site::clone(&site) });
    let mut next = Bench { site: learned, ..self::bench(&server, &front, quick()) };
    next.face.transfer_well(vec![next.fetch("/down")]);
    assert_eq!(vain(&front), before);
}

/// H01, H13.
#[test]
fn transfers_over_several_encrypted_sessions_lose_no_byte() {
    let (server, front) = encrypted(Front { requires_reuse: true, ..Front::default() });
    let sizes = [0, 1, 70_000, 300_000, 1_000_000];
    let mut orders = Vec::new();
    let mut bench = bench(&server, &front, Settings { connections: 3, ..quick() });
    for (at, size) in sizes.into_iter().enumerate() {
        let data = noise(size as u64, size);
        fs::write(bench.path(&format!("up{at}")), &data).unwrap();
        server.put(format!("/down{at}"), common::ftp_server::Node::File { data, modified: SOME_TIME, mode: 0o644 });
        orders.push(bench.fetch(&format!("/down{at}")));
        orders.push(bench.send(&format!("up{at}"), "/"));
    }
    bench.face.transfer_well(orders);
    for (at, size) in sizes.into_iter().enumerate() {
        let data = noise(size as u64, size);
        assert!(fs::read(bench.path(&format!("down{at}"))).unwrap() == data, "down {size}");
        assert!(server.content(format!("/up{at}")).unwrap() == data, "up {size}");
    }
    assert!(server.peak_connections() > 1, "several at once");
    let seen = front.seen();
    assert_eq!((seen.resumed, seen.cut), (seen.data, 0));
}

fn cancel_in_the_middle(bench: &mut Bench) {
    bench.face.until_state("bytes", |face| face.moving >= 100_000);
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Cancel(vec![id])));
    bench.face.until_state("its end", |face| face.jobs().all(|job| job.state == JobState::Cancelled));
}

fn retry(bench: &mut Bench) {
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Retry(vec![id])));
    bench.face.until_state("the file", |face| face.jobs().all(|job| job.state == JobState::Done(Outcome::Transferred)));
}

#[test]
fn a_download_cancelled_over_tls_keeps_its_part_and_goes_on() {
    let data = noise(3, 900_000);
    let (server, front) = encrypted(Front { requires_reuse: true, ..Front::default() });
    let server = server
        .file_at("/big", data.clone(), SOME_TIME)
        .file("/after", "x")
        .fault_times(Fault::StallData { verb: "RETR", after: 300_000 }, 1);
    let mut bench = bench(&server, &front, Settings { connections: 1, ..quick() });
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    cancel_in_the_middle(&mut bench);
    assert!(!bench.path("big").exists());
    assert!(bench.names().iter().any(|name| name.contains("big")), "a part is kept: {:?}", bench.names());
    retry(&mut bench);
    assert!(fs::read(bench.path("big")).unwrap() == data);
    assert_eq!(server.count("REST "), 1, "it went on where it stopped: {:?}", server.transcript());
    bench.face.take_ended();
    bench.face.transfer_well(vec![bench.fetch("/after")]);
    assert_eq!(bench.names(), ["after", "big"]);
}

#[test]
fn an_upload_cancelled_over_tls_keeps_its_part_and_goes_on() {
    let data = noise(4, 3_000_000);
    let (server, front) = encrypted(Front { requires_reuse: true, ..Front::default() });
    let server = server.fault_times(Fault::StallData { verb: "STOR", after: 200_000 }, 1);
    let mut bench = bench(&server, &front, Settings { connections: 1, ..quick() });
    fs::write(bench.path("big"), &data).unwrap();
    fs::write(bench.path("after"), "x").unwrap();
    bench.face.send(Command::Enqueue(vec![bench.send("big", "/")]));
    cancel_in_the_middle(&mut bench);
    assert!(!server.exists("/big"));
    retry(&mut bench);
    assert!(server.content("/big").unwrap() == data);
    assert_eq!(parts(&server), Vec::<String>::new());
    assert!(server.count("REST ") + server.count("APPE") > 0, "it went on: {:?}", server.transcript());
    bench.face.take_ended();
    bench.face.transfer_well(vec![bench.send("after", "/")]);
    assert_eq!(server.content("/after").unwrap(), b"x");
}

/// E07.
#[test]
fn an_upload_cut_in_the_middle_over_tls_is_continued() {
    let data = noise(5, 3_000_000);
    let (server, front) = encrypted(Front { requires_reuse: true, ..Front::default() });
    let server = server.fault_times(Fault::ResetData { verb: "STOR", after: 500_000 }, 1);
    let mut bench = bench(&server, &front, Settings { retries: 0, ..quick() });
    fs::write(bench.path("big"), &data).unwrap();
    let jobs = bench.face.transfer(vec![bench.send("big", "/")]);
    assert!(matches!(only(&jobs).state, JobState::Failed(_)), "{jobs:?}");
    assert!(!server.exists("/big"), "{:?}", server.paths());
    let part = parts(&server);
    let arrived = server.content(&part[0]).unwrap().len();
    assert!(arrived > 0 && arrived < data.len());
    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert!(server.content("/big").unwrap() == data);
    server.assert_heard_in_order(&[&format!("REST {arrived}")]);
}

/// H11: neither cut counts as the end.
#[test]
fn a_download_cut_in_the_middle_over_tls_is_continued() {
    for no_goodbye in [false, true] {
        let data = noise(6, 900_000);
        let (server, front) = encrypted(Front { no_goodbye, ..Front::default() });
        let server = server
            .file_at("/big", data.clone(), SOME_TIME)
            .fault_times(Fault::CloseData { verb: "RETR", after: 300_000 }, 1);
        let mut bench = bench(&server, &front, quick());
        bench.face.transfer_well(vec![bench.fetch("/big")]);
        assert!(fs::read(bench.path("big")).unwrap() == data);
        assert_eq!(bench.names(), ["big"]);
    }
}

#[test]
fn no_secret_is_in_the_log_of_an_encrypted_session() {
    for implicit in [false, true] {
        let (server, front) = encrypted(Front { implicit, ..Front::default() });
        let server = server.file("/a", "x");
        let mut bench = bench(&server, &front, quick());
        let site = Arc::clone(&bench.site);
        bench.face.connect(&site, None).unwrap();
        bench.face.transfer_well(vec![bench.fetch("/a")]);
        bench.face.until_state("the dialogue", |face| face.sent("PASS") == 2 && face.sent("RETR") == 1);
        let leak = bench.face.log.iter().find(|line| line.text.contains(PASSWORD));
        assert_eq!(leak, None);
    }
}
