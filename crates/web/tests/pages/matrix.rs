//! Who may use which page: a snapshot, so that a change of it is read by whoever reviews.

use std::fmt::Write;

use resolutionflow_store::Error;
use resolutionflow_store::platform::{self, Named};

use crate::cast::{TestApp, apps};
use crate::origins::routes;
use crate::visitor::{Page, Visitor};

/// What has no end, or is no page of anybody.
const LEFT_OUT: [&str; 2] = ["/live", "/assets/{version}/{*path}"];

/// Everybody who tries, and what they are called in the snapshot.
const CAST: [(&str, &str); 5] = [
    ("vera", "viewer"),
    ("lena", "engineer"),
    ("adam", "admin"),
    ("olivia", "owner"),
    ("sid", "stranger"),
];

/// What came of asking, as far as it depends on who asks.
fn outcome(page: &Page) -> &'static str {
    match page.status {
        403 => "refused",
        404 => "not there",
        401 => "sign in",
        303 if page.location.starts_with("/sign-in?next") => "sign in",
        _ => "lets",
    }
}

/// The path of a route, with a session that waits for anybody of the team, and a flow; other ids never were.
async fn filled(app: &TestApp, template: &str, flow: &serde_json::Value) -> String {
    let mut path = String::new();
    let mut parts = template.split('/').skip(1);
    let folder = parts.next().unwrap_or_default();
    for part in std::iter::once(folder).chain(parts) {
        path.push('/');
        match part {
            "{id}" if folder == "sessions" => {
                let session = app.member("olivia").prepares(flow).await;
                path.push_str(session["id"].as_str().unwrap());
            }
            "{id}" if folder == "flows" => path.push_str(flow["id"].as_str().unwrap()),
            "{step}" => path.push_str("look"),
            "{name}" => path.push_str("server_name"),
            part if part.starts_with('{') => path.push_str("01900000-0000-7000-8000-000000000000"),
            part => path.push_str(part),
        }
    }
    path
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

#[tokio::test]
async fn no_form_of_another_account_does_anything_in_this_one() {
    for app in apps().await {
        let flow = app.flow().await;
        let olivia = Visitor::signed_in(&app, "olivia").await;
        let other = app.member("sid").account.to_string();
        for (method, template) in routes() {
            let left_out =
                LEFT_OUT.contains(&template.as_str()) || OF_NO_ACCOUNT.contains(&template.as_str());
            if method == "GET" || left_out {
                continue;
            }
            let path = filled(&app, &template, &flow).await;
            let page = olivia.post(&path, &[("of-account", &other)]).await;
            // What is asked for by an id that is not there is not there in any account.
            assert!([409, 404].contains(&page.status), "{} {template}", page.status);
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
        let flow = app.flow().await;
        let olivia = Visitor::signed_in(&app, "olivia").await;
        let other = app.member("sid").account.to_string();
        let headers = [("accept", "text/html"), ("of-account", other.as_str())];
        for (method, template) in routes() {
            let left_out = [&LEFT_OUT[..], &TELL_NOTHING].concat();
            if method != "GET" || left_out.contains(&template.as_str()) {
                continue;
            }
            let path = filled(&app, &template, &flow).await;
            let page = olivia.send("GET", &path, &headers, None).await;
            // Some are only sent to.
            assert!([409, 405].contains(&page.status), "{template}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn who_may_use_which_page_is_what_was_reviewed() {
    let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/pages.txt");
    for app in apps().await {
        let flow = app.flow().await;
        let mut table = String::new();
        let mut visitors = vec![("nobody", Visitor::new(&app))];
        for (name, role) in CAST {
            visitors.push((role, Visitor::signed_in(&app, name).await));
        }
        let routes = routes();
        assert!(routes.len() > 80, "{routes:?}");
        for (method, template) in routes {
            if LEFT_OUT.contains(&template.as_str()) {
                continue;
            }
            writeln!(table, "{method} {template}").unwrap();
            for (role, visitor) in &visitors {
                let path = filled(&app, &template, &flow).await;
                let page = if method == "GET" {
                    visitor.get(&path).await
                } else {
                    visitor.post(&path, &[]).await
                };
                assert!(page.status < 500, "{role} {method} {path}: {}", page.text);
                writeln!(table, "  {role:<8} {}", outcome(&page)).unwrap();
            }
            if ["/sign-out", "/settings/logins/end-others", "/settings/password"].contains(&template.as_str())
            {
                visitors.truncate(1);
                for (name, role) in CAST {
                    visitors.push((role, Visitor::signed_in(&app, name).await));
                }
            }
        }
        let write = app.app.db.write::<_, Error, _>(|tx| {
            Box::pin(async move { platform::set_platform_admin(tx, "lena@example.com", true).await })
        });
        assert_eq!(write.await.unwrap(), Named::Done);
        let lena = &visitors.iter().find(|(role, _)| *role == "engineer").unwrap().1;
        let seen = lena.get("/platform").await;
        writeln!(table, "GET /platform\n  who runs the server {}", outcome(&seen)).unwrap();
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
