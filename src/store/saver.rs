//! A thread that saves files, so that the window never waits for a disk. The last job for a path wins; dropping the saver
//! waits until all is written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::thread::JoinHandle;

/// Saves one file; gives sentences for the user, or why it could not be saved.
type Job = Box<dyn FnOnce() -> Result<Vec<String>, String> + Send>;

/// Saves files one after the other on a thread of its own.
pub struct Saver {
    jobs: Option<Sender<(PathBuf, Job)>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Starts the thread; `tell` is called there with each plain sentence for the user: what could not be saved, what was put
    /// aside.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(tell: impl Fn(String) + Send + 'static) -> std::io::Result<Self> {
        let (jobs, todo) = mpsc::channel();
        let thread = thread::Builder::new().name("saver".into()).spawn(move || run(&todo, &tell))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does that job for `path`, soon, in place of one for the same path that waits still. Never blocks.
    pub fn save(&self, path: PathBuf, job: impl FnOnce() -> Result<Vec<String>, String> + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            jobs.send((path, Box::new(job))).ok();
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

fn run(todo: &Receiver<(PathBuf, Job)>, tell: &impl Fn(String)) {
    while let Ok((path, job)) = todo.recv() {
        let mut latest = BTreeMap::from([(path, job)]);
        latest.extend(todo.try_iter());
        for job in latest.into_values() {
            match job() {
                Ok(sentences) => sentences.into_iter().for_each(tell),
                Err(sentence) => tell(sentence),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::{save_failed, write_whole};

    #[test]
    fn all_is_on_the_disk_when_the_saver_is_gone() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("a.ron");
        let saver = Saver::start(|told| panic!("{told}")).expect("a thread");
        for number in 0..100 {
            let target = path.clone();
            saver.save(path.clone(), move || match write_whole(&target, number.to_string().as_bytes()) {
                Ok(()) => Ok(Vec::new()),
                Err(error) => Err(save_failed(&target, &error)),
            });
        }
        drop(saver);
        assert_eq!(std::fs::read_to_string(path).expect("saved"), "99");
    }

    #[test]
    fn a_failure_is_told() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (tell, told) = mpsc::channel();
        let saver = Saver::start(move |text| tell.send(text).expect("heard")).expect("a thread");
        let target = dir.path().join("none/a.ron");
        saver.save(target.clone(), move || {
            Err(save_failed(&target, &std::io::Error::from(std::io::ErrorKind::NotFound)))
        });
        drop(saver);
        assert!(told.recv().expect("told").contains("could not be saved"));
    }
}
