//! The DOS style of IIS and its imitators: `01-22-98  01:52PM  <DIR>  name`.

use crate::domain::{Entry, EntryKind};
use crate::ftp::listing::columns::{is_blank, is_number, number};
use crate::ftp::listing::{Line, date};

/// One line.
pub(super) fn parse(line: &[u8]) -> Line {
    read(line).map_or(Line::Unknown, |entry| match &*entry.name {
        b"." | b".." => Line::Nothing,
        _ => Line::Entry(entry),
    })
}

fn read(line: &[u8]) -> Option<Entry> {
    let (day, rest) = word(line)?;
    let day = date::dos_date(day).or_else(|| date::named(day))?;
    let (clock, mut rest) = word(rest)?;
    let mut time = date::dos_time(clock)?;
    // `03:09 PM`
    if let Some((half, after)) = word(rest)
        && matches!(half, b"AM" | b"PM" | b"am" | b"pm")
    {
        time = date::dos_time(&[clock, half].concat())?;
        rest = after;
    }
    let (column, name) = word(rest)?;
    let mut entry = if let Some(tag) = column.strip_prefix(b"<").and_then(|tag| tag.strip_suffix(b">")) {
        let name = aligned(line, column, name);
        if tag.eq_ignore_ascii_case(b"DIR") {
            Entry::new(name, EntryKind::Directory)
        } else if [&b"JUNCTION"[..], b"SYMLINKD", b"SYMLINK"].iter().any(|link| tag.eq_ignore_ascii_case(link)) {
            link(name)
        } else {
            return None;
        }
    } else {
        let mut entry = Entry::new(aligned(line, column, name), EntryKind::File);
        entry.size = size(column)?;
        entry
    };
    entry.modified = Some(date::at(day, Some(time))?);
    (!entry.name.is_empty()).then_some(entry)
}

/// `1234`, `1,234`, `1.234`. `None` = no number at all; `Some(None)` = one too big to be true.
fn size(column: &[u8]) -> Option<Option<u64>> {
    if is_number(column) {
        return Some(number(column));
    }
    let digits: Vec<u8> = column.iter().copied().filter(|b| !matches!(b, b',' | b'.')).collect();
    is_number(&digits).then(|| number(&digits))
}

/// `Documents and Settings [C:\Users]`, `name -> target`, `name => target`.
fn link(name: &[u8]) -> Entry {
    let arrow = name.windows(4).position(|four| four == b" -> " || four == b" => ");
    if let Some(at) = arrow.filter(|at| *at > 0 && at + 4 < name.len()) {
        let mut entry = Entry::new(&name[..at], EntryKind::Link);
        entry.target = Some(name[at + 4..].into());
        return entry;
    }
    if let Some(open) = name.windows(2).position(|pair| pair == b" [")
        && let Some(target) = name[open + 2..].strip_suffix(b"]")
    {
        let mut entry = Entry::new(&name[..open], EntryKind::Link);
        entry.target = Some(target.into());
        return entry;
    }
    Entry::new(name, EntryKind::Link)
}

/// IIS begins names in column 39, whatever they begin with; others somewhere after a few blanks.
fn aligned<'a>(line: &'a [u8], column: &[u8], after: &'a [u8]) -> &'a [u8] {
    let from = line.len() - after.len();
    // Where the tag or the size stands, and how, tells IIS from its imitators.
    let is_in_place =
        if column[0] == b'<' { from - column.len() == IIS_TAG } else { from + 1 == IIS_NAME && is_number(column) };
    match line.get(from..IIS_NAME) {
        Some(gap) if is_in_place && line[0] != b' ' && !gap.is_empty() && gap.iter().all(|b| *b == b' ') => {
            &line[IIS_NAME..]
        }
        _ => after.trim_ascii_start(),
    }
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = text.iter().position(|b| !is_blank(*b))?;
    let text = &text[start..];
    let end = text.iter().position(|b| is_blank(*b)).unwrap_or(text.len());
    Some(text.split_at(end))
}

const IIS_TAG: usize = 24;
const IIS_NAME: usize = 39;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: &str) -> Entry {
        read(line.as_bytes()).unwrap_or_else(|| panic!("{line}"))
    }

    #[test]
    fn dates_times_and_sizes_are_read_in_every_dialect() {
        for (line, date, size) in [
            ("01-22-98  01:52PM                  795 f", "1998-01-22T13:52", Some(795)),
            ("04-08-14  12:09AM            1,234,567 f", "2014-04-08T00:09", Some(1_234_567)),
            ("04-08-2014  12:09PM                 1 f", "2014-04-08T12:09", Some(1)),
            ("09-13-10  13:08                   23 f", "2010-09-13T13:08", Some(23)),
            ("2002-09-02  19:06                9,730 f", "2002-09-02T19:06", Some(9730)),
            ("13-08-14  03:09 PM  5 f", "2014-08-13T15:09", Some(5)),
            ("05-Nov-2002  10:00  5 f", "2002-11-05T10:00", Some(5)),
            ("24.04.2003  17:12  1.234 f", "2003-04-24T17:12", Some(1234)),
            ("01-22-98  01:52:07PM  99999999999999999999999 f", "1998-01-22T13:52:07", None),
        ] {
            let entry = entry(line);
            assert_eq!(entry.modified.expect("a date").iso(), date, "{line}");
            assert_eq!((entry.kind, entry.size), (EntryKind::File, size), "{line}");
            assert_eq!(&*entry.name, b"f", "{line}");
        }
    }

    #[test]
    fn directories_and_junctions_are_told_apart() {
        let dir = entry("03-10-21 11:12       <DIR> System Volume Information");
        assert_eq!((dir.kind, &*dir.name), (EntryKind::Directory, &b"System Volume Information"[..]));
        let link = entry("10-23-12  03:25PM  <JUNCTION>     Documents and Settings [C:\\Users]");
        assert_eq!(link.kind, EntryKind::Link);
        assert_eq!((&*link.name, link.target.as_deref()), (&b"Documents and Settings"[..], Some(&b"C:\\Users"[..])));
    }

    #[test]
    fn a_name_begins_in_iis_column_even_with_blanks() {
        assert_eq!(&*entry("01-22-98  01:52PM                  795   leading").name, b"  leading");
        assert_eq!(&*entry("01-22-98  01:52PM       <DIR>           leading").name, b" leading");
        assert_eq!(&*entry("01-22-98  01:52PM       <DIR>          plain").name, b"plain");
    }

    #[test]
    fn what_only_looks_like_dos_is_refused() {
        for line in
            ["34-08-14  03:09PM  <DIR> docs", "01-22-98  25:52  5 f", "01-22-98  01:52PM  <WHAT> f", "01-22-98", ""]
        {
            assert!(read(line.as_bytes()).is_none(), "{line}");
        }
    }
}
