//! The API as its clients meet it: a real server on a loopback port, real HTTP, both engines.
//!
//! One program for all of it, so that it is linked once. `cast` holds the people and the server of a test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod asking;
mod auditing;
mod authority;
mod bad_input;
mod cast;
mod cluster;
mod cookies;
mod corpus;
mod endpoints;
mod faults;
mod guessing;
mod kill;
mod kinds;
mod left_behind;
mod letters_at_the_door;
mod letting_in;
mod live;
mod logging;
mod mail;
mod mail_failing;
mod mail_server;
mod mail_tls;
mod notifications;
mod openapi;
mod parallel;
mod people;
mod plan_limits;
mod process;
mod racing;
mod refresh;
mod removing;
mod scopes;
mod secrets;
mod sessions;
mod signing_up;
mod site;
mod tenancy;
mod tokens;
