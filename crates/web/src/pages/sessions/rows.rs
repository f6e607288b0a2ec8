//! A row of the list of sessions, by where the session is in its life.

use maud::{Markup, html};
use resolutionflow_core::access::Action;
use resolutionflow_core::export::duration;
use resolutionflow_core::session::{Outcome, Session, Status};
use resolutionflow_store::sessions::Listed;

use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::pages::components::{session, time};
use crate::pages::words::sessions as words;

/// The row.
pub(super) fn row(app: &App, visitor: &Visitor, listed: &Listed, status: Status) -> Markup {
    html! {
        li class="row" id={ "session-" (listed.session.id) } {
            span class="row-number" { (session::number(listed.session.number)) }
            @match status {
                Status::Prepared => (prepared(app, visitor, listed)),
                Status::Completed => (completed(listed)),
                Status::Active | Status::Discarded => (active(listed)),
            }
        }
    }
}

fn title(listed: &Listed) -> Markup {
    html! {
        a href=(session::address(listed)) { (session::title(&listed.flow_title, &listed.session.title)) }
    }
}

/// Who started it and who is to run it, by their first names.
fn people(listed: &Listed) -> Markup {
    let both = [listed.owner.as_deref(), listed.assigned_to.as_deref()];
    let mut people: Vec<&str> = both.into_iter().flatten().collect();
    people.dedup();
    let first: Vec<_> = people.iter().map(|name| session::first_name(name)).collect();
    html! { span class="row-cell wide" title=(people.join(", ")) { (first.join(", ")) } }
}

fn active(listed: &Listed) -> Markup {
    let Session {
        steps,
        finished_steps,
        missing,
        updated_at,
        ..
    } = &listed.session;
    html! {
        div class="row-title" { (title(listed)) (session::about(&listed.session)) }
        span class="row-cell" {
            span class="progress" {
                progress max=(steps) value=(finished_steps) aria-label=(words::steps(*finished_steps, *steps)) {}
                (finished_steps) "/" (steps)
            }
        }
        span class="row-cell" { (session::missing(*missing)) }
        (people(listed))
        span class="row-cell end" { (time::relative(*updated_at)) }
    }
}

fn prepared(app: &App, visitor: &Visitor, listed: &Listed) -> Markup {
    let prepared = &listed.session;
    let reasons = session::stale(listed, app.now());
    let name = session::title(&listed.flow_title, &prepared.title);
    let here = session::address(listed);
    let may = |action| prepared.may(&visitor.caller.actor(), action);
    html! {
        div class="row-title" { (title(listed)) (session::stale_chip(&reasons)) (session::about(prepared)) }
        span class="row-cell wide" title=[listed.assigned_to.as_deref()] {
            (listed.assigned_to.as_deref().map_or(words::ANYONE, session::first_name))
        }
        span class="row-cell" { (words::filled(prepared.filled, prepared.variables)) }
        (session::due(prepared, app.now()))
        @if may(Action::TakeSession) {
            (session::act(app, &format!("{here}/take"), words::TAKE, &name))
        } @else if !may(Action::StartSession) {
            span class="row-end" {}
        } @else if reasons.is_empty() {
            (session::act(app, &format!("{here}/start"), words::START, &name))
        } @else {
            div class="row-end" {
                a class="button small" href=(here) aria-label=(words::about(words::REVIEW, &name)) { (words::REVIEW) }
            }
        }
    }
}

fn completed(listed: &Listed) -> Markup {
    let Session {
        started_at,
        completed_at,
        missing,
        outcome,
        ..
    } = &listed.session;
    html! {
        div class="row-title" {
            (title(listed))
            @if let Some(outcome) = outcome.filter(|outcome| *outcome != Outcome::Resolved) {
                span class="tag" { (outcome.as_str()) }
            }
            (session::about(&listed.session))
        }
        span class="row-cell" {
            @if let (Some(from), Some(to)) = (started_at, completed_at) { (duration(*to - *from)) }
        }
        span class="row-cell" { (session::missing(*missing)) }
        (people(listed))
        span class="row-cell end" { @if let Some(at) = completed_at { (time::relative(*at)) } }
    }
}
