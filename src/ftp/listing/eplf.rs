//! EPLF, <https://cr.yp.to/ftp/list/eplf.html>: `+i8388621.48594,m825718503,r,s280,up755,` tab, name.

use crate::domain::{Entry, EntryKind, Permissions, Timestamp};
use crate::ftp::listing::Line;
use crate::ftp::listing::columns::number;

/// One line.
pub(super) fn parse(line: &[u8]) -> Line {
    let Some(rest) = line.strip_prefix(b"+") else { return Line::Unknown };
    let Some(tab) = rest.iter().position(|b| *b == b'\t') else { return Line::Unknown };
    let (facts, name) = (&rest[..tab], &rest[tab + 1..]);
    if name.is_empty() {
        return Line::Unknown;
    }
    let mut entry = Entry::new(name, EntryKind::Other);
    let mut is_readable = false;
    for fact in facts.split(|b| *b == b',') {
        match fact {
            [b'/'] => entry.kind = EntryKind::Directory,
            [b'r'] => is_readable = true,
            [b's', size @ ..] => entry.size = number(size),
            [b'm', time @ ..] => {
                entry.modified =
                    number(time).and_then(|seconds| i64::try_from(seconds).ok()).and_then(Timestamp::within);
            }
            [b'u', b'p', mode @ ..] => entry.permissions = octal(mode),
            _ => {}
        }
    }
    if entry.kind != EntryKind::Directory {
        // What can be neither fetched nor entered is not worth showing, says the specification.
        if !is_readable {
            return Line::Nothing;
        }
        entry.kind = EntryKind::File;
    }
    Line::Entry(entry)
}

fn octal(digits: &[u8]) -> Option<Permissions> {
    let bits = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
    u16::try_from(bits & 0o7777).ok().map(Permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: &str) -> Entry {
        match parse(line.as_bytes()) {
            Line::Entry(entry) => entry,
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn facts_are_read_in_any_order_and_gaps_forgiven() {
        let file = entry("+i8388621.48594,,m825718503,r,s280,up755,\tdjb html");
        assert_eq!((&*file.name, file.kind, file.size), (&b"djb html"[..], EntryKind::File, Some(280)));
        assert_eq!(file.modified.expect("a time").iso(), "1996-03-01T22:15:03Z");
        assert_eq!(file.permissions, Some(Permissions(0o755)));
        let dir = entry("+/,up153,\t514");
        assert_eq!((dir.kind, dir.permissions), (EntryKind::Directory, Some(Permissions(0o153))));
    }

    #[test]
    fn what_can_be_neither_fetched_nor_entered_is_no_entry() {
        assert!(matches!(parse(b"+m825718503,\tuseless"), Line::Nothing));
        for line in [&b"+r,s1234,  no tab"[..], b"+r,\t", b"+", b"", b"plain"] {
            assert!(matches!(parse(line), Line::Unknown));
        }
    }
}
