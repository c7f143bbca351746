//! Floor 3: who runs what, when. One thread owns the queue; one thread each owns a session; nothing is shared but
//! channels and counters.

/// The contract: commands to the engine, events from it.
pub mod message;

/// The thread that decides: which job runs when, on which session.
pub(crate) mod scheduler;

/// One thread per session, which does the scheduler's tasks.
mod worker;

/// One job on one session.
mod transfer;

/// All jobs, in their order, and their journal.
mod queue;

/// One job, what may become of it.
mod job;

/// Bytes, speed and time left.
mod progress;

/// Limits of speed.
mod limits;

/// Operations on this computer's files, on a thread of their own.
mod local;

/// Local and temporary names.
mod naming;

/// Passwords while the program runs.
mod secrets;

/// Memory that goes back to the system.
mod heap;

/// What the engine needs to start.
mod config;

pub use crate::engine::config::{ClearTextWarning, EngineConfig, Trust};
pub use crate::engine::limits::keep_alive::KeepAlive;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use message::{Command, Event};
use std::convert::Infallible;
use std::thread;
use std::thread::JoinHandle;

/// A running engine. Dropping it ends all threads within two seconds: partial files stay resumable, the queue is saved.
pub struct Engine {
    commands: Sender<Command>,
    events: Receiver<Event>,
    /// Its disconnection is the sign to end.
    life: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's threads.
    ///
    /// # Errors
    /// Where the system has no thread left. A journal that cannot be opened is told as [`Event::Notice`]; the queue then
    /// lives in memory.
    pub fn start(config: EngineConfig) -> std::io::Result<Self> {
        // Unbounded: sent at a person's pace by a thread that must never block.
        let (commands, commands_inbox) = unbounded();
        // 1,024 batches: a face that does not listen stops the engine, and that the sessions, down to the socket.
        let (events_outbox, events) = bounded(1024);
        let (life, death) = bounded(0);
        let (actor, inbox) = scheduler::Actor::new(config, commands_inbox, events_outbox, death)?;
        let thread = thread::Builder::new().name("engine".into()).spawn(move || actor.run(&inbox))?;
        Ok(Self { commands, events, life: Some(life), thread: Some(thread) })
    }

    /// Never blocks. A command sent to an engine that has ended is dropped.
    pub fn send(&self, command: Command) {
        self.commands.send(command).ok();
    }

    /// Another sender of commands, for a face that keeps its own.
    pub fn commands(&self) -> Sender<Command> {
        self.commands.clone()
    }

    /// What happened, in order.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.life = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
