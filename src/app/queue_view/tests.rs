//! What the window knows of the queue, by what it was told.

use std::sync::Arc;

use crate::app::queue_view::*;
use crate::domain::{EntryKind, RemotePath, Site};
use crate::engine::message::{Direction, JobProgress};

fn view(id: u64) -> JobView {
    JobView {
        id: JobId(id),
        parent: None,
        site: Arc::new(Site::default()),
        direction: Direction::Download,
        kind: EntryKind::File,
        local: format!("/l/{id}").into(),
        remote: RemotePath::new(format!("/r/{id}")),
        size: Some(10),
        bytes: 0,
        state: JobState::Queued,
        ended: None,
    }
}

fn added(id: u64, before: Option<u64>) -> JobChange {
    JobChange::Added { id: JobId(id), job: view(id).into(), before: before.map(JobId) }
}

fn order(order: &[u64], untold: &[u64]) -> JobChange {
    let order = order.iter().copied().map(JobId).collect();
    JobChange::Order { order, untold: untold.iter().map(|id| JobId(*id)..JobId(id + 1)).collect() }
}

fn changed(id: u64, state: JobState) -> JobChange {
    JobChange::Changed { id: JobId(id), state, bytes: 5, size: None, ended: None }
}

#[test]
fn jobs_are_counted_in_the_tab_of_their_state() {
    let mut queue = Queue::default();
    queue.apply((1..=5).map(|id| added(id, None)).collect());
    let finished = queue.apply(vec![
        changed(1, JobState::Running),
        changed(2, JobState::Done(Outcome::Transferred)),
        changed(3, JobState::Cancelled),
        changed(4, JobState::Done(Outcome::Folder)),
    ]);
    assert_eq!(Tab::ALL.map(|tab| queue.count(tab)), [1, 1, 1, 1]);
    assert_eq!(finished, [JobId(2), JobId(4)]);
    assert_eq!(queue.job(JobId(1)).and_then(|job| job.view.size), Some(10), "a known size stays known");
    queue.apply(vec![JobChange::Removed(JobId(2)), JobChange::Removed(JobId(5))]);
    assert_eq!(Tab::ALL.map(|tab| queue.count(tab)), [0, 1, 1, 0]);
}

#[test]
fn new_jobs_go_before_the_one_named_and_order_is_kept() {
    let mut queue = Queue::default();
    queue.apply(vec![added(1, None), added(2, None), added(3, Some(2))]);
    assert_eq!(queue.tab(Tab::Queued), [JobId(1), JobId(3), JobId(2)]);
    queue.apply(vec![order(&[2, 1, 3], &[])]);
    assert_eq!(queue.tab(Tab::Queued), [JobId(2), JobId(1), JobId(3)]);
}

#[test]
fn progress_moves_the_job_and_ends_with_it() {
    let mut queue = Queue::default();
    queue.apply(vec![added(1, None), changed(1, JobState::Running)]);
    let moved = JobProgress { id: JobId(1), bytes: 7, size: Some(10), rate: 3, time_left: None };
    queue.progressed(Progress { jobs: vec![moved], rate_down: 3, ..Progress::default() });
    assert_eq!(queue.job(JobId(1)).map(|job| (job.view.bytes, job.rate)), Some((7, 3)));
    queue.apply(vec![changed(1, JobState::Done(Outcome::Transferred))]);
    assert_eq!(queue.job(JobId(1)).map(|job| job.rate), Some(0));
    assert_eq!(queue.progress.rate_down, 0);
}

#[test]
fn a_row_of_new_jobs_goes_to_its_place_and_an_order_may_come_first() {
    let mut queue = Queue::default();
    queue.apply(vec![added(1, None), added(2, None), added(3, Some(2)), added(4, Some(2)), added(5, Some(1))]);
    assert_eq!(queue.tab(Tab::Queued), [5, 1, 3, 4, 2].map(JobId));
    queue.apply(vec![order(&[6, 2, 1], &[6]), JobChange::Removed(JobId(1))]);
    assert_eq!(queue.tab(Tab::Queued), [JobId(2)], "nothing is known of 6 yet");
    queue.apply(vec![added(6, Some(2)), added(7, None)]);
    assert_eq!(queue.tab(Tab::Queued), [6, 2, 7].map(JobId));
}

#[test]
fn a_long_queue_counts_at_once_and_is_sorted_now_and_then() {
    let mut queue = Queue::default();
    queue.settle(10.0);
    let many = u64::try_from(LONG).unwrap() + 1;
    queue.apply((1..=many).map(|id| added(id, None)).collect());
    assert_eq!(queue.settle(11.0), None);
    assert_eq!(queue.tab(Tab::Queued).len(), LONG + 1);
    queue.apply(vec![changed(7, JobState::Done(Outcome::Transferred)), JobChange::Removed(JobId(8))]);
    assert_eq!(Tab::ALL.map(|tab| queue.count(tab)), [LONG - 1, 0, 0, 1]);
    assert!(queue.settle(11.1).is_some_and(|left| left < SORT_EVERY));
    assert_eq!(queue.tab(Tab::Done), []);
    assert_eq!(queue.settle(11.0 + SORT_EVERY), None);
    assert_eq!(queue.tab(Tab::Done), [JobId(7)]);
    assert_eq!(queue.tab(Tab::Queued).len(), LONG - 1);
}

#[test]
fn a_million_are_sorted_a_piece_a_frame_and_what_changes_meanwhile_is_not_lost() {
    let mut queue = Queue::default();
    let many = u64::try_from(3 * A_FRAME).unwrap();
    queue.apply((1..=many).map(|id| added(id, None)).collect());
    assert_eq!(queue.settle(1.0), Some(0.0), "at once, but in the next frame");
    assert_eq!(queue.tab(Tab::Queued), [], "not half of it");
    queue.apply(vec![changed(5, JobState::Running), JobChange::Removed(JobId(6)), added(many + 1, Some(7))]);
    queue.apply((2..=9000).map(|id| added(many + id, Some(7))).collect());
    let mut now = 1.0;
    while let Some(left) = queue.settle(now) {
        now += left;
    }
    let queued: Vec<u64> = queue.tab(Tab::Queued).iter().map(|id| id.0).collect();
    let expected = (1..5).chain(many + 1..=many + 9000).chain(7..=many);
    assert!(queued.iter().copied().eq(expected));
    assert_eq!(queue.tab(Tab::Active), [JobId(5)]);
    queue.apply(vec![JobChange::Order {
        order: queue.tab(Tab::Queued).iter().rev().copied().collect(),
        untold: vec![],
    }]);
    while let Some(left) = queue.settle(now) {
        now += left;
    }
    assert!(queue.tab(Tab::Queued).iter().map(|id| id.0).eq(queued.into_iter().rev()));
}

#[test]
fn a_text_is_found_in_names_paths_and_sites_a_piece_at_a_time() {
    let mut queue = Queue::default();
    queue.apply((1..=30).map(|id| added(id, None)).collect());
    let mut found = Found::default();
    assert!(!found.look(&queue, Tab::Queued, " 2", 21));
    assert_eq!(found.rows(), [2, 12, 20, 21].map(JobId), "what is found is shown");
    assert!(found.look(&queue, Tab::Queued, " 2", 21));
    assert_eq!(found.rows().len(), 12);
    for (text, count) in [("/R/2", 11), ("/l/", 30), ("x", 0), ("", 30)] {
        assert!(found.look(&queue, Tab::Queued, text, 100));
        assert_eq!(found.rows().len(), count, "{text}");
    }
    assert!(found.look(&queue, Tab::Done, "3", 100) && found.rows().is_empty());
    queue.apply(vec![changed(3, JobState::Done(Outcome::Transferred))]);
    assert!(found.look(&queue, Tab::Done, "3", 100));
    assert_eq!(found.rows(), [JobId(3)]);
}

#[test]
fn letters_of_any_script_and_case_are_found() {
    let site = Arc::new(Site { name: "Büro".into(), ..Site::default() });
    let job = JobView { site, remote: "/r/ÄPFEL.txt".into(), local: "/l/Birnen.txt".into(), ..view(1) };
    let mut queue = Queue::default();
    queue.apply(vec![JobChange::Added { id: JobId(1), job: job.into(), before: None }, added(2, None)]);
    for text in ["äpfel", "BIRNEN", "bÜRO", "l/birn"] {
        let mut found = Found::default();
        found.look(&queue, Tab::Queued, text, 100);
        assert_eq!(found.rows(), [JobId(1)], "{text}");
    }
}
