//! How a server's bytes are read as text. The bytes are kept; text is only a view of them.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use serde::{Deserialize, Serialize};

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
    /// The charset of this label (WHATWG names, any case); `auto`, empty or unknown = [`Charset::Auto`].
    pub fn from_label(label: &str) -> Self {
        Encoding::for_label(label.trim().as_bytes()).map_or(Self::Auto, Self::Named)
    }

    /// `Auto`, or the encoding's name.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Named(encoding) => encoding.name(),
        }
    }

    /// The bytes as text; never fails. A byte that means nothing becomes U+FFFD.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self {
            Self::Auto => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
            },
            Self::Named(encoding) => encoding.decode_without_bom_handling(bytes).0,
        }
    }

    /// What the user typed, as this server's bytes; `None` where the charset has no such character.
    pub fn encode(&self, text: &str) -> Option<Vec<u8>> {
        let encoding = match self {
            Self::Auto => UTF_8,
            Self::Named(encoding) => encoding,
        };
        let (bytes, _, unmappable) = encoding.encode(text);
        (!unmappable).then(|| bytes.into_owned())
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
}
