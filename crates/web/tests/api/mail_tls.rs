//! Mail by TLS: how it is sent, what a mail server has to show first, and how the program knows a root of one's own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chrono::TimeDelta;
use resolutionflow::config::{Secret, Settings, Tls};
use resolutionflow::context::Clock;
use resolutionflow::mail::{self, Post};
use resolutionflow_store::testing::databases;
use tempfile::TempDir;

use crate::asking::Client;
use crate::authority::Authority;
use crate::cast::{Cast, TestApp, flow_document};
use crate::mail::{deliver, mailing, prepares, rows};
use crate::mail_server::{Line, MailServer, Manner};
use crate::process::{PROGRAM, Server, refusal, serve};

/// What the program calls the mail server, whose certificate must say the same.
const HOST: &str = "localhost";

const LOGIN: (&str, &str) = ("flows", "hunter2 = Größe");

/// A file with the roots of these authorities, in a directory that goes with the value.
fn roots(authorities: &[&Authority]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let text: String = authorities.iter().map(|one| one.root.as_str()).collect();
    std::fs::write(roots_in(&place), text).unwrap();
    place
}

fn roots_in(place: &TempDir) -> PathBuf {
    place.path().join("roots.pem")
}

/// Mail goes there by TLS, and not without.
fn protected(settings: &mut Settings, server: &MailServer, tls: Tls, roots: &Path) {
    mailing(settings, server.address);
    HOST.clone_into(&mut settings.mail.host);
    settings.mail.tls = tls;
    roots.clone_into(&mut settings.mail.ca_file);
    settings.mail.timeout = Duration::from_secs(30);
}

fn by_password(settings: &mut Settings, (user, password): (&str, &str)) {
    user.clone_into(&mut settings.mail.user);
    settings.mail.password = Secret::new(password);
}

/// What is said before TLS by STARTTLS begins, and nothing else.
const BEFORE_TLS: [&str; 2] = ["EHLO", "STARTTLS"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_goes_by_either_kind_of_tls_with_a_password_and_without() {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Another"));
    // Several roots may stand in the file.
    let place = roots(&[&other, &ours]);
    for (tls, line, open) in [
        (Tls::Starttls, Line::Starttls(ours.serves(HOST)), &BEFORE_TLS[..]),
        (Tls::Wrapped, Line::Wrapped(ours.serves(HOST)), &[][..]),
    ] {
        for login in [None, Some(LOGIN)] {
            for test in databases().await {
                let line = line.clone();
                let server = MailServer::start_as(Manner { line, login });
                let app = TestApp::on(test, |settings| {
                    protected(settings, &server, tls, &roots_in(&place));
                    if let Some(login) = login {
                        by_password(settings, login);
                    }
                })
                .await;
                prepares(&app, "One").await;
                assert_eq!((deliver(&app).await, deliver(&app).await), (1, 0));
                let row = rows(&app.app.db).await.remove(0);
                assert!(row.sent && row.attempts == 1, "{tls:?}: {row:?}");
                let received = server.received();
                assert_eq!(received.len(), 1);
                assert_eq!(received[0].to, ["morgan@example.com"]);
                assert!(received[0].bodies().0.contains("lena prepared a session for you"));
                assert_eq!(server.in_the_open(), open);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_cannot_show_who_it_is_gets_nothing() {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Another"));
    let place = roots(&[&ours]);
    let (trusted, none) = (roots_in(&place), PathBuf::new());
    let cases = [
        (other.serves(HOST), &trusted, "UnknownIssuer"),
        // The public roots alone do not do for an authority of one's own.
        (ours.serves(HOST), &none, "UnknownIssuer"),
        (ours.serves("mail.example.com"), &trusted, "not valid for name"),
        (ours.serves("127.0.0.1"), &trusted, "not valid for name"),
        (ours.served(HOST), &trusted, "expired"),
    ];
    for test in databases().await {
        let app = TestApp::on(test, |settings| mailing(settings, ([127, 0, 0, 1], 9).into())).await;
        prepares(&app, "One").await;
        let send = async |server: &MailServer, tls, roots: &Path| {
            let mut settings = app.app.settings.clone();
            protected(&mut settings, server, tls, roots);
            by_password(&mut settings, LOGIN);
            let post = Post::new(&settings).unwrap().unwrap();
            mail::deliver(&app.app, &post).await.unwrap()
        };
        let login = Some(LOGIN);
        for tls in [Tls::Starttls, Tls::Wrapped] {
            for (config, roots, why) in &cases {
                let config = config.clone();
                let (line, open) = if tls == Tls::Starttls {
                    (Line::Starttls(config), &BEFORE_TLS[..])
                } else {
                    (Line::Wrapped(config), &[][..])
                };
                let server = MailServer::start_as(Manner { line, login });
                assert_eq!(send(&server, tls, roots.as_path()).await, 1);
                let row = rows(&app.app.db).await.remove(0);
                assert!(!row.sent && !row.given_up, "{tls:?} {why}: {row:?}");
                let said = "invalid peer certificate";
                assert!(row.error.contains(said) && row.error.contains(why), "{row:?}");
                assert!(server.offered().is_empty());
                assert_eq!(server.in_the_open(), open, "{why}");
                // Longer than any pause; all of them are less than the three days that a notice is worth.
                app.clock.advance(TimeDelta::hours(6));
            }
        }
        // The letter waited for a mail server that can.
        let line = Line::Starttls(ours.serves(HOST));
        let server = MailServer::start_as(Manner { line, login });
        assert_eq!(send(&server, Tls::Starttls, trusted.as_path()).await, 1);
        assert_eq!((server.received().len(), server.offered().len()), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_wrong_password_nothing_is_sent_until_it_is_mended() {
    let ours = Authority::new("Ours");
    let place = roots(&[&ours]);
    for test in databases().await {
        let server = MailServer::start_as(Manner {
            line: Line::Starttls(ours.serves(HOST)),
            login: Some(LOGIN),
        });
        let app = TestApp::on(test, |settings| {
            protected(settings, &server, Tls::Starttls, &roots_in(&place));
            by_password(settings, (LOGIN.0, "hunter3"));
        })
        .await;
        prepares(&app, "One").await;
        assert_eq!((deliver(&app).await, server.offered().len()), (1, 0));
        let row = rows(&app.app.db).await.remove(0);
        assert!(
            row.error.contains("535") && !row.error.contains("hunter"),
            "{row:?}"
        );
        assert!(!row.sent && !row.given_up, "{row:?}");
        app.clock.advance(TimeDelta::minutes(2));
        let mut mended = app.app.settings.clone();
        by_password(&mut mended, LOGIN);
        let post = Post::new(&mended).unwrap().unwrap();
        assert_eq!(mail::deliver(&app.app, &post).await.unwrap(), 1);
        assert_eq!((server.received().len(), server.offered().len()), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_starttls_is_asked_for_and_not_offered_no_password_and_no_letter_is_shown() {
    let ours = Authority::new("Ours");
    let place = roots(&[&ours]);
    for test in databases().await {
        // It would take the password in the open.
        let server = MailServer::start_as(Manner {
            line: Line::Open,
            login: Some(LOGIN),
        });
        let app = TestApp::on(test, |settings| {
            protected(settings, &server, Tls::Starttls, &roots_in(&place));
            by_password(settings, LOGIN);
        })
        .await;
        prepares(&app, "One").await;
        assert_eq!((deliver(&app).await, server.offered().len()), (1, 0));
        let row = rows(&app.app.db).await.remove(0);
        assert!(!row.sent && !row.given_up && !row.error.is_empty(), "{row:?}");
        let said = server.in_the_open();
        assert_eq!(said[0], "EHLO");
        assert!(
            said.iter().all(|word| word == "EHLO" || word == "QUIT"),
            "{said:?}"
        );
    }
}

/// What the program is told of a mail server that asks for a password, in a file, and for STARTTLS.
fn variables(port: u16, place: &TempDir) -> [(&'static str, String); 8] {
    let password = place.path().join("password");
    std::fs::write(&password, LOGIN.1).unwrap();
    [
        (
            "RESOLUTIONFLOW_SERVER__PUBLIC_URL",
            "https://flows.example.com".to_owned(),
        ),
        ("RESOLUTIONFLOW_MAIL__TRANSPORT", "smtp".to_owned()),
        ("RESOLUTIONFLOW_MAIL__FROM", "flows@example.com".to_owned()),
        ("RESOLUTIONFLOW_MAIL__HOST", HOST.to_owned()),
        ("RESOLUTIONFLOW_MAIL__PORT", port.to_string()),
        ("RESOLUTIONFLOW_MAIL__USER", LOGIN.0.to_owned()),
        (
            "RESOLUTIONFLOW_MAIL__PASSWORD_FILE",
            password.display().to_string(),
        ),
        (
            "RESOLUTIONFLOW_MAIL__CA_FILE",
            roots_in(place).display().to_string(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_mails_by_a_root_of_ones_own() {
    let ours = Authority::new("Ours");
    let place = roots(&[&ours]);
    for test in databases().await {
        let cast = Cast::make(&test.db, Clock::system().now()).await;
        test.db.clone().close().await;
        let mails = MailServer::start_as(Manner {
            line: Line::Starttls(ours.serves(HOST)),
            login: Some(LOGIN),
        });
        let variables = variables(mails.address.port(), &place);
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let server = Server::start_with(&test.config.url, &variables);
        let lena = cast.member("lena", &Client::new(server.address));
        let flow = lena.creates(&flow_document()).await;
        lena.prepares(&flow).for_("morgan").await;
        mails.has_received(1);
        let log = server.stop();
        assert!(log.contains("mail was sent") && !log.contains("hunter2"), "{log}");
        assert_eq!(mails.in_the_open(), BEFORE_TLS);
    }
}

#[test]
fn a_file_of_roots_that_cannot_be_read_is_named_at_the_start() {
    let ours = Authority::new("Ours");
    let place = roots(&[&ours]);
    let file = roots_in(&place);
    let cut = ours.root.replace("-----END CERTIFICATE-----\n", "");
    let no_base64 = ours.root.replace("-----\nM", "-----\n!");
    assert_ne!(no_base64, ours.root);
    let no_certificate = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    let key = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n";
    let both = format!("{}{no_certificate}", ours.root);
    let cases: [(Option<&[u8]>, &str); 9] = [
        (None, "No such file"),
        (Some(b""), "is empty"),
        (Some(b"Dear Morgan,\n"), "has no certificate in it"),
        (Some(b"\x30\x82\x01\x00\xff\xfe"), "has no certificate in it"),
        (Some(key.as_bytes()), "has no certificate in it"),
        (Some(cut.as_bytes()), "is not PEM: a BEGIN line has no END line"),
        (Some(no_base64.as_bytes()), "is not PEM: what stands between"),
        (
            Some(no_certificate.as_bytes()),
            "a certificate in it cannot be read",
        ),
        (Some(both.as_bytes()), "a certificate in it cannot be read"),
    ];
    let variables = variables(9, &place);
    let database = format!("sqlite:{}", place.path().join("none.sqlite").display());
    let starts = |why: &str| {
        let mut command = serve(Command::new(PROGRAM), &database);
        command.envs(variables.iter().map(|(name, value)| (*name, value)));
        let (code, said) = refusal(&mut command);
        assert_eq!((code, said.lines().count()), (Some(1), 1), "{why}: {said}");
        let named = format!("resolutionflow: mail.ca_file: {}: ", file.display());
        assert!(said.starts_with(&named) && said.contains(why), "{why}: {said}");
    };
    for (bytes, why) in cases {
        match bytes {
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        starts(why);
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    starts("Is a directory");
    assert!(!place.path().join("none.sqlite").exists());
}
