//! What another kind of server says first.

/// What listens on the port instead of an FTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stranger {
    /// `SSH-2.0-…`: SFTP is another protocol.
    Ssh,
    /// `HTTP/1.1 400`, or markup.
    Http,
    /// `+OK`, `* OK`, SMTP's 220 with ESMTP.
    Mail,
    /// Binary from the first byte: perhaps TLS.
    Binary,
    /// Text that is no reply.
    Unknown,
}

impl Stranger {
    /// Who greets like that.
    pub fn of(first_line: &str) -> Self {
        let line = first_line.trim_start().to_ascii_uppercase();
        let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| line.starts_with(beginning));
        if begins(&["SSH-"]) {
            Self::Ssh
        } else if begins(&["HTTP/", "<!DOCTYPE", "<HTML", "<?XML"]) {
            Self::Http
        } else if begins(&["+OK", "* OK", "* PREAUTH"]) {
            Self::Mail
        } else if line.chars().any(|c| c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace())) {
            Self::Binary
        } else {
            Self::Unknown
        }
    }
}
