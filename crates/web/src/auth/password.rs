//! Passwords: argon2id, off the request threads and never more at once than there are cores.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use resolutionflow_core::random::Random;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::error::{Error, Result};
use crate::pages::words::door as words;

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

/// What many passwords begin with, and what the product is called.
const BASES: [&str; 11] = [
    "resolutionflow",
    "resolution",
    "flow",
    "password",
    "welcome",
    "spring",
    "summer",
    "autumn",
    "winter",
    "qwertyuiop",
    "asdfghjkl",
];

/// What is wrong with a new password of somebody of whom this is known; nothing where it is good.
pub fn fault(password: &str, known: &[&str]) -> Option<String> {
    let weak = || is_weak(password, known).then(|| words::PASSWORD_WEAK.to_owned());
    check(password).err().or_else(weak)
}

/// Whether a password that somebody chose is guessed too easily, by one who knows these names and addresses: as it is,
/// or without what is known. zxcvbn alone lets three pieces pass, whatever they are.
pub fn is_weak(password: &str, known: &[&str]) -> bool {
    let words = words(known);
    let weak = |text: &str| zxcvbn::zxcvbn(text, &words).score() < STRENGTH;
    let rest = without(password, &words);
    weak(password) || (rest != password && weak(&rest))
}

/// What makes a password no harder to guess (ASVS 5.0, 6.1.2): names and addresses as they are, the two halves of an
/// address, and their parts, of three characters or more each.
fn words<'k>(known: &[&'k str]) -> Vec<&'k str> {
    let halves = known.iter().flat_map(|known| known.split('@'));
    let parts = known
        .iter()
        .flat_map(|known| known.split(|character: char| !character.is_alphanumeric()));
    let words = known.iter().copied().chain(halves).chain(parts);
    let words = BASES.into_iter().chain(words);
    let mut words: Vec<_> = words.filter(|word| word.chars().count() >= 3).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words
}

/// The password without these words, the first of them first; letters count as the digits and signs that look like them.
fn without(password: &str, words: &[&str]) -> String {
    let plain = |character: char| match character.to_lowercase().next().unwrap_or(character) {
        '0' => 'o',
        '1' | '!' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    let mut rest: Vec<char> = password.chars().collect();
    for word in words {
        let word: Vec<char> = word.chars().map(plain).collect();
        let is_here = |window: &[char]| window.iter().copied().map(plain).eq(word.iter().copied());
        while let Some(at) = rest.windows(word.len()).position(is_here) {
            rest.drain(at..at + word.len());
        }
    }
    rest.into_iter().collect()
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
    fn no_password_is_built_on_what_is_known() {
        let known = [
            "Morgan D'Arcy-Osei",
            "m.osei@labs.contoso-nord.example",
            "Contoso Süd",
        ];
        let words = words(&known);
        for word in [
            "resolutionflow",
            "Morgan D'Arcy-Osei",
            "Morgan",
            "Arcy",
            "Osei",
            "m.osei",
            "osei",
            "labs.contoso-nord.example",
            "labs",
            "contoso",
            "nord",
            "example",
            "Süd",
        ] {
            assert!(words.contains(&word), "{word} is not among {words:?}");
        }
        assert!(!words.contains(&"D") && !words.contains(&"m"), "{words:?}");
        let pass: Vec<_> = [
            "Contoso-2024!",
            "contosocontoso",
            "MorganOsei2024",
            "Osei@contoso1",
            "0sei.Morg4n.labs",
            "ResolutionFlow1",
            "resolution-flow-2024",
            "süd.nord.contoso",
            "m.osei@labs.contoso-nord.example",
            "Welcome2024!!",
            "P4ssw0rd-2024!",
            "Contoso-xK9#q",
        ]
        .into_iter()
        .filter(|weak| !is_weak(weak, &known))
        .collect();
        assert!(pass.is_empty(), "{pass:?}");
        for strong in [
            "several quite unusual words",
            "Morgan likes old trains",
            "overflowing kettle violin",
        ] {
            assert!(!is_weak(strong, &known), "{strong}");
        }
        assert_eq!(without("Osei0SEI-ose1.", &words), "-.");
        assert!(without("flflowow", &words).is_empty());
    }

    /// Of the commonest passwords that are long enough, from published lists.
    const COMMON: &str = include_str!("../../tests/fixtures/common-passwords.txt");

    #[test]
    fn the_commonest_passwords_are_refused() {
        let passes = |common: &&str| check(common).is_ok() && !is_weak(common, &[]);
        let pass: Vec<_> = COMMON.lines().filter(passes).collect();
        assert!(pass.is_empty(), "{pass:?}");
        let long_enough = COMMON.lines().filter(|common| check(common).is_ok());
        assert!(long_enough.count() >= 200);
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(check("elevenchars").is_err());
        assert!(check("äöüäöüäöüäöü").is_ok());
        assert!(check(&"x".repeat(257)).is_err());
    }
}
