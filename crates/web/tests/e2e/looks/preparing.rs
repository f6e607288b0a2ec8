//! The form for preparing a session, in every state.

use serde_json::json;

use super::flow::{every_type, values};
use super::gallery::Gallery;
use crate::harness::{Browser, once};

const TICKET: &str = "Server name: srv-01\nDomain: not a domain\nThe network 10.10.4.0/24 moves, ask lena.koch@contoso.example";

async fn anew(browser: &Browser, path: &str) {
    browser.execute("localStorage.clear()", &[]).await;
    browser.open(path).await;
    browser.wait_for("h1").await;
}

/// Presses something by the keyboard, which brings it into sight.
async fn press_on(browser: &Browser, target: &str) {
    browser.focus(target).await;
    browser.press("Enter").await;
}

#[test]
fn preparing() {
    once(async |stage| {
        let site = stage.demo().await;
        let api = site.api("lena").await;
        let flow = site
            .api("morgan")
            .await
            .does("POST", "/api/v1/flows", &every_type())
            .await;
        let flow = flow["flow"]["id"].as_str().unwrap();
        let body = json!({ "flow_id": flow, "variables": values(), "client": "Contoso", "ticket": "INC-20417",
            "title": "Saturday window", "due_at": "2026-11-28T20:00:00Z", "note": "Ring me first." });
        let session = api.does("POST", "/api/v1/sessions/prepare", &body).await;
        let session = session["id"].as_str().unwrap();
        let form = format!("/flows/{flow}/prepare");
        let gallery = Gallery::of(stage.browser("lena", site.url()).await).await;
        gallery.browser.sign_in(site.person("lena")).await;
        gallery.browser.may_log("422");
        gallery.page("prepare", &form).await;
        gallery
            .page("prepare-from", &format!("{form}?from={session}"))
            .await;
        gallery
            .page(
                "prepare-link",
                &format!("{form}?server_name=srv-01&ldap_port=x&colour=blue"),
            )
            .await;
        gallery
            .page(
                "start-link",
                &format!("/flows/{flow}/start?server_name=srv-01&colour=blue"),
            )
            .await;
        gallery.page("edit", &format!("/sessions/{session}/edit")).await;
        gallery
            .state("prepare-ticket", async |browser| {
                anew(browser, &form).await;
                press_on(browser, ".ticket-text summary").await;
                browser.type_into("#ticket-text", TICKET).await;
                press_on(browser, "button[value=look]").await;
                browser.wait_for("#offers").await;
            })
            .await;
        gallery
            .state("prepare-copy", async |browser| {
                anew(browser, &form).await;
                press_on(browser, ".copy-from summary").await;
                browser.wait_for("#past button").await;
            })
            .await;
        gallery
            .state("prepare-refused", async |browser| {
                anew(browser, &form).await;
                browser.type_into("#ticket_url", "nowhere").await;
                browser.type_into("#panel-ldap_port", "99999").await;
                press_on(browser, "#prepare .page-actions .primary").await;
                browser.wait_for("#refused").await;
            })
            .await;
        gallery
            .state("flow-prepared", async |browser| {
                browser.open(&format!("/flows/{flow}?prepared={session}")).await;
                browser.wait_for("#toast button").await;
                press_on(browser, ".split-button summary").await;
                browser.wait_for(".split-button .menu-list").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}
