//! `GET /sessions`: what runs, what waits and what ran, narrowed by what stands in the address.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::id::{AccountId, FlowId, UserId};
use resolutionflow_core::session::Status;
use resolutionflow_store::flows::{self, Flow};
use resolutionflow_store::members::{self, Member};
use resolutionflow_store::sessions::{self, Assigned, Count, Counts, Filter, Listed};
use serde::Deserialize;
use uuid::Uuid;

use super::rows;
use crate::api::page::{self, Page};
use crate::api::sessions::export_list;
use crate::api::sessions::list::{Place, Sort};
use crate::auth::visitor::{OF_ACCOUNT, Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::filter::{self, address};
use crate::pages::components::icon::{Icon, icon};
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::flows as flow_words;
use crate::pages::words::sessions as words;
use crate::request::Query;

/// How many flows and how many people there are to choose among.
const CHOICES: i64 = 100;

/// The one who looks, as a filter names them.
const ME: &str = "me";
/// Nobody, as a filter names them.
const NOBODY: &str = "none";
/// A filter that is on.
const YES: &str = "yes";

/// What the list is narrowed to, as the address says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    tab: String,
    q: String,
    flow: String,
    assigned: String,
    prepared_by: String,
    mine: String,
    client: String,
    missing: String,
    from: String,
    to: String,
    cursor: String,
}

impl Filters {
    fn status(&self) -> Status {
        match self.tab.as_str() {
            "prepared" => Status::Prepared,
            "completed" => Status::Completed,
            _ => Status::Active,
        }
    }

    fn parameters(&self) -> [(&'static str, &str); 11] {
        [
            ("tab", &self.tab),
            ("q", self.q.trim()),
            ("flow", &self.flow),
            ("assigned", &self.assigned),
            ("prepared_by", &self.prepared_by),
            ("mine", &self.mine),
            ("client", self.client.trim()),
            ("missing", &self.missing),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", &self.cursor),
        ]
    }

    /// The address of these filters with one of them otherwise; a list that is narrowed otherwise begins anew.
    fn address(&self, name: &str, value: &str) -> String {
        let parameters = self.parameters().map(|(known, old)| match known {
            known if known == name => (known, value),
            "cursor" => (known, ""),
            _ => (known, old),
        });
        address("/sessions", &parameters)
    }

    /// Where all that these filters let through is downloaded from, in this account alone.
    fn export(&self, account: AccountId) -> String {
        let mut parameters = self.parameters().to_vec();
        parameters.retain(|(name, _)| *name != "cursor");
        let account = account.to_string();
        parameters.push((OF_ACCOUNT, &account));
        address("/sessions.csv", &parameters)
    }

    /// In which order, and where in it this page begins; what is prepared is ordered by when it is due.
    fn place(&self) -> Result<Place> {
        let sort = if self.status() == Status::Prepared {
            Sort::Due
        } else {
            Sort::Newest
        };
        Place::read(
            sort,
            Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty()),
        )
    }

    fn narrow(&self) -> bool {
        self.parameters()
            .iter()
            .any(|(name, value)| !matches!(*name, "tab" | "cursor") && !value.is_empty())
    }

    fn filter(&self, me: UserId) -> Result<Filter> {
        let user = |name: &str, text: &str| match text {
            "" => Ok(None),
            ME => Ok(Some(me)),
            id => identifier(name, id).map(|id| Some(UserId::from_uuid(id))),
        };
        let (from, to) = (day("from", &self.from)?, day("to", &self.to)?);
        let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let from: Option<DateTime<Utc>> = from.map(start);
        let to = to.and_then(|day| day.checked_add_days(Days::new(1))).map(start);
        let mut filter = Filter {
            status: Some(self.status()),
            mine: (!self.mine.is_empty()).then_some(me),
            assigned: match self.assigned.as_str() {
                NOBODY => Some(Assigned::Nobody),
                other => user("assigned", other)?.map(Assigned::To),
            },
            prepared_by_id: user("prepared_by", &self.prepared_by)?,
            flow_id: match self.flow.as_str() {
                "" => None,
                id => Some(FlowId::from_uuid(identifier("flow", id)?)),
            },
            client: page::search("client", Some(self.client.clone()))?,
            missing: !self.missing.is_empty(),
            text: page::search("q", Some(self.q.clone()))?,
            ..Filter::default()
        };
        match self.status() {
            Status::Completed => (filter.completed_after, filter.completed_before) = (from, to),
            Status::Active => (filter.started_after, filter.started_before) = (from, to),
            Status::Prepared => (filter.due_after, filter.due_before) = (from, to),
            Status::Discarded => {}
        }
        Ok(filter)
    }
}

fn identifier(name: &str, text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| wrong(name, "expected an identifier"))
}

fn day(name: &str, text: &str) -> Result<Option<NaiveDate>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| wrong(name, "expected a day"))
}

fn wrong(name: &str, detail: &str) -> Error {
    Error::UnprocessableParameter {
        name: name.to_owned(),
        detail: detail.to_owned(),
    }
}

/// What the page shows.
struct Found {
    sessions: Page<Listed>,
    counts: Counts,
    flows: Vec<Flow>,
    people: Vec<Member>,
    flow: Option<Flow>,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(filters): Query<Filters>,
) -> Result<Markup> {
    let found = read(&app, &visitor, &filters).await?;
    let content = html! {
        div class="page-head" {
            h1 { (words::TITLE) }
            a class="button" id="session-export" href=(filters.export(visitor.caller.account_id)) download {
                (icon(Icon::Download)) (words::EXPORT)
            }
        }
        (tabs(&filters, found.counts))
        (form(&visitor, &filters, &found))
        div id="session-list" { (list(&app, &visitor, &filters, &found.sessions)) }
    };
    let mut frame = Frame::new(words::TITLE, "sessions", Section::Sessions);
    frame.crumbs = html! { span aria-current="page" { (words::TITLE) } };
    Ok(shell::page(&app, &visitor, &frame, &content))
}

/// `GET /sessions.csv`: all that the list has, behind the page that is shown, too.
pub async fn export(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(filters): Query<Filters>,
) -> Result<Response> {
    let first = Filters {
        cursor: String::new(),
        ..filters
    };
    let (filter, place) = (first.filter(visitor.user_id())?, first.place()?);
    export_list::table(app, visitor.caller.account_id, filter, place).await
}

async fn read(app: &App, visitor: &Visitor, filters: &Filters) -> Result<Found> {
    let (account, limit) = (visitor.caller.account_id, page::limit(app, None)?);
    let filter = filters.filter(visitor.user_id())?;
    let place = filters.place()?;
    // A search looks at many rows, so it may take its time.
    app.read_long(move |tx| {
        let filter = filter.clone();
        Box::pin(async move {
            let found = place.read_on(tx, account, &filter, limit).await?;
            let by_title = flows::Filter {
                sort: flows::Sort::Title,
                ..flows::Filter::default()
            };
            let flow = match filter.flow_id {
                Some(id) => flows::find(tx, account, id).await?,
                None => None,
            };
            Ok(Found {
                counts: sessions::counts(tx, account, &filter).await?,
                flows: flows::list(tx, account, &by_title, None, CHOICES).await?,
                people: members::list(tx, account, None, CHOICES).await?,
                flow,
                sessions: Page {
                    items: found.sessions,
                    next_cursor: found.next.and_then(Place::cursor),
                },
            })
        })
    })
    .await
}

fn tabs(filters: &Filters, counts: Counts) -> Markup {
    let tab = |status: Status, name: &str, label: &str, count: Count| {
        html! {
            a href=(filters.address("tab", name)) aria-current=[(filters.status() == status).then_some("page")] {
                (label) " " span class="tab-count" { (words::count(count.number, count.more)) }
            }
        }
    };
    html! {
        nav class="tabs" id="session-tabs" aria-label=(words::TABS) {
            (tab(Status::Active, "", words::ACTIVE, counts.active))
            (tab(Status::Prepared, "prepared", words::PREPARED, counts.prepared))
            (tab(Status::Completed, "completed", words::COMPLETED, counts.completed))
        }
    }
}

fn form(visitor: &Visitor, filters: &Filters, found: &Found) -> Markup {
    let people: Vec<_> = found
        .people
        .iter()
        .map(|person| (person.user_id.to_string(), person.name.as_str()))
        .collect();
    let flows: Vec<_> = found
        .flows
        .iter()
        .map(|flow| (flow.id.to_string(), flow.title.as_str()))
        .collect();
    let person = |name: &str, label: &str, chosen: &str, fixed: &[(&str, &str)]| {
        let me = visitor.user_id().to_string();
        let others = people.iter().filter(|(id, _)| *id != me);
        let options = fixed
            .iter()
            .copied()
            .chain(others.map(|(id, name)| (id.as_str(), *name)));
        if chosen.is_empty() {
            return filter::choice(name, label, "", options);
        }
        let said = options.clone().find(|(value, _)| *value == chosen);
        let said = words::chip(label, said.map_or(words::UNKNOWN, |(_, said)| said));
        chip(filters, name, chosen, &said)
    };
    html! {
        form class="filters" role="search" action="/sessions" hx-get="/sessions" hx-trigger="input delay:80ms, submit"
            hx-target="#session-list" hx-select="#session-list" hx-select-oob="#session-tabs,#session-export" hx-swap="outerHTML"
            hx-push-url="true" hx-sync="this:replace" {
            @if !filters.tab.is_empty() { input type="hidden" name="tab" value=(filters.tab); }
            (filter::search_field(&filters.q, words::SEARCH, words::SEARCH_LABEL))
            @if filters.flow.is_empty() {
                (filter::choice("flow", words::FLOW, "", flows.iter().map(|(id, title)| (id.as_str(), *title))))
            } @else {
                @let title = found.flow.as_ref().map_or(words::UNKNOWN, |flow| &flow.title);
                (chip(filters, "flow", &filters.flow, &words::chip(words::FLOW, title)))
            }
            @if !filters.mine.is_empty() { (chip(filters, "mine", YES, words::MINE)) }
            (person("assigned", words::ASSIGNED, &filters.assigned, &[(ME, words::ME), (NOBODY, words::NOBODY)]))
            (person("prepared_by", words::PREPARED_BY, &filters.prepared_by, &[(ME, words::ME)]))
            @if filters.client.trim().is_empty() {
                input class="control" type="search" name="client" placeholder=(words::CLIENT) aria-label=(words::CLIENT)
                    maxlength="200" autocomplete="off" spellcheck="false";
            } @else {
                (chip(filters, "client", filters.client.trim(), &words::chip(words::CLIENT, filters.client.trim())))
            }
            (dates(filters))
            label class="check" {
                input type="checkbox" name="missing" value=(YES) checked[!filters.missing.is_empty()];
                (words::MISSING)
            }
            noscript { button class="button" { (words::APPLY) } }
        }
    }
}

/// The days between which it was started, is due, or was completed.
fn dates(filters: &Filters) -> Markup {
    let what = if filters.status() == Status::Prepared {
        words::DUE_DATES
    } else {
        words::DATES
    };
    let days = [
        ("from", words::FROM, &filters.from),
        ("to", words::TO, &filters.to),
    ];
    let (on, off): (Vec<_>, Vec<_>) = days.into_iter().partition(|(.., day)| !day.is_empty());
    html! {
        @if !off.is_empty() {
            details class="menu" {
                summary class="button" { (what) }
                div class="menu-list filter-days" {
                    @for (name, label, _) in off {
                        label class="check" { (label) input class="control" type="date" name=(name); }
                    }
                }
            }
        }
        @for (name, label, day) in on { (chip(filters, name, day, &words::chip(label, day))) }
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

fn list(app: &App, visitor: &Visitor, filters: &Filters, found: &Page<Listed>) -> Markup {
    let status = filters.status();
    let (first, more) = if status == Status::Prepared {
        (words::FIRST, words::MORE)
    } else {
        (words::NEWEST, words::OLDER)
    };
    let more = if found.items.is_empty() {
        words::LOOK_ON
    } else {
        more
    };
    html! {
        @if !found.items.is_empty() {
            ul class={ "list sessions " (words::status(status)) } {
                @for listed in &found.items { (rows::row(app, visitor, listed, status)) }
            }
        } @else if let Some(next) = &found.next_cursor {
            // As far as one request looks there is nothing; the page goes on by itself.
            @let next = filters.address("cursor", next);
            div class="empty" hx-get=(next) hx-trigger="load" hx-target="#session-list" hx-select="#session-list"
                hx-swap="outerHTML" {
                p role="status" { (words::LOOKING) }
            }
        } @else if filters.narrow() {
            div class="empty" {
                p { (words::NOTHING) }
                a class="button small" href=(address("/sessions", &[("tab", &filters.tab)])) { (words::CLEAR) }
            }
        } @else {
            div class="empty" {
                p { (match status {
                    Status::Prepared => words::NO_PREPARED,
                    Status::Completed => words::NO_COMPLETED,
                    Status::Active | Status::Discarded => words::NO_ACTIVE,
                }) }
                a class="button small" href="/flows" { (flow_words::TITLE) }
            }
        }
        @if found.next_cursor.is_some() || !filters.cursor.is_empty() {
            div class="more-rows" {
                @if !filters.cursor.is_empty() {
                    a class="button" href=(filters.address("cursor", "")) { (first) }
                }
                @if let Some(cursor) = &found.next_cursor {
                    a class="button" href=(filters.address("cursor", cursor)) { (more) }
                }
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
            tab: "prepared".to_owned(),
            q: " a b ".to_owned(),
            missing: YES.to_owned(),
            cursor: "x".to_owned(),
            ..Filters::default()
        };
        assert_eq!(filters.address("missing", ""), "/sessions?tab=prepared&q=a+b");
        assert_eq!(
            filters.address("cursor", "y"),
            "/sessions?tab=prepared&q=a+b&missing=yes&cursor=y"
        );
        assert_eq!(filters.address("tab", ""), "/sessions?q=a+b&missing=yes");
        assert!(filters.narrow());
        assert!(
            !Filters {
                tab: "completed".to_owned(),
                ..Filters::default()
            }
            .narrow()
        );
    }

    #[test]
    fn days_are_whole_and_count_for_what_the_tab_shows() {
        let me = UserId::from_uuid(Uuid::nil());
        let mut filters = Filters {
            from: "2026-11-20".to_owned(),
            to: "2026-11-21".to_owned(),
            ..Filters::default()
        };
        let filter = filters.filter(me).unwrap();
        assert_eq!(
            filter.started_after.unwrap().to_rfc3339(),
            "2026-11-20T00:00:00+00:00"
        );
        assert_eq!(
            filter.started_before.unwrap().to_rfc3339(),
            "2026-11-22T00:00:00+00:00"
        );
        filters.tab = "completed".to_owned();
        let filter = filters.filter(me).unwrap();
        assert!(filter.completed_after.is_some() && filter.started_after.is_none());
        filters.from = "yesterday".to_owned();
        assert!(filters.filter(me).is_err());
    }
}
