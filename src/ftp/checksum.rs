//! Checksums that a server computes: HASH (draft-bryan-ftpext-hash), MD5 (draft-twine-ftpmd5), and the verbs that
//! servers made up before there was a draft (XCRC, XMD5, XSHA...). Which one to ask for, and what its answer says. Out
//! of scope: computing one.

use crate::ftp::features::Features;
use crate::ftp::reply::Reply;

/// What a checksum is computed by; the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// The polynomial of zip and Ethernet.
    Crc32,
    /// RFC 1321.
    Md5,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha512,
}

/// A checksum of a whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// What it was computed by.
    pub algorithm: Algorithm,
    /// [`Algorithm::length`] bytes.
    pub bytes: Vec<u8>,
}

/// One way to ask for a checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// `HASH`, `MD5`, `XCRC`, ...
    pub verb: &'static str,
    /// What comes then.
    pub algorithm: Algorithm,
    /// HASH has to be told which (OPTS HASH); the server's own name for it.
    pub option: Option<String>,
}

impl Algorithm {
    /// Bytes of its checksums.
    pub fn length(self) -> usize {
        match self {
            Self::Crc32 => 4,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC-32",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// By one of its names: `SHA-256`, `sha256`, `CRC32`.
    fn named(name: &str) -> Option<Self> {
        let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        [Self::Crc32, Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name().replace('-', "").eq_ignore_ascii_case(&bare))
    }
}

impl std::fmt::Display for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.algorithm.name())?;
        f.write_str(" ")?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The ways that a server offers, the strongest first; of two alike HASH, which alone says how its answer looks.
pub fn methods(features: &Features) -> Vec<Method> {
    let by_hash = features.hash.iter().filter_map(|(name, _)| {
        let algorithm = Algorithm::named(name)?;
        Some(Method { verb: "HASH", algorithm, option: Some(name.clone()) })
    });
    let by_name = features.checksums.iter().filter_map(|verb| {
        let (verb, algorithm) = VERBS.iter().find(|(known, _)| known == verb)?;
        Some(Method { verb, algorithm: *algorithm, option: None })
    });
    let mut methods: Vec<Method> = by_hash.chain(by_name).collect();
    methods.sort_by_key(|method| std::cmp::Reverse(method.algorithm));
    methods
}

/// The checksum that an answer tells; `None` = it cannot be read. `path` is what was asked about: it may look like one.
///
/// * HASH: `213 SHA-1 0-49 2fd4e1c6... name`
/// * MD5: `251 name 9E107D9D...`, from some 213 or 250 and no name
/// * the others, as servers like it: `250 3AF9...`, `250 "name" 3af9...`, `250 XCRC Successful. 3AF9...` (drftpd), quoted, with
///   `0x` in front, in any case, a CRC without its leading zeros, on the first or a later line
pub fn read(method: &Method, reply: &Reply, path: &[u8]) -> Option<Checksum> {
    if !reply.is_positive() {
        return None;
    }
    let algorithm = method.algorithm;
    let lines = || reply.lines.iter().map(|line| line.trim());
    let text = match method.verb {
        // Name and range come first: neither is mistaken for it, nor is a file that is called like its own checksum.
        "HASH" => lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let (named, range, value) = (words.next()?, words.next()?, words.next()?);
            let fits = Algorithm::named(named) == Some(algorithm) && range.contains('-');
            value_of(value, algorithm).filter(|_| fits)
        }),
        _ => None,
    };
    let bare = || lines().find_map(|line| value_of(line, algorithm).or_else(|| short_crc(line, algorithm)));
    let behind_name =
        || lines().find_map(|line| value_of(line.strip_prefix(&*String::from_utf8_lossy(path))?, algorithm));
    text.or_else(bare)
        .or_else(behind_name)
        .or_else(|| anywhere(reply, algorithm, path))
        .map(|bytes| Checksum { algorithm, bytes })
}

/// The only word of that length, the file's own name left out.
fn anywhere(reply: &Reply, algorithm: Algorithm, path: &[u8]) -> Option<Vec<u8>> {
    let path = String::from_utf8_lossy(path);
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut found = None;
    for line in &reply.lines {
        let line = line.replace(&*path, " ");
        let line = if name.is_empty() { line } else { line.replace(name, " ") };
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '=' | '(' | ')')) {
            match (value_of(word, algorithm), &found) {
                (Some(value), None) => found = Some(value),
                // Two: nobody knows which.
                (Some(value), Some(earlier)) if value != *earlier => return None,
                _ => {}
            }
        }
    }
    found
}

/// A word that is a checksum and nothing else.
fn value_of(word: &str, algorithm: Algorithm) -> Option<Vec<u8>> {
    let digits = bare(word);
    (digits.len() == algorithm.length() * 2).then(|| hex(digits)).flatten()
}

/// A CRC as a number, its leading zeros gone (Gene6, ioFTPD); only where there is nothing else, for many a word is one.
fn short_crc(line: &str, algorithm: Algorithm) -> Option<Vec<u8>> {
    let digits = bare(line);
    let fits = algorithm == Algorithm::Crc32 && (1..8).contains(&digits.len());
    fits.then(|| hex(&format!("{digits:0>8}"))).flatten()
}

fn bare(word: &str) -> &str {
    let word = word.trim().trim_matches(['"', '\'']).trim_end_matches('.');
    word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word)
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.as_bytes().chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

/// What FEAT may offer beside HASH. XSHA is SHA-1's older name.
const VERBS: &[(&str, Algorithm)] = &[
    ("XSHA512", Algorithm::Sha512),
    ("XSHA256", Algorithm::Sha256),
    ("XSHA1", Algorithm::Sha1),
    ("XSHA", Algorithm::Sha1),
    ("XMD5", Algorithm::Md5),
    ("MD5", Algorithm::Md5),
    ("XCRC", Algorithm::Crc32),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";
    const SHA1: &str = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";

    fn method(verb: &'static str) -> Method {
        let algorithm = VERBS.iter().find(|(known, _)| *known == verb).map_or(Algorithm::Sha1, |(_, known)| *known);
        Method { verb, algorithm, option: None }
    }

    fn reply(code: u16, lines: &[&str]) -> Reply {
        Reply { code, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    fn shown(verb: &'static str, code: u16, lines: &[&str], path: &str) -> Option<String> {
        read(&method(verb), &reply(code, lines), path.as_bytes())
            .map(|checksum| checksum.bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    #[test]
    fn the_strongest_way_is_taken_and_of_two_alike_hash() {
        let verbs = |lines: &[&str]| -> Vec<String> {
            let features = Features::parse(&reply(211, &[&["Features:"], lines, &["End"]].concat()));
            methods(&features).iter().map(|method| format!("{} {}", method.verb, method.algorithm.name())).collect()
        };
        assert_eq!(
            verbs(&[" XCRC filename;start;end", " XMD5", " XSHA256", " HASH SHA-1*;SHA-256;MD5;WHIRLPOOL"]),
            ["HASH SHA-256", "XSHA256 SHA-256", "HASH SHA-1", "HASH MD5", "XMD5 MD5", "XCRC CRC-32"]
        );
        assert_eq!(verbs(&[" MD5", " XSHA512", " XSHA"]), ["XSHA512 SHA-512", "XSHA SHA-1", "MD5 MD5"]);
        assert_eq!(verbs(&[" SIZE", " HASH", " MMD5"]), [""; 0]);
        let features = Features::parse(&reply(211, &["x", " HASH sha256;crc32*", "End"]));
        assert_eq!(methods(&features)[0].option.as_deref(), Some("SHA256"), "by the server's own name");
    }

    #[test]
    fn each_servers_answer_is_read() {
        let upper = MD5.to_uppercase();
        for (verb, code, lines, path, value) in [
            // The draft; FileZilla Server 0.9, ProFTPD's mod_digest.
            ("HASH", 213, vec![format!("SHA-1 0-43 {SHA1} a b.txt")], "/a b.txt", Some(SHA1)),
            ("HASH", 213, vec![format!("SHA1 0-0 {SHA1} {SHA1}")], SHA1, Some(SHA1)),
            ("HASH", 213, vec![format!("SHA-256 0-43 {SHA1} x")], "x", Some(SHA1)),
            // draft-twine-ftpmd5.
            ("MD5", 251, vec![format!("\"/a b\" {upper}")], "/a b", Some(MD5)),
            ("MD5", 251, vec![format!("/{MD5} {upper}")], &format!("/{MD5}"), Some(MD5)),
            ("MD5", 213, vec![MD5.into()], "/a", Some(MD5)),
            // ProFTPD, Gene6, Titan, WS_FTP, Cerberus: the value alone.
            ("XMD5", 250, vec![upper.clone()], "/a", Some(MD5)),
            ("XSHA1", 250, vec![format!("\"{SHA1}\"")], "/a", Some(SHA1)),
            ("XCRC", 250, vec!["3AF98A1B".into()], "/a", Some("3af98a1b")),
            ("XCRC", 250, vec!["0xaf98a1b".into()], "/a", Some("0af98a1b")),
            ("XCRC", 250, vec!["0".into()], "/a", Some("00000000")),
            // drftpd, and in several lines.
            ("XCRC", 250, vec!["XCRC Successful. 0D4A1185".into()], "/a", Some("0d4a1185")),
            ("XMD5", 250, vec!["Computing MD5 digest".into(), MD5.into(), "Done".into()], "/a", Some(MD5)),
            ("XMD5", 250, vec![format!("MD5 of /pub/x = {MD5}")], "/pub/x", Some(MD5)),
            // A file that is called like a checksum, its own or another's.
            ("XMD5", 250, vec![MD5.into()], MD5, Some(MD5)),
            ("XCRC", 250, vec!["/deadbeef 3AF98A1B".into()], "/deadbeef", Some("3af98a1b")),
            // Nothing, too short, too long, not this one.
            ("XMD5", 250, vec!["OK".into()], "/a", None),
            ("XMD5", 250, vec![SHA1.into()], "/a", None),
            ("XCRC", 250, vec!["Command OK, added".into()], "/a", None),
            ("XMD5", 250, vec![format!("{MD5} 0123456789abcdef0123456789abcdef")], "/a", None),
            ("XMD5", 550, vec![MD5.into()], "/a", None),
            ("XCRC", 250, vec!["äöü 12".into()], "/a", None),
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(shown(verb, code, &lines, path).as_deref(), value, "{verb} {code} {lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_never_panics(lines in proptest::collection::vec("\\PC{0,80}", 0..4), path in "\\PC{0,20}") {
            for (verb, _) in VERBS {
                let reply = Reply { code: 250, lines: lines.clone() };
                read(&method(verb), &reply, path.as_bytes());
            }
        }
    }
}
