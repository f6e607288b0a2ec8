//! The list of sessions, by where they are in their life and every filter.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cast::{Member, TestApp, apps, path};
use crate::quick_start::publish_again;
use crate::visitor::{Page, Visitor};

/// The numbers of the sessions in a page, in order.
fn numbers(page: &Page) -> Vec<i64> {
    let cells = page.text.split("<span class=\"row-number\">").skip(1);
    cells.map(|cell| cell[..4].parse().unwrap()).collect()
}

/// Prepares a session with a title.
async fn titled(who: &Member, flow: &Value, title: &str) -> Value {
    let body = json!({"flow_id": flow["id"], "title": title});
    who.post("/sessions/prepare").json(&body).await.with(201)
}

/// Sessions 1 to 5: Lena's active one with nothing missing, Morgan's, two prepared, and one that is completed.
async fn busy(app: &TestApp) -> Value {
    let (lena, morgan, flow) = (app.member("lena"), app.member("morgan"), app.flow().await);
    let first = lena.starts(&flow).await;
    let all = json!({"server_name": "srv-01", "reason": "It is old."});
    lena.sets(&first, &all).await.with(200);
    let later = || app.clock.advance(TimeDelta::seconds(1));
    later();
    morgan.starts(&flow).await;
    later();
    titled(&morgan, &flow, "Contoso <b>").await;
    later();
    lena.prepares(&flow)
        .for_("morgan")
        .with("address", "10.0.0.1")
        .await;
    later();
    let last = lena.starts(&flow).await;
    app.clock.advance(TimeDelta::minutes(48));
    lena.does("complete", &last)
        .json(&json!({"outcome": "workaround"}))
        .await
        .with(200);
    flow
}

#[tokio::test]
async fn each_tab_shows_its_sessions_and_counts_all() {
    for app in apps().await {
        busy(&app).await;
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let active = morgan.get("/sessions").await.ok();
        assert_eq!(numbers(&active), [2, 1]);
        active.has(&[
            "Active <span class=\"tab-count\">2</span>",
            "Prepared <span class=\"tab-count\">2</span>",
            "Completed <span class=\"tab-count\">1</span>",
            "0/2",
            "2 missing",
        ]);
        let prepared = morgan.get("/sessions?tab=prepared").await.ok();
        assert_eq!(numbers(&prepared), [3, 4], "what waits longest comes first");
        prepared
            .has(&[
                "Restart a service · Contoso &lt;b&gt;",
                "Anyone",
                "2 of 5 filled",
                "/take\"",
                "/start\"",
            ])
            .lacks(&["<b>"]);
        let completed = morgan.get("/sessions?tab=completed").await.ok();
        assert_eq!(numbers(&completed), [5]);
        completed.has(&["48 min", "2 missing", ">workaround<"]);
    }
}

#[tokio::test]
async fn every_filter_narrows_and_can_be_taken_away() {
    for app in apps().await {
        let flow = busy(&app).await;
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let (lena_id, flow_id) = (app.member("lena").user_id, flow["id"].as_str().unwrap());
        let by_lena = format!("tab=prepared&prepared_by={lena_id}");
        let of_flow = format!("flow={flow_id}");
        let today = app.app.now().date_naive();
        let days = format!("from={today}&to={today}");
        let before = format!("to={}", today.pred_opt().unwrap());
        for (query, found) in [
            ("mine=yes", vec![2]),
            ("missing=yes", vec![2]),
            ("q=0001", vec![1]),
            ("q=nothing", vec![]),
            ("tab=prepared&assigned=me", vec![4]),
            ("tab=prepared&assigned=none", vec![3]),
            ("tab=prepared&prepared_by=me", vec![3]),
            (by_lena.as_str(), vec![4]),
            ("tab=prepared&q=contoso", vec![3]),
            (&of_flow, vec![2, 1]),
            ("flow=0198b7c0-0000-7000-8000-000000000000", vec![]),
            (&days, vec![2, 1]),
            (&before, vec![]),
            ("q=&flow=&assigned=&prepared_by=&from=&to=", vec![2, 1]),
        ] {
            let page = morgan.get(&format!("/sessions?{query}")).await.ok();
            assert_eq!(numbers(&page), found, "{query}");
            if found.is_empty() {
                page.has(&["Nothing matches.", "Clear filters"]);
            }
        }
        let page = morgan
            .get(&format!("/sessions?q=restart&{of_flow}&missing=yes"))
            .await
            .ok();
        page.has(&[
            "Flow: Restart a service",
            "href=\"/sessions?q=restart&amp;missing=yes\"",
            "checked",
            "Prepared <span class=\"tab-count\">2</span>",
        ]);
        for wrong in ["flow=x", "assigned=x", "prepared_by=none", "from=x", "cursor=x"] {
            assert_eq!(
                morgan.get(&format!("/sessions?{wrong}")).await.status,
                422,
                "{wrong}"
            );
        }
    }
}

#[tokio::test]
async fn older_ones_are_behind_a_cursor() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        let (lena, flow) = (app.member("lena"), app.flow().await);
        for _ in 0..5 {
            lena.starts(&flow).await;
            app.clock.advance(TimeDelta::seconds(1));
        }
        let visitor = Visitor::signed_in(&app, "lena").await;
        let (mut seen, mut at) = (Vec::new(), "/sessions?missing=yes".to_owned());
        loop {
            let page = visitor.get(&at).await.ok();
            seen.extend(numbers(&page));
            let Some((before, _)) = page.text.split_once("\">Older</a>") else {
                page.has(&["Back to the newest"]);
                break;
            };
            at = before.rsplit("href=\"").next().unwrap().replace("&amp;", "&");
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
    }
}

/// Prepares sessions 1 to 4: due in three days, for Contoso in one, never, and yesterday.
async fn dated(app: &TestApp) {
    let (lena, flow) = (app.member("lena"), app.flow().await);
    let due = |days: i64| json!(app.clock.now() + TimeDelta::days(days));
    for more in [
        json!({"due_at": due(3)}),
        json!({"due_at": due(1), "client": "Contoso, \"West\"", "ticket": "<i>INC</i>", "ticket_url": "https://t.example/1"}),
        json!({"title": "=1+1"}),
        json!({"due_at": due(1), "client": "Fabrikam"}),
    ] {
        let mut body = json!({"flow_id": flow["id"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        lena.post("/sessions/prepare").json(&body).await.with(201);
        app.clock.advance(TimeDelta::seconds(1));
    }
}

#[tokio::test]
async fn what_is_prepared_comes_by_due_time_page_by_page() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        dated(&app).await;
        let visitor = Visitor::signed_in(&app, "morgan").await;
        let first = visitor.get("/sessions?tab=prepared").await.ok();
        assert_eq!(numbers(&first), [2, 4]);
        let first = first
            .has(&[
                "Contoso, &quot;West&quot; · &lt;i&gt;INC&lt;/i&gt;",
                "class=\"row-cell due\">due <time",
            ])
            .lacks(&["<i>INC"]);
        let (before, _) = first.text.split_once("\">More</a>").unwrap();
        let next = before.rsplit("href=\"").next().unwrap().replace("&amp;", "&");
        let second = visitor.get(&next).await.ok();
        assert_eq!(numbers(&second), [1, 3]);
        second.has(&["Back to the first"]);
        let cursor = next.split("cursor=").nth(1).unwrap();
        let other = visitor.get(&format!("/sessions?cursor={cursor}")).await;
        assert_eq!(other.status, 422, "a cursor of one order is none of the other");
    }
}

#[tokio::test]
async fn clients_and_due_days_narrow_and_can_be_taken_away() {
    for app in apps().await {
        dated(&app).await;
        let visitor = Visitor::signed_in(&app, "morgan").await;
        let day = |days: i64| (app.clock.now() + TimeDelta::days(days)).date_naive();
        for (query, found) in [
            ("client=fabrikam".to_owned(), vec![4]),
            ("client=fabri".to_owned(), vec![]),
            (format!("from={}", day(2)), vec![1]),
            (format!("to={}", day(1)), vec![2, 4]),
        ] {
            let page = visitor.get(&format!("/sessions?tab=prepared&{query}")).await.ok();
            assert_eq!(numbers(&page), found, "{query}");
        }
        let page = visitor
            .get("/sessions?tab=prepared&q=INC&client=contoso%2C+%22west%22")
            .await
            .ok();
        assert_eq!(numbers(&page), [2]);
        page.has(&[
            "Client: contoso, &quot;west&quot;",
            "href=\"/sessions?tab=prepared&amp;q=INC\"",
            "href=\"/sessions.csv?tab=prepared&amp;q=INC&amp;client=contoso%2C+%22west%22&amp;of-account=",
        ]);
        let long = format!("/sessions?client={}", "x".repeat(201));
        assert_eq!(visitor.get(&long).await.status, 422);
    }
}

#[tokio::test]
async fn the_table_has_what_the_list_has_and_more() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        dated(&app).await;
        app.member("lena").starts(&app.flow().await).await;
        let vera = Visitor::signed_in(&app, "vera").await;
        let table = vera.get("/sessions.csv?tab=prepared&cursor=x").await.ok();
        assert!(table.header("content-type").starts_with("text/csv"));
        assert!(table.header("content-disposition").starts_with("attachment"));
        let numbers: Vec<&str> = table.text.lines().skip(1).map(|line| &line[..2]).collect();
        assert_eq!(numbers, ["2,", "4,", "1,", "3,"]);
        table.has(&["'=1+1", "\"Contoso, \"\"West\"\"\""]);
        for (query, lines) in [
            ("", 2),
            ("?tab=prepared&client=fabrikam", 2),
            ("?tab=completed", 1),
        ] {
            let table = vera.get(&format!("/sessions.csv{query}")).await.ok();
            assert_eq!(table.text.lines().count(), lines, "{query}");
        }
        assert_eq!(vera.get("/sessions.csv?flow=x").await.status, 422);
        let sid = Visitor::signed_in(&app, "sid").await;
        let table = sid.get("/sessions.csv?tab=prepared").await.ok();
        assert_eq!(table.text.lines().count(), 1, "{}", table.text);
        let nobody = Visitor::new(&app).get("/sessions.csv").await;
        assert!(nobody.goes_to().starts_with("/sign-in"));
    }
}

#[tokio::test]
async fn an_empty_tab_says_what_will_be_there() {
    for app in apps().await {
        let vera = Visitor::signed_in(&app, "vera").await;
        for (tab, text) in [
            ("", "No active sessions."),
            ("?tab=prepared", "No prepared sessions."),
            ("?tab=completed", "No completed sessions."),
            ("?tab=nonsense", "No active sessions."),
        ] {
            vera.get(&format!("/sessions{tab}"))
                .await
                .ok()
                .has(&[text, "href=\"/flows\""]);
        }
    }
}

#[tokio::test]
async fn viewers_only_read_and_strangers_see_nothing() {
    for app in apps().await {
        busy(&app).await;
        let vera = Visitor::signed_in(&app, "vera").await;
        let page = vera.get("/sessions?tab=prepared").await.ok();
        page.lacks(&["/take\"", "/start\""]).has(&["Contoso"]);
        let sid = Visitor::signed_in(&app, "sid").await;
        for tab in ["", "?tab=prepared", "?tab=completed"] {
            let page = sid.get(&format!("/sessions{tab}")).await.ok();
            assert_eq!(numbers(&page), [0_i64; 0]);
            page.lacks(&["Restart", "lena"]);
        }
        assert_eq!(
            Visitor::new(&app).get("/sessions?tab=prepared").await.goes_to(),
            "/sign-in?next=%2Fsessions%3Ftab%3Dprepared"
        );
    }
}

#[tokio::test]
async fn a_prepared_session_of_an_older_version_says_so() {
    for app in apps().await {
        let flow = busy(&app).await;
        publish_again(&app, &flow).await;
        let morgan = Visitor::signed_in(&app, "morgan").await;
        morgan
            .get("/sessions?tab=prepared")
            .await
            .ok()
            .has(&["flow changed", ">Review</a>"]);
        // What nobody has yet is taken first, and looked at then.
        let anyones = path(&app.member("lena").get("/sessions?q=0003").await.with(200)["items"][0]);
        let page = morgan.get("/sessions?tab=prepared&assigned=none").await;
        page.ok().has(&[&format!("{anyones}/take")]);
    }
}

#[tokio::test]
async fn who_shows_a_list_is_told_that_it_changed_and_nobody_else() {
    for app in apps().await {
        let flow = app.flow().await;
        let open = async |name: &str| {
            let cookie = Visitor::signed_in(&app, name).await.cookie;
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = client.get(format!("http://{}/live?sessions=&lists=1", app.address));
            let answer = request.header("cookie", cookie).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer
        };
        let (mut lena, mut sid) = (open("lena").await, open("sid").await);
        for _ in 0..3 {
            app.member("morgan").starts(&flow).await;
            let told = async {
                let mut seen = String::new();
                while !seen.contains("event: lists\n") {
                    seen += std::str::from_utf8(&lena.chunk().await.unwrap().unwrap()).unwrap();
                }
            };
            tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
        }
        let quiet = tokio::time::timeout(Duration::from_millis(300), sid.chunk()).await;
        assert!(quiet.is_err(), "another account's list did not change");
    }
}
