//! The server: requests in, pages and JSON out. Rules live in core, data in the store.

pub mod api;
pub mod app;
pub mod assets;
pub mod auth;
pub mod command;
pub mod config;
pub mod context;
pub mod error;
pub mod exporting;
pub mod housekeeping;
pub mod importing;
pub mod inviting;
pub mod live;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod once;
pub mod pages;
mod place;
pub mod reminders;
pub mod request;
pub mod sealer;
pub mod serve;
pub mod versions;
