//! A file pane as it is drawn.

/// The pane: path, filter, rows, status line.
pub(crate) mod pane;

/// Rows.
pub(crate) mod table;

/// Titles of the columns.
pub(crate) mod header;
