//! `GET /sessions/{id}/live`: what happens in a session, as it happens, as server-sent events.
//!
//! The stream reads events after a number and sends them; wake-ups only tell it to look. It opens where the client
//! says (`?after=`) and reconnects at `Last-Event-ID`, so nothing is missed and nothing sent twice.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, Sse};
use futures_util::Stream;
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_store::db::Topic;
use resolutionflow_store::{events, sessions};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use super::view::EventView;
use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::live::{Source, Told, open_stream, tell};
use crate::request::{Path, Query};

/// How many events it reads at once.
const BATCH: i64 = 100;
/// How far behind a client may be and still be sent each event.
const TOO_OLD: i64 = 5_000;

/// Where the stream begins.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LiveQuery {
    /// The version that the client knows; from now on where it is absent.
    after: Option<i64>,
}

/// Watch a session
///
/// Server-sent events: `id` is the event's number, `event` its kind, `data` the event as in the list of events.
/// `Last-Event-ID` goes before `after`. A client that asks for something too old, or that the server never had,
/// gets `reset` and should read the session again.
#[utoipa::path(get, path = "/sessions/{id}/live", operation_id = "watch_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"), LiveQuery,
        ("Last-Event-ID" = Option<i64>, Header, description = "The last event that the client has")),
    responses((status = 200, body = String, content_type = "text/event-stream"), Refusals))]
pub async fn live(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<SessionId>,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Told>>> {
    let account = caller.account_id;
    // Watched before it is read: what happens in between wakes the stream.
    let watch = app.live.watch(Topic::Session(account, id));
    let session = app
        .read(move |tx| {
            Box::pin(async move { sessions::find(tx, account, id).await?.ok_or(Error::NotFound) })
        })
        .await?;
    let open = open_stream(&app, caller.user_id)?;
    let known = last_event_id(&headers).or(query.after).unwrap_or(session.version);
    let reset = known < 0 || known > session.version || session.version - known > TOO_OLD;
    let after = if reset { session.version } else { known };
    let events = Events {
        app: app.clone(),
        account,
        id,
        after,
        reset,
        watch,
    };
    Ok(tell(&app, &caller, events, open))
}

fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok()
}

/// The events of a session from a number on.
struct Events {
    app: App,
    account: AccountId,
    id: SessionId,
    after: i64,
    /// Whether the client is first told to read the session again.
    reset: bool,
    watch: watch::Receiver<()>,
}

impl Source for Events {
    async fn look(&mut self) -> Result<Vec<Message>> {
        if std::mem::take(&mut self.reset) {
            let message = Message::default().event("reset").id(self.after.to_string());
            return Ok(vec![message.data("{}")]);
        }
        // Marked as seen before the look, so that what comes during the look is not slept through.
        self.watch.borrow_and_update();
        let (account, id, after) = (self.account, self.id, self.after);
        let rows = self
            .app
            .read(move |tx| Box::pin(async move { Ok(events::after(tx, account, id, after, BATCH).await?) }))
            .await?;
        let events = rows.into_iter().map(EventView::from);
        let mut messages = Vec::new();
        for event in events {
            self.after = event.number;
            let data = serde_json::to_string(&event).map_err(Error::internal)?;
            let message = Message::default().id(event.number.to_string());
            messages.push(message.event(event.kind).data(data));
        }
        Ok(messages)
    }

    async fn woken(&mut self) {
        // The sender lives as long as the program.
        let _ = self.watch.changed().await;
    }
}
