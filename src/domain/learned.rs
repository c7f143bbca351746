//! What was found out about one server by talking to it, so that it is not tried again at every connection. Shown and
//! edited in the Site Manager; kept in `sites.ron`.

use serde::{Deserialize, Serialize};

use super::Mode;

/// Everything that was found out about one server. `None` = not known: try, and see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learned {
    /// The mode in which data connections work, where [`super::TransferMode::Auto`] found out.
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
    /// The server allows so many connections at once, ours together.
    pub connection_cap: Option<u16>,
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
            Lesson::ConnectionCap(cap) => self.connection_cap = Some(cap),
            Lesson::ClockOffset(seconds) => self.clock_offset = Some(seconds),
            Lesson::SpokeTls => self.spoke_tls = true,
            Lesson::ClearText => self.clear_text = true,
            Lesson::Tls12Only => self.tls12_only = true,
        }
        *self != before
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_is_news_once() {
        let mut learned = Learned::default();
        assert!(learned.is_empty());
        assert!(learned.learn(Lesson::Epsv(false)));
        assert!(!learned.learn(Lesson::Epsv(false)));
        assert!(learned.learn(Lesson::Epsv(true)), "a server can mend its ways");
    }
}
