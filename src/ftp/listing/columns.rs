//! A line as words between blanks, with their places: most listings are columns, and a name may hold anything.

/// The first words of a line; a name may hold any number more.
pub(super) struct Columns<'a> {
    line: &'a [u8],
    words: [&'a [u8]; WORDS],
    starts: [usize; WORDS],
    count: usize,
}

impl<'a> Columns<'a> {
    /// The words from this byte on.
    pub(super) fn new(line: &'a [u8], from: usize) -> Self {
        let mut columns = Self { line, words: [b""; WORDS], starts: [0; WORDS], count: 0 };
        let mut at = from;
        while columns.count < WORDS {
            at += line[at..].iter().take_while(|b| is_blank(**b)).count();
            let length = line[at..].iter().take_while(|b| !is_blank(**b)).count();
            if length == 0 {
                break;
            }
            columns.words[columns.count] = &line[at..at + length];
            columns.starts[columns.count] = at;
            columns.count += 1;
            at += length;
        }
        columns
    }

    /// The words.
    pub(super) fn words(&self) -> &[&'a [u8]] {
        &self.words[..self.count]
    }

    /// One of them; empty where there is none.
    pub(super) fn word(&self, word: usize) -> &'a [u8] {
        self.words().get(word).copied().unwrap_or_default()
    }

    /// Where a word begins.
    pub(super) fn start(&self, word: usize) -> usize {
        self.starts[word]
    }

    /// Where a word ends.
    pub(super) fn end(&self, word: usize) -> usize {
        self.starts[word] + self.words[word].len()
    }

    /// From the beginning of a word to the end of the line; empty where there is no such word.
    pub(super) fn rest(&self, word: usize) -> &'a [u8] {
        if word < self.count { &self.line[self.starts[word]..] } else { b"" }
    }

    /// The words of a range, with what stands between them.
    pub(super) fn text(&self, words: std::ops::Range<usize>) -> &'a [u8] {
        if words.is_empty() || words.end > self.count {
            return b"";
        }
        &self.line[self.start(words.start)..self.end(words.end - 1)]
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether this is a number: one digit or more, and nothing else.
pub(super) fn is_number(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}

/// The number; `None` where it is none, or too large.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    if !is_number(word) || word.len() > 20 {
        return None;
    }
    word.iter().try_fold(0u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

/// Permissions, links, owner and group with blanks (Cygwin's have many), size, the longest date: never more.
pub(super) const WORDS: usize = 24;
