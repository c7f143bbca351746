//! Lines that are no entries: headings, totals, rules. Some say what the rest will look like.

use crate::ftp::listing::System;
use crate::ftp::listing::columns::{Columns, is_blank, is_number};

/// Whether this line is one, and what system it gives away. `is_first` = no line came before it.
pub(super) fn read(line: &[u8], is_first: bool) -> Option<Option<System>> {
    // Only the beginning matters, and most lines are none: the cheap questions first.
    let columns = Columns::new(line, 0);
    let (first, second) = (columns.word(0), columns.word(1));
    let words = columns.words();
    let has = |wanted: &[u8]| words.iter().any(|word| word.eq_ignore_ascii_case(wanted));
    let is = |word: &[u8], wanted: &[u8]| word.eq_ignore_ascii_case(wanted);
    if is_total(&columns, is_first) || is_sum(&columns) || is_rule(line) {
        return Some(None);
    }
    // `Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname`
    if is(first, b"Volume") && is(second, b"Unit") && has(b"Dsname") {
        return Some(Some(System::Mvs));
    }
    // ` Name     VV.MM   Created`, ` Name      Size     TTR   Alias-of AC`
    if is(first, b"Name") && (is(second, b"VV.MM") || (is(second, b"Size") && has(b"TTR"))) {
        return Some(Some(System::Mvs));
    }
    if is(first, b"JOBNAME") && is(second, b"JOBID") {
        return Some(Some(System::Mvs));
    }
    // `File         Code             EOF  Last Modification    Owner  RWEP`
    if is(first, b"File") && is(second, b"Code") && has(b"EOF") {
        return Some(Some(System::NonStop));
    }
    if is(first, b"Filename") && is(second, b"FileType") {
        return Some(Some(System::Vm));
    }
    // OS-9, VxWorks, wfFtp, and `Total Files Listed:` of DOS.
    let of_columns = (is(first, b"Owner") && has(b"Bytecount"))
        || (is(first, b"size") && is(second, b"date") && has(b"name"))
        || (is(first, b"File") && is(second, b"Name") && has(b"Size"))
        || (is(first, b"Total") && is(second, b"Files"));
    if of_columns {
        return Some(None);
    }
    // `Directory USER1:[TEMP]`, `ANONYMOUS:[PUB]`, and an empty directory's `*.*;0  <%RMS-E-FNF, file not found>`.
    let path = if is(first, b"Directory") { second } else { first };
    if words.len() <= 2 && path.ends_with(b"]") && path.windows(2).any(|pair| pair == b":[") {
        return Some(Some(System::Vms));
    }
    if first.starts_with(b"*.*;") && line.windows(9).any(|text| text == b"not found") {
        return Some(Some(System::Vms));
    }
    // `Volume in drive C is ...`, `Directory of C:\`, `Volume Serial Number is ...`; `ls -R` and `pub:`.
    let of_dos = (is(first, b"Directory") && (is(second, b"of") || is(second, b"of:")))
        || (is(first, b"Volume") && (is(second, b"in") || (is(second, b"Serial") && has(b"Number"))));
    let of_recursion = words.len() == 1 && first.len() > 1 && first.ends_with(b":");
    (of_dos || of_recursion).then_some(None)
}

/// `total 512`, `total of 11 files`, `Grand total of 2 directories`; and as a first line a word and a number in any
/// language (`insgesamt 12K`).
fn is_total(columns: &Columns<'_>, is_first: bool) -> bool {
    let skip = usize::from(columns.word(0).eq_ignore_ascii_case(b"grand"));
    let first = columns.word(skip);
    let is_word =
        |word: &[u8]| !word.is_empty() && word.iter().all(|b| b.is_ascii_alphabetic() || *b == b':' || !b.is_ascii());
    if !is_word(first) {
        return false;
    }
    let total = first.eq_ignore_ascii_case(b"total") || first.eq_ignore_ascii_case(b"total:");
    let of = usize::from(total && columns.word(skip + 1) == b"of");
    let starts_with_digit = columns.word(skip + 1 + of).first().is_some_and(u8::is_ascii_digit);
    starts_with_digit && (total || (is_first && columns.words().len() == 2))
}

/// `6 files           75,978,506,648 bytes`, `3 directories     22,198,362,112 bytes free`, `12 File(s)`,
/// `4194304 bytes - Available free space`.
fn is_sum(columns: &Columns<'_>) -> bool {
    let (first, second) = (columns.word(0), columns.word(1));
    let counted =
        [&b"file"[..], b"files", b"file(s)", b"dir", b"dirs", b"dir(s)", b"directories", b"directory", b"bytes"];
    let second = second.strip_suffix(b",").or_else(|| second.strip_suffix(b".")).unwrap_or(second);
    let is_counted = counted.iter().any(|word| second.eq_ignore_ascii_case(word));
    let last = columns.words().last().copied().unwrap_or_default();
    let ends = [&b"bytes"[..], b"free", b"used", b"bytes.", b"free.", b"space", b"size"];
    let short = columns.words().len() == 2 || ends.iter().any(|word| last.eq_ignore_ascii_case(word));
    is_number(first) && is_counted && short
}

/// `--------`, `==== ====`.
fn is_rule(line: &[u8]) -> bool {
    let strokes = line.iter().filter(|b| matches!(b, b'-' | b'=')).count();
    strokes >= 3 && line.iter().all(|b| matches!(b, b'-' | b'=') || is_blank(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_totals_and_rules_are_known() {
        for (line, system) in [
            ("total 5127", None),
            ("total 395136991232", None),
            ("total of 11 files", None),
            ("Total of 11 files, 17 blocks.", None),
            ("Total 14 files", None),
            ("insgesamt 12K", None),
            ("итого 12", None),
            ("6 files           75,978,506,648 bytes", None),
            ("       3 directories     22,198,362,112 bytes free", None),
            ("12 File(s)", None),
            ("    4194304 bytes - Available free space", None),
            ("     Total Files Listed:", None),
            (" Owner    Last modified  Attributes Sector Bytecount Name", None),
            ("  size          date       time       name", None),
            ("File Name             Size    Date     Day      Time", None),
            ("--------", None),
            ("----- ---- ----", None),
            (" Volume in drive C has no label", None),
            (" Directory of C:\\PUB", None),
            ("./sub:", None),
            ("Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname", Some(System::Mvs)),
            (" Name     VV.MM   Created       Changed      Size  Init   Mod   Id", Some(System::Mvs)),
            (" Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode", Some(System::Mvs)),
            ("JOBNAME  JOBID    OWNER    STATUS CLASS", Some(System::Mvs)),
            ("File         Code             EOF  Last Modification    Owner  RWEP", Some(System::NonStop)),
            ("Filename FileType  Fm Format Lrecl  Records Blocks Date      Time", Some(System::Vm)),
            ("Directory USER1:[TEMP]", Some(System::Vms)),
            ("EISNER$DRA3:[DECUSERVE_USER.JOHNDOE]", Some(System::Vms)),
            ("*.*;0              <%RMS-E-FNF, file not found>", Some(System::Vms)),
        ] {
            assert_eq!(read(line.as_bytes(), true), Some(system), "{line}");
        }
    }

    #[test]
    fn a_word_and_a_number_are_a_total_only_at_the_beginning() {
        assert_eq!(read(b"morgan               14", false), None);
        assert_eq!(read(b"total 14", false), Some(None));
    }

    #[test]
    fn entries_are_no_headings() {
        for line in [
            "-rw-r--r-- 1 u g 5 Jan  5 12:00 total 12",
            "----------   1 owner    group         1803128 Jul 10 10:18 ls-lR.Z",
            "total",
            "Directory",
            "12 files of mine",
            "what is this",
            "FOO.TXT;1",
        ] {
            assert_eq!(read(line.as_bytes(), true), None, "{line}");
        }
    }
}
