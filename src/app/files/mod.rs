//! The two file panes: what is shown, in which order, what is selected.

/// One pane, of this computer or of the server.
pub mod pane;

/// Rows in the order in which they are shown.
pub mod rows;

/// Rows that are selected.
pub mod selection;

/// Rows of a huge folder, made on another thread.
pub mod arrange;

/// Partial files that are shown, and deleted together.
pub mod leftovers;
