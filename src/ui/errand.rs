//! Something that may block (a disk, a native dialog), done on a short thread of its own: one at a time, the answer
//! comes over a channel, and no frame ever waits for it.

use std::thread;

use crossbeam_channel::{Receiver, TryRecvError, bounded};

/// One errand at most, and its answer.
#[derive(Debug)]
pub(super) struct Errand<T> {
    answer: Option<Receiver<T>>,
}

impl<T> Default for Errand<T> {
    fn default() -> Self {
        Self { answer: None }
    }
}

impl<T: Send + 'static> Errand<T> {
    /// Whether one is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.answer.is_some()
    }

    /// Runs `work` on a thread of that name; `false` where one is under way already, or no thread can be had.
    pub(super) fn run(&mut self, ctx: &egui::Context, name: &str, work: impl FnOnce() -> T + Send + 'static) -> bool {
        if self.is_busy() {
            return false;
        }
        let (sender, answer) = bounded(1);
        let ctx = ctx.clone();
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            sender.send(work()).ok();
            // Dropped first: whoever is woken finds either the answer or the end.
            drop(sender);
            ctx.request_repaint();
        });
        self.answer = thread.is_ok().then_some(answer);
        self.is_busy()
    }

    /// The answer, once.
    pub(super) fn poll(&mut self) -> Option<T> {
        match self.answer.as_ref()?.try_recv() {
            Ok(answer) => {
                self.answer = None;
                Some(answer)
            }
            Err(TryRecvError::Empty) => None,
            // The thread panicked: the errand is over, and can be run again.
            Err(TryRecvError::Disconnected) => {
                self.answer = None;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn one_at_a_time_and_the_answer_comes_once() {
        let ctx = egui::Context::default();
        let (go, wait) = bounded::<u8>(0);
        let mut errand = Errand::default();
        assert!(errand.run(&ctx, "test", move || wait.recv().ok()));
        assert!(!errand.run(&ctx, "test", || None));
        assert_eq!(errand.poll(), None);
        go.send(7).expect("it waits");
        let deadline = Instant::now() + Duration::from_secs(10);
        let answer = loop {
            if let Some(answer) = errand.poll() {
                break answer;
            }
            assert!(Instant::now() < deadline, "no answer");
            thread::yield_now();
        };
        assert_eq!((answer, errand.poll(), errand.is_busy()), (Some(7), None, false));
    }
}
