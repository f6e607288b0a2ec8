//! What a visitor is told whose account has all that its plan allows: what is used up, what can be done and by whom. Nothing
//! is made, and nothing that was given is used.

use resolutionflow_core::id::PlanId;
use resolutionflow_core::plan::{Limits, Plan};
use resolutionflow_store::{Error, limits};
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};
use crate::import::{Part, upload};
use crate::visitor::{Page, Visitor};

const SMALL: PlanId = PlanId::from_uuid(uuid::Uuid::from_u128(70));

/// What the tests' account has once it has a flow and has started a session.
const FULL: Limits = Limits {
    flows: Some(1),
    sessions: Some(1),
    members: Some(5),
};

/// Gives Contoso a plan with these limits.
async fn give(app: &TestApp, limits: Limits) {
    let (account, now) = (app.member("lena").account, app.clock.now());
    let plan = Plan::check(SMALL, "Small", limits).unwrap();
    let write = app.app.db.write::<_, Error, _>(move |tx| {
        let plan = plan.clone();
        Box::pin(async move {
            if !limits::create_plan(tx, &plan, now).await? {
                limits::change_plan(tx, &plan).await?;
            }
            limits::set_plan(tx, account, SMALL).await
        })
    });
    assert!(write.await.unwrap().is_some());
}

/// What the account has, as it counts it and as its lists have it.
async fn has(app: &TestApp) -> Value {
    let olivia = app.member("olivia");
    let count = async |of: &str| {
        let list = olivia.get(of).await.with(200);
        list["items"].as_array().unwrap().len()
    };
    let usage = olivia.get("/account").await.with(200)["usage"].clone();
    json!([
        usage,
        count("/flows").await,
        count("/sessions").await,
        count("/members").await
    ])
}

/// The page of a refusal by a plan: what is used up, and the way on.
fn refused(page: Page, what: &[&str]) {
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.header("content-type").starts_with("text/html"));
    let whom = "Whoever runs this server can give the account another plan.";
    page.has(&[whom]).has(what);
}

const NO_MORE_SESSIONS: [&str; 2] = [
    "Your plan allows 1 started session a month.",
    "Sessions can still be prepared, and those that run go on; the next month begins at nothing.",
];

#[tokio::test]
async fn a_flow_is_not_started_past_the_plan() {
    for app in apps().await {
        let flow = app.flow().await;
        app.member("lena").starts(&flow).await;
        give(&app, FULL).await;
        let (before, lena) = (has(&app).await, Visitor::signed_in(&app, "lena").await);
        let to = format!("/flows/{}", flow["id"].as_str().unwrap());
        let key = lena.get(&to).await.ok().hidden("key");
        let form = [("key", key.as_str())];
        let start = format!("{to}/start");
        refused(lena.post(&start, &form).await, &NO_MORE_SESSIONS);
        assert_eq!(has(&app).await, before);
        // The same form starts it where there is room.
        give(&app, Limits::default()).await;
        let session = lena.post(&start, &form).await.goes_to();
        lena.get(&session).await.ok();
        assert_eq!(has(&app).await[0]["sessions"], 2);
    }
}

#[tokio::test]
async fn a_prepared_session_waits_where_the_plan_is_used_up() {
    for app in apps().await {
        let (member, flow) = (app.member("lena"), app.flow().await);
        let prepared = member.prepares(&flow).with("reason", "a fault").await;
        member.starts(&flow).await;
        give(&app, FULL).await;
        let (before, lena) = (has(&app).await, Visitor::signed_in(&app, "lena").await);
        let waiting = member.sees(&prepared).await;
        let start = format!("{}/start", path(&prepared));
        for form in [&[][..], &[("from", "list")]] {
            refused(lena.post(&start, form).await, &NO_MORE_SESSIONS);
        }
        assert_eq!(has(&app).await, before);
        assert_eq!(member.sees(&prepared).await, waiting, "it waits as it was");
        // What needs no place in the plan goes on.
        member.prepares(&flow).await;
        give(&app, Limits::default()).await;
        lena.post(&start, &[]).await.goes_to();
        assert_eq!(member.sees(&prepared).await["status"], "active");
    }
}

#[tokio::test]
async fn a_document_is_not_imported_past_the_plan_and_stays_on_the_page() {
    for app in apps().await {
        app.flow().await;
        give(&app, FULL).await;
        let (before, lena) = (has(&app).await, Visitor::signed_in(&app, "lena").await);
        let form = [
            Part::Text("text", "# Restart a pod\n\n1. Look at it & wait."),
            Part::Text("confirm", "1"),
            Part::Text("key", "k-1"),
        ];
        let page = upload(&lena, &form).await;
        let what = [
            "Nothing was saved.",
            "Your plan allows 1 flow. Nothing of this was kept, and what you have stays.",
            "# Restart a pod\n\n1. Look at it &amp; wait.",
        ];
        refused(page, &what);
        assert_eq!(has(&app).await, before);
        give(&app, Limits::default()).await;
        let flow = upload(&lena, &form).await.goes_to();
        lena.get(&flow).await.ok().has(&["Restart a pod"]);
        assert_eq!(has(&app).await[0]["flows"], 2);
    }
}

#[tokio::test]
async fn nobody_joins_past_the_plan_and_the_invite_is_as_good_as_before() {
    for app in apps().await {
        give(&app, FULL).await;
        let (adam, sid) = (app.member("adam"), Visitor::signed_in(&app, "sid").await);
        let body = json!({"role": "viewer", "uses": 1});
        let made = adam.post("/invites").json(&body).await.with(201);
        let code = made["items"][0]["code"].as_str().unwrap();
        let (before, invites) = (has(&app).await, adam.get("/invites").await.with(200));
        assert_eq!(invites["items"][0]["uses_left"], 1);
        // Whoever is invited can remove nobody: they are told whom to ask.
        let what = ["as many members as its plan allows. Tell whoever invited you"];
        for _ in 0..2 {
            let full = sid.post("/invite", &[("code", code)]).await;
            assert_eq!(full.status, 403, "{}", full.text);
            full.has(&what);
        }
        assert_eq!(has(&app).await, before);
        assert_eq!(adam.get("/invites").await.with(200), invites, "it has its use");
        let me = app.member("sid").get("/me").await.with(200);
        assert_eq!(me["account_name"], "fabrikam");
        give(&app, Limits::default()).await;
        let joined = sid.post("/invite", &[("code", code)]).await.ok();
        joined.has(&["You are a member of contoso now"]);
        assert_eq!(has(&app).await[0]["members"], 6);
    }
}
