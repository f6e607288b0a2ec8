//! `resolutionflow admin create-token`: a personal token for a program.

use chrono::TimeDelta;
use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::access::{Scope, Scopes};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::{AccountId, TokenId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Tx, audit, members, users};
use uuid::Uuid;

use super::super::local::open;
use super::super::{Done, Failure, Place, complain, print};
use crate::api::tokens::create::LONGEST;
use crate::auth::peer::Peer;
use crate::auth::secret;
use crate::context::{Clock, seed};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow admin create-token --email lena@contoso.example --name 'nightly import' --days 30

Whoever is in several accounts sees the ids of theirs in the answer of GET /api/v1/me.")]
pub(in crate::command) struct CreateToken {
    /// Whom the token stands for
    #[arg(long)]
    email: String,
    /// Which of the person's accounts it is for, by its id; without it the one that they used last
    #[arg(long, value_name = "ID")]
    account: Option<Uuid>,
    /// What to call it, to tell it from others
    #[arg(long, value_parser = crate::auth::person::one_line)]
    name: String,
    /// After how many days it is refused
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=LONGEST))]
    days: i64,
    /// What it may: read, run, author or admin; several times for several, all unless said
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    place: Place,
}

/// The scope of that name.
fn scope(name: &str) -> Result<Scope, String> {
    Scope::parse(name).ok_or_else(|| "it is one of read, run, author, admin".to_owned())
}

impl CreateToken {
    /// Makes the token and prints its secret, which is kept nowhere.
    pub(super) async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let (now, random) = (Clock::system().now(), &mut Random::new(seed()));
        let secret = secret::make(TokenKind::Personal, random);
        let (id, hash, expires_at) = (
            TokenId::new(now, random),
            secret::digest(&secret),
            now + TimeDelta::days(self.days),
        );
        let scopes = match self.scopes.as_slice() {
            [] => Scopes::ALL,
            some => some.iter().copied().collect(),
        };
        let account = self.account.map(AccountId::from_uuid);
        let (email, name, seed) = (self.email.clone(), self.name, seed());
        let db = open(&settings, false).await?;
        let made = db.write::<_, Failure, _>(move |tx| {
            let (email, name) = (email.clone(), name.clone());
            async move {
                let whose = whose(tx, &email, account).await?;
                let token = NewToken {
                    hash,
                    id,
                    kind: TokenKind::Personal,
                    user_id: whose.user_id,
                    auth_epoch: whose.auth_epoch,
                    name,
                    expires_at,
                    family_id: None,
                    scopes,
                };
                if !tokens::create(tx, whose.account_id, &token, now).await? {
                    let account = whose.account_id;
                    let reason = format!("{email} is no member of the account {account} who may sign in");
                    return Err(reason.into());
                }
                let (random, object) = (&mut Random::new(seed), Object::new("token", id.uuid()));
                let who = (Some(whose.user_id), Some(By::Command));
                let action = AuditAction::TokenCreated;
                let entry = Peer::default().entry((now, random), who, action, object, &[]);
                Ok(audit::write(tx, whose.account_id, &entry).await?)
            }
            .boxed()
        });
        let made = made.await;
        db.close().await;
        made?;
        let until = expires_at.date_naive();
        complain(format!(
            "The token of {} is good until {until} and shown this once.",
            self.email
        ));
        print(secret)
    }
}

/// Whom the token stands for, and where.
struct Whose {
    user_id: UserId,
    auth_epoch: i64,
    account_id: AccountId,
}

/// The person with that address, in the account that was named or else that they used last. Whether they may sign in to
/// one that was named is asked where the token is kept.
async fn whose(tx: &mut Tx, email: &str, account: Option<AccountId>) -> Done<Whose> {
    let nobody = || Failure::Reason(format!("nobody who may sign in has the address {email}"));
    if let Some(account_id) = account {
        let person = users::by_address(tx, email).await?.ok_or_else(nobody)?;
        return Ok(Whose {
            user_id: person.user_id,
            auth_epoch: person.auth_epoch,
            account_id,
        });
    }
    let found = members::credentials(tx, email).await?.ok_or_else(nobody)?;
    Ok(Whose {
        user_id: found.user_id,
        auth_epoch: found.auth_epoch,
        account_id: found.account_id,
    })
}
