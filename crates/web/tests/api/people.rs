//! People: changing, removing and leaving, with what becomes of their sessions; and that an owner always stays.

use resolutionflow_core::access::Role;
use resolutionflow_core::event::EventKind;
use resolutionflow_store::{Error, members, reconcile};
use serde_json::{Value, json};

use crate::asking::Ask;
use crate::cast::{Member, PASSWORD, TestApp, apps, path};
use crate::parallel::at_once;
use crate::site::{Site, sites};

pub(crate) fn at(member: &Member) -> String {
    format!("/members/{}", member.user_id)
}

/// Changes a member.
pub(crate) fn change(who: &Member, whom: &Member, body: &Value) -> Ask {
    who.patch(at(whom)).json(body)
}

async fn listed(who: &Member) -> Vec<String> {
    let members = who.get("/members").await.with(200);
    let names = members["items"].as_array().unwrap().iter();
    names
        .map(|member| member["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_somebody_held_is_others_when_they_are_removed() {
    for app in apps().await {
        let flow = app.flow().await;
        let [olivia, adam, lena, morgan] = ["olivia", "adam", "lena", "morgan"].map(|name| app.member(name));
        // More than one transaction hands over.
        let mut prepared = Vec::new();
        for _ in 0..13 {
            prepared.push(lena.prepares(&flow).for_("morgan").await);
        }
        let (active, done) = (morgan.starts(&flow).await, morgan.starts(&flow).await);
        morgan.does("complete", &done).await.with(200);
        let noted = json!({ "server_name": "srv-1" });
        morgan.sets(&active, &noted).await.with(200);

        let remove = |query: &str| adam.delete(format!("{}{query}", at(&morgan)));
        remove("").await.problem_at("unprocessable", "sessions_to");
        remove("?sessions_to=team")
            .await
            .problem_at("unprocessable", "active_to");
        remove("?sessions_to=nonsense")
            .await
            .problem_at("unprocessable", "sessions_to");
        for wrong in ["vera", "sid", "morgan"] {
            let heir = app.member(wrong).user_id;
            let refused = remove(&format!("?sessions_to={heir}")).await;
            refused.problem("unprocessable");
        }
        assert_eq!(listed(&adam).await.len(), 5, "nothing was done");
        assert_eq!(
            lena.sees(&prepared[0]).await["assigned_to_id"],
            json!(morgan.user_id)
        );

        let query = format!("?sessions_to=team&active_to={}", lena.user_id);
        remove(&query).await.with(204);
        for session in &prepared {
            let stands = lena.sees(session).await;
            assert_eq!(stands["assigned_to_id"], Value::Null);
            let events = app.verified_events(lena.account, session).await;
            let last = events.last().unwrap();
            assert_eq!((last.kind, last.actor_id), (EventKind::Assigned, adam.user_id));
        }
        let stands = lena.sees(&active).await;
        assert_eq!(
            (&stands["assigned_to_id"], &stands["owner_id"]),
            (&json!(lena.user_id), &json!(morgan.user_id))
        );
        lena.sets(&active, &json!({ "server_name": "srv-2" }))
            .await
            .with(200);
        let told = lena.get("/notifications").await.with(200);
        assert_eq!(told["items"][0]["kind"], "reassigned");

        // Nobody any more, with a name in what was.
        morgan.get("/me").await.problem("unauthorized");
        assert!(!listed(&lena).await.contains(&"morgan".to_owned()));
        remove(&query).await.problem("not-found");
        change(&olivia, &morgan, &json!({ "role": "viewer" }))
            .await
            .problem("not-found");
        let assign = json!({ "assigned_to_id": morgan.user_id });
        let refused = lena.patch(path(&prepared[0])).json(&assign).await;
        refused.problem_at("unprocessable", "/assigned_to_id");
        let report = lena.get(format!("{}/export", path(&done))).await.text();
        assert!(report.contains("morgan"), "{report}");
        let login = json!({ "email": "morgan@example.com", "password": PASSWORD });
        let login = app.nobody().ask("POST", "/auth/login").json(&login).await;
        login.problem("unauthorized");
        let audit = olivia.get("/audit?action=member_removed").await.with(200);
        assert_eq!(audit["items"][0]["actor_id"], json!(adam.user_id));
        let audit = olivia
            .get("/audit?action=session_reassigned&limit=50")
            .await
            .with(200);
        assert_eq!(audit["items"].as_array().unwrap().len(), 14);
    }
}

#[tokio::test]
async fn what_ended_is_not_reopened_for_who_is_gone() {
    for app in apps().await {
        let flow = app.flow().await;
        let [adam, lena, morgan] = ["adam", "lena", "morgan"].map(|name| app.member(name));
        let (done, others) = (morgan.starts(&flow).await, morgan.starts(&flow).await);
        let prepared = lena.prepares(&flow).for_("morgan").await;
        let to_lena = json!({ "assigned_to_id": lena.user_id });
        morgan.patch(path(&others)).json(&to_lena).await.with(200);
        for session in [&done, &others] {
            morgan.does("complete", session).await.with(200);
        }
        adam.does("discard", &prepared).await.with(200);
        adam.delete(at(&morgan)).await.with(204);

        for session in [&done, &prepared] {
            let refused = adam.does("reopen", session).await;
            let problem = refused.problem("conflict");
            assert!(
                problem["detail"].as_str().unwrap().contains("prepare"),
                "{problem}"
            );
            assert_ne!(adam.sees(session).await["status"], "active", "nothing was done");
        }
        // Somebody is there for what was handed over before it ended.
        let reopened = adam.does("reopen", &others).await.with(200);
        assert_eq!(reopened["assigned_to_id"], json!(lena.user_id));
    }
}

#[tokio::test]
async fn what_runs_goes_back_to_whoever_started_it_only_while_they_are_there() {
    for app in apps().await {
        let [adam, lena, morgan] = ["adam", "lena", "morgan"].map(|name| app.member(name));
        let session = morgan.starts(&app.flow().await).await;
        let assign = |to: Value| {
            let body = json!({ "assigned_to_id": to });
            adam.patch(path(&session)).json(&body)
        };
        assign(json!(lena.user_id)).await.with(200);
        assign(Value::Null).await.with(200);
        adam.delete(format!("{}?sessions_to={}", at(&morgan), lena.user_id))
            .await
            .with(204);
        let refused = assign(Value::Null).await;
        refused.problem_at("unprocessable", "/assigned_to_id");
        assert_eq!(adam.sees(&session).await["assigned_to_id"], json!(lena.user_id));
        assign(json!(adam.user_id)).await.with(200);
    }
}

#[tokio::test]
async fn who_has_open_sessions_is_made_no_viewer() {
    for app in apps().await {
        let flow = app.flow().await;
        let [adam, lena, morgan] = ["adam", "lena", "morgan"].map(|name| app.member(name));
        let (active, prepared) = (
            morgan.starts(&flow).await,
            lena.prepares(&flow).for_("morgan").await,
        );
        let viewer = || change(&adam, &morgan, &json!({ "role": "viewer" }));
        let refused = |many: &'static str, problem: Value| {
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(many), "{detail}");
        };
        refused("2 open sessions", viewer().await.problem("conflict"));
        assert_eq!(morgan.get("/me").await.with(200)["role"], "engineer");
        let to_lena = json!({ "assigned_to_id": lena.user_id });
        adam.patch(path(&active)).json(&to_lena).await.with(200);
        refused("1 open session,", viewer().await.problem("conflict"));
        adam.patch(path(&prepared)).json(&to_lena).await.with(200);
        assert_eq!(viewer().await.with(200)["role"], "viewer");
        // What went to somebody else does not come back to a viewer.
        let back = json!({ "assigned_to_id": null });
        let refused = adam.patch(path(&active)).json(&back).await;
        refused.problem_at("unprocessable", "/assigned_to_id");
    }
}

#[tokio::test]
async fn who_may_touch_whom() {
    for app in apps().await {
        let [olivia, adam, lena, vera] = ["olivia", "adam", "lena", "vera"].map(|name| app.member(name));
        change(&lena, &vera, &json!({ "role": "engineer" }))
            .await
            .problem("forbidden");
        for body in [json!({ "role": "owner" }), json!({ "disabled": true })] {
            change(&adam, &olivia, &body).await.problem("forbidden");
        }
        adam.delete(at(&olivia)).await.problem("forbidden");
        change(&adam, &lena, &json!({ "role": "owner" }))
            .await
            .problem("forbidden");
        change(&adam, &adam, &json!({ "disabled": true }))
            .await
            .problem("conflict");
        change(&adam, &vera, &json!({ "role": "boss" }))
            .await
            .problem("unprocessable");

        // All of a request or nothing of it.
        let body = json!({ "role": "engineer", "team_id": vera.user_id });
        change(&adam, &vera, &body)
            .await
            .problem_at("unprocessable", "/team_id");
        assert_eq!(vera.get("/me").await.with(200)["role"], "viewer");
        let changed = change(&adam, &vera, &json!({ "role": "engineer" }));
        assert_eq!(changed.await.with(200)["role"], "engineer");
        assert_eq!(vera.get("/me").await.with(200)["role"], "engineer");
        let audit = adam.get("/audit?action=member_changed").await.with(200);
        assert_eq!(audit["items"][0]["changed"], json!(["role"]));

        for body in [json!({ "role": "admin" }), json!({ "role": "viewer" })] {
            change(&olivia, &olivia, &body).await.problem("last-owner");
        }
        olivia.delete(at(&olivia)).await.problem("last-owner");
        let leave = olivia.post("/account/leave").json(&json!({}));
        leave.await.problem("last-owner");
        change(&olivia, &lena, &json!({ "role": "owner" }))
            .await
            .with(200);
        change(&lena, &olivia, &json!({ "role": "engineer" }))
            .await
            .with(200);
        change(&olivia, &vera, &json!({ "role": "viewer" }))
            .await
            .problem("forbidden");
    }
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once() {
    for app in apps().await {
        let (adam, lena) = (app.member("adam"), app.member("lena"));
        let login = json!({ "email": "lena@example.com", "password": PASSWORD });
        let sign_in = || app.nobody().ask("POST", "/auth/login").json(&login);
        let pair = sign_in().await.with(200);
        let key = "same";
        let disable = || change(&adam, &lena, &json!({ "disabled": true })).key(key);
        let first = disable().await.with(200);
        assert!(first["disabled_at"].is_string());
        assert_eq!(disable().await.with(200), first, "one effect");
        lena.get("/me").await.problem("unauthorized");
        let access = pair["access_token"].as_str().unwrap();
        let me = |token: &str| app.nobody().ask("GET", "/me").token(token);
        me(access).await.problem("unauthorized");
        let refresh = json!({ "refresh_token": pair["refresh_token"] });
        let refreshed = app.nobody().ask("POST", "/auth/refresh").json(&refresh).await;
        refreshed.problem("unauthorized");
        sign_in().await.problem("unauthorized");
        change(&adam, &lena, &json!({ "disabled": false }))
            .await
            .with(200);
        lena.get("/me").await.problem("unauthorized");
        let again = sign_in().await.with(200);
        me(again["access_token"].as_str().unwrap()).await.with(200);
    }
}

#[tokio::test]
async fn leaving_is_ones_own_to_do() {
    for app in apps().await {
        let flow = app.flow().await;
        let [olivia, lena, morgan] = ["olivia", "lena", "morgan"].map(|name| app.member(name));
        let session = morgan.starts(&flow).await;
        let leave = |body: &Value| morgan.post("/account/leave").json(body);
        leave(&json!({}))
            .await
            .problem_at("unprocessable", "/sessions_to");
        leave(&json!({ "sessions_to": "team" }))
            .await
            .problem_at("unprocessable", "/active_to");
        leave(&json!({ "sessions_to": lena.user_id })).await.with(204);
        leave(&json!({})).await.problem("unauthorized");
        assert_eq!(lena.sees(&session).await["assigned_to_id"], json!(lena.user_id));
        let audit = olivia.get("/audit?action=member_left").await.with(200);
        assert_eq!(audit["items"][0]["actor_id"], json!(morgan.user_id));
    }
}

#[tokio::test]
async fn an_account_is_given_away() {
    for app in apps().await {
        let [olivia, adam, lena, sid] = ["olivia", "adam", "lena", "sid"].map(|name| app.member(name));
        let transfer = |who: &Member, to: &Member| {
            let body = json!({ "to": to.user_id });
            who.post("/account/transfer").json(&body)
        };
        transfer(&lena, &lena).await.problem("forbidden");
        transfer(&adam, &adam).await.problem("forbidden");
        transfer(&olivia, &olivia).await.problem("conflict");
        transfer(&olivia, &sid).await.problem_at("unprocessable", "/to");
        change(&olivia, &lena, &json!({ "disabled": true }))
            .await
            .with(200);
        transfer(&olivia, &lena).await.problem("conflict");
        let given = transfer(&olivia, &adam).key("once").await.with(200);
        assert_eq!(given["role"], "owner");
        assert_eq!(transfer(&olivia, &adam).key("once").await.with(200), given);
        transfer(&olivia, &adam).await.problem("forbidden");
        assert_eq!(olivia.get("/me").await.with(200)["role"], "admin");
    }
}

#[tokio::test]
async fn teams_have_names_of_their_own() {
    for app in apps().await {
        let [adam, lena, vera, sid] = ["adam", "lena", "vera", "sid"].map(|name| app.member(name));
        let create = |name: &str| adam.post("/teams").json(&json!({ "name": name }));
        let team = create(" Network ").await.with(201);
        assert_eq!((&team["name"], &team["members"]), (&json!("Network"), &json!(0)));
        create("nETWORK").await.problem("name-taken");
        for wrong in ["", " ", "a\nb", &"x".repeat(201)] {
            create(wrong).await.problem_at("unprocessable", "/name");
        }
        let at = format!("/teams/{}", team["id"].as_str().unwrap());
        let rename = |who: &Member, name: &str| who.patch(&at).json(&json!({ "name": name }));
        rename(&sid, "Mine").await.problem("not-found");
        rename(&lena, "Mine").await.problem("forbidden");
        rename(&adam, "everyone").await.problem("name-taken");
        assert_eq!(rename(&adam, "NETWORK").await.with(200)["name"], "NETWORK");
        change(&adam, &lena, &json!({ "team_id": team["id"] }))
            .await
            .with(200);
        let teams = vera.get("/teams").await.with(200);
        let counted: Vec<_> = teams["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|team| (team["name"].as_str().unwrap(), team["members"].as_i64().unwrap()))
            .collect();
        assert_eq!(counted, [("Everyone", 4), ("NETWORK", 1)]);
        // The queue goes with the team.
        let session = lena.prepares(&app.flow().await).await;
        assert_eq!(session["team_id"], team["id"]);
    }
}

#[tokio::test]
async fn ones_name_is_ones_own() {
    for app in apps().await {
        let (lena, vera) = (app.member("lena"), app.member("vera"));
        for wrong in ["", "a\nb", &"x".repeat(201)] {
            let refused = lena.patch("/me").json(&json!({ "name": wrong })).await;
            refused.problem_at("unprocessable", "/name");
        }
        let email = lena.patch("/me").json(&json!({ "email": "x@example.com" })).await;
        email.problem_at("unprocessable", "/email");
        let me = lena.patch("/me").json(&json!({ "name": " Lena Koch " }));
        assert_eq!(me.await.with(200)["name"], "Lena Koch");
        assert!(listed(&vera).await.contains(&"Lena Koch".to_owned()));
    }
}

/// Puts both owners back as they were, whatever became of them.
async fn two_owners(site: &Site, owners: &[Vec<Member>; 2]) {
    let (account, now) = (owners[0][0].account, site.app.clock.now());
    for owner in owners {
        let user = owner[0].user_id;
        let restored = site.app.app.db.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                // Past the rules, as no request could.
                tx.execute(
                    "UPDATE members SET role = 'owner', removed_at = NULL, disabled_at = NULL, used_at = $3 \
                     WHERE account_id = $1 AND user_id = $2",
                    &[&account, &user, &now],
                )
                .await?;
                reconcile::repair(tx, account).await?;
                Ok(())
            })
        });
        restored.await.unwrap();
    }
}

const ROUNDS: usize = 200;

/// 64 at once disable, demote, remove and leave, each owner the other and themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_one_always_stays() {
    for site in sites().await {
        let app = &site.app;
        let mut owners = [site.member("olivia"), site.member("adam")];
        let (mut gone, mut refused) = (0, 0);
        for round in 0..ROUNDS {
            two_owners(&site, &owners).await;
            tokens_again(app, &mut owners, round).await;
            let ask = |number: usize| {
                let server = number % site.clients.len();
                let (who, other) = (&owners[number % 2][server], &owners[(number / 2) % 2][server]);
                match (number / 4 + round) % 4 {
                    0 => change(who, other, &json!({ "role": "engineer" })),
                    1 => who.delete(at(other)),
                    2 => who.post("/account/leave").json(&json!({})),
                    _ => change(who, other, &json!({ "disabled": true })),
                }
            };
            for answer in at_once((0..64).map(ask)).await {
                match answer.status {
                    200 | 204 => gone += 1,
                    // They are nobody any more, or no owner, or the last one.
                    401 | 403 | 404 | 409 => refused += 1,
                    other => panic!("{other}: {}", answer.text()),
                }
            }
            let account = owners[0][0].account;
            let left = app.app.db.read::<_, Error, _>(move |tx| {
                Box::pin(async move { members::list(tx, account, None, 50).await })
            });
            let left = left.await.unwrap();
            let owning = left
                .iter()
                .filter(|member| member.role == Role::Owner && member.disabled_at.is_none());
            assert_eq!(owning.count(), 1, "round {round}");
        }
        assert!(gone >= ROUNDS && refused > ROUNDS, "{gone} {refused}");
    }
}

/// Gives both owners tokens that are good: those of the round before may have ended.
async fn tokens_again(app: &TestApp, owners: &mut [Vec<Member>; 2], round: usize) {
    for (index, owner) in owners.iter_mut().enumerate() {
        let token = app.new_token(
            &owner[0],
            u8::try_from(round).unwrap(),
            u8::try_from(index).unwrap(),
        );
        let token = token.await;
        for at_server in owner {
            at_server.token.clone_from(&token);
        }
    }
}
