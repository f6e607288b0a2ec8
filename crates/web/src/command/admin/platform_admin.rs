//! `resolutionflow admin platform-admin`: who runs the server.

use clap::Args;
use futures_util::FutureExt;
use resolutionflow_store::{Error as StoreError, platform, users};

use super::super::local::open;
use super::super::{Done, Place, complain};

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
        let db = open(&settings, false).await?;
        let set = db.write::<_, StoreError, _>(move |tx| {
            let email = email.clone();
            async move {
                let set = platform::set_platform_admin(tx, &email, yes).await?;
                // Whoever may not sign in is not found; it is taken from them all the same.
                Ok((set, users::by_address(tx, &email).await?))
            }
            .boxed()
        });
        let set = set.await;
        db.close().await;
        let (set, person) = set?;
        if !set {
            return Err(format!("nobody has the address {}", self.email).into());
        }
        // It is in no account's log: who runs the server stands above them.
        let user = person
            .map(|person| person.user_id.to_string())
            .unwrap_or_default();
        tracing::info!(
            user,
            platform_admin = yes,
            "who runs this server was changed by a command"
        );
        let what = if yes { "runs" } else { "no longer runs" };
        complain(format!("{} {what} this server.", self.email));
        Ok(())
    }
}
