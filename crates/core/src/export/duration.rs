//! Times and durations in the one form that every reader understands.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};

/// A moment, to the minute: `2026-11-28 20:04 UTC`.
pub fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A duration as people say it: `48 min`, `2 h 05 min`, `3 d 4 h`; rounded to the last unit, never negative.
pub fn duration(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let minutes = rounded(seconds, 60);
    let mut text = String::new();
    let _ = if seconds < 60 {
        text.write_str("less than a minute")
    } else if minutes < 60 {
        write!(text, "{minutes} min")
    } else if minutes < 24 * 60 {
        write!(text, "{} h {:02} min", minutes / 60, minutes % 60)
    } else {
        let hours = rounded(seconds, 3600);
        write!(text, "{} d {} h", hours / 24, hours % 24)
    };
    text
}

/// How many whole units, a half counting as one.
const fn rounded(seconds: i64, unit: i64) -> i64 {
    seconds / unit + (seconds % unit * 2 >= unit) as i64
}

/// A number with its noun: `1 step`, `2 steps`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, said) in [
            (-5, "less than a minute"),
            (0, "less than a minute"),
            (59, "less than a minute"),
            (60, "1 min"),
            (89, "1 min"),
            (90, "2 min"),
            (48 * 60, "48 min"),
            (59 * 60 + 29, "59 min"),
            (59 * 60 + 30, "1 h 00 min"),
            (2 * 3600 + 5 * 60, "2 h 05 min"),
            (24 * 3600 - 31, "23 h 59 min"),
            (24 * 3600 - 30, "1 d 0 h"),
            (3 * 86400 + 4 * 3600 + 1799, "3 d 4 h"),
            (4 * 86400 - 1800, "4 d 0 h"),
        ] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), said, "{seconds}");
        }
        assert_eq!(duration(TimeDelta::MAX), "106751991167 d 7 h");
        assert_eq!(duration(TimeDelta::MIN), "less than a minute");
    }

    #[test]
    fn a_moment_is_unambiguous() {
        let at = DateTime::from_timestamp(1_795_896_299, 0).unwrap();
        assert_eq!(moment(at), "2026-11-28 20:04 UTC");
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(counted(1, "step", "steps"), "1 step");
        assert_eq!(counted(0, "step", "steps"), "0 steps");
        assert_eq!(counted(2, "step", "steps"), "2 steps");
    }
}
