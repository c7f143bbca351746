//! What the command line writes: results on stdout, everything else on stderr. Names come from servers and are made safe
//! for a terminal here; a reader that has seen enough (`| head`) ends the program quietly.

use std::io;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Standard output, buffered. After a broken pipe it swallows whatever comes; after any other failure it stays failed.
pub(super) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
    closed: bool,
    failed: Option<ErrorKind>,
}

impl Output {
    /// For the program's life.
    pub(super) fn new() -> Self {
        Self { stdout: BufWriter::new(io::stdout().lock()), closed: false, failed: None }
    }

    /// One line.
    ///
    /// # Errors
    /// Where stdout cannot be written (a full disk behind `>`); never for a reader that went away.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.write(|stdout| writeln!(stdout, "{text}"))
    }

    /// One JSON object on a line of its own.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(super) fn json(&mut self, object: &impl Serialize) -> io::Result<()> {
        self.write(|stdout| {
            object.serialize(&mut Serializer::with_formatter(&mut *stdout, Escaping))?;
            stdout.write_all(b"\n")
        })
    }

    /// Whatever is still buffered.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.write(|stdout| stdout.flush())
    }

    fn write(&mut self, write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        match write(&mut self.stdout) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => {
                self.failed = Some(error.kind());
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }
}

/// JSON on one line, with the control characters U+007F to U+009F escaped, which some terminals obey.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c| ('\u{7f}'..='\u{9f}').contains(&c)) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut chars = after.chars();
            if let Some(control) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(control))?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// One line for people on stderr. A stderr that is gone has no one to tell.
pub(super) fn tell(line: &str) {
    writeln!(io::stderr(), "{line}").ok();
}

/// One sentence about what went wrong, on stderr, under the program's name.
pub fn complain(sentence: &str) {
    tell(&format!("twinport: {}", printable(sentence)));
}

/// The text with whatever a terminal would obey or hide (controls, escape sequences, direction marks) written out as
/// `\n`, `\x1b`, `\u{202e}`: a server chooses its file names, and must not draw on the user's terminal.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() && u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// Aligned columns, two spaces apart: every row is measured first, then written. The last column is never padded, and empty
/// ones are left out.
pub(super) struct Columns<const N: usize> {
    widths: [usize; N],
    /// Which columns end flush.
    right: [bool; N],
}

impl<const N: usize> Columns<N> {
    pub(super) fn new(right: [bool; N]) -> Self {
        Self { widths: [0; N], right }
    }

    /// Makes room for that row.
    pub(super) fn fit(&mut self, row: &[String; N]) {
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }

    pub(super) fn line(&self, row: &[String; N]) -> String {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = self.widths[at];
            if width == 0 {
                continue;
            }
            if !line.is_empty() {
                line.push_str("  ");
            }
            let missing = width.saturating_sub(cell.chars().count());
            if self.right[at] {
                line.extend(std::iter::repeat_n(' ', missing));
            }
            line.push_str(cell);
            if !self.right[at] && at + 1 < N {
                line.extend(std::iter::repeat_n(' ', missing));
            }
        }
        line
    }
}

/// A few rows as aligned columns.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]], right: [bool; N]) -> Vec<String> {
    let mut columns = Columns::new(right);
    rows.iter().for_each(|row| columns.fit(row));
    rows.iter().map(|row| columns.line(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\n\r\t\x7f\u{9b}c"), "a\\x1b[2Jb\\n\\r\\t\\x7f\\x9bc");
        assert_eq!(printable("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
        assert_eq!(printable("größe 日本 \"x\" %20"), "größe 日本 \"x\" %20");
    }

    #[test]
    fn json_holds_no_control_that_a_terminal_obeys() {
        let mut written = Vec::new();
        let text = "a\u{9b}2J\x1b\u{7f}é\u{85}";
        text.serialize(&mut Serializer::with_formatter(&mut written, Escaping)).expect("json");
        assert_eq!(String::from_utf8_lossy(&written), r#""a\u009b2J\u001b\u007fé\u0085""#);
        assert_eq!(serde_json::from_slice::<String>(&written).expect("read back"), text);
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let rows = [["drwx", "", "5", "a b"], ["-", "", "12345", "c"]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows, [false, false, true, false]), ["drwx      5  a b", "-     12345  c"]);
    }
}
