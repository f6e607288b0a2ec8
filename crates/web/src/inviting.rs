//! Invites into accounts: their links, and what comes of following one. Pages and API share it.

use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{AuditAction, By, Entry, Object};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{InviteId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::account_invites::{self, Accepted, Secrets, Shown, Way};
use resolutionflow_store::members::{self, email_key};
use resolutionflow_store::{Error as StoreError, Tx, users};

use crate::auth::peer::Peer;
use crate::auth::secret::{self, InLink};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::pages::words::invites as words;

/// The codes in the two links of an invite, as it was sent the so many-th time. Nobody keeps them: they are derived
/// again whenever somebody who may looks.
#[derive(Clone, Debug)]
pub struct Codes {
    /// In the link that is copied.
    pub copied: String,
    /// In the link that is mailed.
    pub mailed: String,
}

impl Codes {
    /// Those of an invite.
    pub fn of(app: &App, id: InviteId, generation: i64) -> Self {
        let code = |kind: InLink, mailed| kind.of_bytes(&app.keys.invite(id, generation, mailed));
        Self {
            copied: code(InLink::CopiedInvite, false),
            mailed: code(InLink::MailedInvite, true),
        }
    }

    /// What is kept of them.
    pub fn secrets(&self) -> Secrets {
        Secrets {
            copied: secret::digest(&self.copied),
            mailed: secret::digest(&self.mailed),
        }
    }
}

/// Where a code leads, on this server.
pub fn path(code: &str) -> String {
    format!("/invite?code={code}")
}

/// Where a code leads, from everywhere; nothing where the server does not know what browsers call it.
pub fn link(app: &App, code: &str) -> Option<String> {
    let origin = app.settings.server.public_url.origin()?;
    Some(format!("{origin}{}", path(code)))
}

/// A code that has the form of one.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    hash: Hash,
    way: Way,
}

impl Code {
    /// Reads a code; what is none is one that never was.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let way = match InLink::parse(text) {
            Some(InLink::CopiedInvite) => Way::Copied,
            Some(InLink::MailedInvite) => Way::Mailed,
            _ => return Err(Error::NotFound),
        };
        Ok(Self {
            hash: secret::digest(text),
            way,
        })
    }

    /// The copied one that has this digest.
    pub fn copied(hash: Hash) -> Self {
        Self {
            hash,
            way: Way::Copied,
        }
    }

    /// Its digest.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Whether whoever shows it reads the mail of the invite's address.
    pub fn is_mailed(&self) -> bool {
        self.way == Way::Mailed
    }

    /// The invite, as long as it is good; uses nothing.
    pub async fn look(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Shown> {
        let shown = account_invites::look(tx, &self.hash, self.way)
            .await?
            .ok_or(Error::NotFound)?;
        match gone(&shown, now) {
            Some(text) => Err(Error::Gone(text)),
            None => Ok(shown),
        }
    }

    /// Uses the invite once.
    pub async fn redeem(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Accepted> {
        if let Some(accepted) = account_invites::redeem(tx, &self.hash, self.way, now).await? {
            // Whoever follows it may have come from another account.
            tx.go_on_in(accepted.account_id);
            return Ok(accepted);
        }
        self.look(tx, now).await?;
        // It was given back at this very moment: whoever tries again finds it.
        Err(StoreError::Contended.into())
    }

    /// Uses the invite for somebody who is here, and makes them a member; all of it or nothing.
    pub async fn join(
        &self,
        tx: &mut Tx,
        (user, email): (UserId, &str),
        now: DateTime<Utc>,
    ) -> Result<Accepted> {
        let accepted = self.redeem(tx, now).await?;
        let is_theirs = accepted
            .email
            .as_deref()
            .map(|invited| email_key(invited) == email_key(email));
        if is_theirs == Some(false) {
            return Err(Error::Forbidden(words::OTHER_ADDRESS.to_owned()));
        }
        let Accepted {
            account_id,
            role,
            team_id,
            ..
        } = accepted;
        if !members::add(tx, account_id, user, role, team_id, now).await? {
            return Err(Error::conflict(Kind::Conflict, words::MEMBER_ALREADY));
        }
        if self.is_mailed() && is_theirs == Some(true) {
            users::verify(tx, user, now).await?;
        }
        Ok(accepted)
    }
}

/// Why an invite lets nobody in, and whom to ask.
fn gone(invite: &Shown, now: DateTime<Utc>) -> Option<String> {
    let who = &invite.inviter;
    if invite.revoked_at.is_some() {
        Some(words::revoked(who))
    } else if invite.uses_left == 0 {
        Some(words::used_up(who))
    } else if invite.expires_at <= now {
        Some(words::expired(who))
    } else {
        None
    }
}

/// The entry in the audit log for somebody who joined.
pub fn joined(
    peer: &Peer,
    (now, random): (DateTime<Utc>, &mut Random),
    who: (Option<UserId>, Option<By>),
    accepted: &Accepted,
) -> Entry {
    let object = Object::new("invite", accepted.id.uuid());
    peer.entry((now, random), who, AuditAction::InviteAccepted, object, &[])
}
