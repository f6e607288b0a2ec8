//! `/settings/audit`: what was done to the account, narrowed by what stands in the address; for its admins.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::audit::{AuditAction, By};
use resolutionflow_core::id::UserId;
use resolutionflow_store::audit::{self, Filter, Kept};
use resolutionflow_store::members::{self, Member};
use serde::Deserialize;

use crate::api::audit::export;
use crate::api::audit::list::action;
use crate::api::page::{self, Page, wrong};
use crate::auth::visitor::{OF_ACCOUNT, Visit, VisitReadAudit, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::pages::components::filter::{self, address};
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::{avatar, time};
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::audit as words;
use crate::request::Query;

/// Where the page is.
const PATH: &str = "/settings/audit";

/// How many people there are to choose among.
const CHOICES: i64 = 100;

/// What the log is narrowed to, as the address says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    person: String,
    action: String,
    from: String,
    to: String,
    cursor: String,
}

impl Filters {
    /// The address of these filters with one of them otherwise; a list that is narrowed otherwise begins anew.
    fn address(&self, name: &str, value: &str) -> String {
        let parameters = [
            ("person", &self.person),
            ("action", &self.action),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let mut parameters = parameters
            .map(|(known, old)| (known, if known == name { value } else { old }))
            .to_vec();
        if name == "cursor" {
            parameters.push((name, value));
        }
        address(PATH, &parameters)
    }

    fn narrow(&self) -> bool {
        [&self.person, &self.action, &self.from, &self.to]
            .iter()
            .any(|value| !value.is_empty())
    }

    fn filter(&self) -> Result<Filter> {
        let person = Some(&self.person).filter(|text| !text.is_empty());
        let person: Option<UserId> = person
            .map(|text| {
                text.parse()
                    .map_err(|_| wrong("person", "expected an identifier"))
            })
            .transpose()?;
        let start = |day: NaiveDate| -> DateTime<Utc> { day.and_time(NaiveTime::MIN).and_utc() };
        let to = day("to", &self.to)?.and_then(|day| day.checked_add_days(Days::new(1)));
        Ok(Filter {
            actor_id: person,
            action: match self.action.as_str() {
                "" => None,
                name => Some(action(name)?),
            },
            from: day("from", &self.from)?.map(start),
            until: to.map(start),
        })
    }
}

fn day(name: &str, text: &str) -> Result<Option<NaiveDate>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| wrong(name, "expected a day"))
}

/// What the page shows.
struct Found {
    entries: Page<Kept>,
    people: Vec<Member>,
    names: BTreeMap<UserId, String>,
}

/// Whether the visitor is shown this part.
pub(super) fn concerns(visitor: &Visitor) -> bool {
    may(visitor.role(), Relation::Member, Action::ReadAudit)
}

/// What the settings say of it: the way there.
pub(super) fn section(visitor: &Visitor) -> Markup {
    html! {
        @if concerns(visitor) {
            section class="section" id="audit" aria-labelledby="audit-title" {
                h2 id="audit-title" { (words::TITLE) }
                p class="help" { (words::HELP) }
                a class="button" href=(PATH) { (words::OPEN) }
            }
        }
    }
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): VisitReadAudit,
    Query(filters): Query<Filters>,
) -> Result<Markup> {
    let found = read(&app, &visitor, &filters).await?;
    // A tab that stands open gives no other account's log.
    let account = visitor.caller.account_id.to_string();
    let export = address("/settings/audit.jsonl", &[(OF_ACCOUNT, &account)]);
    let content = html! {
        div class="page-head" {
            div { h1 { (words::TITLE) } p class="page-sub" { (words::HELP) } }
            a class="button" href=(export) download { (icon(Icon::Download)) (words::EXPORT) }
        }
        (form(&filters, &found))
        (list(&filters, &found))
    };
    let mut frame = Frame::new(words::TITLE, "settings", Section::Settings);
    frame.crumbs = html! {
        a href="/settings" { (words::SETTINGS) }
        span aria-current="page" { (words::TITLE) }
    };
    Ok(shell::page(&app, &visitor, &frame, &content))
}

/// `GET /settings/audit.jsonl`: all of it, with its seals.
pub(super) async fn lines(State(app): State<App>, Visit(visitor): VisitReadAudit) -> Result<Response> {
    export::lines(app, visitor.caller.account_id).await
}

async fn read(app: &App, visitor: &Visitor, filters: &Filters) -> Result<Found> {
    let (account, limit) = (visitor.caller.account_id, page::limit(app, None)?);
    let cursor = Some(filters.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let (filter, after) = (filters.filter()?, page::id_cursor(cursor)?);
    app.read(move |tx| {
        let filter = filter.clone();
        Box::pin(async move {
            let rows = audit::list(tx, account, &filter, after, limit + 1).await?;
            let entries = page::page(rows, limit, |row| page::after_id(&row.entry.id), |row| row);
            let people = members::list(tx, account, None, CHOICES).await?;
            let mut actors: Vec<_> = entries
                .items
                .iter()
                .filter_map(|kept| kept.entry.actor_id)
                .collect();
            actors.extend(filter.actor_id);
            actors.sort_unstable();
            actors.dedup();
            let names = members::names(tx, account, &actors).await?;
            Ok(Found {
                entries,
                people,
                names,
            })
        })
    })
    .await
}

fn form(filters: &Filters, found: &Found) -> Markup {
    let people: Vec<_> = found
        .people
        .iter()
        .map(|person| (person.user_id.to_string(), person.name.as_str()))
        .collect();
    let person = filters.person.parse().ok().and_then(|id| found.names.get(&id));
    let person = person.map_or(words::UNKNOWN, String::as_str);
    let happened = AuditAction::parse(&filters.action).map_or(words::UNKNOWN, words::action);
    let (on, off): (Vec<_>, Vec<_>) = [
        ("from", words::FROM, &filters.from),
        ("to", words::TO, &filters.to),
    ]
    .into_iter()
    .partition(|(.., day)| !day.is_empty());
    html! {
        form class="filters" role="search" action=(PATH) {
            @if filters.person.is_empty() {
                (filter::choice("person", words::PERSON, "", people.iter().map(|(id, name)| (id.as_str(), *name))))
            } @else {
                (chip(filters, "person", &filters.person, &words::chip(words::PERSON, person)))
            }
            @if filters.action.is_empty() {
                (filter::choice("action", words::ACTION, "",
                    AuditAction::ALL.iter().map(|action| (action.as_str(), words::action(*action)))))
            } @else {
                (chip(filters, "action", &filters.action, happened))
            }
            @if !off.is_empty() {
                details class="menu" {
                    summary class="button" { (words::DATES) }
                    div class="menu-list filter-days" {
                        @for (name, label, _) in off {
                            label class="check" { (label) input class="control" type="date" name=(name); }
                        }
                    }
                }
            }
            @for (name, label, day) in on { (chip(filters, name, day, &words::chip(label, day))) }
            button class="button" type="submit" { (words::APPLY) }
        }
    }
}

fn chip(filters: &Filters, name: &str, value: &str, said: &str) -> Markup {
    filter::chip(
        name,
        value,
        said,
        &words::remove(said),
        &filters.address(name, ""),
    )
}

fn list(filters: &Filters, found: &Found) -> Markup {
    let entries = &found.entries;
    html! {
        @if entries.items.is_empty() {
            div class="empty" {
                p { (if filters.narrow() { words::NOTHING } else { words::EMPTY }) }
                @if filters.narrow() { a class="button small" href=(PATH) { (words::CLEAR) } }
            }
        } @else {
            ul class="list people" { @for kept in &entries.items { (row(kept, filters, &found.names)) } }
        }
        @if entries.next_cursor.is_some() || !filters.cursor.is_empty() {
            div class="more-rows" {
                @if !filters.cursor.is_empty() { a class="button" href=(filters.address("cursor", "")) { (words::NEWEST) } }
                @if let Some(cursor) = &entries.next_cursor {
                    a class="button" href=(filters.address("cursor", cursor)) { (words::OLDER) }
                }
            }
        }
    }
}

fn row(kept: &Kept, filters: &Filters, names: &BTreeMap<UserId, String>) -> Markup {
    let entry = &kept.entry;
    let name = match entry.actor_id {
        Some(actor) => names.get(&actor).map_or(words::UNKNOWN, String::as_str),
        None => words::NOBODY,
    };
    let colour = entry.actor_id.map_or_else(String::new, avatar::colour);
    let place = if entry.by == Some(By::Command) {
        words::COMMAND
    } else {
        &entry.place
    };
    let target = entry.object.id.and_then(|id| match entry.object.kind.as_str() {
        "session" => Some((format!("/sessions/{id}"), words::SESSION)),
        "flow" => Some((format!("/flows/{id}"), words::FLOW)),
        _ => None,
    });
    html! {
        li class="row" {
            span class={ "avatar " (colour) } aria-hidden="true" { (avatar::initials(name)) }
            div class="row-title" {
                span { (words::action(entry.action)) }
                @if let Some((to, what)) = target { " " a href=(to) { (what) } }
                span class="faint" {
                    @if let Some(actor) = entry.actor_id {
                        a href=(filters.address("person", &actor.to_string())) { (name) }
                    } @else { (name) }
                    @if !entry.changed.is_empty() { " · " (entry.changed.join(", ")) }
                }
            }
            span class="row-cell mono" { (place) }
            span class="row-cell" title=(kept.seal.map_or_else(|| words::UNSEALED.to_owned(), |seal| words::seal(seal.number))) {
                (time::relative(entry.at))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_other_filters_and_begins_anew() {
        let filters = Filters {
            action: "signed_in".to_owned(),
            from: "2026-11-20".to_owned(),
            cursor: "x".to_owned(),
            ..Filters::default()
        };
        assert_eq!(filters.address("from", ""), "/settings/audit?action=signed_in");
        assert_eq!(
            filters.address("cursor", "y"),
            "/settings/audit?action=signed_in&from=2026-11-20&cursor=y"
        );
        assert!(filters.narrow() && !Filters::default().narrow());
    }

    #[test]
    fn days_are_whole_and_what_is_none_is_refused() {
        let mut filters = Filters {
            from: "2026-11-20".to_owned(),
            to: "2026-11-20".to_owned(),
            ..Filters::default()
        };
        let filter = filters.filter().unwrap();
        assert_eq!(
            filter.until.unwrap() - filter.from.unwrap(),
            chrono::TimeDelta::days(1)
        );
        for (name, value) in [("to", "today"), ("action", "nothing"), ("person", "me")] {
            match name {
                "to" => filters.to = value.to_owned(),
                "action" => {
                    filters = Filters {
                        action: value.to_owned(),
                        ..Filters::default()
                    }
                }
                _ => {
                    filters = Filters {
                        person: value.to_owned(),
                        ..Filters::default()
                    }
                }
            }
            assert!(filters.filter().is_err(), "{name}");
        }
    }
}
