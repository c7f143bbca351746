//! What limits transfers at a moment, and until when: the settings, and of their schedule the last rule that holds.
//! Pure: the time is an argument.
//!
//! The clock on the wall decides. Where it is put back, what lies in the hour that comes twice holds twice; what lies in
//! an hour that is left out does not hold that day.

use std::time::{Duration, Instant, SystemTime};

use jiff::Zoned;

use crate::engine::limits::schedule::limited;
use crate::engine::message::job::JobState;
use crate::engine::message::{Event, LogKind};
use crate::engine::scheduler::Actor;

/// Somebody may set the computer's clock, or its zone: it is looked at so often.
const LOOK: Duration = Duration::from_secs(30);

impl Actor {
    /// Finds out what holds now: the settings changed, or an hour has come.
    pub(crate) fn limit(&mut self) {
        let limited = limited(&self.settings, &Zoned::now());
        self.limited_at = self.now;
        let before = std::mem::replace(&mut self.limited, limited);
        if limited.paused && !before.paused {
            self.note(LogKind::Note, "The schedule pauses all transfers".into());
            // Before the limits go: what runs must not run off first.
            for id in self.stop_all() {
                self.queue.transition(id, JobState::Queued);
            }
        }
        self.limits.switch(self.settings.limits_on);
        self.limits.set(limited.down, limited.up);
        if before != limited {
            self.tell(Event::Limited(limited));
        }
    }

    /// Where there is a schedule, looks whether its next hour has come.
    pub(crate) fn keep_to_schedule(&mut self) {
        if self.next_limit().is_some_and(|at| at <= self.now) {
            self.limit();
        }
    }

    /// When to look at the schedule again; `None` = there is none.
    pub(crate) fn next_limit(&self) -> Option<Instant> {
        if self.settings.schedule.is_empty() || !self.settings.limits_on {
            return None;
        }
        let look = self.limited_at + LOOK;
        let due = self.limited.until.and_then(|until| until.duration_since(SystemTime::now()).ok());
        let change = match (self.limited.until, due) {
            (Some(_), None) => self.now,
            (_, Some(left)) => self.now + left.min(LOOK),
            (None, None) => look,
        };
        Some(look.min(change))
    }
}
