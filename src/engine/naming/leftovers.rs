//! Which files were left under our temporary names by transfers that nobody goes on with: a pure judgement by name, age
//! and queue. Out of scope: deleting them, which only the user orders.

use crate::domain::{Entry, EntryKind, Precision, Timestamp, Zone};
use crate::engine::naming::local_name::part_stem;

/// Whether an entry of a folder is such a file. `wanted` = the names in that folder that jobs of the queue are to
/// become; `now` in seconds since 1970. In doubt it is none.
pub fn is_leftover(entry: &Entry, wanted: &[&[u8]], now: i64) -> bool {
    let Some(stem) = part_stem(&entry.name).filter(|_| entry.kind == EntryKind::File) else { return false };
    // What a download set aside has the word in front.
    let aside = stem.strip_prefix(b"old ").unwrap_or(stem);
    let is_wanted = |name: &&[u8]| may_become(stem, name) || may_become(aside, name);
    entry.modified.is_some_and(|time| is_old(time, now)) && !wanted.iter().any(is_wanted)
}

/// Whether a part with that beginning may belong to that name; long ones are cut.
fn may_become(stem: &[u8], name: &[u8]) -> bool {
    stem == name || (stem.len() >= SHORTEST_CUT && name.starts_with(stem))
}

/// Nobody has written to it for a day, whatever the server's clock shows.
fn is_old(time: Timestamp, now: i64) -> bool {
    let zone = if time.zone == Zone::Utc { 0 } else { 14 * 3600 };
    let precision = if time.precision >= Precision::Minute { 0 } else { DAY };
    now.saturating_sub(time.seconds) > DAY + zone + precision
}

const DAY: i64 = 86_400;

/// Names are cut at 200 bytes, or at the letter before.
const SHORTEST_CUT: usize = 190;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn part(name: &str, age: i64) -> Entry {
        Entry { modified: Some(Timestamp::utc(NOW - age)), ..Entry::new(name, EntryKind::File) }
    }

    #[test]
    fn only_what_is_surely_ours_old_and_nobodys_is_a_leftover() {
        let name = "a.txt.00000000000000ab.twinpart";
        let is = |entry: &Entry, wanted: &[&[u8]]| is_leftover(entry, wanted, NOW);
        assert!(is(&part(name, 2 * DAY), &[]));
        assert!(is(&part(name, 2 * DAY), &[b"b.txt", b"a.txt.zip", b"a"]));
        assert!(is(&part("old a.txt.00000000000000ab.twinpart", 2 * DAY), &[]));
        assert!(!is(&part(name, DAY / 2), &[]), "somebody may write it still");
        assert!(!is(&part(name, -DAY), &[]));
        assert!(!is(&part(name, 2 * DAY), &[b"a.txt"]), "a job of the queue goes on there");
        assert!(!is(&part("old a.txt.00000000000000ab.twinpart", 2 * DAY), &[b"a.txt"]));
        for others in ["a.txt", "a.twinpart", "a.00ab.twinpart", "a.00000000000000ag.twinpart", "x.part"] {
            assert!(!is(&part(others, 2 * DAY), &[]), "{others}");
        }
        let unknown = Entry::new(name, EntryKind::File);
        assert!(!is(&unknown, &[]), "nobody knows how old");
        let folder = Entry { kind: EntryKind::Directory, ..part(name, 2 * DAY) };
        assert!(!is(&folder, &[]));
        let mut by_its_own_clock = part(name, DAY + 3600);
        by_its_own_clock.modified = by_its_own_clock.modified.map(|time| Timestamp { zone: Zone::Server, ..time });
        assert!(!is(&by_its_own_clock, &[]));
    }

    #[test]
    fn a_long_name_that_was_cut_is_known_still() {
        let long = "n".repeat(240);
        let entry = part(&format!("{}.00000000000000ab.twinpart", &long[..200]), 2 * DAY);
        assert!(!is_leftover(&entry, &[long.as_bytes()], NOW));
        assert!(is_leftover(&entry, &[b"other"], NOW));
    }
}
