//! Floor 4: the program without a window. [`Model`] is all a face may read, [`Action`] all it may ask for,
//! [`Model::perform`] carries one out, [`Model::apply`] takes in what the engine tells. No I/O, no clock: everything here
//! runs in a unit test.

pub mod action;
pub mod certificate;
pub mod dialog;
pub mod events;
pub mod files;
pub mod forms;
pub mod log;
pub mod model;
pub mod perform;
pub mod queue_view;
pub mod quick;
pub mod url;
pub mod words;

pub use crate::app::files::arrange::{Arranged, Arranging};
pub use crate::app::files::pane::{Column, Dragged, Item, Location, Pane, PaneError, Side, Sort};
pub use crate::app::files::rows::{Row, Rows};
pub use crate::app::files::selection::{Motion, Selection};
pub use action::{Action, Actions, Icon, Key, Memory, PaneAction, Shortcut};
pub use dialog::{Deletion, Dialog, Prompt, PromptFor, Properties};
pub use log::Log;
pub use model::{Connection, Link, Model, Notice, Operation, Severity};
pub use perform::{Effect, Field, Pick, Saved};
pub use queue_view::{Job, Queue, Tab};
