//! `kill -9` in the middle of a mixed queue, at random moments, again and again on the same profile: what was queued is
//! still there, paused; resumed, every file arrives whole, once, and no half file ever has a file's name. And in the
//! middle of a command line. Against libunftp and the real servers. `TWINPORT_KILLS` says how often, each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::face::{Face, ended, settings, site};
use common::files::Random;
use common::mixed::{self, Mixed};
#[cfg(target_os = "linux")]
use common::servers::{self, Kind, Server, Tls};
use common::unftp::{self, Unftp};
use tempfile::TempDir;
use twinport::domain::{Security, TransferMode};
use twinport::engine::message::{
    Answer, Command as Engine, ConflictPolicy, Direction, JobState, Outcome, Question, QueueCommand, Settings,
};
use twinport::engine::{KeepAlive, Trust};

/// Where the killed process finds its folders, its server and how it is to go about it.
const FOLDER: &str = "TWINPORT_CRASH_FOLDER";
const SERVER: &str = "TWINPORT_CRASH_SERVER";
const MANNER: &str = "TWINPORT_CRASH_MANNER";

/// Bytes a second each way: about two seconds for all, where nobody kills.
const PACE: u64 = 5_000_000;

/// Kills of one queue or command at most; then it is left to end by itself.
const MOST: u64 = 8;

/// Who serves, and how.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// `None` = libunftp, at its own pace.
    #[cfg(target_os = "linux")]
    kind: Option<Kind>,
    tls: bool,
    /// Uploads go by their final names at once.
    direct: bool,
}

/// One of them, running.
enum Running {
    #[cfg(target_os = "linux")]
    Debian(Server),
    Unftp(Unftp),
}

impl Case {
    fn start(self, root: &Path) -> Running {
        #[cfg(target_os = "linux")]
        if let Some(kind) = self.kind {
            let config = servers::Config::new(kind, root);
            let tls = Tls { implicit: false, requires_reuse: kind != Kind::PureFtpd };
            return Running::Debian(Server::start(&if self.tls { config.tls(tls) } else { config }));
        }
        Running::Unftp(Unftp::start(root))
    }

    fn account(self) -> (&'static str, &'static str) {
        #[cfg(target_os = "linux")]
        if self.kind.is_some() {
            return (servers::USER, servers::PASSWORD);
        }
        (unftp::USER, unftp::PASSWORD)
    }

    /// libunftp knows no MFMT.
    fn keeps_times(self) -> bool {
        #[cfg(target_os = "linux")]
        return self.kind.is_some();
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// For the process that is killed.
    fn manner(self) -> String {
        let (user, password) = self.account();
        format!("{user} {password} {} {}", self.tls, self.direct)
    }
}

impl Running {
    fn addr(&self) -> SocketAddr {
        match self {
            #[cfg(target_os = "linux")]
            Self::Debian(server) => server.addr(),
            Self::Unftp(server) => server.addr(),
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Kills so often, over as many rounds as it takes; every second round has a variant of `case`.
fn kill_often(case: Case, run: impl Fn(Case, &mut Random) -> u64) {
    let (seed, wanted) = (number("TWINPORT_SEED", 1), number("TWINPORT_KILLS", 8));
    let (mut round, mut kills) = (number("TWINPORT_ROUND", 0), 0);
    while kills < wanted {
        let case = Case { tls: case.tls && round % 2 == 1, direct: round % 3 == 2, ..case };
        println!("TWINPORT_SEED={seed} TWINPORT_ROUND={round}: {case:?}");
        kills += run(case, &mut Random::new(seed * 1000 + round));
        round += 1;
    }
    println!("{kills} kills");
}

fn libunftp() -> Case {
    Case {
        #[cfg(target_os = "linux")]
        kind: None,
        tls: false,
        direct: false,
    }
}

#[test]
fn a_killed_queue_opens_paused_with_nothing_forgotten_and_ends_whole() {
    kill_often(libunftp(), survive);
}

/// The same for the command line, which keeps no queue: told the same again, it goes on.
#[test]
fn a_killed_command_goes_on_where_it_is_told_the_same_again() {
    kill_often(libunftp(), repeat);
}

#[cfg(target_os = "linux")]
mod real {
    use super::*;

    fn with(kind: Kind, run: impl Fn(Case, &mut Random) -> u64) {
        if servers::ready() {
            kill_often(Case { kind: Some(kind), tls: true, direct: false }, run);
        }
    }

    #[test]
    fn a_queue_killed_at_vsftpd_ends_whole() {
        with(Kind::Vsftpd, survive);
    }

    #[test]
    fn a_queue_killed_at_proftpd_ends_whole() {
        with(Kind::ProFtpd, survive);
    }

    #[test]
    fn a_queue_killed_at_pure_ftpd_ends_whole() {
        with(Kind::PureFtpd, survive);
    }

    #[test]
    fn a_command_killed_at_vsftpd_goes_on() {
        with(Kind::Vsftpd, repeat);
    }

    #[test]
    fn a_command_killed_at_proftpd_goes_on() {
        with(Kind::ProFtpd, repeat);
    }

    #[test]
    fn a_command_killed_at_pure_ftpd_goes_on() {
        with(Kind::PureFtpd, repeat);
    }
}

/// Which the servers' accounts may enter.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Kills at moments of `random`'s choice, then lets it end; how often.
fn survive(case: Case, random: &mut Random) -> u64 {
    let folder = open_folder();
    let mut mixed = Mixed::make(folder.path(), random, case.direct);
    let server = case.start(&mixed::served(folder.path()));
    let start = || Process::start(folder.path(), server.addr(), case);
    let mut process = start();
    process.wait_for("@moving");
    for kill in 1..=MOST {
        // The one place where time is the matter: the moment of the accident.
        std::thread::sleep(Duration::from_millis(random.below(700)));
        drop(process);
        if random.below(6) == 0 {
            // While it opens its queue.
            let opening = start();
            std::thread::sleep(Duration::from_millis(random.below(60)));
            drop(opening);
        }
        let whole = mixed.finished();
        process = start();
        let queued = process.found();
        for name in mixed.names() {
            // A folder that was not read to its end stands for all that is in it.
            let waits = queued.keys().any(|job| Path::new(&name).starts_with(job));
            let why = || format!("{name} was forgotten; found {queued:?}; what had ended: {:#?}", process.over);
            assert!(whole.contains(&name) || waits, "{}", why());
        }
        assert!(queued.values().all(|count| *count == 1), "queued twice: {queued:?}");
        writeln!(process.child.stdin.as_ref().unwrap(), "resume").unwrap();
        if random.below(4) > 0 {
            process.wait_for("@moving");
        }
        if queued.is_empty() {
            return finish(case, process, &mut mixed, kill);
        }
    }
    finish(case, process, &mut mixed, MOST)
}

/// Lets the queue come to its end, and looks at everything.
fn finish(case: Case, mut process: Process, mixed: &mut Mixed, kills: u64) -> u64 {
    let mut done = BTreeMap::new();
    loop {
        let line = process.wait_for("@");
        if let Some(name) = line.strip_prefix("@done ") {
            *done.entry(name.to_owned()).or_insert(0) += 1;
        } else if line == "@still" {
            break;
        }
    }
    drop(process);
    mixed.finished();
    let expected: BTreeMap<String, i32> = mixed.names().into_iter().map(|name| (name, 1)).collect();
    assert!(done == expected, "each file has one job, and that is done: {done:?}");
    let wrongs = mixed.wrongs(case.keeps_times());
    assert!(wrongs.is_empty(), "{wrongs:#?}");
    kills
}

/// Both directions, each killed a few times; then it ends by itself.
fn repeat(case: Case, random: &mut Random) -> u64 {
    let folder = open_folder();
    let at = |name: &str| folder.path().join(name).display().to_string();
    // The command line has no word for uploads without a temporary name.
    let case = Case { direct: false, ..case };
    let mut mixed = Mixed::make(folder.path(), random, false);
    let server = case.start(&mixed::served(folder.path()));
    let (user, password) = case.account();
    let url = format!("ftp://{user}@{}", server.addr());
    let start = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_twinport"))
            .args(["--profile", &at("profile"), "-q", "--insecure", "--connections", "3", "--segments", "2"])
            .args(["--limit", "5M", "--tls", if case.tls { "explicit" } else { "off" }])
            .args(arguments)
            .env("TWINPORT_PASSWORD", password)
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    };
    let orders = [("Ask", "down", "up"), ("overwrite", "replaced", "replacing"), ("resume", "half", "other half")];
    let mut kills = 0;
    for (policy, down, up) in orders.into_iter().chain([("Ask", "large", "larger")]) {
        let (remote, root) = (format!("{url}/{}", down.replace(' ', "%20")), format!("{url}/"));
        let (here, source) = (format!("{}/", at("here")), at(up));
        for arguments in [["get", &remote, &here], ["put", &source, &root]] {
            let mut arguments = arguments.to_vec();
            if policy != "Ask" {
                arguments.extend(["--on-exists", policy]);
            }
            for _ in 0..=random.below(3) {
                let mut process = start(&arguments);
                std::thread::sleep(Duration::from_millis(20 + random.below(600)));
                process.kill().unwrap();
                process.wait().unwrap();
                mixed.finished();
                kills += 1;
            }
            let status = start(&arguments).wait().unwrap();
            assert!(status.success(), "{arguments:?}: {status}");
        }
    }
    mixed.finished();
    // What is whole and was killed before it had its time is left as it is: it exists.
    let wrongs = mixed.wrongs(false);
    assert!(wrongs.is_empty(), "{wrongs:#?}");
    kills
}

/// This program again, as the process that will be killed: dropping it is `kill -9`.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Jobs that had ended, and how.
    over: Vec<String>,
}

impl Process {
    fn start(folder: &Path, server: SocketAddr, case: Case) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_killed", "--nocapture"])
            .env(FOLDER, folder)
            .env(SERVER, server.to_string())
            .env(MANNER, case.manner())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, over: Vec::new() }
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
            if let Some(over) = line.strip_prefix("@over ") {
                self.over.push(over.to_owned());
                continue;
            }
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
    let manner = env::var(MANNER).unwrap();
    let [user, password, tls, direct] = manner.split(' ').collect::<Vec<_>>()[..] else { panic!("{manner}") };
    let journal = folder.join("queue.db");
    let first = !journal.exists();
    let mut site = site(server.parse().unwrap(), user, TransferMode::Passive);
    if tls == "true" {
        site.security = Security::Explicit;
    }
    let settings = Settings {
        segments: 3,
        limit_down: Some(PACE),
        limit_up: Some(PACE),
        safe_uploads: direct == "false",
        ..settings()
    };
    let trust = Trust { any: true, ..Trust::default() };
    let mut face = Face::start_with(settings, Some(journal), password, KeepAlive::default(), trust);
    if first {
        face.send(Engine::Enqueue(mixed::orders(&folder, &Arc::new(site))));
    } else {
        face.until_state("a paused queue", |face| face.paused);
        for job in face.jobs().filter(|job| !ended(&job.state)) {
            assert_eq!(job.state, JobState::Queued, "{}: waits until the queue is resumed", job.remote);
            println!("@job {}", job.remote.to_string().trim_start_matches('/'));
        }
        for job in face.jobs().filter(|job| ended(&job.state)) {
            println!("@over {} {:?} {:?}", job.remote, job.state, job.ended.map(|time| time.iso()));
        }
        println!("@paused");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        face.send(Engine::Queue(QueueCommand::ResumeAll));
    }
    face.until_state("bytes to move, or the end", |face| face.moving > 0 || face.is_still());
    println!("@moving");
    loop {
        face.until_state("the end", |face| face.is_still() || !face.questions.is_empty());
        let Some((_, question)) = face.questions.first() else { break };
        // Whose half file that is, only the user knows, where the kill came before the journal heard of it.
        let Question::FileExists { direction: Direction::Upload, .. } = question else { panic!("asked {question:?}") };
        assert!(direct == "true", "asked {question:?}\n{}", face.log_end());
        face.answer(Answer::OnExists { policy: ConflictPolicy::Resume, for_all: false });
    }
    let bad: Vec<_> = face
        .jobs()
        .filter(|job| !matches!(job.state, JobState::Done(Outcome::Transferred | Outcome::Folder)))
        .map(|job| (job.id, job.direction, &job.remote, job.bytes, job.size, &job.state))
        .collect();
    assert!(bad.is_empty(), "{bad:?}\n{}", face.log_end());
    for job in face.jobs().filter(|job| job.state != JobState::Done(Outcome::Folder)) {
        println!("@done {}", job.remote.to_string().trim_start_matches('/'));
    }
    println!("@still");
    // Killed here, too.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
