//! What stands in the Settings window: text until it is saved, and a sentence for each field that cannot be used.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::domain::{Proxy, ProxyKind, Secret, TransferMode};
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
    /// Through what connections go; `None` = directly.
    pub proxy_kind: Option<ProxyKind>,
    /// Name or address.
    pub proxy_host: String,
    /// Empty = the kind's usual one.
    pub proxy_port: String,
    /// Empty = the proxy knows no users.
    pub proxy_user: String,
    /// Typed now; empty = as it is in the keyring.
    pub proxy_password: Secret,
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
    /// Of the proxy.
    pub proxy: Box<ProxyProblems>,
}

/// What is wrong in which of the proxy's fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProxyProblems {
    /// Of the host.
    pub host: Option<&'static str>,
    /// Of the port.
    pub port: Option<&'static str>,
    /// Of the user.
    pub user: Option<&'static str>,
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
            proxy_kind: settings.proxy.as_ref().map(|proxy| proxy.kind),
            proxy_host: settings.proxy.as_ref().map(|proxy| proxy.host.clone()).unwrap_or_default(),
            proxy_port: settings.proxy.as_ref().map(|proxy| proxy.port.to_string()).unwrap_or_default(),
            proxy_user: settings.proxy.as_ref().map(|proxy| proxy.user.clone()).unwrap_or_default(),
            proxy_password: Secret::default(),
        }
    }

    /// What is to be done about the proxy's password ([`crate::domain::PROXY_SECRET`]) when the form is saved: `None` =
    /// nothing, `Some(None)` = forget it, since there is no user any more.
    pub fn keeps_proxy_password(&self, base: &Settings) -> Option<Option<Secret>> {
        let asks = self.proxy_kind.is_some_and(ProxyKind::takes_password) && !self.proxy_user.trim().is_empty();
        let asked = base.proxy.as_ref().is_some_and(|proxy| !proxy.user.is_empty());
        match (asks, self.proxy_password.is_empty()) {
            (true, false) => Some(Some(self.proxy_password.clone())),
            (false, _) if asked => Some(None),
            _ => None,
        }
    }

    fn proxy(&self, problems: &mut ProxyProblems) -> Option<Proxy> {
        let kind = self.proxy_kind?;
        let host = self.proxy_host.trim();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if bare.is_empty() || bare.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
            problems.host = Some("The name or address of the proxy, without http://.");
        }
        let port = match self.proxy_port.trim() {
            "" => Some(kind.default_port()),
            text => text.parse().ok().filter(|port| *port != 0),
        };
        if port.is_none() {
            problems.port = Some("1 to 65535, or empty.");
        }
        let user = self.proxy_user.trim();
        if user.contains(char::is_control) {
            problems.user = Some("A user name has no line breaks.");
        } else if kind == ProxyKind::HttpConnect && user.contains(':') {
            problems.user = Some("An HTTP proxy's user has no colon.");
        }
        Some(Proxy { kind, host: bare.to_owned(), port: port?, user: user.to_owned() })
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
        let proxy = self.proxy(&mut problems.proxy);
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
            proxy,
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

    fn proxied() -> Settings {
        let proxy = Proxy { kind: ProxyKind::Socks5, host: "p.example".into(), port: 1080, user: "me".into() };
        Settings { proxy: Some(proxy), ..Settings::default() }
    }

    #[test]
    fn a_proxy_comes_back_as_it_was_and_goes_where_none_is_chosen() {
        let settings = proxied();
        let mut form = SettingsForm::new(&settings);
        assert_eq!(form.settings(&settings), Ok(settings.clone()));
        form.proxy_kind = None;
        form.proxy_host.clear();
        assert_eq!(form.settings(&settings).map(|settings| settings.proxy), Ok(None));
    }

    #[test]
    fn a_proxy_without_a_port_has_its_kinds_usual_one() {
        let mut form = SettingsForm::new(&Settings::default());
        form.proxy_host = " [2001:db8::1] ".into();
        for (kind, port) in [(ProxyKind::Socks4a, 1080), (ProxyKind::HttpConnect, 8080)] {
            form.proxy_kind = Some(kind);
            let proxy = form.settings(&Settings::default()).expect("all is right").proxy.expect("a proxy");
            assert_eq!((proxy.host.as_str(), proxy.port), ("2001:db8::1", port));
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_told() {
        let mut form = SettingsForm::new(&Settings::default());
        form.proxy_kind = Some(ProxyKind::HttpConnect);
        form.proxy_port = "0".into();
        form.proxy_user = "a:b".into();
        for host in ["", "http://p.example", "a b"] {
            form.proxy_host = host.into();
            let problems = form.settings(&Settings::default()).expect_err("nothing is right");
            assert!(problems.proxy.host.is_some() && problems.proxy.port.is_some() && problems.proxy.user.is_some());
        }
    }

    #[test]
    fn a_proxys_password_goes_to_the_keyring_only_and_leaves_with_its_user() {
        let settings = proxied();
        let mut form = SettingsForm::new(&settings);
        assert_eq!(form.keeps_proxy_password(&settings), None, "untouched");
        form.proxy_password = Secret::from("hunter2");
        assert_eq!(form.keeps_proxy_password(&settings), Some(Some(Secret::from("hunter2"))));
        assert!(!format!("{form:?}").contains("hunter2"));
        let saved = form.settings(&settings).expect("all is right").to_ron().expect("text");
        assert!(!saved.contains("hunter2"), "{saved}");
        form.proxy_user.clear();
        assert_eq!(form.keeps_proxy_password(&settings), Some(None));
        let none = SettingsForm::new(&Settings::default());
        assert_eq!(none.keeps_proxy_password(&Settings::default()), None);
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
