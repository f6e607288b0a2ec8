//! `kill -9` under load: what was acknowledged is there afterwards, and nothing is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use resolutionflow::context::Clock;
use resolutionflow_core::event::EventKind;
use resolutionflow_store::{Db, DbConfig, Error};
use serde_json::{Value, json};

use crate::asking::Client;
use crate::cast::{Cast, Member, session_id, verified_events};
use crate::process::Server;

const ROUNDS: usize = 30;
const WRITERS: usize = 8;

/// What was acknowledged in one round: the session, and each writer's last value.
struct Acknowledged {
    session: Value,
    values: BTreeMap<String, usize>,
}

/// Writes until the server is gone; answers the last value that was acknowledged.
async fn write(member: Member, session: Value, name: String, total: Arc<AtomicUsize>) -> (String, usize) {
    for value in 1.. {
        let answer = member
            .sets(&session, &json!({&name: value.to_string()}))
            .try_send()
            .await;
        let Ok(answer) = answer else {
            return (name, value - 1);
        };
        answer.with(200);
        total.fetch_add(1, Ordering::SeqCst);
    }
    unreachable!("the server is killed")
}

async fn round(server: Server, cast: &Cast, flow: &Value, least: usize) -> Acknowledged {
    let lena = cast.member("lena", &Client::new(server.address));
    let session = lena.starts(flow).await;
    let total = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let write = write(
                lena.clone(),
                session.clone(),
                format!("v{writer}"),
                Arc::clone(&total),
            );
            tokio::spawn(write)
        })
        .collect();
    while total.load(Ordering::SeqCst) < least {
        tokio::task::yield_now().await;
    }
    server.kill();
    let values = join_all(writers).await.into_iter().map(|writer| writer.unwrap());
    Acknowledged {
        session,
        values: values.collect(),
    }
}

/// Everything acknowledged is there, each value once, in order, and at most one more of each writer.
async fn check(db: &Db, member: &Member, told: &Acknowledged) {
    let events = verified_events(db, member.account, session_id(&told.session)).await;
    let mut last = BTreeMap::<&str, usize>::new();
    for event in events.iter().filter(|event| event.kind == EventKind::VariableSet) {
        let count = last.entry(&event.payload.facts["name"]).or_default();
        *count += 1;
        assert_eq!(event.payload.typed("value"), count.to_string());
    }
    for (name, value) in &told.values {
        let kept = last.get(name.as_str()).copied().unwrap_or(0);
        // The answer to one more may have been on its way when the server died.
        let possible = BTreeSet::from([*value, value + 1]);
        assert!(
            possible.contains(&kept),
            "{name}: {value} was acknowledged, {kept} is there"
        );
    }
}

async fn integrity(db: &Db) {
    let check = db.read_long::<_, Error, _>(|tx| {
        Box::pin(async move {
            let check: Vec<(String,)> = tx.all("PRAGMA integrity_check", &[]).await?;
            let dangling: Vec<(String,)> = tx
                .all("SELECT \"table\" FROM pragma_foreign_key_check", &[])
                .await?;
            Ok((check, dangling))
        })
    });
    let (check, dangling) = check.await.unwrap();
    assert_eq!(check, [("ok".to_owned(),)]);
    assert_eq!(dangling, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("killed.sqlite").display());
    let now = Clock::system().now();
    let config = DbConfig::new(&url, now);
    let db = Db::open(&config).await.unwrap();
    let cast = Cast::make(&db, now).await;
    db.close().await;

    let server = Server::start(&url);
    let lena = cast.member("lena", &Client::new(server.address));
    let fields = (0..WRITERS).map(|writer| json!({"name": format!("v{writer}"), "type": "number"}));
    let flow = json!({"title": "Wide", "fields": fields.collect::<Vec<_>>(),
        "sections": [{"steps": [{"id": "look", "title": "Look"}]}]});
    let flow = lena.creates(&flow).await;
    server.kill();

    let mut acknowledged = Vec::new();
    for number in 0..ROUNDS {
        // Each time after another number of writes, so that death finds the server at different work.
        acknowledged.push(round(Server::start(&url), &cast, &flow, 8 + 37 * (number % 9)).await);
        let db = Db::open(&config).await.unwrap();
        integrity(&db).await;
        check(&db, &lena, acknowledged.last().unwrap()).await;
        db.close().await;
    }
    let db = Db::open(&config).await.unwrap();
    for told in &acknowledged {
        check(&db, &lena, told).await;
    }
    let writes: usize = acknowledged.iter().flat_map(|told| told.values.values()).sum();
    println!("{writes} acknowledged writes in {ROUNDS} rounds are all there");
}
