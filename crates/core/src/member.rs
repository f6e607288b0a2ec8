//! Members: who may do what to whom in an account, and that an owner always stays.
//!
//! [`access`](crate::access) says who looks after people at all; this says whom they may touch. Pure: the roles are
//! read, and the answer kept, under the account's row lock.

use crate::access::{Action, Relation, Role, may};
use crate::id::UserId;

/// The longest name of a person or a team, in bytes.
pub const MAX_NAME: usize = 200;
/// The most teams that an account has.
pub const MOST_TEAMS: i64 = 100;

/// A member, as far as these rules look at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The person.
    pub user_id: UserId,
    /// Their role.
    pub role: Role,
    /// Whether they can sign in.
    pub enabled: bool,
}

/// What is to become of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// Another role.
    Role(Role),
    /// Another team.
    Team,
    /// They cannot sign in any more.
    Disable,
    /// They can sign in again.
    Enable,
    /// They are no member any more. Of oneself: leaving.
    Remove,
    /// They own the account, and whoever asks looks after it as an admin.
    MakeOwnerInstead,
}

/// Why a member stays as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untouchable {
    /// Neither admin nor owner.
    #[error("only an admin or an owner may change other members")]
    NotAllowed,
    /// The member owns the account, and who asks does not.
    #[error("only an owner may change an owner")]
    OwnersOnly,
    /// Who asks does not own the account.
    #[error("only an owner may make somebody an owner")]
    OnlyOwnersMakeOwners,
    /// Nobody would own the account.
    #[error("the account would have no owner; make somebody else an owner first")]
    LastOwner,
    /// It would lock out who asks.
    #[error("you cannot disable yourself; somebody else can, or you leave the account")]
    Oneself,
    /// The account is theirs already.
    #[error("you own the account already; name somebody else")]
    OwnAlready,
    /// They cannot sign in, so the account would be nobody's.
    #[error("this member is disabled and cannot own the account; enable them first")]
    Disabled,
}

/// Whether `who` may do this to `whom`; `other_owners` is how many others own the account and can sign in.
pub fn may_change(
    who: Standing,
    whom: Standing,
    change: MemberChange,
    other_owners: i64,
) -> Result<(), Untouchable> {
    use MemberChange as C;
    let oneself = who.user_id == whom.user_id;
    let leaves = oneself && change == C::Remove;
    if !leaves && !may(who.role, Relation::Member, Action::ManageMembers) {
        return Err(Untouchable::NotAllowed);
    }
    if whom.role == Role::Owner && who.role != Role::Owner {
        return Err(Untouchable::OwnersOnly);
    }
    let makes_owner = matches!(change, C::Role(Role::Owner) | C::MakeOwnerInstead);
    if makes_owner && who.role != Role::Owner {
        return Err(Untouchable::OnlyOwnersMakeOwners);
    }
    if change == C::Disable && oneself {
        return Err(Untouchable::Oneself);
    }
    if change == C::MakeOwnerInstead && oneself {
        return Err(Untouchable::OwnAlready);
    }
    if change == C::MakeOwnerInstead && !whom.enabled {
        return Err(Untouchable::Disabled);
    }
    let loses_owner = match change {
        C::Role(role) => role != Role::Owner,
        C::Disable | C::Remove => true,
        C::Team | C::Enable | C::MakeOwnerInstead => false,
    };
    if whom.role == Role::Owner && loses_owner && other_owners == 0 {
        return Err(Untouchable::LastOwner);
    }
    Ok(())
}

/// A name of a person or a team: one line of 1 to [`MAX_NAME`] bytes, without blanks around it.
pub fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        Err("a name has at least one character")
    } else if text.len() > MAX_NAME {
        Err("a name has 200 bytes at most")
    } else if text.chars().any(char::is_control) {
        Err("a name is one line")
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CHANGES: [MemberChange; 9] = [
        MemberChange::Role(Role::Viewer),
        MemberChange::Role(Role::Engineer),
        MemberChange::Role(Role::Admin),
        MemberChange::Role(Role::Owner),
        MemberChange::Team,
        MemberChange::Disable,
        MemberChange::Enable,
        MemberChange::Remove,
        MemberChange::MakeOwnerInstead,
    ];

    fn member(number: u128, role: Role) -> Standing {
        Standing {
            user_id: UserId::from_uuid(Uuid::from_u128(number)),
            role,
            enabled: true,
        }
    }

    #[test]
    fn who_looks_after_nobody_changes_nobody_and_may_leave() {
        for role in [Role::Viewer, Role::Engineer] {
            let me = member(1, role);
            for change in CHANGES {
                let other = may_change(me, member(2, Role::Viewer), change, 1);
                assert_eq!(other, Err(Untouchable::NotAllowed));
                let left = change == MemberChange::Remove;
                assert_eq!(may_change(me, me, change, 1).is_ok(), left, "{change:?}");
            }
        }
    }

    #[test]
    fn an_admin_neither_touches_nor_makes_an_owner() {
        let admin = member(1, Role::Admin);
        for change in CHANGES {
            assert!(may_change(admin, member(2, Role::Owner), change, 5).is_err());
            let makes_owner = matches!(
                change,
                MemberChange::Role(Role::Owner) | MemberChange::MakeOwnerInstead
            );
            let other = may_change(admin, member(2, Role::Admin), change, 5);
            assert_eq!(other.is_err(), makes_owner, "{change:?}");
        }
    }

    #[test]
    fn the_last_owner_stays_whoever_asks() {
        let owner = member(1, Role::Owner);
        for change in CHANGES {
            let loses = match change {
                MemberChange::Role(role) => role != Role::Owner,
                MemberChange::Disable | MemberChange::Remove => true,
                _ => false,
            };
            // One who is disabled is still an owner, and is the last one where the other owners are, too.
            let expected = if loses {
                Err(Untouchable::LastOwner)
            } else {
                Ok(())
            };
            assert_eq!(may_change(member(2, Role::Owner), owner, change, 0), expected);
            if !matches!(change, MemberChange::Disable | MemberChange::MakeOwnerInstead) {
                assert_eq!(may_change(owner, owner, change, 0), expected);
            }
            assert!(may_change(member(2, Role::Owner), owner, change, 1).is_ok());
        }
    }

    #[test]
    fn nobody_locks_themselves_out_or_hands_over_to_nobody() {
        let owner = member(1, Role::Owner);
        assert_eq!(
            may_change(owner, owner, MemberChange::Disable, 3),
            Err(Untouchable::Oneself)
        );
        assert_eq!(
            may_change(owner, owner, MemberChange::MakeOwnerInstead, 3),
            Err(Untouchable::OwnAlready)
        );
        let disabled = Standing {
            enabled: false,
            ..member(2, Role::Admin)
        };
        assert_eq!(
            may_change(owner, disabled, MemberChange::MakeOwnerInstead, 3),
            Err(Untouchable::Disabled)
        );
    }

    #[test]
    fn names_are_one_line() {
        assert_eq!(name("  Lena Koch "), Ok("Lena Koch".to_owned()));
        for wrong in ["", "  ", "a\nb", &"x".repeat(MAX_NAME + 1)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }
}
