//! What signing up comes to: a new account with its owner. Where there is mail, that is done when the address was
//! confirmed; where there is none, at once.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, Id, TeamId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::{Tx, audit, members, platform_invites};

use super::peer::Peer;
use super::secret::{self, InLink};
use crate::config::SignupMode;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::words::sign_up as words;

/// The code that somebody signs up with.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    /// Anybody signs up.
    NotNeeded,
    /// It has not the form of one.
    Malformed,
    /// The digest of one.
    Of(Hash),
}

impl Code {
    /// Reads what was typed, where one is needed.
    pub fn read(app: &App, typed: &str) -> Self {
        let typed = typed.trim();
        if app.settings.signup.mode != SignupMode::Invite {
            Self::NotNeeded
        } else if InLink::parse(typed) == Some(InLink::PlatformInvite) {
            Self::Of(secret::digest(typed))
        } else {
            Self::Malformed
        }
    }

    /// The digest that was kept of one, as long as the mode lets it open an account.
    pub fn kept(app: &App, hash: Option<Hash>) -> Self {
        match (app.settings.signup.mode, hash) {
            (SignupMode::Open, _) => Self::NotNeeded,
            (SignupMode::Invite, Some(hash)) => Self::Of(hash),
            (SignupMode::Invite, None) | (SignupMode::Closed, _) => Self::Malformed,
        }
    }

    /// Its digest, where it has one.
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::Of(hash) => Some(hash),
            Self::NotNeeded | Self::Malformed => None,
        }
    }

    /// Whether it opens an account, as far as looking tells.
    pub async fn is_open(self, app: &App) -> Result<bool> {
        let hash = match self {
            Self::NotNeeded => return Ok(true),
            Self::Malformed => return Ok(false),
            Self::Of(hash) => hash,
        };
        let now = app.now();
        let invite = app
            .read(move |tx| Box::pin(async move { Ok(platform_invites::look(tx, &hash).await?) }))
            .await?;
        Ok(invite.is_some_and(|invite| invite.is_open(now)))
    }

    async fn redeem(self, tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
        let why = match self {
            Self::NotNeeded => return Ok(()),
            Self::Malformed => words::MODE_CHANGED,
            Self::Of(hash) if platform_invites::redeem(tx, &hash, now).await?.is_some() => return Ok(()),
            Self::Of(_) => words::CODE_WRONG,
        };
        Err(Error::Gone(why.to_owned()))
    }
}

/// Makes an account with its first team and its owner, who is there, and uses the code; all of it or nothing.
pub async fn open_account(
    tx: &mut Tx,
    (owner, name, code): (UserId, &str, Code),
    (peer, by): (&Peer, Option<By>),
    (now, random): (DateTime<Utc>, &mut Random),
) -> Result<AccountId> {
    code.redeem(tx, now).await?;
    let (account, team): (AccountId, TeamId) = (Id::new(now, random), Id::new(now, random));
    members::create_account(tx, account, name, team, now).await?;
    if !members::add(tx, account, owner, Role::Owner, team, now).await? {
        return Err(Error::internal("a new account had a member"));
    }
    let object = Object::new("account", account.uuid());
    let entry = peer.entry(
        (now, random),
        (Some(owner), by),
        AuditAction::SignedUp,
        object,
        &[],
    );
    audit::write(tx, account, &entry).await?;
    Ok(account)
}

#[cfg(test)]
mod tests {
    use resolutionflow_store::testing;

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;

    #[tokio::test]
    async fn what_waits_opens_an_account_only_as_the_mode_says_by_then() {
        let test = testing::sqlite(|_| {}).await;
        for (mode, without, with) in [
            (SignupMode::Open, true, true),
            (SignupMode::Invite, false, true),
            (SignupMode::Closed, false, false),
        ] {
            let mut settings = Settings::default();
            settings.signup.mode = mode;
            let app = App::new(settings, Clock::fixed(testing::now()), test.db.clone());
            for (hash, opens) in [(None, without), (Some([7; 32]), with)] {
                let is_good = !matches!(Code::kept(&app, hash), Code::Malformed);
                assert_eq!(is_good, opens, "{mode:?} {hash:?}");
            }
        }
    }
}
