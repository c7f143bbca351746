//! Files to transfer, and the comparison of what arrived with what was sent, byte for byte.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that repeat nowhere soon and begin differently for every seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&random.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A small generator with a seed (xorshift64*): a failing run can be run again.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Folders in folders, an empty one, an empty file, a dot file, and sizes around the usual buffers' edges.
pub fn make_tree(root: &Path) {
    for dir in ["deep/er/still", "empty folder", "many"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    let sizes = [0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 262_145, 3_000_001];
    for (at, size) in sizes.into_iter().enumerate() {
        fs::write(root.join(format!("size {size}.bin")), noise(at as u64, size)).unwrap();
    }
    fs::write(root.join("deep/er/still/here.txt"), b"line\r\nline\n\xff\x00end").unwrap();
    fs::write(root.join("deep/.hidden"), b"dot").unwrap();
    for at in 0..40 {
        fs::write(root.join(format!("many/file {at}")), noise(100 + at, 1000 + usize::try_from(at).unwrap())).unwrap();
    }
}

/// Everything below `root`: relative path to contents, `None` for folders.
pub fn contents(root: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let relative = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                found.insert(relative, None);
                folders.push(path);
            } else {
                found.insert(relative, Some(fs::read(&path).unwrap()));
            }
        }
    }
    found
}

/// Asserts that two folders hold the same names with the same bytes, and nothing else.
pub fn assert_same_tree(left: &Path, right: &Path) {
    let (left, right) = (contents(left), contents(right));
    let (names_left, names_right): (Vec<_>, Vec<_>) = (left.keys().collect(), right.keys().collect());
    assert_eq!(names_left, names_right);
    for (name, bytes) in &left {
        assert!(bytes == &right[name], "{} differs", name.display());
    }
}

/// A file of that length that is mostly holes, with a block of noise every so often, at both ends, and on both sides of
/// 2 GiB, where signed 32-bit offsets end.
pub fn make_sparse(path: &Path, length: u64) {
    let mut file = File::create(path).unwrap();
    file.set_len(length).unwrap();
    let block = 4096;
    let middle = (1_u64 << 31) - block / 2;
    let starts = (0..length - block).step_by(200 << 20).chain([middle.min(length - block), length - block]);
    for start in starts {
        file.seek(SeekFrom::Start(start)).unwrap();
        file.write_all(&noise(start, 4096)).unwrap();
    }
}

/// Asserts that two large files hold the same bytes, without holding them in memory.
pub fn assert_same_file(left: &Path, right: &Path) {
    assert_eq!(fs::metadata(left).unwrap().len(), fs::metadata(right).unwrap().len(), "lengths");
    let (mut left, mut right) = (File::open(left).unwrap(), File::open(right).unwrap());
    let (mut here, mut there) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut at = 0_u64;
    loop {
        let count = left.read(&mut here).unwrap();
        if count == 0 {
            return;
        }
        right.read_exact(&mut there[..count]).unwrap();
        assert!(here[..count] == there[..count], "a byte after {at} differs");
        at += count as u64;
    }
}
