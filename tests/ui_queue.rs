//! The transfer queue, the message log and the status bar, by their accessible names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use desk::{Desk, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use twinport::domain::{DataPath, EntryKind, JobId, Mode, RemotePath, Site, Timestamp};
use twinport::engine::message::{
    Amount, Command, Direction, Event, FtpError, JobChange, JobError, JobProgress, JobState, JobView, LogKind, LogLine,
    Outcome, Place, Progress, QueueCommand,
};

fn job(id: u64, name: &str, state: JobState) -> JobChange {
    let job = JobView {
        id: JobId(id),
        parent: None,
        site: Arc::new(Site::default()),
        direction: Direction::Download,
        kind: EntryKind::File,
        local: format!("/l/{name}").into(),
        remote: RemotePath::new(format!("/r/{name}")),
        size: Some(1000),
        bytes: 0,
        state,
        ended: None,
    };
    JobChange::Added { id: job.id, job: job.into(), before: None }
}

fn failure() -> JobError {
    JobError::Remote(FtpError::Unsupported { what: "time travel".into() })
}

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.tell(Event::Jobs(vec![
        job(1, "one.bin", JobState::Running),
        job(2, "two.bin", JobState::Queued),
        job(3, "three.bin", JobState::Queued),
        job(4, "four.bin", JobState::Failed(failure())),
        job(5, "five.bin", JobState::Done(Outcome::Transferred)),
    ]));
    desk
}

fn queue_commands(desk: &mut Desk) -> Vec<QueueCommand> {
    let commands = desk.commands().into_iter().filter_map(|command| match command {
        Command::Queue(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

/// Del meant for the queue never asks about a pane's files: keys act where the last click was.
#[test]
fn keys_act_on_the_rows_of_the_queue_once_one_is_clicked() {
    let mut desk = desk();
    desk.click(Role::Tab, "Queued (2)");
    desk.click(Role::Row, "two.bin: Waiting");
    desk.key(egui::Key::ArrowDown);
    queue_commands(&mut desk);
    desk.key(egui::Key::Delete);
    assert_eq!(queue_commands(&mut desk), [QueueCommand::Remove(vec![JobId(3)])]);
    assert!(!desk.is_open("Delete"), "nothing is asked about files");
    desk.click(Role::Tab, "Failed (1)");
    let row = desk.harness.get_all_by_role(Role::Row).next().unwrap();
    row.click();
    desk.run();
    desk.key(egui::Key::Enter);
    assert_eq!(queue_commands(&mut desk), [QueueCommand::Retry(vec![JobId(4)])]);
}

#[test]
fn tabs_count_their_jobs_and_show_them() {
    let mut desk = desk();
    desk.harness.get_by_label("Transfer queue");
    for tab in ["Queued (2)", "Active (1)", "Failed (1)", "Done (1)"] {
        desk.harness.get_by_role_and_label(Role::Tab, tab);
    }
    desk.click(Role::Tab, "Queued (2)");
    assert!(desk.says("two.bin: Waiting") && desk.says("three.bin: Waiting") && !desk.says("one.bin"));
    desk.click(Role::Tab, "Failed (1)");
    assert!(desk.says(&format!("four.bin: {}", failure().explain().what)), "the failure is explained");
    desk.click(Role::Tab, "Done (1)");
    assert!(desk.says("five.bin: Done"));
}

#[test]
fn progress_is_told_in_the_row_and_in_the_totals() {
    let mut desk = desk();
    desk.click(Role::Tab, "Active (1)");
    desk.tell(Event::Progress(Progress {
        jobs: vec![JobProgress {
            id: JobId(1),
            bytes: 420,
            size: Some(1000),
            rate: 2048,
            time_left: Some(Duration::from_secs(7)),
        }],
        rate_down: 2048,
        rate_up: 0,
        done: Amount { files: 1, bytes: 5 << 20 },
        all: Amount { files: 4, bytes: 8 << 20 },
        folders: 0,
        bytes_left: 3 << 20,
        time_left: Some(Duration::from_secs(80)),
    }));
    assert!(desk.says("one.bin: 42 %"));
    assert!(desk.says("1 of 4 files") && desk.says("5.0 of 8.0 MiB") && desk.says("1 min 20 s left"));
    assert!(desk.says("Speed: 2.0 KiB/s down"));
    desk.harness.set_size([1000.0, 600.0].into());
    desk.run();
    assert!(desk.says("1 of 4 files  ·  1 min 20 s left"), "a narrow window leaves out what it must");
    desk.harness.set_size([900.0, 600.0].into());
    desk.harness.run();
    assert!(desk.says("1 of 4 files") && !desk.says("  ·  "), "and cuts nothing in the middle");
}

#[test]
fn buttons_tell_the_engine() {
    let mut desk = desk();
    desk.press("Pause queue");
    assert_eq!(queue_commands(&mut desk), [QueueCommand::PauseAll]);
    desk.tell(Event::QueuePaused(true));
    desk.press("Resume queue");
    desk.press("Retry failed");
    desk.press("Clear done");
    assert_eq!(
        queue_commands(&mut desk),
        [QueueCommand::ResumeAll, QueueCommand::RetryFailed, QueueCommand::ClearDone]
    );
}

#[test]
fn the_menu_means_all_that_is_selected_in_the_queues_order() {
    let mut desk = desk();
    desk.click(Role::Tab, "Queued (2)");
    desk.harness.get_by_label_contains("three.bin").click();
    desk.run();
    desk.harness.get_by_label_contains("two.bin").click_modifiers(egui::Modifiers::COMMAND);
    desk.run();
    desk.harness.get_by_label_contains("two.bin").click_secondary();
    desk.run();
    desk.press("Move to top");
    assert_eq!(queue_commands(&mut desk), [QueueCommand::Move(vec![JobId(2), JobId(3)], Place::First)]);
    desk.harness.get_by_label_contains("two.bin").click();
    desk.run();
    desk.harness.get_by_label_contains("two.bin").click_secondary();
    desk.run();
    desk.press("Cancel transfer");
    assert_eq!(queue_commands(&mut desk), [QueueCommand::Cancel(vec![JobId(2)])]);
}

#[test]
fn a_long_queue_draws_only_what_is_seen() {
    let mut desk = Desk::new();
    desk.tell(Event::Jobs((1..=20_000).map(|id| job(id, &format!("{id}.bin"), JobState::Queued)).collect()));
    desk.click(Role::Tab, "Queued (20000)");
    let rows = desk.harness.get_all_by_label_contains(".bin: Waiting").count();
    assert!((1..40).contains(&rows), "{rows} rows");
}

#[test]
fn a_filter_finds_transfers_on_every_tab_and_the_tabs_keep_their_counts() {
    let mut desk = desk();
    desk.click(Role::Tab, "Queued (2)");
    desk.type_into("Filter transfers", "TWO");
    assert!(desk.says("two.bin: Waiting") && !desk.says("three.bin"));
    desk.harness.get_by_role_and_label(Role::Tab, "Queued (2)");
    desk.click(Role::Tab, "Done (1)");
    assert!(!desk.says("five.bin") && desk.says("No transfer contains the filter's text"));
    desk.type_into("Filter transfers", "");
    assert!(desk.says("five.bin: Done"));
    // What comes meanwhile is found, too.
    desk.type_into("Filter transfers", "six");
    desk.tell(Event::Jobs(vec![job(6, "six.bin", JobState::Done(Outcome::Transferred))]));
    assert!(desk.says("six.bin: Done") && !desk.says("five.bin"));
    desk.type_into("Filter transfers", "/R");
    assert!(desk.says("six.bin: Done") && desk.says("five.bin"), "folders count");
}

#[test]
fn the_history_says_when_a_transfer_ended() {
    let mut desk = desk();
    let state = JobState::Done(Outcome::Transferred);
    let ended = Some(Timestamp::utc(1_800_000_000));
    desk.tell(Event::Jobs(vec![JobChange::Changed { id: JobId(2), state, bytes: 1000, size: None, ended }]));
    desk.click(Role::Tab, "Done (2)");
    desk.harness.get_by_label("Finished");
    let row = desk.harness.get_by_label_contains("two.bin: Done");
    let said = row.accesskit_node().data().description().unwrap_or_default().to_owned();
    assert!(said.starts_with("Finished 2027-01-1"), "the day, on this computer's clock: {said}");
}

#[test]
fn a_queue_that_is_shut_keeps_its_tabs() {
    let mut desk = desk();
    desk.press("Hide the queue");
    assert!(!desk.says("one.bin"));
    desk.click(Role::Tab, "Failed (1)");
    assert!(desk.says("four.bin"));
}

#[test]
fn the_log_is_one_line_until_it_is_opened() {
    let mut desk = Desk::new();
    desk.harness.get_by_label("Message log");
    let line = |kind, text: &str| LogLine { at: SystemTime::UNIX_EPOCH, session: 1, kind, text: text.into() };
    desk.tell(Event::Log(vec![line(LogKind::Sent, "USER anna"), line(LogKind::Received, "331 Password please")]));
    assert!(desk.says("331 Password please") && !desk.says("USER anna"));
    desk.press("Show the message log");
    assert!(desk.says("USER anna"));
    desk.press("Clear log");
    assert!(!desk.says("USER anna"));
}

#[test]
fn the_status_bar_tells_how_the_data_flows() {
    let mut desk = Desk::new();
    assert!(desk.says("Connection: none") && desk.says("Security: none"));
    assert!(desk.says("Data channel: none yet") && desk.says("Speed: idle"));
    desk.type_into("Host", "127.0.0.1");
    desk.key(egui::Key::Enter);
    let connection = desk.commands().into_iter().find_map(|command| match command {
        Command::Connect { connection, .. } => Some(connection),
        _ => None,
    });
    let control = desk.connected(connection.expect("connecting"));
    assert!(desk.says("Connection: anonymous@127.0.0.1:21"));
    let path = DataPath {
        mode: Mode::Passive,
        arranged_by: "EPSV",
        control,
        local: "10.0.0.2:40001".parse().unwrap(),
        peer: "10.0.0.1:50000".parse().unwrap(),
    };
    desk.tell(Event::Data { connection, path });
    assert!(desk.says("Data channel: passive"));
    desk.harness.get_by_label_contains("Data channel: passive").click();
    desk.run();
    assert!(desk.says("this computer connects to the server's port 50000"), "the picture is described");
    desk.tell(Event::Data { connection, path: DataPath { mode: Mode::Active, ..path } });
    assert!(desk.says("Data channel: active"));
}
