//! What a face may read. Changed only by [`Model::perform`], [`Model::apply`] and [`Model::settle`].

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::dialog::Dialog;
use crate::app::files::location::{Location, Side};
use crate::app::files::pane::Pane;
use crate::app::log::Log;
use crate::app::operation::Operation;
use crate::app::queue_view::Queue;
use crate::app::words;
use crate::domain::{
    Charset, ConnectionId, ControlPath, DataPath, Encryption, QuestionId, RemotePath, Secret, Site, SiteColour, SiteId,
};
use crate::engine::message::{Explanation, Limited, Question, Settings, Step};
use crate::store::sitebook::SiteBook;

/// The whole program, as a face sees it.
pub struct Model {
    /// The open connection (one tab; several later).
    pub connection: Connection,
    /// Files of this computer.
    pub local: Pane,
    /// Files of the server.
    pub remote: Pane,
    /// The pane that keys and toolbar commands mean.
    pub active: Side,
    /// The transfers.
    pub queue: Queue,
    /// What limits all transfers now.
    pub limited: Limited,
    /// Questions to the user, oldest first; one dialog at a time.
    pub questions: Vec<(QuestionId, Question)>,
    /// The dialogue with the servers.
    pub log: Log,
    /// Messages in the corner; they go away by themselves.
    pub notices: Vec<Notice>,
    /// The dialog that is open, beside questions.
    pub dialog: Option<Dialog>,
    /// What goes on on a server outside the queue (deleting, moving); `None` = nothing.
    pub operation: Option<Operation>,
    /// What the user chose, and what the window remembers.
    pub settings: Settings,
    /// The saved sites.
    pub sites: Arc<SiteBook>,
    /// The data connection that was opened last by a transfer.
    pub transfer_path: Option<DataPath>,
    /// The user's home folder.
    pub home: PathBuf,
    /// The time of this frame in seconds, told by the face before anything else: there is no clock in here.
    pub now: f64,
    /// The wall clock of this frame, in seconds since 1970; 0 = not told.
    pub today: i64,
    /// Where the user knows of what transfers have left.
    pub(super) told_leftovers: Vec<Location>,
    pub(super) next_connection: u64,
    pub(super) next_notice: u64,
}

/// The browsing connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// A new one for each attempt, so that news of an older one is told apart.
    pub id: ConnectionId,
    /// Which server; stays after a disconnect, for Reconnect.
    pub site: Option<Arc<Site>>,
    /// What was typed in quick connect, for Reconnect.
    pub secret: Option<Secret>,
    /// Where it stands.
    pub link: Link,
    /// The login directory, while ready.
    pub login_dir: RemotePath,
    /// Both ends of the control connection, while it stands.
    pub control: Option<ControlPath>,
    /// How it is encrypted; `None` = not.
    pub encryption: Option<Arc<Encryption>>,
    /// The data connection that was opened last.
    pub data: Option<DataPath>,
}

/// Where a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// There is none, or the user closed it.
    Closed,
    /// On the way.
    Connecting(Step),
    /// Logged in.
    Ready,
    /// Could not be opened, or was lost.
    Failed(Explanation),
}

/// A message in the corner of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// For [`crate::app::Action::DismissNotice`].
    pub id: u64,
    /// How bad.
    pub severity: Severity,
    /// What to tell.
    pub text: Explanation,
    /// When it came ([`Model::now`]).
    pub since: f64,
}

/// How bad a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something did not work.
    Error,
}

impl Model {
    /// An unconnected program. The local pane is read by the effects of [`Model::start`].
    pub fn new(settings: Settings, sites: SiteBook, home: PathBuf) -> Self {
        let dir = settings.window.local_dir.clone().unwrap_or_else(|| home.clone());
        let show_hidden = settings.show_hidden;
        Self {
            connection: Connection::none(),
            local: Pane::new(Location::Local(dir), show_hidden),
            remote: Pane::new(Location::Remote(RemotePath::default()), show_hidden),
            active: Side::Local,
            queue: Queue::default(),
            limited: Limited::default(),
            questions: Vec::new(),
            log: Log::default(),
            notices: Vec::new(),
            dialog: None,
            operation: None,
            settings,
            sites: Arc::new(sites),
            transfer_path: None,
            home,
            now: 0.0,
            today: 0,
            told_leftovers: Vec::new(),
            next_connection: 1,
            next_notice: 1,
        }
    }

    /// `Twinport`, or `SITE - Twinport`.
    pub fn title(&self) -> String {
        match (&self.connection.site, &self.connection.link) {
            (Some(site), Link::Ready | Link::Connecting(_)) => format!("{} - {}", site.title(), words::APP),
            _ => words::APP.to_owned(),
        }
    }

    /// The pane of that side.
    pub fn pane(&self, side: Side) -> &Pane {
        match side {
            Side::Local => &self.local,
            Side::Remote => &self.remote,
        }
    }

    pub(super) fn pane_mut(&mut self, side: Side) -> &mut Pane {
        match side {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        }
    }

    /// How names of that side are read.
    pub fn charset(&self, side: Side) -> Charset {
        match (side, &self.connection.site) {
            (Side::Remote, Some(site)) => site.charset.clone(),
            _ => Charset::Auto,
        }
    }

    /// Whether the browsing connection is logged in.
    pub fn is_connected(&self) -> bool {
        self.connection.link == Link::Ready
    }

    /// The mark of the site that is connected.
    pub fn colour(&self) -> SiteColour {
        match (&self.connection.site, &self.connection.link) {
            (Some(site), Link::Ready | Link::Connecting(_)) => site.colour,
            _ => SiteColour::None,
        }
    }

    /// The id of the connected site, where it is a saved one.
    pub fn saved_site(&self) -> Option<SiteId> {
        self.connection.site.as_ref().map(|site| site.id).filter(|id| *id != SiteId(0))
    }

    /// Tells the user something, in the corner. The same words twice are told once.
    pub fn notify(&mut self, severity: Severity, text: Explanation) {
        self.notices.retain(|notice| notice.text != text);
        let id = self.next_notice;
        self.next_notice += 1;
        self.notices.push(Notice { id, severity, text, since: self.now });
        // More than a handful is a wall; the log has them all.
        if self.notices.len() > 4 {
            self.notices.remove(0);
        }
    }
}

impl Connection {
    pub(super) fn none() -> Self {
        Self {
            id: ConnectionId(0),
            site: None,
            secret: None,
            link: Link::Closed,
            login_dir: RemotePath::default(),
            control: None,
            encryption: None,
            data: None,
        }
    }
}

impl Notice {
    /// How long it stays, in seconds: errors are read more slowly.
    pub fn seconds(&self) -> f64 {
        match self.severity {
            Severity::Info => 5.0,
            Severity::Error => 15.0,
        }
    }
}
