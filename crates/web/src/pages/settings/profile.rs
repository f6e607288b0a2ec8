//! Who one is: the name, which one may change, and the account, which one may switch.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Refused, back, page, words};
use crate::api::me::change::{self as api, ChangeMe};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitChangeOwnProfile, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::pages::components::form::Line;
use crate::pages::refusal::Refusal;
use crate::pages::shell;
use crate::request::{Form, Json};

/// The form.
#[derive(Deserialize)]
pub(super) struct Profile {
    #[serde(default)]
    name: String,
}

/// `POST /settings/profile`
pub(super) async fn change(
    State(app): State<App>,
    Visit(visitor): VisitChangeOwnProfile,
    Form(form): Form<Profile>,
) -> Result<Response> {
    let body = ChangeMe {
        name: Some(form.name.clone()),
    };
    match api::change(State(app.clone()), May(visitor.caller.clone()), None, Json(body)).await {
        Ok(_) => Ok(back("profile").into_response()),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let refused = Refused {
                name: Some((form.name, refusal.text())),
                ..Refused::default()
            };
            Ok(refusal.answer(page(&app, &visitor, &refused).await?))
        }
    }
}

pub(super) fn section(visitor: &Visitor, refused: Option<&(String, String)>) -> Markup {
    let lines = [
        (words::EMAIL, visitor.email.as_str()),
        (words::ACCOUNT, visitor.account_name.as_str()),
        (words::ROLE, words::role(visitor.role())),
    ];
    html! {
        section class="section" id="profile" aria-labelledby="profile-title" {
            h2 id="profile-title" { (words::PROFILE) }
            form class="stack" method="post" action="/settings/profile#profile" {
                (Line { name: "name", label: words::NAME, kind: "text", autocomplete: "name",
                    value: refused.map_or(visitor.name.as_str(), |(name, _)| name.as_str()),
                    error: refused.map(|(_, why)| why.as_str()), focus: refused.is_some(), ..Line::default() }.draw())
                button class="button" type="submit" { (words::SAVE) }
            }
            dl class="facts" { @for (name, value) in lines { dt { (name) } dd { (value) } } }
            p class="help" { (words::EMAIL_FIXED) }
            @if visitor.places.len() > 1 {
                h3 { (words::ACCOUNTS) }
                div class="buttons switches" { (shell::switches(visitor)) }
            }
        }
    }
}
