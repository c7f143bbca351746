//! Forms as they are filled in: texts, what is wrong with them, and what they mean.

/// A site.
pub mod site_form;

/// All sites of the Site Manager, not saved yet.
pub mod site_drafts;

/// The settings.
pub mod settings_form;

/// Limits of speed at times of the week.
pub mod schedule_form;

/// What was learned of a server.
pub mod learned_form;

/// A speed.
pub mod rate_field;

/// A time of day.
pub mod clock;
