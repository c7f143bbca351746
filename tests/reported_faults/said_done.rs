use crate::cli::{Twinport, url};
use crate::common::exchange;
use crate::common::ftp_server::{Fault, FtpServer};
use crate::plainly;
use twinport::domain::TransferMode;
use twinport::net::terms::Dial;

/// SIZE goes with RNFR: a file that is shorter than what was sent does not get its name.
#[test]
fn an_upload_that_is_shorter_on_the_server_does_not_get_its_name() {
    let server = FtpServer::start().on("SIZE", "213 3").file("/a.bin", "the old one");
    let twinport = Twinport::new();
    twinport.file("a.bin", b"hello");
    let ran = twinport.run([
        "put",
        "-q",
        "--tls",
        "off",
        "--retries",
        "0",
        "--on-exists",
        "overwrite",
        "a.bin",
        &url(&server, "/"),
    ]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(server.content("/a.bin").unwrap(), b"the old one");
    server.assert_never_heard("RNTO");
}

/// Active mode: a stranger's connection is none of the server's: nothing of it passes for the file.
#[test]
fn a_stranger_on_our_port_gives_no_file_and_no_empty_folder() {
    let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]).fault(Fault::StrangerConnects);
    let mut session = server.try_open(&Dial { mode: TransferMode::Active, ..server.dial() }).unwrap();
    assert_eq!(exchange::list(&mut session, "/").unwrap().entries.len(), 1);
    assert_eq!(exchange::fetch(&mut session, "/a.bin").unwrap(), vec![b'x'; 1000]);
}

/// 226, and then SIZE and RNFR find nothing: the file is not there, or somebody took it. It is not sent again, nor told as done.
#[test]
fn an_upload_that_is_not_there_afterwards_is_no_success() {
    let server = FtpServer::start().fault(Fault::TakesAway);
    let twinport = Twinport::new();
    twinport.file("a.edi", b"UNA");
    let ran = plainly(&twinport, &["put", "a.edi", &url(&server, "/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(server.count("STOR"), 1, "{:#?}", server.transcript());
    assert!(ran.err.contains("a.edi") && ran.err.contains("taken"), "{ran:#?}");
}

/// vsftpd: 226 behind an empty listing, "but failed to open directory".
#[test]
fn a_folder_that_could_not_be_read_is_not_empty() {
    let server = FtpServer::start().dir("/shut").file("/a", "a");
    let reply = "226 Transfer done (but failed to open directory).";
    let server = server.fault(Fault::FinalReply { verb: "MLSD", reply });
    let twinport = Twinport::new();
    let ran = plainly(&twinport, &["ls", &url(&server, "/shut/")]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:#?}");
    assert!(ran.err.contains("permission"), "{ran:#?}");
    assert_eq!(plainly(&twinport, &["get", &url(&server, "/shut/")]).code, Some(1));
}

/// What was seen of a cut listing comes; that it was cut is said, and the run fails.
#[test]
fn a_listing_that_was_cut_fails_the_folder_and_not_its_files() {
    let reply = "226 Output truncated to 1 matches";
    let server = FtpServer::start().file("/many/a", "a").fault(Fault::FinalReply { verb: "MLSD", reply });
    let twinport = Twinport::new();
    let ran = plainly(&twinport, &["get", &url(&server, "/many/")]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.err.contains("truncated"), "{ran:#?}");
    assert!(twinport.names().iter().any(|name| name.ends_with('a')), "{:?}", twinport.names());
}

/// More bytes than SIZE says are not "both sizes agree".
#[test]
fn more_bytes_than_the_size_are_not_taken_without_a_word() {
    for told in ["213 0", "213 500", "213 999"] {
        let server = FtpServer::start().file("/a.bin", vec![b'x'; 1000]).on("SIZE", told).fault(Fault::Unannounced);
        let server = server.without(&["MLST", "MLSD"]);
        let twinport = Twinport::new();
        let ran = plainly(&twinport, &["get", &url(&server, "/a.bin")]);
        let silent = ran.code == Some(0) && !ran.err.contains("SIZE") && !ran.err.contains("size");
        assert!(!silent, "{told}: {ran:#?}");
    }
}

/// SIZE and MDTM are answered for folders, too (fclairamb/ftpserverlib#501): they prove no file.
#[test]
fn a_folder_with_a_size_is_a_folder() {
    let server = FtpServer::start().file("/dir/a.txt", "a").without(&["MLST", "MLSD"]);
    server.rule("SIZE", Some(b"/dir".to_vec()), None, "213 4096");
    server.rule("MDTM", Some(b"/dir".to_vec()), None, "213 20240101000000");
    server.rule("SIZE", Some(b"/".to_vec()), None, "213 4096");
    let twinport = Twinport::new();
    twinport.file("up.txt", b"up");
    let ran = plainly(&twinport, &["put", "up.txt", &url(&server, "/dir")]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(server.content("/dir/up.txt").as_deref(), Some(&b"up"[..]), "{:#?}", server.transcript());
    let ran = plainly(&twinport, &["get", &url(&server, "/dir"), "here"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(twinport.names().iter().any(|name| name.ends_with("a.txt")), "{:?}", twinport.names());
}
