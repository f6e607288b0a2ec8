//! What ResolutionFlow keeps: state and events, on SQLite or PostgreSQL.
//!
//! [`db`] is the ground: one way to write, one way to read, one SQL text for both engines. Every change goes
//! through [`db::Db::write`]; what stands above it is SQL with the account first, and nothing else.

pub mod account_invites;
#[cfg(test)]
mod apart;
pub mod audit;
pub mod db;
pub mod devices;
mod error;
pub mod events;
pub mod families;
#[cfg(test)]
mod filled;
pub mod flows;
pub mod idempotency;
pub mod limits;
pub mod logins;
pub mod mail_tokens;
pub mod master_key;
pub mod members;
pub mod migrate;
pub mod notifications;
pub mod outbox;
#[cfg(test)]
mod plans;
pub mod platform;
pub mod platform_invites;
pub mod presence;
pub mod reconcile;
pub mod sessions;
pub mod sign_ups;
mod sql;
pub mod steps;
pub mod teams;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod throttles;
pub mod tokens;
pub mod users;
pub mod variables;

pub use db::{Db, DbConfig, Tx};
pub use error::Error;

/// What a store function answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
