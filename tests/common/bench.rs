//! An engine at work against a server, with a local folder: for tests of whole transfers.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use twinport::domain::{RemotePath, Site, SiteId};
use twinport::engine::message::{JobView, LocalTarget, Order, RemoteTarget, Settings};

use super::face::{Face, fetch, send, settings};
use super::ftp_server::FtpServer;

/// An engine, a server it can log in to, a local folder.
pub struct Bench {
    pub face: Face,
    pub site: Arc<Site>,
    pub local: TempDir,
}

impl Bench {
    pub fn new(server: &FtpServer) -> Self {
        Self::with(server, Settings { retry_delay_seconds: 0, ..settings() })
    }

    pub fn with(server: &FtpServer, settings: Settings) -> Self {
        let site = Arc::new(Site { id: SiteId(7), ..server.site() });
        Self { face: Face::start(settings, None, "password"), site, local: tempfile::tempdir().unwrap() }
    }

    /// The engine ends, whatever it is about, and a new one starts over the same folder.
    pub fn again(self, settings: Settings) -> Self {
        let Self { face, site, local } = self;
        drop(face);
        Self { face: Face::start(settings, None, "password"), site, local }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.local.path().join(name)
    }

    pub fn fetch(&self, remote: &str) -> Order {
        fetch(&self.site, RemotePath::from(remote), LocalTarget::Into(self.local.path().to_owned()))
    }

    pub fn send(&self, name: &str, into: &str) -> Order {
        send(&self.site, &self.path(name), RemoteTarget::Into(RemotePath::from(into)))
    }

    /// The names in the local folder, partial files included.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.local.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

pub fn only(jobs: &[JobView]) -> &JobView {
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    &jobs[0]
}

/// Remote names without those of the folder above them.
pub fn parts(server: &FtpServer) -> Vec<String> {
    server.paths().into_iter().filter(|path| path.ends_with(".twinpart")).collect()
}
