//! What was learned about a server, as the Site Manager shows it: each thing in plain words, with a way to forget it; the
//! numbers among them can be corrected. What the engine learns meanwhile comes in; what the user forgot stays forgotten.

use crate::domain::{Learned, Mode};

use crate::app::forms::clock;

/// What is known, and what the user makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedForm {
    /// As the engine knows it.
    base: Learned,
    /// With what the user forgot taken out; the numbers are in their texts.
    now: Learned,
    /// How many connections the server allows: digits.
    pub cap: String,
    /// How far its clock is ahead of UTC: `+02:00`.
    pub clock: String,
}

/// One thing that can be known of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of Learned, which says what they are")]
pub enum Known {
    SpokeTls,
    ClearText,
    Tls12Only,
    Mode,
    Epsv,
    Eprt,
    Pret,
    Mlsd,
    ListAll,
    Clock,
    Cap,
    RestStor,
    Rename,
    Feat,
    Paths,
    Pipelining,
}

/// What is wrong in which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LearnedProblems {
    /// Of the number of connections.
    pub cap: Option<&'static str>,
    /// Of the clock.
    pub clock: Option<&'static str>,
}

impl LearnedForm {
    /// The form of what is known.
    pub fn new(learned: Learned) -> Self {
        Self { base: learned, now: learned, cap: cap_text(&learned), clock: clock_text(&learned) }
    }

    /// The engine knows more by now: it comes in where the user changed nothing.
    pub fn follow(&mut self, live: Learned) {
        if live == self.base {
            return;
        }
        let (base, now) = (self.base, self.now);
        macro_rules! newer {
            ($($field:ident)*) => {
                Learned { $($field: if now.$field == base.$field { live.$field } else { now.$field },)* }
            };
        }
        let now = newer!(mode epsv eprt mlsd list_all pret pipelining rest_stor rename feat paths connection_cap cap_since clock_offset spoke_tls
            clear_text tls12_only);
        if self.cap == cap_text(&base) {
            self.cap = cap_text(&live);
        }
        if self.clock == clock_text(&base) {
            self.clock = clock_text(&live);
        }
        (self.base, self.now) = (live, now);
    }

    /// Whether the user changed something.
    pub fn is_changed(&self) -> bool {
        *self != Self::new(self.base)
    }

    /// What there is to show, in words, what matters most first.
    pub fn known(&self) -> Vec<(Known, &'static str)> {
        let yes_or_no = |value: Option<bool>, yes, no| value.map(|value| if value { yes } else { no });
        let now = &self.now;
        let said = [
            (
                Known::SpokeTls,
                now.spoke_tls.then_some("It speaks TLS: Twinport raises the alarm should it stop doing so."),
            ),
            (Known::ClearText, now.clear_text.then_some("You agreed to go on without encryption.")),
            (
                Known::Tls12Only,
                now.tls12_only.then_some("TLS 1.3 does not work for its data connections: TLS 1.2 is used."),
            ),
            (
                Known::Mode,
                now.mode.map(|mode| match mode {
                    Mode::Passive => "Passive mode works.",
                    Mode::Active => "Active mode works; passive does not.",
                }),
            ),
            (Known::Epsv, yes_or_no(now.epsv, "EPSV works.", "EPSV does not work: PASV is used.")),
            (Known::Eprt, yes_or_no(now.eprt, "EPRT works.", "EPRT does not work: PORT is used.")),
            (
                Known::Pret,
                yes_or_no(
                    now.pret,
                    "It wants PRET before a data connection.",
                    "It wants no PRET before a data connection.",
                ),
            ),
            (
                Known::Mlsd,
                yes_or_no(now.mlsd, "MLSD works: exact sizes and times.", "MLSD does not work: LIST is used."),
            ),
            (
                Known::ListAll,
                yes_or_no(
                    now.list_all,
                    "LIST -a works: hidden files are shown.",
                    "LIST -a does not work: hidden files may be missing.",
                ),
            ),
            (Known::Clock, now.clock_offset.map(|_| "The clock of its listings, ahead of UTC")),
            (Known::Cap, now.connection_cap.map(|_| "Connections that it allows at once")),
            (
                Known::RestStor,
                yes_or_no(
                    now.rest_stor,
                    "Uploads can be continued.",
                    "It forgets where an upload is to go on (REST): the rest is appended (APPE).",
                ),
            ),
            (
                Known::Rename,
                yes_or_no(
                    now.rename,
                    "Uploads can be renamed when they are whole.",
                    "It renames no uploads: they go under their final names.",
                ),
            ),
            (Known::Feat, yes_or_no(now.feat, "FEAT works.", "FEAT is not answered: it is not asked what it can.")),
            (
                Known::Paths,
                yes_or_no(
                    now.paths,
                    "Whole paths work.",
                    "It takes names in the current folder only: each folder is entered first (CWD).",
                ),
            ),
            (
                Known::Pipelining,
                yes_or_no(now.pipelining, "It takes several commands at once.", "It takes one command at a time."),
            ),
        ];
        said.into_iter().filter_map(|(known, words)| Some((known, words?))).collect()
    }

    /// It is not known any more: it is tried again.
    pub fn forget(&mut self, known: Known) {
        let now = &mut self.now;
        match known {
            Known::SpokeTls => now.spoke_tls = false,
            Known::ClearText => now.clear_text = false,
            Known::Tls12Only => now.tls12_only = false,
            Known::Mode => now.mode = None,
            Known::Epsv => now.epsv = None,
            Known::Eprt => now.eprt = None,
            Known::Pret => now.pret = None,
            Known::Mlsd => now.mlsd = None,
            Known::ListAll => now.list_all = None,
            Known::Clock => {
                now.clock_offset = None;
                self.clock.clear();
            }
            Known::Cap => {
                now.connection_cap = None;
                self.cap.clear();
            }
            Known::RestStor => now.rest_stor = None,
            Known::Rename => now.rename = None,
            Known::Feat => now.feat = None,
            Known::Paths => now.paths = None,
            Known::Pipelining => now.pipelining = None,
        }
    }

    /// Nothing is known any more.
    pub fn forget_all(&mut self) {
        *self = Self { base: self.base, ..Self::new(Learned::default()) };
    }

    /// What is known from now on.
    ///
    /// # Errors
    /// At least one problem.
    pub fn learned(&self) -> Result<Learned, LearnedProblems> {
        let mut learned = self.now;
        let mut problems = LearnedProblems::default();
        if learned.connection_cap.is_some() {
            match self.cap.trim().parse::<u16>() {
                // The user's own stands; what the server said is forgotten in time.
                Ok(cap) if cap > 0 && learned.connection_cap != Some(cap) => {
                    (learned.connection_cap, learned.cap_since) = (Some(cap), None);
                }
                Ok(cap) if cap > 0 => {}
                _ => problems.cap = Some("A number from 1; forget it where it is wrong."),
            }
        }
        // As text it has whole minutes; untouched it keeps its seconds.
        if learned.clock_offset.is_some() && self.clock != clock_text(&self.base) {
            match clock::parse(&self.clock) {
                Ok(minutes) => learned.clock_offset = Some(i32::from(minutes) * 60),
                Err(problem) => problems.clock = Some(problem),
            }
        }
        if problems == LearnedProblems::default() { Ok(learned) } else { Err(problems) }
    }
}

fn cap_text(learned: &Learned) -> String {
    learned.connection_cap.map(|cap| cap.to_string()).unwrap_or_default()
}

fn clock_text(learned: &Learned) -> String {
    let minutes = learned.clock_offset.and_then(|seconds| i16::try_from(seconds / 60).ok());
    minutes.map(clock::text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned() -> Learned {
        Learned {
            epsv: Some(false),
            list_all: Some(true),
            connection_cap: Some(3),
            clock_offset: Some(7200),
            spoke_tls: true,
            ..Learned::default()
        }
    }

    fn words(form: &LearnedForm) -> Vec<Known> {
        form.known().into_iter().map(|(known, _)| known).collect()
    }

    #[test]
    fn everything_known_is_told_and_can_be_forgotten() {
        let all = Learned {
            mode: Some(Mode::Passive),
            epsv: Some(true),
            eprt: Some(true),
            mlsd: Some(true),
            list_all: Some(true),
            pret: Some(true),
            pipelining: Some(true),
            rest_stor: Some(true),
            rename: Some(true),
            feat: Some(true),
            paths: Some(true),
            connection_cap: Some(1),
            cap_since: None,
            clock_offset: Some(0),
            spoke_tls: true,
            clear_text: true,
            tls12_only: true,
        };
        let mut form = LearnedForm::new(all);
        assert_eq!((words(&form).len(), form.learned()), (16, Ok(all)));
        for known in words(&form) {
            form.forget(known);
            assert!(!words(&form).contains(&known));
        }
        assert_eq!(form.learned(), Ok(Learned::default()));
        let mut form = LearnedForm::new(all);
        form.forget_all();
        assert!(form.is_changed());
        assert_eq!(form.learned(), Ok(Learned::default()));
    }

    #[test]
    fn numbers_can_be_corrected_and_must_be_numbers() {
        let mut form = LearnedForm::new(learned());
        assert_eq!((form.cap.as_str(), form.clock.as_str()), ("3", "+02:00"));
        assert!(!form.is_changed());
        form.cap = "5".into();
        form.clock = "-3:30".into();
        let corrected = form.learned().expect("numbers");
        assert_eq!((corrected.connection_cap, corrected.clock_offset), (Some(5), Some(-12_600)));
        form.cap = "0".into();
        form.clock = "noon".into();
        let problems = form.learned().expect_err("no numbers");
        assert!(problems.cap.is_some() && problems.clock.is_some());
    }

    #[test]
    fn what_comes_meanwhile_is_taken_in_and_what_was_forgotten_stays_forgotten() {
        let mut form = LearnedForm::new(learned());
        form.forget(Known::Epsv);
        form.cap = "9".into();
        let live = Learned { mlsd: Some(true), clock_offset: Some(3600), connection_cap: Some(2), ..learned() };
        form.follow(live);
        let merged = form.learned().expect("numbers");
        assert_eq!((merged.epsv, merged.mlsd, merged.list_all), (None, Some(true), Some(true)));
        assert_eq!((merged.connection_cap, merged.clock_offset), (Some(9), Some(3600)));
        assert!(form.is_changed());
    }
}
