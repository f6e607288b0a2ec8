//! `/sessions/{id}/report`: what was done, as the reader wants it, and the same as a file.
//!
//! What is shown is the body of the file with the same options, byte for byte.

mod bar;
mod choice;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use chrono::TimeDelta;
use maud::{Markup, PreEscaped, html};
use resolutionflow_core::access::Action;
use resolutionflow_core::export;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{REOPEN_HOURS, Session, Status};

use super::shell::{self, Frame, Section};
use super::words::report as words;
use crate::api::sessions::export::{Export, SessionFormat, Write, export as send};
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::request::Path;
use choice::Choice;

/// The routes of reports; the files are those of the API.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sessions/{id}/report", get(show))
        .route("/sessions/{id}/export", get(send))
}

async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<SessionId>,
    uri: Uri,
) -> Result<Markup> {
    let choice = Choice::read(uri.query().unwrap_or_default());
    let report = Export::read(&app, &visitor.caller, id).await?;
    let options = choice.query()?.options(&report.version)?;
    let session = report.kept.session.clone();
    let bar = bar::draw(
        &app,
        &report,
        &choice,
        bar::May {
            reopen: may_reopen(&app, &visitor, &session),
            prepare: session.may(&visitor.caller.actor(), Action::PrepareSession),
        },
    );
    let write: Write = match choice.format {
        SessionFormat::Html => export::html_body,
        SessionFormat::Markdown => export::markdown,
        SessionFormat::Text => export::text,
        SessionFormat::Json => export::json,
    };
    let text = report.written(options, write).await?;
    let content = html! {
        div id="report" {
            (bar)
            div class="document" {
                @if choice.format == SessionFormat::Html {
                    // Escaped and made clean where it was written.
                    (PreEscaped(text))
                } @else {
                    pre class="file" tabindex="0" role="region" aria-label=(words::SOURCE) { (text) }
                }
            }
        }
    };
    let number = session.number;
    let frame = Frame {
        crumbs: html! {
            a href="/sessions" { (super::words::shell::SESSIONS) } " / "
            a href={ "/sessions/" (id) } { (format!("{number:04}")) } " / "
            span aria-current="page" { (words::CRUMB) }
        },
        ..Frame::new(words::title(number), "report", Section::Sessions)
    };
    Ok(shell::page(&app, &visitor, &frame, &content))
}

/// Whether this visitor may open the session again now.
fn may_reopen(app: &App, visitor: &Visitor, session: &Session) -> bool {
    let ended_at = match session.status() {
        Status::Completed => session.completed_at,
        Status::Discarded => session.discarded_at,
        Status::Prepared | Status::Active => None,
    };
    let in_time = ended_at.is_some_and(|at| app.now() - at <= TimeDelta::hours(REOPEN_HOURS));
    in_time && session.may(&visitor.caller.actor(), Action::ReopenSession)
}
