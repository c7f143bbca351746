//! Floor 4: the program without a window. [`Model`] is all a face may read, [`Action`] all it may ask for,
//! [`Model::perform`] carries one out, [`Model::apply`] takes in what the engine tells. No I/O, no clock: everything here
//! runs in a unit test.

pub mod action;
pub mod certificate;
pub mod dialog;
pub mod effect;
pub mod events;
pub mod files;
pub mod forms;
mod leftovers;
pub mod log;
pub mod model;
pub mod operation;
pub mod perform;
pub mod queue_view;
pub mod quick;
pub mod shortcut;
pub mod url;
pub mod words;

pub use crate::app::files::arrange::{Arranged, Arranging};
pub use crate::app::files::columns::{Column, Sort};
pub use crate::app::files::location::{Dragged, Item, Location, Side};
pub use crate::app::files::pane::{Pane, PaneError};
pub use crate::app::files::rows::{Row, Rows};
pub use crate::app::files::selection::{Motion, Selection};
pub use action::{Action, Actions, Memory, PaneAction};
pub use dialog::{Deletion, Dialog, Prompt, PromptFor, Properties};
pub use effect::{Effect, Field, Pick, Saved};
pub use log::Log;
pub use model::{Connection, Link, Model, Notice, Severity};
pub use operation::Operation;
pub use queue_view::{Job, Queue, Tab};
pub use shortcut::{Icon, Key, Shortcut};
