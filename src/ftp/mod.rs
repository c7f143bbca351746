//! Floor 1: RFC 959, 2228, 2389, 2428, 3659 as pure functions on bytes. Out of scope: sockets, files, clocks (time is
//! an argument).

pub mod address;
pub mod answer;
pub mod ascii;
pub mod checksum;
pub mod deflate;
pub mod dialect;
pub mod error;
pub mod explain;
pub mod features;
pub mod listing;
pub mod pathname;
pub mod reply;
pub mod stamp;
pub mod stranger;
pub mod verb;
