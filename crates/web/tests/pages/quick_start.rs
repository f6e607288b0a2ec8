//! Quick start: what waits, what was begun, what can be started.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, flow_document, path};
use crate::visitor::Visitor;

/// Makes what waits: two prepared sessions, one of them for Morgan, and one that Morgan has begun.
async fn busy(app: &TestApp) -> [Value; 3] {
    let (lena, flow) = (app.member("lena"), app.flow().await);
    let mine = lena
        .prepares(&flow)
        .for_("morgan")
        .with("address", "10.0.0.1")
        .await;
    let anyones = lena.prepares(&flow).await;
    let begun = app.member("morgan").starts(&flow).await;
    [mine, anyones, begun]
}

/// Publishes a second version of the flow that tests start from.
pub(crate) async fn publish_again(app: &TestApp, flow: &Value) {
    let (lena, at) = (
        app.member("lena"),
        format!("/flows/{}", flow["id"].as_str().unwrap()),
    );
    let mut changed = flow_document();
    changed["description"] = json!("New.");
    lena.put(format!("{at}/draft")).json(&changed).await.with(200);
    lena.post(format!("{at}/versions")).await.with(201);
}

#[tokio::test]
async fn it_shows_what_is_prepared_unassigned_and_begun() {
    for app in apps().await {
        let [mine, anyones, begun] = busy(&app).await;
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let (start, take) = (
            format!("action=\"{}/start\"", path(&mine)),
            format!("action=\"{}/take\"", path(&anyones)),
        );
        let page = morgan.get("/").await.ok().has(&[
            "Hello, morgan",
            "Prepared for you",
            "2 of 5 filled",
            "Unassigned in your team",
            "Continue",
            &start,
            &take,
            &format!("href=\"{}\"", path(&begun)),
            "Look at [VAR:server_name]",
            "step 1 of 2",
            "2 missing",
            "Start a flow",
            "2 steps, used 3×",
        ]);
        assert!(!page.text.contains("Review"), "nothing is stale yet");

        // Values stand in the title of the step, and what is finished is behind.
        let morgan_api = app.member("morgan");
        morgan_api
            .sets(&begun, &json!({"server_name": "srv<01>"}))
            .await
            .with(422);
        morgan_api
            .sets(&begun, &json!({"server_name": "srv-01"}))
            .await
            .with(200);
        morgan.get("/").await.has(&["Look at srv-01", "1 missing"]);
        let step = format!("{}/steps/look", path(&begun));
        morgan_api
            .put(&step)
            .json(&json!({"state": "done"}))
            .await
            .with(200);
        morgan.get("/").await.has(&["Restart it", "step 2 of 2"]);
    }
}

#[tokio::test]
async fn what_is_stale_is_reviewed_and_says_why() {
    for app in apps().await {
        let [mine, ..] = busy(&app).await;
        let lena = app.member("lena");
        publish_again(&app, &json!({"id": mine["flow_id"]})).await;
        let due = app.app.now() + TimeDelta::hours(1);
        lena.patch(path(&mine))
            .json(&json!({"due_at": due}))
            .await
            .with(200);
        let morgan = Visitor::signed_in(&app, "morgan").await;
        morgan.get("/").await.ok().has(&["flow changed", ">Review</a>"]);
        app.clock.advance(TimeDelta::days(8));
        morgan
            .get("/")
            .await
            .ok()
            .has(&["flow changed, past due, prepared 8 d ago"])
            .lacks(&[&format!("action=\"{}/start\"", path(&mine))]);
    }
}

#[tokio::test]
async fn a_queue_shows_five_and_leads_to_all() {
    for app in apps().await {
        let (lena, flow) = (app.member("lena"), app.flow().await);
        for _ in 0..6 {
            lena.prepares(&flow).for_("morgan").await;
        }
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let page = morgan
            .get("/")
            .await
            .ok()
            .has(&["5+", "/sessions?tab=prepared&amp;assigned=me"]);
        assert_eq!(page.text.matches(" filled<").count(), 5);
        let all = morgan.get("/sessions?tab=prepared&assigned=me").await.ok();
        assert_eq!(all.text.matches(" filled<").count(), 6);
    }
}

#[tokio::test]
async fn what_was_prepared_for_others_is_there_with_its_due_time() {
    for app in apps().await {
        let (lena, flow) = (app.member("lena"), app.flow().await);
        let due = app.clock.now() + TimeDelta::hours(2);
        let body = json!({"flow_id": flow["id"], "assigned_to_id": app.member("morgan").user_id, "due_at": due,
            "client": "Contoso <b>", "ticket": "INC-7"});
        let session = lena.post("/sessions/prepare").json(&body).await.with(201);
        lena.prepares(&flow).await;
        let visitor = Visitor::signed_in(&app, "lena").await;
        let row = format!("id=\"by-you-{}\"", session["id"].as_str().unwrap());
        let page = visitor.get("/").await.ok().has(&[
            "Prepared by you",
            &row,
            "for morgan, ",
            "for anyone, ",
            "Contoso &lt;b&gt; · INC-7",
            "class=\"row-cell due\">due <time",
        ]);
        // Who prepared it neither starts nor takes it here.
        let (_, by_you) = page.text.split_once("id=\"by-you\"").unwrap();
        for act in ["/take\"", &format!("{}/start\"", path(&session))] {
            assert!(!by_you.contains(act), "{by_you}");
        }
        app.clock.advance(TimeDelta::hours(3));
        let page = visitor
            .get("/")
            .await
            .ok()
            .has(&["class=\"row-cell due past\">due <time"]);
        let (_, by_you) = page.text.split_once("id=\"by-you\"").unwrap();
        assert!(by_you.contains(">Review</a>"), "{by_you}");
        for _ in 0..5 {
            lena.prepares(&flow).await;
        }
        visitor
            .get("/")
            .await
            .ok()
            .has(&["/sessions?tab=prepared&amp;prepared_by=me"]);
    }
}

#[tokio::test]
async fn a_dot_says_that_something_new_is_prepared() {
    for app in apps().await {
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let hidden = "class=\"dot\" title=\"Something new is prepared for you\" hidden";
        morgan.get("/flows").await.ok().has(&[hidden]);
        let session = app
            .member("lena")
            .prepares(&app.flow().await)
            .for_("morgan")
            .await;
        for at in ["/flows", "/", "/settings"] {
            morgan.get(at).await.ok().lacks(&[hidden]).has(&["class=\"dot\""]);
        }
        morgan
            .post(&format!("{}/read", path(&session)), &[])
            .await
            .goes_to();
        morgan.get("/flows").await.ok().has(&[hidden]);
    }
}

#[tokio::test]
async fn who_is_too_late_is_told_who_has_it() {
    for app in apps().await {
        let [_, anyones, _] = busy(&app).await;
        let morgan = Visitor::signed_in(&app, "morgan").await;
        app.member("lena").does("take", &anyones).await.with(200);
        let form = [("key", "k-1"), ("from", "list")];
        let to = morgan
            .post(&format!("{}/take", path(&anyones)), &form)
            .await
            .goes_to();
        morgan.get(&to).await.ok().has(&["lena took this", ">Watch</a>"]);
        app.member("lena").does("start", &anyones).await.with(200);
        morgan.get(&to).await.ok().has(&["lena started this"]);

        // It says nothing to who won, of what is not there, and to strangers.
        for (name, address) in [
            ("lena", to.as_str()),
            ("sid", &to),
            ("morgan", "/?gone=0198b7c0-0000-7000-8000-000000000000"),
            ("morgan", "/?gone=nonsense"),
        ] {
            let page = Visitor::signed_in(&app, name).await.get(address).await;
            page.ok().lacks(&["Watch"]);
        }
    }
}

#[tokio::test]
async fn a_viewer_starts_and_takes_nothing() {
    for app in apps().await {
        busy(&app).await;
        let vera = Visitor::signed_in(&app, "vera").await;
        vera.get("/")
            .await
            .ok()
            .has(&["Unassigned in your team", "Restart a service"])
            .lacks(&["/take\"", "/start\"", ">Start</button>"]);
    }
}

#[tokio::test]
async fn an_account_without_flows_is_led_to_the_import() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get("/")
            .await
            .ok()
            .has(&["Nothing is prepared for you", "/flows/import", "Begin here"])
            .lacks(&["Start a flow"]);
        let vera = Visitor::signed_in(&app, "vera").await;
        vera.get("/")
            .await
            .ok()
            .has(&["There are no flows yet"])
            .lacks(&["/flows/import"]);
    }
}

#[tokio::test]
async fn only_who_is_signed_in_sees_it_and_only_their_account() {
    for app in apps().await {
        busy(&app).await;
        assert_eq!(Visitor::new(&app).get("/").await.goes_to(), "/sign-in");
        let sid = Visitor::signed_in(&app, "sid").await;
        sid.get("/").await.ok().lacks(&["Restart a service", "lena"]);
    }
}
