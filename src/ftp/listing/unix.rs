//! `ls -l` in its dialects, and NetWare's relative of it.

use super::date::{self, Now};
use super::{Line, Words};
use crate::domain::{Entry, EntryKind, Permissions};

/// One line.
pub(super) fn parse(line: &[u8], now: &Now, words: &mut Words) -> Line {
    let Some(head) = Head::parse(line) else { return Line::Unknown };
    let columns = Columns::new(line, head.length);
    let texts = columns.texts();
    // The date is the fixed point: what stands before it is the size, what follows is the name.
    let found = [false, true].into_iter().find_map(|loose| {
        (1..texts.len()).find_map(|at| {
            let size = if head.is_device { Size::device(texts[at - 1]) } else { Size::parse(texts[at - 1]) }?;
            let (modified, used) = date::parse(&texts[at..], now, loose)?;
            Some((at, size, modified, used))
        })
    });
    let Some((at, size, modified, used)) = found else { return Line::Unknown };

    // One blank ends the date; more belong to the name, except on NetWare, which aligns names.
    let after = columns.end(at + used - 1) + 1;
    let Some(mut name) = line.get(after..) else { return Line::Unknown };
    if head.netware {
        name = name.trim_ascii_start();
    }
    if name.is_empty() {
        return Line::Unknown;
    }

    let mut entry = Entry::new(name, head.kind);
    entry.modified = Some(modified);
    entry.permissions = head.permissions;
    entry.size = size.bytes;
    let mut owners = 0..at - 1;
    if head.is_device {
        // Major and minor number stand where the size would.
        if owners.end > 0 && texts[owners.end - 1].ends_with(b",") {
            owners.end -= 1;
        }
    }
    let (owner, group) = columns.owners(owners, size.merged);
    entry.owner = owner.map(|owner| words.share(owner));
    entry.group = group.map(|group| words.share(group));

    if head.kind == EntryKind::Link {
        if let Some((name, target)) = arrow(name, size.bytes) {
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

/// Kind and permissions.
struct Head {
    kind: EntryKind,
    is_device: bool,
    permissions: Option<Permissions>,
    netware: bool,
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
        // `d [R----F--] supervisor`, `-[RWCEMFA]  1 *unknown`.
        if let Some(trustees) = rest.strip_prefix(b" [").or_else(|| rest.strip_prefix(b"[")) {
            let close = trustees.iter().position(|b| *b == b']')?;
            let length = line.len() - trustees.len() + close + 1;
            return Some(Self { kind, is_device, permissions: None, netware: true, length });
        }
        let bits = rest.get(..9)?;
        if !bits.iter().all(|b| b"rwxsStTlL-?".contains(b)) {
            return None;
        }
        let permissions = std::str::from_utf8(bits).ok().and_then(Permissions::parse).or_else(|| odd_permissions(bits));
        // ACLs (`+`), SELinux (`.`), extended attributes (`@`).
        let acl = matches!(line.get(10), Some(b'+' | b'.' | b'@' | b'*'));
        let length = if acl { 11 } else { 10 };
        // What follows is a blank, or a link count grown together with the permissions.
        match line.get(length) {
            Some(b' ' | b'\t' | b'0'..=b'9') => {}
            _ => return None,
        }
        Some(Self { kind, is_device, permissions, netware: false, length })
    }
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

/// Where the words of a line are. A name may hold any number of words: the first [`WORDS`] are enough.
struct Columns<'a> {
    line: &'a [u8],
    spans: [(usize, usize); WORDS],
    count: usize,
}

impl<'a> Columns<'a> {
    fn new(line: &'a [u8], from: usize) -> Self {
        let mut columns = Self { line, spans: [(0, 0); WORDS], count: 0 };
        let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
        let mut at = from;
        while columns.count < WORDS {
            at += line[at..].iter().take_while(|b| is_blank(b)).count();
            let length = line[at..].iter().take_while(|b| !is_blank(b)).count();
            if length == 0 {
                break;
            }
            columns.spans[columns.count] = (at, at + length);
            columns.count += 1;
            at += length;
        }
        columns
    }

    fn texts(&self) -> Vec<&'a [u8]> {
        self.spans[..self.count].iter().map(|(from, to)| &self.line[*from..*to]).collect()
    }

    fn end(&self, word: usize) -> usize {
        self.spans[word].1
    }

    fn text(&self, words: std::ops::Range<usize>) -> &'a [u8] {
        &self.line[self.spans[words.start].0..self.spans[words.end - 1].1]
    }

    /// Owner and group among the words between permissions and size. `merged` = the group that had grown together with
    /// the size.
    fn owners(
        &self,
        mut words: std::ops::Range<usize>,
        merged: Option<&'a [u8]>,
    ) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let is_number = |word: usize| self.text(word..word + 1).iter().all(u8::is_ascii_digit);
        // The link count, which some servers leave out.
        if !words.is_empty() && is_number(words.start) {
            words.start += 1;
        }
        if let Some(group) = merged {
            return ((!words.is_empty()).then(|| self.text(words)), Some(group));
        }
        match words.len() {
            0 => (None, None),
            // NetPresenz says `folder` there.
            1 if self.text(words.clone()) == b"folder" => (None, None),
            1 => (Some(self.text(words)), None),
            2 => (Some(self.text(words.start..words.start + 1)), Some(self.text(words.start + 1..words.end))),
            // Names with blanks: columns are two or more apart; else the owner is the first word.
            _ => {
                let wide = (words.start + 1..words.end).find(|word| self.spans[*word].0 - self.spans[*word - 1].1 > 1);
                let cut = wide.unwrap_or(words.start + 1);
                (Some(self.text(words.start..cut)), Some(self.text(cut..words.end)))
            }
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
    if word.iter().all(u8::is_ascii_digit) {
        return Some(std::str::from_utf8(word).ok()?.parse().ok());
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

/// Permissions, links, owner and group with blanks, size, the longest date: never more.
const WORDS: usize = 16;

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
