//! Every kind of secret that this product gives out, made for real, and guests to make them for.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use resolutionflow::auth::password::Passwords;
use resolutionflow::auth::secret::{self, InLink};
use resolutionflow::inviting::Codes;
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::id::{Id, InviteId, PlatformInviteId, TeamId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::mail_tokens::{self, NewMailToken, Purpose};
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::platform_invites::{self, NewPlatformInvite};
use resolutionflow_store::sign_ups::{self, Aim, Proof, SignUp};
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Error, Tx};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::asking::Answer;
use crate::cast::{PASSWORD, TestApp, uuid};

/// A kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What a program shows.
    Access,
    /// By which a program goes on.
    Refresh,
    /// What somebody made for a program of theirs.
    Personal,
    /// In a link that somebody was given.
    Link(InLink),
    /// In the cookie of a login.
    Login,
    /// In the cookie by which a browser is known.
    Device,
}

impl Kind {
    /// Every kind.
    pub(crate) fn all() -> Vec<Self> {
        let links = InLink::ALL.into_iter().map(Self::Link);
        links
            .chain([
                Self::Access,
                Self::Refresh,
                Self::Personal,
                Self::Login,
                Self::Device,
            ])
            .collect()
    }
}

/// Somebody who is nobody else in any test.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) user_id: UserId,
    /// What stands before `@example.com` in their address.
    pub(crate) name: String,
    pub(crate) email: String,
    /// Their personal token.
    pub(crate) token: String,
}

/// A number that nobody else got.
pub(crate) fn number() -> usize {
    static NUMBERS: AtomicUsize = AtomicUsize::new(0);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// The hash of everybody's password, made once: a hash takes its time on purpose.
async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let random = &mut Random::new([8; 32]);
        let passwords = Passwords::default();
        passwords.hash(PASSWORD.to_owned(), random).await.unwrap()
    };
    HASH.get_or_init(make).await.clone()
}

/// Does something in a transaction of the test's own.
async fn write<T, F>(app: &TestApp, work: F) -> T
where
    T: Send + 'static,
    F: for<'t> Fn(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Result<T, Error>> + Send + 'static,
{
    app.app.db.write(work).await.unwrap()
}

/// A new member of the account that somebody of the cast is in, with everybody's password.
pub(crate) async fn guest(app: &TestApp, beside: &str, role: Role) -> Guest {
    let host = app.member(beside);
    let me = host.get("/me").await.with(200);
    let team = TeamId::from_uuid(uuid(&me["team_id"]));
    let (account, now, random) = (host.account, app.clock.now(), &mut app.app.random());
    let name = format!("guest{}", number());
    let guest = Guest {
        user_id: Id::new(now, random),
        email: format!("{name}@example.com"),
        token: secret::make(TokenKind::Personal, random),
        name,
    };
    let user = NewUser {
        id: guest.user_id,
        email: guest.email.clone(),
        name: guest.name.clone(),
        password_hash: Some(password_hash().await),
    };
    let token = NewToken {
        hash: secret::digest(&guest.token),
        id: Id::new(now, random),
        kind: TokenKind::Personal,
        user_id: guest.user_id,
        auth_epoch: 0,
        name: "test".to_owned(),
        expires_at: now + TimeDelta::days(365),
        family_id: None,
        scopes: Scopes::ALL,
    };
    let made = write(app, move |tx| {
        let (user, token) = (user.clone(), token.clone());
        Box::pin(async move {
            Ok(members::create_user(tx, &user, now).await?
                && members::add(tx, account, user.id, role, team, now).await?
                && tokens::create(tx, account, &token, now).await?)
        })
    });
    assert!(made.await);
    guest
}

/// A code that opens one account, and its id.
pub(crate) async fn platform_invite(app: &TestApp) -> (PlatformInviteId, String) {
    let (now, random) = (app.clock.now(), &mut app.app.random());
    let code = InLink::PlatformInvite.make(random);
    let invite = NewPlatformInvite {
        id: Id::new(now, random),
        hash: secret::digest(&code),
        uses: 1,
        expires_at: now + TimeDelta::days(1),
        note: String::new(),
        created_by_id: None,
    };
    let id = invite.id;
    write(app, move |tx| {
        let invite = invite.clone();
        Box::pin(async move { platform_invites::create(tx, &invite, now).await })
    })
    .await;
    (id, code)
}

/// An invite of Olivia's into Contoso, for whoever has the link or for one address.
pub(crate) async fn invite(app: &TestApp, email: Option<&str>) -> Value {
    let emails: Vec<_> = email.into_iter().collect();
    let body = json!({ "role": "viewer", "emails": emails });
    let made = app.member("olivia").post("/invites").json(&body).await.with(201);
    made["items"][0].clone()
}

/// A secret that is good for this address, as if it had been mailed there.
async fn mailed(app: &TestApp, kind: InLink, purpose: Purpose, email: &str) -> String {
    let (now, email) = (app.clock.now(), email.to_owned());
    let secret = kind.make(&mut app.app.random());
    let token = NewMailToken {
        hash: secret::digest(&secret),
        purpose,
        expires_at: now + TimeDelta::minutes(10),
    };
    let issued = write(app, move |tx| {
        let email = email.clone();
        Box::pin(async move { mail_tokens::issue(tx, &email, &token, now).await })
    });
    assert!(issued.await.is_some());
    secret
}

/// A program's tokens.
async fn program(app: &TestApp, email: &str) -> Value {
    let login = json!({ "email": email, "password": PASSWORD });
    app.nobody()
        .ask("POST", "/auth/login")
        .json(&login)
        .await
        .with(200)
}

/// The value of a cookie that an answer sets.
pub(crate) fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers.get_all("set-cookie").iter();
    let mut values = set.filter_map(|cookie| {
        let (found, rest) = cookie.to_str().unwrap().split_once('=')?;
        (found == name).then(|| rest.split(';').next().unwrap().to_owned())
    });
    let value = values.next();
    assert_eq!(values.next(), None, "{name} is set twice");
    value
}

/// The cookie of a login.
pub(crate) const LOGIN: &str = "__Host-rf";

/// A cookie of a browser that somebody signs in with.
async fn browser(app: &TestApp, email: &str, name: &str) -> String {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", PASSWORD)])
        .finish();
    let ask = app
        .nobody()
        .ask("POST", "/sign-in")
        .header("sec-fetch-site", "same-origin");
    let answer = ask.body("application/x-www-form-urlencoded", form).await;
    cookie(&answer, name).unwrap()
}

/// The secret in the letter to somebody who signed up.
async fn signed_up(app: &TestApp) -> String {
    let now = app.clock.now();
    let secret = InLink::SignUp.make(&mut app.app.random());
    let code = Some(secret::digest(&platform_invite(app).await.1));
    let sign_up = SignUp {
        email: format!("new{}@example.com", number()),
        name: "Fiona".to_owned(),
        aim: Aim::NewAccount {
            name: "Fresh".to_owned(),
            code,
        },
    };
    let proof = Proof {
        hash: secret::digest(&secret),
        expires_at: now + TimeDelta::days(1),
    };
    write(app, move |tx| {
        let sign_up = sign_up.clone();
        Box::pin(async move { sign_ups::keep(tx, &sign_up, &proof, now).await })
    })
    .await;
    secret
}

/// A secret of that kind that is good: for somebody of this address, who is a guest.
pub(crate) async fn secret_of(app: &TestApp, kind: Kind, guest: &Guest) -> String {
    let email = guest.email.as_str();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match kind {
        Kind::Access => text(&program(app, email).await["access_token"]),
        Kind::Refresh => text(&program(app, email).await["refresh_token"]),
        Kind::Personal => guest.token.clone(),
        Kind::Login => browser(app, email, LOGIN).await,
        Kind::Device => browser(app, email, &format!("{LOGIN}-device")).await,
        Kind::Link(InLink::PlatformInvite) => platform_invite(app).await.1,
        Kind::Link(InLink::CopiedInvite) => text(&invite(app, None).await["code"]),
        Kind::Link(InLink::MailedInvite) => {
            let id = InviteId::from_uuid(uuid(&invite(app, Some(email)).await["id"]));
            Codes::of(&app.app, id, 1).mailed
        }
        Kind::Link(InLink::SignUp) => signed_up(app).await,
        Kind::Link(kind @ InLink::Verify) => mailed(app, kind, Purpose::Verify, email).await,
        Kind::Link(kind @ InLink::Reset) => mailed(app, kind, Purpose::Reset, email).await,
    }
}

/// The random part of a secret: what stands behind `rf_` and the letters of its kind, or all of one that is in a cookie.
pub(crate) fn bits(secret: &str) -> &str {
    let kind = secret.strip_prefix("rf_").and_then(|rest| rest.split_once('_'));
    let bits = kind.map_or(secret, |(_, bits)| bits);
    assert_eq!(bits.len(), 43, "{secret}");
    bits
}
