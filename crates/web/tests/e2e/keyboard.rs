//! The keyboard is enough: a whole run without a mouse, and what each key does.

use crate::harness::{Browser, both};
use crate::run::{Run, cut_over, one_field, prompt};

/// Presses Tab until an element has the focus.
async fn tab_to(browser: &Browser, target: &str) {
    let here = "return document.activeElement?.matches(arguments[0]) ?? false";
    for _ in 0..60 {
        if browser.execute(here, &[target.into()]).await == true {
            return;
        }
        browser.press("Tab").await;
    }
    panic!(
        "Tab does not lead to {target}; the last is {}",
        browser.focused().await
    );
}

/// Waits until the focus is there.
async fn until_focused(browser: &Browser, focus: &str) {
    browser
        .until(&format!("{focus} has the focus"), async || {
            let seen = browser.focused().await;
            if seen == focus { Ok(()) } else { Err(seen) }
        })
        .await;
}

async fn type_here(browser: &Browser, text: &str) {
    let chords: Vec<String> = text.chars().map(|key| key.to_string()).collect();
    browser.press(&chords.join(" ")).await;
}

#[test]
fn a_whole_run_needs_no_mouse() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let ravi = stage.browser("ravi", run.site.url()).await;
        ravi.sign_in(run.site.person("ravi")).await;
        ravi.press("Control+k").await;
        ravi.wait_for("#palette").await;
        type_here(&ravi, "cut").await;
        ravi.wait_for(&format!("#palette [data-href=\"/flows/{}\"]", run.flow))
            .await;
        ravi.press("Escape").await;
        ravi.press("g f").await;
        ravi.until_path("/flows").await;
        tab_to(&ravi, &format!("a[href=\"/flows/{}\"]", run.flow)).await;
        ravi.press("Enter").await;
        ravi.until_path(&format!("/flows/{}", run.flow)).await;
        tab_to(&ravi, "form[action$=\"/start\"] button").await;
        ravi.press("Enter").await;
        ravi.until_path("/sessions/").await;
        ravi.wait_for(".step-title").await;

        ravi.press("]").await;
        until_focused(&ravi, "input[name=fill:server_name]").await;
        type_here(&ravi, "srv-01").await;
        ravi.press("Enter").await;
        until_focused(&ravi, "input[name=fill:domain]").await;
        type_here(&ravi, "corp.contoso.example").await;
        ravi.press("Enter").await;
        until_focused(&ravi, "input[name=fill:ticket]").await;
        type_here(&ravi, "7").await;
        ravi.press("Enter").await;
        // Nothing is left to fill: the next key marks the step.
        until_focused(&ravi, "button[name=state]").await;
        ravi.press("Enter").await;
        ravi.wait_for("#step-move").await;
        ravi.press("d").await;
        ravi.wait_for("#step-close").await;
        ravi.press("s").await;
        until_focused(&ravi, "#reason-close").await;
        type_here(&ravi, "nobody").await;
        ravi.press("Enter").await;
        ravi.wait_for("#rail-close.skipped").await;
        ravi.until_text(".rail-count", "3 of 3 steps").await;
        ravi.press("Control+Enter").await;
        ravi.wait_for("dialog#finish").await;
        ravi.press("Control+Enter").await;
        ravi.until_path("/sessions/").await;
        ravi.until_text("h1", "Cut over srv-01").await;
        let path = ravi.path().await;
        assert!(path.ends_with("/report"), "{path}");
        let id = path.trim_start_matches("/sessions/").trim_end_matches("/report");
        let session = run.morgan.get(&format!("/api/v1/sessions/{id}")).await;
        assert_eq!(session["status"], "completed");
        assert_eq!(session["steps"][2]["reason"], "nobody");
        assert_eq!(session["variables"]["ticket"]["value"], "7");
    });
}

#[test]
fn each_key_does_what_it_says() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        let shown = async |step: &str| morgan.wait_for(&format!("#step-{step}")).await;
        morgan.press("j").await;
        shown("move").await;
        until_focused(&morgan, "#title-move").await;
        assert_eq!(
            morgan
                .attribute_of("#rail-move a", "aria-current")
                .await
                .as_deref(),
            Some("step")
        );
        morgan.until_path(&format!("{}?step=move", run.page())).await;
        morgan.press("j j k k").await;
        shown("look").await;
        morgan.back().await;
        shown("move").await;
        morgan.press("k").await;
        shown("look").await;

        morgan.press("]").await;
        assert_eq!(morgan.focused().await, "input[name=fill:server_name]");
        morgan.press("Escape").await;
        morgan.focus("#title-look").await;
        morgan.press("n").await;
        until_focused(&morgan, "#note-look").await;
        morgan.focus("#title-look").await;
        morgan.press("v").await;
        until_focused(&morgan, "#panel-server_name").await;
        morgan.press("Escape").await;
        until_focused(&morgan, "#title-look").await;
        morgan.press("c").await;
        morgan.until_text(".copy-note", "3 values missing").await;
        morgan.press("Escape").await;
        morgan.wait_gone(".copy-note").await;
        morgan.press("/").await;
        until_focused(&morgan, "#panel-find").await;
        type_here(&morgan, "dom").await;
        morgan.wait_gone("#var-server_name").await;
        assert!(morgan.is_visible("#var-domain").await);
        morgan.press("Control+a Delete").await;
        morgan.wait_for("#var-server_name").await;
        morgan.press("Escape").await;

        morgan.focus("#title-look").await;
        morgan.press("?").await;
        morgan.until_text("#shortcuts", "Next unfilled prompt").await;
        // In a dialog single keys are off.
        morgan.press("j").await;
        morgan.press("Escape").await;
        morgan.wait_gone("#shortcuts").await;
        assert!(morgan.is_visible("#step-look").await);
        morgan.press("Control+k").await;
        morgan.wait_for("#palette").await;
        type_here(&morgan, "setdom").await;
        morgan.press("Control+a Delete").await;
        morgan.type_into("#palette input", "set domain").await;
        morgan.until_text("#palette-0", "Set Domain").await;
        morgan.press("Enter").await;
        until_focused(&morgan, "#panel-domain").await;

        morgan.focus("#title-look").await;
        morgan.press("d").await;
        shown("move").await;
        run.until_step("look", "state", "done").await;
        morgan.press("s").await;
        until_focused(&morgan, "#reason-move").await;
        morgan.press("Escape").await;
        until_focused(&morgan, "button[name=state]").await;
        assert_eq!(run.step("move").await["state"], "open");
    });
}

#[test]
fn the_next_prompt_may_be_in_another_step() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        for key in ["server_name", "domain", "ticket"] {
            morgan.press("]").await;
            until_focused(&morgan, &format!("input[name=fill:{key}]")).await;
            morgan.execute("document.activeElement.blur()", &[]).await;
            // From the top of the step each time but the first.
            if key == "server_name" {
                morgan.fill("server_name", "srv-01").await;
                morgan.execute("document.activeElement.blur()", &[]).await;
            } else if key == "domain" {
                morgan.fill("domain", "corp.contoso.example").await;
                morgan.execute("document.activeElement.blur()", &[]).await;
            }
        }
        morgan.fill("ticket", "7").await;
        morgan.focus("#title-look").await;
        morgan.press("]").await;
        morgan.wait_for("#step-close").await;
        until_focused(&morgan, "input[name=fill:contact]").await;
        morgan.execute("document.activeElement.blur()", &[]).await;
        run.until_variable("ticket", Some("7")).await;
    });
}

#[test]
fn single_keys_are_off_while_somebody_types_and_by_setting() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.focus(&prompt("ticket")).await;
        type_here(&morgan, "jkdsnvc?[]/gq").await;
        morgan.until_value(&prompt("ticket"), "jkdsnvc?[]/gq").await;
        assert!(morgan.is_visible("#step-look").await);
        assert_eq!(morgan.count("dialog[open]").await, 0);
        morgan.press("Enter").await;
        run.until_variable("ticket", Some("jkdsnvc?[]/gq")).await;
        assert_eq!(run.step("look").await["state"], "open");

        morgan.open("/settings").await;
        morgan
            .click("form[action=\"/settings/keys\"] input[type=checkbox]")
            .await;
        morgan
            .until_text("form[action=\"/settings/keys\"] .tick", "Saved")
            .await;
        morgan.open(&run.page()).await;
        morgan.wait_for(".step-title").await;
        morgan.press("j d ?").await;
        morgan.press("Control+k").await;
        morgan.wait_for("#palette").await;
        assert!(morgan.exists("#step-look:not([hidden])").await);
        assert_eq!(run.step("look").await["state"], "open");
        assert_eq!(morgan.count("#shortcuts").await, 0);
    });
}

#[test]
fn a_choice_is_made_and_several_lines_are_saved_by_keys() {
    both(async |stage| {
        let field = serde_json::json!({ "name": "text", "label": "Text", "type": "long_text" });
        let run = Run::of(stage, &one_field(&field, "Say [VAR:text].")).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.press("]").await;
        morgan.press("Enter").await;
        morgan.wait_for("[popover] textarea").await;
        type_here(&morgan, "one").await;
        morgan.press("Enter").await;
        type_here(&morgan, "two").await;
        // Left by Escape it is not lost.
        morgan.press("Escape").await;
        morgan.wait_gone("[popover]").await;
        morgan.press("Enter").await;
        morgan.until_value("[popover] textarea", "one\ntwo").await;
        morgan.press("Control+Enter").await;
        run.until_variable("text", Some("one\ntwo")).await;
        morgan.until_everywhere("text", "one\ntwo").await;
    });
}
