//! `GET /sessions/{id}/live`: what happens in a session, as it happens, as server-sent events.
//!
//! The stream reads events after a number and sends them; wake-ups only tell it to look. It opens where the client
//! says (`?after=`) and reconnects at `Last-Event-ID`, so nothing is missed and nothing sent twice.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use resolutionflow_core::id::SessionId;
use resolutionflow_store::db::Topic;
use resolutionflow_store::{events, sessions};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa::IntoParams;

use super::view::EventView;
use crate::api::answers::Refusals;
use crate::auth::caller::{Caller, May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::live::{OpenStream, open_stream};
use crate::request::{Path, Query};

/// How long a stream waits for a wake-up before it looks by itself; a lost one costs no more than this.
const LOOK: Duration = Duration::from_secs(1);
/// After how long it asks again whether its caller may still be here: with a look's wait, within five seconds.
const CHECK: Duration = Duration::from_secs(4);
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
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>> {
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
    let stream = Streaming {
        app,
        caller,
        id,
        after,
        reset,
        watch,
        ready: Vec::new(),
        checked: Instant::now(),
        _open: open,
    };
    Ok(Sse::new(unfold(stream, Streaming::next))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok()
}

struct Streaming {
    app: App,
    caller: Caller,
    id: SessionId,
    after: i64,
    reset: bool,
    watch: watch::Receiver<()>,
    /// Events that were read and not sent, newest first.
    ready: Vec<EventView>,
    /// When it was last asked whether the caller may be here.
    checked: Instant,
    _open: OpenStream,
}

impl Streaming {
    async fn next(mut self) -> Option<(Result<Message, Infallible>, Self)> {
        if std::mem::take(&mut self.reset) {
            return Some((
                Ok(Message::default()
                    .event("reset")
                    .id(self.after.to_string())
                    .data("{}")),
                self,
            ));
        }
        loop {
            // Before anything is read or sent: whoever is far behind is asked too.
            if self.checked.elapsed() >= CHECK {
                self.checked = Instant::now();
                // Where nobody can say, it ends too: who may look comes back.
                if !self.caller.still_good(&self.app).await.unwrap_or(false) {
                    return None;
                }
            }
            if let Some(event) = self.ready.pop() {
                self.after = event.number;
                let data = serde_json::to_string(&event).ok()?;
                let message = Message::default()
                    .id(event.number.to_string())
                    .event(event.kind)
                    .data(data);
                return Some((Ok(message), self));
            }
            // Marked as seen before the look, so that what comes during the look is not slept through.
            self.watch.borrow_and_update();
            match self.look().await {
                Ok(true) => continue,
                Ok(false) => {}
                // The client reconnects at its last event, by itself.
                Err(error) => {
                    tracing::warn!(cause = error.chain(), "a live stream ended");
                    return None;
                }
            }
            tokio::select! {
                changed = self.watch.changed() => changed.ok()?,
                () = tokio::time::sleep(LOOK) => {}
                () = self.app.stopped() => return None,
            }
        }
    }

    /// Reads on; whether there was anything.
    async fn look(&mut self) -> Result<bool> {
        let (account, id, after) = (self.caller.account_id, self.id, self.after);
        let rows = self
            .app
            .read(move |tx| Box::pin(async move { Ok(events::after(tx, account, id, after, BATCH).await?) }))
            .await?;
        self.ready = rows.into_iter().rev().map(EventView::from).collect();
        Ok(!self.ready.is_empty())
    }
}
