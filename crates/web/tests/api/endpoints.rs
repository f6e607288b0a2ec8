//! Every operation once as it is meant, and what each refuses to those who may not.

use serde_json::{Value, json};

use crate::asking::Client;
use crate::cast::{PASSWORD, TestApp, apps, flow_document, path};
use crate::tenancy::Operation;

#[tokio::test]
async fn every_operation_does_what_it_says() {
    for app in apps().await {
        signing_in(&app).await;
        let flow = library(&app).await;
        running(&app, &flow).await;
        queueing(&app, &flow).await;
        tickets(&app, &flow).await;
        queues(&app, &flow).await;
        staleness(&app, &flow).await;
        updating(&app).await;
        handing_over(&app, &flow).await;
        telling(&app, &flow).await;
        inviting(&app).await;
        auditing(&app).await;
        people(&app).await;
        let counted = app.app.metrics.text();
        for operation in Operation::all() {
            let (method, template) = (&operation.method, &operation.template);
            let succeeded = counted.lines().any(|line| {
                line.contains(&format!("method=\"{method}\""))
                    && line.contains(&format!("route=\"/api/v1/{template}\""))
                    && line.contains("status=\"2")
            });
            assert!(succeeded, "{} is shown by no test here", operation.id);
        }
    }
}

/// Signing in, and the tokens of programs.
async fn signing_in(app: &TestApp) {
    let login = json!({"email": " Lena@Example.com", "password": PASSWORD});
    let login = app
        .nobody()
        .ask("POST", "/auth/login")
        .json(&login)
        .await
        .with(200);
    assert_eq!(
        (&login["token_type"], &login["expires_in"]),
        (&json!("Bearer"), &json!(600))
    );
    let access = login["access_token"].as_str().unwrap();
    let me = app.nobody().ask("GET", "/me").token(access).await.with(200);
    let lena = app.member("lena");
    assert_eq!(me["user_id"], json!(lena.user_id));
    assert_eq!(
        (&me["account_name"], &me["role"]),
        (&json!("contoso"), &json!("engineer"))
    );
    assert_eq!(
        me,
        lena.get("/me").await.with(200),
        "both kinds of token speak for the same person"
    );
    let token = json!({ "refresh_token": login["refresh_token"] });
    let refresh = app.nobody().ask("POST", "/auth/refresh").json(&token);
    let next = refresh.await.with(200);
    assert_ne!(next["refresh_token"], login["refresh_token"]);
    let logout = app.nobody().ask("POST", "/auth/logout").json(&token);
    assert_eq!(logout.await.status, 204);

    let made = lena
        .post("/tokens")
        .json(&json!({"name": "nightly", "expires_in_days": 7}))
        .await
        .with(201);
    let secret = made["token"].as_str().unwrap();
    app.nobody().ask("GET", "/me").token(secret).await.with(200);
    let listed = lena.get("/tokens").await;
    let count = listed.with(200)["items"].as_array().unwrap().len();
    assert!(!listed.text().contains(secret), "a secret is shown once");
    let one = format!("/tokens/{}", made["id"].as_str().unwrap());
    app.member("morgan").delete(&one).await.problem("not-found");
    lena.delete(&one).await.with(204);
    lena.delete(&one).await.problem("not-found");
    app.nobody()
        .ask("GET", "/me")
        .token(secret)
        .await
        .problem("unauthorized");
    let left = lena.get("/tokens").await.with(200)["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(left, count - 1);

    let members = app.member("vera").get("/members?limit=2").await.with(200);
    assert_eq!(members["items"].as_array().unwrap().len(), 2);
    let all = every_page(&app.member("vera").client, &lena.token, "/members?limit=2").await;
    let mut names: Vec<_> = all
        .iter()
        .map(|member| member["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["adam", "lena", "morgan", "olivia", "vera"]);
}

/// Inviting, sending again, taking back, and following.
async fn inviting(app: &TestApp) {
    let (adam, sid) = (app.member("adam"), app.member("sid"));
    let body = json!({"role": "viewer", "emails": ["sid@example.com", "ravi@example.com"]});
    let made = adam.post("/invites").json(&body).await.with(201);
    assert_eq!(made["items"][1]["email"], "ravi@example.com");
    let listed = adam.get("/invites").await;
    let count = listed.with(200)["items"].as_array().unwrap().len();
    assert_eq!((count, listed.text().contains("rf_ic_")), (2, false));
    let ravi = format!("/invites/{}", made["items"][1]["id"].as_str().unwrap());
    let again = adam.post(format!("{ravi}/resend")).await.with(200);
    assert_eq!(again["times_sent"], 2);
    adam.delete(&ravi).await.with(204);
    adam.delete(&ravi).await.problem("not-found");
    let code = json!({ "code": made["items"][0]["code"] });
    let joined = sid.post("/invites/accept").json(&code).await.with(200);
    assert_eq!(
        (&joined["account_name"], &joined["role"]),
        (&json!("contoso"), &json!("viewer"))
    );
    assert_eq!(adam.get("/invites").await.with(200)["items"], json!([]));
}

/// Looking after people; the last part, since some of them go.
async fn people(app: &TestApp) {
    let [olivia, adam, lena, morgan, vera] =
        ["olivia", "adam", "lena", "morgan", "vera"].map(|name| app.member(name));
    let me = json!({"name": "Lena Koch"});
    assert_eq!(lena.patch("/me").json(&me).await.with(200)["name"], "Lena Koch");
    let team = json!({"name": "Network"});
    let team = adam.post("/teams").json(&team).await.with(201);
    let at = format!("/teams/{}", team["id"].as_str().unwrap());
    let named = adam.patch(&at).json(&json!({"name": "Networks"})).await;
    assert_eq!(named.with(200)["name"], "Networks");
    let at = format!("/members/{}", morgan.user_id);
    let body = json!({"role": "engineer", "team_id": team["id"], "disabled": false});
    let changed = adam.patch(&at).json(&body).await.with(200);
    assert_eq!(changed["team_id"], team["id"]);
    assert_eq!(lena.get("/teams").await.with(200)["items"][1]["members"], 1);
    let to = format!("{at}?sessions_to={}", lena.user_id);
    adam.delete(&to).await.with(204);
    vera.post("/account/leave").json(&json!({})).await.with(204);
    let body = json!({"to": adam.user_id});
    let given = olivia.post("/account/transfer").json(&body).await.with(200);
    assert_eq!(given["role"], "owner");
}

/// Reading what was done.
async fn auditing(app: &TestApp) {
    let adam = app.member("adam");
    let listed = every_page(&adam.client, &adam.token, "/audit?limit=7").await;
    let find = |action: &str| listed.iter().find(|entry| entry["action"] == action);
    assert_eq!(find("account_changed").unwrap()["actor_id"], json!(adam.user_id));
    assert!(find("signed_in").is_some());
    let exported = adam.get("/audit/export?format=jsonl").await;
    assert_eq!(exported.headers["content-type"], "application/jsonl");
    assert_eq!(exported.text().lines().count(), listed.len());
}

/// All items of a list, page by page.
async fn every_page(client: &Client, token: &str, list: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut page = client.ask("GET", list).token(token).await.with(200);
    loop {
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            return items;
        };
        let next = format!("{list}&cursor={cursor}");
        page = client.ask("GET", next).token(token).await.with(200);
    }
}

/// Authoring: drafts, versions, import and export.
async fn library(app: &TestApp) -> Value {
    let lena = app.member("lena");
    let draft = lena
        .post("/flows?draft=true")
        .json(&flow_document())
        .await
        .with(201);
    assert_eq!(
        (&draft["version"], &draft["flow"]["latest_version"]),
        (&Value::Null, &json!(0))
    );
    let flow = format!("/flows/{}", draft["flow"]["id"].as_str().unwrap());
    let refused = lena
        .post("/sessions")
        .json(&json!({"flow_id": draft["flow"]["id"]}))
        .await;
    refused.problem_at("unprocessable", "/flow_id");
    let published = lena.post(format!("{flow}/versions")).await.with(201);
    assert_eq!(published["version"], 1);
    lena.post(format!("{flow}/versions")).await.problem("conflict");
    lena.get(format!("{flow}/draft")).await.problem("not-found");

    let mut document = flow_document();
    document["title"] = json!("Restart a service, carefully");
    lena.put(format!("{flow}/draft")).json(&document).await.with(200);
    assert_eq!(
        lena.get(&flow).await.with(200)["version"],
        1,
        "a draft changes nothing that runs"
    );
    assert_eq!(
        lena.get(format!("{flow}/draft")).await.with(200)["document"]["title"],
        document["title"]
    );
    let published = lena.post(format!("{flow}/versions")).await.with(201);
    assert_eq!(published["version"], 2);
    let versions = lena.get(format!("{flow}/versions?limit=1")).await.with(200);
    assert_eq!(versions["items"][0]["version"], 2);
    assert_eq!(
        every_page(&lena.client, &lena.token, &format!("{flow}/versions?limit=1"))
            .await
            .len(),
        2
    );
    let first = lena.get(format!("{flow}/versions/1")).await.with(200);
    assert_eq!(first["document"]["title"], "Restart a service");
    lena.get(format!("{flow}/versions/3")).await.problem("not-found");
    for (found, list) in [
        (1, "/flows?q=carefully&tag=linux"),
        (0, "/flows?q=nothing-of-it"),
        (0, "/flows?tag=mac"),
    ] {
        assert_eq!(
            lena.get(list).await.with(200)["items"].as_array().unwrap().len(),
            found,
            "{list}"
        );
    }

    let markdown = lena.get(format!("{flow}/export")).await;
    assert_eq!(markdown.headers["content-type"], "text/markdown; charset=utf-8");
    assert!(markdown.text().contains("[VAR:server_name]"));
    assert_eq!(
        lena.get(format!("{flow}/export?format=json")).await.with(200)["id"],
        draft["flow"]["id"]
    );
    lena.get(format!("{flow}/export?format=pdf"))
        .await
        .problem_at("unprocessable", "format");

    let import = |query: &str, text: String| {
        lena.post(format!("/flows/import{query}"))
            .body("text/markdown", text)
    };
    let same = import("", markdown.text()).await.with(200);
    assert_eq!(
        (&same["changed"], &same["version"]),
        (&json!(false), &json!(2)),
        "{same:#}"
    );
    let other = markdown.text().replace("Read the log", "Read the whole log");
    let dry = import("?dry_run=true", other.clone()).await.with(200);
    assert_eq!((&dry["flow"], &dry["version"]), (&Value::Null, &Value::Null));
    assert_eq!(lena.get(&flow).await.with(200)["version"], 2);
    let next = import("", other).await.with(201);
    assert_eq!((&next["changed"], &next["version"]), (&json!(true), &json!(3)));
    import("?placeholders=runes", "# A\n".to_owned())
        .await
        .problem_at("unprocessable", "placeholders");
    next["flow"].clone()
}

/// A session from its start to its export.
async fn running(app: &TestApp, flow: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let session = lena.starts(flow).await;
    let at = path(&session);
    let set = lena
        .sets(&session, &json!({"SERVER_name": "SRV-01"}))
        .await
        .with(200);
    assert_eq!(set["variables"]["server_name"]["value"], "srv-01");
    let step = format!("{at}/steps/restart");
    let worked = lena
        .put(&step)
        .json(&json!({"state": "done", "note": "two tries", "output": "ok", "checks": {"0": true}}))
        .await
        .with(200);
    assert_eq!(
        (&worked["step"]["state"], &worked["step"]["checked"]),
        (&json!("done"), &json!([0]))
    );
    lena.put(&step)
        .json(&json!({"note": "three", "expected_version": 0}))
        .await
        .problem("newer-value");
    lena.put(format!("{at}/steps/none"))
        .json(&json!({"state": "done"}))
        .await
        .problem("not-found");
    morgan
        .put(&step)
        .json(&json!({"state": "open"}))
        .await
        .problem("forbidden");
    lena.post(format!("{at}/notes"))
        .json(&json!({"text": "All quiet."}))
        .await
        .with(201);
    morgan
        .post(format!("{at}/notes"))
        .json(&json!({"text": "Me too."}))
        .await
        .problem("forbidden");
    let changed = lena
        .patch(&at)
        .json(&json!({"title": "Tonight", "outcome": "workaround", "next_steps": "Watch it."}))
        .await
        .with(200);
    assert_eq!(
        (&changed["title"], &changed["outcome"]),
        (&json!("Tonight"), &json!("workaround"))
    );
    morgan
        .patch(&at)
        .json(&json!({"title": "Mine"}))
        .await
        .problem("forbidden");

    ending(app, &session).await;
    let events = every_page(&lena.client, &lena.token, &format!("{at}/events?limit=3")).await;
    let kept = app.verified_events(lena.account, &session).await;
    assert_eq!(events.len(), kept.len());
    for (event, number) in events.iter().zip(1..) {
        assert_eq!(event["number"], number);
    }
    assert_eq!(events.last().unwrap()["kind"], "late_note_added");
    let live = lena.get(format!("{at}/live?after=0")).open().await;
    assert_eq!(live.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(live.headers()["cache-control"], "no-store");
    let export = app.member("vera").get(format!("{at}/export")).await;
    assert_eq!(export.headers["content-type"], "text/markdown; charset=utf-8");
    assert!(export.text().contains("srv-01"));
    lena.get(format!("{at}/export?unset=maybe"))
        .await
        .problem_at("unprocessable", "unset");
    for (wrong, name) in [
        ("format=pdf", "format"),
        ("up_to=nowhere", "up_to"),
        ("up_to=No%20step", "up_to"),
        ("times=maybe", "times"),
        ("summary_first=1", "summary_first"),
        ("mask=mail,names", "mask"),
    ] {
        lena.get(format!("{at}/export?{wrong}"))
            .await
            .problem_at("unprocessable", name);
    }
}

/// Discarding, completing and reopening.
async fn ending(app: &TestApp, session: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let (at, step) = (path(session), format!("{}/steps/restart", path(session)));
    for what in ["complete", "discard", "reopen"] {
        morgan.does(what, session).await;
    }
    assert_eq!(
        lena.sees(session).await["status"],
        "active",
        "a colleague ends nothing"
    );
    lena.does("reopen", session).await.problem("conflict");
    assert_eq!(
        lena.does("discard", session).await.with(200)["status"],
        "discarded"
    );
    lena.sets(session, &json!({"port": "1"}))
        .await
        .problem("session-closed");
    lena.does("complete", session).await.problem("session-closed");
    assert_eq!(lena.does("reopen", session).await.with(200)["status"], "active");
    assert_eq!(
        lena.does("complete", session).await.with(200)["status"],
        "completed"
    );
    lena.put(&step)
        .json(&json!({"state": "open"}))
        .await
        .problem("session-closed");
    lena.post(format!("{at}/notes"))
        .json(&json!({"text": "Late."}))
        .await
        .with(201);
    app.clock.advance(chrono::TimeDelta::hours(25));
    lena.does("reopen", session).await.problem("conflict");
}

/// Queues by due time, page by page.
async fn queues(app: &TestApp, flow: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let mut made = Vec::new();
    for due in [None, Some(3), Some(1), None, Some(2)] {
        let due = due.map(|hours| app.clock.now() + chrono::TimeDelta::hours(hours));
        let body = json!({"flow_id": flow["id"], "due_at": due, "client": "Queue & Co"});
        // Ids of one moment have no order.
        app.clock.advance(chrono::TimeDelta::seconds(1));
        made.push(lena.post("/sessions/prepare").json(&body).await.with(201)["id"].clone());
    }
    let expected: Vec<_> = [2, 4, 1, 0, 3].map(|index: usize| made[index].clone()).into();
    for queue in [
        "team_id=mine&assigned_to_id=none",
        "prepared_by_id=me",
        "missing=true",
    ] {
        let list = format!("/sessions?status=prepared&sort=due&client=queue%20%26%20co&{queue}&limit=2");
        let found = every_page(&lena.client, &lena.token, &list).await;
        let found: Vec<_> = found.iter().map(|item| item["id"].clone()).collect();
        assert_eq!(found, expected, "{queue}");
    }
    let nobody = "/sessions?status=prepared&sort=due&client=queue%20%26%20co&prepared_by_id=me";
    assert_eq!(morgan.get(nobody).await.with(200)["items"], json!([]));
    let until = app.clock.now() + chrono::TimeDelta::minutes(90);
    let until = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let list = format!("/sessions?status=prepared&due_before={until}&due_after=2020-01-01T00:00:00Z");
    assert_eq!(lena.get(list).await.with(200)["items"][0]["id"], made[2]);

    let first = |list: &str| lena.get(format!("/sessions?status=prepared&limit=1{list}"));
    let by_due = first("&sort=due").await.with(200)["next_cursor"].clone();
    let newest = first("").await.with(200)["next_cursor"].clone();
    for wrong in [
        format!("&sort=due&cursor={}", newest.as_str().unwrap()),
        format!("&sort=newest&cursor={}", by_due.as_str().unwrap()),
        "&sort=due&cursor=ZGQ".to_owned(),
    ] {
        first(&wrong).await.problem_at("unprocessable", "cursor");
    }
    lena.get("/sessions?sort=due")
        .await
        .problem_at("unprocessable", "sort");
    lena.get("/sessions?sort=age")
        .await
        .problem_at("unprocessable", "sort");
    lena.get("/sessions?team_id=theirs")
        .await
        .problem_at("unprocessable", "team_id");
}

/// When a prepared session needs a look, and who says after how many days.
async fn staleness(app: &TestApp, flow: &Value) {
    let (lena, adam) = (app.member("lena"), app.member("adam"));
    let due = app.clock.now() + chrono::TimeDelta::hours(1);
    let body = json!({"flow_id": flow["id"], "due_at": due, "assigned_to_id": lena.user_id});
    let session = lena.post("/sessions/prepare").json(&body).await.with(201);
    assert_eq!(lena.sees(&session).await["stale"], json!([]));
    app.clock.advance(chrono::TimeDelta::days(9));
    let stale = lena.sees(&session).await["stale"].clone();
    assert_eq!(
        (&stale[0]["kind"], stale[0]["since"].is_string()),
        (&json!("past_due"), true)
    );
    assert_eq!(stale[1], json!({"kind": "old", "days": 9}));
    assert_eq!(stale.as_array().unwrap().len(), 2);
    let listed = lena
        .get("/sessions?assigned_to_id=me&status=prepared&limit=1")
        .await
        .with(200);
    assert_eq!(listed["items"][0]["stale"], stale);

    assert_eq!(
        app.member("vera").get("/account").await.with(200)["stale_days"],
        7
    );
    for who in ["lena", "vera"] {
        let refused = app.member(who).patch("/account").json(&json!({"stale_days": 1}));
        refused.await.problem("forbidden");
    }
    for wrong in [-1, 366] {
        let refused = adam.patch("/account").json(&json!({"stale_days": wrong})).await;
        refused.problem_at("unprocessable", "/stale_days");
    }
    let changed = adam
        .patch("/account")
        .json(&json!({"stale_days": 0}))
        .await
        .with(200);
    assert_eq!(
        (&changed["name"], &changed["stale_days"]),
        (&json!("contoso"), &json!(0))
    );
    assert_eq!(adam.patch("/account").json(&json!({})).await.with(200), changed);
    let left = lena.sees(&session).await["stale"].clone();
    assert_eq!((&left[0]["kind"], &left[1]), (&json!("past_due"), &Value::Null));
    assert_eq!(app.member("sid").get("/account").await.with(200)["stale_days"], 7);
    lena.does("start", &session).await.with(200);
    assert_eq!(lena.sees(&session).await["stale"], Value::Null);
}

/// What a newer version would mean for a prepared session, and moving it there.
async fn updating(app: &TestApp) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let flow = lena.creates(&flow_document()).await;
    let session = lena
        .prepares(&flow)
        .with("server_name", "srv-01")
        .with("address", "10.0.0.7")
        .await;
    let update = format!("{}/update", path(&session));
    let nothing = lena.get(&update).await.with(200);
    assert_eq!((&nothing["words"], &nothing["dropped"]), (&json!(""), &json!([])));

    let mut next = flow_document();
    next["fields"][1] = json!({"name": "address", "type": "cidr"});
    next["fields"][0]["type"] = json!("fqdn");
    next["sections"][0]["steps"][0]["body"] = json!("Read both logs.");
    let at = format!("/flows/{}", flow["id"].as_str().unwrap());
    lena.put(format!("{at}/draft")).json(&next).await.with(200);
    lena.post(format!("{at}/versions")).await.with(201);
    assert_eq!(
        lena.sees(&session).await["stale"],
        json!([{"kind": "newer_version", "latest_version": 2}])
    );

    let seen = app.member("vera").get(&update).await.with(200);
    assert_eq!(seen["words"], "1 step changed, 2 fields changed", "{seen:#}");
    assert_eq!(
        (&seen["flow_version"], &seen["latest_version"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(seen["steps"][0]["changes"][0]["after"], "Read both logs.");
    assert_eq!(seen["kept"], json!([]));
    let dropped = seen["dropped"].clone();
    assert_eq!(
        (&dropped[0]["name"], &dropped[1]["name"]),
        (&json!("server_name"), &json!("address"))
    );
    assert_eq!(
        lena.sees(&session).await["flow_version"],
        1,
        "looking changes nothing"
    );

    let to = |version: i64| json!({ "flow_version": version });
    for wrong in [0, 3, -1] {
        let refused = lena.post(&update).json(&to(wrong)).await;
        refused.problem_at("unprocessable", "/flow_version");
    }
    app.member("vera")
        .post(&update)
        .json(&json!({}))
        .await
        .problem("forbidden");
    lena.patch(path(&session))
        .json(&json!({"assigned_to_id": lena.user_id}))
        .await
        .with(200);
    morgan.post(&update).json(&json!({})).await.problem("forbidden");
    let moved = lena.post(&update).json(&json!({})).await.with(200);
    assert_eq!((&moved["flow_version"], &moved["dropped"]), (&json!(2), &dropped));
    assert_eq!(moved["variables"], json!({}));
    let again = lena.post(&update).json(&to(2)).await.with(200);
    assert_eq!(
        (&again["version"], &again["dropped"]),
        (&moved["version"], &json!([]))
    );
    let refused = lena.post(&update).json(&to(1)).await;
    refused.problem_at("unprocessable", "/flow_version");
    let kinds: Vec<_> = app.verified_events(lena.account, &session).await;
    assert_eq!(kinds.last().unwrap().kind.as_str(), "version_changed");
    lena.sets(&session, &json!({"server_name": "srv"}))
        .await
        .problem_at("unprocessable", "/variables/server_name");
    lena.does("start", &session).await.with(200);
    lena.post(&update).json(&json!({})).await.problem("conflict");
    lena.get(&update).await.problem("conflict");
}

/// Handing a session over says what to know, in its history and its report.
async fn handing_over(app: &TestApp, flow: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let session = lena.starts(flow).await;
    let alone = json!({"handover_note": "Mind the gap."});
    let refused = lena.patch(path(&session)).json(&alone).await;
    refused.problem_at("unprocessable", "/handover_note");
    let handed = json!({"assigned_to_id": morgan.user_id, "handover_note": "Mind the gap."});
    app.member("vera")
        .patch(path(&session))
        .json(&handed)
        .await
        .problem("forbidden");
    lena.patch(path(&session)).json(&handed).await.with(200);
    let events = morgan.get(format!("{}/events", path(&session))).await.with(200);
    let last = events["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["kind"], &last["texts"]["note"]),
        (&json!("assigned"), &json!("Mind the gap."))
    );
    let report = morgan.get(format!("{}/export", path(&session))).await.text();
    assert!(
        report.contains("lena assigned the session to morgan: Mind the gap."),
        "{report}"
    );
}

/// What people are told, how they choose it, and the list as a table.
async fn telling(app: &TestApp, flow: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    // Ids of one moment have no order.
    app.clock.advance(chrono::TimeDelta::seconds(1));
    let session = lena.prepares(flow).for_("morgan").await;
    let told = morgan.get("/notifications?unread=true&limit=1").await.with(200);
    assert_eq!(
        (&told["items"][0]["kind"], &told["items"][0]["session_id"]),
        (&json!("prepared_for_me"), &session["id"])
    );
    let all = json!({"all": true});
    let left = morgan.post("/notifications/read").json(&all).await.with(200);
    assert_eq!(left["unread_count"], 0);
    let choices = morgan.get("/me/notifications").await.with(200);
    assert_eq!(
        morgan.put("/me/notifications").json(&choices).await.with(200),
        choices
    );
    let table = lena.get("/sessions/export?status=prepared&sort=due").await.text();
    assert!(table.contains(",prepared,"), "{table}");
}

/// What a session is for is kept, changed, found and refused where it does not fit.
async fn tickets(app: &TestApp, flow: &Value) {
    let lena = app.member("lena");
    let prepare = json!({"flow_id": flow["id"], "ticket": "INC-4711", "client": "Fabrikam West",
        "ticket_url": "https://Desk.example.com/4711"});
    let session = lena.post("/sessions/prepare").json(&prepare).await.with(201);
    assert_eq!(
        (&session["ticket"], &session["ticket_url"], &session["client"]),
        (
            &json!("INC-4711"),
            &json!("https://desk.example.com/4711"),
            &json!("Fabrikam West")
        )
    );
    for words in ["inc-4711", "fabrikam"] {
        let found = lena.get(format!("/sessions?q={words}")).await.with(200);
        assert_eq!(found["items"][0]["id"], session["id"]);
    }
    for (at, wrong) in [
        ("ticket_url", "ftp://desk.example.com"),
        ("ticket_url", "/tickets/1"),
        ("ticket", "a\nb"),
        ("client", "a\nb"),
    ] {
        let mut body = prepare.clone();
        body[at] = json!(wrong);
        let pointer = format!("/{at}");
        let refused = lena.post("/sessions/prepare").json(&body).await;
        refused.problem_at("unprocessable", &pointer);
        let refused = lena.patch(path(&session)).json(&json!({ at: wrong })).await;
        refused.problem_at("unprocessable", &pointer);
    }
    let changed = json!({"ticket": "", "client": "Contoso"});
    let changed = lena.patch(path(&session)).json(&changed).await.with(200);
    assert_eq!(
        (&changed["ticket"], &changed["client"]),
        (&json!(""), &json!("Contoso"))
    );
    let refused = app.member("morgan").patch(path(&session));
    refused
        .json(&json!({"client": "Mine"}))
        .await
        .problem("forbidden");
    let report = lena.get(format!("{}/export", path(&session))).await.text();
    assert!(report.contains("- Client: Contoso"), "{report}");
}

/// Preparing, taking and starting.
async fn queueing(app: &TestApp, flow: &Value) {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let session = lena.prepares(flow).await;
    let taken = morgan.does("take", &session).await.with(200);
    assert_eq!(taken["assigned_to_id"], json!(morgan.user_id));
    lena.does("start", &session).await.problem("forbidden");
    let started = morgan.does("start", &session).await.with(200);
    assert_eq!(
        (&started["status"], &started["owner_id"]),
        (&json!("active"), &json!(morgan.user_id))
    );
    morgan.does("take", &session).await.problem("already-started");
    let list = lena
        .get("/sessions?status=active&limit=1&q=restart")
        .await
        .with(200);
    assert_eq!(list["items"][0]["id"], session["id"]);
}
