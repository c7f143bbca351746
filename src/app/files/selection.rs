//! What is selected in a pane, and where the keyboard's cursor is. Kept by entry, so that sorting changes nothing.

use std::collections::HashMap;

use crate::domain::Entry;

use crate::app::files::rows::{Row, Rows, Totals};

/// The selected entries, the cursor, and where a range began.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    marks: Vec<bool>,
    count: usize,
    /// The row that keys start from; also the one that `Enter` opens.
    pub cursor: Option<Row>,
    anchor: Option<Row>,
}

/// How a row was clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Click {
    /// Plainly: only this one.
    Only,
    /// With Ctrl: this one too, or no longer.
    Toggle,
    /// With Shift: from where the range began to this one.
    Range,
    /// With the right button: this one, unless it is part of the selection.
    Menu,
}

/// Where a key moves the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// One row.
    Up,
    /// One row.
    Down,
    /// So many rows.
    PageUp(usize),
    /// So many rows.
    PageDown(usize),
    /// The first row.
    Home,
    /// The last row.
    End,
}

impl Motion {
    /// The row that it leads to, of `rows` of them, where the cursor is at `here`; `None` = there is no row.
    pub fn target(self, here: Option<usize>, rows: usize) -> Option<usize> {
        let last = rows.checked_sub(1)?;
        Some(match (self, here) {
            (Self::Home, _) | (Self::Down | Self::PageDown(_), None) => 0,
            (Self::End, _) | (Self::Up | Self::PageUp(_), None) => last,
            (Self::Up, Some(at)) => at.saturating_sub(1),
            (Self::Down, Some(at)) => (at + 1).min(last),
            (Self::PageUp(page), Some(at)) => at.saturating_sub(page.max(1)),
            (Self::PageDown(page), Some(at)) => (at + page.max(1)).min(last),
        })
    }
}

impl Selection {
    /// Whether that entry is selected.
    pub fn contains(&self, index: usize) -> bool {
        self.marks.get(index).copied().unwrap_or(false)
    }

    /// How many entries are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether a row is drawn as selected: `..` is while the cursor is on it alone.
    pub fn shows(&self, row: Row) -> bool {
        match row {
            Row::Entry(index) => self.contains(index),
            Row::Parent => self.count == 0 && self.cursor == Some(Row::Parent),
        }
    }

    /// How much is selected.
    pub fn totals(&self, entries: &[Entry]) -> Totals {
        let mut totals = Totals::default();
        if self.count > 0 {
            entries.iter().zip(&self.marks).filter(|(_, on)| **on).for_each(|(entry, _)| totals.add(entry));
        }
        totals
    }

    pub(crate) fn resize(&mut self, entries: usize) {
        self.marks.resize(entries, false);
        self.recount();
    }

    pub(crate) fn click(&mut self, rows: &Rows, row: Row, how: Click) {
        match (how, row) {
            (Click::Menu, Row::Entry(index)) if self.contains(index) => self.cursor = Some(row),
            (Click::Only | Click::Menu, _) => {
                self.clear();
                self.mark(row, true);
                self.start_at(row);
            }
            (Click::Toggle, Row::Entry(index)) => {
                self.mark(row, !self.contains(index));
                self.start_at(row);
            }
            (Click::Toggle, Row::Parent) => self.cursor = Some(row),
            (Click::Range, _) => self.range_to(rows, row),
        }
    }

    pub(crate) fn move_cursor(&mut self, rows: &Rows, motion: Motion, extend: bool) {
        let here = self.cursor.and_then(|row| rows.position(row));
        let Some(row) = motion.target(here, rows.len()).and_then(|to| rows.row(to)) else { return };
        self.click(rows, row, if extend { Click::Range } else { Click::Only });
    }

    pub(crate) fn select_all(&mut self, rows: &Rows) {
        self.clear();
        for index in rows.entries() {
            self.mark(Row::Entry(index), true);
        }
    }

    /// What the filter hides is not selected: nobody deletes what he does not see.
    pub(crate) fn keep_visible(&mut self, rows: &Rows) {
        if self.count > 0 {
            let mut marks = vec![false; self.marks.len()];
            rows.entries().filter(|index| self.contains(*index)).for_each(|index| marks[index] = true);
            self.marks = marks;
            self.recount();
        }
        let visible = |row: &Row| rows.position(*row).is_some();
        self.cursor = self.cursor.filter(visible);
        self.anchor = self.anchor.filter(visible);
    }

    /// The same names in another listing of the directory.
    pub(crate) fn follow(&mut self, old: &[Entry], new: &[Entry]) {
        let entry = |row: Option<Row>| match row {
            Some(Row::Entry(index)) => Some(index),
            _ => None,
        };
        let marked = self.marks.iter().enumerate().filter(|(_, on)| **on).map(|(index, _)| index);
        // Only what is looked for, not the whole directory: that can be a million names.
        let wanted: HashMap<&[u8], usize> = marked
            .chain([entry(self.cursor), entry(self.anchor)].into_iter().flatten())
            .filter_map(|index| Some((&*old.get(index)?.name, index)))
            .collect();
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut marks = vec![false; new.len()];
        if !wanted.is_empty() {
            for (index, entry) in new.iter().enumerate() {
                if let Some(was) = wanted.get(&*entry.name) {
                    places.insert(*was, index);
                    marks[index] = self.contains(*was);
                }
            }
        }
        let moved = |row: Option<Row>| match row {
            Some(Row::Entry(index)) => places.get(&index).copied().map(Row::Entry),
            other => other,
        };
        (self.cursor, self.anchor) = (moved(self.cursor), moved(self.anchor));
        self.marks = marks;
        self.recount();
    }

    pub(crate) fn clear(&mut self) {
        self.marks.fill(false);
        self.count = 0;
    }

    fn start_at(&mut self, row: Row) {
        self.cursor = Some(row);
        self.anchor = Some(row);
    }

    fn mark(&mut self, row: Row, on: bool) {
        let Row::Entry(index) = row else { return };
        if let Some(mark) = self.marks.get_mut(index)
            && *mark != on
        {
            *mark = on;
            self.count = if on { self.count + 1 } else { self.count - 1 };
        }
    }

    fn range_to(&mut self, rows: &Rows, row: Row) {
        let Some(to) = rows.position(row) else { return };
        let from = self.anchor.or(self.cursor).and_then(|row| rows.position(row)).unwrap_or(0);
        self.clear();
        for at in from.min(to)..=from.max(to) {
            if let Some(row) = rows.row(at) {
                self.mark(row, true);
            }
        }
        self.anchor = rows.row(from);
        self.cursor = Some(row);
    }

    fn recount(&mut self) {
        self.count = self.marks.iter().filter(|on| **on).count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::files::columns::{Column, Sort};
    use crate::app::files::rows::View;
    use crate::domain::{Charset, EntryKind, Listing};

    fn view(sort: Sort, filter: &str) -> View {
        View { sort, filter: filter.into(), show_hidden: true, parent: true }
    }

    fn pane(names: &[&str]) -> (Vec<Entry>, Rows, Selection) {
        let entries: Vec<Entry> = names.iter().map(|name| Entry::new(*name, EntryKind::File)).collect();
        let listing = Listing { entries: entries.clone(), ..Listing::default() };
        let by_name = Sort { column: Column::Name, descending: false };
        let rows = Rows::new(&listing, &Charset::Auto, &view(by_name, ""));
        let mut selection = Selection::default();
        selection.resize(entries.len());
        (entries, rows, selection)
    }

    fn chosen(selection: &Selection) -> Vec<usize> {
        (0..selection.marks.len()).filter(|index| selection.contains(*index)).collect()
    }

    #[test]
    fn clicks_select_as_in_a_file_manager() {
        let (_, rows, mut selection) = pane(&["a", "b", "c", "d"]);
        selection.click(&rows, Row::Entry(1), Click::Only);
        selection.click(&rows, Row::Entry(3), Click::Range);
        assert_eq!(chosen(&selection), [1, 2, 3]);
        selection.click(&rows, Row::Entry(0), Click::Range);
        assert_eq!(chosen(&selection), [0, 1], "the range still begins where it began");
        selection.click(&rows, Row::Entry(3), Click::Toggle);
        assert_eq!(chosen(&selection), [0, 1, 3]);
        selection.click(&rows, Row::Entry(3), Click::Menu);
        assert_eq!(chosen(&selection), [0, 1, 3], "the menu is for the whole selection");
        selection.click(&rows, Row::Entry(2), Click::Menu);
        assert_eq!(chosen(&selection), [2]);
        assert_eq!(selection.count(), 1);
    }

    #[test]
    fn keys_move_the_cursor_and_shift_extends() {
        let (_, rows, mut selection) = pane(&["a", "b", "c", "d"]);
        selection.move_cursor(&rows, Motion::Down, false);
        assert_eq!(selection.cursor, Some(Row::Parent));
        assert!(selection.shows(Row::Parent));
        selection.move_cursor(&rows, Motion::Down, false);
        selection.move_cursor(&rows, Motion::PageDown(2), true);
        assert_eq!(chosen(&selection), [0, 1, 2]);
        selection.move_cursor(&rows, Motion::Up, true);
        assert_eq!(chosen(&selection), [0, 1]);
        selection.move_cursor(&rows, Motion::End, false);
        assert_eq!(chosen(&selection), [3]);
        selection.move_cursor(&rows, Motion::Home, true);
        assert_eq!(chosen(&selection), [0, 1, 2, 3], "the parent is never part of a selection");
    }

    #[test]
    fn a_refresh_keeps_the_selection_by_name() {
        let (old, rows, mut selection) = pane(&["a", "b", "c"]);
        selection.click(&rows, Row::Entry(0), Click::Only);
        selection.click(&rows, Row::Entry(2), Click::Toggle);
        let (new, ..) = pane(&["c", "x", "b"]);
        selection.follow(&old, &new);
        assert_eq!(chosen(&selection), [0]);
        assert_eq!((selection.cursor, selection.count()), (Some(Row::Entry(0)), 1));
    }

    #[test]
    fn what_is_hidden_is_not_selected() {
        let (entries, rows, mut selection) = pane(&["a", "b"]);
        selection.select_all(&rows);
        assert_eq!(selection.totals(&entries).files, 2);
        let listing = Listing { entries, ..Listing::default() };
        let by_name = Sort { column: Column::Name, descending: false };
        selection.keep_visible(&Rows::new(&listing, &Charset::Auto, &view(by_name, "b")));
        assert_eq!(chosen(&selection), [1]);
    }
}
