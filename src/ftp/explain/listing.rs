//! Words for a listing that came, but not as a whole.

use crate::domain::Listing;
use crate::ftp::explain::explanation::{Explanation, quoted};

/// What is missing from the listing, and why; `None` = nothing.
pub fn explain_listing(listing: &Listing) -> Option<Explanation> {
    if let Some(cut) = &listing.cut {
        return Some(Explanation {
            what: "The server did not list the whole folder.".into(),
            why: format!("It says: “{}”.", quoted(cut)),
            advice:
                "What is not shown is there all the same. The server's administrator can raise the limit of what is \
                     listed."
                    .into(),
        });
    }
    let first = quoted(listing.unread.first()?);
    let what = match listing.entries.is_empty() {
        true => "The folder's listing cannot be read.",
        false => "Some lines of the folder's listing cannot be read.",
    };
    Some(Explanation {
        what: what.into(),
        why: format!("They are in a format that Twinport does not know: “{first}”."),
        advice: "Send us that line, with the server's name and version: it is enough to teach Twinport the format."
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Entry, EntryKind};

    #[test]
    fn what_is_missing_from_a_listing_is_told() {
        let what = |listing: &Listing| explain_listing(listing).map(|told| told.what);
        let mut listing = Listing::default();
        assert_eq!(what(&listing), None, "an empty folder is in order");
        listing.unread = vec!["gibberish".into()];
        assert_eq!(what(&listing).as_deref(), Some("The folder's listing cannot be read."));
        assert!(explain_listing(&listing).is_some_and(|told| told.why.contains("“gibberish”")));
        listing.entries = vec![Entry::new("a", EntryKind::File)];
        assert_eq!(what(&listing).as_deref(), Some("Some lines of the folder's listing cannot be read."));
        listing.cut = Some("Output truncated to 10000 matches".into());
        assert_eq!(what(&listing).as_deref(), Some("The server did not list the whole folder."));
    }
}
