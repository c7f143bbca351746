//! The two panes, by accessible name: what they show, and what they ask the engine for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/harness.rs"]
mod harness;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use harness::{HOME, LOGIN, connected, desktop, desktop_with, entries, listing};
use twinport::app::{Dialog, Saved, Tab};
use twinport::domain::{
    Charset, Entry, EntryKind, JobId, Listing, Logon, Permissions, RemotePath, Secret, Site, Timestamp,
};
use twinport::engine::message::{
    Command, ConnectionState, Direction, Event, Explanation, FtpError, JobChange, JobState, JobView, LocalAction,
    LocalError, LocalTarget, Outcome, RemoteTarget, What,
};
use twinport::store::settings::Settings;

const LOCAL: &str = "Local files";
const REMOTE: &str = "Remote files";

#[test]
fn the_fixed_names_are_all_there() {
    let mut desk = connected();
    for name in ["Site Manager", "Quick connect", "Disconnect", "Reconnect", "Refresh", "Cancel", "Settings"] {
        desk.harness.get_by_label(name);
    }
    for name in ["Host", "Port", "User", "Password", "Local path", "Remote path"] {
        desk.harness.get_by_label(name);
    }
    for name in ["Filter local files", "Filter remote files", "Upload", "Download", LOCAL, REMOTE] {
        desk.harness.get_by_label(name);
    }
    desk.menu_on(REMOTE, "x.bin");
    for name in ["Open", "Rename", "Delete", "New folder", "New file", "Properties", "Copy URL"] {
        desk.harness.get_by_label(name);
    }
    assert_eq!(desk.harness.get_all_by_label("Download").count(), 2, "button and menu");
    assert_eq!(desk.harness.get_all_by_label("Refresh").count(), 2, "button and menu");
}

#[test]
fn the_local_folder_is_read_at_the_start_and_shown_in_order() {
    let mut desk = desktop();
    let Command::ListLocal { dir } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, PathBuf::from(HOME));
    desk.local(HOME, &["b10", "b9", "Zoo/", "apple/", ".rc"]);
    assert_eq!(desk.rows(LOCAL), ["..", "apple", "Zoo", ".rc", "b9", "b10"]);
    desk.harness.get_by_label("3 files, 2 folders, 3.0 KiB");
    assert_eq!(desk.harness.get_by_label("Local path").value().as_deref(), Some(HOME));
}

#[test]
fn the_folder_of_last_time_may_be_gone() {
    let mut settings = Settings::default();
    settings.window.local_dir = Some("/gone".into());
    let mut desk = desktop_with(settings);
    desk.taken();
    let gone = LocalError::new(LocalAction::List, &PathBuf::from("/gone"), &std::io::Error::from(ErrorKind::NotFound));
    desk.tell(Event::LocalListed { dir: "/gone".into(), result: Err(gone) });
    let Command::ListLocal { dir } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, PathBuf::from(HOME));
}

#[test]
fn quick_connect_connects_with_enter_and_lists_the_login_directory() {
    let mut desk = desktop();
    desk.taken();
    desk.type_into("Host", "ftp.example.org");
    desk.type_into("Port", "2121");
    desk.type_into("User", "me");
    desk.type_into("Password", "secret");
    desk.press(Key::Enter);
    let Command::Connect { site, secret, connection } = desk.only() else { panic!("no connect") };
    assert_eq!((site.host.as_str(), site.port, site.user.as_str()), ("ftp.example.org", Some(2121), "me"));
    assert_eq!(secret, Some(Secret::from("secret")));
    assert_eq!(desk.model().title(), "ftp.example.org - Twinport");
    desk.harness.get_by_label("Connecting to ftp.example.org");

    let state = ConnectionState::Ready { home: RemotePath::from(LOGIN) };
    desk.tell(Event::Connection { connection, state });
    let Command::List { dir, .. } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, RemotePath::from(LOGIN));
    desk.remote(LOGIN, &["pub/", "x.bin"]);
    assert_eq!(desk.rows(REMOTE), ["..", "pub", "x.bin"]);
    assert_eq!(desk.harness.get_by_label("Remote path").value().as_deref(), Some(LOGIN));
}

#[test]
fn quick_connect_says_what_is_wrong_and_connects_anonymously_without_a_user() {
    let mut desk = desktop();
    desk.taken();
    desk.click("Quick connect");
    desk.harness.get_by_label("Type the server's host name or address first.");
    assert!(desk.taken().is_empty());
    desk.type_into("Host", "ftp://h.example:2100/pub");
    desk.click("Quick connect");
    let Command::Connect { site, secret, .. } = desk.only() else { panic!("no connect") };
    assert_eq!((site.logon, site.port, secret), (Logon::Anonymous, Some(2100), None));
    assert_eq!(site.remote_dir.as_deref(), Some("pub"));
}

#[test]
fn a_site_begins_in_its_own_directories() {
    let mut desk = desktop();
    desk.local(HOME, &["a.txt"]);
    desk.taken();
    desk.connect(Site {
        host: "h".into(),
        remote_dir: Some("www".into()),
        local_dir: Some("/work".into()),
        ..Site::default()
    });
    let dirs: Vec<String> = desk
        .taken()
        .iter()
        .filter_map(|command| match command {
            Command::List { dir, .. } => Some(dir.to_string()),
            Command::ListLocal { dir } => Some(dir.display().to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(dirs, [format!("{LOGIN}/www"), "/work".to_owned()]);
}

#[test]
fn an_unconnected_remote_pane_says_what_to_do() {
    let desk = desktop();
    desk.harness.get_by_label("Not connected");
    desk.harness.get_by_label("Choose a saved site, or type a host above and press Enter.");
}

#[test]
fn a_failed_connection_is_explained_and_can_be_tried_again() {
    let mut desk = desktop();
    desk.harness.state_mut().ask(twinport::app::Action::Connect {
        site: Arc::new(Site { host: "h".into(), ..Site::default() }),
        secret: None,
    });
    desk.harness.run();
    desk.taken();
    let error = FtpError::UnknownHost { host: "h".into(), detail: "no such name".into() };
    let what = twinport::engine::message::explain(&error).what;
    desk.tell(Event::Connection { connection: desk.connection(), state: ConnectionState::Failed(error) });
    desk.harness.get_by_label(&what);
    desk.click("Try again");
    assert!(matches!(desk.only(), Command::Connect { .. }));
}

#[test]
fn a_double_click_enters_a_folder_and_transfers_a_file() {
    let mut desk = connected();
    desk.double_click_row(REMOTE, "pub");
    let Command::List { dir, .. } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, RemotePath::from("/srv/me/pub"));
    desk.remote("/srv/me/pub", &["f1", "f2"]);
    assert_eq!(desk.rows(REMOTE), ["..", "f1", "f2"]);

    desk.double_click_row(REMOTE, "f2");
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    let What::Download { remote, to, size, .. } = &orders[0].what else { panic!("no download") };
    assert_eq!((remote, size), (&RemotePath::from("/srv/me/pub/f2"), &Some(1024)));
    assert_eq!(to, &LocalTarget::Into(HOME.into()));

    desk.double_click_row(LOCAL, "a.txt");
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    let What::Upload { local, to } = &orders[0].what else { panic!("no upload") };
    assert_eq!((local, to), (&PathBuf::from("/home/me/a.txt"), &RemoteTarget::Into(RemotePath::from("/srv/me/pub"))));

    desk.double_click_row(REMOTE, "..");
    let Command::List { dir, .. } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, RemotePath::from(LOGIN));
    desk.remote(LOGIN, &["pub/", "old/"]);
    assert_eq!(desk.selected(REMOTE), ["pub"], "the folder that was left is where the eye is");
}

#[test]
fn a_link_that_leads_to_a_file_is_fetched() {
    let mut desk = connected();
    desk.double_click_row(REMOTE, "pub");
    desk.remote("/srv/me/pub", &["latest@"]);
    desk.taken();
    desk.double_click_row(REMOTE, "latest");
    assert!(matches!(desk.only(), Command::List { .. }), "first it is tried as a directory");
    let reply = twinport::ftp::reply::Reply { code: 550, lines: vec!["not a directory".into()] };
    let error = FtpError::Refused { verb: "CWD", stage: twinport::ftp::error::Stage::Command, reply };
    let dir = RemotePath::from("/srv/me/pub/latest");
    desk.tell(Event::ListFailed { connection: desk.connection(), dir: dir.clone(), error });
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    assert!(matches!(&orders[0].what, What::Download { remote, kind: None, .. } if *remote == dir));
}

#[test]
fn the_buttons_transfer_the_selection() {
    let mut desk = connected();
    desk.click_row(LOCAL, "a.txt", Modifiers::NONE);
    desk.click_row(LOCAL, "docs", Modifiers::COMMAND);
    desk.click("Upload");
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    let names: Vec<_> = orders
        .iter()
        .map(|order| match &order.what {
            What::Upload { local, .. } => local.display().to_string(),
            What::Download { .. } => panic!("a download"),
        })
        .collect();
    assert_eq!(names, ["/home/me/docs", "/home/me/a.txt"]);
    desk.click_row(REMOTE, "x.bin", Modifiers::NONE);
    desk.click_row(REMOTE, "z.bin", Modifiers::SHIFT);
    desk.click("Download");
    let Command::Enqueue(orders) = desk.only() else { panic!("no order") };
    assert_eq!(orders.len(), 3);
    desk.harness.get_by_label("3 files, 3.0 KiB selected");
}

#[test]
fn a_click_on_a_header_sorts_and_the_second_turns_round() {
    let mut desk = desktop();
    let mut listing = Listing { entries: entries(&["dir/", "b", "a", "c"]), ..Listing::default() };
    for (at, size) in [(1, 300), (2, 100), (3, 200)] {
        listing.entries[at].size = Some(size);
    }
    desk.tell(Event::LocalListed { dir: HOME.into(), result: Ok(Arc::new(listing)) });
    let sort = |desk: &mut harness::Desk| {
        desk.harness.get_by_label(LOCAL).get_by_label("Sort by size").click();
        desk.harness.run();
    };
    sort(&mut desk);
    assert_eq!(desk.rows(LOCAL), ["..", "dir", "a", "c", "b"]);
    sort(&mut desk);
    assert_eq!(desk.rows(LOCAL), ["..", "dir", "b", "c", "a"]);
}

#[test]
fn the_filter_shows_what_matches_and_says_when_nothing_does() {
    let mut desk = connected();
    desk.type_into("Filter remote files", "Y.");
    assert_eq!(desk.rows(REMOTE), ["..", "y.bin"]);
    assert_eq!(desk.rows(LOCAL).len(), 6, "the other pane has its own");
    desk.type_into("Filter remote files", "nothing");
    assert_eq!(desk.rows(REMOTE), [".."]);
    desk.harness.get_by_label("No name contains the filter's text");
    desk.click("Show all files");
    assert_eq!(desk.rows(REMOTE).len(), 6);
}

#[test]
fn a_path_can_be_typed_and_an_error_stands_beside_it() {
    let mut desk = connected();
    desk.harness.get_by_label("Local path").focus();
    desk.harness.run();
    desk.press_with(Modifiers::COMMAND, Key::A);
    desk.harness.get_by_label("Local path").type_text("~/music/../nowhere");
    desk.press(Key::Enter);
    let Command::ListLocal { dir } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, PathBuf::from("/home/me/nowhere"));
    let before = desk.row(LOCAL, "a.txt").rect();
    let error = LocalError::new(LocalAction::List, &dir, &std::io::Error::from(ErrorKind::NotFound));
    let what = error.explain().what;
    desk.tell(Event::LocalListed { dir, result: Err(error) });
    desk.harness.get_by_label(&what);
    assert_eq!(desk.row(LOCAL, "a.txt").rect(), before, "nothing moved");
    assert_eq!(desk.harness.get_by_label("Local path").value().as_deref(), Some(HOME));
    desk.click("Dismiss");
    assert!(desk.harness.query_by_label(&what).is_none());
}

#[test]
fn a_directory_that_cannot_be_read_is_explained_with_a_way_on() {
    let mut desk = desktop();
    desk.connect(Site { host: "h".into(), ..Site::default() });
    desk.taken();
    let error = FtpError::Unsupported { what: "listing".into() };
    let what = twinport::engine::message::explain(&error).what;
    desk.tell(Event::ListFailed { connection: desk.connection(), dir: RemotePath::from(LOGIN), error });
    desk.harness.get_by_label(&what);
    desk.click("Try again");
    let Command::List { dir, .. } = desk.only() else { panic!("no listing") };
    assert_eq!(dir, RemotePath::from(LOGIN));
}

#[test]
fn an_empty_folder_says_so_and_a_slow_one_after_half_a_second() {
    let mut desk = connected();
    desk.double_click_row(REMOTE, "pub");
    desk.remote("/srv/me/pub", &[]);
    desk.harness.get_by_label("This folder is empty");

    let mut desk = desktop();
    desk.local(HOME, &["a.txt"]);
    desk.connect(Site { host: "h".into(), ..Site::default() });
    assert!(desk.harness.query_by_label("Reading the folder").is_none());
    desk.pass(0.6);
    desk.harness.run();
    desk.harness.get_by_label("Reading the folder");
}

#[test]
fn rows_come_while_the_directory_is_read_and_a_refresh_jumps_nowhere() {
    let mut desk = connected();
    desk.double_click_row(REMOTE, "pub");
    let connection = desk.connection();
    let part = |names: &[&str]| listing("/srv/me/pub", names);
    desk.tell(Event::Listed { connection, listing: part(&["m", "k"]), complete: false });
    assert_eq!(desk.rows(REMOTE), ["..", "k", "m"]);
    desk.tell(Event::Listed { connection, listing: part(&["m", "k", "l"]), complete: true });
    assert_eq!(desk.rows(REMOTE), ["..", "k", "l", "m"]);
    desk.click_row(REMOTE, "l", Modifiers::NONE);
    desk.press(Key::F5);
    desk.tell(Event::Listed { connection, listing: part(&["m"]), complete: false });
    assert_eq!(desk.rows(REMOTE), ["..", "k", "l", "m"], "the old rows stay until the new ones are whole");
    desk.tell(Event::Listed { connection, listing: part(&["m", "a", "l"]), complete: true });
    assert_eq!(desk.rows(REMOTE), ["..", "a", "l", "m"]);
    assert_eq!(desk.selected(REMOTE), ["l"]);
}

#[test]
fn a_hundred_thousand_rows_draw_only_those_that_are_seen() {
    let mut desk = desktop();
    let names: Vec<String> = (0..100_000).map(|n| format!("f{n}")).collect();
    let entries = names.iter().map(|name| Entry::new(name.as_str(), EntryKind::File)).collect();
    let listing = Arc::new(Listing { entries, ..Listing::default() });
    desk.tell(Event::LocalListed { dir: HOME.into(), result: Ok(listing) });
    let drawn = desk.rows(LOCAL);
    assert_eq!(drawn[..3], ["..", "f0", "f1"]);
    assert!(drawn.len() < 60, "{}", drawn.len());
    desk.press(Key::End);
    assert_eq!(desk.rows(LOCAL).last().map(String::as_str), Some("f99999"));
    desk.harness.get_by_label("100,000 files, 0 B");
}

#[test]
fn names_are_shown_in_the_sites_charset_and_sent_back_as_they_came() {
    let mut desk = desktop();
    let charset = Charset::from_label("windows-1251");
    desk.connect(Site { host: "h".into(), charset, ..Site::default() });
    let entries = vec![Entry::new(*b"\xcf\xf0\xe8", EntryKind::Directory)];
    let listing = Arc::new(Listing { dir: RemotePath::from(LOGIN), entries, ..Listing::default() });
    desk.tell(Event::Listed { connection: desk.connection(), listing, complete: true });
    desk.taken();
    desk.double_click_row(REMOTE, "При");
    let Command::List { dir, .. } = desk.only() else { panic!("no listing") };
    assert_eq!(dir.as_bytes(), b"/srv/me/\xcf\xf0\xe8");
}

#[test]
fn finished_transfers_refresh_the_pane_but_not_once_each() {
    let mut desk = connected();
    let site = Arc::new(Site { host: "ftp.example.org".into(), user: "me".into(), ..Site::default() });
    let job = |id: u64| JobView {
        id: JobId(id),
        parent: None,
        site: site.clone(),
        direction: Direction::Upload,
        kind: EntryKind::File,
        local: "/home/me/a.txt".into(),
        remote: RemotePath::new(format!("{LOGIN}/n{id}")),
        size: Some(1),
        bytes: 0,
        state: JobState::Queued,
        ended: None,
    };
    let added = (1..=50).map(|id| JobChange::Added { id: JobId(id), job: job(id).into(), before: None }).collect();
    desk.tell(Event::Jobs(added));
    desk.pass(3.0);
    desk.taken();
    for id in 1..=50 {
        let state = JobState::Done(Outcome::Transferred);
        desk.tell(Event::Jobs(vec![JobChange::Changed { id: JobId(id), state, bytes: 1, size: Some(1), ended: None }]));
    }
    assert_eq!(desk.model().queue.count(Tab::Done), 50);
    assert!(matches!(desk.only(), Command::List { .. }), "one refresh so far");
    desk.remote(LOGIN, &["pub/", "n1"]);
    assert!(matches!(desk.only(), Command::List { .. }), "and one for what came meanwhile");
    desk.remote(LOGIN, &["pub/", "n1", "n2"]);
    desk.pass(3.0);
    assert!(desk.taken().is_empty());
}

#[test]
fn the_menu_asks_before_it_deletes_and_copies_urls() {
    let mut desk = connected();
    desk.menu_on(REMOTE, "y.bin");
    assert_eq!(desk.selected(REMOTE), ["y.bin"]);
    desk.menu_line("Delete");
    let Some(Dialog::Delete(deletion)) = &desk.model().dialog else { panic!("no question") };
    assert_eq!((deletion.items[0].name.as_str(), deletion.for_good), ("y.bin", true));
    assert!(desk.taken().is_empty(), "nothing is deleted yet");
    desk.harness.state_mut().ask(twinport::app::Action::ConfirmDelete);
    desk.harness.run();
    assert!(matches!(desk.only(), Command::Manage { .. }));
    desk.menu_on(REMOTE, "x.bin");
    desk.harness.get_by_label("Copy URL").click();
    let copied = desk.output(|output| {
        output.platform_output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    });
    assert_eq!(copied, "ftp://me@ftp.example.org//srv/me/x.bin");
}

#[test]
fn notices_come_up_and_go_away_by_themselves() {
    let mut desk = connected();
    let text = Explanation { what: "The keyring is shut.".into(), ..Explanation::default() };
    desk.tell(Event::Notice(text));
    desk.harness.get_by_label("The keyring is shut.");
    desk.pass(16.0);
    desk.harness.run();
    assert!(desk.harness.query_by_label("The keyring is shut.").is_none());
}

#[test]
fn every_fact_of_an_entry_is_told() {
    let mut desk = desktop();
    let mut entry = Entry::new("report.pdf", EntryKind::File);
    entry.size = Some(1_572_864);
    entry.modified = Timestamp::parse_rfc3659("20240229123456");
    entry.permissions = Permissions::parse("rw-r--r--");
    entry.owner = Some("me".into());
    entry.group = Some("users".into());
    let listing = Arc::new(Listing { entries: vec![entry], ..Listing::default() });
    desk.tell(Event::LocalListed { dir: HOME.into(), result: Ok(listing) });
    let node = desk.row(LOCAL, "report.pdf");
    let told = egui_kittest::kittest::NodeT::accesskit_node(&node).description();
    let told = told.expect("a description");
    // The hour is that of this computer's time zone.
    assert!(told.starts_with("PDF file, 1.5 MiB, 2024-0"), "{told}");
    assert!(told.ends_with(", rw-r--r--, me users"), "{told}");
}

#[test]
fn settings_are_saved_when_they_change_and_hidden_names_can_be_left_out() {
    let mut desk = desktop();
    desk.local(HOME, &[".rc", "a"]);
    desk.click("Hidden files");
    assert_eq!(desk.rows(LOCAL), ["..", "a"]);
    let saved = desk.saved.try_iter().any(|saved| matches!(saved, Saved::Settings(settings) if !settings.show_hidden));
    assert!(saved);
}

#[test]
fn an_idle_window_asks_for_no_repaint() {
    for desk in [desktop(), connected()] {
        let mut desk = desk;
        desk.pass(1.0);
        desk.harness.run();
        let next = desk.harness.output().viewport_output.values().map(|output| output.repaint_delay).min();
        assert!(next.is_some_and(|next| next > Duration::from_secs(3600)), "{next:?}");
    }
}

/// Files that transfers have left, a new one that may still be written, one that a job in the queue goes on with.
fn unfinished(dir: &str) -> Arc<Listing> {
    let mut entries = entries(&[
        "a.iso.00000000000000ab.twinpart",
        "b.iso.00000000000000cd.twinpart",
        "c.iso.00000000000000ef.twinpart",
        "mine.twinpart",
    ]);
    let now = Timestamp::from_system(std::time::SystemTime::now()).seconds;
    for (entry, age) in entries.iter_mut().zip([3, 3, 0, 3]) {
        entry.modified = Some(Timestamp::utc(now - age * 86_400));
    }
    Arc::new(Listing { dir: RemotePath::from(dir), entries, ..Listing::default() })
}

#[test]
fn what_transfers_have_left_is_told_once_and_deleted_only_when_the_user_says_so() {
    let mut desk = connected();
    let site = Arc::new(Site { host: "ftp.example.org".into(), ..Site::default() });
    let job = JobView {
        id: JobId(1),
        parent: None,
        site,
        direction: Direction::Upload,
        kind: EntryKind::File,
        local: "/home/me/b.iso".into(),
        remote: RemotePath::from("/srv/left/b.iso"),
        size: Some(10),
        bytes: 5,
        state: JobState::Paused,
        ended: None,
    };
    desk.tell(Event::Jobs(vec![JobChange::Added { id: job.id, job: job.into(), before: None }]));
    desk.menu_on(REMOTE, "x.bin");
    assert!(desk.harness.query_by_label("Delete leftovers…").is_none(), "nothing to clear");
    desk.press(Key::Escape);

    desk.harness.state_mut().ask(twinport::app::Action::Pane(
        twinport::app::Side::Remote,
        twinport::app::PaneAction::GoTo("/srv/left".into()),
    ));
    desk.harness.run();
    let connection = desk.connection();
    let listed = || Event::Listed { connection, listing: unfinished("/srv/left"), complete: true };
    desk.tell(listed());
    desk.tell(listed());
    let told: Vec<&str> = desk.model().notices.iter().map(|notice| notice.text.what.as_str()).collect();
    assert_eq!(told, ["“/srv/left” holds 1 file (1.0 KiB) that transfers have left unfinished."]);
    desk.taken();

    desk.menu_on(REMOTE, "mine.twinpart");
    desk.menu_line("Delete leftovers…");
    assert!(desk.taken().is_empty(), "it is asked first");
    desk.harness.get_by_label("Delete “a.iso.00000000000000ab.twinpart” from the server?");
    desk.harness.state_mut().ask(twinport::app::Action::ConfirmDelete);
    desk.harness.run();
    let Command::Manage { operation, .. } = desk.only() else { panic!("nothing is deleted") };
    let path = RemotePath::from("/srv/left/a.iso.00000000000000ab.twinpart");
    assert_eq!(operation, twinport::engine::message::RemoteOperation::Remove(vec![(path, EntryKind::File)]));
}

#[test]
fn a_folder_that_waits_for_its_transfer_keeps_what_is_in_it() {
    let mut desk = connected();
    let job = |kind, state| JobView {
        id: JobId(1),
        parent: None,
        site: Arc::new(Site::default()),
        direction: Direction::Download,
        kind,
        local: PathBuf::from(HOME),
        remote: RemotePath::from("/pub"),
        size: None,
        bytes: 0,
        state,
        ended: None,
    };
    let added = Event::Jobs(vec![JobChange::Added {
        id: JobId(1),
        job: job(EntryKind::Directory, JobState::Queued).into(),
        before: None,
    }]);
    desk.tell(added);
    desk.tell(Event::LocalListed { dir: HOME.into(), result: Ok(unfinished("")) });
    assert!(desk.model().leftovers(twinport::app::Side::Local).is_empty());
    desk.tell(Event::Jobs(vec![JobChange::Removed(JobId(1))]));
    assert_eq!(desk.model().leftovers(twinport::app::Side::Local).len(), 2);
}
