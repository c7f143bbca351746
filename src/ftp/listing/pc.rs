//! What ran on personal computers beside Windows: OS/2, and the 16-bit Windows servers SuperTCP and Chameleon.

use crate::domain::{Entry, EntryKind};
use crate::ftp::listing::columns::{Columns, is_number, number};
use crate::ftp::listing::{Context, Line, date};

/// OS/2: `612  RHSA           07-28-95   16:45  air_tra1.bag`, `0  RHS   DIR      04-11-95   16:26  ATTACH`; not all of
/// its servers know of years with four digits (`103` is 2003).
pub(super) fn parse_os2(line: &[u8]) -> Line {
    read_os2(line).map_or(Line::Unknown, Line::Entry)
}

fn read_os2(line: &[u8]) -> Option<Entry> {
    let columns = Columns::new(line, 0);
    let words = columns.words();
    let size = number(words.first()?)?;
    let is_attribute = |word: &&&[u8]| word.iter().all(|b| b"RHSADIr".contains(b));
    let attributes = words[1..].iter().take_while(is_attribute).count();
    let day = 1 + attributes;
    let (date, time) = (words.get(day)?, words.get(day + 1)?);
    if !date.contains(&b'-') || attributes > 5 {
        return None;
    }
    let is_directory = words[1..day].contains(&&b"DIR"[..]);
    let name = columns.rest(day + 2);
    let mut entry = Entry::new(name, if is_directory { EntryKind::Directory } else { EntryKind::File });
    entry.size = Some(size);
    entry.modified = Some(date::at(date::dos_date(date)?, Some(date::dos_time(time)?))?);
    (!name.is_empty()).then_some(entry)
}

/// SuperTCP: `DESIGN1.DOC  11264  05-11-95  14:20`; Chameleon: `DESIGN1.DOC  11264  May 11 1995 14:20   A`.
pub(super) fn parse_windows_3(line: &[u8], context: &Context) -> Line {
    read_windows_3(line, context).map_or(Line::Unknown, Line::Entry)
}

fn read_windows_3(line: &[u8], context: &Context) -> Option<Entry> {
    let columns = Columns::new(line, 0);
    let words = columns.words();
    let column = *words.get(1)?;
    let kind = if column == b"<DIR>" { EntryKind::Directory } else { EntryKind::File };
    if kind == EntryKind::File && !is_number(column) {
        return None;
    }
    let modified = if words.get(2)?.first()?.is_ascii_digit() {
        if words.len() != 4 {
            return None;
        }
        date::at(date::dos_date(words[2])?, Some(date::dos_time(words[3])?))?
    } else {
        let (modified, used) = date::parse(&words[2..], &context.now, false)?;
        let is_attribute = |word: &&[u8]| word.len() <= 4 && word.iter().all(|b| b"RHSA".contains(b));
        let has_year_and_time = used == 4;
        if !has_year_and_time || !words[2 + used..].iter().all(is_attribute) {
            return None;
        }
        modified
    };
    let mut entry = Entry::new(words[0], kind);
    entry.size = number(column);
    entry.modified = Some(modified);
    Some(entry)
}
