//! The schedule of speed limits, as `settings.ron` holds it: what holds on which days from which hour to which.
//!
//! What holds at a moment is the engine's to say; this is only the user's word, and how it is written.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One line of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// On which days it begins.
    pub days: Vec<Day>,
    /// From when.
    pub from: Hour,
    /// Until when; not after `from` = on the next day.
    pub to: Hour,
    /// What holds meanwhile, instead of the limits that hold otherwise.
    pub then: Pace,
}

/// How fast all transfers together may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// Bytes a second in each direction; `None` = as fast as it goes.
    Limit {
        /// Downloads.
        down: Option<u64>,
        /// Uploads.
        up: Option<u64>,
    },
    /// Nothing is transferred.
    Pause,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they say what they are")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A time of day, to the minute: `08:30`. `24:00` is the day's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hour {
    minutes: u16,
}

impl Day {
    /// From Monday.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// `Mon`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mon => "Mon",
            Self::Tue => "Tue",
            Self::Wed => "Wed",
            Self::Thu => "Thu",
            Self::Fri => "Fri",
            Self::Sat => "Sat",
            Self::Sun => "Sun",
        }
    }

    /// The day before.
    pub fn yesterday(self) -> Self {
        Self::ALL[(self as usize + 6) % 7]
    }
}

impl Hour {
    const DAY: u16 = 24 * 60;

    /// So many minutes after midnight; `None` beyond the day's end.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= Self::DAY).then_some(Self { minutes })
    }

    /// Minutes after midnight, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.minutes
    }

    /// As people write it: `8`, `08:30`, `8.30`, `24:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.trim().split_once([':', '.']).unwrap_or((text.trim(), "00"));
        let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hours) || minutes.len() != 2 || !digits(minutes) {
            return None;
        }
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (minutes < 60).then(|| Self::from_minutes(hours * 60 + minutes)).flatten()
    }
}

impl Rule {
    /// Whether it holds on that day at that minute (0 to 1439) of the clock on the wall.
    pub fn holds(&self, day: Day, minute: u16) -> bool {
        let (from, to) = (self.from.minutes(), self.to.minutes());
        let begins = |day| self.days.contains(&day);
        if from < to {
            begins(day) && (from..to).contains(&minute)
        } else {
            (begins(day) && minute >= from) || (begins(day.yesterday()) && minute < to)
        }
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl From<Hour> for String {
    fn from(hour: Hour) -> Self {
        hour.to_string()
    }
}

impl TryFrom<String> for Hour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("“{text}” is no time of day such as 08:30"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(days: &[Day], from: &str, to: &str) -> Rule {
        let hour = |text| Hour::parse(text).expect("an hour");
        Rule { days: days.to_vec(), from: hour(from), to: hour(to), then: Pace::Pause }
    }

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, shown) in [("8", "08:00"), ("08:30", "08:30"), (" 8.05 ", "08:05"), ("24", "24:00"), ("0", "00:00")]
        {
            assert_eq!(Hour::parse(text).map(|hour| hour.to_string()).as_deref(), Some(shown), "{text}");
        }
        for wrong in ["", "25", "24:01", "8:60", "8:5", "eight", "-1", "8:30:00"] {
            assert_eq!(Hour::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_rule_that_ends_before_it_begins_ends_on_the_next_day() {
        let night = rule(&[Day::Fri], "22:00", "06:00");
        assert!(night.holds(Day::Fri, 22 * 60) && night.holds(Day::Fri, 24 * 60 - 1) && night.holds(Day::Sat, 359));
        assert!(!night.holds(Day::Fri, 0) && !night.holds(Day::Sat, 360) && !night.holds(Day::Sun, 0));
        let whole = rule(&[Day::Sun], "00:00", "24:00");
        assert!(whole.holds(Day::Sun, 0) && whole.holds(Day::Sun, 1439) && !whole.holds(Day::Mon, 0));
        let round = rule(&[Day::Sun], "08:00", "08:00");
        assert!(round.holds(Day::Sun, 480) && round.holds(Day::Mon, 479) && !round.holds(Day::Mon, 480));
    }
}
