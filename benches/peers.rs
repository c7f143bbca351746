//! `cargo bench --bench peers`: Twinport's command line beside lftp, curl and wget, on this machine, in one run. Every round
//! runs every program once, so that a busy moment hits all of them; what counts is the median. Each result is compared with
//! what was sent before its time counts. Beside the time stand the processor time and the peak memory of each program.
//!
//! The servers are Debian's vsftpd and ProFTPD where `.ci/run` has unpacked them (Linux, root), or, with `TWINPORT_BENCH_URL`,
//! the one at that URL: its login directory must be writable, and keeps directories called `twinport-bench-…`. So it can be
//! run over a slow line, too.
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `TWINPORT_BENCH_URL` | `ftp://user:password@host:port` | the servers of the tests |
//! | `TWINPORT_BENCH_ONLY` | of the servers of the tests: `vsftpd`, `ProFTPD` | both |
//! | `TWINPORT_BENCH_TLS` | 1 = explicit TLS, any certificate | 0 |
//! | `TWINPORT_BENCH_FILES` | small files, in 20 folders; 0 = none | 2000 |
//! | `TWINPORT_BENCH_FILE_BYTES` | bytes of each | 4096 |
//! | `TWINPORT_BENCH_BIG_MIB` | the big file, MiB; 0 = none | 1024 |
//! | `TWINPORT_BENCH_ENTRIES` | files of a directory that is listed; 0 = none (not with a URL) | 100000 |
//! | `TWINPORT_BENCH_ROUNDS` | rounds | 5 |
//! | `TWINPORT_BENCH_CONNECTIONS` | Twinport's; 0 = as many as it likes | 0 |
//! | `TWINPORT_BENCH_MODE` | Twinport's: `auto`, `passive`, `active` | auto |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(target_os = "linux")]
#[allow(dead_code, unreachable_pub)]
#[path = "../tests/common/servers.rs"]
mod servers;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Folders that the small files lie in.
const FOLDERS: usize = 20;

fn main() {
    let plan = Plan::from_environment();
    if let Err(why) = Command::new("lftp").arg("--version").stdout(Stdio::null()).status() {
        println!("Skipped: there is no lftp here to compare with ({why}). `apt-get install lftp curl`.");
        return;
    }
    let work = workspace();
    make_sources(&plan, work.path());
    if let Ok(url) = std::env::var("TWINPORT_BENCH_URL") {
        let server = Target::parse(&url);
        println!("\n{} (given)", server.url);
        measure(&plan, &server, None, work.path());
        return;
    }
    own_servers(&plan, work.path());
}

#[cfg(target_os = "linux")]
fn own_servers(plan: &Plan, work: &Path) {
    if let Err(why) = servers::available() {
        println!("Skipped: {why}. Or name a server in TWINPORT_BENCH_URL.");
        return;
    }
    let only = std::env::var("TWINPORT_BENCH_ONLY").ok();
    for kind in [servers::Kind::Vsftpd, servers::Kind::ProFtpd] {
        if only.as_ref().is_some_and(|only| *only != kind.name()) {
            continue;
        }
        let root = work.join("root");
        fs::create_dir_all(&root).unwrap();
        let config = servers::Config::new(kind, &root);
        let tls = servers::Tls { implicit: false, requires_reuse: false };
        let server = servers::Server::start(&if plan.tls { config.tls(tls) } else { config });
        let address = server.addr();
        let target =
            Target { url: format!("ftp://{address}"), user: servers::USER.into(), password: servers::PASSWORD.into() };
        println!("\n{}", kind.name());
        measure(plan, &target, Some(&root), work);
        drop(server);
        fs::remove_dir_all(&root).ok();
    }
}

#[cfg(not(target_os = "linux"))]
fn own_servers(_: &Plan, _: &Path) {
    println!("Skipped: no server. Name one in TWINPORT_BENCH_URL.");
}

/// What to do, and how often.
struct Plan {
    files: usize,
    file_bytes: usize,
    big_mib: usize,
    entries: usize,
    rounds: usize,
    /// 0 = as many as it likes.
    connections: usize,
    mode: String,
    tls: bool,
}

/// What a run cost.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    processor: f64,
    /// MiB at its peak.
    memory: f64,
}

/// A server and a login.
struct Target {
    /// Scheme, host and port.
    url: String,
    user: String,
    password: String,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    GetMany,
    PutMany,
    GetBig,
    PutBig,
    List,
}

/// A program, as it is asked to work: where it can have several connections, it has eight.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Twinport,
    Lftp,
    Curl,
    Wget,
}

/// Of lftp and curl.
const PARALLEL: usize = 8;

impl Plan {
    fn from_environment() -> Self {
        let number = |name: &str, default: usize| match std::env::var(format!("TWINPORT_BENCH_{name}")) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("TWINPORT_BENCH_{name}: “{text}” is no number")),
            Err(_) => default,
        };
        Self {
            files: number("FILES", 2000),
            file_bytes: number("FILE_BYTES", 4096),
            big_mib: number("BIG_MIB", 1024),
            entries: number("ENTRIES", 100_000),
            rounds: number("ROUNDS", 5).max(1),
            connections: number("CONNECTIONS", 0).min(32),
            mode: std::env::var("TWINPORT_BENCH_MODE").unwrap_or_else(|_| "auto".into()),
            tls: number("TLS", 0) == 1,
        }
    }
}

impl Target {
    fn parse(url: &str) -> Self {
        let shape = "TWINPORT_BENCH_URL should look like ftp://user:password@host:port";
        let rest = url.strip_prefix("ftp://").expect(shape);
        let (login, host) = rest.trim_end_matches('/').rsplit_once('@').expect(shape);
        let (user, password) = login.split_once(':').expect(shape);
        Self { url: format!("ftp://{host}"), user: user.into(), password: password.into() }
    }
}

impl Peer {
    const ALL: [Self; 4] = [Self::Twinport, Self::Lftp, Self::Curl, Self::Wget];

    fn name(self, job: Job) -> String {
        let many = matches!(job, Job::GetMany | Job::PutMany);
        match self {
            Self::Twinport => "twinport".into(),
            Self::Lftp if many => format!("lftp -P{PARALLEL}"),
            Self::Lftp => "lftp".into(),
            Self::Curl if many => format!("curl -Z {PARALLEL}"),
            Self::Curl => "curl".into(),
            Self::Wget => "wget".into(),
        }
    }

    /// Whether it can do that at all. curl has no recursion: it is given every name, which is more than the others know;
    /// its listing is what the server sends, not read.
    fn can(self, job: Job) -> bool {
        let here = |program: &str| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
        match self {
            Self::Twinport => true,
            Self::Lftp => job != Job::List,
            Self::Curl => here("curl"),
            Self::Wget => job == Job::GetBig && here("wget"),
        }
    }
}

/// On memory where there is such a place: what is measured are the programs, not the disk.
fn workspace() -> TempDir {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = tempfile::Builder::new().prefix("twinport-bench-").tempdir_in(place).unwrap();
    #[cfg(unix)]
    {
        // The servers work as another user.
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// `many/` and `big.bin`.
fn make_sources(plan: &Plan, work: &Path) {
    let many = work.join("source/many");
    for folder in 0..FOLDERS {
        fs::create_dir_all(many.join(format!("folder-{folder:02}"))).unwrap();
    }
    for (number, name) in names(plan).iter().enumerate() {
        fs::write(many.join(name), noise(number, plan.file_bytes)).unwrap();
    }
    fs::create_dir_all(work.join("source")).unwrap();
    let mut big = fs::File::create(work.join("source/big.bin")).unwrap();
    for number in 0..plan.big_mib {
        big.write_all(&noise(number, 1 << 20)).unwrap();
    }
}

fn names(plan: &Plan) -> Vec<String> {
    (0..plan.files).map(|number| format!("folder-{:02}/file-{number:05}.bin", number % FOLDERS)).collect()
}

/// Bytes that nothing could compress or take for others.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn measure(plan: &Plan, target: &Target, root: Option<&Path>, work: &Path) {
    let base = format!("twinport-bench-{}", std::process::id());
    let bench = Bench { plan, target, root, work, base };
    if plan.files > 0 {
        // What is fetched must first be there; put there by the program under test, and compared where we can see it.
        bench.run(Peer::Twinport, Job::PutMany, "source-many");
        let many = format!("{} files of {} bytes in {FOLDERS} folders", plan.files, plan.file_bytes);
        bench.compare(Job::GetMany, &format!("get {many}"));
        bench.compare(Job::PutMany, &format!("put {many}"));
    }
    if plan.big_mib > 0 {
        bench.run(Peer::Twinport, Job::PutBig, "source-big");
        let big = format!("1 file of {} MiB", plan.big_mib);
        bench.compare(Job::GetBig, &format!("get {big}"));
        bench.compare(Job::PutBig, &format!("put {big}"));
    }
    if let Some(root) = root.filter(|_| plan.entries > 0) {
        let folder = root.join("entries");
        fs::create_dir_all(&folder).unwrap();
        for number in 0..plan.entries {
            fs::File::create(folder.join(format!("file number {number:07}.dat"))).unwrap();
        }
        bench.compare(Job::List, &format!("list {} entries", plan.entries));
        fs::remove_dir_all(&folder).unwrap();
    }
}

struct Bench<'a> {
    plan: &'a Plan,
    target: &'a Target,
    /// The server's files, where they lie on this machine.
    root: Option<&'a Path>,
    work: &'a Path,
    /// Everything of this run on the server.
    base: String,
}

impl Bench<'_> {
    fn compare(&self, job: Job, title: &str) {
        let peers: Vec<Peer> = Peer::ALL.into_iter().filter(|peer| peer.can(job)).collect();
        let mut costs = vec![Vec::new(); peers.len()];
        for round in 0..self.plan.rounds {
            for (at, peer) in peers.iter().enumerate() {
                costs[at].extend(self.run(*peer, job, &format!("{round}-{at}")));
            }
        }
        println!("  {title}");
        let seconds = |costs: &[Cost]| median(&costs.iter().map(|cost| cost.seconds).collect::<Vec<_>>());
        let ours = seconds(&costs[0]);
        for (peer, costs) in peers.iter().zip(&costs) {
            if costs.is_empty() {
                println!("    {:<10} cannot", peer.name(job));
                continue;
            }
            let best = costs.iter().map(|cost| cost.seconds).fold(f64::INFINITY, f64::min);
            let worst = costs.iter().map(|cost| cost.seconds).fold(0.0, f64::max);
            let median_of = |what: fn(&Cost) -> f64| median(&costs.iter().map(what).collect::<Vec<_>>());
            let ratio = if *peer == Peer::Twinport {
                String::new()
            } else {
                format!("   twinport takes {:.2} of its time", ours / seconds(costs))
            };
            println!(
                "    {:<10} {:7.3} s  ({best:.3}..{worst:.3})  processor {:6.2} s  memory {:5.0} MiB{ratio}",
                peer.name(job),
                seconds(costs),
                median_of(|cost| cost.processor),
                median_of(|cost| cost.memory),
            );
        }
    }

    /// One run. Ends the whole where anything of ours is missing or wrong; a peer that fails has no cost.
    fn run(&self, peer: Peer, job: Job, tag: &str) -> Option<Cost> {
        let local = self.work.join("fetched");
        fs::remove_dir_all(&local).ok();
        fs::create_dir_all(&local).unwrap();
        let remote = match job {
            Job::GetMany => format!("{}-source-many", self.base),
            Job::GetBig => format!("{}-source-big", self.base),
            Job::PutMany | Job::PutBig => format!("{}-{tag}", self.base),
            Job::List => "entries".into(),
        };
        let mut command = match peer {
            Peer::Twinport => self.twinport(job, &remote, &local),
            Peer::Lftp => self.lftp(job, &remote, &local),
            Peer::Curl => self.curl(job, &remote, &local),
            Peer::Wget => self.wget(&remote, &local),
        };
        let (well, cost) = cost_of(command.stdin(Stdio::null()).stdout(Stdio::null()));
        assert!(well || peer != Peer::Twinport, "twinport failed");
        let source = self.work.join("source");
        if well {
            match (job, self.root) {
                (Job::GetMany, _) => self.assert_many(&local),
                (Job::GetBig, _) => assert_same(&source.join("big.bin"), &local.join("big.bin")),
                (Job::PutMany, Some(root)) => self.assert_many(&root.join(&remote)),
                (Job::PutBig, Some(root)) => {
                    assert_same(&source.join("big.bin"), &root.join(&remote).join("big.bin"));
                }
                (Job::PutMany | Job::PutBig, None) | (Job::List, _) => {}
            }
        } else {
            eprintln!("    ({} failed)", peer.name(job));
        }
        if let (Job::PutMany | Job::PutBig, Some(root)) = (job, self.root)
            && !tag.starts_with("source")
        {
            fs::remove_dir_all(root.join(&remote)).ok();
        }
        well.then_some(cost)
    }

    fn twinport(&self, job: Job, remote: &str, local: &Path) -> Command {
        let source = self.work.join("source");
        let url = self.target.url.replace("ftp://", &format!("ftp://{}@", self.target.user));
        let mut command = Command::new(env!("CARGO_BIN_EXE_twinport"));
        command.arg("--profile").arg(self.work.join("profile")).env("TWINPORT_PASSWORD", &self.target.password);
        command.args(["-q", "--mode", &self.plan.mode]);
        if self.plan.connections > 0 {
            command.args(["--connections", &self.plan.connections.to_string()]);
        }
        if self.plan.tls {
            command.args(["--tls", "explicit", "--insecure"]);
        }
        match job {
            Job::GetMany => command.arg("get").arg(format!("{url}/{remote}/")).arg(local),
            Job::PutMany => {
                command.arg("put").arg(format!("{}/", source.join("many").display())).arg(format!("{url}/{remote}/"))
            }
            Job::GetBig => command.arg("get").arg(format!("{url}/{remote}/big.bin")).arg(local),
            Job::PutBig => command.arg("put").arg(source.join("big.bin")).arg(format!("{url}/{remote}/")),
            Job::List => command.arg("ls").arg(format!("{url}/{remote}/")),
        };
        command
    }

    fn lftp(&self, job: Job, remote: &str, local: &Path) -> Command {
        let source = self.work.join("source");
        let (many, big) = (source.join("many"), source.join("big.bin"));
        let (many, big, local) = (many.display(), big.display(), local.display());
        let work = match job {
            Job::GetMany => format!("mirror --parallel={PARALLEL} {remote} {local}"),
            Job::PutMany => format!("mirror -R --parallel={PARALLEL} {many} {remote}"),
            Job::GetBig => format!("get {remote}/big.bin -o {local}/big.bin"),
            Job::PutBig => format!("mkdir -p {remote}; put {big} -o {remote}/big.bin"),
            Job::List => format!("cls {remote}"),
        };
        let tls = if self.plan.tls {
            "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no"
        } else {
            "set ftp:ssl-allow no"
        };
        let Target { url, user, password } = self.target;
        let mut command = Command::new("lftp");
        command.env("LFTP_HOME", self.work.join("lftp")).arg("-c").arg(format!(
            "set cmd:fail-exit yes; {tls}; set net:max-retries 1; set net:timeout 20; set ftp:use-mode-z no; \
             open -u {user},{password} {url}; {work}"
        ));
        command
    }

    fn curl(&self, job: Job, remote: &str, local: &Path) -> Command {
        let Target { url, user, password } = self.target;
        let source = self.work.join("source");
        let mut config = format!("silent\nshow-error\nuser = \"{user}:{password}\"\n");
        if self.plan.tls {
            config.push_str("ssl-reqd\ninsecure\n");
        }
        if matches!(job, Job::GetMany | Job::PutMany) {
            config.push_str(&format!("parallel\nparallel-max = {PARALLEL}\n"));
        }
        let pairs: Vec<(PathBuf, String)> = match job {
            Job::GetMany | Job::PutMany => names(self.plan)
                .into_iter()
                .map(|name| (PathBuf::from(&name), format!("{url}/{remote}/{name}")))
                .collect(),
            Job::GetBig | Job::PutBig => vec![("big.bin".into(), format!("{url}/{remote}/big.bin"))],
            Job::List => vec![("listing".into(), format!("{url}/{remote}/"))],
        };
        for (name, url) in pairs {
            let line = match job {
                Job::GetMany | Job::GetBig | Job::List => {
                    format!("url = \"{url}\"\noutput = \"{}\"\n", local.join(name).display())
                }
                Job::PutMany => {
                    format!("url = \"{url}\"\nupload-file = \"{}\"\n", source.join("many").join(name).display())
                }
                Job::PutBig => format!("url = \"{url}\"\nupload-file = \"{}\"\n", source.join(name).display()),
            };
            config.push_str(&line);
        }
        let file = self.work.join("curl.conf");
        fs::write(&file, format!("{config}create-dirs\nftp-create-dirs\n")).unwrap();
        let mut command = Command::new("curl");
        command.arg("--disable").arg("--config").arg(file);
        command
    }

    fn wget(&self, remote: &str, local: &Path) -> Command {
        let Target { url, user, password } = self.target;
        let url = if self.plan.tls { url.replace("ftp://", "ftps://") } else { url.clone() };
        let mut command = Command::new("wget");
        command.args([
            "-q",
            "--no-config",
            "--no-check-certificate",
            "--tries=1",
            "--user",
            user,
            "--password",
            password,
        ]);
        command.arg("-O").arg(local.join("big.bin")).arg(format!("{url}/{remote}/big.bin"));
        command
    }

    fn assert_many(&self, found: &Path) {
        for (number, name) in names(self.plan).iter().enumerate() {
            let path = found.join(name);
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(bytes == noise(number, self.plan.file_bytes), "{} differs", path.display());
        }
    }
}

fn assert_same(left: &Path, right: &Path) {
    let open = |path: &Path| fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut a, mut b) = (open(left), open(right));
    assert_eq!(a.metadata().unwrap().len(), b.metadata().unwrap().len(), "{} has another size", right.display());
    let (mut x, mut y) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let length = a.read(&mut x).unwrap();
        if length == 0 {
            return;
        }
        b.read_exact(&mut y[..length]).unwrap();
        assert!(x[..length] == y[..length], "{} differs", right.display());
    }
}

/// Runs it to its end: whether it went well, and what it cost. Its memory is looked at every few milliseconds.
fn cost_of(command: &mut Command) -> (bool, Cost) {
    let processor = children_seconds();
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (done, watch) = std::sync::mpsc::channel::<()>();
    let watching = std::thread::spawn(move || {
        let mut peak = 0.0;
        // Its end is seen at once: it must not wait for us.
        while watch.recv_timeout(Duration::from_millis(4)) == Err(RecvTimeoutError::Timeout) {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
            peak = kib.map_or(peak, |kib| kib / 1024.0);
        }
        peak
    });
    let well = child.wait().unwrap().success();
    let seconds = began.elapsed().as_secs_f64();
    drop(done);
    let memory = watching.join().unwrap();
    (well, Cost { seconds, processor: children_seconds() - processor, memory })
}

/// Processor time of all programs that have ended, in user and kernel (proc(5): fields 16 and 17, in hundredths).
fn children_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { f64::midpoint(times[middle - 1], times[middle]) }
}
