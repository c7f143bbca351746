//! Fetching and storing files, as the server hears it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::ftp_server::FtpServer;
use twinport::domain::RemotePath;
use twinport::ftp::error::FtpError;
use twinport::net::session::{Session, StoreAt};

fn fetch(session: &mut Session, path: &str) -> Result<Vec<u8>, FtpError> {
    fetch_from(session, path, 0)
}

fn fetch_from(session: &mut Session, path: &str, from: u64) -> Result<Vec<u8>, FtpError> {
    let mut channel = session.retrieve(&RemotePath::from(path), from)?;
    let mut content = Vec::new();
    let mut buffer = vec![0; 8192];
    loop {
        match channel.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => content.extend_from_slice(&buffer[..n]),
            Err(error) => {
                channel.abort();
                return Err(error);
            }
        }
    }
    channel.finish()?;
    Ok(content)
}

fn store(session: &mut Session, path: &str, at: StoreAt, bytes: &[u8]) -> Result<u64, FtpError> {
    let mut channel = session.store(&RemotePath::from(path), at)?;
    let offset = channel.offset;
    if let Err(error) = channel.write_all(bytes) {
        channel.abort();
        return Err(error);
    }
    channel.finish()?;
    Ok(offset)
}

#[test]
fn fetches_stores_and_lists() {
    let server = FtpServer::start().file("/a b.txt", "hello").dir("/sub dir");
    let mut session = server.open();
    let names: Vec<String> = session
        .list(&RemotePath::root(), &mut |_| {})
        .unwrap()
        .entries
        .iter()
        .map(|e| String::from_utf8_lossy(&e.name).into_owned())
        .collect();
    assert_eq!(names, ["a b.txt", "sub dir"]);
    assert_eq!(fetch(&mut session, "/a b.txt").unwrap(), b"hello");
    store(&mut session, "/sub dir/c", StoreAt::Start, b"content").unwrap();
    assert_eq!(server.content("/sub dir/c").unwrap(), b"content");
    session.quit();
    println!("{:#?}", server.transcript());
}
