//! Where a pane is, and what is in it.

use std::path::{Path, PathBuf};

use crate::domain::{Charset, Entry, RemotePath};

/// This computer or the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// This computer: the left pane.
    Local,
    /// The server: the right pane.
    Remote,
}

/// A place on either side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// On this computer.
    Local(PathBuf),
    /// On the server.
    Remote(RemotePath),
}

/// An entry with the place it is at, so that it means the same after the pane went elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its whole path.
    pub at: Location,
    /// Its name as shown.
    pub name: String,
    /// What is known of it.
    pub entry: Entry,
}

/// What is being dragged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dragged {
    /// From which pane.
    pub from: Side,
    /// At least one.
    pub items: Vec<Item>,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Local => Self::Remote,
            Self::Remote => Self::Local,
        }
    }
}

impl Location {
    /// Whose.
    pub fn side(&self) -> Side {
        match self {
            Self::Local(_) => Side::Local,
            Self::Remote(_) => Side::Remote,
        }
    }

    /// This directory's child of that name (the bytes of a listing's entry).
    pub fn join(&self, name: &[u8]) -> Self {
        match self {
            Self::Local(dir) => Self::Local(dir.join(local_name(name))),
            Self::Remote(dir) => Self::Remote(dir.join(name)),
        }
    }

    /// The directory it lies in; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Local(path) => path.parent().filter(|p| !p.as_os_str().is_empty()).map(|p| Self::Local(p.to_owned())),
            Self::Remote(path) => path.parent().map(Self::Remote),
        }
    }

    /// The last part, as the bytes of a listing's entry.
    pub fn file_name(&self) -> Option<Vec<u8>> {
        match self {
            Self::Local(path) => path.file_name().map(|name| name.as_encoded_bytes().to_vec()),
            Self::Remote(path) => path.file_name().map(<[u8]>::to_vec),
        }
    }

    /// As text to show.
    pub fn text(&self, charset: &Charset) -> String {
        match self {
            Self::Local(path) => path.to_string_lossy().into_owned(),
            Self::Remote(path) => path.text(charset),
        }
    }

    /// As text that leads back here when it is typed.
    pub fn exact_text(&self, charset: &Charset) -> String {
        match self {
            Self::Local(_) => self.text(charset),
            Self::Remote(path) => path.exact_text(charset),
        }
    }
}

/// A local entry's name as the system wants it. On Windows names are kept as WTF-8; those that are no text cannot be
/// named from here.
fn local_name(name: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Path::new(std::ffi::OsStr::from_bytes(name)).to_owned()
    }
    #[cfg(not(unix))]
    {
        Path::new(&*String::from_utf8_lossy(name)).to_owned()
    }
}
