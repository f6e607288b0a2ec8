//! Mail, from what is told to what a mail server was given: once where all is well, and never lost.

use std::net::SocketAddr;

use chrono::TimeDelta;
use futures_util::future::join_all;
use resolutionflow::config::{PublicUrl, Sender, Settings, Tls, Transport};
use resolutionflow::housekeeping;
use resolutionflow::mail::{self, CannotMail, Draft, Link, Post};
use resolutionflow_core::id::LetterId;
use resolutionflow_store::testing::databases;
use resolutionflow_store::{Db, Error};
use serde_json::{Value, json};

use crate::cast::TestApp;
use crate::mail_server::{Answer, MailServer, Received};

pub(crate) fn mailing(settings: &mut Settings, server: SocketAddr) {
    settings.server.public_url = PublicUrl::new("https://flows.example.com").unwrap();
    settings.mail.transport = Transport::Smtp;
    settings.mail.from = Sender::new("ResolutionFlow <flows@example.com>").unwrap();
    settings.mail.host = server.ip().to_string();
    settings.mail.port = Some(server.port());
    settings.mail.tls = Tls::None;
}

/// A server on each engine, each with a mail server of its own.
pub(crate) async fn sites() -> Vec<(TestApp, MailServer)> {
    let mut sites = Vec::new();
    for test in databases().await {
        let server = MailServer::start();
        let app = TestApp::on(test, |settings| mailing(settings, server.address)).await;
        sites.push((app, server));
    }
    sites
}

/// Sends what is due, and answers how many messages were tried.
pub(crate) async fn deliver(app: &TestApp) -> usize {
    let post = Post::new(&app.app.settings).unwrap().unwrap();
    mail::deliver(&app.app, &post).await.unwrap()
}

/// A row of the outbox: its id, how often it was tried, whether it was sent, and why it was given up, if it was.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: LetterId,
    pub(crate) attempts: i64,
    pub(crate) sent: bool,
    pub(crate) given_up: bool,
    pub(crate) error: String,
    pub(crate) payload: String,
}

pub(crate) async fn rows(db: &Db) -> Vec<Row> {
    let read = db.read::<_, Error, _>(|tx| {
        Box::pin(async move {
            let first: Vec<(LetterId, i64, bool, bool)> = tx
                .all(
                    "SELECT id, attempts, sent_at IS NOT NULL, failed_at IS NOT NULL FROM outbox ORDER BY id",
                    &[],
                )
                .await?;
            let second: Vec<(String, String)> = tx
                .all(
                    "SELECT COALESCE(error, ''), COALESCE(payload, '') FROM outbox ORDER BY id",
                    &[],
                )
                .await?;
            Ok((first, second))
        })
    });
    let (first, second) = read.await.unwrap();
    let rows = first.into_iter().zip(second);
    rows.map(|((id, attempts, sent, given_up), (error, payload))| Row {
        id,
        attempts,
        sent,
        given_up,
        error,
        payload,
    })
    .collect()
}

pub(crate) async fn prepares(app: &TestApp, title: &str) -> Value {
    let (lena, morgan) = (app.member("lena"), app.member("morgan"));
    let flow = app.flow().await;
    let body = json!({"flow_id": flow["id"], "title": title, "client": "Contoso, \"West\"",
        "assigned_to_id": morgan.user_id, "due_at": app.clock.now() + TimeDelta::days(2)});
    lena.post("/sessions/prepare").json(&body).await.with(201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_arrives_once_in_both_forms() {
    for (app, server) in sites().await {
        let session = prepares(&app, "Größe <b>x</b> & \u{202e}more").await;
        assert_eq!(deliver(&app).await, 1);
        assert_eq!(deliver(&app).await, 0);
        let received = server.received();
        assert_eq!(received.len(), 1);
        let one = &received[0];
        assert_eq!(
            (one.from.as_str(), one.to.as_slice()),
            ("flows@example.com", &["morgan@example.com".to_owned()][..])
        );
        assert_eq!(one.header("From"), "ResolutionFlow <flows@example.com>");
        assert_eq!(one.header("To"), "morgan@example.com");
        assert_eq!(
            one.header("Subject"),
            "lena prepared a session for you: Restart a service · Größe <b>x</b> & more"
        );
        assert_eq!(one.header("Auto-Submitted"), "auto-generated");
        let row = rows(&app.app.db).await.remove(0);
        assert_eq!(one.header("Message-ID"), format!("<{}@example.com>", row.id));
        assert_eq!((row.attempts, row.sent, row.given_up), (1, true, false));

        let (plain, html) = one.bodies();
        let link = format!(
            "https://flows.example.com/sessions/{}",
            session["id"].as_str().unwrap()
        );
        let number = session["number"].as_i64().unwrap();
        for part in [
            "lena prepared a session for you\r\n".to_owned(),
            format!("Session {number:04}: Restart a service · Größe <b>x</b> & more"),
            "For Contoso, \"West\"".to_owned(),
            "Due 7 Jan 2026".to_owned(),
            format!("Open the session:\r\n{link}\r\n"),
            "You get this because you are a member of contoso".to_owned(),
            "https://flows.example.com/settings#notifications".to_owned(),
        ] {
            assert!(plain.contains(&part), "{part}\n{plain}");
        }
        for part in [
            "Größe &lt;b&gt;x&lt;/b&gt; &amp; more".to_owned(),
            format!("href=\"{link}\""),
            "href=\"https://flows.example.com/settings#notifications\"".to_owned(),
        ] {
            assert!(html.contains(&part), "{part}\n{html}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_before_it_is_sent_is_not_sent() {
    for (app, server) in sites().await {
        let session = prepares(&app, "One").await;
        server.answers(Answer::Code(451));
        assert_eq!(deliver(&app).await, 1);
        app.member("lena").does("discard", &session).await.with(200);
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!((deliver(&app).await, server.received().len()), (0, 0));
        // Nobody cares for a notice of last week.
        prepares(&app, "Two").await;
        app.clock.advance(TimeDelta::days(4));
        assert_eq!((deliver(&app).await, server.offered().len()), (1, 1));
        assert!(rows(&app.app.db).await[0].given_up);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_workers_send_each_letter_once() {
    for (app, server) in sites().await {
        let flow = app.flow().await;
        for _ in 0..12 {
            app.member("lena").prepares(&flow).for_("morgan").await;
        }
        let tried: usize = join_all((0..4).map(|_| deliver(&app))).await.into_iter().sum();
        let tried = tried + deliver(&app).await;
        let mut names: Vec<_> = server
            .received()
            .iter()
            .map(|one| one.header("Message-ID"))
            .collect();
        names.sort();
        names.dedup();
        assert_eq!((tried, names.len(), server.received().len()), (12, 12, 12));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_one_letter_a_day_gets_one() {
    for (app, server) in sites().await {
        let morgan = app.member("morgan");
        let daily = json!({"choices": {}, "mail_daily": true});
        let chosen = morgan.put("/me/notifications").json(&daily).await.with(200);
        assert_eq!(chosen["mail_daily"], true);
        let (first, over) = (prepares(&app, "First").await, prepares(&app, "Over").await);
        let second = prepares(&app, "<i>Second</i>").await;
        app.member("lena").does("discard", &over).await.with(200);
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(deliver(&app).await, 0);
        // The tests' day begins at eight.
        app.clock.advance(TimeDelta::hours(22));
        server.answers(Answer::Code(451));
        assert_eq!(deliver(&app).await, 1);
        app.clock.advance(TimeDelta::minutes(2));
        assert_eq!((deliver(&app).await, deliver(&app).await), (1, 0));
        let offered = server.offered();
        assert_eq!(
            (offered.len(), &offered[0]),
            (2, &offered[1]),
            "the same message to the byte"
        );
        let one = server.received().remove(0);
        assert_eq!(one.header("Subject"), "contoso: 2 things you are told today");
        let (plain, html) = one.bodies();
        for session in [&first, &second] {
            let link = format!(
                "https://flows.example.com/sessions/{}",
                session["id"].as_str().unwrap()
            );
            assert!(plain.contains(&link) && html.contains(&link), "{plain}");
        }
        assert!(plain.contains("Restart a service · <i>Second</i>") && !html.contains("<i>"));
        assert!(
            !plain.contains("Over") && plain.contains("one mail a day"),
            "{plain}"
        );
        assert!(
            plain.contains("https://flows.example.com/notifications\r\n"),
            "{plain}"
        );
        assert!(rows(&app.app.db).await.iter().all(|row| row.sent));
    }
}

fn reset_letter(secret: &str) -> Draft {
    Draft {
        subject: "Set a new password".to_owned(),
        head: "Set a new password".to_owned(),
        button: Some(Link {
            label: "Set it".to_owned(),
            path: format!("/reset/{secret}"),
        }),
        why: "Somebody asked for it.".to_owned(),
        ..Draft::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_sent_if_its_reason_is_kept_and_its_secret_stays_nowhere() {
    for (app, server) in sites().await {
        let now = app.app.now();
        let until = now + TimeDelta::minutes(10);
        let prepared = mail::prepare(&app.app, "new@example.com", &reset_letter("s3cret"), until).unwrap();
        let wrong = mail::prepare(
            &app.app,
            "new@example.com\r\nBcc: x@example.com",
            &reset_letter("a"),
            until,
        );
        assert_eq!(wrong.unwrap_err(), CannotMail::NoAddress);
        let write = |fails: bool| {
            let (app, prepared) = (&app, prepared.clone());
            async move {
                let write = app.app.db.write::<_, Error, _>(move |tx| {
                    let prepared = prepared.clone();
                    Box::pin(async move {
                        mail::send_later(tx, &prepared, now).await?;
                        if fails { Err(Error::NoRow) } else { Ok(()) }
                    })
                });
                write.await
            }
        };
        assert!(write(true).await.is_err());
        assert_eq!(deliver(&app).await, 0);
        write(false).await.unwrap();
        assert!(rows(&app.app.db).await[0].payload.contains("s3cret"));
        server.answers(Answer::Code(421));
        assert_eq!(deliver(&app).await, 1);
        app.clock.advance(TimeDelta::minutes(2));
        assert_eq!(deliver(&app).await, 1);
        let received = server.received();
        assert_eq!(received[0].to, ["new@example.com"]);
        assert!(
            received[0]
                .bodies()
                .0
                .contains("https://flows.example.com/reset/s3cret")
        );
        let row = rows(&app.app.db).await.remove(0);
        assert_eq!((row.sent, row.payload.as_str()), (true, ""));

        // Too late is never, and the secret goes, too.
        let late = mail::prepare(&app.app, "new@example.com", &reset_letter("late"), until).unwrap();
        let write = app.app.db.write::<_, Error, _>(move |tx| {
            let late = late.clone();
            Box::pin(async move { mail::send_later(tx, &late, now).await })
        });
        write.await.unwrap();
        app.clock.advance(TimeDelta::minutes(20));
        deliver(&app).await;
        assert!(rows(&app.app.db).await.iter().all(|row| row.payload.is_empty()));
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn where_no_mail_is_sent_nothing_waits_for_it() {
    for test in databases().await {
        let app = TestApp::on(test, |_| {}).await;
        assert!(!mail::available(&app.app) && Post::new(&app.app.settings).unwrap().is_none());
        let until = app.app.now() + TimeDelta::days(1);
        let refused = mail::prepare(&app.app, "new@example.com", &reset_letter("a"), until);
        assert_eq!(refused.unwrap_err(), CannotMail::NoTransport);
        prepares(&app, "One").await;
        housekeeping::forget(&app.app).await.unwrap();
        assert_eq!(rows(&app.app.db).await, []);
    }
}

#[tokio::test]
async fn mail_can_be_files() {
    for test in databases().await {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("mail");
        let app = TestApp::on(test, |settings| {
            mailing(settings, SocketAddr::from(([127, 0, 0, 1], 9)));
            settings.mail.transport = Transport::File;
            settings.mail.directory.clone_from(&directory);
        })
        .await;
        prepares(&app, "One").await;
        assert_eq!((deliver(&app).await, deliver(&app).await), (1, 0));
        let row = rows(&app.app.db).await.remove(0);
        let bytes = std::fs::read(directory.join(format!("{}.eml", row.id))).unwrap();
        let kept = Received {
            bytes,
            ..Received::default()
        };
        assert_eq!(kept.header("Message-ID"), format!("<{}@example.com>", row.id));
        assert!(kept.bodies().0.contains("lena prepared a session for you"));
        assert_eq!(
            std::fs::read_dir(&directory).unwrap().count(),
            1,
            "nothing unfinished"
        );

        prepares(&app, "Two").await;
        std::fs::remove_dir_all(&directory).unwrap();
        std::fs::write(&directory, "in the way").unwrap();
        // The directory was there when the server started.
        let post = {
            std::fs::remove_file(&directory).unwrap();
            let post = Post::new(&app.app.settings).unwrap().unwrap();
            std::fs::remove_dir_all(&directory).unwrap();
            post
        };
        mail::deliver(&app.app, &post).await.unwrap();
        let failed = rows(&app.app.db).await;
        assert!(
            failed
                .iter()
                .any(|row| !row.sent && !row.given_up && !row.error.is_empty())
        );
    }
}
