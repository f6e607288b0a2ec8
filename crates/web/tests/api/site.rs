//! As many servers as an engine is meant for: one on SQLite, three processes on PostgreSQL.

use resolutionflow::config::{Networks, Settings, Throttle};
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::databases;

use crate::asking::Client;
use crate::cast::{Member, TestApp};
use crate::process::Server;

/// How many processes share a PostgreSQL.
const SERVERS: usize = 3;

/// One database and all its servers.
pub(crate) struct Site {
    /// What looks into the database; on SQLite it is the server, too.
    pub(crate) app: TestApp,
    /// One for each server.
    pub(crate) clients: Vec<Client>,
    _processes: Vec<Server>,
}

const WIDE: &str = "1000000";

/// The environment of a server that holds up nobody, however much one machine asks for.
pub(crate) const WIDE_OPEN: [(&str, &str); 7] = [
    ("RESOLUTIONFLOW_THROTTLE__ADDRESS_PER_MINUTE", WIDE),
    ("RESOLUTIONFLOW_THROTTLE__ADDRESS_BURST", WIDE),
    ("RESOLUTIONFLOW_THROTTLE__NAME_PER_HOUR", WIDE),
    ("RESOLUTIONFLOW_THROTTLE__NAME_BURST", WIDE),
    ("RESOLUTIONFLOW_THROTTLE__FREE_TRIES", WIDE),
    ("RESOLUTIONFLOW_THROTTLE__LETTERS_PER_HOUR", WIDE),
    ("RESOLUTIONFLOW_THROTTLE__LETTERS_BURST", WIDE),
];

/// A site on each engine there is, whose servers hold up nobody, however much one machine asks for.
pub(crate) async fn open_sites() -> Vec<Site> {
    sites_of(&WIDE_OPEN, false).await
}

/// A site on each engine there is.
pub(crate) async fn sites() -> Vec<Site> {
    sites_with(&[]).await
}

/// A site on each engine there is, whose servers hold up who tries too many passwords, and believe in
/// `X-Forwarded-For`.
pub(crate) async fn guarded_sites() -> Vec<Site> {
    sites_with(&[("RESOLUTIONFLOW_SERVER__TRUSTED_PROXIES", "127.0.0.1")]).await
}

async fn sites_with(settings: &'static [(&'static str, &'static str)]) -> Vec<Site> {
    sites_of(settings, !settings.is_empty()).await
}

async fn sites_of(settings: &'static [(&'static str, &'static str)], guarded: bool) -> Vec<Site> {
    let mut sites = Vec::new();
    for test in databases().await {
        let change = |own: &mut Settings| {
            if guarded {
                own.throttle = Throttle::default();
                own.server.trusted_proxies = Networks::new("127.0.0.1").unwrap();
            }
        };
        let app = TestApp::today(test, change).await;
        let processes: Vec<_> = match app.engine() {
            Engine::Sqlite => Vec::new(),
            Engine::Postgres => (0..SERVERS)
                .map(|_| Server::start_with(app.database(), settings))
                .collect(),
        };
        let mut clients: Vec<_> = processes
            .iter()
            .map(|server| Client::new(server.address))
            .collect();
        if clients.is_empty() {
            clients.push(app.client.clone());
        }
        sites.push(Site {
            app,
            clients,
            _processes: processes,
        });
    }
    sites
}

impl Site {
    /// Somebody of the cast, at each server.
    pub(crate) fn member(&self, name: &str) -> Vec<Member> {
        let clients = self.clients.iter();
        clients.map(|client| self.app.member_at(name, client)).collect()
    }
}
