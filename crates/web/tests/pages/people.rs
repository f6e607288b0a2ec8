//! The members of an account.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, Id, TeamId};
use resolutionflow_core::random::Random;
use resolutionflow_store::{Error, members};
use serde_json::{Value, json};

use crate::cast::{Member, PASSWORD, TestApp, apps, flow_document};
use crate::visitor::{Page, Visitor};

#[tokio::test]
async fn everybody_of_the_account_is_there_and_nobody_else() {
    for app in apps().await {
        let vera = Visitor::signed_in(&app, "vera").await;
        let page = vera.get("/people").await.ok();
        let page = page
            .has(&["contoso", "olivia@example.com", "Owner", "Viewer", ">you</span>"])
            .lacks(&["sid@example.com", "Show more"]);
        assert_eq!(page.text.matches(">you</span>").count(), 1);
        assert_eq!(
            Visitor::new(&app).get("/people").await.goes_to(),
            "/sign-in?next=%2Fpeople"
        );
    }
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let (mut seen, mut path) = (0, "/people".to_owned());
        loop {
            let page = lena.get(&path).await.ok();
            seen += page.text.matches("@example.com</span>").count();
            let Some((_, rest)) = page.text.split_once("href=\"/people?cursor=") else {
                break;
            };
            path = format!("/people?cursor={}", rest.split('"').next().unwrap());
        }
        assert_eq!(seen, 5);
        assert_eq!(lena.get("/people?cursor=x").await.status, 422);
    }
}

/// Where a member's own pages are.
fn at(member: &Member, what: &str) -> String {
    format!("/people/{}/{what}", member.user_id)
}

#[tokio::test]
async fn each_row_offers_what_one_may_do() {
    for app in apps().await {
        let [olivia, adam, lena] = ["olivia", "adam", "lena"].map(|name| app.member(name));
        let page = Visitor::signed_in(&app, "lena").await.get("/people").await.ok();
        let page = page.has(&[
            "active now",
            "not here yet",
            &at(&lena, "remove"),
            "Leave the account",
        ]);
        page.lacks(&[&at(&adam, "remove"), "/disable", "New team"]);

        let page = Visitor::signed_in(&app, "adam").await.get("/people").await.ok();
        let page = page.has(&[
            &at(&lena, "remove"),
            &at(&lena, "disable"),
            &at(&adam, "remove"),
            "New team",
        ]);
        page.lacks(&[
            &at(&olivia, "change"),
            &at(&adam, "disable"),
            &at(&lena, "owner"),
            "value=\"owner\"",
        ]);

        let page = Visitor::signed_in(&app, "olivia").await.get("/people").await.ok();
        let page = page.has(&["The last owner stays", &at(&adam, "owner"), "value=\"owner\""]);
        page.lacks(&[&at(&olivia, "remove"), &at(&olivia, "disable")]);
    }
}

#[tokio::test]
async fn what_becomes_of_invites_is_said_where_somebody_could_copy_their_links() {
    const SAID: &str = "those of others that whoever has the link can use";
    for app in apps().await {
        let [adam, lena] = ["adam", "lena"].map(|name| app.member(name));
        let owner = Visitor::signed_in(&app, "olivia").await;
        let page = owner.get("/people").await.ok();
        assert_eq!(
            page.text.matches(SAID).count(),
            1,
            "of Adam alone: an owner stays"
        );
        owner.get(&at(&adam, "remove")).await.ok().has(&[SAID]);
        owner.get(&at(&lena, "remove")).await.ok().lacks(&[SAID]);
        let admin = Visitor::signed_in(&app, "adam").await;
        let leaving = admin.get(&at(&adam, "remove")).await.ok();
        leaving.has(&[SAID, "that you made"]);
        owner.post(&at(&adam, "disable"), &[]).await.goes_to();
        owner.get("/people").await.ok().lacks(&[SAID]);
        owner.get(&at(&adam, "remove")).await.ok().lacks(&[SAID]);
    }
}

#[tokio::test]
async fn a_member_is_moved_and_removed_by_forms() {
    for app in apps().await {
        let (lena, morgan) = (app.member("lena"), app.member("morgan"));
        let flow = app.flow().await;
        let session = lena.prepares(&flow).for_("morgan").await;
        let active = morgan.starts(&flow).await;
        let adam = Visitor::signed_in(&app, "adam").await;
        for (wrong, said) in [("", "at least one character"), ("everyone", "already")] {
            let page = adam.post("/teams", &[("name", wrong)]).await;
            assert!([409, 422].contains(&page.status));
            page.has(&[said, "aria-invalid=\"true\""]);
        }
        assert_eq!(
            adam.post("/teams", &[("name", "Network")]).await.goes_to(),
            "/people#teams"
        );
        let page = adam.get("/people").await.ok().has(&["Network", "0 members"]);
        let team = page.between("<option value=\"", "\"");
        let teams = page.forms_to("/teams/");
        let renamed = adam.post(&teams[1], &[("name", "Networks")]).await;
        assert_eq!(renamed.goes_to(), "/people#teams");
        let network = teams[1].trim_start_matches("/teams/");
        assert_ne!(team, network);
        let refused = adam
            .post(&at(&morgan, "change"), &[("role", "viewer"), ("team", network)])
            .await;
        assert_eq!(refused.status, 409);
        refused.has(&["This member has 2 open sessions, which a viewer cannot run."]);
        let moved = adam
            .post(&at(&morgan, "change"), &[("role", "engineer"), ("team", network)])
            .await;
        assert_eq!(moved.goes_to(), "/people");
        adam.get("/people")
            .await
            .ok()
            .has(&["Engineer · Networks", "1 member<"]);

        let page = adam.get(&at(&morgan, "remove")).await.ok();
        let page = page.has(&[
            "Remove morgan?",
            "1 prepared session goes to",
            "1 active session goes to",
        ]);
        page.lacks(&[
            &format!("value=\"{}\"", morgan.user_id),
            "value=\"\" selected>vera",
        ]);
        let refused = adam
            .post(&at(&morgan, "remove"), &[("sessions_to", "team")])
            .await;
        assert_eq!(refused.status, 422);
        refused.has(&["1 active session needs somebody to go on", "error-summary"]);
        let to = lena.user_id.to_string();
        let form = [("sessions_to", "team"), ("active_to", to.as_str())];
        assert_eq!(
            adam.post(&at(&morgan, "remove"), &form).await.goes_to(),
            "/people"
        );
        adam.get("/people").await.ok().lacks(&["morgan@example.com"]);
        assert_eq!(adam.get(&at(&morgan, "remove")).await.status, 404);
        assert_eq!(lena.sees(&session).await["assigned_to_id"], json!(null));
        assert_eq!(lena.sees(&active).await["assigned_to_id"], json!(lena.user_id));

        let vera = Visitor::signed_in(&app, "vera").await;
        assert_eq!(vera.post(&at(&lena, "remove"), &[]).await.status, 403);
        assert_eq!(vera.get(&at(&lena, "remove")).await.status, 403);
        let leave = at(&app.member("vera"), "remove");
        vera.get(&leave)
            .await
            .ok()
            .has(&["Leave contoso?", "No open session"]);
        assert_eq!(vera.post(&leave, &[]).await.goes_to(), "/sign-in");
        assert_eq!(vera.get("/people").await.goes_to(), "/sign-in?next=%2Fpeople");
    }
}

#[tokio::test]
async fn who_is_disabled_is_signed_out_and_may_come_back() {
    for app in apps().await {
        let (lena, adam) = (
            Visitor::signed_in(&app, "lena").await,
            Visitor::signed_in(&app, "adam").await,
        );
        let member = app.member("lena");
        assert_eq!(adam.post(&at(&member, "disable"), &[]).await.goes_to(), "/people");
        assert_eq!(lena.get("/people").await.status, 303);
        adam.get("/people")
            .await
            .ok()
            .has(&["cannot sign in any more", &at(&member, "enable")]);
        assert_eq!(adam.post(&at(&member, "enable"), &[]).await.goes_to(), "/people");
        Visitor::signed_in(&app, "lena").await.get("/people").await.ok();
    }
}

#[tokio::test]
async fn an_owner_asks_before_they_give_the_account_away() {
    for app in apps().await {
        let olivia = Visitor::signed_in(&app, "olivia").await;
        let owner = at(&app.member("adam"), "owner");
        olivia.get(&owner).await.ok().has(&[
            "Make adam the owner?",
            "adam will own contoso",
            "Pending invites that make somebody an owner",
        ]);
        assert_eq!(olivia.post(&owner, &[]).await.goes_to(), "/people");
        assert_eq!(app.member("adam").get("/me").await.with(200)["role"], "owner");
        let refused = olivia.post(&at(&app.member("lena"), "owner"), &[]).await;
        assert_eq!(refused.status, 403);
    }
}

/// Somebody of the cast becomes a member of another account, whose id it answers.
async fn second_account(app: &TestApp, name: &str, called: &str) -> AccountId {
    let (user, now) = (app.member(name).user_id, app.clock.now());
    let random = &mut Random::new([5; 32]);
    let (account, team): (AccountId, TeamId) = (Id::new(now, random), Id::new(now, random));
    let called = called.to_owned();
    let made = app.app.db.write::<_, Error, _>(move |tx| {
        let called = called.clone();
        Box::pin(async move {
            members::create_account(tx, account, &called, team, now).await?;
            members::add(tx, account, user, Role::Owner, team, now).await
        })
    });
    made.await.unwrap();
    account
}

fn is_in(page: Page, account: &str) {
    page.ok().has(&[&format!("<p class=\"page-sub\">{account}</p>")]);
}

#[tokio::test]
async fn a_program_signs_in_to_the_account_that_it_names() {
    for app in apps().await {
        let north = second_account(&app, "lena", "Northwind").await.to_string();
        let login = |account: &str| {
            let body = json!({ "email": "lena@example.com", "password": PASSWORD, "account_id": account });
            app.nobody().ask("POST", "/auth/login").json(&body)
        };
        let strangers = app.member("sid").account.to_string();
        login(&strangers).await.problem("unauthorized");
        let token = login(&north).await.with(200)["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let there = |method: &str, path: &str| app.nobody().ask(method, path).token(&token);
        let name = json!({ "name": "Lena K" });
        let me = there("PATCH", "/me").json(&name).await.with(200);
        assert_eq!(me["account_id"], *north, "{me:#}");
        // The name holds in both accounts, so both logs tell of the change.
        let entries = |log: Value| log["items"].as_array().unwrap().len();
        let told = there("GET", "/audit?action=profile_changed").await.with(200);
        assert_eq!(entries(told), 1);
        let olivia = app.member("olivia");
        let told = olivia.get("/audit?action=profile_changed").await.with(200);
        assert_eq!(entries(told), 1);
    }
}

#[tokio::test]
async fn one_goes_on_in_another_account() {
    for app in apps().await {
        let north = second_account(&app, "lena", "Northwind").await;
        let (id, lena) = (north.to_string(), Visitor::signed_in(&app, "lena").await);
        let page = lena.get("/people").await.ok();
        page.has(&["Switch to Northwind", &id])
            .lacks(&["Switch to contoso"]);
        let me = app.member("lena").get("/me").await.with(200);
        let names: Vec<_> = me["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|place| &place["name"])
            .collect();
        assert_eq!(names.len(), 2, "{me:#}");

        let strangers = app.member("sid").account.to_string();
        for nowhere in [strangers.as_str(), "01900000-0000-7000-8000-000000000000"] {
            assert_eq!(lena.post("/switch", &[("to", nowhere)]).await.status, 404);
        }
        app.clock.advance(TimeDelta::seconds(1));
        let switched = lena.post("/switch", &[("to", &id)]).await;
        let cookie = switched
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        assert_eq!(switched.goes_to(), "/");
        let mut there = lena.clone();
        there.cookie = cookie;
        is_in(there.get("/people").await, "Northwind");
        assert_eq!(
            lena.get("/people").await.status,
            303,
            "the login of before has ended"
        );
        app.member("olivia")
            .get("/audit?action=account_switched")
            .await
            .with(200)["items"][0]["changed"]
            .as_array()
            .filter(|changed| changed[0] == "left")
            .unwrap();
        // Signing in opens what was used last.
        is_in(
            Visitor::signed_in(&app, "lena").await.get("/people").await,
            "Northwind",
        );
        let login = json!({ "email": "lena@example.com", "password": PASSWORD });
        let login = app
            .nobody()
            .ask("POST", "/auth/login")
            .json(&login)
            .await
            .with(200);
        let me = app
            .nobody()
            .ask("GET", "/me")
            .token(login["access_token"].as_str().unwrap());
        assert_eq!(me.await.with(200)["account_name"], "Northwind");
    }
}

/// When the one login ends.
async fn logins_end(app: &TestApp) -> DateTime<Utc> {
    let read: Result<(DateTime<Utc>,), Error> = app
        .app
        .db
        .read(|tx| {
            Box::pin(async move {
                tx.across_accounts()
                    .one("SELECT expires_at FROM logins", &[])
                    .await
            })
        })
        .await;
    read.unwrap().0
}

#[tokio::test]
async fn a_tab_of_the_account_before_does_nothing_in_this_one() {
    for app in apps().await {
        let north = second_account(&app, "adam", "Northwind").await.to_string();
        let flow = app.flow().await;
        let session = app.member("adam").starts(&flow).await;
        let adam = Visitor::signed_in(&app, "adam").await;
        let tab = adam.get("/settings").await.ok();
        let of_account = tab.hidden("of-account");
        assert_eq!(of_account, app.member("adam").account.to_string());
        let ends = logins_end(&app).await;
        app.clock.advance(chrono::TimeDelta::days(1));
        let switched = adam.post("/switch", &[("to", &north)]).await;
        let cookie = switched
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        // No password was asked for, so it goes on no longer than it would have.
        assert_eq!(logins_end(&app).await, ends);
        let ended = adam.post("/switch", &[("to", &north)]).await;
        assert_eq!(ended.status, 401);
        ended.has(&["Sign in in another tab. Then reload this page to send it once more"]);
        let mut adam = adam;
        adam.cookie = cookie;
        let stale = [("stale_days", "3"), ("of-account", of_account.as_str())];
        let refused = adam.post("/settings/account", &stale).await;
        assert_eq!(refused.status, 409);
        refused.has(&[
            "You are now in Northwind. Nothing was changed.",
            "Go back to the account that you were in, in another tab. Then reload this page",
        ]);
        let fresh = [("stale_days", "3"), ("of-account", north.as_str())];
        assert_eq!(adam.post("/settings/account", &fresh).await.status, 303);

        let at = format!("/sessions/{}", session["id"].as_str().unwrap());
        let there = adam.get(&at).await;
        assert_eq!(there.status, 409);
        there.has(&["You are now in Northwind, and this is in contoso"]);
        let same = [("sec-fetch-site", "same-origin")];
        let answer = adam
            .send("POST", &format!("/api/v1{at}/complete"), &same, None)
            .await;
        assert_eq!(answer.status, 409);
        answer.has(&["/problems/other-account"]);
        // To others it never was.
        let sid = Visitor::signed_in(&app, "sid").await;
        assert_eq!(sid.get(&at).await.status, 404);
    }
}

#[tokio::test]
async fn a_tab_of_the_account_before_reads_nothing_of_this_one() {
    for app in apps().await {
        let north = second_account(&app, "adam", "Northwind").await.to_string();
        let contoso = app.member("adam").account.to_string();
        let mut adam = Visitor::signed_in(&app, "adam").await;
        let of_page = format!("data-account=\"{contoso}\"");
        adam.get("/flows").await.ok().has(&[&of_page]);
        let switched = adam.post("/switch", &[("to", &north)]).await;
        let cookie = switched.header("set-cookie").split(';').next();
        cookie.unwrap().clone_into(&mut adam.cookie);
        let flow = flow_document().to_string().into_bytes();
        let made = adam.send_body("/api/v1/flows", "application/json", flow).await;
        assert_eq!(made.status, 201, "{}", made.text);

        let reads = async |path: &str, account: &str| {
            let headers = [
                ("accept", "text/html"),
                ("sec-fetch-site", "same-origin"),
                ("of-account", account),
            ];
            adam.send("GET", path, &headers, None).await
        };
        for path in ["/search?q=restart", "/flows?q=restart", "/api/v1/flows"] {
            reads(path, &north).await.ok().has(&["estart"]);
            for other in [contoso.as_str(), "x"] {
                let refused = reads(path, other).await;
                assert_eq!(refused.status, 409, "{path}");
                refused.lacks(&["estart"]);
            }
            // A link that somebody follows leads where they are now.
            adam.get(path).await.ok().has(&["estart"]);
        }
        let refused = reads("/api/v1/flows", &contoso).await;
        refused.has(&["/problems/other-account", "You are now in Northwind."]);
        // A live stream and downloads say it in their address.
        for path in ["/live?lists=1&", "/sessions.csv?", "/settings/audit.jsonl?"] {
            let stale = adam.get(&format!("{path}of-account={contoso}")).await;
            assert_eq!(stale.status, 409, "{path}");
            stale.has(&["You are now in Northwind."]);
        }
        let link = format!("of-account={north}\"");
        for (page, file) in [
            ("/sessions", "/sessions.csv?"),
            ("/settings/audit", "/settings/audit.jsonl?"),
        ] {
            let shown = adam.get(page).await.ok();
            shown.has(&[&format!("href=\"{file}{link}")]);
            adam.get(&format!("{file}of-account={north}")).await.ok();
        }
    }
}

#[tokio::test]
async fn a_name_is_changed_in_the_settings() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let refused = lena.post("/settings/profile", &[("name", " ")]).await;
        assert_eq!(refused.status, 422);
        refused.has(&["A name has at least one character.", "cannot be changed here"]);
        let changed = lena.post("/settings/profile", &[("name", "Lena Koch")]).await;
        assert_eq!(changed.goes_to(), "/settings#profile");
        lena.get("/people").await.ok().has(&["Lena Koch"]);
    }
}
