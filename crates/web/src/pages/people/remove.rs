//! `/people/{id}/remove`: asks where a member's open sessions go before they are removed, or leave by themselves.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::id::UserId;
use resolutionflow_core::member::MemberChange;
use resolutionflow_store::members::{self, Member};
use resolutionflow_store::sessions::{self, Held};
use serde::Deserialize;

use super::{frame, words};
use crate::api::members::remove as api;
use crate::api::members::require;
use crate::api::sessions::hand_over::To;
use crate::auth::visitor::{Visit, VisitLeaveAccount, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::prepare::base::people;
use crate::pages::shell;
use crate::request::{Form, Path};

/// The form as it was sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Sent {
    /// A member's id, or `team`.
    #[serde(default)]
    sessions_to: String,
    /// A member's id.
    #[serde(default)]
    active_to: String,
}

/// The page. Everybody may leave; whom somebody may remove, the rules say.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): VisitLeaveAccount,
    Path(id): Path<UserId>,
) -> Result<Markup> {
    draw(&app, &visitor, id, &Sent::default(), &[]).await
}

/// Does it.
pub(super) async fn remove(
    State(app): State<App>,
    Visit(visitor): VisitLeaveAccount,
    Path(id): Path<UserId>,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let is_self = id == visitor.user_id();
    if !is_self && !may(visitor.role(), Relation::Member, Action::ManageMembers) {
        return Err(Error::Forbidden(words::NOT_YOURS.to_owned()));
    }
    let action = if is_self {
        AuditAction::MemberLeft
    } else {
        AuditAction::MemberRemoved
    };
    let done = match to(&sent) {
        Ok(to) => api::go(&app, &visitor.caller, id, to, action).await,
        Err(error) => Err(error),
    };
    match done {
        // Whoever left is signed out here, and signs in to what else they are in.
        Ok(()) if is_self => Ok(Redirect::to("/sign-in").into_response()),
        Ok(()) => Ok(Redirect::to("/people").into_response()),
        Err(Error::Unprocessable(problems)) => {
            let wrong: Vec<_> = problems
                .into_iter()
                .map(|problem| crate::pages::words::sentence(&problem.detail))
                .collect();
            let page = draw(&app, &visitor, id, &sent, &wrong).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error),
    }
}

fn to(sent: &Sent) -> Result<To> {
    let active = match sent.active_to.as_str() {
        "" => None,
        id => Some(
            id.parse()
                .map_err(|_| Error::unprocessable("/active_to", "choose one of the people in the list"))?,
        ),
    };
    To::parse(
        Some(sent.sessions_to.as_str()).filter(|to| !to.is_empty()),
        active,
    )
}

async fn draw(app: &App, visitor: &Visitor, id: UserId, sent: &Sent, wrong: &[String]) -> Result<Markup> {
    let (account, caller) = (visitor.caller.account_id, visitor.caller.clone());
    let (member, held, mut others) = app
        .read(move |tx| {
            let caller = caller.clone();
            Box::pin(async move {
                let member = members::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                require(tx, &caller, super::standing(&member), MemberChange::Remove).await?;
                let held = sessions::count_held(tx, account, id).await?;
                Ok((member, held, people(tx, account).await?))
            })
        })
        .await?;
    others.retain(|other| other.user_id != id);
    let is_self = id == visitor.user_id();
    let title = if is_self {
        words::leave_title(&visitor.account_name)
    } else {
        words::remove_title(&member.name)
    };
    let content = html! {
        form class="narrow" method="post" action={ "/people/" (id) "/remove" } {
            h1 { (title) }
            p { (if is_self { words::LEAVE_HELP } else { words::REMOVE_HELP }) }
            @if super::sees_links(&member) { p { (if is_self { words::LEAVE_LINKS } else { words::REMOVE_LINKS }) } }
            @if !wrong.is_empty() {
                div class="error-summary" role="alert" tabindex="-1" { ul { @for wrong in wrong { li { (wrong) } } } }
            }
            (heirs(held, &others, sent))
            div class="buttons" {
                button class="button danger" type="submit" { (if is_self { words::LEAVE_DO } else { words::REMOVE_DO }) }
                a class="button" href="/people" { (words::BACK) }
            }
        }
    };
    let crumb = if is_self {
        words::LEAVE_DO
    } else {
        words::REMOVE_DO
    };
    Ok(shell::page(app, visitor, &frame(crumb), &content))
}

/// Who gets what there is.
fn heirs(held: Held, others: &[Member], sent: &Sent) -> Markup {
    let people = |chosen: &str| {
        html! {
            @for other in others {
                @let id = other.user_id.to_string();
                option value=(id) selected[id == chosen] { (other.name) }
            }
        }
    };
    html! {
        @if held == Held::default() { p class="help" { (words::NOTHING_OPEN) } }
        @if held.prepared > 0 {
            div class="field" {
                label for="sessions-to" { (words::prepared_to(held.prepared)) }
                select class="control" id="sessions-to" name="sessions_to" required {
                    option value="team" selected[sent.sessions_to == "team"] { (words::ANYONE) }
                    (people(&sent.sessions_to))
                }
            }
        }
        @if held.active > 0 {
            div class="field" {
                label for="active-to" { (words::active_to(held.active)) }
                select class="control" id="active-to" name="active_to" required {
                    option value="" { (words::CHOOSE) }
                    (people(&sent.active_to))
                }
                p class="help" { (words::ACTIVE_HELP) }
            }
        }
    }
}
