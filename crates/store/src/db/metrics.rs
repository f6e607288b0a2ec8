//! What an operator sees of the database: how much waits, how well commits are grouped, how full the pool is.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the batch size histogram, in changes a commit.
pub const BATCH_SIZES: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// A reading of the counters; all of them count from the start of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DbMetrics {
    /// Changes that wait for the SQLite writer.
    pub writer_queue: usize,
    /// Batches committed by the SQLite writer.
    pub batches: u64,
    /// Changes in these batches.
    pub batched: u64,
    /// Batches of at most [`BATCH_SIZES`] changes each, not cumulative.
    pub batch_sizes: [u64; BATCH_SIZES.len()],
    /// Batches that failed as a whole and were run one by one.
    pub batches_repeated: u64,
    /// Writes on PostgreSQL that were repeated after meeting others.
    pub retries: u64,
    /// Connections in the pool.
    pub pool_size: usize,
    /// Connections that are free.
    pub pool_available: usize,
    /// Requests that wait for one.
    pub pool_waiting: usize,
}

#[derive(Default)]
pub(super) struct Counters {
    batched: AtomicU64,
    sizes: [AtomicU64; BATCH_SIZES.len()],
    repeated: AtomicU64,
    retries: AtomicU64,
}

impl Counters {
    pub(super) fn batch(&self, size: usize) {
        let size = size as u64;
        let bucket = BATCH_SIZES
            .iter()
            .position(|most| size <= *most)
            .unwrap_or(BATCH_SIZES.len() - 1);
        self.batched.fetch_add(size, Ordering::Relaxed);
        self.sizes[bucket].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn batch_repeated(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> DbMetrics {
        let batch_sizes = std::array::from_fn(|bucket| self.sizes[bucket].load(Ordering::Relaxed));
        DbMetrics {
            batches: batch_sizes.iter().sum(),
            batched: self.batched.load(Ordering::Relaxed),
            batch_sizes,
            batches_repeated: self.repeated.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            ..DbMetrics::default()
        }
    }
}
