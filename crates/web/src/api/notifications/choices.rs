//! `/me/notifications`: how the caller wants to be told of what.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::notice::NoticeKind;
use resolutionflow_core::problem::Problem;
use resolutionflow_store::notifications::{self, Choice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayManageOwnNotifications, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// How somebody wants to be told of one kind of thing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceView {
    /// On their pages.
    in_page: bool,
    /// By mail.
    mail: bool,
}

/// How the caller wants to be told, by kind.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    /// Each kind; where it is not named, they are told in every way.
    #[schema(example = json!({"completed": {"in_page": true, "mail": false}}))]
    choices: BTreeMap<String, ChoiceView>,
    /// Whether what is told by mail comes as one letter a day, at 07:00 UTC, rather than at once. Holds for every account
    /// of the caller.
    #[serde(default)]
    mail_daily: bool,
}

impl Choices {
    fn of(made: Vec<(NoticeKind, Choice)>, mail_daily: bool) -> Self {
        let view = |(kind, choice): (NoticeKind, Choice)| {
            let Choice { in_page, mail } = choice;
            (kind.as_str().to_owned(), ChoiceView { in_page, mail })
        };
        Self {
            choices: made.into_iter().map(view).collect(),
            mail_daily,
        }
    }
}

/// Get what the caller is told of
///
/// How they want to be told of each kind of thing, on their pages and by mail, and whether mail comes at once.
#[utoipa::path(get, path = "/me/notifications", operation_id = "get_notification_choices", tag = "notifications",
    responses((status = 200, body = Choices), Refusals))]
pub async fn show(State(app): State<App>, May(caller): MayRead) -> Result<Json<Choices>> {
    let (account, user) = (caller.account_id, caller.user_id);
    let (made, daily) = app
        .read(move |tx| {
            Box::pin(async move {
                let made = notifications::choices(tx, account, user).await?;
                Ok((made, notifications::mail_daily(tx, user).await?))
            })
        })
        .await?;
    Ok(Json(Choices::of(made, daily)))
}

/// Choose what the caller is told of
///
/// Holds for what happens from now on.
#[utoipa::path(put, path = "/me/notifications", operation_id = "choose_notifications", tag = "notifications",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = Choices, responses((status = 200, body = Choices), Refusals, Conflicts))]
pub async fn choose(
    State(app): State<App>,
    May(caller): MayManageOwnNotifications,
    key: Option<IdempotencyKey>,
    Json(body): Json<Choices>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "PUT /me/notifications", &body)?;
    let daily = body.mail_daily;
    let (mut chosen, mut problems) = (Vec::new(), Vec::new());
    for (name, ChoiceView { in_page, mail }) in body.choices {
        match NoticeKind::parse(&name) {
            Some(kind) => chosen.push((kind, Choice { in_page, mail })),
            None => problems.push(Problem::at(
                format!("/choices/{}", name.replace('~', "~0").replace('/', "~1")),
                "there is no such kind of notification",
            )),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Unprocessable(problems));
    }
    let (account, user) = (caller.account_id, caller.user_id);
    once::write(&app, key, move |tx| {
        let chosen = chosen.clone();
        Box::pin(async move {
            notifications::choose(tx, account, user, &chosen).await?;
            notifications::set_mail_daily(tx, user, daily).await?;
            let made = notifications::choices(tx, account, user).await?;
            Answer::new(StatusCode::OK, &Choices::of(made, daily))
        })
    })
    .await
}
