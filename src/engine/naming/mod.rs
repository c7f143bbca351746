//! Names of files on this computer: those that a server's names become, and our temporary ones.

/// Untrusted names of a server as local names, and names of partial files.
pub(crate) mod local_name;

/// Partial files of earlier runs, known by their names.
pub(crate) mod leftovers;

/// Temporary names of uploads.
pub(crate) mod temporary_name;

/// Whether a folder takes `A` and `a` for one name.
pub(crate) mod case_folding;
