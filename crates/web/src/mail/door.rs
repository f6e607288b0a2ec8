//! Letters about getting in: an address to show, a password to set, an account to join.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;

use super::letter::{Draft, Link};
use super::words;
use crate::pages::words::people;

fn one(subject: String, paragraphs: Vec<String>, label: &str, path: String, why: String) -> Draft {
    Draft {
        head: subject.clone(),
        subject,
        paragraphs,
        button: Some(Link {
            label: label.to_owned(),
            path,
        }),
        why,
        ..Draft::default()
    }
}

/// The link that shows whose the address is.
pub fn verify(path: String) -> Draft {
    one(
        words::VERIFY.to_owned(),
        vec![words::VERIFY_WHAT.to_owned()],
        words::VERIFY_OPEN,
        path,
        words::WHY_SIGNED_UP.to_owned(),
    )
}

/// The link by which somebody who signed up confirms it and chooses a password.
pub fn confirm(path: String) -> Draft {
    one(
        words::VERIFY.to_owned(),
        vec![words::CONFIRM_WHAT.to_owned()],
        words::VERIFY_OPEN,
        path,
        words::WHY_SIGNED_UP.to_owned(),
    )
}

/// The link that sets a new password.
pub fn reset(path: String) -> Draft {
    one(
        words::RESET.to_owned(),
        vec![words::RESET_WHAT.to_owned(), words::RESET_IGNORE.to_owned()],
        words::RESET_OPEN,
        path,
        words::WHY_ASKED.to_owned(),
    )
}

/// To somebody who is here, and whose address was typed to sign up.
pub fn tried() -> Draft {
    one(
        words::TRIED.to_owned(),
        vec![words::TRIED_WHAT.to_owned(), words::TRIED_DO.to_owned()],
        words::TRIED_SIGN_IN,
        "/sign-in".to_owned(),
        words::WHY_SIGNED_UP.to_owned(),
    )
}

/// To somebody whose password was changed, by themselves or by a link that was sent to them.
pub fn changed(at: DateTime<Utc>) -> Draft {
    one(
        words::CHANGED.to_owned(),
        vec![words::changed(&words::at(at)), words::CHANGED_DO.to_owned()],
        words::CHANGED_FORGOT,
        "/forgot".to_owned(),
        words::WHY_CHANGED.to_owned(),
    )
}

/// The link into an account.
pub fn invited(account: &str, inviter: &str, role: Role, path: String) -> Draft {
    one(
        words::invited(inviter, account),
        vec![words::invited_as(account, people::role(role))],
        words::INVITED_OPEN,
        path,
        words::why_invited(inviter),
    )
}
