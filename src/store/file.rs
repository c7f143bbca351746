//! A file of ours, written whole or not at all, and read without ever losing what somebody else wrote into it.
//!
//! Scope: RON files of a few KiB to a few MiB. The queue's journal is SQLite's business, the log appends.

use std::fs;
use std::fs::File;
use std::io;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What was read, and what the user should be told about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded<T> {
    /// The file's contents, or the default.
    pub value: T,
    /// Plain sentences: what was wrong, and where the file is now.
    pub warnings: Vec<String>,
}

/// Replaces the file's contents, or leaves it as it was: a temporary file beside it, fsync, rename.
///
/// A symbolic link stays one: what it points to is replaced (people keep their settings in a repository).
///
/// # Errors
/// The system's, with the old file untouched.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by the owner alone: host and user names are nobody else's business.
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(&target).map_err(|error| error.error)?;
    sync_folder(folder);
    Ok(())
}

/// The value as RON, for people to read.
///
/// # Errors
/// Where the value has no RON form; says which.
pub fn to_ron<T: Serialize>(value: &T) -> io::Result<String> {
    let pretty = PrettyConfig::new().indentor("  ");
    let mut text =
        options().to_string_pretty(value, pretty).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    text.push('\n');
    Ok(text)
}

/// The value in that text.
///
/// # Errors
/// Line, column and what is wrong there.
pub fn from_ron<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // Editors on Windows like to put a byte order mark there.
    options().from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())
}

/// Reads a RON file. A missing one is the default; one that cannot be read is kept aside under another name.
pub fn load_ron<T: DeserializeOwned + Default>(path: &Path) -> Loaded<T> {
    let problem = match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => match from_ron(&text) {
                Ok(value) => return Loaded { value, warnings: Vec::new() },
                Err(detail) => detail,
            },
            Err(_) => "it is not UTF-8 text".to_owned(),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => return Loaded::default(),
        Err(error) => error.to_string(),
    };
    Loaded { value: T::default(), warnings: vec![keep_aside(path, &problem)] }
}

/// Renames a file that cannot be used, and says so in a sentence.
fn keep_aside(path: &Path, problem: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..10_000)
        .map(|number| match number {
            1 => path.with_file_name(format!("{name}.broken")),
            _ => path.with_file_name(format!("{name}.broken-{number}")),
        })
        .find(|candidate| candidate.symlink_metadata().is_err());
    let moved = match free {
        Some(free) => fs::rename(path, &free).map(|()| free),
        None => Err(io::Error::from(ErrorKind::AlreadyExists)),
    };
    match moved {
        Ok(free) => format!(
            "{name} could not be read ({problem}). It was kept as {} and Twinport starts without it; \
             mend that file and rename it back, or leave it.",
            free.display()
        ),
        // Whoever cannot rename a file in this folder cannot replace it either, so the next save leaves it alone too.
        Err(error) => format!(
            "{name} could not be read ({problem}), nor put aside ({error}). Twinport starts without it; \
             look at the permissions of {}.",
            path.display()
        ),
    }
}

/// `Some(…)` may be left out, so that `port: 2121` is what a person would write.
fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// Makes the rename itself survive a power cut. Only Unix can and needs to; a failure costs no more than the cut would.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).ok();
    }
}

/// A name that is free in this folder: `name`, `name (2)`, …
pub fn numbered(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let stem = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).map_or(name, |(stem, digits)| {
        if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() { stem } else { name }
    });
    if !taken(name) {
        return name.to_owned();
    }
    (2u32..).map(|n| format!("{stem} ({n})")).find(|candidate| !taken(candidate)).unwrap_or_default()
}

/// For messages: the path of a file that could not be written, and why.
pub fn save_failed(path: &Path, error: &io::Error) -> String {
    let why = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        ErrorKind::PermissionDenied => "there is no permission to write there".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        ErrorKind::NotFound => "its folder does not exist".to_owned(),
        _ => error.to_string(),
    };
    format!("{} could not be saved: {why}. The old file is as it was.", PathBuf::from(path).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let dir = folder();
        let path = dir.path().join("sites.ron");
        write_whole(&path, b"old").expect("written");
        // The rename cannot take place onto a folder that holds something: as good as a crash before it.
        let blocked = dir.path().join("blocked");
        fs::create_dir_all(blocked.join("x")).expect("a folder");
        assert!(write_whole(&blocked, b"new").is_err());
        assert_eq!(fs::read(&path).expect("the old file"), b"old");
        let left: Vec<_> = fs::read_dir(dir.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left.len(), 2, "no temporary file is left behind: {left:?}");
    }

    #[test]
    fn a_broken_file_is_kept_aside_and_told_and_never_twice_under_one_name() {
        let dir = folder();
        let path = dir.path().join("settings.ron");
        for (content, aside) in [("(((", "settings.ron.broken"), ("also bad", "settings.ron.broken-2")] {
            fs::write(&path, content).expect("written");
            let loaded: Loaded<Vec<u8>> = load_ron(&path);
            assert_eq!(loaded.value, Vec::<u8>::new());
            assert_eq!(loaded.warnings.len(), 1);
            assert!(loaded.warnings[0].contains(aside), "{}", loaded.warnings[0]);
            assert_eq!(fs::read_to_string(dir.path().join(aside)).expect("kept"), content);
            assert!(!path.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let dir = folder();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").expect("written");
        std::os::unix::fs::symlink(&real, &link).expect("linked");
        write_whole(&link, b"new").expect("written");
        assert_eq!(fs::read(&real).expect("read"), b"new");
        assert!(link.symlink_metadata().expect("there").is_symlink());
    }

    #[test]
    fn a_missing_file_is_the_default_without_a_word() {
        let loaded: Loaded<Vec<u8>> = load_ron(&folder().path().join("none.ron"));
        assert_eq!(loaded, Loaded::default());
    }

    #[test]
    fn numbers_go_up_from_the_name_without_its_number() {
        let taken = ["a", "a (2)"];
        assert_eq!(numbered("a", |name| taken.contains(&name)), "a (3)");
        assert_eq!(numbered("a (2)", |name| taken.contains(&name)), "a (3)");
        assert_eq!(numbered("b", |name| taken.contains(&name)), "b");
        assert_eq!(numbered("f(x)", |name| name == "f(x)"), "f(x) (2)");
    }
}
