//! What transfers are called in the two folders of their route. A million names are small: those of neighbours lie on one
//! page, and whoever wants to keep one keeps the page.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::domain::RemotePath;
use crate::domain::route::{encoded, is_separator, is_slash, split};

/// A name on the server and one on this computer; as a rule the same, and then said once.
#[derive(Clone, Default)]
pub struct Names {
    /// `None` = both are empty. A pointer to a slice would be twice as wide.
    page: Option<Arc<Vec<u8>>>,
    at: u32,
    remote: u16,
    /// Its length; it follows the other one. [`BOTH`] = it is the other one.
    local: u16,
}

/// Names on their way to a page.
#[derive(Debug, Default)]
pub struct NamePage {
    bytes: Vec<u8>,
    names: Vec<(u32, u16, u16)>,
}

impl Names {
    /// Of two whole paths; `None` where the local one cannot be taken apart and put together again (a Windows name that is
    /// no Unicode), or a name is longer than any.
    pub fn of(local: &Path, remote: &RemotePath) -> Option<Self> {
        if cfg!(not(unix)) && local.to_str().is_none() {
            return None;
        }
        Self::new(split(remote.as_bytes(), is_slash).1, split(encoded(local), is_separator).1)
    }

    /// From both names; `None` where they are longer than any name is.
    pub fn new(remote: &[u8], local: &[u8]) -> Option<Self> {
        let mut page = NamePage::default();
        if page.add(remote, local) { page.finish().next() } else { None }
    }

    /// On the server, its bytes.
    pub fn remote(&self) -> &[u8] {
        self.part(self.at, self.remote)
    }

    /// On this computer, [`std::ffi::OsStr::as_encoded_bytes`].
    pub fn local(&self) -> &[u8] {
        if self.local == BOTH {
            return self.remote();
        }
        self.part(self.at + u32::from(self.remote), self.local)
    }

    /// Puts them all on one page.
    pub fn gather<'a>(names: impl Iterator<Item = &'a mut Self>) {
        let mut page = NamePage::default();
        let names: Vec<&mut Self> = names.filter(|names| page.add(names.remote(), names.local())).collect();
        for (name, gathered) in names.into_iter().zip(page.finish()) {
            *name = gathered;
        }
    }

    fn part(&self, at: u32, length: u16) -> &[u8] {
        let (at, length) = (at as usize, usize::from(length));
        self.page.as_ref().and_then(|page| page.get(at..at + length)).unwrap_or_default()
    }
}

impl NamePage {
    /// `false` = not added: longer than any name is.
    pub fn add(&mut self, remote: &[u8], local: &[u8]) -> bool {
        let length = |name: &[u8]| u16::try_from(name.len()).ok().filter(|length| *length != BOTH);
        let (Ok(at), Some(remote_length), Some(local_length)) =
            (u32::try_from(self.bytes.len()), length(remote), length(local))
        else {
            return false;
        };
        self.bytes.extend_from_slice(remote);
        if remote == local {
            self.names.push((at, remote_length, BOTH));
        } else {
            self.bytes.extend_from_slice(local);
            self.names.push((at, remote_length, local_length));
        }
        true
    }

    /// How many were added.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All that were added, in order; the next page begins.
    pub fn finish(&mut self) -> impl Iterator<Item = Names> + '_ {
        let page = Arc::new(self.bytes.as_slice().to_vec());
        self.bytes.clear();
        self.names.drain(..).map(move |(at, remote, local)| Names { page: Some(Arc::clone(&page)), at, remote, local })
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        (self.remote(), self.local()) == (other.remote(), other.local())
    }
}

impl Eq for Names {}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy;
        write!(f, "{:?} = {:?}", text(self.remote()), text(self.local()))
    }
}

const BOTH: u16 = u16::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_on_one_page_as_on_many() {
        let pairs: [(&[u8], &[u8]); 5] =
            [(b"a", b"a"), (b"", b""), (b"caf\xe9", b"caf\xc3\xa9"), (b"x:", b""), (b"", b"y")];
        let mut names: Vec<Names> = pairs.iter().map(|(remote, local)| Names::new(remote, local).unwrap()).collect();
        let before = names.clone();
        Names::gather(names.iter_mut());
        assert_eq!(names, before);
        for (names, (remote, local)) in names.iter().zip(pairs) {
            assert_eq!((names.remote(), names.local()), (remote, local));
        }
        let page = names[0].page.clone().unwrap();
        assert!(names.iter().all(|names| Arc::ptr_eq(names.page.as_ref().unwrap(), &page)));
        assert_eq!(page.len(), 1 + 4 + 5 + 2 + 1, "what is the same is said once");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = vec![b'x'; 1 << 16];
        assert_eq!(Names::new(&long, b""), None);
        assert_eq!(Names::new(b"", &long), None);
        assert!(Names::new(&long[2..], &long[2..]).is_some_and(|names| names.local().len() == (1 << 16) - 2));
    }
}
