//! A form to complete a session that comes when the session has ended: what was typed in it is shown, to be copied.
//!
//! The same form that is sent twice leads to the report, as it did the first time.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_core::id::SessionId;
use resolutionflow_store::{sessions, variables};

use super::complete::Sent;
use super::{frame, report, version, words};
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::shell;

/// Leads to the report where all that was typed stands in it; else shows what does not.
pub(super) async fn answer(app: &App, visitor: &Visitor, id: SessionId, sent: &Sent) -> Result<Response> {
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
    let mut lost: Vec<(String, String)> = Vec::new();
    // Whoever completes anyway does so over texts that cannot be kept.
    for (name, texts) in sent.values.iter().filter(|_| !sent.anyway) {
        let Some((key, known)) = version.outline.variable(name) else {
            continue;
        };
        let text = texts.join("\n");
        let stands = standing.get(&key).and_then(|variable| variable.value.as_deref());
        let is_there = stands == Some(text.as_str()) || stands == known.accept(&text).ok().as_deref();
        if !text.trim().is_empty() && !is_there {
            lost.push((known.name.to_string(), text));
        }
    }
    let ends = [
        (words::NOTE, &sent.note, &session.outcome_note),
        (words::NEXT, &sent.next_steps, &session.next_steps),
    ];
    for (label, typed, stands) in ends {
        let typed = typed.as_deref().unwrap_or_default();
        if !typed.trim().is_empty() && typed.trim() != stands.trim() {
            lost.push((label.to_owned(), typed.to_owned()));
        }
    }
    if lost.is_empty() {
        return Ok(report(id).into_response());
    }
    let page = shell::page(app, visitor, &frame(&session), &draw(id, &lost));
    Ok((StatusCode::CONFLICT, page).into_response())
}

fn draw(id: SessionId, lost: &[(String, String)]) -> Markup {
    html! {
        div class="narrow" {
            h1 { (words::LATE) }
            div class="error-summary" role="alert" tabindex="-1" { p { (words::LATE_HELP) } }
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
