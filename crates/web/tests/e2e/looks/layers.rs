//! The runner in use: what opens above it, beside it and beneath a prompt.

use serde_json::json;

use super::flow::every_type;
use super::gallery::Gallery;
use crate::harness::{Browser, Stage, once};
use crate::run::{Run, prompt, value};

async fn gallery(stage: &Stage, run: &Run) -> Gallery {
    let gallery = Gallery::of(stage.browser("morgan", run.site.url()).await).await;
    gallery.browser.sign_in(run.site.person("morgan")).await;
    gallery
}

/// The page, read anew and without what was typed before.
async fn anew(browser: &Browser, run: &Run, step: &str) {
    browser.execute("localStorage.clear()", &[]).await;
    browser.open(&format!("{}?step={step}", run.page())).await;
    browser.wait_for(".step-title").await;
    browser.until_saved().await;
}

/// Presses something by the keyboard, which brings it into sight.
async fn press_on(browser: &Browser, target: &str) {
    browser.focus(target).await;
    browser.press("Enter").await;
}

#[test]
fn beneath_a_prompt() {
    once(async |stage| {
        let run = Run::of(stage, &every_type()).await;
        let gallery = gallery(stage, &run).await;
        gallery.browser.may_log("422");
        gallery.browser.may_log("409");
        gallery
            .state("prompt-focused", async |browser| {
                anew(browser, &run, "promote").await;
                browser.focus(&prompt("server_name")).await;
                browser.wait_for(".prompt-help >> Short host name").await;
            })
            .await;
        gallery
            .state("prompt-invalid", async |browser| {
                anew(browser, &run, "promote").await;
                browser.fill("server_name", "not a host").await;
                browser.wait_for(".prompt-error").await;
            })
            .await;
        gallery
            .state("prompt-conflict", async |browser| {
                run.set(&run.lena, &json!({ "server_name": null })).await;
                anew(browser, &run, "promote").await;
                browser.type_into(&prompt("server_name"), "srv-01").await;
                run.set(&run.lena, &json!({ "server_name": "srv-02" })).await;
                browser.wait_for(".conflict").await;
            })
            .await;
        gallery
            .state("value-menu", async |browser| {
                run.set(&run.lena, &json!({ "server_name": "srv-02" })).await;
                anew(browser, &run, "promote").await;
                press_on(browser, &value("server_name")).await;
                browser.wait_for(".value-menu").await;
            })
            .await;
        gallery
            .state("value-history", async |browser| {
                anew(browser, &run, "promote").await;
                press_on(browser, &value("server_name")).await;
                browser.click(".value-menu button >> History").await;
                browser.until_text(".history", "srv-02").await;
            })
            .await;
        gallery
            .state("editor-lines", async |browser| {
                anew(browser, &run, "confirm").await;
                press_on(browser, ".step-prose .hole[data-var=reason] .prompt").await;
                browser.wait_for("[popover] textarea").await;
            })
            .await;
        gallery
            .state("editor-choices", async |browser| {
                anew(browser, &run, "confirm").await;
                press_on(browser, ".step-prose .hole[data-var=sites] .prompt").await;
                browser.wait_for("[popover] .choices").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}

#[test]
fn beside_and_above_the_step() {
    once(async |stage| {
        let run = Run::of(stage, &every_type()).await;
        let gallery = gallery(stage, &run).await;
        gallery
            .state("note", async |browser| {
                anew(browser, &run, "confirm").await;
                press_on(browser, "#actions-confirm [data-action=note]").await;
                browser.wait_for("#note-confirm").await;
            })
            .await;
        gallery
            .state("skip-reason", async |browser| {
                anew(browser, &run, "confirm").await;
                press_on(browser, "#actions-confirm [data-action=skip]").await;
                browser.wait_for("#step-confirm [name=reason]").await;
            })
            .await;
        gallery
            .state("copy-missing", async |browser| {
                anew(browser, &run, "promote").await;
                press_on(browser, "#step-promote [data-action=copy]").await;
                browser.wait_for(".copy-note").await;
            })
            .await;
        gallery
            .state("panel", async |browser| {
                anew(browser, &run, "promote").await;
                browser.press("v").await;
                browser.wait_for("#panel-find").await;
            })
            .await;
        gallery
            .state("rail", async |browser| {
                anew(browser, &run, "promote").await;
                if browser.is_visible(".rail-toggle").await {
                    browser.click(".rail-toggle").await;
                }
                browser.wait_for("#rail-check").await;
            })
            .await;
        gallery
            .state("finish-dialog", async |browser| {
                anew(browser, &run, "confirm").await;
                browser.press("Control+Enter").await;
                browser.wait_for("dialog#finish").await;
            })
            .await;
        gallery
            .state("runner-palette", async |browser| {
                anew(browser, &run, "confirm").await;
                browser.press("Control+k").await;
                browser.wait_for("#palette [role=option]").await;
            })
            .await;
        gallery
            .state("runner-shortcuts", async |browser| {
                anew(browser, &run, "confirm").await;
                browser.press("?").await;
                browser.wait_for("#shortcuts").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}

#[test]
fn what_is_said_in_passing() {
    once(async |stage| {
        let run = Run::of(stage, &every_type()).await;
        let gallery = gallery(stage, &run).await;
        gallery.browser.may_log("ERR_");
        gallery
            .state("toast", async |browser| {
                run.morgan
                    .does(
                        "PUT",
                        &format!("{}/steps/confirm", run.path()),
                        &json!({ "state": "open" }),
                    )
                    .await;
                anew(browser, &run, "confirm").await;
                press_on(browser, "#actions-confirm [data-action=done]").await;
                browser.wait_for("#toast button >> Undo").await;
            })
            .await;
        gallery
            .state("offline", async |browser| {
                browser.offline(false).await;
                browser.open("/healthz").await;
                run.set(&run.lena, &json!({ "server_name": null, "domain": null }))
                    .await;
                anew(browser, &run, "promote").await;
                browser.offline(true).await;
                browser.fill("server_name", "srv-01").await;
                browser.until_text(".bar.offline", "1 change").await;
            })
            .await;
        gallery
            .state("save-list", async |browser| {
                browser.offline(false).await;
                browser.open("/healthz").await;
                run.set(&run.lena, &json!({ "server_name": null, "domain": null }))
                    .await;
                anew(browser, &run, "promote").await;
                browser.offline(true).await;
                browser.fill("domain", "corp.contoso.example").await;
                browser.click("#save-state").await;
                browser.wait_for("[popover]").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}
