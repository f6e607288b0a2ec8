//! `resolutionflow admin reset-password`: a way back in.

use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::audit::{AuditAction, By};
use resolutionflow_core::random::Random;
use resolutionflow_store::{Error as StoreError, audit, members};

use super::super::local::open;
use super::super::{Done, Place, complain};
use super::new_password::PasswordOptions;
use crate::auth::peer::Peer;
use crate::context::{Clock, seed};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow admin reset-password --email morgan@contoso.example")]
pub(in crate::command) struct ResetPassword {
    /// Whose
    #[arg(long)]
    email: String,
    #[command(flatten)]
    password: PasswordOptions,
    #[command(flatten)]
    place: Place,
}

impl ResetPassword {
    /// Sets the password; every token of the person ends with that.
    pub(super) async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let random = &mut Random::new(seed());
        let password = self.password.take(&[&self.email], random).await?;
        let (email, hash) = (self.email.clone(), password.hash.clone());
        let (now, seed) = (Clock::system().now(), seed());
        let db = open(&settings, false).await?;
        let set = db.write::<_, StoreError, _>(move |tx| {
            let (email, hash) = (email.clone(), hash.clone());
            async move {
                let set = members::set_password(tx, &email, &hash).await?;
                // In the log of each account that the person belongs to.
                let (accounts, people): (Vec<_>, Vec<_>) =
                    members::accounts(tx, &email).await?.into_iter().unzip();
                if let Some(user) = people.first() {
                    let (at, who) = ((now, &mut Random::new(seed)), (*user, (None, Some(By::Command))));
                    let action = AuditAction::PasswordSet;
                    let entries = Peer::default().entries_of(at, who, action, &accounts, &["password"]);
                    audit::write_all(tx, &entries).await?;
                }
                Ok(set)
            }
            .boxed()
        });
        let set = set.await;
        db.close().await;
        if !set? {
            return Err(format!("nobody has the address {}", self.email).into());
        }
        complain(format!(
            "{} has a new password; all their tokens ended.",
            self.email
        ));
        password.show()
    }
}
