//! Carries an [`Action`] out: changes the model, and says what is left to do in the world as [`Effect`]s.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::app::action::{Action, Memory, PaneAction};
use crate::app::dialog::{Deletion, Dialog, Prompt, PromptFor, Properties};
use crate::app::effect::{Effect, Field, Saved};
use crate::app::files::columns::Sort;
use crate::app::files::location::{Dragged, Item, Location, Side};
use crate::app::files::pane::Loading;
use crate::app::files::rows::Row;
use crate::app::files::selection::Click;
use crate::app::model::{Connection, Link, Model, Severity};
use crate::app::operation::Operation;
use crate::app::{url, words};
use crate::domain::{ConnectionId, EntryKind, ModeChange, RemotePath, Secret, Site, SiteId};
use crate::engine::message::{
    Command, Explanation, LocalOperation, LocalTarget, Order, PermissionTarget, QueueCommand, RemoteOperation,
    RemoteTarget, Settings, Step, What,
};
use crate::store::sitebook::SiteBook;

impl Model {
    /// What is to be done at the program's start.
    pub fn start(&mut self) -> Vec<Effect> {
        let mut effects = vec![self.list(self.local.location.clone())];
        // Transfers of last time know what held when they were ordered.
        self.limit_sites(&SiteBook::default(), &mut effects);
        // Accounts that an older version kept in the file: into the keyring, and the file is written without them.
        let accounts = self.sites.sites().into_iter().filter(|site| !site.account.is_empty());
        let kept: Vec<Effect> = accounts
            .map(|site| {
                let secret = Some(Secret::from(site.account.as_str()));
                Effect::Engine(Command::KeepSecret { site: site.account_secret(), secret })
            })
            .collect();
        if !kept.is_empty() {
            effects.extend(kept);
            effects.push(Effect::Save(Saved::Sites(self.sites.clone())));
        }
        effects
    }

    /// Tells the engine of sites whose limits are others than before.
    fn limit_sites(&self, before: &SiteBook, effects: &mut Vec<Effect>) {
        let limits = |site: &Site| (site.limit_down, site.limit_up);
        let before: HashMap<String, _> =
            before.sites().into_iter().map(|site| (site.server_key(), limits(site))).collect();
        for site in self.sites.sites() {
            let (server_key, (down, up)) = (site.server_key(), limits(site));
            if before.get(&server_key).copied().unwrap_or_default() != (down, up) {
                effects.push(Effect::Engine(Command::LimitSite { server_key, down, up }));
            }
        }
    }

    /// Carries it out.
    pub fn perform(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !action.enabled(self) {
            self.explain_disabled(&action);
            return effects;
        }
        match action {
            Action::OpenSiteManager => self.dialog = Some(Dialog::SiteManager),
            Action::OpenSettings => self.dialog = Some(Dialog::Settings),
            Action::OpenAbout => self.dialog = Some(Dialog::About),
            Action::FocusQuickConnect => effects.push(Effect::Focus(Field::Host)),
            Action::Connect { site, secret } => self.connect(site, secret, &mut effects),
            Action::Disconnect => self.disconnect(&mut effects),
            Action::Reconnect => {
                if let Some(site) = self.connection.site.clone() {
                    let secret = self.connection.secret.clone();
                    self.connect(site, secret, &mut effects);
                }
            }
            Action::Refresh => {
                effects.push(self.list(self.local.location.clone()));
                if self.is_connected() {
                    effects.push(self.list(self.remote.location.clone()));
                }
            }
            Action::Cancel => effects.push(self.cancel()),
            Action::TogglePauseQueue => effects.push(Effect::Engine(Command::Queue(if self.queue.paused {
                QueueCommand::ResumeAll
            } else {
                QueueCommand::PauseAll
            }))),
            Action::ToggleLimits => {
                let settings = Settings { limits_on: !self.settings.limits_on, ..self.settings.clone() };
                self.apply_settings(settings, &mut effects);
            }
            Action::SwitchPane => self.focus(self.active.other(), &mut effects),
            Action::ToggleQueue => self.settings.window.queue_open = !self.settings.window.queue_open,
            Action::ToggleLog => self.settings.window.log_open = !self.settings.window.log_open,
            Action::ToggleHidden => {
                let settings = Settings { show_hidden: !self.settings.show_hidden, ..self.settings.clone() };
                self.apply_settings(settings, &mut effects);
            }
            Action::Quit => effects.push(Effect::Quit),
            Action::Pane(side, action) => self.perform_in_pane(side, action, &mut effects),
            Action::Drop { what, into } => self.drop_items(what, into, &mut effects),
            Action::DropFiles { files, into } => self.drop_files(files, into, &mut effects),
            Action::Open(dialog) => self.dialog = Some(dialog),
            Action::CloseDialog => self.close_dialog(&mut effects),
            Action::ConfirmDelete => self.delete(&mut effects),
            Action::SubmitPrompt(text) => self.submit_prompt(&text, &mut effects),
            Action::SetPermissions { change, recursive } => self.set_permissions(change, recursive, &mut effects),
            Action::Answer { question, answer } => {
                self.questions.retain(|(id, _)| *id != question);
                effects.push(Effect::Engine(Command::Answer { question, answer }));
            }
            Action::ApplySettings(settings) => {
                // The window's own memory went on while the dialog was open.
                let settings = Settings { window: self.settings.window.clone(), ..*settings };
                self.apply_settings(settings, &mut effects);
            }
            Action::SetLimits { down, up } => {
                let limits = Settings { limits_on: true, limit_down: down, limit_up: up, ..self.settings.clone() };
                self.apply_settings(limits, &mut effects);
            }
            Action::SaveSites(sites) => {
                let before = std::mem::replace(&mut self.sites, sites);
                self.limit_sites(&before, &mut effects);
                let gone = before.sites().into_iter().filter(|site| self.sites.site(site.id).is_none());
                let forget = gone.map(|site| Effect::Engine(Command::ForgetAccount { account: site.account_secret() }));
                effects.extend(forget);
                effects.push(Effect::Save(Saved::Sites(self.sites.clone())));
            }
            Action::Teach { server_key, learned } => {
                if let Some(current) = &mut self.connection.site
                    && current.server_key() == server_key
                {
                    Arc::make_mut(current).learned = *learned;
                }
                effects.push(Effect::Engine(Command::Teach { server_key, learned }));
            }
            Action::KeepSecret { site, secret } => {
                effects.push(Effect::Engine(Command::KeepSecret { site, secret }));
            }
            Action::Pick(pick) => effects.push(Effect::Pick(pick)),
            // For the dialog that asked; it sees the action pass.
            Action::Picked(..) => {}
            Action::Queue(command) => effects.push(Effect::Engine(Command::Queue(command))),
            Action::ClearLog => self.log.clear(),
            Action::DismissNotice(id) => self.notices.retain(|notice| notice.id != id),
            Action::Remember(memory) => self.remember(memory),
            Action::CopyText(text) => effects.push(Effect::CopyText(text)),
            Action::Arranged(done) => self.arranged(*done),
        }
        effects
    }

    /// Asks the engine for a directory. The rows stay until the new ones come.
    pub(super) fn list(&mut self, to: Location) -> Effect {
        let now = self.now;
        let side = to.side();
        let pane = self.pane_mut(side);
        pane.stale = false;
        pane.read_at = now;
        pane.loading = Some(Loading { to: to.clone(), since: now, link: None, up: false, instead: None });
        Effect::Engine(match to {
            Location::Local(dir) => Command::ListLocal { dir },
            Location::Remote(dir) => Command::List { connection: self.connection.id, dir },
        })
    }

    fn connect(&mut self, mut site: Arc<Site>, secret: Option<Secret>, effects: &mut Vec<Effect>) {
        self.leave(effects);
        if site.id == SiteId(0) && site.learned.is_empty() {
            // That it has spoken TLS before, above all: clear text must alarm then, quick connect or not.
            let learned = self.sites.learned(&site.server_key());
            Arc::make_mut(&mut site).learned = learned;
        }
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        self.dialog = None;
        self.log.error = None;
        self.connection = Connection {
            id,
            site: Some(site.clone()),
            secret: secret.clone(),
            link: Link::Connecting(Step::Resolving),
            ..Connection::none()
        };
        self.remote.clear();
        self.remote.charset = site.charset.clone();
        effects.push(Effect::Engine(Command::Connect { connection: id, site, secret }));
    }

    fn disconnect(&mut self, effects: &mut Vec<Effect>) {
        self.leave(effects);
        self.connection.link = Link::Closed;
        (self.connection.control, self.connection.data) = (None, None);
        self.connection.encryption = None;
        self.remote.clear();
    }

    /// Ends the open connection, if any.
    fn leave(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.connection.link, Link::Ready | Link::Connecting(_)) {
            effects.push(Effect::Engine(Command::Disconnect { connection: self.connection.id }));
        }
        self.operation = None;
    }

    fn cancel(&mut self) -> Effect {
        let connection = self.connection.id;
        if let Link::Connecting(_) = self.connection.link {
            self.connection.link = Link::Closed;
            return Effect::Engine(Command::Disconnect { connection });
        }
        self.remote.loading = None;
        Effect::Engine(Command::Interrupt { connection })
    }

    fn focus(&mut self, side: Side, effects: &mut Vec<Effect>) {
        self.active = side;
        let pane = self.pane_mut(side);
        if pane.selection.cursor.is_none()
            && let Some(row) = pane.rows.row(0)
        {
            pane.selection.cursor = Some(row);
        }
        effects.push(Effect::Focus(Field::Rows(side)));
    }

    fn perform_in_pane(&mut self, side: Side, action: PaneAction, effects: &mut Vec<Effect>) {
        if !matches!(action, PaneAction::Filter(_)) {
            self.active = side;
        }
        let now = self.now;
        let pane = self.pane_mut(side);
        match action {
            PaneAction::Transfer => {
                let items = pane.selected();
                let into = self.pane(side.other()).location.clone();
                self.transfer(items, &into, effects);
            }
            PaneAction::Open => match pane.cursor_item() {
                None => self.up(side, effects),
                Some(item) => self.open(item, effects),
            },
            PaneAction::Activate(row) => self.activate(side, row, effects),
            PaneAction::Rename => {
                if let [item] = &pane.selected()[..] {
                    let prompt = Prompt { side, initial: item.name.clone(), what: PromptFor::Rename(item.clone()) };
                    self.dialog = Some(Dialog::Prompt(prompt));
                }
            }
            PaneAction::Delete | PaneAction::DeleteForGood => {
                let for_good = side == Side::Remote || action == PaneAction::DeleteForGood;
                self.dialog = Some(Dialog::Delete(Deletion { side, items: pane.selected(), for_good, why: None }));
            }
            PaneAction::DeleteLeftovers => {
                if let Some(deletion) = self.clear_leftovers(side) {
                    self.dialog = Some(Dialog::Delete(deletion));
                }
            }
            PaneAction::NewFolder => {
                let what = PromptFor::NewFolder(pane.location.clone());
                self.dialog = Some(Dialog::Prompt(Prompt { side, what, initial: String::new() }));
            }
            PaneAction::NewFile => {
                let what = PromptFor::NewFile(pane.location.clone());
                self.dialog = Some(Dialog::Prompt(Prompt { side, what, initial: String::new() }));
            }
            PaneAction::Properties => {
                self.dialog = Some(Dialog::Properties(Properties { side, items: pane.selected() }));
            }
            PaneAction::CopyUrl => {
                let site = self.connection.site.as_deref();
                let urls: Vec<String> =
                    self.pane(side).selected().iter().filter_map(|item| url::of(&item.at, site)).collect();
                effects.push(Effect::CopyText(urls.join("\n")));
            }
            PaneAction::Refresh => {
                let here = pane.location.clone();
                effects.push(self.list(here));
            }
            PaneAction::Up => self.up(side, effects),
            PaneAction::SelectAll => pane.selection.select_all(&pane.rows),
            PaneAction::FocusFilter => effects.push(Effect::Focus(Field::Filter(side))),
            PaneAction::FocusPath => effects.push(Effect::Focus(Field::Path(side))),
            PaneAction::GoTo(text) => self.go_to(side, &text, effects),
            PaneAction::Filter(text) => {
                pane.filter = text;
                pane.sort_rows(side);
            }
            PaneAction::SortBy(column) => {
                let descending = pane.sort.column == column && !pane.sort.descending;
                pane.sort = Sort { column, descending };
                pane.sort_rows(side);
            }
            PaneAction::Click(row, how) => {
                pane.selection.click(&pane.rows, row, how);
                if how != Click::Menu {
                    effects.push(Effect::Focus(Field::Rows(side)));
                }
            }
            PaneAction::ClearSelection => {
                pane.selection.clear();
                effects.push(Effect::Focus(Field::Rows(side)));
            }
            PaneAction::Move { motion, extend } => {
                pane.selection.move_cursor(&pane.rows, motion, extend);
                pane.reveal_cursor();
            }
            PaneAction::Mark => pane.mark(),
            // A blank within a name that is being typed is a letter of it; alone it marks, as in other file managers.
            PaneAction::Type(text) if text == " " && !pane.is_typing(now) => pane.mark(),
            PaneAction::Type(text) => pane.type_ahead(&text, now),
            PaneAction::Focus => self.focus(side, effects),
            PaneAction::DismissError => pane.error = None,
        }
    }

    /// Why nothing happens, where the user would wonder.
    fn explain_disabled(&mut self, action: &Action) {
        let transfer = matches!(action, Action::Pane(Side::Local, PaneAction::Transfer));
        if transfer && !self.is_connected() && self.local.selection.count() > 0 {
            self.tell_to_connect();
        }
    }

    fn tell_to_connect(&mut self) {
        self.notify(
            Severity::Info,
            Explanation {
                what: words::CONNECT_FIRST.into(),
                why: String::new(),
                advice: words::CONNECT_FIRST_ADVICE.into(),
            },
        );
    }

    fn up(&mut self, side: Side, effects: &mut Vec<Effect>) {
        let pane = self.pane_mut(side);
        let Some(parent) = pane.location.parent() else { return };
        // The folder that was left is where the eye is.
        let left = pane.location.file_name();
        effects.push(self.list(parent));
        let pane = self.pane_mut(side);
        pane.cursor_on = left;
        if let Some(loading) = &mut pane.loading {
            loading.up = true;
        }
    }

    /// Reads the folder above `gone`, which is not there any more; `first` = what was to be shown.
    pub(super) fn above(&mut self, gone: &Location, first: Location, effects: &mut Vec<Effect>) -> bool {
        let Some(parent) = gone.parent() else { return false };
        let side = parent.side();
        effects.push(self.list(parent));
        if let Some(loading) = &mut self.pane_mut(side).loading {
            (loading.up, loading.instead) = (true, Some(first));
        }
        true
    }

    fn enter(&mut self, item: Item, effects: &mut Vec<Effect>) {
        effects.push(self.list(item.at.clone()));
        let pane = self.pane_mut(item.at.side());
        pane.cursor_on = None;
        if let Some(loading) = &mut pane.loading
            && item.entry.kind == EntryKind::Link
        {
            loading.link = Some(Box::new(item));
        }
    }

    /// A double click or Enter.
    fn activate(&mut self, side: Side, row: Row, effects: &mut Vec<Effect>) {
        let pane = self.pane(side);
        let item = match row {
            Row::Parent => return self.up(side, effects),
            Row::Entry(index) => pane.item(index),
        };
        let Some(item) = item else { return };
        if pane.selection.count() > 1 {
            let items = pane.selected();
            let into = self.pane(side.other()).location.clone();
            self.transfer(items, &into, effects);
        } else if item.entry.may_be_directory() {
            self.enter(item, effects);
        } else {
            let into = self.pane(side.other()).location.clone();
            self.transfer(vec![item], &into, effects);
        }
    }

    /// The menu's Open: a directory is entered, a local file goes to the system's program for it.
    fn open(&mut self, item: Item, effects: &mut Vec<Effect>) {
        match (&item.at, item.entry.kind) {
            (Location::Local(path), EntryKind::File) => {
                effects.push(Effect::Engine(Command::ManageLocal(LocalOperation::Open(path.clone()))));
            }
            (Location::Remote(_), EntryKind::File) => {
                let into = self.local.location.clone();
                self.transfer(vec![item], &into, effects);
            }
            _ => self.enter(item, effects),
        }
    }

    fn go_to(&mut self, side: Side, text: &str, effects: &mut Vec<Effect>) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let to = match &self.pane(side).location {
            Location::Local(dir) => Location::Local(resolve_local(dir, &self.home, text)),
            Location::Remote(dir) => match self.charset(side).encode(text) {
                Some(bytes) => Location::Remote(dir.resolve(&bytes)),
                None => return self.refuse_name(text),
            },
        };
        if side == Side::Local || self.is_connected() {
            effects.push(self.list(to));
            self.pane_mut(side).cursor_on = None;
        }
    }

    fn refuse_name(&mut self, name: &str) {
        let what = words::not_in_charset(name, self.charset(Side::Remote).label());
        self.notify(Severity::Error, Explanation { what, ..Explanation::default() });
    }

    /// Puts the items into the queue, into that directory of the other side.
    pub(super) fn transfer(&mut self, items: Vec<Item>, into: &Location, effects: &mut Vec<Effect>) {
        let Some(site) = self.connection.site.clone().filter(|_| self.is_connected()) else {
            return self.tell_to_connect();
        };
        let order = |what| Order { site: site.clone(), what, on_exists: None };
        let orders: Vec<Order> = items
            .into_iter()
            .filter_map(|item| match (item.at, into) {
                (Location::Local(local), Location::Remote(dir)) => {
                    Some(order(What::Upload { local, to: RemoteTarget::Into(dir.clone()) }))
                }
                (Location::Remote(remote), Location::Local(dir)) => Some(order(What::Download {
                    remote,
                    // Where a link leads only the server knows.
                    kind: Some(item.entry.kind).filter(|kind| *kind != EntryKind::Link),
                    size: item.entry.size.filter(|_| item.entry.kind == EntryKind::File),
                    modified: item.entry.modified,
                    to: LocalTarget::Into(dir.clone()),
                })),
                _ => None,
            })
            .collect();
        if !orders.is_empty() {
            effects.push(Effect::Engine(Command::Enqueue(orders)));
        }
    }

    fn drop_items(&mut self, what: Dragged, into: Location, effects: &mut Vec<Effect>) {
        if what.from != into.side() {
            return self.transfer(what.items, &into, effects);
        }
        let into_itself = |item: &Item| match (&item.at, &into) {
            (Location::Local(from), Location::Local(into)) => into.starts_with(from),
            (Location::Remote(from), Location::Remote(into)) => into.starts_with(from),
            _ => true,
        };
        if what.items.iter().any(into_itself) {
            let what = words::ALREADY_THERE.into();
            return self.notify(Severity::Info, Explanation { what, ..Explanation::default() });
        }
        let items: Vec<Item> = what.items.into_iter().filter(|item| item.at.parent().as_ref() != Some(&into)).collect();
        if items.is_empty() {
            return;
        }
        match into {
            Location::Local(into) => {
                let items = items.into_iter().filter_map(|item| local_path(item.at)).collect();
                effects.push(Effect::Engine(Command::ManageLocal(LocalOperation::Move { items, into })));
            }
            Location::Remote(into) => {
                let title = words::moving(&items);
                let items = items.into_iter().filter_map(|item| remote_path(item.at)).collect();
                self.manage(title, RemoteOperation::Move { items, into }, effects);
            }
        }
    }

    fn drop_files(&mut self, files: Vec<PathBuf>, into: Location, effects: &mut Vec<Effect>) {
        let Location::Remote(into) = into else {
            let what = words::DROP_ON_SERVER.into();
            return self.notify(Severity::Info, Explanation { what, ..Explanation::default() });
        };
        let Some(site) = self.connection.site.clone().filter(|_| self.is_connected()) else {
            return self.tell_to_connect();
        };
        let order = |local| Order {
            site: site.clone(),
            what: What::Upload { local, to: RemoteTarget::Into(into.clone()) },
            on_exists: None,
        };
        let orders: Vec<Order> = files.into_iter().map(order).collect();
        if !orders.is_empty() {
            effects.push(Effect::Engine(Command::Enqueue(orders)));
        }
    }

    fn close_dialog(&mut self, effects: &mut Vec<Effect>) {
        if self.dialog.take().is_some() {
            effects.push(Effect::Focus(Field::Rows(self.active)));
        }
    }

    fn delete(&mut self, effects: &mut Vec<Effect>) {
        let Some(Dialog::Delete(Deletion { side, items, for_good, .. })) = self.dialog.take() else { return };
        effects.push(Effect::Focus(Field::Rows(side)));
        if side == Side::Local {
            let items = items.into_iter().filter_map(|item| local_path(item.at)).collect();
            return effects.push(Effect::Engine(Command::ManageLocal(LocalOperation::Remove { items, for_good })));
        }
        let title = words::deleting(&items);
        let operation = RemoteOperation::Remove(remote_items(items));
        self.manage(title, operation, effects);
    }

    fn submit_prompt(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let Some(Dialog::Prompt(prompt)) = self.dialog.take() else { return };
        effects.push(Effect::Focus(Field::Rows(prompt.side)));
        let name = match prompt.side {
            Side::Local => Some(text.as_bytes().to_vec()),
            Side::Remote => self.charset(Side::Remote).encode(text),
        };
        let Some(name) = name else { return self.refuse_name(text) };
        if name.is_empty() || text == prompt.initial {
            return;
        }
        let pane = self.pane_mut(prompt.side);
        (pane.cursor_on, pane.made) = (Some(name.clone()), true);
        match prompt.what {
            PromptFor::Rename(item) => {
                let to = item.at.parent().unwrap_or(item.at.clone()).join(&name);
                match (item.at, to) {
                    (Location::Local(from), Location::Local(to)) => {
                        effects.push(Effect::Engine(Command::ManageLocal(LocalOperation::Rename { from, to })));
                    }
                    (Location::Remote(from), Location::Remote(to)) => {
                        self.manage(String::new(), RemoteOperation::Rename { from, to }, effects);
                    }
                    _ => {}
                }
            }
            PromptFor::NewFolder(dir) => match dir.join(&name) {
                Location::Local(path) => {
                    effects.push(Effect::Engine(Command::ManageLocal(LocalOperation::MakeDirectory(path))));
                }
                Location::Remote(path) => self.manage(String::new(), RemoteOperation::MakeDirectory(path), effects),
            },
            PromptFor::NewFile(dir) => match dir.join(&name) {
                Location::Local(path) => {
                    effects.push(Effect::Engine(Command::ManageLocal(LocalOperation::MakeFile(path))));
                }
                Location::Remote(path) => self.manage(String::new(), RemoteOperation::MakeFile(path), effects),
            },
        }
    }

    fn set_permissions(&mut self, change: ModeChange, recursive: bool, effects: &mut Vec<Effect>) {
        let Some(Dialog::Properties(Properties { side, items })) = self.dialog.take() else { return };
        effects.push(Effect::Focus(Field::Rows(side)));
        if side == Side::Local {
            let items = items.into_iter().filter_map(|item| local_path(item.at)).collect();
            return effects
                .push(Effect::Engine(Command::ManageLocal(LocalOperation::SetPermissions { items, change })));
        }
        let title = words::changing_permissions(&items);
        let target = |item: Item| {
            let (kind, mode) = (item.entry.kind, item.entry.permissions.map(|mode| mode.0));
            Some(PermissionTarget { path: remote_path(item.at)?, kind, mode })
        };
        let items = items.into_iter().filter_map(target).collect();
        let operation = RemoteOperation::SetPermissions { items, change, recursive };
        self.manage(title, operation, effects);
    }

    fn manage(&mut self, title: String, operation: RemoteOperation, effects: &mut Vec<Effect>) {
        if !self.is_connected() {
            return;
        }
        self.operation = Some(Operation { title, done: 0, at: String::new(), since: self.now });
        effects.push(Effect::Engine(Command::Manage { connection: self.connection.id, operation }));
    }

    fn apply_settings(&mut self, settings: Settings, effects: &mut Vec<Effect>) {
        for side in [Side::Local, Side::Remote] {
            let pane = self.pane_mut(side);
            pane.show_hidden = settings.show_hidden;
            pane.sort_rows(side);
        }
        self.settings = settings;
        effects.push(Effect::Engine(Command::Configure(Box::new(self.settings.clone()))));
        effects.push(Effect::Save(Saved::Settings(Box::new(self.settings.clone()))));
    }

    fn remember(&mut self, memory: Memory) {
        let window = &mut self.settings.window;
        match memory {
            Memory::Split(share) => window.split = share.clamp(0.15, 0.85),
            Memory::QueueHeight(height) => window.queue_height = height,
            Memory::WindowSize(width, height) => window.size = (width, height),
            Memory::ColumnWidth(side, column, width) => {
                let widths = match side {
                    Side::Local => &mut window.local_columns,
                    Side::Remote => &mut window.remote_columns,
                };
                widths[column as usize] = width;
            }
        }
    }
}

/// What was typed as a local path: `~` is the home folder, a relative path starts in `dir`, `.` and `..` are resolved.
fn resolve_local(dir: &Path, home: &Path, text: &str) -> PathBuf {
    let typed = match text.strip_prefix('~').map(|rest| rest.trim_start_matches(['/', '\\'])) {
        Some(rest) if text == "~" || text.starts_with("~/") || text.starts_with("~\\") => home.join(rest),
        _ => dir.join(text),
    };
    let mut resolved = PathBuf::new();
    for part in typed.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    resolved
}

fn local_path(at: Location) -> Option<PathBuf> {
    match at {
        Location::Local(path) => Some(path),
        Location::Remote(_) => None,
    }
}

fn remote_path(at: Location) -> Option<RemotePath> {
    match at {
        Location::Remote(path) => Some(path),
        Location::Local(_) => None,
    }
}

fn remote_items(items: Vec<Item>) -> Vec<(RemotePath, EntryKind)> {
    items.into_iter().filter_map(|item| Some((remote_path(item.at)?, item.entry.kind))).collect()
}
