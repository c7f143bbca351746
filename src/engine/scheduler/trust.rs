//! Which encryption will do for a server: certificates that the user has accepted, clear text that the user has agreed to.
//! Questions about it are states of a connection or of a server's jobs, like the one for a password.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Encryption, Fingerprint, Lesson, MinimumTls, Offered, QuestionId, Security, Site};
use crate::ftp::error::FtpError;
use crate::net::terms::TlsTerms;

use crate::engine::Trust;
use crate::engine::message::{Answer, Event, Question};
use crate::engine::scheduler::{Actor, Asked, Role};

/// What the user has said so far.
pub(crate) struct Trusted {
    trust: Trust,
    /// Accepted for this run of the program, by host and port.
    once: HashMap<(String, u16), Vec<Fingerprint>>,
}

impl Trusted {
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, once: HashMap::new() }
    }

    /// What will do for that site. `agreed` = the user took clear text with it.
    pub(crate) fn terms(&self, site: &Site, default: MinimumTls) -> TlsTerms {
        let key = (site.host.trim().to_ascii_lowercase(), site.port());
        let known = self.trust.book.of(&site.host, site.port());
        let once = self.once.get(&key).into_iter().flatten().copied();
        let learned = &site.learned;
        let pinned = known.is_some()
            || !self.trust.accepted.is_empty()
            || learned.spoke_tls
            || self.once.contains_key(&key)
            || self.trust.spoke_tls.contains(&key);
        TlsTerms {
            pinned,
            minimum: site.minimum_tls.unwrap_or(default),
            accepted: known.into_iter().chain(once).chain(self.trust.accepted.iter().copied()).collect(),
            known,
            any: self.trust.any,
            clear_text: learned.clear_text || (self.trust.clear_text && !pinned),
        }
    }
}

impl Actor {
    /// A control connection is encrypted.
    pub(crate) fn secured(&mut self, session: u64, encryption: Arc<Encryption>) {
        if let Some(site) = self.site_of(session) {
            self.trusted.trust.spoke_tls.insert((site.host.trim().to_ascii_lowercase(), site.port()));
            self.learn(&site, Lesson::SpokeTls);
        }
        if let Some(Role::Browse(connection)) = self.sessions.get(&session).map(|slot| slot.role.clone()) {
            self.tell(Event::Secured { connection, encryption: Some(encryption) });
        }
    }

    /// A password goes in clear text over a control connection that should have been encrypted.
    pub(crate) fn in_clear(&mut self, session: u64) {
        if let Some(site) = self.site_of(session) {
            self.tell(Event::InClear(site));
        }
    }

    /// What to ask the user about this failure to open a session; `None` = it is no matter of encryption.
    pub(crate) fn encryption_question(site: &Arc<Site>, error: &FtpError) -> Option<Question> {
        let site = Arc::clone(site);
        match error {
            FtpError::Untrusted(offered) => Some(Question::Certificate { site, offered: Arc::clone(offered) }),
            FtpError::ClearTextUnasked(reply) => {
                Some(Question::ClearText { site, words: reply.text(), downgrade: false })
            }
            FtpError::NoTls { reply, downgrade: true } if site.security == Security::Auto => {
                Some(Question::ClearText { site, words: reply.text(), downgrade: true })
            }
            _ => None,
        }
    }

    /// Puts the user's answer to such a question into effect; `false` = the user said no.
    pub(crate) fn accept_encryption(&mut self, site: &Arc<Site>, error: &FtpError, answer: &Answer) -> bool {
        match (answer, error) {
            (Answer::Trust { always }, FtpError::Untrusted(offered)) => self.accept_certificate(offered, *always),
            (Answer::ClearText, FtpError::ClearTextUnasked(_) | FtpError::NoTls { downgrade: true, .. }) => {
                self.learn(site, Lesson::ClearText);
            }
            _ => return false,
        }
        self.answer_the_same(&site.server_key(), error);
        true
    }

    /// A pane and the queue may stand before the same server: one yes counts for both.
    fn answer_the_same(&mut self, server: &str, error: &FtpError) {
        let same = |asked: &Asked| match asked {
            Asked::BrowserEncryption(connection, other) => {
                let browser = self.browsers.get(connection);
                browser.is_some_and(|browser| is_same(error, other, browser.site.server_key() == server))
            }
            Asked::ServerEncryption(key, other) => is_same(error, other, &**key == server),
            _ => false,
        };
        let ids: Vec<QuestionId> = self.questions.iter().filter(|(_, asked)| same(asked)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(asked) = self.questions.remove(&id) else { continue };
            self.tell(Event::Withdrawn(id));
            match asked {
                Asked::BrowserEncryption(connection, _) => self.open(connection),
                Asked::ServerEncryption(key, error) => self.answered_about_server(&key, true, error),
                _ => {}
            }
        }
    }

    fn accept_certificate(&mut self, offered: &Offered, always: bool) {
        let Some(fingerprint) = offered.fingerprint() else { return };
        if always {
            self.trusted.trust.book.trust(&offered.host, offered.port, fingerprint);
            let book = Arc::new(self.trusted.trust.book.clone());
            self.tell(Event::Trusted(book));
        } else {
            let key = (offered.host.trim().to_ascii_lowercase(), offered.port);
            self.trusted.once.entry(key).or_default().push(fingerprint);
        }
    }
}

/// Whether two refusals to go on are about the same: one certificate of one server (whoever logs in), or one login in clear
/// text.
fn is_same(one: &FtpError, other: &FtpError, same_login: bool) -> bool {
    match (one, other) {
        (FtpError::Untrusted(one), FtpError::Untrusted(other)) => {
            one.host.eq_ignore_ascii_case(&other.host)
                && one.port == other.port
                && one.fingerprint() == other.fingerprint()
        }
        (FtpError::Untrusted(_), _) | (_, FtpError::Untrusted(_)) => false,
        _ => same_login,
    }
}
