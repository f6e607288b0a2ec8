//! People: what becomes of somebody's sessions when they go, going on in another account, and signing out elsewhere.

use serde_json::json;

use crate::harness::both;
use crate::run::cut_over;
use crate::searching::palette;

/// Makes a flow in the account that the page's person acts in, and answers the status.
const ADD_FLOW: &str = "const done = arguments[arguments.length - 1];
    const flow = { title: 'Only in Northwind', sections: [{ steps: [{ id: 'a', title: 'A' }] }] };
    const headers = { 'Content-Type': 'application/json' };
    fetch('/api/v1/flows', { method: 'POST', headers, body: JSON.stringify(flow) }).then(({ status }) => done(status));";

#[test]
fn what_somebody_held_arrives_at_the_other() {
    both(async |stage| {
        let people = [("morgan", "owner"), ("lena", "engineer"), ("ravi", "engineer")];
        let site = stage.site(&people).await;
        let lead = site.api("morgan").await;
        let flow = lead.does("POST", "/api/v1/flows", &cut_over()).await;
        let me = site.api("ravi").await.get("/api/v1/me").await;
        let ravi = me["user_id"].as_str().unwrap().to_owned();
        let body =
            json!({ "flow_id": flow["flow"]["id"], "assigned_to_id": ravi, "title": "Saturday window" });
        lead.does("POST", "/api/v1/sessions/prepare", &body).await;

        let lena = stage.browser("lena", site.url()).await;
        lena.sign_in(site.person("lena")).await;
        lena.open("/").await;
        assert!(!lena.exists("main >> Saturday window").await);
        let gone = stage.browser("ravi", site.url()).await;
        gone.may_log("401");
        gone.sign_in(site.person("ravi")).await;
        gone.open("/").await;
        gone.wait_for("main >> Saturday window").await;

        let morgan = stage.browser("morgan", site.url()).await;
        morgan.sign_in(site.person("morgan")).await;
        morgan.open("/people").await;
        morgan
            .click(&format!(".member-menu:has(a[href*='{ravi}']) summary"))
            .await;
        morgan.click(&format!("a[href='/people/{ravi}/remove']")).await;
        morgan.wait_for("h1 >> Remove ravi?").await;
        morgan.choose("#sessions-to", "lena").await;
        morgan.click("button.danger").await;
        morgan.until_path("/people").await;
        assert!(!morgan.exists("main >> ravi@contoso.example").await);

        // In her queue without a reload, and nothing for who is gone.
        lena.wait_for("main >> Saturday window").await;
        gone.open("/people").await;
        gone.until_path("/sign-in").await;
    });
}

#[test]
fn going_on_in_another_account_leaves_the_first_tab_behind() {
    both(async |stage| {
        let site = stage.site(&[("morgan", "owner"), ("lena", "engineer")]).await;
        site.second_account("Northwind", "morgan").await;
        let morgan = stage.browser("morgan", site.url()).await;
        morgan.may_log("409");
        morgan.sign_in(site.person("morgan")).await;
        morgan.open("/settings").await;
        morgan.tab(1).await;
        morgan.open("/people").await;
        morgan.wait_for(".page-sub >> Contoso IT").await;
        morgan.click("#account-menu summary").await;
        morgan.click("#account-menu button >> Switch to Northwind").await;
        morgan.until_path("/").await;
        morgan.open("/people").await;
        morgan.wait_for(".page-sub >> Northwind").await;

        // The tab of before does nothing here, and says why.
        morgan.tab(0).await;
        morgan.replace("#name", "Somebody else").await;
        morgan.click("form[action^='/settings/profile'] button").await;
        morgan
            .wait_for("body >> You are now in Northwind. Nothing was changed.")
            .await;
        morgan.open("/people").await;
        morgan.wait_for(".page-sub >> Northwind").await;
        assert!(!morgan.exists("main >> Somebody else").await);
    });
}

#[test]
fn a_tab_of_the_account_before_finds_nothing_of_the_other() {
    both(async |stage| {
        let site = stage.site(&[("morgan", "owner")]).await;
        site.second_account("Northwind", "morgan").await;
        let morgan = stage.browser("morgan", site.url()).await;
        morgan.may_log("409");
        morgan.sign_in(site.person("morgan")).await;
        palette(&morgan).await;
        morgan.tab(1).await;
        morgan.open("/people").await;
        morgan.click("#account-menu summary").await;
        morgan.click("#account-menu button >> Switch to Northwind").await;
        morgan.until_path("/").await;
        assert_eq!(morgan.execute_async(ADD_FLOW, &[]).await, 201);

        let found = "#palette [data-href^=\"/flows/\"]:not([data-href$=import])";
        morgan.tab(0).await;
        morgan.type_into("#palette input", "only in").await;
        morgan.wait_for("#toast >> You are in another account now.").await;
        assert_eq!(morgan.count(found).await, 0);

        // Where it is, it is found.
        morgan.tab(1).await;
        palette(&morgan).await;
        morgan.type_into("#palette input", "only in").await;
        morgan.until_text(found, "Only in Northwind").await;
    });
}

#[test]
fn signing_out_elsewhere_ends_the_other_browser_alone() {
    both(async |stage| {
        let site = stage.site(&[("morgan", "owner")]).await;
        let here = stage.browser("here", site.url()).await;
        let there = stage.browser("there", site.url()).await;
        there.may_log("401");
        for browser in [&here, &there] {
            browser.sign_in(site.person("morgan")).await;
            browser.open("/people").await;
        }
        here.open("/settings").await;
        here.click("#security form.end button").await;
        here.until_path("/settings").await;
        there.open("/people").await;
        there.until_path("/sign-in").await;
        here.open("/people").await;
        here.wait_for(".page-sub").await;
    });
}

#[test]
fn two_tabs_that_reload_at_once_stay_signed_in() {
    both(async |stage| {
        let site = stage.site(&[("morgan", "owner")]).await;
        let morgan = stage.browser("morgan", site.url()).await;
        morgan.sign_in(site.person("morgan")).await;
        morgan.open("/people").await;
        morgan.tab(1).await;
        morgan.open("/sessions").await;
        for _ in 0..5 {
            for tab in [0, 1] {
                morgan.tab(tab).await;
                // Not waited for: the other one begins meanwhile.
                morgan
                    .execute("setTimeout(() => location.reload(), 50)", &[])
                    .await;
            }
        }
        for (tab, path) in [(0, "/people"), (1, "/sessions")] {
            morgan.tab(tab).await;
            morgan.reload().await;
            morgan.until_path(path).await;
            morgan.wait_for("#account-menu").await;
        }
    });
}
