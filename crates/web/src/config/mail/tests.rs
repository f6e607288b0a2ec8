//! What of the settings of mail fits together, and what does not.

use super::*;

fn smtp() -> (Mail, Server) {
    let mut mail = Mail {
        transport: Transport::Smtp,
        host: "mail.example.com".to_owned(),
        ..Mail::default()
    };
    mail.from.read("ResolutionFlow <flows@example.com>").unwrap();
    let server = Server {
        public_url: PublicUrl::new("https://flows.example.com").unwrap(),
        ..Server::default()
    };
    (mail, server)
}

#[test]
fn what_smtp_needs_is_asked_for() {
    let (mail, server) = smtp();
    assert_eq!(mail.mistakes(&server), [""; 0]);
    let bare = Mail {
        transport: Transport::Smtp,
        ..Mail::default()
    };
    let mistakes = bare.mistakes(&Server::default());
    for name in ["server.public_url", "mail.from", "mail.host"] {
        assert!(
            mistakes.iter().any(|line| line.starts_with(name)),
            "{name}: {mistakes:?}"
        );
    }
    assert_eq!(Mail::default().mistakes(&Server::default()), [""; 0]);
}

#[test]
fn no_password_goes_over_an_open_line() {
    let (mut mail, server) = smtp();
    mail.user = "flows".to_owned();
    assert!(mail.mistakes(&server)[0].starts_with("mail.user"));
    mail.password = Secret::new("hunter2");
    assert_eq!(mail.mistakes(&server), [""; 0]);
    mail.tls = Tls::None;
    assert!(mail.mistakes(&server)[0].starts_with("mail.tls"));
    mail.host = "127.0.0.1".to_owned();
    assert_eq!(mail.mistakes(&server), [""; 0]);
    mail.password_file = PathBuf::from("/run/password");
    assert!(mail.mistakes(&server)[0].starts_with("mail.password_file"));
    assert!(!format!("{mail:?}").contains("hunter2") && mail.password.show().is_empty());
}

#[test]
fn roots_are_named_where_a_certificate_is_looked_at() {
    let (mut mail, server) = smtp();
    mail.ca_file = PathBuf::from("/etc/roots.pem");
    for tls in [Tls::Starttls, Tls::Wrapped] {
        mail.tls = tls;
        assert_eq!(mail.mistakes(&server), [""; 0], "{tls:?}");
    }
    mail.tls = Tls::None;
    let mistakes = mail.mistakes(&server);
    assert!(
        mistakes.len() == 1 && mistakes[0].starts_with("mail.ca_file: "),
        "{mistakes:?}"
    );
    mail.transport = Transport::File;
    assert_eq!(mail.mistakes(&server), [""; 0]);
}

#[test]
fn a_public_url_is_an_origin() {
    for (text, origin) in [
        ("https://flows.example.com/", "https://flows.example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://FLOWS.example.com:443", "https://flows.example.com"),
    ] {
        assert_eq!(PublicUrl::new(text).unwrap().origin().as_deref(), Some(origin));
    }
    for wrong in [
        "",
        "flows.example.com",
        "ftp://x",
        "https://x/flows",
        "https://u@x",
        "https://x?a",
        "https://x#a",
        "javascript:alert(1)",
    ] {
        assert!(PublicUrl::new(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_sender_is_one_address() {
    let mut sender = Sender::default();
    for wrong in [
        "",
        "x",
        "a@example.com, b@example.com",
        "A <a@example.com>\r\nBcc: b@example.com",
    ] {
        assert!(sender.read(wrong).is_err(), "{wrong}");
    }
    sender.read("Flows <flows@example.com>").unwrap();
    assert_eq!(sender.mailbox().unwrap().email.to_string(), "flows@example.com");
}
