//! What moves on the terminal while files are transferred: one bar for all, one for each active file. Without a terminal,
//! or where nobody wants it, only lines on stderr.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::printable;
use crate::domain::{JobId, rate, time_left};
use crate::engine::message::Progress;

/// The bar for all.
const TOTAL: &str = "{bar:28} {bytes:>10} of {total_bytes:<10} {wide_msg}";
/// A file's.
const FILE: &str = "{bar:28.dim} {bytes:>10} of {total_bytes:<10} {wide_msg:.dim}";
/// A file's whose size nobody knows.
const UNSIZED: &str = "{spinner:28} {bytes:>10}               {wide_msg:.dim}";

/// The terminal's lines below the cursor.
pub(super) struct Screen {
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    files: HashMap<JobId, ProgressBar>,
}

impl Screen {
    /// Lines only.
    pub(super) fn plain() -> Self {
        Self { bars: None }
    }

    /// With bars, on stderr.
    pub(super) fn with_bars() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let total = all.add(ProgressBar::new(0).with_style(style(TOTAL)));
        Self { bars: Some(Bars { all, total, files: HashMap::new() }) }
    }

    /// One line on stderr, above the bars.
    pub(super) fn tell(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.all.suspend(|| crate::cli::output::tell(line)),
            None => crate::cli::output::tell(line),
        }
    }

    /// Shows what moves. `name` tells what a job is called.
    pub(super) fn show<'a>(&mut self, progress: &Progress, name: impl Fn(JobId) -> Option<&'a str>) {
        let Some(bars) = &mut self.bars else { return };
        bars.files.retain(|id, bar| {
            let active = progress.jobs.iter().any(|job| job.id == *id);
            if !active {
                bar.finish_and_clear();
                bars.all.remove(bar);
            }
            active
        });
        for job in &progress.jobs {
            let Some(name) = name(job.id) else { continue };
            let bar = bars.files.entry(job.id).or_insert_with(|| {
                let template = if job.size.is_some() { FILE } else { UNSIZED };
                bars.all.add(ProgressBar::new(job.size.unwrap_or_default()).with_style(style(template)))
            });
            if let Some(size) = job.size {
                bar.set_length(size);
            }
            bar.set_position(job.bytes);
            bar.set_message(format!("{}  {}", rate(job.rate), printable(name)));
        }
        let (done, all) = (&progress.done, &progress.all);
        let mut message = format!("{} of {} files", done.files, all.files);
        message.push_str(&format!("  {}", rate(progress.rate_down.saturating_add(progress.rate_up))));
        if let Some(left) = progress.time_left {
            message.push_str(&format!("  {} left", time_left(left)));
        }
        bars.total.set_length(all.bytes);
        bars.total.set_position(done.bytes);
        bars.total.set_message(message);
    }

    /// Out of the way, for a question.
    pub(super) fn hide(&self) {
        if let Some(bars) = &self.bars {
            bars.all.clear().ok();
            bars.all.set_draw_target(ProgressDrawTarget::hidden());
        }
    }

    /// And back.
    pub(super) fn unhide(&self) {
        if let Some(bars) = &self.bars {
            bars.all.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }

    /// All is done: no bar stays.
    pub(super) fn clear(&mut self) {
        if let Some(bars) = self.bars.take() {
            for bar in bars.files.values() {
                bar.finish_and_clear();
            }
            bars.total.finish_and_clear();
            bars.all.clear().ok();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_well_formed() {
        for template in [TOTAL, FILE, UNSIZED] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
