//! What is prepared for somebody: in their queue, at their bell and on their page of notifications, as it happens.

use std::rc::Rc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Api, Browser, Site, Stage, both};
use crate::run::{Run, cut_over};

/// An account of a lead and an engineer, with a flow.
struct Team {
    site: Rc<Site>,
    lead: Api,
    flow: Value,
    engineer: Value,
}

impl Team {
    async fn of(stage: &Stage) -> Self {
        let site = stage.site(&[("morgan", "owner"), ("lena", "engineer")]).await;
        let lead = site.api("morgan").await;
        let flow = lead.does("POST", "/api/v1/flows", &cut_over()).await;
        let engineer = site.api("lena").await.get("/api/v1/me").await;
        Self {
            site,
            lead,
            flow: flow["flow"]["id"].clone(),
            engineer: engineer["user_id"].clone(),
        }
    }

    /// Prepares a session for the engineer, and answers its id.
    async fn prepares(&self, title: &str) -> String {
        let body = json!({ "flow_id": self.flow, "assigned_to_id": self.engineer, "title": title });
        let session = self.lead.does("POST", "/api/v1/sessions/prepare", &body).await;
        session["id"].as_str().unwrap().to_owned()
    }

    /// The engineer's browser, which remembers that its page was not loaded anew.
    async fn browser(&self, stage: &Stage, path: &str) -> Browser {
        let lena = stage.browser("lena", self.site.url()).await;
        lena.sign_in(self.site.person("lena")).await;
        lena.open(path).await;
        lena.execute("window.stayed = true", &[]).await;
        lena
    }
}

impl Browser {
    /// Waits until the bell says so many unread ones.
    async fn until_rung(&self, unread: usize) {
        let name = match unread {
            0 => "Notifications".to_owned(),
            unread => format!("Notifications, {unread} unread"),
        };
        self.wait_for(&format!("#bell[aria-label=\"{name}\"]")).await;
    }

    async fn stayed(&self) -> bool {
        self.execute("return window.stayed === true", &[]).await == true
    }
}

const DOT: &str = ".side a[href=\"/\"] .dot:not([hidden])";

#[test]
fn what_is_prepared_for_somebody_shows_without_reloading() {
    both(async |stage| {
        let team = Team::of(stage).await;
        let lena = team.browser(stage, "/").await;
        lena.until_text("#main .empty", "Nothing is prepared for you")
            .await;
        lena.until_rung(0).await;
        assert!(!lena.exists(DOT).await);

        let prepared = Instant::now();
        let session = team.prepares("Contoso <b>").await;
        lena.until_text(&format!("#session-{session}"), "Contoso <b>")
            .await;
        lena.until_rung(1).await;
        println!(
            "shown to the engineer after {} ms",
            prepared.elapsed().as_millis()
        );
        lena.wait_for(DOT).await;
        lena.until_text("#live-region", "Notifications, 1 unread").await;
        assert!(lena.stayed().await);
        lena.screenshot("quick-start-prepared").await;

        // Who opens it has read of it, and only then.
        lena.click(&format!("#session-{session} .row-title a")).await;
        lena.until_path(&format!("/sessions/{session}")).await;
        lena.until_rung(0).await;
        lena.open("/").await;
        lena.wait_for(&format!("#session-{session}")).await;
        assert!(!lena.exists(DOT).await);
    });
}

#[test]
fn the_bell_rings_on_every_page_and_in_the_runner() {
    both(async |stage| {
        let team = Team::of(stage).await;
        let lena = team.browser(stage, "/people").await;
        let first = team.prepares("One").await;
        lena.until_rung(1).await;
        lena.wait_for(DOT).await;
        assert!(lena.stayed().await);

        lena.open(&format!("/sessions/{first}")).await;
        lena.wait_for(".step-title").await;
        lena.until_rung(0).await;
        lena.execute("window.stayed = true", &[]).await;
        let second = team.prepares("Two").await;
        lena.until_rung(1).await;
        let gone = format!("/api/v1/sessions/{second}/discard");
        team.lead.does("POST", &gone, &json!({})).await;
        lena.until_rung(0).await;
        assert!(lena.stayed().await);
    });
}

#[test]
fn the_list_of_notifications_grows_leads_on_and_is_marked() {
    both(async |stage| {
        let team = Team::of(stage).await;
        let lena = team.browser(stage, "/notifications").await;
        lena.until_text("#main .empty", "Nothing yet.").await;
        let first = team.prepares("One").await;
        lena.until_text(".notifications .row.unread", "morgan prepared a session for you")
            .await;
        team.prepares("Two").await;
        team.prepares("Three").await;
        lena.until("three are there", async || {
            match lena.count(".notifications .row.unread").await {
                3 => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
        assert!(lena.stayed().await);
        lena.click(".row.unread button >> One").await;
        lena.until_path(&format!("/sessions/{first}")).await;
        lena.until_rung(2).await;
        lena.open("/notifications").await;
        assert_eq!(lena.count(".notifications .row.unread").await, 2);
        lena.click("button >> Mark all as read").await;
        lena.wait_gone(".notifications .row.unread").await;
        lena.until_rung(0).await;
        assert_eq!(lena.count(".notifications .row").await, 3);
    });
}

#[test]
fn a_second_tab_asks_for_the_stream_and_is_then_quiet() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = run.open(stage, "lena").await;
        lena.tab(1).await;
        lena.open(&run.page()).await;
        lena.wait_for(".step-title").await;
        let count = "const done = arguments[arguments.length - 1];
            const { user, account } = document.body.dataset;
            const channel = new BroadcastChannel(`rf-live-${user}-${account}`);
            let heard = 0;
            channel.onmessage = () => heard++;
            setTimeout(() => (channel.close(), done(heard)), 1500);";
        let heard = lena.execute_async(count, &[]).await.as_u64().unwrap();
        assert!(heard < 20, "{heard} messages between two tabs");
        run.set(&run.morgan, &json!({ "server_name": "srv-01" })).await;
        lena.until_everywhere("server_name", "srv-01").await;
    });
}

#[test]
fn a_setting_says_beside_it_that_it_is_saved() {
    both(async |stage| {
        let team = Team::of(stage).await;
        let morgan = stage.browser("morgan", team.site.url()).await;
        morgan.sign_in(team.site.person("morgan")).await;
        morgan.open("/settings").await;
        morgan.click("#tell-completed").await;
        morgan.until_text("form[action$=completed] .tick", "Saved").await;
        let choices = team.lead.get("/api/v1/me/notifications").await;
        assert_eq!(choices["choices"]["completed"]["in_page"], false);
        morgan.replace("#stale-days", "14").await;
        morgan.press("Tab").await;
        morgan.until_text("form[action$=account] .tick", "Saved").await;
        assert_eq!(team.lead.get("/api/v1/account").await["stale_days"], 14);
    });
}
