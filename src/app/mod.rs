//! Floor 4: the program without a window. [`Model`] is all a face may read, [`Action`] all it may ask for,
//! [`Model::perform`] carries one out, [`Model::apply`] takes in what the engine tells. No I/O, no clock: everything here
//! runs in a unit test.

pub mod action;
pub mod arrange;
pub mod certificate;
pub mod clock;
pub mod dialog;
pub mod events;
pub mod learned_form;
mod leftovers;
pub mod log;
pub mod model;
pub mod pane;
pub mod perform;
pub mod queue_view;
pub mod quick;
pub mod rate_field;
pub mod rows;
pub mod schedule_form;
pub mod selection;
pub mod settings_form;
pub mod site_drafts;
pub mod site_form;
pub mod url;
pub mod words;

pub use action::{Action, Actions, Icon, Key, Memory, PaneAction, Shortcut};
pub use arrange::{Arranged, Arranging};
pub use dialog::{Deletion, Dialog, Prompt, PromptFor, Properties};
pub use log::Log;
pub use model::{Connection, Link, Model, Notice, Operation, Severity};
pub use pane::{Column, Dragged, Item, Location, Pane, PaneError, Side, Sort};
pub use perform::{Effect, Field, Pick, Saved};
pub use queue_view::{Job, Queue, Tab};
pub use rows::{Row, Rows};
pub use selection::{Motion, Selection};
