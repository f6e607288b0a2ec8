//! What stands above the step and concerns the session: prepared, watched, ended, and what was refused.

use maud::{Markup, html};
use resolutionflow_core::session::Status;

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
    let whom = session.assigned_to_id.map(|id| scene.by_name(id));
    let by = session
        .prepared_by_id
        .map_or(words::SOMEBODY, |id| scene.by_name(id));
    html! {
        div class="bar prepared" role="status" {
            (icon(Icon::Note))
            span dir="auto" {
                (words::prepared_by(by)) " " (words::prepared_for(whom)) ", " (time::relative(session.created_at))
                @if !session.note.is_empty() { (words::note_of(&session.note)) }
            }
            @if let Some(due) = session.due_at { span { (words::due()) (time::absolute(due)) } }
            @if scene.rights.start || scene.rights.take || scene.rights.edit {
                div class="buttons" {
                    @if scene.rights.edit { a class="button" href={ (scene.path()) "/edit" } { (preparing::EDIT) } }
                    @if scene.rights.start { (button(scene, "start", "button primary", words::START)) }
                    @if scene.rights.take { (button(scene, "take", "button", words::TAKE)) }
                }
            }
        }
    }
}

/// To prepare another session with the values of this one.
fn again(scene: &Scene<'_>) -> Markup {
    let session = &scene.snapshot.session;
    html! {
        a class="button" href={ "/flows/" (session.flow_id) "/prepare?from=" (session.id) } { (preparing::AGAIN) }
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
                @if scene.rights.prepare { (again(scene)) }
                @if scene.rights.reopen { (button(scene, "reopen", "button", words::REOPEN)) }
            }
        }
    }
}
