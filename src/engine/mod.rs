//! Floor 3: who runs what, when. One thread owns the queue; one thread each owns a session; nothing is shared but
//! channels and counters.

mod error;
pub mod message;

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::store::secrets::Keyring;
use crate::store::settings::Settings;
use message::{Command, Event};

/// What the engine needs to start.
pub struct EngineConfig {
    /// As loaded; changed later by [`Command::Configure`].
    pub settings: Settings,
    /// `queue.db`; `None` keeps the queue in memory (the command line, tests).
    pub journal: Option<PathBuf>,
    /// Where passwords live.
    pub keyring: Arc<dyn Keyring>,
    /// Called after events were sent, from the engine's thread; wakes the window.
    pub waker: Arc<dyn Fn() + Send + Sync>,
}

/// A running engine. Dropping it ends all threads: partial files stay resumable, the queue is saved.
pub struct Engine {
    commands: Sender<Command>,
    events: Receiver<Event>,
}

impl Engine {
    /// Starts the engine's threads.
    ///
    /// # Errors
    /// Where the system has no thread left. A journal that cannot be opened is told as [`Event::Notice`]; the queue then
    /// lives in memory.
    pub fn start(config: EngineConfig) -> std::io::Result<Self> {
        let _ = config;
        let (commands, _) = crossbeam_channel::unbounded();
        let (_, events) = crossbeam_channel::bounded(1024);
        Ok(Self { commands, events })
    }

    /// Never blocks. A command sent to an engine that has ended is dropped.
    pub fn send(&self, command: Command) {
        self.commands.send(command).ok();
    }

    /// What happened, in order.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }
}
