//! Replies of the server (RFC 959 section 4.2): bytes in, whole replies out. Out of scope: waiting for bytes.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::domain::Charset;
use crate::ftp::stranger::Stranger;

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
    /// A reply longer than [`REPLY_LIMIT`], or more replies than anybody asked for.
    LongReply,
}

/// Assembles replies from whatever pieces the network delivers.
pub struct ReplyReader {
    charset: Charset,
    buffer: Vec<u8>,
    /// So much of the buffer holds no line end.
    scanned: usize,
    open: Option<Open>,
    whole: VecDeque<Heard>,
    /// Once a server closed a reply with another code, it will do so again.
    closes_oddly: bool,
    /// Lines without a code before the first reply, how many; and the first of them.
    preamble: (usize, Option<String>),
    /// A reply has come.
    greeted: bool,
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
        Self {
            charset,
            buffer: Vec::new(),
            scanned: 0,
            open: None,
            whole: VecDeque::new(),
            closes_oddly: false,
            preamble: (0, None),
            greeted: false,
        }
    }

    /// Takes what came. Each whole line goes to `line` as text, control characters replaced.
    ///
    /// # Errors
    /// What came is no FTP; the conversation cannot go on.
    pub fn push(&mut self, bytes: &[u8], line: &mut dyn FnMut(&str)) -> Result<(), Unreadable> {
        self.buffer.extend_from_slice(bytes);
        let buffer = std::mem::take(&mut self.buffer);
        let mut start = 0;
        let (rest, result) = loop {
            match line_end(&buffer[start..], std::mem::take(&mut self.scanned)) {
                End::At { length, next } => {
                    if let Err(problem) = self.take_line(&buffer[start..start + length], line) {
                        break (start, Err(problem));
                    }
                    start += next;
                }
                End::Unknown { scanned } => {
                    self.scanned = scanned;
                    let too_long = buffer.len() - start > LINE_LIMIT;
                    break (start, if too_long { Err(Unreadable::LongLine) } else { Ok(()) });
                }
                End::Nul => break (start, Err(Unreadable::Nul)),
            }
        };
        self.buffer = buffer;
        self.buffer.drain(..rest);
        result
    }

    /// The next whole reply.
    pub fn take(&mut self) -> Option<Heard> {
        self.whole.pop_front()
    }

    /// Whether the reply being read may be over though it does not look so: its last line has another code than its first
    /// (glFTPd says `553-` and ends with `150 `), or ends with a bare CR. When nothing more comes for a while,
    /// [`ReplyReader::recover`].
    pub fn is_doubtful(&self) -> bool {
        match &self.buffer[..] {
            [] => self.open.as_ref().is_some_and(|open| open.other_end.is_some()),
            [line @ .., b'\r'] => match (&self.open, head(&strip_telnet(line))) {
                (None, Some(head)) => !head.continues,
                (Some(open), Some(head)) => head.ends && (head.code == open.code || is_code(head.code)),
                (_, None) => false,
            },
            _ => false,
        }
    }

    /// The first line without a code that came before any reply: a banner that a few servers begin with, or no server.
    pub fn preamble(&self) -> Option<&str> {
        self.preamble.1.as_deref().filter(|_| !self.greeted)
    }

    /// Whether this server has done so before.
    pub fn closes_oddly(&self) -> bool {
        self.closes_oddly
    }

    /// Ends a doubtful reply where it stands, with the code of its last line.
    pub fn recover(&mut self) {
        if !self.is_doubtful() {
            return;
        }
        if !self.buffer.is_empty() {
            let mut last = std::mem::take(&mut self.buffer);
            self.scanned = 0;
            last.pop();
            let before = self.whole.len();
            if self.take_line(&last, &mut |_| {}).is_err() || self.whole.len() > before {
                return;
            }
        }
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
        let bytes = strip_telnet(bytes);
        if bytes.contains(&0) {
            return Err(Unreadable::Nul);
        }
        let text = self.show(&bytes);
        line(&text);
        let Some(open) = &mut self.open else { return self.begin(&bytes, text) };
        // Line ends count, or empty lines would come for nothing.
        open.bytes += bytes.len() + 2;
        if open.bytes > REPLY_LIMIT {
            return Err(Unreadable::LongReply);
        }
        // The end: the opening code at the line's very beginning, and a space or nothing (RFC 959 section 4.2). Lines
        // between may begin with any digits ("200 users online").
        let head = head(&bytes);
        let own = head.filter(|head| head.code == open.code && (head.ends || head.continues));
        match head {
            Some(head) if head.ends && is_code(head.code) => open.other_end = Some(head.code),
            // A blank line after the end takes nothing back.
            _ if bytes.trim_ascii().is_empty() => {}
            _ => open.other_end = None,
        }
        let shown = if own.is_some() { text.chars().skip(4).collect() } else { text };
        open.lines.push(shown);
        if own.is_some_and(|own| own.ends)
            && let Some(Open { code, lines, raw, .. }) = self.open.take()
        {
            return self.push_whole(Heard { reply: Reply { code, lines }, raw });
        }
        Ok(())
    }

    /// The first line of a reply.
    fn begin(&mut self, bytes: &[u8], text: String) -> Result<(), Unreadable> {
        let line = without_indent(bytes);
        // Some servers put an empty line between replies.
        if line.is_empty() {
            return Ok(());
        }
        let Some(head) = head(line) else { return self.pass_over(text) };
        if !is_code(head.code) {
            return Err(Unreadable::BadCode(text));
        }
        let raw: Box<[u8]> = line.get(4..).unwrap_or_default().into();
        let lines = vec![self.show(&raw)];
        if head.continues {
            self.open = Some(Open { code: head.code, lines, raw, bytes: bytes.len(), other_end: None });
            return Ok(());
        }
        self.push_whole(Heard { reply: Reply { code: head.code, lines }, raw })
    }

    /// A line without a code: a banner before the greeting, if it is not what another kind of server says.
    fn pass_over(&mut self, text: String) -> Result<(), Unreadable> {
        if self.greeted || self.preamble.0 >= PREAMBLE_LIMIT || Stranger::of(&text) != Stranger::Unknown {
            return Err(Unreadable::NotAReply(self.preamble.1.take().unwrap_or(text)));
        }
        self.preamble.0 += 1;
        self.preamble.1.get_or_insert(text);
        Ok(())
    }

    fn push_whole(&mut self, heard: Heard) -> Result<(), Unreadable> {
        if self.whole.len() >= WAITING_LIMIT {
            return Err(Unreadable::LongReply);
        }
        self.greeted = true;
        self.whole.push_back(heard);
        Ok(())
    }

    fn show(&self, bytes: &[u8]) -> String {
        if bytes.contains(&b'\t') {
            let spaced: Vec<u8> = bytes.iter().map(|b| if *b == b'\t' { b' ' } else { *b }).collect();
            return self.charset.show(&spaced);
        }
        self.charset.show(bytes)
    }
}

/// How a line begins.
#[derive(Clone, Copy)]
struct Head {
    code: u16,
    /// A hyphen: more lines follow.
    continues: bool,
    /// A space, or nothing: the end of several lines.
    ends: bool,
}

/// The code at a line's beginning. A bare code is a whole reply, one that a letter or digit follows is none.
fn head(line: &[u8]) -> Option<Head> {
    let digits = line.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        Some(other) if other.is_ascii_alphanumeric() => None,
        other => Some(Head { code, continues: other == Some(&b'-'), ends: matches!(other, None | Some(b' ' | b'\t')) }),
    }
}

fn is_code(code: u16) -> bool {
    (100..600).contains(&code)
}

/// Where a line ends.
enum End {
    /// After so many bytes; the next line begins at `next`.
    At { length: usize, next: usize },
    /// Not yet; so much need not be looked at again.
    Unknown { scanned: usize },
    /// A NUL is in it.
    Nul,
}

/// The end of the first line: LF, with any number of CR before it; CR NUL, telnet's bare CR; or a bare CR where the next
/// line of a reply follows. Any other CR is part of the text: a path may hold one, and is refused where it is read.
fn line_end(bytes: &[u8], from: usize) -> End {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => {
                let length = strip_cr(&bytes[..at]).len();
                return End::At { length, next: at + 1 };
            }
            b'\r' => match &bytes[at + 1..] {
                [0, ..] => return End::At { length: strip_cr(&bytes[..at]).len(), next: at + 2 },
                [b'\r' | b'\n', ..] => {}
                [a, b, c, d, ..] if [a, b, c].iter().all(|b| b.is_ascii_digit()) && matches!(d, b' ' | b'-') => {
                    return End::At { length: at, next: at + 1 };
                }
                short if short.len() < 4 && short.iter().all(u8::is_ascii_digit) => {
                    return End::Unknown { scanned: at };
                }
                _ => {}
            },
            // As an option's number it may be part of a telnet negotiation (IAC WILL TRANSMIT-BINARY).
            0 if !(at >= 2 && bytes[at - 2] == IAC && matches!(bytes[at - 1], WILL..=DONT)) => return End::Nul,
            _ => {}
        }
        at += 1;
    }
    End::Unknown { scanned: at }
}

/// The line without telnet's commands (RFC 854), which are answered with nothing: at its beginning whatever they are,
/// later only those that no text in an 8-bit charset looks like (0xFF is a letter in many). IAC IAC is one 0xFF: vsftpd
/// doubles it in its replies.
fn strip_telnet(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&IAC) {
        return Cow::Borrowed(line);
    }
    let mut rest = line;
    let mut text = Vec::with_capacity(line.len());
    loop {
        rest = match rest {
            [] => return Cow::Owned(text),
            [IAC, IAC, after @ ..] => {
                text.push(IAC);
                after
            }
            [IAC, WILL..=DONT, option, after @ ..] if text.is_empty() || *option < b' ' => after,
            [IAC, 0xF1..=0xF9, after @ ..] if text.is_empty() => after,
            [byte, after @ ..] => {
                text.push(*byte);
                after
            }
        };
    }
}

/// Some servers indent even their first line; a few send a byte order mark.
fn without_indent(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii_start()
}

fn strip_cr(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

/// "Interpret as command", and the first and last of the four that negotiate an option.
const IAC: u8 = 0xFF;
const WILL: u8 = 0xFB;
const DONT: u8 = 0xFE;

/// Whole replies that nobody took: no client has so many questions open.
const WAITING_LIMIT: usize = 20_000;

/// Lines without a code that may come before the greeting: a banner fits, a stream of something else does not.
const PREAMBLE_LIMIT: usize = 100;

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
        for bytes in [
            &b"220 Hello\r\n"[..],
            b"220 Hello\n",
            b"220 Hello\r\r\n",
            b"220 Hello\r\0",
            b" 220 Hello\r\n",
            b"\xEF\xBB\xBF220 Hello\r\n",
        ] {
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
        assert_eq!(one(b"220-Hi\r\n220, rue de la Paix\r\n220.\r\n220 Ready\r\n").1.len(), 4);
        assert_eq!(one(b"220-Hi\r\n220\tReady\r\n").1, ["Hi", "Ready"]);
    }

    #[test]
    fn a_bare_cr_ends_a_line_where_another_reply_follows() {
        let all = read(b"150 Here it comes\r226-Done\r226 now\r\n").expect("readable");
        assert_eq!(all.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [150, 226]);
        // In a path it is no line end: the session must live.
        let (code, lines) = one(b"257 \"/a\rb\" is here\r\n");
        assert_eq!((code, lines[0].as_str()), (257, "\"/a\u{FFFD}b\" is here"));
    }

    #[test]
    fn a_bare_cr_with_nothing_behind_it_ends_a_reply_on_request() {
        let mut reader = ReplyReader::new(Charset::Auto);
        reader.push(b"220-Hi\r\n220 Ready\r", &mut |_| {}).expect("readable");
        assert_eq!(reader.take(), None);
        assert!(reader.is_doubtful());
        reader.recover();
        assert_eq!(reader.take().map(|heard| heard.reply.lines), Some(vec!["Hi".into(), "Ready".into()]));
        reader.push(b"\n331 Password\r\n", &mut |_| {}).expect("a late line feed is no reply");
        assert_eq!(reader.take().map(|heard| heard.reply.code), Some(331));
    }

    #[test]
    fn telnet_commands_in_replies_are_left_out() {
        for bytes in [
            &b"\xff\xfd\x18220 Hello\r\n"[..],
            b"\xff\xfb\x00220 Hello\r\n",
            b"\xff\xf1\xff\xf9220 Hello\r\n",
            b"220 He\xff\xfe\x06llo\r\n",
        ] {
            assert_eq!(one(bytes), (220, vec!["Hello".into()]), "{bytes:?}");
        }
        let mut reader = ReplyReader::new(Charset::from_label("windows-1251"));
        // vsftpd doubles the letter; others send it as it is, whatever letter follows.
        reader.push(b"257 \"/\xff\xff\"\r\n257 \"/\xf1\xe8\xff\xfe\xf2\"\r\n", &mut |_| {}).expect("readable");
        assert_eq!(&*reader.take().expect("a reply").raw, b"\"/\xff\"");
        assert_eq!(&*reader.take().expect("a reply").raw, b"\"/\xf1\xe8\xff\xfe\xf2\"");
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
        reader.push(b"\r\n", &mut |_| {}).expect("readable");
        assert!(reader.is_doubtful(), "a blank line takes nothing back");
        assert_eq!(reader.take(), None);
        reader.recover();
        assert_eq!(reader.take().map(|heard| heard.reply.code), Some(150));
        assert!(reader.closes_oddly());
        reader.push(b"226-Done\r\n200 users\r\n226 Done\r\n", &mut |_| {}).expect("readable");
        assert_eq!(reader.take().map(|heard| heard.reply.lines.len()), Some(3), "an honest reply is not cut short");
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        assert!(
            matches!(read(b"SSH-2.0-OpenSSH_9.2\r\n"), Err(Unreadable::NotAReply(line)) if line.starts_with("SSH-"))
        );
        assert!(matches!(read(b"777 Lucky\r\n"), Err(Unreadable::BadCode(_))));
        assert!(matches!(read(b"220 Hello\r\n2 short\r\n"), Err(Unreadable::NotAReply(_))));
        assert_eq!(read(b"220 a\0b\r\n"), Err(Unreadable::Nul));
        assert_eq!(read(b"\0\0\0"), Err(Unreadable::Nul));
    }

    #[test]
    fn a_banner_before_the_greeting_is_passed_over_and_a_stream_of_text_is_none() {
        let mut reader = ReplyReader::new(Charset::Auto);
        reader.push(b"*** Welcome ***\r\nto this device\r\n", &mut |_| {}).unwrap();
        assert_eq!(reader.preamble(), Some("*** Welcome ***"));
        reader.push(b"220 ready\r\n", &mut |_| {}).unwrap();
        assert_eq!(reader.take().unwrap().reply.code, 220);
        assert_eq!(reader.preamble(), None);
        assert!(matches!(read(&b"chatter\r\n".repeat(PREAMBLE_LIMIT + 1)), Err(Unreadable::NotAReply(_))));
        assert!(
            matches!(read(b"HTTP/1.1 400 Bad Request\r\n"), Err(Unreadable::NotAReply(_))),
            "known strangers at once"
        );
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
        let flood = b"200 Again\r\n".repeat(WAITING_LIMIT + 1);
        assert_eq!(read(&flood), Err(Unreadable::LongReply));
    }

    #[test]
    fn a_long_line_byte_by_byte_is_read_in_a_moment() {
        let mut wide = b"220 ".to_vec();
        wide.extend_from_slice(&[b'w'; 60_000]);
        wide.extend_from_slice(b"\r\n");
        assert_eq!(read_in_pieces(&wide, 1).expect("readable").len(), 1);
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
        fn any_bytes_give_the_same_however_they_are_cut(
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b'2'), Just(b'-'), Just(b' '), Just(0xFF), Just(0)],
                0..60,
            ),
            size in 1usize..20,
        ) {
            let whole = read(&bytes);
            let cut = read_in_pieces(&bytes, size);
            prop_assert_eq!(whole.is_ok(), cut.is_ok());
            if whole.is_ok() {
                prop_assert_eq!(whole, cut);
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
