//! What a session has to do: the task in hand, and a few that come next, so that it never waits for the engine between
//! two files. What it has not begun can be taken back at any moment.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::domain::JobId;
use crate::engine::worker::task::{Task, Work};

/// Shared by the engine and one session's thread.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    in_hand: Option<JobId>,
    /// The server was told already what comes next.
    promised: bool,
    /// There is more to do on this server than lies here.
    more: bool,
    closed: bool,
    /// The engine must say whether there is any going on.
    stopped: bool,
    /// Nobody takes anything any more.
    left: bool,
}

impl Inbox {
    /// One more task; `false` = the thread is gone.
    pub(crate) fn give(&self, task: Task) -> bool {
        let mut state = self.lock();
        if state.left {
            return false;
        }
        state.tasks.push_back(task);
        drop(state);
        self.changed.notify_one();
        true
    }

    /// The job that the session works on.
    pub(crate) fn in_hand(&self) -> Option<JobId> {
        self.lock().in_hand
    }

    /// Takes a job back; `false` = it has begun.
    pub(crate) fn take_back(&self, id: JobId) -> bool {
        let mut state = self.lock();
        let Some(at) = state.tasks.iter().position(|task| task.job() == Some(id)) else { return false };
        state.tasks.remove(at);
        state.promised &= at > 0;
        true
    }

    /// Takes the last job back; `promised` = even if the server knows of it already.
    pub(crate) fn take_back_last(&self, promised: bool) -> Option<JobId> {
        let mut state = self.lock();
        if state.promised && state.tasks.len() == 1 && !promised {
            return None;
        }
        let id = state.tasks.back()?.job()?;
        state.tasks.pop_back();
        state.promised &= !state.tasks.is_empty();
        Some(id)
    }

    /// No more tasks: the thread ends after the one in hand.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// The next task, for the session's thread; it is in hand from now on. `None` = there will be none.
    pub(crate) fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.take() {
                return Some(task);
            }
            state.in_hand = None;
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The same without waiting.
    pub(crate) fn next_at_once(&self) -> Option<Task> {
        let mut state = self.lock();
        let task = state.take();
        if task.is_none() {
            state.in_hand = None;
        }
        task
    }

    /// Looks at what comes next.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Task) -> T) -> Option<T> {
        self.lock().tasks.front().map(look)
    }

    /// Whether a transfer may come after the last that lies here.
    pub(crate) fn expect_more(&self, more: bool) {
        self.lock().more = more;
    }

    /// What was last said of it.
    pub(crate) fn expects_more(&self) -> bool {
        self.lock().more
    }

    /// The server will hear of this job now; `false` = it is not the next one any more.
    pub(crate) fn promise(&self, id: JobId) -> bool {
        let mut state = self.lock();
        state.promised = state.tasks.front().is_some_and(|task| task.job() == Some(id));
        state.promised
    }

    /// Nothing more is taken before [`Self::go_on`].
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
    }

    /// On with it.
    pub(crate) fn go_on(&self) {
        self.lock().stopped = false;
        self.changed.notify_one();
    }

    /// The thread ends.
    pub(crate) fn leave(&self) {
        self.lock().left = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<Task> {
        if self.stopped && !self.closed {
            return None;
        }
        // What was not begun when the program ends stays in the queue.
        if self.closed && self.tasks.front().is_some_and(|task| task.job().is_some()) {
            return None;
        }
        let task = self.tasks.pop_front()?;
        self.in_hand = task.job();
        self.promised = false;
        Some(task)
    }
}

impl Task {
    /// Its job, where it is a transfer.
    pub(crate) fn job(&self) -> Option<JobId> {
        match &self.work {
            Work::Transfer(job) => Some(job.job),
            _ => None,
        }
    }
}
