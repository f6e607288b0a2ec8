//! Runbooks of others, the whole way in a browser: a file is chosen, looked at, imported, started, filled, worked
//! through, completed and reported.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Browser, Stage, both, once};

/// Runbooks of others, where a checkout has them beside it.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// One of them with placeholders in text and commands.
const POD: &str = "scoutflo-sre-playbooks/K8s_Playbooks/03-Pods/KubePodCrashLooping-pod.md";

/// Variables that the step on screen still asks for.
const ASKED: &str = "
    const step = document.querySelector('.step:not([hidden])');
    return [...new Set([...step.querySelectorAll('.step-prose .hole .prompt')].map((prompt) => prompt.closest('.hole').dataset.var))];";

/// A value that fits the name of a variable, and tells it from the others.
fn fitting(fields: &[Value], key: &str) -> String {
    let field = fields.iter().find(|field| field["name"] == key);
    match field.and_then(|field| field["type"].as_str()).unwrap_or("text") {
        "number" => "7".to_owned(),
        "port" => "8443".to_owned(),
        "email" => format!("{}@contoso.example", key.replace('_', "-")),
        "url" => format!("https://contoso.example/{key}"),
        "hostname" => key.replace('_', "-"),
        "fqdn" => format!("{}.contoso.example", key.replace('_', "-")),
        "ip" => "10.0.0.7".to_owned(),
        "cidr" => "10.0.0.0/24".to_owned(),
        "mac" => "00:00:5e:00:53:01".to_owned(),
        "date" => "2026-01-05".to_owned(),
        _ => format!("the {key} of the test"),
    }
}

/// Fills every prompt of the step on screen, and answers what was filled in.
async fn fill(browser: &Browser, fields: &[Value]) -> Vec<String> {
    let asked: Vec<String> = serde_json::from_value(browser.execute(ASKED, &[]).await).unwrap();
    for key in &asked {
        let target = format!(".step:not([hidden]) .step-prose .hole[data-var=\"{key}\"] .prompt");
        browser.type_into(&target, &fitting(fields, key)).await;
        browser.press("Enter").await;
    }
    browser.until_saved().await;
    assert_eq!(browser.execute(ASKED, &[]).await, Value::Array(Vec::new()));
    asked
}

/// Takes one document the whole way.
async fn the_whole_way(stage: &Stage, document: &Path) {
    let site = stage.demo().await;
    let api = site.api("lena").await;
    let lena = stage.browser("lena", site.url()).await;
    lena.sign_in(site.person("lena")).await;

    lena.open("/flows").await;
    lena.click("a[href=\"/flows/import\"]").await;
    lena.wait_for(".drop-zone").await;
    let document = document.canonicalize().unwrap();
    lena.type_into("#file", document.to_str().unwrap()).await;
    lena.click("form button[type=submit] >> Preview").await;
    lena.wait_for(".import-preview").await;
    let title = lena.text_of("h1").await;
    lena.click("button[name=confirm]").await;
    lena.wait_for("form[action$=\"/start\"]").await;
    assert_eq!(lena.text_of("h1").await, title);
    let flow = api.get(&format!("/api/v1{}", lena.path().await)).await;
    let fields = flow["document"]["fields"].as_array().cloned().unwrap_or_default();
    assert!(!fields.is_empty(), "{flow:#}");

    lena.click("form[action$=\"/start\"] button").await;
    lena.wait_for(".step-title").await;
    let session = lena.path().await[..46].to_owned();
    let steps = api.get(&format!("/api/v1{session}")).await["steps"].clone();
    let mut filled = Vec::new();
    for step in steps.as_array().unwrap() {
        let id = step["id"].as_str().unwrap();
        lena.go_to(id).await;
        filled.extend(fill(&lena, &fields).await);
        lena.click(&format!("#actions-{id} [data-action=done]")).await;
        lena.wait_for(&format!("#rail-{id}.done")).await;
    }
    assert!(!filled.is_empty(), "no step asked for anything");

    lena.press("Control+Enter").await;
    lena.wait_for("dialog#finish").await;
    lena.press("Control+Enter").await;
    lena.until_path(&format!("{session}/report")).await;
    lena.wait_for("h1").await;
    let report = lena.text_of("#main").await;
    for key in &filled {
        let value = fitting(&fields, key);
        assert!(report.contains(&value), "{value} is not in the report:\n{report}");
        assert!(
            !report.contains(&format!("[VAR:{key}]")),
            "{key} is unset in the report"
        );
    }
    lena.screenshot("corpus-report").await;
}

#[test]
fn a_runbook_goes_the_whole_way() {
    both(async |stage| the_whole_way(stage, &Path::new(FIXTURES).join("replace-a-disk.md")).await);
}

#[test]
fn a_runbook_of_others_goes_the_whole_way() {
    let document = PathBuf::from(CORPUS).join(POD);
    if !document.exists() {
        println!("there is no corpus here");
        return;
    }
    once(async |stage| the_whole_way(stage, &document).await);
}
