//! Signing up and confirming: with a code or an invite, many at once, and what fails half-way.

use std::time::Instant;

use chrono::TimeDelta;
use resolutionflow::auth::secret::{self, InLink};
use resolutionflow_core::random::Random;
use resolutionflow_store::db::Engine;
use resolutionflow_store::sign_ups::{self, Aim, Proof, SignUp};
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::{Db, Error};
use serde_json::json;

use crate::asking::{Answer, Ask, Client};
use crate::cast::TestApp;
use crate::letting_in::{
    CROWD, DEAR_ROUNDS, STRONG, all_leave, at_once, count, crowd, form, platform_invite, statuses, uuid_seed,
};
use crate::site::sites;

/// Lets no account of this name be made: what came before in the transaction has to be undone.
async fn refuse_accounts_called_halfway(test: &TestDb) {
    let statements: &[&str] = match test.db.engine() {
        Engine::Sqlite => &[
            "CREATE TRIGGER halfway BEFORE INSERT ON accounts WHEN NEW.name = 'Halfway' \
             BEGIN SELECT RAISE(ABORT, 'halfway'); END",
        ],
        Engine::Postgres => &[
            "CREATE FUNCTION halfway() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''halfway''; END'",
            "CREATE TRIGGER halfway BEFORE INSERT ON accounts FOR EACH ROW WHEN (NEW.name = 'Halfway') \
                 EXECUTE FUNCTION halfway()",
        ],
    };
    for statement in statements {
        test.as_owner(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_sign_up_that_fails_half_way_gives_the_code_its_use_back() {
    for test in databases().await {
        refuse_accounts_called_halfway(&test).await;
        let app = TestApp::on(test, |_| {}).await;
        let db = &app.app.db;
        let code = platform_invite(db, 2, app.app.now()).await;
        let sign_up = |email: &str, code: &str, account: &str| {
            let lines = [
                ("code", code),
                ("account", account),
                ("name", "Fiona"),
                ("email", email),
                ("password", STRONG),
            ];
            form(&app.client, "/sign-up", &lines)
        };
        let taken = sign_up("LENA@example.com", &code, "Fresh").await;
        assert_eq!(taken.status, 409, "{}", taken.text());
        for wrong in ["", "x", &format!("rf_pi_{}", "x".repeat(43))] {
            assert_eq!(sign_up("fiona@example.com", wrong, "Fresh").await.status, 422);
        }
        let left = "SELECT uses_left FROM platform_invites";
        assert_eq!(sign_up("fiona@example.com", &code, "Halfway").await.status, 500);
        assert_eq!(count(db, left).await, 2);
        let made = sign_up("fiona@example.com", &code, "Fresh").await;
        assert_eq!(made.status, 303, "{}", made.text());

        // So it is for who confirms, and what they typed goes on waiting.
        let kept = |account: &str| {
            let code = Some(secret::digest(&code));
            let name = account.to_owned();
            Aim::NewAccount { name, code }
        };
        let now = app.app.now();
        let [halfway] = waiting(db, now, [("late@example.com", kept("Halfway"))]).await;
        for _ in 0..2 {
            assert_eq!(confirm(&app.client, &halfway).await.status, 500);
            assert_eq!(count(db, left).await, 1);
        }
        let [fresh] = waiting(db, now, [("late@example.com", kept("Fresh"))]).await;
        assert_eq!(confirm(&app.client, &halfway).await.status, 410);
        assert_eq!(confirm(&app.client, &fresh).await.status, 200);
        assert_eq!(count(db, left).await, 0);
        assert_eq!(sign_up("other@example.com", &code, "Fresh").await.status, 422);
        let accounts = "SELECT COUNT(*) FROM accounts WHERE name IN ('Fresh', 'Halfway')";
        assert_eq!(count(db, accounts).await, 2);
    }
}

/// Keeps sign-ups as if they had been typed, and answers the secrets that were mailed.
pub(crate) async fn waiting<const N: usize>(
    db: &Db,
    now: chrono::DateTime<chrono::Utc>,
    who: [(&str, Aim); N],
) -> [String; N] {
    let random = &mut Random::new(uuid_seed(now, 1));
    let who = who.map(|(email, aim)| {
        let sign_up = SignUp {
            email: email.to_owned(),
            name: "Somebody".to_owned(),
            aim,
        };
        (InLink::SignUp.make(random), sign_up)
    });
    let secrets = who.each_ref().map(|(secret, _)| secret.clone());
    let kept: Result<(), Error> = db
        .write(move |tx| {
            let who = who.clone();
            Box::pin(async move {
                for (secret, sign_up) in &who {
                    let proof = Proof {
                        hash: secret::digest(secret),
                        expires_at: now + TimeDelta::days(1),
                    };
                    sign_ups::keep(tx, sign_up, &proof, now).await?;
                }
                Ok(())
            })
        })
        .await;
    kept.unwrap();
    secrets
}

pub(crate) fn confirm(client: &Client, secret: &str) -> Ask {
    form(client, "/verify", &[("token", secret), ("password", STRONG)])
}

/// So many came in, and the rest were told that it is too late. Too long a queue of passwords is answered 503; nothing was
/// done then.
fn came_in(answers: &[Answer], expected: usize) {
    let statuses = statuses(answers);
    println!("{statuses:?}");
    assert_eq!(statuses.get(&200), Some(&expected), "{statuses:?}");
    let refused: usize = [410, 503].iter().filter_map(|status| statuses.get(status)).sum();
    assert_eq!(refused, CROWD - expected, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_confirm_at_once_as_many_come_in_as_the_code_says() {
    for site in sites().await {
        let (olivia, db) = (site.member("olivia").remove(0), &site.app.app.db);
        let (began, now) = (Instant::now(), site.app.app.now());
        for round in 0..2 * DEAR_ROUNDS {
            let uses = [1, 5][round / 2 % 2];
            let aim = if round % 2 == 0 {
                let code = platform_invite(db, i64::try_from(uses).unwrap(), now).await;
                Aim::NewAccount {
                    name: format!("Company {round}"),
                    code: Some(secret::digest(&code)),
                }
            } else {
                let body = json!({"role": "viewer", "uses": uses});
                let made = olivia.post("/invites").json(&body).await.with(201);
                let code = secret::digest(made["items"][0]["code"].as_str().unwrap());
                Aim::Invite { code }
            };
            let emails: [_; CROWD] =
                std::array::from_fn(|number| format!("stranger{round}-{number}@example.com"));
            let who = emails.each_ref().map(|email| (email.as_str(), aim.clone()));
            let secrets = Box::pin(waiting(db, now, who)).await;
            let asks = secrets.iter().enumerate().map(|(number, secret)| {
                let client = &site.clients[number % site.clients.len()];
                confirm(client, secret)
            });
            came_in(&at_once(asks.collect()).await, uses);
            let inside = all_leave(db, olivia.account).await;
            assert_eq!(inside, (uses * (round % 2)) as u64, "round {round}");
        }
        let accounts = count(db, "SELECT COUNT(*) FROM accounts WHERE name LIKE 'Company %'").await;
        assert_eq!(accounts, 1 + 5);
        let orphans = "SELECT COUNT(*) FROM users u WHERE email LIKE 'stranger%' AND NOT EXISTS \
                       (SELECT 1 FROM members m WHERE m.user_id = u.id)";
        assert_eq!(count(db, orphans).await, 0);
        println!(
            "{:?}: {DEAR_ROUNDS} rounds of {CROWD} at once in {:?}",
            site.app.engine(),
            began.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_is_confirmed_once_of_many_at_once() {
    for site in sites().await {
        let (db, now, began) = (&site.app.app.db, site.app.app.now(), Instant::now());
        let code = platform_invite(db, 1_000, now).await;
        for round in 0..DEAR_ROUNDS {
            let email = format!("fresh{round}@example.com");
            let aim = Aim::NewAccount {
                name: "Fresh".to_owned(),
                code: Some(secret::digest(&code)),
            };
            let [secret] = waiting(db, now, [(email.as_str(), aim)]).await;
            let asks = crowd(&site, "/verify", |_| {
                vec![("token", secret.clone()), ("password", STRONG.to_owned())]
            });
            came_in(&at_once(asks).await, 1);
        }
        let left = count(db, "SELECT uses_left FROM platform_invites").await;
        assert_eq!(left, 1_000 - i64::try_from(DEAR_ROUNDS).unwrap());
        println!(
            "{:?}: {DEAR_ROUNDS} rounds of {CROWD} at once in {:?}",
            site.app.engine(),
            began.elapsed()
        );
    }
}
