//! `/sessions/{id}/edit`: changes a session until it starts.
//!
//! Only what somebody changed is written, and only over what they saw.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{Session, Status};

use super::base::Base;
use super::create::help;
use super::sheet::Sheet;
use super::written::{Detail, Wish, Written};
use super::{draw, words};
use crate::api::sessions::change::{ChangeSession, change};
use crate::api::sessions::variables::set_variables;
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::runner::refused::Fault;
use crate::request::{IfMatch, Json, Pairs, Path};

/// The form; a session that is not prepared any more leads to its page.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::ChangeDetails as usize }>,
    Path(id): Path<SessionId>,
) -> Result<Response> {
    let base = Base::of_session(&app, &visitor, id).await?;
    require(&base, &visitor)?;
    if ended(&base).is_some() {
        return Ok(Redirect::to(&format!("/sessions/{id}")).into_response());
    }
    let sheet = Sheet {
        client: base.detail(Detail::Client),
        ..Sheet::default()
    };
    Ok(draw::page(&app, &visitor, &base, &sheet).await?.into_response())
}

/// Saves what changed, or does one of the things that save nothing.
pub(super) async fn save(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::ChangeDetails as usize }>,
    Path(id): Path<SessionId>,
    Pairs(pairs): Pairs,
) -> Result<Response> {
    let base = Base::of_session(&app, &visitor, id).await?;
    require(&base, &visitor)?;
    let mut written = Written::read(&base.version.outline, pairs);
    if written.wish != Wish::Save {
        return help(&app, &visitor, &base, &mut written).await;
    }
    let mut sheet = Sheet::of(&base, &written);
    let (mut status, mut refusal) = (StatusCode::UNPROCESSABLE_ENTITY, None);
    if let Some(failed) = ended(&base) {
        sheet.failed = Some(failed);
        status = StatusCode::CONFLICT;
    } else if written
        .version
        .is_some_and(|version| version != base.version.number)
    {
        sheet.failed = Some(words::moved(base.version.number));
        status = StatusCode::CONFLICT;
    } else if newer(&base, &written, &mut sheet) {
        status = StatusCode::CONFLICT;
    }
    if !sheet.is_faulty() {
        match write(&app, &visitor, &base, &written, &sheet).await {
            Ok(()) => return Ok(Redirect::to(&format!("/sessions/{id}")).into_response()),
            Err(error) => refusal = Some(sheet.refuse(&base.version.outline, error)?),
        }
    }
    sheet.is_refused = true;
    // As it stands now, which is what the next try will have seen.
    let base = Base::of_session(&app, &visitor, id).await?;
    let page = draw::page(&app, &visitor, &base, &sheet).await?;
    Ok(match refusal {
        Some(refusal) => refusal.answer(page),
        None => (status, page).into_response(),
    })
}

/// Refuses who has no part in the session. Who prepared it still reads what they typed once somebody has started it.
fn require(base: &Base, visitor: &Visitor) -> Result<()> {
    let prepared = |session: &Session| session.prepared_by_id == Some(visitor.user_id());
    if base.rights.details || base.session.as_ref().is_some_and(prepared) {
        return Ok(());
    }
    Err(Error::Forbidden(words::NOT_YOURS.to_owned()))
}

/// Why the session cannot be edited any more.
fn ended(base: &Base) -> Option<String> {
    let session = base.session.as_ref()?;
    match session.status() {
        Status::Prepared => None,
        Status::Discarded => Some(words::ended(words::SOMEBODY, false)),
        Status::Active | Status::Completed => {
            let who = session.owner_id.map_or(words::SOMEBODY, |id| base.name(id));
            Some(words::ended(who, true))
        }
    }
}

/// Marks what somebody else changed since the form was made, where that is something else than what was typed.
fn newer(base: &Base, written: &Written, sheet: &mut Sheet) -> bool {
    let before = (sheet.faults.len(), sheet.wrong.len());
    for detail in sheet.details.keys().copied() {
        let standing = base.detail(detail);
        if written.showed_other(detail, &standing) && written.normal(detail) != standing {
            let why = words::newer_detail(&base.spoken(detail));
            sheet.wrong.entry(detail).or_insert(why);
        }
    }
    for (key, (text, _)) in &sheet.texts {
        let Some((standing, (_, known))) = base.variables.get(key).zip(base.version.outline.variable(key))
        else {
            continue;
        };
        let value = standing.value.as_deref();
        let seen = written
            .values
            .said
            .get(key)
            .and_then(|said| said.seen)
            .unwrap_or(0);
        let is_seen = seen == standing.version || (seen == 0 && value.is_none());
        let same = known
            .accept(text)
            .is_ok_and(|text| text == value.unwrap_or_default());
        if is_seen || same {
            continue;
        }
        let fault = Fault {
            key: key.clone(),
            why: words::newer(base.name(standing.set_by_id), value.unwrap_or_default()),
            keepable: false,
        };
        sheet.faults.entry(key.clone()).or_insert(fault);
    }
    before != (sheet.faults.len(), sheet.wrong.len())
}

async fn write(app: &App, visitor: &Visitor, base: &Base, written: &Written, sheet: &Sheet) -> Result<()> {
    let Some(session) = &base.session else {
        return Err(Error::NotFound);
    };
    if !sheet.details.is_empty() {
        let detail = |detail: Detail| sheet.details.get(&detail).cloned();
        let body = ChangeSession {
            title: detail(Detail::Title),
            note: detail(Detail::Note),
            ticket: detail(Detail::Ticket),
            ticket_url: detail(Detail::TicketUrl),
            client: detail(Detail::Client),
            assigned_to_id: detail(Detail::AssignedTo).map(|_| written.assignee()),
            due_at: detail(Detail::Due).and_then(|_| written.due().ok()),
            ..ChangeSession::default()
        };
        let (caller, seen) = (
            May(visitor.caller.clone()),
            IfMatch::Versions(vec![session.version]),
        );
        let key = written.key("-details");
        change(
            State(app.clone()),
            caller,
            Path(session.id),
            Some(seen),
            key,
            Json(body),
        )
        .await?;
    }
    if !sheet.texts.is_empty() {
        let caller = May(visitor.caller.clone());
        let body = Json(written.values.patch(&sheet.texts));
        let key = written.key("-values");
        set_variables(State(app.clone()), caller, Path(session.id), key, body).await?;
    }
    Ok(())
}
