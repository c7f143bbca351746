//! Which limit of speed holds at a time of the week.

use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _, Zoned};

use crate::engine::message::Limited;
use crate::store::schedule::{Day, Pace};
use crate::store::settings::Settings;

/// A rule holds again after a week at the latest.
const DAYS: i64 = 8;

/// What holds now, and when that changes next.
pub(crate) fn limited(settings: &Settings, now: &Zoned) -> Limited {
    let holds = at(settings, now.datetime());
    let until = next_change(settings, now).map(SystemTime::from);
    Limited { until, ..holds }
}

/// What holds while the clock on the wall shows that.
fn at(settings: &Settings, clock: DateTime) -> Limited {
    if !settings.limits_on {
        return Limited::default();
    }
    let day = Day::ALL[usize::from(clock.weekday().to_monday_zero_offset().unsigned_abs()) % 7];
    let minute = u16::from(clock.hour().unsigned_abs()) * 60 + u16::from(clock.minute().unsigned_abs());
    let rule = settings.schedule.iter().rev().find(|rule| rule.holds(day, minute));
    let (down, up, paused) = match rule.map(|rule| rule.then) {
        None => (settings.limit_down, settings.limit_up, false),
        Some(Pace::Limit { down, up }) => (down, up, false),
        Some(Pace::Pause) => (None, None, true),
    };
    Limited { down, up, paused, until: None }
}

/// The first moment after `now` at which something else holds.
fn next_change(settings: &Settings, now: &Zoned) -> Option<Timestamp> {
    if !settings.limits_on || settings.schedule.is_empty() {
        return None;
    }
    let zone = now.time_zone();
    let mut moments: Vec<Timestamp> = Vec::new();
    for day in 0..=DAYS {
        let Ok(midnight) = now.date().checked_add(day.days()).map(|date| date.at(0, 0, 0, 0)) else { continue };
        for rule in &settings.schedule {
            for hour in [rule.from, rule.to] {
                let Ok(clock) = midnight.checked_add(i64::from(hour.minutes()).minutes()) else { continue };
                // Twice, where the clock is put back.
                let moment = zone.to_ambiguous_timestamp(clock);
                moments.extend([moment.earlier(), moment.later()].into_iter().flatten());
            }
        }
    }
    moments.extend(zone.following(now.timestamp()).take(2).map(|transition| transition.timestamp()));
    moments.retain(|moment| *moment > now.timestamp());
    moments.sort_unstable();
    let here = at(settings, now.datetime());
    moments.into_iter().find(|moment| at(settings, zone.to_datetime(*moment)) != here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schedule::{Hour, Rule};

    fn rule(days: &[Day], from: &str, to: &str, then: Pace) -> Rule {
        let hour = |text| Hour::parse(text).expect("an hour");
        Rule { days: days.to_vec(), from: hour(from), to: hour(to), then }
    }

    fn slow(down: u64) -> Pace {
        Pace::Limit { down: Some(down), up: None }
    }

    fn settings(schedule: Vec<Rule>) -> Settings {
        Settings { limit_down: Some(9_000), schedule, ..Settings::default() }
    }

    /// Download limit (0 = paused), and the clock at which it changes.
    fn shown(settings: &Settings, now: &str) -> (u64, String) {
        let now: Zoned = now.parse().expect("a time");
        let limited = limited(settings, &now);
        let until = limited.until.map(|until| {
            let until = Timestamp::try_from(until).expect("a time").to_zoned(now.time_zone().clone());
            until.strftime("%a %H:%M %Z").to_string()
        });
        let down = if limited.paused { 0 } else { limited.down.unwrap_or(u64::MAX) };
        (down, until.unwrap_or_default())
    }

    const WEEKDAYS: [Day; 5] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];

    #[test]
    fn the_rule_of_the_hour_holds_until_its_end() {
        let office = settings(vec![rule(&WEEKDAYS, "8", "18", slow(500))]);
        // 2026-11-24 is a Tuesday.
        assert_eq!(shown(&office, "2026-11-24T07:59[Europe/Berlin]"), (9_000, "Tue 08:00 CET".into()));
        assert_eq!(shown(&office, "2026-11-24T08:00[Europe/Berlin]"), (500, "Tue 18:00 CET".into()));
        assert_eq!(shown(&office, "2026-11-27T18:00[Europe/Berlin]"), (9_000, "Mon 08:00 CET".into()));
        assert_eq!(shown(&settings(Vec::new()), "2026-11-24T08:00[Europe/Berlin]"), (9_000, String::new()));
        let off = Settings { limits_on: false, ..office };
        assert_eq!(shown(&off, "2026-11-24T08:00[Europe/Berlin]"), (u64::MAX, String::new()));
    }

    #[test]
    fn a_rule_goes_on_over_midnight() {
        let night = settings(vec![rule(&[Day::Sun], "22", "6", Pace::Pause)]);
        assert_eq!(shown(&night, "2026-11-29T23:59[Europe/Berlin]"), (0, "Mon 06:00 CET".into()));
        assert_eq!(shown(&night, "2026-11-30T00:00[Europe/Berlin]"), (0, "Mon 06:00 CET".into()));
        assert_eq!(shown(&night, "2026-11-30T06:00[Europe/Berlin]"), (9_000, "Sun 22:00 CET".into()));
        let always = settings(vec![rule(&Day::ALL, "0", "24", slow(500))]);
        assert_eq!(shown(&always, "2026-11-30T06:00[Europe/Berlin]"), (500, String::new()), "nothing ever changes");
    }

    #[test]
    fn of_rules_that_overlap_the_last_one_counts() {
        let both = settings(vec![rule(&WEEKDAYS, "8", "18", slow(500)), rule(&WEEKDAYS, "12", "13", slow(700))]);
        assert_eq!(shown(&both, "2026-11-24T11:00[Europe/Berlin]"), (500, "Tue 12:00 CET".into()));
        assert_eq!(shown(&both, "2026-11-24T12:30[Europe/Berlin]"), (700, "Tue 13:00 CET".into()));
        assert_eq!(shown(&both, "2026-11-24T13:00[Europe/Berlin]"), (500, "Tue 18:00 CET".into()));
        let same = settings(vec![rule(&WEEKDAYS, "8", "12", slow(500)), rule(&WEEKDAYS, "12", "18", slow(500))]);
        assert_eq!(shown(&same, "2026-11-24T09:00[Europe/Berlin]"), (500, "Tue 18:00 CET".into()), "no change at noon");
    }

    #[test]
    fn the_clock_on_the_wall_decides_where_it_is_put_forward_or_back() {
        let rules = settings(vec![rule(&[Day::Sun], "2", "2:30", slow(500)), rule(&[Day::Sun], "4", "5", slow(700))]);
        // 2026-03-29: after 01:59 CET comes 03:00 CEST. The first rule's hour is left out.
        assert_eq!(shown(&rules, "2026-03-29T01:30[Europe/Berlin]"), (9_000, "Sun 04:00 CEST".into()));
        // 2026-10-25: after 02:59 CEST comes 02:00 CET. It comes twice.
        assert_eq!(shown(&rules, "2026-10-25T02:10+02:00[Europe/Berlin]"), (500, "Sun 02:30 CEST".into()));
        assert_eq!(shown(&rules, "2026-10-25T02:40+02:00[Europe/Berlin]"), (9_000, "Sun 02:00 CET".into()));
        assert_eq!(shown(&rules, "2026-10-25T02:10+01:00[Europe/Berlin]"), (500, "Sun 02:30 CET".into()));
        let long = settings(vec![rule(&[Day::Sat], "23", "3:30", slow(500))]);
        assert_eq!(shown(&long, "2026-03-29T01:30[Europe/Berlin]"), (500, "Sun 03:30 CEST".into()));
    }
}
