//! A listing as rows: filtered and sorted once when it changes, never while drawing.

use std::cmp::Ordering;

use crate::domain::{Charset, Entry, EntryKind, Listing};

use super::pane::{Column, Sort};

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// `..`.
    Parent,
    /// The entry of this index in the listing.
    Entry(usize),
}

/// The rows of a listing in their order.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// By index in the listing.
    names: Vec<Name>,
    order: Vec<usize>,
    parent: bool,
    /// What is shown.
    pub totals: Totals,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Everything but directories.
    pub files: usize,
    /// Directories.
    pub folders: usize,
    /// Of the files whose size is known.
    pub bytes: u64,
}

/// A name as shown, and as bytes whose plain order is [`crate::domain::natural_order`]: a hundred thousand names are
/// sorted in a moment, not in seconds.
#[derive(Debug, Clone)]
struct Name {
    text: Box<str>,
    key: Box<[u8]>,
}

impl Rows {
    /// Filters and sorts all of it. `parent` = there is a row `..`.
    pub fn new(
        listing: &Listing,
        charset: &Charset,
        sort: Sort,
        filter: &str,
        show_hidden: bool,
        parent: bool,
    ) -> Self {
        let mut rows = Self { parent, ..Self::default() };
        rows.extend(listing, charset, sort, filter, show_hidden);
        rows
    }

    /// Takes in what came since; the entries already known must be the listing's first ones.
    pub fn extend(&mut self, listing: &Listing, charset: &Charset, sort: Sort, filter: &str, show_hidden: bool) {
        let filter = filter.to_lowercase();
        for (index, entry) in listing.entries.iter().enumerate().skip(self.names.len()) {
            let name = Name::new(entry.text(charset));
            if is_shown(entry, &name, &filter, show_hidden) {
                self.order.push(index);
                self.totals.add(entry);
            }
            self.names.push(name);
        }
        // The standard sort knows runs: adding a batch to sorted rows costs little more than the batch.
        let names = &self.names;
        self.order.sort_by(|a, b| compare(listing, names, sort, *a, *b));
    }

    /// The same entries, filtered and sorted in another way.
    pub fn arrange(&mut self, listing: &Listing, sort: Sort, filter: &str, show_hidden: bool, parent: bool) {
        let filter = filter.to_lowercase();
        self.parent = parent;
        self.order.clear();
        self.totals = Totals::default();
        for (index, (entry, name)) in listing.entries.iter().zip(&self.names).enumerate() {
            if is_shown(entry, name, &filter, show_hidden) {
                self.order.push(index);
                self.totals.add(entry);
            }
        }
        let names = &self.names;
        self.order.sort_by(|a, b| compare(listing, names, sort, *a, *b));
    }

    /// How many, `..` included.
    pub fn len(&self) -> usize {
        self.order.len() + usize::from(self.parent)
    }

    /// Whether there is nothing, not even `..`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at that place.
    pub fn row(&self, at: usize) -> Option<Row> {
        match (self.parent, at) {
            (true, 0) => Some(Row::Parent),
            _ => self.order.get(at - usize::from(self.parent)).map(|index| Row::Entry(*index)),
        }
    }

    /// The place of that row.
    pub fn position(&self, row: Row) -> Option<usize> {
        match row {
            Row::Parent => self.parent.then_some(0),
            Row::Entry(wanted) => {
                self.order.iter().position(|index| *index == wanted).map(|at| at + usize::from(self.parent))
            }
        }
    }

    /// The entries shown, in order, as indices in the listing.
    pub fn entries(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().copied()
    }

    /// The name of an entry, as shown.
    pub fn text(&self, index: usize) -> &str {
        self.names.get(index).map_or("", |name| &name.text)
    }
}

impl Totals {
    pub(super) fn add(&mut self, entry: &Entry) {
        if entry.kind == EntryKind::Directory {
            self.folders += 1;
        } else {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(entry.size.unwrap_or(0));
        }
    }
}

impl Name {
    fn new(text: String) -> Self {
        let mut key = Vec::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if !c.is_ascii_digit() {
                let mut buffer = [0; 4];
                key.extend(c.to_lowercase().flat_map(|c| c.encode_utf8(&mut buffer).as_bytes().to_vec()));
                continue;
            }
            // A number: its length first, so that 9 comes before 10; leading zeros do not count.
            let mut digits = Vec::new();
            let mut next = Some(c);
            while let Some(digit) = next {
                if digit != '0' || !digits.is_empty() {
                    digits.push(digit);
                }
                next = chars.next_if(char::is_ascii_digit);
            }
            key.push(b'0');
            key.extend(u16::try_from(digits.len()).unwrap_or(u16::MAX).to_be_bytes());
            key.extend(digits.into_iter().map(|digit| digit as u8));
        }
        Self { text: text.into(), key: key.into() }
    }
}

fn is_shown(entry: &Entry, name: &Name, filter: &str, show_hidden: bool) -> bool {
    (show_hidden || !entry.is_hidden()) && (filter.is_empty() || name.text.to_lowercase().contains(filter))
}

/// Directories first, then by the column, then by name.
fn compare(listing: &Listing, names: &[Name], sort: Sort, a: usize, b: usize) -> Ordering {
    let (left, right) = (&listing.entries[a], &listing.entries[b]);
    let is_directory = |entry: &Entry| entry.kind == EntryKind::Directory;
    let directories = is_directory(right).cmp(&is_directory(left));
    let by_name = || names[a].key.cmp(&names[b].key).then_with(|| names[a].text.cmp(&names[b].text));
    let by_column = match sort.column {
        Column::Name => Ordering::Equal,
        // A directory's own size says nothing.
        Column::Size if is_directory(left) && is_directory(right) => Ordering::Equal,
        Column::Size => left.size.cmp(&right.size),
        Column::Kind => kind_rank(left)
            .cmp(&kind_rank(right))
            .then_with(|| extension(&names[a].text).to_lowercase().cmp(&extension(&names[b].text).to_lowercase())),
        Column::Modified => left.modified.map(|time| time.seconds).cmp(&right.modified.map(|time| time.seconds)),
        Column::Permissions => left.permissions.map(|p| p.0).cmp(&right.permissions.map(|p| p.0)),
        Column::Owner => left.owner.cmp(&right.owner).then_with(|| left.group.cmp(&right.group)),
    };
    let order = by_column.then_with(by_name);
    directories.then(if sort.descending { order.reverse() } else { order })
}

fn kind_rank(entry: &Entry) -> u8 {
    match entry.kind {
        EntryKind::Directory => 0,
        EntryKind::Link => 1,
        EntryKind::File => 2,
        EntryKind::Other => 3,
    }
}

/// What stands behind a name's last dot; nothing for `.profile`.
pub fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RemotePath, natural_order};

    const BY_NAME: Sort = Sort { column: Column::Name, descending: false };

    fn listing(names: &[&str]) -> Listing {
        let entries = names
            .iter()
            .map(|name| match name.strip_suffix('/') {
                Some(dir) => Entry::new(dir, EntryKind::Directory),
                None => Entry { size: Some(name.len() as u64), ..Entry::new(*name, EntryKind::File) },
            })
            .collect();
        Listing { dir: RemotePath::root(), entries, unread: Vec::new() }
    }

    fn shown(rows: &Rows) -> Vec<&str> {
        rows.entries().map(|index| rows.text(index)).collect()
    }

    #[test]
    fn directories_come_first_whatever_the_order() {
        let listing = listing(&["b.txt", "z/", "a.txt", "Y/", "file10", "file9"]);
        let rows = Rows::new(&listing, &Charset::Auto, BY_NAME, "", true, true);
        assert_eq!(shown(&rows), ["Y", "z", "a.txt", "b.txt", "file9", "file10"]);
        assert_eq!(rows.row(0), Some(Row::Parent));
        assert_eq!(rows.len(), 7);
        let down = Sort { column: Column::Size, descending: true };
        let rows = Rows::new(&listing, &Charset::Auto, down, "", true, false);
        assert_eq!(shown(&rows), ["z", "Y", "file10", "file9", "b.txt", "a.txt"].map(|n| n));
        assert_eq!(rows.row(0), Some(Row::Entry(1)));
    }

    #[test]
    fn the_sort_key_orders_as_natural_order_does() {
        let names =
            ["b10", "a", "B9", "b09a", "b9", "A1", "x-1", "x1", "x 1", "2", "10", "002", "ß", "z", "Ä", "1a", "1", ""];
        for a in names {
            for b in names {
                let (left, right) = (Name::new(a.into()), Name::new(b.into()));
                let by_key = left.key.cmp(&right.key).then_with(|| left.text.cmp(&right.text));
                assert_eq!(by_key, natural_order(a, b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_filter_finds_any_part_of_a_name_and_hidden_names_can_be_left_out() {
        let listing = listing(&["Report.PDF", "notes.txt", ".profile", "report-2.pdf"]);
        let rows = Rows::new(&listing, &Charset::Auto, BY_NAME, "REPORT", true, true);
        assert_eq!(shown(&rows), ["report-2.pdf", "Report.PDF"]);
        assert_eq!(rows.totals, Totals { files: 2, folders: 0, bytes: 22 });
        let rows = Rows::new(&listing, &Charset::Auto, BY_NAME, "", false, true);
        assert_eq!(rows.totals.files, 3);
    }

    #[test]
    fn rows_that_come_in_batches_end_in_the_same_order() {
        let names: Vec<String> = (0..1000).map(|n| format!("f{}", (n * 7919) % 1000)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let whole = listing(&names);
        let mut rows = Rows { parent: true, ..Rows::default() };
        for end in [1, 10, 400, 1000] {
            rows.extend(&listing(&names[..end]), &Charset::Auto, BY_NAME, "", true);
        }
        let at_once = Rows::new(&whole, &Charset::Auto, BY_NAME, "", true, true);
        assert_eq!(shown(&rows), shown(&at_once));
        assert_eq!(rows.totals, at_once.totals);
    }

    #[test]
    fn names_are_read_in_the_sites_charset() {
        let mut listing = listing(&[]);
        listing.entries.push(Entry::new(*b"\xcf\xf0\xe8", EntryKind::File));
        let rows = Rows::new(&listing, &Charset::from_label("windows-1251"), BY_NAME, "", true, false);
        assert_eq!(rows.text(0), "При");
    }
}
