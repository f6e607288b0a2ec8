//! The caller of an operation. A handler can only get one by naming the action it allows, so a route without an
//! access rule has no account to act in and does not compile.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use chrono::TimeDelta;
use futures_util::FutureExt;
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::event::Hash;
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Act, Actor};
use resolutionflow_store::tokens::{self, Bearer, TokenKind};

use super::secret;
use crate::context::App;
use crate::error::{Error, Result};

/// How old the kept time of a token's last use may grow before it is written again.
const LAST_USE_STEP: TimeDelta = TimeDelta::minutes(5);

/// A member of an account who is allowed, as far as their role goes, what the operation does.
///
/// What also depends on a session is decided by the session's rules, under its lock.
#[derive(Clone, Debug)]
pub struct May<const ACTION: usize>(pub Caller);

/// Reads anything of the account.
pub type MayRead = May<{ Action::Read as usize }>;
/// Manages their own tokens.
pub type MayManageOwnTokens = May<{ Action::ManageOwnTokens as usize }>;
/// Imports, changes and publishes flows.
pub type MayWriteFlow = May<{ Action::WriteFlow as usize }>;
/// Starts flows.
pub type MayStartFlow = May<{ Action::StartFlow as usize }>;
/// Prepares sessions.
pub type MayPrepareSession = May<{ Action::PrepareSession as usize }>;
/// Starts prepared sessions.
pub type MayStartSession = May<{ Action::StartSession as usize }>;
/// Takes unassigned sessions.
pub type MayTakeSession = May<{ Action::TakeSession as usize }>;
/// Sets variables.
pub type MaySetVariables = May<{ Action::SetVariables as usize }>;
/// Works steps.
pub type MayWorkSteps = May<{ Action::WorkSteps as usize }>;
/// Adds notes.
pub type MayAddNote = May<{ Action::AddNote as usize }>;
/// Changes details of sessions.
pub type MayChangeDetails = May<{ Action::ChangeDetails as usize }>;
/// Completes sessions.
pub type MayCompleteSession = May<{ Action::CompleteSession as usize }>;
/// Discards sessions.
pub type MayDiscardSession = May<{ Action::DiscardSession as usize }>;
/// Reopens sessions.
pub type MayReopenSession = May<{ Action::ReopenSession as usize }>;

/// Who asks, as they stood when the request came.
#[derive(Clone, Debug)]
pub struct Caller {
    bearer: Bearer,
    digest: Hash,
}

impl Deref for Caller {
    type Target = Bearer;

    fn deref(&self) -> &Bearer {
        &self.bearer
    }
}

impl Caller {
    /// The caller as the session rules know them.
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: self.user_id,
            role: self.role,
            team_id: self.team_id,
        }
    }

    /// The circumstances of a command of this caller.
    pub fn act<'a>(&self, app: &App, random: &'a mut Random) -> Act<'a> {
        Act {
            who: self.actor(),
            now: app.now(),
            random,
        }
    }

    /// Whether the token is still good; a live stream asks again and again.
    pub async fn still_good(&self, app: &App) -> Result<bool> {
        Ok(look_up(app, self.digest, self.personal).await?.is_some())
    }
}

impl<const ACTION: usize> FromRequestParts<App> for May<ACTION> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let caller = caller(parts, app).await?;
        tracing::Span::current().record("user", tracing::field::display(caller.user_id));
        let action = Action::ALL[ACTION];
        if !Relation::ALL
            .into_iter()
            .any(|relation| may(caller.role, relation, action))
        {
            return Err(Error::Forbidden(
                "Your role in this account does not allow that.".to_owned(),
            ));
        }
        Ok(Self(caller))
    }
}

async fn caller(parts: &Parts, app: &App) -> Result<Caller> {
    const MISSING: Error =
        Error::Unauthorized("Send Authorization: Bearer with an access or personal token.");
    const WRONG: Error = Error::Unauthorized("The token is unknown, expired or revoked.");
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(MISSING);
    };
    let value = value.to_str().map_err(|_| MISSING)?;
    let (scheme, secret) = value.split_once(' ').ok_or(MISSING)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(MISSING);
    }
    let kind = secret::kind(secret.trim()).ok_or(WRONG)?;
    let digest = secret::digest(secret.trim());
    let bearer = look_up(app, digest, kind == TokenKind::Personal)
        .await?
        .ok_or(WRONG)?;
    keep_last_use(app, &bearer);
    Ok(Caller { bearer, digest })
}

async fn look_up(app: &App, digest: Hash, personal: bool) -> Result<Option<Bearer>> {
    let now = app.now();
    let bearer: Option<Bearer> = app
        .db
        .read::<_, Error, _>(move |tx| async move { Ok(tokens::bearer(tx, &digest, now).await?) }.boxed())
        .await?;
    Ok(bearer.filter(|bearer| bearer.personal == personal))
}

/// Notes a personal token's use now and then, without making the request wait for it.
fn keep_last_use(app: &App, bearer: &Bearer) {
    let now = app.now();
    if !bearer.personal || bearer.last_used_at.is_some_and(|last| now - last < LAST_USE_STEP) {
        return;
    }
    let (db, account, token) = (app.db.clone(), bearer.account_id, bearer.token_id);
    tokio::spawn(async move {
        let touched = db.write::<_, resolutionflow_store::Error, _>(move |tx| {
            async move { tokens::touch(tx, account, token, now).await }.boxed()
        });
        if let Err(error) = touched.await {
            tracing::warn!(%error, "the last use of a token was not kept");
        }
    });
}
