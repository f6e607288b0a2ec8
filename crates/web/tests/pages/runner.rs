//! The runner: what it shows to whom, what its forms do without scripts, and what a page is sent that is behind.

use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};
use crate::visitor::{Page, Visitor};

const HTML: &str = "<script>alert(1)</script> & \"'";

/// A session that Lena just started, with her at the browser.
async fn started(app: &TestApp) -> (Value, Visitor) {
    let flow = app.flow().await;
    let session = app.member("lena").starts(&flow).await;
    (session, Visitor::signed_in(app, "lena").await)
}

/// A part of the page from the element with this id up to the end of the element's kind.
fn part<'p>(page: &'p str, id: &str, end: &str) -> &'p str {
    let start = page
        .find(&format!("id=\"{id}\""))
        .unwrap_or_else(|| panic!("{id} is not in {page}"));
    let rest = &page[start..];
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

/// The row of a variable in the panel.
fn row<'p>(page: &'p str, key: &str) -> &'p str {
    part(page, &format!("var-{key}"), "</li>")
}

/// The hidden inputs of a variable as a browser sends them back, with what stands in its control.
fn standing(page: &str, name: &str) -> Vec<(String, String)> {
    let value = |input: String| {
        let rest = &page[page.find(&input).unwrap() + input.len()..];
        rest.split('"').next().unwrap().to_owned()
    };
    ["seen", "was"]
        .into_iter()
        .map(|what| {
            let input = format!("name=\"{what}:{name}\" value=\"");
            (format!("{what}:{name}"), value(input))
        })
        .collect()
}

/// Fills as a browser does: what the page showed goes along.
async fn fill(visitor: &Visitor, session: &Value, page: &str, typed: &[(&str, &str)]) -> Page {
    let mut form: Vec<(String, String)> = vec![("step".into(), "restart".into())];
    for name in ["server_name", "address", "port", "reason", "ticket"] {
        form.extend(standing(page, name));
    }
    form.extend(
        typed
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
    );
    let form: Vec<_> = form
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    visitor.post(&format!("{}/variables", path(session)), &form).await
}

#[tokio::test]
async fn an_empty_session_asks_where_the_work_is() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let page = lena.get(&path(&session)).await.ok().has(&[
            "<h1 dir=\"auto\">Session 0001</h1>",
            "data-status=\"active\"",
            "data-may=\"fill work note complete discard assign\"",
            "name=\"fill:server_name\"",
            "aria-label=\"Server name, required\"",
            "placeholder=\"ticket\"",
            "0 of 2 steps",
            "1 of 5 filled",
            "id=\"finish-button\"",
        ]);
        let title = part(&page.text, "hole-look-title-0", "</span>");
        assert!(
            title.contains("class=\"prompt\"") && title.contains("data-required"),
            "{title}"
        );
        // The page asks for the required ones first.
        let rows: Vec<_> = page
            .text
            .match_indices("<li class=\"field-row ")
            .map(|(at, _)| &page.text[at..at + 80])
            .collect();
        let names = ["server_name", "reason", "address", "port", "ticket"];
        for (row, name) in rows.iter().zip(names) {
            assert!(row.contains(&format!("var-{name}")), "{name}: {rows:?}");
        }
        assert!(row(&page.text, "port").contains("Default"));
        // One step is shown.
        assert!(!part(&page.text, "step-look", ">").contains("hidden"));
        assert!(part(&page.text, "step-restart", ">").contains("hidden"));
        let other = lena.get(&format!("{}?step=restart", path(&session))).await.ok();
        assert!(part(&other.text, "step-look", ">").contains("hidden"));
        assert!(part(&other.text, "command-restart-0", "</figcaption>").contains("1 value missing"));
    }
}

#[tokio::test]
async fn a_value_stands_wherever_it_is_used_and_is_always_text() {
    for app in apps().await {
        let document = json!({"title": "Hostile", "sections": [{"title": "S", "body": "Before [VAR:a].", "steps": [
            {"id": "s", "title": "T [VAR:a]", "body": "Text [VAR:a], `code [VAR:a]`, [link [VAR:a]](https://x.example/[VAR:a]).\n\n```sh\nrun [VAR:a]\n```\n\n| t |\n|---|\n| [VAR:a] |"}]}]});
        let lena = app.member("lena");
        let flow = lena.creates(&document).await;
        let session = lena.starts(&flow).await;
        let visitor = Visitor::signed_in(&app, "lena").await;
        let long = "x\u{202e}".repeat(16 * 1024);
        for value in [
            HTML,
            "[VAR:a]",
            "**b** [x](javascript:1) `c`",
            "שלום",
            "\u{202e}gpj.exe",
            long.as_str(),
            "a\" onfocus=\"x",
        ] {
            lena.sets(&session, &json!({"a": value})).await.with(200);
            let page = visitor.get(&path(&session)).await.ok();
            page.lacks(&[
                "<script>alert",
                "<b>b",
                "href=\"javascript",
                "\" onfocus=",
                "class=\"prompt",
            ]);
            let page = visitor.get(&path(&session)).await.ok();
            let shown = value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;");
            let plain = page.text.replace("&#39;", "'");
            // Title, section, text, code, link, block, cell, and the panel's control and row.
            assert!(plain.matches(&shown).count() >= 9, "{value:.40}");
            assert!(
                part(&plain, "hole-s-0", "</span>").contains("dir=\"auto\""),
                "{value:.40}"
            );
        }
        lena.sets(&session, &json!({"a": ""})).await.with(200);
        let page = visitor.get(&path(&session)).await.ok();
        page.has(&["class=\"value empty\"", "Empty on purpose"]);
    }
}

#[tokio::test]
async fn values_are_filled_by_a_form() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let page = lena.get(&path(&session)).await.ok().text;
        let typed = [
            ("fill:server_name", "srv-01"),
            ("fill:server_name", ""),
            ("panel:server_name", ""),
            ("panel:port", "443"),
            ("panel:reason", "a\r\nb"),
        ];
        let to = fill(&lena, &session, &page, &typed).await.goes_to();
        assert_eq!(to, format!("{}?step=restart", path(&session)));
        let seen = app.member("lena").sees(&session).await;
        assert_eq!(seen["variables"]["server_name"]["value"], "srv-01");
        assert_eq!(seen["variables"]["reason"]["value"], "a\nb");
        assert_eq!(
            seen["variables"]["port"],
            Value::Null,
            "the default was not written"
        );

        // A filled value is a button that makes it a prompt again, and the panel clears it.
        let page = lena
            .get(&format!("{}?edit=server_name", path(&session)))
            .await
            .ok();
        assert!(part(&page.text, "hole-look-0", "</span>").contains("value=\"srv-01\""));
        let typed = [
            ("fill:server_name", "srv-01"),
            ("panel:server_name", ""),
            ("panel:port", "443"),
            ("panel:reason", "a\r\nb"),
        ];
        fill(&lena, &session, &page.text, &typed).await.goes_to();
        let seen = app.member("lena").sees(&session).await;
        assert_eq!(seen["variables"]["server_name"], Value::Null);
        assert_eq!(seen["version"], 4);
    }
}

#[tokio::test]
async fn what_is_refused_is_kept_on_the_page() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let page = lena.get(&path(&session)).await.ok().text;
        let typed = [
            ("fill:server_name", "no host!"),
            ("panel:address", "10.0.0.999"),
            ("panel:ticket", "7"),
        ];
        let refused = fill(&lena, &session, &page, &typed).await;
        assert_eq!(refused.status, 422);
        let refused = refused
            .has(&["id=\"refused\"", "2 values need a look", "Keep it anyway"])
            .text;
        assert!(part(&refused, "hole-restart-0", "</span>").contains("value=\"no host!\""));
        assert!(row(&refused, "address").contains("value=\"10.0.0.999\""));
        assert!(
            row(&refused, "ticket").contains("value=\"7\""),
            "what fits is not lost either"
        );
        assert_eq!(app.member("lena").sees(&session).await["version"], 1);

        let mut again = typed.to_vec();
        again.extend([("keep", "server_name"), ("keep", "address")]);
        fill(&lena, &session, &refused, &again).await.goes_to();
        let kept = lena.get(&path(&session)).await.ok();
        assert!(kept.text.contains("class=\"value kept-invalid\""));
        let row = row(&kept.text, "address");
        assert!(
            row.contains("Kept, not an IP address") && row.contains("data-valid=\"false\""),
            "{row}"
        );
        assert!(row.contains("10.0.0.999 is not an IP address"), "{row}");

        let typed = [("fill:ticket", "8"), ("fill:ticket", "9")];
        let refused = fill(&lena, &session, &kept.text, &typed).await;
        assert_eq!(refused.status, 422);
        refused.has(&["two different texts"]);
    }
}

#[tokio::test]
async fn a_newer_value_is_asked_about() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app.member("morgan").prepares(&flow).for_("lena").await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let page = lena.get(&path(&session)).await.ok().text;
        app.member("morgan")
            .sets(&session, &json!({"server_name": "srv-02", "port": "1"}))
            .await
            .with(200);
        // Only what was typed is written; the port, which nobody touched here, is not in question.
        let typed = [("fill:server_name", "srv-01"), ("panel:port", "443")];
        let refused = fill(&lena, &session, &page, &typed).await;
        assert_eq!(refused.status, 409);
        let refused = refused
            .has(&["morgan set this to “srv-02”", "value=\"srv-01\""])
            .lacks(&["set this to “1”"])
            .text;
        let typed = [
            ("fill:server_name", "srv-01"),
            ("panel:server_name", "srv-02"),
            ("panel:port", "1"),
        ];
        fill(&lena, &session, &refused, &typed).await.goes_to();
        let seen = app.member("lena").sees(&session).await;
        assert_eq!(seen["variables"]["server_name"]["value"], "srv-01");
        assert_eq!(seen["variables"]["port"]["value"], "1");
    }
}

#[tokio::test]
async fn steps_are_worked_by_forms() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let at = |step: &str| format!("{}/steps/{step}", path(&session));
        let form = [
            ("state", "done"),
            ("note", "All\r\nwell"),
            ("output", "x"),
            ("step_version", "0"),
            ("key", "k1"),
        ];
        assert_eq!(
            lena.post(&at("look"), &form).await.goes_to(),
            format!("{}?step=restart", path(&session))
        );
        // The same form sent twice has one effect.
        lena.post(&at("look"), &form).await.goes_to();
        let seen = app.member("lena").sees(&session).await;
        assert_eq!(
            (&seen["steps"][0]["note"], &seen["steps"][0]["version"]),
            (&json!("All\nwell"), &json!(1))
        );

        let form = [
            ("box", "0"),
            ("box", "1"),
            ("check", "1"),
            ("note-open", "1"),
            ("note", "n"),
            ("step_version", "0"),
        ];
        assert_eq!(
            lena.post(&at("restart"), &form).await.goes_to(),
            format!("{}?step=restart#note-restart", path(&session))
        );
        let seen = app.member("lena").sees(&session).await;
        assert_eq!(seen["steps"][1]["checked"], json!([1]));

        // Somebody was faster: both texts are there.
        let stale = lena
            .post(&at("restart"), &[("note", "mine"), ("step_version", "0")])
            .await;
        assert_eq!(stale.status, 409);
        stale.has(&["id=\"refused\"", ">\nmine</textarea>", ">n</pre>"]);

        let skip = [
            ("state", "skipped"),
            ("reason", " not here "),
            ("step_version", "1"),
        ];
        assert_eq!(
            lena.post(&at("restart"), &skip).await.goes_to(),
            format!("{}?step=restart", path(&session))
        );
        let page = lena.get(&format!("{}?step=restart", path(&session))).await.ok();
        page.has(&[
            "Skipped by you",
            ": not here",
            "2 of 2 steps",
            "data-action=\"reopen-step\"",
        ]);
        lena.post(&at("restart"), &[("state", "open")]).await.goes_to();
        assert_eq!(
            app.member("lena").sees(&session).await["steps"][1]["state"],
            "open"
        );
        assert_eq!(lena.post(&at("nowhere"), &[("state", "done")]).await.status, 404);
        assert_eq!(lena.post(&at("look"), &[("state", "odd")]).await.status, 422);
    }
}

#[tokio::test]
async fn a_prepared_session_is_taken_started_ended_and_reopened() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app
            .member("morgan")
            .prepares(&flow)
            .with("server_name", "srv-01")
            .await;
        let (lena, morgan) = (
            Visitor::signed_in(&app, "lena").await,
            Visitor::signed_in(&app, "morgan").await,
        );
        let at = |what: &str| format!("{}/{what}", path(&session));
        let page = lena.get(&path(&session)).await.ok();
        page.has(&[
            "Prepared by morgan",
            "for anyone in the team",
            "/start\"",
            "/take\"",
            "data-may=\"work start take update\"",
        ]);
        let page = lena.get(&path(&session)).await.ok().text;
        assert!(
            row(&page, "server_name").contains("Prepared by morgan"),
            "{}",
            row(&page, "server_name")
        );
        assert_eq!(
            lena.post(&at("take"), &[("key", "k")]).await.goes_to(),
            path(&session)
        );
        let lost = morgan.post(&at("take"), &[]).await;
        assert_eq!(lost.status, 409);
        lost.has(&["The session is already assigned."]);
        lena.post(&at("start"), &[]).await.goes_to();
        let lost = lena.post(&at("start"), &[]).await;
        assert_eq!(lost.status, 409);
        lost.has(&["The session is already started."]);

        morgan
            .get(&path(&session))
            .await
            .ok()
            .has(&[
                "You are watching. lena owns this session.",
                "Only lena can fill this",
                "class=\"prompt-label\"",
            ])
            .lacks(&["class=\"prompt\"", "data-action=\"done\"", "id=\"finish-button\""]);

        lena.post(&at("discard"), &[]).await.goes_to();
        let ended = lena.get(&path(&session)).await.ok();
        ended.has(&[
            "You discarded this session",
            "/report\"",
            "/reopen\"",
            "data-may=\"reopen\"",
        ]);
        assert_eq!(lena.post(&at("notes"), &[("text", "late")]).await.status, 409);
        lena.post(&at("reopen"), &[]).await.goes_to();
        app.member("lena").does("complete", &session).await.with(200);
        let long = "<".repeat(70_000);
        let refused = lena.post(&at("notes"), &[("text", &long)]).await;
        assert_eq!(refused.status, 422);
        refused.has(&[&"&lt;".repeat(70_000), "70000 bytes"]);
        let to = lena.post(&at("notes"), &[("text", "late")]).await.goes_to();
        lena.get(&to)
            .await
            .ok()
            .has(&["Your note is kept", "data-may=\"note reopen\""]);
        morgan
            .get(&path(&session))
            .await
            .ok()
            .has(&["lena completed this session", "readonly"]);
        app.clock.advance(chrono::TimeDelta::hours(25));
        lena.get(&path(&session)).await.ok().lacks(&["/reopen\""]);
        let late = lena.post(&at("reopen"), &[]).await;
        assert_eq!(late.status, 409);
    }
}

#[tokio::test]
async fn who_has_no_part_in_it_sees_or_does_nothing() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let here = path(&session);
        let never = "/sessions/01900000-0000-7000-8000-000000000000";
        let sid = Visitor::signed_in(&app, "sid").await;
        for rest in ["", "/fragments?after=0"] {
            let (theirs, none) = (
                sid.get(&format!("{here}{rest}")).await,
                sid.get(&format!("{never}{rest}")).await,
            );
            assert_eq!((theirs.status, none.status), (404, 404), "{rest}");
            let body = |page: &Page| page.text.replace(page.header("x-request-id"), "ID");
            assert_eq!(body(&theirs), body(&none), "{rest}");
        }
        for rest in [
            "variables",
            "steps/look",
            "notes",
            "start",
            "take",
            "discard",
            "reopen",
        ] {
            let form = [("text", "x"), ("state", "done"), ("fill:server_name", "srv")];
            let at = format!("{here}/{rest}");
            assert_eq!(sid.post(&at, &form).await.status, 404, "{rest}");
            let cross = [("accept", "text/html"), ("sec-fetch-site", "cross-site")];
            assert_eq!(
                lena.send("POST", &at, &cross, Some(&form)).await.status,
                403,
                "{rest}"
            );
            let vera = Visitor::signed_in(&app, "vera").await;
            assert_eq!(vera.post(&at, &form).await.status, 403, "{rest}");
        }
        let nobody = Visitor::new(&app);
        let to = nobody.get(&format!("{here}?step=look")).await.goes_to();
        assert!(to.starts_with("/sign-in?next=%2Fsessions%2F"), "{to}");
        let vera = Visitor::signed_in(&app, "vera").await;
        vera.get(&here)
            .await
            .ok()
            .has(&["data-may=\"\"", "You are watching"])
            .lacks(&["<form class=\"step-actions\""]);
        assert_eq!(app.member("lena").sees(&session).await["version"], 1);
    }
}

async fn fragments(visitor: &Visitor, session: &Value, after: i64) -> Value {
    let at = format!("{}/fragments?after={after}", path(session));
    serde_json::from_str(&visitor.get(&at).await.ok().text).unwrap()
}

fn ids(changes: &Value) -> Vec<&str> {
    changes["fragments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fragment| fragment["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_page_that_is_behind_gets_what_changed() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let member = app.member("lena");
        let everything = fragments(&lena, &session, 0).await;
        assert_eq!(ids(&everything).len(), 4 + 2 + 5);
        assert_eq!(everything["said"], json!([]));
        assert_eq!(ids(&fragments(&lena, &session, 1).await), [""; 0]);

        member.sets(&session, &json!({"ticket": "7"})).await.with(200);
        let changes = fragments(&lena, &session, 1).await;
        let always = ["rail", "bars", "panel-title", "top-session"];
        assert_eq!(
            ids(&changes),
            [&always[..], &["step-look", "var-ticket"]].concat()
        );
        assert_eq!(
            (&changes["version"], &changes["status"]),
            (&json!(2), &json!("active"))
        );
        assert_eq!(changes["may"], "fill work note complete discard assign");
        let said = &changes["said"][0];
        assert_eq!(
            (&said["var"], &said["label"], &said["kind"]),
            (&json!("ticket"), &json!("ticket"), &json!("variable_set"))
        );
        assert_eq!(
            (&said["text"], &said["name"]),
            (&json!("lena filled ticket"), &json!("lena"))
        );
        let step = changes["fragments"][4]["html"].as_str().unwrap();
        assert!(
            step.starts_with("<article ")
                && step.contains("data-version=\"2\"")
                && step.contains(">7</button>"),
            "{step}"
        );
        assert!(
            changes["fragments"][5]["html"]
                .as_str()
                .unwrap()
                .contains("data-fragment=\"2\"")
        );

        member
            .put(format!("{}/steps/restart", path(&session)))
            .json(&json!({"state": "done"}))
            .await
            .with(200);
        let changes = fragments(&lena, &session, 2).await;
        assert_eq!(ids(&changes), [&always[..], &["step-restart"]].concat());
        assert_eq!(changes["said"][0]["text"], "lena finished Restart it");
        member.does("complete", &session).await.with(200);
        let changes = fragments(&lena, &session, 3).await;
        assert_eq!(
            (ids(&changes).len(), &changes["may"]),
            (11, &json!("note reopen"))
        );
        // A page of another server's past.
        assert_eq!(ids(&fragments(&lena, &session, 99).await).len(), 11);
    }
}

#[tokio::test]
async fn who_is_here_is_told() {
    for app in apps().await {
        let (session, lena) = started(&app).await;
        let at = format!("{}/presence", path(&session));
        let tell = async |who: &Visitor, body: Value| {
            who.send_body(&at, "application/json", body.to_string().into_bytes())
                .await
                .status
        };
        let vera = Visitor::signed_in(&app, "vera").await;
        assert_eq!(tell(&vera, json!({"step": "restart"})).await, 204);
        let page = lena.get(&path(&session)).await.ok().text;
        assert!(part(&page, "presence", "</ul>").contains("aria-label=\"vera\""));
        assert!(part(&page, "rail-restart", "</li>").contains("title=\"vera\""));
        assert_eq!(tell(&vera, json!({"step": "No Step"})).await, 422);
        assert_eq!(tell(&vera, json!({"step": null})).await, 204);
        lena.get(&path(&session)).await.ok().lacks(&["vera"]);
        let sid = Visitor::signed_in(&app, "sid").await;
        assert_eq!(tell(&sid, json!({"step": "look"})).await, 404);
    }
}
