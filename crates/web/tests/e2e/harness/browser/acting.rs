//! What a person does in a browser.

use serde_json::json;

use super::{Browser, Vendor};
use crate::harness::keys;
use crate::harness::site::Person;

/// The driver types at the caret of a control that has the focus; some kinds of controls have none.
const TO_THE_END: &str = "const [control] = arguments;
    if ('selectionStart' in control && control.selectionStart !== null) {
        control.setSelectionRange(control.value.length, control.value.length);
    }";

impl Browser {
    /// Signs in on the page for that.
    pub(crate) async fn sign_in(&self, person: &Person) {
        self.open("/sign-in").await;
        self.type_into("#email", &person.email).await;
        self.type_into("#password", &person.password).await;
        self.press("Enter").await;
        self.wait_gone("#password").await;
    }

    /// Opens a path of the site.
    pub(crate) async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.0.base);
        self.done(path, self.0.client.goto(&url).await);
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.done("reload", self.0.client.refresh().await);
    }

    /// Goes back.
    pub(crate) async fn back(&self) {
        self.done("back", self.0.client.back().await);
    }

    /// Goes to a tab of this browser by its number; the first one is 0, and the next new one opens when it is asked
    /// for. Settings such as the size are a tab's own.
    pub(crate) async fn tab(&self, number: usize) {
        let mut windows = self.done("tabs", self.0.client.windows().await);
        if number == windows.len() {
            self.done("a new tab", self.0.client.new_window(true).await);
            windows = self.done("tabs", self.0.client.windows().await);
        }
        let window = windows
            .into_iter()
            .nth(number)
            .expect("tabs are opened one by one");
        self.done("a tab", self.0.client.switch_to_window(window.clone()).await);
        let is_new = !self.0.prepared.borrow().contains(&window);
        if is_new {
            self.0.prepared.borrow_mut().push(window);
            self.prepare_tab().await;
        }
    }

    /// Clicks on an element, once it can be clicked.
    pub(crate) async fn click(&self, target: &str) {
        self.with("clicks", target, async |element| element.click().await)
            .await;
    }

    /// Moves the pointer over an element.
    pub(crate) async fn hover(&self, target: &str) {
        self.with("points at", target, async |element| {
            let (x, y, width, height) = element.rectangle().await?;
            let at = json!({ "type": "mouseMoved", "x": x + width / 2.0, "y": y + height / 2.0 });
            let moved = Vendor::cdp("Input.dispatchMouseEvent", &at);
            self.0.client.issue_cmd(moved).await
        })
        .await;
    }

    /// Gives an element the focus.
    pub(crate) async fn focus(&self, target: &str) {
        let element = self.find(target).await;
        let element = serde_json::to_value(element).unwrap();
        self.execute("arguments[0].focus()", &[element]).await;
    }

    /// Types behind what stands in a control; the focus goes there and stays.
    pub(crate) async fn type_into(&self, target: &str, text: &str) {
        self.with("types into", target, async |element| {
            let control = serde_json::to_value(&element)?;
            self.0.client.execute(TO_THE_END, vec![control]).await?;
            element.send_keys(text).await
        })
        .await;
    }

    /// Types in the place of what stands in a control.
    pub(crate) async fn replace(&self, target: &str, text: &str) {
        self.focus(target).await;
        self.press("Control+a Delete").await;
        self.type_into(target, text).await;
    }

    /// Chooses an option of a `<select>` by what it shows.
    pub(crate) async fn choose(&self, target: &str, label: &str) {
        self.with("chooses in", target, async |element| {
            element.select_by_label(label).await
        })
        .await;
    }

    /// Sets a control that nobody types into as a line of text, such as a date, and says so to the page.
    pub(crate) async fn set(&self, target: &str, value: &str) {
        let element = serde_json::to_value(self.find(target).await).unwrap();
        let script = "const [control, value] = arguments;
            control.value = value;
            for (const name of ['input', 'change']) control.dispatchEvent(new Event(name, { bubbles: true }));";
        self.execute(script, &[element, json!(value)]).await;
    }

    /// Presses keys where the focus is: chords, separated by spaces, such as `Control+k`, `g s` or `Shift+Tab Enter`.
    pub(crate) async fn press(&self, chords: &str) {
        let pressing = keys::pressing(chords);
        self.done(chords, self.0.client.perform_actions(pressing).await);
    }

    /// Copies a text, as somebody does it elsewhere.
    pub(crate) async fn copy(&self, text: &str) {
        let script = "const [text, done] = arguments;
            navigator.clipboard.writeText(text).then(() => done(null), (error) => done(String(error)));";
        let answer = self.execute_async(script, &[json!(text)]).await;
        assert!(answer.is_null(), "the clipboard: {answer}");
    }

    /// What was copied last.
    pub(crate) async fn clipboard(&self) -> String {
        let script = "const done = arguments[0];
            navigator.clipboard.readText().then((text) => done({ text }), (error) => done({ error: String(error) }));";
        let answer = self.execute_async(script, &[]).await;
        let text = answer["text"].as_str();
        text.unwrap_or_else(|| panic!("the clipboard: {}", answer["error"]))
            .to_owned()
    }
}
