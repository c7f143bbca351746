//! z/OS and its forebears: data sets, members of partitioned ones with and without statistics, load modules, and jobs.
//! Sizes are in tracks and records, which say little about bytes: they are left out.

use crate::domain::{Entry, EntryKind};
use crate::ftp::listing::columns::{Columns, is_number};
use crate::ftp::listing::{Context, Line, System, date};

/// One line.
pub(super) fn parse(line: &[u8], context: &mut Context) -> Line {
    let columns = Columns::new(line, 0);
    let found = without_details(&columns)
        .or_else(|| data_set(&columns))
        .or_else(|| member(&columns))
        .or_else(|| load_module(&columns))
        .or_else(|| job(&columns, context));
    if let Some(entry) = found {
        return Line::Entry(entry);
    }
    // A member without statistics is its name alone: only where it is known that members are listed.
    if context.system == Some(System::Mvs) && columns.words().len() == 1 {
        return Line::Entry(Entry::new(columns.word(0), EntryKind::File));
    }
    Line::Unknown
}

/// `Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname`: columns run together where they are full
/// (`115807`, `1+++++`), but the first and the last ones are to be relied upon.
fn data_set(columns: &Columns<'_>) -> Option<Entry> {
    let words = columns.words();
    let (organisation, name) = (*words.get(words.len().checked_sub(2)?)?, *words.last()?);
    if words.len() < 6 || !is_volume(words[0]) {
        return None;
    }
    let modified = if words[2] == b"**NONE**" { None } else { Some(date::at(slashed(words[2])?, None)?) };
    let kind = match organisation {
        b"PO" | b"PO-E" | b"PO-U" | b"POU" => EntryKind::Directory,
        b"PS" | b"PS-E" | b"PS-L" | b"PSU" | b"DA" | b"DAU" | b"IS" | b"ISU" | b"VS" | b"VSAM" | b"GDG" | b"**"
        | b"????" | b"NONE" => EntryKind::File,
        _ => return None,
    };
    let mut entry = Entry::new(name, kind);
    entry.modified = modified;
    Some(entry)
}

/// Data sets of which the server tells the name alone: migrated, on tape, VSAM.
fn without_details(columns: &Columns<'_>) -> Option<Entry> {
    let words = columns.words();
    let (name, before) = words.split_last()?;
    let kind = match before {
        [b"Migrated" | b"MIGRAT"] => EntryKind::File,
        [volume, unit, b"VSAM"] if is_volume(volume) && is_unit(unit) => EntryKind::File,
        [volume, b"Tape" | b"TAPE"] if is_volume(volume) => EntryKind::File,
        [volume, b"Not", b"Direct", b"Access", b"Device"] if is_volume(volume) => EntryKind::File,
        [volume, b"Not", b"Mounted"] if is_volume(volume) => EntryKind::File,
        [b"Error", b"determining", b"attributes"] | [b"VSAM" | b"GDG"] => EntryKind::File,
        [b"Pseudo", b"Directory"] => EntryKind::Directory,
        _ => return None,
    };
    Some(Entry::new(*name, kind))
}

/// ` Name     VV.MM   Created       Changed      Size  Init   Mod   Id`
fn member(columns: &Columns<'_>) -> Option<Entry> {
    let words = columns.words();
    let [version @ .., _, _] = words.get(1)? else { return None };
    let is_version = words[1].len() == 5 && version.last() == Some(&b'.') && is_number(&words[1][..2]);
    if !is_version {
        return None;
    }
    slashed(words.get(2)?)?;
    let mut entry = Entry::new(words[0], EntryKind::File);
    entry.modified = Some(date::at(slashed(words.get(3)?)?, Some(date::dos_time(words.get(4)?)?))?);
    Some(entry)
}

/// ` Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode`: the size is hexadecimal.
fn load_module(columns: &Columns<'_>) -> Option<Entry> {
    let words = columns.words();
    let is_hex = |word: &[u8]| word.len() == 6 && word.iter().all(u8::is_ascii_hexdigit);
    if words.len() < 5 || !is_hex(words[1]) || !is_hex(words[2]) {
        return None;
    }
    // The authorisation code, behind the name of which this is an alias.
    if !words[3..5].iter().any(|word| word.len() == 2 && is_number(word)) {
        return None;
    }
    let mut entry = Entry::new(words[0], EntryKind::File);
    entry.size = u64::from_str_radix(std::str::from_utf8(words[1]).ok()?, 16).ok();
    Some(entry)
}

/// `IBMUSER1  JOB01906  OUTPUT    3 Spool Files`, and with an owner before the state. A job is fetched by its number.
fn job(columns: &Columns<'_>, context: &mut Context) -> Option<Entry> {
    let words = columns.words();
    let number = *words.get(1)?;
    let letters = number.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let is_job = matches!(&number[..letters], b"JOB" | b"TSU" | b"STC" | b"J" | b"T" | b"S")
        && is_number(&number[letters..])
        && number.len() >= 6;
    let is_state = |word: &[u8]| matches!(word, b"OUTPUT" | b"INPUT" | b"ACTIVE" | b"HELD");
    if !is_job {
        return None;
    }
    let owner = match words[2..] {
        [state, ..] if is_state(state) => None,
        [owner, state, ..] if is_state(state) => Some(owner),
        _ => return None,
    };
    let mut entry = Entry::new(number, EntryKind::File);
    entry.owner = owner.map(|owner| context.words.share(owner));
    Some(entry)
}

fn is_volume(word: &[u8]) -> bool {
    (1..=6).contains(&word.len()) && word.iter().all(|b| b.is_ascii_alphanumeric() || b"$#@*-".contains(b))
}

fn is_unit(word: &[u8]) -> bool {
    (3..=5).contains(&word.len()) && word.iter().all(u8::is_ascii_alphanumeric)
}

/// `2004/06/23`
fn slashed(word: &[u8]) -> Option<(i16, i8, i8)> {
    let is_date = word.len() == 10 && word[4] == b'/' && word[7] == b'/';
    if is_date { date::dos_date(word) } else { None }
}
