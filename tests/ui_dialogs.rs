//! The dialogs, by their accessible names: what is typed arrives, nothing typed is lost, and nothing happens unasked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;

use std::sync::Arc;

use desk::{Desk, Role};
use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use twinport::app::Saved;
use twinport::domain::{
    Entry, EntryKind, JobId, Listing, Logon, ModeChange, Permissions, QuestionId, Secret, Security, Site, SiteId,
    Timestamp, TransferMode,
};
use twinport::engine::message::{
    Answer, Command, ConflictPolicy, Direction, Event, FileFacts, LocalOperation, Question,
};
use twinport::store::settings::{Settings, Theme};
use twinport::store::sitebook::{Folder, Node, SiteBook, Spot};

fn site(name: &str, host: &str) -> Node {
    Node::Site(Site { name: name.into(), host: host.into(), user: "anna".into(), ..Site::default() })
}

fn book() -> SiteBook {
    let mut book = SiteBook::default();
    let id = book.add(Node::Folder(Folder { name: "Work".into(), open: true, ..Folder::default() }), Spot::End);
    book.add(site("Live", "live.example"), Spot::Into(id));
    book.add(site("Home", "home.example"), Spot::End);
    book
}

fn manager(book: SiteBook) -> Desk {
    let mut desk = Desk::with(Settings::default(), book);
    desk.press("Site Manager");
    assert!(desk.is_open("Site Manager"));
    desk
}

fn saved_sites(desk: &mut Desk) -> Option<Arc<SiteBook>> {
    desk.saved().into_iter().rev().find_map(|saved| match saved {
        Saved::Sites(sites) => Some(sites),
        Saved::Settings(_) | Saved::Trust(_) => None,
    })
}

fn kept_secrets(commands: &[Command]) -> Vec<(SiteId, Option<Secret>)> {
    let kept = commands.iter().filter_map(|command| match command {
        Command::KeepSecret { site, secret } => Some((*site, secret.clone())),
        _ => None,
    });
    kept.collect()
}

#[test]
fn a_site_is_made_saved_and_connected_with_its_password_in_the_keyring_only() {
    let mut desk = manager(SiteBook::default());
    desk.press("New site");
    desk.type_into("Site name", "Practice");
    desk.type_into("Host", "127.0.0.1");
    desk.type_into("Port", "2121");
    desk.type_into("User", "anna");
    desk.type_into("Password", "hunter2");
    desk.choose("Encryption", "None (clear text)");
    desk.choose("Transfer mode", "Passive");
    desk.choose("Charset", "windows-1251");
    desk.press("Save");
    let sites = saved_sites(&mut desk).expect("saved");
    let saved = sites.find("Practice").expect("there");
    assert_eq!((saved.host.as_str(), saved.port, saved.user.as_str()), ("127.0.0.1", Some(2121), "anna"));
    assert_eq!((saved.security, saved.logon), (Security::Off, Logon::Normal));
    assert_eq!((saved.transfer_mode, saved.charset.label()), (Some(TransferMode::Passive), "windows-1251"));
    assert!(!sites.to_ron().unwrap().contains("hunter2"));
    assert_eq!(kept_secrets(&desk.commands()), [(saved.id, Some(Secret::from("hunter2")))]);

    desk.press("Connect");
    assert!(!desk.is_open("Site Manager"));
    let commands = desk.commands();
    let connected = commands.iter().find_map(|command| match command {
        Command::Connect { site, .. } => Some(site.clone()),
        _ => None,
    });
    assert_eq!(connected.as_deref(), Some(saved));
}

#[test]
fn connect_saves_what_was_typed_and_uses_the_new_password_at_once() {
    let mut desk = manager(book());
    desk.click(Role::TreeItem, "Live");
    desk.type_into("Password", "new");
    desk.press("Connect");
    let commands = desk.commands();
    assert_eq!(kept_secrets(&commands).len(), 1);
    let secret = commands.into_iter().find_map(|command| match command {
        Command::Connect { secret, .. } => secret,
        _ => None,
    });
    assert_eq!(secret, Some(Secret::from("new")));
}

#[test]
fn what_was_typed_survives_looking_at_another_site_and_close_asks() {
    let mut desk = manager(book());
    desk.click(Role::TreeItem, "Live");
    desk.type_into("Host", "typed.example");
    desk.click(Role::TreeItem, "Home");
    assert_eq!(desk.input("Host").value().as_deref(), Some("home.example"));
    desk.click(Role::TreeItem, "Live");
    assert_eq!(desk.input("Host").value().as_deref(), Some("typed.example"));

    desk.press("Close");
    assert!(desk.is_open("Unsaved changes"));
    desk.press("Keep editing");
    assert!(desk.is_open("Site Manager"));
    desk.press("Close");
    desk.press("Save changes");
    assert!(!desk.is_open("Site Manager"));
    let sites = saved_sites(&mut desk).expect("saved");
    assert_eq!(sites.find("Live").expect("there").host, "typed.example");
}

#[test]
fn discarded_changes_are_gone() {
    let mut desk = manager(book());
    desk.click(Role::TreeItem, "Live");
    desk.type_into("Host", "typed.example");
    desk.key(Key::Escape);
    desk.press("Discard");
    assert!(saved_sites(&mut desk).is_none());
    desk.press("Site Manager");
    desk.click(Role::TreeItem, "Live");
    assert_eq!(desk.input("Host").value().as_deref(), Some("live.example"));
}

#[test]
fn a_site_that_cannot_be_used_is_not_saved_and_says_why() {
    let mut desk = manager(SiteBook::default());
    desk.press("New site");
    desk.type_into("Port", "70000");
    assert!(desk.says("1 to 65535"));
    desk.press("Save");
    assert!(desk.says("Enter the server's name or address."));
    assert!(saved_sites(&mut desk).is_none());
}

#[test]
fn sites_are_deleted_only_after_a_yes_and_their_passwords_go_too() {
    let mut desk = manager(book());
    desk.click(Role::TreeItem, "Home");
    desk.press("Delete");
    assert!(desk.is_open("Delete"));
    desk.press("Cancel");
    desk.press("Save");
    assert!(saved_sites(&mut desk).expect("saved").find("Home").is_some());
    desk.press("Delete");
    // The dialog's own; the Site Manager's lies behind it.
    desk.press("Delete");
    desk.press("Save");
    assert!(saved_sites(&mut desk).expect("saved").find("Home").is_none());
    assert!(matches!(kept_secrets(&desk.commands())[..], [(_, None)]));
}

#[test]
fn search_shows_what_fits_folders_hold_sites_and_copies_are_numbered() {
    let mut desk = manager(book());
    desk.type_into("Search sites", "live.example");
    assert!(desk.has("Live") && desk.has("Work") && !desk.has("Home"));
    desk.type_into("Search sites", "");
    desk.click(Role::TreeItem, "Home");
    desk.press("Duplicate");
    assert!(desk.has("Home (2)"));
    desk.press("New folder");
    desk.type_into("Folder name", "Private");
    desk.press("New site");
    desk.type_into("Host", "inner.example");
    desk.type_into("User", "u");
    desk.press("Save");
    let sites = saved_sites(&mut desk).expect("saved");
    assert!(sites.find("Private/New site").is_some(), "{sites:?}");
}

#[test]
fn sites_come_from_filezilla_with_their_passwords_for_the_keyring() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sitemanager.xml");
    let xml = r#"<FileZilla3><Servers><Server><Host>fz.example</Host><Protocol>0</Protocol><User>u</User>
        <Pass encoding="base64">cHc=</Pass><Logontype>1</Logontype><Name>From FZ</Name></Server>
        <Server><Host>s</Host><Protocol>1</Protocol><Name>Shell</Name></Server></Servers></FileZilla3>"#;
    std::fs::write(&file, xml).unwrap();
    let mut desk = manager(SiteBook::default());
    desk.press("Import");
    desk.type_into("File", &file.display().to_string());
    desk.press("OK");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !desk.says("was left out") {
        assert!(std::time::Instant::now() < deadline, "never imported");
        desk.harness.step();
    }
    desk.run();
    assert!(desk.says("“Shell” was left out: it uses SFTP"));
    desk.press("OK");
    desk.press("Save");
    assert_eq!(saved_sites(&mut desk).expect("saved").sites()[0].host, "fz.example");
    assert!(matches!(&kept_secrets(&desk.commands())[..], [(_, Some(secret))] if secret.reveal() == "pw"));
}

#[test]
fn settings_are_saved_and_told_to_the_engine() {
    let mut desk = Desk::new();
    desk.press("Settings");
    assert!(desk.is_open("Settings"));
    desk.click(Role::RadioButton, "Active");
    assert!(desk.says("the server connects to this computer's"), "the picture is described");
    desk.type_into("Port range from", "50000");
    desk.type_into("Port range to", "50100");
    desk.type_into("External address", "203.0.113.7");
    desk.type_into("Connections", "8");
    desk.harness.get_by_role_and_label(Role::ComboBox, "Theme").scroll_to_me();
    desk.run();
    desk.choose("Theme", "Light");
    desk.press("Save");
    assert!(!desk.is_open("Settings"));
    let settings = desk.commands().into_iter().find_map(|command| match command {
        Command::Configure(settings) => Some(settings),
        _ => None,
    });
    let settings = settings.expect("told");
    assert_eq!((settings.transfer_mode, settings.port_range), (TransferMode::Active, Some((50_000, 50_100))));
    assert_eq!((settings.connections, settings.theme), (8, Theme::Light));
    assert!(desk.saved().iter().any(|saved| matches!(saved, Saved::Settings(saved) if **saved == *settings)));
}

#[test]
fn settings_that_cannot_be_used_are_not_saved() {
    let mut desk = Desk::new();
    desk.press("Settings");
    desk.type_into("Connections", "0");
    desk.type_into("Port range from", "7000");
    assert!(desk.says("1 to 32") && desk.says("Two ports"));
    assert!(desk.button("Save").accesskit_node().is_disabled());
    desk.key(Key::Escape);
    assert!(!desk.is_open("Settings"));
    assert!(desk.commands().is_empty());
}

fn conflict(id: u64, target: u64) -> Event {
    let facts = |path: &str, size| FileFacts { path: path.into(), size: Some(size), modified: Some(Timestamp::utc(0)) };
    Event::Question {
        id: QuestionId(id),
        question: Question::FileExists {
            job: JobId(id),
            direction: Direction::Upload,
            source: facts("/here/a.txt", 100),
            target: facts("/there/a.txt", target),
        },
    }
}

fn answers(desk: &mut Desk) -> Vec<(QuestionId, Answer)> {
    let answers = desk.commands().into_iter().filter_map(|command| match command {
        Command::Answer { question, answer } => Some((question, answer)),
        _ => None,
    });
    answers.collect()
}

#[test]
fn conflicts_are_asked_one_at_a_time_and_answered() {
    let mut desk = Desk::new();
    desk.tell(conflict(1, 40));
    desk.tell(conflict(2, 200));
    assert!(desk.is_open("File exists"));
    assert!(desk.says("larger"));
    desk.press("Resume");
    let answer = |policy, for_all| Answer::OnExists { policy, for_all };
    assert_eq!(answers(&mut desk), [(QuestionId(1), answer(ConflictPolicy::Resume, false))]);
    assert!(desk.is_open("File exists"), "the next one");
    assert!(desk.button("Resume").accesskit_node().is_disabled(), "the one there is longer");
    desk.click(Role::CheckBox, "Apply to all");
    desk.press("Overwrite");
    assert_eq!(answers(&mut desk), [(QuestionId(2), answer(ConflictPolicy::Overwrite, true))]);
    assert!(!desk.is_open("File exists"));
}

#[test]
fn enter_skips_whatever_was_answered_before() {
    let mut desk = Desk::new();
    desk.tell(conflict(1, 40));
    desk.tell(conflict(2, 40));
    desk.press("Overwrite");
    desk.key(Key::Enter);
    let skip = Answer::OnExists { policy: ConflictPolicy::Skip, for_all: false };
    assert_eq!(answers(&mut desk).pop(), Some((QuestionId(2), skip)));
}

#[test]
fn a_site_is_dragged_into_a_folder() {
    let mut desk = manager(book());
    let from = desk.harness.get_by_role_and_label(Role::TreeItem, "Home").rect().center();
    let to = desk.harness.get_by_role_and_label(Role::TreeItem, "Work").rect().center();
    desk.harness.drag_at(from);
    desk.run();
    desk.harness.hover_at(to);
    desk.run();
    desk.harness.drop_at(to);
    desk.run();
    desk.press("Save");
    assert!(saved_sites(&mut desk).expect("saved").find("Work/Home").is_some());
}

#[test]
fn a_question_whose_job_is_gone_goes_too() {
    let mut desk = Desk::new();
    desk.tell(conflict(1, 40));
    desk.tell(Event::Withdrawn(QuestionId(1)));
    assert!(!desk.is_open("File exists"));
    assert!(answers(&mut desk).is_empty());
}

#[test]
fn a_question_waits_while_a_dialog_of_the_users_is_open() {
    let mut desk = Desk::new();
    desk.press("Settings");
    desk.tell(conflict(1, 40));
    assert!(!desk.is_open("File exists"));
    desk.press("Cancel");
    desk.run();
    assert!(desk.is_open("File exists"));
}

fn password(id: u64, refused: Option<&str>) -> Event {
    let site = Site { id: SiteId(7), host: "h".into(), user: "anna".into(), ..Site::default() };
    let question = Question::Password { site: Arc::new(site), refused: refused.map(str::to_owned) };
    Event::Question { id: QuestionId(id), question }
}

#[test]
fn a_password_is_typed_as_dots_and_answered_with_enter() {
    let mut desk = Desk::new();
    desk.tell(password(1, Some("530 Login incorrect.")));
    assert!(desk.is_open("Password") && desk.says("530 Login incorrect."));
    // The cursor is there already.
    desk.harness.event(egui::Event::Text("hunter2".into()));
    desk.run();
    assert!(!desk.says("hunter2"));
    desk.click(Role::CheckBox, "Keep in the system's keyring");
    desk.input("Password").click();
    desk.run();
    desk.key(Key::Enter);
    let kept = Answer::Password { secret: Secret::from("hunter2"), keep: true };
    assert_eq!(answers(&mut desk), [(QuestionId(1), kept)]);
    desk.tell(password(2, None));
    desk.key(Key::Escape);
    assert_eq!(answers(&mut desk), [(QuestionId(2), Answer::Never)]);
}

/// A local pane with a file and a folder.
fn with_files() -> Desk {
    let mut desk = Desk::new();
    let dir = std::env::temp_dir();
    let mut file = Entry::new("report.tar.gz", EntryKind::File);
    (file.size, file.permissions) = (Some(1234), Some(Permissions(0o640)));
    let listing = Listing { entries: vec![file, Entry::new("folder", EntryKind::Directory)], ..Listing::default() };
    desk.tell(Event::LocalListed { dir, result: Ok(Arc::new(listing)) });
    desk
}

fn local_operations(desk: &mut Desk) -> Vec<LocalOperation> {
    let operations = desk.commands().into_iter().filter_map(|command| match command {
        Command::ManageLocal(operation) => Some(operation),
        _ => None,
    });
    operations.collect()
}

#[test]
fn rename_begins_with_the_name_selected_without_its_extension() {
    let mut desk = with_files();
    desk.harness.get_by_label("report.tar.gz").click();
    desk.run();
    desk.key(Key::F2);
    assert!(desk.is_open("Rename"));
    desk.harness.event(egui::Event::Text("letter".into()));
    desk.run();
    desk.key(Key::Enter);
    let dir = std::env::temp_dir();
    let renamed = LocalOperation::Rename { from: dir.join("report.tar.gz"), to: dir.join("letter.tar.gz") };
    assert_eq!(local_operations(&mut desk), [renamed]);
}

#[test]
fn a_name_with_a_slash_is_refused_where_it_is_typed() {
    let mut desk = with_files();
    desk.harness.get_by_label("report.tar.gz").click();
    desk.run();
    desk.key(Key::F2);
    desk.type_into("Name", "a/b");
    assert!(desk.says("no slash"));
    desk.key(Key::Enter);
    assert!(desk.is_open("Rename"));
    assert!(desk.button("OK").accesskit_node().is_disabled());
    desk.press("Cancel");
    assert!(local_operations(&mut desk).is_empty());
}

#[test]
fn delete_says_what_and_does_nothing_on_cancel() {
    let mut desk = with_files();
    desk.harness.get_by_label("folder").click();
    desk.run();
    desk.key(Key::Delete);
    assert!(desk.is_open("Delete"));
    assert!(desk.says("Delete “folder”, with everything in it, from this computer?"));
    desk.press("Cancel");
    assert!(local_operations(&mut desk).is_empty());
    desk.key(Key::Delete);
    desk.press("Delete");
    let items = vec![std::env::temp_dir().join("folder")];
    assert_eq!(local_operations(&mut desk), [LocalOperation::Remove { items, for_good: false }]);
}

#[cfg(unix)]
#[test]
fn permission_boxes_and_octal_number_follow_each_other() {
    let mut desk = with_files();
    desk.harness.get_by_label("report.tar.gz").click();
    desk.run();
    desk.harness.get_by_label("report.tar.gz").click_secondary();
    desk.run();
    desk.press("Properties");
    assert!(desk.is_open("Properties") && desk.says("1,234 bytes"));
    assert_eq!(desk.input("Octal").value().as_deref(), Some("640"));
    desk.click(Role::CheckBox, "Others read");
    assert_eq!(desk.input("Octal").value().as_deref(), Some("644"));
    desk.type_into("Octal", "755");
    assert!(desk.says("rwxr-xr-x"));
    desk.press("OK");
    let items = vec![std::env::temp_dir().join("report.tar.gz")];
    let change = ModeChange::to(0o755);
    assert_eq!(local_operations(&mut desk), [LocalOperation::SetPermissions { items, change }]);
}

#[test]
fn what_lies_behind_a_dialog_is_out_of_reach() {
    let mut desk = Desk::new();
    assert!(desk.has("Quick connect") && desk.has("Cancel"));
    desk.press("Settings");
    assert!(!desk.has("Quick connect"));
    // Only the dialog's own is left.
    desk.button("Cancel");
    desk.press("Cancel");
    assert!(desk.has("Quick connect"));
}
