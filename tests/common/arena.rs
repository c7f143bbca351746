//! A tree to fetch and a tree to send, a server that may do anything wrong, and the judge: afterwards every file that
//! has its name is right, on both sides, and every job that did not end well says why.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use twinport::domain::{EntryKind, RemotePath, Site, SiteId};
use twinport::engine::message::{
    Command, ConflictPolicy, JobState, JobView, LocalTarget, Outcome, RemoteTarget, Settings,
};

use super::face::{Face, fetch, on_exists, send};
use super::files::noise;
use super::ftp_server::{FtpServer, Node, SOME_TIME};

/// What stood at one target of each direction before; it is to be replaced.
pub const OLD: &[u8] = b"the old file, which stays until the new one is whole";

/// Where the files lie: `/down` on the server, `up` on this computer.
pub struct Arena {
    pub folder: TempDir,
    pub files: BTreeMap<String, Vec<u8>>,
    pub settings: Settings,
}

impl Arena {
    /// Files of those sizes, in two folders; the first one exists on the other side already, with other contents.
    pub fn new(sizes: &[usize], settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files: BTreeMap<String, Vec<u8>> = sizes
            .iter()
            .enumerate()
            .map(|(at, size)| {
                let inner = if at % 2 == 0 { "" } else { "inner/" };
                (format!("{inner}file {at}"), noise(at as u64 + 1, *size))
            })
            .collect();
        let arena = Self { folder, files, settings };
        for (name, data) in &arena.files {
            let path = arena.path("up").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, data).unwrap();
        }
        let replaced = arena.path("local/down").join("file 0");
        fs::create_dir_all(replaced.parent().unwrap()).unwrap();
        fs::write(replaced, OLD).unwrap();
        arena
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts what is to be fetched, and what is to be replaced, on a server.
    pub fn fill(&self, server: &FtpServer) {
        for (name, data) in &self.files {
            server.put(format!("/down/{name}"), file(data));
        }
        server.put("/up/file 0", file(OLD));
    }

    pub fn site(server: &FtpServer) -> Arc<Site> {
        Arc::new(Site { id: SiteId(7), ..server.site() })
    }

    pub fn face(&self, journal: Option<PathBuf>) -> Face {
        Face::start(self.settings.clone(), journal, "password")
    }

    /// Both trees.
    pub fn orders(&self, site: &Arc<Site>) -> Command {
        Command::Enqueue(vec![
            on_exists(
                fetch(site, RemotePath::from("/down"), LocalTarget::Into(self.path("local"))),
                ConflictPolicy::Overwrite,
            ),
            on_exists(send(site, &self.path("up"), RemoteTarget::Into(RemotePath::root())), ConflictPolicy::Overwrite),
        ])
    }

    /// What is wrong; empty = nothing. `well` = everything must have been transferred.
    pub fn wrongs(&self, jobs: &[JobView], server: &FtpServer, well: bool) -> Vec<String> {
        let mut wrongs = Vec::new();
        for (name, data) in &self.files {
            let replaced = name == "file 0";
            let here = fs::read(self.path("local/down").join(name)).ok();
            let there = server.content(format!("/up/{name}"));
            for (side, found) in [("here", here), ("there", there)] {
                let what = match found {
                    Some(found) if found == *data => continue,
                    Some(found) if replaced && found == OLD && !well => continue,
                    None if !well && !replaced => continue,
                    None => "is missing".to_owned(),
                    Some(found) => format!("has {} bytes that are not the source's {}", found.len(), data.len()),
                };
                wrongs.push(format!("{name} {side} {what}"));
            }
        }
        for job in jobs {
            match &job.state {
                JobState::Done(Outcome::Transferred) if job.kind == EntryKind::Directory => {}
                JobState::Done(Outcome::Transferred) => wrongs.extend(self.not_there(job, server)),
                JobState::Done(Outcome::Folder) => {}
                JobState::Failed(error) if !well => {
                    let words = error.explain();
                    let number = |text: &str| !text.chars().any(char::is_alphabetic);
                    if number(&words.what) || (words.why.is_empty() && words.advice.is_empty()) {
                        wrongs.push(format!("{}: fails without a reason: {words:?}", job.remote));
                    }
                }
                state => wrongs.push(format!("{} ends as {state:?}", job.remote)),
            }
        }
        wrongs
    }

    /// A job that says it is done, and is not.
    fn not_there(&self, job: &JobView, server: &FtpServer) -> Option<String> {
        let remote = job.remote.to_string();
        let (name, found) = match remote.strip_prefix("/down/") {
            Some(name) => (name, fs::read(&job.local).ok()),
            None => (remote.strip_prefix("/up/").unwrap_or(&remote), server.content(&remote)),
        };
        (found.as_ref() != self.files.get(name)).then(|| format!("{remote} is said to be done and is not"))
    }

    /// Names of parts that nobody will ever finish.
    pub fn parts_here(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("local")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if !self.is_wanted(&path) {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }

    fn is_wanted(&self, path: &Path) -> bool {
        let name = path.strip_prefix(self.path("local/down")).ok().map(|name| name.display().to_string());
        name.is_some_and(|name| self.files.contains_key(&name))
    }
}

pub fn file(data: &[u8]) -> Node {
    Node::File { data: data.to_vec(), modified: SOME_TIME, mode: 0o644 }
}
