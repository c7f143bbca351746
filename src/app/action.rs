//! Everything a face can ask for. A toolbar button, a menu line, a key and a test all go through the same [`Action`];
//! for those that are commands it knows the words, the icon, the key, and whether it makes sense now.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::dialog::Dialog;
use crate::app::effect::Pick;
use crate::app::files::arrange::Arranged;
use crate::app::files::columns::Column;
use crate::app::files::location::{Dragged, Location, Side};
use crate::app::files::rows::Row;
use crate::app::files::selection::{Click, Motion};
use crate::app::model::{Link, Model};
use crate::app::queue_view::tab::Tab;
use crate::app::shortcut::{Icon, Key, Shortcut, ctrl, plain};
use crate::app::words;
use crate::domain::{EntryKind, Learned, ModeChange, QuestionId, Secret, Site, SiteId};
use crate::engine::message::{Answer, QueueCommand, Settings};
use crate::store::sitebook::SiteBook;

/// What was asked for while drawing, in order.
pub type Actions = Vec<Action>;

/// Something a face asks for.
#[derive(Debug, Clone)]
pub enum Action {
    // Commands: with label, icon, key.
    /// Opens the Site Manager.
    OpenSiteManager,
    /// Opens the settings.
    OpenSettings,
    /// Opens what this program is.
    OpenAbout,
    /// Puts the cursor into quick connect's first input.
    FocusQuickConnect,
    /// Closes the connection.
    Disconnect,
    /// Connects to the same site again.
    Reconnect,
    /// Reads both panes again.
    Refresh,
    /// Cancels what the browsing connection is doing: connecting, listing, deleting.
    Cancel,
    /// Pauses or resumes the queue.
    TogglePauseQueue,
    /// Turns the speed limits off or on; their values stay.
    ToggleLimits,
    /// Keys go to the other pane.
    SwitchPane,
    /// Shows or hides the queue panel.
    ToggleQueue,
    /// Shows or hides the message log.
    ToggleLog,
    /// Shows or hides names that begin with a dot.
    ToggleHidden,
    /// Ends the program.
    Quit,

    // With what they need.
    /// Connects; a saved site without a secret uses its own.
    Connect { site: Arc<Site>, secret: Option<Secret> },
    /// Something in one pane.
    Pane(Side, PaneAction),
    /// Entries were dropped: into the other pane = transfer, within one = move.
    Drop { what: Dragged, into: Location },
    /// Files came from outside (dropped or pasted).
    DropFiles { files: Vec<PathBuf>, into: Location },
    /// Opens a dialog.
    Open(Dialog),
    /// Closes the dialog that is open; nothing else happens.
    CloseDialog,
    /// Yes to [`Dialog::Delete`].
    ConfirmDelete,
    /// The name for [`Dialog::Prompt`].
    SubmitPrompt(String),
    /// From [`Dialog::Properties`]: new permissions for its items.
    SetPermissions { change: ModeChange, recursive: bool },
    /// Answers a question of the engine's.
    Answer { question: QuestionId, answer: Answer },
    /// New settings, to be used and saved. What the window remembers is kept as it is.
    ApplySettings(Box<Settings>),
    /// New limits for all transfers, bytes a second; they hold from now on.
    SetLimits { down: Option<u64>, up: Option<u64> },
    /// New saved sites, to be saved.
    SaveSites(Arc<SiteBook>),
    /// What is known of a server is from now on this: the user corrected it.
    Teach { server_key: String, learned: Box<Learned> },
    /// A saved site's password into the keyring, or (`None`) out of it.
    KeepSecret { site: SiteId, secret: Option<Secret> },
    /// Asks for a file with the system's dialog; answered by [`Action::Picked`].
    Pick(Pick),
    /// The file was chosen.
    Picked(Pick, PathBuf),
    /// Changes the queue.
    Queue(QueueCommand),
    /// Empties the message log.
    ClearLog,
    /// Takes a notice away.
    DismissNotice(u64),
    /// Something was moved with the mouse; to be remembered.
    Remember(Memory),
    /// To the clipboard.
    CopyText(String),
    /// The rows of a huge folder are made.
    Arranged(Box<Arranged>),
}

/// Something in one pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaneAction {
    // Commands: with label, icon, key.
    /// Upload or Download: the selected entries into the other pane's directory.
    Transfer,
    /// The entry under the cursor: enters a directory, opens a local file, fetches a remote one.
    Open,
    /// Asks for another name.
    Rename,
    /// Asks, then deletes; local files go to the trash.
    Delete,
    /// Asks, then deletes for good.
    DeleteForGood,
    /// Asks, then deletes what transfers have left in this folder.
    DeleteLeftovers,
    /// Asks for a name, then makes a folder.
    NewFolder,
    /// Asks for a name, then makes an empty file.
    NewFile,
    /// Shows the selected entries' properties.
    Properties,
    /// The selected entries' URLs to the clipboard.
    CopyUrl,
    /// Reads the directory again.
    Refresh,
    /// To the directory above.
    Up,
    /// Selects all that is shown.
    SelectAll,
    /// Puts the cursor into the filter.
    FocusFilter,
    /// Puts the cursor into the path.
    FocusPath,

    // With what they need.
    /// A double click or Enter: enters a directory, transfers a file.
    Activate(Row),
    /// Goes to what was typed.
    GoTo(String),
    /// Shows only names that contain this.
    Filter(String),
    /// Sorts by it; the second time the other way round.
    SortBy(Column),
    /// A click.
    Click(Row, Click),
    /// A key moves the cursor; `extend` with Shift.
    Move { motion: Motion, extend: bool },
    /// Selects the row under the cursor too, or no longer.
    Mark,
    /// Letters were typed while the pane has the keys.
    Type(String),
    /// A click beside the rows: nothing is selected.
    ClearSelection,
    /// Keys go to this pane.
    Focus,
    /// Takes the error beside the path away.
    DismissError,
}

/// What the window remembers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Memory {
    /// The local pane's share of the width.
    Split(f32),
    /// Points.
    QueueHeight(f32),
    /// Points.
    WindowSize(f32, f32),
    /// Points.
    ColumnWidth(Side, Column, f32),
}

impl Action {
    /// The commands that keys reach, those of the active pane among them.
    pub fn commands(active: Side) -> Vec<Self> {
        use PaneAction as P;
        let pane =
            [P::Rename, P::Delete, P::DeleteForGood, P::NewFolder, P::Up, P::SelectAll, P::FocusFilter, P::FocusPath];
        let own = [
            Self::OpenSiteManager,
            Self::OpenSettings,
            Self::Disconnect,
            Self::Reconnect,
            Self::Refresh,
            Self::Cancel,
            Self::TogglePauseQueue,
            Self::ToggleLimits,
            Self::SwitchPane,
            Self::ToggleHidden,
            Self::Quit,
        ];
        own.into_iter().chain(pane.into_iter().map(|action| Self::Pane(active, action))).collect()
    }

    /// What it is called on buttons and in menus, and to screen readers; empty where it is no command.
    pub fn label(&self, model: &Model) -> &'static str {
        match self {
            Self::OpenSiteManager => words::SITE_MANAGER,
            Self::OpenSettings => words::SETTINGS,
            Self::OpenAbout => words::ABOUT,
            Self::FocusQuickConnect => words::QUICK_CONNECT,
            Self::Disconnect => words::DISCONNECT,
            Self::Reconnect => words::RECONNECT,
            Self::Refresh => words::REFRESH,
            Self::Cancel => words::CANCEL,
            Self::TogglePauseQueue if model.queue.paused => words::RESUME_QUEUE,
            Self::TogglePauseQueue => words::PAUSE_QUEUE,
            Self::ToggleLimits => words::LIMIT_SPEEDS,
            Self::SwitchPane => words::OTHER_PANE,
            Self::ToggleQueue => words::TOGGLE_QUEUE,
            Self::ToggleLog => words::TOGGLE_LOG,
            Self::ToggleHidden => words::HIDDEN_FILES,
            Self::Quit => words::QUIT,
            Self::Pane(side, action) => action.label(*side),
            _ => "",
        }
    }

    /// Its picture.
    pub fn icon(&self, model: &Model) -> Option<Icon> {
        Some(match self {
            Self::OpenSiteManager => Icon::Sites,
            Self::OpenSettings => Icon::Settings,
            Self::OpenAbout => Icon::About,
            Self::FocusQuickConnect => Icon::Connect,
            Self::Disconnect => Icon::Disconnect,
            Self::Reconnect => Icon::Reconnect,
            Self::Refresh => Icon::Refresh,
            Self::Cancel => Icon::Cancel,
            Self::TogglePauseQueue if model.queue.paused => Icon::Resume,
            Self::TogglePauseQueue => Icon::Pause,
            Self::ToggleLimits => Icon::Limits,
            Self::SwitchPane => Icon::Swap,
            Self::ToggleQueue => Icon::Queue,
            Self::ToggleLog => Icon::Log,
            Self::ToggleHidden => Icon::Hidden,
            Self::Quit => Icon::Quit,
            Self::Pane(side, action) => return action.icon(*side),
            _ => return None,
        })
    }

    /// Its key.
    pub fn shortcut(&self) -> Option<Shortcut> {
        match self {
            Self::OpenSiteManager => ctrl(Key::S),
            Self::OpenSettings => ctrl(Key::Comma),
            Self::Disconnect => ctrl(Key::D),
            Self::Reconnect => ctrl(Key::R),
            Self::Refresh => plain(Key::F5),
            Self::Cancel => ctrl(Key::Period),
            Self::TogglePauseQueue => ctrl(Key::P),
            Self::ToggleLimits => Some(Shortcut { ctrl: true, shift: true, key: Key::L }),
            Self::SwitchPane => plain(Key::F6),
            Self::ToggleHidden => ctrl(Key::H),
            Self::Quit => ctrl(Key::Q),
            Self::Pane(_, action) => action.shortcut(),
            _ => None,
        }
    }

    /// Whether its key means the pane's rows, and must not be taken from an input that is being typed into.
    pub fn needs_rows(&self) -> bool {
        use PaneAction as P;
        matches!(self, Self::Pane(_, P::Rename | P::Delete | P::DeleteForGood | P::Up | P::SelectAll))
    }

    /// Whether it makes sense now; a disabled command is drawn grey and does nothing.
    pub fn enabled(&self, model: &Model) -> bool {
        let connection = &model.connection;
        match self {
            Self::Disconnect => matches!(connection.link, Link::Ready | Link::Connecting(_)),
            Self::Reconnect => connection.site.is_some() && !matches!(connection.link, Link::Connecting(_)),
            Self::Cancel => {
                matches!(connection.link, Link::Connecting(_))
                    || model.operation.is_some()
                    || model.remote.loading.is_some()
            }
            Self::TogglePauseQueue => {
                model.queue.paused || model.queue.count(Tab::Queued) > 0 || model.queue.count(Tab::Active) > 0
            }
            Self::Pane(side, action) => action.enabled(*side, model),
            _ => true,
        }
    }
}

impl PaneAction {
    fn label(&self, side: Side) -> &'static str {
        match (self, side) {
            (Self::Transfer, Side::Local) => words::UPLOAD,
            (Self::Transfer, Side::Remote) => words::DOWNLOAD,
            (Self::Open, _) => words::OPEN,
            (Self::Rename, _) => words::RENAME,
            (Self::Delete, _) => words::DELETE,
            (Self::DeleteForGood, _) => words::DELETE_FOR_GOOD,
            (Self::DeleteLeftovers, _) => words::DELETE_LEFTOVERS,
            (Self::NewFolder, _) => words::NEW_FOLDER,
            (Self::NewFile, _) => words::NEW_FILE,
            (Self::Properties, _) => words::PROPERTIES,
            (Self::CopyUrl, _) => words::COPY_URL,
            (Self::Refresh, _) => words::REFRESH,
            (Self::Up, Side::Local) => words::LOCAL_UP,
            (Self::Up, Side::Remote) => words::REMOTE_UP,
            (Self::SelectAll, _) => words::SELECT_ALL,
            (Self::FocusFilter, Side::Local) => words::FILTER_LOCAL,
            (Self::FocusFilter, Side::Remote) => words::FILTER_REMOTE,
            (Self::FocusPath, Side::Local) => words::LOCAL_PATH,
            (Self::FocusPath, Side::Remote) => words::REMOTE_PATH,
            _ => "",
        }
    }

    fn icon(&self, side: Side) -> Option<Icon> {
        Some(match (self, side) {
            (Self::Transfer, Side::Local) => Icon::Upload,
            (Self::Transfer, Side::Remote) => Icon::Download,
            (Self::Open, _) => Icon::Open,
            (Self::Rename, _) => Icon::Rename,
            (Self::Delete | Self::DeleteForGood | Self::DeleteLeftovers, _) => Icon::Delete,
            (Self::NewFolder, _) => Icon::NewFolder,
            (Self::NewFile, _) => Icon::NewFile,
            (Self::Properties, _) => Icon::Properties,
            (Self::CopyUrl, _) => Icon::Copy,
            (Self::Refresh, _) => Icon::Refresh,
            (Self::Up, _) => Icon::Up,
            (Self::SelectAll, _) => Icon::SelectAll,
            (Self::FocusFilter, _) => Icon::Filter,
            _ => return None,
        })
    }

    fn shortcut(&self) -> Option<Shortcut> {
        match self {
            Self::Rename => plain(Key::F2),
            Self::Delete => plain(Key::Delete),
            Self::DeleteForGood => Some(Shortcut { ctrl: false, shift: true, key: Key::Delete }),
            Self::NewFolder => Some(Shortcut { ctrl: true, shift: true, key: Key::N }),
            Self::Up => plain(Key::Backspace),
            Self::SelectAll => ctrl(Key::A),
            Self::FocusFilter => ctrl(Key::F),
            Self::FocusPath => ctrl(Key::L),
            _ => None,
        }
    }

    fn enabled(&self, side: Side, model: &Model) -> bool {
        let pane = model.pane(side);
        let usable = side == Side::Local || model.is_connected();
        let selected = pane.selection.count();
        match self {
            Self::Transfer => selected > 0 && model.is_connected(),
            Self::Open => match pane.cursor_item() {
                Some(item) => usable && (side == Side::Local || item.entry.kind != EntryKind::Other),
                None => pane.selection.cursor == Some(Row::Parent),
            },
            Self::Rename => usable && selected == 1,
            Self::Delete | Self::DeleteForGood | Self::Properties => usable && selected > 0,
            Self::DeleteLeftovers => usable && !model.leftovers(side).is_empty(),
            Self::CopyUrl => selected > 0,
            Self::NewFolder | Self::NewFile => usable && pane.listing.is_some(),
            Self::Refresh => usable,
            Self::Up => usable && pane.location.parent().is_some(),
            _ => true,
        }
    }
}
