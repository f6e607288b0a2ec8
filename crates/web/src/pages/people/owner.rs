//! `/people/{id}/owner`: asks before the account is somebody else's.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use resolutionflow_core::id::UserId;
use resolutionflow_store::members;

use super::{frame, words};
use crate::api::account::transfer::{self as api, TransferAccount};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitManageMembers};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::shell;
use crate::request::{Json, Pairs, Path};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Path(id): Path<UserId>,
) -> Result<Markup> {
    let account = visitor.caller.account_id;
    let member = app
        .read(move |tx| Box::pin(async move { members::find(tx, account, id).await?.ok_or(Error::NotFound) }))
        .await?;
    let content = html! {
        form class="narrow" method="post" action={ "/people/" (id) "/owner" } {
            h1 { (words::transfer_title(&member.name)) }
            p { (words::transfer_help(&visitor.account_name, &member.name)) }
            p { (words::TRANSFER_LINKS) }
            div class="buttons" {
                button class="button primary" type="submit" { (words::TRANSFER_DO) }
                a class="button" href="/people" { (words::BACK) }
            }
        }
    };
    Ok(shell::page(
        &app,
        &visitor,
        &frame(words::TRANSFER_TITLE),
        &content,
    ))
}

/// Makes them the owner, and the visitor an admin. The form is read for the account that it is of.
pub(super) async fn transfer(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Path(id): Path<UserId>,
    _: Pairs,
) -> Result<Redirect> {
    let body = TransferAccount { to: id.uuid() };
    api::transfer(State(app), May(visitor.caller), None, Json(body)).await?;
    Ok(Redirect::to("/people"))
}
