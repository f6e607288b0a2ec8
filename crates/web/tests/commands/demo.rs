//! `demo`: up on both engines, started again, never on a database that is not its own.

use std::process::Command;

use resolutionflow_store::testing;
use serde_json::{Value, json};

use crate::program::{Place, Server, request, sign_in, sqlite};

fn demo(place: &Place, options: &[&str]) -> (Server, Value) {
    let arguments: Vec<&str> = ["demo", "--json", "--listen", "127.0.0.1:0"]
        .into_iter()
        .chain(options.iter().copied())
        .collect();
    place.serve(&arguments, false, |line| serde_json::from_str(line).ok())
}

fn url(printed: &Value) -> &str {
    printed["url"].as_str().unwrap()
}

/// Looks at a demo as each of its people, and works a flow from start to end.
fn try_out(printed: &Value) {
    let url = url(printed);
    let (_, all) = request(
        &format!("{url}/api/v1/sessions"),
        &sign_in(url, &printed["owner"]),
        None,
    );
    let statuses: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses.len(), 8, "{all}");
    for status in ["prepared", "active", "completed", "discarded"] {
        assert!(statuses.contains(&status), "{status}");
    }
    for engineer in printed["engineers"].as_array().unwrap() {
        let token = sign_in(url, engineer);
        let (status, mine) = request(&format!("{url}/api/v1/sessions?assigned_to_id=me"), &token, None);
        assert_eq!(
            (status, mine["items"].as_array().unwrap().len()),
            (200, 1),
            "{mine}"
        );
    }
    let token = sign_in(url, &printed["engineers"][0]);
    let (_, flows) = request(&format!("{url}/api/v1/flows"), &token, None);
    assert_eq!(flows["items"].as_array().unwrap().len(), 5);
    for flow in flows["items"].as_array().unwrap() {
        let start = json!({ "flow_id": flow["id"] });
        let (status, session) = request(&format!("{url}/api/v1/sessions"), &token, Some(&start));
        assert_eq!(status, 201, "{session}");
        let complete = format!(
            "{url}/api/v1/sessions/{}/complete",
            session["id"].as_str().unwrap()
        );
        let (status, _) = request(&complete, &token, Some(&json!({ "outcome": "resolved" })));
        assert_eq!(status, 200);
    }
}

#[test]
fn a_temporary_demo_leaves_nothing_behind() {
    let place = Place::new();
    let (server, printed) = demo(&place, &[]);
    assert_eq!(place.leftovers(), 1);
    try_out(&printed);
    let (code, more) = server.stop();
    assert_eq!((code, more.len(), place.leftovers()), (0, 0, 0), "{more:?}");
}

#[tokio::test]
async fn a_demo_runs_on_postgresql() {
    let Some(test) = testing::postgres(|_| {}).await else {
        return;
    };
    let place = Place::new();
    for start in 0..2 {
        let (server, printed) = demo(&place, &["--database", &test.config.url]);
        if start == 0 {
            try_out(&printed);
        } else {
            sign_in(url(&printed), &printed["owner"]);
        }
        assert_eq!(server.stop().0, 0);
    }
}

#[test]
fn a_kept_demo_goes_on_with_new_passwords_and_its_data() {
    let place = Place::new();
    let (server, first) = demo(&place, &["--data", "kept"]);
    let token = sign_in(url(&first), &first["owner"]);
    let new = json!({ "title": "Mine", "sections": [{ "steps": [{ "id": "one", "title": "One" }] }] });
    assert_eq!(
        request(&format!("{}/api/v1/flows", url(&first)), &token, Some(&new)).0,
        201
    );
    assert_eq!(server.stop().0, 0);

    let (server, second) = demo(&place, &["--data", "kept"]);
    let refused = request(
        &format!("{}/api/v1/auth/login", url(&second)),
        "",
        Some(&first["owner"]),
    );
    assert_eq!(refused.0, 401);
    let token = sign_in(url(&second), &second["owner"]);
    let (_, flows) = request(&format!("{}/api/v1/flows", url(&second)), &token, None);
    assert_eq!(flows["items"].as_array().unwrap().len(), 6);

    let database = sqlite(&place.path("kept/demo.sqlite"));
    place.write("x.md", "# X\n\n1. One.\n");
    for command in [
        &["demo", "--listen", "127.0.0.1:0", "--data", "kept"][..],
        &["import", "--database", &database, "x.md"],
        &[
            "admin",
            "reset-password",
            "--database",
            &database,
            "--email",
            "x@y.example",
        ],
    ] {
        place
            .run(command)
            .fails(1, "is in use by another resolutionflow")
            .fails(1, "--server");
    }
    assert_eq!(server.stop().0, 0);
}

#[test]
fn the_printed_line_works_when_it_is_pasted() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("curl is not there");
        return;
    }
    let place = Place::new();
    let (server, line) = place.serve(&["demo", "--listen", "127.0.0.1:0"], false, |line| {
        line.trim().starts_with("curl ").then(|| line.to_owned())
    });
    let answer = Command::new("sh").args(["-c", &line]).output().unwrap();
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(
        answer["items"][0]["title"],
        "Warehouse North: firewall, evening window"
    );
    assert_eq!(server.stop().0, 0);
}

#[test]
fn a_demo_refuses_what_it_did_not_make() {
    let place = Place::new();
    let database = sqlite(&place.path("real.sqlite"));
    let first = [
        "admin",
        "create-user",
        "--database",
        &database,
        "--account",
        "Real",
        "--name",
        "A",
        "--email",
        "a@real.example",
    ];
    place.run(&first).ok();
    let demo = [
        "demo",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database,
    ];
    let refused = place.run(&demo).fails(1, "not made by demo");
    assert_eq!(refused.out, "");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    place
        .run(&["demo", "--listen", &address])
        .fails(1, "cannot listen on")
        .fails(1, "--listen");
    place
        .run(&["demo", "--data", "x", "--database", &database])
        .fails(2, "cannot be used with");
    assert_eq!(place.leftovers(), 0);
}
