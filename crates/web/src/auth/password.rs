//! Passwords: argon2id, off the request threads and never more at once than there are cores.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use resolutionflow_core::random::Random;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::error::{Error, Result};

/// The fewest characters of a password.
pub const SHORTEST: usize = 12;
/// The most characters of a password.
pub const LONGEST: usize = 256;

/// How many sign-ins may wait for a core before further ones are turned away.
const QUEUE: usize = 64;

/// Hashes and verifies; bounds how much of it runs and waits.
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A place in the queue; dropping it leaves.
pub struct Place(#[expect(dead_code, reason = "held, not looked at")] OwnedSemaphorePermit);

/// 19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet recommends.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// What an unknown person's password is checked against, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_with("nobody has this password", &[0; 16]));

fn hash_with(password: &str, salt: &[u8]) -> String {
    argon2()
        .hash_password_with_salt(password.as_bytes(), salt)
        .expect("a 16-byte salt is allowed")
        .to_string()
}

fn verify_now(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What is wrong with a new password, in words.
pub fn check(password: &str) -> std::result::Result<(), String> {
    match password.chars().count() {
        count if count < SHORTEST => Err(format!(
            "a password has {SHORTEST} characters or more; this has {count}"
        )),
        count if count > LONGEST => Err(format!(
            "a password has at most {LONGEST} characters; this has {count}"
        )),
        _ => Ok(()),
    }
}

/// How hard to guess a password that people choose must be, of 4.
const STRENGTH: zxcvbn::Score = zxcvbn::Score::Three;

/// Whether a password that somebody chose is guessed too easily, by one who knows these words.
pub fn is_weak(password: &str, known: &[&str]) -> bool {
    zxcvbn::zxcvbn(password, known).score() < STRENGTH
}

/// A new password of 140 random bits, in groups that can be read out; no two of its characters look alike. ASVS 5.0
/// wants 128 bits of what must not be guessed (11.5.1).
pub fn generate(random: &mut Random) -> String {
    const ALPHABET: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";
    let mut password = String::new();
    for (index, byte) in random.bytes::<28>().into_iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            password.push('-');
        }
        password.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    password
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            running: Arc::new(Semaphore::new(cores)),
            waiting: Arc::new(Semaphore::new(QUEUE)),
        }
    }
}

impl Passwords {
    /// The PHC string of a password's hash, with a fresh salt.
    pub async fn hash(&self, password: String, random: &mut Random) -> Result<String> {
        let salt = random.bytes::<16>();
        self.run(self.queue()?, move || hash_with(&password, &salt)).await
    }

    /// A place in the queue, or 503 where all are taken. Whoever asks much of the database on the way to a password takes
    /// one first, so that no crowd at the door keeps the database from those inside.
    pub fn queue(&self) -> Result<Place> {
        Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map(Place)
            .map_err(|error| match error {
                TryAcquireError::NoPermits => Error::Unavailable {
                    detail: "Too many people are signing in at this moment.".to_owned(),
                    retry_after: Duration::from_secs(2),
                },
                TryAcquireError::Closed => Error::internal(error),
            })
    }

    /// Whether the password is the one of the hash; without a hash it takes as long and never is.
    pub async fn verify(&self, place: Place, password: String, hash: Option<String>) -> Result<bool> {
        self.run(place, move || {
            let known = hash.is_some();
            verify_now(&password, hash.as_deref().unwrap_or(&NOBODY)) && known
        })
        .await
    }

    /// Works on a thread of its own, no more at once than there are cores: whoever hangs up meanwhile gives the place
    /// and the core back when the work is done, not before.
    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let core = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let held = move || {
            let _held = (place, core);
            work()
        };
        tokio::task::spawn_blocking(held).await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_passes() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash("correct horse battery".into(), &mut Random::new([1; 32]))
            .await
            .unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(
            passwords
                .verify(
                    passwords.queue().unwrap(),
                    "correct horse battery".into(),
                    Some(hash.clone())
                )
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(
                    passwords.queue().unwrap(),
                    "wrong horse battery".into(),
                    Some(hash)
                )
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(
                    passwords.queue().unwrap(),
                    "nobody has this password".into(),
                    None
                )
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(passwords.queue().unwrap(), "x".into(), Some("no hash".into()))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn whoever_hangs_up_keeps_the_core_until_the_work_is_done() {
        let passwords = Passwords::default();
        let cores = passwords.running.available_permits();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(passwords.run(passwords.queue().unwrap(), move || wait.recv().is_ok()));
        assert!(futures_util::poll!(work.as_mut()).is_pending());
        drop(work);
        assert_eq!(passwords.running.available_permits(), cores - 1);
        assert_eq!(passwords.waiting.available_permits(), QUEUE - 1);
        done.send(()).unwrap();
        let all = u32::try_from(cores).unwrap();
        drop(passwords.running.acquire_many(all).await.unwrap());
        assert_eq!(passwords.waiting.available_permits(), QUEUE);
    }

    #[test]
    fn a_generated_password_is_a_password() {
        let random = &mut Random::new([2; 32]);
        let password = generate(random);
        let groups: Vec<_> = password.split('-').map(str::len).collect();
        assert_eq!(groups, [4; 7]);
        let kinds: std::collections::BTreeSet<_> =
            (0..200).flat_map(|_| generate(random).into_bytes()).collect();
        assert_eq!(
            kinds.len(),
            32 + 1,
            "each letter stands for five bits, 140 in all"
        );
        assert!(check(&password).is_ok() && !is_weak(&password, &[]));
        assert_ne!(generate(random), password);
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(check("elevenchars").is_err());
        assert!(check("äöüäöüäöüäöü").is_ok());
        assert!(check(&"x".repeat(257)).is_err());
    }
}
