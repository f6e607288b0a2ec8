//! No kind of secret passes for another: each, made for real, at each place that takes one.
//!
//! `pages/kinds.rs` shows it for the cookie of every page.

use resolutionflow::auth::secret::InLink;
use resolutionflow_core::access::Role;
use serde_json::json;

use crate::asking::Answer;
use crate::cast::{PASSWORD, TestApp, apps};
use crate::letting_in::{STRONG, form};
use crate::secrets::{Guest, Kind, LOGIN, bits, guest, number, secret_of};
use crate::tenancy::{OPEN_TO_ALL, Operation, things_of};

/// A place that takes secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `Authorization: Bearer` of the API.
    Bearer,
    /// The cookie of a login.
    Cookie,
    /// `/sign-up`.
    SignUp,
    /// `/invite`, where nobody is signed in.
    Invite,
    /// `/invites/accept` of the API.
    Accept,
    /// `/verify`.
    Verify,
    /// `/reset`.
    Reset,
    /// `/auth/refresh`.
    Refresh,
    /// `/auth/logout`.
    Logout,
}

impl Place {
    const ALL: [Self; 9] = [
        Self::Bearer,
        Self::Cookie,
        Self::SignUp,
        Self::Invite,
        Self::Accept,
        Self::Verify,
        Self::Reset,
        Self::Refresh,
        Self::Logout,
    ];

    /// Whether a secret of that kind is good here. A new kind of link says where it belongs.
    const fn takes(self, kind: Kind) -> bool {
        match kind {
            Kind::Access | Kind::Personal => matches!(self, Self::Bearer),
            Kind::Refresh => matches!(self, Self::Refresh | Self::Logout),
            Kind::Login => matches!(self, Self::Cookie),
            // It lets nobody in; `guessing.rs` shows what it is good for.
            Kind::Device => false,
            Kind::Link(InLink::PlatformInvite) => matches!(self, Self::SignUp),
            Kind::Link(InLink::CopiedInvite | InLink::MailedInvite) => {
                matches!(self, Self::Invite | Self::Accept)
            }
            Kind::Link(InLink::Verify | InLink::SignUp) => matches!(self, Self::Verify),
            Kind::Link(InLink::Reset) => matches!(self, Self::Reset),
        }
    }

    /// What the secrets begin with that are good here.
    const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Bearer => &["rf_at_", "rf_pat_"],
            Self::Cookie => &[""],
            Self::SignUp => &["rf_pi_"],
            Self::Invite | Self::Accept => &["rf_ic_", "rf_im_"],
            Self::Verify => &["rf_vf_", "rf_su_"],
            Self::Reset => &["rf_rs_"],
            Self::Refresh | Self::Logout => &["rf_rt_"],
        }
    }

    /// The status of a good secret, and of one that is not. Signing out says the same to both.
    const fn statuses(self) -> (u16, u16) {
        match self {
            Self::Bearer | Self::Cookie | Self::Refresh => (200, 401),
            Self::SignUp => (303, 422),
            Self::Invite => (303, 404),
            Self::Accept => (200, 404),
            Self::Verify | Self::Reset => (200, 410),
            Self::Logout => (204, 204),
        }
    }

    /// Shows a secret here, with everything else that is asked for.
    async fn is_shown(self, app: &TestApp, kind: Kind, secret: &str, guest: &Guest) -> Answer {
        let client = app.nobody();
        let newcomer = format!("new{}@example.com", number());
        let refresh = json!({ "refresh_token": secret });
        // Whoever is here has a password; whoever is new chooses one.
        let password = match kind {
            Kind::Link(InLink::MailedInvite) => PASSWORD,
            _ => STRONG,
        };
        match self {
            Self::Bearer => client.ask("GET", "/me").token(secret).await,
            Self::Cookie => {
                let cookie = format!("{LOGIN}={secret}");
                client.ask("GET", "/me").header("cookie", &cookie).await
            }
            Self::SignUp => {
                let lines = [
                    ("code", secret),
                    ("account", "Fresh"),
                    ("name", "Fiona"),
                    ("email", newcomer.as_str()),
                    ("password", STRONG),
                ];
                form(&client, "/sign-up", &lines).await
            }
            Self::Invite => {
                let lines = [
                    ("code", secret),
                    ("name", "Nora"),
                    ("email", newcomer.as_str()),
                    ("password", password),
                ];
                form(&client, "/invite", &lines).await
            }
            Self::Accept => {
                let ask = client.ask("POST", "/invites/accept").token(&guest.token);
                ask.json(&json!({ "code": secret })).await
            }
            Self::Verify => form(&client, "/verify", &[("token", secret), ("password", STRONG)]).await,
            Self::Reset => {
                let lines = [("token", secret), ("password", STRONG)];
                form(&client, "/reset", &lines).await
            }
            Self::Refresh => client.ask("POST", "/auth/refresh").json(&refresh).await,
            Self::Logout => client.ask("POST", "/auth/logout").json(&refresh).await,
        }
    }
}

/// A secret as it is, and its random part behind the beginning of each kind that is good at a place.
fn disguises(secret: &str, place: Place) -> Vec<String> {
    let behind = |prefix: &&str| format!("{prefix}{}", bits(secret));
    let mut all: Vec<_> = place.prefixes().iter().map(behind).collect();
    all.retain(|disguised| disguised != secret);
    all.push(secret.to_owned());
    all
}

#[tokio::test]
async fn each_kind_of_secret_is_good_where_it_belongs_and_nowhere_else() {
    for app in apps().await {
        for kind in Kind::all() {
            let homes = Place::ALL.into_iter().filter(|place| place.takes(kind));
            let homes: Vec<_> = homes.collect();
            // One that is good nowhere here is shown at all the places, too.
            for round in 0..homes.len().max(1) {
                let guest = guest(&app, "sid", Role::Engineer).await;
                let secret = secret_of(&app, kind, &guest).await;
                for place in Place::ALL {
                    for shown in disguises(&secret, place) {
                        if shown == secret && place.takes(kind) {
                            continue;
                        }
                        let answer = place.is_shown(&app, kind, &shown, &guest).await;
                        let expected = place.statuses().1;
                        assert_eq!(
                            answer.status,
                            expected,
                            "{kind:?} as {shown:.7} at {place:?}: {}",
                            answer.text()
                        );
                        assert!(
                            !answer.headers.contains_key("set-cookie"),
                            "{kind:?} at {place:?}"
                        );
                    }
                }
                // None of that burnt it or ended anything.
                let Some(home) = homes.get(round) else { continue };
                let answer = home.is_shown(&app, kind, &secret, &guest).await;
                assert_eq!(
                    answer.status,
                    home.statuses().0,
                    "{kind:?} at {home:?}: {}",
                    answer.text()
                );
                if *home == Place::Logout {
                    let answer = Place::Refresh.is_shown(&app, kind, &secret, &guest).await;
                    answer.problem("unauthorized");
                }
            }
        }
    }
}

#[tokio::test]
async fn one_kind_of_secret_never_passes_for_a_token() {
    for app in apps().await {
        // The last owner, who can neither leave nor be removed on the way.
        let things = things_of(&app, "olivia").await;
        let login = json!({ "email": "olivia@example.com", "password": PASSWORD });
        let login = app.nobody().ask("POST", "/auth/login").json(&login).await;
        let login = login.with(200);
        let access = login["access_token"].as_str().unwrap();
        let guest = guest(&app, "sid", Role::Owner).await;
        let mut wrong = Vec::new();
        for kind in Kind::all() {
            let secret = secret_of(&app, kind, &guest).await;
            wrong.extend(disguises(&secret, Place::Bearer));
            if Place::Bearer.takes(kind) {
                // The disguises come first.
                wrong.pop();
            }
        }
        for operation in Operation::all() {
            let id = operation.id.as_str();
            if OPEN_TO_ALL.contains(&id) {
                continue;
            }
            for token in &wrong {
                let ask = operation.request(&app.client, &things, None).token(token);
                assert_eq!(ask.await.status, 401, "{id} with {token:.7}");
            }
            let answer = operation.request(&app.client, &things, None).token(access).await;
            assert!(![401, 500].contains(&answer.status), "{id}: {}", answer.text());
            assert!(!answer.text().contains("scope-missing"), "{id}");
        }
    }
}
