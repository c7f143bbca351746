//! Logging in, as the server hears it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
