//! When to try again: a pure decision.

use std::time::Duration;

use crate::ftp::error::Class;

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(300);

/// How long to wait before the next try, after `attempt` tries failed in a row (1 = the first); `None` = give up.
pub(crate) fn pause_before_retry(class: Class, attempt: u8, retries: u8, first: Duration) -> Option<Duration> {
    match class {
        Class::Transient | Class::Reconnect if attempt <= retries => {
            Some(first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let pause = |attempt| pause_before_retry(Class::Transient, attempt, 3, Duration::from_secs(5));
        assert_eq!(pause(1), Some(Duration::from_secs(5)));
        assert_eq!(pause(3), Some(Duration::from_secs(20)));
        assert_eq!(pause(4), None);
        assert_eq!(pause_before_retry(Class::Reconnect, 60, 99, Duration::from_secs(5)), Some(LONGEST));
    }

    #[test]
    fn what_the_user_must_mend_is_never_retried() {
        for class in [Class::NeedsUser, Class::Permanent, Class::Cancelled] {
            assert_eq!(pause_before_retry(class, 1, 3, Duration::ZERO), None);
        }
    }
}
