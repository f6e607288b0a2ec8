//! `POST /invites`: invites people into the account, one invite an address, or anybody who gets the link.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, may_invite_as};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::{InviteId, TeamId};
use resolutionflow_core::problem::Problem;
use resolutionflow_core::random::Random;
use resolutionflow_store::account_invites::{self, Invite, NewInvite};
use resolutionflow_store::members::{self, email_key};
use resolutionflow_store::{Tx, audit, teams};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InviteView, SentInvite, SentInvites, answer, kept, letter};
use crate::api::answers::{Letters, Refusals, roles};
use crate::auth::caller::{Caller, May, MayManageInvites};
use crate::auth::letters;
use crate::auth::person::email;
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting::Codes;
use crate::mail;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// The most addresses in one request.
pub const MOST_ADDRESSES: usize = 100;

/// The most people that one link lets in.
pub const MOST_USES: i64 = 1_000;

/// Whom to invite.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvites {
    /// Up to 100 mail addresses, an invite each; none makes one invite for anybody who gets the link.
    #[schema(example = json!(["ravi@contoso.example"]), max_items = 100)]
    pub emails: Option<Vec<String>>,
    /// What whoever follows it becomes: at most what the caller is.
    #[schema(schema_with = roles)]
    pub role: String,
    /// Which team they are put in; the caller's own unless said.
    pub team_id: Option<Uuid>,
    /// How many people a link without an address lets in; one unless said.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub uses: Option<i64>,
}

/// Invite people
///
/// For admins and owners. Where the server sends mail, each address gets a letter with a link of its own; the answer
/// holds other links, to hand on in another way. Who follows a mailed link has shown that the address is theirs; who
/// follows another shows it before they first sign in. The answer to a repeated request has the same invites in it.
#[utoipa::path(post, path = "/invites", operation_id = "create_invites", tag = "members",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = CreateInvites, responses((status = 201, body = SentInvites), Refusals, Letters))]
pub async fn create(
    State(app): State<App>,
    May(caller): MayManageInvites,
    key: Option<IdempotencyKey>,
    Json(body): Json<CreateInvites>,
) -> Result<Response> {
    let made = make(&app, caller, key, body).await?;
    let items = made.into_iter().map(|invite| SentInvite::of(&app, invite));
    let sent = SentInvites {
        items: items.collect(),
    };
    answer(StatusCode::CREATED, &sent)
}

/// The invites as they are kept in the answer.
#[derive(Serialize, Deserialize)]
struct Kept {
    items: Vec<InviteView>,
}

/// Makes the invites, once for its key, and writes their letters.
pub(crate) async fn make(
    app: &App,
    caller: Caller,
    key: Option<IdempotencyKey>,
    body: CreateInvites,
) -> Result<Vec<InviteView>> {
    let key = once::key(&caller, key, "POST /invites", &body)?;
    let making = Arc::new(Making::read(app, caller, body)?);
    let answer = once::write(app, key, move |tx| {
        let making = Arc::clone(&making);
        Box::pin(async move { making.keep(tx).await })
    })
    .await?;
    Ok(kept::<Kept>(&answer)?.items)
}

/// What is to be made.
struct Making {
    app: App,
    caller: Caller,
    /// None where anybody is invited.
    emails: Vec<String>,
    /// Where each of them stands in what was asked, which may repeat itself.
    places: Vec<usize>,
    role: Role,
    team: Option<TeamId>,
    uses: i64,
    now: DateTime<Utc>,
    seed: [u8; 32],
}

impl Making {
    fn read(app: &App, caller: Caller, body: CreateInvites) -> Result<Self> {
        let role = Role::parse(&body.role).ok_or_else(|| {
            let names = Role::ALL.map(Role::as_str).join(", ");
            Error::unprocessable("/role", format!("must be one of {names}"))
        })?;
        if !may_invite_as(caller.role, role) {
            return Err(Error::Forbidden("You can invite up to your own role.".to_owned()));
        }
        let given = body.emails.unwrap_or_default();
        if given.len() > MOST_ADDRESSES {
            return Err(Error::unprocessable(
                "/emails",
                format!("has more than {MOST_ADDRESSES} addresses"),
            ));
        }
        let (mut emails, mut places, mut wrong) = (Vec::<String>::new(), Vec::new(), Vec::new());
        for (index, text) in given.iter().enumerate() {
            match email(text) {
                Ok(email) if !mail::reaches(app, &email) => {
                    wrong.push(Problem::at(
                        format!("/emails/{index}"),
                        "mail cannot be sent there",
                    ));
                }
                Ok(email) if emails.iter().any(|other| email_key(other) == email_key(&email)) => {}
                Ok(email) => {
                    emails.push(email);
                    places.push(index);
                }
                Err(what) => wrong.push(Problem::at(format!("/emails/{index}"), what)),
            }
        }
        let uses = body.uses.unwrap_or(1);
        if !(1..=MOST_USES).contains(&uses) {
            wrong.push(Problem::at("/uses", format!("must be 1 to {MOST_USES}")));
        } else if uses > 1 && !emails.is_empty() {
            wrong.push(Problem::at(
                "/uses",
                "an invite with an address lets in one person",
            ));
        }
        if !wrong.is_empty() {
            return Err(Error::Unprocessable(wrong));
        }
        Ok(Self {
            app: app.clone(),
            caller,
            emails,
            places,
            role,
            team: body.team_id.map(TeamId::from_uuid),
            uses,
            now: app.now(),
            seed: seed(),
        })
    }

    async fn keep(&self, tx: &mut Tx) -> Result<Answer> {
        let (account, now) = (self.caller.account_id, self.now);
        let team = self.team.unwrap_or(self.caller.team_id);
        // Whoever is demoted or removed at this moment would leave an invite behind.
        if !members::still_is(tx, account, self.caller.user_id, self.caller.role).await? {
            return Err(Error::Forbidden(
                "Your role in this account does not allow that.".to_owned(),
            ));
        }
        if teams::find(tx, account, team).await?.is_none() {
            return Err(Error::NotFound);
        }
        let members = members::addresses_among(tx, account, &self.emails).await?;
        let here = |email: &String| members.contains(&email_key(email));
        let asked = self.places.iter().zip(&self.emails);
        let wrong: Vec<_> = asked
            .filter(|(_, email)| here(email))
            .map(|(place, email)| {
                Problem::at(format!("/emails/{place}"), format!("{email} is a member already"))
            })
            .collect();
        if !wrong.is_empty() {
            return Err(Error::Unprocessable(wrong));
        }
        let mails = mail::available(&self.app);
        if mails {
            letters::reserve_invites(tx, &self.app, account, self.emails.len(), now).await?;
        }
        let made = self.invites(team);
        let invites: Vec<NewInvite> = made.iter().map(|(invite, _)| invite.clone()).collect();
        account_invites::create(tx, account, self.caller.user_id, &invites, now).await?;
        let mut random = Random::new(self.seed);
        let entries: Vec<_> = invites
            .iter()
            .map(|invite| {
                let object = Object::new("invite", invite.id.uuid());
                let action = AuditAction::InviteCreated;
                (account, self.caller.entry(now, &mut random, action, object, &[]))
            })
            .collect();
        audit::write_all(tx, &entries).await?;
        if mails && !self.emails.is_empty() {
            let name = members::account_name(tx, account).await?;
            let me = members::find(tx, account, self.caller.user_id).await?;
            let me = me.ok_or(Error::NotFound)?.name;
            let letters: Vec<_> = made
                .iter()
                .filter_map(|(invite, codes)| {
                    let to = (invite.email.as_deref(), invite.role, invite.expires_at);
                    letter(&self.app, (&name, &me), codes, to)
                })
                .collect();
            mail::send_all_later(tx, &letters, now).await?;
        }
        let items = invites.into_iter().map(|invite| self.view(invite));
        Answer::new(
            StatusCode::CREATED,
            &Kept {
                items: items.collect(),
            },
        )
    }

    fn invites(&self, team: TeamId) -> Vec<(NewInvite, Codes)> {
        // Other identifiers than those of the entries.
        let mut random = Random::new(self.seed);
        let mut random = Random::new(random.bytes());
        let addresses: Vec<Option<&String>> = if self.emails.is_empty() {
            vec![None]
        } else {
            self.emails.iter().map(Some).collect()
        };
        let expires_at = self.now + self.app.settings.signup.invite_life;
        addresses
            .into_iter()
            .map(|email| {
                let id = InviteId::new(self.now, &mut random);
                let codes = Codes::of(&self.app, id, 1);
                let invite = NewInvite {
                    id,
                    secrets: codes.secrets(),
                    role: self.role,
                    team_id: team,
                    email: email.cloned(),
                    uses: self.uses,
                    expires_at,
                };
                (invite, codes)
            })
            .collect()
    }

    fn view(&self, invite: NewInvite) -> InviteView {
        InviteView::from(Invite {
            id: invite.id,
            generation: 1,
            role: invite.role,
            team_id: invite.team_id,
            email: invite.email,
            uses: invite.uses,
            uses_left: invite.uses,
            created_by_id: self.caller.user_id,
            created_at: self.now,
            expires_at: invite.expires_at,
        })
    }
}
