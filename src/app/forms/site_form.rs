//! What stands in the Site Manager's form: text until it is saved, so that nothing typed is ever lost, and a sentence
//! for each field that cannot be used as it is.

use std::path::PathBuf;

use crate::domain::{
    Charset, ClientCertificate, Learned, Logon, MinimumTls, Secret, Security, Site, SiteColour, TransferMode,
};

use crate::app::forms::clock;
use crate::app::forms::learned_form::{LearnedForm, LearnedProblems};
use crate::app::forms::rate_field;

/// The form of one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteForm {
    /// As it was saved last.
    saved: Site,
    /// What the user calls it.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// Digits, or empty for the default.
    pub port: String,
    /// TLS or not.
    pub security: Security,
    /// How to log in.
    pub logon: Logon,
    /// The user's name on the server.
    pub user: String,
    /// Typed now; empty = the saved one stays.
    pub password: Secret,
    /// The saved one is to be forgotten.
    pub forget_password: bool,
    /// For ACCT.
    pub account: String,
    /// `None` = the settings'.
    pub transfer_mode: Option<TransferMode>,
    /// How the server's names are read.
    pub charset: Charset,
    /// Digits, or empty for the settings'.
    pub connection_limit: String,
    /// KiB a second for its downloads together, or empty for none beside the settings'.
    pub limit_down: String,
    /// The same of uploads.
    pub limit_up: String,
    /// Whether uploads go to a temporary name first; `None` = the settings'.
    pub safe_uploads: Option<bool>,
    /// Where the local pane goes.
    pub local_dir: String,
    /// Where the remote pane goes.
    pub remote_dir: String,
    /// Free text.
    pub notes: String,
    /// The mark.
    pub colour: SiteColour,
    /// `None` = the settings'.
    pub minimum_tls: Option<MinimumTls>,
    /// Data connections are encrypted, too.
    pub protect_data: bool,
    /// A PEM file, or empty.
    pub certificate: String,
    /// A PEM file; empty = the certificate's holds the key as well.
    pub key: String,
    /// `+02:00`, or empty for what is found out.
    pub clock_offset: String,
    /// Not through the settings' proxy.
    pub bypass_proxy: bool,
    /// MODE Z where the server can.
    pub compression: bool,
    /// What was found out about it.
    pub learned: LearnedForm,
}

/// A field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SiteProblems {
    /// Of the host.
    pub host: Option<&'static str>,
    /// Of the port.
    pub port: Option<&'static str>,
    /// Of the user.
    pub user: Option<&'static str>,
    /// Of the connection limit.
    pub connection_limit: Option<&'static str>,
    /// Of the limit of downloads.
    pub limit_down: Option<&'static str>,
    /// Of the limit of uploads.
    pub limit_up: Option<&'static str>,
    /// Of the local directory.
    pub local_dir: Option<&'static str>,
    /// Of the client certificate's files.
    pub certificate: Option<&'static str>,
    /// Of the clock's offset.
    pub clock_offset: Option<&'static str>,
    /// Of what was learned.
    pub learned: LearnedProblems,
}

impl SiteForm {
    /// The form of a site as it was saved.
    pub fn new(site: &Site) -> Self {
        let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            name: site.name.clone(),
            host: site.host.clone(),
            port: text(site.port.map(u64::from)),
            security: site.security,
            logon: site.logon,
            user: site.user.clone(),
            password: Secret::default(),
            forget_password: false,
            account: site.account.clone(),
            transfer_mode: site.transfer_mode,
            charset: site.charset.clone(),
            connection_limit: text(site.connection_limit.map(u64::from)),
            limit_down: rate_field::text(site.limit_down),
            limit_up: rate_field::text(site.limit_up),
            safe_uploads: site.safe_uploads,
            local_dir: site.local_dir.as_ref().map(|dir| dir.display().to_string()).unwrap_or_default(),
            remote_dir: site.remote_dir.clone().unwrap_or_default(),
            notes: site.notes.clone(),
            colour: site.colour,
            minimum_tls: site.minimum_tls,
            protect_data: site.protect_data,
            certificate: file(site.client_certificate.as_ref().map(|own| &own.certificate)),
            // The same file twice is the certificate's alone.
            key: file(
                site.client_certificate
                    .as_ref()
                    .map(|own| &own.key)
                    .filter(|key| site.client_certificate.as_ref().is_none_or(|own| own.certificate != **key)),
            ),
            clock_offset: site.clock_offset_minutes.map(clock::text).unwrap_or_default(),
            bypass_proxy: site.bypass_proxy,
            compression: site.compression,
            learned: LearnedForm::new(site.learned),
            saved: site.clone(),
        }
    }

    /// The engine knows more about the server by now.
    pub fn follow(&mut self, live: &Site) {
        if live.host.eq_ignore_ascii_case(&self.saved.host) {
            self.learned.follow(live.learned);
            self.saved.learned = live.learned;
        }
    }

    /// Where the user corrected what was learned: whose, and what is known from now on.
    pub fn teaches(&self) -> Option<(String, Learned)> {
        if !self.learned.is_changed() {
            return None;
        }
        let site = self.site().ok()?;
        Some((site.server_key(), site.learned))
    }

    /// Whether something differs from what was saved.
    pub fn is_changed(&self) -> bool {
        self.keeps().is_some() || *self != Self::new(&self.saved)
    }

    /// What is to be done about the password: `None` = nothing, `Some(None)` = forget it.
    pub fn keeps(&self) -> Option<Option<Secret>> {
        match (self.password.is_empty(), self.forget_password) {
            (false, _) if matches!(self.logon, Logon::Normal | Logon::Account) => Some(Some(self.password.clone())),
            (_, true) => Some(None),
            _ => None,
        }
    }

    /// A person pastes what they were sent: `ftps://anna@host:2121/pub` in the host field fills the fields it speaks
    /// of. `true` where it was such a text.
    pub fn take_url(&mut self) -> bool {
        let Some((scheme, rest)) = self.host.trim().split_once("://") else { return false };
        let security = match scheme.to_ascii_lowercase().as_str() {
            "ftp" => Security::Auto,
            "ftps" => Security::Implicit,
            "ftpes" => Security::Explicit,
            _ => return false,
        };
        let rest = rest.to_owned();
        let (server, path) = rest.split_once('/').map_or((rest.as_str(), None), |(server, path)| (server, Some(path)));
        let (login, server) = server.rsplit_once('@').map_or((None, server), |(login, server)| (Some(login), server));
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port))
                if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') =>
            {
                (host, port)
            }
            _ => (server, ""),
        };
        self.security = security;
        self.port = port.to_owned();
        if let Some(login) = login {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            self.user = decoded(user);
            if !password.is_empty() {
                self.password = Secret::new(decoded(password));
            }
            self.logon = Logon::Normal;
        }
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            self.remote_dir = decoded(path);
        }
        self.host = host.trim_matches(['[', ']']).to_owned();
        true
    }

    /// The site, or what is wrong in which field.
    ///
    /// # Errors
    /// At least one problem.
    pub fn site(&self) -> Result<Site, Box<SiteProblems>> {
        let mut problems = Box::<SiteProblems>::default();
        let host = self.host.trim().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            problems.host = Some("Enter the server's name or address.");
        } else if host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@\\".contains(c)) {
            problems.host = Some("A host has no spaces, slashes or @ in it: ftp.example.com.");
        }
        let port = match self.port.trim() {
            "" => None,
            text => match text.parse::<u16>() {
                Ok(port) if port != 0 => Some(port),
                _ => {
                    problems.port = Some("1 to 65535");
                    None
                }
            },
        };
        if self.logon != Logon::Anonymous && self.user.trim().is_empty() {
            problems.user = Some("Enter the user name, or choose Anonymous.");
        }
        let connection_limit = match self.connection_limit.trim() {
            "" => None,
            text => match text.parse::<u8>() {
                Ok(limit) if (1..=32).contains(&limit) => Some(limit),
                _ => {
                    problems.connection_limit = Some("1 to 32, or empty");
                    None
                }
            },
        };
        let limit_down = rate_field::read(&self.limit_down, &mut problems.limit_down);
        let limit_up = rate_field::read(&self.limit_up, &mut problems.limit_up);
        let local_dir = Some(self.local_dir.trim()).filter(|dir| !dir.is_empty()).map(PathBuf::from);
        if local_dir.as_ref().is_some_and(|dir| !dir.is_absolute()) {
            problems.local_dir = Some("Enter the whole path of the folder.");
        }
        let client_certificate = match (self.certificate.trim(), self.key.trim()) {
            ("", "") => None,
            ("", _) => {
                problems.certificate = Some("The key needs its certificate beside it.");
                None
            }
            (certificate, "") => Some(ClientCertificate { certificate: certificate.into(), key: certificate.into() }),
            (certificate, key) => Some(ClientCertificate { certificate: certificate.into(), key: key.into() }),
        };
        if client_certificate.as_ref().is_some_and(|own| !own.certificate.is_absolute() || !own.key.is_absolute()) {
            problems.certificate = Some("Enter the whole path of the file.");
        }
        let clock_offset_minutes = match self.clock_offset.trim() {
            "" => None,
            text => clock::parse(text).map_err(|problem| problems.clock_offset = Some(problem)).ok(),
        };
        // What was learned about another server says nothing about this one.
        let same_server = host.eq_ignore_ascii_case(&self.saved.host);
        let learned = match self.learned.learned() {
            Ok(learned) if same_server => learned,
            Err(wrong) if same_server => {
                problems.learned = wrong;
                Learned::default()
            }
            _ => Learned::default(),
        };
        if *problems != SiteProblems::default() {
            return Err(problems);
        }
        Ok(Site {
            id: self.saved.id,
            name: self.name.trim().to_owned(),
            host,
            port,
            security: self.security,
            logon: self.logon,
            user: self.user.trim().to_owned(),
            account: self.account.trim().to_owned(),
            transfer_mode: self.transfer_mode,
            charset: self.charset.clone(),
            connection_limit,
            limit_down,
            limit_up,
            local_dir,
            remote_dir: Some(self.remote_dir.trim().to_owned()).filter(|dir| !dir.is_empty()),
            notes: self.notes.clone(),
            colour: self.colour,
            minimum_tls: self.minimum_tls,
            protect_data: self.protect_data,
            client_certificate,
            clock_offset_minutes,
            bypass_proxy: self.bypass_proxy,
            compression: self.compression,
            safe_uploads: self.safe_uploads,
            learned,
        })
    }
}

fn file(path: Option<&PathBuf>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Mode, SiteId};

    fn form() -> SiteForm {
        let site = Site {
            id: SiteId(5),
            name: "A".into(),
            host: "a.example".into(),
            user: "u".into(),
            learned: Learned { mode: Some(Mode::Active), ..Learned::default() },
            ..Site::default()
        };
        SiteForm::new(&site)
    }

    #[test]
    fn an_untouched_form_is_unchanged_and_gives_the_same_site() {
        let form = form();
        assert!(!form.is_changed());
        assert_eq!(form.site().as_ref(), Ok(&form.saved));
    }

    #[test]
    fn every_field_that_cannot_be_used_is_told_at_once() {
        let mut form = form();
        form.host = " ".into();
        form.port = "70000".into();
        form.user = String::new();
        form.connection_limit = "0".into();
        form.limit_up = "fast".into();
        form.local_dir = "relative".into();
        form.key = "/keys/anna.pem".into();
        form.clock_offset = "noon".into();
        let problems = form.site().expect_err("nothing is right");
        assert!(problems.host.is_some() && problems.port.is_some() && problems.user.is_some());
        assert!(problems.connection_limit.is_some() && problems.limit_up.is_some() && problems.local_dir.is_some());
        assert!(problems.certificate.is_some() && problems.clock_offset.is_some());
    }

    #[test]
    fn a_certificate_file_may_hold_its_key() {
        let mut form = form();
        form.certificate = "/keys/both.pem".into();
        let site = form.site().expect("a site");
        let own = site.client_certificate.as_ref().expect("a certificate");
        assert_eq!(own.key, own.certificate);
        assert!(!SiteForm::new(&site).is_changed());
        form.certificate = "both.pem".into();
        assert!(form.site().expect_err("relative").certificate.is_some());
    }

    #[test]
    fn a_pasted_url_fills_the_fields() {
        let mut form = form();
        form.host = "ftpes://anna:p%40ss@[2001:db8::1]:2121/pub/a%20b".into();
        assert!(form.take_url());
        let site = form.site().expect("a site");
        assert_eq!((site.host.as_str(), site.port, site.security), ("2001:db8::1", Some(2121), Security::Explicit));
        assert_eq!((site.user.as_str(), site.remote_dir.as_deref()), ("anna", Some("pub/a b")));
        assert_eq!(form.keeps().flatten().map(|secret| secret.reveal().to_owned()).as_deref(), Some("p@ss"));
        form.host = "2001:db8::2".into();
        assert!(!form.take_url());
    }

    #[test]
    fn what_was_learned_is_forgotten_with_the_server() {
        let mut form = form();
        form.host = "b.example".into();
        assert!(form.site().expect("a site").learned.is_empty());
    }

    #[test]
    fn a_password_is_kept_only_where_the_logon_uses_it() {
        let mut form = form();
        form.password = Secret::from("x");
        assert!(form.is_changed());
        assert_eq!(form.keeps(), Some(Some(Secret::from("x"))));
        form.logon = Logon::Ask;
        assert_eq!(form.keeps(), None);
        form.forget_password = true;
        assert_eq!(form.keeps(), Some(None));
    }
}
