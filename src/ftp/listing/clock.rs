//! How far a server's wall clock is from UTC, found by comparing LIST times with MDTM or MLSD times of the same files.
//! Out of scope: asking the server, and which files to ask about.

use crate::domain::{Precision, Timestamp, Zone};

/// Minutes to take from the server's LIST times to get UTC (east of Greenwich is positive), a multiple of 15; what
/// [`Timestamp::with_offset`] wants, in seconds.
///
/// A pair is a file's time in LIST, and the same file's in MDTM or MLSD. Pairs that cannot tell are passed over: a
/// LIST date without a time of day, times of unexpected zones. `None` where no pair is left, where a difference is no
/// offset that any place on earth has, or where pairs do not agree. A server in a place with daylight saving may list
/// summer's files and winter's with different offsets: give files of about the same time.
pub fn offset(pairs: &[(Timestamp, Timestamp)]) -> Option<i32> {
    let mut found = None;
    for (listed, utc) in pairs {
        if listed.zone != Zone::Server || utc.zone != Zone::Utc {
            continue;
        }
        if listed.precision == Precision::Day || utc.precision == Precision::Day {
            continue;
        }
        let minutes = difference(*listed, *utc)?;
        if found.is_some_and(|found| found != minutes) {
            return None;
        }
        found = Some(minutes);
    }
    found
}

/// The one offset that explains this pair.
fn difference(listed: Timestamp, utc: Timestamp) -> Option<i32> {
    // LIST gives minutes, cut or rounded; MDTM gives seconds.
    let exact = listed.precision == Precision::Second && utc.precision == Precision::Second;
    let whole = |seconds: i64| if exact { seconds } else { seconds.saturating_sub(seconds.rem_euclid(MINUTE)) };
    let difference = whole(listed.seconds).checked_sub(whole(utc.seconds))?;
    // A date without a year may have been put into the year before or after.
    let years = if listed.precision == Precision::Minute { &YEARS[..] } else { &YEARS[..1] };
    years.iter().find_map(|days| {
        let seconds = difference.checked_sub(days * DAY)?;
        let quarters = seconds.saturating_add(QUARTER / 2).div_euclid(QUARTER);
        let offset = quarters * QUARTER;
        let close = seconds.abs_diff(offset) <= MINUTE.unsigned_abs();
        (close && (WEST..=EAST).contains(&offset)).then(|| i32::try_from(offset / MINUTE).ok()).flatten()
    })
}

const MINUTE: i64 = 60;
const QUARTER: i64 = 15 * MINUTE;
const DAY: i64 = 86_400;

/// Days that a guessed year may be off.
const YEARS: [i64; 5] = [0, -365, -366, 365, 366];

/// UTC-12 to UTC+14 are all that there are.
const WEST: i64 = -12 * 60 * MINUTE;
const EAST: i64 = 14 * 60 * MINUTE;

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(day: (i16, i8, i8), hour: i8, minute: i8) -> Timestamp {
        Timestamp::civil(day, (hour, minute, 0), Precision::Minute, Zone::Server).expect("a time")
    }

    fn utc(text: &str) -> Timestamp {
        Timestamp::parse_rfc3659(text).expect("a time")
    }

    #[test]
    fn the_offset_is_the_difference_in_quarters_of_an_hour() {
        for (day, hour, minute, mdtm, minutes) in [
            ((2024, 3, 5), 14, 30, "20240305123059", 120),
            ((2024, 3, 5), 12, 30, "20240305123000", 0),
            ((2024, 3, 4), 21, 30, "20240305023012", -300),
            // India, Nepal, Newfoundland, the Line Islands, Baker Island.
            ((2024, 3, 5), 18, 0, "20240305123000", 330),
            ((2024, 3, 5), 18, 15, "20240305123000", 345),
            ((2024, 3, 5), 9, 0, "20240305123000", -210),
            ((2024, 3, 6), 2, 30, "20240305123000", 840),
            ((2024, 3, 5), 0, 30, "20240305123000", -720),
            // The server rounds up.
            ((2024, 3, 5), 14, 31, "20240305123059", 120),
        ] {
            assert_eq!(offset(&[(listed(day, hour, minute), utc(mdtm))]), Some(minutes), "{mdtm}");
        }
    }

    #[test]
    fn a_date_alone_cannot_tell() {
        let day = Timestamp::civil((2020, 3, 5), (0, 0, 0), Precision::Day, Zone::Server).expect("a date");
        assert_eq!(offset(&[(day, utc("20200305000000"))]), None);
        assert_eq!(offset(&[]), None);
        let told = (listed((2024, 3, 5), 14, 30), utc("20240305123000"));
        assert_eq!(offset(&[(day, utc("20200305070000")), told]), Some(120));
    }

    #[test]
    fn a_time_of_the_wrong_zone_cannot_tell() {
        assert_eq!(offset(&[(utc("20240305143000"), utc("20240305123000"))]), None);
        assert_eq!(offset(&[(listed((2024, 3, 5), 14, 30), listed((2024, 3, 5), 12, 30))]), None);
    }

    #[test]
    fn what_is_no_zone_of_the_earth_is_no_offset() {
        for (hour, minute) in [(14, 37), (14, 33), (14, 22)] {
            assert_eq!(offset(&[(listed((2024, 3, 5), hour, minute), utc("20240305123000"))]), None);
        }
        assert_eq!(offset(&[(listed((2024, 3, 6), 2, 45), utc("20240305123000"))]), None);
        assert_eq!(offset(&[(listed((2024, 3, 5), 0, 15), utc("20240305123000"))]), None);
    }

    #[test]
    fn pairs_must_agree() {
        let winter = (listed((2024, 1, 5), 13, 30), utc("20240105123000"));
        let summer = (listed((2024, 7, 5), 14, 30), utc("20240705123000"));
        assert_eq!(offset(&[winter, winter]), Some(60));
        assert_eq!(offset(&[winter, summer]), None);
    }

    #[test]
    fn a_year_that_was_guessed_wrong_does_not_matter() {
        // A server east of here lists 1 January while it is 31 December here, and the other way round.
        assert_eq!(offset(&[(listed((2023, 1, 1), 8, 0), utc("20231231230000"))]), Some(540));
        assert_eq!(offset(&[(listed((2024, 1, 1), 8, 0), utc("20231231230000"))]), Some(540));
        assert_eq!(offset(&[(listed((2024, 12, 31), 20, 0), utc("20240101010000"))]), Some(-300));
        // With seconds comes a year: it is believed.
        let full = Timestamp { precision: Precision::Second, ..listed((2023, 1, 1), 8, 0) };
        assert_eq!(offset(&[(full, utc("20231231230000"))]), None);
    }

    #[test]
    fn times_at_the_ends_of_time_do_not_overflow() {
        let end = |seconds| Timestamp { seconds, precision: Precision::Minute, zone: Zone::Server };
        assert_eq!(offset(&[(end(i64::MAX), Timestamp::utc(i64::MIN + 60))]), None);
        assert_eq!(offset(&[(end(i64::MAX), Timestamp::utc(0))]), None);
        assert_eq!(offset(&[(end(i64::MIN), Timestamp::utc(0))]), None);
    }
}
