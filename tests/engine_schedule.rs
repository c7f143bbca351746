//! Who does what, when: how many sessions there are, what they have ahead of them and how that is taken back, and that
//! nobody waits behind somebody else's work.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::bench::Bench;
use common::face::{CONNECTION, Face, settings};
use common::files::noise;
use common::ftp_server::{AbortStyle, Fault, FtpServer, SOME_TIME};
use twinport::domain::{EntryKind, Learned, RemotePath, Site, SiteId, Timestamp};
use twinport::engine::message::{
    Command, Event, JobState, JobView, LocalTarget, Order, Outcome, Place, QueueCommand, Settings, What,
};

const DONE: JobState = JobState::Done(Outcome::Transferred);

/// `/f000`, `/f001`, ...: a hundred bytes each.
fn small(server: FtpServer, count: usize) -> (FtpServer, Vec<String>) {
    let names: Vec<String> = (0..count).map(|number| format!("/f{number:03}")).collect();
    let server = names.iter().fold(server, |server, name| server.file_at(name, noise(1, 100), SOME_TIME));
    (server, names)
}

/// As a listing tells of them.
fn known(site: &Arc<Site>, names: &[String], to: &Path) -> Vec<Order> {
    let order = |name: &String| Order {
        site: Arc::clone(site),
        what: What::Download {
            remote: RemotePath::from(name.as_str()),
            kind: Some(EntryKind::File),
            size: Some(100),
            modified: Some(Timestamp::utc(SOME_TIME)),
            to: LocalTarget::Into(to.to_owned()),
        },
        on_exists: None,
    };
    names.iter().map(order).collect()
}

impl Bench {
    fn enqueue(&mut self, names: &[String]) {
        let orders = known(&self.site, names, self.local.path());
        self.face.send(Command::Enqueue(orders));
    }

    fn job(&self, name: &str) -> JobView {
        self.face.jobs().find(|job| job.remote == RemotePath::from(name)).unwrap().clone()
    }

    fn until_done(&mut self, names: &[String]) {
        let is = |face: &Face, name: &String| {
            face.jobs().any(|job| job.remote == RemotePath::from(name.as_str()) && job.state == DONE)
        };
        self.face.until_state("these files", |face| names.iter().all(|name| is(face, name)));
    }

    fn order(&mut self, command: QueueCommand) {
        self.face.send(Command::Queue(command));
    }

    /// Till the engine has heard all commands so far.
    fn until_heard(&mut self) {
        let dir = self.local.path().to_owned();
        self.face.send(Command::ListLocal { dir });
        self.face.until("an answer", |event| matches!(event, Event::LocalListed { .. }).then_some(()));
    }
}

/// One session; the first of its files is held at RETR, the others lie ahead of it.
fn held(count: usize) -> (FtpServer, Bench, Vec<String>) {
    let (server, names) = small(FtpServer::start().fault(Fault::Hold("RETR")), count);
    let mut bench = Bench::with(&server, Settings { connections: 1, ..settings() });
    bench.enqueue(&names);
    server.wait_heard("RETR /f000", 1);
    // The session's dialogue is heard after its login, and with that the others were handed out.
    bench.face.until_state("RETR", |face| face.sent("RETR") == 1);
    bench.until_heard();
    (server, bench, names)
}

#[test]
fn few_files_open_few_connections_and_many_no_more_than_may_be() {
    for (files, most) in [(1, 1), (2, 2), (3, 3), (1000, 6)] {
        let (server, names) = small(FtpServer::start(), files);
        let mut bench = Bench::with(&server, Settings { connections: 6, ..settings() });
        bench.enqueue(&names);
        bench.face.until_still(Duration::from_secs(60));
        let logins = server.count("USER");
        assert!((1..=most).contains(&logins), "{logins} logins for {files} files");
        assert!(files < 1000 || logins > 1, "one session does all the work");
        assert_eq!(server.count("RETR"), files, "each file once");
        assert_eq!(bench.names().len(), files);
    }
}

/// I08.
#[test]
fn a_server_that_refuses_one_login_too_many_is_believed_and_nobody_is_asked() {
    let refusal = "530 Sorry, the maximum number of connections from your host are already connected.";
    let (server, names) = small(FtpServer::start().on_nth("PASS", 3, refusal), 300);
    let mut bench = Bench::with(&server, Settings { connections: 8, ..settings() });
    bench.enqueue(&names);
    bench.face.until_still(Duration::from_secs(60));
    assert!(bench.face.jobs().all(|job| job.state == DONE));
    assert_eq!(bench.face.asked, 0);
    assert_eq!(bench.face.known.unwrap().connection_cap, Some(3));
    assert_eq!(server.count("USER"), 4, "none is tried after that");
}

#[test]
fn only_what_runs_is_shown_as_running() {
    let (server, bench, names) = held(5);
    assert_eq!(bench.job(&names[0]).state, JobState::Running);
    for name in &names[1..] {
        assert_eq!(bench.job(name).state, JobState::Queued);
    }
    assert_eq!(server.count("RETR"), 1);
    server.release();
}

#[test]
fn a_job_that_lay_ahead_is_cancelled_at_once_and_the_server_never_hears_of_it() {
    let (server, mut bench, names) = held(5);
    let (cancelled, removed) = (bench.job(&names[2]).id, bench.job(&names[3]).id);
    bench.order(QueueCommand::Cancel(vec![cancelled]));
    bench.order(QueueCommand::Remove(vec![removed]));
    bench.face.until_state("both gone", |face| {
        face.jobs().any(|job| job.id == cancelled && job.state == JobState::Cancelled)
            && face.jobs().all(|job| job.id != removed)
    });
    assert_eq!(bench.job(&names[0]).state, JobState::Running, "what runs goes on");
    server.release();
    bench.until_done(&[names[0].clone(), names[1].clone(), names[4].clone()]);
    assert!(!server.transcript().iter().any(|line| line.contains("/f002") || line.contains("/f003")));
    assert_eq!(bench.names(), ["f000", "f001", "f004"]);
}

#[test]
fn a_job_that_lay_ahead_can_be_paused_and_goes_on_later() {
    let (server, mut bench, names) = held(4);
    let paused = bench.job(&names[2]).id;
    bench.order(QueueCommand::Pause(vec![paused]));
    bench.face.until_state("a pause", |face| face.jobs().any(|job| job.state == JobState::Paused));
    server.release();
    bench.until_done(&[names[0].clone(), names[1].clone(), names[3].clone()]);
    assert_eq!(server.count("RETR /f002"), 0);
    bench.order(QueueCommand::Resume(vec![paused]));
    bench.until_done(&names);
    assert_eq!(server.count("RETR"), 4, "each once");
}

#[test]
fn the_whole_queue_stops_in_the_middle_of_a_batch() {
    let (server, mut bench, names) = held(6);
    bench.order(QueueCommand::PauseAll);
    bench
        .face
        .until_state("a paused queue", |face| face.paused && face.jobs().all(|job| job.state == JobState::Queued));
    server.release();
    bench.until_heard();
    assert_eq!(server.count("RETR"), 1, "nothing else begins");
    bench.order(QueueCommand::ResumeAll);
    bench.until_done(&names);
    assert_eq!(bench.names().len(), 6, "{:?}", bench.names());
}

#[test]
fn a_job_that_lay_ahead_can_be_moved() {
    let (server, mut bench, names) = held(4);
    let last = bench.job(&names[3]).id;
    bench.order(QueueCommand::Move(vec![last], Place::First));
    bench.until_heard();
    server.release();
    bench.until_done(&names);
    server.assert_heard_in_order(&["RETR /f000", "RETR /f003", "RETR /f001", "RETR /f002"]);
}

#[test]
fn what_lies_behind_a_stalled_file_is_taken_over_by_another_session() {
    let server = FtpServer::start().file_at("/slow", noise(2, 50_000), SOME_TIME);
    let (server, names) = small(server.on_argument("RETR", "/slow", ""), 40);
    let mut bench = Bench::with(&server, Settings { connections: 2, ..settings() });
    bench.face.send(Command::Enqueue(vec![bench.fetch("/slow")]));
    bench.enqueue(&names);
    bench.until_done(&names);
    assert_eq!(bench.job("/slow").state, JobState::Running);
}

#[test]
fn a_file_that_fails_does_not_hold_up_its_neighbours() {
    let server = FtpServer::start().on_argument("RETR", "/f001", "451 Not now.");
    let (server, names) = small(server.on_argument("RETR", "/f003", "550 Not for you."), 6);
    let settings = Settings { connections: 1, retries: 1, retry_delay_seconds: 3600, ..settings() };
    let mut bench = Bench::with(&server, settings);
    bench.enqueue(&names);
    let well: Vec<String> = [0, 2, 4, 5].iter().map(|at: &usize| names[*at].clone()).collect();
    bench.until_done(&well);
    bench.face.until_state("a failure", |face| face.jobs().any(|job| matches!(job.state, JobState::Failed(_))));
    assert!(matches!(bench.job(&names[1]).state, JobState::Waiting { .. }));
    assert!(matches!(bench.job(&names[3]).state, JobState::Failed(_)));
}

#[test]
fn one_servers_long_queue_keeps_no_other_server_waiting() {
    let (stuck, many) = small(FtpServer::start().fault(Fault::Hold("RETR")), 500);
    let (quick, few) = small(FtpServer::start(), 3);
    let mut bench = Bench::new(&stuck);
    bench.enqueue(&many);
    stuck.wait_heard("RETR", 1);
    let site = Arc::new(Site { id: SiteId(7), ..quick.site() });
    let other = tempfile::tempdir().unwrap();
    bench.face.send(Command::Enqueue(known(&site, &few, other.path())));
    bench.face.until_state("the other server's files", |face| face.jobs().filter(|job| job.state == DONE).count() == 3);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 3);
    stuck.release();
}

#[test]
fn folders_are_read_while_files_are_fetched_and_not_all_of_them_first() {
    const FOLDERS: usize = 20;
    const FILES: usize = 80;
    let mut server = FtpServer::start();
    for folder in 0..FOLDERS {
        for file in 0..FILES {
            server = server.file_at(format!("/t/d{folder:02}/f{file:02}"), noise(3, 100), SOME_TIME);
        }
    }
    let mut bench = Bench::with(&server, Settings { connections: 4, ..settings() });
    bench.face.transfer_well(vec![bench.fetch("/t")]);
    assert_eq!(server.count("RETR"), FOLDERS * FILES);
    assert_eq!(server.count("MLSD"), FOLDERS + 1, "each folder once");
    let heard = server.transcript();
    let first = |start: &str| heard.iter().position(|line| line.starts_with(start)).unwrap();
    assert!(first("RETR /t/d00/") < first("CWD /t/d19"), "a tree need not be read before its first file comes");
}

#[test]
fn a_giant_does_not_begin_last() {
    let mut server = FtpServer::start().file_at("/t/zz", noise(5, 6_000_000), SOME_TIME);
    for file in 0..40 {
        server = server.file_at(format!("/t/f{file:02}"), noise(4, 60_000), SOME_TIME);
    }
    let mut bench = Bench::with(&server, Settings { connections: 2, ..settings() });
    bench.face.transfer_well(vec![bench.fetch("/t")]);
    let heard: Vec<String> = server.transcript().into_iter().filter(|line| line.starts_with("RETR")).collect();
    let giant = heard.iter().position(|line| line == "RETR /t/zz").unwrap();
    assert!(giant < 35 || server.count("USER") == 1, "number {giant}");
}

/// Where the server allows one connection, transfers borrow the browsing one.
#[test]
fn a_listing_comes_after_the_file_in_hand_however_long_the_queue() {
    let server = FtpServer::start().fault(Fault::MaxConnections(1)).fault(Fault::Hold("RETR"));
    let (server, names) = small(server, 100);
    let mut bench = Bench::new(&server);
    let learned = Learned { connection_cap: Some(1), ..Learned::default() };
    bench.site = Arc::new(Site { learned, ..(*bench.site).clone() });
    let site = Arc::clone(&bench.site);
    bench.face.connect(&site, None).unwrap();
    let many: Vec<String> = names.iter().cycle().take(10_000).cloned().collect();
    let mut orders = known(&site, &many, bench.local.path());
    for (number, order) in orders.iter_mut().enumerate() {
        if let What::Download { to, .. } = &mut order.what {
            *to = LocalTarget::As(bench.local.path().join(number.to_string()));
        }
    }
    bench.face.send(Command::Enqueue(orders));
    server.wait_heard("RETR", 1);
    bench.face.send(Command::List { connection: CONNECTION, dir: RemotePath::root() });
    bench.until_heard();
    server.release();
    bench.face.until("a listing", |event| matches!(event, Event::Listed { complete: true, .. }).then_some(()));
    let heard = server.transcript();
    let listing = heard.iter().position(|line| line.starts_with("MLSD")).unwrap();
    let before = heard[..listing].iter().filter(|line| line.starts_with("RETR")).count();
    assert_eq!(before, 1, "files before the listing");
    assert_eq!(server.count("USER"), 1);
}

/// Killed between the renaming of a file that had lain ahead and the engine's hearing of it.
#[test]
fn a_file_that_lay_ahead_and_became_whole_before_a_kill_is_not_asked_about() {
    let (server, names) = small(FtpServer::start().fault(Fault::Hold("RETR")), 4);
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    let (profile, copy, local) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = |folder: &Path| {
        let settings = Settings { connections: 1, ..settings() };
        Face::start(settings, Some(folder.join("queue.db")), "password")
    };
    let mut face = start(profile.path());
    face.send(Command::Enqueue(known(&site, &names, local.path())));
    server.wait_heard("RETR", 1);
    face.until_state("RETR", |face| face.sent("RETR") == 1);
    // What lies ahead is in the journal as begun before its session may begin it: let that happen, then kill.
    face.send(Command::ListLocal { dir: local.path().to_owned() });
    face.until("an answer", |event| matches!(event, Event::LocalListed { .. }).then_some(()));
    server.release();
    face.until_state("the second file", |face| face.jobs().filter(|job| job.state == DONE).count() >= 2);
    server.hold_again();
    for entry in fs::read_dir(profile.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    drop(face);
    server.release();

    let mut face = start(copy.path());
    if face.jobs().count() == 0 {
        face.until_state("the queue", |face| face.jobs().count() == 4);
    }
    face.send(Command::Queue(QueueCommand::ResumeAll));
    face.until_still(Duration::from_secs(60));
    assert_eq!(face.asked, 0);
    assert!(face.jobs().all(|job| job.state == DONE));
    assert_eq!(fs::read_dir(local.path()).unwrap().count(), 4);
}

/// The server is known, far away, and takes several commands at once.
fn distant() -> FtpServer {
    FtpServer::start().greeting("220 (vsFTPd 3.0.3)").fault(Fault::Unheeding).fault(Fault::Distant)
}

#[test]
fn many_files_from_afar_come_in_active_mode_and_few_do_not() {
    if !cfg!(target_os = "linux") {
        return;
    }
    for (count, active) in [(100, true), (10, false)] {
        let (server, names) = small(distant(), count);
        let mut bench = Bench::with(&server, Settings { connections: 3, ..settings() });
        bench.enqueue(&names);
        bench.until_done(&names);
        assert_eq!(server.count("EPRT") > 0, active, "{count} files");
        assert_eq!(server.count("RETR"), count, "each file once");
    }
}

#[test]
fn where_the_server_does_not_reach_us_that_is_no_failure_of_any_file() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (server, names) = small(distant().fault(Fault::NeverConnect).fault(Fault::Abort(AbortStyle::Deaf)), 60);
    let mut bench = Bench::with(&server, Settings { connections: 2, retries: 0, ..settings() });
    bench.enqueue(&names);
    bench.until_done(&names);
    assert_eq!(server.count("EPRT"), 1, "one session tries, once");
}

#[test]
fn the_folders_of_a_tree_are_made_in_one_go_where_the_server_takes_that() {
    for (greeting, at_once) in [("220 (vsFTPd 3.0.3)", true), ("220 Hello", false)] {
        // The second one is refused when it comes along with its neighbours, and made in its turn.
        let server = FtpServer::start().greeting(greeting).dir("/in").on_nth("MKD", 3, "550 Not now.");
        let mut bench = Bench::with(&server, Settings { connections: 1, ..settings() });
        for name in ["a", "b", "c"] {
            fs::create_dir_all(bench.path("t").join(name)).unwrap();
            fs::write(bench.path("t").join(name).join("x"), name).unwrap();
        }
        bench.face.send(Command::Enqueue(vec![bench.send("t", "/in")]));
        bench.face.until_still(Duration::from_secs(60));
        for name in ["a", "b", "c"] {
            assert_eq!(server.content(format!("/in/t/{name}/x")).unwrap(), name.as_bytes());
        }
        let heard = server.transcript();
        let made: Vec<usize> = (0..heard.len()).filter(|at| heard[*at].starts_with("MKD")).collect();
        assert_eq!(made.windows(2).take(3).all(|pair| pair[1] == pair[0] + 1), at_once, "{heard:?}");
        let again = if at_once { 1 } else { 3 };
        assert_eq!(made.len(), 4 + again, "each once, and the refused one again, with what is above it: {heard:?}");
    }
}

/// A folder of small files to be sent to a server that is known to answer in order.
fn to_send(server: FtpServer, files: usize) -> (FtpServer, Bench) {
    let server = server.greeting("220 (vsFTPd 3.0.3)").fault(Fault::Unheeding).dir("/in");
    let bench = Bench::with(&server, Settings { connections: 3, ..settings() });
    fs::create_dir(bench.path("t")).unwrap();
    for number in 0..files {
        fs::write(bench.path("t").join(format!("f{number}")), format!("{number}")).unwrap();
    }
    (server, bench)
}

#[test]
fn further_sessions_come_while_the_server_still_makes_the_folder_for_their_files() {
    let (server, mut bench) = to_send(FtpServer::start().fault(Fault::Hold("MKD")), 40);
    bench.face.send(Command::Enqueue(vec![bench.send("t", "/in")]));
    server.wait_heard("MKD", 1);
    server.wait_heard("USER", 3);
    server.assert_never_heard("STOR");
    server.release();
    bench.face.until_still(Duration::from_secs(60));
    for number in 0..40 {
        assert_eq!(server.content(format!("/in/t/f{number}")).unwrap(), format!("{number}").as_bytes());
    }
    assert_eq!(server.count("STOR"), 40, "each file once");
}

#[test]
fn whoever_takes_over_from_another_has_a_port_by_then() {
    let (server, mut bench) = to_send(FtpServer::start(), 40);
    server.add_fault(Fault::PauseData { verb: "STOR", after: 0 }, Some(1));
    bench.face.send(Command::Enqueue(vec![bench.send("t", "/in")]));
    let done = |job: &&JobView| job.kind == EntryKind::File && job.state == DONE;
    bench.face.until_state("all but the paused one", |face| face.jobs().filter(done).count() == 39);
    let busy = (0..3).map(|number| server.transcript_of(number)).max_by_key(Vec::len).unwrap();
    let asked = |at: &usize| busy[*at] == "EPSV" && !busy[at - 1].starts_with("STOR");
    let late: Vec<usize> = (1..busy.len()).filter(asked).collect();
    assert!(late.len() <= 4, "asked for when it was needed, {late:?}: {busy:?}");
}
