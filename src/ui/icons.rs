//! Icons: letters of the Phosphor font.

use egui::{FontId, RichText};

use crate::app::Icon;
use crate::domain::{Entry, EntryKind};

use crate::ui::theme;

pub const CARET_UP: char = '\u{e13c}';
pub const CARET_DOWN: char = '\u{e136}';
pub const CARET_RIGHT: char = '\u{e13a}';
pub const CLOSE: char = '\u{e4f6}';
pub const WARNING: char = '\u{e4e0}';
pub const ERROR: char = '\u{e4e2}';
pub const OK: char = '\u{e184}';
pub const INFO: char = '\u{e2ce}';
pub const SEARCH: char = '\u{e30c}';
pub const LOCK: char = '\u{e2fa}';
pub const LOCK_OPEN: char = '\u{e306}';
pub const PARENT: char = '\u{e04c}';
pub const COMPUTER: char = '\u{e560}';
pub const SERVER: char = '\u{e2a0}';
pub const DISCONNECTED: char = '\u{eb56}';
pub const EMPTY: char = '\u{e8f8}';
pub const CLOCK: char = '\u{e19a}';
pub const ARROW_UP: char = '\u{e08e}';
pub const ARROW_DOWN: char = '\u{e03e}';
pub const ARROW_LEFT: char = '\u{e058}';
pub const ARROW_RIGHT: char = '\u{e06c}';
pub const PLUS: char = '\u{e3d4}';
pub const MORE: char = '\u{e1fe}';
pub const SKIP: char = '\u{e5a6}';
pub const STOP: char = '\u{e46c}';
pub const KEY: char = '\u{e2d6}';
pub const EXPORT: char = '\u{eaf0}';
pub const CERTIFICATE: char = '\u{e766}';
pub const FOLDER: char = '\u{e24a}';
pub const LINK: char = '\u{e2e6}';
const FILE: char = '\u{e230}';
const FILE_TEXT: char = '\u{e23a}';
const FILE_IMAGE: char = '\u{ea24}';
const FILE_ARCHIVE: char = '\u{e958}';
const FILE_CODE: char = '\u{e914}';
const FILE_AUDIO: char = '\u{ea20}';
const FILE_VIDEO: char = '\u{ea22}';
const FILE_PDF: char = '\u{e702}';
const FILE_LOCK: char = '\u{e95c}';
const FILE_SPECIAL: char = '\u{e704}';

/// A command's icon.
pub fn of(icon: Icon) -> char {
    match icon {
        Icon::Sites => '\u{e6f8}',
        Icon::Connect => '\u{e2de}',
        Icon::Disconnect => '\u{eb56}',
        Icon::Reconnect => '\u{e038}',
        Icon::Refresh => '\u{e094}',
        Icon::Cancel => '\u{e4f8}',
        Icon::Settings => '\u{e272}',
        Icon::About => INFO,
        Icon::Upload => '\u{e4c0}',
        Icon::Download => '\u{e20c}',
        Icon::Open => '\u{e256}',
        Icon::Rename => '\u{e3b4}',
        Icon::Delete => '\u{e4a6}',
        Icon::NewFolder => '\u{e258}',
        Icon::NewFile => '\u{e236}',
        Icon::Properties => '\u{e434}',
        Icon::Copy => '\u{e1ca}',
        Icon::Up => ARROW_UP,
        Icon::Filter => SEARCH,
        Icon::Pause => '\u{e39e}',
        Icon::Resume => '\u{e3d0}',
        Icon::Hidden => '\u{e220}',
        Icon::Queue => '\u{e5a2}',
        Icon::Log => '\u{eae8}',
        Icon::SelectAll => '\u{e746}',
        Icon::Limits => '\u{e628}',
        Icon::Swap => '\u{e0a0}',
        Icon::Quit => '\u{e42a}',
    }
}

/// A file's icon, by what it is and by its name; `true` = drawn filled.
pub fn of_entry(entry: &Entry, name: &str) -> (char, bool) {
    let file = match entry.kind {
        EntryKind::Directory => return (FOLDER, true),
        EntryKind::Link => LINK,
        EntryKind::Other => FILE_SPECIAL,
        EntryKind::File => match crate::app::files::rows::extension(name).to_ascii_lowercase().as_str() {
            "txt" | "md" | "log" | "doc" | "docx" | "odt" | "rtf" | "csv" | "tsv" | "ods" | "xls" | "xlsx" => FILE_TEXT,
            "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "bmp" | "tif" | "tiff" | "ico" | "heic" | "avif" => {
                FILE_IMAGE
            }
            "zip" | "gz" | "tgz" | "bz2" | "xz" | "zst" | "7z" | "rar" | "tar" | "iso" | "deb" | "rpm" | "jar" => {
                FILE_ARCHIVE
            }
            "rs" | "c" | "h" | "cpp" | "py" | "js" | "ts" | "html" | "htm" | "css" | "php" | "java" | "go" | "sh"
            | "rb" | "json" | "xml" | "toml" | "yml" | "yaml" | "ini" | "conf" | "sql" | "ron" => FILE_CODE,
            "mp3" | "wav" | "flac" | "ogg" | "opus" | "m4a" => FILE_AUDIO,
            "mp4" | "mkv" | "avi" | "mov" | "webm" | "mpg" => FILE_VIDEO,
            "pdf" => FILE_PDF,
            "key" | "pem" | "crt" | "gpg" | "asc" => FILE_LOCK,
            _ => FILE,
        },
    };
    (file, false)
}

/// An icon as text, in the size of all icons.
pub fn text(icon: char) -> RichText {
    RichText::new(icon).font(font())
}

/// The font of icons.
pub fn font() -> FontId {
    FontId::new(theme::ICON, theme::icons())
}

/// The font of filled icons.
pub fn filled_font() -> FontId {
    FontId::new(theme::ICON, theme::icons_filled())
}
