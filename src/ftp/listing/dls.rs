//! `/bin/dls`: name, size (or `-`, `=` for directories), perhaps a date, perhaps what it is. So loose that a line must
//! look very much like it, unless one before it did.

use crate::domain::{Entry, EntryKind};
use crate::ftp::listing::columns::{Columns, is_number, number};
use crate::ftp::listing::{Context, Line, date};

/// One line. `known` = a line before this one was of this format.
pub(super) fn parse(line: &[u8], context: &Context, known: bool) -> Line {
    read(line, context, known).map_or(Line::Unknown, Line::Entry)
}

/// A name too long for its column, and the line after it.
pub(super) fn join(first: &[u8], second: &[u8], context: &Context, known: bool) -> Line {
    let columns = Columns::new(second, 0);
    let is_aligned = is_number(columns.word(0)) && is_in_place(second, columns.end(0));
    if known || is_aligned { parse(&[first, b" ", second].concat(), context, true) } else { Line::Unknown }
}

fn read(line: &[u8], context: &Context, known: bool) -> Option<Entry> {
    let columns = Columns::new(line, 0);
    let words = columns.words();
    let (name, size) = (*words.first()?, *words.get(1)?);
    let has_no_size = size == b"-" || size == b"=";
    if columns.start(0) != 0 || !(has_no_size || is_number(size)) {
        return None;
    }
    // `Jul 11 21:05`, `05 Sep 1994`, and no date of other systems.
    let has_month = words.iter().skip(2).take(2).any(|word| word[0].is_ascii_alphabetic());
    let dated = if has_month { date::parse(&words[2..], &context.now, false) } else { None };
    let rest = columns.rest(2 + dated.map_or(0, |(_, used)| used));
    let directory = name.strip_suffix(b"/").filter(|_| has_no_size);
    let is_aligned = is_in_place(line, columns.end(1));
    // Without a date a line must have the columns, or tell of a directory.
    if !known && dated.is_none() && directory.is_none() && !is_aligned {
        return None;
    }
    let mut entry = match directory {
        Some(name) => Entry::new(name, EntryKind::Directory),
        None => Entry::new(name, EntryKind::File),
    };
    if let Some(target) = rest.strip_prefix(b"-> ") {
        entry.kind = EntryKind::Link;
        entry.target = Some(target.trim_ascii_end().into());
    }
    entry.size = number(size);
    entry.modified = dated.map(|(modified, _)| modified);
    (!entry.name.is_empty()).then_some(entry)
}

/// Whether a size that ends here is one of its.
fn is_in_place(line: &[u8], end: usize) -> bool {
    end == SIZE_END && (line.len() == end || line[end..].starts_with(b"  "))
}

/// Where its sizes end.
const SIZE_END: usize = 23;
