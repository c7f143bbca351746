//! A change of permissions: only the bits that somebody moved.

use crate::domain::EntryKind;

/// Which bits of a Unix mode to set and to clear, and of what; all others stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeChange {
    /// Bits that are on afterwards.
    pub set: u16,
    /// Bits that are off afterwards.
    pub clear: u16,
    /// What of several things is meant.
    pub applies_to: ModeScope,
    /// Execute is set on files only where somebody may execute them already, and on folders for whoever may read them, as with
    /// chmod's `X`.
    pub keeps_execute: bool,
}

/// Files, folders, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModeScope {
    /// Both.
    #[default]
    All,
    /// Files only.
    Files,
    /// Folders only.
    Folders,
}

/// The nine bits that everybody knows.
const RWX: u16 = 0o777;
/// Execute for all three.
const EXECUTE: u16 = 0o111;
/// Read for all three.
const READ: u16 = 0o444;

impl ModeChange {
    /// The whole mode; its special bits only where it has some.
    pub fn to(mode: u16) -> Self {
        let covers = if mode & !RWX == 0 { RWX } else { 0o7777 };
        Self { set: mode, clear: !mode & covers, applies_to: ModeScope::All, keeps_execute: false }
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.set == 0 && self.clear == 0
    }

    /// Whether it is meant for that kind of thing. A link's mode is its target's, which may lie anywhere.
    pub fn concerns(&self, kind: EntryKind) -> bool {
        match kind {
            EntryKind::File => self.applies_to != ModeScope::Folders,
            EntryKind::Directory => self.applies_to != ModeScope::Files,
            EntryKind::Link | EntryKind::Other => false,
        }
    }

    /// The mode afterwards; `None` = the mode before is not known, and not all of it is given.
    pub fn apply(&self, kind: EntryKind, before: Option<u16>) -> Option<u16> {
        let known = before.or(((self.set | self.clear) & RWX == RWX).then_some(0))?;
        let mode = (known & !self.clear) | self.set;
        if !self.keeps_execute {
            return Some(mode);
        }
        Some(match kind {
            EntryKind::Directory => mode | ((mode & READ) >> 2),
            _ if before.is_some_and(|before| before & EXECUTE != 0) => mode,
            _ => mode & !(self.set & EXECUTE),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: EntryKind = EntryKind::File;
    const FOLDER: EntryKind = EntryKind::Directory;

    #[test]
    fn only_what_was_moved_changes() {
        let change = ModeChange { set: 0o020, ..ModeChange { clear: 0, ..ModeChange::to(0) } };
        assert_eq!(change.apply(FILE, Some(0o600)), Some(0o620));
        assert_eq!(change.apply(FILE, Some(0o4755)), Some(0o4775));
        assert_eq!(change.apply(FILE, None), None, "the rest is not known");
        assert_eq!(ModeChange::to(0o644).apply(FILE, None), Some(0o644));
        assert_eq!(ModeChange::to(0o644).apply(FILE, Some(0o2755)), Some(0o2644), "special bits stay");
        assert_eq!(ModeChange::to(0o4755).apply(FILE, Some(0o2644)), Some(0o4755));
    }

    #[test]
    fn files_do_not_become_programs_and_folders_stay_open() {
        let change = |mode| ModeChange { keeps_execute: true, ..ModeChange::to(mode) };
        assert_eq!(change(0o775).apply(FILE, Some(0o644)), Some(0o664));
        assert_eq!(change(0o775).apply(FILE, Some(0o755)), Some(0o775));
        assert_eq!(change(0o775).apply(FILE, None), Some(0o664), "nobody knows of a program");
        assert_eq!(change(0o644).apply(FOLDER, Some(0o755)), Some(0o755));
        assert_eq!(change(0o600).apply(FOLDER, Some(0o755)), Some(0o700));
        assert_eq!(change(0o644).apply(FILE, Some(0o755)), Some(0o644), "taken away is taken away");
    }

    #[test]
    fn links_are_never_meant() {
        for kind in [EntryKind::Link, EntryKind::Other] {
            assert!(!ModeChange::to(0o644).concerns(kind));
        }
        let files = ModeChange { applies_to: ModeScope::Files, ..ModeChange::to(0o644) };
        assert!(files.concerns(FILE) && !files.concerns(FOLDER));
    }
}
