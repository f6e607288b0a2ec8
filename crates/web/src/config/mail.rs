//! `[mail]`: whether mail is sent, and how; and where its links lead.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use url::Url;

use super::Server;
use super::value::Value;

/// `[mail]`: how mail is sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// In which way.
    pub transport: Transport,
    /// Who it is from.
    pub from: Sender,
    /// The mail server's name.
    pub host: String,
    /// The mail server's port; by `tls` where none is set.
    pub port: Option<u16>,
    /// How the way to it is protected.
    pub tls: Tls,
    /// The file of further roots that its certificate may come from; empty for none.
    pub ca_file: PathBuf,
    /// Who sends; empty where the mail server does not ask.
    pub user: String,
    /// That user's password.
    pub password: Secret,
    /// The file whose first line is the password; empty for none.
    pub password_file: PathBuf,
    /// Where messages are written.
    pub directory: PathBuf,
    /// The longest that sending one message may take.
    pub timeout: Duration,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            transport: Transport::None,
            from: Sender::default(),
            host: String::new(),
            port: None,
            tls: Tls::Starttls,
            ca_file: PathBuf::new(),
            user: String::new(),
            password: Secret::default(),
            password_file: PathBuf::new(),
            directory: PathBuf::from("data/mail"),
            timeout: Duration::from_mins(1),
        }
    }
}

impl Mail {
    /// What these settings lack or contradict, a line each; each alone was checked when it was read.
    pub(super) fn mistakes(&self, server: &Server) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut say = |name: &str, what: &str| mistakes.push(format!("{name}: {what}"));
        if self.timeout > Duration::from_mins(10) {
            say("mail.timeout", "expected at most 10m");
        }
        if self.transport == Transport::None {
            return mistakes;
        }
        if server.public_url.origin().is_none() {
            say("server.public_url", "is missing; the links in mail need it");
        }
        if self.from.mailbox().is_none() {
            say("mail.from", "is missing; every message needs it");
        }
        if self.transport == Transport::Smtp {
            let password = !self.password.is_empty();
            let file = !self.password_file.as_os_str().is_empty();
            if self.host.is_empty() {
                say("mail.host", "is missing; mail.transport = \"smtp\" needs it");
            }
            if password && file {
                say(
                    "mail.password_file",
                    "mail.password is set, too; one of them is enough",
                );
            }
            if self.tls == Tls::None && !self.ca_file.as_os_str().is_empty() {
                say(
                    "mail.ca_file",
                    "goes with mail.tls = \"starttls\" or \"tls\"; \"none\" looks at no certificate",
                );
            }
            if self.user.is_empty() == (password || file) {
                say("mail.user", "goes with mail.password or mail.password_file");
            }
            if !self.user.is_empty() && self.tls == Tls::None && !is_loopback(&self.host) {
                say(
                    "mail.tls",
                    "\"none\" would show the password to anybody on the way; expected starttls or tls",
                );
            }
        }
        mistakes
    }

    /// The port that is set, or the one that is usual for this kind of protection.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Starttls => 587,
            Tls::Wrapped => 465,
            Tls::None => 25,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// In which way mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Not at all.
    None,
    /// By a mail server.
    Smtp,
    /// Into a directory.
    File,
}

impl Value for Transport {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = match text {
            "none" => Self::None,
            "smtp" => Self::Smtp,
            "file" => Self::File,
            _ => return Err("expected none, smtp or file".to_owned()),
        };
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            Self::None => "none",
            Self::Smtp => "smtp",
            Self::File => "file",
        }
        .to_owned()
    }
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// By STARTTLS (RFC 3207), or nothing is sent.
    Starttls,
    /// From the first byte on (RFC 8314).
    Wrapped,
    /// Not at all.
    None,
}

impl Value for Tls {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = match text {
            "starttls" => Self::Starttls,
            "tls" => Self::Wrapped,
            "none" => Self::None,
            _ => return Err("expected starttls, tls or none".to_owned()),
        };
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            Self::Starttls => "starttls",
            Self::Wrapped => "tls",
            Self::None => "none",
        }
        .to_owned()
    }
}

/// A password, which never shows itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { "***" })
    }
}

impl Value for Secret {
    fn read(&mut self, text: &str) -> Result<(), String> {
        text.clone_into(&mut self.0);
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }
}

/// Who mail is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender(Option<Mailbox>);

impl Sender {
    /// Takes one address, with or without a name.
    pub fn new(text: &str) -> Result<Self, String> {
        let mailbox: Option<Mailbox> = text.parse().ok().filter(|_| !text.chars().any(char::is_control));
        Ok(Self(Some(mailbox.ok_or(
            "expected name@example.com or Name <name@example.com>",
        )?)))
    }

    /// Name and address, where they are set.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.0.as_ref()
    }
}

impl Value for Sender {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = Self::new(text)?;
        Ok(())
    }

    fn show(&self) -> String {
        self.0.as_ref().map_or_else(String::new, Mailbox::to_string)
    }
}

/// Where browsers find the server: scheme, host and port, and nothing behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicUrl(Option<Url>);

impl PublicUrl {
    /// Takes `http` or `https`, a host and perhaps a port.
    pub fn new(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some()
                && url.username().is_empty()
                && url.password().is_none()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
        });
        let url = url.ok_or("expected https://HOST or http://HOST:PORT, without a path")?;
        Ok(Self(Some(url)))
    }

    /// Without a slash at its end, where it is set.
    pub fn origin(&self) -> Option<String> {
        self.0.as_ref().map(|url| url.origin().ascii_serialization())
    }

    /// The host, where it is set.
    pub fn host(&self) -> Option<&str> {
        self.0.as_ref().and_then(Url::host_str)
    }
}

impl Value for PublicUrl {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = Self::new(text)?;
        Ok(())
    }

    fn show(&self) -> String {
        self.origin().unwrap_or_default()
    }
}

impl Value for Option<u16> {
    fn read(&mut self, text: &str) -> Result<(), String> {
        let port = text.parse().ok().filter(|port| *port > 0);
        *self = Some(port.ok_or("expected a port from 1 to 65535")?);
        Ok(())
    }

    fn show(&self) -> String {
        self.map_or_else(String::new, |port| port.to_string())
    }
}

impl Value for String {
    fn read(&mut self, text: &str) -> Result<(), String> {
        if text.chars().any(char::is_control) {
            return Err("expected a line of text".to_owned());
        }
        text.trim().clone_into(self);
        Ok(())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    fn read(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() || text.contains('\0') {
            return Err("expected a path".to_owned());
        }
        *self = Self::from(text);
        Ok(())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

#[cfg(test)]
mod tests;
