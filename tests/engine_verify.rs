//! Transfers that are checked: by checksum, by size, by the server's word; damaged on the way, onto full disks, from
//! sources that change; and that no old file is lost before the new one is whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::Arc;

use common::bench::{Bench, only, parts};
use common::exchange::noise;
use common::face::{Face, fetch, on_exists, settings};
use common::ftp_server::{Fault, FtpServer, Node, SOME_TIME};
use tempfile::TempDir;
use twinport::domain::{RemotePath, Site, SiteId};
use twinport::engine::message::{
    Command, ConflictPolicy, Event, JobError, JobState, LocalTarget, LogKind, Outcome, QueueCommand, Settings,
};
use twinport::store::settings::{Flush, Verify};

fn hashing() -> Settings {
    Settings { verify: Verify::Hash, retry_delay_seconds: 0, connections: 1, ..settings() }
}

fn once(verify: Verify) -> Settings {
    Settings { verify, retries: 0, connections: 1, ..settings() }
}

fn sha256(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server with HASH that says this of any file.
fn with_hash(server: FtpServer, sum: &str) -> FtpServer {
    server.feature("HASH SHA-256*").on("HASH", &format!("213 SHA-256 0-9 {sum} x"))
}

fn file(data: &[u8], modified: i64) -> Node {
    Node::File { data: data.to_vec(), modified, mode: 0o644 }
}

fn notes(face: &Face, words: &str) -> usize {
    face.log.iter().filter(|line| line.kind == LogKind::Note && line.text.contains(words)).count()
}

// --- checksums ---

#[test]
fn checksums_that_agree_cost_one_command_each_way() {
    let data = noise(300_000);
    let server = with_hash(FtpServer::start().file("/a", data.clone()), &sha256(&data));
    let mut bench = Bench::with(&server, hashing());
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert!(fs::read(bench.path("a")).unwrap() == data);
    server.assert_heard_in_order(&["RETR /a", "HASH /a"]);
    fs::rename(bench.path("a"), bench.path("b")).unwrap();
    bench.face.transfer_well(vec![bench.send("b", "/")]);
    assert!(server.content("/b").unwrap() == data);
    let heard = server.transcript();
    let at = |verb: &str| heard.iter().rposition(|line| line.starts_with(verb)).unwrap();
    assert!(at("STOR") < at("HASH") && at("HASH") < at("RNFR"), "checked before it gets its name: {heard:#?}");
    assert_eq!(server.count("HASH"), 2);
}

#[test]
fn a_download_damaged_on_its_way_is_fetched_once_more_and_never_replaces_what_is_here() {
    let data = noise(300_000);
    let wrong = sha256(b"something else");
    // The second time it agrees.
    let server = with_hash(FtpServer::start().file("/a", data.clone()), &sha256(&data)).on_nth(
        "HASH",
        1,
        &format!("213 SHA-256 0-9 {wrong} a"),
    );
    let mut bench = Bench::with(&server, once(Verify::Hash));
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert!(fs::read(bench.path("a")).unwrap() == data);
    assert_eq!(server.count("RETR"), 2);
    assert_eq!(notes(&bench.face, "what arrived is not what was sent"), 1);

    // It never does.
    let server = with_hash(FtpServer::start().file("/a", data), &wrong);
    let mut bench = Bench::with(&server, hashing());
    fs::write(bench.path("a"), "the old one").unwrap();
    let order = on_exists(bench.fetch("/a"), ConflictPolicy::Overwrite);
    let jobs = bench.face.transfer(vec![order]);
    let JobState::Failed(error @ JobError::Corrupted { .. }) = &only(&jobs).state else { panic!("{jobs:?}") };
    assert!(error.explain().line().contains(&wrong), "{}", error.explain().line());
    assert_eq!(fs::read(bench.path("a")).unwrap(), b"the old one");
    assert_eq!(bench.names(), ["a"], "what is damaged is not kept");
    assert_eq!(server.count("RETR"), 2, "twice, not for ever");
}

#[test]
fn an_upload_damaged_on_its_way_is_sent_once_more_and_never_replaces_what_is_there() {
    let data = noise(300_000);
    let wrong = sha256(b"something else");
    let server = with_hash(FtpServer::start().file("/a", "the old one"), &sha256(&data)).on_nth(
        "HASH",
        1,
        &format!("213 SHA-256 0-9 {wrong} a"),
    );
    let mut bench = Bench::with(&server, once(Verify::Hash));
    fs::write(bench.path("a"), &data).unwrap();
    bench.face.transfer_well(vec![on_exists(bench.send("a", "/"), ConflictPolicy::Overwrite)]);
    assert!(server.content("/a").unwrap() == data);
    assert_eq!(server.count("STOR"), 2);

    let server = with_hash(FtpServer::start().file("/a", "the old one"), &wrong);
    let mut bench = Bench::with(&server, hashing());
    fs::write(bench.path("a"), &data).unwrap();
    let order = on_exists(bench.send("a", "/"), ConflictPolicy::Overwrite);
    let jobs = bench.face.transfer(vec![order]);
    assert!(matches!(only(&jobs).state, JobState::Failed(JobError::Corrupted { .. })), "{jobs:?}");
    assert_eq!(server.content("/a").unwrap(), b"the old one");
    assert_eq!(server.paths(), ["/", "/a"], "what is damaged is not kept");
    assert_eq!(server.count("STOR"), 2, "twice, not for ever");
}

/// Said once, however many files there are.
#[test]
fn where_no_checksum_comes_sizes_do_and_it_is_said_once() {
    for server in [FtpServer::start(), FtpServer::start().feature("HASH SHA-256*").on("HASH", "502 Not implemented.")] {
        let server = server.file("/d/a", "1").file("/d/b", "2").file("/d/c", "3");
        let mut bench = Bench::with(&server, hashing());
        bench.face.send(Command::Enqueue(vec![bench.fetch("/d")]));
        let mut notices = Vec::new();
        let mut done = 0;
        bench.face.until("three files", |event| {
            match event {
                Event::Notice(text) => notices.push(text.line()),
                Event::Jobs(changes) => {
                    let ended = |change: &&twinport::engine::message::JobChange| {
                        matches!(
                            change,
                            twinport::engine::message::JobChange::Changed {
                                state: JobState::Done(Outcome::Transferred),
                                ..
                            }
                        )
                    };
                    done += changes.iter().filter(ended).count();
                }
                _ => {}
            }
            (done == 3 && !notices.is_empty()).then_some(())
        });
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("sizes are compared"), "{notices:?}");
        assert!(server.count("HASH") <= 1);
    }
}

#[test]
fn the_servers_word_is_enough_where_the_user_says_so() {
    let server = FtpServer::start().file_at("/a", noise(2000), SOME_TIME).on("SIZE", "213 5000");
    let server = server.without(&["MLST", "MLSD"]);
    let mut bench = Bench::with(&server, once(Verify::Size));
    let jobs = bench.face.transfer(vec![bench.fetch("/a")]);
    assert!(matches!(only(&jobs).state, JobState::Failed(_)), "{jobs:?}");
    let mut bench = Bench::with(&server, once(Verify::None));
    bench.face.transfer_well(vec![bench.fetch("/a")]);
    assert_eq!(fs::read(bench.path("a")).unwrap().len(), 2000);
}

// --- names, modes, old files ---

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_is_there_until_the_new_one_is_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = noise(2_000_000);
    for flush in [Flush::Never, Flush::Large, Flush::Always] {
        let server = FtpServer::start().file("/a", data.clone());
        let mut bench = Bench::with(&server, Settings { flush, ..once(Verify::Size) });
        fs::write(bench.path("a"), "the old one").unwrap();
        fs::set_permissions(bench.path("a"), fs::Permissions::from_mode(0o750)).unwrap();
        server.add_fault(Fault::PauseData { verb: "RETR", after: 1_000_000 }, Some(1));
        bench.face.send(Command::Enqueue(vec![on_exists(bench.fetch("/a"), ConflictPolicy::Overwrite)]));
        bench.face.until_state("half of it", |face| face.moving >= 500_000);
        assert_eq!(fs::read(bench.path("a")).unwrap(), b"the old one");
        server.release();
        bench.face.until_state("its end", Face::is_still);
        assert!(fs::read(bench.path("a")).unwrap() == data, "{flush:?}");
        let mode = fs::metadata(bench.path("a")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o750, "{flush:?}");
        server.hold_again();
    }
}

/// IIS replaces nothing: the old file goes only when the new one is whole and checked.
#[test]
fn a_server_that_replaces_nothing_loses_the_old_file_last() {
    let data = noise(300_000);
    let server = with_hash(FtpServer::start().file("/a", "the old one"), &sha256(&data)).on_nth(
        "RNTO",
        1,
        "550 Cannot create a file when that file already exists.",
    );
    let mut bench = Bench::with(&server, once(Verify::Hash));
    fs::write(bench.path("a"), &data).unwrap();
    bench.face.transfer_well(vec![on_exists(bench.send("a", "/"), ConflictPolicy::Overwrite)]);
    assert!(server.content("/a").unwrap() == data);
    assert_eq!(server.paths(), ["/", "/a"]);
    let verbs: Vec<String> = server.transcript().iter().map(|line| line.split(' ').next().unwrap().into()).collect();
    let wanted = ["STOR", "HASH", "RNFR", "RNTO", "DELE", "RNFR", "RNTO"];
    let from = verbs.iter().position(|verb| verb == "STOR").unwrap();
    assert_eq!(verbs[from..from + wanted.len()], wanted);
}

#[test]
fn a_new_file_that_never_gets_its_name_is_kept_told_and_only_renamed_by_the_next_try() {
    let data = noise(300_000);
    let server = FtpServer::start().file("/a", "the old one").on_nth("RNTO", 1, "550 File exists.").on_nth(
        "RNTO",
        2,
        "553 Not today.",
    );
    let mut bench = Bench::with(&server, once(Verify::Size));
    fs::write(bench.path("a"), &data).unwrap();
    let jobs = bench.face.transfer(vec![on_exists(bench.send("a", "/"), ConflictPolicy::Overwrite)]);
    let JobState::Failed(error @ JobError::Unnamed { .. }) = &only(&jobs).state else { panic!("{jobs:?}") };
    let part = parts(&server);
    assert_eq!(part.len(), 1, "the only copy on the server");
    assert!(server.content(&part[0]).unwrap() == data);
    let words = error.explain().line();
    assert!(words.contains(&part[0]) && words.contains("Not today"), "{words}");

    let sent = server.count("STOR");
    bench.face.transfer_well(vec![on_exists(bench.send("a", "/"), ConflictPolicy::Overwrite)]);
    assert!(server.content("/a").unwrap() == data);
    assert_eq!(server.paths(), ["/", "/a"]);
    assert_eq!(server.count("STOR"), sent, "no byte twice");
}

#[test]
fn what_may_not_be_deleted_is_not_lost_by_trying() {
    let server =
        FtpServer::start().file("/a", "the old one").on("RNTO", "450 Busy.").on("DELE", "550 Permission denied.");
    let mut bench = Bench::with(&server, once(Verify::Size));
    fs::write(bench.path("a"), noise(300_000)).unwrap();
    let jobs = bench.face.transfer(vec![on_exists(bench.send("a", "/"), ConflictPolicy::Overwrite)]);
    assert!(matches!(only(&jobs).state, JobState::Failed(_)));
    assert_eq!(server.content("/a").unwrap(), b"the old one");
    server.assert_never_heard("DELE /a");
}

/// It was not there when the upload began, so nobody was asked.
#[test]
fn a_file_that_appears_while_another_is_sent_there_is_not_replaced_unasked() {
    let server = FtpServer::start()
        .fault_times(Fault::PauseData { verb: "STOR", after: 100_000 }, 1)
        .on("RNTO", "550 File exists.");
    let mut bench = Bench::with(&server, once(Verify::Size));
    fs::write(bench.path("a"), noise(300_000)).unwrap();
    bench.face.send(Command::Enqueue(vec![bench.send("a", "/")]));
    bench.face.until_state("a part of it", |face| face.moving > 0);
    server.put("/a", file(b"somebody else's", SOME_TIME));
    server.release();
    bench.face.until_state("its end", Face::is_still);
    assert!(matches!(only(&bench.face.take_ended()).state, JobState::Failed(_)));
    assert_eq!(server.content("/a").unwrap(), b"somebody else's");
    assert_eq!(parts(&server).len(), 1, "what was sent is kept");
}

// --- sources that change ---

#[test]
fn a_part_of_an_old_version_is_kept_until_the_new_one_is_whole_and_goes_then() {
    let server = FtpServer::start()
        .file_at("/big", noise(300_000), SOME_TIME)
        .fault_times(Fault::CloseData { verb: "RETR", after: 100_000 }, 1);
    let mut bench = Bench::with(&server, once(Verify::Size));
    assert!(matches!(only(&bench.face.transfer(vec![bench.fetch("/big")])).state, JobState::Failed(_)));
    let old = bench.names();
    assert_eq!(old.len(), 1);

    let anew = noise(400_000);
    server.put("/big", file(&anew, SOME_TIME + 60));
    server.add_fault(Fault::PauseData { verb: "RETR", after: 200_000 }, Some(1));
    bench.face.send(Command::Enqueue(vec![bench.fetch("/big")]));
    bench.face.until_state("half of the new one", |face| face.moving > 0);
    assert!(bench.names().contains(&old[0]), "{:?}", bench.names());
    server.release();
    bench.face.until_state("its end", Face::is_still);
    assert!(fs::read(bench.path("big")).unwrap() == anew);
    assert_eq!(bench.names(), ["big"]);
}

#[test]
fn the_same_on_the_server() {
    let server = FtpServer::start().fault_times(Fault::ResetData { verb: "STOR", after: 500_000 }, 1);
    let mut bench = Bench::with(&server, once(Verify::Size));
    fs::write(bench.path("big"), noise(3_000_000)).unwrap();
    assert!(matches!(only(&bench.face.transfer(vec![bench.send("big", "/")])).state, JobState::Failed(_)));
    let old = parts(&server);
    assert_eq!(old.len(), 1);
    let anew = noise(2_000_000);
    fs::write(bench.path("big"), &anew).unwrap();
    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert!(server.content("/big").unwrap() == anew);
    assert_eq!(server.paths(), ["/", "/big"]);
    let heard = server.transcript();
    let at = |line: &str| heard.iter().position(|heard| heard.starts_with(line)).unwrap();
    assert!(at("RNTO /big") < at(&format!("DELE {}", old[0])), "{heard:#?}");
}

/// Same size, another content: only the time tells.
#[test]
fn a_source_that_changes_while_it_is_sent_is_found_out_and_sent_again() {
    let data = noise(3_000_000);
    let server = FtpServer::start()
        .file("/big", "the old one")
        .fault_times(Fault::PauseData { verb: "STOR", after: 1_000_000 }, 1);
    let mut bench = Bench::with(&server, Settings { retries: 1, retry_delay_seconds: 0, connections: 1, ..settings() });
    fs::write(bench.path("big"), &data).unwrap();
    bench.face.send(Command::Enqueue(vec![on_exists(bench.send("big", "/"), ConflictPolicy::Overwrite)]));
    bench.face.until_state("a part of it", |face| face.moving > 0);
    let mut anew = data;
    anew.reverse();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    fs::write(bench.path("big"), &anew).unwrap();
    fs::File::options().write(true).open(bench.path("big")).unwrap().set_modified(later).unwrap();
    server.release();
    bench.face.until_state("its end", Face::is_still);
    let jobs = bench.face.take_ended();
    assert_eq!(only(&jobs).state, JobState::Done(Outcome::Transferred));
    assert!(server.content("/big").unwrap() == anew, "not half of each");
    assert_eq!(server.paths(), ["/", "/big"], "half of two versions is not kept");
    assert_eq!(server.count("RNTO"), 1, "what changed got no name");
    assert!(bench.face.log.iter().any(|line| line.kind == LogKind::Error && line.text.contains("changed while")));
}

/// A server that lost power may have a part's length, and zeros at its end.
#[test]
fn a_part_whose_end_is_not_the_sources_is_not_continued() {
    let data = noise(3_000_000);
    let server = FtpServer::start().fault_times(Fault::ResetData { verb: "STOR", after: 500_000 }, 1);
    let mut bench = Bench::with(&server, once(Verify::Size));
    fs::write(bench.path("big"), &data).unwrap();
    assert!(matches!(only(&bench.face.transfer(vec![bench.send("big", "/")])).state, JobState::Failed(_)));
    let part = parts(&server).remove(0);
    let mut damaged = server.content(&part).unwrap();
    let length = damaged.len();
    damaged[length - 1000..].fill(0);
    server.put(&part, file(&damaged, SOME_TIME));
    bench.face.transfer_well(vec![bench.send("big", "/")]);
    assert!(server.content("/big").unwrap() == data);
    assert_eq!(server.paths(), ["/", "/big"]);
}

// --- full disks ---

/// A disk of so many KiB; `None` (said) where this user may make none.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn of(kib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let made = Program::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "twinport-test"])
            .arg(folder.path())
            .output();
        if made.is_ok_and(|made| made.status.success()) {
            return Some(Self { folder });
        }
        eprintln!("skipped: a small disk can only be made by root (mount -t tmpfs)");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Program::new("umount").arg("-l").arg(self.folder.path()).output().ok();
    }
}

fn site(server: &FtpServer) -> Arc<Site> {
    Arc::new(Site { id: SiteId(7), ..server.site() })
}

fn waits_for_room(face: &Face) -> bool {
    face.jobs().any(|job| matches!(&job.state, JobState::Waiting { error, .. } if error.lacks_room()))
}

#[test]
fn what_does_not_fit_waits_says_so_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::of(1024) else { return };
    let data = noise(800_000);
    let server = FtpServer::start().file("/big", data.clone()).file("/small", "fits").file("/elsewhere", data.clone());
    let other = tempfile::tempdir().unwrap();
    fs::write(disk.path("ballast"), noise(500_000)).unwrap();
    // One retry: to wait is none.
    let mut face = Face::start(Settings { retries: 1, connections: 1, ..settings() }, None, "password");
    let to =
        |name: &str, folder: &Path| fetch(&site(&server), RemotePath::from(name), LocalTarget::Into(folder.to_owned()));
    face.send(Command::Enqueue(vec![
        to("/big", disk.folder.path()),
        to("/small", disk.folder.path()),
        to("/elsewhere", other.path()),
    ]));
    face.until_state("the others done, one waiting", |face| {
        waits_for_room(face) && face.jobs().filter(|job| job.state == JobState::Done(Outcome::Transferred)).count() == 2
    });
    assert_eq!(server.count("RETR /big"), 0, "nothing is fetched that has no room");
    assert!(!disk.path("big").exists());
    let words = face.log.iter().filter(|line| line.text.contains("free on")).count();
    assert_eq!(words, 1, "said once");
    let line = face.log.iter().find(|line| line.text.contains("free on")).unwrap().text.clone();
    assert!(line.contains("needs 781.2 KiB") && line.contains(&disk.folder.path().display().to_string()), "{line}");

    fs::remove_file(disk.path("ballast")).unwrap();
    face.until_state("the last one done", Face::is_still);
    assert!(fs::read(disk.path("big")).unwrap() == data);
}

/// Somebody else fills the disk meanwhile.
#[test]
fn a_disk_that_fills_in_the_middle_stops_one_job_and_not_a_byte_is_wrong_after() {
    let Some(disk) = Disk::of(1024) else { return };
    let data = noise(800_000);
    let server = FtpServer::start()
        .file_at("/big", data.clone(), SOME_TIME)
        .fault_times(Fault::PauseData { verb: "RETR", after: 200_000 }, 1);
    let mut face = Face::start(Settings { retries: 1, connections: 1, ..settings() }, None, "password");
    let order = fetch(&site(&server), RemotePath::from("/big"), LocalTarget::Into(disk.folder.path().to_owned()));
    face.send(Command::Enqueue(vec![order]));
    face.until_state("a part of it", |face| face.moving > 0);
    fs::write(disk.path("ballast"), noise(600_000)).unwrap();
    server.release();
    face.until_state("a full disk", waits_for_room);
    assert!(!disk.path("big").exists());
    fs::remove_file(disk.path("ballast")).unwrap();
    face.until_state("its end", Face::is_still);
    assert!(fs::read(disk.path("big")).unwrap() == data);
    assert!(server.transcript().iter().any(|line| line.starts_with("REST ")), "it went on where it stopped");
    assert_eq!(fs::read_dir(disk.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_full_server_holds_back_its_uploads_and_nothing_else() {
    let server = FtpServer::start().file("/down", "yes").on("STOR", "452 Insufficient storage space.");
    let mut bench = Bench::with(&server, Settings { connections: 1, ..hashing() });
    let names: Vec<String> = (0..50).map(|number| format!("{number:02}")).collect();
    for name in &names {
        fs::write(bench.path(name), "x").unwrap();
    }
    let mut orders: Vec<_> = names.iter().map(|name| bench.send(name, "/")).collect();
    orders.push(bench.fetch("/down"));
    bench.face.send(Command::Enqueue(orders));
    bench.face.until_state("an upload that waits, and the download done", |face| {
        waits_for_room(face) && face.jobs().any(|job| job.state == JobState::Done(Outcome::Transferred))
    });
    assert!(!bench.face.jobs().any(|job| matches!(job.state, JobState::Failed(_))));
    assert_eq!(server.count("STOR"), 1, "the others are not refused one after another");
    let told = bench.face.log.iter().filter(|line| line.kind == LogKind::Error).count();
    assert_eq!(told, 1);

    // There is room now; the user need not wait for us to find out.
    server.clear_rules();
    let waiting = bench.face.jobs().find(|job| matches!(job.state, JobState::Waiting { .. })).unwrap().id;
    bench.face.send(Command::Queue(QueueCommand::Pause(vec![waiting])));
    bench.face.until_state("a pause", |face| face.jobs().any(|job| job.state == JobState::Paused));
    bench.face.send(Command::Queue(QueueCommand::Resume(vec![waiting])));
    bench.face.until_state("all done", Face::is_still);
    for name in &names {
        assert_eq!(server.content(format!("/{name}")).unwrap(), b"x");
    }
}

// --- a real server ---

#[cfg(target_os = "linux")]
mod proftpd {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpStream;

    use twinport::domain::{Secret, TransferMode};
    use twinport::engine::message::{RemoteTarget, What};
    use twinport::ftp::checksum::{methods, read};
    use twinport::ftp::features::Features;
    use twinport::ftp::reply::Reply;
    use twinport::net::session::{Hashed, Session};
    use twinport::net::terms::{ActiveMode, Dial, Timeouts, TlsTerms};
    use twinport::net::wait::Cancel;

    use super::common::face::{self, send};
    use super::common::servers::{self, Config, Kind, PASSWORD, Server, USER};
    use super::*;

    /// Lines to a server, replies back.
    struct Wire(BufReader<TcpStream>);

    impl Wire {
        fn ask(&mut self, line: &str) -> Reply {
            self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
            self.reply()
        }

        fn reply(&mut self) -> Reply {
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                self.0.read_line(&mut line).unwrap();
                let line = line.trim_end().to_owned();
                let last = line.as_bytes().get(3) == Some(&b' ') && line.as_bytes()[..3].iter().all(u8::is_ascii_digit);
                let text = if lines.is_empty() || last { line.get(4..).unwrap_or_default() } else { line.as_str() };
                lines.push(text.to_owned());
                if last {
                    return Reply { code: line[..3].parse().unwrap(), lines };
                }
            }
        }
    }

    #[test]
    fn all_of_proftpds_ways_to_tell_a_checksum_are_understood_and_agree_with_ours() {
        if !servers::ready() {
            return;
        }
        let served = tempfile::tempdir().unwrap();
        let data = noise(3_000_000);
        fs::write(served.path().join("a b.bin"), &data).unwrap();
        let server = Server::start(&Config::new(Kind::ProFtpd, served.path()).digesting());
        let mut wire = Wire(BufReader::new(TcpStream::connect(server.addr()).unwrap()));
        wire.reply();
        assert_eq!(wire.ask(&format!("USER {USER}")).code, 331);
        assert_eq!(wire.ask(&format!("PASS {PASSWORD}")).code, 230);
        wire.ask("TYPE I");
        let features = Features::parse(&wire.ask("FEAT"));
        let offered = methods(&features);
        let mut seen = Vec::new();
        for method in &offered {
            if let Some(option) = &method.option {
                assert_eq!(wire.ask(&format!("OPTS HASH {option}")).code, 200, "{option}");
            }
            let mut reply = wire.ask(&format!("{} /a b.bin", method.verb));
            if reply.code == 501 {
                reply = wire.ask(&format!("{} \"/a b.bin\"", method.verb));
            }
            let sum = read(method, &reply, b"/a b.bin").unwrap_or_else(|| panic!("{method:?}: {reply:?}"));
            // Each algorithm in two dialects or more.
            seen.push((method.verb, sum));
        }
        let verbs: Vec<&str> = seen.iter().map(|(verb, _)| *verb).collect();
        for verb in ["HASH", "MD5", "XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512"] {
            assert!(verbs.contains(&verb), "{verbs:?}");
        }
        for (verb, sum) in &seen {
            for (other, of_other) in &seen {
                let same = sum.algorithm != of_other.algorithm || sum == of_other;
                assert!(same, "{verb}: {sum}, {other}: {of_other}");
            }
        }
        let ours = sha256(&data);
        assert!(seen.iter().any(|(_, sum)| sum.to_string() == format!("SHA-256 {ours}")), "{seen:?}");
        let crc = format!("CRC-32 {:08x}", crc32fast::hash(&data));
        assert!(seen.iter().any(|(_, sum)| sum.to_string() == crc), "{seen:?}");
    }

    #[test]
    fn transfers_are_checked_against_proftpd_both_ways() {
        if !servers::ready() {
            return;
        }
        let (served, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (name, length) in [("a b.bin", 3_000_000), ("c", 0), ("d e f 1 2", 100), ("é", 70_000)] {
            fs::write(local.path().join(name), noise(length)).unwrap();
        }
        let server = Server::start(&Config::new(Kind::ProFtpd, served.path()).digesting());
        let site = Arc::new(face::site(server.addr(), USER, TransferMode::Passive));
        let mut face = Face::start(once(Verify::Hash), None, PASSWORD);
        let up = send(&site, local.path(), RemoteTarget::As(RemotePath::from("/up")));
        face.transfer_well(vec![up]);
        assert_eq!(face.sent("HASH"), 3, "all but the empty one: {}", server.log());
        let back = tempfile::tempdir().unwrap();
        let what = What::Download {
            remote: RemotePath::from("/up"),
            kind: None,
            size: None,
            modified: None,
            to: LocalTarget::Into(back.path().to_owned()),
        };
        face.transfer_well(vec![twinport::engine::message::Order { site: Arc::clone(&site), what, on_exists: None }]);
        assert_eq!(face.sent("HASH"), 6);
        for name in ["a b.bin", "c", "d e f 1 2", "é"] {
            let (here, there) = (local.path().join(name), back.path().join("up").join(name));
            assert!(fs::read(here).unwrap() == fs::read(there).unwrap(), "{name}");
        }

        // What it says of a file that was changed behind its back.
        let dial = Dial {
            site,
            secret: Some(Secret::from(PASSWORD)),
            mode: TransferMode::Passive,
            timeouts: Timeouts {
                connect: std::time::Duration::from_secs(10),
                reply: std::time::Duration::from_secs(10),
                data: std::time::Duration::from_secs(10),
            },
            active: ActiveMode::default(),
            tls: TlsTerms::default(),
            known: Arc::default(),
            proxy: None,
        };
        let mut session = Session::open(&dial, &Cancel::new(), Arc::new(|_| {})).unwrap();
        let mut ask = |path: &str| session.hash(&RemotePath::from(path), 1, &mut |_| {}).unwrap();
        let before = ask("/up/a b.bin");
        let path = served.path().join("up").join("a b.bin");
        let mut changed = fs::read(&path).unwrap();
        changed[1_000_000] ^= 1;
        fs::write(&path, changed).unwrap();
        // It keeps what it has computed, by name and second.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert_ne!(ask("/up/a b.bin"), before);
        assert!(matches!(ask("/up/nothing"), Hashed::No(_)));
    }
}

/// How real servers say that their disk is full: the job waits, and goes on where it stopped when there is room.
#[cfg(target_os = "linux")]
#[test]
fn real_servers_with_a_full_disk_hold_an_upload_back_until_there_is_room() {
    use common::servers::{self, Config, Kind, PASSWORD, Server, USER};
    use twinport::domain::TransferMode;
    use twinport::engine::message::RemoteTarget;
    if !servers::ready() {
        return;
    }
    for kind in [Kind::Vsftpd, Kind::ProFtpd, Kind::PureFtpd] {
        let Some(disk) = Disk::of(2048) else { return };
        let local = tempfile::tempdir().unwrap();
        let data = noise(1_500_000);
        fs::write(local.path().join("big"), &data).unwrap();
        fs::write(disk.path("ballast"), noise(1_200_000)).unwrap();
        let server = Server::start(&Config::new(kind, disk.folder.path()));
        let site = Arc::new(common::face::site(server.addr(), USER, TransferMode::Passive));
        let mut face = Face::start(Settings { retry_delay_seconds: 0, ..hashing() }, None, PASSWORD);
        let to = RemoteTarget::Into(RemotePath::from("/"));
        face.send(Command::Enqueue(vec![common::face::send(&site, &local.path().join("big"), to)]));
        face.until_state(&format!("{}: a job that waits for room", kind.name()), waits_for_room);
        assert!(!disk.path("big").exists(), "{}", kind.name());
        fs::remove_file(disk.path("ballast")).unwrap();
        let id = face.jobs().next().unwrap().id;
        face.send(Command::Queue(QueueCommand::Pause(vec![id])));
        face.until_state("a pause", |face| face.jobs().any(|job| job.state == JobState::Paused));
        face.send(Command::Queue(QueueCommand::Resume(vec![id])));
        face.until_state("its end", Face::is_still);
        assert!(fs::read(disk.path("big")).unwrap() == data, "{}", kind.name());
        assert_eq!(fs::read_dir(disk.folder.path()).unwrap().count(), 1, "{}", kind.name());
    }
}
