//! What one or several sessions have learned of a server, for the next one: a session that fails may know why.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Learned, Lesson};
use crate::net::happening::{Happening, Observer};

/// Lessons in the order in which they were learned.
#[derive(Debug, Clone, Default)]
pub struct Lessons(Arc<Mutex<Vec<Lesson>>>);

impl Lessons {
    /// An observer that hears what `observer` hears, and keeps the lessons.
    pub fn listen(&self, observer: &Observer) -> Observer {
        let (lessons, observer) = (self.clone(), Arc::clone(observer));
        Arc::new(move |happening| {
            if let Happening::Learned(lesson) = happening {
                lessons.lock().push(lesson);
            }
            observer(happening);
        })
    }

    /// Whether one of them is like that.
    pub fn has(&self, like: impl Fn(&Lesson) -> bool) -> bool {
        self.lock().iter().any(like)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Adds them to what is known; `true` = something of it is new.
    pub fn teach(&self, learned: &mut Learned) -> bool {
        self.lock().iter().filter(|lesson| learned.learn(**lesson)).count() > 0
    }

    /// None are known any more.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lesson>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
