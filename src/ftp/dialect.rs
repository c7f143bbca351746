//! How a server writes paths: a Unix path, a drive, VMS's `DISK:[A.B]`, MVS's `'A.B.'`. Everywhere else a path is a
//! [`RemotePath`] with slashes; here, and only here, it becomes the server's own text and back. Known from the answer to
//! PWD, not from SYST: many a server on these systems writes Unix paths.

use std::borrow::Cow;

use crate::domain::RemotePath;

/// How a server writes paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// `/a/b`, as it is.
    #[default]
    Unix,
    /// `C:\a\b` or `C:/a/b`: `/C:/a/b` for us.
    Drive {
        /// Which of the two.
        backslash: bool,
    },
    /// `DISK:[A.B]FILE.TXT;1`: `/DISK:/A/B/FILE.TXT;1` for us.
    Vms,
    /// `'A.B.'` or, a partitioned data set, `'A.B.PDS'`: `/A/B/PDS` for us. What lies in it is a data set there and a
    /// member here, so a file goes by its bare name in its directory.
    Mvs,
}

impl Dialect {
    /// The dialect of a path that PWD gave, and the path as we write it.
    pub fn read(pwd: &RemotePath) -> (Self, RemotePath) {
        let text = pwd.as_bytes();
        match text {
            [drive, b':', rest @ ..]
                if drive.is_ascii_alphabetic() && matches!(rest.first(), None | Some(b'/' | b'\\')) =>
            {
                let backslash = rest.first() == Some(&b'\\');
                let slashed: Vec<u8> = text.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect();
                (Self::Drive { backslash }, RemotePath::new([b"/", &slashed[..]].concat()))
            }
            [b'\'', inner @ .., b'\''] if !inner.is_empty() && !inner.contains(&b'/') => {
                let qualifiers = inner.strip_suffix(b".").unwrap_or(inner);
                (Self::Mvs, joined(b"", qualifiers.split(|b| *b == b'.')))
            }
            _ => match vms(text) {
                Some((device, dirs)) => (Self::Vms, joined(device, dirs.into_iter())),
                None => (Self::Unix, pwd.clone()),
            },
        }
    }

    /// A directory, as CWD, MKD and RMD take it.
    pub fn dir<'p>(&self, path: &'p RemotePath) -> Cow<'p, [u8]> {
        let Some(inner) = path.as_bytes().strip_prefix(b"/").filter(|inner| !inner.is_empty()) else {
            return Cow::Borrowed(path.as_bytes());
        };
        match self {
            Self::Unix => Cow::Borrowed(path.as_bytes()),
            // A drive alone is the directory that the server is in on it: its root needs the slash.
            Self::Drive { .. } if !inner.contains(&b'/') => Cow::Owned(self.drive(&[inner, b"/"].concat())),
            Self::Drive { .. } => Cow::Owned(self.drive(inner)),
            Self::Vms => {
                let (device, dirs) = parts(inner);
                Cow::Owned([device, b"[", &bracketed(dirs), b"]"].concat())
            }
            Self::Mvs => Cow::Owned([b"'", &dotted(inner)[..], b"'"].concat()),
        }
    }

    /// A file, as RETR, STOR, DELE, RNFR take it; `None` = by its bare name, from within its directory.
    pub fn file<'p>(&self, path: &'p RemotePath) -> Option<Cow<'p, [u8]>> {
        let Some(inner) = path.as_bytes().strip_prefix(b"/").filter(|inner| !inner.is_empty()) else {
            return Some(Cow::Borrowed(path.as_bytes()));
        };
        match self {
            Self::Unix => Some(Cow::Borrowed(path.as_bytes())),
            Self::Drive { .. } => Some(Cow::Owned(self.drive(inner))),
            Self::Vms => {
                let slash = inner.iter().rposition(|b| *b == b'/')?;
                let (device, dirs) = parts(&inner[..slash]);
                Some(Cow::Owned([device, b"[", &bracketed(dirs), b"]", &inner[slash + 1..]].concat()))
            }
            Self::Mvs => None,
        }
    }

    fn drive(self, inner: &[u8]) -> Vec<u8> {
        let backslash = self == Self::Drive { backslash: true };
        inner.iter().map(|b| if *b == b'/' && backslash { b'\\' } else { *b }).collect()
    }
}

/// `DISK:[A.B]`, perhaps with a node before it (`NODE::DISK:[A.B]`).
fn vms(text: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
    let inner = text.strip_suffix(b"]")?;
    let open = inner.iter().position(|b| *b == b'[')?;
    let (device, dirs) = (&inner[..open], &inner[open + 1..]);
    if !device.is_empty() && !device.ends_with(b":") {
        return None;
    }
    // A dot after a circumflex is part of a name (ODS-5).
    let mut parts = Vec::new();
    let mut begin = 0;
    for at in 0..dirs.len() {
        if dirs[at] == b'.' && (at == 0 || dirs[at - 1] != b'^') {
            parts.push(&dirs[begin..at]);
            begin = at + 1;
        }
    }
    parts.push(&dirs[begin..]);
    parts.retain(|part| !part.is_empty() && *part != b"000000");
    Some((device, parts))
}

fn joined<'a>(device: &[u8], parts: impl Iterator<Item = &'a [u8]>) -> RemotePath {
    let root = RemotePath::root();
    let device = if device.is_empty() { root } else { root.join(device) };
    parts.fold(device, |path, part| path.join(part))
}

/// The device, where the first part is one, and what is below it.
fn parts(inner: &[u8]) -> (&[u8], &[u8]) {
    let end = inner.iter().position(|b| *b == b'/').unwrap_or(inner.len());
    match inner[..end].ends_with(b":") {
        true => (&inner[..end], inner.get(end + 1..).unwrap_or_default()),
        false => (b"", inner),
    }
}

/// What stands between VMS's brackets; the top of a disk has a name of its own.
fn bracketed(dirs: &[u8]) -> Vec<u8> {
    if dirs.is_empty() { b"000000".to_vec() } else { dotted(dirs) }
}

fn dotted(inner: &[u8]) -> Vec<u8> {
    inner.iter().map(|b| if *b == b'/' { b'.' } else { *b }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Dialect, String) {
        let (dialect, path) = Dialect::read(&RemotePath::from(text));
        (dialect, path.to_string())
    }

    fn text(bytes: Cow<'_, [u8]>) -> String {
        String::from_utf8(bytes.into_owned()).expect("text")
    }

    #[test]
    fn unix_paths_stay_as_they_are() {
        for path in ["/", "/pub", "/C:/pub", "/a [b]", "relative", "", "~", "/'A'"] {
            assert_eq!(read(path), (Dialect::Unix, path.to_owned()));
            assert_eq!(text(Dialect::Unix.dir(&RemotePath::from(path))), path);
            assert_eq!(text(Dialect::Unix.file(&RemotePath::from(path)).expect("a whole path")), path);
        }
    }

    #[test]
    fn every_dialect_goes_to_slashes_and_back() {
        for (pwd, ours, child, file) in [
            ("C:\\", "/C:", "C:\\x", "C:\\x"),
            ("C:\\Inetpub\\wwwroot", "/C:/Inetpub/wwwroot", "C:\\Inetpub\\wwwroot\\x", "C:\\Inetpub\\wwwroot\\x"),
            ("D:/pub", "/D:/pub", "D:/pub/x", "D:/pub/x"),
            ("DKA0:[ANON.PUB]", "/DKA0:/ANON/PUB", "DKA0:[ANON.PUB.x]", "DKA0:[ANON.PUB]x"),
            ("SYS$DISK:[000000]", "/SYS$DISK:", "SYS$DISK:[x]", "SYS$DISK:[000000]x"),
            ("[ANON]", "/ANON", "[ANON.x]", "[ANON]x"),
        ] {
            let (dialect, path) = Dialect::read(&RemotePath::from(pwd));
            assert_eq!(path.to_string(), ours);
            assert_eq!(text(dialect.dir(&path)), pwd, "and back");
            assert_eq!(text(dialect.dir(&path.join(b"x"))), child);
            assert_eq!(text(dialect.file(&path.join(b"x")).expect("a whole path")), file);
        }
    }

    #[test]
    fn data_sets_go_by_their_bare_name() {
        for pwd in ["'USER.DATA.'", "'USER.DATA'"] {
            let (dialect, path) = Dialect::read(&RemotePath::from(pwd));
            assert_eq!((dialect, path.to_string().as_str()), (Dialect::Mvs, "/USER/DATA"));
            assert_eq!(text(dialect.dir(&path)), "'USER.DATA'");
            assert_eq!(dialect.file(&path.join(b"X")), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let (dialect, path) = Dialect::read(&RemotePath::new(bytes));
            dialect.dir(&path);
            dialect.file(&path);
        }

        #[test]
        fn what_looks_like_a_path_never_panics(text in "([A-Z]{0,3}:)?[\\[\\]'./\\\\^A-C]{0,12}") {
            let (dialect, path) = Dialect::read(&RemotePath::from(text.as_str()));
            dialect.dir(&path);
            dialect.file(&path.join(b"x"));
        }
    }
}
