//! How far the clock of a server's LIST is from UTC: two of the files just listed are asked for by MDTM, once. Out of
//! scope: the comparison itself ([`crate::ftp::listing::clock`]).

use crate::domain::{Entry, EntryKind, Learned, Listing, Precision, RemotePath, Timestamp, Zone};

/// What this session knows of the server's clock.
#[derive(Debug, Default)]
pub(in crate::net) struct Clock {
    /// Seconds ahead of UTC.
    pub(crate) offset: Option<i32>,
    /// Nothing more is to be found out: the user said it, or it was asked.
    pub(crate) settled: bool,
    /// Files of the last listing to ask about, with their time as listed.
    pub(crate) samples: Vec<(RemotePath, Timestamp)>,
}

impl Clock {
    /// `told` = the user's own word, in minutes.
    pub(in crate::net) fn new(told: Option<i16>, learned: &Learned) -> Self {
        Self {
            offset: told.map(|minutes| i32::from(minutes) * 60).or(learned.clock_offset),
            settled: told.is_some(),
            samples: Vec::new(),
        }
    }

    /// Makes UTC of what LIST told, where that is known, and keeps in mind whom to ask about.
    pub(in crate::net) fn adjust(&mut self, dir: &RemotePath, entries: &mut [Entry]) {
        if self.settled && self.offset.is_none() {
            return;
        }
        for entry in entries {
            let Some(listed) = entry.modified.filter(|time| time.zone == Zone::Server) else { continue };
            if !self.settled && entry.kind == EntryKind::File && listed.precision != Precision::Day {
                self.consider(dir, &entry.name, listed);
            }
            if let Some(offset) = self.offset {
                entry.modified = Some(listed.with_offset(offset));
            }
        }
    }

    /// The newest two: in summer, the files of last winter may be listed with winter's offset.
    fn consider(&mut self, dir: &RemotePath, name: &[u8], listed: Timestamp) {
        if self.samples.len() == SAMPLES {
            let Some((at, oldest)) = self
                .samples
                .iter()
                .enumerate()
                .min_by_key(|(_, (_, time))| time.seconds)
                .map(|(at, (_, time))| (at, time))
            else {
                return;
            };
            if oldest.seconds >= listed.seconds {
                return;
            }
            self.samples.swap_remove(at);
        }
        self.samples.push((dir.join(name), listed));
    }

    /// Before another listing.
    pub(in crate::net) fn forget_samples(&mut self) {
        self.samples.clear();
    }
}

/// What turned out about the server's clock after it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    pub(crate) before: Option<i32>,
    pub(crate) offset: i32,
}

impl Correction {
    /// Puts the times of a listing right that was read before.
    pub fn apply(&self, listing: &mut Listing) {
        for entry in &mut listing.entries {
            entry.modified = entry.modified.map(|time| match self.before {
                Some(before) if time.zone == Zone::Utc && time.precision != Precision::Day => {
                    Timestamp { seconds: time.seconds + i64::from(before) - i64::from(self.offset), ..time }
                }
                _ => time.with_offset(self.offset),
            });
        }
    }
}

/// `2:00 hours ahead of UTC`.
pub(crate) fn in_words(offset: i32) -> String {
    let minutes = offset.unsigned_abs() / 60;
    match offset {
        0 => "that of UTC".into(),
        _ => {
            let side = if offset > 0 { "ahead of" } else { "behind" };
            format!("{}:{:02} hours {side} UTC", minutes / 60, minutes % 60)
        }
    }
}

/// So many files are asked for.
const SAMPLES: usize = 2;
