//! Formats of single servers: numbers instead of letters, VShell, routers with VxWorks, Nortel's wfFtp, OS-9.

use crate::domain::{Entry, EntryKind, Permissions, Timestamp};
use crate::ftp::listing::columns::{Columns, is_number, number};
use crate::ftp::listing::{Context, Line, date};

/// One line, in any of them.
pub(super) fn parse(line: &[u8], context: &mut Context) -> Line {
    let columns = Columns::new(line, 0);
    if columns.words().len() < 5 {
        return Line::Unknown;
    }
    numeric(&columns, context)
        .or_else(|| vxworks(&columns))
        .or_else(|| wfftp(&columns))
        .or_else(|| os_9(&columns, context))
        .or_else(|| vshell(&columns, context))
        .map_or(Line::Unknown, Line::Entry)
}

/// `0100644   500  101   12345    123456789       filename`: what `stat` says.
fn numeric(columns: &Columns<'_>, context: &mut Context) -> Option<Entry> {
    let words = columns.words();
    if !words[..5].iter().all(|word| is_number(word)) || words[0][0] != b'0' || words[0].len() < 6 {
        return None;
    }
    let mode = u32::from_str_radix(std::str::from_utf8(words[0]).ok()?, 8).ok()?;
    let kind = match mode >> 12 {
        0o04 => EntryKind::Directory,
        0o10 => EntryKind::File,
        0o12 => EntryKind::Link,
        _ => EntryKind::Other,
    };
    let name = columns.rest(5);
    let mut entry = Entry::new(name, kind);
    entry.permissions = u16::try_from(mode & 0o7777).ok().map(Permissions);
    entry.owner = Some(context.words.share(words[1]));
    entry.group = Some(context.words.share(words[2]));
    entry.size = number(words[3]);
    entry.modified = number(words[4]).and_then(|time| i64::try_from(time).ok()).and_then(Timestamp::within);
    (!name.is_empty()).then_some(entry)
}

/// `206876  Apr 04, 2000 21:06 file`, `0  Dec 12, 2002 02:13 directory/`: VShell before it took to Unix' format.
fn vshell(columns: &Columns<'_>, context: &Context) -> Option<Entry> {
    let words = columns.words();
    let size = number(words[0])?;
    if !words[1][0].is_ascii_alphabetic() || !words[2].ends_with(b",") {
        return None;
    }
    let (modified, used) = date::parse(&words[1..], &context.now, false)?;
    let name = columns.rest(1 + used);
    let mut entry = match name.strip_suffix(b"/") {
        Some(name) => Entry::new(name, EntryKind::Directory),
        None => Entry::new(name, EntryKind::File),
    };
    entry.size = Some(size);
    entry.modified = Some(modified);
    (!name.is_empty()).then_some(entry)
}

/// `2048    Feb-28-1998  05:23:30   name   <DIR>`: VxWorks.
fn vxworks(columns: &Columns<'_>) -> Option<Entry> {
    let words = columns.words();
    let size = number(words[0])?;
    let day = date::named_first(words[1])?;
    let time = date::dos_time(words[2])?;
    let name = columns.rest(3).trim_ascii_end();
    let mut entry = match name.strip_suffix(b"<DIR>") {
        Some(name) => Entry::new(name.trim_ascii_end(), EntryKind::Directory),
        None => Entry::new(name, EntryKind::File),
    };
    entry.size = Some(size);
    entry.modified = Some(date::at(day, Some(time))?);
    (!entry.name.is_empty()).then_some(entry)
}

/// `file.cfg       1014196  06/03/04  Thur.   10:20:03`: Nortel's wfFtp.
fn wfftp(columns: &Columns<'_>) -> Option<Entry> {
    let [name, size, day, weekday, time] = *columns.words() else { return None };
    if !weekday.ends_with(b".") || !weekday[0].is_ascii_alphabetic() || !day.contains(&b'/') {
        return None;
    }
    let mut entry = Entry::new(name, EntryKind::File);
    entry.size = Some(number(size)?);
    entry.modified = Some(date::at(date::dos_date(day)?, Some(date::dos_time(time)?))?);
    Some(entry)
}

/// `20.20 07/03/29 1026 d-ewrewr 2650 85920 name`: OS-9, with owner, date, time, attributes, sector, size.
fn os_9(columns: &Columns<'_>, context: &mut Context) -> Option<Entry> {
    let words = columns.words();
    let [owner, day, time, attributes, _, size] = *words.get(..6)? else { return None };
    let is_owner = owner.iter().all(|b| b.is_ascii_digit() || *b == b'.') && owner.contains(&b'.');
    let is_attributes = attributes.len() == 8 && attributes.iter().all(|b| b"dsewr-".contains(b));
    let [a, b, c, d] = *time else { return None };
    if !is_owner || !is_attributes || day.len() != 8 {
        return None;
    }
    let mut parts = day.split(|b| *b == b'/').map(|part| number(part).and_then(|part| i8::try_from(part).ok()));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let name = columns.rest(6);
    let kind = if attributes[0] == b'd' { EntryKind::Directory } else { EntryKind::File };
    let mut entry = Entry::new(name, kind);
    entry.owner = Some(context.words.share(owner));
    entry.size = Some(number(size)?);
    let day = (date::two_digits(i16::from(year)), month, day);
    entry.modified = Some(date::at(day, Some(date::dos_time(&[a, b, b':', c, d])?))?);
    (!name.is_empty()).then_some(entry)
}
