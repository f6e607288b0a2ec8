//! The code that opens a new server to its first person: printed where the server runs, so that only who runs it can
//! use it.

use std::sync::{Mutex, PoisonError};

use data_encoding::BASE32_NOPAD;
use futures_util::FutureExt;
use resolutionflow_core::random::Random;
use resolutionflow_store::{Db, Error, members};
use sha2::{Digest, Sha256};

/// The code of this server, as long as nobody is there.
#[derive(Default)]
pub struct Setup(Mutex<Option<String>>);

impl Setup {
    /// Makes a code where the database knows nobody; `None` where it does.
    pub async fn prepare(&self, db: &Db, random: &mut Random) -> Result<Option<String>, Error> {
        let anybody = db.read::<_, Error, _>(|tx| members::anybody(tx).boxed()).await?;
        let code = (!anybody).then(|| new_code(random));
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&code);
        Ok(code)
    }

    /// Whether the server still waits for its first person, as far as this server knows.
    pub fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
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

/// 80 random bits in groups of four letters and digits.
fn new_code(random: &mut Random) -> String {
    let text = BASE32_NOPAD.encode(&random.bytes::<10>());
    let groups: Vec<&str> = (0..4).map(|group| &text[group * 4..group * 4 + 4]).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_accepted_as_people_type_it_until_the_way_is_closed() {
        let code = new_code(&mut Random::new([5; 32]));
        assert_eq!(code.len(), 19);
        let setup = Setup(Mutex::new(Some(code.clone())));
        assert!(setup.is_open() && setup.accepts(&code));
        assert!(setup.accepts(&code.to_lowercase().replace('-', " ")));
        assert!(!setup.accepts("") && !setup.accepts(&code[..18]));
        setup.close();
        assert!(!setup.is_open() && !setup.accepts(&code) && !setup.accepts(""));
    }
}
