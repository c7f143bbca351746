//! Orders become jobs: a million of them a piece at a time, so that nobody waits for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::{EntryKind, Timestamp};
use crate::engine::message::{Direction, LocalTarget, LogKind, Order, RemoteTarget, What};
use crate::engine::naming::case_folding::folds_case;
use crate::engine::naming::local_name::{Names, System, map, remote_name};
use crate::engine::queue::NewJob;
use crate::engine::scheduler::Actor;
use crate::engine::scheduler::pending_orders::Batch;
use crate::ftp::error::FtpError;

/// So long it works on them before it looks around. Not in orders: a look at a file's entry may take a network's time.
const A_PIECE: Duration = Duration::from_millis(2);

impl Actor {
    /// Takes some orders into the queue.
    pub(crate) fn take_orders(&mut self) {
        let began = Instant::now();
        while !self.orders.is_empty() && began.elapsed() < A_PIECE {
            self.take_some_orders();
        }
    }

    /// Takes all of them.
    pub(crate) fn take_all_orders(&mut self) {
        while !self.orders.is_empty() {
            self.take_some_orders();
        }
    }

    fn take_some_orders(&mut self) {
        let Some(mut batch) = self.orders.0.pop_front() else { return };
        for _ in 0..16 {
            let Some(order) = batch.orders.next() else { return };
            self.take_order(order, &mut batch);
        }
        self.orders.0.push_front(batch);
    }

    fn take_order(&mut self, order: Order, batch: &mut Batch) {
        let Order { site, what, on_exists } = order;
        let policy = on_exists.unwrap_or(batch.policy);
        let mut refusal = None;
        let new = match what {
            What::Download { remote, kind, size, modified, to } => {
                let loose = matches!(to, LocalTarget::At(_));
                let local = match to {
                    LocalTarget::As(path) | LocalTarget::At(path) => path,
                    LocalTarget::Into(folder) => match remote.file_name() {
                        Some(name) => {
                            let names = batch
                                .names
                                .entry(folder.clone())
                                .or_insert_with(|| Names::new(System::HERE, folds_case(&folder)));
                            let local = names.share(map(name, &site.charset, System::HERE));
                            if let Some(note) = local.note(name, &site.charset) {
                                self.note(LogKind::Note, note);
                            }
                            folder.join(local.name)
                        }
                        None => folder,
                    },
                };
                let kind =
                    kind.unwrap_or(if remote.file_name().is_none() { EntryKind::Directory } else { EntryKind::Other });
                let file = kind == EntryKind::File;
                let (size, modified) = if file { (size, modified) } else { (None, None) };
                NewJob { direction: Direction::Download, kind, local, remote, size, modified, policy, loose, site }
            }
            What::Upload { local, to } => {
                let loose = matches!(to, RemoteTarget::At(_));
                let remote = match to {
                    RemoteTarget::As(path) | RemoteTarget::At(path) => path,
                    // The root of a disk has no name: what is in it goes into the directory itself.
                    RemoteTarget::Into(dir) => match local.file_name() {
                        None => dir,
                        Some(name) => dir.join(&remote_name(name, &site.charset).unwrap_or_else(|| {
                            let (name, charset) = (name.to_string_lossy(), site.charset.label());
                            let what = format!("“{name}” cannot be written in the site's charset {charset}");
                            refusal = Some(FtpError::Unsupported { what });
                            name.into_owned().into_bytes()
                        })),
                    },
                };
                // One look at the disk per order, not per file: what lies in a folder is looked at by its session.
                let data = std::fs::metadata(&local).ok();
                let folder = data.as_ref().is_some_and(std::fs::Metadata::is_dir);
                NewJob {
                    direction: Direction::Upload,
                    kind: if folder { EntryKind::Directory } else { EntryKind::File },
                    size: data.as_ref().filter(|_| !folder).map(std::fs::Metadata::len),
                    modified: data.and_then(|data| data.modified().ok()).map(Timestamp::from_system),
                    local,
                    remote,
                    policy,
                    loose,
                    site,
                }
            }
        };
        if !batch.site.as_ref().is_some_and(|site| Arc::ptr_eq(site, &new.site)) {
            self.server(&new.site);
            batch.site = Some(Arc::clone(&new.site));
        }
        let id = self.queue.add(new);
        if let Some(error) = refusal {
            self.failed(id, error.into(), false);
        }
    }
}
