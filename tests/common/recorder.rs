//! Remembers what a session tells.

use std::sync::{Arc, Mutex, PoisonError};

use twinport::domain::{DataPath, Lesson, Mode};
use twinport::net::happening::{Happening, Observer};

/// Everything heard so far; clones share it.
#[derive(Clone, Default)]
pub struct Recorder {
    heard: Arc<Mutex<Vec<Happening>>>,
}

impl Recorder {
    pub fn new() -> Self {
        Self::default()
    }

    /// To give to a session.
    pub fn observer(&self) -> Observer {
        let heard = Arc::clone(&self.heard);
        Arc::new(move |happening| heard.lock().unwrap_or_else(PoisonError::into_inner).push(happening))
    }

    pub fn all(&self) -> Vec<Happening> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn notes(&self) -> Vec<String> {
        self.pick(|happening| match happening {
            Happening::Note(text) => Some(text),
            _ => None,
        })
    }

    pub fn sent(&self) -> Vec<String> {
        self.pick(|happening| match happening {
            Happening::Sent(line) => Some(line),
            _ => None,
        })
    }

    pub fn received(&self) -> Vec<String> {
        self.pick(|happening| match happening {
            Happening::Received(line) => Some(line),
            _ => None,
        })
    }

    pub fn data(&self) -> Vec<DataPath> {
        self.pick(|happening| match happening {
            Happening::Data(path) => Some(path),
            _ => None,
        })
    }

    pub fn learned(&self) -> Vec<Mode> {
        self.pick(|happening| match happening {
            Happening::Learned(Lesson::Mode(mode)) => Some(mode),
            _ => None,
        })
    }

    pub fn lessons(&self) -> Vec<Lesson> {
        self.pick(|happening| match happening {
            Happening::Learned(lesson) => Some(lesson),
            _ => None,
        })
    }

    fn pick<T>(&self, choose: impl Fn(Happening) -> Option<T>) -> Vec<T> {
        self.all().into_iter().filter_map(choose).collect()
    }
}
