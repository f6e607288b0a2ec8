//! Who has a session open: the page says so every few seconds, and at each step that it goes to.

use axum::extract::State;
use axum::http::StatusCode;
use futures_util::FutureExt;
use resolutionflow_core::id::{SessionId, UserId};
use resolutionflow_core::step::StepId;
use resolutionflow_store::presence::{self, Present};
use resolutionflow_store::sessions;
use serde::{Deserialize, Serialize};

use crate::auth::caller::Caller;
use crate::auth::visitor::{Visit, VisitRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::avatar;
use crate::request::{Json, Path};

/// Where somebody is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct At {
    /// The step that they look at; nothing when they leave.
    step: Option<String>,
}

/// Takes it down.
pub(super) async fn tell(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<SessionId>,
    Json(at): Json<At>,
) -> Result<StatusCode> {
    let step = at.step.as_deref().map(StepId::parse).transpose();
    let step = step.map_err(|why| Error::unprocessable("/step", why))?;
    let (account, user, now) = (visitor.caller.account_id, visitor.user_id(), app.now());
    app.write(move |tx| {
        let step = step.clone();
        async move {
            sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
            match &step {
                Some(step) => presence::here(tx, account, id, user, Some(step), now).await?,
                None => presence::leave(tx, account, id, user).await?,
            };
            Ok(StatusCode::NO_CONTENT)
        }
        .boxed()
    })
    .await
}

/// Who has a session open just now, as pages are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The session.
    pub session: SessionId,
    /// The people, in an order that stays.
    pub people: Vec<Person>,
}

/// Somebody who has it open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The person.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// Their initials.
    pub initials: String,
    /// The class of their colour.
    pub colour: String,
    /// The step that they look at.
    pub step: Option<String>,
}

impl From<Present> for Person {
    fn from(present: Present) -> Self {
        Self {
            id: present.user_id,
            initials: avatar::initials(&present.name),
            colour: avatar::colour(present.user_id),
            step: present.step_id.map(|step| step.to_string()),
            name: present.name,
        }
    }
}

/// Who has a session of the caller's account open just now.
pub async fn people(app: &App, caller: &Caller, session: SessionId) -> Result<Presence> {
    let (account, since) = (caller.account_id, app.now() - presence::AWAY);
    let present = app
        .read(move |tx| async move { Ok(presence::of(tx, account, session, since).await?) }.boxed())
        .await?;
    Ok(Presence {
        session,
        people: present.into_iter().map(Person::from).collect(),
    })
}
