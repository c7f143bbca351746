//! The Debian servers with the configurations that their packages install: what they refuse and leave out there, and what a
//! user is told of it. Links, as pyftpdlib shows them when it is installed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use common::face::{Face, fetch, send, settings, site};
use common::files::{assert_same_tree, make_tree, noise};
use common::servers::{self, Config, Kind, PASSWORD, Server, USER};
use tempfile::TempDir;
use twinport::domain::{EntryKind, ModeChange, RemotePath, Secret, Site, TransferMode};
use twinport::engine::message::{
    Command, JobState, JobView, LocalTarget, Order, Outcome, PermissionTarget, QueueCommand, RemoteOperation,
    RemoteTarget, Settings,
};
use twinport::ftp::explain::explain;

/// A server as its package installs it, with an engine that is connected to it and a folder on either side.
struct Installed {
    site: Arc<Site>,
    home: RemotePath,
    face: Face,
    // Dropped after the engine: it says goodbye first.
    server: Server,
    served: TempDir,
    local: TempDir,
}

impl Installed {
    /// `fill` puts on the server's disk what is there from the beginning.
    fn start(kind: Kind, fill: impl FnOnce(&Path)) -> Self {
        let served = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        fill(served.path());
        let server = Server::start(&Config::as_installed(kind, served.path()));
        let site = Arc::new(site(server.addr(), USER, TransferMode::Auto));
        // So slow that a test can do something in the middle of a file of some MB.
        let settings = Settings { limits_on: true, limit_up: Some(8_000_000), ..settings() };
        let mut face = Face::start(settings, None, PASSWORD);
        let home = face.connect(&site, Some(Secret::from(PASSWORD))).unwrap();
        Self { site, home, face, server, served, local: tempfile::tempdir().unwrap() }
    }

    fn fetch(&self, name: &str) -> Order {
        fetch(&self.site, self.home.join(name.as_bytes()), LocalTarget::Into(self.local.path().to_owned()))
    }

    fn send(&self, name: &str) -> Order {
        send(&self.site, &self.local.path().join(name), RemoteTarget::Into(self.home.clone()))
    }
}

fn count(jobs: &[JobView], is: fn(&JobState) -> bool) -> usize {
    jobs.iter().filter(|job| is(&job.state)).count()
}

fn is_transferred(state: &JobState) -> bool {
    *state == JobState::Done(Outcome::Transferred)
}

#[test]
fn a_tree_comes_and_goes_whole_where_that_is_allowed() {
    if !servers::ready() {
        return;
    }
    for kind in [Kind::ProFtpd, Kind::PureFtpd] {
        let mut bench = Installed::start(kind, |_| {});
        make_tree(&bench.local.path().join("tree"));
        let order = bench.send("tree");
        bench.face.transfer_well(vec![order]);
        assert_same_tree(bench.local.path(), bench.served.path());
        fs::rename(bench.local.path().join("tree"), bench.local.path().join("sent")).unwrap();
        let order = bench.fetch("tree");
        bench.face.transfer_well(vec![order]);
        assert_same_tree(&bench.local.path().join("sent"), &bench.local.path().join("tree"));
    }
}

/// vsftpd has `write_enable=NO`: what comes down comes, what goes up is refused by name.
#[test]
fn vsftpd_lets_nothing_be_written_and_that_is_what_is_said() {
    if !servers::ready() {
        return;
    }
    let mut bench = Installed::start(Kind::Vsftpd, |served| make_tree(&served.join("tree")));
    let order = bench.fetch("tree");
    bench.face.transfer_well(vec![order]);
    assert_same_tree(bench.served.path(), bench.local.path());
    fs::write(bench.local.path().join("up.bin"), noise(1, 10_000)).unwrap();
    let order = bench.send("up.bin");
    let jobs = bench.face.transfer(vec![order]);
    let JobState::Failed(error) = &jobs[0].state else { panic!("{jobs:?}") };
    let line = error.explain().line();
    assert!(line.contains("permission") || line.contains("write"), "{line}");
    assert!(!bench.served.path().join("up.bin").exists());
}

/// ProFTPD has no `AllowStoreRestart on`: it offers REST, says 350 to it, and 451 to STOR.
#[test]
fn an_upload_that_proftpd_does_not_continue_begins_anew() {
    if !servers::ready() {
        return;
    }
    let mut bench = Installed::start(Kind::ProFtpd, |_| {});
    let whole = noise(3, 24_000_000);
    fs::write(bench.local.path().join("big.bin"), &whole).unwrap();
    let order = bench.send("big.bin");
    bench.face.send(Command::Enqueue(vec![order]));
    bench.face.until_state("bytes to move", |face| face.moving > 0);
    bench.face.send(Command::Queue(QueueCommand::PauseAll));
    bench.face.until_state("the pause", |face| face.jobs().all(|job| job.state != JobState::Running));
    bench.face.send(Command::Queue(QueueCommand::ResumeAll));
    bench.face.until_still(std::time::Duration::from_secs(60));
    let jobs = bench.face.take_ended();
    assert!(is_transferred(&jobs[0].state), "{:?}\n{}", jobs[0].state, bench.face.log_end());
    assert!(fs::read(bench.served.path().join("big.bin")).unwrap() == whole, "another file on the server");
    assert_eq!(fs::read_dir(bench.served.path()).unwrap().count(), 1, "a part is left");
    assert!(bench.server.log().contains("-> 451"), "it was not refused: {}", bench.server.log());
}

/// Pure-FTPd ends a listing at 10,000 names: the folder was not seen whole, and is not told as done.
#[test]
fn a_folder_that_pure_ftpd_cuts_short_is_not_done() {
    if !servers::ready() {
        return;
    }
    let mut bench = Installed::start(Kind::PureFtpd, |served| {
        fs::create_dir(served.join("many")).unwrap();
        for number in 0..10_050 {
            fs::write(served.join(format!("many/{number}")), b"").unwrap();
        }
    });
    let order = bench.fetch("many");
    let jobs = bench.face.transfer(vec![order]);
    let folder = jobs.iter().find(|job| job.parent.is_none()).unwrap();
    let JobState::Failed(error) = &folder.state else { panic!("{:?}", folder.state) };
    assert!(error.explain().line().contains("truncated"), "{}", error.explain().line());
    let came = fs::read_dir(bench.local.path().join("many")).unwrap().count();
    assert!(came > 9_000 && came < 10_050, "{came} came");
}

/// vsftpd says 226 of a folder that it could not open ("Transfer done (but failed to open directory).").
#[test]
fn a_folder_that_vsftpd_cannot_open_is_not_shown_as_empty() {
    if !servers::ready() {
        return;
    }
    let mut bench = Installed::start(Kind::Vsftpd, |served| {
        fs::create_dir(served.join("shut")).unwrap();
        fs::write(served.join("shut/file"), b"x").unwrap();
        fs::set_permissions(served.join("shut"), Permissions::from_mode(0o311)).unwrap();
    });
    let shut = bench.home.join(b"shut");
    let error = bench.face.list(&shut).unwrap_err();
    let line = explain(&error).line();
    assert!(line.contains("permission"), "{line}");
    let order = bench.fetch("shut");
    let jobs = bench.face.transfer(vec![order]);
    assert_eq!(count(&jobs, |state| matches!(state, JobState::Failed(_))), 1, "{jobs:?}");
}

/// pyftpdlib shows a link to a folder as that folder, in MLSD and in PWD.
#[test]
fn what_a_link_leads_to_is_neither_deleted_nor_changed_nor_walked_for_ever() {
    if !servers::ready() || !servers::has_pyftpdlib() {
        return;
    }
    let mut bench = Installed::start(Kind::Pyftpdlib, |served| {
        fs::create_dir_all(served.join("tree/sub")).unwrap();
        fs::create_dir(served.join("data")).unwrap();
        fs::write(served.join("data/precious"), b"precious").unwrap();
        fs::set_permissions(served.join("data/precious"), Permissions::from_mode(0o600)).unwrap();
        fs::write(served.join("tree/sub/a"), b"a").unwrap();
        symlink("../../data", served.join("tree/sub/link")).unwrap();
        symlink("..", served.join("tree/sub/up")).unwrap();
        symlink("data", served.join("link")).unwrap();
    });
    let precious = bench.served.path().join("data/precious");
    let order = bench.fetch("tree");
    let jobs = bench.face.transfer(vec![order]);
    let left_out = |job: &&JobView| matches!(job.state, JobState::LeftOut(_));
    let names: Vec<String> = jobs.iter().filter(left_out).map(|job| job.remote.to_string()).collect();
    // It does not tell the identity of the folder that the order names: the first one below is known again.
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].ends_with("/tree/sub/up/sub"), "{names:?}");
    assert!(!bench.local.path().join("tree/sub/up/sub/up").exists(), "the circle was walked");

    let items = vec![PermissionTarget { path: bench.home.join(b"tree"), kind: EntryKind::Directory, mode: None }];
    let change = ModeChange::to(0o755);
    bench.face.manage(RemoteOperation::SetPermissions { items, change, recursive: true }).ok();
    assert_eq!(fs::metadata(&precious).unwrap().permissions().mode() & 0o777, 0o600);

    let items =
        vec![(bench.home.join(b"tree"), EntryKind::Directory), (bench.home.join(b"link"), EntryKind::Directory)];
    bench.face.manage(RemoteOperation::Remove(items)).unwrap();
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
    assert!(
        !bench.served.path().join("tree").exists() && fs::symlink_metadata(bench.served.path().join("link")).is_err()
    );
    assert!(!bench.server.log().contains("Traceback"), "{}", bench.server.log());
}
