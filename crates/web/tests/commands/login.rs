//! Signing in for the commands that go through a server, which then run side by side.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

    // A second sign-in ends the first.
    let first = kept(&place);
    assert_eq!(run(&["login", "--email", "o@contoso.example"], &password).code, 0);
    let second = kept(&place);
    place.write(".config/resolutionflow/credentials.json", first.to_string());
    let ended = run(&["import", "runbook.md"], "");
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(
        ended.err.contains("sign in with `resolutionflow login"),
        "{}",
        ended.err
    );
    let other = uuid::Uuid::nil().to_string();
    let not_theirs = run(
        &["login", "--email", "o@contoso.example", "--account", &other],
        &password,
    );
    assert_eq!(not_theirs.code, 1, "{}", not_theirs.err);

    // Where the server cannot be told, nothing is forgotten, unless it is meant to be.
    let nowhere = "http://127.0.0.1:1";
    let entry = second.as_object().unwrap().values().next().unwrap();
    let elsewhere = serde_json::json!({ nowhere: entry });
    place.write(".config/resolutionflow/credentials.json", elsewhere.to_string());
    let unreachable = run(&["logout", "--server", nowhere], "");
    assert_eq!((unreachable.code, kept(&place)), (1, elsewhere));
    assert_eq!(run(&["logout", "--server", nowhere, "--forget"], "").code, 0);
    assert_eq!(kept(&place), serde_json::json!({}));

    place.write(".config/resolutionflow/credentials.json", second.to_string());
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

/// Hands the requests of commands to a server, each on a connection of its own. The answer to the first refresh is lost,
/// and instead of the second there is one of a proxy's own. Answers where it listens, and what counts the refreshes.
fn losing_proxy(server: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let refreshes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&refreshes);
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let (path, headers, body) = read(&connection);
            let lost = path
                .ends_with("/auth/refresh")
                .then(|| counted.fetch_add(1, Ordering::SeqCst));
            let (status, text) = match lost {
                Some(1) => (503, String::new()),
                _ => pass_on(&format!("{server}{path}"), &headers, &body),
            };
            if lost == Some(0) {
                // It stays open, and nothing comes.
                held.push(connection);
                continue;
            }
            let answer = format!(
                "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, refreshes)
}

/// A request: its path, its headers by their names in lower case, and its body.
fn read(connection: &TcpStream) -> (String, BTreeMap<String, String>, Vec<u8>) {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    (path, headers, body)
}

fn pass_on(url: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.post(url);
    for name in ["authorization", "content-type"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let mut answer = request.send(body).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

#[test]
fn a_lost_answer_to_a_refresh_is_asked_for_again_while_the_server_repeats_it() {
    let place = Place::new();
    let (_server, url, password) = served(&place);
    let (url, refreshes) = losing_proxy(url);
    let run = |arguments: &[&str], input: &str| {
        let mut command = place.command(arguments);
        command
            .env("HOME", place.path(""))
            .env("RESOLUTIONFLOW_SERVER", &url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Done::of(child.wait_with_output().unwrap())
    };
    place.write("runbook.md", RUNBOOK);
    run(&["login", "--email", "o@contoso.example"], &password).ok();
    // Twice: what is kept after a lost answer is good for the next refresh, too.
    for refreshed in [3, 4] {
        let mut kept = kept(&place);
        let entry = kept.as_object_mut().unwrap().values_mut().next().unwrap();
        entry["access_until"] = "2020-01-01T00:00:00Z".into();
        place.write(".config/resolutionflow/credentials.json", kept.to_string());
        run(&["import", "runbook.md"], "").ok();
        assert_eq!(refreshes.load(Ordering::SeqCst), refreshed);
    }
}
