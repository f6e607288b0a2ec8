//! The audit log: what was done to an account by whom, and the chain that shows where somebody touched it.
//!
//! Entries hold names and ids, never values or secrets. They are written unchained, and a sealer binds each to the one
//! before by a hash. The hash is defined here and never changes; a new form would get a new label.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::event::{GENESIS, Hash};
use crate::id::{AccountId, AuditId, LoginId, TokenId, UserId};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    /// Somebody signed in.
    SignedIn,
    /// Somebody showed a wrong password for a person of the account.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// A login was ended from the list of logins.
    LoginEnded,
    /// A personal token was made.
    TokenCreated,
    /// A personal token was revoked.
    TokenRevoked,
    /// A session was given to somebody else.
    SessionReassigned,
    /// A version of a flow was published.
    FlowPublished,
    /// What the account decides for itself changed.
    AccountChanged,
    /// The account got another plan.
    PlanChanged,
    /// A person got a new password.
    PasswordSet,
    /// A refresh token was used a second time, long after the first: its sign-in has ended.
    RefreshTokenReused,
    /// A refresh token was used a second time, when its successor was in use already.
    RefreshTokenLate,
    /// Somebody signed up, which made the account.
    SignedUp,
    /// A person showed that mail to their address reaches them.
    AddressVerified,
    /// Somebody was invited into the account.
    InviteCreated,
    /// An invite got new links and a new end; the links that it had are dead.
    InviteResent,
    /// An invite was taken back.
    InviteRevoked,
    /// A person followed an invite and is a member now.
    InviteAccepted,
    /// Who runs the server made somebody a member.
    MemberAdded,
    /// A member's role, team or right to sign in changed.
    MemberChanged,
    /// A member was removed.
    MemberRemoved,
    /// A member left by themselves.
    MemberLeft,
    /// An owner made somebody else the owner.
    OwnershipTransferred,
    /// A team was made.
    TeamCreated,
    /// A team was changed.
    TeamChanged,
    /// A person changed what they are called.
    ProfileChanged,
    /// A person went on in another account, or came from one.
    AccountSwitched,
    /// A code that opens new accounts was made.
    PlatformInviteCreated,
    /// A code that opens new accounts was taken back.
    PlatformInviteRevoked,
    /// A person runs the server from then on.
    PlatformAdminAdded,
    /// A person runs the server no longer.
    PlatformAdminRemoved,
    /// A plan was made.
    PlanCreated,
    /// A plan's name or limits changed, for all accounts that have it.
    PlanEdited,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 34] = [
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::LoginEnded,
        Self::TokenCreated,
        Self::TokenRevoked,
        Self::SessionReassigned,
        Self::FlowPublished,
        Self::AccountChanged,
        Self::PlanChanged,
        Self::PasswordSet,
        Self::RefreshTokenReused,
        Self::RefreshTokenLate,
        Self::SignedUp,
        Self::AddressVerified,
        Self::InviteCreated,
        Self::InviteResent,
        Self::InviteRevoked,
        Self::InviteAccepted,
        Self::MemberAdded,
        Self::MemberChanged,
        Self::MemberRemoved,
        Self::MemberLeft,
        Self::OwnershipTransferred,
        Self::TeamCreated,
        Self::TeamChanged,
        Self::ProfileChanged,
        Self::AccountSwitched,
        Self::PlatformInviteCreated,
        Self::PlatformInviteRevoked,
        Self::PlatformAdminAdded,
        Self::PlatformAdminRemoved,
        Self::PlanCreated,
        Self::PlanEdited,
    ];

    /// The name in the database, the API and the hash.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::LoginEnded => "login_ended",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
            Self::SessionReassigned => "session_reassigned",
            Self::FlowPublished => "flow_published",
            Self::AccountChanged => "account_changed",
            Self::PlanChanged => "plan_changed",
            Self::PasswordSet => "password_set",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::RefreshTokenLate => "refresh_token_late",
            Self::SignedUp => "signed_up",
            Self::AddressVerified => "address_verified",
            Self::InviteCreated => "invite_created",
            Self::InviteResent => "invite_resent",
            Self::InviteRevoked => "invite_revoked",
            Self::InviteAccepted => "invite_accepted",
            Self::MemberAdded => "member_added",
            Self::MemberChanged => "member_changed",
            Self::MemberRemoved => "member_removed",
            Self::MemberLeft => "member_left",
            Self::OwnershipTransferred => "ownership_transferred",
            Self::TeamCreated => "team_created",
            Self::TeamChanged => "team_changed",
            Self::ProfileChanged => "profile_changed",
            Self::AccountSwitched => "account_switched",
            Self::PlatformInviteCreated => "platform_invite_created",
            Self::PlatformInviteRevoked => "platform_invite_revoked",
            Self::PlatformAdminAdded => "platform_admin_added",
            Self::PlatformAdminRemoved => "platform_admin_removed",
            Self::PlanCreated => "plan_created",
            Self::PlanEdited => "plan_edited",
        }
    }

    /// The action of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// What somebody acted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A browser's login.
    Login(LoginId),
    /// An access or personal token.
    Token(TokenId),
    /// A command on the server itself.
    Command,
}

impl By {
    /// The kind's name in the database, the API and the hash.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Login(_) => "login",
            Self::Token(_) => "token",
            Self::Command => "command",
        }
    }

    /// Which login or token.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::Login(id) => Some(id.uuid()),
            Self::Token(id) => Some(id.uuid()),
            Self::Command => None,
        }
    }

    /// What has this kind and this id.
    pub fn parse(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (kind, id) {
            ("login", Some(id)) => Some(Self::Login(LoginId::from_uuid(id))),
            ("token", Some(id)) => Some(Self::Token(TokenId::from_uuid(id))),
            ("command", None) => Some(Self::Command),
            _ => None,
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// A word of the product: user, login, program, token, session, flow, account, invite, member, team, plan,
    /// `platform_invite`.
    pub kind: String,
    /// Which of them.
    pub id: Option<Uuid>,
}

impl Object {
    /// One thing of a kind.
    pub fn new(kind: &str, id: Uuid) -> Self {
        Self {
            kind: kind.to_owned(),
            id: Some(id),
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its identifier.
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, or in whose name it was tried.
    pub actor_id: Option<UserId>,
    /// By what; `None` where nobody was let in.
    pub by: Option<By>,
    /// The address that the request came from; empty for a command.
    pub place: String,
    /// The request's id, as in the log; empty for a command.
    pub request_id: String,
    /// What was done.
    pub action: AuditAction,
    /// What to.
    pub object: Object,
    /// The names of what changed.
    pub changed: Vec<String>,
}

/// The place of an entry in the chain of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without gaps.
    pub number: i64,
    /// The hash of the seal before; [`GENESIS`] for the first.
    pub previous: Hash,
    /// The digest over number, previous hash and entry.
    pub hash: Hash,
}

impl Seal {
    /// The seal of an entry that comes after these.
    pub fn after(before: Option<&Self>, account: AccountId, entry: &Entry) -> Self {
        let number = before.map_or(1, |seal| seal.number + 1);
        let previous = before.map_or(GENESIS, |seal| seal.hash);
        Self {
            number,
            previous,
            hash: digest(&previous, account, number, entry),
        }
    }

    /// Whether it is the seal of this entry after those before.
    pub fn holds(&self, before: Option<&Self>, account: AccountId, entry: &Entry) -> bool {
        *self == Self::after(before, account, entry)
    }
}

fn digest(previous: &Hash, account: AccountId, number: i64, entry: &Entry) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"resolutionflow audit 1\0");
    hasher.update(previous);
    hasher.update(account.uuid().as_bytes());
    hasher.update(number.to_be_bytes());
    hasher.update(entry.id.uuid().as_bytes());
    hasher.update(entry.at.timestamp_micros().to_be_bytes());
    chain_id(&mut hasher, entry.actor_id.map(|id| id.uuid()));
    chain(&mut hasher, entry.by.map_or("", By::kind));
    chain_id(&mut hasher, entry.by.and_then(By::id));
    chain(&mut hasher, &entry.place);
    chain(&mut hasher, &entry.request_id);
    chain(&mut hasher, entry.action.as_str());
    chain(&mut hasher, &entry.object.kind);
    chain_id(&mut hasher, entry.object.id);
    hasher.update((entry.changed.len() as u64).to_be_bytes());
    for name in &entry.changed {
        chain(&mut hasher, name);
    }
    hasher.finalize().into()
}

/// A text with its length before it, so that two never read as two others.
fn chain(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_be_bytes());
    hasher.update(text.as_bytes());
}

fn chain_id(hasher: &mut Sha256, id: Option<Uuid>) {
    match id {
        Some(id) => {
            hasher.update([1]);
            hasher.update(id.as_bytes());
        }
        None => hasher.update([0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::hexadecimal;
    use crate::id::Id;

    fn id<K>(number: u128) -> Id<K> {
        Id::from_uuid(Uuid::from_u128(number))
    }

    fn entry() -> Entry {
        Entry {
            id: id(1),
            at: DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap(),
            actor_id: Some(id(2)),
            by: Some(By::Login(id(3))),
            place: "192.0.2.1".into(),
            request_id: "r".into(),
            action: AuditAction::AccountChanged,
            object: Object::new("account", Uuid::from_u128(4)),
            changed: vec!["stale_days".into()],
        }
    }

    #[test]
    fn whatever_is_changed_breaks_the_seal() {
        let account = id(9);
        let first = Seal::after(None, account, &entry());
        let seal = Seal::after(Some(&first), account, &entry());
        assert!(seal.holds(Some(&first), account, &entry()));
        assert_eq!((first.number, first.previous, seal.number), (1, GENESIS, 2));
        let changes: [fn(&mut Entry); 11] = [
            |entry| entry.id = id(7),
            |entry| entry.at += chrono::TimeDelta::microseconds(1),
            |entry| entry.actor_id = None,
            |entry| entry.by = Some(By::Token(id(3))),
            |entry| entry.by = None,
            |entry| entry.place = "192.0.2.2".into(),
            |entry| entry.request_id.clear(),
            |entry| entry.action = AuditAction::SignedIn,
            |entry| entry.object.kind = "user".into(),
            |entry| entry.object.id = None,
            |entry| entry.changed = vec!["stale".into(), "_days".into()],
        ];
        for change in changes {
            let mut other = entry();
            change(&mut other);
            assert!(!seal.holds(Some(&first), account, &other), "{other:?}");
        }
        assert!(!seal.holds(None, account, &entry()));
        assert!(!seal.holds(Some(&first), id(8), &entry()));
        assert!(!Seal { number: 3, ..seal }.holds(Some(&first), account, &entry()));
    }

    #[test]
    fn the_hash_is_what_it_always_was() {
        let seal = Seal::after(None, id(9), &entry());
        assert_eq!(
            hexadecimal(&seal.hash),
            "235e8ae36e463e62f5f6ce6e1f2ba252b5ee005f66f34050a219464df4588893"
        );
    }

    #[test]
    fn names_read_back() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(action));
        }
        for by in [By::Login(id(1)), By::Token(id(2)), By::Command] {
            assert_eq!(By::parse(by.kind(), by.id()), Some(by));
        }
        assert_eq!(By::parse("login", None), None);
    }
}
