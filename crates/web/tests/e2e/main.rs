//! The pages as people meet them: a real browser, the real server, both engines. `cargo xtask e2e` runs these.
//!
//! `harness` holds what a test is written with; it begins at `harness::both`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

mod harness_itself;
