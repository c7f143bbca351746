//! "The file exists": asked on the terminal, one question at a time, answered with a letter; a capital letter answers for
//! all that follow. The queue goes on meanwhile.

use std::collections::VecDeque;
use std::io;
use std::io::{BufRead, Write};
use std::thread;

use crossbeam_channel::{Receiver, bounded, never};

use crate::cli::output::printable;
use crate::cli::screen::Screen;
use crate::domain::{QuestionId, bytes};
use crate::engine::message::{Answer, Command, ConflictPolicy, Direction, FileFacts, Question};

/// The questions that came, and the one that stands on the screen.
pub(super) struct Questions {
    waiting: VecDeque<(QuestionId, Question)>,
    asked: Option<QuestionId>,
    /// What the user types; nothing unless a line is awaited.
    lines: Receiver<Option<String>>,
    /// Nobody answers any more: the input ended.
    silent: bool,
}

impl Questions {
    /// None so far.
    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::new(), asked: None, lines: never(), silent: false }
    }

    /// Where the user's line comes.
    pub(super) fn lines(&self) -> &Receiver<Option<String>> {
        &self.lines
    }

    /// One more; it is asked when it is its turn.
    pub(super) fn add(&mut self, id: QuestionId, question: Question, screen: &Screen) -> Option<Command> {
        if self.silent {
            return Some(leave(id));
        }
        self.waiting.push_back((id, question));
        if self.asked.is_none() {
            self.ask(screen);
        }
        None
    }

    /// It is moot. Where it stands on the screen, the line that is typed will be taken for nothing.
    pub(super) fn withdraw(&mut self, id: QuestionId) {
        self.waiting.retain(|(waiting, _)| *waiting != id);
    }

    /// The user typed a line (`None` = the end of the input): the answers to send.
    pub(super) fn hear(&mut self, line: Option<String>, screen: &Screen) -> Vec<Command> {
        self.lines = never();
        screen.unhide();
        let Some(asked) = self.asked.take() else { return Vec::new() };
        let mut commands = Vec::new();
        match line {
            None => {
                self.silent = true;
                commands.extend(self.waiting.drain(..).map(|(id, _)| leave(id)));
            }
            Some(line) => {
                if let (Some((policy, for_all)), Some((id, _))) = (policy(&line), self.waiting.front())
                    && *id == asked
                {
                    let answer = Answer::OnExists { policy, for_all };
                    commands.push(Command::Answer { question: asked, answer });
                    self.waiting.pop_front();
                }
                self.ask(screen);
            }
        }
        commands
    }

    /// Puts the first of the waiting ones on the screen and waits for a line, on a thread that may block.
    fn ask(&mut self, screen: &Screen) {
        let Some((id, question)) = self.waiting.front() else { return };
        screen.hide();
        write!(io::stderr(), "{}", words(question)).ok();
        let (sender, lines) = bounded(1);
        // A thread that could not be started has dropped the sender: that is heard as the end of the input.
        let reader = move || {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            sender.send(matches!(read, Ok(1..)).then_some(line)).ok();
        };
        thread::Builder::new().name("answer".into()).spawn(reader).ok();
        (self.asked, self.lines) = (Some(*id), lines);
    }
}

/// Leaves the file as it is.
fn leave(question: QuestionId) -> Command {
    Command::Answer { question, answer: Answer::OnExists { policy: ConflictPolicy::Skip, for_all: false } }
}

/// The policy of a letter, and whether it is for all; `None` where it is no such letter.
fn policy(line: &str) -> Option<(ConflictPolicy, bool)> {
    let mut letters = line.trim().chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else { return None };
    let policy = match letter.to_ascii_lowercase() {
        'o' => ConflictPolicy::Overwrite,
        'n' => ConflictPolicy::Newer,
        'z' => ConflictPolicy::Size,
        'r' => ConflictPolicy::Resume,
        'k' => ConflictPolicy::Rename,
        's' => ConflictPolicy::Skip,
        _ => return None,
    };
    Some((policy, letter.is_ascii_uppercase()))
}

fn words(question: &Question) -> String {
    let Question::FileExists { direction, source, target, .. } = question else { return String::new() };
    let place = match direction {
        Direction::Download => "here",
        Direction::Upload => "on the server",
    };
    format!(
        "\n“{}” exists {place}.\n  there already: {}\n  would come:    {}\n\
         [o]verwrite, if [n]ewer, if si[z]e differs, [r]esume, [k]eep both, [s]kip (a capital letter: for all) ? ",
        printable(&target.path),
        facts(target),
        facts(source)
    )
}

fn facts(facts: &FileFacts) -> String {
    let size = facts.size.map_or_else(|| "unknown size".to_owned(), bytes);
    match facts.modified {
        Some(time) => format!("{size}, {}", time.short()),
        None => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_an_answer_and_a_capital_one_is_for_all() {
        assert_eq!(policy("o\n"), Some((ConflictPolicy::Overwrite, false)));
        assert_eq!(policy(" S \r\n"), Some((ConflictPolicy::Skip, true)));
        assert_eq!(policy("k"), Some((ConflictPolicy::Rename, false)));
        for nonsense in ["", "\n", "x", "overwrite", "é"] {
            assert_eq!(policy(nonsense), None, "{nonsense}");
        }
    }
}
