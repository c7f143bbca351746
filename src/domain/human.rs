//! Sizes, rates and durations as people read them.

use std::time::Duration;

/// `0 B`, `999 B`, `1.5 KiB`, `12.3 GiB`: binary units, one decimal above bytes.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Bytes a second: `1.5 MiB/s`.
pub fn rate(bytes_per_second: u64) -> String {
    format!("{}/s", bytes(bytes_per_second))
}

/// `0:07`, `12:34`, `1:02:03`, `3 d 4 h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours >= 24 {
        format!("{} d {} h", hours / 24, hours % 24)
    } else if hours > 0 {
        format!("{hours}:{minutes:02}:{rest:02}")
    } else {
        format!("{minutes}:{rest:02}")
    }
}

/// What is left, in two units at most: `45 s`, `1 min 20 s`, `12 min`, `2 h 5 min`, `3 d 4 h`.
pub fn time_left(time: Duration) -> String {
    let seconds = time.as_secs();
    let two = |large: u64, of: &str, small: u64, and: &str| match small {
        0 => format!("{large} {of}"),
        small => format!("{large} {of} {small} {and}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

/// `1.2 of 4.5 GiB`; `512 KiB of 4.5 GiB` where the units differ.
pub fn bytes_of(done: u64, all: u64) -> String {
    let (done, all) = (bytes(done), bytes(all));
    match (done.split_once(' '), all.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number} of {all}"),
        _ => format!("{done} of {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_unit_and_one_decimal() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes((1 << 20) - 1), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
    }

    #[test]
    fn what_is_left_has_two_units_at_most() {
        let shown = |seconds| time_left(Duration::from_secs(seconds));
        assert_eq!([0, 45, 60, 80].map(shown), ["0 s", "45 s", "1 min", "1 min 20 s"]);
        assert_eq!([3600, 7500, 86_399, 273_600].map(shown), ["1 h", "2 h 5 min", "23 h 59 min", "3 d 4 h"]);
        assert_eq!(bytes_of(1_288_490_189, 4_831_838_208), "1.2 of 4.5 GiB");
        assert_eq!(bytes_of(524_288, 4_831_838_208), "512.0 KiB of 4.5 GiB");
    }

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(duration(Duration::from_secs(7)), "0:07");
        assert_eq!(duration(Duration::from_secs(3723)), "1:02:03");
        assert_eq!(duration(Duration::from_secs(100_000)), "1 d 3 h");
    }
}
