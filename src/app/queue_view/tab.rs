//! Tabs of the transfer queue.

use crate::engine::message::{JobState, Outcome};

/// The queue panel's tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Waits: its turn, the next try, or paused.
    Queued,
    /// Runs, or waits for an answer.
    Active,
    /// Failed or cancelled.
    Failed,
    /// All well.
    Done,
}

impl Tab {
    /// In the order of the panel.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Active, Self::Failed, Self::Done];

    /// Where a job of that state is shown; `None` for a folder that became jobs of its own.
    pub fn of(state: &JobState) -> Option<Self> {
        match state {
            JobState::Queued | JobState::Waiting { .. } | JobState::Paused => Some(Self::Queued),
            JobState::Running | JobState::Asking(_) => Some(Self::Active),
            JobState::Failed(_) | JobState::Cancelled => Some(Self::Failed),
            JobState::Done(Outcome::Folder) => None,
            JobState::Done(_) | JobState::LeftOut(_) => Some(Self::Done),
        }
    }
}
