//! What a test is written with.
//!
//! ```ignore
//! #[test]
//! fn a_value_is_kept() {
//!     both(async |stage| {
//!         let site = stage.demo().await;
//!         let lena = stage.browser("lena", site.url()).await;
//!         lena.sign_in(site.person("lena")).await;
//!         lena.until_text("h1", "Lena").await;
//!     });
//! }
//! ```
//!
//! A *target* is a CSS selector, or a selector and a text that the element shows: `button >> Mark done`. Where several
//! elements fit, the first that is visible is meant. Every helper that needs an element waits for it, and no test
//! waits for time to pass.

mod api;
mod artifacts;
mod axe;
mod browser;
mod environment;
mod keys;
mod proxy;
mod server;
mod site;
mod stage;
mod waiting;

pub(crate) use api::Api;
pub(crate) use browser::{Browser, Theme};
pub(crate) use proxy::{Fault, FaultProxy};
pub(crate) use site::Site;
pub(crate) use stage::{Stage, attempt, both, once};
pub(crate) use waiting::until;
