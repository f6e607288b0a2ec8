//! `resolutionflow admin platform-admin`: who runs the server.

use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::audit::{AuditAction, By};
use resolutionflow_core::random::Random;
use resolutionflow_store::platform::{self, Named};
use resolutionflow_store::{Error as StoreError, audit, members};

use super::super::local::open;
use super::super::{Done, Place, complain};
use crate::auth::peer::Peer;
use crate::context::{Clock, seed};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow admin platform-admin --email morgan@contoso.example")]
pub(in crate::command) struct PlatformAdmin {
    /// Whose
    #[arg(long)]
    email: String,
    /// Take it away instead
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    place: Place,
}

impl PlatformAdmin {
    /// Says whether the person sees the pages under /platform; it holds from their next request on.
    pub(super) async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let (email, yes) = (self.email.clone(), !self.revoke);
        let (now, seed) = (Clock::system().now(), seed());
        let db = open(&settings, false).await?;
        let set = db.write::<_, StoreError, _>(move |tx| {
            let email = email.clone();
            async move {
                let set = platform::set_platform_admin(tx, &email, yes).await?;
                let Named::Done(user) = set else { return Ok(set) };
                let theirs = members::accounts(tx, &email).await?;
                let mut accounts: Vec<_> = theirs.into_iter().map(|(account, _)| account).collect();
                // Of somebody who is in none, the log of whoever set the server up tells.
                if accounts.is_empty() {
                    let first = members::first_account(tx).await?;
                    accounts.extend(first.map(|(account, _)| account));
                }
                let action = if yes {
                    AuditAction::PlatformAdminAdded
                } else {
                    AuditAction::PlatformAdminRemoved
                };
                let (at, who) = ((now, &mut Random::new(seed)), (user, (None, Some(By::Command))));
                let entries = Peer::default().entries_of(at, who, action, &accounts, &[]);
                audit::write_all(tx, &entries).await?;
                Ok(set)
            }
            .boxed()
        });
        let set = set.await;
        db.close().await;
        if set? == Named::Nobody {
            return Err(format!("nobody has the address {}", self.email).into());
        }
        let what = if yes { "runs" } else { "no longer runs" };
        complain(format!("{} {what} this server.", self.email));
        Ok(())
    }
}
