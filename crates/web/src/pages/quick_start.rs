//! `GET /`: what waits for the visitor, what they have begun, and what they could start.

use std::collections::{HashMap, HashSet};

use axum::extract::State;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::render::Unset;
use resolutionflow_core::session::Session;
use resolutionflow_core::step::StepId;
use resolutionflow_core::variable::{Shown, Variables};
use resolutionflow_store::flows::{self, Flow, Sort};
use resolutionflow_store::sessions::{self, Listed, Queue, Queues};
use resolutionflow_store::{Tx, members, steps, variables};
use serde::Deserialize;

use super::components::filter::address;
use super::components::icon::{Icon, icon};
use super::components::{filter, form, session, time};
use super::shell::{self, Frame, Section};
use super::words::quick_start as words;
use super::words::sessions as rows;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::request::Query;
use crate::versions::Version;

/// How many rows a queue shows.
const ROWS: usize = 5;

/// How many flows there are to start.
const FLOWS: i64 = 6;

/// How the visitor came here.
#[derive(Debug, Default, Deserialize)]
pub struct Arrival {
    /// The session that they wanted to start or take when somebody else just had.
    #[serde(default)]
    gone: String,
}

/// Whether a refusal says that somebody else was quicker.
pub fn is_lost(error: &Error) -> bool {
    matches!(error.kind(), Kind::AlreadyStarted | Kind::AlreadyTaken)
}

/// Where who lost the race for a session is told who won it.
pub fn address_of_lost(session: SessionId) -> String {
    address("/", &[("gone", &session.to_string())])
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(arrival): Query<Arrival>,
) -> Result<Markup> {
    let gone = arrival.gone.parse().ok();
    let waiting = read(&app, &visitor, gone).await?;
    let begun = begun(&app, &visitor, &waiting).await?;
    let now = app.now();
    let Queues {
        prepared_for_you,
        unassigned,
        continue_,
        prepared_by_you,
    } = &waiting.queues;
    let (lost, lost_of_team) = match waiting.lost {
        Some(lost) if lost.session.assigned_to_id == Some(visitor.user_id()) => (Some(lost), None),
        other => (None, other),
    };
    let content = html! {
        div class="page-head" {
            h1 data-greeting=(session::first_name(&visitor.name)) { (words::greeting(session::first_name(&visitor.name))) }
            button class="button find-anything needs-js" type="button" data-action="palette" {
                kbd { "Ctrl K" } " " (words::FIND)
            }
        }
        section class="section" aria-labelledby="prepared" {
            (head("prepared", words::PREPARED, Some(prepared_for_you)))
            @if prepared_for_you.sessions.is_empty() && lost.is_none() {
                p class="empty" { (words::PREPARED_EMPTY) }
            } @else {
                ul class="list queue" {
                    @if let Some(lost) = &lost { (gone_row(lost)) }
                    @for listed in &prepared_for_you.sessions { (prepared_row(&app, &visitor, listed, now, Offer::Start)) }
                }
            }
            @if prepared_for_you.more { (see_all("/sessions?tab=prepared&assigned=me")) }
        }
        @if !unassigned.sessions.is_empty() || lost_of_team.is_some() {
            section class="section" aria-labelledby="unassigned" {
                (head("unassigned", words::UNASSIGNED, Some(unassigned)))
                ul class="list queue" {
                    @if let Some(lost) = &lost_of_team { (gone_row(lost)) }
                    @for listed in &unassigned.sessions { (prepared_row(&app, &visitor, listed, now, Offer::Take)) }
                }
                @if unassigned.more { (see_all("/sessions?tab=prepared&assigned=none")) }
            }
        }
        @if !continue_.sessions.is_empty() {
            section class="section" aria-labelledby="continue" {
                (head("continue", words::CONTINUE, None))
                ul class="list continue" {
                    @for (listed, place) in continue_.sessions.iter().zip(&begun) { (continue_row(listed, place)) }
                }
                @if continue_.more { (see_all("/sessions?tab=active&mine=yes")) }
            }
        }
        @if !prepared_by_you.sessions.is_empty() {
            section class="section" aria-labelledby="by-you" {
                (head("by-you", words::BY_YOU, Some(prepared_by_you)))
                ul class="list queue" {
                    @for listed in &prepared_by_you.sessions { (prepared_row(&app, &visitor, listed, now, Offer::Look)) }
                }
                @if prepared_by_you.more { (see_all("/sessions?tab=prepared&prepared_by=me")) }
            }
        }
        @if waiting.flows.is_empty() { (first_run(&visitor)) } @else { (start_a_flow(&app, &visitor, &waiting.flows)) }
    };
    let mut frame = Frame::new(words::TITLE, "quick-start", Section::QuickStart);
    frame.crumbs = html! { span aria-current="page" { (words::TITLE) } };
    Ok(shell::page(&app, &visitor, &frame, &content))
}

/// All that the page shows, but for where the begun sessions stand.
struct Waiting {
    queues: Queues,
    finished: HashMap<SessionId, HashSet<StepId>>,
    flows: Vec<Flow>,
    lost: Option<Lost>,
}

/// A session that somebody else was quicker to take or start.
struct Lost {
    session: Session,
    title: String,
    winner: String,
}

async fn read(app: &App, visitor: &Visitor, gone: Option<SessionId>) -> Result<Waiting> {
    let actor = visitor.caller.actor();
    let (account, user, team) = (visitor.caller.account_id, actor.user_id, actor.team_id);
    app.read(move |tx| {
        Box::pin(async move {
            let queues = sessions::queues(tx, account, user, team, ROWS).await?;
            let begun: Vec<_> = queues
                .continue_
                .sessions
                .iter()
                .map(|listed| listed.session.id)
                .collect();
            let mut finished: HashMap<SessionId, HashSet<StepId>> = HashMap::new();
            for (session, step) in steps::finished(tx, account, &begun).await? {
                finished.entry(session).or_default().insert(step);
            }
            let filter = flows::Filter {
                sort: Sort::RecentlyUsed,
                ..flows::Filter::default()
            };
            let flows = flows::list(tx, account, &filter, None, FLOWS).await?;
            let mut lost = match gone {
                Some(id) => lost(tx, account, id).await?,
                None => None,
            };
            lost.take_if(|lost| {
                let session = &lost.session;
                session.owner_id == Some(user)
                    || (session.owner_id.is_none() && session.assigned_to_id == Some(user))
            });
            Ok(Waiting {
                queues,
                finished,
                flows,
                lost,
            })
        })
    })
    .await
}

async fn lost(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Option<Lost>> {
    let Some(session) = sessions::find(tx, account, id).await? else {
        return Ok(None);
    };
    let Some(winner) = session.owner_id.or(session.assigned_to_id) else {
        return Ok(None);
    };
    let names = members::names(tx, account, &[winner]).await?;
    let flow = flows::find(tx, account, session.flow_id).await?;
    Ok(names.get(&winner).zip(flow).map(|(winner, flow)| Lost {
        title: session::title(&flow.title, &session.title),
        winner: session::first_name(winner).to_owned(),
        session,
    }))
}

/// Where a session stands: its first open step, by its place and with the values in its title.
struct Place {
    title: String,
    step: Option<(usize, usize)>,
}

async fn begun(app: &App, visitor: &Visitor, waiting: &Waiting) -> Result<Vec<Place>> {
    let account = visitor.caller.account_id;
    let mut places = Vec::new();
    for listed in &waiting.queues.continue_.sessions {
        let session = &listed.session;
        let version = app
            .versions
            .get(&app.db, account, session.flow_id, session.flow_version)
            .await?;
        let finished = waiting.finished.get(&session.id);
        let steps = version.compiled.steps();
        let open = steps
            .iter()
            .position(|step| finished.is_none_or(|finished| !finished.contains(&step.id)));
        places.push(match open {
            Some(at) => Place {
                title: step_title(app, account, &version, session.id, at).await?,
                step: Some((at + 1, steps.len())),
            },
            None => Place {
                title: words::ALL_DONE.to_owned(),
                step: None,
            },
        });
    }
    Ok(places)
}

/// The title of a step; the session's values are read only where it has one in it.
async fn step_title(
    app: &App,
    account: AccountId,
    version: &Version,
    session: SessionId,
    at: usize,
) -> Result<String> {
    let title = &version.compiled.steps()[at].title.plain;
    let values = if title.variables().next().is_some() {
        app.read(move |tx| Box::pin(async move { Ok(variables::all(tx, account, session).await?) }))
            .await?
    } else {
        Variables::new()
    };
    let shown = Shown {
        outline: &version.outline,
        variables: &values,
    };
    let mut text = String::new();
    title.text(&shown, Unset::Placeholder, &mut text);
    Ok(text)
}

fn head(id: &str, title: &str, queue: Option<&Queue>) -> Markup {
    html! {
        div class="section-head" {
            h2 id=(id) { (title) }
            @if let Some(queue) = queue && !queue.sessions.is_empty() {
                span class="section-count" { (queue.sessions.len()) @if queue.more { "+" } }
            }
        }
    }
}

fn see_all(href: &str) -> Markup {
    html! { p { a class="see-all" href=(href) { (words::SEE_ALL) } } }
}

/// What a queue offers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// To start what is prepared for the visitor.
    Start,
    /// To take what nobody has yet.
    Take,
    /// To look again at what the visitor prepared for others.
    Look,
}

/// A prepared session, with what its queue offers.
fn prepared_row(app: &App, visitor: &Visitor, listed: &Listed, now: DateTime<Utc>, offer: Offer) -> Markup {
    let prepared = &listed.session;
    let title = session::title(&listed.flow_title, &prepared.title);
    let (here, reasons) = (session::address(listed), session::stale(listed, now));
    let may = |action| prepared.may(&visitor.caller.actor(), action);
    let first = |name: &Option<String>, none| name.as_deref().map_or(none, session::first_name).to_owned();
    // One's own may stand in two queues.
    let (queue, who) = if offer == Offer::Look {
        (
            "by-you-",
            words::assigned(&first(&listed.assigned_to, rows::NOBODY_YET)),
        )
    } else {
        ("session-", first(&listed.prepared_by, rows::UNKNOWN))
    };
    html! {
        li class="row" id={ (queue) (prepared.id) } {
            div class="row-title" {
                a href=(here) { (title) }
                (session::stale_chip(&reasons))
                (session::about(prepared))
            }
            span class="row-cell" { (rows::filled(prepared.filled, prepared.variables)) }
            span class="row-cell wide" { (who) ", " (time::relative(prepared.created_at)) }
            (session::due(prepared, now))
            @match offer {
                Offer::Take if may(Action::TakeSession) => (session::act(app, &format!("{here}/take"), rows::TAKE, &title)),
                Offer::Start if reasons.is_empty() && may(Action::StartSession) => {
                    (session::act(app, &format!("{here}/start"), rows::START, &title))
                }
                Offer::Start | Offer::Look if !reasons.is_empty() && may(Action::UpdateVersion) => {
                    div class="row-end" {
                        a class="button small" href=(here) aria-label=(rows::about(rows::REVIEW, &title)) { (rows::REVIEW) }
                    }
                }
                _ => span class="row-end" {},
            }
        }
    }
}

/// The session that somebody else has now.
fn gone_row(lost: &Lost) -> Markup {
    let session = &lost.session;
    html! {
        li class="row gone" id={ "session-" (session.id) } {
            div class="row-title" { a href={ "/sessions/" (session.id) } { (lost.title) } }
            span class="row-cell" {}
            span class="row-cell" role="status" {
                @if let Some(at) = session.started_at {
                    (words::started(&lost.winner)) " " (time::relative(at))
                } @else {
                    (words::taken(&lost.winner)) " " (time::relative(session.updated_at))
                }
            }
            span class="row-cell wide" {}
            div class="row-end" {
                a class="button small" href={ "/sessions/" (session.id) } aria-label=(rows::about(rows::WATCH, &lost.title)) { (rows::WATCH) }
            }
        }
    }
}

fn continue_row(listed: &Listed, place: &Place) -> Markup {
    let begun = &listed.session;
    let (here, number) = (session::address(listed), session::number(begun.number));
    html! {
        li class="row" id={ "session-" (begun.id) } {
            span class="row-number" { (number) }
            div class="row-title" {
                a href=(here) { (place.title) }
                span class="faint" {
                    (session::title(&listed.flow_title, &begun.title))
                    @if let Some((at, of)) = place.step { " · " (words::step(at, of)) }
                }
            }
            span class="row-cell" { (session::missing(begun.missing)) }
            div class="row-end" {
                a class="button small" href=(here) aria-label=(rows::about(rows::RESUME, &number)) { (rows::RESUME) }
            }
        }
    }
}

fn start_a_flow(app: &App, visitor: &Visitor, flows: &[Flow]) -> Markup {
    let may_start = may(visitor.role(), Relation::Member, Action::StartFlow);
    html! {
        section class="section" aria-labelledby="start" {
            div class="section-head" { h2 id="start" { (words::START) } }
            form class="filters" role="search" action="/flows" {
                (filter::search_field("", super::words::flows::SEARCH, super::words::flows::SEARCH_LABEL))
            }
            div class="cards" {
                @for flow in flows {
                    div class="card" id={ "flow-" (flow.id) } {
                        h3 class="card-title" { a href={ "/flows/" (flow.id) } { (flow.title) } }
                        p { (words::flow(flow.step_count, flow.used_count)) }
                        @if may_start && flow.latest_version > 0 {
                            form method="post" action={ "/flows/" (flow.id) "/start" } {
                                (form::key(app))
                                button class="button small" aria-label=(rows::about(rows::START, &flow.title)) {
                                    (icon(Icon::Play)) (rows::START)
                                }
                            }
                        }
                    }
                }
            }
            p { a class="see-all" href="/flows" { (words::SEE_ALL) } }
        }
    }
}

/// What there is to do where there is no flow yet.
fn first_run(visitor: &Visitor) -> Markup {
    html! {
        section class="section" aria-labelledby="first" {
            div class="section-head" { h2 id="first" { (words::FIRST) } }
            @if may(visitor.role(), Relation::Member, Action::WriteFlow) {
                div class="cards" {
                    div class="card" {
                        h3 { (words::IMPORT) }
                        p { (words::IMPORT_HELP) }
                        a class="button small" href="/flows/import" { (words::IMPORT_ACTION) }
                    }
                    div class="card" {
                        h3 { (words::PEOPLE) }
                        p { (words::PEOPLE_HELP) }
                        a class="button small" href="/people" { (words::PEOPLE_ACTION) }
                    }
                }
            } @else {
                p class="empty" { (words::NO_FLOWS) }
            }
        }
    }
}
