//! The letter to somebody whose program's token was used by somebody else.

use super::letter::{Draft, Link};
use super::words;

/// What it says.
pub fn robbed(account: &str) -> Draft {
    Draft {
        subject: words::ROBBED.to_owned(),
        head: words::ROBBED.to_owned(),
        paragraphs: vec![words::ROBBED_WHAT.to_owned(), words::ROBBED_DO.to_owned()],
        button: Some(Link {
            label: words::ROBBED_LOOK.to_owned(),
            path: "/settings#security".to_owned(),
        }),
        why: words::why_security(account),
        ..Draft::default()
    }
}
