//! Lists, flows, imports and settings.

use chrono::{TimeDelta, Utc};
use serde_json::json;

use super::flow::every_type;
use super::gallery::Gallery;
use crate::harness::{Browser, Site, Stage, once};

const RUNBOOK: &str = "# Restart a pod\n\nWhat it is for.\n\n1. Look at <pod-name> in $NAMESPACE.\n2. Restart \
                       <pod-name>.\n\n   ```sh\n   kubectl delete pod <pod-name>\n   ```\n";

async fn signed_in(stage: &Stage, site: &Site, name: &str) -> Gallery {
    let gallery = Gallery::of(stage.browser(name, site.url()).await).await;
    gallery.browser.sign_in(site.person(name)).await;
    gallery
}

async fn preview(browser: &Browser, text: &str) {
    browser.open("/flows/import").await;
    let paste =
        "const area = document.getElementById('text'); area.value = arguments[0]; area.form.requestSubmit()";
    browser.execute(paste, &[json!(text)]).await;
}

#[test]
fn quick_start_and_flows() {
    once(async |stage| {
        let site = stage.demo().await;
        let api = site.api("morgan").await;
        let flow = api.does("POST", "/api/v1/flows", &every_type()).await;
        let flow = flow["flow"]["id"].as_str().unwrap();
        let gallery = signed_in(stage, &site, "lena").await;
        for (name, path) in [
            ("quick-start", "/"),
            ("flows", "/flows"),
            ("flows-search", "/flows?q=replication"),
            ("flows-search-title", "/flows?q=cut-over"),
            ("flows-tag", "/flows?tag=windows"),
            ("flows-no-match", "/flows?q=vpn&tag=windows"),
            ("flow", &format!("/flows/{flow}")),
        ] {
            gallery.page(name, path).await;
        }
        gallery.shows_no_flaw();
    });
}

#[test]
fn what_waits_for_somebody() {
    once(async |stage| {
        let site = stage.demo().await;
        let gallery = signed_in(stage, &site, "lena").await;
        let (morgan, lena) = (site.api("morgan").await, site.api("lena").await);
        let flow = morgan.does("POST", "/api/v1/flows", &every_type()).await;
        #[expect(
            clippy::disallowed_methods,
            reason = "what is due is told against the clock of the server"
        )]
        let (me, now) = (lena.get("/api/v1/me").await, Utc::now());
        let (soon, past) = (now + TimeDelta::minutes(130), now - TimeDelta::hours(3));
        let title = "A title that is as long as people make them when they paste a whole line of a ticket";
        for (who, body) in [
            (
                &morgan,
                json!({ "assigned_to_id": me["user_id"], "due_at": soon, "client": "Fabrikam", "ticket": "INC-4711" }),
            ),
            (
                &morgan,
                json!({ "assigned_to_id": me["user_id"], "due_at": past, "title": title }),
            ),
            (
                &lena,
                json!({ "due_at": past, "client": "Contoso AG, the branch in Zürich", "ticket": "CHG-000-123-456" }),
            ),
        ] {
            let mut body = body;
            body["flow_id"] = flow["flow"]["id"].clone();
            who.does("POST", "/api/v1/sessions/prepare", &body).await;
        }
        for (name, path) in [
            ("quick-start-waiting", "/"),
            ("notifications", "/notifications"),
            ("sessions-prepared-due", "/sessions?tab=prepared"),
            (
                "sessions-client",
                "/sessions?tab=prepared&client=fabrikam&assigned=me&from=2020-01-01",
            ),
        ] {
            gallery.page(name, path).await;
        }
        lena.does("POST", "/api/v1/notifications/read", &json!({ "all": true }))
            .await;
        gallery.page("notifications-read", "/notifications").await;
        gallery.shows_no_flaw();
    });
}

#[test]
fn imports() {
    once(async |stage| {
        let site = stage.demo().await;
        let gallery = signed_in(stage, &site, "lena").await;
        gallery.browser.may_log("422");
        gallery.page("import", "/flows/import").await;
        gallery
            .state("import-preview", async |browser| {
                preview(browser, RUNBOOK).await;
                browser.wait_for(".import-preview").await;
            })
            .await;
        gallery
            .state("import-error", async |browser| {
                preview(browser, "---\ntitle: [\n---\n").await;
                browser.wait_for(".error-summary").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}

#[test]
fn sessions() {
    once(async |stage| {
        let site = stage.demo().await;
        let gallery = signed_in(stage, &site, "lena").await;
        for (name, path) in [
            ("sessions", "/sessions"),
            ("sessions-prepared", "/sessions?tab=prepared"),
            ("sessions-completed", "/sessions?tab=completed"),
            ("sessions-filtered", "/sessions?tab=completed&q=mail&missing=yes"),
            ("sessions-no-match", "/sessions?q=nothing-like-this"),
        ] {
            gallery.page(name, path).await;
        }
        gallery
            .state("sessions-dates", async |browser| {
                browser.open("/sessions").await;
                browser.click(".filters summary").await;
                browser.wait_for(".filter-days").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}

#[test]
fn settings() {
    once(async |stage| {
        let site = stage.demo().await;
        let api = site.api("lena").await;
        api.does("POST", "/api/v1/tokens", &json!({ "name": "Nightly export" }))
            .await;
        let gallery = signed_in(stage, &site, "lena").await;
        gallery.page("settings", "/settings").await;
        gallery
            .state("settings-saved", async |browser| {
                browser.open("/settings").await;
                browser.focus("#tell-taken").await;
                browser.press("Space").await;
                browser.until_text("form[action$=taken] .tick", "Saved").await;
            })
            .await;
        let morgan = signed_in(stage, &site, "morgan").await;
        morgan.page("settings-admin", "/settings").await;
        morgan.shows_no_flaw();
        gallery.shows_no_flaw();
    });
}

#[test]
fn people_and_what_opens_everywhere() {
    once(async |stage| {
        let site = stage.demo().await;
        let gallery = signed_in(stage, &site, "lena").await;
        gallery.page("people", "/people").await;
        looking_after_people(stage, &site).await;
        gallery
            .state("account-menu", async |browser| {
                browser.open("/sessions").await;
                browser.click("#account-menu summary").await;
                browser.wait_for("#account-menu .menu-list").await;
            })
            .await;
        gallery
            .state("palette", async |browser| {
                browser.open("/flows").await;
                browser.press("Control+k").await;
                browser.type_into("#palette input", "mail").await;
                browser.wait_for("#palette [role=option] >> Mail").await;
            })
            .await;
        gallery
            .state("shortcuts", async |browser| {
                browser.open("/flows").await;
                browser.press("?").await;
                browser.wait_for("#shortcuts").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}

/// The people as their owner sees them: two teams, a menu, and somebody who goes.
async fn looking_after_people(stage: &Stage, site: &Site) {
    let api = site.api("morgan").await;
    api.does(
        "POST",
        "/api/v1/teams",
        &json!({ "name": "Network and everything that hangs on it" }),
    )
    .await;
    let members = api.get("/api/v1/members").await;
    let lena = members["items"].as_array().unwrap().iter();
    let lena = lena
        .clone()
        .find(|member| member["email"].as_str().unwrap().starts_with("lena"));
    let lena = lena.unwrap()["user_id"].as_str().unwrap().to_owned();
    let morgan = signed_in(stage, site, "morgan").await;
    morgan.browser.may_log("409");
    morgan.browser.may_log("422");
    morgan
        .state("people-menu", async |browser| {
            browser.open("/people").await;
            browser
                .click(&format!(".member-menu:has(a[href*='{lena}']) summary"))
                .await;
            browser.wait_for(".member-menu[open] .menu-list").await;
        })
        .await;
    morgan
        .page("people-remove", &format!("/people/{lena}/remove"))
        .await;
    morgan
        .page("people-owner", &format!("/people/{lena}/owner"))
        .await;
    morgan
        .state("teams-taken", async |browser| {
            browser.open("/people").await;
            browser.type_into("#team-name-new", "everyone").await;
            browser.press("Enter").await;
            browser.wait_for("#team-error-new").await;
        })
        .await;
    morgan.shows_no_flaw();
}

#[test]
fn prepared_sessions() {
    once(async |stage| {
        let site = stage.demo().await;
        let api = site.api("morgan").await;
        let mut document = every_type();
        let flow = api.does("POST", "/api/v1/flows", &document).await;
        let flow = flow["flow"]["id"].as_str().unwrap();
        let body = json!({ "flow_id": flow, "note": "Ask Lena about the window.", "client": "Contoso", "ticket": "CHG-0042",
            "ticket_url": "https://tickets.contoso.example/42", "due_at": "2026-01-01T00:00:00Z" });
        let session = api.does("POST", "/api/v1/sessions/prepare", &body).await;
        let page = format!("/sessions/{}", session["id"].as_str().unwrap());
        let gallery = signed_in(stage, &site, "morgan").await;
        gallery.page("assign", &format!("{page}/assign")).await;
        document["sections"][0]["steps"][0]["title"] = json!("Confirm the change window with the client");
        document["description"] = json!("One.\n\nTwo.");
        let at = format!("/api/v1/flows/{flow}");
        api.does("PUT", &format!("{at}/draft"), &document).await;
        api.does("POST", &format!("{at}/versions"), &json!({})).await;
        gallery.page("prepared-stale", &page).await;
        gallery.page("review", &format!("{page}/review")).await;
        gallery.shows_no_flaw();
    });
}
