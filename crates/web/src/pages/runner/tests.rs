//! The parts of the page, drawn with sample data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::event::GENESIS;
use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{Id, UserId};
use resolutionflow_core::session::{Actor, Session, StepRecord, StepRecords, StepState};
use resolutionflow_core::step::StepId;
use resolutionflow_core::variable::{Variable, Variables};
use resolutionflow_store::testing::{self, TestDb};
use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Scene, View};
use super::snapshot::Snapshot;
use super::{bars, page, panel, rail, step};
use crate::config::Settings;
use crate::context::{App, Clock};
use crate::versions::{self, Version};

const MORGAN: UserId = UserId::from_uuid(Uuid::from_u128(1));
const LENA: UserId = UserId::from_uuid(Uuid::from_u128(2));
const VERA: UserId = UserId::from_uuid(Uuid::from_u128(3));

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

/// What a page is drawn from; Morgan owns the session, and Lena is its assignee.
struct Sample {
    app: App,
    version: Version,
    snapshot: Snapshot,
    view: View,
    _test: TestDb,
}

impl Sample {
    async fn of(document: Value) -> Self {
        let test = testing::sqlite(|_| {}).await;
        let app = App::new(Settings::default(), Clock::fixed(at(60)), test.db.clone());
        let parts: FlowParts = serde_json::from_value(document).unwrap();
        let document = FlowDocument::check(parts).unwrap();
        let version = versions::compile(Id::from_uuid(Uuid::nil()), 1, document).unwrap();
        let session = Session {
            id: Id::from_uuid(Uuid::nil()),
            number: 417,
            flow_id: version.flow_id,
            flow_version: 1,
            team_id: Id::from_uuid(Uuid::nil()),
            title: String::new(),
            note: String::new(),
            ticket: String::new(),
            ticket_url: String::new(),
            client: String::new(),
            version: 17,
            head: GENESIS,
            prepared_by_id: Some(VERA),
            assigned_to_id: Some(LENA),
            owner_id: Some(MORGAN),
            created_at: at(0),
            started_at: Some(at(10)),
            completed_at: None,
            discarded_at: None,
            due_at: None,
            updated_at: at(20),
            outcome: None,
            outcome_note: String::new(),
            next_steps: String::new(),
            filled: 0,
            variables: 0,
            missing: 0,
            finished_steps: 0,
            steps: 0,
        };
        let names = [(MORGAN, "Morgan Osei"), (LENA, "Lena Koch"), (VERA, "Vera Ng")];
        let snapshot = Snapshot {
            session,
            variables: Variables::new(),
            steps: StepRecords::new(),
            names: names
                .into_iter()
                .map(|(id, name)| (id, name.to_owned()))
                .collect(),
            present: Vec::new(),
            events: Vec::new(),
            ended_by: None,
            stale: Vec::new(),
            difference: std::sync::Arc::default(),
        };
        Self {
            app,
            version,
            snapshot,
            view: View::default(),
            _test: test,
        }
    }

    /// Somebody set a variable.
    fn set(&mut self, key: &str, value: &str, valid: bool, (by, minutes): (UserId, i64)) {
        let variable = Variable {
            key: key.to_owned(),
            value: Some(value.to_owned()),
            valid,
            version: 3,
            set_by_id: by,
            set_at: at(minutes),
        };
        self.snapshot.variables.insert(key.to_owned(), variable);
    }

    /// Draws something for somebody.
    fn draw(&self, who: UserId, part: impl Fn(&Scene<'_>) -> maud::Markup) -> String {
        let actor = Actor {
            user_id: who,
            role: Role::Engineer,
            team_id: Id::from_uuid(Uuid::nil()),
        };
        let scene = Scene::new(&self.app, &self.snapshot, &self.version, actor, &self.view);
        part(&scene).into_string()
    }

    fn row(&self, who: UserId, key: &str) -> String {
        let (_, known) = self.version.outline.variable(key).unwrap();
        self.draw(who, |scene| panel::row(scene, key, known))
    }
}

#[track_caller]
fn has(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[track_caller]
fn lacks(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(!html.contains(part), "{part} is in {html}");
    }
}

/// A field of each type.
fn typed() -> Value {
    let field = |kind: &str| json!({"name": format!("a_{kind}"), "type": kind, "help": "Help", "options": if kind.contains("select") { json!(["One", "Two"]) } else { json!([]) }});
    let kinds = [
        "text",
        "long_text",
        "number",
        "boolean",
        "date",
        "datetime",
        "select",
        "multi_select",
        "email",
        "url",
        "hostname",
        "fqdn",
        "ip",
        "cidr",
        "mac",
        "port",
    ];
    let body = kinds.map(|kind| format!("[VAR:a_{kind}]")).join(" ");
    json!({"title": "Types", "fields": kinds.map(field), "sections": [{"steps": [{"id": "s", "title": "T", "body": body}]}]})
}

#[tokio::test]
async fn every_type_has_its_prompt_and_its_control() {
    let mut sample = Sample::of(typed()).await;
    let step_html = sample.draw(MORGAN, |scene| step::step(scene, 0));
    has(
        &step_html,
        &[
            "<input class=\"prompt optional\" form=\"fill\" name=\"fill:a_text\" type=\"text\" placeholder=\"a_text\" size=\"12\" value=\"\" dir=\"auto\"",
            "<button class=\"prompt optional\" type=\"button\" aria-label=\"a_long_text\" aria-haspopup=\"dialog\">a_long_text</button>",
            "name=\"fill:a_number\" type=\"text\" inputmode=\"decimal\"",
            "<input type=\"radio\" name=\"fill:a_boolean:hole-s-3\" value=\"true\" form=\"fill\">",
            "name=\"fill:a_date\" type=\"date\"",
            "name=\"fill:a_datetime\" type=\"datetime-local\"",
            "<option value=\"\">a_select</option><option value=\"One\">One</option>",
            "aria-label=\"a_multi_select\" aria-haspopup=\"dialog\"",
            "inputmode=\"email\"",
            "inputmode=\"url\"",
            "inputmode=\"numeric\"",
            "aria-describedby=\"help-a_ip\"",
        ],
    );
    let values = [
        ("a_long_text", "\na"),
        ("a_boolean", "false"),
        ("a_date", "2026-11-28"),
        ("a_datetime", "2026-11-28T20:00:00+01:00"),
        ("a_select", "Three"),
        ("a_multi_select", "One\nTwo"),
    ];
    for (key, value) in values {
        sample.set(key, value, key != "a_select", (MORGAN, 20));
    }
    has(
        &sample.row(MORGAN, "a_long_text"),
        &["<textarea id=\"panel-a_long_text\"", ">\n\na</textarea>"],
    );
    has(
        &sample.row(MORGAN, "a_boolean"),
        &[
            "<fieldset id=\"panel-a_boolean\" class=\"segment control",
            "value=\"false\" checked",
        ],
    );
    has(
        &sample.row(MORGAN, "a_date"),
        &["type=\"date\" value=\"2026-11-28\""],
    );
    has(
        &sample.row(MORGAN, "a_datetime"),
        &["type=\"text\" value=\"2026-11-28T20:00:00+01:00\""],
    );
    has(
        &sample.row(MORGAN, "a_select"),
        &[
            "<option value=\"Three\" selected>",
            "Kept, not one of the options",
            "data-valid=\"false\"",
        ],
    );
    has(
        &sample.row(MORGAN, "a_multi_select"),
        &[
            "multiple",
            "<option value=\"One\" selected>",
            "<option value=\"Two\" selected>",
        ],
    );
    // Who may not fill reads.
    has(&sample.row(VERA, "a_select"), &["disabled"]);
    has(&sample.row(VERA, "a_text"), &["readonly"]);
    let step_html = sample.draw(VERA, |scene| step::step(scene, 0));
    has(
        &step_html,
        &[
            "<span class=\"prompt-label\" title=\"Only Morgan and Lena can fill this\">a_text</span>",
            "<span class=\"value\" dir=\"auto\">false</span>",
        ],
    );
    lacks(&step_html, &["<input", "<select", "<button class=\"value"]);
}

fn cut_over() -> Value {
    json!({
        "title": "Cut-over",
        "fields": [
            {"name": "Server", "label": "Server name", "type": "hostname", "required": true, "help": "Short"},
            {"name": "domain", "required": true},
            {"name": "site", "default": "First"},
        ],
        "sections": [
            {"title": "Prepare [VAR:site]", "body": "About [VAR:domain].", "steps": [
                {"id": "look", "title": "Look at [VAR:server]", "minutes": 5,
                 "body": "[Open `[VAR:server]`](https://[VAR:server]/?d=[VAR:domain])\n\n- [ ] a\n- [x] b\n\n```powershell title=\"On [VAR:site]\"\nx [VAR:server|ps] [VAR:domain]\n```"}]},
            {"title": "After", "steps": [{"id": "end", "title": "End", "kind": "warning", "choices": [
                {"label": "Good [VAR:site]", "step": "look"}]}]},
        ],
    })
}

#[tokio::test]
async fn a_link_has_no_control_inside() {
    let mut sample = Sample::of(cut_over()).await;
    let html = sample.draw(MORGAN, |scene| step::step(scene, 0));
    let link = &html[html.find("<a ").unwrap()..html.find("</a>").unwrap()];
    has(link, &["<span class=\"unset\">Server name</span>"]);
    lacks(link, &["<input", "<button"]);
    let behind = &html[html.find("</a>").unwrap()..html.find("</p>\n<ul").or(html.find("<ul")).unwrap()];
    assert_eq!(behind.matches("class=\"prompt\"").count(), 2, "{behind}");
    sample.set("server", "srv-01", true, (LENA, 20));
    let html = sample.draw(MORGAN, |scene| step::step(scene, 0));
    let behind = &html[html.find("</a>").unwrap()..html.find("<ul").unwrap()];
    assert_eq!(behind.matches("class=\"prompt\"").count(), 1, "{behind}");
    has(
        &html,
        &["<span class=\"value\" dir=\"auto\">srv-01</span></span></code></a>"],
    );
    let html = sample.draw(VERA, |scene| step::step(scene, 0));
    let behind = &html[html.find("</a>").unwrap()..html.find("<ul").unwrap()];
    lacks(behind, &["hole"]);
}

#[tokio::test]
async fn a_step_shows_its_command_its_tasks_and_what_was_recorded() {
    let mut sample = Sample::of(cut_over()).await;
    sample.set("server", "srv-01", true, (LENA, 20));
    let id = StepId::parse("look").unwrap();
    let record = StepRecord {
        step_id: id.clone(),
        state: StepState::Skipped,
        note: "<b>".into(),
        output: String::new(),
        reason: "no need".into(),
        choice: String::new(),
        checked: BTreeSet::from([0]),
        version: 4,
        changed_by_id: LENA,
        changed_at: at(30),
        finished_at: Some(at(30)),
        finished_by_id: Some(LENA),
    };
    sample.snapshot.steps.insert(id, record);
    let html = sample.draw(MORGAN, |scene| step::step(scene, 0));
    has(
        &html,
        &[
            "class=\"step kind-action\" id=\"step-look\" data-step=\"look\" data-version=\"17\" hidden",
            "Step 1 of 2 · about 5 min",
            "id=\"hole-section-0-0\"",
            "id=\"hole-look-title-0\" data-var=\"server\" data-source=\"[VAR:server]\" data-required",
            "<figure class=\"command\" id=\"command-look-0\" data-language=\"powershell\"><figcaption><span>PowerShell</span>",
            "<span class=\"command-title\" dir=\"auto\">On First</span><span class=\"missing\">1 value missing</span>",
            "aria-label=\"Server name: &#39;srv-01&#39;. Edit\""
                .replace("&#39;", "'")
                .as_str(),
            "</figcaption><pre tabindex=\"0\"><code",
            "data-task=\"0\" name=\"check\" value=\"0\" form=\"actions-look\" checked",
            "data-task=\"1\" name=\"check\" value=\"1\" checked disabled",
            "<input type=\"hidden\" name=\"box\" value=\"0\">",
            "<div class=\"record-note\">",
            ">\n&lt;b&gt;</textarea>",
            "<details class=\"output blank\">",
            "Skipped by Lena, ",
            ": no need",
            "name=\"step_version\" value=\"4\"",
            "data-action=\"reopen-step\"",
        ],
    );
    lacks(
        &html,
        &["name=\"box\" value=\"1\"", "data-action=\"done\"", "reason-row"],
    );
    let html = sample.draw(MORGAN, |scene| step::step(scene, 1));
    has(
        &html,
        &[
            "kind-warning",
            "· Careful",
            "name=\"choice\" value=\"Good [VAR:site]\" data-to=\"look\" dir=\"auto\">Good First<",
            "reason-row",
            "data-action=\"skip\"",
        ],
    );
    lacks(&html, &["data-action=\"done\"", " hidden aria"]);
    let html = sample.draw(VERA, |scene| step::step(scene, 0));
    has(
        &html,
        &[
            "<p class=\"note-text\" dir=\"auto\">&lt;b&gt;</p>",
            "Skipped by Lena",
        ],
    );
    lacks(&html, &["<form", "<textarea"]);
}

#[tokio::test]
async fn the_rail_counts_what_is_missing() {
    let mut sample = Sample::of(cut_over()).await;
    let html = sample.draw(MORGAN, rail::rail);
    has(
        &html,
        &[
            "0 of 2 steps",
            "<li class=\"rail-section\">Prepare First</li>",
            "href=\"?step=look\" aria-current=\"step\"",
            "Look at Server name</span>",
            "<span class=\"count\" aria-hidden=\"true\">2</span>",
        ],
    );
    sample.set("domain", "", true, (LENA, 20));
    sample.set("server", "srv-01", true, (LENA, 20));
    has(
        &sample.draw(MORGAN, rail::rail),
        &["Look at srv-01</span>", ">1</span>", "1 value missing"],
    );
    sample.view.step = Some("end".into());
    has(
        &sample.draw(MORGAN, rail::rail),
        &["href=\"?step=end\" aria-current=\"step\"", "2 of 2</button>"],
    );
}

#[tokio::test]
async fn rows_say_how_a_variable_stands() {
    let mut sample = Sample::of(cut_over()).await;
    has(
        &sample.row(MORGAN, "server"),
        &[
            "class=\"field-row missing\"",
            "data-kind=\"hostname\" data-required data-version=\"0\" data-steps=\"look\" data-value=\"\" data-fragment=\"17\"",
            ">Required<",
            "<span class=\"star\" aria-hidden=\"true\">*</span>",
            "<p class=\"help\" id=\"help-server\">Short</p>",
            "Used in 1 step",
            "name=\"seen:Server\" value=\"0\"",
        ],
    );
    has(
        &sample.row(MORGAN, "site"),
        &[
            "class=\"field-row filled\"",
            "data-default=\"First\"",
            ">Default<",
            "value=\"First\"",
        ],
    );
    lacks(&sample.row(MORGAN, "site"), &["data-set", "data-required"]);
    sample.set("server", "a b", false, (LENA, 20));
    has(
        &sample.row(MORGAN, "server"),
        &[
            "field-row invalid",
            "data-set data-valid=\"false\" data-by=\"00000000-0000-0000-0000-000000000002\"",
            "Kept, not a host name",
            "class=\"local-note warn\"",
        ],
    );
    sample.set("server", "", true, (LENA, 20));
    has(
        &sample.row(MORGAN, "server"),
        &["field-row missing", "data-set", "Empty on purpose"],
    );
    sample.set("domain", "x", true, (VERA, 5));
    has(
        &sample.row(MORGAN, "domain"),
        &["Prepared by Vera", "field-row filled"],
    );
    sample.set("domain", "x", true, (VERA, 15));
    has(
        &sample.row(MORGAN, "domain"),
        &["Vera, <time datetime=\"1970-01-01T00:15:00Z\""],
    );
    sample.set("domain", "x", true, (MORGAN, 15));
    has(&sample.row(MORGAN, "domain"), &["You, <time"]);
    has(
        &sample.draw(MORGAN, panel::title),
        &["data-version=\"17\"", "2 of 3 filled"],
    );
}

#[tokio::test]
async fn bars_say_where_the_session_is() {
    let mut sample = Sample::of(cut_over()).await;
    lacks(&sample.draw(MORGAN, bars::bars), &["class=\"bar"]);
    has(
        &sample.draw(VERA, bars::bars),
        &["You are watching. Morgan owns this session."],
    );
    has(
        &sample.draw(MORGAN, bars::top_session),
        &[
            "href=\"/sessions/00000000-0000-0000-0000-000000000000/finish\"",
            ">2</span>",
        ],
    );
    let session = &mut sample.snapshot.session;
    (session.started_at, session.owner_id, session.note) = (None, None, "<after 20:00>".into());
    let prepared = sample.draw(LENA, bars::bars);
    has(
        &prepared,
        &[
            "Prepared by Vera for you, ",
            ": “&lt;after 20:00&gt;”",
            "/start\"",
        ],
    );
    lacks(&prepared, &["/take\"", "watching"]);
    sample.snapshot.session.assigned_to_id = None;
    has(
        &sample.draw(MORGAN, bars::bars),
        &["for anyone in the team", "/start\"", "/take\""],
    );
    let session = &mut sample.snapshot.session;
    (session.started_at, session.owner_id, session.completed_at) = (Some(at(10)), Some(MORGAN), Some(at(50)));
    sample.snapshot.ended_by = Some(LENA);
    let ended = sample.draw(MORGAN, bars::bars);
    has(&ended, &["Lena completed this session", "/report\"", "/reopen\""]);
    lacks(&sample.draw(VERA, bars::bars), &["watching"]);
    let page = sample.draw(MORGAN, |scene| page::runner(scene).unwrap());
    has(
        &page,
        &[
            "data-may=\"note reopen\"",
            "data-status=\"completed\"",
            "title=\"This session has ended\"",
        ],
    );
    lacks(&page, &["class=\"prompt\""]);
}

/// Prints how long it takes to draw a page; run it in a release build.
#[tokio::test]
#[ignore = "measures, and asserts nothing"]
async fn time_of_a_large_page() {
    let names: Vec<_> = (0..40).map(|number| format!("value_{number}")).collect();
    let steps: Vec<_> = (0..20)
        .map(|number| {
            let mut body = String::new();
            for paragraph in 0..8 {
                let name = &names[(number * 3 + paragraph) % names.len()];
                let _ = write!(body, "Sign in to [VAR:{name}] and look at `[VAR:{name}]`. {}\n\n", "Word ".repeat(20));
                let _ = write!(body, "```powershell\nGet-Item -Path [VAR:{name}|ps] -Force\n```\n\n");
            }
            json!({"id": format!("step-{number}"), "title": format!("Step on [VAR:{}]", names[number]), "body": body})
        })
        .collect();
    let fields: Vec<_> = names
        .iter()
        .map(|name| json!({"name": name, "required": true}))
        .collect();
    let document = json!({"title": "Large", "fields": fields, "sections": [{"steps": steps}]});
    let size: usize = steps_size(&document);
    let mut sample = Sample::of(document).await;
    for name in names.iter().step_by(2) {
        sample.set(name, "srv-01.corp.contoso.example", true, (LENA, 20));
    }
    let mut times = BTreeMap::new();
    for round in 0..200 {
        let started = Instant::now();
        let page = sample.draw(MORGAN, |scene| page::runner(scene).unwrap());
        times.insert((started.elapsed(), round), page.len());
    }
    let ((median, _), bytes) = times.iter().nth(100).unwrap();
    println!("{size} bytes of bodies, {bytes} bytes of page: {median:?}");
}

fn steps_size(document: &Value) -> usize {
    let steps = document["sections"][0]["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["body"].as_str().unwrap().len())
        .sum()
}
