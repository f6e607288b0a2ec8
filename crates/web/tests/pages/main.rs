//! The pages as browsers without scripts meet them: a real server on a loopback port, real HTTP, both engines.
//!
//! `visitor` holds a person with a cookie; the people and the server are those of the tests of the API.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "../api/asking.rs"]
#[expect(dead_code, reason = "the tests of the API use the rest")]
mod asking;
#[path = "../api/cast.rs"]
#[expect(dead_code, reason = "the tests of the API use the rest")]
mod cast;
mod confirming;
mod door;
mod finish;
mod flows;
mod import;
mod kinds;
mod letting_in;
mod limits;
mod matrix;
mod notifications;
mod origins;
mod people;
mod platform;
mod prepare;
mod prepared;
mod quick_start;
mod refused;
mod report;
mod runner;
mod search;
#[path = "../api/secrets.rs"]
mod secrets;
mod sent_twice;
mod sessions;
mod settings;
mod things;
mod tokens;
mod visitor;
