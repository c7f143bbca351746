//! `settings.ron`: what the user chose, with a default for every field.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::domain::TransferMode;

/// Everything in the Settings window, and what the window remembers of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// For sites that say nothing themselves.
    pub transfer_mode: TransferMode,
    /// Active mode listens on a port of this range (inclusive); `None` = the system's choice.
    pub port_range: Option<(u16, u16)>,
    /// What active mode names to the server instead of our own address.
    pub external_address: Option<IpAddr>,
    /// Transfer sessions beside the browsing one, 1 to 32.
    pub connections: u8,
    /// For connecting and for the greeting.
    pub connect_timeout_seconds: u16,
    /// For a reply, or the next byte of a transfer.
    pub reply_timeout_seconds: u16,
    /// Automatic retries of what is transient.
    pub retries: u8,
    /// Before the first retry; doubles each time.
    pub retry_delay_seconds: u16,
    /// What to do when a file exists.
    pub on_exists: ConflictPolicy,
    /// Uploads go to a temporary name and are renamed when whole.
    pub safe_uploads: bool,
    /// Downloads and uploads keep the source's modification time.
    pub preserve_times: bool,
    /// Light, dark, or as the system.
    pub theme: Theme,
    /// Names that begin with a dot.
    pub show_hidden: bool,
    /// The window's own memory.
    pub window: WindowState,
}

/// What to do when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ConflictPolicy {
    /// Ask; the rest of the queue goes on.
    #[default]
    Ask,
    /// Replace it.
    Overwrite,
    /// Replace it where the source is newer.
    Newer,
    /// Replace it where the sizes differ.
    Size,
    /// Append what is missing.
    Resume,
    /// Keep both: `name (2).txt`.
    Rename,
    /// Leave it.
    Skip,
}

/// Light, dark, or as the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// What the window remembers of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowState {
    /// Points.
    pub size: (f32, f32),
    /// The local pane's last directory.
    pub local_dir: Option<std::path::PathBuf>,
    /// The queue panel's height in points.
    pub queue_height: f32,
    /// Whether the queue panel is open.
    pub queue_open: bool,
    /// Whether the message log is open.
    pub log_open: bool,
    /// The local pane's share of the width, 0 to 1.
    pub split: f32,
    /// Widths in points of the local pane's columns, name first (its own is a minimum: it takes what is left).
    pub local_columns: [f32; 6],
    /// The same of the remote pane.
    pub remote_columns: [f32; 6],
}

/// Wide enough for what is usually in them: name, size, type, modified, permissions, owner.
const COLUMNS: [f32; 6] = [168.0, 76.0, 84.0, 128.0, 88.0, 80.0];

impl Default for Settings {
    fn default() -> Self {
        Self {
            transfer_mode: TransferMode::Auto,
            port_range: None,
            external_address: None,
            connections: 4,
            connect_timeout_seconds: 20,
            reply_timeout_seconds: 20,
            retries: 3,
            retry_delay_seconds: 5,
            on_exists: ConflictPolicy::Ask,
            safe_uploads: true,
            preserve_times: true,
            theme: Theme::System,
            show_hidden: true,
            window: WindowState::default(),
        }
    }
}

impl Default for WindowState {
    fn default() -> Self {
        Self {
            size: (1280.0, 800.0),
            local_dir: None,
            queue_height: 200.0,
            queue_open: true,
            log_open: false,
            split: 0.5,
            local_columns: COLUMNS,
            remote_columns: COLUMNS,
        }
    }
}
