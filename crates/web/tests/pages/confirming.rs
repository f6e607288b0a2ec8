//! Confirming an address after the link of an invite was copied: what became of the invite meanwhile counts.

use chrono::TimeDelta;
use resolutionflow_core::id::PlanId;
use resolutionflow_core::plan::{Limits, Plan};
use resolutionflow_store::{Error, limits};

use crate::cast::TestApp;
use crate::letting_in::{STRONG, invite, letter, mailing, sign_in, signed_in};
use crate::visitor::{Page, Visitor};

/// Adam, the code of the link that he copied for Nora, and the secret in the letter that she got after following it.
async fn followed(app: &TestApp) -> (Visitor, String, String) {
    let adam = Visitor::signed_in(app, "adam").await;
    let page = invite(&adam, &[("emails", "nora@example.com"), ("role", "engineer")]).await;
    let code = page.between("/invite?code=", "\"");
    app.clock.advance(TimeDelta::seconds(1));
    let nobody = Visitor::new(app);
    let form = [("code", code.as_str()), ("name", "Nora")];
    nobody.post("/invite", &form).await.ok();
    let (path, _) = letter(app, "nora@example.com").await;
    let token = nobody.get(&path).await.ok().hidden("token");
    (adam, code, token)
}

async fn confirm(app: &TestApp, token: &str) -> Page {
    Visitor::new(app)
        .post("/verify", &[("token", token), ("password", STRONG)])
        .await
}

/// Lets the account have so many members.
async fn allow_members(app: &TestApp, count: i64) {
    let account = app.member("adam").account;
    let now = app.app.now();
    let limits = Limits {
        members: Some(count),
        ..Limits::default()
    };
    let plan = Plan::check(PlanId::from_uuid(uuid::Uuid::from_u128(70)), "Small", limits).unwrap();
    let given = app.app.db.write::<_, Error, _>(move |tx| {
        let plan = plan.clone();
        Box::pin(async move {
            if !limits::create_plan(tx, &plan, now).await? {
                limits::change_plan(tx, &plan).await?;
            }
            limits::set_plan(tx, account, plan.id).await
        })
    });
    assert!(given.await.unwrap().is_some());
}

#[tokio::test]
async fn whoever_finds_no_room_waits_until_there_is() {
    for app in mailing().await {
        let (adam, _, token) = followed(&app).await;
        let members = app.member("adam").get("/account").await.with(200)["usage"]["members"].clone();
        let members = members.as_i64().unwrap();
        allow_members(&app, members).await;
        for _ in 0..2 {
            let full = confirm(&app, &token).await;
            assert_eq!(full.status, 403);
            full.has(&["There is no room for you yet", "Tell whoever invited you"]);
        }
        // The invite has its use still.
        adam.get("/people")
            .await
            .ok()
            .has(&["nora@example.com", "Revoke"]);
        allow_members(&app, members + 1).await;
        confirm(&app, &token)
            .await
            .ok()
            .has(&["Your address is confirmed"]);
        assert_eq!(confirm(&app, &token).await.status, 410);
        signed_in(&app, sign_in(&app, "nora@example.com", STRONG).await);
    }
}

#[tokio::test]
async fn an_invite_that_was_revoked_or_sent_again_lets_in_nobody_who_followed_it_before() {
    for app in mailing().await {
        let (adam, _, token) = followed(&app).await;
        let page = adam.get("/people").await.ok();
        let resend = page.forms_to("/people/invites/").remove(0);
        let key = page.hidden("key");
        adam.post(&resend, &[("key", &key)]).await.goes_to();
        let old = confirm(&app, &token).await;
        assert_eq!(old.status, 410);
        old.has(&["The invite was sent again since"]);

        let revoke = page.forms_to("/people/invites/").remove(1);
        let code = adam.get("/people").await.ok().between("/invite?code=", "\"");
        app.clock.advance(TimeDelta::seconds(1));
        let form = [("code", code.as_str()), ("name", "Nora")];
        Visitor::new(&app).post("/invite", &form).await.ok();
        let (path, _) = letter(&app, "nora@example.com").await;
        let token = Visitor::new(&app).get(&path).await.ok().hidden("token");
        adam.post(&revoke, &[]).await.goes_to();
        for revoked in [Visitor::new(&app).get(&path).await, confirm(&app, &token).await] {
            assert_eq!(revoked.status, 410);
            revoked.has(&["This invite was revoked. Ask adam for a new one."]);
        }
        assert_eq!(sign_in(&app, "nora@example.com", STRONG).await.status, 401);
        adam.get("/people")
            .await
            .ok()
            .has(&["Nobody is invited at the moment"])
            .lacks(&["nora@example.com"]);
    }
}

#[tokio::test]
async fn whoever_came_in_by_another_way_meanwhile_is_told_to_sign_in() {
    for app in mailing().await {
        let (adam, _, token) = followed(&app).await;
        app.clock.advance(TimeDelta::seconds(1));
        // An invite of their own, by the mailed link.
        invite(&adam, &[("emails", "nora@example.com"), ("role", "viewer")]).await;
        let (path, _) = letter(&app, "nora@example.com").await;
        let code = path.split_once('=').unwrap().1.to_owned();
        let form = [
            ("code", code.as_str()),
            ("name", "Nora"),
            ("password", "another harbour 9 lantern"),
        ];
        signed_in(&app, Visitor::new(&app).post("/invite", &form).await);
        let late = confirm(&app, &token).await;
        assert_eq!(late.status, 409);
        late.has(&["You are here already"]);
        assert_eq!(confirm(&app, &token).await.status, 410);
        assert_eq!(sign_in(&app, "nora@example.com", STRONG).await.status, 401);
    }
}
