//! The queue by examples, and beside a plain list that it must equal whatever happens.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use crate::engine::message::{JobChange, Place};
use crate::engine::queue::*;

const SERVER: &str = "u@h:21";

fn new(name: &str) -> NewJob {
    NewJob {
        site: Arc::new(Site { host: "h".into(), user: "u".into(), ..Site::default() }),
        direction: Direction::Download,
        kind: EntryKind::File,
        local: PathBuf::from("/l").join(name),
        remote: RemotePath::root().join(name.as_bytes()),
        size: Some(10),
        modified: None,
        policy: ConflictPolicy::Ask,
        loose: false,
    }
}

fn child(name: &str) -> Child {
    Child {
        kind: EntryKind::File,
        local: PathBuf::from("/l").join(name),
        remote: RemotePath::root().join(name.as_bytes()),
        size: Some(1),
        modified: None,
        existing: Existing::Absent,
    }
}

fn names(queue: &Queue) -> Vec<String> {
    queue.iter().map(|job| job.local.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn run_next(queue: &mut Queue) -> Option<JobId> {
    let id = queue.next_ready(SERVER)?;
    queue.hand(id);
    assert!(queue.transition(id, JobState::Running));
    Some(id)
}

#[test]
fn what_a_folder_holds_comes_before_the_next_order() {
    let mut queue = Queue::default();
    let folder = queue.add(new("folder"));
    queue.add(new("later"));
    queue.add_children(folder, vec![child("a"), child("b")]);
    assert_eq!(names(&queue), ["folder", "a", "b", "later"]);
    let changes = queue.take_changes(usize::MAX);
    let later = queue.iter().last().unwrap().id;
    assert!(matches!(&changes[2], JobChange::Added { before, .. } if *before == Some(later)), "{changes:?}");
}

#[test]
fn jobs_run_in_order_and_leave_the_ready_list() {
    let mut queue = Queue::default();
    let (a, b) = (queue.add(new("a")), queue.add(new("b")));
    assert_eq!(run_next(&mut queue), Some(a));
    assert_eq!(run_next(&mut queue), Some(b));
    assert_eq!(run_next(&mut queue), None);
    assert!(queue.is_idle());
    assert_eq!(queue.outstanding().bytes_left(), 20);
    assert!(queue.transition(a, JobState::Done(Outcome::Transferred)));
    assert_eq!(queue.outstanding().bytes_left(), 10);
}

#[test]
fn two_jobs_never_write_one_target_at_a_time() {
    let mut queue = Queue::default();
    let first = queue.add(new("same"));
    let second = queue.add(new("same"));
    assert_eq!(run_next(&mut queue), Some(first));
    assert_eq!(run_next(&mut queue), None);
    let job = queue.job(first).unwrap().clone();
    queue.release_target(job.direction, &job.server, &job.local, &job.remote);
    assert_eq!(run_next(&mut queue), Some(second));
}

#[test]
fn what_is_done_stays_done() {
    let mut queue = Queue::default();
    let id = queue.add(new("a"));
    assert!(queue.transition(id, JobState::Running));
    assert!(queue.transition(id, JobState::Done(Outcome::Transferred)));
    for state in [JobState::Queued, JobState::Running, JobState::Paused, JobState::Cancelled] {
        assert!(!queue.transition(id, state));
    }
}

#[test]
fn waiting_jobs_come_back_when_their_time_has_come() {
    let mut queue = Queue::default();
    let id = queue.add(new("a"));
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
    let error = crate::engine::message::JobError::Internal("test".into());
    queue.transition(id, JobState::Running);
    queue.transition(id, JobState::Waiting { retry_at: at, attempt: 1, error });
    assert_eq!(queue.next_wake(), Some(at));
    queue.wake(at - Duration::from_secs(1));
    assert_eq!(queue.next_ready(SERVER), None);
    queue.wake(at);
    assert_eq!(queue.next_ready(SERVER), Some(id));
    assert_eq!(queue.next_wake(), None);
}

#[test]
fn moving_keeps_the_chosen_in_their_order() {
    let mut queue = Queue::default();
    let ids: Vec<JobId> = ["a", "b", "c", "d"].iter().map(|name| queue.add(new(name))).collect();
    queue.move_to(&[ids[3], ids[2]], Place::First);
    assert_eq!(names(&queue), ["c", "d", "a", "b"]);
    queue.move_to(&[ids[2], ids[3]], Place::Down);
    assert_eq!(names(&queue), ["a", "c", "d", "b"]);
    queue.move_to(&[ids[0]], Place::Last);
    assert_eq!(names(&queue), ["c", "d", "b", "a"]);
    queue.move_to(&[ids[1]], Place::Up);
    assert_eq!(names(&queue), ["c", "b", "d", "a"]);
    queue.move_to(&[ids[2]], Place::Up);
    assert_eq!(names(&queue), ["c", "b", "d", "a"]);
    assert_eq!(queue.next_ready(SERVER), Some(ids[2]));
}

#[test]
fn a_job_is_told_as_what_it_came_and_then_what_became_of_it() {
    let mut queue = Queue::default();
    let id = queue.add(new("a"));
    assert!(queue.transition(id, JobState::Running) && queue.transition(id, JobState::Done(Outcome::Transferred)));
    let told: Vec<JobState> = queue
        .take_changes(usize::MAX)
        .into_iter()
        .filter_map(|change| match change {
            JobChange::Added { job, .. } => Some(job.standing().state()),
            JobChange::Changed { state, .. } => Some(state),
            _ => None,
        })
        .collect();
    assert_eq!(told, [JobState::Queued, JobState::Running, JobState::Done(Outcome::Transferred)]);
}

#[test]
fn a_removed_job_leaves_nothing_behind() {
    let mut queue = Queue::default();
    let id = queue.add(new("a"));
    queue.take_changes(usize::MAX);
    queue.take_unwritten(usize::MAX);
    queue.remove(id);
    assert!(queue.is_idle());
    assert_eq!(queue.outstanding(), Open::default());
    assert_eq!(queue.iter().count(), 0);
    assert_eq!(queue.take_changes(usize::MAX), [JobChange::Removed(id)]);
    let left = Unwritten { removed: vec![id], ..Unwritten::default() };
    assert_eq!(queue.take_unwritten(usize::MAX), left);
}

/// What the property test keeps of a job: a plain list of these is the queue.
#[derive(Debug, Clone)]
struct Plain {
    id: JobId,
    group: i64,
    server: usize,
    name: usize,
    state: JobState,
    parent: Option<JobId>,
    saved: bool,
}

impl Plain {
    fn may_move(&self) -> bool {
        !self.state.is_ended() && self.state != JobState::Running
    }

    fn left(&self) -> u64 {
        if self.state.is_ended() || self.state == JobState::Paused { 0 } else { 10 }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Add(usize, usize),
    Children(usize, usize),
    Become(usize, usize),
    Move(Vec<usize>, Place),
    Remove(usize),
    Write(usize),
    WriteInVain(usize),
    Tell(usize),
    Start(usize),
    Release(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0_usize..40;
    let place = prop_oneof![Just(Place::First), Just(Place::Up), Just(Place::Down), Just(Place::Last)];
    prop_oneof![
        4 => (0_usize..2, 0_usize..5).prop_map(|(server, name)| Step::Add(server, name)),
        2 => (any.clone(), 0_usize..4).prop_map(|(at, count)| Step::Children(at, count)),
        4 => (any.clone(), 0_usize..8).prop_map(|(at, state)| Step::Become(at, state)),
        3 => (proptest::collection::vec(any.clone(), 1..4), place).prop_map(|(at, place)| Step::Move(at, place)),
        1 => any.clone().prop_map(Step::Remove),
        4 => (1_usize..5).prop_map(Step::Write),
        1 => (1_usize..5).prop_map(Step::WriteInVain),
        2 => (1_usize..5).prop_map(Step::Tell),
        2 => (0_usize..2).prop_map(Step::Start),
        1 => any.prop_map(Step::Release),
        1 => Just(Step::Restart),
    ]
}

fn state(number: usize) -> JobState {
    let error = crate::engine::message::JobError::Internal("test".into());
    match number {
        0 => JobState::Queued,
        1 => JobState::Running,
        2 => JobState::Paused,
        3 => JobState::Done(Outcome::Transferred),
        4 => JobState::Failed(error),
        5 => JobState::Cancelled,
        6 => JobState::Asking(crate::domain::QuestionId(1)),
        _ => JobState::Waiting { retry_at: SystemTime::UNIX_EPOCH + Duration::from_secs(9), attempt: 1, error },
    }
}

/// What a face knows: the order, and what each job is.
#[derive(Default)]
struct Told {
    order: Vec<JobId>,
    states: HashMap<JobId, JobState>,
}

impl Told {
    fn hear(&mut self, changes: Vec<JobChange>) {
        for change in changes {
            match change {
                JobChange::Added { id, job, before } => {
                    let at = before.and_then(|before| self.order.iter().position(|id| *id == before));
                    if !self.order.contains(&id) {
                        self.order.insert(at.unwrap_or(self.order.len()), id);
                    }
                    assert!(self.states.insert(id, job.standing().state()).is_none(), "told twice");
                }
                JobChange::Changed { id, state, .. } => {
                    assert!(self.states.insert(id, state).is_some(), "a change of a job that was told");
                }
                JobChange::Removed(id) => {
                    assert!(self.states.remove(&id).is_some(), "was told");
                    self.order.retain(|other| *other != id);
                }
                JobChange::Order { order, untold } => {
                    let known = |id: &JobId| self.states.contains_key(id);
                    let foretold = |id: &JobId| untold.iter().any(|range| range.contains(id));
                    assert!(order.iter().all(|id| known(id) != foretold(id)), "all that are not known are named");
                    self.order = order;
                }
            }
        }
    }
}

fn servers() -> [Arc<Site>; 2] {
    ["h", "i"].map(|host| Arc::new(Site { host: host.into(), user: "u".into(), ..Site::default() }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_it_is_as_a_plain_list(steps in proptest::collection::vec(step(), 1..60)) {
        let sites = servers();
        let mut queue = Queue::default();
        queue.keep_journal(true);
        let mut list: Vec<Plain> = Vec::new();
        let mut told = Told::default();
        let mut journal: HashMap<JobId, Job> = HashMap::new();
        let mut held: HashMap<JobId, (usize, usize)> = HashMap::new();
        for step in steps {
            match step {
                Step::Add(server, name) => {
                    let mut new = new(&name.to_string());
                    new.site = Arc::clone(&sites[server]);
                    let group = list.last().map_or(0, |last| last.group + 1);
                    let id = queue.add(new);
                    let state = JobState::Queued;
                    list.push(Plain { id, group, server, name, state, parent: None, saved: false });
                }
                Step::Children(at, count) => {
                    let Some(folder) = list.get(at).cloned() else { continue };
                    if folder.state != JobState::Running {
                        continue;
                    }
                    let children: Vec<Child> =
                        (0..count).map(|name| Child { size: Some(10), ..child(&(name + 10).to_string()) }).collect();
                    queue.add_children(folder.id, children);
                    for name in 0..count {
                        let end = list.iter().rposition(|job| job.group == folder.group).unwrap() + 1;
                        let id = JobId(queue.last_id - u64::try_from(count - name).unwrap() + 1);
                        let (parent, state) = (Some(folder.id), JobState::Queued);
                        list.insert(end, Plain { id, name: name + 10, parent, state, saved: false, ..folder.clone() });
                    }
                    let done = JobState::Done(Outcome::Folder);
                    prop_assert!(queue.transition(folder.id, done.clone()));
                    list.iter_mut().find(|job| job.id == folder.id).unwrap().state = done;
                }
                Step::Become(at, to) => {
                    let Some(job) = list.get_mut(at) else { continue };
                    let to = state(to);
                    let allowed = job.state != to && may_become(&job.state, &to);
                    // Only a session starts a job.
                    if to == JobState::Running {
                        continue;
                    }
                    prop_assert_eq!(queue.transition(job.id, to.clone()), allowed);
                    if allowed {
                        job.state = to;
                    }
                }
                Step::Move(which, place) => {
                    let mut at: Vec<usize> = which.into_iter().filter(|at| *at < list.len()).collect();
                    at.sort_unstable();
                    at.dedup();
                    let ids: Vec<JobId> = at.iter().map(|at| list[*at].id).collect();
                    queue.move_to(&ids, place);
                    let exchange = |list: &mut Vec<Plain>, a: usize, b: usize| {
                        list.swap(a, b);
                        let group = list[a].group;
                        list[a].group = list[b].group;
                        list[b].group = group;
                    };
                    match place {
                        Place::First => for id in ids.iter().rev() {
                            let group = list[0].group - 1;
                            let at = list.iter().position(|job| job.id == *id).unwrap();
                            let job = list.remove(at);
                            list.insert(0, Plain { group, ..job });
                        },
                        Place::Last => for id in &ids {
                            let group = list.last().unwrap().group + 1;
                            let at = list.iter().position(|job| job.id == *id).unwrap();
                            let job = list.remove(at);
                            list.push(Plain { group, ..job });
                        },
                        Place::Up => for id in &ids {
                            let at = list.iter().position(|job| job.id == *id).unwrap();
                            let other = list[..at].iter().rposition(Plain::may_move);
                            if let Some(other) = other.filter(|other| !ids.contains(&list[*other].id)) {
                                exchange(&mut list, at, other);
                            }
                        },
                        Place::Down => for id in ids.iter().rev() {
                            let at = list.iter().position(|job| job.id == *id).unwrap();
                            let other = list[at + 1..].iter().position(Plain::may_move).map(|other| at + 1 + other);
                            if let Some(other) = other.filter(|other| !ids.contains(&list[*other].id)) {
                                exchange(&mut list, at, other);
                            }
                        },
                    }
                }
                Step::Remove(at) => {
                    if at < list.len() {
                        queue.remove(list.remove(at).id);
                    }
                }
                Step::Write(most) => {
                    let page = queue.take_unwritten(most);
                    for id in &page.changed {
                        journal.insert(*id, queue.job(*id).unwrap());
                        if let Some(job) = list.iter_mut().find(|job| job.id == *id) {
                            job.saved = true;
                        }
                    }
                    page.removed.iter().for_each(|id| { journal.remove(id); });
                    queue.saved(&page.changed);
                }
                Step::WriteInVain(most) => {
                    let page = queue.take_unwritten(most);
                    queue.not_saved(page);
                }
                Step::Tell(most) => told.hear(queue.take_changes(most)),
                Step::Start(server) => {
                    let key = sites[server].server_key();
                    let free = |job: &&mut Plain| {
                        job.server == server && job.state == JobState::Queued && job.saved
                            && !held.values().any(|target| *target == (0, job.name))
                    };
                    let wanted = list.iter_mut().find(free);
                    prop_assert_eq!(queue.next_ready(&key), wanted.as_ref().map(|job| job.id));
                    if let Some(job) = wanted {
                        queue.hand(job.id);
                        prop_assert!(queue.transition(job.id, JobState::Running));
                        job.state = JobState::Running;
                        // Downloads: one file here, whatever the server.
                        held.insert(job.id, (0, job.name));
                    }
                }
                Step::Release(at) => {
                    let Some(job) = list.get(at) else { continue };
                    if held.remove(&job.id).is_some() {
                        let job = queue.job(job.id).unwrap();
                        queue.release_target(job.direction, &job.server, &job.local, &job.remote);
                    }
                }
                Step::Restart => {
                    // Killed: what the journal has is what there is.
                    queue = Queue::default();
                    let mut rows: Vec<&Job> = journal.values().collect();
                    rows.sort_unstable_by_key(|job| job.id);
                    for job in rows {
                        let mut job = job.clone();
                        if !job.state.is_ended() && job.state != JobState::Paused {
                            job.state = JobState::Queued;
                        }
                        queue.restore(job.id, Packed::new(job, None));
                    }
                    queue.restored();
                    queue.keep_journal(true);
                    told = Told::default();
                    held.clear();
                    let plain = |job: Job| Plain {
                        id: job.id,
                        group: job.rank.order,
                        server: usize::from(job.site.host == "i"),
                        name: job.local.file_name().unwrap().to_str().unwrap().parse().unwrap(),
                        state: job.state,
                        parent: job.parent,
                        saved: true,
                    };
                    let of_a_place = |list: &[Plain]| list.iter().map(|job| job.id).collect::<Vec<_>>();
                    let restored: Vec<Plain> = queue.iter().map(plain).collect();
                    prop_assert_eq!(queue.iter().count(), of_a_place(&restored).len());
                    list = restored;
                }
            }
            // What is removed lets go of its target with its session.
            let ids: Vec<JobId> = list.iter().map(|job| job.id).collect();
            prop_assert_eq!(queue.iter().map(|job| job.id).collect::<Vec<_>>(), ids.clone());
            prop_assert_eq!(queue.outstanding().bytes_left(), list.iter().map(Plain::left).sum::<u64>());
            for (server, site) in sites.iter().enumerate() {
                let ready = list.iter().filter(|job| {
                    job.server == server && job.state == JobState::Queued && job.saved
                });
                prop_assert_eq!(queue.ready_count(&site.server_key()), ready.count());
            }
            prop_assert!(told.states.keys().all(|id| journal.contains_key(id) || !ids.contains(id)), "shown unsaved");
            for job in journal.values().filter(|job| job.state == JobState::Done(Outcome::Folder)) {
                let children = list.iter().filter(|child| child.parent == Some(job.id));
                prop_assert!(children.into_iter().all(|child| journal.contains_key(&child.id)), "files lost");
            }
        }
        while queue.has_unwritten() {
            let page = queue.take_unwritten(3);
            queue.saved(&page.changed);
        }
        told.hear(queue.take_changes(usize::MAX));
        prop_assert_eq!(told.order, list.iter().map(|job| job.id).collect::<Vec<_>>());
        prop_assert!(list.iter().all(|job| told.states[&job.id] == job.state));
    }
}

#[test]
fn a_folder_that_was_half_read_when_the_program_was_killed_is_not_doubled() {
    let mut queue = Queue::default();
    let folder = queue.add(new("folder"));
    queue.add_children(folder, vec![child("a"), child("b")]);
    let kept: Vec<Job> = queue.iter().filter(|job| job.local.file_name().unwrap() != "b").collect();
    let mut queue = Queue::default();
    kept.into_iter().for_each(|job| queue.restore(job.id, Packed::new(job, None)));
    queue.restored();
    queue.keep_journal(true);
    queue.add_children(folder, vec![child("a")]);
    queue.add_children(folder, vec![child("b"), child("c")]);
    assert_eq!(names(&queue), ["folder", "a", "b", "c"]);
}

#[test]
fn a_folder_is_not_written_down_as_done_before_its_files_though_the_disk_was_full() {
    let mut queue = Queue::default();
    queue.keep_journal(true);
    let folder = queue.add(new("folder"));
    queue.take_unwritten(usize::MAX);
    queue.saved(&[folder]);
    run_next(&mut queue);
    queue.add_children(folder, vec![child("a"), child("b")]);
    queue.transition(folder, JobState::Done(Outcome::Folder));
    // What comes before it in the order of writing could not be written; it has had its turn.
    let page = queue.take_unwritten(1);
    queue.not_saved(page);
    let mut written = Vec::new();
    while queue.has_unwritten() {
        written.extend(queue.take_unwritten(1).changed);
    }
    assert_eq!(written.last(), Some(&folder), "{written:?}");
}

#[test]
fn bytes_of_a_running_job_are_written_down_when_they_moved() {
    let mut queue = Queue::default();
    let id = queue.add(new("a"));
    queue.transition(id, JobState::Running);
    queue.take_unwritten(usize::MAX);
    queue.record_progress(&[id]);
    assert!(!queue.has_unwritten());
    queue.progress(id, 7, None);
    assert!(!queue.has_unwritten(), "not with each byte");
    queue.record_progress(&[id]);
    assert_eq!(queue.take_unwritten(usize::MAX).changed, [id]);
    queue.record_progress(&[id]);
    assert!(!queue.has_unwritten());
}
