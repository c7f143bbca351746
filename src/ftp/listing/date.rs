//! Dates in listings: with or without year or time, in many orders and languages.

use crate::domain::{Precision, Timestamp, Zone};
use crate::ftp::listing::columns::is_number;
use crate::ftp::listing::months::month;

/// The time against which dates without a year are understood.
pub(super) struct Now {
    seconds: i64,
    year: i16,
}

impl Now {
    pub(super) fn new(now: Timestamp) -> Self {
        // `short` begins with the year.
        let year = now.short().get(..4).and_then(|year| year.parse().ok()).unwrap_or(1970);
        Self { seconds: now.seconds, year }
    }
}

/// A time of day.
#[derive(Clone, Copy)]
struct Time {
    hour: i8,
    minute: i8,
    second: Option<i8>,
}

/// The date at the beginning of these words, and how many of them it takes. `loose` also takes `3 29 03:26`, month and
/// day as bare numbers, which other columns may look like.
pub(super) fn parse(words: &[&[u8]], now: &Now, loose: bool) -> Option<(Timestamp, usize)> {
    let first = *words.first()?;
    if !first.first()?.is_ascii_digit() {
        if WEEKDAYS.iter().any(|weekday| weekday.eq_ignore_ascii_case(first)) {
            // `Mon Jul 20 12:36:34 1992`
            let rest = words.get(1..).filter(|rest| rest.first().is_some_and(|word| month(word).is_some()))?;
            return parse(rest, now, false).map(|(time, used)| (time, used + 1));
        }
        // `Mar 17 ...`, `Okt. 8, 2002 09:47`. What is quicker told comes first: most words are no months.
        let day = day(words.get(1)?)?;
        words.get(2)?.first().filter(|b| b.is_ascii_digit())?;
        return after_day(words, 2, (month(first)?, day), now);
    }
    if let Some(found) = cjk(words, now) {
        return Some(found);
    }
    if let Some(parts) = separated(first) {
        return numeric(words, parts, now);
    }
    let number = day(first)?;
    let goes_on = words.get(2).and_then(|word| word.first()).is_some_and(u8::is_ascii_digit);
    if let Some(month) = words.get(1).filter(|_| goes_on).and_then(|word| month(word)) {
        // `26. Juli 20:10`, `15 июн 2002`
        return after_day(words, 2, (month, number), now);
    }
    if loose && (1..=12).contains(&number) {
        let day = day(words.get(1)?)?;
        let time = time(words.get(2)?)?;
        return Some((without_year((number, day), Some(time), now)?, 3));
    }
    None
}

/// Year, month, day in numbers as DOS writes them, the day or month first; two digits of the year will do.
pub(super) fn dos_date(word: &[u8]) -> Option<(i16, i8, i8)> {
    let (separator, parts) = separated(word)?;
    if parts.count != 3 || parts.month.is_some() || parts.time.is_some() {
        return None;
    }
    let [a, b, c] = parts.numbers;
    if parts.digits[0] == 4 {
        return Some((i16::try_from(a).ok()?, i8::try_from(b).ok()?, i8::try_from(c).ok()?));
    }
    let year = match parts.digits[2] {
        // `103` = 2003: years since 1900 printed as such.
        1..=3 if c >= 100 => 1900 + c,
        1..=2 if c < 70 => 2000 + c,
        1..=2 => 1900 + c,
        4 => c,
        _ => return None,
    };
    // Month first, as IIS has it, unless that cannot be, or points as in central Europe say otherwise.
    let day_first = a > 12 || (separator == b'.' && b <= 12);
    let (month, day) = if day_first { (b, a) } else { (a, b) };
    Some((i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

/// `12:30`, `12:30:59`, `24:00`, and how DOS adds `AM`, `PM`, `a`, `p`.
pub(super) fn dos_time(word: &[u8]) -> Option<(i8, i8, Option<i8>)> {
    let length = word.iter().take_while(|b| b.is_ascii_digit() || **b == b':').count();
    let Time { mut hour, minute, second } = time(&word[..length])?;
    match word[length..] {
        [] => {}
        [b'A' | b'a'] | [b'A' | b'a', b'M' | b'm'] if hour <= 12 => hour %= 12,
        [b'P' | b'p'] | [b'P' | b'p', b'M' | b'm'] if hour <= 12 => hour = hour % 12 + 12,
        _ => return None,
    }
    Some((hour, minute, second))
}

/// A time on the server's clock; 24:00 is the next day's beginning.
pub(super) fn at(date: (i16, i8, i8), time: Option<(i8, i8, Option<i8>)>) -> Option<Timestamp> {
    let Some((hour, minute, second)) = time else {
        return Timestamp::civil(date, (0, 0, 0), Precision::Day, Zone::Server);
    };
    let precision = if second.is_some() { Precision::Second } else { Precision::Minute };
    if hour == 24 {
        let midnight = Timestamp::civil(date, (0, 0, 0), precision, Zone::Server)?;
        return Some(Timestamp { seconds: midnight.seconds + DAY, ..midnight });
    }
    Timestamp::civil(date, (hour, minute, second.unwrap_or(0)), precision, Zone::Server)
}

/// After month and day: a time, or a year, or both.
fn after_day(words: &[&[u8]], used: usize, (month, day): (i8, i8), now: &Now) -> Option<(Timestamp, usize)> {
    let next = words.get(used)?;
    if let Some(time) = time(next).or_else(|| dotted_time(next)) {
        // `Sep  1 12:00:00 2003`, as BSD's `ls -T`.
        if time.second.is_some()
            && let Some(year) = words.get(used + 1).and_then(|word| year(word))
        {
            return Some((at((year, month, day), Some(time.parts()))?, used + 2));
        }
        return Some((without_year((month, day), Some(time), now)?, used + 1));
    }
    let year = year(next)?;
    // `Oct 08, 2002 09:47`, as VShell.
    if let Some(time) = words.get(used + 1).and_then(|word| time(word)) {
        return Some((at((year, month, day), Some(time.parts()))?, used + 2));
    }
    Some((at((year, month, day), None)?, used + 1))
}

/// The last such day that is not in the future. A day's tolerance: the server's clock and zone are its own.
fn without_year((month, day): (i8, i8), time: Option<Time>, now: &Now) -> Option<Timestamp> {
    // On 31 December tomorrow is in the next year. Eight years hold a 29 February even around 1900 and 2100.
    (-1..=8).find_map(|back| {
        let candidate = at((now.year - back, month, day), time.map(Time::parts))?;
        (candidate.seconds <= now.seconds + DAY).then_some(candidate)
    })
}

struct Parts {
    numbers: [u32; 3],
    digits: [usize; 3],
    count: usize,
    /// `2005-06-07T21:22`.
    time: Option<Time>,
    /// `05-Nov-2002`.
    month: Option<i8>,
}

/// Two or three numbers with the same separator between them.
fn separated(word: &[u8]) -> Option<(u8, Parts)> {
    let separator = *word.iter().find(|b| matches!(b, b'-' | b'/' | b'.'))?;
    let mut parts = Parts { numbers: [0; 3], digits: [0; 3], count: 0, time: None, month: None };
    let (date, clock) = match word.iter().position(|b| *b == b'T') {
        Some(at) if at >= 8 => (&word[..at], Some(&word[at + 1..])),
        _ => (word, None),
    };
    if let Some(clock) = clock {
        parts.time = Some(time(clock.strip_suffix(b"Z").unwrap_or(clock))?);
    }
    for (index, part) in date.split(|b| *b == separator).enumerate() {
        // `24.04.` and the like.
        if part.is_empty() && index == 2 {
            break;
        }
        if index == 1
            && let Some(named) = month(part)
        {
            parts.month = Some(named);
            parts.numbers[index] = u32::from(named.unsigned_abs());
            parts.digits[index] = 2;
            parts.count = index + 1;
            continue;
        }
        if part.is_empty() || part.len() > 4 || index > 2 {
            return None;
        }
        parts.numbers[index] = number(part)?;
        parts.digits[index] = part.len();
        parts.count = index + 1;
    }
    (parts.count >= 2).then_some((separator, parts))
}

/// `2005-06-07 21:22`, `24-04-2003 17:12`, `09-26 2000`, `09-26 13:45`, `2005-04-08 11:22:33.000000000 +0200`.
fn numeric(words: &[&[u8]], (separator, parts): (u8, Parts), now: &Now) -> Option<(Timestamp, usize)> {
    let next = words.get(1).copied();
    let small = |n: u32| i8::try_from(n).ok();
    if parts.count == 2 {
        // `26.09.`, `26-09`, `05-Mar`.
        let day_first = separator == b'.' || parts.numbers[0] > 12 || parts.month.is_some();
        let (month, day) =
            if day_first { (parts.numbers[1], parts.numbers[0]) } else { (parts.numbers[0], parts.numbers[1]) };
        return after_day(words, 1, (small(month)?, small(day)?), now);
    }
    let date = if parts.month.is_some() {
        named_parts(&parts)?
    } else if parts.digits[0] == 4 || parts.digits[2] != 4 {
        let year = i16::try_from(parts.numbers[0]).ok()?;
        match parts.digits[0] {
            4 => (year, small(parts.numbers[1])?, small(parts.numbers[2])?),
            // `71-07-08`: on unix the year comes first, where it cannot be a day.
            _ if separator == b'-' && year > 31 => {
                (two_digits(year), small(parts.numbers[1])?, small(parts.numbers[2])?)
            }
            _ => dos_date(words[0])?,
        }
    } else {
        // Four digits last: the day comes first, unless it cannot (or slashes, as in America, say so).
        let (a, b) = (parts.numbers[0], parts.numbers[1]);
        let month_first = b > 12 || (separator == b'/' && a <= 12);
        let (month, day) = if month_first { (a, b) } else { (b, a) };
        (i16::try_from(parts.numbers[2]).ok()?, small(month)?, small(day)?)
    };
    if let Some(time) = parts.time {
        return Some((at(date, Some(time.parts()))?, 1));
    }
    let Some(time) = next.and_then(time) else {
        return Some((at(date, None)?, 1));
    };
    // GNU's `ls --full-time` adds the zone; the time stays the server's.
    let zone = words.get(2).is_some_and(|word| {
        word.len() == 5 && matches!(word[0], b'+' | b'-') && word[1..].iter().all(u8::is_ascii_digit)
    });
    Some((at(date, Some(time.parts()))?, if zone && time.second.is_some() { 3 } else { 2 }))
}

/// `19-NOV-2001`, `6-Apr-07`.
pub(super) fn named(word: &[u8]) -> Option<(i16, i8, i8)> {
    let (_, parts) = separated(word)?;
    named_parts(&parts)
}

fn named_parts(parts: &Parts) -> Option<(i16, i8, i8)> {
    if parts.count != 3 {
        return None;
    }
    let year = i16::try_from(parts.numbers[2]).ok()?;
    let year = if parts.digits[2] <= 2 { two_digits(year) } else { year };
    Some((year, parts.month?, i8::try_from(parts.numbers[0]).ok()?))
}

/// `Feb-28-1998`.
pub(super) fn named_first(word: &[u8]) -> Option<(i16, i8, i8)> {
    let mut parts = word.split(|b| *b == b'-');
    let (named, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Some((i16::try_from(number(year)?).ok()?, month(named)?, small(day)?))
}

/// `03:33`, `03:33:12`, `03:33:12.56`.
pub(super) fn vms_time(word: &[u8]) -> Option<(i8, i8, Option<i8>)> {
    time(word).map(Time::parts)
}

/// 1970 to 2069.
pub(super) fn two_digits(year: i16) -> i16 {
    if year < 70 { 2000 + year } else { 1900 + year }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Unknown,
}

/// `3月 2日 2003年`, `8월 5일 12:30`, `2003年3月2日`, also in the old charsets of East Asia.
fn cjk(words: &[&[u8]], now: &Now) -> Option<(Timestamp, usize)> {
    // `2003   3月 20`: the year may come bare.
    if words[0].is_ascii() && !(words[0].len() == 4 && words.get(1).is_some_and(|word| !word.is_ascii())) {
        return None;
    }
    let (mut year, mut month, mut day) = (None, None, None);
    let mut used = 0;
    for word in words.iter().take(3) {
        let mut rest = *word;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 || digits > 4 || parts.len() > 3 {
                parts.clear();
                break;
            }
            let value = number(&rest[..digits])?;
            let suffix: usize = rest[digits..].iter().take_while(|b| !b.is_ascii_digit()).count();
            parts.push((value, digits, unit(&rest[digits..digits + suffix])));
            rest = &rest[digits + suffix..];
        }
        if parts.is_empty() || parts.iter().any(|(_, _, unit)| unit.is_none()) {
            break;
        }
        for (value, digits, unit) in parts {
            let unit = match unit? {
                Unit::Unknown if digits == 4 => Unit::Year,
                Unit::Unknown if month.is_none() => Unit::Month,
                Unit::Unknown => Unit::Day,
                known => known,
            };
            match unit {
                Unit::Year => year = Some(i16::try_from(value).ok()?),
                Unit::Month => month = Some(i8::try_from(value).ok()?),
                _ => day = Some(i8::try_from(value).ok()?),
            }
        }
        used += 1;
        if year.is_some() && month.is_some() && day.is_some() {
            break;
        }
    }
    let date = (month?, day?);
    match year {
        None => after_day(words, used, date, now),
        Some(year) => match words.get(used).and_then(|word| time(word)) {
            Some(time) => Some((at((year, date.0, date.1), Some(time.parts()))?, used + 1)),
            None => Some((at((year, date.0, date.1), None)?, used)),
        },
    }
}

/// What stands behind a number; `None` where it is no unit.
fn unit(suffix: &[u8]) -> Option<Unit> {
    Some(match suffix {
        b"" => Unit::Unknown,
        // UTF-8, Shift_JIS, EUC-JP, GBK, Big5, EUC-KR.
        [0xE5, 0xB9, 0xB4]
        | [0xEB, 0x85, 0x84]
        | [0x94, 0x4E]
        | [0xC7, 0xAF]
        | [0xC4, 0xEA]
        | [0xA6, 0x7E]
        | [0xB3, 0xE2] => Unit::Year,
        [0xE6, 0x9C, 0x88]
        | [0xEC, 0x9B, 0x94]
        | [0x8C, 0x8E]
        | [0xB7, 0xEE]
        | [0xD4, 0xC2]
        | [0xA4, 0xEB]
        | [0xBF, 0xF9] => Unit::Month,
        [0xE6, 0x97, 0xA5]
        | [0xEC, 0x9D, 0xBC]
        | [0x93, 0xFA]
        | [0xC6, 0xFC]
        | [0xC8, 0xD5]
        | [0xA4, 0xE9]
        | [0xC0, 0xCF] => Unit::Day,
        other if other.len() <= 3 && !other.is_ascii() => Unit::Unknown,
        _ => return None,
    })
}

impl Time {
    fn parts(self) -> (i8, i8, Option<i8>) {
        (self.hour, self.minute, self.second)
    }
}

/// `9:05`, `12:30`, `12:30:59`, `12:30:59.000000000`, `24:00`.
fn time(word: &[u8]) -> Option<Time> {
    let colon = word.iter().position(|b| *b == b':').filter(|at| (1..=2).contains(at))?;
    let hour = small(&word[..colon])?;
    let rest = &word[colon + 1..];
    // Some print `00:0`.
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count().clamp(1, 2);
    let minute = small(rest.get(..digits)?)?;
    let second = match rest.get(digits..)? {
        b"" => None,
        [b':', seconds @ ..] => {
            let whole = seconds.get(..2)?;
            match seconds.get(2..)? {
                b"" => {}
                [b'.', fraction @ ..] if fraction.iter().all(u8::is_ascii_digit) => {}
                _ => return None,
            }
            Some(small(whole)?)
        }
        _ => return None,
    };
    let whole_day = hour == 24 && minute == 0 && second.unwrap_or(0) == 0;
    let valid = (hour < 24 || whole_day) && minute < 60 && second.unwrap_or(0) <= 60;
    valid.then_some(Time { hour, minute, second })
}

/// `12.30`, as in Finland, Denmark and Italy; only where a time is expected.
fn dotted_time(word: &[u8]) -> Option<Time> {
    let [a, b, b'.', c, d] = *word else { return None };
    time(&[a, b, b':', c, d])
}

/// 1 to 31, perhaps with a point or comma.
fn day(word: &[u8]) -> Option<i8> {
    let word = word.strip_suffix(b",").unwrap_or(word);
    let word = word.strip_suffix(b".").unwrap_or(word);
    small(word).filter(|day| (1..=31).contains(day))
}

/// Four digits that are a year of our times.
fn year(word: &[u8]) -> Option<i16> {
    let digits = word.get(..4)?;
    let rest = &word[4..];
    if !rest.is_empty() && rest != b"," && unit(rest) != Some(Unit::Year) {
        return None;
    }
    i16::try_from(number(digits)?).ok().filter(|year| (1900..2200).contains(year))
}

fn small(digits: &[u8]) -> Option<i8> {
    if digits.len() > 2 {
        return None;
    }
    i8::try_from(number(digits)?).ok()
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.len() > 9 || !is_number(digits) {
        return None;
    }
    Some(digits.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0')))
}

const WEEKDAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

const DAY: i64 = 86_400;
