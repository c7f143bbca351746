//! A mean over time.

use std::time::Duration;

/// A mean of values that held for a time each; what is older counts less.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Mean {
    sum: f64,
    /// 1 once all memory is full; before that the sum is too small by as much.
    weight: f64,
    pub(crate) seen: Duration,
}

impl Mean {
    /// The value held so long.
    pub(crate) fn take(&mut self, value: f64, time: Duration, memory: Duration) {
        let keep = (-time.as_secs_f64() / memory.as_secs_f64()).exp();
        self.sum = self.sum * keep + value * (1.0 - keep);
        self.weight = self.weight * keep + (1.0 - keep);
        self.seen = self.seen.saturating_add(time);
    }

    /// How much time is behind it.
    pub(crate) fn seen(&self) -> Duration {
        self.seen
    }

    /// 0 where nothing was taken yet.
    pub(crate) fn value(&self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }
}
