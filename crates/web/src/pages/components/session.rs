//! What several lists show of a session in the same way.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::session::{Session, Stale, Status};
use resolutionflow_store::sessions::Listed;

use super::icon::{Icon, icon};
use super::{form, time};
use crate::context::App;
use crate::pages::words::sessions as words;

/// Its number, as people say it.
pub fn number(number: i64) -> String {
    format!("{number:04}")
}

/// What a session is called: its flow, and its own title where it has one.
pub fn title(flow: &str, own: &str) -> String {
    if own.is_empty() || own == flow {
        flow.to_owned()
    } else if own.starts_with(flow) {
        own.to_owned()
    } else {
        format!("{flow} · {own}")
    }
}

/// The first of somebody's names, by which colleagues call them.
pub fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// Where to read a session: its runner, or its report once it is completed.
pub fn address(listed: &Listed) -> String {
    let session = &listed.session;
    let report = if session.status() == Status::Completed {
        "/report"
    } else {
        ""
    };
    format!("/sessions/{}{report}", session.id)
}

/// Why a prepared session needs a look before it runs; empty where it needs none.
pub fn stale(listed: &Listed, now: DateTime<Utc>) -> Vec<String> {
    let reasons = listed.stale(now).into_iter().map(|reason| match reason {
        Stale::NewerVersion { .. } => words::FLOW_CHANGED.to_owned(),
        Stale::PastDue { .. } => words::PAST_DUE.to_owned(),
        Stale::Old { days } => words::prepared_days_ago(days),
        Stale::AssigneeGone => words::ASSIGNEE_GONE.to_owned(),
    });
    reasons.collect()
}

/// The amber chip of a session that needs a look.
pub fn stale_chip(reasons: &[String]) -> Markup {
    html! {
        @if !reasons.is_empty() { span class="chip warn" { (icon(Icon::Warning)) (reasons.join(", ")) } }
    }
}

/// How many required values are missing, where any is.
pub fn missing(count: i64) -> Markup {
    html! { @if count > 0 { span class="count" { (words::missing(count)) } } }
}

/// For which client and ticket it is, where that is known.
pub fn about(session: &Session) -> Markup {
    let parts = [session.client.as_str(), &session.ticket];
    let known: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    html! { @if !known.is_empty() { span class="faint" dir="auto" { (known.join(" · ")) } } }
}

/// The cell that says when it is due, in amber once that is past.
pub fn due(session: &Session, now: DateTime<Utc>) -> Markup {
    let past = session.due_at.is_some_and(|due| due < now);
    html! {
        span class={ "row-cell due" @if past { " past" } } {
            @if let Some(due) = session.due_at { (words::DUE) " " (time::relative(due)) }
        }
    }
}

/// A button that does something to what the row is about; `about` tells those who hear it which one.
pub fn act(app: &App, address: &str, label: &str, about: &str) -> Markup {
    html! {
        form class="row-end" method="post" action=(address) {
            (form::key(app))
            input type="hidden" name=(form::FROM_LIST.0) value=(form::FROM_LIST.1);
            button class="button small" data-key="s" aria-label=(words::about(label, about)) { (label) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_called_like_its_flow_and_what_it_is_for() {
        assert_eq!(title("Firewall swap", ""), "Firewall swap");
        assert_eq!(title("Firewall swap", "Contoso"), "Firewall swap · Contoso");
        assert_eq!(
            title("Firewall swap", "Firewall swap in Bern"),
            "Firewall swap in Bern"
        );
        assert_eq!(title("Firewall swap", "Firewall swap"), "Firewall swap");
    }

    #[test]
    fn people_are_called_by_their_first_name() {
        assert_eq!(first_name("Morgan Osei"), "Morgan");
        assert_eq!(first_name(""), "");
    }
}
