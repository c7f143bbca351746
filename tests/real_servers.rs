//! The engine against vsftpd, ProFTPD, Pure-FTPd and libunftp, passive and active, IPv4 and IPv6: what a user does with
//! them, compared byte for byte on the server's own disk. Every combination runs every check that its server can serve;
//! the last one prints a table. How the engine treats broken servers is tested elsewhere, with scripted ones.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use common::face::{CONNECTION, Face, ended, fetch, on_exists, send, settings, site};
use common::files::{assert_same_file, assert_same_tree, make_sparse, make_tree, noise};
use common::servers::{self, Config, Kind, PASSWORD, Server, USER};
use common::unftp::{self, Unftp};
use tempfile::TempDir;
use twinport::domain::{EntryKind, Logon, Mode, ModeChange, RemotePath, Secret, Site, TransferMode};
use twinport::engine::message::{
    Answer, Command, ConflictPolicy, Event, FtpError, JobState, LocalTarget, Outcome, PermissionTarget, Question,
    QueueCommand, RemoteOperation, RemoteTarget,
};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Names that trip clients and servers: as files and as folders.
const ODD_NAMES: &[&[u8]] = &[
    b"with space",
    b"two  spaces",
    b" leading space",
    b"it's \"quoted\" ''\"\"",
    b"100% %41 %zz %",
    b"-rf",
    b"--help me",
    b"trailing dots...",
    b".hidden",
    b"semi;colon, comma=equals",
    b"[brackets] {braces} ?",
    b"~tilde",
    b"#hash & $HOME `x` | >",
    b"a -> b",
    b"12:30 Jan  5  2024 total 7",
    "zażółć gęślą jaźń".as_bytes(),
    "日本語のファイル 🚢".as_bytes(),
];

/// Names that some servers refuse or change: Pure-FTPd a backslash, and a space at the end in MKD (it makes `_` of it);
/// ProFTPD an asterisk in MKD.
const ODDER_NAMES: &[&[u8]] = &[b"back\\slash", b"trailing space ", b"*"];

/// Names that are no UTF-8; 0xFF is Telnet's escape, for which some servers want two.
const NO_UTF8: &[&[u8]] = &[b"caf\xe9 cr\xe8me", b"\x8d\xfd\xfe\xff \xe2\x82"];

/// A server by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Debian(Kind),
    Unftp,
}

/// What a check needs of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// SITE CHMOD.
    Chmod,
    /// Names are bytes to it.
    Bytes,
    /// It takes any name that its disk takes.
    OdderNames,
    /// It runs as a user of its own.
    User,
    /// MFMT.
    Times,
}

impl Peer {
    fn offers(self, needs: Needs) -> bool {
        match (self, needs) {
            (_, Needs::Nothing) | (Self::Unftp, Needs::OdderNames) => true,
            (Self::Debian(kind), Needs::OdderNames) => kind == Kind::Vsftpd,
            (Self::Unftp, _) => false,
            (Self::Debian(kind), Needs::Times) => kind != Kind::Vsftpd,
            (Self::Debian(_), _) => true,
        }
    }
}

/// A running server.
enum Running {
    Debian(Server),
    Unftp(Unftp),
}

impl Running {
    fn start(peer: Peer, root: &Path, ip: IpAddr) -> Self {
        match peer {
            Peer::Debian(kind) => Self::Debian(Server::start(&Config::new(kind, root).on(ip))),
            Peer::Unftp => Self::Unftp(Unftp::start_with(unftp::Config { ip, ..unftp::Config::new(root) })),
        }
    }

    fn addr(&self) -> SocketAddr {
        match self {
            Self::Debian(server) => server.addr(),
            Self::Unftp(server) => server.addr(),
        }
    }
}

/// A server, an engine connected to it, and a folder on either side.
struct Bench {
    peer: Peer,
    mode: Mode,
    site: Arc<Site>,
    home: RemotePath,
    face: Face,
    // Dropped after the engine: it says goodbye first.
    server: Running,
    served: TempDir,
    local: TempDir,
}

impl Bench {
    fn new(peer: Peer, mode: TransferMode, ip: IpAddr) -> Self {
        let served = open_folder();
        let server = Running::start(peer, served.path(), ip);
        let site = Arc::new(site(server.addr(), USER, mode));
        let (face, home) = connected(&site);
        let mode = if mode == TransferMode::Active { Mode::Active } else { Mode::Passive };
        Self { peer, mode, site, home, face, server, served, local: tempfile::tempdir().unwrap() }
    }

    /// A new engine and connection, for the check after one that failed.
    fn reconnect(&mut self) {
        (self.face, self.home) = connected(&self.site);
    }

    /// A folder on the server: its place on disk and its path.
    fn remote_dir(&self, name: &str) -> (PathBuf, RemotePath) {
        let dir = self.served.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        self.give(&dir);
        (dir, self.home.join(name.as_bytes()))
    }

    fn local_dir(&self, name: &str) -> PathBuf {
        let dir = self.local.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// To be called after files were put on the server's disk.
    fn give(&self, path: &Path) {
        if matches!(self.peer, Peer::Debian(_)) {
            servers::give_to_account(path).unwrap();
        }
    }

    fn fetch(&self, remote: &RemotePath, into: &Path) -> twinport::engine::message::Order {
        fetch(&self.site, remote.clone(), LocalTarget::Into(into.to_owned()))
    }

    fn send(&self, local: &Path, into: &RemotePath) -> twinport::engine::message::Order {
        send(&self.site, local, RemoteTarget::Into(into.clone()))
    }
}

/// A folder that other users may enter.
fn open_folder() -> TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

fn connected(site: &Arc<Site>) -> (Face, RemotePath) {
    let mut face = Face::start(settings(), None, PASSWORD);
    let home = face.connect(site, Some(Secret::from(PASSWORD))).unwrap();
    (face, home)
}

fn name(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}

// ---------------------------------------------------------------------------------------------------- the checks

type Check = fn(&mut Bench);

const CHECKS: &[(&str, Needs, Check)] = &[
    ("lists what is there", Needs::Nothing, lists_what_is_there),
    ("uploads a tree", Needs::Nothing, uploads_a_tree),
    ("downloads a tree", Needs::Nothing, downloads_a_tree),
    ("odd names go up", Needs::Nothing, odd_names_go_up),
    ("odd names come down", Needs::Nothing, odd_names_come_down),
    ("odder names", Needs::OdderNames, odder_names),
    ("names that are no UTF-8", Needs::Bytes, names_that_are_no_utf8),
    ("renames, never replaces", Needs::Nothing, renames_and_never_replaces),
    ("moves", Needs::Nothing, moves),
    ("deletes with everything in it", Needs::Nothing, deletes_with_everything_in_it),
    ("makes folders and files", Needs::Nothing, makes_folders_and_files),
    ("changes permissions", Needs::Chmod, changes_permissions),
    ("resumes a download", Needs::Nothing, resumes_a_download),
    ("resumes an upload", Needs::Nothing, resumes_an_upload),
    ("conflicts coming down", Needs::Nothing, conflicts_coming_down),
    ("conflicts going up", Needs::Nothing, conflicts_going_up),
    ("asks, and does as told", Needs::Nothing, asks_and_does_as_told),
    ("keeps times coming down", Needs::Nothing, keeps_times_coming_down),
    ("keeps times going up", Needs::Times, keeps_times_going_up),
    ("says what it may not read", Needs::User, says_what_it_may_not_read),
    ("says where it may not write", Needs::User, says_where_it_may_not_write),
    ("says what is not there", Needs::Nothing, says_what_is_not_there),
    ("cancelled downloads harm nothing", Needs::Nothing, cancelled_downloads_harm_nothing),
    ("cancelled uploads harm nothing", Needs::Nothing, cancelled_uploads_harm_nothing),
    ("data went the way it was told", Needs::Nothing, data_went_the_way_it_was_told),
];

fn lists_what_is_there(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("listing");
    fs::create_dir(disk.join("folder")).unwrap();
    fs::write(disk.join("file"), noise(1, 12_345)).unwrap();
    fs::write(disk.join("empty"), b"").unwrap();
    std::os::unix::fs::symlink("file", disk.join("link")).unwrap();
    bench.give(&disk);
    let listing = bench.face.list(&dir).unwrap();
    assert_eq!(listing.dir, dir);
    let mut seen: Vec<_> = listing.entries.iter().map(|e| (e.text(&bench.site.charset), e.kind, e.size)).collect();
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!((seen[0].0.as_str(), seen[0].1, seen[0].2), ("empty", EntryKind::File, Some(0)));
    assert_eq!((seen[1].0.as_str(), seen[1].1, seen[1].2), ("file", EntryKind::File, Some(12_345)));
    assert_eq!((seen[2].0.as_str(), seen[2].1), ("folder", EntryKind::Directory));
    assert_eq!(seen[3].0, "link");
    assert_eq!(seen.len(), 4);
    let recent = listing.entries.iter().all(|entry| entry.modified.is_some());
    assert!(recent, "every entry has a time: {:?}", listing.entries);
    assert!(bench.face.list(&dir.join(b"folder")).unwrap().entries.is_empty());
}

fn uploads_a_tree(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("up");
    let local = bench.local_dir("up").join("tree");
    make_tree(&local);
    let order = bench.send(&local, &dir);
    bench.face.transfer_well(vec![order]);
    assert_same_tree(&local, &disk.join("tree"));
}

fn downloads_a_tree(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("down");
    make_tree(&disk.join("tree"));
    bench.give(&disk);
    let local = bench.local_dir("down");
    let order = bench.fetch(&dir.join(b"tree"), &local);
    bench.face.transfer_well(vec![order]);
    assert_same_tree(&disk, &local);
}

fn make_odd(root: &Path, names: &[&[u8]]) {
    fs::create_dir_all(root).unwrap();
    for (at, bytes) in names.iter().enumerate() {
        fs::write(root.join(name(bytes)), noise(at as u64, 100 + at)).unwrap();
        let folder = root.join(name(&[b"folder/", *bytes].concat()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name(bytes)), noise(at as u64, 200 + at)).unwrap();
    }
}

fn odd_names_go_up(bench: &mut Bench) {
    odd_up(bench, "odd up", ODD_NAMES);
}

fn odd_names_come_down(bench: &mut Bench) {
    odd_down(bench, "odd down", ODD_NAMES);
}

fn odder_names(bench: &mut Bench) {
    odd_up(bench, "odder up", ODDER_NAMES);
    odd_down(bench, "odder down", ODDER_NAMES);
}

fn names_that_are_no_utf8(bench: &mut Bench) {
    odd_up(bench, "bytes up", NO_UTF8);
    odd_down(bench, "bytes down", NO_UTF8);
    let (disk, dir) = bench.remote_dir("bytes up");
    let from = dir.join(b"odd").join(NO_UTF8[0]);
    bench.face.manage(RemoteOperation::Rename { from: from.clone(), to: dir.join(NO_UTF8[1]) }).unwrap();
    assert!(disk.join(name(NO_UTF8[1])).exists());
    bench.face.manage(RemoteOperation::Remove(vec![(dir.join(b"odd"), EntryKind::Directory)])).unwrap();
    assert!(!disk.join("odd").exists());
}

fn odd_up(bench: &mut Bench, place: &str, names: &[&[u8]]) {
    let (disk, dir) = bench.remote_dir(place);
    let local = bench.local_dir(place).join("odd");
    make_odd(&local, names);
    let order = bench.send(&local, &dir);
    bench.face.transfer_well(vec![order]);
    assert_same_tree(&local, &disk.join("odd"));
}

fn odd_down(bench: &mut Bench, place: &str, names: &[&[u8]]) {
    let (disk, dir) = bench.remote_dir(place);
    make_odd(&disk.join("odd"), names);
    bench.give(&disk);
    let local = bench.local_dir(place);
    let order = bench.fetch(&dir.join(b"odd"), &local);
    bench.face.transfer_well(vec![order]);
    assert_same_tree(&disk, &local);
}

fn renames_and_never_replaces(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("rename");
    fs::write(disk.join("a"), b"a").unwrap();
    fs::write(disk.join("there"), b"there").unwrap();
    bench.give(&disk);
    let from = dir.join(b"a");
    bench.face.manage(RemoteOperation::Rename { from: from.clone(), to: dir.join(b"b \"2\"") }).unwrap();
    assert_eq!(fs::read(disk.join("b \"2\"")).unwrap(), b"a");
    assert!(!disk.join("a").exists());
    let refused = bench.face.manage(RemoteOperation::Rename { from: dir.join(b"b \"2\""), to: dir.join(b"there") });
    assert!(refused.is_err(), "a rename replaced a file");
    assert_eq!(fs::read(disk.join("there")).unwrap(), b"there");
    assert_eq!(fs::read(disk.join("b \"2\"")).unwrap(), b"a");
}

fn moves(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("move");
    fs::create_dir_all(disk.join("folder/inside")).unwrap();
    fs::create_dir(disk.join("target")).unwrap();
    fs::write(disk.join("file"), b"file").unwrap();
    bench.give(&disk);
    let items = vec![dir.join(b"file"), dir.join(b"folder")];
    bench.face.manage(RemoteOperation::Move { items, into: dir.join(b"target") }).unwrap();
    assert_eq!(fs::read(disk.join("target/file")).unwrap(), b"file");
    assert!(disk.join("target/folder/inside").is_dir());
    assert!(!disk.join("file").exists() && !disk.join("folder").exists());
}

fn deletes_with_everything_in_it(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("delete");
    make_tree(&disk.join("tree"));
    make_odd(&disk.join("tree/odd"), ODD_NAMES);
    fs::create_dir(disk.join("kept")).unwrap();
    fs::write(disk.join("kept/file"), b"kept").unwrap();
    // A link is removed, never followed.
    std::os::unix::fs::symlink("../kept", disk.join("tree/link")).unwrap();
    fs::write(disk.join("single"), b"single").unwrap();
    bench.give(&disk);
    let items = vec![(dir.join(b"tree"), EntryKind::Directory), (dir.join(b"single"), EntryKind::File)];
    bench.face.manage(RemoteOperation::Remove(items)).unwrap();
    assert!(!disk.join("tree").exists() && !disk.join("single").exists());
    assert_eq!(fs::read(disk.join("kept/file")).unwrap(), b"kept");
}

fn makes_folders_and_files(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("make");
    bench.face.manage(RemoteOperation::MakeDirectory(dir.join(b"new folder"))).unwrap();
    assert!(disk.join("new folder").is_dir());
    bench.face.manage(RemoteOperation::MakeFile(dir.join(b"new file"))).unwrap();
    assert_eq!(fs::read(disk.join("new file")).unwrap(), b"");
    fs::write(disk.join("full"), b"full").unwrap();
    bench.give(&disk);
    assert!(bench.face.manage(RemoteOperation::MakeFile(dir.join(b"full"))).is_err());
    assert_eq!(fs::read(disk.join("full")).unwrap(), b"full");
}

fn changes_permissions(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("chmod");
    fs::create_dir(disk.join("folder")).unwrap();
    fs::write(disk.join("folder/file"), b"x").unwrap();
    fs::write(disk.join("one file"), b"x").unwrap();
    bench.give(&disk);
    let mode = |path: &str| fs::metadata(disk.join(path)).unwrap().permissions().mode() & 0o777;
    let change = |path: &[u8], kind, mode, recursive| RemoteOperation::SetPermissions {
        items: vec![PermissionTarget { path: dir.join(path), kind, mode: None }],
        change: ModeChange::to(mode),
        recursive,
    };
    bench.face.manage(change(b"one file", EntryKind::File, 0o600, false)).unwrap();
    assert_eq!(mode("one file"), 0o600);
    bench.face.manage(change(b"folder", EntryKind::Directory, 0o750, true)).unwrap();
    assert_eq!((mode("folder"), mode("folder/file")), (0o750, 0o750));
}

fn resumes_a_download(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("resume down");
    let whole = noise(5, 900_000);
    fs::write(disk.join("file"), &whole).unwrap();
    bench.give(&disk);
    let local = bench.local_dir("resume down");
    fs::write(local.join("file"), &whole[..333_333]).unwrap();
    // The last 64 KiB come again and are compared.
    let rest = format!("REST {}", 333_333 - 64 * 1024);
    let before = bench.face.sent(&rest);
    let order = on_exists(bench.fetch(&dir.join(b"file"), &local), ConflictPolicy::Resume);
    bench.face.transfer_well(vec![order]);
    assert!(fs::read(local.join("file")).unwrap() == whole, "the resumed file differs");
    assert_eq!(bench.face.sent(&rest), before + 1, "not resumed\n{}", bench.face.log_end());
}

fn resumes_an_upload(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("resume up");
    let whole = noise(6, 900_000);
    fs::write(disk.join("file"), &whole[..333_333]).unwrap();
    bench.give(&disk);
    let local = bench.local_dir("resume up").join("file");
    fs::write(&local, &whole).unwrap();
    let before = bench.face.sent("REST 333333") + bench.face.sent("APPE");
    let order = on_exists(bench.send(&local, &dir), ConflictPolicy::Resume);
    bench.face.transfer_well(vec![order]);
    assert!(fs::read(disk.join("file")).unwrap() == whole, "the resumed file differs");
    let after = bench.face.sent("REST 333333") + bench.face.sent("APPE");
    assert_eq!(after, before + 1, "not resumed\n{}", bench.face.log_end());
}

/// A policy, the source's and the target's contents, whether the source is newer, and what the target is to hold then.
type Conflict = (ConflictPolicy, &'static [u8], &'static [u8], bool, &'static [u8], Outcome);

const CONFLICTS: &[Conflict] = &[
    (ConflictPolicy::Overwrite, b"new", b"old one", true, b"new", Outcome::Transferred),
    (ConflictPolicy::Skip, b"new", b"old one", true, b"old one", Outcome::Skipped),
    (ConflictPolicy::Size, b"new", b"old one", false, b"new", Outcome::Transferred),
    (ConflictPolicy::Size, b"new", b"old", true, b"old", Outcome::Skipped),
    (ConflictPolicy::Newer, b"new", b"old", true, b"new", Outcome::Transferred),
    (ConflictPolicy::Newer, b"new", b"old one", false, b"old one", Outcome::Skipped),
    (ConflictPolicy::Rename, b"new", b"old one", true, b"old one", Outcome::Transferred),
];

fn write_aged(path: &Path, bytes: &[u8], days: u64) {
    fs::write(path, bytes).unwrap();
    let then = SystemTime::now() - Duration::from_secs(days * 86_400);
    File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

fn conflicts_coming_down(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("conflict down");
    for (at, (policy, source, target, newer, wanted, outcome)) in CONFLICTS.iter().enumerate() {
        let file = format!("file{at}.txt");
        let local = bench.local_dir(&format!("conflict down {at}"));
        write_aged(&disk.join(&file), source, if *newer { 10 } else { 30 });
        write_aged(&local.join(&file), target, 20);
        bench.give(&disk);
        let order = on_exists(bench.fetch(&dir.join(file.as_bytes()), &local), *policy);
        let jobs = bench.face.transfer(vec![order]);
        assert_eq!(jobs[0].state, JobState::Done(*outcome), "{policy:?}\n{}", bench.face.log_end());
        assert_eq!(fs::read(local.join(&file)).unwrap(), *wanted, "{policy:?}");
        let beside = local.join(format!("file{at} (2).txt"));
        let names = fs::read_dir(&local).unwrap().count();
        if *policy == ConflictPolicy::Rename {
            assert_eq!(fs::read(beside).unwrap(), *source);
            assert_eq!(names, 2);
        } else {
            assert_eq!(names, 1, "{policy:?} left something behind");
        }
    }
}

fn conflicts_going_up(bench: &mut Bench) {
    for (at, (policy, source, target, newer, wanted, outcome)) in CONFLICTS.iter().enumerate() {
        let (disk, dir) = bench.remote_dir(&format!("conflict up {at}"));
        let local = bench.local_dir("conflict up").join("file.txt");
        write_aged(&local, source, if *newer { 10 } else { 30 });
        write_aged(&disk.join("file.txt"), target, 20);
        bench.give(&disk);
        let order = on_exists(bench.send(&local, &dir), *policy);
        let jobs = bench.face.transfer(vec![order]);
        assert_eq!(jobs[0].state, JobState::Done(*outcome), "{policy:?}\n{}", bench.face.log_end());
        assert_eq!(fs::read(disk.join("file.txt")).unwrap(), *wanted, "{policy:?}");
        let names = fs::read_dir(&disk).unwrap().count();
        if *policy == ConflictPolicy::Rename {
            assert_eq!(fs::read(disk.join("file (2).txt")).unwrap(), *source);
            assert_eq!(names, 2);
        } else {
            assert_eq!(names, 1, "{policy:?} left something behind");
        }
    }
}

fn asks_and_does_as_told(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("ask");
    let local = bench.local_dir("ask");
    fs::write(disk.join("a"), b"from the server").unwrap();
    fs::write(disk.join("b"), b"nobody asks about this one").unwrap();
    bench.give(&disk);
    fs::write(local.join("a"), b"mine").unwrap();
    let orders = vec![bench.fetch(&dir.join(b"a"), &local), bench.fetch(&dir.join(b"b"), &local)];
    bench.face.send(Command::Enqueue(orders));
    bench.face.until_state("a question, and the other file", |face| {
        !face.questions.is_empty() && face.jobs().any(|job| job.state == JobState::Done(Outcome::Transferred))
    });
    let Question::FileExists { source, target, .. } = &bench.face.questions[0].1 else {
        panic!("{:?}", bench.face.questions)
    };
    assert_eq!((source.size, target.size), (Some(15), Some(4)));
    assert_eq!(fs::read(local.join("a")).unwrap(), b"mine");
    bench.face.answer(Answer::OnExists { policy: ConflictPolicy::Overwrite, for_all: false });
    bench.face.until_still(Duration::from_secs(30));
    bench.face.take_ended();
    assert_eq!(fs::read(local.join("a")).unwrap(), b"from the server");
}

fn keeps_times_coming_down(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("times down");
    write_aged(&disk.join("file"), b"x", 400);
    bench.give(&disk);
    let local = bench.local_dir("times down");
    let order = bench.fetch(&dir.join(b"file"), &local);
    bench.face.transfer_well(vec![order]);
    assert_eq!(seconds(&local.join("file")), seconds(&disk.join("file")));
}

fn keeps_times_going_up(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("times up");
    let local = bench.local_dir("times up").join("file");
    write_aged(&local, b"x", 400);
    let order = bench.send(&local, &dir);
    bench.face.transfer_well(vec![order]);
    assert_eq!(seconds(&disk.join("file")), seconds(&local));
}

fn seconds(path: &Path) -> u64 {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn says_what_it_may_not_read(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("secret");
    fs::write(disk.join("open"), b"open").unwrap();
    bench.give(&disk);
    // Root's own.
    fs::write(disk.join("locked"), b"locked").unwrap();
    fs::set_permissions(disk.join("locked"), fs::Permissions::from_mode(0o600)).unwrap();
    let local = bench.local_dir("secret");
    let orders = vec![bench.fetch(&dir.join(b"locked"), &local), bench.fetch(&dir.join(b"open"), &local)];
    let jobs = bench.face.transfer(orders);
    assert!(matches!(jobs[0].state, JobState::Failed(_)), "{:?}", jobs[0].state);
    assert_eq!(jobs[1].state, JobState::Done(Outcome::Transferred));
    assert!(!local.join("locked").exists());
    assert_eq!(bench.face.sent("RETR").min(1), 1);
}

fn says_where_it_may_not_write(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("closed");
    std::os::unix::fs::chown(&disk, Some(0), Some(0)).unwrap();
    let local = bench.local_dir("closed").join("file");
    fs::write(&local, b"x").unwrap();
    let order = bench.send(&local, &dir);
    let jobs = bench.face.transfer(vec![order]);
    assert!(matches!(jobs[0].state, JobState::Failed(_)), "{:?}", jobs[0].state);
    let refused = bench.face.manage(RemoteOperation::MakeDirectory(dir.join(b"x")));
    assert!(matches!(refused, Err(FtpError::Refused { .. })), "{refused:?}");
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 0);
}

fn says_what_is_not_there(bench: &mut Bench) {
    let (_, dir) = bench.remote_dir("nothing");
    let local = bench.local_dir("nothing");
    let order = bench.fetch(&dir.join(b"missing"), &local);
    let jobs = bench.face.transfer(vec![order]);
    assert!(matches!(jobs[0].state, JobState::Failed(_)), "{:?}", jobs[0].state);
    assert_eq!(fs::read_dir(&local).unwrap().count(), 0);
    assert!(bench.face.list(&dir.join(b"missing")).is_err());
    assert!(bench.face.list(&dir).unwrap().entries.is_empty());
}

fn cancelled_downloads_harm_nothing(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("cancel down");
    File::create(disk.join("huge")).unwrap().set_len(4 << 30).unwrap();
    fs::write(disk.join("small"), b"small").unwrap();
    bench.give(&disk);
    let local = bench.local_dir("cancel down");
    let order = bench.fetch(&dir.join(b"huge"), &local);
    cancel_when_moving(bench, order);
    assert!(!local.join("huge").exists(), "a part of a file has its name");
    let order = bench.fetch(&dir.join(b"small"), &local);
    bench.face.transfer_well(vec![order]);
    assert_eq!(fs::read(local.join("small")).unwrap(), b"small");
    assert_eq!(bench.face.list(&dir).unwrap().entries.len(), 2);
    fs::remove_dir_all(local).unwrap();
    fs::remove_dir_all(disk).unwrap();
}

fn cancelled_uploads_harm_nothing(bench: &mut Bench) {
    let (disk, dir) = bench.remote_dir("cancel up");
    let local = bench.local_dir("cancel up");
    File::create(local.join("huge")).unwrap().set_len(4 << 30).unwrap();
    fs::write(local.join("small"), b"small").unwrap();
    let order = bench.send(&local.join("huge"), &dir);
    cancel_when_moving(bench, order);
    assert!(!disk.join("huge").exists(), "a part of a file has its name");
    let order = bench.send(&local.join("small"), &dir);
    bench.face.transfer_well(vec![order]);
    assert_eq!(fs::read(disk.join("small")).unwrap(), b"small");
    bench.face.list(&dir).unwrap();
    fs::remove_dir_all(local).unwrap();
    fs::remove_dir_all(disk).unwrap();
}

fn cancel_when_moving(bench: &mut Bench, order: twinport::engine::message::Order) {
    bench.face.moving = 0;
    bench.face.send(Command::Enqueue(vec![order]));
    bench.face.until_state("bytes to move", |face| face.moving > 0);
    let id = bench.face.jobs().next().unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Cancel(vec![id])));
    bench.face.until_state("the job to end", |face| face.jobs().all(|job| ended(&job.state)));
    let jobs = bench.face.take_ended();
    assert_eq!(jobs[0].state, JobState::Cancelled);
}

fn data_went_the_way_it_was_told(bench: &mut Bench) {
    let (_, dir) = bench.remote_dir("way");
    bench.face.list(&dir).unwrap();
    assert!(!bench.face.paths.is_empty());
    let server = bench.server.addr();
    for path in &bench.face.paths {
        assert_eq!(path.mode, bench.mode);
        assert_eq!((path.control.peer, path.peer.ip(), path.local.ip()), (server, server.ip(), server.ip()));
    }
}

// ---------------------------------------------------------------------------------------------------- the matrix

/// What became of one check of one combination.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Well,
    NotOffered,
    Failed,
}

type Column = (&'static str, Vec<Cell>);
static TABLE: Mutex<Vec<Column>> = Mutex::new(Vec::new());

fn run(combination: &'static str, peer: Peer, mode: TransferMode, ip: IpAddr) {
    if matches!(peer, Peer::Debian(_)) && !servers::ready() {
        return;
    }
    let mut bench = Bench::new(peer, mode, ip);
    let mut failures = Vec::new();
    let mut cells = Vec::new();
    for (title, needs, check) in CHECKS {
        if !peer.offers(*needs) {
            cells.push(Cell::NotOffered);
            continue;
        }
        let started = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| check(&mut bench)));
        println!("{combination}: {title}: {:?}", started.elapsed());
        match result {
            Ok(()) => cells.push(Cell::Well),
            Err(_) => {
                println!("FAILED in {combination}: {title}");
                failures.push(*title);
                cells.push(Cell::Failed);
                bench.reconnect();
            }
        }
    }
    note(combination, cells);
    assert!(failures.is_empty(), "{combination}: {failures:?}");
}

/// Keeps the result; the last of all prints the table, past the test harness, which hides what passing tests print.
fn note(combination: &'static str, cells: Vec<Cell>) {
    let mut table = TABLE.lock().unwrap();
    table.push((combination, cells));
    if table.len() < COMBINATIONS.len() {
        return;
    }
    table.sort_by_key(|(name, _)| COMBINATIONS.iter().position(|other| other == name));
    let mut text = String::from("\nReal servers (+ works, - not offered by the server, ! FAILED)\n");
    for (at, (name, _)) in table.iter().enumerate() {
        text += &format!("{:38}{}  {name}\n", "", "| ".repeat(at));
    }
    for (row, (title, _, _)) in CHECKS.iter().enumerate() {
        text += &format!("{title:38}");
        for (_, cells) in table.iter() {
            text += match cells[row] {
                Cell::Well => "+ ",
                Cell::NotOffered => "- ",
                Cell::Failed => "! ",
            };
        }
        text.push('\n');
    }
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

macro_rules! matrix {
    ($($name:ident: $peer:expr, $mode:expr, $ip:expr;)*) => {
        const COMBINATIONS: &[&str] = &[$(stringify!($name)),*];
        $(#[test] fn $name() { run(stringify!($name), $peer, $mode, $ip) })*
    };
}

matrix! {
    vsftpd_passive_ipv4: Peer::Debian(Kind::Vsftpd), TransferMode::Passive, V4;
    vsftpd_passive_ipv6: Peer::Debian(Kind::Vsftpd), TransferMode::Passive, V6;
    vsftpd_active_ipv4: Peer::Debian(Kind::Vsftpd), TransferMode::Active, V4;
    vsftpd_active_ipv6: Peer::Debian(Kind::Vsftpd), TransferMode::Active, V6;
    proftpd_passive_ipv4: Peer::Debian(Kind::ProFtpd), TransferMode::Passive, V4;
    proftpd_passive_ipv6: Peer::Debian(Kind::ProFtpd), TransferMode::Passive, V6;
    proftpd_active_ipv4: Peer::Debian(Kind::ProFtpd), TransferMode::Active, V4;
    proftpd_active_ipv6: Peer::Debian(Kind::ProFtpd), TransferMode::Active, V6;
    pureftpd_passive_ipv4: Peer::Debian(Kind::PureFtpd), TransferMode::Passive, V4;
    pureftpd_passive_ipv6: Peer::Debian(Kind::PureFtpd), TransferMode::Passive, V6;
    pureftpd_active_ipv4: Peer::Debian(Kind::PureFtpd), TransferMode::Active, V4;
    pureftpd_active_ipv6: Peer::Debian(Kind::PureFtpd), TransferMode::Active, V6;
    // Its PORT is for IPv4 alone, and it knows no EPRT.
    libunftp_passive_ipv4: Peer::Unftp, TransferMode::Passive, V4;
    libunftp_passive_ipv6: Peer::Unftp, TransferMode::Passive, V6;
    libunftp_active_ipv4: Peer::Unftp, TransferMode::Active, V4;
}

// ------------------------------------------------------------------------------------- once a server, or once at all

const PEERS: [Peer; 4] =
    [Peer::Debian(Kind::Vsftpd), Peer::Debian(Kind::ProFtpd), Peer::Debian(Kind::PureFtpd), Peer::Unftp];

/// Runs `check` for each server that is there.
fn on_each(check: impl Fn(Peer)) {
    let debian = servers::ready();
    for peer in PEERS.into_iter().filter(|peer| debian || *peer == Peer::Unftp) {
        check(peer);
    }
}

#[test]
fn a_wrong_password_is_refused_and_never_tried_again() {
    on_each(|peer| {
        let served = open_folder();
        let server = Running::start(peer, served.path(), V4);
        let site = Arc::new(site(server.addr(), USER, TransferMode::Passive));
        let mut face = Face::start(settings(), None, "wrong too");
        let refused = face.connect(&site, Some(Secret::from("wrong")));
        assert!(matches!(refused, Err(FtpError::LoginRefused(_) | FtpError::PasswordNeeded)), "{refused:?}");
        assert_eq!(face.sent("PASS"), 1, "{}", face.log_end());
        assert!(!face.log.iter().any(|line| line.text.contains("wrong")), "the log shows a password");
    });
}

#[test]
fn anonymous_may_read_and_not_write() {
    if !servers::ready() {
        return;
    }
    for kind in Kind::ALL {
        let served = open_folder();
        let server = Server::start(&Config::new(kind, served.path()));
        fs::write(served.path().join("file"), b"for all").unwrap();
        servers::give_to_account(served.path()).unwrap();
        let site = site(server.addr(), "", TransferMode::Passive);
        let site = Arc::new(Site { logon: Logon::Anonymous, ..site });
        let mut face = Face::start(settings(), None, "");
        let home = face.connect(&site, None).unwrap();
        let local = tempfile::tempdir().unwrap();
        let order = fetch(&site, home.join(b"file"), LocalTarget::Into(local.path().to_owned()));
        face.transfer_well(vec![order]);
        assert_eq!(fs::read(local.path().join("file")).unwrap(), b"for all");
        let order = send(&site, &local.path().join("file"), RemoteTarget::As(home.join(b"mine")));
        let jobs = face.transfer(vec![order]);
        assert!(matches!(jobs[0].state, JobState::Failed(_)), "{}: {:?}", kind.name(), jobs[0].state);
        assert!(!served.path().join("mine").exists());
    }
}

#[test]
fn automatic_falls_back_to_active_and_remembers_it() {
    if !servers::ready() {
        return;
    }
    let served = open_folder();
    fs::write(served.path().join("file"), noise(1, 100_000)).unwrap();
    let server = Server::start(&Config::new(Kind::Vsftpd, served.path()).with("pasv_enable=NO"));
    let site = Arc::new(site(server.addr(), USER, TransferMode::Auto));
    let (mut face, home) = connected(&site);
    assert_eq!(face.list(&home).unwrap().entries.len(), 1);
    assert_eq!(face.paths[0].mode, Mode::Active);
    face.until_state("what was learned", |face| face.learned.contains(&Mode::Active));
    let local = tempfile::tempdir().unwrap();
    face.transfer_well(vec![fetch(&site, home.join(b"file"), LocalTarget::Into(local.path().to_owned()))]);
    assert_same_tree(served.path(), local.path());
}

#[test]
fn active_mode_listens_in_the_port_range_of_the_settings() {
    if !servers::ready() {
        return;
    }
    let served = open_folder();
    make_tree(&served.path().join("tree"));
    let server = Server::start(&Config::new(Kind::ProFtpd, served.path()));
    let site = Arc::new(site(server.addr(), USER, TransferMode::Active));
    let range = (42_100, 42_180);
    let mut face =
        Face::start(twinport::store::settings::Settings { port_range: Some(range), ..settings() }, None, PASSWORD);
    let home = face.connect(&site, Some(Secret::from(PASSWORD))).unwrap();
    let local = tempfile::tempdir().unwrap();
    face.transfer_well(vec![fetch(&site, home.join(b"tree"), LocalTarget::Into(local.path().to_owned()))]);
    assert_same_tree(served.path(), local.path());
    assert!(!face.paths.is_empty());
    assert!(face.paths.iter().all(|path| (range.0..=range.1).contains(&path.local.port())));
}

#[test]
fn a_server_that_dies_leaves_no_half_file_under_its_name() {
    if !servers::ready() {
        return;
    }
    for kind in Kind::ALL {
        let served = open_folder();
        File::create(served.path().join("huge")).unwrap().set_len(4 << 30).unwrap();
        let server = Server::start(&Config::new(kind, served.path()));
        let site = Arc::new(site(server.addr(), USER, TransferMode::Passive));
        let (mut face, home) = connected(&site);
        let local = tempfile::tempdir().unwrap();
        let order = fetch(&site, home.join(b"huge"), LocalTarget::Into(local.path().to_owned()));
        face.send(Command::Enqueue(vec![order]));
        face.until_state("bytes to move", |face| face.moving > 0);
        drop(server);
        let what = face.until("the job to wait or fail", |event| match event {
            Event::Jobs(changes) => changes.iter().find_map(|change| match change {
                twinport::engine::message::JobChange::Changed {
                    state: state @ (JobState::Waiting { .. } | JobState::Failed(_)),
                    ..
                } => Some(state.clone()),
                _ => None,
            }),
            _ => None,
        });
        assert!(matches!(what, JobState::Waiting { .. }), "{}: a lost server is tried again: {what:?}", kind.name());
        assert!(!local.path().join("huge").exists());
    }
}

#[test]
fn a_paused_queue_stops_and_goes_on_where_it_was() {
    on_each(|peer| {
        let mut bench = Bench::new(peer, TransferMode::Passive, V4);
        let (disk, dir) = bench.remote_dir("pause");
        make_sparse(&disk.join("big"), 600 << 20);
        bench.give(&disk);
        let local = bench.local_dir("pause");
        let order = bench.fetch(&dir.join(b"big"), &local);
        bench.face.send(Command::Enqueue(vec![order]));
        bench.face.until_state("bytes to move", |face| face.moving > 0);
        bench.face.send(Command::Queue(QueueCommand::PauseAll));
        bench.face.until_state("the queue to stop", |face| {
            face.paused && face.jobs().all(|job| job.state != JobState::Running)
        });
        let whole = bench.face.jobs().all(|job| ended(&job.state));
        assert!(whole || !local.join("big").exists());
        bench.face.send(Command::Queue(QueueCommand::ResumeAll));
        bench.face.until_still(Duration::from_secs(120));
        assert_same_file(&disk.join("big"), &local.join("big"));
        assert!(whole || bench.face.sent("REST") > 0, "started over\n{}", bench.face.log_end());
    });
}

#[test]
fn a_sparse_file_of_3_gib_comes_down_whole() {
    if !servers::ready() {
        return;
    }
    let mut bench = Bench::new(Peer::Debian(Kind::Vsftpd), TransferMode::Passive, V4);
    let (disk, dir) = bench.remote_dir("large");
    make_sparse(&disk.join("large"), 3 << 30);
    bench.give(&disk);
    let local = bench.local_dir("large");
    let order = bench.fetch(&dir.join(b"large"), &local);
    bench.face.send(Command::Enqueue(vec![order]));
    bench.face.until_still(Duration::from_secs(600));
    assert_eq!(bench.face.take_ended()[0].state, JobState::Done(Outcome::Transferred));
    assert_same_file(&disk.join("large"), &local.join("large"));
}

#[test]
fn a_sparse_file_of_3_gib_goes_up_whole() {
    if !servers::ready() {
        return;
    }
    let mut bench = Bench::new(Peer::Debian(Kind::ProFtpd), TransferMode::Passive, V4);
    let (disk, dir) = bench.remote_dir("large");
    let local = bench.local_dir("large").join("large");
    make_sparse(&local, 3 << 30);
    let order = bench.send(&local, &dir);
    bench.face.send(Command::Enqueue(vec![order]));
    bench.face.until_still(Duration::from_secs(600));
    assert_eq!(bench.face.take_ended()[0].state, JobState::Done(Outcome::Transferred));
    assert_same_file(&local, &disk.join("large"));
}

#[test]
fn interrupting_a_listing_keeps_the_connection_usable() {
    on_each(|peer| {
        let mut bench = Bench::new(peer, TransferMode::Passive, V4);
        let (disk, dir) = bench.remote_dir("many");
        for at in 0..3000 {
            File::create(disk.join(format!("file {at}"))).unwrap();
        }
        bench.give(&disk);
        bench.face.send(Command::List { connection: CONNECTION, dir: dir.clone() });
        bench.face.send(Command::Interrupt { connection: CONNECTION });
        let home = bench.home.clone();
        // The first of the two may be answered or cancelled; the second must be answered.
        bench.face.send(Command::List { connection: CONNECTION, dir: home.clone() });
        bench.face.until("the second listing", |event| match event {
            Event::Listed { listing, complete: true, .. } if listing.dir == home => Some(()),
            Event::ListFailed { dir, error, .. } => {
                assert_eq!(error, &FtpError::Cancelled, "{dir}");
                None
            }
            _ => None,
        });
        assert_eq!(bench.face.list(&dir).unwrap().entries.len(), 3000);
    });
}
