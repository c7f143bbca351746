//! Directory listings: bytes in, entries out, line by line, so that rows can be shown while more download. The format of
//! each line is found out by trying; what explained the last line is tried first. Out of scope: clocks (`now` is an
//! argument), and what a link leads to.

mod as400;
pub mod clock;
mod columns;
mod date;
mod dls;
mod dos;
mod eplf;
mod heading;
mod links;
mod mainframe;
mod mlsd;
mod months;
mod mvs;
mod pc;
mod rare;
mod system;
mod unix;
mod vms;

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Charset, Entry, EntryKind, Timestamp};
use columns::is_blank;
use date::Now;
use links::Links;
pub use mlsd::parse_mlst;
pub use system::System;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// MLSD (RFC 3659).
    Mlsd,
    /// LIST: whatever the server's system likes.
    List,
}

/// A directory's name, and what is unique about it.
pub type Identity = (Box<[u8]>, Box<[u8]>);

/// Reads a listing.
pub struct ListingReader {
    source: Source,
    context: Context,
    dialect: Dialect,
    /// A line of the loosest format was seen.
    is_dls: bool,
    links: Links,
    buffer: Vec<u8>,
    held: Option<Vec<u8>>,
    bare: Bare,
    lines: u64,
    most_lines: u64,
    /// Of all lines.
    bytes: u64,
    /// Since the last line end.
    unbroken: u64,
    /// Unreadable lines in a row.
    misses: u32,
    unread: Vec<String>,
    /// See [`Self::directories`].
    directories: Vec<Identity>,
    /// See [`Self::own`].
    own: Option<Box<[u8]>>,
    /// Bytes of memory that the entries take, about.
    kept: u64,
}

/// What a line is.
enum Line {
    Entry(Entry),
    /// `.`, `..`, a total: known, and no entry.
    Nothing,
    Unknown,
}

/// What lines are understood with: given, or learnt from the lines before.
struct Context {
    now: Now,
    words: Words,
    system: Option<System>,
    order: as400::Order,
    /// The last file of VMS that was shown without its version.
    vms_newest: Box<[u8]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Unix,
    Dos,
    Mlsd,
    Eplf,
    Vms,
    Mvs,
    As400,
    Os2,
    NonStop,
    Vm,
    Rare,
    Windows3,
}

/// A listing that may be nothing but names, one a line.
enum Bare {
    /// So far it is; these are the names.
    Perhaps(Vec<Vec<u8>>),
    /// For sure.
    Surely,
    No,
}

/// Owners and groups: few different ones, shared by many entries.
struct Words {
    charset: Charset,
    known: HashMap<Box<[u8]>, Arc<str>>,
    /// The last two, if ASCII: most lines have the same as the line before.
    last: [Arc<str>; 2],
}

impl ListingReader {
    /// `now` is needed for dates without a year; `charset` for owners, groups and localised months.
    pub fn new(source: Source, now: Timestamp, charset: Charset) -> Self {
        Self {
            source,
            context: Context {
                now: Now::new(now),
                words: Words::new(charset),
                system: None,
                order: as400::Order::default(),
                vms_newest: Box::default(),
            },
            dialect: Dialect::Unix,
            is_dls: false,
            links: Links::default(),
            buffer: Vec::new(),
            held: None,
            bare: Bare::Perhaps(Vec::new()),
            lines: 0,
            most_lines: MOST_LINES,
            bytes: 0,
            unbroken: 0,
            misses: 0,
            unread: Vec::new(),
            directories: Vec::new(),
            own: None,
            kept: 0,
        }
    }

    /// What the server runs on, if it said so (SYST): some listings of mainframes are mere words.
    #[must_use]
    pub fn with_system(mut self, system: Option<System>) -> Self {
        self.context.system = system;
        self
    }

    /// Takes what came; entries of whole lines are appended to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Entry>) {
        let mut rest = bytes;
        self.bytes += bytes.len() as u64;
        if !self.buffer.is_empty() {
            let Some(end) = rest.iter().position(|b| *b == b'\n') else {
                self.keep(rest);
                return;
            };
            self.keep(&rest[..end]);
            rest = &rest[end + 1..];
            let mut line = std::mem::take(&mut self.buffer);
            self.line(&line, out);
            line.clear();
            self.buffer = line;
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
        if let Some(held) = self.held.take() {
            self.bare_name(held, out);
        }
        match std::mem::replace(&mut self.bare, Bare::No) {
            Bare::Perhaps(names) => self.names(names, out),
            other => self.bare = other,
        }
    }

    /// Lines that no format explains, the first few, as text.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// What is unique about each directory among the entries, as MLSD tells it (RFC 3659 section 7.5.2): by its name.
    pub fn directories(&mut self) -> Vec<Identity> {
        std::mem::take(&mut self.directories)
    }

    /// The same of the directory that is listed.
    pub fn own(&self) -> Option<&[u8]> {
        self.own.as_deref()
    }

    /// Lines seen, blank ones aside.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether no directory is that long: then it is better not to read on.
    pub fn is_endless(&self) -> bool {
        self.lines > self.most_lines
            || self.bytes > MOST_BYTES
            || self.kept > MOST_MEMORY
            || self.unbroken > LONGEST_LINE
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.unbroken += bytes.len() as u64;
        let room = LINE_LIMIT.saturating_sub(self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn line(&mut self, line: &[u8], out: &mut Vec<Entry>) {
        self.unbroken = 0;
        let mut line = &line[..line.len().min(LINE_LIMIT)];
        while let [rest @ .., b'\r' | 0] = line {
            line = rest;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        self.lines += 1;
        if self.misses >= GIVE_UP {
            return;
        }
        if let Some(first) = self.held.take() {
            if let Line::Entry(entry) = self.join(&first, line) {
                self.accept(entry, out);
                return;
            }
            self.bare_name(first, out);
        }
        match self.read(line) {
            Line::Entry(entry) if self.source == Source::Mlsd && !self.links.see(&entry, line, out) => {}
            Line::Entry(entry) => {
                if self.source == Source::Mlsd
                    && entry.kind == EntryKind::Directory
                    && let Some(unique) = mlsd::unique(line)
                {
                    self.directories.push((entry.name.clone(), unique.into()));
                }
                self.accept(entry, out);
            }
            Line::Nothing => {
                if self.source == Source::Mlsd && mlsd::is_own(line) {
                    self.own = mlsd::unique(line).map(Into::into);
                }
            }
            // A name that may go on in the next line, or stand alone.
            Line::Unknown if self.source == Source::List && is_bare(line) => self.held = Some(line.to_vec()),
            Line::Unknown => self.unknown(line),
        }
    }

    fn accept(&mut self, mut entry: Entry, out: &mut Vec<Entry>) {
        self.settle();
        self.misses = 0;
        if clean_name(&mut entry, self.dialect) {
            self.kept += (size_of::<Entry>() + entry.name.len() + HEAP) as u64;
            out.push(entry);
        }
    }

    fn unknown(&mut self, line: &[u8]) {
        self.settle();
        self.misses += 1;
        if self.unread.len() < UNREAD_LIMIT {
            self.unread.push(self.context.words.charset.show(&line[..line.len().min(500)]));
        }
    }

    /// This is no listing of bare names.
    fn settle(&mut self) {
        if let Bare::Perhaps(_) = self.bare
            && let Bare::Perhaps(names) = std::mem::replace(&mut self.bare, Bare::No)
        {
            names.iter().for_each(|name| self.unknown(name));
        }
    }

    /// A line with nothing but a name, which nothing explains.
    fn bare_name(&mut self, name: Vec<u8>, out: &mut Vec<Entry>) {
        match &mut self.bare {
            Bare::Perhaps(names) => {
                // All are indented, or none is.
                let same = names.first().is_none_or(|first| is_blank(first[0]) == is_blank(name[0]));
                names.push(name);
                if !same {
                    self.settle();
                } else if names.len() > BARE_LIMIT {
                    let names = std::mem::take(names);
                    self.bare = Bare::Surely;
                    self.names(names, out);
                }
            }
            Bare::Surely => self.names(vec![name], out),
            Bare::No => self.unknown(&name),
        }
    }

    fn names(&mut self, names: Vec<Vec<u8>>, out: &mut Vec<Entry>) {
        for name in names {
            let mut entry = Entry::new(name.strip_prefix(b" ").unwrap_or(&name), EntryKind::File);
            if clean_name(&mut entry, self.dialect) {
                out.push(entry);
            }
        }
    }

    /// A name too long for its column has the rest in the next line: VMS, dls.
    fn join(&mut self, first: &[u8], second: &[u8]) -> Line {
        if !second.first().is_some_and(|b| is_blank(*b) || b.is_ascii_digit()) {
            return Line::Unknown;
        }
        let read = vms::join(first, second, &mut self.context);
        if !matches!(read, Line::Unknown) {
            self.dialect = Dialect::Vms;
            return read;
        }
        let read = dls::join(first, second, &self.context, self.is_dls);
        self.is_dls |= !matches!(read, Line::Unknown);
        read
    }

    fn read(&mut self, line: &[u8]) -> Line {
        if self.source == Source::Mlsd {
            let read = mlsd::parse(line, &mut self.context.words);
            let is_heading = matches!(read, Line::Unknown) && heading::read(line, self.lines == 1).is_some();
            return if is_heading { Line::Nothing } else { read };
        }
        let last = self.dialect;
        let read = self.read_as(last, line);
        if !matches!(read, Line::Unknown) {
            return read;
        }
        for dialect in DIALECTS {
            if dialect == last {
                continue;
            }
            let read = self.read_as(dialect, line);
            if !matches!(read, Line::Unknown) {
                self.dialect = dialect;
                return read;
            }
        }
        if let Some(system) = heading::read(line, self.lines == 1) {
            self.context.system = system.or(self.context.system);
            return Line::Nothing;
        }
        let read = dls::parse(line, &self.context, self.is_dls);
        self.is_dls |= !matches!(read, Line::Unknown);
        read
    }

    fn read_as(&mut self, dialect: Dialect, line: &[u8]) -> Line {
        let context = &mut self.context;
        match dialect {
            Dialect::Unix => unix::parse(line, context),
            Dialect::Dos => dos::parse(line),
            Dialect::Mlsd => mlsd::parse_in_list(line, &mut context.words),
            Dialect::Eplf => eplf::parse(line),
            Dialect::Vms => vms::parse(line, context),
            Dialect::Mvs => mvs::parse(line, context),
            Dialect::As400 => as400::parse(line, context),
            Dialect::Os2 => pc::parse_os2(line),
            Dialect::NonStop => mainframe::parse_nonstop(line, context),
            Dialect::Vm => mainframe::parse_vm(line, context),
            Dialect::Rare => rare::parse(line, context),
            Dialect::Windows3 => pc::parse_windows_3(line, context),
        }
    }
}

impl Words {
    fn new(charset: Charset) -> Self {
        Self { charset, known: HashMap::new(), last: [Arc::from(""), Arc::from("")] }
    }

    fn share(&mut self, bytes: &[u8]) -> Arc<str> {
        if let Some(word) = self.last.iter().find(|word| word.as_bytes() == bytes) {
            return Arc::clone(word);
        }
        let word = match self.known.get(bytes) {
            Some(word) => Arc::clone(word),
            None => {
                let word: Arc<str> = self.charset.show(bytes).into();
                self.known.insert(bytes.into(), Arc::clone(&word));
                word
            }
        };
        if bytes.is_ascii() {
            self.last.swap(0, 1);
            self.last[0] = Arc::clone(&word);
        }
        word
    }
}

/// Cuts whole paths to their last part (some servers list `/pub/file`), and says whether a name is left. So no name can
/// lead out of its directory. A member on IBM i goes by its file's name and its own.
fn clean_name(entry: &mut Entry, dialect: Dialect) -> bool {
    if entry.name.contains(&b'/') && !(dialect == Dialect::As400 && is_member(&entry.name)) {
        let name = entry.name.strip_suffix(b"/").unwrap_or(&entry.name);
        let name = name.rsplit(|b| *b == b'/').next().unwrap_or_default();
        entry.name = name.into();
    }
    !matches!(&*entry.name, b"" | b"." | b"..")
}

/// `A.FILE/A.MBR`
fn is_member(name: &[u8]) -> bool {
    let mut parts = name.split(|b| *b == b'/');
    let (file, member) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    file.len() > 5
        && file.ends_with(b".FILE")
        && member.len() > 4
        && member.ends_with(b".MBR")
        && parts.next().is_none()
}

/// A single word, or anything behind a single blank (as HP-RTE lists): perhaps a name, certainly no line of text.
fn is_bare(line: &[u8]) -> bool {
    let (name, is_indented) = match line {
        [b' ', rest @ ..] => (rest, true),
        _ => (line, false),
    };
    let has_blank = name.iter().any(|b| is_blank(*b));
    name.len() <= 255
        && name.first().is_some_and(|b| !is_blank(*b) && !b"<>{}".contains(b))
        && !name.iter().any(|b| (b.is_ascii_control() && *b != b'\t') || *b == b'/')
        && (is_indented || !has_blank)
}

const DIALECTS: [Dialect; 12] = [
    Dialect::Unix,
    Dialect::Dos,
    Dialect::Mlsd,
    Dialect::Eplf,
    Dialect::Vms,
    Dialect::Mvs,
    Dialect::As400,
    Dialect::Os2,
    Dialect::NonStop,
    Dialect::Vm,
    Dialect::Rare,
    Dialect::Windows3,
];

/// Bytes of one line that are kept; no file system has longer names.
const LINE_LIMIT: usize = 64 * 1024;

/// A million is the largest directory that anybody has complained about; each takes less than 200 bytes.
const MOST_LINES: u64 = 10_000_000;

/// The same for names that are longer than names are.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Memory for the entries of one directory: 5 million of them with names of usual length. While the list of entries grows,
/// the system needs up to half of it once more, so that the program stays below 1 GiB.
const MOST_MEMORY: u64 = 640 * 1024 * 1024;

/// What the system needs beside a name on the heap.
const HEAP: usize = 16;

/// This is not one line any more, and bytes of which nothing is kept would come until the user has had enough.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// Unreadable lines that are kept.
const UNREAD_LIMIT: usize = 20;

/// After so many unreadable lines in a row the rest is only counted: trying everything on garbage without end is slow.
const GIVE_UP: u32 = 2_000;

/// After so many bare names it is believed that there will be nothing else.
const BARE_LIMIT: usize = 64;

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
            total 4\r\n\
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
    fn owners_and_unreadable_lines_cannot_disguise_themselves() {
        let text = "-rw-r--r-- 1 ro\u{202E}ot w\x1bheel 5 Jan  5 12:00 a\nwhat \x1b[31m\u{202E}is this\n";
        let (entries, unread) = read(Source::List, text.as_bytes(), 99);
        assert_eq!(entries[0].owner.as_deref(), Some("ro\u{FFFD}ot"));
        assert_eq!(entries[0].group.as_deref(), Some("w\u{FFFD}heel"));
        assert_eq!(unread, ["what \u{FFFD}[31m\u{FFFD}is this"]);
    }

    #[test]
    fn a_target_named_over_and_over_costs_no_more_than_its_lines() {
        let mut text = "type=OS.unix=symlink;unique=1; link\n".repeat(20_000);
        text.push_str(&"type=file;unique=1; /else/where\n".repeat(20_000));
        let (entries, _) = read(Source::Mlsd, text.as_bytes(), 65_536);
        assert_eq!(entries.len(), 20_000);
        assert!(entries.iter().all(|entry| entry.target.as_deref() == Some(b"/else/where")));
    }

    #[test]
    fn formats_may_change_within_a_listing() {
        let text = b"01-22-98  01:52PM                  795 AUTOEXEC.BAT\r\n-rw-r--r-- 1 u g 5 Jan  5 12:00 b\r\n";
        let (entries, unread) = read(Source::List, text, 99);
        assert_eq!(names(&entries), ["AUTOEXEC.BAT", "b"]);
        assert!(unread.is_empty());
    }

    #[test]
    fn garbage_without_end_is_counted_and_little_of_it_kept() {
        let text = "what is this\n".repeat(1_000_000);
        let mut reader = ListingReader::new(Source::List, Timestamp::utc(0), Charset::Auto);
        let mut entries = Vec::new();
        reader.push(text.as_bytes(), &mut entries);
        reader.finish(&mut entries);
        assert!(entries.is_empty());
        assert_eq!((reader.unread().len(), reader.lines()), (UNREAD_LIMIT, 1_000_000));
    }

    #[test]
    fn a_listing_that_is_longer_than_any_directory_shows() {
        let mut reader = ListingReader::new(Source::Mlsd, Timestamp::utc(0), Charset::Auto);
        reader.most_lines = 3;
        let mut entries = Vec::new();
        for (line, is_endless) in
            [("type=file; a\r\n\r\n", false), ("type=cdir; .\r\nwhat?\r\n", false), ("b\r\n", true)]
        {
            reader.push(line.as_bytes(), &mut entries);
            assert_eq!(reader.is_endless(), is_endless, "{line}");
        }
    }

    #[test]
    fn a_line_without_end_shows_and_many_long_ones_do_not() {
        let mut reader = ListingReader::new(Source::List, Timestamp::utc(0), Charset::Auto);
        let long = [b'x'; 1024 * 1024];
        for _ in 0..40 {
            reader.push(&long, &mut Vec::new());
            reader.push(b"\n", &mut Vec::new());
        }
        assert!(!reader.is_endless());
        for _ in 0..40 {
            reader.push(&long, &mut Vec::new());
        }
        assert!(reader.is_endless());
    }

    #[test]
    fn some_garbage_before_the_entries_does_no_harm() {
        let text = format!("{}-rw-r--r-- 1 u g 5 Jan  5 12:00 a\n", "what is this\n".repeat(1000));
        assert_eq!(names(&read(Source::List, text.as_bytes(), 4096).0), ["a"]);
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
