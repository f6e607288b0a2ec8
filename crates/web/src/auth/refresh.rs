//! Programs that are signed in: an access token for a few minutes, and a refresh token for the next one. A refresh token
//! is replaced each time it is presented, so one that was stolen shows.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::Scopes;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::{Id, TokenId};
use resolutionflow_core::random::Random;
use resolutionflow_store::families::{self, NewFamily, NewRefreshToken, Of, Rotation, Why};
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Tx, audit, members};

use super::peer::Peer;
use super::secret;
use super::sign_in::SignedIn;
use crate::context::{App, seed};
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::mail::{self, CannotMail};

/// For how long it is worth telling somebody that they were robbed.
const TELL_WITHIN: TimeDelta = TimeDelta::days(7);

/// What a program signs in with, and goes on with.
#[derive(Clone)]
pub struct Pair {
    /// For the requests that follow.
    pub access: String,
    /// For the next pair.
    pub refresh: String,
}

/// Signs a program in; nothing where the person may not sign in any more.
pub async fn begin(app: &App, person: &SignedIn, device: String, place: String) -> Result<Option<Pair>> {
    let (now, mut random) = (app.now(), app.random());
    let refresh = secret::refresh(&random.bytes());
    let family = NewFamily {
        id: Id::new(now, &mut random),
        user_id: person.user_id,
        auth_epoch: person.auth_epoch,
        device,
        place,
        expires_at: now + app.settings.auth.refresh_life,
        token: NewRefreshToken {
            hash: secret::digest(&refresh),
            id: Id::new(now, &mut random),
            expires_at: now + app.settings.auth.refresh_idle,
        },
    };
    let access = Access::new(app, now, &mut random);
    let of = Of {
        account_id: person.account_id,
        user_id: person.user_id,
        family_id: family.id,
        auth_epoch: person.auth_epoch,
    };
    let (kept, person) = (access.clone(), person.clone());
    let made = app
        .write(move |tx| {
            let (family, access, person) = (family.clone(), kept.clone(), person.clone());
            Box::pin(async move {
                let made = families::begin(tx, of.account_id, &family, now).await?
                    && access.keep(tx, of, now).await?;
                if made {
                    person.note(tx, By::Token(access.id)).await?;
                }
                Ok(made)
            })
        })
        .await?;
    Ok(made.then_some(Pair {
        access: access.secret,
        refresh,
    }))
}

/// Replaces a refresh token. Presented again within the grace, it is answered the same successor again, so that a lost
/// answer and two requests at once sign nobody out; presented later, it was stolen, and everything that came from that
/// sign-in ends.
pub async fn rotate(app: &App, peer: &Peer, presented: &str) -> Result<Pair> {
    const WRONG: Error =
        Error::Unauthorized("The refresh token is unknown, expired or revoked. Sign in again.");
    if !secret::is_refresh(presented) {
        return Err(WRONG);
    }
    let (now, mut random) = (app.now(), app.random());
    let grace = TimeDelta::from_std(app.settings.auth.refresh_grace.get()).map_err(Error::internal)?;
    let id = Id::new(now, &mut random);
    let successor = NewRefreshToken {
        hash: secret::digest(&secret::refresh(&app.keys.successor(presented, id))),
        id,
        expires_at: now + app.settings.auth.refresh_idle,
    };
    let (digest, access) = (secret::digest(presented), Access::new(app, now, &mut random));
    let (kept, peer, seed, told) = (access.clone(), peer.clone(), seed(), app.clone());
    let rotation = app
        .write(move |tx| {
            let (access, peer, told) = (kept.clone(), peer.clone(), told.clone());
            Box::pin(async move {
                let rotation = families::rotate(tx, &digest, &successor, grace, now).await?;
                match rotation {
                    Rotation::Rotated(of) | Rotation::Again(of, _) => {
                        access.keep(tx, of, now).await?;
                    }
                    Rotation::Reused(of) => {
                        note(tx, &peer, (now, seed), of, AuditAction::RefreshTokenReused).await?;
                        tell(tx, &told, of, now).await?;
                    }
                    Rotation::Overtaken(of) => {
                        note(tx, &peer, (now, seed), of, AuditAction::RefreshTokenLate).await?;
                    }
                    Rotation::Refused => {}
                }
                Ok(rotation)
            })
        })
        .await?;
    let successor = match rotation {
        Rotation::Rotated(_) => id,
        Rotation::Again(_, successor) => successor,
        Rotation::Overtaken(_) => {
            return Err(Error::conflict(
                Kind::Conflict,
                "The refresh token was replaced, and its successor is in use already. Go on with the newest one.",
            ));
        }
        Rotation::Reused(of) => {
            tracing::warn!(user = %of.user_id, family = %of.family_id, "a refresh token was used twice; its sign-in has ended");
            return Err(Error::Unauthorized(
                "The refresh token was used before, so somebody has a copy of it. Everything that came from that \
                 sign-in has ended; sign in again.",
            ));
        }
        Rotation::Refused => return Err(WRONG),
    };
    Ok(Pair {
        access: access.secret,
        refresh: secret::refresh(&app.keys.successor(presented, successor)),
    })
}

/// Signs a program out, whichever of its refresh tokens it presents; one that nobody knows is signed out already.
pub async fn end(app: &App, peer: &Peer, presented: &str) -> Result<()> {
    let (now, seed, digest, peer) = (app.now(), seed(), secret::digest(presented), peer.clone());
    app.write(move |tx| {
        let peer = peer.clone();
        Box::pin(async move {
            if let Some(of) = families::of_token(tx, &digest).await?
                && families::end(tx, of.account_id, of.user_id, of.family_id, Why::SignedOut, now).await?
            {
                note(tx, &peer, (now, seed), of, AuditAction::SignedOut).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Tells a person by mail, where there is mail, that somebody else has a token of theirs. Their settings say so, too.
async fn tell(tx: &mut Tx, app: &App, of: Of, now: DateTime<Utc>) -> Result<()> {
    let Some(member) = members::find(tx, of.account_id, of.user_id).await? else {
        return Ok(());
    };
    let account = members::account_name(tx, of.account_id).await?;
    match mail::prepare(app, &member.email, &mail::robbed(&account), now + TELL_WITHIN) {
        Ok(letter) => Ok(mail::send_later(tx, &letter.urgent(), now).await?),
        // The audit log and the settings have it.
        Err(CannotMail::NoTransport | CannotMail::NoAddress) => Ok(()),
    }
}

/// Says in the audit log what became of a program's sign-in.
async fn note(
    tx: &mut Tx,
    peer: &Peer,
    (now, seed): (DateTime<Utc>, [u8; 32]),
    of: Of,
    action: AuditAction,
) -> Result<()> {
    let object = Object::new("program", of.family_id.uuid());
    let entry = peer.entry(
        (now, &mut Random::new(seed)),
        (Some(of.user_id), None),
        action,
        object,
        &[],
    );
    Ok(audit::write(tx, of.account_id, &entry).await?)
}

/// A new access token, of whomever it will be.
#[derive(Clone)]
struct Access {
    secret: String,
    id: TokenId,
    expires_at: DateTime<Utc>,
}

impl Access {
    fn new(app: &App, now: DateTime<Utc>, random: &mut Random) -> Self {
        Self {
            secret: secret::make(TokenKind::Access, random),
            id: Id::new(now, random),
            expires_at: now + app.settings.auth.access_token,
        }
    }

    async fn keep(&self, tx: &mut Tx, of: Of, now: DateTime<Utc>) -> resolutionflow_store::Result<bool> {
        let token = NewToken {
            hash: secret::digest(&self.secret),
            id: self.id,
            kind: TokenKind::Access,
            user_id: of.user_id,
            auth_epoch: of.auth_epoch,
            name: String::new(),
            expires_at: self.expires_at,
            family_id: Some(of.family_id),
            scopes: Scopes::ALL,
        };
        tokens::create(tx, of.account_id, &token, now).await
    }
}
