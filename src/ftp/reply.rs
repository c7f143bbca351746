//! Replies of the server (RFC 959 section 4.2): bytes in, whole replies out. Out of scope: waiting for bytes.

use std::collections::VecDeque;

use crate::domain::Charset;

/// One whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 100 to 599.
    pub code: u16,
    /// Its text, line by line, without codes and line ends; control characters replaced.
    pub lines: Vec<String>,
}

/// A reply with the bytes of its first line, for what must come back to the server unchanged (PWD's path).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The reply.
    pub reply: Reply,
    /// The text of its first line, as sent.
    pub raw: Box<[u8]>,
}

/// Why bytes are no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// A line where a reply should begin; as text.
    NotAReply(String),
    /// A code that FTP has not: 777.
    BadCode(String),
    /// A NUL byte: binary, or an attempt to confuse.
    Nul,
    /// A line longer than [`LINE_LIMIT`].
    LongLine,
    /// A reply longer than [`REPLY_LIMIT`].
    LongReply,
}

/// Assembles replies from whatever pieces the network delivers.
pub struct ReplyReader {
    charset: Charset,
    buffer: Vec<u8>,
    open: Option<Open>,
    whole: VecDeque<Heard>,
    /// Once a server closed a reply with another code, it will do so again.
    closes_oddly: bool,
}

/// A reply of several lines whose end has not come.
struct Open {
    code: u16,
    lines: Vec<String>,
    raw: Box<[u8]>,
    bytes: usize,
    /// The last line looked like an end, but of this other code.
    other_end: Option<u16>,
}

impl Reply {
    /// The lines as one sentence.
    pub fn text(&self) -> String {
        self.lines.join(" ").trim().to_owned()
    }

    /// 1yz: another reply follows.
    pub fn is_preliminary(&self) -> bool {
        self.code < 200
    }

    /// 2yz.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 4yz or 5yz.
    pub fn is_negative(&self) -> bool {
        self.code >= 400
    }

    /// 500 to 504 but 503: the server does not know the command at all. 503 is a matter of order.
    pub fn is_not_implemented(&self) -> bool {
        matches!(self.code, 500 | 501 | 502 | 504)
    }
}

impl ReplyReader {
    /// `charset` is how the texts are read.
    pub fn new(charset: Charset) -> Self {
        Self { charset, buffer: Vec::new(), open: None, whole: VecDeque::new(), closes_oddly: false }
    }

    /// Takes what came. Each whole line goes to `line` as text, control characters replaced.
    ///
    /// # Errors
    /// What came is no FTP; the conversation cannot go on.
    pub fn push(&mut self, bytes: &[u8], line: &mut dyn FnMut(&str)) -> Result<(), Unreadable> {
        self.buffer.extend_from_slice(bytes);
        let buffer = std::mem::take(&mut self.buffer);
        let mut rest = &buffer[..];
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let whole = &rest[..end];
            rest = &rest[end + 1..];
            self.take_line(strip_cr(whole), line)?;
        }
        if rest.len() > LINE_LIMIT {
            return Err(Unreadable::LongLine);
        }
        if rest.contains(&0) {
            return Err(Unreadable::Nul);
        }
        self.buffer = rest.to_vec();
        Ok(())
    }

    /// The next whole reply.
    pub fn take(&mut self) -> Option<Heard> {
        self.whole.pop_front()
    }

    /// Whether the reply being read may be over though its end has another code than its beginning (glFTPd says `553-`
    /// and ends with `150 `): when nothing more comes for a while, [`ReplyReader::recover`].
    pub fn is_doubtful(&self) -> bool {
        self.buffer.is_empty() && self.open.as_ref().is_some_and(|open| open.other_end.is_some())
    }

    /// Whether this server has done so before.
    pub fn closes_oddly(&self) -> bool {
        self.closes_oddly
    }

    /// Ends a doubtful reply where it stands, with the code of its last line.
    pub fn recover(&mut self) {
        if let Some(Open { lines, raw, other_end: Some(code), .. }) = self.open.take() {
            self.closes_oddly = true;
            self.whole.push_back(Heard { reply: Reply { code, lines }, raw });
        }
    }

    /// The bytes of a line that has no end yet.
    pub fn unfinished(&self) -> &[u8] {
        &self.buffer
    }

    fn take_line(&mut self, bytes: &[u8], line: &mut dyn FnMut(&str)) -> Result<(), Unreadable> {
        if bytes.len() > LINE_LIMIT {
            return Err(Unreadable::LongLine);
        }
        if bytes.contains(&0) {
            return Err(Unreadable::Nul);
        }
        let text = self.show(bytes);
        line(&text);
        let head = head(bytes);
        let Some(open) = &mut self.open else {
            // Some servers put an empty line between replies.
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(());
            }
            let Some((code, continues)) = head else { return Err(Unreadable::NotAReply(text)) };
            if !(100..600).contains(&code) {
                return Err(Unreadable::BadCode(text));
            }
            let raw: Box<[u8]> = bytes.get(4..).unwrap_or_default().into();
            let lines = vec![self.show(&raw)];
            if continues {
                self.open = Some(Open { code, lines, raw, bytes: bytes.len(), other_end: None });
            } else {
                self.whole.push_back(Heard { reply: Reply { code, lines }, raw });
            }
            return Ok(());
        };
        // Line ends count, or empty lines would come for nothing.
        open.bytes += bytes.len() + 2;
        if open.bytes > REPLY_LIMIT {
            return Err(Unreadable::LongReply);
        }
        // The end: the opening code at the line's very beginning, and no hyphen (RFC 959 section 4.2). Lines between
        // may begin with any digits ("200 users online").
        let own = head.filter(|(code, _)| *code == open.code);
        open.other_end = match head {
            Some((code, false)) if code != open.code && (100..600).contains(&code) => Some(code),
            _ => None,
        };
        let shown = if own.is_some() { text.chars().skip(4).collect() } else { text };
        open.lines.push(shown);
        if matches!(own, Some((_, false)))
            && let Some(Open { code, lines, raw, .. }) = self.open.take()
        {
            self.whole.push_back(Heard { reply: Reply { code, lines }, raw });
        }
        Ok(())
    }

    fn show(&self, bytes: &[u8]) -> String {
        if bytes.iter().all(|b| (b' '..=b'~').contains(b)) {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        self.charset
            .decode(bytes)
            .chars()
            .map(|c| match c {
                '\t' => ' ',
                // Also what turns the direction of text round: a log line must look like what it is.
                c if c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c) => char::REPLACEMENT_CHARACTER,
                c => c,
            })
            .collect()
    }
}

/// The code at a line's beginning, and whether a hyphen follows it.
fn head(line: &[u8]) -> Option<(u16, bool)> {
    let digits = line.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        Some(b'-') => Some((code, true)),
        // A bare code is a whole reply; so is one that forgets the space.
        Some(other) if other.is_ascii_alphanumeric() => None,
        _ => Some((code, false)),
    }
}

fn strip_cr(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

/// Bytes in one line.
pub const LINE_LIMIT: usize = 64 * 1024;

/// Bytes in one reply.
pub const REPLY_LIMIT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(u16, Vec<String>)>, Unreadable> {
        read_in_pieces(bytes, bytes.len().max(1))
    }

    fn read_in_pieces(bytes: &[u8], size: usize) -> Result<Vec<(u16, Vec<String>)>, Unreadable> {
        let mut reader = ReplyReader::new(Charset::Auto);
        for piece in bytes.chunks(size) {
            reader.push(piece, &mut |_| {})?;
        }
        Ok(std::iter::from_fn(|| reader.take()).map(|heard| (heard.reply.code, heard.reply.lines)).collect())
    }

    fn one(bytes: &[u8]) -> (u16, Vec<String>) {
        let mut all = read(bytes).expect("readable");
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn a_line_is_a_reply_whatever_ends_it() {
        for bytes in [&b"220 Hello\r\n"[..], b"220 Hello\n", b"220 Hello\r\r\n"] {
            assert_eq!(one(bytes), (220, vec!["Hello".into()]));
        }
        assert_eq!(one(b"220\r\n"), (220, vec![String::new()]));
        assert_eq!(one(b"\r\n\r\n220 after blank lines\r\n").0, 220);
    }

    #[test]
    fn only_the_opening_code_and_a_space_end_several_lines() {
        let text = b"230-Welcome\r\n200 users online\r\n 230 indented\r\n230-more\r\n300-nested\r\n230 Done\r\n";
        let (code, lines) = one(text);
        assert_eq!(code, 230);
        assert_eq!(lines, ["Welcome", "200 users online", " 230 indented", "more", "300-nested", "Done"]);
        assert_eq!(one(b"211-Features\r\n SIZE\r\n211\r\n").1, ["Features", " SIZE", ""]);
    }

    #[test]
    fn two_replies_in_one_piece_are_two() {
        let all = read(b"150 Here it comes\r\n226 Done\r\n").expect("readable");
        assert_eq!(all.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [150, 226]);
    }

    #[test]
    fn pieces_of_any_size_give_the_same() {
        let text = b"220-One\r\n two\r\n220 Three\r\n331 Four\r\n";
        let whole = read(text);
        for size in 1..text.len() {
            assert_eq!(read_in_pieces(text, size), whole, "pieces of {size}");
        }
    }

    #[test]
    fn an_end_of_another_code_is_recovered_on_request_only() {
        let mut reader = ReplyReader::new(Charset::Auto);
        reader.push(b"553-Not allowed\r\n553-here\r\n", &mut |_| {}).expect("readable");
        assert!(!reader.is_doubtful());
        reader.push(b"150 Opening\r\n", &mut |_| {}).expect("readable");
        assert!(reader.is_doubtful());
        assert_eq!(reader.take(), None);
        reader.recover();
        assert_eq!(reader.take().map(|heard| heard.reply.code), Some(150));
        assert!(reader.closes_oddly());
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        assert!(
            matches!(read(b"SSH-2.0-OpenSSH_9.2\r\n"), Err(Unreadable::NotAReply(line)) if line.starts_with("SSH-"))
        );
        assert!(matches!(read(b"777 Lucky\r\n"), Err(Unreadable::BadCode(_))));
        assert!(matches!(read(b"2 short\r\n"), Err(Unreadable::NotAReply(_))));
        assert_eq!(read(b"220 a\0b\r\n"), Err(Unreadable::Nul));
        assert_eq!(read(b"\0\0\0"), Err(Unreadable::Nul));
    }

    #[test]
    fn endless_lines_and_endless_replies_are_refused() {
        assert_eq!(read(&vec![b'2'; LINE_LIMIT + 1]), Err(Unreadable::LongLine));
        let mut long = b"226-".to_vec();
        while long.len() <= REPLY_LIMIT + 10_000 {
            long.extend_from_slice(&[b'x'; 70]);
            long.extend_from_slice(b"\r\n226-");
        }
        assert_eq!(read(&long), Err(Unreadable::LongReply));
        let mut wide = b"220 ".to_vec();
        wide.extend_from_slice(&[b'w'; 17_000]);
        wide.extend_from_slice(b"\r\n");
        assert_eq!(one(&wide).1[0].len(), 17_000);
    }

    #[test]
    fn control_characters_never_reach_the_log() {
        let (_, lines) = one(b"220 \x1b[31mred\x07 \xe2\x80\xaeevil\r\n");
        assert!(!lines[0].chars().any(|c| c.is_control() || c == '\u{202E}'), "{lines:?}");
    }

    #[test]
    fn a_paths_bytes_are_kept() {
        let mut reader = ReplyReader::new(Charset::Auto);
        reader.push(b"257 \"/caf\xe9\" is here\r\n", &mut |_| {}).expect("readable");
        let heard = reader.take().expect("a reply");
        assert_eq!(&*heard.raw, b"\"/caf\xe9\" is here");
        assert_eq!(heard.reply.lines, ["\"/café\" is here"]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), size in 1usize..50) {
            let mut reader = ReplyReader::new(Charset::Auto);
            for piece in bytes.chunks(size) {
                if reader.push(piece, &mut |_| {}).is_err() {
                    break;
                }
                reader.recover();
                while reader.take().is_some() {}
            }
        }

        #[test]
        fn replies_never_depend_on_how_they_are_cut(
            text in "([1-5][0-9]{2}[ -][a-z]{0,5}\r?\n| x\r\n){0,8}",
            size in 1usize..20,
        ) {
            prop_assert_eq!(read(text.as_bytes()), read_in_pieces(text.as_bytes(), size));
        }
    }
}
