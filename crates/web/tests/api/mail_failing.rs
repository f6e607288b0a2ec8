//! Mail that does not leave at the first attempt: refused, unprotected, without a mail server, or cut off by death.

use std::net::TcpListener;

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow::config::Tls;
use resolutionflow::context::Clock;
use resolutionflow::housekeeping;
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::{Db, Error};

use crate::asking::Client;
use crate::cast::{Cast, TestApp, flow_document};
use crate::mail::{deliver, mailing, prepares, rows, sites};
use crate::mail_server::{Answer, MailServer};
use crate::process::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_now_is_tried_again_later() {
    for (app, server) in sites().await {
        prepares(&app, "One").await;
        server.answers(Answer::Code(451));
        assert_eq!(deliver(&app).await, 1);
        assert_eq!((server.received().len(), deliver(&app).await), (0, 0));
        let row = rows(&app.app.db).await.remove(0);
        assert!(row.error.contains("451") && !row.sent && !row.given_up, "{row:?}");
        app.clock.advance(TimeDelta::minutes(2));
        assert_eq!(deliver(&app).await, 1);
        let row = rows(&app.app.db).await.remove(0);
        assert_eq!((row.attempts, row.sent, row.error.as_str()), (2, true, ""));
        let offered = server.offered();
        assert_eq!((server.received().len(), offered.len()), (1, 2));
        assert_eq!(offered[0], offered[1], "the same message to the byte");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_good_is_given_up() {
    for (app, server) in sites().await {
        prepares(&app, "One").await;
        server.answers_recipient(550);
        assert_eq!(deliver(&app).await, 1);
        let row = rows(&app.app.db).await.remove(0);
        assert!(
            row.error.contains("550") && row.given_up && row.attempts == 1,
            "{row:?}"
        );
        app.clock.advance(TimeDelta::days(1));
        assert_eq!((deliver(&app).await, server.offered().len()), (0, 0));
        let metrics = app.app.metrics.text();
        assert!(
            metrics.contains("resolutionflow_mails_total{outcome=\"given_up\"} 1"),
            "{metrics}"
        );
        app.clock.advance(TimeDelta::days(30));
        housekeeping::forget(&app.app).await.unwrap();
        assert_eq!(rows(&app.app.db).await, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_away_is_waited_for() {
    for test in databases().await {
        // Free now; nobody else is likely to take it until the mail server does.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let app = TestApp::on(test, |settings| mailing(settings, address)).await;
        prepares(&app, "One").await;
        for attempts in 1..=3 {
            assert_eq!(deliver(&app).await, 1);
            let row = rows(&app.app.db).await.remove(0);
            assert!(
                row.attempts == attempts && !row.error.is_empty() && !row.given_up,
                "{row:?}"
            );
            app.clock.advance(TimeDelta::minutes(8));
        }
        let server = MailServer::start_on(TcpListener::bind(address).unwrap());
        assert_eq!((deliver(&app).await, server.received().len()), (1, 1));

        drop(server);
        prepares(&app, "Two").await;
        for _ in 0..12 {
            assert_eq!(deliver(&app).await, 1);
            app.clock.advance(TimeDelta::hours(6));
        }
        let row = rows(&app.app.db).await.remove(1);
        assert!(row.given_up && row.attempts == 12, "{row:?}");
        assert_eq!(deliver(&app).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_over_a_line_that_should_be_protected_and_is_not() {
    for tls in [Tls::Starttls, Tls::Wrapped] {
        for test in databases().await {
            let server = MailServer::start();
            let app = TestApp::on(test, |settings| {
                mailing(settings, server.address);
                settings.mail.tls = tls;
                settings.mail.timeout = std::time::Duration::from_secs(2);
            })
            .await;
            prepares(&app, "One").await;
            assert_eq!((deliver(&app).await, server.offered().len()), (1, 0), "{tls:?}");
            let row = rows(&app.app.db).await.remove(0);
            assert!(!row.sent && !row.given_up && !row.error.is_empty(), "{row:?}");
        }
    }
}

/// The program, which mails to that server.
pub(crate) fn program(test: &TestDb, server: &MailServer) -> Server {
    let set = |name: &'static str, value: &str| (name, value.to_owned());
    let variables = [
        set("RESOLUTIONFLOW_SERVER__PUBLIC_URL", "https://flows.example.com"),
        set("RESOLUTIONFLOW_MAIL__TRANSPORT", "smtp"),
        set("RESOLUTIONFLOW_MAIL__FROM", "flows@example.com"),
        set("RESOLUTIONFLOW_MAIL__HOST", "127.0.0.1"),
        set("RESOLUTIONFLOW_MAIL__PORT", &server.address.port().to_string()),
        set("RESOLUTIONFLOW_MAIL__TLS", "none"),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    Server::start_with(&test.config.url, &variables)
}

/// Ends every lease, as time would.
async fn end_leases(test: &TestDb, now: DateTime<Utc>) {
    let db = Db::open(&test.config).await.unwrap();
    let end = db.write::<_, Error, _>(move |tx| {
        Box::pin(async move { tx.execute("UPDATE outbox SET not_before = $1", &[&now]).await })
    });
    assert_eq!(end.await.unwrap(), 1);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_before_it_marks_what_was_sent_sends_the_same_message_again() {
    for test in databases().await {
        let now = Clock::system().now();
        let cast = Cast::make(&test.db, now).await;
        test.db.clone().close().await;
        let server = MailServer::start();
        server.answers(Answer::Silence);

        let first = program(&test, &server);
        let lena = cast.member("lena", &Client::new(first.address));
        let flow = lena.creates(&flow_document()).await;
        lena.prepares(&flow).for_("morgan").await;
        // The worker was woken by the commit.
        let received = server.has_received(1);
        let log = first.kill();
        assert!(!log.contains("mail was sent"), "{log}");
        server.lets_go();
        end_leases(&test, now).await;

        let second = program(&test, &server);
        let again = server.has_received(2);
        assert_eq!(again[0], received[0]);
        assert_eq!(again[1].header("Message-ID"), again[0].header("Message-ID"));
        assert_eq!(again[1], again[0], "the same message to the byte");
        // An orderly stop finishes what is being sent.
        let log = second.stop();
        assert!(log.contains("mail was sent"), "{log}");
        let db = Db::open(&test.config).await.unwrap();
        let row = rows(&db).await.remove(0);
        assert_eq!((row.attempts, row.sent), (2, true));
        db.close().await;
    }
}
