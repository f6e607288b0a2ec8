//! The two ways to an account's flows: the database itself, or a server that holds it.

use clap::Args;
use resolutionflow_core::id::FlowId;
use url::Url;

use super::credentials::{Credentials, Login};
use super::local::Local;
use super::remote::Remote;
use super::{Done, Failure, Place};
use crate::config::Settings;

/// The variables that name a server and a token; their names begin like those of settings and are none.
const SERVER: &str = "RESOLUTIONFLOW_SERVER";
const TOKEN: &str = "RESOLUTIONFLOW_TOKEN";

/// Where the flows are, and who asks.
#[derive(Args, Debug)]
pub(super) struct Way {
    #[command(flatten)]
    pub(super) place: Place,
    /// Act as this member of the account; needed on a database with more than one owner
    #[arg(long = "as", value_name = "EMAIL", conflicts_with = "server")]
    member: Option<String>,
    // No comments of documentation, in which variables would have to be marked up.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "database",
        help = "Go through a running server instead of the database [env: RESOLUTIONFLOW_SERVER]"
    )]
    server: Option<Url>,
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["database", "member"],
          help = "Token for the server; the variable keeps it out of the list of processes \
                  [env: RESOLUTIONFLOW_TOKEN]")]
    token: Option<String>,
}

/// A way that was opened.
pub(super) enum Open {
    /// The database.
    Local(Local),
    /// A server.
    Remote(Remote),
}

impl Way {
    /// Opens the server where one is named, else the database.
    pub(super) async fn open(&self, settings: &Settings) -> Done<Open> {
        match self.server()? {
            Some(remote) => Ok(Open::Remote(remote)),
            None => self.database(settings).await,
        }
    }

    /// Opens the database.
    pub(super) async fn database(&self, settings: &Settings) -> Done<Open> {
        Ok(Open::Local(Local::open(settings, self.member.as_deref()).await?))
    }

    /// The server, where one is named.
    pub(super) fn server(&self) -> Done<Option<Remote>> {
        let by_hand = self.place.database.is_some() || self.member.is_some();
        let server = match &self.server {
            Some(server) => Some(server.clone()),
            None if by_hand => None,
            None => variable(SERVER)
                .map(|text| {
                    Url::parse(&text).map_err(|error| Failure::Usage(format!("{SERVER}: {text:?}: {error}")))
                })
                .transpose()?,
        };
        let Some(server) = server else {
            if self.token.is_some() {
                let reason = format!("--token goes with --server or {SERVER}");
                return Err(Failure::Usage(reason));
            }
            return Ok(None);
        };
        if let Some(token) = self.token.clone().or_else(|| variable(TOKEN)) {
            return Remote::new(server, Credentials::Given(token)).map(Some);
        }
        let login = Login::at(&server)?;
        if !login.is_kept()? {
            return Err(Failure::Usage(format!(
                "a server wants to know who asks: `resolutionflow login --server {server}` signs in, or --token or \
                 {TOKEN} names a token"
            )));
        }
        Remote::new(server, Credentials::Kept(login)).map(Some)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Open {
    /// Finishes what was accepted.
    pub(super) async fn close(self) {
        if let Self::Local(local) = self {
            local.close().await;
        }
    }
}

/// A document to import.
pub(super) struct Document {
    pub(super) text: String,
    /// For a document without a title.
    pub(super) file_name: Option<String>,
    pub(super) into: Option<FlowId>,
    pub(super) draft: bool,
}

/// What became of a document.
pub(super) struct Outcome {
    pub(super) flow: String,
    /// `None` for a draft.
    pub(super) version: Option<i64>,
    pub(super) changed: bool,
    /// How many steps and fields it has.
    pub(super) steps: u64,
    pub(super) fields: u64,
}

/// Why a document was not imported.
pub(super) enum Refused {
    /// The document is at fault: each thing that is wrong, with line and column where it has one.
    Document(Vec<(Option<(u64, u64)>, String)>),
    /// Every other document would meet the same.
    Everything(Failure),
}

impl<E: Into<Failure>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Everything(error.into())
    }
}
