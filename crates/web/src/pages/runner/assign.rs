//! `/sessions/{id}/assign`: gives a session to somebody else, with a note for them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{Session, Status};
use resolutionflow_store::{members, sessions};
use serde::Deserialize;
use serde_json::{Value, json};

use super::variables::address;
use crate::api::sessions::change as api;
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::form;
use crate::pages::components::session::number;
use crate::pages::prepare::base::people;
use crate::pages::refusal::Refusal;
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::assign as words;
use crate::pages::words::runner::session as session_title;
use crate::request::{Form, IdempotencyKey, IfMatch, Json, Path};

/// The form as it was sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    key: String,
    /// The version of the session that was seen.
    #[serde(default)]
    seen: i64,
    /// The id of a member; empty for nobody in particular.
    #[serde(default)]
    to: String,
    #[serde(default)]
    note: String,
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::AssignSession as usize }>,
    Path(id): Path<SessionId>,
) -> Result<Markup> {
    draw(&app, &visitor, id, None, &[]).await
}

/// Gives it to somebody.
pub(super) async fn assign(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::AssignSession as usize }>,
    Path(id): Path<SessionId>,
    Form(mut sent): Form<Sent>,
) -> Result<Response> {
    sent.note = sent.note.replace("\r\n", "\n");
    let to = Some(&sent.to).filter(|to| !to.is_empty());
    let mut body = json!({ "assigned_to_id": to });
    if !sent.note.trim().is_empty() {
        body["handover_note"] = json!(sent.note);
    }
    let key = IdempotencyKey::parse(&sent.key);
    match give(&app, &visitor, id, (key, sent.seen), body).await {
        Ok(()) => Ok(Redirect::to(&address(id, None)).into_response()),
        Err(Error::PreconditionFailed { .. }) => {
            let page = draw(&app, &visitor, id, Some(&sent), &[words::CHANGED.to_owned()]).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let problems = refusal.problems().iter();
            let mut wrong: Vec<_> = problems.map(|problem| problem.detail.clone()).collect();
            if wrong.is_empty() {
                wrong.push(refusal.text());
            }
            Ok(refusal.answer(draw(&app, &visitor, id, Some(&sent), &wrong).await?))
        }
    }
}

async fn give(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    (key, seen): (Option<IdempotencyKey>, i64),
    body: Value,
) -> Result<()> {
    let body = serde_json::from_value(body)
        .map_err(|_| Error::unprocessable("/assigned_to_id", "choose one of the people in the list"))?;
    let session = find(app, visitor, id).await?;
    // While others work, the session's version moves with every value; before, a change of it is one of these details.
    let seen = (session.status() == Status::Prepared).then(|| IfMatch::Versions(vec![seen]));
    let caller = May(visitor.caller.clone());
    api::change(State(app.clone()), caller, Path(id), seen, key, Json(body)).await?;
    Ok(())
}

async fn find(app: &App, visitor: &Visitor, id: SessionId) -> Result<Session> {
    let account = visitor.caller.account_id;
    app.read(move |tx| Box::pin(async move { sessions::find(tx, account, id).await?.ok_or(Error::NotFound) }))
        .await
}

async fn draw(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    sent: Option<&Sent>,
    wrong: &[String],
) -> Result<Markup> {
    let account = visitor.caller.account_id;
    let session = find(app, visitor, id).await?;
    if !session.may(&visitor.caller.actor(), Action::AssignSession) {
        return Err(Error::Forbidden(
            "Only who has a part in this session, or an admin, may give it away.".to_owned(),
        ));
    }
    let assigned = session.assigned_to_id;
    let (people, names) = app
        .read(move |tx| {
            Box::pin(async move {
                let people = people(tx, account).await?;
                // Who has it may be nobody who could run it any more.
                Ok((people, members::names(tx, account, assigned.as_slice()).await?))
            })
        })
        .await?;
    let is_prepared = session.status() == Status::Prepared;
    let title = if is_prepared {
        words::REASSIGN
    } else {
        words::HAND_OVER
    };
    let standing = session
        .assigned_to_id
        .map(|user| user.to_string())
        .unwrap_or_default();
    let to = sent.map_or(standing.as_str(), |sent| sent.to.as_str());
    let path = address(id, None);
    let content = html! {
        form class="narrow" method="post" action={ (path) "/assign" } {
            h1 { (title) }
            p class="page-sub" dir="auto" { (session_title(session.number, &session.title)) }
            (form::key(app))
            input type="hidden" name="seen" value=(session.version);
            @if !wrong.is_empty() {
                div class="error-summary" role="alert" tabindex="-1" {
                    h2 { (words::failed(wrong.len())) }
                    ul { @for wrong in wrong { li { (wrong) } } }
                }
            }
            div class="field" {
                label for="assign-to" { (words::TO) }
                select class="control" id="assign-to" name="to" {
                    option value="" selected[to.is_empty()] {
                        (if is_prepared { words::ANYBODY } else { words::NOBODY })
                    }
                    @for member in &people {
                        @let user = member.user_id.to_string();
                        option value=(user) selected[user == to] { (member.name) }
                    }
                }
                @for name in names.values() { p class="help" { (words::now_with(name)) } }
            }
            div class="field" {
                label for="assign-note" { (words::NOTE) }
                textarea class="control" id="assign-note" name="note" rows="4" dir="auto" aria-describedby="assign-note-help" {
                    "\n" (sent.map_or("", |sent| sent.note.as_str()))
                }
                p class="help" id="assign-note-help" { (words::NOTE_HELP) }
            }
            div class="buttons" {
                button class="button primary" type="submit" { (if is_prepared { words::ASSIGN } else { words::SEND }) }
                a class="button" href=(path) { (words::BACK) }
            }
        }
    };
    let mut frame = Frame::new(title, "assign", Section::Sessions);
    frame.crumbs =
        html! { a href=(path) { (number(session.number)) } " / " span aria-current="page" { (title) } };
    Ok(shell::page(app, visitor, &frame, &content))
}
