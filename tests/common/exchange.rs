//! Whole files over a session, for tests of sessions.

use twinport::domain::{Listing, RemotePath};
use twinport::ftp::error::FtpError;
use twinport::net::session::{Session, StoreAt};

/// The whole file.
pub fn fetch(session: &mut Session, path: &str) -> Result<Vec<u8>, FtpError> {
    fetch_from(session, path, 0)
}

/// From an offset.
pub fn fetch_from(session: &mut Session, path: impl Into<RemotePath>, from: u64) -> Result<Vec<u8>, FtpError> {
    let (content, error) = fetch_what_comes(session, path, from);
    error.map_or(Ok(content), Err)
}

/// What came, and what went wrong.
pub fn fetch_what_comes(session: &mut Session, path: impl Into<RemotePath>, from: u64) -> (Vec<u8>, Option<FtpError>) {
    let mut content = Vec::new();
    let mut channel = match session.retrieve(&path.into(), from) {
        Ok(channel) => channel,
        Err(error) => return (content, Some(error)),
    };
    let mut buffer = vec![0; 8192];
    loop {
        match channel.read(&mut buffer) {
            Ok(0) => return (content, channel.finish().err()),
            Ok(count) => content.extend_from_slice(&buffer[..count]),
            Err(error) => {
                channel.abort();
                return (content, Some(error));
            }
        }
    }
}

/// All of it; where it began.
pub fn store(session: &mut Session, path: impl Into<RemotePath>, at: StoreAt, bytes: &[u8]) -> Result<u64, FtpError> {
    let mut channel = session.store(&path.into(), at)?;
    let offset = channel.offset;
    for piece in bytes.chunks(10_000) {
        if let Err(error) = channel.write_all(piece) {
            channel.abort();
            return Err(error);
        }
    }
    channel.finish()?;
    Ok(offset)
}

pub fn list(session: &mut Session, dir: &str) -> Result<Listing, FtpError> {
    session.list(&RemotePath::from(dir), &mut |_| {})
}

pub fn names(listing: &Listing) -> Vec<String> {
    listing.entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect()
}

/// Bytes that repeat nowhere soon.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[4]
        })
        .collect()
}
