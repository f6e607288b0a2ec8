//! The members of an account.

use resolutionflow_core::access::Role;

pub const TITLE: &str = "People";
pub const YOU: &str = "you";
pub const LEFT: &str = "cannot sign in any more";
pub const MORE: &str = "Show more";
pub const FIRST: &str = "Back to the first";

pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Engineer => "Engineer",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}

pub const ACTIVE_NOW: &str = "active now";
pub const ACTIVE: &str = "active";
pub const NEVER: &str = "not here yet";
pub const ROLE: &str = "Role";
pub const TEAM: &str = "Team";
pub const SAVE: &str = "Save";
pub const BACK: &str = "Back";
pub const DISABLE: &str = "Disable";
pub const ENABLE: &str = "Enable";
pub const REMOVE: &str = "Remove…";
pub const LEAVE: &str = "Leave the account…";
pub const TRANSFER: &str = "Transfer ownership…";
pub const LAST_OWNER: &str =
    "The last owner stays. To leave or take another role, make somebody else an owner first.";
pub const NOT_YOURS: &str = "Only an admin or an owner may remove other members.";

pub const TRANSFER_TITLE: &str = "Transfer ownership";
pub const TRANSFER_DO: &str = "Transfer ownership";

pub const TRANSFER_LINKS: &str = "Pending invites that make somebody an owner are revoked where you made them, or where whoever has the link can use them.";

pub const REMOVE_DO: &str = "Remove";
pub const REMOVE_HELP: &str = "They are signed out of this account at once, and their API tokens of it end. What they did keeps their name.";
pub const LEAVE_DO: &str = "Leave the account";
pub const LEAVE_HELP: &str = "You are signed out of this account at once, and your API tokens of it end. What you did keeps your name.";
pub const REMOVE_LINKS: &str = "The pending invites that they made are revoked, and so are those of others that whoever has the link can use.";
pub const LEAVE_LINKS: &str = "The pending invites that you made are revoked, and so are those of others that whoever has the link can use.";
pub const CHANGE_LINKS: &str = "A lesser role, or disabling, revokes the pending invites that this person made, and those of others that whoever has the link can use.";
pub const NOTHING_OPEN: &str = "No open session is theirs to finish.";
pub const ANYONE: &str = "Anyone in the team";
pub const CHOOSE: &str = "Choose somebody";
pub const ACTIVE_HELP: &str = "Somebody must go on with what is being worked on.";

pub const TEAMS: &str = "Teams";
pub const TEAMS_HELP: &str = "A session that is prepared for nobody in particular waits in the queue of its team. Everybody can read all sessions.";
pub const TEAM_NAME: &str = "Name of the team";
pub const NEW_TEAM: &str = "New team";
pub const RENAME: &str = "Rename";

pub fn menu(name: &str) -> String {
    format!("What to do about {name}")
}

pub fn members(count: i64) -> String {
    super::counted(count, "member", "members")
}

pub fn transfer_title(name: &str) -> String {
    format!("Make {name} the owner?")
}

pub fn transfer_help(account: &str, name: &str) -> String {
    format!("{name} will own {account}, and you will be an admin of it. Only {name} can give it back.")
}

pub fn remove_title(name: &str) -> String {
    format!("Remove {name}?")
}

pub fn leave_title(account: &str) -> String {
    format!("Leave {account}?")
}

pub fn prepared_to(count: i64) -> String {
    format!(
        "{} to",
        open(count, "prepared session goes", "prepared sessions go")
    )
}

pub fn active_to(count: i64) -> String {
    format!("{} to", open(count, "active session goes", "active sessions go"))
}

/// How many, as far as they are counted.
fn open(count: i64, one: &str, many: &str) -> String {
    use resolutionflow_store::sessions::MOST_COUNTED;
    if count > MOST_COUNTED {
        format!("More than {MOST_COUNTED} {many}")
    } else {
        super::counted(count, one, many)
    }
}
