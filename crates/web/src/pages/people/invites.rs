//! Inviting people: a form, and who is invited and has not come yet.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::access::{Role, may_invite_as};
use resolutionflow_core::id::InviteId;
use resolutionflow_core::problem::Place as ProblemAt;
use resolutionflow_store::account_invites::{self, Invite};
use resolutionflow_store::teams::Team;
use serde::Deserialize;
use uuid::Uuid;

use super::{Place, page};
use crate::api::invites::create::{self, CreateInvites, MOST_USES};
use crate::api::invites::{resend, revoke};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitManageInvites, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::inviting::{self, Codes};
use crate::mail;
use crate::pages::components::form::{self, Keyed};
use crate::pages::components::time::relative;
use crate::pages::letter_door::summary;
use crate::pages::refusal::Refusal;
use crate::pages::words::invites as words;
use crate::pages::words::people::role as role_word;
use crate::request::{Form, IdempotencyKey, Path};

/// The most pending invites that the page shows; the API lists all.
const MOST: i64 = 200;

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Inviting {
    #[serde(default)]
    emails: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    team: String,
    /// Missing where no form of ours sent it.
    uses: Option<String>,
    #[serde(default)]
    key: String,
}

impl Inviting {
    fn emails(&self) -> Vec<String> {
        let words = self
            .emails
            .split(|at: char| at.is_whitespace() || matches!(at, ',' | ';'));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn ask(&self, emails: Vec<String>) -> CreateInvites {
        // What is no number is refused like one that is too small, and what is no team like one that is gone.
        let uses = self.uses.as_ref().map(|uses| uses.trim().parse().unwrap_or(0));
        let team = (!self.team.is_empty()).then(|| self.team.parse().unwrap_or_else(|_| Uuid::nil()));
        CreateInvites {
            role: self.role.clone(),
            team_id: team,
            // What lets in several has no address.
            uses: uses.map(|uses| if emails.is_empty() { uses } else { uses.min(1) }),
            emails: Some(emails),
        }
    }
}

/// What the section shows beside what is kept.
#[derive(Default)]
pub(super) struct Refused {
    typed: Inviting,
    /// Why it was refused, a line each.
    why: Vec<String>,
    /// What of it is in the addresses.
    wrong_emails: bool,
    /// Likewise in the number of uses.
    wrong_uses: bool,
}

impl Refused {
    fn of(typed: Inviting, emails: &[String], refusal: &Refusal) -> Self {
        let mut refused = Self {
            typed,
            ..Self::default()
        };
        for problem in refusal.problems() {
            let pointer = match &problem.place {
                ProblemAt::Pointer { pointer } => pointer.as_str(),
                ProblemAt::Text { .. } => "",
            };
            refused.wrong_emails |= pointer.starts_with("/emails");
            refused.wrong_uses |= pointer == "/uses";
            let index: Option<usize> = pointer.strip_prefix("/emails/").and_then(|at| at.parse().ok());
            refused.why.push(match index.and_then(|index| emails.get(index)) {
                _ if pointer == "/uses" => words::uses_wrong(MOST_USES),
                Some(email) if !problem.detail.contains(email.as_str()) => {
                    format!("{email}: {}", problem.detail)
                }
                _ => problem.detail.clone(),
            });
        }
        if refused.why.is_empty() {
            refused.why.push(match refusal.error() {
                Error::NotFound => words::TEAM_GONE.to_owned(),
                _ => refusal.text(),
            });
        }
        refused
    }
}

/// `POST /people/invites`
pub(super) async fn invite(
    State(app): State<App>,
    Visit(visitor): VisitManageInvites,
    Form(typed): Form<Inviting>,
) -> Result<Response> {
    let emails = typed.emails();
    let key = IdempotencyKey::parse(&typed.key);
    let body = typed.ask(emails.clone());
    match create::make(&app, visitor.caller.clone(), key, body).await {
        Ok(made) => Ok(Redirect::to(&format!("/people?invited={}#pending", made.len())).into_response()),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let refused = Refused::of(typed, &emails, &refusal);
            let page = page(&app, &visitor, &Place::default(), &refused).await?;
            Ok(refusal.answer(page))
        }
    }
}

/// `POST /people/invites/{id}/resend`
pub(super) async fn renew(
    State(app): State<App>,
    Visit(visitor): VisitManageInvites,
    Path(id): Path<InviteId>,
    Form(keyed): Form<Keyed>,
) -> Result<Redirect> {
    resend::resend(State(app), May(visitor.caller), keyed.key(), Path(id)).await?;
    Ok(Redirect::to("/people?done=resent#pending"))
}

/// `POST /people/invites/{id}/revoke`
pub(super) async fn take_back(
    State(app): State<App>,
    Visit(visitor): VisitManageInvites,
    Path(id): Path<InviteId>,
) -> Result<Redirect> {
    revoke::revoke(State(app), May(visitor.caller), Path(id)).await?;
    Ok(Redirect::to("/people?done=revoked#pending"))
}

/// Whether somebody looks after invites.
pub(super) fn may(visitor: &Visitor) -> bool {
    may_invite_as(visitor.role(), Role::Viewer)
}

/// The form and the list, for whoever looks after invites.
pub(super) async fn section(
    app: &App,
    visitor: &Visitor,
    teams: &[Team],
    refused: &Refused,
) -> Result<Markup> {
    if !may(visitor) {
        return Ok(Markup::default());
    }
    let (account, now) = (visitor.caller.account_id, app.now());
    let pending = app
        .read(move |tx| Box::pin(async move { Ok(account_invites::pending(tx, account, None, MOST).await?) }))
        .await?;
    Ok(html! {
        section class="section" id="pending" aria-labelledby="pending-title" {
            h2 id="pending-title" { (words::PENDING) }
            @if pending.is_empty() {
                p class="empty" { (words::NOTHING_PENDING) }
            } @else {
                ul class="list invites" { @for invite in &pending { (row(app, visitor, invite, now)) } }
            }
        }
        (form(app, visitor, teams, refused))
    })
}

fn row(app: &App, visitor: &Visitor, invite: &Invite, now: DateTime<Utc>) -> Markup {
    let whom = invite.email.as_deref().unwrap_or(words::ANYBODY);
    let resend = if invite.email.is_some() && mail::available(app) {
        words::RESEND
    } else {
        words::RENEW
    };
    let action = format!("/people/invites/{}", invite.id);
    // Whoever has the link of an invite can become what it makes of them.
    let may_hand_on = may_invite_as(visitor.role(), invite.role);
    html! {
        li class="row" {
            div class="row-title" {
                span dir="auto" { (whom) }
                @if invite.uses > 1 { span class="faint" { (words::uses_left(invite.uses_left, invite.uses)) } }
            }
            span class="row-cell" { (role_word(invite.role)) }
            span class="row-cell" {
                @if invite.expires_at <= now { (words::EXPIRED) } @else { (words::EXPIRES) }
                " " (relative(invite.expires_at))
            }
            div class="row-end" {
                @if may_hand_on {
                    form method="post" action={ (action) "/resend" } {
                        (form::key(app))
                        button class="button small" type="submit" aria-label=(words::of(resend, whom)) { (resend) }
                    }
                }
                form method="post" action={ (action) "/revoke" } {
                    button class="button small danger" type="submit" aria-label=(words::of(words::REVOKE, whom)) {
                        (words::REVOKE)
                    }
                }
            }
            @if may_hand_on && invite.expires_at > now { (link(app, invite, whom)) }
        }
    }
}

/// The link to hand on, where somebody asks for it.
fn link(app: &App, invite: &Invite, whom: &str) -> Markup {
    let code = Codes::of(app, invite.id, invite.generation).copied;
    html! {
        details class="invite-link" {
            summary aria-label=(words::of(words::COPY_LINK, whom)) { (words::COPY_LINK) }
            @match inviting::link(app, &code) {
                Some(link) => {
                    input class="control mono" type="text" readonly value=(link) spellcheck="false"
                        aria-label=(words::of(words::LINK, whom));
                }
                // The browser knows what this server is called.
                None => { a href=(inviting::path(&code)) { (words::of(words::LINK, whom)) } }
            }
            p class="help" { (words::LINK_HELP) }
        }
    }
}

fn form(app: &App, visitor: &Visitor, teams: &[Team], refused: &Refused) -> Markup {
    let Refused {
        typed,
        why,
        wrong_emails,
        wrong_uses,
    } = refused;
    let (wrong_emails, wrong_uses) = (*wrong_emails, *wrong_uses);
    let chosen = Role::parse(&typed.role).unwrap_or(Role::Engineer);
    let roles = Role::ALL
        .into_iter()
        .filter(|role| may_invite_as(visitor.role(), *role));
    let own = visitor.caller.team_id.to_string();
    let team = if typed.team.is_empty() { &own } else { &typed.team };
    let uses = typed.uses.as_deref().unwrap_or("1");
    html! {
        section class="section" id="invite" aria-labelledby="invite-title" {
            h2 id="invite-title" { (words::INVITE) }
            p class="help" { (if mail::available(app) { words::INVITE_HELP } else { words::INVITE_NO_MAIL }) }
            @for why in why { (summary(why)) }
            form class="stack invite-form" method="post" action="/people/invites#invite" {
                (form::key(app))
                div class={ "field" @if wrong_emails { " bad" } } {
                    label for="invite-emails" { (words::ADDRESSES) }
                    textarea class="control" id="invite-emails" name="emails" rows="3" dir="auto" spellcheck="false"
                        autocomplete="off" aria-describedby="invite-emails-help" autofocus[!why.is_empty() && !wrong_uses]
                        aria-invalid=[wrong_emails.then_some("true")] { "\n" (typed.emails) }
                    p class="help" id="invite-emails-help" { (words::ADDRESSES_HELP) }
                }
                div class="invite-choices" {
                    div class="field" {
                        label for="invite-role" { (words::ROLE) }
                        select class="control" id="invite-role" name="role" {
                            @for role in roles {
                                option value=(role.as_str()) selected[role == chosen] { (role_word(role)) }
                            }
                        }
                    }
                    @if teams.len() > 1 {
                        div class="field" {
                            label for="invite-team" { (words::TEAM) }
                            select class="control" id="invite-team" name="team" {
                                @for one in teams {
                                    option value=(one.id) selected[one.id.to_string() == *team] { (one.name) }
                                }
                            }
                        }
                    }
                    div class={ "field" @if wrong_uses { " bad" } } {
                        label for="invite-uses" { (words::USES) }
                        input class="control" id="invite-uses" name="uses" type="number" min="1" max=(MOST_USES)
                            value=(uses) autocomplete="off" required autofocus[wrong_uses]
                            aria-invalid=[wrong_uses.then_some("true")]
                            aria-describedby={ @if wrong_uses { "invite-uses-error " } "invite-uses-help" };
                        @if wrong_uses { p class="error" id="invite-uses-error" { (words::uses_wrong(MOST_USES)) } }
                    }
                }
                p class="help" id="invite-uses-help" { (words::USES_HELP) }
                button class="button" type="submit" { (words::SEND) }
            }
        }
    }
}
