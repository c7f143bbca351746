//! The offset of a server's clock as a person types it.

/// `+02:00`, `-5`, `5:30`, `+0530` as minutes ahead of UTC; what stands there else is told.
///
/// # Errors
/// One sentence.
pub fn parse(text: &str) -> Result<i16, &'static str> {
    const WANTED: &str = "Hours and minutes ahead of UTC such as +02:00 or -5; -14:00 to +14:00.";
    let text = text.trim();
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("utc")).unwrap_or(text).trim();
    let (behind, digits) = match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return Err(WANTED),
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i16>().ok()).flatten();
    match (number(hours), number(minutes)) {
        (Some(hours), Some(minutes)) if minutes < 60 && hours * 60 + minutes <= 14 * 60 => {
            let ahead = hours * 60 + minutes;
            Ok(if behind { -ahead } else { ahead })
        }
        _ => Err(WANTED),
    }
}

/// `+02:00`.
pub fn text(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let ahead = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", ahead / 60, ahead % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_as_people_write_it() {
        for (typed, minutes) in
            [("+02:00", 120), ("2", 120), ("-5", -300), ("5:30", 330), ("+0545", 345), ("UTC-3", -180), ("−1", -60)]
        {
            assert_eq!(parse(typed), Ok(minutes), "{typed}");
            assert_eq!(parse(&text(minutes)), Ok(minutes));
        }
        for bad in ["", "x", "15", "+2:5", "2:60", "+-2", "99999", "1:00:00", "é1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
