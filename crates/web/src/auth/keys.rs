//! The master key, which all servers of a database share, and the keys that are derived from it (HKDF, RFC 5869). It
//! is never in the database; what shows there that a server has the right one tells nothing about it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{InviteId, TokenId};
use resolutionflow_core::random::Random;
use resolutionflow_store::{Db, Error as StoreError, master_key};
use sha2::Sha256;

use crate::config::{MasterKey, Settings};

/// What is derived from the master key.
pub struct Keys {
    refresh: [u8; 32],
    invites: [u8; 32],
    proof: Hash,
}

impl Keys {
    /// Derives them.
    pub fn of(master: &MasterKey) -> Self {
        let derive = |purpose: &str| {
            let mut key = [0; 32];
            Hkdf::<Sha256>::new(None, master.reveal())
                .expand(purpose.as_bytes(), &mut key)
                .expect("32 bytes are within what HKDF gives");
            key
        };
        Self {
            refresh: derive("resolutionflow refresh tokens 1"),
            invites: derive("resolutionflow invites 1"),
            proof: derive("resolutionflow proof of the master key 1"),
        }
    }

    /// The secret bytes of the token that replaces `presented`: every server derives the same, so nobody has to keep
    /// them to give the same answer twice.
    pub fn successor(&self, presented: &str, successor: TokenId) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.refresh).expect("HMAC takes keys of any length");
        mac.update(presented.as_bytes());
        mac.update(successor.uuid().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Keys {
    /// The secret bytes of an invite in one of its links, the so many-th time that it is sent: every server derives the
    /// same, so a link can be shown again that nobody keeps.
    pub fn invite(&self, id: InviteId, generation: i64, mailed: bool) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.invites).expect("HMAC takes keys of any length");
        mac.update(id.uuid().as_bytes());
        mac.update(&generation.to_be_bytes());
        mac.update(&[u8::from(mailed)]);
        mac.finalize().into_bytes().into()
    }
}

/// Finds the master key and shows it to the database, which knows it from the first server on.
///
/// It stands in the settings, or in the file that they name; beside an SQLite database a file with a new key is made
/// at the first start.
pub async fn prepare(settings: &Settings, db: &Db, random: &mut Random) -> Result<MasterKey, String> {
    let (key, from) = match (&settings.secrets.key, settings.secrets.key_file.path()) {
        (Some(key), _) => (key.clone(), "secrets.key".to_owned()),
        (None, Some(path)) => (read(path)?, path.display().to_string()),
        (None, None) => {
            let Some(path) = beside(settings.database.url.reveal()) else {
                return Err(
                    "the servers of a PostgreSQL share a master key, and none is set: \
                     `openssl rand -hex 32` makes one for RESOLUTIONFLOW_SECRETS__KEY or the file that \
                     secrets.key_file names"
                        .to_owned(),
                );
            };
            let known = db.read(|tx| Box::pin(async move { master_key::is_known(tx).await }));
            let known = known.await.map_err(|error: StoreError| error.to_string())?;
            let key = if known {
                read(&path)
            } else {
                read_or_make(&path, random)
            };
            (key?, path.display().to_string())
        }
    };
    let proof = Keys::of(&key).proof;
    let right = db.write(move |tx| Box::pin(async move { master_key::prove(tx, &proof).await }));
    if right.await.map_err(|error: StoreError| error.to_string())? {
        return Ok(key);
    }
    Err(format!(
        "the master key of {from} is not the one of this database, whose servers had another from the first on"
    ))
}

/// Where the key of an SQLite database is, unless it is elsewhere.
fn beside(url: &str) -> Option<PathBuf> {
    let file = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(format!("{file}.key")))
}

fn read(path: &Path) -> Result<MasterKey, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("the master key cannot be read: {}: {error}", path.display()))?;
    MasterKey::new(text.trim()).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_or_make(path: &Path, random: &mut Random) -> Result<MasterKey, String> {
    let key = MasterKey::from_bytes(random.bytes());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(path).and_then(|mut file| {
        writeln!(file, "{}", HEXLOWER.encode(key.reveal()))?;
        file.sync_all()
    });
    match made {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(format!(
            "the master key cannot be kept: {}: {error}",
            path.display()
        )),
    }
}
