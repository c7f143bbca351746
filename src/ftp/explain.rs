//! Words for people: an error, and where in the conversation, to what happened, why, and what to do.

use super::error::FtpError;

/// An error in plain words; each part is one sentence or empty.
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

/// The error in plain words.
pub fn explain(error: &FtpError) -> Explanation {
    Explanation { what: error.to_string(), ..Explanation::default() }
}
