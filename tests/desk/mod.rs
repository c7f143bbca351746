//! The real window without an engine: the test tells it events and reads the commands it sends.
#![allow(dead_code, unreachable_pub, reason = "not every test file uses everything")]

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use twinport::app::Saved;
use twinport::domain::{ConnectionId, ControlPath, RemotePath};
use twinport::engine::message::{Command, ConnectionState, Event};
use twinport::store::settings::Settings;
use twinport::store::sitebook::SiteBook;
use twinport::ui::{Desktop, Parts};

pub use egui::accesskit::Role;

/// The window under test.
pub struct Desk {
    pub harness: Harness<'static, Desktop>,
    events: Sender<Event>,
    commands: Receiver<Command>,
    saved: Receiver<Saved>,
}

impl Desk {
    pub fn new() -> Self {
        Self::with(Settings::default(), SiteBook::default())
    }

    pub fn with(settings: Settings, sites: SiteBook) -> Self {
        let (events, events_in) = bounded(1024);
        let (commands_out, commands) = unbounded();
        let (saved_out, saved) = unbounded();
        let parts = Parts {
            commands: Box::new(move |command| commands_out.send(command).expect("the test listens")),
            events: events_in,
            save: Box::new(move |what| saved_out.send(what).expect("the test listens")),
            settings,
            sites,
            home: std::env::temp_dir(),
            notices: Vec::new(),
            start: None,
        };
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_max_steps(16)
            .build_eframe(|creation| Desktop::new(&creation.egui_ctx, parts));
        let mut desk = Self { harness, events, commands, saved };
        desk.run();
        desk
    }

    pub fn run(&mut self) {
        self.harness.run();
    }

    pub fn tell(&mut self, event: Event) {
        self.events.send(event).expect("the window listens");
        self.run();
    }

    /// All commands since the last call but the reading of local folders.
    pub fn commands(&mut self) -> Vec<Command> {
        self.commands.try_iter().filter(|command| !matches!(command, Command::ListLocal { .. })).collect()
    }

    pub fn saved(&mut self) -> Vec<Saved> {
        self.saved.try_iter().collect()
    }

    pub fn button<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.harness.get_by_role_and_label(Role::Button, name)
    }

    pub fn press(&mut self, name: &str) {
        self.button(name).click();
        self.run();
    }

    pub fn click(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.run();
    }

    /// The only input of that name; what lies behind a dialog has none.
    pub fn input<'a>(&'a self, name: &'a str) -> Node<'a> {
        let inputs = [Role::TextInput, Role::PasswordInput, Role::MultilineTextInput];
        let mut found =
            self.harness.get_all_by_label(name).filter(|node| inputs.contains(&node.accesskit_node().role()));
        let only = found.next().unwrap_or_else(|| panic!("no input named {name}"));
        assert!(found.next().is_none(), "several inputs named {name}");
        only
    }

    pub fn type_into(&mut self, name: &str, text: &str) {
        self.input(name).click();
        self.run();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.run();
        if text.is_empty() {
            self.key(egui::Key::Delete);
        } else {
            self.harness.event(egui::Event::Text(text.into()));
        }
        self.run();
    }

    pub fn key(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.run();
    }

    pub fn choose(&mut self, combo: &str, entry: &str) {
        self.click(Role::ComboBox, combo);
        self.press(entry);
    }

    pub fn has(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    pub fn says(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    pub fn is_open(&self, dialog: &str) -> bool {
        [Role::Dialog, Role::Window]
            .into_iter()
            .any(|role| self.harness.query_by_role_and_label(role, dialog).is_some())
    }

    /// A connection that stands; `id` as in the command that asked for it.
    pub fn connected(&mut self, id: ConnectionId) -> ControlPath {
        let control = ControlPath {
            local: "10.0.0.2:40000".parse().expect("an address"),
            peer: "10.0.0.1:2121".parse().expect("an address"),
        };
        self.tell(Event::Connection { connection: id, state: ConnectionState::Reached(control) });
        self.tell(Event::Connection { connection: id, state: ConnectionState::Ready { home: RemotePath::root() } });
        control
    }
}
