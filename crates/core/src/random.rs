//! Randomness as an argument: a seed enters at the edge, everything after it is repeatable.
//!
//! A write may run twice (a retry after a deadlock); from the same seed it makes the same ids and salts.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A cryptographic generator started from a 256-bit seed.
pub struct Random(StdRng);

impl Random {
    /// Starts from a seed, which must come from the operating system outside tests.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// The next `N` random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
