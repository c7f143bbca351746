//! Asks before deleting: how many, what, and whether it can be taken back.

use egui::{Label, RichText, Ui};

use crate::app::{Action, Actions, Deletion, Side, words};
use crate::domain::EntryKind;
use crate::ui::dialogs::parts::{danger, footer, modal, note, plain, primary};
use crate::ui::theme;

/// So many names are shown; who deletes more reads no list.
const NAMES: usize = 6;

pub(super) fn show(ui: &Ui, deletion: &Deletion, actions: &mut Actions) {
    let shown = modal(ui, words::DELETE, 440.0, |ui| {
        let look = theme::palette(ui);
        ui.add(Label::new(question(deletion)).wrap());
        if let Some(why) = &deletion.why {
            note(ui, "", Some(why));
        }
        if deletion.items.len() > 1 {
            for item in deletion.items.iter().take(NAMES) {
                let text =
                    if item.entry.kind == EntryKind::Directory { format!("{}/", item.name) } else { item.name.clone() };
                ui.add(Label::new(RichText::new(text).monospace().color(look.weak)).truncate());
            }
            if deletion.items.len() > NAMES {
                note(ui, &format!("and {} more", words::grouped(deletion.items.len() - NAMES)), None);
            }
        }
        let fate = match (deletion.side, deletion.for_good, deletion.items.len()) {
            (Side::Local, false, 1) => "It goes to the trash.",
            (Side::Local, false, _) => "They go to the trash.",
            _ => "This cannot be undone.",
        };
        note(ui, fate, None);
        let mut answer = None;
        footer(ui, |ui| {
            let delete = if deletion.for_good { danger(ui, words::DELETE) } else { primary(ui, words::DELETE, true) };
            crate::ui::dialogs::focus_once(ui, &delete);
            if delete.clicked() {
                answer = Some(Action::ConfirmDelete);
            }
            if plain(ui, words::CANCEL).clicked() {
                answer = Some(Action::CloseDialog);
            }
        });
        answer
    });
    if let Some(action) = shown.inner.or(shown.escaped.then_some(Action::CloseDialog)) {
        actions.push(action);
    }
}

fn question(deletion: &Deletion) -> String {
    let place = match deletion.side {
        Side::Local => "from this computer",
        Side::Remote => "from the server",
    };
    let folders = deletion.items.iter().any(|item| item.entry.kind == EntryKind::Directory);
    let with = if folders { ", with everything in it," } else { "" };
    match &deletion.items[..] {
        [only] if only.entry.kind == EntryKind::Link => {
            format!("Delete the link “{}” {place}? What it leads to stays.", only.name)
        }
        [only] => format!("Delete “{}”{with} {place}?", only.name),
        items => {
            let with = if folders { ", folders with everything in them," } else { "" };
            format!("Delete {}{with} {place}?", words::items(items))
        }
    }
}
