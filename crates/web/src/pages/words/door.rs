//! Signing in and setting up.

pub const SIGN_IN: &str = "Sign in";
pub const EMAIL: &str = "Email";
pub const PASSWORD: &str = "Password";
pub const SHOW: &str = "show";
pub const SHOW_LABEL: &str = "Show the password";
pub const WRONG: &str = "The email or the password is wrong.";
pub const WRONG_HELP: &str = "Check both, or ask an owner of your account for a new password.";
/// Where there is mail: one text for both, so that it does not show who has an address.
pub const WRONG_OR_UNCONFIRMED: &str =
    "The email or the password is wrong, or the email is not confirmed yet; then we have sent a letter.";
pub const WRONG_OR_UNCONFIRMED_HELP: &str =
    "Check both. If a letter comes, open the link in it, then sign in here.";
pub const TOO_MANY_HELP: &str = "Somebody tried too many passwords for this email or from this network. A browser you signed in with before is not held up.";

pub const SET_UP: &str = "Set up this server";
pub const SET_UP_HELP: &str = "You are the first one here. This makes your account, with you as its owner.";
pub const CODE: &str = "Set-up code";
pub const CODE_HELP: &str = "The server printed it when it started, where its log is.";
pub const COMPANY: &str = "Account";
pub const COMPANY_HELP: &str = "Usually the name of your company.";
pub const NAME: &str = "Your name";
pub const PASSWORD_HELP: &str = "12 characters or more; several words are best.";
pub const CREATE: &str = "Create account";
pub const LOOK: &str = "Some things need a look:";

pub const CODE_WRONG: &str = "That is not the code that this server printed.";
pub const COMPANY_WRONG: &str = "The account needs a name of up to 200 characters.";
pub const NAME_WRONG: &str = "Your name has up to 200 characters and is not empty.";
pub const EMAIL_WRONG: &str = "That is no email address.";
pub const PASSWORD_WEAK: &str = "That password is easy to guess. Several unusual words make a good one.";
