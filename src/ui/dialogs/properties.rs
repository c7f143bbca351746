//! Properties of files and folders, and their permissions: nine check boxes and an octal number that follow each other. What
//! differs between several things, or is not known, is shown as that, and only what the user moves is changed.

use egui::{Checkbox, Grid, Label, RichText, TextEdit, Ui};

use crate::app::{Action, Actions, Item, Location, Model, Properties, Side, words};
use crate::domain::{EntryKind, ModeChange, ModeScope, Permissions, bytes};
use crate::ui::dialogs::parts::{field, footer, hint, label_cell, modal, plain, primary, section, text_edit};
use crate::ui::{format, theme};

/// What is shown, and what of it was moved.
pub(super) struct PropertiesDialog {
    properties: Properties,
    /// Bits that are on in all of them, and in some; `None` where the mode of any is not known.
    before: Option<(u16, u16)>,
    /// Bits that the user switched on, and off; the others stay as they are.
    set: u16,
    clear: u16,
    octal: String,
    recursive: bool,
    scope: ModeScope,
    keeps_execute: bool,
}

/// The three rows of check boxes: whose, and the highest bit of theirs.
const ROWS: [(&str, u16); 3] = [("User", 0o400), ("Group", 0o040), ("Others", 0o004)];
/// The three columns, and how far their bit is from the row's highest.
const COLUMNS: [(&str, u16); 3] = [("read", 0), ("write", 1), ("execute", 2)];

impl PropertiesDialog {
    pub(super) fn new(properties: &Properties) -> Self {
        let modes = properties.items.iter().map(|item| item.entry.permissions.map(|mode| mode.0 & 0o7777));
        let before = modes
            .map(|mode| mode.map(|mode| (mode, mode)))
            .reduce(|some, one| Some((some?.0 & one?.0, some?.1 | one?.1)))
            .flatten();
        let mut dialog = Self {
            properties: properties.clone(),
            before,
            set: 0,
            clear: 0,
            octal: String::new(),
            recursive: false,
            scope: ModeScope::All,
            keeps_execute: true,
        };
        dialog.octal = dialog.digits();
        dialog
    }

    /// Whether a bit is on; `None` where it is in some, or nobody knows.
    fn bit(&self, bit: u16) -> Option<bool> {
        match self.before {
            _ if self.set & bit != 0 => Some(true),
            _ if self.clear & bit != 0 => Some(false),
            Some((all, some)) if all & bit == some & bit => Some(all & bit != 0),
            _ => None,
        }
    }

    /// The mode, where all of its bits are known and the same.
    fn mode(&self) -> Option<u16> {
        let bits = (0..9).map(|at| 1 << at);
        let mode = bits.map(|bit| self.bit(bit).map(|on| if on { bit } else { 0 })).sum::<Option<u16>>()?;
        let special = (9..12).map(|at| 1 << at).filter(|bit| self.bit(*bit) == Some(true)).sum::<u16>();
        Some(mode | special)
    }

    /// What the field shows: nothing where the bits differ or are not known.
    fn digits(&self) -> String {
        self.mode().map(|mode| Permissions(mode).octal()).unwrap_or_default()
    }

    /// The user switched that bit: on, off, and where it differs back to as it is.
    fn switch(&mut self, bit: u16) {
        let differs = self.before.is_none_or(|(all, some)| all & bit != some & bit);
        match self.bit(bit) {
            None => self.set |= bit,
            Some(true) => (self.set, self.clear) = (self.set & !bit, self.clear | bit),
            Some(false) if differs => self.clear &= !bit,
            Some(false) => (self.set, self.clear) = (self.set | bit, self.clear & !bit),
        }
        // Back where it was.
        if let Some((all, some)) = self.before
            && all & bit == some & bit
        {
            if all & bit != 0 { self.set &= !bit } else { self.clear &= !bit }
        }
        self.octal = self.digits();
    }

    /// What OK does; `None` = nothing.
    fn change(&self) -> Option<ModeChange> {
        let keeps_execute = self.recursive && self.keeps_execute;
        let scope = if self.recursive { self.scope } else { ModeScope::All };
        let moved = ModeChange { set: self.set, clear: self.clear, applies_to: scope, keeps_execute };
        // The same for all that is inside: the mode that is shown, though nobody moved it.
        let whole = self.mode().filter(|_| self.recursive && moved.is_empty()).map(ModeChange::to);
        let change = whole.map_or(moved, |whole| ModeChange { applies_to: scope, keeps_execute, ..whole });
        (!change.is_empty()).then_some(change)
    }

    /// Whether the octal field holds nothing that can be understood.
    fn is_wrong(&self) -> bool {
        !(self.octal.is_empty() && self.digits().is_empty()) && parse_octal(&self.octal).is_none()
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
            let right = !self.is_wrong();
            footer(ui, |ui| {
                if settable {
                    let ok = primary(ui, "OK", right);
                    crate::ui::dialogs::focus_once(ui, &ok);
                    if ok.clicked() {
                        let recursive = self.recursive;
                        answer = Some(
                            self.change()
                                .map_or(Action::CloseDialog, |change| Action::SetPermissions { change, recursive }),
                        );
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
        let mut switched = None;
        Grid::new("permissions").num_columns(4).spacing([24.0, 4.0]).min_col_width(64.0).show(ui, |ui| {
            for (whose, highest) in ROWS {
                ui.label(whose);
                for (what, shift) in COLUMNS {
                    let bit = highest >> shift;
                    let state = self.bit(bit);
                    let mut on = state == Some(true);
                    let name = format!("{whose} {what}");
                    let check = Checkbox::new(&mut on, what).indeterminate(state.is_none());
                    if ui.add(check).accessible_name(name).changed() {
                        switched = Some(bit);
                    }
                }
                ui.end_row();
            }
        });
        if let Some(bit) = switched {
            self.switch(bit);
        }
        let problem = self.is_wrong();
        let octal =
            field(ui, "Octal", |ui| text_edit(ui, TextEdit::singleline(&mut self.octal).char_limit(4), 72.0, problem));
        if octal.changed()
            && let Some(mode) = parse_octal(&self.octal)
        {
            let change = ModeChange::to(mode);
            let special = if self.octal.len() == 4 { 0o7000 } else { 0 };
            (self.set, self.clear) = (change.set, change.clear | (!mode & special));
        }
        let shown = match (self.mode(), self.before) {
            (Some(mode), _) => Permissions(mode).to_string(),
            (None, None) => "Not known. What you do not touch stays as it is.".to_owned(),
            (None, Some(_)) => "They differ. What you do not touch stays as it is.".to_owned(),
        };
        hint(ui, &shown, problem.then_some("Three or four digits from 0 to 7"));
        let folders = properties.items.iter().any(|item| item.entry.kind == EntryKind::Directory);
        if folders && properties.side == Side::Remote {
            ui.checkbox(&mut self.recursive, "Also everything inside of folders");
            if self.recursive {
                self.inside(ui);
            }
        }
    }

    /// What of the things inside of folders is meant.
    fn inside(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            for (scope, text) in [
                (ModeScope::All, "Files and folders"),
                (ModeScope::Files, "Files only"),
                (ModeScope::Folders, "Folders only"),
            ] {
                ui.radio_value(&mut self.scope, scope, text);
            }
        });
        ui.checkbox(&mut self.keeps_execute, "Files get “execute” only where they have it; folders stay open (X)");
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
