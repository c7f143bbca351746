//! A time as a server tells it: to the day, minute or second, in UTC or in a zone only the server knows.

use jiff::civil::DateTime;

/// A point in time. In [`Zone::Server`] the seconds count as if the server's wall clock were UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Since 1970-01-01T00:00:00 of its zone.
    pub seconds: i64,
    /// How much of it the server really gave.
    pub precision: Precision,
    /// Whose clock.
    pub zone: Zone,
}

/// How much of a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// The date alone (`Jan  5  2024`).
    Day,
    /// Hour and minute (`Jan  5 12:30`).
    Minute,
    /// The full time (MLSD, MDTM).
    Second,
}

/// Whose clock a time is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// RFC 3659: MLSD, MDTM.
    Utc,
    /// LIST: the server's local time, offset unknown.
    Server,
}

impl Timestamp {
    /// A full time in UTC.
    pub fn utc(seconds: i64) -> Self {
        Self { seconds, precision: Precision::Second, zone: Zone::Utc }
    }

    /// The same, from a source that may say anything; `None` outside the years 0 to 9999.
    pub fn within(seconds: i64) -> Option<Self> {
        (YEAR_0..=YEAR_9999).contains(&seconds).then(|| Self::utc(seconds))
    }

    /// The server's wall clock, or UTC; `None` where there is no such date.
    pub fn civil(
        (year, month, day): (i16, i8, i8),
        (hour, minute, second): (i8, i8, i8),
        precision: Precision,
        zone: Zone,
    ) -> Option<Self> {
        // A leap second is the second before it, for everyone who counts (RFC 3659 section 2.3).
        let second = if second == 60 { 59 } else { second };
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let seconds = civil.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs();
        Some(Self { seconds, precision, zone })
    }

    /// RFC 3659 section 2.3: `YYYYMMDDHHMMSS[.fff]`, UTC.
    pub fn parse_rfc3659(text: &str) -> Option<Self> {
        let digits = text.split('.').next().unwrap_or_default();
        let digits = digits.strip_suffix('Z').unwrap_or(digits);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // Servers that print `19` and the years since 1900 say 19124 for 2024.
        let mended;
        let digits = match digits.strip_prefix("191") {
            Some(rest) if digits.len() == 15 => {
                mended = format!("20{rest}");
                &mended
            }
            _ => digits,
        };
        if digits.len() != 14 {
            return None;
        }
        let two =
            |at: usize| digits.as_bytes()[at..at + 2].iter().fold(0, |n, digit| n * 10 + (digit - b'0').cast_signed());
        let year = i16::from(two(0)) * 100 + i16::from(two(2));
        Self::civil((year, two(4), two(6)), (two(8), two(10), two(12)), Precision::Second, Zone::Utc)
    }

    /// In UTC, if the server's clock is `seconds` ahead of it (east of Greenwich is positive). A date alone stays as it
    /// is: nobody knows when on that day. So does what is in UTC already.
    pub fn with_offset(self, seconds: i32) -> Self {
        if self.zone == Zone::Utc || self.precision == Precision::Day {
            return self;
        }
        Self { seconds: self.seconds.saturating_sub(i64::from(seconds)), zone: Zone::Utc, ..self }
    }

    /// `YYYYMMDDHHMMSS`, for MFMT; `None` = outside the years 1 to 9999, which four digits cannot tell (RFC 3659 section 2.3).
    pub fn rfc3659(self) -> Option<String> {
        let text = (YEAR_1..=YEAR_9999).contains(&self.seconds).then(|| self.format("%Y%m%d%H%M%S"));
        text.filter(|text| !text.is_empty())
    }

    /// `YYYY-MM-DD[THH:MM[:SS]][Z]`: cut to its precision, `Z` only where it is known to be UTC.
    pub fn iso(self) -> String {
        let mut text = match self.precision {
            Precision::Day => return self.format("%Y-%m-%d"),
            Precision::Minute => self.format("%Y-%m-%dT%H:%M"),
            Precision::Second => self.format("%Y-%m-%dT%H:%M:%S"),
        };
        if self.zone == Zone::Utc {
            text.push('Z');
        }
        text
    }

    /// For a table: the same without letters between the parts.
    pub fn short(self) -> String {
        match self.precision {
            Precision::Day => self.format("%Y-%m-%d"),
            _ => self.format("%Y-%m-%d %H:%M"),
        }
    }

    /// As the clock of the machine's own file system knows it.
    pub fn to_system(self) -> Option<std::time::SystemTime> {
        let since = std::time::Duration::from_secs(self.seconds.unsigned_abs());
        if self.seconds >= 0 {
            std::time::UNIX_EPOCH.checked_add(since)
        } else {
            std::time::UNIX_EPOCH.checked_sub(since)
        }
    }

    /// From the machine's own file system; whole seconds.
    pub fn from_system(time: std::time::SystemTime) -> Self {
        let seconds = match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        Self::utc(seconds)
    }

    fn format(self, pattern: &str) -> String {
        match jiff::Timestamp::from_second(self.seconds) {
            Ok(time) => time.strftime(pattern).to_string(),
            Err(_) => String::new(),
        }
    }
}

/// The first second of the year 0 and the last of the year 9999.
const YEAR_0: i64 = -62_167_219_200;
/// The first second of the year 1.
const YEAR_1: i64 = -62_135_596_800;
const YEAR_9999: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3659_times_read_and_write() {
        let time = Timestamp::parse_rfc3659("20240229123456.789").expect("a time");
        assert_eq!(time.iso(), "2024-02-29T12:34:56Z");
        assert_eq!(time.rfc3659().as_deref(), Some("20240229123456"));
        assert_eq!(Timestamp::utc(YEAR_9999 - 2 * 86_400).rfc3659().as_deref(), Some("99991229235959"));
        for far in [YEAR_9999 + 1, YEAR_1 - 1, i64::MAX, i64::MIN] {
            assert_eq!(Timestamp::utc(far).rfc3659(), None, "{far}");
        }
        assert_eq!(Timestamp::parse_rfc3659("20240229123456Z"), Some(Timestamp::utc(time.seconds)));
        assert_eq!(Timestamp::parse_rfc3659("191240229123456"), Some(Timestamp::utc(time.seconds)));
        for bad in ["", "2024", "20241301000000", "2024022912345x", "20230229000000", "１２３４５６７８９０１２３４"]
        {
            assert_eq!(Timestamp::parse_rfc3659(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_offset_makes_utc_of_the_servers_clock() {
        let server = Timestamp::civil((2023, 1, 5), (1, 8, 0), Precision::Minute, Zone::Server).expect("a time");
        assert_eq!(server.with_offset(7200).iso(), "2023-01-04T23:08Z");
        assert_eq!(server.with_offset(-3600).iso(), "2023-01-05T02:08Z");
        assert_eq!(server.with_offset(7200).with_offset(7200).iso(), "2023-01-04T23:08Z");
        let day = Timestamp { precision: Precision::Day, ..server };
        assert_eq!(day.with_offset(7200), day);
    }

    #[test]
    fn text_is_cut_to_what_the_server_gave() {
        let day = Timestamp::civil((2023, 1, 5), (0, 0, 0), Precision::Day, Zone::Server).expect("a date");
        assert_eq!(day.iso(), "2023-01-05");
        let minute = Timestamp::civil((2023, 1, 5), (7, 8, 0), Precision::Minute, Zone::Server).expect("a time");
        assert_eq!(minute.iso(), "2023-01-05T07:08");
    }
}
