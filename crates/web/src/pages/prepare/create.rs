//! `/flows/{id}/prepare`: prepares a new session. Nothing is compulsory.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use resolutionflow_core::access::Action;
use resolutionflow_core::id::FlowId;

use super::base::Base;
use super::sheet::Sheet;
use super::written::{Detail, Wish, Written};
use super::{copy, draw, ticket, words};
use crate::api::sessions::prepare::{self as api, PrepareSession};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Json, Pairs, Path, Query};

/// The form, with the values of a past session (`from`) or those that a link names.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::PrepareSession as usize }>,
    Path(id): Path<FlowId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup> {
    let base = Base::of_flow(&app, &visitor, id).await?;
    let outline = &base.version.outline;
    let is_from = |(name, value): &(String, String)| name == "from" && value.parse::<uuid::Uuid>().is_ok();
    let (from, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_from);
    let is_link = !pairs.is_empty();
    let mut written = Written::of_link(outline, pairs);
    let mut news = is_link.then(|| words::from_link(written.values.said.len()));
    let mut left = Vec::new();
    if let Some((_, from)) = from.first() {
        let from = from.parse().map_err(|_| Error::NotFound)?;
        let copied = copy::from_session(&app, &visitor, &base, &mut written, from).await?;
        news = Some(copied.news);
        left = copied.left;
    }
    let mut sheet = Sheet::of(&base, &written);
    sheet.is_again = false;
    sheet.news = news;
    sheet.left.extend(left);
    draw::page(&app, &visitor, &base, &sheet).await
}

/// Prepares, or does one of the things that save nothing.
pub(super) async fn prepare(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::PrepareSession as usize }>,
    Path(id): Path<FlowId>,
    Pairs(pairs): Pairs,
) -> Result<Response> {
    let base = Base::of_flow(&app, &visitor, id).await?;
    let mut written = Written::read(&base.version.outline, pairs);
    if written.wish != Wish::Save {
        return help(&app, &visitor, &base, &mut written).await;
    }
    let mut sheet = Sheet::of(&base, &written);
    let (mut status, mut refusal) = (StatusCode::UNPROCESSABLE_ENTITY, None);
    if written
        .version
        .is_some_and(|version| version != base.version.number)
    {
        sheet.failed = Some(words::moved(base.version.number));
        status = StatusCode::CONFLICT;
    }
    if !sheet.is_faulty() {
        let caller = May(visitor.caller.clone());
        let body = Json(body(id, &written, &sheet));
        match api::prepare(State(app.clone()), caller, written.key(""), body).await {
            Ok(prepared) => {
                let to = format!("/flows/{id}?prepared={}", prepared.id()?);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(error) => refusal = Some(sheet.refuse(&base.version.outline, error)?),
        }
    }
    sheet.is_refused = true;
    let page = draw::page(&app, &visitor, &base, &sheet).await?;
    Ok(match refusal {
        Some(refusal) => refusal.answer(page),
        None => (status, page).into_response(),
    })
}

fn body(id: FlowId, written: &Written, sheet: &Sheet) -> PrepareSession {
    let detail = |detail: Detail| sheet.details.get(&detail).cloned();
    let values = written.values.patch(&sheet.texts);
    PrepareSession {
        flow_id: id.uuid(),
        variables: values.variables,
        keep_invalid: values.keep_invalid,
        assigned_to_id: written.assignee(),
        title: detail(Detail::Title),
        note: detail(Detail::Note),
        due_at: written.due().ok().flatten(),
        ticket: detail(Detail::Ticket),
        ticket_url: detail(Detail::TicketUrl),
        client: detail(Detail::Client),
    }
}

/// Looks through a ticket, fills what was chosen in it, copies from a past session, or only says what is wrong so far;
/// all of it on the form, and nothing is saved.
pub(super) async fn help(
    app: &App,
    visitor: &Visitor,
    base: &Base,
    written: &mut Written,
) -> Result<Response> {
    let (mut news, mut left) = (None, Vec::new());
    match written.wish {
        Wish::Fill => news = Some(copy::from_ticket(base, written)),
        Wish::Copy(from) => {
            let copied = copy::from_session(app, visitor, base, written, from).await?;
            news = Some(copied.news);
            left = copied.left;
        }
        Wish::Look | Wish::Check | Wish::Save => {}
    }
    let mut sheet = Sheet::of(base, written);
    sheet.news = news;
    sheet.left.extend(left);
    if written.wish == Wish::Look {
        sheet.offers = Some(ticket::offers(base, &written.ticket));
    }
    Ok(draw::page(app, visitor, base, &sheet).await?.into_response())
}
