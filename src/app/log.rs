//! The message log: the last lines, and whether something went wrong.

use std::collections::VecDeque;

use crate::engine::message::{LogKind, LogLine};

/// More than this nobody reads; older lines go.
const LINES: usize = 10_000;

/// The dialogue with the servers.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    /// How many lines came in all: tells whether there is something new.
    pub total: u64,
    /// The last line that tells of something that went wrong, until the log is cleared or a new connection begins.
    pub error: Option<LogLine>,
}

impl Log {
    /// The lines, oldest first.
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// The newest line.
    pub fn last(&self) -> Option<&LogLine> {
        self.lines.back()
    }

    pub(super) fn add(&mut self, new: Vec<LogLine>) {
        for line in new {
            if line.kind == LogKind::Error {
                self.error = Some(line.clone());
            }
            if self.lines.len() == LINES {
                self.lines.pop_front();
            }
            self.lines.push_back(line);
            self.total += 1;
        }
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.error = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn the_log_keeps_the_last_lines_and_the_last_error() {
        let line = |n: usize, kind| LogLine { at: SystemTime::UNIX_EPOCH, session: 1, kind, text: n.to_string() };
        let mut log = Log::default();
        log.add(vec![line(0, LogKind::Error)]);
        log.add((1..=LINES).map(|n| line(n, LogKind::Sent)).collect());
        assert_eq!(log.lines().len(), LINES);
        assert_eq!(log.lines().front().map(|line| line.text.as_str()), Some("1"));
        assert_eq!(log.total, LINES as u64 + 1);
        assert_eq!(log.error.as_ref().map(|line| line.text.as_str()), Some("0"));
        log.clear();
        assert!(log.lines().is_empty() && log.error.is_none());
    }
}
