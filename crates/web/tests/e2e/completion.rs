//! Completing: what is missing is named and can be filled, and completing works all the same.

use serde_json::json;

use crate::harness::{Browser, both};
use crate::run::{Run, cut_over, prompt};

/// What a program downloads of the session.
async fn export(run: &Run, unset: &str) -> String {
    let path = format!("{}/export?format=markdown&unset={unset}", run.path());
    run.morgan.get(&path).await.as_str().unwrap().to_owned()
}

async fn open_finish(browser: &Browser) {
    browser.click("#finish-button").await;
    browser.wait_for("dialog#finish").await;
}

#[test]
fn what_is_missing_is_named_and_filled_in_the_dialog() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        run.set(&run.lena, &json!({ "domain": "corp.contoso.example" }))
            .await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        open_finish(&morgan).await;
        morgan.until_text("#finish", "1 required value is empty").await;
        morgan.until_text("#finish", "[VAR:server_name]").await;
        morgan.until_text("#finish label", "Server name").await;
        assert_eq!(morgan.focused().await, "#finish-server_name");
        morgan.screenshot("finish-missing").await;
        morgan.type_into("#finish-server_name", "srv-01").await;
        morgan.click("#finish button >> Fill and complete").await;
        morgan.until_path(&format!("{}/report", run.page())).await;
        morgan.until_text("#main", "srv-01").await;
        assert_eq!(run.variable("server_name").await.as_deref(), Some("srv-01"));
        let session = run.morgan.get(&run.path()).await;
        assert_eq!(
            (&session["status"], &session["missing_required"]),
            (&json!("completed"), &json!([]))
        );
        morgan.screenshot("report").await;
    });
}

#[test]
fn completing_anyway_leaves_the_placeholder_or_nothing_in_the_export() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        run.set(&run.lena, &json!({ "domain": "corp.contoso.example" }))
            .await;
        open_finish(&morgan).await;
        morgan.click("#finish button >> Complete anyway").await;
        morgan.until_path(&format!("{}/report", run.page())).await;
        morgan.until_text("#main", "[VAR:server_name]").await;

        let (with, without) = (export(&run, "placeholder").await, export(&run, "blank").await);
        assert!(
            with.contains("VAR:server_name") && with.contains("corp.contoso.example"),
            "{with}"
        );
        assert!(
            !without.contains("VAR:server_name") && without.contains("corp.contoso.example"),
            "{without}"
        );
        // The page has the same choice, and what it offers to download follows.
        morgan.until_text("#report .document", "[VAR:server_name]").await;
        morgan.click("input[name=unset]").await;
        morgan
            .until("nothing stands for what is unset", async || {
                let text = morgan.text_of("#report .document").await;
                if text.contains("[VAR:server_name]") {
                    Err(text)
                } else {
                    Ok(())
                }
            })
            .await;
        let link = morgan.attribute_of("a[href*=\"/export\"]", "href").await.unwrap();
        assert!(link.contains("unset=blank"), "{link}");
        morgan.click("[data-copy-from]").await;
        morgan
            .until("the report is copied", async || {
                let copied = morgan.clipboard().await;
                let right = copied.contains("corp.contoso.example") && !copied.contains("[VAR:server_name]");
                if right { Ok(()) } else { Err(copied) }
            })
            .await;
    });
}

#[test]
fn a_completed_session_is_opened_again() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        run.lena
            .does("POST", &format!("{}/complete", run.path()), &json!({}))
            .await;
        let morgan = stage.browser("morgan", run.site.url()).await;
        morgan.sign_in(run.site.person("morgan")).await;
        morgan.open(&run.page()).await;
        morgan
            .until_text("#bars .ended", "Lena completed this session")
            .await;
        assert_eq!(morgan.count(".hole .prompt").await, 0);
        morgan.click("button >> Reopen").await;
        morgan.fill("server_name", "srv-01").await;
        run.until_variable("server_name", Some("srv-01")).await;
        assert_eq!(run.events("reopened").await.len(), 1);
    });
}

#[test]
fn escape_leads_back_to_where_one_was() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.go_to("move").await;
        morgan.type_into(&prompt("domain"), "corp.contoso.example").await;
        morgan
            .execute("document.querySelector('.work').scrollTop = 30", &[])
            .await;
        let place = "return [document.querySelector('.work').scrollTop, scrollY]";
        let before = morgan.execute(place, &[]).await;
        morgan.press("Control+Enter").await;
        morgan.wait_for("dialog#finish").await;
        // What was typed is saved first, so the dialog does not ask for it.
        morgan.until_text("#finish", "1 required value is empty").await;
        assert_eq!(morgan.count("#finish-domain").await, 0);
        // The first Escape is the field's, as everywhere; the second is the dialog's.
        morgan.type_into("#finish-server_name", "srv").await;
        morgan.press("Escape").await;
        assert_eq!(morgan.value_of("#finish-server_name").await, "");
        morgan.press("Escape").await;
        morgan.wait_gone("dialog#finish").await;
        assert!(morgan.is_visible("#step-move").await);
        assert_eq!(morgan.execute(place, &[]).await, before);
        // The prompt that had the focus is a value now.
        assert!(
            morgan.focused().await.starts_with("button"),
            "{}",
            morgan.focused().await
        );
        run.until_variable("domain", Some("corp.contoso.example")).await;
        assert_eq!(run.morgan.get(&run.path()).await["status"], "active");

        open_finish(&morgan).await;
        morgan.press("Escape").await;
        morgan.wait_gone("dialog#finish").await;
        assert_eq!(morgan.focused().await, "#finish-button");
    });
}

#[test]
fn the_dialog_leads_to_steps_that_are_left() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.click("#actions-look [data-action=done]").await;
        run.until_step("look", "state", "done").await;
        open_finish(&morgan).await;
        morgan.until_text("#finish", "1 of 3 steps done").await;
        morgan.click("#finish a[href*=\"step=close\"]").await;
        morgan.wait_gone("dialog#finish").await;
        morgan.wait_for("#step-close").await;
    });
}
