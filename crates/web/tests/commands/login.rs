//! Signing in for the commands that go through a server, which then run side by side.

use std::net::TcpListener;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{Done, Place};

const RUNBOOK: &str = "# Restart a service\n\n## Restart it\n\nRestart [VAR:service].\n";

/// A server in a directory, with an owner; answers its address and the password.
fn served(place: &Place) -> (crate::program::Server, String, String) {
    let who = [
        "--account",
        "Contoso",
        "--email",
        "o@contoso.example",
        "--name",
        "Olga",
    ];
    let made = place.run(&[&["admin", "create-user"][..], &who].concat());
    let password = made.out.trim().to_owned();
    let (server, address) = place.serve(&["serve", "--listen", "127.0.0.1:0"], true, |line| {
        Some(line.split_once("address=")?.1.split(' ').next()?.to_owned())
    });
    (server, format!("http://{address}"), password)
}

fn kept(place: &Place) -> Value {
    let file = std::fs::read(place.path(".config/resolutionflow/credentials.json")).unwrap();
    serde_json::from_slice(&file).unwrap()
}

#[test]
fn commands_that_run_side_by_side_refresh_once() {
    let place = Place::new();
    // Without a grace, a token that two of them presented would sign all of them out.
    place.write("resolutionflow.toml", "[auth]\nrefresh_grace = \"0s\"\n");
    let (_server, url, password) = served(&place);
    let home = place.path("").display().to_string();
    let command = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("HOME", &home).env("RESOLUTIONFLOW_SERVER", &url);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let run = |arguments: &[&str], input: &str| {
        use std::io::Write;
        let mut child = command(arguments).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Done::of(child.wait_with_output().unwrap())
    };
    place.write("runbook.md", RUNBOOK);
    let nobody = run(&["import", "runbook.md"], "");
    assert_eq!(nobody.code, 2, "{}", nobody.err);
    assert!(
        nobody.err.contains("resolutionflow login --server"),
        "{}",
        nobody.err
    );
    let wrong = run(&["login", "--email", "o@contoso.example"], "not the password\n");
    assert_eq!(wrong.code, 1, "{}", wrong.err);
    let done = run(&["login", "--email", "o@contoso.example"], &password);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!done.out.contains("rf_"), "no secret is shown");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(place.path(".config/resolutionflow/credentials.json")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    // The access token is as good as expired: all of them want another, and one gets it.
    let mut before = kept(&place);
    let entry = before.as_object_mut().unwrap().values_mut().next().unwrap();
    entry["access_until"] = "2020-01-01T00:00:00Z".into();
    let first = entry["refresh_token"].clone();
    place.write(".config/resolutionflow/credentials.json", before.to_string());
    let children: Vec<_> = (0..8)
        .map(|_| command(&["import", "runbook.md"]).spawn().unwrap())
        .collect();
    for child in children {
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!(done.code, 0, "{}", done.err);
    }
    let after = kept(&place);
    let entry = after.as_object().unwrap().values().next().unwrap();
    assert_ne!(entry["refresh_token"], first);
    assert!(entry["access_until"].as_str().unwrap() > "2026");

    // A token that the server refuses is replaced, and the command goes on.
    let mut broken = after.clone();
    let entry = broken.as_object_mut().unwrap().values_mut().next().unwrap();
    entry["access_token"] = format!("rf_at_{}", "x".repeat(43)).into();
    place.write(".config/resolutionflow/credentials.json", broken.to_string());
    let done = run(&["import", "runbook.md"], "");
    assert_eq!(done.code, 0, "{}", done.err);

    assert_eq!(run(&["logout"], "").code, 0);
    assert_eq!(kept(&place), serde_json::json!({}));
    assert!(run(&["logout"], "").out.contains("Nobody was signed in"));
    assert_eq!(run(&["import", "runbook.md"], "").code, 2);
}

#[test]
fn plain_http_leads_to_this_machine_alone() {
    const FLOW: &str = "01922c7f-7bb4-7a55-8d22-5b1fb1e0a3c1";
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    // Whoever is asked here could read what is sent.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let run = |server: &str, arguments: &[&str]| {
        let mut command = place.command(arguments);
        command
            .env("HOME", place.path(""))
            .env("RESOLUTIONFLOW_SERVER", server)
            .env("ALL_PROXY", format!("http://{}", proxy.local_addr().unwrap()))
            .stdin(Stdio::null());
        Done::of(command.output().unwrap())
    };
    let token = ["--token", "rf_pat_x"];
    for command in [
        &["login", "--email", "o@contoso.example"][..],
        &[&["import", "runbook.md"][..], &token].concat(),
        &[&["export-flow", FLOW][..], &token].concat(),
    ] {
        for elsewhere in ["http://flows.example.com", "http://192.0.2.1:8080"] {
            run(elsewhere, command).fails(2, "is plain HTTP to another machine");
        }
        for here in ["http://127.0.0.1:1", "http://localhost:1"] {
            let done = run(here, command).fails(1, here);
            assert!(!done.err.contains("plain HTTP"), "{}", done.err);
        }
    }
    assert!(proxy.accept().is_err(), "nobody else was asked");
}
