//! The cookie of a login: whoever loses a race, or is refused, neither gets another one nor takes the winner's away.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, Id, TeamId};
use resolutionflow_store::{Error, members};
use serde_json::json;

use crate::asking::{Answer, Ask, Client};
use crate::cast::{PASSWORD, TestApp, apps};
use crate::letting_in::{STRONG, form};
use crate::parallel::at_once;
use crate::secrets::{LOGIN, cookie};
use crate::site::{Site, open_sites};

/// How many come at once.
const CROWD: usize = 64;

/// How often they race.
const ROUNDS: usize = 20;

/// A second account of Lena's.
async fn second_account(app: &TestApp) -> AccountId {
    let (user, now, random) = (app.member("lena").user_id, app.clock.now(), &mut app.app.random());
    let (account, team): (AccountId, TeamId) = (Id::new(now, random), Id::new(now, random));
    let made = app.app.db.write::<_, Error, _>(move |tx| {
        Box::pin(async move {
            members::create_account(tx, account, "Northwind", team, now).await?;
            members::add(tx, account, user, Role::Owner, team, now).await
        })
    });
    assert!(made.await.unwrap());
    account
}

/// Lena's browser signs in.
async fn sign_in(client: &Client) -> String {
    let lines = [("email", "lena@example.com"), ("password", PASSWORD)];
    cookie(&form(client, "/sign-in", &lines).await, LOGIN).unwrap()
}

/// A form that a browser with this login sends.
fn send(client: &Client, login: &str, path: &str, lines: &[(&str, &str)]) -> Ask {
    form(client, path, lines).header("cookie", &format!("{LOGIN}={login}"))
}

/// Whether a login is good.
async fn is_in(client: &Client, login: &str) -> bool {
    let cookie = format!("{LOGIN}={login}");
    client.ask("GET", "/me").header("cookie", &cookie).await.status == 200
}

/// The logins that answers give to the browser; an empty one takes its own away.
fn given(answers: &[Answer]) -> Vec<String> {
    answers
        .iter()
        .filter_map(|answer| cookie(answer, LOGIN))
        .collect()
}

/// Sends a crowd, spread over the servers.
async fn crowd(site: &Site, ask: impl Fn(usize, &Client) -> Ask) -> Vec<Answer> {
    let asks = (0..CROWD).map(|number| ask(number, &site.clients[number % site.clients.len()]));
    at_once(asks.map(IntoFuture::into_future).collect::<Vec<_>>()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_switch_by_one_cookie_one_gets_the_next() {
    for site in open_sites().await {
        let home = site.app.member("lena").account.to_string();
        let north = second_account(&site.app).await.to_string();
        let client = &site.clients[0];
        let mut login = sign_in(client).await;
        for round in 0..ROUNDS {
            let to = if round % 2 == 0 { &north } else { &home };
            let answers = crowd(&site, |_, client| {
                send(client, &login, "/switch", &[("to", to.as_str())])
            })
            .await;
            let mut statuses = BTreeMap::<u16, usize>::new();
            for answer in &answers {
                *statuses.entry(answer.status).or_default() += 1;
                let sets_one = answer.headers.contains_key("set-cookie");
                assert_eq!(sets_one, answer.status == 303, "round {round}: {}", answer.text());
            }
            assert_eq!(
                statuses,
                BTreeMap::from([(303, 1), (401, CROWD - 1)]),
                "round {round}"
            );
            let next = given(&answers).remove(0);
            assert!(is_in(client, &next).await && !is_in(client, &login).await);
            login = next;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_out_behind_a_switch_leaves_the_new_login_alone() {
    for site in open_sites().await {
        let north = second_account(&site.app).await.to_string();
        let client = &site.clients[0];
        let (mut switched, mut signed_out) = (0, 0);
        for round in 0..ROUNDS {
            let login = sign_in(client).await;
            let answers = crowd(&site, |number, client| {
                if (number + round) % 2 == 0 {
                    send(client, &login, "/switch", &[("to", north.as_str())])
                } else {
                    send(client, &login, "/sign-out", &[])
                }
            })
            .await;
            // Whoever was first; to all others the login had ended.
            let given = given(&answers);
            assert_eq!(given.len(), 1, "round {round}");
            if given[0].is_empty() {
                signed_out += 1;
            } else {
                switched += 1;
                assert!(is_in(client, &given[0]).await, "round {round}");
                let late = send(client, &login, "/sign-out", &[]).await;
                assert_eq!((late.status, cookie(&late, LOGIN)), (303, None));
                assert!(is_in(client, &given[0]).await, "round {round}");
            }
            assert!(!is_in(client, &login).await);
        }
        println!(
            "{:?}: {switched} times somebody switched first, {signed_out} times somebody signed out",
            site.app.engine()
        );
    }
}

#[tokio::test]
async fn a_dead_cookie_takes_no_other_away() {
    for app in apps().await {
        let client = app.nobody();
        let login = sign_in(&client).await;
        let lines = [("current", PASSWORD), ("new-password", STRONG)];
        let changed = send(&client, &login, "/settings/password", &lines).await;
        assert_eq!(changed.status, 303, "{}", changed.text());
        let next = cookie(&changed, LOGIN).unwrap();
        // As if it had been sent before the new password was there.
        let late = send(&client, &login, "/sign-out", &[]).await;
        assert_eq!((late.status, cookie(&late, LOGIN)), (303, None));
        assert!(is_in(&client, &next).await);
        let nobodys = form(&client, "/sign-out", &[]).await;
        assert_eq!((nobodys.status, cookie(&nobodys, LOGIN)), (303, None));

        let out = send(&client, &next, "/sign-out", &[]).await;
        assert_eq!((out.status, cookie(&out, LOGIN)), (303, Some(String::new())));
        assert!(!is_in(&client, &next).await);
        let again = send(&client, &next, "/sign-out", &[]).await;
        assert_eq!((again.status, cookie(&again, LOGIN)), (303, None));
    }
}

#[tokio::test]
async fn what_is_refused_sets_and_takes_no_cookie() {
    for app in apps().await {
        let client = app.nobody();
        let login = sign_in(&client).await;
        let strangers = app.member("sid").account.to_string();
        let none = |answer: &Answer, status: u16, what: &str| {
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            assert!(!answer.headers.contains_key("set-cookie"), "{what}");
        };
        for (path, lines, status) in [
            (
                "/sign-in",
                &[("email", "lena@example.com"), ("password", "wrong")][..],
                401,
            ),
            (
                "/sign-in",
                &[("email", "nobody@example.com"), ("password", PASSWORD)],
                401,
            ),
            ("/switch", &[("to", strangers.as_str())], 404),
            ("/switch", &[("to", "nowhere")], 400),
            (
                "/settings/password",
                &[("current", "wrong"), ("new-password", STRONG)],
                422,
            ),
            (
                "/settings/password",
                &[("current", PASSWORD), ("new-password", "short")],
                422,
            ),
            ("/invite", &[("code", "rf_ic_x")], 404),
            ("/reset", &[("token", "rf_rs_x"), ("password", STRONG)], 410),
            ("/verify", &[("token", "rf_vf_x")], 410),
        ] {
            none(&send(&client, &login, path, lines).await, status, path);
        }
        let foreign = client
            .ask("POST", "/sign-out")
            .header("sec-fetch-site", "cross-site");
        let foreign = foreign.header("cookie", &format!("{LOGIN}={login}"));
        none(&foreign.await, 403, "a page of somebody else");

        // A program's tokens have nothing to do with the cookie.
        let refresh = |token: &str| {
            let ask = client
                .ask("POST", "/auth/refresh")
                .header("cookie", &format!("{LOGIN}={login}"))
                .header("sec-fetch-site", "same-origin");
            ask.json(&json!({ "refresh_token": token }))
        };
        let program = json!({ "email": "lena@example.com", "password": PASSWORD });
        let program = client.ask("POST", "/auth/login").json(&program).await;
        let first = token_of(&program);
        let next = refresh(&first).await;
        let newest = refresh(&token_of(&next)).await;
        for answer in [&program, &next, &newest] {
            none(answer, 200, "a program");
        }
        none(&refresh("rf_rt_x").await, 401, "no token");
        none(&refresh(&first).await, 409, "a late token");
        app.clock.advance(TimeDelta::seconds(31));
        none(&refresh(&first).await, 401, "a stolen token");
        none(
            &refresh(&token_of(&newest)).await,
            401,
            "a token of a sign-in that ended",
        );
        assert!(is_in(&client, &login).await);
    }
}

/// The refresh token of an answer.
fn token_of(answer: &Answer) -> String {
    answer.with(200)["refresh_token"].as_str().unwrap().to_owned()
}
