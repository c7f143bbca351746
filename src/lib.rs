//! Twinport: FTP runs on two ports (control and data), and so does the window (local and remote).
//!
//! One library with two faces: a window ([`ui`]) and a command line ([`cli`]). Both send
//! [`engine::message::Command`]s to the same engine and read the same [`engine::message::Event`]s.
//!
//! # The floors
//!
//! Imports only point down; `tests/architecture.rs` keeps it so.
//!
//! ```text
//! 6  main.rs   wires: arguments, store, engine, then a face   -> all
//! 5  ui/       egui only: draws Model, collects Action         -> app, engine::message, store, domain
//! 5  cli/      clap + indicatif: the same engine, headless      -> engine, store, domain
//! 4  app/      the program without a window: Model, Action,
//!              reducer; everything here runs in a unit test     -> engine::message, store, domain
//! 3  engine/   threads, queue, scheduling, local files          -> net, ftp, store, domain
//! 2  net/      sockets: control and data channel, session       -> ftp, domain
//! 1  ftp/      the protocol as pure functions on bytes          -> domain
//! 1  store/    what survives a restart                          -> domain
//! 0  domain/   nouns: Site, RemotePath, Entry, Secret           -> nothing
//! ```
//!
//! # Threads and messages
//!
//! | thread | owns | waits on | ends when |
//! | --- | --- | --- | --- |
//! | UI (main) | `Model`, `View` | nothing, ever | the window closes |
//! | `engine` | queue, pool, connections | commands, reports, a 100 ms tick | its handle is dropped |
//! | `session-N` | one control connection, one local file | its inbox, its sockets with a deadline | its inbox is closed |
//! | `segment` (some, within a large download) | one more control connection, ranges of that file | its sockets with a deadline | the file is whole, or others need its place |
//! | `local` | nothing lasting | the disk | its channel disconnects |
//! | `resolver` | one host name, looked up | the system's resolver, which cannot be interrupted | it has answered |
//! | `journal` | `queue.db` | the disk | its channel disconnects |
//! | `saver` | `settings.ron`, `sites.ron`, being written | the disk | its handle is dropped, and all is written |
//! | `arrange` | the rows of a huge folder, being made | nothing | they are made |
//! | the window's errands | one dialog of the system, one file, one look into the keyring | the user, the disk | it is done |
//!
//! A question to the user (file exists, password) is a state of the job, never a blocked thread.

pub mod app;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod ftp;
pub mod net;
#[cfg(feature = "practice")]
pub mod practice;
pub mod store;
pub mod ui;
