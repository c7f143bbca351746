//! How a server's bytes are read as text. The bytes are kept; text is only a view of them.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

use crate::domain::visible;

/// The character set of a server's file names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Charset {
    /// UTF-8 where the bytes are UTF-8, else Windows-1252.
    #[default]
    Auto,
    /// Always this one.
    Named(&'static Encoding),
}

impl Charset {
    /// The charset of this label (WHATWG names, any case); `auto`, empty, unknown or unusable = [`Charset::Auto`].
    pub fn from_label(label: &str) -> Self {
        Self::parse(label).unwrap_or_default()
    }

    /// The charset of this label (WHATWG names, any case); `auto` or empty = [`Charset::Auto`].
    ///
    /// # Errors
    /// Why it cannot be used, as a sentence.
    pub fn parse(label: &str) -> Result<Self, String> {
        let label = label.trim();
        if label.is_empty() || label.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        match Encoding::for_label(label.as_bytes()) {
            // Every second byte of a command would be NUL, which FTP does not allow.
            Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
                Err(format!("FTP cannot carry {}: its commands are bytes without NUL.", encoding.name()))
            }
            // WHATWG's way to say that an encoding is not safe (ISO-2022-KR, HZ-GB-2312).
            Some(encoding) if encoding == REPLACEMENT => Err(format!("The charset “{label}” is not safe to read.")),
            Some(encoding) => Ok(Self::Named(encoding)),
            None => Err(format!("There is no charset “{label}”.")),
        }
    }

    /// `Auto`, or the encoding's name.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Named(encoding) => encoding.name(),
        }
    }

    /// The bytes as text; never fails. A byte that means nothing becomes U+FFFD. For people, use [`Charset::show`].
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self {
            Self::Auto => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
            },
            Self::Named(encoding) => encoding.decode_without_bom_handling(bytes).0,
        }
    }

    /// The bytes as text that looks like what it is: see [`visible`].
    pub fn show(&self, bytes: &[u8]) -> String {
        if bytes.iter().all(|b| matches!(b, b' '..=b'~')) && *self != Self::Named(encoding_rs::ISO_2022_JP) {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        match self.decode(bytes) {
            Cow::Borrowed(text) => visible(text).into_owned(),
            Cow::Owned(text) => match visible(&text) {
                Cow::Borrowed(_) => text,
                Cow::Owned(shown) => shown,
            },
        }
    }

    /// What the user typed, as this server's bytes; `None` where the charset has no such character, or only one that
    /// reads as another (Shift_JIS writes ¥ as a backslash), or where a byte of it would be taken for a separator or
    /// line end (ISO-2022-JP writes half of its characters with one that is a slash).
    pub fn encode(&self, text: &str) -> Option<Vec<u8>> {
        let encoding = match self {
            Self::Auto => return Some(text.as_bytes().to_vec()),
            Self::Named(encoding) if *encoding == UTF_8 => return Some(text.as_bytes().to_vec()),
            Self::Named(encoding) => *encoding,
        };
        let (bytes, used, unmappable) = encoding.encode(text);
        if unmappable || used != encoding || encoding.decode_without_bom_handling(&bytes).0 != text {
            return None;
        }
        let count = |byte: u8| bytes.iter().filter(|b| **b == byte).count();
        let as_meant = |c: char| u8::try_from(c).is_ok_and(|byte| count(byte) == text.matches(c).count());
        ['/', '\r', '\n', '\0'].into_iter().all(as_meant).then(|| bytes.into_owned())
    }
}

impl From<String> for Charset {
    fn from(label: String) -> Self {
        Self::from_label(&label)
    }
}

impl From<Charset> for String {
    fn from(charset: Charset) -> Self {
        charset.label().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn auto_reads_utf8_and_falls_back_to_windows_1252() {
        assert_eq!(Charset::Auto.decode("größe".as_bytes()), "größe");
        assert_eq!(Charset::Auto.decode(b"gr\xf6\xdfe"), "größe");
    }

    #[test]
    fn a_named_charset_is_used_both_ways() {
        let charset = Charset::from_label("windows-1251");
        assert_eq!(charset.decode(b"\xcf\xf0\xe8"), "При");
        assert_eq!(charset.encode("При").as_deref(), Some(&b"\xcf\xf0\xe8"[..]));
        assert_eq!(charset.encode("日本"), None);
        assert_eq!(Charset::from_label("no such thing"), Charset::Auto);
    }

    #[test]
    fn what_a_charset_lacks_is_none_and_never_an_escape() {
        for (label, text) in
            [("windows-1252", "日本.txt"), ("shift_jis", "¥"), ("koi8-r", "ü"), ("euc-kr", "😀"), ("iso-2022-jp", "é")]
        {
            assert_eq!(Charset::from_label(label).encode(text), None, "{label}: {text}");
        }
    }

    #[test]
    fn charsets_that_ftp_cannot_carry_are_told_and_not_used() {
        for label in ["utf-16", "UTF-16LE", "utf-16be", "iso-2022-kr", "hz-gb-2312", "klingon"] {
            let why = Charset::parse(label).expect_err(label);
            assert!(why.ends_with('.') && why.contains(' '), "{label}: {why}");
            assert_eq!(Charset::from_label(label), Charset::Auto, "{label}");
        }
        assert_eq!(Charset::parse(" auto "), Ok(Charset::Auto));
        assert_eq!(Charset::parse(""), Ok(Charset::Auto));
    }

    #[test]
    fn no_byte_of_a_character_is_taken_for_a_separator() {
        let jis = Charset::from_label("iso-2022-jp");
        for c in ('\u{3040}'..'\u{9FFF}').filter_map(|c| jis.encode(&c.to_string())) {
            assert!(!c.contains(&b'/'), "{c:?}");
        }
        assert!(jis.encode("日本").is_some());
    }

    #[test]
    fn what_is_shown_hides_nothing() {
        assert_eq!(Charset::Auto.show(b"a\x1b[2J\x85\xe9"), "a\u{FFFD}[2J…é");
        assert_eq!(Charset::Auto.show("\u{202E}gpj.exe".as_bytes()), "\u{FFFD}gpj.exe");
        assert_eq!(Charset::from_label("iso-2022-jp").show(b"\x1b$BF|K\\\x1b(B"), "日本");
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_the_same(text in "\\PC{0,12}", which in 0..LABELS.len()) {
            let charset = Charset::from_label(LABELS[which]);
            if let Some(bytes) = charset.encode(&text) {
                prop_assert_eq!(charset.decode(&bytes), text);
            }
        }

        #[test]
        fn what_is_read_is_written_as_something_that_reads_the_same(
            bytes in proptest::collection::vec(any::<u8>(), 0..12),
            which in 0..LABELS.len(),
        ) {
            let charset = Charset::from_label(LABELS[which]);
            let text = charset.decode(&bytes).into_owned();
            if let Some(again) = charset.encode(&text) {
                prop_assert_eq!(charset.decode(&again), text);
            }
            prop_assert!(!charset.show(&bytes).chars().any(char::is_control));
        }
    }

    const LABELS: &[&str] = &[
        "auto",
        "utf-8",
        "windows-1251",
        "windows-1252",
        "koi8-r",
        "ibm866",
        "macintosh",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "gbk",
        "gb18030",
        "big5",
        "euc-kr",
        "iso-8859-8",
        "windows-874",
        "utf-16le",
    ];
}
