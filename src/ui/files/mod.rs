//! A file pane as it is drawn.

/// The pane: path, filter, rows, status line.
pub(crate) mod pane;

/// What a table shows.
pub(crate) mod shown;

/// Rows.
pub(crate) mod table;

/// Titles of the columns.
pub(crate) mod header;
