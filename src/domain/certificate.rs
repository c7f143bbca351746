//! A server's certificate as a person is shown it, and what is wrong with it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// The SHA-256 of a certificate's DER bytes: what it is recognised by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(pub [u8; 32]);

/// One certificate of a chain, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it names: `CN=ftp.example.com, O=Example`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The host names and addresses it is for.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Option<Timestamp>,
    /// Valid till.
    pub not_after: Option<Timestamp>,
    /// The key: `RSA, 2048 bits`, `ECDSA P-256`.
    pub key: String,
    /// Hexadecimal.
    pub serial: String,
    /// What it is recognised by.
    pub fingerprint: Fingerprint,
}

/// Why a certificate is not trusted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distrust {
    /// Nobody this system trusts has signed it.
    UnknownIssuer,
    /// It has signed itself.
    SelfSigned,
    /// It is for other host names.
    WrongName,
    /// Its time is over.
    Expired,
    /// Its time has not come: this computer's clock may be wrong.
    NotYetValid,
    /// Its issuer took it back.
    Revoked,
    /// It cannot be read, or was not made for servers.
    Unusable,
}

/// What a server showed that is not trusted by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The host that was dialled.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The server's own first, then those that signed it.
    pub chain: Vec<Certificate>,
    /// What is wrong with it.
    pub distrust: Distrust,
    /// The one that the user has trusted for this server until now, where that is another.
    pub before: Option<Fingerprint>,
}

impl Offered {
    /// The server's own.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.chain.first().map(|certificate| certificate.fingerprint)
    }
}

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// `TLS 1.3`.
    pub version: String,
    /// `AES-256-GCM, SHA-384`.
    pub cipher: String,
    /// The server's certificates, its own first.
    pub chain: Vec<Certificate>,
    /// Accepted by the user rather than by the system.
    pub by_user: bool,
    /// Whether data connections are encrypted as well (PROT P).
    pub data: bool,
}

/// The oldest TLS that will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum MinimumTls {
    /// RFC 5246.
    #[default]
    V1_2,
    /// RFC 8446.
    V1_3,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    /// 64 hexadecimal digits in any case, colons, blanks and a leading `SHA256:` aside.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bare = match text.get(..7) {
            Some(prefix) if prefix.eq_ignore_ascii_case("sha256:") => &text[7..],
            _ => text,
        };
        let digits: Option<Vec<u8>> = bare
            .chars()
            .filter(|c| *c != ':' && !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let pairs: Vec<u8> =
            digits.unwrap_or_default().chunks(2).map(|pair| pair.iter().fold(0, |n, d| n << 4 | d)).collect();
        let odd = bare.chars().filter(char::is_ascii_hexdigit).count() != 64;
        match <[u8; 32]>::try_from(pairs) {
            Ok(bytes) if !odd => Ok(Self(bytes)),
            _ => Err(format!(
                "“{text}” is no SHA-256 fingerprint: that is 64 hexadecimal digits, with or without colons"
            )),
        }
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Display for MinimumTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "TLS 1.2",
            Self::V1_3 => "TLS 1.3",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_people_copy_it() {
        let whole = Fingerprint([0xAB; 32]);
        let plain = "ab".repeat(32);
        for text in [whole.to_string(), plain.clone(), format!("SHA256:{plain}"), format!(" {} ", plain.to_uppercase())]
        {
            assert_eq!(text.parse(), Ok(whole), "{text}");
        }
        for bad in ["", "ab", "xyz", &plain[1..], &format!("{plain}00")] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
