//! The pages as people meet them: a real browser, the real server, both engines. `cargo xtask e2e` runs these.
//!
//! `harness` holds what a test is written with; it begins at `harness::both`. `run` is the session that most begin with.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;
mod run;

mod bell;
mod completion;
mod corpus;
mod faults;
mod filling;
mod harness_itself;
mod hostile;
mod keyboard;
mod letting_in;
mod looks;
mod offline;
mod people;
mod pictures;
mod prepared;
mod preparing;
mod searching;
mod start;
mod two_people;
mod without_scripts;
