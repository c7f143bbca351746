//! The words of the window, in one place, so that they can be translated later. The names that tests and screen readers
//! rely on are the program's public interface.
#![expect(missing_docs, reason = "each says itself")]

use crate::domain::bytes;

use crate::app::files::columns::Column;
use crate::app::files::location::{Item, Side};
use crate::app::files::rows::Totals;
use crate::app::operation::Operation;
use crate::engine::message::{Explanation, Step};

pub const APP: &str = "Twinport";

pub const SITE_MANAGER: &str = "Site Manager";
pub const SETTINGS: &str = "Settings";
pub const ABOUT: &str = "About";
pub const QUICK_CONNECT: &str = "Quick connect";
pub const DISCONNECT: &str = "Disconnect";
pub const RECONNECT: &str = "Reconnect";
pub const REFRESH: &str = "Refresh";
pub const CANCEL: &str = "Cancel";
pub const PAUSE_QUEUE: &str = "Pause queue";
pub const RESUME_QUEUE: &str = "Resume queue";
pub const LIMIT_SPEEDS: &str = "Limit speeds";
pub const OTHER_PANE: &str = "Other pane";
pub const TRANSFER_QUEUE: &str = "Transfer queue";
pub const TRANSFERS: &str = "Transfers";
pub const MESSAGE_LOG: &str = "Message log";
pub const TOGGLE_QUEUE: &str = "Show or hide the queue";
pub const TOGGLE_LOG: &str = "Show or hide the log";
pub const HIDDEN_FILES: &str = "Hidden files";
pub const QUIT: &str = "Quit";

pub const UPLOAD: &str = "Upload";
pub const DOWNLOAD: &str = "Download";
pub const OPEN: &str = "Open";
pub const RENAME: &str = "Rename";
pub const DELETE: &str = "Delete";
pub const DELETE_FOR_GOOD: &str = "Delete for good";
pub const DELETE_LEFTOVERS: &str = "Delete leftovers…";
pub const NEW_FOLDER: &str = "New folder";
pub const NEW_FILE: &str = "New file";
pub const PROPERTIES: &str = "Properties";
pub const COPY_URL: &str = "Copy URL";
pub const SELECT_ALL: &str = "Select all";
pub const LOCAL_UP: &str = "Up in local files";
pub const REMOTE_UP: &str = "Up in remote files";
pub const REFRESH_LOCAL: &str = "Refresh local files";
pub const REFRESH_REMOTE: &str = "Refresh remote files";
pub const FILTER_LOCAL: &str = "Filter local files";
pub const FILTER_REMOTE: &str = "Filter remote files";
pub const FILTER_TRANSFERS: &str = "Filter transfers";
pub const CLEAR_FILTER_LOCAL: &str = "Clear local filter";
pub const CLEAR_FILTER_REMOTE: &str = "Clear remote filter";
pub const LOCAL_PATH: &str = "Local path";
pub const REMOTE_PATH: &str = "Remote path";
pub const LOCAL_FILES: &str = "Local files";
pub const REMOTE_FILES: &str = "Remote files";
pub const THIS_COMPUTER: &str = "THIS COMPUTER";
pub const SERVER: &str = "SERVER";
pub const FILTER: &str = "Filter";

pub const HOST: &str = "Host";
pub const PORT: &str = "Port";
pub const USER: &str = "User";
pub const PASSWORD: &str = "Password";
pub const BAD_PORT: &str = "A port is a number from 1 to 65535.";
pub const BAD_URL: &str = "This is no FTP address.";
pub const NO_HOST: &str = "Type the server's host name or address first.";

pub const NAME: &str = "Name";
pub const SIZE: &str = "Size";
pub const KIND: &str = "Type";
pub const MODIFIED: &str = "Modified";
pub const PERMISSIONS: &str = "Permissions";
pub const OWNER: &str = "Owner";

pub const FOLDER: &str = "Folder";
pub const LINK: &str = "Link";
pub const FILE: &str = "File";
pub const OTHER: &str = "Special";

pub const NOT_CONNECTED: &str = "Not connected";
pub const NOT_CONNECTED_HINT: &str = "Choose a saved site, or type a host above and press Enter.";
pub const CONNECTION_FAILED: &str = "No connection";
pub const EMPTY_FOLDER: &str = "This folder is empty";
pub const EMPTY_REMOTE_HINT: &str = "Drop files here to upload them.";
pub const EMPTY_LOCAL_HINT: &str = "Drop remote files here to download them.";
pub const NO_MATCH: &str = "No name contains the filter's text";
pub const NO_MATCH_IN_QUEUE: &str = "No transfer contains the filter's text";
pub const CLEAR_FILTER: &str = "Show all files";
pub const LOADING: &str = "Reading the folder";
pub const TRY_AGAIN: &str = "Try again";
pub const DISMISS: &str = "Dismiss";
pub const CONNECT_FIRST: &str = "There is no connection to a server.";
pub const CONNECT_FIRST_ADVICE: &str = "Connect first: files are uploaded to the folder shown on the right.";
pub const DROP_ON_SERVER: &str = "Drop files on the server's side to upload them.";
pub const UPLOAD_HERE: &str = "Drop to upload";
pub const ALREADY_THERE: &str = "A folder cannot be moved into itself.";
pub const TRASH_FAILED: &str = "The trash cannot be used";

/// `12 files, 3 folders, 4.5 MiB`.
pub fn totals(totals: &Totals) -> String {
    let mut parts = Vec::new();
    if totals.files > 0 || totals.folders == 0 {
        parts.push(count(totals.files, "file", "files"));
    }
    if totals.folders > 0 {
        parts.push(count(totals.folders, "folder", "folders"));
    }
    if totals.files > 0 {
        parts.push(bytes(totals.bytes));
    }
    parts.join(", ")
}

/// `1 file`, `1,234 files`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Digits in groups of three: `100,000`.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What several items are called: the name of the only one, else `3 files`, `2 folders`, `5 items`.
pub fn items(items: &[Item]) -> String {
    use crate::domain::EntryKind::Directory;
    let folders = items.iter().filter(|item| item.entry.kind == Directory).count();
    match items {
        [only] => only.name.clone(),
        _ if folders == 0 => count(items.len(), "file", "files"),
        _ if folders == items.len() => count(folders, "folder", "folders"),
        _ => count(items.len(), "item", "items"),
    }
}

/// `Deleting 3 files`.
pub fn deleting(what: &[Item]) -> String {
    format!("Deleting {}", items(what))
}

/// `Moving 3 files`.
pub fn moving(what: &[Item]) -> String {
    format!("Moving {}", items(what))
}

/// `Changing permissions of 3 files`.
pub fn changing_permissions(what: &[Item]) -> String {
    format!("Changing permissions of {}", items(what))
}

/// A name that the server's charset cannot hold.
pub fn not_in_charset(name: &str, charset: &str) -> String {
    format!("“{name}” has a character that the site's charset ({charset}) does not have.")
}

/// `PDF file`.
pub fn file_of_kind(extension: &str) -> String {
    format!("{extension} file")
}

/// `3 files, 4.5 MiB selected`.
pub fn selected(chosen: &Totals) -> String {
    format!("{} selected", totals(chosen))
}

/// `Reading the folder… 12,000 so far`.
pub fn loading(so_far: usize) -> String {
    format!("{LOADING}… {} so far", grouped(so_far))
}

/// `Deleting 3 files: 120 done, last /pub/x`.
pub fn operation(operation: &Operation) -> String {
    match operation.done {
        0 => format!("{}…", operation.title),
        done => format!(
            "{}: {} done, last {}",
            operation.title,
            grouped(usize::try_from(done).unwrap_or(usize::MAX)),
            operation.at
        ),
    }
}

/// `Connecting to SITE`.
pub fn connecting_to(site: &str) -> String {
    format!("Connecting to {site}")
}

/// What a connection on its way is doing.
pub fn step(step: Step) -> &'static str {
    match step {
        Step::Resolving => "Looking up the server's address",
        Step::Connecting => "Opening the connection",
        Step::Greeting => "Waiting for the server's greeting",
        Step::Securing => "Setting the encryption up",
        Step::LoggingIn => "Logging in",
    }
}

/// A column's header.
pub fn column(column: Column) -> &'static str {
    match column {
        Column::Name => NAME,
        Column::Size => SIZE,
        Column::Kind => KIND,
        Column::Modified => MODIFIED,
        Column::Permissions => PERMISSIONS,
        Column::Owner => OWNER,
    }
}

/// What a click on a column's header does, for screen readers.
pub fn sort_by(column: Column) -> &'static str {
    match column {
        Column::Name => "Sort by name",
        Column::Size => "Sort by size",
        Column::Kind => "Sort by type",
        Column::Modified => "Sort by date",
        Column::Permissions => "Sort by permissions",
        Column::Owner => "Sort by owner",
    }
}

/// The rows of a pane.
pub fn rows(side: Side) -> &'static str {
    match side {
        Side::Local => "Local file list",
        Side::Remote => "Remote file list",
    }
}

/// The container of a pane.
pub fn pane(side: Side) -> &'static str {
    match side {
        Side::Local => LOCAL_FILES,
        Side::Remote => REMOTE_FILES,
    }
}

/// What the user made, or gave another name, is not among the rows: the filter hides it, or its dot does.
pub fn made_unseen(name: &str, filtered: bool) -> Explanation {
    let (why, advice) = match filtered {
        true => ("The filter hides it.", "Clear the filter to see it."),
        false => {
            ("Its name begins with a dot, and hidden files are not shown.", "Show hidden files (Ctrl+H) to see it.")
        }
    };
    Explanation { what: format!("“{name}” is there."), why: why.to_owned(), advice: advice.to_owned() }
}

/// A folder that was shown was removed by another program; `shown` = the one that took its place.
pub fn folder_gone(gone: &str, shown: &str) -> Explanation {
    Explanation {
        what: format!("“{gone}” is not there any more."),
        why: "It was removed or renamed by another program.".to_owned(),
        advice: format!("“{shown}” is shown instead, the nearest folder above it."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_says_what_it_holds() {
        let text = |files, folders, bytes| totals(&Totals { files, folders, bytes });
        assert_eq!(text(12, 3, 4_718_592), "12 files, 3 folders, 4.5 MiB");
        assert_eq!(text(1, 1, 0), "1 file, 1 folder, 0 B");
        assert_eq!(text(0, 2, 0), "2 folders");
        assert_eq!(text(0, 0, 0), "0 files");
        assert_eq!(text(100_000, 0, 1), "100,000 files, 1 B");
    }
}
