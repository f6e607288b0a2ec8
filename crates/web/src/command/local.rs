//! Commands on the database itself, in the name of one of its members.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use resolutionflow_core::access::{Action, Relation, Role, may};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::id::{AccountId, FlowId, Id};
use resolutionflow_core::import::{Options, Style};
use resolutionflow_core::problem::{Place, Problem};
use resolutionflow_core::random::Random;
use resolutionflow_store::members::{self, Member};
use resolutionflow_store::{Db, Tx, audit};

use super::way::{Document, Outcome, Refused};
use super::{Done, Failure, database};
use crate::auth::peer::Peer;
use crate::config::Settings;
use crate::context::{Clock, seed};
use crate::error::Error;
use crate::exporting;
use crate::importing::{self, Arrival};

/// How many members are looked at in one go.
const PAGE: i64 = 500;

/// An open database and the member who acts.
pub(super) struct Local {
    db: Db,
    account: AccountId,
    member: Member,
}

/// Opens a database that is there; `create` says that one may be made.
pub(super) async fn open(settings: &Settings, create: bool) -> Done<Db> {
    let url = settings.database.url.reveal();
    if let Some(path) = url.strip_prefix("sqlite:").filter(|_| !create) {
        let path = path.strip_prefix("//").unwrap_or(path);
        if !Path::new(path).exists() {
            return Err(format!(
                "{path}: there is no database; --database names another, `resolutionflow admin create-user` makes one"
            )
            .into());
        }
    }
    Ok(Db::open(&database(settings)).await?)
}

impl Local {
    /// Opens the database and finds who acts: the member with that address, else the only owner.
    pub(super) async fn open(settings: &Settings, email: Option<&str>) -> Done<Self> {
        let db = open(settings, false).await?;
        let email = email.map(str::to_owned);
        let found = db.read::<_, Failure, _>(move |tx| acting(tx, email.clone()).boxed());
        match found.await {
            Ok((account, member)) => Ok(Self { db, account, member }),
            Err(reason) => {
                db.close().await;
                Err(reason)
            }
        }
    }

    pub(super) async fn close(self) {
        self.db.close().await;
    }

    /// Imports a document as the API does.
    pub(super) async fn import(
        &self,
        document: Document,
        convert: &BTreeSet<Style>,
    ) -> Result<Outcome, Refused> {
        if !may(self.member.role, Relation::Member, Action::WriteFlow) {
            let reason = format!(
                "{} is a {} and may not import",
                self.member.email,
                self.member.role.as_str()
            );
            return Err(Failure::Reason(reason).into());
        }
        let options = Options {
            convert: convert.clone(),
            file_name: document.file_name,
            into: document.into,
        };
        let imported = importing::read(&document.text, &options).map_err(|found| refused(&found))?;
        let now = Clock::system().now();
        let seed = seed();
        let new = Id::new(now, &mut Random::new(seed));
        let arrival = Arrival::new(imported.document, document.into, new, document.draft);
        let arrival = Arc::new(arrival.map_err(|error| wrong(error, document.into))?);
        let (account, by) = (self.account, self.member.user_id);
        let kept = self.db.write::<_, Error, _>(move |tx| {
            let arrival = Arc::clone(&arrival);
            async move {
                let kept = arrival.keep(tx, account, by, now).await?;
                if kept.published() {
                    let (random, object) = (&mut Random::new(seed), Object::new("flow", kept.flow.id.uuid()));
                    let who = (Some(by), Some(By::Command));
                    let action = AuditAction::FlowPublished;
                    let entry = Peer::default().entry((now, random), who, action, object, &[]);
                    audit::write(tx, account, &entry).await?;
                }
                Ok(kept)
            }
            .boxed()
        });
        let kept = kept.await.map_err(|error| wrong(error, document.into))?;
        Ok(Outcome {
            flow: kept.flow.id.to_string(),
            version: kept.version,
            changed: kept.changed,
            steps: kept.flow.step_count.unsigned_abs(),
            fields: kept.flow.field_count.unsigned_abs(),
        })
    }

    /// A flow's document, with the flow's id in it.
    pub(super) async fn export(&self, flow: FlowId, version: Option<i64>) -> Done<FlowDocument> {
        let account = self.account;
        let document = self
            .db
            .read::<_, Error, _>(move |tx| exporting::document(tx, account, flow, version).boxed());
        document.await.map_err(|error| match (error, version) {
            (Error::NotFound, Some(version)) => {
                format!("there is no version {version} of a flow {flow}").into()
            }
            (Error::NotFound, None) => no_flow(flow).into(),
            (error, _) => error.into(),
        })
    }
}

fn no_flow(flow: FlowId) -> String {
    format!("there is no flow {flow} in this account")
}

fn wrong(error: Error, into: Option<FlowId>) -> Refused {
    match (error, into) {
        (Error::Unprocessable(found), _) => refused(&found),
        (Error::NotFound, Some(flow)) => Refused::Document(vec![(None, no_flow(flow))]),
        (error, _) => Failure::from(error).into(),
    }
}

/// Problems of a document by line and column.
pub(super) fn refused(found: &[Problem]) -> Refused {
    let places = found.iter().map(|problem| match &problem.place {
        Place::Text { line, column } => (Some((*line as u64, *column as u64)), problem.detail.clone()),
        Place::Pointer { .. } => (None, problem.to_string()),
    });
    Refused::Document(places.collect())
}

/// Who acts, and in which account.
async fn acting(tx: &mut Tx, email: Option<String>) -> Done<(AccountId, Member)> {
    if let Some(email) = email {
        let nobody = || format!("nobody who may sign in has the address {email}");
        let found = members::credentials(tx, &email).await?.ok_or_else(nobody)?;
        let member = members::find(tx, found.account_id, found.user_id).await?;
        return Ok((found.account_id, member.ok_or_else(nobody)?));
    }
    let (account, _) = members::first_account(tx)
        .await?
        .ok_or("the database is empty; `resolutionflow admin create-user` makes its first user".to_owned())?;
    let (mut owners, mut after) = (Vec::new(), None);
    loop {
        let page = members::list(tx, account, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.user_id);
        owners.extend(
            page.into_iter()
                .filter(|member| member.role == Role::Owner && member.disabled_at.is_none()),
        );
    }
    match <[Member; 1]>::try_from(owners) {
        Ok([owner]) => Ok((account, owner)),
        Err(owners) => Err(Failure::Usage(format!(
            "the account has {} owners; say with --as EMAIL who acts",
            owners.len()
        ))),
    }
}
