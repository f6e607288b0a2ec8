//! The settings: one struct a section, one table of rows that names, explains, reads and shows each of them.
//!
//! The table serves the file, the environment and the documentation alike, so the three cannot drift apart.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

mod load;
mod mail;
mod network;
mod signup;
mod value;

pub use load::{Mistakes, load};
pub use mail::{Mail, PublicUrl, Secret, Sender, Tls, Transport};
pub use network::Networks;
pub use signup::{Signup, SignupMode};
pub use value::{CookieName, DatabaseUrl, Directives, Format, Grace, KeyFile, MasterKey, Size};

use value::Value;

/// Everything that can be set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `[server]`
    pub server: Server,
    /// `[database]`
    pub database: Database,
    /// `[log]`
    pub log: Log,
    /// `[auth]`
    pub auth: Auth,
    /// `[secrets]`
    pub secrets: Secrets,
    /// `[throttle]`
    pub throttle: Throttle,
    /// `[mail]`
    pub mail: Mail,
    /// `[signup]`
    pub signup: Signup,
    /// `[limits]`
    pub limits: Limits,
}

/// `[server]`: how requests come in.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The longest a request may take.
    pub request_timeout: Duration,
    /// The longest the headers of a request may take to arrive.
    pub header_timeout: Duration,
    /// The longest the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// How long a stopping server waits for what it accepted.
    pub stop_timeout: Duration,
    /// The most connections at a time.
    pub max_connections: usize,
    /// Whether browsers come by plain HTTP from other machines.
    pub insecure_http: bool,
    /// Whether browsers are to use HTTPS for the hosts below, too.
    pub hsts_include_subdomains: bool,
    /// Whose word counts on where a request came from.
    pub trusted_proxies: Networks,
    /// Where browsers find the server, for links in mail.
    pub public_url: PublicUrl,
}

/// `[database]`: where the data is.
#[derive(Clone, Debug)]
pub struct Database {
    /// Which database.
    pub url: DatabaseUrl,
    /// The most connections to PostgreSQL.
    pub connections: usize,
    /// The longest one transaction may take.
    pub time_limit: Duration,
    /// The most changes that wait for SQLite's writer.
    pub queue: usize,
}

/// `[log]`: what is written to standard error.
#[derive(Clone, Debug)]
pub struct Log {
    /// In which form.
    pub format: Format,
    /// Which lines.
    pub level: Directives,
}

/// `[auth]`: who is let in, for how long.
#[derive(Clone, Debug)]
pub struct Auth {
    /// How long an access token lives.
    pub access_token: Duration,
    /// What the cookie of a login is called.
    pub cookie: CookieName,
    /// How long a login lives that nobody uses.
    pub login_idle: Duration,
    /// How long a login lives at most.
    pub login_life: Duration,
    /// How long a refresh token lives that nobody uses.
    pub refresh_idle: Duration,
    /// How long a program stays signed in at most.
    pub refresh_life: Duration,
    /// How long a refresh token that was presented is answered the same again.
    pub refresh_grace: Grace,
}

/// `[secrets]`: what protects the others.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The master key itself.
    pub key: Option<MasterKey>,
    /// The file that holds it.
    pub key_file: KeyFile,
}

/// `[throttle]`: how often a password may be tried.
#[derive(Clone, Debug)]
pub struct Throttle {
    /// From one address, a minute.
    pub address_per_minute: usize,
    /// From one address, at once.
    pub address_burst: usize,
    /// For one name from everywhere, an hour.
    pub name_per_hour: usize,
    /// For one name from everywhere, at once.
    pub name_burst: usize,
    /// For one name from one address, until the first wait.
    pub free_tries: usize,
    /// The first wait.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// On a known device, a minute.
    pub device_per_minute: usize,
    /// Letters that strangers ask for, to one mail address, an hour.
    pub letters_per_hour: usize,
    /// Letters that strangers ask for, to one mail address, at once.
    pub letters_burst: usize,
    /// Invites that are mailed, of one account, an hour.
    pub invites_per_hour: usize,
    /// Invites that are mailed, of one account, at once.
    pub invites_burst: usize,
}

/// `[limits]`: how much is too much.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest body.
    pub body: Size,
    /// The largest document to import.
    pub import: Size,
    /// The most live streams a person holds open.
    pub streams_per_user: usize,
    /// The most things a list answers at once.
    pub page: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            request_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(20),
            stop_timeout: Duration::from_secs(8),
            max_connections: 10_000,
            insecure_http: false,
            hsts_include_subdomains: false,
            trusted_proxies: Networks::default(),
            public_url: PublicUrl::default(),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::new("sqlite:data/resolutionflow.sqlite")
                .expect("the default is a database URL"),
            connections: 8,
            time_limit: Duration::from_secs(5),
            queue: 4_096,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: Format::Human,
            level: Directives::default(),
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            access_token: Duration::from_mins(10),
            cookie: CookieName::new("rf").expect("the default is a cookie name"),
            login_idle: Duration::from_hours(14 * 24),
            login_life: Duration::from_hours(90 * 24),
            refresh_idle: Duration::from_hours(30 * 24),
            refresh_life: Duration::from_hours(90 * 24),
            refresh_grace: Grace::seconds(30),
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            address_per_minute: 3,
            address_burst: 3,
            name_per_hour: 1_800,
            name_burst: 10,
            free_tries: 3,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(15),
            device_per_minute: 10,
            letters_per_hour: 6,
            letters_burst: 3,
            invites_per_hour: 200,
            invites_burst: 200,
        }
    }
}

impl Throttle {
    /// So much that nothing is held up: for tests and measurements, where one machine is everybody.
    pub fn wide_open() -> Self {
        Self {
            address_per_minute: 1_000_000,
            address_burst: 1_000_000,
            name_per_hour: 1_000_000,
            name_burst: 1_000_000,
            free_tries: 1_000_000,
            device_per_minute: 1_000_000,
            letters_per_hour: 1_000_000,
            letters_burst: 1_000_000,
            invites_per_hour: 1_000_000,
            invites_burst: 1_000_000,
            ..Self::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: Size::mebibytes(1),
            import: Size::mebibytes(8),
            streams_per_user: 16,
            page: 100,
        }
    }
}

/// One setting.
pub struct Setting {
    /// `section.key`, as in the file.
    pub name: &'static str,
    /// What it decides, as a sentence.
    pub meaning: &'static str,
    slot: fn(&mut Settings) -> &mut dyn Value,
}

impl Setting {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("{}{}", load::PREFIX, self.name.replace('.', "__").to_uppercase())
    }

    /// Its value where nothing sets it, as it would be written.
    pub fn default_value(&self) -> String {
        (self.slot)(&mut Settings::default()).show()
    }
}

/// Every setting, in the order of the documentation.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    Setting { name: "server.listen", slot: |s| &mut s.server.listen,
        meaning: "Address and port to listen on; port 0 takes a free one." },
    Setting { name: "server.request_timeout", slot: |s| &mut s.server.request_timeout,
        meaning: "Longest time a request may take; live streams are exempt." },
    Setting { name: "server.header_timeout", slot: |s| &mut s.server.header_timeout,
        meaning: "Longest time the headers of a request may take to arrive, and a connection may be idle." },
    Setting { name: "server.body_timeout", slot: |s| &mut s.server.body_timeout,
        meaning: "Longest time the body of a request may take to arrive." },
    Setting { name: "server.stop_timeout", slot: |s| &mut s.server.stop_timeout,
        meaning: "Longest time a stopping server waits for the requests that it accepted." },
    Setting { name: "server.max_connections", slot: |s| &mut s.server.max_connections,
        meaning: "Most connections at a time; further ones wait." },
    Setting { name: "server.insecure_http", slot: |s| &mut s.server.insecure_http,
        meaning: "`true` lets browsers sign in over plain HTTP from other machines, where anybody on the way can read \
                  along; localhost and HTTPS need nothing." },
    Setting { name: "server.hsts_include_subdomains", slot: |s| &mut s.server.hsts_include_subdomains,
        meaning: "`true` tells browsers for a year to reach all hosts below the server's by HTTPS alone, too." },
    Setting { name: "server.trusted_proxies", slot: |s| &mut s.server.trusted_proxies,
        meaning: "Addresses and networks of the proxies in front, with commas between; only what they say in \
                  `X-Forwarded-For` counts." },
    Setting { name: "server.public_url", slot: |s| &mut s.server.public_url,
        meaning: "Where browsers find the server, such as `https://flows.example.com`, for the links in mail." },
    Setting { name: "database.url", slot: |s| &mut s.database.url,
        meaning: "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`. DATABASE_URL sets it too." },
    Setting { name: "database.connections", slot: |s| &mut s.database.connections,
        meaning: "Most connections to PostgreSQL." },
    Setting { name: "database.time_limit", slot: |s| &mut s.database.time_limit,
        meaning: "Longest time that one transaction may take; it is undone and answered 503." },
    Setting { name: "database.queue", slot: |s| &mut s.database.queue,
        meaning: "SQLite: most changes that wait to be written; further ones are answered 503." },
    Setting { name: "log.format", slot: |s| &mut s.log.format,
        meaning: "`human` or `json`, a line an event on standard error." },
    Setting { name: "log.level", slot: |s| &mut s.log.level,
        meaning: "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,resolutionflow=debug`; \
                  `debug` logs every request." },
    Setting { name: "auth.access_token", slot: |s| &mut s.auth.access_token,
        meaning: "Life of an access token." },
    Setting { name: "auth.cookie", slot: |s| &mut s.auth.cookie,
        meaning: "Name of the cookie of a login, behind the prefix `__Host-`; two servers on one host need two names." },
    Setting { name: "auth.login_idle", slot: |s| &mut s.auth.login_idle,
        meaning: "Life of a browser's login that is not used." },
    Setting { name: "auth.login_life", slot: |s| &mut s.auth.login_life,
        meaning: "Longest life of a browser's login." },
    Setting { name: "throttle.address_per_minute", slot: |s| &mut s.throttle.address_per_minute,
        meaning: "Sign-ins a minute from one address (IPv6: one /64)." },
    Setting { name: "throttle.address_burst", slot: |s| &mut s.throttle.address_burst,
        meaning: "Sign-ins at once from one address, after a rest." },
    Setting { name: "throttle.name_per_hour", slot: |s| &mut s.throttle.name_per_hour,
        meaning: "Sign-ins an hour for one mail address, from everywhere together." },
    Setting { name: "throttle.name_burst", slot: |s| &mut s.throttle.name_burst,
        meaning: "Sign-ins at once for one mail address, after a rest." },
    Setting { name: "throttle.free_tries", slot: |s| &mut s.throttle.free_tries,
        meaning: "Wrong passwords for one mail address from one address before the first wait." },
    Setting { name: "throttle.first_wait", slot: |s| &mut s.throttle.first_wait,
        meaning: "That wait; it doubles with each further wrong password." },
    Setting { name: "throttle.longest_wait", slot: |s| &mut s.throttle.longest_wait,
        meaning: "Longest it grows to; an hour without a try ends it." },
    Setting { name: "throttle.device_per_minute", slot: |s| &mut s.throttle.device_per_minute,
        meaning: "Wrong passwords a minute, and at once, in a browser in which the person signed in before; the others \
                  do not count there." },
    Setting { name: "throttle.letters_per_hour", slot: |s| &mut s.throttle.letters_per_hour,
        meaning: "Letters an hour to one mail address that anybody can ask for: to sign up, to verify, for a new password." },
    Setting { name: "throttle.letters_burst", slot: |s| &mut s.throttle.letters_burst,
        meaning: "Such letters at once, after a rest." },
    Setting { name: "throttle.invites_per_hour", slot: |s| &mut s.throttle.invites_per_hour,
        meaning: "Invites an hour that an account sends by mail, again or for the first time." },
    Setting { name: "throttle.invites_burst", slot: |s| &mut s.throttle.invites_burst,
        meaning: "Such invites at once, after a rest." },
    Setting { name: "auth.refresh_idle", slot: |s| &mut s.auth.refresh_idle,
        meaning: "Life of a refresh token that is not used." },
    Setting { name: "auth.refresh_life", slot: |s| &mut s.auth.refresh_life,
        meaning: "Longest time that a program stays signed in by refresh tokens." },
    Setting { name: "auth.refresh_grace", slot: |s| &mut s.auth.refresh_grace,
        meaning: "How long a refresh token that was used is answered the same again, so that a lost answer signs \
                  nobody out; `0s` is the strict reading of the standards." },
    Setting { name: "secrets.key", slot: |s| &mut s.secrets.key,
        meaning: "Master key, 64 hexadecimal digits (`openssl rand -hex 32`); all servers of a database have the same. \
                  Better in the environment or in a file than here." },
    Setting { name: "secrets.key_file", slot: |s| &mut s.secrets.key_file,
        meaning: "File with the master key; without one, SQLite's is made beside the database, and PostgreSQL wants one." },
    Setting { name: "mail.transport", slot: |s| &mut s.mail.transport,
        meaning: "`none` sends no mail, `smtp` gives it to a mail server, `file` writes each message into a directory." },
    Setting { name: "mail.from", slot: |s| &mut s.mail.from,
        meaning: "Who mail is from, `name@example.com` or `Name <name@example.com>`." },
    Setting { name: "mail.host", slot: |s| &mut s.mail.host,
        meaning: "`smtp`: name of the mail server, which its certificate must bear." },
    Setting { name: "mail.port", slot: |s| &mut s.mail.port,
        meaning: "`smtp`: its port; without one 587 for `starttls`, 465 for `tls` and 25 for `none`." },
    Setting { name: "mail.tls", slot: |s| &mut s.mail.tls,
        meaning: "`smtp`: `starttls` or `tls`, both compulsory, or `none`, by which anybody on the way can read along." },
    Setting { name: "mail.ca_file", slot: |s| &mut s.mail.ca_file,
        meaning: "`smtp`: PEM file of further root certificates, beside the public ones, that the mail server's may come from." },
    Setting { name: "mail.user", slot: |s| &mut s.mail.user,
        meaning: "`smtp`: user name, where the mail server asks for one; not with `mail.tls = none` to another machine." },
    Setting { name: "mail.password", slot: |s| &mut s.mail.password,
        meaning: "`smtp`: that user's password. Better in the environment, or in a file of its own." },
    Setting { name: "mail.password_file", slot: |s| &mut s.mail.password_file,
        meaning: "`smtp`: file whose first line is the password." },
    Setting { name: "mail.directory", slot: |s| &mut s.mail.directory,
        meaning: "`file`: directory for the messages, one `.eml` each." },
    Setting { name: "mail.timeout", slot: |s| &mut s.mail.timeout,
        meaning: "Longest time that sending one message may take, at most 10 minutes." },
    Setting { name: "signup.mode", slot: |s| &mut s.signup.mode,
        meaning: "Who may open an account: `open` anybody, which needs mail; `invite` whoever has a code of \
                  `resolutionflow admin invite`; `closed` nobody." },
    Setting { name: "signup.invite_life", slot: |s| &mut s.signup.invite_life,
        meaning: "How long an invite into an account is good." },
    Setting { name: "limits.body", slot: |s| &mut s.limits.body,
        meaning: "Largest body of a request." },
    Setting { name: "limits.import", slot: |s| &mut s.limits.import,
        meaning: "Largest document that can be imported." },
    Setting { name: "limits.streams_per_user", slot: |s| &mut s.limits.streams_per_user,
        meaning: "Most live streams that one person holds open." },
    Setting { name: "limits.page", slot: |s| &mut s.limits.page,
        meaning: "Most things that a list answers at once." },
];

/// The table of all settings in Markdown, as it stands in the README.
pub fn table() -> String {
    let mut text =
        String::from("| setting | environment variable | default | meaning |\n| --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let default = match setting.default_value() {
            value if value.is_empty() => "none".to_owned(),
            value => format!("`{value}`"),
        };
        let (name, variable, meaning) = (setting.name, setting.variable(), setting.meaning);
        writeln!(text, "| `{name}` | `{variable}` | {default} | {meaning} |")
            .expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_every_setting() {
        const BEGIN: &str = "<!-- settings: begin -->\n";
        let Ok(readme) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md"))
        else {
            println!("no README yet");
            return;
        };
        let Some((_, rest)) = readme.split_once(BEGIN) else {
            println!("the README has no settings table yet");
            return;
        };
        let (block, _) = rest.split_once("<!-- settings: end -->").unwrap();
        assert_eq!(
            block.trim(),
            table().trim(),
            "paste the output of `resolutionflow settings` between the marks"
        );
    }

    #[test]
    fn every_default_reads_as_itself() {
        for setting in SETTINGS {
            let shown = setting.default_value();
            let mut settings = Settings::default();
            if !shown.is_empty() {
                (setting.slot)(&mut settings).read(&shown).unwrap();
            }
            assert_eq!((setting.slot)(&mut settings).show(), shown, "{}", setting.name);
        }
    }
}
