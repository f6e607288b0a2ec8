//! The people of the tests and the server they talk to, so that a test reads as sentences:
//! `app.member("lena").prepares(&flow).for_("morgan").await`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow::app::router;
use resolutionflow::auth::password::Passwords;
use resolutionflow::auth::secret;
use resolutionflow::config::{Settings, Throttle};
use resolutionflow::context::{App, Clock};
use resolutionflow::serve::serve;
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::event::{Event, GENESIS};
use resolutionflow_core::id::{AccountId, Id, SessionId, TeamId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::{TestDb, databases, now};
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Db, Error, Tx, events, members};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, oneshot};
use uuid::Uuid;

use crate::asking::{Ask, Client};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Who there is: Contoso's people, and Sid, who is the owner of another account.
const PEOPLE: [(&str, &str, Role); 6] = [
    ("olivia", "contoso", Role::Owner),
    ("adam", "contoso", Role::Admin),
    ("lena", "contoso", Role::Engineer),
    ("morgan", "contoso", Role::Engineer),
    ("vera", "contoso", Role::Viewer),
    ("sid", "fabrikam", Role::Owner),
];

/// A person of the cast, as a client with their personal token.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) user_id: UserId,
    pub(crate) account: AccountId,
    pub(crate) token: String,
    pub(crate) client: Client,
    people: Arc<People>,
}

/// The people of one database.
#[derive(Clone)]
pub(crate) struct Cast(Arc<People>);

type People = BTreeMap<&'static str, Person>;

/// What is known of a person.
#[derive(Clone)]
struct Person {
    user_id: UserId,
    account: AccountId,
    token: String,
}

/// A server of a test's own; it and its database go with this value.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) client: Client,
    cast: Cast,
    test: Arc<TestDb>,
    _stop: oneshot::Sender<()>,
}

/// A server with its people on each engine there is.
pub(crate) async fn apps() -> Vec<TestApp> {
    let mut apps = Vec::new();
    for test in databases().await {
        apps.push(TestApp::on(test, |_| {}).await);
    }
    apps
}

/// What a new person's row needs, hashed once: a hash takes its time on purpose.
async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let random = &mut Random::new([7; 32]);
        Passwords::default()
            .hash(PASSWORD.to_owned(), random)
            .await
            .unwrap()
    };
    HASH.get_or_init(make).await.clone()
}

impl Cast {
    /// Writes the cast into a fresh database; their tokens are good for a year.
    pub(crate) async fn make(db: &Db, now: DateTime<Utc>) -> Self {
        let hash = password_hash().await;
        let mut all = People::new();
        for (name, seed) in [("contoso", [9; 32]), ("fabrikam", [10; 32])] {
            let hash = hash.clone();
            let made: Result<People, Error> = db
                .write(move |tx| {
                    let hash = hash.clone();
                    Box::pin(async move { people(tx, name, seed, &hash, now).await })
                })
                .await;
            all.extend(made.unwrap());
        }
        Self(Arc::new(all))
    }

    /// Somebody of the cast, with a client for the server they talk to.
    pub(crate) fn member(&self, name: &str, client: &Client) -> Member {
        let person = &self.0[name];
        Member {
            user_id: person.user_id,
            account: person.account,
            token: person.token.clone(),
            client: client.clone(),
            people: Arc::clone(&self.0),
        }
    }
}

/// An account with those of the cast who are in it.
async fn people(
    tx: &mut Tx,
    called: &str,
    seed: [u8; 32],
    hash: &str,
    now: DateTime<Utc>,
) -> Result<People, Error> {
    let random = &mut Random::new(seed);
    let (account, team): (AccountId, TeamId) = (Id::new(now, random), Id::new(now, random));
    members::create_account(tx, account, called, team, now).await?;
    let mut people = People::new();
    for (name, _, role) in PEOPLE.into_iter().filter(|(_, account, _)| *account == called) {
        let user = members::NewUser {
            id: Id::new(now, random),
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            password_hash: Some(hash.to_owned()),
        };
        assert!(members::create_user(tx, &user, now).await?);
        members::add(tx, account, user.id, role, team, now).await?;
        let token = secret::make(TokenKind::Personal, random);
        let new = NewToken {
            hash: secret::digest(&token),
            id: Id::new(now, random),
            kind: TokenKind::Personal,
            user_id: user.id,
            auth_epoch: 0,
            name: "test".to_owned(),
            expires_at: now + TimeDelta::days(365),
            family_id: None,
            scopes: Scopes::ALL,
        };
        assert!(tokens::create(tx, account, &new, now).await?);
        let user_id = user.id;
        people.insert(
            name,
            Person {
                user_id,
                account,
                token,
            },
        );
    }
    Ok(people)
}

impl TestApp {
    /// Serves a fresh database, with settings of the test's own.
    pub(crate) async fn on(test: TestDb, change: impl FnOnce(&mut Settings)) -> Self {
        let cast = Cast::make(&test.db, now()).await;
        let db = test.db.clone();
        Self::serve(Arc::new(test), db, cast, Clock::fixed(now()), change).await
    }

    /// Serves a fresh database by the machine's own clock, as the program itself does.
    pub(crate) async fn today(test: TestDb, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Clock::system();
        let cast = Cast::make(&test.db, clock.now()).await;
        let db = test.db.clone();
        Self::serve(Arc::new(test), db, cast, clock, change).await
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> &str {
        &self.test.config.url
    }

    /// Somebody of the cast, at another server of the same database.
    pub(crate) fn member_at(&self, name: &str, client: &Client) -> Member {
        self.cast.member(name, client)
    }

    /// Another server on the same database, as a second machine would be.
    pub(crate) async fn second_server(&self) -> Self {
        let db = Db::open(&self.test.config).await.unwrap();
        let (test, cast) = (Arc::clone(&self.test), self.cast.clone());
        Self::serve(test, db, cast, self.clock.clone(), |_| {}).await
    }

    async fn serve(
        test: Arc<TestDb>,
        db: Db,
        cast: Cast,
        clock: Clock,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        // One machine is everybody here.
        let mut settings = Settings {
            throttle: Throttle::wide_open(),
            ..Settings::default()
        };
        change(&mut settings);
        let app = App::new(settings, clock.clone(), db);
        tokio::spawn(app.live.clone().run(app.db.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = app.clone();
        tokio::spawn(async move {
            let stop = async { stopped.await.unwrap_or_default() };
            serve(listener, router(server.clone()), &server, stop).await;
        });
        Self {
            app,
            address,
            clock,
            client: Client::new(address),
            cast,
            test,
            _stop: stop,
        }
    }

    /// Which engine it runs on.
    pub(crate) fn engine(&self) -> Engine {
        self.test.engine
    }

    /// Somebody of the cast.
    pub(crate) fn member(&self, name: &str) -> Member {
        self.cast.member(name, &self.client)
    }

    /// Another personal token of somebody, told apart by two numbers.
    pub(crate) async fn new_token(&self, member: &Member, one: u8, two: u8) -> String {
        let mut seed = [77; 32];
        (seed[0], seed[1]) = (one, two);
        let (random, now) = (&mut Random::new(seed), self.clock.now());
        let secret = secret::make(TokenKind::Personal, random);
        let new = NewToken {
            hash: secret::digest(&secret),
            id: Id::new(now, random),
            kind: TokenKind::Personal,
            user_id: member.user_id,
            auth_epoch: 0,
            name: "another".to_owned(),
            expires_at: now + TimeDelta::days(1),
            family_id: None,
            scopes: Scopes::ALL,
        };
        let account = member.account;
        let made = self.app.db.write::<_, Error, _>(move |tx| {
            let new = new.clone();
            Box::pin(async move { tokens::create(tx, account, &new, now).await })
        });
        assert!(made.await.unwrap());
        secret
    }

    /// Nobody: a client without a token.
    pub(crate) fn nobody(&self) -> Client {
        self.client.clone()
    }

    /// A flow of Lena's with every kind of thing that the tests need; the answer of the API to it.
    pub(crate) async fn flow(&self) -> Value {
        self.member("lena").creates(&flow_document()).await
    }

    /// The history of a session, as the store has it, after its hash chain was checked.
    pub(crate) async fn verified_events(&self, account: AccountId, session: &Value) -> Vec<Event> {
        verified_events(&self.app.db, account, session_id(session)).await
    }
}

/// The history of a session, checked: numbers without gaps, each hash over the one before.
pub(crate) async fn verified_events(db: &Db, account: AccountId, id: SessionId) -> Vec<Event> {
    let events: Result<Vec<Event>, Error> = db
        .read_long(move |tx| Box::pin(async move { events::after(tx, account, id, 0, i64::MAX).await }))
        .await;
    let events = events.unwrap();
    let mut previous = GENESIS;
    for (event, number) in events.iter().zip(1..) {
        assert_eq!(event.number, number, "the numbers have no gap");
        assert!(
            event.follows(&previous, id),
            "event {number} follows the one before"
        );
        previous = event.hash;
    }
    events
}

/// The identifier of a session that the API answered.
pub(crate) fn session_id(session: &Value) -> SessionId {
    SessionId::from_uuid(uuid(&session["id"]))
}

/// A member of an answer that is an identifier.
pub(crate) fn uuid(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

/// A flow with required and optional fields of several types, tasks and two steps.
pub(crate) fn flow_document() -> Value {
    json!({
        "title": "Restart a service",
        "tags": ["linux"],
        "fields": [
            {"name": "server_name", "label": "Server name", "type": "hostname", "required": true},
            {"name": "address", "type": "ip"},
            {"name": "port", "type": "port", "default": "443"},
            {"name": "reason", "type": "long_text", "required": true}
        ],
        "sections": [{"steps": [
            {"id": "look", "title": "Look at [VAR:server_name]", "body": "Read the log of [VAR:server_name] for [VAR:ticket]."},
            {"id": "restart", "title": "Restart it", "body": "- [ ] Told the users\n- [ ] Took a snapshot\n\n```bash\nssh [VAR:server_name|sh] sudo systemctl restart nginx\n```"}
        ]}]
    })
}

impl Member {
    pub(crate) fn get(&self, path: impl AsRef<str>) -> Ask {
        self.client.ask("GET", path).token(&self.token)
    }

    pub(crate) fn post(&self, path: impl AsRef<str>) -> Ask {
        self.client.ask("POST", path).token(&self.token)
    }

    pub(crate) fn patch(&self, path: impl AsRef<str>) -> Ask {
        self.client.ask("PATCH", path).token(&self.token)
    }

    pub(crate) fn put(&self, path: impl AsRef<str>) -> Ask {
        self.client.ask("PUT", path).token(&self.token)
    }

    pub(crate) fn delete(&self, path: impl AsRef<str>) -> Ask {
        self.client.ask("DELETE", path).token(&self.token)
    }

    /// Creates and publishes a flow, and answers it.
    pub(crate) async fn creates(&self, document: &Value) -> Value {
        self.post("/flows").json(document).await.with(201)["flow"].clone()
    }

    /// Starts a flow with nothing filled in, and answers the session.
    pub(crate) async fn starts(&self, flow: &Value) -> Value {
        let body = json!({"flow_id": flow["id"]});
        self.post("/sessions").json(&body).await.with(201)
    }

    /// Prepares a session of a flow.
    pub(crate) fn prepares(&self, flow: &Value) -> Preparing {
        Preparing {
            who: self.clone(),
            body: json!({"flow_id": flow["id"]}),
        }
    }

    /// Asks to set variables of a session.
    pub(crate) fn sets(&self, session: &Value, variables: &Value) -> Ask {
        self.patch(format!("{}/variables", path(session)))
            .json(&json!({ "variables": variables }))
    }

    /// Asks to do something to a session that takes no body: start, take, complete, discard, reopen.
    pub(crate) fn does(&self, what: &str, session: &Value) -> Ask {
        self.post(format!("{}/{what}", path(session)))
    }

    /// The session as it stands.
    pub(crate) async fn sees(&self, session: &Value) -> Value {
        self.get(path(session)).await.with(200)
    }
}

/// Where a session is.
pub(crate) fn path(session: &Value) -> String {
    format!("/sessions/{}", session["id"].as_str().unwrap())
}

/// A session that is being prepared.
pub(crate) struct Preparing {
    who: Member,
    body: Value,
}

impl Preparing {
    /// Assigns it to somebody of the cast.
    pub(crate) fn for_(mut self, name: &str) -> Self {
        self.body["assigned_to_id"] = json!(self.who.people[name].user_id);
        self
    }

    /// Fills a variable in.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.body["variables"][name] = json!(value);
        self
    }
}

impl IntoFuture for Preparing {
    type Output = Value;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Value> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.who
                .post("/sessions/prepare")
                .json(&self.body)
                .await
                .with(201)
        })
    }
}
