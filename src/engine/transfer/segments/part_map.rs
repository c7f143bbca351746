//! The record of what is in a file that has holes, beside it. A part's length tells how far it came; a file with holes has
//! its whole length from the beginning, so that it bears another name than a part until it has none, and this map says
//! what is in it. The map is written after what it tells of: truthful whenever the power fails.

use std::io::{Read as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::engine::transfer::private_file;

/// What a map says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Map {
    pub(crate) size: u64,
    /// What is in the file.
    pub(crate) written: Vec<Range<u64>>,
    pub(crate) joints: Vec<Joint>,
}

/// Where two connections' bytes meet: what the second one had before its own range, still to be compared with what the
/// first one wrote there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joint {
    pub(crate) range: Range<u64>,
    /// In hexadecimal, SHA-256.
    pub(crate) digest: String,
}

impl Joint {
    /// Of these bytes in that place.
    pub(crate) fn new(at: u64, bytes: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let digest = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { range: at..at + bytes.len() as u64, digest }
    }
}

/// The file with holes that belongs to a part: still a part to everybody who looks.
pub(crate) fn pieces_path(part: &Path) -> PathBuf {
    beside(part, "pieces ")
}

/// Its map.
pub(crate) fn map_path(part: &Path) -> PathBuf {
    beside(part, "map ")
}

fn beside(part: &Path, word: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(word);
    name.push(part.file_name().unwrap_or_default());
    part.with_file_name(name)
}

impl Map {
    /// What is said of the pieces of that part; `None` = nothing that could be believed.
    pub(crate) fn read(part: &Path) -> Option<Self> {
        let mut text = String::new();
        let file = private_file::open(&map_path(part)).ok()??;
        file.take(LONGEST).read_to_string(&mut text).ok()?;
        Self::parse(&text)
    }

    /// As a whole or not at all. What it tells of must be on the disk already.
    ///
    /// # Errors
    /// The disk's; the map before stays.
    pub(crate) fn write(&self, part: &Path) -> io::Result<()> {
        let fresh = beside(part, "new map ");
        // What a kill left there, or somebody else.
        fs::remove_file(&fresh).ok();
        let mut file = private_file::create(&fresh)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_data()?;
        drop(file);
        fs::rename(&fresh, map_path(part))
    }

    /// It is not needed any more.
    pub(crate) fn remove(part: &Path) {
        fs::remove_file(map_path(part)).ok();
    }

    fn text(&self) -> String {
        let mut text = format!("{FIRST}\nsize {}\n", self.size);
        for Range { start, end } in &self.written {
            text.push_str(&format!("have {start} {end}\n"));
        }
        for Joint { range, digest } in &self.joints {
            text.push_str(&format!("joint {} {} {digest}\n", range.start, range.end));
        }
        text.push_str("end\n");
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("end\n")?.lines();
        if lines.next()? != FIRST {
            return None;
        }
        let mut map = Self { size: lines.next()?.strip_prefix("size ")?.parse().ok()?, ..Self::default() };
        for line in lines {
            let mut words = line.split(' ');
            let what = words.next()?;
            let range = words.next()?.parse().ok()?..words.next()?.parse().ok()?;
            if range.start > range.end || range.end > map.size {
                return None;
            }
            match what {
                "have" => map.written.push(range),
                "joint" => map.joints.push(Joint { range, digest: words.next()?.to_owned() }),
                _ => return None,
            }
        }
        Some(map)
    }
}

const FIRST: &str = "twinport pieces 1";
/// Longer ones are not ours.
const LONGEST: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::naming::local_name::{is_part, part_path};

    #[test]
    fn a_map_says_again_what_was_written_and_a_damaged_one_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let part = part_path(&folder.path().join("film.iso"), 7);
        let map = Map { size: 1000, written: vec![0..10, 500..1000], joints: vec![Joint::new(490, b"0123456789")] };
        map.write(&part).unwrap();
        assert_eq!(Map::read(&part), Some(map.clone()));
        let text = map.text();
        for cut in 0..text.len() {
            assert_eq!(Map::parse(&text[..cut]), None, "cut after {cut}");
        }
        assert_eq!(Map::parse(&text.replace("500 1000", "500 1001")), None, "beyond the end");
    }

    #[test]
    fn what_lies_beside_a_part_is_a_part_to_everybody() {
        let part = part_path(Path::new("/x/film.iso"), 7);
        for path in [pieces_path(&part), map_path(&part), beside(&part, "new map ")] {
            assert!(is_part(path.file_name().unwrap().as_encoded_bytes()), "{}", path.display());
            assert_ne!(path, part);
        }
    }
}
