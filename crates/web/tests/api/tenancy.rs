//! Another account's things do not exist: made from the description of the API, so that no operation is forgotten.
//!
//! For each operation, each place where it takes an identifier gets one of Contoso's while Sid of another account
//! asks, and then one that never was; the two answers may not differ. An operation with a parameter or member that
//! is not known here fails the test: say below what goes in it.

use std::collections::{BTreeMap, BTreeSet};

use resolutionflow::app;
use resolutionflow_core::event::Event;
use serde_json::{Map, Value, json};

use crate::asking::{Answer, Ask, Client};
use crate::cast::{PASSWORD, TestApp, apps, flow_document, path};

/// Operations for whom nobody has to sign in; `refresh.rs` shows that each does only what its own secret allows.
pub(crate) const OPEN_TO_ALL: [&str; 3] = ["login", "refresh", "logout"];

/// Unsafe operations that a viewer may do: they touch what is their own alone.
const OPEN_TO_VIEWERS: [&str; 5] = [
    "change_me",
    "create_token",
    "revoke_token",
    "read_notifications",
    "choose_notifications",
];

/// What a viewer may not even read.
const CLOSED_TO_VIEWERS: [&str; 3] = ["list_audit", "export_audit", "list_invites"];

/// Where the answer to a stranger is not 404 but, by design, a refusal of the member or an empty list.
const OTHER_ANSWERS: [(&str, &str, u16); 15] = [
    ("transfer_account", "to", 422),
    ("change_member", "team_id", 422),
    // An assignee is a member of the account: a stranger is not one, whoever they are.
    ("prepare_session", "assigned_to_id", 422),
    ("change_session", "assigned_to_id", 422),
    ("list_audit", "actor_id", 200),
    ("list_sessions", "flow_id", 200),
    ("list_sessions", "assigned_to_id", 200),
    ("list_sessions", "prepared_by_id", 200),
    ("list_sessions", "owner_id", 200),
    ("list_sessions", "team_id", 200),
    ("export_sessions", "flow_id", 200),
    ("export_sessions", "assigned_to_id", 200),
    ("export_sessions", "prepared_by_id", 200),
    ("export_sessions", "owner_id", 200),
    ("export_sessions", "team_id", 200),
];

/// What an identifier names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Flow,
    Invite,
    Session,
    Team,
    Token,
    User,
}

/// Identifiers to fill in.
pub(crate) type Things = BTreeMap<Thing, String>;

/// What goes in a place of a request.
enum Filling {
    Identifier(Thing),
    Text(Value),
    /// It may stay away.
    Nothing,
}

/// What goes in a parameter of the path.
fn path_filling(template: &str, name: &str) -> Option<Filling> {
    Some(match (template.split('/').next()?, name) {
        ("flows", "id") => Filling::Identifier(Thing::Flow),
        ("sessions", "id") => Filling::Identifier(Thing::Session),
        ("invites", "id") => Filling::Identifier(Thing::Invite),
        ("members", "id") => Filling::Identifier(Thing::User),
        ("teams", "id") => Filling::Identifier(Thing::Team),
        ("tokens", "id") => Filling::Identifier(Thing::Token),
        ("sessions", "step") => Filling::Text(json!("look")),
        ("flows", "version") => Filling::Text(json!("1")),
        _ => return None,
    })
}

/// What goes in a parameter of the query or a member of a body.
fn filling(name: &str) -> Option<Filling> {
    Some(match name {
        "flow_id" | "into" => Filling::Identifier(Thing::Flow),
        "assigned_to_id" | "prepared_by_id" | "owner_id" | "actor_id" | "to" => {
            Filling::Identifier(Thing::User)
        }
        "team_id" => Filling::Identifier(Thing::Team),
        "email" => Filling::Text(json!("sid@example.com")),
        "password" => Filling::Text(json!(PASSWORD)),
        "role" => Filling::Text(json!("viewer")),
        "code" => Filling::Text(json!("rf_ic_x")),
        "refresh_token" => Filling::Text(json!("rf_rt_x")),
        "text" | "name" => Filling::Text(json!("something")),
        "variables" | "choices" => Filling::Text(json!({})),
        "action" | "from" | "until" | "limit" | "unread" | "ids" | "all" | "handover_note"
        | "flow_version" | "stale_days" | "missing" | "due_after" | "due_before" | "sort" | "cursor"
        | "q" | "tag" | "status" | "started_after" | "started_before" | "completed_after"
        | "completed_before" | "dry_run" | "draft" | "placeholders" | "file_name" | "format" | "version"
        | "unset" | "up_to" | "summary_first" | "times" | "mask" | "after" | "expires_in_days" | "title"
        | "note" | "due_at" | "outcome" | "outcome_note" | "next_steps" | "state" | "output" | "reason"
        | "choice" | "checks" | "expected_version" | "expected" | "keep_invalid" | "mail_daily"
        | "emails" | "account_id" | "uses" | "ticket" | "ticket_url" | "client" | "disabled" | "scopes"
        | "sessions_to" | "active_to" => Filling::Nothing,
        _ => return None,
    })
}

/// One operation of the description.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    /// Its path without the prefix of the API.
    pub(crate) template: String,
    parameters: Vec<(String, String)>,
    body: Body,
}

enum Body {
    None,
    Markdown,
    Flow,
    /// Its members, and which are required.
    Members(Vec<(String, bool)>),
}

impl Operation {
    /// Every operation of the description.
    pub(crate) fn all() -> Vec<Self> {
        let document: Value = serde_json::to_value(app::openapi()).unwrap();
        let mut all = Vec::new();
        for (template, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                all.push(Self::read(&document, template, method, operation));
            }
        }
        assert!(all.len() > 25, "the description has lost operations");
        all
    }

    fn read(document: &Value, template: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| {
            let text = |name: &str| parameter[name].as_str().unwrap().to_owned();
            (text("in"), text("name"))
        });
        let id = operation["operationId"].as_str().unwrap().to_owned();
        let content = operation["requestBody"]["content"].as_object();
        let body = match content.map(|content| content.iter().next().unwrap()) {
            None => Body::None,
            Some((kind, _)) if kind == "text/markdown" => Body::Markdown,
            Some((kind, content)) => {
                assert_eq!(kind, "application/json", "{id} has a body of an unknown kind");
                Self::members(document, &id, &content["schema"])
            }
        };
        Self {
            id,
            method: method.to_uppercase(),
            template: template.trim_start_matches("/api/v1/").to_owned(),
            parameters: parameters.collect(),
            body,
        }
    }

    fn members(document: &Value, id: &str, schema: &Value) -> Body {
        let one_of = schema["oneOf"].as_array().into_iter().flatten();
        let reference = std::iter::once(schema)
            .chain(one_of)
            .find_map(|schema| schema["$ref"].as_str());
        let Some(reference) = reference else {
            assert!(
                ["create_flow", "save_draft"].contains(&id),
                "{id} has a body without a description"
            );
            return Body::Flow;
        };
        let schema = &document["components"]["schemas"][reference.rsplit('/').next().unwrap()];
        let required: BTreeSet<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let members = schema["properties"].as_object().unwrap().keys();
        Body::Members(
            members
                .map(|name| (name.clone(), required.contains(name.as_str())))
                .collect(),
        )
    }

    fn safe(&self) -> bool {
        self.method == "GET"
    }

    /// The places of the request that take an identifier.
    fn places(&self) -> Vec<(String, Thing)> {
        let mut places = Vec::new();
        for (place, name) in &self.parameters {
            let filling = match place.as_str() {
                "path" => path_filling(&self.template, name),
                "query" => filling(name),
                "header" if ["Idempotency-Key", "If-Match", "Last-Event-ID"].contains(&name.as_str()) => {
                    Some(Filling::Nothing)
                }
                _ => None,
            };
            match filling {
                Some(Filling::Identifier(thing)) => places.push((name.clone(), thing)),
                Some(_) => {}
                None => panic!(
                    "{}: say in tenancy.rs what goes in {name} of the {place}",
                    self.id
                ),
            }
        }
        if let Body::Members(members) = &self.body {
            for (name, _) in members {
                match filling(name) {
                    Some(Filling::Identifier(thing)) => places.push((name.clone(), thing)),
                    Some(_) => {}
                    None => panic!("{}: say in tenancy.rs what goes in {name} of the body", self.id),
                }
            }
        }
        places
    }

    /// The request with the asker's own things everywhere but in one place.
    pub(crate) fn request(&self, client: &Client, own: &Things, other: Option<(&str, &str)>) -> Ask {
        let identifier = |name: &str, thing: Thing| match other {
            Some((place, id)) if place == name => id.to_owned(),
            _ => own[&thing].clone(),
        };
        let named = |name: &str| other.is_some_and(|(place, _)| place == name);
        let mut path = format!("/{}", self.template);
        let mut query = Vec::new();
        for (place, name) in &self.parameters {
            if place == "path" {
                let text = match path_filling(&self.template, name).unwrap() {
                    Filling::Identifier(thing) => identifier(name, thing),
                    Filling::Text(text) => text.as_str().unwrap().to_owned(),
                    Filling::Nothing => unreachable!("a path has no holes"),
                };
                path = path.replace(&format!("{{{name}}}"), &text);
            } else if place == "query"
                && named(name)
                && let Some(Filling::Identifier(thing)) = filling(name)
            {
                query.push(format!("{name}={}", identifier(name, thing)));
            }
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let ask = client.ask(&self.method, path);
        match &self.body {
            Body::None => ask,
            Body::Markdown => ask.body("text/markdown", "# Restart\n\n1. Restart <server-name>.\n"),
            Body::Flow => ask.json(&flow_document()),
            Body::Members(members) => {
                let mut body = Map::new();
                for (name, required) in members {
                    let value = match filling(name).unwrap() {
                        Filling::Identifier(thing) if *required || named(name) => {
                            json!(identifier(name, thing))
                        }
                        Filling::Text(text) if *required => text,
                        _ => continue,
                    };
                    body.insert(name.clone(), value);
                }
                ask.json(&Value::Object(body))
            }
        }
    }
}

/// A flow with a draft, a prepared session and a token of somebody; what each identifier in a request may name.
pub(crate) async fn things_of(app: &TestApp, name: &str) -> Things {
    let member = app.member(name);
    let flow = member.creates(&flow_document()).await;
    let id = flow["id"].as_str().unwrap();
    member
        .put(format!("/flows/{id}/draft"))
        .json(&flow_document())
        .await
        .with(200);
    let session = member.prepares(&flow).with("server_name", "secret-host").await;
    let token = member
        .post("/tokens")
        .json(&json!({"name": "report"}))
        .await
        .with(201);
    let invite = json!({"role": "viewer", "emails": ["ravi@example.com"]});
    // Not everybody invites; who does is of the same account.
    let inviter = app.member(if name == "sid" { "sid" } else { "olivia" });
    let sent = inviter.post("/invites").json(&invite).await.with(201);
    let me = member.get("/me").await.with(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Things::from([
        (Thing::Flow, text(&flow["id"])),
        (Thing::Invite, text(&sent["items"][0]["id"])),
        (Thing::Session, text(&session["id"])),
        (Thing::Team, text(&me["team_id"])),
        (Thing::Token, text(&token["id"])),
        (Thing::User, member.user_id.to_string()),
    ])
}

/// Everything of Contoso's that a stranger could have changed.
async fn state(app: &TestApp, things: &Things) -> (Vec<Event>, Vec<Value>) {
    let olivia = app.member("olivia");
    let session = json!({"id": things[&Thing::Session]});
    let events = app.verified_events(olivia.account, &session).await;
    let mut seen = Vec::new();
    let flow = format!("/flows/{}", things[&Thing::Flow]);
    for path in [
        "/flows",
        "/sessions",
        "/members",
        "/tokens",
        "/invites",
        &flow,
        &path(&session),
    ] {
        seen.push(olivia.get(path).await.with(200));
    }
    seen.push(olivia.get(format!("{flow}/draft")).await.with(200));
    (events, seen)
}

/// An identifier that never was.
const NEVER: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test]
async fn what_belongs_to_another_account_never_was() {
    for app in apps().await {
        let theirs = things_of(&app, "olivia").await;
        let own = things_of(&app, "sid").await;
        let before = state(&app, &theirs).await;
        let sid = app.member("sid");
        let ask = |operation: &Operation, place: &str, id: &str| {
            operation
                .request(&sid.client, &own, Some((place, id)))
                .token(&sid.token)
        };
        let mut tried = 0;
        for operation in Operation::all() {
            for (place, thing) in operation.places() {
                let name = format!("{} with another account's {place}", operation.id);
                let answer = ask(&operation, &place, &theirs[&thing]).await;
                let never = ask(&operation, &place, NEVER).await;
                assert_eq!(answer.comparable(), never.comparable(), "{name}");
                let other = OTHER_ANSWERS
                    .iter()
                    .find(|(id, other, _)| *id == operation.id && *other == place);
                match other.map_or(404, |(_, _, status)| *status) {
                    404 => assert_eq!(answer.problem("not-found")["status"], 404, "{name}"),
                    422 => drop(answer.problem_at("unprocessable", &format!("/{place}"))),
                    _ if operation.id == "export_sessions" => {
                        assert_eq!(
                            answer.text().lines().count(),
                            1,
                            "{name}: only the head of the table"
                        );
                    }
                    _ => assert_eq!(answer.with(200)["items"], json!([]), "{name}"),
                }
                tried += 1;
            }
        }
        assert!(tried > 25, "{tried} places were tried");
        assert_eq!(
            state(&app, &theirs).await,
            before,
            "nothing of the account has changed"
        );
    }
}

#[tokio::test]
async fn lists_show_nothing_of_another_account() {
    for app in apps().await {
        let theirs = things_of(&app, "olivia").await;
        let own = things_of(&app, "sid").await;
        let sid = app.member("sid");
        for operation in Operation::all().iter().filter(|operation| operation.safe()) {
            let answer = operation.request(&sid.client, &own, None).token(&sid.token).await;
            assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.text());
            for (thing, id) in &theirs {
                assert!(!answer.text().contains(id), "{} shows a {thing:?}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn nobody_without_a_token_gets_in() {
    for app in apps().await {
        let things = things_of(&app, "olivia").await;
        let before = state(&app, &things).await;
        let nobody = app.nobody();
        for operation in Operation::all() {
            if OPEN_TO_ALL.contains(&operation.id.as_str()) {
                continue;
            }
            let missing = operation.request(&nobody, &things, None).await;
            missing.problem("unauthorized");
            assert_eq!(missing.headers["www-authenticate"], "Bearer", "{}", operation.id);
            for wrong in [
                format!("rf_pat_{}", "x".repeat(43)),
                format!("rf_at_{}", "x".repeat(43)),
                "nonsense".to_owned(),
            ] {
                let answer = operation.request(&nobody, &things, None).token(&wrong).await;
                answer.problem("unauthorized");
            }
        }
        assert_eq!(state(&app, &things).await, before);
    }
}

#[tokio::test]
async fn viewers_look_and_touch_nothing() {
    for app in apps().await {
        let mut things = things_of(&app, "olivia").await;
        let before = state(&app, &things).await;
        let vera = app.member("vera");
        let token = vera
            .post("/tokens")
            .json(&json!({"name": "mine"}))
            .await
            .with(201);
        things.insert(Thing::Token, token["id"].as_str().unwrap().to_owned());
        for operation in Operation::all() {
            let id = operation.id.as_str();
            // Whoever leaves is nobody for the rest: that is shown below.
            // An invite leads elsewhere; `letting_in.rs` shows who may follow one.
            if OPEN_TO_ALL.contains(&id) || ["leave_account", "accept_invite"].contains(&id) {
                continue;
            }
            let answer: Answer = operation
                .request(&vera.client, &things, None)
                .token(&vera.token)
                .await;
            let may = operation.safe() && !CLOSED_TO_VIEWERS.contains(&id) || OPEN_TO_VIEWERS.contains(&id);
            if may {
                assert!(answer.status < 300, "{}: {}", operation.id, answer.text());
            } else {
                answer.problem("forbidden");
            }
        }
        assert_eq!(state(&app, &things).await, before);
        vera.post("/account/leave").json(&json!({})).await.with(204);
    }
}

#[tokio::test]
async fn a_document_that_names_a_strangers_flow_makes_a_flow_of_ones_own() {
    for app in apps().await {
        let theirs = things_of(&app, "olivia").await;
        let before = state(&app, &theirs).await;
        let sid = app.member("sid");
        let mut answers = Vec::new();
        for id in [theirs[&Thing::Flow].as_str(), NEVER] {
            let text = format!("---\nid: {id}\ntitle: Mine\n---\n\n## Look {{#look}}\n\nLook.\n");
            let answer = sid.post("/flows/import").body("text/markdown", text).await;
            assert_eq!(answer.with(201)["flow"]["id"], id);
            let (status, headers, body) = answer.comparable();
            answers.push((status, headers, body.replace(id, "FLOW")));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(state(&app, &theirs).await, before);
    }
}
