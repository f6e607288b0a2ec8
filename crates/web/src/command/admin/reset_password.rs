//! `resolutionflow admin reset-password`: a way back in.

use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::random::Random;
use resolutionflow_store::{Error as StoreError, members};

use super::super::local::open;
use super::super::{Done, Place, complain};
use super::new_password::PasswordOptions;
use crate::context::seed;

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
        let password = self.password.take(&mut Random::new(seed())).await?;
        let (email, hash) = (self.email.clone(), password.hash.clone());
        let db = open(&settings, false).await?;
        let set = db.write::<_, StoreError, _>(move |tx| {
            let (email, hash) = (email.clone(), hash.clone());
            async move { members::set_password(tx, &email, &hash).await }.boxed()
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
