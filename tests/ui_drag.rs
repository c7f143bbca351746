//! Drag and drop: between the panes, onto folders, within a pane, and from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/harness.rs"]
mod harness;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Key, Modifiers, Pos2};
use egui_kittest::kittest::Queryable;
use harness::{Desk, HOME, LOGIN, connected, desktop};
use twinport::domain::RemotePath;
use twinport::engine::message::{Command, LocalOperation, LocalTarget, RemoteOperation, RemoteTarget, What};

const LOCAL: &str = "Local files";
const REMOTE: &str = "Remote files";

fn middle(desk: &Desk, pane: &'static str, name: &'static str) -> Pos2 {
    desk.row(pane, name).rect().center()
}

/// Below the rows.
fn empty_place(desk: &Desk, pane: &'static str) -> Pos2 {
    let rows = desk.harness.get_by_label(if pane == LOCAL { "Local file list" } else { "Remote file list" }).rect();
    Pos2::new(rows.center().x, rows.bottom() - 12.0)
}

fn uploads(command: Command) -> (Vec<PathBuf>, RemotePath) {
    let Command::Enqueue(orders) = command else { panic!("{command:?}") };
    let mut into = RemotePath::default();
    let files = orders
        .into_iter()
        .map(|order| match order.what {
            What::Upload { local, to: RemoteTarget::Into(dir) } => {
                into = dir;
                local
            }
            other => panic!("{other:?}"),
        })
        .collect();
    (files, into)
}

#[test]
fn a_file_dragged_to_the_other_pane_is_uploaded_there() {
    let mut desk = connected();
    desk.drag(middle(&desk, LOCAL, "b.txt"), empty_place(&desk, REMOTE));
    let (files, into) = uploads(desk.only());
    assert_eq!((files, into), (vec!["/home/me/b.txt".into()], RemotePath::from(LOGIN)));
    assert_eq!(desk.selected(LOCAL), ["b.txt"], "a drag begun on an unselected row takes that one");
}

#[test]
fn the_whole_selection_comes_along() {
    let mut desk = connected();
    desk.click_row(REMOTE, "pub", Modifiers::NONE);
    desk.click_row(REMOTE, "z.bin", Modifiers::COMMAND);
    desk.drag(middle(&desk, REMOTE, "z.bin"), empty_place(&desk, LOCAL));
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    assert_eq!(orders.len(), 2);
    assert!(
        orders
            .iter()
            .all(|order| matches!(&order.what, What::Download { to, .. } if *to == LocalTarget::Into(HOME.into())))
    );
}

#[test]
fn a_drop_on_a_folder_row_goes_into_that_folder() {
    let mut desk = connected();
    desk.drag(middle(&desk, LOCAL, "a.txt"), middle(&desk, REMOTE, "pub"));
    assert_eq!(uploads(desk.only()).1, RemotePath::from("/srv/me/pub"));
    desk.drag(middle(&desk, LOCAL, "a.txt"), middle(&desk, REMOTE, "x.bin"));
    assert_eq!(uploads(desk.only()).1, RemotePath::from(LOGIN), "a file is no folder");
    desk.drag(middle(&desk, REMOTE, "x.bin"), middle(&desk, LOCAL, "docs"));
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    assert!(matches!(&orders[0].what, What::Download { to, .. } if *to == LocalTarget::Into("/home/me/docs".into())));
}

#[test]
fn within_the_remote_pane_a_drag_onto_a_folder_moves() {
    let mut desk = connected();
    desk.drag(middle(&desk, REMOTE, "x.bin"), middle(&desk, REMOTE, "pub"));
    let Command::Manage { operation, .. } = desk.only() else { panic!("no move") };
    let items = vec![RemotePath::from("/srv/me/x.bin")];
    assert_eq!(operation, RemoteOperation::Move { items: items.clone(), into: RemotePath::from("/srv/me/pub") });
    desk.drag(middle(&desk, REMOTE, "x.bin"), middle(&desk, REMOTE, ".."));
    let Command::Manage { operation, .. } = desk.only() else { panic!("no move") };
    assert_eq!(operation, RemoteOperation::Move { items, into: RemotePath::from("/srv") });
}

#[test]
fn within_the_local_pane_too() {
    let mut desk = connected();
    desk.drag(middle(&desk, LOCAL, "docs"), middle(&desk, LOCAL, "music"));
    let Command::ManageLocal(operation) = desk.only() else { panic!("no move") };
    let items = vec!["/home/me/docs".into()];
    assert_eq!(operation, LocalOperation::Move { items, into: "/home/me/music".into() });
}

#[test]
fn a_drop_that_means_nothing_does_nothing() {
    let mut desk = connected();
    desk.drag(middle(&desk, REMOTE, "x.bin"), middle(&desk, REMOTE, "y.bin"));
    desk.drag(middle(&desk, REMOTE, "x.bin"), empty_place(&desk, REMOTE));
    desk.drag(middle(&desk, REMOTE, "pub"), middle(&desk, REMOTE, "pub"));
    desk.drag(middle(&desk, REMOTE, "pub"), desk.harness.get_by_label("Host").rect().center());
    assert!(desk.taken().is_empty());
}

#[test]
fn escape_ends_a_drag() {
    let mut desk = connected();
    let (from, to) = (middle(&desk, LOCAL, "a.txt"), empty_place(&desk, REMOTE));
    desk.harness.drag_at(from);
    desk.harness.run();
    desk.harness.hover_at(to);
    desk.harness.run();
    desk.press(Key::Escape);
    desk.harness.drop_at(to);
    desk.harness.run();
    assert!(desk.taken().is_empty());
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("not needed".into())
    }
}

#[test]
fn files_from_the_desktop_are_uploaded_to_the_directory_that_is_shown() {
    let mut desk = connected();
    for file in ["/tmp/one", "/tmp/two"] {
        desk.harness.input_mut().dropped_files.push(Arc::new(Dropped(file.into())));
    }
    desk.harness.run();
    let (files, into) = uploads(desk.only());
    assert_eq!((files, into), (vec!["/tmp/one".into(), "/tmp/two".into()], RemotePath::from(LOGIN)));
}

#[test]
fn without_a_connection_a_drop_says_so() {
    let mut desk = desktop();
    desk.local(HOME, &["a.txt"]);
    desk.taken();
    desk.harness.input_mut().dropped_files.push(Arc::new(Dropped("/tmp/one".into())));
    desk.harness.run();
    assert!(desk.taken().is_empty());
    desk.harness.get_by_label("There is no connection to a server.");
}

#[test]
fn pasted_files_are_uploaded_and_pasted_text_is_not() {
    let mut desk = connected();
    // Over the remote rows: over the local ones nothing is uploaded.
    desk.harness.event(egui::Event::Paste("file:///tmp/a%20b".into()));
    desk.harness.run();
    assert!(desk.taken().is_empty());
    desk.press(egui::Key::F6);
    desk.taken();
    desk.harness.event(egui::Event::Paste("file:///tmp/a%20b\n/tmp/c".into()));
    desk.harness.run();
    assert_eq!(uploads(desk.only()).0, [PathBuf::from("/tmp/a b"), PathBuf::from("/tmp/c")]);
    for text in ["hello", "/var/www/html"] {
        desk.harness.event(egui::Event::Paste(text.into()));
        desk.harness.run();
        assert!(desk.taken().is_empty(), "{text}");
    }
}

#[test]
fn the_splitter_moves_and_the_share_is_kept() {
    let mut desk = connected();
    let right = desk.harness.get_by_label(LOCAL).rect().right();
    let grip = Pos2::new(right + 1.0, 400.0);
    desk.drag(grip, Pos2::new(800.0, 400.0));
    let now = desk.harness.get_by_label(LOCAL).rect().right();
    assert!((now - 800.0).abs() < 4.0, "{now}");
    assert!((desk.model().settings.window.split - 800.0 / 1280.0).abs() < 0.01);
    assert!(desk.taken().is_empty());
}
