//! Idempotency keys: one effect, one answer.

use resolutionflow_store::idempotency::{self, Claim, Key};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, Result, sessions};

use super::world::{LENA, MORGAN, account, at, commit, companies, flow, id};

fn key(name: &str) -> Key {
    Key {
        account_id: account(),
        user_id: id(MORGAN),
        route: "POST /api/v1/sessions".into(),
        key: name.into(),
        body_hash: [1; 32],
    }
}

async fn claim(test: &TestDb, key: &Key) -> Claim {
    commit!(test, [key], |tx| idempotency::claim(tx, &key, at(1)).await).unwrap()
}

async fn claim_and_keep(test: &TestDb, key: &Key) {
    commit!(test, [key], |tx| {
        assert_eq!(idempotency::claim(tx, &key, at(1)).await?, Claim::New);
        idempotency::keep(tx, &key, 201, "{\"ü\": '\"'}").await
    })
    .unwrap();
}

#[tokio::test]
async fn a_key_is_new_once_and_then_answered() {
    for test in companies().await {
        claim_and_keep(&test, &key("a")).await;
        let answered = Claim::Answered {
            status: 201,
            answer: "{\"ü\": '\"'}".into(),
        };
        assert_eq!(claim(&test, &key("a")).await, answered.clone());
        assert_eq!(
            claim(
                &test,
                &Key {
                    body_hash: [2; 32],
                    ..key("a")
                }
            )
            .await,
            Claim::OtherBody
        );
        // Another account, person, route or spelling is another key.
        for other in [
            Key {
                account_id: id(2),
                ..key("a")
            },
            Key {
                user_id: id(LENA),
                ..key("a")
            },
            Key {
                route: "POST /api/v1/flows".into(),
                ..key("a")
            },
            key("A"),
            key("a "),
            key(""),
        ] {
            assert_eq!(claim(&test, &other).await, Claim::New, "{other:?}");
            commit!(test, [other], |tx| idempotency::keep(tx, &other, 418, "another")
                .await)
            .unwrap();
        }
        assert_eq!(claim(&test, &key("a")).await, answered);
    }
}

#[tokio::test]
async fn a_refused_request_forgets_its_claim() {
    for test in companies().await {
        let key = key("a");
        let refused: Result<()> = commit!(test, [key], |tx| {
            assert_eq!(idempotency::claim(tx, &key, at(1)).await?, Claim::New);
            idempotency::keep(tx, &key, 201, "kept?").await?;
            Err(Error::NoRow)
        });
        assert!(refused.is_err());
        assert_eq!(claim(&test, &key).await, Claim::New);
    }
}

#[tokio::test]
async fn many_requests_with_one_key_have_one_effect() {
    for test in companies().await {
        let tasks = (0..32).map(|_| {
            let db = test.db.clone();
            tokio::spawn(async move {
                db.write::<_, Error, _>(|tx| {
                    Box::pin(async move {
                        let key = key("one");
                        match idempotency::claim(tx, &key, at(1)).await? {
                            Claim::New => {
                                let number = sessions::next_number(
                                    tx,
                                    account(),
                                    flow(),
                                    sessions::Begins::Started,
                                    at(1),
                                )
                                .await?;
                                idempotency::keep(tx, &key, 201, &number.to_string()).await?;
                                Ok((true, number.to_string()))
                            }
                            Claim::Answered { status: 201, answer } => Ok((false, answer)),
                            other => panic!("{other:?}"),
                        }
                    })
                })
                .await
                .unwrap()
            })
        });
        let mut first = 0;
        for task in tasks.collect::<Vec<_>>() {
            let (new, answer) = task.await.unwrap();
            first += usize::from(new);
            assert_eq!(answer, "1");
        }
        assert_eq!(first, 1);
        assert_eq!(
            commit!(test, |tx| sessions::next_number(
                tx,
                account(),
                flow(),
                sessions::Begins::Started,
                at(1)
            )
            .await)
            .unwrap(),
            2
        );
    }
}

#[tokio::test]
async fn old_keys_are_forgotten_a_batch_at_a_time() {
    for test in companies().await {
        for number in 0..10 {
            let key = key(&number.to_string());
            commit!(test, [key], |tx| idempotency::claim(tx, &key, at(number)).await).unwrap();
        }
        let forget = |before, limit| {
            let test = &test;
            async move { commit!(test, |tx| idempotency::forget(tx, before, limit).await).unwrap() }
        };
        assert_eq!(forget(at(0), 100).await, 0);
        assert_eq!(forget(at(8), -5).await, 0);
        assert_eq!(forget(at(8), 3).await, 3);
        assert_eq!(forget(at(8), 100).await, 5);
        assert_eq!(claim(&test, &key("7")).await, Claim::New);
        assert_ne!(claim(&test, &key("8")).await, Claim::New);
    }
}
