//! A server with its data: started, killed and started again on the same port.

use std::cell::RefCell;
use std::process::Command;
use std::sync::Arc;

use resolutionflow::context::Clock;
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, Id};
use resolutionflow_core::random::Random;
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::{self, TestDb};
use resolutionflow_store::{Db, DbConfig, members};
use serde_json::Value;
use tempfile::TempDir;

use super::api::Api;
use super::server::{Log, Server};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_resolutionflow");

/// One machine is everybody here, so that nobody is held up for signing in often.
const WIDE_OPEN: [(&str, &str); 5] = [
    ("RESOLUTIONFLOW_THROTTLE__ADDRESS_PER_MINUTE", "1000000"),
    ("RESOLUTIONFLOW_THROTTLE__ADDRESS_BURST", "1000000"),
    ("RESOLUTIONFLOW_THROTTLE__NAME_PER_HOUR", "1000000"),
    ("RESOLUTIONFLOW_THROTTLE__NAME_BURST", "1000000"),
    ("RESOLUTIONFLOW_THROTTLE__FREE_TRIES", "1000000"),
];

/// Mail into files, and sign-ups by anybody.
const MAILING: [(&str, &str); 5] = [
    ("RESOLUTIONFLOW_SIGNUP__MODE", "open"),
    ("RESOLUTIONFLOW_MAIL__TRANSPORT", "file"),
    ("RESOLUTIONFLOW_MAIL__FROM", "flows@contoso.example"),
    ("RESOLUTIONFLOW_MAIL__DIRECTORY", "mail"),
    (
        "RESOLUTIONFLOW_SERVER__PUBLIC_URL",
        "https://flows.contoso.example",
    ),
];

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The mail address.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
}

/// A running server of a test's own, and what it keeps.
pub(crate) struct Site {
    url: String,
    database: String,
    people: Vec<Person>,
    running: RefCell<Option<Server>>,
    log: Log,
    directory: TempDir,
    /// Whether it sends mail, into a directory of its own, and anybody signs up.
    mailing: bool,
    _database: Option<TestDb>,
}

impl Site {
    /// `resolutionflow demo`: its people (owner morgan, engineers lena and ravi), flows and sessions.
    pub(super) async fn demo(engine: Engine) -> Self {
        let mut site = Self::empty(engine).await;
        let mut command = site.command(&["demo", "--json", "--listen", "127.0.0.1:0"]);
        command.args(["--database", &site.database]);
        let printed: Value = site.start(command, |line| serde_json::from_str(line).ok()).await;
        let person = |printed: &Value| Person {
            email: printed["email"].as_str().unwrap().to_owned(),
            password: printed["password"].as_str().unwrap().to_owned(),
        };
        printed["url"].as_str().unwrap().clone_into(&mut site.url);
        site.people = vec![person(&printed["owner"])];
        site.people
            .extend(printed["engineers"].as_array().unwrap().iter().map(person));
        site
    }

    /// `resolutionflow serve` with an account of these people, names and roles, the owner first; without anybody it
    /// is a server that nobody has set up yet.
    pub(super) async fn with_people(engine: Engine, people: &[(&str, &str)]) -> Self {
        Self::made(engine, people, false).await
    }

    /// As [`Site::with_people`], where mail is sent and anybody signs up.
    pub(super) async fn mailing(engine: Engine, people: &[(&str, &str)]) -> Self {
        Self::made(engine, people, true).await
    }

    async fn made(engine: Engine, people: &[(&str, &str)], mailing: bool) -> Self {
        let mut site = Self::empty(engine).await;
        site.mailing = mailing;
        for (index, (name, role)) in people.iter().enumerate() {
            let email = format!("{name}@contoso.example");
            let mut command = site.command(&["admin", "create-user", "--name", name, "--email", &email]);
            command.args(["--role", role, "--database", &site.database]);
            if index == 0 {
                command.args(["--account", "Contoso IT"]);
            }
            let done = tokio::task::spawn_blocking(move || command.output()).await;
            let done = done.unwrap().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let password = String::from_utf8(done.stdout).unwrap().trim().to_owned();
            site.people.push(Person { email, password });
        }
        site.url = site.serve("127.0.0.1:0").await;
        site
    }

    async fn empty(engine: Engine) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (database, kept) = match engine {
            Engine::Sqlite => {
                let path = directory.path().join("site.sqlite");
                (format!("sqlite:{}", path.display()), None)
            }
            Engine::Postgres => {
                let test = testing::postgres(|_| {}).await.expect("TEST_POSTGRES_URL is set");
                test.db.clone().close().await;
                (test.config.url.clone(), Some(test))
            }
        };
        Self {
            url: String::new(),
            database,
            people: Vec::new(),
            running: RefCell::new(None),
            log: Log::default(),
            directory,
            mailing: false,
            _database: kept,
        }
    }

    /// `http://127.0.0.1:PORT`, the same as long as the site lives.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Somebody by the beginning of the mail address.
    pub(crate) fn person(&self, name: &str) -> &Person {
        let found = self.people.iter().find(|person| person.email.starts_with(name));
        found.unwrap_or_else(|| panic!("there is no {name} among {:?}", self.people))
    }

    /// The API as this person, for what a test needs but does not look at.
    pub(crate) async fn api(&self, name: &str) -> Api {
        Api::sign_in(&self.url, self.person(name)).await
    }

    /// Ends the server without a warning, as a power cut would.
    pub(crate) fn kill9(&self) {
        let running = self.running.take();
        assert!(running.is_some(), "the server was killed before");
    }

    /// Starts the server again, on the same data and port; kills it first where it runs. People stay signed in.
    pub(crate) async fn restart(&self) {
        drop(self.running.take());
        self.serve(self.url.trim_start_matches("http://")).await;
    }

    /// Where the letter to an address leads whose link begins like this; nothing as long as it was not sent.
    pub(crate) fn letter(&self, to: &str, link: &str) -> Option<String> {
        self.letters(to, link).pop()
    }

    /// Where the letters to an address lead whose links begin like this.
    pub(crate) fn letters(&self, to: &str, link: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.directory.path().join("mail"));
        let letters = files
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .filter_map(|file| {
                if file.path().extension().is_none_or(|extension| extension != "eml") {
                    return None;
                }
                let text = std::fs::read_to_string(file.path()).ok()?;
                // Quoted-printable (RFC 2045, section 6.7), as far as links need it.
                let text = text.replace("=\r\n", "").replace("=3D", "=");
                let (_, rest) = text.split_once(&format!("https://flows.contoso.example{link}"))?;
                let secret: String = rest
                    .chars()
                    .take_while(|one| !one.is_whitespace() && *one != '"')
                    .collect();
                text.contains(&format!("To: {to}"))
                    .then(|| format!("{link}{secret}"))
            });
        letters.collect()
    }

    /// Makes somebody the owner of another account, too; the server stops for it.
    pub(crate) async fn second_account(&self, name: &str, person: &str) {
        self.kill9();
        let (name, email) = (name.to_owned(), self.person(person).email.clone());
        let now = Clock::system().now();
        let db = Db::open(&DbConfig::new(self.database.clone(), now))
            .await
            .unwrap();
        let made = db.write::<_, resolutionflow_store::Error, _>(move |tx| {
            let (name, email) = (name.clone(), email.clone());
            Box::pin(async move {
                let found = members::credentials(tx, &email).await?;
                let user = found.ok_or(resolutionflow_store::Error::NoRow)?.user_id;
                let (account, team) = (
                    AccountId::new(now, &mut Random::new([1; 32])),
                    Id::new(now, &mut Random::new([2; 32])),
                );
                members::create_account(tx, account, &name, team, now).await?;
                members::add(tx, account, user, Role::Owner, team, now).await
            })
        });
        made.await.unwrap();
        db.close().await;
        self.serve(self.url.trim_start_matches("http://")).await;
    }

    /// Everything that the server has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    async fn serve(&self, address: &str) -> String {
        let mut command = self.command(&["serve", "--listen", address, "--database", &self.database]);
        command.env("RESOLUTIONFLOW_LOG__FORMAT", "json");
        let listens = |line: &str| {
            let entry: Value = serde_json::from_str(line).ok()?;
            entry["address"]
                .as_str()
                .map(|address| format!("http://{address}"))
        };
        self.start(command, listens).await
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("RESOLUTIONFLOW_SECRETS__KEY", "5e".repeat(32))
            .envs(WIDE_OPEN);
        if self.mailing {
            command.envs(MAILING);
        }
        command
    }

    async fn start<T: Send + 'static>(
        &self,
        command: Command,
        find: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> T {
        let log = Arc::clone(&self.log);
        let starting = tokio::task::spawn_blocking(move || Server::start(command, &log, find));
        let (server, found) = starting.await.unwrap();
        self.running.replace(Some(server));
        found
    }
}
