//! `admin`: the first owner, others, passwords and tokens, as they then sign in.

use futures_util::FutureExt;
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, By, Entry};
use resolutionflow_core::id::{AccountId, TeamId};
use resolutionflow_store::audit::Filter;
use resolutionflow_store::testing::now;
use resolutionflow_store::{Db, DbConfig, Error, audit, members, users};
use serde_json::json;

use crate::program::{Place, request, sign_in, sqlite};

#[test]
fn people_are_made_sign_in_and_are_let_in_again() {
    let place = Place::new();
    let database = sqlite(&place.path("data/real.sqlite"));
    let admin = |command: &str, more: &[&str], input: &str| {
        let arguments: Vec<&str> = ["admin", command, "--database", &database]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        place.run_with(&arguments, input)
    };
    let morgan = &["--email", "morgan@contoso.example", "--name", "Morgan Osei"];
    let with = |more: &[&'static str]| [&morgan[..], more].concat();

    admin("reset-password", &["--email", "x@y.example"], "").fails(1, "there is no database");
    admin("create-user", morgan, "").fails(2, "name the account with --account");
    admin(
        "create-user",
        &with(&["--account", "Contoso", "--role", "viewer"]),
        "",
    )
    .fails(1, "is its owner");
    let made = admin("create-user", &with(&["--account", "Contoso"]), "").ok();
    assert!(made.err.contains("is now owner of Contoso"), "{made:?}");
    let first = made.out.trim().to_owned();
    admin("create-user", &with(&[]), "").fails(1, "somebody has the address");
    let lena = ["--email", "Lena@contoso.example", "--name", "Lena Koch"];
    admin(
        "create-user",
        &[&lena[..], &["--account", "Fabrikam"]].concat(),
        "",
    )
    .fails(1, "is \"Contoso\", not");
    admin(
        "create-user",
        &[&lena[..], &["--password-stdin"]].concat(),
        "short\n",
    )
    .fails(1, "12 characters or more");
    let made = admin(
        "create-user",
        &[&lena[..], &["--password-stdin"]].concat(),
        "correct horse battery\n",
    )
    .ok();
    assert_eq!(made.out, "", "a password that is known is not shown");

    let second = admin("reset-password", &["--email", "MORGAN@contoso.example"], "")
        .ok()
        .out;
    admin("reset-password", &["--email", "nobody@contoso.example"], "").fails(1, "nobody has the address");
    let token = admin(
        "create-token",
        &["--email", "lena@contoso.example", "--name", "laptop"],
        "",
    )
    .ok()
    .out;
    admin(
        "create-token",
        &["--email", "nobody@contoso.example", "--name", "x"],
        "",
    )
    .fails(1, "nobody who may");
    let few = ["--email", "lena@contoso.example", "--name", "reader", "--scope"];
    let reads = admin("create-token", &[&few[..], &["read"]].concat(), "")
        .ok()
        .out;

    let (server, url) = place.serve(
        &["serve", "--listen", "127.0.0.1:0", "--database", &database],
        true,
        |line| {
            Some(format!(
                "http://{}",
                line.split_once("address=")?.1.split(' ').next()?
            ))
        },
    );
    let login = |email: &str, password: &str| json!({ "email": email, "password": password });
    let old = request(
        &format!("{url}/api/v1/auth/login"),
        "",
        Some(&login("morgan@contoso.example", &first)),
    );
    assert_eq!(old.0, 401);
    let morgan = sign_in(&url, &login("morgan@contoso.example", second.trim()));
    assert_eq!(
        done_by_commands(&url, &morgan).join(" "),
        "token_created token_created password_set member_added platform_admin_added"
    );
    only_reads(&url, reads.trim());
    sign_in(&url, &login("lena@contoso.example", "correct horse battery"));
    let (_, me) = request(&format!("{url}/api/v1/me"), token.trim(), None);
    assert!(
        me.to_string().contains("Lena Koch") && me.to_string().contains("engineer"),
        "{me}"
    );
    admin(
        "create-token",
        &["--email", "lena@contoso.example", "--name", "x"],
        "",
    )
    .fails(1, "is in use by another");
    assert_eq!(server.stop().0, 0);
}

/// A token that was made with one scope has that one.
fn only_reads(url: &str, token: &str) {
    let (status, flows) = request(&format!("{url}/api/v1/flows"), token, None);
    assert_eq!(status, 200, "{flows}");
    let tokens = json!({ "name": "more" });
    let (status, refused) = request(&format!("{url}/api/v1/tokens"), token, Some(&tokens));
    assert_eq!((status, &refused["scope"]), (403, &json!("admin")), "{refused}");
}

/// What the audit log says was done by commands, newest first.
fn done_by_commands(url: &str, token: &str) -> Vec<String> {
    let (status, log) = request(&format!("{url}/api/v1/audit"), token, None);
    assert_eq!(status, 200, "{log}");
    let entries = log["items"].as_array().unwrap().iter();
    let by_command = entries.filter(|entry| entry["by_kind"] == "command");
    by_command
        .map(|entry| entry["action"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_easy_to_guess_is_no_password_that_commands_read() {
    let place = Place::new();
    let database = sqlite(&place.path("data/real.sqlite"));
    let set = |command: &str, more: &[&str], password: &str| {
        let admin = ["admin", command, "--database", &database, "--password-stdin"];
        let who = ["--email", "morgan@contoso.example"];
        place.run_with(&[&admin, &who[..], more].concat(), &format!("{password}\n"))
    };
    let first = ["--name", "Olga Osei", "--account", "Fabrikam"];
    for weak in [
        "password12345",
        "olga-osei-2024",
        "Fabrikam2024!!",
        "morgan.contoso",
    ] {
        set("create-user", &first, weak).fails(1, "easy to guess");
    }
    set("create-user", &first, "several quite unusual words").ok();
    for weak in ["password12345", "Morgan@Contoso1"] {
        set("reset-password", &[], weak).fails(1, "easy to guess");
    }
    set("reset-password", &[], "other quite unusual words").ok();
}

#[test]
fn a_wrong_command_line_is_told_by_its_code() {
    let place = Place::new();
    for wrong in [
        &["admin"][..],
        &["admin", "create-user", "--email", "no address", "--name", "A"],
        &[
            "admin",
            "create-user",
            "--email",
            "a@b.example",
            "--name",
            "A",
            "--role",
            "boss",
        ],
        &[
            "admin",
            "create-token",
            "--email",
            "a@b.example",
            "--name",
            "x",
            "--days",
            "0",
        ],
        &[
            "admin",
            "create-token",
            "--email",
            "a@b.example",
            "--name",
            "x",
            "--days",
            "367",
        ],
        &["admin", "invite", "--uses", "0"],
        &["admin", "invite", "--days", "367"],
        &["import"],
        &["import", "x.md", "--placeholders", "smoke"],
        &["import", "x.md", "--format", "json"],
        &["import", "x.md", "--into", "no-id"],
        &[
            "import",
            "x.md",
            "--server",
            "https://x",
            "--database",
            "sqlite:x",
        ],
        &["import", "x.md", "--server", "https://x"],
        &["import", "x.md", "--token", "rf_pat_x"],
        &["import", "x.md", "--server", "ftp://x", "--token", "rf_pat_x"],
        &[
            "import",
            "x.md",
            "y.md",
            "--into",
            "01922c7f-7bb4-7a55-8d22-5b1fb1e0a3c1",
        ],
        &["export-flow"],
        &["export-flow", "x"],
        &[
            "export-flow",
            "01922c7f-7bb4-7a55-8d22-5b1fb1e0a3c1",
            "--version",
            "0",
        ],
        &["demo", "--listen", "here"],
        &["dance"],
    ] {
        place.run(wrong).fails(2, "");
    }
    for right in [
        &["--help"][..],
        &["import", "--help"],
        &["admin", "create-user", "-h"],
        &["--version"],
    ] {
        assert!(place.run(right).ok().out.len() > 10);
    }
    let import = place.run(&["import", "--help"]).ok().out;
    assert!(
        import.contains("Examples:") && import.contains("Exit codes:"),
        "{import}"
    );
}

/// The log of the oldest account, newest first.
async fn log(database: &str) -> Vec<Entry> {
    let db = Db::open(&DbConfig::new(database, now())).await.unwrap();
    let read = db.read::<_, Error, _>(|tx| {
        async move {
            let (account, _) = members::first_account(tx).await?.ok_or(Error::NoRow)?;
            audit::list(tx, account, &Filter::default(), None, 100).await
        }
        .boxed()
    });
    let kept = read.await.unwrap();
    db.close().await;
    kept.into_iter().map(|kept| kept.entry).collect()
}

#[tokio::test]
async fn a_code_for_new_accounts_is_printed_once() {
    let place = Place::new();
    let database = sqlite(&place.path("data/real.sqlite"));
    let admin = |arguments: &[&str]| {
        let arguments = [&["admin"], arguments, &["--database", &database]].concat();
        place.run_with(&arguments, "")
    };
    // Where there is no account yet, there is no log.
    place.run(&["migrate", "--database", &database]).ok();
    admin(&["invite"]).ok();
    let owner = [
        "--email",
        "morgan@contoso.example",
        "--name",
        "Morgan Osei",
        "--account",
        "Contoso",
    ];
    admin(&[&["create-user"], &owner[..]].concat()).ok();
    let scoped = [
        "create-token",
        "--email",
        "morgan@contoso.example",
        "--name",
        "x",
        "--scope",
        "all",
    ];
    admin(&scoped).fails(2, "read, run, author, admin");
    let made = admin(&["invite", "--uses", "2", "--note", "the pilot"]).ok();
    assert!(
        made.out.starts_with("rf_pi_") && made.err.contains("opens 2 accounts"),
        "{made:?}"
    );
    let log = log(&database).await;
    assert_eq!(log[0].action, AuditAction::PlatformInviteCreated);
    assert_eq!((log[0].by, log[0].actor_id), (Some(By::Command), None));
    assert_eq!(log[0].object.kind, "platform_invite");
    let codes = log
        .iter()
        .filter(|entry| entry.action == AuditAction::PlatformInviteCreated);
    assert_eq!(codes.count(), 1);
}

#[tokio::test]
async fn counters_are_proved_and_who_runs_the_server_is_named() {
    let place = Place::new();
    let database = sqlite(&place.path("data/real.sqlite"));
    let admin = |arguments: &[&str]| {
        let arguments = [&["admin"], arguments, &["--database", &database]].concat();
        place.run_with(&arguments, "")
    };
    admin(&["reconcile"]).fails(1, "there is no database");
    let owner = [
        "--email",
        "morgan@contoso.example",
        "--name",
        "Morgan Osei",
        "--account",
        "Contoso",
    ];
    admin(&[&["create-user"], &owner[..]].concat()).ok();
    assert!(
        admin(&["reconcile"])
            .ok()
            .err
            .contains("Every counter equals its rows.")
    );
    let db = Db::open(&DbConfig::new(database.as_str(), now())).await.unwrap();
    db.write::<_, Error, _>(|tx| tx.execute("UPDATE accounts SET flow_count = 3", &[]).boxed())
        .await
        .unwrap();
    db.close().await;
    let differs = admin(&["reconcile"]);
    assert!(
        differs.out.contains("flows: the counter says 3, there are 0"),
        "{differs:?}"
    );
    differs.fails(1, "1 counters differ");
    admin(&["reconcile", "--repair"]).ok();
    admin(&["reconcile"]).ok();
    admin(&["platform-admin", "--email", "nobody@contoso.example"]).fails(1, "nobody has the address");
    let morgan = ["platform-admin", "--email", "Morgan@contoso.example"];
    assert!(admin(&morgan).ok().err.contains("runs this server"));
    for _ in 0..2 {
        let revoked = admin(&[&morgan[..], &["--revoke"]].concat()).ok();
        assert!(revoked.err.contains("no longer runs"), "{revoked:?}");
    }
    // Who set the server up runs it; what was so before is written down no second time.
    let told = log(&database).await;
    let actions: Vec<_> = told.iter().map(|entry| entry.action).collect();
    let expected = [AuditAction::PlatformAdminRemoved, AuditAction::PlatformAdminAdded];
    assert_eq!(actions, expected);
    assert!(told.iter().all(|entry| entry.by == Some(By::Command)
        && entry.actor_id.is_none()
        && entry.object == told[0].object));

    // Of who is in no account any more, too.
    let db = Db::open(&DbConfig::new(database.as_str(), now())).await.unwrap();
    db.write::<_, Error, _>(|tx| {
        async move { tx.execute("UPDATE members SET removed_at = $1", &[&now()]).await }.boxed()
    })
    .await
    .unwrap();
    db.close().await;
    admin(&morgan).ok();
    let after = log(&database).await;
    assert_eq!(after.len(), 3);
    assert_eq!(
        (after[0].action, &after[0].object),
        (AuditAction::PlatformAdminAdded, &told[0].object)
    );
}

/// Morgan's second account, which they used last; younger than any by its id.
const NORTH: AccountId = AccountId::from_uuid(uuid::Uuid::from_u128(u128::MAX - 1));

/// Makes it, and answers the first one.
async fn second_account(database: &str) -> AccountId {
    let db = Db::open(&DbConfig::new(database, now())).await.unwrap();
    let made = db.write::<_, Error, _>(|tx| {
        async move {
            let (first, _) = members::first_account(tx).await?.ok_or(Error::NoRow)?;
            let morgan = users::by_address(tx, "morgan@contoso.example").await?;
            let morgan = morgan.ok_or(Error::NoRow)?.user_id;
            let team = TeamId::from_uuid(uuid::Uuid::from_u128(7));
            members::create_account(tx, NORTH, "Northwind", team, now()).await?;
            members::add(tx, NORTH, morgan, Role::Admin, team, now()).await?;
            let used = "UPDATE members SET used_at = $3 WHERE account_id = $1 AND user_id = $2";
            tx.execute(used, &[&NORTH, &morgan, &now()]).await?;
            Ok(first)
        }
        .boxed()
    });
    let first = made.await.unwrap();
    db.close().await;
    first
}

/// Which token is for which account, by the tokens' names; and keeps its owner out of the second from now on.
async fn tokens_then_disabled(database: &str) -> Vec<(String, AccountId)> {
    let db = Db::open(&DbConfig::new(database, now())).await.unwrap();
    let read = db.write::<_, Error, _>(|tx| {
        async move {
            let disable = "UPDATE members SET disabled_at = $2 WHERE account_id = $1";
            tx.execute(disable, &[&NORTH, &now()]).await?;
            tx.across_accounts()
                .all("SELECT name, account_id FROM tokens ORDER BY name", &[])
                .await
        }
        .boxed()
    });
    let tokens = read.await.unwrap();
    db.close().await;
    tokens
}

#[tokio::test]
async fn a_token_is_for_the_account_that_is_named_or_used_last() {
    let place = Place::new();
    let database = sqlite(&place.path("data/real.sqlite"));
    let admin = |arguments: &[&str]| {
        let arguments = [&["admin"], arguments, &["--database", &database]].concat();
        place.run_with(&arguments, "")
    };
    let morgan = ["--email", "morgan@contoso.example", "--name"];
    let owner = [
        &["create-user"],
        &morgan[..],
        &["Morgan Osei", "--account", "Contoso"],
    ];
    admin(&owner.concat()).ok();
    let first = second_account(&database).await;
    let token = |name: &str, account: Option<&str>| {
        let named: Vec<&str> = account.into_iter().flat_map(|id| ["--account", id]).collect();
        admin(&[&["create-token"], &morgan[..], &[name], &named].concat())
    };
    token("a: last", None).ok();
    token("b: named", Some(&first.to_string())).ok();
    token("c: the same", Some(&NORTH.to_string())).ok();
    let nowhere = uuid::Uuid::from_u128(8).to_string();
    token("d", Some(&nowhere)).fails(1, &format!("no member of the account {nowhere}"));
    token("e", Some("Contoso")).fails(2, "--account");
    let expected = [
        ("a: last".to_owned(), NORTH),
        ("b: named".to_owned(), first),
        ("c: the same".to_owned(), NORTH),
    ];
    assert_eq!(tokens_then_disabled(&database).await, expected);
    token("f", Some(&NORTH.to_string())).fails(1, "who may sign in");
    token("g: the other", None).ok();
    let log = log(&database).await;
    let made = log
        .iter()
        .filter(|entry| entry.action == AuditAction::TokenCreated && entry.by == Some(By::Command));
    assert_eq!(made.count(), 2, "{log:?}");
}
