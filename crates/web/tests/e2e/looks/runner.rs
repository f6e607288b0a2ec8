//! The runner as it is read: every state of a session and of its variables, the completion page and the report.

use serde_json::json;

use super::flow::{every_type, values};
use super::gallery::Gallery;
use crate::harness::{Stage, once};
use crate::run::Run;

async fn gallery(stage: &Stage, run: &Run, name: &str) -> Gallery {
    let gallery = Gallery::of(stage.browser(name, run.site.url()).await).await;
    gallery.browser.sign_in(run.site.person(name)).await;
    gallery
}

#[test]
fn unfilled_and_filled() {
    once(async |stage| {
        let run = Run::of(stage, &every_type()).await;
        let gallery = gallery(stage, &run, "morgan").await;
        for (name, step) in [
            ("unfilled", "confirm"),
            ("unfilled-command", "promote"),
            ("choices", "check"),
        ] {
            gallery
                .page(&format!("runner-{name}"), &format!("{}?step={step}", run.page()))
                .await;
        }
        run.set(&run.lena, &values()).await;
        let kept = json!({ "variables": { "address": "not an address" }, "keep_invalid": true });
        run.lena
            .does("PATCH", &format!("{}/variables", run.path()), &kept)
            .await;
        run.set(&run.lena, &json!({ "ticket": "" })).await;
        let step = |step: &str| format!("{}/steps/{step}", run.path());
        let done = json!({ "state": "done", "note": "Lisbon asked for half an hour more.", "checks": { "0": true },
                           "output": "Backup 2026-11-27 22:00  verified" });
        run.lena.does("PUT", &step("confirm"), &done).await;
        let skipped = json!({ "state": "skipped", "reason": "It replicates" });
        run.morgan.does("PUT", &step("repair"), &skipped).await;
        for (name, step) in [("done", "confirm"), ("filled", "promote"), ("skipped", "repair")] {
            gallery
                .page(&format!("runner-{name}"), &format!("{}?step={step}", run.page()))
                .await;
        }
        gallery.shows_no_flaw();
    });
}

#[test]
fn watching_prepared_and_ended() {
    once(async |stage| {
        let run = Run::of(stage, &every_type()).await;
        run.set(
            &run.lena,
            &json!({ "server_name": "srv-01", "domain": "corp.contoso.example" }),
        )
        .await;
        let gallery = gallery(stage, &run, "ravi").await;
        gallery.page("runner-watching", &run.page()).await;
        let prepared = run.lena.get("/api/v1/sessions?status=prepared").await;
        let unassigned = prepared["items"].as_array().unwrap().iter();
        let mut unassigned = unassigned.filter(|session| session["assigned_to_id"].is_null());
        let id = unassigned.next().unwrap()["id"].as_str().unwrap();
        gallery.page("runner-prepared", &format!("/sessions/{id}")).await;
        gallery.shows_no_flaw();
    });
}

#[test]
fn finishing_and_the_report() {
    once(async |stage| {
        let run = Run::of(stage, &every_type()).await;
        run.set(
            &run.lena,
            &json!({ "domain": "corp.contoso.example", "ticket": "INC-20417" }),
        )
        .await;
        let done = json!({ "state": "done", "note": "Lisbon asked for half an hour more.", "checks": { "0": true } });
        run.lena
            .does("PUT", &format!("{}/steps/confirm", run.path()), &done)
            .await;
        let gallery = gallery(stage, &run, "morgan").await;
        let (finish, report) = (format!("{}/finish", run.page()), format!("{}/report", run.page()));
        gallery.page("finish", &finish).await;
        gallery.page("report-in-progress", &report).await;
        run.set(&run.lena, &values()).await;
        gallery.page("finish-nothing-missing", &finish).await;
        run.set(&run.lena, &json!({ "server_name": null })).await;
        let outcome = json!({ "outcome": "workaround", "outcome_note": "It runs on the old host.", "next_steps": "Order a disk." });
        run.lena
            .does("POST", &format!("{}/complete", run.path()), &outcome)
            .await;
        gallery.page("runner-completed", &run.page()).await;
        gallery.page("report", &report).await;
        gallery
            .page("report-blank", &format!("{report}?unset=blank"))
            .await;
        gallery.shows_no_flaw();
    });
}
