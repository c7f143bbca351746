//! One pane: where it is, what is there, in which order, and what is selected.

use std::sync::Arc;

use crate::app::files::arrange::{Arranged, Arranging, HUGE, Purpose};
use crate::app::files::columns::{Column, Sort};
use crate::app::files::location::{Item, Location, Side};
use crate::app::files::rows::{Row, Rows, View};
use crate::app::files::selection::Selection;
use crate::domain::{Charset, Entry, EntryKind, Listing, RemotePath};
use crate::engine::message::Explanation;

/// A directory that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaneError {
    /// Which one.
    pub at: Location,
    /// In plain words.
    pub text: Explanation,
}

/// A directory being read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loading {
    /// Which one.
    pub to: Location,
    /// Since when ([`crate::app::Model::now`]).
    pub since: f64,
    /// The link that was opened: where it turns out to be no directory, it is transferred.
    pub link: Option<Box<Item>>,
    /// The user wants to the folder above: where that cannot be shown either, the next one above is tried.
    pub up: bool,
    /// The folder that is not there any more, in whose stead this one is read.
    pub instead: Option<Location>,
}

/// A directory, read; its rows are still to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coming {
    /// Where.
    pub(crate) at: Location,
    /// What is there.
    pub(crate) listing: Arc<Listing>,
    /// All of it.
    pub(crate) complete: bool,
}

/// A wish that a row be seen; a new serial is a new wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reveal {
    /// Counts the wishes.
    pub serial: u64,
    /// Which row.
    pub row: usize,
}

/// One pane.
#[derive(Debug, Clone)]
pub struct Pane {
    /// The directory that is shown.
    pub location: Location,
    /// What is in it; `None` until it was read for the first time.
    pub listing: Option<Arc<Listing>>,
    /// The directory that is being read: this one again, or the next.
    pub loading: Option<Loading>,
    /// What could not be read last. With a listing it stands beside the path, without one it fills the pane.
    pub error: Option<PaneError>,
    /// The rows in their order.
    pub rows: Rows,
    /// What is selected, and where the cursor is.
    pub selection: Selection,
    /// The order of the rows.
    pub sort: Sort,
    /// Only names that contain this are shown.
    pub filter: String,
    /// Grows with each change of directory: the scroll position and what was typed start anew.
    pub visit: u64,
    /// The row that should be seen.
    pub reveal: Reveal,
    /// Rows are still coming for the first time.
    pub(crate) growing: bool,
    /// The directory changed on disk or server and should be read again soon.
    pub(crate) stale: bool,
    /// The name to put the cursor on when the next listing is complete (what was just made, renamed, or left).
    pub(crate) cursor_on: Option<Vec<u8>>,
    /// What the cursor goes to was made or renamed by the user, who wants to see it.
    pub(crate) made: bool,
    /// When it was last read ([`crate::app::Model::now`]).
    pub(crate) read_at: f64,
    /// A listing whose rows are still to be made.
    pub(crate) coming: Option<Coming>,
    /// The rows are not in the order, or not filtered, as they should be.
    pub(crate) unsorted: bool,
    /// The work under way; what an earlier one brings is not used.
    pub(crate) arranging: Option<u64>,
    pub(crate) arrangements: u64,
    pub(crate) typed: (String, f64),
    pub(crate) charset: Charset,
    pub(crate) show_hidden: bool,
}

impl Pane {
    pub(crate) fn new(location: Location, show_hidden: bool) -> Self {
        Self {
            location,
            listing: None,
            loading: None,
            error: None,
            rows: Rows::default(),
            selection: Selection::default(),
            sort: Sort { column: Column::Name, descending: false },
            filter: String::new(),
            visit: 0,
            reveal: Reveal::default(),
            growing: false,
            stale: false,
            cursor_on: None,
            made: false,
            read_at: 0.0,
            coming: None,
            unsorted: false,
            arranging: None,
            arrangements: 0,
            typed: (String::new(), 0.0),
            charset: Charset::Auto,
            show_hidden,
        }
    }

    /// The entry of that index in the listing.
    pub fn entry(&self, index: usize) -> Option<&Entry> {
        self.listing.as_ref()?.entries.get(index)
    }

    /// The directory as text to show and edit.
    pub fn path_text(&self) -> String {
        self.location.text(&self.charset)
    }

    /// The selected entries, in the order of the rows.
    pub fn selected(&self) -> Vec<Item> {
        self.rows.entries().filter(|index| self.selection.contains(*index)).filter_map(|i| self.item(i)).collect()
    }

    /// The entry under the cursor; `None` where that is `..` or nothing.
    pub fn cursor_item(&self) -> Option<Item> {
        match self.selection.cursor? {
            Row::Parent => None,
            Row::Entry(index) => self.item(index),
        }
    }

    /// The entry of that index with its place.
    pub fn item(&self, index: usize) -> Option<Item> {
        let entry = self.entry(index)?;
        Some(Item { at: self.location.join(&entry.name), name: self.rows.text(index).to_owned(), entry: entry.clone() })
    }

    /// Where something dropped on that row would go: into the directory, if it is one.
    pub fn drop_target(&self, row: Row) -> Option<Location> {
        match row {
            Row::Parent => self.location.parent(),
            Row::Entry(index) => {
                let entry = self.entry(index)?;
                (entry.kind == EntryKind::Directory).then(|| self.location.join(&entry.name))
            }
        }
    }

    /// Whether a directory is being read, and long enough that it should be seen.
    pub fn is_slow(&self, now: f64) -> bool {
        self.loading.as_ref().is_some_and(|loading| now - loading.since >= crate::app::operation::SLOW)
    }

    /// How the rows of that directory should be.
    pub(crate) fn view(&self, at: &Location) -> View {
        View {
            sort: self.sort,
            filter: if *at == self.location { self.filter.clone() } else { String::new() },
            show_hidden: self.show_hidden,
            parent: at.parent().is_some(),
        }
    }

    /// The rows that are to be made next, if any. What is under way counts no longer.
    pub(crate) fn next_arranging(&mut self, side: Side) -> Option<Arranging> {
        let (purpose, at, listing) = match self.coming.take() {
            Some(Coming { at, listing, complete }) => (Purpose::Came { at: at.clone(), complete }, at, listing),
            None if self.unsorted => (Purpose::Sorted, self.location.clone(), self.listing.clone()?),
            None => return None,
        };
        // The first entries of a directory that is still being read are the same as before.
        let same = purpose == Purpose::Sorted || (self.growing && at == self.location);
        self.unsorted = false;
        self.arrangements += 1;
        self.arranging = Some(self.arrangements);
        Some(Arranging {
            side,
            serial: self.arrangements,
            purpose,
            listing,
            known: if same { self.rows.names_only() } else { Rows::default() },
            charset: self.charset.clone(),
            view: self.view(&at),
        })
    }

    /// Begins anew elsewhere; the rows of the old directory are gone.
    pub(crate) fn show(&mut self, location: Location, listing: Arc<Listing>, rows: Rows) {
        self.location = location;
        self.visit += 1;
        self.filter.clear();
        self.selection = Selection::default();
        self.rows = Rows::default();
        self.listing = None;
        self.error = None;
        self.stale = false;
        self.fill(listing, rows);
        self.reveal_row(0);
    }

    /// Other rows of the same directory: selection, cursor and scroll position stay.
    pub(crate) fn fill(&mut self, listing: Arc<Listing>, rows: Rows) {
        let cursor = self.selection.cursor.and_then(|row| self.rows.position(row));
        if let Some(old) = &self.listing {
            self.selection.follow(&old.entries, &listing.entries);
        } else {
            self.selection.resize(listing.entries.len());
        }
        (self.rows, self.listing) = (rows, Some(listing));
        self.selection.keep_visible(&self.rows);
        // What the cursor was on is gone: it goes to what stands there now.
        if let (None, Some(at), Some(last)) = (self.selection.cursor, cursor, self.rows.len().checked_sub(1)) {
            self.selection.cursor = self.rows.row(at.min(last));
        }
    }

    /// More rows of a directory that is being read: the first ones are the same.
    pub(crate) fn extend(&mut self, listing: Arc<Listing>, rows: Rows) {
        self.selection.resize(listing.entries.len());
        (self.rows, self.listing) = (rows, Some(listing));
    }

    /// Nothing is there any more (disconnected).
    pub(crate) fn clear(&mut self) {
        *self = Self {
            sort: self.sort,
            visit: self.visit + 1,
            arrangements: self.arrangements,
            ..Self::new(Location::Remote(RemotePath::default()), self.show_hidden)
        };
    }

    /// Filter or order changed: at once where that is done in a moment, else with what is to be made next.
    pub(crate) fn sort_rows(&mut self, side: Side) {
        self.unsorted = self.listing.is_some();
        let small = self.listing.as_ref().is_some_and(|listing| listing.entries.len() <= HUGE);
        if small
            && self.coming.is_none()
            && let Some(work) = self.next_arranging(side)
        {
            self.arranging = None;
            self.sorted(work.run());
        }
    }

    /// The same entries, arranged anew.
    pub(crate) fn sorted(&mut self, done: Arranged) {
        if self.listing.as_ref().is_some_and(|listing| Arc::ptr_eq(listing, &done.listing)) {
            self.rows = done.rows;
            self.selection.keep_visible(&self.rows);
        }
    }

    pub(crate) fn reveal_row(&mut self, row: usize) {
        self.reveal = Reveal { serial: self.reveal.serial + 1, row };
    }

    pub(crate) fn reveal_cursor(&mut self) {
        if let Some(row) = self.selection.cursor.and_then(|row| self.rows.position(row)) {
            self.reveal_row(row);
        }
    }

    /// Puts the cursor on the entry of that name, if it is there.
    ///
    /// Returns whether it is there but not shown.
    pub(crate) fn put_cursor_on(&mut self, name: &[u8]) -> bool {
        let Some(listing) = &self.listing else { return false };
        let found = self.rows.entries().find(|index| &*listing.entries[*index].name == name);
        if let Some(index) = found {
            self.selection.click(&self.rows, Row::Entry(index), crate::app::files::selection::Click::Only);
            self.reveal_cursor();
            return false;
        }
        listing.entries.iter().any(|entry| &*entry.name == name)
    }

    /// Selects the row under the cursor too, or no longer.
    pub(crate) fn mark(&mut self) {
        if let Some(row) = self.selection.cursor {
            self.selection.click(&self.rows, row, crate::app::files::selection::Click::Toggle);
        }
    }

    /// Whether a name is being typed: the last letter came within the last second.
    pub(crate) fn is_typing(&self, now: f64) -> bool {
        !self.typed.0.is_empty() && now - self.typed.1 <= 1.0
    }

    /// Puts the cursor on the next row whose name begins with what was typed within the last second.
    pub(crate) fn type_ahead(&mut self, text: &str, now: f64) {
        if !self.is_typing(now) {
            self.typed.0.clear();
        }
        self.typed.0.push_str(&text.to_lowercase());
        self.typed.1 = now;
        let wanted = &self.typed.0;
        // The same letter again and again walks through the names that begin with it.
        let first = wanted.chars().next();
        let same = first.filter(|first| wanted.chars().all(|c| c == *first)).map(String::from);
        let (prefix, again) = match &same {
            Some(letter) => (letter, true),
            None => (wanted, false),
        };
        let here = self.selection.cursor.and_then(|row| self.rows.position(row)).unwrap_or(0);
        let count = self.rows.len();
        let from = here + usize::from(again);
        let found = (0..count).map(|step| (from + step) % count).find(|at| match self.rows.row(*at) {
            Some(Row::Entry(index)) => self.rows.text(index).to_lowercase().starts_with(prefix.as_str()),
            _ => false,
        });
        if let Some(row) = found.and_then(|at| self.rows.row(at)) {
            self.selection.click(&self.rows, row, crate::app::files::selection::Click::Only);
            self.reveal_cursor();
        }
    }
}
