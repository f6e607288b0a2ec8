//! Before anybody is signed in, and where nothing is.

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
