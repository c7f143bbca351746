//! Properties of files and folders, and their permissions: nine check boxes and an octal number that follow each other.

use egui::{Grid, Label, RichText, TextEdit, Ui};

use super::super::{format, theme};
use super::parts::{field, footer, hint, label_cell, modal, plain, primary, section, text_edit};
use crate::app::{Action, Actions, Item, Location, Model, Properties, Side, words};
use crate::domain::{EntryKind, Permissions, bytes};

/// What is set.
pub(super) struct PropertiesDialog {
    properties: Properties,
    before: Option<u16>,
    mode: u16,
    octal: String,
    recursive: bool,
}

/// The three rows of check boxes: whose, and the highest bit of theirs.
const ROWS: [(&str, u16); 3] = [("User", 0o400), ("Group", 0o040), ("Others", 0o004)];
/// The three columns, and how far their bit is from the row's highest.
const COLUMNS: [(&str, u16); 3] = [("read", 0), ("write", 1), ("execute", 2)];

impl PropertiesDialog {
    pub(super) fn new(properties: &Properties) -> Self {
        // Of several items those of the first are where one begins; only the same of all are "unchanged".
        let mut modes = properties.items.iter().map(|item| item.entry.permissions);
        let first = modes.next().flatten();
        let before = first.filter(|first| modes.all(|mode| mode == Some(*first))).map(|mode| mode.0 & 0o7777);
        let folder = properties.items.first().is_some_and(|item| item.entry.kind == EntryKind::Directory);
        let mode = first.map_or(if folder { 0o755 } else { 0o644 }, |mode| mode.0 & 0o7777);
        Self { properties: properties.clone(), before, mode, octal: Permissions(mode).octal(), recursive: false }
    }

    pub(super) fn is_for(&self, properties: &Properties) -> bool {
        self.properties == *properties
    }

    pub(super) fn show(&mut self, ui: &Ui, properties: &Properties, model: &Model, actions: &mut Actions) {
        // Windows knows no such permissions of local files.
        let settable = properties.side == Side::Remote || cfg!(unix);
        let shown = modal(ui, words::PROPERTIES, 460.0, |ui| {
            match &properties.items[..] {
                [only] => facts(ui, only, model),
                items => summary(ui, items),
            }
            if settable {
                self.permissions(ui, properties);
            }
            let mut answer = None;
            let typed = parse_octal(&self.octal);
            footer(ui, |ui| {
                if settable {
                    let ok = primary(ui, "OK", typed.is_some());
                    super::focus_once(ui, &ok);
                    if ok.clicked() {
                        let changes = self.before != typed || self.recursive;
                        answer = Some(typed.filter(|_| changes).map_or(Action::CloseDialog, |mode| {
                            Action::SetPermissions { mode, recursive: self.recursive }
                        }));
                    }
                }
                if plain(ui, if settable { words::CANCEL } else { "Close" }).clicked() {
                    answer = Some(Action::CloseDialog);
                }
            });
            answer
        });
        if let Some(action) = shown.inner.or(shown.escaped.then_some(Action::CloseDialog)) {
            actions.push(action);
        }
    }

    fn permissions(&mut self, ui: &mut Ui, properties: &Properties) {
        section(ui, words::PERMISSIONS);
        let mut changed = false;
        Grid::new("permissions").num_columns(4).spacing([24.0, 4.0]).min_col_width(64.0).show(ui, |ui| {
            for (whose, highest) in ROWS {
                ui.label(whose);
                for (what, shift) in COLUMNS {
                    let bit = highest >> shift;
                    let mut on = self.mode & bit != 0;
                    let name = format!("{whose} {what}");
                    let response = ui.checkbox(&mut on, what).accessible_name(name);
                    if response.changed() {
                        self.mode ^= bit;
                        changed = true;
                    }
                }
                ui.end_row();
            }
        });
        if changed {
            self.octal = Permissions(self.mode).octal();
        }
        let problem = parse_octal(&self.octal).is_none();
        let octal =
            field(ui, "Octal", |ui| text_edit(ui, TextEdit::singleline(&mut self.octal).char_limit(4), 72.0, problem));
        if octal.changed()
            && let Some(mode) = parse_octal(&self.octal)
        {
            self.mode = mode;
        }
        hint(ui, &Permissions(self.mode).to_string(), problem.then_some("Three or four digits from 0 to 7"));
        let folders = properties.items.iter().any(|item| item.entry.kind == EntryKind::Directory);
        if folders && properties.side == Side::Remote {
            ui.checkbox(&mut self.recursive, "Also everything inside of folders");
        }
    }
}

fn facts(ui: &mut Ui, item: &Item, model: &Model) {
    let entry = &item.entry;
    fact(ui, words::NAME, &item.name);
    let path = match &item.at {
        Location::Local(path) => path.display().to_string(),
        Location::Remote(path) => path.text(&model.charset(Side::Remote)),
    };
    fact(ui, "Path", &path);
    let kind = match entry.kind {
        EntryKind::File => words::FILE,
        EntryKind::Directory => words::FOLDER,
        EntryKind::Link => words::LINK,
        EntryKind::Other => words::OTHER,
    };
    fact(ui, words::KIND, kind);
    if let Some(size) = entry.size.filter(|_| entry.kind == EntryKind::File) {
        let grouped = words::grouped(usize::try_from(size).unwrap_or(usize::MAX));
        fact(ui, words::SIZE, &format!("{} ({grouped} bytes)", bytes(size)));
    }
    if let Some(modified) = entry.modified {
        let exact = modified.iso().replace('T', " ");
        let text = match exact.strip_suffix('Z') {
            Some(utc) => format!("{} ({utc} UTC)", format::time(modified)),
            None => format!("{exact}, the server's clock"),
        };
        fact(ui, words::MODIFIED, &text);
    }
    let owner: Vec<&str> = [&entry.owner, &entry.group].into_iter().flatten().map(|name| &**name).collect();
    if !owner.is_empty() {
        fact(ui, words::OWNER, &owner.join(" : "));
    }
    if let Some(target) = &entry.target {
        fact(ui, "Points to", &model.charset(item.at.side()).show(target));
    }
}

fn summary(ui: &mut Ui, items: &[Item]) {
    fact(ui, "Selected", &words::items(items));
    let size: u64 =
        items.iter().filter(|item| item.entry.kind == EntryKind::File).filter_map(|item| item.entry.size).sum();
    fact(ui, words::SIZE, &format!("{} (folders not counted)", bytes(size)));
}

fn fact(ui: &mut Ui, name: &str, value: &str) {
    let look = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.set_height(20.0);
        label_cell(ui, name);
        ui.add(Label::new(RichText::new(value).color(look.text)).truncate().selectable(true)).on_hover_text(value);
    });
}

fn parse_octal(text: &str) -> Option<u16> {
    let digits = matches!(text.len(), 3 | 4) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if digits { u16::from_str_radix(text, 8).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_is_three_or_four_digits_below_eight() {
        assert_eq!(parse_octal("755"), Some(0o755));
        assert_eq!(parse_octal("4755"), Some(0o4755));
        for bad in ["", "75", "788", "07555", "7 5", "+75"] {
            assert_eq!(parse_octal(bad), None, "{bad}");
        }
    }
}
