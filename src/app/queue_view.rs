//! The queue as the window shows it: the engine's jobs by id, in order, sorted into four tabs. A million of them fit, and no
//! frame has more to do than it can.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{ById, EntryKind, JobId, Names, RemotePath, Route, Timestamp};
use crate::engine::message::{JobChange, JobState, JobView, Outcome, Progress, Standing};

/// A queue longer than this is sorted into its tabs only now and then.
const LONG: usize = 20_000;
/// So often, in seconds.
const SORT_EVERY: f64 = 0.25;

/// The transfers.
#[derive(Debug, Default)]
pub struct Queue {
    jobs: ById<Kept>,
    /// Some of them may be gone.
    order: Vec<JobId>,
    /// Named by an order before they were told of.
    foretold: HashSet<JobId>,
    speeds: HashMap<JobId, (u64, Option<Duration>)>,
    /// Of the last job that came: the next goes the same way, as a rule.
    route: Option<Arc<Route>>,
    tabs: [Vec<JobId>; 4],
    counts: [usize; 4],
    /// The tabs are as they were before the last changes.
    stale: bool,
    sorted_at: f64,
    version: u64,
    /// Whether nothing new starts.
    pub paused: bool,
    /// What moves, and the totals.
    pub progress: Progress,
}

/// A [`JobView`], kept small.
#[derive(Debug)]
struct Kept {
    route: Arc<Route>,
    names: Names,
    /// Paths that cannot be taken apart.
    whole: Option<Box<(PathBuf, RemotePath)>>,
    standing: Standing,
    /// [`UNKNOWN`] = not known.
    size: u64,
    bytes: u64,
    /// 0 = none.
    parent: u64,
    /// Seconds since 1970; 0 = not yet.
    ended: u32,
    kind: EntryKind,
}

/// A job and what is known of its speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// As the engine tells it; `bytes` and `size` follow the progress.
    pub view: JobView,
    /// Bytes a second, while it runs.
    pub rate: u64,
    /// Where it can be told.
    pub time_left: Option<Duration>,
}

/// The queue panel's tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Waits: its turn, the next try, or paused.
    Queued,
    /// Runs, or waits for an answer.
    Active,
    /// Failed or cancelled.
    Failed,
    /// All well.
    Done,
}

impl Tab {
    /// In the order of the panel.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Active, Self::Failed, Self::Done];

    /// Where a job of that state is shown; `None` for a folder that became jobs of its own.
    pub fn of(state: &JobState) -> Option<Self> {
        match state {
            JobState::Queued | JobState::Waiting { .. } | JobState::Paused => Some(Self::Queued),
            JobState::Running | JobState::Asking(_) => Some(Self::Active),
            JobState::Failed(_) | JobState::Cancelled => Some(Self::Failed),
            JobState::Done(Outcome::Folder) => None,
            JobState::Done(_) => Some(Self::Done),
        }
    }
}

impl Queue {
    /// The jobs of a tab, in the queue's order.
    pub fn tab(&self, tab: Tab) -> &[JobId] {
        &self.tabs[tab as usize]
    }

    /// Another one each time that the tabs were sorted.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many jobs a tab has.
    pub fn count(&self, tab: Tab) -> usize {
        self.counts[tab as usize]
    }

    /// A job; `None` once it is gone.
    pub fn job(&self, id: JobId) -> Option<Job> {
        let view = self.jobs.find(id)?.view(id);
        let (rate, time_left) = self.speeds.get(&id).copied().unwrap_or_default();
        Some(Job { view, rate, time_left })
    }

    /// Whether it is not gone.
    pub fn has(&self, id: JobId) -> bool {
        self.jobs.find(id).is_some()
    }

    /// Whether something runs or will run without the user.
    pub fn is_busy(&self) -> bool {
        self.count(Tab::Active) > 0 || (!self.paused && self.count(Tab::Queued) > 0)
    }

    /// Takes the changes in; the ids of jobs that just ended well come back.
    pub(super) fn apply(&mut self, changes: Vec<JobChange>) -> Vec<JobId> {
        let mut finished = Vec::new();
        let mut tabs_changed = false;
        // New jobs come in rows that go to one place.
        let mut row: Vec<JobId> = Vec::new();
        let mut row_before = None;
        for change in changes {
            let joins = matches!(&change, JobChange::Added { before, .. } if *before == row_before);
            if !joins && matches!(change, JobChange::Added { .. } | JobChange::Order(_)) {
                self.put_in_order(&mut row, row_before);
            }
            match change {
                JobChange::Added { job, before } => {
                    let id = job.id;
                    row_before = before;
                    let kept = Kept::new(*job, self.route.as_ref());
                    self.route = Some(Arc::clone(&kept.route));
                    self.count_in(&kept.standing);
                    match self.jobs.insert(id, kept) {
                        Some(before) => self.count_out(&before.standing),
                        None if self.foretold.remove(&id) => {}
                        None => row.push(id),
                    }
                    tabs_changed = true;
                }
                JobChange::Changed { id, state, bytes, size, ended } => {
                    let Some(job) = self.jobs.find_mut(id) else { continue };
                    if matches!(state, JobState::Done(_)) && !matches!(job.standing, Standing::Done(_)) {
                        finished.push(id);
                    }
                    if state != JobState::Running {
                        self.speeds.remove(&id);
                    }
                    let before = std::mem::replace(&mut job.standing, state.into());
                    let now = job.standing.clone();
                    job.bytes = bytes;
                    job.size = size.unwrap_or(job.size);
                    job.ended = seconds(ended);
                    if tab_of(&before) != tab_of(&now) {
                        self.count_out(&before);
                        self.count_in(&now);
                        tabs_changed = true;
                    }
                }
                JobChange::Removed(id) => {
                    if let Some(job) = self.jobs.remove(id) {
                        self.count_out(&job.standing);
                        self.speeds.remove(&id);
                        tabs_changed = true;
                    }
                    row.retain(|other| *other != id);
                }
                JobChange::Order(order) => {
                    let mut jobs = self.jobs.cursor();
                    self.foretold = order.iter().copied().filter(|id| jobs.find(*id).is_none()).collect();
                    self.order = order;
                    tabs_changed = true;
                }
            }
        }
        self.put_in_order(&mut row, row_before);
        // Once a batch, not once a job; and of a long queue not even that.
        if tabs_changed {
            self.stale = true;
            if self.order.len() <= LONG {
                self.sort_into_tabs();
            }
        }
        if self.count(Tab::Active) == 0 {
            self.progress.jobs.clear();
            (self.progress.rate_down, self.progress.rate_up) = (0, 0);
        }
        finished
    }

    pub(super) fn progressed(&mut self, progress: Progress) {
        for moved in &progress.jobs {
            if let Some(job) = self.jobs.find_mut(moved.id) {
                job.bytes = moved.bytes;
                job.size = moved.size.unwrap_or(job.size);
                self.speeds.insert(moved.id, (moved.rate, moved.time_left));
            }
        }
        self.progress = progress;
    }

    /// What time brings: a long queue is sorted into its tabs again. Else how long, in seconds, until it is.
    pub(super) fn settle(&mut self, now: f64) -> Option<f64> {
        if !self.stale {
            return None;
        }
        let left = self.sorted_at + SORT_EVERY - now;
        if left > 0.0 && self.order.len() > LONG {
            return Some(left);
        }
        self.sort_into_tabs();
        self.sorted_at = now;
        None
    }

    fn put_in_order(&mut self, row: &mut Vec<JobId>, before: Option<JobId>) {
        let at = before.and_then(|before| self.order.iter().position(|other| *other == before));
        let at = at.unwrap_or(self.order.len());
        self.order.splice(at..at, row.drain(..));
    }

    fn count_in(&mut self, standing: &Standing) {
        if let Some(tab) = tab_of(standing) {
            self.counts[tab as usize] += 1;
        }
    }

    fn count_out(&mut self, standing: &Standing) {
        if let Some(tab) = tab_of(standing) {
            self.counts[tab as usize] -= 1;
        }
    }

    fn sort_into_tabs(&mut self) {
        self.stale = false;
        self.version += 1;
        for tab in &mut self.tabs {
            tab.clear();
        }
        let (tabs, foretold) = (&mut self.tabs, &self.foretold);
        let mut jobs = self.jobs.cursor();
        self.order.retain(|id| {
            let Some(job) = jobs.find(*id) else { return foretold.contains(id) };
            if let Some(tab) = tab_of(&job.standing) {
                tabs[tab as usize].push(*id);
            }
            true
        });
    }
}

impl Kept {
    fn new(view: JobView, known: Option<&Arc<Route>>) -> Self {
        let JobView { id: _, parent, site, direction, kind, local, remote, size, bytes, state, ended } = view;
        let route = match known {
            Some(known) if known.fits(&site, direction, &local, &remote) => Arc::clone(known),
            _ => Arc::new(Route::between(&site, &site.server_key().into(), direction, &local, &remote)),
        };
        let names = Names::of(&local, &remote);
        Self {
            route,
            whole: if names.is_none() { Some(Box::new((local, remote))) } else { None },
            names: names.unwrap_or_default(),
            standing: state.into(),
            size: size.unwrap_or(UNKNOWN),
            bytes,
            parent: parent.map_or(0, |id| id.0),
            ended: seconds(ended),
            kind,
        }
    }

    fn view(&self, id: JobId) -> JobView {
        let (local, remote) = match self.whole.as_deref() {
            Some(whole) => whole.clone(),
            None => (self.route.local_path(&self.names), self.route.remote_path(&self.names)),
        };
        JobView {
            id,
            parent: (self.parent != 0).then_some(JobId(self.parent)),
            site: Arc::clone(&self.route.site),
            direction: self.route.direction,
            kind: self.kind,
            local,
            remote,
            size: (self.size != UNKNOWN).then_some(self.size),
            bytes: self.bytes,
            state: self.standing.state(),
            ended: (self.ended != 0).then(|| Timestamp::utc(i64::from(self.ended))),
        }
    }
}

/// The jobs of a tab that contain a text, found a piece a frame.
#[derive(Debug, Default)]
pub struct Found {
    wanted: String,
    tab: Option<Tab>,
    version: u64,
    /// How far it looked.
    at: usize,
    coming: Vec<JobId>,
    rows: Vec<JobId>,
}

impl Found {
    /// Those that were found, in the queue's order.
    pub fn rows(&self) -> &[JobId] {
        &self.rows
    }

    /// Looks at so many more jobs; `true` = at all of them, as they are now. The text is sought in the names and paths of
    /// both sides and in the site's name, in either case.
    pub fn look(&mut self, queue: &Queue, tab: Tab, text: &str, most: usize) -> bool {
        let wanted = text.trim().to_lowercase();
        if wanted != self.wanted || self.tab != Some(tab) {
            *self = Self { wanted, tab: Some(tab), version: queue.version.wrapping_sub(1), ..Self::default() };
        }
        let jobs = queue.tab(tab);
        if self.at == 0 {
            if self.version == queue.version {
                return true;
            }
            self.version = queue.version;
        }
        let mut kept = queue.jobs.cursor();
        let mut folder = (std::ptr::null(), false);
        let end = jobs.len().min(self.at.saturating_add(most));
        for id in jobs.get(self.at..end).unwrap_or_default() {
            let Some(job) = kept.find(*id) else { continue };
            let route = Arc::as_ptr(&job.route);
            if folder.0 != route {
                folder = (route, folder_contains(&job.route, &self.wanted));
            }
            if folder.1 || names_contain(job, &self.wanted) {
                self.coming.push(*id);
            }
        }
        self.at = end;
        if end < jobs.len() {
            // The first ones are shown at once.
            if self.rows.len() < self.coming.len() {
                self.rows.clone_from(&self.coming);
            }
            return false;
        }
        self.rows = std::mem::take(&mut self.coming);
        self.at = 0;
        self.version == queue.version
    }
}

fn folder_contains(route: &Route, wanted: &str) -> bool {
    let site = &route.site;
    [site.title(), &site.host].iter().any(|text| text.to_lowercase().contains(wanted))
        || site.charset.show(&route.remote).to_lowercase().contains(wanted)
        || String::from_utf8_lossy(&route.local).to_lowercase().contains(wanted)
}

fn names_contain(job: &Kept, wanted: &str) -> bool {
    let (remote, local) = (job.names.remote(), job.names.local());
    // A path across the folder and the name.
    if wanted.contains(['/', std::path::MAIN_SEPARATOR]) || job.whole.is_some() {
        let view = job.view(JobId(0));
        return view.remote.text(&view.site.charset).to_lowercase().contains(wanted)
            || view.local.to_string_lossy().to_lowercase().contains(wanted);
    }
    let contains = |name: &[u8], text: &dyn Fn() -> String| {
        if name.is_ascii() && wanted.is_ascii() {
            return contains_ascii(name, wanted.as_bytes());
        }
        text().to_lowercase().contains(wanted)
    };
    contains(remote, &|| job.route.site.charset.show(remote))
        || (local != remote && contains(local, &|| String::from_utf8_lossy(local).into_owned()))
}

/// Whether it stands there in either case; `wanted` is in lower case.
fn contains_ascii(name: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || name.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted))
}

/// [`Tab::of`].
fn tab_of(standing: &Standing) -> Option<Tab> {
    match standing {
        Standing::Queued | Standing::Paused => Some(Tab::Queued),
        Standing::Running | Standing::Asking(_) => Some(Tab::Active),
        Standing::Cancelled => Some(Tab::Failed),
        Standing::Done(Outcome::Folder) => None,
        Standing::Done(_) => Some(Tab::Done),
        Standing::Other(state) => Tab::of(state),
    }
}

fn seconds(time: Option<Timestamp>) -> u32 {
    time.and_then(|time| u32::try_from(time.seconds).ok()).unwrap_or(0)
}

/// In place of a size.
const UNKNOWN: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
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
        JobChange::Added { job: Box::new(view(id)), before: before.map(JobId) }
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
        queue.apply(vec![JobChange::Order(vec![JobId(2), JobId(1), JobId(3)])]);
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
        queue.apply(vec![JobChange::Order([6, 2, 1].map(JobId).to_vec()), JobChange::Removed(JobId(1))]);
        assert_eq!(queue.tab(Tab::Queued), [JobId(2)], "nothing is known of 6 yet");
        queue.apply(vec![added(7, None), added(6, Some(2))]);
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
        queue.apply(vec![JobChange::Added { job: Box::new(job), before: None }, added(2, None)]);
        for text in ["äpfel", "BIRNEN", "bÜRO", "l/birn"] {
            let mut found = Found::default();
            found.look(&queue, Tab::Queued, text, 100);
            assert_eq!(found.rows(), [JobId(1)], "{text}");
        }
    }
}
