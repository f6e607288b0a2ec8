//! The code that opens a new server to its first person: printed where the server runs, so that only who runs it can
//! use it.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use resolutionflow_core::random::Random;
use resolutionflow_store::{Db, Error, members};
use sha2::{Digest, Sha256};

use super::password;
use super::peer::Peer;
use super::sign_in::{bucket, by_address, take};
use crate::context::App;

/// The code of this server, as long as nobody is there.
#[derive(Default)]
pub struct Setup(Mutex<Option<String>>);

impl Setup {
    /// Makes a code where the database knows nobody; `None` where it does.
    pub async fn prepare(&self, db: &Db, random: &mut Random) -> Result<Option<String>, Error> {
        let anybody = db.read::<_, Error, _>(|tx| members::anybody(tx).boxed()).await?;
        let code = (!anybody).then(|| password::generate(random));
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&code);
        Ok(code)
    }

    /// Whether the server still waits for its first person, as far as this server knows.
    fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Whether the server still waits for its first person. Asked of the database while it does as far as this server
    /// knows: another server, or a command, may have let them in.
    pub async fn waits(&self, db: &Db) -> Result<bool, Error> {
        if !self.is_open() {
            return Ok(false);
        }
        let anybody = db.read::<_, Error, _>(|tx| members::anybody(tx).boxed()).await?;
        if anybody {
            self.close();
        }
        Ok(!anybody)
    }

    /// Whether this is the code, in any case and with or without its dashes.
    pub fn accepts(&self, typed: &str) -> bool {
        let plain = |text: &str| -> [u8; 32] {
            let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            Sha256::digest(letters.to_ascii_uppercase()).into()
        };
        // Digests are compared, so that the time it takes tells nothing of the code.
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|code| plain(code) == plain(typed))
    }

    /// Closes the way in.
    pub fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Reserves a try at setting the server up from there, before the code is looked at, or says when there is one again.
pub async fn reserve(app: &App, peer: &Peer) -> crate::error::Result<()> {
    let from = bucket("setup-from", &[&peer.block()], by_address(&app.settings.throttle));
    take(app, "attempts to set this server up", [from]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_accepted_as_people_type_it_until_the_way_is_closed() {
        let code = password::generate(&mut Random::new([5; 32]));
        let setup = Setup(Mutex::new(Some(code.clone())));
        assert!(setup.is_open() && setup.accepts(&code));
        assert!(setup.accepts(&code.to_uppercase().replace('-', " ")));
        assert!(!setup.accepts("") && !setup.accepts(&code[..code.len() - 1]));
        setup.close();
        assert!(!setup.is_open() && !setup.accepts(&code) && !setup.accepts(""));
    }
}
