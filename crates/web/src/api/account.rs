//! `GET` and `PATCH /account`: the account, and what it has decided for itself; leaving it and giving it away.

pub mod leave;
pub mod transfer;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::problem::Problem;
use resolutionflow_core::session::MOST_STALE_DAYS;
use resolutionflow_store::members::{self, Account};
use resolutionflow_store::{Tx, audit, limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::{Conflicts, Refusals};
use crate::auth::caller::{Caller, May, MayManageAccount, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// An account.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// Its identifier.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Contoso IT")]
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// After how many days a prepared session is old; 0 is never.
    #[schema(example = 7)]
    stale_days: i64,
    /// What it may have.
    plan: PlanView,
    /// What it has.
    usage: UsageView,
}

/// A plan; what is null is unlimited.
#[derive(Serialize, ToSchema)]
pub struct PlanView {
    /// What it is called.
    #[schema(example = "Team")]
    name: String,
    /// How many flows.
    #[schema(example = 25)]
    flows: Option<i64>,
    /// How many sessions may be started in a calendar month, UTC; a prepared one counts when it starts.
    #[schema(example = 500)]
    sessions: Option<i64>,
    /// How many members.
    #[schema(example = 10)]
    members: Option<i64>,
}

/// What an account has.
#[derive(Serialize, ToSchema)]
pub struct UsageView {
    /// Flows.
    #[schema(example = 18)]
    flows: i64,
    /// Sessions that were started in this calendar month, UTC.
    #[schema(example = 120)]
    sessions: i64,
    /// Members.
    #[schema(example = 4)]
    members: i64,
}

impl AccountView {
    async fn of(tx: &mut Tx, caller: &Caller, account: Account, now: DateTime<Utc>) -> Result<Self> {
        let id = caller.account_id;
        let (plan, usage) = limits::standing(tx, id, now).await?;
        Ok(Self {
            id: id.uuid(),
            name: account.name,
            created_at: account.created_at,
            stale_days: account.stale_days,
            plan: PlanView {
                name: plan.name,
                flows: plan.limits.flows,
                sessions: plan.limits.sessions,
                members: plan.limits.members,
            },
            usage: UsageView {
                flows: usage.flows,
                sessions: usage.sessions,
                members: usage.members,
            },
        })
    }
}

/// Get the account
///
/// The one that the caller acts in.
#[utoipa::path(get, path = "/account", operation_id = "get_account", tag = "account",
    responses((status = 200, body = AccountView), Refusals))]
pub async fn show(State(app): State<App>, May(caller): MayRead) -> Result<Json<AccountView>> {
    let now = app.now();
    let found = app
        .read(move |tx| {
            let caller = caller.clone();
            Box::pin(async move {
                let account = members::account(tx, caller.account_id).await?;
                AccountView::of(tx, &caller, account, now).await
            })
        })
        .await?;
    Ok(Json(found))
}

/// What to change; what is absent is not touched.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccount {
    /// After how many days a prepared session is old, up to 365; 0 is never.
    #[schema(minimum = 0, maximum = 365, example = 7)]
    pub(crate) stale_days: Option<i64>,
}

/// Change the account
///
/// For its admins and owners.
#[utoipa::path(patch, path = "/account", operation_id = "change_account", tag = "account",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = ChangeAccount, responses((status = 200, body = AccountView), Refusals, Conflicts))]
pub async fn change(
    State(app): State<App>,
    May(caller): MayManageAccount,
    key: Option<IdempotencyKey>,
    Json(body): Json<ChangeAccount>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "PATCH /account", &body)?;
    let days = body.stale_days;
    if days.is_some_and(|days| !(0..=MOST_STALE_DAYS).contains(&days)) {
        let detail = format!("this must be 0 to {MOST_STALE_DAYS}");
        return Err(Error::Unprocessable(vec![Problem::at("/stale_days", detail)]));
    }
    let object = Object::new("account", caller.account_id.uuid());
    let changed = ["stale_days"];
    let now = app.now();
    let entry = caller.entry(
        now,
        &mut app.random(),
        AuditAction::AccountChanged,
        object,
        &changed,
    );
    once::write(&app, key, move |tx| {
        let (caller, entry) = (caller.clone(), entry.clone());
        Box::pin(async move {
            let account = match days {
                Some(days) => {
                    audit::write(tx, caller.account_id, &entry).await?;
                    members::set_stale_days(tx, caller.account_id, days).await?
                }
                None => members::account(tx, caller.account_id).await?,
            };
            Answer::new(StatusCode::OK, &AccountView::of(tx, &caller, account, now).await?)
        })
    })
    .await
}
