//! Mail: letters drawn from one template, the ways to send them, and the worker that empties the outbox.
//!
//! Whoever has something to say writes it with [`prepare`] and [`send_later`], in the transaction of its reason; notices
//! to members are written by the store. [`run`] sends what is there.

mod backoff;
mod door;
mod file;
mod later;
mod letter;
mod notice;
mod post;
mod robbed;
mod words;
mod worker;

pub use door::{changed, confirm, invited, reset, tried, verify};
pub use later::{
    CannotMail, Prepared, available, prepare, reaches, send_all_later, send_later, send_nothing,
};
pub use letter::{Draft, Item, Letter, Link};
pub use post::{Failure, Post};
pub use robbed::robbed;
pub use worker::{deliver, run};
