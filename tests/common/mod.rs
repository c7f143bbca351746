//! What the tests share: servers (scripted, real, in the process), a face without a window, and waits with deadlines.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod arena;
pub mod bench;
pub mod exchange;
pub mod face;
pub mod files;
pub mod ftp_files;
pub mod ftp_server;
pub mod mixed;
pub mod proxy_server;
pub mod recorder;
#[cfg(target_os = "linux")]
pub mod servers;
pub mod tls_front;
pub mod unftp;

use std::time::{Duration, Instant};

/// Long enough for a loaded machine, short enough that a hang is noticed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `ready` gives something; fails the test, naming `what`, when it never does.
#[track_caller]
pub fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < end, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
