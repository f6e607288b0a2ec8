//! `resolutionflow admin reconcile`: whether counters equal the rows they count.

use std::time::Duration;

use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::id::AccountId;
use resolutionflow_store::reconcile::{self, Counter, Difference};
use resolutionflow_store::{Db, Error as StoreError, platform};

use super::super::local::open;
use super::super::{Done, Place, complain};
use crate::context::Clock;

/// How long one account may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// How many accounts are read at a time.
const PAGE: i64 = 100;

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  Say which counters differ, and fail if one does:
    resolutionflow admin reconcile
  Set them to what they count:
    resolutionflow admin reconcile --repair")]
pub(in crate::command) struct Reconcile {
    /// Set what differs to what is counted
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    place: Place,
}

impl Reconcile {
    /// Looks at every account; it reads all that they have.
    pub(super) async fn run(self) -> Done {
        let mut settings = self.place.settings()?;
        // Counting a million rows takes what it takes.
        settings.database.time_limit = settings.database.time_limit.max(PATIENCE);
        let db = open(&settings, false).await?;
        let done = self.look(&db).await;
        db.close().await;
        done
    }

    async fn look(&self, db: &Db) -> Done {
        let (now, mut before, mut differ) = (Clock::system().now(), None, 0);
        loop {
            let page =
                db.read::<_, StoreError, _>(move |tx| platform::tenants(tx, before, PAGE, now).boxed());
            let page = page.await?;
            for tenant in &page {
                let found = self.differences(db, tenant.id).await?;
                differ += found.len();
                for one in &found {
                    println!("{} ({}): {}", tenant.name, tenant.id, sentence(one));
                }
            }
            let Some(last) = page.last() else { break };
            before = Some(last.id);
        }
        match (differ, self.repair) {
            (0, _) => complain("Every counter equals its rows."),
            (differ, true) => complain(format!("{differ} counters were set to what they count.")),
            (differ, false) => {
                return Err(
                    format!("{differ} counters differ; --repair sets them to what they count").into(),
                );
            }
        }
        Ok(())
    }

    async fn differences(&self, db: &Db, account: AccountId) -> Result<Vec<Difference>, StoreError> {
        if self.repair {
            db.write(move |tx| reconcile::repair(tx, account).boxed()).await
        } else {
            db.read_long(move |tx| reconcile::differences(tx, account).boxed())
                .await
        }
    }
}

fn sentence(difference: &Difference) -> String {
    let what = match &difference.counter {
        Counter::Flows => "flows".to_owned(),
        Counter::Sessions => "sessions".to_owned(),
        Counter::Started => "sessions started in the last month".to_owned(),
        Counter::Members => "members".to_owned(),
        Counter::Used(flow) => format!("sessions of the flow {flow}"),
        Counter::Tag(tag) => format!("flows with the tag {tag}"),
    };
    let Difference { kept, counted, .. } = difference;
    format!("{what}: the counter says {kept}, there are {counted}")
}
