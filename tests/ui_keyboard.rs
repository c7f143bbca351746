//! Keys: FileZilla users keep their hands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/harness.rs"]
mod harness;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use harness::{HOME, LOGIN, connected};
use twinport::app::{Action, Dialog, Link, PromptFor, Side};
use twinport::domain::RemotePath;
use twinport::engine::message::{Command, Event, LocalOperation, QueueCommand, RemoteOperation};

const LOCAL: &str = "Local files";
const REMOTE: &str = "Remote files";
const CTRL: Modifiers = Modifiers::COMMAND;

#[test]
fn arrows_walk_shift_extends_and_ctrl_a_takes_all() {
    let mut desk = connected();
    desk.press(Key::Home);
    desk.press(Key::ArrowDown);
    assert_eq!(desk.selected(LOCAL), ["docs"]);
    desk.press_with(Modifiers::SHIFT, Key::ArrowDown);
    desk.press_with(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(desk.selected(LOCAL), ["docs", "music", "a.txt"]);
    desk.press_with(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(desk.selected(LOCAL), ["docs", "music"]);
    desk.press(Key::End);
    assert_eq!(desk.selected(LOCAL), ["c.txt"]);
    desk.press(Key::PageUp);
    desk.press_with(CTRL, Key::A);
    assert_eq!(desk.selected(LOCAL).len(), 5);
    assert!(desk.selected(REMOTE).is_empty());
}

#[test]
fn f6_goes_to_the_other_pane_and_letters_find_names() {
    let mut desk = connected();
    desk.press(Key::F6);
    assert_eq!(desk.model().active, Side::Remote);
    desk.harness.event(egui::Event::Text("y".into()));
    desk.harness.run();
    assert_eq!(desk.selected(REMOTE), ["y.bin"]);
    desk.pass(1.5);
    desk.harness.event(egui::Event::Text("o".into()));
    desk.harness.event(egui::Event::Text("l".into()));
    desk.harness.run();
    assert_eq!(desk.selected(REMOTE), ["old"]);
    desk.press(Key::F6);
    desk.harness.event(egui::Event::Text("m".into()));
    desk.harness.run();
    assert_eq!(desk.selected(LOCAL), ["music"]);
}

#[test]
fn enter_opens_and_backspace_goes_up() {
    let mut desk = connected();
    desk.click_row(REMOTE, "pub", Modifiers::NONE);
    desk.press(Key::Enter);
    assert!(matches!(desk.only(), Command::List { dir, .. } if dir == RemotePath::from("/srv/me/pub")));
    desk.remote("/srv/me/pub", &["f"]);
    desk.press(Key::Backspace);
    assert!(matches!(desk.only(), Command::List { dir, .. } if dir == RemotePath::from(LOGIN)));
    desk.remote(LOGIN, &["pub/", "x.bin"]);
    desk.click_row(REMOTE, "x.bin", Modifiers::NONE);
    desk.press(Key::Enter);
    assert!(matches!(desk.only(), Command::Enqueue(orders) if orders.len() == 1));
}

#[test]
fn f2_asks_for_another_name_and_renames() {
    let mut desk = connected();
    desk.click_row(REMOTE, "x.bin", Modifiers::NONE);
    desk.press(Key::F2);
    let Some(Dialog::Prompt(prompt)) = &desk.model().dialog else { panic!("no prompt") };
    assert!(matches!(&prompt.what, PromptFor::Rename(item) if item.name == "x.bin"));
    assert_eq!(prompt.initial, "x.bin");
    desk.harness.state_mut().ask(Action::SubmitPrompt("w.bin".into()));
    desk.harness.run();
    let Command::Manage { operation, connection } = desk.only() else { panic!("no rename") };
    let (from, to) = (RemotePath::from("/srv/me/x.bin"), RemotePath::from("/srv/me/w.bin"));
    assert_eq!(operation, RemoteOperation::Rename { from, to });
    desk.tell(Event::Managed { connection, operation, result: Ok(()) });
    assert!(matches!(desk.only(), Command::List { .. }));
    desk.remote(LOGIN, &["w.bin", "y.bin"]);
    assert_eq!(desk.selected(REMOTE), ["w.bin"], "the cursor is on what was renamed");
}

#[test]
fn del_asks_and_shift_del_asks_for_good() {
    let mut desk = connected();
    desk.click_row(LOCAL, "a.txt", Modifiers::NONE);
    desk.press(Key::Delete);
    let Some(Dialog::Delete(deletion)) = &desk.model().dialog else { panic!("no question") };
    assert!(!deletion.for_good, "local files go to the trash");
    desk.harness.state_mut().ask(Action::ConfirmDelete);
    desk.harness.run();
    let Command::ManageLocal(LocalOperation::Remove { items, for_good }) = desk.only() else { panic!("no removal") };
    assert_eq!((items, for_good), (vec!["/home/me/a.txt".into()], false));
    desk.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(matches!(&desk.model().dialog, Some(Dialog::Delete(deletion)) if deletion.for_good));
}

#[test]
fn commands_have_their_keys() {
    let mut desk = connected();
    desk.press(Key::F5);
    assert_eq!(desk.taken().len(), 2, "both panes are read again");
    desk.local(HOME, &["a.txt"]);
    desk.remote(LOGIN, &["x.bin"]);

    desk.press_with(CTRL, Key::S);
    assert_eq!(desk.model().dialog, Some(Dialog::SiteManager));
    desk.harness.state_mut().ask(Action::CloseDialog);
    desk.harness.run();
    desk.press_with(CTRL, Key::Comma);
    assert_eq!(desk.model().dialog, Some(Dialog::Settings));
    desk.harness.state_mut().ask(Action::CloseDialog);
    desk.harness.run();
    assert!(desk.taken().is_empty());

    desk.tell(Event::QueuePaused(true));
    desk.press_with(CTRL, Key::P);
    assert!(matches!(desk.only(), Command::Queue(QueueCommand::ResumeAll)));
    desk.press(Key::F5);
    desk.taken();
    desk.press_with(CTRL, Key::Period);
    assert!(matches!(desk.only(), Command::Interrupt { .. }));
    desk.press_with(CTRL, Key::D);
    assert!(matches!(desk.only(), Command::Disconnect { .. }));
    assert_eq!(desk.model().connection.link, Link::Closed);
    desk.press_with(CTRL, Key::R);
    assert!(matches!(desk.only(), Command::Connect { .. }));
    desk.press_with(CTRL, Key::Period);
    assert!(matches!(desk.only(), Command::Disconnect { .. }), "cancels connecting");
    let (key, modifiers) = (Key::Q, CTRL);
    desk.harness.event(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
    desk.output(|output| {
        let mut commands = output.viewport_output.values().flat_map(|output| &output.commands);
        commands.find(|command| matches!(command, egui::ViewportCommand::Close)).map(drop)
    });
}

#[test]
fn ctrl_f_filters_and_escape_shows_all_again() {
    let mut desk = connected();
    desk.press_with(CTRL, Key::F);
    assert!(desk.harness.get_by_label("Filter local files").is_focused());
    desk.harness.event(egui::Event::Text("b.t".into()));
    desk.harness.run();
    assert_eq!(desk.rows(LOCAL), ["..", "b.txt"]);
    desk.press(Key::Escape);
    assert_eq!(desk.rows(LOCAL).len(), 6);
    desk.press(Key::End);
    assert_eq!(desk.selected(LOCAL), ["c.txt"], "the rows have the keys again");
}

#[test]
fn keys_typed_into_a_field_are_not_for_the_rows() {
    let mut desk = connected();
    desk.click_row(LOCAL, "a.txt", Modifiers::NONE);
    desk.type_into("Host", "abc");
    for key in [Key::Backspace, Key::Delete, Key::F2, Key::Home] {
        desk.press(key);
    }
    desk.press_with(CTRL, Key::A);
    assert_eq!(desk.harness.get_by_label("Host").value().as_deref(), Some("ab"));
    assert_eq!(desk.selected(LOCAL), ["a.txt"]);
    assert!(desk.model().dialog.is_none());
    assert!(desk.taken().is_empty());
}

#[test]
fn keys_do_nothing_behind_a_dialog() {
    let mut desk = connected();
    desk.click_row(LOCAL, "a.txt", Modifiers::NONE);
    desk.press(Key::Delete);
    desk.press(Key::F5);
    desk.press_with(CTRL, Key::D);
    assert!(desk.taken().is_empty());
}

/// A held key moves on and on; what it does otherwise, it does once.
#[test]
fn a_held_enter_orders_one_transfer_and_ctrl_space_marks() {
    let mut desk = connected();
    desk.press(Key::End);
    desk.taken();
    let held = |desk: &mut harness::Desk, pressed, repeat| {
        let (key, modifiers) = (Key::Enter, Modifiers::NONE);
        desk.harness.event(egui::Event::Key { key, physical_key: None, pressed, repeat, modifiers });
        desk.harness.run();
    };
    // The window finds the repetitions out by itself: the key is down already.
    (0..20).for_each(|_| held(&mut desk, true, true));
    held(&mut desk, false, false);
    assert_eq!(desk.taken().len(), 1);
    desk.press_with(CTRL, Key::Space);
    assert!(desk.selected(LOCAL).is_empty(), "marked before, and no longer");
    desk.press_with(CTRL, Key::Space);
    assert_eq!(desk.selected(LOCAL), ["c.txt"]);
}
