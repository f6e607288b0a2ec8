//! What the surroundings do to a server: each fault has a clear answer, and nothing is half done.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use resolutionflow::context::Clock;
use resolutionflow_core::event::EventKind;
use resolutionflow_store::testing::{databases, full_disk, postgres, postgres_in, sqlite};
use resolutionflow_store::{Db, DbConfig, Error};
use serde_json::{Value, json};

use crate::asking::Client;
use crate::cast::{Cast, Member, TestApp, flow_document, path, session_id, verified_events};
use crate::cluster::{Cluster, is_root};
use crate::process::{PROGRAM, Server, refusal, serve};

/// After this long a test gives up; none waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program refuses to serve, with exit code 1 and one line; answers the line.
fn refused(command: Command, database: &str) -> String {
    let (code, said) = refusal(&mut serve(command, database));
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "one line says it all:\n{said}");
    assert!(said.starts_with("resolutionflow: "), "{said}");
    said
}

fn program() -> Command {
    Command::new(PROGRAM)
}

async fn execute(db: &Db, sql: &'static str) {
    let done = db.write::<_, Error, _>(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }));
    done.await.unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    set_mode(directory.path(), 0o755);
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let file = data.join("there.sqlite");
    let there = format!("sqlite:{}", file.display());
    Db::open(&DbConfig::new(&there, Clock::system().now()))
        .await
        .unwrap()
        .close()
        .await;
    let before = std::fs::read(&file).unwrap();
    set_mode(&file, 0o444);
    set_mode(&data, 0o555);
    // For root everything can be written, so somebody else runs a copy of the program that they may read.
    let copy = directory.path().join("resolutionflow");
    if is_root() {
        std::fs::copy(PROGRAM, &copy).unwrap();
    }
    let run = || {
        if is_root() {
            let mut command = Command::new(&copy);
            command.uid(65_534).gid(65_534);
            command
        } else {
            program()
        }
    };
    let fresh = format!("sqlite:{}", data.join("fresh.sqlite").display());
    for database in [&fresh, &there] {
        let said = refused(run(), database);
        assert!(said.contains(&data.display().to_string()), "{said}");
        assert!(
            said.contains("ermission") || said.contains("written") || said.contains("read-only"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    set_mode(&data, 0o755);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    for test in databases().await {
        let (db, database) = (test.db.clone(), test.config.url.clone());
        let sql = "INSERT INTO schema_migrations SELECT 99, 'later', applied_at, checksum \
            FROM schema_migrations WHERE version = 1";
        execute(&db, sql).await;
        db.close().await;
        let said = refused(program(), &database);
        assert!(said.contains("schema version 99"), "{said}");
        assert!(said.contains("newer program"), "{said}");
    }
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.sqlite");
    let letter = "Dear Morgan, this is no database. ".repeat(500);
    std::fs::write(&file, &letter).unwrap();
    let said = refused(program(), &format!("sqlite:{}", file.display()));
    assert!(said.contains(&file.display().to_string()), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), letter);
}

#[test]
fn a_postgresql_that_is_not_there_is_said_at_once() {
    // Nobody listens on a port that was only just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let said = refused(
        program(),
        &format!("postgres://someone:hunter2@127.0.0.1:{port}/none"),
    );
    assert!(said.contains("not available"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_while_the_first_serves() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("one.sqlite").display());
    let first = Server::start(&database);
    let said = refused(program(), &database);
    assert!(
        said.contains("in use by another resolutionflow (process"),
        "{said}"
    );
    let (code, said) = refusal(program().args(["migrate", "--database", &database]));
    assert_eq!(code, Some(1));
    assert!(said.contains("in use by another resolutionflow"), "{said}");
    let ready = Client::new(first.address).ask("GET", "/readyz").await;
    assert_eq!((ready.status, ready.text().as_str()), (200, "ready\n"));
    first.kill();
    let second = Server::start(&database);
    assert_eq!(
        Client::new(second.address).ask("GET", "/readyz").await.status,
        200
    );
    second.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_reading_goes_on_and_nothing_is_half_written() {
    let full = sqlite(|config| full_disk(config, 500)).await;
    let app = TestApp::on(full, |_| {}).await;
    let lena = app.member("lena");
    let session = lena.starts(&app.flow().await).await;
    let text = json!({"text": "x".repeat(50_000)});
    let mut kept = 0;
    let refused = loop {
        let answer = lena
            .post(format!("{}/notes", path(&session)))
            .json(&text)
            .key(&format!("n{kept}"))
            .await;
        if answer.status != 201 {
            break answer;
        }
        kept += 1;
        assert!(kept < 100, "the disk is never full");
    };
    let problem = refused.problem("unavailable");
    assert_eq!(
        problem["detail"],
        "The disk of the database is full. Nothing was changed."
    );
    assert!(refused.headers.contains_key("retry-after"));
    // Others in the same batch are refused each for itself, and reading goes on.
    let large = json!({"reason": "y".repeat(60_000), "server_name": "srv-01"});
    let at_once = (0..8).map(|_| lena.sets(&session, &large).into_future());
    for answer in join_all(at_once).await {
        answer.problem("unavailable");
    }
    let stands = lena.sees(&session).await;
    assert_eq!(
        (&stands["variables"], &stands["version"]),
        (&json!({}), &json!(kept + 1))
    );
    let events = app.verified_events(lena.account, &session).await;
    assert_eq!(events.len(), kept + 1, "what was acknowledged, and nothing more");
    assert_eq!(app.nobody().ask("GET", "/readyz").await.status, 200);
}

/// What the writers set, one variable each.
const VARIABLES: [&str; 3] = ["reason", "port", "ticket"];
const WRITES: usize = 30;

/// Writes every value in turn, each again under its key until it is acknowledged, whatever comes in between.
async fn insist(member: Member, session: Value, name: &'static str, done: Arc<AtomicUsize>) -> usize {
    let mut refused = 0;
    for value in 1..=WRITES {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ask = member.sets(&session, &json!({name: value.to_string()}));
            let answer = ask.key(&format!("{name}-{value}")).await;
            if answer.status == 200 {
                break;
            }
            answer.problem("unavailable");
            assert!(answer.headers.contains_key("retry-after"));
            assert!(
                Instant::now() < deadline,
                "the server does not come back by itself"
            );
            refused += 1;
        }
        done.fetch_add(1, Ordering::SeqCst);
    }
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_goes_away_is_waited_for_and_nothing_is_lost_or_done_twice() {
    let Some(cluster) = Cluster::start() else { return };
    let now = Clock::system().now();
    let test = postgres_in(&cluster.url(), |_| {}).await;
    let cast = Cast::make(&test.db, now).await;
    let server = Server::start(&test.config.url);
    let client = Client::new(server.address);
    let lena = cast.member("lena", &client);
    let session = lena.starts(&lena.creates(&flow_document()).await).await;

    let done = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = VARIABLES
        .iter()
        .map(|name| tokio::spawn(insist(lena.clone(), session.clone(), name, Arc::clone(&done))))
        .collect();
    while done.load(Ordering::SeqCst) < VARIABLES.len() * WRITES / 4 {
        tokio::task::yield_now().await;
    }
    tokio::task::block_in_place(|| cluster.go_away());
    let gone = Instant::now();
    let acknowledged = done.load(Ordering::SeqCst);
    // For as long as it is gone, every request has its answer.
    let mut asked = 0;
    while gone.elapsed() < Duration::from_secs(10) {
        let answer = lena.get(path(&session)).await;
        answer.problem("unavailable");
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(client.ask("GET", "/readyz").await.status, 503);
        asked += 1;
    }
    assert!(asked > 0);
    // An acknowledgement may still have been on its way when the database went.
    assert!(
        done.load(Ordering::SeqCst) <= acknowledged + VARIABLES.len(),
        "nothing is acknowledged without a database"
    );
    tokio::task::block_in_place(|| cluster.come_back());
    let back = Instant::now();
    let mut refused = 0;
    for writer in writers {
        refused += writer.await.unwrap();
    }
    println!(
        "{refused} writes were refused and repeated; all were done {:?} after it was back",
        back.elapsed()
    );
    assert_eq!(client.ask("GET", "/readyz").await.status, 200);

    let events = verified_events(&test.db, lena.account, session_id(&session)).await;
    let written: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventKind::VariableSet)
        .collect();
    assert_eq!(written.len(), VARIABLES.len() * WRITES, "each once");
    for name in VARIABLES {
        let values = written.iter().filter(|event| event.payload.facts["name"] == name);
        let values: Vec<_> = values
            .map(|event| event.payload.typed("value").to_owned())
            .collect();
        assert_eq!(
            values,
            (1..=WRITES).map(|value| value.to_string()).collect::<Vec<_>>()
        );
    }
    server.kill();
}

#[tokio::test]
async fn a_role_that_row_security_does_not_bind_is_warned_of_once() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    for (url, expected) in [
        (&test.config.url, None),
        (&test.owned().url, Some("resolutionflow_owner owns the tables")),
        (&test.all_powerful().url, Some("is a superuser")),
    ] {
        let log = Server::start(url).kill();
        let warnings: Vec<_> = log
            .lines()
            .filter(|line| line.contains("keep accounts apart"))
            .collect();
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{log}");
        assert!(
            warnings
                .iter()
                .all(|line| line.contains(expected.unwrap_or_default())),
            "{log}"
        );
    }
}
