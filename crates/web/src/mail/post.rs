//! The ways a message leaves: to a mail server, or into a directory.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Protection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};

use super::file::Directory;
use crate::config::{Mail, Settings, Tls, Transport};

/// The most connections to the mail server at a time.
pub(super) const MOST_CONNECTIONS: u32 = 4;

/// How long a connection to the mail server may be idle.
const IDLE: Duration = Duration::from_secs(30);

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// Replies that speak of this server and not of the letter: TLS first, wrong or too weak a password (RFC 4954,
/// section 6). Whoever mends the settings gets the letter sent.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// A way for messages to leave.
#[derive(Clone)]
pub enum Post {
    /// To a mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Into a directory.
    File(Directory),
}

/// Why a message did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether it never will.
    pub permanent: bool,
    /// What was wrong: a line. It may name whom the message is to.
    pub reason: String,
    /// The same for the log, where people are not named.
    pub logged: String,
}

impl Failure {
    /// A failure that another attempt may not meet.
    pub(super) fn passing(reason: &str) -> Self {
        Self::new(false, reason)
    }

    /// A failure for good.
    pub(super) fn permanent(reason: &str) -> Self {
        Self::new(true, reason)
    }

    fn new(permanent: bool, reason: &str) -> Self {
        let reason = bounded(reason);
        Self {
            permanent,
            logged: reason.clone(),
            reason,
        }
    }
}

fn bounded(reason: &str) -> String {
    super::letter::line(reason).chars().take(LONGEST_REASON).collect()
}

impl Post {
    /// The way that the settings name, or none; a line says what is wrong with them.
    pub fn new(settings: &Settings) -> Result<Option<Self>, String> {
        let mail = &settings.mail;
        match mail.transport {
            Transport::None => Ok(None),
            Transport::File => Directory::open(&mail.directory)
                .map(|directory| Some(Self::File(directory)))
                .map_err(|error| format!("mail.directory: {}: {error}", mail.directory.display())),
            Transport::Smtp => smtp(settings).map(|smtp| Some(Self::Smtp(smtp))),
        }
    }

    /// Sends a message; a way that knows names gives it this one.
    pub(super) async fn send(&self, name: &str, message: Message) -> Result<(), Failure> {
        match self {
            Self::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(refused(&error)),
            },
            Self::File(directory) => directory
                .keep(name, message.formatted())
                .await
                .map_err(|error| Failure::passing(&error.to_string())),
        }
    }
}

fn smtp(settings: &Settings) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let mail = &settings.mail;
    let tls = match mail.tls {
        Tls::Starttls => Protection::Required(parameters(mail)?),
        Tls::Wrapped => Protection::Wrapper(parameters(mail)?),
        Tls::None => Protection::None,
    };
    let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
        .port(mail.port())
        .tls(tls)
        .timeout(Some(mail.timeout))
        .pool_config(PoolConfig::new().max_size(MOST_CONNECTIONS).idle_timeout(IDLE));
    if let Some(host) = settings.server.public_url.host() {
        smtp = smtp.hello_name(client(host));
    }
    if !mail.user.is_empty() {
        smtp = smtp.credentials(Credentials::new(mail.user.clone(), password(mail)?));
    }
    Ok(smtp.build())
}

/// How the certificate of the mail server is looked at: by the public roots and those of `mail.ca_file`, and for its name.
fn parameters(mail: &Mail) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(mail.host.clone());
    for root in roots(&mail.ca_file)? {
        parameters = parameters.add_root_certificate(root);
    }
    parameters.build_rustls().map_err(|error| {
        // The public roots can be read; what may be none is a certificate of the file.
        if mail.ca_file.as_os_str().is_empty() {
            format!("mail.host: {}: {error}", mail.host)
        } else {
            let place = mail.ca_file.display();
            format!("mail.ca_file: {place}: a certificate in it cannot be read: {error}")
        }
    })
}

/// The certificates in a PEM file; none where no file is named.
fn roots(file: &Path) -> Result<Vec<Certificate>, String> {
    if file.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let fault = |what: String| format!("mail.ca_file: {}: {what}", file.display());
    let bytes = std::fs::read(file).map_err(|error| fault(error.to_string()))?;
    if bytes.is_empty() {
        return Err(fault("is empty".to_owned()));
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| fault(format!("is not PEM: {}", broken(&error))))?;
    if found.is_empty() {
        let what = "has no certificate in it; expected PEM, with -----BEGIN CERTIFICATE-----";
        return Err(fault(what.to_owned()));
    }
    let read = |der: CertificateDer<'_>| Certificate::from_der(der.to_vec());
    let roots: Result<Vec<_>, _> = found.into_iter().map(read).collect();
    roots.map_err(|error| fault(error.to_string()))
}

/// What is wrong with a PEM file (RFC 7468), without a word of what it holds: a key may stand there by mistake.
fn broken(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a BEGIN line has no END line",
        pem::Error::IllegalSectionStart { .. } => "a BEGIN line is broken",
        pem::Error::Base64Decode(_) => "what stands between BEGIN and END is not base64",
        _ => "it cannot be read",
    }
}

/// What the server calls itself (RFC 5321, section 4.1.3).
fn client(host: &str) -> ClientId {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

fn password(mail: &Mail) -> Result<String, String> {
    if mail.password_file.as_os_str().is_empty() {
        return Ok(mail.password.reveal().to_owned());
    }
    let place = mail.password_file.display();
    let text = std::fs::read_to_string(&mail.password_file)
        .map_err(|error| format!("mail.password_file: {place}: {error}"))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(format!("mail.password_file: {place}: its first line is empty")),
    }
}

fn refused(error: &lettre::transport::smtp::Error) -> Failure {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        cause = error.source();
    }
    let about_us = error.status().is_some_and(|code| ABOUT_US.contains(&code.into()));
    let mut failure = Failure::new(error.is_permanent() && !about_us, &reason);
    if let Some(code) = error.status() {
        // What the mail server says beside the number may name anybody.
        failure.logged = format!("the mail server answered {code}");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn settings(tls: Tls) -> Settings {
        let mut settings = Settings::default();
        settings.mail.transport = Transport::Smtp;
        settings.mail.host = "mail.example.com".to_owned();
        settings.mail.tls = tls;
        settings
    }

    #[tokio::test]
    async fn every_kind_of_protection_can_be_had() {
        for tls in [Tls::Starttls, Tls::Wrapped, Tls::None] {
            assert!(
                matches!(Post::new(&settings(tls)), Ok(Some(Post::Smtp(_)))),
                "{tls:?}"
            );
        }
    }

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        let place = tempfile::tempdir().unwrap();
        let mut mail = settings(Tls::Starttls).mail;
        mail.password = Secret::new("one");
        assert_eq!(password(&mail).unwrap(), "one");
        mail.password_file = place.path().join("password");
        assert!(password(&mail).unwrap_err().starts_with("mail.password_file: /"));
        for (text, read) in [
            ("two\n", Some("two")),
            ("two\r\nthree", Some("two")),
            ("\ntwo", None),
            ("", None),
        ] {
            std::fs::write(&mail.password_file, text).unwrap();
            assert_eq!(password(&mail).ok().as_deref(), read, "{text:?}");
        }
    }

    #[test]
    fn a_server_calls_itself_by_name_or_number() {
        assert_eq!(client("flows.example.com").to_string(), "flows.example.com");
        assert_eq!(client("192.0.2.7").to_string(), "[192.0.2.7]");
        assert_eq!(client("[2001:db8::7]").to_string(), "[IPv6:2001:db8::7]");
    }
}
