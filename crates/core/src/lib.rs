//! The rules of ResolutionFlow, and nothing else.
//!
//! This crate knows no database, no web and no clock: time and randomness are arguments, input is parsed once
//! into types that cannot be wrong, and every rule is a function that a test can call.

pub mod access;
pub mod audit;
pub mod event;
pub mod export;
pub mod field;
pub mod filter;
pub mod flow;
pub mod id;
pub mod import;
pub mod markdown;
pub mod member;
pub mod notice;
pub mod placeholder;
pub mod plan;
pub mod problem;
pub mod random;
pub mod render;
pub mod schema;
pub mod session;
pub mod step;
pub mod throttle;
pub mod ticket;
pub mod variable;
