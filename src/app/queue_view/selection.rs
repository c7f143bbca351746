//! What is selected in the queue, and where the keyboard's cursor is: by job, so that rows that come and go change nothing.

use std::collections::HashSet;

use crate::app::files::selection::{Click, Motion};
use crate::domain::JobId;

/// The selected jobs of a tab, the cursor, and where a range began. Some of the jobs may be gone: only those of the rows
/// count.
#[derive(Debug, Default)]
pub struct QueueSelection {
    selected: HashSet<JobId>,
    /// The row that keys start from.
    cursor: Option<JobId>,
    anchor: Option<JobId>,
}

impl QueueSelection {
    /// Whether that job is selected.
    pub fn contains(&self, id: JobId) -> bool {
        self.selected.contains(&id)
    }

    /// The job that keys start from.
    pub fn cursor(&self) -> Option<JobId> {
        self.cursor
    }

    /// The selected ones of these rows, in their order.
    pub fn of(&self, rows: &[JobId]) -> Vec<JobId> {
        if self.selected.is_empty() {
            return Vec::new();
        }
        rows.iter().copied().filter(|id| self.contains(*id)).collect()
    }

    /// Unselects all jobs, and forgets the cursor.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Selects all rows.
    pub fn select_all(&mut self, rows: &[JobId]) {
        self.selected = rows.iter().copied().collect();
    }

    /// A row was clicked.
    pub fn click(&mut self, rows: &[JobId], id: JobId, how: Click) {
        self.cursor = Some(id);
        match how {
            Click::Menu if self.contains(id) => return,
            Click::Only | Click::Menu => self.selected = HashSet::from([id]),
            Click::Toggle => {
                if !self.selected.remove(&id) {
                    self.selected.insert(id);
                }
            }
            Click::Range => {
                if let (Some(from), Some(to)) = (position(rows, self.anchor), position(rows, Some(id))) {
                    self.selected = rows[from.min(to)..=from.max(to)].iter().copied().collect();
                    return;
                }
                self.selected = HashSet::from([id]);
            }
        }
        self.anchor = Some(id);
    }

    /// A key moved the cursor; the row that it is on now comes back.
    pub fn move_cursor(&mut self, rows: &[JobId], motion: Motion, extend: bool) -> Option<usize> {
        let to = motion.target(position(rows, self.cursor), rows.len())?;
        self.click(rows, *rows.get(to)?, if extend { Click::Range } else { Click::Only });
        Some(to)
    }

    /// The selected rows, which are about to go. The cursor moves to the next one that stays, where the eye is, and nothing
    /// is selected there: by the same key nothing more goes.
    pub fn take(&mut self, rows: &[JobId]) -> Vec<JobId> {
        let gone = self.of(rows);
        let at = position(rows, self.cursor).unwrap_or(0);
        let stays = |id: &&JobId| !self.selected.contains(*id);
        self.cursor = rows[at..].iter().find(stays).or_else(|| rows[..at].iter().rfind(stays)).copied();
        self.anchor = self.cursor;
        self.selected.clear();
        gone
    }
}

fn position(rows: &[JobId], id: Option<JobId>) -> Option<usize> {
    let id = id?;
    rows.iter().position(|other| *other == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [JobId; 5] = [JobId(1), JobId(2), JobId(3), JobId(4), JobId(5)];

    fn ids(selection: &QueueSelection) -> Vec<u64> {
        selection.of(&ROWS).iter().map(|id| id.0).collect()
    }

    #[test]
    fn clicks_select_as_in_a_pane() {
        let mut selection = QueueSelection::default();
        selection.click(&ROWS, JobId(2), Click::Only);
        selection.click(&ROWS, JobId(4), Click::Range);
        assert_eq!(ids(&selection), [2, 3, 4]);
        selection.click(&ROWS, JobId(1), Click::Range);
        assert_eq!(ids(&selection), [1, 2], "the range still begins where it began");
        selection.click(&ROWS, JobId(5), Click::Toggle);
        assert_eq!(ids(&selection), [1, 2, 5]);
        selection.click(&ROWS, JobId(2), Click::Menu);
        assert_eq!(ids(&selection), [1, 2, 5], "the menu is for the whole selection");
        selection.click(&ROWS, JobId(3), Click::Menu);
        assert_eq!(ids(&selection), [3]);
    }

    #[test]
    fn keys_move_the_cursor_and_shift_extends() {
        let mut selection = QueueSelection::default();
        assert_eq!(selection.move_cursor(&ROWS, Motion::Down, false), Some(0));
        assert_eq!(selection.move_cursor(&ROWS, Motion::PageDown(2), true), Some(2));
        assert_eq!(ids(&selection), [1, 2, 3]);
        assert_eq!(selection.move_cursor(&ROWS, Motion::End, false), Some(4));
        assert_eq!(ids(&selection), [5]);
        assert_eq!(selection.move_cursor(&[], Motion::Up, false), None);
    }

    #[test]
    fn what_is_taken_out_leaves_the_cursor_on_the_next_row_and_nothing_selected() {
        let mut selection = QueueSelection::default();
        selection.click(&ROWS, JobId(2), Click::Only);
        selection.click(&ROWS, JobId(3), Click::Range);
        assert_eq!(selection.take(&ROWS), [JobId(2), JobId(3)]);
        assert_eq!((selection.cursor(), ids(&selection)), (Some(JobId(4)), vec![]));
        selection.click(&ROWS, JobId(5), Click::Only);
        selection.take(&ROWS);
        assert_eq!(selection.cursor(), Some(JobId(4)), "of the last one, the one before");
        selection.select_all(&ROWS);
        selection.take(&ROWS);
        assert_eq!(selection.cursor(), None);
    }
}
