//! The pages of who runs the server: accounts, plans, state; and what an account sees of its plan.

use resolutionflow_core::id::AccountId;
use resolutionflow_store::Error;
use resolutionflow_store::platform::{self, Named};
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, flow_document};
use crate::visitor::Visitor;

/// Olivia, who runs the server.
pub(crate) async fn runner(app: &TestApp) -> Visitor {
    let write = app.app.db.write::<_, Error, _>(|tx| {
        Box::pin(async move { platform::set_platform_admin(tx, "olivia@example.com", true).await })
    });
    assert!(matches!(write.await.unwrap(), Named::Done(_)));
    Visitor::signed_in(app, "olivia").await
}

/// The plan of that name, as the page of plans leads to it.
async fn plan(visitor: &Visitor, name: &str) -> String {
    let page = visitor.get("/platform/plans").await.ok();
    let (before, _) = page.text.split_once(&format!(">{name}</a>")).unwrap();
    let (_, path) = before.rsplit_once("href=\"").unwrap();
    path.trim_end_matches('"').to_owned()
}

/// What the log of somebody's account has of one kind.
async fn told(app: &TestApp, name: &str, action: &str) -> Vec<Value> {
    let path = format!("/audit?limit=100&action={action}");
    let log = app.member(name).get(path).await.with(200);
    log["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn for_anybody_else_there_is_nothing() {
    for app in apps().await {
        let account = app.member("lena").account;
        let olivia = runner(&app).await;
        let unlimited = plan(&olivia, "Unlimited").await;
        let own = format!("/platform/accounts/{account}");
        let set = format!("{own}/plan");
        for name in ["sid", "adam", "lena", "vera"] {
            let other = Visitor::signed_in(&app, name).await;
            let nothing = other.get("/platform/nothing").await;
            for path in [
                "/platform",
                "/platform/plans",
                "/platform/server",
                &own,
                &unlimited,
            ] {
                let page = other.get(path).await;
                assert_eq!(page.status, 404, "{name} {path}");
                let title = |page: &crate::visitor::Page| page.between("<h1>", "</h1>");
                assert_eq!(title(&page), title(&nothing));
            }
            for path in ["/platform/plans", "/platform/invites", &set, &unlimited] {
                assert_eq!(
                    other.post(path, &[("name", "Mine"), ("plan", "x")]).await.status,
                    404
                );
            }
            other.get("/settings").await.ok().lacks(&["/platform"]);
        }
        let nobody = Visitor::new(&app);
        assert_eq!(
            nobody.get("/platform").await.goes_to(),
            "/sign-in?next=%2Fplatform"
        );
        olivia
            .get("/settings")
            .await
            .ok()
            .has(&["href=\"/platform\"", "Plan: Unlimited"]);
    }
}

#[tokio::test]
async fn a_plan_is_made_given_reached_and_changed() {
    for app in apps().await {
        let olivia = runner(&app).await;
        let made = [
            ("name", " Small "),
            ("flows", "1"),
            ("sessions", ""),
            ("members", "9"),
        ];
        assert_eq!(
            olivia.post("/platform/plans", &made).await.goes_to(),
            "/platform/plans"
        );
        let again = olivia
            .post("/platform/plans", &[("name", "SMALL"), ("flows", "7")])
            .await;
        assert_eq!(again.status, 422);
        again.has(&["Another plan has this name.", "value=\"SMALL\"", "value=\"7\""]);
        let wrong = [
            ("name", ""),
            ("flows", "many"),
            ("sessions", "-1"),
            ("members", "1e9"),
        ];
        let wrong = olivia.post("/platform/plans", &wrong).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.text.matches("A limit is 0 to").count(), 3);

        let path = plan(&olivia, "Small").await;
        olivia
            .get(&path)
            .await
            .ok()
            .has(&["value=\"Small\"", "value=\"1\"", "value=\"9\""]);
        let account = format!("/platform/accounts/{}", app.member("lena").account);
        let id = path.rsplit('/').next().unwrap();
        let set = olivia.post(&format!("{account}/plan"), &[("plan", id)]).await;
        assert_eq!(set.goes_to(), account);
        olivia
            .get(&account)
            .await
            .ok()
            .has(&["contoso", "0 of 1", "5 of 9", "1 flows, 9 members"]);
        olivia
            .get("/settings/audit")
            .await
            .ok()
            .has(&["Account got another plan"]);

        // The account sees it, reaches it, and is told what to do.
        let (lena, visitor) = (app.member("lena"), Visitor::signed_in(&app, "lena").await);
        visitor.get("/flows").await.ok().has(&["0 of 1 flows"]);
        lena.creates(&flow_document()).await;
        visitor.get("/flows").await.ok().has(&["1 of 1 flows"]);
        let refused = lena.post("/flows").json(&flow_document()).await;
        let detail = refused.problem("plan-limit")["detail"].clone();
        assert_eq!(
            detail,
            json!(
                "Your plan allows 1 flow. Nothing of this was kept, and what you have stays. Whoever runs this server \
                 can give the account another plan."
            )
        );
        olivia.get("/platform").await.ok().has(&[
            "contoso",
            "used up",
            "1 flow, 0 started this month, 5 members",
        ]);

        let more = [
            ("name", "Medium"),
            ("flows", "2"),
            ("sessions", ""),
            ("members", ""),
        ];
        // A second time it changes nothing.
        for _ in 0..2 {
            assert_eq!(olivia.post(&path, &more).await.goes_to(), "/platform/plans");
        }
        lena.creates(&flow_document()).await;
        let taken = olivia.post(&path, &[("name", "unlimited")]).await;
        assert_eq!(taken.status, 422);

        let nothing = format!("/platform/plans/{}", uuid::Uuid::nil());
        assert_eq!(olivia.get(&nothing).await.status, 404);
        assert_eq!(olivia.post(&nothing, &more).await.status, 404);
        let nowhere = format!("/platform/accounts/{}", uuid::Uuid::nil());
        assert_eq!(olivia.get(&nowhere).await.status, 404);
        assert_eq!(
            olivia
                .post(&format!("{nowhere}/plan"), &[("plan", id)])
                .await
                .status,
            404
        );
        let no_plan = uuid::Uuid::nil().to_string();
        assert_eq!(
            olivia
                .post(&format!("{account}/plan"), &[("plan", &no_plan)])
                .await
                .status,
            404
        );

        made_and_edited_once(&app, id).await;
    }
}

/// The log tells of the plan what was done, and nothing of what was refused or changed nothing.
async fn made_and_edited_once(app: &TestApp, plan: &str) {
    let entries = told(app, "olivia", "plan_created").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["object_id"], json!(plan));
    let entries = told(app, "olivia", "plan_edited").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["changed"], json!(["name", "flows", "members"]));
    assert_eq!(entries[0]["object_id"], json!(plan));
    assert!(told(app, "sid", "plan_edited").await.is_empty());
}

#[tokio::test]
async fn whoever_has_a_plan_is_told_that_its_limits_changed() {
    for app in apps().await {
        let olivia = runner(&app).await;
        let unlimited = plan(&olivia, "Unlimited").await;
        let change = |name: &'static str, flows: &'static str| {
            let (olivia, path) = (&olivia, &unlimited);
            async move {
                let form = [
                    ("name", name),
                    ("flows", flows),
                    ("sessions", ""),
                    ("members", ""),
                ];
                assert_eq!(olivia.post(path, &form).await.goes_to(), "/platform/plans");
            }
        };
        // A name is nothing to those who have the plan.
        change("Everything", "").await;
        assert_eq!(told(&app, "olivia", "plan_edited").await.len(), 1);
        assert!(told(&app, "sid", "plan_edited").await.is_empty());

        change("Everything", "900").await;
        assert_eq!(told(&app, "olivia", "plan_edited").await.len(), 2);
        let entries = told(&app, "sid", "plan_edited").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["changed"], json!(["flows"]));
        assert_eq!(entries[0]["actor_id"], json!(app.member("olivia").user_id));

        // Where very many have it, one log tells of it.
        let now = app.clock.now();
        let many = app.app.db.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                for number in 1..=1_000 {
                    let id = AccountId::from_uuid(uuid::Uuid::from_u128(number));
                    tx.across_accounts()
                        .execute(
                            "INSERT INTO accounts (id, name, created_at) VALUES ($1, 'One of many', $2)",
                            &[&id, &now],
                        )
                        .await?;
                }
                Ok(())
            })
        });
        many.await.unwrap();
        change("Everything", "901").await;
        assert_eq!(told(&app, "sid", "plan_edited").await.len(), 1);
        let entries = told(&app, "olivia", "plan_edited").await;
        assert_eq!(entries.len(), 3);
        let last = json!(["flows", "more than 1000 accounts"]);
        assert!(entries.iter().any(|entry| entry["changed"] == last));
    }
}

#[tokio::test]
async fn the_state_of_the_server_is_shown() {
    for app in apps().await {
        let olivia = runner(&app).await;
        olivia.get("/platform/server").await.ok().has(&[
            env!("CARGO_PKG_VERSION"),
            "schema ",
            "This server sends no mail.",
            "for its seal",
            "by the program",
        ]);
    }
}

#[tokio::test]
async fn a_code_is_shown_once_opens_an_account_and_is_revoked() {
    for app in apps().await {
        let olivia = runner(&app).await;
        olivia
            .get("/platform/invites")
            .await
            .ok()
            .has(&["Nobody is invited"]);
        for wrong in [
            ("0", "7", ""),
            ("1", "367", ""),
            ("many", "7", ""),
            ("1", "7", "two\nlines"),
        ] {
            let form = [("uses", wrong.0), ("days", wrong.1), ("note", wrong.2)];
            let refused = olivia.post("/platform/invites", &form).await;
            assert_eq!(refused.status, 422, "{wrong:?}");
            refused.has(&["A code opens 1 to 1000 accounts"]);
        }
        assert!(told(&app, "olivia", "platform_invite_created").await.is_empty());
        let form = [("uses", "2"), ("days", "7"), ("note", "the pilot")];
        let made = olivia.post("/platform/invites", &form).await.ok();
        let code = made.between("value=\"rf_pi_", "\"");
        made.has(&["the pilot", "2 of 2 left"]);
        let list = olivia.get("/platform/invites").await.ok().lacks(&[&code]);
        let opened = Visitor::new(&app)
            .get(&format!("/sign-up?code=rf_pi_{code}"))
            .await;
        opened.ok();
        let revoke = list.forms_to("/platform/invites/");
        let revoke = revoke.iter().find(|to| to.ends_with("/revoke")).unwrap();
        assert_eq!(olivia.post(revoke, &[]).await.goes_to(), "/platform/invites");
        assert_eq!(olivia.post(revoke, &[]).await.status, 404);
        olivia.get("/platform/invites").await.ok().has(&["revoked"]);
        let lena = Visitor::signed_in(&app, "lena").await;
        assert_eq!(lena.post(revoke, &[]).await.status, 404);

        // Each once, in the log of the account that she acts in.
        let id = revoke.split('/').nth(3).unwrap();
        for action in ["platform_invite_created", "platform_invite_revoked"] {
            let entries = told(&app, "olivia", action).await;
            assert_eq!(entries.len(), 1, "{action}");
            assert_eq!(entries[0]["actor_id"], json!(app.member("olivia").user_id));
            assert_eq!(
                (&entries[0]["object_kind"], &entries[0]["object_id"]),
                (&json!("platform_invite"), &json!(id))
            );
            assert!(told(&app, "sid", action).await.is_empty());
        }
        olivia
            .get("/settings/audit")
            .await
            .ok()
            .has(&["Code for new accounts made", "Code for new accounts revoked"])
            .lacks(&["the pilot"]);
    }
}
