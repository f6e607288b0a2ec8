//! How people get in, many at once: invites, codes and mailed secrets are good as often as they say, whoever wins.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use resolutionflow::auth::secret::{self, InLink};
use resolutionflow::inviting::Codes;
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::id::{AccountId, Id, TeamId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::mail_tokens::{self, NewMailToken, Purpose};
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::platform_invites::{self, NewPlatformInvite};
use resolutionflow_store::sign_ups::Aim;
use resolutionflow_store::testing::databases;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Db, Error, reconcile};
use serde_json::json;

use crate::asking::{Answer, Ask, Client};
use crate::cast::{PASSWORD, TestApp};
use crate::signing_up::{confirm, waiting};
use crate::site::{Site, open_sites, sites};

/// How many come at once.
pub(crate) const CROWD: usize = 64;

/// How often, where it costs little.
pub(crate) const ROUNDS: usize = 200;

/// How often, where each of the crowd has a password hashed.
pub(crate) const DEAR_ROUNDS: usize = 2;

/// What nobody guesses.
pub(crate) const STRONG: &str = "quiet harbour lantern 7 orbit";

/// A form of one of our pages.
pub(crate) fn form(client: &Client, path: &str, lines: &[(&str, &str)]) -> Ask {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(lines)
        .finish();
    client
        .ask("POST", path)
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .body("application/x-www-form-urlencoded", body)
}

/// What a browser asks for by its cookie.
fn by_cookie(client: &Client, cookie: &str, path: &str) -> Ask {
    client
        .ask("GET", path)
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
}

/// Lets all of them go at once.
pub(crate) async fn at_once(asks: Vec<Ask>) -> Vec<Answer> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(asks.len()));
    let tasks: Vec<_> = asks
        .into_iter()
        .map(|ask| {
            let barrier = std::sync::Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                ask.await
            })
        })
        .collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

pub(crate) fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    for answer in answers {
        *statuses.entry(answer.status).or_default() += 1;
    }
    statuses
}

/// A form for each of a crowd, spread over the servers.
pub(crate) fn crowd(
    site: &Site,
    path: &str,
    lines: impl Fn(usize) -> Vec<(&'static str, String)>,
) -> Vec<Ask> {
    (0..CROWD)
        .map(|number| {
            let client = &site.clients[number % site.clients.len()];
            let lines = lines(number);
            let lines: Vec<_> = lines
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            form(client, path, &lines)
        })
        .collect()
}

/// A person for each of a crowd, in an account of their own, and their tokens.
async fn strangers(site: &Site) -> Vec<(UserId, String)> {
    let now = site.app.app.now();
    let random = &mut Random::new([77; 32]);
    let (account, team): (AccountId, TeamId) = (Id::new(now, random), Id::new(now, random));
    let people: Vec<(UserId, String, Id<_>)> = (0..CROWD)
        .map(|_| {
            let token = secret::make(TokenKind::Personal, random);
            (Id::new(now, random), token, Id::new(now, random))
        })
        .collect();
    let made = people.clone();
    let write: Result<(), Error> = site
        .app
        .app
        .db
        .write(move |tx| {
            let people = made.clone();
            Box::pin(async move {
                members::create_account(tx, account, "Strangers", team, now).await?;
                for (number, (user, token, id)) in people.iter().enumerate() {
                    let person = NewUser {
                        id: *user,
                        email: format!("stranger{number}@example.com"),
                        name: format!("Stranger {number}"),
                        password_hash: None,
                    };
                    assert!(members::create_user(tx, &person, now).await?);
                    assert!(members::add(tx, account, *user, Role::Viewer, team, now).await?);
                    let token = NewToken {
                        hash: secret::digest(token),
                        id: *id,
                        kind: TokenKind::Personal,
                        user_id: *user,
                        auth_epoch: 0,
                        name: String::new(),
                        expires_at: now + TimeDelta::days(1),
                        family_id: None,
                        scopes: Scopes::ALL,
                    };
                    assert!(tokens::create(tx, account, &token, now).await?);
                }
                Ok(())
            })
        })
        .await;
    write.unwrap();
    people.into_iter().map(|(user, token, _)| (user, token)).collect()
}

/// Lets everybody leave Contoso again who came, and answers how many of the strangers were in it.
pub(crate) async fn all_leave(db: &Db, account: AccountId) -> u64 {
    let left: Result<u64, Error> = db
        .write(move |tx| {
            Box::pin(async move {
                let left = tx
                    .execute(
                        "UPDATE members SET removed_at = created_at WHERE account_id = $1 AND removed_at IS NULL \
                     AND user_id IN (SELECT id FROM users WHERE email LIKE 'stranger%')",
                        &[&account],
                    )
                    .await?;
                reconcile::repair(tx, account).await?;
                Ok(left)
            })
        })
        .await;
    left.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_lets_in_exactly_as_many_as_it_says() {
    for site in sites().await {
        let olivia = site.member("olivia").remove(0);
        let strangers = strangers(&site).await;
        let (began, mut outcomes) = (Instant::now(), BTreeMap::<u16, usize>::new());
        for round in 0..ROUNDS {
            let uses = [1, 1, 5, 63][round % 4];
            let body = json!({"role": "viewer", "uses": uses});
            let made = olivia.post("/invites").json(&body).await.with(201);
            let code = json!({ "code": made["items"][0]["code"] });
            let asks = strangers.iter().enumerate().map(|(number, (_, token))| {
                let client = &site.clients[number % site.clients.len()];
                client.ask("POST", "/invites/accept").token(token).json(&code)
            });
            let answers = at_once(asks.collect()).await;
            let statuses = statuses(&answers);
            assert_eq!(statuses.get(&200), Some(&uses), "round {round}: {statuses:?}");
            assert_eq!(
                statuses.get(&410),
                Some(&(CROWD - uses)),
                "round {round}: {statuses:?}"
            );
            for (status, count) in statuses {
                *outcomes.entry(status).or_default() += count;
            }
            let inside = all_leave(&site.app.app.db, olivia.account).await;
            assert_eq!(inside, uses as u64, "round {round}");
        }
        println!(
            "{:?}: {ROUNDS} rounds of {CROWD} at once in {:?}: {outcomes:?}",
            site.app.engine(),
            began.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_refused_after_the_invite_was_taken_gives_it_back() {
    for site in sites().await {
        let olivia = site.member("olivia").remove(0);
        let body = json!({"role": "viewer"});
        let made = olivia.post("/invites").json(&body).await.with(201);
        let code = json!({ "code": made["items"][0]["code"] });
        let lenas = site.member("lena");
        // A member already: each takes the only use, and gives it back.
        let asks = (0..CROWD).map(|number| lenas[number % lenas.len()].post("/invites/accept").json(&code));
        let answers = at_once(asks.collect()).await;
        assert_eq!(statuses(&answers), BTreeMap::from([(409, CROWD)]));
        let sid = site.member("sid").remove(0);
        sid.post("/invites/accept").json(&code).await.with(200);
        sid.post("/invites/accept").json(&code).await.problem("gone");
    }
}

/// A code that opens so many accounts.
pub(crate) async fn platform_invite(db: &Db, uses: i64, now: chrono::DateTime<chrono::Utc>) -> String {
    let random = &mut Random::new(Random::new(uuid_seed(now, uses)).bytes());
    let code = InLink::PlatformInvite.make(random);
    let invite = NewPlatformInvite {
        id: Id::new(now, random),
        hash: secret::digest(&code),
        uses,
        expires_at: now + TimeDelta::days(1),
        note: String::new(),
        created_by_id: None,
    };
    let made: Result<(), Error> = db
        .write(move |tx| {
            let invite = invite.clone();
            Box::pin(async move { platform_invites::create(tx, &invite, now).await })
        })
        .await;
    made.unwrap();
    code
}

/// A seed that differs from call to call.
pub(crate) fn uuid_seed(now: chrono::DateTime<chrono::Utc>, salt: i64) -> [u8; 32] {
    static CALLS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);
    let call = CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&now.timestamp_micros().to_be_bytes());
    seed[8..16].copy_from_slice(&salt.to_be_bytes());
    seed[16..24].copy_from_slice(&call.to_be_bytes());
    seed
}

pub(crate) async fn count(db: &Db, sql: &'static str) -> i64 {
    let counted: Result<(i64,), Error> = db
        .read(move |tx| Box::pin(async move { tx.across_accounts().one(sql, &[]).await }))
        .await;
    counted.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_opens_exactly_as_many_accounts_as_it_says() {
    for site in open_sites().await {
        let db = &site.app.app.db;
        let began = Instant::now();
        for round in 0..DEAR_ROUNDS {
            let uses = [1, 3][round % 2];
            let before = count(db, "SELECT COUNT(*) FROM accounts").await;
            let code = platform_invite(db, uses, site.app.app.now()).await;
            let asks = crowd(&site, "/sign-up", |number| {
                vec![
                    ("code", code.clone()),
                    ("account", format!("Company {number}")),
                    ("name", "Owner".to_owned()),
                    ("email", format!("owner{number}-{round}@example.com")),
                    ("password", STRONG.to_owned()),
                ]
            });
            let answers = at_once(asks).await;
            let statuses = statuses(&answers);
            println!("{:?}: {statuses:?}", site.app.engine());
            let uses = usize::try_from(uses).unwrap();
            assert_eq!(statuses.get(&303), Some(&uses), "{statuses:?}");
            // Too long a queue of passwords is answered 503; nothing was done then.
            let refused: usize = [422, 503].iter().filter_map(|status| statuses.get(status)).sum();
            assert_eq!(refused, CROWD - uses, "{statuses:?}");
            let after = count(db, "SELECT COUNT(*) FROM accounts").await;
            assert_eq!(after - before, i64::try_from(uses).unwrap());
        }
        let orphans = "SELECT COUNT(*) FROM users u WHERE email LIKE 'owner%' AND NOT EXISTS \
                       (SELECT 1 FROM members m WHERE m.user_id = u.id)";
        assert_eq!(count(db, orphans).await, 0);
        println!(
            "{:?}: {DEAR_ROUNDS} rounds of {CROWD} sign-ups at once in {:?}",
            site.app.engine(),
            began.elapsed()
        );
    }
}

/// Keeps a secret for Lena as if it had been mailed.
pub(crate) async fn mailed(app: &TestApp, email: &'static str, purpose: Purpose) -> String {
    let kind = match purpose {
        Purpose::Verify => InLink::Verify,
        Purpose::Reset => InLink::Reset,
    };
    let now = app.app.now();
    let secret = kind.make(&mut app.app.random());
    let token = NewMailToken {
        hash: secret::digest(&secret),
        purpose,
        expires_at: now + TimeDelta::minutes(10),
    };
    let issued: Result<_, Error> = app
        .app
        .db
        .write(move |tx| Box::pin(async move { mail_tokens::issue(tx, email, &token, now).await }))
        .await;
    assert!(issued.unwrap().is_some());
    secret
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_is_taken_once_of_many_at_once() {
    for site in sites().await {
        let began = Instant::now();
        for round in 0..ROUNDS {
            let secret = mailed(&site.app, "lena@example.com", Purpose::Verify).await;
            let asks = crowd(&site, "/verify", |_| vec![("token", secret.clone())]);
            let statuses = statuses(&at_once(asks).await);
            assert_eq!(
                statuses,
                BTreeMap::from([(200, 1), (410, CROWD - 1)]),
                "round {round}"
            );
        }
        println!(
            "{:?}: {ROUNDS} rounds of {CROWD} at once in {:?}",
            site.app.engine(),
            began.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_is_taken_once_and_ends_everything_that_came_before() {
    for site in open_sites().await {
        let began = Instant::now();
        let lena = site.member("lena").remove(0);
        let flow = lena.creates(&crate::cast::flow_document()).await;
        let session = lena.starts(&flow).await;
        let login = json!({"email": "lena@example.com", "password": PASSWORD});
        let login = site.clients[0]
            .ask("POST", "/auth/login")
            .json(&login)
            .await
            .with(200);
        let program = login["access_token"].as_str().unwrap().to_owned();
        let browser = form(
            &site.clients[0],
            "/sign-in",
            &[("email", "lena@example.com"), ("password", PASSWORD)],
        )
        .await;
        let cookie = browser.headers["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let look = |client: &Client| by_cookie(client, &cookie, "/me");
        look(&site.clients[0]).await.with(200);
        let stream = lena
            .get(format!("{}/live?after=0", crate::cast::path(&session)))
            .open()
            .await;
        assert_eq!(stream.status(), 200);
        let shown = by_cookie(&site.clients[0], &cookie, "/live?lists=1").open().await;
        assert_eq!(shown.status(), 200);
        let mut password = String::new();
        for round in 0..DEAR_ROUNDS {
            let secret = mailed(&site.app, "lena@example.com", Purpose::Reset).await;
            password = format!("{STRONG} {round}");
            let asks = crowd(&site, "/reset", |_| {
                vec![("token", secret.clone()), ("password", password.clone())]
            });
            let statuses = statuses(&at_once(asks).await);
            println!("{:?}: {statuses:?}", site.app.engine());
            assert_eq!(statuses.get(&200), Some(&1), "{statuses:?}");
            let refused: usize = [410, 503].iter().filter_map(|status| statuses.get(status)).sum();
            assert_eq!(refused, CROWD - 1, "{statuses:?}");
        }
        let ended = Instant::now();
        for client in &site.clients {
            look(client).await.problem("unauthorized");
            for token in [&lena.token, &program] {
                client
                    .ask("GET", "/me")
                    .token(token)
                    .await
                    .problem("unauthorized");
            }
            let refresh = json!({ "refresh_token": login["refresh_token"] });
            let refresh = client.ask("POST", "/auth/refresh").json(&refresh).await;
            refresh.problem("unauthorized");
        }
        // The server ends the streams by itself, a program's and a browser's.
        for stream in [stream, shown] {
            let rest = tokio::time::timeout(Duration::from_secs(30), stream.bytes()).await;
            rest.expect("the stream ends").unwrap();
        }
        println!(
            "{:?}: the streams ended after {:?}",
            site.app.engine(),
            ended.elapsed()
        );
        for (password, status) in [(PASSWORD, 401), (password.as_str(), 200)] {
            let login = json!({"email": "lena@example.com", "password": password});
            let answer = site.clients[0].ask("POST", "/auth/login").json(&login).await;
            assert_eq!(answer.status, status, "{}", answer.text());
        }
        println!("{:?}: {:?}", site.app.engine(), began.elapsed());
    }
}

#[tokio::test]
async fn looking_at_a_link_burns_nothing() {
    for test in databases().await {
        let app = TestApp::on(test, |_| {}).await;
        let olivia = app.member("olivia");
        let made = olivia
            .post("/invites")
            .json(&json!({"role": "viewer"}))
            .await
            .with(201);
        let code = made["items"][0]["code"].as_str().unwrap().to_owned();
        let verify = mailed(&app, "lena@example.com", Purpose::Verify).await;
        let reset = mailed(&app, "lena@example.com", Purpose::Reset).await;
        let body = json!({"role": "viewer", "emails": ["nora@example.com"]});
        let invited = olivia.post("/invites").json(&body).await.with(201);
        let invited = invited["items"][0]["id"].as_str().unwrap().parse().unwrap();
        let mailed_invite = Codes::of(&app.app, invited, 1).mailed;
        let platform = platform_invite(&app.app.db, 1, app.app.now()).await;
        let aim = Aim::NewAccount {
            name: "Fresh".to_owned(),
            code: Some(secret::digest(&platform)),
        };
        let [fresh] = waiting(&app.app.db, app.app.now(), [("fiona@example.com", aim)]).await;
        let paths = [
            format!("/sign-up?code={platform}"),
            format!("/invite?code={mailed_invite}"),
            format!("/verify?token={fresh}"),
            format!("/invite?code={code}"),
            format!("/verify?token={verify}"),
            format!("/reset?token={reset}"),
        ];
        for path in &paths {
            for method in ["GET", "HEAD"].repeat(10) {
                let looked = app.client.ask(method, path).header("accept", "text/html").await;
                assert_eq!(looked.status, 200, "{method} {path}");
            }
        }
        // Nor does one secret pass for another, or for nothing.
        for (path, secret) in [("/verify", &reset), ("/reset", &verify), ("/reset", &fresh)] {
            let lines = [("token", secret.as_str()), ("password", STRONG)];
            assert_eq!(form(&app.client, path, &lines).await.status, 410);
        }
        for made_up in ["", "x", &format!("rf_ic_{}", "x".repeat(43))] {
            let never = app.client.ask("GET", format!("/invite?code={made_up}"));
            assert_eq!(never.await.status, 404);
            let lines = [("code", made_up)];
            assert_eq!(form(&app.client, "/invite", &lines).await.status, 404);
        }
        let code = json!({ "code": code });
        app.member("sid")
            .post("/invites/accept")
            .json(&code)
            .await
            .with(200);
        for secret in [&verify, &fresh] {
            assert_eq!(confirm(&app.client, secret).await.status, 200);
        }
        let lines = [
            ("code", mailed_invite.as_str()),
            ("name", "Nora"),
            ("password", STRONG),
        ];
        assert_eq!(form(&app.client, "/invite", &lines).await.status, 303);
        let lines = [("token", reset.as_str()), ("password", STRONG)];
        assert_eq!(form(&app.client, "/reset", &lines).await.status, 200);
        for path in &paths[1..] {
            let looked = app.client.ask("GET", path).header("accept", "text/html").await;
            assert_eq!(looked.status, 410, "{path}");
        }
    }
}
