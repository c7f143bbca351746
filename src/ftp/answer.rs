//! What single answers say of a file or a folder: SIZE and MDTM (RFC 3659), and the size that many servers tell in their 150.

use crate::domain::Timestamp;
use crate::ftp::reply::Reply;

/// Words of servers for a folder that they could not read, some with 226 behind an empty listing (vsftpd).
pub const CANNOT_OPEN: &[&str] =
    &["failed to open", "could not open", "couldn't open", "cannot open", "can't open", "unable to open"];

/// SIZE's number, in bytes; some servers put words around it. `None` where there is no number, or one that cannot be.
pub fn size(reply: &Reply) -> Option<u64> {
    if reply.code != 213 {
        return None;
    }
    let text = reply.text();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ':' | '='))
        .map(|word| word.trim_end_matches(['.', ',', ';']))
        .filter(|word| !word.is_empty())
        .collect();
    let numbers: Vec<&str> = words.iter().copied().filter(|word| is_number(word)).collect();
    match (words.last(), &numbers[..]) {
        // "213 size of a 2.txt 1234": the last word.
        (Some(last), _) if is_number(last) => last.parse().ok(),
        // "213 1234 bytes": the only number.
        (_, [only]) => only.parse().ok(),
        _ => None,
    }
}

/// Whether a refusal says that the file is not there, in the words of common servers. `false` also where it gives no reason
/// (vsftpd: "550 Could not get file size.").
pub fn says_absent(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let phrases = ["no such", "not found", "not exist", "doesn't exist", "cannot find", "can't find", "could not find"];
    matches!(reply.code, 450 | 550) && phrases.iter().any(|phrase| text.contains(phrase))
}

/// Whether a refusal is about permission, in the words of common servers: then it tells nothing of what is there.
pub fn says_forbidden(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let phrases =
        ["permission", "denied", "not allowed", "not permitted", "forbidden", "privilege", "access is", "no access"];
    phrases.iter().any(|phrase| text.contains(phrase))
}

/// MDTM's time: UTC, as the RFC has it.
pub fn modified(reply: &Reply) -> Option<Timestamp> {
    if reply.code != 213 {
        return None;
    }
    reply.lines.iter().flat_map(|line| line.split_whitespace()).find_map(Timestamp::parse_rfc3659)
}

/// The size in `150 Opening BINARY mode data connection for x (2241 bytes).`; without brackets only where it cannot be
/// part of a file's name. Rounded ones (Pure-FTPd's "2.2 kbytes") are of no use.
pub fn announced(reply: &Reply) -> Option<u64> {
    let text = reply.text();
    let lower = text.to_ascii_lowercase();
    let units = || lower.match_indices("byte").map(|(at, _)| at);
    // The last one: a name may stand before it, nothing but a full stop comes after.
    units()
        .filter_map(|at| {
            let (before, number) = last_number(&lower[..at])?;
            let after = lower[at + "byte".len()..].trim_start_matches('s');
            (before.ends_with('(') && after.starts_with(')')).then_some(number)
        })
        .last()
        .or_else(|| {
            let at = units().next()?;
            let (before, number) = last_number(&lower[..at])?;
            let named = before.contains(" for ") || before.contains(['"', '\'', '/', '(']);
            let apart = before.is_empty() || before.ends_with(' ');
            (apart && !named).then_some(number)
        })
        .and_then(|number| number.replace(',', "").parse().ok())
}

/// The number that the text ends with (blanks aside; its thousands may be apart: `1,234,567`), and what is before it.
fn last_number(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end_matches(' ');
    let from = text
        .rfind(|c: char| !(c.is_ascii_digit() || c == ','))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let (before, number) = text.split_at(from);
    let mut groups = number.split(',');
    let first = groups.next().filter(|first| !first.is_empty())?;
    let grouped = groups.clone().next().is_none() || first.len() <= 3;
    (grouped && groups.all(|group| group.len() == 3) && !before.ends_with(['.', '-'])).then_some((before, number))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(code: u16, text: &str) -> Reply {
        Reply { code, lines: text.lines().map(str::to_owned).collect() }
    }

    #[test]
    fn a_size_is_found_among_words() {
        let size = |text: &str| size(&reply(213, text));
        for text in
            ["1234", " 1234 ", "size 1234", "size: 1234", "File size=1234.", "1234 bytes", "a 2 b 1234", "001234"]
        {
            assert_eq!(size(text), Some(1234), "{text}");
        }
        assert_eq!(size("9223372036854775807"), Some(9_223_372_036_854_775_807));
        for text in ["", "none", "-1", "12x", "1.5", "1,234", "99999999999999999999999999999999", "1 of 2 files"] {
            assert_eq!(size(text), None, "{text}");
        }
        assert_eq!(super::size(&reply(550, "1234")), None);
    }

    #[test]
    fn a_refusal_without_a_reason_does_not_say_that_a_file_is_missing() {
        for text in ["a.txt: No such file or directory", "The system cannot find the file specified.", "File not found"]
        {
            assert!(says_absent(&reply(550, text)), "{text}");
        }
        for text in ["Could not get file size.", "Permission denied.", "RNFR command failed.", ""] {
            assert!(!says_absent(&reply(550, text)), "{text}");
        }
        assert!(!says_absent(&reply(500, "no such command")));
    }

    #[test]
    fn a_time_is_found_in_one_line_or_many() {
        let iso = |text: &str| modified(&reply(213, text)).map(Timestamp::iso);
        for text in ["20240229123456", "20240229123456.789", " 20240229123456 GMT", "a.txt:\n 20240229123456\nEnd"] {
            assert_eq!(iso(text).as_deref(), Some("2024-02-29T12:34:56Z"), "{text}");
        }
        // The year printed as "19" and the years since 1900.
        assert_eq!(iso("191030615120000").as_deref(), Some("2003-06-15T12:00:00Z"));
        assert_eq!(iso("191240229123456.5").as_deref(), Some("2024-02-29T12:34:56Z"));
        for text in ["", "never", "2024022912345", "20241301000000", "191991301000000", "202402291234567"] {
            assert_eq!(iso(text), None, "{text}");
        }
        assert_eq!(modified(&reply(550, "20240229123456")), None);
    }

    #[test]
    fn the_size_in_150_is_found() {
        let size = |text: &str| announced(&reply(150, text));
        assert_eq!(size("Opening BINARY mode data connection for a (3 bytes).txt (2241 bytes)."), Some(2241));
        assert_eq!(size("Opening (123456789012 bytes)"), Some(123_456_789_012));
        assert_eq!(size("Opening BINARY mode data connection for a.txt (2241 Bytes)."), Some(2241));
        assert_eq!(size("ASCII data connection for /bin/ls (137.167.104.91,37445) (0 bytes)."), Some(0));
        assert_eq!(size("Opening data connection (1,234,567 bytes)"), Some(1_234_567));
        assert_eq!(size("Data connection accepted\n2241 bytes to download"), Some(2241));
        assert_eq!(size("2241 bytes"), Some(2241));
        for text in [
            "Accepted data connection",
            "Data connection accepted\n2.2 kbytes to download",
            "12.5 bytes",
            "Opening BINARY mode data connection for 3 bytes",
            "Opening BINARY mode data connection for a (12,34 bytes)",
            "Sending \"3 bytes\"",
            "(99999999999999999999999999 bytes)",
            "(-1 bytes)",
            "(bytes)",
        ] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC{0,60}", close in "[0-9,.() bytes:=\n-]{0,60}", code in 100u16..600) {
            for text in [text, close] {
                let reply = reply(code, &text);
                let _ = (size(&reply), modified(&reply), announced(&reply));
            }
        }
    }
}
