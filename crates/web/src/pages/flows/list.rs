//! `GET /flows`: the library, searched and narrowed by what stands in the address.

use std::collections::HashMap;

use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::flow::FlowParts;
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows::{self, Cursor, Filter, Flow, Sort};
use resolutionflow_store::limits;

use crate::api::page::{self, Page};
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::filter::{self, address};
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::matches::{excerpt, first, marked};
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::flows as words;
use crate::pages::words::platform::flows_of;
use crate::pages::words::sessions::about;
use crate::request::Query;

/// How many flows a page of a search has: each may have to be looked through for its step.
const FOUND: i64 = 25;

/// How many tags there are to choose among.
const TAGS: i64 = 50;

/// How many tags a list may be narrowed to at once.
const MOST_TAGS: usize = 8;

/// What the address says where only the visitor's own flows are meant.
const MINE: &str = "me";

/// What the list is narrowed to, and its order, as the address says it.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    q: String,
    tags: Vec<String>,
    /// Whether only the visitor's own are meant.
    mine: bool,
    sort: String,
    cursor: String,
}

/// The orders, as they stand in the address.
const SORTS: [(&str, &str, Sort); 3] = [
    ("", words::RECENTLY_USED, Sort::RecentlyUsed),
    ("newest", words::NEWEST, Sort::Newest),
    ("title", words::BY_TITLE, Sort::Title),
];

impl Filters {
    fn sort(&self) -> Sort {
        let found = SORTS.iter().find(|(name, ..)| *name == self.sort);
        found.map_or(Sort::RecentlyUsed, |(.., sort)| *sort)
    }

    /// Reads the query: a tag may be named several times, and what is no filter is not looked at.
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut filters = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "q" => filters.q = value,
                "tag" if filters.tags.len() < MOST_TAGS && !value.trim().is_empty() => {
                    let tag = value.trim().to_owned();
                    if !filters.tags.contains(&tag) {
                        filters.tags.push(tag);
                    }
                }
                "whose" => filters.mine = value == MINE,
                "sort" => filters.sort = value,
                "cursor" => filters.cursor = value,
                _ => {}
            }
        }
        filters
    }

    /// The address of these filters without one of the tags, at a place.
    fn address(&self, without: &str, cursor: &str) -> String {
        let tags = self.tags.iter().filter(|tag| *tag != without);
        let mut parameters = vec![("q", self.q.trim())];
        parameters.extend(tags.map(|tag| ("tag", tag.as_str())));
        parameters.extend([
            ("whose", if self.mine { MINE } else { "" }),
            ("sort", &self.sort),
            ("cursor", cursor),
        ]);
        address("/flows", &parameters)
    }

    fn narrow(&self) -> bool {
        !self.q.trim().is_empty() || !self.tags.is_empty() || self.mine
    }
}

/// What the page shows.
struct Library {
    flows: Page<Flow>,
    documents: HashMap<FlowId, FlowParts>,
    tags: Vec<(String, i64)>,
    /// How many flows the account has, where its plan limits them, and how many it may have.
    room: Option<(i64, i64)>,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup> {
    let filters = Filters::of(pairs);
    let library = read(&app, &visitor, &filters).await?;
    let may_write = may(visitor.role(), Relation::Member, Action::WriteFlow);
    let content = html! {
        div class="page-head" {
            div {
                h1 { (words::TITLE) }
                @if let Some((used, limit)) = library.room { p class="page-sub" { (flows_of(used, limit)) } }
            }
            @if may_write {
                div class="page-actions" { a class="button" href="/flows/import" { (words::IMPORT) } }
            }
        }
        (form(&filters, &library.tags))
        div id="flow-list" { (list(&app, &visitor, &filters, &library, may_write)) }
    };
    let mut frame = Frame::new(words::TITLE, "flows", Section::Flows);
    frame.crumbs = html! { span aria-current="page" { (words::TITLE) } };
    Ok(shell::page(&app, &visitor, &frame, &content))
}

async fn read(app: &App, visitor: &Visitor, filters: &Filters) -> Result<Library> {
    let account = visitor.caller.account_id;
    let text = page::search("q", Some(filters.q.clone()))?;
    let tags = filters
        .tags
        .iter()
        .map(|tag| page::search("tag", Some(tag.clone())));
    let tags = tags.collect::<Result<Vec<_>>>()?;
    let filter = Filter {
        text: text.clone(),
        tags: tags.into_iter().flatten().collect(),
        created_by_id: filters.mine.then_some(visitor.caller.user_id),
        sort: filters.sort(),
    };
    let limit = page::limit(app, text.as_ref().map(|_| FOUND))?;
    let after = place(&filters.cursor)?;
    let words = text.unwrap_or_default();
    // What is called so stands before what only speaks of it.
    let searched = words.clone();
    // A search looks at many rows, so it may take its time.
    let now = app.now();
    let (rows, documents, tags, (plan, usage)) = app
        .read_long(move |tx| {
            let (filter, after, words) = (filter.clone(), after.clone(), words.clone());
            Box::pin(async move {
                let rows = flows::list(tx, account, &filter, after.as_ref(), limit + 1).await?;
                let inside: Vec<_> = rows
                    .iter()
                    .filter(|flow| !words.is_empty() && !shows(flow, &words))
                    .map(|flow| flow.id)
                    .collect();
                let documents = flows::documents(tx, account, &inside).await?;
                let tags = flows::tags(tx, account, TAGS).await?;
                Ok((rows, documents, tags, limits::standing(tx, account, now).await?))
            })
        })
        .await?;
    let cursor = |flow: &Flow| {
        let place = serde_json::to_vec(&Cursor::behind(flow, filters.sort()));
        place.map_or_else(|_| String::new(), |place| BASE64URL_NOPAD.encode(&place))
    };
    let mut flows = page::page(rows, limit, cursor, |flow| flow);
    if !searched.is_empty() {
        flows
            .items
            .sort_by_key(|flow| first(&flow.title, &searched).is_none());
    }
    Ok(Library {
        flows,
        documents,
        tags,
        room: plan.limits.flows.map(|limit| (usage.flows, limit)),
    })
}

/// Reads the place that a link of this list named.
fn place(cursor: &str) -> Result<Option<Cursor>> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let place = BASE64URL_NOPAD
        .decode(cursor.as_bytes())
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    place.map(Some).ok_or_else(|| Error::UnprocessableParameter {
        name: "cursor".to_owned(),
        detail: "is not one that this list gave out".to_owned(),
    })
}

/// Whether a flow's row shows by itself why it was found.
fn shows(flow: &Flow, words: &str) -> bool {
    std::iter::once(&flow.title)
        .chain(&flow.tags)
        .any(|text| first(text, words).is_some())
}

fn form(filters: &Filters, tags: &[(String, i64)]) -> Markup {
    html! {
        form class="filters" role="search" action="/flows" hx-get="/flows" hx-trigger="input delay:80ms, submit"
            hx-target="#flow-list" hx-select="#flow-list" hx-select-oob="#flow-tags" hx-swap="outerHTML"
            hx-push-url="true" hx-sync="this:replace" {
            (filter::search_field(&filters.q, words::SEARCH, words::SEARCH_LABEL))
            // Drawn anew with the list, so that another tag can be added.
            span id="flow-tags" class="filter-parts" {
                @for tag in &filters.tags {
                    (filter::chip("tag", tag, tag, &words::remove_tag(tag), &filters.address(tag, "")))
                }
                @if filters.tags.len() < MOST_TAGS && tags.iter().any(|(tag, _)| !filters.tags.contains(tag)) {
                    (filter::choice("tag", words::TAG, "", tags.iter().map(|(tag, _)| tag.as_str())
                        .filter(|tag| !filters.tags.iter().any(|chosen| chosen == tag)).map(|tag| (tag, tag))))
                }
            }
            (filter::choice("whose", words::ANYBODYS, if filters.mine { MINE } else { "" }, [(MINE, words::MINE)].into_iter()))
            select class="control" name="sort" aria-label=(words::SORT) {
                @for (name, label, sort) in SORTS {
                    option value=(name) selected[sort == filters.sort()] { (label) }
                }
            }
            noscript { button class="button" { (words::APPLY) } }
        }
    }
}

fn list(app: &App, visitor: &Visitor, filters: &Filters, library: &Library, may_write: bool) -> Markup {
    let q = filters.q.trim();
    let flows = &library.flows;
    let may_start = may(visitor.role(), Relation::Member, Action::StartFlow);
    html! {
        @if !flows.items.is_empty() {
            ul class="list flows" {
                @for flow in &flows.items { (row(app, flow, q, library.documents.get(&flow.id), may_start)) }
            }
        } @else if filters.narrow() {
            div class="empty" {
                p { (words::no_match(q, &filters.tags, filters.mine)) }
                a class="button small" href="/flows" { (words::CLEAR) }
            }
        } @else {
            div class="empty" {
                p { (words::NONE) }
                @if may_write { a class="button small" href="/flows/import" { (words::IMPORT) } }
            }
        }
        @if flows.next_cursor.is_some() || !filters.cursor.is_empty() {
            div class="more-rows" {
                @if !filters.cursor.is_empty() { a class="button" href=(filters.address("", "")) { (words::FIRST) } }
                @if let Some(cursor) = &flows.next_cursor {
                    a class="button" href=(filters.address("", cursor)) { (words::MORE) }
                }
            }
        }
    }
}

fn row(app: &App, flow: &Flow, q: &str, document: Option<&FlowParts>, may_start: bool) -> Markup {
    let published = flow.latest_version > 0;
    html! {
        li class="row" id={ "flow-" (flow.id) } {
            div class="row-title" {
                a href={ "/flows/" (flow.id) } { (marked(&flow.title, q)) }
                @if !published { span class="chip outline" { (words::DRAFT) } }
                @for tag in &flow.tags { span class="tag" { span { (marked(tag, q)) } } }
            }
            span class="row-cell wide" { (words::steps(flow.step_count)) }
            span class="row-cell wide" { (words::fields(flow.field_count)) }
            span class="row-cell" { @if published { (words::version(flow.latest_version)) } }
            @if may_start && published {
                div class="row-end" {
                    a class="button small" data-key="p" href={ "/flows/" (flow.id) "/prepare" } aria-label=(about(words::PREPARE, &flow.title)) {
                        (words::PREPARE)
                    }
                    form method="post" action={ "/flows/" (flow.id) "/start" } {
                        (form::key(app))
                        button class="button small" data-key="s" aria-label=(about(words::START, &flow.title)) {
                            (icon(Icon::Play)) (words::START)
                        }
                    }
                }
            } @else {
                span class="row-end" {}
            }
            @if let Some(line) = document.and_then(|document| matching_line(document, q)) {
                p class="row-line" { (marked(&line, q)) }
            }
        }
    }
}

/// Where in a flow the words stand: in the title of a step, in what it says, or in what the flow says of itself.
fn matching_line(flow: &FlowParts, words: &str) -> Option<String> {
    let steps = flow.sections.iter().flat_map(|section| &section.steps).zip(1..);
    let in_title = |text: &str| first(text, words).is_some();
    let by_title = steps.clone().find(|(step, _)| in_title(&step.title));
    if let Some((step, number)) = by_title {
        return Some(words::step_line(number, &step.title));
    }
    for (step, number) in steps {
        if let Some(line) = excerpt(&step.body, words) {
            return Some(words::step_line(number, &format!("{} · {line}", step.title)));
        }
    }
    let section = flow.sections.iter().find(|section| in_title(&section.title));
    section
        .map(|section| section.title.clone())
        .or_else(|| excerpt(&flow.description, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_shown_with_its_step() {
        let flow: FlowParts = serde_json::from_value(serde_json::json!({
            "title": "Cut over", "description": "For the night.",
            "sections": [{"title": "Prepare", "steps": [
                {"id": "a", "title": "Look", "body": "Read it.\nThen promote the server."},
                {"id": "b", "title": "Promote", "body": ""}]}]
        }))
        .unwrap();
        let line = |words| matching_line(&flow, words);
        assert_eq!(line("promo").unwrap(), "Step 2: Promote");
        assert_eq!(line("SERVER").unwrap(), "Step 1: Look · Then promote the server.");
        assert_eq!(line("prepare").unwrap(), "Prepare");
        assert_eq!(line("night").unwrap(), "For the night.");
        assert_eq!(line("cut"), None);
    }

    #[test]
    fn a_place_that_this_list_did_not_give_is_refused() {
        assert!(place("").unwrap().is_none());
        assert!(place("not one").is_err() && place("e30").is_err());
    }
}
