//! Whether a folder takes `A` and `a` for one name.

use std::fs;
use std::path::{Path, PathBuf};

/// Whether the file system there takes `A` and `a` for one name. Windows and Macs do as a rule; on Linux a stick (FAT,
/// exFAT), a share, or a folder of ext4 with that attribute does.
pub(crate) fn folds_case(folder: &Path) -> bool {
    let usual = cfg!(any(windows, target_os = "macos"));
    let Ok(folder) = fs::canonicalize(folder) else { return usual };
    witness(&folder).map_or(usual, |(path, swapped)| is_same(&path, &swapped))
}

/// An existing path, and the same with its last name's letters in the other case, which tell how the folder treats them:
/// of something in it, or of itself, or of the nearest folder above it on the same disk whose name has letters at all.
fn witness(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let swapped = |path: PathBuf| {
        let name = path.file_name()?.to_str()?;
        let other = swap_case(name);
        let swapped = path.with_file_name(&other);
        (name != other).then_some((path, swapped))
    };
    let inside = fs::read_dir(folder).ok().and_then(|entries| {
        entries.take(MOST_WITNESSES).filter_map(Result::ok).find_map(|entry| swapped(entry.path()))
    });
    let above = || folder.ancestors().take_while(|above| is_on_one_disk(folder, above));
    inside.or_else(|| above().find_map(|path| swapped(path.to_owned())))
}

/// Entries of a folder that are looked at for one with letters in its name.
const MOST_WITNESSES: usize = 100;

/// Whether both folders are on one file system, as far as the system tells.
fn is_on_one_disk(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let disk = |path: &Path| fs::metadata(path).map(|data| data.dev()).ok();
        disk(one).is_some() && disk(one) == disk(other)
    }
    #[cfg(not(unix))]
    {
        one.components().next() == other.components().next()
    }
}

/// Whether both are one file or folder, not two of alike names.
fn is_same(folder: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let id = |path: &Path| fs::symlink_metadata(path).map(|data| (data.dev(), data.ino())).ok();
        id(folder).is_some() && id(folder) == id(other)
    }
    // Windows gives the name as it is written on the disk.
    #[cfg(not(unix))]
    {
        fs::canonicalize(other).is_ok_and(|other| other == folder)
    }
}

fn swap_case(name: &str) -> String {
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    name.chars().map(swap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_namesake_in_the_other_case_is_no_sign_of_a_case_blind_disk() {
        let home = tempfile::tempdir().expect("a folder");
        let (lower, upper) = (home.path().join("photos"), home.path().join("PHOTOS"));
        fs::create_dir(&lower).expect("a folder");
        // Where the second cannot be made, the disk is case-blind indeed.
        let told_apart = fs::create_dir(&upper).is_ok();
        assert_eq!(folds_case(&lower), !told_apart);
    }

    /// A mount point's own name lies on another file system than what is in it.
    #[test]
    fn the_case_of_names_is_tried_with_names_that_have_letters() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = fs::canonicalize(home.path()).expect("its path").join("Photos").join("2026-12-01");
        fs::create_dir_all(folder.join("24")).expect("folders");
        let photos = folder.parent().expect("a parent");
        let swapped = photos.with_file_name("pHOTOS");
        assert_eq!(witness(&folder), Some((photos.to_owned(), swapped)), "the nearest above");
        fs::write(folder.join("a1"), "").expect("a file");
        assert_eq!(witness(&folder), Some((folder.join("a1"), folder.join("A1"))), "what is in it");
        assert_eq!(folds_case(&folder), folder.join("A1").exists());
    }
}
