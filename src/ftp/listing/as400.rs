//! IBM i (OS/400, AS/400): `QSYS            77824 02/23/00 15:09:55 *DIR QOpenSys/`.
//!
//! A member of a file is named with it (`A.FILE/A.MBR`), as the server wants it.

use crate::domain::{Entry, EntryKind, Timestamp};
use crate::ftp::listing::columns::{Columns, number};
use crate::ftp::listing::{Context, Line, date};

/// How the server writes dates, as far as its lines have shown: its jobs have a format, and all of a listing share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Order {
    #[default]
    Unknown,
    MonthDayYear,
    DayMonthYear,
    YearMonthDay,
}

/// One line.
pub(super) fn parse(line: &[u8], context: &mut Context) -> Line {
    read(line, context).map_or(Line::Unknown, Line::Entry)
}

fn read(line: &[u8], context: &mut Context) -> Option<Entry> {
    let columns = Columns::new(line, 0);
    let words = columns.words();
    let (at, size, modified) = if is_type(words.get(1)?) {
        (1, None, None)
    } else {
        let size = number(words.get(1)?)?;
        let time = date::dos_time(words.get(3)?)?;
        let day = day(words.get(2)?, context)?;
        (4, Some(size), Some(date::at(day, Some(time))?))
    };
    let kind = kind(words.get(at)?)?;
    let name = columns.rest(at + 1).trim_ascii_end();
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let mut entry = Entry::new(name, kind);
    entry.size = size;
    entry.modified = modified.filter(|time: &Timestamp| time.seconds > 0);
    entry.owner = Some(context.words.share(words[0]));
    (!name.is_empty()).then_some(entry)
}

fn is_type(word: &[u8]) -> bool {
    word.len() > 1 && word[0] == b'*' && word[1..].iter().all(u8::is_ascii_alphanumeric)
}

fn kind(word: &[u8]) -> Option<EntryKind> {
    if !is_type(word) {
        return None;
    }
    Some(match word {
        b"*DIR" | b"*DDIR" | b"*LIB" | b"*FLR" => EntryKind::Directory,
        b"*SYMLNK" => EntryKind::Link,
        b"*CHRSF" | b"*BLKSF" | b"*FIFO" | b"*SOCKET" => EntryKind::Other,
        _ => EntryKind::File,
    })
}

/// Two digits each, in the order that the value, the listing or else the place of most such machines suggests.
fn day(word: &[u8], context: &mut Context) -> Option<(i16, i8, i8)> {
    let separator = *word.iter().find(|b| matches!(b, b'/' | b'.' | b'-'))?;
    let mut parts = word.split(|b| *b == separator);
    let mut next = || parts.next().filter(|part| part.len() <= 4).and_then(number);
    let (a, b, c) = (next()?, next()?, next()?);
    let told = if a > 31 {
        Order::YearMonthDay
    } else if a > 12 || separator == b'.' {
        Order::DayMonthYear
    } else if b > 12 {
        Order::MonthDayYear
    } else {
        Order::Unknown
    };
    if told != Order::Unknown {
        context.order = told;
    }
    let order = if told == Order::Unknown { context.order } else { told };
    let (year, month, day) = match order {
        Order::YearMonthDay => (a, b, c),
        Order::DayMonthYear => (c, b, a),
        Order::MonthDayYear | Order::Unknown => (c, a, b),
    };
    let year = i16::try_from(year).ok()?;
    let year = if year < 100 { date::two_digits(year) } else { year };
    Some((year, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}
