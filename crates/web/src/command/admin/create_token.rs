//! `resolutionflow admin create-token`: a personal token for a program.

use chrono::TimeDelta;
use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::access::{Scope, Scopes};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::TokenId;
use resolutionflow_core::random::Random;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{audit, members};

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
  resolutionflow admin create-token --email lena@contoso.example --name 'nightly import' --days 30")]
pub(in crate::command) struct CreateToken {
    /// Whom the token stands for
    #[arg(long)]
    email: String,
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
        let (email, name, seed) = (self.email.clone(), self.name, seed());
        let db = open(&settings, false).await?;
        let made = db.write::<_, Failure, _>(move |tx| {
            let (email, name) = (email.clone(), name.clone());
            async move {
                let nobody = || Failure::Reason(format!("nobody who may sign in has the address {email}"));
                let found = members::credentials(tx, &email).await?.ok_or_else(nobody)?;
                let token = NewToken {
                    hash,
                    id,
                    kind: TokenKind::Personal,
                    user_id: found.user_id,
                    auth_epoch: found.auth_epoch,
                    name,
                    expires_at,
                    family_id: None,
                    scopes,
                };
                if !tokens::create(tx, found.account_id, &token, now).await? {
                    return Err(nobody());
                }
                let (random, object) = (&mut Random::new(seed), Object::new("token", id.uuid()));
                let who = (Some(found.user_id), Some(By::Command));
                let action = AuditAction::TokenCreated;
                let entry = Peer::default().entry((now, random), who, action, object, &[]);
                Ok(audit::write(tx, found.account_id, &entry).await?)
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
