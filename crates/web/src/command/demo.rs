//! `resolutionflow demo`: a server with people, flows and sessions to look at, gone at the end unless it is kept.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use resolutionflow_core::random::Random;
use resolutionflow_store::Db;
use serde::Serialize;
use tempfile::TempDir;

use super::{Done, Place, database, print, serve};
use crate::auth::keys;
use crate::auth::password::{self, Passwords};
use crate::config::{DatabaseUrl, Mail, MasterKey, Throttle};
use crate::context::{Clock, seed};
use crate::serve::asked_to_stop;

mod people;
mod run;
mod seed;
mod stories;

use people::PEOPLE;

/// The file in the directory that --data names.
const FILE: &str = "demo.sqlite";

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  resolutionflow demo
  resolutionflow demo --data ./demo --listen 127.0.0.1:9000
  resolutionflow demo --json | jq -r .owner.password")]
pub(super) struct Demo {
    #[command(flatten)]
    place: Place,
    /// Keep everything in a database in this directory, to go on with at the next start
    #[arg(long, value_name = "DIR", conflicts_with = "database")]
    data: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Print one line of JSON instead: {url, owner: {email, password}, engineers: [{email, password}]}
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Makes or opens the demo's database, prints how to sign in, and answers requests until SIGTERM or Ctrl+C.
    pub(super) async fn run(self) -> Done {
        let mut settings = self.place.settings()?;
        // From here on the system's wish to stop is heard, so that a temporary directory is always removed.
        let stop = tokio::spawn(asked_to_stop());
        if let Some(listen) = self.listen {
            settings.server.listen = listen;
        }
        let (listener, address) = serve::listen(settings.server.listen).await?;
        let (url, kept, temporary) = self.database()?;
        settings.database.url = url;
        // One person plays everybody, from one address.
        settings.throttle = Throttle::wide_open();

        // The people of a demo have no mailboxes.
        settings.mail = Mail::default();
        let mut config = database(&settings);
        // A demo's database is its own, on PostgreSQL too.
        config.migrate = true;
        let db = Db::open(&config).await.map_err(|error| error.to_string())?;
        let random = &mut Random::new(seed());
        let passwords = PEOPLE.map(|_| password::generate(random));
        if let Err(reason) = prepare(&db, &passwords, random).await {
            db.close().await;
            return Err(reason);
        }

        // What is in a demo is no secret, so several of its servers need nothing set.
        settings
            .secrets
            .key
            .get_or_insert(MasterKey::from_bytes(*b"the key of every demo, no secret"));
        keys::prepare(&settings, &db, random).await?;

        let url = address_for_people(address);
        print(if self.json {
            self::json(&url, &passwords)
        } else {
            text(&url, &passwords, &kept)
        })?;
        serve::answer(settings, db, listener, None, async {
            stop.await.unwrap_or_default();
        })
        .await;
        if let Some(directory) = temporary {
            let path = directory.path().display().to_string();
            directory
                .close()
                .map_err(|error| format!("{path} stays behind: {error}"))?;
        }
        Ok(())
    }

    /// Where the data is, what to say about that, and what to remove at the end.
    fn database(&self) -> Done<(DatabaseUrl, String, Option<TempDir>)> {
        if let Some(url) = &self.place.database {
            let kept = format!("Everything is kept in {url}; the next start sets new passwords.");
            return Ok((url.clone(), kept, None));
        }
        let (directory, kept, temporary) = if let Some(directory) = &self.data {
            let shown = directory.join(FILE).display().to_string();
            let kept = format!("Everything is kept in {shown}; the next start sets new passwords.");
            (directory.clone(), kept, None)
        } else {
            let made = tempfile::Builder::new().prefix("resolutionflow-demo-").tempdir();
            let made = made.map_err(|error| format!("no temporary directory can be made: {error}"))?;
            let kept = "Everything is temporary and removed at the end; --data DIR keeps it.".to_owned();
            (made.path().to_owned(), kept, Some(made))
        };
        let path = directory.join(FILE);
        let path = path
            .to_str()
            .ok_or_else(|| format!("{} is not UTF-8", path.display()))?;
        let url = DatabaseUrl::new(&format!("sqlite:{path}"))?;
        Ok((url, kept, temporary))
    }
}

/// Fills an empty database, or takes a demo's as it stands; sets the passwords in either.
async fn prepare(db: &Db, passwords: &[String; PEOPLE.len()], random: &mut Random) -> Done {
    let argon = Passwords::default();
    let mut hashes = Vec::with_capacity(PEOPLE.len());
    for password in passwords {
        let hash = argon.hash(password.clone(), random).await;
        hashes.push(hash.map_err(|error| error.chain())?);
    }
    seed::prepare(db, Clock::system().now(), hashes, random).await
}

/// The address to put in a browser; a server that listens everywhere is reached at this computer's own.
fn address_for_people(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

/// The line that --json prints.
#[derive(Serialize)]
struct Printed<'a> {
    url: &'a str,
    owner: SignIn<'a>,
    engineers: Vec<SignIn<'a>>,
}

#[derive(Serialize)]
struct SignIn<'a> {
    email: &'a str,
    password: &'a str,
}

fn json(url: &str, passwords: &[String; PEOPLE.len()]) -> String {
    let mut people = PEOPLE.iter().zip(passwords).map(|(person, password)| SignIn {
        email: person.email,
        password,
    });
    let printed = Printed {
        url,
        owner: people.next().expect("the owner is the first of the people"),
        engineers: people.collect(),
    };
    serde_json::to_string(&printed).expect("a line of plain values can be written")
}

fn text(url: &str, passwords: &[String; PEOPLE.len()], kept: &str) -> String {
    let mut text = format!("ResolutionFlow demo: {url}\n\nSign in as\n");
    for (person, password) in PEOPLE.iter().zip(passwords) {
        writeln!(
            text,
            "  {:<12} {:<9} {:<30} {password}",
            person.name,
            person.role.as_str(),
            person.email
        )
        .expect("writing to a string cannot fail");
    }
    let (email, password) = (PEOPLE[1].email, &passwords[1]);
    write!(
        text,
        "\nTry it, in another terminal: {}'s sessions\n  {}\n\n{kept} Ctrl+C ends it.",
        PEOPLE[1].first_name(),
        curl(url, email, password)
    )
    .expect("writing to a string cannot fail");
    text
}

/// One line that signs in and lists sessions; everything in it is plain to a shell.
fn curl(url: &str, email: &str, password: &str) -> String {
    format!(
        "curl -s '{url}/api/v1/sessions?assigned_to_id=me' -H \"Authorization: Bearer $(curl -s {url}/api/v1/auth/login \
         -H 'Content-Type: application/json' -d '{{\"email\":\"{email}\",\"password\":\"{password}\"}}' \
         | grep -o 'rf_at_[A-Za-z0-9_-]*')\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_means_everywhere_is_shown_as_one_to_open() {
        for (listen, shown) in [
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:81", "http://[::1]:81"),
            ("10.0.0.1:82", "http://10.0.0.1:82"),
        ] {
            assert_eq!(address_for_people(listen.parse().unwrap()), shown);
        }
    }

    #[test]
    fn json_is_one_line_with_everybody() {
        let line = json("http://x", &["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["owner"]["password"], "a");
        assert_eq!(value["engineers"][1]["password"], "c");
    }
}
