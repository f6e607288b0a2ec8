//! Who may use which page: a snapshot, so that a change of it is read by whoever reviews.

use std::fmt::Write;

use resolutionflow_core::access::Role;
use resolutionflow_store::Error;
use resolutionflow_store::platform::{self, Named};

use crate::cast::{TestApp, apps};
use crate::origins::routes;
use crate::secrets::{Guest, guest};
use crate::things::Things;
use crate::visitor::{Page, Visitor};

/// What is no page of anybody.
const LEFT_OUT: &str = "/assets/{version}/{*path}";

/// Those of the cast who try, and what they are called in the snapshot. A stranger owns another account.
const CAST: [(&str, &str); 5] = [
    ("viewer", "vera"),
    ("engineer", "lena"),
    ("admin", "adam"),
    ("owner", "olivia"),
    ("stranger", "sid"),
];

/// Forms after which whoever sent them has another login, or none.
const ENDS_LOGINS: [&str; 4] = ["/sign-in", "/sign-out", "/sign-up", "/switch"];

/// The form that ends the tokens by which the things of the rows are made.
const ENDS_TOKENS: &str = "/settings/logins/end-others";

/// What came of a complete request: it was done, or why not. "sign in" is where whoever asked was led.
fn outcome(page: &Page) -> &'static str {
    let leaves = page.header("set-cookie").contains("Max-Age=0");
    match page.status {
        // Whoever signs out is led there, too.
        303 if page.location.starts_with("/sign-in") && !leaves => "sign in",
        200..=399 => "done",
        401 => "sign in",
        403 => "refused",
        404 => "not there",
        405 => "no such method",
        400 | 406 | 409 | 410 | 412 | 413 | 415 | 422 => "invalid",
        other => panic!("{other}: {}", page.text),
    }
}

/// Everybody who tries.
struct Everybody {
    /// A member until a moment ago, whose browser still shows its cookie.
    removed: Visitor,
    /// A viewer who runs the server.
    runs: Guest,
    /// With those who are signed in, in the order of the snapshot.
    all: Vec<(&'static str, Visitor)>,
}

impl Everybody {
    async fn of(app: &TestApp) -> Self {
        let removed = guest(app, "olivia", Role::Admin).await;
        let visitor = Visitor::signed_in(app, &removed.name).await;
        visitor.get("/people").await.ok();
        let path = format!("/members/{}", removed.user_id);
        app.member("olivia").delete(path).await.with(204);
        let runs = guest(app, "olivia", Role::Viewer).await;
        let email = runs.email.clone();
        let write = app.app.db.write::<_, Error, _>(move |tx| {
            let email = email.clone();
            Box::pin(async move { platform::set_platform_admin(tx, &email, true).await })
        });
        assert!(matches!(write.await.unwrap(), Named::Done(_)));
        let mut everybody = Self {
            removed: visitor,
            runs,
            all: Vec::new(),
        };
        everybody.sign_in(app).await;
        everybody
    }

    /// Signs everybody in who can.
    async fn sign_in(&mut self, app: &TestApp) {
        self.all = vec![("nobody", Visitor::new(app)), ("removed", self.removed.clone())];
        for (role, name) in CAST {
            self.all.push((role, Visitor::signed_in(app, name).await));
        }
        let runs = Visitor::signed_in(app, &self.runs.name).await;
        self.all.push(("runs the server", runs));
    }
}

/// What is sent by somebody who is not signed in or is to be no longer, or about one session by its id; and the form with a
/// file, which has a test of its own.
const OF_NO_ACCOUNT: [&str; 12] = [
    "/flows/import",
    "/forgot",
    "/reset",
    "/sessions/{id}/presence",
    "/sessions/{id}/read",
    "/settings/logins/end-others",
    "/setup",
    "/sign-in",
    "/sign-out",
    "/sign-up",
    "/switch",
    "/verify",
];

/// What is asked for by an id alone that no other account has: sent from a page of another account, it is not there.
const BY_ID_ALONE: [&str; 5] = [
    "/people/invites/{id}/revoke",
    "/platform/invites/{id}/revoke",
    "/settings/logins/{id}/end",
    "/settings/programs/{id}/end",
    "/settings/tokens/{id}/revoke",
];

#[tokio::test]
async fn no_form_of_another_account_does_anything_in_this_one() {
    for app in apps().await {
        let things = Things::of(&app).await;
        let everybody = Everybody::of(&app).await;
        let other = app.member("sid").account.to_string();
        let visitor = |role| {
            let found = everybody.all.iter().find(|(name, _)| *name == role);
            &found.unwrap().1
        };
        for (method, template) in routes() {
            let template = template.as_str();
            if method == "GET" || OF_NO_ACCOUNT.contains(&template) {
                continue;
            }
            let sender = if template.starts_with("/platform/") {
                visitor("runs the server")
            } else {
                visitor("owner")
            };
            let (path, expected) = if BY_ID_ALONE.contains(&template) {
                let never = "01900000-0000-7000-8000-000000000000";
                (template.replace("{id}", never), 404)
            } else {
                (things.fill(method, template).await.path, 409)
            };
            let page = sender.post(&path, &[("of-account", &other)]).await;
            assert_eq!(page.status, expected, "{template}: {}", page.text);
        }
    }
}

/// Pages for who is not signed in, and one that leads to another, which tell nothing of an account.
const TELL_NOTHING: [&str; 7] = [
    "/forgot",
    "/people/invites",
    "/reset",
    "/setup",
    "/sign-in",
    "/sign-up",
    "/verify",
];

#[tokio::test]
async fn no_page_of_another_account_reads_anything_of_this_one() {
    for app in apps().await {
        let things = Things::of(&app).await;
        let olivia = Visitor::signed_in(&app, "olivia").await;
        let other = app.member("sid").account.to_string();
        let headers = [("accept", "text/html"), ("of-account", other.as_str())];
        for (method, template) in routes() {
            let template = template.as_str();
            if method != "GET" || template == LEFT_OUT || TELL_NOTHING.contains(&template) {
                continue;
            }
            let path = things.fill(method, template).await.path;
            let page = olivia.send("GET", &path, &headers, None).await;
            assert_eq!(page.status, 409, "{template}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn who_may_use_which_page_is_what_was_reviewed() {
    let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/pages.txt");
    for app in apps().await {
        let mut everybody = Everybody::of(&app).await;
        let things = Things::of(&app).await;
        let mut table = String::new();
        let mut routes = routes();
        assert!(routes.len() > 80, "{routes:?}");
        routes.retain(|(_, template)| template != LEFT_OUT);
        routes.sort_by_key(|(_, template)| template == ENDS_TOKENS);
        for (method, template) in routes {
            writeln!(table, "{method} {template}").unwrap();
            for (role, visitor) in &everybody.all {
                // Things of its own for each, since some are done for good.
                let filled = things.fill(method, &template).await;
                let page = if method == "GET" {
                    visitor.get(&filled.path).await
                } else {
                    visitor.send_body(&filled.path, filled.kind, filled.body).await
                };
                writeln!(table, "  {role:<15} {}", outcome(&page)).unwrap();
            }
            if method == "POST" && template == "/people/{id}/owner" {
                things.give_back().await;
            }
            if method == "POST" && ENDS_LOGINS.contains(&template.as_str()) {
                everybody.sign_in(&app).await;
            }
        }
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(snapshot, &table).unwrap();
        }
        let reviewed = std::fs::read_to_string(snapshot).unwrap_or_default();
        assert!(
            table == reviewed,
            "who may use which page changed; review it and run with UPDATE_SNAPSHOTS=1:\n{table}"
        );
    }
}
