//! A form to complete a session that comes when the session has ended, or is no more its sender's to complete: what was
//! typed in it is shown, to be copied.
//!
//! The same form that is sent twice leads to the report, as it did the first time.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::Session;
use resolutionflow_store::{sessions, variables};

use super::complete::Sent;
use super::{frame, report, version, words};
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::refusal::Refusal;
use crate::pages::runner::scene::label;
use crate::pages::shell;

/// Leads to the report where all that was typed stands in it; else shows what does not.
pub(super) async fn ended(app: &App, visitor: &Visitor, id: SessionId, sent: &Sent) -> Result<Response> {
    // Whoever completes anyway does so over texts that cannot be kept.
    let (session, lost) = lost(app, visitor, id, sent, !sent.anyway).await?;
    if lost.is_empty() {
        return Ok(report(id).into_response());
    }
    let content = draw(id, (words::LATE, words::LATE_HELP), &lost);
    let page = shell::page(app, visitor, &frame(&session), &content);
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// Shows what was typed to whom the session is not to complete; the error where there is nothing to show.
pub(super) async fn not_theirs(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    sent: &Sent,
    error: Error,
) -> Result<Response> {
    let (session, lost) = lost(app, visitor, id, sent, true).await?;
    if lost.is_empty() {
        return Err(error);
    }
    let refusal = Refusal::of(error)?;
    let content = draw(id, (&refusal.text(), words::NOT_KEPT), &lost);
    Ok(refusal.answer(shell::page(app, visitor, &frame(&session), &content)))
}

/// A text that was typed, with what it is called.
type Text = (String, String);

/// The session, and what was typed and does not stand in it, with values or without.
async fn lost(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    sent: &Sent,
    with_values: bool,
) -> Result<(Session, Vec<Text>)> {
    let account = visitor.caller.account_id;
    let (session, standing) = app
        .read(move |tx| {
            Box::pin(async move {
                let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok((session, variables::all(tx, account, id).await?))
            })
        })
        .await?;
    let version = version(app, account, &session).await?;
    let mut lost: Vec<Text> = Vec::new();
    for (name, texts) in sent.values.iter().filter(|_| with_values) {
        let Some((key, known)) = version.outline.variable(name) else {
            continue;
        };
        let text = texts.join("\n");
        let stands = standing.get(&key).and_then(|variable| variable.value.as_deref());
        let is_there = stands == Some(text.as_str()) || stands == known.accept(&text).ok().as_deref();
        if !text.trim().is_empty() && !is_there {
            lost.push((label(known).to_owned(), text));
        }
    }
    let ends = [
        (words::NOTE, &sent.note, &session.outcome_note),
        (words::NEXT, &sent.next_steps, &session.next_steps),
    ];
    for (what, typed, stands) in ends {
        let typed = typed.as_deref().unwrap_or_default();
        if !typed.trim().is_empty() && typed.trim() != stands.trim() {
            lost.push((what.to_owned(), typed.to_owned()));
        }
    }
    Ok((session, lost))
}

fn draw(id: SessionId, (title, help): (&str, &str), lost: &[Text]) -> Markup {
    html! {
        div class="narrow" {
            h1 { (title) }
            div class="error-summary" role="alert" tabindex="-1" { p { (help) } }
            @for (at, (label, text)) in lost.iter().enumerate() {
                div class="field" {
                    label for={ "lost-" (at) } { (label) }
                    textarea class="control" id={ "lost-" (at) } rows="4" dir="auto" readonly { "\n" (text) }
                }
            }
            div class="buttons" {
                a class="button primary" href={ "/sessions/" (id) } { (words::TO_SESSION) }
                a class="button" href={ "/sessions/" (id) "/report" } { (words::TO_REPORT) }
            }
        }
    }
}
