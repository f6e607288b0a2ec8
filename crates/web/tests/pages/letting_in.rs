//! How people get in by the pages: signing up, showing an address, setting a new password, inviting and joining.

use chrono::TimeDelta;
use resolutionflow::config::{PublicUrl, Sender, Settings, SignupMode, Transport};
use resolutionflow_core::id::AccountId;
use resolutionflow_store::testing::databases;
use resolutionflow_store::{Error, teams};

use crate::cast::{PASSWORD, TestApp, apps};
use crate::visitor::{Page, Visitor};

pub(crate) const STRONG: &str = "quiet harbour lantern 7 orbit";

fn with_mail(settings: &mut Settings) {
    settings.server.public_url = PublicUrl::new("https://flows.example.com").unwrap();
    settings.mail.transport = Transport::File;
    settings.mail.from = Sender::new("flows@example.com").unwrap();
}

pub(crate) async fn mailing() -> Vec<TestApp> {
    let mut apps = Vec::new();
    for test in databases().await {
        apps.push(TestApp::on(test, with_mail).await);
    }
    apps
}

/// Where the newest letter to an address leads, and what it says.
pub(crate) async fn letter(app: &TestApp, to: &'static str) -> (String, String) {
    let read: Result<Vec<(String,)>, Error> = app
        .app
        .db
        .read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT payload FROM outbox WHERE address = $1 AND payload IS NOT NULL \
                           ORDER BY created_at DESC, id DESC LIMIT 1";
                tx.all(sql, &[&to]).await
            })
        })
        .await;
    let (payload,) = read.unwrap().remove(0);
    let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
    let plain = payload["plain"].as_str().unwrap().to_owned();
    let (_, rest) = plain.split_once("https://flows.example.com").unwrap();
    let path = rest.split_whitespace().next().unwrap().to_owned();
    (path, plain)
}

/// The cookie of a login that an answer opens.
pub(crate) fn signed_in(app: &TestApp, answer: Page) -> Visitor {
    let mut visitor = Visitor::new(app);
    answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .clone_into(&mut visitor.cookie);
    assert_eq!(answer.goes_to(), "/");
    visitor
}

/// Signs in by the page.
pub(crate) async fn sign_in(app: &TestApp, email: &str, password: &str) -> Page {
    let form = [("email", email), ("password", password)];
    Visitor::new(app).post("/sign-in", &form).await
}

#[tokio::test]
async fn somebody_signs_up_confirms_the_address_and_signs_in() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.signup.mode = SignupMode::Open;
        })
        .await;
        let nobody = Visitor::new(&app);
        nobody
            .get("/sign-in")
            .await
            .ok()
            .has(&["href=\"/sign-up\"", "href=\"/forgot\""]);
        nobody
            .get("/sign-up")
            .await
            .ok()
            .lacks(&["name=\"code\"", "name=\"password\""]);
        let mut form = [
            ("account", "Fabrikam <b>"),
            ("name", ""),
            // What people paste may hold more than they see.
            ("email", "Fiona@example.com\u{200b}"),
        ];
        let refused = nobody.post("/sign-up", &form).await;
        assert_eq!(refused.status, 422);
        refused.has(&["Your name has up to", "value=\"Fabrikam &lt;b&gt;\""]);
        form[1].1 = "Fiona";
        let told = nobody.post("/sign-up", &form).await.ok();
        assert_eq!(told.header("set-cookie"), "");
        told.has(&["We have sent a letter to Fiona@example.com"]);

        app.clock.advance(TimeDelta::seconds(1));
        let early = sign_in(&app, "fiona@example.com", STRONG).await;
        assert_eq!((early.status, early.header("set-cookie")), (401, ""));
        early.has(&["is not confirmed yet", "value=\"fiona@example.com\""]);
        // One answer for both: it does not show who has an address.
        let wrong = sign_in(&app, "fiona@example.com", "wrong").await;
        assert_eq!(wrong.status, 401);
        wrong.has(&["is not confirmed yet"]);
        let (path, _) = letter(&app, "Fiona@example.com").await;
        let page = nobody.get(&path).await.ok().has(&[
            "You signed up as Fiona with Fiona@example.com, for the account Fabrikam &lt;b&gt;.",
            "autocomplete=\"new-password\"",
        ]);
        let token = page.hidden("token");
        for wrong in ["", "fiona fiona", "fabrikam fabrikam"] {
            let refused = nobody
                .post("/verify", &[("token", &token), ("password", wrong)])
                .await;
            assert_eq!(refused.status, 422, "{wrong}");
            refused.has(&["role=\"alert\"", "name=\"password\""]);
        }
        let done = nobody
            .post("/verify", &[("token", &token), ("password", STRONG)])
            .await
            .ok();
        assert_eq!(done.header("set-cookie"), "", "it opens no login");
        assert_eq!(nobody.get(&path).await.status, 410);
        let fiona = signed_in(&app, sign_in(&app, "fiona@example.com", STRONG).await);
        fiona
            .get("/people")
            .await
            .ok()
            .has(&["Fabrikam &lt;b&gt;", "Owner", "Invite people"])
            .lacks(&["lena@example.com"]);
    }
}

#[tokio::test]
async fn where_nobody_signs_up_the_page_says_whom_to_ask() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| settings.signup.mode = SignupMode::Closed).await;
        let nobody = Visitor::new(&app);
        nobody.get("/sign-in").await.ok().lacks(&["/sign-up"]);
        let form = [
            ("account", "A"),
            ("name", "N"),
            ("email", "n@example.com"),
            ("password", STRONG),
        ];
        for page in [nobody.get("/sign-up").await, nobody.post("/sign-up", &form).await] {
            assert_eq!(page.status, 404);
            page.has(&["Nobody can sign up here", "ask whoever runs this server"]);
        }
    }
}

#[tokio::test]
async fn a_new_password_comes_by_a_letter_or_from_an_admin() {
    for app in mailing().await {
        let nobody = Visitor::new(&app);
        nobody.get("/forgot").await.ok();
        let refused = nobody.post("/forgot", &[("email", "no address")]).await;
        assert_eq!(refused.status, 422);
        let lena = Visitor::signed_in(&app, "lena").await;
        nobody
            .post("/forgot", &[("email", " LENA@example.com")])
            .await
            .ok();
        let (old, _) = letter(&app, "lena@example.com").await;
        app.clock.advance(TimeDelta::seconds(1));
        nobody
            .post("/forgot", &[("email", "lena@example.com")])
            .await
            .ok();
        let (path, _) = letter(&app, "lena@example.com").await;
        assert_eq!(nobody.get(&old).await.status, 410, "only the newest counts");
        let token = nobody.get(&path).await.ok().hidden("token");
        let weak = nobody
            .post("/reset", &[("token", &token), ("password", "lena@example.com")])
            .await;
        assert_eq!(weak.status, 422);
        let done = nobody
            .post("/reset", &[("token", &token), ("password", STRONG)])
            .await
            .ok();
        assert_eq!(done.header("set-cookie"), "", "it opens no login");
        assert_eq!(lena.get("/").await.goes_to(), "/sign-in");
        assert_eq!(sign_in(&app, "lena@example.com", PASSWORD).await.status, 401);
        signed_in(&app, sign_in(&app, "lena@example.com", STRONG).await);
        // A letter of this moment tells of the new password.
        app.clock.advance(TimeDelta::seconds(1));
        nobody
            .post("/forgot", &[("email", "lena@example.com")])
            .await
            .ok();
        let (late, _) = letter(&app, "lena@example.com").await;
        app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(nobody.get(&late).await.status, 410);
    }
    for app in apps().await {
        let nobody = Visitor::new(&app);
        for page in [
            nobody.get("/forgot").await,
            nobody.post("/forgot", &[("email", "lena@example.com")]).await,
        ] {
            page.ok()
                .has(&["sends no mail", "Ask an admin"])
                .lacks(&["name=\"email\""]);
        }
    }
}

/// Invites by the page, and answers it as it is then.
pub(crate) async fn invite(visitor: &Visitor, form: &[(&str, &str)]) -> Page {
    let key = visitor.get("/people").await.ok().hidden("key");
    let form: Vec<_> = form.iter().copied().chain([("key", key.as_str())]).collect();
    let to = visitor.post("/people/invites", &form).await.goes_to();
    visitor.get(to.split('#').next().unwrap()).await.ok()
}

#[tokio::test]
async fn whoever_follows_the_mailed_link_is_in_and_whoever_follows_the_copied_one_confirms_first() {
    for app in mailing().await {
        let adam = Visitor::signed_in(&app, "adam").await;
        let page = invite(
            &adam,
            &[
                ("emails", "ravi@example.com, RAVI@example.com\nnora@example.com"),
                ("role", "engineer"),
            ],
        )
        .await
        .has(&[
            "2 invites made and sent",
            "ravi@example.com",
            "Resend",
            "Revoke",
            "Copy link",
        ]);
        let (path, text) = letter(&app, "ravi@example.com").await;
        assert!(
            text.contains("adam invites you to contoso") && text.contains("Engineer"),
            "{text}"
        );
        let nobody = Visitor::new(&app);
        let shown = nobody.get(&path).await.ok().has(&[
            "Join contoso",
            "adam invites you to contoso",
            "Engineer",
            "value=\"ravi@example.com\"",
        ]);
        let code = shown.hidden("code");
        let form = [
            ("code", code.as_str()),
            ("name", "Ravi"),
            ("password", STRONG),
            ("email", "evil@example.com"),
        ];
        let weak = nobody
            .post(
                "/invite",
                &[("code", code.as_str()), ("name", ""), ("password", "short")],
            )
            .await;
        assert_eq!(weak.status, 422);
        let ravi = signed_in(&app, nobody.post("/invite", &form).await);
        ravi.get("/people")
            .await
            .ok()
            .has(&["ravi@example.com"])
            .lacks(&["evil@example.com", "Invite people"]);
        assert_eq!(nobody.get(&path).await.status, 410);
        signed_in(&app, sign_in(&app, "ravi@example.com", STRONG).await);

        // The link that is copied stands in the page.
        let copied = page.text.split("https://flows.example.com/invite?code=").skip(1);
        let codes: Vec<_> = copied.map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(codes.len(), 2);
        let mut seen = 0;
        for code in codes {
            let shown = nobody.get(&format!("/invite?code={code}")).await;
            if shown.status == 410 {
                shown.has(&["This invite was used already. Ask adam for a new one."]);
                continue;
            }
            seen += 1;
            shown.ok().has(&["nora@example.com"]);
            app.clock.advance(TimeDelta::seconds(1));
            let form = [("code", code), ("name", "Nora")];
            let told = nobody.post("/invite", &form).await.ok();
            assert_eq!(told.header("set-cookie"), "");
            told.has(&["We have sent a letter to nora@example.com"]);
        }
        assert_eq!(seen, 1);
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(sign_in(&app, "nora@example.com", STRONG).await.status, 401);
        let (path, _) = letter(&app, "nora@example.com").await;
        let token = nobody.get(&path).await.ok().hidden("token");
        let confirmed = [("token", token.as_str()), ("password", STRONG)];
        nobody.post("/verify", &confirmed).await.ok();
        signed_in(&app, sign_in(&app, "nora@example.com", STRONG).await);
    }
}

#[tokio::test]
async fn whoever_is_here_joins_by_a_button_or_by_their_password() {
    for app in mailing().await {
        let adam = Visitor::signed_in(&app, "adam").await;
        invite(&adam, &[("emails", "sid@example.com"), ("role", "viewer")]).await;
        let (path, _) = letter(&app, "sid@example.com").await;
        let code = path.split_once('=').unwrap().1.to_owned();
        let code = [("code", code.as_str())];

        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get(&path)
            .await
            .ok()
            .has(&["This invite is for another address", "action=\"/sign-out\""]);
        assert_eq!(lena.post("/invite", &code).await.status, 403);
        let sid = Visitor::signed_in(&app, "sid").await;
        sid.get(&path).await.ok().has(&["You are signed in as sid"]);
        let joined = sid.post("/invite", &code).await.ok();
        let account = joined.hidden("to");
        joined.has(&["You are a member of contoso now", "action=\"/switch\""]);
        assert_eq!(account, adam_account(&app).to_string());
        assert_eq!(sid.post("/invite", &code).await.status, 410);

        // A member who left comes back, without an account to sign in to meanwhile.
        leave(&app, "vera@example.com").await;
        assert_eq!(sign_in(&app, "vera@example.com", PASSWORD).await.status, 401);
        app.clock.advance(TimeDelta::seconds(1));
        invite(&adam, &[("emails", "vera@example.com"), ("role", "engineer")]).await;
        let (path, _) = letter(&app, "vera@example.com").await;
        let nobody = Visitor::new(&app);
        let shown = nobody
            .get(&path)
            .await
            .ok()
            .has(&["your password is enough"])
            .lacks(&["name=\"name\""]);
        let code = shown.hidden("code");
        let wrong = nobody
            .post("/invite", &[("code", &code), ("password", "wrong")])
            .await;
        assert_eq!(wrong.status, 401);
        let form = [("code", code.as_str()), ("password", PASSWORD)];
        let vera = signed_in(&app, nobody.post("/invite", &form).await);
        let me = vera.send("GET", "/api/v1/me", &[], None).await.ok();
        me.has(&["\"role\":\"engineer\"", "contoso"]);
    }
}

fn adam_account(app: &TestApp) -> AccountId {
    app.member("adam").account
}

async fn leave(app: &TestApp, email: &'static str) {
    let left: Result<u64, Error> = app
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                tx.across_accounts()
                    .execute(
                        "UPDATE members SET removed_at = created_at \
                         WHERE user_id = (SELECT id FROM users WHERE email = $1)",
                        &[&email],
                    )
                    .await
            })
        })
        .await;
    assert_eq!(left.unwrap(), 1);
}

#[tokio::test]
async fn invites_are_sent_again_taken_back_and_expire() {
    for app in apps().await {
        let adam = Visitor::signed_in(&app, "adam").await;
        let nobody = Visitor::new(&app);
        let page = invite(&adam, &[("role", "viewer"), ("uses", "3")]).await;
        let page = page.has(&["Anybody with the link", "3 of 3 uses left", "Copy the link below"]);
        let old = page.between("<a href=\"/invite?code=", "\"");
        nobody
            .get(&format!("/invite?code={old}"))
            .await
            .ok()
            .has(&["name=\"email\""]);
        let resend = page.forms_to("/people/invites/").remove(0);
        let key = page.hidden("key");
        adam.post(&resend, &[("key", &key)]).await.goes_to();
        let page = adam.get("/people").await.ok();
        let new = page.between("<a href=\"/invite?code=", "\"");
        assert_ne!(old, new);
        assert_eq!(nobody.get(&format!("/invite?code={old}")).await.status, 404);
        // Without mail whoever joins is in at once.
        let form = [
            ("code", new.as_str()),
            ("name", "Ravi"),
            ("email", "ravi@example.com"),
            ("password", STRONG),
        ];
        signed_in(&app, nobody.post("/invite", &form).await);
        let taken = nobody.post("/invite", &form).await;
        assert_eq!(taken.status, 409);
        taken.has(&["Somebody here has this address already"]);
        app.clock.advance(TimeDelta::days(7));
        let expired = nobody.get(&format!("/invite?code={new}")).await;
        assert_eq!(expired.status, 410);
        expired.has(&["This invite has expired. Ask adam for a new one."]);
        let adam = Visitor::signed_in(&app, "adam").await;
        let page = adam
            .get("/people")
            .await
            .ok()
            .has(&["expired", "2 of 3 uses left"]);
        let revoke = page.forms_to("/people/invites/").remove(1);
        adam.post(&resend, &[]).await.goes_to();
        let new = adam
            .get("/people")
            .await
            .ok()
            .between("<a href=\"/invite?code=", "\"");
        adam.post(&revoke, &[]).await.goes_to();
        adam.get("/people")
            .await
            .ok()
            .has(&["Nobody is invited at the moment"]);
        let revoked = nobody.get(&format!("/invite?code={new}")).await;
        assert_eq!(revoked.status, 410);
        revoked.has(&["This invite was revoked. Ask adam for a new one."]);
    }
}

#[tokio::test]
async fn nobody_invites_above_themselves_or_hands_such_a_link_on() {
    for app in apps().await {
        let (olivia, adam, lena) = (
            Visitor::signed_in(&app, "olivia").await,
            Visitor::signed_in(&app, "adam").await,
            Visitor::signed_in(&app, "lena").await,
        );
        lena.get("/people")
            .await
            .ok()
            .lacks(&["Invite people", "/people/invites"]);
        assert_eq!(
            lena.post("/people/invites", &[("role", "viewer")]).await.status,
            403
        );
        assert_eq!(
            adam.post("/people/invites", &[("role", "owner")]).await.status,
            403
        );
        adam.get("/people").await.ok().lacks(&["value=\"owner\""]);
        let page = invite(&olivia, &[("role", "owner")])
            .await
            .has(&["value=\"owner\"", "/invite?code="]);
        let forms = page.forms_to("/people/invites/");
        let page = adam.get("/people").await.ok();
        assert_eq!(
            page.forms_to("/people/invites/"),
            [forms[1].clone()],
            "he may only revoke it"
        );
        page.lacks(&["/invite?code="]);
        assert_eq!(adam.post(&forms[0], &[]).await.status, 403);
        adam.post(&forms[1], &[]).await.goes_to();
        let refused = adam
            .post(
                "/people/invites",
                &[
                    ("role", "viewer"),
                    ("emails", "lena@example.com x@ ok@example.com"),
                ],
            )
            .await;
        assert_eq!(refused.status, 422);
        refused.has(&["<p>x@ is not", "lena@example.com x@ ok@example.com</textarea>"]);
        let members = adam
            .post(
                "/people/invites",
                &[("role", "viewer"), ("emails", "Lena@example.com")],
            )
            .await;
        assert_eq!(members.status, 422);
        members.has(&["is a member already"]);
    }
}

#[tokio::test]
async fn an_invite_that_is_sent_twice_is_made_once() {
    for app in apps().await {
        let adam = Visitor::signed_in(&app, "adam").await;
        let key = adam.get("/people").await.ok().hidden("key");
        let form = [
            ("role", "viewer"),
            ("emails", "ravi@example.com"),
            ("key", key.as_str()),
        ];
        for _ in 0..2 {
            adam.post("/people/invites", &form).await.goes_to();
        }
        let page = adam.get("/people").await.ok();
        assert_eq!(page.text.matches("ravi@example.com</span>").count(), 1);
        let account = adam_account(&app);
        let teams: Result<Vec<_>, Error> = app
            .app
            .db
            .read(move |tx| Box::pin(async move { teams::list(tx, account).await }))
            .await;
        assert_eq!(teams.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn who_is_invited_and_known_finds_the_way_to_a_new_password_where_there_is_mail() {
    let both = mailing().await.into_iter().map(|app| (app, true));
    let both = both.chain(apps().await.into_iter().map(|app| (app, false)));
    for (app, mails) in both.collect::<Vec<_>>() {
        let adam = Visitor::signed_in(&app, "adam").await;
        let nobody = Visitor::new(&app);
        for (email, is_known) in [("sid@example.com", true), ("new@example.com", false)] {
            // The newest comes first.
            app.clock.advance(TimeDelta::seconds(1));
            let page = invite(&adam, &[("emails", email), ("role", "viewer")]).await;
            let code = page.between("/invite?code=", "\"");
            let copied = nobody.get(&format!("/invite?code={code}")).await.ok();
            assert!(!copied.text.contains("href=\"/forgot\""), "{}", copied.text);
            if !mails {
                assert_eq!(copied.text.contains("name=\"name\""), !is_known);
                continue;
            }
            let mailed = nobody.get(&letter(&app, email).await.0).await.ok();
            assert_eq!(mailed.text.contains("href=\"/forgot\""), is_known);
            // Whoever made the invite has the link that is copied, and learns of nobody by it.
            copied.has(&["name=\"name\""]);
            app.clock.advance(TimeDelta::seconds(1));
            let form = [("code", code.as_str()), ("name", "Sid"), ("password", STRONG)];
            let told = nobody.post("/invite", &form).await.ok();
            assert_eq!(told.header("set-cookie"), "");
            told.has(&[&format!("We have sent a letter to {email}")]);
            let (_, text) = letter(&app, email).await;
            let says = ["Is this your address?", "You have an account already"][usize::from(is_known)];
            assert!(text.contains(says), "{text}");
            // Nor by looking again: nobody has joined by it yet.
            nobody
                .get(&format!("/invite?code={code}"))
                .await
                .ok()
                .has(&["name=\"name\""]);
        }
    }
}

#[tokio::test]
async fn too_many_invites_by_mail_are_refused_with_what_was_typed() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.throttle.invites_per_hour = 60;
            settings.throttle.invites_burst = 2;
        })
        .await;
        let adam = Visitor::signed_in(&app, "adam").await;
        let one = [("emails", "ravi@example.com"), ("role", "engineer")];
        invite(&adam, &one).await.has(&["ravi@example.com"]);
        let key = adam.get("/people").await.ok().hidden("key");
        let form = [
            ("emails", "nora@example.com noah@example.com"),
            ("role", "engineer"),
            ("key", &key),
        ];
        let refused = adam.post("/people/invites", &form).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("retry-after"), "60");
        refused.has(&["Too many invites by mail", "nora@example.com noah@example.com"]);
    }
}
