//! What was found out about one server by talking to it, so that it is not tried again at every connection. Shown and
//! edited in the Site Manager; kept in `sites.ron`.

use serde::{Deserialize, Serialize};

use crate::domain::Mode;

/// Everything that was found out about one server. `None` = not known: try, and see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learned {
    /// The mode in which data connections work, where [`crate::domain::TransferMode::Auto`] found out.
    pub mode: Option<Mode>,
    /// Whether EPSV works (RFC 2428); where it does not, PASV is used at once.
    pub epsv: Option<bool>,
    /// Whether EPRT works (RFC 2428); where it does not, PORT is used at once.
    pub eprt: Option<bool>,
    /// Whether MLSD works although, or because, FEAT says so (RFC 3659).
    pub mlsd: Option<bool>,
    /// Whether `LIST -a` shows hidden files rather than a file called `-a`.
    pub list_all: Option<bool>,
    /// Whether PRET must announce what comes before PASV (drftpd).
    pub pret: Option<bool>,
    /// Whether several commands in one write are answered in their order.
    pub pipelining: Option<bool>,
    /// Whether REST before STOR really continues a file.
    pub rest_stor: Option<bool>,
    /// Whether an upload can be renamed when it is whole; where not, it goes under its final name.
    pub rename: Option<bool>,
    /// Whether FEAT is answered (RFC 2389); where not, it is not asked.
    pub feat: Option<bool>,
    /// Whether paths with more than a name are taken by other commands than CWD.
    pub paths: Option<bool>,
    /// The server allows so many connections at once, ours together.
    pub connection_cap: Option<u16>,
    /// When it said so, in seconds since 1970; `None` = the user set the cap, and it stands.
    pub cap_since: Option<i64>,
    /// How far the clock of its LIST is ahead of UTC, in seconds.
    pub clock_offset: Option<i32>,
    /// It has spoken TLS before: it must not fall back to clear text unnoticed.
    pub spoke_tls: bool,
    /// The user agreed to clear text with it.
    pub clear_text: bool,
    /// TLS 1.3 data connections cannot continue the control connection's session here: use TLS 1.2.
    pub tls12_only: bool,
}

/// One thing that a session found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// See [`Learned::mode`].
    Mode(Mode),
    /// See [`Learned::epsv`].
    Epsv(bool),
    /// See [`Learned::eprt`].
    Eprt(bool),
    /// See [`Learned::mlsd`].
    Mlsd(bool),
    /// See [`Learned::list_all`].
    ListAll(bool),
    /// See [`Learned::pret`].
    Pret(bool),
    /// See [`Learned::pipelining`].
    Pipelining(bool),
    /// See [`Learned::rest_stor`].
    RestStor(bool),
    /// See [`Learned::rename`].
    Rename(bool),
    /// See [`Learned::feat`].
    Feat(bool),
    /// See [`Learned::paths`].
    Paths(bool),
    /// See [`Learned::connection_cap`].
    ConnectionCap(u16),
    /// See [`Learned::clock_offset`].
    ClockOffset(i32),
    /// See [`Learned::spoke_tls`].
    SpokeTls,
    /// See [`Learned::clear_text`].
    ClearText,
    /// See [`Learned::tls12_only`].
    Tls12Only,
}

impl Learned {
    /// Takes a lesson; `false` where that is nothing new.
    pub fn learn(&mut self, lesson: Lesson) -> bool {
        let before = *self;
        match lesson {
            Lesson::Mode(mode) => self.mode = Some(mode),
            Lesson::Epsv(works) => self.epsv = Some(works),
            Lesson::Eprt(works) => self.eprt = Some(works),
            Lesson::Mlsd(works) => self.mlsd = Some(works),
            Lesson::ListAll(works) => self.list_all = Some(works),
            Lesson::Pret(needed) => self.pret = Some(needed),
            Lesson::Pipelining(works) => self.pipelining = Some(works),
            Lesson::RestStor(works) => self.rest_stor = Some(works),
            Lesson::Rename(works) => self.rename = Some(works),
            Lesson::Feat(works) => self.feat = Some(works),
            Lesson::Paths(works) => self.paths = Some(works),
            Lesson::ConnectionCap(cap) => self.connection_cap = Some(cap),
            Lesson::ClockOffset(seconds) => self.clock_offset = Some(seconds),
            // What was agreed to before it had TLS is no consent to a fall back.
            Lesson::SpokeTls => (self.spoke_tls, self.clear_text) = (true, false),
            Lesson::ClearText => self.clear_text = true,
            Lesson::Tls12Only => self.tls12_only = true,
        }
        *self != before
    }

    /// Forgets a cap that the server told so long ago that it may allow more by now; `true` = it did.
    pub fn forget_old_cap(&mut self, now: i64) -> bool {
        let old = self.cap_since.is_some_and(|since| now.saturating_sub(since) >= CAP_LASTS);
        if old {
            self.connection_cap = None;
            self.cap_since = None;
        }
        old
    }

    /// Takes from `other` what is not known here.
    pub fn fill_in(&mut self, other: &Self) {
        self.mode = self.mode.or(other.mode);
        self.epsv = self.epsv.or(other.epsv);
        self.eprt = self.eprt.or(other.eprt);
        self.mlsd = self.mlsd.or(other.mlsd);
        self.list_all = self.list_all.or(other.list_all);
        self.pret = self.pret.or(other.pret);
        self.pipelining = self.pipelining.or(other.pipelining);
        self.rest_stor = self.rest_stor.or(other.rest_stor);
        self.rename = self.rename.or(other.rename);
        self.feat = self.feat.or(other.feat);
        self.paths = self.paths.or(other.paths);
        if self.connection_cap.is_none() {
            self.connection_cap = other.connection_cap;
            self.cap_since = other.cap_since;
        }
        self.clock_offset = self.clock_offset.or(other.clock_offset);
        self.spoke_tls |= other.spoke_tls;
        self.clear_text |= other.clear_text;
        self.tls12_only |= other.tls12_only;
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A server's word on how many connections it allows counts for a day, in seconds.
const CAP_LASTS: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_to_clear_text_ends_when_the_server_speaks_tls() {
        let mut learned = Learned::default();
        learned.learn(Lesson::ClearText);
        learned.learn(Lesson::SpokeTls);
        assert!(learned.spoke_tls && !learned.clear_text);
        learned.learn(Lesson::ClearText);
        assert!(learned.clear_text, "agreed to in spite of the alarm");
    }

    #[test]
    fn a_lesson_is_news_once() {
        let mut learned = Learned::default();
        assert!(learned.is_empty());
        assert!(learned.learn(Lesson::Epsv(false)));
        assert!(!learned.learn(Lesson::Epsv(false)));
        assert!(learned.learn(Lesson::Epsv(true)), "a server can mend its ways");
    }

    #[test]
    fn a_cap_counts_for_a_day_and_the_users_own_for_good() {
        let mut learned = Learned { connection_cap: Some(2), cap_since: Some(1000), ..Learned::default() };
        assert!(!learned.forget_old_cap(1000 + 86_399));
        assert!(learned.forget_old_cap(1000 + 86_400));
        assert!(learned.is_empty());
        let mut own = Learned { connection_cap: Some(2), ..Learned::default() };
        assert!(!own.forget_old_cap(i64::MAX));
    }

    #[test]
    fn what_is_known_is_not_overwritten_by_what_was() {
        let mut learned = Learned { epsv: Some(true), ..Learned::default() };
        learned.fill_in(&Learned { epsv: Some(false), mlsd: Some(false), ..Learned::default() });
        assert_eq!((learned.epsv, learned.mlsd), (Some(true), Some(false)));
    }
}
