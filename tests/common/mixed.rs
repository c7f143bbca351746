//! A queue of everything, both ways: folders with many small files, files of some length, files that replace others of the
//! same size, halves to be continued, a large one. And the judge, who looks at any moment: what has a file's name is whole
//! or is what stood there before, and nothing that was whole is transferred once more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use twinport::domain::{RemotePath, Site};
use twinport::engine::message::{ConflictPolicy, LocalTarget, Order, RemoteTarget};

use super::face::{fetch, on_exists, send};
use super::files::{Random, contents, noise};

/// What is fetched from the server's root, and what is sent to it.
const DOWN: [&str; 4] = ["down", "replaced", "half", "large"];
const UP: [&str; 4] = ["up", "replacing", "other half", "larger"];

/// A folder with everything in it.
pub struct Mixed {
    folder: PathBuf,
    files: Vec<File>,
    /// Uploads may stand half under their final names.
    pub direct: bool,
    /// Files that were whole, and which they were.
    whole: BTreeMap<String, u64>,
}

struct File {
    /// Its path below the server's root, whichever way it goes.
    name: String,
    upload: bool,
    before: Before,
}

/// What stands at the target before.
enum Before {
    Nothing,
    /// Another file of the same size.
    Other,
    /// So much of it.
    Half(usize),
}

/// What the server serves.
pub fn served(folder: &Path) -> PathBuf {
    folder.join("served")
}

/// The orders for everything in `folder`.
pub fn orders(folder: &Path, site: &Arc<Site>) -> Vec<Order> {
    let policies = [ConflictPolicy::Ask, ConflictPolicy::Overwrite, ConflictPolicy::Resume, ConflictPolicy::Ask];
    let down =
        DOWN.map(|name| fetch(site, RemotePath::root().join(name.as_bytes()), LocalTarget::Into(folder.join("here"))));
    let up = UP.map(|name| send(site, &folder.join(name), RemoteTarget::Into(RemotePath::root())));
    let both = down.into_iter().zip(up).zip(policies);
    both.flat_map(|((down, up), policy)| [on_exists(down, policy), on_exists(up, policy)]).collect()
}

impl Mixed {
    /// Makes all sources, and what stands at their targets before.
    pub fn make(folder: &Path, random: &mut Random, direct: bool) -> Self {
        let mut mixed = Self { folder: folder.to_owned(), files: Vec::new(), direct, whole: BTreeMap::new() };
        fs::create_dir_all(folder.join("here")).unwrap();
        for (upload, [tree, replaced, half, large]) in [(false, DOWN), (true, UP)] {
            for at in 0..24 {
                let inner = ["", "inner/", "inner/deep/"][at % 3];
                let most = if at % 6 == 5 { 900_000 } else { 6000 };
                mixed.add(format!("{tree}/{inner}file {at}"), upload, random.below(most), Before::Nothing);
            }
            fs::create_dir(mixed.at(upload, tree).join("empty")).unwrap();
            for at in 0..6 {
                let size = 1 + random.below(200_000);
                mixed.add(format!("{replaced}/file {at}"), upload, size, Before::Other);
            }
            let size = 600_000 + random.below(600_000);
            let there = usize::try_from(random.below(size)).unwrap();
            mixed.add(half.to_owned(), upload, size, Before::Half(there));
            mixed.add(large.to_owned(), upload, 4_500_000 + random.below(2_000_000), Before::Nothing);
        }
        mixed
    }

    fn add(&mut self, name: String, upload: bool, size: u64, before: Before) {
        let file = File { name, upload, before };
        let (source, target) = (self.source(&file), self.target(&file));
        let seed = self.files.len() as u64 + 1;
        let data = noise(seed, usize::try_from(size).unwrap());
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, &data).unwrap();
        // Each at a time of its own, and so late that LIST shows the minute.
        let time = SystemTime::now() - Duration::from_secs(86_400 + 619 * seed);
        fs::File::options().write(true).open(&source).unwrap().set_modified(time).unwrap();
        let before = match file.before {
            Before::Nothing => None,
            Before::Other => Some(old(&data)),
            Before::Half(length) => Some(data[..length].to_vec()),
        };
        if let Some(before) = before {
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, before).unwrap();
        }
        self.files.push(file);
    }

    /// The sources' side of a direction.
    fn at(&self, upload: bool, name: &str) -> PathBuf {
        if upload { self.folder.join(name) } else { served(&self.folder).join(name) }
    }

    fn source(&self, file: &File) -> PathBuf {
        self.at(file.upload, &file.name)
    }

    fn target(&self, file: &File) -> PathBuf {
        let side = if file.upload { served(&self.folder) } else { self.folder.join("here") };
        side.join(&file.name)
    }

    /// All files, by their names on the server.
    pub fn names(&self) -> BTreeSet<String> {
        self.files.iter().map(|file| file.name.clone()).collect()
    }

    /// Which files are whole under their names; fails where one is neither whole nor what it may be meanwhile.
    pub fn finished(&mut self) -> BTreeSet<String> {
        let mut found = BTreeMap::new();
        for file in &self.files {
            let (source, target) = (fs::read(self.source(file)).unwrap(), self.target(file));
            let Ok(data) = fs::metadata(&target) else {
                assert!(matches!(file.before, Before::Nothing), "{}: what stood there is gone", file.name);
                continue;
            };
            let there = fs::read(&target).unwrap();
            if there == source {
                found.insert(file.name.clone(), identity(&data));
                continue;
            }
            let is_half = source.starts_with(&there);
            let may_be_so = match file.before {
                Before::Other if there == old(&source) => true,
                Before::Half(length) => is_half && (there.len() == length || (file.upload && there.len() > length)),
                Before::Nothing | Before::Other => is_half && file.upload && self.direct,
            };
            assert!(may_be_so, "{} is not whole and has its name: {} of {}", file.name, there.len(), source.len());
        }
        for (name, identity) in &self.whole {
            // What replaces may do so once more: it is the same in the end.
            let again = self.files.iter().any(|file| file.name == *name && matches!(file.before, Before::Other));
            assert!(found.contains_key(name) || (again && self.direct), "{name} was whole and is not any more");
            assert!(again || found[name] == *identity, "{name} was transferred twice");
        }
        self.whole = found;
        self.whole.keys().cloned().collect()
    }

    /// What is not as it should be when all is done: missing, different, or more than that. `times` = the server lets us
    /// set those of uploads.
    pub fn wrongs(&self, times: bool) -> Vec<String> {
        let names = |upload: bool, root: &Path| -> BTreeMap<PathBuf, Option<Vec<u8>>> {
            let tops: &[&str] = if upload { &UP } else { &DOWN };
            let mine = |path: &Path| tops.iter().any(|top| path.starts_with(top));
            contents(root).into_iter().filter(|(path, _)| mine(path)).collect()
        };
        let mut wrongs = Vec::new();
        let mut expected_there = BTreeSet::new();
        let (served, here) = (served(&self.folder), self.folder.join("here"));
        for (upload, from, to) in [(false, &served, &here), (true, &self.folder, &served)] {
            let (source, target) = (names(upload, from), names(upload, to));
            for (path, bytes) in &source {
                match target.get(path) {
                    Some(there) if there == bytes => {}
                    Some(_) => wrongs.push(format!("{} differs", path.display())),
                    None => wrongs.push(format!("{} is missing", path.display())),
                }
            }
            expected_there.extend(source.into_keys());
        }
        for root in [&served, &here] {
            let more = contents(root).into_keys().filter(|path| !expected_there.contains(path));
            wrongs.extend(more.map(|path| format!("left over: {}", root.join(path).display())));
        }
        for file in self.files.iter().filter(|file| times || !file.upload) {
            let time = |path: PathBuf| {
                let time = fs::metadata(path).ok()?.modified().ok()?;
                // Not all servers list seconds.
                Some(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60)
            };
            let (source, target) = (time(self.source(file)), time(self.target(file)));
            if source != target {
                wrongs.push(format!("{} has another time: minute {target:?}, not {source:?}", file.name));
            }
        }
        wrongs
    }
}

/// Of the same size, and no byte alike.
fn old(data: &[u8]) -> Vec<u8> {
    data.iter().map(|byte| !byte).collect()
}

/// Which file it is: one that is put in its place is another.
#[cfg(unix)]
fn identity(data: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(data)
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> u64 {
    0
}
