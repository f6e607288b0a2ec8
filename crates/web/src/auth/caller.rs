//! The caller of an operation. A handler can only get one by naming the action it allows, so a route without an
//! access rule has no account to act in and does not compile.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use resolutionflow_core::access::{Action, Relation, Role, Scopes, may};
use resolutionflow_core::audit::{AuditAction, By, Entry, Object};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, LoginId, TeamId, TokenId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Act, Actor};
use resolutionflow_store::logins::Holder;
use resolutionflow_store::tokens::{self, Bearer, TokenKind};

use super::peer::Peer;
use super::visitor::{ActsIn, OF_ACCOUNT};
use super::{login, origin, secret};
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
/// Moves prepared sessions to newer versions of their flows.
pub type MayUpdateVersion = May<{ Action::UpdateVersion as usize }>;
/// Reads, marks and chooses own notifications.
pub type MayManageOwnNotifications = May<{ Action::ManageOwnNotifications as usize }>;
/// Changes the account.
pub type MayManageAccount = May<{ Action::ManageAccount as usize }>;
/// Reads the audit log.
pub type MayReadAudit = May<{ Action::ReadAudit as usize }>;
/// Looks after invites.
pub type MayManageInvites = May<{ Action::ManageInvites as usize }>;
/// Follows an invite.
pub type MayJoinAccount = May<{ Action::JoinAccount as usize }>;
/// Changes and removes members, and makes teams.
pub type MayManageMembers = May<{ Action::ManageMembers as usize }>;
/// Leaves the account.
pub type MayLeaveAccount = May<{ Action::LeaveAccount as usize }>;
/// Changes their own name.
pub type MayChangeOwnProfile = May<{ Action::ChangeOwnProfile as usize }>;
/// Reopens sessions.
pub type MayReopenSession = May<{ Action::ReopenSession as usize }>;

/// Who asks, as they stood when the request came.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account they act in.
    pub account_id: AccountId,
    /// The person.
    pub user_id: UserId,
    /// Their role.
    pub role: Role,
    /// Their team.
    pub team_id: TeamId,
    /// What the token may that they showed; a login and a sign-in may all.
    pub scopes: Scopes,
    /// Their epoch, to which what they showed is bound.
    pub auth_epoch: i64,
    shown: Shown,
    peer: Peer,
}

/// What a caller showed.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Token {
        digest: Hash,
        id: TokenId,
        personal: bool,
    },
    Login {
        digest: Hash,
        id: LoginId,
    },
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

    /// Whether the token or login is still good, and its owner may still what they might; a live stream asks again and
    /// again.
    pub async fn still_good(&self, app: &App) -> Result<bool> {
        let role = match self.shown {
            Shown::Token { digest, personal, .. } => {
                look_up(app, digest, personal).await?.map(|bearer| bearer.role)
            }
            Shown::Login { digest, .. } => login::holder(app, digest).await?.map(|holder| holder.role),
        };
        Ok(role == Some(self.role))
    }

    /// Refuses to hand on scopes that the caller's own token lacks.
    pub fn require_scopes(&self, scopes: Scopes) -> Result<()> {
        scopes
            .missing_in(self.scopes)
            .map_or(Ok(()), |scope| Err(Error::ScopeMissing(scope)))
    }

    /// The caller whose login this is.
    fn holding(holder: &Holder, digest: Hash, peer: Peer) -> Self {
        Self {
            account_id: holder.account_id,
            user_id: holder.user_id,
            role: holder.role,
            team_id: holder.team_id,
            scopes: Scopes::ALL,
            auth_epoch: holder.auth_epoch,
            shown: Shown::Login {
                digest,
                id: holder.login_id,
            },
            peer,
        }
    }

    /// An entry of the audit log for what this caller does.
    pub fn entry(
        &self,
        now: DateTime<Utc>,
        random: &mut Random,
        action: AuditAction,
        object: Object,
        changed: &[&str],
    ) -> Entry {
        let who = (Some(self.user_id), Some(self.by()));
        self.peer.entry((now, random), who, action, object, changed)
    }

    /// The entries that tell of one change of this person in the log of each of these accounts, which are theirs.
    pub fn entries_of(
        &self,
        at: (DateTime<Utc>, &mut Random),
        action: AuditAction,
        accounts: &[AccountId],
        changed: &[&str],
    ) -> Vec<(AccountId, Entry)> {
        let by = (Some(self.user_id), Some(self.by()));
        self.peer
            .entries_of(at, (self.user_id, by), action, accounts, changed)
    }

    fn by(&self) -> By {
        match self.shown {
            Shown::Token { id, .. } => By::Token(id),
            Shown::Login { id, .. } => By::Login(id),
        }
    }

    /// Refuses what nobody of the caller's role may do; what also depends on the session is decided by its rules.
    pub(super) fn require(&self, action: Action) -> Result<()> {
        tracing::Span::current().record("user", tracing::field::display(self.user_id));
        let allowed = Relation::ALL
            .into_iter()
            .any(|relation| may(self.role, relation, action));
        if !allowed {
            return Err(Error::Forbidden(
                "Your role in this account does not allow that.".to_owned(),
            ));
        }
        self.require_scopes([action.scope()].into_iter().collect())
    }
}

impl<const ACTION: usize> FromRequestParts<App> for May<ACTION> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let caller = caller(parts, app).await?;
        caller.require(Action::ALL[ACTION])?;
        Ok(Self(caller))
    }
}

async fn caller(parts: &mut Parts, app: &App) -> Result<Caller> {
    const MISSING: Error =
        Error::Unauthorized("Send Authorization: Bearer with an access or personal token.");
    const WRONG: Error = Error::Unauthorized("The token is unknown, expired or revoked.");
    if !origin::is_api(parts) || !parts.headers.contains_key(AUTHORIZATION) {
        return visitor(parts, app).await;
    }
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
    Ok(Caller {
        account_id: bearer.account_id,
        user_id: bearer.user_id,
        role: bearer.role,
        team_id: bearer.team_id,
        scopes: bearer.scopes,
        auth_epoch: bearer.auth_epoch,
        shown: Shown::Token {
            digest,
            id: bearer.token_id,
            personal: bearer.personal,
        },
        peer: Peer::of(parts, &app.settings),
    })
}

/// The caller by their login. Pages know nobody else; the API takes it from our own pages alone.
async fn visitor(parts: &mut Parts, app: &App) -> Result<Caller> {
    const MISSING: Error =
        Error::Unauthorized("Sign in, or send Authorization: Bearer with an access or personal token.");
    if origin::is_api(parts) && !origin::cookie_counts(&parts.method, &parts.headers) {
        return Err(MISSING);
    }
    let (_, caller) = by_login(parts, app).await?.ok_or(MISSING)?;
    Ok(caller)
}

/// Whoever holds the login that came with the request, with what is known of them. What a script or a link asks for on a
/// page of another account than the one that they act in by now is refused.
pub(super) async fn by_login(parts: &mut Parts, app: &App) -> Result<Option<(Holder, Caller)>> {
    let Some(digest) = login::digest(&parts.headers, &app.settings) else {
        return Ok(None);
    };
    let Some(holder) = login::holder(app, digest).await? else {
        return Ok(None);
    };
    let acts_in = ActsIn {
        account_id: holder.account_id,
        name: holder.account_name.clone(),
    };
    if let Some(account) = parts.headers.get(OF_ACCOUNT) {
        acts_in.require(account.as_bytes())?;
    }
    // Links that download something, and the live stream, have no header.
    let query = parts.uri.query().unwrap_or_default();
    for (name, account) in url::form_urlencoded::parse(query.as_bytes()) {
        if name == OF_ACCOUNT {
            acts_in.require(account.as_bytes())?;
        }
    }
    parts.extensions.insert(acts_in);
    let caller = Caller::holding(&holder, digest, Peer::of(parts, &app.settings));
    Ok(Some((holder, caller)))
}

async fn look_up(app: &App, digest: Hash, personal: bool) -> Result<Option<Bearer>> {
    let now = app.now();
    let bearer: Option<Bearer> = app
        .db
        .read_one::<_, Error, _>(move |tx| async move { Ok(tokens::bearer(tx, &digest, now).await?) }.boxed())
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
