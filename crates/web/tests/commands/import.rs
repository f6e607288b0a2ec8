//! `import` and `export-flow`: there, back, and unchanged, on the database and through a server.

use resolutionflow_store::testing;
use serde_json::Value;

use crate::program::{Done, Place, request, sign_in, sqlite};

const RUNBOOK: &str = "# Restart a service\n\n1. Sign in to `<server-name>`.\n2. Restart <service>:\n\n   \
    ```sh\n   systemctl restart $SERVICE\n   ```\n3. Tell <none> of the others.\n";

/// A place with an account in a database, and its address.
fn account() -> (Place, String) {
    let place = Place::new();
    let database = sqlite(&place.path("real.sqlite"));
    create_owner(&place, &database, "morgan@contoso.example");
    (place, database)
}

fn create_owner(place: &Place, database: &str, email: &str) {
    let who = [
        "--account",
        "Contoso",
        "--name",
        "Owner",
        "--role",
        "owner",
        "--email",
        email,
    ];
    place
        .run(&[&["admin", "create-user", "--database", database][..], &who].concat())
        .ok();
}

/// The flow that a line of import names.
fn flow_of(done: &Done) -> String {
    let (_, rest) = done.out.split_once(" of flow ").unwrap();
    rest[..36].to_owned()
}

#[test]
fn a_dry_run_prints_a_flow_that_imports_back() {
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    let shown = place.run(&["import", "--dry-run", "runbook.md"]).ok();
    assert!(
        shown.out.contains("[VAR:server_name]") && shown.out.contains("[VAR:service]"),
        "{}",
        shown.out
    );
    assert!(shown.out.contains("$SERVICE"), "{}", shown.out);
    assert!(
        shown.err.contains("converted:") && shown.err.contains("left alone:"),
        "{}",
        shown.err
    );
    let again = place.run_with(&["import", "--dry-run", "-"], &shown.out).ok();
    assert_eq!(again.out, shown.out);
    assert!(
        again.err.contains("standard input: Restart a service"),
        "{}",
        again.err
    );
    let json = place
        .run(&["import", "--dry-run", "--format", "json", "runbook.md"])
        .ok();
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["title"], "Restart a service");
    let dollar = ["import", "--dry-run", "--placeholders", "dollar", "runbook.md"];
    let dollar = place.run(&dollar).ok();
    assert!(
        dollar.out.contains("<server-name>") && dollar.out.contains("[VAR:service]"),
        "{}",
        dollar.out
    );
    assert!(!place.path("data").exists(), "a dry run opens no database");
}

/// A folder goes in, its flows come out as files, and those change nothing until somebody edits one.
fn there_and_back(place: &Place, way: &[&str]) {
    let run = |arguments: &[&str]| place.run(&[arguments, way].concat());
    place.write("books/a.md", RUNBOOK);
    place.write("books/deep/b.markdown", RUNBOOK.replace("a service", "another"));
    place.write("books/.hidden.md", "");
    let done = run(&["import", "books"]).ok();
    assert!(
        done.out.ends_with("2 imported, 0 unchanged, 0 failed\n"),
        "{}",
        done.out
    );
    let flow = flow_of(&done);

    for line in done.out.lines().filter(|line| line.contains(" of flow ")) {
        let (name, rest) = line.split_once(": imported as version 1 of flow ").unwrap();
        let kept = format!("kept/{}.md", name.replace('/', "-"));
        std::fs::create_dir_all(place.path("kept")).unwrap();
        run(&["export-flow", &rest[..36], "-o", &kept]).ok();
    }
    for _ in 0..2 {
        let again = run(&["import", "kept"]).ok();
        assert!(
            again.out.ends_with("0 imported, 2 unchanged, 0 failed\n"),
            "{}",
            again.out
        );
    }
    let printed = run(&["export-flow", &flow]).ok().out;
    let program = env!("CARGO_BIN_EXE_resolutionflow");
    let quoted = format!(" '{}'", way.join("' '"));
    let piped = format!("{program} export-flow {flow}{quoted} | {program} import -{quoted}");
    let piped = place.shell(&piped).ok();
    assert!(piped.out.contains("unchanged, version 1"), "{}", piped.out);

    place.write(
        "changed.md",
        printed.replace("Restart a service", "Restart any service"),
    );
    let changed = run(&["import", "changed.md"]).ok();
    assert!(
        changed.out.contains("imported as version 2 of flow") && flow_of(&changed) == flow,
        "{}",
        changed.out
    );
    let first = run(&["export-flow", &flow, "--version", "1", "--format", "json"]).ok();
    assert_eq!(
        serde_json::from_str::<Value>(&first.out).unwrap()["title"],
        "Restart a service"
    );
    run(&["export-flow", &flow, "--version", "9"]).fails(1, "");

    let into = run(&["import", "--into", &flow, "--draft", "books/deep/b.markdown"]).ok();
    assert!(into.out.contains("imported as the draft of flow"), "{}", into.out);
    run(&["import", "changed.md", "kept"]).fails(1, "names the same flow as changed.md");
    run(&["export-flow", &flow, "-o", "no/folder.md"]).fails(1, "no/folder.md: ");
    let nowhere = "01922c7f-7bb4-7a55-8d22-5b1fb1e0a3c1";
    run(&["import", "--into", nowhere, "books/a.md"]).fails(1, "books/a.md: ");
    run(&["export-flow", nowhere]).fails(1, "");
}

#[test]
fn folders_go_there_and_back_on_sqlite() {
    let (place, database) = account();
    there_and_back(&place, &["--database", &database]);
}

#[tokio::test]
async fn folders_go_there_and_back_on_postgresql() {
    let Some(test) = testing::postgres(|_| {}).await else {
        return;
    };
    let place = Place::new();
    create_owner(&place, &test.config.url, "morgan@contoso.example");
    there_and_back(&place, &["--database", &test.config.url]);
}

#[test]
fn folders_go_there_and_back_through_a_server() {
    let place = Place::new();
    let (server, printed) = place.serve(&["demo", "--json", "--listen", "127.0.0.1:0"], false, |line| {
        serde_json::from_str::<Value>(line).ok()
    });
    let url = printed["url"].as_str().unwrap();
    let token = sign_in(url, &printed["engineers"][1]);
    there_and_back(&place, &["--server", url, "--token", &token]);

    // The variables name a server as well, and are no settings.
    let mut named = place.command(&["import", "kept"]);
    named
        .env("RESOLUTIONFLOW_SERVER", url)
        .env("RESOLUTIONFLOW_TOKEN", &token);
    let output = named.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && out.contains("1 imported, 1 unchanged"),
        "{output:?}"
    );

    let wrong = ["import", "kept", "--server", url, "--token", "rf_pat_wrong"];
    let refused = place.run(&wrong).fails(1, "unknown, expired or revoked");
    assert_eq!(
        refused.err.lines().count(),
        1,
        "what stops every file is said once: {}",
        refused.err
    );
    place.write(
        "bad.md",
        "---\ntitle: X\nfields:\n  - { name: 1x }\n---\n\n## One {#one}\n",
    );
    let bad = ["import", "bad.md", "--server", url, "--token", &token];
    place.run(&bad).fails(1, "bad.md:4:");
    let (_, flows) = request(&format!("{url}/api/v1/flows"), &token, None);
    assert_eq!(flows["items"].as_array().unwrap().len(), 7);
    assert_eq!(server.stop().0, 0);
    place
        .run(&["import", "kept", "--server", url, "--token", &token])
        .fails(1, url);
}

#[test]
fn a_wrong_file_is_named_with_its_place_and_stops_no_other() {
    let (place, database) = account();
    place.write("all/a.md", b"# A\n\n1. \xff\n");
    place.write("all/b.md", "# B\n\0");
    place.write("all/c.md", "x".repeat(9 << 20));
    place.write("all/d.md", "");
    place.write(
        "all/e.md",
        "---\ntitle: X\nfields:\n  - { name: 1x }\n---\n\n## One {#one}\n",
    );
    place.write("all/f.md", RUNBOOK);
    let done = place.run(&["import", "--database", &database, "all", "gone.md"]);
    for line in [
        "all/a.md:3:4: is not UTF-8",
        "all/b.md:2:1: is a NUL",
        "all/c.md: is over 8 MiB",
        "all/d.md:1:1: the document is empty",
        "all/e.md:4:",
        "gone.md: No such file",
    ] {
        assert!(done.err.contains(line), "{line} in {}", done.err);
    }
    assert_eq!(done.err.lines().count(), 6, "{}", done.err);
    assert!(
        done.out.ends_with("1 imported, 0 unchanged, 6 failed\n"),
        "{}",
        done.out
    );
    assert_eq!(done.code, 1);
}

#[test]
fn who_imports_must_be_clear_and_allowed() {
    let (place, database) = account();
    place.write("a.md", RUNBOOK);
    create_owner(&place, &database, "other@contoso.example");
    let import = ["import", "--database", &database, "a.md"];
    place.run(&import).fails(2, "2 owners; say with --as EMAIL");
    let viewer = [
        "--role",
        "viewer",
        "--name",
        "V",
        "--email",
        "viewer@contoso.example",
    ];
    place
        .run(&[&["admin", "create-user", "--database", &database][..], &viewer].concat())
        .ok();
    let acting = |email: &str| place.run(&[&import[..], &["--as", email]].concat());
    acting("viewer@contoso.example").fails(1, "may not import");
    acting("nobody@contoso.example").fails(1, "nobody who may sign in");
    acting("other@contoso.example").ok();
    let empty = sqlite(&place.path("not/there.sqlite"));
    place
        .run(&["import", "--database", &empty, "a.md"])
        .fails(1, "there is no database");
    assert!(!place.path("not").exists());
}
