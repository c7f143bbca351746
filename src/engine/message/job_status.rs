//! A job's state as it is kept: a million of them are small, since few have much to tell.

use std::sync::Arc;

use crate::domain::QuestionId;
use crate::engine::message::job::{JobState, Outcome};

/// A [`JobState`], kept small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// [`JobState::Queued`].
    Queued,
    /// [`JobState::Running`].
    Running,
    /// [`JobState::Paused`].
    Paused,
    /// [`JobState::Cancelled`].
    Cancelled,
    /// [`JobState::Done`].
    Done(Outcome),
    /// [`JobState::Asking`].
    Asking(QuestionId),
    /// Any other: with an error or a reason.
    Other(Arc<JobState>),
}

impl From<JobState> for Standing {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Queued => Self::Queued,
            JobState::Running => Self::Running,
            JobState::Paused => Self::Paused,
            JobState::Cancelled => Self::Cancelled,
            JobState::Done(outcome) => Self::Done(outcome),
            JobState::Asking(question) => Self::Asking(question),
            state @ (JobState::Waiting { .. } | JobState::Failed(_) | JobState::LeftOut(_)) => {
                Self::Other(Arc::new(state))
            }
        }
    }
}

impl Standing {
    /// [`JobState::is_ended`].
    pub fn is_ended(&self) -> bool {
        match self {
            Self::Done(_) | Self::Cancelled => true,
            Self::Other(state) => state.is_ended(),
            Self::Queued | Self::Running | Self::Paused | Self::Asking(_) => false,
        }
    }

    /// As it is told.
    pub fn state(&self) -> JobState {
        match self {
            Self::Queued => JobState::Queued,
            Self::Running => JobState::Running,
            Self::Paused => JobState::Paused,
            Self::Cancelled => JobState::Cancelled,
            Self::Done(outcome) => JobState::Done(*outcome),
            Self::Asking(question) => JobState::Asking(*question),
            Self::Other(state) => JobState::clone(state),
        }
    }
}
