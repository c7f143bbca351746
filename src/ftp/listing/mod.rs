//! Directory listings: bytes in, entries out, line by line, so that rows can be shown while more download. The format of
//! each line is found out by trying; what explained the last line is tried first. Out of scope: clocks (`now` is an
//! argument), and what a link leads to.

pub mod clock;
mod date;
mod dos;
mod mlsd;
mod unix;

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Charset, Entry, Timestamp};
use date::Now;
pub use mlsd::parse_mlst;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// MLSD (RFC 3659).
    Mlsd,
    /// LIST: whatever the server's system likes.
    List,
}

/// Reads a listing.
pub struct ListingReader {
    source: Source,
    now: Now,
    words: Words,
    dialect: Dialect,
    buffer: Vec<u8>,
    lines: u64,
    unread: Vec<String>,
}

/// What a line is.
enum Line {
    Entry(Entry),
    /// `.`, `..`, a total: known, and no entry.
    Nothing,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Unix,
    Dos,
}

/// Owners and groups: few different ones, shared by many entries.
struct Words {
    charset: Charset,
    known: HashMap<Box<[u8]>, Arc<str>>,
}

impl ListingReader {
    /// `now` is needed for dates without a year; `charset` for owners, groups and localised months.
    pub fn new(source: Source, now: Timestamp, charset: Charset) -> Self {
        Self {
            source,
            now: Now::new(now),
            words: Words { charset, known: HashMap::new() },
            dialect: Dialect::Unix,
            buffer: Vec::new(),
            lines: 0,
            unread: Vec::new(),
        }
    }

    /// Takes what came; entries of whole lines are appended to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Entry>) {
        let mut rest = bytes;
        if !self.buffer.is_empty() {
            let Some(end) = rest.iter().position(|b| *b == b'\n') else {
                self.keep(rest);
                return;
            };
            self.keep(&rest[..end]);
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.buffer);
            self.line(&line, out);
        }
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            self.line(&rest[..end], out);
            rest = &rest[end + 1..];
        }
        self.keep(rest);
    }

    /// The end came: the last line may have no line end.
    pub fn finish(&mut self, out: &mut Vec<Entry>) {
        let last = std::mem::take(&mut self.buffer);
        // Old Macintosh servers end lines with CR alone.
        for line in last.split(|b| *b == b'\r') {
            self.line(line, out);
        }
    }

    /// Lines that no format explains, the first few, as text.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Lines seen, blank ones aside.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_LIMIT.saturating_sub(self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn line(&mut self, line: &[u8], out: &mut Vec<Entry>) {
        let mut line = line;
        while let [rest @ .., b'\r' | 0] = line {
            line = rest;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        self.lines += 1;
        match self.read(line) {
            Line::Entry(mut entry) => {
                if clean_name(&mut entry) {
                    out.push(entry);
                }
            }
            Line::Nothing => {}
            Line::Unknown if is_total(line) => {}
            Line::Unknown => {
                if self.unread.len() < UNREAD_LIMIT {
                    let text = self.words.charset.decode(&line[..line.len().min(500)]);
                    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
                    self.unread.push(text.chars().map(shown).collect());
                }
            }
        }
    }

    fn read(&mut self, line: &[u8]) -> Line {
        if self.source == Source::Mlsd {
            return mlsd::parse(line, &mut self.words);
        }
        let order = match self.dialect {
            Dialect::Unix => [Dialect::Unix, Dialect::Dos],
            Dialect::Dos => [Dialect::Dos, Dialect::Unix],
        };
        for dialect in order {
            let read = match dialect {
                Dialect::Unix => unix::parse(line, &self.now, &mut self.words),
                Dialect::Dos => dos::parse(line),
            };
            if !matches!(read, Line::Unknown) {
                self.dialect = dialect;
                return read;
            }
        }
        Line::Unknown
    }
}

impl Words {
    fn share(&mut self, bytes: &[u8]) -> Arc<str> {
        if let Some(word) = self.known.get(bytes) {
            return Arc::clone(word);
        }
        let word: Arc<str> = self.charset.decode(bytes).into();
        self.known.insert(bytes.into(), Arc::clone(&word));
        word
    }
}

/// Cuts whole paths to their last part (some servers list `/pub/file`), and says whether a name is left. So no name can
/// lead out of its directory.
fn clean_name(entry: &mut Entry) -> bool {
    if entry.name.contains(&b'/') {
        let name = entry.name.strip_suffix(b"/").unwrap_or(&entry.name);
        let name = name.rsplit(|b| *b == b'/').next().unwrap_or_default();
        entry.name = name.into();
    }
    !matches!(&*entry.name, b"" | b"." | b"..")
}

/// `total 512`, `insgesamt 12K`, `total of 11 files`.
fn is_total(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (Some(first), Some(mut second)) = (words.next(), words.next()) else { return false };
    if first.eq_ignore_ascii_case(b"total") && second == b"of" {
        second = words.next().unwrap_or_default();
    }
    let is_word = |word: &[u8]| word.iter().all(|b| b.is_ascii_alphabetic() || *b == b':' || !b.is_ascii());
    is_word(first)
        && second.first().is_some_and(u8::is_ascii_digit)
        && (words.next().is_none() || first.eq_ignore_ascii_case(b"total"))
}

/// Bytes of one line that are kept; no file system has longer names.
const LINE_LIMIT: usize = 64 * 1024;

/// Unreadable lines that are kept.
const UNREAD_LIMIT: usize = 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::EntryKind;

    fn read(source: Source, bytes: &[u8], size: usize) -> (Vec<Entry>, Vec<String>) {
        let mut reader = ListingReader::new(source, Timestamp::utc(1_709_618_828), Charset::Auto);
        let mut entries = Vec::new();
        for piece in bytes.chunks(size) {
            reader.push(piece, &mut entries);
        }
        reader.finish(&mut entries);
        (entries, reader.unread().to_vec())
    }

    fn names(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(|entry| entry.text(&Charset::Auto)).collect()
    }

    #[test]
    fn only_entries_are_left_of_a_listing() {
        let text = b"total 12\r\n\r\n\
            drwxr-xr-x 2 u g 4096 Jan  5 12:00 .\r\n\
            drwxr-xr-x 2 u g 4096 Jan  5 12:00 ..\r\n\
            -rw-r--r-- 1 u g 5 Jan  5 12:00 a.txt\n\
            -rw-r--r-- 1 u g 5 Jan  5 12:00 /pub/b.txt\r\r\n\
            -rw-r--r-- 1 u g 5 Jan  5 12:00 ../../evil\r\n\
            something else entirely\r\n\
            insgesamt 4\r\n\
            -rw-r--r-- 1 u g 5 Jan  5 12:00 last";
        for size in [1, 7, 10_000] {
            let (entries, unread) = read(Source::List, text, size);
            assert_eq!(names(&entries), ["a.txt", "b.txt", "evil", "last"], "pieces of {size}");
            assert_eq!(unread, ["something else entirely"]);
        }
    }

    #[test]
    fn carriage_returns_alone_end_lines_where_there_is_nothing_else() {
        let text = b"-rw-r--r-- 1 u g 5 Jan  5 12:00 a\r-rw-r--r-- 1 u g 5 Jan  5 12:00 b\r";
        assert_eq!(names(&read(Source::List, text, 9).0), ["a", "b"]);
    }

    #[test]
    fn owners_are_shared() {
        let text = b"-rw-r--r-- 1 me us 5 Jan  5 12:00 a\n-rw-r--r-- 1 me us 5 Jan  5 12:00 b\n";
        let (entries, _) = read(Source::List, text, 99);
        let [a, b] = &entries[..] else { panic!("{entries:?}") };
        assert!(Arc::ptr_eq(a.owner.as_ref().expect("an owner"), b.owner.as_ref().expect("an owner")));
    }

    #[test]
    fn formats_may_change_within_a_listing() {
        let text = b"01-22-98  01:52PM                  795 AUTOEXEC.BAT\r\n-rw-r--r-- 1 u g 5 Jan  5 12:00 b\r\n";
        let (entries, unread) = read(Source::List, text, 99);
        assert_eq!(names(&entries), ["AUTOEXEC.BAT", "b"]);
        assert!(unread.is_empty());
    }

    #[test]
    fn a_hundred_thousand_lines_keep_few_unread_ones() {
        let (entries, unread) = read(Source::List, "what is this\n".repeat(100_000).as_bytes(), 65_536);
        assert!(entries.is_empty());
        assert_eq!(unread.len(), UNREAD_LIMIT);
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic_and_never_escape(bytes in proptest::collection::vec(any::<u8>(), 0..300), size in 1usize..40) {
            for source in [Source::List, Source::Mlsd] {
                for entry in read(source, &bytes, size).0 {
                    prop_assert!(!entry.name.contains(&b'/') && !entry.name.is_empty() && &*entry.name != b"..");
                }
            }
        }

        #[test]
        fn lines_that_look_right_never_panic(
            line in "[-dlcb][rwxsStT-]{9}[+.@]? +[0-9]{0,20} +[a-z ]{0,12} +[0-9,.kKMG]{0,25} +([A-Z][a-z]{2}|[0-9]{1,4}[-/.月]?) ?[0-9 :,-]{0,25} .{0,30}",
        ) {
            read(Source::List, line.as_bytes(), 1000);
        }

        #[test]
        fn dates_that_look_right_never_panic(line in "[0-9]{1,4}[-/.][0-9]{1,4}[-/.][0-9]{1,5} +[0-9]{1,3}:[0-9]{1,3}(AM|PM|)? +(<DIR>|[0-9,]{1,25}) .{0,20}") {
            read(Source::List, line.as_bytes(), 1000);
        }

        #[test]
        fn facts_that_look_right_never_panic(line in "([a-zA-Z.]{1,8}=[0-9a-zA-Z:/.]{0,20};){0,5} .{0,20}") {
            read(Source::Mlsd, line.as_bytes(), 1000);
        }

        #[test]
        fn every_unix_name_comes_back(name in "[!-~][ -~]{0,30}") {
            let line = format!("-rw-r--r--   1 user group 12 Mar 17 11:07 {name}\r\n");
            let (entries, _) = read(Source::List, line.as_bytes(), 1000);
            if !name.contains('/') && name != "." && name != ".." {
                prop_assert_eq!(entries.len(), 1);
                prop_assert_eq!(&*entries[0].name, name.as_bytes());
                prop_assert_eq!(entries[0].kind, EntryKind::File);
            }
        }
    }
}
