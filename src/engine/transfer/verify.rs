//! Whether what arrived is what was sent, by checksum: the server adds up its file while we add up ours. Which verbs
//! that takes is the session's matter. Sizes are compared where the bytes move.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crc32fast::Hasher as Crc32;
use md5::{Digest as _, Md5};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};

use crate::domain::RemotePath;
use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::transfer::assignment::Assignment;
use crate::ftp::checksum::{Algorithm, Checksum};
use crate::net::session::{Hashed, Session};
use crate::store::settings::Verify;

/// What comparing showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The same.
    Same,
    /// Nobody can tell, or nobody wants to know.
    Fine,
    /// Two files.
    Differs { here: Checksum, there: Checksum },
}

/// Compares the local file with the server's of the same size, where the settings want that and the server can. Text is
/// never compared: its line ends differ.
pub(crate) fn compare(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    (file, local, size): (&mut File, &Path, u64),
    buffer: &mut [u8],
) -> Result<Verdict, JobError> {
    // Of nothing the size is all there is; some servers take no range of it.
    if job.verify != Verify::Hash || job.text || size == 0 {
        return Ok(Verdict::Fine);
    }
    let mut ours: Option<Result<Checksum, JobError>> = None;
    let hashed = session.hash(remote, size, &mut |algorithm| {
        let known = matches!(&ours, Some(Ok(sum)) if sum.algorithm == algorithm);
        if !known && !job.cancel.is_cancelled() {
            ours = Some(
                sum(file, algorithm, job, buffer)
                    .map_err(|error| LocalError::new(LocalAction::Read, local, &error).into()),
            );
        }
    })?;
    match (hashed, ours) {
        (Hashed::Sum(there), Some(ours)) => {
            let here = ours?;
            Ok(if here == there { Verdict::Same } else { Verdict::Differs { here, there } })
        }
        (Hashed::No(words), _) => {
            // Told once for each server, by the engine.
            job.unhashed.get_or_init(|| words);
            Ok(Verdict::Fine)
        }
        (Hashed::Sum(_), None) => Err(crate::ftp::error::FtpError::Cancelled.into()),
    }
}

impl Verdict {
    /// The verdict as an error about that file.
    pub(crate) fn into_result(self, what: impl FnOnce() -> String) -> Result<(), JobError> {
        match self {
            Self::Same | Self::Fine => Ok(()),
            Self::Differs { here, there } => {
                Err(JobError::Corrupted { what: what(), here: here.to_string(), there: there.to_string() })
            }
        }
    }
}

/// The checksum of the whole file; ends early where the job is cancelled.
fn sum(file: &mut File, algorithm: Algorithm, job: &Assignment, buffer: &mut [u8]) -> std::io::Result<Checksum> {
    file.seek(SeekFrom::Start(0))?;
    let mut summer = Summer::new(algorithm);
    while !job.cancel.is_cancelled() {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(read) => summer.update(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Checksum { algorithm, bytes: summer.finish() })
}

/// A checksum on its way.
enum Summer {
    Crc32(Crc32),
    Md5(Md5),
    Sha(Context),
}

impl Summer {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Algorithm::Sha256 => Self::Sha(Context::new(&SHA256)),
            Algorithm::Sha512 => Self::Sha(Context::new(&SHA512)),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(crc) => crc.update(bytes),
            Self::Md5(md5) => md5.update(bytes),
            Self::Sha(sha) => sha.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(crc) => crc.finalize().to_be_bytes().to_vec(),
            Self::Md5(md5) => md5.finalize().to_vec(),
            Self::Sha(sha) => sha.finish().as_ref().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standards' own examples.
    #[test]
    fn checksums_are_what_everybody_computes() {
        for (algorithm, value) in [
            (Algorithm::Crc32, "CRC-32 352441c2"),
            (Algorithm::Md5, "MD5 900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "SHA-1 a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha256, "SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            let mut summer = Summer::new(algorithm);
            summer.update(b"a");
            summer.update(b"bc");
            assert_eq!(Checksum { algorithm, bytes: summer.finish() }.to_string(), value);
        }
        let mut summer = Summer::new(Algorithm::Sha512);
        summer.update(b"abc");
        let sum = Checksum { algorithm: Algorithm::Sha512, bytes: summer.finish() };
        assert_eq!(sum.bytes.len(), Algorithm::Sha512.length());
        assert!(sum.to_string().starts_with("SHA-512 ddaf35a193617aba"));
    }
}
