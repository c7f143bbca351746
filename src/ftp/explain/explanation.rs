//! An explanation in three sentences, and the words that all of them share.

use std::time::Duration;

use crate::domain::visible;
use crate::ftp::explain::catalogue;
use crate::ftp::explain::catalogue::Case;
use crate::ftp::reply::Reply;

/// An error in plain words; each part is a sentence or two, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// What happened: "The server refused the password."
    pub what: String,
    /// Why, with the server's own words as evidence.
    pub why: String,
    /// What to do.
    pub advice: String,
}

impl Explanation {
    /// All of it, as one line.
    pub fn line(&self) -> String {
        [&self.what, &self.why, &self.advice]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What the catalogue says, with the server's own words as evidence.
pub(super) fn told(case: &Case, verb: &str, reply: &Reply) -> Explanation {
    Explanation {
        what: case.what.replace("{task}", catalogue::task(verb)),
        why: join(case.cause, &said(reply)),
        advice: case.advice.into(),
    }
}

impl Explanation {
    /// Its cause where there is one, else what happened.
    pub(super) fn line_of_cause(&self) -> String {
        if self.why.is_empty() { self.what.clone() } else { format!("{} {}", self.what, self.why) }
    }
}

/// The server's own words, as evidence.
pub(super) fn said(reply: &Reply) -> String {
    let text = quoted(&reply.text());
    if text.is_empty() {
        format!("The server answered with code {} and no words.", reply.code)
    } else {
        format!("The server says: “{text}” ({}).", reply.code)
    }
}

pub(super) fn join(one: &str, other: &str) -> String {
    [one, other].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Somebody else's words as they may be shown: nothing that hides what it is, and no more than a person reads.
pub(super) fn quoted(text: &str) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{} …", shown[..end].trim_end()),
        None => shown.into_owned(),
    }
}

/// The text with a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = quoted(text);
    let mut chars = text.trim().chars();
    let Some(first) = chars.next() else { return String::new() };
    let mut sentence: String = first.to_uppercase().chain(chars).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        1 => "1 second".into(),
        seconds => format!("{seconds} seconds"),
    }
}

pub(super) fn say(what: &str, why: &str, advice: &str) -> Explanation {
    Explanation { what: what.into(), why: why.into(), advice: advice.into() }
}

/// In characters: a message has room for a few lines of it, the log has all.
const LONGEST_QUOTE: usize = 500;
