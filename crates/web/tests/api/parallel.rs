//! Many clients at once: nothing is lost, nothing happens twice, and whoever loses a race is told who won.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::future::join_all;
use resolutionflow_core::event::EventKind;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::cast::{Member, TestApp, apps, path};

/// Runs them all at once, each as a task of its own: none begins before the last of them is there. The answers are in
/// the order of the work.
pub(crate) async fn at_once<W>(work: impl IntoIterator<Item = W>) -> Vec<W::Output>
where
    W: IntoFuture<Output: Send + 'static, IntoFuture: Send + 'static>,
{
    let work: Vec<_> = work.into_iter().map(IntoFuture::into_future).collect();
    let barrier = Arc::new(Barrier::new(work.len()));
    let tasks = work.into_iter().map(|work| {
        let barrier = Arc::clone(&barrier);
        tokio::spawn(async move {
            barrier.wait().await;
            work.await
        })
    });
    let done = join_all(tasks.collect::<Vec<_>>()).await;
    done.into_iter().map(|task| task.unwrap()).collect()
}

/// Everybody who may start and take.
fn racers(app: &TestApp) -> Vec<Member> {
    ["lena", "morgan", "adam", "olivia"]
        .map(|name| app.member(name))
        .to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_writes_of_distinct_variables_are_all_kept() {
    const WRITERS: usize = 32;
    const WRITES: usize = 10_000;
    for app in apps().await {
        let lena = app.member("lena");
        let fields = (0..WRITERS).map(|writer| json!({"name": format!("v{writer}"), "type": "number"}));
        let flow = json!({"title": "Wide", "fields": fields.collect::<Vec<_>>(),
            "sections": [{"steps": [{"id": "look", "title": "Look"}]}]});
        let session = lena.starts(&lena.creates(&flow).await).await;
        let counts: Vec<usize> = (0..WRITERS)
            .map(|writer| WRITES / WRITERS + usize::from(writer < WRITES % WRITERS))
            .collect();
        let writers = counts.iter().enumerate().map(|(writer, count)| {
            let (lena, session, count) = (lena.clone(), session.clone(), *count);
            async move {
                let name = format!("v{writer}");
                for value in 1..=count {
                    let answer = lena
                        .sets(&session, &json!({&name: value.to_string()}))
                        .await
                        .with(200);
                    let variable = &answer["variables"][&name];
                    assert_eq!(variable["value"], value.to_string());
                    assert_eq!(variable["version"], value);
                }
            }
        });
        let began = Instant::now();
        at_once(writers).await;
        println!("{:?}: {WRITES} writes took {:?}", app.engine(), began.elapsed());

        let events = app.verified_events(lena.account, &session).await;
        assert_eq!(
            events.len(),
            1 + WRITES,
            "one event for the start and one for each write"
        );
        let mut last = BTreeMap::<String, usize>::new();
        for event in &events[1..] {
            assert_eq!(event.kind, EventKind::VariableSet);
            let count = last.entry(event.payload.facts["name"].clone()).or_default();
            *count += 1;
            assert_eq!(event.payload.typed("value"), count.to_string());
        }
        let stands = lena.sees(&session).await;
        for (writer, count) in counts.iter().enumerate() {
            let name = format!("v{writer}");
            assert_eq!(last[&name], *count);
            assert_eq!(stands["variables"][&name]["value"], count.to_string());
        }
        assert_eq!(stands["version"], 1 + WRITES);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_of_a_variable_has_one_winner() {
    const LAST: i64 = 40;
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, morgan) = (app.member("lena"), app.member("morgan"));
        let session = lena.prepares(&flow).for_("morgan").await;
        let writers = (0..16).map(|writer| {
            let who = if writer % 2 == 0 {
                lena.clone()
            } else {
                morgan.clone()
            };
            let session = session.clone();
            async move {
                let (mut seen, mut won, mut lost) = (0, Vec::new(), Vec::new());
                while seen < LAST {
                    let value = format!("srv-{writer}-{seen}");
                    let body =
                        json!({"variables": {"server_name": value}, "expected": {"server_name": seen}});
                    let answer = who
                        .patch(format!("{}/variables", path(&session)))
                        .json(&body)
                        .await;
                    if answer.status == 200 {
                        assert_eq!(answer.json()["variables"]["server_name"]["version"], seen + 1);
                        won.push((seen + 1, value, who.user_id.to_string()));
                        seen += 1;
                    } else {
                        let current =
                            answer.problem("newer-value")["current"]["variables"]["server_name"].clone();
                        assert!(current["set_at"].is_string());
                        let text = |name: &str| current[name].as_str().unwrap().to_owned();
                        let newer = current["version"].as_i64().unwrap();
                        assert!(newer > seen, "what stands is newer than what was expected");
                        lost.push((newer, text("value"), text("set_by_id")));
                        seen = newer;
                    }
                }
                (won, lost)
            }
        });
        let (won, lost): (Vec<_>, Vec<_>) = at_once(writers).await.into_iter().unzip();
        let mut won: Vec<_> = won.into_iter().flatten().collect();
        won.sort();
        let versions: Vec<i64> = won.iter().map(|(version, ..)| *version).collect();
        assert_eq!(versions, (1..=LAST).collect::<Vec<_>>(), "one winner a version");
        for told in lost.into_iter().flatten() {
            assert!(won.contains(&told), "whoever lost is told what stood: {told:?}");
        }
        let events = app.verified_events(lena.account, &session).await;
        assert_eq!(events.len(), won.len() + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_starts_one_wins() {
    for app in apps().await {
        let session = app.member("lena").prepares(&app.flow().await).await;
        let starts = racers(&app).into_iter().cycle().take(64);
        let answers = at_once(starts.map(|who| who.does("start", &session))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 63));
        let won = won[0].json();
        for answer in lost {
            let current = answer.problem("already-started")["current"].clone();
            assert_eq!(current["owner_id"], won["owner_id"]);
            assert_eq!(current["started_at"], won["started_at"]);
        }
        let events = app.verified_events(app.member("lena").account, &session).await;
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Prepared, EventKind::Started]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_takes_one_wins() {
    for app in apps().await {
        let session = app.member("lena").prepares(&app.flow().await).await;
        let takes = racers(&app).into_iter().cycle().take(64);
        let answers = at_once(takes.map(|who| who.does("take", &session))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 63));
        let winner = won[0].json()["assigned_to_id"].clone();
        assert!(winner.is_string());
        for answer in lost {
            assert_eq!(
                answer.problem("already-taken")["current"]["assigned_to_id"],
                winner
            );
        }
        let events = app.verified_events(app.member("lena").account, &session).await;
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Prepared, EventKind::Taken]);
        assert_eq!(json!(events[1].actor_id), winner);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_after_completion() {
    for app in apps().await {
        let lena = app.member("lena");
        let flow = app.flow().await;
        for _ in 0..4 {
            let session = lena.starts(&flow).await;
            let kept = Arc::new(AtomicUsize::new(0));
            let writers = (0..8).map(|writer| {
                let (lena, session, kept) = (lena.clone(), session.clone(), Arc::clone(&kept));
                async move {
                    for round in 0.. {
                        let value = json!({"reason": format!("{writer}, {round}")});
                        let answer = lena.sets(&session, &value).await;
                        if answer.status == 409 {
                            let current = answer.problem("session-closed")["current"].clone();
                            assert_eq!(current["status"], "completed");
                            return;
                        }
                        answer.with(200);
                        kept.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
            let writers: Vec<_> = writers.map(tokio::spawn).collect();
            while kept.load(Ordering::SeqCst) < 16 {
                tokio::task::yield_now().await;
            }
            lena.does("complete", &session).await.with(200);
            for writer in join_all(writers).await {
                writer.unwrap();
            }
            let events = app.verified_events(lena.account, &session).await;
            assert_eq!(
                events.last().unwrap().kind,
                EventKind::Completed,
                "nothing after it"
            );
            let written = events
                .iter()
                .filter(|event| event.kind == EventKind::VariableSet)
                .count();
            assert_eq!(
                written,
                kept.load(Ordering::SeqCst),
                "what was acknowledged is what is there"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_is_one_effect_and_one_answer() {
    for app in apps().await {
        let lena = app.member("lena");
        let flow = app.flow().await;
        let body = json!({"flow_id": flow["id"], "variables": {"server_name": "srv-01"}});
        let start = || lena.post("/sessions").key("start-1").json(&body);
        let answers = at_once((0..64).map(|_| start())).await;
        let session = answers[0].with(201);
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
        }
        let list = |list: Value| list["items"].as_array().unwrap().len();
        assert_eq!(
            list(lena.get("/sessions").await.with(200)),
            1,
            "one session was started"
        );

        let set = |value: &str| lena.sets(&session, &json!({"port": value})).key("set-1");
        let answers = at_once((0..64).map(|_| set("8443"))).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
        }
        let events = app.verified_events(lena.account, &session).await;
        assert_eq!(events.len(), 3, "the start with its variable, and one change");
        set("9443").await.problem("idempotency-key-reused");
        assert_eq!(lena.sees(&session).await["variables"]["port"]["value"], "8443");

        // Later changes do not change what the first request was answered.
        lena.sets(&session, &json!({"port": "1"})).await.with(200);
        assert_eq!(set("8443").await.body, answers[0].body);
        assert_eq!(lena.sees(&session).await["variables"]["port"]["value"], "1");
        // A key belongs to its user and its route.
        app.member("morgan")
            .post("/sessions")
            .key("start-1")
            .json(&body)
            .await
            .with(201);
        lena.sets(&session, &json!({"port": "2"}))
            .key("start-1")
            .await
            .with(200);
    }
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again_with_its_key() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.prepares(&app.flow().await).for_("morgan").await;
        let set = |value: &str| lena.sets(&session, &json!({"port": value})).key("k");
        set("70000").await.problem_at("unprocessable", "/variables/port");
        set("70000").await.problem_at("unprocessable", "/variables/port");
        set("7000").await.with(200);
        let work = || {
            let step = format!("{}/steps/look", path(&session));
            lena.put(step).key("k").json(&json!({"state": "done"}))
        };
        work().await.problem("forbidden");
        lena.patch(path(&session))
            .json(&json!({"assigned_to_id": lena.user_id}))
            .await
            .with(200);
        work().await.with(200);
    }
}

/// Two servers share one PostgreSQL: the promises are the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_agree_on_who_won() {
    for app in apps().await {
        if app.engine() != resolutionflow_store::db::Engine::Postgres {
            continue;
        }
        let other = app.second_server().await;
        let session = app.member("lena").prepares(&app.flow().await).await;
        let people: Vec<_> = racers(&app).into_iter().chain(racers(&other)).collect();
        let starts = people
            .iter()
            .cycle()
            .take(64)
            .map(|who| who.does("start", &session));
        let answers = at_once(starts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 63);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meets_a_move_to_a_newer_version_is_done_on_one_of_the_two() {
    for app in apps().await {
        let lena = app.member("lena");
        let flow = |fields: &[&str]| {
            let fields: Vec<_> = fields.iter().map(|name| json!({ "name": name })).collect();
            json!({"title": "Moving", "fields": fields, "sections": [{"steps": [{"id": "look", "title": "Look"}]}]})
        };
        for round in 0..5 {
            let made = lena.creates(&flow(&["a", "b", "old"])).await;
            let session = lena.prepares(&made).with("old", "1").await;
            let at = format!("/flows/{}", made["id"].as_str().unwrap());
            let next = flow(&["new", "b", "a"]);
            lena.put(format!("{at}/draft")).json(&next).await.with(200);
            lena.post(format!("{at}/versions")).await.with(201);
            let mut asks: Vec<_> = (0..10)
                .map(|number| {
                    let name = if number % 2 == 0 { "a" } else { "b" };
                    lena.sets(&session, &json!({ name: number.to_string() }))
                })
                .collect();
            asks.insert(
                round,
                lena.post(format!("{}/update", path(&session))).json(&json!({})),
            );
            for answer in at_once(asks).await {
                answer.with(200);
            }
            let session = lena.sees(&session).await;
            assert_eq!(session["flow_version"], 2);
            let mut names: Vec<_> = session["variables"].as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(names, ["a", "b"]);
            assert_eq!(
                (&session["filled_count"], &session["variable_count"]),
                (&json!(2), &json!(3))
            );
            let events = app.verified_events(lena.account, &session).await;
            let moves = events
                .iter()
                .filter(|event| event.kind == EventKind::VersionChanged);
            assert_eq!(moves.count(), 1);
        }
    }
}
