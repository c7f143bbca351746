//! The search in the queue.

use std::sync::Arc;

use crate::app::queue_view::Queue;
use crate::app::queue_view::tab::Tab;
use crate::domain::{JobId, Route};
use crate::engine::message::Kept;

/// The jobs of a tab that contain a text, found a piece a frame.
#[derive(Debug, Default)]
pub struct Found {
    wanted: String,
    tab: Option<Tab>,
    version: u64,
    /// How far it looked.
    at: usize,
    coming: Vec<JobId>,
    rows: Vec<JobId>,
}

impl Found {
    /// Those that were found, in the queue's order.
    pub fn rows(&self) -> &[JobId] {
        &self.rows
    }

    /// Looks at so many more jobs; `true` = at all of them, as they are now. The text is sought in the names and paths of
    /// both sides and in the site's name, in either case.
    pub fn look(&mut self, queue: &Queue, tab: Tab, text: &str, most: usize) -> bool {
        let wanted = text.trim().to_lowercase();
        if wanted != self.wanted || self.tab != Some(tab) {
            *self = Self { wanted, tab: Some(tab), version: queue.version.wrapping_sub(1), ..Self::default() };
        }
        let jobs = queue.tab(tab);
        if self.at == 0 {
            if self.version == queue.version {
                return true;
            }
            self.version = queue.version;
        }
        let mut kept = queue.jobs.cursor();
        let mut folder = (std::ptr::null(), false);
        let end = jobs.len().min(self.at.saturating_add(most));
        for id in jobs.get(self.at..end).unwrap_or_default() {
            let Some(job) = kept.find(*id) else { continue };
            let route = Arc::as_ptr(&job.route);
            if folder.0 != route {
                folder = (route, folder_contains(&job.route, &self.wanted));
            }
            if folder.1 || names_contain(job, &self.wanted) {
                self.coming.push(*id);
            }
        }
        self.at = end;
        if end < jobs.len() {
            // The first ones are shown at once.
            if self.rows.len() < self.coming.len() {
                self.rows.clone_from(&self.coming);
            }
            return false;
        }
        self.rows = std::mem::take(&mut self.coming);
        self.at = 0;
        self.version == queue.version
    }
}

fn folder_contains(route: &Route, wanted: &str) -> bool {
    let site = &route.site;
    [site.title(), &site.host].iter().any(|text| text.to_lowercase().contains(wanted))
        || site.charset.show(&route.remote).to_lowercase().contains(wanted)
        || String::from_utf8_lossy(&route.local).to_lowercase().contains(wanted)
}

fn names_contain(job: &Kept, wanted: &str) -> bool {
    let (remote, local) = (job.names.remote(), job.names.local());
    // A path across the folder and the name.
    if wanted.contains(['/', std::path::MAIN_SEPARATOR]) || job.route.whole.is_some() {
        let view = job.view(JobId(0));
        return view.remote.text(&view.site.charset).to_lowercase().contains(wanted)
            || view.local.to_string_lossy().to_lowercase().contains(wanted);
    }
    let contains = |name: &[u8], text: &dyn Fn() -> String| {
        if name.is_ascii() && wanted.is_ascii() {
            return contains_ascii(name, wanted.as_bytes());
        }
        text().to_lowercase().contains(wanted)
    };
    contains(remote, &|| job.route.site.charset.show(remote))
        || (local != remote && contains(local, &|| String::from_utf8_lossy(local).into_owned()))
}

/// Whether it stands there in either case; `wanted` is in lower case.
fn contains_ascii(name: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || name.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted))
}
