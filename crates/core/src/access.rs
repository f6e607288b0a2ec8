//! Who may do what: one table of role, relation and action, which every handler asks.

use std::fmt;

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
    /// Change, disable and remove members, and make teams; whom, [`member`](crate::member) says.
    ManageMembers,
    /// Leave the account.
    LeaveAccount,
    /// Change one's own name.
    ChangeOwnProfile,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 24] = [
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
        Self::ManageMembers,
        Self::LeaveAccount,
        Self::ChangeOwnProfile,
    ];

    /// What a personal token needs to do it in its owner's name.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::Read,
            Self::StartFlow
            | Self::PrepareSession
            | Self::StartSession
            | Self::TakeSession
            | Self::SetVariables
            | Self::WorkSteps
            | Self::AddNote
            | Self::ChangeDetails
            | Self::AssignSession
            | Self::CompleteSession
            | Self::DiscardSession
            | Self::ReopenSession
            | Self::ManageOwnNotifications
            | Self::UpdateVersion => Scope::Run,
            Self::WriteFlow => Scope::Author,
            Self::ManageOwnTokens
            | Self::ManageAccount
            | Self::ReadAudit
            | Self::ManageInvites
            | Self::JoinAccount
            | Self::ManageMembers
            | Self::LeaveAccount
            | Self::ChangeOwnProfile => Scope::Admin,
        }
    }
}

/// A part of what a person may that they give to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See the account, its flows and sessions.
    Read,
    /// Prepare, run and end sessions.
    Run,
    /// Import, change and publish flows.
    Author,
    /// Look after the account, its people, and what is the person's own.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Run, Self::Author, Self::Admin];

    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Author => "author",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// The scopes that a token has. None is part of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// All of them: what a person may themselves.
    pub const ALL: Self = Self(0b1111);

    /// Whether this one is among them.
    pub const fn contain(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// The first of these scopes that `other` lacks.
    pub fn missing_in(self, other: Self) -> Option<Scope> {
        self.iter().find(|scope| !other.contain(*scope))
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contain(*scope))
    }

    /// Reads names with blanks between them; `None` where one is no scope.
    pub fn parse(names: &str) -> Option<Self> {
        names.split_ascii_whitespace().map(Scope::parse).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | 1 << scope as u8))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            write!(to, "{blank}{}", scope.as_str())?;
        }
        Ok(())
    }
}

/// Whether a member of this role, standing in this relation, may do this.
pub const fn may(role: Role, relation: Relation, action: Action) -> bool {
    use Action as A;
    use Relation as R;
    match action {
        A::Read
        | A::ManageOwnTokens
        | A::ManageOwnNotifications
        | A::JoinAccount
        | A::LeaveAccount
        | A::ChangeOwnProfile => return true,
        _ if matches!(role, Role::Viewer) => return false,
        _ => {}
    }
    let admin = matches!(role, Role::Admin | Role::Owner);
    match action {
        A::Read
        | A::ManageOwnTokens
        | A::ManageOwnNotifications
        | A::JoinAccount
        | A::LeaveAccount
        | A::ChangeOwnProfile
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
        A::ManageAccount | A::ReadAudit | A::ManageInvites | A::ManageMembers => admin,
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
            writeln!(table, "{action:?} ({})", action.scope().as_str()).unwrap();
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
    fn scopes_are_read_as_they_are_written() {
        assert_eq!(Scopes::ALL.to_string(), "read run author admin");
        for bits in 0..16 {
            let scopes = Scopes(bits);
            assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
        }
        assert_eq!(
            Scopes::parse("run  read").map(|scopes| scopes.to_string()),
            Some("read run".into())
        );
        for wrong in ["all", "Read", "read,run"] {
            assert_eq!(Scopes::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_another_lacks_is_named() {
        let some: Scopes = [Scope::Admin, Scope::Run].into_iter().collect();
        assert_eq!(some.missing_in(Scopes::ALL), None);
        assert_eq!(Scopes::ALL.missing_in(some), Some(Scope::Read));
        assert!(Scopes::default().is_empty() && Scopes::default().missing_in(some).is_none());
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
