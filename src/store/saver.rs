//! A thread that saves files, so that the window never waits for a disk. The last text for a path wins; dropping the
//! saver waits until all is written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::file::{save_failed, write_whole};

/// Saves files one after the other on a thread of its own.
pub struct Saver {
    jobs: Option<Sender<(PathBuf, String)>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Starts the thread; `on_failure` is called there with a plain sentence for each file that could not be saved.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(on_failure: impl Fn(String) + Send + 'static) -> std::io::Result<Self> {
        let (jobs, todo) = mpsc::channel();
        let thread = thread::Builder::new().name("saver".into()).spawn(move || run(&todo, &on_failure))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Saves `text` as `path`, soon. Never blocks.
    pub fn save(&self, path: PathBuf, text: String) {
        if let Some(jobs) = &self.jobs {
            jobs.send((path, text)).ok();
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn run(todo: &Receiver<(PathBuf, String)>, on_failure: &impl Fn(String)) {
    while let Ok((path, text)) = todo.recv() {
        let mut latest = BTreeMap::from([(path, text)]);
        latest.extend(todo.try_iter());
        for (path, text) in latest {
            if let Err(error) = write_whole(&path, text.as_bytes()) {
                on_failure(save_failed(&path, &error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_on_the_disk_when_the_saver_is_gone() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("a.ron");
        let saver = Saver::start(|told| panic!("{told}")).expect("a thread");
        for number in 0..100 {
            saver.save(path.clone(), number.to_string());
        }
        drop(saver);
        assert_eq!(std::fs::read_to_string(path).expect("saved"), "99");
    }

    #[test]
    fn a_failure_is_told() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (tell, told) = mpsc::channel();
        let saver = Saver::start(move |text| tell.send(text).expect("heard")).expect("a thread");
        saver.save(dir.path().join("none/a.ron"), String::new());
        drop(saver);
        assert!(told.recv().expect("told").contains("could not be saved"));
    }
}
