//! `kill -9` in the middle of a queue, at random moments, again and again on the same profile: what was queued is still
//! there, paused; resumed, every file arrives whole, once, and no half file ever has a file's name. And in the middle of a
//! command line. `TWINPORT_KILLS` says how often (9).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::face::{Face, ended, fetch, send, settings, site};
use common::files::{Random, assert_same_tree, contents, noise};
use common::unftp::{self, PASSWORD, USER, Unftp};
use twinport::domain::{RemotePath, TransferMode};
use twinport::engine::message::{Command as Engine, JobState, LocalTarget, Outcome, QueueCommand, RemoteTarget};

/// Where the killed process finds its folders and its server.
const FOLDER: &str = "TWINPORT_CRASH_FOLDER";
const SERVER: &str = "TWINPORT_CRASH_SERVER";

/// Files each way: more than run at once.
const FILES: u64 = 9;

#[test]
fn a_killed_queue_opens_paused_with_nothing_forgotten_and_ends_whole() {
    let seed = number("TWINPORT_SEED", 1);
    for round in 0..number("TWINPORT_KILLS", 9).div_ceil(3) {
        println!("seed {seed}, round {round}");
        survive(&mut Random::new(seed * 1000 + round));
    }
}

/// The same for the command line, which keeps no queue: told the same again, it goes on.
#[test]
fn a_killed_command_goes_on_where_it_is_told_the_same_again() {
    let seed = number("TWINPORT_SEED", 1);
    for round in 0..number("TWINPORT_KILLS", 9).div_ceil(3) {
        println!("seed {seed}, round {round}");
        repeat(&mut Random::new(seed * 1000 + 500 + round));
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Both directions at once, each killed until it has been killed three times; then it ends by itself.
fn repeat(random: &mut Random) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    make_sources(folder.path(), random);
    let server = Unftp::start_with(unftp::Config { rate: Some(2_500_000), ..unftp::Config::new(&at("served")) });
    let url = format!("ftp://{USER}@{}", server.addr());
    let start = |profile: &str, arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_twinport"))
            .arg("--profile")
            .arg(at(profile))
            .args(["-q", "--tls", "off", "--connections", "3"])
            .args(arguments)
            .env("TWINPORT_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    };
    let (down, up) = (format!("{url}/down"), format!("{url}/"));
    let (local, source) = (at("local").display().to_string(), at("up").display().to_string());
    let jobs = [("get", vec!["get", &down, &local]), ("put", vec!["put", &source, &up])];
    for (name, arguments) in &jobs {
        for _ in 0..3 {
            let mut process = start(name, arguments);
            // The one place where time is the matter: the moment of the accident.
            std::thread::sleep(Duration::from_millis(20 + random.below(600)));
            process.kill().unwrap();
            process.wait().unwrap();
            finished(folder.path());
        }
        let status = start(name, arguments).wait().unwrap();
        assert!(status.success(), "{name}: {status}");
    }
    assert_same_tree(&at("served/down"), &at("local/down"));
    assert_same_tree(&at("up"), &at("served/up"));
}

/// `served/down` and `up`, with files of a few hundred kilobytes.
fn make_sources(folder: &Path, random: &mut Random) {
    for (seed, source) in [(1, folder.join("served/down")), (2, folder.join("up"))] {
        fs::create_dir_all(source.join("inner")).unwrap();
        for file in 0..FILES {
            let length = usize::try_from(200_000 + random.below(1_000_000)).unwrap();
            let name = if file % 3 == 0 { format!("inner/file {file}") } else { format!("file {file}") };
            fs::write(source.join(name), noise(seed * 100 + file, length)).unwrap();
        }
    }
    fs::create_dir(folder.join("local")).unwrap();
}

/// Kills three times, at moments of `random`'s choice, then lets it end.
fn survive(random: &mut Random) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    make_sources(folder.path(), random);
    // About a second and a half for all, where nobody kills.
    let server = Unftp::start_with(unftp::Config { rate: Some(2_500_000), ..unftp::Config::new(&at("served")) });

    let mut process = Process::start(folder.path(), server.addr());
    process.wait_for("@moving");
    for _ in 0..3 {
        // The one place where time is the matter: the moment of the accident.
        std::thread::sleep(Duration::from_millis(random.below(500)));
        drop(process);
        let there = finished(folder.path());
        process = Process::start(folder.path(), server.addr());
        let queued = process.found();
        for name in wanted() {
            // A folder that was not read to its end stands for all that is in it.
            let waits = queued.keys().any(|job| Path::new(&name).starts_with(job));
            assert!(there.contains(&name) || waits, "{name} was forgotten; found {queued:?}");
        }
        assert!(queued.values().all(|count| *count == 1), "queued twice: {queued:?}");
        writeln!(process.child.stdin.as_ref().unwrap(), "resume").unwrap();
        process.wait_for("@moving");
    }
    process.wait_for("@still");
    drop(process);
    assert_same_tree(&at("served/down"), &at("local/down"));
    assert_same_tree(&at("up"), &at("served/up"));
}

/// `down/...` and `up/...`: all files to be transferred.
fn wanted() -> BTreeSet<String> {
    let name = |file: u64| if file.is_multiple_of(3) { format!("inner/file {file}") } else { format!("file {file}") };
    (0..FILES).flat_map(|file| [format!("down/{}", name(file)), format!("up/{}", name(file))]).collect()
}

/// Which files stand on the other side under their names; each must be whole.
fn finished(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (source, target, prefix) in [("served/down", "local/down", "down"), ("up", "served/up", "up")] {
        let source = contents(&folder.join(source));
        let target = if folder.join(target).exists() { contents(&folder.join(target)) } else { BTreeMap::new() };
        for (name, bytes) in &source {
            if let (Some(bytes), Some(Some(there))) = (bytes, target.get(name)) {
                assert!(bytes == there, "{} is not whole and has its name", name.display());
                found.insert(format!("{prefix}/{}", name.display()));
            }
        }
    }
    found
}

/// This program again, as the process that will be killed: dropping it is `kill -9`.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(folder: &Path, server: SocketAddr) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_killed", "--nocapture"])
            .env(FOLDER, folder)
            .env(SERVER, server.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn wait_for(&mut self, start: &str) -> String {
        loop {
            let line = self.lines.next().expect("the process lives").unwrap();
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// The jobs that it found when it started, each with how often it is there.
    fn found(&mut self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        loop {
            let line = self.wait_for("@");
            match line.strip_prefix("@job ") {
                Some(name) => *found.entry(name.to_owned()).or_default() += 1,
                None => {
                    assert_eq!(line, "@paused");
                    return found;
                }
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Not a test of its own: the process that is killed. The first time it fills the queue; later it tells what it found.
#[test]
fn the_process_that_is_killed() {
    let (Some(folder), Ok(server)) = (env::var_os(FOLDER).map(PathBuf::from), env::var(SERVER)) else { return };
    let journal = folder.join("queue.db");
    let first = !journal.exists();
    let site = Arc::new(site(server.parse().unwrap(), USER, TransferMode::Passive));
    let mut face = Face::start(settings(), Some(journal), PASSWORD);
    if first {
        face.send(Engine::Enqueue(vec![
            fetch(&site, RemotePath::from("/down"), LocalTarget::Into(folder.join("local"))),
            send(&site, &folder.join("up"), RemoteTarget::Into(RemotePath::root())),
        ]));
    } else {
        face.until_state("a paused queue", |face| face.paused);
        for job in face.jobs().filter(|job| !ended(&job.state)) {
            assert_eq!(job.state, JobState::Queued, "{}: waits until the queue is resumed", job.remote);
            println!("@job {}", job.remote.to_string().trim_start_matches('/'));
        }
        println!("@paused");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        face.send(Engine::Queue(QueueCommand::ResumeAll));
    }
    face.until_state("bytes to move, or the end", |face| face.moving > 0 || face.is_still());
    println!("@moving");
    face.until_still(Duration::from_secs(120));
    let bad: Vec<_> = face
        .jobs()
        .filter(|job| !matches!(job.state, JobState::Done(Outcome::Transferred | Outcome::Folder)))
        .map(|job| (job.id, job.direction, &job.remote, job.bytes, job.size, &job.state))
        .collect();
    assert!(bad.is_empty(), "{bad:?}\n{}", face.log_end());
    println!("@still");
    // Killed here, too.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
