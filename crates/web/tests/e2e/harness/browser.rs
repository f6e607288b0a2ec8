//! A person's browser: what its page shows. What a person does with it, and how the browser is set up, stand beside.

mod acting;
mod command;
mod setting;

use std::cell::RefCell;
use std::rc::Rc;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::artifacts;
use super::environment::{self, variable};
use super::waiting::until_or;
use command::Vendor;

pub(crate) use setting::Theme;

/// Reports violations of the Content Security Policy to the console, where they outlive the page.
const VIOLATIONS: &str = "document.addEventListener('securitypolicyviolation', (event) => console.error(
    `CSP violation: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));";

/// Finds the element of a target; see `harness`.
const LOCATE: &str = "
    const [css, text] = arguments;
    const shown = (element) => (element.innerText ?? element.textContent ?? '').replace(/\\s+/g, ' ');
    const fitting = [...document.querySelectorAll(css)].filter((element) => text === null || shown(element).includes(text));
    return fitting.find((element) => element.checkVisibility()) ?? fitting[0] ?? null;";

/// The key under which `WebDriver` writes an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with a profile of its own; clones are the same browser.
#[derive(Clone)]
pub(crate) struct Browser(Rc<Inner>);

struct Inner {
    client: Client,
    name: String,
    base: String,
    console: RefCell<Vec<Value>>,
    may_log: RefCell<Vec<String>>,
    media: RefCell<Vec<(String, String)>>,
    prepared: RefCell<Vec<WindowHandle>>,
}

impl Browser {
    pub(super) async fn start(name: &str, base: &str) -> Self {
        let capabilities = setting::capabilities();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&variable("E2E_DRIVER_URL"))
            .await
            .unwrap_or_else(|error| panic!("no browser starts: {error}"));
        let browser = Self(Rc::new(Inner {
            client,
            name: name.to_owned(),
            base: base.trim_end_matches('/').to_owned(),
            console: RefCell::default(),
            may_log: RefCell::default(),
            media: RefCell::default(),
            prepared: RefCell::default(),
        }));
        browser.tab(0).await;
        browser.allow_clipboard().await;
        browser
    }

    pub(super) async fn close(self) {
        // Where it has crashed, its driver cleans up at the end of the run.
        let _ = self.0.client.clone().close().await;
    }

    /// Whose browser it is.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// The path of the page, with its query and fragment.
    pub(crate) async fn path(&self) -> String {
        let url = self.done("the address of the page", self.0.client.current_url().await);
        let url = url.as_str();
        url.strip_prefix(&self.0.base).unwrap_or(url).to_owned()
    }

    /// The title of the page.
    pub(crate) async fn title(&self) -> String {
        self.done("the title of the page", self.0.client.title().await)
    }

    /// The element of a target, once it is there.
    pub(crate) async fn find(&self, target: &str) -> Element {
        self.with("finds", target, async |element| Ok(element)).await
    }

    /// Waits until the element is visible.
    pub(crate) async fn wait_for(&self, target: &str) {
        self.until(&format!("{target} is visible"), async || {
            let seen = format!("on {}", self.path().await);
            self.is_visible(target).await.then_some(()).ok_or(seen)
        })
        .await;
    }

    /// Waits until no such element is visible.
    pub(crate) async fn wait_gone(&self, target: &str) {
        self.until(&format!("{target} is gone"), async || {
            let seen = "it is visible".to_owned();
            (!self.is_visible(target).await).then_some(()).ok_or(seen)
        })
        .await;
    }

    /// Whether such an element is there now.
    pub(crate) async fn exists(&self, target: &str) -> bool {
        self.done(target, self.locate(target).await).is_some()
    }

    /// Whether such an element is there now and can be seen.
    pub(crate) async fn is_visible(&self, target: &str) -> bool {
        match self.done(target, self.locate(target).await) {
            // One that has gone meanwhile is not visible.
            Some(element) => element.is_displayed().await.unwrap_or(false),
            None => false,
        }
    }

    /// How many elements a selector has now.
    pub(crate) async fn count(&self, css: &str) -> usize {
        let count = self
            .execute(
                "return document.querySelectorAll(arguments[0]).length",
                &[json!(css)],
            )
            .await;
        usize::try_from(count.as_u64().unwrap()).unwrap()
    }

    /// The text that an element shows.
    pub(crate) async fn text_of(&self, target: &str) -> String {
        self.with("reads", target, async |element| element.text().await)
            .await
    }

    /// The value of a control.
    pub(crate) async fn value_of(&self, target: &str) -> String {
        let value = self.with("reads", target, async |element| element.prop("value").await);
        value.await.unwrap_or_default()
    }

    /// An attribute of an element.
    pub(crate) async fn attribute_of(&self, target: &str, name: &str) -> Option<String> {
        self.with("reads", target, async |element| element.attr(name).await)
            .await
    }

    /// Which element has the focus: `#id`, else its name, `data-action` or text, behind the tag.
    pub(crate) async fn focused(&self) -> String {
        let focused = self
            .execute(
                "const it = document.activeElement;
                 if (it === null) return '';
                 if (it.id) return '#' + it.id;
                 const tag = it.localName;
                 if (it.name) return `${tag}[name=${it.name}]`;
                 if (it.dataset.action) return `${tag}[data-action=${it.dataset.action}]`;
                 return it === document.body ? tag : `${tag} >> ${it.textContent.trim().slice(0, 60)}`;",
                &[],
            )
            .await;
        focused.as_str().unwrap().to_owned()
    }

    /// What its page is busy with: for a test that failed where nobody can look.
    pub(super) async fn where_it_is(&self) -> String {
        let script = "const dialogs = [...document.querySelectorAll('dialog[open]')].map(({ id }) => id);
             const focus = document.activeElement?.outerHTML.slice(0, 200);
             const last = performance.getEntriesByType('resource').slice(-8)
               .map(({ name, responseStatus, duration }) => `${name} ${responseStatus} ${Math.round(duration)} ms`);
             return JSON.stringify({ page: location.href, ready: document.readyState, dialogs, focus, last }, null, 1);";
        let seen = match self.0.client.execute(script, Vec::new()).await {
            Ok(seen) => seen.as_str().unwrap_or_default().to_owned(),
            Err(error) => error.to_string(),
        };
        format!("{}: {seen}\n{}", self.0.name, self.console().await.join("\n"))
    }

    /// Waits as the free function does, and says on which page whose browser was.
    pub(crate) async fn until<T>(&self, what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
        match until_or(look).await {
            Ok(found) => found,
            Err(seen) => panic!(
                "{}, on {}: waited until {what}; last seen: {seen}",
                self.0.name,
                self.path().await
            ),
        }
    }

    /// Waits until an element's text contains this.
    pub(crate) async fn until_text(&self, target: &str, text: &str) {
        self.until(&format!("{target} shows {text:?}"), async || {
            let seen = self.text_of(target).await;
            if seen.contains(text) {
                Ok(())
            } else {
                Err(format!("{seen:?}"))
            }
        })
        .await;
    }

    /// Waits until a control has this value.
    pub(crate) async fn until_value(&self, target: &str, value: &str) {
        self.until(&format!("{target} has the value {value:?}"), async || {
            let seen = self.value_of(target).await;
            if seen == value {
                Ok(())
            } else {
                Err(format!("{seen:?}"))
            }
        })
        .await;
    }

    /// Waits until the path of the page begins with this.
    pub(crate) async fn until_path(&self, path: &str) {
        self.until(&format!("the path is {path}"), async || {
            let seen = self.path().await;
            if seen.starts_with(path) { Ok(()) } else { Err(seen) }
        })
        .await;
    }

    /// Runs a script in the page; `arguments` holds what is passed, `return` answers. A Content Security Policy does
    /// not apply to it.
    pub(crate) async fn execute(&self, script: &str, arguments: &[Value]) -> Value {
        self.done(
            "a script",
            self.0.client.execute(script, arguments.to_vec()).await,
        )
    }

    /// As `execute`, for a script that answers by calling the last of its `arguments`.
    pub(crate) async fn execute_async(&self, script: &str, arguments: &[Value]) -> Value {
        self.done(
            "a script",
            self.0.client.execute_async(script, arguments.to_vec()).await,
        )
    }

    /// Everything that the browser has logged until now, a line an entry: level, source, message.
    pub(crate) async fn console(&self) -> Vec<String> {
        self.read_console().await;
        self.0.console.borrow().iter().map(line).collect()
    }

    /// From now until the end this browser may log errors that contain this, such as a refusal that is meant.
    pub(crate) fn may_log(&self, part: &str) {
        self.0.may_log.borrow_mut().push(part.to_owned());
    }

    /// Errors in the log that are not allowed.
    pub(super) async fn complaints(&self) -> Vec<String> {
        self.read_console().await;
        let may_log = self.0.may_log.borrow();
        let console = self.0.console.borrow();
        let errors = console.iter().filter(|entry| entry["level"] == "SEVERE");
        errors
            .map(line)
            .filter(|line| !may_log.iter().any(|part| line.contains(part)))
            .collect()
    }

    /// Keeps a picture of the whole page where `--screenshots` names a directory.
    pub(crate) async fn screenshot(&self, name: &str) {
        if let Some(directory) = environment::screenshots() {
            let picture = self.done("a picture", self.picture().await);
            artifacts::put(&directory.join(format!("{name}.png")), &picture).unwrap();
        }
    }

    /// Makes a picture of the documents anew, where `--pictures` asks for that: of what fits the window.
    pub(crate) async fn picture_for_documents(&self, name: &str) {
        if let Some(directory) = environment::pictures() {
            let picture = self.done("a picture", self.picture_of(false).await);
            artifacts::put(&directory.join(format!("{name}.png")), &picture).unwrap();
        }
    }

    /// A picture of the whole page, beyond what fits the window.
    pub(super) async fn picture(&self) -> Result<Vec<u8>, CmdError> {
        self.picture_of(true).await
    }

    async fn picture_of(&self, whole: bool) -> Result<Vec<u8>, CmdError> {
        let options = json!({ "format": "png", "captureBeyondViewport": whole, "optimizeForSpeed": false });
        let answer = self
            .0
            .client
            .issue_cmd(Vendor::cdp("Page.captureScreenshot", &options))
            .await?;
        let encoded = answer["data"].as_str().unwrap_or_default();
        Ok(data_encoding::BASE64
            .decode(encoded.as_bytes())
            .unwrap_or_default())
    }

    /// The HTML of the page as it stands.
    pub(super) async fn source(&self) -> Result<String, CmdError> {
        self.0.client.source().await
    }

    /// Does something with the element of a target, as soon as it is there and takes it.
    async fn with<T>(
        &self,
        does: &str,
        target: &str,
        act: impl AsyncFn(Element) -> Result<T, CmdError>,
    ) -> T {
        self.until(&format!("it {does} {target}"), async || {
            match self.locate(target).await {
                Ok(Some(element)) => act(element).await.map_err(|error| error.to_string()),
                Ok(None) => Err("there is no such element".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await
    }

    async fn locate(&self, target: &str) -> Result<Option<Element>, CmdError> {
        let (css, text) = match target.split_once(" >> ") {
            Some((css, text)) => (css, json!(text)),
            None => (target, Value::Null),
        };
        let found = self.0.client.execute(LOCATE, vec![json!(css), text]).await?;
        let reference = found[ELEMENT].as_str().map(|id| ElementRef::from(id.to_owned()));
        Ok(reference.map(|reference| Element::from_element_id(self.0.client.clone(), reference)))
    }

    async fn read_console(&self) {
        // A browser that has crashed has no more to say.
        if let Ok(entries) = self.0.client.issue_cmd(Vendor::console()).await {
            let entries = entries.as_array().cloned().unwrap_or_default();
            self.0.console.borrow_mut().extend(entries);
        }
    }

    fn done<T>(&self, what: &str, done: Result<T, CmdError>) -> T {
        done.unwrap_or_else(|error| panic!("{}: {what}: {error}", self.0.name))
    }
}

fn line(entry: &Value) -> String {
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}: {}", text("level"), text("source"), text("message"))
}
