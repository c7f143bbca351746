//! `cargo bench --bench peers`: Twinport's command line beside lftp and curl, on this machine, in one run. Every round runs
//! every program once, so that a busy moment hits all of them; what counts is the median. Each result is compared with what
//! was sent before its time counts.
//!
//! The servers are Debian's vsftpd and ProFTPD where `.ci/run` has unpacked them (Linux, root), or, with `TWINPORT_BENCH_URL`,
//! the one at that URL: its login directory must be writable, and keeps directories called `twinport-bench-…`.
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `TWINPORT_BENCH_URL` | `ftp://user:password@host:port` | the servers of the tests |
//! | `TWINPORT_BENCH_FILES` | small files, in 20 folders | 2000 |
//! | `TWINPORT_BENCH_FILE_BYTES` | bytes of each | 4096 |
//! | `TWINPORT_BENCH_BIG_MIB` | the big file, MiB; 0 = none | 1024 |
//! | `TWINPORT_BENCH_ROUNDS` | rounds | 3 |
//! | `TWINPORT_BENCH_CONNECTIONS` | of Twinport's and lftp's parallel runs | 4 |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(target_os = "linux")]
#[allow(dead_code, unreachable_pub)]
#[path = "../tests/common/servers.rs"]
mod servers;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

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
    for kind in [servers::Kind::Vsftpd, servers::Kind::ProFtpd] {
        let root = work.join("root");
        fs::create_dir_all(&root).unwrap();
        let server = servers::Server::start(&servers::Config::new(kind, &root));
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
    rounds: usize,
    connections: usize,
}

/// A server and a login.
struct Target {
    /// Scheme, host and port.
    url: String,
    user: String,
    password: String,
}

/// One of the four measurements.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    GetMany,
    PutMany,
    GetBig,
    PutBig,
}

/// A program, as it is asked to work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Twinport,
    Lftp,
    LftpParallel,
    Curl,
}

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
            rounds: number("ROUNDS", 3).max(1),
            connections: number("CONNECTIONS", 4).clamp(1, 32),
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
    const ALL: [Self; 4] = [Self::Twinport, Self::Lftp, Self::LftpParallel, Self::Curl];

    fn name(self, plan: &Plan) -> String {
        match self {
            Self::Twinport => "twinport".into(),
            Self::Lftp => "lftp".into(),
            Self::LftpParallel => format!("lftp -P{}", plan.connections),
            Self::Curl => "curl".into(),
        }
    }

    /// Whether it can do that at all. curl has no recursion: it is given every name, which is more than the others know.
    fn can(self, job: Job) -> bool {
        match self {
            Self::LftpParallel => matches!(job, Job::GetMany | Job::PutMany),
            Self::Twinport | Self::Lftp => true,
            Self::Curl => Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok(),
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
    // What is fetched must first be there; put there by the program under test, and compared where we can see it.
    bench.run(Peer::Twinport, Job::PutMany, "source-many");
    if plan.big_mib > 0 {
        bench.run(Peer::Twinport, Job::PutBig, "source-big");
    }
    let many = format!("{} files of {} bytes in {FOLDERS} folders", plan.files, plan.file_bytes);
    let big = format!("1 file of {} MiB", plan.big_mib);
    bench.compare(Job::GetMany, &format!("get {many}"));
    bench.compare(Job::PutMany, &format!("put {many}"));
    if plan.big_mib > 0 {
        bench.compare(Job::GetBig, &format!("get {big}"));
        bench.compare(Job::PutBig, &format!("put {big}"));
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
        let mut times = vec![Vec::new(); peers.len()];
        for round in 0..self.plan.rounds {
            for (at, peer) in peers.iter().enumerate() {
                times[at].push(self.run(*peer, job, &format!("{round}-{at}")));
            }
        }
        println!("  {title}");
        let ours = median(&times[0]);
        for (peer, times) in peers.iter().zip(&times) {
            let best = times.iter().copied().fold(f64::INFINITY, f64::min);
            let worst = times.iter().copied().fold(0.0, f64::max);
            let median = median(times);
            let ratio = if *peer == Peer::Twinport {
                String::new()
            } else {
                format!("   twinport takes {:.2} of its time", ours / median)
            };
            println!("    {:<10} {median:7.3} s  ({best:.3}..{worst:.3}){ratio}", peer.name(self.plan));
        }
    }

    /// One run; seconds. Fails where anything is missing or wrong.
    fn run(&self, peer: Peer, job: Job, tag: &str) -> f64 {
        let local = self.work.join("fetched");
        fs::remove_dir_all(&local).ok();
        fs::create_dir_all(&local).unwrap();
        let remote = match job {
            Job::GetMany => format!("{}-source-many", self.base),
            Job::GetBig => format!("{}-source-big", self.base),
            Job::PutMany | Job::PutBig => format!("{}-{tag}", self.base),
        };
        let mut command = match peer {
            Peer::Twinport => self.twinport(job, &remote, &local),
            Peer::Lftp => self.lftp(job, &remote, &local, 1),
            Peer::LftpParallel => self.lftp(job, &remote, &local, self.plan.connections),
            Peer::Curl => self.curl(job, &remote, &local),
        };
        let began = Instant::now();
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
        let took = began.elapsed().as_secs_f64();
        assert!(status.success(), "{} failed: {status}", peer.name(self.plan));
        let source = self.work.join("source");
        match (job, self.root) {
            (Job::GetMany, _) => self.assert_many(&local),
            (Job::GetBig, _) => assert_same(&source.join("big.bin"), &local.join("big.bin")),
            (Job::PutMany, Some(root)) => self.assert_many(&root.join(&remote)),
            (Job::PutBig, Some(root)) => assert_same(&source.join("big.bin"), &root.join(&remote).join("big.bin")),
            (_, None) => {}
        }
        if let (Job::PutMany | Job::PutBig, Some(root)) = (job, self.root)
            && !tag.starts_with("source")
        {
            fs::remove_dir_all(root.join(&remote)).unwrap();
        }
        took
    }

    fn twinport(&self, job: Job, remote: &str, local: &Path) -> Command {
        let source = self.work.join("source");
        let url = self.target.url.replace("ftp://", &format!("ftp://{}@", self.target.user));
        let mut command = Command::new(env!("CARGO_BIN_EXE_twinport"));
        command.arg("--profile").arg(self.work.join("profile")).env("TWINPORT_PASSWORD", &self.target.password);
        command.args(["-q", "--connections", &self.plan.connections.to_string()]);
        match job {
            Job::GetMany => command.arg("get").arg(format!("{url}/{remote}/")).arg(local),
            Job::PutMany => {
                command.arg("put").arg(format!("{}/", source.join("many").display())).arg(format!("{url}/{remote}/"))
            }
            Job::GetBig => command.arg("get").arg(format!("{url}/{remote}/big.bin")).arg(local),
            Job::PutBig => command.arg("put").arg(source.join("big.bin")).arg(format!("{url}/{remote}/")),
        };
        command
    }

    fn lftp(&self, job: Job, remote: &str, local: &Path, parallel: usize) -> Command {
        let source = self.work.join("source");
        let (many, big) = (source.join("many"), source.join("big.bin"));
        let (many, big, local) = (many.display(), big.display(), local.display());
        let work = match job {
            Job::GetMany => format!("mirror --parallel={parallel} {remote} {local}"),
            Job::PutMany => format!("mirror -R --parallel={parallel} {many} {remote}"),
            Job::GetBig => format!("get {remote}/big.bin -o {local}/big.bin"),
            Job::PutBig => format!("mkdir -p {remote}; put {big} -o {remote}/big.bin"),
        };
        let Target { url, user, password } = self.target;
        let mut command = Command::new("lftp");
        command.env("LFTP_HOME", self.work.join("lftp")).arg("-c").arg(format!(
            "set cmd:fail-exit yes; set ftp:ssl-allow no; set net:max-retries 1; set net:timeout 20; \
             open -u {user},{password} {url}; {work}"
        ));
        command
    }

    fn curl(&self, job: Job, remote: &str, local: &Path) -> Command {
        let Target { url, user, password } = self.target;
        let source = self.work.join("source");
        let mut config = format!("silent\nshow-error\nuser = \"{user}:{password}\"\n");
        let pairs: Vec<(PathBuf, String)> = match job {
            Job::GetMany | Job::PutMany => names(self.plan)
                .into_iter()
                .map(|name| (PathBuf::from(&name), format!("{url}/{remote}/{name}")))
                .collect(),
            Job::GetBig | Job::PutBig => vec![("big.bin".into(), format!("{url}/{remote}/big.bin"))],
        };
        for (name, url) in pairs {
            let line = match job {
                Job::GetMany | Job::GetBig => format!("url = \"{url}\"\noutput = \"{}\"\n", local.join(name).display()),
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

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { f64::midpoint(times[middle - 1], times[middle]) }
}
