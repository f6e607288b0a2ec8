//! `resolutionflow admin invite`: a code that opens new accounts.

use chrono::TimeDelta;
use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::PlatformInviteId;
use resolutionflow_core::random::Random;
use resolutionflow_store::platform_invites::{self, MOST_DAYS, MOST_USES, NewPlatformInvite};
use resolutionflow_store::{Error as StoreError, audit, members};

use super::super::local::open;
use super::super::{Done, Place, complain, print};
use crate::auth::peer::Peer;
use crate::auth::secret::{self, InLink};
use crate::config::SignupMode;
use crate::context::{Clock, seed};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow admin invite --uses 3 --days 14 --note 'the pilot at Fabrikam'

The code comes alone on standard output; the link, where server.public_url is set, on standard error.")]
pub(in crate::command) struct Invite {
    /// How many accounts it opens
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=MOST_USES))]
    uses: i64,
    /// After how many days it opens none
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=MOST_DAYS))]
    days: i64,
    /// What to remember of it
    #[arg(long, value_parser = crate::auth::person::one_line)]
    note: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Invite {
    /// Makes the code and prints it; it is kept nowhere.
    pub(super) async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let (now, random) = (Clock::system().now(), &mut Random::new(seed()));
        let code = InLink::PlatformInvite.make(random);
        let invite = NewPlatformInvite {
            id: PlatformInviteId::new(now, random),
            hash: secret::digest(&code),
            uses: self.uses,
            expires_at: now + TimeDelta::days(self.days),
            note: self.note.unwrap_or_default(),
            created_by_id: None,
        };
        let until = invite.expires_at.date_naive();
        let (who, object) = (
            (None, Some(By::Command)),
            Object::new("platform_invite", invite.id.uuid()),
        );
        let action = AuditAction::PlatformInviteCreated;
        let entry = Peer::default().entry((now, random), who, action, object, &[]);
        let db = open(&settings, false).await?;
        let made = db.write::<_, StoreError, _>(move |tx| {
            let (invite, entry) = (invite.clone(), entry.clone());
            async move {
                platform_invites::create(tx, &invite, now).await?;
                // It is nobody's: the oldest account is that of whoever set the server up.
                match members::first_account(tx).await? {
                    Some((account, _)) => audit::write(tx, account, &entry).await,
                    None => Ok(()),
                }
            }
            .boxed()
        });
        let made = made.await;
        db.close().await;
        made?;
        let accounts = if self.uses == 1 {
            "one account".to_owned()
        } else {
            format!("{} accounts", self.uses)
        };
        complain(format!(
            "The code opens {accounts} until {until} and is shown this once."
        ));
        if settings.signup.mode == SignupMode::Closed {
            complain("signup.mode is \"closed\": nobody can use it until that is \"invite\".");
        }
        if let Some(origin) = settings.server.public_url.origin() {
            complain(format!("Its link: {origin}/sign-up?code={code}"));
        }
        print(code)
    }
}
