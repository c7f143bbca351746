//! The saved sites (a place holder until the store's own arrives).

use crate::domain::{Mode, Site, SiteId};

/// The saved sites.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SiteBook {
    /// All of them.
    pub sites: Vec<Site>,
}

impl SiteBook {
    /// Remembers which mode worked; `false` where nothing changed.
    pub fn learn(&mut self, id: SiteId, mode: Mode) -> bool {
        match self.sites.iter_mut().find(|site| site.id == id && site.learned_mode != Some(mode)) {
            Some(site) => {
                site.learned_mode = Some(mode);
                true
            }
            None => false,
        }
    }
}
