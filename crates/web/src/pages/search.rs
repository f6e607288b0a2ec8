//! `GET /search`: what the command palette finds, as links.

use axum::extract::State;
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_store::flows::{self, Flow, Sort};
use resolutionflow_store::sessions::{self, Listed};
use serde::Deserialize;

use super::components::filter::address;
use super::components::icon::{Icon, icon};
use super::components::matches::{first, marked};
use super::components::session;
use super::words::search as words;
use super::words::{flows as flow_words, sessions as session_words};
use crate::api::page;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::request::Query;

/// How many of each kind are found.
const MOST: usize = 6;

/// Among how many the best are looked for: those that have the words in their titles come first.
const CANDIDATES: i64 = 50;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Words {
    #[serde(default)]
    q: String,
    /// Where sessions are looked for further back; the rest was found before.
    cursor: Option<String>,
}

/// The fragment: one link a result. Without words, what is new and what is used most.
pub async fn search(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(Words { q, cursor }): Query<Words>,
) -> Result<Markup> {
    let account = visitor.caller.account_id;
    let text = page::search("q", Some(q))?;
    let words = text.clone().unwrap_or_default();
    let (after, goes_on) = (page::id_cursor(cursor.as_deref())?, cursor.is_some());
    let session_filter = sessions::Filter {
        text: text.clone(),
        ..sessions::Filter::default()
    };
    let numbered = sessions::Filter {
        number: words.trim().trim_start_matches('#').parse().ok(),
        ..sessions::Filter::default()
    };
    let flow_filter = flows::Filter {
        text,
        tags: Vec::new(),
        created_by_id: None,
        sort: Sort::RecentlyUsed,
    };
    // A search looks at many rows, so it may take its time.
    let (mut found_flows, found) = app
        .read_long(move |tx| {
            let (flow_filter, session_filter, numbered) =
                (flow_filter.clone(), session_filter.clone(), numbered.clone());
            Box::pin(async move {
                let found = if goes_on {
                    Vec::new()
                } else {
                    flows::list(tx, account, &flow_filter, None, CANDIDATES).await?
                };
                let mut sessions = sessions::list(tx, account, &session_filter, after, CANDIDATES).await?;
                // A number is found however old it is.
                if let (false, Some(_)) = (goes_on, numbered.number) {
                    let by_number = sessions::list(tx, account, &numbered, None, 1).await?.sessions;
                    let known = |one: &Listed| {
                        sessions
                            .sessions
                            .iter()
                            .any(|other| other.session.id == one.session.id)
                    };
                    let new: Vec<_> = by_number.into_iter().filter(|one| !known(one)).collect();
                    sessions.sessions.extend(new);
                }
                Ok((found, sessions))
            })
        })
        .await?;
    let words = words.trim();
    let hidden = |title: &str| !words.is_empty() && first(title, words).is_none();
    let mut found_sessions = found.sessions;
    found_flows.sort_by_key(|flow| hidden(&flow.title));
    found_sessions.sort_by_key(|listed| hidden(&title(listed)));
    found_flows.truncate(MOST);
    found_sessions.truncate(MOST);
    Ok(html! {
        @for flow in &found_flows { (flow_row(flow, words)) }
        @for listed in &found_sessions { (session_row(listed, words)) }
        // Until there is one, the palette goes on by itself.
        @if let (Some(next), true) = (&found.next, found_sessions.is_empty()) {
            link rel="next" href=(address("/search", &[("q", words), ("cursor", &page::after_id(next))]));
        }
        @if !goes_on { (elsewhere(&visitor, words)) }
    })
}

/// Places with these words in their names, and the lists in which they can be searched for.
fn elsewhere(visitor: &Visitor, words: &str) -> Markup {
    html! {
        @for (href, label) in actions(visitor) {
            @if words.is_empty() || first(label, words).is_some() {
                a class="palette-row" href=(href) { span { (marked(label, words)) } }
            }
        }
        @if !words.is_empty() {
            a class="palette-row" href=(address("/flows", &[("q", words)])) {
                (icon(Icon::Search)) span { (words::flows_with(words)) }
            }
            a class="palette-row" href=(address("/sessions", &[("q", words)])) {
                (icon(Icon::Search)) span { (words::sessions_with(words)) }
            }
        }
    }
}

/// Places that the page itself does not offer.
fn actions(visitor: &Visitor) -> Vec<(&'static str, &'static str)> {
    let mut actions = vec![("/people", words::PEOPLE), ("/settings", words::SETTINGS)];
    if may(visitor.role(), Relation::Member, Action::WriteFlow) {
        actions.insert(0, ("/flows/import", words::IMPORT));
    }
    actions
}

fn flow_row(flow: &Flow, words: &str) -> Markup {
    html! {
        a class="palette-row" href={ "/flows/" (flow.id) } {
            (icon(Icon::Flows))
            span { (marked(&flow.title, words)) } " "
            span class="faint" {
                @if flow.latest_version == 0 { (words::DRAFT) } @else { (flow_words::steps(flow.step_count)) }
            }
        }
    }
}

fn title(listed: &Listed) -> String {
    let title = session::title(&listed.flow_title, &listed.session.title);
    format!("{} {title}", session::number(listed.session.number))
}

fn session_row(listed: &Listed, words: &str) -> Markup {
    let who = listed.owner.as_deref().or(listed.assigned_to.as_deref());
    html! {
        a class="palette-row" href=(session::address(listed)) {
            (icon(Icon::Sessions))
            span { (marked(&title(listed), words)) } " "
            span class="faint" {
                @if let Some(who) = who { (session::first_name(who)) ", " }
                (session_words::status(listed.session.status()))
            }
        }
    }
}
