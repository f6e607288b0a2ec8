//! A runbook of the corpus goes the whole way: in by command, run on a server, and out again by command.

use std::path::Path;

use resolutionflow_store::testing;
use serde_json::{Value, json};

use crate::program::{Place, ask, request, sqlite};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
const DOCUMENT: &str = "scoutflo-sre-playbooks/K8s_Playbooks/03-Pods/KubePodCrashLooping-pod.md";

/// The document, or one like it where there is no corpus.
fn runbook() -> String {
    std::fs::read_to_string(Path::new(CORPUS).join(DOCUMENT)).unwrap_or_else(|_| {
        println!("there is no corpus here");
        "# Pod\n\n## Playbook\n\n1. Describe pod <pod-name> in namespace <namespace>.\n2. Read its logs.\n"
            .to_owned()
    })
}

fn runs(database: &str) {
    let place = Place::new();
    let database = ["--database", database];
    let run = |arguments: &[&str]| place.run(&[arguments, &database].concat()).ok().out;
    let who = [
        "--account",
        "Contoso",
        "--name",
        "Owner",
        "--role",
        "owner",
        "--email",
        "o@contoso.example",
    ];
    run(&[&["admin", "create-user"][..], &who].concat());
    let token = run(&[
        "admin",
        "create-token",
        "--email",
        "o@contoso.example",
        "--name",
        "test",
    ]);
    let token = token.trim();

    place.write("runbook.md", runbook());
    let imported = run(&["import", "runbook.md"]);
    let flow = &imported.split_once(" of flow ").unwrap().1[..36];

    let serve = [&["serve", "--listen", "127.0.0.1:0"][..], &database].concat();
    let (server, address) = place.serve(&serve, true, |line| {
        Some(line.split_once("address=")?.1.split(' ').next()?.to_owned())
    });
    let url = format!("http://{address}/api/v1/sessions");
    let (status, started) = request(&url, token, Some(&json!({ "flow_id": flow })));
    assert_eq!(status, 201, "{started}");
    assert_eq!(started["variables"], json!({}), "nothing is filled in");
    let session = format!("{url}/{}", started["id"].as_str().unwrap());
    let (status, filled) = ask(
        &format!("{session}/variables"),
        token,
        "PATCH",
        Some(&json!({ "variables": { "namespace": "prod-7" } })),
    );
    assert_eq!(status, 200, "{filled}");
    for step in started["steps"].as_array().unwrap() {
        let step = format!("{session}/steps/{}", step["id"].as_str().unwrap());
        assert_eq!(ask(&step, token, "PUT", Some(&json!({ "state": "done" }))).0, 200);
    }
    let (status, completed) = request(&format!("{session}/complete"), token, Some(&json!({})));
    assert_eq!(
        (status, &completed["status"]),
        (200, &json!("completed")),
        "{completed}"
    );
    let (_, report) = request(&format!("{session}/export"), token, None);
    let Value::String(report) = report else {
        panic!("{report}")
    };
    assert!(
        report.contains("prod-7") && !report.contains("<namespace>"),
        "{report}"
    );
    assert!(
        report.contains("[VAR:pod"),
        "what is unset stays a placeholder: {report}"
    );
    assert_eq!(server.stop().0, 0);

    run(&["export-flow", flow, "-o", "flow.md"]);
    let again = run(&["import", "flow.md"]);
    assert!(again.contains("unchanged, version 1"), "{again}");
}

#[test]
fn a_runbook_runs_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    runs(&sqlite(&directory.path().join("real.sqlite")));
}

#[tokio::test]
async fn a_runbook_runs_on_postgresql() {
    if let Some(test) = testing::postgres(|_| {}).await {
        runs(&test.config.url);
    }
}
