//! What stands in the Settings window: text until it is saved, and a sentence for each field that cannot be used.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::domain::{MinimumTls, Proxy, ProxyKind, Secret, TransferMode};
use crate::store::settings::{
    CONNECTIONS, ConflictPolicy, Flush, HISTORY_DAYS, RETRIES, RETRY_DELAY_SECONDS, SEGMENTS, Settings,
    TIMEOUT_SECONDS, Theme, Verify,
};

use crate::app::forms::rate_field;
use crate::app::forms::schedule_form::{RuleForm, RuleProblems};

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
    /// Transfer sessions, at most.
    pub connections: String,
    /// Connections for one large file; empty = as many as help.
    pub segments: String,
    /// Whether the limits hold.
    pub limits_on: bool,
    /// KiB a second for all downloads together; empty = as fast as they go.
    pub limit_down: String,
    /// The same of uploads.
    pub limit_up: String,
    /// Other limits at certain hours.
    pub schedule: Vec<RuleForm>,
    /// Idle connections are kept.
    pub keep_alive: bool,
    /// The oldest TLS that will do.
    pub minimum_tls: MinimumTls,
    /// Extensions of text files, separated by commas.
    pub ascii_extensions: String,
    /// `None` = no proxy.
    pub proxy_kind: Option<ProxyKind>,
    /// Name or address.
    pub proxy_host: String,
    /// Digits, or empty for the kind's usual one.
    pub proxy_port: String,
    /// Empty = it knows no users.
    pub proxy_user: String,
    /// Typed now; empty = the saved one stays.
    pub proxy_password: Secret,
    /// The saved one is to be forgotten.
    pub forget_proxy_password: bool,
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
    /// What makes a file count as right.
    pub verify: Verify,
    /// When downloads are forced to the disk.
    pub flush: Flush,
    /// Modification times are kept.
    pub preserve_times: bool,
    /// Days; 0 = never.
    pub history_days: String,
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
    /// Of the connections for one file.
    pub segments: Option<&'static str>,
    /// Of the limit of downloads.
    pub limit_down: Option<&'static str>,
    /// Of the limit of uploads.
    pub limit_up: Option<&'static str>,
    /// Of the schedule, line by line; empty = nothing is wrong.
    pub schedule: Vec<RuleProblems>,
    /// Of the days.
    pub history_days: Option<&'static str>,
    /// Of the extensions.
    pub ascii_extensions: Option<&'static str>,
    /// Of the proxy's host.
    pub proxy_host: Option<&'static str>,
    /// Of the proxy's port.
    pub proxy_port: Option<&'static str>,
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
            segments: if settings.segments == 0 { String::new() } else { settings.segments.to_string() },
            limits_on: settings.limits_on,
            limit_down: rate_field::text(settings.limit_down),
            limit_up: rate_field::text(settings.limit_up),
            schedule: settings.schedule.iter().map(RuleForm::new).collect(),
            keep_alive: settings.keep_alive,
            minimum_tls: settings.minimum_tls,
            ascii_extensions: settings.ascii_extensions.join(", "),
            proxy_kind: settings.proxy.as_ref().map(|proxy| proxy.kind),
            proxy_host: settings.proxy.as_ref().map(|proxy| proxy.host.clone()).unwrap_or_default(),
            proxy_port: settings.proxy.as_ref().map(|proxy| proxy.port.to_string()).unwrap_or_default(),
            proxy_user: settings.proxy.as_ref().map(|proxy| proxy.user.clone()).unwrap_or_default(),
            proxy_password: Secret::default(),
            forget_proxy_password: false,
            connect_timeout: settings.connect_timeout_seconds.to_string(),
            reply_timeout: settings.reply_timeout_seconds.to_string(),
            retries: settings.retries.to_string(),
            retry_delay: settings.retry_delay_seconds.to_string(),
            on_exists: settings.on_exists,
            safe_uploads: settings.safe_uploads,
            verify: settings.verify,
            flush: settings.flush,
            preserve_times: settings.preserve_times,
            history_days: settings.history_days.to_string(),
            theme: settings.theme,
        }
    }

    /// What is to be done about the proxy's password: `None` = nothing, `Some(None)` = forget it.
    pub fn keeps(&self, base: &Settings) -> Option<Option<Secret>> {
        let used = self.proxy_kind.is_some_and(ProxyKind::takes_password) && !self.proxy_user.trim().is_empty();
        let saved = base.proxy.as_ref().is_some_and(|proxy| !proxy.user.is_empty());
        match (used, self.proxy_password.is_empty()) {
            (true, false) => Some(Some(self.proxy_password.clone())),
            (true, true) => self.forget_proxy_password.then_some(None),
            (false, _) => saved.then_some(None),
        }
    }

    /// `base` with what the form says, or what is wrong in which field.
    ///
    /// # Errors
    /// At least one problem.
    pub fn settings(&self, base: &Settings) -> Result<Settings, Box<SettingsProblems>> {
        let mut problems = Box::<SettingsProblems>::default();
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
        let segments = match self.segments.trim() {
            "" => Some(0),
            text => number(text, SEGMENTS, "1 to 32, or empty", &mut problems.segments),
        };
        let limit_down = rate_field::read(&self.limit_down, &mut problems.limit_down);
        let limit_up = rate_field::read(&self.limit_up, &mut problems.limit_up);
        let rules: Vec<_> = self.schedule.iter().map(RuleForm::rule).collect();
        if rules.iter().any(Result::is_err) {
            problems.schedule = rules.iter().map(|rule| rule.as_ref().err().copied().unwrap_or_default()).collect();
        }
        let history = number(&self.history_days, HISTORY_DAYS, "0 to 9999", &mut problems.history_days);
        let ascii_extensions = extensions(&self.ascii_extensions, &mut problems);
        let proxy = self.proxy(&mut problems);
        let connect = number(&self.connect_timeout, TIMEOUT_SECONDS, "1 to 3600", &mut problems.connect_timeout);
        let reply = number(&self.reply_timeout, TIMEOUT_SECONDS, "1 to 3600", &mut problems.reply_timeout);
        let retries = number(&self.retries, RETRIES, "0 to 99", &mut problems.retries);
        let delay = number(&self.retry_delay, RETRY_DELAY_SECONDS, "1 to 3600", &mut problems.retry_delay);
        let (Some(connections), Some(segments), Some(history)) = (connections, segments, history) else {
            return Err(problems);
        };
        let (Some(connect), Some(reply), Some(retries), Some(delay)) = (connect, reply, retries, delay) else {
            return Err(problems);
        };
        if *problems != SettingsProblems::default() {
            return Err(problems);
        }
        Ok(Settings {
            transfer_mode: self.transfer_mode,
            port_range,
            external_address,
            connections,
            segments,
            limits_on: self.limits_on,
            limit_down,
            limit_up,
            schedule: rules.into_iter().flatten().collect(),
            keep_alive: self.keep_alive,
            minimum_tls: self.minimum_tls,
            ascii_extensions,
            proxy,
            connect_timeout_seconds: connect,
            reply_timeout_seconds: reply,
            retries,
            retry_delay_seconds: delay,
            on_exists: self.on_exists,
            safe_uploads: self.safe_uploads,
            verify: self.verify,
            flush: self.flush,
            preserve_times: self.preserve_times,
            history_days: history,
            theme: self.theme,
            ..base.clone()
        })
    }

    fn proxy(&self, problems: &mut SettingsProblems) -> Option<Proxy> {
        let kind = self.proxy_kind?;
        let host = self.proxy_host.trim().trim_matches(['[', ']']).to_owned();
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@\\".contains(c)) {
            problems.proxy_host = Some("Enter the proxy's name or address.");
        }
        let port = match self.proxy_port.trim() {
            "" => Some(kind.default_port()),
            text => text.parse().ok().filter(|port| *port != 0),
        };
        if port.is_none() {
            problems.proxy_port = Some("1 to 65535");
        }
        Some(Proxy { kind, host, port: port?, user: self.proxy_user.trim().to_owned() })
    }
}

/// `TXT, .html;md` as `txt`, `html`, `md`.
fn extensions(text: &str, problems: &mut SettingsProblems) -> Vec<String> {
    let mut extensions: Vec<String> = Vec::new();
    for typed in text.split([',', ';', ' ']) {
        let extension = typed.trim().trim_start_matches('*').trim_start_matches('.').to_lowercase();
        if extension.contains(['/', '\\', '*', '?']) {
            problems.ascii_extensions = Some("Extensions with commas between them: txt, html, csv.");
        } else if !extension.is_empty() && !extensions.contains(&extension) {
            extensions.push(extension);
        }
    }
    extensions
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
    fn limits_are_kept_to_the_byte_and_a_rule_that_is_wrong_is_told_in_its_line() {
        let base = Settings { limit_down: Some(1500), ..Settings::default() };
        let mut form = SettingsForm::new(&base);
        assert_eq!(form.settings(&base).as_ref(), Ok(&base));
        (form.limit_down, form.limit_up) = (" ".into(), "5M".into());
        form.schedule = vec![RuleForm::default()];
        let settings = form.settings(&base).expect("settings");
        assert_eq!((settings.limit_down, settings.limit_up, settings.schedule.len()), (None, Some(5 << 20), 1));
        assert_eq!(SettingsForm::new(&settings).settings(&settings), Ok(settings));
        form.schedule.push(RuleForm { from: "noon".into(), ..RuleForm::default() });
        (form.limit_up, form.segments, form.history_days) = ("0".into(), "33".into(), "-1".into());
        let problems = form.settings(&base).expect_err("wrong");
        assert!(problems.limit_up.is_some() && problems.segments.is_some() && problems.history_days.is_some());
        assert_eq!(problems.schedule[0].first(), None);
        assert!(problems.schedule[1].from.is_some());
    }

    #[test]
    fn extensions_are_read_as_people_write_them() {
        let mut form = SettingsForm::new(&Settings::default());
        form.ascii_extensions = "TXT, .html;*.md txt".into();
        let settings = form.settings(&Settings::default()).expect("extensions");
        assert_eq!(settings.ascii_extensions, ["txt", "html", "md"]);
        form.ascii_extensions = "a/b".into();
        assert!(form.settings(&Settings::default()).expect_err("a path").ascii_extensions.is_some());
    }

    #[test]
    fn a_proxy_needs_a_host_and_its_password_goes_to_the_keyring_only() {
        let base = Settings::default();
        let mut form = SettingsForm::new(&base);
        form.proxy_kind = Some(ProxyKind::Socks5);
        assert!(form.settings(&base).expect_err("no host").proxy_host.is_some());
        form.proxy_host = "proxy.example".into();
        form.proxy_user = "anna".into();
        form.proxy_password = Secret::from("hunter2");
        let settings = form.settings(&base).expect("a proxy");
        let proxy = settings.proxy.as_ref().expect("a proxy");
        assert_eq!((proxy.host.as_str(), proxy.port, proxy.user.as_str()), ("proxy.example", 1080, "anna"));
        assert_eq!(form.keeps(&base), Some(Some(Secret::from("hunter2"))));
        assert!(!settings.to_ron().expect("written").contains("hunter2"));
        let mut form = SettingsForm::new(&settings);
        assert_eq!(form.keeps(&settings), None, "the saved one stays");
        form.proxy_kind = None;
        assert_eq!(form.keeps(&settings), Some(None), "a proxy that is gone leaves no password behind");
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
