//! What stands in the Settings window: text until it is saved, and a sentence for each field that cannot be used.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::domain::TransferMode;
use crate::store::settings::{
    CONNECTIONS, ConflictPolicy, RETRIES, RETRY_DELAY_SECONDS, Settings, TIMEOUT_SECONDS, Theme,
};

/// The form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsForm {
    /// For sites that say nothing themselves.
    pub transfer_mode: TransferMode,
    /// Active mode's first port; empty together with the last = the system's choice.
    pub port_from: String,
    /// Active mode's last port.
    pub port_to: String,
    /// Empty = our own address.
    pub external_address: String,
    /// Transfer sessions.
    pub connections: String,
    /// Seconds.
    pub connect_timeout: String,
    /// Seconds.
    pub reply_timeout: String,
    /// How often.
    pub retries: String,
    /// Seconds.
    pub retry_delay: String,
    /// When a file exists.
    pub on_exists: ConflictPolicy,
    /// Uploads under a temporary name.
    pub safe_uploads: bool,
    /// Modification times are kept.
    pub preserve_times: bool,
    /// Light or dark.
    pub theme: Theme,
}

/// What is wrong in which field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsProblems {
    /// Of the port range.
    pub ports: Option<&'static str>,
    /// Of the external address.
    pub external_address: Option<&'static str>,
    /// Of the connections.
    pub connections: Option<&'static str>,
    /// Of the time to connect.
    pub connect_timeout: Option<&'static str>,
    /// Of the time to reply.
    pub reply_timeout: Option<&'static str>,
    /// Of the retries.
    pub retries: Option<&'static str>,
    /// Of the delay.
    pub retry_delay: Option<&'static str>,
}

impl SettingsForm {
    /// The form of these settings.
    pub fn new(settings: &Settings) -> Self {
        let port = |pick: fn((u16, u16)) -> u16| settings.port_range.map(|range| pick(range).to_string());
        Self {
            transfer_mode: settings.transfer_mode,
            port_from: port(|range| range.0).unwrap_or_default(),
            port_to: port(|range| range.1).unwrap_or_default(),
            external_address: settings.external_address.map(|address| address.to_string()).unwrap_or_default(),
            connections: settings.connections.to_string(),
            connect_timeout: settings.connect_timeout_seconds.to_string(),
            reply_timeout: settings.reply_timeout_seconds.to_string(),
            retries: settings.retries.to_string(),
            retry_delay: settings.retry_delay_seconds.to_string(),
            on_exists: settings.on_exists,
            safe_uploads: settings.safe_uploads,
            preserve_times: settings.preserve_times,
            theme: settings.theme,
        }
    }

    /// `base` with what the form says, or what is wrong in which field.
    ///
    /// # Errors
    /// At least one problem.
    pub fn settings(&self, base: &Settings) -> Result<Settings, SettingsProblems> {
        let mut problems = SettingsProblems::default();
        let port_range = match (self.port_from.trim(), self.port_to.trim()) {
            ("", "") => None,
            (from, to) => match (from.parse::<u16>(), to.parse::<u16>()) {
                (Ok(from), Ok(to)) if from != 0 && from <= to => Some((from, to)),
                _ => {
                    problems.ports = Some("Two ports between 1 and 65535, the lower one first, or both empty.");
                    None
                }
            },
        };
        let external_address = match self.external_address.trim() {
            "" => None,
            text => match text.parse::<IpAddr>() {
                Ok(address) if !address.is_unspecified() && !address.is_multicast() => Some(address),
                _ => {
                    problems.external_address = Some("An IP address such as 203.0.113.7, or empty.");
                    None
                }
            },
        };
        let connections = number(&self.connections, CONNECTIONS, "1 to 32", &mut problems.connections);
        let connect = number(&self.connect_timeout, TIMEOUT_SECONDS, "1 to 3600", &mut problems.connect_timeout);
        let reply = number(&self.reply_timeout, TIMEOUT_SECONDS, "1 to 3600", &mut problems.reply_timeout);
        let retries = number(&self.retries, RETRIES, "0 to 99", &mut problems.retries);
        let delay = number(&self.retry_delay, RETRY_DELAY_SECONDS, "1 to 3600", &mut problems.retry_delay);
        let (Some(connections), Some(connect), Some(reply), Some(retries), Some(delay)) =
            (connections, connect, reply, retries, delay)
        else {
            return Err(problems);
        };
        if problems != SettingsProblems::default() {
            return Err(problems);
        }
        Ok(Settings {
            transfer_mode: self.transfer_mode,
            port_range,
            external_address,
            connections,
            connect_timeout_seconds: connect,
            reply_timeout_seconds: reply,
            retries,
            retry_delay_seconds: delay,
            on_exists: self.on_exists,
            safe_uploads: self.safe_uploads,
            preserve_times: self.preserve_times,
            theme: self.theme,
            ..base.clone()
        })
    }
}

fn number<T: std::str::FromStr + PartialOrd>(
    text: &str,
    range: RangeInclusive<T>,
    wanted: &'static str,
    problem: &mut Option<&'static str>,
) -> Option<T> {
    let value = text.trim().parse().ok().filter(|value| range.contains(value));
    if value.is_none() {
        *problem = Some(wanted);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_form_gives_the_same_settings() {
        let settings = Settings { port_range: Some((6000, 7000)), show_hidden: false, ..Settings::default() };
        assert_eq!(SettingsForm::new(&settings).settings(&settings), Ok(settings));
    }

    #[test]
    fn every_field_that_cannot_be_used_is_told_at_once() {
        let mut form = SettingsForm::new(&Settings::default());
        form.port_from = "7000".into();
        form.external_address = "0.0.0.0".into();
        form.connections = "33".into();
        form.retries = "x".into();
        let problems = form.settings(&Settings::default()).expect_err("nothing is right");
        assert!(problems.ports.is_some() && problems.external_address.is_some());
        assert!(problems.connections.is_some() && problems.retries.is_some());
        assert!(problems.connect_timeout.is_none() && problems.retry_delay.is_none());
    }
}
