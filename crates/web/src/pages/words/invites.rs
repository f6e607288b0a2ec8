//! Invites into accounts: making, keeping and following them.

pub const INVITE: &str = "Invite people";
pub const INVITE_HELP: &str = "Each address gets a letter with a link of its own, good for one person. Without an address you get a link for anybody you give it to.";
pub const INVITE_NO_MAIL: &str = "This server sends no mail: copy each link below and give it to its person. Without an address you get a link for anybody you give it to.";
pub const ADDRESSES: &str = "Email addresses";
pub const ADDRESSES_HELP: &str = "One on each line, or with commas between. May stay empty.";
pub const ROLE: &str = "Role";
pub const TEAM: &str = "Team";
pub const USES: &str = "Uses";
pub const USES_HELP: &str = "How many people a link without an address lets in.";
pub const TEAM_GONE: &str = "That team is not there any more. Choose another one.";
pub const SEND: &str = "Invite";
pub const PENDING: &str = "Pending";
pub const NOTHING_PENDING: &str = "Nobody is invited at the moment.";
pub const MORE: &str = "Older invites";
pub const ANYBODY: &str = "Anybody with the link";
pub const EXPIRES: &str = "expires";
pub const EXPIRED: &str = "expired";
pub const COPY_LINK: &str = "Copy link";
pub const LINK: &str = "Link of the invite";
pub const LINK_HELP: &str = "Whoever has this link can use it.";
pub const RESEND: &str = "Resend";
pub const RENEW: &str = "New link";
pub const REVOKE: &str = "Revoke";
pub const RESENT: &str = "The invite has a new link, and the old one is dead.";
pub const REVOKED: &str = "The invite is revoked.";

pub const JOIN: &str = "Join";
pub const JOIN_NEW: &str = "Join";
pub const JOIN_KNOWN: &str = "Sign in and join";
pub const KNOWN_HELP: &str = "You sign in here with this address already: your password is enough.";
pub const HAVE_ONE: &str = "I sign in here already";
pub const OTHER_ADDRESS: &str =
    "This invite is for another address. Sign in with that one, or ask for an invite of your own.";
pub const NO_ROOM: &str = "The account has as many members as its plan allows. Tell whoever invited you: the invite stays good until they made room.";
pub const SIGN_OUT: &str = "Sign out";
pub const MEMBER_ALREADY: &str = "You are a member of this account already.";
pub const TAKEN: &str =
    "Somebody here has this address already. Is it you? Then sign in, and open the link again.";
pub const GONE: &str = "This invite is not good any more";
pub const JOINED: &str = "You are in";
pub const GO_ON: &str = "Go to my pages";

pub fn title(account: &str) -> String {
    format!("Join {account}")
}

pub fn what(inviter: &str, account: &str, role: &str) -> String {
    format!("{inviter} invites you to {account}. Your role there: {role}.")
}

pub fn joining_as(name: &str, email: &str) -> String {
    format!("You are signed in as {name} ({email}).")
}

pub fn joined(account: &str, role: &str) -> String {
    format!("You are a member of {account} now. Your role there: {role}.")
}

pub fn switch(account: &str) -> String {
    format!("Switch to {account}")
}

pub fn expired(inviter: &str) -> String {
    format!("This invite has expired. Ask {inviter} for a new one.")
}

pub fn revoked(inviter: &str) -> String {
    format!("This invite was revoked. Ask {inviter} for a new one.")
}

pub fn used_up(inviter: &str) -> String {
    format!("This invite was used already. Ask {inviter} for a new one.")
}

pub fn uses_wrong(most: i64) -> String {
    format!("Uses must be a number from 1 to {most}.")
}

pub fn uses_left(left: i64, of: i64) -> String {
    format!("{left} of {of} uses left")
}

/// What was done, where there is mail and where there is none.
pub fn made(count: usize, mailed: bool) -> String {
    let invites = super::counted(i64::try_from(count).unwrap_or(i64::MAX), "invite", "invites");
    if mailed {
        format!("{invites} made and sent.")
    } else {
        format!("{invites} made. Copy the link below.")
    }
}

/// What a control of a row is called by those who hear it.
pub fn of(control: &str, whom: &str) -> String {
    format!("{control}: {whom}")
}
