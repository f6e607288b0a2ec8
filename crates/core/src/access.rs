//! Who may do what: one table of role, relation and action, which every handler asks.

use serde::{Deserialize, Serialize};

/// What a member is in an account. Ordered: each may at least what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Runs, prepares and writes flows.
    Engineer,
    /// Looks after people and everybody's sessions.
    Admin,
    /// Looks after the account.
    Owner,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Engineer, Self::Admin, Self::Owner];

    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Engineer => "engineer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// How a member stands to a session (or to the account, where no session is meant).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// A member of the account, nothing nearer.
    Member,
    /// In the team of a prepared session that nobody is assigned to.
    Team,
    /// Prepared the session, which has not started.
    Preparer,
    /// Prepared the session, which has started.
    FormerPreparer,
    /// The session is assigned to them.
    Assignee,
    /// Started the session.
    Owner,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 6] = [
        Self::Member,
        Self::Team,
        Self::Preparer,
        Self::FormerPreparer,
        Self::Assignee,
        Self::Owner,
    ];
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See the account, its members, flows and sessions.
    Read,
    /// Make and end own tokens.
    ManageOwnTokens,
    /// Import, change and publish flows.
    WriteFlow,
    /// Start a flow.
    StartFlow,
    /// Prepare a session.
    PrepareSession,
    /// Start a prepared session.
    StartSession,
    /// Assign an unassigned session to oneself.
    TakeSession,
    /// Set and unset variables.
    SetVariables,
    /// Mark steps, write their notes and output.
    WorkSteps,
    /// Add a note to the session, also a late one.
    AddNote,
    /// Change title, note, due time and outcome.
    ChangeDetails,
    /// Give the session to somebody else.
    AssignSession,
    /// Complete the session.
    CompleteSession,
    /// Discard the session.
    DiscardSession,
    /// Undo completion or discarding.
    ReopenSession,
    /// See own notifications, mark them as read and choose among them.
    ManageOwnNotifications,
    /// Move a prepared session to a newer version of its flow.
    UpdateVersion,
    /// Change what the account has decided for itself.
    ManageAccount,
    /// Read what was done to the account, by whom and from where.
    ReadAudit,
    /// Invite people into the account, and see, renew and revoke invites.
    ManageInvites,
    /// Follow an invite into another account.
    JoinAccount,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 21] = [
        Self::Read,
        Self::ManageOwnTokens,
        Self::WriteFlow,
        Self::StartFlow,
        Self::PrepareSession,
        Self::StartSession,
        Self::TakeSession,
        Self::SetVariables,
        Self::WorkSteps,
        Self::AddNote,
        Self::ChangeDetails,
        Self::AssignSession,
        Self::CompleteSession,
        Self::DiscardSession,
        Self::ReopenSession,
        Self::ManageOwnNotifications,
        Self::UpdateVersion,
        Self::ManageAccount,
        Self::ReadAudit,
        Self::ManageInvites,
        Self::JoinAccount,
    ];
}

/// Whether a member of this role, standing in this relation, may do this.
pub const fn may(role: Role, relation: Relation, action: Action) -> bool {
    use Action as A;
    use Relation as R;
    match action {
        A::Read | A::ManageOwnTokens | A::ManageOwnNotifications | A::JoinAccount => return true,
        _ if matches!(role, Role::Viewer) => return false,
        _ => {}
    }
    let admin = matches!(role, Role::Admin | Role::Owner);
    match action {
        A::Read
        | A::ManageOwnTokens
        | A::ManageOwnNotifications
        | A::JoinAccount
        | A::WriteFlow
        | A::StartFlow
        | A::PrepareSession => true,
        A::StartSession => matches!(relation, R::Assignee | R::Team),
        A::TakeSession => matches!(relation, R::Team),
        A::SetVariables => matches!(relation, R::Owner | R::Assignee | R::Preparer),
        A::WorkSteps | A::CompleteSession => matches!(relation, R::Owner | R::Assignee),
        A::AddNote => matches!(relation, R::Owner | R::Assignee | R::Preparer | R::FormerPreparer) || admin,
        A::ChangeDetails => matches!(relation, R::Owner | R::Assignee | R::Preparer) || admin,
        A::AssignSession | A::DiscardSession => matches!(relation, R::Owner | R::Preparer) || admin,
        A::UpdateVersion => matches!(relation, R::Preparer | R::Assignee | R::Team) || admin,
        A::ManageAccount | A::ReadAudit | A::ManageInvites => admin,
        A::ReopenSession => matches!(relation, R::Owner | R::Assignee | R::Preparer) || admin,
    }
}

/// Whether a member of this role may invite somebody who gets that one, or hand out the link of such an invite: whoever
/// invites at all, up to their own role.
pub fn may_invite_as(own: Role, role: Role) -> bool {
    may(own, Relation::Member, Action::ManageInvites) && role <= own
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// The whole table as text, so that a change of it is read by whoever reviews.
    #[test]
    fn the_table_is_the_reviewed_one() {
        let mut table = String::new();
        for action in Action::ALL {
            writeln!(table, "{action:?}").unwrap();
            for role in Role::ALL {
                let relations: Vec<_> = Relation::ALL
                    .into_iter()
                    .filter(|relation| may(role, *relation, action))
                    .map(|relation| format!("{relation:?}"))
                    .collect();
                let relations = if relations.len() == Relation::ALL.len() {
                    "anyone".into()
                } else if relations.is_empty() {
                    "nobody".into()
                } else {
                    relations.join(" ")
                };
                writeln!(table, "  {:<8} {relations}", role.as_str()).unwrap();
            }
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/access.txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        let reviewed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            table, reviewed,
            "the access table changed; review it and run with UPDATE_SNAPSHOTS=1"
        );
    }

    #[test]
    fn nobody_invites_above_themselves() {
        let allowed: Vec<_> = Role::ALL
            .into_iter()
            .flat_map(|own| Role::ALL.map(|role| (own, role)))
            .filter(|(own, role)| may_invite_as(*own, *role))
            .collect();
        let admin = Role::ALL[..3].iter().map(|role| (Role::Admin, *role));
        let owner = Role::ALL.iter().map(|role| (Role::Owner, *role));
        assert_eq!(allowed, admin.chain(owner).collect::<Vec<_>>());
    }

    #[test]
    fn a_higher_role_may_all_that_a_lower_one_may() {
        for (lower, higher) in Role::ALL.iter().zip(&Role::ALL[1..]) {
            for relation in Relation::ALL {
                for action in Action::ALL {
                    assert!(!may(*lower, relation, action) || may(*higher, relation, action));
                }
            }
        }
    }
}
