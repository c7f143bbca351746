//! A path on the server: the server's own bytes, so that a name that is no UTF-8 can still be fetched.

use std::borrow::Cow;

use crate::domain::{Charset, visible};

/// A path on the server, `/` between its parts. Absolute paths begin with `/`; any other is relative to the login
/// directory. Never normalised beyond single slashes: what the server sent is what it gets back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RemotePath(Box<[u8]>);

impl RemotePath {
    /// From the server's bytes. A trailing `/` is dropped, except for the root's.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let mut bytes: Vec<u8> = bytes.into();
        while bytes.len() > 1 && bytes.last() == Some(&b'/') {
            bytes.pop();
        }
        Self(bytes.into_boxed_slice())
    }

    /// `/`.
    pub fn root() -> Self {
        Self::new(*b"/")
    }

    /// The bytes to send.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it begins with `/`.
    pub fn is_absolute(&self) -> bool {
        self.0.first() == Some(&b'/')
    }

    /// `/` itself.
    pub fn is_root(&self) -> bool {
        &*self.0 == b"/"
    }

    /// The login directory: an empty relative path.
    pub fn is_home(&self) -> bool {
        self.0.is_empty()
    }

    /// This directory's child of that name; the name is taken as it is, an absolute one included as a name.
    pub fn join(&self, name: &[u8]) -> Self {
        let mut bytes = self.0.to_vec();
        if !bytes.is_empty() && bytes.last() != Some(&b'/') {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Self(bytes.into_boxed_slice())
    }

    /// What the user meant by `typed` while in this directory: absolute, or relative with `.` and `..` resolved.
    pub fn resolve(&self, typed: &[u8]) -> Self {
        let mut at = if typed.first() == Some(&b'/') { Self::root() } else { self.clone() };
        for part in typed.split(|b| *b == b'/') {
            at = match part {
                b"" | b"." => at,
                b".." => at.parent().unwrap_or(at),
                name => at.join(name),
            };
        }
        at
    }

    /// The directory it lies in; `None` for the root and the login directory.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() || self.is_home() {
            return None;
        }
        Some(match self.0.iter().rposition(|b| *b == b'/') {
            Some(0) => Self::root(),
            Some(slash) => Self(self.0[..slash].into()),
            None => Self::default(),
        })
    }

    /// The last part; `None` for the root and the login directory.
    pub fn file_name(&self) -> Option<&[u8]> {
        if self.is_root() || self.is_home() {
            return None;
        }
        self.0.rsplit(|b| *b == b'/').next()
    }

    /// Whether this is `other` or lies below it.
    pub fn starts_with(&self, other: &Self) -> bool {
        match self.0.strip_prefix(&*other.0) {
            Some(rest) => rest.is_empty() || other.is_root() || rest.first() == Some(&b'/'),
            None => false,
        }
    }

    /// As text to show.
    pub fn text(&self, charset: &Charset) -> String {
        charset.show(&self.0)
    }

    /// What comes behind another path, relative; `None` = it does not begin with that.
    pub fn relative_to(&self, other: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&*other.0).filter(|_| self.starts_with(other))?;
        Some(Self(rest.strip_prefix(b"/").unwrap_or(rest).into()))
    }

    /// How many names it has.
    pub fn depth(&self) -> usize {
        self.0.split(|b| *b == b'/').filter(|part| !part.is_empty()).count()
    }

    /// As text that [`Charset::encode`] makes the same path of, where the charset can.
    pub fn exact_text(&self, charset: &Charset) -> String {
        charset.decode(&self.0).into_owned()
    }

    fn lossy(&self) -> Cow<'_, str> {
        Charset::Auto.decode(&self.0)
    }
}

impl From<&str> for RemotePath {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl std::fmt::Display for RemotePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&visible(&self.lossy()))
    }
}

impl std::fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_takes_apart() {
        let dir = RemotePath::from("/pub");
        assert_eq!(dir.join(b"a b").as_bytes(), b"/pub/a b");
        assert_eq!(RemotePath::root().join(b"x").as_bytes(), b"/x");
        assert_eq!(RemotePath::default().join(b"x").as_bytes(), b"x");
        assert_eq!(dir.join(b"x").parent(), Some(dir.clone()));
        assert_eq!(dir.parent(), Some(RemotePath::root()));
        assert_eq!(RemotePath::root().parent(), None);
        assert_eq!(RemotePath::from("x").parent(), Some(RemotePath::default()));
        assert_eq!(dir.file_name(), Some(&b"pub"[..]));
        assert_eq!(RemotePath::from("/pub/"), dir);
    }

    #[test]
    fn resolves_what_a_person_types() {
        let dir = RemotePath::from("/a/b");
        assert_eq!(dir.resolve(b"../c/./d").as_bytes(), b"/a/c/d");
        assert_eq!(dir.resolve(b"/x//y/").as_bytes(), b"/x/y");
        assert_eq!(dir.resolve(b"../../../..").as_bytes(), b"/");
    }

    #[test]
    fn below_is_by_parts_not_by_letters() {
        let dir = RemotePath::from("/a");
        assert!(RemotePath::from("/a/b").starts_with(&dir));
        assert!(dir.starts_with(&dir));
        assert!(!RemotePath::from("/ab").starts_with(&dir));
        assert!(dir.starts_with(&RemotePath::root()));
    }

    #[test]
    fn what_is_shown_is_what_it_looks_like() {
        let path = RemotePath::root().join("a\u{202E}gpj.exe\x1b[2J".as_bytes());
        for shown in [path.to_string(), path.text(&Charset::Auto), format!("{path:?}")] {
            assert!(!shown.contains(['\u{202E}', '\x1b']), "{shown:?}");
        }
        assert_eq!(path.exact_text(&Charset::Auto).as_bytes(), path.as_bytes());
    }

    #[test]
    fn bytes_that_are_no_utf8_survive() {
        let path = RemotePath::root().join(b"caf\xe9");
        assert_eq!(path.as_bytes(), b"/caf\xe9");
        assert_eq!(path.to_string(), "/café");
    }
}
