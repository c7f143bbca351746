//! Links in MLSD whose target comes as a line of its own: `type=OS.unix=symlink;unique=1234; name` and later
//! `type=file;unique=1234; /actual/target`, as ProFTPD lists them.

use std::collections::HashMap;

use crate::domain::{Entry, EntryKind};
use crate::ftp::listing::mlsd;

/// Links that still lack a target, by what their lines say is unique about it.
#[derive(Default)]
pub(super) struct Links {
    waiting: HashMap<Box<[u8]>, Vec<Waiting>>,
}

struct Waiting {
    /// Where in the list of entries.
    at: usize,
    name: Box<[u8]>,
}

impl Links {
    /// Looks at an entry of this line, about to be appended to `out`. `false` = it is but some link's target, elsewhere.
    pub(super) fn see(&mut self, entry: &Entry, line: &[u8], out: &mut [Entry]) -> bool {
        let waits = entry.kind == EntryKind::Link && entry.target.is_none();
        if !waits && self.waiting.is_empty() {
            return true;
        }
        let Some(unique) = mlsd::unique(line) else { return true };
        if waits {
            let link = Waiting { at: out.len(), name: entry.name.clone() };
            self.waiting.entry(unique.into()).or_default().push(link);
            return true;
        }
        let Some(links) = self.waiting.get_mut(unique) else { return true };
        // Each gets its target once; that there were some stays known, for the line may come again.
        for link in std::mem::take(links) {
            if let Some(known) = out.get_mut(link.at).filter(|known| known.name == link.name) {
                known.target = Some(entry.name.clone());
            }
        }
        !entry.name.contains(&b'/')
    }
}
