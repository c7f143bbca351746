//! Replies of the server (RFC 959 section 4.2).

/// One whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 100 to 599.
    pub code: u16,
    /// Its text, line by line, without codes and line ends; control characters replaced.
    pub lines: Vec<String>,
}

impl Reply {
    /// The lines as one sentence.
    pub fn text(&self) -> String {
        self.lines.join(" ").trim().to_owned()
    }
}
