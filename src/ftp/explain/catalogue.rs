//! How a refusal finds its words: by what was asked, by the reply's code, and by the server's own words. The catalogue is
//! data; servers word the same thing differently, and the same words mean different things under different verbs.

use std::borrow::Cow;

use crate::ftp::reply::Reply;

/// A known refusal. What is empty fits everything; the first case that fits is taken.
pub(super) struct Case {
    codes: &'static [u16],
    verbs: &'static [&'static str],
    /// In lower case; one of them must be in the reply, all its parts where `+` joins several.
    words: &'static [&'static str],
    /// What happened; `{task}` = what the verb is for.
    pub(super) what: &'static str,
    /// Why, in plain words, before the server's own; may be empty.
    pub(super) cause: &'static str,
    /// What to do.
    pub(super) advice: &'static str,
}

/// Any code.
pub(super) const CODES: &[u16] = &[];
/// Any verb.
pub(super) const VERBS: &[&str] = &[];
/// Any words.
pub(super) const WORDS: &[&str] = &[];

/// A row of the catalogue: when it fits, and what it says.
pub(super) const fn case(
    (codes, verbs, words): (&'static [u16], &'static [&'static str], &'static [&'static str]),
    what: &'static str,
    cause: &'static str,
    advice: &'static str,
) -> Case {
    Case { codes, verbs, words, what, cause, advice }
}

/// The first case that fits.
pub(super) fn find(cases: &'static [Case], verb: &str, reply: &Reply) -> Option<&'static Case> {
    let text = ends(&reply.text()).to_lowercase();
    cases.iter().find(|case| {
        (case.codes.is_empty() || case.codes.contains(&reply.code))
            && (case.verbs.is_empty() || case.verbs.contains(&verb))
            && (case.words.is_empty()
                || case.words.iter().any(|words| words.split('+').all(|word| text.contains(word))))
    })
}

/// The beginning and the end of a text: a reply may have a million bytes, its reason stands in the first or last line.
fn ends(text: &str) -> Cow<'_, str> {
    if text.len() <= 2 * ENOUGH {
        return Cow::Borrowed(text);
    }
    let (first, last) = (text.floor_char_boundary(ENOUGH), text.ceil_char_boundary(text.len() - ENOUGH));
    Cow::Owned(format!("{} {}", &text[..first], &text[last..]))
}

/// What a verb is for.
pub(super) fn task(verb: &str) -> &'static str {
    match verb {
        "RETR" => "send the file",
        "STOR" | "STOU" | "APPE" => "take the file",
        "LIST" | "MLSD" | "NLST" | "STAT" => "list the folder",
        "CWD" | "CDUP" => "open the folder",
        "PWD" => "tell the current folder",
        "MKD" => "make the folder",
        "RMD" => "delete the folder",
        "DELE" => "delete the file",
        "RNFR" | "RNTO" => "rename it",
        "SITE CHMOD" | "SITE" => "change the permissions",
        "MFMT" => "set the file's time",
        "REST" => "go on in the middle of the file",
        "TYPE" => "transfer in binary",
        "MODE" => "compress the transfer",
        "EPSV" | "PASV" => "open a passive data connection",
        "EPRT" | "PORT" => "connect to us in active mode",
        "SIZE" | "MDTM" | "MLST" => "tell about the file",
        "AUTH" | "AUTH TLS" | "AUTH SSL" => "encrypt the connection",
        "PBSZ" | "PROT" => "encrypt data connections",
        "SSCN" | "CPSV" => "send to another server",
        "CCC" => "end the encryption of commands",
        "PRET" => "prepare the transfer",
        "HASH" | "XCRC" | "XMD5" | "XSHA1" | "XSHA256" | "XSHA512" | "MD5" => "compute a checksum",
        "USER" | "PASS" | "ACCT" => "let us log in",
        "FEAT" | "OPTS UTF8" | "OPTS MLST" => "tell what it can",
        _ => "do that",
    }
}

/// In bytes.
const ENOUGH: usize = 2000;

#[cfg(test)]
pub(super) fn check(cases: &'static [Case]) {
    for case in cases {
        for part in [case.what, case.cause, case.advice] {
            assert!(part.is_empty() || part.ends_with(['.', '!', '?']), "{part}");
            assert!(!part.contains("  "), "{part}");
        }
        assert!(case.what.split(' ').count() > 2 && !case.advice.is_empty(), "{}", case.what);
        assert!(case.words.iter().all(|words| words.to_lowercase() == *words), "{:?}", case.words);
    }
    // A case behind one that fits all that it fits is never told.
    for (at, case) in cases.iter().enumerate() {
        for before in &cases[..at] {
            let covers =
                |of: &[u16], all: &[u16]| all.is_empty() || (!of.is_empty() && of.iter().all(|c| all.contains(c)));
            let names = |of: &[&str], all: &[&str]| {
                all.is_empty() || (!of.is_empty() && of.iter().all(|word| all.contains(word)))
            };
            let hidden =
                covers(case.codes, before.codes) && names(case.verbs, before.verbs) && names(case.words, before.words);
            assert!(!hidden, "“{}” is hidden by “{}”", case.what, before.what);
        }
    }
}
