//! Floor 3: who runs what, when. One thread owns the queue; one thread each owns a session; nothing is shared but
//! channels and counters.

/// The contract: commands to the engine, events from it.
pub mod message;

/// The thread that decides: which job runs when, on which session.
mod scheduler;

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

use std::collections::HashSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::domain::Fingerprint;
use crate::store::secrets::Keyring;
use crate::store::settings::Settings;
use crate::store::trust::TrustBook;
pub use limits::keep_alive::KeepAlive;
use message::{Command, Event};

/// What the engine needs to start.
pub struct EngineConfig {
    /// As loaded; changed later by [`Command::Configure`].
    pub settings: Settings,
    /// `queue.db`; `None` keeps the queue in memory (the command line, tests).
    pub journal: Option<PathBuf>,
    /// `twinport.log`; `None` = the message log is not written down.
    pub log: Option<PathBuf>,
    /// Whether anybody reads the dialogue with the servers: thousands of lines that need not be made where nobody does.
    pub dialogue: bool,
    /// Certificates that the user trusts, and what else will do.
    pub trust: Trust,
    /// Where passwords live.
    pub keyring: Arc<dyn Keyring>,
    /// How idle browsing sessions are kept alive, where the settings want it.
    pub keep_alive: KeepAlive,
    /// Called after events were sent, from the engine's thread; wakes the window.
    pub waker: Arc<dyn Fn() + Send + Sync>,
}

/// Which certificates will do, beside those that the system trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// As loaded; changes come as [`Event::Trusted`].
    pub book: TrustBook,
    /// These, on any server (`--trust`).
    pub accepted: Vec<Fingerprint>,
    /// Any (`--insecure`).
    pub any: bool,
    /// Clear text will do without asking (the command line tells it, and cannot ask); not where something says that a server
    /// speaks TLS: an accepted certificate, or TLS spoken before with that host and port, by whatever user.
    pub clear_text: bool,
    /// Hosts, in lower case, and ports that have spoken TLS.
    pub spoke_tls: HashSet<(String, u16)>,
    /// Told before a password goes in clear text, on the session's own thread.
    pub before_clear_text: ClearTextWarning,
}

/// What is called with a server's host before a password goes to it in clear text.
#[derive(Clone, Default)]
pub struct ClearTextWarning(pub Option<Arc<Warn>>);

/// Says a sentence.
pub type Warn = dyn Fn(&str) + Send + Sync;

impl std::fmt::Debug for ClearTextWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClearTextWarning")
    }
}

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
