//! Identifiers: one type for each kind of thing, so that a flow is never looked up by a session's id.
//!
//! All are `UUIDv7` ([RFC 9562, section 5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)): they sort by
//! the time they were made, which keeps indexes dense.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::random::Random;

/// The identifier of one thing of kind `K`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<K>(Uuid, #[serde(skip)] PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// Makes a new identifier for something that happens `now`.
    pub fn new(now: DateTime<Utc>, random: &mut Random) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid())
    }

    /// What comes before every identifier that is made at this time or later.
    pub fn earliest(at: DateTime<Utc>) -> Self {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }

    /// Takes an identifier that was stored or sent before.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The identifier as a plain UUID.
    pub const fn uuid(&self) -> Uuid {
        self.0
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K> FromStr for Id<K> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::from_uuid)
    }
}

/// Marks for [`Id`]; none of them has a value.
pub mod kind {
    /// An account, the tenant.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Account {}
    /// A person.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum User {}
    /// A group of members.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Team {}
    /// A procedure.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Flow {}
    /// A run of a flow.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Session {}
    /// A browser in which a person signed in.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Login {}
    /// An access or personal token.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Token {}
    /// What a program signed in with: a refresh token and all its successors.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Family {}
    /// Something that a person is told.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Notice {}
    /// An entry of the audit log.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Audit {}
    /// A row of the outbox.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Letter {}
    /// What an account may use.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Plan {}
    /// An invite into an account.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum Invite {}
    /// An invite to open an account.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    pub enum PlatformInvite {}
}

/// Identifies a family of refresh tokens.
pub type FamilyId = Id<kind::Family>;
/// Identifies an account.
pub type AccountId = Id<kind::Account>;
/// Identifies a person.
pub type UserId = Id<kind::User>;
/// Identifies a row of the outbox; that of a notice is the notice's.
pub type LetterId = Id<kind::Letter>;
/// Identifies a team.
pub type TeamId = Id<kind::Team>;
/// Identifies a flow.
pub type FlowId = Id<kind::Flow>;
/// Identifies a session.
pub type SessionId = Id<kind::Session>;
/// Identifies a login.
pub type LoginId = Id<kind::Login>;
/// Identifies a notice.
pub type NoticeId = Id<kind::Notice>;
/// Identifies a token.
pub type TokenId = Id<kind::Token>;
/// Identifies an entry of the audit log.
pub type AuditId = Id<kind::Audit>;
/// Identifies a plan.
pub type PlanId = Id<kind::Plan>;
/// Identifies an invite into an account.
pub type InviteId = Id<kind::Invite>;
/// Identifies an invite to open an account.
pub type PlatformInviteId = Id<kind::PlatformInvite>;
