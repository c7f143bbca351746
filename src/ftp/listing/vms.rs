//! (Open)VMS: `LOGIN.COM;2  1/16  28-SEP-2006 09:20:32  [SYSTEM]  (RWED,RWED,RE,RE)`, of MultiNet, UCX, TCPware and CMU.
//! What does not fit on one line comes on two; the reader joins them.
//!
//! Names lose their version (`;2`): without one the newest is meant, which VMS lists first. Older ones behind it keep
//! theirs, so that no two entries share a name. `NAME.DIR;1` is the directory `NAME`, as it is entered.

use crate::domain::{Entry, EntryKind, Permissions};
use crate::ftp::listing::columns::{Columns, is_number, number};
use crate::ftp::listing::{Context, Line, date};

/// One line.
pub(super) fn parse(line: &[u8], context: &mut Context) -> Line {
    let columns = Columns::new(line, 0);
    let Some((base, version)) = columns.words().first().and_then(|word| split_version(word)) else {
        return Line::Unknown;
    };
    entry(base, version, &columns, context).map_or(Line::Unknown, Line::Entry)
}

/// A name too long for its column, and the line after it. Some servers leave the version out of such a name.
pub(super) fn join(first: &[u8], second: &[u8], context: &mut Context) -> Line {
    let joined = [first, b" ", second].concat();
    let columns = Columns::new(&joined, 0);
    let name = columns.word(0);
    let (base, version) = split_version(name).unwrap_or((name, b"1"));
    // Without a version it may be any word: the second line must be beyond doubt.
    let is_sure = base.len() < name.len() || columns.words().get(2).is_some_and(|word| date::named(word).is_some());
    let read = entry(base, version, &columns, context).filter(|_| is_sure);
    read.map_or(Line::Unknown, Line::Entry)
}

fn entry(base: &[u8], version: &[u8], columns: &Columns<'_>, context: &mut Context) -> Option<Entry> {
    let facts = Facts::parse(columns)?;
    let (name, kind) = match strip_directory(base) {
        Some(name) => (name, EntryKind::Directory),
        None => (base, EntryKind::File),
    };
    if name.is_empty() {
        return None;
    }
    let is_older = kind == EntryKind::File && *context.vms_newest == *base;
    let mut entry = if is_older { Entry::new([base, b";", version].concat(), kind) } else { Entry::new(name, kind) };
    if kind == EntryKind::File && !is_older {
        context.vms_newest = base.into();
    }
    entry.size = facts.size;
    entry.modified = facts.modified;
    entry.permissions = facts.permissions;
    entry.owner = facts.owner.map(|owner| context.words.share(owner));
    entry.group = facts.group.map(|group| context.words.share(group));
    Some(entry)
}

/// Name and version of `[DIR]NAME.TYPE;VERSION`.
fn split_version(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let cut = word.iter().rposition(|b| *b == b';')?;
    let (name, version) = (&word[..cut], &word[cut + 1..]);
    // CMU says where, too: `[VMSSERV.FILES]ALARM.DIR;1`, `USER$DISK:[ANONYMOUS]ETHER.TXT;2`.
    let name = match name.iter().rposition(|b| *b == b']') {
        Some(close) if name.contains(&b'[') => &name[close + 1..],
        _ => name,
    };
    (is_number(version) && version.len() <= 5 && !name.is_empty()).then_some((name, version))
}

fn strip_directory(name: &[u8]) -> Option<&[u8]> {
    let (stem, ending) = name.split_last_chunk::<4>()?;
    ending.eq_ignore_ascii_case(b".DIR").then_some(stem)
}

/// What stands behind the name, in whatever order the server likes.
#[derive(Default)]
struct Facts<'a> {
    size: Option<u64>,
    modified: Option<crate::domain::Timestamp>,
    permissions: Option<Permissions>,
    owner: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    /// `None` where there is no date: what VMS says then is that the file may not be looked at.
    fn parse(columns: &Columns<'a>) -> Option<Self> {
        let mut facts = Self::default();
        let mut sized = false;
        let words = columns.words();
        let mut at = 1;
        while let Some(word) = words.get(at) {
            at += 1;
            if let Some(size) = size(word).filter(|_| !sized) {
                (facts.size, sized) = (size, true);
            } else if facts.modified.is_none()
                && let Some(day) = date::named(word)
            {
                let time = words.get(at).and_then(|word| date::vms_time(word));
                at += usize::from(time.is_some());
                facts.modified = date::at(day, time);
                facts.modified?;
            } else if let Some(owner) = word.strip_prefix(b"[") {
                let owner = owner.strip_suffix(b"]").unwrap_or(owner);
                match owner.iter().position(|b| *b == b',') {
                    Some(comma) => (facts.group, facts.owner) = (Some(&owner[..comma]), Some(&owner[comma + 1..])),
                    None => facts.owner = Some(owner),
                }
            } else if let Some(groups) = word.strip_prefix(b"(") {
                facts.permissions = permissions(groups.strip_suffix(b")")?);
            } else if facts.modified.is_some() && facts.owner.is_none() {
                facts.owner = Some(word);
            } else {
                return None;
            }
        }
        facts.owner = facts.owner.filter(|owner| !owner.is_empty());
        facts.group = facts.group.filter(|group| !group.is_empty());
        facts.modified.is_some().then_some(facts)
    }
}

/// Blocks of 512 bytes, used and allocated: `1`, `1/16`, `2KB`; `******` where it has too many digits.
fn size(word: &[u8]) -> Option<Option<u64>> {
    if word.iter().all(|b| *b == b'*') {
        return Some(None);
    }
    for (unit, bytes) in [(&b"KB"[..], 1 << 10), (b"MB", 1 << 20), (b"GB", 1 << 30), (b"B", 1u64)] {
        if let Some(count) = word.strip_suffix(unit).filter(|count| is_number(count)) {
            return Some(number(count)?.checked_mul(bytes));
        }
    }
    let used = match word.iter().position(|b| *b == b'/') {
        Some(cut) if is_number(&word[cut + 1..]) => &word[..cut],
        Some(_) => return None,
        None => word,
    };
    is_number(used).then(|| number(used).and_then(|blocks| blocks.checked_mul(BLOCK)))
}

/// `RWED,RWED,RE,` for system, owner, group, world; the system's part says nothing that Unix knows.
fn permissions(text: &[u8]) -> Option<Permissions> {
    let mut mode = 0;
    let groups: Vec<&[u8]> = text.split(|b| *b == b',').collect();
    let [_, owner, group, world] = groups[..] else { return None };
    for (rights, shift) in [(owner, 6), (group, 3), (world, 0)] {
        for right in rights {
            mode |= match right.to_ascii_uppercase() {
                b'R' => 4 << shift,
                b'W' => 2 << shift,
                b'E' => 1 << shift,
                b'D' => 0,
                _ => return None,
            };
        }
    }
    Some(Permissions(mode))
}

const BLOCK: u64 = 512;
