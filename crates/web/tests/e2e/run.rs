//! A session that most tests begin with: Morgan owns it, Lena is its assignee, Ravi may look.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::harness::{Api, Browser, FaultProxy, Site, Stage, until};

/// A flow of three steps. Two fields are required, one is not, and `contact` is a variable that no field declares.
pub(crate) fn cut_over() -> Value {
    json!({
        "title": "Cut over [VAR:server_name]",
        "fields": [
            { "name": "server_name", "label": "Server name", "type": "hostname", "required": true,
              "help": "Short host name, as in the ticket" },
            { "name": "domain", "label": "Domain", "type": "fqdn", "required": true },
            { "name": "ticket", "label": "Ticket" },
        ],
        "sections": [
            { "title": "Prepare", "steps": [
                { "id": "look", "title": "Look at [VAR:server_name]", "minutes": 5,
                  "body": "Sign in to [VAR:server_name] in [VAR:domain] for ticket [VAR:ticket].\n\n\
                           ```bash\nssh [VAR:server_name].[VAR:domain] 'df -h' # [VAR:ticket|sh]\n```\n" },
                { "id": "move", "title": "Move it",
                  "body": "Side by side: [VAR:server_name][VAR:domain], and `[VAR:domain]` as code.\n\n\
                           See [the page of [VAR:server_name]](https://wiki.contoso.example/hosts?name=[VAR:ticket]).\n\n\
                           - [ ] Moved to [VAR:domain]\n- [ ] Told everybody\n" },
            ] },
            { "title": "Afterwards", "steps": [
                { "id": "close", "title": "Close [VAR:ticket]", "body": "Write to [VAR:contact] about [VAR:server_name]." },
            ] },
        ],
    })
}

/// A flow with one field and one step.
pub(crate) fn one_field(field: &Value, body: &str) -> Value {
    json!({ "title": "One field", "fields": [field],
            "sections": [{ "steps": [{ "id": "only", "title": "Do it", "body": body }] }] })
}

/// The prompt of a variable on the step that is shown.
pub(crate) fn prompt(key: &str) -> String {
    format!(".step-prose .hole[data-var=\"{key}\"] .prompt")
}

/// The value of a variable on the step that is shown.
pub(crate) fn value(key: &str) -> String {
    format!(".step-prose .hole[data-var=\"{key}\"] .value")
}

/// Takes the stream away from a page, which is told about anew by asking, as far as the proxy lets it.
pub(crate) async fn without_stream(proxy: &FaultProxy, browser: &Browser) {
    proxy.cut();
    browser.wait_for("#bars .away").await;
    proxy.mend();
}

/// What every hole of a variable shows, filtered ones aside, and the panel behind them.
const SHOWN: &str = "
    const [key] = arguments;
    const holes = [...document.querySelectorAll(`.hole[data-var='${key}']`)].filter((hole) => !hole.dataset.source.includes('|'));
    const control = document.getElementById(`panel-${key}`);
    return [...holes.map((hole) => hole.querySelector('.value')?.textContent ?? null), control.value];";

/// A session on a server of its own.
pub(crate) struct Run {
    /// The server: the demo's, with its people.
    pub(crate) site: Rc<Site>,
    /// The API as the owner of the session.
    pub(crate) morgan: Api,
    /// The API as its assignee.
    pub(crate) lena: Api,
    /// The flow.
    pub(crate) flow: String,
    id: String,
}

impl Run {
    /// A started session of a flow.
    pub(crate) async fn of(stage: &Stage, flow: &Value) -> Self {
        let site = stage.demo().await;
        let (morgan, lena) = (site.api("morgan").await, site.api("lena").await);
        let flow = morgan.does("POST", "/api/v1/flows", flow).await;
        let flow = flow["flow"]["id"].as_str().unwrap().to_owned();
        let session = morgan
            .does("POST", "/api/v1/sessions", &json!({ "flow_id": flow }))
            .await;
        let id = session["id"].as_str().unwrap().to_owned();
        let me = lena.get("/api/v1/me").await;
        let assigned = json!({ "assigned_to_id": me["user_id"] });
        morgan
            .does("PATCH", &format!("/api/v1/sessions/{id}"), &assigned)
            .await;
        Self {
            site,
            morgan,
            lena,
            flow,
            id,
        }
    }

    /// Where its page is.
    pub(crate) fn page(&self) -> String {
        format!("/sessions/{}", self.id)
    }

    /// Where the API has it.
    pub(crate) fn path(&self) -> String {
        format!("/api/v1/sessions/{}", self.id)
    }

    /// Somebody's browser with the session open.
    pub(crate) async fn open(&self, stage: &Stage, name: &str) -> Browser {
        self.open_at(stage, name, self.site.url()).await
    }

    /// Somebody's browser with the session open, by way of a proxy.
    pub(crate) async fn open_at(&self, stage: &Stage, name: &str, url: &str) -> Browser {
        let browser = stage.browser(name, url).await;
        browser.sign_in(self.site.person(name)).await;
        browser.open(&self.page()).await;
        browser.wait_for(".step-title").await;
        // Scripts have come to life, and the stream stands.
        browser.wait_for("[data-action=copy-all], .bar").await;
        browser
    }

    /// Sets variables as somebody does it elsewhere.
    pub(crate) async fn set(&self, api: &Api, variables: &Value) {
        let path = format!("{}/variables", self.path());
        api.does("PATCH", &path, &json!({ "variables": variables })).await;
    }

    /// The value that the server has for a variable.
    pub(crate) async fn variable(&self, name: &str) -> Option<String> {
        let session = self.morgan.get(&self.path()).await;
        session["variables"][name]["value"].as_str().map(str::to_owned)
    }

    /// Waits until the server has this value for a variable.
    pub(crate) async fn until_variable(&self, name: &str, value: Option<&str>) {
        until(&format!("{name} is {value:?} on the server"), async || {
            let seen = self.variable(name).await;
            if seen.as_deref() == value {
                Ok(())
            } else {
                Err(format!("{seen:?}"))
            }
        })
        .await;
    }

    /// A step as the server has it.
    pub(crate) async fn step(&self, id: &str) -> Value {
        let session = self.morgan.get(&self.path()).await;
        let steps = session["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id).unwrap().clone()
    }

    /// Waits until a member of a step is this on the server.
    pub(crate) async fn until_step(&self, id: &str, member: &str, value: &str) {
        until(
            &format!("{member} of {id} is {value:?} on the server"),
            async || {
                let step = self.step(id).await;
                if step[member] == value {
                    Ok(())
                } else {
                    Err(step.to_string())
                }
            },
        )
        .await;
    }

    /// The facts and texts of every event of a kind, oldest first.
    pub(crate) async fn events(&self, kind: &str) -> Vec<Value> {
        let events = self
            .morgan
            .get(&format!("{}/events?limit=200", self.path()))
            .await;
        let events = events["items"].as_array().unwrap().clone();
        events.into_iter().filter(|event| event["kind"] == kind).collect()
    }

    /// The values that a variable was set to, oldest first.
    pub(crate) async fn history(&self, name: &str) -> Vec<String> {
        let events = self.events("variable_set").await;
        let of_it = events.iter().filter(|event| event["facts"]["name"] == name);
        of_it
            .map(|event| event["texts"]["value"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Browser {
    /// Types into the prompt of a variable, and Enter.
    pub(crate) async fn fill(&self, key: &str, text: &str) {
        self.type_into(&prompt(key), text).await;
        self.press("Enter").await;
    }

    /// Waits until nothing waits to be saved any more.
    pub(crate) async fn until_saved(&self) {
        self.wait_for("#save-state[data-state=saved]").await;
    }

    /// Waits until a value stands in every step and in the panel.
    pub(crate) async fn until_everywhere(&self, key: &str, text: &str) {
        self.until(&format!("{key} is {text:?} everywhere"), async || {
            let seen = self.execute(SHOWN, &[json!(key)]).await;
            let all = seen.as_array().unwrap();
            if all.iter().all(|one| one == text) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    }

    /// Waits until a variable is unset: prompts stand in every step.
    pub(crate) async fn until_prompted(&self, key: &str) {
        self.until(&format!("{key} is asked for everywhere"), async || {
            let seen = self.execute(SHOWN, &[json!(key)]).await;
            let all = seen.as_array().unwrap();
            if all.iter().all(|one| one.is_null() || one == "") {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    }

    /// Waits until this is what was copied last.
    pub(crate) async fn until_copied(&self, text: &str) {
        self.until(&format!("{text:?} is copied"), async || {
            let copied = self.clipboard().await;
            if copied == text {
                Ok(())
            } else {
                Err(format!("{copied:?}"))
            }
        })
        .await;
    }

    /// The text of an element, whether it is shown or not.
    pub(crate) async fn content(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.textContent ?? null";
        let content = self.execute(script, &[json!(css)]).await;
        content
            .as_str()
            .unwrap_or_else(|| panic!("there is no {css}"))
            .to_owned()
    }

    /// Opens a step by its place in the rail.
    pub(crate) async fn go_to(&self, step: &str) {
        self.click(&format!("#rail-{step} a")).await;
        self.wait_for(&format!("#step-{step}")).await;
    }

    /// How many keys of what scripts keep on this device begin so.
    pub(crate) async fn kept(&self, prefix: &str) -> Vec<String> {
        let script = "return Object.keys(localStorage).filter((key) => key.startsWith(arguments[0]))";
        let keys = self.execute(script, &[json!(prefix)]).await;
        serde_json::from_value(keys).unwrap()
    }
}
