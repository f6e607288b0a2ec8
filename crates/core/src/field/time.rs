//! Dates and times, RFC 3339, checked against the calendar.
//!
//! A time without an offset is local to whoever works there and stays so; an offset is kept as it was given,
//! for "20:00 in Zürich" says more than the same moment in UTC.

use chrono::NaiveDate;

use super::invalid::name;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn normalise_date(text: &str) -> Result<String, String> {
    if is_full_date(text) {
        let (year, month, day) = date_parts(text, ['-', '-', '-']).ok_or_else(date_advice)?;
        return calendar(year, month, day).map(|date| date.to_string());
    }
    // What is nearly right, or written another way that can be read in one way only, gets its own answer.
    let day_first = date_parts(text, ['.', '.', '.']).map(|(first, month, last)| (last, month, first));
    let year_first = ['-', '/', '.']
        .into_iter()
        .find_map(|mark| date_parts(text, [mark; 3]));
    let plausible = |(year, _, _): &(u16, u16, u16)| *year >= 1000;
    match day_first.filter(plausible).or(year_first.filter(plausible)) {
        Some((year, month, day)) => Err(format!("write it as {}", calendar(year, month, day)?)),
        None if text.contains([':', 'T']) && text.get(..10).is_some_and(is_full_date) => {
            Err("leave the time out".into())
        }
        None => Err(date_advice()),
    }
}

pub(super) fn normalise_datetime(text: &str) -> Result<String, String> {
    let Some((date, rest)) = text.split_once(['T', 't', ' ']) else {
        let date = normalise_date(text)?;
        return Err(format!("the time is missing; write it as {date}T20:00"));
    };
    let date = normalise_date(date)?;
    let rest = rest.trim();
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (rest[..at].trim_end(), &rest[at..]),
        None => (rest, ""),
    };
    Ok(format!(
        "{date}T{}{}",
        normalise_clock(clock)?,
        normalise_offset(offset)?
    ))
}

fn is_full_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Three numbers of at most four digits with the same mark between them.
fn date_parts(text: &str, [mark, ..]: [char; 3]) -> Option<(u16, u16, u16)> {
    let mut parts = text.split(mark).map(|part| {
        let fits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if fits { part.parse().ok() } else { None }
    });
    let found = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(found)
}

fn calendar(year: u16, month: u16, day: u16) -> Result<NaiveDate, String> {
    let of = |day: u16| NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
    if let Some(date) = of(day) {
        return Ok(date);
    }
    let month_name = month
        .checked_sub(1)
        .and_then(|index| MONTHS.get(usize::from(index)));
    match (month_name, (28..=31).rev().find(|last| of(*last).is_some())) {
        (Some(month_name), Some(last)) => Err(format!("{month_name} {year:04} has {last} days")),
        _ => Err(format!("there is no month {month}")),
    }
}

fn date_advice() -> String {
    "write it as year-month-day, such as 2026-11-28".into()
}

fn normalise_clock(text: &str) -> Result<String, String> {
    let advice = || "write the time with 24 hours, such as 20:00 or 20:00:30".to_owned();
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = clock.splitn(4, ':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] if fraction.is_empty() && !text.ends_with('.') => (hours, minutes, "00"),
        [hours, minutes, seconds] if !text.ends_with('.') => (hours, minutes, seconds),
        _ => return Err(advice()),
    };
    for (part, most, unit) in [
        (hours, 23, "hours"),
        (minutes, 59, "minutes"),
        (seconds, 59, "seconds"),
    ] {
        let number = two_digits(part).ok_or_else(advice)?;
        if number > most {
            return Err(format!("the {unit} go from 00 to {most}"));
        }
    }
    if let Some(wrong) = fraction.chars().find(|c| !c.is_ascii_digit()) {
        return Err(format!("{} is not allowed in the seconds", name(wrong)));
    }
    if fraction.len() > 9 {
        return Err("the seconds may have nine decimal places".into());
    }
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{hours}:{minutes}:{seconds}{point}{fraction}"))
}

fn normalise_offset(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    if text.eq_ignore_ascii_case("z") {
        return Ok("Z".into());
    }
    let advice = || "write the offset from UTC as Z or as +01:00".to_owned();
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => ('+', digits),
        (_, Some(digits)) => ('-', digits),
        _ => return Err(advice()),
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 if digits.is_ascii() => digits.split_at(2),
        _ => digits.split_once(':').ok_or_else(advice)?,
    };
    match (two_digits(hours), two_digits(minutes)) {
        (Some(0..=23), Some(0..=59)) => Ok(format!("{sign}{hours}:{minutes}")),
        (Some(_), Some(_)) => Err("the offset from UTC goes up to 23:59".into()),
        _ => Err(advice()),
    }
}

fn two_digits(text: &str) -> Option<u8> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_checked_against_the_calendar() {
        assert_eq!(normalise_date("2026-11-28").as_deref(), Ok("2026-11-28"));
        assert_eq!(normalise_date("2028-02-29").as_deref(), Ok("2028-02-29"));
        assert_eq!(normalise_date("0001-01-01").as_deref(), Ok("0001-01-01"));
        for (text, why) in [
            ("2026-02-29", "February 2026 has 28 days"),
            ("2026-02-31", "February 2026 has 28 days"),
            ("2026-04-31", "April 2026 has 30 days"),
            ("2026-01-00", "January 2026 has 31 days"),
            ("2026-13-01", "there is no month 13"),
            ("2026-00-01", "there is no month 0"),
        ] {
            assert_eq!(normalise_date(text), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn other_ways_to_write_a_date_are_answered_with_the_right_one() {
        for (text, why) in [
            ("28.11.2026", "write it as 2026-11-28"),
            ("8.1.2026", "write it as 2026-01-08"),
            ("31.2.2026", "February 2026 has 28 days"),
            ("2026/11/28", "write it as 2026-11-28"),
            ("2026-1-5", "write it as 2026-01-05"),
            ("2026.11.28", "write it as 2026-11-28"),
            ("11/12/2026", "write it as year-month-day, such as 2026-11-28"),
            ("28.11.26", "write it as year-month-day, such as 2026-11-28"),
            ("tomorrow", "write it as year-month-day, such as 2026-11-28"),
            ("20261128", "write it as year-month-day, such as 2026-11-28"),
            ("+2026-11-28", "write it as year-month-day, such as 2026-11-28"),
            ("2026-11-28T20:00", "leave the time out"),
            ("ä026-11-28", "write it as year-month-day, such as 2026-11-28"),
        ] {
            assert_eq!(normalise_date(text), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn times_become_rfc_3339_and_keep_their_offset() {
        for (text, normal) in [
            ("2026-11-28T20:00", "2026-11-28T20:00:00"),
            ("2026-11-28 20:00", "2026-11-28T20:00:00"),
            ("2026-11-28t20:00:30z", "2026-11-28T20:00:30Z"),
            ("2026-11-28 20:00 +01:00", "2026-11-28T20:00:00+01:00"),
            ("2026-11-28T20:00-0530", "2026-11-28T20:00:00-05:30"),
            ("2026-11-28T20:00+01", "2026-11-28T20:00:00+01:00"),
            ("2026-11-28T20:00:00.1200Z", "2026-11-28T20:00:00.12Z"),
            ("2026-11-28T20:00:00.000", "2026-11-28T20:00:00"),
        ] {
            assert_eq!(normalise_datetime(text).as_deref(), Ok(normal), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        let clock = "write the time with 24 hours, such as 20:00 or 20:00:30";
        for (text, why) in [
            ("2026-11-28", "the time is missing; write it as 2026-11-28T20:00"),
            ("2026-02-30T10:00", "February 2026 has 28 days"),
            ("28.11.2026 20:00", "write it as 2026-11-28"),
            ("2026-11-28T24:00", "the hours go from 00 to 23"),
            ("2026-11-28T20:60", "the minutes go from 00 to 59"),
            ("2026-11-28T20:00:60", "the seconds go from 00 to 59"),
            ("2026-11-28 8:00 pm", clock),
            ("2026-11-28 20", clock),
            ("2026-11-28T20:00:00:00", clock),
            ("2026-11-28T20:00.5", clock),
            ("2026-11-28T20:00:00.", clock),
            ("2026-11-28T", clock),
            (
                "2026-11-28T20:00+1",
                "write the offset from UTC as Z or as +01:00",
            ),
            (
                "2026-11-28T20:00Zulu",
                "write the offset from UTC as Z or as +01:00",
            ),
            (
                "2026-11-28T20:00Z0100",
                "write the offset from UTC as Z or as +01:00",
            ),
            ("2026-11-28T20:00+24:00", "the offset from UTC goes up to 23:59"),
            (
                "2026-11-28T20:00+ä1",
                "write the offset from UTC as Z or as +01:00",
            ),
            (
                "2026-11-28T20:00:00.1234567891",
                "the seconds may have nine decimal places",
            ),
        ] {
            assert_eq!(normalise_datetime(text), Err(why.into()), "{text}");
        }
    }
}
