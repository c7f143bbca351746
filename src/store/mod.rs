//! Floor 1: what survives a restart. Files are written whole or not at all; one that cannot be read is kept aside.

pub mod file;
pub mod import;
pub mod journal;
pub mod log;
mod merge;
pub mod profile;
pub mod saver;
pub mod schedule;
pub mod secrets;
pub mod settings;
pub mod shared_file;
pub mod sitebook;
pub mod trust;
