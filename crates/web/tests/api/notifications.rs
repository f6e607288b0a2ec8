//! Notifications and the table of sessions, as a client meets them.

use chrono::TimeDelta;
use resolutionflow::reminders::remind;
use resolutionflow_store::db::Engine;
use serde_json::{Value, json};

use crate::cast::{Member, TestApp, apps, path};

/// What somebody was told, newest first.
async fn told(member: &Member) -> Vec<Value> {
    let list = member.get("/notifications").await.with(200);
    list["items"].as_array().unwrap().clone()
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn people_are_told_read_it_and_choose() {
    for app in apps().await {
        let (lena, morgan, sid) = (app.member("lena"), app.member("morgan"), app.member("sid"));
        let flow = app.flow().await;
        let session = lena.prepares(&flow).for_("morgan").await;
        assert_eq!(morgan.get("/me").await.with(200)["unread_notifications"], 1);
        let one = told(&morgan).await.remove(0);
        assert_eq!(
            (&one["kind"], &one["actor_name"], &one["session_number"]),
            (&json!("prepared_for_me"), &json!("lena"), &session["number"])
        );
        assert_eq!(
            (&one["session_id"], &one["read_at"]),
            (&session["id"], &Value::Null)
        );
        assert!(told(&lena).await.is_empty() && told(&sid).await.is_empty());

        let read = |member: &Member, body: Value| member.post("/notifications/read").json(&body);
        for stranger in [&lena, &sid] {
            let left = read(stranger, json!({"ids": [one["id"]]})).await.with(200);
            assert_eq!(left["unread_count"], 0);
        }
        assert_eq!(
            morgan.get("/notifications?unread=true").await.with(200)["items"][0],
            one
        );
        read(&morgan, json!({"ids": [], "all": true}))
            .await
            .problem_at("unprocessable", "/all");
        let many: Vec<_> = (0..101).map(|_| one["id"].clone()).collect();
        read(&morgan, json!({ "ids": many }))
            .await
            .problem_at("unprocessable", "/ids");
        assert_eq!(read(&morgan, json!({})).await.with(200)["unread_count"], 1);
        let left = read(&morgan, json!({"ids": [one["id"]]})).await.with(200);
        assert_eq!(left["unread_count"], 0);
        let unread = morgan.get("/notifications?unread=true").await.with(200);
        assert_eq!(
            (&unread["items"], &unread["next_cursor"]),
            (&json!([]), &Value::Null)
        );
        assert!(told(&morgan).await[0]["read_at"].is_string());

        choosing(&app, &flow).await;
        lena.does("discard", &session).await.with(200);
        assert!(told(&morgan).await.is_empty(), "the reason is gone");
        assert_eq!(
            read(&morgan, json!({"all": true})).await.with(200)["unread_count"],
            0
        );
    }
}

async fn choosing(app: &TestApp, flow: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let at = "/me/notifications";
    let all = morgan.get(at).await.with(200);
    assert_eq!(all["choices"]["overdue"], json!({"in_page": true, "mail": true}));
    assert_eq!(all["choices"].as_object().unwrap().len(), 6);
    let quiet = json!({"choices": {"prepared_for_me": {"in_page": false, "mail": false}}});
    let chosen = morgan.put(at).json(&quiet).await.with(200);
    assert_eq!(chosen["choices"]["prepared_for_me"]["in_page"], false);
    assert_eq!(chosen["choices"]["taken"], json!({"in_page": true, "mail": true}));
    let before = told(&morgan).await;
    lena.prepares(flow).for_("morgan").await;
    assert_eq!(told(&morgan).await, before);
    assert_eq!(
        lena.get(at).await.with(200),
        all,
        "everybody chooses for themselves"
    );
    let wrong = json!({"choices": {"birthday": {"in_page": true, "mail": true}}});
    morgan
        .put(at)
        .json(&wrong)
        .await
        .problem_at("unprocessable", "/choices/birthday");
    let chosen = morgan.put(at).json(&json!({"choices": {}})).await.with(200);
    assert_eq!(chosen, all);
    app.member("vera").put(at).json(&quiet).await.with(200);
}

#[tokio::test]
async fn due_times_are_told_by_the_minute() {
    for app in apps().await {
        let (lena, morgan) = (app.member("lena"), app.member("morgan"));
        let flow = app.flow().await;
        let due = app.clock.now() + TimeDelta::hours(30);
        let body = json!({"flow_id": flow["id"], "assigned_to_id": morgan.user_id, "due_at": due});
        let session = lena.post("/sessions/prepare").json(&body).await.with(201);
        assert_eq!(remind(&app.app).await.unwrap(), 0);
        app.clock.advance(TimeDelta::hours(7));
        assert_eq!(remind(&app.app).await.unwrap(), 1);
        assert_eq!(kinds(&told(&morgan).await), ["due_soon", "prepared_for_me"]);
        app.clock.advance(TimeDelta::hours(24));
        if app.engine() == Engine::Postgres {
            let second = app.second_server().await;
            let (one, two) = tokio::join!(remind(&app.app), remind(&second.app));
            assert_eq!(one.unwrap() + two.unwrap(), 1, "one of the two servers");
        } else {
            assert_eq!(remind(&app.app).await.unwrap(), 1);
        }
        let overdue = told(&morgan).await;
        assert_eq!(kinds(&overdue), ["overdue", "due_soon", "prepared_for_me"]);
        assert_eq!(
            (&overdue[0]["actor_id"], &overdue[0]["due_at"]),
            (&Value::Null, &session["due_at"])
        );
        morgan.does("start", &session).await.with(200);
        assert_eq!(kinds(&told(&morgan).await), ["overdue", "due_soon"]);
        morgan.does("complete", &session).await.with(200);
        assert!(told(&morgan).await.is_empty());
        assert_eq!(kinds(&told(&lena).await), ["completed"]);
    }
}

#[tokio::test]
async fn the_list_is_a_table_for_spreadsheets() {
    for app in apps().await {
        let lena = app.member("lena");
        let flow = app.flow().await;
        for (title, client) in [
            ("=HYPERLINK(\"https://x.example\")", "Contoso, \"West\""),
            ("Plain", "-Fabrikam"),
        ] {
            let body = json!({"flow_id": flow["id"], "title": title, "client": client, "ticket": "@T1"});
            lena.post("/sessions/prepare").json(&body).await.with(201);
            // Ids of one moment have no order.
            app.clock.advance(TimeDelta::seconds(1));
        }
        let answer = lena.get("/sessions/export?format=csv&status=prepared").await;
        assert_eq!(
            answer.headers["content-type"],
            "text/csv; charset=utf-8; header=present"
        );
        let text = answer.text();
        let mut lines = text.strip_prefix('\u{feff}').unwrap().split("\r\n");
        assert_eq!(
            lines.next().unwrap(),
            "Number,Title,Flow,Version,Status,Client,Ticket,Prepared by,Assigned to,Started by,Created,Started,\
             Completed,Due,Steps done,Steps,Missing,Outcome"
        );
        let first = lines.next().unwrap();
        assert!(
            first.starts_with("2,Plain,Restart a service,1,prepared,'-Fabrikam,'@T1,lena,,,2026-01-05T"),
            "{first}"
        );
        assert!(first.ends_with(",,,,0,2,2,"), "{first}");
        let second = lines.next().unwrap();
        assert!(
            second.starts_with(
                "1,\"'=HYPERLINK(\"\"https://x.example\"\")\",Restart a service,1,prepared,\
                \"Contoso, \"\"West\"\"\",'@T1,"
            ),
            "{second}"
        );
        assert_eq!(lines.collect::<Vec<_>>(), [""]);
        let narrowed = lena.get("/sessions/export?client=-fabrikam").await.text();
        assert_eq!(narrowed.lines().count(), 2);
        let strangers = app.member("sid").get("/sessions/export").await.text();
        assert_eq!(strangers.lines().count(), 1);
        for (wrong, at) in [
            ("format=xlsx", "format"),
            ("limit=5", "limit"),
            ("cursor=x", "cursor"),
            ("color=red", "color"),
        ] {
            let refused = lena.get(format!("/sessions/export?{wrong}")).await;
            refused.problem_at("unprocessable", at);
        }
        lena.get("/sessions?format=csv")
            .await
            .problem_at("unprocessable", "format");
        app.nobody()
            .ask("GET", "/sessions/export")
            .await
            .problem("unauthorized");
    }
}

#[tokio::test]
async fn a_table_has_every_session_however_many_there_are() {
    for app in apps().await {
        let lena = app.member("lena");
        let flow = app.flow().await;
        for _ in 0..3 {
            lena.prepares(&flow).await;
        }
        let session = lena.prepares(&flow).await;
        copies(&app, &session, 1_200).await;
        for order in ["", "&sort=due"] {
            let text = lena
                .get(format!("/sessions/export?status=prepared{order}"))
                .await
                .text();
            let mut numbers: Vec<u32> = text
                .lines()
                .skip(1)
                .map(|line| line.split(',').next().unwrap().parse().unwrap())
                .collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=1_204).collect::<Vec<_>>(), "{order}");
        }
        assert!(lena.get(path(&session)).await.status == 200);
    }
}

/// Copies a session so many times, as no client could do in a test's time.
async fn copies(app: &TestApp, session: &Value, count: i64) {
    use resolutionflow_core::id::SessionId;
    let (account, id) = (app.member("lena").account, crate::cast::session_id(session));
    let copied = app.app.db.write::<_, resolutionflow_store::Error, _>(move |tx| {
        Box::pin(async move {
            for number in 0..count {
                let copy = SessionId::from_uuid(uuid::Uuid::from_u128(u128::try_from(number).unwrap() + 1));
                tx.execute(
                    "INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, \
                         note, version, head, prepared_by_id, created_at, updated_at, outcome_note, next_steps, \
                         filled, variables, missing, finished_steps, steps) \
                     SELECT account_id, $2, (SELECT MAX(number) + 1 FROM sessions WHERE account_id = $1), flow_id, \
                         flow_version, team_id, title, title_key, note, version, head, prepared_by_id, created_at, \
                         updated_at, outcome_note, next_steps, filled, variables, missing, finished_steps, steps \
                     FROM sessions WHERE account_id = $1 AND id = $3",
                    &[&account, &copy, &id],
                )
                .await?;
            }
            Ok(())
        })
    });
    copied.await.unwrap();
}
