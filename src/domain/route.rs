//! From where to where a transfer goes, said once for all files of a folder: what is left for each is its name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{Names, RemotePath, Site};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the server.
    Download,
    /// To the server.
    Upload,
}

/// A server, a way, a folder on each side. Shared by the transfers between the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which server.
    pub site: Arc<Site>,
    /// [`Site::server_key`].
    pub server: Arc<str>,
    /// Which way.
    pub direction: Direction,
    /// [`std::ffi::OsStr::as_encoded_bytes`] of the local folder, its last separator included.
    pub local: Box<[u8]>,
    /// The server's bytes, the last `/` included.
    pub remote: Box<[u8]>,
    /// Both paths whole, of the one transfer that goes this way: they cannot be taken apart ([`Names::of`]).
    pub whole: Option<Box<(PathBuf, RemotePath)>>,
}

impl Route {
    /// Whether transfers between these two paths go this way.
    pub fn fits(&self, site: &Arc<Site>, direction: Direction, local: &Path, remote: &RemotePath) -> bool {
        (Arc::ptr_eq(&self.site, site) || self.site == *site)
            && self.direction == direction
            && self.whole.is_none()
            && *self.local == *split(encoded(local), is_separator).0
            && *self.remote == *split(remote.as_bytes(), is_slash).0
    }

    /// The way between the folders of these two.
    pub fn between(
        site: &Arc<Site>,
        server: &Arc<str>,
        direction: Direction,
        local: &Path,
        remote: &RemotePath,
    ) -> Self {
        Self {
            site: Arc::clone(site),
            server: Arc::clone(server),
            direction,
            local: split(encoded(local), is_separator).0.into(),
            remote: split(remote.as_bytes(), is_slash).0.into(),
            whole: None,
        }
    }

    /// The way between these two, and what they are called in its folders. `known` is another transfer's: most go the same
    /// way.
    pub fn of(
        known: Option<&Arc<Self>>,
        (site, server): (&Arc<Site>, impl FnOnce() -> Arc<str>),
        direction: Direction,
        local: PathBuf,
        remote: RemotePath,
    ) -> (Arc<Self>, Names) {
        let Some(names) = Names::of(&local, &remote) else {
            let way = Self::between(site, &server(), direction, Path::new(""), &RemotePath::new(""));
            return (Arc::new(Self { whole: Some(Box::new((local, remote))), ..way }), Names::default());
        };
        let route = match known {
            Some(known) if known.fits(site, direction, &local, &remote) => Arc::clone(known),
            _ => Arc::new(Self::between(site, &server(), direction, &local, &remote)),
        };
        (route, names)
    }

    /// The whole local path of what has these names.
    pub fn local_path(&self, names: &Names) -> PathBuf {
        if let Some(whole) = &self.whole {
            return whole.0.clone();
        }
        local_path([&self.local, names.local()].concat()).unwrap_or_default()
    }

    /// The whole remote path of what has these names.
    pub fn remote_path(&self, names: &Names) -> RemotePath {
        if let Some(whole) = &self.whole {
            return whole.1.clone();
        }
        RemotePath::new([&self.remote, names.remote()].concat())
    }
}

/// The path of such bytes; `None` where this system cannot have it.
#[cfg(unix)]
pub fn local_path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(OsString::from_vec(bytes).into())
}

/// The path of such bytes; `None` where this system cannot have it.
#[cfg(not(unix))]
pub fn local_path(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(OsString::from).map(PathBuf::from)
}

pub(super) fn encoded(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The folder with its separator, and the name.
pub(super) fn split(path: &[u8], separates: fn(u8) -> bool) -> (&[u8], &[u8]) {
    path.split_at(path.iter().rposition(|byte| separates(*byte)).map_or(0, |at| at + 1))
}

pub(super) fn is_slash(byte: u8) -> bool {
    byte == b'/'
}

pub(super) fn is_separator(byte: u8) -> bool {
    std::path::is_separator(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_what_they_were_after_they_were_taken_apart() {
        let site = Arc::new(Site::default());
        for (local, remote) in [
            ("/home/u/a.txt", "/pub/a.txt"),
            ("/home/u/a.txt", "a.txt"),
            ("/home/u/a (2).txt", "/a:txt"),
            ("/", "/"),
            ("a", ""),
            ("", "/x"),
            ("/tmp/folder/", "/tmp"),
        ] {
            let (local, remote) = (Path::new(local), RemotePath::from(remote));
            let route = Route::between(&site, &"u@h:21".into(), Direction::Upload, local, &remote);
            let names = Names::of(local, &remote).unwrap();
            assert_eq!(route.local_path(&names).as_os_str(), local.as_os_str());
            assert_eq!(route.remote_path(&names), remote);
            assert!(route.fits(&site, Direction::Upload, local, &remote));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_are_kept() {
        let bytes = b"/l/caf\xe9".to_vec();
        let (local, remote) = (local_path(bytes.clone()).unwrap(), RemotePath::new(*b"/r/caf\xe9"));
        let route = Route::between(&Arc::default(), &"".into(), Direction::Download, &local, &remote);
        let names = Names::of(&local, &remote).unwrap();
        assert_eq!((route.local_path(&names), route.remote_path(&names)), (local, remote));
    }
}
