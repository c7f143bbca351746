//! The words of the window: those of [`crate::app::words`], under the name that the window's files use.

pub use crate::app::words::*;
