//! The dialogs that the user opens. What is typed into them lives in the face; questions of the engine are
//! [`super::Model::questions`].

use crate::app::files::location::{Item, Location, Side};

/// The dialog that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// The saved sites.
    SiteManager,
    /// The settings.
    Settings,
    /// Asks before deleting. Answered by [`crate::app::Action::ConfirmDelete`].
    Delete(Deletion),
    /// Asks for a name. Answered by [`crate::app::Action::SubmitPrompt`].
    Prompt(Prompt),
    /// Shows what is known of the items. Answered by [`crate::app::Action::SetPermissions`].
    Properties(Properties),
    /// What this program is.
    About,
}

/// What would be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Where.
    pub side: Side,
    /// What; at least one.
    pub items: Vec<Item>,
    /// Local files: not to the trash. Remote ones are always deleted for good.
    pub for_good: bool,
    /// Why it is asked (again): the trash cannot be used.
    pub why: Option<String>,
}

/// Asks for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Where.
    pub side: Side,
    /// What for.
    pub what: PromptFor,
    /// The text to begin with.
    pub initial: String,
}

/// What a name is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptFor {
    /// Another name.
    Rename(Item),
    /// The name of a new folder in this directory.
    NewFolder(Location),
    /// The name of a new, empty file in this directory.
    NewFile(Location),
}

/// The items whose properties are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties {
    /// Where.
    pub side: Side,
    /// What; at least one.
    pub items: Vec<Item>,
}
