//! Faults that other clients' users have reported, and attacks: what went wrong here once, with the right value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/cli.rs"]
#[allow(dead_code, unreachable_pub)]
mod cli;
#[path = "../common/mod.rs"]
mod common;

/// Servers that never stop talking.
mod floods;
/// Left out of what was ordered.
mod left_out;
/// Passwords, and who gets them.
mod let_in;
/// Data lost, or near it.
mod lost;
/// Said done, but it was not.
mod said_done;
/// Servers with which nothing went on.
mod stuck;

use cli::{Ran, Twinport};

/// A run without encryption and without waiting for a second try.
fn plainly(twinport: &Twinport, arguments: &[&str]) -> Ran {
    twinport.run([arguments, &["--tls", "off", "--retries", "0"]].concat())
}
