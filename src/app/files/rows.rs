//! A listing as rows: filtered and sorted once when it changes, never while drawing.

use std::sync::Arc;

use crate::app::files::columns::{Column, Sort};
use crate::domain::{Charset, Entry, EntryKind, Listing};

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
    names: Arc<Names>,
    order: Vec<usize>,
    parent: bool,
    /// What is shown.
    pub totals: Totals,
}

/// Which rows are shown, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The order.
    pub sort: Sort,
    /// Only names that contain this.
    pub filter: String,
    /// Names that begin with a dot, too.
    pub show_hidden: bool,
    /// There is a row `..`.
    pub parent: bool,
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

/// The names of all entries, shown or not, by index in the listing: as shown, and as bytes whose plain order is
/// [`crate::domain::natural_order`]. All in one piece: a million of them are sorted in a moment, not in seconds.
#[derive(Debug, Clone, Default)]
struct Names {
    text: String,
    keys: Vec<u8>,
    /// Where each name ends in `text` and in `keys`.
    ends: Vec<(usize, usize)>,
    /// The indices in the order of their names.
    sorted: Vec<usize>,
}

impl Rows {
    /// Filters and sorts all of it.
    pub fn new(listing: &Listing, charset: &Charset, view: &View) -> Self {
        Self::default().arranged(listing, charset, view)
    }

    /// The rows of that listing, whose first entries are those that are known here: names that are known are not read
    /// again, and their order is kept where there are no new ones.
    pub fn arranged(&self, listing: &Listing, charset: &Charset, view: &View) -> Self {
        let mut names = Arc::clone(&self.names);
        if names.len() < listing.entries.len() {
            let mut more = Names::clone(&names);
            more.extend(listing.entries[names.len()..].iter().map(|entry| entry.text(charset)));
            names = Arc::new(more);
        }
        let filter = view.filter.to_lowercase();
        let mut totals = Totals::default();
        // In the listing's order first: to jump through a million entries takes longer than to walk.
        let kinds: Vec<Option<bool>> = listing
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let shown = (view.show_hidden || !entry.is_hidden())
                    && (filter.is_empty() || names.text(index).to_lowercase().contains(&filter));
                shown.then(|| {
                    totals.add(entry);
                    entry.kind == EntryKind::Directory
                })
            })
            .collect();
        // Directories first, then by the column, then by name.
        let mut order = Vec::with_capacity(totals.files + totals.folders);
        for directories in [true, false] {
            let of_kind = |index: &usize| kinds.get(*index) == Some(&Some(directories));
            let mut group: Vec<usize> = names.sorted.iter().copied().filter(of_kind).collect();
            sort(&mut group, listing, &names, view.sort.column, directories);
            if view.sort.descending {
                group.reverse();
            }
            order.append(&mut group);
        }
        Self { names, order, parent: view.parent, totals }
    }

    /// The same names without an order, for whoever arranges them.
    pub(crate) fn names_only(&self) -> Self {
        Self { names: Arc::clone(&self.names), ..Self::default() }
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
        self.names.text(index)
    }
}

impl Totals {
    pub(crate) fn add(&mut self, entry: &Entry) {
        if entry.kind == EntryKind::Directory {
            self.folders += 1;
        } else {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(entry.size.unwrap_or(0));
        }
    }
}

impl Names {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn text(&self, index: usize) -> &str {
        let (from, to) = self.span(index, |ends| ends.0);
        self.text.get(from..to).unwrap_or_default()
    }

    fn key(&self, index: usize) -> &[u8] {
        let (from, to) = self.span(index, |ends| ends.1);
        self.keys.get(from..to).unwrap_or_default()
    }

    fn span(&self, index: usize, of: fn(&(usize, usize)) -> usize) -> (usize, usize) {
        let from = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, of);
        (from, self.ends.get(index).map_or(from, of))
    }

    fn extend(&mut self, names: impl Iterator<Item = String>) {
        for name in names {
            push_key(&mut self.keys, &name);
            self.text.push_str(&name);
            self.ends.push((self.text.len(), self.keys.len()));
        }
        // What all begin with tells none from another; the eight bytes behind it tell most, without a look at the names.
        let first = self.key(0);
        let common = (1..self.len()).fold(first.len(), |common, index| {
            first[..common].iter().zip(self.key(index)).take_while(|(a, b)| a == b).count()
        });
        let mut order: Vec<(u64, usize)> = (0..self.len())
            .map(|index| {
                let mut begin = [0; 8];
                begin.iter_mut().zip(&self.key(index)[common..]).for_each(|(to, from)| *to = *from);
                (u64::from_be_bytes(begin), index)
            })
            .collect();
        order.sort_by(|(left, a), (right, b)| {
            let names = || self.key(*a).cmp(self.key(*b)).then_with(|| self.text(*a).cmp(self.text(*b)));
            left.cmp(right).then_with(names)
        });
        self.sorted = order.into_iter().map(|(_, index)| index).collect();
    }
}

/// Adds the name's bytes for sorting.
fn push_key(key: &mut Vec<u8>, name: &str) {
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii_digit() {
            if c.is_ascii() {
                key.push(c.to_ascii_lowercase() as u8);
            } else {
                let mut buffer = [0; 4];
                c.to_lowercase().for_each(|c| key.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()));
            }
            continue;
        }
        // A number: its length first, so that 9 comes before 10; leading zeros do not count.
        key.push(b'0');
        let length = key.len();
        key.extend([0, 0]);
        let mut next = Some(c);
        while let Some(digit) = next {
            if digit != '0' || key.len() > length + 2 {
                key.push(digit as u8);
            }
            next = chars.next_if(char::is_ascii_digit);
        }
        let digits = u16::try_from(key.len() - length - 2).unwrap_or(u16::MAX);
        key[length..length + 2].copy_from_slice(&digits.to_be_bytes());
    }
}

/// Sorts entries that are in the order of their names by that column; equal ones stay in it.
fn sort(group: &mut [usize], listing: &Listing, names: &Names, column: Column, directories: bool) {
    let entry = |index: usize| &listing.entries[index];
    match column {
        Column::Name => {}
        // A directory's own size says nothing.
        Column::Size if directories => {}
        Column::Size => group.sort_by_cached_key(|index| entry(*index).size),
        Column::Kind => {
            group.sort_by_cached_key(|index| (kind_rank(entry(*index)), extension(names.text(*index)).to_lowercase()))
        }
        Column::Modified => group.sort_by_cached_key(|index| entry(*index).modified.map(|time| time.seconds)),
        Column::Permissions => group.sort_by_cached_key(|index| entry(*index).permissions.map(|p| p.0)),
        Column::Owner => group.sort_by(|a, b| {
            let (left, right) = (entry(*a), entry(*b));
            left.owner.cmp(&right.owner).then_with(|| left.group.cmp(&right.group))
        }),
    }
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

    fn view(sort: Sort, filter: &str, show_hidden: bool) -> View {
        View { sort, filter: filter.into(), show_hidden, parent: true }
    }

    fn listing(names: &[&str]) -> Listing {
        let entries = names
            .iter()
            .map(|name| match name.strip_suffix('/') {
                Some(dir) => Entry::new(dir, EntryKind::Directory),
                None => Entry { size: Some(name.len() as u64), ..Entry::new(*name, EntryKind::File) },
            })
            .collect();
        Listing { dir: RemotePath::root(), entries, ..Listing::default() }
    }

    fn shown(rows: &Rows) -> Vec<&str> {
        rows.entries().map(|index| rows.text(index)).collect()
    }

    #[test]
    fn directories_come_first_whatever_the_order() {
        let listing = listing(&["b.txt", "z/", "a.txt", "Y/", "file10", "file9"]);
        let rows = Rows::new(&listing, &Charset::Auto, &view(BY_NAME, "", true));
        assert_eq!(shown(&rows), ["Y", "z", "a.txt", "b.txt", "file9", "file10"]);
        assert_eq!(rows.row(0), Some(Row::Parent));
        assert_eq!(rows.len(), 7);
        let down = Sort { column: Column::Size, descending: true };
        let rows = Rows::new(&listing, &Charset::Auto, &View { parent: false, ..view(down, "", true) });
        assert_eq!(shown(&rows), ["z", "Y", "file10", "file9", "b.txt", "a.txt"].map(|n| n));
        assert_eq!(rows.row(0), Some(Row::Entry(1)));
    }

    #[test]
    fn the_sort_key_orders_as_natural_order_does() {
        let names =
            ["b10", "a", "B9", "b09a", "b9", "A1", "x-1", "x1", "x 1", "2", "10", "002", "ß", "z", "Ä", "1a", "1", ""];
        for a in names {
            for b in names {
                let mut both = Names::default();
                both.extend([a.to_owned(), b.to_owned()].into_iter());
                let by_key = both.key(0).cmp(both.key(1)).then_with(|| a.cmp(b));
                assert_eq!(by_key, natural_order(a, b), "{a:?} {b:?}");
                let first = if natural_order(a, b).is_gt() { 1 } else { 0 };
                assert_eq!(both.sorted[0], first, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_filter_finds_any_part_of_a_name_and_hidden_names_can_be_left_out() {
        let listing = listing(&["Report.PDF", "notes.txt", ".profile", "report-2.pdf"]);
        let rows = Rows::new(&listing, &Charset::Auto, &view(BY_NAME, "REPORT", true));
        assert_eq!(shown(&rows), ["report-2.pdf", "Report.PDF"]);
        assert_eq!(rows.totals, Totals { files: 2, folders: 0, bytes: 22 });
        let rows = Rows::new(&listing, &Charset::Auto, &view(BY_NAME, "", false));
        assert_eq!(rows.totals.files, 3);
    }

    #[test]
    fn rows_that_come_in_batches_end_in_the_same_order() {
        let names: Vec<String> = (0..1000).map(|n| format!("f{}", (n * 7919) % 1000)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let whole = listing(&names);
        let by_name = view(BY_NAME, "", true);
        let mut rows = Rows::default();
        for end in [1, 10, 400, 1000] {
            rows = rows.names_only().arranged(&listing(&names[..end]), &Charset::Auto, &by_name);
        }
        let at_once = Rows::new(&whole, &Charset::Auto, &by_name);
        assert_eq!(shown(&rows), shown(&at_once));
        assert_eq!(rows.totals, at_once.totals);
    }

    #[test]
    fn names_are_read_in_the_sites_charset() {
        let mut listing = listing(&[]);
        listing.entries.push(Entry::new(*b"\xcf\xf0\xe8", EntryKind::File));
        let rows = Rows::new(&listing, &Charset::from_label("windows-1251"), &view(BY_NAME, "", true));
        assert_eq!(rows.text(0), "При");
    }
}
