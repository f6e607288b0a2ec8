//! The program as a whole: what its commands print, keep and refuse, as scripts and people meet them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod program;
mod runbook;

mod admin;
mod demo;
mod import;
mod login;
mod master_key;
