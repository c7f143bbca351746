//! `ls -l` in its dialects, NetWare's relative of it, and Connect:Enterprise's.

use crate::domain::{Entry, EntryKind, Permissions, Precision, Timestamp};
use crate::ftp::listing::columns::{Columns, is_blank, is_number, number};
use crate::ftp::listing::date;
use crate::ftp::listing::{Context, Line};

/// One line.
pub(super) fn parse(line: &[u8], context: &mut Context) -> Line {
    // Some servers indent their lines.
    let line = match line.first() {
        Some(b' ' | b'\t') => line.trim_ascii_start(),
        _ => line,
    };
    let Some((head, line)) = find_head(line) else { return Line::Unknown };
    let columns = Columns::new(line, head.length);
    let Some(found) = Found::search(&head, &columns, context) else { return Line::Unknown };
    let Some(name) = found.name(&head, &columns, line) else { return Line::Unknown };

    let mut entry = Entry::new(name, head.kind);
    entry.modified = found.modified;
    entry.permissions = head.permissions;
    entry.size = found.size.bytes;
    let mut owners = 0..found.at - 1;
    if head.is_device {
        // Major and minor number stand where the size would.
        if owners.end > 0 && columns.word(owners.end - 1).ends_with(b",") {
            owners.end -= 1;
        }
    }
    let (owner, group) = if head.is_enterprise {
        // A letter for the transfer mode comes first.
        (Some(columns.word(1)), Some(columns.word(2)).filter(|_| owners.end > 2))
    } else {
        owners_of(&columns, owners, &found.size)
    };
    entry.owner = owner.map(|owner| context.words.share(owner));
    entry.group = group.map(|group| context.words.share(group));

    if head.kind == EntryKind::Link {
        if let Some((name, target)) = arrow(name, found.size.bytes) {
            entry.name = name.into();
            entry.target = Some(target.into());
        }
    } else if head.kind == EntryKind::Directory
        && let Some(bare) = name.strip_suffix(b"/")
    {
        // `ls -F`.
        entry.name = bare.into();
    }
    if matches!(&*entry.name, b"." | b"..") { Line::Nothing } else { Line::Entry(entry) }
}

fn is_year_on_the_right(columns: &Columns<'_>, word: usize) -> bool {
    is_number(columns.word(word)) && columns.start(word) - columns.end(word - 1) == 2
}

/// The head, and the line from it on: `ls -is` puts inode and blocks before it.
fn find_head(line: &[u8]) -> Option<(Head, &[u8])> {
    if let Some(head) = Head::parse(line) {
        return Some((head, line));
    }
    if !line.first()?.is_ascii_digit() {
        return None;
    }
    let columns = Columns::new(line, 0);
    let numbers = columns.words().iter().take(2).take_while(|word| is_number(word)).count();
    let line = columns.rest(numbers);
    // Without a letter in it, this is no permission but a name or a date.
    let head = Head::parse(line).filter(|head| numbers > 0 && head.permissions.is_some())?;
    Some((head, line))
}

/// Size and date: the fixed points of a line. What stands before them are the owners, what follows is the name.
struct Found<'a> {
    /// The word with which the date begins, behind the size.
    at: usize,
    size: Size<'a>,
    modified: Option<Timestamp>,
    /// Words of the date.
    used: usize,
}

impl<'a> Found<'a> {
    fn search(head: &Head, columns: &Columns<'a>, context: &Context) -> Option<Self> {
        let words = columns.words();
        let try_at = |at: usize, loose: bool| {
            let size = if head.is_device { Size::device(words[at - 1]) } else { Size::parse(words[at - 1]) }?;
            let (modified, used) = date::parse(&words[at..], &context.now, loose)?;
            // `ls` sets a year to the right of its column; a time behind such a year is the beginning of the name.
            if used == 4 && is_year_on_the_right(columns, at + 2) {
                let (modified, used) = date::parse(&words[at..at + 3], &context.now, loose)?;
                return Some(Self { at, size, modified: Some(modified), used });
            }
            Some(Self { at, size, modified: Some(modified), used })
        };
        // Links, owner, group, size, date: nearly always.
        if words.len() > USUAL
            && let Some(found) = try_at(USUAL, false)
        {
            return Some(found);
        }
        [false, true]
            .into_iter()
            .find_map(|loose| (1..words.len()).find_map(|at| try_at(at, loose)))
            .or_else(|| Self::without_date(words))
    }

    /// `drwxr-xr-x 3 user group 512 name`: only where nothing there looks like a date that was not understood.
    fn without_date(words: &[&'a [u8]]) -> Option<Self> {
        let [links, owner, group, size, name, ..] = *words else { return None };
        let is_text = |word: &[u8]| word.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
        let dated = |word: &[u8]| {
            crate::ftp::listing::months::month(word).is_some()
                || word.iter().all(|b| b.is_ascii_digit() || b"-/:.,".contains(b))
        };
        if !is_number(links)
            || !is_text(owner)
            || !is_text(group)
            || !is_number(size)
            || words[4..].iter().any(|w| dated(w))
        {
            return None;
        }
        let size = Size { bytes: number(size), merged: None };
        (!name.is_empty()).then_some(Self { at: 4, size, modified: None, used: 0 })
    }

    fn name(&self, head: &Head, columns: &Columns<'a>, line: &'a [u8]) -> Option<&'a [u8]> {
        if self.modified.is_none() {
            return Some(columns.rest(self.at));
        }
        // One blank ends the date; more belong to the name...
        let last = self.at + self.used - 1;
        let mut name = line.get(columns.end(last) + 1..)?;
        let is_day = self.modified.is_some_and(|time| time.precision == Precision::Day);
        if head.is_netware || (is_day && self.used == 1) {
            // ... but NetWare aligns names, and who gives a date alone leaves room for a time.
            name = name.trim_ascii_start();
        } else if is_day && is_blank(*name.first()?) && columns.start(last) - columns.end(last - 1) == 1 {
            // `Feb 18 2005  name`: the year is aligned to the left of a column for five.
            name = &name[1..];
        }
        (!name.is_empty()).then_some(name)
    }
}

/// Kind and permissions.
struct Head {
    kind: EntryKind,
    is_device: bool,
    permissions: Option<Permissions>,
    is_netware: bool,
    is_enterprise: bool,
    length: usize,
}

impl Head {
    fn parse(line: &[u8]) -> Option<Self> {
        let (letter, rest) = line.split_first()?;
        let kind = match letter {
            b'-' | b'f' | b'F' => EntryKind::File,
            b'd' | b'D' => EntryKind::Directory,
            b'l' => EntryKind::Link,
            // Devices, FIFOs, sockets, doors, whiteouts, and what other systems call special.
            b'b' | b'c' | b'p' | b's' | b'w' | b'n' | b'C' | b'M' | b'P' | b'm' | b'?' => EntryKind::Other,
            _ => return None,
        };
        let is_device = matches!(letter, b'b' | b'c');
        let head = Self { kind, is_device, permissions: None, is_netware: false, is_enterprise: false, length: 0 };
        // `d [R----F--] supervisor`, `-[RWCEMFA]  1 *unknown`.
        if let Some(trustees) = rest.strip_prefix(b" [").or_else(|| rest.strip_prefix(b"[")) {
            let close = trustees.iter().position(|b| *b == b']')?;
            return Some(Self { is_netware: true, length: line.len() - trustees.len() + close + 1, ..head });
        }
        if is_enterprise(line) {
            return Some(Self { is_enterprise: true, length: ENTERPRISE, ..head });
        }
        // Some boxes know no world (`drwxr-x`), some leave its last letter out (`drw-r--rw `).
        let count = rest.iter().take(9).take_while(|b| b"rwxsStTlL-?".contains(b)).count();
        let mut bits = *b"---------";
        bits[..count].copy_from_slice(&rest[..count]);
        if !matches!(count, 6 | 8 | 9) {
            return None;
        }
        let permissions =
            std::str::from_utf8(&bits).ok().and_then(Permissions::parse).or_else(|| odd_permissions(&bits));
        // ACLs (`+`), SELinux (`.`), extended attributes (`@`).
        let acl = count == 9 && matches!(line.get(10), Some(b'+' | b'.' | b'@' | b'*'));
        let length = 1 + count + usize::from(acl);
        // What follows is a blank, or a link count grown together with the permissions.
        match line.get(length) {
            Some(b' ' | b'\t') => {}
            Some(b'0'..=b'9') if count == 9 => {}
            _ => return None,
        }
        Some(Self { permissions, length, ..head })
    }
}

/// `-C--E-----FTP B QUA1I1      18128       41 Aug 12 13:56 QUADTEST`: Sterling's (IBM's) Connect:Enterprise has flags
/// and a protocol where others have permissions.
fn is_enterprise(line: &[u8]) -> bool {
    let [b'-', flags @ .., a, b, c] = line.get(..ENTERPRISE).unwrap_or_default() else { return false };
    flags.iter().all(|b| b.is_ascii_uppercase() || *b == b'-')
        && [a, b, c].iter().all(|b| b.is_ascii_uppercase())
        && line.get(ENTERPRISE) == Some(&b' ')
}

/// Letters out of place (mandatory locks): what can be read of them; nothing where the server says `?`.
fn odd_permissions(bits: &[u8]) -> Option<Permissions> {
    if bits.contains(&b'?') {
        return None;
    }
    let plain: String = bits
        .iter()
        .enumerate()
        .map(|(at, bit)| {
            if *bit == b"rwx"[at % 3] || (at % 3 == 2 && bit.is_ascii_lowercase() && *bit != b'l') {
                ['r', 'w', 'x'][at % 3]
            } else {
                '-'
            }
        })
        .collect();
    Permissions::parse(&plain)
}

/// Owner and group among the words between permissions and size.
fn owners_of<'a>(
    columns: &Columns<'a>,
    mut words: std::ops::Range<usize>,
    size: &Size<'a>,
) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    // NetPresenz has the sizes of a Macintosh file's two forks there, and then their sum.
    let forks = [number(columns.word(words.start)), number(columns.word(words.start + 1))];
    if let ([Some(a), Some(b)], 2) = (forks, words.len())
        && a.checked_add(b) == size.bytes
    {
        return (None, None);
    }
    // The link count, which some servers leave out.
    if !words.is_empty() && is_number(columns.word(words.start)) {
        words.start += 1;
    }
    if let Some(group) = size.merged {
        return ((!words.is_empty()).then(|| columns.text(words)), Some(group));
    }
    match words.len() {
        0 => (None, None),
        // And for a directory it says `folder`.
        1 if columns.word(words.start) == b"folder" => (None, None),
        1 => (Some(columns.word(words.start)), None),
        2 => (Some(columns.word(words.start)), Some(columns.word(words.start + 1))),
        // Names with blanks: columns are two or more apart; else the owner is the first word.
        _ => {
            let wide = (words.start + 1..words.end).find(|word| columns.start(*word) - columns.end(*word - 1) > 1);
            let cut = wide.unwrap_or(words.start + 1);
            (Some(columns.text(words.start..cut)), Some(columns.text(cut..words.end)))
        }
    }
}

struct Size<'a> {
    bytes: Option<u64>,
    merged: Option<&'a [u8]>,
}

impl<'a> Size<'a> {
    /// `3` of `1, 3`, or `8,0`.
    fn device(word: &[u8]) -> Option<Self> {
        let numbers = word.iter().all(|b| b.is_ascii_digit() || *b == b',');
        numbers.then_some(Self { bytes: None, merged: None })
    }

    /// `531`, `1,234,567`, `33.5k`, `group531`.
    fn parse(word: &'a [u8]) -> Option<Self> {
        if !word.last()?.is_ascii_alphanumeric() {
            return None;
        }
        if word[0].is_ascii_digit() {
            return size(word).map(|bytes| Self { bytes, merged: None });
        }
        let digits = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let (group, number) = word.split_at(word.len() - digits);
        if digits == 0 {
            return None;
        }
        size(number).map(|bytes| Self { bytes, merged: Some(group) })
    }
}

/// `None` = no number at all; `Some(None)` = one too big to be true.
fn size(word: &[u8]) -> Option<Option<u64>> {
    if is_number(word) {
        return Some(number(word));
    }
    let (digits, factor) = match word.split_last()? {
        (b'k' | b'K', rest) => (rest, 1u64 << 10),
        (b'm' | b'M', rest) => (rest, 1 << 20),
        (b'g' | b'G', rest) => (rest, 1 << 30),
        (b't' | b'T', rest) => (rest, 1 << 40),
        (b'b' | b'B', rest) => (rest, 1),
        (b'0'..=b'9', _) => (word, 0),
        _ => return None,
    };
    let text = std::str::from_utf8(digits).ok()?;
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.')) {
        return None;
    }
    if factor > 0 {
        let value: f64 = text.replace(',', ".").parse().ok()?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded by the server"
        )]
        return Some(Some((value * factor as f64) as u64));
    }
    // Thousands: groups of three.
    let groups: Vec<&str> = text.split([',', '.']).collect();
    if groups[1..].iter().any(|group| group.len() != 3) {
        return None;
    }
    Some(groups.concat().parse().ok())
}

/// Name and target of `name -> target`. Either may hold an arrow; a link's size is its target's length, which tells.
fn arrow(text: &[u8], size: Option<u64>) -> Option<(&[u8], &[u8])> {
    let cuts = || {
        let arrows = text.windows(4).enumerate().filter(|(_, window)| window == b" -> ");
        arrows
            .map(|(at, _)| (&text[..at], &text[at + 4..]))
            .filter(|(name, target)| !name.is_empty() && !target.is_empty())
    };
    cuts().find(|(_, target)| Some(target.len() as u64) == size).or_else(|| cuts().next())
}

/// The word with which the date usually begins.
const USUAL: usize = 4;

/// How long Connect:Enterprise's head is.
const ENTERPRISE: usize = 13;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Charset, Timestamp};
    use crate::ftp::listing::{ListingReader, Source};

    /// 2024-03-05T06:07:08Z.
    const NOW: i64 = 1_709_618_828;

    fn entry(line: &str) -> Entry {
        entry_of(line.as_bytes())
    }

    fn entry_of(line: &[u8]) -> Entry {
        let mut reader = ListingReader::new(Source::List, Timestamp::utc(NOW), Charset::Auto);
        let mut entries = Vec::new();
        reader.push(line, &mut entries);
        reader.finish(&mut entries);
        assert_eq!(entries.len(), 1, "{:?} unread {:?}", String::from_utf8_lossy(line), reader.unread());
        entries.remove(0)
    }

    fn date(line: &str) -> String {
        entry(line).modified.expect("a date").iso()
    }

    fn with_date(date: &str) -> String {
        format!("-r-xr-xr-x   1 root     other        531 {date} file")
    }

    #[test]
    fn owners_groups_and_sizes_are_found_in_every_dialect() {
        for (line, owner, group, size) in [
            ("-rw-r--r--   1 root     other        531 Jan 29 03:26 f", Some("root"), Some("other"), Some(531)),
            ("-rw-r--r--+  1 root     other        531 Jan 29 03:26 f", Some("root"), Some("other"), Some(531)),
            ("-rw-r--r--.  1 root     other        531 Jan 29 03:26 f", Some("root"), Some("other"), Some(531)),
            ("-rw-r--r--@  1 1000     1001         531 Jan 29 03:26 f", Some("1000"), Some("1001"), Some(531)),
            ("-rw-r--r--   1 root                  531 Jan 29 03:26 f", Some("root"), None, Some(531)),
            ("-rw-r--r--     root     other        531 Jan 29 03:26 f", Some("root"), Some("other"), Some(531)),
            ("-rw-r--r--   1 root     other531 Jan 29 03:26 f", Some("root"), Some("other"), Some(531)),
            ("-rw-r--r--10 root     other        531 Jan 29 03:26 f", Some("root"), Some("other"), Some(531)),
            ("-rw-r--r--   1 group domain user 531 Jan 29 03:26 f", Some("group"), Some("domain user"), Some(531)),
            (
                "-rw-r--r--   1 NT USER   domain users  531 Jan 29 03:26 f",
                Some("NT USER"),
                Some("domain users"),
                Some(531),
            ),
            ("-rw-r--r--   1 root     other      33.5k Jan 29 03:26 f", Some("root"), Some("other"), Some(34_304)),
            ("-rw-r--r--   1 root     other  1,234,567 Jan 29 03:26 f", Some("root"), Some("other"), Some(1_234_567)),
            (
                "-rw-r--r--   1 root     other 8589934592 Jan 29 03:26 f",
                Some("root"),
                Some("other"),
                Some(8_589_934_592),
            ),
            ("-rw-r--r--   1 root     other 99999999999999999999999 Jan 29 03:26 f", Some("root"), Some("other"), None),
            ("crw-rw-rw-   1 root     other     1,   3 Jan 29 03:26 f", Some("root"), Some("other"), None),
            ("brw-rw----   1 root     disk      8,0    Jan 29 03:26 f", Some("root"), Some("disk"), None),
            ("drwxrwxr-x               folder        2 May 10  1996 f", None, None, Some(2)),
        ] {
            let entry = entry(line);
            assert_eq!(entry.owner.as_deref(), owner, "{line}");
            assert_eq!(entry.group.as_deref(), group, "{line}");
            assert_eq!(entry.size, size, "{line}");
            assert_eq!(&*entry.name, b"f", "{line}");
        }
    }

    #[test]
    fn kinds_and_permissions_are_read() {
        for (line, kind, permissions) in [
            ("drwxrwsr-t   2 u g 5 Jan 29 03:26 f", EntryKind::Directory, Some("rwxrwsr-t")),
            ("-rwsr-Sr--   2 u g 5 Jan 29 03:26 f", EntryKind::File, Some("rwsr-Sr--")),
            ("-rw-r-lr--   2 u g 5 Jan 29 03:26 f", EntryKind::File, Some("rw-r--r--")),
            ("lrwxrwxrwx   2 u g 5 Jan 29 03:26 f", EntryKind::Link, Some("rwxrwxrwx")),
            ("srwxrwxrwx   2 u g 5 Jan 29 03:26 f", EntryKind::Other, Some("rwxrwxrwx")),
            ("prw-r--r--   2 u g 5 Jan 29 03:26 f", EntryKind::Other, Some("rw-r--r--")),
            ("-?????????   2 u g 5 Jan 29 03:26 f", EntryKind::File, None),
            ("d [R----F--] supervisor            512       Jan 16 18:53    f", EntryKind::Directory, None),
            ("-[RWCEMFA]  1 *unknown     1401 Mar 03  1997 f", EntryKind::File, None),
        ] {
            let entry = entry(line);
            assert_eq!(entry.kind, kind, "{line}");
            assert_eq!(entry.permissions.map(|p| p.to_string()).as_deref(), permissions, "{line}");
            assert_eq!(&*entry.name, b"f", "{line}");
        }
    }

    #[test]
    fn dates_are_read_in_every_order() {
        for (given, wanted) in [
            ("Jan 29  2003", "2003-01-29"),
            ("Jan 29 03:26", "2024-01-29T03:26"),
            ("JAN 29 3:26", "2024-01-29T03:26"),
            ("Oct 08, 2002 09:47", "2002-10-08T09:47"),
            ("Sep  1 12:00:07 2003", "2003-09-01T12:00:07"),
            ("3 29 2:26", "2023-03-29T02:26"),
            ("09-26 2000", "2000-09-26"),
            ("09-26 13:45", "2023-09-26T13:45"),
            ("2005-06-07 21:22", "2005-06-07T21:22"),
            ("2005-06-07", "2005-06-07"),
            ("1999/10/12 17:12", "1999-10-12T17:12"),
            ("24-04-2003 17:12", "2003-04-24T17:12"),
            ("24.04.2003 17:12", "2003-04-24T17:12"),
            ("04/24/2003 17:12", "2003-04-24T17:12"),
            ("05-Nov-2002 10:00", "2002-11-05T10:00"),
            ("2005-04-08 11:22:33.123456789 +0200", "2005-04-08T11:22:33"),
            ("26 Jul 2002", "2002-07-26"),
            ("05-Mar 2002", "2002-03-05"),
            ("05-Jan 10:00", "2024-01-05T10:00"),
            ("Mon Jul 20 12:36:34 1992", "1992-07-20T12:36:34"),
            ("Oct 20 24:00", "2023-10-21T00:00"),
        ] {
            assert_eq!(date(&with_date(given)), wanted, "{given}");
        }
    }

    #[test]
    fn months_are_read_in_many_languages() {
        for (given, wanted) in [
            ("26. Juli, 20:10", "2023-07-26T20:10"),
            ("März  5 2003", "2003-03-05"),
            ("Mär 5 2003", "2003-03-05"),
            ("Dez 24 2003", "2003-12-24"),
            ("févr. 5 2003", "2003-02-05"),
            ("5 août 2003", "2003-08-05"),
            ("juin 5 2003", "2003-06-05"),
            ("juil. 5 2003", "2003-07-05"),
            ("mag 5 2003", "2003-05-05"),
            ("giu 5 2003", "2003-06-05"),
            ("ott 5 2003", "2003-10-05"),
            ("ene 5 2003", "2003-01-05"),
            ("dic 5 2003", "2003-12-05"),
            ("5 paź 2003", "2003-10-05"),
            ("sie 5 2003", "2003-08-05"),
            ("5 мая 2003", "2003-05-05"),
            ("июн 5 12:30", "2023-06-05T12:30"),
            ("mrt 5 2003", "2003-03-05"),
            ("mei 5 2003", "2003-05-05"),
            ("out 5 2003", "2003-10-05"),
            ("5 tammi 2003", "2003-01-05"),
            ("heinä 5 2003", "2003-07-05"),
            ("maj 5 2003", "2003-05-05"),
            ("okt 5 12.30", "2023-10-05T12:30"),
            ("szept 5 2003", "2003-09-05"),
            ("máj 5 2003", "2003-05-05"),
            ("čec 5 2003", "2003-07-05"),
            ("červenec 5 2003", "2003-07-05"),
            ("čen 5 2003", "2003-06-05"),
            ("Ağu 5 2003", "2003-08-05"),
            ("Şub 5 2003", "2003-02-05"),
            ("3月 2日 2003年", "2003-03-02"),
            ("3月  2日 15:04", "2024-03-02T15:04"),
            ("4月 18 2003", "2003-04-18"),
            ("8월 5일 12:30", "2023-08-05T12:30"),
            ("2003年3月2日", "2003-03-02"),
        ] {
            assert_eq!(date(&with_date(given)), wanted, "{given}");
        }
    }

    #[test]
    fn months_are_read_in_old_charsets() {
        for (given, wanted) in [
            (&b"M\xe4r  5 2003"[..], "2003-03-05"),
            (b"\xec\xe0\xff  5 2003", "2003-05-05"),
            (b"\xc4\xc5\xcb  5 2003", "2003-12-05"),
            (b"3\x8c\x8e 2\x93\xfa 2003\x94\x4e", "2003-03-02"),
            (b"4\xd4\xc2 18\xc8\xd5 10:00", "2023-04-18T10:00"),
        ] {
            let line = [b"-rw-r--r--   1 root other 531 ", given, b" file"].concat();
            let entry = entry_of(&line);
            assert_eq!(entry.modified.expect("a date").iso(), wanted, "{}", String::from_utf8_lossy(given));
            assert_eq!(&*entry.name, b"file");
        }
    }

    #[test]
    fn a_date_without_year_is_the_last_such_day() {
        // Tomorrow may be the server's today; the day after is last year's.
        assert_eq!(date(&with_date("Mar  6 06:00")), "2024-03-06T06:00");
        assert_eq!(date(&with_date("Mar  7 06:00")), "2023-03-07T06:00");
        assert_eq!(date(&with_date("Dec 31 23:59")), "2023-12-31T23:59");
        assert_eq!(date(&with_date("Feb 29 12:00")), "2024-02-29T12:00");
    }

    #[test]
    fn names_keep_their_blanks_and_arrows() {
        for (name, line) in [
            ("test 1999 abc.pdf", "-rw-r--r-- 1 u g 5 Mar 17 11:07 test 1999 abc.pdf"),
            ("  two before", "-rw-r--r-- 1 u g 5 Mar  4 11:07   two before"),
            ("two after  ", "-rw-r--r-- 1 u g 5 Mar  4 11:07 two after  "),
            ("a -> b", "-rw-r--r-- 1 u g 5 Mar  4 11:07 a -> b"),
            ("12:30", "-rw-r--r-- 1 u g 5 Mar  4 11:07 12:30"),
            ("2003 report", "-rw-r--r-- 1 u g 5 Mar  4 11:07 2003 report"),
            ("Jan 5 2003", "-rw-r--r-- 1 u g 5 Mar  4 11:07 Jan 5 2003"),
            ("12:30 train", "-rw-r--r-- 1 u g 5 Mar  4  2003 12:30 train"),
            ("train", "-rw-r--r-- 1 u g 5 Mar  4 2003 12:30 train"),
        ] {
            assert_eq!(String::from_utf8_lossy(&entry(line).name), name);
        }
    }

    #[test]
    fn a_links_size_tells_where_its_name_ends() {
        let link = entry("lrwxrwxrwx 1 u g 6 Mar  4 11:07 a -> b -> target");
        assert_eq!((&*link.name, link.target.as_deref()), (&b"a -> b"[..], Some(&b"target"[..])));
        let link = entry("lrwxrwxrwx 1 u g 11 Mar  4 11:07 a -> b -> target");
        assert_eq!((&*link.name, link.target.as_deref()), (&b"a"[..], Some(&b"b -> target"[..])));
        let link = entry("lrwxrwxrwx 1 u g 0 Mar  4 11:07 a -> /usr/bin");
        assert_eq!((&*link.name, link.target.as_deref()), (&b"a"[..], Some(&b"/usr/bin"[..])));
    }
}
