//! Forms that are refused come back as they were typed, with the reason and its status, and nothing is done.

use resolutionflow::auth::password::Place;
use resolutionflow::config::Throttle;
use resolutionflow_store::testing::{TestDb, databases, full_disk, postgres, sqlite};
use serde_json::json;

use crate::cast::{PASSWORD, TestApp, apps, path};
use crate::platform::runner;
use crate::visitor::Visitor;

const NEW: &str = "seven purple tractors at dawn";

/// Where nothing can be written: what forms with a key write first, and plans.
const FULL: [&str; 2] = ["idempotency_keys", "plans"];

/// A database whose disk has no room for more rows in these tables, for as much as one comes in.
async fn full_sqlite() -> TestDb {
    let test = sqlite(|config| full_disk(config, 1_000)).await;
    test.as_owner("CREATE TABLE filler (bytes BLOB)").await.unwrap();
    for table in FULL {
        let sql = format!(
            "CREATE TRIGGER full_{table} BEFORE INSERT ON {table} \
             BEGIN INSERT INTO filler VALUES (zeroblob(100000000)); END"
        );
        test.as_owner(&sql).await.unwrap();
    }
    test
}

async fn full_postgres() -> Option<TestDb> {
    let test = postgres(|_| {}).await?;
    let function = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$";
    test.as_owner(function).await.unwrap();
    for table in FULL {
        let sql = format!(
            "CREATE TRIGGER full_{table} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"
        );
        test.as_owner(&sql).await.unwrap();
    }
    Some(test)
}

async fn full() -> Vec<TestApp> {
    let mut apps = vec![TestApp::on(full_sqlite().await, |_| {}).await];
    if let Some(test) = full_postgres().await {
        apps.push(TestApp::on(test, |_| {}).await);
    }
    apps
}

/// Sends a form to a server whose disk is full, and asserts that it comes back with all of this.
async fn comes_back(visitor: &Visitor, to: &str, typed: &[(&str, &str)], with: &[&str]) {
    let mut form = vec![("key", "k")];
    form.extend(typed);
    let refused = visitor.post(to, &form).await;
    let (status, again) = (refused.status, refused.header("retry-after").to_owned());
    assert_eq!((status, &*again), (503, "5"), "{to}: {}", refused.text);
    refused
        .has(&[
            "The disk of the database is full. Nothing was changed.",
            "role=\"alert\"",
        ])
        .has(with);
}

#[tokio::test]
async fn what_cannot_be_kept_of_an_account_stays_in_its_form() {
    for app in full().await {
        let (lena, adam) = (
            Visitor::signed_in(&app, "lena").await,
            Visitor::signed_in(&app, "adam").await,
        );
        let olivia = runner(&app).await;
        let team = [("name", "Network <b>")];
        comes_back(&adam, "/teams", &team, &["value=\"Network &lt;b&gt;\""]).await;
        let invite = [("emails", "ravi@example.com"), ("role", "viewer"), ("uses", "1")];
        let there = ["ravi@example.com</textarea>", "value=\"viewer\" selected"];
        comes_back(&adam, "/people/invites", &invite, &there).await;
        let token = [("name", "nightly"), ("days", "30"), ("run", "on")];
        let there = [
            "value=\"nightly\"",
            "value=\"30\" selected",
            "name=\"run\" value=\"on\" checked",
        ];
        comes_back(&lena, "/settings/tokens", &token, &there).await;
        let code = [("uses", "3"), ("days", "14"), ("note", "the pilot")];
        let there = ["value=\"3\"", "value=\"14\"", "value=\"the pilot\""];
        comes_back(&olivia, "/platform/invites", &code, &there).await;
        let plan = [("name", "Small"), ("flows", "7")];
        let there = ["value=\"Small\"", "value=\"7\""];
        comes_back(&olivia, "/platform/plans", &plan, &there).await;

        let people = adam.get("/people").await.ok();
        people.lacks(&["Network", "ravi@example.com"]);
        lena.get("/settings").await.ok().lacks(&["nightly"]);
        let codes = olivia.get("/platform/invites").await.ok();
        codes.has(&["Nobody is invited"]);
        olivia.get("/platform/plans").await.ok().lacks(&["Small"]);
    }
}

#[tokio::test]
async fn what_cannot_be_kept_of_a_session_stays_in_its_form() {
    for app in full().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let flow = app.flow().await;
        let session = path(&app.member("lena").starts(&flow).await);
        let prepared = app.member("lena").prepares(&flow).await;
        let flow = format!("/flows/{}", flow["id"].as_str().unwrap());
        let at = |rest: &str| format!("{session}/{rest}");

        let written = [
            ("flow_version", "1"),
            ("title", "Saturday"),
            ("note", "Mind the gap"),
            ("panel:server_name", "srv-01"),
        ];
        let there = [
            "value=\"Saturday\"",
            "Mind the gap</textarea>",
            "value=\"srv-01\"",
        ];
        comes_back(&lena, &format!("{flow}/prepare"), &written, &there).await;
        let values = [("panel:server_name", "srv-01")];
        let there = ["This was not started", "value=\"srv-01\""];
        comes_back(&lena, &format!("{flow}/start"), &values, &there).await;
        let note = [("text", "All of it")];
        comes_back(&lena, &at("notes"), &note, &["All of it</textarea>"]).await;
        let value = [("step", "restart"), ("fill:server_name", "srv-02")];
        comes_back(&lena, &at("variables"), &value, &["value=\"srv-02\""]).await;
        let step = [("state", "skipped"), ("reason", "not here"), ("note", "mine")];
        let there = ["value=\"not here\"", "mine</textarea>"];
        comes_back(&lena, &at("steps/look"), &step, &there).await;
        let (to, seen) = (
            app.member("morgan").user_id.to_string(),
            prepared["version"].to_string(),
        );
        let assign = [("seen", &*seen), ("to", &*to), ("note", "Over to you")];
        let there = ["Over to you</textarea>", ">morgan</option>"];
        comes_back(&lena, &format!("{}/assign", path(&prepared)), &assign, &there).await;
        let end = [("do", "anyway"), ("outcome_note", "It works")];
        comes_back(&lena, &at("complete"), &end, &["It works"]).await;
        lena.get(&session)
            .await
            .ok()
            .lacks(&["srv-02", "All of it", "mine</textarea>"]);

        // Where nothing was typed there is no form to come back to.
        let error = lena.post(&format!("{flow}/start"), &[("key", "k")]).await;
        assert_eq!(error.status, 503);
        error.has(&[
            "The disk of the database is full. Nothing was changed.",
            "Reload this page to send it once more, as you typed it.",
        ]);
        lena.get("/nothing-here").await.lacks(&["Reload this page"]);
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_invite_stands_at_its_line() {
    for app in apps().await {
        let adam = Visitor::signed_in(&app, "adam").await;
        for uses in ["many", "", "0", "1.5", "1001", "99999999999999999999"] {
            let form = [("role", "viewer"), ("uses", uses)];
            let refused = adam.post("/people/invites", &form).await;
            assert_eq!(refused.status, 422, "{uses}");
            refused.has(&[
                "<p>Uses must be a number from 1 to 1000.</p>",
                "id=\"invite-uses-error\"",
                &format!("value=\"{uses}\" autocomplete"),
                "value=\"viewer\" selected",
            ]);
        }
        let both = [("emails", "x@"), ("role", "viewer"), ("uses", "many")];
        let refused = adam.post("/people/invites", &both).await;
        assert_eq!(refused.status, 422);
        refused.has(&["<p>x@ is not", "<p>Uses must be", "x@</textarea>"]);
        // What is typed twice moves nothing.
        let typed = "ok@example.com OK@example.com lena@example.com";
        let refused = adam
            .post("/people/invites", &[("emails", typed), ("role", "viewer")])
            .await;
        assert_eq!(refused.status, 422);
        refused
            .has(&["<p>lena@example.com is a member already"])
            .lacks(&["OK@example.com: "]);
        let same = json!({ "emails": typed.split(' ').collect::<Vec<_>>(), "role": "viewer" });
        let refused = app.member("adam").post("/invites").json(&same).await.with(422);
        assert_eq!(refused["errors"][0]["pointer"], "/emails/2");
        for team in ["00000000-0000-0000-0000-000000000000", "everyone"] {
            let form = [("emails", "ravi@example.com"), ("role", "viewer"), ("team", team)];
            let refused = adam.post("/people/invites", &form).await;
            assert_eq!(refused.status, 404, "{team}");
            refused.has(&[
                "That team is not there any more.",
                "role=\"alert\"",
                "ravi@example.com</textarea>",
                "value=\"viewer\" selected",
            ]);
        }
        let form = [("emails", "ravi@example.com"), ("role", "owner")];
        let refused = adam.post("/people/invites", &form).await;
        assert_eq!(refused.status, 403);
        refused.has(&[
            "You can invite up to your own role.",
            "ravi@example.com</textarea>",
        ]);
        adam.get("/people")
            .await
            .ok()
            .has(&["Nobody is invited at the moment"]);
    }
}

#[tokio::test]
async fn a_token_is_good_for_as_long_as_was_chosen_or_not_made() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        for days in ["soon", "", "0", "367"] {
            let form = [("name", "fortnight"), ("days", days), ("run", "on")];
            let refused = lena.post("/settings/tokens", &form).await;
            assert_eq!(refused.status, 422, "{days}");
            refused
                .has(&[
                    "Choose one of these.",
                    "value=\"fortnight\"",
                    "name=\"run\" value=\"on\" checked",
                ])
                .lacks(&["rf_pat_", "1 to 200 characters"]);
        }
        lena.get("/settings").await.ok().lacks(&["fortnight"]);
    }
}

#[tokio::test]
async fn where_too_many_sign_in_a_new_password_is_asked_for_again() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let places: Vec<Place> = std::iter::from_fn(|| app.app.passwords.queue().ok()).collect();
        let form = [("current", PASSWORD), ("new-password", NEW)];
        let refused = lena.post("/settings/password", &form).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "2"));
        refused
            .has(&[
                "Too many people are signing in at this moment.",
                "role=\"alert\"",
                "action=\"/settings/password#password\"",
            ])
            .lacks(&[PASSWORD, NEW]);
        let form = [("email", "lena@example.com"), ("password", PASSWORD)];
        let refused = Visitor::new(&app).post("/sign-in", &form).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "2"));
        refused
            .has(&[
                "Too many people are signing in at this moment.",
                "value=\"lena@example.com\"",
            ])
            .lacks(&[PASSWORD]);
        drop(places);
        lena.get("/settings").await.ok();
        Visitor::signed_in(&app, "lena").await;
    }
}

#[tokio::test]
async fn who_tries_too_many_current_passwords_stays_in_the_settings() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| settings.throttle = Throttle::default()).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let form = |current: &'static str| [("current", current), ("new-password", NEW)];
        for _ in 0..2 {
            let wrong = lena.post("/settings/password", &form("wrong")).await;
            assert_eq!(wrong.status, 422);
        }
        for current in ["wrong", PASSWORD] {
            let refused = lena.post("/settings/password", &form(current)).await;
            assert_eq!((refused.status, refused.header("retry-after")), (429, "20"));
            refused
                .has(&[
                    "Too many attempts to sign in. Try again in 20 seconds.",
                    "role=\"alert\"",
                    "action=\"/settings/password#password\"",
                ])
                .lacks(&[PASSWORD, NEW]);
        }
        lena.get("/settings").await.ok();
    }
}

#[tokio::test]
async fn what_a_plan_has_no_room_for_stays_in_its_form() {
    for app in apps().await {
        let olivia = runner(&app).await;
        let plan = [("name", "None"), ("sessions", "0")];
        olivia.post("/platform/plans", &plan).await.goes_to();
        let page = olivia.get("/platform/plans").await.ok();
        let (before, _) = page.text.split_once(">None</a>").unwrap();
        let id = before.trim_end_matches('"').rsplit('/').next().unwrap();
        let account = format!("/platform/accounts/{}/plan", app.member("lena").account);
        olivia.post(&account, &[("plan", id)]).await.goes_to();

        let (flow, lena) = (app.flow().await, Visitor::signed_in(&app, "lena").await);
        let start = format!("/flows/{}/start", flow["id"].as_str().unwrap());
        let refused = lena.post(&start, &[("panel:server_name", "srv-01")]).await;
        assert_eq!(refused.status, 403);
        refused.has(&["Your plan allows 0 started sessions a month.", "value=\"srv-01\""]);
        let prepared = app.member("lena").prepares(&flow).for_("lena").await;
        let step = format!("{}/steps/look", path(&prepared));
        let form = [("state", "done"), ("note", "mine"), ("output", "what it said")];
        let refused = lena.post(&step, &form).await;
        assert_eq!(refused.status, 403);
        refused.has(&[
            "Your plan allows 0 started sessions a month.",
            "mine</textarea>",
            "what it said</textarea>",
        ]);
        assert_eq!(app.member("lena").sees(&prepared).await["status"], "prepared");
    }
}

#[tokio::test]
async fn what_was_typed_for_a_session_that_ended_meanwhile_can_be_copied() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app.member("lena").starts(&flow).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let assign = format!("{}/assign", path(&session));
        let seen = lena.get(&assign).await.ok().hidden("seen");
        let nobody = [("seen", &*seen), ("to", "nobody"), ("note", "Over to you")];
        let refused = lena.post(&assign, &nobody).await;
        assert_eq!(refused.status, 422);
        refused.has(&["choose one of the people", "Over to you</textarea>"]);

        let complete = format!("{}/complete", path(&session));
        let form = [
            ("do", "fill"),
            ("fill:server_name", "srv-02"),
            ("outcome_note", "It works"),
        ];
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let refused = morgan.post(&complete, &form).await;
        assert_eq!(refused.status, 403);
        refused.has(&[
            "What you typed was not kept.",
            "srv-02</textarea>",
            "It works</textarea>",
        ]);
        app.member("lena").does("complete", &session).await.with(200);
        let refused = lena.post(&complete, &form).await;
        assert_eq!(refused.status, 409);
        refused.has(&["Somebody was faster", "srv-02</textarea>", "It works</textarea>"]);
        let nothing = lena.post(&complete, &[("outcome_note", " ")]).await;
        assert_eq!(nothing.goes_to(), format!("{}/report", path(&session)));
        let step = format!("{}/steps/look", path(&session));
        let refused = lena.post(&step, &[("note", "mine <b>")]).await;
        assert_eq!(refused.status, 409);
        refused.has(&[
            "This page has no place for what you typed any more.",
            ">mine &lt;b&gt;</pre>",
        ]);
        let fill = format!("{}/variables", path(&session));
        let refused = lena.post(&fill, &[("fill:server_name", "srv-02")]).await;
        assert_eq!(refused.status, 409);
        refused.has(&[">srv-02</pre>"]);
        let to = app.member("morgan").user_id.to_string();
        let late = [("seen", &*seen), ("to", &*to), ("note", "Over to you")];
        let refused = lena.post(&assign, &late).await;
        assert_eq!(refused.status, 409);
        refused.has(&["Over to you</textarea>"]);
    }
}

#[tokio::test]
async fn a_reason_for_a_step_that_somebody_finished_meanwhile_is_shown() {
    for app in apps().await {
        let session = app.member("lena").starts(&app.flow().await).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let step = format!("{}/steps/look", path(&session));
        lena.post(&step, &[("state", "done"), ("step_version", "0")])
            .await
            .goes_to();
        let skip = [
            ("state", "skipped"),
            ("reason", "not here"),
            ("note", "mine"),
            ("step_version", "0"),
        ];
        let refused = lena.post(&step, &skip).await;
        assert_eq!(refused.status, 409);
        refused.has(&[
            "This page has no place for what you typed any more.",
            ">not here</pre>",
            ">\nmine</textarea>",
        ]);
    }
}
