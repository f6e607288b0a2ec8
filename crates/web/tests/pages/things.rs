//! Real things of Contoso for each route of the pages, and the form that its page would send: what comes of a request
//! depends on who asks, and on nothing else.

use std::collections::BTreeSet;

use resolutionflow::auth::secret::InLink;
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{Id, PlanId};
use resolutionflow_core::plan::Plan;
use resolutionflow_store::{Error, limits};
use serde_json::{Value, json};

use crate::cast::{PASSWORD, TestApp};
use crate::secrets::{Kind, guest, invite, number, platform_invite, secret_of};
use crate::visitor::Visitor;

/// What a form is sent as.
const FORM: &str = "application/x-www-form-urlencoded";

/// A strong password that nobody has.
const STRONG: &str = "quiet harbour lantern 7 orbit";

/// A request that is complete but for who sends it.
pub(crate) struct Filled {
    pub(crate) path: String,
    /// The content type of the body.
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
}

/// What the things of one server are made of.
pub(crate) struct Things<'a> {
    app: &'a TestApp,
    flow: Value,
    /// Another browser of the engineer's, who has logins, programs and tokens.
    lena: Visitor,
    unlimited: Plan,
}

impl<'a> Things<'a> {
    pub(crate) async fn of(app: &'a TestApp) -> Self {
        let read = app
            .app
            .db
            .read::<_, Error, _>(|tx| Box::pin(async move { limits::plans(tx, "", 1).await }));
        Self {
            app,
            flow: app.flow().await,
            lena: Visitor::signed_in(app, "lena").await,
            unlimited: read.await.unwrap().remove(0),
        }
    }

    /// A request for a route, with things that are new.
    pub(crate) async fn fill(&self, method: &str, template: &str) -> Filled {
        let mut path = template.replace("{step}", "look").replace("{kind}", "taken");
        if path.contains("{id}") {
            path = path.replace("{id}", &self.id(template).await);
        }
        assert!(!path.contains('{'), "say in things.rs what goes in {template}");
        let (mut kind, mut body) = (FORM, Vec::new());
        match (method, template) {
            ("GET", _) => path.push_str(&self.query(template).await),
            (_, "/flows/import") => {
                kind = "multipart/form-data; boundary=x";
                body = b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n\
                         # Restart\n\n1. Restart it.\n\r\n--x--\r\n"
                    .to_vec();
            }
            (_, "/sessions/{id}/presence") => {
                kind = "application/json";
                body = json!({ "step": "look" }).to_string().into();
            }
            _ => {
                let form = self.form(template).await;
                let form = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(form)
                    .finish();
                body = form.into();
            }
        }
        Filled { path, kind, body }
    }

    /// What stands for `{id}`.
    async fn id(&self, template: &str) -> String {
        let app = self.app;
        let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let mut parts = template.split('/').skip(1);
        let last = template.rsplit('/').next().unwrap();
        match (parts.next().unwrap(), parts.next().unwrap()) {
            ("flows", _) => text(&self.flow),
            ("sessions", _) => text(&self.session(last).await),
            ("people", "invites") => text(&invite(app, Some(&fresh_address())).await),
            // Whoever is made the owner gives the account back.
            ("people", _) if last == "owner" => app.member("morgan").user_id.to_string(),
            ("people", _) => guest(app, "olivia", Role::Engineer).await.user_id.to_string(),
            ("teams", _) => {
                let body = json!({ "name": fresh("Team") });
                text(&app.member("olivia").post("/teams").json(&body).await.with(201))
            }
            ("platform", "accounts") => app.member("olivia").account.to_string(),
            ("platform", "plans") => self.plan().await.to_string(),
            ("platform", "invites") => platform_invite(app).await.0.to_string(),
            ("settings", "logins") => {
                let make = Visitor::signed_in(app, "lena");
                self.new_on_the_page("/settings/logins/", make).await
            }
            ("settings", "programs") => {
                let body = json!({ "email": "lena@example.com", "password": PASSWORD });
                let make = app.nobody().ask("POST", "/auth/login").json(&body);
                self.new_on_the_page("/settings/programs/", make).await
            }
            ("settings", "tokens") => {
                let body = json!({ "name": "test" });
                text(&app.member("lena").post("/tokens").json(&body).await.with(201))
            }
            _ => panic!("say in things.rs what {template} is about"),
        }
    }

    /// A session in which the last part of the path may be done: the engineer's own, or one that waits for anybody of the
    /// team and was prepared by nobody of those who ask.
    async fn session(&self, last: &str) -> Value {
        let lena = self.app.member("lena");
        match last {
            "complete" | "finish" | "notes" | "variables" | "{step}" => lena.starts(&self.flow).await,
            "reopen" => {
                let session = lena.prepares(&self.flow).await;
                lena.does("discard", &session).await.with(200);
                session
            }
            _ => self.app.member("morgan").prepares(&self.flow).await,
        }
    }

    /// A plan that nobody has.
    async fn plan(&self) -> PlanId {
        let now = self.app.clock.now();
        let plan = Plan {
            id: Id::new(now, &mut self.app.app.random()),
            name: fresh("Plan"),
            ..self.unlimited.clone()
        };
        let id = plan.id;
        let write = self.app.app.db.write::<_, Error, _>(move |tx| {
            let plan = plan.clone();
            Box::pin(async move { limits::create_plan(tx, &plan, now).await })
        });
        assert!(write.await.unwrap());
        id
    }

    /// Makes something that the engineer's settings list then, and answers its id.
    async fn new_on_the_page(&self, prefix: &str, make: impl IntoFuture) -> String {
        let listed = async || {
            let page = self.lena.get("/settings").await.ok();
            page.forms_to(prefix).into_iter().collect::<BTreeSet<_>>()
        };
        let before = listed().await;
        make.await;
        let after = listed().await;
        let mut new = after.difference(&before);
        let to = new.next().unwrap().trim_start_matches(prefix);
        assert_eq!(new.next(), None);
        to.trim_end_matches("/end").to_owned()
    }

    /// What a link to a page has behind its path.
    async fn query(&self, template: &str) -> String {
        match template {
            "/invite" | "/sign-up" => format!("?code={}", self.secret(template).await),
            "/verify" | "/reset" => format!("?token={}", self.secret(template).await),
            _ => String::new(),
        }
    }

    /// A secret that is good at this page.
    async fn secret(&self, template: &str) -> String {
        let kind = match template {
            "/invite" => {
                let invite = invite(self.app, Some(&fresh_address())).await;
                return invite["code"].as_str().unwrap().to_owned();
            }
            "/sign-up" => InLink::PlatformInvite,
            "/verify" => InLink::Verify,
            _ => InLink::Reset,
        };
        let guest = guest(self.app, "olivia", Role::Viewer).await;
        secret_of(self.app, Kind::Link(kind), &guest).await
    }

    /// What a form of the page holds.
    async fn form(&self, template: &str) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        match template {
            "/forgot" => vec![("email", text("lena@example.com"))],
            "/invite" => vec![
                ("code", self.secret(template).await),
                ("name", text("Nora")),
                ("password", text(STRONG)),
            ],
            "/people/invites" => vec![("role", text("viewer")), ("uses", text("1"))],
            "/people/{id}/change" => vec![("role", text("viewer"))],
            "/platform/accounts/{id}/plan" => vec![("plan", self.unlimited.id.to_string())],
            "/platform/invites" => vec![("uses", text("1")), ("days", text("7"))],
            "/platform/plans" | "/platform/plans/{id}" => vec![("name", fresh("Plan"))],
            "/reset" => vec![("token", self.secret(template).await), ("password", text(STRONG))],
            "/sessions/{id}/assign" => {
                let morgan = self.app.member("morgan").user_id.to_string();
                vec![("seen", text("1")), ("to", morgan)]
            }
            "/sessions/{id}/complete" => vec![("do", text("anyway")), ("outcome", text("resolved"))],
            "/sessions/{id}/notes" => vec![("text", text("A note."))],
            "/sessions/{id}/steps/{step}" => vec![("state", text("done"))],
            "/sessions/{id}/variables" => vec![("fill:server_name", text("srv-1"))],
            "/settings/account" => vec![("stale_days", text("7"))],
            "/settings/profile" => vec![("name", text("Somebody"))],
            "/settings/theme" => vec![("theme", text("dark"))],
            "/settings/tokens" => vec![("name", text("test")), ("days", text("1")), ("read", text("on"))],
            "/sign-in" => vec![
                ("email", text("morgan@example.com")),
                ("password", text(PASSWORD)),
            ],
            "/sign-up" => vec![
                ("code", self.secret(template).await),
                ("account", text("Fresh")),
                ("name", text("Fiona")),
                ("email", fresh_address()),
                ("password", text(STRONG)),
            ],
            "/switch" => vec![("to", self.app.member("olivia").account.to_string())],
            "/teams" | "/teams/{id}" => vec![("name", fresh("Team"))],
            "/verify" => vec![("token", self.secret(template).await)],
            _ => Vec::new(),
        }
    }

    /// Gives the account back to Olivia, who made Morgan its owner.
    pub(crate) async fn give_back(&self) {
        let to = json!({ "to": self.app.member("olivia").user_id });
        let morgan = self.app.member("morgan");
        morgan.post("/account/transfer").json(&to).await.with(200);
    }
}

/// A name that nothing else has.
fn fresh(what: &str) -> String {
    format!("{what} {}", number())
}

/// An address that nobody has.
fn fresh_address() -> String {
    format!("new{}@example.com", number())
}
