//! Filling variables where the work needs them, and in the panel: what is filled stands everywhere, and is what is
//! copied.

use serde_json::{Value, json};

use crate::harness::{Browser, both, until};
use crate::run::{Run, cut_over, one_field, prompt, value};

#[test]
fn enter_fills_a_value_in_every_step_and_goes_on() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.fill("server_name", "srv-01").await;
        assert_eq!(morgan.focused().await, "input[name=fill:domain]");
        morgan.until_everywhere("server_name", "srv-01").await;
        morgan.until_saved().await;
        assert_eq!(run.variable("server_name").await.as_deref(), Some("srv-01"));
        morgan.until_text("#title-look", "Look at srv-01").await;
        morgan
            .until_text("#rail-look .rail-title", "Look at srv-01")
            .await;
        morgan.until_text("#panel-title", "1 of 4 filled").await;
        morgan.until_text("#var-server_name .field-state", "You").await;
        let spoken = morgan.attribute_of(&value("server_name"), "aria-label").await;
        assert_eq!(spoken.as_deref(), Some("Server name: srv-01. Edit"));
        morgan.go_to("close").await;
        morgan.until_text("#body-close", "about srv-01").await;

        // It is no trick of the scripts: the page says the same when it is read again.
        morgan.reload().await;
        morgan.until_everywhere("server_name", "srv-01").await;
    });
}

#[test]
fn leaving_a_prompt_fills_it_and_a_blank_one_sends_nothing() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.type_into(&prompt("server_name"), "srv-01").await;
        morgan.press("Tab").await;
        run.until_variable("server_name", Some("srv-01")).await;
        morgan.until_everywhere("server_name", "srv-01").await;

        // Through two blank ones, and out of the second by a click elsewhere.
        morgan.focus(&prompt("domain")).await;
        morgan.press("Tab").await;
        morgan.focus(&prompt("ticket")).await;
        morgan.click(".step-meta").await;
        morgan.type_into(&prompt("domain"), "corp.contoso.example").await;
        morgan.click(".step-meta").await;
        run.until_variable("domain", Some("corp.contoso.example")).await;
        morgan.until_saved().await;
        assert_eq!(run.history("ticket").await, [""; 0]);
        assert_eq!(run.events("variable_set").await.len(), 2);
    });
}

#[test]
fn escape_brings_the_saved_value_back() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.type_into(&prompt("server_name"), "mistake").await;
        morgan.press("Escape").await;
        assert_eq!(morgan.value_of(&prompt("server_name")).await, "");
        assert_eq!(morgan.focused().await, "input[name=fill:server_name]");
        morgan.fill("server_name", "srv-01").await;
        run.until_variable("server_name", Some("srv-01")).await;

        morgan.click(&value("server_name")).await;
        morgan.click(".value-menu button >> Edit").await;
        morgan.replace(&prompt("server_name"), "srv-02").await;
        // What is typed shows elsewhere meanwhile.
        assert_eq!(
            morgan
                .content("#body-close .hole[data-var=server_name] .value")
                .await,
            "srv-02"
        );
        morgan.press("Escape").await;
        assert_eq!(morgan.value_of(&prompt("server_name")).await, "srv-01");
        assert_eq!(morgan.focused().await, "input[name=fill:server_name]");
        // Once more, and it is a value again.
        morgan.press("Escape").await;
        morgan.until_everywhere("server_name", "srv-01").await;
        assert!(morgan.focused().await.starts_with("button"));
        assert_eq!(run.history("server_name").await, ["srv-01"]);
    });
}

#[test]
fn what_is_copied_is_what_is_shown() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        let copy = "#command-look-0 [data-action=copy], #command-look-1 [data-action=copy]";
        morgan.click(copy).await;
        morgan
            .until_text(".copy-note", "3 values missing: Server name, Domain, Ticket.")
            .await;
        morgan.click(".copy-note button >> Copy anyway").await;
        morgan.until_text(copy, "Copied").await;
        let unset = "ssh [VAR:server_name].[VAR:domain] 'df -h' # [VAR:ticket]";
        assert_eq!(morgan.clipboard().await.trim_end(), unset);

        morgan.click(copy).await;
        morgan.click(".copy-note button >> Fill it").await;
        assert_eq!(morgan.focused().await, "input[name=fill:server_name]");
        run.set(
            &run.lena,
            &json!({ "server_name": "srv-01", "domain": "corp.contoso.example" }),
        )
        .await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        // Typed in the same moment as the button is pressed.
        morgan.type_into(&prompt("ticket"), "it's 7").await;
        morgan.click(copy).await;
        let expected = r"ssh srv-01.corp.contoso.example 'df -h' # 'it'\''s 7'";
        // The button may still say "Copied" of the first time.
        until("the copied command", async || match morgan.clipboard().await {
            copied if copied.trim_end() == expected => Ok(()),
            copied => Err(copied),
        })
        .await;
        let shown = morgan.content("#step-look pre code").await;
        assert_eq!(shown.trim_end(), expected);
        assert_eq!(morgan.clipboard().await, shown);

        // By hand, too.
        let select = "const code = document.querySelector('#step-look pre code');
            getSelection().selectAllChildren(code); document.activeElement.blur?.();";
        morgan.execute(select, &[]).await;
        morgan.press("Control+c").await;
        assert_eq!(morgan.clipboard().await.trim_end(), shown.trim_end());

        morgan.click("[data-action=copy-all]").await;
        morgan.until_text("[data-action=copy-all]", "Copied").await;
        let all =
            "Server name: srv-01\nDomain: corp.contoso.example\nTicket: it's 7\ncontact: [VAR:contact]\n";
        let mut copied: Vec<String> = morgan.clipboard().await.lines().map(str::to_owned).collect();
        let mut expected: Vec<String> = all.lines().map(str::to_owned).collect();
        copied.sort_unstable();
        expected.sort_unstable();
        assert_eq!(copied, expected);
    });
}

#[test]
fn two_placeholders_side_by_side_are_two_prompts() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.go_to("move").await;
        morgan.fill("server_name", "srv-01").await;
        assert_eq!(morgan.focused().await, "input[name=fill:domain]");
        morgan.until_text("#body-move p", "Side by side: srv-01").await;
        morgan.type_into(&prompt("domain"), "corp.contoso.example").await;
        morgan.press("Enter").await;
        morgan
            .until_text(
                "#body-move p",
                "Side by side: srv-01corp.contoso.example, and corp.contoso.example",
            )
            .await;
        run.until_variable("domain", Some("corp.contoso.example")).await;
    });
}

#[test]
fn a_link_is_filled_behind_itself_and_leads_where_it_says() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.go_to("move").await;
        assert_eq!(morgan.count("#body-move a .prompt").await, 0);
        morgan
            .type_into("#body-move .hole[data-var=ticket] .prompt", "a&b ü/1")
            .await;
        morgan.press("Enter").await;
        run.until_variable("ticket", Some("a&b ü/1")).await;
        run.set(&run.lena, &json!({ "server_name": "srv-01" })).await;
        morgan.until_text("#body-move a", "the page of srv-01").await;
        let href = "https://wiki.contoso.example/hosts?name=a%26b%20%C3%BC%2F1";
        morgan
            .until("the link has its address", async || {
                let seen = morgan.attribute_of("#body-move a", "href").await;
                if seen.as_deref() == Some(href) {
                    Ok(())
                } else {
                    Err(format!("{seen:?}"))
                }
            })
            .await;
        // What is filled needs no prompt behind the link.
        morgan
            .until("the prompts behind the link are gone", async || {
                let left = morgan.count("#body-move a ~ .hole").await;
                if left == 0 { Ok(()) } else { Err(left.to_string()) }
            })
            .await;
    });
}

#[test]
fn the_panel_is_edited_and_the_steps_follow() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.type_into("#panel-server_name", "srv-01").await;
        // Every hole follows while it is typed.
        assert_eq!(morgan.value_of(&prompt("server_name")).await, "srv-01");
        morgan.press("Enter").await;
        morgan.until_everywhere("server_name", "srv-01").await;
        run.until_variable("server_name", Some("srv-01")).await;

        morgan.replace("#panel-server_name", "srv-02").await;
        morgan.press("Tab").await;
        morgan.until_everywhere("server_name", "srv-02").await;
        run.until_variable("server_name", Some("srv-02")).await;
        morgan.until_text("#title-look", "srv-02").await;

        // Nothing in it is nothing set: it is asked for again.
        morgan.focus("#panel-server_name").await;
        morgan.press("Control+a Delete Enter").await;
        run.until_variable("server_name", None).await;
        morgan.until_prompted("server_name").await;
        morgan.until_text("#title-look", "Look at").await;
        morgan
            .until_text("#var-server_name .field-state", "Required")
            .await;
        morgan.fill("server_name", "srv-03").await;
        morgan.until_everywhere("server_name", "srv-03").await;

        // Empty on purpose is a value.
        morgan.fill("domain", "corp.contoso.example").await;
        morgan.fill("ticket", "7").await;
        run.until_variable("ticket", Some("7")).await;
        morgan.click(&value("ticket")).await;
        morgan.click(".value-menu button >> Set to empty").await;
        run.until_variable("ticket", Some("")).await;
        morgan.until_text(&value("ticket"), "empty").await;
        morgan.click(&value("domain")).await;
        morgan.click(".value-menu button >> Clear").await;
        run.until_variable("domain", None).await;
        morgan.until_prompted("domain").await;
    });
}

#[test]
fn a_value_that_does_not_fit_is_kept_only_when_asked() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("422");
        morgan.fill("server_name", "not a host").await;
        morgan.wait_for(".prompt-error").await;
        morgan.until_value(&prompt("server_name"), "not a host").await;
        morgan
            .until("the focus is where the text is", async || {
                let seen = morgan.focused().await;
                if seen == "input[name=fill:server_name]" {
                    Ok(())
                } else {
                    Err(seen)
                }
            })
            .await;
        assert_eq!(run.variable("server_name").await, None);
        morgan.screenshot("runner-invalid").await;
        // Mended, it is sent.
        morgan.replace(&prompt("server_name"), "srv-01").await;
        morgan.wait_gone(".prompt-error").await;
        morgan.press("Enter").await;
        run.until_variable("server_name", Some("srv-01")).await;

        morgan.fill("domain", "no domain").await;
        morgan.wait_for(".prompt-error").await;
        morgan.press("Alt+k").await;
        run.until_variable("domain", Some("no domain")).await;
        morgan.wait_for(".hole[data-var=domain] .kept-invalid").await;
        assert_eq!(morgan.count(".prompt-error").await, 0);
    });
}

/// A field of every type: its name, what else it says, what a person types or chooses, and what is kept.
fn types() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let none = || json!({});
    let options = json!({ "options": ["Red", "Green", "Blue"] });
    vec![
        ("text", none(), "Any text", "Any text"),
        (
            "long_text",
            none(),
            "One line\nand another",
            "One line\nand another",
        ),
        ("number", none(), "12.50", "12.5"),
        ("boolean", none(), "No", "false"),
        ("date", none(), "2026-11-28", "2026-11-28"),
        ("datetime", none(), "2026-11-28T20:00", "2026-11-28T20:00:00"),
        ("select", options.clone(), "Green", "Green"),
        ("multi_select", options, "Red\nBlue", "Red\nBlue"),
        ("email", none(), "lena@contoso.example", "lena@contoso.example"),
        (
            "url",
            none(),
            "https://contoso.example/a",
            "https://contoso.example/a",
        ),
        ("hostname", none(), "DC01", "dc01"),
        ("fqdn", none(), "dc01.contoso.example", "dc01.contoso.example"),
        ("ip", none(), "10.0.0.7", "10.0.0.7"),
        ("cidr", none(), "10.0.0.0/24", "10.0.0.0/24"),
        ("mac", none(), "00-1A-2B-3C-4D-5E", "00:1a:2b:3c:4d:5e"),
        ("port", none(), "0443", "443"),
    ]
}

/// A flow with a field of every type, each in a paragraph and in a command.
fn every_type() -> Value {
    let mut fields = Vec::new();
    let mut body = String::new();
    for (kind, more, ..) in types() {
        let mut field = json!({ "name": format!("a_{kind}"), "label": format!("A {kind}"), "type": kind });
        field
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fields.push(field);
        body.extend(["Here is [VAR:a_", kind, "].\n\n"]);
    }
    json!({ "title": "Every type", "fields": fields, "sections": [{ "steps": [
        { "id": "fill", "title": "Fill", "body": body }, { "id": "read", "title": "Read", "body": body }] }] })
}

/// Gives the prompt of a type what a person types or chooses.
async fn fill_in_text(browser: &Browser, kind: &str, text: &str) {
    let key = format!("a_{kind}");
    let hole = format!("#body-fill .hole[data-var={key}]");
    match kind {
        "boolean" => browser.click(&format!("{hole} .segment label >> {text}")).await,
        "select" => browser.choose(&prompt(&key), text).await,
        "date" | "datetime" => browser.set(&prompt(&key), text).await,
        "long_text" => {
            browser.click(&prompt(&key)).await;
            for (index, line) in text.lines().enumerate() {
                if index > 0 {
                    browser.press("Enter").await;
                }
                browser.type_into("[popover] textarea", line).await;
            }
            browser.press("Control+Enter").await;
        }
        "multi_select" => {
            browser.click(&prompt(&key)).await;
            for line in text.lines() {
                browser
                    .click(&format!("[popover] .choices label >> {line}"))
                    .await;
            }
            browser.click("[popover] button >> Save").await;
        }
        _ => browser.fill(&key, text).await,
    }
}

/// The same in the panel.
async fn fill_in_panel(browser: &Browser, kind: &str, text: &str) {
    let control = format!("#panel-a_{kind}");
    match kind {
        "boolean" => browser.click(&format!("{control} label >> {text}")).await,
        "select" => browser.choose(&control, text).await,
        "date" | "datetime" => browser.set(&control, text).await,
        "long_text" => {
            for (index, line) in text.lines().enumerate() {
                if index > 0 {
                    browser.press("Enter").await;
                }
                browser.type_into(&control, line).await;
            }
            browser.press("Control+Enter").await;
        }
        "multi_select" => {
            let choose = "const [id, ...lines] = arguments;
                const select = document.querySelector(id);
                for (const option of select.options) option.selected = lines.includes(option.value);
                for (const name of ['input', 'change']) select.dispatchEvent(new Event(name, { bubbles: true }));";
            let mut arguments = vec![json!(control)];
            arguments.extend(text.lines().map(|line| json!(line)));
            browser.execute(choose, &arguments).await;
        }
        _ => {
            browser.type_into(&control, text).await;
            browser.press("Enter").await;
        }
    }
}

async fn every_type_is_filled(stage: &crate::harness::Stage, fill: impl AsyncFn(&Browser, &str, &str)) {
    let run = Run::of(stage, &every_type()).await;
    let morgan = run.open(stage, "morgan").await;
    for (kind, _, typed, kept) in types() {
        fill(&morgan, kind, typed).await;
        run.until_variable(&format!("a_{kind}"), Some(kept)).await;
        morgan
            .until(&format!("{kept:?} stands in the other step"), async || {
                let css = format!("#body-read .hole[data-var=a_{kind}]");
                let seen = morgan.content(&css).await;
                if seen == kept {
                    Ok(())
                } else {
                    Err(format!("{seen:?}"))
                }
            })
            .await;
    }
    morgan.until_saved().await;
    morgan.until_text("#panel-title", "16 of 16 filled").await;
    morgan.screenshot("runner-types").await;
}

#[test]
fn every_type_of_field_has_its_control_in_the_text() {
    both(async |stage| every_type_is_filled(stage, fill_in_text).await);
}

#[test]
fn every_type_of_field_has_its_control_in_the_panel() {
    both(async |stage| every_type_is_filled(stage, fill_in_panel).await);
}

#[test]
fn a_default_shows_until_something_is_set() {
    both(async |stage| {
        let field = json!({ "name": "site", "label": "Site", "default": "Default-First-Site" });
        let run = Run::of(stage, &one_field(&field, "At [VAR:site].")).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.until_everywhere("site", "Default-First-Site").await;
        morgan.until_text("#var-site .field-state", "Default").await;
        morgan.replace("#panel-site", "Hamburg").await;
        morgan.press("Enter").await;
        run.until_variable("site", Some("Hamburg")).await;
        morgan.until_everywhere("site", "Hamburg").await;
        morgan.focus("#panel-site").await;
        morgan.press("Control+a Delete Tab").await;
        run.until_variable("site", None).await;
        morgan.until_everywhere("site", "Default-First-Site").await;
    });
}
