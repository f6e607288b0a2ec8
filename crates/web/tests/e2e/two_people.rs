//! Two people in one session: what one does shows at the other, and never moves what the other is using.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Browser, both};
use crate::run::{Run, cut_over, prompt, value, without_stream};

/// Remembers what a person is using, to be compared by `SAME`.
const REMEMBER: &str = "
    const it = document.activeElement;
    window.used = { it, value: it.value, from: it.selectionStart, to: it.selectionEnd };";

/// What a person is using now, and whether the focus is in the same element as before.
const USING: &str = "
    const it = document.activeElement;
    return { same: it === window.used.it && it.isConnected, value: it.value, from: it.selectionStart, to: it.selectionEnd,
        work: document.querySelector('.work').scrollTop, page: scrollY, panel: document.querySelector('.panel').scrollTop,
        open: [...document.querySelectorAll('details')].map((details) => details.open) };";

async fn remember(browser: &Browser) -> Value {
    browser.execute(REMEMBER, &[]).await;
    browser.execute(USING, &[]).await
}

async fn unmoved(browser: &Browser, before: &Value) {
    let now = browser.execute(USING, &[]).await;
    assert_eq!(before, &now, "{} was disturbed", browser.name());
    assert_eq!(now["same"], true);
}

#[test]
fn a_colleague_fills_while_one_types_elsewhere() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, lena) = (run.open(stage, "morgan").await, run.open(stage, "lena").await);
        // Little room, so that there is something to scroll.
        morgan.size(1440, 420).await;
        morgan
            .execute(
                "document.querySelectorAll('details.output').forEach((one) => { one.open = true; })",
                &[],
            )
            .await;
        morgan.type_into(&prompt("domain"), "corp.con").await;
        morgan
            .execute("document.activeElement.setSelectionRange(2, 5)", &[])
            .await;
        morgan.execute("for (const it of [document.querySelector('.work'), document.querySelector('.panel'), document.documentElement]) it.scrollTop = 40", &[]).await;
        let before = remember(&morgan).await;

        let filled = Instant::now();
        lena.fill("server_name", "srv-01").await;
        morgan.until_everywhere("server_name", "srv-01").await;
        println!("shown at the other after {} ms", filled.elapsed().as_millis());
        unmoved(&morgan, &before).await;
        lena.type_into("#panel-ticket", "7").await;
        lena.press("Enter").await;
        morgan.until_everywhere("ticket", "7").await;
        lena.click("#actions-look [data-action=done]").await;
        morgan.wait_for("#rail-look.done").await;
        unmoved(&morgan, &before).await;

        // What was half typed goes on, and is saved.
        morgan
            .execute("document.activeElement.setSelectionRange(8, 8)", &[])
            .await;
        morgan.type_into(&prompt("domain"), "toso.example").await;
        morgan.press("Enter").await;
        run.until_variable("domain", Some("corp.contoso.example")).await;
        lena.until_everywhere("domain", "corp.contoso.example").await;
        morgan.until_text("#live-region", "Lena").await;
    });
}

#[test]
fn what_one_has_selected_stays_selected() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        let select = "document.activeElement.blur(); getSelection().selectAllChildren(document.querySelector('#body-look p'))";
        morgan.execute(select, &[]).await;
        let selected = "return getSelection().toString()";
        let before = morgan.execute(selected, &[]).await;
        assert!(before.as_str().unwrap().contains("Sign in to"), "{before}");
        run.set(&run.lena, &json!({ "domain": "corp.contoso.example" }))
            .await;
        // Another step shows it already.
        morgan.until_text("#panel-title", "1 of 4 filled").await;
        assert_eq!(morgan.execute(selected, &[]).await, before);
        // Once nothing is selected, the text comes up to date.
        morgan.execute("getSelection().removeAllRanges()", &[]).await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
    });
}

#[test]
fn both_fill_the_same_prompt_and_theirs_is_used() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, lena) = (run.open(stage, "morgan").await, run.open(stage, "lena").await);
        morgan.type_into(&prompt("server_name"), "srv-01").await;
        let before = remember(&morgan).await;
        lena.fill("server_name", "srv-02").await;
        morgan.until_text(".conflict", "Lena set this to srv-02").await;
        unmoved(&morgan, &before).await;
        // Leaving it does not save over what Lena set, and does not lose what Morgan typed.
        morgan.click(".step-meta").await;
        assert_eq!(run.variable("server_name").await.as_deref(), Some("srv-02"));
        morgan.until_value(&prompt("server_name"), "srv-01").await;
        morgan.screenshot("runner-conflict").await;
        morgan.click(".conflict button >> Use theirs").await;
        morgan.wait_gone(".conflict").await;
        morgan.until_everywhere("server_name", "srv-02").await;
        assert_eq!(run.history("server_name").await, ["srv-02"]);
    });
}

#[test]
fn both_fill_the_same_prompt_and_ones_own_is_kept() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, lena) = (run.open(stage, "morgan").await, run.open(stage, "lena").await);
        morgan.type_into(&prompt("server_name"), "srv-01").await;
        lena.fill("server_name", "srv-02").await;
        morgan.until_text(".conflict", "Lena set this to srv-02").await;
        morgan.click(".conflict button >> Keep mine").await;
        run.until_variable("server_name", Some("srv-01")).await;
        lena.until_everywhere("server_name", "srv-01").await;
        morgan.until_everywhere("server_name", "srv-01").await;
        assert_eq!(run.history("server_name").await, ["srv-02", "srv-01"]);

        // By keys: Alt+U uses theirs, Enter keeps one's own.
        morgan.type_into(&prompt("domain"), "a.contoso.example").await;
        lena.fill("domain", "b.contoso.example").await;
        morgan
            .until_text(".conflict", "Lena set this to b.contoso.example")
            .await;
        morgan.press("Alt+u").await;
        morgan.until_everywhere("domain", "b.contoso.example").await;
        morgan.type_into(&prompt("ticket"), "7").await;
        lena.fill("ticket", "8").await;
        morgan.until_text(".conflict", "Lena set this to 8").await;
        morgan.press("Enter").await;
        run.until_variable("ticket", Some("7")).await;
        lena.until_everywhere("ticket", "7").await;
    });
}

#[test]
fn a_value_that_the_page_does_not_know_of_is_asked_about_too() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("409");
        morgan.may_log("ERR_");
        let live = proxy.on("GET", "/live", crate::harness::Fault::Refuse);
        let fragments = proxy.on(
            "GET",
            &format!("{}/fragments", run.page()),
            crate::harness::Fault::Refuse,
        );
        without_stream(&proxy, &morgan).await;
        run.set(&run.lena, &json!({ "server_name": "srv-02" })).await;
        morgan.fill("server_name", "srv-01").await;
        morgan.until_text(".conflict", "set this to srv-02").await;
        assert_eq!(run.variable("server_name").await.as_deref(), Some("srv-02"));
        morgan.until_value(&prompt("server_name"), "srv-01").await;
        live.lift();
        fragments.lift();
        morgan.click(".conflict button >> Keep mine").await;
        run.until_variable("server_name", Some("srv-01")).await;
        assert_eq!(run.history("server_name").await, ["srv-02", "srv-01"]);
    });
}

#[test]
fn both_write_a_note_on_one_step() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, lena) = (run.open(stage, "morgan").await, run.open(stage, "lena").await);
        morgan.may_log("409");
        lena.click("#actions-look [data-action=note]").await;
        lena.type_into("#note-look", "Lena was here").await;
        morgan.click("#actions-look [data-action=note]").await;
        morgan.type_into("#note-look", "Morgan was").await;
        let before = remember(&morgan).await;
        lena.fill("server_name", "srv-01").await;
        morgan.until_everywhere("server_name", "srv-01").await;
        // A value that arrives does not touch the note.
        let now = morgan.execute(USING, &[]).await;
        assert_eq!(
            (&now["same"], &now["value"], &now["from"]),
            (&json!(true), &before["value"], &before["from"])
        );

        // Whoever comes second is asked, with both texts.
        morgan.press("Control+Enter").await;
        lena.press("Control+Enter").await;
        let (asked, other) = morgan
            .until("one of them is asked", async || {
                for (who, theirs) in [(&morgan, "Lena was here"), (&lena, "Morgan was")] {
                    if who.is_visible(".conflict pre").await {
                        return Ok((who.clone(), theirs));
                    }
                }
                Err("nobody is".to_owned())
            })
            .await;
        asked.may_log("409");
        assert_eq!(asked.text_of(".conflict pre").await, other);
        asked.click(".conflict button >> Keep both").await;
        morgan
            .until("both notes are kept", async || {
                let note = run.step("look").await["note"].clone();
                let text = note.as_str().unwrap();
                if text.contains("Lena was here") && text.contains("Morgan was") {
                    Ok(())
                } else {
                    Err(note.to_string())
                }
            })
            .await;
    });
}

#[test]
fn a_step_is_done_while_another_reads_it() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, lena) = (run.open(stage, "morgan").await, run.open(stage, "lena").await);
        lena.click("#actions-look [data-action=done]").await;
        morgan.wait_for("#rail-look.done").await;
        morgan.until_text("#record-look", "Done by Lena").await;
        morgan.until_text(".rail-count", "1 of 3 steps").await;
        // Lena is led on, Morgan reads where he was.
        lena.wait_for("#step-move").await;
        assert!(morgan.is_visible("#step-look").await);
        assert_eq!(morgan.count(".step:not([hidden])").await, 1);
        lena.click("#toast button >> Undo").await;
        morgan.wait_for("#rail-look.open").await;
    });
}

#[test]
fn who_is_here_shows_with_the_step() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, lena) = (run.open(stage, "morgan").await, run.open(stage, "lena").await);
        morgan.until_text("#presence", "LK").await;
        morgan.until_text("#rail-look .here", "LK").await;
        lena.until_text("#presence", "MO").await;
        assert_eq!(morgan.count("#presence > li").await, 1, "oneself is not shown");
        lena.go_to("close").await;
        morgan.until_text("#rail-close .here", "LK").await;
        assert_eq!(morgan.text_of("#rail-look .here").await, "");
        lena.open("/healthz").await;
        morgan
            .until("Lena is gone", async || {
                match morgan.count("#presence > li").await {
                    0 => Ok(()),
                    others => Err(others.to_string()),
                }
            })
            .await;
    });
}

#[test]
fn a_watcher_sees_everything_and_fills_nothing() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let (morgan, ravi) = (run.open(stage, "morgan").await, run.open(stage, "ravi").await);
        ravi.until_text("#bars .watching", "You are watching. Morgan owns this session.")
            .await;
        assert_eq!(ravi.count(".hole :is(.prompt, .segment, button)").await, 0);
        assert_eq!(ravi.count(".step-actions button:not(:disabled)").await, 0);
        ravi.until_text(".step-prose .prompt-label", "Server name").await;
        let hint = ravi.attribute_of(".step-prose .prompt-label", "title").await;
        assert_eq!(hint.as_deref(), Some("Only Morgan and Lena can fill this"));
        let filled = Instant::now();
        morgan.fill("server_name", "srv-01").await;
        ravi.until_everywhere("server_name", "srv-01").await;
        println!("shown to the watcher after {} ms", filled.elapsed().as_millis());
        ravi.until_text(&value("server_name"), "srv-01").await;
        // Keys do nothing either.
        ravi.press("d s n").await;
        assert_eq!(run.step("look").await["state"], "open");
        ravi.screenshot("runner-watching").await;
    });
}

#[test]
fn a_session_that_a_colleague_completes_offers_what_was_not_saved() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.type_into(&prompt("server_name"), "srv-01").await;
        run.lena
            .does("POST", &format!("{}/complete", run.path()), &json!({}))
            .await;
        morgan
            .until_text("#bars .ended", "Lena completed this session")
            .await;
        morgan.until_text("#bars .refused", "srv-01").await;
        morgan.click("#bars .refused button >> Add as late note").await;
        morgan
            .until("the note is kept", async || {
                let notes = run.events("late_note_added").await;
                if notes.iter().any(|note| note.to_string().contains("srv-01")) {
                    Ok(())
                } else {
                    Err(format!("{notes:?}"))
                }
            })
            .await;
        morgan.wait_gone("#bars .refused").await;
        assert_eq!(run.variable("server_name").await, None);
    });
}
