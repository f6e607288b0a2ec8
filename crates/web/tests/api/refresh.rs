//! Programs that stay signed in by refresh tokens: nobody is signed out by a race or a lost answer, and a thief is.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow::auth::secret::digest;
use resolutionflow_core::event::Hash;
use resolutionflow_store::{Db, Error};
use serde_json::{Value, json};

use crate::asking::{Answer, Ask, Client};
use crate::cast::{PASSWORD, apps};
use crate::mail;
use crate::parallel::at_once;
use crate::site::sites;

/// How often everybody races for one successor.
const ROUNDS: usize = 200;
/// How many answers are lost.
const LOST: usize = 1_000;

async fn sign_in(client: &Client, name: &str) -> Value {
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    client.ask("POST", "/auth/login").json(&body).await.with(200)
}

fn refresh(client: &Client, token: &str) -> Ask {
    let body = json!({ "refresh_token": token });
    client.ask("POST", "/auth/refresh").json(&body)
}

fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap().to_owned()
}

async fn good(client: &Client, access: &str) -> bool {
    client.ask("GET", "/me").token(access).await.status == 200
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_who_refresh_at_once_get_one_successor() {
    for site in sites().await {
        let mut newest = text(&sign_in(&site.clients[0], "lena").await, "refresh_token");
        for _ in 0..ROUNDS {
            let asks = (0..64).map(|number| refresh(&site.clients[number % site.clients.len()], &newest));
            let answers = at_once(asks).await;
            let answers: Vec<Value> = answers.into_iter().map(|answer| answer.with(200)).collect();
            let successors: BTreeSet<_> = answers
                .iter()
                .map(|answer| text(answer, "refresh_token"))
                .collect();
            assert_eq!(successors.len(), 1, "they all go on with one");
            let access: BTreeSet<_> = answers
                .iter()
                .map(|answer| text(answer, "access_token"))
                .collect();
            assert_eq!(access.len(), 64, "an access token is nobody else's");
            assert!(good(&site.clients[0], access.last().unwrap()).await);
            newest = successors.into_iter().next().unwrap();
        }
    }
}

/// Sends it and hangs up after so long; what was answered until then. The runtime's own timer is good to a millisecond,
/// which is as long as many an answer takes.
async fn hang_up_after(patience: Duration, ask: Ask) -> Option<Answer> {
    let over = tokio::task::spawn_blocking(move || std::thread::sleep(patience));
    tokio::select! {
        answer = ask.into_future() => Some(answer),
        _ = over => None,
    }
}

/// How many of these tokens were consumed by a request from before that moment.
async fn consumed_before(db: &Db, presented: Vec<(Hash, DateTime<Utc>)>) -> usize {
    let found = db.read_long::<_, Error, _>(move |tx| {
        let presented = presented.clone();
        Box::pin(async move {
            let mut before = 0;
            for (hash, moment) in presented {
                let sql = "SELECT consumed_at FROM refresh_tokens WHERE hash = $1";
                let (consumed,): (DateTime<Utc>,) = tx.one(sql, &[&hash]).await?;
                before += usize::from(consumed < moment);
            }
            Ok(before)
        })
    });
    found.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_signs_nobody_out() {
    for site in sites().await {
        let clients = &site.clients;
        let mut newest = text(&sign_in(&clients[0], "lena").await, "refresh_token");
        let (mut lost, mut took) = (Vec::new(), Duration::from_millis(2));
        for number in 0..LOST {
            // Somewhere between before it was sent and well after it was answered, the client hangs up.
            let patience = took * u32::try_from(number * 37 % 200).unwrap() / 100;
            let first = hang_up_after(patience, refresh(&clients[number % clients.len()], &newest)).await;
            let (moment, asked) = (site.app.clock.now(), Instant::now());
            let again = refresh(&clients[(number + 1) % clients.len()], &newest).await;
            took = asked.elapsed();
            let next = text(&again.with(200), "refresh_token");
            match first {
                Some(first) => assert_eq!(text(&first.with(200), "refresh_token"), next),
                None => lost.push((digest(&newest), moment)),
            }
            newest = next;
        }
        let answers = lost.len();
        // Consumed by the request whose answer was lost: the one after it found it so.
        let committed = consumed_before(&site.app.app.db, lost).await;
        println!(
            "{:?}: {answers} of {LOST} answers were lost, {committed} of them of what was committed",
            site.app.engine()
        );
        assert!(answers < LOST, "no answer came");
        assert!(committed >= LOST / 100, "{committed} of {answers}");
    }
}

#[tokio::test]
async fn a_stolen_token_ends_its_sign_in_and_no_other() {
    for app in apps().await {
        let client = app.nobody();
        let (first, other) = (sign_in(&client, "lena").await, sign_in(&client, "lena").await);
        let old = text(&first, "refresh_token");
        let next = refresh(&client, &old).await.with(200);
        // A moment later it is a retry; once its successor is in use it is late, and nothing more.
        app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(
            refresh(&client, &old).await.with(200)["refresh_token"],
            next["refresh_token"]
        );
        let newest = refresh(&client, &text(&next, "refresh_token")).await.with(200);
        refresh(&client, &old).await.problem("conflict");
        assert!(good(&client, &text(&newest, "access_token")).await);
        app.clock.advance(TimeDelta::seconds(1));
        let stolen = refresh(&client, &old).await;
        stolen.problem("unauthorized");
        assert!(String::from_utf8_lossy(&stolen.body).contains("somebody has a copy"));
        for token in [
            &old,
            &text(&next, "refresh_token"),
            &text(&newest, "refresh_token"),
        ] {
            refresh(&client, token).await.problem("unauthorized");
        }
        for pair in [&first, &next, &newest] {
            assert!(!good(&client, &text(pair, "access_token")).await);
        }
        assert!(good(&client, &text(&other, "access_token")).await);
        refresh(&client, &text(&other, "refresh_token")).await.with(200);
    }
}

#[tokio::test]
async fn a_program_signs_out_and_no_token_passes_for_another() {
    for app in apps().await {
        let client = app.nobody();
        let pair = sign_in(&client, "lena").await;
        let (access, token) = (text(&pair, "access_token"), text(&pair, "refresh_token"));
        for wrong in [
            &access,
            &app.member("lena").token,
            "",
            "rf_rt_",
            &format!("rf_rt_{}", "x".repeat(43)),
        ] {
            refresh(&client, wrong).await.problem("unauthorized");
        }
        client
            .ask("GET", "/me")
            .token(&token)
            .await
            .problem("unauthorized");
        for body in [
            json!({}),
            json!({ "refresh_token": 7 }),
            json!({ "refresh_token": token, "more": 1 }),
        ] {
            let answer = client.ask("POST", "/auth/refresh").json(&body).await;
            assert!([400, 422].contains(&answer.status), "{}", answer.status);
        }
        let newest = refresh(&client, &token).await.with(200);
        let sign_out = |token: &str| {
            let body = json!({ "refresh_token": token });
            client.ask("POST", "/auth/logout").json(&body)
        };
        // Any token of it will do, and it may be said twice.
        for _ in 0..2 {
            assert_eq!(sign_out(&token).await.status, 204);
        }
        assert!(!good(&client, &text(&newest, "access_token")).await);
        refresh(&client, &text(&newest, "refresh_token"))
            .await
            .problem("unauthorized");
        // Thirty days unused, or ninety in all.
        let pair = sign_in(&client, "lena").await;
        app.clock.advance(TimeDelta::days(30));
        refresh(&client, &text(&pair, "refresh_token"))
            .await
            .problem("unauthorized");
        let mut newest = text(&sign_in(&client, "lena").await, "refresh_token");
        for _ in 0..3 {
            app.clock.advance(TimeDelta::days(29));
            newest = text(&refresh(&client, &newest).await.with(200), "refresh_token");
        }
        app.clock.advance(TimeDelta::days(3));
        refresh(&client, &newest).await.problem("unauthorized");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_robbed_is_told() {
    for (app, server) in mail::sites().await {
        let client = app.nobody();
        let old = text(&sign_in(&client, "lena").await, "refresh_token");
        refresh(&client, &old).await.with(200);
        app.clock.advance(TimeDelta::seconds(31));
        for _ in 0..2 {
            refresh(&client, &old).await.problem("unauthorized");
        }
        assert_eq!(mail::deliver(&app).await, 1, "once");
        let letter = server.received().remove(0);
        assert_eq!(letter.to, ["lena@example.com"]);
        assert!(letter.header("Subject").contains("a copy of its token was used"));
        let log = app
            .member("olivia")
            .get("/audit?action=refresh_token_reused")
            .await
            .with(200);
        assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
        assert_eq!(log["items"][0]["actor_id"], json!(app.member("lena").user_id));
    }
}
