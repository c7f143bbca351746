//! The schedule as it stands in the Settings window: a line for each rule, text until it is saved.

use crate::store::schedule::{Day, Hour, Pace, Rule};

use crate::app::forms::rate_field;

/// A rule's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleForm {
    /// From Monday.
    pub days: [bool; 7],
    /// When it begins, `08:00`.
    pub from: String,
    /// When it ends.
    pub to: String,
    /// Nothing is transferred meanwhile.
    pub pauses: bool,
    /// KiB a second; empty = as fast as it goes.
    pub down: String,
    /// The same of uploads.
    pub up: String,
}

/// What is wrong in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleProblems {
    /// No day.
    pub days: Option<&'static str>,
    /// Of the beginning.
    pub from: Option<&'static str>,
    /// Of the end.
    pub to: Option<&'static str>,
    /// Of the limit of downloads.
    pub down: Option<&'static str>,
    /// Of the limit of uploads.
    pub up: Option<&'static str>,
}

impl Default for RuleForm {
    /// What most who want a schedule want: slow while they work.
    fn default() -> Self {
        let days = [true, true, true, true, true, false, false];
        Self { days, from: "08:00".into(), to: "18:00".into(), pauses: false, down: "500".into(), up: "500".into() }
    }
}

impl RuleForm {
    /// The line of a rule.
    pub fn new(rule: &Rule) -> Self {
        let (pauses, down, up) = match rule.then {
            Pace::Limit { down, up } => (false, down, up),
            Pace::Pause => (true, None, None),
        };
        Self {
            days: Day::ALL.map(|day| rule.days.contains(&day)),
            from: rule.from.to_string(),
            to: rule.to.to_string(),
            pauses,
            down: rate_field::text(down),
            up: rate_field::text(up),
        }
    }

    /// The rule, or what is wrong with it.
    ///
    /// # Errors
    /// At least one problem.
    pub fn rule(&self) -> Result<Rule, RuleProblems> {
        let mut problems = RuleProblems::default();
        let days: Vec<Day> = Day::ALL.into_iter().zip(self.days).filter(|(_, on)| *on).map(|(day, _)| day).collect();
        if days.is_empty() {
            problems.days = Some("Choose the days on which it begins.");
        }
        let hour = |text: &str, problem: &mut Option<&'static str>| {
            let hour = Hour::parse(text);
            if hour.is_none() {
                *problem = Some("A time of day such as 08:30, up to 24:00.");
            }
            hour
        };
        let (from, to) = (hour(&self.from, &mut problems.from), hour(&self.to, &mut problems.to));
        let then = if self.pauses {
            Pace::Pause
        } else {
            Pace::Limit {
                down: rate_field::read(&self.down, &mut problems.down),
                up: rate_field::read(&self.up, &mut problems.up),
            }
        };
        match (from, to) {
            (Some(from), Some(to)) if problems == RuleProblems::default() => Ok(Rule { days, from, to, then }),
            _ => Err(problems),
        }
    }
}

impl RuleProblems {
    /// The first of them.
    pub fn first(&self) -> Option<&'static str> {
        self.days.or(self.from).or(self.to).or(self.down).or(self.up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_comes_back_as_it_was() {
        let hour = |text| Hour::parse(text).expect("an hour");
        for then in [Pace::Pause, Pace::Limit { down: Some(1500), up: None }] {
            let rule = Rule { days: vec![Day::Mon, Day::Sun], from: hour("22:00"), to: hour("6:30"), then };
            assert_eq!(RuleForm::new(&rule).rule(), Ok(rule));
        }
    }

    #[test]
    fn every_field_that_cannot_be_used_is_told_at_once() {
        let form =
            RuleForm { days: [false; 7], from: "25".into(), to: String::new(), up: "x".into(), ..RuleForm::default() };
        let problems = form.rule().expect_err("nothing is right");
        assert!(problems.days.is_some() && problems.from.is_some() && problems.to.is_some() && problems.up.is_some());
        assert!(problems.down.is_none());
        let pauses = RuleForm { pauses: true, up: "x".into(), ..RuleForm::default() };
        assert!(pauses.rule().is_ok(), "what is not shown is not asked for");
    }
}
