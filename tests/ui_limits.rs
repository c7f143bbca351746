//! Speed limits, the schedule, and what else the settings and a site say of transfers, by their accessible names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;

use std::sync::Arc;
use std::time::SystemTime;

use desk::{Desk, Role};
use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use twinport::app::Saved;
use twinport::domain::Site;
use twinport::engine::message::{Command, Event, Limited, Settings};
use twinport::store::schedule::{Day, Hour, Pace, Rule};
use twinport::store::settings::{Flush, Verify};
use twinport::store::sitebook::{Node, SiteBook, Spot};

fn configured(desk: &mut Desk) -> Option<Settings> {
    desk.commands().into_iter().rev().find_map(|command| match command {
        Command::Configure(settings) => Some(*settings),
        _ => None,
    })
}

fn open(desk: &mut Desk, page: &str) {
    desk.press("Settings");
    desk.click(Role::Tab, page);
}

fn speed_menu(desk: &mut Desk) {
    desk.harness.get_by_label_contains("Speed:").click();
    desk.run();
}

#[test]
fn limits_are_set_and_switched_at_the_status_bar() {
    let mut desk = Desk::with(Settings { limit_up: Some(102_400), ..Settings::default() }, SiteBook::default());
    speed_menu(&mut desk);
    assert_eq!(desk.input("Upload limit").value().as_deref(), Some("100"));
    desk.type_into("Download limit", "fast");
    assert!(desk.says("KiB a second, such as 500"));
    assert!(desk.button("Set limits").accesskit_node().is_disabled());
    desk.type_into("Download limit", "5M");
    desk.press("Set limits");
    assert!(!desk.has("Set limits"), "the menu is shut");
    let settings = configured(&mut desk).expect("told");
    assert_eq!((settings.limits_on, settings.limit_down, settings.limit_up), (true, Some(5 << 20), Some(102_400)));
    assert!(desk.saved().iter().any(|saved| matches!(saved, Saved::Settings(saved) if **saved == settings)));

    speed_menu(&mut desk);
    desk.click(Role::CheckBox, "Limit speeds");
    let off = configured(&mut desk).expect("told");
    assert_eq!(off, Settings { limits_on: false, ..settings }, "nothing is forgotten");
    desk.tell(Event::Limited(Limited::default()));
    assert!(desk.says("Speed: idle, limits off"));
    desk.click(Role::CheckBox, "Limit speeds");
    assert!(configured(&mut desk).expect("told").limits_on);
}

#[test]
fn a_key_turns_the_limits_off_and_on() {
    let mut desk = Desk::new();
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::L);
    desk.run();
    assert!(!configured(&mut desk).expect("told").limits_on);
}

#[test]
fn the_status_bar_says_what_limits_and_until_when() {
    let mut desk = Desk::new();
    desk.tell(Event::Limited(Limited { down: Some(512_000), up: Some(512_000), ..Limited::default() }));
    assert!(desk.has("Speed: idle, limited to 500 KiB/s") && desk.has("Speed limits hold"));
    desk.tell(Event::Limited(Limited { down: Some(512_000), up: Some(2 << 20), ..Limited::default() }));
    assert!(desk.has("Speed: idle, limited to 500 KiB/s down, 2 MiB/s up"));
    let until = Some(SystemTime::now() + std::time::Duration::from_secs(3 * 86_400));
    desk.tell(Event::Limited(Limited { paused: true, until, ..Limited::default() }));
    assert!(desk.says("Speed: idle, paused by the schedule until "));
    speed_menu(&mut desk);
    assert!(desk.says("The schedule at this hour: paused by the schedule until "));
    desk.tell(Event::Limited(Limited::default()));
    assert!(desk.has("Speed: idle") && !desk.has("Speed limits hold"));
}

#[test]
fn a_schedule_is_made_line_by_line() {
    let mut desk = Desk::new();
    open(&mut desk, "Speed limits");
    desk.press("Add a rule");
    desk.click(Role::CheckBox, "Fri of rule 1");
    desk.type_into("Beginning of rule 1", "9");
    desk.type_into("Download limit of rule 1", "1M");
    desk.type_into("Upload limit of rule 1", "");
    desk.press("Add a rule");
    assert!(desk.says("the lowest one in the list counts"));
    desk.press("Add a rule");
    desk.choose("Effect of rule 2", "Pause");
    assert!(!desk.has("Upload limit of rule 2"));
    desk.type_into("End of rule 2", "soon");
    assert!(desk.says("A time of day such as 08:30") && desk.says("Something under Speed limits"));
    assert!(desk.button("Save").accesskit_node().is_disabled());
    desk.type_into("End of rule 2", "7:30");
    desk.press("Remove rule 3");
    desk.press("Save");
    let schedule = configured(&mut desk).expect("told").schedule;
    let hour = |text| Hour::parse(text).unwrap();
    let (days, work) = (Day::ALL[..4].to_vec(), Day::ALL[..5].to_vec());
    let then = Pace::Limit { down: Some(1 << 20), up: None };
    assert_eq!(
        schedule,
        [
            Rule { days, from: hour("9"), to: hour("18"), then },
            Rule { days: work, from: hour("8"), to: hour("7:30"), then: Pace::Pause }
        ]
    );
    open(&mut desk, "Speed limits");
    assert_eq!(desk.input("Beginning of rule 1").value().as_deref(), Some("09:00"));
}

#[test]
fn what_makes_a_file_whole_is_chosen_in_the_settings() {
    let mut desk = Desk::new();
    open(&mut desk, "Transfers");
    desk.choose("Check", "The hash, where the server can");
    desk.choose("Force to disk", "Every file: slow with many small ones");
    desk.type_into("Connections for one large file", "40");
    desk.type_into("Forget after", "x");
    assert!(desk.says("1 to 32, or empty") && desk.says("0 to 9999"));
    desk.type_into("Connections for one large file", "3");
    desk.type_into("Forget after", "7");
    desk.press("Save");
    let settings = configured(&mut desk).expect("told");
    assert_eq!((settings.verify, settings.flush), (Verify::Hash, Flush::Always));
    assert_eq!((settings.segments, settings.history_days), (3, 7));
    open(&mut desk, "Transfers");
    desk.type_into("Connections for one large file", "");
    desk.press("Save");
    assert_eq!(configured(&mut desk).expect("told").segments, 0, "automatic");
}

#[test]
fn a_site_has_limits_of_its_own_that_hold_as_soon_as_they_are_saved() {
    let mut book = SiteBook::default();
    let site = Site { name: "Live".into(), host: "live.example".into(), user: "anna".into(), ..Site::default() };
    let key = site.server_key();
    book.add(Node::Site(site), Spot::End);
    let mut desk = Desk::with(Settings::default(), book);
    desk.press("Site Manager");
    desk.click(Role::TreeItem, "Live");
    desk.click(Role::Tab, "Advanced");
    desk.type_into("Connection limit", "2");
    desk.type_into("Download limit", "x");
    desk.press("Save");
    assert!(desk.saved().is_empty(), "wrong");
    desk.type_into("Download limit", "200");
    desk.choose("Uploads", "Directly under the final name");
    desk.press("Save");
    let sites = desk.saved().into_iter().find_map(|saved| match saved {
        Saved::Sites(sites) => Some(sites),
        _ => None,
    });
    let sites: Arc<SiteBook> = sites.expect("saved");
    let saved = sites.find("Live").expect("there");
    assert_eq!((saved.connection_limit, saved.safe_uploads), (Some(2), Some(false)));
    assert_eq!((saved.limit_down, saved.limit_up), (Some(204_800), None));
    let told = desk.commands().into_iter().find_map(|command| match command {
        Command::LimitSite { server_key, down, up } => Some((server_key, down, up)),
        _ => None,
    });
    assert_eq!(told, Some((key, Some(204_800), None)));
}
