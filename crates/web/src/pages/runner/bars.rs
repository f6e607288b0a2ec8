//! What stands above the step and concerns the session: prepared, watched, ended, and what was refused.

use maud::{Markup, html};
use resolutionflow_core::session::{Session, Stale, Status};

use super::refused;
use super::scene::Scene;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::{form, time};
use crate::pages::words::prepare as preparing;
use crate::pages::words::runner as words;

/// The bars.
pub(super) fn bars(scene: &Scene<'_>) -> Markup {
    let session = &scene.snapshot.session;
    let status = session.status();
    let rights = scene.rights;
    let is_watching =
        matches!(status, Status::Prepared | Status::Active) && !rights.fill && !rights.work && !rights.take;
    html! {
        div id="bars" data-version=(scene.shown_version()) {
            @if let Some(refused) = &scene.view.refused { (refused::summary(scene, refused)) }
            @if scene.view.noted {
                div class="bar" role="status" { (icon(Icon::Note)) span { (words::NOTED) } }
            }
            @match status {
                Status::Prepared => (prepared(scene)),
                Status::Active => {}
                Status::Completed | Status::Discarded => (ended(scene)),
            }
            @if is_watching {
                div class="bar watching" role="status" {
                    (icon(Icon::Eye))
                    span { (words::watching(session.owner_id.map(|owner| scene.first_name(owner)))) }
                }
            }
        }
    }
}

/// The two buttons of the session in the top bar.
pub(super) fn top_session(scene: &Scene<'_>) -> Markup {
    let missing = scene.missing();
    let ended = matches!(
        scene.snapshot.session.status(),
        Status::Completed | Status::Discarded
    );
    html! {
        div id="top-session" data-version=(scene.shown_version()) {
            button id="variables-button" class="button" type="button" data-action="panel" {
                (words::VARIABLES)
                @if missing > 0 {
                    " " span class="count" aria-hidden="true" { (missing) }
                    span class="visually-hidden" { ", " (words::missing(missing)) }
                }
                " " kbd { "V" }
            }
            @if ended {
                a class="button" href={ (scene.path()) "/report" } { (words::REPORT) }
            } @else if scene.rights.complete {
                a id="finish-button" class="button" href={ (scene.path()) "/finish" } { (words::FINISH) }
            }
        }
    }
}

fn button(scene: &Scene<'_>, action: &str, class: &str, word: &str) -> Markup {
    html! {
        form method="post" action={ (scene.path()) "/" (action) } {
            (form::key(scene.app)) button class=(class) type="submit" { (word) }
        }
    }
}

fn prepared(scene: &Scene<'_>) -> Markup {
    let session = &scene.snapshot.session;
    let rights = scene.rights;
    let whom = session.assigned_to_id.map(|id| scene.by_name(id));
    let by = session
        .prepared_by_id
        .map_or(words::SOMEBODY, |id| scene.by_name(id));
    let is_stale = !scene.snapshot.stale.is_empty();
    let newer = Stale::newer_version(&scene.snapshot.stale);
    let start = if is_stale {
        words::RUN_AS_PREPARED
    } else {
        words::START
    };
    html! {
        div class={ "bar prepared" @if is_stale { " warn" } } role="status" {
            (icon(if is_stale { Icon::Warning } else { Icon::Note }))
            span dir="auto" {
                (words::prepared_by(by)) " " (words::prepared_for(whom)) ", " (time::relative(session.created_at))
                @if !session.note.is_empty() { (words::note_of(&session.note)) } @else { "." }
                @for reason in &scene.snapshot.stale {
                    " " (words::stale(reason, session.flow_version, &scene.snapshot.difference))
                }
            }
            @if !session.client.is_empty() { span dir="auto" { (words::client(&session.client)) } }
            (ticket(session))
            @if let Some(due) = session.due_at { span { (words::due()) (time::absolute(due)) } }
            div class="buttons" {
                @if let Some(latest) = newer.filter(|_| rights.update) {
                    a class="button primary" href={ (scene.path()) "/review" } { (words::review_and_update(latest)) }
                }
                @if rights.start {
                    @let class = if newer.is_some() && rights.update { "button" } else { "button primary" };
                    (button(scene, "start", class, start))
                }
                @if rights.take { (button(scene, "take", "button", words::TAKE)) }
                @if rights.edit { a class="button" href={ (scene.path()) "/edit" } { (words::EDIT) } }
                @if rights.assign { a class="button" href={ (scene.path()) "/assign" } { (words::REASSIGN) } }
                @if rights.discard && is_stale { (button(scene, "discard", "button", words::DISCARD)) }
            }
        }
    }
}

/// The ticket that a session is for, as a link where it has one.
fn ticket(session: &Session) -> Markup {
    let named = if session.ticket.is_empty() {
        words::TICKET
    } else {
        &session.ticket
    };
    html! {
        @if !session.ticket_url.is_empty() {
            span { a href=(session.ticket_url) rel="noopener noreferrer" target="_blank" dir="auto" { (named) } }
        } @else if !session.ticket.is_empty() {
            span dir="auto" { (named) }
        }
    }
}

/// To prepare another session with the values of this one.
pub(super) fn again(scene: &Scene<'_>, class: &str) -> Markup {
    let session = &scene.snapshot.session;
    html! {
        a class=(class) href={ "/flows/" (session.flow_id) "/prepare?from=" (session.id) } { (preparing::AGAIN) }
    }
}

fn ended(scene: &Scene<'_>) -> Markup {
    let session = &scene.snapshot.session;
    let at = session
        .discarded_at
        .or(session.completed_at)
        .unwrap_or(session.updated_at);
    let who = scene.snapshot.ended_by.map(|id| scene.short_name(id));
    html! {
        div class="bar ended" role="status" {
            (icon(Icon::Check))
            span { (words::ended(who, session.discarded_at.is_none())) ", " (time::relative(at)) }
            div class="buttons" {
                a class="button" href={ (scene.path()) "/report" } { (words::REPORT) }
                @if scene.rights.prepare { (again(scene, "button")) }
                @if scene.rights.reopen { (button(scene, "reopen", "button", words::REOPEN)) }
            }
        }
    }
}
