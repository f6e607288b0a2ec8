//! Signing up, and the ways that begin with a letter.

pub const SIGN_UP: &str = "Create an account";
pub const SIGN_UP_HELP: &str = "For your company or your team; you become its owner.";
pub const CODE: &str = "Invite code";
pub const CODE_HELP: &str = "Whoever runs this server gives it out.";
pub const CODE_WRONG: &str =
    "This code is not good, or not any more. Ask whoever gave it to you for a new one.";
pub const CREATE: &str = "Create account";
pub const HAVE_ONE: &str = "I have an account: sign in";
pub const CLOSED_TITLE: &str = "Nobody can sign up here";
pub const CLOSED: &str = "To join an account, ask one of its admins for an invite. For a new account, ask whoever runs this server.";
pub const TAKEN: &str = "Somebody here has this address already. Is it you? Then sign in.";

pub const CREATE_LINK: &str = "Create account";
pub const FORGOT_LINK: &str = "Forgot password?";

pub const LETTER: &str = "Look into your mail";
pub const BACK: &str = "Back to sign-in";
pub const FORGOT: &str = "Forgot your password?";
pub const FORGOT_HELP: &str = "We send you a letter with a link, by which you choose a new one.";
pub const FORGOT_NO_MAIL: &str = "This server sends no mail. Ask an admin of your account or whoever runs this server: they can set a new password for you.";
pub const SEND_LETTER: &str = "Send the letter";

pub const RESET: &str = "Choose a new password";
pub const NEW_PASSWORD: &str = "New password";
pub const SET_PASSWORD: &str = "Set the password";
pub const RESET_DONE_TITLE: &str = "Your password is set";
pub const RESET_DONE: &str = "Everything that was signed in as you has ended. Sign in with the new password.";
pub const LINK_GONE_TITLE: &str = "This link is not good any more";
pub const LINK_GONE: &str = "It was used, has expired, or a newer letter was sent. Nothing was changed.";
pub const ANOTHER_LETTER: &str = "Send another letter";

pub const VERIFY_TITLE: &str = "Confirm your address";
pub const VERIFY: &str = "Confirm";
pub const VERIFIED_TITLE: &str = "Your address is confirmed";
pub const VERIFIED: &str = "You can sign in now.";
pub const VERIFY_GONE: &str = "It was used, has expired, or a newer letter was sent. Sign in: if there is still something to confirm, a new letter comes.";

pub const TAKEN_SINCE_TITLE: &str = "You are here already";
pub const TAKEN_SINCE: &str = "Somebody has this address by now, and nothing else was made. Sign in.";
pub const INVITE_GONE: &str =
    "The invite was sent again since, and its older link is not good any more. Follow the newer one.";
pub const FULL_TITLE: &str = "There is no room for you yet";
pub const FULL: &str = "The account that you were invited to has as many members as its plan allows. Tell whoever invited you, and open this link again: it is good for 24 hours from when you asked.";

pub fn sent_verification(email: &str) -> String {
    format!("We have sent a letter to {email}. Open the link in it to go on.")
}

pub fn sent_reset(email: &str) -> String {
    format!(
        "We have sent a letter to {email}, if somebody here has that address. The link in it is good for 10 minutes."
    )
}

pub fn reset_for(email: &str) -> String {
    format!("For {email}. Everything that is signed in as you will end.")
}

pub const CONFIRM_GONE: &str = "It was used, has expired, or a newer letter was sent. Sign in, if you have confirmed by it; else sign up again, and a new letter comes.";
pub const CONFIRM_HELP: &str = "Choose a password to go on.";
pub const MODE_CHANGED: &str =
    "New accounts are not opened like this here any more. Ask whoever runs this server.";

/// What somebody signed up for, who is about to confirm it.
pub fn signed_up(name: &str, email: &str, account: &str) -> String {
    format!("You signed up as {name} with {email}, for the account {account}.")
}

pub fn verify_help(email: &str) -> String {
    format!("You signed up with {email}.")
}
