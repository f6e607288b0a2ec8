//! How a person is told of what, kind by kind: on their pages, and by mail where this server sends any.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use resolutionflow_core::notice::NoticeKind;
use resolutionflow_store::notifications::{self, Choice};
use serde::Deserialize;

use super::{back, end, words};
use crate::auth::visitor::{Visit, VisitNotifications, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::mail;
use crate::pages::words::notifications as kinds;
use crate::request::{Form, Path};

/// The switches of one kind; one that is off sends nothing.
#[derive(Deserialize)]
pub(super) struct Switches {
    #[serde(default)]
    in_page: String,
    #[serde(default)]
    mail: String,
    /// Whether there was a switch for mail, too.
    #[serde(default)]
    with_mail: String,
}

/// The switch for one letter a day.
#[derive(Deserialize)]
pub(super) struct Daily {
    #[serde(default)]
    daily: String,
}

/// `POST /settings/notifications/{kind}`
pub(super) async fn choose(
    State(app): State<App>,
    Visit(visitor): VisitNotifications,
    Path(kind): Path<String>,
    Form(form): Form<Switches>,
) -> Result<Redirect> {
    let kind = NoticeKind::parse(&kind).ok_or(Error::NotFound)?;
    let (account, user) = (visitor.caller.account_id, visitor.user_id());
    let choice = Choice {
        in_page: form.in_page == "on",
        mail: form.mail == "on",
    };
    let with_mail = form.with_mail == "on";
    app.write(move |tx| {
        Box::pin(async move {
            if with_mail {
                notifications::choose_one(tx, account, user, kind, choice).await?;
            } else {
                notifications::choose_in_page(tx, account, user, kind, choice.in_page).await?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(back("notifications"))
}

/// `POST /settings/mail`: at once, or one letter a day.
pub(super) async fn choose_daily(
    State(app): State<App>,
    Visit(visitor): VisitNotifications,
    Form(form): Form<Daily>,
) -> Result<Redirect> {
    let (user, daily) = (visitor.user_id(), form.daily == "on");
    app.write(move |tx| Box::pin(async move { Ok(notifications::set_mail_daily(tx, user, daily).await?) }))
        .await?;
    Ok(back("notifications"))
}

pub(super) async fn section(app: &App, visitor: &Visitor) -> Result<Markup> {
    let (account, user) = (visitor.caller.account_id, visitor.user_id());
    let (choices, daily) = app
        .read(move |tx| {
            Box::pin(async move {
                let choices = notifications::choices(tx, account, user).await?;
                Ok((choices, notifications::mail_daily(tx, user).await?))
            })
        })
        .await?;
    let mailing = mail::available(app);
    let help = if mailing {
        words::NOTIFICATIONS_HELP
    } else {
        words::NOTIFICATIONS_HELP_NO_MAIL
    };
    Ok(html! {
        section class="section" id="notifications" aria-labelledby="notifications-title" {
            h2 id="notifications-title" { (words::NOTIFICATIONS) }
            p class="help" { (help) }
            @for (kind, choice) in choices {
                form method="post" action={ "/settings/notifications/" (kind.as_str()) } data-setting="told" {
                    (row(kind, choice, mailing))
                }
            }
            @if mailing {
                form method="post" action="/settings/mail" data-setting="told" {
                    div class="setting" {
                        div {
                            label for="mail-daily" { (words::DAILY) }
                            p class="help" id="mail-daily-help" { (words::DAILY_HELP) }
                        }
                        (end(&html! {
                            input type="checkbox" class="switch" id="mail-daily" name="daily" value="on" checked[daily]
                                aria-describedby="mail-daily-help";
                        }))
                    }
                }
            }
        }
    })
}

/// One kind with its switches. Where there are two, each says which it is.
fn row(kind: NoticeKind, choice: Choice, mailing: bool) -> Markup {
    let id = format!("tell-{}", kind.as_str());
    html! {
        div class="setting" {
            @if mailing {
                span id=(id) { (kinds::kind(kind)) }
                (end(&html! {
                    input type="hidden" name="with_mail" value="on";
                    label for={ (id) "-page" } class="help" { (words::BY_BELL) }
                    input type="checkbox" class="switch" id={ (id) "-page" } name="in_page" value="on"
                        checked[choice.in_page] aria-describedby=(id);
                    label for={ (id) "-mail" } class="help" { (words::BY_MAIL) }
                    input type="checkbox" class="switch" id={ (id) "-mail" } name="mail" value="on"
                        checked[choice.mail] aria-describedby=(id);
                }))
            } @else {
                label for=(id) { (kinds::kind(kind)) }
                (end(&html! {
                    input type="checkbox" class="switch" id=(id) name="in_page" value="on" checked[choice.in_page];
                }))
            }
        }
    }
}
