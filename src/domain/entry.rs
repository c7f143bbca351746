//! What a directory holds, on either side.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::domain::{Charset, RemotePath, Timestamp};

/// One row of a directory. Kept small: a million of them must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The server's bytes, or the local name's. No path, but for a member on IBM i (`A.FILE/A.MBR`); on VMS without
    /// the version, where it is the newest.
    pub name: Box<[u8]>,
    /// File, directory, link or something else.
    pub kind: EntryKind,
    /// Bytes; `None` where unknown or meaningless.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Timestamp>,
    /// The Unix mode's lower bits.
    pub permissions: Option<Permissions>,
    /// Shared between the rows of a listing.
    pub owner: Option<Arc<str>>,
    /// Shared between the rows of a listing.
    pub group: Option<Arc<str>>,
    /// Where a link points.
    pub target: Option<Box<[u8]>>,
}

/// File, directory, link or something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, to whatever.
    Link,
    /// Device, socket, FIFO.
    Other,
}

/// The lower twelve bits of a Unix mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permissions(pub u16);

/// A directory, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Where, on the server; local listings keep their path beside the listing.
    pub dir: RemotePath,
    /// In the server's order, without `.` and `..`.
    pub entries: Vec<Entry>,
    /// Lines that no format explains, as text, the first few.
    pub unread: Vec<String>,
    /// Where the server says that it left something out: in its words.
    pub cut: Option<String>,
}

impl Listing {
    /// Whether what it does not have is not there.
    pub fn is_whole(&self) -> bool {
        self.cut.is_none() && self.unread.is_empty()
    }
}

impl Entry {
    /// A bare entry of that name and kind.
    pub fn new(name: impl Into<Vec<u8>>, kind: EntryKind) -> Self {
        Self {
            name: name.into().into_boxed_slice(),
            kind,
            size: None,
            modified: None,
            permissions: None,
            owner: None,
            group: None,
            target: None,
        }
    }

    /// The name as text to show: the bytes are what goes to the server.
    pub fn text(&self, charset: &Charset) -> String {
        charset.show(&self.name)
    }

    /// Whether it may be entered: a directory, or a link that may lead to one.
    pub fn may_be_directory(&self) -> bool {
        matches!(self.kind, EntryKind::Directory | EntryKind::Link)
    }

    /// A name that begins with a dot.
    pub fn is_hidden(&self) -> bool {
        self.name.first() == Some(&b'.')
    }
}

impl Permissions {
    /// From `rwxr-xr-x` (with `s`, `S`, `t`, `T`); `None` where it is not nine such characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 9 {
            return None;
        }
        let mut mode = 0;
        for (at, &c) in text.iter().enumerate() {
            let bit = 0o400 >> at;
            let special = [0o4000, 0o2000, 0o1000][at / 3];
            match (at % 3, c) {
                (_, b'-') => {}
                (0, b'r') | (1, b'w') | (2, b'x') => mode |= bit,
                (2, b's') if at < 8 => mode |= bit | special,
                (2, b't') if at == 8 => mode |= bit | special,
                (2, b'S') if at < 8 => mode |= special,
                (2, b'T') if at == 8 => mode |= special,
                _ => return None,
            }
        }
        Some(Self(mode))
    }

    /// As octal digits: `755`, `4755`.
    pub fn octal(self) -> String {
        format!("{:03o}", self.0 & 0o7777)
    }
}

impl std::fmt::Display for Permissions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::with_capacity(9);
        for at in 0..9 {
            let on = self.0 & (0o400 >> at) != 0;
            let special = self.0 & [0o4000, 0o2000, 0o1000][at / 3] != 0 && at % 3 == 2;
            out.push(match (special, on, at) {
                (true, true, 8) => 't',
                (true, false, 8) => 'T',
                (true, true, _) => 's',
                (true, false, _) => 'S',
                (false, true, _) => ['r', 'w', 'x'][at % 3],
                (false, false, _) => '-',
            });
        }
        f.write_str(&out)
    }
}

/// Orders names as a person would: case aside, and digits by their value (`file9` before `file10`).
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (left.peek().copied(), right.peek().copied()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (digits(&mut left), digits(&mut right));
                let order = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
                if order != Ordering::Equal {
                    return order;
                }
            }
            (Some(x), Some(y)) => {
                let order = x.to_lowercase().cmp(y.to_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
                left.next();
                right.next();
            }
        }
    }
}

/// The run of digits that comes next, without its leading zeros.
fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut run = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if digit != '0' || !run.is_empty() {
            run.push(digit);
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_read_and_write_the_same_text() {
        for text in ["rwxr-xr-x", "---------", "rwsr-sr-t", "rwSr-Sr-T", "rw-r--r--"] {
            assert_eq!(Permissions::parse(text).map(|p| p.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Permissions::parse("rwxr-xr-x"), Some(Permissions(0o755)));
        assert_eq!(Permissions::parse("rwxr-xr-"), None);
        assert_eq!(Permissions::parse("xwrr-xr-x"), None);
        assert_eq!(Permissions(0o4755).octal(), "4755");
    }

    #[test]
    fn names_sort_as_a_person_would() {
        let mut names = ["b10", "a", "B9", "b09a", "b9", "A1"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["a", "A1", "B9", "b9", "b09a", "b10"]);
    }

    #[test]
    fn an_entry_stays_small() {
        assert!(size_of::<Entry>() <= 136, "{}", size_of::<Entry>());
    }
}
