//! The main job in the real window with the real engine against a real server: a site is made, saved and connected to,
//! files and a folder are dragged both ways, the transfer mode is changed. By accessible name, as a person would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::files::{assert_same_tree, contents, noise};
use common::unftp::{PASSWORD, USER, Unftp};
use egui::accesskit::Role;
use egui::{Event, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use twinport::app::Saved;
use twinport::domain::TransferMode;
use twinport::engine::{Engine, EngineConfig, KeepAlive, Trust};
use twinport::store::secrets::MemoryKeyring;
use twinport::store::settings::Settings;
use twinport::store::sitebook::SiteBook;
use twinport::ui::{Desktop, Parts};

const LOCAL: &str = "Local files";
const REMOTE: &str = "Remote files";

#[test]
fn a_person_does_the_main_job() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(here.path().join("up one.bin"), noise(1, 1_500_000)).unwrap();
    fs::write(here.path().join("up two.bin"), noise(2, 400_000)).unwrap();
    fs::write(there.path().join("readme.txt"), b"hello").unwrap();
    make_folder(&there.path().join("a folder"));
    let server = Unftp::start(there.path());
    let mut window = Window::open(here.path());

    // A site.
    window.press(Role::Button, "Site Manager");
    window.wait("the Site Manager", |window| window.dialog("Site Manager").is_some());
    window.press_in("Site Manager", "New site");
    window.fill("Site Manager", "Site name", "My server");
    window.fill("Site Manager", "Host", "127.0.0.1");
    window.fill("Site Manager", "Port", &server.addr().port().to_string());
    window.fill("Site Manager", "User", USER);
    window.fill("Site Manager", "Password", PASSWORD);
    window.press_in("Site Manager", "Save");
    window.wait("the site to be saved", |window| {
        window.saved.borrow().iter().any(|saved| matches!(saved, Saved::Sites(book) if book.sites().len() == 1))
    });
    window.press_in("Site Manager", "Connect");

    // That server offers no encryption: nobody goes on without being asked.
    window.wait("the question", |window| window.dialog("Unencrypted connection").is_some());
    window.press_in("Unencrypted connection", "Go on without encryption");

    // Both directories.
    window.wait("the server's files", |window| window.row(REMOTE, "a folder").is_some());
    assert!(window.row(REMOTE, "readme.txt").is_some());
    assert!(window.row(LOCAL, "up one.bin").is_some() && window.row(LOCAL, "up two.bin").is_some());
    assert!(window.dialog("Site Manager").is_none());
    assert!(window.has_text("Connection: twin@127.0.0.1"));

    // A file up.
    window.drag((LOCAL, "up one.bin"), (REMOTE, "readme.txt"));
    window.wait("the upload's end", |window| window.tab("Done") == 1);
    assert_same_bytes(&here.path().join("up one.bin"), &there.path().join("up one.bin"));
    window.wait("the remote pane to show it", |window| window.row(REMOTE, "up one.bin").is_some());
    assert!(window.has_text("Data channel: passive"));

    // A folder down.
    window.drag((REMOTE, "a folder"), (LOCAL, "up two.bin"));
    window.wait("the download's end", |window| {
        window.tab("Done") == 1 + 11 && window.tab("Queued") + window.tab("Active") == 0
    });
    assert_eq!(window.tab("Failed"), 0);
    assert_same_tree(&there.path().join("a folder"), &here.path().join("a folder"));
    window.wait("the local pane to show it", |window| window.row(LOCAL, "a folder").is_some());

    // Into a folder's row, in active mode.
    window.press(Role::Button, "Settings");
    window.wait("the settings", |window| window.dialog("Settings").is_some());
    window.press_radio("Settings", "Active");
    window.press_in("Settings", "Save");
    window.wait("the settings to be saved", |window| {
        let active = |saved: &Saved| matches!(saved, Saved::Settings(s) if s.transfer_mode == TransferMode::Active);
        window.dialog("Settings").is_none() && window.saved.borrow().iter().any(active)
    });
    window.drag((LOCAL, "up two.bin"), (REMOTE, "a folder"));
    let uploaded = there.path().join("a folder/up two.bin");
    window.wait("the second upload's end", |window| {
        uploaded.exists() && window.tab("Queued") + window.tab("Active") == 0
    });
    assert_same_bytes(&here.path().join("up two.bin"), &uploaded);
    window.wait("the data channel to be active", |window| window.has_text("Data channel: active"));
    assert_eq!(window.tab("Failed"), 0);
    assert_eq!(contents(there.path()).len(), 3 + 13);
}

/// Eleven files, one of them empty, and a folder inside.
fn make_folder(folder: &Path) {
    fs::create_dir_all(folder.join("inner")).unwrap();
    for at in 0..10 {
        fs::write(folder.join(format!("file {at}.bin")), noise(10 + at, 70_000)).unwrap();
    }
    fs::write(folder.join("inner/empty"), b"").unwrap();
}

fn assert_same_bytes(left: &Path, right: &Path) {
    assert!(fs::read(left).unwrap() == fs::read(right).unwrap(), "{} differs", right.display());
}

/// The window, and what it saved.
struct Window {
    harness: Harness<'static, Desktop>,
    saved: Rc<RefCell<Vec<Saved>>>,
}

impl Window {
    fn open(home: &Path) -> Self {
        let saved = Rc::new(RefCell::new(Vec::new()));
        let (home, keep) = (home.to_owned(), Rc::clone(&saved));
        let harness = Harness::builder().with_size([1280.0, 800.0]).build_eframe(move |creation| {
            let ctx = creation.egui_ctx.clone();
            let engine = Engine::start(EngineConfig {
                settings: Settings::default(),
                journal: None,
                log: None,
                dialogue: true,
                trust: Trust::default(),
                keyring: Arc::new(MemoryKeyring::default()),
                keep_alive: KeepAlive::default(),
                waker: Arc::new(move || ctx.request_repaint()),
            })
            .unwrap();
            let parts = Parts {
                events: engine.events().clone(),
                commands: Box::new(move |command| engine.send(command)),
                save: Box::new(move |saved| keep.borrow_mut().push(saved)),
                settings: Settings::default(),
                sites: SiteBook::default(),
                home,
                notices: Vec::new(),
                start: None,
            };
            Desktop::new(&creation.egui_ctx, parts)
        });
        Self { harness, saved }
    }

    /// Draws until it is so.
    #[track_caller]
    fn wait(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            self.harness.step();
            if is(self) {
                return;
            }
            assert!(Instant::now() < deadline, "never happened: {what}; shown is {:?}", self.texts());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that is named in the window, for messages.
    fn texts(&self) -> Vec<String> {
        let text = |node: Node<'_>| node.accesskit_node().label().or_else(|| node.accesskit_node().value());
        self.harness.root().children_recursive().filter_map(text).collect()
    }

    fn steps(&mut self) {
        self.harness.run_steps(3);
    }

    fn dialog(&self, title: &'static str) -> Option<Node<'_>> {
        self.harness.query_all_by_label(title).find(|node| {
            matches!(node.accesskit_node().role(), Role::Window | Role::Dialog | Role::GenericContainer | Role::Group)
        })
    }

    #[track_caller]
    fn press(&mut self, role: Role, name: &'static str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.steps();
    }

    #[track_caller]
    fn press_in(&mut self, dialog: &'static str, button: &'static str) {
        self.dialog(dialog).expect("an open dialog").get_by_role_and_label(Role::Button, button).click();
        self.steps();
    }

    #[track_caller]
    fn press_radio(&mut self, dialog: &'static str, button: &'static str) {
        self.dialog(dialog).expect("an open dialog").get_by_role_and_label(Role::RadioButton, button).click();
        self.steps();
    }

    #[track_caller]
    fn fill(&mut self, dialog: &'static str, field: &'static str, text: &str) {
        let input = |window: &Self| {
            let dialog = window.dialog(dialog).expect("an open dialog");
            let input = dialog.get_all_by_label(field).find(|node| node.accesskit_node().is_text_input());
            input.expect("an input of that name").rect().center()
        };
        let at = input(self);
        self.button(at, true);
        self.button(at, false);
        self.steps();
        self.harness.key_press_modifiers(Modifiers::COMMAND, egui::Key::A);
        self.harness.event(Event::Text(text.to_owned()));
        self.steps();
    }

    fn row(&self, pane: &'static str, name: &'static str) -> Option<Node<'_>> {
        self.harness.query_by_label(pane)?.query_by_role_and_label(Role::ListItem, name)
    }

    /// From one row onto another, as a mouse does it: down, a few moves, up.
    #[track_caller]
    fn drag(&mut self, from: (&'static str, &'static str), to: (&'static str, &'static str)) {
        let place = |window: &Self, (pane, name): (&'static str, &'static str)| {
            let rect = window.row(pane, name).unwrap_or_else(|| panic!("no row {name}")).rect();
            Pos2::new(rect.left() + 60.0, rect.center().y)
        };
        let (from, to) = (place(self, from), place(self, to));
        self.harness.hover_at(from);
        self.harness.step();
        self.button(from, true);
        for part in 1..=5_u8 {
            self.harness.hover_at(from + (to - from) * (f32::from(part) / 5.0));
            self.harness.step();
        }
        self.button(to, false);
        self.harness.step();
        self.harness.remove_cursor();
        self.steps();
    }

    fn button(&mut self, pos: Pos2, pressed: bool) {
        self.harness.event(Event::PointerMoved(pos));
        self.harness.event(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        self.harness.step();
    }

    /// The number in a tab's name.
    fn tab(&self, name: &str) -> usize {
        let start = format!("{name} (");
        let label = self.harness.query_by_label_contains(&start).and_then(|node| node.accesskit_node().label());
        label.expect("the tab").trim_start_matches(&start).trim_end_matches(')').parse().unwrap()
    }

    fn has_text(&self, start: &str) -> bool {
        self.harness.query_all_by_label_contains(start).next().is_some()
            || self
                .harness
                .query_all_by_role(Role::Label)
                .any(|node| node.value().is_some_and(|value| value.starts_with(start)))
    }
}
