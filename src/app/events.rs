//! The reducer: takes in what the engine tells.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::app::dialog::{Deletion, Dialog};
use crate::app::effect::{Effect, Saved};
use crate::app::files::arrange::{Arranged, HUGE, Purpose};
use crate::app::files::location::{Item, Location, Side};
use crate::app::files::pane::{Coming, Pane, PaneError};
use crate::app::model::{Link, Model, Severity};
use crate::app::words;
use crate::domain::{JobId, Listing, RemotePath};
use crate::engine::message::{
    Class, ConnectionState, Direction, Event, Explanation, FtpError, LocalError, LocalOperation, Remark,
    RemoteOperation, Step, explain, explain_listing,
};

/// Why a directory is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotListed {
    /// It is not there.
    Absent,
    /// It may be there: it is no directory, or the server does not say why.
    Refused,
    /// What says nothing of it: a lost connection, a missing permission here.
    Other,
}

/// While the queue fills a shown directory, it is read again at most so often, in seconds.
const REFRESH_EVERY: f64 = 2.0;

impl Model {
    /// Takes an event in; what follows from it comes back.
    pub fn apply(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Connection { connection, state } => {
                if connection == self.connection.id {
                    self.connection_changed(state, &mut effects);
                }
            }
            Event::Listed { connection, listing, complete } => {
                if connection == self.connection.id {
                    self.listed(Location::Remote(listing.dir.clone()), listing, complete);
                }
            }
            Event::ListingCorrected { connection, listing } => {
                let at = Location::Remote(listing.dir.clone());
                // While another one is on its way, that one will be right by itself.
                if connection == self.connection.id && self.remote.loading.is_none() && self.remote.location == at {
                    self.listed(at, listing, true);
                }
            }
            Event::ListFailed { connection, dir, error } => {
                if connection == self.connection.id {
                    self.list_failed(dir, &error, &mut effects);
                }
            }
            Event::ManageProgress { connection, done, at } => {
                if connection == self.connection.id {
                    let at = at.text(&self.charset(Side::Remote));
                    if let Some(operation) = &mut self.operation {
                        (operation.done, operation.at) = (done, at);
                    }
                }
            }
            Event::Managed { connection, operation, result } => {
                if connection == self.connection.id {
                    self.managed(&operation, result, &mut effects);
                }
            }
            Event::LocalListed { dir, result } => self.local_listed(dir, result, &mut effects),
            Event::ManagedLocal { operation, result } => self.managed_local(operation, result, &mut effects),
            Event::Jobs(changes) => {
                for id in self.queue.apply(changes) {
                    self.job_finished(id);
                }
            }
            Event::Remarks { job: _, remarks } => self.remarked(&remarks),
            Event::Progress(progress) => self.queue.progressed(progress),
            Event::Limited(limited) => self.limited = limited,
            Event::QueuePaused(paused) => self.queue.paused = paused,
            Event::Question { id, question } => self.questions.push((id, question)),
            Event::Withdrawn(id) => self.questions.retain(|(other, _)| *other != id),
            Event::Log(lines) => self.log.add(lines),
            Event::Data { connection: Some(connection), path } => {
                if connection == self.connection.id {
                    self.connection.data = Some(path);
                }
            }
            Event::Data { connection: None, path } => {
                // With the server that is shown: the newest picture of how data flows with it, after its end, too.
                if self.connection.control.is_some_and(|control| control.peer == path.control.peer) {
                    self.connection.data = Some(path);
                }
                self.transfer_path = Some(path);
            }
            Event::Learned { site, server_key, learned } => {
                if Arc::make_mut(&mut self.sites).learn(site, &server_key, *learned) {
                    effects.push(Effect::Save(Saved::Sites(self.sites.clone())));
                }
                if let Some(current) = &mut self.connection.site
                    && current.server_key() == server_key
                {
                    Arc::make_mut(current).learned = *learned;
                }
            }
            Event::Secured { connection, encryption } => {
                if connection == self.connection.id {
                    self.connection.encryption = encryption;
                }
            }
            // The user has agreed to it, and the status bar shows it.
            Event::InClear(_) => {}
            Event::Trusted(book) => effects.push(Effect::Save(Saved::Trust(book))),
            Event::Notice(text) => self.notify(Severity::Error, text),
        }
        effects
    }

    /// A job did something beside what was ordered: the first is told, and how many more the log has.
    fn remarked(&mut self, remarks: &[Remark]) {
        let Some(first) = remarks.first() else { return };
        let advice = match remarks.len() - 1 {
            0 => String::new(),
            1 => "The message log has one more.".to_owned(),
            more => format!("The message log has {more} more."),
        };
        let what = format!("“{}”", first.path);
        self.notify(Severity::Info, Explanation { what, why: first.text.clone(), advice });
    }

    /// What time brings: notices go, changed directories are read again. Also how long until there is more to do.
    pub fn settle(&mut self) -> (Vec<Effect>, Option<Duration>) {
        let now = self.now;
        let mut effects = Vec::new();
        let mut next: Option<f64> = None;
        let mut wake = |seconds: f64| next = Some(next.map_or(seconds, |other: f64| other.min(seconds)));
        if self.dialog.is_some() {
            // They are not drawn meanwhile: their time begins when they can be read.
            self.notices.iter_mut().for_each(|notice| notice.since = now);
        } else {
            self.notices.retain(|notice| now < notice.since + notice.seconds());
            for notice in &self.notices {
                wake(notice.since + notice.seconds() - now);
            }
        }
        if let Some(operation) = &self.operation {
            let left = operation.since + crate::app::operation::SLOW - now;
            if left > 0.0 {
                wake(left);
            }
        }
        for side in [Side::Local, Side::Remote] {
            let pane = self.pane_mut(side);
            if pane.arranging.is_none() {
                effects.extend(pane.next_arranging(side).map(|work| Effect::Arrange(Box::new(work))));
            }
        }
        if let Some(left) = self.queue.settle(now) {
            wake(left);
        }
        let busy = self.queue.is_busy();
        for side in [Side::Local, Side::Remote] {
            if side == Side::Remote && !self.is_connected() {
                continue;
            }
            let pane = self.pane_mut(side);
            if let Some(loading) = &pane.loading {
                let left = loading.since + crate::app::operation::SLOW - now;
                if left > 0.0 {
                    wake(left);
                }
                continue;
            }
            if !pane.stale || pane.listing.is_none() {
                continue;
            }
            // Not once for each of 2,000 files: once in a while, and at the end.
            let left = if busy { pane.read_at + REFRESH_EVERY - now } else { 0.0 };
            if left > 0.0 {
                wake(left);
            } else {
                let here = pane.location.clone();
                effects.push(self.list(here));
            }
        }
        (effects, next.map(|seconds| Duration::from_secs_f64(seconds.max(0.0))))
    }

    fn connection_changed(&mut self, state: ConnectionState, effects: &mut Vec<Effect>) {
        match state {
            ConnectionState::Connecting(step) => {
                self.connection.link = Link::Connecting(step);
                // A new try begins; later steps of the same one keep what the handshake told.
                if matches!(step, Step::Resolving | Step::Connecting) {
                    self.connection.encryption = None;
                }
            }
            ConnectionState::Reached(path) => self.connection.control = Some(path),
            ConnectionState::Ready { home } => {
                self.connection.link = Link::Ready;
                self.connection.login_dir = home.clone();
                let site = self.connection.site.clone();
                let wanted = site.as_ref().and_then(|site| site.remote_dir.as_deref()).filter(|dir| !dir.is_empty());
                let dir = match wanted.and_then(|dir| self.charset(Side::Remote).encode(dir)) {
                    Some(dir) => home.resolve(&dir),
                    None => home,
                };
                self.remote.location = Location::Remote(dir.clone());
                effects.push(self.list(Location::Remote(dir)));
                if let Some(dir) = site.and_then(|site| site.local_dir.clone()) {
                    effects.push(self.list(Location::Local(dir)));
                }
            }
            ConnectionState::Restored => self.connection.link = Link::Ready,
            ConnectionState::Failed(error) => {
                self.lost();
                let text = explain(&error);
                self.connection.link =
                    if error.class() == Class::Cancelled { Link::Closed } else { Link::Failed(text.clone()) };
                // The pane says it where nothing else is shown; rows that stay need a word beside them, once.
                let said = self.remote.error.as_ref().is_some_and(|error| error.text == text);
                if self.remote.listing.is_some() && error.class() != Class::Cancelled && !said {
                    self.notify(Severity::Error, text);
                }
            }
            ConnectionState::Closed => {
                self.lost();
                self.connection.link = Link::Closed;
                self.remote.clear();
            }
        }
    }

    fn lost(&mut self) {
        (self.connection.control, self.connection.data) = (None, None);
        self.connection.encryption = None;
        self.operation = None;
        self.remote.loading = None;
    }

    /// A directory was read, or the first part of it.
    fn listed(&mut self, at: Location, listing: Arc<Listing>, complete: bool) {
        let side = at.side();
        let pane = self.pane_mut(side);
        let refreshes = pane.listing.is_some() && pane.location == at && !pane.growing;
        if !pane.awaits(&at) || (refreshes && !complete) {
            return;
        }
        let huge = listing.entries.len() > HUGE;
        pane.coming = Some(Coming { at, listing, complete });
        // Else it begins when what is under way is done ([`Model::settle`]).
        if !huge && let Some(work) = pane.next_arranging(side) {
            self.arranged(work.run());
        }
    }

    /// Rows are made.
    pub(super) fn arranged(&mut self, done: Arranged) {
        let side = done.side;
        let pane = self.pane_mut(side);
        if pane.arranging != Some(done.serial) {
            return;
        }
        pane.arranging = None;
        let view = done.view.clone();
        match done.purpose.clone() {
            Purpose::Sorted => pane.sorted(done),
            Purpose::Came { at, complete } => self.came(at, done, complete),
        }
        // A filter was typed, or a header clicked, meanwhile.
        let pane = self.pane_mut(side);
        if pane.view(&pane.location) != view && pane.coming.is_none() {
            pane.sort_rows(side);
        }
    }

    fn came(&mut self, at: Location, done: Arranged, complete: bool) {
        let side = at.side();
        let pane = self.pane_mut(side);
        if !pane.awaits(&at) {
            return;
        }
        let (listing, rows) = (done.listing, done.rows);
        let asked_now = pane.listing.is_some() && pane.location == at;
        let is_new = !asked_now || pane.growing;
        let incomplete = if complete && is_new { explain_listing(&listing) } else { None };
        if asked_now && pane.growing {
            pane.extend(listing, rows);
        } else if asked_now {
            // A refresh: the old rows stayed until all of the new ones were here, so that nothing jumps.
            pane.fill(listing, rows);
        } else {
            pane.show(at, listing, rows);
            pane.growing = true;
        }
        let mut instead = None;
        if complete {
            pane.growing = false;
            instead = pane.loading.take().and_then(|loading| loading.instead);
            pane.error = None;
            let made = std::mem::take(&mut pane.made);
            if let Some(name) = pane.cursor_on.take()
                && pane.put_cursor_on(&name)
                && made
            {
                let filtered = !pane.filter.is_empty();
                let name = self.charset(side).show(&name);
                self.notify(Severity::Info, words::made_unseen(&name, filtered));
            }
        }
        if let Some(gone) = instead {
            let shown = self.pane(side).path_text();
            self.notify(Severity::Info, words::folder_gone(&gone.exact_text(&self.charset(side)), &shown));
        }
        // Once, not with each refresh.
        if let Some(text) = incomplete {
            self.notify(Severity::Error, text);
        }
        if complete {
            self.tell_leftovers(side);
        }
    }

    fn list_failed(&mut self, dir: RemotePath, error: &FtpError, effects: &mut Vec<Effect>) {
        let at = Location::Remote(dir);
        if error.class() == Class::Cancelled {
            self.remote.loading = None;
            return;
        }
        let why = match error {
            FtpError::Refused { .. } if error.says_absent() => NotListed::Absent,
            FtpError::Refused { .. } => NotListed::Refused,
            _ => NotListed::Other,
        };
        self.not_listed(at, explain(error), why, effects);
    }

    fn local_listed(&mut self, dir: PathBuf, result: Result<Arc<Listing>, LocalError>, effects: &mut Vec<Effect>) {
        let at = Location::Local(dir.clone());
        match result {
            Ok(listing) => {
                self.listed(at, listing, true);
                if self.local.location == Location::Local(dir.clone()) {
                    self.settings.window.local_dir = Some(dir);
                }
            }
            Err(error) => {
                let why = match error.kind {
                    std::io::ErrorKind::NotFound => NotListed::Absent,
                    std::io::ErrorKind::NotADirectory => NotListed::Refused,
                    _ => NotListed::Other,
                };
                // The folder of last time may be gone: then the program begins at home, not with an error.
                let first = self.local.listing.is_none() && dir != self.home;
                if first && error.kind == std::io::ErrorKind::NotFound {
                    let home = Location::Local(self.home.clone());
                    effects.push(self.list(home));
                    return;
                }
                self.not_listed(at, error.explain(), why, effects);
            }
        }
    }

    fn not_listed(&mut self, at: Location, text: Explanation, why: NotListed, effects: &mut Vec<Effect>) {
        let pane = self.pane_mut(at.side());
        let Some(loading) = pane.loading.take_if(|loading| loading.to == at) else { return };
        pane.growing = false;
        pane.cursor_on = None;
        // A link that leads to a file: what was meant is the file.
        if let Some(link) = loading.link.filter(|_| why != NotListed::Other) {
            let into = self.pane(at.side().other()).location.clone();
            return self.transfer(vec![*link], &into, effects);
        }
        // The folder that is shown was removed by another program: the nearest one above that is there takes its place.
        let shown_is_gone = why == NotListed::Absent && pane.listing.is_some() && pane.location == at;
        if shown_is_gone || (loading.up && why != NotListed::Other) {
            let first = loading.instead.unwrap_or_else(|| pane.location.clone());
            if self.above(&at, first, effects) {
                return;
            }
        }
        let pane = self.pane_mut(at.side());
        pane.error = Some(PaneError { at, text });
    }

    fn managed(&mut self, operation: &RemoteOperation, result: Result<(), FtpError>, effects: &mut Vec<Effect>) {
        self.operation = None;
        if let Err(error) = &result
            && error.class() != Class::Cancelled
        {
            self.remote.cursor_on = None;
            self.notify(Severity::Error, explain(error));
        }
        let touched: Vec<RemotePath> = match operation {
            RemoteOperation::MakeDirectory(path) | RemoteOperation::MakeFile(path) => parent_of(path),
            RemoteOperation::Rename { from, to } => [parent_of(from), parent_of(to)].concat(),
            RemoteOperation::Move { items, into } => items.iter().flat_map(parent_of).chain([into.clone()]).collect(),
            RemoteOperation::Remove(items) => items.iter().flat_map(|(path, _)| parent_of(path)).collect(),
            RemoteOperation::SetPermissions { items, .. } => {
                items.iter().flat_map(|target| parent_of(&target.path)).collect()
            }
        };
        let here = &self.remote.location;
        if self.is_connected() && touched.into_iter().any(|dir| Location::Remote(dir) == *here) {
            let here = here.clone();
            self.refresh_keeping_cursor(here, effects);
        }
    }

    fn managed_local(&mut self, operation: LocalOperation, result: Result<(), LocalError>, effects: &mut Vec<Effect>) {
        if let Err(error) = result {
            self.local.cursor_on = None;
            match operation {
                LocalOperation::Remove { items, for_good: false } => self.offer_to_delete_for_good(items, &error),
                _ => self.notify(Severity::Error, error.explain()),
            }
        } else if let LocalOperation::Open(_) = operation {
            return;
        }
        let here = self.local.location.clone();
        self.refresh_keeping_cursor(here, effects);
    }

    /// The trash did not take them: the user decides what then.
    fn offer_to_delete_for_good(&mut self, items: Vec<PathBuf>, error: &LocalError) {
        let left = |index: &usize| {
            self.local.item(*index).is_some_and(|item| match &item.at {
                Location::Local(path) => items.contains(path),
                Location::Remote(_) => false,
            })
        };
        let items: Vec<Item> = self.local.rows.entries().filter(left).filter_map(|i| self.local.item(i)).collect();
        if items.is_empty() {
            return self.notify(Severity::Error, error.explain());
        }
        let why = Some(format!("{}: {}.", words::TRASH_FAILED, error.detail.trim_end_matches('.')));
        self.dialog = Some(Dialog::Delete(Deletion { side: Side::Local, items, for_good: true, why }));
    }

    fn refresh_keeping_cursor(&mut self, here: Location, effects: &mut Vec<Effect>) {
        let pane = self.pane_mut(here.side());
        if pane.loading.is_some() {
            pane.stale = true;
            return;
        }
        effects.push(self.list(here));
    }

    /// A directory that is shown got a new file.
    fn job_finished(&mut self, id: JobId) {
        let Some(job) = self.queue.job(id) else { return };
        match job.view.direction {
            Direction::Download => {
                if let Location::Local(here) = &self.local.location
                    && job.view.local.parent() == Some(here)
                {
                    self.local.stale = true;
                }
            }
            Direction::Upload => {
                let same_server =
                    |key: String| self.connection.site.as_ref().is_some_and(|site| site.server_key() == key);
                if let Location::Remote(here) = &self.remote.location
                    && job.view.remote.parent().as_ref() == Some(here)
                    && same_server(job.view.site.server_key())
                {
                    self.remote.stale = true;
                }
            }
        }
    }
}

fn parent_of(path: &RemotePath) -> Vec<RemotePath> {
    path.parent().into_iter().collect()
}

impl Pane {
    /// The latest request wins; what an earlier one still brings is not for the eyes.
    fn awaits(&self, at: &Location) -> bool {
        match self.loading.as_ref().map(|loading| &loading.to) {
            Some(wanted) => wanted == at || is_login_dir(wanted),
            None => self.location == *at,
        }
    }
}

/// The login directory may be asked for without knowing its name.
fn is_login_dir(location: &Location) -> bool {
    matches!(location, Location::Remote(dir) if dir.is_home())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, PaneAction};
    use crate::domain::{Charset, ConnectionId, Entry, EntryKind, Learned, Mode, Site, SiteId};
    use crate::engine::message::{Command, LocalAction, Settings};
    use crate::store::sitebook::SiteBook;

    fn listing(dir: &str, names: &[&str]) -> Arc<Listing> {
        let entries = names.iter().map(|name| Entry::new(*name, EntryKind::File)).collect();
        Arc::new(Listing { dir: RemotePath::from(dir), entries, ..Listing::default() })
    }

    fn connected() -> Model {
        let mut model = Model::new(Settings::default(), SiteBook::default(), "/home/me".into());
        let site = Site { host: "h".into(), user: "me".into(), ..Site::default() };
        model.perform(Action::Connect { site: Arc::new(site), secret: None });
        let connection = model.connection.id;
        model.apply(Event::Connection { connection, state: ConnectionState::Ready { home: RemotePath::from("/") } });
        model.apply(Event::Listed { connection, listing: listing("/", &["a", "b"]), complete: true });
        model
    }

    fn names(model: &Model) -> Vec<&str> {
        model.remote.rows.entries().map(|index| model.remote.rows.text(index)).collect()
    }

    #[test]
    fn news_of_an_older_connection_changes_nothing() {
        let mut model = connected();
        let old = model.connection.id;
        model.perform(Action::Reconnect);
        assert_ne!(model.connection.id, old);
        model.apply(Event::Connection { connection: old, state: ConnectionState::Closed });
        model.apply(Event::Listed { connection: old, listing: listing("/", &["x"]), complete: true });
        assert!(matches!(model.connection.link, Link::Connecting(_)));
        assert!(model.remote.listing.is_none());
    }

    #[test]
    fn the_latest_directory_asked_for_wins() {
        let mut model = connected();
        let connection = model.connection.id;
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/one".into())));
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/two".into())));
        model.apply(Event::Listed { connection, listing: listing("/one", &["1"]), complete: true });
        assert_eq!(names(&model), ["a", "b"], "what an earlier request brings is not shown");
        model.apply(Event::Listed { connection, listing: listing("/two", &["2"]), complete: true });
        assert_eq!(names(&model), ["2"]);
        assert_eq!(model.remote.path_text(), "/two");
    }

    /// F16.
    #[test]
    fn a_listing_that_cannot_be_read_is_told_once() {
        let mut model = connected();
        let connection = model.connection.id;
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/odd".into())));
        let odd = Listing { dir: RemotePath::from("/odd"), unread: vec!["gibberish".into()], ..Listing::default() };
        let listing = Arc::new(odd);
        model.apply(Event::Listed { connection, listing: Arc::clone(&listing), complete: true });
        assert!(model.notices.iter().any(|notice| notice.text.why.contains("gibberish")));
        model.notices.clear();
        model.perform(Action::Pane(Side::Remote, PaneAction::Refresh));
        model.apply(Event::Listed { connection, listing, complete: true });
        assert!(model.notices.is_empty(), "a refresh says nothing new");
    }

    /// A directory that is arranged on a thread of its own.
    fn huge(dir: &str, more: usize) -> Arc<Listing> {
        let names: Vec<String> = (0..=HUGE + more).map(|n| format!("f{n}")).collect();
        listing(dir, &names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn work(model: &mut Model) -> Option<Box<crate::app::Arranging>> {
        model.settle().0.into_iter().find_map(|effect| match effect {
            Effect::Arrange(work) => Some(work),
            _ => None,
        })
    }

    #[test]
    fn the_rows_of_a_huge_folder_are_made_elsewhere_and_sorted_as_the_user_wants_them_by_then() {
        let mut model = connected();
        let connection = model.connection.id;
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/huge".into())));
        model.apply(Event::Listed { connection, listing: huge("/huge", 0), complete: false });
        assert_eq!(names(&model), ["a", "b"], "nothing is done here");
        let first = work(&mut model).expect("work");
        model.apply(Event::Listed { connection, listing: huge("/huge", 1), complete: true });
        assert!(work(&mut model).is_none(), "one at a time");
        model.perform(Action::Arranged(Box::new(first.run())));
        assert_eq!((model.remote.path_text().as_str(), model.remote.rows.totals.files), ("/huge", HUGE + 1));
        assert!(model.remote.loading.is_some());
        let second = work(&mut model).expect("the rest");
        model.perform(Action::Pane(Side::Remote, PaneAction::SortBy(crate::app::Column::Name)));
        model.perform(Action::Arranged(Box::new(second.run())));
        assert!(model.remote.loading.is_none());
        let third = work(&mut model).expect("the other way round");
        model.perform(Action::Arranged(Box::new(third.run())));
        assert_eq!(names(&model)[0], format!("f{}", HUGE + 1));
        assert!(work(&mut model).is_none());
    }

    #[test]
    fn rows_made_for_a_folder_that_was_left_are_not_shown() {
        let mut model = connected();
        let connection = model.connection.id;
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/huge".into())));
        model.apply(Event::Listed { connection, listing: huge("/huge", 0), complete: true });
        let late = work(&mut model).expect("work");
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/small".into())));
        model.apply(Event::Listed { connection, listing: listing("/small", &["x"]), complete: true });
        model.perform(Action::Arranged(Box::new(late.run())));
        assert_eq!(names(&model), ["x"]);
        model.perform(Action::Disconnect);
        assert!(work(&mut model).is_none());
    }

    #[test]
    fn better_times_come_to_the_directory_that_is_shown_and_to_no_other() {
        let mut model = connected();
        let connection = model.connection.id;
        model.apply(Event::ListingCorrected { connection, listing: listing("/", &["a", "b", "c"]) });
        assert_eq!(names(&model), ["a", "b", "c"]);
        model.apply(Event::ListingCorrected { connection, listing: listing("/other", &["x"]) });
        assert_eq!(names(&model), ["a", "b", "c"]);
        model.perform(Action::Pane(Side::Remote, PaneAction::GoTo("/one".into())));
        model.apply(Event::ListingCorrected { connection, listing: listing("/", &["a"]) });
        model.apply(Event::Listed { connection, listing: listing("/one", &["1"]), complete: true });
        assert_eq!(names(&model), ["1"], "and ends no wait");
    }

    #[test]
    fn a_lost_connection_keeps_its_rows_and_is_explained() {
        let mut model = connected();
        let connection = model.connection.id;
        let state = ConnectionState::Failed(FtpError::Unsupported { what: "being there".into() });
        model.apply(Event::Connection { connection, state });
        assert!(matches!(model.connection.link, Link::Failed(_)));
        assert_eq!(names(&model), ["a", "b"]);
        assert_eq!(model.notices.len(), 1);
        assert_eq!(model.title(), words::APP);
        assert!(!Action::Pane(Side::Remote, PaneAction::Delete).enabled(&model));
        assert!(Action::Reconnect.enabled(&model));
    }

    #[test]
    fn a_notice_behind_a_dialog_is_still_there_when_the_dialog_closes() {
        let mut model = connected();
        let text = Explanation { what: "Mind the gap.".into(), ..Explanation::default() };
        model.notify(Severity::Error, text);
        model.dialog = Some(crate::app::Dialog::SiteManager);
        model.now += 1000.0;
        model.settle();
        model.dialog = None;
        model.settle();
        assert_eq!(model.notices.len(), 1);
        model.now += 1000.0;
        model.settle();
        assert!(model.notices.is_empty(), "its time is over, now that it could be read");
    }

    #[test]
    fn a_cancelled_connection_is_no_failure() {
        let mut model = connected();
        let connection = model.connection.id;
        model.apply(Event::Connection { connection, state: ConnectionState::Failed(FtpError::Cancelled) });
        assert_eq!(model.connection.link, Link::Closed);
        assert!(model.notices.is_empty());
    }

    #[test]
    fn the_mode_that_worked_is_kept_with_the_connection() {
        let mut model = connected();
        let server_key = "me@h:21".to_owned();
        let learned = Box::new(Learned { mode: Some(Mode::Active), ..Learned::default() });
        model.apply(Event::Learned { site: SiteId(0), server_key, learned });
        assert_eq!(model.connection.site.as_ref().and_then(|site| site.learned.mode), Some(Mode::Active));
    }

    #[test]
    fn without_a_trash_deleting_for_good_is_asked_for() {
        let mut model = connected();
        let here: PathBuf = "/home/me".into();
        model.start();
        model.apply(Event::LocalListed { dir: here.clone(), result: Ok(listing("", &["f", "g"])) });
        let items = vec![here.join("f")];
        let error = LocalError {
            action: LocalAction::Remove,
            path: here.join("f"),
            kind: std::io::ErrorKind::Unsupported,
            detail: "no trash here".into(),
            done: 0,
            others: Vec::new(),
        };
        let operation = LocalOperation::Remove { items, for_good: false };
        model.apply(Event::ManagedLocal { operation, result: Err(error) });
        let Some(Dialog::Delete(deletion)) = &model.dialog else { panic!("not asked") };
        assert!(deletion.for_good && deletion.items.len() == 1);
        assert_eq!(deletion.why.as_deref(), Some("The trash cannot be used: no trash here."));
    }

    #[test]
    fn the_cursor_stays_in_its_place_when_its_file_is_deleted() {
        let mut model = connected();
        let connection = model.connection.id;
        let b = crate::app::Row::Entry(1);
        model.perform(Action::Pane(Side::Remote, PaneAction::Click(b, crate::app::files::selection::Click::Only)));
        let operation = RemoteOperation::Remove(vec![(RemotePath::from("/b"), EntryKind::File)]);
        model.apply(Event::Managed { connection, operation, result: Ok(()) });
        model.apply(Event::Listed { connection, listing: listing("/", &["a", "c"]), complete: true });
        assert_eq!(model.remote.cursor_item().map(|item| item.name).as_deref(), Some("c"));
        assert_eq!(model.remote.selection.count(), 0, "nothing is selected unasked");
    }

    #[test]
    fn an_operation_elsewhere_does_not_refresh() {
        let mut model = connected();
        let connection = ConnectionId(model.connection.id.0);
        let operation = RemoteOperation::MakeDirectory(RemotePath::from("/sub/new"));
        assert!(model.apply(Event::Managed { connection, operation, result: Ok(()) }).is_empty());
        let operation = RemoteOperation::MakeDirectory(RemotePath::from("/new"));
        let effects = model.apply(Event::Managed { connection, operation, result: Ok(()) });
        assert!(matches!(effects[..], [Effect::Engine(Command::List { .. })]));
    }

    #[test]
    fn a_name_outside_the_sites_charset_is_refused_before_it_is_sent() {
        let mut model = connected();
        if let Some(site) = &mut model.connection.site {
            Arc::make_mut(site).charset = Charset::from_label("windows-1251");
        }
        model.perform(Action::Pane(Side::Remote, PaneAction::NewFolder));
        assert!(matches!(model.dialog, Some(Dialog::Prompt(_))));
        let effects = model.perform(Action::SubmitPrompt("日本".into()));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Engine(_))));
        assert_eq!(model.notices.len(), 1);
    }

    #[test]
    fn settings_from_the_dialog_leave_the_windows_memory_alone() {
        let mut model = connected();
        model.settings.window.split = 0.7;
        let new = Settings { connections: 9, ..Settings::default() };
        let effects = model.perform(Action::ApplySettings(Box::new(new)));
        assert_eq!((model.settings.connections, model.settings.window.split), (9, 0.7));
        assert!(matches!(effects[..], [Effect::Engine(Command::Configure(_)), Effect::Save(Saved::Settings(_))]));
    }
}
