//! Files of our own beside the user's: made for the user alone, and taken for ours only where nobody else can have put
//! them there. Elsewhere than on Unix a folder's own permissions do that.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::{fs, io};

/// Makes it; only its owner may read it.
///
/// # Errors
/// The disk's; [`ErrorKind::AlreadyExists`] where anything, a link included, has that name.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create_new(true).read(true).write(true);
    system::for_owner_alone(&mut options);
    options.open(path)
}

/// Opens it where it is ours: a regular file with one name, of our user, and no link. `None` = something else is there.
///
/// # Errors
/// The disk's; [`ErrorKind::NotFound`] where nothing has that name.
pub(crate) fn open(path: &Path) -> io::Result<Option<File>> {
    // Opening a pipe would wait for its other end.
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    system::without_links(&mut options);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if system::is_link_error(&error) || error.kind() == ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(error),
    };
    let data = file.metadata()?;
    Ok(Some(file).filter(|_| data.is_file() && system::is_ours(&data)))
}

/// Whether the path still names the file that is open.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    named.is_file() && system::is_same(&open, &named)
}

/// Gives it the permissions of the file that it replaces, or those of a new file. Where that cannot be done (FAT, some
/// network drives) the file is no less whole.
pub(crate) fn set_final_mode(file: &File, replaces: &Path) {
    system::set_final_mode(file, replaces);
}

#[cfg(unix)]
mod system {
    use std::fs::{self, File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;
    use std::sync::OnceLock;

    pub(super) fn for_owner_alone(options: &mut OpenOptions) {
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }

    pub(super) fn without_links(options: &mut OpenOptions) {
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }

    /// Linux and macOS say ELOOP, FreeBSD EMLINK.
    pub(super) fn is_link_error(error: &io::Error) -> bool {
        matches!(error.raw_os_error(), Some(libc::ELOOP | libc::EMLINK))
    }

    pub(super) fn is_ours(data: &Metadata) -> bool {
        data.nlink() == 1 && data.uid() == rustix::process::geteuid().as_raw()
    }

    pub(super) fn is_same(a: &Metadata, b: &Metadata) -> bool {
        (a.dev(), a.ino()) == (b.dev(), b.ino())
    }

    pub(super) fn set_final_mode(file: &File, replaces: &Path) {
        let mode = match fs::symlink_metadata(replaces) {
            // Not what would run it as somebody else: the content is a new one.
            Ok(data) if data.is_file() => data.permissions().mode() & 0o777,
            _ => 0o666 & !umask(),
        };
        file.set_permissions(Permissions::from_mode(mode)).ok();
    }

    /// Permission bits that new files do not get. The system tells only while it changes them, which other threads would
    /// notice; a file that is made tells, too.
    fn umask() -> u32 {
        static UMASK: OnceLock<u32> = OnceLock::new();
        *UMASK.get_or_init(|| {
            let made = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile();
            let mode = made.and_then(|file| file.as_file().metadata()).map(|data| data.permissions().mode());
            mode.map_or(0o022, |mode| 0o666 & !mode)
        })
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn for_owner_alone(_: &mut OpenOptions) {}

    pub(super) fn without_links(_: &mut OpenOptions) {}

    pub(super) fn is_link_error(_: &io::Error) -> bool {
        false
    }

    pub(super) fn is_ours(_: &Metadata) -> bool {
        true
    }

    /// Without numbers of files only their sizes tell.
    pub(super) fn is_same(a: &Metadata, b: &Metadata) -> bool {
        a.len() == b.len()
    }

    pub(super) fn set_final_mode(_: &File, _: &Path) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_somebody_else_may_have_put_there_is_not_ours() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::write(path("victim"), "important").unwrap();
        symlink(path("victim"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        fs::hard_link(path("victim"), path("second name")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        for name in ["link", "dangling", "second name", "victim", "folder"] {
            assert!(open(&path(name)).unwrap().is_none(), "{name}");
            assert_eq!(create(&path(name)).unwrap_err().kind(), ErrorKind::AlreadyExists, "{name}");
        }
        assert_eq!(open(&path("none")).unwrap_err().kind(), ErrorKind::NotFound);
        let file = create(&path("ours")).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(open(&path("ours")).unwrap().is_some());
        assert!(is_at(&file, &path("ours")));
        fs::rename(path("ours"), path("moved")).unwrap();
        fs::write(path("ours"), "").unwrap();
        assert!(!is_at(&file, &path("ours")), "another file has that name by now");
    }

    #[test]
    fn a_new_file_gets_the_usual_permissions_and_a_replaced_one_keeps_its_own() {
        let home = tempfile::tempdir().unwrap();
        let mode = |file: &File| file.metadata().unwrap().permissions().mode() & 0o777;
        let usual = fs::File::create(home.path().join("usual")).unwrap();
        let file = create(&home.path().join("a")).unwrap();
        set_final_mode(&file, &home.path().join("none"));
        assert_eq!(mode(&file), mode(&usual));
        fs::write(home.path().join("old"), "").unwrap();
        fs::set_permissions(home.path().join("old"), fs::Permissions::from_mode(0o4751)).unwrap();
        set_final_mode(&file, &home.path().join("old"));
        assert_eq!(mode(&file), 0o751);
    }
}
