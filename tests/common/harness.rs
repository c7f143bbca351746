//! The window without a screen: the test plays the engine. Events go in, commands come out, all by accessible name.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses a part of it"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use twinport::app::{Model, Saved};
use twinport::domain::{ConnectionId, Entry, EntryKind, Listing, RemotePath, Site};
use twinport::engine::message::{Command, ConnectionState, Event};
use twinport::store::settings::Settings;
use twinport::ui::{Desktop, Parts};

/// The home folder of all tests.
pub const HOME: &str = "/home/me";
/// The login directory of all tests.
pub const LOGIN: &str = "/srv/me";

pub struct Desk {
    pub harness: Harness<'static, Desktop>,
    pub commands: Receiver<Command>,
    pub events: Sender<Event>,
    pub saved: Receiver<Saved>,
}

/// A window of 1280 by 800, not connected; the local folder is not read yet.
pub fn desktop() -> Desk {
    desktop_with(Settings::default())
}

pub fn desktop_with(settings: Settings) -> Desk {
    let (commands, commands_out) = unbounded();
    let (events_in, events) = unbounded();
    let (save, saved) = unbounded();
    let harness =
        Harness::builder().with_size(Vec2::new(1280.0, 800.0)).with_max_steps(40).with_step_dt(0.05).build_eframe(
            move |creation| {
                let parts = Parts {
                    commands: Box::new(move |command| commands.send(command).unwrap()),
                    events,
                    save: Box::new(move |what| drop(save.send(what))),
                    settings,
                    sites: Default::default(),
                    home: PathBuf::from(HOME),
                    notices: Vec::new(),
                    start: None,
                };
                Desktop::new(&creation.egui_ctx, parts)
            },
        );
    Desk { harness, commands: commands_out, events: events_in, saved }
}

/// Both panes filled: local `docs/`, `music/`, `a.txt`, `b.txt`, `c.txt`; remote `pub/`, `old/`, `x.bin`, `y.bin`, `z.bin`.
pub fn connected() -> Desk {
    let mut desk = desktop();
    desk.local(HOME, &["docs/", "music/", "a.txt", "b.txt", "c.txt"]);
    desk.connect(Site { name: "demo".into(), host: "ftp.example.org".into(), user: "me".into(), ..Site::default() });
    desk.remote(LOGIN, &["pub/", "old/", "x.bin", "y.bin", "z.bin"]);
    desk.taken();
    desk
}

/// Entries by name; a name that ends in `/` is a directory, one that ends in `@` a link.
pub fn entries(names: &[&str]) -> Vec<Entry> {
    names
        .iter()
        .map(|name| match (name.strip_suffix('/'), name.strip_suffix('@')) {
            (Some(dir), _) => Entry::new(dir, EntryKind::Directory),
            (_, Some(link)) => Entry::new(link, EntryKind::Link),
            _ => Entry { size: Some(1024), ..Entry::new(*name, EntryKind::File) },
        })
        .collect()
}

pub fn listing(dir: &str, names: &[&str]) -> Arc<Listing> {
    Arc::new(Listing { dir: RemotePath::from(dir), entries: entries(names), ..Listing::default() })
}

impl Desk {
    pub fn model(&self) -> &Model {
        self.harness.state().model()
    }

    /// The connection of the last [`Command::Connect`].
    pub fn connection(&self) -> ConnectionId {
        self.model().connection.id
    }

    /// Plays an event in and draws.
    pub fn tell(&mut self, event: Event) {
        self.events.send(event).unwrap();
        self.harness.run();
    }

    pub fn local(&mut self, dir: &str, names: &[&str]) {
        let result = Ok(listing("", names));
        self.tell(Event::LocalListed { dir: dir.into(), result });
    }

    pub fn remote(&mut self, dir: &str, names: &[&str]) {
        let event = Event::Listed { connection: self.connection(), listing: listing(dir, names), complete: true };
        self.tell(event);
    }

    /// Connects through the window's own action, and logs in.
    pub fn connect(&mut self, site: Site) {
        self.harness.state_mut().ask(twinport::app::Action::Connect { site: Arc::new(site), secret: None });
        self.harness.run();
        let event = Event::Connection {
            connection: self.connection(),
            state: ConnectionState::Ready { home: RemotePath::from(LOGIN) },
        };
        self.tell(event);
    }

    /// The commands sent since the last call.
    pub fn taken(&mut self) -> Vec<Command> {
        self.commands.try_iter().collect()
    }

    /// The only command sent since the last call.
    pub fn only(&mut self) -> Command {
        let mut taken = self.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        taken.remove(0)
    }

    /// Draws until it is so.
    pub fn step_until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_so(self) {
            assert!(Instant::now() < deadline, "never: {what}");
            self.harness.step();
        }
    }

    /// So many seconds pass in the window's own time.
    pub fn pass(&mut self, seconds: f64) {
        let until = self.model().now + seconds;
        self.step_until("time", |desk| desk.model().now >= until);
    }

    /// A row of the pane with that container's name.
    pub fn row(&self, pane: &'static str, name: &'static str) -> Node<'_> {
        self.harness.get_by_label(pane).get_by_role_and_label(Role::ListItem, name)
    }

    pub fn has_row(&self, pane: &'static str, name: &'static str) -> bool {
        self.harness.get_by_label(pane).query_by_role_and_label(Role::ListItem, name).is_some()
    }

    /// The names of the rows that are drawn, from top to bottom.
    pub fn rows(&self, pane: &'static str) -> Vec<String> {
        let pane = self.harness.get_by_label(pane);
        let mut rows: Vec<(i64, String)> = pane
            .get_all_by_role(Role::ListItem)
            .map(|row| {
                #[expect(clippy::cast_possible_truncation, reason = "points on a screen")]
                let y = row.rect().top() as i64;
                (y, row.accesskit_node().label().unwrap_or_default())
            })
            .collect();
        rows.sort();
        rows.into_iter().map(|(_, name)| name).collect()
    }

    /// The names of the selected entries of a pane.
    pub fn selected(&self, pane: &'static str) -> Vec<String> {
        let model = self.model();
        let pane = if pane == "Local files" { &model.local } else { &model.remote };
        pane.selected().into_iter().map(|item| item.name).collect()
    }

    pub fn click(&mut self, name: &'static str) {
        self.harness.get_by_label(name).click();
        self.harness.run();
    }

    pub fn click_row(&mut self, pane: &'static str, name: &'static str, modifiers: Modifiers) {
        self.row(pane, name).click_modifiers(modifiers);
        self.harness.run();
    }

    pub fn double_click_row(&mut self, pane: &'static str, name: &'static str) {
        self.row(pane, name).click();
        self.row(pane, name).click();
        self.harness.run();
    }

    pub fn menu_on(&mut self, pane: &'static str, name: &'static str) {
        self.row(pane, name).click_secondary();
        self.harness.run();
    }

    /// A line of the menu that is open (buttons of the window may have the same name).
    pub fn menu_line(&mut self, name: &'static str) {
        let lines: Vec<Node<'_>> = self.harness.get_all_by_label(name).collect();
        lines.last().expect("a menu line").click();
        self.harness.run();
    }

    pub fn type_into(&mut self, name: &'static str, text: &str) {
        self.harness.get_by_label(name).focus();
        self.harness.run();
        self.harness.get_by_label(name).type_text(text);
        self.harness.run();
    }

    /// Draws until the window gives the system something.
    pub fn output<T>(&mut self, find: impl Fn(&egui::FullOutput) -> Option<T>) -> T {
        for _ in 0..20 {
            self.harness.step();
            if let Some(found) = find(self.harness.output()) {
                return found;
            }
        }
        panic!("no such output");
    }

    pub fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    pub fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run();
    }

    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.harness.drag_at(from);
        self.harness.run();
        for step in 1..=4u8 {
            self.harness.hover_at(from + (to - from) * (f32::from(step) / 4.0));
            self.harness.step();
        }
        self.harness.drop_at(to);
        self.harness.run();
    }
}
