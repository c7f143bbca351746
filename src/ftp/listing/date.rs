//! Dates in listings: with or without year or time, in many orders and languages.

use std::borrow::Cow;

use encoding_rs::{IBM866, KOI8_R, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254};

use crate::domain::{Precision, Timestamp, Zone};

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
        // `Mar 17 ...`, `Okt. 8, 2002 09:47`
        let month = month(first)?;
        let day = day(words.get(1)?)?;
        return after_day(words, 2, (month, day), now);
    }
    if let Some(found) = cjk(words, now) {
        return Some(found);
    }
    if let Some(parts) = separated(first) {
        return numeric(words, parts, now);
    }
    let number = day(first)?;
    if let Some(month) = words.get(1).and_then(|word| month(word)) {
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
    let [a, b, c] = parts.numbers[..] else { return None };
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
    match word[length..].to_ascii_uppercase().as_slice() {
        b"" => {}
        b"A" | b"AM" if hour <= 12 => hour %= 12,
        b"P" | b"PM" if hour <= 12 => hour = hour % 12 + 12,
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
    // Eight years hold a 29 February even around 1900 and 2100.
    (0..=8).find_map(|back| {
        let candidate = at((now.year - back, month, day), time.map(Time::parts))?;
        (candidate.seconds <= now.seconds + DAY).then_some(candidate)
    })
}

struct Parts {
    numbers: Vec<u32>,
    digits: Vec<usize>,
    /// `2005-06-07T21:22`.
    time: Option<Time>,
    /// `05-Nov-2002`.
    month: Option<i8>,
}

/// Two or three numbers with the same separator between them.
fn separated(word: &[u8]) -> Option<(u8, Parts)> {
    let separator = *word.iter().find(|b| matches!(b, b'-' | b'/' | b'.'))?;
    let mut parts = Parts { numbers: Vec::with_capacity(3), digits: Vec::with_capacity(3), time: None, month: None };
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
            parts.numbers.push(u32::from(named.unsigned_abs()));
            parts.digits.push(2);
            continue;
        }
        if part.is_empty() || part.len() > 4 || index > 2 {
            return None;
        }
        parts.numbers.push(number(part)?);
        parts.digits.push(part.len());
    }
    (parts.numbers.len() >= 2).then_some((separator, parts))
}

/// `2005-06-07 21:22`, `24-04-2003 17:12`, `09-26 2000`, `09-26 13:45`, `2005-04-08 11:22:33.000000000 +0200`.
fn numeric(words: &[&[u8]], (separator, parts): (u8, Parts), now: &Now) -> Option<(Timestamp, usize)> {
    let next = words.get(1).copied();
    let small = |n: u32| i8::try_from(n).ok();
    if parts.numbers.len() == 2 {
        let day_first = separator == b'.' || parts.numbers[0] > 12;
        let (month, day) =
            if day_first { (parts.numbers[1], parts.numbers[0]) } else { (parts.numbers[0], parts.numbers[1]) };
        return after_day(words, 1, (small(month)?, small(day)?), now);
    }
    let date = if parts.month.is_some() {
        let year = i16::try_from(parts.numbers[2]).ok()?;
        let year = if parts.digits[2] <= 2 { two_digits(year) } else { year };
        (year, small(parts.numbers[1])?, small(parts.numbers[0])?)
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

fn two_digits(year: i16) -> i16 {
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
    if words[0].is_ascii() {
        return None;
    }
    let (mut year, mut month, mut day) = (None, None, None);
    let mut used = 0;
    for word in words.iter().take(3) {
        let mut rest = *word;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 || digits > 4 {
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
    let minute = small(rest.get(..2)?)?;
    let second = match rest.get(2..)? {
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
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0')))
}

/// 1 to 12 for a month's name or its abbreviation in one of many languages.
fn month(word: &[u8]) -> Option<i8> {
    if let [a, b, c] = word {
        let english = [a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()];
        if let Some(at) = ENGLISH.iter().position(|name| **name == english) {
            return i8::try_from(at + 1).ok();
        }
    }
    if word.len() < 2 || word.len() > 30 || word.iter().any(u8::is_ascii_digit) {
        return None;
    }
    match std::str::from_utf8(word) {
        Ok(text) => named_month(text),
        // A localised `ls` in an old charset; which one, its month tells.
        Err(_) => [WINDOWS_1252, WINDOWS_1250, WINDOWS_1251, KOI8_R, IBM866, WINDOWS_1254].iter().find_map(|charset| {
            let text: Cow<'_, str> = charset.decode_without_bom_handling(word).0;
            named_month(&text)
        }),
    }
}

fn named_month(text: &str) -> Option<i8> {
    let text = text.trim_end_matches(['.', ',']).to_lowercase();
    if !text.chars().all(char::is_alphabetic) {
        return None;
    }
    let stems = MONTHS.iter().zip(1..).flat_map(|(stems, month)| stems.split(' ').map(move |stem| (stem, month)));
    stems
        .filter(|(stem, _)| text == *stem || (stem.chars().count() >= 3 && text.starts_with(stem)))
        .max_by_key(|(stem, _)| stem.len())
        .map(|(_, month)| month)
}

const DAY: i64 = 86_400;

const ENGLISH: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// How a month's name begins: English, German, French, Italian, Spanish, Portuguese, Dutch, Scandinavian, Icelandic,
/// Finnish, Polish, Czech, Hungarian, Romanian, Slovene, Turkish, Lithuanian, Russian, Ukrainian.
const MONTHS: [&str; 12] = [
    "jan jän janv gen ene tammi sty led ian oca sau янв січ",
    "feb fev fév févr helmi lut úno uno şub sub vas фев лют",
    "mar mär mrz mrt maa maalis bře bre márc kov мар бер",
    "apr avr abr huhti kwi dub ápr nis bal апр кві",
    "may mai mei maj maí mag touko kvě kve máj geg май мая тра",
    "jun juin giu kesä kes cze čvn čen cerv červen jún iun haz bir июн чер",
    "jul juil lug heinä hei lip čvc čec červenec júl iul tem lie июл лип",
    "aug aoû aou août ago elo sie srp ágú avg ağu agu rgp авг сер",
    "sep sept set syy syys wrz zář zar szept eyl rgs сен вер",
    "oct okt ott out loka lok paź paz říj rij eki spa окт жов",
    "nov marras lis kas lap noi ноя лис",
    "dec dez déc dic des dek joulu jou gru pro ara grd дек гру",
];
