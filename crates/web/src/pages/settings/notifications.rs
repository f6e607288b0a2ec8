//! What a person is told of on their pages, kind by kind.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use resolutionflow_core::notice::NoticeKind;
use resolutionflow_store::notifications;
use serde::Deserialize;

use super::{back, end, words};
use crate::auth::visitor::{Visit, VisitNotifications, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::words::notifications as kinds;
use crate::request::{Form, Path};

/// A switch; one that is off sends nothing.
#[derive(Deserialize)]
pub(super) struct Switch {
    #[serde(default)]
    in_page: String,
}

/// `POST /settings/notifications/{kind}`
pub(super) async fn choose(
    State(app): State<App>,
    Visit(visitor): VisitNotifications,
    Path(kind): Path<String>,
    Form(form): Form<Switch>,
) -> Result<Redirect> {
    let kind = NoticeKind::parse(&kind).ok_or(Error::NotFound)?;
    let (account, user, on) = (visitor.caller.account_id, visitor.user_id(), form.in_page == "on");
    app.write(move |tx| {
        Box::pin(async move { Ok(notifications::choose_in_page(tx, account, user, kind, on).await?) })
    })
    .await?;
    Ok(back("notifications"))
}

pub(super) async fn section(app: &App, visitor: &Visitor) -> Result<Markup> {
    let (account, user) = (visitor.caller.account_id, visitor.user_id());
    let choices = app
        .read(move |tx| Box::pin(async move { Ok(notifications::choices(tx, account, user).await?) }))
        .await?;
    Ok(html! {
        section class="section" id="notifications" aria-labelledby="notifications-title" {
            h2 id="notifications-title" { (words::NOTIFICATIONS) }
            p class="help" { (words::NOTIFICATIONS_HELP) }
            @for (kind, choice) in choices {
                @let id = format!("tell-{}", kind.as_str());
                form method="post" action={ "/settings/notifications/" (kind.as_str()) } data-setting="told" {
                    div class="setting" {
                        label for=(id) { (kinds::kind(kind)) }
                        (end(&html! {
                            input type="checkbox" class="switch" id=(id) name="in_page" value="on"
                                checked[choice.in_page];
                        }))
                    }
                }
            }
        }
    })
}
