//! `GET /live`: what happens in the sessions and lists that a browser shows, as server-sent events.
//!
//! One stream serves all tabs of a browser. For each session it sends the fragments of what changed, as they stand now
//! and as this viewer may see them; for lists it only says that something changed, and they read again.

use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, Sse};
use futures_util::future::select_all;
use futures_util::{FutureExt, Stream};
use resolutionflow_core::id::SessionId;
use resolutionflow_store::db::Topic;
use resolutionflow_store::sessions;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::runner::{fragments, presence};
use crate::auth::caller::{Caller, May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::live::{Source, Told, open_stream, tell};
use crate::request::Query;

/// How often lists are told that something changed, at most.
const LISTS: Duration = Duration::from_millis(500);
/// How far behind a session may be and still be sent what changed; one further behind is read anew.
const TOO_OLD: i64 = 500;
/// The most sessions that one stream tells of.
const MOST: usize = 50;

/// What the browser shows.
#[derive(Debug, Default, Deserialize)]
pub struct LiveQuery {
    /// Sessions with the version that each is shown at: `ID.VERSION`, with commas between.
    #[serde(default)]
    sessions: String,
    /// Whether it shows lists.
    #[serde(default)]
    lists: Option<String>,
}

/// Opens a stream.
pub async fn live(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Told>>> {
    let account = caller.account_id;
    let mut at = positions(&query.sessions).ok_or_else(|| Error::UnprocessableParameter {
        name: "sessions".to_owned(),
        detail: format!("expected up to {MOST} of ID.VERSION, with commas between"),
    })?;
    // A stream that broke off goes on where it was.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    for (id, version) in last.and_then(positions).unwrap_or_default() {
        if let Some(position) = at.iter_mut().find(|(known, _)| *known == id) {
            position.1 = version;
        }
    }
    let open = open_stream(&app, caller.user_id)?;
    let sessions = at.into_iter().map(|(id, after)| Watched {
        id,
        after,
        // Watched before it is read: what happens in between wakes the stream.
        watch: app.live.watch(Topic::Session(account, id)),
        here: String::new(),
    });
    let shows = Shows {
        sessions: sessions.collect(),
        lists: query
            .lists
            .is_some()
            .then(|| app.live.watch(Topic::Account(account))),
        lists_told: None,
        app: app.clone(),
        caller: caller.clone(),
    };
    Ok(tell(&app, &caller, shows, open))
}

/// Reads `ID.VERSION,ID.VERSION`; `None` where it is something else or too long.
fn positions(text: &str) -> Option<Vec<(SessionId, i64)>> {
    let positions: Option<Vec<_>> = text
        .split(',')
        .filter(|position| !position.is_empty())
        .map(|position| {
            let (id, version) = position.split_once('.')?;
            Some((id.parse().ok()?, version.parse().ok()?))
        })
        .collect();
    positions.filter(|positions| positions.len() <= MOST)
}

/// A session that the browser shows.
struct Watched {
    id: SessionId,
    after: i64,
    watch: watch::Receiver<()>,
    /// Who was here when it was last told.
    here: String,
}

/// What a browser shows.
struct Shows {
    app: App,
    caller: Caller,
    sessions: Vec<Watched>,
    lists: Option<watch::Receiver<()>>,
    lists_told: Option<Instant>,
}

impl Shows {
    /// Where the stream is in each session.
    fn position(&self) -> String {
        let positions: Vec<_> = self
            .sessions
            .iter()
            .map(|watched| format!("{}.{}", watched.id, watched.after))
            .collect();
        positions.join(",")
    }
}

impl Source for Shows {
    async fn look(&mut self) -> Result<Vec<Message>> {
        let mut ready = Vec::new();
        let mut gone = Vec::new();
        for watched in &mut self.sessions {
            // Marked as seen before the look, so that what comes during the look is not slept through.
            watched.watch.borrow_and_update();
            match look_at(&self.app, &self.caller, watched, &mut ready).await {
                // What is not there, or not this account's, is never told of.
                Err(Error::NotFound) => gone.push(watched.id),
                other => other?,
            }
        }
        self.sessions.retain(|watched| !gone.contains(&watched.id));
        if let Some(lists) = &mut self.lists
            && lists.has_changed().unwrap_or(false)
            && self.lists_told.is_none_or(|told| told.elapsed() >= LISTS)
        {
            lists.borrow_and_update();
            self.lists_told = Some(Instant::now());
            ready.push(("lists", "{}".to_owned()));
        }
        // All was read: each says where the stream is by now.
        let position = self.position();
        let message = |(kind, data)| Message::default().id(&position).event(kind).data(data);
        Ok(ready.into_iter().map(message).collect())
    }

    async fn woken(&mut self) {
        let watches = self.sessions.iter_mut().map(|watched| &mut watched.watch);
        let mut changes: Vec<_> = watches.map(|watch| watch.changed().boxed()).collect();
        let told = self.lists_told;
        if let Some(lists) = &mut self.lists {
            let change = async move {
                let pause = told.map_or(Duration::ZERO, |told| LISTS.saturating_sub(told.elapsed()));
                tokio::time::sleep(pause).await;
                let woken = lists.changed().await;
                // Waiting marks it as seen, and it is the look that tells of it.
                lists.mark_changed();
                woken
            };
            changes.push(change.boxed());
        }
        if changes.is_empty() {
            std::future::pending::<()>().await;
        }
        // The senders live as long as the program.
        let _ = select_all(changes).await;
    }
}

async fn look_at(
    app: &App,
    caller: &Caller,
    watched: &mut Watched,
    ready: &mut Vec<(&'static str, String)>,
) -> Result<()> {
    let (account, id) = (caller.account_id, watched.id);
    let session = app
        .read(move |tx| {
            Box::pin(async move { sessions::find(tx, account, id).await?.ok_or(Error::NotFound) })
        })
        .await?;
    let behind = session.version - watched.after;
    if !(0..=TOO_OLD).contains(&behind) {
        watched.after = session.version;
        ready.push(("reset", json!({ "session": id }).to_string()));
    } else if behind > 0 {
        let changes = fragments::since(app, caller, id, watched.after).await?;
        watched.after = changes.version;
        ready.push(("session", text(&changes)?));
    }
    let here = text(&presence::people(app, caller, id).await?)?;
    if here != watched.here {
        ready.push(("presence", here.clone()));
        watched.here = here;
    }
    Ok(())
}

fn text(data: &impl Serialize) -> Result<String> {
    serde_json::to_string(data).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_or_refused_whole() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(positions(""), Some(Vec::new()));
        assert_eq!(positions(&format!("{id}.7")).unwrap()[0].1, 7);
        assert_eq!(positions(&format!("{id}.7,{id}.8,")).unwrap().len(), 2);
        for wrong in ["x", "x.1", id, &format!("{id}.x"), &format!("{id}.1,x")] {
            assert_eq!(positions(wrong), None, "{wrong}");
        }
        assert_eq!(positions(&format!("{id}.1,").repeat(MOST + 1)), None);
    }
}
