//! Keeps the floors of `src/lib.rs`: a file imports only from the floors below it, sockets live in `net/`, the window's
//! libraries in `ui/`, and every file says in its header what it is.

#![allow(clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Floor, and the floors it may name.
const FLOORS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ftp", &["domain"]),
    ("store", &["domain"]),
    ("net", &["ftp", "domain"]),
    ("engine", &["net", "ftp", "store", "domain"]),
    ("app", &["engine::message", "store", "domain"]),
    ("ui", &["app", "engine::message", "store", "domain"]),
    ("cli", &["engine", "store", "domain"]),
];

/// A word, and the places where it may stand.
const WORDS: &[(&str, &[&str])] = &[
    ("egui", &["ui", "main.rs"]),
    ("eframe", &["ui", "main.rs"]),
    ("rfd::", &["ui", "main.rs"]),
    ("socket2", &["net"]),
    ("mio", &["net"]),
    ("TcpStream", &["net"]),
    ("TcpListener", &["net", "practice.rs"]),
    ("rustls", &["net"]),
    ("rusqlite", &["store"]),
    ("crossbeam_channel", &["engine", "ui", "cli", "main.rs"]),
    ("clap", &["cli", "main.rs"]),
    ("indicatif", &["cli"]),
];

/// Floors without locks: state is moved, not shared.
const NO_LOCKS: &[&str] = &["domain", "ftp", "app", "ui"];

#[test]
fn imports_point_down() {
    for (file, text) in sources() {
        let Some((_, below)) = FLOORS.iter().find(|(floor, _)| file.starts_with(floor)) else { continue };
        let floor = file.components().next().expect("a floor").as_os_str().to_string_lossy().into_owned();
        for (number, line) in code_lines(&text) {
            for (at, _) in line.match_indices("crate::") {
                let named = &line[at + "crate::".len()..];
                let own = named.starts_with(&floor);
                let allowed = below.iter().any(|below| named.starts_with(below));
                assert!(own || allowed, "{}:{number} looks up or sideways: {line}", file.display());
            }
        }
    }
}

#[test]
fn libraries_stay_on_their_floor() {
    for (file, text) in sources() {
        for (word, places) in WORDS {
            if places.iter().any(|place| file.starts_with(place)) {
                continue;
            }
            for (number, line) in code_lines(&text) {
                assert!(!names(line, word), "{}:{number} uses {word} outside {places:?}", file.display());
            }
        }
        if NO_LOCKS.iter().any(|floor| file.starts_with(floor)) {
            for (number, line) in code_lines(&text) {
                for lock in ["Mutex", "RwLock", "RefCell"] {
                    assert!(!names(line, lock), "{}:{number} has a {lock}", file.display());
                }
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (file, text) in sources() {
        assert!(text.starts_with("//! "), "{} has no header", file.display());
    }
}

/// Whether `word` stands in `line` as a word of its own.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(before) && (word.ends_with(':') || !joins(after))
    })
}

/// Lines of code with their numbers: no comments, and nothing below the file's unit tests.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .enumerate()
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
}

/// All files of `src/` but the two that wire, relative to it, with their texts.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                found.push((path.strip_prefix(&root).expect("below src").to_owned(), text));
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found
}
