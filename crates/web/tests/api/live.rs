//! Watching a session: every event once, in order, over reconnects and across servers.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::databases;
use serde_json::{Value, json};

use crate::asking::Ask;
use crate::cast::{Member, TestApp, apps, path};

/// After this long a test gives up; none waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message of a stream.
#[derive(Debug, PartialEq)]
struct Message {
    id: i64,
    event: String,
    data: Value,
}

/// An open stream.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(ask: Ask) -> Self {
        let response = ask.open().await;
        assert_eq!(response.status(), 200);
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next message; `None` when the server has ended the stream.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let message = parse(message);
                let rest = rest.to_owned();
                self.text = rest;
                // A comment keeps the connection alive and says nothing.
                match message {
                    Some(message) => return Some(message),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk
                .expect("the stream says something before patience ends")
                .ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.push(self.next().await.unwrap());
        }
        messages
    }
}

fn parse(message: &str) -> Option<Message> {
    let field = |name: &str| {
        let mut lines = message.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    };
    Some(Message {
        id: field("id")?.parse().unwrap(),
        event: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).unwrap(),
    })
}

fn live(member: &Member, session: &Value, query: &str) -> Ask {
    member.get(format!("{}/live{query}", path(session)))
}

/// Some work on a session: three events.
async fn work(member: &Member, session: &Value, round: i64) {
    let values = json!({"server_name": format!("srv-{round}"), "ticket": format!("T-{round}")});
    member.sets(session, &values).await.with(200);
    member
        .post(format!("{}/notes", path(session)))
        .json(&json!({"text": "Done."}))
        .await
        .with(201);
}

/// What the list of events has.
async fn listed(member: &Member, session: &Value) -> Vec<Value> {
    let list = member
        .get(format!("{}/events?limit=100", path(session)))
        .await
        .with(200);
    list["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_every_event_in_order() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let mut stream = Stream::open(live(&app.member("vera"), &session, "?after=0")).await;
        for round in 0..5 {
            work(&lena, &session, round).await;
        }
        let told = stream.take(16).await;
        let listed = listed(&lena, &session).await;
        assert_eq!(
            told.iter()
                .map(|message| message.data.clone())
                .collect::<Vec<_>>(),
            listed
        );
        for (message, number) in told.iter().zip(1..) {
            assert_eq!(message.id, number);
            assert_eq!(message.event, message.data["kind"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconnect_goes_on_where_it_was() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        work(&lena, &session, 0).await;
        let mut told = Stream::open(live(&lena, &session, "?after=0"))
            .await
            .take(2)
            .await;
        work(&lena, &session, 1).await;
        // The header goes before the parameter, which the browser repeats.
        let again = live(&lena, &session, "?after=0").header("last-event-id", "2");
        let mut stream = Stream::open(again).await;
        told.extend(stream.take(3).await);
        work(&lena, &session, 2).await;
        told.extend(stream.take(5).await);
        let numbers: Vec<_> = told.iter().map(|message| message.id).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>(), "no gap and no repeat");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_a_beginning_tells_what_happens_from_now_on() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        work(&lena, &session, 0).await;
        let mut stream = Stream::open(live(&lena, &session, "")).await;
        work(&lena, &session, 1).await;
        assert_eq!(stream.next().await.unwrap().id, 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_what_never_was_is_told_to_read_again() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        for (query, header) in [("?after=99", None), ("?after=-1", None), ("?after=0", Some("99"))] {
            let ask = live(&lena, &session, query);
            let ask = match header {
                Some(id) => ask.header("last-event-id", id),
                None => ask,
            };
            let version = lena.sees(&session).await["version"].as_i64().unwrap();
            let mut stream = Stream::open(ask).await;
            let reset = stream.next().await.unwrap();
            assert_eq!((reset.event.as_str(), reset.id), ("reset", version));
            lena.sets(&session, &json!({"ticket": format!("T-{version}")}))
                .await
                .with(200);
            assert_eq!(
                stream.next().await.unwrap().id,
                version + 1,
                "and goes on from there"
            );
        }
        live(&lena, &session, "?after=soon")
            .await
            .problem_at("unprocessable", "after");
        live(&lena, &json!({"id": "nothing"}), "")
            .await
            .problem("not-found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_has_a_bounded_number_of_streams() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| settings.limits.streams_per_user = 2).await;
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let first = Stream::open(live(&lena, &session, "")).await;
        let _second = Stream::open(live(&lena, &session, "")).await;
        let refused = live(&lena, &session, "").await;
        refused.problem("too-many-requests");
        assert!(refused.headers.contains_key("retry-after"));
        let _morgans = Stream::open(live(&app.member("morgan"), &session, "")).await;
        drop(first);
        // The server learns that a client has gone when it next writes to it or reads from it.
        let gone = async {
            while live(&lena, &session, "").open().await.status() == 429 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone)
            .await
            .expect("a stream that ended makes room");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_token_does() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let made = lena
            .post("/tokens")
            .json(&json!({"name": "watcher"}))
            .await
            .with(201);
        let token = made["token"].as_str().unwrap();
        let ask = |app: &TestApp| {
            app.nobody()
                .ask("GET", format!("{}/live?after=0", path(&session)))
        };
        let mut stream = Stream::open(ask(&app).token(token)).await;
        let mut other = Stream::open(live(&lena, &session, "?after=0")).await;
        assert_eq!(stream.next().await.unwrap().id, 1);
        lena.delete(format!("/tokens/{}", made["id"].as_str().unwrap()))
            .await
            .with(204);
        let revoked = Instant::now();
        assert_eq!(stream.next().await, None);
        println!(
            "{:?}: a stream ended {:?} after its token",
            app.engine(),
            revoked.elapsed()
        );
        ask(&app).token(token).await.problem("unauthorized");
        // Another stream of the same person has another token and goes on.
        work(&lena, &session, 1).await;
        assert_eq!(other.take(4).await.last().unwrap().id, 4);
    }
}

/// Works on a session again and again, so that no stream of it waits as long as it would without news.
fn keeps_working(member: &Member, session: &Value) -> tokio::task::JoinHandle<()> {
    let (member, session) = (member.clone(), session.clone());
    tokio::spawn(async move {
        for round in 0.. {
            work(&member, &session, round).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_always_has_something_to_tell_ends_when_its_token_does() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let made = lena
            .post("/tokens")
            .json(&json!({"name": "watcher"}))
            .await
            .with(201);
        let ask = app
            .nobody()
            .ask("GET", format!("{}/live?after=0", path(&session)));
        let mut stream = Stream::open(ask.token(made["token"].as_str().unwrap())).await;
        let working = keeps_working(&lena, &session);
        assert_eq!(stream.take(4).await[3].id, 4);
        lena.delete(format!("/tokens/{}", made["id"].as_str().unwrap()))
            .await
            .with(204);
        let revoked = Instant::now();
        let mut told = 0;
        let ended = async {
            while stream.next().await.is_some() {
                told += 1;
            }
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("it ends although there is always something to tell");
        assert!(!working.is_finished(), "somebody still works");
        working.abort();
        println!(
            "{:?}: a stream ended {:?} and {told} events after its token",
            app.engine(),
            revoked.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_watcher_goes_or_is_another_in_the_account() {
    for app in apps().await {
        let [adam, lena, morgan] = ["adam", "lena", "morgan"].map(|name| app.member(name));
        // A viewer cannot have one that is open.
        let session = adam.starts(&app.flow().await).await;
        let mut of_lena = Stream::open(live(&lena, &session, "?after=0")).await;
        let mut of_morgan = Stream::open(live(&morgan, &session, "?after=0")).await;
        for stream in [&mut of_lena, &mut of_morgan] {
            assert_eq!(stream.next().await.unwrap().id, 1);
        }
        let at = |member: &Member| format!("/members/{}", member.user_id);
        adam.delete(at(&morgan)).await.with(204);
        assert_eq!(of_morgan.next().await, None);
        let role = json!({ "role": "viewer" });
        adam.patch(at(&lena)).json(&role).await.with(200);
        assert_eq!(of_lena.next().await, None);
        // It opens again as what she is now.
        let mut again = Stream::open(live(&lena, &session, "?after=0")).await;
        assert_eq!(again.next().await.unwrap().id, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_ends_its_streams() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let mut stream = Stream::open(live(&lena, &session, "?after=0")).await;
        stream.next().await.unwrap();
        app.app.stop();
        assert_eq!(stream.next().await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_one_server_is_seen_at_the_other() {
    for app in apps().await {
        if app.engine() != Engine::Postgres {
            continue;
        }
        let other = app.second_server().await;
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let watchers = ["lena", "morgan", "vera"].map(|name| other.member(name));
        let streams = watchers
            .iter()
            .map(|who| Stream::open(live(who, &session, "?after=1")));
        let mut streams = join_all(streams).await;
        let mut slowest = Duration::ZERO;
        for round in 0..10 {
            let value = json!({"ticket": format!("T-{round}")});
            lena.sets(&session, &value).await.with(200);
            let written = Instant::now();
            for message in join_all(streams.iter_mut().map(Stream::next)).await {
                assert_eq!(message.unwrap().id, round + 2);
            }
            slowest = slowest.max(written.elapsed());
        }
        println!("an event of one server reached the other's streams after {slowest:?} at most");
    }
}
