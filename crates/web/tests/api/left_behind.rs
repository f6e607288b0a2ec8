//! What becomes of pending invites when somebody goes, or is less than before, who made them or could copy their links.

use resolutionflow::config::{PublicUrl, Sender, Settings, Transport};
use resolutionflow_store::testing::databases;
use serde_json::{Value, json};

use crate::cast::{Member, TestApp, apps};
use crate::people::{at, change};

fn with_mail(settings: &mut Settings) {
    settings.server.public_url = PublicUrl::new("https://flows.example.com").unwrap();
    settings.mail.transport = Transport::File;
    settings.mail.from = Sender::new("flows@example.com").unwrap();
}

/// Whom the pending invites let in; nobody in particular is empty.
async fn invited(who: &Member) -> Vec<String> {
    let listed = who.get("/invites").await.with(200);
    let mut emails: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invite| invite["email"].as_str().unwrap_or_default().to_owned())
        .collect();
    emails.sort();
    emails
}

/// Makes a link that lets anybody in, and answers its code.
async fn invites(who: &Member, role: &str) -> Value {
    let made = who.post("/invites").json(&json!({ "role": role })).await;
    json!({ "code": made.with(201)["items"][0]["code"] })
}

#[tokio::test]
async fn an_admin_who_was_removed_comes_back_by_no_link_that_they_made_or_copied() {
    for app in apps().await {
        let [olivia, adam, sid] = ["olivia", "adam", "sid"].map(|name| app.member(name));
        let (own, seen) = (invites(&adam, "admin").await, invites(&olivia, "viewer").await);
        // To a role above his own he sees no link.
        let unseen = invites(&olivia, "owner").await;
        olivia.delete(at(&adam)).await.with(204);
        for code in [own, seen] {
            sid.post("/invites/accept").json(&code).await.problem("gone");
        }
        sid.post("/invites/accept").json(&unseen).await.with(200);
        let audit = olivia.get("/audit?action=invite_revoked").await.with(200);
        let entries = audit["items"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        for entry in entries {
            assert_eq!(entry["actor_id"], json!(olivia.user_id));
            assert_eq!(entry["object_kind"], "invite");
        }
    }
}

#[tokio::test]
async fn an_invite_with_an_address_stays_where_mail_shows_whose_it_is() {
    for test in databases().await {
        let app = TestApp::on(test, with_mail).await;
        let [olivia, adam] = ["olivia", "adam"].map(|name| app.member(name));
        let to_nora = json!({ "emails": ["nora@example.com"], "role": "viewer" });
        olivia.post("/invites").json(&to_nora).await.with(201);
        let to_ravi = json!({ "emails": ["ravi@example.com"], "role": "viewer" });
        adam.post("/invites").json(&to_ravi).await.with(201);
        invites(&olivia, "viewer").await;
        olivia.delete(at(&adam)).await.with(204);
        assert_eq!(invited(&olivia).await, ["nora@example.com"]);
    }
    // Without mail whoever has the link joins by any address that they type.
    for app in apps().await {
        let [olivia, adam] = ["olivia", "adam"].map(|name| app.member(name));
        let to_nora = json!({ "emails": ["nora@example.com"], "role": "viewer" });
        olivia.post("/invites").json(&to_nora).await.with(201);
        olivia.delete(at(&adam)).await.with(204);
        assert!(invited(&olivia).await.is_empty());
    }
}

#[tokio::test]
async fn who_never_saw_a_link_takes_none_along() {
    for app in apps().await {
        let [olivia, adam, lena, sid] = ["olivia", "adam", "lena", "sid"].map(|name| app.member(name));
        change(&olivia, &adam, &json!({ "disabled": true }))
            .await
            .with(200);
        // Adam sees nothing any more, an engineer never did, and whoever rises loses nothing.
        let code = invites(&olivia, "viewer").await;
        olivia.delete(at(&adam)).await.with(204);
        olivia.delete(at(&lena)).await.with(204);
        let vera = app.member("vera");
        change(&olivia, &vera, &json!({ "role": "admin" }))
            .await
            .with(200);
        change(&olivia, &vera, &json!({ "role": "owner" }))
            .await
            .with(200);
        sid.post("/invites/accept").json(&code).await.with(200);
        let audit = olivia.get("/audit?action=invite_revoked").await.with(200);
        assert_eq!(audit["items"], json!([]));
    }
}

#[tokio::test]
async fn an_owner_who_becomes_an_admin_makes_no_owner_of_themselves_by_anothers_link() {
    for app in apps().await {
        let [olivia, lena, sid] = ["olivia", "lena", "sid"].map(|name| app.member(name));
        change(&olivia, &lena, &json!({ "role": "owner" }))
            .await
            .with(200);
        let (as_owner, as_admin) = (invites(&lena, "owner").await, invites(&lena, "admin").await);
        change(&lena, &olivia, &json!({ "role": "admin" }))
            .await
            .with(200);
        sid.post("/invites/accept").json(&as_owner).await.problem("gone");
        sid.post("/invites/accept").json(&as_admin).await.with(200);
    }
}

#[tokio::test]
async fn who_leaves_or_is_disabled_leaves_no_way_in_behind() {
    for app in apps().await {
        let [olivia, adam, lena, sid] = ["olivia", "adam", "lena", "sid"].map(|name| app.member(name));
        let admin = json!({ "role": "admin" });
        change(&olivia, &lena, &admin).await.with(200);
        let (left, disabled) = (invites(&adam, "engineer").await, invites(&lena, "viewer").await);
        adam.post("/account/leave").json(&json!({})).await.with(204);
        change(&olivia, &lena, &json!({ "disabled": true }))
            .await
            .with(200);
        change(&olivia, &lena, &json!({ "disabled": false }))
            .await
            .with(200);
        for code in [left, disabled] {
            sid.post("/invites/accept").json(&code).await.problem("gone");
        }
        assert_eq!(olivia.get("/invites").await.with(200)["items"], json!([]));
    }
}

#[tokio::test]
async fn who_is_less_than_before_has_invited_up_to_what_they_are() {
    for app in apps().await {
        let [olivia, adam, sid] = ["olivia", "adam", "sid"].map(|name| app.member(name));
        let (as_owner, as_admin) = (invites(&olivia, "owner").await, invites(&olivia, "admin").await);
        let transfer = olivia
            .post("/account/transfer")
            .json(&json!({ "to": adam.user_id }));
        transfer.await.with(200);
        sid.post("/invites/accept").json(&as_owner).await.problem("gone");
        // What an admin may give stays, until they are none.
        assert_eq!(
            adam.get("/invites").await.with(200)["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        change(&adam, &olivia, &json!({ "role": "engineer" }))
            .await
            .with(200);
        sid.post("/invites/accept").json(&as_admin).await.problem("gone");
    }
}

#[tokio::test]
async fn many_invites_that_are_revoked_together_are_one_entry() {
    for app in apps().await {
        let [olivia, adam] = ["olivia", "adam"].map(|name| app.member(name));
        for round in 0..2 {
            let emails: Vec<_> = (0..60)
                .map(|number| format!("new{round}-{number}@example.com"))
                .collect();
            let body = json!({ "emails": emails, "role": "viewer" });
            adam.post("/invites").json(&body).await.with(201);
        }
        olivia.delete(at(&adam)).await.with(204);
        let audit = olivia.get("/audit?action=invite_revoked").await.with(200);
        assert_eq!(audit["items"].as_array().unwrap().len(), 1);
        assert_eq!(audit["items"][0]["changed"], json!(["120 invites"]));
        assert_eq!(olivia.get("/invites").await.with(200)["items"], json!([]));
    }
}
