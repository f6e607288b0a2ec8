//! Before anybody is signed in, and where nothing is.

use serde_json::{Value, json};

use super::gallery::Gallery;
use crate::harness::once;

#[test]
fn signing_in_and_setting_up() {
    once(async |stage| {
        let site = stage.demo().await;
        let gallery = Gallery::of(stage.browser("somebody", site.url()).await).await;
        gallery.browser.may_log("401");
        gallery.browser.may_log("422");
        gallery.page("sign-in", "/sign-in").await;
        gallery
            .state("sign-in-refused", async |browser| {
                browser.open("/sign-in").await;
                browser.type_into("#email", "morgan@contoso.example").await;
                browser.type_into("#password", "not the password").await;
                browser.press("Enter").await;
                browser.wait_for(".error-summary").await;
            })
            .await;

        let new = stage.site(&[]).await;
        let first = Gallery::of(stage.browser("first", new.url()).await).await;
        first.browser.may_log("422");
        first.page("set-up", "/setup").await;
        first
            .state("set-up-refused", async |browser| {
                browser.open("/setup").await;
                for (line, text) in [
                    ("code", "wrong"),
                    ("account", "Contoso IT"),
                    ("name", "Morgan Osei"),
                    ("email", "morgan@contoso.example"),
                    ("password", "password1234"),
                ] {
                    browser.type_into(&format!("[name={line}]"), text).await;
                }
                browser.press("Enter").await;
                browser.wait_for(".error-summary").await;
            })
            .await;
        gallery.shows_no_flaw();
        first.shows_no_flaw();
    });
}

#[test]
fn signing_up_and_following_links() {
    once(async |stage| {
        let site = stage
            .mailing_site(&[("morgan", "owner"), ("lena", "engineer")])
            .await;
        let gallery = Gallery::of(stage.browser("somebody", site.url()).await).await;
        for status in ["410", "422", "404"] {
            gallery.browser.may_log(status);
        }
        gallery.page("sign-up", "/sign-up").await;
        gallery
            .state("sign-up-refused", async |browser| {
                browser.open("/sign-up").await;
                for (line, text) in [
                    ("account", " "),
                    ("name", "Morgan Osei"),
                    ("email", "morgan@contoso.example"),
                ] {
                    browser.type_into(&format!("[name={line}]"), text).await;
                }
                browser.press("Enter").await;
                browser.wait_for(".error-summary").await;
            })
            .await;
        gallery.page("forgot", "/forgot").await;
        gallery
            .state("forgot-sent", async |browser| {
                browser.open("/forgot").await;
                browser.type_into("#email", "morgan@contoso.example").await;
                browser.press("Enter").await;
                browser.until_text("h1", "Look into your mail").await;
            })
            .await;
        gallery.page("reset-gone", "/reset?token=x").await;
        let api = site.api("morgan").await;
        let address = "a.person.with.a.long.name@a-department.contoso.example";
        let body = json!({ "role": "engineer", "emails": [address] });
        let made = api.does("POST", "/api/v1/invites", &body).await;
        let code = |made: &Value| made["items"][0]["code"].as_str().unwrap().to_owned();
        gallery
            .page("invite", &format!("/invite?code={}", code(&made)))
            .await;
        let anybody = api
            .does("POST", "/api/v1/invites", &json!({ "role": "viewer", "uses": 3 }))
            .await;
        let anybody = format!("/invite?code={}", code(&anybody));
        gallery.page("invite-anybody", &anybody).await;
        let revoked = format!("/api/v1/invites/{}", made["items"][0]["id"].as_str().unwrap());
        gallery.browser.open("/forgot").await;
        gallery.browser.type_into("#email", "lena@contoso.example").await;
        gallery.browser.press("Enter").await;
        let reset = gallery
            .browser
            .until("a letter", async || {
                site.letter("lena@contoso.example", "/reset?token=")
                    .ok_or_else(String::new)
            })
            .await;
        gallery.page("reset", &reset).await;

        let owner = Gallery::of(stage.browser("morgan", site.url()).await).await;
        owner.browser.may_log("422");
        owner.browser.sign_in(site.person("morgan")).await;
        owner.page("people-invited", "/people").await;
        owner
            .state("people-invite-link", async |browser| {
                browser.open("/people").await;
                browser.click(".invite-link > summary").await;
            })
            .await;
        owner
            .state("people-invite-refused", async |browser| {
                browser.open("/people").await;
                browser
                    .type_into("#invite-emails", "morgan@contoso.example nobody@")
                    .await;
                browser.click("#invite button[type=submit]").await;
                browser.wait_for(".error-summary").await;
            })
            .await;
        owner.page("invite-signed-in", &anybody).await;
        api.does("DELETE", &revoked, &Value::Null).await;
        gallery
            .page("invite-gone", &format!("/invite?code={}", code(&made)))
            .await;
        gallery.shows_no_flaw();
        owner.shows_no_flaw();
    });
}

#[test]
fn an_account_without_anything() {
    once(async |stage| {
        let site = stage.site(&[("morgan", "owner")]).await;
        let gallery = Gallery::of(stage.browser("morgan", site.url()).await).await;
        gallery.browser.may_log("404");
        gallery.browser.sign_in(site.person("morgan")).await;
        for (name, path) in [
            ("quick-start-first-run", "/"),
            ("flows-none", "/flows"),
            ("sessions-none", "/sessions"),
            ("sessions-none-prepared", "/sessions?tab=prepared"),
            ("sessions-none-completed", "/sessions?tab=completed"),
            ("people-alone", "/people"),
            ("error", "/sessions/0198f000-0000-7000-8000-000000000000"),
            ("error-path", "/nothing-here"),
        ] {
            gallery.page(name, path).await;
        }
        gallery.shows_no_flaw();
    });
}

#[test]
fn who_runs_the_server() {
    once(async |stage| {
        let site = stage.demo().await;
        let gallery = Gallery::of(stage.browser("morgan", site.url()).await).await;
        gallery.browser.may_log("422");
        gallery.browser.sign_in(site.person("morgan")).await;
        gallery.page("platform", "/platform").await;
        gallery.page("platform-plans", "/platform/plans").await;
        gallery.page("platform-server", "/platform/server").await;
        gallery
            .state("platform-invites", async |browser| {
                browser.open("/platform/invites").await;
                browser.type_into("#note", "the pilot").await;
                browser.press("Enter").await;
                browser.wait_for(".new-token").await;
            })
            .await;
        gallery
            .state("platform-account", async |browser| {
                browser.open("/platform").await;
                browser.click(".tenants a").await;
                browser.wait_for("#plan").await;
            })
            .await;
        gallery
            .state("platform-plan-refused", async |browser| {
                browser.open("/platform/plans").await;
                browser.type_into("#name", "unlimited").await;
                browser.type_into("#flows", "25").await;
                browser.press("Enter").await;
                browser.wait_for("#name-error").await;
            })
            .await;
        gallery.shows_no_flaw();
    });
}
