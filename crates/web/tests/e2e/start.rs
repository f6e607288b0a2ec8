//! Starting a flow: at once, with nothing filled in and nothing asked.

use crate::harness::both;
use crate::run::{Run, cut_over};

/// Every hole: its variable, what its control is called, and what stands in the place of a value.
const HOLES: &str = "return [...document.querySelectorAll('.hole')].map((hole) => {
    const control = hole.querySelector('.prompt, .segment');
    return [hole.dataset.var, control?.getAttribute('aria-label') ?? null, control?.placeholder ?? null];
})";

#[test]
fn a_flow_starts_without_a_single_value() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let ravi = stage.browser("ravi", run.site.url()).await;
        ravi.sign_in(run.site.person("ravi")).await;
        ravi.open(&format!("/flows/{}", run.flow)).await;
        ravi.click("button >> Start flow").await;
        ravi.until_path("/sessions/").await;
        ravi.wait_for(".step-title").await;

        assert_eq!(ravi.count("dialog[open]").await, 0);
        ravi.until_text("#rail .rail-count", "0 of 3 steps").await;
        ravi.until_text("#panel-title", "0 of 4 filled").await;
        let holes = ravi.execute(HOLES, &[]).await;
        let holes: Vec<(String, Option<String>, Option<String>)> = serde_json::from_value(holes).unwrap();
        assert!(holes.len() >= 12, "{holes:?}");
        let unlinked = holes.iter().filter(|(_, spoken, _)| spoken.is_some());
        for (key, spoken, placeholder) in unlinked.clone() {
            let (label, name) = match key.as_str() {
                "server_name" => ("Server name", "Server name, required"),
                "domain" => ("Domain", "Domain, required"),
                "ticket" => ("Ticket", "Ticket"),
                "contact" => ("contact", "contact"),
                other => panic!("{other} is no variable of this flow"),
            };
            assert_eq!(
                (placeholder.as_deref(), spoken.as_deref()),
                (Some(label), Some(name))
            );
        }
        // Only the link holds text that is no control; its prompts stand behind it.
        assert_eq!(holes.len() - unlinked.count(), 1, "{holes:?}");
        ravi.screenshot("runner-unfilled").await;
    });
}

#[test]
fn a_start_that_is_pressed_twice_makes_one_session() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let ravi = stage.browser("ravi", run.site.url()).await;
        ravi.sign_in(run.site.person("ravi")).await;
        ravi.open(&format!("/flows/{}", run.flow)).await;
        let twice = "const form = document.querySelector('form[action$=\"/start\"]');
            form.requestSubmit(); form.requestSubmit();";
        ravi.execute(twice, &[]).await;
        ravi.until_path("/sessions/").await;
        let of_flow = format!("/api/v1/sessions?flow_id={}", run.flow);
        let sessions = run.morgan.get(&of_flow).await;
        // Morgan's, and one of Ravi's.
        assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "{sessions}");
    });
}
