//! Forms that are sent twice, by a double click or by reloading what they answered, have one effect.

use resolutionflow_store::Error;

use crate::cast::{TestApp, apps};
use crate::platform::runner;
use crate::visitor::Visitor;

/// What is kept for whoever repeats a request.
async fn kept(app: &TestApp) -> Vec<String> {
    let read: Result<Vec<(String,)>, Error> = app
        .app
        .db
        .read(|tx| {
            Box::pin(async move {
                tx.across_accounts()
                    .all("SELECT answer FROM idempotency_keys", &[])
                    .await
            })
        })
        .await;
    read.unwrap().into_iter().map(|(answer,)| answer).collect()
}

#[tokio::test]
async fn a_token_is_made_once_and_its_secret_shown_once() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let key = lena.get("/settings").await.ok().hidden("key");
        let form = |name: &'static str, key| [("name", name), ("days", "7"), ("read", "on"), ("key", key)];
        let nightly = form("nightly", key.as_str());
        lena.post("/settings/tokens", &nightly)
            .await
            .ok()
            .has(&["It is not shown again.", "rf_pat_"]);
        lena.post("/settings/tokens", &nightly)
            .await
            .ok()
            .has(&[
                "The token “nightly” was made when you sent this form before",
                "href=\"/settings#tokens\"",
            ])
            .lacks(&["rf_pat_"]);
        let other = lena.post("/settings/tokens", &form("weekly", key.as_str())).await;
        assert_eq!(other.status, 422);
        other
            .has(&["This form was sent before with other words", "value=\"weekly\""])
            .lacks(&["rf_pat_"]);

        let both = form("both", "of-both");
        let (one, two) = tokio::join!(
            lena.post("/settings/tokens", &both),
            lena.post("/settings/tokens", &both)
        );
        let shown = [one.ok(), two.ok()].map(|page| page.text.contains("rf_pat_"));
        assert_eq!(shown.iter().filter(|shown| **shown).count(), 1);
        let page = lena.get("/settings").await.ok().lacks(&["weekly"]);
        // These two, and that of the cast.
        assert_eq!(page.forms_to("/settings/tokens/").len(), 3);
        let kept = kept(&app).await;
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|answer| !answer.contains("rf_")), "{kept:?}");
    }
}

#[tokio::test]
async fn a_code_for_new_accounts_is_made_once_and_shown_once() {
    for app in apps().await {
        let olivia = runner(&app).await;
        let key = olivia.get("/platform/invites").await.ok().hidden("key");
        let form = [
            ("uses", "2"),
            ("days", "7"),
            ("note", "the pilot"),
            ("key", &*key),
        ];
        olivia
            .post("/platform/invites", &form)
            .await
            .ok()
            .has(&["The code was made. Copy it now.", "rf_pi_"]);
        let again = olivia.post("/platform/invites", &form).await.ok();
        let again = again
            .has(&[
                "The code was made when you sent this form before",
                "href=\"/platform/invites\"",
            ])
            .lacks(&["rf_pi_"]);
        assert_eq!(again.text.matches("2 of 2 left").count(), 1);
        let kept = kept(&app).await;
        assert_eq!(kept.len(), 1);
        assert!(!kept[0].contains("rf_"), "{kept:?}");
    }
}

#[tokio::test]
async fn a_plan_is_made_once() {
    for app in apps().await {
        let olivia = runner(&app).await;
        let key = olivia.get("/platform/plans").await.ok().hidden("key");
        let form = [("name", "Small"), ("flows", "7"), ("key", &*key)];
        for _ in 0..2 {
            let made = olivia.post("/platform/plans", &form).await;
            assert_eq!(made.goes_to(), "/platform/plans");
        }
        let page = olivia.get("/platform/plans").await.ok();
        assert_eq!(page.text.matches(">Small</a>").count(), 1);
        let other = [("name", "Smaller"), ("flows", "7"), ("key", &*key)];
        let refused = olivia.post("/platform/plans", &other).await;
        assert_eq!(refused.status, 422);
        refused.has(&["This form was sent before with other words", "value=\"Smaller\""]);
    }
}

#[tokio::test]
async fn a_team_is_made_once() {
    for app in apps().await {
        let adam = Visitor::signed_in(&app, "adam").await;
        let form = [("name", "Network"), ("key", "of-the-team")];
        for _ in 0..2 {
            assert_eq!(adam.post("/teams", &form).await.goes_to(), "/people#teams");
        }
        let page = adam.get("/people").await.ok().has(&["name=\"key\""]);
        assert_eq!(
            page.text
                .matches("<div class=\"row-title\">Network</div>")
                .count(),
            1
        );
        let other = [("name", "Networks"), ("key", "of-the-team")];
        let refused = adam.post("/teams", &other).await;
        assert_eq!(refused.status, 422);
        refused.has(&["This form was sent before with other words", "value=\"Networks\""]);
    }
}
