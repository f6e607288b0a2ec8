//! Moments, exact in the page; a script shows how long ago they were.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};

/// A moment that reads as how long ago it was.
pub fn relative(at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) data-relative { (exact(at)) }
    }
}

/// A moment that reads as day and time.
pub fn absolute(at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) data-exact { (exact(at)) }
    }
}

/// A moment of which only the day matters.
pub fn day(at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) title=(exact(at)) {
            (at.format("%-d %b %Y").to_string())
        }
    }
}

fn exact(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}
