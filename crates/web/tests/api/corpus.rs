//! A real runbook goes the whole way: imported, started empty, filled, completed, exported.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::cast::{TestApp, apps, path};

/// Runbooks of others, where a checkout has them beside it.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// A value that fits a field.
fn fitting(field: &Value) -> String {
    let text = match field["type"].as_str().unwrap_or("text") {
        "number" => "7",
        "boolean" => "true",
        "date" => "2026-01-05",
        "datetime" => "2026-01-05T08:00:00Z",
        "select" | "multi_select" => match &field["options"][0] {
            Value::String(option) => option,
            option => option["value"].as_str().unwrap(),
        },
        "email" => "lena@example.com",
        "url" => "https://example.com/x",
        "hostname" => "srv-01",
        "fqdn" => "srv-01.example.com",
        "ip" => "10.0.0.7",
        "cidr" => "10.0.0.0/24",
        "mac" => "00:00:5e:00:53:01",
        "port" => "8443",
        _ => "value-of-the-test",
    };
    text.to_owned()
}

/// Takes one document the whole way.
async fn the_whole_way(app: &TestApp, document: &Path) {
    let name = document.display();
    let (lena, text) = (app.member("lena"), std::fs::read_to_string(document).unwrap());
    let file = document.file_name().unwrap().to_str().unwrap();
    let import = lena
        .post(format!("/flows/import?file_name={file}"))
        .body("text/markdown", text);
    let imported = import.await.with(201);
    assert_eq!(imported["version"], 1, "{name}");
    let id = imported["flow"]["id"].as_str().unwrap();
    let flow = lena.get(format!("/flows/{id}")).await.with(200);

    let session = lena.starts(&imported["flow"]).await;
    assert_eq!(
        session["status"], "active",
        "{name}: nothing is asked before the start"
    );
    assert_eq!(session["variables"], json!({}));

    let fields = flow["document"]["fields"].as_array().cloned().unwrap_or_default();
    let values: Map<String, Value> = fields
        .iter()
        .map(|field| (field["name"].as_str().unwrap().to_owned(), json!(fitting(field))))
        .collect();
    lena.sets(&session, &Value::Object(values.clone()))
        .await
        .with(200);
    for step in session["steps"].as_array().unwrap() {
        let at = format!("{}/steps/{}", path(&session), step["id"].as_str().unwrap());
        lena.put(at)
            .json(&json!({"state": "done", "note": "as written"}))
            .await
            .with(200);
    }
    let completed = lena
        .does("complete", &session)
        .json(&json!({"outcome": "resolved"}))
        .await
        .with(200);
    assert_eq!(completed["warnings"], json!([]), "{name}");
    assert_eq!(
        completed["finished_step_count"], completed["step_count"],
        "{name}"
    );

    let export = async |query: &str| lena.get(format!("{}/export{query}", path(&session))).await;
    let markdown = export("?unset=blank").await.text();
    for value in values.values().map(|value| value.as_str().unwrap()) {
        assert!(
            markdown.contains(value),
            "{name}: {value} is in the export:\n{markdown}"
        );
    }
    for field in &fields {
        let placeholder = format!("[VAR:{}]", field["name"].as_str().unwrap());
        assert!(
            !markdown.contains(&placeholder),
            "{name}: {placeholder} is filled in"
        );
    }
    assert!(markdown.contains("Resolved"), "{markdown}");
    let json = export("?format=json").await.with(200);
    assert_eq!(json["status"], "completed");
    assert_eq!(
        json["steps"].as_array().unwrap().len(),
        session["steps"].as_array().unwrap().len()
    );
    let events = app.verified_events(lena.account, &session).await;
    assert_eq!(json["events"].as_array().unwrap().len(), events.len());

    // What was exported imports back as the same flow.
    let own = lena.get(format!("/flows/{id}/export")).await.text();
    let again = lena
        .post("/flows/import")
        .body("text/markdown", own)
        .await
        .with(200);
    assert_eq!(
        (&again["changed"], &again["flow"]["id"]),
        (&json!(false), &json!(id)),
        "{name}"
    );
}

#[tokio::test]
async fn a_runbook_goes_from_import_to_export() {
    for app in apps().await {
        the_whole_way(&app, &Path::new(FIXTURES).join("replace-a-disk.md")).await;
        the_whole_way(&app, &Path::new(FIXTURES).join("move-a-mailbox.md")).await;
    }
}

#[tokio::test]
async fn a_runbook_keeps_its_words_and_gets_its_fields() {
    for app in apps().await {
        let lena = app.member("lena");
        let text = std::fs::read_to_string(format!("{FIXTURES}/replace-a-disk.md")).unwrap();
        let import = async |query: &str| {
            let ask = lena.post(format!("/flows/import?dry_run=true{query}"));
            ask.body("text/markdown", text.clone()).await.with(200)["document"].clone()
        };
        let names = |flow: &Value| {
            let fields = flow["fields"].as_array().unwrap().iter();
            let mut names: Vec<_> = fields
                .map(|field| field["name"].as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        let flow = import("").await;
        let usual = [
            "disk_serial",
            "host_name",
            "new_disk_serial",
            "pool_name",
            "ticket_number",
        ];
        assert_eq!(names(&flow), usual, "{flow:#}");
        let all = flow.to_string();
        assert!(all.contains("`<none>`"), "what a program prints is no field");
        assert!(
            all.contains("zpool offline $POOL"),
            "a variable of the shell is no field"
        );
        let none = import("&placeholders=mustache").await;
        assert_eq!(names(&none), ["pool_name"]);
    }
}

/// A spread of documents of the corpus, every so many in the order of their paths.
fn some_of_the_corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(CORPUS)];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    let every = (found.len() / 12).max(1);
    found.into_iter().step_by(every).collect()
}

#[tokio::test]
async fn runbooks_of_others_go_from_import_to_export() {
    let some = some_of_the_corpus();
    if some.is_empty() {
        println!("there is no corpus here");
        return;
    }
    for app in apps().await {
        for document in &some {
            the_whole_way(&app, document).await;
        }
    }
}
