//! What to do when the target exists: a pure decision.

use crate::domain::{Precision, Timestamp, Zone};
use crate::engine::job::side::Side;
use crate::store::settings::ConflictPolicy;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Replace it.
    Overwrite,
    /// Append from there.
    Resume(u64),
    /// Keep both.
    Rename,
    /// Leave it.
    Skip,
    /// The user must say.
    Ask,
    /// It cannot be the beginning of the source: it is longer.
    TooLong { target: u64, source: u64 },
}

/// What `policy` says of a target that exists. What cannot be known is asked, never guessed.
pub(crate) fn decide(policy: ConflictPolicy, source: Side, target: Side) -> Decision {
    match policy {
        ConflictPolicy::Ask => Decision::Ask,
        ConflictPolicy::Overwrite => Decision::Overwrite,
        ConflictPolicy::Skip => Decision::Skip,
        ConflictPolicy::Rename => Decision::Rename,
        ConflictPolicy::Size => match (source.size, target.size) {
            (Some(source), Some(target)) if source == target => Decision::Skip,
            (Some(_), Some(_)) => Decision::Overwrite,
            _ => Decision::Ask,
        },
        ConflictPolicy::Newer => match (source.modified, target.modified) {
            (Some(source), Some(target)) => match is_newer(source, target) {
                Some(true) => Decision::Overwrite,
                Some(false) => Decision::Skip,
                None => Decision::Ask,
            },
            _ => Decision::Ask,
        },
        ConflictPolicy::Resume => match (source.size, target.size) {
            (Some(source), Some(target)) if source == target => Decision::Skip,
            (Some(source), Some(target)) if target < source => Decision::Resume(target),
            (Some(source), Some(target)) => Decision::TooLong { target, source },
            _ => Decision::Ask,
        },
    }
}

/// Whether `a` is newer than `b`, as far as both clocks tell: half known times are compared as coarsely as the coarser,
/// and a server's local time (unknown offset) only where the difference is larger than any offset.
fn is_newer(a: Timestamp, b: Timestamp) -> Option<bool> {
    let grain = match a.precision.min(b.precision) {
        Precision::Day => 24 * 3600,
        Precision::Minute => 60,
        // FAT keeps even seconds only.
        Precision::Second => 2,
    };
    let difference = a.seconds.saturating_sub(b.seconds);
    if a.zone != b.zone {
        // Offsets go from -12 h to +14 h.
        let widest = 14 * 3600 + if a.zone == Zone::Utc { grain } else { 0 };
        return (difference.abs() > widest).then_some(difference > 0);
    }
    Some(difference >= grain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(size: u64, seconds: i64) -> Side {
        Side { size: Some(size), modified: Some(Timestamp::utc(seconds)) }
    }

    #[test]
    fn newer_replaces_only_what_is_older() {
        assert_eq!(decide(ConflictPolicy::Newer, side(1, 100), side(1, 50)), Decision::Overwrite);
        assert_eq!(decide(ConflictPolicy::Newer, side(1, 51), side(1, 50)), Decision::Skip);
        assert_eq!(decide(ConflictPolicy::Newer, side(1, 50), side(1, 100)), Decision::Skip);
        assert_eq!(decide(ConflictPolicy::Newer, Side::default(), side(1, 100)), Decision::Ask);
    }

    #[test]
    fn a_clock_with_unknown_offset_decides_only_large_differences() {
        let server = |seconds| Side {
            size: Some(1),
            modified: Some(Timestamp { seconds, precision: Precision::Minute, zone: Zone::Server }),
        };
        assert_eq!(decide(ConflictPolicy::Newer, server(7200), side(1, 0)), Decision::Ask);
        assert_eq!(decide(ConflictPolicy::Newer, server(1_000_000), side(1, 0)), Decision::Overwrite);
        assert_eq!(decide(ConflictPolicy::Newer, server(0), side(1, 1_000_000)), Decision::Skip);
    }

    #[test]
    fn resume_goes_on_only_where_the_target_is_shorter() {
        assert_eq!(decide(ConflictPolicy::Resume, side(10, 0), side(4, 0)), Decision::Resume(4));
        assert_eq!(decide(ConflictPolicy::Resume, side(10, 0), side(10, 0)), Decision::Skip);
        assert_eq!(
            decide(ConflictPolicy::Resume, side(10, 0), side(11, 0)),
            Decision::TooLong { target: 11, source: 10 }
        );
        assert_eq!(decide(ConflictPolicy::Resume, Side::default(), side(11, 0)), Decision::Ask);
    }

    #[test]
    fn size_leaves_what_is_equal() {
        assert_eq!(decide(ConflictPolicy::Size, side(10, 9), side(10, 0)), Decision::Skip);
        assert_eq!(decide(ConflictPolicy::Size, side(10, 0), side(11, 9)), Decision::Overwrite);
    }
}
