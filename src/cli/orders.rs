//! `get` and `put` to orders: what a trailing slash means, which is what it means to rsync.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::url::Address;
use crate::domain::{EntryKind, Site};
use crate::engine::message::{ConflictPolicy, LocalTarget, Order, RemoteTarget, What};

/// The order for `get URL LOCAL`.
///
/// `URL/dir/` = what is in `dir` goes into LOCAL; `URL/dir` = LOCAL/dir; `URL/file` = the file LOCAL, unless LOCAL is a
/// folder or ends in a slash.
pub(super) fn get(site: &Arc<Site>, address: &Address, local: &Path, policy: ConflictPolicy) -> Order {
    let (kind, to) = if address.directory {
        (Some(EntryKind::Directory), LocalTarget::As(local.to_owned()))
    } else if ends_in_slash(local) || local.is_dir() {
        (None, LocalTarget::Into(local.to_owned()))
    } else {
        // Only the server knows whether it is a file (then LOCAL is its name) or a directory (then LOCAL/dir).
        (None, LocalTarget::At(local.to_owned()))
    };
    let remote = address.path.clone();
    let what = What::Download { remote, kind, size: None, modified: None, to };
    Order { site: Arc::clone(site), what, on_exists: Some(policy) }
}

/// The orders for `put LOCAL... URL`.
///
/// `dir/` = what is in it goes into the URL's directory; `dir` = URL/dir; `file` = URL/file, or, where the URL does not end
/// in a slash and names no directory, exactly that file.
pub(super) fn put(site: &Arc<Site>, locals: &[PathBuf], address: &Address, policy: ConflictPolicy) -> Vec<Order> {
    let order = |local: &PathBuf| {
        let target = address.path.clone();
        let to = if means_contents(local) && local.is_dir() {
            RemoteTarget::As(target)
        } else if local.is_dir() || address.directory || locals.len() > 1 {
            RemoteTarget::Into(target)
        } else {
            RemoteTarget::At(target)
        };
        let what = What::Upload { local: local.clone(), to };
        Order { site: Arc::clone(site), what, on_exists: Some(policy) }
    };
    locals.iter().map(order).collect()
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|&last| std::path::is_separator(char::from(last)))
}

/// `dir/`, `.`, `..`, `dir/.`: there is no name to make on the other side.
fn means_contents(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let last = bytes.rsplit(|b| std::path::is_separator(char::from(*b))).next().unwrap_or_default();
    matches!(last, b"" | b"." | b"..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RemotePath;

    fn site() -> Arc<Site> {
        Arc::new(Site::default())
    }

    #[test]
    fn get_places_things_as_rsync_would() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().to_owned();
        let missing = there.join("missing");
        let slashed = PathBuf::from(format!("{}/", missing.display()));
        let place = |url: &str, local: &Path| {
            let address = Address::parse(url).expect(url);
            match get(&site(), &address, local, ConflictPolicy::Skip).what {
                What::Download { kind, to, .. } => (kind, to),
                What::Upload { .. } => panic!("an upload"),
            }
        };
        let directory = Some(EntryKind::Directory);
        assert_eq!(place("ftp://h/dir/", &there), (directory, LocalTarget::As(there.clone())));
        assert_eq!(place("ftp://h/dir/", &missing), (directory, LocalTarget::As(missing.clone())));
        assert_eq!(place("ftp://h", &there), (directory, LocalTarget::As(there.clone())));
        assert_eq!(place("ftp://h/x", &there), (None, LocalTarget::Into(there.clone())));
        assert_eq!(place("ftp://h/x", &slashed), (None, LocalTarget::Into(slashed.clone())));
        assert_eq!(place("ftp://h/x", &missing), (None, LocalTarget::At(missing.clone())));
    }

    #[test]
    fn put_places_things_as_rsync_would() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("dir");
        std::fs::create_dir(&dir).expect("made");
        let file = folder.path().join("file");
        std::fs::write(&file, "x").expect("written");
        let slashed = PathBuf::from(format!("{}/", dir.display()));
        let dotted = dir.join(".");
        let to = RemotePath::from("to");
        let place = |locals: &[&PathBuf], url: &str| -> Vec<RemoteTarget> {
            let locals: Vec<PathBuf> = locals.iter().map(|path| (*path).clone()).collect();
            put(&site(), &locals, &Address::parse(url).expect(url), ConflictPolicy::Skip)
                .into_iter()
                .map(|order| match order.what {
                    What::Upload { to, .. } => to,
                    What::Download { .. } => panic!("a download"),
                })
                .collect()
        };
        for url in ["ftp://h/to/", "ftp://h/to"] {
            assert_eq!(place(&[&slashed], url), [RemoteTarget::As(to.clone())]);
            assert_eq!(place(&[&dotted], url), [RemoteTarget::As(to.clone())]);
            assert_eq!(place(&[&dir], url), [RemoteTarget::Into(to.clone())]);
            assert_eq!(place(&[&file, &dir], url), [RemoteTarget::Into(to.clone()), RemoteTarget::Into(to.clone())]);
        }
        assert_eq!(place(&[&file], "ftp://h/to/"), [RemoteTarget::Into(to.clone())]);
        assert_eq!(place(&[&file], "ftp://h/to"), [RemoteTarget::At(to)]);
        assert_eq!(place(&[&file], "ftp://h"), [RemoteTarget::Into(RemotePath::default())]);
    }
}
