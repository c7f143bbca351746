//! A speed limit as it stands in a field: KiB a second, unless a unit says otherwise; empty = no limit.

/// Beyond this, 1 PiB a second, it is no limit any more.
const MOST: u64 = 1 << 50;

/// What is wrong with what was typed.
pub const BAD_RATE: &str = "KiB a second, such as 500 or 5M; empty = no limit";

/// As the field shows it: whole KiB, or the exact bytes where it is not whole.
pub fn text(rate: Option<u64>) -> String {
    match rate {
        None => String::new(),
        Some(rate) if rate.is_multiple_of(1024) => (rate / 1024).to_string(),
        Some(rate) => format!("{rate} B"),
    }
}

/// What was typed: `500`, `500K`, `1.5 MiB/s`, `800 B`, or nothing.
///
/// # Errors
/// A sentence, where it is none of these.
pub fn parse(text: &str) -> Result<Option<u64>, &'static str> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() {
        return Ok(None);
    }
    let text = text.strip_suffix("/s").unwrap_or(&text).trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit: u64 = match unit.trim() {
        "b" => 1,
        "" | "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(BAD_RATE),
    };
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let thousandths = match part.len() {
        0 => Some(0),
        length @ 1..=3 => part.parse::<u64>().ok().map(|part| part * [100, 10, 1][length - 1]),
        _ => None,
    };
    let rate = whole
        .parse::<u64>()
        .ok()
        .zip(thousandths)
        .and_then(|(whole, thousandths)| whole.checked_mul(unit)?.checked_add(unit * thousandths / 1000));
    rate.filter(|rate| (1..=MOST).contains(rate)).map(Some).ok_or(BAD_RATE)
}

/// The same, where what is wrong is told beside the field. A problem leaves no limit behind: nothing is saved then.
pub(crate) fn read(text: &str, problem: &mut Option<&'static str>) -> Option<u64> {
    parse(text).unwrap_or_else(|wrong| {
        *problem = Some(wrong);
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them_and_kept_to_the_byte() {
        for (typed, rate) in [
            ("500", 512_000),
            (" 500k ", 512_000),
            ("5M", 5 << 20),
            ("1.5 MiB/s", 1_572_864),
            ("1,5 MB/s", 1_572_864),
            ("800 B", 800),
            ("9765625", 10_000_000_000),
        ] {
            assert_eq!(parse(typed), Ok(Some(rate)), "{typed}");
        }
        assert_eq!(parse("  "), Ok(None));
        for wrong in ["0", "-5", "fast", "5X", "1.2.3", ".", "99999999999G", "1.2345M"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for rate in [None, Some(1), Some(1500), Some(1024), Some(10_000_000_000)] {
            assert_eq!(parse(&text(rate)), Ok(rate));
        }
    }
}
