//! Asks for a name: another one, or that of a new folder or file.

use egui::Ui;

use crate::app::{Action, Actions, Prompt, PromptFor, Side, words};
use crate::domain::EntryKind;
use crate::ui::dialogs::parts::{entered, field, focus_and_select, footer, hint, input, modal, plain, primary};

/// What is typed.
pub(super) struct PromptDialog {
    prompt: Prompt,
    text: String,
    fresh: bool,
}

impl PromptDialog {
    pub(super) fn new(prompt: &Prompt) -> Self {
        Self { prompt: prompt.clone(), text: prompt.initial.clone(), fresh: true }
    }

    pub(super) fn is_for(&self, prompt: &Prompt) -> bool {
        self.prompt == *prompt
    }

    pub(super) fn show(&mut self, ui: &Ui, prompt: &Prompt, actions: &mut Actions) {
        let (title, is_file) = match &prompt.what {
            PromptFor::Rename(item) => (words::RENAME, item.entry.kind != EntryKind::Directory),
            PromptFor::NewFolder(_) => (words::NEW_FOLDER, false),
            PromptFor::NewFile(_) => (words::NEW_FILE, true),
        };
        let problem = problem(&self.text, prompt.side);
        let usable = problem.is_none() && !self.text.is_empty();
        let shown = modal(ui, title, 440.0, |ui| {
            let name = field(ui, words::NAME, |ui| {
                let width = ui.available_width();
                input(ui, &mut self.text, width, problem.is_some())
            });
            if std::mem::take(&mut self.fresh) {
                focus_and_select(&name, 0, stem(&self.text, is_file));
            }
            hint(ui, " ", problem);
            let mut answer = None;
            if entered(&name) {
                answer = Some(usable);
            }
            footer(ui, |ui| {
                if primary(ui, "OK", usable).clicked() {
                    answer = Some(true);
                }
                if plain(ui, words::CANCEL).clicked() {
                    answer = Some(false);
                }
            });
            match answer {
                // Enter on a name that cannot be: the cursor stays where it is.
                Some(false) if entered(&name) => {
                    name.request_focus();
                    None
                }
                answer => answer,
            }
        });
        match shown.inner {
            Some(true) => actions.push(Action::SubmitPrompt(std::mem::take(&mut self.text))),
            Some(false) => actions.push(Action::CloseDialog),
            None if shown.escaped => actions.push(Action::CloseDialog),
            None => {}
        }
    }
}

/// How many characters are the name without its extension; `.profile` has none, `a.tar.gz` has `.tar.gz`.
fn stem(name: &str, is_file: bool) -> usize {
    let all = name.chars().count();
    if !is_file {
        return all;
    }
    let Some(dot) = name.rfind('.').filter(|dot| *dot > 0) else { return all };
    let stem = &name[..dot];
    let stem = stem.strip_suffix(".tar").filter(|stem| !stem.is_empty()).unwrap_or(stem);
    stem.chars().count()
}

fn problem(name: &str, side: Side) -> Option<&'static str> {
    if name == "." || name == ".." {
        return Some("That name means a folder itself.");
    }
    if name.contains(['\r', '\n', '\0']) {
        return Some("A name has only one line.");
    }
    let separator = match side {
        Side::Remote => name.contains('/'),
        Side::Local => name.chars().any(std::path::is_separator),
    };
    separator.then_some("A name has no slash in it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_not_selected() {
        for (name, length) in [("a.txt", 1), ("größe.tar.gz", 5), (".profile", 8), ("README", 6), (".tar.gz", 4)] {
            assert_eq!(stem(name, true), length, "{name}");
        }
        assert_eq!(stem("folder.d", false), 8);
    }
}
