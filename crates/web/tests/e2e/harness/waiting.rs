//! Waiting for what must come: the only place where a test lets time pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often to look.
const EACH: Duration = Duration::from_millis(25);

/// How long to wait for anything.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// Looks until `look` answers `Ok`, and answers that; after ten seconds the test fails and tells what was awaited
/// and what `look` saw last, which is its `Err`.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    match until_or(look).await {
        Ok(found) => found,
        Err(seen) => panic!("waited {} s until {what}; last seen: {seen}", LONGEST.as_secs()),
    }
}

/// As [`until`], but answers what was last seen instead of failing.
pub(super) async fn until_or<T>(mut look: impl AsyncFnMut() -> Result<T, String>) -> Result<T, String> {
    let end = Instant::now() + LONGEST;
    loop {
        match look().await {
            Ok(found) => return Ok(found),
            Err(seen) if Instant::now() >= end => return Err(seen),
            Err(_) => sleep(EACH).await,
        }
    }
}
