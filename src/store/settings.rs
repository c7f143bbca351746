//! `settings.ron`: what the user chose, with a default for every field.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::{MinimumTls, Proxy, TransferMode};
use crate::store::file;
use crate::store::file::Loaded;
use crate::store::schedule::{Pace, Rule};

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
    /// The oldest TLS that will do, for sites that say nothing themselves.
    pub minimum_tls: MinimumTls,
    /// Through which connections go; `None` = directly. Its password lies in the keyring.
    pub proxy: Option<Proxy>,
    /// Files with these extensions (lower case, without the point) are sent as text, TYPE A; none by default.
    pub ascii_extensions: Vec<String>,
    /// An idle browsing connection is kept alive (NOOP).
    pub keep_alive: bool,
    /// Transfer sessions beside the browsing one, 1 to 32: never more; how many are opened depends on what they bring.
    pub connections: u8,
    /// For connecting and for the greeting.
    pub connect_timeout_seconds: u16,
    /// For a reply, or the next byte of a transfer.
    pub reply_timeout_seconds: u16,
    /// Whether the limits hold, those of sites and of the schedule included: a switch that forgets no value.
    pub limits_on: bool,
    /// All downloads together, bytes a second; `None` = as fast as they go.
    pub limit_down: Option<u64>,
    /// The same of uploads.
    pub limit_up: Option<u64>,
    /// What holds at certain hours instead; of several rules that hold the last one counts.
    pub schedule: Vec<Rule>,
    /// Automatic retries of what is transient.
    pub retries: u8,
    /// Before the first retry; doubles each time.
    pub retry_delay_seconds: u16,
    /// Seconds that a transfer waits for room on a full disk; `None` = until there is some.
    pub wait_for_room_seconds: Option<u32>,
    /// What to do when a file exists.
    pub on_exists: ConflictPolicy,
    /// Uploads go to a temporary name and are renamed when whole.
    pub safe_uploads: bool,
    /// What makes a transferred file count as right.
    pub verify: Verify,
    /// When a download is forced to the disk before it gets its name.
    pub flush: Flush,
    /// Connections for one large download: 1 = one, 0 = as many as help (where the system is not Linux: one).
    pub segments: u8,
    /// What is done or failed is forgotten after so many days; 0 = never.
    pub history_days: u16,
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

/// What makes a transferred file count as right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Verify {
    /// Its size on both sides.
    #[default]
    Size,
    /// Its hash, where the server can make one; else its size.
    Hash,
    /// The server's word.
    None,
}

/// When a download is forced to the disk (fsync) before it gets its name, so that a power cut leaves no empty file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Flush {
    /// The system's own time.
    Never,
    /// Files of a megabyte and more: small ones by the thousand would wait for the disk each.
    #[default]
    Large,
    /// Each file.
    Always,
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

/// How many connections transfers may have at most beside the browsing one.
pub const CONNECTIONS: RangeInclusive<u8> = 1..=32;
/// Seconds to wait for a connection or a reply.
pub const TIMEOUT_SECONDS: RangeInclusive<u16> = 1..=3600;
/// Connections for one large download.
pub const SEGMENTS: RangeInclusive<u8> = 0..=32;
/// Days after which what has ended is forgotten.
pub const HISTORY_DAYS: RangeInclusive<u16> = 0..=9999;
/// Automatic retries.
pub const RETRIES: RangeInclusive<u8> = 0..=99;
/// Seconds before the first retry.
pub const RETRY_DELAY_SECONDS: RangeInclusive<u16> = 1..=3600;

impl Settings {
    /// Reads `settings.ron`. What cannot be used is replaced by the nearest that can, and told.
    pub fn load(path: &Path) -> Loaded<Self> {
        let mut loaded: Loaded<Self> = file::load_ron(path);
        loaded.value.take_over(&file::load_ron::<Former>(path).value);
        let changed = loaded.value.sanitise();
        loaded.warnings.extend(changed);
        loaded
    }

    /// What an older version wrote under another name.
    fn take_over(&mut self, former: &Former) {
        self.limit_down = self.limit_down.or(former.speed_limit);
        self.limit_up = self.limit_up.or(former.speed_limit);
    }

    /// As `settings.ron` holds it.
    ///
    /// # Errors
    /// Never in practice; RON could refuse a value.
    pub fn to_ron(&self) -> std::io::Result<String> {
        let mut settings = self.clone();
        // RON is text: a folder whose name is no UTF-8 must not keep all the rest from being saved.
        settings.window.local_dir = settings.window.local_dir.filter(|dir| dir.to_str().is_some());
        file::to_ron(&settings)
    }

    /// Puts every value into its range; returns a sentence for each one that was not.
    pub fn sanitise(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        clamp(&mut self.connections, CONNECTIONS, "connections", &mut told);
        clamp(&mut self.connect_timeout_seconds, TIMEOUT_SECONDS, "connect_timeout_seconds", &mut told);
        clamp(&mut self.reply_timeout_seconds, TIMEOUT_SECONDS, "reply_timeout_seconds", &mut told);
        clamp(&mut self.segments, SEGMENTS, "segments", &mut told);
        clamp(&mut self.history_days, HISTORY_DAYS, "history_days", &mut told);
        clamp(&mut self.retries, RETRIES, "retries", &mut told);
        clamp(&mut self.retry_delay_seconds, RETRY_DELAY_SECONDS, "retry_delay_seconds", &mut told);
        if let Some((from, to)) = self.port_range
            && (from == 0 || from > to)
        {
            told.push(format!("settings.ron: port_range {from} to {to} is no range; the system chooses the port now."));
            self.port_range = None;
        }
        if let Some(address) = self.external_address
            && (address.is_unspecified() || address.is_multicast())
        {
            told.push(format!("settings.ron: nobody can connect to external_address {address}; it is not used now."));
            self.external_address = None;
        }
        if let Some(proxy) = &self.proxy
            && (proxy.host.trim().is_empty() || proxy.port == 0)
        {
            // Never directly where a proxy was wanted: the port that cannot be makes every connection fail, and says why.
            told.push(
                "settings.ron: the proxy has no host or no port; no connection is possible before that is set.".into(),
            );
        }
        for rate in [&mut self.limit_down, &mut self.limit_up] {
            // Nothing would ever be transferred.
            rate.take_if(|rate| *rate == 0);
        }
        for rule in &mut self.schedule {
            if let Pace::Limit { down, up } = &mut rule.then {
                down.take_if(|rate| *rate == 0);
                up.take_if(|rate| *rate == 0);
            }
        }
        self.window.sanitise();
        told
    }
}

/// Fields that older versions wrote.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Former {
    /// For both directions together, up to November 2026.
    speed_limit: Option<u64>,
}

impl WindowState {
    /// A window that was once lost outside of every screen comes back without a word.
    fn sanitise(&mut self) {
        let whole = Self::default();
        let sound = |value: f32, range: RangeInclusive<f32>, default: f32| {
            if value.is_finite() { value.clamp(*range.start(), *range.end()) } else { default }
        };
        self.size.0 = sound(self.size.0, 480.0..=16_384.0, whole.size.0);
        self.size.1 = sound(self.size.1, 320.0..=16_384.0, whole.size.1);
        self.queue_height = sound(self.queue_height, 80.0..=4_096.0, whole.queue_height);
        self.split = sound(self.split, 0.1..=0.9, whole.split);
        for (widths, whole) in
            [(&mut self.local_columns, whole.local_columns), (&mut self.remote_columns, whole.remote_columns)]
        {
            for (width, whole) in widths.iter_mut().zip(whole) {
                *width = sound(*width, 24.0..=2_000.0, whole);
            }
        }
    }
}

/// Moves the value into its range, and says so.
fn clamp<T: Ord + Copy + Display>(value: &mut T, range: RangeInclusive<T>, name: &str, told: &mut Vec<String>) {
    let (low, high) = (*range.start(), *range.end());
    if !range.contains(value) {
        let was = *value;
        *value = was.clamp(low, high);
        told.push(format!("settings.ron: {name} {was} is not between {low} and {high}; {value} is used."));
    }
}

/// Wide enough for what is usually in them: name, size, type, modified, permissions, owner.
const COLUMNS: [f32; 6] = [168.0, 76.0, 84.0, 128.0, 88.0, 80.0];

impl Default for Settings {
    fn default() -> Self {
        Self {
            transfer_mode: TransferMode::Auto,
            port_range: None,
            external_address: None,
            minimum_tls: MinimumTls::default(),
            proxy: None,
            ascii_extensions: Vec::new(),
            keep_alive: true,
            connections: 10,
            connect_timeout_seconds: 20,
            reply_timeout_seconds: 20,
            limits_on: true,
            limit_down: None,
            limit_up: None,
            schedule: Vec::new(),
            retries: 3,
            retry_delay_seconds: 5,
            wait_for_room_seconds: None,
            on_exists: ConflictPolicy::Ask,
            safe_uploads: true,
            verify: Verify::default(),
            flush: Flush::default(),
            segments: 0,
            history_days: 30,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Loaded<Settings> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("settings.ron");
        std::fs::write(&path, text).expect("written");
        Settings::load(&path)
    }

    #[test]
    fn what_is_missing_has_its_default_and_what_is_unknown_is_no_error() {
        let loaded = load("(connections: 7, a_field_of_tomorrow: [1, (x: \"y\")], port_range: (6000, 7000))");
        assert_eq!(loaded.warnings, Vec::<String>::new());
        assert_eq!(loaded.value.connections, 7);
        assert_eq!(loaded.value.port_range, Some((6000, 7000)));
        assert_eq!(loaded.value.retries, Settings::default().retries);
    }

    #[test]
    fn values_out_of_range_are_clamped_and_told() {
        let loaded = load(
            "(connections: 0, retries: 200, port_range: Some((7000, 6000)), external_address: \"0.0.0.0\", \
             window: (size: (1.0, inf), split: NaN))",
        );
        assert_eq!((loaded.value.connections, loaded.value.retries), (1, 99));
        assert_eq!((loaded.value.port_range, loaded.value.external_address), (None, None));
        assert_eq!(loaded.value.window.size, (480.0, 800.0));
        assert_eq!(loaded.value.window.split.to_bits(), 0.5f32.to_bits());
        assert_eq!(loaded.warnings.len(), 4, "{:?}", loaded.warnings);
    }

    #[test]
    fn the_speed_limit_of_older_versions_holds_in_both_directions() {
        let loaded = load("(speed_limit: Some(512000), connections: 3)");
        assert_eq!((loaded.value.limit_down, loaded.value.limit_up), (Some(512_000), Some(512_000)));
        assert_eq!(loaded.warnings, Vec::<String>::new());
        let loaded = load("(limit_down: 1024, limit_up: 0)");
        assert_eq!((loaded.value.limit_down, loaded.value.limit_up, loaded.value.limits_on), (Some(1024), None, true));
    }

    #[test]
    fn a_schedule_is_text_that_people_can_write() {
        let loaded = load(
            "(schedule: [(days: [Mon, Fri], from: \"8\", to: \"18:30\", then: Limit(down: 512000, up: None)), \
             (days: [Sun], from: \"22:00\", to: \"06:00\", then: Pause)])",
        );
        assert_eq!(loaded.warnings, Vec::<String>::new());
        let [day, night] = &loaded.value.schedule[..] else { panic!("two rules") };
        assert_eq!(day.then, Pace::Limit { down: Some(512_000), up: None });
        assert_eq!((night.from.to_string(), night.then), ("22:00".to_owned(), Pace::Pause));
        let again = load(&loaded.value.to_ron().expect("written"));
        assert_eq!(again.value.schedule, loaded.value.schedule);
    }

    #[test]
    fn settings_come_back_as_they_were_saved() {
        let settings = Settings {
            transfer_mode: TransferMode::Active,
            port_range: Some((50_000, 50_100)),
            external_address: Some("203.0.113.7".parse().expect("an address")),
            theme: Theme::Dark,
            window: WindowState { local_dir: Some("/data".into()), ..WindowState::default() },
            ..Settings::default()
        };
        let loaded = load(&settings.to_ron().expect("written"));
        assert_eq!(loaded, Loaded { value: settings, warnings: Vec::new() });
    }
}
