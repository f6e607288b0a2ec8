//! The pictures of the documents, by `cargo xtask e2e --pictures`; otherwise only what they show is looked for.

use serde_json::Value;

use crate::harness::{Browser, Site, Stage, Theme, once};

/// Somebody's browser as wide as a picture.
async fn browser(stage: &Stage, site: &Site, name: &str) -> Browser {
    let browser = stage.browser(name, site.url()).await;
    browser.size(1440, 800).await;
    browser.theme(Theme::Dark).await;
    browser.prefers("prefers-reduced-motion", "reduce").await;
    browser.sign_in(site.person(name)).await;
    browser
}

/// Where the demo's session of a flow in a state has its page.
async fn page(site: &Site, status: &str, flow: &str) -> String {
    let api = site.api("lena").await;
    let flows = api.get("/api/v1/flows").await;
    let titled = |one: &&Value| one["title"] == flow;
    let flow = flows["items"].as_array().unwrap().iter().find(titled).unwrap();
    let of_it = format!(
        "/api/v1/sessions?status={status}&flow_id={}",
        flow["id"].as_str().unwrap()
    );
    let sessions = api.get(&of_it).await;
    format!("/sessions/{}", sessions["items"][0]["id"].as_str().unwrap())
}

#[test]
fn the_runner() {
    once(async |stage| {
        let site = stage.demo().await;
        let cut_over = page(&site, "active", "File server cut-over").await;
        let lena = browser(stage, &site, "lena").await;
        let morgan = browser(stage, &site, "morgan").await;
        lena.open(&cut_over).await;
        morgan.open(&cut_over).await;
        lena.until_text("#presence", "MO").await;
        lena.picture_for_documents("runner").await;
    });
}

#[test]
fn quick_start() {
    once(async |stage| {
        let site = stage.demo().await;
        let lena = browser(stage, &site, "lena").await;
        lena.open("/").await;
        lena.until_text("#main", "Prepared for you").await;
        lena.until_text(".list.continue", "Resume").await;
        lena.picture_for_documents("quick-start").await;
    });
}

#[test]
fn the_report() {
    once(async |stage| {
        let site = stage.demo().await;
        let outage = page(&site, "completed", "Mail outage").await;
        let lena = browser(stage, &site, "lena").await;
        lena.open(&format!("{outage}/report")).await;
        lena.until_text("#main", "mx1.contoso.example").await;
        lena.picture_for_documents("report").await;
    });
}
