use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

use crate::cli::{Twinport, url};
use crate::common::bench::Bench;
use crate::common::ftp_server::{Fault, FtpServer};
use crate::plainly;
use twinport::domain::{EntryKind, ModeChange, RemotePath};
use twinport::engine::message::{JobState, PermissionTarget, RemoteOperation};
use twinport::ftp::explain::explain;

/// The name of the part that a download of `/a.bin` leaves when it breaks after 500 bytes.
fn broken(server: &FtpServer, bench: &mut Bench) -> String {
    server.add_fault(Fault::CloseData { verb: "RETR", after: 500 }, None);
    let order = bench.fetch("/a.bin");
    let jobs = bench.face.transfer(vec![order]);
    server.clear_faults();
    assert!(matches!(jobs[0].state, JobState::Failed(_)), "{jobs:?}");
    bench.names().into_iter().find(|name| name.ends_with(".twinpart")).unwrap()
}

/// A link that MLSD shows as a folder goes by DELE; what it leads to stays.
#[test]
fn a_link_that_is_shown_as_a_folder_is_deleted_and_its_target_is_not() {
    let server = FtpServer::start()
        .file("/data/precious", "x")
        .link("/tree/link", "/data")
        .file("/tree/a", "a")
        .listing("/tree", "type=file;size=1; a\r\ntype=dir; link\r\n");
    let mut session = server.open();
    session.remove_tree(&RemotePath::from("/tree/link"), &mut |_| {}).unwrap();
    assert!(server.exists("/data/precious") && !server.exists("/tree/link"), "{:?}", server.paths());
    server.assert_never_heard("MLSD");
}

/// What lies there under a part file's name is followed nowhere.
#[cfg(unix)]
#[test]
fn a_part_file_that_somebody_planted_as_a_link_is_not_written_through() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]);
    let mut bench = Bench::new(&server);
    let part = broken(&server, &mut bench);
    fs::write(bench.path("victim"), b"precious").unwrap();
    fs::remove_file(bench.path(&part)).unwrap();
    symlink(bench.path("victim"), bench.path(&part)).unwrap();
    let order = bench.fetch("/a.bin");
    bench.face.transfer(vec![order]);
    assert_eq!(fs::read(bench.path("victim")).unwrap(), b"precious");
    assert_eq!(fs::read(bench.path("a.bin")).unwrap(), vec![b'x'; 1000]);
}

/// Two commands of one profile at once upload one file: one of them waits or is refused, the result is one whole file.
#[test]
fn two_uploads_of_one_file_leave_one_whole_file() {
    let server = FtpServer::start();
    let twinport = Twinport::new();
    twinport.file("one/a.bin", &vec![b'1'; 300_000]);
    twinport.file("two/a.bin", &vec![b'2'; 300_000]);
    let start = |from: &str| {
        let arguments = ["put", "-q", "--tls", "off", "--on-exists", "overwrite", from, &url(&server, "/")];
        twinport.command().args(arguments).spawn().unwrap()
    };
    let mut both = [start("one/a.bin"), start("two/a.bin")];
    let well = both.iter_mut().map(|child| child.wait().unwrap().success()).filter(|well| *well).count();
    assert!(well >= 1);
    let stored = server.content("/a.bin").unwrap();
    assert!(stored == vec![b'1'; 300_000] || stored == vec![b'2'; 300_000], "mixed: {} bytes", stored.len());
}

/// A part file under the right name, of the full length, with other bytes: the file comes all the same.
#[test]
fn a_part_file_of_full_length_is_compared_before_it_is_believed() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 200_000]);
    let mut bench = Bench::new(&server);
    let part = broken(&server, &mut bench);
    fs::write(bench.path(&part), vec![b'?'; 200_000]).unwrap();
    let order = bench.fetch("/a.bin");
    bench.face.transfer_well(vec![order]);
    assert!(fs::read(bench.path("a.bin")).unwrap() == vec![b'x'; 200_000], "the planted bytes were taken");
}

/// Two names of one file: what is written to the part would be written to the other, too.
#[cfg(unix)]
#[test]
fn a_part_file_that_is_another_file_as_well_is_not_written_to() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]);
    let mut bench = Bench::new(&server);
    let part = broken(&server, &mut bench);
    // The beginning of the file: it could be continued.
    fs::write(bench.path("victim"), [b'x'; 500]).unwrap();
    fs::remove_file(bench.path(&part)).unwrap();
    fs::hard_link(bench.path("victim"), bench.path(&part)).unwrap();
    let order = bench.fetch("/a.bin");
    bench.face.transfer_well(vec![order]);
    assert_eq!(fs::read(bench.path("victim")).unwrap(), [b'x'; 500]);
    assert_eq!(fs::read(bench.path("a.bin")).unwrap(), vec![b'x'; 1000]);
}

/// A part that another program replaces while it is written is not what came: it does not get the file's name.
#[test]
fn a_part_file_that_was_replaced_meanwhile_is_not_called_done() {
    let server = FtpServer::start()
        .file("/a.bin", vec![b'x'; 400_000])
        .fault_times(Fault::PauseData { verb: "RETR", after: 200_000 }, 1);
    let twinport = Twinport::new();
    let mut child = twinport
        .command()
        .args(["get", "-q", "--tls", "off", "--retries", "0", &url(&server, "/a.bin")])
        .spawn()
        .unwrap();
    server.wait_heard("RETR", 1);
    let part = loop {
        let part = twinport.names().into_iter().find(|name| name.ends_with(".twinpart"));
        if let Some(part) = part.filter(|part| fs::metadata(twinport.path(part)).is_ok_and(|data| data.len() > 0)) {
            break part;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended without a part: {:?}", twinport.names());
        std::thread::yield_now();
    };
    fs::remove_file(twinport.path(&part)).unwrap();
    twinport.file(&part, b"other");
    server.release();
    let well = child.wait().unwrap().success();
    let whole = fs::read(twinport.path("a.bin")).is_ok_and(|bytes| bytes == vec![b'x'; 400_000]);
    assert_eq!(well, whole, "done = {well}, and the file is whole = {whole}: {:?}", twinport.names());
    assert!(well || !twinport.path("a.bin").exists(), "{:?}", twinport.names());
}

/// A pipe under the file's name stays a pipe, whatever is to be done with files that exist.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced_by_one() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]);
    for policy in ["overwrite", "resume", "size", "newer"] {
        let twinport = Twinport::new();
        let status = std::process::Command::new("mkfifo").arg(twinport.path("a.bin")).status().unwrap();
        assert!(status.success());
        let ran = plainly(&twinport, &["get", "--on-exists", policy, &url(&server, "/a.bin")]);
        assert!(fs::symlink_metadata(twinport.path("a.bin")).unwrap().file_type().is_fifo(), "{policy}: {ran:#?}");
        assert_eq!(ran.code, Some(1), "{policy}: {ran:#?}");
        assert!(ran.err.contains("a.bin"), "{policy}: {ran:#?}");
    }
}

/// A file that only its owner may read is not readable by others while it is replaced.
#[cfg(unix)]
#[test]
fn a_private_file_stays_private_while_it_is_replaced() {
    let server =
        FtpServer::start().file("/a.bin", vec![b'x'; 400_000]).fault(Fault::CloseData { verb: "RETR", after: 200_000 });
    let twinport = Twinport::new();
    twinport.file("a.bin", b"my secret");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(twinport.path("a.bin"), private).unwrap();
    plainly(&twinport, &["get", "-q", "--on-exists", "overwrite", &url(&server, "/a.bin")]);
    let mode = |name: &str| fs::metadata(twinport.path(name)).unwrap().permissions().mode() & 0o777;
    let part = twinport.names().into_iter().find(|name| name.ends_with(".twinpart")).unwrap();
    assert_eq!(mode(&part), 0o600, "the part, after a break");
    server.clear_faults();
    assert_eq!(plainly(&twinport, &["get", "-q", "--on-exists", "overwrite", &url(&server, "/a.bin")]).code, Some(0));
    assert_eq!((mode("a.bin"), twinport.read("a.bin").len()), (0o600, 400_000));
}

/// A link to a folder that MLSD shows as that folder: LIST tells that it is one, or does not name it. Permissions change
/// nothing behind it, and of the second one the user is told.
#[test]
fn permissions_change_nothing_behind_what_may_be_a_link() {
    let server = FtpServer::start()
        .file("/data/precious", "x")
        .link("/tree/link", "/data")
        .link("/tree/doubtful", "/data")
        .file("/tree/sub/a", "a")
        .listing("/tree", "type=dir; link\r\ntype=dir; doubtful\r\ntype=dir; sub\r\n")
        .list_says("/tree", "lrwxrwxrwx 1 u g 5 Jan  1 00:00 link -> /data\r\ndrwxr-xr-x 1 u g 5 Jan  1 00:00 sub\r\n");
    let mut bench = Bench::new(&server);
    let site = bench.site.clone();
    bench.face.connect(&site, None).unwrap();
    let items = vec![PermissionTarget { path: RemotePath::from("/tree"), kind: EntryKind::Directory, mode: None }];
    let change = ModeChange::to(0o644);
    let result = bench.face.manage(RemoteOperation::SetPermissions { items, change, recursive: true });
    assert_eq!(server.count("SITE CHMOD 644 /tree/sub/a"), 1, "{:#?}", server.transcript());
    for link in ["link", "doubtful"] {
        assert_eq!(server.count(&format!("SITE CHMOD 644 /tree/{link}")), 0, "{:#?}", server.transcript());
    }
    let told = explain(&result.unwrap_err()).line();
    assert!(told.contains("/tree/doubtful") && told.contains("link"), "{told}");
}
