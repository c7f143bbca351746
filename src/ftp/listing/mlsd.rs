//! MLSD and MLST (RFC 3659 section 7): `type=file;size=5;modify=20240305060708; name`.

use crate::domain::{Charset, Entry, EntryKind, Permissions, Timestamp};
use crate::ftp::listing::columns::{is_blank, number};
use crate::ftp::listing::{Line, Words};

/// One line of MLSD.
pub(super) fn parse(line: &[u8], words: &mut Words) -> Line {
    let Some((facts, name)) = split(line) else { return Line::Unknown };
    if name.is_empty() {
        return Line::Unknown;
    }
    let mut entry = Entry::new(name, EntryKind::File);
    let mut owner = Owner::default();
    for fact in facts.split(|b| *b == b';').filter(|fact| !fact.is_empty()) {
        // Values may hold `=` (`unique==keVO1+EG4`).
        let Some(equals) = fact.iter().position(|b| *b == b'=') else { return Line::Unknown };
        let (key, value) = (&fact[..equals], &fact[equals + 1..]);
        let is = |name: &[u8]| key.eq_ignore_ascii_case(name);
        match key.len() {
            4 if is(b"type") => match kind(value) {
                Some((kind, target)) => {
                    entry.kind = kind;
                    entry.target = target;
                }
                // The directory itself and its parent.
                None => return Line::Nothing,
            },
            4 if is(b"size") => entry.size = number(value),
            // A directory's, as Pure-FTPd has it.
            4 if is(b"sizd") => entry.size = entry.size.or(number(value)),
            6 if is(b"modify") => entry.modified = std::str::from_utf8(value).ok().and_then(Timestamp::parse_rfc3659),
            8 if is(b"unix.uid") => owner.number = Some(value),
            8 if is(b"unix.gid") => owner.group_number = Some(value),
            9 if is(b"unix.mode") => entry.permissions = mode(value),
            10 if is(b"unix.owner") => owner.word = Some(value),
            10 if is(b"unix.group") => owner.group_word = Some(value),
            14 if is(b"unix.ownername") => owner.name = Some(value),
            14 if is(b"unix.groupname") => owner.group_name = Some(value),
            _ => {}
        }
    }
    entry.owner = best([owner.name, owner.word, owner.number]).map(|word| words.share(word));
    entry.group = best([owner.group_name, owner.group_word, owner.group_number]).map(|word| words.share(word));
    if matches!(&*entry.name, b"." | b"..") { Line::Nothing } else { Line::Entry(entry) }
}

/// A line of MLSD in the answer to LIST: only where it begins with facts beyond doubt.
pub(super) fn parse_in_list(line: &[u8], words: &mut Words) -> Line {
    let facts = line.iter().position(|b| is_blank(*b)).map_or(line, |end| &line[..end]);
    let is_fact = |fact: &[u8]| {
        let known = [&b"type="[..], b"size=", b"sizd=", b"modify=", b"perm=", b"unique=", b"unix."];
        known.iter().any(|name| fact.get(..name.len()).is_some_and(|fact| fact.eq_ignore_ascii_case(name)))
    };
    if facts.split(|b| *b == b';').any(is_fact) { parse(line, words) } else { Line::Unknown }
}

/// The line of facts in MLST's reply; its name (often a whole path) is of no use. `cdir` is a directory here.
pub fn parse_mlst(line: &str, charset: &Charset) -> Option<Entry> {
    let mut words = Words::new(charset.clone());
    let line = line.trim_start();
    let (facts, _) = split(line.as_bytes())?;
    if !facts.contains(&b'=') {
        return None;
    }
    // A name that is no `.`, and a type that is no `cdir`, so that the line counts as an entry.
    let facts = String::from_utf8_lossy(facts).into_owned();
    let lower = facts.to_ascii_lowercase().replace("type=cdir", "type=dir").replace("type=pdir", "type=dir");
    let facts = if lower.len() == facts.len() && !lower.contains("slink:") { facts } else { lower };
    match parse(format!("{facts} x").as_bytes(), &mut words) {
        Line::Entry(entry) => Some(entry),
        _ => None,
    }
}

#[derive(Default)]
struct Owner<'a> {
    name: Option<&'a [u8]>,
    word: Option<&'a [u8]>,
    number: Option<&'a [u8]>,
    group_name: Option<&'a [u8]>,
    group_word: Option<&'a [u8]>,
    group_number: Option<&'a [u8]>,
}

/// What tells this file from all others on the server.
pub(super) fn unique(line: &[u8]) -> Option<&[u8]> {
    let (facts, _) = split(line)?;
    let value = |fact: &[u8]| fact.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"unique="));
    facts.split(|b| *b == b';').find(|fact| value(fact)).map(|fact| &fact[7..]).filter(|value| !value.is_empty())
}

/// Whether the line is about the directory itself that is listed.
pub(super) fn is_own(line: &[u8]) -> bool {
    split(line)
        .is_some_and(|(facts, _)| facts.split(|b| *b == b';').any(|fact| fact.eq_ignore_ascii_case(b"type=cdir")))
}

fn best(choices: [Option<&[u8]>; 3]) -> Option<&[u8]> {
    choices.into_iter().flatten().find(|word| !word.is_empty())
}

/// Facts and name: the first blank behind a semicolon (a link's target may hold blanks), else the first blank.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut first = None;
    let mut cut = None;
    for (at, byte) in line.iter().enumerate() {
        if is_blank(*byte) {
            if at == 0 || line[at - 1] == b';' {
                cut = Some(at);
                break;
            }
            first.get_or_insert(at);
        }
    }
    let cut = cut.or(first)?;
    Some((&line[..cut], &line[cut + 1..]))
}

/// `None` = not an entry of the directory.
fn kind(value: &[u8]) -> Option<(EntryKind, Option<Box<[u8]>>)> {
    let is = |name: &[u8]| value.eq_ignore_ascii_case(name);
    let begins = |name: &[u8]| value.get(..name.len()).is_some_and(|value| value.eq_ignore_ascii_case(name));
    Some(if is(b"file") || value.is_empty() {
        (EntryKind::File, None)
    } else if is(b"dir") {
        (EntryKind::Directory, None)
    } else if is(b"cdir") || is(b"pdir") {
        return None;
    } else if begins(b"os.unix=slink") || begins(b"os.unix=symlink") || is(b"link") || is(b"symlink") {
        let target = value.iter().position(|b| *b == b':').map(|at| &value[at + 1..]);
        (EntryKind::Link, target.filter(|target| !target.is_empty()).map(Into::into))
    } else {
        (EntryKind::Other, None)
    })
}

/// Three or four octal digits; some servers send the file type's bits before them, pyftpdlib on Python 3 `0o`.
fn mode(value: &[u8]) -> Option<Permissions> {
    let digits = std::str::from_utf8(value).ok()?;
    let digits = digits.strip_prefix("0o").or_else(|| digits.strip_prefix("0O")).unwrap_or(digits);
    let bits = u32::from_str_radix(digits, 8).ok()?;
    u16::try_from(bits & 0o7777).ok().map(Permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        parse(text.as_bytes(), &mut Words::new(Charset::Auto))
    }

    fn entry(text: &str) -> Entry {
        match line(text) {
            Line::Entry(entry) => entry,
            _ => panic!("{text} is no entry"),
        }
    }

    #[test]
    fn facts_are_read_whatever_their_case_and_order() {
        let entry = entry("SiZe=11;tYpe=file;MoDIfy=20181025120459.123;uNIx.MOde=0100755;x.y=z; file one");
        assert_eq!((&*entry.name, entry.kind, entry.size), (&b"file one"[..], EntryKind::File, Some(11)));
        assert_eq!(entry.modified.expect("a time").iso(), "2018-10-25T12:04:59Z");
        assert_eq!(entry.permissions.expect("a mode").to_string(), "rwxr-xr-x");
    }

    #[test]
    fn names_win_over_numbers_for_owners() {
        let both = entry("type=file;unix.uid=0;UNIX.ownername=root;unix.gid=0;UNIX.group=wheel; f");
        assert_eq!((both.owner.as_deref(), both.group.as_deref()), (Some("root"), Some("wheel")));
        assert_eq!(entry("type=file;unix.owner=;unix.uid=5; f").owner.as_deref(), Some("5"));
    }

    #[test]
    fn links_have_their_target() {
        let link = entry("type=OS.unix=slink:/a b/c; name");
        assert_eq!(
            (link.kind, link.target.as_deref(), &*link.name),
            (EntryKind::Link, Some(&b"/a b/c"[..]), &b"name"[..])
        );
        assert_eq!(entry("Type=OS.UNIX=symlink; n").kind, EntryKind::Link);
        assert_eq!(entry("type=OS.unix=chr-1/3; n").kind, EntryKind::Other);
    }

    #[test]
    fn the_directory_itself_is_no_entry() {
        for text in ["type=cdir; .", "type=pdir; ..", "type=cdir; /pub", "type=dir; ..", "Type=CDIR;x=y; a"] {
            assert!(matches!(line(text), Line::Nothing), "{text}");
        }
    }

    #[test]
    fn names_keep_their_blanks_and_semicolons() {
        assert_eq!(&*entry("type=file;size=1;  leading").name, b" leading");
        assert_eq!(&*entry("type=file; a; b").name, b"a; b");
        assert_eq!(&*entry(" only a name").name, b"only a name");
        assert_eq!(&*entry("type=file;size=1 name").name, b"name");
    }

    #[test]
    fn what_has_no_facts_is_unknown() {
        for text in ["", "nonsense", "no facts here", "type=file;"] {
            assert!(matches!(line(text), Line::Unknown), "{text}");
        }
    }

    #[test]
    fn mlst_tells_of_the_directory_itself_too() {
        let dir = parse_mlst(" type=cdir;modify=20240305060708; /pub", &Charset::Auto).expect("facts");
        assert_eq!(dir.kind, EntryKind::Directory);
        let file = parse_mlst("Type=file;Size=7; /a b/c", &Charset::Auto).expect("facts");
        assert_eq!((file.kind, file.size), (EntryKind::File, Some(7)));
        assert_eq!(parse_mlst("Listing /pub", &Charset::Auto), None);
        assert_eq!(parse_mlst("", &Charset::Auto), None);
    }
}
