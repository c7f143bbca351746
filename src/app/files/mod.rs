//! The two file panes: what is shown, in which order, what is selected.

/// One pane, of this computer or of the server.
pub mod pane;

/// Where a pane is, and what is in it.
pub mod location;

/// Columns, and the order of rows.
pub mod columns;

/// Rows in the order in which they are shown.
pub mod rows;

/// Rows that are selected.
pub mod selection;

/// Rows of a huge folder, made on another thread.
pub mod arrange;
