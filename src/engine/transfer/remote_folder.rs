//! What a remote directory has, as far as its listing tells, for the files that are to go there: nothing is replaced
//! unasked because a listing did not show it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::domain::{Entry, EntryKind, Listing, RemotePath};
use crate::engine::job::child::Existing;
use crate::engine::job::side::Side;
use crate::engine::naming::temporary_name::temporary_of;

pub(crate) struct There {
    entries: HashMap<Box<[u8]>, Entry>,
    /// Their names in lower case: some servers mind no case.
    folded: HashSet<String>,
    /// Whether the listing has all there is.
    is_whole: bool,
    /// Whether it has hidden files, too: LIST without `-a` has none, nor has Pure-FTPd's MLSD.
    shows_hidden: bool,
}

impl There {
    /// A directory that was made a moment ago.
    pub(crate) fn empty() -> Self {
        Self { entries: HashMap::new(), folded: HashSet::new(), is_whole: true, shows_hidden: true }
    }

    /// A directory that nobody could look into.
    pub(crate) fn unknown() -> Self {
        Self { is_whole: false, ..Self::empty() }
    }

    pub(crate) fn new(listing: Listing) -> Self {
        let is_whole = listing.is_whole();
        let shows_hidden = listing.entries.iter().any(Entry::is_hidden);
        let folded = listing.entries.iter().map(|entry| fold(&entry.name)).collect();
        let entries = listing.entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        Self { entries, folded, is_whole, shows_hidden }
    }

    /// What the listing says of an upload's target; [`Existing::Unknown`] = the server must be asked about it.
    pub(crate) fn existing(&self, local: &Path, target: &RemotePath, source: Side) -> Existing {
        let entry = |path: &RemotePath| path.file_name().and_then(|name| self.entries.get(name));
        match entry(target) {
            Some(found) if found.kind == EntryKind::File => {
                Existing::File(Side { size: found.size, modified: found.modified })
            }
            Some(_) => Existing::Unknown,
            None if !target.file_name().is_some_and(|name| self.surely_lacks(name)) => Existing::Unknown,
            None => match temporary_of(local, target, source.size, source.modified)
                .as_ref()
                .and_then(entry)
                .and_then(|part| part.size)
            {
                Some(length) => Existing::Part(length),
                None => Existing::Absent,
            },
        }
    }

    /// Of a name that the listing does not have as it is.
    fn surely_lacks(&self, name: &[u8]) -> bool {
        let may_be_hidden = name.starts_with(b".") && !self.shows_hidden;
        self.is_whole && !may_be_hidden && !self.folded.contains(&fold(name))
    }
}

/// Bytes that are no UTF-8 become one and the same: then it is asked once too often.
fn fold(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(names: &[&str], cut: Option<&str>) -> There {
        let entries = names.iter().map(|name| Entry::new(*name, EntryKind::File)).collect();
        There::new(Listing { entries, cut: cut.map(str::to_owned), ..Listing::default() })
    }

    fn is_unknown(there: &There, name: &str) -> bool {
        let source = Side { size: Some(1), modified: None };
        there.existing(Path::new("local"), &RemotePath::root().join(name.as_bytes()), source) == Existing::Unknown
    }

    #[test]
    fn what_a_listing_may_not_show_is_asked_about() {
        let plain = there(&["a", "README"], None);
        assert!(!is_unknown(&plain, "b"), "a listing is believed");
        assert!(is_unknown(&plain, ".htaccess"), "hidden files may be there");
        assert!(!is_unknown(&there(&["a", ".profile"], None), ".htaccess"), "it shows them");
        assert!(is_unknown(&plain, "readme"), "the server may mind no case");
        assert!(is_unknown(&there(&["GRÖSSE", "größe"], None), "GRÖßE"));
        assert!(!is_unknown(&plain, "größe"));
        assert!(is_unknown(&there(&["a"], Some("Output truncated to 1 matches")), "b"));
        assert!(!is_unknown(&There::empty(), ".htaccess"));
    }
}
