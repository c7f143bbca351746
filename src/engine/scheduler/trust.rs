//! Which encryption will do for a server: certificates that the user has accepted, clear text that the user has agreed to.
//! Questions about it are states of a connection or of a server's jobs, like the one for a password.

use std::sync::Arc;

use crate::domain::{Encryption, Lesson, Offered, QuestionId, Security, Site};
use crate::engine::message::{Answer, Event, Question};
use crate::engine::scheduler::asked::Asked;
use crate::engine::scheduler::trusted::is_same;
use crate::engine::scheduler::{Actor, Role};
use crate::ftp::error::FtpError;

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
