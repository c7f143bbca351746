//! What transfers have left in the folder that a pane shows, and nobody goes on with: offered for deleting, never
//! deleted unasked.

use crate::app::dialog::Deletion;
use crate::app::files::location::{Item, Location, Side};
use crate::app::model::{Model, Severity};
use crate::app::queue_view::tab::Tab;
use crate::domain::{EntryKind, RemotePath, bytes};
use crate::engine::message::{Direction, Explanation, is_leftover};

impl Model {
    /// The leftovers among a pane's entries.
    pub fn leftovers(&self, side: Side) -> Vec<Item> {
        let pane = self.pane(side);
        let Some(listing) = pane.listing.as_ref().filter(|_| !pane.growing) else { return Vec::new() };
        // Almost always there are none: only then the queue is looked through.
        if !listing.entries.iter().any(|entry| is_leftover(entry, &[], self.today)) {
            return Vec::new();
        }
        let Some(wanted) = self.targets_in(&pane.location) else { return Vec::new() };
        let wanted: Vec<&[u8]> = wanted.iter().map(Vec::as_slice).collect();
        let is = |index: &usize| is_leftover(&listing.entries[*index], &wanted, self.today);
        (0..listing.entries.len()).filter(is).filter_map(|index| pane.item(index)).collect()
    }

    /// The question whether they are to be deleted; `None` = there are none.
    pub(crate) fn clear_leftovers(&self, side: Side) -> Option<Deletion> {
        let items = self.leftovers(side);
        let size = items.iter().filter_map(|item| item.entry.size).fold(0, u64::saturating_add);
        let why = format!(
            "Left by transfers that ended before they were whole, and that nobody goes on with: {}.",
            bytes(size)
        );
        (!items.is_empty()).then(|| Deletion { side, items, for_good: side == Side::Remote, why: Some(why) })
    }

    /// A directory was read: what lies about in it is told, once for each directory.
    pub(crate) fn tell_leftovers(&mut self, side: Side) {
        let at = self.pane(side).location.clone();
        if self.told_leftovers.contains(&at) {
            return;
        }
        let items = self.leftovers(side);
        if items.is_empty() {
            return;
        }
        let size = items.iter().filter_map(|item| item.entry.size).fold(0, u64::saturating_add);
        let files = if items.len() == 1 { "1 file".to_owned() } else { format!("{} files", items.len()) };
        self.notify(
            Severity::Info,
            Explanation {
                what: format!(
                    "“{}” holds {files} ({}) that transfers have left unfinished.",
                    self.pane(side).path_text(),
                    bytes(size)
                ),
                why: "No transfer in the queue goes on with them.".into(),
                advice: "“Delete leftovers…” in the menu of the list shows and deletes them.".into(),
            },
        );
        self.told_leftovers.push(at);
    }

    /// The names in that place that jobs are to become; `None` = whatever is in there may be wanted, since a whole
    /// folder waits.
    fn targets_in(&self, place: &Location) -> Option<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for id in [Tab::Queued, Tab::Active, Tab::Failed].into_iter().flat_map(|tab| self.queue.tab(tab)) {
            let Some(job) = self.queue.job(*id).map(|job| job.view) else { continue };
            let target = match (place, job.direction) {
                (Location::Local(_), Direction::Download) => Location::Local(job.local.clone()),
                // Another server of the same path counts, too: rather one too few.
                (Location::Remote(_), Direction::Upload) => Location::Remote(job.remote.clone()),
                _ => continue,
            };
            // A folder's files are jobs only when it was read.
            if job.kind != EntryKind::File && lies_in(place, &target) {
                return None;
            }
            if target.parent().as_ref() == Some(place) {
                names.extend(target.file_name());
            }
        }
        Some(names)
    }
}

fn lies_in(place: &Location, folder: &Location) -> bool {
    match (place, folder) {
        (Location::Local(place), Location::Local(folder)) => place.starts_with(folder),
        // Relative to the login directory: nobody can tell.
        (Location::Remote(place), Location::Remote(folder)) => is_below(place, folder) || !folder.is_absolute(),
        _ => false,
    }
}

fn is_below(place: &RemotePath, folder: &RemotePath) -> bool {
    place.starts_with(folder)
}
