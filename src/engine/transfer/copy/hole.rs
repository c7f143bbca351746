//! Holes in local files: a run of zeros that takes no room on the disk, where the file system can do that.

use std::fs::File;
use std::io;
use std::io::{Seek as _, SeekFrom};

/// Bytes below which zeros are written as they are: one page, the smallest hole of common file systems.
const LEAST: usize = 4096;

/// Whether the bytes are zeros, and enough of them for a hole.
pub(crate) fn fits(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    bytes.len() >= LEAST
        && blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

/// Makes the file longer by a hole at its end, where it stands, and goes behind it. For the only writer of a file.
///
/// # Errors
/// The disk's; nothing is changed then.
pub(crate) fn append(file: &mut File, length: u64, bytes: usize) -> io::Result<()> {
    let end = length + bytes as u64;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end)).map(drop)
}

/// Makes a hole where the file stands, inside its length, and goes behind it. `false` = the file is shorter, or its file
/// system has no holes; nothing is changed then.
///
/// # Errors
/// The disk's, from finding the place.
pub(crate) fn punch(file: &mut File, bytes: usize) -> io::Result<bool> {
    let (start, bytes) = (file.stream_position()?, bytes as u64);
    // Others write to the file, too: it only grows.
    if start + bytes > file.metadata()?.len() || !system::punch(file, start, bytes) {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(start + bytes)).map(|_| true)
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;

    use rustix::fs::{FallocateFlags, fallocate};

    pub(super) fn punch(file: &File, start: u64, bytes: u64) -> bool {
        fallocate(file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, start, bytes).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::fs::File;

    pub(super) fn punch(_: &File, _: u64, _: u64) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn only_a_page_of_zeros_and_nothing_else_becomes_a_hole() {
        assert!(fits(&[0; 4096]) && fits(&[0; 5001]));
        assert!(!fits(&[0; 4095]) && !fits(&[]));
        for at in [0, 63, 64, 4999, 5000] {
            let mut bytes = [0; 5001];
            bytes[at] = 1;
            assert!(!fits(&bytes), "{at}");
        }
    }

    #[test]
    fn holes_read_as_zeros_and_leave_the_rest() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&[7; 10_000]).expect("written");
        append(&mut file, 10_000, 5000).expect("longer");
        file.write_all(&[8; 10]).expect("written behind it");
        file.seek(SeekFrom::Start(100)).expect("a place");
        if !punch(&mut file, 5000).expect("a place") {
            file.write_all(&[0; 5000]).expect("written");
        }
        assert_eq!(file.stream_position().expect("a place"), 5100);
        file.seek(SeekFrom::Start(15_000)).expect("a place");
        assert!(!punch(&mut file, 5000).expect("a place"), "behind its end");
        let mut all = Vec::new();
        file.seek(SeekFrom::Start(0)).expect("a place");
        file.read_to_end(&mut all).expect("read");
        let wanted = [vec![7; 100], vec![0; 5000], vec![7; 4900], vec![0; 5000], vec![8; 10]].concat();
        assert!(all == wanted);
    }
}
