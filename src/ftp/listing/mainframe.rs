//! Other systems with listings of their own: z/VM and VM/CMS, HP NonStop (Tandem).

use crate::domain::{Entry, EntryKind};
use crate::ftp::listing::columns::{Columns, is_number, number};
use crate::ftp::listing::{Context, Line, date};

/// z/VM: `WELCOME  README   V         82         21          1 1999-12-27 16:19:04 -`; VM/CMS with a file mode (`A1`)
/// before the format, and American dates.
pub(super) fn parse_vm(line: &[u8], context: &mut Context) -> Line {
    read_vm(line, context).map_or(Line::Unknown, Line::Entry)
}

fn read_vm(line: &[u8], context: &mut Context) -> Option<Entry> {
    let columns = Columns::new(line, 0);
    let words = columns.words();
    let is_count = |word: &[u8]| word == b"-" || is_number(word);
    let format = (1..=3).find(|at| {
        let counts = words.get(at + 1..at + 4);
        matches!(words.get(*at).copied(), Some(b"V" | b"F" | b"DIR"))
            && counts.is_some_and(|counts| counts.iter().all(|word| is_count(word)))
    })?;
    let day = date::dos_date(words.get(format + 4)?)?;
    let time = date::dos_time(words.get(format + 5)?)?;
    let mut entry = if words[format] == b"DIR" {
        Entry::new(words[0], EntryKind::Directory)
    } else if format > 1 {
        Entry::new([words[0], words[1]].join(&b'.'), EntryKind::File)
    } else {
        Entry::new(words[0], EntryKind::File)
    };
    // Records of one length: so many bytes. Of varying lengths: nobody knows.
    if words[format] == b"F" {
        entry.size = number(words[format + 1]).zip(number(words[format + 2])).and_then(|(a, b)| a.checked_mul(b));
    }
    entry.modified = Some(date::at(day, Some(time))?);
    entry.owner = words.get(format + 6).filter(|owner| **owner != b"-").map(|owner| context.words.share(owner));
    Some(entry)
}

/// HP NonStop: `FILE3        101            16354 14-Mar-14 15:09:12 244, 10 "nunu"`.
pub(super) fn parse_nonstop(line: &[u8], context: &mut Context) -> Line {
    read_nonstop(line, context).map_or(Line::Unknown, Line::Entry)
}

fn read_nonstop(line: &[u8], context: &mut Context) -> Option<Entry> {
    let columns = Columns::new(line, 0);
    let words = columns.words();
    let code = *words.get(1)?;
    if !code.first()?.is_ascii_digit() || !code.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let size = number(words.get(2)?)?;
    let day = date::named(words.get(3)?)?;
    let time = date::dos_time(words.get(4)?)?;
    // Group and user, then who may read, write, execute and purge: in quotes.
    let quoted = words.iter().position(|word| word.starts_with(b"\""))?;
    if quoted < 6 {
        return None;
    }
    let mut entry = Entry::new(words[0], EntryKind::File);
    entry.size = Some(size);
    entry.modified = Some(date::at(day, Some(time))?);
    entry.owner = Some(context.words.share(columns.text(5..quoted)));
    Some(entry)
}
