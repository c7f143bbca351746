//! Text as TYPE A carries it (RFC 959 section 3.1.1.1): lines end in CR LF on the wire, and as this system likes it on
//! the disk. Pieces may be cut anywhere, between CR and LF too.

/// How lines end in this system's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// Everywhere but on Windows.
    Lf,
    /// Windows.
    CrLf,
}

impl LineEnd {
    /// This system's.
    pub const HERE: Self = if cfg!(windows) { Self::CrLf } else { Self::Lf };
}

/// From the wire to the disk.
#[derive(Debug)]
pub struct FromWire {
    end: LineEnd,
    /// A CR whose next byte has not come yet.
    held: bool,
}

/// From the disk to the wire.
#[derive(Debug, Default)]
pub struct ToWire {
    /// The last byte was a CR.
    after_cr: bool,
}

impl FromWire {
    /// For files whose lines end so.
    pub fn new(end: LineEnd) -> Self {
        Self { end, held: false }
    }

    /// Appends what a piece becomes. A CR that no LF follows is content, and stays.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        if self.end == LineEnd::CrLf {
            out.extend_from_slice(piece);
            return;
        }
        let mut rest = piece;
        if self.held && !rest.is_empty() {
            self.held = false;
            if rest.first() != Some(&b'\n') {
                out.push(b'\r');
            }
        }
        while let Some(at) = rest.iter().position(|byte| *byte == b'\r') {
            out.extend_from_slice(&rest[..at]);
            match rest.get(at + 1) {
                None => {
                    self.held = true;
                    return;
                }
                Some(b'\n') => {}
                Some(_) => out.push(b'\r'),
            }
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
    }

    /// Nothing more comes.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.held {
            out.push(b'\r');
        }
    }
}

impl ToWire {
    /// Appends what a piece becomes. What ends in CR LF already is left so: its CR is not doubled.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut rest = piece;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            let before = &rest[..at];
            out.extend_from_slice(before);
            if before.last().map_or(self.after_cr, |byte| *byte == b'\r') {
                out.push(b'\n');
            } else {
                out.extend_from_slice(b"\r\n");
            }
            self.after_cr = false;
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        if let Some(last) = rest.last() {
            self.after_cr = *last == b'\r';
        }
    }
}

/// Whether a name's extension (what follows its last point, whatever the case) is among these, which are lower case.
pub fn has_extension<T: AsRef<str>>(name: &[u8], extensions: &[T]) -> bool {
    let Some(point) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let extension = &name[point + 1..];
    extensions.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted.as_ref().as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from_wire(pieces: &[&[u8]], end: LineEnd) -> Vec<u8> {
        let mut out = Vec::new();
        let mut converter = FromWire::new(end);
        pieces.iter().for_each(|piece| converter.push(piece, &mut out));
        converter.finish(&mut out);
        out
    }

    fn to_wire(pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut converter = ToWire::default();
        pieces.iter().for_each(|piece| converter.push(piece, &mut out));
        out
    }

    #[test]
    fn a_line_end_cut_between_two_pieces_is_one() {
        assert_eq!(from_wire(&[b"a\r", b"\nb\r", b"", b"\n"], LineEnd::Lf), b"a\nb\n");
        assert_eq!(to_wire(&[b"a\r", b"\nb", b"\n", b"\n"]), b"a\r\nb\r\n\r\n");
    }

    #[test]
    fn a_cr_alone_is_content() {
        assert_eq!(from_wire(&[b"a\rb\r", b"\r\n", b"c\r"], LineEnd::Lf), b"a\rb\r\nc\r");
        assert_eq!(to_wire(&[b"a\rb\r"]), b"a\rb\r");
    }

    #[test]
    fn windows_keeps_what_comes() {
        assert_eq!(from_wire(&[b"a\r", b"\nb\n"], LineEnd::CrLf), b"a\r\nb\n");
    }

    #[test]
    fn extensions_are_compared_whatever_their_case() {
        let text = ["txt", "html"];
        assert!(has_extension(b"a.TXT", &text) && has_extension(b"/x.y/a.tar.html", &text));
        assert!(!has_extension(b"txt", &text) && !has_extension(b"a.txt.gz", &text) && !has_extension(b"a.", &text));
    }

    /// Text of few kinds of bytes, so that line ends meet every cut.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop::sample::select(&b"a\r\n"[..]), 0..40)
    }

    proptest! {
        #[test]
        fn where_pieces_are_cut_makes_no_difference(text in text(), cuts in proptest::collection::vec(0..40_usize, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= text.len()).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(from_wire(&pieces, LineEnd::Lf), from_wire(&[&text], LineEnd::Lf));
            prop_assert_eq!(to_wire(&pieces), to_wire(&[&text]));
        }

        #[test]
        fn lines_of_this_system_come_back_as_they_went(text in text()) {
            let unix: Vec<u8> = text.into_iter().filter(|byte| *byte != b'\r').collect();
            prop_assert_eq!(from_wire(&[&to_wire(&[&unix])], LineEnd::Lf), unix);
        }

        #[test]
        fn on_the_wire_no_line_ends_without_a_cr_and_none_is_doubled(text in text()) {
            let wire = to_wire(&[&text]);
            prop_assert!(wire.iter().enumerate().all(|(at, b)| *b != b'\n' || (at > 0 && wire[at - 1] == b'\r')));
            prop_assert_eq!(to_wire(&[&wire]), wire);
        }
    }
}
