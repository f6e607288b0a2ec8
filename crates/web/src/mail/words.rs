//! What letters say beside what the bell says, too.

use chrono::{DateTime, Utc};

/// The button of a letter about one session.
pub(super) const OPEN: &str = "Open the session";
/// The button of a letter about a completed session.
pub(super) const OPEN_REPORT: &str = "Open the report";
/// The button of the letter of the day.
pub(super) const OPEN_NOTIFICATIONS: &str = "Open your notifications";
/// Before the link to the settings.
pub(super) const CHOOSE: &str = "Choose what you are told, and how";

/// The subject and the head line of the letter about a stolen token.
pub(super) const ROBBED: &str = "A program of yours was signed out: a copy of its token was used";
pub(super) const ROBBED_WHAT: &str = "A refresh token of a program that is signed in as you was used a second time, long \
    after the first. So somebody else may have a copy of it, and everything that came from that sign-in has ended.";
pub(super) const ROBBED_DO: &str = "If it was you, sign the program in again. If not, change your password, which signs you \
    out everywhere else, and look at the machine that the program runs on.";
pub(super) const ROBBED_LOOK: &str = "See where you are signed in";

/// The letter by which somebody shows that an address is theirs.
pub(super) const VERIFY: &str = "Is this your address?";
pub(super) const VERIFY_WHAT: &str = "You sign in to ResolutionFlow with it. Open the link and confirm: it is good for \
    24 hours, and the newest letter counts.";
pub(super) const CONFIRM_WHAT: &str = "Somebody signed up at ResolutionFlow with it. If it was you, open the link, \
    confirm and choose a password: it is good for 24 hours, and the newest letter counts. If it was not, do nothing: \
    then nothing is there.";
pub(super) const VERIFY_OPEN: &str = "Confirm this address";
pub(super) const WHY_SIGNED_UP: &str = "You get this because somebody typed your address to sign up.";

/// The letter that sets a new password.
pub(super) const RESET: &str = "Set a new password";
pub(super) const RESET_WHAT: &str = "Open the link and choose a new password. It is good for 10 minutes, once, and the \
    newest letter counts. Everything that is signed in as you ends with it.";
pub(super) const RESET_IGNORE: &str =
    "If you did not ask for this, do nothing: your password stays as it is.";
pub(super) const RESET_OPEN: &str = "Choose a password";
pub(super) const WHY_ASKED: &str = "You get this because somebody asked for a new password for your address.";

/// The letter to somebody who is here already.
pub(super) const TRIED: &str = "You have an account already";
pub(super) const TRIED_WHAT: &str = "Somebody tried to sign up with your address. Nothing was made, and nothing of \
    yours has changed.";
pub(super) const TRIED_DO: &str = "If it was you, sign in; if you do not know the password any more, choose \
    \"Forgot password?\" there.";
pub(super) const TRIED_SIGN_IN: &str = "Sign in";

/// The letter to somebody whose password was changed.
pub(super) const CHANGED: &str = "Your password was changed";
pub(super) const CHANGED_DO: &str = "If it was you, there is nothing to do. If not, set a new one at once, which ends \
    everything that is signed in as you, and tell whoever looks after your account.";
pub(super) const CHANGED_FORGOT: &str = "Set a new password";
pub(super) const WHY_CHANGED: &str =
    "You get this because it concerns your sign-in; it cannot be turned off.";

pub(super) fn changed(at: &str) -> String {
    format!(
        "It happened on {at}. Everything else that was signed in as you has ended, with every personal token."
    )
}

pub(super) const INVITED_OPEN: &str = "Look at the invite";

pub(super) fn invited(inviter: &str, account: &str) -> String {
    format!("{inviter} invites you to {account}")
}

pub(super) fn invited_as(account: &str, role: &str) -> String {
    format!("You would work in {account} as: {role}. The link lets you in once; keep it to yourself.")
}

pub(super) fn why_invited(inviter: &str) -> String {
    format!("You get this because {inviter} typed your address to invite you.")
}

pub(super) fn why_security(account: &str) -> String {
    format!("You get this because it concerns your sign-in at {account}; it cannot be turned off.")
}

pub(super) fn at(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

pub(super) fn due_soon(due: &str) -> String {
    format!("A session of yours is due {due}")
}

pub(super) fn overdue(due: &str) -> String {
    format!("A session of yours is past due since {due}")
}

/// A session whose due time was taken away a moment ago.
pub(super) const DUE: &str = "A session of yours is due";

pub(super) fn number(number: &str) -> String {
    format!("Session {number}")
}

pub(super) fn client(client: &str) -> String {
    format!("For {client}")
}

pub(super) fn due(due: &str) -> String {
    format!("Due {due}")
}

pub(super) fn why(account: &str, kind: &str) -> String {
    format!("You get this because you are a member of {account} and are told by mail: {kind}.")
}

pub(super) fn why_daily(account: &str) -> String {
    format!(
        "You get this because you are a member of {account} and chose one mail a day for what you are told."
    )
}

pub(super) fn digest(count: usize) -> String {
    if count == 1 {
        "One thing you are told today".to_owned()
    } else {
        format!("{count} things you are told today")
    }
}
