//! Columns, and the order of rows.

/// A column of the file table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// Takes what the others leave.
    Name,
    /// In bytes.
    Size,
    /// File, folder, link; files by their extension.
    Kind,
    /// Last modification.
    Modified,
    /// `rwxr-xr-x`.
    Permissions,
    /// Owner and group.
    Owner,
}

/// The order of the rows. Directories always come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what; equal ones by name.
    pub column: Column,
    /// Downwards.
    pub descending: bool,
}

impl Column {
    /// From left to right.
    pub const ALL: [Self; 6] = [Self::Name, Self::Size, Self::Kind, Self::Modified, Self::Permissions, Self::Owner];
}
