//! Plans: whoever comes at once, an account gets exactly what its plan allows, and counters equal their rows.

use chrono::TimeDelta;
use resolutionflow::auth::secret;
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::id::{AccountId, Id, PlanId, UserId};
use resolutionflow_core::plan::{Limits, Plan};
use resolutionflow_core::random::Random;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Db, Error, flows, limits, reconcile};
use serde_json::{Value, json};

use crate::asking::Ask;
use crate::cast::{Member, apps, flow_document};
use crate::parallel::at_once;
use crate::site::{Site, sites};

const SMALL: PlanId = PlanId::from_uuid(uuid::Uuid::from_u128(70));
/// How often everybody races for the last place.
const ROUNDS: i64 = 200;
/// The same for flows, which take longer to make.
const DEAR_ROUNDS: usize = 20;
/// The same for seats, which are given back after each.
const SEAT_ROUNDS: usize = 100;
/// How many start a session, or change a flow's tags, in all.
const STARTS: usize = 8_000;
const TAG_CHANGES: usize = 2_000;

/// Gives an account a plan with these limits.
async fn give(db: &Db, account: AccountId, limits: Limits) {
    let plan = Plan::check(SMALL, "Small", limits).unwrap();
    let now = resolutionflow_store::testing::now();
    db.write::<_, Error, _>(move |tx| {
        let plan = plan.clone();
        Box::pin(async move {
            if !limits::create_plan(tx, &plan, now).await? {
                limits::change_plan(tx, &plan).await?;
            }
            assert!(limits::set_plan(tx, account, SMALL).await?.is_some());
            Ok(())
        })
    })
    .await
    .unwrap();
}

async fn usage(member: &Member) -> Value {
    let account = member.get("/account").await.with(200);
    account["usage"].clone()
}

async fn count(member: &Member, of: &str) -> i64 {
    usage(member).await[of].as_i64().unwrap()
}

/// Counters equal their rows.
pub(crate) async fn assert_counted(db: &Db, account: AccountId) {
    let differences = db.read_long::<_, Error, _>(move |tx| {
        Box::pin(async move { reconcile::differences(tx, account).await })
    });
    assert_eq!(differences.await.unwrap(), []);
}

/// Sends all of them at once: exactly one is done, and the others are told of the limit. Answers which one.
async fn one_of(asks: Vec<Ask>, done: u16, resource: &str, limit: i64) -> usize {
    let answers = at_once(asks).await.into_iter().enumerate();
    let (won, lost): (Vec<_>, Vec<_>) = answers.partition(|(_, answer)| answer.status == done);
    assert_eq!(
        won.len(),
        1,
        "{:?}",
        lost.first().map(|(_, answer)| answer.text())
    );
    for (_, answer) in lost {
        let problem = answer.problem("plan-limit");
        assert_eq!(answer.status, 403);
        assert_eq!(
            (problem["resource"].as_str(), problem["limit"].as_i64()),
            (Some(resource), Some(limit))
        );
    }
    won[0].0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_place_of_a_plan_one_of_sixty_four_is_taken() {
    for site in sites().await {
        let (lena, db) = (site.member("lena"), &site.app.app.db);
        let (account, flow) = (lena[0].account, site.app.flow().await);
        let at = |number: usize| &lena[number % lena.len()];
        for round in 0..ROUNDS {
            let limit = count(&lena[0], "sessions").await + 1;
            let limits = Limits {
                sessions: Some(limit),
                ..Limits::default()
            };
            give(db, account, limits).await;
            // In every eighth round they wait prepared, which counts nothing, and are started.
            let mut asks = Vec::new();
            let waits = round % 8 == 7;
            for number in 0..64 {
                if waits {
                    let prepared = at(number).prepares(&flow).await;
                    asks.push(at(number).does("start", &prepared));
                } else {
                    let body = json!({ "flow_id": flow["id"] });
                    asks.push(at(number).post("/sessions").json(&body));
                }
            }
            one_of(asks, if waits { 200 } else { 201 }, "sessions", limit).await;
        }
        for _ in 0..DEAR_ROUNDS {
            let limit = count(&lena[0], "flows").await + 1;
            let limits = Limits {
                flows: Some(limit),
                ..Limits::default()
            };
            give(db, account, limits).await;
            let asks = (0..64).map(|number| at(number).post("/flows").json(&flow_document()));
            one_of(asks.collect(), 201, "flows", limit).await;
        }
        assert_counted(db, account).await;
        println!("{:?}: {ROUNDS} rounds of 64", site.app.engine());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_starts_and_tag_changes_are_counted_one_by_one() {
    const TAGS: [&str; 5] = ["ad", "dns", "mail", "storage", "windows"];
    for site in sites().await {
        let (lena, db) = (site.member("lena"), &site.app.app.db);
        let account = lena[0].account;
        let mut flows = Vec::new();
        for _ in 0..4 {
            flows.push(lena[0].creates(&flow_document()).await);
        }
        let before = count(&lena[0], "sessions").await;
        let workers = (0..64_usize).map(|worker| {
            let (lena, flows) = (lena[worker % lena.len()].clone(), flows.clone());
            async move {
                let mut published = 0;
                for number in (worker..STARTS).step_by(64) {
                    let body = json!({ "flow_id": flows[number % flows.len()]["id"] });
                    lena.post("/sessions").json(&body).await.with(201);
                    if number % (STARTS / TAG_CHANGES) == 0 {
                        let mut document = flow_document();
                        let tags = [TAGS[number / 4 % 5], TAGS[number / 20 % 5]];
                        document["tags"] = json!(&tags[..number / 100 % 3]);
                        let flow = flows[number / 4 % flows.len()]["id"].as_str().unwrap();
                        lena.put(format!("/flows/{flow}/draft"))
                            .json(&document)
                            .await
                            .with(200);
                        // Somebody else may have published it meanwhile; then the draft is gone.
                        let answer = lena.post(format!("/flows/{flow}/versions")).await;
                        if answer.status == 201 {
                            published += 1;
                        } else {
                            answer.problem("conflict");
                        }
                    }
                }
                published
            }
        });
        let published: usize = at_once(workers).await.into_iter().sum();
        assert_counted(db, account).await;
        // Four change each flow. Who finds no draft was overtaken since they saved it by one of the other three, and
        // what one publishes overtakes each of those once at most.
        assert!(published >= TAG_CHANGES / 4, "{published}");
        let tags = db
            .read::<_, Error, _>(move |tx| Box::pin(async move { flows::tags(tx, account, 50).await }))
            .await
            .unwrap();
        // The last of the changes leave each flow with one.
        let carried: i64 = tags.iter().map(|(_, flows)| flows).sum();
        assert_eq!(carried, 4, "{tags:?}");
        let started = count(&lena[0], "sessions").await - before;
        assert_eq!(started, i64::try_from(STARTS).unwrap());
        println!(
            "{:?}: {STARTS} starts, {TAG_CHANGES} changes of tags, {published} times published",
            site.app.engine()
        );
    }
}

/// People of another account, each with a token of theirs.
async fn strangers(site: &Site) -> Vec<(UserId, String)> {
    let (now, random) = (site.app.clock.now(), &mut Random::new([78; 32]));
    let (account, team) = (Id::new(now, random), Id::new(now, random));
    let people: Vec<(UserId, String, Id<_>)> = (0..64)
        .map(|_| {
            let token = secret::make(TokenKind::Personal, random);
            (Id::new(now, random), token, Id::new(now, random))
        })
        .collect();
    let made = people.clone();
    let write = site.app.app.db.write::<_, Error, _>(move |tx| {
        let people = made.clone();
        Box::pin(async move {
            members::create_account(tx, account, "Strangers", team, now).await?;
            for (number, (user_id, token, id)) in people.iter().enumerate() {
                let person = NewUser {
                    id: *user_id,
                    email: format!("stranger{number}@example.com"),
                    name: format!("Stranger {number}"),
                    password_hash: None,
                };
                assert!(members::create_user(tx, &person, now).await?);
                assert!(members::add(tx, account, *user_id, Role::Viewer, team, now).await?);
                let token = NewToken {
                    hash: secret::digest(token),
                    id: *id,
                    kind: TokenKind::Personal,
                    user_id: *user_id,
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
    });
    write.await.unwrap();
    people.into_iter().map(|(user, token, _)| (user, token)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_seat_of_a_plan_one_of_sixty_four_who_are_invited_comes_in() {
    for site in sites().await {
        let (olivia, db) = (site.member("olivia").remove(0), &site.app.app.db);
        let strangers = strangers(&site).await;
        let seats = count(&olivia, "members").await + 1;
        let limits = Limits {
            members: Some(seats),
            ..Limits::default()
        };
        give(db, olivia.account, limits).await;
        for round in 0..SEAT_ROUNDS {
            let body = json!({ "role": "viewer", "uses": 64 });
            let made = olivia.post("/invites").json(&body).await.with(201);
            let invite = &made["items"][0];
            let code = json!({ "code": invite["code"] });
            let asks = strangers.iter().enumerate().map(|(number, (_, token))| {
                let client = &site.clients[number % site.clients.len()];
                client.ask("POST", "/invites/accept").token(token).json(&code)
            });
            let (came, _) = &strangers[one_of(asks.collect(), 200, "members", seats).await];
            // Whoever found no seat gave back the use that they had taken.
            let pending = olivia.get("/invites").await.with(200);
            let mut pending = pending["items"].as_array().unwrap().iter();
            let left = pending.find(|one| one["id"] == invite["id"]).unwrap();
            assert_eq!(left["uses_left"], 63, "round {round}");
            assert_eq!(count(&olivia, "members").await, seats, "round {round}");
            assert_counted(db, olivia.account).await;
            olivia.delete(format!("/members/{came}")).await.with(204);
        }
        println!("{:?}: {SEAT_ROUNDS} rounds of 64", site.app.engine());
    }
}

#[tokio::test]
async fn what_the_account_has_and_may_have_is_told_to_its_members_alone() {
    for app in apps().await {
        let (vera, olivia) = (app.member("vera"), app.member("olivia"));
        let account = vera.get("/account").await.with(200);
        assert_eq!(account["plan"]["name"], "Unlimited");
        assert_eq!(account["plan"]["flows"], Value::Null);
        let limits = Limits {
            members: Some(9),
            ..Limits::default()
        };
        give(&app.app.db, olivia.account, limits).await;
        app.member("lena").creates(&flow_document()).await;
        let account = vera.get("/account").await.with(200);
        assert_eq!(account["plan"]["members"], 9);
        assert_eq!(account["usage"]["flows"], 1);
        let other = app.member("sid").get("/account").await.with(200);
        assert_eq!(other["plan"]["name"], "Unlimited");
        assert_eq!(other["usage"]["flows"], 0);
        assert_counted(&app.app.db, olivia.account).await;
    }
}
