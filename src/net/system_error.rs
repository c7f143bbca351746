//! What the system says when a connection fails.

use std::io;

/// Whether the system lets this program open no more files and connections.
pub(super) fn lacks_descriptors(error: &io::Error) -> bool {
    // EMFILE and ENFILE have one number on all Unix systems; Windows has WSAEMFILE.
    let codes: &[i32] = if cfg!(windows) { &[10024] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// The system's words without its number.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
