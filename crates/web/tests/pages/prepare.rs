//! Preparing a session by its form, changing it, and links that name values.

use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};
use crate::quick_start::publish_again;
use crate::visitor::{Page, Visitor};

fn at(flow: &Value) -> String {
    format!("/flows/{}", flow["id"].as_str().unwrap())
}

/// The sessions of a flow, newest first.
async fn sessions(app: &TestApp, flow: &Value) -> Vec<Value> {
    let list = format!("/sessions?flow_id={}", flow["id"].as_str().unwrap());
    let list = app.member("lena").get(list).await.with(200);
    list["items"].as_array().unwrap().clone()
}

/// A link with parameters.
fn link(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{path}?{query}")
}

#[tokio::test]
async fn a_session_is_prepared_for_somebody_with_everything_that_is_known() {
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/prepare", at(&flow)),
        );
        let page = lena.get(&to).await.ok().has(&[
            "<h1>Prepare session</h1>",
            "Restart a service",
            "Anyone in the team",
            ">morgan</option>",
            ">lena, you</option>",
            "1 of 5 filled",
            "name=\"panel:server_name\"",
            "name=\"panel:ticket\"",
            "No session of this flow yet.",
        ]);
        // Who only reads runs nothing.
        let page = page.lacks(&[">vera</option>", ">sid</option>"]);
        let (key, default, morgan) = (
            page.hidden("key"),
            page.hidden("was:port"),
            app.member("morgan").user_id.to_string(),
        );
        let form = [
            ("key", key.as_str()),
            ("flow_version", "1"),
            ("assigned_to", &morgan),
            ("title", "Saturday <b>window</b>"),
            ("due", "2026-11-28T20:00"),
            ("offset", "-60"),
            ("client", "Contoso"),
            ("ticket", "INC-4711"),
            ("ticket_url", "https://desk.example.com/4711"),
            ("note", "Mind\r\nthe gap"),
            ("panel:server_name", "srv-01"),
            ("panel:port", "443"),
            ("was:port", &default),
            ("panel:address", ""),
        ];
        let arrived = lena.post(&to, &form).await.goes_to();
        let session = sessions(&app, &flow).await.remove(0);
        assert_eq!(
            arrived,
            format!("{}?prepared={}", at(&flow), session["id"].as_str().unwrap())
        );
        lena.get(&arrived)
            .await
            .ok()
            .has(&["Prepared for morgan", &format!("href=\"{}\"", path(&session))]);
        let standing = app.member("morgan").sees(&session).await;
        for (name, value) in [
            ("status", "prepared"),
            ("assigned_to_id", &morgan),
            ("title", "Saturday <b>window</b>"),
            ("due_at", "2026-11-28T19:00:00Z"),
            ("client", "Contoso"),
            ("ticket", "INC-4711"),
            ("ticket_url", "https://desk.example.com/4711"),
            ("note", "Mind\nthe gap"),
        ] {
            assert_eq!(standing[name], value, "{name}");
        }
        // A default that nobody touched is no value of its own.
        let values = standing["variables"].as_object().unwrap();
        assert_eq!(values.len(), 1, "{values:?}");
        assert_eq!(values["server_name"]["value"], "srv-01");
        // Once more, by an impatient finger; and with other words, which is another session only when said again.
        assert_eq!(lena.post(&to, &form).await.goes_to(), arrived);
        let mut other = form;
        other[3].1 = "Sunday";
        let page = lena.post(&to, &other).await;
        assert_eq!(page.status, 422, "{}", page.text);
        let page = page.has(&["was sent before", "value=\"Sunday\""]);
        assert_eq!(sessions(&app, &flow).await.len(), 1);
        let key = page.hidden("key");
        other[0].1 = &key;
        lena.post(&to, &other).await.goes_to();
        assert_eq!(sessions(&app, &flow).await.len(), 2);
    }
}

#[tokio::test]
async fn nothing_is_compulsory() {
    for app in apps().await {
        let flow = app.flow().await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let arrived = lena.post(&format!("{}/prepare", at(&flow)), &[]).await.goes_to();
        lena.get(&arrived)
            .await
            .ok()
            .has(&["Prepared for anyone in the team"]);
        let session = sessions(&app, &flow).await.remove(0);
        assert_eq!(
            (&session["status"], &session["due_at"]),
            (&json!("prepared"), &Value::Null)
        );
    }
}

#[tokio::test]
async fn what_is_refused_comes_back_as_it_was_typed() {
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/prepare", at(&flow)),
        );
        let vera = app.member("vera").user_id.to_string();
        let mut form = vec![
            ("assigned_to", vera.as_str()),
            ("title", "<script>alert(1)</script>"),
            ("due", "soon"),
            ("ticket_url", "javascript:alert(1)"),
            ("panel:server_name", "no host!"),
            ("panel:port", "70000"),
            ("panel:reason", "\"><img src=x>"),
        ];
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 422, "{}", page.text);
        page.has(&[
            "id=\"refused\" role=\"alert\" tabindex=\"-1\" autofocus",
            "5 values need a look: Assign to, Due, Link to the ticket, Server name, port",
            "href=\"#panel-server_name\"",
            "no host! is not a host name",
            "value=\"no host!\"",
            "value=\"70000\"",
            "value=\"soon\"",
            "value=\"&lt;script&gt;alert(1)&lt;/script&gt;\"",
            "&quot;&gt;&lt;img src=x&gt;</textarea>",
            "name=\"keep\" value=\"server_name\"",
        ])
        .lacks(&["<script>alert", "<img src=x"]);
        // What the rules refuse stands beside its control, too.
        form.retain(|(name, _)| !matches!(*name, "due" | "panel:server_name" | "panel:port"));
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 422, "{}", page.text);
        page.has(&[
            "2 values need a look: Assign to, Link to the ticket",
            "id=\"assigned_to-error\"",
            "id=\"ticket_url-error\"",
            "Choose somebody from the list.",
        ]);
        assert!(sessions(&app, &flow).await.is_empty());
        // A wrong value is kept where somebody says so, and only that one.
        let form = [
            ("panel:server_name", "no host!"),
            ("panel:port", "70000"),
            ("keep", "server_name"),
        ];
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 422, "{}", page.text);
        page.has(&["1 value needs a look: port", "value=\"server_name\" checked"]);
        lena.post(&to, &[("panel:server_name", "no host!"), ("keep", "server_name")])
            .await
            .goes_to();
        let session = sessions(&app, &flow).await.remove(0);
        let standing = app.member("lena").sees(&session).await;
        assert_eq!(standing["variables"]["server_name"]["valid"], false);
    }
}

#[tokio::test]
async fn a_form_for_an_older_version_is_looked_at_again() {
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/prepare", at(&flow)),
        );
        publish_again(&app, &flow).await;
        let form = [
            ("flow_version", "1"),
            ("panel:server_name", "srv-01"),
            ("panel:old_name", "kept in sight"),
        ];
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 409, "{}", page.text);
        page.has(&[
            "The flow is now v2.",
            "value=\"srv-01\"",
            "old_name",
            "kept in sight",
            "name=\"flow_version\" value=\"2\"",
        ]);
        assert!(sessions(&app, &flow).await.is_empty());
    }
}

#[tokio::test]
async fn a_link_fills_by_names_and_writes_nothing() {
    for app in apps().await {
        let flow = app.flow().await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let pairs = [
            ("SERVER_name", "srv-01"),
            ("port", "70000"),
            ("colour", "<i>blue</i>"),
        ];
        let page = lena
            .get(&link(&format!("{}/prepare", at(&flow)), &pairs))
            .await
            .ok();
        page.has(&[
            "From the link: 2 values. Look at them before you prepare.",
            "value=\"srv-01\"",
            "70000 is not a port",
            "Not filled",
            "colour",
            "&lt;i&gt;blue&lt;/i&gt;",
        ])
        .lacks(&["<i>blue", "id=\"refused\""]);
        let page = lena
            .get(&link(&format!("{}/start", at(&flow)), &pairs))
            .await
            .ok();
        page.has(&[
            "From the link: 2 values. Look at them before you start.",
            "name=\"panel:server_name\"",
            "Not filled",
        ])
        .lacks(&["name=\"panel:reason\""]);
        assert!(sessions(&app, &flow).await.is_empty());
        // Without values there is just the button.
        lena.get(&format!("{}/start", at(&flow)))
            .await
            .ok()
            .has(&["Start</button>", "No value is compulsory"]);
    }
}

#[tokio::test]
async fn a_flow_starts_with_the_values_of_a_link() {
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/start", at(&flow)),
        );
        let page = lena
            .get(&link(&to, &[("server_name", "srv-01"), ("port", "x")]))
            .await
            .ok();
        let key = page.hidden("key");
        let mut form = vec![
            ("key", key.as_str()),
            ("panel:server_name", "srv-01"),
            ("panel:port", "x"),
        ];
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 422, "{}", page.text);
        page.has(&["1 value needs a look: port", "value=\"srv-01\"", "value=\"x\""]);
        form.push(("keep", "port"));
        let session = lena.post(&to, &form).await.goes_to();
        assert_eq!(lena.post(&to, &form).await.goes_to(), session);
        let standing = app.member("lena").get(&session).await.with(200);
        assert_eq!(standing["status"], "active");
        assert_eq!(standing["variables"]["server_name"]["value"], "srv-01");
        assert_eq!(standing["variables"]["port"]["valid"], false);
    }
}

#[tokio::test]
async fn a_ticket_is_looked_through_and_only_what_is_chosen_is_filled() {
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/prepare", at(&flow)),
        );
        let text = "Server name: srv-07\r\nPort: 99999\r\nAddress is 10.1.2.3 <b>or</b> so\r\n";
        let form = [
            ("do", "look"),
            ("text", text),
            ("title", "Kept"),
            ("panel:reason", "typed"),
        ];
        let page = lena.post(&to, &form).await.ok();
        page.has(&[
            "name=\"pick:server_name\" value=\"srv-07\" checked",
            "line 1: Server name: srv-07",
            "name=\"pick:port\" value=\"99999\">",
            "99999 is not a port",
            "name=\"pick:address\" value=\"10.1.2.3\">",
            "&lt;b&gt;or&lt;/b&gt;",
            "value=\"Kept\"",
            "typed</textarea>",
            "2 of 5 filled",
        ])
        .lacks(&["id=\"refused\"", "<b>or"]);
        let form = [
            ("do", "fill"),
            ("text", text),
            ("pick:server_name", "srv-07"),
            ("pick:address", ""),
            ("panel:reason", "typed"),
        ];
        let page = lena.post(&to, &form).await.ok();
        page.has(&[
            "From the ticket: 1 value.",
            "value=\"srv-07\"",
            "3 of 5 filled",
            "typed</textarea>",
        ])
        .lacks(&["value=\"10.1.2.3\""]);
        lena.post(&to, &[("do", "look"), ("text", "nothing here")])
            .await
            .ok()
            .has(&["Nothing in this text fits a variable."]);
        assert!(sessions(&app, &flow).await.is_empty());
    }
}

#[tokio::test]
async fn a_past_session_gives_the_values_that_fit() {
    for app in apps().await {
        let flow = app.flow().await;
        let lena_api = app.member("lena");
        let past = lena_api
            .prepares(&flow)
            .with("server_name", "srv-01")
            .with("ticket", "INC-1")
            .await;
        let wrong = json!({"variables": {"address": "nowhere"}, "keep_invalid": true});
        lena_api
            .patch(format!("{}/variables", path(&past)))
            .json(&wrong)
            .await
            .with(200);
        lena_api
            .patch(path(&past))
            .json(&json!({"client": "Contoso"}))
            .await
            .with(200);
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/prepare", at(&flow)),
        );
        let id = past["id"].as_str().unwrap();
        let page = lena.get(&format!("{to}?from={id}")).await.ok().has(&[
            "From session 0001: 2 values. Look at them before you prepare.",
            "value=\"srv-01\"",
            "value=\"INC-1\"",
            "Not filled",
            "nowhere",
            &format!("name=\"copy\" value=\"{id}\""),
        ]);
        page.lacks(&["value=\"nowhere\""]);
        // In the middle of typing nothing that was typed is lost.
        let form = [("copy", id), ("panel:server_name", "srv-09"), ("title", "Mine")];
        lena.post(&to, &form).await.ok().has(&[
            "value=\"srv-09\"",
            "value=\"Mine\"",
            "value=\"INC-1\"",
            "What you typed stays.",
            "From session 0001: 1 value.",
        ]);
        // The list is of the client that is named.
        let of = async |client| lena.post(&to, &[("do", "check"), ("client", client)]).await.ok();
        of("contoso").await.has(&["Last sessions for contoso", id]);
        of("Fabrikam")
            .await
            .has(&["No session of this flow for Fabrikam yet."])
            .lacks(&[id]);

        // A session of another account is none.
        let sid = Visitor::signed_in(&app, "sid").await;
        let theirs = app.member("sid").creates(&crate::cast::flow_document()).await;
        let theirs = format!("{}/prepare?from={id}", at(&theirs));
        assert_eq!(sid.get(&theirs).await.status, 404);
        // Links to it.
        let again = format!("{to}?from={id}");
        lena.get(&format!("{}/report", path(&past)))
            .await
            .ok()
            .has(&[&again]);
    }
}

/// What the form of a prepared session holds beside what people type.
fn hidden(page: &Page) -> Vec<(String, String)> {
    let names = [
        "key",
        "flow_version",
        "before:title",
        "before:note",
        "before:due",
        "before:assigned_to",
        "seen:server_name",
        "was:server_name",
        "seen:reason",
        "was:reason",
        "was:port",
    ];
    let hidden = names.into_iter().map(|name| (name.to_owned(), page.hidden(name)));
    hidden.collect()
}

fn form_of<'f>(hidden: &'f [(String, String)], typed: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let hidden = hidden.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    hidden.chain(typed.iter().copied()).collect()
}

#[tokio::test]
async fn a_prepared_session_is_changed_over_what_was_seen() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app
            .member("lena")
            .prepares(&flow)
            .for_("morgan")
            .with("server_name", "srv-01")
            .await;
        let due = json!({"due_at": "2026-11-28T19:00:30Z", "title": "Old", "note": "Old note"});
        app.member("lena")
            .patch(path(&session))
            .json(&due)
            .await
            .with(200);
        let (lena, to) = (
            Visitor::signed_in(&app, "lena").await,
            format!("{}/edit", path(&session)),
        );
        let page = lena.get(&to).await.ok().has(&[
            "Edit prepared session",
            "value=\"2026-11-28T19:00\"",
            "data-at=\"2026-11-28T19:00:30Z\"",
            "value=\"Old\"",
            "value=\"srv-01\"",
        ]);
        let first = hidden(&page);
        // Meanwhile a colleague changes the title, one value, and another that nobody else looks at.
        let morgan = app.member("morgan");
        morgan
            .patch(path(&session))
            .json(&json!({"title": "Theirs"}))
            .await
            .with(200);
        morgan
            .sets(&session, &json!({"server_name": "srv-02", "address": "10.0.0.9"}))
            .await
            .with(200);
        let assigned = app.member("morgan").user_id.to_string();
        let typed = [
            ("assigned_to", assigned.as_str()),
            ("title", "Mine"),
            ("note", "Old note"),
            ("due", "2026-11-28T20:00"),
            ("offset", "-60"),
            ("panel:server_name", "srv-03"),
            ("panel:reason", "it hangs"),
            ("panel:port", "443"),
        ];
        let form = form_of(&first, &typed);
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 409, "{}", page.text);
        let page = page.has(&[
            "Somebody set this to “Theirs” meanwhile.",
            "morgan set this to “srv-02” meanwhile.",
            "value=\"Mine\"",
            "value=\"srv-03\"",
            "value=\"10.0.0.9\"",
            "it hangs</textarea>",
        ]);
        let standing = app.member("lena").sees(&session).await;
        assert_eq!(standing["title"], "Theirs");
        assert_eq!(standing["variables"].as_object().unwrap().len(), 2);
        // Once more, having seen that.
        let again = hidden(&page);
        let form = form_of(&again, &typed);
        assert_eq!(lena.post(&to, &form).await.goes_to(), path(&session));
        assert_eq!(lena.post(&to, &form).await.goes_to(), path(&session));
        let standing = app.member("lena").sees(&session).await;
        for (name, value) in [
            ("title", "Mine"),
            ("note", "Old note"),
            ("due_at", "2026-11-28T19:00:30Z"),
        ] {
            assert_eq!(standing[name], value, "{name}");
        }
        for (name, value) in [
            ("server_name", "srv-03"),
            ("reason", "it hangs"),
            ("address", "10.0.0.9"),
        ] {
            assert_eq!(standing["variables"][name]["value"], value, "{name}");
        }
    }
}

#[tokio::test]
async fn who_has_no_part_in_it_prepares_and_changes_nothing() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app.member("lena").prepares(&flow).for_("lena").await;
        let (prepare, start) = (format!("{}/prepare", at(&flow)), format!("{}/start", at(&flow)));
        let edit = format!("{}/edit", path(&session));
        for (name, ofs, ofe) in [("vera", 403, 403), ("sid", 404, 404), ("morgan", 200, 403)] {
            let visitor = Visitor::signed_in(&app, name).await;
            for to in [&prepare, &start] {
                assert_eq!(visitor.get(to).await.status, ofs, "{name} {to}");
            }
            assert_eq!(visitor.get(&edit).await.status, ofe, "{name}");
            assert_eq!(visitor.post(&edit, &[("title", "x")]).await.status, ofe, "{name}");
            if ofs != 200 {
                assert_eq!(visitor.post(&prepare, &[]).await.status, ofs, "{name}");
                assert_eq!(
                    visitor.post(&prepare, &[("do", "look")]).await.status,
                    ofs,
                    "{name}"
                );
                assert_eq!(
                    visitor.post(&start, &[("panel:port", "1")]).await.status,
                    ofs,
                    "{name}"
                );
            }
        }
        let nobody = Visitor::new(&app);
        for to in [&prepare, &start, &edit] {
            assert!(
                nobody.get(to).await.goes_to().starts_with("/sign-in?next="),
                "{to}"
            );
            assert_eq!(nobody.post(to, &[]).await.status, 401, "{to}");
        }
        assert_eq!(sessions(&app, &flow).await.len(), 1);

        // An admin changes details, and no values.
        let adam = Visitor::signed_in(&app, "adam").await;
        adam.get(&edit)
            .await
            .ok()
            .has(&["Who prepared it and its assignee fill its values."])
            .lacks(&["name=\"panel:server_name\""]);
        adam.post(&edit, &[("title", "Adam's")]).await.goes_to();
        assert_eq!(app.member("lena").sees(&session).await["title"], "Adam's");

        // Once it is started, nobody changes it here, and nothing that was typed is lost.
        app.member("lena").does("start", &session).await.with(200);
        let lena = Visitor::signed_in(&app, "lena").await;
        assert_eq!(lena.get(&edit).await.goes_to(), path(&session));
        let page = lena.post(&edit, &[("title", "Too late")]).await;
        assert_eq!(page.status, 409, "{}", page.text);
        page.has(&[
            "started this session meanwhile, so it cannot be edited here",
            "value=\"Too late\"",
        ]);
    }
}

#[tokio::test]
async fn a_flow_leads_to_preparing() {
    for app in apps().await {
        let flow = app.flow().await;
        let to = format!("href=\"{}/prepare\"", at(&flow));
        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get(&at(&flow))
            .await
            .ok()
            .has(&["Prepare session</a>", &to, "/prepare#past\""]);
        lena.get("/flows").await.ok().has(&[&to, "data-key=\"p\""]);
        let vera = Visitor::signed_in(&app, "vera").await;
        for page in [at(&flow), "/flows".to_owned()] {
            vera.get(&page).await.ok().lacks(&[&to]);
        }
        // A draft alone cannot be prepared.
        let mut draft = crate::cast::flow_document();
        draft["title"] = json!("Only a draft");
        let made = app
            .member("lena")
            .post("/flows?draft=true")
            .json(&draft)
            .await
            .with(201);
        let id = made["flow"]["id"].as_str().unwrap().to_owned();
        for what in ["prepare", "start"] {
            assert_eq!(lena.get(&format!("/flows/{id}/{what}")).await.status, 409);
        }
    }
}
