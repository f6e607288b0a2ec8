//! Secrets that were sent to an address: once, for one purpose, the newest, by whose address it still is.

use resolutionflow_core::id::UserId;
use resolutionflow_store::mail_tokens::{self, NewMailToken, Purpose};
use resolutionflow_store::testing::TestDb;

use super::world::{LENA, at, commit, companies, id, look};

async fn issue(test: &TestDb, email: &'static str, hash: u8, purpose: Purpose, until: i64) -> Option<UserId> {
    let token = NewMailToken {
        hash: [hash; 32],
        purpose,
        expires_at: at(until),
    };
    commit!(test, |tx| mail_tokens::issue(tx, email, &token, at(0)).await).unwrap()
}

async fn consume(test: &TestDb, hash: u8, purpose: Purpose, now: i64) -> Option<UserId> {
    commit!(test, |tx| mail_tokens::consume(tx, &[hash; 32], purpose, at(now))
        .await)
    .unwrap()
}

#[tokio::test]
async fn a_secret_is_good_once_for_its_purpose_until_it_expires() {
    for test in companies().await {
        let lena = Some(id(LENA));
        assert_eq!(
            issue(&test, " LENA@example.com", 1, Purpose::Reset, 10).await,
            lena
        );
        assert_eq!(
            issue(&test, "lena@example.com", 2, Purpose::Verify, 10).await,
            lena
        );
        for _ in 0..3 {
            let shown = look!(test, |tx| mail_tokens::holder(
                tx,
                &[1; 32],
                Purpose::Reset,
                at(9)
            )
            .await);
            assert_eq!(shown.unwrap().unwrap().name, "Lena");
        }
        assert_eq!(consume(&test, 1, Purpose::Verify, 1).await, None);
        assert_eq!(consume(&test, 1, Purpose::Reset, 10).await, None);
        assert_eq!(consume(&test, 1, Purpose::Reset, 9).await, lena);
        assert_eq!(consume(&test, 1, Purpose::Reset, 9).await, None);
        let shown = look!(test, |tx| mail_tokens::holder(
            tx,
            &[1; 32],
            Purpose::Reset,
            at(9)
        )
        .await);
        assert_eq!(shown.unwrap(), None);
        assert_eq!(consume(&test, 2, Purpose::Verify, 9).await, lena);
        assert_eq!(consume(&test, 3, Purpose::Verify, 9).await, None);
    }
}

#[tokio::test]
async fn only_the_newest_counts_and_one_for_nobody_is_kept_and_never_taken() {
    for test in companies().await {
        issue(&test, "lena@example.com", 1, Purpose::Reset, 10).await;
        issue(&test, "lena@example.com", 2, Purpose::Reset, 10).await;
        assert_eq!(consume(&test, 1, Purpose::Reset, 1).await, None);
        assert_eq!(consume(&test, 2, Purpose::Reset, 1).await, Some(id(LENA)));
        issue(&test, "lena@example.com", 3, Purpose::Reset, 10).await;
        assert_eq!(consume(&test, 3, Purpose::Reset, 1).await, Some(id(LENA)));
        assert_eq!(
            issue(&test, "nobody@example.com", 4, Purpose::Reset, 10).await,
            None
        );
        assert_eq!(consume(&test, 4, Purpose::Reset, 1).await, None);
        for (limit, gone) in [(-1, 0), (1, 1), (9, 1), (9, 0)] {
            let forgotten = commit!(test, |tx| mail_tokens::forget(tx, at(11), limit).await);
            assert_eq!(forgotten.unwrap(), gone);
        }
    }
}

#[tokio::test]
async fn a_secret_is_bound_to_the_address() {
    for test in companies().await {
        issue(&test, "lena@example.com", 1, Purpose::Reset, 10).await;
        commit!(test, |tx| tx
            .execute(
                "UPDATE users SET email_key = 'other@example.com' WHERE email_key = 'lena@example.com'",
                &[]
            )
            .await)
        .unwrap();
        let shown = look!(test, |tx| mail_tokens::holder(
            tx,
            &[1; 32],
            Purpose::Reset,
            at(1)
        )
        .await);
        assert_eq!(shown.unwrap(), None);
        assert_eq!(consume(&test, 1, Purpose::Reset, 1).await, None);
    }
}
