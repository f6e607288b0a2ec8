//! What this person's commands show to servers: a token that was given, or what `login` keeps in a file that only its
//! owner reads. Commands that run side by side take turns at that file, so one of them refreshes and the rest go on
//! with what it got.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Done, Failure};
use crate::context::Clock;

/// The variable that names the file.
pub(crate) const VARIABLE: &str = "RESOLUTIONFLOW_CREDENTIALS";

/// For how long a token must be good to be shown: a request may take a while to arrive.
const LEAST: TimeDelta = TimeDelta::seconds(20);

/// What a server answers to a sign-in, and to a refresh token.
#[derive(Deserialize)]
pub(super) struct Answered {
    access_token: String,
    expires_in: u32,
    refresh_token: String,
}

/// What is kept for a server.
#[derive(Clone, Serialize, Deserialize)]
struct SignedIn {
    access_token: String,
    access_until: DateTime<Utc>,
    refresh_token: String,
}

type Kept = BTreeMap<String, SignedIn>;

/// What is shown to a server.
#[derive(Clone)]
pub(super) enum Credentials {
    /// A token that was given.
    Given(String),
    /// What the file holds for the server.
    Kept(Login),
}

/// A server in the file.
#[derive(Clone)]
pub(super) struct Login {
    file: PathBuf,
    server: String,
}

impl Login {
    /// The file of this person, and a server in it.
    pub(super) fn at(server: &Url) -> Done<Self> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let named = variable(VARIABLE).map(PathBuf::from);
        let config = || {
            variable("XDG_CONFIG_HOME")
                .map(PathBuf::from)
                .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")))
                .map(|config| config.join("resolutionflow/credentials.json"))
        };
        let file = named.or_else(config).ok_or_else(|| {
            Failure::Usage(format!(
                "there is no HOME to keep sign-ins in; {VARIABLE} names a file"
            ))
        })?;
        Ok(Self {
            file,
            server: server.as_str().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether somebody is signed in at the server.
    pub(super) fn is_kept(&self) -> Done<bool> {
        Ok(self.read()?.contains_key(&self.server))
    }

    /// An access token that is good, and is not the one that was just refused. `refresh` presents a refresh token to
    /// the server; nothing means that the server wants a new sign-in.
    pub(super) fn access(
        &self,
        refused: Option<&str>,
        refresh: impl FnOnce(&str) -> Done<Option<Answered>>,
    ) -> Done<String> {
        let _turn = self.turn()?;
        let mut kept = self.read()?;
        let again = || {
            Failure::Reason(format!(
                "{0}: sign in with `resolutionflow login --server {0}`",
                self.server
            ))
        };
        let signed_in = kept.get(&self.server).ok_or_else(again)?;
        let good = Clock::system().now() + LEAST < signed_in.access_until;
        if good && refused != Some(signed_in.access_token.as_str()) {
            return Ok(signed_in.access_token.clone());
        }
        if let Some(answered) = refresh(&signed_in.refresh_token)? {
            let access = answered.access_token.clone();
            self.write(&mut kept, Some(answered))?;
            return Ok(access);
        }
        self.write(&mut kept, None)?;
        Err(again())
    }

    /// Keeps a sign-in, and answers the refresh token of the one that was kept before.
    pub(super) fn keep(&self, answered: Answered) -> Done<Option<String>> {
        let _turn = self.turn()?;
        let mut kept = self.read()?;
        let before = kept.get(&self.server).map(|known| known.refresh_token.clone());
        self.write(&mut kept, Some(answered))?;
        Ok(before)
    }

    /// The refresh token that is kept.
    pub(super) fn refresh_token(&self) -> Done<Option<String>> {
        Ok(self.read()?.remove(&self.server).map(|known| known.refresh_token))
    }

    /// Forgets a sign-in.
    pub(super) fn forget(&self) -> Done {
        let _turn = self.turn()?;
        let mut kept = self.read()?;
        self.write(&mut kept, None)
    }

    /// Waits for the turn at the file, which ends when the answer is dropped.
    fn turn(&self) -> Done<File> {
        let lock = self.file.with_extension("lock");
        if let Some(directory) = lock.parent() {
            fs::create_dir_all(directory).map_err(|error| self.wrong(&error))?;
        }
        let file = private().create(true).truncate(false).open(&lock);
        let file = file.map_err(|error| self.wrong(&error))?;
        file.lock().map_err(|error| self.wrong(&error))?;
        Ok(file)
    }

    fn read(&self) -> Done<Kept> {
        match fs::read(&self.file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| Failure::Reason(format!("{}: {error}", self.file.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kept::new()),
            Err(error) => Err(self.wrong(&error)),
        }
    }

    /// Writes the whole file or none of it.
    fn write(&self, kept: &mut Kept, answered: Option<Answered>) -> Done {
        match answered {
            Some(answered) => {
                let signed_in = SignedIn {
                    access_token: answered.access_token,
                    access_until: Clock::system().now() + TimeDelta::seconds(answered.expires_in.into()),
                    refresh_token: answered.refresh_token,
                };
                kept.insert(self.server.clone(), signed_in);
            }
            None => {
                kept.remove(&self.server);
            }
        }
        let text = serde_json::to_vec_pretty(kept).map_err(|error| error.to_string())?;
        let new = self.file.with_extension("new");
        let written = private()
            .create(true)
            .truncate(true)
            .open(&new)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&new, &self.file));
        written.map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, error: &std::io::Error) -> Failure {
        Failure::Reason(format!("{}: {error}", self.file.display()))
    }
}

/// How files are opened that nobody else may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
